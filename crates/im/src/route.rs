//! The one ordered chain every request passes, top to bottom, never configurable:
//!
//! 1. Which connection is it, and may its other end speak at all?
//! 2. Does it ask for too much?
//! 3. Is it a request we can read and do?
//! 4. Who is speaking? (`Authenticated`, which only `authenticate` can make)
//! 5. Does it say the same about the speaker everywhere?
//! 6. Is what it is about ours?
//!
//! What belongs to a dialog through us is known by what we recorded in it, and is asked 4 only if
//! it comes over another connection than the dialog's (`decide_end`).
//!
//! What passes is a [`Job`] for the shard of the AOR it is about. What does not pass reaches
//! neither a shard nor another peer.

use std::sync::Arc;

use sip::{Draft, Flow, Message, Method, Name, Now, ServerTransaction, Uri, Via};

use crate::aor::Aor;
use crate::authenticate::{Authenticated, Authenticator, Doubt};
use crate::binding::{ApplicationPlace, Way};
use crate::config::Config;
use crate::connection::{Connection, Connections, Standing};
use crate::directory::Directory;
use crate::edge::Edge;
use crate::error::Error;
use crate::foreign::{ForeignPeer, Foreigners, gate};
use crate::gruu::{Device, Gruus};
use crate::host_name::HostName;
use crate::job::{InDialog, Job};
use crate::known_servers::{Source, TrustedPeer};
use crate::limits;
use crate::list;
use crate::options;
use crate::proxy::record_route::{End, Ends, Recorder};
use crate::refusal::Refusal;

/// Everything the chain looks at.
pub(crate) struct Gate<'a> {
    pub(crate) now: Now,
    pub(crate) config: &'a Config,
    pub(crate) directory: &'a Directory,
    pub(crate) connections: &'a mut Connections,
    pub(crate) authenticator: &'a mut Authenticator,
    pub(crate) recorder: &'a Recorder,
    pub(crate) gruus: &'a Gruus,
    pub(crate) foreigners: &'a mut Foreigners,
    /// Only what belongs to a call that stands is still done.
    pub(crate) is_stopping: bool,
}

/// Where a request goes that passed.
#[derive(Debug)]
pub(crate) enum Passed {
    /// To the shard of its owner.
    Job(Job),
    /// To the other end of its dialog.
    InDialog(InDialog),
    /// Nowhere; this answers it.
    Answer(Draft),
}

/// Why a request does not pass.
#[derive(Debug)]
pub(crate) enum Stopped {
    /// With an error.
    Error(Error),
    /// With a challenge.
    Challenge(Draft),
    /// With an error, and the connection is closed.
    Last(Error),
    /// The peer is not one we speak with. `is_news` at its first request.
    Refused { refusal: Refusal, is_news: bool },
}

impl From<Error> for Stopped {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

/// Passes a request through the chain.
pub(crate) fn route(
    gate: &mut Gate<'_>,
    transaction: ServerTransaction,
    flow: Flow,
    request: &Message,
) -> Result<Passed, Stopped> {
    let peer = match decide_connection(gate, flow)? {
        Who::Foreign(peer) => return gate::route(gate, transaction, flow, request, &peer),
        Who::Trusted(peer) => Some(peer),
        Who::Client => None,
    };
    decide_budget(gate, flow, peer.as_deref())?;
    if let Some(ends) = gate.recorder.dialog(request) {
        let to = decide_end(gate, flow, peer.as_deref(), request, ends)?;
        let is_open = gate.connections.contains_key(&to.flow);
        let it = InDialog { flow, request: request.clone(), to, is_open, abroad: None };
        return Ok(Passed::InDialog(gate::decide_way(gate, it)?));
    }
    if gate.is_stopping {
        return Err(Error::Stopping.into());
    }
    let method = decide_request(request)?;
    if method == Method::Options {
        return Ok(Passed::Answer(options::answer(request)));
    }
    if matches!(method, Method::Bye | Method::Info) {
        decide_session(gate, flow, peer.as_deref(), request)?;
    }
    let speaker = decide_speaker(gate, flow, peer.as_deref(), request)?;
    decide_assertions(&speaker, request)?;
    let mut abroad = None;
    let (owner, device) = match gate::decide_abroad(gate, &method, request)? {
        Some((owner, way)) => {
            if !gate.directory.may_go_abroad(speaker.aor()) {
                return Err(Error::NoExternalAccess.into());
            }
            abroad = Some(way);
            (owner, None)
        }
        // A list is its watcher's.
        None if list::concerns(gate.directory, request) => (speaker.aor().clone(), None),
        None => decide_owner(gate, &method, request)?,
    };
    let edge = decide_edge(gate, flow);
    let way = decide_way(gate.directory, flow, peer.as_deref(), request);
    if let Some(application) = speaker.application() {
        tracing::info!(application, user = %speaker.aor(), method = method.as_str(), %owner, "acts");
    }
    Ok(Passed::Job(Job {
        transaction,
        flow,
        way,
        edge,
        request: request.clone(),
        speaker,
        owner,
        device,
        abroad,
    }))
}

/// What the other end of a connection has proved to be.
enum Who {
    Client,
    Trusted(Arc<TrustedPeer>),
    Foreign(Arc<ForeignPeer>),
}

/// Step 1. A peer with a certificate is judged at its first request, whatever the method.
fn decide_connection(gate: &mut Gate<'_>, flow: Flow) -> Result<Who, Stopped> {
    let connection = gate.connections.get_mut(&flow).ok_or(Error::Unavailable)?;
    let is_news = matches!(connection.standing, Standing::Unjudged);
    match connection.judge(gate.directory) {
        Standing::Trusted(peer) => Ok(Who::Trusted(Arc::clone(peer))),
        Standing::Foreign(peer) => Ok(Who::Foreign(Arc::clone(peer))),
        Standing::Refused(refusal) => Err(Stopped::Refused { refusal: refusal.clone(), is_news }),
        Standing::Client | Standing::Unjudged => Ok(Who::Client),
    }
}

/// Step 2.
fn decide_budget(gate: &mut Gate<'_>, flow: Flow, peer: Option<&TrustedPeer>) -> Result<(), Error> {
    if peer.is_some_and(TrustedPeer::throttle_as_server) {
        return Ok(());
    }
    let connection = gate.connections.get_mut(&flow).ok_or(Error::Unavailable)?;
    if connection.take_request(gate.now.tick) { Ok(()) } else { Err(Error::TooFast) }
}

/// Extensions that a request may demand: those we do, and those whose absence nobody notices.
const EXTENSIONS: [&str; 7] =
    ["outbound", "path", "gruu", "gruu-10", "ms-benotify", list::EVENTLIST, list::RECIPIENT_LIST];

/// Step 3 (RFC 3261 §8.2.1, §8.2.2, §16.3).
pub(crate) fn decide_request(request: &Message) -> Result<Method, Error> {
    let method = request.method().ok_or(Error::Malformed("This is not a request"))?;
    let uri = request.request_uri().map_err(|_| Error::Malformed("The Request-URI is no URI"))?;
    if !uri.is_sip() {
        return Err(Error::UnsupportedScheme);
    }
    let is_ours = |method: &Method| {
        matches!(
            method,
            Method::Register
                | Method::Options
                | Method::Message
                | Method::Subscribe
                | Method::Publish
                | Method::Invite
        )
    };
    // A text session with us is the shard's to know.
    let in_session = matches!(method, Method::Bye | Method::Info) && request.to_tag().is_some();
    if !is_ours(&method) && !in_session {
        // RFC 3261 §9.2: the stack has found nothing that this CANCEL could be for.
        let in_dialog = request.to_tag().is_some() || method == Method::Cancel;
        return Err(if in_dialog { Error::NoSuchDialog } else { Error::MethodNotAllowed });
    }
    // RFC 3261 §16.3: what a call requires, its devices judge.
    let required = request.values(Name::Require).filter(|_| method != Method::Invite);
    let demanded = required.chain(request.values(Name::ProxyRequire));
    let unknown: Vec<&str> = demanded
        .filter(|tag| !EXTENSIONS.iter().any(|known| known.eq_ignore_ascii_case(tag)))
        .collect();
    if !unknown.is_empty() {
        return Err(Error::BadExtension(unknown.join(", ")));
    }
    let passes_on = matches!(method, Method::Message | Method::Invite);
    if passes_on && request.number(Name::MaxForwards) == Some(0) {
        return Err(Error::TooManyHops);
    }
    Ok(method)
}

/// Whether a request may be of a text session with us: those are of devices that have signed in
/// over this connection, or of a trusted application. Nobody else is asked who they are for a
/// dialog that we do not have.
fn decide_session(
    gate: &Gate<'_>,
    flow: Flow,
    peer: Option<&TrustedPeer>,
    request: &Message,
) -> Result<(), Error> {
    let connection = gate.connections.get(&flow).ok_or(Error::Unavailable)?;
    let from = request.from().ok().and_then(|from| Aor::from_uri(&from.uri));
    let is_known = from.is_some_and(|from| match peer {
        Some(_) => gate.directory.enabled_user(&from).is_some(),
        None => connection.has_signed_in(&from),
    });
    if is_known { Ok(()) } else { Err(Error::NoSuchDialog) }
}

/// Step 4.
fn decide_speaker(
    gate: &mut Gate<'_>,
    flow: Flow,
    peer: Option<&TrustedPeer>,
    request: &Message,
) -> Result<Arc<Authenticated>, Stopped> {
    let from = request.from().map_err(|_| Error::Malformed("From cannot be read"))?;
    let from = Aor::from_uri(&from.uri).ok_or(Error::Malformed("From names no user"))?;
    if let Some(peer) = peer.filter(|peer| peer.treat_as_authenticated()) {
        let asserted = Authenticated::asserted(peer, gate.directory, &from);
        // One of our own computers asks whether somebody can sign in (synthetic transactions).
        let is_own = *peer.source() == Source::Deployment;
        return match asserted {
            Err(Error::AssertsUnknownUser) if is_own && registers(request) => {
                Err(Error::NoSuchUser.into())
            }
            other => Ok(Arc::new(other?)),
        };
    }
    let connection = gate.connections.get_mut(&flow).ok_or(Error::Unavailable)?;
    if !connection.local.transport.is_secure() && !gate.config.cleartext_sign_in {
        return Err(Error::NeedsTls.into());
    }
    if let Some(signed_in) = connection.signed_in(&from) {
        return Ok(signed_in);
    }
    let address = connection.peer.address().ip();
    match gate.authenticator.judge(gate.now, gate.directory, request, address) {
        Ok(sign_in) => {
            let who = Arc::clone(sign_in.who());
            // From decides in whose name a request is; it must be the one who proved who they are.
            if *who.aor() != from {
                let is_nobody = gate.directory.enabled_user(&from).is_none();
                let is_nobody = is_nobody && registers(request);
                return Err(if is_nobody { Error::NoSuchUser } else { Error::ActsAsAnother }.into());
            }
            connection.remember(sign_in);
            Ok(who)
        }
        Err(Doubt::Challenge { is_stale }) => {
            let directory = gate.directory;
            let challenge = gate.authenticator.challenge(gate.now, directory, request, is_stale);
            Err(Stopped::Challenge(challenge))
        }
        Err(Doubt::Refuse(error)) => Err(doubted(connection, error)),
    }
}

fn registers(request: &Message) -> bool {
    request.method() == Some(Method::Register)
}

fn doubted(connection: &mut Connection, error: Error) -> Stopped {
    if error == Error::WrongCredentials {
        connection.wrong_credentials += 1;
        if connection.wrong_credentials >= limits::WRONG_CREDENTIALS_PER_CONNECTION_MAX {
            return Stopped::Last(error);
        }
    }
    Stopped::Error(error)
}

/// Step 5 (RFC 3325 §5: nobody but us may assert; what a peer asserts must be what it proved).
/// The header itself is never passed on.
fn decide_assertions(speaker: &Authenticated, request: &Message) -> Result<(), Error> {
    let asserted = request.name_addrs(Name::PAssertedIdentity);
    let asserted = asserted.map_err(|_| Error::Malformed("P-Asserted-Identity cannot be read"))?;
    // A telephone number beside the address is another name of the same user.
    let mut sip = asserted.iter().filter(|it| it.uri.is_sip());
    if sip.all(|it| Aor::from_uri(&it.uri).as_ref() == Some(speaker.aor())) {
        Ok(())
    } else {
        Err(Error::AssertedIdentityDiffers)
    }
}

/// Step 6: whose, and which of their devices if it is for one (RFC 5627 §5.4). Only who has
/// proved who they are learns whether somebody exists.
pub(crate) fn decide_owner(
    gate: &Gate<'_>,
    method: &Method,
    request: &Message,
) -> Result<(Aor, Option<Device>), Error> {
    // RFC 3261 §10.3: REGISTER is about To; so is what belongs to a dialog we are the end of.
    let by_to = *method == Method::Register || request.to_tag().is_some();
    let uri = if by_to {
        &request.to().map_err(|_| Error::Malformed("To cannot be read"))?.uri
    } else {
        request.request_uri().map_err(|_| Error::Malformed("The Request-URI is no URI"))?
    };
    let (owner, device) = gate.gruus.read(uri).ok_or(Error::NotFound)?;
    let directory = gate.directory;
    if !directory.is_local_domain(owner.domain()) || directory.enabled_user(&owner).is_none() {
        return Err(Error::NotFound);
    }
    Ok((owner, device))
}

/// How the speaker is reached when its connection is gone: a trusted application where the
/// enabled topology says that it listens, if its Contact is such a place of its own pool.
fn decide_way(
    directory: &Directory,
    flow: Flow,
    peer: Option<&TrustedPeer>,
    request: &Message,
) -> Way {
    let Some(peer) = peer else { return Way::Flow(flow) };
    let contacts = request.contacts().unwrap_or_default();
    let contact = contacts.first().and_then(|contact| contact.address());
    let place = contact.and_then(|contact| decide_place(directory, peer, &contact.uri));
    Way::Application { flow: Some(flow), place }
}

/// Where a trusted peer listens whose first request says that its connection may be used the
/// other way round (RFC 5923 §7.2): sent-by must be the name it has proved, and a place of its
/// pool.
pub(crate) fn decide_alias(
    directory: &Directory,
    peer: &TrustedPeer,
    request: &Message,
) -> Option<ApplicationPlace> {
    let via = Via::parse(request.header(Name::Via)?).ok()?;
    via.param("alias")?;
    let host = HostName::literal(via.host.as_bytes()).filter(|host| host == peer.fqdn())?;
    let port = via.port.unwrap_or(limits::SIPS_PORT);
    let target = directory.application_target(host.as_str(), port)?;
    Some(ApplicationPlace { computer: target.computer.to_string(), port })
}

/// Where whoever is on a connection reaches us.
pub(crate) fn decide_edge(gate: &Gate<'_>, flow: Flow) -> Edge {
    let accepted = gate.connections.get(&flow).filter(|_| !flow.is_dialled());
    Edge::of(gate.config, accepted.map(|connection| connection.local))
}

/// Which end a request of a dialog through us goes to: not the one it comes from, which its
/// connection says, or after a reconnect who speaks.
fn decide_end(
    gate: &mut Gate<'_>,
    flow: Flow,
    peer: Option<&TrustedPeer>,
    request: &Message,
    ends: Ends,
) -> Result<End, Stopped> {
    let Ends { caller, callee } = ends;
    let to = if flow == caller.flow {
        callee
    } else if flow == callee.flow {
        caller
    } else {
        let speaker = decide_speaker(gate, flow, peer, request)?;
        match speaker.aor() {
            aor if *aor == caller.aor => callee,
            aor if *aor == callee.aor => caller,
            _ => return Err(Error::NoSuchDialog.into()),
        }
    };
    passes_end(request)?;
    Ok(to)
}

/// What every request of a dialog must be, to be passed on (RFC 3261 §16.3).
pub(crate) fn passes_end(request: &Message) -> Result<(), Error> {
    if request.number(Name::MaxForwards) == Some(0) {
        return Err(Error::TooManyHops);
    }
    let demanded: Vec<&str> = request.values(Name::ProxyRequire).collect();
    if demanded.is_empty() { Ok(()) } else { Err(Error::BadExtension(demanded.join(", "))) }
}

/// As [`decide_end`] for an ACK, which nobody can challenge: none if its connection is not one
/// of the dialog's.
pub(crate) fn decide_end_of_ack(gate: &Gate<'_>, flow: Flow, ack: &Message) -> Option<End> {
    let ends = gate.recorder.dialog(ack)?;
    let connection = gate.connections.get(&flow)?;
    if let Standing::Foreign(peer) = &connection.standing {
        return gate::decide_end_of_ack(peer, ends);
    }
    let Ends { caller, callee } = ends;
    let may_speak = matches!(connection.standing, Standing::Client | Standing::Trusted(_));
    match flow {
        _ if !may_speak => None,
        flow if flow == caller.flow => Some(callee),
        flow if flow == callee.flow => Some(caller),
        _ => None,
    }
}

fn decide_place(
    directory: &Directory,
    peer: &TrustedPeer,
    contact: &Uri,
) -> Option<ApplicationPlace> {
    let targets = directory.application_targets(peer.pool()?);
    let port = contact.port.unwrap_or(limits::SIPS_PORT);
    let target = targets
        .iter()
        .find(|target| contact.host.is(target.computer.as_str()) && target.port == port)?;
    Some(ApplicationPlace { computer: target.computer.to_string(), port })
}
