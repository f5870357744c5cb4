//! Datagrams: where answers go, what is too long for one, and how long a flow of them lives.

use std::net::SocketAddr;

use bytes::Bytes;

use super::*;
use crate::limits::{CLIENT_REQUESTS_MAX, DATAGRAM_REQUEST_BYTES_MAX};
use crate::message::{Draft, Message, Method, Name, Uri};

const FLOW: Flow = Flow(3);
const PEER: &str = "192.0.2.1:1024";

/// A stack with one datagram flow, and everything that came out since.
struct One {
    stack: Stack,
    now: Now,
    sent: Vec<(Flow, Option<SocketAddr>, Bytes)>,
    events: Vec<Event>,
    dialled: Vec<(Flow, Target)>,
    closed: Vec<Why>,
}

impl One {
    fn new() -> One {
        let mut one = One {
            stack: Stack::new(StackConfig::new("pool.example.test", [9; 32])),
            now: Now::default(),
            sent: Vec::new(),
            events: Vec::new(),
            dialled: Vec::new(),
            closed: Vec::new(),
        };
        one.open(FLOW, Transport::Udp);
        one
    }

    fn open(&mut self, flow: Flow, transport: Transport) {
        let local = Local { address: ([127, 0, 0, 1], 5060).into(), transport };
        let peer = Peer::Plain(PEER.parse().unwrap());
        self.handle(Input::Opened { flow, local, peer });
    }

    fn handle(&mut self, input: Input<'_>) {
        self.stack.handle_input(self.now, input);
        loop {
            match self.stack.poll_output() {
                Output::Timeout(_) => return,
                Output::Received { .. } => {}
                Output::Transmit { flow, bytes } => self.sent.push((flow, None, bytes)),
                Output::TransmitTo { flow, address, bytes } => {
                    self.sent.push((flow, Some(address), bytes));
                }
                Output::Event(event) => self.events.push(event),
                Output::Close { why, .. } => self.closed.push(why),
                Output::Connect { flow, target, .. } => self.dialled.push((flow, target)),
            }
        }
    }

    fn receive(&mut self, bytes: &[u8]) {
        self.handle(Input::Receive { flow: FLOW, bytes });
    }

    /// Lets time pass, timer by timer.
    fn pass(&mut self, ms: u64) {
        let end = self.now.tick.after_ms(ms);
        while self.now.tick < end {
            self.now.tick = self.stack.next_due().min(end);
            self.handle(Input::Timeout);
        }
    }

    fn message(&mut self, body_bytes: usize) {
        let uri = Uri::parse("sip:b@192.0.2.1:5090").unwrap();
        let request = Draft::request(Method::Message, &uri)
            .with(Name::From, "<sip:a@c>;tag=1")
            .with(Name::To, "<sip:b@c>")
            .with(Name::CallId, "1@h")
            .with(Name::CSeq, "1 MESSAGE")
            .body("text/plain", "x".repeat(body_bytes));
        let (token, route) = (Token(5), Route::Flow(FLOW));
        self.handle(Input::Send(Outgoing::Request { token, route, request }));
    }
}

fn request(via: &str) -> String {
    format!(
        "OPTIONS sip:b@c SIP/2.0\r\nVia: SIP/2.0/UDP {via};branch=z9hG4bK1\r\n\
         From: <sip:a@c>;tag=1\r\nTo: <sip:b@c>\r\nCall-ID: 1@h\r\nCSeq: 1 OPTIONS\r\n\
         Content-Length: 0\r\n\r\n"
    )
}

#[test]
fn answers_go_where_the_via_says_at_the_address_it_came_from() {
    for (via, expected) in [
        ("192.0.2.1:1024", None),
        ("192.0.2.1:5070", Some("192.0.2.1:5070")),
        ("192.0.2.1", Some("192.0.2.1:5060")),
        ("192.0.2.1:5070;rport", None),
        // Nobody is sent anything because somebody else named them.
        ("198.51.100.9:5070", Some("192.0.2.1:5070")),
        ("192.0.2.1:5070;maddr=198.51.100.9", Some("192.0.2.1:5070")),
        ("192.0.2.1:5070;received=198.51.100.9", Some("192.0.2.1:5070")),
    ] {
        let mut one = One::new();
        one.receive(request(via).as_bytes());
        let transaction = one.events.iter().find_map(|event| match event {
            Event::Request { transaction, request, .. } => Some((*transaction, request.clone())),
            _ => None,
        });
        let (transaction, request) = transaction.unwrap();
        let response = Draft::response(&request, 200);
        one.handle(Input::Send(Outgoing::Response { transaction, response }));
        one.receive(self::request(via).as_bytes());
        let addresses: Vec<_> = one.sent.iter().map(|(_, address, _)| *address).collect();
        let expected = expected.map(|address| address.parse().unwrap());
        assert_eq!(addresses, [expected, expected], "the answer and its repetition: {via}");
        assert_eq!(one.sent[0].2, one.sent[1].2);
    }
}

#[test]
fn who_is_answered_may_ask_again_and_its_newest_requests_are_known() {
    let mut one = One::new();
    let numbered = |number: usize| request("h").replace("z9hG4bK1", &format!("z9hG4bK{number}"));
    let ask = |one: &mut One, number: usize| {
        one.receive(numbered(number).as_bytes());
        let Some(Event::Request { transaction, request, .. }) = one.events.pop() else {
            return false;
        };
        let response = Draft::response(&request, 200);
        one.handle(Input::Send(Outgoing::Response { transaction, response }));
        true
    };
    one.events.clear();
    let count = 3 * CLIENT_REQUESTS_MAX;
    assert!((0..count).all(|number| ask(&mut one, number)), "nobody is sent away");
    assert_eq!(one.stack.transactions(), (0, CLIENT_REQUESTS_MAX));
    for (number, is_new) in [(count - 1, false), (count - CLIENT_REQUESTS_MAX, false), (0, true)] {
        assert_eq!(ask(&mut one, number), is_new, "request {number}");
    }
    one.pass(32_000);
    assert_eq!(one.stack.transactions(), (0, 0));
}

#[test]
fn what_cannot_be_acted_on_is_answered_there_too() {
    let mut one = One::new();
    one.receive(request("192.0.2.1:5070").replace("1 OPTIONS", "1 INFO").as_bytes());
    let (_, address, bytes) = one.sent.pop().unwrap();
    assert_eq!(address, Some("192.0.2.1:5070".parse().unwrap()));
    assert_eq!(Message::parse(bytes).unwrap().status(), Some(400));
}

#[test]
fn short_requests_are_repeated_in_datagrams_until_timer_f() {
    let mut one = One::new();
    // A flow that never brought a message would not live so long.
    one.receive(request("192.0.2.1:1024").as_bytes());
    one.message(100);
    one.pass(40_000);
    assert!(one.dialled.is_empty());
    // RFC 3261 §17.1.2.1: eleven transmissions.
    assert_eq!(one.sent.len(), 11);
    let last = one.events.pop();
    assert_eq!(last, Some(Event::Failed { token: Token(5), why: Failure::Timeout }));
}

#[test]
fn long_requests_take_a_stream_to_the_same_address() {
    let mut one = One::new();
    one.message(DATAGRAM_REQUEST_BYTES_MAX);
    assert!(one.sent.is_empty());
    let (flow, target) = one.dialled.pop().unwrap();
    assert_eq!(target.to_string(), "tcp:192.0.2.1:5090");
    one.open(flow, Transport::Tcp);
    let (over, _, bytes) = one.sent.pop().unwrap();
    assert_eq!(over, flow);
    let via = Message::parse(bytes).unwrap().header(Name::Via).unwrap().to_owned();
    assert!(via.starts_with("SIP/2.0/TCP "), "{via}");
}

#[test]
fn without_a_stream_long_requests_go_as_datagrams_after_all() {
    let mut one = One::new();
    one.message(1_300);
    let (flow, _) = one.dialled.pop().unwrap();
    one.handle(Input::Closed { flow, why: Why::Unreachable("refused".into()) });
    let (over, _, bytes) = one.sent.pop().unwrap();
    assert_eq!(over, FLOW);
    let via = Message::parse(bytes).unwrap().header(Name::Via).unwrap().to_owned();
    assert!(via.starts_with("SIP/2.0/UDP "), "{via}");
    assert!(!one.events.iter().any(|event| matches!(event, Event::Failed { .. })));
}

#[test]
fn only_who_is_vouched_for_may_be_silent_for_long() {
    for (vouched, silent_ms) in [(false, 3 * 60_000), (true, 75 * 60_000)] {
        let mut one = One::new();
        one.receive(request("192.0.2.1:1024").as_bytes());
        if vouched {
            one.handle(Input::Send(Outgoing::Vouch { flow: FLOW }));
        }
        one.pass(silent_ms - 1);
        assert_eq!(one.closed, [], "{vouched}");
        one.pass(1);
        assert_eq!(one.closed, [Why::Idle], "{vouched}");
    }
}

#[test]
fn keep_alives_are_answered_and_nonsense_is_not() {
    let mut one = One::new();
    one.receive(b"\r\n\r\n");
    assert_eq!(one.sent.pop().unwrap().2, "\r\n");
    let mut binding = vec![0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42];
    binding.extend([7; 12]);
    one.receive(&binding);
    let answer = one.sent.pop().unwrap().2;
    assert_eq!((answer[..2].to_vec(), answer.len()), (vec![1, 1], 32));
    for nonsense in [&b"\0\0\0\0"[..], b"x", b"GET / HTTP/1.1\r\n\r\n", &[0xff; 100]] {
        one.receive(nonsense);
        assert!(one.sent.is_empty(), "{nonsense:?}");
    }
    assert_eq!(one.closed, [], "a datagram flow outlives nonsense");
}
