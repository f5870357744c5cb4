//! Soft state of all pages, as a plain value: `handle` it something, then drain `commands` and
//! `jobs`.
//!
//! Owns who is connected, signed in and watched. Does no I/O: commands go to the agent, jobs to
//! `run`, pushes into the bounded queues of the WebSockets (`push`). A person signs in while a page
//! is there, and out [`SIGN_OUT_AFTER_MS`] after the last one.

use std::collections::{BTreeSet, HashMap, HashSet, VecDeque};
use std::sync::Arc;

use agent::Command;
use tokio::sync::{Notify, mpsc};
use uuid::Uuid;

use super::facts::{Facts, fold};
use super::load::Judged;
use super::person::{Connection, ConnectionId, Dirty, Goodbye, Person, Push, Types};
use super::report::{Job, Report};
use super::status::{Shared, SignIn, decide_im_status, may_sign_in};
use crate::im_settings::link::{Failure, Link};
use crate::im_settings::repair::Surroundings;
use crate::limits::{
    CONNECTIONS_MAX, CONNECTIONS_PER_ACCOUNT_MAX, QUEUE_MESSAGES_MAX, SIGN_OUT_AFTER_MS,
};

/// No more WebSockets for this person, or at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TooMany;

/// What the task of a WebSocket is given.
#[derive(Debug)]
pub(crate) struct Opened {
    /// Its name.
    pub(crate) id: ConnectionId,
    /// What it is to send.
    pub(crate) queue: mpsc::Receiver<Push>,
    /// When it is to end at once.
    pub(crate) dead: Arc<Notify>,
}

/// All soft state of the web half.
#[derive(Debug)]
pub(crate) struct Bridge {
    /// Names this process in the states of soft types.
    pub(super) boot: String,
    pub(super) shared: Shared,
    pub(super) people: HashMap<Uuid, Person>,
    /// Folded SIP address → account, of the people above.
    pub(super) addresses: HashMap<String, Uuid>,
    pub(super) dirty: BTreeSet<Uuid>,
    pub(super) report: Report,
    pub(super) commands: VecDeque<Command>,
    pub(super) jobs: VecDeque<Job>,
    pub(super) sockets: usize,
    pub(super) ping_at_ms: Option<i64>,
    /// When the certificate becomes valid or runs out (link 6).
    pub(super) judge_at_ms: Option<i64>,
    /// Texts that the agent has not answered, and until when it may.
    pub(super) sending: HashMap<Uuid, i64>,
    next_connection: u64,
}

impl Bridge {
    /// Nobody is there, and nothing is configured.
    pub(crate) fn new(boot: String, computer: &str, settings: Failure) -> Bridge {
        let around = Surroundings::of(computer);
        Bridge {
            boot,
            shared: Shared { settings: Err(settings), port: None, link: None, around },
            people: HashMap::new(),
            addresses: HashMap::new(),
            dirty: BTreeSet::new(),
            report: Report::default(),
            commands: VecDeque::new(),
            jobs: VecDeque::new(),
            sockets: 0,
            ping_at_ms: None,
            judge_at_ms: None,
            sending: HashMap::new(),
            next_connection: 1,
        }
    }

    /// Somebody signed in to the page: `run` loads what the store says of them.
    pub(crate) fn note_page_sign_in(&mut self, account: Uuid) {
        self.jobs.push_back(Job::PageSignIn { account });
    }

    /// "Retry": `run` looks whether the settings were edited since they were loaded.
    pub(crate) fn note_look_again(&mut self, account: Uuid) {
        self.jobs.push_back(Job::LookAgain { account });
    }

    /// The agent is told, in its turn.
    pub(crate) fn command(&mut self, command: Command) {
        self.commands.push_back(command);
    }

    /// Somebody signed in to the page; the WebSocket follows in a moment.
    pub(crate) fn page_sign_in(&mut self, now_ms: i64, account: Uuid, facts: Facts) {
        self.report.arm();
        let person = self.person(account, facts);
        if matches!(person.sign_in, SignIn::Failed { .. }) {
            person.sign_in = SignIn::Out;
        }
        if person.connections.is_empty() {
            person.sign_out_at_ms = Some(now_ms + SIGN_OUT_AFTER_MS);
        }
        self.settle(account);
        self.report_on(account);
    }

    /// A WebSocket was opened.
    pub(crate) fn connect(
        &mut self,
        now_ms: i64,
        account: Uuid,
        facts: Facts,
        session: Option<[u8; 32]>,
    ) -> Result<Opened, TooMany> {
        let own = self.people.get(&account).map_or(0, |person| person.connections.len());
        if self.sockets >= CONNECTIONS_MAX || own >= CONNECTIONS_PER_ACCOUNT_MAX {
            return Err(TooMany);
        }
        let (sender, queue) = mpsc::channel(QUEUE_MESSAGES_MAX);
        let dead = Arc::new(Notify::new());
        let id = ConnectionId(self.next_connection);
        self.next_connection += 1;
        self.sockets += 1;
        let connection = Connection {
            session,
            dead: Arc::clone(&dead),
            queue: sender,
            types: None,
            watch: BTreeSet::new(),
            unanswered: 0,
        };
        let person = self.person(account, facts);
        person.sign_out_at_ms = None;
        person.connections.insert(id, connection);
        self.report.arm();
        self.settle(account);
        self.report_on(account);
        self.plan_ping(now_ms);
        Ok(Opened { id, queue, dead })
    }

    /// A WebSocket is gone.
    pub(crate) fn disconnect(&mut self, now_ms: i64, account: Uuid, id: ConnectionId) {
        let Some(person) = self.people.get_mut(&account) else { return };
        let Some(connection) = person.connections.remove(&id) else { return };
        self.sockets = self.sockets.saturating_sub(1);
        person.linger(now_ms, connection.watch);
        if person.connections.is_empty() {
            person.sign_out_at_ms = Some(now_ms + SIGN_OUT_AFTER_MS);
        }
        self.settle(account);
    }

    /// Replaces the people on screen of one WebSocket.
    pub(crate) fn watch(
        &mut self,
        now_ms: i64,
        account: Uuid,
        id: ConnectionId,
        people: &[String],
    ) -> Vec<serde_json::Value> {
        let Some(person) = self.people.get_mut(&account) else { return Vec::new() };
        let mut shown: BTreeSet<String> = people.iter().map(|address| fold(address)).collect();
        shown.extend(person.own());
        let answer = shown.iter().map(|address| person.presence(address)).collect();
        person.show(now_ms, id, shown);
        self.tell_watch(account);
        answer
    }

    /// Presence of people; who is not watched yet is, for a while.
    pub(crate) fn presence(
        &mut self,
        now_ms: i64,
        account: Uuid,
        people: &[String],
    ) -> Vec<serde_json::Value> {
        let Some(person) = self.people.get_mut(&account) else {
            return people.iter().map(|a| super::presence::to_json(&fold(a), None)).collect();
        };
        let asked: BTreeSet<String> = people.iter().map(|address| fold(address)).collect();
        let answer = asked.iter().map(|address| person.presence(address)).collect();
        person.linger(now_ms, asked);
        self.tell_watch(account);
        answer
    }

    /// Types that a WebSocket wants to be pushed; `None` switches push off.
    pub(crate) fn enable_push(&mut self, account: Uuid, id: ConnectionId, types: Option<Types>) {
        let person = self.people.get_mut(&account);
        if let Some(connection) = person.and_then(|person| person.connections.get_mut(&id)) {
            connection.types = types;
        }
    }

    /// A WebSocket said something.
    pub(crate) fn heard(&mut self, account: Uuid, id: ConnectionId) {
        let person = self.people.get_mut(&account);
        if let Some(connection) = person.and_then(|person| person.connections.get_mut(&id)) {
            connection.unanswered = 0;
        }
    }

    /// "Sign out of IM", and back in.
    pub(crate) fn set_wanted(&mut self, account: Uuid, facts: Facts, wanted: bool) {
        let person = self.person(account, facts);
        person.wanted = wanted;
        person.facts.choice.signed_out = !wanted;
        if wanted && matches!(person.sign_in, SignIn::Failed { .. }) {
            person.sign_in = SignIn::Out;
        }
        self.settle(account);
    }

    /// A state was chosen, and is kept.
    pub(crate) fn note_choice(&mut self, account: Uuid, state: Option<String>) {
        if let Some(person) = self.people.get_mut(&account) {
            person.facts.choice.state = state;
        }
    }

    /// "Retry": at once instead of with the next attempt.
    pub(crate) fn retry(&mut self, account: Uuid) {
        if let Some(person) = self.people.get_mut(&account)
            && matches!(person.sign_in, SignIn::Failed { .. })
        {
            person.sign_in = SignIn::Out;
        }
        self.commands.push_back(Command::RetrySoon);
        self.settle(account);
    }

    /// What the store says of somebody changed; `None`: the account is gone or disabled.
    pub(crate) fn set_facts(&mut self, account: Uuid, facts: Option<Facts>) {
        match facts {
            Some(facts) if self.people.contains_key(&account) => {
                let (old, new) = (self.own(account), facts.own_address.as_deref().map(fold));
                if old != new {
                    if let Some(old) = &old {
                        self.addresses.remove(old);
                    }
                    self.sign_out(account, old);
                }
                self.person(account, facts);
                self.settle(account);
                self.report_on(account);
            }
            Some(_) => {}
            None => {
                self.close_sessions(account, &HashSet::new());
                let own = self.own(account);
                if let Some(own) = &own {
                    self.addresses.remove(own);
                }
                self.sign_out(account, own);
                self.people.remove(&account);
            }
        }
    }

    /// Settings were loaded, or the agent is to begin afresh with them: whoever is present signs in
    /// again.
    pub(crate) fn begin(&mut self, judged: Judged) {
        self.judge_at_ms = judged.judge_at_ms;
        self.shared.around = judged.around;
        self.set_settings(judged.pool, Some(judged.settings));
    }

    /// Settings were judged anew. `anew`: the agent is to begin afresh with these settings (or
    /// none), and whoever is present signs in again.
    pub(crate) fn set_settings(
        &mut self,
        settings: Result<String, Failure>,
        anew: Option<Option<agent::Settings>>,
    ) {
        if settings.is_ok() {
            self.report.holds(Link::Provider, Link::Loaded);
        }
        self.shared.settings = settings;
        if let Some(settings) = anew {
            for account in self.present() {
                let own = self.own(account);
                self.sign_out(account, own);
            }
            self.shared.link = None;
            self.shared.port = settings.as_ref().map(|settings| settings.local_port);
            self.commands.push_back(Command::Configure(None));
            if settings.is_some() {
                self.commands.push_back(Command::Configure(settings));
            }
        }
        self.settle_all();
    }

    /// Links 4 to 7 were judged again. The agent begins afresh only if it was without settings, is
    /// to be without, or its application has moved to another port.
    pub(crate) fn rejudge(&mut self, judged: Judged) {
        let (was, is) = (self.shared.settings.is_ok(), judged.pool.is_ok());
        let moved = is && judged.settings.as_ref().map(|it| it.local_port) != self.shared.port;
        let anew = (was != is || moved).then_some(judged.settings);
        self.judge_at_ms = judged.judge_at_ms;
        self.shared.around = judged.around;
        if anew.is_some() || self.shared.settings != judged.pool {
            self.set_settings(judged.pool, anew);
        }
    }

    /// Name of the pool, if links 1 to 7 hold.
    pub(crate) fn pool(&self) -> Option<String> {
        self.shared.settings.as_ref().ok().cloned()
    }

    /// The application pool was recycled: reports begin anew; pages that are there sign in again.
    pub(crate) fn recycled(&mut self) {
        self.report = Report::default();
        if self.people.values().any(Person::is_present) {
            self.report.arm();
        }
    }

    /// Ends the WebSockets of an account whose session is not among these.
    pub(crate) fn close_sessions(&mut self, account: Uuid, alive: &HashSet<[u8; 32]>) {
        let Some(person) = self.people.get_mut(&account) else { return };
        for connection in person.connections.values() {
            if connection.session.is_none_or(|session| !alive.contains(&session)) {
                connection.end(Goodbye::SignedOut);
            }
        }
    }

    /// Ends all WebSockets: the server stops.
    pub(crate) fn stop(&mut self) {
        for connection in self.people.values().flat_map(|person| person.connections.values()) {
            connection.end(Goodbye::Stopping);
        }
    }

    /// Accounts that have a page, or had one a moment ago.
    pub(crate) fn present(&self) -> Vec<Uuid> {
        self.people.keys().copied().collect()
    }

    /// The next command for the agent stays first until it was taken.
    pub(crate) fn next_command(&self) -> Option<&Command> {
        self.commands.front()
    }

    /// The first command was taken.
    pub(crate) fn command_taken(&mut self) {
        self.commands.pop_front();
    }

    /// Work for `run`.
    pub(crate) fn take_jobs(&mut self) -> Vec<Job> {
        self.jobs.drain(..).collect()
    }

    /// Whether there is work for `run`.
    pub(crate) fn has_jobs(&self) -> bool {
        !self.jobs.is_empty()
    }

    pub(super) fn own(&self, account: Uuid) -> Option<String> {
        self.people.get(&account).and_then(Person::own)
    }

    /// The person, with these facts.
    fn person(&mut self, account: Uuid, facts: Facts) -> &mut Person {
        if let Some(own) = facts.own_address.as_deref().map(fold) {
            self.addresses.insert(own, account);
        }
        let person = self.people.entry(account).or_insert_with(|| Person::new(facts.clone()));
        person.facts = facts;
        person
    }

    pub(super) fn settle_all(&mut self) {
        for account in self.present() {
            self.settle(account);
            self.report_on(account);
        }
    }

    /// Brings sign-in, watch list and verdict of one person in line with everything known.
    pub(super) fn settle(&mut self, account: Uuid) {
        let Some(person) = self.people.get_mut(&account) else { return };
        let may = person.wanted && person.is_present() && may_sign_in(&self.shared, &person.facts);
        match (may, &person.sign_in, person.own()) {
            (true, SignIn::Out, Some(address)) => {
                person.sign_in = SignIn::Pending;
                let display_name = person.facts.display_name.clone();
                let state = person.chosen();
                self.commands.push_back(Command::SignIn { address: address.clone(), display_name });
                // The agent forgets it at a sign-out, and with the process.
                if state.is_some() {
                    self.commands.push_back(Command::SetState { address, state });
                }
            }
            (false, SignIn::Pending | SignIn::In | SignIn::Failed { .. }, own) => {
                self.sign_out(account, own);
            }
            _ => {}
        }
        self.tell_watch(account);
        let Some(person) = self.people.get_mut(&account) else { return };
        let verdict = decide_im_status(&self.shared, &person.facts, person.wanted, &person.sign_in);
        if verdict != person.verdict {
            person.verdict = verdict;
            person.counter += 1;
            person.dirty.status = true;
            self.dirty.insert(account);
        }
        if !person.is_present() {
            let own = person.own();
            self.people.remove(&account);
            self.dirty.remove(&account);
            if let Some(own) = own {
                self.addresses.remove(&own);
            }
        }
    }

    fn sign_out(&mut self, account: Uuid, own: Option<String>) {
        let Some(person) = self.people.get_mut(&account) else { return };
        person.told.clear();
        person.forget_presence();
        person.dirty.typing.extend(person.typing.drain().map(|(_, (id, _))| (id, false)));
        if !matches!(person.sign_in, SignIn::Out) {
            person.sign_in = SignIn::Out;
            if let Some(address) = &own {
                self.commands.push_back(Command::SignOut { address: address.clone() });
                self.jobs.push_back(Job::row(account, address, "SignOut", "", "ok"));
            }
        }
        self.dirty.insert(account);
    }

    /// Tells the agent whom to watch, if that changed.
    pub(super) fn tell_watch(&mut self, account: Uuid) {
        let Some(person) = self.people.get_mut(&account) else { return };
        let (SignIn::Pending | SignIn::In, Some(address)) = (&person.sign_in, person.own()) else {
            return;
        };
        let watched = person.watched();
        if watched != person.told {
            person.told = watched;
            let presentities = person.told.iter().cloned().collect();
            self.commands.push_back(Command::Watch { address, presentities });
        }
    }

    pub(super) fn mark(&mut self, account: Uuid, change: impl FnOnce(&mut Dirty)) {
        if let Some(person) = self.people.get_mut(&account) {
            change(&mut person.dirty);
            self.dirty.insert(account);
        }
    }
}
