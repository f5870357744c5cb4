//! Parts of addresses, as scripts ask for them: `PrimarySmtpAddress.Domain`,
//! `EmailAddresses[0].PrefixString`. An address is a text here; it has the parts of Exchange's
//! `SmtpAddress` and `ProxyAddress` besides.

use super::value::Value;

/// What a proxy address has, in Exchange's order.
const PROXY: [&str; 6] = [
    "SmtpAddress",
    "AddressString",
    "ProxyAddressString",
    "Prefix",
    "IsPrimaryAddress",
    "PrefixString",
];

/// A part of an address; none if the text is no address, or has no such part.
pub fn part(text: &str, lower: &str) -> Option<Value> {
    let found = match lower {
        "local" => bare(text)?.0,
        "domain" => bare(text)?.1,
        "isvalidaddress" => return bare(text).map(|_| Value::Bool(true)),
        "prefixstring" => proxy(text)?.0,
        "prefix" => return proxy(text).map(|(prefix, _)| Value::from(prefix.to_uppercase())),
        "addressstring" => proxy(text)?.1,
        "smtpaddress" => proxy(text).filter(|(prefix, _)| prefix.eq_ignore_ascii_case("smtp"))?.1,
        "proxyaddressstring" => proxy(text).map(|_| text)?,
        "isprimaryaddress" => {
            let (prefix, _) = proxy(text)?;
            return Some(Value::Bool(!prefix.contains(|c: char| c.is_ascii_lowercase())));
        }
        _ => return None,
    };
    Some(Value::from(found))
}

/// The names of a proxy address's parts; none if the text is no proxy address.
pub fn names(text: &str) -> &'static [&'static str] {
    match proxy(text) {
        Some(_) => &PROXY,
        None => &[],
    }
}

/// `user@domain`
fn bare(text: &str) -> Option<(&str, &str)> {
    let (local, domain) = text.rsplit_once('@')?;
    let is_plain = |part: &str| !part.is_empty() && !part.contains([' ', '<', '>', ',', ';', ':']);
    (is_plain(local) && is_plain(domain)).then_some((local, domain))
}

/// `smtp:user@domain`, `SIP:…`, `x500:…`
fn proxy(text: &str) -> Option<(&str, &str)> {
    let (prefix, rest) = text.split_once(':')?;
    // A drive has one letter, and what begins with slashes is a place in the web.
    let is_prefix =
        (2..=12).contains(&prefix.len()) && prefix.bytes().all(|byte| byte.is_ascii_alphanumeric());
    (is_prefix && !rest.is_empty() && !rest.starts_with("//")).then_some((prefix, rest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lang::text::to_text;

    #[test]
    fn parts_of_addresses() {
        for (text, name, expected) in [
            ("ken@litwareinc.com", "domain", Some("litwareinc.com")),
            ("ken@litwareinc.com", "local", Some("ken")),
            ("SMTP:ken@litwareinc.com", "prefixstring", Some("SMTP")),
            ("smtp:ken@litwareinc.com", "prefix", Some("SMTP")),
            ("smtp:ken@litwareinc.com", "smtpaddress", Some("ken@litwareinc.com")),
            ("sip:ken@litwareinc.com", "smtpaddress", None),
            ("sip:ken@litwareinc.com", "addressstring", Some("ken@litwareinc.com")),
            ("SMTP:ken@litwareinc.com", "isprimaryaddress", Some("True")),
            ("smtp:ken@litwareinc.com", "isprimaryaddress", Some("False")),
            ("ken@litwareinc.com", "prefixstring", None),
            ("C:\\x", "prefixstring", None),
            ("https://a", "prefixstring", None),
            ("Ken Myer", "domain", None),
            ("@", "domain", None),
        ] {
            let found = part(text, name).map(|value| to_text(&value));
            assert_eq!(found.as_deref(), expected, "{text} {name}");
        }
    }
}
