//! The administrators' audit log.

use serde::{Deserialize, Serialize};

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
