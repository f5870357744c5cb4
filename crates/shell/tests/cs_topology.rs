//! The topology as a whole: shown, published, tested; people and their pools.

mod fixture;

use fixture::Organisation;

const POOL: &str = "New-CsTrustedApplicationPool bots.litwareinc.com -Site Redmond -Registrar \
                    atl-cs-001.litwareinc.com > $null; New-CsTrustedApplication \
                    bots.litwareinc.com/echo -Port 6000 > $null; ";

#[test]
fn a_saved_topology_comes_back_whole() {
    let organisation = Organisation::new(false);
    organisation.ok(&format!(
        "{POOL} New-CsSipDomain fabrikam.com -IsDefault $True > $null; (Get-CsTopology \
         -AsXml).ToString() > C:\\Topology.xml"
    ));
    let gruu = "(Get-CsTrustedApplication).ServiceGruu";
    let before = organisation.ok(gruu);
    organisation
        .ok("Remove-CsTrustedApplicationPool bots.litwareinc.com; Set-CsSipDomain litwareinc.com \
         -IsDefault $True; Remove-CsSipDomain fabrikam.com; New-CsSipDomain x.com > $null");
    let publish = "Publish-CsTopology C:\\Topology.xml -BackupFileName C:\\Before.xml";
    let said = organisation.run(publish);
    assert!(said.code == 1 && said.err.contains("was not answered"), "{said:?}");
    organisation.ok(&format!("{publish} -Force"));
    assert_eq!(organisation.ok(gruu), before);
    let domains = organisation.ok("Get-CsSipDomain | % { \"$($_.Name) $($_.IsDefault)\" }");
    assert_eq!(domains, "fabrikam.com True\nlitwareinc.com False\n");
    let backup = organisation.ok("([xml](Get-Content C:\\Before.xml)).Topology.InternalDomains.\
                                  InternalDomain.Name");
    assert_eq!(backup, "litwareinc.com\nx.com\n");
}

#[test]
fn what_cannot_be_published() {
    let organisation = Organisation::new(false);
    organisation.ok("'<TopologyBuilder />' > C:\\x.tbxml; '' > C:\\empty.xml");
    for (line, part) in [
        ("Publish-CsTopology C:\\x.tbxml", "it is a file of Topology Builder"),
        ("Publish-CsTopology C:\\empty.xml", "There is nothing in the document"),
        ("Publish-CsTopology C:\\nowhere.xml", "nowhere.xml"),
        ("Publish-CsTopology -Document '<a>'", "not well-formed"),
        ("Publish-CsTopology", "missing mandatory parameters: FileName"),
        (
            "Publish-CsTopology -Document ((Get-CsTopology -AsXml) -replace 'cs-001','cs-002')",
            "its own pools are not those of this deployment",
        ),
    ] {
        let said = organisation.run(line);
        assert!(said.code == 1 && said.err.contains(part), "{line}: {said:?}");
    }
    organisation.ok("Publish-CsTopology -FinalizeUninstall");
}

#[test]
fn a_test_names_what_is_not_in_effect() {
    let organisation = Organisation::new(false);
    assert_eq!(organisation.quiet("Test-CsTopology"), "");
    organisation.ok(POOL);
    let said = organisation.run("Test-CsTopology -Report C:\\test.html");
    let parts = ["is published, but", "Enable-CsTopology puts it into effect", "C:\\test.html"];
    assert!(said.code == 1 && parts.iter().all(|part| said.err.contains(part)), "{said:?}");
    let report = organisation.ok("Get-Content C:\\test.html");
    assert!(report.contains("FAILED: Version"), "{report}");
    organisation.ok("Enable-CsTopology");
    assert_eq!(organisation.quiet("Test-CsTopology"), "");
    organisation.ok("Stop-Service RTCSRV");
    let said = organisation.run("Test-CsTopology -Service Registrar:atl-cs-001.litwareinc.com");
    assert!(said.code == 1 && said.err.contains("Start-Service RTCSRV starts it"), "{said:?}");
    let said = organisation.run("Test-CsTopology -Service Registrar:nowhere.com");
    assert!(said.code == 1 && said.err.contains("not found for identity"), "{said:?}");
    assert_eq!(organisation.quiet("Test-CsReplica"), "");
}

#[test]
fn replication_is_told_again() {
    let organisation = Organisation::new(false);
    organisation.ok(POOL);
    let said = organisation.run("Invoke-CsManagementStoreReplication");
    assert!(said.code == 0 && said.err.contains("runs on bots.litwareinc.com"), "{said:?}");
    let said = organisation.run("Invoke-CsManagementStoreReplication nowhere.com");
    assert!(said.code == 1 && said.err.contains("not found for identity"), "{said:?}");
}

#[test]
fn accounts_and_pools_of_people() {
    let organisation = Organisation::new(false);
    organisation.quiet(
        "Set-CsUser kenmyer -EnterpriseVoiceEnabled $False -LineURI '' -ExchangeArchivingPolicy \
         Uninitialized",
    );
    assert_eq!(organisation.quiet("Get-CsService -EdgeServer"), "");
    organisation.ok("Disable-CsUser pilar");
    let all = organisation.ok("Get-CsAdUser | % { \"$($_.DisplayName) [$($_.Enabled)]\" }");
    assert_eq!(all, "Ken Myer [True]\nPilar Ackerman []\n");
    assert_eq!(
        organisation.ok("(Get-CsAdUser Pilar*).UserPrincipalName"),
        "pilar@litwareinc.com\n"
    );
    let none = organisation.ok("Get-CsAdUser -ResultSize 0; Get-CsAdUser -OU 'OU=x,DC=y'");
    assert_eq!(none, "");
    for (line, part) in [
        ("Get-CsAdUser nobody", "not found for identity \"nobody\""),
        ("Get-CsUserPoolInfo pilar", "not found for identity \"pilar\""),
        (
            "Move-CsUser kenmyer nowhere.com -Confirm:$False",
            "Cannot find Registrar \"nowhere.com\"",
        ),
        ("Move-CsUser kenmyer atl-cs-001.litwareinc.com", "was not answered"),
        ("Set-CsUser kenmyer -LineURI tel:+14255550100", "Set-User -Phone puts a number"),
        ("Set-CsUser kenmyer -EnterpriseVoiceEnabled $True", "calls go between SIP clients"),
        ("Set-CsUser kenmyer -ExchangeArchivingPolicy NoArchiving", "Grant-CsArchivingPolicy says"),
        ("Get-CsAdUser -LdapFilter '(l=Redmond'", "a parenthesis is not closed"),
    ] {
        let said = organisation.run(line);
        assert!(said.code == 1 && said.err.contains(part), "{line}: {said:?}");
    }
}
