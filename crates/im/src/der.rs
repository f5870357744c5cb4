//! Writes the few DER forms a certificate needs (X.690). Owns encoding only; what goes into a
//! certificate is `authority.rs`.
//!
//! rcgen keeps a distinguished name as a map from attribute to value, so a subject with two
//! `DC=` or `OU=` would lose one of them; a signed request must keep its subject byte for byte.

use crate::civil::Civil;

pub(crate) const INTEGER: u8 = 0x02;
pub(crate) const BIT_STRING: u8 = 0x03;
pub(crate) const OCTET_STRING: u8 = 0x04;
pub(crate) const OBJECT_IDENTIFIER: u8 = 0x06;
pub(crate) const UTF8_STRING: u8 = 0x0c;
pub(crate) const PRINTABLE_STRING: u8 = 0x13;
pub(crate) const IA5_STRING: u8 = 0x16;
pub(crate) const SEQUENCE: u8 = 0x30;
pub(crate) const SET: u8 = 0x31;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;
const BOOLEAN_TRUE: [u8; 3] = [0x01, 0x01, 0xff];

/// One value: tag, length, contents (definite length, short form where it fits).
pub(crate) fn value(tag: u8, contents: &[u8]) -> Vec<u8> {
    let mut out = vec![tag];
    let length = contents.len().to_be_bytes();
    let significant: Vec<u8> = length.iter().copied().skip_while(|&byte| byte == 0).collect();
    match significant.as_slice() {
        [] => out.push(0),
        [short] if *short < 0x80 => out.push(*short),
        long => {
            out.push(0x80 | u8::try_from(long.len()).unwrap_or(8));
            out.extend_from_slice(long);
        }
    }
    out.extend_from_slice(contents);
    out
}

/// A SEQUENCE of values already encoded.
pub(crate) fn sequence(parts: &[&[u8]]) -> Vec<u8> {
    value(SEQUENCE, &parts.concat())
}

/// An OBJECT IDENTIFIER given by its encoded contents.
pub(crate) fn oid(contents: &[u8]) -> Vec<u8> {
    value(OBJECT_IDENTIFIER, contents)
}

/// A positive INTEGER from big-endian bytes.
pub(crate) fn positive_integer(bytes: &[u8]) -> Vec<u8> {
    let digits: Vec<u8> = bytes.iter().copied().skip_while(|&byte| byte == 0).collect();
    match digits.first() {
        None => value(INTEGER, &[0]),
        Some(first) if *first >= 0x80 => value(INTEGER, &[&[0], digits.as_slice()].concat()),
        Some(_) => value(INTEGER, &digits),
    }
}

/// A BIT STRING of whole octets.
pub(crate) fn bit_string(octets: &[u8]) -> Vec<u8> {
    value(BIT_STRING, &[&[0], octets].concat())
}

/// A context-specific constructed value, `[number] EXPLICIT`.
pub(crate) fn explicit(number: u8, contents: &[u8]) -> Vec<u8> {
    value(0xa0 | number, contents)
}

/// An X.509 extension; RFC 5280 §4.1.
pub(crate) fn extension(id: &[u8], critical: bool, contents: &[u8]) -> Vec<u8> {
    let critical: &[u8] = if critical { &BOOLEAN_TRUE } else { &[] };
    sequence(&[&oid(id), critical, &value(OCTET_STRING, contents)])
}

/// BasicConstraints of an authority, `SEQUENCE { TRUE }`.
pub(crate) fn is_authority() -> Vec<u8> {
    value(SEQUENCE, &BOOLEAN_TRUE)
}

/// A Time; RFC 5280 §4.1.2.5: UTCTime up to 2049, GeneralizedTime from 2050.
pub(crate) fn time(at_ms: i64) -> Vec<u8> {
    let Civil { year, month, day, hour, minute, second, .. } = Civil::from_ms(at_ms);
    let rest = format!("{month:02}{day:02}{hour:02}{minute:02}{second:02}Z");
    if (1950..2050).contains(&year) {
        value(UTC_TIME, format!("{:02}{rest}", year % 100).as_bytes())
    } else {
        value(GENERALIZED_TIME, format!("{year:04}{rest}").as_bytes())
    }
}

/// The text form of RFC 7468 with lines of 64 characters.
pub fn pem(label: &str, der: &[u8]) -> String {
    use base64::Engine as _;
    let text = base64::engine::general_purpose::STANDARD.encode(der);
    let mut out = format!("-----BEGIN {label}-----\n");
    let mut rest = text.as_str();
    while !rest.is_empty() {
        let (line, tail) = rest.split_at(rest.len().min(64));
        out.push_str(line);
        out.push('\n');
        rest = tail;
    }
    out.push_str(&format!("-----END {label}-----\n"));
    out
}

/// Reads the first block of this label (RFC 7468); labels are alternatives.
pub fn from_pem(labels: &[&str], text: &str) -> Option<Vec<u8>> {
    use base64::Engine as _;
    labels.iter().find_map(|label| {
        let (_, rest) = text.split_once(&format!("-----BEGIN {label}-----"))?;
        let (body, _) = rest.split_once(&format!("-----END {label}-----"))?;
        let body: String = body.split_ascii_whitespace().collect();
        base64::engine::general_purpose::STANDARD.decode(body).ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths() {
        let table: [(usize, &[u8]); 5] = [
            (0, &[4, 0]),
            (127, &[4, 127]),
            (128, &[4, 0x81, 128]),
            (255, &[4, 0x81, 255]),
            (256, &[4, 0x82, 1, 0]),
        ];
        for (length, head) in table {
            let encoded = value(OCTET_STRING, &vec![7; length]);
            assert_eq!(&encoded[..head.len()], head);
            assert_eq!(encoded.len(), head.len() + length);
        }
    }

    #[test]
    fn integers_are_positive_and_minimal() {
        assert_eq!(positive_integer(&[]), [2, 1, 0]);
        assert_eq!(positive_integer(&[0, 0, 5]), [2, 1, 5]);
        assert_eq!(positive_integer(&[0x80]), [2, 2, 0, 0x80]);
    }

    #[test]
    fn times() {
        assert_eq!(time(1_372_404_572_443), b"\x17\x0d130628072932Z");
        assert_eq!(time(2_524_608_000_000), b"\x18\x0f20500101000000Z");
    }

    #[test]
    fn pem_round_trip() {
        let der: Vec<u8> = (0..=200).collect();
        let text = pem("CERTIFICATE", &der);
        assert!(text.lines().all(|line| line.len() <= 64));
        assert_eq!(from_pem(&["CERTIFICATE"], &text), Some(der.clone()));
        assert_eq!(from_pem(&["X", "CERTIFICATE"], &text.replace('\n', "\r\n")), Some(der));
        assert_eq!(from_pem(&["CERTIFICATE REQUEST"], &text), None);
    }
}
