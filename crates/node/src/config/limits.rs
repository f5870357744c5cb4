//! `[limits]`: how fast people may write to each other, and how many come. Everything else that is
//! bounded is a constant with its reason (`limits.rs` of each crate, docs/admin/limits.md).

use serde::{Deserialize, Serialize};

use crate::limits;
use crate::listen::places::Bounds;

/// `[limits]`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Texts of one person in a minute.
    pub texts_per_minute: u32,
    /// People whom one person may write to for the first time in an hour.
    pub new_contacts_per_hour: u32,
    /// Requests of one client connection in a second.
    pub requests_per_second: u64,
    /// SIP addresses for which neither holds.
    pub bulk_senders: Vec<String>,
    /// Connections that each listener for clients holds at once.
    pub connections: usize,
    /// Those from one address.
    pub connections_per_address: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            texts_per_minute: im::limits::TEXTS_PER_MINUTE,
            new_contacts_per_hour: im::limits::NEW_CONTACTS_PER_HOUR,
            requests_per_second: im::limits::CLIENT_REQUESTS_PER_S,
            bulk_senders: Vec::new(),
            connections: limits::CONNECTIONS,
            connections_per_address: limits::CONNECTIONS_PER_ADDRESS,
        }
    }
}

impl Limits {
    /// As nobody writes: for tools that measure.
    pub fn unbounded() -> Limits {
        Limits { texts_per_minute: 0, new_contacts_per_hour: 0, ..Limits::default() }
    }

    /// How many connections each listener for clients holds.
    pub fn bounds(&self) -> Bounds {
        Bounds { all: self.connections, per_address: self.connections_per_address }
    }

    /// What the registrar goes by.
    ///
    /// # Errors
    /// An address that is none: the text names it.
    pub fn writing(&self) -> anyhow::Result<im::Writing> {
        let bulk = self.bulk_senders.iter().map(|address| {
            im::Aor::parse(address).ok_or_else(|| {
                anyhow::anyhow!(
                    "[limits] bulk_senders: \"{address}\" is no SIP address; write it as in \
                     \"sip:bot@example.test\""
                )
            })
        });
        Ok(im::Writing {
            texts_per_minute: self.texts_per_minute,
            new_contacts_per_hour: self.new_contacts_per_hour,
            bulk: bulk.collect::<anyhow::Result<_>>()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_and_what_is_none_is_named() {
        let bulk = |address: &str| {
            let bulk_senders = vec![address.to_owned()];
            Limits { bulk_senders, ..Limits::default() }.writing()
        };
        let aor = im::Aor::parse("sip:bot@x.test").unwrap();
        assert_eq!(bulk("sip:bot@x.test").unwrap().bulk, [aor]);
        let said = bulk("a bot").unwrap_err().to_string();
        assert!(said.contains("\"a bot\" is no SIP address"), "{said}");
        assert_eq!(Limits::unbounded().writing().unwrap(), im::Writing::unbounded());
    }
}
