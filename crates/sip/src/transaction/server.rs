//! The server transaction of every request but INVITE (RFC 3261 §17.2.2 figure 8, RFC 4320).
//!
//! Owns: its states. Read next: `stack/receive`.

use super::timer::{TRY_MS, Timer};
use super::{Act, Effects};

/// The states.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Server {
    /// Nothing was sent.
    Trying,
    /// A provisional response was sent.
    Proceeding,
    /// The final response was sent; repetitions of the request get it again.
    Completed,
}

impl Server {
    /// A new request has come.
    pub(crate) fn start(fx: &mut Effects<'_>) -> Server {
        // The client gives up after 64·T1; RFC 4320 §4.1 forbids a 408 then.
        fx.set(Timer::Forget, TRY_MS);
        Server::Trying
    }

    /// The request has come again.
    pub(crate) fn on_repeated(self, fx: &mut Effects<'_>) -> Server {
        if self != Server::Trying {
            fx.act(Act::Repeat);
        }
        self
    }

    pub(crate) fn on_response(self, status: u16, fx: &mut Effects<'_>) -> Option<Server> {
        match (self, status) {
            (Server::Completed, _) => Some(self),
            (_, ..200) => {
                fx.act(Act::SendResponse);
                Some(Server::Proceeding)
            }
            (_, 200..) => {
                fx.act(Act::SendResponse);
                fx.linger(Timer::J, TRY_MS, Server::Completed)
            }
        }
    }

    pub(crate) fn on_timer(self, timer: Timer, _fx: &mut Effects<'_>) -> Option<Server> {
        match timer {
            Timer::J | Timer::Forget => None,
            _ => Some(self),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::bench::Bench;
    use super::*;

    #[test]
    fn answers_repetitions_over_udp() {
        let mut bench = Bench::new(false);
        let state = Server::start(&mut bench.effects());
        assert_eq!(state.on_repeated(&mut bench.effects()), Server::Trying);
        assert_eq!(bench.acts, []);
        let state = state.on_response(200, &mut bench.effects()).unwrap();
        assert_eq!((state, bench.acts.as_slice()), (Server::Completed, &[Act::SendResponse][..]));
        state.on_repeated(&mut bench.effects());
        assert_eq!(bench.acts, [Act::Repeat]);
        assert_eq!(state.on_response(500, &mut bench.effects()), Some(state));
        assert_eq!(bench.acts, []);
        assert_eq!(bench.fire(), Some(Timer::J));
        assert_eq!(bench.now.0, TRY_MS);
        assert_eq!(state.on_timer(Timer::J, &mut bench.effects()), None);
    }

    #[test]
    fn ends_at_once_on_streams_and_forgets_what_nobody_answers() {
        let mut bench = Bench::new(true);
        let state = Server::start(&mut bench.effects());
        assert_eq!(bench.fire(), Some(Timer::Forget));
        assert_eq!(state.on_timer(Timer::Forget, &mut bench.effects()), None);
        assert_eq!(state.on_response(200, &mut bench.effects()), None);
        assert_eq!(bench.acts, [Act::SendResponse]);
    }
}
