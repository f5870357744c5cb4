//! The registrar's writes on their way to the store and back. A loop never waits for one.

use std::task::Poll;

use im::{CommitToken, Committed, Write};
use store::Store;
use tokio::sync::mpsc;

/// A write that was done, or not; then with the cause.
pub(super) type Done = (CommitToken, Result<Committed, String>);

struct Wanted {
    token: CommitToken,
    write: Write,
    now_ms: i64,
}

/// See the head of the file.
pub(super) struct Commits {
    wanted: mpsc::UnboundedSender<Wanted>,
    done: mpsc::UnboundedReceiver<Done>,
    under_way: usize,
}

impl Commits {
    /// Hands writes to the store in their order and without waiting for one before the next, so
    /// that many share one fsync.
    pub(super) fn new(store: Store) -> Commits {
        let (report, done) = mpsc::unbounded_channel();
        let (sender, mut wanted) = mpsc::unbounded_channel::<Wanted>();
        tokio::spawn(async move {
            while let Some(Wanted { token, write, now_ms }) = wanted.recv().await {
                let (store, report) = (store.clone(), report.clone());
                let mut commit = Box::pin(async move {
                    let result = store.write(now_ms, move |tx| write.apply(tx)).await;
                    // The loop is gone when the node stops; the commit stands.
                    let _ = report.send((token, result.map_err(|error| error.to_string())));
                });
                // The first poll puts the write into the store's queue, which keeps the order.
                let first = std::future::poll_fn(|ctx| Poll::Ready(commit.as_mut().poll(ctx)));
                if first.await.is_pending() {
                    tokio::spawn(commit);
                }
            }
        });
        Commits { wanted: sender, done, under_way: 0 }
    }

    /// Wants this written. How many are under way is for the loop to bound, by what it takes.
    pub(super) fn want(&mut self, token: CommitToken, write: Write, now_ms: i64) {
        // What takes them ends with the loop.
        if self.wanted.send(Wanted { token, write, now_ms }).is_ok() {
            self.under_way += 1;
        }
    }

    /// The next that was done.
    pub(super) async fn next(&mut self) -> Done {
        match self.done.recv().await {
            Some(done) => {
                self.under_way = self.under_way.saturating_sub(1);
                done
            }
            None => std::future::pending().await,
        }
    }

    /// How many are not done yet.
    pub(super) fn under_way(&self) -> usize {
        self.under_way
    }
}
