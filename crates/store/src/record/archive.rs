//! Texts that an archiving policy keeps, until they are purged.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::sql::Sql;
use crate::{Result, Writer};

/// A text that somebody wrote to somebody.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArchivedText {
    /// When it was sent.
    pub at_ms: i64,
    /// `sip:…` of who wrote it.
    pub sender: String,
    /// `sip:…` of whom it is for.
    pub recipient: String,
    /// Call-ID of the MESSAGE.
    pub call_id: String,
    /// e.g. `text/plain; charset=utf-8`.
    pub content_type: String,
    /// The body as it came.
    pub body: Vec<u8>,
}

/// Archived texts of a time, oldest first; at most so many.
pub(crate) fn list(sql: &Sql, from_ms: i64, until_ms: i64, most: u32) -> Result<Vec<ArchivedText>> {
    sql.many(
        "SELECT at_ms, sender, recipient, call_id, content_type, body FROM archived_text
         WHERE at_ms >= ?1 AND at_ms < ?2 ORDER BY at_ms, id LIMIT ?3",
        (from_ms, until_ms, most),
        |row| {
            Ok(ArchivedText {
                at_ms: row.get(0)?,
                sender: row.get(1)?,
                recipient: row.get(2)?,
                call_id: row.get(3)?,
                content_type: row.get(4)?,
                body: row.get(5)?,
            })
        },
    )
}

pub(crate) fn put(tx: &mut Writer, text: &ArchivedText) -> Result<Uuid> {
    let id = tx.new_id()?;
    tx.sql.run(
        "INSERT INTO archived_text VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 0)",
        (
            id,
            text.at_ms,
            &text.sender,
            &text.recipient,
            &text.call_id,
            &text.content_type,
            &text.body,
        ),
    )?;
    Ok(id)
}

/// Marks the texts of a time as exported; how many.
pub(crate) fn mark_exported(tx: &mut Writer, from_ms: i64, until_ms: i64) -> Result<usize> {
    tx.sql.run(
        "UPDATE archived_text SET exported = 1 WHERE at_ms >= ?1 AND at_ms < ?2",
        (from_ms, until_ms),
    )
}

/// Removes what is older, all or only what was exported; how many.
pub(crate) fn purge(tx: &mut Writer, before_ms: i64, exported_only: bool) -> Result<usize> {
    tx.sql.run(
        "DELETE FROM archived_text WHERE at_ms < ?1 AND exported >= ?2",
        (before_ms, exported_only),
    )
}
