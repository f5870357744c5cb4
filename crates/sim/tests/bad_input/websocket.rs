//! Frames that RFC 6455 forbids, on the page's WebSocket; and messages that are no requests.

use serde_json::Value;
use sim::served::passwords_of;

use crate::corpora;
use crate::raw::Raw;
use crate::world::{KEN, World};

/// Ken's WebSocket.
fn open(world: &World, credentials: &str) -> Raw {
    let mut raw = Raw::tls(world.https(), &world.web_tls());
    raw.send(format!(
        "GET /jmap/ws HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\n\
         Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: jmap\r\n\
         Authorization: Basic {credentials}\r\n\r\n"
    ));
    let mut status = raw.line();
    assert!(status.starts_with("HTTP/1.1 101 "), "{status}");
    while !status.is_empty() {
        status = raw.line();
    }
    raw
}

/// A frame of a client, masked with zeros; `first` is FIN, RSV and opcode.
pub fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![first];
    match payload.len() {
        length @ 0..=125 => bytes.push(0x80 | length as u8),
        length @ 126..=65_535 => {
            bytes.push(0x80 | 126);
            bytes.extend_from_slice(&(length as u16).to_be_bytes());
        }
        length => {
            bytes.push(0x80 | 127);
            bytes.extend_from_slice(&(length as u64).to_be_bytes());
        }
    }
    bytes.extend_from_slice(&[0; 4]);
    bytes.extend_from_slice(payload);
    bytes
}

/// What a frame of the server says: its first byte and its payload; zero and nothing at the end.
pub fn heard(raw: &mut Raw) -> (u8, Vec<u8>) {
    let [first, length] = raw.exactly(2)[..] else { return (0, Vec::new()) };
    let length = match length {
        126 => raw.exactly(2).iter().fold(0, |sum, byte| sum << 8 | usize::from(*byte)),
        127 => raw.exactly(8).iter().fold(0, |sum, byte| sum << 8 | usize::from(*byte)),
        length => usize::from(length),
    };
    (first, raw.exactly(length))
}

#[test]
fn forbidden_frames_end_the_connection() {
    let mut world = World::new();
    let password = &passwords_of(&world.node.data())[KEN];
    let credentials = base64(&format!("{KEN}:{password}"));
    let mut huge = vec![0x81, 0xff];
    huge.extend_from_slice(&u64::MAX.to_be_bytes());
    huge.extend_from_slice(&[0; 1000]);
    let mut large = vec![0x81, 0xff];
    large.extend_from_slice(&(4_000_000_000_u64).to_be_bytes());
    large.extend_from_slice(&[0; 1000]);
    for (what, bytes) in [
        ("unmasked", b"\x81\x02{}".to_vec()),
        ("opcode 3", frame(0x83, b"x")),
        ("opcode 11", frame(0x8b, b"")),
        ("a reserved bit", frame(0xc1, b"{}")),
        ("all reserved bits", frame(0xf1, b"{}")),
        ("a long ping", frame(0x89, &[0; 126])),
        ("a ping in pieces", frame(0x09, b"x")),
        ("a continuation of nothing", frame(0x80, b"x")),
        ("text within text", [frame(0x01, b"{"), frame(0x81, b"}")].concat()),
        ("invalid UTF-8", frame(0x81, b"\xff\xfe")),
        ("a close of one byte", frame(0x88, b"x")),
        ("a close with a number nobody has", frame(0x88, &999_u16.to_be_bytes())),
        ("a length beyond numbers", huge),
        ("four gigabytes announced", large),
        ("a message over the limit", frame(0x81, &vec![b' '; 1_100_000])),
        ("HTTP", b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n".to_vec()),
    ] {
        let mut raw = open(&world, &credentials);
        let rest = raw.send(&bytes).rest();
        // Nothing, or a close frame.
        assert!(rest.is_empty() || rest[0] == 0x88, "{what}: {rest:?}");
    }
    world.all_is_well("forbidden frames");
    let mut raw = open(&world, &credentials);
    let ask = |raw: &mut Raw, text: &[u8]| {
        raw.send(frame(0x81, text));
        let (first, payload) = heard(raw);
        assert_eq!(first, 0x81, "{}", String::from_utf8_lossy(text));
        serde_json::from_slice::<Value>(&payload).unwrap()
    };
    let deep = "[".repeat(100_000);
    for text in ["", "{", "[]", "null", "{\"@type\":\"X\"}", "\0", &deep] {
        let answer = ask(&mut raw, text.as_bytes());
        assert_eq!(answer["@type"], "RequestError", "{text:.20}: {answer}");
    }
    for (name, bytes) in corpora::files("json-parsing") {
        if std::str::from_utf8(&bytes).is_err() {
            continue;
        }
        let answer = ask(&mut raw, &bytes);
        assert_eq!(answer["@type"], "RequestError", "{name}: {answer}");
    }
    raw.send(frame(0x82, b"\0\x01"));
    assert_eq!(heard(&mut raw).0, 0x81, "binary messages are answered");
    world.all_is_well("messages that are no requests");
    drop(raw);
    // Half a frame, and silence; the sockets of one person are bounded.
    let mut open_ones = Vec::new();
    for _ in 0..32 {
        let mut raw = open(&world, &credentials);
        raw.send([0x81, 0xfe, 0x10]);
        open_ones.push(raw);
    }
    world.all_is_well("half frames");
    drop(open_ones);
    world.end(&[]);
}

fn base64(text: &str) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(text)
}
