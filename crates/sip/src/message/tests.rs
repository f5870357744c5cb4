//! Messages as read.

use super::*;

fn parse(text: &str) -> Result<Message, ParseError> {
    Message::parse(Bytes::copy_from_slice(text.as_bytes()))
}

/// RFC 3261 §7.5 and §24.2, in the dialect of pidgin-sipe and with what else is allowed.
const REGISTER: &str = "REGISTER sip:example.test SIP/2.0\r\n\
    Via: SIP/2.0/tls 127.0.0.1:52236;branch=z9hG4bK74F370692DB9B3565157\r\n\
    f: \"Al, \\\"ice\\\"\" <sip:alice@example.test>;tag=1874938606;epid=b34afb6ebb23\r\n\
    To: <sip:alice@example.test>\r\n\
    Max-Forwards: 70\r\n\
    CSeq: 1 REGISTER\r\n\
    Call-ID : 23B9gDE36a5673iBA04m714Ct4702bD275x3751x\r\n\
    m: <sip:127.0.0.1:52236;transport=tls>;expires=60,\r\n \
    <sip:b@c>;q=0.5\r\n\
    Contact: sip:d@e\r\n\
    Supported: gruu-10,adhoclist\r\n\
    k: msrtc-event-categories\r\n\
    X-Unheard:\t of \r\n\
    EVENT: registration;id=1\r\n\
    Accept: application/pidf+xml, text/*;q=0.1\r\n\
    c: text/plain\r\n\
    l: 4\r\n\
    \r\n\
    body";

#[test]
fn a_register_is_read() {
    let message = parse(REGISTER).unwrap();
    assert_eq!(message.check(), Ok(()));
    assert_eq!((message.method(), message.status()), (Some(Method::Register), None));
    assert_eq!(message.request_uri().unwrap().host, Host::Name("example.test".into()));
    assert_eq!(message.from().unwrap().display.as_deref(), Some("Al, \"ice\""));
    assert_eq!((message.from_tag(), message.to_tag()), (Some("1874938606"), None));
    assert_eq!(message.call_id(), Some("23B9gDE36a5673iBA04m714Ct4702bD275x3751x"));
    let contacts = message.contacts().unwrap();
    assert_eq!(contacts.len(), 3);
    assert_eq!((contacts[0].expires_s(), contacts[1].q_thousandths()), (Some(60), 500));
    assert!(message.lists(Name::Supported, "AdhocList"));
    assert!(message.lists(Name::Supported, "msrtc-event-categories"));
    assert!(!message.lists(Name::Supported, "gruu"));
    assert_eq!(message.header(Name::Other("x-unheard")), Some("of"));
    assert_eq!(message.header(Name::Other("via")), message.header(Name::Via));
    assert_eq!(message.event().unwrap().id(), Some("1"));
    assert!(message.accept().takes("application/pidf+xml"));
    assert!(message.content_type().unwrap().is("text/plain"));
    assert_eq!(message.body(), "body");
    assert_eq!(message.expires_s(), None);
    assert_eq!(message.lines().count(), 15);
}

#[test]
fn responses_are_read() {
    for (line, status, reason) in [
        ("SIP/2.0 200 OK", 200, "OK"),
        ("SIP/2.0 404 Не найдено", 404, "Не найдено"),
        ("SIP/2.0 100 ", 100, ""),
        ("sip/2.0 699", 699, ""),
    ] {
        let message = parse(&format!("{line}\r\nl: 0\r\n\r\n")).unwrap();
        assert_eq!((message.status(), message.reason()), (Some(status), Some(reason)));
        assert!(!message.is_request());
        assert_eq!(message.request_uri(), Err(ParseError::Uri));
    }
}

#[test]
fn folding_is_a_blank_and_costs_no_offset() {
    let folded = "OPTIONS sip:a SIP/2.0\r\nSubject: one\r\n \ttwo\r\n  three\r\nl: 2\r\n\r\n\r\n a";
    let message = parse(folded).unwrap();
    assert_eq!(message.header(Name::Subject), Some("one   \ttwo    three"));
    assert_eq!(message.bytes().len(), folded.len() - 2);
    assert_eq!(message.body(), "\r\n");
}

#[test]
fn empty_lines_before_the_start_are_ignored() {
    let message = parse("\r\n\r\n\r\nOPTIONS sip:a SIP/2.0\r\nSubject: x\r\n\r\n").unwrap();
    assert_eq!(message.header(Name::Subject), Some("x"));
    assert!(message.body().is_empty());
}

#[test]
fn what_has_no_structure_is_refused() {
    use ParseError::{ContentLength, HeaderLine, NotUtf8, StartLine, Unfinished, Version};
    let with = |line: &str| format!("OPTIONS sip:a SIP/2.0\r\n{line}\r\n\r\n");
    for (text, error) in [
        ("", Unfinished),
        ("OPTIONS sip:a SIP/2.0\r\n", Unfinished),
        ("OPTIONS sip:a SIP/2.0\nVia: x\n\n", Unfinished),
        ("OPTIONS sip:a\r\n\r\n", StartLine),
        ("OPTIONS SIP/2.0\r\n\r\n", StartLine),
        ("OPT(IONS sip:a SIP/2.0\r\n\r\n", StartLine),
        ("OPTIONS sip:a HTTP/1.1\r\n\r\n", StartLine),
        ("OPTIONS sip:a SIP/2.0 \r\n\r\n", StartLine),
        ("OPTIONS sip:a SIP/7.0\r\n\r\n", Version),
        ("SIP/2.0 4294967301 Big\r\n\r\n", StartLine),
        ("SIP/2.0 99 Low\r\n\r\n", StartLine),
        ("SIP/2.0 700 High\r\n\r\n", StartLine),
        ("SIP/3.0 200 OK\r\n\r\n", Version),
        (&with("no colon"), HeaderLine),
        (&with(": empty name"), HeaderLine),
        (&with("a b: c"), HeaderLine),
        (&with("Subject: a\rb"), HeaderLine),
        (&with("Subject: a\nVia: b"), HeaderLine),
        (&with("Subject: a\0b"), HeaderLine),
        (&with("\nContent-Length: 4"), HeaderLine),
        (&with("Subject: a\r\n\n\nContent-Length: 4"), HeaderLine),
        (&with("Content-Length: 1"), ContentLength),
        (&with("Content-Length: +0"), ContentLength),
        (&with("Content-Length: 0\r\nl: 1"), ContentLength),
    ] {
        assert_eq!(parse(text), Err(error), "{text:?}");
    }
    let latin = [&b"OPTIONS sip:a SIP/2.0\r\nSubject: "[..], &[0xe9], b"\r\n\r\n"].concat();
    assert_eq!(Message::parse(Bytes::from(latin)), Err(NotUtf8));
}

#[test]
fn limits_are_kept() {
    let lines = |count: usize| format!("OPTIONS sip:a SIP/2.0\r\n{}\r\n", "X: y\r\n".repeat(count));
    assert!(parse(&lines(crate::limits::HEADERS_MAX)).is_ok());
    let error = Err(ParseError::Limit("header lines"));
    assert_eq!(parse(&lines(crate::limits::HEADERS_MAX + 1)), error);
    let long = format!("OPTIONS sip:a SIP/2.0\r\nX: {}\r\n\r\n", "y".repeat(16 * 1024));
    assert_eq!(parse(&long), Err(ParseError::Limit("head")));
    let contacts = "<sip:a@b>,".repeat(100);
    let many = format!("OPTIONS sip:a SIP/2.0\r\nm: {contacts}<sip:a@b>\r\n\r\n");
    assert_eq!(parse(&many).unwrap().contacts(), Err(ParseError::Limit("Contact")));
}

#[test]
fn checks_find_the_fault_and_its_answer() {
    use ParseError::{Header, MethodMismatch, Missing, Repeated, Uri, Version};
    let good = "MESSAGE sip:b@c SIP/2.0\r\nVia: SIP/2.0/TLS h;branch=z9hG4bK1\r\n\
        From: <sip:a@c>;tag=1\r\nTo: <sip:b@c>\r\nCall-ID: 1@h\r\nCSeq: 1 MESSAGE\r\n\r\n";
    assert_eq!(parse(good).unwrap().check(), Ok(()));
    for (from, to, error, status) in [
        ("Via:", "X:", Missing("Via"), 400),
        ("From:", "X:", Missing("From"), 400),
        ("To:", "X:", Missing("To"), 400),
        ("Call-ID:", "X:", Missing("Call-ID"), 400),
        ("CSeq:", "X:", Missing("CSeq"), 400),
        ("To:", "From: <sip:x@y>\r\nTo:", Repeated("From"), 400),
        ("To:", "Event: a\r\no: b\r\nTo:", Repeated("Event"), 400),
        ("To:", "m: x\r\nTo:", Header("Contact"), 400),
        ("To:", "Max-Forwards: 300\r\nTo:", Header("Max-Forwards"), 400),
        ("To:", "Expires: 1e9\r\nTo:", Header("Expires"), 400),
        ("<sip:a@c>", "\"<sip:a@c>", Header("From"), 400),
        ("tag=1", "tag=", Header("From"), 400),
        ("To: <sip:b@c>", "To: <sip:b@c>;tag", Header("To"), 400),
        ("1@h", "1 h", Header("Call-ID"), 400),
        ("1 MESSAGE", "1 OPTIONS", MethodMismatch, 400),
        ("1 MESSAGE", "1 message", MethodMismatch, 400),
        ("sip:b@c SIP", "<sip:b@c> SIP", Uri, 400),
        ("sip:b@c SIP", "sip:b @c SIP", Uri, 400),
        ("sip:b@c SIP", " sip:b@c SIP", Uri, 400),
        ("SIP/2.0\r\nVia", "SIP/2.1\r\nVia", Version, 505),
        ("SIP/2.0/TLS", "SIP/2.0", Header("Via"), 400),
    ] {
        let text = good.replacen(from, to, 1);
        let message = Message::index(Bytes::from(text.clone())).unwrap();
        assert_eq!(message.check(), Err(error), "{text}");
        assert_eq!(error.status(), status);
    }
}
