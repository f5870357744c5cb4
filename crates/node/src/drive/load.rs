//! How much a loop has to do, judged by how long its input has waited. Pure: time is an argument.
//!
//! Waiting alone says nothing: who was held up for a moment catches up, and everybody is served.
//! There is too much to do when *everything* has waited for a while (RFC 8289 §3 calls it a
//! standing queue). It is over with the first input that has not waited, and if it comes again
//! soon, there is no need to look for long.
//!
//! Strangers stand in a line of their own (`inbox`). If only theirs is long, only they are sent
//! away; if that of the known is, nobody begins anything new.

use sip::{Load, Tick};

use super::inbox::Lane;
use crate::limits;

/// See the head of the file.
#[derive(Debug, Default)]
pub struct Gauge {
    known: Line,
    strangers: Line,
    load: Load,
}

/// What is known of one line.
#[derive(Debug, Default)]
struct Line {
    is_long: bool,
    /// Since when everything has waited too long.
    late_since: Option<Tick>,
    /// When it was long last.
    long_at: Option<Tick>,
}

impl Gauge {
    /// An input is taken that has waited for so long in its line, while so many writes are under
    /// way.
    pub fn note(&mut self, now: Tick, lane: Lane, waited_ms: u64, writes: usize) -> Load {
        match lane {
            Lane::Known => self.known.note(now, waited_ms),
            Lane::Strangers => self.strangers.note(now, waited_ms),
        }
        self.load = match (self.known.is_long, self.strangers.is_long) {
            _ if writes >= limits::WRITES_OVERLOADED => Load::Overloaded,
            (true, _) => Load::Overloaded,
            (false, true) => Load::Busy,
            (false, false) => Load::Calm,
        };
        self.load
    }

    /// Nobody waits in a line.
    pub fn empty(&mut self, lane: Lane) {
        match lane {
            Lane::Known => self.known.ends(),
            Lane::Strangers => self.strangers.ends(),
        }
    }

    /// What was noted last.
    pub fn load(&self) -> Load {
        self.load
    }
}

impl Line {
    fn note(&mut self, now: Tick, waited_ms: u64) {
        if waited_ms < limits::WAIT_CALM_MS {
            return self.ends();
        }
        if waited_ms >= limits::WAIT_LONG_MS {
            let since = *self.late_since.get_or_insert(now);
            let is_back = self.long_at.is_some_and(|at| now.since(at) < limits::RELAPSE_MS);
            self.is_long |= is_back || now.since(since) >= limits::STANDING_MS;
        }
        if self.is_long {
            self.long_at = Some(now);
        }
    }

    fn ends(&mut self) {
        (self.is_long, self.late_since) = (false, None);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::{RELAPSE_MS, STANDING_MS, WAIT_CALM_MS, WAIT_LONG_MS, WRITES_OVERLOADED};

    #[test]
    fn a_standing_queue_is_too_much_and_its_end_is_noticed_at_once() {
        for (lane, too_much) in [(Lane::Strangers, Load::Busy), (Lane::Known, Load::Overloaded)] {
            let mut gauge = Gauge::default();
            let mut note = |at: u64, waited_ms| gauge.note(Tick(at), lane, waited_ms, 0);
            // Held up for a moment: what has waited for long is taken all at once.
            for waited_ms in [5_000, 4_000, 3_000] {
                assert_eq!(note(1_000, waited_ms), Load::Calm);
            }
            assert_eq!(note(1_001, WAIT_CALM_MS - 1), Load::Calm);
            // A queue that stands.
            let end = 2_000 + STANDING_MS;
            assert_eq!(note(2_000, WAIT_LONG_MS), Load::Calm);
            assert_eq!(note(end - 1, WAIT_LONG_MS), Load::Calm);
            assert_eq!(note(end, WAIT_LONG_MS - 1), Load::Calm);
            assert_eq!(note(end, WAIT_LONG_MS), too_much);
            // It does not flutter.
            assert_eq!(note(end, WAIT_CALM_MS), too_much);
            assert_eq!(note(end, WAIT_CALM_MS - 1), Load::Calm);
            // Again, soon: no need to wait. Later: a new look.
            assert_eq!(note(end + RELAPSE_MS - 1, WAIT_LONG_MS), too_much);
            assert_eq!(note(end + RELAPSE_MS, 0), Load::Calm);
            assert_eq!(note(end + 3 * RELAPSE_MS, WAIT_LONG_MS), Load::Calm);
        }
    }

    #[test]
    fn a_line_in_which_nobody_waits_is_not_long() {
        let mut gauge = Gauge::default();
        for at in [0, STANDING_MS] {
            gauge.note(Tick(at), Lane::Known, WAIT_LONG_MS, 0);
            gauge.note(Tick(at), Lane::Strangers, WAIT_LONG_MS, 0);
        }
        assert_eq!(gauge.load(), Load::Overloaded);
        gauge.empty(Lane::Known);
        assert_eq!(gauge.note(Tick(STANDING_MS), Lane::Strangers, WAIT_LONG_MS, 0), Load::Busy);
        gauge.empty(Lane::Strangers);
        assert_eq!(gauge.note(Tick(STANDING_MS), Lane::Known, 0, 0), Load::Calm);
    }

    #[test]
    fn a_store_that_is_behind_is_too_much_to_do() {
        let mut gauge = Gauge::default();
        let mut note = |writes| gauge.note(Tick(1), Lane::Known, 0, writes);
        assert_eq!(note(WRITES_OVERLOADED - 1), Load::Calm);
        assert_eq!(note(WRITES_OVERLOADED), Load::Overloaded);
        assert_eq!(note(WRITES_OVERLOADED - 1), Load::Calm);
    }
}
