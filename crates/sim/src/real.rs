//! The real stage: a node of the demo in this process, TCP or UDP sockets, real time.

use std::collections::BTreeMap;
use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream, UdpSocket};
use std::path::Path;
use std::time::Duration;

use node::clock::Clock;
use shell::organisation::POOL;
use sip::{Message, Now, Transport};

use crate::client::Client;
use crate::people;
use crate::play::Stage;
use crate::random::Random;
use crate::served::{Served, bare};

/// Longest a play waits for something.
const PATIENCE_MS: u64 = 20_000;
/// How long nothing must come until a play takes it that nothing is under way.
const QUIET_MS: u64 = 300;
/// How long one look at the sockets takes.
const LOOK: Duration = Duration::from_millis(5);

/// See the head of the file.
pub struct RealNode {
    _served: Served,
    clock: Clock,
    address: SocketAddr,
    transport: Transport,
    clients: BTreeMap<String, (Client, Option<Socket>)>,
    random: Random,
}

/// A client's end.
enum Socket {
    Tcp(TcpStream),
    Udp(UdpSocket),
}

impl Socket {
    fn connect(address: SocketAddr, transport: Transport) -> std::io::Result<Socket> {
        if transport == Transport::Udp {
            let socket = UdpSocket::bind(("127.0.0.1", 0))?;
            socket.connect(address)?;
            socket.set_read_timeout(Some(LOOK))?;
            return Ok(Socket::Udp(socket));
        }
        let stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(LOOK))?;
        stream.set_nodelay(true)?;
        Ok(Socket::Tcp(stream))
    }

    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        match self {
            Socket::Tcp(stream) => stream.read(buffer),
            Socket::Udp(socket) => socket.recv(buffer),
        }
    }

    fn write(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        match self {
            Socket::Tcp(stream) => stream.write_all(bytes),
            Socket::Udp(socket) => socket.send(bytes).map(|_| ()),
        }
    }
}

impl RealNode {
    /// Makes a bare demo in `folder`, adds the people of plays, and serves it; clients use
    /// `transport`.
    ///
    /// # Errors
    /// The demo's.
    pub fn start(folder: &Path, transport: Transport) -> anyhow::Result<RealNode> {
        let served = Served::start(&bare(folder), |tx| people::create(tx, POOL))?;
        let address = served.config.registrar.listen_tcp[0];
        Ok(RealNode {
            _served: served,
            clock: Clock::start(),
            address,
            transport,
            clients: BTreeMap::new(),
            random: Random::new(1),
        })
    }

    fn now(&self) -> Now {
        self.clock.now()
    }

    /// Reads what has come for everybody and sends what they want sent.
    fn look(&mut self) -> bool {
        let now = self.now();
        let mut something = false;
        let mut buffer = [0u8; 8192];
        for (client, socket) in self.clients.values_mut() {
            let Some(stream) = socket else { continue };
            match stream.read(&mut buffer) {
                Ok(0) => {
                    *socket = None;
                    client.lost(now);
                    continue;
                }
                Ok(count) => {
                    something = true;
                    client.receive(now, &buffer[..count]);
                }
                Err(error)
                    if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
                Err(_) => {
                    *socket = None;
                    client.lost(now);
                    continue;
                }
            }
            if client.next_timeout() <= now.tick {
                client.timeout(now);
            }
            flush(client, stream);
        }
        something
    }
}

fn flush(client: &mut Client, socket: &mut Socket) {
    for bytes in client.take_transmit() {
        socket.write(&bytes).expect("the node takes what a client sends");
    }
}

impl Stage for RealNode {
    fn act(&mut self, who: &str, deed: &mut dyn FnMut(&mut Client, Now)) {
        let now = self.now();
        let seed = self.random.seed();
        let (client, socket) = self
            .clients
            .entry(who.to_owned())
            .or_insert_with(|| (Client::new(people::who(who), seed), None));
        if socket.is_none() {
            let connected = Socket::connect(self.address, self.transport);
            client.opened(now, self.transport);
            *socket = Some(connected.expect("the node listens"));
        }
        deed(client, now);
        if let Some(stream) = socket {
            flush(client, stream);
        }
    }

    fn wait(&mut self, who: &str, fits: &dyn Fn(&Message) -> bool) -> Option<Message> {
        let end = self.now().tick.after_ms(PATIENCE_MS);
        while self.now().tick < end {
            let client = self.clients.get_mut(who).map(|(client, _)| client);
            if let Some(found) = client.and_then(|client| client.take(fits)) {
                return Some(found);
            }
            self.look();
        }
        None
    }

    fn settle(&mut self, who: &str) -> Vec<Message> {
        let mut quiet_since = self.now().tick;
        while self.now().tick.since(quiet_since) < QUIET_MS {
            if self.look() {
                quiet_since = self.now().tick;
            }
        }
        self.inbox(who)
    }

    fn disconnect(&mut self, who: &str) {
        let now = self.now();
        if let Some((client, socket)) = self.clients.get_mut(who) {
            *socket = None;
            client.lost(now);
        }
    }

    fn pass(&mut self, _seconds: u64) -> bool {
        false
    }

    fn inbox(&mut self, who: &str) -> Vec<Message> {
        self.clients.get(who).map(|(client, _)| client.inbox().to_vec()).unwrap_or_default()
    }
}
