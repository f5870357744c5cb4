//! Sizes as Exchange has them: `ByteQuantifiedSize`, `1.2 MB (1,258,291 bytes)`, alone or inside
//! `Unlimited`.

use std::cmp::Ordering;

use super::object::Object;
use super::text::to_text;
use super::value::Value;

/// Type of a size.
pub const BYTE_SIZE: &str = "Microsoft.Exchange.Data.ByteQuantifiedSize";
/// Type of a size or the word `unlimited`.
pub const UNLIMITED: &str =
    "Microsoft.Exchange.Data.Unlimited`1[Microsoft.Exchange.Data.ByteQuantifiedSize]";

const UNITS: [(&str, u32); 5] = [("B", 0), ("KB", 10), ("MB", 20), ("GB", 30), ("TB", 40)];

/// A size.
pub fn byte_size(bytes: u64) -> Value {
    Value::Object(Object::new(BYTE_SIZE).shown_as(&shown(bytes)))
}

/// A size, or no limit.
pub fn unlimited(bytes: Option<u64>) -> Value {
    let text = bytes.map_or_else(|| "unlimited".to_owned(), shown);
    Value::Object(
        Object::new(UNLIMITED)
            .shown_as(&text)
            .with("IsUnlimited", bytes.is_none())
            .with("Value", bytes.map(byte_size)),
    )
}

/// A size as Exchange prints it: four digits that count, and the bytes.
fn shown(bytes: u64) -> String {
    let unit = UNITS.iter().rev().find(|(_, shift)| bytes >> shift > 0);
    let (unit, shift) = unit.copied().unwrap_or(("B", 0));
    let amount = bytes as f64 / (1_u64 << shift) as f64;
    let places = match amount {
        large if large >= 1000.0 => 0,
        large if large >= 100.0 => 1,
        large if large >= 10.0 => 2,
        _ => 3,
    };
    let amount = format!("{amount:.places$}");
    let amount = match amount.contains('.') {
        true => amount.trim_end_matches('0').trim_end_matches('.'),
        false => &amount,
    };
    let digits = bytes.to_string();
    let mut grouped = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    format!("{amount} {unit} ({grouped} bytes)")
}

/// Whether a value is one of these.
pub fn is_size(value: &Value) -> bool {
    match value {
        Value::Object(object) => matches!(object.type_name(), BYTE_SIZE | UNLIMITED),
        _ => false,
    }
}

/// The bytes of such a value, a number, or a text like `5 GB` or `1.2 MB (1,258,291 bytes)`;
/// without a limit, as many as there can be.
pub fn bytes_of(value: &Value) -> Option<u64> {
    match value {
        Value::Int(number) => u64::try_from(*number).ok(),
        Value::Float(number) if (0.0..1e19).contains(number) => Some(*number as u64),
        Value::Number(number) => u64::try_from(number.rounded()?).ok(),
        Value::String(text) => read(text),
        Value::Object(_) if is_size(value) => read(&to_text(value)),
        _ => None,
    }
}

fn read(text: &str) -> Option<u64> {
    let text = text.trim();
    if text.eq_ignore_ascii_case("unlimited") {
        return Some(u64::MAX);
    }
    if let Some((_, rest)) = text.split_once('(') {
        let number = rest.strip_suffix(" bytes)")?;
        return number.replace(',', "").parse().ok();
    }
    let lower = text.to_ascii_uppercase();
    let unit = UNITS.iter().rev().find(|(unit, _)| lower.ends_with(unit));
    let (unit, shift) = unit.copied().unwrap_or(("", 0));
    let amount: f64 = lower.strip_suffix(unit)?.trim().parse().ok()?;
    let bytes = amount * (1_u64 << shift) as f64;
    (0.0..1e19).contains(&bytes).then_some(bytes as u64)
}

/// Which of two is larger; nothing if one of them is no size.
pub fn order(left: &Value, right: &Value) -> Option<Ordering> {
    Some(bytes_of(left)?.cmp(&bytes_of(right)?))
}

/// `ToBytes()`, `ToMB()` and so on: whole units, rounded down; none if it is no such method.
pub fn method(object: &Object, lower: &str) -> Option<Value> {
    let unit = lower.strip_prefix("to")?;
    let shift = match unit {
        "bytes" => 0,
        _ => UNITS.iter().find(|(own, _)| own.len() == 2 && own.eq_ignore_ascii_case(unit))?.1,
    };
    let bytes = match object.type_name() {
        BYTE_SIZE => read(object.shown()?)?,
        _ => return None,
    };
    Some(Value::Int(i64::try_from(bytes >> shift).unwrap_or(i64::MAX)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_as_exchange_prints_them() {
        for (bytes, expected) in [
            (0, "0 B (0 bytes)"),
            (1023, "1023 B (1,023 bytes)"),
            (1024, "1 KB (1,024 bytes)"),
            (1_258_291, "1.2 MB (1,258,291 bytes)"),
            (1_572_864, "1.5 MB (1,572,864 bytes)"),
            (36_783_441, "35.08 MB (36,783,441 bytes)"),
            (197_572_205, "188.4 MB (197,572,205 bytes)"),
            (1_484_875_133, "1.383 GB (1,484,875,133 bytes)"),
            (35_840 * 1024 + 1, "35 MB (36,700,161 bytes)"),
        ] {
            assert_eq!(shown(bytes), expected);
            assert_eq!(read(expected), Some(bytes));
            assert_eq!(bytes_of(&unlimited(Some(bytes))), Some(bytes));
        }
    }

    #[test]
    fn texts_are_read_and_hostile_ones_refused() {
        for (text, bytes) in [
            ("5GB", Some(5 << 30)),
            ("1.5 kb", Some(1536)),
            ("12", Some(12)),
            ("unlimited", Some(u64::MAX)),
            ("-1 MB", None),
            ("1e300 TB", None),
            ("nan", None),
            ("much (x bytes)", None),
            ("", None),
            ("(", None),
        ] {
            assert_eq!(read(text), bytes, "{text}");
        }
    }
}
