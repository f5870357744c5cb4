//! What a shard lets out: effects in order, and what each of them will be answered to.
//!
//! Owns the numbers that name client transactions and commits, and the memory of what they
//! were for. Knows no rules.

use std::collections::{HashMap, VecDeque};
use std::fmt::Write as _;
use std::sync::Arc;

use ring::hmac;
use sip::{Draft, Message, Now, Outgoing, Route, ServerTransaction, Token};
use uuid::Uuid;

use crate::aor::Aor;
use crate::binding::{ApplicationPlace, DeviceKey};
use crate::config::Config;
use crate::count;
use crate::effect::{CommitToken, Effect, LocateToken};
use crate::error::{Error, Reject};
use crate::foreign::ForeignDomain;
use crate::list::Between;
use crate::write::Write;

/// The bits of a token that count; those above name the shard.
const COUNTER_BITS: u32 = 48;

/// What is said to somebody who waits.
pub(crate) type Answer = (ServerTransaction, Draft);

/// What an answer to a request of ours is for.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Awaited {
    /// A NOTIFY of a subscription to this person.
    Notify { presentity: Aor, subscription: u64 },
    /// A NOTIFY about the watchers of this person.
    Winfo { presentity: Aor, subscription: u64 },
    /// A text to a device of this person.
    Delivery { recipient: Aor, delivery: u64, device: DeviceKey },
    /// The question whether an application can still be dialled.
    Probe { place: ApplicationPlace },
    /// A NOTIFY about a list of this watcher.
    List { watcher: Aor, list: u64 },
    /// Typing, to a device of this person: whoever types is answered when the first has it.
    Typing { recipient: Aor, device: DeviceKey, asked_by: Option<Box<Answer>> },
    /// Nobody cares (the last NOTIFY).
    Nothing,
}

/// What a commit is for.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum AwaitedCommit {
    /// A text is to be kept for this person.
    Keep { recipient: Aor, delivery: u64 },
    /// The texts kept for this person are read.
    List { recipient: Aor },
    /// A text to this person is to be archived before it is delivered.
    Archive { recipient: Aor, number: u64 },
    /// A list that this watcher asks for is read.
    NewList { watcher: Aor, asking: u64 },
    /// A list of this watcher that may have changed is read.
    ChangedList { watcher: Aor, list: u64 },
    /// A text to another organisation is to be archived before it goes: the request's number.
    ArchiveAbroad { number: u64 },
    /// A kept text was confirmed by a device, and goes.
    Remove { id: Uuid },
}

/// See the head of the file.
#[derive(Debug)]
pub(crate) struct Outbox {
    shard: u16,
    counter: u64,
    seed: hmac::Key,
    config: Arc<Config>,
    effects: VecDeque<Effect>,
    between: VecDeque<Between>,
    awaited: HashMap<u64, Awaited>,
    commits: HashMap<u64, AwaitedCommit>,
}

impl Outbox {
    pub(crate) fn new(shard: u16, config: &Arc<Config>) -> Self {
        Self {
            shard,
            counter: 0,
            seed: hmac::Key::new(hmac::HMAC_SHA256, &config.secret),
            config: Arc::clone(config),
            effects: VecDeque::new(),
            between: VecDeque::new(),
            awaited: HashMap::new(),
            commits: HashMap::new(),
        }
    }

    /// The shard that a number was given out by.
    pub(crate) fn shard_of(number: u64) -> usize {
        usize::try_from(number >> COUNTER_BITS).unwrap_or(usize::MAX)
    }

    /// A number that was not given out before.
    pub(crate) fn number(&mut self) -> u64 {
        self.counter += 1;
        u64::from(self.shard) << COUNTER_BITS | self.counter
    }

    /// A word that was not given out before and cannot be guessed: tags and entity-tags.
    pub(crate) fn word(&mut self, now: Now) -> String {
        let code = self.unique(now);
        let mut word = String::with_capacity(20);
        for byte in code.as_ref().iter().take(10) {
            let _ = write!(word, "{byte:02x}");
        }
        word
    }

    /// Bytes that were not given out before.
    pub(crate) fn nonce(&mut self, now: Now) -> [u8; 12] {
        let code = self.unique(now);
        code.as_ref().first_chunk().copied().unwrap_or_default()
    }

    fn unique(&mut self, now: Now) -> hmac::Tag {
        let number = self.number();
        let mut input = [0; 16];
        let (first, second) = input.split_at_mut(8);
        first.copy_from_slice(&number.to_be_bytes());
        second.copy_from_slice(&now.wall_ms.to_be_bytes());
        hmac::sign(&self.seed, &input)
    }

    /// A response.
    pub(crate) fn respond(&mut self, transaction: ServerTransaction, response: Draft) {
        self.effect(Effect::Send(Outgoing::Response { transaction, response }));
    }

    /// The name under which the pool says why it refuses.
    pub(crate) fn source(&self) -> &str {
        &self.config.pool_fqdn
    }

    /// The response that says why a request was not done.
    pub(crate) fn reject(
        &mut self,
        now: Now,
        transaction: ServerTransaction,
        request: &Message,
        error: &Error,
    ) {
        count::refused(error);
        let tag = self.word(now);
        let response = Reject::from(error).response(request, &self.config.pool_fqdn).to_tag(&tag);
        self.respond(transaction, response);
    }

    /// A request of ours.
    pub(crate) fn request(&mut self, awaited: Awaited, route: Route, request: Draft) -> Token {
        let number = self.number();
        if awaited != Awaited::Nothing {
            self.awaited.insert(number, awaited);
        }
        let token = Token(number);
        self.effect(Effect::Send(Outgoing::Request { token, route, request }));
        token
    }

    /// A request that is passed on; its answers are the proxy's.
    pub(crate) fn forward(&mut self, route: Route, request: Draft) -> Token {
        self.request(Awaited::Nothing, route, request)
    }

    /// A durable write.
    pub(crate) fn commit(&mut self, awaited: AwaitedCommit, write: Write) {
        let number = self.number();
        self.commits.insert(number, awaited);
        self.effect(Effect::Commit { token: CommitToken(number), write });
    }

    /// The question where the server of a domain is, which is listed.
    pub(crate) fn locate(&mut self, domain: &ForeignDomain) -> LocateToken {
        let token = LocateToken(self.number());
        let host = domain.proxy.as_ref().map(ToString::to_string);
        self.effect(Effect::Locate { token, domain: domain.name.to_string(), host });
        token
    }

    /// What a final answer was awaited for; it is not awaited any more.
    pub(crate) fn take(&mut self, token: Token) -> Option<Awaited> {
        self.awaited.remove(&token.0)
    }

    /// Whether a text is with a device, or with the store, and nobody has said yet how it ended.
    pub(crate) fn awaits_delivery(&self) -> bool {
        let is_delivery = |awaited: &Awaited| matches!(awaited, Awaited::Delivery { .. });
        !self.commits.is_empty() || self.awaited.values().any(is_delivery)
    }

    /// What a commit was for.
    pub(crate) fn take_commit(&mut self, token: CommitToken) -> Option<AwaitedCommit> {
        self.commits.remove(&token.0)
    }

    /// An effect of another kind.
    pub(crate) fn effect(&mut self, effect: Effect) {
        self.effects.push_back(effect);
    }

    /// Something for another shard.
    pub(crate) fn between(&mut self, message: Between) {
        self.between.push_back(message);
    }

    /// The next message for another shard, in order.
    pub(crate) fn poll_between(&mut self) -> Option<Between> {
        self.between.pop_front()
    }

    /// The next effect, in order.
    pub(crate) fn poll(&mut self) -> Option<Effect> {
        self.effects.pop_front()
    }
}
