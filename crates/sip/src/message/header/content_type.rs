//! Content-Type.
//!
//! Owns: `ContentType`. Does not: read bodies. Read next: `accept`.

use std::fmt;

use crate::error::ParseError;
use crate::message::params::Params;
use crate::message::scan;

/// A media type with parameters (RFC 3261 §20.15).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ContentType {
    essence: String,
    slash: usize,
    /// Parameters: `charset`, `boundary` …
    pub params: Params,
}

impl ContentType {
    /// Reads a value.
    ///
    /// # Errors
    /// If it is not `type/subtype` with parameters.
    pub fn parse(text: &str) -> Result<ContentType, ParseError> {
        let error = ParseError::Header("Content-Type");
        let (essence, params) = scan::split_head(text);
        let (kind, subtype) = essence.split_once('/').ok_or(error)?;
        let (kind, subtype) = (scan::trim(kind), scan::trim(subtype));
        if !scan::is_token(kind) || !scan::is_token(subtype) {
            return Err(error);
        }
        let essence = format!("{kind}/{subtype}").to_ascii_lowercase();
        Ok(ContentType { essence, slash: kind.len(), params: Params::parse(params)? })
    }

    /// `type/subtype` in lower case.
    #[must_use]
    pub fn essence(&self) -> &str {
        &self.essence
    }

    /// The type in lower case.
    #[must_use]
    pub fn kind(&self) -> &str {
        self.essence.get(..self.slash).unwrap_or("")
    }

    /// The subtype in lower case.
    #[must_use]
    pub fn subtype(&self) -> &str {
        self.essence.get(self.slash + 1..).unwrap_or("")
    }

    /// Whether it is `essence`, without case and parameters.
    #[must_use]
    pub fn is(&self, essence: &str) -> bool {
        self.essence.eq_ignore_ascii_case(essence)
    }

    /// The charset in lower case; `utf-8` if none is written (RFC 3261 §7.4.1).
    #[must_use]
    pub fn charset(&self) -> String {
        let charset = self.params.get_unquoted("charset");
        charset.map_or_else(|| "utf-8".to_owned(), |charset| charset.to_ascii_lowercase())
    }
}

impl fmt::Display for ContentType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.essence, self.params)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads() {
        let kind = ContentType::parse("Text / Plain ;Charset=\"UTF-8\"; msgr=WAA").unwrap();
        assert_eq!((kind.essence(), kind.kind(), kind.subtype()), ("text/plain", "text", "plain"));
        assert!(kind.is("TEXT/plain"));
        assert_eq!(kind.charset(), "utf-8");
        assert_eq!(kind.to_string(), "text/plain;Charset=\"UTF-8\";msgr=WAA");
        for text in ["", "text", "text/", "a b/c", "text/plain;;"] {
            assert!(ContentType::parse(text).is_err(), "{text}");
        }
    }
}
