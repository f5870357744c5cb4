//! The node: configuration, sockets, TLS, the clock, and the wiring of everything below.
//!
//! The only crate that reads a clock, opens a socket or knows the environment. Read next:
//! `serve` (what a running node consists of), `drive` (the loops), `identity` (who is who on TLS),
//! `quickstart` (the demo organisation).

pub mod check;
pub mod clock;
pub mod config;
pub mod drive;
pub mod identity;
pub mod limits;
pub mod listen;
pub mod locate;
pub mod metrics;
pub mod quickstart;
pub mod reach;
pub mod record;
pub mod serve;
pub mod synthetic;
pub mod terminal;
pub mod trace;
