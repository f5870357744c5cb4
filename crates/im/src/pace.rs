//! How fast a person writes (reliability.md E3): texts a minute, and people an hour whom they have
//! not written to before. Pure; one value per person, which forgets by itself.
//!
//! Whoever has written to the person, or watches them, expects to be written to. What the person
//! does to know others (watching them, for example) says nothing: whoever wants to write to
//! thousands would do it for each.

use std::collections::{HashMap, VecDeque};

use sip::Tick;

use crate::aor::Aor;
use crate::config::Writing;
use crate::error::Error;
use crate::limits;

const MINUTE_MS: u64 = 60_000;
const HOUR_MS: u64 = 60 * MINUTE_MS;

/// See the head of the file.
#[derive(Debug, Default)]
pub(crate) struct Pace {
    /// When all texts so far would have been sent at the rate that is allowed.
    paid_until: Tick,
    /// With whom the person has exchanged texts, and until when that is remembered.
    known: HashMap<Aor, Tick>,
    /// When to look which of them are forgotten: not later than the first.
    look: Option<Tick>,
    /// When people were written to for the first time.
    first: VecDeque<Tick>,
}

impl Pace {
    /// The person writes to `to`, who expects it or not.
    pub(crate) fn decide(
        &mut self,
        now: Tick,
        writing: &Writing,
        to: &Aor,
        is_expected: bool,
    ) -> Result<(), Error> {
        let paid_until = self.decide_rate(now, writing.texts_per_minute)?;
        let is_known = is_expected || self.known.get(to).is_some_and(|until| *until > now);
        if !is_known {
            self.decide_first(now, writing.new_contacts_per_hour)?;
        }
        self.paid_until = paid_until;
        self.knows(now, to);
        Ok(())
    }

    /// A text from `other` came: an answer is expected.
    pub(crate) fn knows(&mut self, now: Tick, other: &Aor) {
        let until = now.after_ms(limits::ACQUAINTANCE_MS);
        self.look.get_or_insert(until);
        match self.known.get_mut(other) {
            Some(known) => *known = until,
            None => drop(self.known.insert(other.clone(), until)),
        }
        if self.known.len() > limits::ACQUAINTANCES_PER_USER_MAX {
            let oldest = self.known.iter().min_by_key(|(_, until)| **until);
            if let Some(oldest) = oldest.map(|(aor, _)| aor.clone()) {
                self.known.remove(&oldest);
            }
        }
    }

    /// A minute's texts may come at once; then as fast as the rate is.
    fn decide_rate(&self, now: Tick, per_minute: u32) -> Result<Tick, Error> {
        let Some(each_ms) = MINUTE_MS.checked_div(u64::from(per_minute)) else { return Ok(now) };
        let paid_until = self.paid_until.max(now).after_ms(each_ms);
        let is_slow = paid_until.since(now) <= MINUTE_MS;
        if is_slow { Ok(paid_until) } else { Err(Error::TooManyTexts) }
    }

    fn decide_first(&mut self, now: Tick, per_hour: u32) -> Result<(), Error> {
        if per_hour == 0 {
            return Ok(());
        }
        self.forget_first(now);
        if self.first.len() >= usize::try_from(per_hour).unwrap_or(usize::MAX) {
            return Err(Error::TooManyNewContacts);
        }
        self.first.push_back(now);
        Ok(())
    }

    fn forget_first(&mut self, now: Tick) {
        while self.first.pop_front_if(|at| at.after_ms(HOUR_MS) <= now).is_some() {}
    }

    /// Forgets what says nothing any more.
    pub(crate) fn expire(&mut self, now: Tick) {
        if self.look.is_some_and(|look| look <= now) {
            self.known.retain(|_, until| *until > now);
            self.look = self.known.values().min().copied();
        }
        self.forget_first(now);
    }

    /// Whether nothing is kept. A minute's texts are not worth it: whoever is forgotten has been
    /// silent for longer.
    pub(crate) fn is_empty(&self) -> bool {
        self.known.is_empty() && self.first.is_empty()
    }

    /// When something may be forgotten.
    pub(crate) fn next_due(&self) -> Option<Tick> {
        let first = self.first.front().map(|at| at.after_ms(HOUR_MS));
        self.look.into_iter().chain(first).min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::{ACQUAINTANCE_MS, ACQUAINTANCES_PER_USER_MAX};

    fn aor(name: usize) -> Aor {
        Aor::parse(&format!("sip:u{name}@x.test")).unwrap()
    }

    fn writing(texts_per_minute: u32, new_contacts_per_hour: u32) -> Writing {
        Writing { texts_per_minute, new_contacts_per_hour, bulk: Vec::new() }
    }

    #[test]
    fn a_minutes_texts_at_once_then_the_rate() {
        let (mut pace, writing, to) = (Pace::default(), writing(60, 0), aor(1));
        let mut sent = |at: u64, count: usize| {
            let tries = (0..count).map(|_| pace.decide(Tick(at), &writing, &to, false));
            tries.filter(Result::is_ok).count()
        };
        assert_eq!(sent(1_000, 100), 60);
        assert_eq!(sent(1_999, 100), 0);
        assert_eq!(sent(2_000, 100), 1);
        assert_eq!(sent(12_000, 100), 10);
        assert_eq!(sent(10_000_000, 100), 60, "more is not saved up");
    }

    #[test]
    fn new_people_an_hour_and_who_is_none() {
        let (mut pace, writing) = (Pace::default(), writing(0, 2));
        let mut decide = |at, to: usize, is_expected| {
            let decided = pace.decide(Tick(at), &writing, &aor(to), is_expected);
            decided.map_err(|error| assert_eq!(error, Error::TooManyNewContacts)).is_ok()
        };
        assert!(decide(0, 1, false) && decide(1, 2, false));
        assert!(!decide(2, 3, false), "a third");
        assert!(decide(3, 1, false) && decide(3, 2, false), "no strangers any more");
        assert!(decide(4, 4, true), "who watches expects it");
        assert!(decide(4, 4, false), "and is known from then on");
        assert!(!decide(HOUR_MS - 1, 3, false));
        assert!(decide(HOUR_MS, 3, false), "the first is an hour ago");
        assert!(!decide(HOUR_MS, 5, false));
        pace.knows(Tick(HOUR_MS), &aor(5));
        assert!(pace.decide(Tick(HOUR_MS), &writing, &aor(5), false).is_ok(), "has written");
        pace.expire(Tick(HOUR_MS + ACQUAINTANCE_MS));
        assert!(pace.is_empty() && pace.next_due().is_none());
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let mut pace = Pace::default();
        for number in 0..=ACQUAINTANCES_PER_USER_MAX {
            pace.knows(Tick(u64::try_from(number).unwrap()), &aor(number));
        }
        assert_eq!(pace.known.len(), ACQUAINTANCES_PER_USER_MAX);
        assert!(!pace.known.contains_key(&aor(0)), "the oldest is forgotten");
    }
}
