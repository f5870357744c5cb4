//! Addresses (proxy addresses) of accounts: `SMTP:`, `smtp:`, `sip:` and others.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Which world an address belongs to.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum AddressKind {
    /// A mail address; the only kind whose syntax is checked.
    Smtp,
    /// A SIP address, kept as given (a malformed one fails later, at IM sign-in).
    Sip,
    /// `EUM`, `X500`, … (lower case).
    Other(String),
}

/// One address of one account. Unique per kind, compared case-folded with the domain as A-label.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Address {
    /// Whose.
    pub account: Uuid,
    /// Kind.
    pub kind: AddressKind,
    /// The address without the kind's prefix: `kenmyer@litwareinc.com`.
    pub value: String,
    /// The primary of its kind (printed with the kind in capitals); one per account and kind.
    pub primary: bool,
}
