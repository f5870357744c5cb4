//! The presentity's side of lists: which lists somebody is on, and what each was told.

use std::collections::BTreeMap;

use bytes::Bytes;

use super::{Between, Place};
use crate::aor::Aor;
use crate::outbox::Outbox;
use crate::person::Person;
use crate::presence::Format;
use crate::presence::membership::Watcher;

/// A list that somebody is on.
#[derive(Debug)]
struct OnList {
    watcher: Aor,
    told: Option<Bytes>,
}

/// See the head of the file.
#[derive(Debug, Default)]
pub(crate) struct ListWatchers(BTreeMap<Place, OnList>);

impl ListWatchers {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// The list is gone, or names somebody else now.
    pub(crate) fn remove(&mut self, place: Place) {
        self.0.remove(&place);
    }
}

/// Somebody's list names `person`.
pub(crate) fn add(out: &mut Outbox, person: &mut Person, place: Place, watcher: Aor) {
    person.list_watchers.0.insert(place, OnList { watcher, told: None });
    tell(out, person);
}

/// Tells all lists what they have not been told yet.
pub(crate) fn tell(out: &mut Outbox, person: &mut Person) {
    let Person { aor, presentity, list_watchers, .. } = person;
    for (place, on_list) in &mut list_watchers.0 {
        let watcher = if on_list.watcher == *aor {
            Watcher::Oneself
        } else {
            Watcher::SameEnterprise(&on_list.watcher)
        };
        let document = presentity.document(watcher, Format::Pidf);
        if on_list.told.as_ref() == Some(&document) {
            continue;
        }
        on_list.told = Some(document.clone());
        let (watcher, place) = (on_list.watcher.clone(), *place);
        out.between(Between::Seen { watcher, place, document: Some(document) });
    }
}

/// The person is not here any more.
pub(crate) fn end(out: &mut Outbox, person: &mut Person) {
    for (place, on_list) in std::mem::take(&mut person.list_watchers.0) {
        out.between(Between::Seen { watcher: on_list.watcher, place, document: None });
    }
}
