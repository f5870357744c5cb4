//! Sessions of the page.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// One signed-in browser. The token itself is never stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WebSession {
    /// SHA-256 of the token.
    pub token_sha256: [u8; 32],
    /// Whose.
    pub account: Uuid,
    /// When it was made.
    pub created_ms: i64,
    /// When it ends.
    pub expires_ms: i64,
    /// On a private computer.
    pub private: bool,
}
