//! The node's side: who may use the socket, what they ask, and the audit log.

use std::collections::HashMap;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::sync::Arc;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinSet;

use super::message::{Ask, Hello, PROTOCOL, Reply, Request, Said};
use super::run;
use crate::cmdlet::Ctx;
use crate::lang::{Category, Error};
use crate::limits::{
    ACCEPT_PAUSE, CONNECTIONS_MAX, EVENTS_QUEUED_MAX, REQUESTS_MAX, WIRE_LINE_BYTES_MAX,
};

/// Who is on the other end, after it was checked that they may be.
#[derive(Clone, Debug)]
pub(super) struct Admitted {
    /// `uid 1000 (ann)`
    pub(super) actor: String,
}

/// Who may use the socket: root, the node's own user, and whom the socket's permissions let in
/// as members of its group.
struct Door {
    own_uid: u32,
    group: u32,
    is_closed_to_others: bool,
}

impl Door {
    fn of(listener: &UnixListener) -> io::Result<Door> {
        let own_uid = UnixStream::pair()?.0.peer_cred()?.uid();
        let address = listener.local_addr()?;
        let metadata = match address.as_pathname() {
            Some(path) => std::fs::metadata(path)?,
            None => return Err(io::Error::other("the admin socket has no path")),
        };
        let is_closed_to_others = metadata.mode() & 0o007 == 0;
        Ok(Door { own_uid, group: metadata.gid(), is_closed_to_others })
    }

    /// The kernel let nobody but owner and group connect if the socket is closed to others; its
    /// group then also counts for those who have it as a supplementary group.
    fn admit(&self, stream: &UnixStream) -> io::Result<Option<Admitted>> {
        let peer = stream.peer_cred()?;
        let is_known = peer.uid() == 0 || peer.uid() == self.own_uid || peer.gid() == self.group;
        if !is_known && !self.is_closed_to_others {
            return Ok(None);
        }
        let actor = match user_name(peer.uid()) {
            Some(name) => format!("uid {} ({name})", peer.uid()),
            None => format!("uid {}", peer.uid()),
        };
        Ok(Some(Admitted { actor }))
    }
}

fn user_name(uid: u32) -> Option<String> {
    let users = std::fs::read_to_string("/etc/passwd").ok()?;
    let uid = uid.to_string();
    users.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)? == uid).then(|| name.to_owned())
    })
}

/// Serves administrators until it is dropped.
///
/// # Errors
/// If the listener has no path.
pub async fn serve(listener: UnixListener, ctx: Arc<Ctx>) -> io::Result<()> {
    let door = Door::of(&listener)?;
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
        let Ok(admitted) = door.admit(&stream) else { continue };
        let refused = match &admitted {
            None => Some("you are neither root, nor the node's user, nor in its group"),
            Some(_) if places.available_permits() == 0 => Some("too many shells are connected"),
            Some(_) => None,
        };
        let (ctx, place) = (ctx.clone(), places.clone().try_acquire_owned());
        connections.spawn(async move {
            let (reader, writer) = stream.into_split();
            let admitted = admitted.filter(|_| refused.is_none());
            // A client that goes away in the middle is no news.
            let _ = talk(reader, writer, ctx, admitted, refused).await;
            drop(place);
        });
    }
}

async fn talk(
    reader: OwnedReadHalf,
    mut writer: OwnedWriteHalf,
    ctx: Arc<Ctx>,
    admitted: Option<Admitted>,
    refused: Option<&str>,
) -> io::Result<()> {
    let hello = Hello {
        protocol: PROTOCOL,
        tandem: env!("CARGO_PKG_VERSION").to_owned(),
        computer: ctx.computer.clone(),
        refused: refused.map(str::to_owned),
    };
    write_line(&mut writer, &hello).await?;
    let Some(admitted) = admitted else {
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

/// A request that is being answered.
struct Running {
    answers: mpsc::Sender<bool>,
    task: tokio::task::AbortHandle,
}

async fn listen(
    reader: OwnedReadHalf,
    ctx: Arc<Ctx>,
    admitted: Admitted,
    replies: mpsc::Sender<Reply>,
) -> io::Result<()> {
    let mut reader = BufReader::new(reader);
    let mut running: HashMap<u64, Running> = HashMap::new();
    // Dropped with the connection, which cancels what it still does.
    let mut tasks = JoinSet::new();
    loop {
        let mut line = Vec::new();
        let limit = WIRE_LINE_BYTES_MAX as u64 + 1;
        let read = (&mut reader).take(limit).read_until(b'\n', &mut line).await?;
        if read == 0 {
            return Ok(());
        }
        while tasks.try_join_next().is_some() {}
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
                if let Some(running) = running.remove(&id) {
                    running.task.abort();
                    let _ = replies.send(Reply { id, said: Said::End(1) }).await;
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
                let (ctx, admitted, replies) = (ctx.clone(), admitted.clone(), replies.clone());
                let task = tasks.spawn(async move {
                    run::answer(&ctx, &admitted, id, ask, heard, &replies).await;
                });
                running.insert(id, Running { answers, task });
            }
        }
    }
}
