//! From milliseconds since 1970 to a date of the Gregorian calendar in UTC, and the
//! forms of it that go on the wire.

/// A moment of the proleptic Gregorian calendar, UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Civil {
    pub(crate) year: i64,
    pub(crate) month: u8,
    pub(crate) day: u8,
    pub(crate) hour: u8,
    pub(crate) minute: u8,
    pub(crate) second: u8,
    pub(crate) millisecond: u16,
}

const DAY_MS: i64 = 86_400_000;

impl Civil {
    /// The days are counted in years that begin in March, so that a leap day ends its year.
    #[expect(clippy::cast_possible_truncation, reason = "each field is reduced to its range")]
    #[expect(clippy::cast_sign_loss, reason = "remainders of rem_euclid are not negative")]
    pub(crate) fn from_ms(at_ms: i64) -> Civil {
        let within_ms = at_ms.rem_euclid(DAY_MS);
        let days = at_ms.div_euclid(DAY_MS) + 719_468;
        let era = days.div_euclid(146_097);
        let day_of_era = days.rem_euclid(146_097);
        let year_of_era =
            (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month_from_march = (5 * day_of_year + 2) / 153;
        let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
        Civil {
            year: year_of_era + era * 400 + i64::from(month <= 2),
            month: month as u8,
            day: (day_of_year - (153 * month_from_march + 2) / 5 + 1) as u8,
            hour: (within_ms / 3_600_000) as u8,
            minute: (within_ms / 60_000 % 60) as u8,
            second: (within_ms / 1000 % 60) as u8,
            millisecond: (within_ms % 1000) as u16,
        }
    }
}

/// Reads `MM/DD/YYYY-hh:mm:ss.mmm`, the time of a trace record.
pub(crate) fn from_us(text: &str) -> Option<i64> {
    let (date, time) = text.split_once('-')?;
    let (time, millisecond) = time.split_once('.')?;
    let three = |text: &str, by: char| -> Option<[i64; 3]> {
        let mut numbers = text.split(by).map(|part| part.parse::<u16>().map(i64::from));
        let three = [numbers.next()?.ok()?, numbers.next()?.ok()?, numbers.next()?.ok()?];
        numbers.next().is_none().then_some(three)
    };
    let ([month, day, year], [hour, minute, second]) = (three(date, '/')?, three(time, ':')?);
    // As in `from_ms`: years begin in March.
    let year_from_march = year - i64::from(month <= 2);
    let (era, year_of_era) = (year_from_march.div_euclid(400), year_from_march.rem_euclid(400));
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = 365 * year_of_era + year_of_era / 4 - year_of_era / 100 + day_of_year;
    let days = era * 146_097 + day_of_era - 719_468;
    let seconds = (hour * 60 + minute) * 60 + second;
    let at_ms = days * DAY_MS + seconds * 1000 + i64::from(millisecond.parse::<u16>().ok()?);
    // What is no date of the calendar is not one of these.
    let is_real = {
        let back = Civil::from_ms(at_ms);
        (back.year, i64::from(back.month), i64::from(back.day)) == (year, month, day)
            && i64::from(back.hour) == hour
    };
    is_real.then_some(at_ms)
}

/// RFC 3339 in UTC, with whole seconds: PIDF's timestamps.
pub(crate) fn rfc3339(at_ms: i64) -> String {
    let Civil { year, month, day, hour, minute, second, .. } = Civil::from_ms(at_ms);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

/// The `Date` header (RFC 3261 §20.17): `Sat, 13 Nov 2010 23:29:00 GMT`.
pub(crate) fn imf_fixdate(at_ms: i64) -> String {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    // 1 January 1970 was a Thursday.
    const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    let Civil { year, month, day, hour, minute, second, .. } = Civil::from_ms(at_ms);
    let month = MONTHS.get(usize::from(month) - 1).copied().unwrap_or_default();
    let weekday = usize::try_from(at_ms.div_euclid(DAY_MS).rem_euclid(7)).unwrap_or_default();
    let weekday = DAYS.get(weekday).copied().unwrap_or_default();
    format!("{weekday}, {day:02} {month} {year:04} {hour:02}:{minute:02}:{second:02} GMT")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn on_the_wire() {
        assert_eq!(imf_fixdate(1_289_690_940_000), "Sat, 13 Nov 2010 23:29:00 GMT");
        assert_eq!(imf_fixdate(-1), "Wed, 31 Dec 1969 23:59:59 GMT");
        assert_eq!(rfc3339(1_289_690_940_000), "2010-11-13T23:29:00Z");
    }

    #[test]
    fn dates() {
        let table = [
            (0, (1970, 1, 1, 0, 0, 0, 0)),
            (951_782_400_000, (2000, 2, 29, 0, 0, 0, 0)),
            (1_372_404_572_443, (2013, 6, 28, 7, 29, 32, 443)),
            (4_102_444_799_999, (2099, 12, 31, 23, 59, 59, 999)),
            (-1, (1969, 12, 31, 23, 59, 59, 999)),
        ];
        for (ms, (year, month, day, hour, minute, second, millisecond)) in table {
            let expected = Civil { year, month, day, hour, minute, second, millisecond };
            assert_eq!(Civil::from_ms(ms), expected, "{ms}");
            let text = format!(
                "{month:02}/{day:02}/{year:04}-{hour:02}:{minute:02}:{second:02}.{millisecond:03}"
            );
            assert_eq!(from_us(&text), Some(ms), "{text}");
        }
        for text in ["", "02/30/2013-00:00:00.000", "00/01/2013-00:00:00.000", "1/1/1-1:1", "-."] {
            assert_eq!(from_us(text), None, "{text}");
        }
    }
}
