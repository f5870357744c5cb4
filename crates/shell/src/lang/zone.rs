//! Time zones by the names of Windows: `[TimeZoneInfo]`. The rules come from the IANA's database,
//! whose names are understood too.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use super::error::{Category, Error};
use super::eval::moment_of;
use super::moment::local;
use super::object::Object;
use super::text::{civil, to_text};
use super::value::{Clock, Value};

/// Type of a time zone.
pub(in crate::lang) const ZONE: &str = "System.TimeZoneInfo";

/// Name in Windows, name of the IANA, and the places that Windows shows with it.
const ZONES: [(&str, &str, &str); 39] = [
    ("Hawaiian Standard Time", "Pacific/Honolulu", "Hawaii"),
    ("Alaskan Standard Time", "America/Anchorage", "Alaska"),
    ("Pacific Standard Time", "America/Los_Angeles", "Pacific Time (US & Canada)"),
    ("US Mountain Standard Time", "America/Phoenix", "Arizona"),
    ("Mountain Standard Time", "America/Denver", "Mountain Time (US & Canada)"),
    ("Central Standard Time", "America/Chicago", "Central Time (US & Canada)"),
    (
        "Central Standard Time (Mexico)",
        "America/Mexico_City",
        "Guadalajara, Mexico City, Monterrey",
    ),
    ("SA Pacific Standard Time", "America/Bogota", "Bogota, Lima, Quito, Rio Branco"),
    ("Eastern Standard Time", "America/New_York", "Eastern Time (US & Canada)"),
    ("Atlantic Standard Time", "America/Halifax", "Atlantic Time (Canada)"),
    ("Newfoundland Standard Time", "America/St_Johns", "Newfoundland"),
    ("E. South America Standard Time", "America/Sao_Paulo", "Brasilia"),
    ("Argentina Standard Time", "America/Argentina/Buenos_Aires", "City of Buenos Aires"),
    ("UTC", "UTC", "Coordinated Universal Time"),
    ("GMT Standard Time", "Europe/London", "Dublin, Edinburgh, Lisbon, London"),
    ("Greenwich Standard Time", "Atlantic/Reykjavik", "Monrovia, Reykjavik"),
    (
        "W. Europe Standard Time",
        "Europe/Berlin",
        "Amsterdam, Berlin, Bern, Rome, Stockholm, Vienna",
    ),
    (
        "Central Europe Standard Time",
        "Europe/Budapest",
        "Belgrade, Bratislava, Budapest, Ljubljana, Prague",
    ),
    ("Romance Standard Time", "Europe/Paris", "Brussels, Copenhagen, Madrid, Paris"),
    ("Central European Standard Time", "Europe/Warsaw", "Sarajevo, Skopje, Warsaw, Zagreb"),
    ("GTB Standard Time", "Europe/Bucharest", "Athens, Bucharest"),
    ("FLE Standard Time", "Europe/Kiev", "Helsinki, Kyiv, Riga, Sofia, Tallinn, Vilnius"),
    ("Egypt Standard Time", "Africa/Cairo", "Cairo"),
    ("South Africa Standard Time", "Africa/Johannesburg", "Harare, Pretoria"),
    ("Israel Standard Time", "Asia/Jerusalem", "Jerusalem"),
    ("Turkey Standard Time", "Europe/Istanbul", "Istanbul"),
    ("Arab Standard Time", "Asia/Riyadh", "Kuwait, Riyadh"),
    ("Russian Standard Time", "Europe/Moscow", "Moscow, St. Petersburg"),
    ("Arabian Standard Time", "Asia/Dubai", "Abu Dhabi, Muscat"),
    ("Pakistan Standard Time", "Asia/Karachi", "Islamabad, Karachi"),
    ("India Standard Time", "Asia/Calcutta", "Chennai, Kolkata, Mumbai, New Delhi"),
    ("SE Asia Standard Time", "Asia/Bangkok", "Bangkok, Hanoi, Jakarta"),
    ("China Standard Time", "Asia/Shanghai", "Beijing, Chongqing, Hong Kong, Urumqi"),
    ("Singapore Standard Time", "Asia/Singapore", "Kuala Lumpur, Singapore"),
    ("W. Australia Standard Time", "Australia/Perth", "Perth"),
    ("Tokyo Standard Time", "Asia/Tokyo", "Osaka, Sapporo, Tokyo"),
    ("Korea Standard Time", "Asia/Seoul", "Seoul"),
    ("AUS Eastern Standard Time", "Australia/Sydney", "Canberra, Melbourne, Sydney"),
    ("New Zealand Standard Time", "Pacific/Auckland", "Auckland, Wellington"),
];

/// A member of the type.
pub(in crate::lang) fn member(lower: &str) -> Option<Value> {
    match lower {
        "local" => Some(shown(&TimeZone::system(), "Local")),
        "utc" => Some(shown(&TimeZone::UTC, "UTC")),
        _ => None,
    }
}

/// A method of the type.
///
/// # Errors
/// If there is no such zone.
pub(in crate::lang) fn call(lower: &str, arguments: &[Value]) -> Result<Option<Value>, Error> {
    let utc = |ms: i64| Value::Told(Clock::Utc, super::eval::as_utc(ms));
    Ok(match (lower, arguments) {
        ("findsystemtimezonebyid", [id]) => Some(shown(&find(id)?, &to_text(id))),
        ("getsystemtimezones", []) => {
            let zones = ZONES.iter().filter_map(|(name, iana, _)| {
                TimeZone::get(iana).ok().map(|zone| shown(&zone, name))
            });
            Some(Value::list(zones))
        }
        ("converttimebysystemtimezoneid" | "converttime", [moment, to]) => {
            let to = find(to)?;
            moment_in(moment, None)?.and_then(|ms| told_in(ms, &to))
        }
        ("converttimebysystemtimezoneid" | "converttime", [moment, from, to]) => {
            let to = find(to)?;
            moment_in(moment, Some(&find(from)?))?.and_then(|ms| told_in(ms, &to))
        }
        ("converttimefromutc", [moment, to]) => {
            let to = find(to)?;
            moment_in(moment, Some(&TimeZone::UTC))?.and_then(|ms| told_in(ms, &to))
        }
        ("converttimetoutc", [moment]) => moment_in(moment, None)?.map(utc),
        ("converttimetoutc", [moment, from]) => moment_in(moment, Some(&find(from)?))?.map(utc),
        _ => None,
    })
}

/// A method of a time zone.
///
/// # Errors
/// If what it is asked about is no moment.
pub(in crate::lang) fn method(
    zone: &Object,
    lower: &str,
    arguments: &[Value],
) -> Result<Option<Value>, Error> {
    let [moment] = arguments else { return Ok(None) };
    let own = find(&Value::Object(zone.clone()))?;
    let Some(ms) = moment_in(moment, None)? else { return Ok(None) };
    let at = Timestamp::from_millisecond(ms).unwrap_or_default();
    let offset = i64::from(own.to_offset(at).seconds());
    Ok(match lower {
        "getutcoffset" => Some(Value::Duration(offset * 1_000)),
        "isdaylightsavingtime" => Some(Value::Bool(offset > base_offset_s(&own))),
        _ => None,
    })
}

/// A zone by its name, or the one that an object is.
fn find(id: &Value) -> Result<TimeZone, Error> {
    let text = match id {
        Value::Object(object) if object.type_name() == ZONE => {
            object.get("Id").map(|id| to_text(&id)).unwrap_or_default()
        }
        other => to_text(other),
    };
    let named = ZONES.iter().find(|(name, ..)| name.eq_ignore_ascii_case(&text));
    let iana = named.map_or(text.as_str(), |(_, iana, _)| iana);
    match iana {
        "Local" => Ok(TimeZone::system()),
        iana => TimeZone::get(iana).map_err(|_| {
            let message =
                format!("The time zone ID '{text}' was not found on the local computer.");
            Error::new(Category::NotSpecified, "TimeZoneNotFoundException", message)
                .exception("MethodInvocationException")
                .advice("[TimeZoneInfo]::GetSystemTimeZones() lists those that are known by Windows' names; names of the IANA such as Europe/Berlin are known too.")
        }),
    }
}

/// The moment at which clocks of a zone show what the value shows; without a zone, by its own kind.
fn moment_in(value: &Value, zone: Option<&TimeZone>) -> Result<Option<i64>, Error> {
    let value = super::types::convert(value, &super::ast::TypeName::plain("datetime"))?;
    let (Value::Time(shown) | Value::Told(_, shown)) = &value else { return Ok(None) };
    Ok(match zone {
        None => moment_of(&value),
        Some(zone) => {
            let zoned = civil(*shown).to_zoned(zone.clone()).ok();
            zoned.map(|zoned| zoned.timestamp().as_millisecond())
        }
    })
}

/// What the clocks of a zone show at a moment.
fn told_in(ms: i64, zone: &TimeZone) -> Option<Value> {
    let shown: DateTime = Timestamp::from_millisecond(ms).ok()?.to_zoned(zone.clone()).datetime();
    let ms = local(shown.date(), shown.time())?;
    Some(Value::Told(Clock::Unspecified, ms))
}

/// The distance from UTC without summer time: the smaller one of January and July.
fn base_offset_s(zone: &TimeZone) -> i64 {
    // 2026-01-01 and 2026-07-01.
    let at = |second: i64| {
        let at = Timestamp::from_second(second).unwrap_or_default();
        i64::from(zone.to_offset(at).seconds())
    };
    at(1_767_225_600).min(at(1_782_864_000))
}

fn shown(zone: &TimeZone, id: &str) -> Value {
    let iana = zone.iana_name().unwrap_or(id);
    let by_windows =
        ZONES.iter().find(|(name, own, _)| *own == iana || name.eq_ignore_ascii_case(id));
    let (name, places) = by_windows.map_or((iana, iana), |(name, _, places)| (name, places));
    let offset = base_offset_s(zone);
    let sign = if offset < 0 { '-' } else { '+' };
    let minutes = offset.unsigned_abs() / 60;
    let distance = match minutes {
        0 => "UTC".to_owned(),
        minutes => format!("UTC{sign}{:02}:{:02}", minutes / 60, minutes % 60),
    };
    let at = |second| Timestamp::from_second(second).unwrap_or_default();
    let has_summer = zone.to_offset(at(1_767_225_600)) != zone.to_offset(at(1_782_864_000));
    let display = format!("({distance}) {places}");
    Value::Object(
        Object::new(ZONE)
            .shown_as(&display)
            .with("Id", name)
            .with("DisplayName", display.as_str())
            .with("StandardName", name)
            .with("DaylightName", name.replace("Standard", "Daylight"))
            .with("BaseUtcOffset", Value::Duration(offset * 1_000))
            .with("SupportsDaylightSavingTime", has_summer),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_zone_is_in_the_database() {
        for (name, iana, _) in ZONES {
            let zone = find(&Value::from(name));
            assert!(zone.is_ok() && TimeZone::get(iana).is_ok(), "{name} {iana}");
        }
        assert!(find(&Value::from("Middle Earth Standard Time")).is_err());
    }
}
