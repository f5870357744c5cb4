//! Everybody comes back at once: a real node dies, and all its clients dial again the moment it is
//! back (reliability.md B2). None is refused for good; whoever is told to wait waits so long.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use node::clock::Clock;
use node::config::Limits;
use shell::organisation::POOL;
use sip::{Message, Method, Name, Transport};

use crate::client::Client;
use crate::people::{self, who};
use crate::process::{Caps, NodeProcess};
use crate::wire::Place;

/// Devices of each person: as many as a registrar takes.
const DEVICES: usize = im::limits::BINDINGS_PER_USER_MAX;
/// Between two attempts to dial a node that is not there.
const DIAL_AGAIN: Duration = Duration::from_millis(50);
/// Longest that all together may need, in milliseconds: the mark of reliability.md.
pub const BACK_MS_MAX: u64 = 60_000;

/// What was seen.
#[derive(Clone, Copy, Debug)]
pub struct Figures {
    /// Until all had signed in and watched somebody, the first time and after the node died.
    pub first_ms: u64,
    pub back_ms: u64,
    /// How often somebody was told to wait, in all.
    pub told_to_wait: usize,
    /// Memory of the node with all of them, before and after.
    pub before_kib: u64,
    pub after_kib: u64,
}

/// What the clients tell.
#[derive(Debug, Default)]
struct Told {
    /// How often somebody has signed in and watches.
    up: AtomicUsize,
    told_to_wait: AtomicUsize,
}

/// So many clients, a node that dies, and all of them at once.
///
/// # Errors
/// Not all came, or not all came back.
pub fn storm(clients: usize, transport: Transport) -> Result<Figures, String> {
    let names: Vec<String> = (0..clients.div_ceil(DEVICES)).map(|it| format!("p{it}")).collect();
    let mut node = NodeProcess::start_with(
        move |tx| people::create_all(tx, POOL, &names),
        |config| config.limits = Limits::unbounded(),
        Caps::default(),
    );
    let place = place(&node, transport).map_err(|error| error.to_string())?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(|error| error.to_string())?;
    let (told, clock) = (Arc::new(Told::default()), Clock::start());
    for number in 0..clients {
        let (told, clock, place) = (Arc::clone(&told), clock.clone(), place.clone());
        runtime.spawn(async move {
            for life in 1.. {
                live(number, life, &place, &told, &clock).await;
            }
        });
    }
    let first_ms = until(&clock, &told, clients)?;
    let before_kib = node.resident_kib();
    node.restart();
    let back_ms = until(&clock, &told, 2 * clients)?;
    let after_kib = node.resident_kib();
    let told_to_wait = told.told_to_wait.load(Ordering::Relaxed);
    Ok(Figures { first_ms, back_ms, told_to_wait, before_kib, after_kib })
}

/// Waits until somebody has signed in so often; how long that took.
fn until(clock: &Clock, told: &Told, often: usize) -> Result<u64, String> {
    let began = clock.now().tick;
    loop {
        let up = told.up.load(Ordering::Relaxed);
        let ms = clock.now().tick.since(began);
        if up >= often {
            return Ok(ms);
        }
        if ms > BACK_MS_MAX {
            return Err(format!("after {ms} ms {up} of {often} sign-ins are done: {told:?}"));
        }
        std::thread::yield_now();
        std::thread::park_timeout(Duration::from_millis(10));
    }
}

/// A client until its connection ends.
async fn live(number: usize, life: u64, place: &Place, told: &Told, clock: &Clock) {
    // Each at an address of an office of a thousand.
    let office = u8::try_from(number / 1000).unwrap_or(u8::MAX);
    let Ok(mut wire) = place.dial(IpAddr::from([127, 9, office, 1])).await else {
        return tokio::time::sleep(DIAL_AGAIN).await;
    };
    let (person, device) = (number / DEVICES, number % DEVICES);
    let mut seed = [0; 32];
    seed[..8].copy_from_slice(&(number as u64).to_be_bytes());
    seed[8..16].copy_from_slice(&life.to_be_bytes());
    let mut client = Client::new(who(&format!("p{person}/d{device}")), seed).started(life);
    client.opened(clock.now(), place.transport());
    client.register(clock.now(), 3600);
    loop {
        for bytes in client.take_transmit() {
            if wire.send(&bytes).await.is_err() {
                return;
            }
        }
        if client.take_closed() {
            return;
        }
        let read = tokio::select! {
            read = wire.receive() => read,
            () = tokio::time::sleep_until(clock.instant(client.next_timeout())) => {
                client.timeout(clock.now());
                continue;
            }
        };
        match read {
            Ok(bytes) => client.receive(clock.now(), &bytes),
            Err(_) => return,
        }
        while let Some(answer) = client.take(|_| true) {
            go_on(&mut client, &answer, person, told, clock).await;
        }
    }
}

fn place(node: &NodeProcess, transport: Transport) -> anyhow::Result<Place> {
    let doors = &node.config.registrar;
    let root = node.data().join("ca.pem");
    match transport {
        Transport::Tls => Place::secure(doors.listen_tls[0], transport, &root, POOL),
        Transport::Wss => Place::secure(doors.listen_wss[0], transport, &root, POOL),
        _ => Ok(Place::tcp(doors.listen_tcp[0])),
    }
}

/// What a client does with an answer: whoever has signed in watches, whoever is to wait waits.
async fn go_on(client: &mut Client, answer: &Message, person: usize, told: &Told, clock: &Clock) {
    let Some(status) = answer.status() else { return };
    let Ok(cseq) = answer.cseq() else { return };
    let watched = format!("p{}", person / 2);
    if status == 503 {
        told.told_to_wait.fetch_add(1, Ordering::Relaxed);
        let wait_s = answer.number(Name::RetryAfter).unwrap_or(1);
        tokio::time::sleep(Duration::from_secs(u64::from(wait_s))).await;
    }
    match (cseq.method, status) {
        (Method::Register, 200) => {
            client.subscribe(clock.now(), &who(&watched).address, 3600);
        }
        (Method::Subscribe, 200) => {
            told.up.fetch_add(1, Ordering::Relaxed);
        }
        (Method::Register, _) => client.register(clock.now(), 3600),
        (Method::Subscribe, _) => client.subscribe(clock.now(), &who(&watched).address, 3600),
        _ => {}
    }
}
