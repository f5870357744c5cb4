//! What follows the store's change feed, for instance the registrar's snapshot: it reads the store
//! again after a change; a burst is one reading.

use std::sync::Arc;

use im::Directory;
use im::directory::PRES_RULES;
use store::{Change, Store, Uuid};
use tokio::sync::{broadcast, mpsc, watch};
use tokio::task::JoinSet;

use super::caught_up::Ask;
use super::{Parts, serving, until_stopped};
use crate::config::Role;
use crate::limits;

/// Waits for a change that `concerns` the caller, and takes those that wait behind it too. A
/// follower that lagged behind has missed some, so it must read again in any case. `false` when
/// the store is gone.
pub(super) async fn next_change(
    feed: &mut broadcast::Receiver<Arc<[Change]>>,
    concerns: impl Fn(&Change) -> bool,
) -> bool {
    let mut concerned = false;
    loop {
        let received = match feed.try_recv() {
            Ok(changes) => Ok(changes),
            Err(broadcast::error::TryRecvError::Empty) if concerned => return true,
            Err(_) => feed.recv().await,
        };
        match received {
            Ok(changes) => concerned |= changes.iter().any(&concerns),
            Err(broadcast::error::RecvError::Lagged(_)) => concerned = true,
            Err(broadcast::error::RecvError::Closed) => return false,
        }
    }
}

/// The registrar's snapshot, kept new; and who waits until its loop has taken the newest one.
pub(super) async fn follow_directory(
    parts: &Parts,
    tasks: &mut JoinSet<()>,
) -> anyhow::Result<(watch::Receiver<Arc<Directory>>, mpsc::Receiver<Ask>)> {
    let mut feed = parts.store.changes();
    let store = parts.store.clone();
    let (sender, receiver) = watch::channel(load(&store).await?);
    let part = (Role::Registrar, "the registrar's directory");
    let mut asked = parts.followers.join();
    let (asks, asks_of_loop) = mpsc::channel(limits::CAUGHT_UP_QUEUE);
    serving(tasks, parts, part, async move {
        loop {
            let ask = tokio::select! {
                lives = next_change(&mut feed, concerns_directory) => match lives {
                    true => None,
                    false => return,
                },
                Some(ask) = asked.recv() => Some(ask),
            };
            match load(&store).await {
                Ok(directory) => {
                    let _ = sender.send(directory);
                    if let Some(ask) = ask {
                        // The loop sees the directory before this.
                        let _ = asks.send(ask).await;
                    }
                }
                Err(error) => tracing::error!(%error, "cannot read the directory"),
            }
        }
    });
    Ok((receiver, asks_of_loop))
}

async fn load(store: &Store) -> store::Result<Arc<Directory>> {
    store.read(Directory::load).await.map(Arc::new)
}

/// Whose contact lists change, for the registrar; none when some changes were missed.
pub(super) fn follow_contacts(
    parts: &Parts,
    tasks: &mut JoinSet<()>,
) -> mpsc::Receiver<Option<Uuid>> {
    let mut feed = parts.store.changes();
    let (sender, receiver) = mpsc::channel(limits::CONTACTS_QUEUE);
    let part = (Role::Registrar, "the registrar's contact lists");
    serving(tasks, parts, part, async move {
        loop {
            let whose: Vec<Option<Uuid>> = match feed.recv().await {
                Ok(changes) => changes.iter().filter_map(whose_contacts).map(Some).collect(),
                Err(broadcast::error::RecvError::Lagged(_)) => vec![None],
                Err(broadcast::error::RecvError::Closed) => return,
            };
            for account in whose {
                if sender.send(account).await.is_err() {
                    return;
                }
            }
        }
    });
    receiver
}

fn whose_contacts(change: &Change) -> Option<Uuid> {
    match change {
        Change::Contacts(account) | Change::XcapDocument { account, .. } => Some(*account),
        _ => None,
    }
}

fn concerns_directory(change: &Change) -> bool {
    if let Change::XcapDocument { auid, .. } = change {
        return auid == PRES_RULES;
    }
    matches!(
        change,
        Change::Deployment
            | Change::Account(_)
            | Change::Address(_)
            | Change::Password(_)
            | Change::MessagingUser(_)
            | Change::Topology
            | Change::Um
            | Change::ScopedSetting
            | Change::Server
    )
}

/// Orders to restart a service. An order that was missed because too much else happened is not
/// guessed: a restart closes every connection, so who gave it gives it again.
pub(super) fn follow_restarts(
    parts: &Parts,
    tasks: &mut JoinSet<()>,
    service: &'static str,
) -> mpsc::Receiver<()> {
    let mut feed = parts.store.changes();
    // One order that waits is as good as many.
    let (sender, orders) = mpsc::channel(1);
    until_stopped(tasks, parts, async move {
        loop {
            let changes = match feed.recv().await {
                Ok(changes) => changes,
                Err(broadcast::error::RecvError::Lagged(missed)) => {
                    tracing::warn!(service, missed, "an order to restart may have been missed");
                    continue;
                }
                Err(broadcast::error::RecvError::Closed) => return,
            };
            let order = Change::Restarted { service: service.to_owned() };
            if changes.contains(&order) {
                let _ = sender.try_send(());
            }
        }
    });
    orders
}
