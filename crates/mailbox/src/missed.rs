//! Files what the messaging half left in the store: missed messages in the inbox, ended
//! conversations in Conversation History.
//!
//! `node` calls [`file_missed`] at start and at `Change::Absent` and `Change::ConversationEnded`.
//! What is filed is marked in the same transaction, so that a crash neither loses nor doubles it.

use std::collections::BTreeMap;

use mail::address::{Address, is_path};
use mail::date::rfc5322;
use mail::mime::compose::{Bcc, Draft, compose};
use store::directory::{Account, DirectoryRead};
use store::mail::{
    AbsentMessage, EndedConversation, FolderRole, MailRead, MailWrite, Mailbox, MessageRow,
};
use store::{Store, Uuid, Writer};

use crate::deliver::folder;
use crate::index::Indexed;
use crate::{FILED_AT_ONCE, ITEM_TEXT_BYTES_MAX, Result};

/// Keyword of a missed conversation, so that the page can show it as one.
pub const MISSED_KEYWORD: &str = "$missedconversation";

/// Files everything that waits; how many items it made.
pub async fn file_missed(store: &Store, now_ms: i64) -> Result<usize> {
    let mut filed = 0;
    loop {
        let (taken, made) = store.write(now_ms, |tx| Ok(file_some(tx)?)).await?;
        filed += made;
        if taken == 0 {
            return Ok(filed);
        }
    }
}

/// One transaction's worth: how many facts it took, and how many items it made of them.
fn file_some(tx: &mut Writer) -> Result<(usize, usize)> {
    let missed = tx.unfiled_absent_messages(FILED_AT_ONCE)?;
    let ended = tx.ended_conversations(FILED_AT_ONCE)?;
    let taken = missed.len() + ended.len();
    let mut by_pair: BTreeMap<(Uuid, String), Vec<AbsentMessage>> = BTreeMap::new();
    for message in missed {
        by_pair.entry((message.account, message.from.clone())).or_default().push(message);
    }
    let mut made = 0;
    for ((account, from), messages) in by_pair {
        if let Some((owner, mailbox)) = owner(tx, account)? {
            file_missed_of(tx, &owner, &mailbox, &from, &messages)?;
            made += 1;
        }
        let ids: Vec<Uuid> = messages.iter().map(|message| message.id).collect();
        tx.mark_absent_filed(&ids)?;
    }
    for conversation in ended {
        if let Some((owner, mailbox)) = owner(tx, conversation.account)? {
            let draft = history_item(&owner, &conversation);
            let id = message_id(conversation.id);
            file(tx, &mailbox, FolderRole::ConversationHistory, &["$seen"], &draft, &id)?;
            made += 1;
        }
        tx.delete_ended_conversation(conversation.id)?;
    }
    Ok((taken, made))
}

/// Files messages of one sender. While the item about their earlier messages is unread, it is
/// replaced by one about them all, so that ten texts make one line in the inbox.
fn file_missed_of(
    tx: &mut Writer,
    owner: &Account,
    mailbox: &Mailbox,
    from: &str,
    messages: &[AbsentMessage],
) -> Result<()> {
    let kept: Vec<AbsentMessage> = tx
        .absent_messages_from(owner.id, from)?
        .into_iter()
        .filter(|message| message.filed || messages.iter().any(|new| new.id == message.id))
        .collect();
    let mut earlier = None;
    // An item has the name of one of the messages it is about.
    for message in kept.iter().filter(|message| message.filed) {
        earlier = unread_item(tx, mailbox, &message_id(message.id))?;
        if earlier.is_some() {
            break;
        }
    }
    let shown = if let Some(id) = earlier {
        tx.destroy_message(id)?;
        &kept
    } else {
        messages
    };
    let Some(first) = shown.first() else { return Ok(()) };
    let name = shown.iter().find_map(|message| message.from_name.as_deref());
    let draft = missed_item(owner, from, name, shown);
    file(tx, mailbox, FolderRole::Inbox, &[MISSED_KEYWORD], &draft, &message_id(first.id))
}

/// The item with this Message-ID, if it is in the inbox and unread.
fn unread_item(tx: &Writer, mailbox: &Mailbox, message_id: &str) -> Result<Option<Uuid>> {
    let inbox = folder(tx, mailbox.id, FolderRole::Inbox)?;
    let Some(thread) = tx.thread_of(mailbox.id, &[message_id.to_owned()])? else {
        return Ok(None);
    };
    let is_unread = |row: &MessageRow| !row.keywords.iter().any(|keyword| keyword == "$seen");
    let rows = tx.thread(mailbox.id, thread)?;
    let item = rows
        .into_iter()
        .find(|row| row.message_id == message_id && row.folder == inbox && is_unread(row));
    Ok(item.map(|row| row.id))
}

/// Message-ID of the item about a fact.
fn message_id(fact: Uuid) -> String {
    format!("{}@missed.tandem.invalid", fact.simple())
}

/// Files a short item as the messaging half would, to see whether it can; the item.
///
/// # Errors
/// If the mailbox has no such folder, or cannot be written.
pub fn file_probe(tx: &mut Writer, account: Uuid, role: FolderRole) -> Result<Option<Uuid>> {
    let Some((owner, mailbox)) = owner(tx, account)? else { return Ok(None) };
    let text = "This item was written by Test-CsExStorageConnectivity.\n".to_owned();
    let draft = item(&owner, &owner.upn, Some("Storage test"), "Test by", text);
    let id = message_id(tx.new_id()?);
    file(tx, &mailbox, role, &["$seen"], &draft, &id)?;
    let thread = tx.thread_of(mailbox.id, std::slice::from_ref(&id))?;
    let Some(thread) = thread else { return Ok(None) };
    let rows = tx.thread(mailbox.id, thread)?;
    Ok(rows.into_iter().find(|row| row.message_id == id).map(|row| row.id))
}

/// The person and their mailbox; somebody without one has nothing filed.
fn owner(tx: &Writer, account: Uuid) -> Result<Option<(Account, Mailbox)>> {
    Ok(tx.account(account)?.zip(tx.mailbox_of(account)?))
}

fn file(
    tx: &mut Writer,
    mailbox: &Mailbox,
    role: FolderRole,
    keywords: &[&str],
    draft: &Draft,
    message_id: &str,
) -> Result<()> {
    let folder = folder(tx, mailbox.id, role)?;
    let bytes = compose(draft, Bcc::Drop, tx.now_ms(), message_id)?;
    let indexed = Indexed::new(bytes.into());
    tx.file_message(&indexed.new_message(mailbox.id, folder, tx.now_ms(), keywords))?;
    Ok(())
}

fn missed_item(
    owner: &Account,
    from: &str,
    name: Option<&str>,
    messages: &[AbsentMessage],
) -> Draft {
    let texts = messages
        .iter()
        .map(|message| format!("{}\n{}\n\n", rfc5322(message.at_ms), plain_text(message)));
    let text = joined(texts);
    item(owner, from, name, "Missed conversation with", text)
}

fn history_item(owner: &Account, ended: &EndedConversation) -> Draft {
    let name = ended.with_name.as_deref();
    let lines = ended.lines.iter().map(|line| {
        let who = if line.from.eq_ignore_ascii_case(&ended.with) {
            name.unwrap_or(&ended.with)
        } else {
            &owner.display_name
        };
        format!("{who} [{}]:\n{}\n\n", rfc5322(line.at_ms), line.text)
    });
    let text = joined(lines);
    item(owner, &ended.with, name, "Conversation with", text)
}

fn item(owner: &Account, with: &str, name: Option<&str>, what: &str, text: String) -> Draft {
    let email = with.strip_prefix("sip:").unwrap_or(with);
    let from = Address { name: name.map(str::to_owned), email: email.to_owned() };
    // A SIP address need not be a mail address; then the text alone says who it was.
    let from = if is_path(email) { vec![from] } else { Vec::new() };
    let to = Address { name: Some(owner.display_name.clone()), email: owner.upn.clone() };
    Draft {
        from,
        to: if is_path(&owner.upn) { vec![to] } else { Vec::new() },
        subject: format!("{what} {}", name.unwrap_or(email)),
        text,
        ..Draft::default()
    }
}

/// The texts in a row, up to the bound; then how many more there are.
fn joined(texts: impl ExactSizeIterator<Item = String>) -> String {
    let count = texts.len();
    let mut joined = String::new();
    for (index, text) in texts.enumerate() {
        if joined.len() + text.len() > ITEM_TEXT_BYTES_MAX {
            joined.push_str(&format!("(and {} more)\n", count - index));
            break;
        }
        joined.push_str(&text);
    }
    joined
}

/// Text of a kept message. A CPIM wrapper (RFC 3862 §2) is headers, a blank line, and a MIME
/// entity; anything else is made one.
fn plain_text(message: &AbsentMessage) -> String {
    let kind = message.content_type.trim().to_ascii_lowercase();
    let is = |essence: &str| kind.split(';').next().unwrap_or_default().trim_end() == essence;
    if is("text/plain") {
        return String::from_utf8_lossy(&message.body).into_owned();
    }
    let entity = if is("message/cpim") {
        let lines = message.body.split_inclusive(|byte| *byte == b'\n');
        let mut lengths = lines.map(|line| (line.len(), line.trim_ascii().is_empty()));
        let mut at = 0;
        for (length, is_blank) in lengths.by_ref() {
            at += length;
            if is_blank {
                break;
            }
        }
        message.body.get(at..).unwrap_or_default().to_vec()
    } else {
        let field = format!("Content-Type: {}\r\n\r\n", message.content_type.trim());
        [field.as_bytes(), &message.body].concat()
    };
    mail::mime::read::read(&entity).text().trim().to_owned()
}
