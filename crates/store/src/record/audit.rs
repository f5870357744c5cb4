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
    /// The roles by which they were allowed to, `, ` between them; none if they were refused.
    #[serde(default)]
    pub roles: String,
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
        "SELECT id, time_ms, actor, roles, cmdlet, parameters, object, error FROM audit
         ORDER BY id DESC LIMIT ?1",
        [limit.min(ROWS_MAX)],
        |row| {
            Ok(AuditEntry {
                id: row.get(0)?,
                time_ms: row.get(1)?,
                actor: row.get(2)?,
                roles: row.get(3)?,
                cmdlet: row.get(4)?,
                parameters: json(row, 5)?,
                object: row.get(6)?,
                error: row.get(7)?,
            })
        },
    )
}

pub(crate) fn append(tx: &mut Writer, entry: &AuditEntry) -> Result<i64> {
    tx.sql.run(
        "INSERT INTO audit (time_ms, actor, roles, cmdlet, parameters, object, error)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        (
            entry.time_ms,
            &entry.actor,
            &entry.roles,
            &entry.cmdlet,
            entry.parameters.to_string(),
            &entry.object,
            &entry.error,
        ),
    )?;
    Ok(tx.sql.connection.last_insert_rowid())
}

/// Notes how the call of an entry ended; whether it is there. The id alone would not do: that of a
/// commit that came to nothing is given again.
pub(crate) fn end(tx: &mut Writer, entry: &AuditEntry) -> Result<bool> {
    let touched = tx.sql.run(
        "UPDATE audit SET error = ?5
         WHERE id = ?1 AND time_ms = ?2 AND actor = ?3 AND cmdlet = ?4",
        (entry.id, entry.time_ms, &entry.actor, &entry.cmdlet, &entry.error),
    )?;
    Ok(touched > 0)
}
