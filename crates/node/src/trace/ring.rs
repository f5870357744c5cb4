//! The newest records, in order and numbered, in bounded memory. Who reads remembers the number
//! up to which they have read; what has gone by in the meantime is counted, never waited for.

use std::collections::VecDeque;
use std::sync::Arc;

use bytes::Bytes;
use im::trace::{Component, Direction, Ends, Record};

use crate::limits;

/// One record.
#[derive(Debug)]
pub struct Entry {
    /// When, milliseconds UTC.
    pub at_ms: i64,
    /// Whose.
    pub component: Component,
    /// FQDN of the computer.
    pub computer: Arc<str>,
    /// Whether it is written to the log too.
    pub is_logged: bool,
    /// What happened.
    pub what: What,
}

/// What happened.
#[derive(Debug)]
pub enum What {
    /// A message came or went.
    Message {
        /// Which way.
        direction: Direction,
        /// Between whom.
        ends: Arc<Ends>,
        /// As on the wire.
        bytes: Bytes,
    },
    /// Something else.
    Record(Record),
}

impl Entry {
    /// Memory it holds, roughly.
    fn weight(&self) -> usize {
        limits::TRACE_ENTRY_BYTES
            + match &self.what {
                What::Message { bytes, .. } => bytes.len(),
                What::Record(record) => {
                    let data = record.data.iter().map(|(name, value)| name.len() + value.len());
                    record.text.len() + data.sum::<usize>()
                }
            }
    }
}

/// See the head of the file.
#[derive(Debug, Default)]
pub struct Ring {
    entries: VecDeque<Arc<Entry>>,
    weight: usize,
    /// Number that the next record gets.
    next: u64,
}

/// What a reader gets.
#[derive(Debug, Default)]
pub struct Batch {
    /// Records, oldest first.
    pub entries: Vec<Arc<Entry>>,
    /// How many went by unread before them.
    pub lost: u64,
    /// From where to read next.
    pub next: u64,
}

impl Ring {
    /// Number that the next record gets.
    pub fn next(&self) -> u64 {
        self.next
    }

    /// Number of the oldest record that is still there.
    pub fn first(&self) -> u64 {
        self.next - self.entries.len() as u64
    }

    /// Adds a record; the oldest make room.
    pub fn push(&mut self, entry: Entry) {
        self.weight += entry.weight();
        self.entries.push_back(Arc::new(entry));
        self.next += 1;
        while self.weight > limits::TRACE_RING_BYTES
            || self.entries.len() > limits::TRACE_RING_RECORDS
        {
            let Some(gone) = self.entries.pop_front() else { return };
            self.weight -= gone.weight();
        }
    }

    /// What came since `from`, at most `most` records.
    pub fn read(&self, from: u64, most: usize) -> Batch {
        let start = from.max(self.first());
        let skip = usize::try_from(start - self.first()).unwrap_or(usize::MAX);
        let entries: Vec<_> = self.entries.iter().skip(skip).take(most).cloned().collect();
        let next = start + entries.len() as u64;
        Batch { entries, lost: start.saturating_sub(from), next }
    }
}

#[cfg(test)]
mod tests {
    use sip::{Flow, Transport};

    use super::*;

    fn entry(number: i64, bytes: usize) -> Entry {
        let address = ([127, 0, 0, 1], 5061).into();
        let ends = Ends {
            flow: Flow(1),
            local: address,
            peer: address,
            peer_name: None,
            transport: Transport::Tls,
        };
        let what = What::Message {
            direction: Direction::Incoming,
            ends: Arc::new(ends),
            bytes: Bytes::from(vec![0; bytes]),
        };
        let component = Component::SipStack;
        Entry { at_ms: number, component, computer: "h".into(), is_logged: false, what }
    }

    #[test]
    fn readers_go_at_their_own_pace() {
        let mut ring = Ring::default();
        let mut read = ring.read(0, 10);
        assert_eq!((read.entries.len(), read.lost, read.next), (0, 0, 0));
        for number in 0..5 {
            ring.push(entry(number, 1));
        }
        read = ring.read(read.next, 3);
        assert_eq!((read.entries.len(), read.lost, read.next), (3, 0, 3));
        read = ring.read(read.next, 3);
        assert_eq!((read.entries.len(), read.lost, read.next), (2, 0, 5));
        assert_eq!(read.entries[0].at_ms, 3);
    }

    #[test]
    fn the_oldest_make_room_and_are_counted() {
        let mut ring = Ring::default();
        let each = limits::TRACE_RING_BYTES / 4 - limits::TRACE_ENTRY_BYTES;
        for number in 0..10 {
            ring.push(entry(number, each));
            assert!(ring.weight <= limits::TRACE_RING_BYTES);
        }
        let read = ring.read(1, 100);
        let times: Vec<i64> = read.entries.iter().map(|entry| entry.at_ms).collect();
        assert_eq!((times, read.lost, read.next), (vec![6, 7, 8, 9], 5, 10));
        // A record larger than the ring leaves nothing behind.
        ring.push(entry(10, limits::TRACE_RING_BYTES));
        assert_eq!((ring.weight, ring.first(), ring.next()), (0, 11, 11));
        for number in 0..limits::TRACE_RING_RECORDS as i64 + 7 {
            ring.push(entry(number, 0));
        }
        assert_eq!(ring.next() - ring.first(), limits::TRACE_RING_RECORDS as u64);
    }
}
