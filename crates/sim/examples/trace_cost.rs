//! Measures what tracing costs a message: MESSAGE from Romeo to Juliet through the registrar's
//! stack and rules, in memory, with no tap, with a tap that nobody listens to, and with everything
//! recorded. `cargo run --release -p sim --example trace_cost [rounds]`
//!
//! The variants take turns, in another order each round, so that what else the machine does hits
//! all alike; a second one without a tap shows how far two equal ones differ. Only the work of the
//! server is timed, not that of the clients.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "never shipped: it prints figures, and what fails in it has no other user"
)]

use std::net::SocketAddr;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use im::trace::{Component, Interest};
use im::{Directory, Effect, Registrar};
use node::clock::Clock;
use node::drive::connection::{Connection, Stream, Wire};
use node::drive::dial::Dialer;
use node::drive::inbox::{Inbox, inbox};
use node::drive::queue::{AllQueued, Queued, queue};
use node::drive::turns::Turns;
use node::drive::wires::Wires;
use node::identity::Identities;
use node::metrics::{self, SipMeters};
use node::trace::{Hub, Tap};
use sim::client::Client;
use sim::people;
use sip::{Flow, Local, Now, Peer, Stack, StackConfig, Tick, Transport};
use store::directory::DirectoryWrite as _;
use store::{SecretKey, Store};

const POOL: &str = "atl-cs-001.litwareinc.com";
/// 2026-01-01.
const BEGIN_MS: u64 = 1_767_225_600_000;
/// Messages of one variant before it is the next one's turn: some tens of milliseconds.
const BLOCK: u32 = 1000;
/// Simulated time between two messages: what a client may send for longer.
const PAUSE_MS: u64 = 2;

const VARIANTS: [&str; 4] = ["no tap", "no tap, again", "tap, nothing recorded", "all recorded"];

/// A client and the server's end of its connection.
struct Device {
    flow: Flow,
    client: Client,
    sent: Queued,
    turns: Turns,
}

/// A registrar with two people.
struct Line {
    clock: Clock,
    wires: Wires,
    registrar: Registrar,
    tick: u64,
    devices: Vec<Device>,
    store: Store,
    commits: u32,
    /// Time of the server's work since it was last taken.
    worked: Duration,
    _reports: Inbox,
}

impl Line {
    fn new(store: &Store, tap: Tap) -> Line {
        let directory = Arc::new(store.read_blocking(Directory::load).expect("a directory"));
        let clock = Clock::start();
        let (reports, receiver) = inbox(16, clock.clone());
        let dialer = Dialer {
            hosts: Arc::default(),
            identities: Identities::new(clock.clone()),
            computer: POOL.to_owned(),
        };
        let stack = Stack::new(StackConfig::new(POOL, [1; 32]));
        let mut rules = im::Config::new(POOL, POOL, [2; 32]);
        rules.writing = im::Writing::unbounded();
        let mut line = Line {
            clock,
            wires: Wires::new(stack, reports, dialer, SipMeters::new("registrar"), tap),
            registrar: Registrar::new(rules, directory),
            tick: 0,
            devices: Vec::new(),
            store: store.clone(),
            commits: 0,
            worked: Duration::ZERO,
            _reports: receiver,
        };
        for (number, name) in (0..).zip(["Romeo", "Juliet"]) {
            line.sign_in(number, name);
        }
        (line.worked, line.commits) = (Duration::ZERO, 0);
        line
    }

    fn now(&self) -> Now {
        let wall_ms = i64::try_from(BEGIN_MS + self.tick).expect("not that long");
        Now { tick: Tick(self.tick), wall_ms }
    }

    fn sign_in(&mut self, number: u16, name: &str) {
        let (flow, now) = (Flow(u64::from(number) + 1), self.now());
        let peer = SocketAddr::from(([127, 0, 0, 1], 40_000 + number));
        let local = SocketAddr::from(([127, 0, 0, 1], 5061));
        let turns = Turns::new(1, false);
        let (queue, sent) = queue(&AllQueued::default(), node::limits::QUEUE_BYTES);
        let wire = Wire::Opened {
            flow,
            local: Local { address: local, transport: Transport::Tls },
            peer: Box::new(Peer::Tls(peer)),
            connection: Connection::Stream(Box::new(Stream::new(queue, turns.clone(), None))),
        };
        let mut client = Client::new(people::who(name), [3; 32]);
        client.opened(now, Transport::Tls);
        client.register(now, 3600);
        self.devices.push(Device { flow, client, sent, turns });
        self.serve(wire);
        self.exchange();
        let client = &mut self.devices[usize::from(number)].client;
        client.take(|message| message.status() == Some(200)).expect("it is signed in");
    }

    /// One text, until it is delivered and both sides know.
    fn say(&mut self) {
        self.tick += PAUSE_MS;
        let now = self.now();
        if self.wires.next_timeout().is_some_and(|tick| tick <= now.tick) {
            self.wires.timeout(now);
        }
        if self.registrar.next_timeout().is_some_and(|tick| tick <= now.tick) {
            self.registrar.handle(now, im::Input::Timeout);
        }
        self.settle(now);
        let text = "It is the east, and Juliet is the sun.";
        self.devices[0].client.message(now, &people::who("Juliet").address, "text/plain", text);
        self.exchange();
        let delivered = self.devices[1].client.take(|message| message.method().is_some());
        delivered.expect("it is delivered");
        let told = self.devices[0].client.take(|message| message.status() == Some(200));
        told.expect("it is answered");
    }

    /// Carries bytes between clients and server until nobody has anything left to say.
    fn exchange(&mut self) {
        let mut ctx = Context::from_waker(Waker::noop());
        loop {
            let mut is_quiet = true;
            for at in 0..self.devices.len() {
                let now = self.now();
                let device = &mut self.devices[at];
                while device.sent.poll_fill(&mut ctx) == Poll::Ready(true) {
                    let Some(bytes) = device.sent.writing().front().cloned() else { break };
                    device.sent.written(bytes.len());
                    device.client.receive(now, &bytes);
                }
                let (flow, turns) = (device.flow, device.turns.clone());
                for bytes in device.client.take_transmit() {
                    is_quiet = false;
                    let turn = turns.try_take().expect("what came before is dealt with");
                    self.serve(Wire::Bytes { flow, bytes, at: Tick(self.tick), turn });
                }
            }
            if is_quiet {
                return;
            }
        }
    }

    /// The work that is measured.
    fn serve(&mut self, wire: Wire) {
        let (now, begun) = (self.now(), self.clock.elapsed());
        self.wires.receive(now, wire);
        self.settle(now);
        self.worked += self.clock.elapsed().saturating_sub(begun);
    }

    /// As the node's own loop does it.
    fn settle(&mut self, now: Now) {
        loop {
            let mut is_quiet = true;
            while let Some(event) = self.wires.next_event() {
                is_quiet = false;
                self.registrar.handle(now, im::Input::Sip(event));
            }
            while let Some(effect) = self.registrar.poll_effect() {
                is_quiet = false;
                match effect {
                    Effect::Send(outgoing) => self.wires.send(now, outgoing),
                    Effect::Commit { token, write } => {
                        // At sign-in only: a text that is delivered needs no disk.
                        self.commits += 1;
                        let result = self.store.write_blocking(now.wall_ms, |tx| write.apply(tx));
                        let result = result.map_err(|error| error.to_string());
                        self.registrar.handle(now, im::Input::Committed { token, result });
                    }
                    Effect::Trace(_) | Effect::Trusted { .. } | Effect::Log(_) => {}
                    Effect::Locate { .. } => {}
                }
            }
            if is_quiet {
                return;
            }
        }
    }

    /// Nanoseconds of the middle message of a block: those in which the system took the processor
    /// away do not count.
    fn block(&mut self) -> f64 {
        let mut took = Vec::new();
        for _ in 0..BLOCK {
            self.say();
            took.push(std::mem::take(&mut self.worked).as_secs_f64() * 1e9);
        }
        assert_eq!(self.commits, 0, "the disk is not what is measured");
        median(&took).0
    }
}

/// The middle, and between what it lies in 95 of 100 cases.
fn median(values: &[f64]) -> (f64, f64, f64) {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    // Ranks of the binomial distribution: n/2 ± 1.96·√n/2.
    let span = (1..=sorted.len()).take_while(|it| it * it * 100 <= sorted.len() * 96).count();
    let (low, high) = (middle.saturating_sub(span), (middle + span).min(sorted.len() - 1));
    (sorted[middle], sorted[low], sorted[high])
}

fn main() {
    let rounds = std::env::args().nth(1).and_then(|it| it.parse().ok()).unwrap_or(300);
    let runtime = node::serve::runtime().expect("a runtime");
    let _entered = runtime.enter();
    let _ = metrics::recorder();
    let folder = tempfile::tempdir().expect("a folder");
    let key = SecretKey::from_bytes([7; 32]);
    let store = Store::open(&folder.path().join("tandem.db"), key, 0).expect("a store");
    let made = store.write_blocking(0, |tx| {
        tx.create_deployment(people::DOMAIN, people::DOMAIN, "Verona")?;
        people::create(tx, POOL)
    });
    made.expect("the people");
    let hubs = ["off", "on"].map(|name| Hub::new(&folder.path().join(name)));
    hubs[1].record_for_scenarios(Interest::all());
    let writers = hubs.each_ref().map(|hub| runtime.spawn(hub.clone().write()));
    let tap = |hub| Tap::new(hub, Component::SipStack, POOL);
    let taps = [Tap::nowhere(), Tap::nowhere(), tap(&hubs[0]), tap(&hubs[1])];
    let mut lines = taps.map(|tap| Line::new(&store, tap));
    lines.iter_mut().for_each(|line| {
        line.block();
    });
    let mut seen: [Vec<f64>; 4] = Default::default();
    for round in 0..rounds {
        for turn in 0..lines.len() {
            let at = (round + turn) % lines.len();
            seen[at].push(lines[at].block());
            // The log is written beside the traffic; it shall not be beside the next block.
            runtime.block_on(hubs[1].sync());
        }
    }

    println!("{rounds} rounds of {BLOCK} messages each; the median, and its 95 % interval\n");
    println!("{:<24}{:>16}{:>28}", "", "ns per message", "against no tap");
    for (name, own) in VARIANTS.iter().zip(&seen) {
        let (middle, _, _) = median(own);
        let ratios: Vec<f64> = own.iter().zip(&seen[0]).map(|(own, none)| own / none).collect();
        let (ratio, low, high) = median(&ratios);
        println!("{name:<24}{middle:>16.0}{ratio:>12.3} ({low:.3} to {high:.3})");
    }
    println!("\nrecords: {} and {}", hubs[0].work().recorded, hubs[1].work().recorded);
    hubs.iter().for_each(|hub| hub.close());
    runtime.block_on(async {
        for writer in writers {
            let _ = writer.await;
        }
    });
}
