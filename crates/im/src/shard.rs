//! A shard: the soft state of the AORs that hash to it. A plain value without I/O or locks;
//! `handle` takes what happened and leaves effects to be polled.
//!
//! Owns the people, whom each connection concerns, and the timers. The rules are in the file of
//! each method. Soft state is lost with the process; clients re-create it by refreshing.
//!
//! Shards tell each other what lists need (`list::Between`), which the registrar carries.

mod committed;
mod reach;
mod session;

use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use sip::{Accept, Failure, Flow, Message, Method, Now, ServerTransaction, Tick, Token};

use crate::aor::Aor;
use crate::aors::Aors;
use crate::config::Config;
use crate::count::Totals;
use crate::delivery;
use crate::directory::Directory;
use crate::effect::{CommitToken, Effect, LocateToken};
use crate::ending;
use crate::error::Error;
use crate::gruu::Gruus;
use crate::host_name::HostName;
use crate::job::{InDialog, Job};
use crate::limits;
use crate::list::{self, Between, State};
use crate::message;
use crate::notify::{self, End};
use crate::outbox::{Awaited, Outbox};
use crate::person::Person;
use crate::proxy::Proxy;
use crate::proxy::record_route::Recorder;
use crate::publish;
use crate::register;
use crate::report;
use crate::subscribe;
use crate::winfo;
use crate::write::Committed;

/// What handlers may look at and never change.
#[derive(Clone, Debug)]
pub(crate) struct Ctx {
    pub(crate) config: Arc<Config>,
    pub(crate) directory: Arc<Directory>,
    pub(crate) recorder: Arc<Recorder>,
    pub(crate) gruus: Arc<Gruus>,
}

/// What can happen to a shard.
#[derive(Debug)]
pub(crate) enum Event {
    /// A request that passed the chain, about an AOR of this shard.
    Request(Job),
    /// A request of a dialog through us, to a person of this shard.
    InDialog { transaction: ServerTransaction, it: InDialog },
    /// An ACK of such a dialog; nobody answers it.
    Ack(InDialog),
    /// A request of one of this shard's users that is about a text session with us.
    Session(Job),
    /// An ACK of such a session, perhaps, from this connection.
    SessionAck { user: Aor, flow: Flow, request: Message },
    /// Somebody wants the answer to their request no more.
    Cancelled { transaction: ServerTransaction },
    /// A user of this shard sent a body of this type from this connection; if it was a text to
    /// somebody else, to whom.
    Spoke { user: Aor, to: Option<Aor>, flow: Flow, essence: String },
    /// A request of ours was answered.
    Response { token: Token, response: Message },
    /// A request of ours will not be answered.
    Failed { token: Token, why: Failure },
    /// A connection is gone.
    Closed { flow: Flow },
    /// A write was done, or not.
    Committed { token: CommitToken, result: Result<Committed, String> },
    /// It was found out where the server of a domain is, or not.
    Located { token: LocateToken, result: Result<Vec<sip::locate::Place>, String> },
    /// The directory changed; these users may not speak any more.
    Directory { directory: Arc<Directory>, gone: Arc<HashSet<Aor>> },
    /// The contact list of a user changed, or somebody's, if it is not known whose.
    Contacts { of: Option<Aor> },
    /// An application came back a while ago: whom it has not signed in again is gone.
    Returned { computer: HostName },
    /// Another shard tells something about lists.
    Between(Between),
    /// What happened is over: lists may tell what they have seen.
    Flush,
    /// We are about to stop: everybody who can be told is told.
    Stop,
    /// Time has passed.
    Timeout,
}

/// See the head of the file.
#[derive(Debug)]
pub(crate) struct Shard {
    ctx: Ctx,
    out: Outbox,
    proxy: Proxy,
    /// In boxes: a map has room for nearly twice as many as there are.
    people: HashMap<Aor, Box<Person>>,
    /// Whose bindings and watchers a connection carries.
    flows: HashMap<Flow, Aors>,
    due: BTreeSet<(Tick, Aor)>,
    /// Watchers whose lists have something to tell.
    dirty: BTreeSet<Aor>,
    /// Connections on which something came that cannot be read.
    faults: Vec<Flow>,
    totals: Totals,
}

impl Shard {
    /// A shard that knows nobody.
    pub(crate) fn new(number: u16, ctx: Ctx) -> Self {
        let out = Outbox::new(number, &ctx.config);
        Self {
            ctx,
            out,
            proxy: Proxy::default(),
            people: HashMap::new(),
            flows: HashMap::new(),
            due: BTreeSet::new(),
            dirty: BTreeSet::new(),
            faults: Vec::new(),
            totals: Totals::default(),
        }
    }

    /// Takes one event. Drain [`Shard::poll_effect`] afterwards.
    pub(crate) fn handle(&mut self, now: Now, event: Event) {
        match event {
            Event::Request(job) => self.handle_request(now, job),
            Event::InDialog { transaction, it } => self.handle_in_dialog(now, transaction, it),
            Event::Ack(it) => {
                let person = self.people.get(&it.to.aor).map(AsRef::as_ref);
                self.proxy.pass_ack(&self.ctx, &mut self.out, person, &it);
            }
            Event::Session(job) => self.handle_session(now, &job),
            Event::SessionAck { user, flow, request } => {
                self.handle_session_ack(now, &user, flow, &request);
            }
            Event::Cancelled { transaction } => {
                self.proxy.cancelled(now, &mut self.out, transaction);
            }
            Event::Spoke { user, to, flow, essence } => {
                self.with(now, &user, |ctx, out, person| {
                    message::spoke(ctx, now, out, person, (to.as_ref(), flow, &essence));
                });
            }
            Event::Response { token, response } => self.handle_response(now, token, response),
            Event::Failed { token, why } => self.handle_failure(now, token, &why),
            Event::Closed { flow } => self.handle_closed(now, flow),
            Event::Committed { token, result } => self.handle_committed(now, token, result),
            Event::Located { token, result } => {
                self.proxy.located(&self.ctx, now, &mut self.out, token, result);
            }
            Event::Directory { directory, gone } => self.handle_directory(now, directory, &gone),
            Event::Contacts { of } => self.handle_contacts(now, of.as_ref()),
            Event::Returned { computer } => {
                self.unreachable(now, |_, lost| lost.computer == computer.as_str());
            }
            Event::Between(message) => self.handle_between(now, message),
            Event::Flush => {
                for watcher in std::mem::take(&mut self.dirty) {
                    self.with(now, &watcher, |ctx, out, person| list::tell(ctx, now, out, person));
                }
            }
            Event::Stop => self.handle_stop(now),
            Event::Timeout => self.handle_timeout(now),
        }
    }

    /// A user of this shard writes to somebody: whether that is too much.
    pub(crate) fn decide_pace(&mut self, now: Now, user: &Aor, to: &Aor) -> Result<(), Error> {
        self.with(now, user, |ctx, _, person| {
            let Person { subscriptions, list_watchers, pace, .. } = person;
            let is_expected = subscriptions.watches(to) || list_watchers.watches(to);
            pace.decide(now.tick, &ctx.config.writing, to, is_expected)
        })
    }

    /// A connection on which something came that cannot be read.
    pub(crate) fn poll_fault(&mut self) -> Option<Flow> {
        self.faults.pop()
    }

    /// The next effect, in order.
    pub(crate) fn poll_effect(&mut self) -> Option<Effect> {
        self.out.poll()
    }

    /// The next message for another shard, in order.
    pub(crate) fn poll_between(&mut self) -> Option<Between> {
        self.out.poll_between()
    }

    /// Whether it waits for [`Event::Flush`].
    pub(crate) fn is_dirty(&self) -> bool {
        !self.dirty.is_empty()
    }

    /// Whether nothing is under way that a stop should wait for: no text with a device or with
    /// the store, no answer to somebody who waits.
    pub(crate) fn is_drained(&self) -> bool {
        !self.out.awaits_delivery() && self.proxy.is_quiet()
    }

    /// When the shard must be told that time has passed.
    pub(crate) fn next_timeout(&self) -> Option<Tick> {
        self.due.first().map(|(due, _)| *due).into_iter().chain(self.proxy.next_due()).min()
    }

    /// How much there is at the moment.
    pub(crate) fn totals(&self) -> Totals {
        Totals { calls: self.proxy.len(), ..self.totals }
    }

    fn handle_request(&mut self, now: Now, job: Job) {
        if job.abroad.is_some() {
            return self.proxy.begin_abroad(&self.ctx, now, &mut self.out, job);
        }
        if job.request.method() == Some(Method::Invite) {
            return self.handle_call(now, job);
        }
        let is_full = self.totals.subscriptions >= limits::SUBSCRIPTIONS_PER_SHARD_MAX;
        let result = self.with(now, &job.owner, |ctx, out, person| match job.request.method() {
            Some(Method::Register) => register::handle(ctx, now, out, person, &job),
            Some(Method::Publish) => publish::handle(now, out, person, &job),
            Some(Method::Subscribe) if is_full && job.request.to_tag().is_none() => {
                Err(Error::TooManySubscriptions)
            }
            Some(Method::Subscribe) if list::concerns(&ctx.directory, &job.request) => {
                list::handle(ctx, now, out, person, &job)
            }
            Some(Method::Subscribe) if winfo::is_about_watchers(&job.request) => {
                winfo::handle(ctx, now, out, person, &job)
            }
            Some(Method::Subscribe) => subscribe::handle(ctx, now, out, person, &job),
            Some(Method::Message) => message::handle(ctx, now, out, person, &job),
            Some(Method::Info) => message::handle_keyboard(ctx, now, out, person, &job),
            _ => Err(Error::MethodNotAllowed),
        });
        match result {
            Ok(()) => {
                if matches!(job.request.method(), Some(Method::Register | Method::Subscribe)) {
                    self.carries(job.flow, job.owner);
                }
            }
            Err(error) => {
                tracing::debug!(%error, owner = %job.owner, "request not done");
                if matches!(error, Error::Malformed(_)) {
                    self.faults.push(job.flow);
                }
                self.out.reject(now, job.transaction, &job.request, &error);
            }
        }
    }

    /// A connection concerns somebody.
    fn carries(&mut self, flow: Flow, whom: Aor) {
        match self.flows.entry(flow) {
            Entry::Occupied(mut carried) => carried.get_mut().insert(&whom),
            Entry::Vacant(free) => drop(free.insert(Aors::One(whom))),
        }
    }

    /// A call changes nothing about a person, so it needs no `with`.
    fn handle_call(&mut self, now: Now, job: Job) {
        let (transaction, request) = (job.transaction, job.request.clone());
        let person = self.people.get(&job.owner).map(AsRef::as_ref);
        let person = person.filter(|it| it.is_here_for(job.speaker.aor()));
        let called = self.proxy.call(&self.ctx, &mut self.out, person, job);
        if let Err(error) = called {
            self.out.reject(now, transaction, &request, &error);
        }
    }

    fn handle_in_dialog(&mut self, now: Now, transaction: ServerTransaction, it: InDialog) {
        let request = it.request.clone();
        let person = self.people.get(&it.to.aor).map(AsRef::as_ref);
        let passed = self.proxy.pass_on(&self.ctx, &mut self.out, person, transaction, it);
        if let Err(error) = passed {
            self.out.reject(now, transaction, &request, &error);
        }
    }

    fn handle_response(&mut self, now: Now, token: Token, response: Message) {
        if self.proxy.asked(token) {
            return self.proxy.answered(&self.ctx, now, &mut self.out, token, response);
        }
        // Provisional responses end nothing.
        if let Some(status @ 200..) = response.status() {
            self.handle_answer(now, token, Some(status), response.accept());
        }
    }

    fn handle_failure(&mut self, now: Now, token: Token, why: &Failure) {
        if self.proxy.asked(token) {
            return self.proxy.failed(&self.ctx, now, &mut self.out, token, why);
        }
        self.handle_answer(now, token, None, Accept::default());
    }

    fn handle_answer(&mut self, now: Now, token: Token, status: Option<u16>, accept: Accept) {
        match self.out.take(token) {
            Some(Awaited::Notify { presentity, subscription }) => {
                // Not by `with`: an answered NOTIFY changes nothing that has a time.
                if let Some(person) = self.people.get_mut(&presentity) {
                    let out = &mut self.out;
                    let before = person.totals();
                    notify::answered(&self.ctx, now, out, person, subscription, status);
                    winfo::settle(&self.ctx, now, out, person);
                    self.totals -= before;
                    self.totals += person.totals();
                }
            }
            Some(Awaited::Winfo { presentity, subscription }) => {
                self.with(now, &presentity, |_, _, person| {
                    winfo::answered(person, subscription, status);
                });
            }
            Some(Awaited::Delivery { recipient, delivery, device }) => {
                let answer = delivery::Answer { status, accept };
                self.with(now, &recipient, |ctx, out, person| {
                    delivery::answered(ctx, now, out, person, (delivery, &device), answer);
                });
            }
            Some(Awaited::Typing { recipient, device, asked_by }) => {
                let person = self.people.get_mut(&recipient).map(AsMut::as_mut);
                message::typing_answered(person, &device, (status, accept));
                message::answer_typing(&mut self.out, asked_by);
            }
            Some(Awaited::List { watcher, list }) => {
                self.with(now, &watcher, |_, out, person| {
                    list::answered(out, person, list, status);
                });
            }
            Some(Awaited::Probe { place }) if status.is_none() => {
                self.unreachable(now, |_, lost| *lost == place);
            }
            Some(Awaited::Probe { .. } | Awaited::Nothing) | None => {}
        }
    }

    fn handle_directory(&mut self, now: Now, directory: Arc<Directory>, gone: &HashSet<Aor>) {
        self.ctx.directory = directory;
        // An application that lost its connection may not be dialled once it is removed.
        self.unreachable(now, |ctx, place| !reach::is_enabled(ctx, place));
        self.follow_rules(now);
        if gone.is_empty() {
            return;
        }
        for aor in self.people.keys().cloned().collect::<Vec<_>>() {
            let is_gone = gone.contains(&aor);
            self.with(now, &aor, |ctx, out, person| {
                for watcher in gone {
                    for mut subscription in person.subscriptions.take_of(watcher) {
                        notify::end(ctx, out, person, &mut subscription, End::Rejected);
                    }
                }
                if is_gone {
                    ending::end_person(ctx, now, out, person);
                }
            });
        }
    }

    /// Judges watchers anew where the person has other rules than before.
    fn follow_rules(&mut self, now: Now) {
        let directory = &self.ctx.directory;
        let people = self.people.iter();
        let others = people.filter(|(aor, it)| it.presentity.rules() != directory.rules(aor));
        let others = others.map(|(aor, _)| aor.clone());
        for aor in others.collect::<Vec<_>>() {
            self.with(now, &aor, |ctx, _, person| {
                person.set_rules(ctx.directory.rules(&person.aor).cloned());
            });
        }
    }

    fn handle_between(&mut self, now: Now, message: Between) {
        match message {
            Between::Watch { presentity, place, watcher } => {
                if self.ctx.directory.enabled_user(&presentity).is_none() {
                    let state = State::Nobody;
                    return self.out.between(Between::Seen { watcher, place, state });
                }
                self.with(now, &presentity, |_, out, person| {
                    list::watch::add(out, person, place, watcher);
                });
            }
            Between::Unwatch { presentity, place } => {
                self.with(now, &presentity, |_, _, person| person.list_watchers.remove(place));
            }
            Between::Report { asked_by, report, abroad: Some(abroad) } => {
                let report = (&asked_by, &*report);
                self.proxy.report_abroad(&self.ctx, now, &mut self.out, abroad, report);
            }
            Between::Report { asked_by, report, abroad: None } => {
                self.with(now, &asked_by, |ctx, out, person| {
                    report::arrived(ctx, now, out, person, *report);
                });
            }
            Between::Seen { watcher, place, state } => {
                self.with(now, &watcher, |_, _, person| person.lists.seen(place, state));
            }
        }
    }

    fn handle_stop(&mut self, now: Now) {
        self.proxy.stop(now, &mut self.out);
        for aor in self.people.keys().cloned().collect::<Vec<_>>() {
            self.with(now, &aor, |ctx, out, person| ending::stop(ctx, now, out, person));
        }
    }

    fn handle_timeout(&mut self, now: Now) {
        self.proxy.expire(now.tick);
        while let Some((due, _)) = self.due.first() {
            if *due > now.tick {
                break;
            }
            let Some((_, aor)) = self.due.pop_first() else { break };
            if let Some(person) = self.people.get_mut(&aor) {
                person.due = None;
            }
            self.with(now, &aor, |ctx, out, person| ending::expire(ctx, now, out, person));
        }
    }

    /// Does something with a person, then tells the watchers what changed, and looks when the
    /// person is due next.
    fn with<T>(
        &mut self,
        now: Now,
        aor: &Aor,
        act: impl FnOnce(&Ctx, &mut Outbox, &mut Person) -> T,
    ) -> T {
        let person = self.people.entry(aor.clone()).or_insert_with(|| {
            let mut person = Box::new(Person::new(aor.clone()));
            person.set_rules(self.ctx.directory.rules(aor).cloned());
            person
        });
        let before = person.totals();
        let result = act(&self.ctx, &mut self.out, person);
        if person.presentity.take_changed() {
            notify::tell(&self.ctx, now, &mut self.out, person);
            list::watch::tell(&mut self.out, person);
        }
        winfo::settle(&self.ctx, now, &mut self.out, person);
        if person.lists.is_dirty() {
            self.dirty.insert(aor.clone());
        }
        let due = person.next_due();
        if person.due != due {
            if let Some(before) = person.due {
                self.due.remove(&(before, person.aor.clone()));
            }
            person.due = due;
            if let Some(due) = due {
                self.due.insert((due, person.aor.clone()));
            }
        }
        self.totals -= before;
        self.totals += person.totals();
        if person.is_forgettable() {
            self.people.remove(aor);
        }
        result
    }
}
