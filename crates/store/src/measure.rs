//! What is measured here: how long commits take, how many writes share one, what waits.
//!
//! Owns the numbers. The clock is the caller's, like all time; without one, nothing is timed.

use std::fmt;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

type Clock = Box<dyn Fn() -> Duration + Send + Sync>;

/// What waits at a moment.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Waiting {
    /// Writes that the writer has not begun.
    pub writes: usize,
    /// Reads that no reader has begun.
    pub reads: usize,
}

/// See the head of the file.
#[derive(Default)]
pub(crate) struct Measure {
    clock: OnceLock<Clock>,
    writes: AtomicUsize,
    reads: AtomicUsize,
}

impl fmt::Debug for Measure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.waiting())
    }
}

impl Measure {
    /// Times commits by this monotonic clock from now on. The first one stays.
    pub(crate) fn by(&self, clock: Clock) {
        let _ = self.clock.set(clock);
    }

    pub(crate) fn waiting(&self) -> Waiting {
        Waiting {
            writes: self.writes.load(Ordering::Relaxed),
            reads: self.reads.load(Ordering::Relaxed),
        }
    }

    pub(crate) fn write_waits(&self) {
        self.writes.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn write_begins(&self) {
        self.writes.fetch_sub(1, Ordering::Relaxed);
    }

    pub(crate) fn read_waits(&self) {
        self.reads.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn read_begins(&self) {
        self.reads.fetch_sub(1, Ordering::Relaxed);
    }

    /// The moment at which a commit begins.
    pub(crate) fn begin(&self) -> Option<Duration> {
        self.clock.get().map(|clock| clock())
    }

    /// A commit of so many writes has ended.
    pub(crate) fn end(&self, begun: Option<Duration>, writes: usize, is_done: bool) {
        let outcome = if is_done { "done" } else { "failed" };
        metrics::counter!("tandem_store_commits_total", "outcome" => outcome).increment(1);
        let (Some(begun), Some(ended)) = (begun, self.begin()) else { return };
        metrics::histogram!("tandem_store_commit_seconds").record(ended.saturating_sub(begun));
        // A batch is far below what a double can count.
        let writes = u32::try_from(writes).unwrap_or(u32::MAX);
        metrics::histogram!("tandem_store_commit_writes").record(writes);
    }
}
