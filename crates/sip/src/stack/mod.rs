//! The stack: bytes in, messages out, and back. Sans I/O.
//!
//! **The drain rule:** after each [`Stack::handle_input`] call [`Stack::poll_output`] until it
//! returns [`Output::Timeout`]; only then give the next input.
//!
//! Owns: flows, their framing, transactions, timers. Does not: open sockets, read clocks, decide
//! anything about users. Read next: `event`, `flows`, `transaction`.

mod config;
mod event;

use std::collections::VecDeque;

pub use self::config::{Ping, StackConfig};
pub use self::event::{
    Event, Failure, Flow, IdentityName, Input, Local, Outgoing, Output, Peer, PeerIdentity, Route,
    ServerTransaction, Target, Token, Transport, Why,
};
use crate::time::{Now, Tick};

/// One stack: all flows of one I/O worker. A transaction lives where its flow lives.
pub struct Stack {
    #[allow(dead_code, reason = "skeleton")]
    config: StackConfig,
    out: VecDeque<Output>,
}

impl Stack {
    /// A stack without flows.
    #[must_use]
    pub fn new(config: StackConfig) -> Stack {
        Stack { config, out: VecDeque::new() }
    }

    /// Takes one input. Drain [`Stack::poll_output`] afterwards.
    pub fn handle_input(&mut self, _now: Now, _input: Input<'_>) {}

    /// The next thing to do, [`Output::Timeout`] last.
    pub fn poll_output(&mut self) -> Output {
        self.out.pop_front().unwrap_or(Output::Timeout(Tick::NEVER))
    }
}
