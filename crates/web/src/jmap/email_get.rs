//! `Email/get` (RFC 8621 §4.2): rows for what a list shows, the bytes only for what a reader asks
//! for.

use bytes::Bytes;
use mail::mime::read::{Message, Part, read};
use serde_json::{Map, Value, json};
use store::mail::{MailAddress, MailRead, MessageRow};

use super::arguments::{self, GetArguments};
use super::call::{self, Answers, Call, get_answer, partition};
use super::protocol::{Arguments, MethodError};
use super::time;
use crate::limits::BODY_VALUE_BYTES_MAX;

/// Properties that a row answers.
const OF_ROW: &[&str] = &[
    "id",
    "blobId",
    "threadId",
    "mailboxIds",
    "keywords",
    "size",
    "receivedAt",
    "messageId",
    "inReplyTo",
    "references",
    "from",
    "to",
    "cc",
    "subject",
    "sentAt",
    "hasAttachment",
    "preview",
];

/// Properties for which the message is read.
const OF_MESSAGE: &[&str] =
    &["sender", "replyTo", "bcc", "bodyValues", "textBody", "htmlBody", "attachments"];

/// What of the bodies is wanted (RFC 8621 §4.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Bodies {
    text: bool,
    html: bool,
    all: bool,
    bytes_max: usize,
}

impl Bodies {
    fn read(arguments: &Arguments) -> Result<Bodies, MethodError> {
        let max = arguments::integer(arguments, "maxBodyValueBytes")?.unwrap_or(0);
        let max = usize::try_from(max)
            .map_err(|_| MethodError::arguments("maxBodyValueBytes must not be negative"))?;
        Ok(Bodies {
            text: arguments::flag(arguments, "fetchTextBodyValues")?,
            html: arguments::flag(arguments, "fetchHTMLBodyValues")?,
            all: arguments::flag(arguments, "fetchAllBodyValues")?,
            bytes_max: if max == 0 { BODY_VALUE_BYTES_MAX } else { max.min(BODY_VALUE_BYTES_MAX) },
        })
    }
}

/// `Email/get`.
pub(crate) async fn get(
    call: &mut Call<'_>,
    arguments: &Arguments,
) -> Result<Answers, MethodError> {
    call.check_account(arguments)?;
    let asked = GetArguments::read(arguments)?;
    let known: Vec<&str> = OF_ROW.iter().chain(OF_MESSAGE).copied().collect();
    asked.allow(&known)?;
    let bodies = Bodies::read(arguments)?;
    let Some(ids) = asked.ids.clone() else {
        return Err(MethodError::Client("requestTooLarge", "name the messages".into()));
    };
    let reads = match &asked.properties {
        None => true,
        Some(names) => names.iter().any(|name| OF_MESSAGE.contains(&name.as_str())),
    };
    let (account, mailbox) = (call.caller.account, call.caller.mailbox);
    let (state, list, not_found) = call
        .ctx
        .store
        .read(move |reader| {
            let (found, not_found) =
                partition(&ids, |id| Ok(reader.message(id)?.filter(|row| row.mailbox == mailbox)))?;
            let mut list = Vec::with_capacity(found.len());
            for row in found {
                let bytes = if reads { Some(reader.message_bytes(row.id)?) } else { None };
                list.push(asked.project(to_json(&row, bytes.as_ref(), bodies)));
            }
            Ok((call::state(reader, mailbox)?, list, not_found))
        })
        .await?;
    Ok(vec![("Email/get", get_answer(account, &state, list, not_found))])
}

fn to_json(row: &MessageRow, bytes: Option<&Bytes>, bodies: Bodies) -> Value {
    let set = |names: &[String]| {
        let set: Map<String, Value> =
            names.iter().map(|name| (name.clone(), Value::Bool(true))).collect();
        Value::Object(set)
    };
    let some = |ids: &[String]| if ids.is_empty() { Value::Null } else { json!(ids) };
    let message_ids: Vec<String> =
        Some(row.message_id.clone()).filter(|id| !id.is_empty()).into_iter().collect();
    let mut email = json!({
        "id": row.id.to_string(),
        "blobId": row.blob,
        "threadId": row.thread.to_string(),
        "mailboxIds": {row.folder.to_string(): true},
        "keywords": set(&row.keywords),
        "size": row.size,
        "receivedAt": time::utc(row.received_ms),
        "messageId": some(&message_ids),
        "inReplyTo": some(&row.in_reply_to),
        "references": some(&row.references),
        "from": addresses(&row.from),
        "to": addresses(&row.to),
        "cc": addresses(&row.cc),
        "subject": row.subject,
        "sentAt": row.sent_ms.map(time::utc),
        "hasAttachment": row.has_attachment,
        "preview": row.preview,
    });
    if let (Some(bytes), Some(email)) = (bytes, email.as_object_mut()) {
        add_message(email, row, &read(bytes), bodies);
    }
    email
}

fn addresses(list: &[MailAddress]) -> Value {
    match list.is_empty() {
        true => Value::Null,
        false => list.iter().map(|one| json!({"name": one.name, "email": one.email})).collect(),
    }
}

fn add_message(
    email: &mut Map<String, Value>,
    row: &MessageRow,
    message: &Message,
    bodies: Bodies,
) {
    let headers =
        [("sender", &message.sender), ("replyTo", &message.reply_to), ("bcc", &message.bcc)];
    for (name, list) in headers {
        let value: Value = match list.is_empty() {
            true => Value::Null,
            false => list.iter().map(|one| json!({"name": one.name, "email": one.email})).collect(),
        };
        email.insert(name.into(), value);
    }
    let mut values = Map::new();
    let lists = [
        ("textBody", &message.text_body, bodies.text || bodies.all),
        ("htmlBody", &message.html_body, bodies.html || bodies.all),
        ("attachments", &message.attachments, bodies.all),
    ];
    for (name, parts, wanted) in lists {
        if wanted {
            values.extend(parts.iter().filter_map(|part| body_value(part, bodies.bytes_max)));
        }
        email.insert(name.into(), parts.iter().map(|part| part_json(row, part)).collect());
    }
    email.insert("bodyValues".into(), Value::Object(values));
}

/// EmailBodyValue (RFC 8621 §4.1.4) of a text part.
fn body_value(part: &Part, bytes_max: usize) -> Option<(String, Value)> {
    let text = part.text.as_deref()?;
    let cut = text.get(..text.floor_char_boundary(bytes_max)).unwrap_or_default();
    let value = json!({
        "value": cut.replace("\r\n", "\n"),
        "isEncodingProblem": part.is_damaged,
        "isTruncated": cut.len() < text.len(),
    });
    Some((part.id.to_string(), value))
}

/// EmailBodyPart; its blob is named after the message's.
fn part_json(row: &MessageRow, part: &Part) -> Value {
    json!({
        "partId": part.id.to_string(),
        "blobId": format!("{}-{}", row.blob, part.id),
        "size": part.size,
        "name": part.name,
        "type": part.content_type,
        "charset": part.text.is_some().then_some("utf-8"),
        "disposition": part.disposition,
        "cid": part.content_id,
    })
}
