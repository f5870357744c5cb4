//! The INVITE server transaction (RFC 3261 §17.2.1 figure 7, RFC 6026 §8.5).
//!
//! Owns: its states. Does not: repeat 2xx (that is the user's, RFC 3261 §13.3.1.4; streams lose
//! none). Read next: `server`.

use super::timer::{RING_MS, T1_MS, T2_MS, T4_MS, TRY_MS, TRYING_MS, Timer};
use super::{Act, Effects};

/// The states.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum InviteServer {
    /// No final response yet.
    Proceeding,
    /// A final response other than 2xx was sent; the ACK has not come.
    Completed {
        /// Timer G's next interval.
        interval_ms: u64,
    },
    /// The ACK has come; its repetitions are swallowed.
    Confirmed,
    /// A 2xx was sent; repetitions of the INVITE are swallowed.
    Accepted,
}

impl InviteServer {
    /// A new INVITE has come.
    pub(crate) fn start(fx: &mut Effects<'_>) -> InviteServer {
        fx.set(Timer::Trying, TRYING_MS);
        // Longer than any caller lets it ring.
        fx.set(Timer::Forget, 2 * RING_MS);
        InviteServer::Proceeding
    }

    /// The INVITE has come again.
    pub(crate) fn on_repeated(self, fx: &mut Effects<'_>) -> InviteServer {
        match self {
            InviteServer::Proceeding | InviteServer::Completed { .. } => fx.act(Act::Repeat),
            InviteServer::Confirmed | InviteServer::Accepted => {}
        }
        self
    }

    pub(crate) fn on_response(self, status: u16, fx: &mut Effects<'_>) -> Option<InviteServer> {
        match (self, status) {
            (InviteServer::Proceeding, ..200) => {
                fx.timers.stop(Timer::Trying);
                fx.set(Timer::Forget, 2 * RING_MS);
                fx.act(Act::SendResponse);
                Some(self)
            }
            (InviteServer::Proceeding, 200..300) => {
                fx.timers.stop_all();
                fx.act(Act::SendResponse);
                fx.set(Timer::L, TRY_MS);
                Some(InviteServer::Accepted)
            }
            (InviteServer::Proceeding, 300..) => {
                fx.timers.stop_all();
                fx.act(Act::SendResponse);
                fx.set_unreliable(Timer::G, T1_MS);
                fx.set(Timer::H, TRY_MS);
                Some(InviteServer::Completed { interval_ms: T1_MS })
            }
            (InviteServer::Accepted, 200..300) => {
                fx.act(Act::SendResponse);
                Some(self)
            }
            _ => Some(self),
        }
    }

    /// An ACK with the INVITE's branch has come. (Clients of RFC 2543 send such for 2xx too.)
    pub(crate) fn on_ack(self, fx: &mut Effects<'_>) -> Option<InviteServer> {
        match self {
            InviteServer::Completed { .. } => fx.linger(Timer::I, T4_MS, InviteServer::Confirmed),
            InviteServer::Accepted => {
                fx.act(Act::Deliver);
                Some(self)
            }
            InviteServer::Proceeding | InviteServer::Confirmed => Some(self),
        }
    }

    pub(crate) fn on_timer(self, timer: Timer, fx: &mut Effects<'_>) -> Option<InviteServer> {
        match (self, timer) {
            (InviteServer::Proceeding, Timer::Trying) => {
                fx.act(Act::SendTrying);
                Some(self)
            }
            (InviteServer::Completed { interval_ms }, Timer::G) => {
                let interval_ms = (interval_ms * 2).min(T2_MS);
                fx.act(Act::Repeat);
                fx.set_unreliable(Timer::G, interval_ms);
                Some(InviteServer::Completed { interval_ms })
            }
            (_, Timer::H | Timer::I | Timer::L | Timer::Forget) => None,
            _ => Some(self),
        }
    }

    /// Whether the final response is still owed, so that a CANCEL has something to cancel.
    pub(crate) fn is_open(self) -> bool {
        self == InviteServer::Proceeding
    }
}

#[cfg(test)]
mod tests {
    use super::super::bench::Bench;
    use super::*;

    #[test]
    fn says_trying_for_a_slow_user() {
        let mut bench = Bench::new(true);
        let state = InviteServer::start(&mut bench.effects());
        assert_eq!(bench.fire(), Some(Timer::Trying));
        assert_eq!(bench.now.0, 200);
        assert_eq!(state.on_timer(Timer::Trying, &mut bench.effects()), Some(state));
        assert_eq!(bench.acts, [Act::SendTrying]);
        state.on_repeated(&mut bench.effects());
        assert_eq!(bench.acts, [Act::Repeat]);
    }

    #[test]
    fn refusals_are_repeated_over_udp_until_the_ack() {
        let mut bench = Bench::new(false);
        let state = InviteServer::start(&mut bench.effects());
        let mut state = state.on_response(486, &mut bench.effects());
        let mut repeated_at = Vec::new();
        for _ in 0..4 {
            let timer = bench.fire().unwrap();
            state = state.unwrap().on_timer(timer, &mut bench.effects());
            assert_eq!(bench.acts, [Act::Repeat]);
            repeated_at.push(bench.now.0);
        }
        assert_eq!(repeated_at, [500, 1500, 3500, 7500]);
        let state = state.unwrap().on_ack(&mut bench.effects());
        assert_eq!(state, Some(InviteServer::Confirmed));
        assert_eq!(bench.fire(), Some(Timer::I));
        assert_eq!(state.unwrap().on_timer(Timer::I, &mut bench.effects()), None);
    }

    #[test]
    fn streams_end_with_the_ack_or_timer_h() {
        let mut bench = Bench::new(true);
        let state = InviteServer::start(&mut bench.effects());
        let state = state.on_response(486, &mut bench.effects()).unwrap();
        assert_eq!(state.on_ack(&mut bench.effects()), None);
        let mut bench = Bench::new(true);
        let state = InviteServer::start(&mut bench.effects());
        let state = state.on_response(486, &mut bench.effects()).unwrap();
        assert_eq!(bench.fire(), Some(Timer::H));
        assert_eq!(state.on_timer(Timer::H, &mut bench.effects()), None);
    }

    #[test]
    fn accepted_swallows_invites_and_passes_acks() {
        let mut bench = Bench::new(true);
        let state = InviteServer::start(&mut bench.effects());
        let state = state.on_response(200, &mut bench.effects()).unwrap();
        assert_eq!(state.on_repeated(&mut bench.effects()), InviteServer::Accepted);
        assert_eq!(bench.acts, []);
        assert_eq!(state.on_ack(&mut bench.effects()), Some(InviteServer::Accepted));
        assert_eq!(bench.acts, [Act::Deliver]);
        assert_eq!(state.on_response(486, &mut bench.effects()), Some(state));
        assert_eq!(bench.acts, []);
        assert_eq!(bench.fire(), Some(Timer::L));
    }
}
