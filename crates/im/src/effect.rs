//! What can happen to a registrar and what it wants done: the seam to whoever has sockets, the
//! store and the domain name system (`node`).

use std::sync::Arc;

use sip::locate::Place;
use sip::{Flow, Outgoing};
use store::Uuid;

use crate::directory::Directory;
use crate::known_servers::TrustedPeer;
use crate::known_servers_log::EventLogLine;
use crate::trace::Record;
use crate::write::{Committed, Write};

/// Names a durable write until its result comes.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct CommitToken(pub u64);

/// Names a question where a domain's server is, until it is answered.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct LocateToken(pub u64);

/// What can happen to a registrar.
#[derive(Debug)]
pub enum Input {
    /// Something on the wire.
    Sip(sip::Event),
    /// The directory as it is after a change.
    Directory(Arc<Directory>),
    /// A write was done, or not; then with the cause, for the log.
    Committed {
        /// Which.
        token: CommitToken,
        /// What it did.
        result: Result<Committed, String>,
    },
    /// The service is about to stop: watchers and callers are told, nothing new begins, and what
    /// is under way may end ([`crate::Registrar::is_drained`]).
    Stop,
    /// The contact list of this account changed, or what decides who is on a list of its own;
    /// none: it is not known whose did.
    Contacts(Option<Uuid>),
    /// It was found out where the server of a domain is.
    Located {
        /// Which question this answers.
        token: LocateToken,
        /// Where it may be, in the order in which that is to be tried; or why nowhere, for the
        /// log.
        result: Result<Vec<Place>, String>,
    },
    /// Time has passed.
    Timeout,
}

/// What a registrar wants done.
#[derive(Debug)]
pub enum Effect {
    /// Hand this to the stack.
    Send(Outgoing),
    /// Do this write, then come back with [`Input::Committed`]. Writes are done in order.
    Commit {
        /// Names it.
        token: CommitToken,
        /// The write.
        write: Write,
    },
    /// A record for the trace of the protocol stack.
    Trace(Record),
    /// A peer with a certificate passed every rule: for the trace, if it is wanted.
    Trusted {
        /// Its connection.
        flow: Flow,
        /// What it is.
        peer: Arc<TrustedPeer>,
    },
    /// A line for the event log.
    Log(EventLogLine),
    /// Find out where the server of a domain is (RFC 3263), then come back with
    /// [`Input::Located`].
    Locate {
        /// Names the question.
        token: LocateToken,
        /// The domain: one that is listed.
        domain: String,
        /// The host that speaks for it; DNS is asked for its addresses only.
        host: Option<String>,
    },
}
