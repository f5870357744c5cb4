//! Scripts of the kind administrators share, hostile ones, and those that never end.

use std::path::Path;

use shell::runbook::{Options, Plan, RIGHT, WRONG, What};

use crate::changes;
use crate::world::World;

#[test]
fn people_are_enabled_from_a_file_in_a_loop() {
    let world = World::new();
    world.organisation.ok(
        "1..30 | ForEach-Object { New-Mailbox -Name \"P$_\" -Alias \"p$_\" -UserPrincipalName \
         \"p$_@litwareinc.com\" -Password (ConvertTo-SecureString 'Pa55word!' -AsPlainText -Force) \
         | Out-Null }",
    );
    let rows = (1..=30).map(|n| format!("p{n},sip:p{n}@litwareinc.com\n")).collect::<String>();
    let csv = world.path("people.csv");
    std::fs::write(&csv, format!("SamAccountName,SipAddress\n{rows}nobody,sip:x@y.z\np1,\n"))
        .unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scripts/Enable-FromCsv.ps1");
    let (csv, log) = (csv.display().to_string(), world.path("enable.log"));
    let shown = log.display().to_string();
    let arguments = ["-Path", csv.as_str(), "-LogPath", shown.as_str()];
    let undo = world.path("enable.undo.ps1");
    let check = Options { check: true, json: true, ..world.options(&script, &arguments) };
    let said = world.run(check, None);
    assert_eq!(said.code, RIGHT, "{}{}", said.out, said.err);
    assert!(!log.exists(), "the log is written when the plan is applied");
    let plan: Plan = serde_json::from_str(&said.out).unwrap();
    let enabling: Vec<_> = plan.steps.iter().filter(|it| it.cmdlet == "Enable-CsUser").collect();
    assert_eq!((enabling.len(), enabling[0].times), (1, 31), "one step for the loop");
    let made = enabling[0].changes.iter().filter(|it| it.property.is_empty() && it.old.is_none());
    assert_eq!(made.filter(|it| it.object.starts_with("CsUser")).count(), 30);
    assert!(
        enabling[0].notes.iter().any(|note| note.contains("nobody")),
        "{:?}",
        enabling[0].notes
    );

    let before = world.state();
    let apply =
        Options { yes: true, undo: Some(undo.clone()), ..world.options(&script, &arguments) };
    let said = world.run(apply, None);
    assert_eq!(said.code, RIGHT, "{}{}", said.out, said.err);
    let written = std::fs::read_to_string(&log).unwrap();
    assert!(written.contains("OK      p30") && written.contains("FAILED  nobody"), "{written}");
    let enabled = "(Get-CsUser | Where-Object { $_.SipAddress -like 'sip:p*@*' }).Count";
    assert_eq!(world.organisation.ok(enabled).trim(), "31");
    let undo = Options { yes: true, ..world.options(&undo, &[]) };
    let said = world.run(undo, None);
    assert_eq!(said.code, RIGHT, "{}{}", said.out, said.err);
    assert_eq!(world.state(), before);
    assert!(!log.exists(), "the log goes with it");
}

#[test]
fn what_shared_scripts_write_is_seen_before() {
    let world = World::new();
    let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scripts");
    let thumbprint = world.organisation.quiet("(Get-ExchangeCertificate)[0].Thumbprint");
    let arguments = ["-Thumbprint", thumbprint.trim()];
    let set = scripts.join("Set-ImThumbprint.ps1");
    let check = Options { check: true, json: true, ..world.options(&set, &arguments) };
    let said = world.run(check, None);
    assert_eq!(said.code, RIGHT, "{}{}", said.out, said.err);
    let plan: Plan = serde_json::from_str(&said.out).unwrap();
    let lines = changes(&plan, "Set-Content");
    let added = format!("IMCertificateThumbprint:  -> {}", thumbprint.trim());
    assert!(lines.iter().any(|line| line.contains(&added)), "{lines:?}");
    assert!(lines.iter().any(|line| line.contains("web.config.bak")), "the copy: {lines:?}");
    // What is wrong with this certificate is said beforehand.
    let notes = plan.steps.iter().flat_map(|step| &step.notes);
    assert!(notes.clone().any(|note| note.contains("it is self-signed")), "{notes:?}");

    world
        .organisation
        .ok("New-Mailbox -Name Zoe -Alias zoe -UserPrincipalName zoe@litwareinc.com -Password \
         (ConvertTo-SecureString 'Pa55word!' -AsPlainText -Force) | Out-Null");
    let report = world.path("report.csv");
    let shown = report.display().to_string();
    let without = scripts.join("Get-WithoutSip.ps1");
    let yes = Options {
        yes: true,
        undo: Some(world.path("r.undo.ps1")),
        ..world.options(&without, &["-OutFile", &shown])
    };
    let said = world.run(yes, None);
    assert_eq!(said.code, RIGHT, "{}{}", said.out, said.err);
    assert!(report.exists(), "{}{}", said.out, said.err);
    assert!(std::fs::read_to_string(&report).unwrap().starts_with("\"Name\""));
}

#[test]
fn prompts_are_answered_while_planning_or_refused() {
    let world = World::new();
    let script = world.path("asks.ps1");
    let text = "$name = Read-Host 'Which policy'\n$who = Get-Credential ann\n\
                Set-OwaMailboxPolicy $name -InstantMessagingType Ocs\n";
    std::fs::write(&script, text).unwrap();
    let said = world.run(Options { check: true, ..world.options(&script, &[]) }, None);
    assert_eq!(said.code, WRONG);
    let flat = said.out.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(flat.contains("line 1, character 9: Read-Host: There is no keyboard"), "{}", said.out);
    assert!(flat.contains("Run tandem runbook in a terminal"), "{}", said.out);
    let said = world.run(world.options(&script, &[]), Some(&["Default", "secret", "y"]));
    assert_eq!(said.code, RIGHT, "{}{}", said.out, said.err);
    assert!(said.out.contains("OwaMailboxPolicy Default"), "{}", said.out);
    assert!(!said.out.contains("secret"), "{}", said.out);
}

/// Mail is not copied for a plan: a script that decides by it must not see empty mailboxes.
#[test]
fn a_script_that_looks_into_mailboxes_sees_what_is_in_them() {
    use store::mail::{FolderRole, MailRead as _, MailWrite as _, NewMessage};
    let world = World::new();
    let file = |tx: &mut store::Writer| {
        for mailbox in tx.mailboxes()?.iter().filter(|own| own.alias == "kenmyer") {
            let inbox = tx.folder_by_role(mailbox.id, FolderRole::Inbox)?.unwrap();
            tx.file_message(&NewMessage {
                mailbox: mailbox.id,
                folder: inbox.id,
                bytes: vec![b'x'; 2048].into(),
                keywords: vec![],
                received_ms: 1,
                sent_ms: None,
                from: vec![],
                to: vec![],
                cc: vec![],
                subject: "s".to_owned(),
                preview: String::new(),
                has_attachment: false,
                message_id: "m@test".to_owned(),
                in_reply_to: vec![],
                references: vec![],
                text: String::new(),
            })?;
        }
        Ok(())
    };
    world.organisation.store.write_blocking(1, file).unwrap();
    let text = "$all = Get-Mailbox | Get-MailboxStatistics\n\
                foreach ($own in $all) {\n  if ($own.ItemCount -eq 0) { Set-Mailbox \
                $own.DisplayName -LitigationHoldEnabled $true }\n}\n\
                $inbox = Get-MailboxFolderStatistics kenmyer -FolderScope Inbox\n\
                if ($inbox.FolderSize -ne '2 KB (2,048 bytes)') { throw $inbox.FolderSize }\n";
    let plan = world.plan(text);
    assert_eq!(plan.wrong, []);
    let changed = changes(&plan, "Set-Mailbox");
    assert!(changed.iter().all(|line| line.contains("Pilar Ackerman")), "{changed:?}");
    assert_eq!(changed.len(), 1, "{changed:?}");
    let shown = world
        .organisation
        .ok("Get-MailboxStatistics kenmyer | ForEach-Object { \"$($_.ItemCount) \
         $($_.TotalItemSize)\" }");
    assert_eq!(shown.trim(), "1 2 KB (2,048 bytes)");
}

#[test]
fn hostile_scripts_touch_nothing() {
    let world = World::new();
    let victim = world.path("victim.txt");
    std::fs::write(&victim, "precious").unwrap();
    let link = world.path("link.txt");
    std::os::unix::fs::symlink(&victim, &link).unwrap();
    let folder = world.scripts.path().display().to_string();
    let before = world.state();
    let listed = || {
        let mut names: Vec<_> =
            std::fs::read_dir(world.scripts.path()).unwrap().map(|it| it.unwrap().path()).collect();
        names.retain(|path| !path.ends_with("planned.ps1"));
        names.sort();
        names
    };
    let files = listed();
    for text in [
        format!("'x' > '{folder}/victim.txt'; Remove-Item '{folder}/victim.txt'"),
        format!("Set-Content '{folder}/link.txt' gone; Add-Content '{folder}/link.txt' gone"),
        format!("Remove-Item '{folder}' -Recurse -Force"),
        format!("Move-Item '{folder}/victim.txt' '{folder}/moved.txt'"),
        format!("Rename-Item '{folder}/victim.txt' other.txt; Clear-Content '{folder}/other.txt'"),
        format!("Copy-Item '{folder}/victim.txt' '{folder}/copy.txt'; New-Item '{folder}/new.txt'"),
        format!("mkdir '{folder}/made/below'; 1 | Out-File '{folder}/made/below/x'"),
        format!("Start-Transcript '{folder}/transcript.txt'; 'a'; Stop-Transcript"),
        format!("1..3 | Export-Csv '{folder}/e.csv'; 1 | Tee-Object '{folder}/t.txt'"),
        format!("[xml]$x = '<a/>'; $x.Save('{folder}/x.xml'); Get-CsUser 2> '{folder}/err.txt'"),
        "Stop-Service RTCSRV; Restart-Service MSExchangeUM; Set-Content C:\\new.txt x".to_owned(),
        "Remove-Item 'C:\\Program Files\\Microsoft\\Exchange Server\\V15\\ClientAccess\\Owa\\\
         web.config'"
            .to_owned(),
        "Get-ExchangeCertificate | Remove-ExchangeCertificate -Confirm:$false".to_owned(),
        "Get-CsUser | Disable-CsUser -Confirm:$false; Set-Mailbox kenmyer -Password \
         (ConvertTo-SecureString 'An0ther!pass' -AsPlainText -Force)"
            .to_owned(),
        "Undo-Runbook ../../../etc/passwd; Undo-Runbook 01950000-0000-7000-8000-000000000000"
            .to_owned(),
        "Set-Content 'C:\\..\\..\\..\\..\\etc\\hostile' x; Set-Content C:\\a:b x".to_owned(),
        "Invoke-Expression 'Get-CsUser'; iex x; Start-Process sh; & /bin/sh -c true".to_owned(),
    ] {
        let (plan, _) = world.planned(&text);
        assert_eq!(std::fs::read_to_string(&victim).unwrap(), "precious", "{text}");
        assert_eq!(listed(), files, "{text}");
        assert_eq!(world.state(), before, "{text}\n{plan:?}");
        let running = world.organisation.quiet("(Get-Service RTCSRV).Status");
        assert_eq!(running.trim(), "Running", "{text}");
    }
    assert!(!Path::new("/etc/hostile").exists());
    let left = world.organisation.folder.path().join("runbook");
    for _ in 0..100 {
        if std::fs::read_dir(&left).unwrap().next().is_none() {
            return;
        }
        std::thread::park_timeout(std::time::Duration::from_millis(50));
    }
    panic!("copies stay behind: {:?}", std::fs::read_dir(&left).unwrap().collect::<Vec<_>>());
}

#[test]
fn what_never_ends_is_ended() {
    let world = World::new();
    for text in [
        "while ($true) { }",
        "function f { f }; f",
        "do { try { throw 1 } catch { } finally { $x = 1 } } while ($true)",
        "1..5000000 | ForEach-Object { 1..100 } | Out-Null",
        "Get-Content /dev/zero",
        "'x' | Out-File /dev/full; $a = Get-Content /dev/stdin",
    ] {
        let (plan, code) = world.planned(text);
        let said: Vec<&str> = plan.wrong.iter().map(|it| it.message.as_str()).collect();
        assert_eq!(code, WRONG, "{text}");
        let is_named = |part: &str| said.iter().any(|message| message.contains(part));
        let parts = ["does not come to an end", "call depth", "device or pipe"];
        assert!(parts.iter().any(|part| is_named(part)), "{text}: {said:?}");
    }
}

#[test]
fn lines_that_are_not_reached_are_looked_through() {
    let world = World::new();
    let plan = world.plan(
        "function Own-Thing { Get-CsUser }\nSet-Alias short Get-CsUser\nif ($false) {\n  \
         Own-Thing; short\n  Set-OwaMailbxPolicy Default\n  Get-CsUser -Nonsense 1\n  \
         Get-CsVoicePolicy\n  $w = New-Object System.Net.WebClient\n  [adsi]'LDAP://x'\n  \
         [datetime]'2013-02-03'; New-Object PSObject\n}\nNew-PSSession | Import-PSSession\n",
    );
    let found: Vec<(u32, &str)> =
        plan.unreached.iter().map(|it| (it.line, it.message.as_str())).collect();
    assert_eq!(
        found,
        [
            (5, "There is no command Set-OwaMailbxPolicy."),
            (6, "Get-CsUser has no parameter -Nonsense."),
            (
                8,
                "There is no type [System.Net.WebClient] here. Use curl in the system's own shell."
            ),
            (
                9,
                "There is no type [adsi] here. There is no directory beside Tandem's own \
                 accounts: use Get-User and Get-CsAdUser."
            ),
        ]
    );
    assert_eq!(plan.wrong, []);
    assert!(plan.steps.iter().all(|step| step.what == What::Unneeded), "{:?}", plan.steps);
}

#[test]
fn a_file_that_the_script_writes_is_its_own_afterwards_and_put_back() {
    let world = World::new();
    let file = world.path("kept.txt");
    std::fs::write(&file, "before").unwrap();
    let shown = file.display();
    let text = format!(
        "'after' | Set-Content '{shown}' -NoNewline\nif ((Get-Content '{shown}') -ne 'after') {{ \
         throw 'not read back' }}\nNew-OwaMailboxPolicy Sales | Out-Null\n"
    );
    let said = world.apply("own.ps1", &text);
    assert_eq!(said.code, RIGHT, "{}{}", said.out, said.err);
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "after");
    let undo = world.path("own.undo.ps1");
    let said = world.run(Options { yes: true, ..world.options(&undo, &[]) }, None);
    assert_eq!(said.code, RIGHT, "{}{}", said.out, said.err);
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "before");
    // What cannot be written is found out before anything is applied.
    let before = world.state();
    let text = "'x' | Set-Content /proc/version-not-there\nNew-OwaMailboxPolicy Two | Out-Null\n";
    let said = world.apply("unwritable.ps1", text);
    assert_ne!(said.code, RIGHT, "{}", said.out);
    assert_eq!(world.state(), before);
    assert!(!world.path("unwritable.undo.ps1").exists());
}

/// Folders of `C:` that a script makes, fills, moves and empties come and go as a whole.
#[test]
fn folders_of_the_node_are_planned_applied_and_taken_back() {
    let world = World::new();
    world.organisation.ok("md C:\\Old | Out-Null; 'o' > C:\\Old\\o.txt");
    let script = world.path("folders.ps1");
    let text = "$ErrorActionPreference = 'Stop'\nNew-Item C:\\Reports -ItemType Directory | \
                Out-Null\n'x' > C:\\Reports\\x.log\nCopy-Item C:\\Reports\\*.log C:\\Old\nmd \
                C:\\Empty | Out-Null\nMove-Item C:\\Old C:\\Reports\nRename-Item \
                C:\\Reports\\Old Kept\n";
    std::fs::write(&script, text).unwrap();
    let all = "(Get-ChildItem C:\\ -Recurse | Where-Object FullName -notlike 'C:\\Program*' | \
               Where-Object FullName -notlike 'C:\\Windows*' | ForEach-Object FullName | \
               Sort-Object) -join ' '";
    let before = world.organisation.ok(all);
    let undo = world.path("folders.undo.ps1");
    let yes = Options { yes: true, undo: Some(undo.clone()), ..world.options(&script, &[]) };
    let said = world.run(yes, None);
    assert_eq!(said.code, RIGHT, "{}{}", said.out, said.err);
    assert!(said.out.contains("Folder C:\\Empty"), "{}", said.out);
    assert_eq!(
        world.organisation.ok(all).trim(),
        "C:\\Empty C:\\Reports C:\\Reports\\Kept C:\\Reports\\Kept\\o.txt \
         C:\\Reports\\Kept\\x.log C:\\Reports\\x.log"
    );
    let back = Options { yes: true, ..world.options(&undo, &[]) };
    let said = world.run(back, None);
    assert_eq!(said.code, RIGHT, "{}{}", said.out, said.err);
    assert_eq!(world.organisation.ok(all), before);
}

#[test]
fn what_the_node_makes_on_its_drive_stays() {
    let world = World::new();
    for refused in [
        "Remove-Item C:\\Windows -Recurse -Force -Confirm:$false",
        "Remove-Item 'C:\\Program Files' -Recurse -Confirm:$false",
        "Move-Item C:\\Windows C:\\W",
        "Rename-Item 'C:\\Program Files\\Microsoft' M",
        "Set-Content C:\\nofolder\\a.txt x",
        "Copy-Item C:\\Windows\\System32\\inetsrv\\*.exe C:\\nofolder\\",
        "md C:\\a | Out-Null; 'x' > C:\\a\\x; Remove-Item C:\\a",
        "md C:\\a",
    ] {
        let said = world.organisation.ok(&format!("{refused} -ErrorAction SilentlyContinue; $?"));
        assert_eq!(said.trim(), "False", "{refused}");
    }
    let there = "(Get-ChildItem C:\\ | ForEach-Object Name) -join ','";
    assert_eq!(world.organisation.ok(there).trim(), "a,Program Files,Windows");
}
