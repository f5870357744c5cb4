//! A name server on loopback that knows what a test tells it, and counts what it is asked: real
//! datagrams (RFC 1035 §4), so that what asks is the real resolver.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

const A: u16 = 1;
const SRV: u16 = 33;
const NAPTR: u16 = 35;
/// RFC 1035 §3.2.4: Internet.
const IN: u16 = 1;

/// Data of records, by name and type.
type Zone = BTreeMap<(String, u16), Vec<Vec<u8>>>;

#[derive(Default)]
struct Known {
    zone: Zone,
    asked: Vec<String>,
    is_silent: bool,
    is_over: bool,
}

/// See the head of the file.
pub struct Dns {
    address: SocketAddr,
    known: Arc<Mutex<Known>>,
    thread: Option<JoinHandle<()>>,
}

impl Default for Dns {
    fn default() -> Dns {
        Dns::start()
    }
}

impl Dns {
    /// One that knows nothing.
    pub fn start() -> Dns {
        let socket = UdpSocket::bind(("127.0.0.1", 0)).expect("a socket");
        let address = socket.local_addr().expect("an address");
        let known = Arc::new(Mutex::new(Known::default()));
        let shared = known.clone();
        let thread = std::thread::spawn(move || serve(&socket, &shared));
        Dns { address, known, thread: Some(thread) }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What was asked so far: `_sips._tcp.x.test 33`.
    pub fn asked(&self) -> Vec<String> {
        self.lock().asked.clone()
    }

    /// From now on it answers nothing, and counts all the same.
    pub fn fall_silent(&self) {
        self.lock().is_silent = true;
    }

    /// A host has this address.
    pub fn host(&self, name: &str, address: Ipv4Addr) {
        self.put(name, A, address.octets().to_vec());
    }

    /// A service is at this host and port.
    pub fn srv(&self, name: &str, (priority, weight, port): (u16, u16, u16), target: &str) {
        let mut data = Vec::new();
        for number in [priority, weight, port] {
            data.extend(number.to_be_bytes());
        }
        data.extend(labels(target));
        self.put(name, SRV, data);
    }

    /// A domain has its SIP over TLS under this name.
    pub fn naptr(&self, name: &str, replacement: &str) {
        let mut data = Vec::new();
        for number in [10_u16, 10] {
            data.extend(number.to_be_bytes());
        }
        for text in ["s", "SIPS+D2T", ""] {
            data.push(u8::try_from(text.len()).expect("a short text"));
            data.extend(text.bytes());
        }
        data.extend(labels(replacement));
        self.put(name, NAPTR, data);
    }

    fn put(&self, name: &str, kind: u16, data: Vec<u8>) {
        self.lock().zone.entry((name.to_ascii_lowercase(), kind)).or_default().push(data);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Dns {
    fn drop(&mut self) {
        self.lock().is_over = true;
        // Whatever comes wakes it.
        if let Ok(socket) = UdpSocket::bind(("127.0.0.1", 0)) {
            let _ = socket.send_to(b"", self.address);
        }
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn serve(socket: &UdpSocket, known: &Mutex<Known>) {
    let mut buffer = [0; 1500];
    loop {
        let received = socket.recv_from(&mut buffer);
        let mut known = known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.is_over {
            return;
        }
        let Ok((count, from)) = received else { continue };
        let Some(answer) = buffer.get(..count).and_then(|query| answer(query, &mut known)) else {
            continue;
        };
        let _ = socket.send_to(&answer, from);
    }
}

/// The answer to a query with one question; none if it is none.
fn answer(query: &[u8], known: &mut Known) -> Option<Vec<u8>> {
    let header = query.first_chunk::<12>()?;
    let (name, end) = question(query)?;
    let kind = u16::from_be_bytes([*query.get(end)?, *query.get(end + 1)?]);
    known.asked.push(format!("{name} {kind}"));
    if known.is_silent {
        return None;
    }
    let exists = known.zone.keys().any(|(own, _)| *own == name);
    let records = known.zone.get(&(name, kind)).cloned().unwrap_or_default();
    let mut answer = header.get(..2)?.to_vec();
    // A response, authoritative, recursion available; NXDOMAIN if there is no such name.
    answer.extend([0x85, if exists { 0x80 } else { 0x83 }]);
    for count in [1, u16::try_from(records.len()).ok()?, 0, 0] {
        answer.extend(count.to_be_bytes());
    }
    answer.extend(query.get(12..end + 4)?);
    for data in records {
        // The name in the question, by its place.
        answer.extend([0xc0, 12]);
        answer.extend(kind.to_be_bytes());
        answer.extend(IN.to_be_bytes());
        answer.extend(60_u32.to_be_bytes());
        answer.extend(u16::try_from(data.len()).ok()?.to_be_bytes());
        answer.extend(data);
    }
    Some(answer)
}

/// The name in the question, and where it ends.
fn question(query: &[u8]) -> Option<(String, usize)> {
    let mut name = Vec::new();
    let mut at = 12;
    loop {
        let length = usize::from(*query.get(at)?);
        at += 1;
        if length == 0 {
            return Some((name.join("."), at));
        }
        let label = query.get(at..at + length)?;
        name.push(String::from_utf8_lossy(label).to_ascii_lowercase());
        at += length;
    }
}

fn labels(name: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    for label in name.split('.').filter(|label| !label.is_empty()) {
        bytes.push(u8::try_from(label.len()).expect("a short label"));
        bytes.extend(label.bytes());
    }
    bytes.push(0);
    bytes
}
