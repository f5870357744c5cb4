//! Commands that people know and this shell does not have: what to use instead.

use crate::lang::text::is_like;

/// Names or wildcards, and the sentence after "is not supported here: ".
const REFUSED: &[(&str, &str)] = &[
    ("Invoke-Expression", "write the command itself, or call it by & $name @arguments"),
    ("iex", "write the command itself, or call it by & $name @arguments"),
    ("Start-Job", "a pipeline runs to its end; start a second shell for what should run beside it"),
    ("*-Job", "a pipeline runs to its end; start a second shell for what should run beside it"),
    ("*-ObjectEvent", "there are no events in this shell; Get-EventLog shows the node's"),
    ("*-EngineEvent", "there are no events in this shell; Get-EventLog shows the node's"),
    ("Wait-Event", "there are no events in this shell; Get-EventLog shows the node's"),
    (
        "Add-Type",
        "there are no .NET types beyond the plain ones; use functions and [pscustomobject]",
    ),
    ("Get-WmiObject", "this computer has no WMI; Get-Service and Get-ExchangeServer show the node"),
    ("gwmi", "this computer has no WMI; Get-Service and Get-ExchangeServer show the node"),
    ("*-Cim*", "this computer has no CIM; Get-Service and Get-ExchangeServer show the node"),
    ("Invoke-WebRequest", "use curl in the system's own shell"),
    ("Invoke-RestMethod", "use curl in the system's own shell"),
    ("iwr", "use curl in the system's own shell"),
    ("irm", "use curl in the system's own shell"),
    ("Send-MailMessage", "send mail from a mail program, to the node's SMTP port"),
    ("Out-GridView", "use Format-Table, or Export-Csv for a spreadsheet"),
    ("Out-Printer", "use Out-File"),
    ("Show-Command", "use Get-Help"),
    ("Start-Process", "use the system's own shell to start programs"),
    ("Stop-Process", "use the system's own shell; Restart-Service restarts a role of the node"),
    ("Get-Process", "use the system's own shell; Get-Service shows the roles of the node"),
    ("*-Clixml", "use ConvertTo-Json and ConvertFrom-Json"),
    ("*-PSSession", "this shell is connected to its node already; leave the line out"),
    ("Import-PSSession", "this shell is connected to its node already; leave the line out"),
    ("*-PSRemoting", "administrators connect to the node's machine, and run tandem shell there"),
    ("*-ScheduledTask*", "use the system's timers (systemd, cron) with tandem shell -c"),
    ("*-AdminAuditLog*", "changes are always logged; Search-AdminAuditLog reads the log"),
    ("*-ADUser", "accounts are in Tandem itself: Get-User and Get-CsAdUser list them"),
    ("*-DnsServer*", "there is no DNS server here; use the tools of the one that has your zone"),
    ("*-DnsClient*", "use the system's own tools (resolvectl, /etc/resolv.conf)"),
    ("Resolve-DnsName", "use dig or getent in the system's own shell"),
    ("*-Cluster*", "there are no clusters; the node is one process with one data folder"),
    ("*-ADGroup*", "there is no directory beside Tandem's own accounts"),
    ("*-AD*", "there is no Active Directory; accounts are in Tandem itself"),
    ("*-Acl", "use the system's own permissions (chmod)"),
    ("*-WebConfiguration*", "use appcmd set config, or [xml](Get-Content …) with Save()"),
    ("*-WebAppPool*", "use appcmd recycle apppool"),
    ("Restart-Computer", "use the system's own shell"),
    ("Stop-Computer", "use the system's own shell"),
];

/// What to use instead of a command that is known and absent.
pub(crate) fn instead_of(name: &str) -> Option<&'static str> {
    let found = REFUSED.iter().find(|(pattern, _)| is_like(name, pattern, false));
    found.map(|(_, instead)| *instead)
}
