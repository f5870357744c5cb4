//! What a list's watcher is sent (RFC 4662 §5): a `multipart/related` body whose root lists the
//! resources (`application/rlmi+xml`) and whose other parts are their documents.

use std::fmt::Write as _;

use bytes::{BufMut as _, Bytes, BytesMut};

use super::{Member, State};
use crate::presence::pidf::{self, Escaped};

/// RFC 4662 §10.
const NAMESPACE: &str = "urn:ietf:params:xml:ns:rlmi";
/// The boundary before which a word that nobody else knows stands: no document can hold it.
const DASHES: &str = "--";

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
        part(&mut body, word, "application/rlmi+xml", "list", root.as_bytes());
        for (number, document) in documents {
            part(&mut body, word, pidf::MEDIA_TYPE, &number.to_string(), document);
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
}

fn part(body: &mut BytesMut, word: &str, content_type: &str, id: &str, content: &[u8]) {
    let id = if id == "list" { word.to_owned() } else { format!("{id}.{word}") };
    put(body, &[DASHES, word, "\r\nContent-Transfer-Encoding: binary\r\nContent-ID: <", &id]);
    put(body, &["@list>\r\nContent-Type: ", content_type, ";charset=\"UTF-8\"\r\n\r\n"]);
    body.put_slice(content);
    body.put_slice(b"\r\n");
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
        let shown = Shown { uri: "sip:rls@x", version: 3, is_full: true, members, word: "w0rd" };
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
    }
}
