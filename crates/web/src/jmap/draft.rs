//! An Email object of `Email/set create` (RFC 8621 §4.6) as a draft that can be composed.

use mail::address::Address;
use mail::mime::compose::{Attachment, Draft};
use serde_json::Value;

use super::protocol::{Arguments, SetError};
use crate::limits::ATTACHMENTS_MAX;

/// An attachment that names a blob; its bytes come from the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BlobPart {
    /// The blob.
    pub blob_id: String,
    /// Without its bytes.
    pub attachment: Attachment,
}

/// What a client wrote.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Written {
    /// The message, without attachments.
    pub draft: Draft,
    /// Attachments to be fetched.
    pub parts: Vec<BlobPart>,
    /// `mailboxIds`.
    pub mailbox_ids: Vec<String>,
    /// `keywords`.
    pub keywords: Vec<String>,
}

/// Reads an Email object.
pub(crate) fn read(object: &Arguments) -> Result<Written, SetError> {
    let mut written = Written::default();
    for (name, value) in object {
        match name.as_str() {
            "mailboxIds" => written.mailbox_ids = set(name, value)?,
            "keywords" => written.keywords = read_keywords(value)?,
            "from" => written.draft.from = addresses(name, value)?,
            "to" => written.draft.to = addresses(name, value)?,
            "cc" => written.draft.cc = addresses(name, value)?,
            "bcc" => written.draft.bcc = addresses(name, value)?,
            "subject" => written.draft.subject = text(name, value)?,
            "inReplyTo" => written.draft.in_reply_to = texts(name, value)?,
            "references" => written.draft.references = texts(name, value)?,
            "textBody" => written.draft.text = body(object, name, value, "text/plain")?,
            "htmlBody" => {
                let html = body(object, name, value, "text/html")?;
                written.draft.html = Some(html).filter(|html| !html.is_empty());
            }
            "attachments" => written.parts = attachments(value)?,
            "bodyValues" => {}
            // The server says these; a client may send what it read.
            "receivedAt" | "sentAt" | "messageId" | "preview" | "hasAttachment" => {}
            "replyTo" | "sender" if value.is_null() => {}
            _ => return Err(SetError::properties(&[name], "cannot be set")),
        }
    }
    Ok(written)
}

fn wrong(name: &str, what: &str) -> SetError {
    SetError::properties(&[name], what)
}

fn text(name: &str, value: &Value) -> Result<String, SetError> {
    match value {
        Value::Null => Ok(String::new()),
        Value::String(text) => Ok(text.clone()),
        _ => Err(wrong(name, "must be a string")),
    }
}

fn texts(name: &str, value: &Value) -> Result<Vec<String>, SetError> {
    let items = match value {
        Value::Null => return Ok(Vec::new()),
        Value::Array(items) => items,
        _ => return Err(wrong(name, "must be a list of strings")),
    };
    items
        .iter()
        .map(|item| item.as_str().map(str::to_owned))
        .collect::<Option<Vec<_>>>()
        .ok_or_else(|| wrong(name, "must be a list of strings"))
}

fn addresses(name: &str, value: &Value) -> Result<Vec<Address>, SetError> {
    let items = match value {
        Value::Null => return Ok(Vec::new()),
        Value::Array(items) => items,
        _ => return Err(wrong(name, "must be a list of addresses")),
    };
    let one = |item: &Value| {
        let email = item.get("email")?.as_str()?.trim();
        let name = item.get("name").and_then(Value::as_str).map(str::trim);
        let name = name.filter(|name| !name.is_empty()).map(str::to_owned);
        Some(Address { name, email: email.to_owned() })
    };
    items
        .iter()
        .map(one)
        .collect::<Option<Vec<_>>>()
        .ok_or_else(|| wrong(name, "must be a list of {name, email}"))
}

/// `{key: true, …}`.
pub(crate) fn set(name: &str, value: &Value) -> Result<Vec<String>, SetError> {
    let object = value.as_object().ok_or_else(|| wrong(name, "must be an object"))?;
    match object.values().all(|value| *value == Value::Bool(true)) {
        true => Ok(object.keys().cloned().collect()),
        false => Err(wrong(name, "every value must be true")),
    }
}

/// Keywords (RFC 8621 §4.1.1): IMAP atoms, compared without case.
pub(crate) fn read_keywords(value: &Value) -> Result<Vec<String>, SetError> {
    let keywords = set("keywords", value)?;
    let is_good = |keyword: &String| {
        (1..=255).contains(&keyword.len())
            && keyword.bytes().all(|b| (0x21..=0x7e).contains(&b) && !b"()]{%*\"\\".contains(&b))
    };
    match keywords.iter().all(is_good) {
        true => Ok(keywords.iter().map(|keyword| keyword.to_ascii_lowercase()).collect()),
        false => Err(wrong("keywords", "a keyword has 1 to 255 printable ASCII characters")),
    }
}

/// The one part of a body, whose text is in `bodyValues`.
fn body(object: &Arguments, name: &str, value: &Value, kind: &str) -> Result<String, SetError> {
    let parts = value.as_array().ok_or_else(|| wrong(name, "must be a list of parts"))?;
    let part = match parts.as_slice() {
        [] => return Ok(String::new()),
        [part] => part,
        _ => return Err(wrong(name, "at most one part")),
    };
    if part.get("type").and_then(Value::as_str).is_some_and(|given| given != kind) {
        return Err(wrong(name, "has the wrong type"));
    }
    let id = part.get("partId").and_then(Value::as_str);
    let value = id.and_then(|id| object.get("bodyValues")?.get(id)?.get("value")?.as_str());
    value.map(str::to_owned).ok_or_else(|| wrong("bodyValues", "has no value for this part"))
}

fn attachments(value: &Value) -> Result<Vec<BlobPart>, SetError> {
    let parts = match value {
        Value::Null => return Ok(Vec::new()),
        Value::Array(parts) => parts,
        _ => return Err(wrong("attachments", "must be a list of parts")),
    };
    if parts.len() > ATTACHMENTS_MAX {
        return Err(SetError::new("tooLarge", format!("at most {ATTACHMENTS_MAX} attachments")));
    }
    let given = |part: &Value, name: &str| part.get(name)?.as_str().map(str::to_owned);
    let one = |part: &Value| {
        Some(BlobPart {
            blob_id: given(part, "blobId")?,
            attachment: Attachment {
                name: given(part, "name").unwrap_or_else(|| "attachment".into()),
                content_type: given(part, "type")
                    .unwrap_or_else(|| "application/octet-stream".into()),
                bytes: Vec::new(),
                content_id: given(part, "cid"),
            },
        })
    };
    parts
        .iter()
        .map(one)
        .collect::<Option<Vec<_>>>()
        .ok_or_else(|| wrong("attachments", "a part needs a blobId"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn drafts_are_read_property_by_property() {
        let object = json!({
            "mailboxIds": {"d": true},
            "keywords": {"$Draft": true},
            "from": [{"name": "Ken", "email": " ken@a.test "}],
            "to": [{"email": "pilar@a.test"}],
            "subject": "Hi",
            "bodyValues": {"1": {"value": "Hello"}},
            "textBody": [{"partId": "1", "type": "text/plain"}],
            "attachments": [{"blobId": "b", "name": "a.txt", "type": "text/plain"}],
        });
        let written = read(object.as_object().expect("an object")).expect("a draft");
        assert_eq!(written.keywords, ["$draft"]);
        assert_eq!(written.draft.text, "Hello");
        assert_eq!(written.draft.from[0].email, "ken@a.test");
        assert_eq!(written.parts[0].blob_id, "b");
        for bad in [
            json!({"to": "ken@a.test"}),
            json!({"to": [{"name": "x"}]}),
            json!({"keywords": {"a b": true}}),
            json!({"keywords": {"a": false}}),
            json!({"textBody": [{"partId": "1"}]}),
            json!({"textBody": [{"partId": "1"}, {"partId": "2"}]}),
            json!({"header:x": "y"}),
            json!({"id": "7"}),
            json!({"attachments": [{}]}),
        ] {
            assert!(read(bad.as_object().expect("an object")).is_err(), "{bad}");
        }
    }
}
