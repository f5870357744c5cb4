//! From, To, Contact, Route and their like: an optional display name, a URI, parameters.
//!
//! Owns: `NameAddr`, `Contact`. Does not: interpret parameters beyond `tag`, `expires`, `q`.
//! Read next: `uri`, `params`.

use std::fmt;

use crate::error::ParseError;
use crate::message::params::Params;
use crate::message::scan;
use crate::message::uri::Uri;

/// `"Display" <uri>;params` or `uri;params` (RFC 3261 §20.10).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct NameAddr {
    /// The display name without quotes and escapes; `None` if there is none or it is empty.
    pub display: Option<String>,
    /// The URI.
    pub uri: Uri,
    /// Header parameters. After a URI without `<>` every parameter is one of these.
    pub params: Params,
}

/// The three parts, split but not copied.
struct Parts<'a> {
    display: &'a str,
    uri: &'a str,
    params: &'a str,
}

impl NameAddr {
    /// Just a URI.
    #[must_use]
    pub fn new(uri: Uri) -> NameAddr {
        NameAddr { display: None, uri, params: Params::new() }
    }

    /// Reads one value.
    ///
    /// # Errors
    /// If it does not follow the grammar.
    pub fn parse(text: &str) -> Result<NameAddr, ParseError> {
        let parts = Parts::split(text)?;
        let display = scan::unquote(parts.display).into_owned();
        Ok(NameAddr {
            display: Some(display).filter(|display| !display.is_empty()),
            uri: Uri::parse(parts.uri)?,
            params: Params::parse(parts.params)?,
        })
    }

    /// Judges as [`NameAddr::parse`] does, building nothing.
    pub(crate) fn check(text: &str) -> Result<(), ParseError> {
        let parts = Parts::split(text)?;
        Uri::check(parts.uri)?;
        Params::check(parts.params)
    }

    /// The tag.
    #[must_use]
    pub fn tag(&self) -> Option<&str> {
        self.params.get("tag").filter(|tag| !tag.is_empty())
    }

    /// The same value with a tag.
    #[must_use]
    pub fn with_tag(mut self, tag: &str) -> NameAddr {
        self.params.set("tag", tag);
        self
    }

    /// The same value with a display name; an empty one is none.
    #[must_use]
    pub fn with_display(mut self, display: &str) -> NameAddr {
        self.display = Some(display.to_owned()).filter(|display| !display.is_empty());
        self
    }
}

impl<'a> Parts<'a> {
    fn split(text: &'a str) -> Result<Parts<'a>, ParseError> {
        let text = scan::trim(text);
        let Some(open) = scan::find_outside(text, b'<', false) else {
            // RFC 3261 §20.10: a URI with `,`, `;` or `?` has to be in `<>`.
            let (uri, params) = scan::split_head(text);
            if uri.contains(['?', ',']) {
                return Err(ParseError::Uri);
            }
            return Ok(Parts { display: "", uri, params });
        };
        let display = scan::trim(text.get(..open).unwrap_or(""));
        let (uri, rest) =
            text.get(open + 1..).and_then(|inner| inner.split_once('>')).ok_or(ParseError::Uri)?;
        let rest = scan::trim(rest);
        // Tokens by the grammar. COMPAT(phones): `Alice (desk) <…>`, names in UTF-8.
        let plain = !display.contains(['"', ',', ';', '<', '>', ':', '@']);
        if !plain && !scan::is_quoted(display) || !rest.is_empty() && !rest.starts_with(';') {
            return Err(ParseError::Uri);
        }
        Ok(Parts { display, uri, params: rest })
    }
}

/// The tag in a From or To value, found without building anything.
pub(crate) fn tag(value: &str) -> Option<&str> {
    written_tag(value).filter(|tag| !tag.is_empty())
}

/// As [`tag`], but `Some("")` for `;tag` and `;tag=`, which no grammar allows.
pub(crate) fn written_tag(value: &str) -> Option<&str> {
    let params = match scan::find_outside(value, b'<', false) {
        Some(open) => value.get(open..)?.split_once('>')?.1,
        None => value.split_once(';')?.1,
    };
    scan::param(params, "tag")
}

impl fmt::Display for NameAddr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(display) = &self.display {
            write!(f, "{} ", scan::quote(display))?;
        }
        write!(f, "<{}>{}", self.uri, self.params)
    }
}

/// One value of Contact.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[expect(clippy::large_enum_variant, reason = "nearly all are addresses; boxes would cost them")]
pub enum Contact {
    /// `*`: all bindings (RFC 3261 §10.2.2).
    Star,
    /// An address.
    At(NameAddr),
}

impl Contact {
    /// Reads one value.
    ///
    /// # Errors
    /// If it does not follow the grammar.
    pub fn parse(text: &str) -> Result<Contact, ParseError> {
        match scan::trim(text) {
            "*" => Ok(Contact::Star),
            text => NameAddr::parse(text).map(Contact::At),
        }
    }

    /// The address, unless it is `*`.
    #[must_use]
    pub fn address(&self) -> Option<&NameAddr> {
        match self {
            Contact::Star => None,
            Contact::At(address) => Some(address),
        }
    }

    /// The `expires` parameter in seconds. RFC 3261 §10.2.1.1: a malformed one is 3600.
    #[must_use]
    pub fn expires_s(&self) -> Option<u32> {
        let text = self.address()?.params.get("expires")?;
        Some(super::number(text).unwrap_or(3600))
    }

    /// The `q` parameter in thousandths; 1000 if there is none or it is malformed.
    #[must_use]
    pub fn q_thousandths(&self) -> u16 {
        let text = self.address().and_then(|address| address.params.get("q"));
        text.and_then(thousandths).unwrap_or(1000)
    }

    /// The `+sip.instance` parameter without quotes and angle brackets: `urn:uuid:…` (RFC 5626).
    #[must_use]
    pub fn instance(&self) -> Option<String> {
        let text = self.address()?.params.get_unquoted("+sip.instance")?;
        Some(text.trim_start_matches('<').trim_end_matches('>').to_owned())
    }
}

/// A q value (RFC 3261 §25.1 `qvalue`) in thousandths.
pub(crate) fn thousandths(text: &str) -> Option<u16> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = fraction.len() <= 3 && fraction.bytes().all(|b| b.is_ascii_digit());
    let value = match whole {
        "0" | "" if digits => format!("{fraction:0<3}").parse().ok()?,
        "1" if digits => 1000,
        _ => return None,
    };
    Some(value)
}

impl fmt::Display for Contact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Contact::Star => f.write_str("*"),
            Contact::At(address) => address.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_prints() {
        for (text, display, printed) in [
            ("sip:alice@a.test;tag=88", None, "<sip:alice@a.test>;tag=88"),
            ("<sip:alice@a.test;lr>;tag=88", None, "<sip:alice@a.test;lr>;tag=88"),
            ("\"A. \\\"B\\\" C\" <sip:a@b>", Some("A. \"B\" C"), "\"A. \\\"B\\\" C\" <sip:a@b>"),
            ("caller<sip:a@b>;x", Some("caller"), "\"caller\" <sip:a@b>;x"),
            ("Alice  Smith (desk) <sip:a@b>", Some("Alice  Smith (desk)"), ""),
            ("\"a, <b>;c\"<sip:a@b>", Some("a, <b>;c"), "\"a, <b>;c\" <sip:a@b>"),
            ("\"\" <sip:a@b> ; tag = 1", None, "<sip:a@b>;tag=1"),
            ("žofie <sip:a@b>", Some("žofie"), "\"žofie\" <sip:a@b>"),
        ] {
            let value = NameAddr::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
            assert_eq!(value.display.as_deref(), display, "{text}");
            if !printed.is_empty() {
                assert_eq!(value.to_string(), printed);
            }
            assert_eq!(NameAddr::parse(&value.to_string()).unwrap(), value);
            assert_eq!(NameAddr::check(text), Ok(()));
            assert_eq!(tag(text), value.tag());
        }
    }

    #[test]
    fn refuses() {
        for text in [
            "",
            "*",
            "Bell, Alexander <sip:a@b>",
            "\"Mr. J <sip:a@b>",
            "<sip:a@b",
            "<sip:a@b >",
            "< sip:a@b>",
            "sip:a@b?Route=x",
            "<sip:a@b>;;",
            "<sip:a@b>;",
            "<sip:a@b> x",
            "<>",
            "\"a\" b <sip:a@b>",
            "sip:a@b;",
        ] {
            assert!(NameAddr::parse(text).is_err(), "{text}");
            assert!(NameAddr::check(text).is_err(), "{text}");
        }
    }

    #[test]
    fn contacts() {
        let text =
            "<sip:127.0.0.1:5;transport=tls>;+sip.instance=\"<urn:uuid:085e>\";expires=60;q=0.7";
        let contact = Contact::parse(text).unwrap();
        assert_eq!(contact.instance().as_deref(), Some("urn:uuid:085e"));
        assert_eq!((contact.expires_s(), contact.q_thousandths()), (Some(60), 700));
        assert_eq!(contact.to_string(), text);
        assert_eq!(Contact::parse(" * "), Ok(Contact::Star));
        assert_eq!(Contact::parse("<sip:a>;expires=x").unwrap().expires_s(), Some(3600));
    }

    #[test]
    fn q_values() {
        for (text, value) in [
            ("1", Some(1000)),
            ("0.5", Some(500)),
            ("0.123", Some(123)),
            ("1.0", Some(1000)),
            ("0", Some(0)),
            (".5", Some(500)),
            ("2", None),
            ("0.1234", None),
            ("x", None),
        ] {
            assert_eq!(thousandths(text), value, "{text}");
        }
    }
}
