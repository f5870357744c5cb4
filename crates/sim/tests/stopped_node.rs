//! The node is stopped, or killed, while shells are at work: each says so once and ends with the
//! documented status, and of every command all is there or nothing.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "the whole program is a test"
)]

use std::collections::BTreeSet;
use std::thread::{self, JoinHandle};

use sim::process::NodeProcess;
use sim::served::{eventually, shell_of};
use store::Store;
use store::directory::{AddressKind, AuditEntry, DirectoryRead as _};
use store::mail::MailRead as _;
use store::messaging::MessagingRead as _;

/// Not a test: the node that the tests speak to (`sim::process`).
#[test]
fn the_node_itself() {
    sim::process::serve_if_asked();
}

/// Makes people without end: two commands for each, both of which write several rows.
const PEOPLE: &str = "$password = ConvertTo-SecureString 'correct horse' -AsPlainText -Force; \
    foreach ($n in 1..100000) { \
        New-Mailbox \"Person $n\" -UserPrincipalName \"p$n@litwareinc.com\" -Password $password > \
        $null; \
        Enable-CsUser \"p$n\" -RegistrarPool atl-cs-001.litwareinc.com -SipAddressType \
        UserPrincipalName; \
        \"made $n\" \
    }; 'the end'";

/// Pipelines without end: what stands at the end of one gets many objects from the node.
const PIPELINES: &str = "foreach ($n in 1..100000) { \
        Get-Mailbox | Set-Mailbox -EmailAddresses @{Add=\"smtp:x$n@litwareinc.com\"} \
        -ErrorAction SilentlyContinue; \
        \"made $n\" \
    }; 'the end'";

/// Topology without end.
const TOPOLOGY: &str = "foreach ($n in 1..100000) { \
        New-CsTrustedApplicationPool \"bots$n.litwareinc.com\" -Site Redmond -Registrar \
        atl-cs-001.litwareinc.com -WarningAction SilentlyContinue > $null; \
        New-CsTrustedApplication \"bots$n.litwareinc.com/echo\" -Port 6000 -WarningAction \
        SilentlyContinue > $null; \
        Enable-CsTopology; \
        \"made $n\" \
    }; 'the end'";

type Shell = JoinHandle<(String, i32)>;

/// Shells at work, until each has changed something.
fn at_work(node: &NodeProcess) -> Vec<Shell> {
    let data = node.data();
    let shells = [PEOPLE, PIPELINES, TOPOLOGY].map(|script| {
        let data = data.clone();
        thread::spawn(move || shell_of(&data, script))
    });
    for (cmdlet, times) in [("Enable-CsUser", 3), ("Set-Mailbox", 3), ("Enable-CsTopology", 3)] {
        let count = format!("@(Search-AdminAuditLog -Cmdlets {cmdlet} -IsSuccess $true).Count");
        let done = eventually(|| {
            let (printed, _) = shell_of(&data, &count);
            (printed.trim().parse::<u32>().ok()? >= times).then_some(())
        });
        assert!(done.is_some(), "{cmdlet} is not run");
    }
    shells.into()
}

/// Each shell says once what happened, and nothing after it.
fn check_shells(shells: Vec<Shell>) {
    for shell in shells {
        let (printed, code) = shell.join().expect("a shell");
        assert_eq!(code, 1, "{printed}");
        let flat = printed.split_whitespace().collect::<Vec<_>>().join(" ");
        // Between two commands there is none that it could have gone away under.
        let lost = flat.matches("The node went away while").count();
        let gone = flat.matches("The node does not answer on").count();
        assert_eq!(lost + gone, 1, "{printed}");
        // The error shows a piece of the script, which may be its last word.
        assert!(!printed.lines().any(|line| line == "the end"), "{printed}");
        let last_made = printed.rfind("\nmade ").expect("something was made");
        assert!(last_made < printed.rfind("The node ").expect("the error"), "{printed}");
    }
}

/// Successful rows of a cmdlet.
fn done<'a>(rows: &'a [AuditEntry], cmdlet: &'a str) -> impl Iterator<Item = &'a AuditEntry> {
    rows.iter().filter(move |row| row.cmdlet == cmdlet && row.error.is_none())
}

/// Every row has its change, and every change its row.
fn check_store(store: &Store) {
    store
        .read_blocking(|rows| {
            let audit = rows.audit(50_000)?;
            let mailboxes: BTreeSet<String> = rows
                .accounts()?
                .into_iter()
                .map(|account| {
                    let mailbox = rows.mailbox_of(account.id).unwrap();
                    assert!(mailbox.is_some(), "{} has no mailbox", account.upn);
                    let addresses = rows.addresses(account.id).unwrap();
                    let has = |kind| addresses.iter().any(|own| own.kind == kind && own.primary);
                    assert!(has(AddressKind::Smtp), "{} has no address", account.upn);
                    let user = rows.messaging_user(account.id).unwrap();
                    assert_eq!(user.is_some(), has(AddressKind::Sip), "{}", account.upn);
                    account.sam
                })
                .collect();
            let made = mailboxes.iter().filter(|sam| sam.starts_with('p') && *sam != "pilar");
            assert_eq!(made.count(), done(&audit, "New-Mailbox").count());
            let enabled = rows.messaging_users()?.len() - 2;
            assert_eq!(enabled, done(&audit, "Enable-CsUser").count());
            for sam in
                done(&audit, "New-Mailbox").map(|row| row.parameters["UserPrincipalName"].clone())
            {
                let found = rows.verify_password(sam.as_str().unwrap(), "correct horse")?;
                assert!(found.is_some(), "{sam} cannot sign in");
            }
            let added = rows.all_addresses()?.into_iter().filter(|own| own.value.starts_with('x'));
            assert_eq!(added.count(), done(&audit, "Set-Mailbox").count());
            let (published, enabled) = (rows.published_topology()?, rows.enabled_topology()?);
            let pools = |pools: &[store::messaging::TrustedApplicationPool]| {
                let own = |pool: &&store::messaging::TrustedApplicationPool| {
                    pool.fqdn.starts_with("bots")
                };
                (
                    pools.iter().filter(own).count(),
                    pools.iter().filter(own).map(|pool| pool.applications.len()).sum::<usize>(),
                )
            };
            assert_eq!(
                pools(&published.trusted_pools),
                (
                    done(&audit, "New-CsTrustedApplicationPool").count(),
                    done(&audit, "New-CsTrustedApplication").count()
                )
            );
            let (pools, applications) = pools(&enabled.trusted_pools);
            let times = done(&audit, "Enable-CsTopology").count();
            assert_eq!((pools, applications), (times, times), "enabled as a whole");
            Ok(())
        })
        .unwrap();
}

#[test]
fn killed_in_the_middle() {
    let mut node = NodeProcess::start(|_| Ok(()), None);
    let shells = at_work(&node);
    let store = node.kill();
    check_shells(shells);
    check_store(&store);
    drop(store);
    // And it goes on from there.
    node.restart();
    let (printed, code) = shell_of(&node.data(), "(Get-CsUser kenmyer).SipAddress");
    assert_eq!((printed.trim(), code), ("sip:kenmyer@litwareinc.com", 0));
}

#[test]
fn stopped_in_the_middle() {
    let mut node = NodeProcess::start(|_| Ok(()), None);
    let shells = at_work(&node);
    let (status, store) = node.terminate();
    assert!(status.success(), "{status}: {}", node.log());
    check_shells(shells);
    check_store(&store);
}
