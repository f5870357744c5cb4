//! The list that a SUBSCRIBE brings along (RFC 5367): a document of type
//! `application/resource-lists+xml` (RFC 4826 §3), flattened.

use crate::error::Error;
use crate::limits;
use crate::xml;

/// The media type.
pub(crate) const MEDIA_TYPE: &str = "application/resource-lists+xml";
const NAMESPACE: &str = "urn:ietf:params:xml:ns:resource-lists";

/// One of those a list names.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Entry {
    /// The URI as it is written: what the watcher is told about it by.
    pub uri: String,
    /// The name the watcher gave it.
    pub name: Option<String>,
}

/// Reads a list; each URI once, in the order in which they stand. References to lists elsewhere
/// are left out: a request brings its whole list along (RFC 5367 §4.1).
pub(crate) fn read(body: &[u8]) -> Result<Vec<Entry>, Error> {
    let refused = Error::Malformed("The list cannot be read");
    if body.len() > limits::LIST_BYTES_MAX {
        return Err(Error::TooLarge);
    }
    let text = std::str::from_utf8(body).map_err(|_| refused.clone())?;
    let document = xml::parse(text, limits::LIST_NODES_MAX).map_err(|_| refused.clone())?;
    if !document.root_element().has_tag_name((NAMESPACE, "resource-lists")) {
        return Err(refused);
    }
    let mut entries: Vec<Entry> = Vec::new();
    let mut seen = std::collections::HashSet::new();
    for node in document.descendants().filter(|node| node.has_tag_name((NAMESPACE, "entry"))) {
        let Some(uri) = node.attribute("uri").map(str::trim).filter(|uri| !uri.is_empty()) else {
            return Err(refused);
        };
        if !seen.insert(uri) {
            continue;
        }
        if entries.len() >= limits::LIST_MEMBERS_MAX {
            return Err(Error::TooLarge);
        }
        let name = node.children().find(|child| child.has_tag_name((NAMESPACE, "display-name")));
        let name = name.and_then(|name| name.text()).map(|name| name.trim().to_owned());
        entries.push(Entry { uri: uri.to_owned(), name });
    }
    Ok(entries)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nested_lists_are_flattened_and_nobody_is_named_twice() {
        // RFC 4826 §3.2, shortened.
        let body = br#"<?xml version="1.0" encoding="UTF-8"?>
            <resource-lists xmlns="urn:ietf:params:xml:ns:resource-lists">
             <list name="friends">
              <entry uri="sip:bill@example.com"><display-name> Bill Doe </display-name></entry>
              <entry-ref ref="resource-lists/users/sip:bill@example.com/index/~~/list"/>
              <list name="close-friends">
               <entry uri="sip:joe@example.com"/><entry uri="sip:bill@example.com"/>
               <external anchor="http://xcap.example.org/x"/>
              </list>
             </list>
            </resource-lists>"#;
        let entries = read(body).unwrap();
        let flat: Vec<_> = entries.iter().map(|it| (it.uri.as_str(), it.name.as_deref())).collect();
        assert_eq!(
            flat,
            [("sip:bill@example.com", Some("Bill Doe")), ("sip:joe@example.com", None)]
        );
    }

    #[test]
    fn what_is_no_list_is_refused() {
        let list = |inner: &str| {
            format!("<resource-lists xmlns=\"{NAMESPACE}\"><list>{inner}</list></resource-lists>")
        };
        assert_eq!(read(list("").as_bytes()), Ok(Vec::new()));
        let entries = |count: usize| {
            list(&(0..count).map(|n| format!("<entry uri=\"sip:{n}@h\"/>")).collect::<String>())
        };
        assert_eq!(
            read(entries(limits::LIST_MEMBERS_MAX).as_bytes()).unwrap().len(),
            limits::LIST_MEMBERS_MAX
        );
        let many = entries(limits::LIST_MEMBERS_MAX + 1);
        let large = list(&" ".repeat(limits::LIST_BYTES_MAX));
        for (body, error) in [
            (many.as_str(), Error::TooLarge),
            (&large, Error::TooLarge),
            ("", Error::Malformed("The list cannot be read")),
            ("<list/>", Error::Malformed("The list cannot be read")),
            (&list("<entry/>"), Error::Malformed("The list cannot be read")),
            (
                "<!DOCTYPE x [<!ENTITY a \"b\">]><resource-lists/>",
                Error::Malformed("The list cannot be read"),
            ),
        ] {
            assert_eq!(read(body.as_bytes()), Err(error), "{body:.60}");
        }
        assert!(read(&[0xff, 0xfe]).is_err());
    }
}
