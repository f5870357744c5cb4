//! Conversations of the page's people, one row per text, written as they happen.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// One person's view of their conversation with another; one per pair.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conversation {
    /// Row.
    pub id: Uuid,
    /// Whose view.
    pub account: Uuid,
    /// `sip:user@domain` of the other.
    pub with: String,
    /// Their name.
    pub with_name: String,
    /// When the last text came or went.
    pub last_at_ms: i64,
    /// The last text.
    pub last_text: String,
    /// Texts of the other not yet seen.
    pub unread: i64,
    /// Its window is open in the page.
    pub open: bool,
    /// Change number that made it.
    pub created: i64,
    /// Change number of its last change.
    pub changed: i64,
}

/// How far a text has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[repr(i64)]
pub enum MessageState {
    /// Durable here, not yet answered.
    Sending = 0,
    /// Handed to the messaging half.
    Sent = 1,
    /// A device of the other accepted it (200).
    Delivered = 2,
    /// Kept for the other, who is absent (202).
    Kept = 3,
    /// Not delivered; see the reason.
    Failed = 4,
}

/// One text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConversationMessage {
    /// Row.
    pub id: Uuid,
    /// Conversation.
    pub conversation: Uuid,
    /// Whose view.
    pub account: Uuid,
    /// `sip:…` of who wrote it.
    pub from: String,
    /// Written by the owner of this view.
    pub own: bool,
    /// Plain text.
    pub text: String,
    /// When.
    pub at_ms: i64,
    /// How far it has come.
    pub state: MessageState,
    /// The page's id of it: the same one twice is the same text. Unique per account.
    pub client_id: Option<String>,
    /// The wire's id of it (Call-ID and CSeq): the same one twice is the same text. Unique per
    /// account.
    pub remote_id: Option<String>,
    /// Why it failed.
    pub reason: Option<String>,
    /// Change number that made it.
    pub created: i64,
    /// Change number of its last change.
    pub changed: i64,
}

/// A text to be written; the store gives it its id and numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewConversationMessage {
    /// Conversation.
    pub conversation: Uuid,
    /// `sip:…` of who wrote it.
    pub from: String,
    /// Written by the owner of this view.
    pub own: bool,
    /// Plain text.
    pub text: String,
    /// When.
    pub at_ms: i64,
    /// How far it has come.
    pub state: MessageState,
    /// The page's id of it.
    pub client_id: Option<String>,
    /// The wire's id of it.
    pub remote_id: Option<String>,
}
