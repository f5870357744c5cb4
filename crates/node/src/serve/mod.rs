//! What a running node consists of: opens the store, binds the doors, starts the loops, and
//! takes them down again in order.
//!
//! Read next: `registrar`, `mailbox`, `client_access` (a role each), `feeds` (what follows the
//! store), `drive` (the loops).

mod admin;
mod application;
pub(crate) mod caught_up;
mod certificates;
mod check;
mod client_access;
mod deployment;
mod expiry;
mod feeds;
mod im_certificate;
mod im_links;
mod mailbox;
mod monitor;
mod registrar;
mod roles;
pub(crate) mod services;
mod unix;

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::Context as _;
use ring::rand::{SecureRandom as _, SystemRandom};
use shell::cmdlet::Drives;
use shell::rehearsal::Room;
use store::{SecretKey, Store};
use tokio::net::{TcpListener, TcpSocket};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

pub use admin::{Runbook, runbook, shell};

use caught_up::Followers;

use crate::clock::Clock;
use crate::config::{Config, Role};
use crate::drive::dial::Dialer;
use crate::identity::Identities;
use crate::limits;
use crate::record::Recorder;
use crate::trace::Hub;
use crate::trace::door::Door;
use monitor::Queues;
use roles::Roles;
use services::Services;

/// What every part of the node is started with.
#[derive(Clone)]
struct Parts {
    config: Arc<Config>,
    clock: Clock,
    store: Store,
    identities: Arc<Identities>,
    recorder: Recorder,
    hub: Arc<Hub>,
    door: Arc<Door>,
    roles: Roles,
    services: Services,
    followers: Followers,
    queues: Queues,
    expiring: expiry::Expiring,
    stop: watch::Receiver<bool>,
}

impl Parts {
    fn dialer(&self, computer: &str) -> Dialer {
        Dialer {
            hosts: Arc::new(self.config.hosts.clone()),
            identities: self.identities.clone(),
            computer: computer.to_owned(),
        }
    }
}

/// A node that serves.
pub struct Running {
    tasks: JoinSet<()>,
    stop: watch::Sender<bool>,
    store: Store,
    hub: Arc<Hub>,
    /// Writes the trace; it ends after everybody who is traced.
    writer: JoinHandle<()>,
}

impl Running {
    /// The node's store.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// The trace of its SIP stacks.
    pub fn trace(&self) -> &Hub {
        &self.hub
    }

    /// Closes the doors, lets what is under way finish, and forgets the soft state.
    pub async fn stop(mut self) {
        let _ = self.stop.send(true);
        let ended = async { while self.tasks.join_next().await.is_some() {} };
        if tokio::time::timeout(limits::DRAIN, ended).await.is_err() {
            tracing::warn!("some connections did not end in time");
            self.tasks.abort_all();
        }
        self.hub.close();
        if tokio::time::timeout(limits::DRAIN, self.writer).await.is_err() {
            tracing::warn!("the end of the trace was not written in time");
        }
    }
}

/// The runtime that a node runs in.
///
/// # Errors
/// The system gives no threads.
#[expect(clippy::disallowed_methods, reason = "the node is what reads the environment")]
pub fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    let filter = std::env::var("TANDEM_LOG").unwrap_or_else(|_| "warn".to_owned());
    let _ = tracing_subscriber::fmt()
        .with_env_filter(tracing_subscriber::EnvFilter::new(filter))
        .with_writer(std::io::stderr)
        .try_init();
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("the system gives no threads")
}

/// Serves a configuration until Ctrl-C or SIGTERM.
///
/// # Errors
/// The store cannot be opened, or an address is taken.
pub fn run(config: Config) -> anyhow::Result<()> {
    runtime()?.block_on(async {
        let running = start(config).await?;
        until_told_to_stop().await;
        running.stop().await;
        Ok(())
    })
}

/// Waits for Ctrl-C or SIGTERM.
pub async fn until_told_to_stop() {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut terminate) = signal(SignalKind::terminate()) else {
        let _ = tokio::signal::ctrl_c().await;
        return;
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminate.recv() => {}
    }
}

/// Starts a node; every listener answers when it returns.
///
/// # Errors
/// The store cannot be opened, or an address is taken.
pub async fn start(config: Config) -> anyhow::Result<Running> {
    start_at(config, Clock::start()).await
}

/// As [`start`], with a clock given.
///
/// # Errors
/// As [`start`].
pub async fn start_at(config: Config, clock: Clock) -> anyhow::Result<Running> {
    let data = config.node.data.clone();
    let key = SecretKey::load_or_create(&data.join("secret.key"))?;
    let store = Store::open(&data.join("tandem.db"), key, clock.now().wall_ms)
        .with_context(|| data.join("tandem.db").display().to_string())?;
    let identities = Identities::new(clock.clone());
    monitor::prepare(&store, clock.clone());
    let drives = Drives { c: data.join("c") };
    shell::rehearsal::recover(&store, &drives, &admin::runbooks(&data))?;
    let (stop, stopped) = watch::channel(false);
    let recorder = Recorder::new(store.clone(), &config.registrar.computer);
    let hub = Hub::new(&data.join("trace"));
    let door = Door::new(hub.clone(), store.clone(), clock.clone(), admin::places(&config));
    door.resume().await?;
    let writer = tokio::spawn(hub.clone().write());
    let (roles, followers) = (Roles::default(), Followers::default());
    let parts = Parts {
        config: Arc::new(config),
        clock,
        recorder,
        hub: hub.clone(),
        door: Arc::new(door),
        store: store.clone(),
        identities,
        services: Services::new(roles.clone(), followers.clone()),
        followers,
        roles,
        queues: Queues::default(),
        expiring: expiry::Expiring::default(),
        stop: stopped,
    };
    let mut tasks = JoinSet::new();
    certificates::follow(&parts, &mut tasks).await?;
    if parts.config.has(Role::Registrar) {
        registrar::start(&parts, &mut tasks).await?;
    }
    let (agent, settings) = mailbox::start(&parts, &mut tasks).await?;
    let (mut im_links, mut im_certificate, mut pages) = (None, None, None);
    let mut forecast = None;
    if parts.config.has(Role::ClientAccess) {
        let web_app = client_access::start(&parts, agent, &mut tasks).await?;
        im_links = Some(im_links::ask(&parts, web_app.clone()));
        forecast = Some(im_links::forecast(web_app.clone()));
        im_certificate = Some(im_certificate::door(&parts, web_app.clone()));
        pages = Some(web_app);
    }
    expiry::follow(&parts, pages, settings, &mut tasks);
    let rehearsals = Room::new(admin::runbooks(&data), forecast);
    admin::start(&parts, im_links, im_certificate, rehearsals, &mut tasks).await?;
    monitor::start(&parts, &mut tasks).await?;
    Ok(Running { tasks, stop, store, hub, writer })
}

/// Binds an address; `place` is what gave it.
fn bind(address: SocketAddr, what: &str, place: &str) -> anyhow::Result<TcpListener> {
    listen(address).map_err(|error| cannot_serve(address, what, place, &error))
}

fn cannot_serve(
    address: SocketAddr,
    what: &str,
    place: &str,
    error: &std::io::Error,
) -> anyhow::Error {
    anyhow::anyhow!(
        "{place}: cannot serve {what} on {address}: {error}; stop what uses it, or give another \
         address"
    )
}

fn listen(address: SocketAddr) -> std::io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    // What was served here a moment ago may still have connections that are closing.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(limits::BACKLOG)
}

/// Runs a task that needs no goodbye until the node stops.
fn until_stopped(
    tasks: &mut JoinSet<()>,
    parts: &Parts,
    task: impl Future<Output = ()> + Send + 'static,
) {
    let mut stop = parts.stop.clone();
    tasks.spawn(async move {
        tokio::select! {
            _ = stop.changed() => {}
            () = task => {}
        }
    });
}

/// As [`until_stopped`], for a part without which its role is not well.
fn serving(
    tasks: &mut JoinSet<()>,
    parts: &Parts,
    (role, what): (Role, &'static str),
    task: impl Future<Output = ()> + Send + 'static,
) {
    let part = parts.roles.part(role, what);
    until_stopped(tasks, parts, async move {
        let _part = part;
        task.await;
    });
}

fn random<const N: usize>() -> anyhow::Result<[u8; N]> {
    let mut bytes = [0; N];
    SystemRandom::new().fill(&mut bytes).ok().context("the system gives no random numbers")?;
    Ok(bytes)
}
