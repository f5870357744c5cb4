//! The simulated stage: the messaging half with its stack, a real store in a temporary file,
//! clients, and a network between them, all in simulated time. Bytes are cut and delayed by a
//! seed; the order within a connection is kept, as TCP keeps it.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use im::{CommitToken, Committed, Directory, Effect, Registrar};
use sip::{
    Event, Flow, Input, Local, Message, Now, Output, Peer, Stack, StackConfig, Tick, Transport,
};
use store::directory::DirectoryWrite as _;
use store::{SecretKey, Store};

use crate::client::Client;
use crate::people;
use crate::play::Stage;
use crate::random::Random;

/// 2026-01-01, so that wall-clock values look like some.
const BEGIN_MS: i64 = 1_767_225_600_000;
/// Longest a play waits for something, in simulated time.
const PATIENCE_MS: u64 = 40_000;
/// Longest way through the network.
const LATENCY_MS: u64 = 30;
/// Name of the pool.
const POOL: &str = "atl-cs-001.litwareinc.com";

/// The key of every simulated store: they are copies of one.
const STORE_KEY: [u8; 32] = [7; 32];

/// A store with the people of plays, made once: hashing their passwords takes its time.
fn template() -> &'static Path {
    static TEMPLATE: OnceLock<(tempfile::TempDir, PathBuf)> = OnceLock::new();
    let (_, file) = TEMPLATE.get_or_init(|| {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let file = folder.path().join("tandem.db");
        let store =
            Store::open(&file, SecretKey::from_bytes(STORE_KEY), BEGIN_MS).expect("a store");
        store
            .write_blocking(BEGIN_MS, |tx| {
                tx.create_deployment(people::DOMAIN, people::DOMAIN, "Verona")?;
                people::create(tx, POOL)
            })
            .expect("the people of the plays");
        (folder, file)
    });
    file
}

enum Delivery {
    ToServer { flow: Flow, bytes: Bytes },
    ToClient { who: String, bytes: Bytes },
    ServerSees { flow: Flow },
    ClientSees { who: String },
    Committed { token: CommitToken, result: Result<Committed, String> },
}

struct Place {
    client: Client,
    flow: Option<Flow>,
    /// Ticks of the last delivery in each direction: TCP keeps the order.
    last: (u64, u64),
}

/// See the head of the file.
pub struct World {
    tick: u64,
    random: Random,
    stack: Stack,
    stack_next: Tick,
    registrar: Registrar,
    store: Store,
    clients: BTreeMap<String, Place>,
    flows: BTreeMap<Flow, String>,
    next_flow: u64,
    queue: BTreeMap<(u64, u64), Delivery>,
    numbered: u64,
    _folder: tempfile::TempDir,
}

impl World {
    /// A world with a store, the people of plays and nobody connected.
    pub fn new(seed: u64) -> World {
        let mut random = Random::new(seed);
        let folder = tempfile::tempdir().expect("a temporary folder");
        let file = folder.path().join("tandem.db");
        std::fs::copy(template(), &file).expect("a copy of the people");
        let store =
            Store::open(&file, SecretKey::from_bytes(STORE_KEY), BEGIN_MS).expect("a store");
        let directory = Arc::new(store.read_blocking(Directory::load).expect("a directory"));
        let mut config = im::Config::new(POOL, POOL, random.seed());
        config.writing = im::Writing::unbounded();
        let mut world = World {
            tick: 0,
            stack: Stack::new(StackConfig::new(POOL, random.seed())),
            stack_next: Tick::NEVER,
            registrar: Registrar::new(config, directory),
            random,
            store,
            clients: BTreeMap::new(),
            flows: BTreeMap::new(),
            next_flow: 1,
            queue: BTreeMap::new(),
            numbered: 0,
            _folder: folder,
        };
        world.settle_server();
        world
    }

    /// The store behind the messaging half.
    pub fn store(&self) -> &Store {
        &self.store
    }

    fn now(&self) -> Now {
        Now { tick: Tick(self.tick), wall_ms: BEGIN_MS + i64::try_from(self.tick).unwrap_or(0) }
    }

    fn post(&mut self, at: u64, delivery: Delivery) {
        self.numbered += 1;
        self.queue.insert((at, self.numbered), delivery);
    }

    fn server(&mut self, input: Input<'_>) {
        let now = self.now();
        self.stack.handle_input(now, input);
        self.settle_server();
    }

    /// Stack to rules to stack, until neither has anything left.
    fn settle_server(&mut self) {
        let now = self.now();
        loop {
            let mut quiet = true;
            for event in self.drain_stack() {
                quiet = false;
                self.registrar.handle(now, im::Input::Sip(event));
            }
            while let Some(effect) = self.registrar.poll_effect() {
                quiet = false;
                match effect {
                    Effect::Send(outgoing) => {
                        self.stack.handle_input(now, Input::Send(outgoing));
                        for event in self.drain_stack() {
                            self.registrar.handle(now, im::Input::Sip(event));
                        }
                    }
                    Effect::Commit { token, write } => {
                        let result = self.store.write_blocking(now.wall_ms, |tx| write.apply(tx));
                        let result = result.map_err(|error| error.to_string());
                        self.post(self.tick + 1, Delivery::Committed { token, result });
                    }
                    Effect::Trace(_) | Effect::Trusted { .. } | Effect::Log(_) => {}
                    // No domain of others is allowed here.
                    Effect::Locate { .. } => {}
                }
            }
            if quiet {
                return;
            }
        }
    }

    fn drain_stack(&mut self) -> Vec<Event> {
        let mut events = Vec::new();
        loop {
            match self.stack.poll_output() {
                Output::Received { .. } => {}
                Output::Transmit { flow, bytes } | Output::TransmitTo { flow, bytes, .. } => {
                    self.send_to_client(flow, &bytes);
                }
                Output::Close { flow, .. } => {
                    if let Some(who) = self.flows.remove(&flow) {
                        let at = self.later(&who, Way::Down);
                        self.post(at, Delivery::ClientSees { who });
                    }
                }
                Output::Connect { flow, .. } => {
                    let why = sip::Why::Unreachable("nobody listens in this world".to_owned());
                    self.stack.handle_input(self.now(), Input::Closed { flow, why });
                }
                Output::Event(event) => events.push(event),
                Output::Timeout(tick) => {
                    self.stack_next = tick;
                    return events;
                }
            }
        }
    }

    /// When something sent now arrives: some time later, never before what was sent earlier.
    fn later(&mut self, who: &str, way: Way) -> u64 {
        let at = self.tick + 1 + self.random.below(LATENCY_MS);
        let Some(place) = self.clients.get_mut(who) else { return at };
        let last = match way {
            Way::Up => &mut place.last.0,
            Way::Down => &mut place.last.1,
        };
        *last = at.max(*last);
        *last
    }

    /// Cuts bytes anywhere, as a network may.
    fn cut(&mut self, bytes: &Bytes) -> Vec<Bytes> {
        let length = u64::try_from(bytes.len()).unwrap_or(0);
        let at = usize::try_from(self.random.below(length + 1)).unwrap_or(0);
        let pieces = [bytes.slice(..at), bytes.slice(at..)];
        pieces.into_iter().filter(|piece| !piece.is_empty()).collect()
    }

    fn send_to_client(&mut self, flow: Flow, bytes: &Bytes) {
        let Some(who) = self.flows.get(&flow).cloned() else { return };
        for bytes in self.cut(bytes) {
            let at = self.later(&who, Way::Down);
            self.post(at, Delivery::ToClient { who: who.clone(), bytes });
        }
    }

    /// What a client wants sent goes on its way.
    fn settle_client(&mut self, who: &str) {
        let Some(place) = self.clients.get_mut(who) else { return };
        let (sent, closed, flow) =
            (place.client.take_transmit(), place.client.take_closed(), place.flow);
        let Some(flow) = flow else { return };
        for bytes in sent {
            for bytes in self.cut(&bytes) {
                let at = self.later(who, Way::Up);
                self.post(at, Delivery::ToServer { flow, bytes });
            }
        }
        if closed {
            let at = self.later(who, Way::Up);
            self.post(at, Delivery::ServerSees { flow });
        }
    }

    fn connect(&mut self, who: &str) {
        let seed = self.random.seed();
        let place = self.clients.entry(who.to_owned()).or_insert_with(|| Place {
            client: Client::new(people::who(who), seed),
            flow: None,
            last: (0, 0),
        });
        if place.flow.is_some() {
            return;
        }
        let flow = Flow(self.next_flow);
        self.next_flow += 1;
        place.flow = Some(flow);
        let now = Now { tick: Tick(self.tick), wall_ms: BEGIN_MS };
        place.client.opened(now, Transport::Tcp);
        self.flows.insert(flow, who.to_owned());
        let address = SocketAddr::from(([127, 0, 0, 1], 5060));
        let local = Local { address, transport: Transport::Tcp };
        let peer = Peer::Plain(SocketAddr::from(([127, 0, 0, 1], 40_000)));
        self.server(Input::Opened { flow, local, peer });
    }

    fn deliver(&mut self, delivery: Delivery) {
        let now = self.now();
        match delivery {
            Delivery::ToServer { flow, bytes } => {
                if self.flows.contains_key(&flow) {
                    self.server(Input::Receive { flow, bytes: &bytes });
                }
            }
            Delivery::ServerSees { flow } => {
                if self.flows.remove(&flow).is_some() {
                    self.server(Input::Closed { flow, why: sip::Why::Eof });
                }
            }
            Delivery::ToClient { who, bytes } => {
                if let Some(place) = self.clients.get_mut(&who) {
                    place.client.receive(now, &bytes);
                }
                self.settle_client(&who);
            }
            Delivery::ClientSees { who } => {
                if let Some(place) = self.clients.get_mut(&who) {
                    place.flow = None;
                    place.client.lost(now);
                }
            }
            Delivery::Committed { token, result } => {
                self.registrar.handle(now, im::Input::Committed { token, result });
                self.settle_server();
            }
        }
    }

    /// The next moment at which anything happens.
    fn next(&self) -> Option<u64> {
        let queued = self.queue.keys().next().map(|(at, _)| *at);
        let rules = self.registrar.next_timeout().map(|tick| tick.0);
        let clients = self.clients.values().map(|place| place.client.next_timeout().0);
        let timers = clients.chain([self.stack_next.0]).chain(rules).filter(|at| *at < u64::MAX);
        timers.chain(queued).min()
    }

    /// Goes to a moment and does what is due.
    fn go_to(&mut self, at: u64) {
        self.tick = self.tick.max(at);
        while let Some(entry) = self.queue.first_entry() {
            if entry.key().0 > self.tick {
                break;
            }
            let delivery = entry.remove();
            self.deliver(delivery);
        }
        if self.stack_next.0 <= self.tick {
            self.server(Input::Timeout);
        }
        if self.registrar.next_timeout().is_some_and(|tick| tick.0 <= self.tick) {
            let now = self.now();
            self.registrar.handle(now, im::Input::Timeout);
            self.settle_server();
        }
        let now = self.now();
        let due: Vec<String> = self
            .clients
            .iter_mut()
            .filter(|(_, place)| place.client.next_timeout().0 <= now.tick.0)
            .map(|(who, place)| {
                place.client.timeout(now);
                who.clone()
            })
            .collect();
        for who in due {
            self.settle_client(&who);
        }
    }

    /// Goes on until `done`, at most until `end`.
    fn run(&mut self, end: u64, done: &mut dyn FnMut(&mut World) -> bool) -> bool {
        loop {
            if done(self) {
                return true;
            }
            match self.next() {
                Some(at) if at <= end => self.go_to(at.max(self.tick)),
                _ => {
                    self.tick = self.tick.max(end);
                    return done(self);
                }
            }
        }
    }
}

#[derive(Clone, Copy)]
enum Way {
    Up,
    Down,
}

impl Stage for World {
    fn act(&mut self, who: &str, deed: &mut dyn FnMut(&mut Client, Now)) {
        self.connect(who);
        let now = self.now();
        if let Some(place) = self.clients.get_mut(who) {
            deed(&mut place.client, now);
        }
        self.settle_client(who);
    }

    fn wait(&mut self, who: &str, fits: &dyn Fn(&Message) -> bool) -> Option<Message> {
        let mut found = None;
        self.run(self.tick + PATIENCE_MS, &mut |world| {
            let place = world.clients.get_mut(who);
            found = found.take().or_else(|| place.and_then(|place| place.client.take(fits)));
            found.is_some()
        });
        found
    }

    fn settle(&mut self, who: &str) -> Vec<Message> {
        self.run(self.tick + PATIENCE_MS, &mut |_| false);
        self.inbox(who)
    }

    fn disconnect(&mut self, who: &str) {
        let now = self.now();
        let flow = self.clients.get_mut(who).and_then(|place| {
            place.client.lost(now);
            place.flow.take()
        });
        if let Some(flow) = flow {
            self.post(self.tick + 1, Delivery::ServerSees { flow });
        }
    }

    fn pass(&mut self, seconds: u64) -> bool {
        self.run(self.tick + seconds * 1000, &mut |_| false);
        true
    }

    fn inbox(&mut self, who: &str) -> Vec<Message> {
        self.clients.get(who).map(|place| place.client.inbox().to_vec()).unwrap_or_default()
    }
}
