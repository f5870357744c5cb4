//! What the end of a connection means for the people behind it, and of an application that cannot
//! be reached.

use std::collections::HashSet;

use sip::{Flow, Now};

use super::{Ctx, Shard};
use crate::aors::Aors;
use crate::binding::ApplicationPlace;
use crate::outbox::Awaited;

impl Shard {
    /// A connection is gone: devices and watchers behind it are gone. Users of a trusted
    /// application are still there if the application can be dialled, which is asked.
    pub(super) fn handle_closed(&mut self, now: Now, flow: Flow) {
        self.proxy.closed(now, &mut self.out, flow);
        let mut places = HashSet::new();
        for aor in self.flows.remove(&flow).map(Aors::into_all).unwrap_or_default() {
            self.with(now, &aor, |_, out, person| {
                person.sessions.closed(flow);
                places.extend(person.lists.closed(out, flow));
                let (gone, to_dial) = person.bindings.closed(flow);
                person.devices_gone(now, &gone);
                places.extend(to_dial);
                places.extend(person.subscriptions.closed(flow));
                places.extend(person.winfo.closed(flow));
            });
        }
        for place in places {
            if is_enabled(&self.ctx, &place) {
                self.probe(now, place);
            } else {
                self.unreachable(now, |_, lost| *lost == place);
            }
        }
    }

    fn probe(&mut self, now: Now, place: ApplicationPlace) {
        let own = &self.ctx.config.computer_fqdn;
        let (tag, call_id) = (self.out.word(now), self.out.word(now));
        let Some(request) = place.probe(own, &tag, &call_id) else { return };
        let route = place.route(own);
        self.out.request(Awaited::Probe { place }, route, request);
    }

    /// Users and watchers of these applications that have no connection are gone.
    pub(super) fn unreachable(
        &mut self,
        now: Now,
        is_lost: impl Fn(&Ctx, &ApplicationPlace) -> bool,
    ) {
        for aor in self.people.keys().cloned().collect::<Vec<_>>() {
            self.with(now, &aor, |ctx, out, person| {
                person.lists.unreachable(out, |place| is_lost(ctx, place));
                let gone = person.bindings.unreachable(|place| is_lost(ctx, place));
                person.devices_gone(now, &gone);
                person.subscriptions.unreachable(|place| is_lost(ctx, place));
                person.winfo.unreachable(|place| is_lost(ctx, place));
            });
        }
    }
}

/// Only what the enabled topology lists may be dialled.
pub(super) fn is_enabled(ctx: &Ctx, place: &ApplicationPlace) -> bool {
    ctx.directory.application_target(&place.computer, place.port).is_some()
}
