//! A message under construction.
//!
//! Owns: `Draft`: start line, headers in order, body; printing. No value can begin a line of its
//! own, whoever wrote it. Does not: add Via, Max-Forwards (the stack does when it sends).
//! Read next: `stack`.

use std::borrow::Cow;

use bytes::{BufMut, Bytes, BytesMut};

use super::fields::{FieldName, Fields};
use super::{Message, Method, Name, Uri, header, reason_phrase, scan};

/// What the values of a message usually take.
const VALUES_BYTES: usize = 600;
/// What the start line and Content-Length usually take.
const START_BYTES: usize = 160;

/// A message to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    start: Start,
    fields: Fields,
    body: Bytes,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Start {
    Request { method: Method, uri: String },
    Response { status: u16, reason: Cow<'static, str> },
}

impl Draft {
    /// A request to `uri`. The stack adds Via and Max-Forwards when it is sent; the caller owes
    /// From, To, Call-ID and CSeq (a [`crate::Dialog`] writes them itself).
    #[must_use]
    pub fn request(method: Method, uri: &Uri) -> Draft {
        Draft::request_to(method, uri.to_string())
    }

    /// As [`Draft::request`], to a URI as it is printed.
    pub(crate) fn request_to(method: Method, uri: String) -> Draft {
        let (method, uri) = (one_token(method), one_word(uri));
        let fields = Fields::with_capacity(VALUES_BYTES);
        Draft { start: Start::Request { method, uri }, fields, body: Bytes::new() }
    }

    /// A response to `to` with the standard reason: Via, From, To, Call-ID and CSeq are copied
    /// (RFC 3261 §8.2.6.2), Timestamp into a 100, and Record-Route where a dialog may begin
    /// (§12.1.1).
    #[must_use]
    pub fn response(to: &Message, status: u16) -> Draft {
        let mut fields = Fields::with_capacity(VALUES_BYTES);
        for (known, _, value) in to.known_lines() {
            let Some(name) = known else { continue };
            let copied = match name {
                Name::Via | Name::From | Name::To | Name::CallId | Name::CSeq => true,
                Name::Timestamp => status == 100,
                Name::RecordRoute => (101..300).contains(&status),
                _ => false,
            };
            let again = name != Name::Via && name != Name::RecordRoute;
            if copied && !(again && fields.get_all(name).next().is_some()) {
                fields.push_copy(FieldName::Known(name), value);
            }
        }
        let reason = reason_phrase(status).into();
        Draft { start: Start::Response { status, reason }, fields, body: Bytes::new() }
    }

    /// A copy of a received message, to be changed and passed on.
    #[must_use]
    pub fn copy_of(message: &Message) -> Draft {
        let start = match (message.method(), message.status()) {
            (Some(method), _) => {
                let uri = message.request_uri_text().unwrap_or("").to_owned();
                Start::Request { method, uri }
            }
            (None, status) => Start::Response {
                status: status.unwrap_or(500),
                reason: message.reason().unwrap_or("").to_owned().into(),
            },
        };
        let lines = message.known_lines().filter(|(known, ..)| *known != Some(Name::ContentLength));
        let mut fields = Fields::with_capacity(message.head_bytes() + VALUES_BYTES / 2);
        for (known, name, value) in lines {
            let name = known.map_or_else(|| FieldName::Copied(name.into()), FieldName::Known);
            fields.push_copy(name, value);
        }
        Draft { start, fields, body: message.body() }
    }

    /// With one more header line at the end. CR, LF and control characters in the value become
    /// blanks. Content-Length is written by [`Draft::print`] alone and ignored here.
    #[must_use]
    pub fn with(mut self, name: Name, value: impl AsRef<str>) -> Draft {
        self.fields.push(name, value.as_ref());
        self
    }

    /// As [`Draft::with`], if there is a value.
    #[must_use]
    pub fn with_some(self, name: Name, value: Option<impl AsRef<str>>) -> Draft {
        match value {
            Some(value) => self.with(name, value),
            None => self,
        }
    }

    /// With one more header line before the first of the same name, or before all others.
    #[must_use]
    pub fn with_first(mut self, name: Name, value: impl AsRef<str>) -> Draft {
        self.fields.push_first(name, value.as_ref());
        self
    }

    /// With `value` in place of all lines of that name, where the first stood, or at the end.
    #[must_use]
    pub fn replace(mut self, name: Name, value: impl AsRef<str>) -> Draft {
        self.fields.replace(name, value.as_ref());
        self
    }

    /// Without any line of that name.
    #[must_use]
    pub fn without(mut self, name: Name) -> Draft {
        self.fields.remove(name);
        self
    }

    /// Without the first value of that name: a proxy takes its own Via or Route away. A line that
    /// is a list keeps its other values.
    #[must_use]
    pub fn without_first(mut self, name: Name) -> Draft {
        let is_list = matches!(name, Name::Via | Name::Route | Name::RecordRoute | Name::Path);
        self.fields.change_first(name, |value| {
            let first = scan::split_list(value).next().filter(|_| is_list)?;
            let rest = value.trim_start_matches([' ', '\t']).get(first.len()..)?;
            let rest = rest.split_once(',')?.1.trim_matches([' ', '\t']);
            (!rest.is_empty()).then(|| rest.to_owned())
        });
        self
    }

    /// With `change` applied to the first value of the topmost Via, if it wants a change.
    pub(crate) fn change_top_via(&mut self, change: impl Fn(&str) -> Option<String>) {
        let Some(line) = self.header(Name::Via) else { return };
        let first = scan::split_list(line).next().unwrap_or("");
        let Some(mut changed) = change(first) else { return };
        changed.push_str(line.trim_start_matches([' ', '\t']).get(first.len()..).unwrap_or(""));
        self.fields.change_first(Name::Via, |_| Some(changed));
    }

    /// With this tag on To, unless To has one (RFC 3261 §8.2.6.2).
    #[must_use]
    pub fn to_tag(mut self, tag: &str) -> Draft {
        if self.header(Name::To).is_some_and(|to| header::name_addr::tag(to).is_none()) {
            self.fields.extend_first(Name::To, &[";tag=", tag]);
        }
        self
    }

    /// With another reason phrase.
    #[must_use]
    pub fn reason(mut self, phrase: &str) -> Draft {
        if let Start::Response { reason, .. } = &mut self.start {
            let mut line = String::with_capacity(phrase.len());
            scan::push_one_line(&mut line, phrase);
            *reason = line.into();
        }
        self
    }

    /// With another Request-URI.
    #[must_use]
    pub fn to_uri(mut self, to: &Uri) -> Draft {
        if let Start::Request { uri, .. } = &mut self.start {
            *uri = one_word(to.to_string());
        }
        self
    }

    /// With a body in place of any other.
    #[must_use]
    pub fn body(self, content_type: &str, body: impl Into<Bytes>) -> Draft {
        let mut draft = self.replace(Name::ContentType, content_type);
        draft.body = body.into();
        draft
    }

    /// The method of a request.
    #[must_use]
    pub fn method(&self) -> Option<&Method> {
        match &self.start {
            Start::Request { method, .. } => Some(method),
            Start::Response { .. } => None,
        }
    }

    /// The Request-URI of a request.
    #[must_use]
    pub fn uri(&self) -> Option<&str> {
        match &self.start {
            Start::Request { uri, .. } => Some(uri),
            Start::Response { .. } => None,
        }
    }

    /// The status of a response.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        match &self.start {
            Start::Request { .. } => None,
            Start::Response { status, .. } => Some(*status),
        }
    }

    /// The value of the first line named `name`.
    #[must_use]
    pub fn header(&self, name: Name) -> Option<&str> {
        self.headers(name).next()
    }

    /// The values of all lines named `name`.
    pub fn headers(&self, name: Name) -> impl Iterator<Item = &str> {
        self.fields.get_all(name)
    }

    /// The body so far.
    #[must_use]
    pub fn body_bytes(&self) -> &Bytes {
        &self.body
    }

    /// The bytes to send. Content-Length is always written and always right.
    #[must_use]
    pub fn print(&self) -> Bytes {
        let bytes = self.fields.bytes() + self.body.len() + START_BYTES;
        let mut out = BytesMut::with_capacity(bytes);
        match &self.start {
            Start::Request { method, uri } => {
                put(&mut out, &[method.as_str(), " ", uri, " SIP/2.0\r\n"]);
            }
            Start::Response { status, reason } => {
                put(&mut out, &["SIP/2.0 ", &status.to_string(), " ", reason, "\r\n"]);
            }
        }
        for (name, value) in self.fields.iter() {
            put(&mut out, &[name, ": ", value, "\r\n"]);
        }
        put(&mut out, &["Content-Length: ", &self.body.len().to_string(), "\r\n\r\n"]);
        out.put_slice(&self.body);
        out.freeze()
    }
}

/// A method of our own making may not hold what ends a token.
fn one_token(method: Method) -> Method {
    match method {
        Method::Other(token) if !scan::is_token(&token) => {
            let kept = token.bytes().filter(|b| scan::is_token_byte(*b)).map(char::from);
            Method::Other(kept.collect::<String>().into())
        }
        method => method,
    }
}

/// A `Uri` that was parsed is one word; one whose fields were written by hand may not be.
fn one_word(mut uri: String) -> String {
    uri.retain(|c| !c.is_ascii_control() && c != ' ');
    uri
}

fn put(out: &mut BytesMut, parts: &[&str]) {
    parts.iter().for_each(|part| out.put_slice(part.as_bytes()));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft() -> Draft {
        let uri = Uri::parse("sip:b@c").unwrap();
        Draft::request(Method::Message, &uri).with(Name::Via, "SIP/2.0/TLS a, SIP/2.0/TLS b")
    }

    fn lines(draft: &Draft) -> Vec<String> {
        draft.fields.iter().map(|(name, value)| format!("{name}: {value}")).collect()
    }

    #[test]
    fn lines_are_put_where_they_belong() {
        let draft = draft().with(Name::To, "<sip:b@c>").with(Name::Subject, "x");
        for (changed, expected) in [
            (
                draft.clone().with_first(Name::Via, "v"),
                &["Via: v", "Via: SIP/2.0/TLS a, SIP/2.0/TLS b", "To: <sip:b@c>", "Subject: x"][..],
            ),
            (
                draft.clone().with_first(Name::Route, "<sip:r>").without(Name::Via),
                &["Route: <sip:r>", "To: <sip:b@c>", "Subject: x"],
            ),
            (
                draft.clone().without_first(Name::Via).replace(Name::To, "y"),
                &["Via: SIP/2.0/TLS b", "To: y", "Subject: x"],
            ),
            (
                draft.clone().without_first(Name::Via).without_first(Name::Via),
                &["To: <sip:b@c>", "Subject: x"],
            ),
            (
                draft
                    .clone()
                    .with_first(Name::ContentLength, "7")
                    .replace(Name::ContentLength, "8")
                    .without(Name::Via),
                &["To: <sip:b@c>", "Subject: x"],
            ),
            (
                draft.clone().without(Name::Via).to_tag("9").to_tag("8").body("a/b", "c"),
                &["To: <sip:b@c>;tag=9", "Subject: x", "Content-Type: a/b"],
            ),
        ] {
            assert_eq!(lines(&changed), expected);
        }
    }

    #[test]
    fn nothing_begins_a_line_of_its_own() {
        let evil = "x\r\nVia: y\r\n\r\nbody";
        let mut uri = Uri::parse("sip:b@c").unwrap();
        uri.user = Some(evil.to_owned());
        let draft = Draft::request(Method::Other(evil.into()), &uri)
            .with(Name::Subject, evil)
            .with(Name::Other("X\r\nY"), "z")
            .with(Name::To, "<sip:b@c>")
            .to_tag(evil)
            .body(evil, "");
        let message = Message::parse(draft.print()).unwrap();
        assert_eq!(message.lines().count(), 4);
        assert_eq!(message.header(Name::Via), None);
        let response = Draft::response(&message, 200).reason(evil).print();
        assert_eq!(Message::parse(response).unwrap().header(Name::Via), None);
    }

    #[test]
    fn responses_copy_what_they_must() {
        let request = draft()
            .with(Name::RecordRoute, "<sip:p;lr>")
            .with(Name::From, "<sip:a@c>;tag=1")
            .with(Name::To, "<sip:b@c>")
            .with(Name::CallId, "7")
            .with(Name::CSeq, "1 MESSAGE")
            .with(Name::Timestamp, "5")
            .with(Name::Subject, "s");
        let request = Message::parse(request.print()).unwrap();
        let names = |status| {
            let response = Draft::response(&request, status);
            response.fields.iter().map(|(name, _)| name.to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(names(100), ["Via", "From", "To", "Call-ID", "CSeq", "Timestamp"]);
        assert_eq!(names(200), ["Via", "Record-Route", "From", "To", "Call-ID", "CSeq"]);
        assert_eq!(names(404), ["Via", "From", "To", "Call-ID", "CSeq"]);
        let response = Draft::response(&request, 404).print();
        assert!(response.starts_with(b"SIP/2.0 404 Not Found\r\n"));
    }

    #[test]
    fn a_line_is_replaced_or_added() {
        let uri = Uri::parse("sip:a@b.test").unwrap();
        let draft = Draft::request(Method::Message, &uri).with(Name::From, "<sip:c@b.test>");
        let added = draft.clone().body("text/plain", "hi");
        assert_eq!(added.header(Name::ContentType), Some("text/plain"));
        assert_eq!(added.header(Name::From), Some("<sip:c@b.test>"));
        let replaced = added.replace(Name::From, "<sip:d@b.test>");
        assert_eq!(replaced.header(Name::From), Some("<sip:d@b.test>"));
        assert_eq!(replaced.header(Name::ContentType), Some("text/plain"));
    }
}
