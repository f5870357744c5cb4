//! The trusted application's own port: where the registrar reaches the web app's people when the
//! connection that the web app dialled is gone (design.md §4).
//!
//! The enabled topology says on which ports; the settings that the web app has loaded say with
//! which certificate. Both are followed: a listener comes, moves and goes with them. A peer must
//! show a certificate that this computer's roots accept; that it is the pool's is judged by the
//! agent.

use std::collections::{BTreeMap, BTreeSet};

use agent::Settings;
use im::trace::Component;
use store::messaging::{MessagingRead as _, TrustedApplication};
use store::{Change, Reader};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::{Parts, bind, feeds, serving};
use crate::config::Role;
use crate::drive::inbox::Reports;
use crate::drive::traced;
use crate::identity::{Accepting, Chosen, PeerCertificate};
use crate::limits;
use crate::listen::sip::{self as door, Door, FlowNumbers};
use crate::trace::Tap;

/// Listens for the applications of this mailbox server. What connects goes to `wires`, the agent's
/// loop; `settings` are those that the agent works with.
pub(super) fn follow(
    parts: &Parts,
    tasks: &mut JoinSet<()>,
    wires: Reports,
    settings: watch::Receiver<Option<Settings>>,
) {
    let door = door(parts, wires, settings.clone());
    let running = run(parts.clone(), door, settings);
    let part = (Role::Mailbox, "the port of the trusted application");
    serving(tasks, parts, part, running);
}

async fn run(parts: Parts, door: Door, mut settings: watch::Receiver<Option<Settings>>) {
    let mut feed = parts.store.changes();
    // Each listener is a set of one task, which ends with it.
    let mut open: BTreeMap<u16, JoinSet<()>> = BTreeMap::new();
    loop {
        // An application that is not configured does not run, so it does not listen.
        let is_configured = settings.borrow_and_update().is_some();
        let found = if is_configured { ports(&parts).await } else { Some(BTreeSet::new()) };
        let mut is_complete = found.is_some();
        let wanted = found.unwrap_or_else(|| open.keys().copied().collect());
        open.retain(|port, _| wanted.contains(port));
        for port in wanted {
            if open.contains_key(&port) {
                continue;
            }
            match listen(&parts, port).await {
                Ok(listener) => {
                    let mut accepting = JoinSet::new();
                    accepting.spawn(door::tls(listener, door.clone()));
                    open.insert(port, accepting);
                }
                Err(error) => {
                    tracing::error!(error = format!("{error:#}"), "no port of the application");
                    is_complete = false;
                }
            }
        }
        tokio::select! {
            changed = settings.changed() => if changed.is_err() { return },
            lives = feeds::next_change(&mut feed, |change| *change == Change::Topology) => {
                if !lives {
                    return;
                }
            }
            () = tokio::time::sleep(limits::LISTEN_AGAIN), if !is_complete => {}
        }
    }
}

fn door(parts: &Parts, wires: Reports, settings: watch::Receiver<Option<Settings>>) -> Door {
    let computer = parts.config.mailbox.computer.clone();
    let tap = Tap::new(&parts.hub, Component::S4, &computer);
    let accepting = move || {
        let settings = settings.borrow();
        settings.as_ref().map(|settings| Accepting {
            computer: computer.clone(),
            certificate: Chosen::Thumbprint(settings.thumbprint.clone()),
            peer_certificate: PeerCertificate::Mandatory,
        })
    };
    Door {
        name: "application",
        bounds: parts.config.limits.bounds(),
        wires,
        flows: FlowNumbers::default(),
        identities: parts.identities.clone(),
        accepting: std::sync::Arc::new(accepting),
        on_refused: traced::refusals(tap, parts.clock.clone()),
    }
}

async fn listen(parts: &Parts, port: u16) -> anyhow::Result<TcpListener> {
    let computer = &parts.config.mailbox.computer;
    let address = parts.dialer(computer).resolve(computer, port).await;
    let address = address.map_err(anyhow::Error::msg)?;
    bind(address, "the trusted application", "the enabled topology")
}

/// The ports to listen on, if they can be read.
async fn ports(parts: &Parts) -> Option<BTreeSet<u16>> {
    let computer = parts.config.mailbox.computer.clone();
    let read = parts.store.read(move |reader| applications(reader, &computer)).await;
    match read {
        Ok(applications) => Some(applications.into_iter().map(|it| it.port).collect()),
        Err(error) => {
            tracing::error!(%error, "cannot read the topology");
            None
        }
    }
}

/// The enabled trusted applications of the pools that this computer is in.
fn applications(reader: &Reader, computer: &str) -> store::Result<Vec<TrustedApplication>> {
    let pools = reader.enabled_topology()?.trusted_pools.into_iter();
    let here = pools.filter(|pool| {
        let mut names = pool.computers.iter().chain(std::iter::once(&pool.fqdn));
        names.any(|name| name.eq_ignore_ascii_case(computer))
    });
    Ok(here.flat_map(|pool| pool.applications).collect())
}

/// The port that the web app gives as its own: that of the first of its computer's applications.
pub(super) fn port_of(computer: &str) -> web::ApplicationPort {
    let computer = computer.to_owned();
    web::ApplicationPort::new(move |reader| {
        let applications = applications(reader, &computer)?;
        Ok(applications.first().map(|application| application.port))
    })
}
