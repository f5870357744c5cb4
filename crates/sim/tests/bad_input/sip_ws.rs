//! SIP over WebSocket: each frame is by itself, as a datagram is; what is no WebSocket, or too
//! large, ends the connection.

use sip::{Message, Name};

use crate::raw::Raw;
use crate::sip::{answered, hopeless, options};
use crate::websocket::{frame, heard};
use crate::world::World;

/// FIN, and what is inside.
pub const TEXT: u8 = 0x81;
const BINARY: u8 = 0x82;
/// What one message may have: the largest head and the largest body of a client.
const MESSAGE_MAX: usize = 62 * 1024;

/// A connection with what the handshake asked for, and the first line of the answer.
pub fn shake(mut raw: Raw, subprotocol: &str) -> (Raw, String) {
    raw.send(format!(
        "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
         {subprotocol}\r\n"
    ));
    let status = raw.line();
    let mut line = status.clone();
    while !line.is_empty() {
        line = raw.line();
    }
    (raw, status)
}

pub struct Page {
    pub raw: Raw,
    asked: u32,
}

impl Page {
    pub fn open(world: &World, is_secure: bool) -> Page {
        let config = &world.node.config.registrar;
        let raw = match is_secure {
            true => Raw::tls(config.listen_wss[0], &world.sip_tls()),
            false => Raw::tcp(config.listen_ws[0]),
        };
        let (raw, status) = shake(raw, "Sec-WebSocket-Protocol: xmpp, sip\r\n");
        assert!(status.starts_with("HTTP/1.1 101 "), "{status}");
        Page { raw, asked: 2_000_000 }
    }

    /// Sends something and then a good question; gives the statuses that came before the good
    /// question's answer.
    fn ask(&mut self, bytes: &[u8], what: &str) -> Vec<u16> {
        self.raw.send(frame(kind_of(bytes), bytes));
        let answers = self.ask_after(what);
        answers.iter().map(|answer| answer.status().unwrap()).collect()
    }

    /// Sends a good question after what was sent; gives what came before its answer.
    pub fn ask_after(&mut self, what: &str) -> Vec<Message> {
        self.asked += 1;
        self.raw.send(frame(TEXT, options(self.asked).as_bytes()));
        let call = format!("{}@bad.invalid", self.asked);
        let mut answers = Vec::new();
        loop {
            let (first, payload) = heard(&mut self.raw);
            assert!(matches!(first, TEXT | BINARY), "{what}: {first:#x}");
            if payload == b"\r\n" {
                continue;
            }
            let answer = Message::parse(payload.into());
            let answer = answer.unwrap_or_else(|error| panic!("{what}: {error}"));
            if answer.header(Name::CallId) == Some(&call) {
                assert_eq!(answer.status(), Some(200), "{what}: the good question");
                return answers;
            }
            answers.push(answer);
        }
    }
}

/// Text where it is text (RFC 7118 §5.1).
pub fn kind_of(bytes: &[u8]) -> u8 {
    if std::str::from_utf8(bytes).is_ok() { TEXT } else { BINARY }
}

#[test]
fn each_frame_is_by_itself() {
    let mut world = World::new();
    for is_secure in [false, true] {
        let mut page = Page::open(&world, is_secure);
        for (what, bytes, _) in hopeless() {
            if bytes.len() <= MESSAGE_MAX {
                page.ask(&bytes, what);
            }
        }
        for (what, bytes, expected) in answered() {
            // They have a branch in common: on one connection they would be one transaction.
            let statuses = Page::open(&world, is_secure).ask(&bytes, what);
            assert_eq!(statuses, [expected], "{what}");
        }
    }
    world.all_is_well("malformed frames");
    world.end(&[]);
}

#[test]
fn what_is_no_sip_over_websocket_ends_the_connection() {
    let mut world = World::new();
    let ws = world.node.config.registrar.listen_ws[0];
    for subprotocol in ["", "Sec-WebSocket-Protocol: jmap\r\n", "Sec-WebSocket-Protocol: sips\r\n"]
    {
        let (_, status) = shake(Raw::tcp(ws), subprotocol);
        assert!(status.starts_with("HTTP/1.1 400 "), "{subprotocol}: {status}");
    }
    for (what, bytes) in [
        ("SIP without a handshake", options(1).into_bytes()),
        ("a request without upgrade", b"GET / HTTP/1.1\r\nHost: a\r\n\r\n".to_vec()),
        ("garbage", vec![0, 1, 2, 255, 13, 10, 13, 10]),
        ("a head without end", [b"GET / HTTP/1.1\r\nX: ".to_vec(), vec![b'x'; 100_000]].concat()),
    ] {
        let rest = Raw::tcp(ws).send(bytes).finish().rest_text();
        assert!(!rest.starts_with("HTTP/1.1 101"), "{what}: {rest}");
    }
    for (what, bytes) in [
        ("an oversize frame", frame(TEXT, &vec![b'x'; MESSAGE_MAX + 1])),
        ("text that is none", frame(TEXT, &[0xff, 0xfe])),
        ("a frame without mask", vec![TEXT, 1, b'x']),
        ("reserved bits", frame(0xf1, b"x")),
    ] {
        let mut page = Page::open(&world, false);
        page.raw.send(bytes).finish();
        // A close frame, perhaps, and the end.
        let rest = page.raw.rest();
        assert!(rest.len() < 200, "{what}: {rest:?}");
    }
    world.all_is_well("no SIP over WebSocket");
    world.end(&[]);
}
