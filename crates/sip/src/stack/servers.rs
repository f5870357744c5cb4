//! Server transactions of a stack.
//!
//! Owns: the messages its machines act on. Does not: decide (the machines in `transaction` do).
//! Read next: `transaction/invite_server`, `receive`.

use std::net::SocketAddr;

use bytes::Bytes;

use super::Stack;
use super::due::Due;
use super::event::{Event, Flow, ServerTransaction};
use crate::message::{Draft, Message, Method};
use crate::random::tag_of;
use crate::time::Tick;
use crate::transaction::invite_server::InviteServer;
use crate::transaction::key::ServerKey;
use crate::transaction::server::Server;
use crate::transaction::timer::Timers;
use crate::transaction::{Act, Effects};

/// The machine of a server transaction.
#[derive(Debug, Clone, Copy)]
enum Machine {
    Invite(InviteServer),
    Other(Server),
}

/// One request of a peer.
#[derive(Debug)]
pub(super) struct ServerState {
    key: ServerKey,
    flow: Flow,
    /// Where responses go if not back over the flow.
    reply_to: Option<SocketAddr>,
    machine: Option<Machine>,
    /// An INVITE until it is answered, to say 100 to it.
    invite: Option<Message>,
    last: Option<Bytes>,
    /// Our To tag, if the user gave none.
    tag: u64,
    timers: Timers,
    reliable: bool,
    /// It has a final response.
    is_answered: bool,
    due: Tick,
}

impl ServerState {
    fn step(
        &mut self,
        now: Tick,
        invite: impl FnOnce(InviteServer, &mut Effects<'_>) -> Option<InviteServer>,
        other: impl FnOnce(Server, &mut Effects<'_>) -> Option<Server>,
    ) -> Vec<Act> {
        let mut acts = Vec::new();
        let timers = &mut self.timers;
        let mut fx = Effects { now, reliable: self.reliable, timers, acts: &mut acts };
        self.machine = match self.machine.take() {
            Some(Machine::Invite(state)) => invite(state, &mut fx).map(Machine::Invite),
            Some(Machine::Other(state)) => other(state, &mut fx).map(Machine::Other),
            None => None,
        };
        acts
    }
}

impl Stack {
    /// The transaction `request` repeats, if it does; it is answered again.
    pub(super) fn repeat_server(&mut self, key: &ServerKey) -> bool {
        let Some(number) = self.server_keys.get(key).copied() else { return false };
        let now = self.now.tick;
        let Some(server) = self.servers.get_mut(&number) else { return false };
        let acts =
            server.step(now, |s, fx| Some(s.on_repeated(fx)), |s, fx| Some(s.on_repeated(fx)));
        self.act_server(number, acts, None);
        self.settle_server(number);
        true
    }

    /// Starts a transaction for a new request.
    pub(super) fn start_server(
        &mut self,
        key: ServerKey,
        flow: Flow,
        request: &Message,
    ) -> ServerTransaction {
        self.last_server += 1;
        let number = self.last_server;
        let reply_to = self.reply_to(flow, request);
        let Some(state) = self.flows.get_mut(&flow) else { return ServerTransaction(number) };
        state.transactions.insert(Due::Server(number));
        state.requests += 1;
        let reliable = state.transport.is_reliable();
        let (mut timers, mut acts) = (Timers::new(), Vec::new());
        let mut fx = Effects { now: self.now.tick, reliable, timers: &mut timers, acts: &mut acts };
        let is_invite = request.method() == Some(Method::Invite);
        let machine = if is_invite {
            Machine::Invite(InviteServer::start(&mut fx))
        } else {
            Machine::Other(Server::start(&mut fx))
        };
        let server = ServerState {
            key: key.clone(),
            flow,
            reply_to,
            machine: Some(machine),
            invite: is_invite.then(|| request.clone()),
            last: None,
            tag: self.random.next_u64(),
            timers,
            reliable,
            is_answered: false,
            due: Tick::NEVER,
        };
        self.servers.insert(number, server);
        self.server_keys.insert(key, number);
        self.settle_server(number);
        ServerTransaction(number)
    }

    /// The user answers a request.
    pub(super) fn server_response(&mut self, transaction: ServerTransaction, response: Draft) {
        let (number, now) = (transaction.0, self.now.tick);
        let Some(status) = response.status() else { return };
        let Some(server) = self.servers.get_mut(&number) else { return };
        let acts =
            server.step(now, |s, fx| s.on_response(status, fx), |s, fx| s.on_response(status, fx));
        server.invite = server.invite.take().filter(|_| status < 200);
        self.act_server(number, acts, Some(response));
        self.settle_server(number);
        if status >= 200 {
            self.remember_answered(number);
        }
    }

    /// A request that has its final response does not count as under way any more. It is known
    /// for a while, so that a repetition is answered the same way; of one flow the newest are.
    fn remember_answered(&mut self, number: u64) {
        let Some(server) = self.servers.get_mut(&number).filter(|it| !it.is_answered) else {
            return;
        };
        server.is_answered = true;
        let Some(flow) = self.flows.get_mut(&server.flow) else { return };
        flow.requests = flow.requests.saturating_sub(1);
        flow.answered.push_back(number);
        if flow.answered.len() > flow.requests_max()
            && let Some(oldest) = flow.answered.pop_front()
        {
            self.drop_server(oldest);
        }
    }

    /// An ACK has come. `true`: it was for a final response other than 2xx.
    pub(super) fn server_ack(&mut self, key: &ServerKey) -> bool {
        let Some(number) = self.server_keys.get(key).copied() else { return false };
        let now = self.now.tick;
        let Some(server) = self.servers.get_mut(&number) else { return false };
        let acts = server.step(now, |state, fx| state.on_ack(fx), |state, _| Some(state));
        self.settle_server(number);
        acts != [Act::Deliver]
    }

    /// A CANCEL has come for the INVITE `key`; `false`: there is none.
    pub(super) fn cancel_server(&mut self, key: &ServerKey) -> bool {
        let Some(number) = self.server_keys.get(key).copied() else { return false };
        let machine = self.servers.get(&number).and_then(|server| server.machine);
        if matches!(machine, Some(Machine::Invite(state)) if state.is_open()) {
            self.event(Event::Cancelled { transaction: ServerTransaction(number) });
        }
        true
    }

    /// A timer of a server transaction has fired.
    pub(super) fn server_due(&mut self, number: u64) {
        let now = self.now.tick;
        if let Some(server) = self.servers.get_mut(&number) {
            server.due = Tick::NEVER;
        }
        while let Some(server) = self.servers.get_mut(&number).filter(|s| s.machine.is_some()) {
            let Some(timer) = server.timers.take_fired(now) else { break };
            let acts =
                server.step(now, |s, fx| s.on_timer(timer, fx), |s, fx| s.on_timer(timer, fx));
            self.act_server(number, acts, None);
        }
        self.settle_server(number);
    }

    fn act_server(&mut self, number: u64, acts: Vec<Act>, response: Option<Draft>) {
        let mut response = response;
        for act in acts {
            let Some(server) = self.servers.get(&number) else { return };
            let (flow, reply_to) = (server.flow, server.reply_to);
            let draft = match act {
                Act::SendResponse => response.take(),
                Act::SendTrying => {
                    server.invite.as_ref().map(|invite| Draft::response(invite, 100))
                }
                Act::Repeat => {
                    if let Some(bytes) = server.last.clone() {
                        self.reply(flow, reply_to, bytes);
                    }
                    continue;
                }
                _ => None,
            };
            let Some(draft) = draft else { continue };
            // RFC 3261 §8.2.6.2: every response but 100 has a To tag, always the same.
            let draft = match draft.status() {
                Some(100) => draft,
                _ => draft.to_tag(&tag_of(server.tag)),
            };
            let bytes = self.print_response(flow, draft);
            if let Some(server) = self.servers.get_mut(&number) {
                server.last = Some(bytes.clone());
            }
            self.reply(flow, reply_to, bytes);
        }
    }

    fn settle_server(&mut self, number: u64) {
        let Some(server) = self.servers.get_mut(&number) else { return };
        if server.machine.is_none() {
            self.drop_server(number);
            return;
        }
        let (from, to) = (server.due, server.timers.next_due());
        server.due = to;
        self.reschedule(Due::Server(number), from, to);
    }

    pub(super) fn drop_server(&mut self, number: u64) {
        let Some(server) = self.servers.remove(&number) else { return };
        self.due.remove(&(server.due, Due::Server(number)));
        if self.server_keys.get(&server.key) == Some(&number) {
            self.server_keys.remove(&server.key);
        }
        if let Some(flow) = self.flows.get_mut(&server.flow) {
            flow.transactions.remove(&Due::Server(number));
            if !server.is_answered {
                flow.requests = flow.requests.saturating_sub(1);
            } else if flow.answered.front() == Some(&number) {
                flow.answered.pop_front();
            } else {
                flow.answered.retain(|answered| *answered != number);
            }
        }
        self.schedule_flow(server.flow);
    }
}
