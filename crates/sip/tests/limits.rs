//! Each bound of `limits.rs` that the other tests do not reach, reached: just under it all is well,
//! and just over it somebody is told. docs/admin/limits.md has the whole table.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "the whole program is a test"
)]

use bytes::Bytes;
use sip::framing::Framer;
use sip::limits::{
    ALIASES_MAX, BODY_BYTES_MAX, BODY_BYTES_MAX_TRUSTED, CONNECT_QUEUE_BYTES_MAX, HEAD_BYTES_MAX,
    PARAMS_MAX, PING_MS_MIN, SENT_REQUESTS_MAX, TRUSTED_REQUESTS_MAX, URI_BYTES_MAX, VALUES_MAX,
};
use sip::{
    Draft, Event, Failure, Flow, IdentityName, Input, Local, Message, Method, Name, Now, Outgoing,
    Output, ParseError, Peer, PeerIdentity, Ping, Route, Stack, StackConfig, Target, Tick, Token,
    Transport, Uri, Why,
};

/// A stack and what came out of it.
struct One {
    stack: Stack,
    now: Now,
    next: Tick,
    sent: usize,
    dialled: Vec<Flow>,
    events: Vec<Event>,
}

impl One {
    fn new(config: StackConfig) -> One {
        let now = Now { tick: Tick(1_000), wall_ms: 0 };
        let (dialled, events) = (Vec::new(), Vec::new());
        One { stack: Stack::new(config), now, next: Tick::NEVER, sent: 0, dialled, events }
    }

    fn usual() -> One {
        One::new(StackConfig::new("pool.example.test", [9; 32]))
    }

    fn handle(&mut self, input: Input<'_>) {
        self.stack.handle_input(self.now, input);
        loop {
            match self.stack.poll_output() {
                Output::Timeout(next) => {
                    self.next = next;
                    return;
                }
                Output::Transmit { .. } => self.sent += 1,
                Output::Connect { flow, .. } => self.dialled.push(flow),
                Output::Event(event) => self.events.push(event),
                _ => {}
            }
        }
    }

    fn open(&mut self, flow: Flow, is_trusted: bool) {
        let local = Local { address: ([127, 0, 0, 1], 5061).into(), transport: Transport::Tls };
        let address = ([192, 0, 2, 1], 1024).into();
        let peer = match is_trusted {
            true => Peer::mutual(address, PeerIdentity::default()),
            false => Peer::Tls(address),
        };
        self.handle(Input::Opened { flow, local, peer });
    }

    fn receive(&mut self, flow: Flow, text: &str) {
        self.handle(Input::Receive { flow, bytes: text.as_bytes() });
    }

    fn requests(&mut self) -> usize {
        let all = std::mem::take(&mut self.events);
        all.iter().filter(|event| matches!(event, Event::Request { .. })).count()
    }
}

fn message(number: usize, body: &str) -> String {
    format!(
        "MESSAGE sip:b@c SIP/2.0\r\nVia: SIP/2.0/TLS pc.c:5061;branch=z9hG4bK{number}\r\n\
         From: <sip:a@c>;tag=1\r\nTo: <sip:b@c>\r\nCall-ID: 1@h\r\nCSeq: 1 MESSAGE\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

fn draft(body: usize) -> Draft {
    Draft::request(Method::Message, &"sip:b@c".parse::<Uri>().unwrap())
        .with(Name::From, "<sip:a@c>;tag=1")
        .with(Name::To, "<sip:b@c>")
        .with(Name::CallId, "1@h")
        .with(Name::CSeq, "1 MESSAGE")
        .body("text/plain", Bytes::from(vec![b'x'; body]))
}

fn to(port: u16) -> Route {
    let target = Target { host: "b.example.test".to_owned(), port, transport: Transport::Tls };
    Route::Target { target, identity: IdentityName("us".to_owned()), expect_name: "b".to_owned() }
}

#[test]
fn bodies_are_bounded_by_who_sends_them() {
    for (is_trusted, max) in [(false, BODY_BYTES_MAX), (true, BODY_BYTES_MAX_TRUSTED)] {
        let mut one = One::usual();
        one.open(Flow(1), is_trusted);
        one.events.clear();
        one.receive(Flow(1), &message(1, &"x".repeat(max)));
        assert_eq!(one.requests(), 1, "{max}");
        one.receive(Flow(1), &message(2, &"x".repeat(max + 1)));
        assert_eq!(one.requests(), 0, "{}", max + 1);
    }
}

#[test]
fn heads_are_bounded() {
    let head = |bytes: usize| {
        let start = "OPTIONS sip:a SIP/2.0\r\nl: 0\r\nX: ";
        format!("{start}{}\r\n\r\n", "y".repeat(bytes - start.len() - 4))
    };
    for (bytes, is_good) in [(HEAD_BYTES_MAX, true), (HEAD_BYTES_MAX + 1, false)] {
        let text = head(bytes);
        assert_eq!(text.len(), bytes);
        let mut framer = Framer::new(0);
        framer.push(text.as_bytes());
        assert_eq!(framer.next().is_ok(), is_good, "{bytes}");
        assert_eq!(Message::parse(Bytes::from(text)).is_ok(), is_good, "{bytes}");
    }
}

#[test]
fn parts_of_a_message_are_bounded() {
    let with = |line: String| {
        let text = format!("OPTIONS sip:a SIP/2.0\r\n{line}\r\n\r\n");
        Message::parse(Bytes::from(text)).unwrap()
    };
    let contacts = |count| with(format!("m: {}", vec!["<sip:a@b>"; count].join(",")));
    assert_eq!(contacts(VALUES_MAX).contacts().unwrap().len(), VALUES_MAX);
    assert_eq!(contacts(VALUES_MAX + 1).contacts(), Err(ParseError::Limit("Contact")));
    let uri = |count: usize| {
        let params: String = (0..count).map(|number| format!(";p{number}")).collect();
        Uri::parse(&format!("sip:a@b{params}"))
    };
    assert!(uri(PARAMS_MAX).is_ok());
    assert!(uri(PARAMS_MAX + 1).is_err());
    let long = |bytes: usize| Uri::parse(&format!("sip:{}@b", "a".repeat(bytes - 6)));
    assert!(long(URI_BYTES_MAX).is_ok());
    assert_eq!(long(URI_BYTES_MAX + 1), Err(ParseError::Limit("URI")));
}

#[test]
fn a_trusted_peer_has_so_many_requests_under_way() {
    let mut one = One::usual();
    one.open(Flow(1), true);
    one.events.clear();
    for number in 0..=TRUSTED_REQUESTS_MAX {
        one.receive(Flow(1), &message(number, ""));
    }
    assert_eq!((one.requests(), one.sent), (TRUSTED_REQUESTS_MAX, 1), "the last is answered 503");
}

#[test]
fn we_have_so_many_requests_under_way() {
    let mut one = One::usual();
    one.open(Flow(1), true);
    let send = |one: &mut One, number: usize| {
        let token = Token(u64::try_from(number).unwrap());
        let request = draft(0);
        let route = Route::Flow(Flow(1));
        one.handle(Input::Send(Outgoing::Request { token, route, request }));
        one.events.clone()
    };
    one.events.clear();
    for number in 0..SENT_REQUESTS_MAX {
        assert!(send(&mut one, number).is_empty(), "{number}");
    }
    let failed = send(&mut one, SENT_REQUESTS_MAX);
    assert!(matches!(failed[..], [Event::Failed { why: Failure::Busy, .. }]), "{failed:?}");
}

#[test]
fn so_much_waits_for_a_connection_to_open() {
    let mut one = One::usual();
    let body = 512 * 1024;
    let fits = CONNECT_QUEUE_BYTES_MAX / body;
    for number in 0..fits {
        let token = Token(u64::try_from(number).unwrap());
        one.handle(Input::Send(Outgoing::Request { token, route: to(5061), request: draft(body) }));
    }
    // Heads come on top, so the last of them does not fit.
    assert_eq!((one.dialled.len(), one.events.len()), (1, 1), "{:?}", one.events);
    assert!(matches!(one.events[0], Event::Failed { .. }), "{:?}", one.events);
    let flow = one.dialled[0];
    one.events.clear();
    one.open(flow, true);
    assert_eq!(one.sent, fits - 1, "what waited is sent");
}

#[test]
fn an_accepted_connection_stands_for_so_many_places() {
    let mut one = One::usual();
    one.open(Flow(1), true);
    for number in 0..=ALIASES_MAX {
        let port = 6_000 + u16::try_from(number).unwrap();
        let Route::Target { target, identity, expect_name } = to(port) else { unreachable!() };
        one.handle(Input::Send(Outgoing::Alias { flow: Flow(1), target, identity, expect_name }));
        let token = Token(u64::try_from(number).unwrap());
        one.handle(Input::Send(Outgoing::Request { token, route: to(port), request: draft(0) }));
        assert_eq!(one.dialled.len(), usize::from(number == ALIASES_MAX), "{number}");
    }
}

#[test]
fn keep_alives_are_no_flood_whatever_is_configured() {
    let mut config = StackConfig::new("pool.example.test", [9; 32]);
    config.ping = Some(Ping { every_ms: 1, pong_ms: 10_000, always: false });
    let mut one = One::new(config);
    one.handle(Input::Send(Outgoing::Once { route: to(5061), request: draft(0) }));
    let flow = one.dialled[0];
    one.open(flow, true);
    let before = one.sent;
    assert_eq!(one.next, one.now.tick.after_ms(PING_MS_MIN));
    one.now.tick = one.next;
    one.handle(Input::Timeout);
    assert_eq!(one.sent, before + 1);
    one.handle(Input::Closed { flow, why: Why::Eof });
}
