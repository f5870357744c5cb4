//! Runbooks of people who may not do everything: each line needs the role it needs when typed, when
//! it is planned, when it is applied, and when it is taken back.

use shell::roles::Caller;
use shell::runbook::{FAILED, Options, Plan, RIGHT, WRONG};

use crate::fixture::caller;
use crate::world::{Said, World};

fn run(world: &World, who: &Caller, name: &str, text: &str, yes: bool) -> Said {
    let script = world.path(name);
    std::fs::write(&script, text).unwrap();
    let mut options = Options { yes, check: !yes, ..world.options(&script, &[]) };
    options.client.socket = world.organisation.socket_of(who.clone());
    world.run(options, None)
}

fn plan(world: &World, who: &Caller, text: &str) -> Plan {
    let script = world.path("rights.ps1");
    std::fs::write(&script, text).unwrap();
    let mut options = Options { check: true, json: true, ..world.options(&script, &[]) };
    options.client.socket = world.organisation.socket_of(who.clone());
    let said = world.run(options, None);
    serde_json::from_str(&said.out).unwrap_or_else(|error| panic!("{error}: {said:?}"))
}

#[test]
fn who_only_looks_plans_what_they_may_see_and_applies_nothing() {
    let world = World::new();
    world.organisation.ok("Add-RoleGroupMember 'View-Only Organization Management' -Member pilar");
    let pilar = caller("pilar");
    let state = world.state();
    let looked = run(&world, &pilar, "look.ps1", "Get-Mailbox kenmyer | Out-Null\n", true);
    assert_eq!(looked.code, RIGHT, "{looked:?}");
    assert!(looked.out.contains("There is nothing to apply."), "{looked:?}");
    let text = "Set-Mailbox kenmyer -DisplayName Kenneth\nGet-CsUser\nGet-Content C:\\x\n\
                New-ExchangeCertificate -DomainName a.b -Services None\niisreset\n\
                Stop-Service RTCSRV\nUndo-Runbook 01950000-0000-7000-8000-000000000000\n";
    let planned = plan(&world, &pilar, text);
    let refused: Vec<u32> = planned
        .wrong
        .iter()
        .filter(|it| it.message.contains("Access is denied: \"pilar\" may not run"))
        .map(|it| it.line)
        .collect();
    assert_eq!(refused, [1, 2, 3, 4, 5, 6, 7], "{:?}", planned.wrong);
    assert!(planned.steps.iter().all(|step| step.changes.is_empty()), "{:?}", planned.steps);
    let said = run(&world, &pilar, "change.ps1", text, true);
    assert_eq!(said.code, WRONG, "{said:?}");
    assert_eq!(world.state(), state);
    assert!(!world.path("change.undo.ps1").exists());
    let who = "Search-AdminAuditLog -Cmdlets Set-Mailbox -IsSuccess $false | ForEach-Object Caller";
    assert!(world.organisation.ok(who).contains("pilar"), "the refusals are in the log");
}

#[test]
fn a_role_that_is_taken_away_before_the_answer_is_gone() {
    let world = World::new();
    world.organisation.ok("Add-RoleGroupMember 'Recipient Management' -Member pilar");
    let pilar = caller("pilar");
    let text = "Set-Mailbox kenmyer -DisplayName Kenneth\n";
    let script = world.path("late.ps1");
    std::fs::write(&script, text).unwrap();
    let mut options = world.options(&script, &[]);
    options.client.socket = world.organisation.socket_of(pilar.clone());
    let state = world.state();
    let take = "Remove-RoleGroupMember 'Recipient Management' -Member pilar -Confirm:$false; \
                Add-RoleGroupMember 'Help Desk' -Member pilar";
    let said = world.run_meanwhile(options, || drop(world.organisation.ok(take)));
    assert_eq!(said.code, FAILED, "{said:?}");
    assert!(said.err.contains("may not run Set-Mailbox"), "{said:?}");
    let name = world.organisation.ok("(Get-Mailbox kenmyer).DisplayName");
    assert_eq!(name.trim(), "Ken Myer");
    assert_eq!(world.state().get("account"), state.get("account"));
    // With the role it is applied, in their name; taking it back needs it, too.
    world.organisation.ok("Add-RoleGroupMember 'Recipient Management' -Member pilar");
    let said = run(&world, &pilar, "applied.ps1", text, true);
    assert_eq!(said.code, RIGHT, "{said:?}");
    let log = world.organisation.ok(
        "Search-AdminAuditLog -Cmdlets Set-Mailbox, Invoke-Runbook -ResultSize 2 | ForEach-Object \
         { \"$($_.CmdletName) $($_.Caller) $($_.Roles)\" }",
    );
    for part in ["Invoke-Runbook uid 1000 (pilar) Recipient", "Set-Mailbox uid 1000 (pilar)"] {
        assert!(log.contains(part), "{log}");
    }
    let undo = std::fs::read_to_string(world.path("applied.undo.ps1")).unwrap();
    let take = "Remove-RoleGroupMember 'Recipient Management' -Member pilar -Confirm:$false";
    world.organisation.ok(take);
    let said = run(&world, &pilar, "back.ps1", &undo, true);
    assert_eq!(said.code, WRONG, "{said:?}");
    assert!(said.out.contains("may not run Undo-Runbook"), "{said:?}");
    world.organisation.ok("Add-RoleGroupMember 'Recipient Management' -Member pilar");
    let said = run(&world, &pilar, "back.ps1", &undo, true);
    assert_eq!(said.code, RIGHT, "{said:?}");
    assert_eq!(world.organisation.ok("(Get-Mailbox kenmyer).DisplayName").trim(), "Ken Myer");
}
