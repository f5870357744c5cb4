//! Composing a message. Time and Message-ID are the caller's.

use mail_builder::MessageBuilder;
use mail_builder::headers::address::Address as Built;
use mail_builder::headers::message_id::MessageId;

use crate::address::{Address, clean, is_path};
use crate::{ADDRESSES_MAX, MESSAGE_BYTES_MAX};

/// What a person wrote.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Draft {
    /// From; exactly one when it is sent.
    pub from: Vec<Address>,
    /// To.
    pub to: Vec<Address>,
    /// Cc.
    pub cc: Vec<Address>,
    /// Bcc; see [`Bcc`].
    pub bcc: Vec<Address>,
    /// Subject.
    pub subject: String,
    /// Plain text.
    pub text: String,
    /// HTML of the same.
    pub html: Option<String>,
    /// Message-IDs it answers, without brackets.
    pub in_reply_to: Vec<String>,
    /// Message-IDs of its thread, without brackets, oldest first.
    pub references: Vec<String>,
    /// Files.
    pub attachments: Vec<Attachment>,
    /// Further header fields, e.g. `("X-Tandem-Missed", "1")`.
    pub fields: Vec<(String, String)>,
}

/// A file of a draft.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attachment {
    /// File name.
    pub name: String,
    /// `type/subtype`.
    pub content_type: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// Content-ID without brackets, for pictures that the HTML shows.
    pub content_id: Option<String>,
}

/// Whether the Bcc field is written: in the sender's own copy and in drafts, never in what
/// others get (RFC 5322 §3.6.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bcc {
    /// In the sender's own copy.
    Keep,
    /// In what others get.
    Drop,
}

/// Why a draft cannot be a message.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ComposeError {
    /// An address breaks its grammar.
    #[error("\"{0}\" is not a mail address")]
    Address(String),
    /// A name of a header field breaks its grammar.
    #[error("\"{0}\" cannot be a header field")]
    Field(String),
    /// Too many recipients, or too many bytes.
    #[error("the message is too large: {0}")]
    TooLarge(String),
}

/// Makes the bytes of a message. No text of a draft can add a header field: control characters
/// in one-line texts become spaces (OWASP ASVS 1.3.11).
pub fn compose(
    draft: &Draft,
    bcc: Bcc,
    date_ms: i64,
    message_id: &str,
) -> Result<Vec<u8>, ComposeError> {
    check(draft)?;
    let mut builder = MessageBuilder::new()
        .date(date_ms.div_euclid(1000))
        .message_id(one_id(message_id))
        .subject(clean(&draft.subject))
        .text_body(with_crlf(&draft.text));
    if !draft.from.is_empty() {
        builder = builder.from(list(&draft.from));
    }
    if !draft.to.is_empty() {
        builder = builder.to(list(&draft.to));
    }
    if !draft.cc.is_empty() {
        builder = builder.cc(list(&draft.cc));
    }
    if bcc == Bcc::Keep && !draft.bcc.is_empty() {
        builder = builder.bcc(list(&draft.bcc));
    }
    if !draft.in_reply_to.is_empty() {
        builder = builder.in_reply_to(ids(&draft.in_reply_to));
    }
    if !draft.references.is_empty() {
        builder = builder.references(ids(&draft.references));
    }
    for (name, value) in &draft.fields {
        let value = mail_builder::headers::text::Text::new(clean(value));
        builder = builder.header(name.clone(), value);
    }
    if let Some(html) = &draft.html {
        builder = builder.html_body(with_crlf(html));
    }
    for file in &draft.attachments {
        let (kind, name) = (media_type(&file.content_type), clean(&file.name));
        builder = match &file.content_id {
            Some(id) => builder.inline(kind, one_id(id), file.bytes.clone()),
            None => builder.attachment(kind, name, file.bytes.clone()),
        };
    }
    let bytes = builder.write_to_vec().map_err(|e| ComposeError::TooLarge(e.to_string()))?;
    if bytes.len() > MESSAGE_BYTES_MAX {
        return Err(ComposeError::TooLarge(format!("{} bytes", bytes.len())));
    }
    Ok(bytes)
}

/// The message without its Bcc and Resent-Bcc fields: what the recipients get.
pub fn without_bcc(bytes: &[u8]) -> Vec<u8> {
    let mut kept = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    let mut is_dropped = false;
    while !rest.is_empty() {
        let end = memchr::memchr(b'\n', rest).map_or(rest.len(), |at| at + 1);
        let (line, after) = rest.split_at(end);
        if line.trim_ascii().is_empty() {
            break;
        }
        // A continuation line belongs to the field before it.
        if !line.starts_with(b" ") && !line.starts_with(b"\t") {
            let name = line.split(|byte| *byte == b':').next().unwrap_or_default().trim_ascii();
            is_dropped =
                name.eq_ignore_ascii_case(b"bcc") || name.eq_ignore_ascii_case(b"resent-bcc");
        }
        if !is_dropped {
            kept.extend_from_slice(line);
        }
        rest = after;
    }
    kept.extend_from_slice(rest);
    kept
}

fn check(draft: &Draft) -> Result<(), ComposeError> {
    let recipients = draft.to.len() + draft.cc.len() + draft.bcc.len();
    if recipients > ADDRESSES_MAX {
        return Err(ComposeError::TooLarge(format!("{recipients} recipients")));
    }
    let all = draft.from.iter().chain(&draft.to).chain(&draft.cc).chain(&draft.bcc);
    for address in all {
        if !is_path(&address.email) {
            return Err(ComposeError::Address(address.email.clone()));
        }
    }
    for (name, _) in &draft.fields {
        // RFC 5322 §3.6.8: printable ASCII but the colon.
        if name.is_empty() || !name.bytes().all(|b| (0x21..=0x7e).contains(&b) && b != b':') {
            return Err(ComposeError::Field(name.clone()));
        }
    }
    Ok(())
}

fn list(addresses: &[Address]) -> Built<'static> {
    let built = addresses.iter().map(|address| {
        Built::new_address(address.name.as_deref().map(clean), address.email.clone())
    });
    Built::new_list(built.collect())
}

fn ids(ids: &[String]) -> MessageId<'static> {
    MessageId { id: ids.iter().map(|id| one_id(id).into()).collect() }
}

/// An id between angle brackets can hold neither those nor spaces.
fn one_id(id: &str) -> String {
    id.chars().filter(|c| !c.is_control() && !c.is_whitespace() && *c != '<' && *c != '>').collect()
}

fn media_type(given: &str) -> String {
    let fits = given.split_once('/').is_some_and(|(kind, subtype)| {
        let token = |text: &str| {
            (1..=63).contains(&text.len())
                && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&b))
        };
        token(kind) && token(subtype)
    });
    if fits { given.to_ascii_lowercase() } else { "application/octet-stream".into() }
}

/// Lines end with CRLF and nothing else does.
fn with_crlf(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 32);
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '\r' => {
                out.push_str("\r\n");
                rest.next_if_eq(&'\n');
            }
            '\n' => out.push_str("\r\n"),
            '\0' => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mime::read::read;

    fn draft() -> Draft {
        Draft {
            from: vec![Address { name: Some("Ken Myer".into()), email: "ken@a.test".into() }],
            to: vec![Address { name: Some("Jürgen \"J\" <x>".into()), email: "j@b.test".into() }],
            bcc: vec![Address::bare("eve@c.test")],
            subject: "Grüße\r\nBcc: all@x.test".into(),
            text: ".\nHello €\r\n.\r\n".into(),
            html: Some("<p>Hello</p>".into()),
            in_reply_to: vec!["a@b> <c".into()],
            references: vec!["r1@x".into(), "a@b".into()],
            attachments: vec![Attachment {
                name: "ünï\r\n.txt".into(),
                content_type: "text/csv\r\nX: y".into(),
                bytes: b"a;b".to_vec(),
                content_id: None,
            }],
            ..Draft::default()
        }
    }

    #[test]
    fn what_is_composed_reads_back() {
        let bytes = compose(&draft(), Bcc::Drop, 1_381_104_000_000, "m1@a.test").unwrap();
        let text = String::from_utf8(bytes.clone()).unwrap();
        assert!(!text.contains("eve@"), "{text}");
        assert!(text.contains("Date: Mon, 7 Oct 2013 00:00:00 +0000\r\n"), "{text}");
        let fields = text.split("\r\n\r\n").next().unwrap();
        assert!(!fields.contains("\r\nBcc:"), "{fields}");
        assert!(!text.replace("\r\n", "").contains(['\r', '\n']), "bare line ends");
        let message = read(&bytes);
        assert_eq!(message.from, draft().from);
        assert_eq!(message.to, draft().to);
        assert_eq!(message.subject.as_deref(), Some("Grüße  Bcc: all@x.test"));
        assert_eq!(message.message_id.as_deref(), Some("m1@a.test"));
        assert_eq!(message.in_reply_to, ["a@bc"]);
        assert_eq!(message.references, ["r1@x", "a@b"]);
        assert_eq!(message.sent_ms, Some(1_381_104_000_000));
        assert_eq!(message.text().trim_end(), ".\r\nHello €\r\n.");
        assert!(message.html().unwrap().contains("<p>Hello</p>"));
        assert_eq!(message.attachments.len(), 1);
        let file = &message.attachments[0];
        assert_eq!(file.content_type, "application/octet-stream");
        assert_eq!(file.name.as_deref(), Some("ünï  .txt"));
        assert!(message.has_attachment());
        let own = compose(&draft(), Bcc::Keep, 1_381_104_000_000, "m1@a.test").unwrap();
        assert_eq!(read(&own).bcc, draft().bcc);
        let others = read(&without_bcc(&own));
        assert_eq!((others.bcc.len(), others.subject), (0, message.subject));
        assert_eq!(without_bcc(b"a: b\nBCC: x\n y\nc: d\n\nBcc: z\n"), b"a: b\nc: d\n\nBcc: z\n");
    }

    #[test]
    fn bad_drafts_are_refused() {
        for (change, bad) in [
            ("to", ComposeError::Address("x\r\nBcc: y@z".into())),
            ("field", ComposeError::Field("X: y\r\nZ".into())),
        ] {
            let mut draft = draft();
            match change {
                "to" => draft.to = vec![Address::bare("x\r\nBcc: y@z")],
                _ => draft.fields = vec![("X: y\r\nZ".into(), "v".into())],
            }
            assert_eq!(compose(&draft, Bcc::Drop, 0, "m@x"), Err(bad));
        }
    }
}
