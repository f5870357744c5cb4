//! `tandem runbook` against the demo organisation behind a real admin socket: what is planned,
//! that nothing is touched by it, and that it is applied as a whole and taken back.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test; its helpers are not marked as one")]

mod errors;
#[path = "../fixture/mod.rs"]
mod fixture;
mod rights;
mod scripts;
mod world;

use std::sync::Arc;

use fixture::NOW_MS;
use shell::client::{ClientOptions, Work};
use shell::lang::host::Host;
use shell::organisation::{MAILBOX_SERVER, POOL};
use shell::runbook::{FAILED, Options, Plan, RIGHT, UNCONFIRMED, WRONG, What, run_with};
use world::{Buffer, Said, World};

/// The article's commands, and around them what administrators' scripts have around them.
fn article() -> String {
    let integrate = include_str!("../../../node/src/quickstart/integrate.ps1");
    format!(
        "Import-Module Lync\n{}\nGet-CsSite | Select-Object DisplayName, SiteID\n{}\n\
         Get-ExchangeCertificate\n\
         Set-OwaMailboxPolicy -Identity \"Default\" -InstantMessagingEnabled $True \
         -InstantMessagingType \"OCS\"\n\
         Get-OwaMailboxPolicy | Set-OwaMailboxPolicy -InstantMessagingEnabled $True \
         -InstantMessagingType \"OCS\"\nTest-OwaInstantMessaging kenmyer\n",
        include_str!("../../../node/src/quickstart/trust.ps1"),
        integrate.replace("{mailbox}", MAILBOX_SERVER).replace("{pool}", POOL)
    )
}

/// What a step changes, in one line each.
fn changes(plan: &Plan, cmdlet: &str) -> Vec<String> {
    let of = plan.steps.iter().filter(|step| step.cmdlet == cmdlet);
    let lines = of.flat_map(|step| &step.changes).map(|changed| {
        let value = |value: &Option<String>| value.clone().unwrap_or_default();
        let (old, new) = (value(&changed.old), value(&changed.new));
        format!("{} {}: {old} -> {new}", changed.object, changed.property)
    });
    lines.collect()
}

#[test]
fn the_article_is_planned_applied_and_taken_back() {
    let world = World::new();
    let (before, audited) = (world.state(), world.audited());
    let plan = world.plan(&article());
    assert_eq!(plan.wrong, []);
    assert_eq!(world.state(), before, "planning changes nothing");
    assert_eq!(world.audited(), audited, "planning leaves no audit row");
    let what = |cmdlet: &str| {
        let of = plan.steps.iter().filter(|step| step.cmdlet == cmdlet);
        of.map(|step| step.what).collect::<Vec<_>>()
    };
    assert_eq!(what("Import-Module"), [What::Unneeded]);
    assert_eq!(what("Set-OwaMailboxPolicy"), [What::Changes, What::Already]);
    assert_eq!(what("Test-OwaInstantMessaging"), [What::Afterwards]);
    assert_eq!(
        changes(&plan, "Set-OwaVirtualDirectory"),
        [
            "OwaVirtualDirectory ATL-CAS-001\\owa (Default Web Site) InstantMessagingType: None -> Ocs"
        ]
    );
    let enabled = changes(&plan, "Enable-CsTopology");
    let known = "Known Servers Table : -> atl-owa-001.litwareinc.com (trusted application pool";
    assert!(enabled.iter().any(|line| line.replace("  ", " ").starts_with(known)), "{enabled:?}");
    let pool = plan.steps.iter().find(|step| step.cmdlet == "New-CsTrustedApplicationPool");
    assert_eq!(pool.unwrap().line, 3, "the line in the file");

    let said = world.apply("article.ps1", &article());
    assert_eq!((said.code, said.err.as_str()), (RIGHT, ""), "{}", said.out);
    assert!(said.out.contains("Applied. To take it back: tandem runbook"), "{}", said.out);
    let after = world.state();
    assert_ne!(after, before);
    let trusted = world.organisation.ok("Get-CsTrustedApplication | ForEach-Object Port");
    assert_eq!(trusted.trim(), "5199");
    let log = world.organisation.ok(
        "Search-AdminAuditLog | Where-Object CmdletName -match 'Enable-CsTopology|Invoke-Runbook' \
         | ForEach-Object CmdletName",
    );
    assert_eq!(log.lines().collect::<Vec<_>>(), ["Invoke-Runbook", "Enable-CsTopology"]);

    let undo = world.path("article.undo.ps1");
    use std::os::unix::fs::PermissionsExt as _;
    assert_eq!(std::fs::metadata(&undo).unwrap().permissions().mode() & 0o777, 0o600);
    let text = std::fs::read_to_string(&undo).unwrap();
    assert!(text.contains("InstantMessagingType: None (was changed to Ocs)"), "{text}");
    let said = world.run(Options { yes: true, ..world.options(&undo, &[]) }, None);
    assert_eq!((said.code, said.err.as_str()), (RIGHT, ""), "{}", said.out);
    assert_eq!(world.state(), before, "as before");
    // What was taken back can be taken back.
    let redo = world.path("article.undo.undo.ps1");
    let said = world.run(Options { yes: true, ..world.options(&redo, &[]) }, None);
    assert_eq!(said.code, RIGHT, "{}{}", said.out, said.err);
    assert_eq!(world.state(), after);
}

#[test]
fn a_plan_fits_its_width_and_hides_secrets() {
    let world = World::new();
    let script = world.path("wide.ps1");
    let mailbox = "New-Mailbox -Name Zoe -Alias zoe -UserPrincipalName zoe@litwareinc.com -Password \
                   (ConvertTo-SecureString 'Geheim!99' -AsPlainText -Force)\n";
    std::fs::write(&script, format!("{mailbox}{}", article())).unwrap();
    for width in [80, 160] {
        let options = Options { check: true, ..world.options(&script, &[]) };
        let out = Buffer::default();
        let own = out.clone();
        let run = move || {
            let mut host = Host::new(Box::new(own), Box::new(std::io::sink()));
            host.width = width;
            run_with(&options, host)
        };
        let thread = std::thread::Builder::new().stack_size(64 << 20).spawn(run).unwrap();
        assert_eq!(thread.join().unwrap(), RIGHT);
        let text = out.text();
        assert!(!text.contains("Geheim"), "{text}");
        assert!(text.contains("New-Mailbox -Name Zoe"), "{text}");
        for line in text.lines().filter(|line| line.trim().contains(' ')) {
            assert!(line.chars().count() <= width, "{width}: {line}");
        }
    }
    let (plan, _) = world.planned(&std::fs::read_to_string(&script).unwrap());
    assert!(!serde_json::to_string(&plan).unwrap().contains("Geheim"));
}

#[test]
fn an_error_in_the_last_step_changes_nothing() {
    let world = World::new();
    let before = world.state();
    for (last, message) in [
        ("Set-OwaMailboxPolicy Nowhere -InstantMessagingType Ocs", "Nowhere"),
        ("Set-OwaMailbxPolicy Default", "Did you mean Set-OwaMailboxPolicy?"),
        ("Set-OwaMailboxPolicy Default -InstantMesagingType Ocs", "InstantMesagingType"),
        ("throw 'no'", "no"),
        ("exit 3", "exit 3"),
        (
            "New-CsTrustedApplication -ApplicationId Two -TrustedApplicationPoolFqdn \
          atl-owa-001.litwareinc.com -Port 5199",
            "5199",
        ),
    ] {
        let said = world.apply("last.ps1", &format!("{}{last}\n", article()));
        assert_eq!(said.code, WRONG, "{last}\n{}{}", said.out, said.err);
        let line = format!("line {}", article().lines().count() + 1);
        assert!(last == "exit 3" || said.out.contains(&line), "{line}\n{}", said.out);
        let flat = said.out.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(flat.contains(message), "{last}\n{}", said.out);
        assert_eq!(world.state(), before, "{last}");
        assert!(!world.path("last.undo.ps1").exists());
    }
    let broken = world.apply("broken.ps1", "Get-CsUser\nif ($true) {\n");
    assert_eq!(broken.code, WRONG);
    assert!(broken.out.contains("line 2, character 12: Missing closing"), "{}", broken.out);
}

#[test]
fn nobody_confirms_nothing_happens() {
    let world = World::new();
    let before = world.state();
    let script = world.path("asked.ps1");
    std::fs::write(&script, "Set-OwaMailboxPolicy Default -InstantMessagingType Ocs\n").unwrap();
    for answers in [None, Some(&[][..]), Some(&["n"][..]), Some(&[""][..])] {
        let said = world.run(world.options(&script, &[]), answers);
        assert_eq!(said.code, UNCONFIRMED, "{answers:?}");
        assert_eq!(world.state(), before);
    }
    let said = world.run(world.options(&script, &[]), Some(&["y"]));
    assert_eq!(said.code, RIGHT, "{}{}", said.out, said.err);
    assert_ne!(world.state(), before);
    let again = world.run(world.options(&script, &[]), None);
    assert!(again.out.contains("There is nothing to apply."), "{}", again.out);
    assert_eq!(again.code, RIGHT);
}

#[test]
fn a_state_that_moved_is_planned_again() {
    let world = World::new();
    let script = world.path("moved.ps1");
    std::fs::write(&script, "Set-OwaMailboxPolicy Default -InstantMessagingType Ocs\n").unwrap();
    let (options, socket) = (world.options(&script, &[]), world.organisation.folder.path());
    let socket = socket.join("admin.sock");
    let run = move || {
        let (out, err) = (Buffer::default(), Buffer::default());
        let mut host = Host::new(Box::new(out.clone()), Box::new(err.clone()));
        // While the question is open, somebody else changes something.
        host.ask = Some(Box::new(move |_, _| {
            let other = ClientOptions {
                socket: socket.clone(),
                work: Work::Command("New-OwaMailboxPolicy Sales | Out-Null".to_owned()),
                arguments: Vec::new(),
                clock: Arc::new(|| NOW_MS),
                environment: Vec::new(),
                history: None,
            };
            assert_eq!(shell::client::run(other), 0);
            Some("y".to_owned())
        }));
        let code = run_with(&options, host);
        Said { out: out.text(), err: err.text(), code }
    };
    let thread = std::thread::Builder::new().stack_size(64 << 20).spawn(run).unwrap();
    let said = thread.join().unwrap();
    assert_eq!(said.code, FAILED, "{}{}", said.out, said.err);
    assert!(said.err.contains("Since this was planned"), "{}", said.err);
    let kind = world.organisation.ok("(Get-OwaMailboxPolicy Default).InstantMessagingType");
    assert_eq!(kind.trim(), "None");
    assert!(!world.path("moved.undo.ps1").exists());
    let said = world.apply("moved.ps1", "Set-OwaMailboxPolicy Default -InstantMessagingType Ocs\n");
    assert_eq!(said.code, RIGHT, "{}{}", said.out, said.err);
    // The same for what is taken back: what was changed since is not overwritten.
    world.organisation.ok("Set-OwaMailboxPolicy Default -InstantMessagingType None");
    let undo = world.path("moved.undo.ps1");
    let said = world.run(Options { yes: true, ..world.options(&undo, &[]) }, None);
    assert_eq!(said.code, WRONG, "{}{}", said.out, said.err);
    let flat = said.out.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(flat.contains("cannot be taken back as a whole"), "{}", said.out);
}

#[test]
fn an_undo_leaves_what_others_changed_since() {
    let world = World::new();
    let said = world.apply("mine.ps1", "Set-OwaMailboxPolicy Default -InstantMessagingType Ocs\n");
    assert_eq!(said.code, RIGHT, "{}{}", said.out, said.err);
    world.organisation.ok("Set-OwaMailboxPolicy Default -CalendarEnabled $false");
    let undo = world.path("mine.undo.ps1");
    let said = world.run(Options { yes: true, ..world.options(&undo, &[]) }, None);
    assert_eq!(said.code, RIGHT, "{}{}", said.out, said.err);
    let shown = "$p = Get-OwaMailboxPolicy Default; \"$($p.InstantMessagingType) \
                 $($p.CalendarEnabled)\"";
    assert_eq!(world.organisation.ok(shown).trim(), "None False");
    // What is the same property is named as administrators call it.
    let said = world.apply("again.ps1", "Set-OwaMailboxPolicy Default -InstantMessagingType Ocs\n");
    assert_eq!(said.code, RIGHT, "{}{}", said.out, said.err);
    world.organisation.ok("Set-OwaMailboxPolicy Default -InstantMessagingType None");
    let said =
        world.run(Options { yes: true, ..world.options(&world.path("again.undo.ps1"), &[]) }, None);
    assert_eq!(said.code, WRONG, "{}{}", said.out, said.err);
    let flat = said.out.split_whitespace().collect::<Vec<_>>().join(" ");
    let sentence = "the mailbox policy Default was changed (InstantMessagingType)";
    assert!(flat.contains(sentence), "{}", said.out);
}
