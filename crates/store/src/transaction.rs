//! What a closure gets: a [`Reader`] on one consistent snapshot, or a [`Writer`].
//!
//! Reading and writing are different types; the doors (`directory`, `messaging`, `mail`) give
//! them their verbs. A writer also collects the changes that its commit will publish.

use uuid::Uuid;

use crate::sql::{Rows, Sql};
use crate::{Change, Result, secret};

/// Reads one consistent snapshot of the store.
#[derive(Debug)]
pub struct Reader {
    pub(crate) sql: Sql,
}

impl Rows for Reader {
    fn sql(&self) -> &Sql {
        &self.sql
    }
}

/// Reads and writes inside one transaction. What it wrote is durable when the caller's
/// `write(…)` returns `Ok`, and gone if the closure returns `Err`.
#[derive(Debug)]
pub struct Writer {
    pub(crate) sql: Sql,
    pub(crate) now_ms: i64,
    pub(crate) changes: Vec<Change>,
    /// Time and counter of the last id made: 48 bits of milliseconds, 12 of counter.
    last_id: u64,
}

impl Rows for Writer {
    fn sql(&self) -> &Sql {
        &self.sql
    }
}

impl Writer {
    pub(crate) fn new(sql: Sql) -> Writer {
        Writer { sql, now_ms: 0, changes: Vec::new(), last_id: 0 }
    }

    /// The time the caller gave to this write.
    pub fn now_ms(&self) -> i64 {
        self.now_ms
    }

    /// A fresh UUIDv7 (RFC 9562 §5.7) for a row; later ones sort after earlier ones, also
    /// within one millisecond (§6.2, method 1) and if the clock steps back.
    pub fn new_id(&mut self) -> Result<Uuid> {
        self.last_id = timestamp(self.now_ms).max(self.last_id + 1);
        make_id(self.last_id)
    }

    /// Notes a change for the feed; equal ones within a transaction are told once.
    pub(crate) fn changed(&mut self, change: Change) {
        change.note_in(&mut self.changes);
    }
}

/// A fresh UUIDv7 outside a transaction, e.g. for a Message-ID; its order within a millisecond
/// is random.
pub fn new_id(now_ms: i64) -> Result<Uuid> {
    let counter: [u8; 2] = secret::random()?;
    make_id(timestamp(now_ms) | u64::from(u16::from_be_bytes(counter) & 0xfff))
}

/// 48 bits of milliseconds above 12 bits of counter.
fn timestamp(now_ms: i64) -> u64 {
    (u64::try_from(now_ms).unwrap_or(0) & 0xffff_ffff_ffff) << 12
}

fn make_id(timestamp_and_counter: u64) -> Result<Uuid> {
    let random: [u8; 8] = secret::random()?;
    let high = (timestamp_and_counter >> 12) << 16 | 0x7000 | (timestamp_and_counter & 0xfff);
    let low = u64::from_be_bytes(random) >> 2 | 1 << 63;
    Ok(Uuid::from_u64_pair(high, low))
}

/// Access of the doors to their writer.
pub trait Transaction {
    #[doc(hidden)]
    fn writer(&mut self) -> &mut Writer;
}

impl Transaction for Writer {
    fn writer(&mut self) -> &mut Writer {
        self
    }
}
