//! People, mailboxes and the web app's directories as Exchange administrators handle them
//! (`cmdlets.md` §9, §12).

#![allow(clippy::unwrap_used, reason = "a test")]

mod fixture;

use fixture::Organisation;

/// What a line prints, warnings and errors too, on one line.
fn said(organisation: &Organisation, line: &str) -> String {
    let said = organisation.run(line);
    format!("{} {}", said.out, said.err).split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn what_is_known_of_people() {
    let organisation = Organisation::new(false);
    let run = |line: &str| said(&organisation, line);
    let missing = run("Get-User nobody");
    assert!(missing.contains("because object 'nobody' couldn't be found on"), "{missing}");
    assert_eq!(run("Set-User kenmyer@litwareinc.com -Title Engineer -Office 2/118"), "");
    assert_eq!(run("'{0}' -f (Get-User -Filter \"Title -like 'Eng*'\").Name"), "Ken Myer");
    assert_eq!(run("@(Get-User -Filter \"Office -eq `$null\").Name"), "Pilar Ackerman");
    let same = run("Set-User 'Ken Myer' -Title Engineer");
    let nothing = "The command completed successfully but no settings of 'Ken Myer' have been";
    assert!(same.contains(nothing), "{same}");
    let own = run("Set-User 'Ken Myer' -Manager kenmyer@litwareinc.com");
    assert!(own.contains("cannot be their own manager"), "{own}");
    assert_eq!(
        run("Set-User 'Ken Myer' -Manager 'CN=Pilar Ackerman,CN=Users,DC=litwareinc,DC=com'"),
        ""
    );
    assert_eq!(
        run("(Get-User kenmyer@litwareinc.com).Manager"),
        "litwareinc.com/Users/Pilar Ackerman"
    );
    // A manager who leaves is nobody's manager.
    assert_eq!(run("Remove-Mailbox pilar -Confirm:$False; (Get-User 'Ken Myer').Manager"), "");
    let renamed = run("Set-User 'Ken Myer' -DisplayName 'Ken M.'; (Get-Mailbox kenmyer).Name");
    assert_eq!(renamed, "Ken M.");
    assert_eq!(
        run("Set-User kenmyer@litwareinc.com -WindowsEmailAddress km@litwareinc.com; \
                    (Get-Mailbox kenmyer).EmailAddresses -join ' '"),
        "SMTP:km@litwareinc.com sip:kenmyer@litwareinc.com smtp:kenmyer@litwareinc.com"
    );
    let refused = run("Set-User 'Ken M.' -UserPrincipalName k@litwareinc.com");
    assert!(refused.contains("-UserPrincipalName cannot be used here"), "{refused}");
}

#[test]
fn conditions_on_dates_are_about_moments() {
    let organisation = Organisation::new(false);
    let run = |line: &str| said(&organisation, line);
    for get in ["Get-Mailbox", "Get-User", "Get-CsUser", "Get-Recipient"] {
        for (filter, expected) in [
            ("\"WhenCreated -gt '1/1/2020'\"", "2"),
            ("\"WhenCreated -lt '1/1/2020'\"", "0"),
            ("{WhenCreated -gt $before}", "2"),
            ("{WhenCreated -gt $after}", "0"),
            ("\"WhenCreated -le '$after' -and WhenCreated -ge '$before'\"", "2"),
            ("{WhenCreated -eq $own}", "2"),
            ("{WhenCreated -ne $null}", "2"),
        ] {
            let script = format!(
                "$own = (Get-Mailbox kenmyer).WhenCreated; $before = $own.AddDays(-1); $after = \
                 $own.AddDays(1); @({get} -Filter {filter}).Count"
            );
            assert_eq!(run(&script), expected, "{get} {filter}");
        }
    }
}

#[test]
fn what_people_of_the_messaging_half_are_in_the_directory() {
    let organisation = Organisation::new(false);
    let run = |line: &str| said(&organisation, line);
    assert_eq!(run("Set-User kenmyer -Department Sales; (Get-CsUser kenmyer).Department"), "Sales");
    assert_eq!(
        run("Get-CsUser kenmyer | % { $_.Name, $_.WindowsEmailAddress, $_.DistinguishedName, \
             $_.OriginatingServer, ($_.ProxyAddresses -join ' '), ($_.Guid -eq (Get-User \
             kenmyer).Guid), ($_.WhenCreated -eq (Get-User kenmyer).WhenCreated) }"),
        "Ken Myer kenmyer@litwareinc.com CN=Ken Myer,CN=Users,DC=litwareinc,DC=com \
         litwareinc.com SMTP:kenmyer@litwareinc.com sip:kenmyer@litwareinc.com True True"
    );
    let shown = run("Get-CsUser kenmyer");
    assert!(shown.contains("LastName") && !shown.contains("ProxyAddresses"), "{shown}");
    assert_eq!(
        run("Get-OrganizationConfig | % { $_.AdminDisplayVersion -eq (Get-ExchangeServer \
             ATL-OWA-001).AdminDisplayVersion; $_.Guid -match '^[0-9a-f]{8}-' }"),
        "True True"
    );
}

#[test]
fn what_scripts_carry_along_has_no_effect() {
    let organisation = Organisation::new(false);
    let run = |line: &str| said(&organisation, line);
    for line in [
        "Get-Mailbox -IgnoreDefaultScope -ReadFromDomainController",
        "Get-CASMailbox -IgnoreDefaultScope -ReadFromDomainController",
        "Get-User -IgnoreDefaultScope -ReadFromDomainController",
        "Get-Recipient -IgnoreDefaultScope -ReadFromDomainController",
    ] {
        assert_eq!(run(&format!("@({line}).Count")), "2", "{line}");
    }
    for line in [
        "Set-Mailbox kenmyer -DisplayName Ken -IgnoreDefaultScope",
        "Set-CASMailbox kenmyer -OWAEnabled $False -IgnoreDefaultScope",
        "Set-User kenmyer -Title Engineer -IgnoreDefaultScope",
    ] {
        assert_eq!(run(line), "", "{line}");
    }
    let scope = run("Set-ADServerSettings -ViewEntireForest $True; 'after'");
    assert!(scope.contains("WARNING: Set-ADServerSettings has no effect:"), "{scope}");
    assert!(scope.starts_with("after"), "{scope}");
    for (line, part) in [
        ("New-SelfSignedCertificate -DnsName x", "use New-ExchangeCertificate"),
        ("Register-ScheduledJob -Name x", "systemd, cron"),
        ("Invoke-Item C:\\x", "own shell to open files"),
        ("Test-ComputerSecureChannel", "there is no domain to be in"),
        ("klist", "there is no Kerberos"),
        ("Get-CsConnections.ps1", "tandem trace"),
        ("Set-CsUserPin kenmyer", "no telephones"),
    ] {
        let told = run(line);
        assert!(told.contains(part), "{line}: {told}");
    }
    for (name, module) in [
        ("Export-Csv", "Microsoft.PowerShell.Utility"),
        ("Get-Service", "Microsoft.PowerShell.Management"),
        ("Get-Credential", "Microsoft.PowerShell.Security"),
        ("Get-CsUser", "Lync"),
        ("Get-Mailbox", "Exchange"),
    ] {
        assert_eq!(run(&format!("(Get-Command {name}).ModuleName")), module);
        let others = format!("@(Get-Module | ? {{ $_.ExportedCommands -contains '{name}' }}).Name");
        assert_eq!(run(&others), module);
        assert_eq!(run(&format!("(Get-Command {name} -Module {module}).Name")), name);
    }
    assert_eq!(run("(Get-Command where).ModuleName"), "");
    assert_eq!(run("(Get-Command Where-Object).Source"), "Microsoft.PowerShell.Core");
}

#[test]
fn choosing_sorting_and_cutting_off() {
    let organisation = Organisation::new(false);
    let run = |line: &str| said(&organisation, line);
    for get in ["Get-User", "Get-Mailbox", "Get-CASMailbox"] {
        let names = |more: &str| run(&format!("({get} {more}).Name -join ','"));
        assert_eq!(names("-SortBy DisplayName"), "Ken Myer,Pilar Ackerman", "{get}");
        assert_eq!(names("-Anr Acker"), "Pilar Ackerman", "{get}");
        assert_eq!(names("-Anr pilar"), "Pilar Ackerman", "{get}");
        assert_eq!(names("-OrganizationalUnit litwareinc.com/Users"), "Ken Myer,Pilar Ackerman");
        assert_eq!(names("-OrganizationalUnit Sales"), "", "{get}");
        assert_eq!(names("-Filter \"Name -like '*Myer'\""), "Ken Myer", "{get}");
        assert_eq!(names("$null"), "Ken Myer,Pilar Ackerman", "{get}: $null is everybody");
        assert_eq!(names("-ResultSize unlimited"), "Ken Myer,Pilar Ackerman", "{get}");
        let cut = run(&format!("{get} -ResultSize 1"));
        assert!(cut.contains("Ken Myer") && !cut.contains("Pilar"), "{cut}");
        assert!(cut.contains("There are more results available"), "{cut}");
        let bad = run(&format!("{get} -Filter 'Name likes Ken'"));
        assert!(bad.contains("cannot be used"), "{bad}");
        let both = run(&format!("{get} -Identity kenmyer -Anr Ken"));
        assert!(both.contains("Parameter set cannot be resolved"), "{both}");
    }
}

#[test]
fn mailboxes_go_and_come() {
    let organisation = Organisation::new(false);
    let run = |line: &str| said(&organisation, line);
    let unasked = run("Disable-Mailbox pilar");
    assert!(unasked.contains("not answered"), "it asks by itself: {unasked}");
    assert_eq!(run("Set-Mailbox pilar -LitigationHoldEnabled $True"), "");
    for cmdlet in ["Disable-Mailbox", "Remove-Mailbox"] {
        let held = run(&format!("{cmdlet} pilar -Confirm:$False"));
        assert!(held.contains("on litigation hold"), "{held}");
    }
    let whole = run("Disable-Mailbox pilar -IgnoreLegalHold -WhatIf");
    assert!(whole.contains("\"Disable-Mailbox\" on target \"Pilar Ackerman\""), "{whole}");
    assert_eq!(run("Disable-Mailbox pilar -IgnoreLegalHold -Confirm:$False"), "");
    assert_eq!(run("(Get-User pilar@litwareinc.com).RecipientType"), "User");
    assert!(run("Get-Mailbox pilar@litwareinc.com").contains("couldn't be found"));
    let again = run("Disable-Mailbox 'Pilar Ackerman' -Confirm:$False");
    assert!(again.contains("has no mailbox"), "{again}");
    let taken = run("Enable-Mailbox 'Pilar Ackerman' -Alias kenmyer");
    assert!(taken.contains("'kenmyer' is in use already"), "{taken}");
    let elsewhere = run("Enable-Mailbox 'Pilar Ackerman' -PrimarySmtpAddress p@contoso.com");
    assert!(elsewhere.contains("not in an accepted domain"), "{elsewhere}");
    assert!(run("Enable-Mailbox 'Pilar Ackerman' -Alias pa").contains("Pilar Ackerman pa"));
    assert_eq!(
        run("(Get-Mailbox pa).EmailAddresses -join ' '"),
        "SMTP:pa@litwareinc.com sip:pilar@litwareinc.com"
    );
    assert_eq!(run("(Get-CsUser 'Pilar Ackerman').SipAddress"), "sip:pilar@litwareinc.com");
    let by_policy = "(Get-Mailbox pa).EmailAddressPolicyEnabled";
    assert_eq!(run(by_policy), "True");
    run("Set-Mailbox pa -PrimarySmtpAddress pilar.a@litwareinc.com");
    assert_eq!(run(by_policy), "False");
    let twice = run("Enable-Mailbox 'Pilar Ackerman'");
    assert!(twice.contains("has a mailbox already"), "{twice}");
    assert_eq!(run("Get-Mailbox | Remove-Mailbox -Force; @(Get-User).Count"), "0");
}

#[test]
fn directories_and_policies_are_made_and_removed() {
    let organisation = Organisation::new(false);
    let run = |line: &str| said(&organisation, line);
    let twice = run("New-OwaVirtualDirectory");
    assert!(twice.contains("'ATL-CAS-001\\owa (Default Web Site)' exists already"), "{twice}");
    let wrong = run("New-OwaVirtualDirectory -Server ATL-OWA-001");
    assert!(wrong.contains("does not have the role ClientAccess"), "{wrong}");
    let both = run("New-OwaVirtualDirectory -Role Mailbox -WebSiteName 'Default Web Site'");
    assert!(both.contains("is 'Exchange Back End'"), "{both}");
    let name = "(Get-OwaVirtualDirectory).DistinguishedName";
    assert_eq!(run(&format!("(Get-OwaVirtualDirectory ({name})).Server")), "ATL-CAS-001");
    let guid = "(Get-OwaVirtualDirectory -ShowMailboxVirtualDirectories)[1].Guid";
    assert_eq!(run(&format!("(Get-OwaVirtualDirectory ({guid})).Server")), "ATL-OWA-001");
    assert_eq!(run("(Get-OwaMailboxPolicy (Get-OwaMailboxPolicy).Guid).Name"), "Default");
    let logon = run("Get-OwaVirtualDirectory | Set-OwaVirtualDirectory -LogonFormat UserName");
    assert!(logon.contains("while there is no DefaultDomain"), "{logon}");
    assert_eq!(run("(Get-OwaVirtualDirectory).LogonFormat"), "FullDomain");
    run("Set-CASMailbox pilar -OwaMailboxPolicy Default");
    let used = run("Remove-OwaMailboxPolicy Default -Confirm:$False");
    assert!(used.contains("is in use: Pilar Ackerman has it."), "{used}");
    run("Set-CASMailbox pilar -OwaMailboxPolicy:$null; New-OwaMailboxPolicy Sales -IsDefault");
    let default = run("Remove-OwaMailboxPolicy Sales -Confirm:$False");
    assert!(default.contains("is the one for new mailboxes"), "{default}");
    assert_eq!(
        run("Remove-OwaMailboxPolicy Default -Confirm:$False; \
                    (Get-OwaMailboxPolicy).Name"),
        "Sales"
    );
    let plan = "New-UMDialPlan Redmond -NumberOfDigitsInExtension 5 -CountryOrRegionCode 1 -URIType \
                SipName > $null; Set-UMService ATL-OWA-001 -DialPlans Redmond";
    run(plan);
    let used = run("Remove-UMDialPlan Redmond -Confirm:$False");
    assert!(used.contains("Set-UMService ATL-OWA-001 -DialPlans @{Remove=\"Redmond\"}"), "{used}");
    run("Set-UMDialPlan Redmond -Name 'Redmond SIP'");
    assert_eq!(run("(Get-UMService).DialPlans; @(Get-UMDialPlan).Count"), "Redmond SIP 1");
    let uri = run("Set-UMDialPlan 'Redmond SIP' -URIType E164");
    assert!(uri.contains("cannot be changed later"), "{uri}");
}

#[test]
fn restarting_the_web_server() {
    let organisation = Organisation::new(false);
    let run = |line: &str| said(&organisation, line);
    let before = organisation.store.commits();
    let reset = run("iisreset /noforce");
    assert!(reset.ends_with("Internet services successfully restarted"), "{reset}");
    assert!(organisation.store.commits() > before);
    assert!(run("iisreset atl-owa-001 /noforce").contains("successfully restarted"));
    assert!(run("iisreset nowhere").contains("couldn't be found"));
    let pool = run("Restart-WebAppPool Nowhere");
    assert!(pool.contains("'Nowhere' does not exist") && pool.contains("MSExchangeOWAAppPool"));
    let voice = run("Enable-UMMailbox kenmyer -UMMailboxPolicy x");
    assert!(voice.contains("not applicable here"), "{voice}");
}
