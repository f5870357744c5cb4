//! SIP over UDP with a wire that loses, doubles and reorders: nothing is lost, nothing is shown
//! twice.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::net::{SocketAddr, UdpSocket};
use std::time::Duration;

use node::clock::Clock;
use node::config::Limits;
use shell::organisation::POOL;
use sim::client::Client;
use sim::people;
use sim::random::Random;
use sim::served::{Served, bare};
use sip::{Message, Method, Transport};

/// In a hundred, either way.
const LOST: u64 = 20;
const DOUBLED: u64 = 10;
const LATE: u64 = 10;
const TEXTS: usize = 100;
/// Longest wait for anything: a transaction over UDP ends after 32 s.
const PATIENCE_MS: u64 = 60_000;

/// A client behind a bad wire.
struct Far {
    client: Client,
    socket: UdpSocket,
    /// Datagrams that are overtaken by the next one: to the node, and from it.
    late: (Vec<Vec<u8>>, Vec<Vec<u8>>),
}

impl Far {
    fn new(name: &str, address: SocketAddr, clock: &Clock, random: &mut Random) -> Far {
        let socket = UdpSocket::bind(("127.0.0.1", 0)).unwrap();
        socket.connect(address).unwrap();
        socket.set_read_timeout(Some(Duration::from_millis(5))).unwrap();
        let mut client = Client::new(people::who(name), random.seed());
        client.opened(clock.now(), Transport::Udp);
        Far { client, socket, late: Default::default() }
    }

    fn look(&mut self, clock: &Clock, random: &mut Random) {
        let mut buffer = [0; 8192];
        if let Ok(count) = self.socket.recv(&mut buffer) {
            for bytes in weather(buffer[..count].to_vec(), &mut self.late.1, random) {
                self.client.receive(clock.now(), &bytes);
            }
        }
        if self.client.next_timeout() <= clock.now().tick {
            self.client.timeout(clock.now());
        }
        for bytes in self.client.take_transmit() {
            for bytes in weather(bytes.to_vec(), &mut self.late.0, random) {
                self.socket.send(&bytes).unwrap();
            }
        }
    }
}

/// What arrives of a datagram, and when.
fn weather(bytes: Vec<u8>, late: &mut Vec<Vec<u8>>, random: &mut Random) -> Vec<Vec<u8>> {
    let overtaken = std::mem::take(late);
    let mut arrives = Vec::new();
    match random.below(100) {
        lot if lot < LOST => {}
        lot if lot < LOST + DOUBLED => arrives = vec![bytes.clone(), bytes],
        lot if lot < LOST + DOUBLED + LATE => late.push(bytes),
        _ => arrives.push(bytes),
    }
    arrives.extend(overtaken);
    arrives
}

#[test]
fn a_bad_wire_loses_nothing_and_doubles_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let served = Served::start_with(
        &bare(folder.path()),
        |tx| people::create(tx, POOL),
        |config| config.limits = Limits::unbounded(),
    );
    let served = served.unwrap();
    let address = served.config.registrar.listen_udp[0];
    let (clock, mut random) = (Clock::start(), Random::new(20));
    let mut romeo = Far::new("Romeo", address, &clock, &mut random);
    let mut juliet = Far::new("Juliet", address, &clock, &mut random);
    let end = clock.now().tick.after_ms(PATIENCE_MS);

    for far in [&mut romeo, &mut juliet] {
        far.client.register(clock.now(), 3600);
        while far.client.take(|message| message.status() == Some(200)).is_none() {
            assert!(clock.now().tick < end, "no registration");
            far.look(&clock, &mut random);
        }
    }
    for number in 0..TEXTS {
        let text = format!("text {number};");
        romeo.client.message(clock.now(), &people::who("Juliet").address, "text/plain", &text);
    }
    let mut accepted = 0;
    while accepted < TEXTS {
        assert!(clock.now().tick < end, "{accepted} of {TEXTS} were accepted");
        romeo.look(&clock, &mut random);
        juliet.look(&clock, &mut random);
        // 202: her answer took too long on this wire, so the text was kept, until it came.
        while romeo.client.take(|message| matches!(message.status(), Some(200 | 202))).is_some() {
            accepted += 1;
        }
    }
    let mut shown = BTreeMap::new();
    let is_text = |message: &Message| message.method() == Some(Method::Message);
    while shown.len() < TEXTS {
        assert!(clock.now().tick < end, "{} of {TEXTS} were shown", shown.len());
        juliet.look(&clock, &mut random);
        while let Some(text) = juliet.client.take(is_text) {
            *shown.entry(String::from_utf8_lossy(&text.body()).into_owned()).or_insert(0) += 1;
        }
    }
    let once: BTreeMap<_, _> = (0..TEXTS).map(|number| (format!("text {number};"), 1)).collect();
    assert_eq!(shown, once);
}
