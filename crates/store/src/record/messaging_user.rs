//! The messaging half's row of an account.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// An account enabled for messaging (`Enable-CsUser`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessagingUser {
    /// Whose.
    pub account: Uuid,
    /// `sip:user@domain`, with the scheme, unique.
    pub sip_address: String,
    /// FQDN of the pool that keeps the registrations.
    pub registrar_pool: String,
    /// `Set-CsUser -Enabled $False` blocks sign-in and keeps the rest.
    pub enabled: bool,
}
