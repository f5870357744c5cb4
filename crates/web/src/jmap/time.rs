//! UTCDate (RFC 8620 §1.4) from ms.

use jiff::Timestamp;

/// `2014-10-30T06:12:00Z`, with milliseconds only if there are some.
pub(crate) fn utc(ms: i64) -> String {
    match Timestamp::from_millisecond(ms) {
        Ok(time) => time.to_string(),
        Err(_) => "1970-01-01T00:00:00Z".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_printed() {
        assert_eq!(utc(1_414_649_520_000), "2014-10-30T06:12:00Z");
        assert_eq!(utc(1_414_649_520_250), "2014-10-30T06:12:00.25Z");
        assert_eq!(utc(i64::MAX), "1970-01-01T00:00:00Z");
    }
}
