//! The presentity's side of lists: which lists somebody is on, and what each was told.

use std::collections::BTreeMap;

use super::{Between, Place, State};
use crate::aor::Aor;
use crate::outbox::Outbox;
use crate::person::Person;
use crate::presence::Format;
use crate::presence::membership::Watcher;
use crate::presence::rules::Handling;
use crate::winfo::standing::{Event, Gone, Standing, WatcherId};

/// A list that somebody is on.
#[derive(Debug)]
struct OnList {
    watcher: Aor,
    told: Option<State>,
    standing: Standing,
}

/// See the head of the file.
#[derive(Debug, Default)]
pub(crate) struct ListWatchers {
    on: BTreeMap<Place, OnList>,
    /// Somebody came, or was judged anew.
    is_news: bool,
    gone: Vec<Gone>,
}

impl ListWatchers {
    pub(crate) fn is_empty(&self) -> bool {
        self.on.is_empty()
    }

    pub(crate) fn len(&self) -> usize {
        self.on.len()
    }

    /// The list is gone, or names somebody else now.
    pub(crate) fn remove(&mut self, place: Place) {
        if let Some(OnList { watcher, standing, .. }) = self.on.remove(&place) {
            let (id, why) = (WatcherId::Place(place), Event::Timeout);
            self.gone.push(Gone { id, watcher, standing, why });
        }
    }

    /// Who is gone since this was asked last.
    pub(crate) fn take_gone(&mut self) -> Vec<Gone> {
        std::mem::take(&mut self.gone)
    }

    /// Whether somebody came, or was judged anew, since this was asked last.
    pub(crate) fn take_news(&mut self) -> bool {
        std::mem::take(&mut self.is_news)
    }

    /// How everybody stands.
    pub(crate) fn standings(&self) -> impl Iterator<Item = (WatcherId, &Aor, Standing)> {
        self.on.iter().map(|(place, it)| (WatcherId::Place(*place), &it.watcher, it.standing))
    }

    /// Whether somebody watches.
    pub(crate) fn watches(&self, watcher: &Aor) -> bool {
        self.on.values().any(|it| it.watcher == *watcher)
    }

    /// The person decided anew about everybody.
    pub(crate) fn decided(&mut self, handling: impl Fn(&Aor) -> Handling) {
        for it in self.on.values_mut() {
            it.standing.decided(handling(&it.watcher));
        }
        self.is_news = true;
    }
}

/// Somebody's list names `person`.
pub(crate) fn add(out: &mut Outbox, person: &mut Person, place: Place, watcher: Aor) {
    let Person { aor, presentity, list_watchers, .. } = person;
    let handling = presentity.handling(Watcher::of(&watcher, aor));
    let standing = Standing::new(handling);
    list_watchers.on.insert(place, OnList { watcher, told: None, standing });
    list_watchers.is_news = true;
    tell(out, person);
}

/// Tells all lists what they have not been told yet.
pub(crate) fn tell(out: &mut Outbox, person: &mut Person) {
    let Person { aor, presentity, list_watchers, .. } = person;
    for (place, it) in &mut list_watchers.on {
        let state = if it.standing.is_pending() {
            State::Pending
        } else {
            State::Active(presentity.document(Watcher::of(&it.watcher, aor), Format::Pidf))
        };
        if it.told.as_ref() == Some(&state) {
            continue;
        }
        it.told = Some(state.clone());
        out.between(Between::Seen { watcher: it.watcher.clone(), place: *place, state });
    }
}

/// The person is not here any more.
pub(crate) fn end(out: &mut Outbox, person: &mut Person) {
    for (place, it) in std::mem::take(&mut person.list_watchers.on) {
        let (watcher, state) = (it.watcher, State::Nobody);
        out.between(Between::Seen { watcher, place, state });
    }
}
