//! Folders of a mailbox.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// What a folder is for (RFC 8621 §2, registry "IMAP Mailbox Name Attributes"; the last two are
/// Exchange's).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names say it")]
pub enum FolderRole {
    Inbox,
    Drafts,
    Sent,
    Trash,
    Junk,
    Archive,
    ConversationHistory,
    QuickContacts,
}

/// A folder. Names are unique among siblings, compared without case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Folder {
    /// Row.
    pub id: Uuid,
    /// The mailbox it is in.
    pub mailbox: Uuid,
    /// The folder it is in; `None` at the top.
    pub parent: Option<Uuid>,
    /// Name as people read it.
    pub name: String,
    /// What it is for; a role exists at most once per mailbox.
    pub role: Option<FolderRole>,
    /// Place among its siblings, then by name.
    pub sort_order: u32,
    /// Messages in it; kept by the store.
    pub total: i64,
    /// Messages in it without `$seen`; kept by the store.
    pub unread: i64,
    /// Change number that made it.
    pub created: i64,
    /// Change number of its last change (counts included).
    pub changed: i64,
}
