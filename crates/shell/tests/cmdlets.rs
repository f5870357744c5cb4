//! What the cmdlets of the organisation refuse, ask and leave alone.

#![allow(clippy::unwrap_used, reason = "a test; its helpers are not marked as one")]

mod fixture;

use fixture::Organisation;
use fixture::changes::CHANGES;
use fixture::changes_exchange::EXCHANGE;
use fixture::changes_lync::LYNC;
use shell::cmdlet::{self, Impact, Rights, Run};

#[test]
fn what_if_changes_nothing_and_the_command_itself_does() {
    let organisation = Organisation::new(false);
    let config = std::fs::read_to_string(organisation.web_config()).unwrap();
    let setting = "<add key=\"IMCertificateThumbprint\" value=\"0\"/></appSettings>";
    std::fs::write(organisation.web_config(), config.replace("</appSettings>", setting)).unwrap();
    for change in CHANGES.iter().chain(LYNC).chain(EXCHANGE) {
        let before = organisation.store.commits();
        let tried = organisation.run(&format!("{change} -WhatIf"));
        // An argument in parentheses is evaluated, as in PowerShell, and may write.
        let evaluated = u64::from(change.contains("(Submit-"));
        let written = organisation.store.commits() - before - evaluated;
        assert_eq!((tried.code, written), (0, 0), "{change}\n{}{}", tried.out, tried.err);
        assert!(tried.out.starts_with("What if: Performing the operation \""), "{change}");
        let before = organisation.store.commits();
        let done = organisation.run(change);
        assert_eq!(done.code, 0, "{change}\n{}{}", done.out, done.err);
        // One transaction, the audit row in it: wherever the node is stopped, nothing is half done.
        let written = organisation.store.commits() - before - evaluated;
        // This one changes a file between its row and its event.
        let expected = if change.starts_with("Switch-") { 2 } else { 1 };
        assert_eq!(written, expected, "{change}");
    }
}

/// What needs something to have been applied before: `tests/runbook.rs`.
const TRIED_ELSEWHERE: &[&str] = &["Undo-Runbook"];

#[test]
fn every_cmdlet_that_changes_something_is_tried() {
    for known in cmdlet::all().filter(|known| matches!(known.run, Run::Node(_))) {
        assert!(!known.synopsis.is_empty() && !known.examples.is_empty(), "{}", known.name);
        assert!(known.parameters.iter().all(|parameter| !parameter.help.is_empty()), "{known:?}");
        if known.rights == Rights::Write {
            let mut all = CHANGES.iter().chain(LYNC).chain(EXCHANGE);
            let is_tried = all.any(|change| change.starts_with(known.name))
                || TRIED_ELSEWHERE.contains(&known.name);
            assert!(is_tried && known.impact != Impact::None, "{}", known.name);
        }
    }
}

#[test]
fn refusals_say_what_and_why_and_change_nothing() {
    let organisation = Organisation::new(false);
    let pool = "New-CsTrustedApplicationPool bots.litwareinc.com -Site Redmond";
    organisation.ok(&format!("{pool} > $null"));
    organisation.ok("New-CsTrustedApplication bots.litwareinc.com/echo -Port 6000 > $null");
    let before = organisation.store.commits();
    for (line, parts) in [
        ("Get-CsSite nowhere", &["Management object not found for identity \"nowhere\"."][..]),
        ("New-CsTrustedApplicationPool short -Site Redmond", &["not a fully qualified"]),
        (
            "New-CsTrustedApplicationPool a.b.c -Site 7",
            &["Cannot find site \"7\"", "The SiteIds are: Redmond."],
        ),
        ("New-CsTrustedApplicationPool a.b.c", &["so -Site is needed"]),
        (
            "New-CsTrustedApplicationPool a.b.c -Site Redmond -Registrar x.y",
            &["The Registrar pools"],
        ),
        (
            "Remove-CsTrustedApplicationPool bots.litwareinc.com",
            &["because it has no Registrar", "Set-CsTrustedApplicationPool -Identity bots"],
        ),
        ("New-CsTrustedApplication bots.litwareinc.com/two -Port 6000", &["Port 6000 is already"]),
        ("New-CsTrustedApplication bots.litwareinc.com/Echo -Port 6001", &["already exists"]),
        (
            "New-CsTrustedApplication -ApplicationId 'a b' -TrustedApplicationPoolFqdn \
             bots.litwareinc.com -Port 6001",
            &["is not a valid ApplicationId", "only letters and digits"],
        ),
        ("New-CsTrustedApplication bots.litwareinc.com/x -Port 70000", &["70000"]),
        ("New-CsTrustedApplication nowhere.com/x -Port 1", &["needs its pool first"]),
        (
            "Enable-CsUser kenmyer -RegistrarPool atl-cs-001.litwareinc.com",
            &["enabled for messaging already"],
        ),
        ("Set-CsUser kenmyer -SipAddress kenmyer@litwareinc.com", &["does not begin with sip:"]),
        (
            "Set-CsUser kenmyer -SipAddress sip:pilar@litwareinc.com",
            &["is in use by Pilar Ackerman"],
        ),
        ("Set-CsUser kenmyer -SipAddress sip:ken@example.com", &["is not a SIP domain"]),
        ("Get-CsUser nobody", &["Management object not found for identity \"nobody\"."]),
        ("Get-CsUser -Filter {Enabled}", &["cannot be used"]),
        (
            "Get-OwaMailboxPolicy nothing",
            &["couldn't be performed because object 'nothing' couldn't be found on"],
        ),
        (
            "Set-OwaVirtualDirectory 'owa (Default Web Site)' -InstantMessagingType Msn",
            &["None", "Ocs"],
        ),
        (
            "Set-CASMailbox kenmyer -OwaMailboxPolicy nothing",
            &["object 'nothing' couldn't be found"],
        ),
        ("Get-ExchangeCertificate 00", &["The certificate with thumbprint 00 was not found."]),
        (
            "Enable-ExchangeCertificate (Get-ExchangeCertificate -DomainName WMSvc*).Thumbprint \
             -Services UM",
            &["startup mode of UM on ATL-OWA-001 is TCP", "Set-UMService"],
        ),
        ("Import-ExchangeCertificate -FileData 'hello'", &["Cannot import the certificate"]),
        ("Import-ExchangeCertificate -FileName C:\\none.cer", &["Cannot find path 'C:\\none.cer'"]),
        ("Submit-CertificateRequest hello", &["not a PKCS #10 certificate request"]),
        (
            "New-ExchangeCertificate -GenerateRequest -RequestFile /tmp/x.req",
            &["not a file on the C: drive", "Set-Content"],
        ),
        ("New-ExchangeCertificate", &["The question was not answered", "-Confirm:$false"]),
        ("Set-UMService ATL-OWA-001 -DialPlans none", &["There is no dial plan 'none'"]),
        ("Set-UMService ATL-CAS-001 -UMStartupMode TLS", &["couldn't be found"]),
        (
            "Set-Mailbox pilar -EmailAddresses @{Add='smtp:kenmyer@litwareinc.com'}",
            &["already being used by Ken Myer"],
        ),
        ("Set-Mailbox pilar -EmailAddresses 'smtp:not an address'", &["not a valid SMTP address"]),
        ("Set-Mailbox pilar -EmailAddresses 'sip:x'", &["must keep a primary SMTP address"]),
        (
            "New-Mailbox x -UserPrincipalName x@litwareinc.com -Password (ConvertTo-SecureString \
             'short' -AsPlainText -Force)",
            &["at least 8 characters"],
        ),
        ("Get-WinEvent Application -ProviderName 'MSExchange OWA'", &[""]),
        (
            "Get-WinEvent -ProviderName 'MSExchange OWA'",
            &["No events were found that match the specified selection criteria."],
        ),
        ("Get-Service nothing", &["Cannot find any service with service name 'nothing'."]),
        (
            "Restart-Service nothing",
            &["Cannot find any service with service name 'nothing'.", "RTCSRV"],
        ),
        ("Stop-Service W3SVC", &["cannot be stopped", "no process of its own", "Restart-Service"]),
        ("New-ExchangeServer atl.ex", &["'atl.ex' is not the short name of a server."]),
        ("New-ExchangeServer atl-owa-001", &["is in the organization already"]),
        ("New-ExchangeServer x -AdminDisplayVersion 15.0", &["not a version of the Exchange 2010"]),
        ("Remove-ExchangeServer atl-owa-001", &["is a node of this organization"]),
        (
            "New-MoveRequest kenmyer -TargetDatabase nowhere",
            &["object 'nowhere' couldn't be found", "Mailbox Database ATL-OWA-001"],
        ),
        ("New-MoveRequest kenmyer -TargetServer ATL-CAS-001", &["The databases are"]),
        ("New-MoveRequest kenmyer", &["is on Mailbox Database ATL-OWA-001 already"]),
        ("Remove-MoveRequest kenmyer", &["Couldn't find a move request"]),
        ("Get-EventLog Nothing", &["The event log 'Nothing' on computer '.' does not exist."]),
        ("Get-ItemProperty HKLM:\\SOFTWARE\\None", &["Cannot find path 'HKLM:\\SOFTWARE\\None'"]),
        (
            "Get-Content C:\\none.txt",
            &["Cannot find path 'C:\\none.txt' because it does not exist."],
        ),
        ("Get-Content C:\\..\\tandem.db", &["Cannot find path"]),
    ] {
        let said = organisation.run(line);
        assert_eq!(said.code, 1, "{line}\n{}{}", said.out, said.err);
        for part in parts {
            let flat = said.err.replace('\n', " ");
            assert!(flat.contains(part), "{line}\n{}", said.err);
        }
    }
    let audited = organisation.store.commits() - before;
    let topology = organisation.ok("(Get-CsTrustedApplication).Port");
    assert_eq!(topology, "6000\n");
    // Failed changes are in the audit log, and nothing else was written.
    let failures = organisation.ok("@(Search-AdminAuditLog -IsSuccess $False).Count");
    assert_eq!(failures.trim(), audited.to_string());
}

#[test]
fn unanswered_questions_change_nothing() {
    let organisation = Organisation::new(false);
    for line in [
        "Remove-ExchangeCertificate (Get-ExchangeCertificate -DomainName WMSvc*).Thumbprint",
        "Set-OwaVirtualDirectory 'owa (Default Web Site)' -InstantMessagingType Ocs -Confirm",
        "Disable-CsUser kenmyer -Confirm",
    ] {
        let said = organisation.run(line);
        assert_eq!(said.code, 1, "{line}\n{}{}", said.out, said.err);
    }
    assert_eq!(organisation.ok("@(Get-ExchangeCertificate).Count"), "3\n");
    assert_eq!(organisation.ok("(Get-OwaVirtualDirectory).InstantMessagingType"), "None\n");
    assert_eq!(organisation.ok("@(Get-CsUser).Count"), "2\n");
}

#[test]
fn helpful_warnings() {
    let organisation = Organisation::new(false);
    for (line, part) in [
        (
            "New-CsTrustedApplicationPool far.example.org -Site Redmond > $null",
            "The machine \"far.example.org\" was not found among the servers",
        ),
        (
            "New-CsTrustedApplicationPool far2.example.org -Site Redmond > $null",
            "RequiresReplication is True",
        ),
        (
            "Set-OwaVirtualDirectory owa* -InstantMessagingEnabled $True -CalendarEnabled $False",
            "Type is still None",
        ),
        (
            "Set-OwaVirtualDirectory 'owa (Exchange Back End)' -InstantMessagingType Ocs",
            "recommended not to enable it here",
        ),
        (
            "New-ExchangeCertificate -DomainName a.b -KeySize 4096 -Services None > $null",
            "ECDSA P-256",
        ),
        ("Set-UMService ATL-OWA-001 -UMStartupMode Dual", "MSExchangeUM is restarted"),
        (
            "Set-CASMailbox pilar -OwaMailboxPolicy Default; Set-OwaMailboxPolicy Default \
             -InstantMessagingType Ocs",
            "applies to 1 mailbox.",
        ),
        (
            "Set-OwaVirtualDirectory owa* -InstantMessagingType Ocs",
            "1 mailbox has a mailbox policy, which overrides this virtual directory",
        ),
        (
            "New-ExchangeServer ATL-EX-010 > $null; New-MoveRequest kenmyer -TargetServer ATL-EX-010 \
             > $null",
            "has no instant messaging in the web app while the mailbox is on ATL-EX-010 (Version \
             14.3 (Build 123.4)): it needs a server of version 15",
        ),
        (
            "Set-Mailbox pilar -DisplayName 'Pilar Ackerman'",
            "no settings of 'Pilar Ackerman' have been modified.",
        ),
    ] {
        let said = organisation.run(line);
        assert_eq!(said.code, 0, "{line}\n{}", said.err);
        assert!(said.err.contains(part), "{line}\n{}", said.err);
    }
}

#[test]
fn a_mailbox_goes_to_an_older_server_and_back() {
    let organisation = Organisation::new(false);
    organisation.ok("New-ExchangeServer ATL-EX-010 > $null");
    organisation.ok("New-MoveRequest kenmyer -TargetServer atl-ex-010.litwareinc.com > $null");
    let server = || organisation.ok("(Get-Mailbox kenmyer).ServerName");
    assert_eq!(server(), "atl-ex-010\n");
    let refused = |line: &str, parts: &[&str]| {
        let said = organisation.run(line);
        let flat = said.err.replace('\n', " ");
        assert!(said.code == 1 && parts.iter().all(|part| flat.contains(part)), "{line}\n{flat}");
    };
    refused("New-MoveRequest kenmyer", &["has a completed move request", "Remove-MoveRequest"]);
    refused(
        "Remove-ExchangeServer ATL-EX-010 -Confirm:$False",
        &["ATL-EX-010 still has mailboxes: 1.", "Get-Mailbox -Server ATL-EX-010 | New-MoveRequest"],
    );
    organisation.ok("Get-MoveRequest | Remove-MoveRequest -Confirm:$False");
    assert_eq!(organisation.ok("@(Get-MoveRequest).Count"), "0\n");
    assert_eq!(server(), "atl-ex-010\n", "clearing a request moves nothing");
    let back = "Get-Mailbox -Server ATL-EX-010 | New-MoveRequest -TargetDatabase \
                \"Mailbox Database ATL-OWA-001\" > $null";
    organisation.quiet(back);
    assert_eq!(server(), "atl-owa-001\n");
    organisation.ok("Remove-ExchangeServer ATL-EX-010 -Confirm:$False");
}

#[test]
fn secrets_stay_out_of_the_audit_log() {
    let organisation = Organisation::new(false);
    organisation.ok("New-Mailbox David -UserPrincipalName david@litwareinc.com -Password \
         (ConvertTo-SecureString 'correct horse' -AsPlainText -Force) > $null");
    let pem = "-----BEGIN PRIVATE KEY-----\nMIGHAgEA\n-----END PRIVATE KEY-----";
    organisation.run(&format!("Import-ExchangeCertificate -FileData '{pem}'"));
    let read = |rows: &store::Reader| store::directory::DirectoryRead::audit(rows, 10);
    let entries = organisation.store.read_blocking(read).unwrap();
    let text = format!("{entries:?}");
    assert!(text.contains("New-Mailbox") && text.contains("Import-ExchangeCertificate"), "{text}");
    assert!(!text.contains("correct horse") && !text.contains("MIGHAgEA"), "{text}");
}

#[test]
fn a_broken_web_config_is_named_and_left_alone() {
    let organisation = Organisation::new(false);
    let file = organisation.web_config();
    let good = std::fs::read_to_string(&file).unwrap();
    let broken = good.replace("</appSettings>", "</AppSettings>");
    std::fs::write(&file, &broken).unwrap();
    let set = "appcmd set config \"Exchange Back End/owa\" /section:appSettings \
               /+\"[key='IMServerName',value='x']\"";
    let said = organisation.run(set);
    assert_eq!(said.code, 1);
    let line = broken.lines().position(|line| line.contains("</AppSettings>")).unwrap() + 1;
    assert!(said.out.contains(&format!("Line Number: {line}\n")), "{}", said.out);
    assert!(said.out.contains("not well-formed XML"), "{}", said.out);
    assert_eq!(std::fs::read_to_string(&file).unwrap(), broken);
    std::fs::write(&file, &good).unwrap();
    organisation.ok(set);
    assert!(
        organisation
            .ok("appcmd list config 'Exchange Back End/owa' /section:appSettings")
            .contains("<add key=\"IMServerName\" value=\"x\" />")
    );
    organisation.ok("appcmd set config \"Exchange Back End/owa\" /section:appSettings \
         /-\"[key='IMServerName']\"");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), good);
    let unknown = organisation.run("appcmd recycle apppool /apppool.name:\"X\"");
    let text = "ERROR ( message:Cannot find APPPOOL object with identifier \"X\". )";
    assert_eq!((unknown.out.trim_end(), unknown.code), (text, 1));
    let code = organisation.ok("appcmd recycle apppool X > $null; $LASTEXITCODE");
    assert_eq!(code, "1168\n");
}

#[test]
fn services_by_the_programs_of_before() {
    let organisation = Organisation::new(false);
    let name = "Lync Server Front-End";
    for (line, code, parts) in [
        ("net start", 0, &["These Windows services are started:", "   Lync Server Front-End"][..]),
        ("net stop RTCSRV", 0, &["The Lync Server Front-End service was stopped successfully."]),
        ("net stop RTCSRV", 2, &["service is not started.", "NET HELPMSG 3521"]),
        ("NET.EXE start \"Lync Server Front-End\"", 0, &["service was started successfully."]),
        ("net start RTCSRV", 2, &["has already been started.", "NET HELPMSG 2182"]),
        ("net stop W3SVC /y", 2, &["is not valid for this service", "Restart-Service W3SVC"]),
        ("net stop nothing", 2, &["The service name is invalid.", "NET HELPMSG 2185"]),
        ("net user", 1, &["Other commands of NET are not done here"]),
        ("sc.exe query RTCSRV", 0, &["SERVICE_NAME: RTCSRV", "STATE              : 4  RUNNING"]),
        ("C:\\Windows\\System32\\sc.exe stop RTCSRV", 0, &["3  STOP_PENDING"]),
        ("sc.exe query RTCSRV", 0, &["STATE              : 1  STOPPED"]),
        ("sc.exe start RTCSRV", 0, &["2  START_PENDING"]),
        ("sc.exe start nothing", 1060, &["[SC] OpenService FAILED 1060:"]),
        ("sc C:\\sc.txt x; Get-Content C:\\sc.txt", 0, &["x"]),
    ] {
        let said = organisation.run(&format!("$LASTEXITCODE = 0; {line}; \"code $LASTEXITCODE\""));
        assert!(said.out.contains(&format!("code {code}\n")), "{line}\n{}{}", said.out, said.err);
        assert!(parts.iter().all(|part| said.out.contains(part)), "{line}\n{}", said.out);
    }
    assert!(organisation.ok("(Get-Service RTCSRV).DisplayName").contains(name));
}

#[test]
fn parameters_for_which_there_is_nothing_are_dropped_or_refused_with_a_sentence() {
    let organisation = Organisation::new(false);
    let password = "-Password (ConvertTo-SecureString 'correct horse' -AsPlainText -Force)";
    for (line, part) in [
        ("Get-CsUser -LdapFilter 'l'".to_owned(), "a comparison is attribute=value"),
        (
            "Enable-CsUser kenmyer -RegistrarPool a.b -ProxyPool c.d".to_owned(),
            "Use -RegistrarPool with a pool of this one",
        ),
        ("Set-CASMailbox pilar -SamAccountName pa".to_owned(), "made from the logon name"),
        (format!("New-Mailbox R -UserPrincipalName r@litwareinc.com {password} -Room"), "-Room"),
        (
            format!(
                "New-Mailbox R -UserPrincipalName r@litwareinc.com {password} \
                 -ResetPasswordOnNextLogon $True"
            ),
            "Leave it out",
        ),
        ("Get-WinEvent -Path C:\\a.evtx".to_owned(), "there are no archived logs"),
    ] {
        let refused = organisation.run(&line);
        assert_eq!(refused.code, 1, "{line}\n{}", refused.out);
        assert!(refused.err.contains(part), "{line}\n{}", refused.err);
    }
    assert_eq!(organisation.ok("@(Get-Mailbox).Count"), "2\n");
    let former = organisation.run(
        "Set-OwaVirtualDirectory 'owa (Default Web Site)' -SpellCheckerEnabled $False \
         -NotesEnabled $False; Set-OwaMailboxPolicy Default -SMimeEnabled $True",
    );
    assert_eq!(former.code, 0, "{}", former.err);
    for part in [
        "WARNING: SpellCheckerEnabled belongs to earlier versions",
        "WARNING: SMimeEnabled belongs to earlier versions",
        "no settings of 'Default' have been modified",
    ] {
        assert!(former.err.contains(part), "{}", former.err);
    }
    assert_eq!(organisation.ok("(Get-OwaVirtualDirectory).NotesEnabled"), "False\n");
}

#[test]
fn people_and_mailboxes_by_where_they_are() {
    let organisation = Organisation::new(false);
    let names = |line: &str| organisation.ok(&format!("({line}).DisplayName"));
    let both = "Ken Myer\nPilar Ackerman\n";
    assert_eq!(names("Get-CsUser -OU 'cn=users,DC=litwareinc,DC=com' -OnLyncServer"), both);
    assert_eq!(names("Get-CsUser -OU 'OU=Sales,DC=litwareinc,DC=com'"), "");
    assert_eq!(names("Get-CsUser -OnOfficeCommunicationServer -DomainController dc1"), "");
    assert_eq!(names("Get-CsUser -UnAssignedUser"), "");
    assert_eq!(names("Get-Mailbox -OrganizationalUnit litwareinc.com/Users"), both);
    assert_eq!(names("Get-Mailbox -OrganizationalUnit Sales"), "");
    assert_eq!(names("Get-Mailbox -Database 'mailbox database atl-owa-001'"), both);
    assert_eq!(names("Get-Mailbox -RecipientTypeDetails UserMailbox, SharedMailbox"), both);
    assert_eq!(names("Get-Mailbox -RecipientTypeDetails RoomMailbox"), "");
    assert_eq!(names("Get-Mailbox -Archive"), "");
    organisation.ok("Set-CASMailbox pilar -DisplayName 'Pilar A.' -EmailAddresses \
                     @{Add='smtp:pa@litwareinc.com'} -OwaMailboxPolicy Default");
    let shown = organisation.ok("$m = Get-Mailbox pilar; $m.DisplayName; $m.EmailAddresses; \
                                 (Get-CASMailbox pilar).OwaMailboxPolicy");
    for part in ["Pilar A.", "smtp:pa@litwareinc.com", "Default"] {
        assert!(shown.contains(part), "{shown}");
    }
}

#[test]
fn events_by_xpath() {
    let organisation = Organisation::new(false);
    let ids = |xpath: &str| {
        let line = format!("Get-WinEvent -LogName Application -FilterXPath \"{xpath}\"");
        organisation.ok(&format!("@({line} -ErrorAction SilentlyContinue).Id; $true"))
    };
    let all = ids("*");
    assert!(all.contains("1003"), "{all}");
    assert_eq!(ids("*[System[(EventID=1003)]]"), "1003\nTrue\n");
    assert_eq!(
        ids("*[System[Provider[@Name='MSExchangeSetup'] and EventID=1003]]"),
        "1003\nTrue\n"
    );
    assert_eq!(ids("*[System[EventID=112 or EventID=1003]]"), "1003\nTrue\n");
    assert_eq!(ids("*[System[EventID=112]]"), "True\n");
    let wrong = organisation.run("Get-WinEvent Application -FilterXPath '*[EventData[a=1]]'");
    assert_eq!(wrong.code, 1);
    assert!(wrong.err.contains("*[System[EventID=112]]"), "{}", wrong.err);
}
