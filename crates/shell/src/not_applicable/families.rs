//! The mail half's rows, family by family: commands that share a reason.

use super::exchange::CALLS;
use super::{NotApplicable, row};

const MOBILE: &str =
    "there is no Exchange ActiveSync and no text messaging, mail is read in the page";
const GROUPS_OF_PEOPLE: &str =
    "there are no groups that get mail, a message names the people it is for";
const CONTACTS_OF_ALL: &str =
    "there are no contacts of the whole organization, people keep their own in the page";
const FILTERS: &str = "no filter for unwanted mail runs inside the node";
const ONE_ROUTE: &str =
    "mail is accepted by one listener and delivered here, there are no connectors and no routes";
const QUEUES: &str = "what was accepted is in its folder already, so nothing waits in a queue";
const RULES: &str = "mail is delivered as it came, no rules of the organization change it";
const RETENTION: &str = "no mail is removed or put elsewhere by its age";
const DISCOVERY: &str = "nobody searches in the mailboxes of others, not even administrators";
const PUBLIC: &str = "there are no public folders";
const LISTS: &str =
    "there are no address lists and no offline address book, people are found as they are";
const DIRECTORIES: &str = "Outlook Web App is the one virtual directory with settings of its own, \
                           the others are there as they are";
const PROTOCOLS: &str = "what listens where is in the file the node is started with";
const PROBES: &str =
    "the node tries instant messaging by itself, and tells monitoring systems how it is";
const FEDERATED: &str =
    "there is no sharing with other organizations, and no part of this one is in a cloud";
const IMPORTS: &str = "mailboxes are neither imported nor exported, nor migrated in batches";
const MOVES: &str = "a move between servers is done as soon as it is asked for";
const REPAIR: &str = "all mailboxes are rows of one store, which checks itself when it is opened";
const OWN: &str = "mailboxes have no such settings";
const DELEGATES: &str = "a mailbox is opened by its owner alone, nobody has permissions on it";
const RBAC: &str =
    "a role group has cmdlets, there are no roles, scopes and assignments between them";
const UPDATES: &str = "a recipient is one row, and nothing has to be brought up to date";
const DOMAINS_OF_MAIL: &str = "the mail domains are those of the organization from its beginning";
const ORGANIZATION: &str = "what Exchange sets for the whole organization is fixed here";
const MOBILE_INSTEAD: &str = "Get-CASMailbox shows how a mailbox can be reached";
const GROUPS_OF_PEOPLE_INSTEAD: &str =
    "Get-Mailbox and Get-User list the people, Get-RoleGroup the groups of administrators";
const CONTACTS_OF_ALL_INSTEAD: &str = "Get-Recipient lists whom mail can be sent to here";
const FILTERS_INSTEAD: &str = "put a filter in front of the port that takes mail";
const ONE_ROUTE_INSTEAD: &str = "listen_smtp in tandem.toml says where it listens";
const QUEUES_INSTEAD: &str = "Get-MailboxFolderStatistics shows how much is where";
const RETENTION_INSTEAD: &str = "Set-CsArchivingConfiguration purges archived conversations, and \
                                 Set-Mailbox -LitigationHoldEnabled keeps a mailbox from removal";
const DISCOVERY_INSTEAD: &str = "Export-CsArchivingData exports archived conversations, and \
                                 Search-AdminAuditLog says what administrators did";
const PUBLIC_INSTEAD: &str = "write to all the people it is for";
const LISTS_INSTEAD: &str = "Get-Recipient and Get-CsUser list whom people find";
const DIRECTORIES_INSTEAD: &str = "Get-OwaVirtualDirectory shows that one, and \
                                   Get-ClientAccessServer the address for autodiscovery";
const PROTOCOLS_INSTEAD: &str =
    "edit tandem.toml, which tandem config describe explains, and restart the node";
const PROBES_INSTEAD: &str =
    "Test-OwaInstantMessaging, Test-OwaInstantMessagingCheck, Get-Service, and /health of the node";
const IMPORTS_INSTEAD: &str =
    "New-Mailbox makes a mailbox, and a copy of the data folder keeps everything";
const MOVES_INSTEAD: &str = "New-MoveRequest moves, and Get-MoveRequest says where to";
const REPAIR_INSTEAD: &str = "back up the data folder, and start the node again";
const OWN_INSTEAD: &str = "Set-Mailbox, Set-CASMailbox and Set-User change those there are";
const RBAC_INSTEAD: &str = "Get-RoleGroup, New-RoleGroup and Add-RoleGroupMember";
const DOMAINS_OF_MAIL_INSTEAD: &str = "Get-AcceptedDomain lists them";
const ORGANIZATION_INSTEAD: &str = "Get-OrganizationConfig shows it";
const NONE: &str = "leave the step out";

pub(super) const ROWS: &[NotApplicable] = &[
    row("Get Remove Clear", "ActiveSyncDevice MobileDevice", MOBILE, MOBILE_INSTEAD),
    row("Get Set Clear", "TextMessagingAccount", MOBILE, MOBILE_INSTEAD),
    row("Compare Send", "TextMessagingVerificationCode", MOBILE, MOBILE_INSTEAD),
    row("Enable Disable", "PushNotificationProxy ServiceEmailChannel", MOBILE, MOBILE_INSTEAD),
    row("Export", "ActiveSyncLog", MOBILE, MOBILE_INSTEAD),
    row(
        "Get New Set Remove",
        "ActiveSyncDeviceAccessRule ActiveSyncMailboxPolicy ActiveSyncVirtualDirectory \
         MobileDeviceMailboxPolicy",
        MOBILE,
        MOBILE_INSTEAD,
    ),
    row(
        "Get Set",
        "ActiveSyncDeviceAutoblockThreshold ActiveSyncOrganizationSettings CalendarNotification",
        MOBILE,
        MOBILE_INSTEAD,
    ),
    row("Get Remove", "ActiveSyncDeviceClass", MOBILE, MOBILE_INSTEAD),
    row("Get", "ActiveSyncDeviceStatistics MobileDeviceStatistics", MOBILE, MOBILE_INSTEAD),
    row("Test", "ActiveSyncConnectivity", MOBILE, MOBILE_INSTEAD),
    row(
        "Get Add Remove Update",
        "DistributionGroupMember",
        GROUPS_OF_PEOPLE,
        GROUPS_OF_PEOPLE_INSTEAD,
    ),
    row(
        "Get New Set Remove Enable Disable",
        "DistributionGroup",
        GROUPS_OF_PEOPLE,
        GROUPS_OF_PEOPLE_INSTEAD,
    ),
    row(
        "Get New Set Remove",
        "DynamicDistributionGroup",
        GROUPS_OF_PEOPLE,
        GROUPS_OF_PEOPLE_INSTEAD,
    ),
    row("Get Set", "Group", GROUPS_OF_PEOPLE, GROUPS_OF_PEOPLE_INSTEAD),
    row("Get", "SecurityPrincipal", GROUPS_OF_PEOPLE, GROUPS_OF_PEOPLE_INSTEAD),
    row(
        "Get New Set Remove Enable Disable",
        "MailContact MailUser RemoteMailbox",
        CONTACTS_OF_ALL,
        CONTACTS_OF_ALL_INSTEAD,
    ),
    row("Get Set", "Contact", CONTACTS_OF_ALL, CONTACTS_OF_ALL_INSTEAD),
    row(
        "Get Add Remove",
        "AttachmentFilterEntry ContentFilterPhrase IPAllowListEntry IPBlockListEntry",
        FILTERS,
        FILTERS_INSTEAD,
    ),
    row(
        "Get Add Set Remove Test",
        "IPAllowListProvider IPBlockListProvider",
        FILTERS,
        FILTERS_INSTEAD,
    ),
    row("Get New Set Remove Enable Disable", "MalwareFilterRule", FILTERS, FILTERS_INSTEAD),
    row("Enable", "AntispamUpdates", FILTERS, FILTERS_INSTEAD),
    row("Get", "AgentLog HostedContentFilterRule", FILTERS, FILTERS_INSTEAD),
    row(
        "Get Set",
        "AttachmentFilterListConfig ContentFilterConfig IPAllowListConfig \
         IPAllowListProvidersConfig IPBlockListConfig IPBlockListProvidersConfig \
         MailboxJunkEmailConfiguration MalwareFilteringServer RecipientFilterConfig \
         SenderFilterConfig SenderIdConfig SenderReputationConfig",
        FILTERS,
        FILTERS_INSTEAD,
    ),
    row("Get New Set Remove", "MalwareFilterPolicy", FILTERS, FILTERS_INSTEAD),
    row("Test", "SenderId", FILTERS, FILTERS_INSTEAD),
    row("Update", "SafeList", FILTERS, FILTERS_INSTEAD),
    row("Get Add Remove", "AvailabilityAddressSpace", ONE_ROUTE, ONE_ROUTE_INSTEAD),
    row("Get Add Set Remove", "ResubmitRequest", ONE_ROUTE, ONE_ROUTE_INSTEAD),
    row("Get Set Enable Disable Install Uninstall", "TransportAgent", ONE_ROUTE, ONE_ROUTE_INSTEAD),
    row(
        "Get Set",
        "AvailabilityConfig FrontendTransportService MailboxTransportService TransportConfig \
         TransportServer TransportService",
        ONE_ROUTE,
        ONE_ROUTE_INSTEAD,
    ),
    row(
        "Get New Set Remove",
        "DeliveryAgentConnector ForeignConnector ReceiveConnector RemoteDomain SendConnector \
         X400AuthoritativeDomain",
        ONE_ROUTE,
        ONE_ROUTE_INSTEAD,
    ),
    row("Get New Remove", "EdgeSubscription", ONE_ROUTE, ONE_ROUTE_INSTEAD),
    row("Get New Set", "EdgeSyncServiceConfig", ONE_ROUTE, ONE_ROUTE_INSTEAD),
    row("Get", "TransportPipeline", ONE_ROUTE, ONE_ROUTE_INSTEAD),
    row("Start Test", "EdgeSynchronization", ONE_ROUTE, ONE_ROUTE_INSTEAD),
    row("Get Remove Export Redirect Resume Suspend Test", "Message", QUEUES, QUEUES_INSTEAD),
    row("Get", "MessageTrackingLog QueueDigest", QUEUES, QUEUES_INSTEAD),
    row("Get Search", "MessageTrackingReport", QUEUES, QUEUES_INSTEAD),
    row("Get Resume Retry Suspend", "Queue", QUEUES, QUEUES_INSTEAD),
    row("Get New Set Remove", "SystemMessage", QUEUES, QUEUES_INSTEAD),
    row(
        "Get New Set Remove Enable Disable",
        "JournalRule OutlookProtectionRule TransportRule",
        RULES,
        NONE,
    ),
    row(
        "Export Import",
        "DlpPolicyCollection JournalRuleCollection TransportRuleCollection",
        RULES,
        NONE,
    ),
    row(
        "Get New Set Remove",
        "ClassificationRuleCollection DataClassification DlpPolicy MessageClassification \
         PolicyTipConfig",
        RULES,
        NONE,
    ),
    row("Get Remove Import", "DlpPolicyTemplate", RULES, NONE),
    row("Get Set Test", "IRMConfiguration", RULES, NONE),
    row(
        "Get",
        "MessageCategory RMSTemplate TransportRuleAction TransportRulePredicate",
        RULES,
        NONE,
    ),
    row("Get Set", "SmimeConfig", RULES, NONE),
    row("New", "Fingerprint", RULES, NONE),
    row("Get New Set Remove", "RetentionPolicy RetentionPolicyTag", RETENTION, RETENTION_INSTEAD),
    row("Start Stop", "ManagedFolderAssistant", RETENTION, RETENTION_INSTEAD),
    row("Test", "ArchiveConnectivity", RETENTION, RETENTION_INSTEAD),
    row("Connect Search", "Mailbox", DISCOVERY, DISCOVERY_INSTEAD),
    row("Get", "AuditLogSearch FailedContentIndexDocuments", DISCOVERY, DISCOVERY_INSTEAD),
    row("Get Set", "MailboxAuditBypassAssociation", DISCOVERY, DISCOVERY_INSTEAD),
    row("Get New Set Remove Start Stop", "MailboxSearch", DISCOVERY, DISCOVERY_INSTEAD),
    row("Get New Set Remove", "SearchDocumentFormat", DISCOVERY, DISCOVERY_INSTEAD),
    row("New", "MailboxAuditLogSearch", DISCOVERY, DISCOVERY_INSTEAD),
    row("Search", "MailboxAuditLog", DISCOVERY, DISCOVERY_INSTEAD),
    row("Test", "ExchangeSearch", DISCOVERY, DISCOVERY_INSTEAD),
    row("Get Add Remove", "PublicFolderClientPermission", PUBLIC, PUBLIC_INSTEAD),
    row("Get Set Enable Disable", "MailPublicFolder", PUBLIC, PUBLIC_INSTEAD),
    row("Get New Set Remove", "PublicFolder SiteMailboxProvisioningPolicy", PUBLIC, PUBLIC_INSTEAD),
    row(
        "Get",
        "PublicFolderDatabase PublicFolderItemStatistics PublicFolderMailboxDiagnostics \
         PublicFolderMailboxMigrationRequestStatistics PublicFolderMigrationRequestStatistics \
         PublicFolderMoveRequestStatistics PublicFolderStatistics SiteMailboxDiagnostics",
        PUBLIC,
        PUBLIC_INSTEAD,
    ),
    row("Get Remove", "PublicFolderMailboxMigrationRequest", PUBLIC, PUBLIC_INSTEAD),
    row(
        "Get New Set Remove Resume Suspend",
        "PublicFolderMigrationRequest PublicFolderMoveRequest",
        PUBLIC,
        PUBLIC_INSTEAD,
    ),
    row("Get New Set Test Update", "SiteMailbox", PUBLIC, PUBLIC_INSTEAD),
    row("New", "SyncMailPublicFolder", PUBLIC, PUBLIC_INSTEAD),
    row("Update", "PublicFolderMailbox", PUBLIC, PUBLIC_INSTEAD),
    row("Get Set Restore", "DetailsTemplate", LISTS, LISTS_INSTEAD),
    row("Get New Set Remove Update", "EmailAddressPolicy GlobalAddressList", LISTS, LISTS_INSTEAD),
    row("Get New Set Remove", "OabVirtualDirectory", LISTS, LISTS_INSTEAD),
    row("Get New Set Remove Move Update", "OfflineAddressBook", LISTS, LISTS_INSTEAD),
    row("Export", "AutoDiscoverConfig", DIRECTORIES, DIRECTORIES_INSTEAD),
    row(
        "Get New Set Remove",
        "AuthRedirect AutodiscoverVirtualDirectory EcpVirtualDirectory MapiVirtualDirectory \
         OutlookProvider PowerShellVirtualDirectory WebServicesVirtualDirectory",
        DIRECTORIES,
        DIRECTORIES_INSTEAD,
    ),
    row("Get", "ClientAccessArray NetworkConnectionInfo", DIRECTORIES, DIRECTORIES_INSTEAD),
    row("Get New Set Remove Test", "ClientAccessRule", DIRECTORIES, DIRECTORIES_INSTEAD),
    row("Get Set", "OutlookAnywhere RpcClientAccess", DIRECTORIES, DIRECTORIES_INSTEAD),
    row("Get Set Enable Disable", "CmdletExtensionAgent", PROTOCOLS, PROTOCOLS_INSTEAD),
    row("Dump Reset", "ProvisioningCache", PROTOCOLS, PROTOCOLS_INSTEAD),
    row(
        "Get Set",
        "EventLogLevel ExchangeAssistanceConfig ImapSettings MailboxServer PopSettings \
         ResourceConfig ThrottlingPolicyAssociation",
        PROTOCOLS,
        PROTOCOLS_INSTEAD,
    ),
    row(
        "Get",
        "ExchangeServerAccessLicense ExchangeServerAccessLicenseUser",
        PROTOCOLS,
        PROTOCOLS_INSTEAD,
    ),
    row("Get New Set Remove", "ThrottlingPolicy", PROTOCOLS, PROTOCOLS_INSTEAD),
    row("Set", "ExchangeServer", PROTOCOLS, PROTOCOLS_INSTEAD),
    row("Update", "DatabaseSchema ExchangeHelp", PROTOCOLS, PROTOCOLS_INSTEAD),
    row(
        "Get Add Remove",
        "GlobalMonitoringOverride ServerMonitoringOverride",
        PROBES,
        PROBES_INSTEAD,
    ),
    row(
        "Get",
        "HealthReport LogonStatistics MonitoringItemHelp MonitoringItemIdentity ServerHealth \
         StoreUsageStatistics",
        PROBES,
        PROBES_INSTEAD,
    ),
    row("Get Set", "ServerComponentState", PROBES, PROBES_INSTEAD),
    row("Invoke", "MonitoringProbe", PROBES, PROBES_INSTEAD),
    row("Set", "ServerMonitor", PROBES, PROBES_INSTEAD),
    row(
        "Test",
        "AssistantHealth CalendarConnectivity EcpConnectivity ImapConnectivity MAPIConnectivity \
         MRSHealth Mailflow OutlookConnectivity OutlookWebServices OwaConnectivity PopConnectivity \
         PowerShellConnectivity ServiceHealth SmtpConnectivity WebServicesConnectivity",
        PROBES,
        PROBES_INSTEAD,
    ),
    row("Add Remove", "FederatedDomain", FEDERATED, NONE),
    row(
        "Get",
        "FederatedDomainProof FederationInformation IntraOrganizationConfiguration Trust \
         UserPrincipalNamesSuffix",
        FEDERATED,
        NONE,
    ),
    row("Get Set", "FederatedOrganizationIdentifier PendingFederatedDomain", FEDERATED, NONE),
    row("Get New Set Remove Test", "FederationTrust OrganizationRelationship", FEDERATED, NONE),
    row("Get New Set Remove Update", "HybridConfiguration", FEDERATED, NONE),
    row("Get New Set Remove", "IntraOrganizationConnector SharingPolicy", FEDERATED, NONE),
    row("Test", "FederationTrustCertificate", FEDERATED, NONE),
    row("Get New Set Remove Complete Start Stop", "MigrationBatch", IMPORTS, IMPORTS_INSTEAD),
    row("Export", "MigrationReport", IMPORTS, IMPORTS_INSTEAD),
    row("Export Import", "RecipientDataProperty", IMPORTS, IMPORTS_INSTEAD),
    row(
        "Get New Set Remove Resume Suspend",
        "MailboxExportRequest MailboxImportRequest MailboxRestoreRequest",
        IMPORTS,
        IMPORTS_INSTEAD,
    ),
    row(
        "Get",
        "MailboxExportRequestStatistics MailboxImportRequestStatistics \
         MailboxRestoreRequestStatistics MigrationStatistics MigrationUserStatistics",
        IMPORTS,
        IMPORTS_INSTEAD,
    ),
    row("Get Set", "MigrationConfig", IMPORTS, IMPORTS_INSTEAD),
    row("Get New Set Remove", "MigrationEndpoint", IMPORTS, IMPORTS_INSTEAD),
    row("Get Remove", "MigrationUser", IMPORTS, IMPORTS_INSTEAD),
    row("Test", "MigrationServerAvailability", IMPORTS, IMPORTS_INSTEAD),
    row("Get", "MoveRequestStatistics", MOVES, MOVES_INSTEAD),
    row("Set Resume Suspend", "MoveRequest", MOVES, MOVES_INSTEAD),
    row("Enable Disable", "MailboxQuarantine", REPAIR, REPAIR_INSTEAD),
    row("Export", "MailboxDiagnosticLogs", REPAIR, REPAIR_INSTEAD),
    row("Get", "CalendarDiagnosticAnalysis CalendarDiagnosticLog", REPAIR, REPAIR_INSTEAD),
    row("Get New Remove", "MailboxRepairRequest", REPAIR, REPAIR_INSTEAD),
    row("Remove", "StoreMailbox", REPAIR, REPAIR_INSTEAD),
    row("Update", "StoreMailboxState", REPAIR, REPAIR_INSTEAD),
    row("Get New Set Remove Enable Disable", "App InboxRule", OWN, OWN_INSTEAD),
    row(
        "Get Set",
        "CalendarProcessing MailboxAutoReplyConfiguration MailboxCalendarConfiguration \
         MailboxCalendarFolder MailboxMessageConfiguration MailboxRegionalConfiguration \
         MailboxSpellingConfiguration Notification",
        OWN,
        OWN_INSTEAD,
    ),
    row("Get New", "MailboxFolder", OWN, OWN_INSTEAD),
    row("New", "MailMessage", OWN, OWN_INSTEAD),
    row("Get Add Set Remove", "MailboxFolderPermission", DELEGATES, NONE),
    row("Get Add Remove", "MailboxPermission", DELEGATES, NONE),
    row("Get Add Set Remove", "ManagementRoleEntry", RBAC, RBAC_INSTEAD),
    row("Get New Remove", "ManagementRole", RBAC, RBAC_INSTEAD),
    row(
        "Get New Set Remove",
        "ManagementRoleAssignment ManagementScope RoleAssignmentPolicy",
        RBAC,
        RBAC_INSTEAD,
    ),
    row("Enable Disable", "UMCallAnsweringRule", CALLS, NONE),
    row("Get Export", "UMCallDataRecord", CALLS, NONE),
    row("Export Import", "UMPrompt", CALLS, NONE),
    row("Get", "UMActiveCalls UMCallSummaryReport", CALLS, NONE),
    row("Get Set", "UMServer", CALLS, NONE),
    row("Set", "UMIPGateway", CALLS, NONE),
    row("Test", "UMConnectivity", CALLS, NONE),
    row("Update", "Recipient", UPDATES, NONE),
    row("New Set Remove", "AcceptedDomain", DOMAINS_OF_MAIL, DOMAINS_OF_MAIL_INSTEAD),
    row("Set", "OrganizationConfig", ORGANIZATION, ORGANIZATION_INSTEAD),
];
