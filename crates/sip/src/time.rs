//! The two times a caller hands in: a monotonic tick and the wall clock.
//!
//! Owns: `Tick`, `Now`. Does not: read any clock (only `node` does).
//! Read next: `stack`.

use std::ops::{Add, Sub};

/// Milliseconds since the process started; never goes back. All timers and expiries use it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Tick(pub u64);

impl Tick {
    /// A time that does not come: "no timer is set".
    pub const NEVER: Tick = Tick(u64::MAX);

    /// This tick and `ms` milliseconds more, never past [`Tick::NEVER`].
    #[must_use]
    pub fn after_ms(self, ms: u64) -> Tick {
        Tick(self.0.saturating_add(ms))
    }

    /// This tick and `s` seconds more, never past [`Tick::NEVER`].
    #[must_use]
    pub fn after_s(self, s: u64) -> Tick {
        self.after_ms(s.saturating_mul(1000))
    }

    /// Milliseconds from `earlier` to this tick; 0 if `earlier` is later.
    #[must_use]
    pub fn since(self, earlier: Tick) -> u64 {
        self.0.saturating_sub(earlier.0)
    }
}

impl Add<u64> for Tick {
    type Output = Tick;
    fn add(self, ms: u64) -> Tick {
        self.after_ms(ms)
    }
}

impl Sub<Tick> for Tick {
    type Output = u64;
    fn sub(self, earlier: Tick) -> u64 {
        self.since(earlier)
    }
}

/// The present moment, in both measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Now {
    /// Monotonic time, for timers and expiries.
    pub tick: Tick,
    /// Milliseconds UTC since 1970, for display, nonces and durable rows.
    pub wall_ms: i64,
}
