//! Completion: what the word at the cursor may become, by the table of cmdlets, by what the
//! session knows, and by the node. Read next: `context` (where the cursor is), `names`, `values`,
//! `paths`.

use reedline::{Completer, CompletionResult, Span, Suggestion};

use super::known::{Known, Shared, look};
use crate::wire::Connection;

mod context;
mod names;
mod paths;
mod statics;
#[cfg(test)]
mod tests;
mod types;
mod values;

use context::{Context, Wanted};

/// More commands than this are listed side by side, without their synopses.
const WITH_SYNOPSIS_MAX: usize = 30;

/// What a word may become.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Candidate {
    /// The text that replaces the word.
    pub(super) value: String,
    /// What the menu shows in its place; the value if none.
    pub(super) shown: Option<String>,
    /// What the menu says about it.
    pub(super) about: Option<String>,
    /// Whether the next word can begin: a blank follows.
    pub(super) ends: bool,
}

impl Candidate {
    fn new(value: impl Into<String>) -> Candidate {
        Candidate { value: value.into(), ..Candidate::default() }
    }

    fn about(self, about: &str) -> Candidate {
        let about = (!about.is_empty()).then(|| about.to_owned());
        Candidate { about, ..self }
    }
}

/// Completes what is typed at the prompt.
pub(super) struct TableCompleter {
    known: Shared,
    finder: Finder,
}

/// What is asked of the node, and remembered for the session.
#[derive(Default)]
pub(super) struct Finder {
    node: Option<Connection>,
    properties: Vec<(&'static str, Vec<String>)>,
    /// The cmdlets of the node that the person may run; all if none are told.
    permitted: Option<Option<Vec<String>>>,
}

impl TableCompleter {
    pub(super) fn new(known: Shared, node: Option<Connection>) -> TableCompleter {
        TableCompleter { known, finder: Finder { node, ..Finder::default() } }
    }
}

impl Completer for TableCompleter {
    fn complete(&mut self, line: &str, pos: usize) -> CompletionResult {
        let before = line.get(..pos).unwrap_or(line);
        let known = look(&self.known, Known::clone);
        let (start, mut found) = candidates(before, &known, &mut self.finder);
        if found.is_empty() {
            // The word stays as it is, as in PowerShell: an empty menu would say so in capitals.
            found.push(Candidate::new(before.get(start..).unwrap_or_default()));
        }
        let suggestion = |candidate: Candidate| Suggestion {
            value: candidate.value,
            display_override: candidate.shown,
            description: candidate.about,
            span: Span { start, end: pos },
            append_whitespace: candidate.ends,
            ..Suggestion::default()
        };
        CompletionResult::fresh(found.into_iter().map(suggestion).collect::<Vec<_>>())
    }
}

/// Where the word to complete begins, and what it may become.
fn candidates(before: &str, known: &Known, finder: &mut Finder) -> (usize, Vec<Candidate>) {
    let context = Context::of(before);
    let word = context.word;
    let mut found = match &context.wanted {
        Wanted::Nothing => Vec::new(),
        Wanted::Command if values::is_in_filter(known, &context) => {
            values::filtered(known, finder, &context)
        }
        Wanted::Command => {
            let mut found = names::commands(known, finder, word);
            if found.len() > WITH_SYNOPSIS_MAX {
                found.iter_mut().for_each(|candidate| candidate.about = None);
            }
            if paths::is_path(word) {
                found.extend(paths::paths(word, known, finder, context.quote));
            }
            found
        }
        Wanted::Variable => names::variables(known, word),
        Wanted::Operator => names::operators(word),
        Wanted::Parameter => names::parameters(known, &context, word),
        Wanted::Member(of, steps) => values::members(known, finder, &context, (of, steps), word),
        Wanted::Type => {
            let whole =
                |found: Candidate| Candidate { value: format!("[{}]", found.value), ..found };
            let found = types::types(word).into_iter().map(whole);
            found.chain(types::attributes(word)).collect()
        }
        Wanted::Key => values::keys(known, &context, word),
        Wanted::Value => values::values(known, finder, &context),
    };
    found.dedup_by(|a, b| a.value == b.value);
    (context.start, found)
}

/// Whether a text begins with another one, in any case.
fn begins(text: &str, start: &str) -> bool {
    text.get(..start.len()).is_some_and(|own| own.eq_ignore_ascii_case(start))
}
