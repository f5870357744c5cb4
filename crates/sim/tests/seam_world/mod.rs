//! Both halves and the wire between them, in simulated time: the web half's agent and the
//! messaging half's registrar, each over a stack of its own, with a real store behind.

use std::collections::VecDeque;
use std::sync::Arc;

use agent::{Agent, Command, Event, LinkFailure, LinkState, PresenceView};
use bytes::Bytes;
use im::trace::Component;
use im::{Directory, Effect, Registrar};
use sip::{Flow, Local, Now, Output, Peer, PeerIdentity, Stack, StackConfig, Tick, Transport, Why};
use store::directory::{Account, DirectoryWrite as _, MessagingUser};
use store::messaging::{
    MessagingRead as _, MessagingWrite as _, Pool, TrustedApplication, TrustedApplicationPool,
};
use store::{SecretKey, Store, Writer};

const POOL: &str = "atl-cs-001.litwareinc.com";
pub const OWA: &str = "atl-owa-001.litwareinc.com";
pub const ALICE: &str = "sip:alice@litwareinc.com";
pub const BOB: &str = "sip:bob@litwareinc.com";
const BEGIN_MS: i64 = 1_767_225_600_000;

pub struct World {
    store: Store,
    _folder: tempfile::TempDir,
    now: Now,
    agent: Agent,
    near: Stack,
    near_next: Tick,
    far: Stack,
    far_next: Tick,
    /// The connection as the agent's stack names it, and as the registrar's does.
    near_flow: Flow,
    accepted: Flow,
    /// Bytes, or the end, under way to a flow.
    wire: VecDeque<(Flow, Result<Bytes, Why>)>,
    dialled: Vec<Flow>,
    refused: Vec<(Flow, Why)>,
    /// The registrar takes connections.
    pub is_listening: bool,
    registrar: Registrar,
    pub events: Vec<Event>,
    pub traces: Vec<String>,
    pub log: Vec<u32>,
    /// Answers incoming texts as the web app does once they are stored.
    pub stores_texts: bool,
}

impl World {
    /// Two people; the trusted pool is there or not.
    pub fn new(is_trusted: bool) -> World {
        let folder = tempfile::tempdir().unwrap();
        let key = SecretKey::from_bytes([7; 32]);
        let store = Store::open(&folder.path().join("t.db"), key, BEGIN_MS).unwrap();
        store.write_blocking(BEGIN_MS, move |tx| create(tx, is_trusted)).unwrap();
        let directory = Arc::new(store.read_blocking(Directory::load).unwrap());
        let mut world = World {
            registrar: registrar(directory),
            store,
            _folder: folder,
            now: Now { tick: Tick(1_000), wall_ms: BEGIN_MS },
            agent: Agent::new(1),
            near: Stack::new(StackConfig::new(OWA, [1; 32])),
            near_next: Tick::NEVER,
            far: Stack::new(StackConfig::new(POOL, [2; 32])),
            far_next: Tick::NEVER,
            near_flow: Flow(Flow::DIALLED_BIT),
            accepted: Flow(0),
            wire: VecDeque::new(),
            dialled: Vec::new(),
            refused: Vec::new(),
            is_listening: true,
            events: Vec::new(),
            traces: Vec::new(),
            log: Vec::new(),
            stores_texts: true,
        };
        world.settle();
        world
    }

    pub fn command(&mut self, command: Command) {
        self.agent.handle(self.now, agent::Input::Command(command));
        self.settle();
    }

    pub fn configure(&mut self) {
        self.command(Command::Configure(Some(agent::Settings {
            server_name: POOL.to_owned(),
            port: 5061,
            thumbprint: "EA5A".to_owned(),
            local_fqdn: OWA.to_owned(),
            local_port: 5199,
        })));
    }

    pub fn sign_in(&mut self, address: &str) {
        self.command(Command::SignIn { address: address.into(), display_name: "N".into() });
        let signed_in = Event::SignedIn { address: address.into() };
        assert!(self.events.contains(&signed_in), "{:?}", self.events);
    }

    pub fn watch(&mut self, address: &str, whom: &str) {
        let presentities = vec![whom.to_owned()];
        self.command(Command::Watch { address: address.into(), presentities });
    }

    pub fn text(&mut self, from: &str, to: &str, message: &str) {
        self.command(Command::SendText {
            address: from.into(),
            to: to.into(),
            conversation: "c".into(),
            message: message.into(),
            text: format!("text {message}"),
        });
    }

    /// The store changes, and the registrar learns of it.
    pub fn write(&mut self, act: impl FnOnce(&mut Writer) -> store::Result<()> + Send + 'static) {
        self.store.write_blocking(self.now.wall_ms, act).unwrap();
        let directory = Arc::new(self.store.read_blocking(Directory::load).unwrap());
        self.registrar.handle(self.now, im::Input::Directory(directory));
        self.settle();
    }

    /// Carries everything until both sides are quiet.
    pub fn settle(&mut self) {
        for _ in 0..10_000 {
            let acted = self.agent_acts() | self.registrar_acts() | self.sockets_act();
            match self.wire.pop_front() {
                Some((flow, Ok(bytes))) => self.carry(flow, &bytes),
                Some((flow, Err(why))) => self.give(sip::Input::Closed { flow, why }, flow),
                None if !acted => return,
                None => {}
            }
        }
        panic!("the two sides do not come to rest");
    }

    /// Cut anywhere: a stream has no borders.
    pub fn carry(&mut self, flow: Flow, bytes: &[u8]) {
        for bytes in bytes.chunks(300) {
            self.give(sip::Input::Receive { flow, bytes }, flow);
        }
    }

    pub fn give(&mut self, input: sip::Input<'_>, flow: Flow) {
        if flow.is_dialled() { self.near(input) } else { self.far(input) }
    }

    /// One input for the agent's stack, drained.
    pub fn near(&mut self, input: sip::Input<'_>) {
        self.near.handle_input(self.now, input);
        loop {
            match self.near.poll_output() {
                Output::Timeout(next) => return self.near_next = next,
                Output::Event(event) => self.agent.handle(self.now, agent::Input::Sip(event)),
                Output::Received { .. } => {}
                Output::Transmit { bytes, .. } => self.wire.push_back((self.accepted, Ok(bytes))),
                Output::TransmitTo { .. } => panic!("there are no datagrams here"),
                Output::Connect { flow, .. } => self.dialled.push(flow),
                Output::Close { why, .. } => self.wire.push_back((self.accepted, Err(why))),
            }
        }
    }

    /// One input for the registrar's stack, drained.
    pub fn far(&mut self, input: sip::Input<'_>) {
        self.far.handle_input(self.now, input);
        loop {
            match self.far.poll_output() {
                Output::Timeout(next) => return self.far_next = next,
                Output::Event(event) => self.registrar.handle(self.now, im::Input::Sip(event)),
                Output::Received { .. } => {}
                Output::Transmit { bytes, .. } => self.wire.push_back((self.near_flow, Ok(bytes))),
                Output::TransmitTo { .. } => panic!("there are no datagrams here"),
                Output::Connect { flow, .. } => {
                    let why = Why::Unreachable("nobody listens there".to_owned());
                    self.refused.push((flow, why));
                }
                Output::Close { .. } => self.wire.push_back((self.near_flow, Err(Why::Eof))),
            }
        }
    }

    /// What sockets do: connect, refuse, close.
    pub fn sockets_act(&mut self) -> bool {
        let mut acted = false;
        for flow in std::mem::take(&mut self.dialled) {
            acted = true;
            self.connect(flow);
        }
        for (flow, why) in std::mem::take(&mut self.refused) {
            acted = true;
            self.far(sip::Input::Closed { flow, why });
        }
        acted
    }

    pub fn connect(&mut self, flow: Flow) {
        if !self.is_listening {
            let why = Why::Unreachable("connection refused".to_owned());
            return self.near(sip::Input::Closed { flow, why });
        }
        self.accepted = Flow(self.accepted.0 + 1);
        self.near_flow = flow;
        let address = "127.0.0.2:5061".parse().unwrap();
        let local = Local { address, transport: Transport::Tls };
        let peer = |name: &str| Peer::mutual(address, identity(name));
        self.far(sip::Input::Opened { flow: self.accepted, local, peer: peer(OWA) });
        self.near(sip::Input::Opened { flow, local, peer: peer(POOL) });
    }

    /// Lets time pass, with every timeout on the way.
    pub fn pass_ms(&mut self, ms: u64) {
        let end = self.now.tick.after_ms(ms);
        loop {
            let agent = self.agent.next_timeout().unwrap_or(Tick::NEVER);
            let registrar = self.registrar.next_timeout().unwrap_or(Tick::NEVER);
            let next = agent.min(registrar).min(self.near_next).min(self.far_next);
            let next = next.max(self.now.tick);
            if next > end {
                break;
            }
            self.go_to(next);
            if agent <= next {
                self.agent.handle(self.now, agent::Input::Timeout);
            }
            if registrar <= next {
                self.registrar.handle(self.now, im::Input::Timeout);
            }
            self.near(sip::Input::Timeout);
            self.far(sip::Input::Timeout);
            self.settle();
        }
        self.go_to(end);
    }

    pub fn go_to(&mut self, tick: Tick) {
        self.now.wall_ms += i64::try_from(tick.since(self.now.tick)).unwrap();
        self.now.tick = tick;
    }

    /// The registrar's process ends; everything soft there is gone.
    pub fn restart_registrar(&mut self) {
        let directory = Arc::new(self.store.read_blocking(Directory::load).unwrap());
        self.registrar = registrar(directory);
        self.far = Stack::new(StackConfig::new(POOL, [3; 32]));
        self.far_next = Tick::NEVER;
        self.wire.clear();
        self.wire.push_back((self.near_flow, Err(Why::Eof)));
        self.settle();
    }

    pub fn sees(&self, watcher: &str, presentity: &str) -> Option<u16> {
        let view = |event: &Event| match event {
            Event::Presence {
                watcher: who,
                view: PresenceView { presentity: of, availability, .. },
            } if who == watcher && of == presentity => Some(*availability),
            _ => None,
        };
        self.events.iter().rev().find_map(view).flatten()
    }

    pub fn texts_to(&self, whom: &str) -> Vec<&str> {
        let text = |event: &'_ Event| match event {
            Event::Text { address, .. } => address == whom,
            _ => false,
        };
        let texts = self.events.iter().filter(|event| text(event));
        texts
            .map(|event| match event {
                Event::Text { text, .. } => text.as_str(),
                _ => "",
            })
            .collect()
    }

    pub fn is_delivered(&self, from: &str, message: &str) -> Option<bool> {
        self.events.iter().find_map(|event| match event {
            Event::Delivered { address, message: id, kept } if address == from && id == message => {
                Some(*kept)
            }
            _ => None,
        })
    }

    pub fn link(&self) -> &LinkState {
        let link = |event: &'_ Event| matches!(event, Event::Link(_));
        match self.events.iter().rev().find(|event| link(event)) {
            Some(Event::Link(state)) => state,
            _ => &LinkState::Off,
        }
    }

    pub fn failure(&self) -> &LinkFailure {
        match self.link() {
            LinkState::Down { reason } => reason,
            other => panic!("{other:?}"),
        }
    }

    pub fn agent_acts(&mut self) -> bool {
        let mut acted = false;
        while let Some(output) = self.agent.poll_output() {
            acted = true;
            match output {
                agent::Output::Event(event) => self.hear(event),
                agent::Output::Send(out) => {
                    self.near(sip::Input::Send(out));
                }
            }
        }
        acted
    }

    pub fn hear(&mut self, event: Event) {
        if let (Event::Text { ack, .. }, true) = (&event, self.stores_texts) {
            let stored = agent::Input::Command(Command::Stored { ack: *ack });
            self.agent.handle(self.now, stored);
        }
        self.events.push(event);
    }

    pub fn registrar_acts(&mut self) -> bool {
        let mut acted = false;
        while let Some(effect) = self.registrar.poll_effect() {
            acted = true;
            match effect {
                Effect::Send(out) => {
                    self.far(sip::Input::Send(out));
                }
                Effect::Commit { token, write } => {
                    let result = self.store.write_blocking(self.now.wall_ms, |tx| write.apply(tx));
                    let result = result.map_err(|error| error.to_string());
                    self.registrar.handle(self.now, im::Input::Committed { token, result });
                }
                Effect::Trace(record) => {
                    self.traces.push(record.print(self.now.wall_ms, Component::SipStack));
                }
                Effect::Trusted { .. } => {}
                Effect::Log(line) => self.log.push(line.event_id),
                Effect::Locate { domain, .. } => panic!("nobody allows {domain} here"),
            }
        }
        acted
    }
}

fn registrar(directory: Arc<Directory>) -> Registrar {
    Registrar::new(im::Config::new(POOL, POOL, [9; 32]), directory)
}

fn identity(name: &str) -> PeerIdentity {
    PeerIdentity {
        subject: format!("CN={name}"),
        issuer: "CN=Litware CA".to_owned(),
        serial: "4A".to_owned(),
        common_names: vec![name.as_bytes().to_vec()],
        dns_names: vec![name.as_bytes().to_vec()],
        ..PeerIdentity::default()
    }
}

fn create(tx: &mut Writer, is_trusted: bool) -> store::Result<()> {
    tx.create_deployment("litwareinc.com", "litwareinc.com", "Litware")?;
    for name in ["alice", "bob"] {
        let account = tx.new_id()?;
        tx.put_account(&Account {
            id: account,
            sam: name.to_owned(),
            upn: format!("{name}@litwareinc.com"),
            display_name: name.to_owned(),
            first_name: String::new(),
            last_name: String::new(),
            enabled: true,
            time_zone: String::new(),
            language: "en-US".to_owned(),
            created_ms: BEGIN_MS,
        })?;
        tx.put_messaging_user(&MessagingUser {
            account,
            sip_address: format!("sip:{name}@litwareinc.com"),
            registrar_pool: POOL.to_owned(),
            enabled: true,
        })?;
    }
    let mut topology = tx.published_topology()?;
    topology.pools.push(Pool {
        fqdn: POOL.to_owned(),
        site_id: "Redmond".to_owned(),
        computers: vec![POOL.to_owned()],
    });
    tx.put_published_topology(&topology)?;
    tx.enable_topology()?;
    if is_trusted { trust(tx, &[OWA]) } else { Ok(()) }
}

/// Exactly these trusted pools, each with the same computer.
pub fn trust(tx: &mut Writer, pools: &[&str]) -> store::Result<()> {
    let mut topology = tx.published_topology()?;
    topology.trusted_pools = pools
        .iter()
        .map(|pool| TrustedApplicationPool {
            fqdn: (*pool).to_owned(),
            registrar: Some(POOL.to_owned()),
            site_id: "Redmond".to_owned(),
            computers: vec![OWA.to_owned()],
            applications: vec![TrustedApplication {
                application_id: "urn:application:OutlookWebApp".to_owned(),
                port: 5199,
                ..TrustedApplication::default()
            }],
            ..TrustedApplicationPool::default()
        })
        .collect();
    tx.put_published_topology(&topology)?;
    tx.enable_topology().map(|_| ())
}
