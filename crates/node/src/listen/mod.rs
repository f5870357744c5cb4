//! The doors: sockets that accept, and what each accepted connection becomes.

mod body;
pub mod http;
pub mod lingering;
pub mod places;
pub mod sip;
pub mod smtp;
mod sources;
pub mod udp;
pub mod ws;
pub mod xcap;
