//! Throttles guessing of passwords at the web app: counts of wrong ones per name and address. A
//! plain value. What all doors count together is `store::Guesses`.

use std::collections::HashMap;
use std::net::IpAddr;

use crate::limits::{
    GUESS_KEYS_MAX, GUESS_WINDOW_MS, GUESSES_PER_ADDRESS_MAX, GUESSES_PER_NAME_AND_ADDRESS_MAX,
    GUESSES_PER_NAME_MAX,
};

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Key {
    Address(IpAddr),
    Name(String),
    Both(String, IpAddr),
}

#[derive(Debug)]
struct Count {
    wrong: u32,
    since_ms: i64,
}

/// Wrong passwords of the last quarter of an hour.
#[derive(Debug, Default)]
pub(crate) struct Guesses {
    counts: HashMap<Key, Count>,
}

impl Guesses {
    /// Seconds to wait before the next attempt, or `None`: it may be made.
    pub(crate) fn wait_s(&self, now_ms: i64, name: &str, from: IpAddr) -> Option<i64> {
        let left = keys(name, from).into_iter().filter_map(|(key, max)| {
            let count = self.counts.get(&key)?;
            let left_ms = count.since_ms + GUESS_WINDOW_MS - now_ms;
            (count.wrong >= max && left_ms > 0).then_some(left_ms)
        });
        left.max().map(|ms| (ms + 999) / 1000)
    }

    /// A wrong password was given.
    pub(crate) fn note_wrong(&mut self, now_ms: i64, name: &str, from: IpAddr) {
        if self.counts.len() + 3 > GUESS_KEYS_MAX {
            self.forget(now_ms);
        }
        for (key, _) in keys(name, from) {
            let count = self.counts.entry(key).or_insert(Count { wrong: 0, since_ms: now_ms });
            if now_ms >= count.since_ms + GUESS_WINDOW_MS || now_ms < count.since_ms {
                *count = Count { wrong: 0, since_ms: now_ms };
            }
            count.wrong = count.wrong.saturating_add(1);
        }
    }

    /// The right password was given: the person's own mistakes are forgiven.
    pub(crate) fn note_right(&mut self, name: &str, from: IpAddr) {
        self.counts.remove(&Key::Both(folded(name), from));
    }

    /// Drops what has run out; if that is not enough, the older half.
    fn forget(&mut self, now_ms: i64) {
        self.counts.retain(|_, count| now_ms < count.since_ms + GUESS_WINDOW_MS);
        if self.counts.len() + 3 > GUESS_KEYS_MAX {
            let mut since: Vec<i64> = self.counts.values().map(|count| count.since_ms).collect();
            since.sort_unstable();
            let middle = since.get(since.len() / 2).copied().unwrap_or(now_ms);
            self.counts.retain(|_, count| count.since_ms > middle);
        }
    }
}

fn keys(name: &str, from: IpAddr) -> [(Key, u32); 3] {
    [
        (Key::Both(folded(name), from), GUESSES_PER_NAME_AND_ADDRESS_MAX),
        (Key::Address(from), GUESSES_PER_ADDRESS_MAX),
        (Key::Name(folded(name)), GUESSES_PER_NAME_MAX),
    ]
}

fn folded(name: &str) -> String {
    name.trim().to_lowercase().chars().take(320).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guesses_are_counted_per_name_and_address() {
        let mut guesses = Guesses::default();
        let [a, b]: [IpAddr; 2] = [[127, 0, 0, 1].into(), [127, 0, 0, 2].into()];
        for n in 0..GUESSES_PER_NAME_AND_ADDRESS_MAX {
            assert_eq!(guesses.wait_s(0, "ken", a), None, "attempt {n}");
            guesses.note_wrong(0, "Ken ", a);
        }
        assert_eq!(guesses.wait_s(0, "ken", a), Some(GUESS_WINDOW_MS / 1000));
        assert_eq!(guesses.wait_s(1, "KEN", a), Some(GUESS_WINDOW_MS / 1000));
        assert_eq!(guesses.wait_s(0, "pilar", a), None, "another person at the same address");
        assert_eq!(guesses.wait_s(0, "ken", b), None, "the same person elsewhere");
        assert_eq!(guesses.wait_s(GUESS_WINDOW_MS, "ken", a), None, "after the window");
        guesses.note_right("ken", a);
        assert_eq!(guesses.wait_s(0, "ken", a), None);
    }

    #[test]
    fn memory_is_bounded() {
        let mut guesses = Guesses::default();
        for n in 0..50_000_u32 {
            guesses.note_wrong(i64::from(n), &format!("user{n}"), IpAddr::from(n.to_be_bytes()));
            assert!(guesses.counts.len() <= GUESS_KEYS_MAX);
        }
    }
}
