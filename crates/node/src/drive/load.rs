//! How much a loop has to do, judged by how long its input has waited. Pure: time is an argument.
//!
//! Waiting alone says nothing: who was held up for a moment catches up, and everybody is served.
//! There is too much to do when *everything* has waited for a while (RFC 8289 §3 calls it a
//! standing queue). It is over with the first input that has not waited, and if it comes again
//! soon, there is no need to look for long.

use sip::{Load, Tick};

use crate::limits;

/// See the head of the file.
#[derive(Debug, Default)]
pub struct Gauge {
    load: Load,
    /// Since when everything has waited too long.
    late_since: Option<Tick>,
    /// When there was too much to do last.
    over_at: Option<Tick>,
}

impl Gauge {
    /// An input is taken that has waited for so long, while so many writes are under way.
    pub fn note(&mut self, now: Tick, waited_ms: u64, writes: usize) -> Load {
        self.load = match self.decide(now, waited_ms) {
            _ if writes >= limits::WRITES_OVERLOADED => Load::Overloaded,
            load => load,
        };
        if self.load != Load::Calm {
            self.over_at = Some(now);
        }
        self.load
    }

    /// What was noted last.
    pub fn load(&self) -> Load {
        self.load
    }

    fn decide(&mut self, now: Tick, waited_ms: u64) -> Load {
        if waited_ms < limits::WAIT_CALM_MS {
            self.late_since = None;
            return Load::Calm;
        }
        if waited_ms < limits::WAIT_BUSY_MS {
            return self.load.min(Load::Busy);
        }
        let since = *self.late_since.get_or_insert(now);
        let is_back = self.over_at.is_some_and(|at| now.since(at) < limits::RELAPSE_MS);
        if self.load == Load::Calm && !is_back && now.since(since) < limits::STANDING_MS {
            return Load::Calm;
        }
        let overloaded_ms = match self.load {
            Load::Overloaded => limits::WAIT_BUSY_MS,
            Load::Calm | Load::Busy => limits::WAIT_OVERLOADED_MS,
        };
        if waited_ms < overloaded_ms { Load::Busy } else { Load::Overloaded }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::{
        RELAPSE_MS, STANDING_MS, WAIT_BUSY_MS, WAIT_CALM_MS, WAIT_OVERLOADED_MS, WRITES_OVERLOADED,
    };

    #[test]
    fn a_standing_queue_is_too_much_and_its_end_is_noticed_at_once() {
        let mut gauge = Gauge::default();
        let mut note = |at: u64, waited_ms| gauge.note(Tick(at), waited_ms, 0);
        // Held up for a moment: what has waited for long is taken all at once.
        for waited_ms in [5_000, 4_000, 3_000] {
            assert_eq!(note(1_000, waited_ms), Load::Calm);
        }
        assert_eq!(note(1_001, WAIT_CALM_MS - 1), Load::Calm);
        // A queue that stands.
        let end = 2_000 + STANDING_MS;
        assert_eq!(note(2_000, WAIT_BUSY_MS), Load::Calm);
        assert_eq!(note(end - 1, WAIT_BUSY_MS), Load::Calm);
        assert_eq!(note(end, WAIT_BUSY_MS), Load::Busy);
        assert_eq!(note(end, WAIT_OVERLOADED_MS - 1), Load::Busy);
        assert_eq!(note(end, WAIT_OVERLOADED_MS), Load::Overloaded);
        // It does not flutter.
        assert_eq!(note(end, WAIT_BUSY_MS), Load::Overloaded);
        assert_eq!(note(end, WAIT_BUSY_MS - 1), Load::Busy);
        assert_eq!(note(end, WAIT_CALM_MS), Load::Busy);
        assert_eq!(note(end, WAIT_CALM_MS - 1), Load::Calm);
        // Again, soon: no need to wait. Later: a new look.
        assert_eq!(note(end + RELAPSE_MS - 1, WAIT_BUSY_MS), Load::Busy);
        assert_eq!(note(end + RELAPSE_MS, 0), Load::Calm);
        assert_eq!(note(end + 2 * RELAPSE_MS, WAIT_OVERLOADED_MS), Load::Calm);
    }

    #[test]
    fn a_store_that_is_behind_is_too_much_to_do() {
        let mut gauge = Gauge::default();
        assert_eq!(gauge.note(Tick(1), 0, WRITES_OVERLOADED - 1), Load::Calm);
        assert_eq!(gauge.note(Tick(2), 0, WRITES_OVERLOADED), Load::Overloaded);
        assert_eq!(gauge.note(Tick(3), 0, WRITES_OVERLOADED - 1), Load::Calm);
        assert_eq!(gauge.load(), Load::Calm);
    }
}
