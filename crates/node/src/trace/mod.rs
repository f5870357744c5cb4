//! The trace of the SIP stacks: one hub for the node. Owns what is recorded at the moment, the
//! ring of the newest records (`ring`), the log that is kept (`log`, `writer`) and the doors of
//! the admin shell to them (`door`). What a record says is `im::trace`'s.
//!
//! While nothing is recorded, a message costs one relaxed load: nothing is copied, printed or
//! locked. Refused connections are always recorded.

pub mod door;
pub mod log;
pub mod ring;
pub mod tap;
pub mod writer;

use std::path::Path;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use im::trace::{Component, Flag, Interest, Severity};
use tokio::sync::watch;

use crate::limits;
use log::Log;
use ring::{Batch, Entry, Ring, What};
pub use tap::Tap;

/// See the head of the file.
#[derive(Debug)]
pub struct Hub {
    /// What somebody wants recorded, be it a scenario or a terminal.
    interest: AtomicU32,
    held: Mutex<Held>,
    /// Number that the next record gets.
    news: watch::Sender<u64>,
    /// Up to which record the log is written.
    written: watch::Sender<u64>,
    is_closing: watch::Sender<bool>,
    log: Log,
    /// Records printed so far, for tests and the curious.
    printed: AtomicU64,
}

#[derive(Debug, Default)]
struct Held {
    ring: Ring,
    /// What the running scenarios record.
    scenarios: Interest,
    /// Terminals that look.
    terminals: usize,
}

/// Whether a record goes to the log too.
#[derive(Clone, Copy, Debug)]
enum Kept {
    /// It does.
    Always,
    /// If a scenario records its kind.
    AsWanted(Flag, Severity),
}

/// What a hub has done since it was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Work {
    /// Records taken.
    pub recorded: u64,
    /// Records printed, for the log or a terminal.
    pub printed: u64,
}

impl Hub {
    /// A hub that records refused connections only; `folder` gets the log.
    pub fn new(folder: &Path) -> Arc<Hub> {
        Arc::new(Hub {
            interest: AtomicU32::new(0),
            held: Mutex::default(),
            news: watch::Sender::new(0),
            written: watch::Sender::new(0),
            is_closing: watch::Sender::new(false),
            log: Log::new(folder),
            printed: AtomicU64::new(0),
        })
    }

    /// Whether somebody wants records of this kind: the one thing that costs while nobody does.
    pub fn hears(&self, component: Component, flag: Flag, severity: Severity) -> bool {
        Interest(self.interest.load(Ordering::Relaxed)).has(component, flag, severity)
    }

    /// What it has done.
    pub fn work(&self) -> Work {
        let recorded = self.held().ring.next();
        Work { recorded, printed: self.printed.load(Ordering::Relaxed) }
    }

    /// What scenarios record from now on.
    pub fn record_for_scenarios(&self, scenarios: Interest) {
        let mut held = self.held();
        held.scenarios = scenarios;
        self.settle(&held);
    }

    /// How large a file of the log grows before it is put aside.
    pub fn set_file_bytes(&self, bytes: u64) {
        self.log.set_file_bytes(bytes);
    }

    /// Waits until all that was recorded is in the log.
    pub async fn sync(&self) {
        let target = self.held().ring.next();
        // Without a writer the node is stopping.
        let _ = self.written.subscribe().wait_for(|written| *written >= target).await;
    }

    /// Lets the writer end when it has written all.
    pub fn close(&self) {
        self.is_closing.send_replace(true);
    }

    fn record(&self, tap: &Tap, at_ms: i64, kept: Kept, what: What) {
        let mut held = self.held();
        let is_logged = match kept {
            Kept::Always => true,
            Kept::AsWanted(flag, severity) => held.scenarios.has(tap.component, flag, severity),
        };
        held.ring.push(Entry {
            at_ms,
            component: tap.component,
            computer: tap.computer.clone(),
            is_logged,
            what,
        });
        self.news.send_replace(held.ring.next());
    }

    fn read(&self, from: u64) -> Batch {
        self.held().ring.read(from, limits::TRACE_BATCH)
    }

    fn settle(&self, held: &Held) {
        let terminals = if held.terminals > 0 { Interest::all() } else { Interest::default() };
        self.interest.store(held.scenarios.and(terminals).0, Ordering::Relaxed);
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A terminal that looks; everything is recorded as long as it lives.
#[derive(Debug)]
pub struct Terminal(Arc<Hub>);

impl Terminal {
    /// One more.
    pub fn open(hub: &Arc<Hub>) -> Terminal {
        let mut held = hub.held();
        held.terminals += 1;
        hub.settle(&held);
        Terminal(hub.clone())
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let mut held = self.0.held();
        held.terminals = held.terminals.saturating_sub(1);
        self.0.settle(&held);
    }
}
