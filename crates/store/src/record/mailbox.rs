//! Mailboxes.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A mailbox; one per account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mailbox {
    /// Row.
    pub id: Uuid,
    /// Whose.
    pub account: Uuid,
    /// Alias (mailNickname), unique, compared without case.
    pub alias: String,
    /// Short name of its server.
    pub server: String,
    /// Assigned mailbox policy; it overrides the virtual directory.
    pub owa_policy: Option<String>,
    /// `Set-CASMailbox -OWAEnabled`.
    pub owa_enabled: bool,
    /// Everything else that cmdlets set (`ImapEnabled`, …), by property name.
    pub settings: serde_json::Map<String, serde_json::Value>,
    /// The rising number of the last change in it; written by the store alone.
    pub change_number: i64,
    /// When it was made.
    pub created_ms: i64,
}

/// What changed in one kind of row of a mailbox since a number. A row is in one list only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changes {
    /// Made since.
    pub created: Vec<Uuid>,
    /// Made before, changed since.
    pub updated: Vec<Uuid>,
    /// Made before, gone since.
    pub destroyed: Vec<Uuid>,
    /// The number up to which the lists tell everything.
    pub change_number: i64,
    /// There is more after `change_number`.
    pub has_more: bool,
}

/// Which kind of row of a mailbox has change numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(i64)]
pub enum RowKind {
    /// [`crate::mail::MessageRow`]
    Message = 1,
    /// [`crate::mail::Folder`]
    Folder = 2,
    /// [`crate::mail::Conversation`]
    Conversation = 3,
    /// [`crate::mail::ConversationMessage`]
    ConversationMessage = 4,
    /// [`crate::mail::ImGroup`] with its contacts
    ImGroup = 5,
}
