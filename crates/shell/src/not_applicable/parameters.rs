//! Parameters of Microsoft's cmdlets that the cmdlets here do not have: why, and what to do
//! instead. The error of a call and the runbook's plan derive from it.

use crate::lang::object::same_name;
use crate::lang::{Category, Error};

/// Parameters of one cmdlet, or of several, that share a reason.
struct Absent {
    /// The cmdlets, with blanks between them.
    cmdlets: &'static str,
    /// The parameters, with blanks between them.
    names: &'static str,
    /// Why, and after a semicolon what instead: a clause that goes on after a colon.
    why: &'static str,
}

const fn absent(cmdlets: &'static str, names: &'static str, why: &'static str) -> Absent {
    Absent { cmdlets, names, why }
}

const QUOTAS: &str = "mailboxes have no quotas, the disk of the data folder is the only bound; \
                      Get-MailboxStatistics shows how large they are";
const FORWARDS: &str = "mail is delivered to the mailbox it is for and is not forwarded; give the \
                        address to the other mailbox with Set-Mailbox -EmailAddresses";
const SENDERS: &str = "a mailbox takes mail from every sender, nothing is moderated and no tip is \
                       shown; put a filter in front of the port that takes mail";
const SIZES: &str = "the size of a message and the number of its recipients have the same bounds \
                     for everybody; they are the node's";
const HIDDEN: &str = "everybody with a mailbox is found by everybody of the organization; \
                      Disable-Mailbox takes somebody out of what is found";
const DELEGATES: &str = "a mailbox is opened, and sent from, by its owner alone; leave it out";
const ATTRIBUTES: &str = "there are no attributes to be named by oneself; Set-User has title, \
                          department, office, company and notes";
const HOLDS: &str = "a hold has no end, owner or note here, and no mail is removed by its age; \
                     -LitigationHoldEnabled keeps the mailbox from removal";
const AUDITS: &str = "what people do in their own mailboxes is not logged; Search-AdminAuditLog \
                      says what administrators did";
const ARCHIVES: &str = "there are no archive mailboxes; Set-CsArchivingConfiguration archives \
                        conversations";
const POLICIES: &str = "there are no such policies for mailboxes; -OwaMailboxPolicy of \
                        Set-CASMailbox is the one there is";
const ROOMS: &str = "there are no rooms and no equipment; a mailbox is a person's";
const NAMES: &str = "it is part of what is known of the person; use Set-User";
const LOGON: &str = "the password is kept in forms that are made from the logon name; give a new \
                     logon name to a new mailbox";
const PASSWORD: &str = "a password is given with New-Mailbox and is not changed afterwards; leave \
                        it out";
const FOLDERS: &str = "there are no public folders; leave it out";
const LINKED: &str = "there is one directory of accounts, and nothing in it is linked to another \
                      forest; leave it out";
const CALLS: &str = "Tandem answers no calls and has no voice messages; leave it out";
const REPAIRS: &str = "calendars have no such repair and no log of versions; leave it out";
const JUNK: &str = "no filter for unwanted mail runs inside the node; put one in front of the \
                    port that takes mail";
const READ: &str = "a message's way is not tracked after it was delivered; leave it out";
const SMIME: &str = "people keep their S/MIME certificates in their own mail programs; leave it \
                     out";
const LANGUAGES: &str = "the language and the time zone are the person's own choice in the page; \
                         leave it out";
const ACCESS: &str = "ActiveSync, MAPI, POP and their details are not served here; \
                      -OWAEnabled and -EwsEnabled have an effect";
const ONE_SERVER: &str = "there is one directory, and a cmdlet sees all of it; leave it out";
const KINDS: &str = "every mailbox is a person's: there are no shared, room, equipment, \
                     arbitration, public folder or linked ones; make it without";
const TENANTS: &str = "there is one organization on a deployment and nothing of it in a cloud; \
                       leave it out";
const LYNC_CALLS: &str = "Tandem passes calls between clients and has no telephony of its own; \
                          leave it out";
const MOVES: &str = "a move is done at once and as a whole; leave it out";
const PSCERT: &str = "keys are ECDSA P-256 and kept by the node; leave it out";
const ROUTER: &str = "Tandem answers no calls, and the call router only says which servers are \
                      known; -DialPlans and -UMStartupMode are what counts";
const PLANS: &str = "Tandem answers no calls, and a dial plan is there for the known servers \
                     alone; leave it out";
const DIRECTORY: &str = "the address for autodiscovery is what this cmdlet sets here; \
                         -AutoDiscoverServiceInternalUri";

const FOLLOWED: &str = "a file is read once, to its end as it is now; repeat Get-Content -Tail, \
                        or Start-CsClsLogging for what comes over SIP";
const BARE_FILES: &str = "files have no such attributes here; leave it out";

const SET_BOTH: &str = "Set-Mailbox New-Mailbox Enable-Mailbox";

static ROWS: &[Absent] = &[
    absent(
        "Set-Mailbox",
        "IssueWarningQuota ProhibitSendQuota ProhibitSendReceiveQuota UseDatabaseQuotaDefaults \
         RecoverableItemsQuota RecoverableItemsWarningQuota RulesQuota CalendarLoggingQuota \
         UseDatabaseRetentionDefaults RetainDeletedItemsFor RetainDeletedItemsUntilBackup",
        QUOTAS,
    ),
    absent(
        "Set-Mailbox",
        "ForwardingAddress ForwardingSmtpAddress DeliverToMailboxAndForward",
        FORWARDS,
    ),
    absent(
        "Set-Mailbox",
        "AcceptMessagesOnlyFrom AcceptMessagesOnlyFromDLMembers \
         AcceptMessagesOnlyFromSendersOrMembers RejectMessagesFrom RejectMessagesFromDLMembers \
         RejectMessagesFromSendersOrMembers RequireSenderAuthenticationEnabled ModeratedBy \
         ModerationEnabled BypassModerationFromSendersOrMembers SendModerationNotifications \
         MailTip \
         MailTipTranslations",
        SENDERS,
    ),
    absent("New-Mailbox", "ModeratedBy ModerationEnabled SendModerationNotifications", SENDERS),
    absent(
        "Set-Mailbox",
        "MaxSendSize MaxReceiveSize RecipientLimits MaxBlockedSenders \
         MaxSafeSenders MaxRecipientPerMessage",
        SIZES,
    ),
    absent("Set-Mailbox", "HiddenFromAddressListsEnabled", HIDDEN),
    absent(
        "Set-Mailbox",
        "GrantSendOnBehalfTo MessageCopyForSentAsEnabled MessageCopyForSendOnBehalfEnabled",
        DELEGATES,
    ),
    absent(
        "Set-Mailbox",
        "CustomAttribute1 CustomAttribute2 CustomAttribute3 CustomAttribute4 CustomAttribute5 \
         CustomAttribute6 CustomAttribute7 CustomAttribute8 CustomAttribute9 CustomAttribute10 \
         CustomAttribute11 CustomAttribute12 CustomAttribute13 CustomAttribute14 CustomAttribute15 \
         ExtensionCustomAttribute1 ExtensionCustomAttribute2 ExtensionCustomAttribute3 \
         ExtensionCustomAttribute4 ExtensionCustomAttribute5",
        ATTRIBUTES,
    ),
    absent(
        "Set-Mailbox",
        "LitigationHoldDate LitigationHoldDuration LitigationHoldOwner RetentionComment \
         RetentionUrl RetentionHoldEnabled StartDateForRetentionHold EndDateForRetentionHold \
         SingleItemRecoveryEnabled RemoveDelayHoldApplied ElcProcessingDisabled",
        HOLDS,
    ),
    absent(
        "Set-Mailbox",
        "AuditEnabled AuditLogAgeLimit AuditOwner AuditDelegate AuditAdmin",
        AUDITS,
    ),
    absent(
        "Set-Mailbox",
        "ArchiveName ArchiveDomain ArchiveStatus ArchiveDatabase ArchiveQuota ArchiveWarningQuota",
        ARCHIVES,
    ),
    absent(
        "New-Mailbox Enable-Mailbox",
        "ArchiveDatabase ArchiveDomain ArchiveName ArchiveGuid \
         RemoteArchive",
        ARCHIVES,
    ),
    absent(
        SET_BOTH,
        "AddressBookPolicy RetentionPolicy RoleAssignmentPolicy ManagedFolderMailboxPolicy \
         ManagedFolderMailboxPolicyAllowed",
        POLICIES,
    ),
    absent(
        "Set-Mailbox",
        "OfflineAddressBook SharingPolicy ThrottlingPolicy \
         RemoveManagedFolderAndPolicy",
        POLICIES,
    ),
    absent("New-Mailbox", "SharingPolicy ThrottlingPolicy", POLICIES),
    absent("New-Mailbox Enable-Mailbox Set-CASMailbox", "ActiveSyncMailboxPolicy", POLICIES),
    absent(
        "Set-Mailbox",
        "Type ResourceCapacity ResourceCustom EnableRoomMailboxAccount \
         RoomMailboxPassword",
        ROOMS,
    ),
    absent("Set-Mailbox", "Name FirstName LastName Office Initials Phone SimpleDisplayName", NAMES),
    absent("New-Mailbox", "Initials Office Phone MobilePhone", NAMES),
    absent(
        "Set-Mailbox",
        "UserPrincipalName SamAccountName SecondaryAddress SecondaryDialPlan",
        LOGON,
    ),
    absent("Set-Mailbox", "Password NewPassword OldPassword ResetPasswordOnNextLogon", PASSWORD),
    absent(
        "Set-Mailbox",
        "WindowsEmailAddress",
        "it is the primary mail address; use \
         -PrimarySmtpAddress",
    ),
    absent(
        "Set-Mailbox",
        "PublicFolder DefaultPublicFolderMailbox \
         IsExcludedFromServingHierarchy IsHierarchyReady",
        FOLDERS,
    ),
    absent("New-Mailbox", "PublicFolder HoldForMigration", FOLDERS),
    absent(
        "Set-Mailbox New-Mailbox Enable-Mailbox Set-User",
        "LinkedMasterAccount LinkedCredential LinkedDomainController",
        LINKED,
    ),
    absent("Set-Mailbox Set-User", "CreateDTMFMap UMDtmfMap", CALLS),
    absent("Set-User", "TelephoneAssistant UMCallingLineIds SeniorityIndex", CALLS),
    absent("Set-Mailbox", "CalendarRepairDisabled CalendarVersionStoreDisabled", REPAIRS),
    absent(
        "Set-Mailbox",
        "AntispamBypassEnabled SCLDeleteEnabled SCLDeleteThreshold SCLJunkEnabled SCLJunkThreshold \
         SCLQuarantineEnabled SCLQuarantineThreshold SCLRejectEnabled SCLRejectThreshold",
        JUNK,
    ),
    absent("Set-Mailbox", "MessageTrackingReadStatusEnabled", READ),
    absent("Set-Mailbox", "UserCertificate UserSMimeCertificate", SMIME),
    absent("Set-Mailbox", "Languages ExternalOofOptions", LANGUAGES),
    absent(
        "Set-CASMailbox",
        "ActiveSyncAllowedDeviceIDs ActiveSyncBlockedDeviceIDs ActiveSyncDebugLogging \
         ECPEnabled EwsAllowEntourage EwsAllowList EwsAllowMacOutlook EwsAllowOutlook \
         EwsApplicationAccessPolicy EwsBlockList HasActiveSyncDevicePartnership \
         ImapEnableExactRFC822Size ImapForceICalForCalendarRetrievalOption \
         ImapMessagesRetrievalMimeFormat ImapProtocolLoggingEnabled \
         ImapSuppressReadReceipt ImapUseProtocolDefaults MAPIBlockOutlookExternalConnectivity \
         MAPIBlockOutlookNonCachedMode MAPIBlockOutlookRpcHttp MAPIBlockOutlookVersions \
         MapiHttpEnabled PopEnableExactRFC822Size PopForceICalForCalendarRetrievalOption \
         PopMessageDeleteEnabled PopMessagesRetrievalMimeFormat PopProtocolLoggingEnabled \
         PopSuppressReadReceipt PopUseProtocolDefaults RemotePowerShellEnabled \
         ResetAutoBlockedDevices ShowGalAsDefaultView IsOptimizedForAccessibility",
        ACCESS,
    ),
    absent(
        "Get-Mailbox Set-Mailbox New-Mailbox Enable-Mailbox Disable-Mailbox Remove-Mailbox \
         Get-CASMailbox Set-CASMailbox Get-User Set-User Get-Recipient",
        "Credential ReadIsFromDomainController AccountPartition Organization",
        ONE_SERVER,
    ),
    absent("New-Mailbox", "IgnoreDefaultScope ReadFromDomainController", ONE_SERVER),
    absent(
        "Get-Mailbox Get-Recipient",
        "Arbitration PublicFolder SoftDeletedMailbox InactiveMailboxOnly IncludeInactiveMailbox \
         AuditLog GroupMailbox Migration RemoteArchive BookmarkDisplayName IncludeBookmarkObject \
         PropertySet RecipientPreviewFilter AuthenticationType Capabilities",
        KINDS,
    ),
    absent(
        "New-Mailbox",
        "Shared Room Arbitration Discovery Equipment LinkedRoom AccountDisabled AuditLog \
         EnableRoomMailboxAccount \
         RoomMailboxPassword MailboxContainerGuid OverrideRecipientQuotas \
         ForestWideDomainController \
         ExternalDirectoryObjectId",
        KINDS,
    ),
    absent(
        "Enable-Mailbox",
        "Arbitration Discovery Equipment LinkedRoom Room Shared PublicFolder \
         Force BypassModerationCheck HoldForMigration",
        KINDS,
    ),
    absent(
        "Set-Mailbox",
        "Arbitration AuditLog Migration ImmutableId MailboxPlan \
         MailboxProvisioningConstraint MailboxProvisioningPreferences PitrCopyIntervalInSeconds \
         QueryBaseDN QueryBaseDNRestrictionEnabled RemoteRecipientType DisableThrottling \
         MaxRecipients OriginalPrimarySmtpAddress",
        KINDS,
    ),
    absent(
        "New-Mailbox Set-Mailbox",
        "MicrosoftOnlineServicesID WindowsLiveID EvictLiveId FederatedIdentity MailboxRegion",
        TENANTS,
    ),
    absent(
        "Remove-Mailbox",
        "Arbitration PublicFolder RemoveLastArbitrationMailboxAllowed \
         Database StoreMailboxIdentity KeepWindowsLiveID Disconnect",
        KINDS,
    ),
    absent(
        "Disable-Mailbox",
        "Arbitration PublicFolder DisableLastArbitrationMailboxAllowed \
         DisableArbitrationMailboxWithOABsAllowed RemoteArchive PreserveEmailAddresses",
        KINDS,
    ),
    absent(
        "Get-MailboxStatistics Get-MailboxFolderStatistics",
        "CopyOnServer IncludeMoveHistory IncludeMoveReport IncludeQuarantineDetails \
         NoADLookup StoreMailboxIdentity AuditLog DiagnosticInfo DiagnosticArgument",
        "there is one copy of a mailbox, and its moves leave no report; leave it out",
    ),
    absent(
        "Set-User",
        "AllowUMCallsFromNonUsers CertificateSubject GeoCoordinates LinkedMasterSid \
         MailboxProvisioningConstraint MailboxProvisioningPreferences PublicFolder \
         RemotePowerShellEnabled ResetPasswordOnNextLogon SimpleDisplayName \
         StsRefreshTokensValidFrom UpgradeRequest UpgradeStatus Arbitration",
        "nothing here acts on it; Set-User has what the page's card of a person shows",
    ),
    absent(
        "Set-User",
        "OtherFax OtherHomePhone OtherTelephone Pager PostOfficeBox",
        "one number of each kind is kept; -Phone, -MobilePhone, -HomePhone and -Fax have one each",
    ),
    absent(
        "Enable-CsUser Set-CsUser Disable-CsUser Get-CsUser Move-CsUser",
        "TenantId Tenant SkuId AcpInfo EnabledForFederation EnabledForInternetAccess \
         PublicNetworkEnabled HostingProvider UserRoutingGroupId",
        TENANTS,
    ),
    absent(
        "Set-CsUser Enable-CsUser",
        "IPPBXSoftPhoneRoutingEnabled OnPremLineURI \
         OnPremEnterpriseVoiceEnabled EnterpriseVoiceDisabled VoicePolicy DialPlan",
        LYNC_CALLS,
    ),
    absent(
        "Move-CsUser",
        "ConfirmMove Report UserList MaxNumberOfRetries BypassEnterpriseVoiceCheck \
         BypassAudioConferencingCheck UseOAuth UseLegacyMode ProxyCredential DoNotFailIfPoolDown",
        MOVES,
    ),
    absent(
        "New-MoveRequest",
        "AcceptLargeDataLoss AllowLargeItems ArchiveDomain ArchiveOnly \
         ArchiveTargetDatabase CompleteAfter CompletedRequestAgeLimit \
         DoNotPreserveMailboxSignature \
         ForceOffline ForcePull ForcePush IgnoreRuleLimitErrors IncrementalSyncInterval \
         InternalFlags LargeItemLimit MRSServer Outbound PreventCompletion PrimaryOnly Priority \
         Protect Remote RemoteCredential RemoteGlobalCatalog RemoteHostName RemoteLegacy \
         RemoteOrganizationName RemoteTargetDatabase RequestExpiryInterval SkipMoving StartAfter \
         Suspend SuspendComment SuspendWhenReadyToComplete TargetDeliveryDomain WorkloadType \
         AllowConnectedMailbox DomainController",
        MOVES,
    ),
    absent(
        "Get-MoveRequest",
        "Anr BatchName Credential Flags HighPriority IncludeSoftDeletedObjects \
         Offline OrganizationalUnit Protect RemoteHostName ResultSize SortBy Suspend \
         SuspendWhenReadyToComplete DomainController",
        MOVES,
    ),
    absent("New-ExchangeCertificate Import-ExchangeCertificate", "Instance ByteEncoded", PSCERT),
    absent(
        "Request-CsCertificate",
        "CaAccount CaPassword ClientEKU GlobalCatalog \
         GlobalSettingsDomainController KeyAlg Template Report Subject \
         SynchronizationFrequency",
        PSCERT,
    ),
    absent(
        "Set-UMCallRouterSettings",
        "ExternalHostFqdn ExternalServiceFqdn IPAddressFamily \
         IPAddressFamilyConfigurable MaxCallsAllowed UMPodRedirectTemplate \
         UMForwardingAddressTemplate",
        ROUTER,
    ),
    absent(
        "Set-UMService",
        "ExternalHostFqdn ExternalServiceFqdn GrammarGenerationSchedule \
         IrmLogEnabled IrmLogMaxAge IrmLogMaxDirectorySize IrmLogMaxFileSize IrmLogPath \
         Status UMPodRedirectTemplate",
        ROUTER,
    ),
    absent(
        "Set-UMDialPlan",
        "AllowDialPlanSubscribers AllowExtensions \
         AllowHeuristicADCallingLineIdResolution AudioCodec AutomaticSpeechRecognitionEnabled \
         CallAnsweringRulesEnabled CallSomeoneEnabled ContactAddressList \
         ContactRecipientContainer ContactScope DefaultOutboundCallingLineId DialByNamePrimary \
         DialByNameSecondary EquivalentDialPlanPhoneContexts Extension \
         InCountryOrRegionNumberFormat \
         InfoAnnouncementEnabled InfoAnnouncementFilename InputFailuresBeforeDisconnect \
         InternationalAccessCode InternationalNumberFormat LegacyPromptPublishingPoint \
         LogonFailuresBeforeDisconnect MatchedNameSelectionMethod MaxCallDuration \
         MaxRecordingDuration NationalNumberPrefix NumberingPlanFormats OperatorExtension \
         OutsideLineAccessCode PilotIdentifierList RecordingIdleTimeout \
         SendVoiceMsgEnabled SubscriberType TUIPromptEditingEnabled UMAutoAttendant \
         UseUMPhoneContext WelcomeGreetingEnabled WelcomeGreetingFilename",
        PLANS,
    ),
    absent("New-UMDialPlan", "SubscriberType", PLANS),
    absent(
        "New-CsExternalAccessPolicy Set-CsExternalAccessPolicy",
        "EnableOutsideAccess EnablePublicCloudAccess EnablePublicCloudAudioVideoAccess \
         EnableXmppAccess",
        "people sign in from everywhere alike, and other organizations are reached by SIP only; \
         leave it out",
    ),
    absent(
        "New-CsUserServicesPolicy Set-CsUserServicesPolicy",
        "MigrationDelayInDays EnableAwaySinceIndication",
        "it came after 2013, and contacts are where they belong at once; leave it out",
    ),
    absent(
        "Set-ClientAccessServer",
        "AlternateServiceAccountCredential Array \
         CleanUpInvalidAlternateServiceAccountCredentials IrmLogEnabled IrmLogMaxAge \
         IrmLogMaxDirectorySize IrmLogMaxFileSize IrmLogPath IsOutOfService \
         RemoveAlternateServiceAccountCredentials",
        DIRECTORY,
    ),
    absent("Get-Content", "Wait", FOLLOWED),
    absent("Get-ChildItem", "Attributes Hidden ReadOnly System", BARE_FILES),
];

/// The parameter's own spelling and the reason why a cmdlet does not have it, if it is known.
pub(crate) fn parameter(cmdlet: &str, name: &str) -> Option<(&'static str, &'static str)> {
    ROWS.iter().find_map(|row| {
        row.cmdlets.split(' ').find(|own| same_name(own, cmdlet))?;
        let own = row.names.split(' ').find(|own| same_name(own, name))?;
        Some((own, row.why))
    })
}

/// Why a cmdlet does not have a parameter, in one sentence.
pub(crate) fn parameter_sentence(cmdlet: &str, name: &str) -> Option<String> {
    let (own, why) = parameter(cmdlet, name)?;
    Some(format!("{cmdlet} -{own} is not applicable here: {why}."))
}

/// The error of a call with such a parameter.
pub(crate) fn parameter_refusal(cmdlet: &str, name: &str) -> Option<Error> {
    let message = parameter_sentence(cmdlet, name)?;
    let error = Error::new(Category::InvalidArgument, "ParameterNotApplicable", message);
    Some(error.target(name).exception("ParameterBindingException"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_for_cmdlets_that_exist_and_parameters_that_do_not() {
        let mut seen = std::collections::HashSet::new();
        for row in ROWS {
            assert!(row.why.contains("; ") && !row.why.ends_with('.'), "{}", row.why);
            for name in row.cmdlets.split_whitespace() {
                let cmdlet = crate::cmdlet::find(name).expect(name);
                for parameter in row.names.split_whitespace() {
                    assert!(cmdlet.parameter(parameter).is_none(), "{name} -{parameter}");
                    assert!(seen.insert((name, parameter)), "{name} -{parameter} is there twice");
                }
            }
        }
    }

    /// What stands after the semicolon names cmdlets and their parameters.
    #[test]
    fn what_to_use_instead_exists() {
        for row in ROWS {
            for word in row.why.split(|c: char| !c.is_ascii_alphanumeric() && c != '-') {
                let Some((verb, noun)) = word.split_once('-') else { continue };
                let is_name = |part: &str| part.starts_with(|c: char| c.is_ascii_uppercase());
                if is_name(verb) && is_name(noun) {
                    assert!(crate::cmdlet::find(word).is_some(), "{word}: {}", row.why);
                }
            }
        }
    }

    #[test]
    fn a_known_parameter_is_told_of_in_any_case() {
        let sentence = parameter_sentence("Set-Mailbox", "prohibitsendquota").unwrap_or_default();
        assert!(sentence.starts_with("Set-Mailbox -ProhibitSendQuota is not applicable here: "));
        assert_eq!(parameter_sentence("Set-Mailbox", "Nonsense"), None);
    }
}
