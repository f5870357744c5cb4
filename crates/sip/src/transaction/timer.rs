//! Timers of transactions, as a table (RFC 3261 §17 and its table 4, RFC 6026 §7).
//!
//! Owns: names, durations, which are set. Does not: wait (`stack/due` does).
//! Read next: `invite_client`.

use crate::time::Tick;

/// The round-trip time assumed (RFC 3261 §17.1.1.1).
pub(crate) const T1_MS: u64 = 500;
/// The longest time between repetitions of a request other than INVITE, or of a response to INVITE.
pub(crate) const T2_MS: u64 = 4_000;
/// The longest time a message stays in the network.
pub(crate) const T4_MS: u64 = 5_000;
/// How long a transaction tries.
pub(crate) const TRY_MS: u64 = 64 * T1_MS;
/// How long the user of the stack may be silent about an INVITE before it is told 100
/// (RFC 3261 §17.2.1).
pub(crate) const TRYING_MS: u64 = 200;
/// How long an INVITE may ring; RFC 3261 §16.6 step 11 wants more than three minutes.
pub(crate) const RING_MS: u64 = 200_000;

/// One timer of a transaction. N belongs to `subscription`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Timer {
    /// Repeat an INVITE (unreliable transports; doubles).
    A,
    /// Give up on an INVITE without response.
    B,
    /// Cancel an INVITE that only rings.
    C,
    /// Stop waiting for repetitions of a response other than 2xx to INVITE.
    D,
    /// Repeat a request other than INVITE (unreliable transports; doubles up to T2).
    E,
    /// Give up on a request other than INVITE.
    F,
    /// Repeat a response other than 2xx to INVITE (unreliable transports; doubles up to T2).
    G,
    /// Stop waiting for the ACK.
    H,
    /// Stop waiting for repetitions of the ACK.
    I,
    /// Stop waiting for repetitions of a request other than INVITE.
    J,
    /// Stop waiting for repetitions of a response to a request other than INVITE.
    K,
    /// Stop waiting for repetitions of an INVITE that was accepted.
    L,
    /// Stop waiting for repetitions of a 2xx to INVITE.
    M,
    /// Ours: say 100 to an INVITE nobody has answered yet.
    Trying,
    /// Ours: forget a request the user of the stack never answered.
    Forget,
}

/// How many timers there are.
const TIMERS: usize = Timer::Forget as usize + 1;

/// When each timer of one transaction fires.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Timers([Tick; TIMERS]);

impl Timers {
    const ALL: [Timer; TIMERS] = [
        Timer::A,
        Timer::B,
        Timer::C,
        Timer::D,
        Timer::E,
        Timer::F,
        Timer::G,
        Timer::H,
        Timer::I,
        Timer::J,
        Timer::K,
        Timer::L,
        Timer::M,
        Timer::Trying,
        Timer::Forget,
    ];

    pub(crate) fn new() -> Timers {
        Timers([Tick::NEVER; TIMERS])
    }

    pub(crate) fn set(&mut self, timer: Timer, at: Tick) {
        if let Some(slot) = self.0.get_mut(timer as usize) {
            *slot = at;
        }
    }

    pub(crate) fn stop(&mut self, timer: Timer) {
        self.set(timer, Tick::NEVER);
    }

    pub(crate) fn stop_all(&mut self) {
        self.0 = [Tick::NEVER; TIMERS];
    }

    /// When the next one fires.
    pub(crate) fn next_due(&self) -> Tick {
        self.0.iter().copied().min().unwrap_or(Tick::NEVER)
    }

    /// The timer that has fired first, taken out of the table.
    pub(crate) fn take_fired(&mut self, now: Tick) -> Option<Timer> {
        let at = self.next_due();
        if at > now || at == Tick::NEVER {
            return None;
        }
        let fired = self.0.iter().position(|due| *due == at)?;
        let timer = Timers::ALL.get(fired).copied()?;
        self.stop(timer);
        Some(timer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fire_in_order_and_once() {
        for (at, timer) in Timers::ALL.iter().enumerate() {
            assert_eq!(*timer as usize, at);
        }
        let mut timers = Timers::new();
        assert_eq!(timers.take_fired(Tick(u64::MAX - 1)), None);
        timers.set(Timer::F, Tick(30));
        timers.set(Timer::E, Tick(10));
        assert_eq!(timers.next_due(), Tick(10));
        assert_eq!(timers.take_fired(Tick(9)), None);
        assert_eq!(timers.take_fired(Tick(40)), Some(Timer::E));
        assert_eq!(timers.take_fired(Tick(40)), Some(Timer::F));
        assert_eq!(timers.take_fired(Tick(40)), None);
    }
}
