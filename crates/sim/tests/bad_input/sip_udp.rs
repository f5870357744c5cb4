//! SIP over UDP: each datagram is by itself, so whatever one says, the next one is answered. To
//! who has not signed in, whose address may be forged, no more than twice as much is sent back.

use std::net::{Ipv4Addr, UdpSocket};
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;

use node::limits::DATAGRAMS_BURST;
use sip::{Message, Name};

use crate::sip::{answered, hopeless, options, request};
use crate::world::World;

/// Longest wait for an answer; a datagram on loopback is lost only by a full queue.
const PATIENCE: Duration = Duration::from_secs(20);
/// After which a question is asked again (RFC 3261 §17.1.2.1: T1).
const REPEATED: Duration = Duration::from_millis(500);
/// What one datagram carries over loopback.
const DATAGRAM_MAX: usize = 60_000;
/// reliability.md E6: bytes sent back for each byte that came.
const AMPLIFICATION_MAX: usize = 2;

pub struct Far {
    socket: UdpSocket,
    asked: u32,
}

impl Far {
    pub fn new(world: &World) -> Far {
        // Each from elsewhere: one address may send so much only.
        static NEXT: AtomicU16 = AtomicU16::new(0);
        let [high, low] = NEXT.fetch_add(1, Ordering::Relaxed).to_be_bytes();
        let socket = UdpSocket::bind((Ipv4Addr::new(127, 77, high, low), 0)).unwrap();
        socket.connect(world.node.config.registrar.listen_udp[0]).unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        Far { socket, asked: 1_000_000 }
    }

    /// Sends a datagram and then a good question; gives everything that came before the good
    /// question's answer. Datagrams on loopback keep their order.
    pub fn ask(&mut self, bytes: &[u8], what: &str) -> Vec<Vec<u8>> {
        self.asked += 1;
        let good = ask_for_port(&options(self.asked));
        self.socket.send(&bytes[..bytes.len().min(DATAGRAM_MAX)]).unwrap();
        self.socket.send(good.as_bytes()).unwrap();
        let call = format!("{}@bad.invalid", self.asked);
        let mut heard = Vec::new();
        let mut buffer = [0; 65_536];
        loop {
            let count = self.socket.recv(&mut buffer);
            let count = count.unwrap_or_else(|error| panic!("{what}: no answer: {error}"));
            let answer = Message::parse(buffer[..count].to_vec().into());
            let answer = answer.unwrap_or_else(|error| panic!("{what}: {error}"));
            if answer.header(Name::CallId) == Some(&call) {
                assert_eq!(answer.status(), Some(200), "{what}: the good question");
                return heard;
            }
            heard.push(buffer[..count].to_vec());
        }
    }
}

/// RFC 3581: the answer comes back to where the datagram came from.
fn ask_for_port(request: &str) -> String {
    request.replacen("bad.invalid;branch", "bad.invalid;rport;branch", 1)
}

fn status(answer: &[u8]) -> u16 {
    Message::parse(answer.to_vec().into()).unwrap().status().unwrap()
}

#[test]
fn each_datagram_is_by_itself() {
    let mut world = World::new();
    let mut far = Far::new(&world);
    for (what, bytes, _) in hopeless() {
        let heard = far.ask(&bytes, what);
        let sent_back: usize = heard.iter().map(Vec::len).sum();
        assert!(sent_back <= AMPLIFICATION_MAX * bytes.len(), "{what}: {sent_back} bytes");
    }
    world.all_is_well("hopeless datagrams");
    for (what, bytes, expected) in answered() {
        let bytes = ask_for_port(&String::from_utf8(bytes).unwrap()).into_bytes();
        // They have a branch in common: from one address they would be one transaction.
        let heard = Far::new(&world).ask(&bytes, what);
        let statuses: Vec<u16> = heard.iter().map(|answer| status(answer)).collect();
        assert_eq!(statuses, [expected], "{what}");
        assert!(heard[0].len() <= AMPLIFICATION_MAX * bytes.len(), "{what}");
    }
    world.all_is_well("malformed datagrams");
    for (number, method) in
        ["REGISTER", "MESSAGE", "SUBSCRIBE", "PUBLISH", "INVITE"].iter().enumerate()
    {
        let number = 100 + u32::try_from(number).unwrap();
        let bytes = ask_for_port(&request(method, number, "", "Content-Length: 0")).into_bytes();
        let heard = Far::new(&world).ask(&bytes, method);
        assert!(matches!(status(&heard[0]), 401 | 407), "{method}: nobody has signed in");
        assert!(heard[0].len() <= AMPLIFICATION_MAX * bytes.len(), "{method}");
    }
    world.end(&[]);
}

#[test]
fn one_address_that_floods() {
    let mut world = World::new();
    let refused = "tandem_connections_refused_total{door=\"sip_udp\",reason=\"rate\"}";
    let far = Far::new(&world);
    let mut number = 0;
    let is_bounded = sim::served::eventually(|| {
        for _ in 0..DATAGRAMS_BURST {
            number += 1;
            far.socket.send(ask_for_port(&options(number)).as_bytes()).unwrap();
        }
        (world.metric(refused) > 0.0).then_some(())
    });
    assert!(is_bounded.is_some(), "{number} were sent");
    // Everybody else is answered, as soon as there is time for strangers.
    world.until_calm();
    let far = Far::new(&world);
    far.socket.set_read_timeout(Some(REPEATED)).unwrap();
    let answered = sim::served::eventually(|| {
        // What the flood has left no room for is sent again, as every client does.
        number += 1;
        far.socket.send(ask_for_port(&options(number)).as_bytes()).unwrap();
        let mut buffer = [0; 2_000];
        let count = far.socket.recv(&mut buffer).ok()?;
        (status(&buffer[..count]) == 200).then_some(())
    });
    assert!(answered.is_some(), "from elsewhere");
    world.all_is_well("one address that floods");
    world.end(&[]);
}

#[test]
fn strangers_by_the_thousand() {
    let mut world = World::new();
    // Each has a flow of its own and says one thing.
    for number in 0..5_000 {
        let far = Far::new(&world);
        far.socket.send(ask_for_port(&options(number)).as_bytes()).unwrap();
    }
    world.until_calm();
    world.all_is_well("five thousand strangers");
    world.end(&[]);
}
