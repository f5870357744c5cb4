//! What conditions may name, by the kind of object they are about: what the objects here have,
//! and what Microsoft's have besides, which is empty here.

/// Lists of properties; each name is in one of them.
pub(crate) type Filterable = &'static [&'static [&'static str]];

/// `Get-Mailbox`
pub(crate) const MAILBOX: Filterable = &[EXCHANGE, MAIL, MAILBOX_OWN];
/// `Get-Recipient`
pub(crate) const RECIPIENT: Filterable = &[EXCHANGE, MAIL, RECIPIENT_OWN];
/// `Get-MailboxStatistics`
pub(crate) const MAILBOX_STATISTICS: Filterable = &[MAILBOX_STATISTICS_OWN];
/// `Get-CASMailbox`
pub(crate) const CAS_MAILBOX: Filterable = &[EXCHANGE, MAIL, CAS_MAILBOX_OWN];
/// `Get-User`
pub(crate) const USER: Filterable = &[EXCHANGE, PERSON, USER_OWN];
/// `Get-UserPhoto`
pub(crate) const USER_PHOTO: Filterable = &[EXCHANGE, MAIL, USER_PHOTO_OWN];
/// `Get-RoleGroup`
pub(crate) const ROLE_GROUP: Filterable = &[EXCHANGE, ROLE_GROUP_OWN];
/// `Get-CsUser`
pub(crate) const CS_USER: Filterable = &[LYNC, CS_USER_OWN];
/// `Get-CsAdUser`
pub(crate) const CS_AD_USER: Filterable = &[LYNC, PERSON, CS_AD_USER_OWN];
/// `Get-CsTrustedApplicationEndpoint`
pub(crate) const ENDPOINT: Filterable = &[LYNC, ENDPOINT_OWN];

const EXCHANGE: &[&str] = &[
    "DisplayName",
    "DistinguishedName",
    "ExchangeVersion",
    "Guid",
    "Id",
    "Identity",
    "Name",
    "ObjectCategory",
    "ObjectClass",
    "SamAccountName",
    "WhenChanged",
    "WhenCreated",
];

const MAIL: &[&str] = &[
    "Alias",
    "EmailAddresses",
    "ExternalDirectoryObjectId",
    "LegacyExchangeDN",
    "PrimarySmtpAddress",
    "ServerName",
];

const RECIPIENT_OWN: &[&str] = &[
    "City",
    "Company",
    "Database",
    "Department",
    "ExchangeGuid",
    "FirstName",
    "HiddenFromAddressListsEnabled",
    "LastName",
    "Manager",
    "OrganizationalUnit",
    "RecipientType",
    "RecipientTypeDetails",
    "Title",
];

const MAILBOX_STATISTICS_OWN: &[&str] = &[
    "AssociatedItemCount",
    "Database",
    "DatabaseName",
    "DeletedItemCount",
    "DisconnectDate",
    "DisconnectReason",
    "DisplayName",
    "Identity",
    "IsArchiveMailbox",
    "IsQuarantined",
    "ItemCount",
    "LastLoggedOnUserAccount",
    "LastLogonTime",
    "LegacyDN",
    "MailboxGuid",
    "ServerName",
    "StorageLimitStatus",
    "TotalDeletedItemSize",
    "TotalItemSize",
    "TotalItemSizeInBytes",
];

const MAILBOX_OWN: &[&str] = &[
    "AccountDisabled",
    "AcceptMessagesOnlyFrom",
    "AddressBookPolicy",
    "ArchiveDatabase",
    "ArchiveGuid",
    "ArchiveName",
    "ArchiveStatus",
    "AuditEnabled",
    "CustomAttribute1",
    "CustomAttribute2",
    "CustomAttribute3",
    "CustomAttribute4",
    "CustomAttribute5",
    "CustomAttribute6",
    "CustomAttribute7",
    "CustomAttribute8",
    "CustomAttribute9",
    "CustomAttribute10",
    "CustomAttribute11",
    "CustomAttribute12",
    "CustomAttribute13",
    "CustomAttribute14",
    "CustomAttribute15",
    "Database",
    "DeliverToMailboxAndForward",
    "EmailAddressPolicyEnabled",
    "ExchangeGuid",
    "ExchangeUserAccountControl",
    "ForwardingAddress",
    "ForwardingSmtpAddress",
    "GrantSendOnBehalfTo",
    "HiddenFromAddressListsEnabled",
    "InPlaceHolds",
    "IsLinked",
    "IsMailboxEnabled",
    "HasPicture",
    "IsResource",
    "IsShared",
    "IssueWarningQuota",
    "Languages",
    "LitigationHoldDate",
    "LitigationHoldEnabled",
    "LitigationHoldOwner",
    "MailTip",
    "MaxReceiveSize",
    "MaxSendSize",
    "Office",
    "OfflineAddressBook",
    "OrganizationalUnit",
    "ProhibitSendQuota",
    "ProhibitSendReceiveQuota",
    "RecipientLimits",
    "RecipientType",
    "RecipientTypeDetails",
    "ResourceCapacity",
    "ResourceType",
    "RetainDeletedItemsFor",
    "RetentionHoldEnabled",
    "RetentionPolicy",
    "RoleAssignmentPolicy",
    "RulesQuota",
    "SharingPolicy",
    "UMEnabled",
    "UseDatabaseQuotaDefaults",
    "UserPrincipalName",
    "WindowsEmailAddress",
];

const CAS_MAILBOX_OWN: &[&str] = &[
    "ActiveSyncEnabled",
    "ActiveSyncMailboxPolicy",
    "ECPEnabled",
    "EwsEnabled",
    "HasActiveSyncDevicePartnership",
    "ImapEnabled",
    "MAPIEnabled",
    "OWAEnabled",
    "OWAforDevicesEnabled",
    "OwaMailboxPolicy",
    "PopEnabled",
];

/// What is known of people.
const PERSON: &[&str] = &[
    "AssistantName",
    "City",
    "Company",
    "CountryOrRegion",
    "Department",
    "Fax",
    "FirstName",
    "HomePhone",
    "Initials",
    "LastName",
    "Manager",
    "MobilePhone",
    "Notes",
    "Office",
    "OtherFax",
    "OtherHomePhone",
    "OtherTelephone",
    "Pager",
    "Phone",
    "PostOfficeBox",
    "PostalCode",
    "StateOrProvince",
    "StreetAddress",
    "Title",
    "UserAccountControl",
    "UserPrincipalName",
    "WebPage",
    "WindowsEmailAddress",
];

const USER_OWN: &[&str] = &[
    "AccountDisabled",
    "DirectReports",
    "MailboxProvisioningConstraint",
    "OrganizationalUnit",
    "RecipientType",
    "RecipientTypeDetails",
    "SeniorityIndex",
    "Sid",
    "SidHistory",
    "SimpleDisplayName",
    "TelephoneAssistant",
    "UMDialPlan",
    "UMDtmfMap",
];

const USER_PHOTO_OWN: &[&str] = &["IsValid", "ObjectState", "PictureData", "Thumbprint"];

const ROLE_GROUP_OWN: &[&str] = &[
    "Capabilities",
    "Cmdlets",
    "Description",
    "LinkedGroup",
    "ManagedBy",
    "Members",
    "RoleAssignments",
    "RoleGroupType",
    "Roles",
];

const LYNC: &[&str] = &[
    "DisplayName",
    "DistinguishedName",
    "Enabled",
    "EnterpriseVoiceEnabled",
    "ExUmEnabled",
    "Guid",
    "HomeServer",
    "Id",
    "Identity",
    "LineURI",
    "Name",
    "ObjectCategory",
    "ObjectClass",
    "ObjectId",
    "RegistrarPool",
    "SipAddress",
    "WhenChanged",
    "WhenCreated",
];

const CS_USER_OWN: &[&str] = &[
    "AcpInfo",
    "ArchivingPolicy",
    "AudioVideoDisabled",
    "CallViaWorkPolicy",
    "ClientPolicy",
    "ClientVersionPolicy",
    "ConferencingPolicy",
    "Department",
    "DialPlan",
    "EnabledForFederation",
    "EnabledForInternetAccess",
    "EnabledForRichPresence",
    "ExchangeArchivingPolicy",
    "ExternalAccessPolicy",
    "FirstName",
    "HostedVoiceMail",
    "HostedVoicemailPolicy",
    "HostingProvider",
    "IPPBXSoftPhoneRoutingEnabled",
    "LastName",
    "LineServerURI",
    "LocationPolicy",
    "MobilityPolicy",
    "OriginatingServer",
    "PersistentChatPolicy",
    "PinPolicy",
    "PresencePolicy",
    "PrivateLine",
    "ProxyAddresses",
    "PublicNetworkEnabled",
    "RemoteCallControlTelephonyEnabled",
    "SamAccountName",
    "Sid",
    "TargetRegistrarPool",
    "TargetServerIfMoving",
    "TenantId",
    "UserPrincipalName",
    "UserServicesPolicy",
    "VoicePolicy",
    "VoiceRoutingPolicy",
    "WindowsEmailAddress",
];

const CS_AD_USER_OWN: &[&str] = &[
    "CountryAbbreviation",
    "CountryOrRegionDisplayName",
    "Description",
    "IPPhone",
    "PreferredLanguage",
    "ProxyAddresses",
    "SamAccountName",
    "Sid",
    "Street",
];

const ENDPOINT_OWN: &[&str] = &[
    "DisplayNumber",
    "HostedVoicemailPolicy",
    "OtherIpPhone",
    "OwnerUrn",
    "PrimaryLanguage",
    "SecondaryLanguages",
    "TenantId",
    "VoicePolicy",
];

/// Whether a name is in one of the lists.
pub(super) fn is_known(properties: Filterable, name: &str) -> bool {
    properties.iter().copied().flatten().any(|known| known.eq_ignore_ascii_case(name))
}
