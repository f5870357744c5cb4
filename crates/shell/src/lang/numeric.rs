//! `-f`: composite format strings, and .NET's formats for numbers and times.

use super::ast::Binary;
use super::culture::Culture;
use super::error::{Category, Error};
use super::number::{self, Number, Width};
use super::text::{time_text_in, to_text, told_format};
use super::types::list_of;
use super::value::Value;
use crate::limits::STRING_BYTES_MAX;

fn wrong(message: &str) -> Error {
    let message = format!("Error formatting a string: {message}");
    Error::new(Category::InvalidOperation, "FormatError", message).exception("RuntimeException")
}

/// `"{0,-10:N2}" -f …`
///
/// # Errors
/// If the format is not one, or names an item that is not there.
pub fn format(format: &str, values: &Value) -> Result<String, Error> {
    // $null is one item too.
    let items = match values {
        Value::Null => super::object::List::new(vec![Value::Null]),
        other => list_of(other),
    };
    let mut text = String::new();
    let mut rest = format;
    while let Some(at) = rest.find(['{', '}']) {
        text.push_str(rest.get(..at).unwrap_or(""));
        let bracket = rest.get(at..=at).unwrap_or("");
        rest = rest.get(at + 1..).unwrap_or("");
        if let Some(after) = rest.strip_prefix(bracket) {
            text.push_str(bracket);
            rest = after;
            continue;
        }
        let unclosed = || wrong("Input string was not in a correct format.");
        if bracket == "}" {
            return Err(unclosed());
        }
        let (inside, after) = rest.split_once('}').ok_or_else(unclosed)?;
        rest = after;
        let (place, how) = inside.split_once(':').unwrap_or((inside, ""));
        let (index, width) = place.split_once(',').unwrap_or((place, "0"));
        let index: usize = index.trim().parse().map_err(|_| unclosed())?;
        let width: i32 = width.trim().parse().map_err(|_| unclosed())?;
        let value = items.items().get(index).ok_or_else(|| {
            wrong(
                "Index (zero based) must be greater than or equal to zero and less than the size \
                 of the argument list.",
            )
        })?;
        if is_no_format(value, how) {
            return Err(wrong("Format specifier was invalid."));
        }
        let piece = format_value(value, how);
        let missing = (width.unsigned_abs() as usize).saturating_sub(piece.chars().count());
        if text.len() + piece.len() + missing > STRING_BYTES_MAX {
            return Err(wrong("The result is too long."));
        }
        let blanks = " ".repeat(missing);
        let (before, after) = if width > 0 { (&*blanks, "") } else { ("", &*blanks) };
        text.push_str(before);
        text.push_str(&piece);
        text.push_str(after);
    }
    text.push_str(rest);
    Ok(text)
}

/// Whether it is one of the letters that say how a number is written, and none of .NET's.
fn is_no_format(value: &Value, how: &str) -> bool {
    let mut chars = how.chars();
    let letter = chars.next().filter(char::is_ascii_alphabetic);
    let Some(number) = Number::of(value) else { return false };
    // Digits in other bases are there of whole numbers only.
    let letters = if number.whole().is_some() { "CDEFGNPRX" } else { "CEFGNPR" };
    chars.all(|c| c.is_ascii_digit())
        && letter.is_some_and(|c| !letters.contains(c.to_ascii_uppercase()))
}

/// A value in a .NET format: `ToString("N2")`.
pub fn format_value(value: &Value, how: &str) -> String {
    format_value_in(super::culture::own(), value, how)
}

/// The same as a country writes it.
pub(in crate::lang) fn format_value_in(culture: &Culture, value: &Value, how: &str) -> String {
    let date = if how.is_empty() { "G" } else { how };
    match value {
        Value::Time(ms) => time_text_in(culture, *ms, date),
        Value::Told(clock, ms) => time_text_in(culture, *ms, &told_format(*clock, date)),
        Value::Duration(ms) => super::text::duration_format(*ms, how),
        other => match Number::of(other) {
            Some(number) if how.is_empty() => culture.localised(&number.text()),
            Some(number) => format_number(culture, number, how).unwrap_or_else(|| to_text(other)),
            None => to_text(other),
        },
    }
}

/// A number with so many places: a half goes away from zero, by the 15 digits that count, as .NET
/// Framework has it.
fn fixed(number: Number, places: usize) -> String {
    let all = number.text();
    let (sign, shown) = all.strip_prefix('-').map_or(("", &*all), |rest| ("-", rest));
    let (whole, fraction) = shown.split_once('.').unwrap_or((shown, ""));
    if !shown.starts_with(|c: char| c.is_ascii_digit()) {
        return all;
    }
    if shown.contains('E') {
        return format!("{:.places$}", number.float());
    }
    if fraction.len() <= places {
        let dot = if places == 0 { "" } else { "." };
        return format!("{sign}{whole}{dot}{fraction:0<places$}");
    }
    let mut digits: Vec<u8> = whole.bytes().chain(fraction.bytes().take(places)).collect();
    if fraction.as_bytes().get(places).is_some_and(|next| *next >= b'5') {
        let mut carries = true;
        for digit in digits.iter_mut().rev() {
            if !carries {
                break;
            }
            carries = *digit == b'9';
            *digit = if carries { b'0' } else { *digit + 1 };
        }
        if carries {
            digits.insert(0, b'1');
        }
    }
    let text = String::from_utf8(digits).unwrap_or_default();
    let (whole, fraction) = text.split_at(text.len().saturating_sub(places));
    let dot = if places == 0 { "" } else { "." };
    let is_zero = text.bytes().all(|digit| digit == b'0');
    format!("{}{whole}{dot}{fraction}", if is_zero { "" } else { sign })
}

fn format_number(culture: &Culture, number: Number, how: &str) -> Option<String> {
    let kind = how.chars().next()?;
    let digits = how.get(kind.len_utf8()..).unwrap_or("");
    let is_standard = kind.is_ascii_alphabetic() && digits.chars().all(|c| c.is_ascii_digit());
    if !is_standard {
        return Some(custom_number(culture, number, how));
    }
    let precision = digits.parse::<usize>().ok().map(|digits| digits.min(99));
    Some(match (kind.to_ascii_uppercase(), number.whole()) {
        ('D', Some((_, whole))) => {
            let sign = if whole < 0 { "-" } else { "" };
            format!("{sign}{:0>1$}", whole.unsigned_abs(), precision.unwrap_or(0))
        }
        ('X', Some((width, whole))) => {
            // Below zero, the bits are shown, as many as the number has.
            let hex = format!("{:x}", whole.rem_euclid(1_i128 << width.bits()));
            let hex = if kind == 'X' { hex.to_uppercase() } else { hex };
            format!("{hex:0>0$}", precision.unwrap_or(0))
        }
        ('N', _) => culture.localised(&grouped(&fixed(number, precision.unwrap_or(2)))),
        ('F', _) => culture.localised(&fixed(number, precision.unwrap_or(2))),
        ('P', _) => {
            let percent = grouped(&fixed(hundredfold(number), precision.unwrap_or(2)));
            culture.percent.replace('n', &culture.localised(&percent))
        }
        ('C', _) => {
            let money = grouped(&fixed(number, precision.unwrap_or(2)));
            let (pattern, amount) = match money.strip_prefix('-') {
                Some(amount) => (culture.money_below_zero, amount),
                None => (culture.money, money.as_str()),
            };
            pattern.replace('n', &culture.localised(amount))
        }
        ('E', _) => {
            let text = format!("{:.1$E}", number.float(), precision.unwrap_or(6));
            let (digits, exponent) = text.split_once('E')?;
            let exponent: i32 = exponent.parse().ok()?;
            let sign = if exponent < 0 { '-' } else { '+' };
            format!("{}{kind}{sign}{:03}", culture.localised(digits), exponent.abs())
        }
        _ => culture.localised(&number.text()),
    })
}

/// For percents.
fn hundredfold(number: Number) -> Number {
    let hundred = Number::Whole(Width::Int32, 100);
    number::arithmetic(Binary::Multiply, number, hundred).unwrap_or(number)
}

/// `0.00`, `#,##0`
fn custom_number(culture: &Culture, number: Number, how: &str) -> String {
    let is_place = |c: char| matches!(c, '0' | '#' | '.' | ',');
    let start = how.find(is_place).unwrap_or(how.len());
    let end = how.rfind(is_place).map_or(start, |at| at + 1);
    let places = how.get(start..end).unwrap_or("");
    let (whole, fraction) = places.split_once('.').unwrap_or((places, ""));
    // Formatting takes widths up to 65535 only; nobody needs more than a hundred places.
    let fraction = fraction.get(..fraction.len().min(99)).unwrap_or("");
    let mut text = fixed(number, fraction.len());
    if let Some((kept, _)) = text.split_once('.') {
        let optional = fraction.chars().rev().take_while(|c| *c == '#').count();
        let required = kept.len() + 1 + fraction.len() - optional;
        while text.len() > required && text.ends_with('0') {
            text.pop();
        }
        if text.ends_with('.') {
            text.pop();
        }
    }
    let least = whole.chars().filter(|c| *c == '0').count().min(99);
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => ("-", digits.to_owned()),
        None => ("", text),
    };
    let (own, rest) = digits.split_once('.').unwrap_or((&digits, ""));
    let padded = format!("{own:0>least$}");
    let dot = if rest.is_empty() { "" } else { "." };
    let number = format!("{padded}{dot}{rest}");
    let number = if whole.contains(',') { grouped(&number) } else { number };
    let (before, after) = (how.get(..start).unwrap_or(""), how.get(end..).unwrap_or(""));
    format!("{before}{sign}{}{after}", culture.localised(&number))
}

fn grouped(number: &str) -> String {
    let (sign, number) = number.strip_prefix('-').map_or(("", number), |rest| ("-", rest));
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let mut text = String::new();
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    let dot = if fraction.is_empty() { "" } else { "." };
    format!("{sign}{text}{dot}{fraction}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn composite_formats() {
        let values = Value::list([Value::from(1234.5), Value::from("x"), Value::Int(7)]);
        for (given, expected) in [
            ("{0:N2}|{1,-3}|{1,3}|{2:D3}", "1,234.50|x  |  x|007"),
            ("{{{1}}}", "{x}"),
            ("{0:0.0} {2:X2} {0:P0}", "1234.5 07 123,450 %"),
            ("{0:#,##0.###}", "1,234.5"),
        ] {
            assert_eq!(format(given, &values).expect("formats"), expected, "{given}");
        }
        for given in ["{3}", "{", "{x}", "}", "{0,9999999999}"] {
            assert!(format(given, &values).is_err(), "{given}");
        }
    }
}
