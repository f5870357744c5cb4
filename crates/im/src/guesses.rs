//! Wrong passwords counted, so that a password cannot be guessed by trying. Pure.

use std::collections::HashMap;
use std::net::IpAddr;

use sip::Tick;

use crate::limits;

/// Failures by login, and the addresses from which each login has succeeded: an attacker must
/// not be able to lock the owner out of a known place.
#[derive(Debug, Default)]
pub(crate) struct Guesses {
    failed: HashMap<String, Window>,
    known: HashMap<(String, IpAddr), Tick>,
}

#[derive(Debug)]
struct Window {
    count: u32,
    since: Tick,
}

impl Guesses {
    /// Whether another try may be judged.
    pub(crate) fn may_try(&self, now: Tick, login: &str, from: IpAddr) -> bool {
        let Some(window) = self.failed.get(login) else { return true };
        let max = if self.known.contains_key(&(login.to_owned(), from)) {
            limits::GUESSES_FROM_KNOWN_PLACE_MAX
        } else {
            limits::GUESSES_MAX
        };
        window.count < max || now.since(window.since) >= limits::GUESSES_WINDOW_MS
    }

    /// A try failed.
    pub(crate) fn failed(&mut self, now: Tick, login: &str) {
        if self.failed.len() >= limits::GUESSED_LOGINS_MAX {
            self.failed.retain(|_, window| now.since(window.since) < limits::GUESSES_WINDOW_MS);
        }
        if self.failed.len() >= limits::GUESSED_LOGINS_MAX {
            self.failed.clear();
        }
        let window = self.failed.entry(login.to_owned()).or_insert(Window { count: 0, since: now });
        if now.since(window.since) >= limits::GUESSES_WINDOW_MS {
            *window = Window { count: 0, since: now };
        }
        window.count += 1;
    }

    /// A try succeeded.
    pub(crate) fn succeeded(&mut self, now: Tick, login: &str, from: IpAddr) {
        if self.known.len() >= limits::KNOWN_PLACES_MAX
            && let Some(oldest) = self.known.iter().min_by_key(|(_, at)| **at)
        {
            let oldest = oldest.0.clone();
            self.known.remove(&oldest);
        }
        self.known.insert((login.to_owned(), from), now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stranger_is_stopped_and_the_owner_is_not() {
        let (stranger, home) = ([203, 0, 113, 9].into(), [192, 0, 2, 1].into());
        let mut guesses = Guesses::default();
        guesses.succeeded(Tick(0), "alice", home);
        for _ in 0..limits::GUESSES_MAX {
            assert!(guesses.may_try(Tick(1000), "alice", stranger));
            guesses.failed(Tick(1000), "alice");
        }
        assert!(!guesses.may_try(Tick(2000), "alice", stranger));
        assert!(guesses.may_try(Tick(2000), "alice", home));
        assert!(guesses.may_try(Tick(2000), "bob", stranger));
        let later = Tick(1000).after_ms(limits::GUESSES_WINDOW_MS);
        assert!(guesses.may_try(later, "alice", stranger));
    }
}
