//! Which transaction a message belongs to (RFC 3261 §17.1.3, §17.2.3).
//!
//! Owns: the keys of server transactions, the branches of client transactions.
//! Does not: hold transactions (`stack`). Read next: `stack/receive`.

use std::fmt::Write as _;

use crate::message::header::via::BRANCH_COOKIE;
use crate::message::{Message, Method};
use crate::stack::Flow;

/// The key of a server transaction. The flow is part of it: COMPAT(pidgin-sipe): two clients
/// started in the same second send equal branches, tags and Call-IDs.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct ServerKey {
    flow: Flow,
    id: Box<str>,
}

impl ServerKey {
    /// The transaction `request` begins or belongs to; an ACK belongs to its INVITE.
    pub(crate) fn of(request: &Message, flow: Flow) -> Option<ServerKey> {
        let method = match request.method_token()? {
            "ACK" => "INVITE",
            method => method,
        };
        ServerKey::with_method(request, flow, method)
    }

    /// The INVITE transaction a CANCEL is meant for (RFC 3261 §9.2).
    pub(crate) fn cancelled_by(cancel: &Message, flow: Flow) -> Option<ServerKey> {
        ServerKey::with_method(cancel, flow, "INVITE")
    }

    fn with_method(request: &Message, flow: Flow, method: &str) -> Option<ServerKey> {
        let via = request.via().ok()?;
        let port = via.port.unwrap_or(0);
        if let Some(branch) = via.branch().filter(|_| via.has_unique_branch()) {
            let mut id = String::with_capacity(branch.len() + via.host.len() + method.len() + 8);
            id.push_str(branch);
            id.push('\n');
            id.extend(via.host.chars().map(|c| c.to_ascii_lowercase()));
            let _ = write!(id, ":{port}\n{method}");
            return Some(ServerKey { flow, id: id.into() });
        }
        // RFC 2543: the fields that make a request unique. The To tag is not one of them for
        // INVITE, its ACK and its CANCEL: the ACK carries the tag of our response.
        let sent_by = via.host.to_ascii_lowercase();
        let to_tag = match method {
            "INVITE" => "",
            _ => request.to_tag().unwrap_or(""),
        };
        let id = format!(
            "{}\n{}\n{}\n{}\n{to_tag}\n{};{sent_by}:{port}\n{method}",
            request.request_uri_text()?,
            request.call_id()?,
            request.cseq().ok()?.number,
            request.from_tag().unwrap_or(""),
            via.branch().unwrap_or(""),
        );
        Some(ServerKey { flow, id: id.into() })
    }
}

/// The branch of a client transaction: its number, so that it is found without a search, and
/// random digits, so that nobody can guess it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Branch {
    pub(crate) number: u64,
    pub(crate) secret: u64,
}

impl Branch {
    pub(crate) fn print(self) -> String {
        format!("{BRANCH_COOKIE}{:016x}{:016x}", self.number, self.secret)
    }

    /// Reads one of ours.
    pub(crate) fn read(branch: &str) -> Option<Branch> {
        let digits = branch.strip_prefix(BRANCH_COOKIE)?;
        let (number, secret) = digits.split_at_checked(16)?;
        let read = |text: &str| {
            let fine = text.len() == 16 && text.bytes().all(|b| b.is_ascii_hexdigit());
            if fine { u64::from_str_radix(text, 16).ok() } else { None }
        };
        Some(Branch { number: read(number)?, secret: read(secret)? })
    }

    /// The transaction a response is for: CANCEL has its INVITE's branch, so its number is the
    /// next (INVITEs have even ones).
    pub(crate) fn of_response(response: &Message) -> Option<Branch> {
        let branch = Branch::read(response.via().ok()?.branch()?)?;
        let cancel = response.cseq().ok()?.method == Method::Cancel;
        Some(Branch { number: branch.number | u64::from(cancel), ..branch })
    }
}

/// Whether a response is to the method its transaction sent.
pub(crate) fn is_for(response: &Message, method: &Method) -> bool {
    response.cseq().is_ok_and(|cseq| cseq.method == *method)
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;

    fn request(method: &str, via: &str, to: &str) -> Message {
        let text = format!(
            "{method} sip:b@c SIP/2.0\r\nVia: SIP/2.0/TLS {via}\r\nFrom: <sip:a@c>;tag=1\r\n\
             To: <sip:b@c>{to}\r\nCall-ID: 7\r\nCSeq: 3 {method}\r\n\r\n"
        );
        Message::parse(Bytes::from(text)).unwrap()
    }

    #[test]
    fn keys() {
        let key = |method, via, to| ServerKey::of(&request(method, via, to), Flow(1)).unwrap();
        let invite = key("INVITE", "h;branch=z9hG4bKx", "");
        for (same, other) in [
            (true, key("INVITE", "H;branch=z9hG4bKx", "")),
            (true, key("ACK", "h;branch=z9hG4bKx", ";tag=9")),
            (false, key("CANCEL", "h;branch=z9hG4bKx", "")),
            (false, key("INVITE", "h;branch=z9hG4bKy", "")),
            (false, key("INVITE", "h:5070;branch=z9hG4bKx", "")),
            (false, ServerKey::of(&request("INVITE", "h;branch=z9hG4bKx", ""), Flow(2)).unwrap()),
        ] {
            assert_eq!(invite == other, same, "{other:?}");
        }
        let cancel = request("CANCEL", "h;branch=z9hG4bKx", "");
        assert_eq!(ServerKey::cancelled_by(&cancel, Flow(1)), Some(invite));
    }

    #[test]
    fn keys_of_rfc_2543() {
        let key = |method, via, to| ServerKey::of(&request(method, via, to), Flow(1)).unwrap();
        for via in ["h", "h;branch=1", "h;branch=z9hG4bK"] {
            assert_eq!(key("INVITE", via, ""), key("ACK", via, ";tag=9"), "{via}");
            assert_ne!(key("BYE", via, ";tag=8"), key("BYE", via, ";tag=9"));
            assert_ne!(key("INVITE", via, ""), key("MESSAGE", via, ""));
        }
        assert_ne!(key("INVITE", "h", ""), key("INVITE", "i", ""));
    }

    #[test]
    fn branches() {
        let branch = Branch { number: 6, secret: u64::MAX };
        assert_eq!(branch.print(), "z9hG4bK0000000000000006ffffffffffffffff");
        assert_eq!(Branch::read(&branch.print()), Some(branch));
        for other in [
            "",
            "z9hG4bK",
            "z9hG4bK0000000000000006fffffffffffffff",
            "z9hG4bK+000000000000006ffffffffffffffff",
        ] {
            assert_eq!(Branch::read(other), None, "{other}");
        }
    }
}
