//! Flows: opening, closing, silence, keep-alives.
//!
//! Owns: what is known of each flow and when it is to be pinged or closed. Does not: read what
//! comes (`receive`). Read next: `receive`, `send`.

use std::collections::{BTreeSet, VecDeque};

use bytes::Bytes;

use super::due::Due;
use super::event::{
    Event, Failure, Flow, IdentityName, Local, Output, Peer, Target, Transport, Why,
};
use super::{Stack, StackConfig};
use crate::error::ParseError;
use crate::framing::Framer;
use crate::limits::{
    ALIASES_MAX, CLIENT_REQUESTS_MAX, CONNECT_QUEUE_BYTES_MAX, PING_MS_MIN, TRUSTED_REQUESTS_MAX,
};
use crate::time::Tick;

/// What makes two users of a dialled flow share it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Dialled {
    pub(super) target: Target,
    pub(super) identity: IdentityName,
    pub(super) expect_name: String,
}

/// Whether a flow is open.
#[derive(Debug)]
pub(super) enum Stage {
    /// Asked for; what is to be sent waits.
    Connecting { queue: Vec<Bytes>, queued_bytes: usize },
    /// Open.
    Open { peer: Peer },
}

/// One flow.
#[derive(Debug)]
pub(super) struct FlowState {
    pub(super) stage: Stage,
    pub(super) transport: Transport,
    pub(super) dialled: Option<Dialled>,
    /// Targets that are reached by it though it was accepted (RFC 5923).
    aliases: Vec<Dialled>,
    pub(super) framer: Framer,
    /// Transactions on it; ordered, so that a close is told the same way each time.
    pub(super) transactions: BTreeSet<Due>,
    /// How many of them are requests of the peer that have no final response yet.
    pub(super) requests: usize,
    /// Its requests that have one and are remembered because they may come again, oldest first.
    pub(super) answered: VecDeque<u64>,
    pub(super) opened_at: Tick,
    pub(super) received_at: Tick,
    /// The last message, either way.
    pub(super) message_at: Tick,
    /// When the message not yet whole was begun.
    pub(super) begun_at: Option<Tick>,
    pub(super) has_sent_message: bool,
    /// Who is on it has proved who they are.
    pub(super) is_vouched: bool,
    /// What ends it, once what came before has been answered. Nothing more is read.
    pub(super) broken: Option<ParseError>,
    pub(super) pinged_at: Option<Tick>,
    pub(super) has_ponged: bool,
    /// Keep-alives of many flows are spread (RFC 5626 §4.4.1): this one's are so much early.
    pub(super) early_ms: u64,
    pub(super) due: Tick,
}

impl FlowState {
    fn new(stage: Stage, transport: Transport, dialled: Option<Dialled>, now: Tick) -> FlowState {
        FlowState {
            stage,
            transport,
            dialled,
            aliases: Vec::new(),
            framer: Framer::new(0),
            transactions: BTreeSet::new(),
            requests: 0,
            answered: VecDeque::new(),
            opened_at: now,
            received_at: now,
            message_at: now,
            begun_at: None,
            has_sent_message: false,
            is_vouched: false,
            broken: None,
            pinged_at: None,
            has_ponged: false,
            early_ms: 0,
            due: Tick::NEVER,
        }
    }

    pub(super) fn peer(&self) -> Option<&Peer> {
        match &self.stage {
            Stage::Open { peer } => Some(peer),
            Stage::Connecting { .. } => None,
        }
    }

    /// Whether the other end has proved who it is, or we chose it.
    pub(super) fn is_trusted(&self) -> bool {
        self.dialled.is_some() || self.peer().is_some_and(|peer| peer.identity().is_some())
    }

    /// Whether we have dialled it and shown a certificate.
    pub(super) fn is_mutual(&self) -> bool {
        self.dialled.as_ref().is_some_and(|dialled| !dialled.identity.0.is_empty())
    }

    pub(super) fn requests_max(&self) -> usize {
        if self.is_trusted() { TRUSTED_REQUESTS_MAX } else { CLIENT_REQUESTS_MAX }
    }

    /// What happens to the flow if nothing else does, and when.
    fn fate(&self, config: &StackConfig) -> (Tick, Fate) {
        if let Stage::Connecting { .. } = self.stage {
            let at = self.opened_at.after_ms(config.connect_ms);
            return (at, Fate::Close(Why::ConnectTimeout));
        }
        if let Some(error) = self.broken {
            return (self.received_at, Fate::Close(Why::Protocol(error.to_string())));
        }
        let mut next = (Tick::NEVER, Fate::Ping);
        let mut offer = |at: Tick, fate: Fate| {
            if at < next.0 {
                next = (at, fate);
            }
        };
        if let Some(begun_at) = self.begun_at {
            offer(begun_at.after_ms(config.message_ms), Fate::Close(Why::Slow));
        }
        if self.dialled.is_none() {
            let idle_ms = if self.is_vouched || self.is_trusted() {
                config.accepted_idle_ms
            } else {
                config.stranger_idle_ms
            };
            offer(self.received_at.after_ms(idle_ms), Fate::Close(Why::Idle));
            if !self.has_sent_message {
                offer(self.opened_at.after_ms(config.message_ms), Fate::Close(Why::Idle));
            }
            return next;
        }
        if let Some(idle_ms) = config.dialled_idle_ms.filter(|_| self.transactions.is_empty()) {
            offer(self.message_at.after_ms(idle_ms), Fate::Close(Why::Idle));
        }
        if let Some(ping) = config.ping.filter(|_| self.transport.is_stream()) {
            match self.pinged_at {
                Some(at) => offer(at.after_ms(ping.pong_ms), Fate::ExpectPong),
                None => {
                    let every_ms = ping.every_ms.saturating_sub(self.early_ms).max(PING_MS_MIN);
                    offer(self.received_at.after_ms(every_ms), Fate::Ping);
                }
            }
        }
        next
    }
}

/// What is due on a flow.
#[derive(Debug)]
enum Fate {
    Close(Why),
    Ping,
    ExpectPong,
}

impl Stack {
    /// A flow is open: one we asked for, or a new one.
    pub(super) fn handle_opened(&mut self, flow: Flow, local: Local, peer: Peer) {
        let stage = Stage::Open { peer: peer.clone() };
        let queue = match self.flows.get_mut(&flow) {
            Some(known) => match std::mem::replace(&mut known.stage, stage) {
                Stage::Connecting { queue, .. } => queue,
                Stage::Open { .. } => return,
            },
            // We gave it up before it opened.
            None if flow.is_dialled() => {
                let why = Why::ConnectTimeout;
                self.out.push_back(Output::Close { flow, why });
                return;
            }
            None => {
                let opened = FlowState::new(stage, local.transport, None, self.now.tick);
                self.flows.insert(flow, opened);
                Vec::new()
            }
        };
        let (now, early) = (self.now.tick, self.random.next_u64());
        if let Some(opened) = self.flows.get_mut(&flow) {
            (opened.opened_at, opened.received_at, opened.message_at) = (now, now, now);
            let spread_ms = self.config.ping.map_or(0, |ping| ping.every_ms / 5);
            opened.early_ms = early.checked_rem(spread_ms).unwrap_or(0);
            opened.framer = Framer::new(if opened.is_trusted() {
                self.config.body_bytes_max_trusted
            } else {
                self.config.body_bytes_max
            });
        }
        self.out.push_back(Output::Event(Event::Opened { flow, local, peer }));
        self.out.extend(queue.into_iter().map(|bytes| Output::Transmit { flow, bytes }));
        self.schedule_flow(flow);
    }

    /// A flow to `dialled`, open or being opened.
    pub(super) fn flow_to(&mut self, dialled: Dialled) -> Flow {
        if let Some(flow) = self.dialled.get(&dialled) {
            return *flow;
        }
        self.last_dialled += 1;
        let flow = Flow(Flow::DIALLED_BIT | self.last_dialled);
        let stage = Stage::Connecting { queue: Vec::new(), queued_bytes: 0 };
        let transport = dialled.target.transport;
        let state = FlowState::new(stage, transport, Some(dialled.clone()), self.now.tick);
        self.flows.insert(flow, state);
        self.dialled.insert(dialled.clone(), flow);
        let Dialled { target, identity, expect_name } = dialled;
        self.out.push_back(Output::Connect { flow, target, identity, expect_name });
        self.schedule_flow(flow);
        flow
    }

    /// Sends, now or when the flow is open. `false`: too much waits for that already.
    pub(super) fn transmit(&mut self, flow: Flow, bytes: Bytes) -> bool {
        let Some(state) = self.flows.get_mut(&flow) else { return false };
        state.message_at = self.now.tick;
        match &mut state.stage {
            Stage::Open { .. } => self.out.push_back(Output::Transmit { flow, bytes }),
            Stage::Connecting { queue, queued_bytes } => {
                if *queued_bytes + bytes.len() > CONNECT_QUEUE_BYTES_MAX {
                    return false;
                }
                *queued_bytes += bytes.len();
                queue.push(bytes);
            }
        }
        true
    }

    /// Whoever is on the flow has proved who they are.
    pub(super) fn vouch(&mut self, flow: Flow) {
        if let Some(state) = self.flows.get_mut(&flow) {
            state.is_vouched = true;
        }
    }

    /// Requests for a target go over a flow that it has opened, unless we have dialled it already.
    pub(super) fn alias(&mut self, flow: Flow, target: Dialled) {
        let Some(state) = self.flows.get_mut(&flow) else { return };
        let is_known = self.dialled.contains_key(&target);
        if state.dialled.is_none() && !is_known && state.aliases.len() < ALIASES_MAX {
            state.aliases.push(target.clone());
            self.dialled.insert(target, flow);
        }
    }

    /// The other side closed a flow, or it could not be opened.
    pub(super) fn handle_closed(&mut self, flow: Flow, why: Why) {
        self.forget_flow(flow, why);
    }

    /// We close a flow.
    pub(super) fn close(&mut self, flow: Flow, why: Why) {
        if self.flows.contains_key(&flow) {
            self.out.push_back(Output::Close { flow, why: why.clone() });
            self.forget_flow(flow, why);
        }
    }

    fn forget_flow(&mut self, flow: Flow, why: Why) {
        let Some(state) = self.flows.remove(&flow) else { return };
        self.due.remove(&(state.due, Due::Flow(flow)));
        for dialled in state.dialled.iter().chain(&state.aliases) {
            if self.dialled.get(dialled) == Some(&flow) {
                self.dialled.remove(dialled);
            }
        }
        let failure = match state.stage {
            Stage::Connecting { .. } => Failure::Unreachable(why.clone()),
            Stage::Open { .. } => Failure::Closed(why.clone()),
        };
        self.out.push_back(Output::Event(Event::Closed { flow, why }));
        for due in state.transactions {
            match due {
                Due::Client(number) => self.fail_client(number, failure.clone()),
                Due::Server(number) => self.drop_server(number),
                Due::Flow(_) => {}
            }
        }
    }

    /// Makes sure that the stack wakes up when something is due on the flow. A later time than the
    /// one set is left for then, so that receiving costs nothing here.
    pub(super) fn schedule_flow(&mut self, flow: Flow) {
        let Some(state) = self.flows.get_mut(&flow) else { return };
        let (at, _) = state.fate(&self.config);
        if at < state.due {
            self.due.remove(&(state.due, Due::Flow(flow)));
            self.due.insert((at, Due::Flow(flow)));
            state.due = at;
        }
    }

    /// The time set for the flow has come.
    pub(super) fn flow_due(&mut self, flow: Flow) {
        let now = self.now.tick;
        let Some(state) = self.flows.get_mut(&flow) else { return };
        state.due = Tick::NEVER;
        let (at, fate) = state.fate(&self.config);
        if at <= now {
            match fate {
                Fate::Close(why) => return self.close(flow, why),
                Fate::Ping => {
                    state.pinged_at = Some(now);
                    let bytes = Bytes::from_static(b"\r\n\r\n");
                    self.out.push_back(Output::Transmit { flow, bytes });
                }
                Fate::ExpectPong => {
                    let strict = self.config.ping.is_some_and(|ping| ping.always);
                    if strict || state.has_ponged {
                        return self.close(flow, Why::NoPong);
                    }
                    // It does not know pings: ask again only after another such time.
                    (state.pinged_at, state.received_at) = (None, now);
                }
            }
        }
        self.schedule_flow(flow);
    }
}
