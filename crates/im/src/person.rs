//! Everything a shard owns about one person: devices, publications, watchers, conversations,
//! deliveries under way. A plain value; its parts keep their own rules.

use std::sync::Arc;

use sip::{Now, Tick};

use crate::aor::Aor;
use crate::binding::{Bindings, DeviceKey};
use crate::conversation::Conversations;
use crate::count::Totals;
use crate::delivery::Deliveries;
use crate::list::Lists;
use crate::list::watch::ListWatchers;
use crate::pace::Pace;
use crate::presence::Presentity;
use crate::presence::category::{Availability, State};
use crate::presence::membership::Watcher;
use crate::presence::rules::Rules;
use crate::publish::Publications;
use crate::report::Reports;
use crate::session::Sessions;
use crate::shelf::Shelf;
use crate::subscribe::Subscriptions;
use crate::winfo::{self, Winfo};

/// See the head of the file.
#[derive(Debug)]
pub(crate) struct Person {
    pub(crate) aor: Aor,
    pub(crate) bindings: Bindings,
    pub(crate) presentity: Presentity,
    pub(crate) publications: Publications,
    pub(crate) subscriptions: Subscriptions,
    /// The lists of others that this person is on.
    pub(crate) list_watchers: ListWatchers,
    /// Who asks about this person's watchers, and who waits to be one.
    pub(crate) winfo: Winfo,
    /// This person's own lists of others.
    pub(crate) lists: Lists,
    pub(crate) conversations: Conversations,
    /// The text sessions that this person's devices have begun.
    pub(crate) sessions: Sessions,
    pub(crate) deliveries: Deliveries,
    /// What is kept for this person.
    pub(crate) shelf: Shelf,
    /// How fast this person writes.
    pub(crate) pace: Pace,
    /// What this person was told about texts of theirs.
    pub(crate) reports: Reports,
    /// When the shard looks after this person next, as noted in its timers.
    pub(crate) due: Option<Tick>,
}

impl Person {
    pub(crate) fn new(aor: Aor) -> Self {
        Self {
            presentity: Presentity::new(aor.clone()),
            aor,
            bindings: Bindings::default(),
            publications: Publications::default(),
            subscriptions: Subscriptions::default(),
            list_watchers: ListWatchers::default(),
            winfo: Winfo::default(),
            lists: Lists::default(),
            conversations: Conversations::default(),
            sessions: Sessions::default(),
            deliveries: Deliveries::default(),
            shelf: Shelf::default(),
            pace: Pace::default(),
            reports: Reports::default(),
            due: None,
        }
    }

    /// Devices are gone: what they published goes with them ([MS-PRES]: `expireType` endpoint).
    pub(crate) fn devices_gone(&mut self, now: Now, gone: &[DeviceKey]) {
        for holder in self.publications.of_devices(gone) {
            self.presentity.unpublish(now.wall_ms, holder);
        }
        self.devices_changed(now);
    }

    /// Devices or publications came or went. A device that is there and publishes nothing is
    /// one that can be reached: somebody is available. Pages always publish; until they have,
    /// nothing is known of them.
    pub(crate) fn devices_changed(&mut self, now: Now) {
        let silent = self.bindings.iter().filter(|binding| {
            !binding.is_application() && !self.publications.has_device(&binding.key)
        });
        let states = silent.map(|_| State::machine(Availability::AVAILABLE)).take(1).collect();
        self.presentity.set_unpublished(now.wall_ms, states);
    }

    /// Takes the person's rules, and judges everybody by them if they are new.
    pub(crate) fn set_rules(&mut self, rules: Option<Arc<Rules>>) {
        if !self.presentity.set_rules(rules) {
            return;
        }
        let Self { aor, presentity, subscriptions, list_watchers, .. } = self;
        let handling = |watcher: &Aor| presentity.handling(Watcher::of(watcher, aor));
        subscriptions.decided(handling);
        list_watchers.decided(handling);
        winfo::decided(self);
    }

    /// Whether somebody may notice that this person is here, by a text or a call: not whom the
    /// person has turned away.
    pub(crate) fn is_here_for(&self, other: &Aor) -> bool {
        let rules = self.presentity.rules().filter(|_| *other != self.aor);
        !rules.is_some_and(|rules| rules.turns_away(other))
    }

    /// Whether nothing is left that must be remembered.
    pub(crate) fn is_forgettable(&self) -> bool {
        self.bindings.is_empty()
            && self.publications.is_empty()
            && self.subscriptions.is_empty()
            && self.list_watchers.is_empty()
            && self.winfo.is_empty()
            && self.lists.is_empty()
            && self.conversations.is_empty()
            && self.sessions.is_empty()
            && self.deliveries.is_empty()
            && !self.shelf.is_handing_over()
            && self.pace.is_empty()
            && self.reports.is_empty()
    }

    /// What there is of this person, for those who count.
    pub(crate) fn totals(&self) -> Totals {
        Totals {
            users: usize::from(!self.bindings.is_empty()),
            registrations: self.bindings.len(),
            subscriptions: self.subscriptions.len() + self.list_watchers.len() + self.winfo.len(),
            publications: self.publications.len(),
            deliveries: self.deliveries.under_way.len(),
            calls: 0,
        }
    }

    /// When something of this person ends next.
    pub(crate) fn next_due(&self) -> Option<Tick> {
        let dues = [
            self.bindings.next_due(),
            self.publications.next_due(),
            self.subscriptions.next_due(),
            self.winfo.next_due(),
            self.lists.next_due(),
            self.conversations.next_due(),
            self.sessions.next_due(),
            self.deliveries.next_due(),
            self.pace.next_due(),
            self.reports.next_due(),
        ];
        dues.into_iter().flatten().min()
    }
}
