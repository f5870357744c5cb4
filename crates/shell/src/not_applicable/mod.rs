//! Commands of Microsoft's snap-ins that have no meaning here: why, and what to do instead.
//!
//! Owns the table: `lync` for the messaging half, `exchange` for the mail half, and the commands
//! of Windows in `generic::refused`. `Get-Command`, `Get-Help`, the manual and the error of a call
//! derive from it. Every cmdlet of Lync Server 2013 and Exchange Server 2013 is a cmdlet here or
//! in a row (`tests/known_cmdlets`): nobody is told that a name they know does not exist. Read
//! next: `lang/eval/command`.

mod exchange;
mod families;
mod lync;
mod parameters;
mod paths;
mod servers;

use std::fmt::Write as _;

use crate::cmdlet::{Arguments, Cmdlet, Example};
use crate::lang::object::same_name;
use crate::lang::pipe::{Outcome, Plain, Sink, Stage};
use crate::lang::{Category, Error, Shell};

pub(crate) use parameters::{parameter_refusal, parameter_sentence};
pub(crate) use paths::instead_of_path;

/// Every row.
static TABLE: &[&[NotApplicable]] = &[lync::ROWS, servers::ROWS, exchange::ROWS, families::ROWS];

/// The commands of one noun, or of several with the same verbs, that have no meaning here.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NotApplicable {
    /// The verbs, with blanks between them.
    verbs: &'static str,
    /// The nouns, with blanks between them.
    nouns: &'static str,
    /// Why: a clause that goes on after a colon.
    pub(crate) reason: &'static str,
    /// What to do instead: a clause that goes on after a semicolon.
    pub(crate) instead: &'static str,
}

/// A row of the table.
const fn row(
    verbs: &'static str,
    nouns: &'static str,
    reason: &'static str,
    instead: &'static str,
) -> NotApplicable {
    NotApplicable { verbs, nouns, reason, instead }
}

impl NotApplicable {
    /// The names of the commands.
    pub(crate) fn names(&self) -> impl Iterator<Item = String> {
        let verbs = || self.verbs.split(' ');
        self.nouns
            .split(' ')
            .flat_map(move |noun| verbs().map(move |verb| format!("{verb}-{noun}")))
    }
}

/// All rows.
pub(crate) fn all() -> impl Iterator<Item = &'static NotApplicable> {
    TABLE.iter().copied().flatten()
}

/// The row of a command, and its name as it is spelled there.
pub(crate) fn find(name: &str) -> Option<(String, &'static NotApplicable)> {
    let (_, noun) = name.split_once('-')?;
    all()
        .filter(|row| row.nouns.split(' ').any(|own| same_name(own, noun)))
        .find_map(|row| row.names().find(|known| same_name(known, name)).map(|known| (known, row)))
}

/// Why a command has no meaning here and what to do instead, as a sentence without its subject.
pub(crate) fn explain(row: &NotApplicable) -> String {
    format!("{}; {}.", row.reason, row.instead)
}

/// What `Get-Help` shows.
pub(crate) fn help(name: &str, row: &NotApplicable) -> String {
    let why = crate::help::wrapped(&format!("Because {}.", row.reason), 4);
    let instead = crate::help::wrapped(&format!("Instead: {}.", row.instead), 4);
    format!(
        "\nNAME\n    {name}\n\nSYNOPSIS\n    Not applicable here.\n\nDESCRIPTION\n{why}\n\n\
         {instead}\n\n"
    )
}

/// What calling it gives: one error, however many objects are piped to it.
pub(crate) fn refusal(name: &str, row: &NotApplicable) -> Error {
    let message = format!("{name} is not applicable here: {}", explain(row));
    Error::new(Category::NotImplemented, "CommandNotApplicable", message)
        .target(name)
        .exception("NotSupportedException")
}

/// A planned script may begin with a connection to where it is planned already.
pub(crate) fn session(name: &str) -> Error {
    let message = format!(
        "{name} is not applicable here: this shell is connected to its node already; leave the \
         line out."
    );
    Error::new(Category::NotImplemented, "CommandNotApplicable", message).target(name)
}

/// The code of a call: nothing for any object, and the error at the end.
pub(crate) struct Refusing(pub(crate) Error);

impl Stage for Refusing {
    fn process(&mut self, _: &mut Shell, _: &Arguments, _: &mut Sink<'_>) -> Outcome {
        Ok(())
    }

    fn end(&mut self, shell: &mut Shell, _: &mut Sink<'_>) -> Outcome {
        // A runbook is planned without it.
        match shell.plans_without(&self.0) {
            true => Ok(()),
            false => Err(self.0.clone().into()),
        }
    }
}

/// What stands for any of them where the pipeline wants a cmdlet.
pub(crate) static REFUSED: Cmdlet = Cmdlet {
    synopsis: "Stands for a command that is not applicable here.",
    examples: &[] as &[Example],
    ..Cmdlet::client("(not applicable)", || Box::new(Plain(|_, _, _| Ok(()))))
};

/// The section of the manual.
pub(crate) fn manual() -> String {
    let mut text = String::from(
        "\n## Not applicable\n\nCommands of Lync and Exchange that have no meaning here. \
         `Get-Command NAME` and `Get-Help NAME` say the same; calling one gives an error with \
         the reason.\n\n| Commands | Why | Instead |\n|---|---|---|\n",
    );
    for row in all() {
        let names: Vec<String> = row.names().map(|name| format!("`{name}`")).collect();
        let _ = writeln!(text, "| {} | {} | {} |", names.join(", "), row.reason, row.instead);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_for_commands_that_do_not_exist() {
        let mut seen = std::collections::HashSet::new();
        for row in all() {
            for name in row.names() {
                assert!(crate::cmdlet::find(&name).is_none(), "{name} is a cmdlet");
                assert!(seen.insert(name.to_lowercase()), "{name} has two rows");
                assert!(name.split('-').all(|part| part.len() > 1), "{name}");
            }
        }
    }

    #[test]
    fn clauses_go_on_after_their_marks() {
        for row in all() {
            for clause in [row.reason, row.instead] {
                assert!(!clause.is_empty() && !clause.ends_with('.'), "{row:?}");
                assert!(!clause.contains('|'), "{row:?}: the manual's table");
            }
        }
    }

    /// `instead` names commands; those must exist.
    #[test]
    fn what_to_use_instead_exists() {
        for row in all() {
            let is_part = |c: char| c.is_ascii_alphanumeric() || c == '-';
            for word in row.instead.split(|c| !is_part(c)) {
                let Some((verb, noun)) = word.split_once('-') else { continue };
                let is_name = [verb, noun]
                    .iter()
                    .all(|part| part.starts_with(|c: char| c.is_ascii_uppercase()));
                let is_known = crate::cmdlet::find(word).is_some();
                assert!(!is_name || is_known, "{row:?} names {word}");
            }
        }
    }
}
