//! Transactions (RFC 3261 §17, corrected by RFC 6026 and RFC 4320).
//!
//! Each machine is a state taken by value and given back: a terminated transaction cannot be used,
//! it has been consumed. The machines see statuses and timers only; messages stay with the stack.
//!
//! Owns: the four machines, their timers, matching. Does not: know flows (`stack`).
//! Read next: `timer`, `key`, `invite_client`, `client`, `invite_server`, `server`.

pub(crate) mod client;
pub(crate) mod follow;
pub(crate) mod invite_client;
pub(crate) mod invite_server;
pub(crate) mod key;
pub(crate) mod server;
pub(crate) mod timer;

use self::timer::{Timer, Timers};
use crate::time::Tick;

/// What a machine wants done with the messages the stack holds for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Act {
    /// Client: send the request (again).
    SendRequest,
    /// Client: acknowledge the response at hand.
    SendAck,
    /// Client: cancel the request.
    SendCancel,
    /// Client: hand the response at hand to the user. Server: hand the ACK at hand to the user.
    Deliver,
    /// Client: tell the user that no final response came.
    TimedOut,
    /// Server: send the response at hand, and keep it.
    SendResponse,
    /// Server: send the last response again.
    Repeat,
    /// Server: make and send 100.
    SendTrying,
}

/// What a machine works with.
pub(crate) struct Effects<'a> {
    pub(crate) now: Tick,
    /// Whether the transport loses nothing.
    pub(crate) reliable: bool,
    pub(crate) timers: &'a mut Timers,
    pub(crate) acts: &'a mut Vec<Act>,
}

impl Effects<'_> {
    fn act(&mut self, act: Act) {
        self.acts.push(act);
    }

    fn set(&mut self, timer: Timer, ms: u64) {
        self.timers.set(timer, self.now.after_ms(ms));
    }

    /// Sets a timer that repeats something or waits for repetitions: there are none on reliable
    /// transports.
    fn set_unreliable(&mut self, timer: Timer, ms: u64) {
        if !self.reliable {
            self.set(timer, ms);
        }
    }

    /// Waits for repetitions in `state`, or is over if there cannot be any.
    fn linger<S>(&mut self, timer: Timer, ms: u64, state: S) -> Option<S> {
        self.timers.stop_all();
        if self.reliable {
            return None;
        }
        self.set(timer, ms);
        Some(state)
    }
}

/// A bench for the tests of the machines.
#[cfg(test)]
pub(crate) mod bench {
    use super::*;

    /// Timers and acts of one transaction under test.
    pub(crate) struct Bench {
        pub(crate) now: Tick,
        pub(crate) reliable: bool,
        pub(crate) timers: Timers,
        pub(crate) acts: Vec<Act>,
    }

    impl Bench {
        pub(crate) fn new(reliable: bool) -> Bench {
            Bench { now: Tick(0), reliable, timers: Timers::new(), acts: Vec::new() }
        }

        pub(crate) fn effects(&mut self) -> Effects<'_> {
            self.acts.clear();
            Effects {
                now: self.now,
                reliable: self.reliable,
                timers: &mut self.timers,
                acts: &mut self.acts,
            }
        }

        /// Lets time pass to the next timer.
        pub(crate) fn fire(&mut self) -> Option<Timer> {
            self.now = self.timers.next_due();
            self.timers.take_fired(self.now)
        }
    }
}
