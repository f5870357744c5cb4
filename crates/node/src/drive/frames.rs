//! The task that owns a WebSocket: each frame that arrives is reported, each piece that is queued
//! becomes a frame (RFC 7118 §5).

use std::pin::pin;

use bytes::Bytes;
use futures_util::{Sink, SinkExt as _, Stream, StreamExt as _};
use sip::{Flow, Why};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::{self, Message};

use super::connection::{End, Wire};
use super::inbox::Reports;
use super::queue::Queued;
use super::tls_fault;
use super::turns::Turns;
use crate::limits;
use crate::listen::places::Place;

/// Carries frames until the loop lets go. `place` is given back when the socket closes.
pub(super) async fn carry<S>(socket: WebSocketStream<S>, end: End, place: Option<Place>)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let _place = place;
    let End { flow, reports, turns, mut queued } = end;
    let (sink, frames) = socket.split();
    let mut writing = pin!(write(sink, &mut queued));
    tokio::select! {
        why = read(frames, flow, &reports, &turns) => {
            close(flow, why, &reports, &turns).await;
            // The loop has said everything when it lets go.
            let _ = writing.await;
        }
        written = &mut writing => {
            if let Err(error) = written {
                close(flow, fault(&error), &reports, &turns).await;
            }
        }
    }
}

/// Reports the end, after everything that came before it.
async fn close(flow: Flow, why: Why, reports: &Reports, turns: &Turns) {
    drop(turns.take().await);
    // Nobody listens any more when the node stops.
    let _ = reports.tell(Wire::Closed { flow, why }, turns).await;
}

/// Reports what arrives, until nothing more can.
async fn read<T>(mut frames: T, flow: Flow, reports: &Reports, turns: &Turns) -> Why
where
    T: Stream<Item = tungstenite::Result<Message>> + Unpin,
{
    loop {
        let bytes = match frames.next().await {
            Some(Ok(Message::Text(text))) => Bytes::from(text),
            Some(Ok(Message::Binary(bytes))) => bytes,
            // Pings are answered by the library.
            Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => continue,
            Some(Ok(Message::Close(_))) | None => return Why::Eof,
            Some(Err(error)) => return fault(&error),
        };
        let turn = turns.take().await;
        if !reports.tell(reports.bytes(flow, bytes, turn), turns).await {
            return Why::Eof;
        }
    }
}

/// Writes what is queued until the loop has let go and the rest is written, or the peer does not
/// take it.
async fn write<T>(mut sink: T, queued: &mut Queued) -> tungstenite::Result<()>
where
    T: Sink<Message, Error = tungstenite::Error> + Unpin,
{
    while std::future::poll_fn(|ctx| queued.poll_fill(ctx)).await {
        let Some(bytes) = queued.writing().front().cloned() else { continue };
        let length = bytes.len();
        // Text is what every client reads; a body that is no text makes it binary.
        let frame = match std::str::from_utf8(&bytes) {
            Ok(text) => Message::text(text),
            Err(_) => Message::binary(bytes),
        };
        tokio::select! {
            sent = sink.send(frame) => sent?,
            () = farewell(queued) => return Ok(()),
        }
        queued.written(length);
    }
    let _ = tokio::time::timeout(limits::LINGER, sink.close()).await;
    Ok(())
}

/// Over when a peer that the loop has let go of took too long over the rest.
async fn farewell(queued: &Queued) {
    std::future::poll_fn(|ctx| queued.poll_let_go(ctx)).await;
    tokio::time::sleep(limits::LINGER).await;
}

fn fault(error: &tungstenite::Error) -> Why {
    match error {
        tungstenite::Error::Io(error) => tls_fault::why(error),
        tungstenite::Error::ConnectionClosed | tungstenite::Error::AlreadyClosed => Why::Eof,
        error => Why::Protocol(error.to_string()),
    }
}
