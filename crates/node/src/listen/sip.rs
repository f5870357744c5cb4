//! SIP over TCP and TLS: accepts, shakes hands, says who the peer is, and hands the connection
//! to the loop. The peer's certificate is judged by rule 1 during the handshake
//! (identity/verify); what its names mean is for the registrar.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use ::sip::{Flow, Local, Peer, Transport};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::lingering::Lingering;
use super::places::{self, Bounds, Place, Places};
use crate::drive::connection::{self, Ends};
use crate::drive::inbox::Reports;
use crate::identity::{Accepting, ChainRefusal, Identities, names};
use crate::{limits, metrics};

/// Numbers for accepted connections; the stack numbers those it asks for itself.
#[derive(Clone, Debug, Default)]
pub struct FlowNumbers(Arc<AtomicU64>);

impl FlowNumbers {
    pub(super) fn next(&self) -> Flow {
        Flow(self.0.fetch_add(1, Ordering::Relaxed))
    }
}

/// Told of every handshake and of every connection that rule 1 ended.
pub type OnRefused = Arc<dyn Fn(SocketAddr, &ChainRefusal) + Send + Sync>;

/// Asked at each handshake; `None`: nothing is configured at the moment.
pub type AskAccepting = Arc<dyn Fn() -> Option<Accepting> + Send + Sync>;

/// One listener's surroundings.
#[derive(Clone)]
pub struct Door {
    /// What it is called where connections are counted.
    pub name: &'static str,
    /// How many connections it holds.
    pub bounds: Bounds,
    /// Where connections go.
    pub wires: Reports,
    /// Numbers for them.
    pub flows: FlowNumbers,
    /// Certificates and roots.
    pub identities: Arc<Identities>,
    /// Whose certificate is shown, and whether the peer must show one.
    pub accepting: AskAccepting,
    /// Told of refused certificates.
    pub on_refused: OnRefused,
}

/// Accepts SIP over TLS until the task is dropped.
pub async fn tls(listener: TcpListener, door: Door) {
    accept(listener, door, |stream, address, door, place| async move {
        let Some((stream, ends)) = handshake(stream, address, &door, Transport::Tls).await else {
            return;
        };
        connection::run(stream, door.flows.next(), ends, door.wires, Some(place)).await;
    })
    .await;
}

/// Accepts SIP over TCP until the task is dropped.
pub async fn tcp(listener: TcpListener, door: Door) {
    accept(listener, door, |stream, address, door, place| async move {
        let Ok(local) = stream.local_addr() else { return };
        let local = Local { address: local, transport: Transport::Tcp };
        let ends = Ends { local, peer: Peer::Plain(address), shown: None };
        let stream = Lingering::from(stream);
        connection::run(stream, door.flows.next(), ends, door.wires, Some(place)).await;
    })
    .await;
}

/// Accepts connections and serves each in a task of its own, as many as there are places.
pub(super) async fn accept<F, T>(listener: TcpListener, door: Door, serve: F)
where
    F: Fn(TcpStream, SocketAddr, Door, Place) -> T + Copy + Send + 'static,
    T: Future<Output = ()> + Send + 'static,
{
    let places = Places::new(door.name, door.bounds);
    loop {
        let (stream, address) = places::accept(&listener).await;
        let Some(place) = places.take(address.ip()) else { continue };
        let _ = stream.set_nodelay(true);
        let door = door.clone();
        tokio::spawn(serve(stream, address, door, place));
    }
}

/// Shakes hands over TLS; none if that came to nothing, which is counted and told.
pub(super) async fn handshake(
    stream: TcpStream,
    address: SocketAddr,
    door: &Door,
    transport: Transport,
) -> Option<(TlsStream<Lingering>, Ends)> {
    let accepting = (door.accepting)()?;
    let reading = *door.identities.readings().borrow();
    let (config, verifier) = match door.identities.accepting(&accepting) {
        Ok(ready) => ready,
        Err(error) => {
            tracing::error!(computer = %accepting.computer, %error, "no TLS identity");
            return None;
        }
    };
    let local = stream.local_addr().ok()?;
    let accepted = TlsAcceptor::from(config).accept(Lingering::from(stream));
    match tokio::time::timeout(limits::HANDSHAKE, accepted).await {
        Ok(Ok(stream)) => {
            let chain = stream.get_ref().1.peer_certificates();
            let peer = match chain.and_then(|chain| chain.first()) {
                Some(der) => {
                    Peer::mutual(address, names::peer_identity_of(der, verifier.is_foreign()))
                }
                None => Peer::Tls(address),
            };
            let is_foreign = verifier.is_foreign();
            let shown = door.identities.shown(chain, address, reading, is_foreign);
            let local = Local { address: local, transport };
            return Some((stream, Ends { local, peer, shown }));
        }
        Ok(Err(error)) => match verifier.take_refusal() {
            Some(refusal) => {
                metrics::refused(door.name, "certificate");
                (door.on_refused)(address, &refusal);
            }
            None => {
                metrics::refused(door.name, "handshake");
                tracing::debug!(%address, %error, "TLS handshake failed");
            }
        },
        Err(_) => {
            metrics::refused(door.name, "handshake");
            tracing::debug!(%address, "TLS handshake timed out");
        }
    }
    None
}
