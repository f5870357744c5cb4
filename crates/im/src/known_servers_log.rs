//! The event log lines about the Known Servers Table: 14492, 14493, 14495 of the protocol stack
//! and 44024 of unified messaging routing. Owns their wording; the table is `known_servers.rs`.

use std::collections::BTreeSet;

use store::directory::EventLevel;

use crate::host_name::HostName;
use crate::known_servers::{KnownServer, KnownServers, Source};

/// Source of the lines about known servers.
const PROTOCOL_STACK: &str = "LS Protocol Stack";
/// Source of the lines about servers found for unified messaging.
const UM_ROUTING: &str = "LS Exchange Unified Messaging Routing";

/// One line for the event log of the registrar's computer; time and computer are added by
/// whoever stores it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventLogLine {
    /// The event source.
    pub source: &'static str,
    /// The event number.
    pub event_id: u32,
    /// How grave it is.
    pub level: EventLevel,
    /// What it says.
    pub message: String,
}

pub(crate) fn at_start(known: &KnownServers) -> Vec<EventLogLine> {
    let servers: Vec<String> = known.entries().map(|entry| line(known, entry)).collect();
    let text = format!("The following servers are known to this server:\n\n{}", list(&servers));
    vec![information(PROTOCOL_STACK, 14492, text), routing(known)]
}

pub(crate) fn since(before: &KnownServers, after: &KnownServers) -> Vec<EventLogLine> {
    let (old, new) = (identities(before), identities(after));
    let mut lines = Vec::new();
    for entry in after.entries().filter(|entry| !old.contains(&identity(entry))) {
        let text =
            format!("A server was added to the list of known servers: {}", line(after, entry));
        lines.push(information(PROTOCOL_STACK, 14493, text));
    }
    for entry in before.entries().filter(|entry| !new.contains(&identity(entry))) {
        let text =
            format!("A server was removed from the list of known servers: {}", line(before, entry));
        lines.push(information(PROTOCOL_STACK, 14495, text));
    }
    if found(before) != found(after) {
        lines.push(routing(after));
    }
    lines
}

type Identity<'a> = (&'a HostName, &'a Source, u8);

fn identity(entry: &KnownServer) -> Identity<'_> {
    (&entry.fqdn, &entry.source, entry.version)
}

fn identities(known: &KnownServers) -> BTreeSet<Identity<'_>> {
    known.entries().map(identity).collect()
}

/// A double entry is no fault of the table, but instant messaging stops for that server.
fn line(known: &KnownServers, entry: &KnownServer) -> String {
    let count = known.of_name(&entry.fqdn).count();
    let note = match count {
        0 | 1 => String::new(),
        _ => format!(" (one of {count} entries for this name: its connections are refused)"),
    };
    format!("{}, version {}, {}{note}", entry.fqdn, entry.version, entry.source)
}

fn found(known: &KnownServers) -> Vec<String> {
    let autodiscovered = known.entries().filter_map(|entry| match &entry.source {
        Source::Autodiscovered { dial_plan } => Some(format!(
            "{}, dial plan {dial_plan}, UM service and UM Call Router: known server",
            entry.fqdn
        )),
        Source::Deployment | Source::TrustedPool { .. } => None,
    });
    let peers = known
        .routing_peers()
        .map(|peer| format!("{}, dial plan {}: unified messaging only", peer.fqdn, peer.dial_plan));
    autodiscovered.chain(peers).collect()
}

fn routing(known: &KnownServers) -> EventLogLine {
    let text = format!(
        "The following servers host a SipName dial plan and are peers of unified messaging \
         routing:\n\n{}",
        list(&found(known))
    );
    information(UM_ROUTING, 44024, text)
}

fn information(source: &'static str, event_id: u32, message: String) -> EventLogLine {
    EventLogLine { source, event_id, level: EventLevel::Information, message }
}

fn list(lines: &[String]) -> String {
    if lines.is_empty() { "(none)".to_owned() } else { lines.join("\n") }
}
