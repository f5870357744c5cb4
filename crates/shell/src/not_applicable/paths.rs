//! Paths that people know from a Windows server and that are not on the mapped drives.

/// Paths that a Windows server has and the mapped drives have not, and what to do instead.
const ELSEWHERE: [(&str, &str); 5] = [
    (
        "hklm:\\",
        "Of the registry there is what the integration looks at, below HKLM:\\SYSTEM\\\
         CurrentControlSet\\Services\\MSExchange OWA; settings are read by their Get- cmdlets.",
    ),
    (
        "c:\\program files\\microsoft\\exchange server\\v15\\scripts",
        "Exchange's scripts are no files here; Get-Help with a script's name says what takes its \
         place.",
    ),
    (
        "c:\\program files\\microsoft\\exchange server\\v15\\bin",
        "Exchange's programs are no files here: they are the node itself; Get-Service lists its \
         roles.",
    ),
    (
        "c:\\program files\\microsoft lync server 2013",
        "Lync Server's programs are no files here: they are the node itself; Get-CsService lists \
         its roles.",
    ),
    ("c:\\inetpub", "IIS keeps no files here; appcmd list says what there is of it."),
];

/// What to do instead of looking at a path that is not there, if people know it from Windows.
pub(crate) fn instead_of_path(path: &str) -> Option<&'static str> {
    let lower = path.to_lowercase().replace('/', "\\");
    let lower = lower.trim_start_matches("microsoft.powershell.core\\");
    let found = ELSEWHERE.iter().find(|(place, _)| lower.starts_with(place));
    found.map(|(_, instead)| *instead)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_paths_are_told_of_however_they_are_spelled() {
        for (path, known) in [
            ("HKLM:\\SOFTWARE\\Microsoft\\ExchangeServer\\v15\\Setup", true),
            ("hklm:/software", true),
            ("C:\\Program Files\\Microsoft\\Exchange Server\\V15\\Scripts\\x.ps1", true),
            ("C:\\inetpub\\logs", true),
            ("C:\\Temp\\x", false),
            ("/etc/x", false),
        ] {
            assert_eq!(instead_of_path(path).is_some(), known, "{path}");
        }
    }

    #[test]
    fn what_to_use_instead_exists() {
        for (_, instead) in ELSEWHERE {
            for word in instead.split(|c: char| !c.is_ascii_alphanumeric() && c != '-') {
                let is_command = word.split_once('-').is_some_and(|(verb, noun)| {
                    !noun.is_empty() && verb.starts_with(|c: char| c.is_ascii_uppercase())
                });
                assert!(!is_command || crate::cmdlet::find(word).is_some(), "{word}");
            }
        }
    }
}
