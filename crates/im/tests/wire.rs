//! The registrar behind a real stack, and a client's stack at the other end of the wire: that
//! what is decided here comes out as bytes in the right order.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a scenario stops at the first surprise"
)]

mod world;

use std::collections::VecDeque;
use std::net::SocketAddr;

use im::{Config, Directory, Effect, Input, Registrar};
use sip::{
    Draft, Event, Flow, IdentityName, Local, Message, Method, Name, Now, Outgoing, Output, Peer,
    PeerIdentity, Route, Stack, StackConfig, Target, Tick, Token, Transport, Why,
};
use world::*;

/// One connection, the two stacks at its ends, and the registrar.
struct Wire {
    world: World,
    registrar: Registrar,
    server: Stack,
    client: Stack,
    peer: Peer,
    now: Now,
    /// What the client saw.
    seen: VecDeque<Event>,
    queue: VecDeque<Step>,
    /// The client's name for the connection.
    dialled: Flow,
    next: u64,
}

const ACCEPTED: Flow = Flow(1);

impl Wire {
    fn new(identity: Option<PeerIdentity>) -> Wire {
        let world = World::new();
        let directory = world.store.read_blocking(Directory::load).unwrap();
        let config = Config::new(POOL, "fe1.litwareinc.com", [9; 32]);
        let address = SocketAddr::from(([127, 0, 0, 2], 40_000));
        Wire {
            registrar: Registrar::new(config, directory.into()),
            server: Stack::new(StackConfig::new(POOL, [1; 32])),
            client: Stack::new(StackConfig::new(OWA, [2; 32])),
            peer: match identity {
                Some(identity) => Peer::mutual(address, identity),
                None => Peer::Tls(address),
            },
            now: Now { tick: Tick(1_000), wall_ms: world.now.wall_ms },
            seen: VecDeque::new(),
            queue: VecDeque::new(),
            dialled: Flow(0),
            next: 0,
            world,
        }
    }

    fn route() -> Route {
        let target = Target { host: POOL.to_owned(), port: 5061, transport: Transport::Tls };
        Route::Target {
            target,
            identity: IdentityName("thumbprint".to_owned()),
            expect_name: POOL.to_owned(),
        }
    }

    /// The client sends a request and gets its final response.
    fn ask(&mut self, request: Draft) -> Message {
        self.next += 1;
        let token = Token(self.next);
        let outgoing = Outgoing::Request { token, route: Wire::route(), request };
        self.client.handle_input(self.now, sip::Input::Send(outgoing));
        self.pump();
        let at = self.seen.iter().position(
            |event| matches!(event, Event::Response { token: seen, .. } if *seen == token),
        );
        match self.seen.remove(at.expect("an answer")) {
            Some(Event::Response { response, .. }) => response,
            other => panic!("{other:?}"),
        }
    }

    /// Takes the next request the client got, and answers it 200.
    fn accept(&mut self) -> Message {
        let at = self.seen.iter().position(|event| matches!(event, Event::Request { .. }));
        let Some(Event::Request { transaction, request, .. }) =
            at.and_then(|at| self.seen.remove(at))
        else {
            panic!("no request: {:?}", self.seen);
        };
        let response = Draft::response(&request, 200).to_tag("client");
        let outgoing = Outgoing::Response { transaction, response };
        self.client.handle_input(self.now, sip::Input::Send(outgoing));
        self.pump();
        request
    }

    /// Lets both ends talk until they are silent, keeping each one's drain rule: what an end
    /// puts out is queued, and handed over when that end is drained.
    fn pump(&mut self) {
        loop {
            while let Some(effect) = self.registrar.poll_effect() {
                self.effect(effect);
            }
            self.collect();
            match self.queue.pop_front() {
                Some(Step::Client(input)) => self.client.handle_input(self.now, input.borrow()),
                Some(Step::Server(input)) => self.server.handle_input(self.now, input.borrow()),
                Some(Step::Registrar(input)) => self.registrar.handle(self.now, input),
                None => return,
            }
        }
    }

    fn collect(&mut self) {
        loop {
            match self.client.poll_output() {
                Output::Timeout(_) => break,
                Output::Event(event) => self.seen.push_back(event),
                Output::Received { .. } => {}
                Output::Transmit { bytes, .. } | Output::TransmitTo { bytes, .. } => {
                    // Cut anywhere: a stream has no messages.
                    let pieces = bytes.chunks(97).map(|piece| {
                        Step::Server(Given::Receive { flow: ACCEPTED, bytes: piece.to_vec() })
                    });
                    self.queue.extend(pieces);
                }
                Output::Connect { flow, .. } => self.connect(flow),
                Output::Close { .. } => {}
            }
        }
        loop {
            match self.server.poll_output() {
                Output::Timeout(_) => return,
                Output::Event(event) => self.queue.push_back(Step::Registrar(Input::Sip(event))),
                Output::Received { .. } => {}
                Output::Transmit { bytes, .. } | Output::TransmitTo { bytes, .. } => {
                    let (flow, bytes) = (self.dialled, bytes.to_vec());
                    self.queue.push_back(Step::Client(Given::Receive { flow, bytes }));
                }
                Output::Close { .. } => {
                    self.queue.push_back(Step::Client(Given::Closed { flow: self.dialled }));
                }
                Output::Connect { .. } => panic!("nobody is dialled"),
            }
        }
    }

    fn connect(&mut self, flow: Flow) {
        self.dialled = flow;
        let address = SocketAddr::from(([127, 0, 0, 1], 5061));
        let local = Local { address, transport: Transport::Tls };
        let peer = self.peer.clone();
        self.queue.push_back(Step::Server(Given::Opened { flow: ACCEPTED, local, peer }));
        let peer = Peer::mutual(address, PeerIdentity::default());
        self.queue.push_back(Step::Client(Given::Opened { flow, local, peer }));
    }

    fn effect(&mut self, effect: Effect) {
        match effect {
            Effect::Send(outgoing) => self.queue.push_back(Step::Server(Given::Send(outgoing))),
            Effect::Commit { token, write } => {
                let done = self.world.store.write_blocking(0, |tx| write.apply(tx));
                let result = done.map_err(|error| error.to_string());
                self.queue.push_back(Step::Registrar(Input::Committed { token, result }));
            }
            Effect::Trace(_) | Effect::Trusted { .. } | Effect::Log(_) => {}
            Effect::Locate { .. } => {}
        }
    }
}

/// What is on its way to somebody.
enum Step {
    Client(Given),
    Server(Given),
    Registrar(Input),
}

/// An input that owns its bytes.
enum Given {
    Opened { flow: Flow, local: Local, peer: Peer },
    Receive { flow: Flow, bytes: Vec<u8> },
    Closed { flow: Flow },
    Send(Outgoing),
}

impl Given {
    fn borrow(&self) -> sip::Input<'_> {
        match self {
            Given::Opened { flow, local, peer } => {
                sip::Input::Opened { flow: *flow, local: *local, peer: peer.clone() }
            }
            Given::Receive { flow, bytes } => sip::Input::Receive { flow: *flow, bytes },
            Given::Closed { flow } => sip::Input::Closed { flow: *flow, why: Why::Eof },
            Given::Send(outgoing) => sip::Input::Send(outgoing.clone()),
        }
    }
}

fn identity(name: &str) -> PeerIdentity {
    PeerIdentity {
        subject: format!("CN={name}"),
        common_names: vec![name.as_bytes().to_vec()],
        dns_names: vec![name.as_bytes().to_vec()],
        ..PeerIdentity::default()
    }
}

#[test]
fn a_client_signs_in_watches_and_is_written_to() {
    let mut wire = Wire::new(None);
    let asked = wire.ask(register("alice", "a", 3600));
    let asked = challenge(&asked).unwrap();
    let signed = sign(&asked, "alice", PASSWORD, 1, register("alice", "a", 3600));
    assert_eq!(wire.ask(signed).status(), Some(200));
    let done = wire.ask(subscribe("alice", "bob", "s1", 1, 600));
    assert_eq!(done.status(), Some(200));
    let notify = wire.accept();
    assert_eq!(notify.method(), Some(Method::Notify));
    assert_eq!(notify.to_tag(), Some("alice-tag"));
    assert!(notify.header(Name::Via).unwrap().contains("z9hG4bK"));
    // Nobody is there to read it: it is on disk when the 202 comes.
    let kept = wire.ask(text("alice", "bob", "m1", "hello"));
    assert_eq!((kept.status(), wire.world.kept("bob")), (Some(202), 1));
}

#[test]
fn a_page_writes_to_a_page_over_one_connection() {
    let mut wire = Wire::new(Some(identity(OWA)));
    let options = request(Method::Options, "alice", "alice", "o", 1);
    assert_eq!(wire.ask(options).status(), Some(200));
    for user in ["alice", "bob"] {
        assert_eq!(wire.ask(register_owa(user, 1)).status(), Some(200));
    }
    assert_eq!(wire.ask(subscribe("bob", "alice", "s1", 1, 600)).status(), Some(200));
    assert_eq!(wire.accept().method(), Some(Method::Notify));
    assert_eq!(wire.ask(publish("alice", &chosen(9500, "writing"))).status(), Some(200));
    let notify = wire.accept();
    assert!(String::from_utf8(notify.body().to_vec()).unwrap().contains("\"9500\""));
    let token = Token(99);
    let request = text("alice", "bob", "m1", "hello");
    let outgoing = Outgoing::Request { token, route: Wire::route(), request };
    wire.client.handle_input(wire.now, sip::Input::Send(outgoing));
    wire.pump();
    assert_eq!(wire.accept().body(), "hello");
    assert!(wire.seen.iter().any(|event| {
        matches!(event, Event::Response { token: Token(99), response, .. }
            if response.status() == Some(200))
    }));
}

#[test]
fn a_wrong_peer_reads_why_before_the_connection_ends() {
    let mut wire = Wire::new(Some(identity("atl-owa-002.litwareinc.com")));
    let refused = wire.ask(request(Method::Options, "alice", "alice", "o", 1));
    assert_eq!(refused.status(), Some(403));
    assert_eq!(sip::Diagnostics::of(&refused).unwrap().id, 70_301);
    assert!(wire.seen.iter().any(|event| matches!(event, Event::Closed { .. })));
}
