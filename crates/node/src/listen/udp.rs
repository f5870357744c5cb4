//! SIP over UDP: one socket, one flow for each address that speaks. Which flow lives how long is
//! the stack's; this file remembers which address has which.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;

use ::sip::{Flow, Local, Peer, Transport};
use bytes::Bytes;
use tokio::net::UdpSocket;
use tokio::sync::mpsc;

use super::sip::FlowNumbers;
use crate::drive::connection::{Connection, Datagrams, Reports, Turns, Wire};
use crate::limits;
use crate::metrics::DoorMeters;

/// Reads SIP over UDP until the task is dropped.
pub async fn udp(socket: UdpSocket, wires: Reports, numbers: FlowNumbers) {
    let Ok(address) = socket.local_addr() else { return };
    let socket = Arc::new(socket);
    let local = Local { address, transport: Transport::Udp };
    let meters = DoorMeters::new("sip_udp");
    let turns = Turns::new(limits::TURNS_UDP);
    let (gone, mut leaving) = mpsc::unbounded_channel();
    let mut peers: HashMap<SocketAddr, Flow> = HashMap::new();
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
        let bytes = Bytes::copy_from_slice(buffer.get(..count).unwrap_or_default());
        let flow = match peers.get(&peer) {
            Some(flow) => *flow,
            None if peers.len() >= limits::DATAGRAM_PEERS => {
                meters.full();
                continue;
            }
            None => {
                let flow = numbers.next();
                let (socket, gone) = (Arc::clone(&socket), gone.clone());
                let connection = Connection::Datagram(Box::new(Datagrams { socket, peer, gone }));
                let peer_end = Peer::Plain(peer);
                let opened = Wire::Opened { flow, local, peer: Box::new(peer_end), connection };
                if !wires.tell(opened).await {
                    return;
                }
                peers.insert(peer, flow);
                meters.accepted();
                flow
            }
        };
        // A full loop holds datagrams back here and the system drops the rest: their senders
        // repeat them ever more slowly.
        if !wires.bytes(flow, bytes, &turns).await {
            return;
        }
    }
}
