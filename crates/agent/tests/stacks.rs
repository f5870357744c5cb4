//! The agent over a real stack, against a small registrar over another, with bytes in between:
//! what the scripted tests assume of `sip` is true.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "the whole program is a test"
)]

use std::collections::BTreeMap;

use agent::{Agent, Command, Event, Input, LinkState, Output, OwnState, PresenceView, Settings};
use bytes::Bytes;
use sip::subscription::Notifier;
use sip::{
    Draft, Flow, Local, Message, Method, Name, Now, Outgoing, Peer, PeerIdentity, Route,
    ServerTransaction, Stack, StackConfig, Tick, Token, Transport, Why,
};

const ALICE: &str = "sip:alice@litwareinc.com";
const BOB: &str = "sip:bob@litwareinc.com";
const CONTACT: &str = "<sip:atl-cs-001.litwareinc.com:5061;transport=tls>";
const POOL_FLOW: Flow = Flow(1);

/// A registrar that believes everything: bindings by address, the last document of each person,
/// watchers, texts to whoever is bound.
#[derive(Default)]
struct Registrar {
    bindings: BTreeMap<String, sip::Uri>,
    documents: BTreeMap<String, Bytes>,
    watchers: Vec<(String, Notifier)>,
    /// Texts under way to somebody, and the sender's transaction.
    texts: BTreeMap<Token, (ServerTransaction, Message)>,
    tokens: u64,
}

impl Registrar {
    fn handle(&mut self, now: Now, event: sip::Event) -> Vec<Outgoing> {
        match event {
            sip::Event::Request { transaction, request, .. } => {
                self.handle_request(now, transaction, &request)
            }
            sip::Event::Response { token, response, .. } => {
                let Some((transaction, text)) = self.texts.remove(&token) else { return vec![] };
                let response = Draft::response(&text, response.status().unwrap());
                vec![Outgoing::Response { transaction, response }]
            }
            _ => vec![],
        }
    }

    fn handle_request(
        &mut self,
        now: Now,
        transaction: ServerTransaction,
        request: &Message,
    ) -> Vec<Outgoing> {
        let respond = |response: Draft| Outgoing::Response { transaction, response };
        let ok = Draft::response(request, 200).to_tag("pool");
        let to = request.to().unwrap().uri.aor().unwrap_or_default();
        match request.method().unwrap() {
            Method::Options => vec![respond(ok)],
            Method::Register => {
                let contact = request.contacts().unwrap()[0].clone();
                let uri = contact.address().unwrap().uri.clone();
                let removes = contact.expires_s() == Some(0);
                if removes {
                    self.bindings.remove(&to);
                } else {
                    self.bindings.insert(to, uri);
                }
                vec![respond(ok.with(Name::Contact, request.header(Name::Contact).unwrap()))]
            }
            Method::Publish => {
                if !request.body().is_empty() {
                    self.documents.insert(to.clone(), request.body());
                } else if request.expires_s() == Some(0) {
                    self.documents.remove(&to);
                }
                let ok = ok.with(Name::SipEtag, "e1").with(Name::Expires, "1800");
                let mut out = vec![respond(ok)];
                out.extend(self.notify(now, &to));
                out
            }
            Method::Subscribe => {
                let ok = ok.with(Name::Contact, CONTACT).with(Name::Expires, "1800");
                if request.to_tag().is_none() {
                    let notifier = Notifier::accept(request, &ok, 1800, now.tick).unwrap();
                    self.watchers.push((to.clone(), notifier));
                }
                let mut out = vec![respond(ok)];
                out.extend(self.notify(now, &to));
                out
            }
            Method::Message => {
                let Some(binding) = self.bindings.get(&to) else {
                    return vec![respond(Draft::response(request, 404).to_tag("pool"))];
                };
                let forwarded = Draft::copy_of(request).without(Name::Via).to_uri(binding);
                let token = self.token();
                self.texts.insert(token, (transaction, request.clone()));
                vec![Outgoing::Request {
                    token,
                    route: Route::Flow(POOL_FLOW),
                    request: forwarded.without(Name::MaxForwards),
                }]
            }
            other => panic!("{other}"),
        }
    }

    fn notify(&mut self, now: Now, presentity: &str) -> Vec<Outgoing> {
        let document = self.documents.get(presentity).cloned();
        let mut out = Vec::new();
        for at in 0..self.watchers.len() {
            if self.watchers[at].0 != presentity {
                continue;
            }
            let token = self.token();
            let body = document.clone().map(|it| ("application/pidf+xml", it));
            let request = self.watchers[at].1.notify(now.tick, CONTACT, body);
            out.push(Outgoing::Request { token, route: Route::Flow(POOL_FLOW), request });
        }
        out
    }

    fn token(&mut self) -> Token {
        self.tokens += 1;
        Token(self.tokens)
    }
}

/// Both ends and the wire.
struct World {
    now: Now,
    agent: Agent,
    near: Stack,
    far: Stack,
    registrar: Registrar,
    near_flow: Option<Flow>,
    events: Vec<Event>,
    /// The pool takes connections.
    is_open: bool,
}

impl World {
    fn new() -> World {
        let config = |name: &str, seed| StackConfig::new(name, [seed; 32]);
        World {
            now: Now { tick: Tick(1_000), wall_ms: 1_372_404_572_000 },
            agent: Agent::new(1),
            near: Stack::new(config("atl-owa-001.litwareinc.com:5199", 1)),
            far: Stack::new(config("atl-cs-001.litwareinc.com:5061", 2)),
            registrar: Registrar::default(),
            near_flow: None,
            events: Vec::new(),
            is_open: true,
        }
    }

    fn command(&mut self, command: Command) {
        self.agent.handle(self.now, Input::Command(command));
        self.settle();
    }

    /// Carries everything until both sides are quiet.
    fn settle(&mut self) {
        for _ in 0..10_000 {
            let acted = self.agent_acts() | self.near_acts() | self.far_acts();
            if !acted {
                return;
            }
        }
        panic!("the two sides do not come to rest");
    }

    fn agent_acts(&mut self) -> bool {
        let mut acted = false;
        while let Some(output) = self.agent.poll_output() {
            acted = true;
            match output {
                Output::Event(event) => self.events.push(event),
                Output::Send(out) => self.near.handle_input(self.now, sip::Input::Send(out)),
            }
            self.near_acts();
        }
        acted
    }

    fn near_acts(&mut self) -> bool {
        let mut acted = false;
        loop {
            let output = self.near.poll_output();
            match output {
                sip::Output::Timeout(_) => return acted,
                sip::Output::Received { .. } => {}
                sip::Output::Transmit { bytes, .. } => {
                    let input = sip::Input::Receive { flow: POOL_FLOW, bytes: &bytes };
                    self.far.handle_input(self.now, input);
                    self.far_acts();
                }
                sip::Output::TransmitTo { .. } => panic!("there are no datagrams here"),
                sip::Output::Connect { flow, target, expect_name, .. } => {
                    assert_eq!(target.host, expect_name);
                    self.connect(flow);
                }
                sip::Output::Close { flow, why } => {
                    self.near.handle_input(self.now, sip::Input::Closed { flow, why });
                }
                sip::Output::Event(event) => self.agent.handle(self.now, Input::Sip(event)),
            }
            acted = true;
        }
    }

    fn connect(&mut self, flow: Flow) {
        if !self.is_open {
            let why = Why::Unreachable("connection refused".to_owned());
            return self.near.handle_input(self.now, sip::Input::Closed { flow, why });
        }
        self.near_flow = Some(flow);
        let address = "127.0.0.2:5061".parse().unwrap();
        let local = Local { address, transport: Transport::Tls };
        let peer = Peer::mutual(address, PeerIdentity::default());
        let opened = sip::Input::Opened { flow: POOL_FLOW, local, peer: peer.clone() };
        self.far.handle_input(self.now, opened);
        self.far_acts();
        self.near.handle_input(self.now, sip::Input::Opened { flow, local, peer });
    }

    fn far_acts(&mut self) -> bool {
        let mut acted = false;
        loop {
            match self.far.poll_output() {
                sip::Output::Timeout(_) => return acted,
                sip::Output::Received { .. } => {}
                sip::Output::Transmit { bytes, .. } => {
                    // Cut anywhere: a stream has no borders.
                    let Some(flow) = self.near_flow else { continue };
                    for bytes in bytes.chunks(100) {
                        self.near.handle_input(self.now, sip::Input::Receive { flow, bytes });
                        self.near_acts();
                    }
                }
                sip::Output::Event(event) => {
                    for out in self.registrar.handle(self.now, event) {
                        self.far.handle_input(self.now, sip::Input::Send(out));
                        self.far_acts();
                    }
                }
                sip::Output::TransmitTo { .. }
                | sip::Output::Connect { .. }
                | sip::Output::Close { .. } => {}
            }
            acted = true;
        }
    }

    /// The pool's process ends: everything soft is gone, the connection too.
    fn restart_pool(&mut self) {
        self.registrar = Registrar::default();
        self.far = Stack::new(StackConfig::new("atl-cs-001.litwareinc.com:5061", [3; 32]));
        if let Some(flow) = self.near_flow.take() {
            self.near.handle_input(self.now, sip::Input::Closed { flow, why: Why::Eof });
            self.settle();
        }
    }

    fn pass_ms(&mut self, ms: u64) {
        let end = self.now.tick.after_ms(ms);
        while let Some(next) = self.agent.next_timeout().filter(|next| *next <= end) {
            self.now.tick = next.max(self.now.tick);
            self.agent.handle(self.now, Input::Timeout);
            self.settle();
        }
        self.now.tick = end;
    }

    fn sees(&mut self, watcher: &str, presentity: &str) -> Option<u16> {
        let view = |event: &Event| match event {
            Event::Presence {
                watcher: who,
                view: PresenceView { presentity: of, availability, .. },
            } if who == watcher && of == presentity => Some(*availability),
            _ => None,
        };
        self.events.iter().rev().find_map(view).flatten()
    }

    fn configure(&mut self) {
        self.command(Command::Configure(Some(Settings {
            server_name: "atl-cs-001.litwareinc.com".to_owned(),
            port: 5061,
            thumbprint: "EA5A".to_owned(),
            local_fqdn: "atl-owa-001.litwareinc.com".to_owned(),
            local_port: 5199,
        })));
    }

    fn sign_in(&mut self, address: &str) {
        self.command(Command::SignIn { address: address.into(), display_name: "N.".into() });
    }
}

#[test]
fn two_people_see_each_other_and_talk() {
    let mut world = World::new();
    world.configure();
    assert_eq!(world.events.last(), Some(&Event::Link(LinkState::Up)));
    world.sign_in(ALICE);
    world.sign_in(BOB);
    assert_eq!(world.registrar.bindings.len(), 2);
    assert_eq!(world.sees(ALICE, ALICE), Some(3_500));

    let presentities = vec![BOB.to_owned()];
    world.command(Command::Watch { address: ALICE.into(), presentities });
    assert_eq!(world.sees(ALICE, BOB), Some(3_500));
    let state = Some(OwnState::DoNotDisturb);
    world.command(Command::SetState { address: BOB.into(), state });
    assert_eq!(world.sees(ALICE, BOB), Some(9_500));
    assert_eq!(world.sees(BOB, BOB), Some(9_500));

    for number in 1..=3 {
        world.command(Command::SendText {
            address: ALICE.into(),
            to: BOB.into(),
            conversation: "c".into(),
            message: format!("m{number}"),
            text: format!("text {number}"),
        });
        let Some(Event::Text { address, from, text, ack, .. }) = world.events.last().cloned()
        else {
            panic!("{:?}", world.events.last())
        };
        let expected = (BOB, ALICE, format!("text {number}"));
        assert_eq!((address.as_str(), from.as_str(), text), expected);
        world.command(Command::Stored { ack });
        let message = format!("m{number}");
        let delivered = Event::Delivered { address: ALICE.into(), message, kept: false };
        assert_eq!(world.events.last(), Some(&delivered));
    }

    world.command(Command::Typing { address: BOB.into(), to: ALICE.into(), active: true });
    let typing = Event::Typing { address: ALICE.into(), from: BOB.into(), active: true };
    assert_eq!(world.events.last(), Some(&typing));

    world.command(Command::SignOut { address: BOB.into() });
    assert_eq!(world.events.last(), Some(&Event::SignedOut { address: BOB.into() }));
    assert_eq!(world.registrar.bindings.len(), 1);
}

#[test]
fn a_pool_that_restarts_is_found_again() {
    let mut world = World::new();
    world.configure();
    world.sign_in(ALICE);
    world.sign_in(BOB);
    let presentities = vec![BOB.to_owned()];
    world.command(Command::Watch { address: ALICE.into(), presentities });
    world.command(Command::SetState { address: BOB.into(), state: Some(OwnState::Busy) });
    assert_eq!(world.sees(ALICE, BOB), Some(6_500));

    world.is_open = false;
    world.restart_pool();
    assert_eq!(world.sees(ALICE, BOB), None, "unknown, not offline");
    world.pass_ms(60_000);
    assert!(world.registrar.bindings.is_empty());
    world.is_open = true;
    world.pass_ms(30_000);
    assert_eq!(world.registrar.bindings.len(), 2);
    assert_eq!(world.sees(ALICE, BOB), Some(6_500), "the choice survives the pool");
}
