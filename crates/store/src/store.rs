//! The store as the rest of the process holds it.
//!
//! Owns: the threads. One writes (`queue`), [`READERS`] read, each read on one consistent
//! snapshot. Callers hand in closures, because a batch of many callers' writes must not wait for
//! one of them. Read next: `transaction`, then a door.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use rusqlite::Connection;
use tokio::sync::{Semaphore, broadcast, oneshot};

use crate::guesses::Guesses;
use crate::measure::Measure;
use crate::queue::{self, Job, Write};
use crate::sql::Sql;
use crate::{
    Change, Error, FEED_CAPACITY, READERS, Reader, Result, SecretKey, WRITES_WAITING, Waiting,
    Writer, rehearsal, schema,
};

type Read = Box<dyn FnOnce(&Reader) + Send>;

/// The store. Clones share it; the last one closes the file.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Store({})", self.inner.path.display())
    }
}

struct Inner {
    guesses: Guesses,
    path: PathBuf,
    key: Arc<SecretKey>,
    writes: Option<Sender<Box<dyn Write>>>,
    reads: Option<Sender<Read>>,
    /// Bounds the writes that async callers let wait.
    permits: Arc<Semaphore>,
    feed: broadcast::Sender<Arc<[Change]>>,
    commits: Arc<AtomicU64>,
    measure: Arc<Measure>,
    threads: Vec<JoinHandle<()>>,
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.writes = None;
        self.reads = None;
        for thread in self.threads.drain(..) {
            // A closure may hold the last clone; a thread cannot wait for itself.
            if thread.thread().id() != thread::current().id() {
                let _ = thread.join();
            }
        }
    }
}

impl Store {
    /// Opens the file, makes it if it is absent (mode 0600), and brings its schema up to date.
    pub fn open(path: &Path, key: SecretKey, now_ms: i64) -> Result<Store> {
        Store::start(path, Arc::new(key), schema::open_writer(path, now_ms)?)
    }

    /// A private copy to try things on, in a file that must not exist yet: what is written there
    /// is noted row by row ([`crate::rehearsal`]), and nothing of it reaches this store.
    pub async fn rehearsal(&self, path: &Path, now_ms: i64) -> Result<Store> {
        let (from, to, key) = (self.inner.path.clone(), path.to_owned(), self.inner.key.clone());
        let copying = tokio::task::spawn_blocking(move || {
            let writer = rehearsal::copy(&from, &to, now_ms)?;
            Store::start(&to, key, writer)
        });
        copying.await.map_err(|error| Error::Unavailable(error.to_string()))?
    }

    fn start(path: &Path, key: Arc<SecretKey>, writer: Connection) -> Result<Store> {
        let writer = Writer::new(Sql::new(writer, key.clone()));
        let (writes, write_jobs) = mpsc::channel();
        let (reads, read_jobs) = mpsc::channel();
        let feed = broadcast::Sender::new(FEED_CAPACITY);
        let commits = Arc::new(AtomicU64::new(0));
        let mut threads = Vec::new();
        let measure = Arc::new(Measure::default());
        let (thread_feed, thread_commits) = (feed.clone(), commits.clone());
        let thread_measure = measure.clone();
        threads.push(spawn("store-write", move || {
            queue::run(writer, &write_jobs, &thread_feed, &thread_commits, &thread_measure);
        })?);
        let read_jobs = Arc::new(Mutex::new(read_jobs));
        for _ in 0..READERS {
            let reader = Reader { sql: Sql::new(schema::open_reader(path)?, key.clone()) };
            let (read_jobs, measure) = (read_jobs.clone(), measure.clone());
            threads.push(spawn("store-read", move || run_reads(&reader, &read_jobs, &measure))?);
        }
        let permits = Arc::new(Semaphore::new(WRITES_WAITING));
        let path = path.to_owned();
        let inner = Inner {
            path,
            key,
            writes: Some(writes),
            reads: Some(reads),
            permits,
            feed,
            commits,
            measure,
            threads,
            guesses: Guesses::default(),
        };
        Ok(Store { inner: Arc::new(inner) })
    }

    /// Wrong passwords of late, at whichever door they were tried.
    pub fn guesses(&self) -> &Guesses {
        &self.inner.guesses
    }

    /// Runs a closure on one consistent snapshot.
    pub async fn read<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Reader) -> Result<T> + Send + 'static,
    {
        let (answer, result) = oneshot::channel();
        self.send_read(work, move |value| drop(answer.send(value)))?;
        result.await.map_err(|_| closed())?
    }

    /// As [`Store::read`], for threads that may wait.
    pub fn read_blocking<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Reader) -> Result<T> + Send + 'static,
    {
        let (answer, result) = mpsc::channel();
        self.send_read(work, move |value| drop(answer.send(value)))?;
        result.recv().map_err(|_| closed())?
    }

    /// Runs a closure in a transaction. `Ok` means: on stable storage, and its changes told.
    /// `Err` means: nothing of it remains. A caller that stops waiting does not stop the write.
    pub async fn write<T, F>(&self, now_ms: i64, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&mut Writer) -> Result<T> + Send + 'static,
    {
        let permit = self.inner.permits.clone().acquire_owned().await.map_err(|_| closed())?;
        let (answer, result) = oneshot::channel();
        self.send_write(now_ms, work, move |value| {
            drop(permit);
            drop(answer.send(value));
        })?;
        result.await.map_err(|_| closed())?
    }

    /// As [`Store::write`], for threads that may wait.
    pub fn write_blocking<T, F>(&self, now_ms: i64, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&mut Writer) -> Result<T> + Send + 'static,
    {
        let (answer, result) = mpsc::channel();
        self.send_write(now_ms, work, move |value| drop(answer.send(value)))?;
        result.recv().map_err(|_| closed())?
    }

    /// The change feed: what each commit changed, in commit order. A receiver that lags reads
    /// `Lagged` and must then read everything again.
    pub fn changes(&self) -> broadcast::Receiver<Arc<[Change]>> {
        self.inner.feed.subscribe()
    }

    /// Commits since it was opened (one may hold many writes).
    pub fn commits(&self) -> u64 {
        self.inner.commits.load(Ordering::Relaxed)
    }

    /// Times commits by a monotonic clock of the caller's from now on.
    pub fn measure_by(&self, clock: impl Fn() -> Duration + Send + Sync + 'static) {
        self.inner.measure.by(Box::new(clock));
    }

    /// What waits for its turn.
    pub fn waiting(&self) -> Waiting {
        self.inner.measure.waiting()
    }

    fn send_read<T, F, A>(&self, work: F, answer: A) -> Result<()>
    where
        T: Send + 'static,
        F: FnOnce(&Reader) -> Result<T> + Send + 'static,
        A: FnOnce(Result<T>) + Send + 'static,
    {
        let job: Read = Box::new(move |reader| {
            let result = catch_unwind(AssertUnwindSafe(|| on_snapshot(reader, work)));
            answer(result.unwrap_or_else(|_| Err(queue::panicked())));
        });
        let reads = self.inner.reads.as_ref().ok_or_else(closed)?;
        self.inner.measure.read_waits();
        reads.send(job).map_err(|_| closed())
    }

    fn send_write<T, F, A>(&self, now_ms: i64, work: F, answer: A) -> Result<()>
    where
        T: Send + 'static,
        F: FnOnce(&mut Writer) -> Result<T> + Send + 'static,
        A: FnOnce(Result<T>) + Send + 'static,
    {
        let job = Box::new(Job { now_ms, work: Some(work), result: None, answer });
        let writes = self.inner.writes.as_ref().ok_or_else(closed)?;
        self.inner.measure.write_waits();
        writes.send(job).map_err(|_| closed())
    }
}

fn closed() -> Error {
    Error::Unavailable("it is closed".into())
}

fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>> {
    thread::Builder::new()
        .name(name.into())
        .spawn(work)
        .map_err(|error| Error::Unavailable(error.to_string()))
}

/// One reader thread: until every [`Store`] is gone.
fn run_reads(reader: &Reader, jobs: &Mutex<Receiver<Read>>, measure: &Measure) {
    loop {
        let next = jobs.lock().unwrap_or_else(PoisonError::into_inner).recv();
        match next {
            Ok(job) => {
                measure.read_begins();
                job(reader);
            }
            Err(_) => return,
        }
    }
}

/// A deferred transaction takes its snapshot at the first row it reads and keeps it.
fn on_snapshot<T>(reader: &Reader, work: impl FnOnce(&Reader) -> Result<T>) -> Result<T> {
    if !reader.sql.connection.is_autocommit() {
        // An earlier closure panicked and left its snapshot open.
        reader.sql.run("ROLLBACK", [])?;
    }
    reader.sql.run("BEGIN", [])?;
    let result = work(reader);
    reader.sql.run("COMMIT", [])?;
    result
}
