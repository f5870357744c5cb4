//! One SIP connection as two tasks: a reader that turns bytes into [`Wire`] and a writer that
//! drains a bounded queue. They own the socket; what the bytes mean is the stack's. (Datagrams
//! share a socket that `listen/udp` reads.)

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use futures_util::{SinkExt as _, StreamExt as _};
use sip::{Flow, Local, Peer, Tick, Why};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::UdpSocket;
use tokio::sync::{mpsc, oneshot};
use tokio::task::AbortHandle;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::{self, Message};

use super::inbox::{Reports, Turn, Turns};
use super::queue::Queue;
use super::tls_fault;
use crate::identity::Shown;
use crate::limits;
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
        turn: Option<Turn>,
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
            Connection::Datagram(datagrams) => datagrams.send_to(datagrams.peer, &bytes),
        }
    }

    /// The peer has proved who it is: it does not stand in line with strangers any more.
    pub fn vouch(&self) {
        let known = match self {
            Connection::Stream(stream) => &stream.known,
            Connection::Datagram(datagrams) => &datagrams.known,
        };
        known.store(true, Ordering::Relaxed);
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
            Connection::Datagram(datagrams) => datagrams.send_to(address, bytes),
        }
    }
}

/// See [`Connection`].
pub struct Stream {
    queue: Queue,
    reader: AbortHandle,
    shown: Option<Box<Shown>>,
    /// Set when the peer has proved who it is.
    known: Arc<AtomicBool>,
    /// Its end tells the writer that the loop has let go.
    _held: Option<oneshot::Sender<()>>,
}

impl Stream {
    /// Whoever drains `queue` writes; `reader` is stopped when the loop lets go.
    pub fn new(queue: Queue, reader: AbortHandle, shown: Option<Box<Shown>>) -> Stream {
        Stream { queue, reader, shown, known: Arc::default(), _held: None }
    }
}

impl Drop for Stream {
    /// Stops reading; the writer still sends what is queued, if the peer takes it soon, then closes
    /// the socket.
    fn drop(&mut self) {
        self.reader.abort();
    }
}

/// Runs the writer of a connection until it has written everything, or the loop has let go and the
/// peer does not take what is left: it shall not hold the socket and what waits for ever.
async fn write_until_released(writer: impl Future<Output = ()>, released: oneshot::Receiver<()>) {
    let too_long = async {
        let _ = released.await;
        tokio::time::sleep(limits::LINGER).await;
    };
    tokio::select! {
        () = writer => {}
        () = too_long => {}
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
    /// What the system does not take at once is lost, as datagrams may be: the transaction sends
    /// it again.
    fn send_to(&self, address: SocketAddr, bytes: &Bytes) -> bool {
        if let Err(error) = self.socket.try_send_to(bytes, address) {
            tracing::debug!(%address, %error, "datagram not sent");
        }
        true
    }
}

impl Drop for Datagrams {
    fn drop(&mut self) {
        // The listener is gone when the node stops.
        let _ = self.gone.send(self.peer);
    }
}

/// Starts the tasks of a connection and announces it. `place` is given back when the socket
/// closes.
pub async fn run<S>(
    stream: S,
    flow: Flow,
    Ends { local, peer, shown }: Ends,
    reports: Reports,
    place: Option<Place>,
) where
    S: AsyncRead + AsyncWrite + Send + 'static,
{
    let (mut read, mut write) = tokio::io::split(stream);
    let (queue, mut queued) = reports.queue(&peer);
    let (held, released) = oneshot::channel();
    let turns = Turns::of(&peer);
    let (writer_turns, loop_turns, known) = (turns.clone(), turns.clone(), turns.known());
    let events = reports.clone();
    // The reader starts only when its connection has been announced.
    let (announced, start) = oneshot::channel::<()>();
    let reader = tokio::spawn(async move {
        if start.await.is_err() {
            return;
        }
        let mut buffer = vec![0; limits::READ_BYTES];
        let why = loop {
            match read.read(&mut buffer).await {
                Ok(0) => break Why::Eof,
                Ok(count) => {
                    let bytes = Bytes::copy_from_slice(buffer.get(..count).unwrap_or_default());
                    if !events.bytes(flow, bytes, &turns).await {
                        return;
                    }
                }
                Err(error) => break tls_fault::why(&error),
            }
        };
        // Nobody listens any more when the node stops.
        let _ = events.closed(Wire::Closed { flow, why }, &turns).await;
    });
    let writer_events = reports.clone();
    let writer = async move {
        let _place = place;
        while let Some(bytes) = queued.next().await {
            if let Err(error) = write.write_all(&bytes).await {
                let why = tls_fault::why(&error);
                let _ = writer_events.closed(Wire::Closed { flow, why }, &writer_turns).await;
                return;
            }
            if queued.is_empty() && write.flush().await.is_err() {
                return;
            }
        }
        // The loop let go of the connection: say goodbye (TLS close_notify, FIN).
        let _ = write.shutdown().await;
    };
    tokio::spawn(write_until_released(writer, released));
    let reader = reader.abort_handle();
    let stream = Stream { queue, reader, shown, known, _held: Some(held) };
    let connection = Connection::Stream(Box::new(stream));
    let peer = Box::new(peer);
    if reports.tell(Wire::Opened { flow, local, peer, connection }, &loop_turns).await {
        let _ = announced.send(());
    }
}

/// As [`run`], for a connection that carries one message in each frame (RFC 7118 §5).
pub async fn run_frames<S>(
    socket: WebSocketStream<S>,
    flow: Flow,
    Ends { local, peer, shown }: Ends,
    reports: Reports,
    place: Option<Place>,
) where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (mut sink, mut frames) = socket.split();
    let (queue, mut queued) = reports.queue(&peer);
    let (held, released) = oneshot::channel();
    let turns = Turns::of(&peer);
    let (writer_turns, loop_turns, known) = (turns.clone(), turns.clone(), turns.known());
    let events = reports.clone();
    let (announced, start) = oneshot::channel::<()>();
    let reader = tokio::spawn(async move {
        if start.await.is_err() {
            return;
        }
        let why = loop {
            let bytes = match frames.next().await {
                Some(Ok(Message::Text(text))) => Bytes::from(text),
                Some(Ok(Message::Binary(bytes))) => bytes,
                // Pings are answered by the library.
                Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => continue,
                Some(Ok(Message::Close(_))) | None => break Why::Eof,
                Some(Err(error)) => break frame_fault(&error),
            };
            if !events.bytes(flow, bytes, &turns).await {
                return;
            }
        };
        let _ = events.closed(Wire::Closed { flow, why }, &turns).await;
    });
    let writer_events = reports.clone();
    let writer = async move {
        let _place = place;
        while let Some(bytes) = queued.next().await {
            // Text is what every client reads; a body that is no text makes it binary.
            let frame = match std::str::from_utf8(&bytes) {
                Ok(text) => Message::text(text),
                Err(_) => Message::binary(bytes),
            };
            if let Err(error) = sink.send(frame).await {
                let why = frame_fault(&error);
                let _ = writer_events.closed(Wire::Closed { flow, why }, &writer_turns).await;
                return;
            }
        }
        let _ = sink.close().await;
    };
    tokio::spawn(write_until_released(writer, released));
    let reader = reader.abort_handle();
    let stream = Stream { queue, reader, shown, known, _held: Some(held) };
    let connection = Connection::Stream(Box::new(stream));
    let peer = Box::new(peer);
    if reports.tell(Wire::Opened { flow, local, peer, connection }, &loop_turns).await {
        let _ = announced.send(());
    }
}

fn frame_fault(error: &tungstenite::Error) -> Why {
    match error {
        tungstenite::Error::Io(error) => tls_fault::why(error),
        tungstenite::Error::ConnectionClosed | tungstenite::Error::AlreadyClosed => Why::Eof,
        error => Why::Protocol(error.to_string()),
    }
}
