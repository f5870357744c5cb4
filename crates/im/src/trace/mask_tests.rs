//! What is a secret, as a table: what was on the wire, what is shown.

use super::*;

fn masked(message: &str) -> String {
    String::from_utf8(mask(message.as_bytes(), Bodies::Hidden).bytes).unwrap()
}

/// A header line on its own.
fn line(line: &str) -> String {
    let whole = format!("REGISTER sip:h SIP/2.0\r\n{line}\r\nCSeq: 1 REGISTER\r\n\r\n");
    let masked = masked(&whole);
    let start = "REGISTER sip:h SIP/2.0\r\n".len();
    masked[start..].split("\r\nCSeq").next().unwrap().to_owned()
}

#[test]
fn credentials_and_challenges() {
    for (given, expected) in [
        (
            "Authorization: Digest username=\"ken\", realm=\"r\", nonce=\"n\", uri=\"sip:h\", \
             response=\"6629fae4\", algorithm=MD5, cnonce=\"0a4f\", opaque=\"o\", qop=auth, \
             nc=00000001",
            "Authorization: Digest username=\"ken\", realm=\"r\", nonce=***, uri=\"sip:h\", \
             response=***, algorithm=MD5, cnonce=***, opaque=***, qop=auth, nc=00000001",
        ),
        ("proxy-AUTHORIZATION : Basic a2VuOnB3", "proxy-AUTHORIZATION : Basic ***"),
        ("Authorization: Basic a2VuOnB3==", "Authorization: Basic ***"),
        ("Authorization: Bearer ey.J0.eXA=", "Authorization: Bearer ***"),
        ("Authorization: bearer a=b=c", "Authorization: bearer ***"),
        ("Authorization: Other a2VuOnB3==", "Authorization: Other ***"),
        ("Authorization: Basic  a b c", "Authorization: Basic  *** *** ***"),
        (
            "Proxy-Authorization: NTLM qop=\"auth\", gssapi-data=\"TlRMTVNTUAADAAAA\", \
             targetname=\"pool\", version=4",
            "Proxy-Authorization: NTLM qop=\"auth\", gssapi-data=***, targetname=\"pool\", \
             version=4",
        ),
        (
            "WWW-Authenticate: Digest realm=\"r\",nonce=\"a,b\"",
            "WWW-Authenticate: Digest realm=\"r\",nonce=***",
        ),
        (
            "Authentication-Info: rspauth=\"x\", snum=\"1\", nextnonce=\"y\"",
            "Authentication-Info: rspauth=***, snum=\"1\", nextnonce=***",
        ),
        // Nothing gets out by being wrong.
        (
            "Authorization: Digest response=\"un\\\"closed, realm=\"r\"",
            "Authorization: Digest response=******",
        ),
        ("Authorization: Digest response=\"unclosed, nc=1", "Authorization: Digest response=***"),
        ("Authorization: Digest response = \"6629\"", "Authorization: Digest *** *** ***"),
        ("Authorization: a2VuOnB3", "Authorization: ***"),
        ("Authorization: Digest\r\n response=\"6629\"", "Authorization: Digest\r\n response=***"),
        ("Authorization:", "Authorization:"),
        ("Authorization:\tDigest response=\"6629\"", "Authorization:\tDigest response=***"),
    ] {
        assert_eq!(line(given), expected, "{given}");
    }
}

#[test]
fn passwords_in_uris() {
    for (given, expected) in [
        ("From: <sip:ken:secret@h:5060>;tag=1", "From: <sip:ken:***@h:5060>;tag=1"),
        ("To: SIPS:ken:a,b;c@h", "To: SIPS:ken:***@h"),
        ("To: <sip:ken@h:5060>", "To: <sip:ken@h:5060>"),
        ("Route: <sip:h:5060;lr>, <sip:a:b@h>", "Route: <sip:h:5060;lr>, <sip:a:***@h>"),
        ("Via: SIP/2.0/TLS h:5061;branch=z", "Via: SIP/2.0/TLS h:5061;branch=z"),
    ] {
        assert_eq!(line(given), expected, "{given}");
    }
    let start = masked("MESSAGE sip:ken:secret@h SIP/2.0\r\n\r\n");
    assert!(start.starts_with("MESSAGE sip:ken:***@h SIP/2.0\r\n"), "{start}");
}

fn with_body(method: &str, media: &str, body: &str) -> Masked {
    let message = format!(
        "{method} sip:h SIP/2.0\r\nCSeq: 1 {method}\r\nContent-Type: {media}\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let masked = mask(message.as_bytes(), Bodies::Hidden);
    assert_eq!(masked.bytes.len(), message.len(), "{message}");
    let shown = mask(message.as_bytes(), Bodies::Shown);
    assert_eq!(shown.hidden, None);
    masked
}

#[test]
fn what_people_write() {
    for (method, media, hidden) in [
        ("MESSAGE", "text/plain;charset=UTF-8", true),
        ("MESSAGE", "multipart/mixed;boundary=x", true),
        ("MESSAGE", "application/im-iscomposing+xml", false),
        ("INVITE", "text/plain", true),
        ("INVITE", "application/sdp", false),
        ("NOTIFY", "application/pidf+xml", false),
        ("FOO", "message/cpim", true),
    ] {
        let masked = with_body(method, media, "Hello, Ken!");
        assert_eq!(masked.hidden, hidden.then_some(11), "{method} {media}");
        let text = String::from_utf8(masked.bytes).unwrap();
        assert_eq!(text.contains("Hello"), !hidden, "{text}");
    }
    // Without a CSeq nobody knows what it is.
    assert_eq!(mask(b"X sip:h SIP/2.0\r\n\r\nHello", Bodies::Hidden).hidden, Some(5));
    let invite = line("Ms-Text-Format: text/plain; charset=UTF-8;msgr=WAA;ms-body=SGVsbG8=");
    assert_eq!(invite, "Ms-Text-Format: text/plain; charset=UTF-8;msgr=WAA;ms-body=***");
    let shown = mask(b"MESSAGE sip:h SIP/2.0\r\nCSeq: 1 MESSAGE\r\n\r\nHello", Bodies::Shown);
    assert!(shown.bytes.ends_with(b"Hello"));
}

#[test]
fn keys_of_media() {
    let body = "v=0\r\na=crypto:1 AES_CM_128 inline:abc\r\na=ICE-PWD:xyz\nm=audio 1\r\n";
    let masked = with_body("INVITE", "application/sdp", body);
    let text = String::from_utf8(masked.bytes).unwrap();
    for secret in ["inline", "xyz"] {
        assert!(!text.contains(secret), "{text}");
    }
    assert!(
        text.ends_with("a=crypto:***********************\r\na=ice-pwd:***\nm=audio 1\r\n"),
        "{text}"
    );
}

#[test]
fn whatever_bytes_there_are() {
    for bytes in [
        &b""[..],
        b"\r\n",
        b":",
        b"Authorization",
        b"\xff\xfe:\r\n \r\n\r\n\xff",
        b"sip:",
        b"a=crypto:",
    ] {
        mask(bytes, Bodies::Hidden);
        mask(bytes, Bodies::Shown);
    }
}
