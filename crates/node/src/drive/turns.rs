//! The right of a connection to have something in its loop's queue: whoever sends without end waits
//! for its turn like everybody else, so the queue is as long as there are many who send, not as one
//! of them likes.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Context, Poll};

use futures_util::task::AtomicWaker;
use sip::Peer;

use crate::limits;

/// Those of a connection. One task at a time may wait for one.
#[derive(Clone, Debug)]
pub struct Turns(Arc<Shared>);

/// One of them, given back when it is dropped.
#[derive(Debug)]
pub struct Turn(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    free: AtomicUsize,
    is_known: AtomicBool,
    waiting: AtomicWaker,
}

impl Turns {
    /// Those of a stream. A client has one, so that nothing of it overtakes when it changes lanes.
    pub fn of(peer: &Peer) -> Turns {
        let is_trusted = peer.identity().is_some();
        let count = if is_trusted { limits::TURNS_TRUSTED } else { limits::TURNS };
        Turns::new(count, is_trusted)
    }

    /// Those of many who share a socket, all known or all strangers.
    pub fn new(count: usize, is_known: bool) -> Turns {
        Turns(Arc::new(Shared {
            free: AtomicUsize::new(count),
            is_known: AtomicBool::new(is_known),
            waiting: AtomicWaker::new(),
        }))
    }

    /// Whoever is there has proved who they are.
    pub fn vouch(&self) {
        self.0.is_known.store(true, Ordering::Relaxed);
    }

    /// Whether they have.
    pub fn is_known(&self) -> bool {
        self.0.is_known.load(Ordering::Relaxed)
    }

    /// A turn, if one is free.
    pub fn try_take(&self) -> Option<Turn> {
        let one_less = |free: usize| free.checked_sub(1);
        let taken = self.0.free.fetch_update(Ordering::Acquire, Ordering::Relaxed, one_less);
        taken.is_ok().then(|| Turn(Arc::clone(&self.0)))
    }

    /// A turn, when one is free.
    pub fn poll_take(&self, ctx: &mut Context<'_>) -> Poll<Turn> {
        if let Some(turn) = self.try_take() {
            return Poll::Ready(turn);
        }
        self.0.waiting.register(ctx.waker());
        // One may have been given back between the look and the registration.
        self.try_take().map_or(Poll::Pending, Poll::Ready)
    }

    /// A turn, when one is free.
    pub async fn take(&self) -> Turn {
        std::future::poll_fn(|ctx| self.poll_take(ctx)).await
    }

    #[cfg(test)]
    pub(super) fn free(&self) -> usize {
        self.0.free.load(Ordering::Relaxed)
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.0.free.fetch_add(1, Ordering::Release);
        self.0.waiting.wake();
    }
}

#[cfg(test)]
mod tests {
    use std::task::Waker;

    use super::*;

    #[test]
    fn a_client_has_one_turn_and_gets_it_back() {
        let turns = Turns::of(&Peer::Plain(([127, 0, 0, 1], 1).into()));
        let mut ctx = Context::from_waker(Waker::noop());
        assert_eq!(turns.free(), limits::TURNS);
        let turn = turns.try_take();
        assert!(turn.is_some());
        assert!(turns.poll_take(&mut ctx).is_pending());
        drop(turn);
        assert!(turns.poll_take(&mut ctx).is_ready());
        let trusted = Peer::mutual(([127, 0, 0, 1], 1).into(), sip::PeerIdentity::default());
        assert_eq!(Turns::of(&trusted).free(), limits::TURNS_TRUSTED);
    }
}
