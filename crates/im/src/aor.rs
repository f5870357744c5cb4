//! An address of record, and the one place where a `sip::Uri` becomes one.

use std::fmt;
use std::sync::Arc;

use sip::Uri;

/// An address of record (RFC 3261 §6): `sip:user@host`, folded to lower case, without
/// parameters. Cheap to clone, because it is the key of everything a shard owns.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Aor(Arc<str>);

impl Aor {
    /// The AOR that a URI names; none for a URI without a user or of a foreign scheme.
    ///
    /// Escapes that were not needed are undone, so that `sip:%61lice@…` is nobody else than
    /// `sip:alice@…` (RFC 3261 §19.1.4).
    pub fn from_uri(uri: &Uri) -> Option<Self> {
        let text = uri.aor()?;
        let decoded = uri.user_decoded()?;
        if decoded == uri.user.as_deref().unwrap_or_default() || !decoded.chars().all(is_plain) {
            return Some(Self(text.into()));
        }
        let (_, domain) = text.rsplit_once('@')?;
        Some(Self(format!("sip:{}@{domain}", decoded.to_ascii_lowercase()).into()))
    }

    /// Reads an AOR from its text, as it stands in the store and the configuration.
    pub fn parse(text: &str) -> Option<Self> {
        text.parse::<Uri>().ok().and_then(|uri| Self::from_uri(&uri))
    }

    /// The text, `sip:` included.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The part after the `@`.
    pub fn domain(&self) -> &str {
        self.0.rsplit_once('@').map_or("", |(_, domain)| domain)
    }

    /// The part before the `@`, without the scheme.
    pub fn user(&self) -> &str {
        let address = self.0.split_once(':').map_or(&*self.0, |(_, address)| address);
        address.rsplit_once('@').map_or(address, |(user, _)| user)
    }
}

/// RFC 3261 §25.1: `unreserved` and `user-unreserved`, which stand in a user part as they are.
fn is_plain(character: char) -> bool {
    character.is_ascii_alphanumeric() || "-_.!~*'()&=+$,;?/".contains(character)
}

/// Which of so many shards an AOR belongs to: FNV-1a, so that it is the same in every process.
pub(crate) fn shard_of(aor: &Aor, shards: usize) -> usize {
    let hash = aor.as_str().bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let shards = u64::try_from(shards.max(1)).unwrap_or(1);
    usize::try_from(hash % shards).unwrap_or(0)
}

impl fmt::Display for Aor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_person_has_one_form() {
        let table = [
            ("sip:Alice@LitwareInc.com", "sip:alice@litwareinc.com"),
            ("sips:alice@litwareinc.com:5061;transport=tls", "sip:alice@litwareinc.com"),
            ("sip:%61lic%65@litwareinc.com", "sip:alice@litwareinc.com"),
            ("sip:alice;x=1@litwareinc.com", "sip:alice;x=1@litwareinc.com"),
            ("sip:a%40b@litwareinc.com", "sip:a%40b@litwareinc.com"),
            ("sip:a%00b@litwareinc.com", "sip:a%00b@litwareinc.com"),
        ];
        for (text, expected) in table {
            assert_eq!(Aor::parse(text).unwrap().as_str(), expected, "{text}");
        }
        for none in ["sip:litwareinc.com", "tel:+15550100", "alice", ""] {
            assert_eq!(Aor::parse(none), None, "{none}");
        }
        let alice = Aor::parse("sip:alice@litwareinc.com").unwrap();
        assert_eq!((alice.user(), alice.domain()), ("alice", "litwareinc.com"));
    }
}
