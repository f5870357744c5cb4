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
    pub fn from_uri(uri: &Uri) -> Option<Self> {
        uri.aor().map(|text| Self(text.into()))
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

impl fmt::Display for Aor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
