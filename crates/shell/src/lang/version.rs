//! `[version]`: numbers with dots, compared as numbers.

use std::cmp::Ordering;

use super::object::Object;
use super::value::Value;

/// Its type.
pub const VERSION: &str = "System.Version";
/// How it is shown: the columns, with their widths.
pub(super) const COLUMNS: [(&str, usize); 4] =
    [("Major", 6), ("Minor", 6), ("Build", 6), ("Revision", 8)];
const PARTS: [&str; 4] = ["Major", "Minor", "Build", "Revision"];

/// A version from its text: two to four numbers.
pub fn parse(text: &str) -> Option<Value> {
    let numbers: Option<Vec<i64>> =
        text.trim().split('.').map(|part| part.parse::<i32>().ok().map(i64::from)).collect();
    let numbers = numbers.filter(|numbers| (2..=4).contains(&numbers.len()))?;
    let object = Object::new(VERSION).shown_as(text.trim());
    for (at, name) in PARTS.iter().enumerate() {
        object.set(name, Value::Int(numbers.get(at).copied().unwrap_or(-1)));
    }
    Some(Value::Object(object))
}

/// Which of two versions is older; nothing if one of them is none.
pub fn order(left: &Value, right: &Value) -> Option<Ordering> {
    let numbers = |value: &Value| -> Option<Vec<i64>> {
        let value = match value {
            Value::Object(object) if object.type_name() == VERSION => value.clone(),
            other => parse(&super::text::to_text(other))?,
        };
        let Value::Object(object) = value else { return None };
        let number = |name: &&str| match object.get(name) {
            Some(Value::Int(number)) => Some(number),
            _ => None,
        };
        PARTS.iter().map(number).collect()
    };
    Some(numbers(left)?.cmp(&numbers(right)?))
}
