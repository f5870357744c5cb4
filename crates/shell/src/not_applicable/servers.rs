//! The messaging half's rows, family by family: what is fixed here, or in the node's file.

use super::lync::{
    CALLS, CLUSTERS, CONFERENCES, DOMAINS, FEDERATION, FEED, MONITORING, NONE, RESTORE, ROOMS,
    STORE, TLSDSK, TWO, WATCHER,
};
use super::{NotApplicable, row};

const HALF_FILE: &str = "what the registrar, its web services and its routes do is fixed, or in \
                         the file the node starts with";
const TOML: &str = "tandem config describe explains the file, tandem.toml";
const METRICS: &str = "read the metrics of the node, or Get-EventLog";
const CLS: &str =
    "centralized logging covers the whole deployment, and its log never holds what is secret";
const CLS_INSTEAD: &str = "Get-CsClsScenario and Set-CsClsConfiguration show and set what there is";
const LICENCES: &str = "nobody needs a licence to use this server";
const VERSION: &str = "the messaging half has no version of its own";
const VERSION_INSTEAD: &str =
    "Get-CsManagementStoreReplicationStatus shows the version of each computer";
const ROLES: &str =
    "roles are held by unix accounts and not by groups of a directory, and are always up to date";
const ROLES_INSTEAD: &str = "Get-RoleGroupMember and Get-CsAdminRole list who may what";
const POLICY: &str = "each policy is found by person, then site, then Global";
const POLICY_INSTEAD: &str = "Get-CsUser shows what was granted, Get-CsArchivingPolicy and \
                              Get-CsUserServicesPolicy the policies";
const APPS: &str = "endpoints belong to trusted applications";
const APPS_INSTEAD: &str = "Get-CsTrustedApplicationEndpoint lists them";
const WATCHER_INSTEAD: &str = "New-CsHealthMonitoringConfiguration names the test users, whom the \
                               node asserts without a password";
const ARCHIVE: &str = "archived conversations are purged by their age when new ones come";
const ARCHIVE_INSTEAD: &str = "Set-CsArchivingConfiguration says after how many days";
const CERTS: &str = "certificates are judged where they are assigned";
const CERTS_INSTEAD: &str = "Get-CsCertificate shows what is assigned";
const REG_INSTEAD: &str = "Test-CsRegistration signs in by password";
const GROUPS: &str = "there are no distribution groups that could be opened to their members";

pub(super) const ROWS: &[NotApplicable] = &[
    row("Copy", "CsVoicePolicy", CALLS, NONE),
    row("Get Set", "CsAudioTestServiceApplication", CALLS, NONE),
    row("Get", "CsClientPinInfo CsNetworkInterface CsTrunk", CALLS, NONE),
    row("Get Set Remove", "CsEnhancedEmergencyServiceDisclaimer CsSlaConfiguration", CALLS, NONE),
    row("Move", "CsRgsConfiguration", CALLS, NONE),
    row("New Remove", "CsBandwidthPolicyServiceConfiguration", CALLS, NONE),
    row(
        "New",
        "CsNetworkBWAlternatePath CsNetworkBWPolicy CsNetworkMediaBypassConfiguration CsVoiceRegex",
        CALLS,
        NONE,
    ),
    row("Remove", "CsNetworkConfiguration CsSlaDelegates", CALLS, NONE),
    row("Get", "CsConference", CONFERENCES, TWO),
    row("Get Set Remove", "CsUserAcp", CONFERENCES, TWO),
    row("New Remove", "CsDialInConferencingDtmfConfiguration", CONFERENCES, TWO),
    row(
        "Test",
        "CsAudioConferencingProvider CsWebApp CsWebAppAnonymous CsWebScheduler",
        CONFERENCES,
        TWO,
    ),
    row("Get Set", "CsPersistentChatState", ROOMS, TWO),
    row("Test", "CsXmppIM", FEDERATION, DOMAINS),
    row("Invoke", "CsCdrDatabasePurge CsQoEDatabasePurge", MONITORING, METRICS),
    row("Debug", "CsInterPoolReplication CsIntraPoolReplication", CLUSTERS, RESTORE),
    row("Remove", "CsUserStoreBackupData", CLUSTERS, RESTORE),
    row("Get Set Remove", "CsManagementConnection", STORE, RESTORE),
    row("Set", "CsManagementServer", STORE, RESTORE),
    row("Invoke", "CsStorageServiceFlush", FEED, NONE),
    row(
        "Get New Set Remove",
        "CsDiagnosticConfiguration CsDiagnosticHeaderConfiguration CsFIPSConfiguration \
         CsProxyConfiguration CsRegistrarConfiguration CsStaticRoutingConfiguration \
         CsUserServicesConfiguration CsWebServiceConfiguration",
        HALF_FILE,
        TOML,
    ),
    row("Get Set", "CsUICulture", HALF_FILE, TOML),
    row(
        "New",
        "CsDiagnosticsFilter CsSipProxyCustom CsSipProxyRealm CsSipProxyTCP CsSipProxyTLS \
         CsSipProxyTransport CsSipProxyUseDefault CsSipProxyUseDefaultCert CsStaticRoute \
         CsWebTrustedCACertificate",
        HALF_FILE,
        TOML,
    ),
    row("New Set Remove", "CsPlatformServiceSettings", HALF_FILE, TOML),
    row(
        "Set",
        "CsApplicationServer CsDirector CsRegistrar CsUserServer CsWebServer",
        HALF_FILE,
        TOML,
    ),
    row("Get New Set Remove", "CsClsRegion CsClsSecurityGroup", CLS, CLS_INSTEAD),
    row("Get Set", "CsClsSearchTerm", CLS, CLS_INSTEAD),
    row("New Remove", "CsClsConfiguration", CLS, CLS_INSTEAD),
    row("Get", "CsClientAccessLicense", LICENCES, NONE),
    row("Get", "CsServerVersion", VERSION, VERSION_INSTEAD),
    row("Get", "CsAdminRoleAssignment", ROLES, ROLES_INSTEAD),
    row("Update", "CsAdminRole", ROLES, ROLES_INSTEAD),
    row("Get", "CsEffectivePolicy", POLICY, POLICY_INSTEAD),
    row("Get", "CsApplicationEndpoint", APPS, APPS_INSTEAD),
    row("Get New Set Remove", "CsHybridApplicationEndpoint", APPS, APPS_INSTEAD),
    row("Get Set Remove", "CsTestUserCredential", WATCHER, WATCHER_INSTEAD),
    row("Test", "CsWatcherNodeConfiguration", WATCHER, WATCHER_INSTEAD),
    row("Invoke", "CsArchivingDatabasePurge", ARCHIVE, ARCHIVE_INSTEAD),
    row("New", "CsIssuedCertId", CERTS, CERTS_INSTEAD),
    row("Test", "CsCertificateConfiguration", CERTS, CERTS_INSTEAD),
    row("Test", "CsClientAuthentication", TLSDSK, REG_INSTEAD),
    row("Test", "CsGroupExpansion", GROUPS, NONE),
];
