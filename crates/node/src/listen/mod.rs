//! The doors: sockets that accept, and what each accepted connection becomes.

pub mod http;
pub mod places;
pub mod sip;
pub mod smtp;
pub mod udp;
