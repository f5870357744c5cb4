//! The INVITE client transaction (RFC 3261 §17.1.1 figure 5, RFC 6026 §8.4).
//!
//! Owns: its states. Does not: build ACK or CANCEL (`follow`). Read next: `client`.

use super::timer::{RING_MS, T1_MS, TRY_MS, Timer};
use super::{Act, Effects};

/// How long repetitions of a response are acknowledged: at least 32 s (RFC 3261 §17.1.1.2).
const TIMER_D_MS: u64 = 32_000;

/// The states.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum InviteClient {
    /// Sent, no response yet.
    Calling {
        /// Timer A's next interval.
        interval_ms: u64,
    },
    /// A provisional response has come.
    Proceeding,
    /// A final response other than 2xx was acknowledged; its repetitions will be.
    Completed,
    /// A 2xx has come; its repetitions go to the user, who acknowledges them.
    Accepted,
}

impl InviteClient {
    /// Sends the request.
    pub(crate) fn start(fx: &mut Effects<'_>) -> InviteClient {
        fx.act(Act::SendRequest);
        fx.set_unreliable(Timer::A, T1_MS);
        fx.set(Timer::B, TRY_MS);
        InviteClient::Calling { interval_ms: T1_MS }
    }

    pub(crate) fn on_response(self, status: u16, fx: &mut Effects<'_>) -> Option<InviteClient> {
        use InviteClient::{Accepted, Calling, Completed, Proceeding};
        match (self, status) {
            (Calling { .. } | Proceeding, ..200) => {
                if matches!(self, Calling { .. }) {
                    fx.timers.stop_all();
                }
                fx.set(Timer::C, RING_MS);
                fx.act(Act::Deliver);
                Some(Proceeding)
            }
            (Calling { .. } | Proceeding, 200..300) => {
                fx.timers.stop_all();
                fx.act(Act::Deliver);
                fx.set(Timer::M, TRY_MS);
                Some(Accepted)
            }
            (Calling { .. } | Proceeding, 300..) => {
                fx.act(Act::SendAck);
                fx.act(Act::Deliver);
                fx.linger(Timer::D, TIMER_D_MS, Completed)
            }
            (Completed, 300..) => {
                fx.act(Act::SendAck);
                Some(self)
            }
            (Accepted, 200..300) => {
                fx.act(Act::Deliver);
                Some(self)
            }
            (Completed | Accepted, _) => Some(self),
        }
    }

    pub(crate) fn on_timer(self, timer: Timer, fx: &mut Effects<'_>) -> Option<InviteClient> {
        match (self, timer) {
            (InviteClient::Calling { interval_ms }, Timer::A) => {
                let interval_ms = interval_ms * 2;
                fx.act(Act::SendRequest);
                fx.set_unreliable(Timer::A, interval_ms);
                Some(InviteClient::Calling { interval_ms })
            }
            (InviteClient::Calling { .. } | InviteClient::Proceeding, Timer::B) => {
                fx.timers.stop_all();
                fx.act(Act::TimedOut);
                None
            }
            (InviteClient::Proceeding, Timer::C) => {
                fx.act(Act::SendCancel);
                Some(self)
            }
            (InviteClient::Completed, Timer::D) | (InviteClient::Accepted, Timer::M) => None,
            _ => Some(self),
        }
    }

    /// The CANCEL was sent: if no final response follows in time, none will (RFC 3261 §9.1).
    pub(crate) fn on_cancelled(self, fx: &mut Effects<'_>) -> InviteClient {
        if self == InviteClient::Proceeding {
            fx.set(Timer::B, TRY_MS);
        }
        self
    }

    /// Whether the user has got the final response.
    pub(crate) fn is_answered(self) -> bool {
        matches!(self, InviteClient::Completed | InviteClient::Accepted)
    }
}

#[cfg(test)]
mod tests {
    use super::super::bench::Bench;
    use super::*;

    #[test]
    fn repeats_over_udp_until_timer_b() {
        let mut bench = Bench::new(false);
        let mut state = Some(InviteClient::start(&mut bench.effects()));
        assert_eq!(bench.acts, [Act::SendRequest]);
        let mut sent_at = vec![0];
        while let Some(calling) = state {
            let timer = bench.fire().unwrap();
            state = calling.on_timer(timer, &mut bench.effects());
            if bench.acts == [Act::SendRequest] {
                sent_at.push(bench.now.0);
            }
        }
        // RFC 3261 §17.1.1.2: seven transmissions.
        assert_eq!(sent_at, [0, 500, 1500, 3500, 7500, 15500, 31500]);
        assert_eq!((bench.now.0, bench.acts.as_slice()), (32_000, &[Act::TimedOut][..]));
    }

    #[test]
    fn states_follow_statuses() {
        let calling = InviteClient::Calling { interval_ms: 500 };
        for (reliable, from, status, to, acts) in [
            (true, calling, 180, Some(InviteClient::Proceeding), &[Act::Deliver][..]),
            (true, calling, 200, Some(InviteClient::Accepted), &[Act::Deliver]),
            (true, calling, 486, None, &[Act::SendAck, Act::Deliver]),
            (false, calling, 486, Some(InviteClient::Completed), &[Act::SendAck, Act::Deliver]),
            (false, InviteClient::Completed, 486, Some(InviteClient::Completed), &[Act::SendAck]),
            (false, InviteClient::Completed, 180, Some(InviteClient::Completed), &[]),
            (true, InviteClient::Accepted, 200, Some(InviteClient::Accepted), &[Act::Deliver]),
            (true, InviteClient::Accepted, 486, Some(InviteClient::Accepted), &[]),
        ] {
            let mut bench = Bench::new(reliable);
            assert_eq!(from.on_response(status, &mut bench.effects()), to, "{from:?} {status}");
            assert_eq!(bench.acts, acts);
        }
    }

    #[test]
    fn rings_only_so_long() {
        let mut bench = Bench::new(true);
        let state = InviteClient::start(&mut bench.effects());
        let state = state.on_response(180, &mut bench.effects()).unwrap();
        assert_eq!(bench.fire(), Some(Timer::C));
        let state = state.on_timer(Timer::C, &mut bench.effects()).unwrap();
        assert_eq!(bench.acts, [Act::SendCancel]);
        let state = state.on_cancelled(&mut bench.effects());
        assert_eq!(bench.fire(), Some(Timer::B));
        assert_eq!(bench.now.0, RING_MS + TRY_MS);
        assert_eq!(state.on_timer(Timer::B, &mut bench.effects()), None);
        assert_eq!(bench.acts, [Act::TimedOut]);
    }
}
