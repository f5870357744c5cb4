//! Two stacks talk to each other in simulated time.

use bytes::Bytes;

use super::*;
use crate::message::{Draft, Message, Method, Name, Uri};
use crate::{Dialog, ParseError};

/// Two stacks and the wire between them: `ours` dials, `theirs` accepts.
struct Pair {
    now: Now,
    ours: Stack,
    theirs: Stack,
    transport: Transport,
    /// Bytes are handed over in pieces of this size.
    step: usize,
    /// Nothing is handed over.
    cut_off: bool,
    dialled: Vec<Flow>,
    our_events: Vec<Event>,
    their_events: Vec<Event>,
    closed: Vec<Why>,
    sent: Vec<Bytes>,
}

const ACCEPTED: u64 = 7;

impl Pair {
    fn new(transport: Transport) -> Pair {
        let stack = |name: &str, seed| Stack::new(StackConfig::new(name, [seed; 32]));
        Pair {
            now: Now { tick: Tick(1_000), wall_ms: 0 },
            ours: stack("ours.example.test:5061", 1),
            theirs: stack("theirs.example.test", 2),
            transport,
            step: usize::MAX,
            cut_off: false,
            dialled: Vec::new(),
            our_events: Vec::new(),
            their_events: Vec::new(),
            closed: Vec::new(),
            sent: Vec::new(),
        }
    }

    fn opened(&self, flow: Flow, port: u16) -> Input<'static> {
        let address = |port| ([127, 0, 0, 1], port).into();
        let local = Local { address: address(5061), transport: self.transport };
        Input::Opened { flow, local, peer: Peer::Tls(address(port)) }
    }

    /// Lets both stacks do what they have to, until both wait.
    fn settle(&mut self) {
        loop {
            let mut idle = 0;
            match self.ours.poll_output() {
                Output::Timeout(_) => idle += 1,
                Output::Event(event) => self.our_events.push(event),
                Output::TransmitTo { .. } => panic!("rport is asked for"),
                Output::Connect { flow, .. } => self.dialled.push(flow),
                Output::Close { why, .. } => {
                    self.closed.push(why);
                    let input = Input::Closed { flow: Flow(ACCEPTED), why: Why::Eof };
                    self.theirs.handle_input(self.now, input);
                }
                Output::Received { .. } => {}
                Output::Transmit { bytes, .. } => {
                    self.sent.push(bytes.clone());
                    if !self.cut_off {
                        for bytes in bytes.chunks(self.step.min(bytes.len())) {
                            let input = Input::Receive { flow: Flow(ACCEPTED), bytes };
                            self.theirs.handle_input(self.now, input);
                        }
                    }
                }
            }
            match self.theirs.poll_output() {
                Output::Timeout(_) => idle += 1,
                Output::Event(event) => self.their_events.push(event),
                Output::TransmitTo { .. } => panic!("rport is asked for"),
                Output::Connect { .. } => panic!("theirs does not dial"),
                Output::Close { why, .. } => {
                    self.closed.push(why);
                    let input = Input::Closed { flow: self.dialled[0], why: Why::Eof };
                    self.ours.handle_input(self.now, input);
                }
                Output::Received { .. } => {}
                Output::Transmit { bytes, .. } => {
                    if !self.cut_off {
                        for bytes in bytes.chunks(self.step.min(bytes.len())) {
                            let input = Input::Receive { flow: self.dialled[0], bytes };
                            self.ours.handle_input(self.now, input);
                        }
                    }
                }
            }
            if idle == 2 {
                return;
            }
        }
    }

    fn connect(&mut self) {
        let flow = self.dialled[0];
        let (one, two) = (self.opened(flow, 5061), self.opened(Flow(ACCEPTED), 40_000));
        self.ours.handle_input(self.now, one);
        self.theirs.handle_input(self.now, two);
        self.settle();
    }

    /// Lets time pass, timer by timer.
    fn pass(&mut self, ms: u64) {
        let end = self.now.tick.after_ms(ms);
        loop {
            let due = self.ours.next_due().min(self.theirs.next_due());
            self.now.tick = due.min(end);
            self.ours.handle_input(self.now, Input::Timeout);
            self.theirs.handle_input(self.now, Input::Timeout);
            self.settle();
            if due > end {
                return;
            }
        }
    }

    fn send(&mut self, outgoing: Outgoing) {
        self.ours.handle_input(self.now, Input::Send(outgoing));
        self.settle();
    }

    fn request(&mut self, token: u64, request: Draft) {
        let route = route(self.transport);
        self.send(Outgoing::Request { token: Token(token), route, request });
    }

    fn answer(&mut self, transaction: ServerTransaction, response: Draft) {
        let outgoing = Outgoing::Response { transaction, response };
        self.theirs.handle_input(self.now, Input::Send(outgoing));
        self.settle();
    }

    /// The request they received last.
    fn received(&self) -> (ServerTransaction, Message) {
        let request = self.their_events.iter().rev().find_map(|event| match event {
            Event::Request { transaction, request, .. } => Some((*transaction, request.clone())),
            _ => None,
        });
        request.expect("a request was received")
    }

    /// A pair with an open flow, without the events of opening it.
    fn open(transport: Transport) -> Pair {
        let mut pair = Pair::new(transport);
        pair.request(999, message(999, Method::Options));
        pair.connect();
        let (transaction, request) = pair.received();
        pair.answer(transaction, Draft::response(&request, 200));
        pair.our_events.clear();
        pair.their_events.clear();
        pair.sent.clear();
        pair
    }
}

fn route(transport: Transport) -> Route {
    let target = Target { host: "theirs.example.test".into(), port: 5061, transport };
    let expect_name = "theirs.example.test".into();
    Route::Target { target, identity: IdentityName("cert".into()), expect_name }
}

fn message(number: u64, method: Method) -> Draft {
    let uri = Uri::parse("sip:bob@theirs.example.test").unwrap();
    let sequence = format!("{number} {method}");
    Draft::request(method, &uri)
        .with(Name::From, "<sip:alice@ours.example.test>;tag=a1")
        .with(Name::To, "<sip:bob@theirs.example.test>")
        .with(Name::CallId, format!("call-{number}"))
        .with(Name::CSeq, sequence)
        .with(Name::Contact, "<sip:alice@ours.example.test:5061;transport=tls>")
}

fn statuses(events: &[Event]) -> Vec<(u64, u16)> {
    let status = |event: &Event| match event {
        Event::Response { token, response, .. } => Some((token.0, response.status()?)),
        Event::Failed { token, why: Failure::Timeout } => Some((token.0, 408)),
        Event::Failed { token, .. } => Some((token.0, 503)),
        _ => None,
    };
    events.iter().filter_map(status).collect()
}

#[test]
fn requests_wait_for_the_flow_and_are_answered() {
    for step in [usize::MAX, 1, 7] {
        let mut pair = Pair::new(Transport::Tls);
        pair.step = step;
        pair.request(1, message(1, Method::Message).body("text/plain", "one"));
        pair.request(2, message(2, Method::Message).body("text/plain", "two"));
        assert_eq!(pair.dialled.len(), 1, "one flow for one target and identity");
        assert!(pair.sent.is_empty());
        pair.connect();
        let bodies: Vec<Bytes> = pair
            .their_events
            .iter()
            .filter_map(|event| match event {
                Event::Request { request, .. } => Some(request.body()),
                _ => None,
            })
            .collect();
        assert_eq!(bodies, ["one", "two"]);
        let (transaction, request) = pair.received();
        assert_eq!(request.number(Name::MaxForwards), Some(70));
        assert_eq!(request.via().unwrap().host, "ours.example.test");
        pair.answer(transaction, Draft::response(&request, 200));
        assert_eq!(statuses(&pair.our_events), [(2, 200)]);
        let Some(Event::Response { response, .. }) = pair.our_events.last() else { panic!() };
        let via = response.via().unwrap();
        assert_eq!(via.param("received"), Some("127.0.0.1"));
        assert_eq!(via.rport(), Some(Some(40_000)));
        assert!(response.to_tag().is_some());
        assert_eq!((pair.ours.transactions(), pair.theirs.transactions()), ((1, 0), (0, 1)));
        pair.pass(40_000);
        assert_eq!(statuses(&pair.our_events), [(2, 200), (1, 408)]);
        assert_eq!((pair.ours.transactions(), pair.theirs.transactions()), ((0, 0), (0, 0)));
    }
}

#[test]
fn other_identity_or_name_means_another_flow() {
    let mut pair = Pair::new(Transport::Tls);
    pair.request(1, message(1, Method::Options));
    let Route::Target { target, identity, expect_name } = route(Transport::Tls) else { panic!() };
    for (token, identity, expect_name) in [
        (2, IdentityName("other".into()), expect_name.clone()),
        (3, identity, "other.example.test".into()),
    ] {
        let route = Route::Target { target: target.clone(), identity, expect_name };
        let request = message(token, Method::Options);
        pair.send(Outgoing::Request { token: Token(token), route, request });
    }
    assert_eq!(pair.dialled.len(), 3);
    assert!(pair.dialled.iter().all(|flow| flow.is_dialled()));
}

#[test]
fn what_waits_fails_if_the_flow_does_not_open() {
    let mut pair = Pair::new(Transport::Tls);
    pair.request(1, message(1, Method::Options));
    let why = Why::Refused(TlsFault::OwnRefused, "bad certificate".into());
    let input = Input::Closed { flow: pair.dialled[0], why: why.clone() };
    pair.ours.handle_input(pair.now, input);
    pair.settle();
    let failed = Event::Failed { token: Token(1), why: Failure::Unreachable(why.clone()) };
    assert_eq!(pair.our_events, [Event::Closed { flow: pair.dialled[0], why }, failed]);
    // The next request tries again, and gives up by itself if nothing is heard.
    pair.our_events.clear();
    pair.request(2, message(2, Method::Options));
    assert_eq!(pair.dialled.len(), 2);
    pair.pass(10_000);
    let why = Why::ConnectTimeout;
    let failed = Event::Failed { token: Token(2), why: Failure::Unreachable(why.clone()) };
    assert_eq!(pair.our_events, [Event::Closed { flow: pair.dialled[1], why }, failed]);
    let late = pair.opened(pair.dialled[1], 5061);
    pair.ours.handle_input(pair.now, late);
    assert!(matches!(pair.ours.poll_output(), Output::Close { .. }));
}

#[test]
fn a_closed_flow_fails_what_is_open_on_it() {
    let mut pair = Pair::open(Transport::Tls);
    pair.request(1, message(1, Method::Message));
    pair.request(2, message(2, Method::Invite));
    let input = Input::Closed { flow: pair.dialled[0], why: Why::Eof };
    pair.ours.handle_input(pair.now, input);
    pair.settle();
    assert_eq!(statuses(&pair.our_events), [(1, 503), (2, 503)]);
    assert_eq!(pair.ours.transactions(), (0, 0));
    pair.theirs.handle_input(
        pair.now,
        Input::Send(Outgoing::Close { flow: Flow(ACCEPTED), why: Why::Requested("test".into()) }),
    );
    pair.settle();
    assert_eq!(pair.theirs.transactions(), (0, 0));
    assert_eq!(pair.ours.next_due(), Tick::NEVER);
    assert_eq!(pair.theirs.next_due(), Tick::NEVER);
}

#[test]
fn requests_go_back_over_an_accepted_flow() {
    let mut pair = Pair::open(Transport::Tls);
    let back = Outgoing::Request {
        token: Token(5),
        route: Route::Flow(Flow(ACCEPTED)),
        request: message(5, Method::Notify),
    };
    pair.theirs.handle_input(pair.now, Input::Send(back));
    pair.settle();
    let Some(Event::Request { transaction, request, .. }) = pair.our_events.last().cloned() else {
        panic!("{:?}", pair.our_events)
    };
    let response = Draft::response(&request, 200);
    pair.send(Outgoing::Response { transaction, response });
    assert_eq!(statuses(&pair.their_events), [(5, 200)]);
    let gone = Outgoing::Request {
        token: Token(6),
        route: Route::Flow(Flow(4711)),
        request: message(6, Method::Notify),
    };
    pair.send(gone);
    assert_eq!(statuses(&pair.our_events), [(6, 503)]);
}

#[test]
fn an_invite_is_accepted_and_acknowledged() {
    let mut pair = Pair::open(Transport::Tls);
    let invite = message(1, Method::Invite);
    pair.request(1, invite.clone());
    pair.pass(300);
    assert_eq!(statuses(&pair.our_events), [], "100 is the stack's own");
    let (transaction, request) = pair.received();
    let ringing = Draft::response(&request, 180).to_tag("b1");
    pair.answer(transaction, ringing);
    let accepted =
        Draft::response(&request, 200).to_tag("b1").with(Name::Contact, "<sip:bob@b.test>");
    pair.answer(transaction, accepted.clone());
    assert_eq!(statuses(&pair.our_events), [(1, 180), (1, 200)]);
    let Some(Event::Response { response, .. }) = pair.our_events.last().cloned() else { panic!() };
    let ours = Dialog::from_uac(&invite, &response).unwrap();
    let mut theirs = Dialog::from_uas(&request, &accepted).unwrap();
    pair.send(Outgoing::Ack { route: route(Transport::Tls), request: ours.ack(1) });
    let Some(Event::Ack { request, .. }) = pair.their_events.last() else { panic!() };
    assert_eq!(request.request_uri_text(), Some("sip:bob@b.test"));
    assert_eq!(theirs.accept(request), Ok(()));
    pair.pass(40_000);
    assert_eq!((pair.ours.transactions(), pair.theirs.transactions()), ((0, 0), (0, 0)));
    assert_eq!(statuses(&pair.our_events), [(1, 180), (1, 200)]);
}

#[test]
fn an_invite_is_refused_and_the_stack_acknowledges() {
    let mut pair = Pair::open(Transport::Tls);
    pair.request(1, message(1, Method::Invite));
    let (transaction, request) = pair.received();
    pair.answer(transaction, Draft::response(&request, 486));
    assert_eq!(statuses(&pair.our_events), [(1, 486)]);
    assert!(pair.sent.last().unwrap().starts_with(b"ACK "));
    assert!(!pair.their_events.iter().any(|event| matches!(event, Event::Ack { .. })));
    assert_eq!((pair.ours.transactions(), pair.theirs.transactions()), ((0, 0), (0, 0)));
}

#[test]
fn an_invite_is_cancelled() {
    for ringing in [false, true] {
        let mut pair = Pair::open(Transport::Tls);
        pair.request(1, message(1, Method::Invite));
        let (transaction, request) = pair.received();
        if ringing {
            pair.answer(transaction, Draft::response(&request, 180));
        }
        pair.send(Outgoing::Cancel { token: Token(1) });
        // Without a provisional response the CANCEL waits for the stack's own 100.
        pair.pass(300);
        let cancelled = Event::Cancelled { transaction };
        assert_eq!(pair.their_events.last(), Some(&cancelled));
        pair.answer(transaction, Draft::response(&request, 487));
        assert_eq!(statuses(&pair.our_events).last(), Some(&(1, 487)));
        assert_eq!((pair.ours.transactions(), pair.theirs.transactions()), ((0, 0), (0, 0)));
    }
}

#[test]
fn udp_repeats_and_answers_repetitions() {
    let mut pair = Pair::open(Transport::Udp);
    pair.cut_off = true;
    pair.request(1, message(1, Method::Message));
    pair.pass(1_600);
    assert_eq!(pair.sent.len(), 3);
    pair.cut_off = false;
    pair.pass(2_000);
    let (transaction, request) = pair.received();
    pair.cut_off = true;
    pair.answer(transaction, Draft::response(&request, 200));
    assert_eq!(statuses(&pair.our_events), []);
    pair.cut_off = false;
    pair.pass(4_000);
    assert_eq!(statuses(&pair.our_events), [(1, 200)]);
    let requests = |event: &&Event| matches!(event, Event::Request { .. });
    assert_eq!(pair.their_events.iter().filter(requests).count(), 1, "never shown twice");
    pair.pass(40_000);
    assert_eq!((pair.ours.transactions(), pair.theirs.transactions()), ((0, 0), (0, 0)));
}

#[test]
fn pings_are_answered_and_missed() {
    let mut pair = Pair::open(Transport::Tls);
    pair.pass(96_000);
    assert_eq!(pair.sent, [Bytes::from_static(b"\r\n\r\n")]);
    pair.pass(3 * 96_000);
    assert!(pair.closed.is_empty());
    pair.cut_off = true;
    pair.pass(110_000);
    assert_eq!(pair.closed, [Why::NoPong]);
}

#[test]
fn silent_and_slow_peers_are_closed() {
    let mut pair = Pair::new(Transport::Tls);
    for (bytes, why) in [
        (&b""[..], Why::Idle),
        (b"OPTIONS sip:a SIP/2.0\r\n", Why::Slow),
        (b"GET / HTTP/1.0\r\n\r\n", Why::Protocol(ParseError::StartLine.to_string())),
        (b"\x16\x03\x01", Why::Protocol(ParseError::StartLine.to_string())),
    ] {
        let opened = pair.opened(Flow(ACCEPTED), 1);
        pair.theirs.handle_input(pair.now, opened);
        pair.theirs.handle_input(pair.now, Input::Receive { flow: Flow(ACCEPTED), bytes });
        pair.dialled = vec![Flow(1 | Flow::DIALLED_BIT)];
        pair.settle();
        pair.pass(30_000);
        assert_eq!(pair.closed.pop(), Some(why));
    }
}

/// RFC 5923: the other end of an accepted connection is reached by it while it lives.
#[test]
fn an_accepted_flow_takes_the_place_of_a_dialled_one() {
    let mut pair = Pair::new(Transport::Tls);
    pair.request(1, message(1, Method::Options));
    pair.connect();
    let request = String::from_utf8_lossy(&pair.sent[0]).into_owned();
    assert!(request.contains(";rport;alias\r\n"), "{request}");

    let Route::Target { target, identity, expect_name } = route(Transport::Tls) else { panic!() };
    let flow = Flow(ACCEPTED);
    let alias = Outgoing::Alias { flow, target, identity, expect_name };
    let again = |stack: &mut Stack, token| {
        let (route, request) = (route(Transport::Tls), message(token, Method::Options));
        let outgoing = Outgoing::Request { token: Token(token), route, request };
        stack.handle_input(pair.now, Input::Send(outgoing));
        loop {
            match stack.poll_output() {
                Output::Transmit { flow, bytes } => break (flow, bytes),
                Output::Connect { flow, .. } => break (flow, Bytes::new()),
                Output::Timeout(_) => panic!("nothing is sent"),
                _ => {}
            }
        }
    };
    pair.theirs.handle_input(pair.now, Input::Send(alias));
    let (over, bytes) = again(&mut pair.theirs, 1);
    assert_eq!(over, flow);
    assert!(!String::from_utf8_lossy(&bytes).contains("alias"), "we have not opened it");
    pair.theirs.handle_input(pair.now, Input::Closed { flow, why: Why::Eof });
    let (over, _) = again(&mut pair.theirs, 2);
    assert!(over.is_dialled());
}
