//! Facts of the messaging half that outlive it: messages kept for absent people, and ended
//! conversations that are to be filed.

use rusqlite::Row;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::sql::{Sql, json};
use crate::{ABSENT_MESSAGES_MAX, Change, Error, ROWS_MAX, Result, Writer};

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
    /// For how many seconds after that its sender wants it to be shown.
    pub expires_s: Option<u32>,
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

const SELECT: &str = "SELECT id, account, sender, sender_name, content_type, body, call_id, \
                      cseq, at_ms, filed, expires_s FROM absent_message";

fn read(row: &Row<'_>) -> rusqlite::Result<AbsentMessage> {
    Ok(AbsentMessage {
        id: row.get(0)?,
        account: row.get(1)?,
        from: row.get(2)?,
        from_name: row.get(3)?,
        content_type: row.get(4)?,
        body: row.get(5)?,
        call_id: row.get(6)?,
        cseq: row.get(7)?,
        at_ms: row.get(8)?,
        filed: row.get(9)?,
        expires_s: row.get(10)?,
    })
}

pub(crate) fn list(sql: &Sql, account: Uuid) -> Result<Vec<AbsentMessage>> {
    sql.many(&format!("{SELECT} WHERE account = ?1 ORDER BY at_ms, id"), [account], read)
}

pub(crate) fn list_from(sql: &Sql, account: Uuid, from: &str) -> Result<Vec<AbsentMessage>> {
    sql.many(
        &format!("{SELECT} WHERE account = ?1 AND sender = ?2 ORDER BY at_ms, id"),
        (account, from),
        read,
    )
}

pub(crate) fn unfiled(sql: &Sql, limit: u32) -> Result<Vec<AbsentMessage>> {
    sql.many(&format!("{SELECT} WHERE filed = 0 ORDER BY id LIMIT ?1"), [limit.min(ROWS_MAX)], read)
}

pub(crate) fn put(tx: &mut Writer, message: &AbsentMessage) -> Result<Uuid> {
    let earlier: Option<Uuid> = tx.sql.one(
        "SELECT id FROM absent_message
         WHERE account = ?1 AND sender = ?2 AND call_id = ?3 AND cseq = ?4",
        (message.account, &message.from, &message.call_id, message.cseq),
        |row| row.get(0),
    )?;
    if let Some(id) = earlier {
        return Ok(id);
    }
    let kept = tx
        .sql
        .count("SELECT count(*) FROM absent_message WHERE account = ?1", [message.account])?;
    if kept >= ABSENT_MESSAGES_MAX {
        return Err(Error::Limit(format!("{kept} messages are kept already")));
    }
    tx.sql.run(
        "INSERT INTO absent_message VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
        rusqlite::params![
            message.id,
            message.account,
            message.from,
            message.from_name,
            message.content_type,
            message.body,
            message.call_id,
            message.cseq,
            message.at_ms,
            message.filed,
            message.expires_s,
        ],
    )?;
    tx.changed(Change::Absent { account: message.account });
    Ok(message.id)
}

pub(crate) fn delete(tx: &mut Writer, id: Uuid) -> Result<()> {
    tx.sql.run("DELETE FROM absent_message WHERE id = ?1", [id])?;
    Ok(())
}

pub(crate) fn mark_filed(tx: &mut Writer, ids: &[Uuid]) -> Result<()> {
    for id in ids {
        tx.sql.run("UPDATE absent_message SET filed = 1 WHERE id = ?1", [id])?;
    }
    Ok(())
}

pub(crate) fn ended(sql: &Sql, limit: u32) -> Result<Vec<EndedConversation>> {
    sql.many(
        "SELECT document FROM ended_conversation ORDER BY id LIMIT ?1",
        [limit.min(ROWS_MAX)],
        |row| json(row, 0),
    )
}

pub(crate) fn put_ended(tx: &mut Writer, ended: &EndedConversation) -> Result<()> {
    tx.sql.run(
        "INSERT OR REPLACE INTO ended_conversation VALUES (?1, ?2, ?3)",
        (ended.id, ended.account, serde_json::to_string(ended)?),
    )?;
    tx.changed(Change::ConversationEnded { account: ended.account });
    Ok(())
}

pub(crate) fn delete_ended(tx: &mut Writer, id: Uuid) -> Result<()> {
    tx.sql.run("DELETE FROM ended_conversation WHERE id = ?1", [id])?;
    Ok(())
}
