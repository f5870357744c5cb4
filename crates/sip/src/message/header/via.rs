//! Via: where a request has been and where its response goes.
//!
//! Owns: `Via`, read without copying. Does not: decide where to send (`stack/route`).
//! Read next: `transaction/key`.

use crate::error::ParseError;
use crate::message::host::{self, Host};
use crate::message::params::Params;
use crate::message::scan;

/// What a branch made by RFC 3261 begins with (§8.1.1.7).
pub const BRANCH_COOKIE: &str = "z9hG4bK";

/// One Via value (RFC 3261 §20.42), borrowed from its message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Via<'a> {
    /// The transport as written: `UDP`, `TCP`, `TLS`, `tls` …
    pub transport: &'a str,
    /// The host of sent-by as written.
    pub host: &'a str,
    /// The port of sent-by.
    pub port: Option<u16>,
    params: &'a str,
}

/// Where the parts of a [`Via`] stand in its line: offsets of begin and end.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Places {
    transport: (u16, u16),
    host: (u16, u16),
    port: Option<u16>,
    params: (u16, u16),
}

impl Places {
    /// The parts in `line`; `None` if it is another line.
    pub(crate) fn of(self, line: &str) -> Option<Via<'_>> {
        let part = |(from, to)| line.get(usize::from(from)..usize::from(to));
        let (transport, host) = (part(self.transport)?, part(self.host)?);
        Some(Via { transport, host, port: self.port, params: part(self.params)? })
    }
}

impl<'a> Via<'a> {
    /// Where its parts stand in `line`, which it was read from.
    pub(crate) fn places(&self, line: &str) -> Places {
        // Lines are shorter than heads, whose offsets fit.
        let short = |n: usize| u16::try_from(n).unwrap_or(u16::MAX);
        let place = |part: &str| {
            let from = part.as_ptr().addr().saturating_sub(line.as_ptr().addr());
            (short(from), short(from + part.len()))
        };
        Places {
            transport: place(self.transport),
            host: place(self.host),
            port: self.port,
            params: if self.params.is_empty() { (0, 0) } else { place(self.params) },
        }
    }

    /// Reads one value. Blanks are allowed around every separator.
    ///
    /// # Errors
    /// If it does not follow the grammar.
    pub fn parse(text: &'a str) -> Result<Via<'a>, ParseError> {
        let error = ParseError::Header("Via");
        let (sent, params) = match scan::find_outside(text, b';', false) {
            Some(at) => (text.get(..at).unwrap_or(""), text.get(at..).unwrap_or("")),
            None => (text, ""),
        };
        let (name, rest) = sent.split_once('/').ok_or(error)?;
        let (version, rest) = rest.split_once('/').ok_or(error)?;
        let rest = scan::trim(rest);
        let (transport, by) = rest.split_once([' ', '\t']).ok_or(error)?;
        let (host, port) = host::split_port(scan::trim(by)).ok_or(error)?;
        let (host, version) = (scan::trim(host), scan::trim(version));
        let port = match port {
            Some(port) => Some(host::port_number(scan::trim(port)).ok_or(error)?),
            None => None,
        };
        let sip = scan::trim(name).eq_ignore_ascii_case("SIP") && version == "2.0";
        if !sip || !scan::is_token(transport) || Host::check(host).is_err() {
            return Err(error);
        }
        Params::check(params).map_err(|_| error)?;
        Ok(Via { transport, host, port, params })
    }

    /// A parameter as written; `Some("")` if it has no value.
    #[must_use]
    pub fn param(&self, name: &str) -> Option<&'a str> {
        scan::param(self.params, name)
    }

    /// The branch, if there is one that is not empty.
    #[must_use]
    pub fn branch(&self) -> Option<&'a str> {
        self.param("branch").filter(|branch| !branch.is_empty())
    }

    /// Whether the branch names the transaction (RFC 3261 §17.2.3). The cookie alone, as in
    /// RFC 4475 §3.2.1, does not.
    #[must_use]
    pub fn has_unique_branch(&self) -> bool {
        self.branch().is_some_and(|branch| {
            let cookie = branch.get(..BRANCH_COOKIE.len());
            branch.len() > BRANCH_COOKIE.len()
                && cookie.is_some_and(|cookie| cookie.eq_ignore_ascii_case(BRANCH_COOKIE))
        })
    }

    /// Where the request came from, as the next hop noted it (RFC 3261 §18.2.1). An IPv6 address
    /// may stand with or without brackets (RFC 5118 §4.5).
    #[must_use]
    pub fn received(&self) -> Option<std::net::IpAddr> {
        self.param("received")?.trim_start_matches('[').trim_end_matches(']').parse().ok()
    }

    /// The port the request came from (RFC 3581): `Some(None)` if asked for and not filled in.
    #[must_use]
    pub fn rport(&self) -> Option<Option<u16>> {
        self.param("rport").map(host::port_number)
    }

    /// All parameters.
    ///
    /// # Errors
    /// If they are malformed.
    pub fn params(&self) -> Result<Params, ParseError> {
        Params::parse(self.params)
    }

    /// All parameters as written, in their order.
    pub(crate) fn raw_params(&self) -> impl Iterator<Item = (&'a str, Option<&'a str>)> {
        scan::split_params(self.params).map(scan::name_value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads() {
        for (text, transport, host, port, branch) in [
            (
                "SIP/2.0/UDP pc33.atlanta.com;branch=z9hG4bK776",
                "UDP",
                "pc33.atlanta.com",
                None,
                Some("z9hG4bK776"),
            ),
            (
                "SIP  / 2.0  / TCP     spindle.example.com   ;   branch  =   z9hG4bK9ikj8",
                "TCP",
                "spindle.example.com",
                None,
                Some("z9hG4bK9ikj8"),
            ),
            ("SIP/2.0/tls 127.0.0.1:52236", "tls", "127.0.0.1", Some(52236), None),
            (
                "SIP/2.0/TLS [2001:db8::9:1] : 5070 ;rport;branch=",
                "TLS",
                "[2001:db8::9:1]",
                Some(5070),
                None,
            ),
            ("SIP/2.0/UNKNOWN a;x", "UNKNOWN", "a", None, None),
        ] {
            let via = Via::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
            assert_eq!(
                (via.transport, via.host, via.port, via.branch()),
                (transport, host, port, branch)
            );
        }
    }

    #[test]
    fn refuses() {
        for text in [
            "",
            "SIP/2.0/UDP",
            "SIP/3.0/UDP a",
            "HTTP/2.0/UDP a",
            "SIP/2.0/UDP a:b",
            "SIP/2.0/UDP 192.0.2.15;;",
            "SIP/2.0/UDP a b",
            "SIP/2.0/ a",
        ] {
            assert!(Via::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn parameters() {
        let via = Via::parse("SIP/2.0/UDP a;received=[2001:db8::9:255];rport=99;branch=Z9HG4BKx")
            .unwrap();
        assert_eq!(via.received(), "2001:db8::9:255".parse().ok());
        assert_eq!(via.rport(), Some(Some(99)));
        assert!(via.has_unique_branch());
        assert!(!Via::parse("SIP/2.0/UDP a;branch=z9hG4bK").unwrap().has_unique_branch());
        assert_eq!(Via::parse("SIP/2.0/UDP a;rport").unwrap().rport(), Some(None));
        assert_eq!(
            Via::parse("SIP/2.0/UDP a;received=2001:db8::1").unwrap().received(),
            "2001:db8::1".parse().ok()
        );
    }
}
