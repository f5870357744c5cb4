//! The Known Servers Table and the trust decision about a peer that showed a certificate
//! (design.md §4, rules 2 to 5). Owns who is known and why; rule 1 (chain, time, revocation,
//! usage) is node's TLS verifier, what a refusal says is `refusal.rs`, what the table is built
//! from is `directory.rs`.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use sip::PeerIdentity;

use crate::host_name::HostName;
use crate::known_servers_log::{self, EventLogLine};
use crate::refusal::Refusal;

/// Why a server is known. The trust decision counts these.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    /// One of the deployment's own pools or computers.
    Deployment,
    /// A trusted application pool of the enabled topology, named by its own FQDN.
    TrustedPool {
        /// The pool's FQDN; the pool's own entry and its computers' entries share it.
        pool: HostName,
    },
    /// Found by unified messaging routing: UM service and UM Call Router run on the same server
    /// and share a SipName dial plan.
    Autodiscovered {
        /// The dial plan that is shared.
        dial_plan: String,
    },
}

/// What a trusted application pool's entry says about its peers.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Terms {
    /// Connections from it are refused: the registrar alone opens them.
    pub outbound_only: bool,
    /// The limits for clients do not apply to it.
    pub throttle_as_server: bool,
    /// Its requests are not challenged.
    pub treat_as_authenticated: bool,
    /// The identifiers of its applications, as typed (`urn:application:OutlookWebApp`).
    pub applications: Vec<String>,
}

impl Terms {
    /// The terms of a server that no administrator has described.
    pub fn of_a_server() -> Terms {
        Terms {
            outbound_only: false,
            throttle_as_server: true,
            treat_as_authenticated: true,
            applications: Vec::new(),
        }
    }
}

/// One entry of the table.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct KnownServer {
    /// The name the peer's certificate must carry.
    pub fqdn: HostName,
    /// Where the entry comes from.
    pub source: Source,
    /// 6 = the 2013 release, 5 = 2010, 0 = any; autodiscovered servers have 0.
    pub version: u8,
    /// What holds for its connections.
    pub terms: Terms,
}

/// A server in a SipName dial plan that runs only one of the two unified messaging services: it
/// may speak for unified messaging alone and is no entry of the table.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RoutingPeer {
    /// Its name.
    pub fqdn: HostName,
    /// The dial plan it is in.
    pub dial_plan: String,
}

/// The Known Servers Table: a value that is built anew after each change and compared.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KnownServers {
    entries: BTreeMap<HostName, BTreeSet<KnownServer>>,
    routing_peers: BTreeSet<RoutingPeer>,
}

impl KnownServers {
    /// The table of these entries. Entries of one name with the same source are one entry.
    pub fn new(
        entries: impl IntoIterator<Item = KnownServer>,
        routing_peers: impl IntoIterator<Item = RoutingPeer>,
    ) -> KnownServers {
        let mut table = KnownServers::default();
        for entry in entries {
            let of_name = table.entries.entry(entry.fqdn.clone()).or_default();
            let is_known = of_name.iter().any(|known| known.source == entry.source);
            if !is_known {
                of_name.insert(entry);
            }
        }
        table.routing_peers.extend(routing_peers);
        table
    }

    /// All entries, by name.
    pub fn entries(&self) -> impl Iterator<Item = &KnownServer> {
        self.entries.values().flatten()
    }

    /// The entries of one name: more than one means that the server is refused.
    pub fn of_name(&self, name: &HostName) -> impl Iterator<Item = &KnownServer> {
        self.entries.get(name).into_iter().flatten()
    }

    /// The servers that may speak for unified messaging only.
    pub fn routing_peers(&self) -> impl Iterator<Item = &RoutingPeer> {
        self.routing_peers.iter()
    }

    /// What the event log says at start: 14492 with all servers, 44024 with those that unified
    /// messaging routing found.
    pub fn log_at_start(&self) -> Vec<EventLogLine> {
        known_servers_log::at_start(self)
    }

    /// What the event log says when this table follows `before`: 14493 and 14495 for each server
    /// added or removed, 44024 if unified messaging routing finds other servers than before.
    pub fn log_since(&self, before: &KnownServers) -> Vec<EventLogLine> {
        known_servers_log::since(before, self)
    }
}

/// A peer that passed every rule: proof, which nothing but [`decide_trust`] can make.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrustedPeer {
    entry: KnownServer,
}

impl TrustedPeer {
    /// The name its certificate carries.
    pub fn fqdn(&self) -> &HostName {
        &self.entry.fqdn
    }

    /// Why it is known.
    pub fn source(&self) -> &Source {
        &self.entry.source
    }

    /// The trusted application pool it belongs to.
    pub fn pool(&self) -> Option<&HostName> {
        match &self.entry.source {
            Source::TrustedPool { pool } => Some(pool),
            Source::Deployment | Source::Autodiscovered { .. } => None,
        }
    }

    /// If false, its requests are challenged and may assert only the authenticated user.
    pub fn treat_as_authenticated(&self) -> bool {
        self.entry.terms.treat_as_authenticated
    }

    /// If false, the limits for clients apply to it.
    pub fn throttle_as_server(&self) -> bool {
        self.entry.terms.throttle_as_server
    }

    /// The name under which its acts are logged: its applications, or why it is known.
    pub fn application(&self) -> String {
        if self.entry.terms.applications.is_empty() {
            return self.entry.source.to_string();
        }
        format!("{}/{}", self.entry.fqdn, self.entry.terms.applications.join(","))
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Source::Deployment => f.write_str("deployment"),
            Source::TrustedPool { pool } => write!(f, "trusted application pool {pool}"),
            Source::Autodiscovered { dial_plan } => {
                write!(f, "autodiscovered through the SipName dial plan {dial_plan}")
            }
        }
    }
}

/// Judges a peer whose chain rule 1 has accepted, by rules 2 to 5 in that order.
pub fn decide_trust(peer: &PeerIdentity, known: &KnownServers) -> Result<TrustedPeer, Refusal> {
    // What another organisation's authority says of our own servers is not believed.
    if peer.is_foreign {
        return Err(Refusal::ForeignAuthority);
    }
    let name = decide_name(peer)?;
    let entry = decide_entry(&name, known)?;
    if entry.terms.outbound_only {
        return Err(Refusal::OutboundOnly { entry: entry.clone() });
    }
    Ok(TrustedPeer { entry: entry.clone() })
}

/// Rule 2: exactly one CN, a literal host name, and the same name as a dNSName.
fn decide_name(peer: &PeerIdentity) -> Result<HostName, Refusal> {
    let common_name = match peer.common_names.as_slice() {
        [] => return Err(Refusal::NoCommonName),
        [one] => one,
        many => return Err(Refusal::ManyCommonNames { count: many.len() }),
    };
    let Some(name) = HostName::literal(common_name) else {
        return Err(Refusal::common_name_is_no_host(common_name));
    };
    if !peer.dns_names.iter().any(|dns_name| name.is_literally(dns_name)) {
        return Err(Refusal::NotAnAlternativeName { name });
    }
    Ok(name)
}

/// Rule 3: exactly one source.
fn decide_entry<'a>(name: &HostName, known: &'a KnownServers) -> Result<&'a KnownServer, Refusal> {
    let mut entries = known.of_name(name);
    let Some(first) = entries.next() else {
        let routing_peer = known.routing_peers().find(|peer| peer.fqdn == *name).cloned();
        return Err(Refusal::NotConfigured { name: name.clone(), routing_peer });
    };
    if entries.next().is_some() {
        let entries = known.of_name(name).cloned().collect();
        return Err(Refusal::SeveralEntries { name: name.clone(), entries });
    }
    Ok(first)
}

#[cfg(test)]
#[path = "known_servers_tests.rs"]
mod tests;
