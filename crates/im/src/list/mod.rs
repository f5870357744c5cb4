//! Subscriptions to a list of people in one dialog (RFC 4662), where the SUBSCRIBE brings the
//! list along (RFC 5367). The dialog lives in the shard of its watcher; the people on the list
//! may live in others, which are asked to watch and tell what is seen ([`Between`], design.md §3).
//!
//! Owns the lists of a watcher: who is on them, what was seen, when it is sent. One NOTIFY is under
//! way at a time, and what is seen meanwhile goes together in the next.
//!
//! Read next: `resource_lists` (what comes), `rlmi` (what goes), `watch` (the presentity's side).

pub(crate) mod kept;
mod resource_lists;
mod rlmi;
pub(crate) mod watch;

use std::collections::BTreeMap;

use bytes::Bytes;
use sip::{Draft, Flow, Message, Method, Name, Now, Tick};

use self::kept::Asking;
pub use self::resource_lists::Entry;
use self::rlmi::{Dialect, Shown};
use crate::aor::Aor;
use crate::binding::{ApplicationPlace, Closed};
use crate::directory::Directory;
use crate::error::Error;
use crate::foreign::Abroad;
use crate::job::Job;
use crate::limits;
use crate::notify::End;
use crate::outbox::{Awaited, Outbox};
use crate::person::Person;
use crate::shard::Ctx;
use crate::text::Text;
use crate::usage::{Asked, Terms, Usage};
use crate::xcap::ListName;

/// RFC 4662 §7: what both sides say they do.
pub(crate) const EVENTLIST: &str = "eventlist";
/// RFC 5367 §8: the request brings its list along.
pub(crate) const RECIPIENT_LIST: &str = "recipient-list-subscribe";
/// The parameter of our Contact in a list's dialog, by which a refresh is known for what it is.
const CONTACT_PARAM: &str = "list";

/// A place on a list.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) struct Place {
    /// The number of the list.
    list: u64,
    /// Where on it.
    at: usize,
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:x}-{:x}", self.list, self.at)
    }
}

/// What shards tell each other about lists, and of texts.
#[derive(Debug)]
pub(crate) enum Between {
    /// What became of a text of this person (`report`); with the way there, which the registrar
    /// knows, if they are of another organisation.
    Report { asked_by: Aor, report: Box<Text>, abroad: Option<Abroad> },
    /// A list names this person.
    Watch { presentity: Aor, place: Place, watcher: Aor },
    /// It does not any more.
    Unwatch { presentity: Aor, place: Place },
    /// What the watcher sees there now.
    Seen { watcher: Aor, place: Place, state: State },
}

impl Between {
    /// The person whose shard it is for.
    pub(crate) fn owner(&self) -> &Aor {
        match self {
            Self::Watch { presentity, .. } | Self::Unwatch { presentity, .. } => presentity,
            Self::Seen { watcher, .. } => watcher,
            Self::Report { asked_by, .. } => asked_by,
        }
    }
}

/// What is known of somebody on a list.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum State {
    /// Nothing yet: the person has not decided about the watcher.
    Pending,
    /// Their document.
    Active(Bytes),
    /// Nobody here has this address.
    Nobody,
}

/// Somebody on a list.
#[derive(Debug)]
struct Member {
    entry: Entry,
    /// None: no address of ours.
    aor: Option<Aor>,
    state: State,
    is_changed: bool,
}

/// A list subscription.
#[derive(Debug)]
struct List {
    usage: Usage,
    uri: String,
    dialect: Dialect,
    /// By their places, which stay theirs.
    members: BTreeMap<usize, Member>,
    next_place: usize,
    /// The list that is kept with us; none: it came with a SUBSCRIBE.
    kept: Option<ListName>,
    version: u32,
    /// RFC 6665 §4.4.3: it ends with what it is told first.
    is_fetch: bool,
    /// A SUBSCRIBE asks for everything (RFC 4662 §5.2).
    owes_all: bool,
    is_changed: bool,
}

/// The list subscriptions of one watcher.
#[derive(Debug, Default)]
pub(crate) struct Lists {
    by_number: BTreeMap<u64, List>,
    /// SUBSCRIBEs whose list is being read.
    asking: BTreeMap<u64, Asking>,
}

impl Lists {
    pub(crate) fn is_empty(&self) -> bool {
        self.by_number.is_empty() && self.asking.is_empty()
    }

    pub(crate) fn len(&self) -> usize {
        self.by_number.len() + self.asking.len()
    }

    pub(crate) fn next_due(&self) -> Option<Tick> {
        self.by_number.values().map(|list| list.usage.expires).min()
    }

    /// Whether one of them has something to tell.
    pub(crate) fn is_dirty(&self) -> bool {
        self.by_number
            .values()
            .any(|list| !list.usage.is_busy() && (list.owes_all || list.is_changed))
    }

    /// A connection closed: the lists behind it are over, those of a trusted application are only
    /// reached differently. Returns the applications to be dialled.
    pub(crate) fn closed(&mut self, out: &mut Outbox, flow: Flow) -> Vec<ApplicationPlace> {
        let mut places = Vec::new();
        self.end_where(out, |list| match list.usage.way.closed(flow) {
            Closed::Untouched => false,
            Closed::Lost => true,
            Closed::Dial(place) => {
                places.push(place);
                false
            }
        });
        places
    }

    /// Applications cannot be dialled, or have come back without this watcher.
    pub(crate) fn unreachable(
        &mut self,
        out: &mut Outbox,
        is_lost: impl Fn(&ApplicationPlace) -> bool,
    ) {
        self.end_where(out, |list| list.usage.way.dials().is_some_and(&is_lost));
    }

    /// Ends lists without telling their watcher.
    fn end_where(&mut self, out: &mut Outbox, mut is_over: impl FnMut(&mut List) -> bool) {
        for (number, list) in self.by_number.extract_if(.., |_, list| is_over(list)) {
            unwatch(out, number, &list);
        }
    }

    /// What the watcher sees of somebody on a list.
    pub(crate) fn seen(&mut self, place: Place, state: State) {
        let Some(list) = self.by_number.get_mut(&place.list) else { return };
        let Some(member) = list.members.get_mut(&place.at) else { return };
        if member.state != state {
            (member.state, member.is_changed, list.is_changed) = (state, true, true);
        }
    }
}

impl List {
    fn add(&mut self, members: impl Iterator<Item = Member>) {
        for member in members {
            self.members.insert(self.next_place, member);
            self.next_place += 1;
        }
    }
}

/// Whether a SUBSCRIBE is about a list: one that comes with it, or one that is kept with us.
pub(crate) fn concerns(directory: &Directory, request: &Message) -> bool {
    is_about_list(request) || kept::name(directory, request).is_some()
}

/// Whether a SUBSCRIBE is about a list: it brings one, or refreshes such a subscription.
fn is_about_list(request: &Message) -> bool {
    request.method() == Some(Method::Subscribe)
        && (request.lists(Name::Require, RECIPIENT_LIST)
            || request.content_type().is_some_and(|it| it.is(resource_lists::MEDIA_TYPE))
            || request.to_tag().is_some()
                && request.request_uri().is_ok_and(|uri| uri.params.has(CONTACT_PARAM)))
}

/// Handles a SUBSCRIBE about a list of `person`, the watcher.
pub(crate) fn handle(
    ctx: &Ctx,
    now: Now,
    out: &mut Outbox,
    person: &mut Person,
    job: &Job,
) -> Result<(), Error> {
    job.speaks_as(&person.aor)?;
    let asked = Asked::read(job, "presence")?;
    // RFC 4662 §4.3.
    if !job.request.lists(Name::Supported, EVENTLIST) {
        return Err(Error::ExtensionRequired(EVENTLIST));
    }
    match asked.find(person.lists.by_number.iter().map(|(number, list)| (number, &list.usage)))? {
        Some(number) => refresh(ctx, now, out, person, job, number, &asked),
        None => match kept::name(&ctx.directory, &job.request) {
            Some(name) => kept::ask(ctx, out, person, job, asked, name),
            None => create(ctx, now, out, person, job, asked),
        },
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
    let entries = read(&job.request)?;
    begin(ctx, now, out, person, job, asked, entries, None)
}

/// Begins a subscription to those of a list.
#[expect(clippy::too_many_arguments, reason = "what a SUBSCRIBE is about, and its list")]
fn begin(
    ctx: &Ctx,
    now: Now,
    out: &mut Outbox,
    person: &mut Person,
    job: &Job,
    asked: Asked,
    entries: Vec<Entry>,
    kept: Option<ListName>,
) -> Result<(), Error> {
    if person.lists.len() >= limits::LISTS_PER_WATCHER_MAX {
        return Err(Error::TooManySubscriptions);
    }
    let is_fetch = asked.expires_s == 0;
    let usage = Usage::begin(out, now, job, asked, terms(&contact(job)))?;
    let mut list = List {
        usage,
        uri: job.request.request_uri_text().unwrap_or_default().to_owned(),
        dialect: Dialect::of(&job.request),
        members: BTreeMap::new(),
        next_place: 0,
        kept,
        version: 0,
        is_fetch,
        owes_all: true,
        is_changed: false,
    };
    list.add(entries.into_iter().map(|entry| member(ctx, entry)));
    let number = out.number();
    watch(out, &person.aor, number, &mut list);
    person.lists.by_number.insert(number, list);
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
    let list = person.lists.by_number.get_mut(&number).ok_or(Error::NoSuchDialog)?;
    // RFC 5367 §4.2: a list that comes with a refresh takes the place of the old one.
    let entries = match job.request.body().is_empty() {
        true => None,
        false => Some(read(&job.request)?),
    };
    list.usage.renew(out, now, job, asked, terms(&contact(job)))?;
    list.owes_all = true;
    if asked.expires_s == 0 {
        if let Some(mut list) = person.lists.by_number.remove(&number) {
            unwatch(out, number, &list);
            end(ctx, now, out, &mut list, End::Timeout);
        }
        return Ok(());
    }
    if let Some(entries) = entries {
        unwatch(out, number, list);
        (list.members, list.kept) = (BTreeMap::new(), None);
        list.add(entries.into_iter().map(|entry| member(ctx, entry)));
    }
    // Who was nobody may be somebody now.
    watch(out, &person.aor, number, list);
    Ok(())
}

/// Ends the lists whose time is over.
pub(crate) fn expire(ctx: &Ctx, now: Now, out: &mut Outbox, person: &mut Person) {
    let over: Vec<_> =
        person.lists.by_number.extract_if(.., |_, list| list.usage.expires <= now.tick).collect();
    for (number, mut list) in over {
        unwatch(out, number, &list);
        end(ctx, now, out, &mut list, End::Timeout);
    }
}

/// Ends them all.
pub(crate) fn end_all(ctx: &Ctx, now: Now, out: &mut Outbox, person: &mut Person, why: End) {
    for (number, mut list) in std::mem::take(&mut person.lists.by_number) {
        unwatch(out, number, &list);
        end(ctx, now, out, &mut list, why);
    }
}

/// Sends what the watcher has not been told yet, one NOTIFY for each list.
pub(crate) fn tell(ctx: &Ctx, now: Now, out: &mut Outbox, person: &mut Person) {
    let Person { aor, lists, .. } = person;
    for (number, mut list) in lists.by_number.extract_if(.., |_, list| list.is_fetch) {
        unwatch(out, number, &list);
        end(ctx, now, out, &mut list, End::Timeout);
    }
    for (number, list) in &mut lists.by_number {
        if list.usage.is_busy() || !(list.owes_all || list.is_changed) {
            continue;
        }
        let Some(route) = list.usage.route(ctx) else { continue };
        let state = list.usage.lasts(now, "active");
        let request = notify(now, out, list, &state);
        let awaited = Awaited::List { watcher: aor.clone(), list: *number };
        list.usage.send(out, awaited, route, request);
    }
}

/// A NOTIFY was answered; see `notify::answered`.
pub(crate) fn answered(out: &mut Outbox, person: &mut Person, number: u64, status: Option<u16>) {
    if status.is_some_and(|status| status < 300) {
        if let Some(list) = person.lists.by_number.get_mut(&number) {
            list.usage.answered();
        }
    } else if let Some(list) = person.lists.by_number.remove(&number) {
        unwatch(out, number, &list);
    }
}

/// The NOTIFY that says everything which is owed.
fn notify(now: Now, out: &mut Outbox, list: &mut List, state: &str) -> Draft {
    let word = out.word(now);
    let is_full = std::mem::take(&mut list.owes_all);
    list.is_changed = false;
    let members = list.members.iter().map(|(at, member)| (*at, member));
    let shown = Shown {
        uri: &list.uri,
        version: list.version,
        is_full,
        dialect: list.dialect,
        members: members.filter(|(_, member)| is_full || member.is_changed).collect(),
        word: &word,
    };
    let (content_type, body) = shown.print();
    list.version += 1;
    list.members.values_mut().for_each(|member| member.is_changed = false);
    let request = list.usage.notify(state);
    let request = match list.dialect {
        Dialect::Standard => request,
        Dialect::Linphone => request.replace(Name::Event, "Presence"),
    };
    request.with(Name::Require, EVENTLIST).body(&content_type, body)
}

/// Tells a watcher that a list, which was taken out, has ended.
fn end(ctx: &Ctx, now: Now, out: &mut Outbox, list: &mut List, why: End) {
    let Some(route) = list.usage.route(ctx) else { return };
    let request = notify(now, out, list, why.state());
    out.request(Awaited::Nothing, route, request);
}

/// Asks the shards of those of whom nothing is known.
fn watch(out: &mut Outbox, watcher: &Aor, number: u64, list: &mut List) {
    for (&at, member) in &mut list.members {
        if matches!(member.state, State::Active(_)) {
            continue;
        }
        if let Some(presentity) = member.aor.clone() {
            let (place, watcher) = (Place { list: number, at }, watcher.clone());
            out.between(Between::Watch { presentity, place, watcher });
        }
    }
}

fn unwatch(out: &mut Outbox, number: u64, list: &List) {
    for (&at, member) in &list.members {
        if let Some(presentity) = member.aor.clone() {
            out.between(Between::Unwatch { presentity, place: Place { list: number, at } });
        }
    }
}

fn member(ctx: &Ctx, entry: Entry) -> Member {
    let aor = entry.uri.parse().ok().as_ref().and_then(Aor::from_uri);
    let aor = aor.filter(|aor| ctx.directory.is_local_domain(aor.domain()));
    let state = if aor.is_some() { State::Pending } else { State::Nobody };
    Member { entry, aor, state, is_changed: false }
}

fn read(request: &Message) -> Result<Vec<Entry>, Error> {
    let is_list = request.content_type().is_some_and(|it| it.is(resource_lists::MEDIA_TYPE));
    if !is_list || request.header(Name::ContentEncoding).is_some() {
        return Err(Error::UnsupportedMediaType { accept: resource_lists::MEDIA_TYPE });
    }
    resource_lists::read(&request.body())
}

/// Our end of a list's dialog.
fn contact(job: &Job) -> String {
    format!("<{};{CONTACT_PARAM}>", job.edge.uri(job.owner.user()))
}

fn terms(contact: &str) -> Terms<'_> {
    Terms { contact, requires: Some(EVENTLIST) }
}
