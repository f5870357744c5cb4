//! The mail half's rows.

use super::{NotApplicable, row};

const OVERRIDES: &str = "settings are overridden where they are, not by a layer above them";
const DATABASES: &str = "all mailboxes are rows of the one store in the data folder";
const GROUPS: &str =
    "there are no database availability groups, because the one store has no copies";
const OAUTH: &str = "inside one deployment the halves trust each other without OAuth";
const DIRECTORY: &str = "there is no Active Directory, and all accounts are in Tandem itself";
const BACKUP: &str = "back up the data folder while the node runs, the log belongs to it";

pub(super) const CALLS: &str = "Tandem answers no calls, so nobody has a mailbox for voice \
                                messages, and dial plans are there for the known servers alone";

pub(super) const ROWS: &[NotApplicable] = &[
    row(
        "Get New Set Remove",
        "SettingOverride",
        OVERRIDES,
        "edit Web.config for instant messaging, and use Set-OwaVirtualDirectory and \
         Set-OwaMailboxPolicy",
    ),
    row(
        "Get",
        "ExchangeDiagnosticInfo",
        "there is no process of Exchange to ask",
        "use Test-OwaInstantMessaging, Get-EventLog, or the metrics and /health of the node",
    ),
    row("Test", "OAuthConnectivity", OAUTH, "test the seam with Test-OwaInstantMessaging"),
    row("Get Set", "AuthConfig", OAUTH, "Get-ExchangeCertificate lists the certificates in use"),
    row("Get New Set Remove", "AuthServer", OAUTH, "leave the step out"),
    row("Get New Set Remove", "PartnerApplication", OAUTH, "leave the step out"),
    row("Get New Set Remove", "MailboxDatabase", DATABASES, "Get-Mailbox lists them"),
    row("Mount Dismount", "Database", DATABASES, "start or stop the node"),
    row("Move", "DatabasePath", DATABASES, "stop the node and move its data folder"),
    row("Get Add Set Remove Suspend Resume Update", "MailboxDatabaseCopy", GROUPS, BACKUP),
    row("Get", "MailboxDatabaseCopyStatus", GROUPS, BACKUP),
    row("Get New Set Remove Start Stop Restore", "DatabaseAvailabilityGroup", GROUPS, BACKUP),
    row("Add Remove", "DatabaseAvailabilityGroupServer", GROUPS, BACKUP),
    row("Get New Set Remove", "DatabaseAvailabilityGroupNetwork", GROUPS, BACKUP),
    row("Move", "ActiveMailboxDatabase", GROUPS, BACKUP),
    row("Test", "ReplicationHealth", GROUPS, "ask /health of the node"),
    row(
        "Get Add Remove",
        "ADPermission",
        DIRECTORY,
        "administrators are the members of the socket's group, tandem-admins",
    ),
    row("Get", "ADServerSettings", DIRECTORY, "leave the line out, there is one scope"),
    row("Get Set", "ADSite", DIRECTORY, "Get-CsSite lists the sites of the topology"),
    row("Get Set", "AdSiteLink", DIRECTORY, "Get-CsSite lists the sites of the topology"),
    row("Get", "DomainController", DIRECTORY, "leave -DomainController out"),
    row("Get", "OrganizationalUnit", DIRECTORY, "Get-CsUser has -OU for the one container, Users"),
    row("Get New Set Remove", "UMMailboxPolicy", CALLS, "Get-UMDialPlan shows the plan's own"),
    row("Enable Disable Get Set", "UMMailbox", CALLS, "leave the step out"),
    row("Get Set", "UMMailboxPin", CALLS, "leave the step out"),
    row("Get New Remove Enable Disable", "UMIPGateway", CALLS, "leave the step out"),
    row("Get New Remove", "UMHuntGroup", CALLS, "leave the step out"),
    row("Get New Set Remove Enable Disable", "UMAutoAttendant", CALLS, "leave the step out"),
    row("Get New Set Remove", "UMCallAnsweringRule", CALLS, "leave the step out"),
    row("Enable Disable", "UMService", CALLS, "use Set-UMService for its dial plans"),
];
