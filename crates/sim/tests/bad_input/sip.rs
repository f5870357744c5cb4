//! SIP over TCP and TLS.

use sip::Message;
use sip::framing::{Frame, Framer};

use crate::raw::Raw;
use crate::world::{JULIET, ROMEO, World};

/// A request of nobody, whose Content-Length line is `length`.
pub fn request(method: &str, number: u32, more: &str, length: &str) -> String {
    format!(
        "{method} sip:{JULIET} SIP/2.0\r\nVia: SIP/2.0/TCP bad.invalid;branch=z9hG4bK{number}\r\n\
         Max-Forwards: 70\r\nFrom: <sip:{ROMEO}>;tag=b\r\nTo: <sip:{JULIET}>\r\n\
         Call-ID: {number}@bad.invalid\r\nCSeq: {number} {method}\r\n{more}{length}\r\n\r\n"
    )
}

pub fn options(number: u32) -> String {
    request("OPTIONS", number, "", "Content-Length: 0")
}

/// The statuses in what came; every message must be a good response.
fn statuses(bytes: &[u8], what: &str) -> Vec<u16> {
    let mut framer = Framer::new(1 << 20);
    framer.push(bytes);
    let mut found = Vec::new();
    while let Some(frame) = framer.next().unwrap_or_else(|error| panic!("{what}: {error}")) {
        if let Frame::Message(bytes) = frame {
            let message = Message::parse(bytes).unwrap_or_else(|error| panic!("{what}: {error}"));
            found.push(message.status().unwrap_or_else(|| panic!("{what}: a request")));
        }
    }
    found
}

/// Name, bytes, the answers that come before the node closes by itself.
pub fn hopeless() -> Vec<(&'static str, Vec<u8>, &'static [u16])> {
    let long = "x".repeat(20_000);
    let with_length = |length: &str| request("MESSAGE", 1, "", length).into_bytes();
    vec![
        ("garbage", b"what is this?\r\n".to_vec(), &[]),
        ("binary", vec![0, 255, 254, 128, 1, 2, 3], &[]),
        ("NULs", vec![0; 100_000], &[]),
        ("a TLS record", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".to_vec(), &[]),
        ("HTTP", b"GET / HTTP/1.1\r\nHost: a\r\n\r\n".to_vec(), &[]),
        ("SMTP", b"EHLO a\r\n".to_vec(), &[]),
        ("a lone CR", b"\rOPTIONS sip:a SIP/2.0\r\n".to_vec(), &[]),
        ("a start line without end", format!("OPTIONS sip:{long}").into_bytes(), &[]),
        ("an oversize start line", format!("OPTIONS sip:{long} SIP/2.0\r\n").into_bytes(), &[]),
        (
            "an oversize header",
            request("MESSAGE", 1, &format!("Subject: {long}\r\n"), "l: 0").into_bytes(),
            &[513],
        ),
        (
            "a head without end",
            request("MESSAGE", 1, &format!("Subject: {long}"), "").into_bytes(),
            &[513],
        ),
        (
            "hundreds of header lines",
            request("MESSAGE", 1, &"A: b\r\n".repeat(500), "l: 0").into_bytes(),
            &[513],
        ),
        (
            "thousands of header lines",
            request("MESSAGE", 1, &"Subject: b\r\n".repeat(5000), "l: 0").into_bytes(),
            &[513],
        ),
        ("an oversize body", with_length("Content-Length: 1000000"), &[413]),
        ("the largest body", with_length("Content-Length: 4294967295"), &[413]),
        ("more than a number", with_length("Content-Length: 99999999999999999999"), &[400]),
        ("a negative length", with_length("Content-Length: -1"), &[400]),
        ("two lengths", with_length("Content-Length: 2\r\nContent-Length: 0"), &[400]),
        ("no length", with_length("Subject: x"), &[400]),
        ("a length in words", with_length("Content-Length: two"), &[400]),
        (
            "invalid UTF-8",
            {
                let mut bytes = request("MESSAGE", 1, "Subject: ?\r\n", "l: 0").into_bytes();
                let at = bytes.iter().position(|byte| *byte == b'?').unwrap();
                bytes[at] = 0xff;
                bytes
            },
            &[],
        ),
    ]
}

/// Name, bytes, the answer; the connection stays.
pub fn answered() -> Vec<(&'static str, Vec<u8>, u16)> {
    let good = options(7);
    let with = |from: &str, to: &str| good.replacen(from, to, 1).into_bytes();
    vec![
        ("a NUL in a header", with("Max-Forwards: 70", "Subject: a\0b"), 400),
        ("a line without colon", with("Max-Forwards: 70", "Max-Forwards 70"), 400),
        ("no Call-ID", with("Call-ID", "X-Call-ID"), 400),
        ("no CSeq", with("CSeq", "X-CSeq"), 400),
        ("two From", with("To: ", "From: <sip:a@b>;tag=1\r\nTo: "), 400),
        ("another method in CSeq", with("7 OPTIONS", "7 MESSAGE"), 400),
        ("a CSeq that is too large", with("7 OPTIONS", "99999999999 OPTIONS"), 400),
        ("another version", with("SIP/2.0\r\nVia", "SIP/9.9\r\nVia"), 505),
        ("an unknown method", with("OPTIONS sip", "options sip"), 400),
        ("a broken URI", with("OPTIONS sip:juliet@", "OPTIONS sip:[::@"), 400),
        ("an unknown extension", request("MESSAGE", 7, "Require: x\r\n", "l: 0").into(), 420),
        (
            "an unknown scheme",
            request("MESSAGE", 7, "", "l: 0").replacen("MESSAGE sip:", "MESSAGE foo:", 1).into(),
            416,
        ),
        ("a CANCEL of nothing", request("CANCEL", 7, "", "l: 0").into(), 481),
        ("nothing wrong", good.clone().into_bytes(), 200),
    ]
}

#[test]
fn a_clear_answer_or_the_end() {
    let mut world = World::new();
    let tls = world.sip_tls();
    for (what, bytes, expected) in hopeless() {
        for mut raw in [Raw::tcp(world.sip()), Raw::tls(world.sips(), &tls)] {
            // Nothing is half-closed: the node ends it.
            let heard = raw.send(&bytes).rest();
            assert_eq!(statuses(&heard, what), expected, "{what}");
        }
    }
    world.all_is_well("hopeless SIP");
    for (what, bytes, expected) in answered() {
        for mut raw in [Raw::tcp(world.sip()), Raw::tls(world.sips(), &tls)] {
            // The next request on the connection is answered, too.
            let heard = raw.send(&bytes).send(options(8)).finish().rest();
            assert_eq!(statuses(&heard, what), [expected, 200], "{what}");
        }
        let heard = Raw::tcp(world.sip()).send_slowly(&bytes).finish().rest();
        assert_eq!(statuses(&heard, what), [expected], "{what}, byte by byte");
    }
    world.all_is_well("malformed SIP");
    for (what, bytes) in [
        ("text", options(1).into_bytes()),
        ("garbage", b"\x16\x03\x01\x00\x05hello".to_vec()),
        ("a record without end", [&b"\x16\x03\x01\xff\xff"[..], &[1; 70_000]].concat()),
        ("NULs", vec![0; 100_000]),
    ] {
        let heard = Raw::tcp(world.sips()).send(&bytes).rest();
        // At most an alert: content type 21.
        assert!(heard.is_empty() || heard[0] == 21, "{what}: {heard:?}");
    }
    world.all_is_well("no TLS on the TLS port");
    world.end(&[]);
}

#[test]
fn floods() {
    let mut world = World::new();
    // Connected and silent: half of them on the TLS port without a handshake.
    let half_open: Vec<Raw> = (0..600)
        .map(|n| {
            let mut raw = Raw::tcp(if n % 2 == 0 { world.sip() } else { world.sips() });
            raw.send(&options(1).as_bytes()[..n % 60]);
            raw
        })
        .collect();
    world.all_is_well("six hundred half-open connections");
    drop(half_open);
    // One connection that asks without listening; the node cuts it or keeps up, and does not swell.
    let mut deaf = Raw::tcp(world.sip());
    let many: String = (0..500).map(options).collect();
    for _ in 0..40 {
        deaf.send(&many);
    }
    world.all_is_well("twenty thousand requests");
    let malformed = request("MESSAGE", 1, "Max-Forwards: 70\r\n", "l: 0");
    let many = malformed.repeat(500);
    for _ in 0..40 {
        Raw::tcp(world.sip()).send(&many).finish().rest();
    }
    world.all_is_well("twenty thousand malformed requests");
    world.end(&[]);
}
