//! Comment-based help: what functions and scripts say about themselves in `<# .SYNOPSIS … #>`.

use super::page::{Described, Page};
use super::{Detail, syntax_of_block};
use crate::lang::Object;
use crate::lang::ast::{Declared, ScriptBlock};
use crate::lang::bind::Signature;
use crate::lang::lex::is_blank;

/// The words that begin a part.
const PARTS: [&str; 12] = [
    "SYNOPSIS",
    "DESCRIPTION",
    "PARAMETER",
    "EXAMPLE",
    "INPUTS",
    "OUTPUTS",
    "NOTES",
    "LINK",
    "COMPONENT",
    "ROLE",
    "FUNCTIONALITY",
    "EXTERNALHELP",
];

/// The help of a function or script; what its parameters say if it has no comment.
pub fn of_block(name: &str, block: &ScriptBlock, detail: &Detail, width: usize) -> Vec<Object> {
    let parts = comments(block).iter().find_map(|comment| parts(comment)).unwrap_or_default();
    let all =
        |wanted: &str| parts.iter().filter(|part| part.keyword == wanted).collect::<Vec<&Part>>();
    let one = |wanted: &str| all(wanted).first().map(|part| part.text.clone()).unwrap_or_default();
    let signature = Signature::of_block(name, block);
    let lines = syntax_of_block(name, block);
    let parameters = signature.specs.iter().zip(&block.parameters).map(|(spec, declared)| {
        let told =
            all("PARAMETER").into_iter().find(|part| part.of.eq_ignore_ascii_case(&spec.name));
        Described {
            name: spec.name.to_string(),
            heading: heading(declared),
            help: told.map(|part| part.text.clone()).unwrap_or_default(),
            mandatory: spec.mandatory,
            position: spec.position,
            default: default_text(block, declared),
            pipeline: spec.pipeline,
            aliases: declared.aliases.join(", "),
        }
    });
    let synopsis = one("SYNOPSIS");
    Page {
        name: name.to_owned(),
        synopsis: if synopsis.is_empty() { lines.join("\n") } else { synopsis },
        syntax: lines,
        description: one("DESCRIPTION"),
        parameters: parameters.collect(),
        examples: all("EXAMPLE").iter().map(|part| split_example(&part.text)).collect(),
        inputs: one("INPUTS"),
        outputs: one("OUTPUTS"),
        notes: one("NOTES"),
        links: all("LINK").iter().map(|part| part.text.clone()).collect(),
        has_lines: true,
        width,
        ..Page::default()
    }
    .objects(detail)
}

/// `-Name <String>`
pub(super) fn heading(declared: &Declared) -> String {
    match kind(declared) {
        None => format!("-{}", declared.name),
        Some(kind) => format!("-{} <{kind}>", declared.name),
    }
}

/// The short name of a parameter's type; none for a switch.
pub(super) fn kind(declared: &Declared) -> Option<String> {
    match &declared.type_name {
        None => Some("Object".to_owned()),
        Some(name) if &*name.name == "switch" => None,
        Some(name) if name.name.starts_with("nullable[") => {
            let spelled = name.spelled.as_deref().unwrap_or(&name.name);
            Some(
                spelled
                    .rsplit_once("Nullable[")
                    .map_or_else(|| spelled.to_owned(), |(_, inner)| format!("Nullable[{inner}")),
            )
        }
        Some(name) => {
            let full = crate::lang::types::full_name(name);
            Some(full.rsplit('.').next().unwrap_or(&full).to_owned())
        }
    }
}

fn default_text(block: &ScriptBlock, declared: &Declared) -> String {
    let text = declared.default.as_ref().map(|value| block.source.slice(value.span));
    text.unwrap_or_default().to_owned()
}

/// The first line is what to type, the rest is about it.
fn split_example(text: &str) -> (String, String) {
    let (code, remarks) = text.split_once('\n').unwrap_or((text, ""));
    let code = code.trim_start_matches("PS C:\\>").trim_start_matches("PS>").trim();
    (code.to_owned(), remarks.trim().to_owned())
}

/// A part of a comment.
struct Part {
    keyword: &'static str,
    /// Which parameter it is about.
    of: String,
    text: String,
}

/// The parts of a comment; none if it is no help.
fn parts(comment: &str) -> Option<Vec<Part>> {
    let mut parts: Vec<Part> = Vec::new();
    let mut lines: Vec<&str> = Vec::new();
    for line in comment.lines() {
        let keyword = line.trim().strip_prefix('.').and_then(|rest| {
            let (word, of) = rest.split_once(is_blank).unwrap_or((rest, ""));
            let known = PARTS.iter().find(|part| part.eq_ignore_ascii_case(word))?;
            Some((*known, of.trim()))
        });
        match keyword {
            Some((keyword, of)) => {
                finish(&mut parts, &mut lines);
                parts.push(Part { keyword, of: of.to_owned(), text: String::new() });
            }
            None => lines.push(line),
        }
    }
    finish(&mut parts, &mut lines);
    (!parts.is_empty()).then_some(parts)
}

/// Gives the lines since the last keyword to its part, without the indent they share.
fn finish(parts: &mut [Part], lines: &mut Vec<&str>) {
    let all = std::mem::take(lines);
    let Some(part) = parts.last_mut() else { return };
    let shared = all
        .iter()
        .filter(|line| !line.trim().is_empty())
        .map(|line| line.len() - line.trim_start_matches(is_blank).len())
        .min()
        .unwrap_or(0);
    let cut = all.iter().map(|line| line.get(shared..).unwrap_or("").trim_end());
    let text = cut.collect::<Vec<_>>().join("\n");
    text.trim_matches('\n').clone_into(&mut part.text);
}

/// The comments that may be a block's help: inside at its beginning or end, or before it.
fn comments(block: &ScriptBlock) -> Vec<String> {
    let text = &block.source.text;
    let slice = |start: usize, end: usize| text.get(start..end).unwrap_or("");
    let (start, end) = (block.span.start as usize, block.span.end as usize);
    let inside = slice(start, end);
    let inside = inside.strip_prefix('{').unwrap_or(inside);
    let inside = inside.strip_suffix('}').unwrap_or(inside);
    let before = slice(0, (block.declared_at as usize).min(start));
    vec![leading(inside), trailing(inside), trailing(before)]
}

/// The comments a text begins with.
fn leading(text: &str) -> String {
    let mut rest = text.trim_start();
    let mut comment = String::new();
    loop {
        if let Some(inside) = rest.strip_prefix("<#") {
            let (own, after) = inside.split_once("#>").unwrap_or((inside, ""));
            comment.push_str(own);
            rest = after.trim_start();
        } else if let Some(line) = rest.strip_prefix('#') {
            let (own, after) = line.split_once('\n').unwrap_or((line, ""));
            comment.push_str(own);
            rest = after.trim_start();
        } else {
            return comment;
        }
        comment.push('\n');
    }
}

/// The comment a text ends with.
fn trailing(text: &str) -> String {
    let text = text.trim_end();
    if let Some(inside) = text.strip_suffix("#>") {
        return inside.rfind("<#").and_then(|at| inside.get(at + 2..)).unwrap_or("").to_owned();
    }
    let lines = text.lines().rev().take_while(|line| line.trim_start().starts_with('#'));
    let mut lines: Vec<&str> = lines.map(|line| line.trim_start().get(1..).unwrap_or("")).collect();
    lines.reverse();
    lines.join("\n")
}
