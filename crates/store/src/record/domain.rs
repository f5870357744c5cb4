//! SIP domains and accepted mail domains.

use serde::{Deserialize, Serialize};

/// A domain whose SIP users live here (`Get-CsSipDomain`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SipDomain {
    /// A-label, lower case.
    pub name: String,
    /// Exactly one is the default.
    pub is_default: bool,
}

/// A domain whose mail is delivered here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AcceptedDomain {
    /// A-label, lower case.
    pub name: String,
    /// Exactly one is the default.
    pub is_default: bool,
}
