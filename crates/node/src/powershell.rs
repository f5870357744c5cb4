//! The switches of `powershell.exe`, as scheduled tasks have them, for `tandem shell`.

use std::ffi::OsString;

/// What is known of a switch.
#[derive(Clone, Copy)]
enum Switch {
    /// The rest is lines to run.
    Command,
    /// The rest is a script and its arguments.
    File,
    /// Has no effect.
    Alone,
    /// Has no effect, and a value.
    WithValue,
}

/// Switches, and how many letters of each are enough.
const SWITCHES: &[(&str, usize, Switch)] = &[
    ("command", 2, Switch::Command),
    ("file", 1, Switch::File),
    ("noprofile", 3, Switch::Alone),
    ("nologo", 3, Switch::Alone),
    ("noninteractive", 4, Switch::Alone),
    ("sta", 2, Switch::Alone),
    ("mta", 1, Switch::Alone),
    ("executionpolicy", 2, Switch::WithValue),
    ("ep", 2, Switch::WithValue),
    ("windowstyle", 1, Switch::WithValue),
    ("inputformat", 3, Switch::WithValue),
    ("outputformat", 1, Switch::WithValue),
];

fn find(word: &OsString) -> Option<Switch> {
    let name = word.to_str()?.strip_prefix('-')?.to_ascii_lowercase();
    let is_it = |(known, least, _): &&(&str, usize, Switch)| {
        name.len() >= *least && known.starts_with(name.as_str())
    };
    SWITCHES.iter().find(is_it).map(|(_, _, switch)| *switch)
}

/// The command line, with the shell's own words instead of those of `powershell.exe`.
pub(crate) fn words(words: Vec<OsString>) -> Vec<OsString> {
    if words.get(1).is_none_or(|command| command != "shell") {
        return words;
    }
    let mut words = words.into_iter();
    let mut own: Vec<OsString> = words.by_ref().take(2).collect();
    while let Some(word) = words.next() {
        match find(&word) {
            Some(Switch::Alone) => {}
            Some(Switch::WithValue) => drop(words.next()),
            Some(Switch::File) => break,
            Some(Switch::Command) => {
                let rest: Vec<OsString> = words.by_ref().collect();
                let lines = rest.join(&OsString::from(" "));
                match lines == "-" {
                    true => own.push(lines),
                    false => own.extend([OsString::from("-c"), lines]),
                }
            }
            None if word == "--data" || word == "--socket" => {
                own.push(word);
                own.extend(words.next());
            }
            None if word.to_str().is_some_and(|text| text.starts_with("--data=")) => own.push(word),
            None if word.to_str().is_some_and(|text| text.starts_with("--socket=")) => {
                own.push(word);
            }
            None => {
                own.push(word);
                break;
            }
        }
    }
    own.extend(words);
    own
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scheduled_tasks_run_as_they_are() {
        for (given, expected) in [
            ("-NoProfile -ExecutionPolicy Bypass -File a.ps1 -Name x", "a.ps1 -Name x"),
            ("--data d -nop -noni -ep bypass -f a.ps1 -NoProfile", "--data d a.ps1 -NoProfile"),
            ("--data=d -NoLogo -Command Get-CsUser | ft Name", "--data=d -c|Get-CsUser | ft Name"),
            ("-NoProfile -Command -", "-"),
            ("-WindowStyle Hidden -c Get-CsUser", "-c Get-CsUser"),
            ("a.ps1 -File b -Command c", "a.ps1 -File b -Command c"),
            ("-h", "-h"),
            ("-NoExit", "-NoExit"),
            ("-", "-"),
            ("-ExecutionPolicy", ""),
        ] {
            let command = ["tandem", "shell"].into_iter().chain(given.split_whitespace());
            let found = words(command.map(OsString::from).collect());
            let found: Vec<&str> = found.iter().filter_map(|word| word.to_str()).skip(2).collect();
            let expected: Vec<&str> = match expected.split_once("-c|") {
                Some((before, lines)) => before.split_whitespace().chain(["-c", lines]).collect(),
                None => expected.split_whitespace().collect(),
            };
            assert_eq!(found, expected, "{given}");
        }
        let other: Vec<OsString> = ["tandem", "serve", "-File"].map(OsString::from).to_vec();
        assert_eq!(words(other.clone()), other);
    }
}
