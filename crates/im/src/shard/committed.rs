//! What a shard does when a write of its own was done, and when somebody else's was that it
//! follows.

use sip::Now;

use super::Shard;
use crate::absent;
use crate::aor::Aor;
use crate::archive;
use crate::delivery;
use crate::effect::CommitToken;
use crate::list;
use crate::outbox::AwaitedCommit;
use crate::write::Committed;

impl Shard {
    pub(super) fn handle_committed(
        &mut self,
        now: Now,
        token: CommitToken,
        result: Result<Committed, String>,
    ) {
        match self.out.take_commit(token) {
            Some(AwaitedCommit::Keep { recipient, delivery }) => {
                self.with(now, &recipient, |ctx, out, person| {
                    delivery::kept(ctx, now, out, person, delivery, result);
                });
            }
            Some(AwaitedCommit::List { recipient }) => {
                self.with(now, &recipient, |ctx, out, person| {
                    absent::listed(ctx, now, out, person, result);
                });
            }
            Some(AwaitedCommit::Archive { recipient, number }) => {
                self.with(now, &recipient, |ctx, out, person| {
                    archive::archived(ctx, now, out, person, number, &result);
                });
            }
            Some(AwaitedCommit::ArchiveAbroad { number }) => {
                self.proxy.archived(&self.ctx, now, &mut self.out, number, &result);
            }
            Some(AwaitedCommit::Remove { id }) => {
                if let Err(cause) = result {
                    // The device recognises the text if it is handed over again.
                    tracing::error!(%cause, %id, "a confirmed text could not be removed");
                }
            }
            Some(AwaitedCommit::NewList { watcher, asking }) => {
                self.with(now, &watcher, |ctx, out, person| {
                    list::kept::listed(ctx, now, out, person, asking, result);
                });
            }
            Some(AwaitedCommit::ChangedList { watcher, list }) => {
                self.with(now, &watcher, |ctx, out, person| {
                    list::kept::listed_again(ctx, now, out, person, list, result);
                });
            }
            None => tracing::error!(?token, "a write that nobody asked for"),
        }
    }

    /// The contact list of a user changed; without a name it is not known whose.
    pub(super) fn handle_contacts(&mut self, now: Now, of: Option<&Aor>) {
        let has_lists = |aor: &Aor| self.people.get(aor).is_some_and(|it| it.lists.are_kept());
        let whose: Vec<Aor> = match of {
            Some(aor) => Some(aor.clone()).into_iter().filter(has_lists).collect(),
            None => self.people.keys().filter(|aor| has_lists(aor)).cloned().collect(),
        };
        for aor in whose {
            self.with(now, &aor, list::kept::changed);
        }
    }
}
