//! Wrong passwords counted, so that none can be guessed by trying: one count for all doors (SIP and
//! the web app). Soft: it lives beside the file, in every copy of the `Store`.

use std::collections::{HashMap, HashSet};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use uuid::Uuid;

use crate::limits;

/// Whose password is tried.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub enum Guessed {
    /// An account's, by whichever of its names.
    Account(Uuid),
    /// That of a name which nobody has; see [`Guessed::nobody`].
    Name(String),
}

impl Guessed {
    /// A name that nobody has, so that it is answered as one that somebody has.
    pub fn nobody(name: &str) -> Guessed {
        let folded = name.trim().to_lowercase();
        Guessed::Name(folded.chars().take(limits::ADDRESS_BYTES_MAX).collect())
    }
}

/// See the head of the file.
#[derive(Clone, Debug, Default)]
pub struct Guesses {
    counts: Arc<Mutex<Counts>>,
}

/// Failures by account, and the addresses from which each has signed in: an attacker must not be
/// able to lock the owner out of a known place.
#[derive(Debug, Default)]
struct Counts {
    failed: HashMap<Guessed, Window>,
    known: Places,
}

/// Places in two generations: when the younger is full, the older is forgotten. Whoever signs in
/// again is young again, and no sign-in searches all.
#[derive(Debug, Default)]
struct Places {
    young: HashSet<(Guessed, IpAddr)>,
    old: HashSet<(Guessed, IpAddr)>,
}

impl Places {
    fn contains(&self, place: &(Guessed, IpAddr)) -> bool {
        self.young.contains(place) || self.old.contains(place)
    }

    fn insert(&mut self, place: (Guessed, IpAddr)) {
        if self.young.contains(&place) {
            return;
        }
        if self.young.len() >= limits::KNOWN_PLACES_MAX / 2 {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(place);
    }
}

#[derive(Debug)]
struct Window {
    count: u32,
    since_ms: i64,
}

impl Window {
    /// A clock that was set back ends it as well.
    fn is_over(&self, now_ms: i64) -> bool {
        !(0..limits::GUESSES_WINDOW_MS).contains(&now_ms.saturating_sub(self.since_ms))
    }
}

impl Guesses {
    /// How many milliseconds to wait before another try is judged. None: it may be now.
    pub fn wait_ms(&self, now_ms: i64, whose: &Guessed, from: IpAddr) -> Option<i64> {
        let counts = self.lock();
        let window = counts.failed.get(whose).filter(|window| !window.is_over(now_ms))?;
        let max = match counts.known.contains(&(whose.clone(), from)) {
            true => limits::GUESSES_FROM_KNOWN_PLACE_MAX,
            false => limits::GUESSES_MAX,
        };
        let end_ms = window.since_ms.saturating_add(limits::GUESSES_WINDOW_MS);
        (window.count >= max).then(|| end_ms.saturating_sub(now_ms))
    }

    /// A try failed.
    pub fn failed(&self, now_ms: i64, whose: Guessed) {
        let mut counts = self.lock();
        let failed = &mut counts.failed;
        if failed.len() >= limits::GUESSED_LOGINS_MAX {
            failed.retain(|_, window| !window.is_over(now_ms));
        }
        if failed.len() >= limits::GUESSED_LOGINS_MAX {
            failed.clear();
        }
        let new = Window { count: 0, since_ms: now_ms };
        let window = failed.entry(whose).or_insert(new);
        if window.is_over(now_ms) {
            *window = Window { count: 0, since_ms: now_ms };
        }
        window.count = window.count.saturating_add(1);
    }

    /// A try succeeded.
    pub fn succeeded(&self, whose: Guessed, from: IpAddr) {
        self.lock().known.insert((whose, from));
    }

    /// A panic elsewhere leaves the counts as they were: still usable.
    fn lock(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stranger_is_stopped_and_the_owner_is_not() {
        let (stranger, home) = ([203, 0, 113, 9].into(), [192, 0, 2, 1].into());
        let (alice, bob) = (Guessed::Account(Uuid::from_u128(1)), Guessed::nobody("bob"));
        let guesses = Guesses::default();
        guesses.succeeded(alice.clone(), home);
        let door = guesses.clone();
        for _ in 0..limits::GUESSES_MAX {
            assert_eq!(guesses.wait_ms(1000, &alice, stranger), None);
            door.failed(1000, alice.clone());
        }
        let left_ms = limits::GUESSES_WINDOW_MS - 1000;
        assert_eq!(guesses.wait_ms(2000, &alice, stranger), Some(left_ms));
        assert_eq!(door.wait_ms(2000, &alice, stranger), Some(left_ms), "another door");
        assert_eq!(guesses.wait_ms(2000, &alice, home), None);
        assert_eq!(guesses.wait_ms(2000, &bob, stranger), None);
        assert_eq!(guesses.wait_ms(1000 + limits::GUESSES_WINDOW_MS, &alice, stranger), None);
        assert_eq!(guesses.wait_ms(-1, &alice, stranger), None, "the clock was set back");
    }

    #[test]
    fn names_that_nobody_has_are_bounded_and_spelled_alike() {
        let guesses = Guesses::default();
        for number in 0..2 * limits::GUESSED_LOGINS_MAX {
            guesses.failed(0, Guessed::nobody(&number.to_string()));
            assert!(guesses.lock().failed.len() <= limits::GUESSED_LOGINS_MAX);
        }
        assert_eq!(Guessed::nobody(" Ken "), Guessed::nobody("ken"));
    }

    #[test]
    fn places_are_bounded_and_whoever_comes_again_is_not_forgotten() {
        let (mut places, at) = (Places::default(), [192, 0, 2, 1].into());
        let place = |number: u128| (Guessed::Account(Uuid::from_u128(number)), at);
        let half = limits::KNOWN_PLACES_MAX / 2;
        for number in 1..=limits::KNOWN_PLACES_MAX as u128 {
            places.insert(place(number));
            if number % 1000 == 0 {
                places.insert(place(0));
            }
            assert!(places.young.len() <= half && places.old.len() <= half);
        }
        assert!(places.contains(&place(0)));
        assert!(places.contains(&place(limits::KNOWN_PLACES_MAX as u128)));
        assert!(!places.contains(&place(1)));
    }
}
