//! A trusted application's side of SIP (UCMA's role): signs people in over one mutual TLS
//! connection to the pool, publishes and watches presence, carries conversations.
//!
//! Owns: the trusted connection and what the signed-in people do over it. Does not: open sockets
//! or read a clock (`node`), store anything (`web`). Read next: `command` (what can be asked and
//! told), `handle` (what the web app holds).

pub mod command;
pub mod handle;
pub mod limits;

pub use command::{
    Command, Event, LinkFailure, LinkStage, LinkState, OwnState, PresenceView, Settings, TextAck,
};
