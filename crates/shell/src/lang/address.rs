//! Addresses as scripts take them apart: `[uri]`, `[mailaddress]`, `[ipaddress]`.

use std::net::IpAddr;

use super::object::Object;
use super::value::Value;

/// `[uri]'https://mail.litwareinc.com:444/owa?x=1'`: its parts, by .NET's names.
pub fn uri(text: &str) -> Value {
    Value::Object(uri_object(text))
}

pub(super) fn uri_object(text: &str) -> Object {
    let text = text.trim();
    let object = Object::new("System.Uri").shown_as(text).with("OriginalString", text);
    let Some((scheme, rest)) = text.split_once("://") else {
        return object.with("IsAbsoluteUri", false);
    };
    let at = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, rest) = rest.split_at(at);
    let (rest, fragment) = rest.find('#').map_or((rest, ""), |at| rest.split_at(at));
    let (path, query) = rest.find('?').map_or((rest, ""), |at| rest.split_at(at));
    let authority = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let (host, port) = match authority.rsplit_once(':') {
        // The colons of an IPv6 address are inside its brackets.
        Some((host, port)) if !port.contains(']') => (host, port.parse::<u16>().ok()),
        _ => (authority, None),
    };
    let scheme = scheme.to_ascii_lowercase();
    let usual = match scheme.as_str() {
        "https" => Some(443),
        "http" => Some(80),
        "ftp" => Some(21),
        _ => None,
    };
    let path = if path.is_empty() { "/" } else { path };
    object
        .with("AbsoluteUri", text)
        .with("Scheme", scheme)
        .with("Host", host.to_ascii_lowercase())
        .with("Authority", authority.to_ascii_lowercase())
        .with("Port", port.or(usual).map_or(-1, i64::from))
        .with("IsDefaultPort", port.is_none() || port == usual)
        .with("AbsolutePath", path)
        .with("LocalPath", path)
        .with("PathAndQuery", format!("{path}{query}"))
        .with("Query", query)
        .with("Fragment", fragment)
        .with("IsAbsoluteUri", true)
}

/// `[mailaddress]'Ken Myer <ken@litwareinc.com>'`; none if it is no address.
pub fn mail_address(text: &str) -> Option<Value> {
    let text = text.trim();
    let (name, address) = match text.strip_suffix('>').and_then(|text| text.rsplit_once('<')) {
        Some((name, address)) => (name.trim().trim_matches('"'), address.trim()),
        None => ("", text),
    };
    let (user, host) = address.rsplit_once('@')?;
    let is_plain = |part: &str| !part.is_empty() && !part.contains([' ', '<', '>', ',', '@']);
    if !is_plain(user) || !is_plain(host) {
        return None;
    }
    Some(Value::Object(
        Object::new("System.Net.Mail.MailAddress")
            .shown_as(text)
            .with("DisplayName", name)
            .with("User", user)
            .with("Host", host)
            .with("Address", address),
    ))
}

/// `[ipaddress]'10.0.0.1'`; none if it is no address.
pub fn ip_address(text: &str) -> Option<Value> {
    let address: IpAddr = text.trim().parse().ok()?;
    let family = if address.is_ipv4() { "InterNetwork" } else { "InterNetworkV6" };
    let shown = address.to_string();
    Some(Value::Object(
        Object::new("System.Net.IPAddress")
            .shown_as(&shown)
            .with("AddressFamily", family)
            .with("IPAddressToString", shown.as_str()),
    ))
}
