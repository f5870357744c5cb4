//! Static members of `[string]`, `[char]` and `[regex]`.

use std::sync::Arc;

use crate::lang::ast::{ScriptBlock, Span};
use crate::lang::bind::Given;
use crate::lang::error::{Category, Error};
use crate::lang::eval::own_member;
use crate::lang::object::Object;
use crate::lang::operate;
use crate::lang::pattern;
use crate::lang::pipe::Outcome;
use crate::lang::shell::Shell;
use crate::lang::text::to_text;
use crate::lang::types::list_of;
use crate::lang::value::Value;
use crate::limits::STRING_BYTES_MAX;

pub(super) fn string(name: &str, arguments: &[Value]) -> Outcome<Option<Value>> {
    Ok(Some(match (name, arguments) {
        ("isnullorempty", [text]) => Value::Bool(to_text(text).is_empty()),
        ("isnullorwhitespace", [text]) => Value::Bool(to_text(text).trim().is_empty()),
        ("join", [separator, rest @ ..]) => {
            let items = match rest {
                [only] => Value::List(list_of(only)),
                several => Value::list(several.iter().cloned()),
            };
            Value::from(operate::join(&items, &to_text(separator))?)
        }
        ("format", [format, rest @ ..]) => {
            let items = match rest {
                [only] => only.clone(),
                several => Value::list(several.iter().cloned()),
            };
            Value::from(crate::lang::numeric::format(&to_text(format), &items)?)
        }
        ("concat", parts) => Value::from(operate::join(&Value::list(parts.iter().cloned()), "")?),
        ("compare", [a, b, rest @ ..]) => {
            let cased = !rest.first().is_some_and(crate::lang::types::is_true);
            Value::Int(operate::sort_order(a, b, cased) as i64)
        }
        ("equals", [a, b]) => Value::Bool(operate::is_equal(a, b, true)),
        _ => return Ok(None),
    }))
}

/// `[char]::IsDigit('5')` and its kin.
pub(super) fn character(name: &str, text: &str) -> Option<Value> {
    let c = text.chars().next()?;
    Some(match name {
        "isdigit" | "isnumber" => Value::Bool(c.is_numeric()),
        "isletter" => Value::Bool(c.is_alphabetic()),
        "isletterordigit" => Value::Bool(c.is_alphanumeric()),
        "isupper" => Value::Bool(c.is_uppercase()),
        "islower" => Value::Bool(c.is_lowercase()),
        "iswhitespace" => Value::Bool(c.is_whitespace()),
        "ispunctuation" => Value::Bool(c.is_ascii_punctuation()),
        "toupper" => Value::from(c.to_uppercase().to_string()),
        "tolower" => Value::from(c.to_lowercase().to_string()),
        _ => return None,
    })
}

/// Methods of `[regex]`, which tells capitals from small letters unless asked not to.
pub(in crate::lang::eval) fn regular_expression(
    name: &str,
    arguments: &[Value],
) -> Outcome<Option<Value>> {
    let text = |at: usize| arguments.get(at).map(to_text).unwrap_or_default();
    let options = match name {
        "replace" => text(3),
        _ => text(2),
    };
    let cased = !options.to_ascii_lowercase().contains("ignorecase");
    Ok(Some(match (name, arguments) {
        ("escape", [only]) => Value::from(regex::escape(&to_text(only))),
        ("unescape", [only]) => Value::from(to_text(only).replace('\\', "")),
        ("ismatch", [_, _, ..]) => Value::Bool(pattern::is_match(&text(0), &text(1), cased)?),
        ("match", [_, _, ..]) => pattern::matches(&text(0), &text(1), cased, Some(1))?
            .into_iter()
            .next()
            .unwrap_or_else(no_match),
        ("matches", [_, _, ..]) => Value::from(pattern::matches(&text(0), &text(1), cased, None)?),
        ("split", [input, pattern, ..]) => pattern::split(input, pattern, cased)?,
        ("replace", [input, pattern, with, ..]) => {
            let operands = Value::list([pattern.clone(), with.clone()]);
            pattern::replace(input, &operands, cased)?
        }
        _ => return Ok(None),
    }))
}

/// `[regex]::Replace($text, $pattern, { param($m) … })`: each match becomes what the block gives.
pub(super) fn replace_by(
    shell: &mut Shell,
    input: &str,
    by: &str,
    with: &Arc<ScriptBlock>,
) -> Outcome<Value> {
    let characters: Vec<char> = input.chars().collect();
    let part = |from: usize, to: usize| characters.get(from..to).unwrap_or_default();
    let mut result = String::new();
    let mut at = 0;
    for found in pattern::matches(input, by, true, None)? {
        let number = |name: &str| match own_member(&found, name) {
            Some(Value::Int(number)) => usize::try_from(number).unwrap_or(0),
            _ => 0,
        };
        let (start, length) = (number("Index"), number("Length"));
        result.extend(part(at, start));
        at = start + length;
        let mut values: Vec<Value> = Vec::new();
        let given = vec![Given::unnamed(found, Span::default())];
        shell.call_block("", with, given, None, true, &mut values)?;
        result.extend(values.iter().map(to_text));
        if result.len() > STRING_BYTES_MAX {
            let message = "The string would be too large.";
            return Err(Error::new(Category::LimitsExceeded, "ResultTooLarge", message).into());
        }
    }
    result.extend(part(at, characters.len()));
    Ok(Value::from(result))
}

/// What `[regex]::Match` gives where there is none.
fn no_match() -> Value {
    Value::Object(
        Object::new("System.Text.RegularExpressions.Match")
            .shown_as("")
            .with("Success", false)
            .with("Value", "")
            .with("Index", 0)
            .with("Length", 0)
            .with("Groups", Value::list(Vec::<Value>::new())),
    )
}
