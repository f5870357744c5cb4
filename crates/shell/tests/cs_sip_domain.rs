//! SIP domains: their rules, and who depends on them.

mod fixture;

use fixture::Organisation;

#[test]
fn what_is_refused() {
    let organisation = Organisation::new(false);
    organisation.ok("New-CsSipDomain fabrikam.com > $null");
    for (line, part) in [
        ("New-CsSipDomain Fabrikam.COM", "is a SIP domain of this deployment already"),
        ("New-CsSipDomain fabrikam", "is not a fully qualified domain name"),
        ("New-CsSipDomain 'a b.com'", "is not a fully qualified domain name"),
        ("Set-CsSipDomain nowhere.com -IsDefault $True", "not found for identity \"nowhere.com\""),
        ("Set-CsSipDomain litwareinc.com -IsDefault $False", "it cannot just cease to be"),
        ("Set-CsSipDomain -IsDefault $True", "Either -Identity or -Instance is needed"),
        ("Remove-CsSipDomain litwareinc.com", "it is the default SIP domain"),
        ("Get-CsSipDomain nowhere.com", "not found for identity \"nowhere.com\""),
        (
            "Remove-CsSipDomain fabrikam.com; Remove-CsSipDomain litwareinc.com",
            "the only SIP domain",
        ),
    ] {
        let said = organisation.run(line);
        assert!(said.code == 1 && said.err.contains(part), "{line}: {said:?}");
    }
    assert_eq!(organisation.ok("(Get-CsSipDomain).Identity"), "litwareinc.com\n");
}

#[test]
fn people_get_addresses_of_every_sip_domain_and_of_no_other() {
    let organisation = Organisation::new(false);
    let move_ken = "Set-CsUser kenmyer -SipAddress sip:ken@fabrikam.com";
    let said = organisation.run(move_ken);
    assert!(
        said.code == 1 && said.err.contains("The SIP domains are: litwareinc.com."),
        "{said:?}"
    );
    organisation.ok(&format!("New-CsSipDomain fabrikam.com > $null; {move_ken}"));
    organisation
        .ok("Disable-CsUser pilar; Enable-CsUser pilar -RegistrarPool atl-cs-001.litwareinc.com \
         -SipAddressType SamAccountName -SipDomain fabrikam.com");
    let shown = organisation.ok("(Get-CsUser).SipAddress");
    assert_eq!(shown, "sip:ken@fabrikam.com\nsip:pilar@fabrikam.com\n");
    let said = organisation.run("Remove-CsSipDomain fabrikam.com");
    assert!(said.code == 1 && said.err.contains("was not answered"), "{said:?}");
    organisation.ok("Remove-CsSipDomain fabrikam.com -Confirm:$False");
    assert_eq!(organisation.ok("(Get-CsUser ken*).SipAddress"), "sip:ken@fabrikam.com\n");
}

#[test]
fn a_changed_object_is_an_instance() {
    let organisation = Organisation::new(false);
    let said = organisation.ok(
        "$x = New-CsSipDomain fabrikam.com; $x.IsDefault = $True; Set-CsSipDomain -Instance $x; \
         (Get-CsSipDomain fabrikam.com).IsDefault; (Get-CsSipDomain litwareinc.com).IsDefault",
    );
    assert_eq!(said, "True\nFalse\n");
}

#[test]
fn a_new_domain_is_not_in_the_certificate() {
    let organisation = Organisation::new(false);
    let said = organisation.run("New-CsSipDomain fabrikam.com > $null");
    assert!(said.err.contains("does not name sip.fabrikam.com"), "{said:?}");
    organisation
        .ok("$new = Request-CsCertificate -New -Type Default; Set-CsCertificate -Type Default \
         -Thumbprint $new.Thumbprint");
    assert!(
        organisation
            .ok("(Get-CsCertificate -Type Default).AlternativeNames")
            .contains("sip.fabrikam.com")
    );
}

#[test]
fn a_site_is_renamed() {
    let organisation = Organisation::new(false);
    organisation.ok("Set-CsSite site:Redmond -DisplayName Puget -FederationRoute $null");
    assert_eq!(organisation.ok("(Get-CsSite Redmond).DisplayName"), "Puget\n");
    for (line, part) in [
        ("Set-CsSite nowhere -Description x", "not found for identity \"nowhere\""),
        ("Set-CsSite Redmond -FederationRoute EdgeServer:x.y.z", "there is no edge server"),
        ("Set-CsSite Redmond -DisplayName ' '", "is no name"),
    ] {
        let said = organisation.run(line);
        assert!(said.code == 1 && said.err.contains(part), "{line}: {said:?}");
    }
}
