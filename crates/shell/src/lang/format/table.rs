//! Tables: columns share the line; what would be cut gets more room where there is some.

use std::sync::Arc;

use super::{Style, cell};
use crate::lang::numeric::format_value;
use crate::lang::pipe::Outcome;
use crate::lang::property::{Align, Property};
use crate::lang::shell::Shell;
use crate::lang::value::Value;
use crate::lang::width;

/// `Format-Table`'s switches.
#[derive(Clone, Copy, Debug, Default)]
pub struct TableOptions {
    /// `-AutoSize`
    pub auto_size: bool,
    /// `-Wrap`
    pub wrap: bool,
    /// `-HideTableHeaders`
    pub hide_headers: bool,
}

struct Column {
    label: Arc<str>,
    cells: Vec<String>,
    asked: Option<usize>,
    align: Align,
    width: usize,
}

impl Column {
    fn needed(&self, with_label: bool) -> usize {
        let label = if with_label { count(&self.label) } else { 0 };
        self.cells.iter().map(|cell| count(cell)).max().unwrap_or(0).max(label).max(1)
    }
}

/// Columns of the terminal that a cell takes; the widest of its lines.
fn count(text: &str) -> usize {
    text.lines().map(width::width).max().unwrap_or(0)
}

/// Objects as a table.
///
/// # Errors
/// If Ctrl-C was pressed.
pub fn table(
    shell: &mut Shell,
    items: &[Value],
    properties: &[Property],
    options: TableOptions,
    style: Style,
) -> Outcome<String> {
    let mut columns = fill(shell, items, properties, options, style)?;
    if columns.is_empty() {
        return Ok(String::new());
    }
    size(&mut columns, options, style);
    drop_what_does_not_fit(shell, &mut columns)?;
    let mut text = String::from("\n");
    if !options.hide_headers {
        let labels: Vec<String> = columns.iter().map(|column| column.label.to_string()).collect();
        let lines: Vec<String> = labels.iter().map(|label| "-".repeat(count(label))).collect();
        push_row(&mut text, &columns, &labels, options);
        push_row(&mut text, &columns, &lines, options);
    }
    for at in 0..items.len() {
        let cells: Vec<String> = columns
            .iter()
            .map(|column| column.cells.get(at).cloned().unwrap_or_default())
            .collect();
        push_row(&mut text, &columns, &cells, options);
    }
    text.push_str("\n\n");
    Ok(text)
}

/// The cells of all columns; wildcards become columns by the first object.
fn fill(
    shell: &mut Shell,
    items: &[Value],
    properties: &[Property],
    options: TableOptions,
    style: Style,
) -> Outcome<Vec<Column>> {
    let mut columns: Vec<Column> = Vec::new();
    let mut seen: Vec<Vec<Value>> = Vec::new();
    for property in properties {
        let mut own: Vec<(Arc<str>, Vec<Value>)> = Vec::new();
        for (row, item) in items.iter().enumerate() {
            for (at, (label, value)) in
                shell.property_values(property, item)?.into_iter().enumerate()
            {
                if row == 0 {
                    own.push((label, vec![value]));
                } else if let Some((first_label, values)) = own.get_mut(at) {
                    // The first object's spelling counts unless only a later one has it.
                    if first_label.eq_ignore_ascii_case(&label)
                        && !value.is_null()
                        && values.iter().all(Value::is_null)
                    {
                        *first_label = label;
                    }
                    values.push(value);
                }
            }
        }
        for (label, values) in own {
            columns.push(Column {
                label,
                cells: values
                    .iter()
                    .map(|value| cell_text(value, property, options, style))
                    .collect(),
                asked: property.width,
                align: property.align.unwrap_or(match is_numeric(&values) {
                    true => Align::Right,
                    false => Align::Left,
                }),
                width: 0,
            });
            seen.push(values);
        }
    }
    Ok(columns)
}

fn is_numeric(values: &[Value]) -> bool {
    let first = values.iter().find(|value| !value.is_null());
    first.is_some_and(|first| first.is_number() || matches!(first, Value::Bool(_)))
}

fn cell_text(value: &Value, property: &Property, options: TableOptions, style: Style) -> String {
    let text = match &property.format {
        Some(format) if format.contains("{0") => {
            crate::lang::numeric::format(format, &Value::list([value.clone()]))
                .unwrap_or_else(|_| cell(value, style.items_max))
        }
        Some(format) => format_value(value, format),
        None => cell(value, style.items_max),
    };
    if options.wrap || !text.contains(['\n', '\r']) {
        return text;
    }
    // A cell is one line.
    let first = text.lines().next().unwrap_or("");
    format!("{first}...")
}

/// Gives each column its width; 0 to those there is no room for.
fn size(columns: &mut [Column], options: TableOptions, style: Style) {
    let with_label = !options.hide_headers;
    let needs: Vec<usize> = columns.iter().map(|column| column.needed(with_label)).collect();
    let asked: Vec<usize> = columns
        .iter()
        .zip(&needs)
        .map(|(column, need)| match (column.asked, options.auto_size) {
            (Some(asked), _) => asked,
            (None, true) => *need,
            (None, false) => 0,
        })
        .collect();
    let room = style.width.saturating_sub(1);
    let mut widths = shares(&asked, room);
    trim(&mut widths, room);
    for (column, width) in columns.iter_mut().zip(widths) {
        column.width = width;
    }
}

/// Widths of columns that share a line: those asked for, and for the others (0) equal shares of
/// what is left, the columns at the left taking what does not divide.
pub fn shares(asked: &[usize], room: usize) -> Vec<usize> {
    let open = asked.iter().filter(|width| **width == 0).count();
    let used = asked.iter().sum::<usize>() + asked.len().saturating_sub(1);
    let left = room.saturating_sub(used);
    let (share, mut more) =
        (left.checked_div(open).unwrap_or(0), left.checked_rem(open).unwrap_or(0));
    let width = |asked: &usize| match asked {
        0 => {
            let one = usize::from(more > 0);
            more = more.saturating_sub(1);
            (share + one).max(1)
        }
        asked => *asked,
    };
    asked.iter().map(width).collect()
}

/// The last column gives way until the line fits; when nothing is left of it, the one before.
fn trim(widths: &mut [usize], room: usize) {
    for at in (0..widths.len()).rev() {
        let total: usize = widths.iter().take(at + 1).sum::<usize>() + at;
        let over = total.saturating_sub(room);
        let Some(width) = widths.get_mut(at).filter(|_| over > 0) else { return };
        *width = width.saturating_sub(over);
        if *width > 0 || at == 0 {
            *width = (*width).max(1);
            return;
        }
    }
}

/// Columns there is no room for are left out, with a warning.
fn drop_what_does_not_fit(shell: &mut Shell, columns: &mut Vec<Column>) -> Outcome {
    let dropped: Vec<Arc<str>> = columns
        .iter()
        .filter(|column| column.width == 0)
        .map(|column| column.label.clone())
        .collect();
    columns.retain(|column| column.width > 0);
    match dropped.as_slice() {
        [] => Ok(()),
        [only] => shell.write_warning(&format!(
            "column \"{only}\" does not fit into the display and was removed."
        )),
        several => shell.write_warning(&format!(
            "{} columns do not fit into the display and were removed.",
            several.len()
        )),
    }
}

fn push_row(text: &mut String, columns: &[Column], cells: &[String], options: TableOptions) {
    let wrapped: Vec<Vec<String>> = columns
        .iter()
        .zip(cells)
        .map(|(column, cell)| {
            if options.wrap {
                wrap(cell, column.width)
            } else {
                vec![cut(cell, column.width, column.align)]
            }
        })
        .collect();
    let height = wrapped.iter().map(Vec::len).max().unwrap_or(1);
    for row in 0..height {
        let mut line = String::new();
        for (at, (column, lines)) in columns.iter().zip(&wrapped).enumerate() {
            if at > 0 {
                line.push(' ');
            }
            let cell = lines.get(row).map_or("", String::as_str);
            let blanks = column.width.saturating_sub(count(cell));
            let before = match column.align {
                Align::Left => 0,
                Align::Center => blanks / 2,
                Align::Right => blanks,
            };
            line.push_str(&" ".repeat(before));
            line.push_str(cell);
            line.push_str(&" ".repeat(blanks - before));
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
}

/// A cell's text as far as it fits; of what stands flush right, the end is kept.
pub fn cut(cell: &str, room: usize, align: Align) -> String {
    if count(cell) <= room {
        return cell.to_owned();
    }
    let dots = if room > 3 { "..." } else { "" };
    let kept = room - dots.len();
    match align {
        Align::Right => format!("{dots}{}", width::ending(cell, kept)),
        _ => format!("{}{dots}", width::beginning(cell, kept)),
    }
}

/// Lines of at most `room` columns, broken at blanks where there are some.
pub(super) fn wrap(text: &str, room: usize) -> Vec<String> {
    let room = room.max(1);
    let mut lines = Vec::new();
    for line in text.lines() {
        let mut rest = line;
        while width::width(rest) > room {
            // A blank that stands just behind the line's end is a place to break too.
            let fits = width::beginning(rest, room);
            let window = width::beginning(rest, room + 1);
            let blank = window.rfind(' ').filter(|at| *at > 0 && *at <= fits.len());
            // One character is taken even where none fits.
            let least = rest.chars().next().map_or(0, char::len_utf8);
            let (start, tail) = rest.split_at(blank.unwrap_or(fits.len()).max(least));
            lines.push(start.to_owned());
            rest = tail.trim_start_matches(' ');
        }
        lines.push(rest.to_owned());
    }
    if lines.is_empty() {
        lines.push(String::new());
    }
    lines
}
