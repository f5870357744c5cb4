//! Static members of the plain types: `[datetime]::Now`, `[string]::IsNullOrEmpty($x)`.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::lang::error::{Category, Error};
use crate::lang::object::Object;
use crate::lang::operate;
use crate::lang::pipe::{Outcome, Stop};
use crate::lang::shell::Shell;
use crate::lang::text::{parse_time, to_text};
use crate::lang::types::{self, full_name, list_of};
use crate::lang::value::Value;

fn absent(value: &Value, name: &str) -> Stop {
    let kind = match value {
        Value::Type(name) => full_name(name),
        other => types::type_of(other),
    };
    let message = format!(
        "Method invocation failed because [{kind}] does not contain a method named '{name}'."
    );
    Error::new(Category::InvalidOperation, "MethodNotFound", message)
        .exception("RuntimeException")
        .advice("This shell has no .NET types beyond the plain ones.")
        .into()
}

/// `[type]::name`
pub(super) fn member(shell: &mut Shell, target: &Value, name: &str) -> Outcome<Value> {
    let Value::Type(kind) = target else {
        return Err(absent(target, name));
    };
    let now = || Value::Time((shell.clock)());
    Ok(match (&*kind.name, name.to_ascii_lowercase().as_str()) {
        ("datetime", "now" | "utcnow") => now(),
        ("datetime", "today") => super::access::member(&now(), "Date"),
        ("datetime", "minvalue") => Value::Time(-62_135_596_800_000),
        ("datetime", "maxvalue") => Value::Time(253_402_300_799_999),
        ("int" | "int32", "maxvalue") => Value::Int(i32::MAX.into()),
        ("int" | "int32", "minvalue") => Value::Int(i32::MIN.into()),
        ("long" | "int64", "maxvalue") => Value::Int(i64::MAX),
        ("long" | "int64", "minvalue") => Value::Int(i64::MIN),
        ("string", "empty") => Value::from(""),
        ("math", "pi") => Value::Float(std::f64::consts::PI),
        ("math", "e") => Value::Float(std::f64::consts::E),
        ("guid", "empty") => Value::from("00000000-0000-0000-0000-000000000000"),
        ("environment", "newline") => Value::from("\n"),
        ("environment", "machinename") => {
            shell.variable("env:COMPUTERNAME").unwrap_or_else(|| Value::from("localhost"))
        }
        ("text.encoding", "utf8" | "ascii" | "default") => {
            Value::Object(Object::new("System.Text.UTF8Encoding"))
        }
        (
            "stringcomparison"
            | "stringsplitoptions"
            | "text.regularexpressions.regexoptions"
            | "io.filemode"
            | "dayofweek",
            _,
        ) => Value::from(name),
        _ => {
            let message =
                format!("The property '{name}' cannot be found on type [{}].", full_name(kind));
            return Err(Error::new(Category::InvalidOperation, "PropertyNotFound", message)
                .exception("RuntimeException")
                .advice("This shell has no .NET types beyond the plain ones.")
                .into());
        }
    })
}

/// `[type]::name(arguments)`
pub(super) fn call(
    shell: &mut Shell,
    target: &Value,
    name: &str,
    arguments: &[Value],
) -> Outcome<Value> {
    let Value::Type(kind) = target else {
        return Err(absent(target, name));
    };
    let lower = name.to_ascii_lowercase();
    let found = match (&*kind.name, lower.as_str(), arguments) {
        ("string", _, _) => string(&lower, arguments)?,
        ("math", _, _) => math(&lower, arguments)?,
        ("datetime", "parse", [text, ..]) => Some(types::convert(text, kind)?),
        ("datetime", "parseexact", [text, ..]) => parse_time(&to_text(text)).map(Value::Time),
        ("guid", "newguid", []) => Some(Value::from(uuid::Uuid::new_v4().to_string())),
        ("convert", "tobase64string", [bytes]) => match types::convert(bytes, &byte_array())? {
            Value::Bytes(bytes) => Some(Value::from(STANDARD.encode(bytes))),
            _ => None,
        },
        ("convert", "frombase64string", [text]) => {
            let bytes = STANDARD.decode(to_text(text).trim()).map_err(|_| {
                let message = "The input is not a valid Base-64 string.";
                Error::new(Category::InvalidArgument, "FormatException", message)
            })?;
            Some(Value::Bytes(bytes.into()))
        }
        ("io.file", "readallbytes", [path]) => Some(shell.read_file(&to_text(path), true)?),
        ("io.file", "readalltext", [path]) => Some(shell.read_file(&to_text(path), false)?),
        ("regex", "escape", [text]) => Some(Value::from(regex::escape(&to_text(text)))),
        ("regex", "ismatch", [text, pattern]) => {
            let found = crate::lang::pattern::is_match(&to_text(text), &to_text(pattern), true)?;
            Some(Value::Bool(found))
        }
        ("regex", "replace", [text, pattern, with]) => {
            let operands = Value::list([pattern.clone(), with.clone()]);
            Some(crate::lang::pattern::replace(text, &operands, true)?)
        }
        ("array", "reverse" | "sort", _) => None,
        ("int" | "int32" | "long" | "int64" | "double" | "bool" | "boolean", "parse", [text]) => {
            Some(types::convert(text, kind)?)
        }
        ("pscustomobject" | "psobject", "new", []) => Some(Value::Object(Object::custom())),
        ("collections.arraylist", "new", []) => Some(Value::list(Vec::<Value>::new())),
        (name, "new", []) if name.starts_with("collections.generic.list") => {
            Some(Value::list(Vec::<Value>::new()))
        }
        ("hashtable", "new", []) => Some(Value::Map(crate::lang::object::Map::new())),
        ("timespan", "fromdays", [by]) => span(by, 86_400_000.0),
        ("timespan", "fromhours", [by]) => span(by, 3_600_000.0),
        ("timespan", "fromminutes", [by]) => span(by, 60_000.0),
        ("timespan", "fromseconds", [by]) => span(by, 1_000.0),
        _ => None,
    };
    found.ok_or_else(|| absent(target, name))
}

fn byte_array() -> crate::lang::ast::TypeName {
    crate::lang::ast::TypeName { name: "byte".into(), is_array: true }
}

fn span(by: &Value, unit: f64) -> Option<Value> {
    float(by).map(|by| Value::Duration((by * unit) as i64))
}

fn float(value: &Value) -> Option<f64> {
    match types::number(value)? {
        Value::Int(number) => Some(number as f64),
        Value::Float(number) => Some(number),
        _ => None,
    }
}

fn string(name: &str, arguments: &[Value]) -> Outcome<Option<Value>> {
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
        ("compare", [a, b, ..]) => Value::Int(operate::sort_order(a, b, true) as i64),
        ("equals", [a, b]) => Value::Bool(operate::is_equal(a, b, true)),
        ("new", [c, Value::Int(_)]) => {
            operate::binary(crate::lang::ast::Binary::Multiply, c, arguments.get(1).unwrap_or(c))?
        }
        _ => return Ok(None),
    }))
}

fn math(name: &str, arguments: &[Value]) -> Outcome<Option<Value>> {
    let numbers: Option<Vec<f64>> = arguments.iter().map(float).collect();
    let Some(numbers) = numbers else {
        return Ok(None);
    };
    let all_whole = arguments.iter().all(|value| matches!(value, Value::Int(_)));
    let result = match (name, numbers.as_slice()) {
        ("round", [number]) => number.round_ties_even(),
        ("round", [number, digits]) => {
            let scale = 10f64.powi(digits.clamp(0.0, 15.0) as i32);
            (number * scale).round_ties_even() / scale
        }
        ("floor", [number]) => number.floor(),
        ("ceiling", [number]) => number.ceil(),
        ("truncate", [number]) => number.trunc(),
        ("abs", [number]) => number.abs(),
        ("sqrt", [number]) => number.sqrt(),
        ("pow", [base, exponent]) => base.powf(*exponent),
        ("max", [a, b]) => a.max(*b),
        ("min", [a, b]) => a.min(*b),
        ("log", [number]) => number.ln(),
        ("log10", [number]) => number.log10(),
        ("sign", [number]) => {
            return Ok(Some(Value::Int(if *number > 0.0 {
                1
            } else if *number < 0.0 {
                -1
            } else {
                0
            })));
        }
        _ => return Ok(None),
    };
    let stays_whole = all_whole && matches!(name, "abs" | "max" | "min");
    if stays_whole && result.abs() < 9e15 {
        return Ok(Some(Value::Int(result as i64)));
    }
    Ok(Some(Value::Float(result)))
}
