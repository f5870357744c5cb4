//! The one table that says which built-in roles may run a cmdlet of the node.
//!
//! A cmdlet that is not in it belongs to the head of its half: *Organization Management*, or
//! *CsAdministrator* if its noun begins with `Cs`. So a new cmdlet is nobody else's by accident.
//! Reading what must stay secret is not looking: it stands in `BEYOND`. A test runs every cmdlet
//! as every role against this table through the real socket.

use super::{Role, Roles};
use crate::lang::object::same_name;

/// How a cmdlet is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// As its rights say.
    Plain,
    /// In a way that takes more than that: what people write is shown, somebody is signed in
    /// without a password, a program that mostly looks changes something.
    Beyond,
}

/// Some cmdlets, and who may run them.
struct Row {
    cmdlets: &'static [&'static str],
    who: Roles,
}

const fn row(who: Roles, cmdlets: &'static [&'static str]) -> Row {
    Row { cmdlets, who }
}

const ORGANIZATION: Roles = Roles::of(&[Role::OrganizationManagement]);
const VIEW: Roles =
    Roles::of(&[Role::OrganizationManagement, Role::ViewOnlyOrganizationManagement]);
const RECIPIENTS: Roles = Roles::of(&[Role::OrganizationManagement, Role::RecipientManagement]);
const SERVERS: Roles = Roles::of(&[Role::OrganizationManagement, Role::ServerManagement]);
const HELP: Roles = Roles::of(&[Role::HelpDesk]);
const RECORDS: Roles = Roles::of(&[Role::OrganizationManagement, Role::RecordsManagement]);

const CS: Roles = Roles::of(&[Role::CsAdministrator]);
const CS_SERVERS: Roles = Roles::of(&[Role::CsAdministrator, Role::CsServerAdministrator]);
const CS_USERS: Roles = Roles::of(&[Role::CsAdministrator, Role::CsUserAdministrator]);
const CS_TESTS: Roles =
    Roles::of(&[Role::CsAdministrator, Role::CsServerAdministrator, Role::CsHelpDesk]);
const CS_VIEW: Roles = Roles::of(&[
    Role::CsAdministrator,
    Role::CsServerAdministrator,
    Role::CsUserAdministrator,
    Role::CsHelpDesk,
    Role::CsViewOnlyAdministrator,
]);

/// Who may run a cmdlet as its rights say.
static PLAIN: &[Row] = &[
    // The mail half's people.
    row(VIEW.and(RECIPIENTS).and(HELP), &["Get-Mailbox", "Get-CASMailbox", "Get-MoveRequest"]),
    row(VIEW.and(RECIPIENTS).and(HELP), &["Get-User", "Get-UserPhoto", "Get-Recipient"]),
    row(VIEW.and(RECIPIENTS).and(HELP), &["Get-MailboxStatistics", "Get-MailboxFolderStatistics"]),
    row(RECIPIENTS, &["New-Mailbox", "Set-Mailbox", "Set-CASMailbox", "Set-User"]),
    row(RECIPIENTS, &["Enable-Mailbox", "Disable-Mailbox", "Remove-Mailbox"]),
    row(RECIPIENTS, &["Set-UserPhoto", "Remove-UserPhoto", "Remove-OwaMailboxPolicy"]),
    row(RECIPIENTS, &["New-MoveRequest", "Remove-MoveRequest"]),
    row(VIEW.and(RECIPIENTS).and(SERVERS).and(HELP), &["Get-OwaMailboxPolicy"]),
    row(RECIPIENTS, &["New-OwaMailboxPolicy", "Set-OwaMailboxPolicy"]),
    row(VIEW.and(RECIPIENTS).and(SERVERS).and(HELP), &["Test-OwaInstantMessaging"]),
    // Its servers.
    row(VIEW.and(RECIPIENTS).and(SERVERS), &["Get-ExchangeServer", "Get-UMDialPlan"]),
    row(VIEW.and(SERVERS), &["Get-OwaVirtualDirectory", "Get-UMService"]),
    row(VIEW.and(SERVERS), &["Get-UMCallRouterSettings", "Get-ExchangeCertificate"]),
    row(VIEW.and(SERVERS), &["Get-OwaInstantMessagingCheck"]),
    row(SERVERS, &["Set-OwaVirtualDirectory", "Set-UMService", "Set-UMCallRouterSettings"]),
    row(VIEW.and(RECIPIENTS).and(SERVERS), &["Get-ClientAccessServer"]),
    row(VIEW.and(RECIPIENTS).and(SERVERS), &["Get-OrganizationConfig", "Get-AcceptedDomain"]),
    row(SERVERS, &["Set-ClientAccessServer", "Restart-WebAppPool", "iisreset"]),
    row(SERVERS, &["New-OwaVirtualDirectory", "Remove-OwaVirtualDirectory"]),
    row(SERVERS, &["New-ExchangeServer", "Remove-ExchangeServer"]),
    row(SERVERS, &["New-ExchangeCertificate", "Enable-ExchangeCertificate"]),
    row(SERVERS, &["Import-ExchangeCertificate", "Remove-ExchangeCertificate"]),
    row(SERVERS, &["Switch-ExchangeCertificate", "Test-ExchangeCertificateChange"]),
    row(SERVERS, &["Export-ExchangeCertificate", "Import-Certificate"]),
    row(SERVERS, &["Submit-CertificateRequest", "Set-OwaInstantMessagingCheck"]),
    row(SERVERS, &["Test-OwaInstantMessagingCheck"]),
    row(ORGANIZATION, &["New-UMDialPlan", "Set-UMDialPlan", "Remove-UMDialPlan"]),
    // Saved scripts: what may be in them is looked at line by line.
    row(VIEW.and(RECIPIENTS).and(SERVERS).and(HELP).and(CS_VIEW), &["Get-Runbook"]),
    row(RECIPIENTS.and(SERVERS).and(CS_SERVERS).and(CS_USERS), &["Undo-Runbook"]),
    // Who administers, and what they did.
    row(VIEW.and(CS_VIEW), &["Get-RoleGroup", "Get-RoleGroupMember"]),
    row(
        ORGANIZATION.and(CS),
        &["Add-RoleGroupMember", "Remove-RoleGroupMember", "Update-RoleGroupMember"],
    ),
    row(CS_VIEW, &["Get-CsAdminRole"]),
    row(CS, &["New-CsAdminRole", "Set-CsAdminRole", "Remove-CsAdminRole"]),
    row(RECORDS.and(CS), &["Search-AdminAuditLog"]),
    // The computers: on Windows this took an administrator of the machine.
    row(VIEW.and(SERVERS).and(HELP).and(CS_VIEW), &["Get-EventLog", "Get-WinEvent"]),
    row(VIEW.and(SERVERS).and(HELP).and(CS_VIEW), &["Get-Service", "net", "sc"]),
    row(SERVERS.and(CS_SERVERS), &["Start-Service", "Stop-Service", "Restart-Service"]),
    // Whoever may ask it can see which ports of a network the node reaches.
    row(SERVERS.and(CS_SERVERS), &["Test-NetConnection"]),
    row(VIEW.and(SERVERS).and(CS_VIEW), &["Get-ChildItem", "Get-Item", "Test-Path"]),
    row(VIEW.and(SERVERS).and(CS_VIEW), &["Get-ItemProperty", "Get-ItemPropertyValue"]),
    row(SERVERS, &["New-ItemProperty", "Set-ItemProperty", "Remove-ItemProperty"]),
    // Files may be exported keys or what people wrote: to read them is not looking.
    row(SERVERS.and(CS_SERVERS), &["Get-Content"]),
    row(SERVERS, &["Set-Content", "New-Item", "Remove-Item"]),
    row(VIEW.and(SERVERS), &["appcmd"]),
    // The messaging half.
    row(CS_VIEW, &["Get-CsUser", "Get-CsSite", "Get-CsPool", "Get-CsComputer", "Get-CsService"]),
    row(CS_VIEW, &["Get-CsSipDomain", "Get-CsManagementStoreReplicationStatus"]),
    row(CS_VIEW, &["Get-CsTrustedApplication", "Get-CsTrustedApplicationComputer"]),
    row(CS_VIEW, &["Get-CsTrustedApplicationPool", "Get-CsCertificate"]),
    row(CS_VIEW, &["Get-CsHealthMonitoringConfiguration"]),
    row(CS_VIEW, &["Get-CsAccessEdgeConfiguration", "Get-CsAllowedDomain", "Get-CsBlockedDomain"]),
    row(CS_VIEW, &["Get-CsClsConfiguration", "Get-CsClsScenario"]),
    row(CS_VIEW, &["Get-CsTopology", "Get-CsAdUser", "Get-CsUserPoolInfo"]),
    row(CS_USERS, &["Enable-CsUser", "Disable-CsUser", "Set-CsUser", "Move-CsUser"]),
    row(CS_SERVERS, &["Invoke-CsManagementStoreReplication", "Test-CsTopology", "Test-CsReplica"]),
    row(CS_SERVERS, &["Request-CsCertificate", "Import-CsCertificate"]),
    row(CS_SERVERS, &["Set-CsCertificate", "Remove-CsCertificate"]),
    row(CS_SERVERS, &["Start-CsClsLogging", "Stop-CsClsLogging", "Update-CsClsLogging"]),
    row(CS_SERVERS, &["Show-CsClsLogging", "Search-CsClsLogging", "Sync-CsClsLogging"]),
    row(CS_SERVERS, &["Watch-CsClsLogging", "New-CsClsProvider", "New-CsClsScenario"]),
    row(CS_SERVERS, &["Set-CsClsScenario", "Remove-CsClsScenario", "Set-CsClsConfiguration"]),
    row(CS_TESTS, &["Test-CsRegistration", "Test-CsPresence", "Test-CsIM"]),
    row(CS_TESTS, &["Test-CsUnifiedContactStore"]),
    row(CS_VIEW, &["Get-CsUserServicesPolicy", "Get-CsArchivingPolicy"]),
    row(CS_VIEW, &["Get-CsExternalAccessPolicy"]),
    row(CS_VIEW, &["Get-CsArchivingConfiguration", "Get-CsTrustedApplicationEndpoint"]),
    row(CS_USERS, &["Grant-CsUserServicesPolicy", "Grant-CsArchivingPolicy"]),
    row(CS_USERS, &["Grant-CsExternalAccessPolicy"]),
    row(CS_SERVERS, &["Debug-CsUnifiedContactStore", "Test-CsExStorageConnectivity"]),
    row(CS_SERVERS, &["New-CsTrustedApplicationEndpoint", "Set-CsTrustedApplicationEndpoint"]),
    row(CS_SERVERS, &["Remove-CsTrustedApplicationEndpoint", "Move-CsApplicationEndpoint"]),
];

/// Who may run one in a way that takes more.
static BEYOND: &[Row] = &[
    row(CS, &["Watch-CsClsLogging"]),
    row(CS_SERVERS, &["Test-CsRegistration", "Test-CsPresence", "Test-CsIM"]),
    row(CS_SERVERS, &["Test-CsUnifiedContactStore", "Debug-CsUnifiedContactStore"]),
    row(SERVERS, &["Test-OwaInstantMessagingCheck", "appcmd", "iisreset"]),
    row(SERVERS.and(CS_SERVERS), &["net", "sc"]),
];

/// The head of the half that a cmdlet is of.
pub(super) fn head(command: &str) -> Role {
    let noun = command.split_once('-').map_or("", |(_, noun)| noun);
    match noun.get(..2) {
        Some(start) if start.eq_ignore_ascii_case("cs") => Role::CsAdministrator,
        _ => Role::OrganizationManagement,
    }
}

/// The built-in roles that may run a cmdlet or program so.
pub fn allowed(command: &str, act: Act) -> Roles {
    let table = match act {
        Act::Plain => PLAIN,
        Act::Beyond => BEYOND,
    };
    let is_meant = |row: &&Row| row.cmdlets.iter().any(|name| same_name(name, command));
    table.iter().find(is_meant).map_or(Roles::of(&[head(command)]), |row| row.who)
}

/// The role that allows least of those that allow this.
pub(super) fn least(command: &str, act: Act) -> Role {
    let reach = |role: &Role| PLAIN.iter().filter(|row| row.who.has(*role)).count();
    allowed(command, act).iter().min_by_key(reach).unwrap_or(head(command))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cmdlet::{self, NATIVES, Rights, Run};

    #[test]
    fn every_row_is_of_something_and_of_one_thing() {
        let mut seen: Vec<&str> = Vec::new();
        for name in PLAIN.iter().flat_map(|row| row.cmdlets) {
            let is_native = NATIVES.iter().any(|native| native.name == *name);
            let found = cmdlet::find(name).filter(|cmdlet| cmdlet.name == *name);
            assert!(is_native || found.is_some(), "{name} is no cmdlet");
            assert!(!seen.contains(name), "{name} stands twice");
            seen.push(name);
        }
        for name in BEYOND.iter().flat_map(|row| row.cmdlets) {
            assert!(seen.contains(name), "{name} is beyond nothing");
        }
    }

    #[test]
    fn who_only_looks_changes_nothing() {
        let looking = [Role::ViewOnlyOrganizationManagement, Role::HelpDesk];
        let looking = looking.into_iter().chain([
            Role::RecordsManagement,
            Role::CsHelpDesk,
            Role::CsViewOnlyAdministrator,
        ]);
        for role in looking {
            for cmdlet in cmdlet::all().filter(|cmdlet| cmdlet.rights == Rights::Write) {
                if !matches!(cmdlet.run, Run::Client(_)) {
                    let who = allowed(cmdlet.name, Act::Plain);
                    assert!(!who.has(role), "{} may run {}", role.name(), cmdlet.name);
                }
            }
            for name in BEYOND.iter().flat_map(|row| row.cmdlets) {
                assert!(!allowed(name, Act::Beyond).has(role), "{}: {name}", role.name());
            }
            assert!(!allowed("Get-Content", Act::Plain).has(role), "{}", role.name());
        }
    }

    #[test]
    fn the_head_of_a_half_may_run_all_of_it() {
        for cmdlet in cmdlet::all().filter(|cmdlet| !matches!(cmdlet.run, Run::Client(_))) {
            for act in [Act::Plain, Act::Beyond] {
                assert!(allowed(cmdlet.name, act).has(head(cmdlet.name)), "{}", cmdlet.name);
            }
        }
        assert_eq!(allowed("Get-NobodyKnows", Act::Plain).names(), "Organization Management");
        assert_eq!(allowed("get-csnobodyknows", Act::Plain).names(), "CsAdministrator");
    }
}
