//! Whether the time of a refused sign-in says that somebody exists (reliability.md E2):
//! `sign_in_times TRIES`. By turns somebody and nobody sign in with a wrong password over SIP, XCAP
//! and at the page of a real node; prints the medians. Asserts what is answered, and nothing about
//! time: that is for who reads it.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "measures; what fails ends it"
)]

use std::io::{Read as _, Write as _};
use std::net::{IpAddr, SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use shell::organisation::POOL;
use sim::peer::{Heard, Peer, Tls, request, tls};
use sim::people;
use sim::served::{Served, bare};
use sip::Name;
use sip::auth::{Challenge, Credentials, Ha1};
use tokio::net::TcpSocket;

/// So many names of each kind: an account is let guess ten times a minute, at all doors together.
const NAMES: usize = 100;
/// Tries from one address: the page lets it guess sixty times in a quarter of an hour.
const TRIES_PER_ADDRESS: usize = 40;

struct Doors {
    node: Served,
    tls: Tls,
    number: u32,
}

impl Doors {
    /// Over SIP: a challenge, then the answer that is timed.
    fn sip(&mut self, name: &str) -> (Duration, u16) {
        let address = format!("{name}@{}", people::DOMAIN);
        let mut peer = Peer::tls(self.node.config.registrar.listen_tls[0], &self.tls, None);
        self.number += 2;
        let asked = peer.ask(request("REGISTER", &address, &address, self.number, ""));
        let Heard::Message(asked) = asked else { panic!("{asked:?}") };
        let challenge = asked.header(Name::WwwAuthenticate).expect("a challenge");
        let challenge = Challenge::parse(challenge).expect("it is one").expect("of Digest");
        let ha1 = Ha1::compute(challenge.algorithm, &address, &challenge.realm, "wrong");
        let what = ("REGISTER", &*format!("sip:{address}"));
        let signed = Credentials::answer(&challenge, &address, &ha1, what, ("cnonce", 1));
        let more = format!("Authorization: {signed}\r\n");
        let guess = request("REGISTER", &address, &address, self.number + 1, &more);
        let began = Instant::now();
        let status = peer.ask(guess).status();
        (began.elapsed(), status)
    }

    fn xcap(&self, name: &str) -> (Duration, u16) {
        let credentials = STANDARD.encode(format!("{name}@{}:wrong", people::DOMAIN));
        let address = self.node.config.registrar.listen_https[0];
        let path = format!("/xcap-root/pres-rules/users/sip:{name}@{}/index", people::DOMAIN);
        let stream = sim::peer::tcp(address);
        let head = format!(
            "GET {path} HTTP/1.1\r\nHost: pool\r\nConnection: close\r\n\
             Authorization: Basic {credentials}\r\n\r\n"
        );
        self.http(stream, &self.tls, &head)
    }

    fn page(&self, name: &str, from: IpAddr) -> (Duration, u16) {
        let address = self.node.config.client_access.listen_https[0];
        let body = format!("{{\"username\":\"{name}@{}\",\"password\":\"wrong\"}}", people::DOMAIN);
        let host = format!("localhost:{}", address.port());
        let head = format!(
            "POST /owa/auth/login HTTP/1.1\r\nHost: {host}\r\nOrigin: https://{host}\r\n\
             Connection: close\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n\
             {body}",
            body.len()
        );
        let how = Tls::new(&self.node.data().join("ca.pem"), "localhost");
        self.http(self.dial(address, from), &how, &head)
    }

    fn dial(&self, address: SocketAddr, from: IpAddr) -> TcpStream {
        let stream = self.node.runtime().block_on(async {
            let socket = TcpSocket::new_v4()?;
            socket.bind(SocketAddr::new(from, 0))?;
            socket.connect(address).await?.into_std()
        });
        let stream = stream.expect("the node listens");
        stream.set_nonblocking(false).expect("a socket");
        stream
    }

    /// Timed from when the connection stands.
    fn http(&self, stream: TcpStream, how: &Tls, head: &str) -> (Duration, u16) {
        let (mut stream, broken) = tls(stream, how, None);
        assert!(broken.is_none(), "{broken:?}");
        let mut first = [0; 12];
        let began = Instant::now();
        stream.write_all(head.as_bytes()).expect("the node reads");
        stream.flush().expect("the node reads");
        stream.read_exact(&mut first).expect("an answer");
        let took = began.elapsed();
        let status = String::from_utf8_lossy(&first[9..]).parse().expect("a status");
        (took, status)
    }
}

fn median(times: &mut [Duration]) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

fn main() {
    let tries = std::env::args().nth(1).and_then(|word| word.parse().ok()).unwrap_or(200_usize);
    let folder = tempfile::tempdir().expect("a folder");
    let names: Vec<String> = (0..NAMES).map(|number| format!("p{number}")).collect();
    let created = names.clone();
    let node =
        Served::start(&bare(folder.path()), move |tx| people::create_all(tx, POOL, &created));
    let node = node.expect("a node");
    let tls = Tls::new(&node.data().join("ca.pem"), POOL);
    let mut doors = Doors { node, tls, number: 0 };
    println!("door: somebody, nobody (medians of {tries} tries each, by turns)");
    for door in ["SIP", "XCAP", "page"] {
        let mut times = [Vec::new(), Vec::new()];
        for number in 0..tries {
            for (is_nobody, times) in times.iter_mut().enumerate() {
                let name = match is_nobody {
                    0 => names[number % NAMES].clone(),
                    _ => format!("n{}", number % NAMES),
                };
                let office = u8::try_from(number / TRIES_PER_ADDRESS % 200).unwrap_or(0);
                let from = IpAddr::from([127, 8, u8::try_from(is_nobody).unwrap_or(0), office + 1]);
                let (took, status) = match door {
                    "SIP" => doors.sip(&name),
                    "XCAP" => doors.xcap(&name),
                    _ => doors.page(&name, from),
                };
                let expected = if door == "SIP" { 403 } else { 401 };
                assert_eq!(status, expected, "{door}, {name}, try {number}");
                times.push(took);
            }
        }
        let [somebody, nobody] = &mut times;
        println!("{door}: {:?}, {:?}", median(somebody), median(nobody));
    }
}
