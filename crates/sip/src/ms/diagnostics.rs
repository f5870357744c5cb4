//! `ms-diagnostics`: why a request was refused, for people and programs ([MS-OCER] §2.2.1.1).
//!
//! Owns: `Diagnostics`. Does not: hold the table of numbers (`im` does).

use std::fmt;

use crate::error::ParseError;
use crate::message::header::number;
use crate::message::params::Params;
use crate::message::scan;
use crate::message::{Draft, Message, Name};

/// A value of ms-diagnostics or ms-diagnostics-public: `N;reason="…";source="…"`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostics {
    /// The error's number.
    pub id: u32,
    /// What is wrong, in words.
    pub reason: String,
    /// The server that says so.
    pub source: Option<String>,
}

impl Diagnostics {
    /// With a source.
    #[must_use]
    pub fn new(id: u32, reason: impl Into<String>, source: impl Into<String>) -> Diagnostics {
        Diagnostics { id, reason: reason.into(), source: Some(source.into()) }
    }

    /// As ms-diagnostics-public says it, which may leave the organisation: without the source
    /// ([MS-OCER] §2.2.1.2).
    #[must_use]
    pub fn public(&self) -> Diagnostics {
        Diagnostics { source: None, ..self.clone() }
    }

    /// Reads a value.
    ///
    /// # Errors
    /// If it does not begin with a number or its parameters are malformed.
    pub fn parse(text: &str) -> Result<Diagnostics, ParseError> {
        let error = ParseError::Header("ms-diagnostics");
        let (id, params) = scan::split_head(text);
        let id = number(id).ok_or(error)?;
        let params = Params::parse(params).map_err(|_| error)?;
        let reason = params.get_unquoted("reason").unwrap_or_default();
        Ok(Diagnostics { id, reason, source: params.get_unquoted("source") })
    }

    /// What a response says: ms-diagnostics, else ms-diagnostics-public.
    #[must_use]
    pub fn of(response: &Message) -> Option<Diagnostics> {
        let names = [Name::MsDiagnostics, Name::MsDiagnosticsPublic];
        names.iter().find_map(|name| Diagnostics::parse(response.header(*name)?).ok())
    }
}

impl Draft {
    /// With an ms-diagnostics line.
    #[must_use]
    pub fn diagnosed(self, diagnostics: &Diagnostics) -> Draft {
        self.with(Name::MsDiagnostics, diagnostics.to_string())
    }

    /// With an ms-diagnostics-public line, for those who have not proved that they belong here.
    #[must_use]
    pub fn diagnosed_publicly(self, diagnostics: &Diagnostics) -> Draft {
        self.with(Name::MsDiagnosticsPublic, diagnostics.public().to_string())
    }
}

impl fmt::Display for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{};reason={}", self.id, scan::quote(&self.reason))?;
        match &self.source {
            Some(source) => write!(f, ";source={}", scan::quote(source)),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_prints() {
        for text in [
            "4141;reason=\"User disabled\"",
            "1010;reason=\"Certificate; trust \\\"x\\\" failed\";source=\"lync.example.test\"",
        ] {
            assert_eq!(Diagnostics::parse(text).unwrap().to_string(), text);
        }
        assert_eq!(Diagnostics::parse("7").unwrap().to_string(), "7;reason=\"\"");
        let loose = Diagnostics::parse("1003; reason=\"x\"; OriginalPresenceState=\"0\"").unwrap();
        assert_eq!((loose.id, loose.reason.as_str(), loose.source), (1003, "x", None));
        assert!(Diagnostics::parse("x;reason=\"y\"").is_err());
        let inside = Diagnostics::new(4, "x", "pool.example.test");
        assert_eq!(inside.public().to_string(), "4;reason=\"x\"");
        let broken = Diagnostics::new(1, "a\r\nVia: b", "c");
        assert!(!broken.to_string().contains('\n'));
    }
}
