//! Facts of the messaging half that outlive it: messages kept for absent people, and ended
//! conversations that are to be filed.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// An instant message kept for somebody who was not there. Removed only after a device of theirs
/// confirmed it; a repeated request (same sender, Call-ID and CSeq) is the same message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AbsentMessage {
    /// Row.
    pub id: Uuid,
    /// The absent person.
    pub account: Uuid,
    /// `sip:…` of the sender.
    pub from: String,
    /// The sender's name, if known.
    pub from_name: Option<String>,
    /// e.g. `text/plain; charset=utf-8`.
    pub content_type: String,
    /// The body as it came.
    pub body: Vec<u8>,
    /// Call-ID of the MESSAGE.
    pub call_id: String,
    /// CSeq number of the MESSAGE.
    pub cseq: u32,
    /// When it came.
    pub at_ms: i64,
    /// A missed-conversation item for it is in the inbox.
    pub filed: bool,
}

/// A conversation the messaging half ended, to be filed by the mail half.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndedConversation {
    /// Row.
    pub id: Uuid,
    /// Whose view of it.
    pub account: Uuid,
    /// `sip:…` of the other person.
    pub with: String,
    /// Their name, if known.
    pub with_name: Option<String>,
    /// First line.
    pub started_ms: i64,
    /// Last line.
    pub ended_ms: i64,
    /// What was said.
    pub lines: Vec<ConversationLine>,
}

/// One line of an ended conversation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConversationLine {
    /// `sip:…` of who said it.
    pub from: String,
    /// Plain text.
    pub text: String,
    /// When.
    pub at_ms: i64,
}
