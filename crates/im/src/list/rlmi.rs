//! What a list's watcher is sent (RFC 4662 §5): a `multipart/related` body whose root lists the
//! resources (`application/rlmi+xml`) and whose other parts are their documents.

use std::fmt::Write as _;

use bytes::{BufMut as _, Bytes, BytesMut};
use sip::{Message, Name};

use super::{Member, State};
use crate::presence::pidf::{self, Escaped};

/// RFC 4662 §10.
const NAMESPACE: &str = "urn:ietf:params:xml:ns:rlmi";
/// The boundary before which a word that nobody else knows stands: no document can hold it.
const DASHES: &str = "--";

/// How a list is written for its watcher.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Dialect {
    /// As the standards have it.
    Standard,
    /// As Linphone reads it.
    // COMPAT(linphone 5.1): it looks at a NOTIFY only if its event is written `Presence`. Then it
    // compares the value of a header spelled `Content-Id` with the `cid` of RFC 4662 §5.5 and
    // knows no angle brackets (RFC 2045 §7), so it finds no part that is named rightly.
    Linphone,
}

impl Dialect {
    /// What the sender of a SUBSCRIBE understands.
    pub(crate) fn of(request: &Message) -> Self {
        let product = request.header(Name::UserAgent).unwrap_or_default().to_ascii_lowercase();
        let is_linphone = ["linphone", "belle-sip"].iter().any(|word| product.contains(word));
        if is_linphone { Self::Linphone } else { Self::Standard }
    }
}

/// What is printed about a list.
pub(crate) struct Shown<'a> {
    /// The list's URI.
    pub(crate) uri: &'a str,
    /// How many NOTIFYs went before in this dialog.
    pub(crate) version: u32,
    /// Whether all resources are listed, not only those that changed.
    pub(crate) is_full: bool,
    /// Those that are listed, with their numbers.
    pub(crate) members: Vec<(usize, &'a Member)>,
    /// A word that nobody can guess.
    pub(crate) word: &'a str,
    /// How it is written.
    pub(crate) dialect: Dialect,
}

impl Shown<'_> {
    /// The Content-Type, and the body.
    pub(crate) fn print(&self) -> (String, Bytes) {
        let word = self.word;
        // COMPAT(linphone 5.1): it takes quotes for a part of the boundary.
        let content_type = format!(
            "multipart/related;type=\"application/rlmi+xml\";start=\"<{word}@list>\";\
             boundary={word}"
        );
        let root = self.root();
        let documents = self.members.iter().filter_map(|(number, member)| match &member.state {
            State::Active(document) => Some((*number, document)),
            _ => None,
        });
        let mut body = BytesMut::with_capacity(root.len() + self.members.len() * 900);
        self.part(&mut body, "application/rlmi+xml", word, root.as_bytes());
        for (number, document) in documents {
            self.part(&mut body, pidf::MEDIA_TYPE, &format!("{number}.{word}"), document);
        }
        put(&mut body, &[DASHES, word, DASHES, "\r\n"]);
        (content_type, body.freeze())
    }

    fn root(&self) -> String {
        let Self { uri, version, is_full, word, .. } = self;
        let mut xml = String::with_capacity(200 + self.members.len() * 120);
        let _ = write!(
            xml,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n<list xmlns=\"{NAMESPACE}\" uri=\"{}\" \
             version=\"{version}\" fullState=\"{is_full}\">\r\n",
            Escaped(uri)
        );
        for (number, member) in &self.members {
            let _ = write!(xml, "<resource uri=\"{}\">", Escaped(&member.entry.uri));
            if let Some(name) = &member.entry.name {
                let _ = write!(xml, "<name>{}</name>", Escaped(name));
            }
            let _ = match &member.state {
                State::Active(_) => write!(
                    xml,
                    "<instance id=\"{number}\" state=\"active\" cid=\"{number}.{word}@list\"/>"
                ),
                State::Pending => write!(xml, "<instance id=\"{number}\" state=\"pending\"/>"),
                State::Nobody => write!(
                    xml,
                    "<instance id=\"{number}\" state=\"terminated\" reason=\"noresource\"/>"
                ),
            };
            xml.push_str("</resource>\r\n");
        }
        xml.push_str("</list>\r\n");
        xml
    }

    fn part(&self, body: &mut BytesMut, content_type: &str, id: &str, content: &[u8]) {
        let (name, open, close) = match self.dialect {
            Dialect::Standard => ("Content-ID", "<", ">"),
            Dialect::Linphone => ("Content-Id", "", ""),
        };
        put(body, &[DASHES, self.word, "\r\nContent-Transfer-Encoding: binary\r\n"]);
        put(body, &[name, ": ", open, id, "@list", close, "\r\n"]);
        put(body, &["Content-Type: ", content_type, ";charset=\"UTF-8\"\r\n\r\n"]);
        body.put_slice(content);
        body.put_slice(b"\r\n");
    }
}

fn put(body: &mut BytesMut, words: &[&str]) {
    words.iter().for_each(|word| body.put_slice(word.as_bytes()));
}

#[cfg(test)]
mod tests {
    use super::super::resource_lists::Entry;
    use super::*;

    #[test]
    fn resources_and_their_documents() {
        let member = |uri: &str, name: Option<&str>, state| Member {
            entry: Entry { uri: uri.to_owned(), name: name.map(str::to_owned) },
            aor: None,
            state,
            is_changed: false,
        };
        let bill = member("sip:bill@x", Some("Bill & <co>"), State::Active("<presence/>".into()));
        let (joe, ann) =
            (member("sip:joe@x", None, State::Nobody), member("sip:ann@x", None, State::Pending));
        let members = vec![(0, &bill), (1, &joe), (2, &ann)];
        let dialect = Dialect::Standard;
        let shown =
            Shown { uri: "sip:rls@x", version: 3, is_full: true, members, word: "w0rd", dialect };
        let (content_type, body) = shown.print();
        assert!(content_type.ends_with("start=\"<w0rd@list>\";boundary=w0rd"), "{content_type}");
        let body = String::from_utf8(body.to_vec()).unwrap();
        let parts: Vec<&str> = body.split("--w0rd").collect();
        assert_eq!(parts.len(), 4, "{body}");
        assert!(parts[1].contains("Content-ID: <w0rd@list>\r\n"));
        assert!(parts[1].contains("version=\"3\" fullState=\"true\""));
        assert!(parts[1].contains(
            "<resource uri=\"sip:bill@x\"><name>Bill &amp; &lt;co&gt;</name>\
             <instance id=\"0\" state=\"active\" cid=\"0.w0rd@list\"/></resource>"
        ));
        assert!(
            parts[1].contains("<instance id=\"1\" state=\"terminated\" reason=\"noresource\"/>")
        );
        assert!(parts[1].contains("<instance id=\"2\" state=\"pending\"/>"));
        assert!(parts[2].contains("Content-ID: <0.w0rd@list>"));
        assert!(parts[2].ends_with("\r\n\r\n<presence/>\r\n"));
        assert_eq!(parts[3], "--\r\n");
        let xml = parts[1].split_once("\r\n\r\n").unwrap().1.trim();
        assert!(roxmltree::Document::parse(xml).is_ok(), "{xml}");
        let (_, body) = Shown { dialect: Dialect::Linphone, ..shown }.print();
        let body = String::from_utf8(body.to_vec()).unwrap();
        assert!(body.contains("Content-Id: 0.w0rd@list\r\n"), "{body}");
        assert!(!body.contains("Content-ID"), "{body}");
    }
}
