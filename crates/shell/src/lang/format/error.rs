//! Errors in PowerShell's shape.

use super::Style;
use super::table::wrap;
use crate::lang::error::{Category, Error, Place};
use crate::lang::width::{beginning, width};

/// Identifier of the error for a command that there is not.
const UNKNOWN: &str = "CommandNotFoundException";
/// Identifier of what `Write-Error` says.
pub(crate) const WRITTEN: &str = "Microsoft.PowerShell.Commands.WriteErrorException";

/// Exception of a text that is not in the language.
pub(crate) const PARSER: &str = "ParentContainsErrorRecordException";

/// `Cmdlet : message`, where, and the two or three lines with a plus.
pub fn error_text(error: &Error) -> String {
    let mut text = String::new();
    // What is wrong with a text's grammar is told below where it is.
    let is_parser = error.exception.as_deref() == Some(PARSER);
    if let (true, Some(place)) = (is_parser, &error.place) {
        text.push_str(&place_text(place));
        text.push('\n');
    }
    if let Some(called) = error.called().filter(|called| !called.is_empty()) {
        text.push_str(called);
        text.push_str(" : ");
    }
    text.push_str(&error.message);
    if let (false, Some(place)) = (is_parser, &error.place) {
        text.push('\n');
        text.push_str(&place_text(place));
    }
    text.push_str(&format!("\n    + CategoryInfo          : {}", category_text(error)));
    text.push_str(&format!("\n    + FullyQualifiedErrorId : {}", full_id(error)));
    if let Some(advice) = &error.advice {
        text.push_str(&format!("\n    + RecommendedAction     : {advice}"));
    }
    text
}

/// The same for a screen: what is longer than a line goes on as in the console of 5.1, the message
/// at words, the lines with a plus where the line ends, three blanks from the left.
pub fn error_text_within(error: &Error, style: Style) -> String {
    let text = error_text(error);
    let room = style.width.saturating_sub(1).max(20);
    let mut lines: Vec<String> = Vec::new();
    for line in text.lines() {
        let is_fact = line.starts_with("    + ");
        if width(line) <= room || line.starts_with("+ ") {
            lines.push(line.to_owned());
        } else if is_fact && line.starts_with("    + RecommendedAction") {
            // It is ours, and read as a sentence.
            let mut parts = wrap(line, room - 3).into_iter();
            lines.extend(parts.next());
            lines.extend(parts.map(|part| format!("   {part}")));
        } else if is_fact {
            let mut rest = line;
            while width(rest) > room {
                let indent = if rest.len() == line.len() { 0 } else { 3 };
                let part = beginning(rest, room - indent);
                let pad = " ".repeat(indent);
                lines.push(format!("{pad}{part}"));
                rest = rest.get(part.len()..).unwrap_or_default();
            }
            lines.push(if rest.len() == line.len() {
                rest.to_owned()
            } else {
                format!("   {rest}")
            });
        } else {
            lines.extend(wrap(line, room));
        }
    }
    lines.join("\n")
}

/// Where an error happened, as `$_.InvocationInfo.PositionMessage` has it.
pub fn place_of(error: &Error) -> String {
    error.place.as_ref().map(place_text).unwrap_or_default()
}

/// `At line:1 char:1`, the line, and a mark under what is meant.
fn place_text(place: &Place) -> String {
    let head = match &place.file {
        Some(file) => format!("At {file}:{} char:{}", place.line, place.column),
        None => format!("At line:{} char:{}", place.line, place.column),
    };
    let shown = place.text.trim_end();
    let indent = shown.len() - shown.trim_start().len();
    let line = shown.trim_start();
    let before = (place.column as usize).saturating_sub(1 + indent);
    let line_length = line.chars().count();
    let marks = (place.length as usize).min(line_length.saturating_sub(before)).max(1);
    // A line as long as a certificate is not shown whole.
    let (start, end) = if line_length > LINE_SHOWN_MAX {
        // The mark in the middle, as far as the line goes.
        let context = LINE_SHOWN_MAX.saturating_sub(marks) / 2;
        let start = before.saturating_sub(context).min(line_length - LINE_SHOWN_MAX);
        (start, start + LINE_SHOWN_MAX)
    } else {
        (0, line_length)
    };
    let dots = if start > 0 { "... " } else { "" };
    let part: String = line.chars().skip(start).take(end - start).collect();
    let more = if end < line_length { " ..." } else { "" };
    let pad = " ".repeat(dots.len() + before - start);
    let marks = "~".repeat(marks.min(end - before.min(end)).max(1));
    format!("{head}\n+ {dots}{part}{more}\n+ {pad}{marks}")
}

/// As in 5.1: with `+ `, dots at both ends and a free column, a line of 80.
const LINE_SHOWN_MAX: usize = 69;

/// `ObjectNotFound: (x:String) [Get-X], ManagementException`
pub fn category_text(error: &Error) -> String {
    let target = match &error.target {
        Some(target) => {
            let kind = error.target_type();
            format!("({}:{})", shortened(target), shortened(kind))
        }
        None => "(:)".to_owned(),
    };
    let cmdlet = match error.id.as_str() {
        UNKNOWN if error.cmdlet.as_deref() != Some("Get-Command") => "",
        _ if error.exception.as_deref() == Some("WriteErrorException") => "Write-Error",
        _ => leaf(error.cmdlet.as_deref().unwrap_or("")),
    };
    let exception = error.exception.as_deref().unwrap_or(default_exception(error.category));
    let exception = exception.rsplit('.').next().unwrap_or(exception);
    format!("{:?}: {target} [{cmdlet}], {exception}", error.category)
}

/// A text of more than 40 characters by its first and last 15.
fn shortened(text: &str) -> String {
    let length = text.chars().count();
    if length <= 40 {
        return text.to_owned();
    }
    let first: String = text.chars().take(15).collect();
    let last: String = text.chars().skip(length - 15).collect();
    format!("{first}...{last}")
}

/// A script's name out of its path.
fn leaf(name: &str) -> &str {
    match name.ends_with(".ps1") {
        true => name.rsplit(['/', '\\']).next().unwrap_or(name),
        false => name,
    }
}

/// The class of a cmdlet of PowerShell's own, as errors name it; other commands have their name.
fn class_of(command: &str) -> String {
    let is_own = crate::generic::is_own(command);
    match command.split_once('-').filter(|_| is_own) {
        Some((verb, noun)) => format!("Microsoft.PowerShell.Commands.{verb}{noun}Command"),
        None => command.to_owned(),
    }
}

fn default_exception(category: Category) -> &'static str {
    match category {
        Category::InvalidArgument => "ArgumentException",
        Category::ParserError => "ParseException",
        _ => "RuntimeException",
    }
}

/// `ManagementObjectNotFound,Get-CsUser`
pub fn full_id(error: &Error) -> String {
    let says =
        |cmdlet: &&str| !cmdlet.is_empty() && (error.id != UNKNOWN || *cmdlet == "Get-Command");
    match error.cmdlet.as_deref().filter(says) {
        // What a script told at the prompt has its whole line for a name.
        Some(line) if line.starts_with("Write-Error") => error.id.clone(),
        // A script's path stands before the message, its name here.
        Some(path) if path.ends_with(".ps1") => {
            format!("{},{}", error.id, leaf(path))
        }
        Some(cmdlet) => format!("{},{}", error.id, class_of(cmdlet)),
        None => error.id.clone(),
    }
}
