//! Group commit: many waiting writers, one fsync.
//!
//! Owns: the writer thread's loop. It takes every write that waits into one SQLite transaction,
//! each inside a savepoint of its own, commits once, then publishes the changes, then answers the
//! callers. A closure that fails loses its own savepoint only. A commit that fails fails them
//! all and publishes nothing: also those whose closure failed, because what they read never
//! became true. Read next: `store`.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::Receiver;

use tokio::sync::broadcast;

use crate::measure::Measure;
use crate::{COMMIT_BATCH, Change, Error, Result, Writer};

/// One write that waits.
pub(crate) trait Write: Send {
    /// Runs the closure; whether what it wrote is to be kept.
    fn run(&mut self, tx: &mut Writer) -> bool;
    /// Tells the caller: its own result, or why the commit failed.
    fn answer(self: Box<Self>, committed: std::result::Result<(), &str>);
}

/// A closure, its result once it ran, and the way back to its caller.
pub(crate) struct Job<T, F, A> {
    pub(crate) now_ms: i64,
    pub(crate) work: Option<F>,
    pub(crate) result: Option<Result<T>>,
    pub(crate) answer: A,
}

impl<T, F, A> Write for Job<T, F, A>
where
    T: Send,
    F: FnOnce(&mut Writer) -> Result<T> + Send,
    A: FnOnce(Result<T>) + Send,
{
    fn run(&mut self, tx: &mut Writer) -> bool {
        tx.now_ms = self.now_ms;
        tx.changes.clear();
        let Some(work) = self.work.take() else { return false };
        let result =
            catch_unwind(AssertUnwindSafe(|| work(tx))).unwrap_or_else(|_| Err(panicked()));
        let keep = result.is_ok();
        self.result = Some(result);
        keep
    }

    fn answer(self: Box<Self>, committed: std::result::Result<(), &str>) {
        let Job { result, answer, .. } = *self;
        answer(match (committed, result) {
            (Ok(()), Some(result)) => result,
            (Ok(()), None) => Err(Error::Unavailable("the write did not run".into())),
            (Err(reason), _) => Err(Error::Unavailable(reason.to_owned())),
        });
    }
}

/// A closure of ours has a bug; the thread goes on.
pub(crate) fn panicked() -> Error {
    Error::Unavailable("an internal error stopped this; see the log".into())
}

/// The writer thread: until every [`crate::Store`] is gone.
pub(crate) fn run(
    mut tx: Writer,
    jobs: &Receiver<Box<dyn Write>>,
    feed: &broadcast::Sender<Arc<[Change]>>,
    commits: &AtomicU64,
    measure: &Measure,
) {
    while let Ok(first) = jobs.recv() {
        let mut batch = Vec::new();
        let begun = measure.begin();
        let committed = write_batch(&mut tx, first, jobs, &mut batch, measure);
        measure.end(begun, batch.len(), committed.is_ok());
        match &committed {
            Ok(changes) => {
                commits.fetch_add(1, Ordering::Relaxed);
                if !changes.is_empty() {
                    // An error only says that nobody listens.
                    let _ = feed.send(Arc::from(changes.as_slice()));
                }
            }
            Err(error) => tracing::error!(%error, writes = batch.len(), "commit failed"),
        }
        let failure = committed.err().map(|error| error.to_string());
        for job in batch {
            job.answer(failure.as_deref().map_or(Ok(()), Err));
        }
    }
}

/// One transaction with everything that waits; its changes, or why nothing of it is durable.
fn write_batch(
    tx: &mut Writer,
    first: Box<dyn Write>,
    jobs: &Receiver<Box<dyn Write>>,
    batch: &mut Vec<Box<dyn Write>>,
    measure: &Measure,
) -> Result<Vec<Change>> {
    measure.write_begins();
    batch.push(first);
    let done = tx.sql.run("BEGIN IMMEDIATE", []).and_then(|_| fill(tx, jobs, batch, measure));
    match done.and_then(|changes| tx.sql.run("COMMIT", []).map(|_| changes)) {
        Ok(changes) => Ok(changes),
        Err(error) => {
            if !tx.sql.connection.is_autocommit() {
                let _ = tx.sql.run("ROLLBACK", []);
            }
            Err(error)
        }
    }
}

/// Runs the first job and then what waits behind it, up to the batch limit.
fn fill(
    tx: &mut Writer,
    jobs: &Receiver<Box<dyn Write>>,
    batch: &mut Vec<Box<dyn Write>>,
    measure: &Measure,
) -> Result<Vec<Change>> {
    let mut changes = Vec::new();
    while let Some(job) = batch.last_mut() {
        tx.sql.run("SAVEPOINT job", [])?;
        if job.run(tx) {
            merge(&mut changes, &mut tx.changes);
        } else if !tx.sql.connection.is_autocommit() {
            tx.sql.run("ROLLBACK TO job", [])?;
        }
        if tx.sql.connection.is_autocommit() {
            // SQLite gave up the whole transaction itself (disk full, I/O error).
            return Err(Error::Unavailable("the database rolled the transaction back".into()));
        }
        tx.sql.run("RELEASE job", [])?;
        if batch.len() == COMMIT_BATCH {
            break;
        }
        match jobs.try_recv() {
            Ok(next) => {
                measure.write_begins();
                batch.push(next);
            }
            Err(_) => break,
        }
    }
    Ok(changes)
}

/// Adds a job's changes to the batch's, each told once.
fn merge(batch: &mut Vec<Change>, job: &mut Vec<Change>) {
    for change in job.drain(..) {
        change.note_in(batch);
    }
}

#[cfg(test)]
mod tests {
    use crate::directory::{DirectoryRead, DirectoryWrite, RegistryValue};
    use crate::{Change, Error, SecretKey, Store};

    #[test]
    fn a_commit_that_fails_fails_every_write_of_its_batch() {
        let folder = tempfile::tempdir().unwrap();
        let key = SecretKey::from_bytes([1; 32]);
        let store = Store::open(&folder.path().join("tandem.db"), key, 0).unwrap();
        let mut feed = store.changes();
        let (hold, held) = std::sync::mpsc::channel::<()>();
        let (entered, inside) = std::sync::mpsc::channel();
        let results = std::thread::scope(|scope| {
            let first = store.clone();
            let broken = scope.spawn(move || {
                first.write_blocking(0, move |tx| {
                    // Until the others wait behind this one.
                    entered.send(()).unwrap();
                    held.recv().unwrap();
                    tx.recycle_pool("broken")?;
                    // A reference to nobody, found out at COMMIT only.
                    tx.sql.run("PRAGMA defer_foreign_keys = ON", [])?;
                    tx.sql.run("INSERT INTO password VALUES (x'00', '', 0)", [])
                })
            });
            inside.recv().unwrap();
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            let others = runtime.block_on(async {
                let mut good = Box::pin(store.write(0, |tx| tx.recycle_pool("good")));
                let mut bad = Box::pin(store.write(0, |_| Err::<(), _>(Error::caller("no"))));
                std::future::poll_fn(|cx| {
                    assert!(good.as_mut().poll(cx).is_pending());
                    assert!(bad.as_mut().poll(cx).is_pending());
                    std::task::Poll::Ready(())
                })
                .await;
                hold.send(()).unwrap();
                [good.await, bad.await]
            });
            (broken.join().unwrap(), others)
        });
        assert!(matches!(results.0, Err(Error::Unavailable(_))), "{:?}", results.0);
        for other in results.1 {
            // Also the one whose closure said no: what it saw never became true.
            assert!(matches!(other, Err(Error::Unavailable(_))), "{other:?}");
        }
        assert!(feed.try_recv().is_err(), "nothing is told");
        assert_eq!(store.read_blocking(|r| r.app_pools()).unwrap(), []);
        store.write_blocking(0, |tx| tx.recycle_pool("later")).unwrap();
        assert_eq!(*feed.try_recv().unwrap(), [Change::Recycled { pool: "later".into() }]);
    }

    #[test]
    fn a_full_disk_refuses_writes_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let key = SecretKey::from_bytes([1; 32]);
        let store = Store::open(&folder.path().join("tandem.db"), key, 0).unwrap();
        let limit = |pages: i64| {
            let pragma = format!("PRAGMA max_page_count = {pages}");
            store.write_blocking(0, move |tx| tx.sql.count(&pragma, [])).unwrap()
        };
        let pages = limit(1);
        let mut feed = store.changes();
        let big = |name: &str| {
            let entry = RegistryValue {
                path: "T".into(),
                name: name.into(),
                value: "x".repeat(1024 * 1024),
            };
            store.write_blocking(0, move |tx| tx.put_registry_value(&entry))
        };
        let full = big("a");
        assert!(matches!(full, Err(Error::Unavailable(_))), "{full:?}");
        assert!(feed.try_recv().is_err());
        let seen = store.read_blocking(|r| r.registry_values("T")).unwrap();
        assert!(seen.is_empty());
        limit(pages + 10_000);
        big("b").unwrap();
        assert_eq!(*feed.try_recv().unwrap(), [Change::Registry]);
    }
}
