//! What `Set-StrictMode` forbids: variables, properties and items that are not there.

use crate::lang::error::{Category, Error};
use crate::lang::object::List;
use crate::lang::pipe::{Outcome, Stop};
use crate::lang::shell::Shell;
use crate::lang::types;
use crate::lang::value::Value;

use super::access::own_member;

/// The versions from which a thing is forbidden.
const VARIABLES: u8 = 1;
const PROPERTIES: u8 = 2;
const ITEMS: u8 = 3;

impl Shell {
    /// The value of a variable that must be there if it is strict here.
    pub(super) fn variable_wanted(&mut self, name: &str) -> Outcome<Value> {
        if let Some(value) = self.variable_asked(name) {
            return Ok(value);
        }
        // What is on another drive is asked for, not retrieved.
        let is_plain = match name.split_once(':') {
            Some((scope, _)) => ["global", "script", "local", "private", "variable"]
                .iter()
                .any(|own| scope.eq_ignore_ascii_case(own)),
            None => true,
        };
        if !is_plain || self.scope.strictness() < VARIABLES {
            return Ok(Value::Null);
        }
        let message =
            format!("The variable '${name}' cannot be retrieved because it has not been set.");
        Err(Error::new(Category::InvalidOperation, "VariableIsUndefined", message)
            .target(name)
            .exception("RuntimeException")
            .into())
    }

    /// Whether `Set-StrictMode` was called at all.
    pub(super) fn is_strict(&self) -> bool {
        self.scope.strictness() >= PROPERTIES
    }

    /// An error if it is strict here and a value has no such member.
    pub(crate) fn must_have(&self, value: &Value, name: &str) -> Outcome {
        if self.scope.strictness() < PROPERTIES || has(value, name) {
            return Ok(());
        }
        let message = format!(
            "The property '{name}' cannot be found on this object. Verify that the property exists."
        );
        Err(Error::new(Category::NotSpecified, "PropertyNotFoundStrict", message)
            .exception("PropertyNotFoundException")
            .into())
    }

    /// An error if it is strict here and a list has no such item.
    pub(super) fn must_reach(&self, value: &Value, index: &Value) -> Outcome {
        let length = match value {
            Value::List(list) => list.len(),
            Value::String(text) => text.chars().count(),
            Value::Bytes(bytes) => bytes.len(),
            _ => return Ok(()),
        };
        let Some(Value::Int(at)) =
            types::number(index).filter(|_| !matches!(index, Value::List(_)))
        else {
            return Ok(());
        };
        let length = i64::try_from(length).unwrap_or(i64::MAX);
        if (-length..length).contains(&at) || self.scope.strictness() < ITEMS {
            return Ok(());
        }
        Err(outside())
    }
}

/// The error for an item that is not there.
fn outside() -> Stop {
    let message = "Index was outside the bounds of the array.";
    Error::new(Category::OperationStopped, "System.IndexOutOfRangeException", message)
        .exception("IndexOutOfRangeException")
        .into()
}

/// Whether a value has a member of that name; `Count` and `Length` only where .NET has them.
fn has(value: &Value, name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    let is_count = matches!(lower.as_str(), "count" | "length");
    match value {
        Value::Null => false,
        Value::List(list) => is_count || lower == "rank" || any_has(list, name),
        Value::Map(_) | Value::Bytes(_) if is_count => true,
        Value::String(_) | Value::Secret(_) if lower == "length" => true,
        Value::Object(object) if is_count => object.get(name).is_some(),
        _ if is_count => false,
        value => own_member(value, name).is_some(),
    }
}

fn any_has(list: &List, name: &str) -> bool {
    list.items().iter().any(|item| own_member(item, name).is_some())
}
