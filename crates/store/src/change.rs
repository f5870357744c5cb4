//! What a commit tells the rest of the process.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// One durable change. It says *that* something changed, never the new value: whoever must react
/// reads the store again. Published by commit only, in commit order.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Change {
    /// The deployment row, a SIP domain, ours or foreign, or an accepted domain.
    Deployment,
    /// An account was made, changed, disabled or removed.
    Account(Uuid),
    /// An address of this account.
    Address(Uuid),
    /// The password (and so every verifier) of this account; its page sessions have ended.
    Password(Uuid),
    /// The messaging half's row of this account.
    MessagingUser(Uuid),
    /// The mailbox row of this account (the id is the account's).
    Mailbox(Uuid),
    /// The picture in use of this account.
    Photo(Uuid),
    /// A mailbox policy.
    Policy,
    /// A setting or policy of the messaging half in one of its scopes, or who has it.
    ScopedSetting,
    /// A virtual directory.
    VirtualDirectory,
    /// The published or the enabled topology.
    Topology,
    /// A dial plan, a UM service or a call router.
    Um,
    /// A server of the organisation.
    Server,
    /// A certificate, a root, an assignment, a request, or the authority's table.
    Certificate,
    /// A registry value.
    Registry,
    /// An application pool was recycled.
    Recycled {
        /// Name of the pool, as given.
        pool: String,
    },
    /// A service was told to restart. Nothing is kept of it: a service that is not running starts
    /// anew anyway.
    Restarted {
        /// Its name, as Windows calls it: `RTCSRV`.
        service: String,
    },
    /// A line of the event log, by its id.
    Event(i64),
    /// Messages or folders of a mailbox.
    Mail {
        /// Owner of the mailbox.
        account: Uuid,
        /// The mailbox.
        mailbox: Uuid,
        /// The mailbox's change number after the change.
        change_number: i64,
    },
    /// Contacts or groups of this account.
    Contacts(Uuid),
    /// A document of this account that standard clients keep with the messaging half.
    XcapDocument {
        /// Whose.
        account: Uuid,
        /// Its application usage.
        auid: String,
    },
    /// A conversation of this account, or a message in it.
    Conversation {
        /// Whose view of the conversation.
        account: Uuid,
        /// The conversation.
        conversation: Uuid,
    },
    /// A message was kept for an absent person.
    Absent {
        /// The absent person.
        account: Uuid,
    },
    /// The messaging half ended a conversation that is to be filed.
    ConversationEnded {
        /// Whose view of it.
        account: Uuid,
    },
    /// A member of an administrators' role, or a role itself.
    Roles,
    /// A scenario of the trace, or where one runs.
    Trace,
    /// A page session was made or ended.
    WebSession(Uuid),
}

impl Change {
    /// Adds it to a list in which each change stands once; of a mailbox the highest number.
    pub(crate) fn note_in(self, list: &mut Vec<Change>) {
        if let Change::Mail { mailbox, change_number, .. } = &self {
            for other in list.iter_mut() {
                if let Change::Mail { mailbox: same, change_number: number, .. } = other
                    && same == mailbox
                {
                    *number = (*number).max(*change_number);
                    return;
                }
            }
        }
        if !list.contains(&self) {
            list.push(self);
        }
    }
}
