//! SIP over UDP: one socket, one flow for each address that speaks. Which flow lives how long is
//! the stack's; this file remembers which address has which.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use ::sip::{Flow, Local, Peer, Transport};
use bytes::Bytes;
use tokio::net::UdpSocket;
use tokio::sync::mpsc;

use super::sip::FlowNumbers;
use super::sources::Sources;
use crate::drive::connection::{Connection, Datagrams, Wire};
use crate::drive::inbox::Reports;
use crate::drive::turns::Turns;
use crate::limits;
use crate::metrics::DoorMeters;

/// Reads SIP over UDP until the task is dropped.
pub async fn udp(socket: UdpSocket, wires: Reports, numbers: FlowNumbers) {
    let Ok(address) = socket.local_addr() else { return };
    let socket = Arc::new(socket);
    let local = Local { address, transport: Transport::Udp };
    let meters = DoorMeters::new("sip_udp");
    let strangers = Turns::new(limits::TURNS_UDP, false);
    let friends = Turns::new(limits::TURNS_UDP, true);
    let (gone, mut leaving) = mpsc::unbounded_channel();
    let mut peers: HashMap<SocketAddr, (Flow, Arc<AtomicBool>)> = HashMap::new();
    let mut sources = Sources::default();
    let mut buffer = vec![0; limits::DATAGRAM_BYTES];
    loop {
        let received = tokio::select! {
            biased;
            Some(peer) = leaving.recv() => {
                if peers.remove(&peer).is_some() {
                    meters.gone();
                }
                continue;
            }
            received = socket.recv_from(&mut buffer) => received,
        };
        let (count, peer) = match received {
            Ok(received) => received,
            Err(error) => {
                // An ICMP error of an earlier datagram comes here; it says nothing of the socket.
                tracing::debug!(%error, "receive failed");
                tokio::task::yield_now().await;
                continue;
            }
        };
        let is_known = peers.get(&peer).is_some_and(|(_, known)| known.load(Ordering::Relaxed));
        if !is_known && !sources.take(peer.ip(), wires.now()) {
            meters.too_fast();
            continue;
        }
        let bytes = Bytes::copy_from_slice(buffer.get(..count).unwrap_or_default());
        let flow = match peers.get(&peer) {
            Some((flow, _)) => *flow,
            None if peers.len() >= limits::DATAGRAM_PEERS => {
                meters.full();
                continue;
            }
            None => {
                let (flow, known) = (numbers.next(), Arc::new(AtomicBool::new(false)));
                let (socket, gone) = (Arc::clone(&socket), gone.clone());
                let connection = Connection::Datagram(Box::new(Datagrams {
                    socket,
                    peer,
                    known: Arc::clone(&known),
                    gone,
                }));
                let peer_end = Peer::Plain(peer);
                let opened = Wire::Opened { flow, local, peer: Box::new(peer_end), connection };
                if !wires.tell(opened, &strangers).await {
                    return;
                }
                peers.insert(peer, (flow, known));
                meters.accepted();
                flow
            }
        };
        let turns = if is_known { &friends } else { &strangers };
        if !wires.datagram(flow, bytes, turns).await {
            return;
        }
    }
}
