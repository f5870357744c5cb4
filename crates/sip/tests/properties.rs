//! What holds for every input: what is printed is read again, what is read is printed again, and
//! nothing panics.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests fail loudly"
)]

use bytes::Bytes;
use proptest::prelude::*;
use sip::framing::{Frame, Framer};
use sip::{
    Contact, Draft, Event, Flow, Input, Local, Message, Method, Name, NameAddr, Now, Outgoing,
    Output, Params, Peer, Route, ServerTransaction, Stack, StackConfig, Tick, Token, Transport,
    Uri, Why,
};

fn request(number: u32, value: &str, body: &[u8]) -> Draft {
    let uri = Uri::sip(Some(&format!("u{value}")), "example.test").unwrap();
    Draft::request(Method::Message, &uri)
        .with(Name::Via, "SIP/2.0/TLS client.example.test;branch=z9hG4bK1")
        .with(Name::From, NameAddr::new(uri.clone()).with_display(value).with_tag("1").to_string())
        .with(Name::To, "<sip:bob@example.test>")
        .with(Name::CallId, "1@client")
        .with(Name::CSeq, format!("{number} MESSAGE"))
        .with(Name::Subject, value)
        .with(Name::Other("X-Value"), value)
        .body("text/plain", Bytes::copy_from_slice(body))
}

/// Text out of what parsers trip over.
fn nasty() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("\r\n".to_owned()),
        Just("\r\nVia: x\r\n\r\n".to_owned()),
        "[\"\\\\<>;:,=@ %?&\t\r\n]",
        "[a-zA-Z0-9%]{1,4}",
        any::<char>().prop_map(String::from),
    ];
    prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

/// Bytes that look like SIP most of the time.
fn wire() -> impl Strategy<Value = Vec<u8>> {
    let line = prop_oneof![
        Just("MESSAGE sip:bob@example.test SIP/2.0\r\n".to_owned()),
        Just("SIP/2.0 200 OK\r\n".to_owned()),
        Just("Via: SIP/2.0/TLS h;branch=z9hG4bK1;rport\r\n".to_owned()),
        Just("f: <sip:a@b>;tag=1\r\nTo: <sip:b@c>\r\ni: 1\r\nCSeq: 1 MESSAGE\r\n".to_owned()),
        (0_u32..200).prop_map(|length| format!("Content-Length: {length}\r\n")),
        Just("\r\n".to_owned()),
        Just(" folded\r\n".to_owned()),
        nasty(),
    ];
    prop::collection::vec(line, 0..14).prop_map(|lines| lines.concat().into_bytes())
}

fn frames(stream: &[u8], cuts: &[usize]) -> (Vec<Frame>, bool) {
    let (mut framer, mut frames, mut rest) = (Framer::new(500), Vec::new(), stream);
    let mut cuts = cuts.iter().cycle();
    while !rest.is_empty() {
        let (piece, after) = rest.split_at((*cuts.next().unwrap()).clamp(1, rest.len()));
        rest = after;
        framer.push(piece);
        loop {
            match framer.next() {
                Ok(Some(frame)) => frames.push(frame),
                Ok(None) => break,
                Err(_) => return (frames, true),
            }
        }
    }
    (frames, false)
}

fn config(cases: u32) -> ProptestConfig {
    // A failing case is to become a test of its own, not a file beside the tests.
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config(256))]

    #[test]
    fn drafts_read_back(value in nasty(), number in 0_u32..1 << 31, body: Vec<u8>) {
        let draft = request(number, &value, &body);
        let message = Message::parse(draft.print()).unwrap();
        prop_assert_eq!(message.check(), Ok(()));
        prop_assert_eq!(message.lines().count(), 9, "no value begins a line of its own");
        prop_assert_eq!(message.body(), Bytes::from(body));
        prop_assert_eq!(message.cseq().unwrap().number, number);
        prop_assert_eq!(message.header(Name::Subject), draft.header(Name::Subject));
        prop_assert_eq!(message.header(Name::Other("x-value")), draft.header(Name::Subject));
        let from = message.from().unwrap();
        prop_assert_eq!(from.uri.user_decoded().unwrap(), format!("u{value}"));
        let shown = from.display.clone().unwrap_or_default();
        prop_assert_eq!(shown, value.replace(['\r', '\n'], " "));
        prop_assert_eq!(Draft::copy_of(&message).print(), message.bytes());
        let response = Message::parse(Draft::response(&message, 200).print()).unwrap();
        prop_assert_eq!(response.check(), Ok(()));
    }

    #[test]
    fn whatever_comes_is_read_without_panic(bytes in wire()) {
        if let Ok(message) = Message::index(Bytes::from(bytes)) {
            let _ = (message.check(), message.request_uri(), message.contacts());
            let printed = Draft::copy_of(&message).print();
            if let Ok(again) = Message::parse(printed.clone()) {
                prop_assert_eq!(Draft::copy_of(&again).print(), printed);
            }
        }
    }

    #[test]
    fn streams_are_cut_the_same_however_they_come(
        bytes in wire(),
        cuts in prop::collection::vec(1_usize..40, 1..6),
    ) {
        let whole = frames(&bytes, &[usize::MAX]);
        let pieces = frames(&bytes, &cuts);
        let messages = |frames: &[Frame]| -> Vec<Frame> {
            frames.iter().filter(|frame| matches!(frame, Frame::Message(_))).cloned().collect()
        };
        prop_assert_eq!(messages(&whole.0), messages(&pieces.0));
        // Each frame's own reading of its length is the framer's.
        for frame in messages(&whole.0) {
            let Frame::Message(bytes) = frame else { continue };
            if let Ok(message) = Message::parse(bytes.clone()) {
                let unfolded = message.bytes().len();
                prop_assert!(bytes.len() - unfolded <= 2 * bytes.len() / 4, "only empty lines go");
            }
        }
    }

    #[test]
    fn values_read_back(text in nasty(), user in nasty()) {
        if let Ok(uri) = Uri::parse(&text) {
            let again = Uri::parse(&uri.to_string()).unwrap();
            prop_assert!(again.equals(&uri) && again == uri);
        }
        let whole = format!("\"{text}\" <sip:a@b>;{text}");
        for text in [text.clone(), format!("<sip:{text}>"), whole] {
            if let Ok(value) = NameAddr::parse(&text) {
                prop_assert_eq!(NameAddr::parse(&value.to_string()).unwrap(), value);
            }
            if let Ok(value) = Contact::parse(&text) {
                prop_assert_eq!(Contact::parse(&value.to_string()).unwrap(), value);
            }
            if let Ok(value) = Params::parse(&text) {
                prop_assert_eq!(Params::parse(&value.to_string()).unwrap(), value);
            }
        }
        let uri = Uri::sip(Some(&format!("u{user}")), "b").unwrap();
        prop_assert_eq!(Uri::parse(&uri.to_string()).unwrap(), uri);
    }
}

/// One thing that happens to a stack.
#[derive(Debug, Clone)]
enum Step {
    Bytes(u64, Vec<u8>),
    Request(u64, u8),
    Answer(u64, u16),
    Cancel(u64),
    Pass(u64),
    Closed(u64),
    Opened(u64),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (1_u64..3, wire()).prop_map(|(flow, bytes)| Step::Bytes(flow, bytes)),
        2 => (0_u64..20, any::<u8>()).prop_map(|(token, kind)| Step::Request(token, kind)),
        2 => (0_u64..20, 100_u16..699).prop_map(|(number, status)| Step::Answer(number, status)),
        1 => (0_u64..20).prop_map(Step::Cancel),
        2 => (0_u64..50_000).prop_map(Step::Pass),
        1 => (1_u64..3).prop_map(Step::Closed),
        1 => (1_u64..3).prop_map(Step::Opened),
    ]
}

/// A stack driven by steps, with everything it must keep to.
struct Driven {
    stack: Stack,
    now: Now,
    requests: Vec<(ServerTransaction, Message)>,
    open_tokens: Vec<u64>,
}

impl Driven {
    fn take(&mut self, step: Step, at: u64) {
        let input = match &step {
            Step::Bytes(flow, bytes) => Input::Receive { flow: Flow(*flow), bytes },
            Step::Request(flow, kind) => {
                let method = if kind % 2 == 0 { Method::Invite } else { Method::Message };
                let uri = Uri::parse("sip:bob@example.test").unwrap();
                let request = Draft::request(method.clone(), &uri)
                    .with(Name::From, "<sip:a@b>;tag=1")
                    .with(Name::To, "<sip:b@c>")
                    .with(Name::CallId, "1")
                    .with(Name::CSeq, format!("1 {method}"));
                let (token, route) = (Token(at), Route::Flow(Flow(flow % 3)));
                self.open_tokens.push(at);
                Input::Send(Outgoing::Request { token, route, request })
            }
            Step::Answer(number, status) => {
                let at = usize::try_from(*number).unwrap() % self.requests.len().max(1);
                let Some((transaction, request)) = self.requests.get(at) else { return };
                let response = Draft::response(request, *status);
                Input::Send(Outgoing::Response { transaction: *transaction, response })
            }
            Step::Cancel(token) => Input::Send(Outgoing::Cancel { token: Token(*token) }),
            Step::Pass(ms) => {
                self.now.tick = self.now.tick.after_ms(*ms);
                Input::Timeout
            }
            Step::Closed(flow) => Input::Closed { flow: Flow(*flow), why: Why::Eof },
            Step::Opened(flow) => {
                let address = ([127, 0, 0, 1], 5060).into();
                let transport = if *flow == 1 { Transport::Tcp } else { Transport::Udp };
                let local = Local { address, transport };
                Input::Opened { flow: Flow(*flow), local, peer: Peer::Plain(address) }
            }
        };
        self.stack.handle_input(self.now, input);
        loop {
            match self.stack.poll_output() {
                Output::Timeout(at) => {
                    let due = matches!(step, Step::Pass(_)) && at <= self.now.tick;
                    assert!(!due, "what was due was done");
                    return;
                }
                Output::Event(Event::Request { transaction, request, .. }) => {
                    self.requests.push((transaction, request));
                }
                Output::Event(Event::Failed { token, .. }) => self.ended(token),
                Output::Event(Event::Response { token, response, .. })
                    if response.status() >= Some(200) =>
                {
                    self.ended(token);
                }
                _ => {}
            }
        }
    }

    fn ended(&mut self, token: Token) {
        self.open_tokens.retain(|open| *open != token.0);
    }
}

proptest! {
    #![proptest_config(config(64))]

    #[test]
    fn stacks_forget_everything(steps in prop::collection::vec(step(), 1..60)) {
        let stack = Stack::new(StackConfig::new("h", [1; 32]));
        let now = Now { tick: Tick(0), wall_ms: 0 };
        let mut driven = Driven { stack, now, requests: Vec::new(), open_tokens: Vec::new() };
        for flow in [1, 2] {
            driven.take(Step::Opened(flow), 0);
        }
        for (at, step) in steps.into_iter().enumerate() {
            driven.take(step, u64::try_from(at).unwrap());
        }
        for _ in 0..200 {
            driven.take(Step::Pass(10_000), 0);
        }
        prop_assert_eq!(driven.stack.transactions(), (0, 0));
        let open = driven.open_tokens;
        prop_assert!(open.is_empty(), "each request ends: {:?}", open);
    }
}
