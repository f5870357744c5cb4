//! SIP over WebSocket (RFC 7118), with TLS and without: one message in each frame. Who the other
//! end is says Digest, as for every client, so it does not matter which page it comes from.

use std::net::SocketAddr;

use ::sip::{Local, Peer, Transport};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};
use tokio_tungstenite::tungstenite::http::{HeaderValue, StatusCode, header};
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::{WebSocketStream, accept_hdr_async_with_config};

use super::lingering::Lingering;
use super::places::Place;
use super::sip::{Door, accept, handshake};
use crate::drive::connection::{self, Ends};
use crate::{limits, metrics};

/// RFC 7118 §4.1: the subprotocol.
const SUBPROTOCOL: &str = "sip";

/// Accepts SIP over WebSocket until the task is dropped.
pub async fn ws(listener: TcpListener, door: Door) {
    accept(listener, door, |stream, address, door, place| async move {
        let Ok(local) = stream.local_addr() else { return };
        let local = Local { address: local, transport: Transport::Ws };
        let ends = Ends { local, peer: Peer::Plain(address), shown: None };
        upgrade(Lingering::from(stream), address, ends, door, place).await;
    })
    .await;
}

/// Accepts SIP over WebSocket inside TLS until the task is dropped.
pub async fn wss(listener: TcpListener, door: Door) {
    accept(listener, door, |stream, address, door, place| async move {
        if let Some((stream, ends)) = handshake(stream, address, &door, Transport::Wss).await {
            upgrade(stream, address, ends, door, place).await;
        }
    })
    .await;
}

async fn upgrade<S>(stream: S, address: SocketAddr, ends: Ends, door: Door, place: Place)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let config = WebSocketConfig::default()
        .max_message_size(Some(limits::WEB_SOCKET_BYTES))
        .max_frame_size(Some(limits::WEB_SOCKET_BYTES));
    let accepted = accept_hdr_async_with_config(stream, agree, Some(config));
    let socket: WebSocketStream<S> = match tokio::time::timeout(limits::HANDSHAKE, accepted).await {
        Ok(Ok(socket)) => socket,
        Ok(Err(error)) => {
            metrics::refused(door.name, "handshake");
            tracing::debug!(%address, %error, "WebSocket handshake failed");
            return;
        }
        Err(_) => {
            metrics::refused(door.name, "handshake");
            tracing::debug!(%address, "WebSocket handshake timed out");
            return;
        }
    };
    connection::run_frames(socket, door.flows.next(), ends, door.wires, Some(place)).await;
}

/// RFC 6455 §4.2.2: agrees to `sip`, and to nothing else.
fn agree(request: &Request, mut response: Response) -> Result<Response, ErrorResponse> {
    let offered = request.headers().get_all(header::SEC_WEBSOCKET_PROTOCOL);
    let mut offered = offered.iter().filter_map(|value| value.to_str().ok());
    if offered.any(|value| value.split(',').any(|name| name.trim() == SUBPROTOCOL)) {
        let agreed = HeaderValue::from_static(SUBPROTOCOL);
        response.headers_mut().insert(header::SEC_WEBSOCKET_PROTOCOL, agreed);
        return Ok(response);
    }
    let said = "This is SIP over WebSocket: ask for the subprotocol \"sip\" (RFC 7118).\n";
    let mut refusal = ErrorResponse::new(Some(said.to_owned()));
    *refusal.status_mut() = StatusCode::BAD_REQUEST;
    Err(refusal)
}
