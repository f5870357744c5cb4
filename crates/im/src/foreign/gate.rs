//! The chain that a request of another organisation passes instead of the one for our own people
//! (`route`), top to bottom:
//!
//! 1. Does its organisation ask for too much?
//! 2. Is it of a dialog through us, and of the end that this peer speaks for?
//! 3. Is it a text or a call? Nothing else is done for them.
//! 4. Is From of a domain that the connection has proved? Nobody speaks as somebody else.
//! 5. Is whom it is for here, and may speak with others? Nothing is passed on to yet another
//!    organisation.

use std::sync::Arc;

use sip::{Draft, Flow, Message, Method, Name, ServerTransaction};

use super::{Abroad, ForeignPeer};
use crate::aor::Aor;
use crate::authenticate::Authenticated;
use crate::binding::Way;
use crate::error::Error;
use crate::job::{InDialog, Job};
use crate::limits;
use crate::options;
use crate::proxy::record_route::{End, Ends};
use crate::route::{Gate, Passed, Stopped, decide_edge, decide_owner, decide_request, passes_end};

/// Passes a request of `peer` through the chain.
pub(crate) fn route(
    gate: &mut Gate<'_>,
    transaction: ServerTransaction,
    flow: Flow,
    request: &Message,
    peer: &ForeignPeer,
) -> Result<Passed, Stopped> {
    decide_budget(gate, peer)?;
    if let Some(ends) = gate.recorder.dialog(request) {
        let to = decide_end(peer, ends).ok_or(Error::NoSuchDialog)?;
        decide_speaker(peer, request)?;
        passes_end(request)?;
        let is_open = gate.connections.contains_key(&to.flow);
        let request = request.clone();
        return Ok(Passed::InDialog(InDialog { flow, request, to, is_open, abroad: None }));
    }
    if gate.is_stopping {
        return Err(Error::Stopping.into());
    }
    let method = decide_method(request)?;
    if method == Method::Options {
        return Ok(Passed::Answer(options::answer(request)));
    }
    let speaker = decide_speaker(peer, request)?;
    let (owner, device) = decide_owner(gate, &method, request)?;
    if !gate.directory.may_go_abroad(&owner) {
        // For them there is nobody of this name.
        return Err(Error::NotFound.into());
    }
    if method == Method::Invite && request.to_tag().is_some() {
        return Err(Error::NoSuchDialog.into());
    }
    let edge = decide_edge(gate, flow);
    tracing::debug!(user = %speaker.aor(), method = method.as_str(), %owner, "acts from abroad");
    Ok(Passed::Job(Job {
        transaction,
        flow,
        way: Way::Flow(flow),
        edge,
        request: request.clone(),
        speaker: Arc::new(speaker),
        owner,
        device,
        abroad: None,
    }))
}

/// Step 1: what an organisation may ask for, over all its connections. One that does not stop
/// asking loses the connection.
fn decide_budget(gate: &mut Gate<'_>, peer: &ForeignPeer) -> Result<(), Stopped> {
    let now = gate.now.tick;
    let budget = gate.foreigners.budget(peer, now).ok_or(Error::Unavailable)?;
    if budget.take(now) {
        return Ok(());
    }
    match budget.excess() {
        limits::FOREIGN_EXCESS_MAX.. => Err(Stopped::Last(Error::TooFast)),
        _ => Err(Error::TooFast.into()),
    }
}

/// Step 2: the end of the dialog that the request goes to, if the other one is this peer's.
fn decide_end(peer: &ForeignPeer, ends: Ends) -> Option<End> {
    let Ends { caller, callee } = ends;
    match (peer.speaks_for(caller.aor.domain()), peer.speaks_for(callee.aor.domain())) {
        (true, false) => Some(callee),
        (false, true) => Some(caller),
        _ => None,
    }
}

/// As [`decide_end`], for an ACK.
pub(crate) fn decide_end_of_ack(peer: &ForeignPeer, ends: Ends) -> Option<End> {
    decide_end(peer, ends)
}

/// Step 3.
fn decide_method(request: &Message) -> Result<Method, Error> {
    match decide_request(request)? {
        method @ (Method::Message | Method::Invite | Method::Options) => Ok(method),
        Method::Bye | Method::Info => Err(Error::NoSuchDialog),
        _ => Err(Error::ForeignMayNot),
    }
}

/// Step 4.
fn decide_speaker(peer: &ForeignPeer, request: &Message) -> Result<Authenticated, Error> {
    let from = request.from().map_err(|_| Error::Malformed("From cannot be read"))?;
    let from = Aor::from_uri(&from.uri).ok_or(Error::Malformed("From names no user"))?;
    Authenticated::foreign(peer, from.clone()).inspect_err(|_| {
        let domains: Vec<&str> = peer.names().collect();
        tracing::warn!(%from, ?domains, "a peer speaks for a domain that it has not proved");
    })
}

/// Whether a text or call of one of our own people goes to another organisation: only to a domain
/// that is listed.
pub(crate) fn decide_abroad(
    gate: &Gate<'_>,
    method: &Method,
    request: &Message,
) -> Result<Option<(Aor, Abroad)>, Error> {
    if !matches!(method, Method::Message | Method::Invite) || request.to_tag().is_some() {
        return Ok(None);
    }
    let uri = request.request_uri().map_err(|_| Error::Malformed("The Request-URI is no URI"))?;
    let Some(to) = Aor::from_uri(uri) else { return Ok(None) };
    Ok(abroad(gate, &to).map(|abroad| (to, abroad)))
}

/// The way to somebody of another organisation, if they are one.
pub(crate) fn abroad(gate: &Gate<'_>, to: &Aor) -> Option<Abroad> {
    if gate.directory.is_local_domain(to.domain()) {
        return None;
    }
    let domain = gate.directory.foreign().get(to.domain())?;
    let flow = gate.foreigners.flow(domain.name.as_str());
    Some(Abroad { domain: Arc::clone(domain), flow })
}

/// An in-dialog request of one of ours, to where its other end is reached now.
pub(crate) fn decide_way(gate: &Gate<'_>, it: InDialog) -> Result<InDialog, Error> {
    if gate.directory.is_local_domain(it.to.aor.domain()) {
        return Ok(it);
    }
    // The domain was taken from the list while the dialog stood.
    let abroad = abroad(gate, &it.to.aor).ok_or(Error::NotFound)?;
    Ok(InDialog { abroad: Some(abroad), ..it })
}

/// Whether a first request on a connection that was accepted says that it may be used the other
/// way round (RFC 5923 §5): the domain was proved, so nobody but the domain is reached by it.
pub(crate) fn says_alias(request: &Message) -> bool {
    let via = request.header(Name::Via).and_then(|via| sip::Via::parse(via).ok());
    via.is_some_and(|via| via.param("alias").is_some())
}

/// The copy of a text as it goes to another organisation: who writes is said by the directory.
pub(crate) fn named(draft: Draft, request: &Message, speaker: &Authenticated) -> Draft {
    match request.from() {
        Ok(from) => {
            let from = from.clone().with_display(speaker.display_name());
            draft.replace(Name::From, from.to_string())
        }
        Err(_) => draft,
    }
}
