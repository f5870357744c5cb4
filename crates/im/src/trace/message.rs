//! A SIP message as a record of the trace: with time, direction and both ends. Owns how its lines
//! are found and printed; what of it is a secret is `mask`.

use std::fmt::Write as _;
use std::net::SocketAddr;

use sip::{Flow, Transport};

use super::interest::Component;
use super::mask::{Bodies, mask};
use super::record::{END, Flag, Severity, head, one_line};

/// Which way a message went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// To us.
    Incoming,
    /// From us.
    Outgoing,
}

impl Direction {
    /// As it stands in a record.
    pub fn as_str(self) -> &'static str {
        match self {
            Direction::Incoming => "incoming",
            Direction::Outgoing => "outgoing",
        }
    }
}

/// The two ends of a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ends {
    /// Which connection.
    pub flow: Flow,
    /// Our end.
    pub local: SocketAddr,
    /// The other end.
    pub peer: SocketAddr,
    /// The name in the other end's certificate, if it showed one.
    pub peer_name: Option<String>,
    /// How bytes travel.
    pub transport: Transport,
}

/// One message that came or went.
#[derive(Clone, Copy, Debug)]
pub struct TracedMessage<'a> {
    /// Which way.
    pub direction: Direction,
    /// Between whom.
    pub ends: &'a Ends,
    /// As on the wire.
    pub bytes: &'a [u8],
}

impl TracedMessage<'_> {
    /// The record, without secrets.
    pub fn print(&self, at_ms: i64, component: Component, bodies: Bodies) -> String {
        let masked = mask(self.bytes, bodies);
        let (severity, flag) = (Severity::Information, Flag::Protocol);
        let mut out = head(severity, flag, at_ms, component, "TraceProtocolRecord");
        let (head, body) = body_of(&masked.bytes);
        let mut lines = Lines::of(head).map(shown);
        let start = lines.next().unwrap_or_default();
        let kind = if start.starts_with("SIP/") { "response" } else { "request" };
        let Ends { flow, local, peer, peer_name, transport } = self.ends;
        let number = correlation(call_id(self.bytes).unwrap_or_default().as_bytes());
        let _ = write!(
            out,
            "Trace-Correlation-Id: {number}\nInstance-Id: {:X}\nDirection: {}\nPeer: {peer}\n",
            flow.0,
            self.direction.as_str(),
        );
        if let Some(name) = peer_name {
            let _ = writeln!(out, "Peer-Name: {}", one_line(name));
        }
        let _ = write!(
            out,
            "Local: {local}\nTransport: {transport}\nMessage-Type: {kind}\nStart-Line: {start}\n"
        );
        for line in lines.filter(|line| !line.is_empty()) {
            let _ = writeln!(out, "{line}");
        }
        match masked.hidden {
            Some(bytes) => {
                let _ = writeln!(out, "{BODY}{HIDDEN_BODY} ({bytes} bytes)");
            }
            None if !body.is_empty() => {
                out.push_str(BODY);
                let text = String::from_utf8_lossy(body);
                for line in text.trim_end_matches(['\r', '\n']).lines() {
                    let _ = writeln!(out, "{}", one_line(line));
                }
            }
            None => {}
        }
        out.push_str(END);
        out
    }
}

pub(super) const BODY: &str = "Message-Body: ";
/// As Lync Server says it.
pub(super) const HIDDEN_BODY: &str = "----****MESSAGE BODY DELETED****----";

/// The number that all records of a call share: FNV-1a of its Call-ID.
pub fn correlation(call_id: &[u8]) -> u32 {
    call_id
        .iter()
        .fold(0x811c_9dc5, |hash: u32, byte| (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193))
}

/// The Call-ID of a message, if it has one.
pub(super) fn call_id(message: &[u8]) -> Option<String> {
    let (head, _) = body_of(message);
    Lines::of(head).skip(1).find_map(|line| {
        let text = String::from_utf8_lossy(line);
        let (name, value) = text.split_once(':')?;
        let name = name.trim();
        let is_it = name.eq_ignore_ascii_case("call-id") || name.eq_ignore_ascii_case("i");
        is_it.then(|| value.trim().to_owned())
    })
}

/// A header line as one line without its end.
fn shown(line: &[u8]) -> String {
    let text = String::from_utf8_lossy(line);
    let parts = text.lines().map(str::trim).filter(|part| !part.is_empty());
    one_line(&parts.collect::<Vec<_>>().join(" "))
}

/// Head with the empty line, and body. Without an empty line all is head.
pub(super) fn body_of(message: &[u8]) -> (&[u8], &[u8]) {
    let mut at = 0;
    for line in message.split_inclusive(|byte| *byte == b'\n') {
        at += line.len();
        if line == b"\r\n" || line == b"\n" {
            break;
        }
    }
    message.split_at_checked(at).unwrap_or((message, &[]))
}

/// The lines of a head, each with its folds and its end.
pub(super) struct Lines<'a>(&'a [u8]);

impl<'a> Lines<'a> {
    pub(super) fn of(head: &'a [u8]) -> Lines<'a> {
        Lines(head)
    }
}

impl<'a> Iterator for Lines<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let mut end = 0;
        for line in self.0.split_inclusive(|byte| *byte == b'\n') {
            let is_fold = matches!(line.first(), Some(b' ' | b'\t'));
            if end > 0 && !is_fold {
                break;
            }
            end += line.len();
        }
        let (line, rest) = self.0.split_at_checked(end)?;
        self.0 = rest;
        (!line.is_empty()).then_some(line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ends() -> Ends {
        Ends {
            flow: Flow(26),
            local: ([127, 0, 0, 1], 5061).into(),
            peer: ([127, 0, 0, 2], 4711).into(),
            peer_name: Some("atl-owa-001.litwareinc.com".to_owned()),
            transport: Transport::Tls,
        }
    }

    fn print(direction: Direction, bytes: &[u8], bodies: Bodies) -> String {
        let ends = ends();
        let message = TracedMessage { direction, ends: &ends, bytes };
        message.print(1_372_404_572_443, Component::SipStack, bodies)
    }

    #[test]
    fn the_record_of_a_request() {
        let request = b"MESSAGE sip:pilar@litwareinc.com SIP/2.0\r\n\
            Via: SIP/2.0/TLS h\r\nf: <sip:ken@h>;\r\n tag=1\r\ni: abc@h\r\nCSeq: 7 MESSAGE\r\n\
            Content-Type: text/plain\r\nContent-Length: 5\r\n\r\nHello";
        let record = print(Direction::Incoming, request, Bodies::Hidden);
        assert_eq!(
            record,
            "TL_INFO(TF_PROTOCOL) [0]::06/28/2013-07:29:32.443 \
             (SIPStack,SIPAdminLog::TraceProtocolRecord)$$begin_record\n\
             Trace-Correlation-Id: 1766003067\n\
             Instance-Id: 1A\n\
             Direction: incoming\n\
             Peer: 127.0.0.2:4711\n\
             Peer-Name: atl-owa-001.litwareinc.com\n\
             Local: 127.0.0.1:5061\n\
             Transport: TLS\n\
             Message-Type: request\n\
             Start-Line: MESSAGE sip:pilar@litwareinc.com SIP/2.0\n\
             Via: SIP/2.0/TLS h\n\
             f: <sip:ken@h>; tag=1\n\
             i: abc@h\n\
             CSeq: 7 MESSAGE\n\
             Content-Type: text/plain\n\
             Content-Length: 5\n\
             Message-Body: ----****MESSAGE BODY DELETED****---- (5 bytes)\n\
             $$end_record\n"
        );
        let record = print(Direction::Outgoing, request, Bodies::Shown);
        assert!(record.contains("\nDirection: outgoing\n"), "{record}");
        assert!(record.contains("\nMessage-Body: Hello\n$$end_record\n"), "{record}");
    }

    #[test]
    fn nothing_breaks_out_of_a_record() {
        let bytes = b"SIP/2.0 200 $$end_record\r\nX: \x1b[2J\x00\r\nCSeq: 1 NOTIFY\r\n\r\na\r\n$$end_record\n";
        let record = print(Direction::Incoming, bytes, Bodies::Hidden);
        assert_eq!(record.matches("$$end_record").count(), 1, "{record}");
        assert!(record.contains("X: \\u{1b}[2J\\u{0}\n"), "{record}");
        assert!(record.contains("Message-Type: response\n"), "{record}");
        for bytes in [&b""[..], b"\r\n\r\n", b"\xff", b"x"] {
            let record = print(Direction::Incoming, bytes, Bodies::Hidden);
            assert!(record.ends_with("$$end_record\n"), "{record}");
        }
    }
}
