//! The audit log names what was changed by its identity, spelled as the `Get-` cmdlets spell it,
//! however it was typed.

#![allow(clippy::unwrap_used, reason = "a test; its helpers are not marked as one")]

mod fixture;

use std::collections::BTreeSet;

use fixture::Organisation;
use fixture::changes::CHANGES;
use fixture::changes_exchange::EXCHANGE;
use fixture::changes_lync::LYNC;
use shell::cmdlet;

/// What shows the objects of cmdlets that have no `Get-` cmdlet of their own noun.
const SHOWN_BY: &[(&str, &str)] = &[
    ("Enable-CsTopology", "Get-CsSipDomain"),
    ("Invoke-CsManagementStoreReplication", "Get-CsPool"),
    ("Test-CsExStorageConnectivity", "Get-CsUser"),
    ("Move-CsApplicationEndpoint", "Get-CsTrustedApplicationEndpoint"),
    ("Grant-CsUserServicesPolicy", "Get-CsUser"),
    ("Grant-CsArchivingPolicy", "Get-CsUser"),
    ("Grant-CsExternalAccessPolicy", "Get-CsUser"),
    ("Request-CsCertificate", "Get-CsPool"),
    ("Start-CsClsLogging", "Get-CsClsScenario"),
    ("Stop-CsClsLogging", "Get-CsClsScenario"),
    ("Import-CsCertificate", "Get-ChildItem Cert:\\LocalMachine\\My, Cert:\\LocalMachine\\CA"),
    ("Add-RoleGroupMember", "Get-RoleGroup"),
    ("Remove-RoleGroupMember", "Get-RoleGroup"),
    ("Update-RoleGroupMember", "Get-RoleGroup"),
    (
        "New-ItemProperty",
        "Get-Item 'HKLM:\\SYSTEM\\CurrentControlSet\\Services\\MSExchange OWA\\InstantMessaging'",
    ),
    (
        "Set-ItemProperty",
        "Get-Item 'HKLM:\\SYSTEM\\CurrentControlSet\\Services\\MSExchange OWA\\InstantMessaging'",
    ),
    (
        "Remove-ItemProperty",
        "Get-Item 'HKLM:\\SYSTEM\\CurrentControlSet\\Services\\MSExchange OWA\\InstantMessaging'",
    ),
    ("Set-Content", "Get-ChildItem C:\\"),
    ("New-Item", "Get-ChildItem C:\\"),
];

/// What is named by something that no cmdlet lists.
const WORDS: &[(&str, &str)] = &[
    ("Set-OwaInstantMessagingCheck", "OwaInstantMessagingCheck"),
    // The forest's name is not that of a SIP domain for ever.
    ("Publish-CsTopology", "litwareinc.com"),
    ("Export-CsArchivingData", "C:\\Exports"),
    ("Update-CsClsLogging", "atl-cs-001.litwareinc.com"),
    ("Update-CsClsLogging", "atl-owa-001.litwareinc.com"),
    ("Restart-WebAppPool", "MSExchangeOWAAppPool"),
    ("Import-Certificate", "Cert:\\LocalMachine\\CA"),
    ("Submit-CertificateRequest", "CN=Litware Internal Root CA"),
];

/// Every spelling of an object that `Get-` cmdlets show.
fn names(organisation: &Organisation, change: &str) -> BTreeSet<String> {
    let verb_noun = change.split(' ').next().unwrap();
    let own = format!("Get-{}", verb_noun.split_once('-').unwrap().1);
    let get = match SHOWN_BY.iter().find(|(name, _)| *name == verb_noun) {
        Some((_, get)) => (*get).to_owned(),
        None if cmdlet::find(&own).is_some() => own,
        None => return BTreeSet::new(),
    };
    let script = format!(
        "{get} | ForEach-Object {{ $_.Identity; $_.Name; $_.FullName; $_.Fqdn; $_.SipAddress; \
         \"$($_.PSParentPath)\"; if ($_.Thumbprint) {{ 'atl-cs-001.litwareinc.com\\' + \
         $_.Thumbprint }} }}"
    );
    organisation.run(&script).out.lines().map(|line| line.trim().to_owned()).collect()
}

#[test]
fn every_change_names_an_identity() {
    let organisation = Organisation::new(false);
    let config = std::fs::read_to_string(organisation.web_config()).unwrap();
    let setting = "<add key=\"IMCertificateThumbprint\" value=\"0\"/></appSettings>";
    std::fs::write(organisation.web_config(), config.replace("</appSettings>", setting)).unwrap();
    let row = "Search-AdminAuditLog -ResultSize 1 | ForEach-Object { \"$($_.CmdletName)|\
               $($_.ObjectModified)\" }";
    let mut wrong = Vec::new();
    for change in CHANGES.iter().chain(LYNC).chain(EXCHANGE) {
        let mut known = names(&organisation, change);
        organisation.run(change);
        known.extend(names(&organisation, change));
        let printed = organisation.ok(row);
        let (cmdlet, object) = printed.trim().split_once('|').unwrap();
        let words = WORDS.iter().filter(|(name, _)| *name == cmdlet).map(|(_, word)| *word);
        let is_known =
            |object: &str| known.contains(object) || words.clone().any(|it| it == object);
        if !change.starts_with(cmdlet) || !object.split(", ").all(is_known) {
            wrong.push(format!("{change}\n   {cmdlet}: \"{object}\""));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn one_object_has_one_spelling() {
    let organisation = Organisation::new(false);
    let object = |line: &str| {
        organisation.run(line);
        let row = "(Search-AdminAuditLog -ResultSize 1).ObjectModified";
        organisation.ok(row).trim().to_owned()
    };
    let ken = "litwareinc.com/Users/Ken Myer";
    for (expected, lines) in [
        (
            ken,
            &[
                "Set-Mailbox kenmyer -LitigationHoldEnabled $true",
                "Set-Mailbox KENMYER@litwareinc.com -LitigationHoldEnabled $false",
                "Get-Mailbox 'Ken Myer' | Set-Mailbox -LitigationHoldEnabled $true",
            ][..],
        ),
        (
            "CN=Ken Myer,CN=Users,DC=litwareinc,DC=com",
            &[
                "Set-CsUser sip:KenMyer@litwareinc.com -Enabled $false",
                "Get-CsUser 'Ken Myer' | Set-CsUser -Enabled $true",
            ],
        ),
        (
            "Site:Redmond",
            &["Set-CsSite redmond -Description a", "Set-CsSite Site:REDMOND -Description b"],
        ),
        (
            "Global",
            &[
                "Set-CsArchivingConfiguration -EnableArchiving ImOnly",
                "Set-CsArchivingConfiguration global -EnableArchiving None",
            ],
        ),
        ("litwareinc.com", &["Enable-CsTopology"]),
        (
            "MSExchangeOWAAppPool",
            &[
                "appcmd recycle apppool /apppool.name:msexchangeowaapppool",
                "Restart-WebAppPool MSEXCHANGEOWAAPPPOOL",
            ],
        ),
        (
            "RTCSRV",
            &["net stop rtcsrv", "Start-Service rtcsrv", "sc.exe stop RtcSrv", "net start rtcsrv"],
        ),
        (
            "C:\\Program Files\\Microsoft\\Exchange Server\\V15\\ClientAccess\\Owa\\web.config",
            &[
                "$f = 'c:\\PROGRAM FILES\\Microsoft\\Exchange Server\\V15\\ClientAccess\\OWA\\Web.config'; \
                 (Get-Content $f) | Set-Content $f",
                "appcmd set config 'exchange back end/OWA' /section:appSettings \
                 \"/+[key='A',value='1']\"",
            ],
        ),
    ] {
        for line in lines {
            assert_eq!(object(line), expected, "{line}");
        }
    }
    // Whoever looks for what happened to somebody finds it by any of these.
    for wanted in [ken, "Ken Myer", "kenmyer", "CN=Ken*"] {
        let line = format!("@(Search-AdminAuditLog -ObjectIds '{wanted}').Count");
        assert_ne!(organisation.ok(&line).trim(), "0", "{wanted}");
    }
}
