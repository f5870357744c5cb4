//! Tables: columns share the line; what would be cut gets more room where there is some.

use std::sync::Arc;

use super::{Style, cell};
use crate::lang::numeric::format_value;
use crate::lang::pipe::Outcome;
use crate::lang::property::Property;
use crate::lang::shell::Shell;
use crate::lang::value::Value;

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
    right: bool,
    width: usize,
}

impl Column {
    fn needed(&self, with_label: bool) -> usize {
        let label = if with_label { count(&self.label) } else { 0 };
        self.cells.iter().map(|cell| count(cell)).max().unwrap_or(0).max(label).max(1)
    }
}

fn count(text: &str) -> usize {
    text.chars().count()
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
    if style.must_fit {
        drop_what_does_not_fit(&mut columns, style.width);
    }
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
                right: property.right.unwrap_or_else(|| is_numeric(&values)),
                width: 0,
            });
            seen.push(values);
        }
    }
    Ok(columns)
}

fn is_numeric(values: &[Value]) -> bool {
    let first = values.iter().find(|value| !value.is_null());
    matches!(first, Some(Value::Int(_) | Value::Float(_)))
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

/// Gives each column its width.
fn size(columns: &mut [Column], options: TableOptions, style: Style) {
    let with_label = !options.hide_headers;
    let needs: Vec<usize> = columns.iter().map(|column| column.needed(with_label)).collect();
    if options.auto_size {
        for (column, need) in columns.iter_mut().zip(&needs) {
            column.width = column.asked.unwrap_or(*need);
        }
        if style.must_fit {
            shrink_last(columns, style.width);
        }
        return;
    }
    let gaps = columns.len().saturating_sub(1);
    let asked: usize = columns.iter().filter_map(|column| column.asked).sum();
    let open = columns.iter().filter(|column| column.asked.is_none()).count();
    let room = style.width.saturating_sub(1 + gaps + asked);
    let share = room.checked_div(open).unwrap_or(0).max(1);
    let is_cut = |column: &Column, need: usize| column.asked.unwrap_or(share) < need;
    let cuts = columns.iter().zip(&needs).any(|(column, need)| is_cut(column, *need));
    if !cuts {
        for column in columns.iter_mut() {
            column.width = column.asked.unwrap_or(share);
        }
        return;
    }
    // Equal shares would cut something: each gets what it needs, if that fits or need not fit.
    let total: usize = needs.iter().sum::<usize>() + gaps;
    if !style.must_fit || total < style.width {
        for (column, need) in columns.iter_mut().zip(&needs) {
            column.width = match (style.must_fit, column.asked) {
                (_, Some(asked)) => asked.max(*need),
                _ => *need,
            };
        }
        return;
    }
    for column in columns.iter_mut() {
        column.width = column.asked.unwrap_or(share);
    }
}

/// With `-AutoSize`, the columns at the right end give way.
fn shrink_last(columns: &mut [Column], width: usize) {
    let gaps = columns.len().saturating_sub(1);
    let total: usize = columns.iter().map(|column| column.width).sum::<usize>() + gaps;
    let mut over = total.saturating_sub(width.saturating_sub(1));
    for column in columns.iter_mut().rev() {
        let least = count(&column.label).clamp(3, 10);
        let gives = over.min(column.width.saturating_sub(least));
        column.width -= gives;
        over -= gives;
    }
}

/// Columns beyond the edge are left out, as PowerShell does.
fn drop_what_does_not_fit(columns: &mut Vec<Column>, width: usize) {
    let mut used = 0;
    let mut kept = 0;
    for column in columns.iter() {
        used += column.width + usize::from(kept > 0);
        if used > width && kept > 0 {
            break;
        }
        kept += 1;
    }
    columns.truncate(kept);
}

fn push_row(text: &mut String, columns: &[Column], cells: &[String], options: TableOptions) {
    let wrapped: Vec<Vec<String>> =
        columns
            .iter()
            .zip(cells)
            .map(|(column, cell)| {
                if options.wrap { wrap(cell, column.width) } else { vec![cut(cell, column.width)] }
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
            let pad = " ".repeat(column.width.saturating_sub(count(cell)));
            if column.right {
                line.push_str(&pad);
                line.push_str(cell);
            } else {
                line.push_str(cell);
                line.push_str(&pad);
            }
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
}

fn cut(cell: &str, width: usize) -> String {
    if count(cell) <= width {
        return cell.to_owned();
    }
    let dots = if width > 3 { "..." } else { "" };
    let kept: String = cell.chars().take(width - dots.len()).collect();
    kept + dots
}

/// Lines of at most `width` characters, broken at blanks where there are some.
pub(super) fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    for line in text.lines() {
        let mut rest: Vec<char> = line.chars().collect();
        while rest.len() > width.max(1) {
            let window = rest.get(..=width.max(1)).unwrap_or(&rest);
            let at = window.iter().rposition(|c| *c == ' ').filter(|at| *at > 0);
            let end = at.unwrap_or(width.max(1));
            let tail = rest.split_off(end);
            lines.push(rest.iter().collect());
            rest = tail.into_iter().skip_while(|c| *c == ' ').collect();
        }
        lines.push(rest.iter().collect());
    }
    if lines.is_empty() {
        lines.push(String::new());
    }
    lines
}
