//! `-Filter`: a condition on an object's properties, `{Enabled -eq $True}` or the same in a
//! string (`cmdlets.md` §1.3, OPATH in §1.4).
//!
//! Owns its grammar and evaluation: comparisons, `-and`, `-or`, `-not`, parentheses. It is no
//! language: there are no variables but `$true`, `$false`, `$null`. Read next: `cmdlet/cs_user`.

use crate::drives::wildcard;
use crate::lang::moment::parse_time;
use crate::lang::text::to_text;
use crate::lang::{Category, Error, Object, Value, quantity};
use crate::limits;

pub(crate) mod properties;

use properties::{Filterable, is_known};

/// A condition.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Filter {
    All(Vec<Filter>),
    Any(Vec<Filter>),
    Not(Box<Filter>),
    Compare { property: String, operator: Operator, value: Literal },
}

/// What a property is compared by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operator {
    Equal,
    NotEqual,
    Like,
    NotLike,
    Greater,
    GreaterOrEqual,
    Less,
    LessOrEqual,
}

/// What a property is compared with.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Literal {
    Null,
    Bool(bool),
    Text(String),
}

#[derive(Debug, Clone, PartialEq)]
enum Token {
    Open,
    Close,
    Operator(String),
    Word(String),
    Text(String),
}

impl Filter {
    /// Reads a condition on these properties, with or without the braces around it.
    pub(crate) fn parse(text: &str, properties: Filterable) -> Result<Self, Error> {
        let filter = Self::read(text)?;
        match filter.unknown(properties) {
            Some(property) => Err(not_filterable(text, property)),
            None => Ok(filter),
        }
    }

    fn read(text: &str) -> Result<Self, Error> {
        let trimmed = text.trim();
        let inner = trimmed.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
        let tokens = tokens(inner.unwrap_or(trimmed)).map_err(|why| invalid(text, why))?;
        let mut parser = Parser { tokens: &tokens, at: 0, depth: 0 };
        let filter = parser.any().map_err(|why| invalid(text, why))?;
        if parser.at < tokens.len() {
            return Err(invalid(text, "there is something after its end"));
        }
        Ok(filter)
    }

    /// The first property that is none of these.
    fn unknown(&self, properties: Filterable) -> Option<&str> {
        let mut named = Vec::new();
        self.names(&mut named);
        named.into_iter().find(|name| !is_known(properties, name))
    }

    fn names<'a>(&'a self, named: &mut Vec<&'a str>) {
        match self {
            Self::All(parts) | Self::Any(parts) => {
                parts.iter().for_each(|part| part.names(named));
            }
            Self::Not(part) => part.names(named),
            Self::Compare { property, .. } => named.push(property),
        }
    }

    /// Whether an object meets the condition. A property it does not have is null, and false.
    pub(crate) fn matches(&self, object: &Object) -> bool {
        match self {
            Self::All(parts) => parts.iter().all(|part| part.matches(object)),
            Self::Any(parts) => parts.iter().any(|part| part.matches(object)),
            Self::Not(part) => !part.matches(object),
            Self::Compare { property, operator, value } => match (object.get(property), value) {
                (None, Literal::Bool(_)) => compare(&Value::Bool(false), *operator, value),
                (own, _) => compare(&own.unwrap_or_default(), *operator, value),
            },
        }
    }
}

fn compare(actual: &Value, operator: Operator, wanted: &Literal) -> bool {
    if let Value::List(list) = actual {
        let negative = matches!(operator, Operator::NotEqual | Operator::NotLike);
        let mut items = list.items().iter().map(|item| compare(item, operator, wanted));
        return if negative { items.all(|holds| holds) } else { items.any(|holds| holds) };
    }
    let is_null = matches!(actual, Value::Null) || shown(actual).is_empty();
    let equal = match wanted {
        Literal::Null => is_null,
        Literal::Text(_) if matches!(actual, Value::Time(_)) => {
            order(actual, wanted).is_some_and(std::cmp::Ordering::is_eq)
        }
        Literal::Bool(wanted) => match actual {
            Value::Bool(actual) => actual == wanted,
            _ => !is_null && shown(actual).eq_ignore_ascii_case(&wanted.to_string()),
        },
        Literal::Text(wanted) => shown(actual).to_lowercase() == wanted.to_lowercase(),
    };
    match operator {
        Operator::Equal => equal,
        Operator::NotEqual => !equal,
        Operator::Like => like(actual, wanted),
        Operator::NotLike => !like(actual, wanted),
        Operator::Greater => order(actual, wanted).is_some_and(std::cmp::Ordering::is_gt),
        Operator::GreaterOrEqual => order(actual, wanted).is_some_and(std::cmp::Ordering::is_ge),
        Operator::Less => order(actual, wanted).is_some_and(std::cmp::Ordering::is_lt),
        Operator::LessOrEqual => order(actual, wanted).is_some_and(std::cmp::Ordering::is_le),
    }
}

fn like(actual: &Value, wanted: &Literal) -> bool {
    match wanted {
        Literal::Text(pattern) => wildcard(pattern, &shown(actual)),
        _ => false,
    }
}

fn order(actual: &Value, wanted: &Literal) -> Option<std::cmp::Ordering> {
    let Literal::Text(wanted) = wanted else { return None };
    if quantity::is_size(actual) {
        return quantity::order(actual, &Value::from(wanted));
    }
    if let Value::Time(moment) = actual {
        return parse_time(wanted).map(|wanted| in_seconds(*moment).cmp(&in_seconds(wanted)));
    }
    match (actual, wanted.parse::<f64>()) {
        (Value::Int(number), Ok(wanted)) => (*number as f64).partial_cmp(&wanted),
        (Value::Float(number), Ok(wanted)) => number.partial_cmp(&wanted),
        (Value::Number(number), Ok(wanted)) => number.float().partial_cmp(&wanted),
        _ => Some(shown(actual).to_lowercase().cmp(&wanted.to_lowercase())),
    }
}

/// A moment as far as its text tells: a text that was made from a moment is equal to it.
fn in_seconds(moment_ms: i64) -> i64 {
    moment_ms.div_euclid(1000)
}

fn shown(value: &Value) -> String {
    match value {
        Value::Time(_) => to_text(value),
        Value::Bool(truth) => if *truth { "True" } else { "False" }.to_owned(),
        Value::Int(number) => number.to_string(),
        Value::Float(number) => number.to_string(),
        Value::Number(number) => number.text(),
        Value::Object(object) => object.shown().unwrap_or_default().to_owned(),
        other => other.as_str().unwrap_or_default().to_owned(),
    }
}

struct Parser<'a> {
    tokens: &'a [Token],
    at: usize,
    depth: usize,
}

impl Parser<'_> {
    fn next(&mut self) -> Option<&Token> {
        let token = self.tokens.get(self.at);
        self.at += 1;
        token
    }

    fn takes(&mut self, wanted: &Token) -> bool {
        let found = self.tokens.get(self.at) == Some(wanted);
        self.at += usize::from(found);
        found
    }

    fn any(&mut self) -> Result<Filter, &'static str> {
        let mut parts = vec![self.all()?];
        while self.takes(&Token::Operator("or".to_owned())) {
            parts.push(self.all()?);
        }
        Ok(if parts.len() > 1 { Filter::Any(parts) } else { parts.remove(0) })
    }

    fn all(&mut self) -> Result<Filter, &'static str> {
        let mut parts = vec![self.one()?];
        while self.takes(&Token::Operator("and".to_owned())) {
            parts.push(self.one()?);
        }
        Ok(if parts.len() > 1 { Filter::All(parts) } else { parts.remove(0) })
    }

    fn one(&mut self) -> Result<Filter, &'static str> {
        self.depth += 1;
        if self.depth > limits::FILTER_DEPTH_MAX {
            return Err("it is nested too deeply");
        }
        let filter = if self.takes(&Token::Operator("not".to_owned())) {
            Filter::Not(Box::new(self.one()?))
        } else if self.takes(&Token::Open) {
            let inner = self.any()?;
            if !self.takes(&Token::Close) {
                return Err("a parenthesis is not closed");
            }
            inner
        } else {
            self.comparison()?
        };
        self.depth -= 1;
        Ok(filter)
    }

    fn comparison(&mut self) -> Result<Filter, &'static str> {
        let Some(Token::Word(property)) = self.next().cloned() else {
            return Err("a property name is expected");
        };
        let property = property.trim_start_matches("$_.").to_owned();
        let Some(Token::Operator(operator)) = self.next().cloned() else {
            return Err("a comparison such as -eq is expected after a property name");
        };
        let operator = match operator.as_str() {
            "eq" => Operator::Equal,
            "ne" => Operator::NotEqual,
            "like" => Operator::Like,
            "notlike" => Operator::NotLike,
            "gt" => Operator::Greater,
            "ge" => Operator::GreaterOrEqual,
            "lt" => Operator::Less,
            "le" => Operator::LessOrEqual,
            _ => return Err("its comparison is none of -eq -ne -like -notlike -gt -ge -lt -le"),
        };
        let value = match self.next() {
            Some(Token::Text(text)) => Literal::Text(text.clone()),
            Some(Token::Word(word)) => match word.to_ascii_lowercase().as_str() {
                "$null" => Literal::Null,
                "$true" => Literal::Bool(true),
                "$false" => Literal::Bool(false),
                other if other.starts_with('$') => {
                    return Err("it has a variable; only $true, $false and $null have a meaning");
                }
                _ => Literal::Text(word.clone()),
            },
            _ => return Err("a value is expected after the comparison"),
        };
        Ok(Filter::Compare { property, operator, value })
    }
}

fn tokens(text: &str) -> Result<Vec<Token>, &'static str> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let (token, length) = match first {
            '(' => (Token::Open, 1),
            ')' => (Token::Close, 1),
            '\'' | '"' => quoted(rest, first)?,
            '-' if rest.get(1..).is_some_and(|r| r.starts_with(|c: char| c.is_alphabetic())) => {
                let word = word(rest.get(1..).unwrap_or_default());
                (Token::Operator(word.to_ascii_lowercase()), word.len() + 1)
            }
            _ => {
                let word = word(rest);
                (Token::Word(word.to_owned()), word.len().max(1))
            }
        };
        tokens.push(token);
        rest = rest.get(length..).unwrap_or_default().trim_start();
    }
    Ok(tokens)
}

/// A quoted text and how many bytes it takes; a quote inside is written twice.
fn quoted(text: &str, quote: char) -> Result<(Token, usize), &'static str> {
    let mut value = String::new();
    let mut characters = text.char_indices().skip(1).peekable();
    while let Some((at, character)) = characters.next() {
        if character != quote {
            value.push(character);
        } else if characters.peek().is_some_and(|(_, next)| *next == quote) {
            value.push(quote);
            characters.next();
        } else {
            return Ok((Token::Text(value), at + 1));
        }
    }
    Err("a quotation mark is not closed")
}

fn word(text: &str) -> &str {
    let end = text.find(|c: char| c.is_whitespace() || matches!(c, '(' | ')' | '\'' | '"'));
    text.get(..end.unwrap_or(text.len())).unwrap_or_default()
}

/// The error as Exchange words it, with the place in the condition.
fn not_filterable(text: &str, property: &str) -> Error {
    let inner = text.trim();
    let inner = inner.strip_prefix('{').and_then(|it| it.strip_suffix('}')).unwrap_or(inner).trim();
    let place = inner.find(property).unwrap_or_default();
    let message = format!(
        "Cannot bind parameter 'Filter' to the target. Exception setting \"Filter\": \
         \"\"{property}\" is not a recognized filterable property. For a complete list of \
         filterable properties see the command help. \"{inner}\" at position {}.\"",
        place + 1
    );
    Error::new(Category::WriteError, "ParameterBindingFailed", message)
        .exception("ParameterBindingException")
}

fn invalid(text: &str, why: &str) -> Error {
    Error::invalid_argument("Filter", format!("The filter {text} cannot be used: {why}."))
        .advice("A filter looks like {Enabled -eq $True} or {DisplayName -like \"Ken*\"}.")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person() -> Object {
        Object::custom()
            .with("DisplayName", "Ken Myer")
            .with("Enabled", true)
            .with("LineURI", "")
            .with("Port", 5199)
            .with("WhenCreated", Value::Time(parse_time("2026-03-01 14:05:06").unwrap() + 7))
            .with("Addresses", vec!["SMTP:kenmyer@litwareinc.com", "sip:kenmyer@litwareinc.com"])
    }

    #[test]
    fn conditions() {
        for (text, expected) in [
            (r#"{DisplayName -eq "ken myer"}"#, true),
            ("DisplayName -like 'Ken*'", true),
            ("{DisplayName -notlike 'Ken*'}", false),
            ("{Enabled -ne $True}", false),
            ("Enabled -eq 'true'", true),
            ("{LineURI -eq $Null -and Missing -eq $null}", true),
            ("Missing -eq $false -and Missing -ne $true", true),
            ("Missing -eq $true", false),
            ("{DisplayName -ne $Null}", true),
            ("Port -gt 80 -and Port -le 5199", true),
            ("-not (Port -lt 80 -or Enabled -eq $false)", true),
            ("Addresses -like 'sip:*'", true),
            ("WhenCreated -gt '1/1/2020'", true),
            ("WhenCreated -gt '12/31/2025'", true),
            ("WhenCreated -lt '12/31/2025 11:00:00 PM'", false),
            ("WhenCreated -le '03/01/2026 14:05:06' -and WhenCreated -ge '2026-03-01'", true),
            ("WhenCreated -eq '3/1/2026 2:05:06 PM'", true),
            ("WhenCreated -ne $null -and WhenCreated -like '03/01/2026*'", true),
            ("Addresses -eq 'sip:pilar@litwareinc.com'", false),
            ("$_.DisplayName -eq 'it''s'", false),
        ] {
            assert_eq!(Filter::read(text).unwrap().matches(&person()), expected, "{text}");
        }
    }

    #[test]
    fn properties_that_there_are_not() {
        for (text, expected) in [
            ("{VoicePolicy -ne $Null}", None),
            ("{tenantid -eq $null -or -not (Enabled -eq $true)}", None),
            (
                "{Enabled -eq $True -and Foo -like 'x*'}",
                Some(
                    "\"\"Foo\" is not a recognized filterable property. For a complete list of \
                      filterable properties see the command help. \"Enabled -eq $True -and Foo \
                      -like 'x*'\" at position 24.\"",
                ),
            ),
            ("-not (Enabled -eq 1 -or Bar -eq 2)", Some("\"Bar\" is not")),
        ] {
            let found = Filter::parse(text, properties::CS_USER).err().map(|error| error.message);
            match expected {
                None => assert_eq!(found, None, "{text}"),
                Some(part) => assert!(found.unwrap_or_default().contains(part), "{text}"),
            }
        }
    }

    #[test]
    fn what_is_no_condition() {
        let deep = format!("{}Enabled -eq 1", "-not ".repeat(1000));
        for text in [
            "",
            "{",
            "Enabled",
            "Enabled -eq",
            "Enabled -is 'x'",
            "(Enabled -eq 1",
            "A -eq 'x",
            "A -eq 1 B",
            "A -eq $x",
            deep.as_str(),
        ] {
            assert!(Filter::read(text).is_err(), "{text}");
        }
    }
}
