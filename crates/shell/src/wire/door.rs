//! Who may come in: callers by the credentials of the peer, and what of them is in the audit log.

use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::json;
use tokio::net::UnixStream;
use tokio::net::unix::UCred;

use super::audit::Call;
use crate::cmdlet::Ctx;
use crate::limits::{CALLERS_REFUSED_MAX, REFUSALS_AUDITED_MAX, REFUSALS_WINDOW_MS};
use crate::roles::{Caller, Held, no_role};
use crate::seen::Seen;

/// Who is on the other end, after it was checked that they may be.
#[derive(Clone, Debug)]
pub(super) struct Admitted {
    pub(super) caller: Arc<Caller>,
    refusals: Arc<Refusals>,
    /// What they have seen of the files on `C:` over this connection.
    pub(super) seen: Seen,
}

impl Admitted {
    /// What they may do now: a role that is taken away is gone at once.
    pub(super) async fn held(&self, ctx: &Ctx) -> store::Result<Held> {
        held(ctx, &self.caller).await
    }

    /// Writes the row of a call that was refused.
    pub(super) async fn refused(&self, ctx: &Ctx, call: Call, why: &str) {
        self.refusals.refused(ctx, &self.caller, call, why).await;
    }
}

async fn held(ctx: &Ctx, caller: &Arc<Caller>) -> store::Result<Held> {
    let caller = caller.clone();
    ctx.store.read(move |rows| caller.held(rows)).await
}

/// Who is not let in.
#[derive(Debug)]
pub(super) struct Refused {
    pub(super) why: String,
    /// The name of their unix account, where a role would let them in.
    pub(super) user: Option<String>,
    /// Whether it is because there are as many connections as there may be.
    pub(super) is_full: bool,
}

impl Refused {
    /// One connection too many, whoever it is.
    pub(super) fn full() -> Refused {
        Refused { why: "too many shells are connected".to_owned(), user: None, is_full: true }
    }
}

/// The admin socket's door. The socket's permissions say who may knock.
pub(super) struct Door {
    own_uid: u32,
    refusals: Arc<Refusals>,
}

impl Door {
    pub(super) fn new() -> io::Result<Door> {
        let own_uid = UnixStream::pair()?.0.peer_cred()?.uid();
        Ok(Door { own_uid, refusals: Arc::default() })
    }

    /// Who the peer is. Looking an account up may take its time.
    pub(super) async fn caller(&self, ctx: &Ctx, peer: UCred) -> Caller {
        let (uid, gid) = (peer.uid(), peer.gid());
        let unix = ctx.unix.clone();
        let known = tokio::task::spawn_blocking(move || unix.by_uid(uid, gid)).await;
        let known = known.ok().flatten();
        let (name, groups) = known.map(|user| (user.name, user.groups)).unzip();
        let is_owner = uid == 0 || uid == self.own_uid;
        Caller { uid, name, groups: groups.unwrap_or_default(), is_owner }
    }

    /// Lets a caller in who has any role, else says why not.
    pub(super) async fn admit(&self, ctx: &Ctx, caller: Caller) -> Result<Admitted, Refused> {
        let (caller, refusals) = (Arc::new(caller), self.refusals.clone());
        let admitted = Admitted { caller, refusals, seen: Seen::default() };
        match admitted.held(ctx).await {
            Ok(held) if !held.is_empty() => Ok(admitted),
            Ok(_) => {
                let why = no_role(&admitted.caller);
                let actor = admitted.caller.shown();
                let call = Call::new(ctx, &actor, "", "Connect", (json!({}), String::new()));
                admitted.refused(ctx, call, &format!("{why}.")).await;
                Err(Refused { why, user: admitted.caller.name.clone(), is_full: false })
            }
            Err(error) => {
                let why = format!("the roles cannot be read: {error}");
                Err(Refused { why, user: None, is_full: false })
            }
        }
    }
}

/// Refused attempts, counted so that nobody fills the disk with them.
#[derive(Debug, Default)]
struct Refusals {
    /// By user: when the counting began, and how many there were.
    counted: Mutex<HashMap<u32, (i64, u32)>>,
}

impl Refusals {
    async fn refused(&self, ctx: &Ctx, caller: &Caller, call: Call, why: &str) {
        tracing::warn!(caller = caller.shown(), why, "refused at the admin socket");
        if self.is_written(caller.uid, ctx.now_ms()) {
            Arc::new(call).end(ctx, Some(why.to_owned())).await;
        }
    }

    /// Whether one more refusal of this user is written.
    fn is_written(&self, uid: u32, now_ms: i64) -> bool {
        let mut counted = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
        let is_old = |since: i64| now_ms.saturating_sub(since) >= REFUSALS_WINDOW_MS;
        if counted.len() >= CALLERS_REFUSED_MAX {
            counted.retain(|_, (since, _)| !is_old(*since));
        }
        if counted.len() >= CALLERS_REFUSED_MAX && !counted.contains_key(&uid) {
            return false;
        }
        let (since, count) = counted.entry(uid).or_insert((now_ms, 0));
        if is_old(*since) {
            (*since, *count) = (now_ms, 0);
        }
        *count = count.saturating_add(1);
        *count <= REFUSALS_AUDITED_MAX
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_of_refusals_is_written_once_in_a_while() {
        let refusals = Refusals::default();
        let written =
            |now_ms, times: u32| (0..times).filter(|_| refusals.is_written(7, now_ms)).count();
        assert_eq!(written(0, REFUSALS_AUDITED_MAX * 3), REFUSALS_AUDITED_MAX as usize);
        assert!(refusals.is_written(8, 0), "another user");
        assert_eq!(written(REFUSALS_WINDOW_MS - 1, 1), 0);
        assert_eq!(written(REFUSALS_WINDOW_MS, 2), 2);
        for uid in 0..u32::try_from(CALLERS_REFUSED_MAX).unwrap() * 2 {
            refusals.is_written(uid, REFUSALS_WINDOW_MS);
        }
        assert!(refusals.counted.lock().unwrap().len() <= CALLERS_REFUSED_MAX);
    }
}
