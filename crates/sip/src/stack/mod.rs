//! The stack: bytes in, messages out, and back. Sans I/O.
//!
//! **The drain rule:** after each [`Stack::handle_input`] call [`Stack::poll_output`] until it
//! returns [`Output::Timeout`]; only then give the next input.
//!
//! Owns: flows, their framing, transactions, timers. Does not: open sockets, read clocks, decide
//! anything about users. Read next: `event`, `flows`, `transaction`.

mod clients;
mod config;
mod due;
mod event;
mod flows;
mod load;
mod receive;
mod send;
mod servers;

use std::collections::{BTreeSet, HashMap, VecDeque};

use self::clients::ClientTransaction;
pub use self::config::{Ping, StackConfig};
use self::due::Due;
pub use self::event::{
    Event, Failure, Flow, IdentityName, Input, Local, Outgoing, Output, Peer, PeerIdentity, Route,
    ServerTransaction, Target, TlsFault, Token, Transport, Why,
};
use self::flows::{Dialled, FlowState};
pub use self::load::Load;
use self::servers::ServerState;
use crate::random::Randomness;
use crate::time::{Now, Tick};
use crate::transaction::key::ServerKey;

/// One stack: all flows of one I/O worker. A transaction lives where its flow lives.
///
/// Maps are looked up, never walked, so that the same inputs give the same outputs.
pub struct Stack {
    config: StackConfig,
    random: Randomness,
    now: Now,
    flows: HashMap<Flow, FlowState>,
    dialled: HashMap<Dialled, Flow>,
    last_dialled: u64,
    clients: HashMap<u64, ClientTransaction>,
    tokens: HashMap<Token, u64>,
    last_client: u64,
    servers: HashMap<u64, ServerState>,
    server_keys: HashMap<ServerKey, u64>,
    last_server: u64,
    due: BTreeSet<(Tick, Due)>,
    out: VecDeque<Output>,
    shows_received: bool,
    load: Load,
    shed: u64,
}

impl Stack {
    /// A stack without flows.
    #[must_use]
    pub fn new(config: StackConfig) -> Stack {
        Stack {
            random: Randomness::new(config.seed),
            config,
            now: Now::default(),
            flows: HashMap::new(),
            dialled: HashMap::new(),
            last_dialled: 0,
            clients: HashMap::new(),
            tokens: HashMap::new(),
            last_client: 0,
            servers: HashMap::new(),
            server_keys: HashMap::new(),
            last_server: 0,
            due: BTreeSet::new(),
            out: VecDeque::new(),
            shows_received: false,
            load: Load::Calm,
            shed: 0,
        }
    }

    /// A stack without flows that takes the place of this one. It uses no number of a flow that
    /// this one dialled, so what such a connection still reports is nobody's.
    #[must_use]
    pub fn successor(&self, config: StackConfig) -> Stack {
        Stack { last_dialled: self.last_dialled, ..Stack::new(config) }
    }

    /// Takes one input. Drain [`Stack::poll_output`] afterwards.
    pub fn handle_input(&mut self, now: Now, input: Input<'_>) {
        self.now = now;
        match input {
            Input::Opened { flow, local, peer } => self.handle_opened(flow, local, peer),
            Input::Receive { flow, bytes } => self.receive(flow, bytes),
            Input::Closed { flow, why } => self.handle_closed(flow, why),
            Input::Send(outgoing) => self.send(outgoing),
            Input::Timeout => self.handle_timeout(),
        }
    }

    /// Whether messages that come are given out as [`Output::Received`] too; not at first.
    pub fn show_received(&mut self, shown: bool) {
        self.shows_received = shown;
    }

    /// The next thing to do, [`Output::Timeout`] last.
    pub fn poll_output(&mut self) -> Output {
        match self.out.pop_front() {
            Some(output) => output,
            None => Output::Timeout(self.next_due()),
        }
    }

    /// How many transactions are under way: requests of ours, requests of others.
    #[must_use]
    pub fn transactions(&self) -> (usize, usize) {
        (self.clients.len(), self.servers.len())
    }
}

impl std::fmt::Debug for Stack {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (sent, received) = self.transactions();
        write!(f, "Stack({} flows, {sent} sent, {received} received)", self.flows.len())
    }
}

#[cfg(test)]
mod datagram_tests;
#[cfg(test)]
mod receive_tests;
#[cfg(test)]
mod tests;
