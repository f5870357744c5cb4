//! A SIP stack and its connections: input in, output out, nothing decided.
//!
//! `Wires` obeys the stack's drain rule (one input, then `poll_output` until `Timeout`) and turns
//! each output into what the socket side does. What comes out as an event goes to whoever owns
//! the rules: the registrar or the agent.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use bytes::Bytes;
use im::trace::{Direction, Ends};
use sip::{Event, Flow, Input, Load, Now, Outgoing, Output, Stack, StackConfig, Tick, Why};
use tokio::sync::watch;

use super::connection::{Connection, Datagram, Wire};
use super::dial::{Dialer, Outbound};
use super::inbox::Reports;
use super::traced;
use crate::listen::sip::OnRefused;
use crate::metrics::SipMeters;
use crate::trace::Tap;

/// A stack, its live connections and the way to make new ones.
pub struct Wires {
    stack: Stack,
    connections: HashMap<Flow, Open>,
    wires: Reports,
    dialer: Dialer,
    meters: SipMeters,
    /// Told of connections whose certificate is not good any more.
    on_refused: OnRefused,
    readings: watch::Receiver<u64>,
    tap: Tap,
    events: VecDeque<Event>,
    /// Datagrams that are sent together.
    gathered: Option<Vec<Datagram>>,
    next: Option<Tick>,
}

struct Open {
    connection: Connection,
    ends: Arc<Ends>,
}

impl Wires {
    /// `wires` is where new connections report, `tap` where the trace hears of them.
    pub fn new(stack: Stack, wires: Reports, dialer: Dialer, meters: SipMeters, tap: Tap) -> Wires {
        Wires {
            stack,
            connections: HashMap::new(),
            wires,
            readings: dialer.identities.readings(),
            on_refused: traced::refusals(tap.clone(), dialer.identities.clock().clone()),
            dialer,
            meters,
            tap,
            events: VecDeque::new(),
            gathered: None,
            next: None,
        }
    }

    /// Waits until certificates or roots have changed, or may have run out.
    pub async fn certificates_changed(&mut self) {
        if self.readings.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    /// Cuts connections whose other end would be refused by now.
    pub fn judge_again(&mut self, now: Now) {
        let mut flows: Vec<Flow> = self.connections.keys().copied().collect();
        flows.sort();
        for flow in flows {
            self.judge(now, flow);
        }
    }

    fn judge(&mut self, now: Now, flow: Flow) {
        let Some(open) = self.connections.get_mut(&flow) else { return };
        let Some(shown) = open.connection.shown() else { return };
        let judged = self.dialer.identities.judge_shown(&self.dialer.computer, shown);
        if let Err(refusal) = judged {
            (self.on_refused)(shown.address(), &refusal);
            let open = self.connections.remove(&flow);
            let why = Why::Requested(format!("the peer's certificate: {}", refusal.error));
            traced::closed(&self.tap, now, open.map(|open| open.ends), flow, &why);
            self.input(now, Input::Closed { flow, why });
        }
    }

    /// Where the trace hears of this stack.
    pub fn tap(&self) -> &Tap {
        &self.tap
    }

    /// The two ends of a connection that stands.
    pub fn ends(&self, flow: Flow) -> Option<&Arc<Ends>> {
        self.connections.get(&flow).map(|open| &open.ends)
    }

    /// When the stack wants to be woken.
    pub fn next_timeout(&self) -> Option<Tick> {
        self.next
    }

    /// The next event, in order.
    pub fn next_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// What a connection reported.
    pub fn receive(&mut self, now: Now, wire: Wire) {
        match wire {
            Wire::Opened { flow, local, peer, connection } => {
                let ends = Arc::new(traced::ends(flow, local, &peer));
                traced::opened(&self.tap, now, &ends, &peer);
                self.connections.insert(flow, Open { connection, ends });
                self.input(now, Input::Opened { flow, local, peer: *peer });
                // A certificate may have been revoked since the handshake.
                self.judge(now, flow);
            }
            // The turn is over when everything that follows has been said.
            Wire::Bytes { flow, bytes, turn: _turn, .. } => {
                // Bytes of a connection that was cut in the meantime are nobody's.
                if self.connections.contains_key(&flow) {
                    self.input(now, Input::Receive { flow, bytes: &bytes });
                }
            }
            Wire::Closed { flow, why } => {
                let open = self.connections.remove(&flow);
                traced::closed(&self.tap, now, open.map(|open| open.ends), flow, &why);
                self.input(now, Input::Closed { flow, why });
            }
        }
    }

    /// How much there is to do, for what comes next.
    pub fn show_load(&mut self, load: Load) {
        self.stack.show_load(load);
        self.meters.load(load);
    }

    /// Something to send.
    pub fn send(&mut self, now: Now, outgoing: Outgoing) {
        self.meters.outgoing(&outgoing);
        if let Outgoing::Vouch { flow } = &outgoing
            && let Some(open) = self.connections.get(flow)
        {
            open.connection.vouch();
        }
        self.input(now, Input::Send(outgoing));
    }

    /// The stack's time has come.
    pub fn timeout(&mut self, now: Now) {
        self.input(now, Input::Timeout);
    }

    /// Closes every connection and goes on with a new stack.
    pub fn restart(&mut self, config: StackConfig) {
        self.close();
        self.stack = self.stack.successor(config);
        self.events.clear();
        self.next = None;
    }

    /// Whether datagrams are gathered: whoever reads them is then woken once for many. What was
    /// gathered is sent when this ends.
    pub fn gather(&mut self, gathers: bool) {
        self.gathered = match (gathers, self.gathered.take()) {
            (true, gathered) => Some(gathered.unwrap_or_default()),
            (false, gathered) => {
                gathered.iter().flatten().for_each(Datagram::send);
                None
            }
        };
    }

    /// Closes every connection; what is queued is still written.
    pub fn close(&mut self) {
        self.connections.clear();
    }

    fn input(&mut self, now: Now, input: Input<'_>) {
        let traces = self.tap.hears_messages();
        self.stack.show_received(traces);
        self.stack.handle_input(now, input);
        let mut slow = Vec::new();
        self.drain(now, traces, &mut slow);
        self.meters.shed(self.stack.take_shed());
        while let Some(flow) = slow.pop() {
            if let Some(open) = self.connections.remove(&flow) {
                self.meters.cut();
                traced::closed(&self.tap, now, Some(open.ends), flow, &Why::Overflow);
                self.stack.handle_input(now, Input::Closed { flow, why: Why::Overflow });
                self.drain(now, traces, &mut slow);
            }
        }
    }

    fn drain(&mut self, now: Now, traces: bool, slow: &mut Vec<Flow>) {
        loop {
            match self.stack.poll_output() {
                Output::Transmit { flow, bytes } => {
                    let Some(open) = self.connections.get(&flow) else { continue };
                    if traces {
                        let way = Direction::Outgoing;
                        self.tap.message(now.wall_ms, way, &open.ends, bytes.clone());
                    }
                    if let (Connection::Datagram(datagrams), Some(gathered)) =
                        (&open.connection, &mut self.gathered)
                    {
                        gathered.push(datagrams.datagram(bytes));
                    } else if !open.connection.send(bytes) {
                        slow.push(flow);
                    }
                }
                Output::TransmitTo { flow, address, bytes } => {
                    let Some(open) = self.connections.get(&flow) else { continue };
                    if traces {
                        let ends = Arc::new(Ends { peer: address, ..Ends::clone(&open.ends) });
                        let way = Direction::Outgoing;
                        self.tap.message(now.wall_ms, way, &ends, bytes.clone());
                    }
                    open.connection.send_to(address, &bytes);
                }
                Output::Received { flow, bytes } => {
                    let Some(open) = self.connections.get(&flow) else { continue };
                    // A copy: the ring must not hold on to what else came with it.
                    let bytes = Bytes::copy_from_slice(&bytes);
                    self.tap.message(now.wall_ms, Direction::Incoming, &open.ends, bytes);
                }
                Output::Connect { flow, target, identity, expect_name } => {
                    let outbound = Outbound { flow, target, identity, expect_name };
                    self.dialer.dial(outbound, self.wires.clone(), self.on_refused.clone());
                }
                Output::Close { flow, why } => {
                    if let Some(open) = self.connections.remove(&flow) {
                        traced::closed(&self.tap, now, Some(open.ends), flow, &why);
                    }
                }
                Output::Event(event) => {
                    self.meters.event(&event);
                    self.events.push_back(event);
                }
                Output::Timeout(tick) => {
                    self.next = Some(tick);
                    return;
                }
            }
        }
    }
}
