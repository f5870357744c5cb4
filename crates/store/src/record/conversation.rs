//! Conversations of the page's people, one row per text, written as they happen.

use rusqlite::Row;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::mailbox;
use crate::identity::{fold_sip, strip_scheme};
use crate::sql::{Sql, found, unknown};
use crate::{Change, Error, ROWS_MAX, Result, TEXT_BYTES_MAX, Writer};

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

const CONVERSATION: &str = "SELECT c.id, mailbox.account, c.with_sip, c.with_name, \
                            c.last_at_ms, c.last_text, c.unread, c.is_open, c.created, c.changed \
                            FROM conversation c JOIN mailbox ON mailbox.id = c.mailbox";

fn read(row: &Row<'_>) -> rusqlite::Result<Conversation> {
    Ok(Conversation {
        id: row.get(0)?,
        account: row.get(1)?,
        with: row.get(2)?,
        with_name: row.get(3)?,
        last_at_ms: row.get(4)?,
        last_text: row.get(5)?,
        unread: row.get(6)?,
        open: row.get(7)?,
        created: row.get(8)?,
        changed: row.get(9)?,
    })
}

const MESSAGE: &str = "SELECT m.id, m.conversation, mailbox.account, m.sender, m.own, m.text, \
                       m.at_ms, m.state, m.client_id, m.remote_id, m.reason, m.created, \
                       m.changed \
                       FROM conversation_message m JOIN mailbox ON mailbox.id = m.mailbox";

fn read_message(row: &Row<'_>) -> rusqlite::Result<ConversationMessage> {
    Ok(ConversationMessage {
        id: row.get(0)?,
        conversation: row.get(1)?,
        account: row.get(2)?,
        from: row.get(3)?,
        own: row.get(4)?,
        text: row.get(5)?,
        at_ms: row.get(6)?,
        state: match row.get(7)? {
            0 => MessageState::Sending,
            1 => MessageState::Sent,
            2 => MessageState::Delivered,
            3 => MessageState::Kept,
            4 => MessageState::Failed,
            _ => return Err(unknown(7, "message state")),
        },
        client_id: row.get(8)?,
        remote_id: row.get(9)?,
        reason: row.get(10)?,
        created: row.get(11)?,
        changed: row.get(12)?,
    })
}

pub(crate) fn list(sql: &Sql, account: Uuid) -> Result<Vec<Conversation>> {
    sql.many(
        &format!("{CONVERSATION} WHERE mailbox.account = ?1 ORDER BY c.last_at_ms DESC, c.id"),
        [account],
        read,
    )
}

pub(crate) fn get(sql: &Sql, id: Uuid) -> Result<Option<Conversation>> {
    sql.one(&format!("{CONVERSATION} WHERE c.id = ?1"), [id], read)
}

pub(crate) fn messages(
    sql: &Sql,
    conversation: Uuid,
    position: i64,
    limit: u32,
) -> Result<Vec<ConversationMessage>> {
    let start = if position < 0 {
        // RFC 8620 §5.5: a negative position counts from the end, and never before the start.
        count(sql, conversation)?.saturating_add(position).max(0)
    } else {
        position
    };
    sql.many(
        &format!("{MESSAGE} WHERE m.conversation = ?1 ORDER BY m.n LIMIT ?2 OFFSET ?3"),
        (conversation, limit.min(ROWS_MAX), start),
        read_message,
    )
}

pub(crate) fn count(sql: &Sql, conversation: Uuid) -> Result<i64> {
    sql.count("SELECT count(*) FROM conversation_message WHERE conversation = ?1", [conversation])
}

pub(crate) fn message(sql: &Sql, id: Uuid) -> Result<Option<ConversationMessage>> {
    sql.one(&format!("{MESSAGE} WHERE m.id = ?1"), [id], read_message)
}

pub(crate) fn by_client_id(
    sql: &Sql,
    account: Uuid,
    client_id: &str,
) -> Result<Option<ConversationMessage>> {
    sql.one(
        &format!("{MESSAGE} WHERE mailbox.account = ?1 AND m.client_id = ?2"),
        (account, client_id),
        read_message,
    )
}

pub(crate) fn unsettled(sql: &Sql) -> Result<Vec<ConversationMessage>> {
    sql.many(&format!("{MESSAGE} WHERE m.state = 0 ORDER BY m.n"), [], read_message)
}

pub(crate) fn open(
    tx: &mut Writer,
    account: Uuid,
    with: &str,
    with_name: &str,
) -> Result<Conversation> {
    let bare = strip_scheme(with.trim());
    if bare.is_empty() {
        return Err(Error::Invalid("a conversation is with a SIP address".into()));
    }
    let mailbox = mailbox::id_of(&tx.sql, account)?;
    let known = tx.sql.one(
        &format!("{CONVERSATION} WHERE c.mailbox = ?1 AND c.folded = ?2"),
        (mailbox, fold_sip(bare)),
        read,
    )?;
    if let Some(mut known) = known {
        if known.with_name.is_empty() && !with_name.is_empty() {
            known.with_name = with_name.to_owned();
            put(tx, &known)?;
        }
        return found(get(&tx.sql, known.id)?, || format!("conversation {}", known.id));
    }
    let id = tx.new_id()?;
    let number = bump(tx, mailbox, id)?;
    tx.sql.run(
        "INSERT INTO conversation VALUES (?1, ?2, ?3, ?4, ?5, ?6, '', 0, 0, ?7, ?7)",
        (id, mailbox, format!("sip:{bare}"), fold_sip(bare), with_name, tx.now_ms, number),
    )?;
    found(get(&tx.sql, id)?, || format!("conversation {id}"))
}

pub(crate) fn put(tx: &mut Writer, conversation: &Conversation) -> Result<()> {
    let id = conversation.id;
    let mailbox = mailbox_of(&tx.sql, id)?;
    let number = bump(tx, mailbox, id)?;
    tx.sql.run(
        "UPDATE conversation SET with_name = ?2, unread = ?3, is_open = ?4, changed = ?5
         WHERE id = ?1",
        (id, &conversation.with_name, conversation.unread.max(0), conversation.open, number),
    )?;
    Ok(())
}

pub(crate) fn add(
    tx: &mut Writer,
    message: &NewConversationMessage,
) -> Result<(ConversationMessage, bool)> {
    if message.text.len() > TEXT_BYTES_MAX {
        return Err(Error::Limit(format!("a text has at most {TEXT_BYTES_MAX} bytes")));
    }
    let mailbox = mailbox_of(&tx.sql, message.conversation)?;
    let earlier = tx.sql.one(
        &format!("{MESSAGE} WHERE m.mailbox = ?1 AND (m.client_id = ?2 OR m.remote_id = ?3)"),
        (mailbox, &message.client_id, &message.remote_id),
        read_message,
    )?;
    if let Some(earlier) = earlier {
        return Ok((earlier, false));
    }
    let id = tx.new_id()?;
    let number = bump(tx, mailbox, message.conversation)?;
    tx.sql.run(
        "INSERT INTO conversation_message (id, mailbox, conversation, sender, own, text, at_ms,
           state, client_id, remote_id, created, changed)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?11)",
        (
            id,
            mailbox,
            message.conversation,
            &message.from,
            message.own,
            &message.text,
            message.at_ms,
            message.state as i64,
            &message.client_id,
            &message.remote_id,
            number,
        ),
    )?;
    tx.sql.run(
        "UPDATE conversation SET last_at_ms = ?2, last_text = ?3, unread = unread + ?4,
           changed = ?5 WHERE id = ?1",
        (message.conversation, message.at_ms, &message.text, i64::from(!message.own), number),
    )?;
    Ok((found(self::message(&tx.sql, id)?, || format!("text {id}"))?, true))
}

pub(crate) fn set_state(
    tx: &mut Writer,
    id: Uuid,
    state: MessageState,
    reason: Option<&str>,
) -> Result<()> {
    let before = found(message(&tx.sql, id)?, || format!("text {id}"))?;
    if before.state == state && before.reason.as_deref() == reason {
        return Ok(());
    }
    let mailbox = mailbox_of(&tx.sql, before.conversation)?;
    let number = bump(tx, mailbox, before.conversation)?;
    tx.sql.run(
        "UPDATE conversation_message SET state = ?2, reason = ?3, changed = ?4 WHERE id = ?1",
        (id, state as i64, reason, number),
    )?;
    Ok(())
}

fn mailbox_of(sql: &Sql, conversation: Uuid) -> Result<Uuid> {
    let mailbox =
        sql.one("SELECT mailbox FROM conversation WHERE id = ?1", [conversation], |row| {
            row.get(0)
        })?;
    found(mailbox, || format!("conversation {conversation}"))
}

/// Raises the mailbox's change number for a conversation, and tells it.
fn bump(tx: &mut Writer, mailbox: Uuid, conversation: Uuid) -> Result<i64> {
    let (number, account) = mailbox::bump(tx, mailbox)?;
    tx.changed(Change::Conversation { account, conversation });
    Ok(number)
}
