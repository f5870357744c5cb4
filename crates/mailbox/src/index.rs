//! What the store keeps beside the bytes of a message.

use bytes::Bytes;
use mail::address::Address;
use mail::mime::read::{Message, read};
use store::Uuid;
use store::mail::{MailAddress, NewMessage};

use crate::SEARCH_TEXT_BYTES_MAX;

/// A message and what was read of it, ready to be filed in any mailbox.
#[derive(Clone, Debug)]
pub struct Indexed {
    /// The bytes as they are kept.
    pub bytes: Bytes,
    /// What was read.
    pub message: Message,
    text: String,
    preview: String,
}

impl Indexed {
    /// Reads a message. Takes milliseconds for a large one: outside of transactions.
    pub fn new(bytes: Bytes) -> Indexed {
        let message = read(&bytes);
        let mut text = message.text();
        let preview = mail::mime::text::preview(&text);
        let mut end = text.len().min(SEARCH_TEXT_BYTES_MAX);
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        text.truncate(end);
        Indexed { bytes, message, text, preview }
    }

    /// The row for one mailbox.
    pub fn new_message(
        &self,
        mailbox: Uuid,
        folder: Uuid,
        received_ms: i64,
        keywords: &[&str],
    ) -> NewMessage {
        let message = &self.message;
        NewMessage {
            mailbox,
            folder,
            bytes: self.bytes.clone(),
            keywords: keywords.iter().map(|keyword| (*keyword).to_owned()).collect(),
            received_ms,
            sent_ms: message.sent_ms,
            from: addresses(&message.from),
            to: addresses(&message.to),
            cc: addresses(&message.cc),
            subject: message.subject.clone().unwrap_or_default(),
            preview: self.preview.clone(),
            has_attachment: message.has_attachment(),
            message_id: message.message_id.clone().unwrap_or_default(),
            in_reply_to: message.in_reply_to.clone(),
            references: message.references.clone(),
            text: self.text.clone(),
        }
    }
}

fn addresses(read: &[Address]) -> Vec<MailAddress> {
    read.iter()
        .map(|address| MailAddress { name: address.name.clone(), email: address.email.clone() })
        .collect()
}
