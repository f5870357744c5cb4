//! A subscription as a use of a dialog (RFC 6665 §4.1): what presence, lists and watchers have in
//! common, whatever is told in it.
//!
//! Owns the dialog, how long it lasts, how its other end is reached, and the one NOTIFY under way.
//! What a NOTIFY says is `notify`'s, `list`'s and `winfo`'s.

use sip::{
    Dialog, DialogError, DialogId, Draft, EventHeader, Method, Name, Now, Route, Tick, Token,
};

use crate::binding::Way;
use crate::error::Error;
use crate::job::Job;
use crate::limits;
use crate::outbox::{Awaited, Outbox};
use crate::shard::Ctx;

/// See the head of the file.
#[derive(Debug)]
pub(crate) struct Usage {
    dialog: Dialog,
    /// The Event of the SUBSCRIBE, given back in each NOTIFY.
    event: EventHeader,
    /// The Contact we gave.
    contact: String,
    /// How the other end is reached.
    pub(crate) way: Way,
    /// When it is over.
    pub(crate) expires: Tick,
    in_flight: Option<Token>,
}

/// What a SUBSCRIBE asks for, as far as it is the same for all of them.
#[derive(Debug)]
pub(crate) struct Asked {
    event: EventHeader,
    /// How long it will last; 0 ends it, or only asks once.
    pub(crate) expires_s: u32,
    /// The dialog it belongs to; none if it begins one.
    pub(crate) dialog: Option<DialogId>,
}

impl Asked {
    /// Reads a SUBSCRIBE to this event package.
    pub(crate) fn read(job: &Job, package: &str) -> Result<Self, Error> {
        let event = job.request.event().filter(|event| event.package == package);
        let event = event.ok_or(Error::BadEvent)?;
        let expires_s = decide_expires(job.request.expires_s())?;
        Ok(Self { event, expires_s, dialog: DialogId::of_request(&job.request) })
    }

    /// The subscription among `usages` that it is about; none if it begins one.
    pub(crate) fn find<'a>(
        &self,
        mut usages: impl Iterator<Item = (&'a u64, &'a Usage)>,
    ) -> Result<Option<u64>, Error> {
        let Some(id) = &self.dialog else { return Ok(None) };
        let is_it = |usage: &Usage| usage.dialog.id() == id && usage.event.matches(&self.event);
        let found = usages.find(|(_, usage)| is_it(usage));
        found.map(|(number, _)| Some(*number)).ok_or(Error::NoSuchDialog)
    }
}

/// What the answer to a SUBSCRIBE says beside what all say.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Terms<'a> {
    /// The Contact of our end.
    pub(crate) contact: &'a str,
    /// The extension that its NOTIFYs need.
    pub(crate) requires: Option<&'static str>,
}

impl Usage {
    /// Takes a SUBSCRIBE that begins a dialog, and answers it.
    pub(crate) fn begin(
        out: &mut Outbox,
        now: Now,
        job: &Job,
        asked: Asked,
        terms: Terms<'_>,
    ) -> Result<Self, Error> {
        let response = accepted(out, now, job, terms, asked.expires_s);
        let dialog = Dialog::from_uas(&job.request, &response).map_err(dialog_error)?;
        out.respond(job.transaction, response);
        Ok(Self {
            dialog,
            event: asked.event,
            contact: terms.contact.to_owned(),
            way: job.way.clone(),
            expires: now.tick.after_s(u64::from(asked.expires_s)),
            in_flight: None,
        })
    }

    /// Takes a SUBSCRIBE within the dialog, and answers it.
    pub(crate) fn renew(
        &mut self,
        out: &mut Outbox,
        now: Now,
        job: &Job,
        asked: &Asked,
        terms: Terms<'_>,
    ) -> Result<(), Error> {
        self.dialog.accept(&job.request).map_err(dialog_error)?;
        let response = accepted(out, now, job, terms, asked.expires_s);
        self.contact = terms.contact.to_owned();
        self.way = job.way.clone();
        self.expires = now.tick.after_s(u64::from(asked.expires_s));
        out.respond(job.transaction, response);
        Ok(())
    }

    /// How its other end is reached; none while an application is being dialled.
    pub(crate) fn route(&self, ctx: &Ctx) -> Option<Route> {
        self.way.route(&ctx.config.computer_fqdn)
    }

    /// Whether a NOTIFY is under way: there is one at a time.
    pub(crate) fn is_busy(&self) -> bool {
        self.in_flight.is_some()
    }

    /// The NOTIFY under way was answered.
    pub(crate) fn answered(&mut self) {
        self.in_flight = None;
    }

    /// Sends a NOTIFY, and waits for its answer.
    pub(crate) fn send(
        &mut self,
        out: &mut Outbox,
        awaited: Awaited,
        route: Route,
        request: Draft,
    ) {
        self.in_flight = Some(out.request(awaited, route, request));
    }

    /// A NOTIFY without a body.
    pub(crate) fn notify(&mut self, state: &str) -> Draft {
        self.dialog
            .request(Method::Notify)
            .with(Name::Contact, self.contact.as_str())
            .with(Name::Event, self.event.to_string())
            .with(Name::SubscriptionState, state)
    }

    /// The state of a subscription that lasts: `active` or `pending`, and for how long.
    pub(crate) fn lasts(&self, now: Now, state: &str) -> String {
        format!("{state};expires={}", self.expires.since(now.tick) / 1000)
    }
}

/// How long a subscription lasts (RFC 6665 §4.2.1.1); 0 ends it, or only asks once.
fn decide_expires(wished_s: Option<u32>) -> Result<u32, Error> {
    let wished_s = wished_s.unwrap_or(limits::SUBSCRIPTION_DEFAULT_S);
    if (1..limits::SUBSCRIPTION_MIN_S).contains(&wished_s) {
        return Err(Error::IntervalTooBrief { min_s: limits::SUBSCRIPTION_MIN_S });
    }
    Ok(wished_s.min(limits::SUBSCRIPTION_MAX_S))
}

fn accepted(out: &mut Outbox, now: Now, job: &Job, terms: Terms<'_>, expires_s: u32) -> Draft {
    let response = Draft::response(&job.request, 200)
        .to_tag(&out.word(now))
        .with(Name::Contact, terms.contact)
        .with(Name::Expires, expires_s.to_string());
    match terms.requires {
        Some(extension) => response.with(Name::Require, extension),
        None => response,
    }
}

fn dialog_error(error: DialogError) -> Error {
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
