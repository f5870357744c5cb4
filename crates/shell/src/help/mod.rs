//! Help, manual and description, all from the table.

use std::fmt::Write;

use serde_json::{Value as Json, json};

use crate::cmdlet::{self, Cmdlet, Impact, Kind, Parameter, Pipeline, Rights, Run};
use crate::lang::Object;
use crate::lang::ast::{Declared, ScriptBlock};
use crate::lang::bind::{Signature, Spec};
use crate::roles::{Act, Held, allowed};

mod about;
mod comment;
mod page;

pub use about::{TOPICS, topic};
pub use comment::of_block;
use page::{Described, Page};

/// How much of a command's help is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Detail {
    /// Name, synopsis, syntax, description.
    Short,
    /// Also what parameters mean, and the examples.
    Detailed,
    /// Everything.
    Full,
    /// The examples.
    Examples,
    /// Parameters whose names fit.
    Parameter(String),
}

/// The table as JSON, for clients that nobody here wrote: what the caller may run.
pub fn describe(held: &Held) -> Json {
    let may = |cmdlet: &&Cmdlet| {
        !matches!(cmdlet.run, Run::Node(_)) || held.decide(cmdlet.name, Act::Plain).is_some()
    };
    cmdlet::all().filter(may).map(describe_cmdlet).collect()
}

fn describe_cmdlet(cmdlet: &Cmdlet) -> Json {
    let parameters: Vec<Json> = cmdlet
        .parameters
        .iter()
        .map(|parameter| {
            json!({
                "name": parameter.name,
                "aliases": parameter.aliases,
                "type": parameter.kind.name(),
                "values": value_names(parameter),
                "position": parameter.position,
                "mandatory": parameter.mandatory,
                "sets": parameter.sets,
                "help": parameter.help,
            })
        })
        .collect();
    json!({
        "name": cmdlet.name,
        "aliases": cmdlet.aliases,
        "synopsis": cmdlet.synopsis,
        "place": place(cmdlet),
        "rights": if cmdlet.rights == Rights::Write { "write" } else { "read" },
        "confirms": cmdlet.impact != Impact::None,
        "parameters": parameters,
    })
}

fn place(cmdlet: &Cmdlet) -> &'static str {
    match cmdlet.run {
        Run::Node(_) => "node",
        Run::Client(_) => "client",
        Run::ByPath { .. } => "path",
    }
}

fn value_names(parameter: &Parameter) -> Vec<&'static str> {
    match parameter.kind {
        Kind::Enum(names) | Kind::EnumList(names) => names.names.to_vec(),
        _ => parameter.values.to_vec(),
    }
}

/// The lines of a command's syntax, one for each parameter set.
pub fn syntax(cmdlet: &Cmdlet) -> Vec<String> {
    let mut sets: Vec<&str> = Vec::new();
    for set in cmdlet.parameters.iter().flat_map(|parameter| parameter.sets) {
        if !sets.contains(set) {
            sets.push(set);
        }
    }
    if sets.is_empty() {
        sets.push("");
    }
    sets.iter()
        .map(|set| {
            let mut line = cmdlet.name.to_owned();
            let mut own: Vec<&Parameter> =
                cmdlet.parameters.iter().filter(|parameter| parameter.is_in(set)).collect();
            own.sort_by_key(|parameter| {
                (parameter.position.unwrap_or(u8::MAX), !parameter.mandatory)
            });
            for parameter in own {
                line.push(' ');
                line.push_str(&syntax_of(parameter));
            }
            if cmdlet.impact != Impact::None {
                line.push_str(" [-WhatIf] [-Confirm]");
            }
            line.push_str(" [<CommonParameters>]");
            line
        })
        .collect()
}

fn syntax_of(parameter: &Parameter) -> String {
    let name = match parameter.position {
        Some(_) => format!("[-{}]", parameter.name),
        None => format!("-{}", parameter.name),
    };
    let whole = match (parameter.kind, value_names(parameter)) {
        (Kind::Switch, _) => format!("-{}", parameter.name),
        (_, names) if !names.is_empty() => format!("{name} {{{}}}", names.join(" | ")),
        (kind, _) => format!("{name} <{}>", kind.name()),
    };
    if parameter.mandatory { whole } else { format!("[{whole}]") }
}

/// The lines of a function's or script's syntax, one for each parameter set.
pub fn syntax_of_block(name: &str, block: &ScriptBlock) -> Vec<String> {
    let signature = Signature::of_block(name, block);
    let sets: Vec<Option<&str>> = match signature.sets.as_slice() {
        [] => vec![None],
        sets => sets.iter().map(|set| Some(&**set)).collect(),
    };
    let line = |set: &Option<&str>| {
        let mut own: Vec<(&Spec, &Declared)> = signature
            .specs
            .iter()
            .zip(&block.parameters)
            .filter(|(spec, _)| spec.is_in_set(*set))
            .collect();
        own.sort_by_key(|(spec, _)| {
            (spec.position.unwrap_or(u8::MAX), !spec.is_mandatory_in(*set))
        });
        let mut line = name.to_owned();
        for (spec, declared) in own {
            let name = match spec.position.filter(|at| *at < u8::MAX) {
                Some(_) => format!("[-{}]", spec.name),
                None => format!("-{}", spec.name),
            };
            let whole = match comment::kind(declared) {
                None => format!("-{}", spec.name),
                Some(kind) => format!("{name} <{kind}>"),
            };
            let is_needed = spec.is_mandatory_in(*set);
            line.push_str(&if is_needed { format!(" {whole}") } else { format!(" [{whole}]") });
        }
        if signature.confirms {
            line.push_str(" [-WhatIf] [-Confirm]");
        }
        if signature.has_common {
            line.push_str(" [<CommonParameters>]");
        }
        line
    };
    sets.iter().map(line).collect()
}

/// A command's help, as `Get-Help` gives it.
pub fn of_cmdlet(cmdlet: &Cmdlet, detail: &Detail, width: usize) -> Vec<Object> {
    Page { width, ..page(cmdlet) }.objects(detail)
}

fn page(cmdlet: &Cmdlet) -> Page {
    let parameters = cmdlet.parameters.iter().map(|parameter| Described {
        name: parameter.name.to_owned(),
        heading: heading_of(parameter),
        help: parameter.help.to_owned(),
        mandatory: parameter.mandatory,
        position: parameter.position,
        default: parameter.default.to_owned(),
        pipeline: parameter.pipeline,
        aliases: parameter.aliases.join(", "),
    });
    let examples =
        cmdlet.examples.iter().map(|example| (example.input.to_owned(), example.text.to_owned()));
    Page {
        name: cmdlet.name.to_owned(),
        synopsis: cmdlet.synopsis.to_owned(),
        syntax: syntax(cmdlet),
        description: cmdlet.description.to_owned(),
        aliases: cmdlet.aliases.join(", "),
        parameters: parameters.collect(),
        examples: examples.collect(),
        ..Page::default()
    }
}

/// `-Name <String>`
fn heading_of(parameter: &Parameter) -> String {
    syntax_of(parameter)
        .trim_matches(['[', ']'])
        .replace("[-", "-")
        .replace("] <", " <")
        .replace("] {", " {")
}

/// A text whose lines fit a screen: what is too long goes on at a word, below where its last part
/// begins.
pub(crate) fn fitted(text: &str, width: usize) -> String {
    let room = width.saturating_sub(1).max(20);
    let mut fitted = String::with_capacity(text.len());
    for line in text.lines() {
        if line.chars().count() <= room {
            fitted.push_str(line);
            fitted.push('\n');
            continue;
        }
        let first = line.len() - line.trim_start().len();
        let indent = Some(hanging(line)).filter(|at| *at < room / 2).unwrap_or(first);
        let mut at = 0;
        for (place, word) in line.split(' ').enumerate() {
            let length = word.chars().count();
            if at > indent && at + 1 + length > room && !word.is_empty() {
                fitted.push('\n');
                fitted.push_str(&" ".repeat(indent));
                at = indent;
            } else if place > 0 {
                fitted.push(' ');
                at += 1;
            }
            fitted.push_str(word);
            at += length;
        }
        fitted.push('\n');
    }
    fitted
}

/// A topic that fits a width: its lines are those of a wide page, and are broken anew.
pub(crate) fn reflowed(text: &str, width: usize) -> String {
    fitted(&paragraphs(text).join("\n"), width)
}

/// The lines of a page, those of one paragraph joined: a line goes on in the next if that stands
/// below the words it belongs to, and its first word had no room or the sentence is not at its end.
fn paragraphs(text: &str) -> Vec<String> {
    let longest = text.lines().map(|line| line.chars().count()).max().unwrap_or(0);
    let mut lines: Vec<String> = Vec::new();
    let (mut length, mut hangs, mut ends) = (0, None, None);
    for line in text.lines() {
        let words = line.trim_start();
        let indent = line.len() - words.len();
        let word = words.split(' ').next().unwrap_or_default().chars().count();
        let is_typed = words.starts_with("PS>") || words.starts_with(">>");
        let had_no_room = length + 1 + word > longest;
        let is_within = length > 60 && !ends.is_some_and(|end| ".:;|{}".contains(end));
        let goes_on = hangs == Some(indent) && word > 0 && (had_no_room || is_within);
        ends = words.chars().last();
        length = line.chars().count();
        match lines.last_mut().filter(|_| goes_on && !is_typed) {
            Some(last) => {
                last.push(' ');
                last.push_str(words);
            }
            None => {
                hangs = (!is_typed).then(|| hanging(line));
                lines.push(line.to_owned());
            }
        }
    }
    lines
}

/// Where the next line of a paragraph begins.
fn hanging(line: &str) -> usize {
    let first = line.len() - line.trim_start().len();
    // A list of names with their meanings has blanks between both.
    let column = line.get(first..).and_then(|rest| {
        let gap = rest.find("  ")?;
        let after = rest.get(gap..)?.trim_start();
        Some(line.len() - after.len())
    });
    column.unwrap_or(first)
}

/// A paragraph at an indent, for a page of 80 columns.
pub(crate) fn wrapped(text: &str, indent: usize) -> String {
    wrapped_within(text, indent, PAGE_COLUMNS)
}

/// Columns of a page that nobody has measured.
const PAGE_COLUMNS: usize = 80;

/// A paragraph at an indent, for a screen of so many columns.
fn wrapped_within(text: &str, indent: usize, width: usize) -> String {
    let room = if width == 0 { PAGE_COLUMNS } else { width.max(40) } - 2;
    let mut lines = String::new();
    let mut length = usize::MAX;
    for word in text.split_whitespace() {
        if length.saturating_add(word.chars().count() + 1) > room {
            if !lines.is_empty() {
                lines.push('\n');
            }
            lines.push_str(&" ".repeat(indent));
            length = indent;
        } else {
            lines.push(' ');
            length += 1;
        }
        lines.push_str(word);
        length += word.chars().count();
    }
    lines
}

/// What `Get-Help` says without a name.
pub fn overview() -> String {
    let mut text = String::from(
        "\nThis is the management shell of Tandem. It speaks the part of PowerShell that\n\
         administrators type: pipelines of objects, variables, conditions, loops,\nfunctions.\n\n\
         \x20   Get-Command               lists all commands\n\
         \x20   Get-Command -Noun Cs*     those of the messaging half\n\
         \x20   Get-Help <name> -Full     explains one of them\n\
         \x20   <command> -WhatIf         says what a change would do\n\
         \x20   exit                      leaves\n\nNOUNS\n",
    );
    let mut nouns: Vec<&str> = cmdlet::all()
        .filter(|cmdlet| !matches!(cmdlet.run, Run::Client(_)))
        .filter_map(|cmdlet| cmdlet.name.split_once('-').map(|(_, noun)| noun))
        .collect();
    nouns.sort_unstable();
    nouns.dedup();
    let _ = writeln!(text, "{}\n", wrapped(&nouns.join(", "), 4));
    text
}

/// The manual of all cmdlets, in Markdown: `docs/admin/cmdlets.md`.
pub fn manual() -> String {
    let mut text = String::from(
        "# Cmdlets\n\n<!-- Written by `cargo run -p shell --example manual`; change the table, not \
         this page. -->\n\nEvery cmdlet also has the common parameters (`-Verbose`, \
         `-ErrorAction`, `-ErrorVariable`, `-WarningAction`, `-WarningVariable`, `-OutVariable`); \
         those that change something have `-WhatIf` and `-Confirm`. Names may be shortened as \
         long as they stay unambiguous.\n",
    );
    let mut all: Vec<&Cmdlet> = cmdlet::all().collect();
    all.sort_by_key(|cmdlet| {
        let (verb, noun) = cmdlet.name.split_once('-').unwrap_or(("", cmdlet.name));
        (matches!(cmdlet.run, Run::Client(_)), noun, verb)
    });
    let is_generic = |cmdlet: &&Cmdlet| matches!(cmdlet.run, Run::Client(_));
    let (generic, own): (Vec<&Cmdlet>, Vec<&Cmdlet>) = all.iter().partition(|c| is_generic(c));
    for (heading, part) in [("The organisation", own), ("Objects, text and files", generic)] {
        let _ = write!(text, "\n## {heading}\n");
        for cmdlet in part {
            push_section(&mut text, cmdlet);
        }
    }
    text + &crate::not_applicable::manual()
}

fn push_section(text: &mut String, cmdlet: &Cmdlet) {
    let _ = write!(text, "\n### {}\n\n{}\n", cmdlet.name, cmdlet.synopsis);
    if !cmdlet.description.is_empty() {
        let _ = write!(text, "\n{}\n", cmdlet.description);
    }
    let _ = write!(text, "\n```\n{}\n```\n", syntax(cmdlet).join("\n"));
    if !matches!(cmdlet.run, Run::Client(_)) {
        let _ = write!(text, "\nRoles: {}\n", allowed(cmdlet.name, Act::Plain).names());
    }
    if !cmdlet.aliases.is_empty() {
        let _ = write!(text, "\nAliases: `{}`\n", cmdlet.aliases.join("`, `"));
    }
    if !cmdlet.parameters.is_empty() {
        text.push_str("\n| Parameter | Type | Default | Meaning |\n|---|---|---|---|\n");
        for parameter in cmdlet.parameters {
            let names = value_names(parameter);
            let kind = match names.is_empty() {
                true => parameter.kind.name().to_owned(),
                false => names.join(", "),
            };
            let mut notes = Vec::new();
            if parameter.mandatory {
                notes.push("mandatory");
            }
            if parameter.pipeline != Pipeline::No {
                notes.push("from the pipeline");
            }
            let notes = match notes.is_empty() {
                true => String::new(),
                false => format!(" *({})*", notes.join(", ")),
            };
            let _ = writeln!(
                text,
                "| `-{}` | {} | {} | {}{notes} |",
                parameter.name,
                escaped(&kind),
                escaped(parameter.default),
                escaped(parameter.help),
            );
        }
    }
    for example in cmdlet.examples {
        let _ = write!(text, "\n{}:\n\n```powershell\n{}\n```\n", example.text, example.input);
    }
}

fn escaped(text: &str) -> String {
    text.replace('|', "\\|").replace('<', "&lt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cmdlet_is_explained() {
        for cmdlet in cmdlet::all() {
            assert!(!cmdlet.synopsis.is_empty(), "{} has no synopsis", cmdlet.name);
            assert!(cmdlet.synopsis.ends_with('.'), "{}: {}", cmdlet.name, cmdlet.synopsis);
            assert!(!cmdlet.examples.is_empty(), "{} has no example", cmdlet.name);
            for parameter in cmdlet.parameters {
                let name = format!("{} -{}", cmdlet.name, parameter.name);
                assert!(!parameter.help.is_empty(), "{name} is not explained");
            }
            let page = page(cmdlet).text(&Detail::Full);
            let words: Vec<&str> = page.split_whitespace().collect();
            assert!(words.join(" ").contains(cmdlet.synopsis), "{}", cmdlet.name);
        }
    }

    #[test]
    fn names_are_unique() {
        let mut names: Vec<String> = cmdlet::all()
            .flat_map(|cmdlet| std::iter::once(&cmdlet.name).chain(cmdlet.aliases))
            .map(|name| name.to_lowercase())
            .collect();
        names.sort();
        let before = names.len();
        names.dedup();
        assert_eq!(names.len(), before);
    }
}
