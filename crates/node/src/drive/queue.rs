//! What waits until a connection has written what came before. Bounded by bytes, not by messages:
//! one thing that happens may be told to thousands of people behind one connection. Most
//! connections have nothing to say most of the time, so an empty queue holds no memory of its own.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use bytes::{Buf as _, Bytes};
use futures_util::task::AtomicWaker;

use crate::limits;

/// How much waits at all connections of a loop together.
pub type AllQueued = Arc<AtomicUsize>;

/// The loop's end. Dropping it ends the connection: what waits is still written.
#[derive(Debug)]
pub struct Queue(Arc<Shared>);

/// The connection's end. One task at a time may wait at it.
#[derive(Debug)]
pub struct Queued {
    shared: Arc<Shared>,
    /// What is being written; it takes its room until it is.
    writing: VecDeque<Bytes>,
}

#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    writer: AtomicWaker,
    all: AllQueued,
    bytes_max: usize,
}

#[derive(Debug, Default)]
struct State {
    waiting: VecDeque<Bytes>,
    /// The room of all that was queued and is not written.
    held: usize,
    has_let_go: bool,
    is_gone: bool,
}

/// Both ends of an empty queue.
pub fn queue(all: &AllQueued, bytes_max: usize) -> (Queue, Queued) {
    let shared = Arc::new(Shared {
        state: Mutex::default(),
        writer: AtomicWaker::new(),
        all: Arc::clone(all),
        bytes_max,
    });
    (Queue(Arc::clone(&shared)), Queued { shared, writing: VecDeque::new() })
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing in here panics half-way.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn give_back(&self, state: &mut State, room: usize) {
        state.held = state.held.saturating_sub(room);
        self.all.fetch_sub(room, Ordering::Relaxed);
    }
}

impl Queue {
    /// Queues bytes; false if too much waits already, or nobody writes any more.
    pub fn push(&self, bytes: Bytes) -> bool {
        let shared = &*self.0;
        let cost = bytes.len() + limits::QUEUE_ENTRY_BYTES;
        let is_crowded = shared.all.load(Ordering::Relaxed) + cost > limits::QUEUES_BYTES;
        let bytes_max = match is_crowded {
            true => shared.bytes_max.min(limits::QUEUE_BYTES_CROWDED),
            false => shared.bytes_max,
        };
        let mut state = shared.state();
        if state.is_gone || state.held + cost > bytes_max {
            return false;
        }
        if bytes.is_empty() {
            return true;
        }
        state.held += cost;
        shared.all.fetch_add(cost, Ordering::Relaxed);
        // Who has been woken has not looked yet.
        let is_first = state.waiting.is_empty();
        state.waiting.push_back(bytes);
        drop(state);
        if is_first {
            shared.writer.wake();
        }
        true
    }
}

impl Drop for Queue {
    fn drop(&mut self) {
        self.0.state().has_let_go = true;
        self.0.writer.wake();
    }
}

impl Queued {
    /// Waits until there is something in [`Queued::writing`]; false once the loop has let go and
    /// nothing is left.
    pub fn poll_fill(&mut self, ctx: &mut Context<'_>) -> Poll<bool> {
        if let ready @ Poll::Ready(_) = self.fill() {
            return ready;
        }
        self.shared.writer.register(ctx.waker());
        // Something may have come between the look and the registration.
        self.fill()
    }

    fn fill(&mut self) -> Poll<bool> {
        if !self.writing.is_empty() {
            return Poll::Ready(true);
        }
        let mut state = self.shared.state();
        if state.waiting.is_empty() {
            return if state.has_let_go { Poll::Ready(false) } else { Poll::Pending };
        }
        // The memory of a burst does not stay with the queue.
        self.writing = std::mem::take(&mut state.waiting);
        Poll::Ready(true)
    }

    /// What is to be written now, in order.
    pub fn writing(&self) -> &VecDeque<Bytes> {
        &self.writing
    }

    /// So many bytes of it have been written.
    pub fn written(&mut self, count: usize) {
        let (mut left, mut room) = (count, count);
        while let Some(piece) = self.writing.front_mut() {
            if left < piece.len() {
                piece.advance(left);
                break;
            }
            left -= piece.len();
            room += limits::QUEUE_ENTRY_BYTES;
            self.writing.pop_front();
        }
        if self.writing.is_empty() {
            self.writing = VecDeque::new();
        }
        self.shared.give_back(&mut self.shared.state(), room);
    }

    /// Whether the loop has let go. [`Queued::poll_fill`] wakes whoever waits when it does.
    pub fn is_let_go(&self) -> bool {
        self.shared.state().has_let_go
    }

    /// Waits until the loop lets go.
    pub fn poll_let_go(&self, ctx: &mut Context<'_>) -> Poll<()> {
        self.shared.writer.register(ctx.waker());
        if self.is_let_go() { Poll::Ready(()) } else { Poll::Pending }
    }
}

impl Drop for Queued {
    /// What was not written takes no room any more.
    fn drop(&mut self) {
        let mut state = self.shared.state();
        state.is_gone = true;
        state.waiting = VecDeque::new();
        let held = state.held;
        self.shared.give_back(&mut state, held);
    }
}

#[cfg(test)]
mod tests {
    use std::task::{Wake, Waker};

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

    fn fill(queued: &mut Queued) -> Poll<bool> {
        queued.poll_fill(&mut Context::from_waker(Waker::noop()))
    }

    #[test]
    fn a_queue_is_bounded_by_bytes_and_what_is_written_makes_room() {
        let all = AllQueued::default();
        let (queue, mut queued) = queue(&all, QUEUE_BYTES);
        assert_eq!(push_until_full(&queue), QUEUE_BYTES / 1024);
        assert!(!queue.push(Bytes::new()), "even nothing takes room");
        assert_eq!(fill(&mut queued), Poll::Ready(true));
        assert!(!queue.push(message()), "taken is not written");
        queued.written(MESSAGE);
        assert!(queue.push(message()), "one was written");
        assert_eq!(all.load(Ordering::Relaxed), QUEUE_BYTES);
        queued.written(MESSAGE / 2);
        queued.written(MESSAGE / 2);
        assert_eq!(all.load(Ordering::Relaxed), QUEUE_BYTES - 1024, "in two halves");
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

    #[test]
    fn what_waits_is_taken_in_order_and_the_end_comes_last() {
        let (queue, mut queued) = queue(&AllQueued::default(), QUEUE_BYTES);
        assert_eq!(fill(&mut queued), Poll::Pending);
        assert!(queue.push(Bytes::from_static(b"one")));
        assert!(queue.push(Bytes::from_static(b"two")));
        drop(queue);
        assert_eq!(fill(&mut queued), Poll::Ready(true));
        assert_eq!(queued.writing(), &["one", "two"]);
        queued.written(4);
        assert_eq!(queued.writing(), &["wo"]);
        queued.written(2);
        assert_eq!(fill(&mut queued), Poll::Ready(false));
    }

    #[test]
    fn a_writer_that_waits_is_woken_once_for_a_burst() {
        #[derive(Default)]
        struct Count(AtomicUsize);
        impl Wake for Count {
            fn wake(self: Arc<Self>) {
                self.0.fetch_add(1, Ordering::Relaxed);
            }
        }
        let count = Arc::new(Count::default());
        let waker = Waker::from(Arc::clone(&count));
        let (queue, mut queued) = queue(&AllQueued::default(), QUEUE_BYTES);
        assert!(queued.poll_fill(&mut Context::from_waker(&waker)).is_pending());
        assert!(queue.push(Bytes::from_static(b"one")));
        assert!(queue.push(Bytes::from_static(b"two")));
        assert_eq!(count.0.load(Ordering::Relaxed), 1);
    }
}
