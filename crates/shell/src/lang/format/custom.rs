//! `Format-Custom`: objects as nested classes.

use super::{Style, cell};
use crate::lang::pipe::Outcome;
use crate::lang::property::{Property, own_names};
use crate::lang::shell::Shell;
use crate::lang::text::to_text;
use crate::lang::types::type_of;
use crate::lang::value::Value;

/// Objects with what is in them, so many levels deep.
///
/// # Errors
/// If Ctrl-C was pressed.
pub fn custom(
    shell: &mut Shell,
    items: &[Value],
    properties: &[Property],
    depth: usize,
    style: Style,
) -> Outcome<String> {
    let mut text = String::new();
    for item in items {
        if own_names(item).is_empty() || matches!(item, Value::String(_)) || item.is_textual() {
            text.push_str(&to_text(item));
            text.push('\n');
            continue;
        }
        text.push('\n');
        push_object(shell, &mut text, item, properties, Level { at: 0, left: depth }, style)?;
        text.push_str("\n\n");
    }
    Ok(text)
}

/// How far to the right, and how many levels more.
#[derive(Clone, Copy)]
struct Level {
    at: usize,
    left: usize,
}

impl Level {
    fn pad(self) -> String {
        " ".repeat(self.at * 2)
    }

    fn below(self) -> Level {
        Level { at: self.at + 1, left: self.left.saturating_sub(1) }
    }

    fn beside(self) -> Level {
        Level { at: self.at + 1, left: self.left }
    }
}

fn push_object(
    shell: &mut Shell,
    text: &mut String,
    item: &Value,
    properties: &[Property],
    level: Level,
    style: Style,
) -> Outcome {
    let pad = level.pad();
    let full = type_of(item);
    let name = full.rsplit('.').next().unwrap_or(&full);
    text.push_str(&format!("{pad}class {name}\n{pad}{{\n"));
    let inner = level.beside();
    if properties.is_empty() {
        for name in own_names(item) {
            let value = shell.member_value(item, &name)?;
            push_member(shell, text, &name, &value, inner, style)?;
        }
    }
    for property in properties {
        for (label, value) in shell.property_values(property, item)? {
            push_member(shell, text, &label, &value, inner, style)?;
        }
    }
    text.push_str(&format!("{pad}}}\n"));
    Ok(())
}

fn push_member(
    shell: &mut Shell,
    text: &mut String,
    name: &str,
    value: &Value,
    level: Level,
    style: Style,
) -> Outcome {
    let pad = level.pad();
    if level.left == 0 || !is_opened(value) {
        let shown = cell(value, style.items_max);
        text.push_str(format!("{pad}{name} = {shown}").trim_end());
        text.push('\n');
        return Ok(());
    }
    text.push_str(&format!("{pad}{name} = \n"));
    push_value(shell, text, value, level.below(), style)?;
    text.push_str(&format!("{pad}  \n"));
    Ok(())
}

/// Whether a value has something in it to show.
fn is_opened(value: &Value) -> bool {
    match value {
        Value::List(_) | Value::Map(_) => true,
        Value::Object(object) => object.is_custom(),
        _ => false,
    }
}

fn push_value(
    shell: &mut Shell,
    text: &mut String,
    value: &Value,
    level: Level,
    style: Style,
) -> Outcome {
    let pad = level.pad();
    let items = match value {
        Value::List(list) => list.items().to_vec(),
        Value::Map(map) => crate::lang::eval::entries(map),
        other => return shell.deeper(|shell| push_object(shell, text, other, &[], level, style)),
    };
    text.push_str(&format!("{pad}[\n"));
    for item in &items {
        if level.left > 0 && (is_opened(item) || matches!(value, Value::Map(_))) {
            shell.deeper(|shell| match item {
                Value::List(_) => push_value(shell, text, item, level.beside(), style),
                _ => push_object(shell, text, item, &[], level.beside(), style),
            })?;
        } else {
            text.push_str(&format!("{pad}  {}\n", cell(item, style.items_max)));
        }
    }
    text.push_str(&format!("{pad}]\n"));
    Ok(())
}
