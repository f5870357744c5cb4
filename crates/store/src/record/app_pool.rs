//! Application pools of the web half, as far as recycling needs them.

use serde::{Deserialize, Serialize};

/// One pool.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppPool {
    /// e.g. `MSExchangeOWAAppPool`; compared without case.
    pub name: String,
    /// When it was last recycled; `None` if never.
    pub recycled_ms: Option<i64>,
}
