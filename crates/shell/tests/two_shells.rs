//! Several shells at once on the same objects, and commands that are stopped half way. The store's
//! writer is held until everybody waits for it, so that all have decided on what was there before.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod fixture;

use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use fixture::{Organisation, Said};
use serde_json::{Value, json};
use store::directory::DirectoryRead as _;

/// Longest a test waits for something that happens by itself.
const PATIENCE: Duration = Duration::from_secs(60);

/// The store's writer, kept from working until this is dropped.
struct Held {
    release: mpsc::Sender<()>,
}

impl Held {
    fn new(organisation: &Organisation) -> Held {
        let ((release, released), (reached, is_reached)) = (mpsc::channel(), mpsc::channel());
        let store = organisation.store.clone();
        std::thread::spawn(move || {
            store.write_blocking(1, move |_| {
                reached.send(()).unwrap();
                let _ = released.recv();
                Ok(())
            })
        });
        is_reached.recv_timeout(PATIENCE).unwrap();
        Held { release }
    }

    /// Waits until so many writes wait.
    #[expect(clippy::disallowed_methods, reason = "real threads run in real time: the cap")]
    fn until(&self, organisation: &Organisation, writes: usize) {
        let end = Instant::now() + PATIENCE;
        while organisation.store.waiting().writes < writes {
            let waiting = organisation.store.waiting();
            assert!(Instant::now() < end, "{waiting:?}, and not {writes}");
            std::thread::park_timeout(Duration::from_millis(2));
        }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let _ = self.release.send(());
    }
}

/// Runs scripts in shells of their own that all decide before one of them writes.
fn together(organisation: &Organisation, scripts: &[String]) -> Vec<Said> {
    std::thread::scope(|scope| {
        let held = Held::new(organisation);
        let threads: Vec<_> =
            scripts.iter().map(|script| scope.spawn(move || organisation.run(script))).collect();
        held.until(organisation, scripts.len());
        drop(held);
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}

/// The same, all of which must succeed.
fn all_together(organisation: &Organisation, scripts: &[String]) {
    for (said, script) in together(organisation, scripts).iter().zip(scripts) {
        assert_eq!(said.code, 0, "{script}\n{said:?}");
    }
}

const SHELLS: std::ops::Range<u32> = 0..6;

fn each(script: impl Fn(u32) -> String) -> Vec<String> {
    SHELLS.map(script).collect()
}

#[test]
fn what_several_shells_add_to_a_list_is_all_there() {
    let organisation = Organisation::new(false);
    for number in SHELLS {
        organisation.ok(&format!(
            "New-UMDialPlan Plan{number} -NumberOfDigitsInExtension 5 -CountryOrRegionCode 1 \
             -URIType SipName > $null"
        ));
    }
    let pool = "New-CsTrustedApplicationPool bots.litwareinc.com -Site Redmond \
                -Registrar atl-cs-001.litwareinc.com -ComputerFqdn bot.litwareinc.com > $null";
    organisation.ok(pool);
    let cases: [(&str, Vec<String>, &str); 6] = [
        (
            "addresses",
            each(|n| {
                format!("Set-Mailbox pilar -EmailAddresses @{{Add='smtp:p{n}@litwareinc.com'}}")
            }),
            "@((Get-Mailbox pilar).EmailAddresses -match 'smtp:p[0-9]@').Count",
        ),
        (
            "plans of a service",
            each(|n| format!("Set-UMService ATL-OWA-001 -DialPlans @{{Add='Plan{n}'}}")),
            "@((Get-UMService ATL-OWA-001).DialPlans -match 'Plan').Count",
        ),
        (
            "plans of a router",
            each(|n| format!("Set-UMCallRouterSettings -DialPlans @{{Add='Plan{n}'}}")),
            "@((Get-UMCallRouterSettings).DialPlans -match 'Plan').Count",
        ),
        (
            "computers",
            each(|n| {
                let name = format!("bot{n}.litwareinc.com");
                format!("New-CsTrustedApplicationComputer {name} -Pool bots.litwareinc.com > $null")
            }),
            "@((Get-CsTrustedApplicationComputer -Filter bot?.*)).Count",
        ),
        (
            "applications",
            each(|n| {
                format!("New-CsTrustedApplication bots.litwareinc.com/a{n} -Port 600{n} > $null")
            }),
            "@(Get-CsTrustedApplication -Filter bots*).Count",
        ),
        (
            "members",
            each(|n| format!("Add-RoleGroupMember 'Help Desk' -Member unix:u{n}")),
            "@(Get-RoleGroupMember 'Help Desk').Count",
        ),
    ];
    for (what, scripts, count) in cases {
        all_together(&organisation, &scripts);
        assert_eq!(organisation.ok(count).trim(), SHELLS.end.to_string(), "{what}");
    }
}

#[test]
fn what_several_shells_change_of_one_object_is_all_there() {
    let organisation = Organisation::new(false);
    organisation.ok("New-CsAdminRole Watchers -Template CsAdministrator > $null; \
         New-ExchangeCertificate -DomainName mail.litwareinc.com -Services None > $null; \
         New-CsHealthMonitoringConfiguration atl-cs-001.litwareinc.com -FirstTestUserSipUri \
         sip:kenmyer@litwareinc.com -SecondTestUserSipUri sip:kenmyer@litwareinc.com > $null");
    let texts = |list: &[&str]| list.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
    let certificate = "(Get-ExchangeCertificate -DomainName mail.litwareinc.com).Thumbprint";
    for (scripts, look, expected) in [
        (
            texts(&[
                "Set-CsAdminRole Watchers -Cmdlets @{Remove='Get-CsPool'}",
                "Set-CsAdminRole Watchers -Cmdlets @{Remove='Get-CsSite'}",
            ]),
            "@((Get-CsAdminRole Watchers).Cmdlets -match '=Get-Cs(Pool|Site)$').Count".to_owned(),
            "0",
        ),
        (
            vec![
                format!("Enable-ExchangeCertificate {certificate} -Services POP"),
                format!("Enable-ExchangeCertificate {certificate} -Services IMAP"),
            ],
            format!("\"$((Get-ExchangeCertificate {certificate}).Services)\""),
            "IMAP, POP",
        ),
        (
            texts(&[
                "Set-CsHealthMonitoringConfiguration atl-cs-001.litwareinc.com \
                 -FirstTestUserSipUri sip:pilar@litwareinc.com",
                "Set-CsHealthMonitoringConfiguration atl-cs-001.litwareinc.com \
                 -SecondTestUserSipUri sip:pilar@litwareinc.com",
            ]),
            "Get-CsHealthMonitoringConfiguration | ForEach-Object { \"$($_.FirstTestUserSipUri) \
             $($_.SecondTestUserSipUri)\" }"
                .to_owned(),
            "sip:pilar@litwareinc.com sip:pilar@litwareinc.com",
        ),
        (
            texts(&[
                "Set-OwaInstantMessagingCheck -First kenmyer",
                "Set-OwaInstantMessagingCheck -Second pilar",
            ]),
            "Get-OwaInstantMessagingCheck | ForEach-Object { \"$($_.First) $($_.Second)\" }"
                .to_owned(),
            "kenmyer@litwareinc.com pilar@litwareinc.com",
        ),
        (
            texts(&[
                "Set-Mailbox pilar -DisplayName 'Pilar A'",
                "Set-Mailbox pilar -LitigationHoldEnabled $true",
                "Set-CASMailbox pilar -OwaMailboxPolicy Default",
            ]),
            "Get-Mailbox pilar | ForEach-Object { \"$($_.DisplayName) $($_.LitigationHoldEnabled) \
             $((Get-CASMailbox pilar).OwaMailboxPolicy)\" }"
                .to_owned(),
            "Pilar A True Default",
        ),
    ] {
        all_together(&organisation, &scripts);
        assert_eq!(organisation.ok(&look).trim(), expected, "{scripts:?}");
    }
}

#[test]
fn what_only_one_can_have_only_one_gets() {
    let organisation = Organisation::new(false);
    for scripts in [
        each(|n| {
            format!(
                "New-Mailbox David{n} -UserPrincipalName david@litwareinc.com -Password \
                 (ConvertTo-SecureString 'correct horse' -AsPlainText -Force) > $null"
            )
        }),
        each(|_| "New-CsAdminRole Watchers -Template CsHelpDesk > $null".to_owned()),
        each(|_| "New-CsTrustedApplicationPool a.b.c -Site Redmond > $null".to_owned()),
        each(|_| "Disable-CsUser kenmyer".to_owned()),
    ] {
        let said = together(&organisation, &scripts);
        let done = said.iter().filter(|said| said.code == 0).count();
        assert_eq!(done, 1, "{said:#?}");
        let why: Vec<_> = said.iter().filter(|said| said.code != 0).map(|said| &said.err).collect();
        assert!(why.iter().all(|text| !text.contains("UNIQUE") && !text.is_empty()), "{why:#?}");
    }
    let rows = organisation.store.read_blocking(|rows| rows.audit(1000)).unwrap();
    assert_eq!(rows.iter().filter(|row| row.error.is_none()).count(), 4);
    assert_eq!(rows.len(), 4 * SHELLS.len());
}

#[test]
fn edits_of_one_file_are_all_there() {
    let organisation = Organisation::new(false);
    let set = |n| {
        let target = "'Exchange Back End/owa' /section:appSettings";
        format!("appcmd set config {target} \"/+[key='Key{n}',value='{n}']\"")
    };
    all_together(&organisation, &each(set));
    let text = std::fs::read_to_string(organisation.web_config()).unwrap();
    assert!(SHELLS.into_iter().all(|n| text.contains(&format!("\"Key{n}\""))), "{text}");
}

/// Both read the file, both change a line of it and write it back: the second one would undo the
/// first, and is refused instead, however it writes.
#[test]
fn what_was_read_before_somebody_elses_edit_is_not_written_back() {
    let file = "C:\\Program Files\\Microsoft\\Exchange Server\\V15\\ClientAccess\\Owa\\Web.config";
    let other = "appcmd set config 'Exchange Back End/owa' /section:appSettings \
                 \"/+[key='Other',value='1']\"";
    for write in [
        format!("$x.Save('{file}')"),
        format!("Set-Content '{file}' $t"),
        format!("$t | Set-Content '{file}'"),
        format!("$t | Out-File '{file}'"),
        format!("$t > '{file}'"),
        format!("[IO.File]::WriteAllLines('{file}', $t)"),
    ] {
        let organisation = Organisation::new(false);
        let script = format!(
            "$t = Get-Content '{file}'; $x = [xml]$t; $null = Read-Host; try {{ {write} }} catch {{ \
             \"caught: $_\" }}; try {{ {write} }} catch {{ 'again' }}"
        );
        // While the first shell asks, the second one edits.
        let said = organisation.run_asking(&script, || drop(organisation.ok(other)));
        let mut shown = format!("{}{}", said.out, said.err).replace('\n', " ");
        shown.retain(|c| c != '\r');
        assert!(
            shown.contains("was changed by somebody else since this shell read it"),
            "{write}: {said:?}"
        );
        let text = std::fs::read_to_string(organisation.web_config()).unwrap();
        assert!(text.contains("\"Other\""), "{write}\n{text}");
        // Who reads again may write, and who insists may, too.
        organisation.ok(&format!(
            "$t = Get-Content '{file}'; {other}; $t = Get-Content '{file}'; Set-Content '{file}' $t"
        ));
        let insists = format!("Set-Content '{file}' '<configuration/>' -Force");
        organisation.ok(&format!("$null = Get-Content '{file}'; {insists}"));
    }
}

/// A connection as the shell's client makes it.
struct Client {
    reader: BufReader<UnixStream>,
}

impl Client {
    fn new(organisation: &Organisation) -> Client {
        let stream = UnixStream::connect(organisation.folder.path().join("admin.sock")).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut client = Client { reader: BufReader::new(stream) };
        client.next();
        client
    }

    fn ask(&mut self, message: &Value) {
        writeln!(self.reader.get_mut(), "{message}").unwrap();
    }

    fn next(&mut self) -> Value {
        let mut line = String::new();
        self.reader.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap()
    }
}

/// Ctrl-C, or a client that goes away, while the change waits for the disk.
#[test]
fn a_change_that_was_stopped_is_whole_and_has_its_row() {
    let organisation = Organisation::new(false);
    for (number, leaves) in [(1, false), (2, true)] {
        let (held, mut client) = (Held::new(&organisation), Client::new(&organisation));
        let address = format!("SMTP:p{number}@litwareinc.com");
        let arguments = json!({"Identity": "pilar", "EmailAddresses": [address]});
        client.ask(&json!({"id": 1, "invoke": {"cmdlet": "Set-Mailbox", "arguments": arguments}}));
        held.until(&organisation, 1);
        if leaves {
            drop(client);
            // Its row is asked for behind the change.
            held.until(&organisation, 2);
            drop(held);
        } else {
            client.ask(&json!({"id": 1, "cancel": null}));
            held.until(&organisation, 2);
            drop(held);
            assert_eq!(client.next()["verbose"].as_str().map(str::is_empty), Some(false));
            assert_eq!(client.next()["error"]["id"], "PipelineStopped");
            assert_eq!(client.next()["end"], 1);
        }
        // Whatever waits is written before this.
        organisation.store.write_blocking(1, |_| Ok(())).unwrap();
        let rows = organisation.store.read_blocking(|rows| rows.audit(10)).unwrap();
        assert_eq!(rows.len(), number, "{rows:#?}");
        assert_eq!(rows[0].error, None, "the change was made, and the row says so");
        let address = organisation.ok("(Get-Mailbox pilar).PrimarySmtpAddress");
        assert_eq!(address.trim(), format!("p{number}@litwareinc.com"));
    }
    // Nothing at all is left of one that had not begun.
    let before = organisation.store.commits();
    let mut client = Client::new(&organisation);
    let arguments = json!({"Identity": "kenmyer"});
    let invoke = json!({"cmdlet": "Disable-CsUser", "arguments": arguments, "confirm": true});
    client.ask(&json!({"id": 1, "invoke": invoke}));
    assert!(client.next()["confirm"].is_object());
    client.ask(&json!({"id": 1, "cancel": null}));
    assert_eq!(client.next()["error"]["id"], "PipelineStopped");
    assert_eq!(client.next()["end"], 1);
    assert_eq!(organisation.store.commits(), before);
}

#[test]
fn one_shell_too_many_is_told_so() {
    let organisation = Organisation::new(false);
    let socket = organisation.folder.path().join("admin.sock");
    // Each is greeted, so that it counts.
    let greeted = |_| {
        let mut stream = BufReader::new(UnixStream::connect(&socket).unwrap());
        let mut hello = String::new();
        stream.read_line(&mut hello).unwrap();
        stream
    };
    let held: Vec<_> = (0..shell::limits::CONNECTIONS_MAX).map(greeted).collect();
    let said = organisation.run("Get-CsSite");
    assert!(said.err.contains("The node takes no more shells: 64 are connected to "), "{said:?}");
    assert!(said.err.contains("TooManyShells"), "{said:?}");
    // Roles have nothing to do with it.
    assert!(!said.err.contains("RoleGroup"), "{said:?}");
    drop(held);
}
