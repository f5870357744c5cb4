//! The node's side: connections, and the requests on them.

use std::collections::HashMap;
use std::io;
use std::sync::Arc;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::{Semaphore, mpsc, watch};
use tokio::task::JoinSet;

use store::directory::DirectoryRead as _;

use super::door::{Admitted, Door, Refused};
use super::message::{Ask, Hello, PROTOCOL, Reply, Request, Said};
use super::run;
use crate::cmdlet::Ctx;
use crate::lang::{Category, Error};
use crate::limits::{
    ACCEPT_PAUSE, CONNECTIONS_MAX, EVENTS_QUEUED_MAX, REQUESTS_MAX, WIRE_LINE_BYTES_MAX,
};
use crate::rehearsal::Desk;
use crate::roles::{Caller, commands};

/// Serves administrators until it is dropped.
///
/// # Errors
/// If this process cannot make sockets.
pub async fn serve(listener: UnixListener, ctx: Arc<Ctx>) -> io::Result<()> {
    let door = Arc::new(Door::new()?);
    let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    let mut connections = JoinSet::new();
    loop {
        let (stream, _) = match listener.accept().await {
            Ok(accepted) => accepted,
            Err(error) => {
                // Descriptors that have run out come back; whoever comes then finds the door open.
                tracing::warn!(%error, "accept failed");
                tokio::time::sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        while connections.try_join_next().is_some() {}
        // A client that is gone before it is looked at is nobody's problem.
        let Ok(peer) = stream.peer_cred() else { continue };
        let (ctx, door, place) = (ctx.clone(), door.clone(), places.clone().try_acquire_owned());
        connections.spawn(async move {
            let admitted = match &place {
                Ok(_) => door.admit(&ctx, door.caller(&ctx, peer).await).await,
                Err(_) => Err(Refused::full()),
            };
            // A client that goes away in the middle is no news.
            let _ = talk(stream, ctx, admitted).await;
            drop(place);
        });
    }
}

/// Serves one connection for a caller who is known already: `serve` knows them by the peer's
/// credentials.
///
/// # Errors
/// If the connection breaks.
pub async fn serve_caller(stream: UnixStream, ctx: Arc<Ctx>, caller: Caller) -> io::Result<()> {
    let admitted = Door::new()?.admit(&ctx, caller).await;
    talk(stream, ctx, admitted).await
}

async fn talk(
    stream: UnixStream,
    ctx: Arc<Ctx>,
    admitted: Result<Admitted, Refused>,
) -> io::Result<()> {
    let (reader, mut writer) = stream.into_split();
    let commands = match &admitted {
        // Who cannot be looked up now is refused each call later.
        Ok(admitted) => commands::of_held(&admitted.held(&ctx).await.unwrap_or_default()),
        Err(_) => None,
    };
    let user = match &admitted {
        Ok(admitted) => admitted.caller.name.clone(),
        Err(refused) => refused.user.clone(),
    };
    // A node that has no deployment yet greets without.
    let forest = ctx.read(|rows| Ok(rows.deployment()?.forest)).await.ok();
    let hello = Hello {
        protocol: PROTOCOL,
        tandem: env!("CARGO_PKG_VERSION").to_owned(),
        computer: ctx.computer.clone(),
        user,
        forest,
        commands,
        refused: admitted.as_ref().err().map(|refused| refused.why.clone()),
        is_full: admitted.as_ref().is_err_and(|refused| refused.is_full),
    };
    write_line(&mut writer, &hello).await?;
    let Ok(admitted) = admitted else {
        return Ok(());
    };
    let (replies, mut to_send) = mpsc::channel(EVENTS_QUEUED_MAX);
    let sending = async {
        while let Some(reply) = to_send.recv().await {
            write_line::<Reply>(&mut writer, &reply).await?;
        }
        Ok(())
    };
    tokio::pin!(sending);
    tokio::select! {
        result = listen(reader, ctx, admitted, replies) => {
            // What was said already is still told: the reason why the node hangs up.
            result?;
            sending.await
        }
        result = &mut sending => result,
    }
}

async fn write_line<T: serde::Serialize>(
    writer: &mut OwnedWriteHalf,
    message: &T,
) -> io::Result<()> {
    let mut line = serde_json::to_vec(message)?;
    line.push(b'\n');
    writer.write_all(&line).await
}

fn read_request(line: &[u8]) -> Result<Request, Error> {
    let why = match (line.ends_with(b"\n"), serde_json::from_slice(line)) {
        (true, Ok(request)) => return Ok(request),
        (true, Err(error)) => error.to_string(),
        (false, _) if line.len() > WIRE_LINE_BYTES_MAX => {
            format!("it is longer than {WIRE_LINE_BYTES_MAX} bytes")
        }
        (false, _) => "it does not end".to_owned(),
    };
    let reason = format!("The line is not a request of this protocol: {why}.");
    let advice = "Use the shell of the node's version, one JSON value a line.";
    Err(Error::new(Category::InvalidData, "BadRequest", reason).advice(advice))
}

/// A request that is being answered. Dropped, it is stopped: what it did by then is in the audit
/// log.
struct Running {
    answers: mpsc::Sender<bool>,
    stop: watch::Sender<bool>,
    task: tokio::task::AbortHandle,
}

async fn listen(
    reader: OwnedReadHalf,
    ctx: Arc<Ctx>,
    admitted: Admitted,
    replies: mpsc::Sender<Reply>,
) -> io::Result<()> {
    let mut reader = BufReader::new(reader);
    // Dropped with the connection, which stops what it still does.
    let mut running: HashMap<u64, Running> = HashMap::new();
    let desk = Desk::default();
    loop {
        let mut line = Vec::new();
        let limit = WIRE_LINE_BYTES_MAX as u64 + 1;
        let read = (&mut reader).take(limit).read_until(b'\n', &mut line).await?;
        if read == 0 {
            return Ok(());
        }
        running.retain(|_, running| !running.task.is_finished());
        let request = match read_request(&line) {
            Ok(request) => request,
            Err(error) => {
                let _ = replies.send(Reply { id: 0, said: Said::Error(Box::new(error)) }).await;
                return Ok(());
            }
        };
        let id = request.id;
        match request.ask {
            Ask::Answer(yes) => {
                if let Some(running) = running.get(&id) {
                    let _ = running.answers.try_send(yes);
                }
            }
            Ask::Cancel => {
                if let Some(running) = running.get(&id) {
                    // It says its own end.
                    let _ = running.stop.send(true);
                }
            }
            _ if running.len() >= REQUESTS_MAX || running.contains_key(&id) => {
                let reason = "Too many requests are under way on this connection.";
                let error = Error::new(Category::LimitsExceeded, "TooManyRequests", reason);
                let _ = replies.send(Reply { id, said: Said::Error(Box::new(error)) }).await;
                let _ = replies.send(Reply { id, said: Said::End(1) }).await;
            }
            ask => {
                let (answers, heard) = mpsc::channel(1);
                let (stop, stopped) = watch::channel(false);
                let (ctx, admitted, replies) = (ctx.clone(), admitted.clone(), replies.clone());
                let desk = desk.clone();
                let task = tokio::spawn(async move {
                    let rehearsal = desk.current();
                    let asked = run::Asked {
                        ctx: rehearsal.as_ref().map_or(&*ctx, |rehearsal| rehearsal.ctx()),
                        live: &ctx,
                        rehearsal: rehearsal.as_deref(),
                        desk: &desk,
                        admitted: &admitted,
                        id,
                        replies: &replies,
                    };
                    asked.answer(ask, heard, stopped).await;
                });
                running.insert(id, Running { answers, stop, task: task.abort_handle() });
            }
        }
    }
}
