//! Watcher information (RFC 3857, RFC 3858): a person learns who watches their presence, who would
//! like to, and what became of them. Only the person does.
//!
//! Owns the subscriptions to `presence.winfo`, what each was told, and who waits for a decision.
//! One NOTIFY is under way at a time, and what changes meanwhile goes together in the next.
//!
//! Read next: `standing` (the states), `document`.

mod document;
pub(crate) mod standing;

use std::collections::{BTreeMap, VecDeque};

use sip::{Draft, Flow, Message, Method, Name, Now, Tick};

use self::document::Told;
use self::standing::{Event, Gone, Status, WatcherId};
use crate::aor::Aor;
use crate::binding::{ApplicationPlace, Closed};
use crate::error::Error;
use crate::job::Job;
use crate::limits;
use crate::notify::End;
use crate::outbox::{Awaited, Outbox};
use crate::person::Person;
use crate::presence::membership::Watcher;
use crate::presence::rules::Handling;
use crate::shard::Ctx;
use crate::usage::{Asked, Terms, Usage};

/// The event package.
pub(crate) const PACKAGE: &str = "presence.winfo";

/// See the head of the file.
#[derive(Debug, Default)]
pub(crate) struct Winfo {
    subscriptions: BTreeMap<u64, Subscription>,
    waiting: VecDeque<Waiting>,
}

#[derive(Debug)]
struct Subscription {
    usage: Usage,
    version: u32,
    told: BTreeMap<WatcherId, Told>,
    /// Those among the told that are gone, and how.
    gone: BTreeMap<WatcherId, Event>,
    owes_all: bool,
    is_changed: bool,
}

/// A watcher that the person has not decided about, and that is gone.
#[derive(Debug)]
struct Waiting {
    id: WatcherId,
    watcher: Aor,
    until: Tick,
}

impl Winfo {
    pub(crate) fn is_empty(&self) -> bool {
        self.subscriptions.is_empty() && self.waiting.is_empty()
    }

    pub(crate) fn len(&self) -> usize {
        self.subscriptions.len()
    }

    pub(crate) fn next_due(&self) -> Option<Tick> {
        let over = self.subscriptions.values().map(|it| it.usage.expires);
        over.chain(self.waiting.front().map(|it| it.until)).min()
    }

    /// A connection closed; see `Subscriptions::closed`.
    pub(crate) fn closed(&mut self, flow: Flow) -> Vec<ApplicationPlace> {
        let mut places = Vec::new();
        self.subscriptions.retain(|_, it| match it.usage.way.closed(flow) {
            Closed::Untouched => true,
            Closed::Lost => false,
            Closed::Dial(place) => {
                places.push(place);
                true
            }
        });
        places
    }

    /// Applications cannot be dialled, or have come back without this person.
    pub(crate) fn unreachable(&mut self, is_lost: impl Fn(&ApplicationPlace) -> bool) {
        self.subscriptions.retain(|_, it| !it.usage.way.dials().is_some_and(&is_lost));
    }

    fn changed(&mut self) {
        self.subscriptions.values_mut().for_each(|it| it.is_changed = true);
    }

    fn ended(&mut self, id: WatcherId, why: Event) {
        for subscription in self.subscriptions.values_mut() {
            if subscription.told.contains_key(&id) {
                subscription.gone.insert(id, why);
            }
        }
    }

    /// A pending watcher is gone before the person decided.
    fn wait(&mut self, now: Tick, gone: Gone) {
        self.waiting.retain(|it| it.watcher != gone.watcher);
        if self.waiting.len() >= limits::WAITING_PER_USER_MAX
            && let Some(oldest) = self.waiting.pop_front()
        {
            self.ended(oldest.id, Event::Giveup);
        }
        let until = now.after_ms(limits::WAITING_MS);
        self.waiting.push_back(Waiting { id: gone.id, watcher: gone.watcher, until });
    }

    /// Takes out those who wait no more, and why.
    fn wait_no_more(&mut self, why: impl Fn(&Waiting) -> Option<Event>) {
        let mut over = Vec::new();
        self.waiting.retain(|it| match why(it) {
            Some(event) => {
                over.push((it.id, event));
                false
            }
            None => true,
        });
        if !over.is_empty() {
            self.changed();
        }
        over.into_iter().for_each(|(id, event)| self.ended(id, event));
    }
}

/// Whether a SUBSCRIBE is about watchers.
pub(crate) fn is_about_watchers(request: &Message) -> bool {
    request.method() == Some(Method::Subscribe)
        && request.event().is_some_and(|event| event.package == PACKAGE)
}

/// Handles a SUBSCRIBE of `person` about their own watchers.
pub(crate) fn handle(
    ctx: &Ctx,
    now: Now,
    out: &mut Outbox,
    person: &mut Person,
    job: &Job,
) -> Result<(), Error> {
    job.speaks_as(&person.aor)?;
    let asked = Asked::read(job, PACKAGE)?;
    let contact = job.contact();
    let terms = Terms { contact: &contact, requires: None };
    let usages = person.winfo.subscriptions.iter().map(|(number, it)| (number, &it.usage));
    let ends = asked.expires_s == 0;
    let number = match asked.find(usages)? {
        Some(number) => {
            let found = person.winfo.subscriptions.get_mut(&number);
            let subscription = found.ok_or(Error::NoSuchDialog)?;
            subscription.usage.renew(out, now, job, &asked, terms)?;
            subscription.owes_all = true;
            number
        }
        None => {
            let is_named = job.request.header(Name::Accept).is_some();
            if is_named && !job.request.accept().takes(document::MEDIA_TYPE) {
                return Err(Error::NotAcceptable);
            }
            if person.winfo.subscriptions.len() >= limits::WINFO_PER_USER_MAX {
                return Err(Error::TooManySubscriptions);
            }
            let subscription = Subscription {
                usage: Usage::begin(out, now, job, asked, terms)?,
                version: 0,
                told: BTreeMap::new(),
                gone: BTreeMap::new(),
                owes_all: true,
                is_changed: false,
            };
            let number = out.number();
            person.winfo.subscriptions.insert(number, subscription);
            number
        }
    };
    if ends {
        end_one(ctx, out, person, number, End::Timeout);
    }
    Ok(())
}

/// Takes in who came, who is gone and what the person decided; then tells.
pub(crate) fn settle(ctx: &Ctx, now: Now, out: &mut Outbox, person: &mut Person) {
    let Person { subscriptions, list_watchers, winfo, .. } = person;
    let is_news = subscriptions.take_news() | list_watchers.take_news();
    let gone = subscriptions.take_gone().into_iter().chain(list_watchers.take_gone());
    for gone in gone.collect::<Vec<_>>() {
        if gone.standing.is_pending() && gone.why != Event::NoResource {
            winfo.wait(now.tick, gone);
        } else {
            winfo.ended(gone.id, gone.why);
        }
        winfo.changed();
    }
    if is_news {
        // RFC 3857 §4.7.1: who comes again waits no more.
        let is_there = |aor: &Aor| subscriptions.watches(aor) || list_watchers.watches(aor);
        winfo.wait_no_more(|it| is_there(&it.watcher).then_some(Event::Giveup));
        winfo.changed();
    }
    tell(ctx, now, out, person);
}

/// The person decided anew about everybody.
pub(crate) fn decided(person: &mut Person) {
    let Person { aor, presentity, winfo, .. } = person;
    winfo.wait_no_more(|it| match presentity.handling(Watcher::of(&it.watcher, aor)) {
        Handling::Confirm => None,
        Handling::Block => Some(Event::Rejected),
        Handling::PoliteBlock | Handling::Allow => Some(Event::Approved),
    });
    winfo.changed();
}

fn tell(ctx: &Ctx, now: Now, out: &mut Outbox, person: &mut Person) {
    let numbers: Vec<u64> = person.winfo.subscriptions.keys().copied().collect();
    for number in numbers {
        let Some(it) = person.winfo.subscriptions.get(&number) else { continue };
        if it.usage.is_busy() || !(it.owes_all || it.is_changed) {
            continue;
        }
        let (Some(route), state) = (it.usage.route(ctx), it.usage.lasts(now, "active")) else {
            continue;
        };
        let Some(request) = notify(person, number, &state) else { continue };
        let awaited = Awaited::Winfo { presentity: person.aor.clone(), subscription: number };
        if let Some(it) = person.winfo.subscriptions.get_mut(&number) {
            it.usage.send(out, awaited, route, request);
        }
    }
}

/// The NOTIFY that says what is owed; none if that is nothing.
fn notify(person: &mut Person, number: u64, state: &str) -> Option<Draft> {
    let current = watchers(person);
    let Person { aor, winfo, .. } = person;
    let it = winfo.subscriptions.get_mut(&number)?;
    let is_full = std::mem::take(&mut it.owes_all);
    it.is_changed = false;
    let gone = std::mem::take(&mut it.gone);
    let is_ended = |told: &Told| told.status == Status::Terminated;
    let mut shown: BTreeMap<WatcherId, Told> = if is_full {
        current.iter().filter(|(_, told)| !is_ended(told)).map(copied).collect()
    } else {
        let is_new = |(id, told): &(&WatcherId, &Told)| match it.told.get(id) {
            Some(before) => before != *told,
            None => !is_ended(told),
        };
        current.iter().filter(is_new).map(copied).collect()
    };
    if !is_full {
        for (id, before) in it.told.iter().filter(|(id, _)| !current.contains_key(id)) {
            let event = gone.get(id).copied().unwrap_or(Event::Timeout);
            let told = Told { status: Status::Terminated, event, ..before.clone() };
            shown.insert(*id, told);
        }
        if shown.is_empty() {
            return None;
        }
    }
    it.told = current.into_iter().filter(|(_, told)| !is_ended(told)).collect();
    let version = it.version;
    it.version = version.wrapping_add(1);
    let shown = shown.iter().map(|(id, told)| (*id, told));
    let body = document::print(aor, version, is_full, shown);
    Some(it.usage.notify(state).body(document::MEDIA_TYPE, body))
}

fn copied((id, told): (&WatcherId, &Told)) -> (WatcherId, Told) {
    (*id, told.clone())
}

/// Everybody who watches, who would like to, and whom the person has rejected.
fn watchers(person: &Person) -> BTreeMap<WatcherId, Told> {
    let Person { subscriptions, list_watchers, winfo, .. } = person;
    let there = subscriptions.standings().chain(list_watchers.standings());
    let there = there.map(|(id, watcher, standing)| {
        let (status, event) = (standing.status(), standing.event);
        (id, Told { watcher: watcher.clone(), status, event })
    });
    let waiting = winfo.waiting.iter().map(|it| {
        let (status, event) = (Status::Waiting, Event::Timeout);
        (it.id, Told { watcher: it.watcher.clone(), status, event })
    });
    waiting.chain(there).take(limits::WINFO_WATCHERS_MAX).collect()
}

/// A NOTIFY was answered; see `notify::answered`.
pub(crate) fn answered(person: &mut Person, number: u64, status: Option<u16>) {
    if status.is_none_or(|status| status >= 300) {
        person.winfo.subscriptions.remove(&number);
    } else if let Some(subscription) = person.winfo.subscriptions.get_mut(&number) {
        subscription.usage.answered();
    }
}

/// Ends what is over.
pub(crate) fn expire(ctx: &Ctx, now: Now, out: &mut Outbox, person: &mut Person) {
    let over = |it: &Subscription| it.usage.expires <= now.tick;
    let subscriptions = person.winfo.subscriptions.iter();
    let numbers: Vec<u64> = subscriptions.filter(|(_, it)| over(it)).map(|(it, _)| *it).collect();
    for number in numbers {
        end_one(ctx, out, person, number, End::Timeout);
    }
    person.winfo.wait_no_more(|it| (it.until <= now.tick).then_some(Event::Giveup));
}

/// The person is not here any more, or we are not.
pub(crate) fn end_all(ctx: &Ctx, out: &mut Outbox, person: &mut Person, why: End) {
    let numbers: Vec<u64> = person.winfo.subscriptions.keys().copied().collect();
    for number in numbers {
        end_one(ctx, out, person, number, why);
    }
    person.winfo.waiting.clear();
}

fn end_one(ctx: &Ctx, out: &mut Outbox, person: &mut Person, number: u64, why: End) {
    if let Some(it) = person.winfo.subscriptions.get_mut(&number) {
        // RFC 3857 §4.7.2: a fetch gets everything.
        it.owes_all = true;
    }
    let request = notify(person, number, why.state());
    let ended = person.winfo.subscriptions.remove(&number);
    if let (Some(request), Some(route)) = (request, ended.and_then(|it| it.usage.route(ctx))) {
        out.request(Awaited::Nothing, route, request);
    }
}
