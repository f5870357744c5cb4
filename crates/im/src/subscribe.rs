//! SUBSCRIBE to presence (RFC 6665, RFC 3856): who watches somebody.
//!
//! Owns the subscriptions to one person and what a SUBSCRIBE does to them. What they are told,
//! and when, is `notify`.

use std::collections::BTreeMap;

use bytes::Bytes;
use sip::{Flow, Message, Name, Now, Tick};

use crate::aor::Aor;
use crate::binding::{ApplicationPlace, Closed};
use crate::error::Error;
use crate::job::Job;
use crate::limits;
use crate::notify::{self, End};
use crate::outbox::Outbox;
use crate::person::Person;
use crate::presence::Format;
use crate::presence::membership::Watcher;
use crate::presence::rules::Handling;
use crate::shard::Ctx;
use crate::usage::{Asked, Terms, Usage};
use crate::winfo::standing::{self as winfo, Gone, Standing, WatcherId};

/// One watcher's subscription.
#[derive(Debug)]
pub(crate) struct Subscription {
    pub(crate) usage: Usage,
    pub(crate) watcher: Aor,
    pub(crate) format: Format,
    /// What the watcher was last sent.
    pub(crate) sent: Option<Bytes>,
    /// A SUBSCRIBE asks for a NOTIFY whether or not anything changed (RFC 6665 §4.2.1.2).
    pub(crate) owed: bool,
    /// How the watcher stands with the person.
    pub(crate) standing: Standing,
}

/// The subscriptions to one person, by a number of ours.
#[derive(Debug, Default)]
pub(crate) struct Subscriptions {
    /// In boxes: a node of the map has room for eleven.
    by_number: BTreeMap<u64, Box<Subscription>>,
    /// Somebody came, or was judged anew.
    is_news: bool,
    gone: Vec<Gone>,
}

impl Subscriptions {
    pub(crate) fn is_empty(&self) -> bool {
        self.by_number.is_empty()
    }

    pub(crate) fn len(&self) -> usize {
        self.by_number.len()
    }

    pub(crate) fn next_due(&self) -> Option<Tick> {
        self.by_number.values().map(|subscription| subscription.usage.expires).min()
    }

    pub(crate) fn get_mut(&mut self, number: u64) -> Option<&mut Subscription> {
        self.by_number.get_mut(&number).map(AsMut::as_mut)
    }

    pub(crate) fn remove(&mut self, number: u64, why: winfo::Event) -> Option<Subscription> {
        let subscription = self.by_number.remove(&number)?;
        self.gone.push(gone(number, &subscription, why));
        Some(*subscription)
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
        self.by_number
            .iter()
            .map(|(number, it)| (WatcherId::Subscription(*number), &it.watcher, it.standing))
    }

    /// Whether somebody watches.
    pub(crate) fn watches(&self, watcher: &Aor) -> bool {
        self.by_number.values().any(|it| it.watcher == *watcher)
    }

    /// The person decided anew about everybody.
    pub(crate) fn decided(&mut self, handling: impl Fn(&Aor) -> Handling) {
        for subscription in self.by_number.values_mut() {
            let is_told = subscription.standing.decided(handling(&subscription.watcher));
            subscription.owed |= is_told;
        }
        self.is_news = true;
    }

    pub(crate) fn numbers(&self) -> Vec<u64> {
        self.by_number.keys().copied().collect()
    }

    /// Takes out those whose time is over.
    pub(crate) fn take_expired(&mut self, now: Tick) -> Vec<Subscription> {
        self.take_where(winfo::Event::Timeout, |it| it.usage.expires <= now)
    }

    /// Takes out those of a watcher.
    pub(crate) fn take_of(&mut self, watcher: &Aor) -> Vec<Subscription> {
        self.take_where(winfo::Event::Rejected, |it| it.watcher == *watcher)
    }

    /// Takes out all.
    pub(crate) fn take_all(&mut self, why: winfo::Event) -> Vec<Subscription> {
        self.take_where(why, |_| true)
    }

    /// A connection closed: watchers behind it are gone, those of a trusted application are
    /// only reached differently. Returns the applications to be dialled.
    pub(crate) fn closed(&mut self, flow: Flow) -> Vec<ApplicationPlace> {
        let mut places = Vec::new();
        self.drop_where(|subscription| match subscription.usage.way.closed(flow) {
            Closed::Untouched => false,
            Closed::Lost => true,
            Closed::Dial(place) => {
                places.push(place);
                false
            }
        });
        places
    }

    /// Applications cannot be dialled, or have come back without these watchers: watchers that
    /// have no connection are gone.
    pub(crate) fn unreachable(&mut self, is_lost: impl Fn(&ApplicationPlace) -> bool) {
        self.drop_where(|it| it.usage.way.dials().is_some_and(&is_lost));
    }

    fn drop_where(&mut self, mut is_lost: impl FnMut(&mut Subscription) -> bool) {
        for (number, it) in self.by_number.extract_if(.., |_, it| is_lost(it)) {
            self.gone.push(gone(number, &it, winfo::Event::Deactivated));
        }
    }

    fn take_where(
        &mut self,
        why: winfo::Event,
        is_over: impl Fn(&Subscription) -> bool,
    ) -> Vec<Subscription> {
        let mut taken = Vec::new();
        for (number, it) in self.by_number.extract_if(.., |_, it| is_over(it)) {
            self.gone.push(gone(number, &it, why));
            taken.push(*it);
        }
        taken
    }

    fn of_watcher(&self, watcher: &Aor) -> usize {
        self.by_number.values().filter(|subscription| subscription.watcher == *watcher).count()
    }
}

fn gone(number: u64, subscription: &Subscription, why: winfo::Event) -> Gone {
    let Subscription { watcher, standing, .. } = subscription;
    let id = WatcherId::Subscription(number);
    Gone { id, watcher: watcher.clone(), standing: *standing, why }
}

/// Handles a SUBSCRIBE to `person`.
pub(crate) fn handle(
    ctx: &Ctx,
    now: Now,
    out: &mut Outbox,
    person: &mut Person,
    job: &Job,
) -> Result<(), Error> {
    let asked = Asked::read(job, "presence")?;
    let usages = person.subscriptions.by_number.iter();
    match asked.find(usages.map(|(number, subscription)| (number, &subscription.usage)))? {
        Some(number) => refresh(ctx, now, out, person, job, number, &asked),
        None => create(ctx, now, out, person, job, asked),
    }
}

fn create(
    ctx: &Ctx,
    now: Now,
    out: &mut Outbox,
    person: &mut Person,
    job: &Job,
    asked: Asked,
) -> Result<(), Error> {
    let format = decide_format(&job.request)?;
    let watcher = job.speaker.aor().clone();
    if person.subscriptions.by_number.len() >= limits::WATCHERS_PER_USER_MAX
        || person.subscriptions.of_watcher(&watcher) >= limits::SUBSCRIPTIONS_PER_WATCHER_MAX
    {
        return Err(Error::TooManySubscriptions);
    }
    let is_fetch = asked.expires_s == 0;
    let usage = Usage::begin(out, now, job, asked, terms(&job.contact()))?;
    let handling = person.presentity.handling(Watcher::of(&watcher, &person.aor));
    let standing = Standing::new(handling);
    let mut subscription =
        Subscription { usage, watcher, format, sent: None, owed: true, standing };
    let number = out.number();
    if is_fetch {
        // RFC 6665 §4.4.3: the state comes with the end. RFC 3857 §4.7.1: who has asked waits for
        // a decision, if there is none yet.
        person.subscriptions.gone.push(gone(number, &subscription, winfo::Event::Timeout));
        notify::end(ctx, out, person, &mut subscription, End::Timeout);
        return Ok(());
    }
    person.subscriptions.by_number.insert(number, Box::new(subscription));
    person.subscriptions.is_news = true;
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
    asked: &Asked,
) -> Result<(), Error> {
    let subscription = person.subscriptions.get_mut(number).ok_or(Error::NoSuchDialog)?;
    if subscription.watcher != *job.speaker.aor() {
        return Err(Error::ActsAsAnother);
    }
    subscription.usage.renew(out, now, job, asked, terms(&job.contact()))?;
    subscription.owed = true;
    if asked.expires_s > 0 {
        notify::tell_one(ctx, now, out, person, number);
    } else if let Some(mut subscription) =
        person.subscriptions.remove(number, winfo::Event::Timeout)
    {
        notify::end(ctx, out, person, &mut subscription, End::Timeout);
    }
    Ok(())
}

fn terms(contact: &str) -> Terms<'_> {
    Terms { contact, requires: None }
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
