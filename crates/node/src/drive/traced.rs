//! What the trace hears of connections: who is at the other end, what was decided, how it ended.
//! A connection has one record of the decision about it; the rest is diagnosis.

use std::net::SocketAddr;
use std::sync::Arc;

use im::TrustedPeer;
use im::trace::{Ends, Flag, Record, Severity};
use sip::{Flow, Load, Local, Now, Peer, Why};

use crate::clock::Clock;
use crate::identity::{ChainRefusal, During, names};
use crate::listen::sip::OnRefused;
use crate::trace::Tap;

const INFORMATION: Severity = Severity::Information;

/// The two ends, as records name them.
pub(super) fn ends(flow: Flow, local: Local, peer: &Peer) -> Ends {
    let name = peer.identity().and_then(|identity| {
        let name = identity.common_names.first().or(identity.dns_names.first())?;
        Some(String::from_utf8_lossy(name).into_owned())
    });
    Ends {
        flow,
        local: local.address,
        peer: peer.address(),
        peer_name: name,
        transport: local.transport,
    }
}

/// How much there is to do has changed. It is not flutter that is told: see `drive/load`.
pub(super) fn load(load: Load, before: Load, inputs: usize, writes: usize) {
    match load {
        Load::Calm => tracing::info!("the registrar keeps up again"),
        _ if load < before => {}
        Load::Busy => tracing::warn!(inputs, writes, "the registrar is busy: strangers wait"),
        Load::Overloaded => {
            tracing::warn!(inputs, writes, "the registrar is overloaded: nothing new is taken");
        }
    }
}

/// A connection stands. Who shows no certificate is a client, and that is the decision; who shows
/// one is judged by the first request.
pub(super) fn opened(tap: &Tap, now: Now, ends: &Ends, peer: &Peer) {
    let (flag, text) = match (peer.identity(), ends.flow.is_dialled()) {
        (_, true) => (Flag::Connection, "Connected; the peer's certificate is good"),
        (None, false) => (Flag::Connection, "The peer shows no certificate: it is a client"),
        (Some(_), false) => (Flag::Diagnosis, "The peer shows a certificate"),
    };
    tap.record(now.wall_ms, (flag, INFORMATION), || {
        let mut record = record(flag, INFORMATION, text, ends);
        if let Some(identity) = peer.identity() {
            record.data = vec![
                ("fqdn".to_owned(), ends.peer_name.clone().unwrap_or_default()),
                ("subject".to_owned(), identity.subject.clone()),
                ("issuer".to_owned(), identity.issuer.clone()),
                ("serial".to_owned(), identity.serial.clone()),
            ];
        }
        record
    });
}

/// A peer passed every rule.
pub(super) fn trusted(tap: &Tap, now: Now, ends: &Ends, peer: &TrustedPeer) {
    tap.record(now.wall_ms, (Flag::Connection, INFORMATION), || {
        let text = "The peer is a known server: it may speak for users";
        let mut record = record(Flag::Connection, INFORMATION, text, ends);
        record.data = vec![
            ("fqdn".to_owned(), peer.fqdn().to_string()),
            ("source".to_owned(), peer.source().to_string()),
            ("application".to_owned(), peer.application()),
        ];
        record
    });
}

/// The web app's agent does not take the peer for its messaging server.
pub(super) fn refused(tap: &Tap, now: Now, ends: &Ends, why: &Why) {
    let text = match why {
        Why::Requested(text) => text.clone(),
        other => other.to_string(),
    };
    let mut record = record(Flag::Connection, Severity::Error, &text, ends);
    let name = ends.peer_name.clone().unwrap_or_default();
    record.data = vec![("fqdn".to_owned(), name)];
    tap.always(now.wall_ms, record);
}

/// A connection is gone, or one that was dialled never stood.
pub(super) fn closed(tap: &Tap, now: Now, ends: Option<Arc<Ends>>, flow: Flow, why: &Why) {
    let severity = match (&ends, why) {
        (Some(_), Why::Eof | Why::Idle | Why::Requested(_) | Why::Shutdown) => INFORMATION,
        // What was closed by us is told when that is done.
        (None, _) if !flow.is_dialled() => return,
        (None, Why::Gone | Why::Eof) => return,
        _ => Severity::Warning,
    };
    tap.record(now.wall_ms, (Flag::Diagnosis, severity), || match &ends {
        Some(ends) => {
            let text = format!("The connection is closed: {why}");
            record(Flag::Diagnosis, severity, &text, ends)
        }
        None => {
            let text = format!("No connection: {why}");
            Record::diagnostic(severity, text, "TLS")
        }
    });
}

/// Rule 1 ended a handshake or a connection: one record, with subject, issuer and serial.
pub fn refusals(tap: Tap, clock: Clock) -> OnRefused {
    Arc::new(move |address: SocketAddr, refusal: &ChainRefusal| {
        metrics::counter!("tandem_sip_peers_refused_total", "code" => "tls").increment(1);
        let identity = names::peer_identity(&refusal.certificate);
        let text = match refusal.during {
            During::Handshake => format!("The peer's certificate was refused: {}", refusal.error),
            During::Life => format!(
                "The peer's certificate is not good any more, its connection was closed: {}",
                refusal.error
            ),
        };
        let mut record = Record::connection(Severity::Error, text, "TLS").with_peer(address);
        record.data = vec![
            ("subject".to_owned(), identity.subject),
            ("issuer".to_owned(), identity.issuer),
            ("serial".to_owned(), identity.serial),
        ];
        tap.always(clock.now().wall_ms, record);
    })
}

fn record(flag: Flag, severity: Severity, text: &str, ends: &Ends) -> Record {
    let (text, transport) = (text.to_owned(), ends.transport.as_str());
    let record = match flag {
        Flag::Connection => Record::connection(severity, text, transport),
        _ => Record::diagnostic(severity, text, transport),
    };
    record.with_peer(ends.peer)
}
