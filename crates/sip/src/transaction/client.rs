//! The client transaction of every request but INVITE (RFC 3261 §17.1.2 figure 6).
//!
//! Owns: its states. Read next: `invite_server`.

use super::timer::{T1_MS, T2_MS, T4_MS, TRY_MS, Timer};
use super::{Act, Effects};

/// The states.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Client {
    /// Sent, no response yet.
    Trying {
        /// Timer E's next interval.
        interval_ms: u64,
    },
    /// A provisional response has come.
    Proceeding,
    /// The final response has come; its repetitions are swallowed.
    Completed,
}

impl Client {
    /// Sends the request.
    pub(crate) fn start(fx: &mut Effects<'_>) -> Client {
        fx.act(Act::SendRequest);
        fx.set_unreliable(Timer::E, T1_MS);
        fx.set(Timer::F, TRY_MS);
        Client::Trying { interval_ms: T1_MS }
    }

    pub(crate) fn on_response(self, status: u16, fx: &mut Effects<'_>) -> Option<Client> {
        match self {
            Client::Trying { .. } | Client::Proceeding if status < 200 => {
                fx.act(Act::Deliver);
                fx.set_unreliable(Timer::E, T2_MS);
                Some(Client::Proceeding)
            }
            Client::Trying { .. } | Client::Proceeding => {
                fx.act(Act::Deliver);
                fx.linger(Timer::K, T4_MS, Client::Completed)
            }
            Client::Completed => Some(self),
        }
    }

    pub(crate) fn on_timer(self, timer: Timer, fx: &mut Effects<'_>) -> Option<Client> {
        match (self, timer) {
            (Client::Trying { interval_ms }, Timer::E) => {
                let interval_ms = (interval_ms * 2).min(T2_MS);
                fx.act(Act::SendRequest);
                fx.set_unreliable(Timer::E, interval_ms);
                Some(Client::Trying { interval_ms })
            }
            (Client::Proceeding, Timer::E) => {
                fx.act(Act::SendRequest);
                fx.set_unreliable(Timer::E, T2_MS);
                Some(self)
            }
            (Client::Trying { .. } | Client::Proceeding, Timer::F) => {
                fx.timers.stop_all();
                fx.act(Act::TimedOut);
                None
            }
            (Client::Completed, Timer::K) => None,
            _ => Some(self),
        }
    }

    /// Whether the user has got the final response.
    pub(crate) fn is_answered(self) -> bool {
        self == Client::Completed
    }
}

#[cfg(test)]
mod tests {
    use super::super::bench::Bench;
    use super::*;

    #[test]
    fn repeats_over_udp_until_timer_f() {
        let mut bench = Bench::new(false);
        let mut state = Some(Client::start(&mut bench.effects()));
        let mut sent_at = vec![0];
        while let Some(trying) = state {
            let timer = bench.fire().unwrap();
            state = trying.on_timer(timer, &mut bench.effects());
            if bench.acts == [Act::SendRequest] {
                sent_at.push(bench.now.0);
            }
        }
        // RFC 3261 §17.1.2.2: eleven transmissions.
        let expected = [0, 500, 1500, 3500, 7500, 11500, 15500, 19500, 23500, 27500, 31500];
        assert_eq!(sent_at, expected);
        assert_eq!((bench.now.0, bench.acts.as_slice()), (32_000, &[Act::TimedOut][..]));
    }

    #[test]
    fn final_responses_end_it() {
        for (reliable, end) in [(true, None), (false, Some(Client::Completed))] {
            let mut bench = Bench::new(reliable);
            let state = Client::start(&mut bench.effects());
            let state = state.on_response(183, &mut bench.effects()).unwrap();
            assert_eq!(bench.acts, [Act::Deliver]);
            assert_eq!(state.on_response(404, &mut bench.effects()), end);
            assert_eq!(bench.acts, [Act::Deliver]);
            if let Some(state) = end {
                assert_eq!(state.on_response(404, &mut bench.effects()), end);
                assert_eq!(bench.acts, []);
                assert_eq!(bench.fire(), Some(Timer::K));
                assert_eq!(state.on_timer(Timer::K, &mut bench.effects()), None);
                assert_eq!(bench.now.0, T4_MS);
            }
        }
    }
}
