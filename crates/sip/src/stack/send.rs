//! What the user wants sent, and the headers the stack owes.
//!
//! Owns: Via and Max-Forwards of requests, `received` and `rport` of responses.
//! Does not: repeat anything (`transaction`). Read next: `flows`, `clients`.

use bytes::Bytes;

use super::Stack;
use super::event::{Event, Failure, Flow, Outgoing, Peer, Route, Token, Why};
use super::flows::Dialled;
use crate::limits::SENT_REQUESTS_MAX;
use crate::message::{Draft, Name, Via};
use crate::transaction::key::Branch;

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
        let (branch, request) = self.prepare(flow, request);
        self.start_client(branch, Some(token), flow, request);
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
    /// Max-Forwards if there is none.
    fn prepare(&mut self, flow: Flow, request: Draft) -> (Branch, Draft) {
        // Even numbers: the next odd one is the CANCEL's.
        self.last_client += 2;
        let branch = Branch { number: self.last_client, secret: self.random.next_u64() };
        let transport = self.flows.get(&flow).map_or("TLS", |state| state.transport.as_str());
        let (sent_by, printed) = (&self.config.sent_by, branch.print());
        let via = format!("SIP/2.0/{transport} {sent_by};branch={printed};rport");
        let request = request.with_first(Name::Via, via);
        let request = match request.header(Name::MaxForwards) {
            Some(_) => request,
            None => request.with(Name::MaxForwards, "70"),
        };
        (branch, request)
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
    let mut params = via.params().ok()?;
    // What the sender claims about itself is not taken.
    params.remove("received");
    if asked {
        params.set("rport", &address.port().to_string());
    }
    params.set("received", &ip.to_string());
    let port = via.port.map_or_else(String::new, |port| format!(":{port}"));
    Some(format!("SIP/2.0/{} {}{port}{params}", via.transport, via.host))
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
