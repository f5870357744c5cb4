//! The administrators' audit log.

use serde::{Deserialize, Serialize};

use crate::sql::{Sql, json};
use crate::{ROWS_MAX, Result, Writer};

/// One changing cmdlet that was run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditEntry {
    /// Rising number; 0 in an entry not yet appended.
    pub id: i64,
    /// When.
    pub time_ms: i64,
    /// Who, e.g. `uid 1000 (ann)`.
    pub actor: String,
    /// Cmdlet.
    pub cmdlet: String,
    /// Its parameters, secrets masked.
    pub parameters: serde_json::Value,
    /// Identity of the object it changed.
    pub object: String,
    /// The error it ended with.
    pub error: Option<String>,
}

pub(crate) fn list(sql: &Sql, limit: u32) -> Result<Vec<AuditEntry>> {
    sql.many(
        "SELECT id, time_ms, actor, cmdlet, parameters, object, error FROM audit
         ORDER BY id DESC LIMIT ?1",
        [limit.min(ROWS_MAX)],
        |row| {
            Ok(AuditEntry {
                id: row.get(0)?,
                time_ms: row.get(1)?,
                actor: row.get(2)?,
                cmdlet: row.get(3)?,
                parameters: json(row, 4)?,
                object: row.get(5)?,
                error: row.get(6)?,
            })
        },
    )
}

pub(crate) fn append(tx: &mut Writer, entry: &AuditEntry) -> Result<i64> {
    tx.sql.run(
        "INSERT INTO audit (time_ms, actor, cmdlet, parameters, object, error)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        (
            entry.time_ms,
            &entry.actor,
            &entry.cmdlet,
            entry.parameters.to_string(),
            &entry.object,
            &entry.error,
        ),
    )?;
    Ok(tx.sql.connection.last_insert_rowid())
}
