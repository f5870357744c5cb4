//! Mail without I/O: MIME in and out, the SMTP dialogue, addresses.
//!
//! Owns: what the bytes of a message mean, and what a server says to a client, as values. Does
//! not: open sockets, read clocks, or know people and folders (`mailbox` does). The grammars are
//! libraries' (mail-parser, mail-builder, smtp-proto); the dialogues and the bounds are ours.
//! Read next: `mime::read`, `smtp::server`.

pub mod address;
pub mod date;
mod limits;
pub mod mime;
pub mod smtp;

pub use limits::*;
