//! The article's commands as they stand, against the demo organisation: what they print and what
//! they change. What people then see in a browser is tested with a whole node.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test; its helpers are not marked as one"
)]

mod fixture;

use std::collections::BTreeMap;

use fixture::{Organisation, Said};
use im::directory::Directory;
use im::host_name::HostName;
use im::known_servers::Source;
use shell::organisation::{IM_REGISTRY_KEY, MAILBOX_SERVER};
use store::directory::DirectoryRead as _;
use store::mail::{DEFAULT_WEB_SITE, EXCHANGE_BACK_END, ImType, MailRead as _};
use store::messaging::MessagingRead as _;

const NEW_POOL: &str = "New-CsTrustedApplicationPool -Identity atl-owa-001.litwareinc.com \
    -Registrar atl-cs-001.litwareinc.com -Site Redmond -RequiresReplication $False";
const SITES: &str = "Get-CsSite | Select-Object DisplayName, SiteID";
const NEW_APPLICATION: &str = "New-CsTrustedApplication -ApplicationId OutlookWebApp \
    -TrustedApplicationPoolFqdn atl-owa-001.litwareinc.com  -Port 5199";
const ENABLE: &str = "Enable-CsTopology";
const SET_DIRECTORIES: &str = "Get-OwaVirtualDirectory | Set-OwaVirtualDirectory \
    -InstantMessagingEnabled $True -InstantMessagingType OCS";
const CERTIFICATES: &str = "Get-ExchangeCertificate";
const RECYCLE: &str = "C:\\Windows\\System32\\Inetsrv\\Appcmd.exe recycle apppool \
    /apppool.name:\"MSExchangeOWAAppPool\"";
const SET_DEFAULT: &str = "Set-OwaMailboxPolicy -Identity \"Default\" -InstantMessagingEnabled \
    $True -InstantMessagingType \"OCS\"";
const SET_POLICIES: &str = "Get-OwaMailboxPolicy | Set-OwaMailboxPolicy -InstantMessagingEnabled \
    $True -InstantMessagingType \"OCS\"";
const SWITCH_OFF: &str = "Get-OwaVirtualDirectory | Set-OwaVirtualDirectory \
    -InstantMessagingEnabled $False";

const MUST_BE_ENABLED: &str = "WARNING: The following changes must be made in order for the \
    operation to be complete. Enable-CsTopology must still be run for all changes to take \
    effect.\n";
const MUST_BE_RECYCLED: &str = "WARNING: The settings of instant messaging take effect when the \
    application pool is recycled:";
const NOT_ASSIGNED: &str = "WARNING: The policy 'Default' is not assigned to any mailbox";

/// What the messaging half knows of the mailbox server: the sources of its entries.
fn sources(organisation: &Organisation) -> Vec<Source> {
    let load = |rows: &store::Reader| Directory::load(rows);
    let directory = organisation.store.read_blocking(load).unwrap();
    let name = HostName::literal(MAILBOX_SERVER.as_bytes()).unwrap();
    directory.known_servers().of_name(&name).map(|entry| entry.source.clone()).collect()
}

/// The lines `Name : value` of a list.
fn properties(text: &str) -> BTreeMap<String, String> {
    let pair = |line: &str| {
        let (name, value) = line.split_once(" : ").or_else(|| line.split_once(" :"))?;
        Some((name.trim().to_owned(), value.trim().to_owned()))
    };
    text.lines().filter_map(pair).collect()
}

fn im_of(organisation: &Organisation, website: &'static str) -> (bool, ImType) {
    let server = if website == DEFAULT_WEB_SITE { "ATL-CAS-001" } else { "ATL-OWA-001" };
    let read = move |rows: &store::Reader| rows.virtual_directory(server, website);
    let directory = organisation.store.read_blocking(read).unwrap().unwrap();
    (directory.im_enabled, directory.im_type)
}

fn policy(organisation: &Organisation) -> (bool, ImType) {
    let policy = organisation.store.read_blocking(|rows| rows.owa_policy("Default")).unwrap();
    policy.map(|policy| (policy.im_enabled, policy.im_type)).unwrap()
}

fn check_before(organisation: &Organisation) {
    let path = organisation
        .quiet(&format!("(Get-ItemProperty 'HKLM:\\{IM_REGISTRY_KEY}').ImplementationDLLPath"));
    assert_eq!(path, "C:\\Program Files\\Microsoft UCMA 4.0\\Runtime\\SSP\n");
    let there = "Test-Path 'C:\\Program Files\\Microsoft UCMA 4.0\\Runtime\\SSP\\\
                 Microsoft.Rtc.Internal.Ucweb.dll'";
    assert_eq!(organisation.quiet(there), "True\n");
    assert_eq!(im_of(organisation, DEFAULT_WEB_SITE), (true, ImType::None));
    assert_eq!(im_of(organisation, EXCHANGE_BACK_END), (true, ImType::None));
    assert_eq!(policy(organisation), (true, ImType::None));
}

#[test]
fn separate_computers() {
    let organisation = Organisation::new(false);
    check_before(&organisation);
    assert!(sources(&organisation).is_empty());
    create_the_pool(&organisation);
    create_the_application(&organisation);
    assert!(sources(&organisation).is_empty(), "published is not enabled");
    assert_eq!(organisation.quiet(ENABLE), "");
    let pool = HostName::literal(MAILBOX_SERVER.as_bytes()).unwrap();
    assert_eq!(sources(&organisation), [Source::TrustedPool { pool }]);
    let replicas = organisation.quiet("(Get-CsManagementStoreReplicationStatus).ReplicaFqdn");
    assert_eq!(replicas, "atl-cs-001.litwareinc.com\n", "$False keeps it from being a replica");
    enable_instant_messaging(&organisation);
}

fn create_the_pool(organisation: &Organisation) {
    let Said { out, err, code } = organisation.run(NEW_POOL);
    assert_eq!((err.as_str(), code), (MUST_BE_ENABLED, 0));
    let shown = properties(&out);
    assert_eq!(shown.len(), 20, "{out}");
    for (name, value) in [
        ("Identity", "TrustedApplicationPool:atl-owa-001.litwareinc.com"),
        ("Registrar", "Registrar:atl-cs-001.litwareinc.com"),
        ("RequiresReplication", "False"),
        ("TreatAsAuthenticated", "True"),
        ("SiteId", "Site:Redmond"),
        ("Applications", "{}"),
        ("Role", "TrustedApplicationPool"),
    ] {
        assert_eq!(shown.get(name).map(String::as_str), Some(value), "{out}");
    }
    let table = organisation.quiet(SITES);
    let lines: Vec<&str> = table.lines().map(str::trim_end).filter(|l| !l.is_empty()).collect();
    let words = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
    assert_eq!(words(lines[0]), "DisplayName SiteId");
    assert_eq!(words(lines[2]), "Redmond Headquarters Redmond");
    let again = organisation.run(NEW_POOL);
    assert_eq!(again.code, 1);
    assert!(again.err.contains("already exists"), "{}", again.err);
}

fn create_the_application(organisation: &Organisation) {
    let Said { out, err, code } = organisation.run(NEW_APPLICATION);
    assert_eq!((err.as_str(), code), (MUST_BE_ENABLED, 0));
    let shown = properties(&out);
    assert_eq!(shown.len(), 8, "{out}");
    let identity = "atl-owa-001.litwareinc.com/urn:application:OutlookWebApp";
    assert_eq!(shown["Identity"], identity);
    assert_eq!(shown["Port"], "5199");
    assert_eq!(shown["Protocol"], "Mtls");
    assert_eq!(shown["LegacyApplicationName"], "OutlookWebApp");
    let published = organisation.store.read_blocking(|rows| rows.published_topology()).unwrap();
    assert_eq!(published.trusted_pools[0].applications[0].port, 5199);
}

/// The article's second half, which both cases share.
fn enable_instant_messaging(organisation: &Organisation) {
    assert_eq!(organisation.quiet(SET_DIRECTORIES), "");
    assert_eq!(im_of(organisation, DEFAULT_WEB_SITE), (true, ImType::Ocs));
    assert_eq!(im_of(organisation, EXCHANGE_BACK_END), (true, ImType::None));
    let again = organisation.run(SET_DIRECTORIES);
    assert_eq!(
        again.err,
        "WARNING: The command completed successfully but no settings of \
        'ATL-CAS-001\\owa (Default Web Site)' have been modified.\n"
    );
    let thumbprint = get_a_certificate(organisation);
    edit_web_config(organisation, &thumbprint);
    assert_eq!(organisation.quiet(RECYCLE), "\"MSExchangeOWAAppPool\" successfully recycled\n");
    let pools = organisation.store.read_blocking(|rows| rows.app_pools()).unwrap();
    assert!(pools.iter().any(|pool| pool.recycled_ms.is_some()));

    let Said { err, code, .. } = organisation.run(SET_DEFAULT);
    assert!(err.starts_with(NOT_ASSIGNED) && code == 0, "{err}");
    assert_eq!(policy(organisation), (true, ImType::Ocs));
    organisation.ok("Set-OwaMailboxPolicy Default -InstantMessagingType None");
    assert_eq!(organisation.run(SET_POLICIES).code, 0);
    assert_eq!(policy(organisation), (true, ImType::Ocs));

    assert_eq!(organisation.quiet(SWITCH_OFF), "");
    assert_eq!(im_of(organisation, DEFAULT_WEB_SITE), (false, ImType::Ocs));
}

/// The three certificates a server starts with, then one of the internal authority.
fn get_a_certificate(organisation: &Organisation) -> String {
    let table = organisation.quiet(CERTIFICATES);
    assert_eq!(table.lines().filter(|line| line.contains(" CN=")).count(), 3, "{table}");
    let request = "New-ExchangeCertificate -GenerateRequest -SubjectName \
        \"CN=atl-owa-001.litwareinc.com\" -DomainName atl-owa-001.litwareinc.com \
        -RequestFile C:\\owa.req";
    assert_eq!(organisation.quiet(request), "");
    let pending = organisation.quiet(
        "Get-ExchangeCertificate | ForEach-Object { $_.Status.ToString() + ' ' + $_.Subject }",
    );
    assert!(pending.contains("PendingRequest CN=atl-owa-001.litwareinc.com"), "{pending}");
    let import = "$signed = Submit-CertificateRequest -RequestFile C:\\owa.req; \
        $made = Import-ExchangeCertificate -FileData $signed; \
        Enable-ExchangeCertificate $made.Thumbprint -Services SMTP -Force; \
        $own = Get-ExchangeCertificate $made.Thumbprint; \
        \"$($own.Thumbprint) $($own.HasPrivateKey) $($own.Status) $($own.RootCAType) $($own.Services)\"";
    let line = organisation.quiet(import);
    let words: Vec<&str> = line.split_whitespace().collect();
    assert_eq!(words[1..], ["True", "Valid", "Enterprise", "SMTP"], "{line}");
    let table = organisation.quiet(CERTIFICATES);
    assert_eq!(table.lines().filter(|line| line.contains(" CN=")).count(), 4, "{table}");
    words[0].to_owned()
}

/// The two lines, with IIS's own tool; everything else in the file stays.
fn edit_web_config(organisation: &Organisation, thumbprint: &str) {
    let file = organisation.web_config();
    let before = std::fs::read_to_string(&file).unwrap();
    for (key, value) in
        [("IMCertificateThumbprint", thumbprint), ("IMServerName", "atl-cs-001.litwareinc.com")]
    {
        let edit = format!(
            "C:\\Windows\\System32\\Inetsrv\\Appcmd.exe set config \"Exchange Back End/owa\" \
             /section:appSettings /+\"[key='{key}',value='{value}']\""
        );
        let said = organisation.run(&edit);
        assert!(said.out.starts_with("Applied configuration changes to section"), "{said:?}");
        assert_eq!(said.err.lines().count(), 1, "{}", said.err);
        assert!(said.err.starts_with(MUST_BE_RECYCLED), "{}", said.err);
        let again = organisation.run(&edit);
        assert!(again.out.contains("Cannot add duplicate collection entry"), "{}", again.out);
        assert_eq!(again.code, 1);
    }
    let after = std::fs::read_to_string(&file).unwrap();
    let is_ours = |line: &&str| !line.contains("\"IM");
    assert_eq!(after.split_inclusive('\n').filter(is_ours).collect::<String>(), before);
    assert_eq!(after.matches("<add key=\"IM").count(), 2);
}

#[test]
fn collocated_computers() {
    let organisation = Organisation::new(true);
    check_before(&organisation);
    let found = sources(&organisation);
    assert!(matches!(found.as_slice(), [Source::Autodiscovered { .. }]), "{found:?}");

    // Steps 1 to 4 are not needed here, and break what works.
    let Said { err, code, .. } = organisation.run(NEW_POOL);
    assert_eq!(code, 0);
    assert!(
        err.contains("WARNING: The server atl-owa-001.litwareinc.com is known already"),
        "{err}"
    );
    assert!(err.contains("Remove-CsTrustedApplicationPool -Identity atl-owa-001"), "{err}");
    assert_eq!(sources(&organisation).len(), 1, "nothing happens before Enable-CsTopology");
    assert_eq!(organisation.run(NEW_APPLICATION).code, 0);
    assert_eq!(organisation.quiet(ENABLE), "");
    assert_eq!(sources(&organisation).len(), 2);

    organisation
        .ok("Remove-CsTrustedApplication atl-owa-001.litwareinc.com/urn:application:OutlookWebApp");
    organisation.ok("Remove-CsTrustedApplicationPool -Identity atl-owa-001.litwareinc.com");
    assert_eq!(sources(&organisation).len(), 2, "nothing happens before Enable-CsTopology");
    assert_eq!(organisation.quiet(ENABLE), "");
    assert_eq!(sources(&organisation), found);
    enable_instant_messaging(&organisation);
}
