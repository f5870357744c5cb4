//! Categories in containers: everything published about one person, by who may see it.
//!
//! Owns the publications and their versions. Does not know who published them over which
//! protocol (`publish` does), nor who may see which container (`membership`).

use std::collections::HashMap;

use super::category::{Category, Name, State, StateKind};

/// An access level ([MS-PRES], "containers").
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(crate) struct Container(u16);

impl Container {
    /// Input of the aggregation that is seen in 100, 200 and 400.
    pub(crate) const AGGREGATED: Self = Self(2);
    /// Input of the aggregation that is seen in 300.
    pub(crate) const AGGREGATED_FOR_TEAM: Self = Self(3);
    /// Everybody outside: availability without a note.
    pub(crate) const PUBLIC: Self = Self(100);
    /// Everybody of the enterprise.
    pub(crate) const COMPANY: Self = Self(200);
    /// The team.
    pub(crate) const TEAM: Self = Self(300);
    /// Friends, and oneself.
    pub(crate) const PERSONAL: Self = Self(400);
    /// Blocked: sees somebody who is offline.
    pub(crate) const BLOCKED: Self = Self(32000);

    /// The containers in which a `state` is published so that it is aggregated everywhere.
    pub(crate) const OF_STATE: [Self; 2] = [Self::AGGREGATED, Self::AGGREGATED_FOR_TEAM];
    /// The containers in which a personal note is published.
    pub(crate) const OF_NOTE: [Self; 3] = [Self::COMPANY, Self::TEAM, Self::PERSONAL];

    /// The container whose states are aggregated for a watcher of this one.
    pub(crate) fn aggregation_input(self) -> Self {
        if self == Self::TEAM { Self::AGGREGATED_FOR_TEAM } else { Self::AGGREGATED }
    }
}

/// What stands or falls together: one publication on the wire, which may fill several containers.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub(crate) struct Holder(pub(crate) u32);

/// [MS-PRES]: a publication is named by category, instance and container.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
struct Key {
    name: Name,
    instance: u32,
    container: Container,
}

#[derive(Clone, Debug)]
struct Publication {
    /// Counts the changes of this key from 1, for publishers that name the version they replace.
    version: u32,
    /// Rises with every change in these containers: the later publication of two.
    order: u64,
    category: Category,
}

/// All publications about one person.
#[derive(Debug, Default)]
pub(crate) struct Containers {
    publications: HashMap<Key, Publication>,
    order: u64,
}

impl Containers {
    /// Replaces everything that `holder` had published by `categories`. A value that stays the
    /// same keeps its version and its place in the order: a refresh is not a new choice.
    pub(crate) fn replace(&mut self, holder: Holder, categories: &[Category]) {
        let wanted = || {
            categories.iter().flat_map(|category| {
                let name = category.name();
                containers_of(name).iter().map(move |&container| {
                    (Key { name, instance: instance_of(name, holder), container }, category)
                })
            })
        };
        self.publications.retain(|key, _| {
            instance_of(key.name, holder) != key.instance || wanted().any(|(new, _)| new == *key)
        });
        for (key, category) in wanted() {
            self.put(key, category);
        }
    }

    /// Forgets everything that `holder` had published.
    pub(crate) fn remove(&mut self, holder: Holder) {
        self.publications.retain(|key, _| instance_of(key.name, holder) != key.instance);
    }

    /// The states in a container, later ones last.
    pub(crate) fn states(&self, container: Container) -> Vec<State> {
        self.in_order(container, |category| match category {
            Category::State(state) => Some(*state),
            Category::Note(_) => None,
        })
    }

    /// The note that a watcher of this container sees: the one published last.
    pub(crate) fn note(&self, container: Container) -> Option<&str> {
        self.publications
            .iter()
            .filter(|(key, _)| key.container == container)
            .filter_map(|(_, publication)| match &publication.category {
                Category::Note(text) => Some((publication.order, text.as_str())),
                Category::State(_) => None,
            })
            .max_by_key(|(order, _)| *order)
            .map(|(_, text)| text)
    }

    fn put(&mut self, key: Key, category: &Category) {
        let version = match self.publications.get(&key) {
            Some(publication) if publication.category == *category => return,
            Some(publication) => publication.version.saturating_add(1),
            None => 1,
        };
        self.order += 1;
        let publication = Publication { version, order: self.order, category: category.clone() };
        self.publications.insert(key, publication);
    }

    fn in_order<T>(&self, container: Container, pick: impl Fn(&Category) -> Option<T>) -> Vec<T> {
        let mut found: Vec<(u64, T)> = self
            .publications
            .iter()
            .filter(|(key, _)| key.container == container)
            .filter_map(|(_, publication)| Some((publication.order, pick(&publication.category)?)))
            .collect();
        found.sort_by_key(|(order, _)| *order);
        found.into_iter().map(|(_, value)| value).collect()
    }
}

fn containers_of(name: Name) -> &'static [Container] {
    match name {
        Name::State(_) => &Container::OF_STATE,
        Name::Note => &Container::OF_NOTE,
    }
}

/// [MS-PRES]: the upper digits of an instance tell what it is, the lower ones whose.
fn instance_of(name: Name, holder: Holder) -> u32 {
    let lower = holder.0 & 0x0fff_ffff;
    match name {
        Name::State(StateKind::User) => 0x2000_0000 | lower,
        Name::State(StateKind::Machine) => 0x3000_0000 | lower,
        Name::State(StateKind::Calendar) => 0x4000_0000 | lower,
        Name::State(StateKind::Phone) => 0x8000_0000 | lower,
        Name::Note => lower,
    }
}

#[cfg(test)]
mod tests {
    use super::super::category::Availability;
    use super::*;

    fn user(availability: Availability) -> Category {
        Category::State(State { kind: StateKind::User, availability, activity: None })
    }

    fn machine(availability: Availability) -> Category {
        Category::State(State::machine(availability))
    }

    fn numbers(containers: &Containers) -> Vec<u16> {
        let states = containers.states(Container::AGGREGATED);
        states.iter().map(|state| state.availability.number()).collect()
    }

    #[test]
    fn later_publications_come_last_and_a_refresh_is_not_later() {
        let mut containers = Containers::default();
        containers.replace(Holder(1), &[user(Availability::BUSY)]);
        containers.replace(Holder(2), &[user(Availability::AWAY)]);
        assert_eq!(numbers(&containers), [6500, 15500]);
        containers.replace(Holder(1), &[user(Availability::BUSY)]);
        assert_eq!(numbers(&containers), [6500, 15500]);
        containers.replace(Holder(1), &[user(Availability::AVAILABLE)]);
        assert_eq!(numbers(&containers), [15500, 3500]);
    }

    #[test]
    fn a_holder_replaces_and_removes_only_its_own() {
        let mut containers = Containers::default();
        let note = Category::Note("in a hole".to_owned());
        containers.replace(Holder(1), &[machine(Availability::AVAILABLE), note]);
        containers.replace(Holder(2), &[machine(Availability::AWAY)]);
        assert_eq!(containers.note(Container::COMPANY), Some("in a hole"));
        assert_eq!(containers.note(Container::PUBLIC), None);
        containers.replace(Holder(1), &[machine(Availability::AVAILABLE)]);
        assert_eq!(containers.note(Container::COMPANY), None);
        containers.remove(Holder(1));
        assert_eq!(numbers(&containers), [15500]);
        containers.remove(Holder(2));
        assert!(containers.publications.is_empty());
    }
}
