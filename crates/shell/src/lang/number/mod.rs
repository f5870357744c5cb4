//! Numbers and their types: what arithmetic makes of two of them, as Windows PowerShell 5.1 has it.
//!
//! `Value::Int` and `Value::Float` are the numbers whose type is the one they would have as
//! literals; `Value::Number` holds the others: a small Int64, a Byte, a Decimal. Only this file
//! knows which is which. Read next: `types` (conversion), `operate`.

use std::cmp::Ordering;
use std::str::FromStr;

use rust_decimal::{Decimal, RoundingStrategy};

use super::ast::Binary;
use super::text::float_text;
use super::value::Value;

pub mod convert;

/// A number of a stated type.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Number {
    /// A whole number of any width but UInt64.
    Whole(Width, i64),
    /// UInt64
    Unsigned(u64),
    /// Single
    Single(f32),
    /// Double
    Double(f64),
    /// Decimal
    Decimal(Decimal),
}

/// How wide a whole number is; in the order in which they win over each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Width {
    /// 0 to 255
    Byte,
    /// -128 to 127
    SByte,
    /// 16 bits
    Int16,
    /// 16 bits without sign
    UInt16,
    /// 32 bits, what whole numbers are unless they are too large
    Int32,
    /// 32 bits without sign
    UInt32,
    /// 64 bits
    Int64,
    /// 64 bits without sign
    UInt64,
}

const WIDTHS: [(&str, Width); 8] = [
    ("Byte", Width::Byte),
    ("SByte", Width::SByte),
    ("Int16", Width::Int16),
    ("UInt16", Width::UInt16),
    ("Int32", Width::Int32),
    ("UInt32", Width::UInt32),
    ("Int64", Width::Int64),
    ("UInt64", Width::UInt64),
];

/// Why arithmetic gives nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// Something was divided by zero.
    ByZero,
    /// It does not fit into a Decimal.
    NoDecimal,
}

impl Width {
    /// The width a type's name means: `int`, `int64`, `uint16`.
    pub fn of_type(name: &str) -> Option<Width> {
        match name {
            "int" => Some(Width::Int32),
            "long" => Some(Width::Int64),
            other => {
                WIDTHS.iter().find(|(own, _)| own.eq_ignore_ascii_case(other)).map(|(_, w)| *w)
            }
        }
    }

    /// Its name in .NET, without the namespace.
    pub fn name(self) -> &'static str {
        WIDTHS.iter().find(|(_, own)| *own == self).map_or("Int32", |(name, _)| name)
    }

    /// The smallest and the largest number of that width.
    pub fn range(self) -> (i128, i128) {
        match self {
            Width::Byte => (0, u8::MAX.into()),
            Width::SByte => (i8::MIN.into(), i8::MAX.into()),
            Width::Int16 => (i16::MIN.into(), i16::MAX.into()),
            Width::UInt16 => (0, u16::MAX.into()),
            Width::Int32 => (i32::MIN.into(), i32::MAX.into()),
            Width::UInt32 => (0, u32::MAX.into()),
            Width::Int64 => (i64::MIN.into(), i64::MAX.into()),
            Width::UInt64 => (0, u64::MAX.into()),
        }
    }

    /// How many bits it has.
    pub fn bits(self) -> u32 {
        match self {
            Width::Byte | Width::SByte => 8,
            Width::Int16 | Width::UInt16 => 16,
            Width::Int32 | Width::UInt32 => 32,
            Width::Int64 | Width::UInt64 => 64,
        }
    }

    /// The number, if it fits.
    pub fn number(self, number: i128) -> Option<Number> {
        let (least, most) = self.range();
        if !(least..=most).contains(&number) {
            return None;
        }
        match self {
            Width::UInt64 => u64::try_from(number).ok().map(Number::Unsigned),
            width => i64::try_from(number).ok().map(|number| Number::Whole(width, number)),
        }
    }
}

impl Number {
    /// The number that a value is, without conversion.
    pub fn of(value: &Value) -> Option<Number> {
        match value {
            Value::Int(number) if i32::try_from(*number).is_ok() => {
                Some(Number::Whole(Width::Int32, *number))
            }
            Value::Int(number) => Some(Number::Whole(Width::Int64, *number)),
            Value::Float(number) => Some(Number::Double(*number)),
            Value::Number(number) => Some(*number),
            _ => None,
        }
    }

    /// The name of its type in .NET.
    pub fn type_name(self) -> String {
        let name = match self {
            Number::Whole(width, _) => width.name(),
            Number::Unsigned(_) => Width::UInt64.name(),
            Number::Single(_) => "Single",
            Number::Double(_) => "Double",
            Number::Decimal(_) => "Decimal",
        };
        format!("System.{name}")
    }

    /// The whole number and its width; none if it is none.
    pub fn whole(self) -> Option<(Width, i128)> {
        match self {
            Number::Whole(width, number) => Some((width, number.into())),
            Number::Unsigned(number) => Some((Width::UInt64, number.into())),
            _ => None,
        }
    }

    /// The nearest whole number, a half to the even one; none if it is too large for any width.
    pub fn rounded(self) -> Option<i128> {
        let of_float = |number: f64| {
            let rounded = number.round_ties_even();
            (rounded.abs() < 1e20).then_some(rounded as i128)
        };
        match self {
            Number::Single(number) => of_float(number.into()),
            Number::Double(number) => of_float(number),
            Number::Decimal(number) => {
                let strategy = RoundingStrategy::MidpointNearestEven;
                i128::try_from(number.round_dp_with_strategy(0, strategy)).ok()
            }
            whole => whole.whole().map(|(_, number)| number),
        }
    }

    /// As a Double.
    pub fn float(self) -> f64 {
        match self {
            Number::Whole(_, number) => number as f64,
            Number::Unsigned(number) => number as f64,
            Number::Single(number) => number.into(),
            Number::Double(number) => number,
            Number::Decimal(number) => number.to_string().parse().unwrap_or(f64::NAN),
        }
    }

    /// As a Decimal; none if it does not fit. Of a Double the 15 digits count that it shows.
    pub fn decimal(self) -> Option<Decimal> {
        match self {
            Number::Whole(_, number) => Some(Decimal::from(number)),
            Number::Unsigned(number) => Some(Decimal::from(number)),
            Number::Decimal(number) => Some(number),
            Number::Single(number) => read_decimal(&single_text(number)),
            Number::Double(number) => read_decimal(&float_text(number)),
        }
    }

    /// The number with the other sign.
    #[must_use]
    pub fn negated(self) -> Number {
        let zero = Number::Whole(Width::Int32, 0);
        match self {
            Number::Double(number) => Number::Double(-number),
            other => arithmetic(Binary::Subtract, zero, other).unwrap_or(other),
        }
    }

    /// As `Value::Int` or `Value::Float`, for those who want to know no more of it.
    pub fn plain(self) -> Value {
        match self {
            Number::Whole(_, number) => Value::Int(number),
            Number::Unsigned(number) => match i64::try_from(number) {
                Ok(number) => Value::Int(number),
                Err(_) => Value::Float(number as f64),
            },
            other => Value::Float(other.float()),
        }
    }

    /// The number as strings show it.
    pub fn text(self) -> String {
        match self {
            Number::Whole(_, number) => number.to_string(),
            Number::Unsigned(number) => number.to_string(),
            Number::Single(number) => single_text(number),
            Number::Double(number) => float_text(number),
            Number::Decimal(number) => number.to_string(),
        }
    }
}

impl From<Number> for Value {
    fn from(number: Number) -> Value {
        match number {
            Number::Whole(Width::Int32, number) => Value::Int(number),
            Number::Whole(Width::Int64, number) if i32::try_from(number).is_err() => {
                Value::Int(number)
            }
            Number::Double(number) => Value::Float(number),
            other => Value::Number(other),
        }
    }
}

/// An Int64, however small.
pub fn long(number: i64) -> Value {
    Number::Whole(Width::Int64, number).into()
}

/// A Decimal out of a text: digits, a point, an exponent.
pub fn read_decimal(text: &str) -> Option<Decimal> {
    let text = text.trim();
    match text.contains(['e', 'E']) {
        true => Decimal::from_scientific(text).ok(),
        false => Decimal::from_str(text).ok(),
    }
}

/// A Single as .NET Framework prints it: seven digits.
fn single_text(number: f32) -> String {
    format!("{number:.6E}").parse::<f64>().map_or_else(|_| number.to_string(), float_text)
}

/// `+`, `-`, `*`, `/`, `%` of two numbers.
///
/// # Errors
/// If it divides by zero, or is too large for a Decimal.
pub fn arithmetic(operator: Binary, a: Number, b: Number) -> Result<Number, Failure> {
    if let (Number::Decimal(_), _) | (_, Number::Decimal(_)) = (a, b) {
        let (a, b) = (a.decimal(), b.decimal());
        return decimals(operator, a.ok_or(Failure::NoDecimal)?, b.ok_or(Failure::NoDecimal)?);
    }
    let (Some((a_width, a_whole)), Some((b_width, b_whole))) = (a.whole(), b.whole()) else {
        return Ok(Number::Double(floats(operator, a.float(), b.float())));
    };
    let is_division = matches!(operator, Binary::Divide | Binary::Remainder);
    if is_division && b_whole == 0 {
        return Err(Failure::ByZero);
    }
    let width = a_width.max(b_width).max(Width::Int32);
    // What has no sign does not mix with what is below zero.
    let is_mixed = width.range().0 == 0 && (a_whole < 0 || b_whole < 0);
    let result = if is_mixed { None } else { wholes(operator, a_whole, b_whole) };
    let fitting = result.and_then(|result| width.number(result));
    Ok(fitting.unwrap_or_else(|| Number::Double(floats(operator, a.float(), b.float()))))
}

/// None if it is no whole number, or far too large.
fn wholes(operator: Binary, a: i128, b: i128) -> Option<i128> {
    match operator {
        Binary::Add => a.checked_add(b),
        Binary::Subtract => a.checked_sub(b),
        Binary::Multiply => a.checked_mul(b),
        Binary::Divide if a.checked_rem(b)? != 0 => None,
        Binary::Divide => a.checked_div(b),
        _ => a.checked_rem(b),
    }
}

/// The lowest bits of a number, as many as its width has.
pub fn cut(width: Width, bits: i128) -> Number {
    let modulus = 1_i128 << width.bits();
    let low = bits.rem_euclid(modulus);
    let (_, most) = width.range();
    width.number(if low > most { low - modulus } else { low }).unwrap_or(Number::Whole(width, 0))
}

fn floats(operator: Binary, a: f64, b: f64) -> f64 {
    match operator {
        Binary::Add => a + b,
        Binary::Subtract => a - b,
        Binary::Multiply => a * b,
        Binary::Divide => a / b,
        _ => a % b,
    }
}

fn decimals(operator: Binary, a: Decimal, b: Decimal) -> Result<Number, Failure> {
    let result = match operator {
        Binary::Add => a.checked_add(b),
        Binary::Subtract => a.checked_sub(b),
        Binary::Multiply => a.checked_mul(b),
        _ if b.is_zero() => return Err(Failure::ByZero),
        Binary::Divide => a.checked_div(b).map(|quotient| {
            // As many places as the operands suggest, or as the quotient needs.
            let mut quotient = quotient.normalize();
            let places = a.scale().saturating_sub(b.scale());
            if quotient.scale() < places {
                quotient.rescale(places);
            }
            quotient
        }),
        _ => a.checked_rem(b),
    };
    result.map(Number::Decimal).ok_or(Failure::NoDecimal)
}

/// Which of two is larger; none if one of them is not a number (NaN).
pub fn order(a: Number, b: Number) -> Option<Ordering> {
    if let (Some((_, a)), Some((_, b))) = (a.whole(), b.whole()) {
        return Some(a.cmp(&b));
    }
    if let (Number::Decimal(_), _) | (_, Number::Decimal(_)) = (a, b)
        && let (Some(a), Some(b)) = (a.decimal(), b.decimal())
    {
        return Some(a.cmp(&b));
    }
    a.float().partial_cmp(&b.float())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_of_results() {
        let int = |number| Number::Whole(Width::Int32, number);
        let long = |number| Number::Whole(Width::Int64, number);
        let byte = |number| Number::Whole(Width::Byte, number);
        let uint = |number| Number::Whole(Width::UInt32, number);
        let decimal = |text| Number::Decimal(read_decimal(text).expect("a decimal"));
        let (max, most) = (i64::from(i32::MAX), i64::MAX);
        for (operator, a, b, expected) in [
            (Binary::Add, int(1), int(2), "3 System.Int32"),
            (Binary::Add, int(max), int(1), "2147483648 System.Double"),
            (Binary::Add, long(1), int(2), "3 System.Int64"),
            (Binary::Add, long(most), int(1), "9.22337203685478E+18 System.Double"),
            (Binary::Add, byte(200), byte(100), "300 System.Int32"),
            (Binary::Add, uint(5), int(6), "11 System.UInt32"),
            (Binary::Subtract, uint(5), int(6), "-1 System.Double"),
            (Binary::Add, uint(5), int(-6), "-1 System.Double"),
            (Binary::Divide, int(6), int(3), "2 System.Int32"),
            (Binary::Divide, int(7), int(2), "3.5 System.Double"),
            (Binary::Divide, long(6), long(3), "2 System.Int64"),
            (Binary::Divide, int(i32::MIN.into()), int(-1), "2147483648 System.Double"),
            (Binary::Remainder, long(i64::MIN), long(-1), "0 System.Int64"),
            (Binary::Add, decimal("1.10"), int(1), "2.10 System.Decimal"),
            (Binary::Add, decimal("1.1"), Number::Double(1.1), "2.2 System.Decimal"),
            (Binary::Divide, decimal("1"), int(4), "0.25 System.Decimal"),
            (
                Binary::Multiply,
                Number::Unsigned(u64::MAX),
                int(1),
                "18446744073709551615 System.UInt64",
            ),
            (Binary::Add, Number::Unsigned(u64::MAX), int(1), "1.84467440737096E+19 System.Double"),
            (Binary::Add, Number::Single(1.5), int(1), "2.5 System.Double"),
        ] {
            let result = arithmetic(operator, a, b).expect("a number");
            let found = format!("{} {}", result.text(), result.type_name());
            assert_eq!(found, expected, "{operator:?} {a:?} {b:?}");
        }
        assert_eq!(arithmetic(Binary::Divide, int(1), int(0)), Err(Failure::ByZero));
        assert_eq!(arithmetic(Binary::Divide, decimal("1"), int(0)), Err(Failure::ByZero));
        let most = Number::Decimal(Decimal::MAX);
        assert_eq!(arithmetic(Binary::Add, most, int(1)), Err(Failure::NoDecimal));
        assert_eq!(arithmetic(Binary::Add, most, Number::Double(1e300)), Err(Failure::NoDecimal));
    }

    #[test]
    fn numbers_compare_by_worth() {
        let decimal = Number::Decimal(read_decimal("0.10").expect("a decimal"));
        assert_eq!(order(decimal, Number::Double(0.1)), Some(Ordering::Equal));
        assert_eq!(order(decimal, Number::Double(1e300)), Some(Ordering::Less));
        assert_eq!(order(decimal, Number::Double(f64::NAN)), None);
        let large = Number::Whole(Width::Int64, i64::MAX);
        assert_eq!(order(large, Number::Unsigned(u64::MAX)), Some(Ordering::Less));
    }
}
