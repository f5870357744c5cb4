//! Which document a path names, and which part of it (RFC 4825 §6).

use super::selector::{Bindings, Selector};
use super::usage::Usage;
use crate::aor::Aor;
use crate::limits;

/// Whose a document is.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Place {
    Global,
    Home(Aor),
}

/// What a URI names.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Target {
    pub(super) usage: Usage,
    pub(super) place: Place,
    pub(super) document: String,
    pub(super) selector: Option<Selector>,
}

impl Target {
    /// Reads what comes after the root, and the query. None: there can be nothing of that name.
    pub(super) fn read(path: &str, query: &str) -> Option<Self> {
        if path.len() + query.len() > limits::XCAP_URI_BYTES_MAX {
            return None;
        }
        let (document, selector) = split(path);
        let mut segments = Vec::new();
        for segment in document.trim_end_matches('/').split('/') {
            segments.push(decoded(segment)?);
        }
        let mut segments = segments.iter().map(String::as_str);
        let usage = Usage::of(segments.next()?)?;
        let place = match segments.next()? {
            "global" => Place::Global,
            // RFC 4825 §6.2: the address of record; some leave its scheme out.
            "users" => {
                let user = segments.next()?;
                let home = Aor::parse(user).or_else(|| Aor::parse(&format!("sip:{user}")));
                Place::Home(home?)
            }
            _ => return None,
        };
        let document = segments.next().filter(|name| is_name(name))?.to_owned();
        if segments.next().is_some() {
            return None;
        }
        let selector = match selector {
            None => None,
            Some(selector) => {
                let bindings = Bindings::read(usage.namespace(), &decoded(query)?)?;
                Some(Selector::read(&decoded(selector)?, &bindings)?)
            }
        };
        Some(Self { usage, place, document, selector })
    }
}

fn is_name(name: &str) -> bool {
    (1..=limits::XCAP_NAME_BYTES_MAX).contains(&name.len())
        && !name.starts_with('.')
        && name.chars().all(|it| !it.is_control() && it != '/')
}

/// At the first segment `~~`, which may be written `%7E%7E`.
fn split(path: &str) -> (&str, Option<&str>) {
    let mut at = 0;
    for segment in path.split('/') {
        if decoded(segment).as_deref() == Some("~~") {
            let before = path.get(..at).unwrap_or(path);
            let after = path.get(at + segment.len()..).unwrap_or_default();
            return (before, Some(after.strip_prefix('/').unwrap_or(after)));
        }
        at += segment.len() + 1;
    }
    (path, None)
}

/// Undoes percent-encoding; what is no UTF-8 then is nothing.
pub(super) fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((byte, after)) = rest.split_first() {
        rest = after;
        if *byte != b'%' {
            bytes.push(*byte);
            continue;
        }
        let (digits, after) = rest.split_at_checked(2)?;
        let digits = std::str::from_utf8(digits).ok()?;
        if !digits.bytes().all(|it| it.is_ascii_hexdigit()) {
            return None;
        }
        bytes.push(u8::from_str_radix(digits, 16).ok()?);
        rest = after;
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths() {
        let home = "resource-lists/users/sip:joe@example.com/index";
        let read = |path: &str| Target::read(path, "");
        let plain = read(home).unwrap();
        assert_eq!((plain.usage, plain.document.as_str()), (Usage::ResourceLists, "index"));
        assert_eq!(plain.place, Place::Home(Aor::parse("sip:joe@example.com").unwrap()));
        for same in [
            "resource-lists/users/sip%3Ajoe%40example.com/index",
            "resource-lists/users/joe@example.com/index",
            "resource-lists/users/sip:Joe@Example.com/index/",
        ] {
            assert_eq!(read(same).unwrap(), plain, "{same}");
        }
        let part = "/~~/resource-lists/list%5b@name=%22l1%22%5d/entry%5b1%5d/@uri";
        let part = read(&format!("{home}{part}")).unwrap().selector.unwrap();
        assert_eq!(part.steps.len(), 3);
        assert!(part.terminal.is_some());
        assert!(read(&format!("{home}/%7E%7E/resource-lists")).unwrap().selector.is_some());
        assert_eq!(read("xcap-caps/global/index").unwrap().place, Place::Global);
        for none in [
            "",
            "nothing/global/index",
            "resource-lists",
            "resource-lists/users",
            "resource-lists/users/index",
            "resource-lists/users/sip:joe@example.com",
            "resource-lists/users/sip:joe@example.com/a/b",
            "resource-lists/users/sip:joe@example.com/..",
            "resource-lists/users/sip:joe@example.com/a%2Fb",
            "resource-lists/users/sip:joe@example.com/a%00",
            "resource-lists/users/sip:joe@example.com/%ff",
            "resource-lists/users/sip:joe@example.com/%+1",
            "resource-lists/others/index",
            "resource-lists/users/sip:joe@example.com/index/~~",
            "resource-lists/users/sip:joe@example.com/index/~~/",
        ] {
            assert_eq!(read(none), None, "{none}");
        }
        assert_eq!(read(&format!("{home}/~~/{}", "a/".repeat(limits::XCAP_URI_BYTES_MAX))), None);
    }
}
