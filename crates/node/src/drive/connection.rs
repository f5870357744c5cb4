//! One SIP connection, seen from the loop: what it reports as [`Wire`], and where the loop sends.
//! The socket belongs to a task: `link` for byte streams, `frames` for WebSocket. (Datagrams share
//! a socket that `listen/udp` reads.)

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use sip::{Flow, Local, Peer, Tick, Why};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::UdpSocket;
use tokio::sync::mpsc;
use tokio_tungstenite::WebSocketStream;

use super::frames;
use super::inbox::Reports;
use super::link::Link;
use super::queue::{Queue, Queued};
use super::turns::{Turn, Turns};
use crate::identity::Shown;
use crate::listen::places::Place;

/// What the connections tell their loop.
pub enum Wire {
    /// A connection stands; from now on its bytes come.
    Opened {
        /// Which.
        flow: Flow,
        /// Our end.
        local: Local,
        /// The other end. In a box, because bytes are what comes most.
        peer: Box<Peer>,
        /// The loop's end of it.
        connection: Connection,
    },
    /// Bytes arrived.
    Bytes {
        /// On which connection.
        flow: Flow,
        /// The bytes, cut anywhere.
        bytes: Bytes,
        /// When they came.
        at: Tick,
        /// Held until they have been dealt with.
        turn: Turn,
    },
    /// The connection is gone, or an outgoing one never came.
    Closed {
        /// Which.
        flow: Flow,
        /// Why.
        why: Why,
    },
}

/// The two ends of a connection.
pub struct Ends {
    /// Ours.
    pub local: Local,
    /// The other.
    pub peer: Peer,
    /// The chain that the other end has shown, if it showed one.
    pub shown: Option<Box<Shown>>,
}

/// The loop's end of a connection.
pub enum Connection {
    /// A socket of its own.
    Stream(Box<Stream>),
    /// A share of a datagram socket.
    Datagram(Box<Datagrams>),
}

impl Connection {
    /// Queues bytes; false if the peer does not read fast enough (it should then be cut).
    pub fn send(&self, bytes: Bytes) -> bool {
        match self {
            Connection::Stream(stream) => stream.queue.push(bytes),
            Connection::Datagram(datagrams) => {
                datagrams.datagram(bytes).send();
                true
            }
        }
    }

    /// The peer has proved who it is: it does not stand in line with strangers any more.
    pub fn vouch(&self) {
        match self {
            Connection::Stream(stream) => stream.turns.vouch(),
            Connection::Datagram(datagrams) => datagrams.known.store(true, Ordering::Relaxed),
        }
    }

    /// The chain that the other end has shown, if it showed one.
    pub fn shown(&mut self) -> Option<&mut Shown> {
        match self {
            Connection::Stream(stream) => stream.shown.as_deref_mut(),
            Connection::Datagram(_) => None,
        }
    }

    /// Sends a datagram to another port of the peer. Streams have one end only.
    pub fn send_to(&self, address: SocketAddr, bytes: &Bytes) -> bool {
        match self {
            Connection::Stream(_) => true,
            Connection::Datagram(datagrams) => {
                Datagram { address, ..datagrams.datagram(bytes.clone()) }.send();
                true
            }
        }
    }
}

/// See [`Connection`].
pub struct Stream {
    queue: Queue,
    turns: Turns,
    shown: Option<Box<Shown>>,
}

impl Stream {
    /// Whoever drains `queue` writes.
    pub fn new(queue: Queue, turns: Turns, shown: Option<Box<Shown>>) -> Stream {
        Stream { queue, turns, shown }
    }
}

/// What goes to one peer of a datagram socket.
pub struct Datagrams {
    /// The socket that all peers share.
    pub socket: Arc<UdpSocket>,
    /// The peer.
    pub peer: SocketAddr,
    /// Set when it has proved who it is.
    pub known: Arc<AtomicBool>,
    /// Told when the loop has let go.
    pub gone: mpsc::UnboundedSender<SocketAddr>,
}

impl Datagrams {
    /// One that goes to the peer.
    pub fn datagram(&self, bytes: Bytes) -> Datagram {
        Datagram { socket: Arc::clone(&self.socket), address: self.peer, bytes }
    }
}

/// A datagram on its way out.
pub struct Datagram {
    socket: Arc<UdpSocket>,
    address: SocketAddr,
    bytes: Bytes,
}

impl Datagram {
    /// What the system does not take at once is lost, as datagrams may be: the transaction sends
    /// it again.
    pub fn send(&self) {
        let address = self.address;
        if let Err(error) = self.socket.try_send_to(&self.bytes, address) {
            tracing::debug!(%address, %error, "datagram not sent");
        }
    }
}

impl Drop for Datagrams {
    fn drop(&mut self) {
        // The listener is gone when the node stops.
        let _ = self.gone.send(self.peer);
    }
}

/// The socket's end of a connection.
pub struct End {
    /// Which it is.
    pub flow: Flow,
    /// Where it tells what comes.
    pub reports: Reports,
    /// When it may.
    pub turns: Turns,
    /// What it is to write.
    pub queued: Queued,
}

/// Announces a connection and starts its task. `place` is given back when the socket closes.
pub async fn run<S>(stream: S, flow: Flow, ends: Ends, reports: Reports, place: Option<Place>)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    if let Some(end) = announce(flow, ends, reports).await {
        tokio::spawn(Link::new(stream, end, place));
    }
}

/// As [`run`], for a connection that carries one message in each frame (RFC 7118 §5).
pub async fn run_frames<S>(
    socket: WebSocketStream<S>,
    flow: Flow,
    ends: Ends,
    reports: Reports,
    place: Option<Place>,
) where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    if let Some(end) = announce(flow, ends, reports).await {
        tokio::spawn(frames::carry(socket, end, place));
    }
}

/// None if nobody listens any more, because the node stops.
async fn announce(flow: Flow, ends: Ends, reports: Reports) -> Option<End> {
    let Ends { local, peer, shown } = ends;
    let (queue, queued) = reports.queue(&peer);
    let turns = Turns::of(&peer);
    let stream = Stream::new(queue, turns.clone(), shown);
    let connection = Connection::Stream(Box::new(stream));
    let opened = Wire::Opened { flow, local, peer: Box::new(peer), connection };
    let is_heard = reports.tell(opened, &turns).await;
    is_heard.then_some(End { flow, reports, turns, queued })
}
