//! One record, as `Watch-CsClsLogging` gives it.

use std::net::SocketAddr;

use shell::lang::{Object, Value};

/// See the head of the file.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    /// When, milliseconds UTC.
    pub(super) at_ms: i64,
    /// FQDN of the computer that saw it.
    pub(super) computer: String,
    /// `SIPStack` or `S4`.
    pub(super) component: String,
    /// The other end's address.
    pub(super) peer: String,
    /// Start line, or what happened.
    pub(super) summary: String,
    /// Its call.
    pub(super) call_id: Option<String>,
    /// `1 REGISTER`
    pub(super) cseq: String,
    /// Of a response.
    pub(super) status: Option<u16>,
    /// As printed.
    pub(super) text: String,
    /// The message, if it is one.
    pub(super) message: Option<Message>,
}

/// A message on a connection.
#[derive(Clone, Debug)]
pub(super) struct Message {
    /// Whether it came to the computer.
    pub(super) is_incoming: bool,
    /// The computer's end.
    pub(super) local: SocketAddr,
    /// The other end.
    pub(super) peer: SocketAddr,
    /// The name in the other end's certificate.
    pub(super) peer_name: Option<String>,
    /// Whether it went by UDP.
    pub(super) is_datagram: bool,
    /// As on the wire, without secrets.
    pub(super) bytes: Vec<u8>,
}

impl Message {
    /// From where to where it went.
    pub(super) fn way(&self) -> (SocketAddr, SocketAddr) {
        if self.is_incoming { (self.peer, self.local) } else { (self.local, self.peer) }
    }
}

impl Seen {
    /// Reads an object; `None` if it is no record.
    pub(super) fn of(value: &Value) -> Option<Seen> {
        let Value::Object(object) = value else { return None };
        let Some(Value::Time(at_ms)) = object.get("Time") else { return None };
        let summary = text(object, "Summary").unwrap_or_default();
        let status = summary.strip_prefix("SIP/2.0 ").and_then(|rest| rest.get(..3)?.parse().ok());
        Some(Seen {
            at_ms,
            computer: text(object, "Computer")?,
            component: text(object, "Component")?,
            peer: text(object, "Peer").unwrap_or_default(),
            call_id: text(object, "CallId"),
            cseq: text(object, "CSeq").unwrap_or_default(),
            text: text(object, "Text")?,
            message: message(object),
            status,
            summary,
        })
    }
}

fn text(object: &Object, name: &str) -> Option<String> {
    object.get(name)?.as_str().map(str::to_owned)
}

fn message(object: &Object) -> Option<Message> {
    let Some(Value::Bytes(bytes)) = object.get("Bytes") else { return None };
    Some(Message {
        is_incoming: text(object, "Direction")? == "incoming",
        local: text(object, "Local")?.parse().ok()?,
        peer: text(object, "Peer")?.parse().ok()?,
        peer_name: text(object, "PeerName"),
        is_datagram: text(object, "Transport")? == "UDP",
        bytes: bytes.to_vec(),
    })
}

/// `07:29:32.443`, UTC.
pub(super) fn time_of_day(at_ms: i64) -> String {
    let moment = jiff::Timestamp::from_millisecond(at_ms).unwrap_or_default();
    moment.strftime("%H:%M:%S%.3f").to_string()
}
