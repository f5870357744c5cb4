//! Completion: names of commands, parameters and values, from the table and from the node.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use reedline::{Completer, CompletionResult, Span, Suggestion};

use crate::cmdlet::{self, Cmdlet, Kind, Parameter};
use crate::generic::is_permitted;
use crate::lang::Shell;
use crate::lang::lex::is_dash;
use crate::wire::Connection;

/// Completes from the table; values of identities are asked of the node.
pub(super) struct TableCompleter {
    node: Option<Connection>,
}

impl TableCompleter {
    pub(super) fn new(shell: &Shell) -> TableCompleter {
        let socket: Option<PathBuf> = shell.node.as_ref().map(|node| node.socket().to_owned());
        let cancelled: Arc<AtomicBool> = Arc::default();
        TableCompleter { node: socket.map(|socket| Connection::new(&socket, cancelled)) }
    }
}

impl Completer for TableCompleter {
    fn complete(&mut self, line: &str, pos: usize) -> CompletionResult {
        let before = line.get(..pos).unwrap_or(line);
        let (start, found) = candidates(before, &mut self.node);
        let suggestion = |value: String| Suggestion {
            value,
            span: Span { start, end: pos },
            append_whitespace: true,
            ..Suggestion::default()
        };
        CompletionResult::fresh(found.into_iter().map(suggestion).collect::<Vec<_>>())
    }
}

/// Where the word to complete begins, and what it may become.
fn candidates(before: &str, node: &mut Option<Connection>) -> (usize, Vec<String>) {
    let command_at = before.rfind(['|', ';', '(', '{', '=', '\n', '&']).map_or(0, |at| at + 1);
    let command = before.get(command_at..).unwrap_or("");
    let word_at =
        command.rfind(|c: char| c.is_whitespace() || c == ',' || c == ':').map_or(0, |at| at + 1);
    let word = command.get(word_at..).unwrap_or("");
    let start = command_at + word_at;
    let mut words = command.get(..word_at).unwrap_or("").split_whitespace();
    let Some(name) = words.next() else {
        let may = node.as_mut().and_then(|node| node.hello().ok()?.commands);
        let names = cmdlet::all().filter(|cmdlet| is_permitted(cmdlet, may.as_deref()));
        return (start, beginning(word, names.map(|cmdlet| cmdlet.name)));
    };
    let Some(cmdlet) = cmdlet::find(name) else {
        return (start, Vec::new());
    };
    if word.starts_with(is_dash) {
        let prefix: String = word.chars().skip(1).collect();
        let names = cmdlet.parameters.iter().map(|parameter| parameter.name);
        let found = beginning(&prefix, names);
        return (start, found.into_iter().map(|name| format!("-{name}")).collect());
    }
    let parameter = match words.next_back().filter(|last| last.starts_with(is_dash)) {
        Some(last) => {
            let name = last.trim_start_matches(is_dash).trim_end_matches(':');
            named(cmdlet, name)
        }
        None => cmdlet.parameters.iter().find(|parameter| parameter.position == Some(0)),
    };
    match parameter {
        Some(parameter) => (start, values(cmdlet, parameter, word, node)),
        None => (start, Vec::new()),
    }
}

fn named(cmdlet: &'static Cmdlet, name: &str) -> Option<&'static Parameter> {
    cmdlet.parameter(name).or_else(|| {
        let begins = |parameter: &&Parameter| {
            parameter.name.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name))
        };
        cmdlet.parameters.iter().find(begins)
    })
}

fn values(
    cmdlet: &Cmdlet,
    parameter: &Parameter,
    word: &str,
    node: &mut Option<Connection>,
) -> Vec<String> {
    match parameter.kind {
        Kind::Enum(names) | Kind::EnumList(names) => beginning(word, names.names.iter().copied()),
        Kind::Bool => beginning(word, ["$True", "$False"].into_iter()),
        Kind::Switch => Vec::new(),
        _ if !parameter.values.is_empty() => beginning(word, parameter.values.iter().copied()),
        Kind::Identity | Kind::Fqdn => match node {
            Some(node) => {
                let text = word.trim_matches(['"', '\'']);
                let found = node.complete(cmdlet.name, parameter.name, text);
                found.into_iter().map(quoted).collect()
            }
            None => Vec::new(),
        },
        _ => Vec::new(),
    }
}

fn quoted(text: String) -> String {
    let is_plain = !text.contains(|c: char| {
        c.is_whitespace() || matches!(c, '(' | ')' | '\'' | '"' | ',' | ';' | '&' | '$' | '{' | '}')
    });
    if is_plain { text } else { format!("'{}'", text.replace('\'', "''")) }
}

fn beginning<'a>(prefix: &str, names: impl Iterator<Item = &'a str>) -> Vec<String> {
    let begins = |name: &&str| {
        name.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
    };
    let mut found: Vec<String> = names.filter(begins).map(str::to_owned).collect();
    found.sort();
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_parameters_and_values() {
        for (line, expected) in [
            ("get-cssit", vec!["Get-CsSite"]),
            ("Get-CsSite | Select-Obj", vec!["Select-Object"]),
            ("Get-CsSite -Fi", vec!["-Filter"]),
            ("Nothing-Here -Fi", vec![]),
            ("New-CsTrustedApplicationPool -RequiresReplication $f", vec!["$False"]),
        ] {
            assert_eq!(candidates(line, &mut None).1, expected, "{line}");
        }
    }
}
