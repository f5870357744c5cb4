//! How names and addresses are compared: case-folded, domains as A-labels (RFC 5890).
//!
//! Pure functions; the rows keep what was typed, the folded form decides what is equal.

use crate::{ADDRESS_BYTES_MAX, Error, Result};

/// Longest local part (RFC 5321 §4.5.3.1.1).
const LOCAL_BYTES_MAX: usize = 64;

/// A domain as A-labels in lower case, e.g. `xn--bcher-kva.example`.
pub fn fold_domain(domain: &str) -> Result<String> {
    let bad = || Error::Invalid(format!("\"{domain}\" is not a domain name"));
    let folded = idna::domain_to_ascii_cow(domain.as_bytes(), idna::AsciiDenyList::STD3)
        .map_err(|_| bad())?;
    let labels_fit = folded.split('.').all(|label| (1..=63).contains(&label.len()));
    let hyphens_fit =
        folded.split('.').all(|label| !label.starts_with('-') && !label.ends_with('-'));
    if !labels_fit || !hyphens_fit || folded.len() > 253 {
        return Err(bad());
    }
    Ok(folded.into_owned())
}

/// A mail address (RFC 5321 §4.1.2 `Dot-string "@" Domain`, with RFC 6531's letters) in the form
/// in which addresses are compared. Quoted local parts and address literals are refused: no
/// account of ours has one.
pub fn fold_address(address: &str) -> Result<String> {
    let bad = || Error::Invalid(format!("\"{address}\" is not a mail address"));
    if address.len() > ADDRESS_BYTES_MAX {
        return Err(bad());
    }
    let (local, domain) = address.rsplit_once('@').ok_or_else(bad)?;
    let atoms_fit = local.split('.').all(|atom| !atom.is_empty() && atom.chars().all(is_atext));
    if local.len() > LOCAL_BYTES_MAX || !atoms_fit {
        return Err(bad());
    }
    Ok(format!("{}@{}", fold_name(local), fold_domain(domain).map_err(|_| bad())?))
}

/// A SIP address without its scheme in the form in which addresses are compared. What is no
/// proper address is only folded: its owner finds out at sign-in, not here.
pub fn fold_sip(address: &str) -> String {
    let bare = strip_scheme(address.trim());
    fold_address(bare).unwrap_or_else(|_| fold_name(bare))
}

/// A name (sAMAccountName, alias, policy, server) in the form in which names are compared.
pub fn fold_name(name: &str) -> String {
    name.trim().to_lowercase()
}

/// A thumbprint as it is stored: upper case, without spaces, colons, and the invisible marks that
/// certificate dialogs put in front of it.
pub fn fold_thumbprint(thumbprint: &str) -> String {
    thumbprint.chars().filter(char::is_ascii_hexdigit).collect::<String>().to_ascii_uppercase()
}

/// `user@domain` of `sip:user@domain`.
pub(crate) fn strip_scheme(address: &str) -> &str {
    for scheme in ["sip:", "sips:"] {
        if let Some(start) = address.get(..scheme.len())
            && start.eq_ignore_ascii_case(scheme)
        {
            return address.get(scheme.len()..).unwrap_or(address);
        }
    }
    address
}

/// RFC 5322 §3.2.3 atext, and everything beyond ASCII that is not a control or a space.
fn is_atext(c: char) -> bool {
    c.is_ascii_alphanumeric()
        || "!#$%&'*+-/=?^_`{|}~".contains(c)
        || (!c.is_ascii() && !c.is_control() && !c.is_whitespace())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_fold() {
        for (typed, folded) in [
            ("KenMyer@LitwareInc.com", Some("kenmyer@litwareinc.com")),
            ("ken.myer+x@litwareinc.com", Some("ken.myer+x@litwareinc.com")),
            ("jürgen@Bücher.example", Some("jürgen@xn--bcher-kva.example")),
            ("JÜRGEN@XN--BCHER-KVA.example", Some("jürgen@xn--bcher-kva.example")),
            ("a@b", Some("a@b")),
            ("@b", None),
            ("a@", None),
            ("a", None),
            ("a b@c", None),
            (".a@c", None),
            ("a..b@c", None),
            ("a@b..c", None),
            ("a@-b.c", None),
            ("a@b.", None),
            ("a@[127.0.0.1]", None),
            ("\"a b\"@c", None),
            ("a@b@c", None),
            ("a\r\n@b", None),
            ("a@b\0", None),
            ("a\u{a0}@b", None),
        ] {
            assert_eq!(fold_address(typed).ok().as_deref(), folded, "{typed:?}");
        }
        assert!(fold_address(&format!("{}@b", "a".repeat(65))).is_err());
        assert!(fold_address(&format!("a@{}", "b".repeat(64))).is_err());
    }

    #[test]
    fn sip_addresses_fold_whatever_they_are() {
        assert_eq!(fold_sip("SIP:KenMyer@Litwareinc.com"), "kenmyer@litwareinc.com");
        assert_eq!(fold_sip("kenmyer@litwareinc.com"), "kenmyer@litwareinc.com");
        assert_eq!(fold_sip("sips:Ken Myer"), "ken myer");
        assert_eq!(fold_sip("é"), "é");
    }

    #[test]
    fn thumbprints_fold() {
        assert_eq!(fold_thumbprint("\u{200e}ea 5a:33 24"), "EA5A3324");
    }
}
