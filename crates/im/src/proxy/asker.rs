//! Who waits for the answer to a request on its way through: a transaction, or nobody, if the
//! request is one of ours.

use sip::{Draft, Flow, Message, Method, Now, ServerTransaction};

use crate::error::Error;
use crate::outbox::Outbox;

/// See the head of the file.
#[derive(Debug)]
pub(super) enum Asker {
    /// What becomes of it is told to nobody.
    Nobody,
    /// Somebody who has sent it.
    Somebody {
        /// Where the answer goes.
        transaction: ServerTransaction,
        /// The connection it came on.
        flow: Flow,
        request: Message,
    },
}

impl Asker {
    pub(super) fn is_nobody(&self) -> bool {
        matches!(self, Self::Nobody)
    }

    pub(super) fn is_call(&self) -> bool {
        matches!(self, Self::Somebody { request, .. } if request.method() == Some(Method::Invite))
    }

    pub(super) fn is_on(&self, connection: Flow) -> bool {
        matches!(self, Self::Somebody { flow, .. } if *flow == connection)
    }

    pub(super) fn transaction(&self) -> Option<ServerTransaction> {
        match self {
            Self::Nobody => None,
            Self::Somebody { transaction, .. } => Some(*transaction),
        }
    }

    pub(super) fn respond(&self, out: &mut Outbox, response: Draft) {
        if let Some(transaction) = self.transaction() {
            out.respond(transaction, response);
        }
    }

    pub(super) fn reject(&self, now: Now, out: &mut Outbox, error: &Error) {
        if let Self::Somebody { transaction, request, .. } = self {
            out.reject(now, *transaction, request, error);
        }
    }
}
