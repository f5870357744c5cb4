//! Presence: what is known about a person and what each watcher sees of it.
//!
//! Owns the model of categories in containers and one person's part of it. Does not own who
//! publishes (`publish`), who watches (`subscribe`, `notify`), or any wire but PIDF's text.
//! Read next: `category`, `container`, `aggregate`, `visible`, `pidf`.

pub(crate) mod aggregate;
pub(crate) mod category;
pub(crate) mod container;
pub(crate) mod membership;
pub(crate) mod pidf;
pub(crate) mod rules;
pub(crate) mod visible;

use std::collections::HashMap;
use std::sync::Arc;

use bytes::Bytes;

use crate::aor::Aor;
use category::{Category, State};
use container::{Container, Containers, Holder};
use membership::{Membership, Watcher};
use rules::{Handling, Rules};
use visible::Visible;

/// A form in which presence is printed.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(crate) enum Format {
    /// [`pidf::MEDIA_TYPE`].
    Pidf,
}

impl Format {
    /// The media type.
    pub(crate) fn media_type(self) -> &'static str {
        match self {
            Self::Pidf => pidf::MEDIA_TYPE,
        }
    }
}

/// What is known about one person.
#[derive(Debug)]
pub(crate) struct Presentity {
    aor: Aor,
    containers: Containers,
    membership: Membership,
    /// Devices that are there but have published nothing.
    unpublished: Vec<State>,
    since_ms: i64,
    /// Printed once per container and format, shared by all watchers, forgotten at a change.
    documents: HashMap<(Container, Format), Bytes>,
    is_changed: bool,
}

impl Presentity {
    /// A person of whom nothing is known.
    pub(crate) fn new(aor: Aor) -> Self {
        Self {
            aor,
            containers: Containers::default(),
            membership: Membership::default(),
            unpublished: Vec::new(),
            since_ms: 0,
            documents: HashMap::new(),
            is_changed: false,
        }
    }

    /// A publication was made, changed, or refreshed with a body.
    pub(crate) fn publish(&mut self, now_ms: i64, holder: Holder, categories: &[Category]) {
        self.change(now_ms, |me| me.containers.replace(holder, categories));
    }

    /// A publication ended.
    pub(crate) fn unpublish(&mut self, now_ms: i64, holder: Holder) {
        self.change(now_ms, |me| me.containers.remove(holder));
    }

    /// The devices that are there without a publication.
    pub(crate) fn set_unpublished(&mut self, now_ms: i64, states: Vec<State>) {
        if self.unpublished != states {
            self.change(now_ms, |me| me.unpublished = states);
        }
    }

    /// The document for a watcher; equal for all watchers of a container until something changes.
    pub(crate) fn document(&mut self, watcher: Watcher<'_>, format: Format) -> Bytes {
        let container = self.membership.container_of(watcher);
        let Self { aor, containers, unpublished, since_ms, documents, .. } = self;
        let print = || match format {
            Format::Pidf => {
                let seen = Visible::through(container, containers, unpublished).since(*since_ms);
                pidf::print(aor, &seen)
            }
        };
        documents.entry((container, format)).or_insert_with(print).clone()
    }

    /// Takes the person's rules; whether they are others than before.
    pub(crate) fn set_rules(&mut self, rules: Option<Arc<Rules>>) -> bool {
        let is_new = self.membership.set_rules(rules);
        self.is_changed |= is_new;
        is_new
    }

    /// The person's rules.
    pub(crate) fn rules(&self) -> Option<&Arc<Rules>> {
        self.membership.rules()
    }

    /// What is done with a subscription of a watcher.
    pub(crate) fn handling(&self, watcher: Watcher<'_>) -> Handling {
        self.membership.handling(watcher)
    }

    /// Whether this person is blocked.
    pub(crate) fn is_blocked(&self, other: &Aor) -> bool {
        let watcher = Watcher::SameEnterprise(other);
        *other != self.aor && self.membership.container_of(watcher) == Container::BLOCKED
    }

    /// Whether something changed since this was asked last.
    pub(crate) fn take_changed(&mut self) -> bool {
        std::mem::take(&mut self.is_changed)
    }

    fn change(&mut self, now_ms: i64, change: impl FnOnce(&mut Self)) {
        let before = self.state();
        change(self);
        if self.state() != before {
            self.since_ms = now_ms;
        }
        self.documents.clear();
        self.is_changed = true;
    }

    fn state(&self) -> aggregate::Aggregate {
        Visible::through(Container::PERSONAL, &self.containers, &self.unpublished).aggregate()
    }
}

#[cfg(test)]
mod tests {
    use super::category::Availability;
    use super::*;

    #[test]
    fn documents_are_shared_until_a_change_and_since_counts_changes_of_state_only() {
        let alice = Aor::parse("sip:alice@example.test").unwrap();
        let (bob, carol) = (
            Aor::parse("sip:bob@example.test").unwrap(),
            Aor::parse("sip:c@example.test").unwrap(),
        );
        let mut presentity = Presentity::new(alice);
        let here = || Category::State(State::machine(Availability::AVAILABLE));
        presentity.publish(1_000_000, Holder(1), &[here()]);
        let first = presentity.document(Watcher::SameEnterprise(&bob), Format::Pidf);
        let second = presentity.document(Watcher::SameEnterprise(&carol), Format::Pidf);
        assert_eq!(first.as_ptr(), second.as_ptr());
        let note = Category::Note("lunch at 12".to_owned());
        presentity.publish(9_000_000, Holder(1), &[here(), note]);
        let third = presentity.document(Watcher::SameEnterprise(&bob), Format::Pidf);
        let third = String::from_utf8(third.to_vec()).unwrap();
        assert!(third.contains("<timestamp>1970-01-01T00:16:40Z</timestamp>"), "{third}");
        assert!(third.contains("lunch at 12"));
    }
}
