//! What the user wants sent, and the headers the stack owes.
//!
//! Owns: Via and Max-Forwards of requests, `received` and `rport` of responses.
//! Does not: repeat anything (`transaction`). Read next: `flows`, `clients`.

use std::fmt::Write as _;
use std::net::SocketAddr;

use bytes::Bytes;

use super::Stack;
use super::event::{
    Event, Failure, Flow, IdentityName, Outgoing, Output, Peer, Route, Target, Token, Transport,
    Why,
};
use super::flows::{Dialled, FlowState};
use crate::limits::{DATAGRAM_REQUEST_BYTES_MAX, SENT_REQUESTS_MAX};
use crate::message::{Draft, Message, Name, Via};
use crate::transaction::key::Branch;

/// About what our Via and Max-Forwards add to a request.
const VIA_BYTES: usize = 160;

impl Stack {
    pub(super) fn send(&mut self, outgoing: Outgoing) {
        match outgoing {
            Outgoing::Request { token, route, request } => self.send_request(token, route, request),
            Outgoing::Once { route, request } | Outgoing::Ack { route, request } => {
                self.send_once(route, request);
            }
            Outgoing::Response { transaction, response } => {
                self.server_response(transaction, response);
            }
            Outgoing::Cancel { token } => self.cancel_client(token),
            Outgoing::Vouch { flow } => self.vouch(flow),
            Outgoing::Alias { flow, target, identity, expect_name } => {
                self.alias(flow, Dialled { target, identity, expect_name });
            }
            Outgoing::Close { flow, why } => self.close(flow, why),
        }
    }

    fn send_request(&mut self, token: Token, route: Route, request: Draft) {
        if self.clients.len() >= SENT_REQUESTS_MAX {
            return self.event(Event::Failed { token, why: Failure::Busy });
        }
        let Some(flow) = self.flow_of(route) else {
            return self.event(Event::Failed { token, why: Failure::Unreachable(Why::Gone) });
        };
        let (sent_over, instead) = match self.decide_stream(flow, &request) {
            Some(stream) => (stream, Some((flow, request.clone()))),
            None => (flow, None),
        };
        let (branch, request) = self.prepare(sent_over, request);
        self.start_client(branch, Some(token), sent_over, request, instead);
    }

    /// A stream for a request that is too long for a datagram (RFC 3261 §18.1.1), to where the
    /// Request-URI says that the peer of the datagram flow listens: its own address, no other's.
    fn decide_stream(&mut self, flow: Flow, request: &Draft) -> Option<Flow> {
        let state = self.flows.get(&flow).filter(|state| state.transport == Transport::Udp)?;
        let peer = state.peer()?.address();
        // Our Via and Max-Forwards come on top.
        if request.print().len() + VIA_BYTES <= DATAGRAM_REQUEST_BYTES_MAX {
            return None;
        }
        let uri = request.uri()?;
        let uri = crate::message::Uri::parse(uri).ok()?;
        let ip = peer.ip().to_canonical();
        let target = Target {
            host: ip.to_string(),
            port: uri.port.filter(|_| uri.host.is(&ip.to_string())).unwrap_or(peer.port()),
            transport: Transport::Tcp,
        };
        let (identity, expect_name) = (IdentityName::default(), String::new());
        Some(self.flow_to(Dialled { target, identity, expect_name }))
    }

    /// The stream could not be opened: the datagram after all (RFC 3261 §18.1.1).
    pub(super) fn send_instead(&mut self, token: Token, flow: Flow, request: Draft) {
        if !self.flows.contains_key(&flow) {
            return self.event(Event::Failed { token, why: Failure::Unreachable(Why::Gone) });
        }
        let (branch, request) = self.prepare(flow, request);
        self.start_client(branch, Some(token), flow, request, None);
    }

    fn send_once(&mut self, route: Route, request: Draft) {
        if let Some(flow) = self.flow_of(route) {
            let (_, request) = self.prepare(flow, request);
            self.transmit(flow, request.print());
        }
    }

    fn flow_of(&mut self, route: Route) -> Option<Flow> {
        match route {
            Route::Flow(flow) => self.flows.contains_key(&flow).then_some(flow),
            Route::Target { target, identity, expect_name } => {
                Some(self.flow_to(Dialled { target, identity, expect_name }))
            }
        }
    }

    /// Adds Via with a branch nobody can guess (RFC 3261 §8.1.1.7) and rport (RFC 3581), and
    /// Max-Forwards if there is none. A connection that we opened with a certificate of ours may
    /// be used the other way round, which `alias` says (RFC 5923 §5).
    fn prepare(&mut self, flow: Flow, request: Draft) -> (Branch, Draft) {
        // Even numbers: the next odd one is the CANCEL's.
        self.last_client += 2;
        let branch = Branch { number: self.last_client, secret: self.random.next_u64() };
        let state = self.flows.get(&flow);
        let transport = state.map_or("TLS", |state| state.transport.as_str());
        let alias = if state.is_some_and(FlowState::is_mutual) { ";alias" } else { "" };
        let (sent_by, printed) = (&self.config.sent_by, branch.print());
        let via = format!("SIP/2.0/{transport} {sent_by};branch={printed};rport{alias}");
        let request = request.with_first(Name::Via, via);
        let request = match request.header(Name::MaxForwards) {
            Some(_) => request,
            None => request.with(Name::MaxForwards, "70"),
        };
        (branch, request)
    }

    /// Where a response to `request` goes if not back over its flow: without rport, to the port
    /// that a datagram's Via names (RFC 3261 §18.2.2), at the address it came from and no other,
    /// whatever maddr says.
    pub(super) fn reply_to(&self, flow: Flow, request: &Message) -> Option<SocketAddr> {
        let state = self.flows.get(&flow).filter(|state| state.transport == Transport::Udp)?;
        let peer = state.peer()?.address();
        let via = request.via().ok()?;
        let port = via.port.unwrap_or(5060);
        let elsewhere = via.rport().is_none() && port != peer.port() && port != 0;
        elsewhere.then(|| SocketAddr::new(peer.ip(), port))
    }

    /// Sends a response.
    pub(super) fn reply(&mut self, flow: Flow, reply_to: Option<SocketAddr>, bytes: Bytes) {
        match reply_to {
            Some(address) => self.out.push_back(Output::TransmitTo { flow, address, bytes }),
            None => {
                self.transmit(flow, bytes);
            }
        }
    }

    /// A response as sent to the peer of `flow`.
    pub(super) fn print_response(&self, flow: Flow, mut response: Draft) -> Bytes {
        if let Some(peer) = self.flows.get(&flow).and_then(|state| state.peer()) {
            response.change_top_via(|via| received(via, peer));
        }
        response.print()
    }
}

/// The Via of a request that came from `peer`, with `received` if sent-by is not the peer's address
/// (RFC 3261 §18.2.1) or rport is asked for, and rport filled in (RFC 3581 §4).
fn received(text: &str, peer: &Peer) -> Option<String> {
    let via = Via::parse(text).ok()?;
    let address = peer.address();
    let ip = address.ip().to_canonical();
    let asked = via.rport().is_some();
    let host = via.host.trim_start_matches('[').trim_end_matches(']');
    if !asked && host.parse() == Ok(ip) {
        return None;
    }
    let mut changed = String::with_capacity(text.len() + 48);
    let _ = write!(changed, "SIP/2.0/{} {}", via.transport, via.host);
    if let Some(port) = via.port {
        let _ = write!(changed, ":{port}");
    }
    for (name, value) in via.raw_params() {
        let is_rport = name.eq_ignore_ascii_case("rport");
        let _ = match value {
            // What the sender claims about itself is not taken.
            _ if name.eq_ignore_ascii_case("received") => Ok(()),
            _ if is_rport => write!(changed, ";{name}={}", address.port()),
            Some(value) => write!(changed, ";{name}={value}"),
            None => write!(changed, ";{name}"),
        };
    }
    let _ = write!(changed, ";received={ip}");
    Some(changed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn received_and_rport() {
        for (via, peer, expected) in [
            ("SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1", "192.0.2.1:5060", None),
            (
                "SIP/2.0/TCP 192.0.2.1:5070;branch=z9hG4bK1",
                "192.0.2.2:1024",
                Some("SIP/2.0/TCP 192.0.2.1:5070;branch=z9hG4bK1;received=192.0.2.2"),
            ),
            (
                "SIP/2.0/tls pc.example.test;rport;branch=z9hG4bK1;received=9.9.9.9",
                "[2001:db8::1]:1024",
                Some("SIP/2.0/tls pc.example.test;rport=1024;branch=z9hG4bK1;received=2001:db8::1"),
            ),
            (
                "SIP/2.0/TLS 127.0.0.1;rport",
                "[::ffff:127.0.0.1]:7",
                Some("SIP/2.0/TLS 127.0.0.1;rport=7;received=127.0.0.1"),
            ),
            ("nonsense", "127.0.0.1:7", None),
        ] {
            let peer = Peer::Plain(peer.parse().unwrap());
            assert_eq!(received(via, &peer).as_deref(), expected);
        }
    }
}
