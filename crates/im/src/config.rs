//! What a registrar is told once, at start. What changes while it runs is in the directory.

use sip::auth::Algorithm;

/// The settings of a [`crate::Registrar`].
#[derive(Clone, Debug)]
pub struct Config {
    /// The pool's FQDN: what clients and applications know the registrar by.
    pub pool_fqdn: String,
    /// This computer's FQDN, which names the certificate shown when an application is dialled.
    pub computer_fqdn: String,
    /// Whether the Contacts we give carry the address a client reached us at in place of the
    /// pool's FQDN: for networks without DNS, such as a demo on loopback.
    pub contact_by_address: bool,
    /// How many shards the people are spread over; at least one.
    pub shard_count: u16,
    /// The weakest hash of Digest that is taken: MD5 by default, and then clients known to cope
    /// are asked for SHA-256.
    // COMPAT(baresip 1.0.0, Debian 12): it never answers a challenge that says SHA-256.
    pub digest: Algorithm,
    /// Secret from which nonces, tags and entity-tags are made; new at each start, or a secret
    /// of the deployment so that nonces survive a restart.
    pub secret: [u8; 32],
    /// Where wrong passwords are counted: the store's, which other doors count in too.
    pub guesses: store::Guesses,
    /// Whether clients may sign in over connections without TLS.
    pub cleartext_sign_in: bool,
}

impl Config {
    /// The settings of a demo: MD5, and sign-in without TLS allowed.
    pub fn new(pool_fqdn: &str, computer_fqdn: &str, secret: [u8; 32]) -> Self {
        Self {
            pool_fqdn: pool_fqdn.to_owned(),
            computer_fqdn: computer_fqdn.to_owned(),
            contact_by_address: false,
            shard_count: 4,
            digest: Algorithm::Md5,
            secret,
            guesses: store::Guesses::default(),
            cleartext_sign_in: true,
        }
    }
}
