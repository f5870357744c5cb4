//! `Format-Table`, `Format-List`, `Format-Wide`: objects as text, as one asks.

use super::{HELD_MAX, INPUT, count, input};
use crate::cmdlet::{self, Arguments, Cmdlet, Example, Kind, Parameter, Shape};
use crate::lang::format::{
    FORMATTED, ListOptions, Style, TableOptions, cell, columns, custom, cut, family, heading, list,
    named, shares, table,
};
use crate::lang::operate::is_equal;
use crate::lang::pipe::{Outcome, Sink, Stage};
use crate::lang::property::{Align, Property, own_names, properties};
use crate::lang::text::to_text;
use crate::lang::types::is_true;
use crate::lang::width;
use crate::lang::{Object, Shell, Value};

pub(super) const CMDLETS: &[Cmdlet] = &[TABLE, LIST, WIDE, CUSTOM];

const PROPERTY: Parameter = Parameter::positional("Property", Kind::Properties)
    .takes_rest()
    .help("Names, wildcards or calculated properties; the type's own view if left out.");
const GROUP_BY: Parameter =
    Parameter::named("GroupBy", Kind::Properties).help("A new part for each value of this.");

const FORCE: Parameter = Parameter::switch("Force").help("Accepted: everything is shown.");
const VIEW: Parameter =
    Parameter::named("View", Kind::String).help("Accepted: a type has one view.");
const EXPAND: Parameter =
    Parameter::named("Expand", Kind::String).help("Accepted: lists of objects are opened.");

const TABLE: Cmdlet = Cmdlet {
    aliases: &["ft"],
    synopsis: "Shows objects as a table.",
    description: "On a terminal, cells that do not fit are cut; a program that reads the output \
                  gets them whole.",
    parameters: &[
        PROPERTY,
        INPUT,
        Parameter::switch("AutoSize").help("Columns as wide as what is in them."),
        Parameter::switch("Wrap").help("Cells go on in the next line instead of being cut."),
        Parameter::switch("HideTableHeaders").help("Without headings."),
        GROUP_BY,
        FORCE,
        VIEW,
        EXPAND,
    ],
    examples: &[Example {
        text: "Columns as wide as needed",
        input: "[pscustomobject]@{Name='a'; Size=1} | Format-Table -AutoSize",
        output: "Name Size\n---- ----\na       1",
    }],
    ..Cmdlet::client("Format-Table", || Box::new(Formatting::new(How::Table)))
};

const LIST: Cmdlet = Cmdlet {
    aliases: &["fl"],
    synopsis: "Shows objects as lists.",
    parameters: &[PROPERTY, INPUT, GROUP_BY, FORCE, VIEW, EXPAND],
    examples: &[Example {
        text: "Some properties, by wildcard",
        input: "[pscustomobject]@{Name='a'; Size=1; Side=2} | Format-List N*, Si*",
        output: "Name : a\nSize : 1\nSide : 2",
    }],
    ..Cmdlet::client("Format-List", || Box::new(Formatting::new(How::List)))
};

const WIDE: Cmdlet = Cmdlet {
    aliases: &["fw"],
    synopsis: "Shows one property of each object, several in a line.",
    parameters: &[
        Parameter::positional("Property", Kind::Properties).help("The property."),
        INPUT,
        Parameter::named("Column", Kind::Int).help("How many in a line."),
        Parameter::switch("AutoSize").help("As many in a line as fit."),
        FORCE,
        VIEW,
    ],
    examples: &[Example {
        text: "Three in a line",
        input: "1..5 | Format-Wide -Column 3",
        output: "1 * 2 * 3\n4 * 5",
    }],
    ..Cmdlet::client("Format-Wide", || Box::new(Formatting::new(How::Wide)))
};

const CUSTOM: Cmdlet = Cmdlet {
    aliases: &["fc"],
    synopsis: "Shows objects with what is in them, as nested classes.",
    parameters: &[
        PROPERTY,
        INPUT,
        Parameter::named("Depth", Kind::Int).default("5").help("How many levels."),
        GROUP_BY,
        FORCE,
        VIEW,
        EXPAND,
    ],
    examples: &[Example {
        text: "An object in an object",
        input: "[pscustomobject]@{Name='a'; In=[pscustomobject]@{Size=1}} | Format-Custom",
        output: "class PSCustomObject\n{\nName = a\nIn =\nclass PSCustomObject\n{\nSize = 1\n}\n}",
    }],
    ..Cmdlet::client("Format-Custom", || Box::new(Formatting::new(How::Custom)))
};

/// How deep `Format-Custom` looks unless told otherwise.
const DEPTH: usize = 5;

#[derive(Clone, Copy, PartialEq, Eq)]
enum How {
    Table,
    List,
    Wide,
    Custom,
}

struct Formatting {
    how: How,
    items: Vec<Value>,
    properties: Vec<Property>,
    group_by: Vec<Property>,
    options: TableOptions,
    columns: Option<usize>,
    depth: usize,
}

impl Formatting {
    fn new(how: How) -> Formatting {
        Formatting {
            how,
            items: Vec::new(),
            properties: Vec::new(),
            group_by: Vec::new(),
            options: TableOptions::default(),
            columns: None,
            depth: DEPTH,
        }
    }
}

impl Stage for Formatting {
    fn begin(&mut self, _: &mut Shell, arguments: &Arguments) -> Outcome {
        self.properties = properties(arguments.value("Property"))?;
        self.group_by = properties(arguments.value("GroupBy"))?;
        self.options = TableOptions {
            auto_size: arguments.flag("AutoSize"),
            wrap: arguments.flag("Wrap"),
            hide_headers: arguments.flag("HideTableHeaders"),
        };
        self.columns = count(arguments, "Column");
        self.depth = count(arguments, "Depth").unwrap_or(DEPTH);
        Ok(())
    }

    fn process(&mut self, shell: &mut Shell, arguments: &Arguments, out: &mut Sink<'_>) -> Outcome {
        self.items.extend(input(arguments).cloned());
        if self.items.len() >= HELD_MAX { self.lay_out(shell, out) } else { Ok(()) }
    }

    fn end(&mut self, shell: &mut Shell, out: &mut Sink<'_>) -> Outcome {
        self.lay_out(shell, out)
    }
}

impl Formatting {
    /// Lays out what is held.
    fn lay_out(&mut self, shell: &mut Shell, out: &mut Sink<'_>) -> Outcome {
        let items = std::mem::take(&mut self.items);
        for (heading, part) in self.parts(shell, items)? {
            let text = heading + &self.text(shell, &part)?;
            if !text.is_empty() {
                let text = Object::new(FORMATTED).shown_as(&text);
                out.emit(shell, Value::Object(text))?;
            }
        }
        Ok(())
    }
}

impl Formatting {
    /// Runs of objects that belong in one table or list, each with its heading.
    fn parts(&self, shell: &mut Shell, items: Vec<Value>) -> Outcome<Vec<(String, Vec<Value>)>> {
        let mut parts: Vec<(String, Vec<Value>)> = Vec::new();
        let mut last: Option<(Value, String)> = None;
        for item in items {
            let mut heading = String::new();
            let mut key = Value::Null;
            if let Some(property) = self.group_by.first() {
                let values = shell.property_values(property, &item)?;
                if let Some((name, value)) = values.into_iter().next() {
                    // Two blank lines stand before each heading; a table ends with them.
                    let before = if parts.is_empty() { "\n\n" } else { "" };
                    heading = format!("{before}   {name}: {}\n", cell(&value, 4));
                    key = value;
                }
            }
            // Objects of another type have other columns, unless columns were asked for.
            let kind = match self.properties.is_empty() {
                true => family(&item),
                false => String::new(),
            };
            let is_next = last
                .as_ref()
                .is_some_and(|(last, last_kind)| is_equal(last, &key, false) && *last_kind == kind);
            match parts.last_mut().filter(|_| is_next) {
                Some((_, part)) => part.push(item),
                None => parts.push((heading, vec![item])),
            }
            last = Some((key, kind));
        }
        Ok(parts)
    }

    fn text(&self, shell: &mut Shell, items: &[Value]) -> Outcome<String> {
        let style = Style::of(shell);
        match self.how {
            How::Table => self.as_table(shell, items, style),
            How::List if items.iter().all(is_scalar) && self.properties.is_empty() => {
                shell.text_of(items, style)
            }
            How::List => {
                let entries: Vec<Value>;
                let items = match items.first() {
                    Some(Value::Map(_)) if self.properties.is_empty() => {
                        entries = items.iter().flat_map(entries_of).collect();
                        let is_named = entries.iter().all(|entry| {
                            matches!(entry, Value::Object(object) if object.get("Name").is_some())
                        });
                        let first = if is_named { "Name" } else { "Key" };
                        let lines = [named(first), named("Value")];
                        return list(shell, &entries, &lines, ListOptions::default(), style);
                    }
                    _ => items,
                };
                let properties = match (self.properties.is_empty(), items.first()) {
                    (true, Some(Value::Object(object))) => list_view(object),
                    _ => self.properties.clone(),
                };
                list(shell, items, &properties, ListOptions::default(), style)
            }
            How::Wide => self.as_wide(shell, items, style),
            How::Custom => custom(shell, items, &self.properties, self.depth, style),
        }
    }

    fn as_table(&self, shell: &mut Shell, items: &[Value], style: Style) -> Outcome<String> {
        let Some(first) = items.first() else {
            return Ok(String::new());
        };
        if !self.properties.is_empty() {
            return table(shell, items, &self.properties, self.options, style);
        }
        let names = own_names(first);
        if names.is_empty() || matches!(first, Value::String(_)) || first.is_textual() {
            return shell.text_of(items, style);
        }
        let view = match first {
            Value::Object(object) => cmdlet::view(object.type_name()),
            _ => None,
        };
        let columns: Vec<Property> = match view.map(|view| view.shape) {
            Some(Shape::Table(own)) => columns(own, !self.options.auto_size, true),
            Some(Shape::ListOf(names)) => names.iter().map(|name| named(name)).collect(),
            // A table of everything has room for ten columns.
            _ => names.iter().take(10).map(|name| named(name)).collect(),
        };
        if let Value::Map(_) | Value::Type(_) = first {
            return shell.default_text(items, style);
        }
        let heading = if self.group_by.is_empty() { heading(first) } else { String::new() };
        Ok(heading + &table(shell, items, &columns, self.options, style)?)
    }

    fn as_wide(&self, shell: &mut Shell, items: &[Value], style: Style) -> Outcome<String> {
        let mut cells = Vec::new();
        for item in items {
            let value = match self.properties.first() {
                Some(property) => shell.property_value(property, item)?,
                None => match item {
                    Value::Object(object) => {
                        let name = object.get("Name").or_else(|| object.get("Identity"));
                        name.filter(is_true).unwrap_or_else(|| Value::from(to_text(item)))
                    }
                    other => other.clone(),
                },
            };
            cells.push(cell(&value, style.items_max));
        }
        let longest = cells.iter().map(|cell| width::width(cell)).max().unwrap_or(1);
        let columns = match (self.columns, self.options.auto_size) {
            (Some(columns), _) => columns.clamp(1, style.width.max(1)),
            (None, true) => (style.width / (longest + 1)).max(1),
            (None, false) => 2,
        };
        let widths = shares(&vec![0; columns], style.width.saturating_sub(1));
        let mut text = String::from("\n");
        for row in cells.chunks(columns) {
            let mut line = String::new();
            for (cell, room) in row.iter().zip(&widths) {
                let cell = cut(cell, *room, Align::Left);
                line.push_str(&cell);
                let pad = room.saturating_sub(width::width(&cell));
                line.push_str(&" ".repeat(pad + 1));
            }
            text.push_str(line.trim_end());
            text.push('\n');
        }
        text.push_str("\n\n");
        Ok(text)
    }
}

/// Whether a value is shown as one line, however one asks.
fn is_scalar(value: &Value) -> bool {
    value.is_number() || matches!(value, Value::String(_) | Value::Bool(_))
}

fn entries_of(item: &Value) -> Vec<Value> {
    match item {
        Value::Map(map) => crate::lang::eval::entries(map),
        _ => Vec::new(),
    }
}

/// The properties a type's list view names.
fn list_view(object: &Object) -> Vec<Property> {
    match cmdlet::view(object.type_name()).map(|view| view.shape) {
        Some(Shape::ListOf(names)) => names.iter().map(|name| named(name)).collect(),
        _ => Vec::new(),
    }
}
