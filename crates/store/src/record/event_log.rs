//! The event log.

use serde::{Deserialize, Serialize};

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
