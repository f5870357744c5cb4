//! More than the node can do: strangers are sent away at once, whoever has signed in is served, and
//! when it is over everybody is (reliability.md §6.2; sip/stack/load, node/drive/load).

use std::collections::BTreeMap;
use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

use node::clock::Clock;
use sim::peer::Peer;
use sip::framing::{Frame, Framer};
use sip::{Message, Name};

use crate::sip::{options, request};
use crate::world::{JULIET, ROMEO, World, answer_to, romeo_asks};

/// Connections that flood, in so many threads.
const FLOODING: usize = 64;
const THREADS: usize = 2;
/// What Romeo does meanwhile.
const SERVED: usize = 20;

/// Counts of statuses.
pub type Statuses = BTreeMap<u16, usize>;

/// One thread of the flood: strangers who want to sign in, as fast as they can, and read.
pub struct Flood {
    stop: Arc<AtomicBool>,
    threads: Vec<JoinHandle<Statuses>>,
}

impl Flood {
    pub fn of(address: SocketAddr) -> Flood {
        let stop = Arc::new(AtomicBool::new(false));
        let run = |number: u32| {
            let stop = Arc::clone(&stop);
            std::thread::spawn(move || flood(address, number, &stop))
        };
        let threads = (0..u32::try_from(THREADS).unwrap()).map(run).collect();
        Flood { stop, threads }
    }

    /// Ends it: what was answered.
    pub fn end(mut self) -> Statuses {
        self.stop.store(true, Ordering::Relaxed);
        let mut all = Statuses::new();
        for thread in std::mem::take(&mut self.threads) {
            for (status, count) in thread.join().unwrap() {
                *all.entry(status).or_default() += count;
            }
        }
        all
    }
}

impl Drop for Flood {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

fn flood(address: SocketAddr, thread: u32, stop: &AtomicBool) -> Statuses {
    let connect = |_| {
        let socket = TcpStream::connect(address).unwrap();
        socket.set_nonblocking(true).unwrap();
        (socket, Framer::new(1 << 16), Vec::new())
    };
    let mut sockets: Vec<_> = (0..FLOODING / THREADS).map(connect).collect();
    let (mut statuses, mut number) = (Statuses::new(), thread << 24);
    let mut buffer = [0; 16 * 1024];
    while !stop.load(Ordering::Relaxed) {
        for (socket, framer, unsent) in &mut sockets {
            if unsent.is_empty() {
                for _ in 0..20 {
                    number += 1;
                    unsent.extend(request("REGISTER", number, "", "l: 0").into_bytes());
                }
            }
            match socket.write(unsent) {
                Ok(count) => drop(unsent.drain(..count)),
                Err(error) => assert_eq!(error.kind(), ErrorKind::WouldBlock, "{error}"),
            }
            match socket.read(&mut buffer) {
                Ok(count) => framer.push(&buffer[..count]),
                Err(error) => assert_eq!(error.kind(), ErrorKind::WouldBlock, "{error}"),
            }
            while let Ok(Some(frame)) = framer.next() {
                let Frame::Message(bytes) = frame else { continue };
                let status = Message::parse(bytes).unwrap().status().unwrap();
                *statuses.entry(status).or_default() += 1;
            }
        }
    }
    statuses
}

/// Romeo, signed in.
fn romeo(world: &World) -> Peer {
    let mut peer = Peer::tls(world.sips(), &world.sip_tls(), None);
    let challenge = peer.ask(romeo_asks("REGISTER", ROMEO, 500_000, "", ""));
    let answer = answer_to(&challenge, "REGISTER", ROMEO).expect("a challenge");
    assert_eq!(peer.ask(romeo_asks("REGISTER", ROMEO, 500_001, &answer, "")).status(), 200);
    peer
}

#[test]
fn who_has_signed_in_is_served_in_a_flood_and_everybody_after_it() {
    let mut world = World::unbounded();
    let mut romeo = romeo(&world);
    let before_kib = world.node.resident_kib();
    let flood = Flood::of(world.sip());
    let refused = |world: &World| world.metric("tandem_sip_refusals_total{reason=\"overloaded\"}");
    let seen = sim::served::eventually(|| (refused(&world) > 0.0).then_some(()));
    assert!(seen.is_some(), "the node is never overloaded: {:?}", flood.end());
    let (mut waits_ms, mut peak_kib) = (Vec::new(), 0);
    let mut texts = Statuses::new();
    for number in 0..SERVED {
        let began_ms = Clock::wall_ms();
        // What is refreshed is always served; a text may be asked to wait.
        let number = 510_000 + number * 10;
        let refreshed = romeo.ask(romeo_asks("REGISTER", ROMEO, number, "", ""));
        assert_eq!(refreshed.status(), 200, "{refreshed:?}");
        waits_ms.push(Clock::wall_ms() - began_ms);
        let text = romeo.ask(romeo_asks("MESSAGE", JULIET, number + 1, "", "in the flood"));
        *texts.entry(text.status()).or_default() += 1;
        peak_kib = peak_kib.max(world.node.resident_kib());
    }
    let sent_away = refused(&world);
    let flooded = flood.end();
    assert!(texts.keys().all(|status| matches!(status, 202 | 503)), "{texts:?}");
    waits_ms.sort_unstable();
    println!(
        "flood: {flooded:?}; Romeo waited {} ms (median), {} ms (longest); texts: {texts:?}; \
         {before_kib} KiB before, {peak_kib} KiB at most",
        waits_ms[SERVED / 2],
        waits_ms[SERVED - 1],
    );
    assert!(sent_away > 0.0 && flooded.keys().all(|it| matches!(it, 401 | 503)), "{flooded:?}");
    // When what came before is done, a stranger is served at once.
    assert_eq!(romeo.ask(romeo_asks("REGISTER", ROMEO, 599_000, "", "")).status(), 200);
    world.until_calm();
    assert_eq!(world.metric("tandem_sip_load{half=\"registrar\"}"), 0.0);
    let kept = texts.get(&202).copied().unwrap_or_default();
    world.others_kept += kept;
    world.all_is_well("a flood of strangers");
    world.end(&[]);
}

/// Whoever is sent away is told when to come back, and costs the node nothing more.
#[test]
fn one_client_may_not_use_up_what_is_there_for_all() {
    let mut world = World::new();
    // One that has no end: its own budget stops it, and nobody else's.
    let mut loud = Peer::tcp(world.sip());
    let mut statuses = Statuses::new();
    for block in 0..30 {
        let many: String = (0..100).map(|n| options(block * 100 + n)).collect();
        loud.send(many);
        for _ in 0..100 {
            let sim::peer::Heard::Message(heard) = loud.hear() else { panic!("{statuses:?}") };
            let status = heard.status().unwrap();
            assert!(status == 200 || heard.header(Name::RetryAfter).is_some(), "{heard:?}");
            *statuses.entry(status).or_default() += 1;
        }
    }
    assert!(statuses[&200] as u64 >= im::limits::CLIENT_REQUESTS_BURST, "{statuses:?}");
    world.all_is_well("a client without end");
    world.end(&[]);
}
