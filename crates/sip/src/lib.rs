//! SIP without I/O: grammar, framing, transactions, dialogs, subscriptions, authentication and
//! Microsoft's extensions. No clock, no sockets, no global state: time and randomness are
//! arguments.
//!
//! Owns: everything from bytes to events and back. Does not: know users, presence or trust (`im`),
//! open sockets (`node`). Read next: `stack` (the seam), `message` (what is carried over it).

pub mod auth;
pub mod dialog;
pub mod error;
pub mod framing;
pub mod limits;
pub mod locate;
pub mod message;
pub mod ms;
pub mod random;
pub mod stack;
pub mod stun;
pub mod subscription;
pub mod time;
mod transaction;

pub use dialog::{Dialog, DialogError, DialogId};
pub use error::ParseError;
pub use message::{
    Accept, CSeq, Contact, ContentType, Draft, EventHeader, Host, Message, Method, Name, NameAddr,
    Params, Scheme, SubscriptionState, Uri, Via, reason_phrase,
};
pub use ms::diagnostics::Diagnostics;
pub use random::Randomness;
pub use stack::{
    Event, Failure, Flow, IdentityName, Input, Load, Local, Outgoing, Output, Peer, PeerIdentity,
    Ping, Route, ServerTransaction, Stack, StackConfig, Target, TlsFault, Token, Transport, Why,
};
pub use time::{Now, Tick};
