//! What is wrong, where, and by whose fault: lines and names in a plan, programs of Windows, and
//! the mistakes of the field as runbooks.

use shell::mistakes::{MISTAKES, Place, Seen};
use shell::organisation::{MAILBOX_SERVER, POOL};
use shell::runbook::{FAILED, Options, RIGHT, WRONG, What};

use crate::changes;
use crate::fixture::{NOW_MS, certificates};
use crate::world::World;

#[test]
fn an_error_inside_a_command_stands_where_the_command_does() {
    let world = World::new();
    let text = "$x = [xml]'<a/>'\n\n$x.Save('C:\\a:b')\n'x' > 'C:\\a:b'\n'x' | Out-File C:\\a:b\n\
                [IO.File]::ReadAllText('C:\\none')\nfunction Do-It {\n  Copy-Item C:\\none \
                C:\\b\n}\nDo-It\nImport-Csv C:\\none\nWrite-Error 'told'\n";
    let plan = world.plan(text);
    let found: Vec<(u32, &str)> =
        plan.wrong.iter().map(|it| (it.line, it.message.as_str())).collect();
    let format = "The given path's format is not supported: 'C:\\a:b'.";
    let none = "Cannot find path 'C:\\none' because it does not exist.";
    let absent = "Exception calling \"ReadAllText\" with \"1\" argument(s): \"Could not find file \
                  'C:\\none'.\"";
    assert_eq!(
        found,
        [
            (3, format),
            (4, &format!("Out-File: {format}")),
            (5, &format!("Out-File: {format}")),
            (6, absent),
            (8, &format!("Copy-Item: {none}")),
            (11, "Import-Csv: Could not find file 'C:\\none'."),
            (12, "told"),
        ]
    );
    // The shell says the same, each once.
    let script = world.path("wrong.ps1");
    std::fs::write(&script, text).unwrap();
    let said = world.organisation.run(&format!("& '{}'", script.display()));
    for (line, name) in [(3, ""), (4, "Out-File : "), (8, "Copy-Item : "), (11, "Import-Csv : ")] {
        let place = format!("At {}:{line} char:", script.display());
        assert_eq!(said.err.matches(&place).count(), 1, "{place}\n{}", said.err);
        let before = said.err.split(&place).next().unwrap().trim_end();
        assert!(before.lines().last().unwrap().starts_with(name), "{line}: {before}");
    }
}

#[test]
fn conditions_and_functions_of_other_files_are_no_unknown_commands() {
    let world = World::new();
    std::fs::write(world.path("functions.ps1"), "function Do-Own { 'own' }\n").unwrap();
    std::fs::write(world.path("others.ps1"), "function Do-Other { 'other' }\n").unwrap();
    let plan = world.plan(
        ". $PSScriptRoot\\functions.ps1\nif ($false) {\n  Get-CsUser -Filter { Enabled -eq $true }\n  \
         Get-Mailbox -Filter:{ Name -like 'x*' }\n  Do-Own\n  . \"$PSScriptRoot\\others.ps1\"\n  \
         Do-Other\n  Do-Nothing\n}\n",
    );
    assert_eq!(plan.wrong, []);
    let unreached: Vec<(u32, &str)> =
        plan.unreached.iter().map(|it| (it.line, it.message.as_str())).collect();
    assert_eq!(unreached, [(8, "There is no command Do-Nothing.")]);
}

#[test]
fn what_a_catch_waits_for_is_not_complained_of() {
    let world = World::new();
    let plan = world.plan(
        "try { nosuch } catch [System.Management.Automation.CommandNotFoundException] { }\n\
         if ($false) { try { Do-Nothing } catch [CommandNotFoundException] { Do-Other } }\n\
         if ($false) { try { Do-More } catch [FormatException] { } }\n",
    );
    assert_eq!(plan.wrong, []);
    let unreached: Vec<(u32, &str)> =
        plan.unreached.iter().map(|it| (it.line, it.message.as_str())).collect();
    let expected = [(2, "There is no command Do-Other."), (3, "There is no command Do-More.")];
    assert_eq!(unreached, expected);
}

#[test]
fn what_is_not_loaded_is_said_to_be_so() {
    let world = World::new();
    let plan = world.plan(
        "Import-Module ActiveDirectory\nImport-Module Lync\nSet-StrictMode -Version Latest\n\
         Set-ADServerSettings -ViewEntireForest $true\n",
    );
    let wrong: Vec<u32> = plan.wrong.iter().map(|it| it.line).collect();
    assert_eq!(wrong, [1]);
    assert!(plan.wrong[0].message.contains("'ActiveDirectory' was not loaded"), "{plan:?}");
    let notes: Vec<(u32, &str)> =
        plan.steps.iter().map(|step| (step.line, step.notes[0].as_str())).collect();
    assert_eq!(
        notes,
        [
            (2, "the cmdlets are loaded already"),
            (4, "there is one directory, and cmdlets see all of it"),
        ]
    );
}

#[test]
fn a_plan_shows_what_was_typed() {
    let world = World::new();
    let plan = world.plan(
        "$x = [xml]'<a/>'\n$x.Save('C:\\x.xml')\nRestart-Service W3SVC -Force\nSet-Content \
         C:\\y.txt y -NoNewline\nRemove-Item C:\\y.txt -Force:$false\n",
    );
    let commands: Vec<&str> = plan.steps.iter().map(|step| step.command.as_str()).collect();
    assert_eq!(
        commands,
        [
            "write C:\\x.xml",
            "Restart-Service -Name W3SVC -Force",
            "Set-Content -Path C:\\y.txt -Value y -NoNewline",
            "Remove-Item -Path C:\\y.txt -Force:$False",
        ]
    );
}

#[test]
fn a_script_that_cannot_be_read_is_told_in_one_line() {
    let world = World::new();
    let said = world.run(world.options(&world.path("none.ps1"), &[]), None);
    assert_eq!(said.code, FAILED);
    assert!(said.err.starts_with("tandem runbook: There is no file '"), "{}", said.err);
    assert!(!said.err.contains("CategoryInfo"), "{}", said.err);
    let said = world.run(world.options(world.scripts.path(), &[]), None);
    assert!(said.code == FAILED && !said.err.contains("CategoryInfo"), "{}", said.err);
}

#[test]
fn the_way_back_is_a_line_to_paste() {
    let world = World::new();
    let script = world.path("it's.ps1");
    std::fs::write(&script, "New-OwaMailboxPolicy Sales\n").unwrap();
    let again = "tandem runbook --data '/var/my data'".to_owned();
    let said = world.run(Options { yes: true, again, ..world.options(&script, &[]) }, None);
    let undo = world.path("it's.undo.ps1").display().to_string().replace('\'', "'\\''");
    let line = format!("Applied. To take it back: tandem runbook --data '/var/my data' '{undo}'");
    assert!(said.code == RIGHT && said.out.contains(&line), "{}{}", said.out, said.err);
}

#[test]
fn programs_that_fail_are_wrong_unless_the_script_looks() {
    let world = World::new();
    let line = "appcmd recycle apppool /apppool.name:Nowhere";
    let plan = world.plan(&format!("{line}\nnet stop Nowhere\nsc.exe start RTCSRV\n"));
    let found: Vec<(u32, &str)> =
        plan.wrong.iter().map(|it| (it.line, it.message.as_str())).collect();
    assert_eq!(found.len(), 3, "{found:?}");
    let expected = [
        ["appcmd: ERROR", "\"Nowhere\"", "(exit code 1168)"],
        ["net: The service name is invalid.", "2185", "(exit code 2)"],
        ["sc.exe: [SC] StartService FAILED 1056", "already running", "(exit code 1056)"],
    ];
    for (at, ((line, message), parts)) in found.iter().zip(expected).enumerate() {
        assert_eq!(*line, u32::try_from(at).unwrap() + 1);
        assert!(parts.iter().all(|part| message.contains(part)), "{line}: {message}");
    }
    assert!(plan.steps.iter().all(|step| step.what == What::Fails), "{:?}", plan.steps);
    let handled = format!("{line}\nif ($LASTEXITCODE -ne 0) {{ New-OwaMailboxPolicy Sales }}\n");
    let plan = world.plan(&handled);
    assert_eq!(plan.wrong, []);
    assert!(plan.steps[0].notes[0].starts_with("fails: ERROR"), "{:?}", plan.steps);
}

#[test]
fn services_and_pools_are_acts_and_done_after_the_rest() {
    let world = World::new();
    let text = "iisreset\nC:\\Windows\\System32\\inetsrv\\appcmd.exe recycle apppool \
                /apppool.name:\"MSExchangeOWAAppPool\"\nRestart-WebAppPool MSExchangeOWAAppPool\n\
                Restart-Service MSExchangeUM\nStart-Service RTCSRV\nnet start | Out-Null\n\
                Stop-Service RTCSRV\nnet start RTCSRV\nsc.exe stop RTCSRV\n";
    let plan = world.plan(text);
    assert_eq!(plan.wrong, []);
    let start = plan.steps.iter().find(|step| step.cmdlet == "Start-Service").unwrap();
    assert_eq!((start.what, start.changes.len()), (What::Already, 0), "it runs");
    let acts: Vec<String> = plan
        .acts()
        .map(|act| format!("{}: {}", act.object, act.new.clone().unwrap_or_default()))
        .collect();
    for (act, times) in [
        ("Application pool MSExchangeOWAAppPool: recycled", 3),
        ("Application pool DefaultAppPool: recycled", 1),
        ("Service MSExchangeUM: restarted", 1),
        ("Service RTCSRV: stopped", 2),
        ("Service RTCSRV: started", 1),
    ] {
        assert_eq!(acts.iter().filter(|own| *own == act).count(), times, "{act}: {acts:?}");
    }
    let status = || world.organisation.quiet("(Get-Service RTCSRV).Status");
    assert_eq!(status().trim(), "Running", "planned only");
    let mut feed = world.organisation.store.changes();
    let said = world.apply("acts.ps1", text);
    assert_eq!(said.code, RIGHT, "{}{}", said.out, said.err);
    assert_eq!(status().trim(), "Stopped", "as it was told last");
    let mut told = Vec::new();
    while let Ok(changes) = feed.try_recv() {
        told.extend(changes.iter().map(|change| format!("{change:?}")));
    }
    for part in
        ["Recycled { pool: \"MSExchangeOWAAppPool\"", "Restarted { service: \"MSExchangeUM\""]
    {
        assert!(told.iter().any(|change| change.contains(part)), "{part}: {told:?}");
    }
}

#[test]
fn a_change_of_the_certificate_is_planned_and_made_afterwards() {
    let world = World::new();
    world.organisation.ok("appcmd set config \"Exchange Back End/owa\" /section:appSettings \
         \"/+[key='IMCertificateThumbprint',value='0000000000000000000000000000000000000000']\"");
    let text = "$new = New-ExchangeCertificate -DomainName atl-owa-001.litwareinc.com -Services None\n\
                Switch-ExchangeCertificate -Thumbprint $new.Thumbprint\n\
                Test-ExchangeCertificateChange -Thumbprint $new.Thumbprint\n";
    let events = "@(Get-EventLog Application -InstanceId 1121 -ErrorAction SilentlyContinue).Count";
    let plan = world.plan(text);
    assert_eq!(plan.wrong, []);
    let lines = changes(&plan, "Switch-ExchangeCertificate");
    assert!(lines.iter().any(|line| line.contains("IMCertificateThumbprint: 000")), "{lines:?}");
    assert_eq!(plan.acts().filter(|act| act.object == "Instant messaging").count(), 1, "{lines:?}");
    assert_eq!(plan.steps.last().unwrap().what, What::Afterwards);
    assert_eq!(world.organisation.ok(events).trim(), "0", "nothing was tried");
    let said = world.apply("switch.ps1", text);
    assert_eq!(said.code, RIGHT, "{}{}", said.out, said.err);
    assert_eq!(world.organisation.ok(events).trim(), "1", "the running web app changed over");
}

/// Each mistake of the field's table, in a script: the plan names it, and nothing has changed.
#[test]
fn the_mistakes_of_the_field_are_seen_in_the_plan() {
    let trust = include_str!("../../../node/src/quickstart/trust.ps1");
    let integrate = include_str!("../../../node/src/quickstart/integrate.ps1")
        .replace("{mailbox}", MAILBOX_SERVER)
        .replace("{pool}", POOL);
    for mistake in MISTAKES {
        let is_collocated =
            matches!(mistake.place, Place::Collocated | Place::CollocatedIntegrated);
        let world = World::of(is_collocated);
        let own = im::authority::Authority::load;
        let own = world.organisation.store.read_blocking(own).unwrap().unwrap();
        certificates::write_all(&world.organisation.folder.path().join("c"), &own, NOW_MS);
        match mistake.place {
            Place::Bare | Place::Collocated => {}
            Place::Integrated => drop(world.organisation.ok(&format!("{trust}\n{integrate}"))),
            Place::CollocatedIntegrated => drop(world.organisation.ok(&integrate)),
        }
        // What went before is real; a variable of it is made again in the script.
        let before = format!("$null = $(\n{}\n); \"$($own.Thumbprint)\"", mistake.before);
        let thumbprint = world.organisation.ok(&before).trim().to_owned();
        let own = match thumbprint.is_empty() {
            true => String::new(),
            false => format!("$own = [pscustomobject]@{{ Thumbprint = '{thumbprint}' }}\n"),
        };
        let state = world.state();
        let (plan, code) = world.planned(&format!("{own}{}\n", mistake.typed));
        assert_eq!(world.state(), state, "{}", mistake.title);
        let mut said: Vec<String> = Vec::new();
        let found = plan.wrong.iter().chain(&plan.remarks);
        said.extend(found.flat_map(|it| [Some(it.message.clone()), it.advice.clone()]).flatten());
        said.extend(plan.steps.iter().flat_map(|step| step.notes.clone()));
        let has = |pattern: &str| {
            let pattern = format!("*{pattern}*").replace('[', "`[");
            let all = said.join(" ").replace('\n', " ");
            shell::lang::text::is_like(&all, &pattern, true)
        };
        let mut is_refused = false;
        for seen in mistake.seen {
            let is_seen = match seen {
                Seen::Warning(pattern) => has(pattern),
                Seen::Error(pattern) => {
                    is_refused = true;
                    has(pattern)
                }
                Seen::Event(..) | Seen::Trace(_) => true,
            };
            assert!(is_seen, "{}\n{seen:?}\n{said:#?}", mistake.title);
        }
        // What is only looked for in vain does not end a script.
        let expected = if is_refused && plan.remarks.is_empty() { WRONG } else { RIGHT };
        assert_eq!(code, expected, "{}\n{said:#?}", mistake.title);
    }
}

#[test]
fn the_round_that_fails_is_named_and_what_is_so_already_is_no_change() {
    let world = World::new();
    let plan = world.plan(
        "$of = New-ExchangeCertificate -DomainName mail.litwareinc.com -Services IIS,SMTP -Force\n\
         foreach ($who in 'kenmyer', 'nobody') {\n  Set-User $who -FirstName x\n}\n\
         Enable-ExchangeCertificate $of.Thumbprint -Services IIS,SMTP -Force\n",
    );
    let step = |name: &str| {
        let found = plan.steps.iter().find(|step| step.cmdlet == name);
        found.unwrap_or_else(|| panic!("{name}: {plan:?}"))
    };
    let [fails] = step("Set-User").notes.as_slice() else { panic!("{plan:?}") };
    assert!(fails.starts_with("fails: ") && fails.ends_with(" x)"), "{fails}");
    assert!(fails.contains("(Set-User -Identity nobody "), "{fails}");
    let enable = step("Enable-ExchangeCertificate");
    assert_eq!((enable.what, enable.changes.len()), (What::Already, 0), "{enable:?}");
}

#[test]
fn what_is_looked_for_in_vain_is_a_remark_unless_the_script_ends_there() {
    let world = World::new();
    let text = "$user = Get-CsUser nobody\nGet-Mailbox nobody\nif (!$user) { New-OwaMailboxPolicy \
                Sales }\n";
    let plan = world.plan(text);
    assert_eq!(plan.wrong, []);
    let remarks: Vec<u32> = plan.remarks.iter().map(|it| it.line).collect();
    assert_eq!(remarks, [1, 2]);
    assert!(!changes(&plan, "New-OwaMailboxPolicy").is_empty(), "{plan:?}");
    let said = world.apply("remark.ps1", text);
    assert_eq!(said.code, RIGHT, "{}{}", said.out, said.err);
    assert!(
        said.out.contains("\nNot found, and the script goes on without\n  line 1"),
        "{}",
        said.out
    );
    for text in [
        "Get-CsUser nobody -ErrorAction Stop\n",
        "$ErrorActionPreference = 'Stop'\nGet-Mailbox nobody\n",
        "Set-CsUser nobody -Enabled $true\n",
    ] {
        let plan = world.plan(text);
        assert_eq!((plan.wrong.len(), plan.remarks.len()), (1, 0), "{text}: {plan:?}");
    }
}

#[test]
fn a_value_that_is_missing_is_given_after_the_file() {
    let world = World::new();
    let plan =
        world.plan("param([Parameter(Mandatory)]$Pool, [Parameter(Mandatory)]$Site)\n$Pool\n");
    let advice = plan.wrong[0].advice.as_deref().unwrap_or_default();
    assert!(advice.ends_with(".ps1 -Pool value -Site value"), "{advice}");
}
