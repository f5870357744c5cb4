//! How what a person has here ends: its time is over, the person may not speak any more, or we
//! stop.

use sip::Now;

use crate::delivery;
use crate::list;
use crate::notify::{self, End};
use crate::outbox::Outbox;
use crate::person::Person;
use crate::shard::Ctx;
use crate::winfo;
use crate::winfo::standing::Event;

/// Ends what has run out.
pub(crate) fn expire(ctx: &Ctx, now: Now, out: &mut Outbox, person: &mut Person) {
    let gone = person.bindings.expire(now.tick);
    for holder in person.publications.expire(now.tick) {
        person.presentity.unpublish(now.wall_ms, holder);
    }
    person.devices_gone(now, &gone);
    for mut subscription in person.subscriptions.take_expired(now.tick) {
        notify::end(ctx, out, person, &mut subscription, End::Timeout);
    }
    list::expire(ctx, now, out, person);
    winfo::expire(ctx, now, out, person);
    person.conversations.expire(now.tick);
    person.sessions.expire(now, out);
    delivery::expire(ctx, now, out, person);
    person.reports.expire(now.tick);
    person.pace.expire(now.tick);
}

/// The person may not speak any more, and nobody can watch them.
pub(crate) fn end_person(ctx: &Ctx, now: Now, out: &mut Outbox, person: &mut Person) {
    let gone = person.bindings.clear();
    for holder in person.publications.clear() {
        person.presentity.unpublish(now.wall_ms, holder);
    }
    person.devices_gone(now, &gone);
    for mut subscription in person.subscriptions.take_all(Event::NoResource) {
        notify::end(ctx, out, person, &mut subscription, End::NoResource);
    }
    person.sessions.end_all(out);
    list::end_all(ctx, now, out, person, End::Rejected);
    list::watch::end(out, person);
    winfo::end_all(ctx, out, person, End::NoResource);
}

/// We are about to stop: who watches this person is told that it ends here, and may come again
/// (RFC 6665 §4.1.3), and text sessions end. The devices learn it by the end of their connections
/// (RFC 5626 §4.4).
pub(crate) fn stop(ctx: &Ctx, now: Now, out: &mut Outbox, person: &mut Person) {
    for mut subscription in person.subscriptions.take_all(Event::Deactivated) {
        notify::end(ctx, out, person, &mut subscription, End::Deactivated);
    }
    person.sessions.end_all(out);
    list::end_all(ctx, now, out, person, End::Deactivated);
    winfo::end_all(ctx, out, person, End::Deactivated);
}
