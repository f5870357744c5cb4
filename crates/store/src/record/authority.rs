//! The internal certificate authority and what it issued.

use serde::{Deserialize, Serialize};

use crate::Secret;

/// The internal certificate authority.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authority {
    /// Its own certificate.
    pub der: Vec<u8>,
    /// Its private key, PKCS#8 DER; wrapped on disk.
    pub key: Secret,
}

/// A certificate the internal authority issued; its revocation table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IssuedCertificate {
    /// Upper-case hex, as in [`crate::directory::Certificate::serial`].
    pub serial: String,
    /// SHA-1 of the DER, 40 upper-case hex digits.
    pub thumbprint: String,
    /// As Windows prints it.
    pub subject: String,
    /// When it was issued.
    pub issued_ms: i64,
    /// When it ends by itself.
    pub not_after_ms: i64,
    /// When it was revoked.
    pub revoked_ms: Option<i64>,
}
