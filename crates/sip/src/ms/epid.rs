//! `epid`: which of a user's endpoints a message is from or for ([MS-SIPREGE]).
//!
//! Owns: reading it, deriving `+sip.instance` from it. Does not: assume it is unique: the same
//! user twice on one machine has the same epid. Read next: `gruu`.

use sha2::{Digest as _, Sha256};

use crate::message::{Message, Name, NameAddr};

/// The epid on From: the sender's endpoint.
#[must_use]
pub fn from_epid(message: &Message) -> Option<String> {
    epid(&NameAddr::parse(message.header(Name::From)?).ok()?)
}

/// The epid on To: the endpoint a message is meant for.
#[must_use]
pub fn to_epid(message: &Message) -> Option<String> {
    epid(&NameAddr::parse(message.header(Name::To)?).ok()?)
}

/// The `epid` parameter of an address, if it is one: 1 to 16 characters of a token.
#[must_use]
pub fn epid(address: &NameAddr) -> Option<String> {
    let epid = address.params.get("epid")?;
    let fine = (1..=16).contains(&epid.len()) && epid.bytes().all(|b| b.is_ascii_alphanumeric());
    fine.then(|| epid.to_ascii_lowercase())
}

/// A stable `urn:uuid:` for an endpoint that gave an epid and no `+sip.instance`. Ours: clients of
/// the dialect send both; the UUID need only be the same each time (RFC 4122 §4.3's shape).
#[must_use]
pub fn instance_of(aor: &str, epid: &str) -> String {
    let hash: [u8; 32] = Sha256::digest(format!("tandem epid:{aor}:{epid}").as_bytes()).into();
    let mut bytes = [0_u8; 16];
    bytes.iter_mut().zip(hash).for_each(|(byte, hashed)| *byte = hashed);
    let mut hex = crate::auth::digest::hex(&bytes);
    hex.replace_range(12..13, "8");
    hex.replace_range(16..17, "8");
    for at in [20, 16, 12, 8] {
        hex.insert(at, '-');
    }
    format!("urn:uuid:{hex}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn epids() {
        for (text, epid_found) in [
            ("<sip:a@b>;tag=1;epid=B34afb6ebb23", Some("b34afb6ebb23")),
            ("<sip:a@b>;tag=1", None),
            ("<sip:a@b>;epid=", None),
            ("<sip:a@b>;epid=12345678901234567", None),
        ] {
            assert_eq!(epid(&NameAddr::parse(text).unwrap()).as_deref(), epid_found);
        }
    }

    #[test]
    fn instances_are_stable_uuids() {
        let one = instance_of("sip:a@b", "01");
        assert_eq!(one, instance_of("sip:a@b", "01"));
        assert_ne!(one, instance_of("sip:a@b", "02"));
        let groups: Vec<usize> =
            one.trim_start_matches("urn:uuid:").split('-').map(str::len).collect();
        assert_eq!(groups, [8, 4, 4, 4, 12]);
    }
}
