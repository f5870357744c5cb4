//! Values as text: what a string interpolates and a table cell shows.

use std::fmt::Write;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use super::culture::Culture;
pub use super::moment::{duration_format, parse_clock_of, parse_time, parse_time_as};
use super::object::{Object, same_name};
use super::value::{Clock, Value};
use crate::limits::VALUE_DEPTH_MAX;

/// The value as a string: what `"$x"` holds.
pub fn to_text(value: &Value) -> String {
    let mut text = String::new();
    write_text(value, &mut text, 0);
    text
}

fn write_text(value: &Value, text: &mut String, depth: u32) {
    if depth > VALUE_DEPTH_MAX {
        text.push_str("...");
        return;
    }
    match value {
        Value::Null => {}
        Value::Bool(truth) => text.push_str(if *truth { "True" } else { "False" }),
        Value::Int(number) => {
            let _ = write!(text, "{number}");
        }
        Value::Float(number) => text.push_str(&float_text(*number)),
        Value::Number(number) => text.push_str(&number.text()),
        Value::String(own) => text.push_str(own),
        Value::Time(ms) | Value::Told(_, ms) => {
            text.push_str(&time_text(*ms, "MM/dd/yyyy HH:mm:ss"));
        }
        Value::Duration(ms) => text.push_str(&duration_text(*ms)),
        Value::Enum(named) => text.push_str(&named.name),
        Value::Secret(_) => text.push_str("System.Security.SecureString"),
        Value::Bytes(bytes) => write_joined(bytes.iter().map(u8::to_string), text),
        Value::List(list) => {
            for (at, item) in list.items().iter().enumerate() {
                if at > 0 {
                    text.push(' ');
                }
                write_text(item, text, depth + 1);
            }
        }
        Value::Map(map) => text.push_str(&map.type_name()),
        Value::Object(object) => write_object(object, text, depth),
        Value::Block(block) => text.push_str(block.text()),
        Value::Type(name) => text.push_str(&super::types::full_name(name)),
        Value::Error(error) => text.push_str(&error.message),
        Value::Xml(xml) => text.push_str(&xml_text(xml)),
    }
}

/// A node in a string: its value, or the name of its type's kind, as .NET has it.
fn xml_text(xml: &super::xml::Xml) -> String {
    match xml.kind() {
        super::xml::Kind::Document => xml.outer(),
        super::xml::Kind::Element => {
            to_text(&super::xml::member(xml, "localname").unwrap_or_default())
        }
        _ => to_text(&super::xml::member(xml, "value").unwrap_or_default()),
    }
}

fn write_joined(items: impl Iterator<Item = String>, text: &mut String) {
    for (at, item) in items.enumerate() {
        if at > 0 {
            text.push(' ');
        }
        text.push_str(&item);
    }
}

fn write_object(object: &Object, text: &mut String, depth: u32) {
    if let Some(shown) = object.shown() {
        text.push_str(shown);
    } else if object.is_custom() {
        text.push_str("@{");
        for (at, (name, value)) in object.properties().iter().enumerate() {
            if at > 0 {
                text.push_str("; ");
            }
            text.push_str(name);
            text.push('=');
            write_text(value, text, depth + 1);
        }
        text.push('}');
    } else {
        let named = object.get("Identity").or_else(|| object.get("Name"));
        match named.filter(|value| !value.is_null()) {
            Some(name) => write_text(&name, text, depth + 1),
            None => text.push_str(object.type_name()),
        }
    }
}

/// A number with a fraction as .NET Framework prints it: 15 significant digits.
pub fn float_text(number: f64) -> String {
    if number.is_nan() {
        return "NaN".into();
    }
    if number.is_infinite() {
        return if number > 0.0 { "Infinity" } else { "-Infinity" }.into();
    }
    let rounded = format!("{number:.14E}");
    let Some((digits, exponent)) = rounded.split_once('E') else {
        return rounded;
    };
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if !(-5..15).contains(&exponent) {
        let digits = digits.trim_end_matches('0').trim_end_matches('.');
        let sign = if exponent < 0 { '-' } else { '+' };
        return format!("{digits}E{sign}{:02}", exponent.abs());
    }
    let places = usize::try_from(14 - exponent).unwrap_or(0);
    let text = format!("{number:.places$}");
    if !text.contains('.') {
        return text;
    }
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".into() } else { text.to_owned() }
}

/// A length of time as .NET prints it: `d.hh:mm:ss.fffffff`.
pub fn duration_text(ms: i64) -> String {
    let sign = if ms < 0 { "-" } else { "" };
    let ms = ms.unsigned_abs();
    let (days, hours) = (ms / 86_400_000, ms / 3_600_000 % 24);
    let (minutes, seconds, rest) = (ms / 60_000 % 60, ms / 1_000 % 60, ms % 1_000);
    let days = if days > 0 { format!("{days}.") } else { String::new() };
    let rest = if rest > 0 { format!(".{rest:03}0000") } else { String::new() };
    format!("{sign}{days}{hours:02}:{minutes:02}:{seconds:02}{rest}")
}

/// The local civil time of a moment.
pub fn civil(ms: i64) -> DateTime {
    let moment = Timestamp::from_millisecond(ms).unwrap_or_default();
    moment.to_zoned(TimeZone::system()).datetime()
}

/// A moment as lists and tables show it.
pub fn shown_time(ms: i64) -> String {
    time_text(ms, "M/d/yyyy h:mm:ss tt")
}

/// A moment in a .NET date format, in local time.
pub fn time_text(ms: i64, format: &str) -> String {
    time_text_in(super::culture::own(), ms, format)
}

/// The same as a country writes it.
pub(super) fn time_text_in(culture: &Culture, ms: i64, format: &str) -> String {
    let time = civil(ms);
    let pattern = culture.date_pattern(format);
    let standard = match pattern.as_deref().unwrap_or(format) {
        "s" => "yyyy-MM-ddTHH:mm:ss",
        "u" => "yyyy-MM-dd HH:mm:ssZ",
        "o" | "O" => "yyyy-MM-ddTHH:mm:ss.fff0000zzz",
        "R" | "r" => "ddd, dd MMM yyyy HH:mm:ss 'GMT'",
        other => other,
    };
    let mut text = String::new();
    let mut rest = standard;
    while let Some(first) = rest.chars().next() {
        let length = rest.chars().take_while(|c| *c == first).count();
        let run = first.len_utf8() * length;
        if first == '\'' || first == '"' {
            let inside = rest.get(1..).unwrap_or("");
            let end = inside.find(first).unwrap_or(inside.len());
            text.push_str(inside.get(..end).unwrap_or(""));
            rest = inside.get(end + 1..).unwrap_or("");
            continue;
        }
        if first == '\\' {
            let mut after = rest.chars();
            after.next();
            text.extend(after.next());
            rest = after.as_str();
            continue;
        }
        match first {
            '/' => text.push_str(&culture.between_days.repeat(length)),
            field => time_field(&mut text, field, length, &time, ms, culture),
        }
        rest = rest.get(run..).unwrap_or("");
    }
    text
}

/// A moment that is not told in local time, in a .NET date format.
pub fn told_text(clock: Clock, ms: i64, format: &str) -> String {
    time_text(ms, &told_format(clock, format))
}

/// A format without what the local clock would put into it.
pub(super) fn told_format(clock: Clock, format: &str) -> String {
    match (clock, format) {
        (Clock::Utc, "o" | "O") => "yyyy-MM-ddTHH:mm:ss.fff0000'Z'".to_owned(),
        (Clock::Utc, other) => other.replace('K', "'Z'").replace("zzz", "'+00:00'"),
        (Clock::Unspecified, "o" | "O") => "yyyy-MM-ddTHH:mm:ss.fff0000".to_owned(),
        // An empty format would be another one.
        (Clock::Unspecified, "K") => "''".to_owned(),
        (Clock::Unspecified, other) => other.replace('K', ""),
    }
}

pub(super) const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
pub(super) const DAYS: [&str; 7] =
    ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

/// The name of a month, from 1.
pub fn month_name(month: i8) -> &'static str {
    usize::try_from(month - 1).ok().and_then(|at| MONTHS.get(at)).copied().unwrap_or("")
}

/// The name of a weekday.
pub fn day_name(time: &DateTime) -> &'static str {
    let at = time.weekday().to_monday_zero_offset();
    usize::try_from(at).ok().and_then(|at| DAYS.get(at)).copied().unwrap_or("")
}

/// A weekday by its name or number, from Sunday.
pub fn day_of_week(text: &str) -> Option<Value> {
    let text = text.trim();
    let is_it = |(at, name): &(usize, &&str)| {
        name.eq_ignore_ascii_case(text) || text.parse() == Ok((at + 1) % 7)
    };
    let (at, name) = DAYS.iter().enumerate().find(is_it)?;
    let number = i64::try_from((at + 1) % 7).ok()?;
    Some(Value::named("System.DayOfWeek", name, number))
}

fn time_field(
    text: &mut String,
    field: char,
    length: usize,
    time: &DateTime,
    ms: i64,
    culture: &Culture,
) {
    let hour12 = match time.hour() % 12 {
        0 => 12,
        hour => hour,
    };
    let month = |names: &[&'static str; 12]| {
        let at = usize::try_from(time.month() - 1).unwrap_or(0);
        names.get(at).copied().unwrap_or("").to_owned()
    };
    let day = |names: &[&'static str; 7]| {
        let at = usize::try_from(time.weekday().to_monday_zero_offset()).unwrap_or(0);
        names.get(at).copied().unwrap_or("").to_owned()
    };
    let padded = |number: i64| if length > 1 { format!("{number:02}") } else { number.to_string() };
    let piece = match field {
        'y' if length <= 2 => padded(i64::from(time.year()) % 100),
        'y' => format!("{:04}", time.year()),
        'M' if length >= 4 => month(&culture.months),
        'M' if length == 3 => month(&culture.short_months),
        'M' => padded(time.month().into()),
        'd' if length >= 4 => day(&culture.days),
        'd' if length == 3 => day(&culture.short_days),
        'd' => padded(time.day().into()),
        'H' => padded(time.hour().into()),
        'h' => padded(hour12.into()),
        'm' => padded(time.minute().into()),
        's' => padded(time.second().into()),
        'f' | 'F' => {
            let nanoseconds = format!("{:09}", time.subsec_nanosecond());
            nanoseconds.get(..length.min(9)).unwrap_or("").to_owned()
        }
        't' => {
            let name = if time.hour() < 12 { culture.before_noon } else { culture.after_noon };
            name.get(..length.min(2)).unwrap_or(name).to_owned()
        }
        'z' => offset_text(ms, length),
        'K' => offset_text(ms, 3),
        other => other.to_string().repeat(length),
    };
    text.push_str(&piece);
}

fn offset_text(ms: i64, length: usize) -> String {
    let moment = Timestamp::from_millisecond(ms).unwrap_or_default();
    let seconds = TimeZone::system().to_offset(moment).seconds();
    let sign = if seconds < 0 { '-' } else { '+' };
    let minutes = seconds.unsigned_abs() / 60;
    match length {
        1 => format!("{sign}{}", minutes / 60),
        2 => format!("{sign}{:02}", minutes / 60),
        _ => format!("{sign}{:02}:{:02}", minutes / 60, minutes % 60),
    }
}

/// Whether a text fits a `-like` pattern: `*`, `?`, `[a-z]`, backtick escapes.
pub fn is_like(text: &str, pattern: &str, cased: bool) -> bool {
    let fold = |text: &str| if cased { text.to_owned() } else { text.to_lowercase() };
    let text: Vec<char> = fold(text).chars().collect();
    let pattern = wildcard(&fold(pattern));
    let (mut at, mut with) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    loop {
        let step = match (text.get(at), pattern.get(with)) {
            (None, None) => return true,
            (_, Some(Wild::Any)) => {
                star = Some((at, with));
                with += 1;
                continue;
            }
            (Some(c), Some(wild)) => wild.fits(*c),
            _ => false,
        };
        if step {
            at += 1;
            with += 1;
        } else {
            match star {
                Some((from, mark)) if from < text.len() => {
                    star = Some((from + 1, mark));
                    at = from + 1;
                    with = mark + 1;
                }
                _ => return false,
            }
        }
    }
}

/// Whether a text has wildcards in it.
pub fn has_wildcards(text: &str) -> bool {
    text.contains(['*', '?', '['])
}

enum Wild {
    Any,
    One,
    Exactly(char),
    Set(Vec<(char, char)>),
}

impl Wild {
    fn fits(&self, c: char) -> bool {
        match self {
            Wild::Any | Wild::One => true,
            Wild::Exactly(own) => *own == c,
            Wild::Set(ranges) => ranges.iter().any(|(first, last)| (*first..=*last).contains(&c)),
        }
    }
}

fn wildcard(pattern: &str) -> Vec<Wild> {
    let mut wilds = Vec::new();
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        wilds.push(match c {
            '*' => Wild::Any,
            '?' => Wild::One,
            '`' => Wild::Exactly(chars.next().unwrap_or('`')),
            '[' => match chars.as_str().split_once(']') {
                Some((inside, rest)) if !inside.is_empty() => {
                    chars = rest.chars();
                    Wild::Set(ranges(inside))
                }
                _ => Wild::Exactly('['),
            },
            other => Wild::Exactly(other),
        });
    }
    wilds
}

fn ranges(inside: &str) -> Vec<(char, char)> {
    let mut ranges = Vec::new();
    let mut chars = inside.chars().peekable();
    while let Some(first) = chars.next() {
        let mut ahead = chars.clone();
        let last = match (ahead.next(), ahead.next()) {
            (Some('-'), Some(last)) => {
                chars = ahead;
                last
            }
            _ => first,
        };
        ranges.push((first, last));
    }
    ranges
}

/// Whether two texts are equal without regard to case.
pub fn is_same_text(left: &str, right: &str) -> bool {
    same_name(left, right)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards() {
        for (text, pattern, fits) in [
            ("owa (Default Web Site)", "OWA*", true),
            ("abc", "a?c", true),
            ("abc", "a?", false),
            ("abc", "[a-c][!b]c", true),
            ("abc", "[a-c]bc", true),
            ("a*c", "a`*c", true),
            ("abc", "a`*c", false),
            ("", "*", true),
            ("", "", true),
            ("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaab", "*a*a*a*a*a*a*a*c", false),
            ("[x", "[x", true),
            ("Version 15.0", "Version 15.*", true),
        ] {
            assert_eq!(is_like(text, pattern, false), fits, "{text} -like {pattern}");
        }
        assert!(!is_like("ABC", "a*", true));
    }

    #[test]
    fn numbers_as_text() {
        for (number, text) in [
            (1.5, "1.5"),
            (2.0, "2"),
            (1e20, "1E+20"),
            (1.25e-7, "1.25E-07"),
            (f64::NAN, "NaN"),
            (0.1 + 0.2, "0.3"),
            (1.0 / 3.0, "0.333333333333333"),
            (123_456_789.125, "123456789.125"),
        ] {
            assert_eq!(float_text(number), text);
        }
        assert_eq!(duration_text(90_061_500), "1.01:01:01.5000000");
        assert_eq!(duration_text(-1_000), "-00:00:01");
    }

    #[test]
    fn times_round_trip() {
        let ms = parse_time("2/3/2013 10:15:00 PM").expect("a time");
        assert_eq!(time_text(ms, "yyyy-MM-dd HH:mm:ss"), "2013-02-03 22:15:00");
        assert_eq!(shown_time(ms), "2/3/2013 10:15:00 PM");
        assert_eq!(time_text(ms, "'at' h tt, dddd"), "at 10 PM, Sunday");
        assert_eq!(parse_time("2013-02-03T22:15:00Z"), Some(1_359_929_700_000));
        assert_eq!(parse_time("soon"), None);
    }
}
