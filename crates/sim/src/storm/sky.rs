//! The server with its store, the network between it and the devices, and time.

mod network;
mod texts;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use im::{CommitToken, Directory, Effect, Registrar, Write};
use sip::{Event, Flow, Input, Local, Now, Output, Peer, Stack, StackConfig, Tick, Transport, Why};
use store::directory::{DirectoryRead as _, DirectoryWrite as _};
use store::messaging::MessagingRead as _;
use store::{SecretKey, Store};

pub(super) use self::texts::Sent;
use super::device::Device;
use crate::client::Client;
use crate::people;
use crate::random::Random;

const BEGIN_MS: i64 = 1_767_225_600_000;
const POOL: &str = "atl-cs-001.litwareinc.com";
const STORE_KEY: [u8; 32] = [7; 32];

/// How the network is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Weather {
    /// Of a hundred datagrams.
    lost: u64,
    doubled: u64,
    delay_ms: u64,
}

impl Weather {
    pub(super) const CALM: Weather = Weather { lost: 0, doubled: 0, delay_ms: 20 };
}

enum Delivery {
    ToServer { at: usize, flow: Option<Flow>, bytes: Bytes },
    ServerSees { flow: Flow },
    ToDevice { at: usize, start: u64, bytes: Bytes },
    DeviceSees { at: usize, start: u64 },
    Commit { life: u64, token: CommitToken, write: Box<Write> },
}

/// Somebody who only looks, and belongs to nobody.
const ONLOOKER: &str = "onlooker";

pub(super) struct Sky {
    pub(super) random: Random,
    pub(super) weather: Weather,
    pub(super) devices: Vec<Device>,
    pub(super) sent: BTreeMap<u64, Sent>,
    pub(super) lost: u64,
    /// By Call-ID of the request.
    calls: HashMap<String, u64>,
    tick: u64,
    stack: Stack,
    stack_next: u64,
    registrar: Registrar,
    life: u64,
    store: Store,
    flows: HashMap<Flow, usize>,
    next_flow: u64,
    queue: BTreeMap<(u64, u64), Delivery>,
    numbered: u64,
    due: BTreeSet<(u64, usize)>,
    _folder: tempfile::TempDir,
}

/// A store with so many people, made once in a process: hashing their passwords takes its time.
fn people_of(count: usize) -> PathBuf {
    static MADE: Mutex<BTreeMap<usize, (tempfile::TempDir, PathBuf)>> = Mutex::new(BTreeMap::new());
    let mut made = MADE.lock().expect("nobody panics in here");
    let (_, file) = made.entry(count).or_insert_with(|| {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let file = folder.path().join("tandem.db");
        let key = SecretKey::from_bytes(STORE_KEY);
        let store = Store::open(&file, key, BEGIN_MS).expect("a store");
        let mut names: Vec<String> = (0..count).map(|person| format!("p{person}")).collect();
        names.push(ONLOOKER.to_owned());
        store
            .write_blocking(BEGIN_MS, move |tx| {
                tx.create_deployment(people::DOMAIN, people::DOMAIN, "Storm")?;
                people::create_all(tx, POOL, &names)
            })
            .expect("the people of the storm");
        (folder, file)
    });
    file.clone()
}

impl Sky {
    pub(super) fn new(seed: u64, people: usize) -> Sky {
        let mut random = Random::new(seed);
        let folder = tempfile::tempdir().expect("a temporary folder");
        let file = folder.path().join("tandem.db");
        std::fs::copy(people_of(people), &file).expect("a copy of the people");
        let key = SecretKey::from_bytes(STORE_KEY);
        let store = Store::open(&file, key, BEGIN_MS).expect("a store");
        let (stack, registrar) = server(&store, &mut random);
        let mut sky = Sky {
            weather: Weather::CALM,
            devices: Vec::new(),
            sent: BTreeMap::new(),
            lost: 0,
            calls: HashMap::new(),
            tick: 0,
            stack,
            stack_next: u64::MAX,
            registrar,
            life: 0,
            store,
            flows: HashMap::new(),
            next_flow: 1,
            queue: BTreeMap::new(),
            numbered: 0,
            due: BTreeSet::new(),
            random,
            _folder: folder,
        };
        sky.settle();
        sky
    }

    pub(super) fn add(&mut self, device: Device) {
        self.devices.push(device);
    }

    pub(super) fn totals(&self) -> im::Totals {
        self.registrar.totals()
    }

    /// Whether a text is on its way to a device.
    pub(super) fn is_written_to(&self, at: usize) -> bool {
        self.queue.values().any(|delivery| match delivery {
            Delivery::ToDevice { at: to, bytes, .. } => *to == at && bytes.starts_with(b"MESSAGE "),
            _ => false,
        })
    }

    /// How many texts the store keeps for people who were absent.
    pub(super) fn kept(&self, people: usize) -> usize {
        let read = self.store.read_blocking(move |rows| {
            let mut kept = 0;
            for person in 0..people {
                let login = people::who(&format!("p{person}")).address;
                if let Some(account) = rows.account_by_login(&login)? {
                    kept += rows.absent_messages(account.id)?.len();
                }
            }
            Ok(kept)
        });
        read.expect("the store reads")
    }

    pub(super) fn transactions(&self) -> (usize, usize) {
        self.stack.transactions()
    }

    pub(super) fn change_weather(&mut self) {
        self.weather = Weather {
            lost: self.random.below(30),
            doubled: self.random.below(15),
            delay_ms: 1 + self.random.below(600),
        };
    }

    fn now(&self) -> Now {
        Now { tick: Tick(self.tick), wall_ms: BEGIN_MS + i64::try_from(self.tick).unwrap_or(0) }
    }

    // What devices do.

    /// The device starts, and dials.
    pub(super) fn start(&mut self, at: usize) {
        let seed = self.random.seed();
        let now = self.now();
        let device = &mut self.devices[at];
        device.starts += 1;
        device.epoch += 1;
        device.forget();
        device.is_up = true;
        let mut client = Client::new(people::who(&device.name()), seed).started(device.starts);
        client.opened(now, device.transport);
        device.client = Some(client);
        if device.transport.is_stream() {
            self.open(at);
        }
    }

    pub(super) fn act(&mut self, at: usize, deed: impl FnOnce(&mut Client, Now)) {
        let now = self.now();
        if let Some(client) = &mut self.devices[at].client {
            deed(client, now);
        }
        self.settle_device(at);
    }

    pub(super) fn watch(&mut self, at: usize, person: usize) {
        let address = people::who(&format!("p{person}")).address;
        self.act(at, |client, now| client.subscribe(now, &address, 3600));
    }

    /// The device dies without a word; of a stream the server hears some time later.
    pub(super) fn crash(&mut self, at: usize) {
        let later = self.tick + 1 + self.random.below(40_000);
        let device = &mut self.devices[at];
        device.client = None;
        device.is_up = false;
        self.due.remove(&(device.due, at));
        device.due = u64::MAX;
        let flow = device.flow.filter(|_| device.transport.is_stream());
        if let Some(flow) = flow {
            device.flow = None;
            self.post(later, Delivery::ServerSees { flow });
        }
    }

    /// The connection breaks: both ends see it, and the device dials again.
    pub(super) fn cut(&mut self, at: usize) {
        if self.devices[at].transport.is_stream() {
            self.crash(at);
        }
    }

    /// The server dies. Of writes under way some are done, and nobody is told.
    pub(super) fn crash_server(&mut self) {
        self.life += 1;
        let queue = std::mem::take(&mut self.queue);
        for (place, delivery) in queue {
            match delivery {
                Delivery::Commit { write, .. } => {
                    if self.random.below(2) == 0 {
                        let wall_ms = self.now().wall_ms;
                        let done = self.store.write_blocking(wall_ms, |tx| write.apply(tx));
                        done.expect("the store takes it");
                    }
                }
                Delivery::ServerSees { .. } => {}
                other => {
                    self.queue.insert(place, other);
                }
            }
        }
        (self.stack, self.registrar) = server(&self.store, &mut self.random);
        self.flows.clear();
        for at in 0..self.devices.len() {
            let device = &mut self.devices[at];
            device.epoch += 1;
            device.flow = None;
            if device.is_up && device.transport.is_stream() {
                let start = device.starts;
                let later = self.tick + 1 + self.random.below(500);
                self.post(later, Delivery::DeviceSees { at, start });
            }
        }
        self.settle();
    }

    /// What somebody sees of everybody who looks now for the first time.
    pub(super) fn look(&mut self, people: usize) -> Vec<Option<String>> {
        let seed = self.random.seed();
        let at = self.devices.len();
        let mut onlooker = Device::new(usize::MAX, 0, Transport::Tcp, BTreeSet::new());
        let mut client = Client::new(people::who(ONLOOKER), seed);
        client.opened(self.now(), Transport::Tcp);
        (onlooker.client, onlooker.is_up) = (Some(client), true);
        self.devices.push(onlooker);
        self.open(at);
        for person in 0..people {
            self.watch(at, person);
            self.pass_ms(20);
        }
        self.pass_ms(5_000);
        let seen = |person| self.devices[at].seen(person).map(str::to_owned);
        let seen = (0..people).map(seen).collect();
        self.crash(at);
        self.pass_ms(41_000);
        self.devices.pop();
        seen
    }

    // Time.

    pub(super) fn pass_ms(&mut self, ms: u64) {
        let end = self.tick + ms;
        loop {
            let queued = self.queue.keys().next().map(|(at, _)| *at);
            let rules = self.registrar.next_timeout().map(|tick| tick.0);
            let clients = self.due.first().map(|(at, _)| *at);
            let next = [queued, rules, clients, Some(self.stack_next)];
            match next.into_iter().flatten().min() {
                Some(at) if at <= end => self.go_to(at),
                _ => break,
            }
        }
        self.tick = end;
    }

    fn go_to(&mut self, at: u64) {
        self.tick = self.tick.max(at);
        while let Some(entry) = self.queue.first_entry() {
            if entry.key().0 > self.tick {
                break;
            }
            let delivery = entry.remove();
            self.deliver(delivery);
        }
        if self.stack_next <= self.tick {
            self.server(Input::Timeout);
        }
        if self.registrar.next_timeout().is_some_and(|tick| tick.0 <= self.tick) {
            self.registrar.handle(self.now(), im::Input::Timeout);
            self.settle();
        }
        while let Some((due, at)) = self.due.first().copied() {
            if due > self.tick {
                break;
            }
            self.act(at, |client, now| client.timeout(now));
        }
    }

    fn post(&mut self, at: u64, delivery: Delivery) {
        self.numbered += 1;
        self.queue.insert((at, self.numbered), delivery);
    }

    fn deliver(&mut self, delivery: Delivery) {
        match delivery {
            Delivery::ToServer { at, flow: Some(flow), bytes } => {
                if self.flows.get(&flow) == Some(&at) {
                    self.server(Input::Receive { flow, bytes: &bytes });
                }
            }
            Delivery::ToServer { at, flow: None, bytes } => {
                let flow = match self.devices[at].flow {
                    Some(flow) => flow,
                    None => self.open(at),
                };
                self.server(Input::Receive { flow, bytes: &bytes });
            }
            Delivery::ServerSees { flow } => {
                if self.flows.remove(&flow).is_some() {
                    self.server(Input::Closed { flow, why: Why::Eof });
                }
            }
            Delivery::ToDevice { at, start, bytes } => {
                let is_same = self.devices.get(at).is_some_and(|it| it.starts == start);
                if is_same {
                    self.act(at, |client, now| client.receive(now, &bytes));
                }
            }
            Delivery::DeviceSees { at, start } => {
                if self.devices[at].starts == start && self.devices[at].is_up {
                    self.crash(at);
                }
            }
            Delivery::Commit { life, token, write } => {
                let wall_ms = self.now().wall_ms;
                let result = self.store.write_blocking(wall_ms, |tx| write.apply(tx));
                let result = result.map_err(|error| error.to_string());
                if life == self.life {
                    self.registrar.handle(self.now(), im::Input::Committed { token, result });
                    self.settle();
                }
            }
        }
    }

    // The server.

    fn open(&mut self, at: usize) -> Flow {
        let flow = Flow(self.next_flow);
        self.next_flow += 1;
        self.devices[at].flow = Some(flow);
        self.devices[at].last = (self.tick, self.tick);
        self.flows.insert(flow, at);
        let transport = self.devices[at].transport;
        let port = u16::try_from(10_000 + at % 50_000).unwrap_or(10_000);
        let local = Local { address: SocketAddr::from(([127, 0, 0, 1], 5060)), transport };
        let address = SocketAddr::from(([127, 0, 0, 2], port));
        let peer =
            if transport == Transport::Tls { Peer::Tls(address) } else { Peer::Plain(address) };
        self.server(Input::Opened { flow, local, peer });
        flow
    }

    fn server(&mut self, input: Input<'_>) {
        self.stack.handle_input(self.now(), input);
        self.settle();
    }

    /// Stack to rules to stack, until neither has anything left.
    fn settle(&mut self) {
        let now = self.now();
        loop {
            let events = self.drain();
            let mut quiet = events.is_empty();
            for event in events {
                self.registrar.handle(now, im::Input::Sip(event));
            }
            while let Some(effect) = self.registrar.poll_effect() {
                quiet = false;
                match effect {
                    Effect::Send(outgoing) => {
                        self.stack.handle_input(now, Input::Send(outgoing));
                        for event in self.drain() {
                            self.registrar.handle(now, im::Input::Sip(event));
                        }
                    }
                    Effect::Commit { token, write } => {
                        let (life, write) = (self.life, Box::new(write));
                        // Writes are done in their order.
                        let at = self.tick + 3;
                        self.post(at, Delivery::Commit { life, token, write });
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

    fn drain(&mut self) -> Vec<Event> {
        let mut events = Vec::new();
        loop {
            match self.stack.poll_output() {
                Output::Received { .. } => {}
                Output::Transmit { flow, bytes } | Output::TransmitTo { flow, bytes, .. } => {
                    self.send_to_device(flow, bytes);
                }
                Output::Close { flow, .. } => {
                    if let Some(at) = self.flows.remove(&flow) {
                        let device = &mut self.devices[at];
                        let start = device.starts;
                        if device.flow == Some(flow) {
                            device.flow = None;
                            if device.transport.is_stream() {
                                let at_ms = self.tick + 1 + self.random.below(50);
                                self.post(at_ms, Delivery::DeviceSees { at, start });
                            }
                        }
                    }
                }
                Output::Connect { flow, .. } => {
                    let why = Why::Unreachable("nobody listens in this world".to_owned());
                    self.stack.handle_input(self.now(), Input::Closed { flow, why });
                }
                Output::Event(event) => events.push(event),
                Output::Timeout(tick) => {
                    self.stack_next = tick.0;
                    return events;
                }
            }
        }
    }
}

fn server(store: &Store, random: &mut Random) -> (Stack, Registrar) {
    let directory = Arc::new(store.read_blocking(Directory::load).expect("a directory"));
    let mut config = im::Config::new(POOL, POOL, random.seed());
    config.writing = im::Writing::unbounded();
    (Stack::new(StackConfig::new(POOL, random.seed())), Registrar::new(config, directory))
}
