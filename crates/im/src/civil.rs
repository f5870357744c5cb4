//! From milliseconds since 1970 to a date of the Gregorian calendar in UTC, for the two places
//! of this crate that print dates: certificates and trace records.

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

#[cfg(test)]
mod tests {
    use super::*;

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
        }
    }
}
