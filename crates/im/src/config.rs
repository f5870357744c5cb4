//! What a registrar is told once, at start. What changes while it runs is in the directory.

use std::sync::Arc;

use sip::auth::Algorithm;

use crate::aor::Aor;
use crate::limits;

/// How fast people may write (`pace`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Writing {
    /// Texts of one person in a minute; 0: as many as they like.
    pub texts_per_minute: u32,
    /// People whom one person may write to for the first time in an hour; 0: as many as they like.
    pub new_contacts_per_hour: u32,
    /// For whom neither holds: accounts by which programs write to everybody.
    pub bulk: Vec<Aor>,
}

impl Default for Writing {
    fn default() -> Writing {
        Writing {
            texts_per_minute: limits::TEXTS_PER_MINUTE,
            new_contacts_per_hour: limits::NEW_CONTACTS_PER_HOUR,
            bulk: Vec::new(),
        }
    }
}

impl Writing {
    /// As fast as they like.
    pub fn unbounded() -> Writing {
        Writing { texts_per_minute: 0, new_contacts_per_hour: 0, bulk: Vec::new() }
    }
}

/// The settings of a [`crate::Registrar`].
#[derive(Clone, Debug)]
pub struct Config {
    /// The pool's FQDN: what clients and applications know the registrar by.
    pub pool_fqdn: Arc<str>,
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
    /// How fast people may write.
    pub writing: Writing,
    /// Requests that one client connection may send per second for longer; at first it may send
    /// four seconds' worth at once.
    pub client_requests_per_s: u64,
}

impl Config {
    /// The settings of a demo: MD5, and sign-in without TLS allowed.
    pub fn new(pool_fqdn: &str, computer_fqdn: &str, secret: [u8; 32]) -> Self {
        Self {
            pool_fqdn: pool_fqdn.into(),
            computer_fqdn: computer_fqdn.to_owned(),
            contact_by_address: false,
            shard_count: 4,
            digest: Algorithm::Md5,
            secret,
            guesses: store::Guesses::default(),
            cleartext_sign_in: true,
            writing: Writing::default(),
            client_requests_per_s: limits::CLIENT_REQUESTS_PER_S,
        }
    }
}
