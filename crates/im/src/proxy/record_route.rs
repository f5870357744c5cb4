//! Record-Route (RFC 3261 §16.6 step 4): how later requests of a dialog find their way back
//! through us, and over which connections (RFC 5626 §5.3).
//!
//! The user part of the address we record names both ends and is sealed, so that we keep nothing
//! about a dialog and nobody can steer a request anywhere else. It dies with the process, as the
//! connections do.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::hmac;
use sip::{Draft, Flow, Message, Name, NameAddr};

use crate::aor::Aor;
use crate::edge::Edge;

/// Bytes of the code that seals: 80 bits, which nobody guesses at 500 requests a second.
const CODE_BYTES: usize = 10;

/// One end of a dialog.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct End {
    /// The connection it had when the dialog began.
    pub(crate) flow: Flow,
    /// Who it is.
    pub(crate) aor: Aor,
}

impl End {
    /// No connection: of an end that is of another organisation, its domain says who may speak
    /// for it and where it is.
    pub(crate) const ABROAD: Flow = Flow(u64::MAX);
}

/// Both ends of a dialog that goes through us.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Ends {
    /// Who sent the INVITE.
    pub(crate) caller: End,
    /// Whose device it went to.
    pub(crate) callee: End,
}

/// Writes and reads what we record.
#[derive(Debug)]
pub(crate) struct Recorder(hmac::Key);

impl Recorder {
    /// One whose seals nobody else can make.
    pub(crate) fn new(secret: &[u8]) -> Self {
        let base = hmac::Key::new(hmac::HMAC_SHA256, secret);
        let own = hmac::sign(&base, b"record-route");
        Self(hmac::Key::new(hmac::HMAC_SHA256, own.as_ref()))
    }

    /// `request` with our Record-Route: one for each side if the sides reach us by different
    /// addresses (RFC 5658), the callee's on top.
    pub(crate) fn record(&self, request: Draft, ends: &Ends, sides: (&Edge, &Edge)) -> Draft {
        let token = self.print(ends);
        let value = |edge: &Edge| format!("<{};lr>", edge.uri(&token));
        let (caller, callee) = sides;
        let request = request.with_first(Name::RecordRoute, value(caller));
        if caller == callee {
            request
        } else {
            request.with_first(Name::RecordRoute, value(callee))
        }
    }

    /// Both ends of the dialog that `request` belongs to, if it goes through us.
    pub(crate) fn dialog(&self, request: &Message) -> Option<Ends> {
        request.to_tag()?;
        self.ends(request.values(Name::Route).next()?)
    }

    /// Whether a request that begins a dialog with `callee` has been here before, for the same
    /// person: a device has sent it back.
    pub(crate) fn is_loop(&self, request: &Message, callee: &Aor) -> bool {
        let mut recorded = request.values(Name::RecordRoute).filter_map(|value| self.ends(value));
        recorded.any(|ends| ends.callee.aor == *callee)
    }

    /// `draft`, a copy of `request`, without the addresses of ours on top of its Route.
    pub(crate) fn without_own_route(&self, request: &Message, draft: Draft) -> Draft {
        let own = request.values(Name::Route).take_while(|value| self.ends(value).is_some());
        own.fold(draft, |draft, _| draft.without_first(Name::Route))
    }

    fn ends(&self, value: &str) -> Option<Ends> {
        self.read(NameAddr::parse(value).ok()?.uri.user.as_deref()?)
    }

    fn print(&self, ends: &Ends) -> String {
        let mut bytes = Vec::with_capacity(CODE_BYTES + 2 * 64);
        for end in [&ends.caller, &ends.callee] {
            bytes.extend(end.flow.0.to_be_bytes());
        }
        bytes.extend(ends.caller.aor.as_str().bytes());
        bytes.push(0);
        bytes.extend(ends.callee.aor.as_str().bytes());
        let code = hmac::sign(&self.0, &bytes);
        bytes.extend(code.as_ref().iter().take(CODE_BYTES));
        URL_SAFE_NO_PAD.encode(bytes)
    }

    fn read(&self, token: &str) -> Option<Ends> {
        let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
        let (said, code) = bytes.split_at_checked(bytes.len().checked_sub(CODE_BYTES)?)?;
        let own = hmac::sign(&self.0, said);
        let own = own.as_ref().get(..CODE_BYTES)?;
        // `verify` compares in constant time, and whole codes only: these are codes of the codes.
        let again = hmac::sign(&self.0, code);
        hmac::verify(&self.0, own, again.as_ref()).ok()?;
        let (caller, rest) = said.split_first_chunk::<8>()?;
        let (callee, rest) = rest.split_first_chunk::<8>()?;
        let (caller_aor, callee_aor) = std::str::from_utf8(rest).ok()?.split_once('\0')?;
        let end = |flow: &[u8; 8], aor: &str| {
            Some(End { flow: Flow(u64::from_be_bytes(*flow)), aor: Aor::parse(aor)? })
        };
        Some(Ends { caller: end(caller, caller_aor)?, callee: end(callee, callee_aor)? })
    }
}

#[cfg(test)]
mod tests {
    use sip::{Local, Transport};

    use super::*;
    use crate::config::Config;

    fn ends() -> Ends {
        let end = |flow, aor| End { flow: Flow(flow), aor: Aor::parse(aor).unwrap() };
        let (caller, callee) =
            (end(7, "sip:alice@x.test"), end(Flow::DIALLED_BIT | 9, "sip:bob@x.test"));
        Ends { caller, callee }
    }

    fn invite(routes: &str) -> Message {
        let text = format!(
            "BYE sip:bob@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/TLS h;branch=z9hG4bK1\r\n\
             From: <sip:alice@x.test>;tag=1\r\nTo: <sip:bob@x.test>;tag=2\r\nCall-ID: c\r\n\
             CSeq: 1 BYE\r\n{routes}Content-Length: 0\r\n\r\n"
        );
        Message::parse(text.into()).unwrap()
    }

    #[test]
    fn what_was_recorded_leads_back() {
        let recorder = Recorder::new(&[1; 32]);
        let config = Config::new("cs.x.test", "cs.x.test", [0; 32]);
        let edge = |transport| {
            let address = ([127, 0, 0, 1], 5060).into();
            Edge::of(&config, Some(Local { address, transport }))
        };
        let (tls, udp) = (edge(Transport::Tls), edge(Transport::Udp));
        for (sides, count) in [((&tls, &tls), 1), ((&udp, &tls), 2)] {
            let draft = recorder.record(Draft::copy_of(&invite("")), &ends(), sides);
            let recorded: Vec<String> =
                draft.headers(Name::RecordRoute).map(str::to_owned).collect();
            assert_eq!(recorded.len(), count);
            assert!(
                recorded[0].contains(";transport=tls;lr>"),
                "the callee's is on top: {recorded:?}"
            );
            let routes = recorded.iter().map(|value| format!("Route: {value}\r\n"));
            let request = invite(&(routes.collect::<String>() + "Route: <sip:other;lr>\r\n"));
            assert_eq!(recorder.dialog(&request), Some(ends()));
            let rest = recorder.without_own_route(&request, Draft::copy_of(&request));
            assert_eq!(rest.headers(Name::Route).collect::<Vec<_>>(), ["<sip:other;lr>"]);
            // The same, all in one line.
            let request = invite(&format!("Route: {}, <sip:other;lr>\r\n", recorded.join(", ")));
            assert_eq!(recorder.dialog(&request), Some(ends()));
            let rest = recorder.without_own_route(&request, Draft::copy_of(&request));
            assert_eq!(rest.headers(Name::Route).collect::<Vec<_>>(), ["<sip:other;lr>"]);
        }
    }

    #[test]
    fn nothing_else_does() {
        let recorder = Recorder::new(&[1; 32]);
        let token = recorder.print(&ends());
        let mut forged = URL_SAFE_NO_PAD.decode(&token).unwrap();
        forged[7] ^= 1;
        let foreign = Recorder::new(&[2; 32]).print(&ends());
        for user in [URL_SAFE_NO_PAD.encode(forged), foreign, token[1..].to_owned(), "bob".into()] {
            assert_eq!(recorder.dialog(&invite(&format!("Route: <sip:{user}@h;lr>\r\n"))), None);
        }
        assert_eq!(recorder.read(&token), Some(ends()));
    }
}
