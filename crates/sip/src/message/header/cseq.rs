//! CSeq: the number and method that order requests in a dialog.
//!
//! Owns: `CSeq`. Does not: judge order (`dialog`). Read next: `dialog`.

use std::fmt;

use crate::error::ParseError;
use crate::message::method::Method;
use crate::message::scan;

/// A CSeq value (RFC 3261 §20.16).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CSeq {
    /// Below 2³¹ (RFC 3261 §8.1.1.5).
    pub number: u32,
    /// The method.
    pub method: Method,
}

/// Number and method as written.
pub(crate) fn split(text: &str) -> Result<(u32, &str), ParseError> {
    let error = ParseError::Header("CSeq");
    let (number, method) = scan::trim(text).split_once([' ', '\t']).ok_or(error)?;
    let number = super::number(number).filter(|number| *number < 1 << 31).ok_or(error)?;
    let method = scan::trim(method);
    if scan::is_token(method) { Ok((number, method)) } else { Err(error) }
}

impl CSeq {
    /// Reads a value.
    ///
    /// # Errors
    /// If it is not `number method` or the number is 2³¹ or more.
    pub fn parse(text: &str) -> Result<CSeq, ParseError> {
        let (number, method) = split(text)?;
        Ok(CSeq { number, method: Method::from_token(method) })
    }
}

impl fmt::Display for CSeq {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.number, self.method)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads() {
        for (text, number) in [
            ("4711 INVITE", Some(4711)),
            ("0009     INVITE", Some(9)),
            ("2147483647 ACK", Some(2_147_483_647)),
            ("2147483648 ACK", None),
            ("36893488147419103232 REGISTER", None),
            ("-1 ACK", None),
            ("1", None),
            ("1 A B", None),
            ("INVITE 1", None),
        ] {
            assert_eq!(CSeq::parse(text).ok().map(|cseq| cseq.number), number, "{text}");
        }
    }
}
