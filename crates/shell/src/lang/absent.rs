//! Types of .NET that scripts use and this shell does not have: what to use instead.

/// Beginnings of names in lower case without `System.`, and the sentence that helps.
const ABSENT: &[(&str, &str)] = &[
    ("net.webclient", "Use curl in the system's own shell."),
    ("net.webrequest", "Use curl in the system's own shell."),
    ("net.httpwebrequest", "Use curl in the system's own shell."),
    ("net.http.", "Use curl in the system's own shell."),
    ("net.mail.", "Send mail from a mail program, to the node's SMTP port."),
    ("web.mail.", "Send mail from a mail program, to the node's SMTP port."),
    ("net.dns", "Use dig or getent in the system's own shell."),
    ("net.sockets.", "Use nc in the system's own shell, or Test-CsRegistration and its kin."),
    ("net.networkinformation.", "Use ping and ip in the system's own shell."),
    ("adsi", "There is no directory beside Tandem's own accounts: use Get-User and Get-CsAdUser."),
    (
        "directoryservices.",
        "There is no directory beside Tandem's own accounts: use Get-User and Get-CsAdUser.",
    ),
    ("wmi", "This computer has no WMI: use Get-Service and Get-ExchangeServer."),
    (
        "management.managementobject",
        "This computer has no WMI: use Get-Service and Get-ExchangeServer.",
    ),
    ("reflection.", "Leave the line out: all that there is is loaded."),
    ("appdomain", "Leave the line out: all that there is is loaded."),
    ("windows.", "There are no windows here: use Read-Host and Write-Host."),
    ("drawing.", "There are no windows here: use Read-Host and Write-Host."),
    ("data.", "There is no other database: use the cmdlets, and Import-Csv for lists."),
    ("diagnostics.process", "Use the system's own shell; Get-Service shows the roles of the node."),
    ("diagnostics.eventlog", "Use Get-EventLog."),
    ("threading.", "A pipeline runs to its end; Start-Sleep waits."),
    ("management.automation.runspaces.", "A pipeline runs to its end; start a second shell."),
    ("management.automation.powershell", "A pipeline runs to its end; start a second shell."),
    ("runspacefactory", "A pipeline runs to its end; start a second shell."),
    ("powershell", "A pipeline runs to its end; start a second shell."),
    ("io.stream", "Use Get-Content, Set-Content and Add-Content."),
    ("io.filestream", "Use Get-Content, Set-Content and Add-Content."),
    ("io.memorystream", "Use [byte[]] and Get-Content -Encoding Byte."),
    ("io.compression", "Use zip or tar in the system's own shell."),
    ("security.cryptography.x509certificates", "Use Get-ExchangeCertificate, or Get-Item Cert:\\…"),
    ("security.cryptography.", "Use openssl or sha256sum in the system's own shell."),
    ("security.principal.", "Use whoami, and Get-Command for what one may run."),
    ("microsoft.win32.registry", "Use Get-ItemProperty HKLM:\\…"),
    ("microsoft.visualbasic.", "Use Read-Host."),
    ("serviceprocess.", "Use Get-Service and Restart-Service."),
    ("timers.", "Use Start-Sleep in a loop."),
    ("globalization.", "Numbers and times are written as in the United States (en-US)."),
    ("activator", "Use New-Object."),
    ("runtime.", "Leave the line out, or use a cmdlet."),
    ("gc", "Leave the line out: memory needs no care."),
];

/// What to use instead of a type, by its name in lower case without `System.`.
pub(crate) fn instead_of_type(name: &str) -> &'static str {
    if name.contains("[,") {
        return "Arrays have one dimension here: make an array of arrays, such as $a = 1..2 | \
                ForEach-Object { ,(New-Object 'object[]' 3) }, and write $a[0][1].";
    }
    let found = ABSENT.iter().find(|(start, _)| name.starts_with(start));
    found.map_or("Use a cmdlet or a function: only plain types are here.", |(_, instead)| instead)
}
