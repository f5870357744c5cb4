//! Accounts: who a person is in both halves.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// One person (or shared mailbox). Its id is the GUID everywhere; distinguished names are
/// computed, never stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// The GUID.
    pub id: Uuid,
    /// sAMAccountName, unique, at most 20 characters.
    pub sam: String,
    /// User principal name, `user@domain`, unique.
    pub upn: String,
    /// Name as people read it.
    pub display_name: String,
    /// Given name.
    pub first_name: String,
    /// Family name.
    pub last_name: String,
    /// A disabled account signs in nowhere.
    pub enabled: bool,
    /// IANA time zone, e.g. `America/Los_Angeles`; empty = the server's.
    pub time_zone: String,
    /// BCP 47 language, e.g. `en-US`.
    pub language: String,
    /// When it was made.
    pub created_ms: i64,
}
