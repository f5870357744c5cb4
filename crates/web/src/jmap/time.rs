//! UTCDate (RFC 8620 §1.4) from ms and back.

use jiff::Timestamp;

/// `2014-10-30T06:12:00Z`, with milliseconds only if there are some.
pub fn utc(ms: i64) -> String {
    match Timestamp::from_millisecond(ms) {
        Ok(time) => time.to_string(),
        Err(_) => "1970-01-01T00:00:00Z".into(),
    }
}

/// Milliseconds of a UTCDate.
pub fn from_utc(text: &str) -> Option<i64> {
    text.parse::<Timestamp>().ok().map(|time| time.as_millisecond())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_go_both_ways() {
        assert_eq!(utc(1_414_649_520_000), "2014-10-30T06:12:00Z");
        assert_eq!(from_utc("2014-10-30T06:12:00Z"), Some(1_414_649_520_000));
        assert_eq!(from_utc("2014-10-30T06:12:00.250Z"), Some(1_414_649_520_250));
        assert_eq!(from_utc("yesterday"), None);
        assert_eq!(utc(i64::MAX), "1970-01-01T00:00:00Z");
    }
}
