//! One signed-in person: their pages, whom those pages show, how far the agent is.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use agent::{OwnState, PresenceView};
use serde_json::Value;
use tokio::sync::{Notify, mpsc};
use uuid::Uuid;

use super::facts::{Facts, fold};
use super::presence;
use super::status::{SignIn, State, Verdict};
use crate::limits::{WATCH_LINGER_MS, WATCH_PER_ACCOUNT_MAX};

/// One WebSocket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct ConnectionId(pub u64);

/// What goes to a WebSocket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Push {
    /// A message, printed.
    Message(String),
    /// A ping.
    Ping,
    /// The end, and why.
    Close(Goodbye),
}

/// Why the server ends a WebSocket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Goodbye {
    /// The session ended.
    SignedOut,
    /// The server stops.
    Stopping,
}

/// One WebSocket and what it wants to hear.
#[derive(Debug)]
pub(crate) struct Connection {
    /// The session behind it; `None` for Basic authentication.
    pub session: Option<[u8; 32]>,
    /// Wakes its task to drop it at once: it does not read, so there is nothing to say to it.
    pub(crate) dead: Arc<Notify>,
    /// Its queue.
    pub queue: mpsc::Sender<Push>,
    /// Types it asked to be pushed; `None`: push is off.
    pub types: Option<Types>,
    /// People it shows.
    pub watch: BTreeSet<String>,
    /// Pings since it last said something.
    pub unanswered: u32,
}

impl Connection {
    /// Ends it, with a word if it can hear one.
    pub(crate) fn end(&self, why: Goodbye) {
        if self.queue.try_send(Push::Close(why)).is_err() {
            self.dead.notify_one();
        }
    }
}

/// `WebSocketPushEnable.dataTypes`, RFC 8887 §4.3.5.2.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Types {
    /// Null: all.
    All,
    /// Only these.
    Only(BTreeSet<String>),
}

impl Types {
    /// Whether this type is wanted.
    pub(crate) fn has(&self, name: &str) -> bool {
        match self {
            Types::All => true,
            Types::Only(names) => names.contains(name),
        }
    }
}

/// What has to be pushed.
#[derive(Debug, Default)]
pub(crate) struct Dirty {
    /// Durable types with their new state.
    pub durable: BTreeMap<&'static str, String>,
    /// People whose presence changed.
    pub presence: BTreeSet<String>,
    /// Conversations in which typing began or ended.
    pub typing: BTreeMap<Uuid, bool>,
    /// The status changed.
    pub status: bool,
    /// The directory of people changed.
    pub principals: bool,
}

impl Dirty {
    /// Nothing to push.
    pub(crate) fn is_empty(&self) -> bool {
        self.durable.is_empty()
            && self.presence.is_empty()
            && self.typing.is_empty()
            && !self.status
            && !self.principals
    }
}

/// One person.
#[derive(Debug)]
pub(crate) struct Person {
    /// What the store says.
    pub facts: Facts,
    /// False after "sign out of IM".
    pub wanted: bool,
    /// How far the agent is.
    pub sign_in: SignIn,
    /// Pages.
    pub connections: BTreeMap<ConnectionId, Connection>,
    /// Presence as last heard, by folded address.
    pub seen: HashMap<String, PresenceView>,
    /// People who left every screen, until when they are still watched.
    pub leaving: BTreeMap<String, i64>,
    /// The list the agent was told.
    pub told: BTreeSet<String>,
    /// When to sign out, if no page comes back.
    pub sign_out_at_ms: Option<i64>,
    /// Counts changes of soft state.
    pub counter: u64,
    /// What the page shows.
    pub verdict: Verdict,
    /// Who is typing to this person: conversation and until when, by folded address.
    pub typing: HashMap<String, (Uuid, i64)>,
    /// Conversations by the folded address of the other.
    pub conversations: HashMap<String, Uuid>,
    /// What has to be pushed.
    pub dirty: Dirty,
}

impl Person {
    /// Somebody whose first page is just connecting.
    pub(crate) fn new(facts: Facts) -> Person {
        Person {
            wanted: !facts.choice.signed_out,
            facts,
            sign_in: SignIn::Out,
            connections: BTreeMap::new(),
            seen: HashMap::new(),
            leaving: BTreeMap::new(),
            told: BTreeSet::new(),
            sign_out_at_ms: None,
            counter: 0,
            verdict: Verdict { state: State::Connecting, failure: None, reason: None },
            typing: HashMap::new(),
            conversations: HashMap::new(),
            dirty: Dirty::default(),
        }
    }

    /// Own SIP address, folded.
    pub(crate) fn own(&self) -> Option<String> {
        self.facts.own_address.as_deref().map(fold)
    }

    /// The state they chose, for the agent.
    pub(crate) fn chosen(&self) -> Option<OwnState> {
        self.facts.choice.state.as_deref().and_then(presence::own_state)
    }

    /// Whether a page is there, or was a moment ago.
    pub(crate) fn is_present(&self) -> bool {
        !self.connections.is_empty() || self.sign_out_at_ms.is_some()
    }

    /// Everybody to be watched: on a screen, or just left it.
    pub(crate) fn watched(&self) -> BTreeSet<String> {
        let own = self.own();
        self.connections
            .values()
            .flat_map(|connection| connection.watch.iter())
            .chain(self.leaving.keys())
            .filter(|address| Some(*address) != own.as_ref())
            .take(WATCH_PER_ACCOUNT_MAX)
            .cloned()
            .collect()
    }

    /// Replaces what one page shows; who leaves its screen lingers.
    pub(crate) fn show(&mut self, now_ms: i64, id: ConnectionId, people: BTreeSet<String>) {
        let Some(connection) = self.connections.get_mut(&id) else { return };
        let before = std::mem::replace(&mut connection.watch, people);
        self.linger(now_ms, before);
    }

    /// People stay watched for a while although no page shows them.
    pub(crate) fn linger(&mut self, now_ms: i64, people: BTreeSet<String>) {
        for address in people {
            let shown = self.connections.values().any(|c| c.watch.contains(&address));
            if !shown {
                self.leaving.insert(address, now_ms + WATCH_LINGER_MS);
            }
        }
        let connections = &self.connections;
        self.leaving.retain(|address, _| !connections.values().any(|c| c.watch.contains(address)));
    }

    /// Presence of somebody as JMAP shows it.
    pub(crate) fn presence(&self, address: &str) -> Value {
        presence::to_json(address, self.seen.get(&fold(address)))
    }

    /// Nothing is known any more: everybody shown becomes unknown.
    pub(crate) fn forget_presence(&mut self) {
        self.dirty.presence.extend(self.seen.drain().map(|(address, _)| address));
    }
}
