//! Mail addresses: of header fields, and of SMTP paths.

use mail_parser::{HeaderValue, MessageParser};

use crate::{ADDRESSES_MAX, HEADER_CHARS_MAX, PATH_BYTES_MAX};

/// A mailbox of a header field (RFC 5322 §3.4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// Display name.
    pub name: Option<String>,
    /// `user@domain`.
    pub email: String,
}

impl Address {
    /// An address without a name.
    pub fn bare(email: impl Into<String>) -> Address {
        Address { name: None, email: email.into() }
    }
}

/// The addresses in a text that a person typed: `Ken <ken@a.test>, ann@b.test; "Lee, Jo" <…>`.
/// A semicolon separates as in Outlook. What is no address comes back as it was typed, as the
/// error.
pub fn parse_list(text: &str) -> Result<Vec<Address>, String> {
    let mut field = String::from("To: ");
    let mut quoted = false;
    for c in text.chars() {
        quoted ^= c == '"';
        field.push(match c {
            ';' if !quoted => ',',
            c if c.is_control() => ' ',
            c => c,
        });
    }
    field.push_str("\r\n\r\n");
    let addresses = MessageParser::new()
        .header_address(mail_parser::HeaderName::To)
        .default_header_ignore()
        .parse_headers(field.as_bytes())
        .map(|message| match message.to() {
            // Nobody types a group; a stray colon would make one of what was meant otherwise.
            Some(mail_parser::Address::Group(_)) => Err(clean(text)),
            Some(list) => Ok(from_parsed(list)),
            None => Ok(Vec::new()),
        })
        .unwrap_or_else(|| Ok(Vec::new()))?;
    match addresses.iter().find(|address| !is_path(&address.email)) {
        Some(bad) => Err(bad.email.clone()),
        None => Ok(addresses),
    }
}

/// Addresses as the grammar library gives them; groups are opened.
pub(crate) fn from_parsed(parsed: &mail_parser::Address<'_>) -> Vec<Address> {
    let address = |address: &mail_parser::Addr<'_>| {
        let email = clean(address.address.as_deref().unwrap_or_default());
        let name = address.name.as_deref().map(clean).filter(|name| !name.is_empty());
        (!email.is_empty() || name.is_some()).then_some(Address { name, email })
    };
    parsed.iter().take(ADDRESSES_MAX).filter_map(address).collect()
}

/// All addresses of all fields of one name.
pub(crate) fn from_values<'a>(values: impl Iterator<Item = &'a HeaderValue<'a>>) -> Vec<Address> {
    let mut addresses = Vec::new();
    for value in values {
        if let HeaderValue::Address(parsed) = value {
            addresses.extend(from_parsed(parsed));
        }
    }
    addresses.truncate(ADDRESSES_MAX);
    addresses
}

/// One line of text without control characters, not overlong.
pub(crate) fn clean(text: &str) -> String {
    let line: String =
        text.chars().take(HEADER_CHARS_MAX).map(|c| if c.is_control() { ' ' } else { c }).collect();
    line.trim().to_owned()
}

/// `Local-part "@" Domain` of RFC 5321 §4.1.2, dot-strings only, with RFC 6531's letters; the
/// domain may be an address literal. Quoted local parts are nobody's here.
pub fn is_path(address: &str) -> bool {
    let Some((local, domain)) = address.rsplit_once('@') else { return false };
    address.len() <= PATH_BYTES_MAX
        && (1..=64).contains(&local.len())
        && local.split('.').all(|atom| !atom.is_empty() && atom.chars().all(is_atext))
        && (is_domain(domain) || is_literal(domain))
}

fn is_atext(c: char) -> bool {
    c.is_ascii_alphanumeric()
        || "!#$%&'*+-/=?^_`{|}~".contains(c)
        || (!c.is_ascii() && !c.is_control() && !c.is_whitespace())
}

fn is_domain(domain: &str) -> bool {
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || !c.is_ascii())
            && !label.chars().any(|c| c.is_control() || c.is_whitespace())
    };
    domain.split('.').all(label)
}

/// `[127.0.0.1]`, `[IPv6:::1]`.
fn is_literal(domain: &str) -> bool {
    let Some(inner) = domain.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) else {
        return false;
    };
    match inner.strip_prefix("IPv6:") {
        Some(v6) => v6.parse::<std::net::Ipv6Addr>().is_ok(),
        None => inner.parse::<std::net::Ipv4Addr>().is_ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths() {
        for (address, good) in [
            ("ken@litwareinc.com", true),
            ("ken.myer+tag@litwareinc.com", true),
            ("jürgen@bücher.example", true),
            ("a@[127.0.0.1]", true),
            ("a@[IPv6:::1]", true),
            ("a@b", true),
            ("pepe", false),
            ("a@", false),
            ("@b", false),
            ("a@xn---", false),
            ("a b@c", false),
            ("a@b c", false),
            ("a@[300.0.0.1]", false),
            ("a..b@c", false),
            ("\"a b\"@c", false),
            ("a@b\u{7f}", false),
        ] {
            assert_eq!(is_path(address), good, "{address}");
        }
        assert!(!is_path(&format!("{}@b", "a".repeat(65))));
        assert!(!is_path(&format!("a@{}b", "bbbb.".repeat(60))));
    }

    #[test]
    fn lists_as_typed() {
        let found = parse_list("Ken <ken@a.test>, ann@b.test; \"Lee, Jo; x\" <jo@c.test>").unwrap();
        let shown: Vec<(Option<&str>, &str)> =
            found.iter().map(|a| (a.name.as_deref(), a.email.as_str())).collect();
        assert_eq!(
            shown,
            [(Some("Ken"), "ken@a.test"), (None, "ann@b.test"), (Some("Lee, Jo; x"), "jo@c.test")]
        );
        assert_eq!(parse_list("").unwrap(), []);
        assert!(parse_list("ken").is_err());
        assert!(parse_list("ken@a.test\r\nBcc: eve@x.test").is_err());
    }
}
