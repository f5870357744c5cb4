//! What is due when.
//!
//! Owns: the order of all timers of a stack: one entry for each transaction and flow that has any.
//! Does not: know what a timer means (`transaction`, `flows`). Read next: `transaction/timer`.

use super::Stack;
use super::event::Flow;
use crate::time::Tick;

/// Who has a timer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Due {
    /// A client transaction.
    Client(u64),
    /// A server transaction.
    Server(u64),
    /// A flow.
    Flow(Flow),
}

impl Stack {
    /// Does everything that is due.
    pub(super) fn handle_timeout(&mut self) {
        while let Some((at, due)) = self.due.first().copied().filter(|(at, _)| *at <= self.now.tick)
        {
            self.due.remove(&(at, due));
            match due {
                Due::Client(number) => self.client_due(number),
                Due::Server(number) => self.server_due(number),
                Due::Flow(flow) => self.flow_due(flow),
            }
        }
    }

    /// When something is due next.
    pub(super) fn next_due(&self) -> Tick {
        self.due.first().map_or(Tick::NEVER, |(at, _)| *at)
    }

    /// Moves the entry of `due` from `from` to `to`.
    pub(super) fn reschedule(&mut self, due: Due, from: Tick, to: Tick) {
        if from != to {
            self.due.remove(&(from, due));
            if to != Tick::NEVER {
                self.due.insert((to, due));
            }
        }
    }
}
