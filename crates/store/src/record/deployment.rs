//! The deployment: one row, made once.

use serde::{Deserialize, Serialize};

/// Constants of this deployment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deployment {
    /// Digest realm (RFC 7616 §3.3), fixed at creation because every HA1 contains it.
    pub realm: String,
    /// The SIP domain that GRUUs and new users get.
    pub default_sip_domain: String,
    /// Name of the forest, e.g. `litwareinc.com`; distinguished names end in it.
    pub forest: String,
    /// Name of the organisation as people read it.
    pub organization: String,
    /// When it was made.
    pub created_ms: i64,
}
