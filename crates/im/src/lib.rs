//! The messaging half: registrar, presence, instant messages, known servers (the Lync role).
//!
//! Owns the rules; it does no I/O and reads no clock. Bytes are `sip`'s, durable rows are
//! `store`'s, sockets and wiring are `node`'s.

pub mod authority;
pub mod certificate;
mod civil;
mod der;
pub mod distinguished_name;
pub mod host_name;
pub mod limits;
pub mod trace;

pub use der::{from_pem, pem};
