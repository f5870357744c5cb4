//! `;name=value` lists, shared by URIs and header fields.
//!
//! Owns: `Params` and the scan of one parameter without building a list.
//! Does not: know what a parameter means. Read next: `header/name_addr`.

use std::fmt;

use super::scan;
use crate::error::ParseError;
use crate::limits::PARAMS_MAX;

/// Parameters in their order. Names compare without case. Values are kept as written: a quoted
/// value keeps its quotes (read it by [`Params::get_unquoted`]).
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Params(Vec<(String, Option<String>)>);

impl Params {
    /// No parameters.
    #[must_use]
    pub fn new() -> Params {
        Params::default()
    }

    /// Reads `;a=b;c` (with or without the first semicolon).
    ///
    /// # Errors
    /// If a name is empty or not a token, or there are too many.
    pub fn parse(text: &str) -> Result<Params, ParseError> {
        let pairs = pairs(text)
            .map(|pair| pair.map(|(name, value)| (name.to_owned(), value.map(str::to_owned))));
        pairs.collect::<Result<_, _>>().map(Params)
    }

    /// Judges as [`Params::parse`] does, building nothing.
    pub(crate) fn check(text: &str) -> Result<(), ParseError> {
        pairs(text).try_for_each(|pair| pair.map(drop))
    }

    /// The value of `name`; `Some("")` for a parameter without a value.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(n, _)| n.eq_ignore_ascii_case(name))?;
        Some(found.1.as_deref().unwrap_or(""))
    }

    /// The value of `name` without quotes and escapes.
    #[must_use]
    pub fn get_unquoted(&self, name: &str) -> Option<String> {
        self.get(name).map(|value| scan::unquote(value).into_owned())
    }

    /// Whether `name` is there, with or without a value.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// Puts `name=value` in place of what was there, or at the end. A value that is no token is
    /// quoted.
    pub fn set(&mut self, name: &str, value: &str) {
        let value = if value.is_empty() || !is_value(value) && !scan::is_quoted(value) {
            scan::quote(value)
        } else {
            value.to_owned()
        };
        self.put(name, Some(value));
    }

    /// Puts `name` without a value in place of what was there, or at the end.
    pub fn set_flag(&mut self, name: &str) {
        self.put(name, None);
    }

    /// As [`Params::set`] for a value the caller has escaped already.
    pub(crate) fn set_raw(&mut self, name: &str, value: &str) {
        self.put(name, Some(value.to_owned()));
    }

    fn put(&mut self, name: &str, value: Option<String>) {
        let name: String = name.chars().filter(|c| c.is_ascii_graphic()).collect();
        match self.0.iter_mut().find(|(n, _)| n.eq_ignore_ascii_case(&name)) {
            Some(found) => found.1 = value,
            None => self.0.push((name, value)),
        }
    }

    /// Takes `name` away.
    pub fn remove(&mut self, name: &str) {
        self.0.retain(|(n, _)| !n.eq_ignore_ascii_case(name));
    }

    /// All parameters in their order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, Option<&str>)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_deref()))
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

fn pairs(text: &str) -> impl Iterator<Item = Result<(&str, Option<&str>), ParseError>> {
    let mut names = [""; PARAMS_MAX];
    scan::split_params(text).enumerate().map(move |(count, part)| {
        let (before, rest) = names.split_at_mut_checked(count).unwrap_or_default();
        let Some(place) = rest.first_mut() else {
            return Err(ParseError::Limit("parameters"));
        };
        let (name, value) = scan::name_value(part);
        let value_fine = value.is_none_or(|value| scan::is_quoted(value) || is_value(value));
        if name.is_empty() || !name.bytes().all(scan::is_param_byte) || !value_fine {
            return Err(ParseError::Parameter);
        }
        // RFC 3261 §7.3.1: no name twice, or two readers might read two things.
        if before.iter().any(|earlier| earlier.eq_ignore_ascii_case(name)) {
            return Err(ParseError::Parameter);
        }
        *place = name;
        Ok((name, value))
    })
}

/// What a value without quotes may hold: more than the grammar's `gen-value`, because
/// COMPAT(pidgin-sipe): `methods=`, `opaque=user:epid:…` and others hold `:` and `/`.
fn is_value(value: &str) -> bool {
    value.bytes().all(|b| b > b' ' && b != 0x7f && !matches!(b, b'"' | b',' | b';' | b'<' | b'>'))
}

impl fmt::Display for Params {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|(name, value)| match value {
            Some(value) => write!(f, ";{name}={value}"),
            None => write!(f, ";{name}"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_prints() {
        for (text, printed) in [
            (";a=b;c", ";a=b;c"),
            ("a=b ; c = \"x;y\\\"\" ;d", ";a=b;c=\"x;y\\\"\";d"),
            (";methods=\"INVITE, ACK\";+sip.instance=\"<urn:uuid:1>\"", ""),
            ("", ""),
        ] {
            let printed = if printed.is_empty() { text } else { printed };
            assert_eq!(Params::parse(text).unwrap().to_string(), printed);
        }
    }

    #[test]
    fn refuses() {
        for text in [";;", ";a=1;b;A=2", ";=x", ";a=\"x", ";a b=c", ";a=<x>"] {
            assert!(Params::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn sets_in_place() {
        let mut params = Params::parse(";tag=1;expires=5").unwrap();
        params.set("TAG", "2");
        params.set("text", "two words");
        params.set_flag("lr");
        assert_eq!(params.to_string(), ";tag=2;expires=5;text=\"two words\";lr");
        assert_eq!(params.get_unquoted("text").as_deref(), Some("two words"));
        assert_eq!(params.get("LR"), Some(""));
    }
}
