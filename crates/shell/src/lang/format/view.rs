//! The views that cmdlets declare for their types: columns, and parts with headings.

use super::named;
use crate::cmdlet::{self, Column, Group};
use crate::lang::property::{Align, Property};
use crate::lang::text::to_text;
use crate::lang::types::type_of;
use crate::lang::value::Value;

/// A view's columns. It says itself what stands flush right; where it does not, what an automatic
/// table sets so does too, if that is wanted.
pub(crate) fn columns(columns: &[Column], is_sized: bool, is_automatic: bool) -> Vec<Property> {
    let property = |column: &Column| {
        let align = match (column.right, is_automatic) {
            (true, _) => Some(Align::Right),
            (false, true) => None,
            (false, false) => Some(Align::Left),
        };
        Property {
            label: Some(column.label.into()),
            width: (column.width > 0 && is_sized).then_some(column.width.into()),
            align,
            format: (!column.format.is_empty()).then(|| column.format.to_owned()),
            ..named(column.property)
        }
    };
    columns.iter().map(property).collect()
}

/// What objects share that stand in one part of a view: their type or its kin, and what they are
/// grouped by.
pub(crate) fn family(value: &Value) -> String {
    let Value::Object(object) = value else { return type_of(value) };
    match cmdlet::view(object.type_name()) {
        Some(view) => {
            let kin = if view.kin.is_empty() { view.type_name } else { view.kin };
            let group = view.group.map(|group| grouped_by(value, group)).unwrap_or_default();
            format!("{kin}\n{group}")
        }
        None => object.type_name().to_owned(),
    }
}

/// The heading of the part of its view that begins with an object, with what stands before it.
pub(crate) fn heading(value: &Value) -> String {
    let view = match value {
        Value::Object(object) => cmdlet::view(object.type_name()),
        _ => None,
    };
    let Some(group) = view.and_then(|view| view.group) else { return String::new() };
    let text = grouped_by(value, group);
    if text.is_empty() {
        return text;
    }
    // What a provider lists has one more line between heading and table.
    let after = if group.indent > 3 { "\n" } else { "" };
    format!("\n\n{}{}: {text}\n{after}", " ".repeat(group.indent), group.label)
}

fn grouped_by(value: &Value, group: Group) -> String {
    let own = crate::lang::eval::own_member(value, group.property);
    let text = own.map(|own| to_text(&own)).unwrap_or_default();
    match text.split_once("::") {
        Some((_, path)) if !group.is_whole => path.to_owned(),
        _ => text,
    }
}
