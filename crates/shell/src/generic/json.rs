//! `ConvertTo-Json`, `ConvertFrom-Json`.

use serde_json::{Map as JsonMap, Value as Json, json};

use super::{INPUT, count, input};
use crate::cmdlet::{Arguments, Cmdlet, Example, Kind, Parameter};
use crate::lang::number::{Number, read_decimal};
use crate::lang::pipe::{Outcome, Sink, Stage};
use crate::lang::property::own_names;
use crate::lang::text::to_text;
use crate::lang::{Category, Clock, Error, List, Object, Shell, Value};

pub(super) const CMDLETS: &[Cmdlet] = &[TO, FROM];

const TO: Cmdlet = Cmdlet {
    synopsis: "Writes objects as JSON.",
    description: "What lies deeper than -Depth becomes text. A name out of a set becomes its \
                  number. A single object is not put into an array.",
    parameters: &[
        INPUT.at(0),
        Parameter::named("Depth", Kind::Int).default("2").help("How deep objects are followed."),
        Parameter::switch("Compress").help("Without blanks and line ends."),
        Parameter::switch("AsArray").help("An array, even around a single object."),
        Parameter::switch("EnumsAsStrings").help("A name out of a set stays a name."),
    ],
    examples: &[Example {
        text: "On one line",
        input: "[pscustomobject]@{Name='a'; List=1,2} | ConvertTo-Json -Compress",
        output: "{\"Name\":\"a\",\"List\":[1,2]}",
    }],
    ..Cmdlet::client("ConvertTo-Json", || Box::new(ToJson::default()))
};

const FROM: Cmdlet = Cmdlet {
    synopsis: "Makes objects from JSON.",
    parameters: &[INPUT.at(0), Parameter::switch("AsHashtable").help("Hashtables instead.")],
    examples: &[Example {
        text: "Take a property",
        input: "('{\"a\": {\"b\": [1, 2]}}' | ConvertFrom-Json).a.b.Count",
        output: "2",
    }],
    ..Cmdlet::client("ConvertFrom-Json", || Box::new(FromJson::default()))
};

/// Between these stands a number that is no JSON number of the library's.
const NUMBER: char = '\u{1}';

#[derive(Default)]
struct ToJson {
    items: Vec<Value>,
    depth: usize,
    compress: bool,
    array: bool,
    names: bool,
}

impl Stage for ToJson {
    fn begin(&mut self, _: &mut Shell, arguments: &Arguments) -> Outcome {
        self.depth = count(arguments, "Depth").unwrap_or(2);
        if self.depth > 100 {
            let message = "The maximum depth allowed is 100.";
            return Err(Error::new(Category::InvalidArgument, "DepthTooLarge", message).into());
        }
        self.compress = arguments.flag("Compress");
        self.array = arguments.flag("AsArray");
        self.names = arguments.flag("EnumsAsStrings");
        Ok(())
    }

    fn process(&mut self, _: &mut Shell, arguments: &Arguments, _: &mut Sink<'_>) -> Outcome {
        if arguments.has("InputObject") {
            self.items.push(input(arguments).cloned().unwrap_or_default());
        }
        Ok(())
    }

    fn end(&mut self, shell: &mut Shell, out: &mut Sink<'_>) -> Outcome {
        let mut items: Vec<Json> =
            self.items.iter().map(|item| self.json(item, self.depth)).collect();
        let json = match items.len() {
            0 => return Ok(()),
            1 if !self.array => items.pop().unwrap_or_default(),
            _ => Json::Array(items),
        };
        let mut text = String::new();
        write_json(&json, if self.compress { None } else { Some(0) }, &mut text);
        out.emit(shell, Value::from(text))
    }
}

impl ToJson {
    fn json(&self, value: &Value, depth: usize) -> Json {
        match value {
            Value::Null => Json::Null,
            Value::Bool(truth) => json!(truth),
            Value::Int(number) => json!(number),
            Value::Float(number) if number.is_finite() => {
                json!(format!("{NUMBER}{}{NUMBER}", shortest(*number)))
            }
            Value::Float(_) => Json::Null,
            Value::Number(number) => json!(format!("{NUMBER}{}{NUMBER}", number.text())),
            Value::Enum(named) if self.names => json!(*named.name),
            Value::Enum(named) => json!(named.number),
            Value::Time(_) | Value::Told(..) => {
                let ms = crate::lang::eval::moment_of(value).unwrap_or_default();
                json!(format!("\u{0}Date({ms})\u{0}"))
            }
            Value::List(list) => list.items().iter().map(|item| self.item(item, depth)).collect(),
            Value::Bytes(bytes) => bytes.iter().map(|byte| json!(byte)).collect(),
            Value::Map(map) => {
                let entry = |(key, value): &(Value, Value)| (to_text(key), self.item(value, depth));
                Json::Object(map.entries().iter().map(entry).collect())
            }
            textual if textual.is_textual() => json!(textual.as_str()),
            Value::Object(_) | Value::Error(_) | Value::Xml(_) => self.object(value, depth),
            other => json!(to_text(other)),
        }
    }

    fn object(&self, value: &Value, depth: usize) -> Json {
        if let Value::Object(own) = value
            && let (Some(text), []) = (own.shown(), own.names().as_slice())
        {
            return json!(text);
        }
        let mut members = JsonMap::new();
        for name in own_names(value) {
            let own = crate::lang::eval::own_member(value, &name).unwrap_or_default();
            members.insert(name.to_string(), self.item(&own, depth));
        }
        Json::Object(members)
    }

    /// A value one level further down.
    fn item(&self, value: &Value, depth: usize) -> Json {
        let is_deep = matches!(
            value,
            Value::List(_)
                | Value::Map(_)
                | Value::Object(_)
                | Value::Error(_)
                | Value::Xml(_)
                | Value::Bytes(_)
        );
        match depth.checked_sub(1) {
            Some(left) => self.json(value, if is_deep { left } else { depth }),
            None if is_deep => json!(to_text(value)),
            None => self.json(value, 0),
        }
    }
}

/// JSON as Windows PowerShell lays it out: what is inside a bracket stands four blanks right of
/// it, two blanks after a colon. Without an indent, on one line.
fn write_json(json: &Json, indent: Option<usize>, text: &mut String) {
    let new_line = |text: &mut String, indent: Option<usize>| {
        if let Some(indent) = indent {
            text.push('\n');
            text.extend(std::iter::repeat_n(' ', indent));
        }
    };
    let inner = indent.map(|indent| indent + 4);
    match json {
        Json::Array(items) if !items.is_empty() => {
            text.push('[');
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    text.push(',');
                }
                new_line(text, inner);
                write_json(item, inner, text);
            }
            new_line(text, indent);
            text.push(']');
        }
        Json::Object(members) if !members.is_empty() => {
            text.push('{');
            for (at, (name, value)) in members.iter().enumerate() {
                if at > 0 {
                    text.push(',');
                }
                new_line(text, inner);
                let start = text.len();
                write_text(name, text);
                text.push_str(if indent.is_some() { ":  " } else { ":" });
                let width = text.get(start..).map_or(0, |own| own.chars().count());
                write_json(value, inner.map(|inner| inner + width), text);
            }
            new_line(text, indent);
            text.push('}');
        }
        Json::Array(_) => text.push_str(if indent.is_some() { "[\n\n]" } else { "[]" }),
        Json::Object(_) => text.push_str(if indent.is_some() { "{\n\n}" } else { "{}" }),
        Json::String(own) => write_text(own, text),
        other => text.push_str(&other.to_string()),
    }
}

/// A text with the escapes of Windows PowerShell: also `<`, `>`, `&` and `\'`.
fn write_text(own: &str, text: &mut String) {
    if let Some(number) = own.strip_prefix(NUMBER).and_then(|own| own.strip_suffix(NUMBER)) {
        text.push_str(number);
        return;
    }
    text.push('"');
    // Between marks stands a moment.
    if let Some(moment) = own.strip_prefix('\0').and_then(|own| own.strip_suffix('\0')) {
        text.push_str(&format!("\\/{moment}\\/\""));
        return;
    }
    for c in own.chars() {
        match c {
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            '\t' => text.push_str("\\t"),
            '\x08' => text.push_str("\\b"),
            '\x0c' => text.push_str("\\f"),
            '<' | '>' | '&' | '\'' | '\0'..='\x1f' => {
                text.push_str(&format!("\\u{:04x}", u32::from(c)));
            }
            other => text.push(other),
        }
    }
    text.push('"');
}

#[derive(Default)]
struct FromJson {
    text: String,
    maps: bool,
}

impl Stage for FromJson {
    fn process(&mut self, _: &mut Shell, arguments: &Arguments, _: &mut Sink<'_>) -> Outcome {
        if let Some(value) = input(arguments) {
            self.text.push_str(&to_text(value));
            self.text.push('\n');
        }
        self.maps = arguments.flag("AsHashtable");
        Ok(())
    }

    fn end(&mut self, shell: &mut Shell, out: &mut Sink<'_>) -> Outcome {
        if self.text.trim().is_empty() {
            return Ok(());
        }
        let json: Json = serde_json::from_str(&self.text).map_err(|error| {
            let word = self.text.trim();
            let message = match word.starts_with(['{', '[']) {
                true => format!("Invalid object passed in: {error}."),
                false => {
                    let end = word.find(char::is_whitespace).unwrap_or(word.len());
                    let first = word.get(..end).unwrap_or(word);
                    format!("Invalid JSON primitive: {first}.")
                }
            };
            Error::new(Category::NotSpecified, "System.ArgumentException", message)
                .exception("ArgumentException")
        })?;
        let value = self.value(&json);
        match value {
            Value::List(_) => out.emit_items(shell, value),
            other => out.emit(shell, other),
        }
    }
}

impl FromJson {
    fn value(&self, json: &Json) -> Value {
        match json {
            Json::Array(items) => {
                Value::List(List::new(items.iter().map(|item| self.value(item)).collect()))
            }
            Json::Object(members) if self.maps => {
                let map = crate::lang::Map::new();
                for (key, value) in members {
                    map.set(Value::from(key), self.value(value));
                }
                Value::Map(map)
            }
            Json::Object(members) => {
                let object = Object::custom();
                for (name, value) in members {
                    object.set(name, self.value(value));
                }
                Value::Object(object)
            }
            Json::Null => Value::Null,
            Json::Bool(truth) => Value::Bool(*truth),
            Json::String(text) => match moment(text) {
                Some(ms) => Value::Told(Clock::Utc, crate::lang::eval::as_utc(ms)),
                None => Value::from(text),
            },
            Json::Number(number) => read_number(&number.to_string()),
        }
    }
}

/// As few digits as tell the number from all others: `2`, `0.1`, `1E+300`.
fn shortest(number: f64) -> String {
    if number == 0.0 || (1e-5..1e15).contains(&number.abs()) {
        return number.to_string();
    }
    let text = format!("{number:E}");
    let (digits, exponent) = text.split_once('E').unwrap_or((&text, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{digits}E{sign}{:02}", exponent.abs())
}

/// A number as Windows PowerShell reads it: Int32 or Int64, else Decimal; a Double if it is too
/// large for that.
fn read_number(text: &str) -> Value {
    if let Ok(number) = text.parse::<i64>() {
        return Value::Int(number);
    }
    match read_decimal(text) {
        Some(decimal) => Value::Number(Number::Decimal(decimal.normalize())),
        None => Value::Float(text.parse().unwrap_or(f64::NAN)),
    }
}

/// The moment that `/Date(…)/` means.
fn moment(text: &str) -> Option<i64> {
    text.strip_prefix("/Date(")?.strip_suffix(")/")?.parse().ok()
}
