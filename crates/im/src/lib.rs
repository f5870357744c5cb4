//! The messaging half: registrar, presence, instant messages, known servers (the Lync role).
//!
//! Owns the rules; it does no I/O and reads no clock. Bytes are `sip`'s, durable rows are
//! `store`'s, sockets and wiring are `node`'s.
//!
//! Read next: `registrar` (the seam), `route` (the chain every request passes), `shard` (soft
//! state), `known_servers` (the trust decision), `presence`.

mod absent;
pub mod aor;
mod aors;
mod archive;
mod authenticate;
pub mod authority;
mod binding;
pub mod certificate;
mod civil;
mod composing;
mod config;
mod connection;
mod content;
mod conversation;
mod count;
pub mod cpim;
mod delivery;
mod der;
pub mod directory;
pub mod distinguished_name;
mod edge;
mod effect;
mod ending;
mod error;
pub mod foreign;
mod gruu;
pub mod host_name;
mod http_sign_in;
pub mod imdn;
mod invite;
mod job;
pub mod known_servers;
mod known_servers_log;
pub mod limits;
mod list;
mod message;
mod notify;
mod options;
mod outbox;
mod pace;
mod person;
mod presence;
mod proxy;
mod publish;
pub mod refusal;
mod register;
mod registrar;
mod report;
mod route;
mod rtf;
mod session;
mod shard;
mod shelf;
mod subscribe;
mod takes;
mod text;
pub mod trace;
mod usage;
mod way;
mod winfo;
mod write;
pub mod xcap;
mod xml;

pub use aor::Aor;
pub use config::{Config, Writing};
pub use content::is_readable;
pub use count::Totals;
pub use der::{from_pem, pem};
pub use directory::Directory;
pub use effect::{CommitToken, Effect, Input, LocateToken};
pub use http_sign_in::{HttpTry, HttpVerdict};
pub use known_servers::{KnownServers, TrustedPeer, decide_trust};
pub use known_servers_log::EventLogLine;
pub use list::Entry;
pub use refusal::Refusal;
pub use registrar::Registrar;
pub use write::{Committed, Write};
