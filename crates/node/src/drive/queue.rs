//! What waits until a connection has written what came before. Bounded by bytes, not by messages:
//! one thing that happens may be told to thousands of people behind one connection.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use tokio::sync::mpsc;

use crate::limits;

/// How much waits at all connections of a loop together.
pub type AllQueued = Arc<AtomicUsize>;

/// The loop's end.
#[derive(Debug)]
pub struct Queue {
    sender: mpsc::UnboundedSender<Bytes>,
    held: Arc<AtomicUsize>,
    all: AllQueued,
    bytes_max: usize,
}

/// The connection's end.
#[derive(Debug)]
pub struct Queued {
    receiver: mpsc::UnboundedReceiver<Bytes>,
    held: Arc<AtomicUsize>,
    all: AllQueued,
    /// What is being written takes its room until it is.
    writing: usize,
}

/// Both ends of an empty queue.
pub fn queue(all: &AllQueued, bytes_max: usize) -> (Queue, Queued) {
    let (sender, receiver) = mpsc::unbounded_channel();
    let held = Arc::new(AtomicUsize::new(0));
    let (other, sum) = (Arc::clone(&held), Arc::clone(all));
    let queue = Queue { sender, held, all: Arc::clone(all), bytes_max };
    (queue, Queued { receiver, held: other, all: sum, writing: 0 })
}

fn cost(bytes: &Bytes) -> usize {
    bytes.len() + limits::QUEUE_ENTRY_BYTES
}

impl Queue {
    /// Queues bytes; false if too much waits already, or nobody writes any more.
    pub fn push(&self, bytes: Bytes) -> bool {
        let cost = cost(&bytes);
        // One task pushes; whoever takes out meanwhile only makes more room.
        let held = self.held.load(Ordering::Relaxed) + cost;
        let is_crowded = self.all.load(Ordering::Relaxed) + cost > limits::QUEUES_BYTES;
        let bytes_max = match is_crowded {
            true => self.bytes_max.min(limits::QUEUE_BYTES_CROWDED),
            false => self.bytes_max,
        };
        if held > bytes_max {
            return false;
        }
        self.held.fetch_add(cost, Ordering::Relaxed);
        self.all.fetch_add(cost, Ordering::Relaxed);
        let is_sent = self.sender.send(bytes).is_ok();
        if !is_sent {
            self.held.fetch_sub(cost, Ordering::Relaxed);
            self.all.fetch_sub(cost, Ordering::Relaxed);
        }
        is_sent
    }
}

impl Queued {
    /// The next bytes, when those before have been written; none if nothing more comes.
    pub async fn next(&mut self) -> Option<Bytes> {
        self.give_back();
        let bytes = self.receiver.recv().await?;
        self.writing = cost(&bytes);
        Some(bytes)
    }

    /// The next bytes that wait already.
    pub fn try_next(&mut self) -> Option<Bytes> {
        self.give_back();
        let bytes = self.receiver.try_recv().ok()?;
        self.writing = cost(&bytes);
        Some(bytes)
    }

    /// Whether nothing more waits.
    pub fn is_empty(&self) -> bool {
        self.receiver.is_empty()
    }

    fn give_back(&mut self) {
        let written = std::mem::take(&mut self.writing);
        self.held.fetch_sub(written, Ordering::Relaxed);
        self.all.fetch_sub(written, Ordering::Relaxed);
    }
}

impl Drop for Queued {
    /// What was not written takes no room any more.
    fn drop(&mut self) {
        self.receiver.close();
        while self.try_next().is_some() {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::{QUEUE_BYTES, QUEUE_BYTES_CROWDED, QUEUE_ENTRY_BYTES, QUEUES_BYTES};

    /// So that a message takes a kibibyte.
    const MESSAGE: usize = 1024 - QUEUE_ENTRY_BYTES;

    fn message() -> Bytes {
        Bytes::from(vec![b'x'; MESSAGE])
    }

    fn push_until_full(queue: &Queue) -> usize {
        (0..).take_while(|_| queue.push(message())).count()
    }

    #[test]
    fn a_queue_is_bounded_by_bytes_and_what_is_written_makes_room() {
        let all = AllQueued::default();
        let (queue, mut queued) = queue(&all, QUEUE_BYTES);
        assert_eq!(push_until_full(&queue), QUEUE_BYTES / 1024);
        assert!(!queue.push(Bytes::new()), "even nothing takes room");
        assert_eq!(queued.try_next(), Some(message()));
        assert!(!queue.push(message()), "it is being written");
        assert_eq!(queued.try_next(), Some(message()));
        assert!(queue.push(message()), "one was written");
        assert_eq!(all.load(Ordering::Relaxed), QUEUE_BYTES);
        drop(queued);
        assert_eq!(all.load(Ordering::Relaxed), 0);
        assert!(!queue.push(message()), "nobody writes");
        assert_eq!(all.load(Ordering::Relaxed), 0);
    }

    #[test]
    fn when_much_waits_in_all_each_may_hold_less() {
        let all = AllQueued::default();
        let (full, _writer) = queue(&all, QUEUES_BYTES);
        assert!(full.push(Bytes::from(vec![0; QUEUES_BYTES - QUEUE_ENTRY_BYTES])));
        let (mut queues, mut writers) = (Vec::new(), Vec::new());
        for _ in 0..3 {
            let (queue, queued) = queue(&all, QUEUE_BYTES);
            assert_eq!(push_until_full(&queue), QUEUE_BYTES_CROWDED / 1024);
            queues.push(queue);
            writers.push(queued);
        }
        assert!(!full.push(message()), "whoever holds most is cut first");
    }
}
