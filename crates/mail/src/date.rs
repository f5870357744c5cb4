//! Dates of header fields (RFC 5322 §3.3).

/// `Mon, 7 Oct 2013 00:00:00 +0000` of milliseconds since 1970 UTC.
pub fn rfc5322(ms: i64) -> String {
    mail_builder::headers::date::Date::new(ms.div_euclid(1000)).to_rfc822()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates() {
        for (ms, text) in [
            (1_381_104_000_000, "Mon, 7 Oct 2013 00:00:00 +0000"),
            (0, "Thu, 1 Jan 1970 00:00:00 +0000"),
            (951_827_696_789, "Tue, 29 Feb 2000 12:34:56 +0000"),
        ] {
            assert_eq!(rfc5322(ms), text);
        }
        rfc5322(i64::MIN);
        rfc5322(i64::MAX);
    }
}
