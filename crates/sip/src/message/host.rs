//! Hosts in URIs and Vias.
//!
//! Owns: `Host` and its grammar. Does not: resolve names. Read next: `uri`.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::error::ParseError;

/// A host. Names keep the case they came in and compare without it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Host {
    /// A host name.
    Name(String),
    /// An IPv4 address.
    V4(Ipv4Addr),
    /// An IPv6 address, printed in brackets.
    V6(Ipv6Addr),
    /// There is none: the URI is of another scheme.
    Absent,
}

impl Host {
    /// Reads a host name, an IPv4 address or an IPv6 reference in brackets.
    ///
    /// # Errors
    /// If it is none of them.
    pub fn parse(text: &str) -> Result<Host, ParseError> {
        Ok(match address(text)? {
            Some(IpAddr::V4(address)) => Host::V4(address),
            Some(IpAddr::V6(address)) => Host::V6(address),
            None => Host::Name(text.to_owned()),
        })
    }

    /// Judges as [`Host::parse`] does, building nothing.
    pub(crate) fn check(text: &str) -> Result<(), ParseError> {
        address(text).map(drop)
    }

    /// The address, if it is one.
    #[must_use]
    pub fn address(&self) -> Option<IpAddr> {
        match self {
            Host::V4(address) => Some(IpAddr::V4(*address)),
            Host::V6(address) => Some(IpAddr::V6(*address)),
            Host::Name(_) | Host::Absent => None,
        }
    }

    /// Whether both are the same host, names compared without case.
    #[must_use]
    pub fn equals(&self, other: &Host) -> bool {
        match (self, other) {
            (Host::Name(a), Host::Name(b)) => a.eq_ignore_ascii_case(b),
            (a, b) => a == b,
        }
    }

    /// Whether it is the name or address `text`, without case.
    #[must_use]
    pub fn is(&self, text: &str) -> bool {
        match self {
            Host::Name(name) => name.eq_ignore_ascii_case(text),
            _ => Host::parse(text).is_ok_and(|host| host == *self),
        }
    }
}

impl From<IpAddr> for Host {
    fn from(address: IpAddr) -> Host {
        match address {
            IpAddr::V4(address) => Host::V4(address),
            IpAddr::V6(address) => Host::V6(address),
        }
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Host::Name(name) => f.write_str(name),
            Host::V4(address) => write!(f, "{address}"),
            Host::V6(address) => write!(f, "[{address}]"),
            Host::Absent => Ok(()),
        }
    }
}

/// The address `text` is; `None` if it is a host name.
fn address(text: &str) -> Result<Option<IpAddr>, ParseError> {
    if let Some(inner) = text.strip_prefix('[') {
        let inner = inner.strip_suffix(']').ok_or(ParseError::Uri)?;
        return inner.parse().map(|v6| Some(IpAddr::V6(v6))).map_err(|_| ParseError::Uri);
    }
    if text.starts_with(|c: char| c.is_ascii_digit())
        && let Ok(v4) = text.parse::<Ipv4Addr>()
    {
        return Ok(Some(v4.into()));
    }
    // COMPAT(Windows host names): the grammar has no underscore.
    let in_name = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_');
    let bare = text.strip_suffix('.').unwrap_or(text);
    let labels = !bare.is_empty() && !bare.starts_with('.') && !bare.contains("..");
    if labels && text.len() <= 255 && text.bytes().all(in_name) {
        Ok(None)
    } else {
        Err(ParseError::Uri)
    }
}

/// `host[:port]`, split and judged.
pub(crate) fn check_host_port(text: &str) -> Result<(&str, Option<u16>), ParseError> {
    let (host, port) = split_port(text).ok_or(ParseError::Uri)?;
    let port = match port {
        Some(port) => Some(port_number(port).ok_or(ParseError::Uri)?),
        None => None,
    };
    Host::check(host)?;
    Ok((host, port))
}

/// `host[:port]`, split and read.
pub(crate) fn host_port(text: &str) -> Result<(Host, Option<u16>), ParseError> {
    let (host, port) = check_host_port(text)?;
    Ok((Host::parse(host)?, port))
}

pub(crate) fn port_number(port: &str) -> Option<u16> {
    let digits = !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit());
    if digits { port.parse().ok() } else { None }
}

/// `host[:port]` split at the colon that is not inside brackets.
pub(crate) fn split_port(text: &str) -> Option<(&str, Option<&str>)> {
    let after = if text.starts_with('[') {
        text.find(']')? + 1
    } else {
        text.find(':').unwrap_or(text.len())
    };
    let (host, rest) = text.split_at_checked(after)?;
    match rest.trim_start_matches([' ', '\t']).strip_prefix(':') {
        Some(port) => Some((host, Some(port))),
        None if rest.is_empty() => Some((host, None)),
        None => None,
    }
}
