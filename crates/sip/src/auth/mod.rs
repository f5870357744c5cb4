//! Authentication headers.
//!
//! Owns: the shape all schemes share (`Scheme name=value, …`). Does not: keep passwords.
//! Read next: `digest`, `nonce`.

pub mod digest;
pub mod nonce;

pub use self::digest::{Algorithm, Challenge, Credentials, Ha1};
pub use self::nonce::{Nonce, NonceCounts, Nonces};

use crate::error::ParseError;
use crate::limits::PARAMS_MAX;
use crate::message::scan;

/// A value of WWW-Authenticate, Authorization or Authentication-Info, of any scheme.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthHeader {
    /// The scheme as written: `Digest`, `NTLM` …
    pub scheme: String,
    params: Vec<(String, String)>,
}

impl AuthHeader {
    /// Reads `Scheme name=value, name="value"`. Quotes are taken away.
    ///
    /// # Errors
    /// If it does not follow the grammar.
    pub fn parse(text: &str) -> Result<AuthHeader, ParseError> {
        let (scheme, rest) = scheme(text)?;
        let params = pairs(rest).map(|pair| {
            pair.map(|(name, value)| (name.to_ascii_lowercase(), scan::unquote(value).into_owned()))
        });
        Ok(AuthHeader { scheme: scheme.to_owned(), params: params.collect::<Result<_, _>>()? })
    }

    /// A parameter without quotes; `name` in lower case.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.params.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Whether the scheme is `scheme`, without case.
    #[must_use]
    pub fn is(&self, scheme: &str) -> bool {
        self.scheme.eq_ignore_ascii_case(scheme)
    }
}

const ERROR: ParseError = ParseError::Header("Authorization");

/// The scheme, and what follows it.
fn scheme(text: &str) -> Result<(&str, &str), ParseError> {
    let (scheme, rest) = text.split_once([' ', '\t']).ok_or(ERROR)?;
    if scan::is_token(scheme) { Ok((scheme, rest)) } else { Err(ERROR) }
}

/// The parameters as written, that follow a scheme.
fn pairs(rest: &str) -> impl Iterator<Item = Result<(&str, &str), ParseError>> {
    let parts = scan::split_list(rest).filter(|part| !part.is_empty());
    parts.enumerate().map(|(count, part)| {
        let (name, value) = scan::name_value(part);
        let value = value.ok_or(ERROR)?;
        if count >= PARAMS_MAX {
            return Err(ParseError::Limit("parameters"));
        }
        if !scan::is_token(name) || value.starts_with('"') && !scan::is_quoted(value) {
            return Err(ERROR);
        }
        Ok((name, value))
    })
}
