//! Static members of `[math]`, `[convert]` and the types of numbers.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::lang::ast::TypeName;
use crate::lang::error::{Category, Error};
use crate::lang::pipe::Outcome;
use crate::lang::text::to_text;
use crate::lang::types;
use crate::lang::value::Value;

/// A constant of a type.
pub(super) fn member(kind: &str, name: &str) -> Option<Value> {
    Some(match (kind, name) {
        ("uint16", "maxvalue") => Value::Int(u16::MAX.into()),
        ("int16", "maxvalue") => Value::Int(i16::MAX.into()),
        ("int16", "minvalue") => Value::Int(i16::MIN.into()),
        ("double", "nan") => Value::Float(f64::NAN),
        ("double", "positiveinfinity") => Value::Float(f64::INFINITY),
        ("double", "negativeinfinity") => Value::Float(f64::NEG_INFINITY),
        ("int" | "int32", "maxvalue") => Value::Int(i32::MAX.into()),
        ("int" | "int32", "minvalue") => Value::Int(i32::MIN.into()),
        ("long" | "int64", "maxvalue") => Value::Int(i64::MAX),
        ("long" | "int64", "minvalue") => Value::Int(i64::MIN),
        ("byte", "maxvalue") => Value::Int(u8::MAX.into()),
        ("uint32", "maxvalue") => Value::Int(u32::MAX.into()),
        ("byte" | "uint32", "minvalue") => Value::Int(0),
        ("double", "maxvalue") => Value::Float(f64::MAX),
        ("double", "minvalue") => Value::Float(f64::MIN),
        ("math", "pi") => Value::Float(std::f64::consts::PI),
        ("math", "e") => Value::Float(std::f64::consts::E),
        _ => return None,
    })
}

/// A value as a number with a fraction.
pub(super) fn float(value: &Value) -> Option<f64> {
    match types::number(value)? {
        Value::Int(number) => Some(number as f64),
        Value::Float(number) => Some(number),
        _ => None,
    }
}

/// Methods of `[math]`.
pub(super) fn math(name: &str, arguments: &[Value]) -> Outcome<Option<Value>> {
    let away = arguments
        .last()
        .is_some_and(|last| to_text(last).eq_ignore_ascii_case("AwayFromZero") && name == "round");
    let has_mode = away
        || (arguments.len() > 1
            && arguments.last().is_some_and(|last| to_text(last).eq_ignore_ascii_case("ToEven")));
    let arguments =
        if has_mode { arguments.split_last().map_or(&[][..], |(_, rest)| rest) } else { arguments };
    let round = |number: f64| if away { number.round() } else { number.round_ties_even() };
    let numbers: Option<Vec<f64>> = arguments.iter().map(float).collect();
    let Some(numbers) = numbers else {
        return Ok(None);
    };
    let all_whole = arguments.iter().all(|value| matches!(value, Value::Int(_)));
    let result = match (name, numbers.as_slice()) {
        ("round", [number]) => round(*number),
        ("round", [number, digits]) => {
            let scale = 10f64.powi(digits.clamp(0.0, 15.0) as i32);
            round(number * scale) / scale
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
        ("log", [number, base]) => number.log(*base),
        ("log10", [number]) => number.log10(),
        ("exp", [number]) => number.exp(),
        ("sin", [number]) => number.sin(),
        ("cos", [number]) => number.cos(),
        ("tan", [number]) => number.tan(),
        ("asin", [number]) => number.asin(),
        ("acos", [number]) => number.acos(),
        ("atan", [number]) => number.atan(),
        ("atan2", [y, x]) => y.atan2(*x),
        ("sinh", [number]) => number.sinh(),
        ("cosh", [number]) => number.cosh(),
        ("tanh", [number]) => number.tanh(),
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

/// Methods of `[convert]`.
pub(super) fn convert(name: &str, arguments: &[Value]) -> Outcome<Option<Value>> {
    let text = || arguments.first().map(to_text).unwrap_or_default();
    let base = match arguments.get(1).and_then(types::number) {
        Some(Value::Int(base @ (2 | 8 | 10 | 16))) => u32::try_from(base).unwrap_or(10),
        _ => 10,
    };
    Ok(Some(match (name, arguments) {
        ("tobase64string", [bytes, ..]) => match types::convert(bytes, &TypeName::array("byte"))? {
            Value::Bytes(bytes) => Value::from(STANDARD.encode(bytes)),
            _ => return Ok(None),
        },
        ("frombase64string", [_]) => {
            let bytes = STANDARD.decode(text().trim()).map_err(|_| {
                let message = "The input is not a valid Base-64 string.";
                Error::new(Category::InvalidArgument, "FormatException", message)
            })?;
            Value::Bytes(bytes.into())
        }
        ("toint32" | "toint64" | "tobyte", [_, _]) => {
            let digits = text();
            let digits = digits.trim_start_matches("0x").trim_start_matches("0X");
            match i64::from_str_radix(digits, base) {
                Ok(number) => Value::Int(number),
                Err(_) => {
                    let message = "Could not find any recognizable digits.";
                    return Err(
                        Error::new(Category::InvalidArgument, "FormatException", message).into()
                    );
                }
            }
        }
        ("tostring", [number, _]) => match (types::number(number), base) {
            (Some(Value::Int(number)), 2) => Value::from(format!("{number:b}")),
            (Some(Value::Int(number)), 8) => Value::from(format!("{number:o}")),
            (Some(Value::Int(number)), 16) => Value::from(format!("{number:x}")),
            _ => Value::from(to_text(number)),
        },
        (_, [value]) => {
            let Some(kind) = name.strip_prefix("to") else { return Ok(None) };
            types::convert(value, &TypeName::plain(kind))?
        }
        _ => return Ok(None),
    }))
}
