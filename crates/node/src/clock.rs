//! The clock of the node: the only place that reads time. Everything below takes it as an
//! argument, so that tests and the simulator control it.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use sip::{Now, Tick};

/// A monotonic clock that started with the process, and the wall clock beside it.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    start: Instant,
}

#[expect(clippy::disallowed_methods, reason = "this is the one place that reads the clocks")]
impl Clock {
    /// A clock whose tick 0 is now.
    pub fn start() -> Clock {
        Clock { start: Instant::now() }
    }

    /// Both clocks.
    pub fn now(&self) -> Now {
        let ticks = u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX);
        Now { tick: Tick(ticks), wall_ms: Clock::wall_ms() }
    }

    /// Since the process started, as precisely as the system knows.
    pub fn elapsed(&self) -> Duration {
        self.start.elapsed()
    }

    /// Milliseconds since 1970, UTC.
    pub fn wall_ms() -> i64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
    }

    /// How long it is until a moment of the wall clock; a day at most, then one looks again.
    pub fn until(at_ms: i64) -> Duration {
        let left_ms = at_ms.saturating_sub(Clock::wall_ms()).clamp(0, 24 * 60 * 60 * 1000);
        Duration::from_millis(left_ms.unsigned_abs())
    }

    /// The instant of a tick, to sleep until.
    pub fn instant(&self, tick: Tick) -> tokio::time::Instant {
        // A tick far in the future must not overflow the instant.
        let ahead = Duration::from_millis(tick.0.min(u64::from(u32::MAX)));
        tokio::time::Instant::from_std(self.start + ahead)
    }
}
