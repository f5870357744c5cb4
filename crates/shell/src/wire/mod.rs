//! The protocol between the shell's client and the node: one JSON value per line on a Unix socket.
//!
//! The node greets with its version. Then the client asks, with an id of its choice, to
//! `describe` the table, `complete` a value, list `properties`, `invoke` a cmdlet or run a `native`
//! program; it may `answer` a question or `cancel`. The node answers with `object`s, `warning`s,
//! `verbose` details, `error`s, `progress`, `what_if` texts and `confirm` questions under that id,
//! and always with one `end`.
//! Read next: `message`, `encode`; `door`, `serve`, `run` and `audit` are the node's side,
//! `connect` is the client's.

mod audit;
mod complete;
mod connect;
mod door;
mod encode;
mod message;
mod person;
mod run;
mod serve;

pub(crate) use audit::About;
pub use audit::Call;
pub use connect::{Connection, Heard, Unreachable, Why};
pub use encode::{from_wire, to_wire};
pub use message::{Ask, Completion, Hello, Invoke, PROTOCOL, Progress, Reply, Request, Said};
pub use serve::{serve, serve_caller};

#[cfg(test)]
mod tests;
