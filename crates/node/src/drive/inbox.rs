//! What the connections of a loop report, on its way to the loop: in two lanes. Whoever has proved
//! who they are does not stand in one line with strangers, so a flood of those makes nobody wait
//! who is at work.

use bytes::Bytes;
use futures_util::FutureExt as _;
use sip::{Flow, Peer};
use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TrySendError;

use super::connection::Wire;
use super::queue::{AllQueued, Queue, Queued, queue};
use super::turns::{Turn, Turns};
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

    /// The next input that waits already.
    pub fn try_next(&mut self) -> Option<(Lane, Wire)> {
        // A look of a task that does not wait: `next` takes what is there before it waits.
        self.next().now_or_never().flatten()
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

    /// Now, by the clock of the loop.
    pub fn now(&self) -> sip::Tick {
        self.clock.now().tick
    }

    /// What came on a connection whose turn it is. The wait for a place counts as waiting, that
    /// for what one has sent oneself does not.
    pub fn bytes(&self, flow: Flow, bytes: Bytes, turn: Turn) -> Wire {
        Wire::Bytes { flow, bytes, at: self.now(), turn }
    }

    /// What came in a datagram, which is lost if all turns are taken: its sender repeats it. False
    /// if the loop is gone.
    pub async fn datagram(&self, flow: Flow, bytes: Bytes, turns: &Turns) -> bool {
        match turns.try_take() {
            Some(turn) => self.tell(self.bytes(flow, bytes, turn), turns).await,
            None => !self.strangers.is_closed(),
        }
    }

    /// Tells the loop; false if it is gone.
    pub async fn tell(&self, wire: Wire, turns: &Turns) -> bool {
        self.lane(turns).send(wire).await.is_ok()
    }

    /// Tells the loop if there is a place.
    ///
    /// # Errors
    /// There is none, or the loop is gone.
    pub fn try_tell(&self, wire: Wire, turns: &Turns) -> Result<(), Full> {
        self.lane(turns).try_send(wire).map_err(|error| match error {
            TrySendError::Full(wire) => Full::Waits(wire),
            TrySendError::Closed(_) => Full::Gone,
        })
    }

    fn lane(&self, turns: &Turns) -> &mpsc::Sender<Wire> {
        if turns.is_known() { &self.known } else { &self.strangers }
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

/// Why the loop could not be told.
pub enum Full {
    /// All places are taken: it has to wait.
    Waits(Wire),
    /// Nobody listens any more.
    Gone,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::KNOWN_IN_A_ROW;

    async fn come(reports: &Reports, flow: Flow, turns: &Turns) -> bool {
        reports.tell(reports.bytes(flow, Bytes::new(), turns.take().await), turns).await
    }

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
            assert!(come(&reports, Flow(2), &strangers).await);
            assert!(come(&reports, Flow(1), &known).await);
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
    async fn a_connection_changes_lanes_in_order() {
        let (reports, mut inbox) = inbox(64, Clock::start());
        let turns = Turns::of(&Peer::Plain(([127, 0, 0, 1], 1).into()));
        assert!(come(&reports, Flow(1), &turns).await);
        turns.vouch();
        // What comes now waits until what came before was dealt with.
        assert!(turns.try_take().is_none());
        assert!(matches!(inbox.next().await, Some((Lane::Strangers, Wire::Bytes { .. }))));
        assert!(turns.try_take().is_some());
        assert!(reports.tell(Wire::Closed { flow: Flow(1), why: sip::Why::Eof }, &turns).await);
        assert!(matches!(inbox.next().await, Some((Lane::Known, Wire::Closed { .. }))));
    }

    #[tokio::test]
    async fn a_full_lane_says_so_and_a_loop_that_is_gone_too() {
        let (reports, inbox) = inbox(1, Clock::start());
        let turns = Turns::new(2, false);
        let closed = || Wire::Closed { flow: Flow(1), why: sip::Why::Eof };
        assert!(reports.try_tell(closed(), &turns).is_ok());
        assert!(matches!(reports.try_tell(closed(), &turns), Err(Full::Waits(_))));
        drop(inbox);
        assert!(matches!(reports.try_tell(closed(), &turns), Err(Full::Gone)));
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
