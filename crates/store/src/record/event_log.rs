//! The event log.

use rusqlite::Row;
use serde::{Deserialize, Serialize};

use crate::sql::{Sql, unknown};
use crate::{Change, EVENTS_KEPT, ROWS_MAX, Result, Writer};

/// Level, with Windows' numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[repr(i64)]
pub enum EventLevel {
    /// Something does not work.
    Error = 2,
    /// Something may not work, or not for everybody.
    Warning = 3,
    /// Worth knowing.
    Information = 4,
}

/// One line of a log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventLogEntry {
    /// Rising number; 0 in a line not yet appended.
    pub id: i64,
    /// `Application`, …
    pub log: String,
    /// `MSExchange OWA`, `LS Protocol Stack`, …
    pub source: String,
    /// The event's number.
    pub event_id: u32,
    /// Level.
    pub level: EventLevel,
    /// When.
    pub time_ms: i64,
    /// FQDN of the computer it happened on.
    pub computer: String,
    /// Text.
    pub message: String,
}

/// Which lines to read; empty fields do not restrict. Newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EventQuery {
    /// Log, compared without case.
    pub log: Option<String>,
    /// Source, compared without case.
    pub source: Option<String>,
    /// The event's number.
    pub event_id: Option<u32>,
    /// Only lines after this id.
    pub after_id: Option<i64>,
    /// At most so many.
    pub limit: Option<u32>,
}

fn read(row: &Row<'_>) -> rusqlite::Result<EventLogEntry> {
    Ok(EventLogEntry {
        id: row.get(0)?,
        log: row.get(1)?,
        source: row.get(2)?,
        event_id: row.get(3)?,
        level: match row.get(4)? {
            2 => EventLevel::Error,
            3 => EventLevel::Warning,
            4 => EventLevel::Information,
            _ => return Err(unknown(4, "event level")),
        },
        time_ms: row.get(5)?,
        computer: row.get(6)?,
        message: row.get(7)?,
    })
}

pub(crate) fn list(sql: &Sql, query: &EventQuery) -> Result<Vec<EventLogEntry>> {
    sql.many(
        "SELECT id, log, source, event_id, level, time_ms, computer, message FROM event_log
         WHERE (?1 IS NULL OR log = ?1) AND (?2 IS NULL OR source = ?2)
           AND (?3 IS NULL OR event_id = ?3) AND id > ?4
         ORDER BY id DESC LIMIT ?5",
        (
            &query.log,
            &query.source,
            query.event_id,
            query.after_id.unwrap_or(0),
            query.limit.unwrap_or(ROWS_MAX).min(ROWS_MAX),
        ),
        read,
    )
}

pub(crate) fn append(tx: &mut Writer, entry: &EventLogEntry) -> Result<i64> {
    tx.sql.run(
        "INSERT INTO event_log (log, source, event_id, level, time_ms, computer, message)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        (
            &entry.log,
            &entry.source,
            entry.event_id,
            entry.level as i64,
            entry.time_ms,
            &entry.computer,
            &entry.message,
        ),
    )?;
    let id = tx.sql.connection.last_insert_rowid();
    tx.sql.run("DELETE FROM event_log WHERE id <= ?1", [id - EVENTS_KEPT])?;
    tx.changed(Change::Event(id));
    Ok(id)
}
