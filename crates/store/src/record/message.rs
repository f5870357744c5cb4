//! Messages: immutable bytes (a blob) and a row that may change.

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A mailbox of a header field (RFC 5322 §3.4).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailAddress {
    /// Display name.
    pub name: Option<String>,
    /// `user@domain`.
    pub email: String,
}

/// One message in one folder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageRow {
    /// Row; never reused, kept when the message moves.
    pub id: Uuid,
    /// Mailbox.
    pub mailbox: Uuid,
    /// Folder.
    pub folder: Uuid,
    /// Thread.
    pub thread: Uuid,
    /// SHA-256 of the bytes, lower-case hex.
    pub blob: String,
    /// Keywords, lower case, sorted: `$seen`, `$flagged`, `$draft`, `$answered`, ….
    pub keywords: Vec<String>,
    /// When it was filed here.
    pub received_ms: i64,
    /// Its Date field; `None` if absent or unreadable.
    pub sent_ms: Option<i64>,
    /// Bytes.
    pub size: i64,
    /// From.
    pub from: Vec<MailAddress>,
    /// To.
    pub to: Vec<MailAddress>,
    /// Cc.
    pub cc: Vec<MailAddress>,
    /// Subject, decoded.
    pub subject: String,
    /// First words of the text.
    pub preview: String,
    /// It has a part that is shown as an attachment.
    pub has_attachment: bool,
    /// Message-ID without the angle brackets; empty if absent.
    pub message_id: String,
    /// In-Reply-To, without brackets.
    pub in_reply_to: Vec<String>,
    /// References, without brackets.
    pub references: Vec<String>,
    /// Change number that made it.
    pub created: i64,
    /// Change number of its last change.
    pub changed: i64,
}

/// A message to be filed; the store gives it its id, thread and numbers.
#[derive(Clone, Debug)]
pub struct NewMessage {
    /// Mailbox.
    pub mailbox: Uuid,
    /// Folder.
    pub folder: Uuid,
    /// The bytes as they are kept.
    pub bytes: Bytes,
    /// Keywords.
    pub keywords: Vec<String>,
    /// When it was received.
    pub received_ms: i64,
    /// Its Date field.
    pub sent_ms: Option<i64>,
    /// From.
    pub from: Vec<MailAddress>,
    /// To.
    pub to: Vec<MailAddress>,
    /// Cc.
    pub cc: Vec<MailAddress>,
    /// Subject, decoded.
    pub subject: String,
    /// First words of the text.
    pub preview: String,
    /// It has a part that is shown as an attachment.
    pub has_attachment: bool,
    /// Message-ID without the angle brackets.
    pub message_id: String,
    /// In-Reply-To, without brackets.
    pub in_reply_to: Vec<String>,
    /// References, without brackets.
    pub references: Vec<String>,
    /// Text for full-text search, besides subject and addresses.
    pub text: String,
}

/// Which messages to list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MessageQuery {
    /// Only in this folder; all folders if `None`.
    pub folder: Option<Uuid>,
    /// Only with all these words in addresses, subject or text.
    pub text: Option<String>,
    /// Oldest first instead of newest first.
    pub ascending: bool,
    /// Rows to pass over.
    pub position: u32,
    /// At most so many; `ROWS_MAX` if `None`.
    pub limit: Option<u32>,
}
