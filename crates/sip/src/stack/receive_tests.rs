//! What a stack answers by itself, and what it refuses.

use bytes::Bytes;

use super::*;
use crate::ParseError;
use crate::limits::{
    CLIENT_REQUESTS_MAX, PONGS_PER_SEGMENT_MAX, RETRY_AFTER_S_MIN, RETRY_AFTER_S_SPREAD,
};
use crate::message::{Draft, Message, Method, Name};

const FLOW: Flow = Flow(3);

/// A stack with one client, and everything that came out since.
struct One {
    stack: Stack,
    now: Now,
    received: Vec<Bytes>,
    sent: Vec<Bytes>,
    events: Vec<Event>,
    closed: Option<Why>,
}

impl One {
    fn new() -> One {
        let stack = Stack::new(StackConfig::new("pool.example.test", [9; 32]));
        let now = Now::default();
        let (received, sent, events) = (Vec::new(), Vec::new(), Vec::new());
        let mut one = One { stack, now, received, sent, events, closed: None };
        let local = Local { address: ([127, 0, 0, 1], 5061).into(), transport: Transport::Tls };
        let peer = Peer::Tls(([192, 0, 2, 1], 1024).into());
        one.handle(Input::Opened { flow: FLOW, local, peer });
        one.events.clear();
        one
    }

    fn handle(&mut self, input: Input<'_>) {
        self.stack.handle_input(self.now, input);
        loop {
            match self.stack.poll_output() {
                Output::Timeout(_) => return,
                Output::Received { bytes, .. } => self.received.push(bytes),
                Output::Transmit { bytes, .. } => self.sent.push(bytes),
                Output::Event(event) => self.events.push(event),
                Output::Close { why, .. } => self.closed = Some(why),
                Output::TransmitTo { .. } => panic!("there are no datagrams"),
                Output::Connect { .. } => panic!("nothing is dialled"),
            }
        }
    }

    fn receive(&mut self, text: &str) {
        self.handle(Input::Receive { flow: FLOW, bytes: text.as_bytes() });
    }

    fn answers(&mut self) -> Vec<Message> {
        self.sent.drain(..).map(|bytes| Message::parse(bytes).unwrap()).collect()
    }

    fn requests(&self) -> Vec<ServerTransaction> {
        let request = |event: &Event| match event {
            Event::Request { transaction, .. } => Some(*transaction),
            _ => None,
        };
        self.events.iter().filter_map(request).collect()
    }
}

fn request(method: &str, branch: &str) -> String {
    format!(
        "{method} sip:b@c SIP/2.0\r\nVia: SIP/2.0/TLS pc.c:5061;branch={branch}\r\n\
         From: <sip:a@c>;tag=1\r\nTo: <sip:b@c>\r\nCall-ID: 1@h\r\nCSeq: 1 {method}\r\n\
         Content-Length: 0\r\n\r\n"
    )
}

#[test]
fn malformed_requests_are_answered_if_they_can_be() {
    let good = request("MESSAGE", "z9hG4bK1");
    for (from, to, status, stays) in [
        ("1 MESSAGE", "1 OPTIONS", Some(400), true),
        ("SIP/2.0\r\nVia", "SIP/7.0\r\nVia", Some(505), true),
        ("Call-ID: 1@h\r\n", "", Some(400), true),
        ("To: ", "Subject: x\r\nno colon\r\nTo: ", Some(400), true),
        ("Via:", "X-Via:", None, false),
        ("Content-Length: 0", "Content-Length: -1", Some(400), false),
        ("Content-Length: 0", "l: 1\r\nl: 2", Some(400), false),
        ("Content-Length: 0\r\n", "", Some(400), false),
        ("Content-Length: 0", "Content-Length: 99999", Some(413), false),
        ("Content-Length: 0", &("A: b\r\n".repeat(200) + "l: 0"), Some(513), false),
        ("Content-Length: 0", &"Subject: x\r\n".repeat(2000), Some(513), false),
        ("Content-Length: 0", &format!("Subject: {}", "x".repeat(20_000)), Some(513), false),
        ("Call-ID: 1@h\r\n", "Content-Length: -1\r\n", None, false),
        ("MESSAGE sip:b@c", &format!("MESSAGE sip:{}@c", "b".repeat(20_000)), None, false),
        ("MESSAGE sip:b@c SIP/2.0", "HELLO", None, false),
    ] {
        let mut one = One::new();
        one.receive(&good.replacen(from, to, 1));
        one.handle(Input::Timeout);
        let statuses: Vec<_> = one.answers().iter().filter_map(Message::status).collect();
        assert_eq!(statuses, Vec::from_iter(status), "{to}");
        assert_eq!(one.closed.is_none(), stays, "{to}");
        assert!(matches!(one.events.first(), Some(Event::Malformed { .. })));
        assert_eq!(one.requests(), []);
        assert_eq!(matches!(one.events.last(), Some(Event::Closed { .. })), !stays);
    }
}

#[test]
fn nonsense_does_not_take_back_what_came_before_it() {
    let mut one = One::new();
    one.receive(&(request("MESSAGE", "z9hG4bK1") + "8000\r\n"));
    let Some(Event::Request { transaction, request: read, .. }) = one.events.first().cloned()
    else {
        panic!()
    };
    let response = Draft::response(&read, 200);
    one.handle(Input::Send(Outgoing::Response { transaction, response }));
    assert_eq!(one.answers()[0].status(), Some(200));
    assert_eq!(one.closed, None);
    one.receive(&request("MESSAGE", "z9hG4bK2"));
    assert_eq!(one.requests(), [transaction], "nothing more is read");
    one.handle(Input::Timeout);
    assert!(matches!(one.closed, Some(Why::Protocol(_))));
}

#[test]
fn answers_tell_what_is_wrong() {
    let mut one = One::new();
    one.receive(&request("MESSAGE", "z9hG4bK1").replace("Call-ID: 1@h\r\n", ""));
    let answer = one.answers().remove(0);
    assert_eq!(answer.reason(), Some("Bad Request: the Call-ID header field is missing"));
    assert!(answer.to_tag().is_some());
    assert_eq!(answer.via().unwrap().param("received"), Some("192.0.2.1"));
    let error = ParseError::Missing("Call-ID");
    assert_eq!(one.events, [Event::Malformed { flow: FLOW, error }]);
}

#[test]
fn malformed_acks_and_responses_are_dropped() {
    let mut one = One::new();
    one.receive(&request("ACK", "z9hG4bK1").replace("1 ACK", "1 INVITE"));
    one.receive("SIP/2.0 200 OK\r\nl: 0\r\n\r\n");
    one.receive(
        &request("MESSAGE", "z9hG4bK1").replace("MESSAGE sip:b@c SIP/2.0", "SIP/2.0 200 OK"),
    );
    assert_eq!((one.sent.len(), one.events.len(), one.closed), (0, 2, None));
}

#[test]
fn two_requests_in_a_segment_and_pings_between() {
    let mut one = One::new();
    let (first, second) = (request("MESSAGE", "z9hG4bK1"), request("OPTIONS", "z9hG4bK2"));
    one.receive(&format!("\r\n{first}\r\n\r\n{second}\r\n"));
    assert_eq!(one.requests().len(), 2);
    assert_eq!(one.sent, ["\r\n"]);
    one.sent.clear();
    one.receive(&"\r\n\r\n".repeat(1000));
    assert_eq!(one.sent.len(), PONGS_PER_SEGMENT_MAX);
}

#[test]
fn cancel_without_match_is_a_request_and_with_it_200() {
    let mut one = One::new();
    one.receive(&request("CANCEL", "z9hG4bK1"));
    // The user of the stack says 481.
    let Some(Event::Request { transaction, request: cancel, .. }) = one.events.pop() else {
        panic!()
    };
    let response = Draft::response(&cancel, 481);
    one.handle(Input::Send(Outgoing::Response { transaction, response }));
    assert_eq!(one.answers()[0].status(), Some(481));
    one.receive(&request("INVITE", "z9hG4bK1"));
    let transaction = one.requests()[0];
    one.receive(&request("CANCEL", "z9hG4bK1"));
    let answer = one.answers().remove(0);
    assert_eq!((answer.status(), answer.cseq().unwrap().method), (Some(200), Method::Cancel));
    assert_eq!(one.events.last(), Some(&Event::Cancelled { transaction }));
    let Some(Event::Request { request: invite, .. }) = one.events.first().cloned() else {
        panic!()
    };
    let response = Draft::response(&invite, 487);
    one.handle(Input::Send(Outgoing::Response { transaction, response }));
    assert_eq!(one.answers()[0].status(), Some(487));
    // After the final response there is nothing left to cancel.
    one.events.clear();
    one.receive(&request("CANCEL", "z9hG4bK1"));
    assert_eq!((one.answers()[0].status(), one.events.len()), (Some(200), 0));
}

#[test]
fn rfc_2543_clients_are_matched_without_branch() {
    let mut one = One::new();
    let invite = request("INVITE", "").replace(";branch=", "");
    one.receive(&invite);
    let transaction = one.requests()[0];
    let Some(Event::Request { request: read, .. }) = one.events.pop() else { panic!() };
    one.receive(&invite);
    assert_eq!(one.requests(), [], "a repetition");
    let response = Draft::response(&read, 200).to_tag("9");
    one.handle(Input::Send(Outgoing::Response { transaction, response }));
    let ack = invite.replace("INVITE", "ACK").replace("To: <sip:b@c>", "To: <sip:b@c>;tag=9");
    one.receive(&ack);
    assert!(matches!(one.events.as_slice(), [Event::Ack { .. }]), "{:?}", one.events);
}

#[test]
fn equal_branches_of_two_connections_are_two_requests() {
    let mut one = One::new();
    let local = Local { address: ([127, 0, 0, 1], 5061).into(), transport: Transport::Tls };
    let peer = Peer::Tls(([192, 0, 2, 2], 1024).into());
    one.handle(Input::Opened { flow: Flow(4), local, peer });
    let text = request("MESSAGE", "z9hG4bK1");
    one.receive(&text);
    one.handle(Input::Receive { flow: Flow(4), bytes: text.as_bytes() });
    assert_eq!(one.requests().len(), 2);
}

#[test]
fn benotify_is_never_answered() {
    let mut one = One::new();
    one.receive(&request("BENOTIFY", "z9hG4bK1"));
    let transaction = one.requests()[0];
    let Some(Event::Request { request, .. }) = one.events.first().cloned() else { panic!() };
    let response = Draft::response(&request, 200);
    one.handle(Input::Send(Outgoing::Response { transaction, response }));
    assert_eq!((one.sent.len(), one.stack.transactions()), (0, (0, 0)));
    let route = Route::Flow(FLOW);
    let request = Draft::copy_of(&request).without(Name::Via);
    one.handle(Input::Send(Outgoing::Once { route, request }));
    assert!(one.sent[0].starts_with(
        b"BENOTIFY sip:b@c SIP/2.0\r\nVia: SIP/2.0/TLS pool.example.test;branch=z9hG4bK"
    ));
    assert_eq!(one.stack.transactions(), (0, 0));
}

#[test]
fn a_client_that_asks_too_much_is_told_so() {
    let mut one = One::new();
    for number in 0..=CLIENT_REQUESTS_MAX {
        one.receive(&request("MESSAGE", &format!("z9hG4bK{number}")));
    }
    assert_eq!(one.requests().len(), CLIENT_REQUESTS_MAX);
    let answer = one.answers().remove(0);
    let wait_s = u64::from(answer.number(Name::RetryAfter).unwrap());
    let waits = RETRY_AFTER_S_MIN..RETRY_AFTER_S_MIN + RETRY_AFTER_S_SPREAD;
    assert!(answer.status() == Some(503) && waits.contains(&wait_s), "{answer:?}");
    assert!(one.closed.is_none());
}

/// Asks the client with token 1; the request as sent and the answer to it.
fn asked(one: &mut One) -> (Message, Draft) {
    let asked = Outgoing::Request {
        token: Token(1),
        route: Route::Flow(FLOW),
        request: Draft::copy_of(&Message::parse(Bytes::from(request("OPTIONS", "x"))).unwrap())
            .without(Name::Via),
    };
    one.handle(Input::Send(asked));
    let request = Message::parse(one.sent.remove(0)).unwrap();
    let answer = Draft::response(&request, 200);
    (request, answer)
}

#[test]
fn a_client_may_answer_on_another_connection() {
    for (peer, transport, may) in [
        (Peer::Tls(([192, 0, 2, 1], 2048).into()), Transport::Tls, true),
        (Peer::Tls(([192, 0, 2, 2], 2048).into()), Transport::Tls, false),
        (Peer::Plain(([192, 0, 2, 1], 2048).into()), Transport::Tcp, false),
    ] {
        let mut one = One::new();
        let (_, answer) = asked(&mut one);
        let local = Local { address: ([127, 0, 0, 1], 5061).into(), transport };
        one.handle(Input::Opened { flow: Flow(4), local, peer });
        one.events.clear();
        one.handle(Input::Receive { flow: Flow(4), bytes: &answer.print() });
        // Told as from the flow that was asked.
        let told =
            matches!(one.events.as_slice(), [Event::Response { token: Token(1), flow: FLOW, .. }]);
        assert_eq!(told, may, "{transport:?} {:?}", one.events);
    }
}

#[test]
fn nobody_else_can_answer() {
    let mut one = One::new();
    let (request, answer) = asked(&mut one);
    let branch = request.via().unwrap().branch().unwrap().to_owned();
    let guessed =
        format!("SIP/2.0/TLS h;branch={}", branch.replace(&branch[25..], "0000000000000000"));
    let local = Local { address: ([127, 0, 0, 1], 5061).into(), transport: Transport::Tls };
    let peer = Peer::Tls(([192, 0, 2, 66], 1024).into());
    one.handle(Input::Opened { flow: Flow(66), local, peer });
    one.events.clear();
    one.handle(Input::Receive { flow: Flow(66), bytes: &answer.print() });
    let wrong = answer.clone().replace(Name::Via, guessed).print();
    one.handle(Input::Receive { flow: FLOW, bytes: &wrong });
    let wrong = answer.clone().replace(Name::CSeq, "1 INVITE").print();
    one.handle(Input::Receive { flow: FLOW, bytes: &wrong });
    assert_eq!(one.events, []);
    one.handle(Input::Receive { flow: FLOW, bytes: &answer.print() });
    assert!(matches!(one.events.as_slice(), [Event::Response { token: Token(1), .. }]));
}

#[test]
fn bodies_of_clients_are_bounded() {
    let mut one = One::new();
    one.receive(&request("MESSAGE", "z9hG4bK1").replace("Length: 0", "Length: 4294967295"));
    assert_eq!(one.answers()[0].status(), Some(413));
    one.handle(Input::Timeout);
    let why = Why::Protocol(ParseError::Limit("body").to_string());
    assert_eq!(one.closed, Some(why));
}

#[test]
fn messages_are_shown_whole_and_only_if_asked_for() {
    let mut one = One::new();
    let (first, second) = (request("OPTIONS", "z9hG4bK1"), request("FOO", "z9hG4bK2"));
    one.receive(&first);
    assert_eq!(one.received, Vec::<Bytes>::new());
    one.stack.show_received(true);
    let (start, end) = second.split_at(20);
    one.receive(start);
    assert_eq!(one.received, Vec::<Bytes>::new());
    one.receive(&format!("{end}\r\n\r\n{first}"));
    assert_eq!(one.received, [Bytes::from(second), Bytes::from(first)]);
}
