//! Which module a cmdlet is in on Windows: what `ModuleName` says, `Get-Module` lists and
//! `Get-Command -Module` looks for.

use crate::cmdlet::{Cmdlet, Run};
use crate::lang::text::is_like;

/// Where PowerShell keeps the language's own cmdlets: a snap-in, which `Get-Module` does not list.
pub(super) const CORE: &str = "Microsoft.PowerShell.Core";
const DIAGNOSTICS: &str = "Microsoft.PowerShell.Diagnostics";
const HOST: &str = "Microsoft.PowerShell.Host";
const MANAGEMENT: &str = "Microsoft.PowerShell.Management";
const SECURITY: &str = "Microsoft.PowerShell.Security";
const UTILITY: &str = "Microsoft.PowerShell.Utility";

/// The modules of this shell's commands, as `Get-Command` names them, and other names that scripts
/// have for each.
pub(super) const MODULES: &[(&str, &[&str])] = &[
    ("Exchange", &[]),
    ("Lync", &["SkypeForBusiness", "LyncOnlineConnector"]),
    (CORE, &[]),
    (DIAGNOSTICS, &[]),
    (HOST, &[]),
    (MANAGEMENT, &[]),
    (SECURITY, &[]),
    (UTILITY, &[]),
    ("NetTCPIP", &[]),
    ("PKI", &[]),
    ("Tandem", &[]),
    ("WebAdministration", &["IISAdministration"]),
];

/// Those that are neither Exchange's nor Lync's.
pub(super) const OWN: &[&str] = &[
    CORE,
    DIAGNOSTICS,
    HOST,
    MANAGEMENT,
    SECURITY,
    UTILITY,
    "NetTCPIP",
    "PKI",
    "Tandem",
    "WebAdministration",
];

/// The snap-ins of Exchange.
pub(super) const SNAP_INS: [&str; 3] = [
    "Microsoft.Exchange.Management.PowerShell.SnapIn",
    "Microsoft.Exchange.Management.PowerShell.E2010",
    "Microsoft.Exchange.Management.PowerShell.Admin",
];

/// What is not in `Microsoft.PowerShell.Utility`, where most cmdlets about objects are.
const ELSEWHERE: &[(&str, &[&str])] = &[
    (
        CORE,
        &[
            "Add-PSSnapin",
            "Clear-History",
            "Enter-PSSession",
            "ForEach-Object",
            "Get-Command",
            "Get-Help",
            "Get-History",
            "Get-Module",
            "Get-PSSession",
            "Get-PSSnapin",
            "help",
            "Import-Module",
            "Invoke-Command",
            "Invoke-History",
            "more",
            "New-PSSession",
            "New-PSSessionOption",
            "Out-Host",
            "Out-Null",
            "Remove-Module",
            "Remove-PSSession",
            "Set-StrictMode",
            "Where-Object",
        ],
    ),
    (DIAGNOSTICS, &["Get-WinEvent"]),
    (HOST, &["Start-Transcript", "Stop-Transcript"]),
    (
        MANAGEMENT,
        &[
            "Add-Content",
            "Clear-Content",
            "Copy-Item",
            "Get-ChildItem",
            "Get-ComputerInfo",
            "Get-Content",
            "Get-EventLog",
            "Get-Item",
            "Get-ItemProperty",
            "Get-ItemPropertyValue",
            "Get-Location",
            "Get-PSDrive",
            "Get-Service",
            "Get-TimeZone",
            "Join-Path",
            "Move-Item",
            "New-Item",
            "New-ItemProperty",
            "Pop-Location",
            "Push-Location",
            "Remove-Item",
            "Remove-ItemProperty",
            "Rename-Item",
            "Resolve-Path",
            "Restart-Service",
            "Set-Content",
            "Set-ItemProperty",
            "Set-Location",
            "Split-Path",
            "Start-Service",
            "Stop-Service",
            "Test-Path",
        ],
    ),
    (
        SECURITY,
        &["ConvertTo-SecureString", "Get-Credential", "Get-ExecutionPolicy", "Set-ExecutionPolicy"],
    ),
    ("NetTCPIP", &["Test-NetConnection"]),
    ("PKI", &["Import-Certificate"]),
    ("WebAdministration", &["Restart-WebAppPool"]),
    // Functions, programs and conveniences: they have no module on Windows.
    ("Tandem", &["Clear-Host", "hostname", "mkdir", "pause", "whoami"]),
];

/// Those of Exchange that run in the client.
const EXCHANGE: [&str; 4] =
    ["Connect-ExchangeServer", "Get-ExCommand", "Get-PSCommand", "Set-ADServerSettings"];

/// The module a cmdlet is in on Windows.
pub(super) fn module(cmdlet: &Cmdlet) -> &'static str {
    let name = cmdlet.name;
    let noun = name.split_once('-').map_or("", |(_, noun)| noun);
    if is_lync(noun) || EXCHANGE.contains(&name) {
        return snap_in(noun);
    }
    let known = ELSEWHERE.iter().find(|(_, names)| names.contains(&name));
    if let Some((module, _)) = known {
        return module;
    }
    match cmdlet.run {
        Run::Client(_) if noun == "PSSession" => CORE,
        Run::Client(_) | Run::ByPath { .. } => UTILITY,
        Run::Node(_) => snap_in(noun),
    }
}

/// The snap-in of a noun that is not the shell's own.
pub(super) fn snap_in(noun: &str) -> &'static str {
    if is_lync(noun) { "Lync" } else { "Exchange" }
}

/// Nouns of Lync begin with `Cs` and another capital; `Csv` is something else.
fn is_lync(noun: &str) -> bool {
    noun.strip_prefix("Cs").is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_uppercase()))
}

/// Whether a pattern means one of the modules; a snap-in's name means Exchange.
pub(super) fn means(pattern: &str, module: &str) -> bool {
    let others = MODULES.iter().find(|(own, _)| *own == module).map(|(_, others)| *others);
    let snap_ins: &[&str] = if module == "Exchange" { &SNAP_INS } else { &[] };
    let exact = |name: &&&str| name.eq_ignore_ascii_case(pattern);
    is_like(module, pattern, false)
        || others.unwrap_or_default().iter().any(|name| exact(&name))
        || snap_ins.iter().any(|name| is_like(name, pattern, false) && pattern.contains('.'))
}

/// Whether a module is among those wanted; all are if nobody says.
pub(super) fn is_module(patterns: Option<&[String]>, module: &str) -> bool {
    patterns.is_none_or(|patterns| patterns.iter().any(|pattern| means(pattern, module)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_the_tables_are_cmdlets() {
        let placed = ELSEWHERE.iter().flat_map(|(_, names)| names.iter());
        for name in placed.chain(&EXCHANGE) {
            let cmdlet = crate::cmdlet::all().find(|cmdlet| cmdlet.name == *name);
            let module = cmdlet.map(module);
            assert!(module.is_some_and(|it| MODULES.iter().any(|(own, _)| *own == it)), "{name}");
        }
    }
}
