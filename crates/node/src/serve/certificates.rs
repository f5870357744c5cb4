//! Keeps the TLS identities new: certificates and roots follow the store, revocation lists the
//! folder `data/crl`; both take effect at once, also for connections that stand.

use store::Change;
use tokio::task::JoinSet;

use super::{Parts, feeds, until_stopped};
use crate::identity::revocation::CrlFolder;
use crate::limits;

/// Reads everything once, then follows.
///
/// # Errors
/// The store cannot be read.
pub(super) async fn follow(parts: &Parts, tasks: &mut JoinSet<()>) -> anyhow::Result<()> {
    let mut folder = CrlFolder::new(parts.config.node.data.join("crl"));
    parts.identities.load(&parts.store).await?;
    folder = look(parts, folder).await;
    follow_store(parts, tasks);
    let followed = parts.clone();
    until_stopped(tasks, parts, async move {
        let mut ticks = tokio::time::interval(limits::CRL_LOOK);
        loop {
            ticks.tick().await;
            folder = look(&followed, folder).await;
        }
    });
    Ok(())
}

fn follow_store(parts: &Parts, tasks: &mut JoinSet<()>) {
    let (store, clock) = (parts.store.clone(), parts.clock.clone());
    let identities = parts.identities.clone();
    let (mut feed, mut asked) = (store.changes(), parts.followers.join());
    until_stopped(tasks, parts, async move {
        let mut minutes = clock.pace(limits::JUDGE_AGAIN);
        loop {
            let ask = tokio::select! {
                () = minutes.beat() => {
                    identities.judge_again();
                    continue;
                }
                lives = feeds::next_change(&mut feed, |it| *it == Change::Certificate) => {
                    match lives {
                        true => None,
                        false => return,
                    }
                }
                Some(ask) = asked.recv() => Some(ask),
            };
            match (identities.load(&store).await, ask) {
                // Who asked may have gone away.
                (Ok(()), Some(ask)) => drop(ask.send(())),
                (Ok(()), None) => {}
                (Err(error), _) => tracing::error!(%error, "cannot read the certificates"),
            }
        }
    });
}

/// One look at the folder of revocation lists; what is new counts from now on.
async fn look(parts: &Parts, mut folder: CrlFolder) -> CrlFolder {
    let (authorities, now_ms) = (parts.identities.authorities(), parts.clock.now().wall_ms);
    let path = folder.path().to_owned();
    let looked = tokio::task::spawn_blocking(move || {
        let look = folder.look(&authorities, now_ms);
        (folder, look)
    });
    let Ok((folder, look)) = looked.await else {
        // A list that no parser of ours survives: what counted before is lost with the value.
        tracing::error!(path = %path.display(), "the look at the revocation lists failed");
        return CrlFolder::new(path);
    };
    for line in look.lines {
        parts.recorder.log(now_ms, line);
    }
    if look.has_changed {
        parts.identities.set_lists(folder.lists());
        if let Err(error) = parts.identities.load(&parts.store).await {
            tracing::error!(%error, "cannot read the certificates");
        }
    }
    folder
}
