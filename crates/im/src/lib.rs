//! The messaging half: registrar, presence, instant messages, known servers (the Lync role).
//!
//! Owns the rules; it does no I/O and reads no clock. Bytes are `sip`'s, durable rows are
//! `store`'s, sockets and wiring are `node`'s.

pub mod aor;
pub mod authority;
pub mod certificate;
mod civil;
mod der;
pub mod directory;
pub mod distinguished_name;
pub mod host_name;
pub mod known_servers;
mod known_servers_log;
pub mod limits;
pub mod refusal;
pub mod trace;

pub use der::{from_pem, pem};
pub use directory::Directory;
pub use known_servers::{KnownServers, TrustedPeer, decide_trust};
pub use known_servers_log::EventLogLine;
pub use refusal::Refusal;
