//! One SIP connection as two tasks: a reader that turns bytes into [`Wire`] and a writer that
//! drains a bounded queue. They own the socket; what the bytes mean is the stack's.

use bytes::Bytes;
use sip::{Flow, Local, Peer, Why};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::mpsc;
use tokio::task::AbortHandle;

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
pub struct Connection {
    queue: mpsc::Sender<Bytes>,
    reader: AbortHandle,
    /// The chain that the other end has shown, if it showed one.
    pub shown: Option<Box<Shown>>,
}

impl Connection {
    /// Queues bytes; false if the peer does not read fast enough (it should then be cut).
    pub fn send(&self, bytes: Bytes) -> bool {
        self.queue.try_send(bytes).is_ok()
    }
}

impl Drop for Connection {
    /// Stops reading; the writer still sends what is queued, then closes the socket.
    fn drop(&mut self) {
        self.reader.abort();
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
                Err(error) => break read_failure(&error),
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
                let _ = writer_events.send(Wire::Closed { flow, why: read_failure(&error) }).await;
                return;
            }
            if queued.is_empty() && write.flush().await.is_err() {
                return;
            }
        }
        // The loop let go of the connection: say goodbye (TLS close_notify, FIN).
        let _ = write.shutdown().await;
    });
    let connection = Connection { queue, reader: reader.abort_handle(), shown };
    if wires.send(Wire::Opened { flow, local, peer, connection }).await.is_ok() {
        let _ = announced.send(());
    }
}

/// With TLS 1.3 the side that dials learns of a refused certificate only when it reads: the alert
/// comes as an error of the read.
fn read_failure(error: &std::io::Error) -> Why {
    let tls = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    match tls {
        Some(rustls::Error::AlertReceived(alert)) => Why::Refused(format!("TLS alert {alert:?}")),
        Some(other) => Why::Protocol(other.to_string()),
        None => Why::Protocol(error.to_string()),
    }
}
