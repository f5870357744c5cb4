//! Objects to text: what a person sees when nobody says how, and the work of `Format-Table`,
//! `Format-List` and `Format-Wide`.

use std::sync::Arc;

use super::object::Object;
use super::page::Page;
use super::pipe::{Outcome, Target};
use super::property::{Align, From, Property, own_names};
use super::shell::Shell;
use super::text::{shown_time, time_text, to_text};
use super::types;
use super::value::Value;
use crate::cmdlet::{self, Shape};

mod custom;
mod error;
mod list;
mod table;
mod view;

pub use custom::custom;
pub(crate) use error::{PARSER, WRITTEN};
pub use error::{category_text, error_text, error_text_within, full_id, place_of};
pub use list::{ListOptions, list};
pub use table::{TableOptions, cut, shares, table};
pub(crate) use view::{columns, family, heading};

/// Type of what `Format-Table` and its kin make: text that is shown as it is.
pub const FORMATTED: &str = "Microsoft.PowerShell.Commands.Internal.Format";

/// Type of what `Get-Help` gives: shown as it is too, with properties.
pub const HELP: &str = "MamlCommandHelpInfo";

/// Whether an object is shown as its text is.
pub fn is_laid_out(object: &Object) -> bool {
    matches!(object.type_name(), FORMATTED | HELP)
}

/// Whether an object is a plain value that was given properties: it is shown as the value.
pub(crate) fn is_plain(object: &Object) -> bool {
    let plain =
        ["System.String", "System.Int32", "System.Int64", "System.Double", "System.Boolean"];
    object.shown().is_some() && plain.contains(&object.type_name())
}

/// Property of such text that wants to be read page by page.
pub const PAGED: &str = "Paged";

/// Type of what `Get-Member` gives; its table is as narrow as it can be.
pub const MEMBER: &str = "Microsoft.PowerShell.Commands.MemberDefinition";

/// Most rows that are laid out as one table; then it is printed, and a new one begun.
const ROWS_MAX: usize = 10_000;

/// What decides the layout.
#[derive(Clone, Copy, Debug)]
pub struct Style {
    /// Characters in a line.
    pub width: usize,
    /// How many items of a collection are shown.
    pub items_max: usize,
}

impl Style {
    /// The style of a shell's host.
    pub fn of(shell: &Shell) -> Style {
        let limit = shell.scope.get("FormatEnumerationLimit").and_then(|v| types::number(&v));
        let items_max = match limit {
            Some(Value::Int(limit)) if limit >= 0 => usize::try_from(limit).unwrap_or(4),
            Some(Value::Int(_)) => usize::MAX,
            _ => 4,
        };
        Style { width: shell.host.width, items_max }
    }
}

/// Shows objects: groups of one type become one table or list.
pub struct Display<'a> {
    style: Style,
    pending: Vec<Value>,
    key: Option<Key>,
    /// Whether a person reads it, who can turn pages.
    turns: bool,
    write: &'a mut dyn FnMut(&mut Shell, &str),
}

/// What objects must share to stand in one table or list.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Key(String, Vec<Arc<str>>);

impl<'a> Display<'a> {
    /// A display that writes through a function.
    pub fn new(style: Style, write: &'a mut dyn FnMut(&mut Shell, &str)) -> Display<'a> {
        Display { style, pending: Vec::new(), key: None, turns: false, write }
    }

    /// The same, for a person who can turn pages.
    pub fn turning(self, turns: bool) -> Display<'a> {
        Display { turns, ..self }
    }

    /// Shows what is still held back.
    ///
    /// # Errors
    /// If Ctrl-C was pressed.
    pub fn finish(&mut self, shell: &mut Shell) -> Outcome {
        let pending = std::mem::take(&mut self.pending);
        self.key = None;
        if pending.is_empty() {
            return Ok(());
        }
        let text = shell.default_text(&pending, self.style)?;
        (self.write)(shell, &text);
        Ok(())
    }
}

impl Target for Display<'_> {
    fn take(&mut self, shell: &mut Shell, value: Value) -> Outcome {
        let key = match &value {
            Value::Null => return Ok(()),
            Value::List(list) => {
                for item in list.items() {
                    shell.deeper(|shell| self.take(shell, item.clone()))?;
                }
                return Ok(());
            }
            Value::Object(object) if is_laid_out(object) || is_plain(object) => None,
            textual if textual.is_textual() => None,
            // An exception is what it says.
            Value::Object(object) if object.type_name().ends_with("Exception") => None,
            Value::Object(object) if object.type_name() == super::quantity::BYTE_SIZE => None,
            Value::Object(object) if object.is_custom() => {
                Some(Key(object.type_name().to_owned(), object.names()))
            }
            Value::Object(_) => Some(Key(family(&value), Vec::new())),
            Value::Type(_) => Some(Key("type".to_owned(), Vec::new())),
            Value::Map(map) => {
                let kind = if map.is_dictionary() { "dictionary" } else { "map" };
                Some(Key(kind.to_owned(), Vec::new()))
            }
            Value::Duration(_) => Some(Key("duration".to_owned(), Vec::new())),
            Value::Xml(xml) => Some(Key(xml.type_name().to_owned(), own_names(&value))),
            _ => None,
        };
        if key.is_none() || key != self.key || self.pending.len() >= ROWS_MAX {
            self.finish(shell)?;
        }
        if key.is_none() {
            let text = scalar_line(&value, self.style);
            let is_paged = matches!(&value, Value::Object(object) if object.get(PAGED).is_some());
            if self.turns && is_paged {
                Page::new(shell).show(shell, &text);
                return Ok(());
            }
            (self.write)(shell, &text);
            return Ok(());
        }
        self.key = key;
        self.pending.push(value);
        Ok(())
    }
}

/// The line a value without properties is.
fn scalar_line(value: &Value, style: Style) -> String {
    match value {
        Value::Object(object) if is_laid_out(object) => {
            object.shown().unwrap_or_default().to_owned()
        }
        Value::Error(error) => format!("{}\n", error_text_within(error, style)),
        Value::Object(object) if object.type_name().ends_with("Exception") => {
            format!("{}\n", to_text(&object.get("Message").unwrap_or_default()))
        }
        Value::Time(ms) | Value::Told(_, ms) => format!("\n{}\n\n\n", time_text(*ms, "F")),
        Value::Bytes(bytes) => bytes.iter().map(|byte| format!("{byte}\n")).collect(),
        other => format!("{}\n", to_text(other)),
    }
}

/// A value in a cell of a table or a line of a list.
pub fn cell(value: &Value, items_max: usize) -> String {
    match value {
        Value::Time(ms) | Value::Told(_, ms) => shown_time(*ms),
        Value::List(list) => braced(list.items(), items_max),
        Value::Bytes(bytes) => {
            let shown = bytes.iter().take(items_max.saturating_add(1));
            let items: Vec<Value> = shown.map(|byte| Value::Int((*byte).into())).collect();
            braced(&items, items_max)
        }
        Value::Map(map) => {
            let keys: Vec<Value> = map.entries().into_iter().map(|(key, _)| key).collect();
            braced(&keys, items_max)
        }
        other => to_text(other),
    }
}

/// `{a, b, c, d...}`
fn braced(items: &[Value], items_max: usize) -> String {
    let mut text = String::from("{");
    for (at, item) in items.iter().take(items_max).enumerate() {
        if at > 0 {
            text.push_str(", ");
        }
        text.push_str(&match item {
            Value::Time(ms) | Value::Told(_, ms) => shown_time(*ms),
            other => to_text(other),
        });
    }
    if items.len() > items_max {
        text.push_str("...");
    }
    text.push('}');
    text
}

/// A property of that name.
pub(crate) fn named(name: &str) -> Property {
    Property {
        label: None,
        from: From::Name(name.into()),
        width: None,
        align: None,
        format: None,
        descending: None,
    }
}

impl Shell {
    /// Objects of one type as they are shown when nobody says how.
    pub(crate) fn default_text(&mut self, items: &[Value], style: Style) -> Outcome<String> {
        let Some(first) = items.first() else {
            return Ok(String::new());
        };
        if let Value::Map(_) = first {
            let entries: Vec<Value> = items
                .iter()
                .flat_map(|item| match item {
                    Value::Map(map) => super::eval::entries(map),
                    _ => Vec::new(),
                })
                .collect();
            if matches!(first, Value::Map(map) if map.is_dictionary()) {
                let columns = [named("Key"), named("Value")];
                return table(self, &entries, &columns, TableOptions::default(), style);
            }
            let value = Property { align: Some(Align::Left), ..named("Value") };
            let name = Property { align: Some(Align::Left), width: Some(30), ..named("Name") };
            let columns = [name, value];
            return table(self, &entries, &columns, TableOptions::default(), style);
        }
        let type_name = match first {
            Value::Object(object) => object.type_name().to_owned(),
            _ => String::new(),
        };
        if type_name == MEMBER {
            return self.members_text(items, style);
        }
        if let Some(view) = cmdlet::view(&type_name) {
            match view.shape {
                Shape::Table(own) => {
                    let wrap = own.iter().any(|column| column.wraps);
                    let options = TableOptions { wrap, ..TableOptions::default() };
                    let text = table(self, items, &columns(own, true, false), options, style);
                    return text.map(|text| heading(first) + &text);
                }
                Shape::ListOf(names) => {
                    let lines: Vec<Property> = names.iter().map(|name| named(name)).collect();
                    return list(self, items, &lines, ListOptions::default(), style);
                }
                Shape::List => return list(self, items, &[], ListOptions::default(), style),
                Shape::Text => {
                    let lines: String = items.iter().map(|i| to_text(i) + "\n").collect();
                    return Ok(format!("\n{lines}\n\n"));
                }
            }
        }
        if let Value::Type(_) = first {
            let columns = super::eval::kinds::COLUMNS.map(|(name, width)| Property {
                width: (width > 0).then_some(width),
                align: Some(Align::Left),
                ..named(name)
            });
            return table(self, items, &columns, TableOptions::default(), style);
        }
        if type_name == super::version::VERSION {
            let columns = super::version::COLUMNS.map(|(name, width)| Property {
                width: Some(width),
                align: Some(Align::Left),
                ..named(name)
            });
            return table(self, items, &columns, TableOptions::default(), style);
        }
        let names = own_names(first);
        if names.len() > 4 || matches!(first, Value::Duration(_)) {
            return list(self, items, &[], ListOptions::default(), style);
        }
        let columns: Vec<Property> = names.iter().map(|name| named(name)).collect();
        table(self, items, &columns, TableOptions::default(), style)
    }

    /// Members, type by type.
    fn members_text(&mut self, items: &[Value], style: Style) -> Outcome<String> {
        let type_of =
            |item: &Value| to_text(&super::eval::own_member(item, "TypeName").unwrap_or_default());
        let columns = ["Name", "MemberType", "Definition"].map(named);
        let options = TableOptions { auto_size: true, ..TableOptions::default() };
        let mut text = String::from("\n\n");
        for part in items.chunk_by(|a, b| type_of(a) == type_of(b)) {
            let kind = part.first().map(type_of).unwrap_or_default();
            text.push_str(&format!("   TypeName: {kind}\n"));
            text.push_str(&table(self, part, &columns, options, style)?);
        }
        Ok(text)
    }

    /// Any objects as text, as the host would show them.
    ///
    /// # Errors
    /// If Ctrl-C was pressed.
    pub fn text_of(&mut self, values: &[Value], style: Style) -> Outcome<String> {
        let mut text = String::new();
        let mut write = |_: &mut Shell, part: &str| text.push_str(part);
        let mut display = Display::new(style, &mut write);
        for value in values {
            display.take(self, value.clone())?;
        }
        display.finish(self)?;
        Ok(text)
    }
}

#[cfg(test)]
mod tests;
