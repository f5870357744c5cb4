//! Variables in a `-Filter`: the cmdlet gets a condition without any, whether it was a block or a
//! text. `{Name -like $n}`, `{Name -like "$n*"}`, `{Manager -eq $boss.DistinguishedName}`.

use std::sync::Arc;

use crate::cmdlet::Kind;
use crate::lang::ast::Source;
use crate::lang::bind::{Bound, Signature};
use crate::lang::parse::parse;
use crate::lang::pipe::{Outcome, Stop};
use crate::lang::shell::Shell;
use crate::lang::text::to_text;
use crate::lang::value::Value;
use crate::limits::STRING_BYTES_MAX;

impl Shell {
    /// Puts the values of variables into the conditions a cmdlet is given.
    pub(super) fn fill_conditions(&mut self, signature: &Signature, bound: &mut Bound) -> Outcome {
        let conditions: Vec<(String, String)> = signature
            .values(bound)
            .filter(|(spec, _)| spec.kind == Kind::Filter)
            .filter_map(|(spec, value)| Some((spec.name.to_string(), value?.as_str()?.to_owned())))
            .filter(|(_, text)| text.contains('$'))
            .collect();
        for (name, text) in conditions {
            let filled = Value::from(self.filled(&text)?);
            signature.supply(bound, &name, &filled).map_err(|(error, _)| Stop::Statement(error))?;
        }
        Ok(())
    }

    /// The condition with values instead of variables.
    fn filled(&mut self, text: &str) -> Outcome<String> {
        let mut filled = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(first) = rest.chars().next() {
            let length = match first {
                '\'' | '"' => quoted(rest, first),
                '$' => variable(rest),
                _ => first.len_utf8(),
            };
            let (own, after) = rest.split_at(length.clamp(first.len_utf8(), rest.len()));
            let is_meant = match first {
                '"' => own.contains('$'),
                '$' => !stays(own),
                _ => false,
            };
            match is_meant {
                true => filled.push_str(&literal(&self.worth(own)?)),
                false => filled.push_str(own),
            }
            if filled.len() > STRING_BYTES_MAX {
                return Ok(filled);
            }
            rest = after;
        }
        Ok(filled)
    }

    /// What a part of the condition is as an expression of the language.
    fn worth(&mut self, text: &str) -> Outcome<Value> {
        let source = Arc::new(Source { file: None, text: text.to_owned() });
        let block = parse(&source).map_err(|error| Stop::from(error.into_error(&source)))?;
        let list = self.list_from(&block.end)?;
        Ok(super::one_or_list(list.items().to_vec()))
    }
}

/// What means the same in a condition as in the language, and the object itself.
fn stays(token: &str) -> bool {
    let lower = token.to_ascii_lowercase();
    matches!(lower.as_str(), "$true" | "$false" | "$null" | "$") || lower.starts_with("$_")
}

/// The length of a text in quotes; a quote inside is written twice, or after a backtick.
fn quoted(text: &str, quote: char) -> usize {
    let mut chars = text.char_indices().skip(1).peekable();
    while let Some((at, c)) = chars.next() {
        match c {
            '`' if quote == '"' => drop(chars.next()),
            _ if c != quote => {}
            _ if chars.peek().is_some_and(|(_, next)| *next == quote) => drop(chars.next()),
            _ => return at + 1,
        }
    }
    text.len()
}

/// The length of a variable with its members: `$x`, `${x y}`, `$x.Name`, `$x[0]`, `$(…)`.
fn variable(text: &str) -> usize {
    let mut at = 1;
    match text.get(1..).and_then(|rest| rest.chars().next()) {
        Some('(') => return 1 + within(text.get(1..).unwrap_or_default(), '(', ')'),
        Some('{') => at += within(text.get(1..).unwrap_or_default(), '{', '}'),
        _ => at += word(text.get(1..).unwrap_or_default(), ":"),
    }
    loop {
        let rest = text.get(at..).unwrap_or_default();
        at += match rest.chars().next() {
            Some('.') => match word(rest.get(1..).unwrap_or_default(), "") {
                0 => return at,
                length => 1 + length,
            },
            Some('[') => within(rest, '[', ']'),
            // A call belongs to a member: `$x.ToString()`.
            Some('(') if text.get(..at).is_some_and(|own| own.contains('.')) => {
                within(rest, '(', ')')
            }
            _ => return at,
        };
    }
}

fn word(text: &str, more: &str) -> usize {
    text.find(|c: char| !c.is_alphanumeric() && c != '_' && !more.contains(c)).unwrap_or(text.len())
}

/// The length of what stands in brackets.
fn within(text: &str, open: char, close: char) -> usize {
    let mut depth = 0_usize;
    for (at, c) in text.char_indices() {
        if c == open {
            depth += 1;
        } else if c == close {
            depth = depth.saturating_sub(1);
            if depth == 0 {
                return at + c.len_utf8();
            }
        }
    }
    text.len()
}

/// A value as a condition has it.
fn literal(value: &Value) -> String {
    match value {
        Value::Null => "$null".to_owned(),
        Value::Bool(true) => "$true".to_owned(),
        Value::Bool(false) => "$false".to_owned(),
        other => format!("'{}'", to_text(other).replace('\'', "''")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_end_where_they_end() {
        for (text, expected) in [
            ("$n -and", "$n"),
            ("$n)", "$n"),
            ("$user.Name.Length)", "$user.Name.Length"),
            ("$u.", "$u"),
            ("${a b} -eq", "${a b}"),
            ("$($x | % { $_ }) -or", "$($x | % { $_ })"),
            ("$x[0].Trim() x", "$x[0].Trim()"),
            ("$x(1)", "$x"),
            ("$env:USERNAME'", "$env:USERNAME"),
            ("$(", "$("),
            ("$", "$"),
        ] {
            assert_eq!(text.get(..variable(text)), Some(expected), "{text}");
        }
        assert_eq!(quoted("'it''s' x", '\''), 7);
        assert_eq!(quoted("\"a`\"b\" x", '"'), 6);
        assert_eq!(quoted("'open", '\''), 5);
    }
}
