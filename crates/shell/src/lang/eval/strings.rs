//! Methods of strings, as .NET has them: they tell capitals from small letters.

use super::methods::bad_argument;
use crate::lang::pipe::Outcome;
use crate::lang::text::to_text;
use crate::lang::types;
use crate::lang::value::Value;
use crate::limits::STRING_BYTES_MAX;

/// A method of a string; none if it has no such method.
pub(super) fn method(text: &str, name: &str, arguments: &[Value]) -> Outcome<Option<Value>> {
    let texts: Vec<String> = arguments.iter().map(to_text).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let chars = |index: Option<usize>| match index {
        Some(bytes) => Value::from(text.get(..bytes).unwrap_or("").chars().count()),
        None => Value::Int(-1),
    };
    let strip: Vec<char> = match arguments {
        [] => Vec::new(),
        all => all
            .iter()
            .flat_map(|v| types::list_of(v).items().iter().map(to_text).collect::<Vec<_>>())
            .flat_map(|text| text.chars().collect::<Vec<_>>())
            .collect(),
    };
    let is_stripped = |c: char| {
        if strip.is_empty() { c.is_whitespace() } else { strip.contains(&c) }
    };
    let ignores_case = arguments
        .get(1)
        .is_some_and(|mode| to_text(mode).to_ascii_lowercase().contains("ignorecase"));
    let folded = |part: &str| if ignores_case { part.to_lowercase() } else { part.to_owned() };
    Ok(Some(match (name, texts.as_slice()) {
        ("toupper" | "toupperinvariant", []) => Value::from(text.to_uppercase()),
        ("tolower" | "tolowerinvariant", []) => Value::from(text.to_lowercase()),
        ("trim", _) => Value::from(text.trim_matches(is_stripped)),
        ("trimstart", _) => Value::from(text.trim_start_matches(is_stripped)),
        ("trimend", _) => Value::from(text.trim_end_matches(is_stripped)),
        ("startswith", [part, ..]) => Value::Bool(folded(text).starts_with(&folded(part))),
        ("endswith", [part, ..]) => Value::Bool(folded(text).ends_with(&folded(part))),
        ("contains", [part, ..]) => Value::Bool(text.contains(part)),
        ("equals", [other, ..]) => Value::Bool(folded(text) == folded(other)),
        ("indexof", [part, ..]) => chars(folded(text).find(&folded(part))),
        ("lastindexof", [part]) => chars(text.rfind(part)),
        ("indexofany", [_]) => chars(text.find(|c| strip.contains(&c))),
        ("replace", ["", _]) => {
            return Err(bad_argument(
                "Replace",
                2,
                "ArgumentException",
                "String cannot be of zero length.\nParameter name: oldValue",
            ));
        }
        ("replace", [old, new]) => {
            let growth = text.len() / old.len().max(1) * new.len();
            if growth > STRING_BYTES_MAX {
                return Err(bad_argument(
                    "Replace",
                    2,
                    "OutOfMemoryException",
                    "The result is too long.",
                ));
            }
            Value::from(text.replace(old, new))
        }
        ("split", _) => split(text, arguments, &strip),
        ("substring", [_]) | ("substring", [_, _]) => substring(text, arguments)?,
        ("remove" | "insert" | "chars" | "get_chars", _) => return by_place(text, name, arguments),
        ("padleft" | "padright", [_, ..]) => pad(text, name == "padleft", arguments)?,
        ("tochararray", []) => Value::list(text.chars().map(|c| c.to_string())),
        ("normalize" | "clone" | "tostring", []) => Value::from(text),
        ("tostring", [format]) => match text.parse::<uuid::Uuid>() {
            Ok(guid) => Value::from(match format.to_ascii_lowercase().as_str() {
                "n" => guid.simple().to_string(),
                "b" => guid.braced().to_string(),
                "p" => format!("({guid})"),
                _ => guid.to_string(),
            }),
            Err(_) => Value::from(text),
        },
        ("compareto", [other]) => Value::Int(text.cmp(other) as i64),
        ("getenumerator", []) => Value::list(text.chars().map(|c| c.to_string())),
        _ => return Ok(None),
    }))
}

/// Methods that take a place in the string.
fn by_place(text: &str, name: &str, arguments: &[Value]) -> Outcome<Option<Value>> {
    Ok(Some(match (name, arguments) {
        ("remove", [_] | [_, _]) => {
            let (start, count) = span(text, arguments, "Remove")?;
            let kept = text.chars().take(start).chain(text.chars().skip(start + count));
            Value::from(kept.collect::<String>())
        }
        ("insert", [start, part]) => {
            let (start, _) = span(text, std::slice::from_ref(start), "Insert")?;
            let before: String = text.chars().take(start).collect();
            let after: String = text.chars().skip(start).collect();
            Value::from(format!("{before}{}{after}", to_text(part)))
        }
        ("chars" | "get_chars", [at]) => {
            let at = super::access::position(at, usize::MAX)?;
            let found = text.chars().nth(at).ok_or_else(super::access::out_of_range)?;
            Value::from(found.to_string())
        }
        _ => return Ok(None),
    }))
}

/// `.Split()`: at any of the characters given; blanks if none; no empty parts if asked so.
fn split(text: &str, arguments: &[Value], separators: &[char]) -> Value {
    let removes_empty = arguments.get(1).is_some_and(|options| {
        to_text(options).eq_ignore_ascii_case("RemoveEmptyEntries")
            || matches!(options, Value::Int(1))
    });
    if let Some(Value::Int(most @ 1..)) = arguments.get(1) {
        let most = usize::try_from(*most).unwrap_or(usize::MAX);
        let first: Vec<char> = arguments.first().map(to_text).unwrap_or_default().chars().collect();
        return Value::list(text.splitn(most, |c| first.contains(&c)));
    }
    let separators: Vec<char> = match arguments.first() {
        Some(first) => types::list_of(first)
            .items()
            .iter()
            .flat_map(|v| to_text(v).chars().collect::<Vec<_>>())
            .collect(),
        None => separators.to_vec(),
    };
    let is_separator = |c: char| {
        if separators.is_empty() { c.is_whitespace() } else { separators.contains(&c) }
    };
    let parts = text.split(is_separator).filter(|part| !removes_empty || !part.is_empty());
    Value::list(parts)
}

/// Start and count of characters, checked.
fn span(text: &str, arguments: &[Value], name: &str) -> Outcome<(usize, usize)> {
    let length = text.chars().count();
    let number = |value: &Value| types::whole(value).and_then(|n| usize::try_from(n).ok());
    let start = arguments.first().and_then(number).filter(|start| *start <= length);
    let Some(start) = start else {
        return Err(bad_argument(
            name,
            arguments.len(),
            "ArgumentOutOfRangeException",
            "startIndex cannot be larger than length of string.\nParameter name: startIndex",
        ));
    };
    let count = match arguments.get(1) {
        None => Some(length - start),
        Some(count) => number(count).filter(|count| *count <= length - start),
    };
    match count {
        Some(count) => Ok((start, count)),
        None => Err(bad_argument(
            name,
            arguments.len(),
            "ArgumentOutOfRangeException",
            "Index and length must refer to a location within the string.\nParameter name: \
                 length",
        )),
    }
}

fn substring(text: &str, arguments: &[Value]) -> Outcome<Value> {
    let (start, count) = span(text, arguments, "Substring")?;
    Ok(Value::from(text.chars().skip(start).take(count).collect::<String>()))
}

fn pad(text: &str, left: bool, arguments: &[Value]) -> Outcome<Value> {
    let width = arguments.first().and_then(types::whole);
    let width = width.and_then(|width| usize::try_from(width).ok()).unwrap_or(0);
    let with = arguments.get(1).and_then(|with| to_text(with).chars().next()).unwrap_or(' ');
    let missing = width.saturating_sub(text.chars().count());
    if missing > STRING_BYTES_MAX / 4 {
        return Err(bad_argument(
            if left { "PadLeft" } else { "PadRight" },
            arguments.len(),
            "OutOfMemoryException",
            "The result is too long.",
        ));
    }
    let padding = with.to_string().repeat(missing);
    Ok(Value::from(if left { padding + text } else { text.to_owned() + &padding }))
}
