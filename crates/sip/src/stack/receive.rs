//! What comes in.
//!
//! Owns: bytes to frames to messages; which message goes to which transaction; the answers nobody
//! else need give: 400, 413, 503, 505, 513. Does not: decide anything about users (the user of the
//! stack does). Read next: `servers`, `clients`.

use bytes::Bytes;

use super::Stack;
use super::event::{Event, Flow, Output, Peer, ServerTransaction};
use crate::error::ParseError;
use crate::framing::Frame;
use crate::limits::PONGS_PER_SEGMENT_MAX;
use crate::message::{Draft, Message, Method, Name, answerable};
use crate::stun;
use crate::transaction::key::ServerKey;

/// What a response copies from its request (RFC 3261 §8.2.6.2).
const NEEDED: [Name; 5] = [Name::Via, Name::From, Name::To, Name::CallId, Name::CSeq];

impl Stack {
    pub(super) fn receive(&mut self, flow: Flow, bytes: &[u8]) {
        let now = self.now.tick;
        let Some(state) = self.flows.get_mut(&flow) else { return };
        if state.peer().is_none() || state.broken.is_some() {
            return;
        }
        (state.received_at, state.pinged_at) = (now, None);
        if !state.transport.is_stream() {
            return self.receive_datagram(flow, bytes);
        }
        state.framer.push(bytes);
        let (mut pongs, mut whole) = (0, false);
        while let Some(state) = self.flows.get_mut(&flow).filter(|it| it.broken.is_none()) {
            match state.framer.next() {
                Ok(Some(Frame::Message(bytes))) => {
                    (state.has_sent_message, state.message_at) = (true, now);
                    whole = true;
                    self.receive_message(flow, bytes);
                }
                Ok(Some(Frame::Ping)) if pongs < PONGS_PER_SEGMENT_MAX => {
                    pongs += 1;
                    self.pong(flow);
                }
                Ok(Some(Frame::Ping)) => {}
                Ok(Some(Frame::Pong)) => state.has_ponged = true,
                Ok(None) => {
                    state.begun_at = match (state.framer.is_inside(), whole) {
                        (false, _) => None,
                        (true, true) => Some(now),
                        (true, false) => state.begun_at.or(Some(now)),
                    };
                    break;
                }
                Err(error) => {
                    let front = answerable(state.framer.held());
                    return self.receive_nonsense(flow, error, front);
                }
            }
        }
        self.schedule_flow(flow);
    }

    fn receive_datagram(&mut self, flow: Flow, bytes: &[u8]) {
        let now = self.now.tick;
        if bytes == b"\r\n\r\n" {
            return self.pong(flow);
        }
        if stun::is_stun(bytes) {
            return self.receive_stun(flow, bytes);
        }
        if bytes.iter().all(|b| matches!(b, b'\r' | b'\n' | 0)) {
            return;
        }
        if let Some(state) = self.flows.get_mut(&flow) {
            (state.has_sent_message, state.message_at) = (true, now);
        }
        self.receive_message(flow, Bytes::copy_from_slice(bytes));
        self.schedule_flow(flow);
    }

    fn receive_stun(&mut self, flow: Flow, bytes: &[u8]) {
        let peer = self.flows.get(&flow).and_then(|state| state.peer()).map(Peer::address);
        if let Some(answer) = peer.and_then(|peer| stun::answer(bytes, peer)) {
            self.transmit(flow, answer.into());
        }
    }

    fn pong(&mut self, flow: Flow) {
        self.transmit(flow, Bytes::from_static(b"\r\n"));
    }

    /// Nothing after this can be understood on a stream. `front` is what it began with: enough of
    /// a request is answered before the stream is closed.
    fn receive_nonsense(&mut self, flow: Flow, error: ParseError, front: Bytes) {
        self.event(Event::Malformed { flow, error });
        if let Ok(request) = Message::index(front)
            && request.method().is_some_and(|method| method != Method::Ack)
            && NEEDED.iter().all(|name| request.header(*name).is_some())
        {
            self.answer_fault(flow, &request, error);
        }
        let Some(state) = self.flows.get_mut(&flow).filter(|it| it.transport.is_stream()) else {
            return;
        };
        // What came before is not answered yet: the flow ends when the user of the stack has had
        // its turn.
        state.broken = Some(error);
        self.schedule_flow(flow);
    }

    fn receive_message(&mut self, flow: Flow, bytes: Bytes) {
        if self.shows_received {
            self.out.push_back(Output::Received { flow, bytes: bytes.clone() });
        }
        let message = match Message::index(bytes.clone()) {
            Ok(message) => message,
            Err(error) => return self.receive_nonsense(flow, error, answerable(&bytes)),
        };
        let checked = message.check().and_then(|()| message.judge_length());
        match (checked, message.is_request()) {
            (Ok(()), true) => self.receive_request(flow, message),
            (Ok(()), false) => self.client_response(flow, message),
            (Err(error), true) => self.refuse(flow, &message, error),
            // RFC 3261 §18.1.2: a malformed response is dropped.
            (Err(error), false) => self.event(Event::Malformed { flow, error }),
        }
    }

    fn receive_request(&mut self, flow: Flow, request: Message) {
        let Some(key) = ServerKey::of(&request, flow) else { return };
        match request.method() {
            Some(Method::Ack) => {
                if !self.server_ack(&key) {
                    self.event(Event::Ack { flow, request });
                }
            }
            Some(Method::Benotify) => {
                // Nobody answers it, so there is no transaction.
                self.last_server += 1;
                let transaction = ServerTransaction(self.last_server);
                self.event(Event::Request { transaction, flow, request });
            }
            _ if self.repeat_server(&key) => {}
            _ if self.is_crowded(flow) => self.send_away(flow, &request),
            _ if self.is_shed(flow, &request) => {
                self.shed += 1;
                self.send_away(flow, &request);
            }
            Some(Method::Cancel) => self.receive_cancel(key, flow, request),
            _ => {
                let transaction = self.start_server(key, flow, &request);
                self.event(Event::Request { transaction, flow, request });
            }
        }
    }

    /// RFC 3261 §9.2: 200 if there is something to cancel. If not, the user of the stack answers
    /// (481, or what it has to say to this peer): it may be the first thing a peer asks.
    fn receive_cancel(&mut self, key: ServerKey, flow: Flow, cancel: Message) {
        let transaction = self.start_server(key, flow, &cancel);
        let found = ServerKey::cancelled_by(&cancel, flow);
        if found.is_some_and(|key| self.cancel_server(&key)) {
            let tag = self.random.tag();
            self.server_response(transaction, Draft::response(&cancel, 200).to_tag(&tag));
        } else {
            self.event(Event::Request { transaction, flow, request: cancel });
        }
    }

    fn is_crowded(&self, flow: Flow) -> bool {
        self.flows.get(&flow).is_none_or(|state| state.requests >= state.requests_max())
    }

    /// Answers a request that cannot be acted on, without a transaction.
    fn refuse(&mut self, flow: Flow, request: &Message, error: ParseError) {
        if request.method() == Some(Method::Ack) {
            return self.event(Event::Malformed { flow, error });
        }
        if request.header(Name::Via).is_none() {
            return self.receive_nonsense(flow, error, Bytes::new());
        }
        self.event(Event::Malformed { flow, error });
        self.answer_fault(flow, request, error);
    }

    fn answer_fault(&mut self, flow: Flow, request: &Message, error: ParseError) {
        let mut response = Draft::response(request, error.status());
        if error.status() == 400 {
            // RFC 3261 §21.4.1: the phrase should tell what is wrong.
            response = response.reason(&format!("Bad Request: {error}"));
        }
        self.answer(flow, request, response);
    }

    /// Sends a response without a transaction.
    pub(super) fn answer(&mut self, flow: Flow, request: &Message, response: Draft) {
        let tag = self.random.tag();
        let reply_to = self.reply_to(flow, request);
        let bytes = self.print_response(flow, response.to_tag(&tag));
        self.reply(flow, reply_to, bytes);
    }
}
