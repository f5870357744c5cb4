//! OWA mailbox policies.

use serde::{Deserialize, Serialize};

use super::virtual_directory::ImType;

/// A mailbox policy (`Get-OwaMailboxPolicy`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct OwaMailboxPolicy {
    /// Unique, compared without case.
    pub name: String,
    /// `InstantMessagingEnabled`.
    pub im_enabled: bool,
    /// `InstantMessagingType`.
    pub im_type: ImType,
    /// Policy for new mailboxes; at most one.
    pub is_default: bool,
    /// Every other setting, by property name.
    pub settings: serde_json::Map<String, serde_json::Value>,
}

impl Default for OwaMailboxPolicy {
    fn default() -> Self {
        OwaMailboxPolicy {
            name: String::new(),
            im_enabled: true,
            im_type: ImType::None,
            is_default: false,
            settings: serde_json::Map::new(),
        }
    }
}
