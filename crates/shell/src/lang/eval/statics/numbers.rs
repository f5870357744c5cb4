//! Static members of `[math]`, `[convert]` and the types of numbers.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use rust_decimal::Decimal;

use crate::lang::ast::{Binary, TypeName};
use crate::lang::error::{Category, Error};
use crate::lang::number::{self, Number, Width};
use crate::lang::pipe::Outcome;
use crate::lang::text::to_text;
use crate::lang::types;
use crate::lang::value::Value;

/// A constant of a type.
pub(super) fn member(kind: &str, name: &str) -> Option<Value> {
    if let Some(width) = Width::of_type(kind) {
        let (least, most) = width.range();
        return match name {
            "maxvalue" => width.number(most).map(Value::from),
            "minvalue" => width.number(least).map(Value::from),
            _ => None,
        };
    }
    Some(match (kind, name) {
        ("double", "nan") => Value::Float(f64::NAN),
        ("double", "positiveinfinity") => Value::Float(f64::INFINITY),
        ("double", "negativeinfinity") => Value::Float(f64::NEG_INFINITY),
        ("double", "maxvalue") => Value::Float(f64::MAX),
        ("double", "minvalue") => Value::Float(f64::MIN),
        ("double", "epsilon") => Value::Float(f64::from_bits(1)),
        ("single" | "float", "maxvalue") => Number::Single(f32::MAX).into(),
        ("single" | "float", "minvalue") => Number::Single(f32::MIN).into(),
        ("decimal", "maxvalue") => Number::Decimal(Decimal::MAX).into(),
        ("decimal", "minvalue") => Number::Decimal(Decimal::MIN).into(),
        ("decimal", "zero") => Number::Decimal(Decimal::ZERO).into(),
        ("decimal", "one") => Number::Decimal(Decimal::ONE).into(),
        ("math", "pi") => Value::Float(std::f64::consts::PI),
        ("math", "e") => Value::Float(std::f64::consts::E),
        _ => return None,
    })
}

/// A value as a number with a fraction.
pub(super) fn float(value: &Value) -> Option<f64> {
    number::convert::of(value).map(Number::float)
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
    if let Some(result) = typed(name, arguments, away) {
        return Ok(Some(result));
    }
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
    Ok(Some(Value::Float(result)))
}

/// The methods that have a form for Decimals or whole numbers; none if these are no such numbers.
fn typed(name: &str, arguments: &[Value], away: bool) -> Option<Value> {
    let numbers: Option<Vec<Number>> = arguments.iter().map(number::convert::of).collect();
    let numbers = numbers?;
    let decimal = |number: Decimal| Some(Number::Decimal(number).into());
    match (name, numbers.as_slice()) {
        ("round", [Number::Decimal(number)]) => {
            Some(number::convert::round_decimal(*number, 0, away).into())
        }
        ("round", [Number::Decimal(number), places]) => {
            let places = u32::try_from(places.rounded()?).ok()?;
            Some(number::convert::round_decimal(*number, places, away).into())
        }
        ("floor", [Number::Decimal(number)]) => decimal(number.floor()),
        ("ceiling", [Number::Decimal(number)]) => decimal(number.ceil()),
        ("truncate", [Number::Decimal(number)]) => decimal(number.trunc()),
        ("abs", [Number::Decimal(number)]) => decimal(number.abs()),
        ("abs", [number]) => {
            let (width, whole) = number.whole()?;
            width.number(whole.checked_abs()?).map(Value::from)
        }
        ("max" | "min", [a, b]) => {
            // Both become what their sum would be.
            let both = number::arithmetic(Binary::Add, *a, *b).ok()?;
            let takes_first = number::order(*a, *b)?.is_gt() == (name == "max");
            let taken = if takes_first { *a } else { *b };
            match (both, taken.whole()) {
                (Number::Decimal(_), _) => decimal(taken.decimal()?),
                (_, Some((_, whole))) => {
                    let width = a.whole()?.0.max(b.whole()?.0);
                    width.number(whole).map(Value::from)
                }
                _ => None,
            }
        }
        _ => None,
    }
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
            let width = Width::of_type(name.trim_start_matches("to")).unwrap_or(Width::Int32);
            match u64::from_str_radix(digits, base) {
                Ok(bits) => number::cut(width, bits.into()).into(),
                Err(_) => {
                    let message = "Could not find any recognizable digits.";
                    return Err(
                        Error::new(Category::InvalidArgument, "FormatException", message).into()
                    );
                }
            }
        }
        ("tostring", [number, _]) => {
            let whole = number::convert::of(number).and_then(Number::whole);
            let bits = whole.map(|(width, whole)| whole.rem_euclid(1_i128 << width.bits()));
            match (bits, base) {
                (Some(bits), 2) => Value::from(format!("{bits:b}")),
                (Some(bits), 8) => Value::from(format!("{bits:o}")),
                (Some(bits), 16) => Value::from(format!("{bits:x}")),
                _ => Value::from(to_text(number)),
            }
        }
        (_, [value]) => {
            let Some(kind) = name.strip_prefix("to") else { return Ok(None) };
            types::convert(value, &TypeName::plain(kind))?
        }
        _ => return Ok(None),
    }))
}
