//! What this crate writes durably: the messages kept for absent people, and the archive. Owns the
//! writes and their meaning; SQL is `store`'s.

use store::messaging::{AbsentMessage, ArchivedText, MessagingRead, MessagingWrite};
use uuid::Uuid;

use crate::limits;
use crate::list::Entry;
use crate::xcap::{self, ListName};

/// A durable write, made by a shard and done by whoever holds the store.
#[derive(Clone, Debug, PartialEq)]
pub enum Write {
    /// Keep a message; its id is given by the store.
    KeepAbsent(AbsentMessage),
    /// Read the messages kept for an account. (A write like the others, so that it sees those
    /// made before it.)
    ListAbsent {
        /// Whose.
        account: Uuid,
    },
    /// Read who is on a list that a person keeps with us. (A write, as [`Write::ListAbsent`] is.)
    ListMembers {
        /// Whose.
        account: Uuid,
        /// Which.
        name: ListName,
    },
    /// Keep a text in the archive.
    Archive {
        /// The text.
        text: ArchivedText,
        /// What is older goes: before when, and whether only what was exported.
        purge: Option<(i64, bool)>,
    },
    /// Drop a message that a device confirmed.
    RemoveAbsent {
        /// Which.
        id: Uuid,
    },
}

/// What a write did.
#[derive(Clone, Debug, PartialEq)]
pub enum Committed {
    /// The message is on stable storage.
    Kept(Uuid),
    /// Too many are kept for that person already.
    Full,
    /// The messages, oldest first.
    Absent(Vec<AbsentMessage>),
    /// Those on the list; none: there is no such list.
    Members(Option<Vec<Entry>>),
    /// It is gone.
    Removed,
}

impl Write {
    /// Does the write within a transaction.
    pub fn apply(self, tx: &mut store::Writer) -> store::Result<Committed> {
        match self {
            Self::KeepAbsent(mut message) => {
                let kept = tx.absent_messages(message.account)?;
                // What is filed at once is a notification.
                let bound = match message.filed {
                    true => limits::ABSENT_REPORTS_PER_USER_MAX,
                    false => limits::ABSENT_MESSAGES_PER_USER_MAX,
                };
                if kept.len() >= bound {
                    return Ok(Committed::Full);
                }
                message.id = tx.new_id()?;
                tx.put_absent_message(&message).map(Committed::Kept)
            }
            Self::ListAbsent { account } => tx.absent_messages(account).map(Committed::Absent),
            Self::ListMembers { account, name } => {
                xcap::members(tx, account, &name).map(Committed::Members)
            }
            Self::Archive { text, purge } => {
                if let Some((before_ms, exported_only)) = purge {
                    tx.purge_archive(before_ms, exported_only)?;
                }
                tx.put_archived_text(&text).map(Committed::Kept)
            }
            Self::RemoveAbsent { id } => tx.delete_absent_message(id).map(|()| Committed::Removed),
        }
    }
}
