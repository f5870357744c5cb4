//! SIP URIs.
//!
//! Owns: `Uri`: reading, printing, the comparison of RFC 3261 §19.1.4, the address of record.
//! Does not: resolve or route. Read next: `host`, `params`.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use super::host::{self, Host};
use super::params::Params;
use super::scan;
use crate::error::ParseError;
use crate::limits::URI_BYTES_MAX;

/// The scheme of a URI.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Scheme {
    /// `sip:`
    Sip,
    /// `sips:`
    Sips,
    /// Any other, in lower case; the URI is then opaque.
    Other(Box<str>),
}

/// A URI. Of schemes other than sip and sips only scheme and text are known.
///
/// User, parameters and headers are kept with their escapes, normalised so that equal URIs hold
/// equal text: an escape of a character that needs none is undone, hex digits are upper case.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Uri {
    /// The scheme.
    pub scheme: Scheme,
    /// The user part, escapes normalised.
    pub user: Option<String>,
    /// The password (RFC 3261 §19.1.1 advises against it).
    pub password: Option<String>,
    /// The host; `Host::Absent` if the scheme is another.
    pub host: Host,
    /// The port, if written.
    pub port: Option<u16>,
    /// URI parameters.
    pub params: Params,
    /// URI headers: names and values, escapes normalised.
    pub headers: Vec<(String, String)>,
    opaque: String,
}

/// The parts of a sip or sips URI, judged but not copied.
struct Parts<'a> {
    user: Option<&'a str>,
    password: Option<&'a str>,
    host: &'a str,
    port: Option<u16>,
    params: &'a str,
    headers: &'a str,
}

impl Uri {
    /// `sip:user@host` (`sip:host` without a user); what is not allowed in a user part is escaped.
    ///
    /// # Errors
    /// If `host` (which may hold a port) is no host.
    pub fn sip(user: Option<&str>, host: &str) -> Result<Uri, ParseError> {
        let (host, port) = host::host_port(host)?;
        Ok(Uri {
            scheme: Scheme::Sip,
            user: user.filter(|user| !user.is_empty()).map(escape_user),
            password: None,
            host,
            port,
            params: Params::new(),
            headers: Vec::new(),
            opaque: String::new(),
        })
    }

    /// Reads a URI.
    ///
    /// # Errors
    /// If it does not follow the grammar of RFC 3261 §25.1 or is too long.
    pub fn parse(text: &str) -> Result<Uri, ParseError> {
        let (scheme, rest) = split_scheme(text)?;
        if let Scheme::Other(_) = scheme {
            return Ok(Uri { opaque: rest.to_owned(), ..Uri::opaque_of(scheme) });
        }
        let parts = Parts::parse(rest)?;
        Ok(Uri {
            scheme,
            user: parts.user.map(normalise),
            password: parts.password.map(normalise),
            host: Host::parse(parts.host)?,
            port: parts.port,
            params: Params::parse(&normalise(parts.params))?,
            headers: header_pairs(parts.headers)
                .map(|(n, v)| (normalise(n), normalise(v)))
                .collect(),
            opaque: String::new(),
        })
    }

    fn opaque_of(scheme: Scheme) -> Uri {
        Uri {
            scheme,
            user: None,
            password: None,
            host: Host::Absent,
            port: None,
            params: Params::new(),
            headers: Vec::new(),
            opaque: String::new(),
        }
    }

    /// Judges a URI as [`Uri::parse`] does, building nothing.
    pub(crate) fn check(text: &str) -> Result<(), ParseError> {
        let (scheme, rest) = split_scheme(text)?;
        if let Scheme::Other(_) = scheme {
            return Ok(());
        }
        Params::check(Parts::parse(rest)?.params)
    }

    /// Whether the scheme is sip or sips.
    #[must_use]
    pub fn is_sip(&self) -> bool {
        !matches!(self.scheme, Scheme::Other(_))
    }

    /// The text after the colon, if the scheme is neither sip nor sips (a tel number …).
    #[must_use]
    pub fn opaque(&self) -> Option<&str> {
        (!self.is_sip()).then_some(self.opaque.as_str())
    }

    /// The user part without escapes. Bytes that are not UTF-8 become U+FFFD.
    #[must_use]
    pub fn user_decoded(&self) -> Option<Cow<'_, str>> {
        let user = self.user.as_deref()?;
        if !user.contains('%') {
            return Some(Cow::Borrowed(user));
        }
        let mut bytes = Vec::with_capacity(user.len());
        let mut rest = user;
        while let Some((before, after)) = rest.split_once('%') {
            bytes.extend_from_slice(before.as_bytes());
            match escaped_byte(after) {
                Some(byte) => {
                    bytes.push(byte);
                    rest = after.get(2..).unwrap_or("");
                }
                None => {
                    bytes.push(b'%');
                    rest = after;
                }
            }
        }
        bytes.extend_from_slice(rest.as_bytes());
        Some(Cow::Owned(String::from_utf8_lossy(&bytes).into_owned()))
    }

    /// The address of record: `sip:user@host` in lower case without port and parameters; `None`
    /// without a user or for another scheme. (RFC 3261 compares users with case; people do not.)
    #[must_use]
    pub fn aor(&self) -> Option<String> {
        let user = self.user.as_deref().filter(|_| self.is_sip())?;
        let mut aor = format!("sip:{user}@{}", self.host);
        aor.make_ascii_lowercase();
        Some(aor)
    }

    /// The `transport` parameter.
    #[must_use]
    pub fn transport(&self) -> Option<&str> {
        self.params.get("transport")
    }

    /// The same URI with `;name=value` (or `;name`, if `value` is empty).
    #[must_use]
    pub fn with_param(mut self, name: &str, value: &str) -> Uri {
        if value.is_empty() {
            self.params.set_flag(name);
        } else {
            self.params.set_raw(name, &escape_param(value));
        }
        self
    }

    /// Whether both are the same by RFC 3261 §19.1.4.
    #[must_use]
    pub fn equals(&self, other: &Uri) -> bool {
        self.scheme == other.scheme
            && self.user == other.user
            && self.password == other.password
            && self.host.equals(&other.host)
            && self.port == other.port
            && self.opaque == other.opaque
            && params_match(&self.params, &other.params)
            && headers_match(&self.headers, &other.headers)
    }
}

/// RFC 3261 §19.1.4: parameters in both must be equal; these may not stand in one only.
fn params_match(a: &Params, b: &Params) -> bool {
    let both_or_none = ["user", "ttl", "method", "maddr", "transport"];
    both_or_none.iter().all(|name| a.has(name) == b.has(name))
        && a.iter().all(|(name, value)| match b.get(name) {
            Some(other) => value.unwrap_or("").eq_ignore_ascii_case(other),
            None => true,
        })
}

fn headers_match(a: &[(String, String)], b: &[(String, String)]) -> bool {
    let has = |list: &[(String, String)], name: &str, value: &str| {
        list.iter().any(|(n, v)| n.eq_ignore_ascii_case(name) && v == value)
    };
    a.len() == b.len() && a.iter().all(|(n, v)| has(b, n, v)) && b.iter().all(|(n, v)| has(a, n, v))
}

fn split_scheme(text: &str) -> Result<(Scheme, &str), ParseError> {
    if text.len() > URI_BYTES_MAX {
        return Err(ParseError::Limit("URI"));
    }
    let outside = |b: u8| b <= b' ' || b == 0x7f || matches!(b, b'<' | b'>' | b'"');
    let (scheme, rest) = text.split_once(':').ok_or(ParseError::Uri)?;
    let first = scheme.bytes().next().is_some_and(|b| b.is_ascii_alphabetic());
    let in_scheme = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.');
    if !first || !scheme.bytes().all(in_scheme) || rest.is_empty() || rest.bytes().any(outside) {
        return Err(ParseError::Uri);
    }
    let scheme = if scheme.eq_ignore_ascii_case("sip") {
        Scheme::Sip
    } else if scheme.eq_ignore_ascii_case("sips") {
        Scheme::Sips
    } else {
        Scheme::Other(scheme.to_ascii_lowercase().into())
    };
    Ok((scheme, rest))
}

impl<'a> Parts<'a> {
    fn parse(rest: &'a str) -> Result<Parts<'a>, ParseError> {
        let (userinfo, rest) = match rest.split_once('@') {
            Some((userinfo, rest)) => (Some(userinfo), rest),
            None => (None, rest),
        };
        let (rest, headers) = rest.split_once('?').unwrap_or((rest, ""));
        let (hostport, params) = scan::split_head(rest);
        let (host, port) = host::check_host_port(hostport)?;
        let (user, password) = match userinfo.map(|info| info.split_once(':').ok_or(info)) {
            None => (None, None),
            Some(Ok((user, password))) => (Some(user), Some(password)),
            Some(Err(user)) => (Some(user), None),
        };
        let user_fine = user.is_none_or(|user| !user.is_empty() && is_escaped(user, is_user_byte));
        let password_fine = password.is_none_or(|word| is_escaped(word, is_user_byte));
        let params_fine = is_escaped(params, is_rest_byte);
        let headers_fine = headers.is_empty()
            || is_escaped(headers, is_rest_byte)
                && headers.split('&').all(|pair| pair.find('=').is_some_and(|at| at > 0));
        if !(user_fine && password_fine && params_fine && headers_fine) {
            return Err(ParseError::Uri);
        }
        Ok(Parts { user, password, host, port, params, headers })
    }
}

fn header_pairs(headers: &str) -> impl Iterator<Item = (&str, &str)> {
    headers.split('&').filter_map(|pair| pair.split_once('='))
}

fn is_unreserved(b: u8) -> bool {
    b.is_ascii_alphanumeric()
        || matches!(b, b'-' | b'_' | b'.' | b'!' | b'~' | b'*' | b'\'' | b'(' | b')')
}

fn is_user_byte(b: u8) -> bool {
    is_unreserved(b) || matches!(b, b'&' | b'=' | b'+' | b'$' | b',' | b';' | b'?' | b'/')
}

/// What may stand in parameters and headers.
fn is_rest_byte(b: u8) -> bool {
    is_user_byte(b) || matches!(b, b':' | b'[' | b']')
}

/// Whether every `%` begins an escape and every other byte is `allowed`.
fn is_escaped(text: &str, allowed: impl Fn(u8) -> bool) -> bool {
    let mut bytes = text.bytes();
    while let Some(b) = bytes.next() {
        let fine = match b {
            b'%' => [bytes.next(), bytes.next()]
                .iter()
                .all(|digit| digit.is_some_and(|digit| digit.is_ascii_hexdigit())),
            b => allowed(b),
        };
        if !fine {
            return false;
        }
    }
    true
}

fn escaped_byte(after: &str) -> Option<u8> {
    let digits = after.get(..2).filter(|d| d.bytes().all(|b| b.is_ascii_hexdigit()))?;
    u8::from_str_radix(digits, 16).ok()
}

/// Undoes escapes of unreserved characters; upper-cases the others.
fn normalise(text: &str) -> String {
    let mut normal = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('%') {
        normal.push_str(before);
        match escaped_byte(after) {
            Some(byte) if is_unreserved(byte) => normal.push(char::from(byte)),
            Some(byte) => normal.push_str(&format!("%{byte:02X}")),
            None => normal.push('%'),
        }
        rest = if escaped_byte(after).is_some() { after.get(2..).unwrap_or("") } else { after };
    }
    normal.push_str(rest);
    normal
}

fn escape(text: &str, allowed: impl Fn(u8) -> bool) -> String {
    let mut escaped = String::with_capacity(text.len());
    for b in text.bytes() {
        if allowed(b) {
            escaped.push(char::from(b));
        } else {
            escaped.push_str(&format!("%{b:02X}"));
        }
    }
    escaped
}

fn escape_user(text: &str) -> String {
    escape(text, is_user_byte)
}

fn escape_param(text: &str) -> String {
    escape(text, |b| {
        is_unreserved(b) || matches!(b, b'[' | b']' | b'/' | b':' | b'&' | b'+' | b'$')
    })
}

impl FromStr for Uri {
    type Err = ParseError;
    fn from_str(text: &str) -> Result<Uri, ParseError> {
        Uri::parse(text)
    }
}

impl fmt::Display for Uri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.scheme {
            Scheme::Sip => f.write_str("sip:")?,
            Scheme::Sips => f.write_str("sips:")?,
            Scheme::Other(scheme) => return write!(f, "{scheme}:{}", self.opaque),
        }
        if let Some(user) = &self.user {
            f.write_str(user)?;
            if let Some(password) = &self.password {
                write!(f, ":{password}")?;
            }
            f.write_str("@")?;
        }
        write!(f, "{}", self.host)?;
        if let Some(port) = self.port {
            write!(f, ":{port}")?;
        }
        write!(f, "{}", self.params)?;
        self.headers.iter().enumerate().try_for_each(|(at, (name, value))| {
            write!(f, "{}{name}={value}", if at == 0 { '?' } else { '&' })
        })
    }
}

#[cfg(test)]
#[path = "uri_tests.rs"]
mod tests;
