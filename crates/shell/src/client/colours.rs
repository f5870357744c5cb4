//! Syntax colours, by the roles of words.

use reedline::{Color, Highlighter, StyledText};

use super::known::{Known, Shared, look};
use super::scan::{Role, Word, scan};
use crate::cmdlet;

/// Colours what is typed.
pub(super) struct Colours {
    known: Shared,
}

impl Colours {
    pub(super) fn new(known: Shared) -> Colours {
        Colours { known }
    }
}

impl Highlighter for Colours {
    fn highlight(&self, line: &str, cursor: usize) -> StyledText {
        let mut text = StyledText::new();
        let mut end = 0;
        let mut push = |part: Option<&str>, colour: Option<Color>| {
            if let Some(part) = part.filter(|part| !part.is_empty()) {
                let colour = colour.unwrap_or(Color::Default);
                text.push((colour.normal(), part.to_owned()));
            }
        };
        for word in scan(line).words {
            push(line.get(end..word.start), None);
            let colour = look(&self.known, |known| colour(known, line, &word, cursor));
            push(line.get(word.start..word.end), colour);
            end = word.end;
        }
        push(line.get(end..), None);
        text
    }
}

/// One of the sixteen colours of every terminal, which its owner made readable, and none of those
/// that vanish on white or on black; the terminal's own if none.
fn colour(known: &Known, line: &str, word: &Word, cursor: usize) -> Option<Color> {
    Some(match word.role {
        Role::Command => return command(known, line, word, cursor),
        Role::Parameter => Color::Cyan,
        Role::Text => Color::Green,
        Role::Variable => Color::Purple,
        Role::Number => Color::Blue,
        Role::Comment => Color::DarkGray,
        Role::Keyword | Role::Type => Color::LightBlue,
        Role::Operator | Role::Separator | Role::Bracket | Role::Member | Role::Argument => {
            return None;
        }
    })
}

/// A command is yellow if there is one of that name, red if not; while it is being typed and may
/// become one, it has no colour.
fn command(known: &Known, line: &str, word: &Word, cursor: usize) -> Option<Color> {
    let name = line.get(word.start..word.end).unwrap_or_default();
    if known.is_command(name) {
        return Some(Color::Yellow);
    }
    // A path, or a name that only running it tells.
    if name.contains(['/', '\\', '$', ':']) || name.starts_with('.') {
        return None;
    }
    let begins = |candidate: &str| {
        candidate.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name))
    };
    let may_become = cursor == word.end
        && (cmdlet::all().any(|cmdlet| begins(cmdlet.name))
            || known.functions.iter().any(|function| begins(&function.name)));
    let defines = line.get(..word.start).is_some_and(|before| {
        before.trim_end().ends_with("function") || before.trim_end().ends_with("filter")
    });
    if may_become || defines { None } else { Some(Color::Red) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn colour_of(line: &str, cursor: usize) -> Option<Color> {
        let word = scan(line).words[0];
        colour(&Known::default(), line, &word, cursor)
    }

    #[test]
    fn commands_show_whether_they_exist() {
        for (line, cursor, expected) in [
            ("Get-CsSite", 10, Some(Color::Yellow)),
            ("gci", 3, Some(Color::Yellow)),
            ("Get-CsSi", 8, None),
            ("Get-CsSi", 3, Some(Color::Red)),
            ("Get-Nothing", 11, Some(Color::Red)),
            ("./setup.ps1", 11, None),
            ("'text'", 6, Some(Color::Green)),
        ] {
            assert_eq!(colour_of(line, cursor), expected, "{line}");
        }
    }

    #[test]
    fn nothing_of_the_line_is_lost() {
        for line in ["", "  Get-X 'a  b' | ? { $_.C -eq \"x $y\" } # done ", "京都 -ä '"] {
            let shown = Colours::new(Shared::default()).highlight(line, 0);
            assert_eq!(shown.raw_string(), line);
        }
    }
}
