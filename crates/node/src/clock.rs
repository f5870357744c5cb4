//! The clock of the node: the only place that reads time. Everything below takes it as an
//! argument, so that tests and the simulator control it.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use rustls::pki_types::UnixTime;
use rustls::time_provider::TimeProvider;
use sip::{Now, Tick};
use tokio::sync::watch;

use crate::limits;

/// A monotonic clock that started with the process, and the wall clock beside it. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Clock {
    start: Instant,
    /// How far the wall clock is from the system's, if somebody here may set it.
    ahead_ms: Option<watch::Receiver<i64>>,
}

/// Sets the wall clock of a node, as a time server or a person sets a computer's. Ticks, and with
/// them all timers that run, are left alone.
#[derive(Debug)]
pub struct WallClock(watch::Sender<i64>);

impl WallClock {
    /// Moves it by so much, backwards if negative.
    pub fn advance_ms(&self, by_ms: i64) {
        self.0.send_modify(|ahead| *ahead = ahead.saturating_add(by_ms));
    }
}

#[expect(clippy::disallowed_methods, reason = "this is the one place that reads the clocks")]
impl Clock {
    /// A clock whose tick 0 is now.
    pub fn start() -> Clock {
        Clock { start: Instant::now(), ahead_ms: None }
    }

    /// One whose wall clock can be set.
    pub fn settable() -> (Clock, WallClock) {
        let (sender, ahead_ms) = watch::channel(0);
        (Clock { start: Instant::now(), ahead_ms: Some(ahead_ms) }, WallClock(sender))
    }

    /// Both clocks.
    pub fn now(&self) -> Now {
        let ticks = u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX);
        let ahead_ms = self.ahead_ms.as_ref().map_or(0, |ahead| *ahead.borrow());
        Now { tick: Tick(ticks), wall_ms: Clock::wall_ms().saturating_add(ahead_ms) }
    }

    /// Since the process started, as precisely as the system knows.
    pub fn elapsed(&self) -> Duration {
        self.start.elapsed()
    }

    /// The system's wall clock, for what has no node's: milliseconds since 1970, UTC.
    pub fn wall_ms() -> i64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
    }

    /// The instant of a tick, to sleep until.
    pub fn instant(&self, tick: Tick) -> tokio::time::Instant {
        // A tick far in the future must not overflow the instant.
        let ahead = Duration::from_millis(tick.0.min(u64::from(u32::MAX)));
        tokio::time::Instant::from_std(self.start + ahead)
    }
}

impl Clock {
    /// Sleeps until the wall clock shows that time. A system's clock is set without a word, so it
    /// is looked at now and then.
    pub async fn until(&self, at_ms: i64) {
        let mut ahead_ms = self.ahead_ms.clone();
        loop {
            if let Some(ahead) = &mut ahead_ms {
                ahead.mark_unchanged();
            }
            let left_ms = at_ms.saturating_sub(self.now().wall_ms);
            if left_ms <= 0 {
                return;
            }
            let left = Duration::from_millis(left_ms.unsigned_abs()).min(limits::LOOK_AT_CLOCK);
            tokio::select! {
                () = tokio::time::sleep(left) => {}
                () = was_set(ahead_ms.as_mut()) => {}
            }
        }
    }

    /// Beats at once, then regularly, and whenever somebody here has set the wall clock.
    pub fn pace(&self, every: Duration) -> Pace {
        let mut ticks = tokio::time::interval(every);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        Pace { ticks, ahead_ms: self.ahead_ms.clone() }
    }
}

/// See [`Clock::pace`].
pub struct Pace {
    ticks: tokio::time::Interval,
    ahead_ms: Option<watch::Receiver<i64>>,
}

impl Pace {
    /// Waits for the next beat.
    pub async fn beat(&mut self) {
        tokio::select! {
            _ = self.ticks.tick() => {}
            () = was_set(self.ahead_ms.as_mut()) => {}
        }
    }
}

/// Until somebody here sets the wall clock.
async fn was_set(ahead_ms: Option<&mut watch::Receiver<i64>>) {
    let lives = match ahead_ms {
        Some(ahead) => ahead.changed().await.is_ok(),
        None => false,
    };
    if !lives {
        std::future::pending::<()>().await;
    }
}

/// What certificates are judged by in a handshake.
impl TimeProvider for Clock {
    fn current_time(&self) -> Option<UnixTime> {
        let now_ms = u64::try_from(self.now().wall_ms).ok()?;
        Some(UnixTime::since_unix_epoch(Duration::from_millis(now_ms)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR_MS: i64 = 3_600_000;

    #[tokio::test]
    async fn who_waits_for_a_time_wakes_when_the_clock_is_set() {
        let (clock, wall) = Clock::settable();
        let begun = clock.now();
        let mut pace = clock.pace(Duration::from_secs(3600));
        pace.beat().await;
        let waiting = tokio::spawn({
            let (clock, at_ms) = (clock.clone(), begun.wall_ms + 2 * HOUR_MS);
            async move { clock.until(at_ms).await }
        });
        wall.advance_ms(HOUR_MS);
        pace.beat().await;
        tokio::task::yield_now().await;
        assert!(!waiting.is_finished(), "it is not that late");
        wall.advance_ms(HOUR_MS);
        pace.beat().await;
        waiting.await.expect("it wakes");
        let now = clock.now();
        assert!(now.wall_ms >= begun.wall_ms + 2 * HOUR_MS);
        assert!(now.tick.0 < begun.tick.0 + 3_600_000, "ticks go on as before");
        wall.advance_ms(-3 * HOUR_MS);
        assert!(clock.now().wall_ms < begun.wall_ms);
        let at_ms = u128::from(begun.wall_ms.unsigned_abs() / 1000);
        let seen = clock.current_time().expect("a time").as_secs();
        assert!(u128::from(seen) < at_ms);
    }

    #[tokio::test]
    async fn a_clock_that_nobody_can_set_any_more_goes_on() {
        let (clock, wall) = Clock::settable();
        drop(wall);
        let mut pace = clock.pace(Duration::from_millis(1));
        for _ in 0..3 {
            pace.beat().await;
        }
        clock.until(clock.now().wall_ms + 1).await;
    }
}
