//! Texts to moments, and lengths of time to texts.

use jiff::Timestamp;
use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;

use super::text::{MONTHS, duration_text};
use super::value::{Clock, Value};

pub(super) fn local(date: Date, time: Time) -> Option<i64> {
    let zoned = date.to_datetime(time).to_zoned(TimeZone::system()).ok()?;
    Some(zoned.timestamp().as_millisecond())
}

/// The moment a text names, in local time unless it says otherwise.
pub fn parse_time(text: &str) -> Option<i64> {
    let text = text.trim();
    if let Ok(moment) = text.parse::<Timestamp>() {
        return Some(moment.as_millisecond());
    }
    if let Some(named) = with_month_name(text) {
        return Some(named);
    }
    let (date, clock) = match text.split_once([' ', 'T']) {
        Some((date, clock)) => (date, clock.trim()),
        None if text.contains(':') && !text.contains(['/', '-']) => return None,
        None => (text, ""),
    };
    let date = parse_date(date)?;
    let time = parse_clock(clock)?;
    local(date, time)
}

/// The moment a text names: told in local time only if the text says how far from UTC it is.
pub fn read(text: &str) -> Option<Value> {
    let ms = parse_time(text)?;
    let clock = match text.trim().parse::<Timestamp>() {
        Ok(_) => None,
        Err(_) => Some(Clock::Unspecified),
    };
    Some(Value::told(clock, ms))
}

/// The moment of a day at which clocks show what the text says: `15:04`, `3:04 PM`.
pub fn parse_clock_of(text: &str, day_ms: i64) -> Option<i64> {
    let text = text.trim();
    let upper = text.to_ascii_uppercase();
    let is_clock = text.contains(':') || upper.ends_with("AM") || upper.ends_with("PM");
    if !is_clock || text.contains(['/', '-']) {
        return None;
    }
    local(super::text::civil(day_ms).date(), parse_clock(text)?)
}

/// Why a text is no moment, as .NET says it.
pub fn refusal(text: &str) -> String {
    match text.char_indices().find(|(_, c)| c.is_alphabetic()) {
        Some((at, _)) => format!(
            "The string was not recognized as a valid DateTime. There is an unknown word starting \
             at index {at}."
        ),
        None => "String was not recognized as a valid DateTime.".to_owned(),
    }
}

fn parse_date(text: &str) -> Option<jiff::civil::Date> {
    let parts: Vec<&str> = text.split(['/', '-']).collect();
    let is_number = |part: &&str| !part.is_empty() && part.bytes().all(|c| c.is_ascii_digit());
    let [first, second, third] = parts.as_slice() else { return None };
    if !parts.iter().all(is_number) {
        return None;
    }
    let (year, month, day) = match first.len() {
        4 => (first, second, third),
        _ => (third, first, second),
    };
    let year: i16 = year.parse().ok()?;
    let year = if year < 100 { year + 2000 } else { year };
    Date::new(year, month.parse().ok()?, day.parse().ok()?).ok()
}

fn parse_clock(text: &str) -> Option<jiff::civil::Time> {
    if text.is_empty() {
        return Some(jiff::civil::Time::midnight());
    }
    let upper = text.to_ascii_uppercase();
    let (clock, shift) = match (upper.strip_suffix("AM"), upper.strip_suffix("PM")) {
        (Some(clock), _) => (clock.trim(), Some(0)),
        (_, Some(clock)) => (clock.trim(), Some(12)),
        _ => (upper.as_str(), None),
    };
    let mut parts = clock.split(':').map(|part| part.split('.').next().unwrap_or(part));
    let mut next = || parts.next().map_or(Some(0), |part| part.parse::<i8>().ok());
    let (hour, minute, second) = (next()?, next()?, next()?);
    let hour = shift.map_or(hour, |shift| hour % 12 + shift);
    jiff::civil::Time::new(hour, minute, second, 0).ok()
}

/// `Feb 3, 2013 10:15`, `3 February 2013`, `Sunday, February 3, 2013`.
fn with_month_name(text: &str) -> Option<i64> {
    let words: Vec<&str> = text.split([' ', ',']).filter(|word| !word.is_empty()).collect();
    let at = words.iter().position(|word| month_number(word).is_some())?;
    let month = month_number(words.get(at)?)?;
    let is_weekday = |word: &str| word.chars().all(char::is_alphabetic);
    let before = at.checked_sub(1).and_then(|at| words.get(at)).filter(|word| !is_weekday(word));
    let (day, rest) = match before {
        Some(day) => (day, words.get(at + 1..)?),
        None => (words.get(at + 1)?, words.get(at + 2..)?),
    };
    let (year, clock) = rest.split_first()?;
    let date = Date::new(year.parse().ok()?, month, day.parse().ok()?).ok()?;
    local(date, parse_clock(&clock.join(" "))?)
}

fn month_number(word: &str) -> Option<i8> {
    let is = |name: &&str| {
        word.eq_ignore_ascii_case(name)
            || name.get(..3).is_some_and(|s| s.eq_ignore_ascii_case(word))
    };
    let at = MONTHS.iter().position(is)?;
    i8::try_from(at + 1).ok()
}

/// The moment a text names in a .NET format: `dd.MM.yyyy HH:mm`.
pub fn parse_time_as(text: &str, format: &str) -> Option<i64> {
    if let "d" | "D" | "g" | "G" | "f" | "F" | "s" | "o" | "O" | "u" = format {
        return parse_time(text);
    }
    let (mut year, mut month, mut day) = (1_i16, 1_i8, 1_i8);
    let (mut hour, mut minute, mut second, mut shift) = (0_i8, 0_i8, 0_i8, None);
    let mut rest = text;
    let mut format = format;
    while let Some(field) = format.chars().next() {
        let length = format.chars().take_while(|c| *c == field).count();
        format = format.get(field.len_utf8() * length..).unwrap_or("");
        if field == 'M' && length >= 3 {
            let word: String = rest.chars().take_while(|c| c.is_alphabetic()).collect();
            month = month_number(&word)?;
            rest = rest.get(word.len()..)?;
            continue;
        }
        if field == 't' {
            let word: String = rest.chars().take(length.min(2)).collect();
            shift = Some(if word.to_ascii_uppercase().starts_with('P') { 12 } else { 0 });
            rest = rest.get(word.len()..)?;
            continue;
        }
        if !"yMdHhmsf".contains(field) {
            for _ in 0..length {
                rest = rest.strip_prefix(field)?;
            }
            continue;
        }
        let most = if length == 1 { 2 } else { length };
        let digits: String = rest.chars().take(most).take_while(char::is_ascii_digit).collect();
        rest = rest.get(digits.len()..)?;
        let number: i16 = digits.parse().ok()?;
        let small = || i8::try_from(number).ok();
        match field {
            'y' => year = if length <= 2 { number + 2000 } else { number },
            'M' => month = small()?,
            'd' => day = small()?,
            'H' | 'h' => hour = small()?,
            'm' => minute = small()?,
            's' => second = small()?,
            _ => {}
        }
    }
    let hour = shift.map_or(hour, |shift| hour % 12 + shift);
    let time = Time::new(hour, minute, second, 0).ok()?;
    if rest.is_empty() { local(Date::new(year, month, day).ok()?, time) } else { None }
}

/// A length of time in a .NET format: `hh\:mm`, `c`, `g`.
pub fn duration_format(ms: i64, format: &str) -> String {
    if let "" | "c" | "t" | "T" | "g" | "G" = format {
        return duration_text(ms);
    }
    let whole = ms.unsigned_abs();
    let mut text = String::new();
    let mut rest = format;
    while let Some(field) = rest.chars().next() {
        if field == '\\' {
            let mut after = rest.chars();
            after.next();
            text.extend(after.next());
            rest = after.as_str();
            continue;
        }
        if field == '\'' {
            let inside = rest.get(1..).unwrap_or("");
            let end = inside.find('\'').unwrap_or(inside.len());
            text.push_str(inside.get(..end).unwrap_or(""));
            rest = inside.get(end + 1..).unwrap_or("");
            continue;
        }
        let length = rest.chars().take_while(|c| *c == field).count();
        rest = rest.get(field.len_utf8() * length..).unwrap_or("");
        let number = match field {
            'd' => whole / 86_400_000,
            'h' => whole / 3_600_000 % 24,
            'm' => whole / 60_000 % 60,
            's' => whole / 1_000 % 60,
            'f' | 'F' => {
                let digits = format!("{:03}0000", whole % 1_000);
                text.push_str(digits.get(..length.min(7)).unwrap_or(""));
                continue;
            }
            other => {
                text.extend(std::iter::repeat_n(other, length));
                continue;
            }
        };
        text.push_str(&format!("{number:0>0$}", length.min(8)));
    }
    text
}
