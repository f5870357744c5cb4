//! The two forms of dates the agent reads: Date of SIP (RFC 3261 §20.17) and the timestamps of
//! presence documents (RFC 3339). Owns both readers; everything inside is milliseconds UTC.

/// `Sat, 13 Nov 2010 23:29:00 GMT`.
pub(crate) fn sip_date_ms(text: &str) -> Option<i64> {
    let (_, date) = text.trim().split_once(", ")?;
    let mut fields = date.split(' ');
    let day = number(fields.next()?, 2)?;
    let name = fields.next()?;
    let month = MONTHS.iter().position(|month| month.eq_ignore_ascii_case(name))? + 1;
    let year = number(fields.next()?, 4)?;
    let time_ms = time_of_day_ms(fields.next()?)?;
    let is_gmt = fields.next()? == "GMT" && fields.next().is_none();
    let days = days(year, i64::try_from(month).ok()?, day)?;
    is_gmt.then_some(days * DAY_MS + time_ms)
}

/// `2013-06-28T07:29:32.443Z` or with an offset.
pub(crate) fn rfc3339_ms(text: &str) -> Option<i64> {
    let (date, rest) = text.trim().split_once(['T', 't'])?;
    let mut fields = date.split('-');
    let year = number(fields.next()?, 4)?;
    let month = number(fields.next()?, 2)?;
    let day = number(fields.next()?, 2)?;
    if fields.next().is_some() {
        return None;
    }
    let zone_at = rest.find(['Z', 'z', '+', '-'])?;
    let (time, zone) = rest.split_at(zone_at);
    Some(days(year, month, day)? * DAY_MS + time_of_day_ms(time)? - offset_ms(zone)?)
}

const DAY_MS: i64 = 86_400_000;
const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

fn offset_ms(zone: &str) -> Option<i64> {
    if zone.eq_ignore_ascii_case("Z") {
        return Some(0);
    }
    let sign = if zone.starts_with('-') { -1 } else { 1 };
    let (hours, minutes) = zone.get(1..)?.split_once(':')?;
    let (hours, minutes) = (number(hours, 2)?, number(minutes, 2)?);
    (hours < 24 && minutes < 60).then_some(sign * (hours * 60 + minutes) * 60_000)
}

fn time_of_day_ms(time: &str) -> Option<i64> {
    let (time, fraction) = time.split_once('.').unwrap_or((time, ""));
    let mut fields = time.split(':');
    let hour = number(fields.next()?, 2)?;
    let minute = number(fields.next()?, 2)?;
    let second = number(fields.next()?, 2)?;
    // RFC 3339 §5.6: a leap second is 60.
    let is_time = hour < 24 && minute < 60 && second <= 60 && fields.next().is_none();
    if !is_time || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let thousandths: String = fraction.chars().chain("000".chars()).take(3).collect();
    Some(((hour * 60 + minute) * 60 + second) * 1000 + thousandths.parse::<i64>().ok()?)
}

fn number(digits: &str, length: usize) -> Option<i64> {
    let is_number = digits.len() == length && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| digits.parse().ok()).flatten()
}

/// Days since 1970-01-01, counted in years that begin in March.
fn days(year: i64, month: i64, day: i64) -> Option<i64> {
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let length = match month {
        4 | 6 | 9 | 11 => 30,
        2 if is_leap => 29,
        2 => 28,
        1..=12 => 31,
        _ => return None,
    };
    if !(1..=length).contains(&day) {
        return None;
    }
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    Some(era * 146_097 + day_of_era - 719_468)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_of_sip() {
        let table = [
            ("Sat, 13 Nov 2010 23:29:00 GMT", Some(1_289_690_940_000)),
            ("Thu, 01 Jan 1970 00:00:00 GMT", Some(0)),
            ("Thu, 29 Feb 2024 12:00:00 GMT", Some(1_709_208_000_000)),
            ("Wed, 29 Feb 2023 12:00:00 GMT", None),
            ("Sat, 13 Nov 2010 23:29:00 EST", None),
            ("Sat, 13 Nov 2010 24:29:00 GMT", None),
            ("Sat, 13 Foo 2010 23:29:00 GMT", None),
            ("Sat, 13 Nov 2010 23:29:00 GMT GMT", None),
            ("Sat, +3 Nov 2010 23:29:00 GMT", None),
            ("", None),
        ];
        for (text, expected) in table {
            assert_eq!(sip_date_ms(text), expected, "{text}");
        }
    }

    #[test]
    fn timestamps() {
        let table = [
            ("2013-06-28T07:29:32.443Z", Some(1_372_404_572_443)),
            ("2013-06-28T07:29:32Z", Some(1_372_404_572_000)),
            ("2013-06-28T09:29:32.4+02:00", Some(1_372_404_572_400)),
            ("2013-06-27T23:29:32.44399999-08:00", Some(1_372_404_572_443)),
            ("2013-06-28t07:29:60z", Some(1_372_404_600_000)),
            ("2013-06-28T07:29:32", None),
            ("2013-06-28 07:29:32Z", None),
            ("2013-13-28T07:29:32Z", None),
            ("2013-06-31T07:29:32Z", None),
            ("2013-06-28T07:29Z", None),
            ("2013-06-28T07:29:32.xZ", None),
            ("2013-06-28T07:29:32+2:00", None),
            ("2013-06-28T07:29:32ü", None),
        ];
        for (text, expected) in table {
            assert_eq!(rfc3339_ms(text), expected, "{text}");
        }
    }
}
