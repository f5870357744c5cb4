//! NOTIFY of presence (RFC 6665 §4.2.2, RFC 3856): what watchers are told, and when.
//!
//! Owns the coalescing: one NOTIFY under way per subscription, and when it is answered the last
//! state goes out, if it differs from what was sent. The documents are `presence`'s.

use bytes::Bytes;
use sip::{Draft, Now};

use crate::aor::Aor;
use crate::outbox::{Awaited, Outbox};
use crate::person::Person;
use crate::presence::Presentity;
use crate::presence::membership::Watcher;
use crate::shard::Ctx;
use crate::subscribe::Subscription;
use crate::winfo::standing::Event;

/// Why a subscription ends (RFC 6665 §4.1.3).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum End {
    /// Its time is over, or the watcher asked for the end.
    Timeout,
    /// The person is not here any more.
    NoResource,
    /// The watcher is not welcome any more.
    Rejected,
    /// We stop: the watcher may subscribe again, and then finds us started or told to wait.
    Deactivated,
}

impl End {
    pub(crate) fn state(self) -> &'static str {
        match self {
            Self::Timeout => "terminated;reason=timeout",
            Self::NoResource => "terminated;reason=noresource",
            Self::Rejected => "terminated;reason=rejected",
            Self::Deactivated => "terminated;reason=deactivated",
        }
    }
}

/// Tells everybody who watches `person` what they have not been told yet.
pub(crate) fn tell(ctx: &Ctx, now: Now, out: &mut Outbox, person: &mut Person) {
    for number in person.subscriptions.numbers() {
        tell_one(ctx, now, out, person, number);
    }
}

/// Tells one watcher what it has not been told yet, unless a NOTIFY is under way.
pub(crate) fn tell_one(ctx: &Ctx, now: Now, out: &mut Outbox, person: &mut Person, number: u64) {
    let Person { aor, presentity, subscriptions, .. } = person;
    let Some(subscription) = subscriptions.get_mut(number) else { return };
    if subscription.usage.is_busy() {
        return;
    }
    let document = document(aor, presentity, subscription);
    if !subscription.owed && same(subscription.sent.as_ref(), document.as_ref()) {
        return;
    }
    let Some(route) = subscription.usage.route(ctx) else { return };
    let state = subscription.usage.lasts(now, subscription.standing.word());
    let request = request(subscription, &state, document.clone());
    let awaited = Awaited::Notify { presentity: aor.clone(), subscription: number };
    subscription.usage.send(out, awaited, route, request);
    subscription.sent = document;
    subscription.owed = false;
}

/// Tells a watcher that a subscription, which was taken out, has ended.
pub(crate) fn end(
    ctx: &Ctx,
    out: &mut Outbox,
    person: &mut Person,
    subscription: &mut Subscription,
    why: End,
) {
    let Some(route) = subscription.usage.route(ctx) else { return };
    let Person { aor, presentity, .. } = person;
    let document = if why == End::Timeout { document(aor, presentity, subscription) } else { None };
    let request = request(subscription, why.state(), document);
    out.request(Awaited::Nothing, route, request);
}

/// A NOTIFY was answered: the next may go. If it was refused, or not answered at all (`status`
/// is then none), there is nobody there and the subscription ends (RFC 6665 §4.2.2).
pub(crate) fn answered(
    ctx: &Ctx,
    now: Now,
    out: &mut Outbox,
    person: &mut Person,
    number: u64,
    status: Option<u16>,
) {
    if status.is_none_or(|status| status >= 300) {
        person.subscriptions.remove(number, Event::Timeout);
    } else if let Some(subscription) = person.subscriptions.get_mut(number) {
        subscription.usage.answered();
        tell_one(ctx, now, out, person, number);
    }
}

fn request(subscription: &mut Subscription, state: &str, document: Option<Bytes>) -> Draft {
    let request = subscription.usage.notify(state);
    match document {
        Some(document) => request.body(subscription.format.media_type(), document),
        None => request,
    }
}

/// What a watcher sees; nothing while the person has not decided (RFC 5025 §3.2.1).
fn document(aor: &Aor, presentity: &mut Presentity, it: &Subscription) -> Option<Bytes> {
    let watcher = Watcher::of(&it.watcher, aor);
    (!it.standing.is_pending()).then(|| presentity.document(watcher, it.format))
}

/// Shared documents are compared by address first; a note that was set and taken back is equal
/// by content.
fn same(sent: Option<&Bytes>, document: Option<&Bytes>) -> bool {
    match (sent, document) {
        (Some(sent), Some(document)) => {
            (sent.as_ptr() == document.as_ptr() && sent.len() == document.len()) || sent == document
        }
        (sent, document) => sent.is_none() && document.is_none(),
    }
}
