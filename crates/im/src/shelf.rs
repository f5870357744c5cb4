//! The texts kept for one person, as far as the shard knows, and the order in which they are
//! handed over.
//!
//! They are listed; each is in hand until a device confirmed it or it is left lying; then the next.
//! What is kept meanwhile is listed after that, and before it nothing live passes. A plain value:
//! it says what comes next, `absent` does it.

use std::collections::{HashSet, VecDeque};

use store::messaging::AbsentMessage;
use uuid::Uuid;

/// What lies on it besides what has been listed.
#[derive(Clone, Copy, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
enum Beyond {
    Nothing,
    /// What nobody took, or nobody has looked at since the process started: for a device that
    /// comes.
    #[default]
    Left,
    /// What was kept since they were listed: the same devices get it too.
    More,
}

/// How far a hand-over is.
#[derive(Debug, Default)]
enum Step {
    /// None is under way.
    #[default]
    Idle,
    Listing,
    /// One may be in hand; these come after it.
    Handing(VecDeque<AbsentMessage>),
}

/// See the head of the file.
#[derive(Debug, Default)]
pub(crate) struct Shelf {
    step: Step,
    beyond: Beyond,
    /// Of those that are being listed or were, the ones which a device has confirmed since.
    confirmed: HashSet<Uuid>,
}

/// What comes next in a hand-over.
#[derive(Debug, PartialEq)]
pub(crate) enum Next {
    /// It is in hand now.
    HandOver(AbsentMessage),
    /// They are to be listed once more: some were kept meanwhile.
    List,
    /// That was all.
    End,
}

impl Shelf {
    /// Whether live texts must wait.
    pub(crate) fn is_handing_over(&self) -> bool {
        !matches!(self.step, Step::Idle)
    }

    /// Whether a hand-over can begin, and find something.
    pub(crate) fn is_worth_listing(&self) -> bool {
        !self.is_handing_over() && self.beyond != Beyond::Nothing
    }

    /// A text is being kept.
    pub(crate) fn keep(&mut self) {
        self.beyond = Beyond::More;
    }

    /// They are being listed: a hand-over has begun, or goes on.
    pub(crate) fn list(&mut self) {
        (self.step, self.beyond) = (Step::Listing, Beyond::Nothing);
    }

    /// These are kept, in the order in which they are handed over.
    pub(crate) fn listed(&mut self, messages: Vec<AbsentMessage>) {
        self.step = Step::Handing(messages.into());
    }

    /// What comes after the one that is in hand no more.
    pub(crate) fn next(&mut self) -> Next {
        let Step::Handing(rest) = &mut self.step else { return Next::End };
        while let Some(message) = rest.pop_front() {
            if !self.confirmed.contains(&message.id) {
                return Next::HandOver(message);
            }
        }
        if self.beyond == Beyond::More { Next::List } else { Next::End }
    }

    /// A device has confirmed a text, in this hand-over or after an earlier one: nobody else gets
    /// it.
    pub(crate) fn confirm(&mut self, id: Uuid) {
        if self.is_handing_over() {
            self.confirmed.insert(id);
        }
    }

    pub(crate) fn is_confirmed(&self, id: Uuid) -> bool {
        self.confirmed.contains(&id)
    }

    /// A text stays where it is, for a device that comes later.
    pub(crate) fn leave(&mut self) {
        self.beyond = self.beyond.max(Beyond::Left);
    }

    /// Nothing more is handed over now.
    pub(crate) fn end(&mut self) {
        self.step = Step::Idle;
        self.confirmed = HashSet::new();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(number: u128) -> AbsentMessage {
        AbsentMessage {
            id: Uuid::from_u128(number),
            account: Uuid::nil(),
            from: "sip:ken@litwareinc.com".to_owned(),
            from_name: None,
            content_type: "text/plain".to_owned(),
            body: Vec::new(),
            call_id: "a".to_owned(),
            cseq: 1,
            at_ms: 0,
            expires_s: None,
            filed: false,
        }
    }

    fn handing(numbers: &[u128]) -> Shelf {
        let mut shelf = Shelf::default();
        assert!(shelf.is_worth_listing(), "nobody has looked yet");
        shelf.list();
        shelf.listed(numbers.iter().map(|number| text(*number)).collect());
        shelf
    }

    #[test]
    fn one_after_the_other_and_then_nothing_is_there() {
        let mut shelf = handing(&[1, 2]);
        assert_eq!(shelf.next(), Next::HandOver(text(1)));
        shelf.confirm(Uuid::from_u128(1));
        assert_eq!(shelf.next(), Next::HandOver(text(2)));
        shelf.confirm(Uuid::from_u128(2));
        assert!(shelf.is_handing_over(), "until the end is said live texts wait");
        assert_eq!(shelf.next(), Next::End);
        shelf.end();
        assert!(!shelf.is_handing_over() && !shelf.is_worth_listing());
    }

    #[test]
    fn what_a_device_confirms_while_it_is_listed_is_not_handed_over() {
        let mut shelf = Shelf::default();
        shelf.list();
        assert!(!shelf.is_worth_listing(), "not twice at once");
        shelf.confirm(Uuid::from_u128(1));
        shelf.listed(vec![text(1), text(2), text(3)]);
        assert_eq!(shelf.next(), Next::HandOver(text(2)));
        shelf.confirm(Uuid::from_u128(3));
        assert_eq!(shelf.next(), Next::End);
    }

    #[test]
    fn what_is_kept_meanwhile_comes_after() {
        let mut shelf = handing(&[1]);
        assert_eq!(shelf.next(), Next::HandOver(text(1)));
        shelf.keep();
        shelf.leave();
        shelf.confirm(Uuid::from_u128(1));
        assert_eq!(shelf.next(), Next::List);
        shelf.list();
        assert!(shelf.is_handing_over() && shelf.is_confirmed(Uuid::from_u128(1)));
        // The list may have been read before the first was removed.
        shelf.listed(vec![text(1), text(2)]);
        assert_eq!(shelf.next(), Next::HandOver(text(2)));
        assert_eq!(shelf.next(), Next::End);
    }

    #[test]
    fn what_is_left_waits_for_another_device() {
        let mut shelf = handing(&[1, 2]);
        assert_eq!(shelf.next(), Next::HandOver(text(1)));
        shelf.leave();
        assert_eq!(shelf.next(), Next::HandOver(text(2)));
        assert_eq!(shelf.next(), Next::End, "not in a circle");
        shelf.end();
        assert!(shelf.is_worth_listing());
        assert!(!shelf.is_confirmed(Uuid::from_u128(2)));
    }
}
