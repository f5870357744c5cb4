//! One SIP connection as two tasks: a reader that turns bytes into [`Wire`] and a writer that
//! drains a bounded queue. They own the socket; what the bytes mean is the stack's. (Datagrams
//! share a socket that `listen/udp` reads.)

use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::{SinkExt as _, StreamExt as _};
use sip::{Flow, Local, Peer, Why};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::UdpSocket;
use tokio::sync::mpsc;
use tokio::task::AbortHandle;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::{self, Message};

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
        /// The other end.
        peer: Peer,
        /// The loop's end of it.
        connection: Connection,
    },
    /// Bytes arrived.
    Bytes {
        /// On which connection.
        flow: Flow,
        /// The bytes, cut anywhere.
        bytes: Bytes,
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
    Stream(Stream),
    /// A share of a datagram socket.
    Datagram(Box<Datagrams>),
}

impl Connection {
    /// Queues bytes; false if the peer does not read fast enough (it should then be cut).
    pub fn send(&self, bytes: Bytes) -> bool {
        match self {
            Connection::Stream(stream) => stream.queue.try_send(bytes).is_ok(),
            Connection::Datagram(datagrams) => datagrams.send_to(datagrams.peer, &bytes),
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
            Connection::Datagram(datagrams) => datagrams.send_to(address, bytes),
        }
    }
}

/// See [`Connection`].
pub struct Stream {
    queue: mpsc::Sender<Bytes>,
    reader: AbortHandle,
    shown: Option<Box<Shown>>,
}

impl Stream {
    /// Whoever drains `queue` writes; `reader` is stopped when the loop lets go.
    pub fn new(
        queue: mpsc::Sender<Bytes>,
        reader: AbortHandle,
        shown: Option<Box<Shown>>,
    ) -> Stream {
        Stream { queue, reader, shown }
    }
}

impl Drop for Stream {
    /// Stops reading; the writer still sends what is queued, then closes the socket.
    fn drop(&mut self) {
        self.reader.abort();
    }
}

/// What goes to one peer of a datagram socket.
pub struct Datagrams {
    /// The socket that all peers share.
    pub socket: Arc<UdpSocket>,
    /// The peer.
    pub peer: SocketAddr,
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
    wires: mpsc::Sender<Wire>,
    place: Option<Place>,
) where
    S: AsyncRead + AsyncWrite + Send + 'static,
{
    let (mut read, mut write) = tokio::io::split(stream);
    let (queue, mut queued) = mpsc::channel::<Bytes>(limits::QUEUE_MESSAGES);
    let events = wires.clone();
    // The reader starts only when its connection has been announced.
    let (announced, start) = tokio::sync::oneshot::channel::<()>();
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
                    if events.send(Wire::Bytes { flow, bytes }).await.is_err() {
                        return;
                    }
                }
                Err(error) => break tls_fault::why(&error),
            }
        };
        // Nobody listens any more when the node stops.
        let _ = events.send(Wire::Closed { flow, why }).await;
    });
    let writer_events = wires.clone();
    tokio::spawn(async move {
        let _place = place;
        while let Some(bytes) = queued.recv().await {
            if let Err(error) = write.write_all(&bytes).await {
                let _ =
                    writer_events.send(Wire::Closed { flow, why: tls_fault::why(&error) }).await;
                return;
            }
            if queued.is_empty() && write.flush().await.is_err() {
                return;
            }
        }
        // The loop let go of the connection: say goodbye (TLS close_notify, FIN).
        let _ = write.shutdown().await;
    });
    let connection = Connection::Stream(Stream::new(queue, reader.abort_handle(), shown));
    if wires.send(Wire::Opened { flow, local, peer, connection }).await.is_ok() {
        let _ = announced.send(());
    }
}

/// As [`run`], for a connection that carries one message in each frame (RFC 7118 §5).
pub async fn run_frames<S>(
    socket: WebSocketStream<S>,
    flow: Flow,
    Ends { local, peer, shown }: Ends,
    wires: mpsc::Sender<Wire>,
    place: Option<Place>,
) where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (mut sink, mut frames) = socket.split();
    let (queue, mut queued) = mpsc::channel::<Bytes>(limits::QUEUE_MESSAGES);
    let events = wires.clone();
    let (announced, start) = tokio::sync::oneshot::channel::<()>();
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
            if events.send(Wire::Bytes { flow, bytes }).await.is_err() {
                return;
            }
        };
        let _ = events.send(Wire::Closed { flow, why }).await;
    });
    let writer_events = wires.clone();
    tokio::spawn(async move {
        let _place = place;
        while let Some(bytes) = queued.recv().await {
            // Text is what every client reads; a body that is no text makes it binary.
            let frame = match std::str::from_utf8(&bytes) {
                Ok(text) => Message::text(text),
                Err(_) => Message::binary(bytes),
            };
            if let Err(error) = sink.send(frame).await {
                let _ = writer_events.send(Wire::Closed { flow, why: frame_fault(&error) }).await;
                return;
            }
        }
        let _ = sink.close().await;
    });
    let connection = Connection::Stream(Stream { queue, reader: reader.abort_handle(), shown });
    if wires.send(Wire::Opened { flow, local, peer, connection }).await.is_ok() {
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
