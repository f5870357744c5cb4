//! Regular expressions: `-match`, `-replace`, `-split`. .NET's syntax as far as `regex` has it;
//! look-around and back references are refused with that reason.

use regex::{Captures, Regex, RegexBuilder};

use super::error::{Category, Error};
use super::object::{List, Object};
use super::text::to_text;
use super::types::{list_of, number};
use super::value::Value;
use crate::limits::{COLLECTED_MAX, STRING_BYTES_MAX};

/// A compiled pattern.
///
/// # Errors
/// If the pattern is not one.
pub fn compile(pattern: &str, cased: bool) -> Result<Regex, Error> {
    // .NET writes a named group (?<name>…) and accepts (?'name'…); the crate knows the first.
    RegexBuilder::new(pattern).case_insensitive(!cased).build().map_err(|error| {
        let reason = error.to_string();
        let reason = reason.lines().last().unwrap_or("").trim().trim_start_matches("error: ");
        let message = format!("parsing \"{pattern}\" - {}", dotnet(reason));
        let error = Error::new(Category::OperationStopped, "System.ArgumentException", message)
            .exception("ArgumentException");
        match reason.contains("look-around") || reason.contains("backreference") {
            true => error.advice("Look-around and back references are not supported."),
            false => error,
        }
    })
}

/// Why a pattern is none, in .NET's words where it has the same reason.
fn dotnet(reason: &str) -> String {
    match reason {
        "unclosed character class" => "Unterminated [] set.".to_owned(),
        "unclosed group" => "Not enough )'s.".to_owned(),
        "unopened group" => "Too many )'s.".to_owned(),
        "repetition operator missing expression" => {
            "Quantifier {x,y} following nothing.".to_owned()
        }
        other => format!("{other}."),
    }
}

/// The error of an operator that is given a pattern that is none.
fn not_valid(pattern: &Value, error: Error) -> Error {
    let text = to_text(pattern);
    Error {
        message: format!("The regular expression pattern {text} is not valid."),
        category: Category::InvalidOperation,
        id: "InvalidRegularExpression".to_owned(),
        ..error.target(text)
    }
    .exception("RuntimeException")
}

/// The groups of a pattern as .NET counts them, each with its place here: first those without a
/// name by number, then the named ones, which have numbers too.
pub fn groups(regex: &Regex) -> Vec<(Value, usize)> {
    let names: Vec<(usize, Option<&str>)> = regex.capture_names().enumerate().collect();
    let unnamed = names.iter().filter(|(_, name)| name.is_none()).enumerate();
    let mut groups: Vec<(Value, usize)> =
        unnamed.map(|(number, (at, _))| (Value::from(number), *at)).collect();
    for (at, name) in names.iter().filter_map(|(at, name)| name.map(|name| (*at, name))) {
        groups.push((Value::from(name), at));
    }
    groups
}

/// The place of the group that .NET gives a number.
fn numbered(regex: &Regex, number: usize) -> usize {
    groups(regex).get(number).map_or(usize::MAX, |(_, at)| *at)
}

/// Whether a text has a match.
///
/// # Errors
/// If the pattern is not one.
pub fn is_match(text: &str, pattern: &str, cased: bool) -> Result<bool, Error> {
    Ok(compile(pattern, cased)?.is_match(text))
}

/// The matches of a pattern in a text as objects, at most so many.
///
/// # Errors
/// If the pattern is not one.
pub fn matches(
    text: &str,
    pattern: &str,
    cased: bool,
    most: Option<usize>,
) -> Result<Vec<Value>, Error> {
    let regex = compile(pattern, cased)?;
    let found = regex.captures_iter(text).take(most.unwrap_or(COLLECTED_MAX));
    Ok(found.map(|captures| match_object(&regex, text, &captures)).collect())
}

/// A match as .NET shows it: value, place, and its groups.
fn match_object(regex: &Regex, text: &str, captures: &Captures<'_>) -> Value {
    let one = |type_name: &str, group: Option<regex::Match<'_>>| {
        let value = group.map_or("", |group| group.as_str());
        let start = group.map_or(0, |group| group.start());
        Object::new(type_name)
            .shown_as(value)
            .with("Success", group.is_some())
            .with("Index", text.get(..start).map_or(0, |before| before.chars().count()))
            .with("Length", value.chars().count())
            .with("Value", value)
    };
    let groups = groups(regex).into_iter().map(|(key, at)| {
        let name = to_text(&key);
        let group = one("System.Text.RegularExpressions.Group", captures.get(at));
        Value::Object(group.with("Name", name))
    });
    let whole = one("System.Text.RegularExpressions.Match", captures.get(0));
    Value::Object(whole.with("Groups", Value::list(groups)))
}

/// `-replace`
///
/// # Errors
/// If the pattern is not one, or the result is too long.
pub fn replace(left: &Value, right: &Value, cased: bool) -> Result<Value, Error> {
    let operands = list_of(right);
    let operand = |at: usize| operands.items().get(at).map(to_text).unwrap_or_default();
    let pattern =
        compile(&operand(0), cased).map_err(|error| not_valid(&Value::from(operand(0)), error))?;
    let replacement = operand(1);
    let one = |value: &Value| {
        let text = to_text(value);
        let mut size = text.len();
        let new = pattern.replace_all(&text, |captures: &Captures<'_>| {
            if size > STRING_BYTES_MAX {
                return String::new();
            }
            let new = expand(&pattern, &replacement, captures);
            size += new.len();
            new
        });
        Value::from(new.into_owned())
    };
    Ok(match left {
        Value::List(list) => Value::List(List::new(list.items().iter().map(one).collect())),
        other => one(other),
    })
}

/// .NET's replacement patterns: `$1`, `${name}`, `$&`, `$0`, `$$`.
fn expand(pattern: &Regex, replacement: &str, captures: &Captures<'_>) -> String {
    let mut text = String::new();
    let mut rest = replacement;
    while let Some(at) = rest.find('$') {
        text.push_str(rest.get(..at).unwrap_or(""));
        rest = rest.get(at + 1..).unwrap_or("");
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        if digits > 0 {
            let group = rest.get(..digits).and_then(|digits| digits.parse().ok()).unwrap_or(0);
            let group = numbered(pattern, group);
            text.push_str(captures.get(group).map_or("", |group| group.as_str()));
            rest = rest.get(digits..).unwrap_or("");
        } else if let Some(named) = rest.strip_prefix('{')
            && let Some((name, after)) = named.split_once('}')
        {
            let group = match name.parse::<usize>() {
                Ok(number) => captures.get(numbered(pattern, number)),
                Err(_) => captures.name(name),
            };
            text.push_str(group.map_or("", |group| group.as_str()));
            rest = after;
        } else if let Some(after) = rest.strip_prefix('&') {
            text.push_str(captures.get(0).map_or("", |group| group.as_str()));
            rest = after;
        } else {
            rest = rest.strip_prefix('$').unwrap_or(rest);
            text.push('$');
        }
    }
    text.push_str(rest);
    text
}

/// `-split`
///
/// # Errors
/// If the pattern is not one.
pub fn split(left: &Value, right: &Value, cased: bool) -> Result<Value, Error> {
    let operands = list_of(right);
    let delimiter = operands.items().first().map(to_text).unwrap_or_default();
    let limit = match operands.items().get(1).and_then(number) {
        Some(Value::Int(limit)) => usize::try_from(limit).unwrap_or(0),
        _ => 0,
    };
    let is_simple = operands
        .items()
        .get(2)
        .is_some_and(|options| to_text(options).to_ascii_lowercase().contains("simplematch"));
    let source = if is_simple { regex::escape(&delimiter) } else { delimiter };
    let pattern =
        compile(&source, cased).map_err(|error| not_valid(&Value::from(&*source), error))?;
    let mut parts = Vec::new();
    for item in list_of(left).items() {
        let text = to_text(item);
        split_one(&pattern, &text, limit, &mut parts);
    }
    Ok(Value::List(List::new(parts)))
}

fn split_one(pattern: &Regex, text: &str, limit: usize, parts: &mut Vec<Value>) {
    let mut from = 0;
    let mut made = 1;
    for captures in pattern.captures_iter(text) {
        let Some(whole) = captures.get(0) else { continue };
        if limit > 0 && made >= limit {
            break;
        }
        parts.push(Value::from(text.get(from..whole.start()).unwrap_or("")));
        for group in captures.iter().skip(1).flatten() {
            parts.push(Value::from(group.as_str()));
        }
        from = whole.end();
        made += 1;
    }
    parts.push(Value::from(text.get(from..).unwrap_or("")));
}

/// Unary `-split`: at blanks.
pub fn split_blanks(value: &Value) -> Value {
    let mut parts = Vec::new();
    for item in list_of(value).items() {
        parts.extend(to_text(item).split_whitespace().map(Value::from));
    }
    Value::List(List::new(parts))
}
