//! The validation attributes of functions' parameters; their sentences are PowerShell's.

use crate::lang::ast::Rule;
use crate::lang::operate::sort_order;
use crate::lang::pattern::is_match;
use crate::lang::text::to_text;
use crate::lang::types::{list_of, number};
use crate::lang::value::Value;

/// Why a value breaks a rule, if it does. `[ValidateScript()]` is the evaluator's.
pub(super) fn broken(rule: &Rule, value: &Value) -> Option<String> {
    match rule {
        Rule::NotNull if value.is_null() => Some(
            "The argument is null. Provide a valid value for the argument, and then try running \
             the command again."
                .to_owned(),
        ),
        Rule::NotNullOrEmpty if is_empty(value) => Some(
            "The argument is null or empty. Provide an argument that is not null or empty, and \
             then try the command again."
                .to_owned(),
        ),
        Rule::Count(least, most) => count(list_of(value).len(), *least, *most),
        Rule::Range(..) | Rule::Pattern(_) | Rule::Length(..) | Rule::CasedSet(_) => {
            list_of(value).items().iter().find_map(|item| one(rule, item))
        }
        _ => None,
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::List(list) => list.is_empty() || list.items().iter().any(is_empty),
        _ => false,
    }
}

fn count(found: usize, least: i64, most: i64) -> Option<String> {
    let count = i64::try_from(found).unwrap_or(i64::MAX);
    if count > most {
        return Some(format!(
            "The number of provided arguments ({count}) exceeds the maximum number of allowed \
             arguments ({most}). Provide fewer than {most} arguments, and then try the command \
             again."
        ));
    }
    (count < least).then(|| {
        format!(
            "The number of provided arguments ({count}) is fewer than the minimum number of \
             allowed arguments ({least}). Provide more than {least} arguments, and then try the \
             command again."
        )
    })
}

/// Why one item breaks a rule.
fn one(rule: &Rule, item: &Value) -> Option<String> {
    let text = to_text(item);
    match rule {
        Rule::Range(least, most) => {
            let own = number(item).unwrap_or_else(|| item.clone());
            if sort_order(&own, most, true).is_gt() {
                return Some(format!(
                    "The {text} argument is greater than the maximum allowed range of {0}. Supply \
                     an argument that is less than or equal to {0} and then try the command again.",
                    to_text(most)
                ));
            }
            sort_order(&own, least, true).is_lt().then(|| {
                format!(
                    "The {text} argument is less than the minimum allowed range of {0}. Supply an \
                     argument that is greater than or equal to {0} and then try the command again.",
                    to_text(least)
                )
            })
        }
        Rule::Pattern(pattern) => match is_match(&text, pattern, false) {
            Ok(true) => None,
            Ok(false) => Some(format!(
                "The argument \"{text}\" does not match the \"{pattern}\" pattern. Supply an \
                 argument that matches \"{pattern}\" and try the command again."
            )),
            Err(error) => Some(error.message),
        },
        Rule::Length(least, most) => length(text.chars().count(), *least, *most),
        Rule::CasedSet(known) if !known.contains(&text) => Some(format!(
            "The argument \"{text}\" does not belong to the set \"{}\" specified by the \
             ValidateSet attribute. Supply an argument that is in the set and then try the command \
             again.",
            known.join(",")
        )),
        _ => None,
    }
}

fn length(found: usize, least: i64, most: i64) -> Option<String> {
    let length = i64::try_from(found).unwrap_or(i64::MAX);
    if length < least {
        return Some(format!(
            "The character length ({length}) of the argument is too short. Specify an argument \
             with a length that is greater than or equal to \"{least}\", and then try the command \
             again."
        ));
    }
    (length > most).then(|| {
        format!(
            "The character length of the {length} argument is too long. Shorten the character \
             length of the argument so it is fewer than or equal to \"{most}\" characters, and \
             then try the command again."
        )
    })
}
