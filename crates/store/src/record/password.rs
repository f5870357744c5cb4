//! Passwords: one argon2id hash, and the Digest verifiers of each login form.

use std::fmt;

use uuid::Uuid;

/// Hash of a Digest verifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum HashAlgorithm {
    /// MD5 (RFC 2617).
    Md5,
    /// SHA-256 (RFC 8760).
    Sha256,
}

/// One Digest verifier: H(login ":" realm ":" password), lower-case hex.
#[derive(Clone, PartialEq, Eq)]
pub struct Ha1 {
    /// Whose.
    pub account: Uuid,
    /// The login form it was made for, exactly as a client must type it.
    pub login: String,
    /// Hash used.
    pub algorithm: HashAlgorithm,
    /// The verifier. Knowing it is as good as the password: never print it.
    pub hex: String,
}

impl fmt::Debug for Ha1 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Ha1({} {:?} …)", self.login, self.algorithm)
    }
}
