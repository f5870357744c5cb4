//! A stack in each state of its four machines (INVITE and other requests, as client and as
//! server), over datagrams and over streams, with all timers.
//!
//! The bytes steer both ends: requests and their repetitions, ACK, CANCEL, answers of any status,
//! time, connections that are lost, and bytes as they are. What holds:
//!
//! 1. Everything sent is SIP that [`Message::check`] passes, on a connection that is open.
//! 2. One step makes a bounded number of outputs, and a time that has come does not come again.
//! 3. A request that comes again is not told again; each request of ours ends once: by one final
//!    response or one failure (2xx to INVITE may come again).
//! 4. In the end nothing is left, and every request of ours has ended.

use std::collections::{BTreeMap, BTreeSet};

use sip::{
    Draft, Event, Flow, Input, Local, Message, Method, Name, Now, Outgoing, Output, Peer, Route,
    ServerTransaction, Stack, StackConfig, Tick, Token, Transport, Uri, Why,
};

use super::tape::Tape;
use crate::trail;

/// Steps of one session.
const STEPS_MAX: usize = 300;
/// Outputs of one step for each transaction that lives, and some.
const OUTPUTS_OF_ONE: usize = 8;
/// How long a request is known that nobody answers: its client has given up then (timer F).
const REMEMBERED_MS: u64 = 31_000;
const STATUSES: [u16; 10] = [100, 180, 183, 200, 202, 301, 404, 487, 503, 603];
const METHODS: [Method; 4] = [Method::Invite, Method::Message, Method::Options, Method::Subscribe];
/// Times around those of timers A to M (RFC 3261 §17), at T1 = 500 ms.
const TIMES_MS: [u64; 8] = [1, 500, 600, 4_000, 5_000, 31_500, 33_000, 180_000];

pub fn seeds() -> Vec<Vec<u8>> {
    let mut seeds = vec![
        // Ours: INVITE, 180, 200, 200 again, then time.
        vec![0, 6, 0, 7, 0, 1, 7, 0, 3, 7, 0, 3, 9, 6],
        // Ours: INVITE, cancelled, 487, again.
        vec![0, 6, 0, 7, 0, 1, 10, 0, 7, 0, 7, 7, 0, 7, 9, 6],
        // Theirs: INVITE, again, 180, 404, ACK.
        vec![0, 1, 0, 2, 0, 5, 0, 1, 5, 0, 6, 9, 1, 3, 0, 0, 9, 5],
        // Theirs: INVITE, CANCEL, 487, ACK, and one in a datagram with the next.
        vec![1, 1, 0, 4, 0, 5, 0, 7, 3, 0, 0, 12, 1, 0, 9, 6],
        // Others in both directions, unanswered.
        vec![0, 1, 1, 2, 0, 6, 1, 9, 1, 9, 2, 5, 0, 3, 2, 0, 9, 6, 9, 6],
        vec![1, 6, 1, 6, 0, 1, 3, 8, 0, 9, 6],
    ];
    seeds.extend(super::seeds::sip().into_iter().map(|bytes| {
        let mut seed = vec![0, 0, 255];
        seed.extend(bytes);
        seed
    }));
    seeds
}

pub fn run(input: &[u8]) {
    let mut tape = Tape::new(input);
    let transport = tape.one_of(&[Transport::Udp, Transport::Tls, Transport::Ws]);
    let mut bench = Bench::new(transport);
    for _ in 0..STEPS_MAX {
        let Some(step) = tape.next() else { break };
        bench.step(step % 13, &mut tape);
    }
    bench.end();
}

/// A request of theirs that the user of the stack has heard of.
struct Told {
    transaction: ServerTransaction,
    request: Message,
    flow: Flow,
    at: Tick,
}

struct Bench {
    transport: Transport,
    stack: Stack,
    now: Now,
    flow: Flow,
    is_open: bool,
    /// Requests of theirs as sent, whether told, and whether answered finally.
    theirs: Vec<Message>,
    told: Vec<Told>,
    answered: BTreeSet<u64>,
    /// Requests of ours as they came out, with CANCELs and ACKs.
    ours: Vec<Message>,
    /// By token: how often it ended, and whether by a 2xx to INVITE.
    ended: BTreeMap<u64, (usize, bool)>,
    replies: Vec<Vec<u8>>,
    due: Tick,
}

impl Bench {
    fn new(transport: Transport) -> Bench {
        let mut bench = Bench {
            transport,
            stack: Stack::new(StackConfig::new("fuzz", [5; 32])),
            now: Now { tick: Tick(0), wall_ms: 0 },
            flow: Flow(0),
            is_open: false,
            theirs: Vec::new(),
            told: Vec::new(),
            answered: BTreeSet::new(),
            ours: Vec::new(),
            ended: BTreeMap::new(),
            replies: Vec::new(),
            due: Tick::NEVER,
        };
        bench.open();
        bench
    }

    fn open(&mut self) {
        if self.is_open {
            return;
        }
        (self.flow, self.is_open) = (Flow(self.flow.0 + 1), true);
        let address = ([127, 0, 0, 1], 5061).into();
        let local = Local { address, transport: self.transport };
        let secure = self.transport.is_secure();
        let peer = if secure { Peer::Tls(address) } else { Peer::Plain(address) };
        self.take(Input::Opened { flow: self.flow, local, peer });
    }

    fn step(&mut self, step: u8, tape: &mut Tape<'_>) {
        match step {
            0 => self.receive(tape.bytes()),
            1 => self.they_ask(tape),
            2 => self.they_repeat(tape),
            3 => self.they_acknowledge(tape),
            4 => self.they_cancel(tape),
            5 => self.we_answer(tape),
            6 => self.we_ask(tape),
            7 => self.they_answer(tape),
            8 => {
                let again = self.replies.get(tape.below(self.replies.len())).cloned();
                self.receive(&again.unwrap_or_default());
            }
            9 => self.pass_ms(tape.one_of(&TIMES_MS)),
            10 => {
                let token = Token(tape.below(self.ended.len().max(1)) as u64);
                self.take(Input::Send(Outgoing::Cancel { token }));
            }
            11 => {
                if self.is_open {
                    self.is_open = false;
                    self.take(Input::Closed { flow: self.flow, why: Why::Eof });
                }
                self.open();
            }
            _ => {
                let two = [self.request(tape), self.request(tape)];
                let bytes = two.map(|request| request.bytes().to_vec()).concat();
                self.receive(&bytes);
            }
        }
    }

    fn receive(&mut self, bytes: &[u8]) {
        if self.is_open {
            self.take(Input::Receive { flow: self.flow, bytes });
        }
    }

    fn request(&mut self, tape: &mut Tape<'_>) -> Message {
        let method = METHODS[tape.below(METHODS.len())].clone();
        let number = self.theirs.len();
        let uri = Uri::parse("sip:b@c").expect("a URI");
        let request = Draft::request(method.clone(), &uri)
            .with(Name::Via, format!("SIP/2.0/{} h;branch=z9hG4bK{number}", self.transport))
            .with(Name::MaxForwards, "70")
            .with(Name::From, "<sip:a@b>;tag=1")
            .with(Name::To, "<sip:b@c>")
            .with(Name::CallId, number.to_string())
            .with(Name::CSeq, format!("1 {method}"))
            .with(Name::Contact, "<sip:a@h>");
        let request = Message::parse(request.print()).expect("well made");
        self.theirs.push(request.clone());
        request
    }

    fn they_ask(&mut self, tape: &mut Tape<'_>) {
        let request = self.request(tape);
        self.receive(&request.bytes().clone());
    }

    /// 3: while it is not answered, nobody hears of it again on its connection.
    fn they_repeat(&mut self, tape: &mut Tape<'_>) {
        let at = tape.below(self.theirs.len());
        let Some(request) = self.theirs.get(at).cloned() else { return };
        let is_under_way = |told: &Told| {
            let is_answered = self.answered.contains(&told.transaction.0);
            let (its, same) = (told.request.call_id(), told.request.method() == request.method());
            let is_here = told.flow == self.flow && same && its == request.call_id();
            is_here && !is_answered && self.now.tick.since(told.at) < REMEMBERED_MS
        };
        let (is_known, before) = (self.told.iter().any(is_under_way), self.told.len());
        self.receive(&request.bytes().clone());
        assert!(!is_known || self.told.len() == before, "told twice: {request:?}");
    }

    /// To what is not 2xx in the same transaction, to 2xx in one of its own.
    fn they_acknowledge(&mut self, tape: &mut Tape<'_>) {
        let (at, is_own) = (tape.below(self.theirs.len()), tape.below(2) == 1);
        let Some(request) = self.theirs.get(at) else { return };
        let via = match is_own {
            true => "SIP/2.0/TLS h;branch=z9hG4bKack".to_owned(),
            false => request.header(Name::Via).unwrap_or("").to_owned(),
        };
        let ack = self.following(request, Method::Ack, via);
        self.receive(&ack);
    }

    fn they_cancel(&mut self, tape: &mut Tape<'_>) {
        let Some(request) = self.theirs.get(tape.below(self.theirs.len())) else { return };
        let via = request.header(Name::Via).unwrap_or("").to_owned();
        let cancel = self.following(request, Method::Cancel, via);
        self.receive(&cancel);
    }

    fn following(&self, request: &Message, method: Method, via: String) -> bytes::Bytes {
        let uri = Uri::parse("sip:b@c").expect("a URI");
        Draft::request(method.clone(), &uri)
            .with(Name::Via, via)
            .with(Name::From, "<sip:a@b>;tag=1")
            .with(Name::To, "<sip:b@c>;tag=2")
            .with(Name::CallId, request.call_id().unwrap_or("").to_owned())
            .with(Name::CSeq, format!("1 {method}"))
            .print()
    }

    fn we_answer(&mut self, tape: &mut Tape<'_>) {
        let (at, status) = (tape.below(self.told.len()), tape.one_of(&STATUSES));
        let Some(Told { transaction, request, .. }) = self.told.get(at) else { return };
        let response = Draft::response(request, status).to_tag("2");
        let transaction = *transaction;
        if status >= 200 {
            self.answered.insert(transaction.0);
        }
        self.take(Input::Send(Outgoing::Response { transaction, response }));
    }

    fn we_ask(&mut self, tape: &mut Tape<'_>) {
        let method = METHODS[tape.below(METHODS.len())].clone();
        let token = Token(self.ended.len() as u64);
        let uri = Uri::parse("sip:b@c").expect("a URI");
        let request = Draft::request(method.clone(), &uri)
            .with(Name::From, "<sip:a@b>;tag=1")
            .with(Name::To, "<sip:b@c>")
            .with(Name::CallId, format!("ours-{}", token.0))
            .with(Name::CSeq, format!("1 {method}"))
            .with(Name::Contact, "<sip:a@h>");
        self.ended.insert(token.0, (0, false));
        let route = Route::Flow(self.flow);
        self.take(Input::Send(Outgoing::Request { token, route, request }));
    }

    fn they_answer(&mut self, tape: &mut Tape<'_>) {
        let (at, status) = (tape.below(self.ours.len()), tape.one_of(&STATUSES));
        let Some(request) = self.ours.get(at) else { return };
        let response = Draft::response(request, status).to_tag("2").print().to_vec();
        self.replies.push(response.clone());
        self.receive(&response);
    }

    /// 2: a time that has come does not come again.
    fn pass_ms(&mut self, ms: u64) {
        let end = self.now.tick.after_ms(ms);
        let mut times = 0;
        while self.due <= end {
            self.now.tick = self.due.max(self.now.tick);
            self.take(Input::Timeout);
            assert!(self.due > self.now.tick, "the same time again");
            times += 1;
            assert!(times < 20_000, "time passes without end");
        }
        self.now.tick = end;
    }

    fn take(&mut self, input: Input<'_>) {
        self.stack.handle_input(self.now, input);
        let (clients, servers) = self.stack.transactions();
        let outputs_max = 64 + OUTPUTS_OF_ONE * (clients + servers + self.ended.len());
        let mut outputs = 0;
        loop {
            let output = self.stack.poll_output();
            outputs += 1;
            assert!(outputs < outputs_max, "{outputs} outputs of one input");
            match output {
                Output::Timeout(due) => {
                    self.due = due;
                    break;
                }
                Output::Event(event) => self.event(event),
                Output::Transmit { flow, bytes } | Output::TransmitTo { flow, bytes, .. } => {
                    assert_eq!(flow, self.flow, "only the peer is answered");
                    self.transmitted(bytes);
                }
                Output::Connect { .. } => panic!("nothing asked for a connection"),
                Output::Close { .. } => self.is_open = false,
                Output::Received { .. } => {}
            }
        }
        trail::saw((self.transport, self.stack.transactions()));
    }

    fn transmitted(&mut self, bytes: bytes::Bytes) {
        if bytes.iter().all(|byte| matches!(byte, b'\r' | b'\n')) {
            return;
        }
        let message = Message::parse(bytes).expect("what we send is SIP");
        // What answers a malformed request repeats what it said (RFC 3261 §8.2.6.2).
        let is_excused = message.status().is_some_and(|status| matches!(status, 400..=599));
        assert!(is_excused || message.check().is_ok(), "{:?}: {message:?}", message.check());
        trail::saw(("sent", message.method_token(), message.status(), self.transport));
        if message.is_request() && message.method() != Some(Method::Ack) {
            self.ours.push(message);
        }
    }

    fn event(&mut self, event: Event) {
        match event {
            Event::Request { transaction, request, flow } => {
                trail::saw(("told", request.method_token()));
                let at = self.now.tick;
                self.told.push(Told { transaction, request, flow, at });
            }
            Event::Response { token, response, .. } => {
                trail::saw(("heard", response.status()));
                if response.status() >= Some(200) {
                    let is_call = response.cseq().is_ok_and(|it| it.method == Method::Invite);
                    self.ends(token, is_call && response.status() < Some(300));
                }
            }
            Event::Failed { token, why } => {
                trail::saw(("failed", format!("{why:?}")));
                self.ends(token, false);
            }
            Event::Malformed { error, .. } => trail::saw(("malformed", error.to_string())),
            Event::Ack { .. } | Event::Cancelled { .. } => trail::saw("ack or cancel"),
            Event::Opened { .. } | Event::Closed { .. } => {}
        }
    }

    fn ends(&mut self, token: Token, is_accepted: bool) {
        let Some((times, was_accepted)) = self.ended.get_mut(&token.0) else {
            panic!("{token:?} was never asked")
        };
        assert!(*times == 0 || *was_accepted && is_accepted, "{token:?} ended twice");
        (*times, *was_accepted) = (*times + 1, is_accepted);
    }

    /// 4: nothing is left. What they asked and we never answered is answered now, as users of a
    /// stack do.
    fn end(&mut self) {
        for Told { transaction, request, .. } in std::mem::take(&mut self.told) {
            if self.answered.insert(transaction.0) {
                let response = Draft::response(&request, 500).to_tag("2");
                self.take(Input::Send(Outgoing::Response { transaction, response }));
            }
        }
        self.pass_ms(30 * 60_000);
        assert_eq!(self.stack.transactions(), (0, 0));
        let open: Vec<_> = self.ended.iter().filter(|(_, (times, _))| *times == 0).collect();
        assert!(open.is_empty(), "requests without an end: {open:?}");
    }
}
