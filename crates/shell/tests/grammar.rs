//! A second opinion on the grammar: tree-sitter-powershell and our parser accept or refuse the same
//! texts. The texts are the blocks of the cmdlet reference (where it is beside the repository), of
//! our own documents, the examples of the cmdlets, and the tables of `language/*.txt`. Where the
//! two differ stands in `EXCEPTIONS` with the reason.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::{Path, PathBuf};
use std::sync::Arc;

use regex::Regex;
use shell::cmdlet;
use shell::lang::ast::Source;
use shell::lang::parse::parse;

/// Texts about which the two differ, as patterns, each with the reason.
const EXCEPTIONS: &[(&str, &str)] = &[
    (r"param\(.*\) +[^ }|\n]", "theirs wants a line end or a semicolon after param(…)"),
    (r"switch .*\{.*\} +\S", "theirs wants a line end or a semicolon between a switch's clauses"),
    (r":outer foreach", "theirs wants a line end between a label and its loop"),
    (r"\(Measure-Command \{ \}\)", "theirs does not know a block with only a blank in it"),
    (r"\.ForEach(\('|\{)", "theirs takes ForEach for the keyword, also as a method"),
    (r"\d[lLdD]\b", "theirs does not know the suffixes of Int64 and Decimal"),
    (r"^(class|enum|workflow|using) ", "ours refuses the keyword, and says what to use"),
    (r"'a' < b.txt", "PowerShell reserves < and refuses it; the tree has a rule for it"),
    (r"\{ \}\.GetType", "theirs does not know a block with only a blank in it"),
    (r" -cin ", "theirs does not know -cin"),
    (r"1234567890123456789012;", "theirs ends a number at twenty digits"),
    (r"Get-Date \| 5", "PowerShell refuses it when it reads the script; the tree has no such rule"),
    (r"^try \{ 1 \}$", "PowerShell refuses it when it reads the script; the tree has no such rule"),
    (r"^5 = 3$", "PowerShell refuses it when it reads the script; the tree has no such rule"),
    (r"DependentServiceList : \{\}", "what a cmdlet prints, not what anybody types"),
];

/// A text and where it comes from.
struct Text {
    from: String,
    text: String,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// The fenced blocks of a document: those of PowerShell, or all of them.
fn blocks(path: &Path, only_powershell: bool, found: &mut Vec<Text>) {
    let text = std::fs::read_to_string(path).unwrap();
    let mut block: Option<(usize, String)> = None;
    for (at, line) in text.lines().enumerate() {
        match (&mut block, line.strip_prefix("```")) {
            (Some((start, text)), Some(_)) => {
                let from = format!("{}:{start}", path.file_name().unwrap().to_string_lossy());
                found.push(Text { from, text: std::mem::take(text) });
                block = None;
            }
            (Some((_, text)), None) => {
                text.push_str(line);
                text.push('\n');
            }
            (None, Some(kind)) => {
                let is_powershell = kind.starts_with("powershell");
                if is_powershell || !only_powershell {
                    block = Some((at + 2, String::new()));
                } else {
                    // A block of another language: passed over by reading it as nobody's.
                    block = Some((usize::MAX, String::new()));
                }
            }
            (None, None) => {}
        }
    }
    found.retain(|text| !text.from.ends_with(&usize::MAX.to_string()));
}

fn documents(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            documents(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "md") {
            found.push(path);
        }
    }
    found.sort();
}

/// The commands of the tables: they are about what runs, and much longer than examples.
fn tables(found: &mut Vec<Text>) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/language");
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let text = std::fs::read_to_string(&path).unwrap();
        let mut is_script = false;
        for (at, line) in text.lines().enumerate() {
            let first = line.strip_prefix("PS").and_then(|rest| rest.split_once("> "));
            if let Some((_, script)) = first {
                let from = format!("{name}:{}", at + 1);
                found.push(Text { from, text: script.to_owned() });
                is_script = true;
            } else if let (Some(more), true) = (line.strip_prefix(">>"), is_script) {
                let text = &mut found.last_mut().unwrap().text;
                text.push('\n');
                text.push_str(more.strip_prefix(' ').unwrap_or(more));
            } else {
                is_script = false;
            }
        }
    }
}

fn texts() -> Vec<Text> {
    let mut found = Vec::new();
    let reference = root().join("../shared/reference/cmdlets.md");
    if reference.exists() {
        blocks(&reference, false, &mut found);
    } else {
        eprintln!("SKIPPED: {} is not there", reference.display());
    }
    let mut paths = Vec::new();
    documents(&root().join("docs"), &mut paths);
    for path in paths {
        blocks(&path, true, &mut found);
    }
    for cmdlet in cmdlet::all() {
        for (at, example) in cmdlet.examples.iter().enumerate() {
            let from = format!("{} example {}", cmdlet.name, at + 1);
            found.push(Text { from, text: example.input.to_owned() });
        }
    }
    tables(&mut found);
    found
}

#[test]
fn both_grammars_accept_the_same() {
    let mut other = tree_sitter::Parser::new();
    other.set_language(&tree_sitter_powershell::LANGUAGE.into()).unwrap();
    let texts = texts();
    assert!(texts.len() > 300, "{} texts", texts.len());
    let mut differences = Vec::new();
    let patterns: Vec<Regex> =
        EXCEPTIONS.iter().map(|(pattern, _)| Regex::new(pattern).unwrap()).collect();
    let mut used = vec![false; EXCEPTIONS.len()];
    for Text { from, text } in texts {
        let source = Arc::new(Source { file: None, text: text.clone() });
        let ours = parse(&source).map_err(|error| error.message);
        let theirs = !other.parse(&text, None).unwrap().root_node().has_error();
        if ours.is_ok() == theirs {
            continue;
        }
        match patterns.iter().position(|pattern| pattern.is_match(&text)) {
            Some(at) => used[at] = true,
            None => differences.push(match ours {
                Ok(_) => format!("{from}: only we accept\n{text}"),
                Err(error) => format!("{from}: only they accept ({error})\n{text}"),
            }),
        }
    }
    assert!(differences.is_empty(), "{}\n{}", differences.len(), differences.join("\n----\n"));
    let is_complete = root().join("../shared/reference/cmdlets.md").exists();
    for ((pattern, _), used) in EXCEPTIONS.iter().zip(used) {
        assert!(used || !is_complete, "the exception for {pattern:?} is needed no more");
    }
}
