//! What a watcher sees of somebody: the one way from containers to a document.

use std::sync::Arc;

use super::aggregate::{Aggregate, aggregate};
use super::category::State;
use super::container::{Container, Containers};

/// What one container shows. Nothing else is ever printed for a watcher, and only
/// [`Visible::through`] makes one.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Visible {
    aggregate: Aggregate,
    note: Option<Arc<str>>,
    since_ms: Option<i64>,
}

impl Visible {
    /// Looks at somebody through a container. `unpublished` are the states of devices that are
    /// there but said nothing about themselves.
    ///
    /// A blocked watcher takes the same way and gets what is seen of somebody who is offline.
    pub(crate) fn through(container: Container, all: &Containers, unpublished: &[State]) -> Self {
        if container == Container::BLOCKED {
            return Self::of(Aggregate::OFFLINE, None);
        }
        let mut states = unpublished.to_vec();
        states.extend(all.states(container.aggregation_input()));
        Self::of(aggregate(&states), all.note(container))
    }

    /// Says since when it has looked like this.
    pub(crate) fn since(self, since_ms: i64) -> Self {
        // A blocked watcher would learn from the moment that somebody came and went.
        let since_ms = (self.aggregate != Aggregate::OFFLINE).then_some(since_ms);
        Self { since_ms, ..self }
    }

    /// The state.
    pub(crate) fn aggregate(&self) -> Aggregate {
        self.aggregate
    }

    /// The note.
    pub(crate) fn note(&self) -> Option<&str> {
        self.note.as_deref()
    }

    /// Since when the state is what it is, in ms UTC.
    pub(crate) fn since_ms(&self) -> Option<i64> {
        self.since_ms
    }

    fn of(aggregate: Aggregate, note: Option<&str>) -> Self {
        Self { aggregate, note: note.map(Arc::from), since_ms: None }
    }
}

#[cfg(test)]
mod tests {
    use super::super::category::{Availability, Category};
    use super::super::container::Holder;
    use super::*;

    #[test]
    fn blocked_looks_exactly_like_offline() {
        let mut here = Containers::default();
        let published = [
            Category::State(State::machine(Availability::BUSY)),
            Category::Note("secret".to_owned()),
        ];
        here.replace(Holder(1), &published);
        let blocked = Visible::through(Container::BLOCKED, &here, &[]).since(17);
        let gone = Visible::through(Container::COMPANY, &Containers::default(), &[]).since(99);
        assert_eq!(blocked, gone);
    }

    #[test]
    fn a_note_is_there_to_be_read_while_its_author_is_away() {
        let mut gone = Containers::default();
        let published = [
            Category::State(State::machine(Availability::OFFLINE)),
            Category::Note("back on Monday".to_owned()),
        ];
        gone.replace(Holder(1), &published);
        let seen = Visible::through(Container::COMPANY, &gone, &[]);
        assert_eq!((seen.aggregate(), seen.note()), (Aggregate::OFFLINE, Some("back on Monday")));
    }

    #[test]
    fn the_note_is_for_the_company_and_not_for_the_public() {
        let mut here = Containers::default();
        let published = [
            Category::State(State::machine(Availability::BUSY)),
            Category::Note("on the road".to_owned()),
        ];
        here.replace(Holder(1), &published);
        let seen = |container| Visible::through(container, &here, &[]).note().map(str::to_owned);
        assert_eq!(seen(Container::COMPANY).as_deref(), Some("on the road"));
        assert_eq!(seen(Container::PERSONAL).as_deref(), Some("on the road"));
        assert_eq!(seen(Container::PUBLIC), None);
    }
}
