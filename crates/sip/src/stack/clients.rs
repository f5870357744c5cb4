//! Client transactions of a stack.
//!
//! Owns: the messages its machines act on, events to the user. Does not: decide (the machines in
//! `transaction` do). Read next: `transaction/invite_client`, `send`.

use super::Stack;
use super::due::Due;
use super::event::{Event, Failure, Flow, Output, Token};
use crate::message::{Draft, Message, Method};
use crate::time::Tick;
use crate::transaction::client::Client;
use crate::transaction::invite_client::InviteClient;
use crate::transaction::key::{self, Branch};
use crate::transaction::timer::Timers;
use crate::transaction::{Act, Effects, follow};

/// The machine of a client transaction.
#[derive(Debug, Clone, Copy)]
pub(super) enum Machine {
    Invite(InviteClient),
    Other(Client),
}

/// How far a CANCEL is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cancel {
    Unwanted,
    /// Wanted, but no provisional response has come (RFC 3261 §9.1).
    Wanted,
    Sent,
}

/// One request of ours.
#[derive(Debug)]
pub(super) struct ClientTransaction {
    pub(super) branch: Branch,
    /// `None`: a CANCEL the stack sent itself.
    pub(super) token: Option<Token>,
    pub(super) flow: Flow,
    pub(super) method: Method,
    /// Kept for INVITE, whose ACK and CANCEL repeat it, and where it may have to be repeated.
    pub(super) request: Option<Box<Draft>>,
    pub(super) machine: Option<Machine>,
    pub(super) cancel: Cancel,
    /// What is sent, and over which flow, if this one cannot be opened.
    pub(super) instead: Option<Box<(Flow, Draft)>>,
    pub(super) timers: Timers,
    pub(super) reliable: bool,
    pub(super) due: Tick,
}

impl ClientTransaction {
    /// Lets the machine act; `None` afterwards: it is over.
    fn step(
        &mut self,
        now: Tick,
        invite: impl FnOnce(InviteClient, &mut Effects<'_>) -> Option<InviteClient>,
        other: impl FnOnce(Client, &mut Effects<'_>) -> Option<Client>,
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

    pub(super) fn is_answered(&self) -> bool {
        match self.machine {
            Some(Machine::Invite(state)) => state.is_answered(),
            Some(Machine::Other(state)) => state.is_answered(),
            None => true,
        }
    }
}

impl Stack {
    /// Starts a transaction for `request`, which has its Via.
    pub(super) fn start_client(
        &mut self,
        branch: Branch,
        token: Option<Token>,
        flow: Flow,
        request: Draft,
        instead: Option<(Flow, Draft)>,
    ) {
        let Some(state) = self.flows.get_mut(&flow) else { return };
        let reliable = state.transport.is_reliable();
        state.transactions.insert(Due::Client(branch.number));
        let method = request.method().cloned().unwrap_or(Method::Options);
        let (mut timers, mut acts) = (Timers::new(), Vec::new());
        let mut fx = Effects { now: self.now.tick, reliable, timers: &mut timers, acts: &mut acts };
        let machine = match method {
            Method::Invite => Machine::Invite(InviteClient::start(&mut fx)),
            _ => Machine::Other(Client::start(&mut fx)),
        };
        let bytes = request.print();
        let kept = method == Method::Invite || !reliable;
        let transaction = ClientTransaction {
            branch,
            token,
            flow,
            method,
            request: kept.then(|| Box::new(request)),
            machine: Some(machine),
            cancel: Cancel::Unwanted,
            instead: instead.map(Box::new),
            timers,
            reliable,
            due: Tick::NEVER,
        };
        self.clients.insert(branch.number, transaction);
        if let Some(token) = token {
            self.tokens.insert(token, branch.number);
        }
        if self.transmit(flow, bytes) {
            self.settle_client(branch.number);
        } else {
            self.fail_client(branch.number, Failure::Busy);
        }
    }

    /// A response has come.
    pub(super) fn client_response(&mut self, flow: Flow, response: Message) {
        let Some(status) = response.status() else { return };
        let Some(branch) = Branch::of_response(&response) else { return };
        let now = self.now.tick;
        let Some(asked) = self.clients.get(&branch.number).map(|client| client.flow) else {
            return;
        };
        let may_answer = flow == asked || self.is_other_flow_of_client(asked, flow);
        let Some(client) = self.clients.get_mut(&branch.number) else { return };
        // Nothing but the peer we asked can answer.
        let ours = client.branch.secret == branch.secret
            && may_answer
            && key::is_for(&response, &client.method);
        if !ours {
            return;
        }
        let acts =
            client.step(now, |s, fx| s.on_response(status, fx), |s, fx| s.on_response(status, fx));
        let wanted = status < 200 && client.cancel == Cancel::Wanted;
        self.act_client(branch.number, acts, Some(&response));
        if wanted {
            self.send_cancel(branch.number);
        }
        self.settle_client(branch.number);
    }

    /// Whether `other` is one more connection of the client behind `asked`.
    // COMPAT(linphone 5.1): answers a request on a connection of its own if the Via names a host
    // that it did not dial (RFC 3261 §18.2.2 has it use the one the request came on). The branch,
    // which only that client has seen, is what proves it; a trusted peer has no need of this.
    fn is_other_flow_of_client(&self, asked: Flow, other: Flow) -> bool {
        let (Some(asked), Some(other)) = (self.flows.get(&asked), self.flows.get(&other)) else {
            return false;
        };
        let (Some(asked_peer), Some(other_peer)) = (asked.peer(), other.peer()) else {
            return false;
        };
        !asked.is_trusted()
            && !other.is_trusted()
            && asked.transport == other.transport
            && asked.transport.is_stream()
            && asked_peer.address().ip() == other_peer.address().ip()
    }

    /// A timer of a client transaction has fired.
    pub(super) fn client_due(&mut self, number: u64) {
        let now = self.now.tick;
        if let Some(client) = self.clients.get_mut(&number) {
            client.due = Tick::NEVER;
        }
        while let Some(client) = self.clients.get_mut(&number).filter(|c| c.machine.is_some()) {
            let Some(timer) = client.timers.take_fired(now) else { break };
            let acts =
                client.step(now, |s, fx| s.on_timer(timer, fx), |s, fx| s.on_timer(timer, fx));
            self.act_client(number, acts, None);
        }
        self.settle_client(number);
    }

    /// Cancels the request named `token`, now or when its first response comes.
    pub(super) fn cancel_client(&mut self, token: Token) {
        let Some(number) = self.tokens.get(&token).copied() else { return };
        let Some(client) = self.clients.get_mut(&number) else { return };
        match client.machine {
            Some(Machine::Invite(InviteClient::Calling { .. })) => client.cancel = Cancel::Wanted,
            Some(Machine::Invite(InviteClient::Proceeding)) => {
                self.send_cancel(number);
                self.settle_client(number);
            }
            // RFC 3261 §9.1: nothing else is cancelled.
            _ => {}
        }
    }

    fn send_cancel(&mut self, number: u64) {
        let now = self.now.tick;
        let Some(client) = self.clients.get_mut(&number) else { return };
        if client.cancel == Cancel::Sent {
            return;
        }
        client.cancel = Cancel::Sent;
        client.step(now, |state, fx| Some(state.on_cancelled(fx)), |state, _| Some(state));
        let Some(draft) = client.request.as_deref().and_then(follow::cancel) else { return };
        let branch = Branch { number: client.branch.number | 1, ..client.branch };
        let flow = client.flow;
        self.start_client(branch, None, flow, draft, None);
    }

    fn act_client(&mut self, number: u64, acts: Vec<Act>, response: Option<&Message>) {
        for act in acts {
            let Some(client) = self.clients.get(&number) else { return };
            let (flow, token) = (client.flow, client.token);
            match (act, response) {
                (Act::SendRequest, _) => {
                    if let Some(bytes) = client.request.as_ref().map(|request| request.print()) {
                        self.transmit(flow, bytes);
                    }
                }
                (Act::SendAck, Some(response)) => {
                    let request = client.request.as_deref();
                    if let Some(ack) = request.and_then(|request| follow::ack(request, response)) {
                        self.transmit(flow, ack.print());
                    }
                }
                (Act::SendCancel, _) => self.send_cancel(number),
                (Act::Deliver, Some(response)) if response.status() != Some(100) => {
                    if let Some(token) = token {
                        let response = response.clone();
                        self.event(Event::Response { token, flow, response });
                    }
                }
                (Act::TimedOut, _) => {
                    if let Some(token) = token {
                        self.event(Event::Failed { token, why: Failure::Timeout });
                    }
                }
                _ => {}
            }
        }
    }

    /// Removes a transaction that is over; sets the clock for one that is not.
    fn settle_client(&mut self, number: u64) {
        let Some(client) = self.clients.get_mut(&number) else { return };
        if client.machine.is_none() {
            self.drop_client(number);
            return;
        }
        let (from, to) = (client.due, client.timers.next_due());
        client.due = to;
        self.reschedule(Due::Client(number), from, to);
    }

    /// The flow of a transaction is gone.
    pub(super) fn fail_client(&mut self, number: u64, why: Failure) {
        let Some(client) = self.clients.get_mut(&number) else { return };
        let told = client.token.filter(|_| !client.is_answered());
        let instead = client.instead.take().filter(|_| matches!(why, Failure::Unreachable(_)));
        self.drop_client(number);
        if let (Some(token), Some(instead)) = (told, instead) {
            let (flow, request) = *instead;
            return self.send_instead(token, flow, request);
        }
        if let Some(token) = told {
            self.event(Event::Failed { token, why });
        }
    }

    fn drop_client(&mut self, number: u64) {
        let Some(client) = self.clients.remove(&number) else { return };
        self.due.remove(&(client.due, Due::Client(number)));
        if let Some(token) = client.token
            && self.tokens.get(&token) == Some(&number)
        {
            self.tokens.remove(&token);
        }
        if let Some(flow) = self.flows.get_mut(&client.flow) {
            flow.transactions.remove(&Due::Client(number));
        }
        self.schedule_flow(client.flow);
    }

    pub(super) fn event(&mut self, event: Event) {
        self.out.push_back(Output::Event(event));
    }
}
