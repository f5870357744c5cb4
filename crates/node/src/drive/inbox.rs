//! What the connections of a loop report, on its way to the loop: in two lanes. Whoever has proved
//! who they are does not stand in one line with strangers, so a flood of those makes nobody wait
//! who is at work.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use sip::{Flow, Peer};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};

use super::connection::Wire;
use super::queue::{AllQueued, Queue, Queued, queue};
use crate::clock::Clock;
use crate::limits;

/// In which line an input has waited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lane {
    /// Of peers with a certificate, and clients that have signed in.
    Known,
    /// Of everybody else.
    Strangers,
}

/// The loop's end.
pub struct Inbox {
    known: mpsc::Receiver<Wire>,
    strangers: mpsc::Receiver<Wire>,
    /// How many of the known came in a row.
    in_a_row: usize,
}

impl Inbox {
    /// The next input: the known first, but for one in so many.
    pub async fn next(&mut self) -> Option<(Lane, Wire)> {
        let known_first = self.in_a_row < limits::KNOWN_IN_A_ROW;
        let taken = match known_first {
            true => tokio::select! {
                biased;
                Some(wire) = self.known.recv() => (Lane::Known, wire),
                Some(wire) = self.strangers.recv() => (Lane::Strangers, wire),
                else => return None,
            },
            false => tokio::select! {
                biased;
                Some(wire) = self.strangers.recv() => (Lane::Strangers, wire),
                Some(wire) = self.known.recv() => (Lane::Known, wire),
                else => return None,
            },
        };
        self.in_a_row = if taken.0 == Lane::Known && known_first { self.in_a_row + 1 } else { 0 };
        Some(taken)
    }

    /// Whether nobody waits in a lane.
    pub fn is_empty(&self, lane: Lane) -> bool {
        match lane {
            Lane::Known => self.known.is_empty(),
            Lane::Strangers => self.strangers.is_empty(),
        }
    }

    /// How many wait.
    pub fn waiting(&self) -> usize {
        self.known.len() + self.strangers.len()
    }
}

/// The connections' end.
#[derive(Clone)]
pub struct Reports {
    known: mpsc::Sender<Wire>,
    strangers: mpsc::Sender<Wire>,
    clock: Clock,
    all: AllQueued,
}

/// Both ends, with so many places in each lane.
pub fn inbox(places: usize, clock: Clock) -> (Reports, Inbox) {
    let (known, known_inbox) = mpsc::channel(places);
    let (strangers, strangers_inbox) = mpsc::channel(places);
    let reports = Reports { known, strangers, clock, all: AllQueued::default() };
    (reports, Inbox { known: known_inbox, strangers: strangers_inbox, in_a_row: 0 })
}

impl Reports {
    /// The two lanes, for those who count.
    pub fn lanes(&self) -> [mpsc::WeakSender<Wire>; 2] {
        [self.known.downgrade(), self.strangers.downgrade()]
    }

    /// What came on a connection, when it is its turn; false if the loop is gone.
    pub async fn bytes(&self, flow: Flow, bytes: Bytes, turns: &Turns) -> bool {
        let turn = turns.take().await;
        self.tell(self.wire(flow, bytes, turn), turns).await
    }

    /// What came in a datagram, which is lost if all turns are taken: its sender repeats it. False
    /// if the loop is gone.
    pub async fn datagram(&self, flow: Flow, bytes: Bytes, turns: &Turns) -> bool {
        match Arc::clone(&turns.semaphore).try_acquire_owned() {
            Ok(turn) => self.tell(self.wire(flow, bytes, Some(turn)), turns).await,
            Err(_) => !self.strangers.is_closed(),
        }
    }

    /// The end of a connection, after everything that came on it; false if the loop is gone.
    pub async fn closed(&self, wire: Wire, turns: &Turns) -> bool {
        drop(turns.take().await);
        self.tell(wire, turns).await
    }

    /// Something else; false if the loop is gone.
    pub async fn tell(&self, wire: Wire, turns: &Turns) -> bool {
        let lane = match turns.is_known.load(Ordering::Relaxed) {
            true => &self.known,
            false => &self.strangers,
        };
        lane.send(wire).await.is_ok()
    }

    fn wire(&self, flow: Flow, bytes: Bytes, turn: Option<Turn>) -> Wire {
        // The wait for a place counts as waiting, that for what one has sent oneself does not.
        Wire::Bytes { flow, bytes, at: self.clock.now().tick, turn }
    }

    /// What is to be written to a peer.
    pub(super) fn queue(&self, peer: &Peer) -> (Queue, Queued) {
        let bytes_max = match peer.identity() {
            Some(_) => limits::QUEUE_BYTES_TRUSTED,
            None => limits::QUEUE_BYTES,
        };
        queue(&self.all, bytes_max)
    }
}

/// The right of a connection to have something in the loop's queue: whoever sends without end waits
/// for its turn like everybody else, so the queue is as long as there are many who send, not as one
/// of them likes.
#[derive(Clone, Debug)]
pub struct Turns {
    semaphore: Arc<Semaphore>,
    is_known: Arc<AtomicBool>,
}

/// One of them, given back when it is dropped.
pub type Turn = OwnedSemaphorePermit;

impl Turns {
    /// Those of a stream. A client has one, so that nothing of it overtakes when it changes lanes.
    pub fn of(peer: &Peer) -> Turns {
        let is_trusted = peer.identity().is_some();
        let count = if is_trusted { limits::TURNS_TRUSTED } else { limits::TURNS };
        Turns::new(count, is_trusted)
    }

    /// Those of many who share a socket, all known or all strangers.
    pub fn new(count: usize, is_known: bool) -> Turns {
        let is_known = Arc::new(AtomicBool::new(is_known));
        Turns { semaphore: Arc::new(Semaphore::new(count)), is_known }
    }

    /// Told that whoever is there has proved who they are.
    pub fn known(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.is_known)
    }

    async fn take(&self) -> Option<Turn> {
        // Never closed.
        Arc::clone(&self.semaphore).acquire_owned().await.ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::{KNOWN_IN_A_ROW, TURNS, TURNS_TRUSTED};

    async fn flow_of(inbox: &mut Inbox) -> u64 {
        match inbox.next().await {
            Some((_, Wire::Bytes { flow, .. })) => flow.0,
            _ => panic!("bytes"),
        }
    }

    #[tokio::test]
    async fn the_known_do_not_wait_for_strangers_and_strangers_get_their_turn() {
        let (reports, mut inbox) = inbox(64, Clock::start());
        let (known, strangers) = (Turns::new(64, true), Turns::new(64, false));
        for _ in 0..KNOWN_IN_A_ROW + 5 {
            assert!(reports.bytes(Flow(2), Bytes::new(), &strangers).await);
            assert!(reports.bytes(Flow(1), Bytes::new(), &known).await);
        }
        let mut order = Vec::new();
        for _ in 0..KNOWN_IN_A_ROW + 6 {
            order.push(flow_of(&mut inbox).await);
        }
        let mut expected = vec![1; KNOWN_IN_A_ROW];
        expected.extend([2, 1, 1, 1, 1, 1]);
        assert_eq!(order, expected);
    }

    #[tokio::test]
    async fn a_connection_has_its_turns_and_changes_lanes_in_order() {
        let (reports, mut inbox) = inbox(64, Clock::start());
        let turns = Turns::of(&Peer::Plain(([127, 0, 0, 1], 1).into()));
        assert!(reports.bytes(Flow(1), Bytes::new(), &turns).await);
        turns.known().store(true, Ordering::Relaxed);
        let closed = reports.closed(Wire::Closed { flow: Flow(1), why: sip::Why::Eof }, &turns);
        tokio::pin!(closed);
        // The end waits until what came before was dealt with.
        let waits = tokio::select! {
            biased;
            _ = &mut closed => false,
            () = std::future::ready(()) => true,
        };
        assert!(waits);
        assert_eq!(turns.semaphore.available_permits(), TURNS - 1);
        drop(inbox.next().await);
        assert!(closed.await);
        assert!(matches!(inbox.next().await, Some((Lane::Known, Wire::Closed { .. }))));
        let trusted = Peer::Mutual(([127, 0, 0, 1], 1).into(), sip::PeerIdentity::default());
        assert_eq!(Turns::of(&trusted).semaphore.available_permits(), TURNS_TRUSTED);
    }

    #[tokio::test]
    async fn datagrams_that_have_no_turn_are_lost_and_hold_nobody_up() {
        let (reports, inbox) = inbox(64, Clock::start());
        let turns = Turns::new(2, false);
        for _ in 0..10 {
            assert!(reports.datagram(Flow(1), Bytes::new(), &turns).await);
        }
        assert_eq!(inbox.waiting(), 2);
        assert!(!inbox.is_empty(Lane::Strangers) && inbox.is_empty(Lane::Known));
        drop(inbox);
        assert!(!reports.datagram(Flow(1), Bytes::new(), &turns).await, "the loop is gone");
    }
}
