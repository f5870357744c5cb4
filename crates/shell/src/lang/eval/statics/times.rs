//! Static members of `[datetime]` and `[timespan]`.

use super::numbers::float;
use crate::lang::ast::TypeName;
use crate::lang::error::{Category, Error};
use crate::lang::eval::times::{FILE_TIME_MS, as_utc};
use crate::lang::pipe::Outcome;
use crate::lang::shell::Shell;
use crate::lang::text::{parse_time_as, to_text};
use crate::lang::types;
use crate::lang::value::{Clock, Value};

/// The first moment .NET knows.
pub(in crate::lang::eval) const MINIMUM: i64 = -62_135_596_800_000;
/// The last one.
const MAXIMUM: i64 = 253_402_300_799_999;

/// A property of a type.
pub(super) fn member(shell: &Shell, kind: &str, name: &str) -> Option<Value> {
    let now = (shell.clock)();
    Some(match (kind, name) {
        ("datetime", "now") => Value::Time(now),
        ("datetime", "utcnow") => Value::Told(Clock::Utc, as_utc(now)),
        ("datetime", "today") => crate::lang::eval::access::member(&Value::Time(now), "Date"),
        ("datetime", "minvalue") => Value::Told(Clock::Unspecified, MINIMUM),
        ("datetime", "maxvalue") => Value::Told(Clock::Unspecified, MAXIMUM),
        ("timespan", "zero") => Value::Duration(0),
        ("timespan", "maxvalue") => Value::Duration(i64::MAX / 10_000),
        _ => return None,
    })
}

fn length(by: &Value, unit: f64) -> Option<Value> {
    float(by).map(|by| Value::Duration((by * unit) as i64))
}

fn file_time(ticks: &Value) -> Option<i64> {
    types::whole(ticks).map(|ticks| ticks / 10_000 - FILE_TIME_MS)
}

/// A method of a type.
pub(super) fn call(kind: &str, name: &str, arguments: &[Value]) -> Outcome<Option<Value>> {
    let wrong = || {
        let message = "String was not recognized as a valid DateTime.";
        Error::new(Category::NotSpecified, "FormatException", message)
            .exception("MethodInvocationException")
    };
    Ok(match (kind, name, arguments) {
        ("datetime", "parseexact", [text, format, ..]) => {
            let formats = types::list_of(format);
            let text = to_text(text);
            let found =
                formats.items().iter().find_map(|format| parse_time_as(&text, &to_text(format)));
            let told = |ms| Value::Told(Clock::Unspecified, ms);
            Some(found.map(told).ok_or_else(wrong)?)
        }
        ("datetime", "isleapyear", [year]) => {
            let year = float(year).unwrap_or(0.0) as i16;
            Some(Value::Bool(jiff::civil::Date::new(year, 2, 29).is_ok()))
        }
        ("datetime", "daysinmonth", [year, month]) => {
            let (year, month) =
                (float(year).unwrap_or(0.0) as i16, float(month).unwrap_or(0.0) as i8);
            let first = jiff::civil::Date::new(year, month, 1).map_err(|_| wrong())?;
            Some(Value::Int(first.days_in_month().into()))
        }
        ("datetime", "fromfiletime", [ticks]) => file_time(ticks).map(Value::Time),
        ("datetime", "fromfiletimeutc", [ticks]) => {
            file_time(ticks).map(|ms| Value::Told(Clock::Utc, as_utc(ms)))
        }
        ("datetime", "specifykind", [moment, kind]) => {
            let ms = match moment {
                Value::Time(ms) | Value::Told(_, ms) => *ms,
                other => match types::convert(other, &TypeName::plain("datetime"))? {
                    Value::Time(ms) | Value::Told(_, ms) => ms,
                    _ => return Ok(None),
                },
            };
            let kind = types::convert(kind, &TypeName::plain("datetimekind"))?;
            let clock = match kind.as_str() {
                Some("Utc") => Some(Clock::Utc),
                Some("Local") => None,
                _ => Some(Clock::Unspecified),
            };
            Some(Value::told(clock, ms))
        }
        ("datetime", "compare", [a, b]) => {
            Some(Value::Int(crate::lang::operate::sort_order(a, b, true) as i64))
        }
        ("timespan", "fromdays", [by]) => length(by, 86_400_000.0),
        ("timespan", "fromhours", [by]) => length(by, 3_600_000.0),
        ("timespan", "fromminutes", [by]) => length(by, 60_000.0),
        ("timespan", "fromseconds", [by]) => length(by, 1_000.0),
        ("timespan", "frommilliseconds", [by]) => length(by, 1.0),
        _ => None,
    })
}
