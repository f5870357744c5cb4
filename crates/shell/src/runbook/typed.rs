//! How a plan spells commands.

use super::planning::At;
use crate::cmdlet::{self, Arguments, Cmdlet, Kind as ParameterKind};
use crate::lang::text::to_text;
use crate::lang::value::Value;
use crate::limits::TYPED_CHARS_MAX;

/// A command as it would be typed with the values it got; secrets are not in it.
pub(super) fn typed(cmdlet: &Cmdlet, arguments: &Arguments) -> String {
    let mut line = cmdlet.name.to_owned();
    for (name, value) in arguments.iter() {
        let is_switch = cmdlet.parameter(name).is_some_and(|it| it.kind == ParameterKind::Switch);
        let text = match value {
            Value::Bool(true) if is_switch => {
                line.push_str(&format!(" -{name}"));
                continue;
            }
            Value::Bool(false) if is_switch => {
                line.push_str(&format!(" -{name}:$False"));
                continue;
            }
            Value::Secret(_) => "***".to_owned(),
            Value::Bool(true) => "$True".to_owned(),
            Value::Bool(false) => "$False".to_owned(),
            Value::Null => "$null".to_owned(),
            Value::Bytes(bytes) => format!("({} bytes)", bytes.len()),
            Value::List(list) => {
                let words = list.items().iter().map(|item| quoted(&to_text(item)));
                words.collect::<Vec<_>>().join(",")
            }
            Value::Map(map) => {
                let pair = |(key, value): &(Value, Value)| {
                    format!("{}={}", to_text(key), quoted(&to_text(value)))
                };
                let pairs: Vec<String> = map.entries().iter().map(pair).collect();
                format!("@{{{}}}", pairs.join("; "))
            }
            other => quoted(&to_text(other)),
        };
        line.push_str(&format!(" -{name} {text}"));
    }
    line
}

/// The file that is written by what was typed, if that was not the cmdlet itself: a redirection,
/// `.Save(…)`, `Out-File`, `Copy-Item`.
pub(super) fn written(at: &At, cmdlet: &Cmdlet, arguments: &Arguments) -> Option<String> {
    let (_, source, span) = at.as_ref()?;
    let first = source.slice(*span).split_whitespace().next().unwrap_or_default();
    let is_typed = cmdlet::find(first).is_some_and(|typed| typed.name == cmdlet.name);
    match is_typed || cmdlet.name != "Set-Content" {
        true => None,
        false => arguments.texts("Path")?.into_iter().next(),
    }
}

/// A value as it would be typed.
pub(super) fn quoted(text: &str) -> String {
    if text.contains("PRIVATE KEY") {
        return "***".to_owned();
    }
    let short: String = text.chars().take(TYPED_CHARS_MAX).collect();
    let is_cut = short.len() < text.len();
    let short = short.replace(['\r', '\n'], " ") + if is_cut { "…" } else { "" };
    let is_plain = !short.is_empty()
        && !short.contains(|c: char| c.is_whitespace() || "'\"(){};,$&".contains(c));
    if is_plain { short } else { format!("'{}'", short.replace('\'', "''")) }
}
