//! Which messages somebody wants to see: of a person, of a call, of a peer. All that are given
//! must fit.

use super::message::{Ends, Lines, body_of, call_id};
use super::printed::Printed;
use super::record::Record;

/// What is wanted; nothing given takes everything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pick {
    /// A person: `ken@litwareinc.com`, or `ken` at whatever domain.
    pub user: Option<String>,
    /// A Call-ID.
    pub call: Option<String>,
    /// A peer: an address, an address with port, or the name in its certificate.
    pub peer: Option<String>,
}

/// The headers in which people stand, in lower case.
const PEOPLE: [&str; 10] = [
    "from",
    "f",
    "to",
    "t",
    "contact",
    "m",
    "p-asserted-identity",
    "p-preferred-identity",
    "referred-by",
    "refer-to",
];

impl Pick {
    /// Whether a message is wanted.
    pub fn message(&self, ends: &Ends, bytes: &[u8]) -> bool {
        let of_user = |user: &String| names(bytes, user);
        let of_call = |call: &String| call_id(bytes).is_some_and(|own| own == *call);
        let of_peer = |peer: &String| {
            let name = ends.peer_name.as_deref().unwrap_or_default();
            is_address(peer, &ends.peer.to_string()) || name.eq_ignore_ascii_case(peer)
        };
        self.user.as_ref().is_none_or(of_user)
            && self.call.as_ref().is_none_or(of_call)
            && self.peer.as_ref().is_none_or(of_peer)
    }

    /// Whether another record is wanted. It is of a connection, so of no person and no call.
    pub fn record(&self, record: &Record) -> bool {
        let of_peer = |peer: &String| {
            let address = record.peer.as_deref().unwrap_or_default();
            let mut names = record.data.iter().filter(|(name, _)| name == "fqdn");
            is_address(peer, address) || names.any(|(_, name)| name.eq_ignore_ascii_case(peer))
        };
        self.user.is_none() && self.call.is_none() && self.peer.as_ref().is_none_or(of_peer)
    }

    /// The same of a record that was printed before.
    pub fn printed(&self, record: Printed<'_>) -> bool {
        let of_peer = |peer: &String| {
            let data = record.line("Data").unwrap_or_default().to_ascii_lowercase();
            let name = format!("fqdn=\"{}\"", peer.to_ascii_lowercase());
            is_address(peer, record.line("Peer").unwrap_or_default()) || data.contains(&name)
        };
        self.user.is_none() && self.call.is_none() && self.peer.as_ref().is_none_or(of_peer)
    }
}

/// `address` with or without its port.
fn is_address(wanted: &str, address: &str) -> bool {
    let host = address.rsplit_once(':').map_or(address, |(host, _)| host);
    wanted == address || wanted == host || wanted == host.trim_matches(['[', ']'])
}

/// Whether a person stands in the start line or in a header for people.
fn names(message: &[u8], user: &str) -> bool {
    let user = user.trim().to_ascii_lowercase();
    let user = user.strip_prefix("sip:").unwrap_or(&user);
    let (head, _) = body_of(message);
    Lines::of(head).enumerate().any(|(number, line)| {
        let line = String::from_utf8_lossy(line).to_ascii_lowercase();
        let name = line.split_once(':').map_or("", |(name, _)| name.trim());
        (number == 0 || PEOPLE.contains(&name)) && people(&line).any(|person| is(person, user))
    })
}

fn is(person: &str, user: &str) -> bool {
    let (own, _) = person.split_once('@').unwrap_or((person, ""));
    person == user || own == user
}

/// Every `user@host` of the SIP URIs in a line, without password, port and parameters.
fn people(line: &str) -> impl Iterator<Item = &str> {
    let after = |scheme: &'static str| line.split(scheme).skip(1);
    after("sip:").chain(after("sips:")).filter_map(|uri| {
        let uri = uri.split(|c: char| c.is_whitespace() || "<>\",;?".contains(c)).next()?;
        let (user, host) = uri.split_once('@')?;
        let end = host.find(':').map_or(uri.len(), |colon| user.len() + 1 + colon);
        // A person whose URI has a password is not looked for.
        uri.get(..end)
    })
}

#[cfg(test)]
mod tests {
    use sip::{Flow, Transport};

    use super::super::Severity;
    use super::*;

    const MESSAGE: &[u8] = b"MESSAGE sip:Pilar@litwareinc.com;x=y SIP/2.0\r\n\
        From: \"Ken\" <sips:kenmyer@LITWAREINC.com:5061>;tag=1\r\n\
        X: <sip:nobody@litwareinc.com>\r\nCall-ID: abc@h\r\n\r\n\
        To: <sip:somebody@litwareinc.com>\r\n";

    fn pick(user: &str, call: &str, peer: &str) -> Pick {
        let given = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        Pick { user: given(user), call: given(call), peer: given(peer) }
    }

    #[test]
    fn messages() {
        let ends = Ends {
            flow: Flow(1),
            local: ([127, 0, 0, 1], 5061).into(),
            peer: ([127, 0, 0, 2], 4711).into(),
            peer_name: Some("atl-owa-001.litwareinc.com".to_owned()),
            transport: Transport::Tls,
        };
        for (user, call, peer, expected) in [
            ("", "", "", true),
            ("kenmyer@litwareinc.com", "", "", true),
            ("sip:KenMyer@litwareinc.com", "", "", true),
            ("kenmyer", "", "", true),
            ("pilar", "abc@h", "127.0.0.2", true),
            ("ken", "", "", false),
            ("nobody", "", "", false),
            ("somebody", "", "", false),
            ("kenmyer@example.com", "", "", false),
            ("", "abc", "", false),
            ("", "", "127.0.0.2:4711", true),
            ("", "", "127.0.0.2:1", false),
            ("", "", "ATL-OWA-001.litwareinc.com", true),
            ("", "", "127.0.0.1", false),
            ("pilar", "other", "", false),
        ] {
            let is = pick(user, call, peer).message(&ends, MESSAGE);
            assert_eq!(is, expected, "{user} {call} {peer}");
        }
    }

    #[test]
    fn records() {
        use super::super::Component;

        let record = Record::connection(Severity::Error, String::new(), "TLS");
        let mut record = record.with_peer("[::1]:4711");
        record.data.push(("fqdn".to_owned(), "bots.litwareinc.com".to_owned()));
        for (user, peer, expected) in [
            ("", "", true),
            ("", "::1", true),
            ("", "[::1]:4711", true),
            ("", "BOTS.litwareinc.com", true),
            ("", "127.0.0.2", false),
            ("ken", "", false),
        ] {
            let pick = pick(user, "", peer);
            assert_eq!(pick.record(&record), expected, "{user} {peer}");
            let printed = record.print(0, Component::SipStack);
            assert_eq!(pick.printed(Printed(&printed)), expected, "{user} {peer}");
        }
    }
}
