//! Doors to what the node tries by itself: synthetic transactions (`Test-CsRegistration`,
//! `Test-CsPresence`, `Test-CsIM`) and the two-person check of instant messaging in the web app.
//!
//! Owns the words between cmdlets and node. The node opens the connections; cmdlets only ask.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use tokio::sync::mpsc;

use crate::lang::Secret;

/// How a test user proves who it is.
#[derive(Clone, Debug)]
pub enum Proof {
    /// The registrar's own computer asserts it over mutual TLS.
    Trusted,
    /// By name and password, over TLS without a certificate.
    Password {
        /// The sign-in name.
        login: String,
        /// The password.
        password: Secret,
    },
}

/// A test user.
#[derive(Clone, Debug)]
pub struct Person {
    /// SIP address without `sip:`.
    pub address: String,
    /// How it proves who it is.
    pub proof: Proof,
}

/// What is to be tried.
#[derive(Clone, Debug)]
pub enum Transaction {
    /// Somebody signs in and out.
    Registration(Person),
    /// Somebody sees what somebody else publishes.
    Presence {
        /// Who watches.
        subscriber: Person,
        /// Who publishes.
        publisher: Person,
    },
    /// Somebody gets a text of somebody else.
    Im {
        /// Who writes.
        sender: Person,
        /// Who gets it.
        receiver: Person,
    },
}

/// A synthetic transaction.
#[derive(Clone, Debug)]
pub struct Order {
    /// The pool, by the name its certificate must carry.
    pub target_fqdn: String,
    /// Where it takes SIP over TLS.
    pub registrar_port: u16,
    /// What is to be tried.
    pub transaction: Transaction,
}

/// Why a transaction did not succeed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// One line, as the messaging server's own tools print it.
    pub error: String,
    /// What the server or the connection said beside it; may be empty.
    pub diagnosis: String,
}

/// How long it took in milliseconds, or why it failed.
pub type Outcome = Result<i64, Failure>;

/// Runs a synthetic transaction; what it does is told line by line. Dropping it ends everything.
pub type RunTransaction =
    Arc<dyn Fn(Order, mpsc::Sender<String>) -> Answered<Outcome> + Send + Sync>;

/// An answer to come.
pub type Answered<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// One hop of the two-person check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hop {
    /// Its name.
    pub name: &'static str,
    /// How it went; none if it was not reached.
    pub result: Option<Result<i64, String>>,
}

/// What became of a connection that was opened to see whether it can be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reached {
    /// The other end's address, if the name has one.
    pub address: Option<String>,
    /// The address it was opened from.
    pub source: Option<String>,
    /// How long it took in milliseconds, or why there is none.
    pub result: Result<i64, String>,
}

/// Opens a TCP connection from the node to a host's port and closes it: nothing is sent.
pub type Reach = Arc<dyn Fn(String, u16) -> Answered<Reached> + Send + Sync>;

/// Runs the two-person check now; the error says why it cannot be run at all.
pub type RunCheck = Arc<dyn Fn() -> Answered<Result<Vec<Hop>, String>> + Send + Sync>;
