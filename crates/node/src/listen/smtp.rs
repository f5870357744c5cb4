//! SMTP: a socket around the dialogue of `mail::smtp`; recipients and messages are decided by
//! `mailbox`. `250` after DATA is said only when the message is on disk.

use std::net::SocketAddr;

use mail::smtp::{Goodbye, Output, Server};
use mailbox::{Origin, check_recipient, deliver, smtp_reply};
use store::Store;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use super::lingering::Lingering;
use super::places::{self, Bounds, Place, Places};
use crate::clock::Clock;
use crate::{limits, metrics};

/// What every SMTP connection works with.
#[derive(Clone)]
pub struct Door {
    /// Where mail goes.
    pub store: Store,
    /// When it arrived.
    pub clock: Clock,
    /// Our name in the greeting.
    pub host: String,
    /// Told when the node stops.
    pub stop: watch::Receiver<bool>,
}

/// Accepts mail until the task is dropped.
pub async fn serve(listener: TcpListener, door: Door) {
    let bounds =
        Bounds { all: limits::SMTP_CONNECTIONS, per_address: limits::SMTP_CONNECTIONS_PER_ADDRESS };
    let places = Places::new("smtp", bounds);
    loop {
        let (stream, address) = places::accept(&listener).await;
        let place = places.take(address.ip());
        let door = door.clone();
        tokio::spawn(async move { converse(stream, address, door, place).await });
    }
}

async fn converse(stream: TcpStream, address: SocketAddr, door: Door, place: Option<Place>) {
    let mut stream = Lingering::from(stream);
    let mut server = Server::new(&door.host);
    if place.is_none() {
        server.close(Goodbye::Busy);
    }
    let origin = Origin { client: address.ip(), host: door.host.clone(), is_tls: false };
    let mut stop = door.stop.clone();
    let mut buffer = vec![0; limits::READ_BYTES];
    loop {
        while let Some(output) = server.poll_output() {
            match output {
                Output::Transmit(bytes) => {
                    if stream.write_all(&bytes).await.is_err() {
                        return;
                    }
                }
                Output::Close => {
                    let _ = stream.shutdown().await;
                    return;
                }
                Output::Recipient { forward_path, .. } => {
                    let decision = check_recipient(&door.store, &forward_path).await;
                    let decision = decision.map_err(|error| smtp_reply(&error));
                    metrics::mail("recipient", decision.as_ref().err());
                    server.decide_recipient(decision);
                }
                Output::Message { envelope, content } => {
                    let now_ms = door.clock.now().wall_ms;
                    let delivery = deliver(&door.store, now_ms, &origin, envelope, &content);
                    let decision = delivery.await.map(|done| format!("Queued as {}", done.id));
                    let decision = decision.map_err(|error| smtp_reply(&error));
                    metrics::mail("message", decision.as_ref().err());
                    server.decide_message(decision);
                }
            }
        }
        tokio::select! {
            _ = stop.changed() => server.close(Goodbye::Stopping),
            read = tokio::time::timeout(limits::SMTP_IDLE, stream.read(&mut buffer)) => match read {
                Ok(Ok(0) | Err(_)) => return,
                Ok(Ok(count)) => server.handle_input(buffer.get(..count).unwrap_or_default()),
                Err(_) => server.close(Goodbye::Idle),
            },
        }
    }
}
