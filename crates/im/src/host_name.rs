//! A literal host name as it may stand in a certificate or in the topology: what rule 2 of the
//! trust decision accepts as a name. Owns the grammar and the comparison; who is known under a
//! name is `known_servers.rs`.

use std::fmt;

/// RFC 1035 §2.3.4: 255 octets on the wire, which is 253 characters of text.
const NAME_BYTES_MAX: usize = 253;
/// RFC 1035 §2.3.4: the longest label.
const LABEL_BYTES_MAX: usize = 63;

/// A host name of letters, digits and hyphens (international names as A-labels), lower-cased.
///
/// It can only be made from bytes that are literally such a name: a wildcard, an address, a
/// trailing dot, a control byte or a name in another character set is not one.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct HostName(String);

impl HostName {
    /// Reads a literal host name; RFC 952, RFC 1123 §2.1 and RFC 5890 §2.3.1 (LDH labels).
    pub fn literal(bytes: &[u8]) -> Option<HostName> {
        if bytes.is_empty() || bytes.len() > NAME_BYTES_MAX {
            return None;
        }
        if !bytes.split(|&byte| byte == b'.').all(is_ldh_label) {
            return None;
        }
        // RFC 3696 §2: a top-level label is never all-numeric, so such a "name" is an address.
        let last = bytes.rsplit(|&byte| byte == b'.').next()?;
        if last.iter().all(u8::is_ascii_digit) {
            return None;
        }
        let text = std::str::from_utf8(bytes).ok()?;
        Some(HostName(text.to_ascii_lowercase()))
    }

    /// The name in lower case.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether these bytes of a certificate are literally this name.
    pub fn is_literally(&self, bytes: &[u8]) -> bool {
        self.0.as_bytes().eq_ignore_ascii_case(bytes)
    }
}

impl fmt::Display for HostName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn is_ldh_label(label: &[u8]) -> bool {
    let edge_is_hyphen = label.first() == Some(&b'-') || label.last() == Some(&b'-');
    !label.is_empty()
        && label.len() <= LABEL_BYTES_MAX
        && !edge_is_hyphen
        && label.iter().all(|&byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literal_names() {
        let long_label = [b'a'; 64];
        let long_name = [b"a.".repeat(126), b"ab".to_vec()].concat();
        let table: &[(&[u8], Option<&str>)] = &[
            (b"atl-owa-001.litwareinc.com", Some("atl-owa-001.litwareinc.com")),
            (b"ATL-OWA-001.LitwareInc.COM", Some("atl-owa-001.litwareinc.com")),
            (b"ATL-OWA-001", Some("atl-owa-001")),
            (b"xn--bcher-kva.example", Some("xn--bcher-kva.example")),
            (b"1and1.example", Some("1and1.example")),
            (b"", None),
            (b"*.litwareinc.com", None),
            (b"atl-owa-001.litwareinc.com.", None),
            (b".litwareinc.com", None),
            (b"atl..litwareinc.com", None),
            (b"10.0.0.1", None),
            (b"a.1", None),
            (b"::1", None),
            (b"-a.example", None),
            (b"a-.example", None),
            (b"atl_owa.example", None),
            (b"atl owa.example", None),
            (b" atl-owa-001.litwareinc.com", None),
            (b"atl-owa-001.litwareinc.com\0.evil.example", None),
            (b"atl-owa-001.litwareinc.com\0", None),
            (b"atl-owa-001.litwareinc.com\n", None),
            (b"CN=atl-owa-001.litwareinc.com", None),
            ("b\u{fc}cher.example".as_bytes(), None),
            (b"\0a\0t\0l", None),
            (&long_label, None),
            (&long_name, None),
        ];
        for (bytes, expected) in table {
            let name = HostName::literal(bytes);
            assert_eq!(name.as_ref().map(HostName::as_str), *expected, "{}", bytes.escape_ascii());
        }
    }
}
