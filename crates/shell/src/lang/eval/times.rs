//! Properties and methods of moments and of lengths of time.

use crate::lang::number::long;
use crate::lang::text::{civil, day_name, duration_format, duration_text, time_text};
use crate::lang::types;
use crate::lang::value::{Clock, Value};

/// A property of a moment; none if it has no such property.
pub(super) fn member(ms: i64, lower: &str) -> Option<Value> {
    let time = civil(ms);
    Some(match lower {
        "year" => Value::Int(time.year().into()),
        "month" => Value::Int(time.month().into()),
        "day" => Value::Int(time.day().into()),
        "hour" => Value::Int(time.hour().into()),
        "minute" => Value::Int(time.minute().into()),
        "second" => Value::Int(time.second().into()),
        "millisecond" => Value::Int(time.millisecond().into()),
        "dayofyear" => Value::Int(time.date().day_of_year().into()),
        "dayofweek" => Value::named(
            "System.DayOfWeek",
            day_name(&time),
            time.weekday().to_sunday_zero_offset().into(),
        ),
        "date" => {
            let since_midnight = i64::from(time.hour()) * 3_600_000
                + i64::from(time.minute()) * 60_000
                + i64::from(time.second()) * 1_000
                + i64::from(time.millisecond());
            Value::Time(ms.saturating_sub(since_midnight))
        }
        "timeofday" => time_of_day(ms),
        // .NET counts 100 ns from the year 1.
        "ticks" => Value::Int(ms.saturating_add(62_135_596_800_000).saturating_mul(10_000)),
        "kind" => kind(None),
        "datetime" => Value::from(time_text(ms, "F")),
        _ => return None,
    })
}

/// A property of a length of time; none if it has no such property.
pub(super) fn duration_member(ms: i64, lower: &str) -> Option<Value> {
    let whole = |unit: i64, of: i64| Value::Int(ms / unit % of);
    let total = |unit: f64| Value::Float(ms as f64 / unit);
    Some(match lower {
        "days" => Value::Int(ms / 86_400_000),
        "hours" => whole(3_600_000, 24),
        "minutes" => whole(60_000, 60),
        "seconds" => whole(1_000, 60),
        "milliseconds" => whole(1, 1_000),
        "totaldays" => total(86_400_000.0),
        "totalhours" => total(3_600_000.0),
        "totalminutes" => total(60_000.0),
        "totalseconds" => total(1_000.0),
        "totalmilliseconds" => total(1.0),
        "ticks" => long(ms.saturating_mul(10_000)),
        _ => return None,
    })
}

/// A method of a moment; none if it has no such method.
pub(super) fn method(ms: i64, name: &str, arguments: &[Value]) -> Option<Value> {
    let amount = |value: &Value| match types::number(value) {
        Some(Value::Int(number)) => Some(number as f64),
        Some(Value::Float(number)) => Some(number),
        _ => None,
    };
    let shifted = |value: &Value, unit: f64| {
        Some(Value::Time(ms.saturating_add((amount(value)? * unit) as i64)))
    };
    match (name, arguments) {
        ("adddays", [by]) => shifted(by, 86_400_000.0),
        ("addhours", [by]) => shifted(by, 3_600_000.0),
        ("addminutes", [by]) => shifted(by, 60_000.0),
        ("addseconds", [by]) => shifted(by, 1_000.0),
        ("addmilliseconds", [by]) => shifted(by, 1.0),
        ("addmonths", [by]) => add_months(ms, amount(by)?),
        ("addyears", [by]) => add_months(ms, amount(by)? * 12.0),
        ("add", [Value::Duration(by)]) => Some(Value::Time(ms.saturating_add(*by))),
        ("subtract", [Value::Duration(by)]) => Some(Value::Time(ms.saturating_sub(*by))),
        ("subtract", [Value::Time(other) | Value::Told(_, other)]) => {
            Some(Value::Duration(ms.saturating_sub(*other)))
        }
        // A moment is what the clock on the wall shows, as in .NET: in UTC it shows another time.
        ("touniversaltime", []) => Some(Value::Told(Clock::Utc, as_utc(ms))),
        ("tolocaltime", []) => Some(Value::Time(ms)),
        ("tofiletime" | "tofiletimeutc", []) => {
            Some(Value::Int(ms.saturating_add(FILE_TIME_MS).saturating_mul(10_000)))
        }
        ("toshortdatestring", []) => Some(Value::from(time_text(ms, "d"))),
        ("tolongdatestring", []) => Some(Value::from(time_text(ms, "D"))),
        ("toshorttimestring", []) => Some(Value::from(time_text(ms, "t"))),
        ("tolongtimestring", []) => Some(Value::from(time_text(ms, "T"))),
        _ => None,
    }
}

/// A method of a moment that is not told in local time: what it gives is told likewise.
pub(super) fn told_method(clock: Clock, ms: i64, name: &str, arguments: &[Value]) -> Option<Value> {
    match (name, clock) {
        ("touniversaltime", Clock::Utc) => Some(Value::Told(Clock::Utc, ms)),
        // Where nobody said whose clock it is, .NET takes it for UTC here, and for local elsewhere.
        ("tolocaltime", _) => Some(Value::Time(as_local(ms))),
        ("tofiletime" | "tofiletimeutc", Clock::Utc) => method(as_local(ms), name, arguments),
        _ => method(ms, name, arguments).map(|found| match found {
            Value::Time(ms) => Value::Told(clock, ms),
            other => other,
        }),
    }
}

/// The moment that a value is, whoever's clock tells it; none if it is none.
pub(crate) fn moment_of(value: &Value) -> Option<i64> {
    match value {
        Value::Time(ms) | Value::Told(Clock::Unspecified, ms) => Some(*ms),
        Value::Told(Clock::Utc, ms) => Some(as_local(*ms)),
        _ => None,
    }
}

/// `DateTimeKind`
pub(super) fn kind(clock: Option<Clock>) -> Value {
    let (name, number) = match clock {
        Some(Clock::Unspecified) => ("Unspecified", 0),
        Some(Clock::Utc) => ("Utc", 1),
        None => ("Local", 2),
    };
    Value::named("System.DateTimeKind", name, number)
}

fn add_months(ms: i64, months: f64) -> Option<Value> {
    let moment = jiff::Timestamp::from_millisecond(ms).ok()?;
    let span = jiff::Span::new().try_months(months as i64).ok()?;
    let zoned = moment.to_zoned(jiff::tz::TimeZone::system()).checked_add(span).ok()?;
    Some(Value::Time(zoned.timestamp().as_millisecond()))
}

/// Milliseconds from 1601, where file times begin, to 1970.
pub(super) const FILE_TIME_MS: i64 = 11_644_473_600_000;

/// The moment at which a local clock shows what UTC shows now.
pub(crate) fn as_utc(ms: i64) -> i64 {
    let moment = jiff::Timestamp::from_millisecond(ms).unwrap_or_default();
    let offset = jiff::tz::TimeZone::system().to_offset(moment).seconds();
    ms.saturating_sub(i64::from(offset).saturating_mul(1_000))
}

/// The moment at which UTC shows what it shows in `as_utc`'s result.
pub(crate) fn as_local(ms: i64) -> i64 {
    let shift = |at: i64| at.saturating_sub(as_utc(at));
    ms.saturating_add(shift(ms.saturating_add(shift(ms))))
}

/// What a length of time since midnight is.
pub(super) fn time_of_day(ms: i64) -> Value {
    let time = civil(ms);
    Value::Duration(
        i64::from(time.hour()) * 3_600_000
            + i64::from(time.minute()) * 60_000
            + i64::from(time.second()) * 1_000
            + i64::from(time.millisecond()),
    )
}

/// A method of a length of time; none if it has no such method.
pub(super) fn duration_method(ms: i64, name: &str, arguments: &[Value]) -> Option<Value> {
    match (name, arguments) {
        ("add", [Value::Duration(other)]) => Some(Value::Duration(ms.saturating_add(*other))),
        ("subtract", [Value::Duration(other)]) => Some(Value::Duration(ms.saturating_sub(*other))),
        ("negate", []) => Some(Value::Duration(ms.saturating_neg())),
        ("duration", []) => Some(Value::Duration(ms.saturating_abs())),
        ("tostring", []) => Some(Value::from(duration_text(ms))),
        ("tostring", [format, ..]) => {
            Some(Value::from(duration_format(ms, &crate::lang::text::to_text(format))))
        }
        _ => None,
    }
}
