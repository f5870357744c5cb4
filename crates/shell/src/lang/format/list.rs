//! Lists: `Name : value`, a blank line between objects.

use std::sync::Arc;

use super::table::wrap;
use super::{Style, cell};
use crate::lang::numeric::format_value;
use crate::lang::pipe::Outcome;
use crate::lang::property::{Property, own_names};
use crate::lang::shell::Shell;
use crate::lang::text::{has_wildcards, to_text};
use crate::lang::value::Value;
use crate::lang::width::width;

/// `Format-List`'s switches.
#[derive(Clone, Copy, Debug, Default)]
pub struct ListOptions {
    /// Without the blank lines around, for a part of something larger.
    pub bare: bool,
}

/// Objects as lists; all their properties if none are asked for.
///
/// # Errors
/// If Ctrl-C was pressed.
pub fn list(
    shell: &mut Shell,
    items: &[Value],
    properties: &[Property],
    options: ListOptions,
    style: Style,
) -> Outcome<String> {
    let mut text = String::new();
    for item in items {
        let lines = lines(shell, item, properties, style)?;
        if lines.is_empty() {
            let scalar = to_text(item);
            if !scalar.is_empty() && own_names(item).is_empty() {
                text.push_str(&scalar);
                text.push('\n');
            }
            continue;
        }
        let longest = lines.iter().map(|(label, _)| width(label)).max().unwrap_or(0);
        for (label, value) in &lines {
            push_line(&mut text, label, value, longest, style);
        }
        text.push('\n');
    }
    if text.is_empty() || options.bare {
        return Ok(text);
    }
    Ok(format!("\n\n{text}\n\n"))
}

fn lines(
    shell: &mut Shell,
    item: &Value,
    properties: &[Property],
    style: Style,
) -> Outcome<Vec<(Arc<str>, String)>> {
    let mut lines = Vec::new();
    if properties.is_empty() {
        for name in own_names(item) {
            let value = crate::lang::eval::own_member(item, &name).unwrap_or_default();
            lines.push((name, cell(&value, style.items_max)));
        }
        return Ok(lines);
    }
    for property in properties {
        for (label, value) in shell.property_values(property, item)? {
            // Unlike a table, a list leaves out what the object does not have.
            let is_absent = value.is_null() && is_missing(property, item);
            if !is_absent {
                let text = match &property.format {
                    Some(format) => format_value(&value, format),
                    None => cell(&value, style.items_max),
                };
                lines.push((label, text));
            }
        }
    }
    Ok(lines)
}

fn is_missing(property: &Property, item: &Value) -> bool {
    match &property.from {
        // What wildcards found is there.
        crate::lang::property::From::Name(name) => {
            !has_wildcards(name) && crate::lang::eval::own_member(item, name).is_none()
        }
        crate::lang::property::From::Block(_) => false,
    }
}

fn push_line(text: &mut String, label: &str, value: &str, longest: usize, style: Style) {
    let pad = " ".repeat(longest - width(label));
    let indent = longest + 3;
    let room = style.width.saturating_sub(indent).max(10);
    for (at, line) in wrap(value, room).iter().enumerate() {
        if at == 0 {
            text.push_str(format!("{label}{pad} : {line}").trim_end());
        } else {
            text.push_str(format!("{}{line}", " ".repeat(indent)).trim_end());
        }
        text.push('\n');
    }
}
