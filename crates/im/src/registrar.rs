//! The registrar: the chain in front, the shards behind it, on one thread.
//!
//! **The drain rule:** after each [`Registrar::handle`] call [`Registrar::poll_effect`] until it
//! returns `None`; then wait for the next input, at most until [`Registrar::next_timeout`].
//!
//! Owns the connections and which shard an event goes to. Read next: `route`, then `shard`.

use std::collections::{HashSet, VecDeque};
use std::sync::Arc;

use sip::{Draft, Flow, Message, Method, Now, Outgoing, ServerTransaction, Tick, Why};

use store::Uuid;

use crate::aor::{Aor, shard_of};
use crate::authenticate::Authenticator;
use crate::config::Config;
use crate::connection::{Connection, Connections, Standing};
use crate::count::{self, Totals};
use crate::directory::Directory;
use crate::effect::{Effect, Input};
use crate::error::{Error, Reject};
use crate::foreign::{Foreigners, gate};
use crate::gruu::Gruus;
use crate::http_sign_in::{HttpTry, HttpVerdict};
use crate::job::{InDialog, Job};
use crate::limits;
use crate::list::Between;
use crate::message;
use crate::outbox::Outbox;
use crate::proxy::record_route::Recorder;
use crate::refusal::Refusal;
use crate::route::{self, Gate, Passed, Stopped};
use crate::session;
use crate::shard::{Ctx, Event, Shard};
use crate::trace::{Record, Severity};

/// See the head of the file.
#[derive(Debug)]
pub struct Registrar {
    config: Arc<Config>,
    directory: Arc<Directory>,
    connections: Connections,
    authenticator: Authenticator,
    recorder: Arc<Recorder>,
    gruus: Arc<Gruus>,
    foreigners: Foreigners,
    shards: Vec<Shard>,
    /// Connections of trusted applications that are new, and when they are so no more.
    returning: VecDeque<(Tick, Flow)>,
    effects: VecDeque<Effect>,
    is_stopping: bool,
}

impl Registrar {
    /// A registrar without connections. Its first effects are the event log lines of a start.
    pub fn new(config: Config, directory: Arc<Directory>) -> Self {
        let config = Arc::new(config);
        let recorder = Arc::new(Recorder::new(&config.secret));
        let gruus = Arc::new(Gruus::new(&config.secret));
        let ctx = Ctx {
            config: Arc::clone(&config),
            directory: Arc::clone(&directory),
            recorder: Arc::clone(&recorder),
            gruus: Arc::clone(&gruus),
        };
        let count = config.shard_count.max(1);
        let log = directory.known_servers().log_at_start();
        Self {
            authenticator: Authenticator::new(&config),
            recorder,
            gruus,
            shards: (0..count).map(|number| Shard::new(number, ctx.clone())).collect(),
            effects: log.into_iter().map(Effect::Log).collect(),
            connections: Connections::new(),
            returning: VecDeque::new(),
            foreigners: Foreigners::default(),
            is_stopping: false,
            config,
            directory,
        }
    }

    /// Takes one input. Drain [`Registrar::poll_effect`] afterwards.
    pub fn handle(&mut self, now: Now, input: Input) {
        match input {
            Input::Sip(event) => self.handle_sip(now, event),
            Input::Directory(directory) => self.handle_directory(now, directory),
            Input::Contacts(account) => self.handle_contacts(now, account),
            Input::Committed { token, result } => {
                self.tell(now, Outbox::shard_of(token.0), Event::Committed { token, result });
            }
            Input::Located { token, result } => {
                self.tell(now, Outbox::shard_of(token.0), Event::Located { token, result });
            }
            Input::Stop => {
                self.is_stopping = true;
                for shard in 0..self.shards.len() {
                    self.tell(now, shard, Event::Stop);
                }
            }
            Input::Timeout => {
                self.end_returns(now);
                for shard in 0..self.shards.len() {
                    self.tell(now, shard, Event::Timeout);
                }
            }
        }
        self.flush(now);
    }

    /// After [`Input::Stop`]: whether nobody waits for anything any more that can still come.
    pub fn is_drained(&self) -> bool {
        self.shards.iter().all(Shard::is_drained)
    }

    /// Judges who sent an HTTP request, by what the SIP side goes by.
    pub fn judge_http(&mut self, now: Now, it: &HttpTry) -> HttpVerdict {
        self.authenticator.judge_http(now, &self.directory, it)
    }

    /// The directory that it goes by.
    pub fn directory(&self) -> &Arc<Directory> {
        &self.directory
    }

    /// The next thing to do, in order.
    pub fn poll_effect(&mut self) -> Option<Effect> {
        self.effects.pop_front()
    }

    /// When [`Input::Timeout`] is due.
    pub fn next_timeout(&self) -> Option<Tick> {
        let returning = self.returning.front().map(|(due, _)| *due);
        self.shards.iter().filter_map(Shard::next_timeout).chain(returning).min()
    }

    /// How much soft state there is at the moment.
    pub fn totals(&self) -> Totals {
        self.shards.iter().fold(Totals::default(), |mut all, shard| {
            all += shard.totals();
            all
        })
    }

    fn handle_sip(&mut self, now: Now, event: sip::Event) {
        match event {
            sip::Event::Opened { flow, local, peer } => {
                let mut connection = Connection::new(&self.config, now.tick, local, peer);
                if flow.is_dialled() {
                    connection.recognise(&self.directory);
                }
                if let Some(peer) = connection.foreign() {
                    self.foreigners.reached_by(flow, peer);
                }
                self.connections.insert(flow, connection);
            }
            sip::Event::Request { transaction, flow, request } => {
                self.handle_request(now, transaction, flow, &request);
            }
            sip::Event::Response { token, response, .. } => {
                let shard = Outbox::shard_of(token.0);
                self.tell(now, shard, Event::Response { token, response });
            }
            sip::Event::Failed { token, why } => {
                tracing::debug!(?why, "request not answered");
                self.tell(now, Outbox::shard_of(token.0), Event::Failed { token, why });
            }
            sip::Event::Closed { flow, .. } => {
                self.connections.remove(&flow);
                self.foreigners.forget(flow);
                for shard in 0..self.shards.len() {
                    self.tell(now, shard, Event::Closed { flow });
                }
            }
            sip::Event::Malformed { flow, error } => self.trace_malformed(flow, &error.to_string()),
            sip::Event::Ack { flow, request } => self.handle_ack(now, flow, request),
            sip::Event::Cancelled { transaction } => {
                // Whose shard has the call is not known here, and there are few.
                for shard in 0..self.shards.len() {
                    self.tell(now, shard, Event::Cancelled { transaction });
                }
            }
        }
    }

    /// The ACK of a call that was answered, on its way to the device. Nothing answers an ACK
    /// (RFC 3261 §17), but a peer with a certificate that begins with one is judged by it.
    fn handle_ack(&mut self, now: Now, flow: Flow, request: Message) {
        let Some(connection) = self.connections.get_mut(&flow) else { return };
        let was_judged = connection.is_judged();
        if let (false, Standing::Refused(refusal)) = (was_judged, connection.judge(&self.directory))
        {
            let refusal = refusal.clone();
            return self.refuse(flow, &refusal);
        }
        let Some(to) = route::decide_end_of_ack(&self.gate(now), flow, &request) else {
            return self.acknowledge(now, flow, request);
        };
        let is_open = self.connections.contains_key(&to.flow);
        let shard = self.shard_of(&to.aor);
        let it = InDialog { flow, request, to, is_open, abroad: None };
        let Ok(it) = gate::decide_way(&self.gate(now), it) else { return };
        self.tell(now, shard, Event::Ack(it));
    }

    /// An ACK that goes nowhere else may be of a text session with us.
    fn acknowledge(&mut self, now: Now, flow: Flow, request: Message) {
        let from = request.from().ok();
        if let Some(user) = from.and_then(|from| Aor::from_uri(&from.uri)) {
            let shard = self.shard_of(&user);
            self.tell(now, shard, Event::SessionAck { user, flow, request });
        }
    }

    fn gate(&mut self, now: Now) -> Gate<'_> {
        Gate {
            now,
            config: &self.config,
            directory: &self.directory,
            connections: &mut self.connections,
            authenticator: &mut self.authenticator,
            recorder: &self.recorder,
            gruus: &self.gruus,
            foreigners: &mut self.foreigners,
            is_stopping: self.is_stopping,
        }
    }

    fn handle_request(
        &mut self,
        now: Now,
        transaction: ServerTransaction,
        flow: Flow,
        request: &Message,
    ) {
        let was_judged = self.connections.get(&flow).is_some_and(Connection::is_judged);
        let outcome = route::route(&mut self.gate(now), transaction, flow, request);
        let standing = self.connections.get(&flow).map(|it| &it.standing);
        if let (false, Some(Standing::Trusted(peer))) = (was_judged, standing) {
            self.effects.push_back(Effect::Trusted { flow, peer: Arc::clone(peer) });
            let due = now.tick.after_ms(limits::APPLICATION_RETURN_MS);
            self.returning.push_back((due, flow));
            let alias = route::decide_alias(&self.directory, peer, request);
            if let Some(place) = alias {
                let alias = place.alias(flow, &self.config.computer_fqdn);
                self.effects.push_back(Effect::Send(alias));
            }
        }
        if let (false, Some(Standing::Foreign(peer))) = (was_judged, standing)
            && gate::says_alias(request)
        {
            self.foreigners.reached_by(flow, peer);
        }
        if self.connections.get_mut(&flow).is_some_and(Connection::vouch) {
            self.effects.push_back(Effect::Send(Outgoing::Vouch { flow }));
        }
        match outcome {
            Ok(Passed::Job(job)) => self.start(now, job),
            Ok(Passed::InDialog(it)) => {
                let shard = self.shard_of(&it.to.aor);
                self.tell(now, shard, Event::InDialog { transaction, it });
            }
            Ok(Passed::Answer(answer)) => self.respond(transaction, answer),
            Err(Stopped::Error(error)) => {
                self.reject(transaction, request, &error);
                if matches!(error, Error::Malformed(_)) {
                    self.bear(now, flow);
                }
            }
            Err(Stopped::Challenge(challenge)) => self.respond(transaction, challenge),
            Err(Stopped::Last(error)) => {
                self.reject(transaction, request, &error);
                self.close(flow, "too many wrong passwords");
            }
            Err(Stopped::Refused { refusal, is_news }) => {
                let answer = Draft::response(request, 403)
                    .diagnosed(&refusal.diagnostics(&self.config.pool_fqdn));
                self.respond(transaction, answer);
                if is_news {
                    self.refuse(flow, &refusal);
                }
            }
        }
    }

    /// An application that lost its connection and has a new one signs its users in again. Whom
    /// it has not after a while it does not know any more, and nobody shall see them as present.
    fn end_returns(&mut self, now: Now) {
        while let Some((_, flow)) = self.returning.pop_front_if(|(due, _)| *due <= now.tick) {
            let Some(peer) = self.connections.get(&flow).and_then(Connection::trusted) else {
                continue;
            };
            let computer = peer.fqdn().clone();
            for shard in 0..self.shards.len() {
                self.tell(now, shard, Event::Returned { computer: computer.clone() });
            }
        }
    }

    /// A text first tells the speaker's own shard from which device they speak now, and in what.
    fn start(&mut self, now: Now, job: Job) {
        let of_speaker = self.shard_of(job.speaker.aor());
        if session::concerns(&job) {
            self.tell(now, of_speaker, Event::Session(job));
            return self.bear_faults(now, of_speaker);
        }
        let is_info = job.request.method() == Some(Method::Info);
        if is_info && !self.shards.get(of_speaker).is_some_and(|it| it.has_session(&job)) {
            return self.reject(job.transaction, &job.request, &Error::NoSuchDialog);
        }
        let is_message = job.request.method() == Some(Method::Message) && !job.speaker.is_foreign();
        if let (true, Some(kind)) = (is_message, job.request.content_type()) {
            // Who writes to themselves writes to their other devices.
            let speaks = message::is_text(&job.request) && job.speaker.aor() != &job.owner;
            let (user, flow) = (job.speaker.aor().clone(), job.flow);
            let to = speaks.then(|| job.owner.clone());
            let is_bulk = job.speaker.is_program() || self.config.writing.bulk.contains(&user);
            if let (Some(to), false, Some(own)) = (&to, is_bulk, self.shards.get_mut(of_speaker))
                && let Err(error) = own.decide_pace(now, &user, to)
            {
                return self.reject(job.transaction, &job.request, &error);
            }
            let essence = kind.essence().to_owned();
            self.tell(now, of_speaker, Event::Spoke { user, to, flow, essence });
        }
        let shard = self.shard_of(&job.owner);
        self.tell(now, shard, Event::Request(job));
        self.bear_faults(now, shard);
    }

    fn bear_faults(&mut self, now: Now, shard: usize) {
        while let Some(flow) = self.shards.get_mut(shard).and_then(Shard::poll_fault) {
            self.bear(now, flow);
        }
    }

    /// Something came that could not be read. Whoever goes on like that is cut, and nobody else.
    fn bear(&mut self, now: Now, flow: Flow) {
        let Some(connection) = self.connections.get_mut(&flow) else { return };
        if connection.take_fault(now.tick) {
            return;
        }
        self.trace_malformed(flow, "too many requests that cannot be read");
        self.close(flow, "too many requests that cannot be read");
    }

    /// Users, passwords, or known servers changed: who may not speak any more is
    /// told so and loses the connection.
    fn handle_contacts(&mut self, now: Now, account: Option<Uuid>) {
        let user = account.map(|account| self.directory.user_of(account));
        match user {
            Some(Some(user)) => {
                let aor = user.aor.clone();
                self.tell(now, self.shard_of(&aor), Event::Contacts { of: Some(aor) });
            }
            Some(None) => {}
            None => {
                for shard in 0..self.shards.len() {
                    self.tell(now, shard, Event::Contacts { of: None });
                }
            }
        }
    }

    fn handle_directory(&mut self, now: Now, directory: Arc<Directory>) {
        let before = std::mem::replace(&mut self.directory, Arc::clone(&directory));
        let log = directory.known_servers().log_since(before.known_servers());
        self.effects.extend(log.into_iter().map(Effect::Log));
        let gone: HashSet<Aor> = before
            .users()
            .filter(|user| user.is_enabled && directory.enabled_user(&user.aor).is_none())
            .map(|user| user.aor.clone())
            .collect();
        let gone = Arc::new(gone);
        for shard in 0..self.shards.len() {
            let (directory, gone) = (Arc::clone(&directory), Arc::clone(&gone));
            self.tell(now, shard, Event::Directory { directory, gone });
        }
        self.foreigners.keep_only(directory.foreign());
        let mut refused = Vec::new();
        let mut signed_out = Vec::new();
        for (flow, connection) in &mut self.connections {
            if let Some(refusal) = connection.judge_again(&directory) {
                self.foreigners.forget(*flow);
                refused.push((*flow, refusal));
            }
            if connection.sign_ins.iter().any(|sign_in| !sign_in.holds(&directory)) {
                connection.sign_ins.clear();
                signed_out.push(*flow);
            }
        }
        refused.sort_by_key(|(flow, _)| *flow);
        for (flow, refusal) in refused {
            self.refuse(flow, &refusal);
        }
        signed_out.sort();
        for flow in signed_out {
            self.close(flow, "the user was disabled or has another password");
        }
    }

    /// One trace record, and the connection is closed after what was sent on it.
    fn refuse(&mut self, flow: Flow, refusal: &Refusal) {
        count::peer_refused(refusal);
        let Some(connection) = self.connections.get(&flow) else { return };
        if let Some(identity) = connection.peer.identity() {
            let transport = connection.local.transport.as_str();
            let record = refusal.trace(identity, transport).with_peer(connection.peer.address());
            self.effects.push_back(Effect::Trace(record));
        }
        self.close(flow, &refusal.reason());
    }

    fn close(&mut self, flow: Flow, why: &str) {
        let why = Why::Requested(why.to_owned());
        self.effects.push_back(Effect::Send(Outgoing::Close { flow, why }));
    }

    fn respond(&mut self, transaction: ServerTransaction, response: Draft) {
        self.effects.push_back(Effect::Send(Outgoing::Response { transaction, response }));
    }

    fn reject(&mut self, transaction: ServerTransaction, request: &Message, error: &Error) {
        tracing::debug!(%error, "request stopped");
        count::refused(error);
        let response = Reject::from(error).response(request, &self.config.pool_fqdn);
        self.respond(transaction, response);
    }

    fn trace_malformed(&mut self, flow: Flow, error: &str) {
        let Some(connection) = self.connections.get(&flow) else { return };
        let shown: String = error.chars().take(limits::SHOWN_NAME_CHARS_MAX).collect();
        let text = format!("What the peer sent is not SIP: {shown}");
        let record =
            Record::connection(Severity::Warning, text, connection.local.transport.as_str());
        let record = record.with_peer(connection.peer.address());
        self.effects.push_back(Effect::Trace(record));
    }

    fn shard_of(&self, aor: &Aor) -> usize {
        shard_of(aor, self.shards.len())
    }

    fn tell(&mut self, now: Now, shard: usize, event: Event) {
        let Some(shard) = self.shards.get_mut(shard) else { return };
        shard.handle(now, event);
        let mut told = VecDeque::new();
        while let Some(message) = shard.poll_between() {
            told.push_back(message);
        }
        while let Some(effect) = shard.poll_effect() {
            self.effects.push_back(effect);
        }
        for mut message in told {
            if let Between::Report { asked_by, abroad, .. } = &mut message {
                *abroad = gate::abroad(&self.gate(now), asked_by);
            }
            let shard = self.shard_of(message.owner());
            self.tell(now, shard, Event::Between(message));
        }
    }

    /// What happened may have told a list about many people: it tells its watcher once.
    fn flush(&mut self, now: Now) {
        for shard in 0..self.shards.len() {
            if self.shards.get(shard).is_some_and(Shard::is_dirty) {
                self.tell(now, shard, Event::Flush);
            }
        }
    }
}
