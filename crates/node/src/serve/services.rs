//! Services that administrators stop and start while the node runs. What is stopped is not kept:
//! a node that restarts serves everything again, as a computer that boots does.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use shell::cmdlet::Ordered;
use tokio::sync::watch;

use super::caught_up::Followers;
use super::roles::Roles;
use crate::config::Role;
use crate::limits;

/// The messaging server's name as a service of Windows.
pub(super) const REGISTRAR: &str = "RTCSRV";

/// The services of this node; a clone is the same services.
#[derive(Clone)]
pub(super) struct Services {
    /// The messaging server.
    pub registrar: Service,
    roles: Roles,
    followers: Followers,
}

/// One service that can be stopped: a number of parts that follow the same wish.
#[derive(Clone)]
pub(super) struct Service {
    wanted: watch::Sender<bool>,
    /// How many of its parts run.
    running: watch::Sender<usize>,
    parts: Arc<AtomicUsize>,
}

/// One part's view of its service.
pub struct Wish {
    wanted: watch::Receiver<bool>,
    running: watch::Sender<usize>,
    runs: bool,
}

impl Services {
    pub(super) fn new(roles: Roles, followers: Followers) -> Services {
        let registrar = Service {
            wanted: watch::Sender::new(true),
            running: watch::Sender::new(0),
            parts: Arc::default(),
        };
        Services { registrar, roles, followers }
    }
}

impl shell::cmdlet::Services for Services {
    fn is_running(&self, name: &str) -> bool {
        !self.can_stop(name) || *self.registrar.wanted.borrow()
    }

    fn can_stop(&self, name: &str) -> bool {
        name == REGISTRAR && self.registrar.parts.load(Ordering::Relaxed) > 0
    }

    fn set_running(&self, name: &'static str, running: bool) -> Ordered {
        let (service, roles) = (self.registrar.clone(), self.roles.clone());
        Box::pin(async move {
            roles.note(Role::Registrar, (!running).then_some(name));
            service.set(running).await
        })
    }

    fn caught_up(&self) -> Ordered {
        let followers = self.followers.clone();
        Box::pin(async move { followers.caught_up().await })
    }
}

impl Service {
    /// A part that starts now.
    pub(super) fn part(&self) -> Wish {
        self.parts.fetch_add(1, Ordering::Relaxed);
        self.running.send_modify(|running| *running += 1);
        Wish { wanted: self.wanted.subscribe(), running: self.running.clone(), runs: true }
    }

    /// Tells the parts, and waits until all have followed.
    async fn set(&self, running: bool) -> Result<(), String> {
        let all = if running { self.parts.load(Ordering::Relaxed) } else { 0 };
        let mut counted = self.running.subscribe();
        self.wanted.send_replace(running);
        let followed = counted.wait_for(|count| *count == all);
        match tokio::time::timeout(limits::SERVICE, followed).await {
            Ok(Ok(_)) => Ok(()),
            _ => Err("it did not respond in a timely fashion; the node's log says why".to_owned()),
        }
    }
}

impl Wish {
    /// Whether the service shall run.
    pub fn is_wanted(&self) -> bool {
        *self.wanted.borrow()
    }

    /// Waits for another wish than the one seen last; the new one.
    pub async fn changed(&mut self) -> bool {
        if self.wanted.changed().await.is_err() {
            // The node stops; nobody wishes any more.
            std::future::pending::<()>().await;
        }
        *self.wanted.borrow_and_update()
    }

    /// The part has stopped, or runs again. Counts once, also if a wish in between was missed.
    pub fn followed(&mut self, runs: bool) {
        if std::mem::replace(&mut self.runs, runs) == runs {
            return;
        }
        self.running.send_modify(|running| {
            *running = if runs { *running + 1 } else { running.saturating_sub(1) };
        });
    }
}

/// Serves a socket while the service runs; while it does not, the port is closed and `open` opens
/// it again.
pub(super) async fn while_running<S, O, T>(
    socket: S,
    mut wish: Wish,
    open: impl Fn() -> O,
    serve: impl Fn(S) -> T,
) where
    O: Future<Output = anyhow::Result<S>>,
    T: Future<Output = ()>,
{
    let mut socket = Some(socket);
    loop {
        if let Some(socket) = socket.take() {
            tokio::select! {
                () = serve(socket) => return,
                _ = until(&mut wish, false) => {}
            }
            wish.followed(false);
        }
        until(&mut wish, true).await;
        match open().await {
            Ok(opened) => {
                socket = Some(opened);
                wish.followed(true);
            }
            Err(error) => {
                tracing::error!(error = format!("{error:#}"), "a service cannot start");
                tokio::time::sleep(limits::LISTEN_AGAIN).await;
            }
        }
    }
}

async fn until(wish: &mut Wish, running: bool) {
    while wish.is_wanted() != running {
        wish.changed().await;
    }
}
