//! Values to numbers: `[int]'5'`, `[decimal]1.5`, `5 + '1kb'`, and what is said when they are none.

use rust_decimal::RoundingStrategy;

use super::{Number, Width, read_decimal};
use crate::lang::ast::TypeName;
use crate::lang::error::Error;
use crate::lang::types::cannot;
use crate::lang::value::Value;

const WRONG_FORMAT: &str = "Input string was not in a correct format.";

/// The value as a number, if it can be one.
pub fn of(value: &Value) -> Option<Number> {
    let int = |number: i64| Number::of(&Value::Int(number));
    match value {
        Value::Null => int(0),
        Value::Bool(truth) => int((*truth).into()),
        Value::Enum(named) => int(named.number),
        Value::String(text) => read(text.trim()),
        other => Number::of(other),
    }
}

/// The number a text is, with its sign.
fn read(text: &str) -> Option<Number> {
    match text {
        "" => return Number::of(&Value::Int(0)),
        "NaN" => return Some(Number::Double(f64::NAN)),
        "Infinity" => return Some(Number::Double(f64::INFINITY)),
        "-Infinity" => return Some(Number::Double(f64::NEG_INFINITY)),
        _ => {}
    }
    let (is_negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (value, length) = crate::lang::lex::number(digits)?;
    let value = if is_negative { negative(&value) } else { value };
    Number::of(&value).filter(|_| length == digits.len())
}

/// A literal with a minus before it: as wide as it must be with that.
pub fn negative(literal: &Value) -> Value {
    match literal {
        Value::Int(number) => Value::Int(number.wrapping_neg()),
        other => Number::of(other).map_or(Value::Null, |number| number.negated().into()),
    }
}

/// Whether a type's name, in lower case, is one of a number.
pub fn is_type(name: &str) -> bool {
    Width::of_type(name).is_some() || matches!(name, "double" | "single" | "float" | "decimal")
}

/// The value as a number of the type named.
///
/// # Errors
/// If it is no number, or does not fit.
pub fn cast(value: &Value, name: &TypeName) -> Result<Value, Error> {
    let number = of(value).ok_or_else(|| match value {
        Value::String(_) => cannot(value, name, WRONG_FORMAT),
        _ => crate::lang::types::no_way(value, name),
    })?;
    let converted = match &*name.name {
        "double" => Some(Number::Double(number.float())),
        "single" | "float" => Some(Number::Single(number.float() as f32)),
        "decimal" => exact(value, number),
        other => Width::of_type(other)
            .and_then(|width| number.rounded().and_then(|rounded| width.number(rounded))),
    };
    converted.map(Value::from).ok_or_else(|| {
        let kind = match &*name.name {
            "byte" => "an unsigned byte",
            "sbyte" => "a signed byte",
            "decimal" => "a Decimal",
            other => match Width::of_type(other) {
                Some(Width::UInt16) => "a UInt16",
                Some(Width::UInt32) => "a UInt32",
                Some(Width::UInt64) => "a UInt64",
                Some(Width::Int16) => "an Int16",
                Some(Width::Int64) => "an Int64",
                _ => "an Int32",
            },
        };
        cannot(value, name, &format!("Value was either too large or too small for {kind}."))
    })
}

/// As a Decimal: a text keeps all its digits.
fn exact(value: &Value, number: Number) -> Option<Number> {
    let written = value.as_str().and_then(read_decimal);
    written.or_else(|| number.decimal()).map(Number::Decimal)
}

/// The number that crossed the wire as its type's name and its text.
pub fn read_typed(kind: &str, text: &str) -> Option<Value> {
    let name = TypeName::plain(&kind.strip_prefix("System.")?.to_ascii_lowercase());
    if !is_type(&name.name) {
        return None;
    }
    match Width::of_type(&name.name) {
        Some(width) => width.number(text.parse().ok()?).map(Value::from),
        None => cast(&Value::from(text), &name).ok(),
    }
}

/// A Decimal with so many places, a half to the even one or away from zero.
pub fn round_decimal(number: rust_decimal::Decimal, places: u32, away: bool) -> Number {
    let strategy = match away {
        true => RoundingStrategy::MidpointAwayFromZero,
        false => RoundingStrategy::MidpointNearestEven,
    };
    Number::Decimal(number.round_dp_with_strategy(places.min(28), strategy))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lang::text::to_text;
    use crate::lang::types::type_of;

    #[test]
    fn casts() {
        for (value, kind, expected) in [
            (Value::from("5"), "int64", "5 System.Int64"),
            (Value::from(2.5), "int", "2 System.Int32"),
            (Value::from(3.5), "long", "4 System.Int64"),
            (Value::from("1.10"), "decimal", "1.10 System.Decimal"),
            (Value::from(1.1), "decimal", "1.1 System.Decimal"),
            (Value::from("0xff"), "byte", "255 System.Byte"),
            (Value::from("-1.5e2"), "decimal", "-150 System.Decimal"),
            (Value::from("18446744073709551615"), "uint64", "18446744073709551615 System.UInt64"),
            (Value::Bool(true), "sbyte", "1 System.SByte"),
            (Value::from("0.1"), "float", "0.1 System.Single"),
        ] {
            let found = cast(&value, &TypeName::plain(kind)).expect("a number");
            assert_eq!(format!("{} {}", to_text(&found), type_of(&found)), expected);
            let again = match Number::of(&found) {
                Some(number) => read_typed(&number.type_name(), &number.text()),
                None => None,
            };
            assert_eq!(again.as_ref().map(type_of), Some(type_of(&found)), "{expected}");
            assert_eq!(again.as_ref().map(to_text), Some(to_text(&found)), "{expected}");
        }
        for (value, kind, why) in [
            (Value::from(300), "byte", "for an unsigned byte."),
            (Value::from(-1), "uint32", "for a UInt32."),
            (Value::from(70_000), "int16", "for an Int16."),
            (Value::from(1e30), "decimal", "for a Decimal."),
            (Value::from(f64::NAN), "int", "for an Int32."),
            (Value::from("x"), "int64", WRONG_FORMAT),
            (Value::from(1e300), "uint64", "for a UInt64."),
        ] {
            let error = cast(&value, &TypeName::plain(kind)).expect_err("too large");
            assert!(error.message.contains(why), "{}", error.message);
        }
        assert!(read_typed("System.Byte", "300").is_none());
        assert!(read_typed("System.Int64", "x").is_none());
        assert!(read_typed("Evil", "1").is_none());
    }
}
