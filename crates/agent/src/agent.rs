//! The agent: one value that takes commands and SIP events and gives what is to be sent and told.
//! Owns the people and who gets which input; the link is `shared.rs`, a person is `user.rs`.

use std::collections::{BTreeSet, HashMap, HashSet, VecDeque};
use std::sync::Arc;

use sip::{
    Draft, Failure, Flow, Message, Method, Name, Now, Peer, PeerIdentity, ServerTransaction, Tick,
    Token,
};

use crate::change::Change;
use crate::command::{Command, Event, Settings};
use crate::composing::Notice;
use crate::conversation::Text;
use crate::incoming::{ACCEPTED, Carried, Incoming};
use crate::limits::{RETURNING_MAX, USERS_MAX};
use crate::outbox::{Outbox, Output, Owner, Purpose, Reply};
use crate::registration::Me;
use crate::shared::{Shared, Step};
use crate::user::User;

/// What happens to an agent.
#[derive(Debug)]
pub enum Input {
    /// From the stack.
    Sip(sip::Event),
    /// From the web app.
    Command(Command),
    /// The tick of [`Agent::next_timeout`] has come.
    Timeout,
}

/// A trusted application's user agent. After each [`Agent::handle`] drain
/// [`Agent::poll_output`], then ask [`Agent::next_timeout`].
#[derive(Debug)]
pub struct Agent {
    shared: Shared,
    change: Change,
    users: HashMap<Arc<str>, User>,
    /// When each person is due; `Tick::NEVER` is left out.
    due: BTreeSet<(Tick, Arc<str>)>,
    due_of: HashMap<Arc<str>, Tick>,
    incoming: Incoming,
    /// Connections that the pool made to the application's port.
    accepted: HashMap<Flow, Option<Arc<PeerIdentity>>>,
    /// Who registers after the link came up, a few at a time.
    returning: VecDeque<Arc<str>>,
    /// Whose registration after the link came up has no answer yet.
    awaited: HashSet<Arc<str>>,
    /// Who begins to watch when everybody has come back: earlier, the pool would call people
    /// offline who are on their way.
    waking: VecDeque<Arc<str>>,
    out: Outbox,
}

impl Agent {
    /// An agent without settings and people. `seed` gives tags, Call-IDs and jitter: random in
    /// production, fixed in tests.
    pub fn new(seed: u64) -> Agent {
        Agent {
            shared: Shared::new(),
            change: Change::default(),
            users: HashMap::new(),
            due: BTreeSet::new(),
            due_of: HashMap::new(),
            incoming: Incoming::default(),
            accepted: HashMap::new(),
            returning: VecDeque::new(),
            awaited: HashSet::new(),
            waking: VecDeque::new(),
            out: Outbox::new(seed),
        }
    }

    /// The settings it works with.
    pub fn settings(&self) -> Option<&Settings> {
        self.shared.settings()
    }

    /// Takes one input.
    pub fn handle(&mut self, now: Now, input: Input) {
        match input {
            Input::Command(command) => self.handle_command(now, command),
            Input::Sip(event) => self.handle_sip(now, event),
            Input::Timeout => self.handle_timeout(now),
        }
    }

    /// The next thing to do.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.out.poll()
    }

    /// When [`Input::Timeout`] is wanted.
    pub fn next_timeout(&self) -> Option<Tick> {
        let people = self.due.first().map_or(Tick::NEVER, |(tick, _)| *tick);
        let link = self.shared.next_timeout().min(self.change.next_timeout());
        let next = people.min(link).min(self.incoming.next_timeout());
        (next != Tick::NEVER).then_some(next)
    }

    fn handle_command(&mut self, now: Now, command: Command) {
        match command {
            Command::Configure(settings) => {
                self.change.forget(&mut self.out);
                let step = self.shared.configure(now, settings, &mut self.out);
                self.follow(now, step);
            }
            Command::Change(settings) => {
                self.change.begin(settings, &self.shared, &mut self.out);
            }
            Command::SignIn { address, display_name } => {
                self.sign_in(now, &address, &display_name);
            }
            Command::SignOut { address } => self.sign_out(now, &address),
            Command::SetState { address, state } => {
                self.with_user(&address, |user, out| user.choose(state, out));
            }
            Command::Watch { address, presentities } => {
                self.with_user(&address, |user, out| user.watch(now, &presentities, out));
            }
            Command::SendText { address, to, message, text, conversation: _ } => {
                self.send_text(now, &address, &to, Text { message, text });
            }
            Command::Typing { address, to, active } => {
                self.with_user(&address, |user, out| user.typing(now, &to, active, out));
            }
            Command::Stored { ack } => self.incoming.answer(ack, 200, &mut self.out),
            Command::NotStored { ack } => self.incoming.answer(ack, 480, &mut self.out),
            Command::RetrySoon => {
                self.shared.retry(now, &mut self.out);
                self.each_user(User::retry);
            }
        }
    }

    fn handle_sip(&mut self, now: Now, event: sip::Event) {
        match event {
            sip::Event::Opened { flow, peer, .. } if !flow.is_dialled() => {
                let identity = match peer {
                    Peer::Mutual(_, identity) => Some(identity),
                    Peer::Plain(_) | Peer::Tls(_) => None,
                };
                self.accepted.insert(flow, identity);
            }
            sip::Event::Response { token, flow, response } => {
                // Provisional responses tell nothing here.
                if response.status().is_some_and(|status| status >= 200) {
                    self.handle_reply(now, token, Reply::Response(&response), Some(flow));
                }
            }
            sip::Event::Failed { token, why } => {
                self.handle_reply(now, token, Reply::Failed(&why), None);
            }
            sip::Event::Closed { flow, why } => {
                self.accepted.remove(&flow);
                self.change.handle_closed(flow);
                let step = self.shared.handle_closed(now, flow, &why, &mut self.out);
                self.follow(now, step);
            }
            sip::Event::Request { transaction, flow, request } => {
                self.handle_request(now, transaction, flow, &request);
            }
            sip::Event::Opened { .. }
            | sip::Event::Ack { .. }
            | sip::Event::Cancelled { .. }
            | sip::Event::Malformed { .. } => {}
        }
    }

    fn handle_timeout(&mut self, now: Now) {
        self.shared.handle_timeout(now, &mut self.out);
        self.change.handle_timeout(now, &mut self.out);
        self.incoming.handle_timeout(now, &mut self.out);
        while let Some((tick, aor)) = self.due.first().cloned() {
            if tick > now.tick {
                return;
            }
            self.with_aor(&aor, |user, out| user.handle_timeout(now, out));
            // A person who is due again at once gets another turn at the next timeout.
            if self.due_of.get(&aor).is_some_and(|due| *due <= now.tick) {
                return;
            }
        }
    }

    fn handle_reply(&mut self, now: Now, token: Token, reply: Reply<'_>, flow: Option<Flow>) {
        match self.out.take_owner(token) {
            Some(Owner::Link) => {
                let step = self.shared.handle_reply(now, reply, flow, &mut self.out);
                self.follow(now, step);
            }
            Some(Owner::Change) => {
                let (shared, out) = (&mut self.shared, &mut self.out);
                if self.change.handle_reply(now, reply, flow, shared, out) {
                    self.follow(now, Step::Up);
                }
            }
            Some(Owner::User { aor, purpose }) => {
                self.handle_users_reply(now, &aor, &purpose, reply);
            }
            // Somebody who signed in again meanwhile is not signed out.
            Some(Owner::Farewell { aor, address }) if !self.users.contains_key(&aor) => {
                self.out.event(Event::SignedOut { address });
            }
            Some(Owner::Farewell { .. } | Owner::None) | None => {}
        }
    }

    fn handle_users_reply(&mut self, now: Now, aor: &str, purpose: &Purpose, reply: Reply<'_>) {
        match (reply, self.out.link) {
            (Reply::Failed(Failure::Timeout), _) => self.shared.doubt(now),
            // The link is gone, which is told to everybody at once and not to each request; unless
            // it is the one that everybody is leaving.
            (Reply::Failed(Failure::Closed(why)), Some(link)) if !self.change.is_retiring() => {
                let step = self.shared.handle_closed(now, link, why, &mut self.out);
                return self.follow(now, step);
            }
            _ => {}
        }
        self.with_aor(aor, |user, out| user.handle_reply(now, purpose, reply, out));
        match purpose {
            Purpose::Register => {
                self.admit(now, 1);
                self.answered(now, aor);
            }
            Purpose::Subscribe { .. } => self.wake(now, 1),
            _ => {}
        }
    }

    /// A registration was answered, or there is nobody any more who waits for it.
    fn answered(&mut self, now: Now, aor: &str) {
        match self.users.get(aor) {
            Some(user) if user.is_registering() => return,
            Some(user) if user.may_watch() => self.waking.push_back(Arc::clone(&user.me.aor)),
            _ => {}
        }
        self.awaited.remove(aor);
        self.wake(now, RETURNING_MAX);
    }

    fn handle_request(
        &mut self,
        now: Now,
        transaction: ServerTransaction,
        flow: Flow,
        request: &Message,
    ) {
        if !self.is_of_the_pool(flow) {
            self.out.respond(transaction, Draft::response(request, 403));
            self.out.close(flow, "the peer is not the instant messaging server");
            return;
        }
        match request.method() {
            Some(Method::Options) => {
                let answer = Draft::response(request, 200).with(Name::Allow, ALLOW);
                self.out.respond(transaction, answer.with(Name::Accept, ACCEPTED));
            }
            Some(Method::Notify | Method::Benotify) => {
                self.handle_notify(now, transaction, request);
            }
            Some(Method::Message) => self.handle_message(now, transaction, request),
            // RFC 3261 §9.2: the stack has found nothing that it could be for.
            Some(Method::Cancel) => self.out.respond(transaction, Draft::response(request, 481)),
            _ => {
                let answer = Draft::response(request, 405).with(Name::Allow, ALLOW);
                self.out.respond(transaction, answer);
            }
        }
    }

    /// The link, or a connection whose certificate names the pool. Node has verified the chain.
    fn is_of_the_pool(&self, flow: Flow) -> bool {
        if flow.is_dialled() {
            return true;
        }
        let (Some(settings), Some(Some(peer))) = (self.shared.settings(), self.accepted.get(&flow))
        else {
            return false;
        };
        let name = settings.server_name.as_bytes();
        peer.dns_names.iter().any(|dns_name| dns_name.eq_ignore_ascii_case(name))
    }

    fn handle_notify(&mut self, now: Now, transaction: ServerTransaction, notify: &Message) {
        let mut is_known = false;
        if let Some(aor) = self.addressee(notify) {
            self.with_aor(&aor, |user, out| {
                is_known = user.handle_notify(now, transaction, notify, out);
            });
        }
        if !is_known {
            self.out.respond(transaction, Draft::response(notify, 481));
        }
    }

    fn handle_message(&mut self, now: Now, transaction: ServerTransaction, message: &Message) {
        let (Some(aor), Ok(from)) = (self.addressee(message), message.from()) else {
            return self.out.respond(transaction, Draft::response(message, 480));
        };
        let from = from.uri.aor().unwrap_or_default();
        match Carried::of(message) {
            Carried::Text(text) => {
                let Some(user) = self.users.get(&aor) else { return };
                let me = user.me.clone();
                self.incoming.offer(now, (transaction, message), text, &me, &mut self.out);
                self.with_aor(&aor, |user, out| user.handle_notice(now, &from, Notice::Idle, out));
            }
            Carried::Notice(notice) => {
                self.out.respond(transaction, Draft::response(message, 200));
                self.with_aor(&aor, |user, out| user.handle_notice(now, &from, notice, out));
            }
            Carried::Other => {
                let answer = Draft::response(message, 415).with(Name::Accept, ACCEPTED);
                self.out.respond(transaction, answer);
            }
        }
    }

    /// Whose request it is: To names the person; if an alias was written there, the user part of
    /// our Contact does, unless two people share it.
    fn addressee(&self, request: &Message) -> Option<Arc<str>> {
        let to = request.to().ok().and_then(|to| to.uri.aor());
        if let Some((aor, _)) = to.and_then(|to| self.users.get_key_value(to.as_str())) {
            return Some(Arc::clone(aor));
        }
        let uri = request.request_uri().ok()?;
        let named = |user: &&User| user.me.name.uri.user == uri.user;
        let mut found = self.users.values().filter(named);
        let first = found.next()?;
        found.next().is_none().then(|| Arc::clone(&first.me.aor))
    }

    fn sign_in(&mut self, now: Now, address: &str, display_name: &str) {
        let fail = |status, reason: String| Event::SignInFailed {
            address: address.to_owned(),
            status,
            reason,
        };
        let Some(me) = Me::new(address, display_name) else {
            return self.out.event(fail(400, format!("{address} is not a SIP address")));
        };
        let aor = Arc::clone(&me.aor);
        if !self.users.contains_key(&aor) {
            if self.users.len() >= USERS_MAX {
                return self.out.event(fail(503, "too many people are signed in".to_owned()));
            }
            self.users.insert(Arc::clone(&aor), User::new(now, me, &mut self.out));
        }
        self.with_aor(&aor, |user, out| {
            user.rename(display_name);
            user.sign_in(out);
        });
    }

    fn sign_out(&mut self, now: Now, address: &str) {
        let user = aor_of(address).and_then(|aor| self.users.remove(aor.as_str()));
        let Some(user) = user else {
            return self.out.event(Event::SignedOut { address: address.to_owned() });
        };
        let aor = Arc::clone(&user.me.aor);
        user.sign_out(now, &mut self.out);
        self.settle(&aor);
        self.answered(now, &aor);
    }

    fn send_text(&mut self, now: Now, address: &str, to: &str, text: Text) {
        let failed = |message: &str, reason: &str| Event::SendFailed {
            address: address.to_owned(),
            message: message.to_owned(),
            status: 503,
            reason: reason.to_owned(),
        };
        if !self.shared.is_up() {
            let reason = "there is no connection to the instant messaging server";
            return self.out.event(failed(&text.message, reason));
        }
        let is_known = aor_of(address).is_some_and(|aor| self.users.contains_key(aor.as_str()));
        if !is_known {
            return self.out.event(failed(&text.message, "the sender is not signed in"));
        }
        self.with_user(address, |user, out| user.send_text(now, to, text, out));
    }

    fn follow(&mut self, now: Now, step: Step) {
        match step {
            Step::None => {}
            Step::Up => {
                self.returning = self.everybody().into();
                self.admit(now, RETURNING_MAX);
            }
            Step::Lost => {
                self.returning.clear();
                self.awaited.clear();
                self.waking.clear();
                self.each_user(User::link_lost);
            }
        }
    }

    /// Lets so many more of those register who wait for their turn after the link came up. Each
    /// answer admits the next.
    fn admit(&mut self, now: Now, mut count: usize) {
        while count > 0
            && let Some(aor) = self.returning.pop_front()
        {
            let mut is_registering = false;
            self.with_aor(&aor, |user, out| {
                user.link_up(now, out);
                is_registering = user.is_registering();
                count -= 1;
            });
            if is_registering {
                self.awaited.insert(aor);
            }
        }
    }

    /// Lets so many of those watch who wait for it, once everybody is back. Each answer wakes
    /// the next.
    fn wake(&mut self, now: Now, mut count: usize) {
        if !self.returning.is_empty() || !self.awaited.is_empty() {
            return;
        }
        while count > 0
            && let Some(aor) = self.waking.pop_front()
        {
            self.with_aor(&aor, |user, out| {
                user.start_watching(now, out);
                count -= 1;
            });
        }
    }

    /// Everybody, in an order that repeats itself: that of a map is by chance.
    fn everybody(&self) -> Vec<Arc<str>> {
        let mut everybody: Vec<Arc<str>> = self.users.keys().cloned().collect();
        everybody.sort_unstable();
        everybody
    }

    fn each_user(&mut self, act: impl Fn(&mut User, &mut Outbox)) {
        for aor in self.everybody() {
            self.with_aor(&aor, &act);
        }
    }

    fn with_user(&mut self, address: &str, act: impl FnOnce(&mut User, &mut Outbox)) {
        if let Some(aor) = aor_of(address) {
            self.with_aor(&aor, act);
        }
    }

    fn with_aor(&mut self, aor: &str, act: impl FnOnce(&mut User, &mut Outbox)) {
        if let Some(user) = self.users.get_mut(aor) {
            act(user, &mut self.out);
            self.settle(aor);
        }
    }

    /// Keeps the table of due times right after a person changed or left.
    fn settle(&mut self, aor: &str) {
        let user = self.users.get(aor);
        let due = user.map_or(Tick::NEVER, User::next_timeout);
        let aor: Arc<str> = user.map_or_else(|| aor.into(), |user| Arc::clone(&user.me.aor));
        if let Some(before) = self.due_of.remove(&aor) {
            self.due.remove(&(before, Arc::clone(&aor)));
        }
        if due != Tick::NEVER {
            self.due.insert((due, Arc::clone(&aor)));
            self.due_of.insert(aor, due);
        }
    }
}

const ALLOW: &str = "OPTIONS, NOTIFY, BENOTIFY, MESSAGE";

fn aor_of(address: &str) -> Option<String> {
    sip::Uri::parse(address).ok()?.aor()
}
