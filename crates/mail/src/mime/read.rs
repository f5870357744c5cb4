//! Reading a message into what people see: header fields, bodies, attachments.
//!
//! Never fails: what is no MIME is text. Bounds: depth (see `nested`), parts, text length,
//! addresses, references; the message itself is always kept whole elsewhere.

use mail_parser::{
    HeaderName, HeaderValue, Message as Parsed, MessageParser, MessagePart, MimeHeaders, PartType,
};

use super::{nested, text};
use crate::address::{self, Address};
use crate::{PARTS_MAX, REFERENCES_MAX, TEXT_BYTES_MAX};

/// A message, read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Message {
    /// From.
    pub from: Vec<Address>,
    /// Sender.
    pub sender: Vec<Address>,
    /// Reply-To.
    pub reply_to: Vec<Address>,
    /// To.
    pub to: Vec<Address>,
    /// Cc.
    pub cc: Vec<Address>,
    /// Bcc (in drafts and in the sender's own copy).
    pub bcc: Vec<Address>,
    /// Subject, decoded, one line.
    pub subject: Option<String>,
    /// Date in milliseconds since 1970 UTC.
    pub sent_ms: Option<i64>,
    /// Message-ID without the angle brackets.
    pub message_id: Option<String>,
    /// In-Reply-To.
    pub in_reply_to: Vec<String>,
    /// References, oldest first.
    pub references: Vec<String>,
    /// How many Received fields: hops so far.
    pub hops: usize,
    /// Parts to show in order when plain text is wanted (RFC 8621 §4.1.4 `textBody`).
    pub text_body: Vec<Part>,
    /// Parts to show in order when HTML is wanted (`htmlBody`).
    pub html_body: Vec<Part>,
    /// Everything else.
    pub attachments: Vec<Part>,
}

/// A leaf of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Number of the part in this message; stable, because the bytes are.
    pub id: u32,
    /// `type/subtype`, lower case.
    pub content_type: String,
    /// File name.
    pub name: Option<String>,
    /// `inline` or `attachment`, if it says.
    pub disposition: Option<String>,
    /// Content-ID without the angle brackets.
    pub content_id: Option<String>,
    /// Decoded size in bytes.
    pub size: usize,
    /// Text of a text part, decoded, cut at the bound.
    pub text: Option<String>,
    /// Text was cut, or its encoding was broken.
    pub is_damaged: bool,
}

impl Message {
    /// Its plain text: the text bodies, HTML turned into text where there is nothing else.
    pub fn text(&self) -> String {
        join(&self.text_body, |part| {
            let text = part.text.as_deref().unwrap_or_default();
            if part.content_type == "text/html" { text::from_html(text) } else { text.to_owned() }
        })
    }

    /// Its HTML, if it has any: the HTML bodies, plain text in between escaped.
    pub fn html(&self) -> Option<String> {
        let is_html = |part: &Part| part.content_type == "text/html" && part.text.is_some();
        self.html_body.iter().any(is_html).then(|| {
            join(&self.html_body, |part| {
                let text = part.text.as_deref().unwrap_or_default();
                if is_html(part) { text.to_owned() } else { escape(text) }
            })
        })
    }

    /// First words of the text.
    pub fn preview(&self) -> String {
        text::preview(&self.text())
    }

    /// Whether people would say that it has an attachment (RFC 8621 §4.1.4): pictures that the
    /// HTML shows do not count.
    pub fn has_attachment(&self) -> bool {
        self.attachments
            .iter()
            .any(|part| part.disposition.as_deref() != Some("inline") || part.content_id.is_none())
    }
}

fn join(parts: &[Part], text: impl Fn(&Part) -> String) -> String {
    let mut joined = String::new();
    for part in parts.iter().filter(|part| part.text.is_some()) {
        if !joined.is_empty() && !joined.ends_with('\n') {
            joined.push('\n');
        }
        joined.push_str(&text(part));
        if joined.len() > TEXT_BYTES_MAX {
            break;
        }
    }
    text::cut(&joined, TEXT_BYTES_MAX).to_owned()
}

fn escape(text: &str) -> String {
    let mut html = String::from("<pre>");
    for c in text.chars() {
        match c {
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '&' => html.push_str("&amp;"),
            '"' => html.push_str("&quot;"),
            c => html.push(c),
        }
    }
    html.push_str("</pre>");
    html
}

/// Reads a message.
pub fn read(bytes: &[u8]) -> Message {
    let closed = nested::close(bytes);
    let Some(parsed) = MessageParser::default().parse(closed.as_ref()) else {
        return Message { text_body: vec![whole(bytes)], ..Message::default() };
    };
    let mut message = read_header(&parsed);
    message.text_body = parts(&parsed, &parsed.text_body);
    message.html_body = parts(&parsed, &parsed.html_body);
    message.attachments = parts(&parsed, &parsed.attachments);
    message
}

/// Reads the header fields of a message only.
pub fn read_fields(bytes: &[u8]) -> Message {
    MessageParser::default()
        .parse_headers(bytes)
        .map(|parsed| read_header(&parsed))
        .unwrap_or_default()
}

/// The decoded bytes of one part, with its description.
pub fn part(bytes: &[u8], id: u32) -> Option<(Part, Vec<u8>)> {
    let closed = nested::close(bytes);
    let parsed = MessageParser::default().parse(closed.as_ref())?;
    let found = parsed.part(id)?;
    if matches!(found.body, PartType::Multipart(_)) {
        return None;
    }
    // Renamed words of a message inside are taken from the original bytes.
    let contents = match found.encoding {
        mail_parser::Encoding::None => {
            let range = found.offset_body as usize..found.offset_end as usize;
            bytes.get(range).unwrap_or_default().to_vec()
        }
        _ => found.contents().to_vec(),
    };
    Some((describe(id, found), contents))
}

/// A message that is no message, as one text.
fn whole(bytes: &[u8]) -> Part {
    let text = String::from_utf8_lossy(bytes.get(..TEXT_BYTES_MAX).unwrap_or(bytes)).into_owned();
    Part {
        id: 0,
        content_type: "text/plain".into(),
        name: None,
        disposition: None,
        content_id: None,
        size: bytes.len(),
        text: Some(text),
        is_damaged: true,
    }
}

fn read_header(parsed: &Parsed<'_>) -> Message {
    let addresses = |name| address::from_values(parsed.header_values(name));
    let mut references = ids(parsed.references());
    if references.len() > REFERENCES_MAX {
        // The thread's root, and the nearest ancestors.
        references.drain(1..references.len() - REFERENCES_MAX + 1);
    }
    let mut in_reply_to = ids(parsed.in_reply_to());
    in_reply_to.truncate(REFERENCES_MAX);
    Message {
        from: addresses(HeaderName::From),
        sender: addresses(HeaderName::Sender),
        reply_to: addresses(HeaderName::ReplyTo),
        to: addresses(HeaderName::To),
        cc: addresses(HeaderName::Cc),
        bcc: addresses(HeaderName::Bcc),
        subject: parsed.subject().map(address::clean),
        sent_ms: parsed
            .date()
            .filter(|date| date.is_valid())
            .map(|date| date.to_timestamp().saturating_mul(1000)),
        message_id: parsed.message_id().map(address::clean).filter(|id| !id.is_empty()),
        in_reply_to,
        references,
        hops: parsed.header_values(HeaderName::Received).count(),
        ..Message::default()
    }
}

fn ids(value: &HeaderValue<'_>) -> Vec<String> {
    match value {
        HeaderValue::Text(id) => vec![address::clean(id)],
        HeaderValue::TextList(list) => list.iter().map(|id| address::clean(id)).collect(),
        _ => Vec::new(),
    }
}

fn parts(parsed: &Parsed<'_>, ids: &[u32]) -> Vec<Part> {
    let found = ids.iter().filter_map(|id| parsed.part(*id).map(|part| describe(*id, part)));
    found.take(PARTS_MAX).collect()
}

fn describe(id: u32, part: &MessagePart<'_>) -> Part {
    let text = match &part.body {
        PartType::Text(text) | PartType::Html(text) => Some(text.as_ref()),
        _ => None,
    };
    let is_long = text.is_some_and(|text| text.len() > TEXT_BYTES_MAX);
    Part {
        id,
        content_type: content_type(part),
        name: part.attachment_name().map(address::clean).filter(|name| !name.is_empty()),
        disposition: part
            .content_disposition()
            .map(|disposition| disposition.ctype().to_ascii_lowercase()),
        content_id: part.content_id().map(address::clean),
        size: part.len(),
        text: text.map(|text| text::cut(text, TEXT_BYTES_MAX).to_owned()),
        is_damaged: part.is_encoding_problem || is_long,
    }
}

fn content_type(part: &MessagePart<'_>) -> String {
    let Some(found) = part.content_type() else {
        return match part.body {
            PartType::Html(_) => "text/html".into(),
            PartType::Text(_) => "text/plain".into(),
            _ => "application/octet-stream".into(),
        };
    };
    let subtype = found.subtype().unwrap_or("octet-stream").to_ascii_lowercase();
    let kind = format!("{}/{}", found.ctype().to_ascii_lowercase(), nested::reopen(&subtype));
    // It goes into headers of ours: nothing but a media type may (RFC 6838 §4.2).
    let is_type = kind.bytes().all(|b| b.is_ascii_alphanumeric() || b"/!#$&-^_.+".contains(&b));
    if is_type && kind.len() <= 127 { kind } else { "application/octet-stream".into() }
}
