//! Policies and settings in scopes, and the endpoints of trusted applications: their rules.

mod fixture;

use fixture::Organisation;

#[test]
fn scopes_and_names() {
    let organisation = Organisation::new(false);
    organisation.ok("New-CsUserServicesPolicy tag:Sales > $null");
    for (line, part) in [
        ("New-CsUserServicesPolicy global", "exists always and cannot be made"),
        ("New-CsUserServicesPolicy SALES", "\"Tag:SALES\" exists already"),
        ("New-CsUserServicesPolicy site:Nowhere", "there is no such site"),
        ("New-CsUserServicesPolicy UserServer:a.b", "there is no such service"),
        ("New-CsUserServicesPolicy Registrar:a.b", "this kind has no such scope"),
        ("New-CsUserServicesPolicy 'a*b'", "it is no name for a policy"),
        ("New-CsArchivingPolicy UserServer:atl-cs-001.litwareinc.com", "has no such scope"),
        ("New-CsArchivingConfiguration Traders", "Write Global or Site:<SiteId>."),
        ("Get-CsUserServicesPolicy Nobody", "not found for identity \"Nobody\""),
        ("Set-CsUserServicesPolicy Nobody -UcsAllowed $True", "not found for identity"),
        ("Set-CsUserServicesPolicy -Instance 5", "-Instance takes an object"),
        (
            "Grant-CsUserServicesPolicy kenmyer Nobody",
            "The policies that can be granted are: Sales.",
        ),
        ("Grant-CsArchivingPolicy kenmyer Sales", "New-CsArchivingPolicy <name> makes one"),
        ("Set-CsArchivingConfiguration -KeepArchivingDataForDays 0", "from 1 to 2562"),
        (
            "Set-CsArchivingConfiguration -EnableExchangeArchiving $True",
            "Use Export-CsArchivingData",
        ),
        ("Set-CsArchivingConfiguration -EnableArchiving Everything", "EnableArchiving"),
    ] {
        let said = organisation.run(line);
        assert!(said.code == 1 && said.err.contains(part), "{line}: {said:?}");
    }
    organisation.ok(
        "New-CsUserServicesPolicy UserServer:atl-cs-001.litwareinc.com -UcsAllowed $False > $null; \
         New-CsUserServicesPolicy 'site:Redmond Headquarters' > $null",
    );
    let all = organisation.ok("Get-CsUserServicesPolicy | % { $_.Identity }");
    let expected = "Global\nSite:Redmond\nTag:Sales\nUserServer:atl-cs-001.litwareinc.com\n";
    assert_eq!(all, expected);
    let policy = "(Debug-CsUnifiedContactStore sip:kenmyer@litwareinc.com).Policy";
    assert_eq!(organisation.ok(policy), "UserServer:atl-cs-001.litwareinc.com\n");
    organisation.ok("Remove-CsUserServicesPolicy UserServer:atl-cs-001.litwareinc.com");
    assert_eq!(organisation.ok(policy), "Site:Redmond\n");
    organisation.ok("Grant-CsUserServicesPolicy kenmyer sales");
    assert_eq!(organisation.ok(policy), "Tag:Sales\n");
}

#[test]
fn grants_are_taken_away() {
    let organisation = Organisation::new(false);
    organisation.ok(
        "New-CsArchivingPolicy Traders > $null; Get-CsUser | Grant-CsArchivingPolicy -PolicyName \
         Traders",
    );
    let who = "Get-CsUser -Filter {ArchivingPolicy -eq 'Traders'} | % { $_.DisplayName }";
    assert_eq!(organisation.ok(who), "Ken Myer\nPilar Ackerman\n");
    organisation.ok("Grant-CsArchivingPolicy kenmyer $Null");
    assert_eq!(organisation.ok(who), "Pilar Ackerman\n");
    let said = organisation.run("Remove-CsArchivingPolicy Traders");
    assert!(said.err.contains("Tag:Traders had been granted to 1 people"), "{said:?}");
    assert_eq!(organisation.ok(who), "");
    organisation.ok("Set-CsArchivingPolicy -ArchiveInternal $True");
    let said = organisation.run("Remove-CsArchivingPolicy global");
    assert!(said.err.contains("has its defaults again"), "{said:?}");
    assert_eq!(organisation.ok("(Get-CsArchivingPolicy).ArchiveInternal"), "False\n");
}

#[test]
fn an_object_in_memory_is_saved_by_set() {
    let organisation = Organisation::new(false);
    organisation
        .ok("$x = New-CsArchivingConfiguration site:Redmond -InMemory -EnableArchiving ImOnly; \
         $x.KeepArchivingDataForDays = 30");
    assert_eq!(organisation.ok("(Get-CsArchivingConfiguration).Identity"), "Global\n");
    let saved = organisation.ok(
        "$x = New-CsArchivingConfiguration site:Redmond -InMemory -EnableArchiving ImOnly; \
         $x.KeepArchivingDataForDays = 30; $x.EnablePurging = $True; Set-CsArchivingConfiguration \
         -Instance $x; Get-CsArchivingConfiguration site:Redmond | % { \"$($_.EnableArchiving) \
         $($_.KeepArchivingDataForDays) $($_.EnablePurging)\" }",
    );
    assert_eq!(saved, "ImOnly 30 True\n");
}

#[test]
fn endpoints_have_rules() {
    let organisation = Organisation::new(false);
    organisation.ok("New-CsTrustedApplicationPool desk.litwareinc.com -Site Redmond > $null; \
         New-CsTrustedApplication desk.litwareinc.com/helpdesk -Port 6000 > $null");
    let new = "New-CsTrustedApplicationEndpoint -TrustedApplicationPoolFqdn desk.litwareinc.com";
    let said = organisation.run(&format!("{new} -ApplicationId helpdesk"));
    assert!(said.err.contains("has no Registrar, so no endpoint"), "{said:?}");
    organisation.ok(
        "Set-CsTrustedApplicationPool desk.litwareinc.com -Registrar atl-cs-001.litwareinc.com",
    );
    let address = "sip:desk@litwareinc.com";
    organisation.ok(&format!(
        "{new} -ApplicationId helpdesk -SipAddress {address} -PrimaryLanguage en-US > $null"
    ));
    for (line, part) in [
        (format!("{new} -ApplicationId none"), "Management object not found"),
        (format!("{new} -ApplicationId helpdesk -SipAddress {address}"), "is in use"),
        (
            format!("{new} -ApplicationId helpdesk -SipAddress sip:pilar@litwareinc.com"),
            "is in use",
        ),
        (format!("{new} -ApplicationId helpdesk -SipAddress sip:a@b.c"), "is not a SIP domain"),
        (format!("{new} -ApplicationId helpdesk -LineURI 5"), "is no LineURI"),
        (format!("Set-CsUser pilar -SipAddress {address}"), "the trusted application urn:"),
        ("Get-CsTrustedApplicationEndpoint desk@litwareinc.com".to_owned(), "written with sip:"),
    ] {
        let said = organisation.run(&line);
        assert!(said.code == 1 && said.err.contains(part), "{line}: {said:?}");
    }
    let shown = format!("(Get-CsTrustedApplicationEndpoint {address}).PrimaryLanguage");
    assert_eq!(organisation.ok(&shown), "1033\n");
    organisation.ok("Remove-CsTrustedApplication desk.litwareinc.com/helpdesk");
    assert_eq!(organisation.ok("Get-CsTrustedApplicationEndpoint"), "");
}
