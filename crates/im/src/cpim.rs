//! Message/CPIM (RFC 3862): a wrapper that says who wrote to whom and when, around a MIME entity.
//!
//! Owns the grammar, both ways. A wrapper that is passed on is passed on byte for byte (RFC 3862
//! §2.2); what is printed here are wrappers of our own. What its headers mean is `content`'s and
//! `imdn`'s.

use std::borrow::Cow;
use std::fmt::Write as _;

use bytes::Bytes;

use crate::limits;

/// The media type.
pub const MEDIA_TYPE: &str = "message/cpim";
/// The namespace of RFC 3862's own headers (§4).
pub const HEADERS: &str = "urn:ietf:params:cpim-headers:";

/// One message header.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Header {
    /// URI of its namespace; empty if its prefix was not declared.
    pub namespace: String,
    /// Its name without the prefix.
    pub name: String,
    /// Its parameters as written, for example `;lang=fr`.
    pub params: String,
    /// Its value as written, escapes included.
    pub value: String,
}

/// A wrapper and what it holds.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Cpim {
    /// The message headers in order, `NS` left out.
    pub headers: Vec<Header>,
    /// The encapsulated MIME entity: its headers, a blank line, its content.
    pub entity: Bytes,
}

/// What is wrong with a wrapper.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Malformed(pub &'static str);

impl Cpim {
    /// Reads a body.
    ///
    /// Lines may also end in a bare LF, because clients print such; every other control character
    /// is refused, so that no reader sees other lines than we do.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn read(body: &Bytes) -> Result<Cpim, Malformed> {
        let mut headers = Vec::new();
        let mut namespaces = vec![(String::new(), HEADERS.to_owned())];
        let mut at = 0;
        loop {
            let rest = body.get(at..).unwrap_or_default();
            let end = rest.iter().position(|byte| *byte == b'\n');
            let end = end.ok_or(Malformed("The CPIM message has no content"))?;
            let line = rest.get(..end).unwrap_or_default();
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            at += end + 1;
            if line.is_empty() {
                break;
            }
            if headers.len() + namespaces.len() > limits::CPIM_HEADERS_MAX {
                return Err(Malformed("The CPIM message has too many headers"));
            }
            let line = std::str::from_utf8(line)
                .ok()
                .filter(|line| !line.contains(|it: char| it.is_ascii_control()))
                .ok_or(Malformed("A CPIM header has characters that it may not have"))?;
            read_header(line, &mut namespaces, &mut headers)?;
        }
        Ok(Cpim { headers, entity: body.slice(at..) })
    }

    /// The headers of this name, as written exactly (RFC 3862 §2.2), in this namespace.
    pub fn all<'a>(&'a self, namespace: &'a str, name: &'a str) -> impl Iterator<Item = &'a str> {
        let found = move |it: &&Header| it.name == name && it.namespace == namespace;
        self.headers.iter().filter(found).map(|it| it.value.as_str())
    }

    /// The first of them.
    pub fn first(&self, namespace: &str, name: &str) -> Option<&str> {
        let found = |it: &&Header| it.name == name && it.namespace == namespace;
        self.headers.iter().find(found).map(|it| it.value.as_str())
    }

    /// Prints it with prefixes of our own choice.
    pub fn print(&self) -> Bytes {
        let mut out = String::new();
        let mut namespaces = vec![(HEADERS, String::new())];
        for Header { namespace, name, params, value } in &self.headers {
            let known = namespaces.iter().find(|(known, _)| known == namespace);
            let prefix = match known {
                Some((_, prefix)) => prefix.clone(),
                // Its undeclared prefix is a part of its name.
                None if namespace.is_empty() => String::new(),
                None => {
                    let prefix = self.prefix(namespaces.len(), namespace);
                    let _ = write!(out, "NS: {prefix} <{namespace}>\r\n");
                    namespaces.push((namespace, format!("{prefix}.")));
                    format!("{prefix}.")
                }
            };
            let _ = write!(out, "{prefix}{name}:{params} {value}\r\n");
        }
        out.push_str("\r\n");
        let mut bytes = out.into_bytes();
        bytes.extend_from_slice(&self.entity);
        bytes.into()
    }

    /// A prefix that no undeclared one is taken for.
    fn prefix(&self, number: usize, namespace: &str) -> String {
        let is_taken = |prefix: &str| {
            let taken = |it: &Header| it.namespace.is_empty() && it.name.starts_with(prefix);
            self.headers.iter().any(taken)
        };
        // COMPAT(linphone 5.1): some readers look for the prefix that RFC 5438's examples have.
        if namespace == crate::imdn::HEADERS && !is_taken("imdn.") {
            return "imdn".to_owned();
        }
        let mut prefix = format!("n{number}");
        while is_taken(&format!("{prefix}.")) {
            prefix.push('n');
        }
        prefix
    }
}

impl Header {
    /// A header of a namespace, to be printed. Control characters of the value are escaped.
    pub fn new(namespace: &str, name: &str, value: &str) -> Header {
        Header {
            namespace: namespace.to_owned(),
            name: name.to_owned(),
            params: String::new(),
            value: escape(value).into_owned(),
        }
    }
}

fn read_header(
    line: &str,
    namespaces: &mut Vec<(String, String)>,
    headers: &mut Vec<Header>,
) -> Result<(), Malformed> {
    let error = Malformed("A CPIM header cannot be read");
    let (name, rest) = line.split_once(':').ok_or(error)?;
    let has_empty_part = name.split('.').any(str::is_empty);
    if has_empty_part || !name.chars().all(|it| is_name_char(it) || it == '.') {
        return Err(error);
    }
    // RFC 3862 §3.6: parameters end at the first blank; there is none in them.
    let (params, value) = match rest.strip_prefix(';') {
        Some(_) => rest.split_once(' ').unwrap_or((rest, "")),
        None => ("", rest),
    };
    let value = value.trim_matches(' ');
    let (prefix, name) = name.rsplit_once('.').unwrap_or(("", name));
    let namespace = namespaces.iter().rev().find(|(known, _)| known == prefix);
    let namespace = namespace.map_or("", |(_, uri)| uri);
    if name == "NS" && namespace == HEADERS {
        let (prefix, uri) = value.split_once('<').ok_or(error)?;
        let uri = uri.strip_suffix('>').filter(|uri| is_uri(uri)).ok_or(error)?;
        let prefix = prefix.trim_matches(' ');
        if !prefix.chars().all(is_name_char) {
            return Err(error);
        }
        namespaces.push((prefix.to_owned(), uri.to_owned()));
        return Ok(());
    }
    headers.push(Header {
        namespace: namespace.to_owned(),
        // What nobody declared keeps its prefix, so that it is not taken for something else.
        name: match namespace {
            "" if !prefix.is_empty() => format!("{prefix}.{name}"),
            _ => name.to_owned(),
        },
        params: params.to_owned(),
        value: value.to_owned(),
    });
    Ok(())
}

/// RFC 3862 §3.6: `NAMECHAR`.
fn is_name_char(character: char) -> bool {
    character.is_ascii_alphanumeric() || "!#$%&'*+-^_`|~".contains(character)
}

fn is_uri(text: &str) -> bool {
    !text.is_empty() && !text.contains(['<', '>', ' '])
}

/// The URI of `From` and `To` (RFC 3862 §4.1): what stands between the brackets, if everybody who
/// reads it must find the same.
pub fn uri_of(value: &str) -> Option<&str> {
    let (name, rest) = value.rsplit_once('<')?;
    let uri = rest.strip_suffix('>').filter(|uri| is_uri(uri))?;
    let name = name.trim_end_matches(' ');
    let is_name = match name.strip_prefix('"') {
        // Only a name in quotes may have brackets and quotes of its own.
        Some(quoted) => {
            let mut is_escaped = false;
            let end = quoted.bytes().position(|byte| {
                let ends = byte == b'"' && !is_escaped;
                is_escaped = byte == b'\\' && !is_escaped;
                ends
            });
            end.is_some_and(|end| end + 1 == quoted.len())
        }
        None => !name.contains(['<', '>', '"']),
    };
    is_name.then_some(uri)
}

/// RFC 3862 §2.3.1: what must be escaped in a value, which is every control character.
pub fn escape(value: &str) -> Cow<'_, str> {
    if !value.contains(|it: char| it.is_ascii_control() || it == '\\') {
        return Cow::Borrowed(value);
    }
    let mut out = String::with_capacity(value.len() + 8);
    for character in value.chars() {
        match character {
            '\\' => out.push_str("\\\\"),
            '\u{8}' => out.push_str("\\b"),
            '\t' => out.push_str("\\t"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            it if it.is_ascii_control() => {
                let _ = write!(out, "\\u{:04x}", u32::from(it));
            }
            it => out.push(it),
        }
    }
    Cow::Owned(out)
}

/// RFC 3862 §2.3.1: an unknown escape is the character after the backslash, and a backslash at
/// the end is nothing.
pub fn unescape(value: &str) -> Cow<'_, str> {
    if !value.contains('\\') {
        return Cow::Borrowed(value);
    }
    let mut out = String::with_capacity(value.len());
    let mut rest = value.chars();
    while let Some(character) = rest.next() {
        if character != '\\' {
            out.push(character);
            continue;
        }
        match rest.next() {
            Some('b') => out.push('\u{8}'),
            Some('t') => out.push('\t'),
            Some('n') => out.push('\n'),
            Some('r') => out.push('\r'),
            Some('u') => {
                let digits = rest.as_str().get(..4);
                let code = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok());
                match code.and_then(char::from_u32) {
                    Some(decoded) => {
                        out.push(decoded);
                        rest = rest.as_str().get(4..).unwrap_or_default().chars();
                    }
                    None => out.push('u'),
                }
            }
            Some(other) => out.push(other),
            None => {}
        }
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 3862 §5.1.
    const EXAMPLE: &str = "From: MR SANDERS <im:piglet@100akerwood.com>\r\n\
        To: Depressed Donkey <im:eeyore@100akerwood.com>\r\n\
        DateTime: 2000-12-13T13:40:00-08:00\r\n\
        Subject: the weather will be fine today\r\n\
        Subject:;lang=fr beau temps prevu pour aujourd'hui\r\n\
        NS: MyFeatures <mid:MessageFeatures@id.foo.com>\r\n\
        Require: MyFeatures.VitalMessageOption\r\n\
        MyFeatures.VitalMessageOption: Confirmation-requested\r\n\
        MyFeatures.WackyMessageOption: Use-silly-font\r\n\
        \r\n\
        Content-type: text/xml; charset=utf-8\r\n\
        Content-ID: <1234567890@foo.com>\r\n\
        \r\n\
        <body>\r\nHere is the text of my message.\r\n</body>";

    fn read(text: &str) -> Result<Cpim, Malformed> {
        Cpim::read(&Bytes::copy_from_slice(text.as_bytes()))
    }

    #[test]
    fn the_example_of_the_rfc_both_ways() {
        let cpim = read(EXAMPLE).unwrap();
        assert_eq!(cpim.first(HEADERS, "From").and_then(uri_of), Some("im:piglet@100akerwood.com"));
        assert_eq!(cpim.first(HEADERS, "DateTime"), Some("2000-12-13T13:40:00-08:00"));
        let subjects: Vec<_> = cpim.all(HEADERS, "Subject").collect();
        assert_eq!(
            subjects,
            ["the weather will be fine today", "beau temps prevu pour aujourd'hui"]
        );
        assert_eq!(cpim.headers[4].params, ";lang=fr");
        let features = "mid:MessageFeatures@id.foo.com";
        assert_eq!(cpim.first(features, "WackyMessageOption"), Some("Use-silly-font"));
        assert!(cpim.entity.starts_with(b"Content-type: text/xml"));
        assert_eq!(Cpim::read(&cpim.print()), Ok(cpim));
    }

    #[test]
    fn namespaces() {
        let with = |headers: &str| read(&format!("{headers}\r\n\r\nx")).map(|it| it.headers);
        let names = |headers: &str| {
            let named = |it: &Header| (it.namespace.clone(), it.name.clone());
            with(headers).map(|them| them.iter().map(named).collect::<Vec<_>>())
        };
        let one = |namespace: &str, name: &str| Ok(vec![(namespace.to_owned(), name.to_owned())]);
        // RFC 3862 §3.4: the prefix means nothing, a default may be set, the last one counts.
        assert_eq!(names("NS: acme <http://id/>\r\nacme.trap: set"), one("http://id/", "trap"));
        assert_eq!(names("NS: w <http://id/>\r\nw.trap: set"), one("http://id/", "trap"));
        assert_eq!(names("NS: <http://id/>\r\ntrap: set"), one("http://id/", "trap"));
        assert_eq!(names("NS: a <x:1>\r\nNS: a <x:2>\r\na.b: c"), one("x:2", "b"));
        assert_eq!(names("a.b: c\r\nNS: a <x:1>"), one("", "a.b"), "before it was declared");
        assert_eq!(names("from: <im:a@b>"), one(HEADERS, "from"), "the case counts");
    }

    #[test]
    fn what_is_no_wrapper() {
        let many = "A: b\r\n".repeat(limits::CPIM_HEADERS_MAX + 1);
        for bad in [
            "",
            "From: <im:a@b>",
            "From: <im:a@b>\r\n",
            "From <im:a@b>\r\n\r\n",
            ": x\r\n\r\n",
            ".From: x\r\n\r\n",
            "a..b: x\r\n\r\n",
            "Fr om: x\r\n\r\n",
            " folded: x\r\n\r\n",
            "A: b\r\n continued\r\n\r\n",
            "A: b\rFrom: c\r\n\r\n",
            "A: b\u{0}\r\n\r\n",
            "NS: a\r\n\r\n",
            "NS: a <>\r\n\r\n",
            "NS: a b <x:1>\r\n\r\n",
            &format!("{many}\r\n"),
        ] {
            assert!(read(bad).is_err(), "{bad:?}");
        }
        assert!(Cpim::read(&Bytes::from_static(b"A: \xff\r\n\r\n")).is_err());
        // Clients that end lines in LF only, write no blank after the colon, or more than one.
        for good in ["A:b\n\nx", "A:   b  \r\n\r\nx", "A:\r\n\r\nx", "\r\nx"] {
            assert!(read(good).is_ok(), "{good:?}");
        }
    }

    #[test]
    fn addresses() {
        for (value, expected) in [
            ("Winnie the Pooh <im:pooh@100akerwood.com>", Some("im:pooh@100akerwood.com")),
            ("<sip:a@b>", Some("sip:a@b")),
            ("\"a <sip:c@d>\" <sip:a@b>", Some("sip:a@b")),
            ("<sip:c@d> <sip:a@b>", None),
            ("\"x\" <sip:c@d> <sip:a@b>", None),
            ("\"x\" <sip:c@d> \"y\" <sip:a@b>", None),
            ("\"x\\\" <sip:c@d> \\\\\" <sip:a@b>", Some("sip:a@b")),
            ("sip:a@b", None),
            ("<sip:a@b>;x", None),
            ("<sip:a b>", None),
            ("<>", None),
            ("", None),
        ] {
            assert_eq!(uri_of(value), expected, "{value}");
        }
    }

    #[test]
    fn escapes() {
        for (escaped, plain) in [
            ("a", "a"),
            ("\\\\", "\\"),
            ("a\\nb\\tc\\r\\b", "a\nb\tc\r\u{8}"),
            ("\\u0007\\u007f", "\u{7}\u{7f}"),
        ] {
            assert_eq!(unescape(escaped), plain);
            assert_eq!(escape(plain), escaped);
        }
        for (odd, plain) in [
            ("\\x", "x"),
            ("\\\"q\\\"", "\"q\""),
            ("a\\", "a"),
            ("\\u12", "u12"),
            ("\\ud800", "ud800"),
        ] {
            assert_eq!(unescape(odd), plain, "{odd}");
        }
        assert_eq!(unescape("\\u20ac\\u00e9"), "€é");
        let header = Header::new(HEADERS, "Subject", "a\r\nFrom: <im:x@y>");
        assert_eq!(header.value, "a\\r\\nFrom: <im:x@y>");
    }
}
