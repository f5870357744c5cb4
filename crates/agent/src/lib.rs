//! A trusted application's side of SIP (UCMA's role): signs people in over one mutual TLS
//! connection to the pool, publishes and watches presence, carries conversations.
//!
//! Owns: the trusted connection and what the signed-in people do over it. Does not: open sockets
//! or read a clock (`node`), store anything (`web`). Read next: `command` (what can be asked and
//! told), `handle` (what the web app holds), `agent` (where everything comes in), `user`.

mod agent;
mod change;
pub mod command;
mod composing;
mod contacts;
mod conversation;
mod date;
pub mod handle;
mod incoming;
pub mod limits;
mod outbox;
mod plain;
mod presence;
pub mod probe;
mod publication;
mod random;
mod registration;
mod shared;
mod user;
mod watch;
mod xml;

pub use agent::{Agent, Input};
pub use command::{
    Command, Event, LinkFailure, LinkStage, LinkState, OwnState, PresenceView, Settings, TextAck,
};
pub use outbox::Output;
