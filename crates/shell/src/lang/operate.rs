//! The operators, on values. Decides by the left operand, as PowerShell does; a comparison with a
//! list on the left filters the list.

use std::cmp::Ordering;

use super::ast::{Binary, Compare};
use super::error::{Category, Error};
use super::number::{self, Width, convert};
use super::object::{List, Map};
use super::quantity;
use super::text::{is_like, is_same_text, parse_time, to_text};
use super::types::{is_true, is_type, list_of, type_of, whole};
use super::value::Value;
use crate::limits::{COLLECTED_MAX, STRING_BYTES_MAX, VALUE_DEPTH_MAX};

/// What a division by zero says.
pub(super) const BY_ZERO: &str = "Attempted to divide by zero.";

/// Applies an operator that needs no evaluator. `-and`, `-or`, `-match` with `$Matches` and
/// `-replace` with script blocks are the evaluator's.
///
/// # Errors
/// If the operands do not fit it.
pub fn binary(operator: Binary, left: &Value, right: &Value) -> Result<Value, Error> {
    match operator {
        Binary::Add => add(left, right),
        Binary::Subtract => subtract(left, right),
        Binary::Multiply => multiply(left, right),
        Binary::Divide | Binary::Remainder => calculate(operator, left, right),
        Binary::And => Ok(Value::Bool(is_true(left) && is_true(right))),
        Binary::Or => Ok(Value::Bool(is_true(left) || is_true(right))),
        Binary::Xor => Ok(Value::Bool(is_true(left) != is_true(right))),
        Binary::BitAnd
        | Binary::BitOr
        | Binary::BitXor
        | Binary::ShiftLeft
        | Binary::ShiftRight => bits(operator, left, right),
        Binary::Compare(compare, cased) => compare_values(compare, cased, left, right),
        Binary::Is => Ok(Value::Bool(is_of(left, right)?)),
        Binary::IsNot => Ok(Value::Bool(!is_of(left, right)?)),
        Binary::As => match right {
            Value::Type(name) => Ok(super::types::convert(left, name).unwrap_or_default()),
            other => Err(not_a_type(other)),
        },
        Binary::Join => Ok(Value::from(join(left, &to_text(right))?)),
        Binary::Format => Ok(Value::from(super::numeric::format(&to_text(left), right)?)),
        Binary::Range => range(left, right),
        Binary::Replace(cased) => super::pattern::replace(left, right, cased),
        Binary::Split(cased) => super::pattern::split(left, right, cased),
    }
}

fn not_a_type(value: &Value) -> Error {
    let message = format!("Cannot find type [{}].", to_text(value));
    Error::new(Category::InvalidOperation, "TypeNotFound", message).exception("RuntimeException")
}

fn is_of(left: &Value, right: &Value) -> Result<bool, Error> {
    match right {
        Value::Type(name) => Ok(is_type(left, name)),
        Value::String(name) => {
            let lower = name.to_ascii_lowercase();
            let bare = lower.strip_prefix("system.").unwrap_or(&lower);
            let name = super::ast::TypeName::plain(bare);
            Ok(is_type(left, &name))
        }
        other => Err(not_a_type(other)),
    }
}

fn no_operation(operator: &str, left: &Value) -> Error {
    let message = format!(
        "Method invocation failed because [{}] does not contain a method named '{operator}'.",
        type_of(left)
    );
    Error::new(Category::InvalidOperation, "MethodNotFound", message)
        .target(operator)
        .exception("RuntimeException")
}

fn not_a_number(value: &Value) -> Error {
    let message = format!(
        "Cannot convert value \"{}\" to type \"System.Int32\". Error: \"Input string was not in a \
         correct format.\"",
        to_text(value)
    );
    Error::new(Category::InvalidArgument, "InvalidCastFromStringToInteger", message)
        .exception("RuntimeException")
}

fn too_large(what: &str) -> Error {
    let message = format!("The {what} would be too large.");
    Error::new(Category::LimitsExceeded, "ResultTooLarge", message)
}

fn add(left: &Value, right: &Value) -> Result<Value, Error> {
    match (left, right) {
        (Value::Null, right) => Ok(right.clone()),
        (Value::Enum(named), right) if right.is_number() => {
            arithmetic(Binary::Add, &Value::Int(named.number), right, "op_Addition")
        }
        (left, right) if left.as_str().is_some() => {
            let (mut text, right) = (to_text(left), to_text(right));
            if text.len() + right.len() > STRING_BYTES_MAX {
                return Err(too_large("string"));
            }
            text.push_str(&right);
            Ok(Value::from(text))
        }
        (Value::List(left), right) => {
            let mut items = left.items().to_vec();
            match right {
                Value::List(right) => items.extend_from_slice(right.items()),
                other => items.push(other.clone()),
            }
            if items.len() > COLLECTED_MAX {
                return Err(too_large("list"));
            }
            Ok(Value::List(List::new(items)))
        }
        (Value::Map(left), Value::Map(right)) => merge(left, right),
        (Value::Map(_), right) => {
            let message = "A hash table can only be added to another hash table.";
            let id = "AddHashTableToNonHashTable";
            Err(Error::new(Category::InvalidOperation, id, message)
                .target_value(right)
                .exception("RuntimeException"))
        }
        (Value::Told(clock, time), right) => match add(&Value::Time(*time), right)? {
            Value::Time(ms) => Ok(Value::Told(*clock, ms)),
            other => Ok(other),
        },
        (Value::Time(time), right) => span_of(right)
            .and_then(|span| time.checked_add(span))
            .map(Value::Time)
            .ok_or_else(|| no_operation("op_Addition", left)),
        (Value::Duration(time), Value::Duration(span)) => {
            Ok(Value::Duration(time.saturating_add(*span)))
        }
        _ => arithmetic(Binary::Add, left, right, "op_Addition"),
    }
}

fn merge(left: &Map, right: &Map) -> Result<Value, Error> {
    let merged = Map::new();
    for (key, value) in left.entries().into_iter().chain(right.entries()) {
        if merged.get(&key).is_some() {
            let message =
                format!("Item has already been added. Key in dictionary: '{}'", to_text(&key));
            return Err(Error::new(Category::InvalidArgument, "DuplicateKey", message));
        }
        merged.set(key, value);
    }
    Ok(Value::Map(merged))
}

fn span_of(value: &Value) -> Option<i64> {
    match value {
        Value::Duration(ms) => Some(*ms),
        ticks if ticks.is_number() => whole(ticks).map(|ticks| ticks / 10_000),
        _ => None,
    }
}

fn subtract(left: &Value, right: &Value) -> Result<Value, Error> {
    match (left, right) {
        (Value::Time(a) | Value::Told(_, a), Value::Time(b) | Value::Told(_, b)) => {
            Ok(Value::Duration(a.saturating_sub(*b)))
        }
        (Value::Told(clock, a), right) => match subtract(&Value::Time(*a), right)? {
            Value::Time(ms) => Ok(Value::Told(*clock, ms)),
            other => Ok(other),
        },
        (Value::Time(a), right) => span_of(right)
            .and_then(|span| a.checked_sub(span))
            .map(Value::Time)
            .ok_or_else(|| no_operation("op_Subtraction", left)),
        (Value::Duration(a), Value::Duration(b)) => Ok(Value::Duration(a.saturating_sub(*b))),
        _ => arithmetic(Binary::Subtract, left, right, "op_Subtraction"),
    }
}

fn multiply(left: &Value, right: &Value) -> Result<Value, Error> {
    let times = || {
        let times = whole(right).and_then(|times| usize::try_from(times).ok());
        times.ok_or_else(|| not_a_number(right))
    };
    match left {
        Value::String(text) => {
            let times = times()?;
            if text.len().saturating_mul(times) > STRING_BYTES_MAX {
                return Err(too_large("string"));
            }
            Ok(Value::from(text.repeat(times)))
        }
        Value::List(list) => {
            let times = times()?;
            if list.len().saturating_mul(times) > COLLECTED_MAX {
                return Err(too_large("list"));
            }
            let items = (0..times).flat_map(|_| list.items().iter().cloned()).collect();
            Ok(Value::List(List::new(items)))
        }
        _ => arithmetic(Binary::Multiply, left, right, "op_Multiply"),
    }
}

fn arithmetic(operator: Binary, left: &Value, right: &Value, name: &str) -> Result<Value, Error> {
    let is_plain = |value: &Value| {
        value.is_number()
            || matches!(value, Value::Null | Value::Bool(_) | Value::String(_) | Value::Enum(_))
    };
    if !is_plain(left) || !is_plain(right) {
        return Err(no_operation(name, left));
    }
    calculate(operator, left, right)
}

fn calculate(operator: Binary, left: &Value, right: &Value) -> Result<Value, Error> {
    let a = convert::of(left).ok_or_else(|| not_a_number(left))?;
    let b = convert::of(right).ok_or_else(|| not_a_number(right))?;
    number::arithmetic(operator, a, b).map(Value::from).map_err(|failure| {
        let message = match failure {
            number::Failure::ByZero => BY_ZERO,
            number::Failure::NoDecimal => "Value was either too large or too small for a Decimal.",
        };
        Error::new(Category::NotSpecified, "RuntimeException", message)
            .exception("RuntimeException")
    })
}

fn bits(operator: Binary, left: &Value, right: &Value) -> Result<Value, Error> {
    let whole = |value: &Value| {
        let number = convert::of(value).ok_or_else(|| not_a_number(value))?;
        let width = number.whole().map_or(Width::Int64, |(width, _)| width);
        let rounded = number.rounded().ok_or_else(|| not_a_number(value))?;
        Ok::<(Width, i128), Error>((width.max(Width::Int32), rounded))
    };
    let ((a_width, a), (b_width, b)) = (whole(left)?, whole(right)?);
    let is_shift = matches!(operator, Binary::ShiftLeft | Binary::ShiftRight);
    let width = if is_shift { a_width } else { a_width.max(b_width) };
    let by = u32::try_from(b & i128::from(width.bits() - 1)).unwrap_or(0);
    let result = match operator {
        Binary::BitAnd => a & b,
        Binary::BitOr => a | b,
        Binary::BitXor => a ^ b,
        Binary::ShiftLeft => a << by,
        _ => a >> by,
    };
    Ok(number::cut(width, result).into())
}

/// All items as texts, joined.
pub fn join(value: &Value, separator: &str) -> Result<String, Error> {
    let list = list_of(value);
    let mut text = String::new();
    for (at, item) in list.items().iter().enumerate() {
        if at > 0 {
            text.push_str(separator);
        }
        text.push_str(&to_text(item));
        if text.len() > STRING_BYTES_MAX {
            return Err(too_large("string"));
        }
    }
    Ok(text)
}

fn range(left: &Value, right: &Value) -> Result<Value, Error> {
    let whole = |value: &Value| whole(value).ok_or_else(|| not_a_number(value));
    let (a, b) = (whole(left)?, whole(right)?);
    if a.abs_diff(b) >= COLLECTED_MAX as u64 {
        return Err(too_large("list"));
    }
    let items: Vec<Value> = if a <= b {
        (a..=b).map(Value::Int).collect()
    } else {
        (b..=a).rev().map(Value::Int).collect()
    };
    Ok(Value::List(List::new(items)))
}

fn compare_values(
    compare: Compare,
    cased: bool,
    left: &Value,
    right: &Value,
) -> Result<Value, Error> {
    let contains = |list: &Value, item: &Value| {
        list_of(list).items().iter().any(|own| is_equal(own, item, cased))
    };
    match compare {
        Compare::Contains => return Ok(Value::Bool(contains(left, right))),
        Compare::NotContains => return Ok(Value::Bool(!contains(left, right))),
        Compare::In => return Ok(Value::Bool(contains(right, left))),
        Compare::NotIn => return Ok(Value::Bool(!contains(right, left))),
        _ => {}
    }
    if let Value::List(list) = left {
        let mut kept = Vec::new();
        for item in list.items() {
            if compare_one(compare, cased, item, right)? {
                kept.push(item.clone());
            }
        }
        return Ok(Value::List(List::new(kept)));
    }
    compare_one(compare, cased, left, right).map(Value::Bool)
}

/// One comparison with no list on the left.
fn compare_one(compare: Compare, cased: bool, left: &Value, right: &Value) -> Result<bool, Error> {
    Ok(match compare {
        Compare::Eq => is_equal(left, right, cased),
        Compare::Ne => !is_equal(left, right, cased),
        Compare::Gt => order(left, right, cased)?.is_gt(),
        Compare::Ge => order(left, right, cased)?.is_ge(),
        Compare::Lt => order(left, right, cased)?.is_lt(),
        Compare::Le => order(left, right, cased)?.is_le(),
        Compare::Like => is_like(&to_text(left), &to_text(right), cased),
        Compare::NotLike => !is_like(&to_text(left), &to_text(right), cased),
        Compare::Match | Compare::NotMatch => {
            let found = super::pattern::is_match(&to_text(left), &to_text(right), cased)?;
            found == (compare == Compare::Match)
        }
        Compare::Contains | Compare::NotContains | Compare::In | Compare::NotIn => false,
    })
}

/// `-eq` for single values.
pub fn is_equal(left: &Value, right: &Value, cased: bool) -> bool {
    equal_at(left, right, cased, 0)
}

fn equal_at(left: &Value, right: &Value, cased: bool, depth: u32) -> bool {
    if depth > VALUE_DEPTH_MAX {
        return false;
    }
    let texts = |a: &str, b: &str| if cased { a == b } else { is_same_text(a, b) };
    match (left, right) {
        (Value::Null, right) => right.is_null(),
        (_, Value::Null) => false,
        (Value::Bool(a), right) => *a == is_true(right),
        (left, right) if left.is_number() => number_order(left, right) == Some(Ordering::Equal),
        (Value::Enum(a), right) if right.is_number() => whole(right) == Some(a.number),
        (Value::String(a), right) => texts(a, &to_text(right)),
        (Value::Enum(a), right) => texts(&a.name, &to_text(right)),
        (Value::Time(a) | Value::Told(_, a), right) => time_of(right) == Some(*a),
        (Value::Duration(a), Value::Duration(b)) => a == b,
        (Value::Bytes(a), Value::Bytes(b)) => a == b,
        (Value::List(a), Value::List(b)) => {
            a.len() == b.len()
                && a.items().iter().zip(b.items()).all(|(a, b)| equal_at(a, b, cased, depth + 1))
        }
        (Value::Map(a), Value::Map(b)) => a.is_same(b),
        (left, right) if right.is_number() && quantity::is_size(left) => {
            quantity::order(left, right) == Some(Ordering::Equal)
        }
        (Value::Object(a), Value::Object(b)) => {
            a.is_same(b) || (!a.is_custom() && texts(&to_text(left), &to_text(right)))
        }
        (Value::Object(_) | Value::Type(_), right) => texts(&to_text(left), &to_text(right)),
        (Value::Secret(a), Value::Secret(b)) => a == b,
        (Value::Xml(a), Value::Xml(b)) => a.is_same(b),
        (Value::Xml(_), right) => texts(&to_text(left), &to_text(right)),
        (Value::Block(a), Value::Block(b)) => std::sync::Arc::ptr_eq(a, b),
        _ => false,
    }
}

fn time_of(value: &Value) -> Option<i64> {
    match value {
        Value::Time(time) | Value::Told(_, time) => Some(*time),
        Value::String(text) => parse_time(text),
        _ => None,
    }
}

/// None if one of them is no number.
fn number_order(left: &Value, right: &Value) -> Option<Ordering> {
    number::order(convert::of(left)?, convert::of(right)?)
}

/// Which comes first, for `-gt` and its kin.
fn order(left: &Value, right: &Value, cased: bool) -> Result<Ordering, Error> {
    match (left, right) {
        (left, right) if left.is_number() || matches!(left, Value::Bool(_) | Value::Null) => {
            convert::of(right).ok_or_else(|| not_a_number(right))?;
            Ok(number_order(left, right).unwrap_or(Ordering::Less))
        }
        (Value::Time(a) | Value::Told(_, a), right) => {
            let b = time_of(right).ok_or_else(|| not_comparable(left, right))?;
            Ok(a.cmp(&b))
        }
        (Value::Duration(a), Value::Duration(b)) => Ok(a.cmp(b)),
        (Value::Map(_) | Value::Block(_), right) => Err(not_comparable(left, right)),
        (Value::Object(object), right) if object.type_name() == super::version::VERSION => {
            super::version::order(left, right).ok_or_else(|| not_comparable(left, right))
        }
        (left, right) if quantity::is_size(left) => {
            quantity::order(left, right).ok_or_else(|| not_comparable(left, right))
        }
        _ => Ok(text_order(&to_text(left), &to_text(right), cased)),
    }
}

fn not_comparable(left: &Value, right: &Value) -> Error {
    let message = format!(
        "Cannot compare \"{}\" to \"{}\" because the objects are not the same type.",
        to_text(left),
        to_text(right)
    );
    Error::new(Category::InvalidOperation, "ComparisonFailure", message)
        .exception("RuntimeException")
}

fn text_order(left: &str, right: &str, cased: bool) -> Ordering {
    let folded = super::collate::order(left, right);
    // Small letters come before capitals in the cultures of Windows.
    if cased { folded.then_with(|| right.cmp(left)) } else { folded }
}

/// Which comes first when sorting: numbers and times by value, everything else by its text; nulls
/// first.
pub fn sort_order(left: &Value, right: &Value, cased: bool) -> Ordering {
    match (left, right) {
        (Value::Null, Value::Null) => Ordering::Equal,
        (Value::Null, _) => Ordering::Less,
        (_, Value::Null) => Ordering::Greater,
        (left, right) if left.is_number() && right.is_number() => {
            number_order(left, right).unwrap_or(Ordering::Equal)
        }
        (Value::Bool(a), Value::Bool(b)) => a.cmp(b),
        (Value::Time(a) | Value::Told(_, a), Value::Time(b) | Value::Told(_, b))
        | (Value::Duration(a), Value::Duration(b)) => a.cmp(b),
        (Value::Enum(a), Value::Enum(b)) if a.type_name == b.type_name => a.number.cmp(&b.number),
        (Value::Object(a), Value::Object(_)) if a.type_name() == super::version::VERSION => {
            super::version::order(left, right).unwrap_or(Ordering::Equal)
        }
        _ if quantity::is_size(left) && quantity::is_size(right) => {
            quantity::order(left, right).unwrap_or(Ordering::Equal)
        }
        _ => text_order(&to_text(left), &to_text(right), cased),
    }
}
