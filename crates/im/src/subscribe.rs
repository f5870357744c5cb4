//! SUBSCRIBE to presence (RFC 6665, RFC 3856): who watches somebody.
//!
//! Owns the subscriptions to one person and what a SUBSCRIBE does to them. What they are told,
//! and when, is `notify`.

use std::collections::BTreeMap;

use bytes::Bytes;
use sip::{
    Dialog, DialogError, DialogId, Draft, EventHeader, Flow, Message, Name, Now, Tick, Token,
};

use crate::aor::Aor;
use crate::binding::{ApplicationPlace, Closed, Way};
use crate::error::Error;
use crate::job::Job;
use crate::limits;
use crate::notify::{self, End};
use crate::outbox::Outbox;
use crate::person::Person;
use crate::presence::Format;
use crate::shard::Ctx;

/// One watcher's subscription.
#[derive(Debug)]
pub(crate) struct Subscription {
    pub(crate) dialog: Dialog,
    /// The Event of the SUBSCRIBE, given back in each NOTIFY.
    pub(crate) event: EventHeader,
    pub(crate) watcher: Aor,
    /// The Contact we gave.
    pub(crate) contact: String,
    pub(crate) format: Format,
    pub(crate) way: Way,
    pub(crate) expires: Tick,
    /// The NOTIFY under way: there is one at a time, and the last state wins.
    pub(crate) in_flight: Option<Token>,
    /// What the watcher was last sent.
    pub(crate) sent: Option<Bytes>,
    /// A SUBSCRIBE asks for a NOTIFY whether or not anything changed (RFC 6665 §4.2.1.2).
    pub(crate) owed: bool,
}

/// The subscriptions to one person, by a number of ours.
#[derive(Debug, Default)]
pub(crate) struct Subscriptions {
    by_number: BTreeMap<u64, Subscription>,
}

impl Subscriptions {
    pub(crate) fn is_empty(&self) -> bool {
        self.by_number.is_empty()
    }

    pub(crate) fn len(&self) -> usize {
        self.by_number.len()
    }

    pub(crate) fn next_due(&self) -> Option<Tick> {
        self.by_number.values().map(|subscription| subscription.expires).min()
    }

    pub(crate) fn get_mut(&mut self, number: u64) -> Option<&mut Subscription> {
        self.by_number.get_mut(&number)
    }

    pub(crate) fn remove(&mut self, number: u64) -> Option<Subscription> {
        self.by_number.remove(&number)
    }

    pub(crate) fn numbers(&self) -> Vec<u64> {
        self.by_number.keys().copied().collect()
    }

    /// Takes out those whose time is over.
    pub(crate) fn take_expired(&mut self, now: Tick) -> Vec<Subscription> {
        self.take_where(|subscription| subscription.expires <= now)
    }

    /// Takes out those of a watcher.
    pub(crate) fn take_of(&mut self, watcher: &Aor) -> Vec<Subscription> {
        self.take_where(|subscription| subscription.watcher == *watcher)
    }

    /// Takes out all.
    pub(crate) fn take_all(&mut self) -> Vec<Subscription> {
        self.take_where(|_| true)
    }

    /// A connection closed: watchers behind it are gone, those of a trusted application are
    /// only reached differently. Returns the applications to be dialled.
    pub(crate) fn closed(&mut self, flow: Flow) -> Vec<ApplicationPlace> {
        let mut places = Vec::new();
        self.by_number.retain(|_, subscription| match subscription.way.closed(flow) {
            Closed::Untouched => true,
            Closed::Lost => false,
            Closed::Dial(place) => {
                places.push(place);
                true
            }
        });
        places
    }

    /// Applications cannot be dialled, or have come back without these watchers: watchers that
    /// have no connection are gone.
    pub(crate) fn unreachable(&mut self, is_lost: impl Fn(&ApplicationPlace) -> bool) {
        self.by_number.retain(|_, it| !it.way.dials().is_some_and(&is_lost));
    }

    fn take_where(&mut self, gone: impl Fn(&Subscription) -> bool) -> Vec<Subscription> {
        self.by_number
            .extract_if(.., |_, it| gone(it))
            .map(|(_, subscription)| subscription)
            .collect()
    }

    fn find(&self, id: &DialogId, event: &EventHeader) -> Option<u64> {
        let found = self.by_number.iter().find(|(_, subscription)| {
            subscription.dialog.id() == id && subscription.event.matches(event)
        });
        found.map(|(number, _)| *number)
    }

    fn of_watcher(&self, watcher: &Aor) -> usize {
        self.by_number.values().filter(|subscription| subscription.watcher == *watcher).count()
    }
}

/// How long a subscription lasts (RFC 6665 §4.2.1.1); 0 ends it, or only asks once.
pub(crate) fn decide_expires(wished_s: Option<u32>) -> Result<u32, Error> {
    let wished_s = wished_s.unwrap_or(limits::SUBSCRIPTION_DEFAULT_S);
    if (1..limits::SUBSCRIPTION_MIN_S).contains(&wished_s) {
        return Err(Error::IntervalTooBrief { min_s: limits::SUBSCRIPTION_MIN_S });
    }
    Ok(wished_s.min(limits::SUBSCRIPTION_MAX_S))
}

/// Handles a SUBSCRIBE to `person`.
pub(crate) fn handle(
    ctx: &Ctx,
    now: Now,
    out: &mut Outbox,
    person: &mut Person,
    job: &Job,
) -> Result<(), Error> {
    let event = job.request.event().filter(|event| event.package == "presence");
    let event = event.ok_or(Error::BadEvent)?;
    let expires_s = decide_expires(job.request.expires_s())?;
    match DialogId::of_request(&job.request) {
        Some(id) => {
            let number = person.subscriptions.find(&id, &event).ok_or(Error::NoSuchDialog)?;
            refresh(ctx, now, out, person, job, number, expires_s)
        }
        None => create(ctx, now, out, person, job, event, expires_s),
    }
}

fn create(
    ctx: &Ctx,
    now: Now,
    out: &mut Outbox,
    person: &mut Person,
    job: &Job,
    event: EventHeader,
    expires_s: u32,
) -> Result<(), Error> {
    let format = decide_format(&job.request)?;
    let watcher = job.speaker.aor().clone();
    if person.subscriptions.by_number.len() >= limits::WATCHERS_PER_USER_MAX
        || person.subscriptions.of_watcher(&watcher) >= limits::SUBSCRIPTIONS_PER_WATCHER_MAX
    {
        return Err(Error::TooManySubscriptions);
    }
    let response = accepted(out, now, job, &job.contact, expires_s);
    let dialog = Dialog::from_uas(&job.request, &response).map_err(dialog_error)?;
    out.respond(job.transaction, response);
    let mut subscription = Subscription {
        dialog,
        event,
        watcher,
        contact: job.contact.clone(),
        format,
        way: job.way.clone(),
        expires: now.tick.after_s(u64::from(expires_s)),
        in_flight: None,
        sent: None,
        owed: true,
    };
    if expires_s == 0 {
        // RFC 6665 §4.4.3: a fetch; the state comes with the end.
        notify::end(ctx, out, person, &mut subscription, End::Timeout);
        return Ok(());
    }
    let number = out.number();
    person.subscriptions.by_number.insert(number, subscription);
    notify::tell_one(ctx, now, out, person, number);
    Ok(())
}

fn refresh(
    ctx: &Ctx,
    now: Now,
    out: &mut Outbox,
    person: &mut Person,
    job: &Job,
    number: u64,
    expires_s: u32,
) -> Result<(), Error> {
    let response = accepted(out, now, job, &job.contact, expires_s);
    let subscription = person.subscriptions.get_mut(number).ok_or(Error::NoSuchDialog)?;
    if subscription.watcher != *job.speaker.aor() {
        return Err(Error::ActsAsAnother);
    }
    subscription.dialog.accept(&job.request).map_err(dialog_error)?;
    subscription.way = job.way.clone();
    subscription.contact = job.contact.clone();
    subscription.expires = now.tick.after_s(u64::from(expires_s));
    subscription.owed = true;
    out.respond(job.transaction, response);
    if expires_s > 0 {
        notify::tell_one(ctx, now, out, person, number);
    } else if let Some(mut subscription) = person.subscriptions.remove(number) {
        notify::end(ctx, out, person, &mut subscription, End::Timeout);
    }
    Ok(())
}

/// The answer to a SUBSCRIBE that is taken, with the Contact of our end.
pub(crate) fn accepted(
    out: &mut Outbox,
    now: Now,
    job: &Job,
    contact: &str,
    expires_s: u32,
) -> Draft {
    Draft::response(&job.request, 200)
        .to_tag(&out.word(now))
        .with(Name::Contact, contact)
        .with(Name::Expires, expires_s.to_string())
}

/// RFC 6665 §3.1.3: without Accept the package's default, PIDF (RFC 3856 §6.7).
fn decide_format(request: &Message) -> Result<Format, Error> {
    let format = Format::Pidf;
    let is_named = request.header(Name::Accept).is_some();
    if is_named && !request.accept().takes(format.media_type()) {
        return Err(Error::NotAcceptable);
    }
    Ok(format)
}

pub(crate) fn dialog_error(error: DialogError) -> Error {
    match error {
        DialogError::Header(name) => Error::Malformed(name),
        DialogError::NotOurs => Error::NoSuchDialog,
        DialogError::OutOfOrder => Error::OutOfOrder,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expiries() {
        let table = [
            (None, Ok(limits::SUBSCRIPTION_DEFAULT_S)),
            (Some(0), Ok(0)),
            (Some(600), Ok(600)),
            (Some(u32::MAX), Ok(limits::SUBSCRIPTION_MAX_S)),
            (Some(5), Err(Error::IntervalTooBrief { min_s: limits::SUBSCRIPTION_MIN_S })),
        ];
        for (wished_s, expected) in table {
            assert_eq!(decide_expires(wished_s), expected, "{wished_s:?}");
        }
    }
}
