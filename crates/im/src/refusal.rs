//! What is said to and about a peer that showed a certificate and was refused: the code and
//! reason of `ms-diagnostics`, the trace record, the commands that repair it. Owns the wording;
//! the decision is `known_servers.rs`.

use sip::{Diagnostics, PeerIdentity};

use crate::host_name::HostName;
use crate::known_servers::{KnownServer, RoutingPeer, Source};
use crate::limits::SHOWN_NAME_CHARS_MAX;
use crate::trace::{Flag, Record, Severity};

/// Codes of `ms-diagnostics` that are ours: 70 and the rule of design.md §4, then a number.
/// [MS-OCER] §2.1 uses none of this range.
pub mod code {
    /// Rule 1: an authority that is trusted for other organisations only.
    pub const FOREIGN_AUTHORITY: u32 = 70_101;
    /// Rule 2: no common name.
    pub const NO_COMMON_NAME: u32 = 70_201;
    /// Rule 2: more than one common name.
    pub const MANY_COMMON_NAMES: u32 = 70_202;
    /// Rule 2: the common name is not a literal host name.
    pub const COMMON_NAME_IS_NO_HOST: u32 = 70_203;
    /// Rule 2: the common name is not among the dNSName entries.
    pub const NOT_AN_ALTERNATIVE_NAME: u32 = 70_204;
    /// Rule 3: no entry in the Known Servers Table.
    pub const NOT_CONFIGURED: u32 = 70_301;
    /// Rule 3: more than one entry in the Known Servers Table.
    pub const SEVERAL_ENTRIES: u32 = 70_302;
    /// Rule 4: the trusted application pool is `OutboundOnly`.
    pub const OUTBOUND_ONLY: u32 = 70_401;
    /// Rule 5: the asserted identity is not the one in From.
    pub const ASSERTED_IDENTITY: u32 = 70_501;
    /// Rule 5: the asserted user is not enabled in this deployment.
    pub const USER_NOT_ENABLED: u32 = 70_502;
    /// A person has written too many texts in a minute. No rule of trust: a limit.
    pub const TOO_MANY_TEXTS: u32 = 70_601;
    /// A person has written to too many people for the first time in an hour.
    pub const TOO_MANY_NEW_CONTACTS: u32 = 70_602;
    /// Another organisation speaks for a domain that it has not proved.
    pub const FOREIGN_FROM: u32 = 70_707;
    /// The policy of somebody here lets them speak with nobody of another organisation.
    pub const NO_EXTERNAL_ACCESS: u32 = 70_708;
}

/// Why a peer that showed a certificate is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Rule 1: its authority is trusted for other organisations only, and no domain of theirs that
    /// is allowed is named.
    ForeignAuthority,
    /// Rule 2.
    NoCommonName,
    /// Rule 2.
    ManyCommonNames {
        /// How many there are.
        count: usize,
    },
    /// Rule 2.
    CommonNameIsNoHost {
        /// The common name, made safe to show.
        shown: String,
    },
    /// Rule 2.
    NotAnAlternativeName {
        /// The common name.
        name: HostName,
    },
    /// Rule 3, none.
    NotConfigured {
        /// The name that is not in the table.
        name: HostName,
        /// The server is known to unified messaging routing, which does not count here.
        routing_peer: Option<RoutingPeer>,
    },
    /// Rule 3, two or more.
    SeveralEntries {
        /// The name.
        name: HostName,
        /// Its entries.
        entries: Vec<KnownServer>,
    },
    /// Rule 4.
    OutboundOnly {
        /// The only entry.
        entry: KnownServer,
    },
}

impl Refusal {
    pub(crate) fn common_name_is_no_host(bytes: &[u8]) -> Refusal {
        Refusal::CommonNameIsNoHost { shown: shown(bytes) }
    }

    /// The number in `ms-diagnostics`, one for each cause.
    pub fn code(&self) -> u32 {
        match self {
            Refusal::ForeignAuthority => code::FOREIGN_AUTHORITY,
            Refusal::NoCommonName => code::NO_COMMON_NAME,
            Refusal::ManyCommonNames { .. } => code::MANY_COMMON_NAMES,
            Refusal::CommonNameIsNoHost { .. } => code::COMMON_NAME_IS_NO_HOST,
            Refusal::NotAnAlternativeName { .. } => code::NOT_AN_ALTERNATIVE_NAME,
            Refusal::NotConfigured { .. } => code::NOT_CONFIGURED,
            Refusal::SeveralEntries { .. } => code::SEVERAL_ENTRIES,
            Refusal::OutboundOnly { .. } => code::OUTBOUND_ONLY,
        }
    }

    /// What the peer is told; one line without quotation marks, fit for a quoted string.
    pub fn reason(&self) -> String {
        match self {
            Refusal::ForeignAuthority => "The peer's certificate names no SIP domain of another \
                                          organization that is allowed here"
                .to_owned(),
            Refusal::NoCommonName => {
                "The subject of the peer's certificate has no common name".to_owned()
            }
            Refusal::ManyCommonNames { count } => {
                format!("The subject of the peer's certificate has {count} common names, not one")
            }
            Refusal::CommonNameIsNoHost { shown } => format!(
                "The common name of the peer's certificate is not a literal host name: {shown}"
            ),
            Refusal::NotAnAlternativeName { name } => format!(
                "The common name {name} of the peer's certificate is not among its subject \
                 alternative names"
            ),
            Refusal::NotConfigured { name, .. } => {
                format!("{NOT_CONFIGURED_TEXT}: {name}")
            }
            Refusal::SeveralEntries { name, entries } => format!(
                "{name} has {} entries in the Known Servers Table: {}",
                entries.len(),
                sources(entries)
            ),
            Refusal::OutboundOnly { entry } => format!(
                "Connections from {} are refused: its trusted application pool is OutboundOnly",
                entry.fqdn
            ),
        }
    }

    /// The header of the 403; `source` is the name of the server that refuses.
    pub fn diagnostics(&self, source: &str) -> Diagnostics {
        Diagnostics::new(self.code(), self.reason(), source)
    }

    /// The commands that repair the cause, in the order in which they are to be run.
    pub fn repair(&self) -> Vec<String> {
        match self {
            Refusal::SeveralEntries { entries, .. } => repair_of_several(entries),
            Refusal::OutboundOnly { entry: KnownServer { source, .. } } => match source {
                Source::TrustedPool { pool } => vec![
                    format!("Set-CsTrustedApplicationPool -Identity {pool} -OutboundOnly $False"),
                    "Enable-CsTopology".to_owned(),
                ],
                Source::Deployment | Source::Autodiscovered { .. } => Vec::new(),
            },
            _ => Vec::new(),
        }
    }

    /// The record for the trace of the protocol stack (cmdlets.md §3.9).
    pub fn trace(&self, peer: &PeerIdentity, transport: &'static str) -> Record {
        let text = match self {
            Refusal::NotConfigured { .. } => NOT_CONFIGURED_TEXT.to_owned(),
            other => other.reason(),
        };
        let mut record = Record::connection(Severity::Error, text, transport);
        record.flag = Flag::Connection;
        if let Some(name) = self.name() {
            record.data.push(("fqdn".to_owned(), name.to_string()));
        }
        record.data.push(("subject".to_owned(), peer.subject.clone()));
        record.data.push(("issuer".to_owned(), peer.issuer.clone()));
        record.data.push(("serial".to_owned(), peer.serial.clone()));
        match self {
            Refusal::NotConfigured { routing_peer: Some(found), .. } => record.data.push((
                "note".to_owned(),
                format!(
                    "the server is in the SipName dial plan {} with only one of the two unified \
                     messaging services, so it may speak for unified messaging only",
                    found.dial_plan
                ),
            )),
            Refusal::SeveralEntries { entries, .. } => record
                .data
                .extend(entries.iter().map(|entry| ("entry".to_owned(), entry.source.to_string()))),
            _ => {}
        }
        record.data.extend(self.repair().into_iter().map(|it| ("repair".to_owned(), it)));
        record.data.push(("ms-diagnostics".to_owned(), self.code().to_string()));
        record
    }

    fn name(&self) -> Option<&HostName> {
        match self {
            Refusal::NotAnAlternativeName { name }
            | Refusal::NotConfigured { name, .. }
            | Refusal::SeveralEntries { name, .. } => Some(name),
            Refusal::OutboundOnly { entry } => Some(&entry.fqdn),
            _ => None,
        }
    }
}

const NOT_CONFIGURED_TEXT: &str = "The peer is not a configured server on this network interface";

/// A record for a connection that rule 1 refused in the handshake: `why` is what was wrong, the
/// alert is what the peer was told.
pub fn trace_handshake(
    why: &str,
    alert: &str,
    peer: Option<&PeerIdentity>,
    transport: &'static str,
) -> Record {
    let mut record = Record::connection(Severity::Error, why.to_owned(), transport);
    record.data.push(("alert".to_owned(), alert.to_owned()));
    if let Some(peer) = peer {
        record.data.push(("subject".to_owned(), peer.subject.clone()));
        record.data.push(("issuer".to_owned(), peer.issuer.clone()));
        record.data.push(("serial".to_owned(), peer.serial.clone()));
    }
    record
}

fn sources(entries: &[KnownServer]) -> String {
    entries.iter().map(|entry| entry.source.to_string()).collect::<Vec<_>>().join("; ")
}

/// The article's repair: the manual entry goes, with its applications. Of several manual entries
/// the first one that has an application stays.
fn repair_of_several(entries: &[KnownServer]) -> Vec<String> {
    let mut manual: Vec<_> = entries
        .iter()
        .filter_map(|entry| match &entry.source {
            Source::TrustedPool { pool } => Some((pool, &entry.terms.applications)),
            Source::Deployment | Source::Autodiscovered { .. } => None,
        })
        .collect();
    if manual.len() == entries.len() && !manual.is_empty() {
        let has_application = |(_, applications): &(_, &Vec<String>)| !applications.is_empty();
        manual.remove(manual.iter().position(has_application).unwrap_or_default());
    }
    let mut commands = Vec::new();
    for (pool, applications) in manual {
        commands.extend(applications.iter().map(|application| {
            format!("Remove-CsTrustedApplication -Identity {pool}/{application}")
        }));
        commands.push(format!("Remove-CsTrustedApplicationPool -Identity {pool}"));
    }
    if !commands.is_empty() {
        commands.push("Enable-CsTopology".to_owned());
    }
    commands
}

/// Bytes of a certificate made safe for a header and a log: printable ASCII, the rest escaped.
fn shown(bytes: &[u8]) -> String {
    let escaped = bytes.iter().flat_map(|&byte| match byte {
        b'"' | b'\\' => std::ascii::escape_default(b'?'),
        other => std::ascii::escape_default(other),
    });
    escaped.map(char::from).take(SHOWN_NAME_CHARS_MAX).collect()
}
