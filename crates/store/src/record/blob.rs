//! Blobs: message bytes and uploads, stored once under their SHA-256.

use serde::{Deserialize, Serialize};

/// What is known of an uploaded blob.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Upload {
    /// SHA-256, lower-case hex.
    pub blob: String,
    /// As the uploader said.
    pub content_type: String,
    /// Bytes.
    pub size: i64,
}
