//! What a stack is told once.
//!
//! Owns: `StackConfig` and its defaults with their reasons. Does not: read a file (`node` does).

use crate::limits;

/// Keep-alives on dialled flows (RFC 5626 §4.4.1: CR LF CR LF, answered by CR LF).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ping {
    /// How long a flow is quiet before it is pinged.
    pub every_ms: u64,
    /// How long the answer may take before the flow is closed.
    pub pong_ms: u64,
    /// Whether a peer that has never answered a ping is closed too. COMPAT(servers before
    /// RFC 5626): many never answer.
    pub always: bool,
}

/// The settings of a [`crate::Stack`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StackConfig {
    /// Sent-by of our Vias: `host` or `host:port`, a name of this computer.
    pub sent_by: String,
    /// Where branches and tags come from; secret and never used twice in production, fixed in
    /// tests.
    pub seed: [u8; 32],
    /// Keep-alives on flows we dialled; `None`: none are sent (they are always answered).
    pub ping: Option<Ping>,
    /// How long an accepted flow may be silent. Clients refresh a registration at least hourly.
    pub accepted_idle_ms: u64,
    /// The same for a flow whose peer nobody has vouched for ([`super::Outgoing::Vouch`]).
    pub stranger_idle_ms: u64,
    /// How long a dialled flow without transactions may carry nothing but keep-alives; `None`: it
    /// stays.
    pub dialled_idle_ms: Option<u64>,
    /// How long an accepted flow may take to send its first message, or any message once begun.
    pub message_ms: u64,
    /// How long opening a flow may take, TLS included.
    pub connect_ms: u64,
    /// Body bytes of one message from a client.
    pub body_bytes_max: usize,
    /// Body bytes of one message on mutual and dialled flows.
    pub body_bytes_max_trusted: usize,
}

impl StackConfig {
    /// Defaults for a stack that sends as `sent_by`.
    #[must_use]
    pub fn new(sent_by: impl Into<String>, seed: [u8; 32]) -> StackConfig {
        StackConfig {
            sent_by: sent_by.into(),
            seed,
            // RFC 5626 §4.4.1 suggests 95 to 120 s for connections.
            ping: Some(Ping { every_ms: 95_000, pong_ms: 10_000, always: false }),
            // An hour's registration, refreshed late, and some room.
            accepted_idle_ms: 75 * 60_000,
            // A person types a password in that time; who only knocks holds nothing for long.
            stranger_idle_ms: 3 * 60_000,
            dialled_idle_ms: None,
            // Long enough for a slow phone, short enough for slow attackers.
            message_ms: 30_000,
            // Linux gives a TCP connect up after two minutes; people do earlier.
            connect_ms: 10_000,
            body_bytes_max: limits::BODY_BYTES_MAX,
            body_bytes_max_trusted: limits::BODY_BYTES_MAX_TRUSTED,
        }
    }
}
