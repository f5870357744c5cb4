//! The few registry values that the organisation's servers have (`HKLM:` in the shell).

use serde::{Deserialize, Serialize};

/// One value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegistryValue {
    /// Key, without the drive: `SYSTEM\CurrentControlSet\…`; compared without case.
    pub path: String,
    /// Name of the value; compared without case.
    pub name: String,
    /// Text of the value.
    pub value: String,
}
