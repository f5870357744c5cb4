//! `Email/set` (RFC 8621 §4.6): drafts are made, keywords and folder changed, messages destroyed.

use std::collections::BTreeMap;

use mail::mime::compose::{ComposeError, Draft};
use mailbox::submit::save;
use serde_json::{Map, Value, json};
use store::mail::{MailRead, MailWrite, MessageRow};
use store::{Reader, Writer};
use uuid::Uuid;

use super::arguments::SetArguments;
use super::call::{self, Answers, Call, SetOutcome, id, split};
use super::draft::{self, Written, read_keywords};
use super::patch;
use super::protocol::{Arguments, MethodError, SetError};
use crate::blob;

/// Creation ids of the request.
type Known = BTreeMap<String, String>;

/// `Email/set`.
pub(crate) async fn set(
    call: &mut Call<'_>,
    arguments: &Arguments,
) -> Result<Answers, MethodError> {
    call.check_account(arguments)?;
    let asked = SetArguments::read(arguments)?;
    let answer = run(call, asked).await?;
    Ok(vec![("Email/set", answer)])
}

/// The work of it; `EmailSubmission/set` runs it, too (RFC 8621 §7.5).
pub(crate) async fn run(
    call: &mut Call<'_>,
    asked: SetArguments,
) -> Result<Arguments, MethodError> {
    let (account, mailbox) = (call.caller.account, call.caller.mailbox);
    let old = call.ctx.store.read(move |reader| call::state(reader, mailbox)).await?;
    asked.expect_state(&old)?;
    let mut outcome = SetOutcome::default();
    for (key, object) in &asked.create {
        let made = match draft::read(object) {
            Ok(written) => create(call, written).await?,
            Err(error) => Err(error),
        };
        outcome.create(key, made.map(|row| created_json(&row)));
    }
    call.created.extend(outcome.created_ids());
    let known = call.created.clone();
    let (outcome, new) = call
        .ctx
        .store
        .write(call.ctx.now_ms(), move |tx| {
            let mut outcome = outcome;
            for (key, object) in &asked.update {
                let target = resolve(&known, key);
                outcome.update(key, update(tx, mailbox, target.as_deref(), object, &known)?);
            }
            for key in &asked.destroy {
                let target = resolve(&known, key);
                let done = match own(tx, mailbox, target.as_deref())? {
                    Some(row) => split(tx.destroy_message(row.id))?,
                    None => Err(SetError::not_found()),
                };
                outcome.destroy(key, done);
            }
            Ok((outcome, call::state(tx, mailbox)?))
        })
        .await?;
    Ok(outcome.answer(account, &old, &new))
}

fn resolve(known: &Known, id: &str) -> Option<String> {
    match id.strip_prefix('#') {
        Some(key) => known.get(key).cloned(),
        None => Some(id.to_owned()),
    }
}

fn own(tx: &Writer, mailbox: Uuid, text: Option<&str>) -> store::Result<Option<MessageRow>> {
    let Some(id) = text.and_then(id) else { return Ok(None) };
    Ok(tx.message(id)?.filter(|row| row.mailbox == mailbox))
}

/// The one folder a message is to be in.
fn folder<R: MailRead>(
    tx: &R,
    mailbox: Uuid,
    ids: &[String],
    known: &Known,
) -> store::Result<Result<Uuid, SetError>> {
    let refuse = |why: &str| Ok(Err(SetError::properties(&["mailboxIds"], why)));
    let [one] = ids else { return refuse("a message is in exactly one folder") };
    let found = match resolve(known, one).as_deref().and_then(id) {
        Some(id) => tx.folder(id)?.filter(|folder| folder.mailbox == mailbox),
        None => None,
    };
    match found {
        Some(folder) => Ok(Ok(folder.id)),
        None => refuse("there is no such folder"),
    }
}

/// Composes and files a draft; its attachments are blobs of this mailbox.
async fn create(
    call: &Call<'_>,
    written: Written,
) -> Result<Result<MessageRow, SetError>, MethodError> {
    let (account, mailbox) = (call.caller.account, call.caller.mailbox);
    let (known, keywords) = (call.created.clone(), written.keywords.clone());
    let prepared =
        call.ctx.store.read(move |reader| prepare(reader, mailbox, written, &known)).await?;
    let (folder, draft) = match prepared {
        Ok(prepared) => prepared,
        Err(error) => return Ok(Err(error)),
    };
    let now_ms = call.ctx.now_ms();
    let saved = save(&call.ctx.store, now_ms, account, folder, keywords, draft).await;
    saved.map_or_else(|error| refused(error).map(Err), |row| Ok(Ok(row)))
}

fn prepare(
    reader: &Reader,
    mailbox: Uuid,
    written: Written,
    known: &Known,
) -> store::Result<Result<(Uuid, Draft), SetError>> {
    let folder = match folder(reader, mailbox, &written.mailbox_ids, known)? {
        Ok(folder) => folder,
        Err(error) => return Ok(Err(error)),
    };
    let mut draft = written.draft;
    for mut part in written.parts {
        match blob::read(reader, mailbox, &part.blob_id)? {
            Some((_, bytes)) => part.attachment.bytes = bytes.to_vec(),
            None => {
                let error = SetError::new("blobNotFound", "an attachment is not there any more");
                return Ok(Err(error.with("notFound", json!([part.blob_id]))));
            }
        }
        draft.attachments.push(part.attachment);
    }
    Ok(Ok((folder, draft)))
}

/// A refusal of the mail half as a SetError (RFC 8621 §4.6, §7.5); its faults end the call.
pub(crate) fn refused(error: mailbox::Error) -> Result<SetError, MethodError> {
    use mailbox::Error;
    let why = error.to_string();
    Ok(match error {
        Error::UnknownRecipient(address) | Error::ForeignRecipient(address) => {
            SetError::new("invalidRecipients", why).with("invalidRecipients", json!([address]))
        }
        Error::NotYourAddress(_) => SetError::new("forbiddenFrom", why),
        Error::NoRecipient => SetError::new("noRecipients", why),
        Error::NoMailbox => SetError::new("forbidden", why),
        Error::Loop(_) => SetError::new("invalidEmail", why),
        Error::Compose(ComposeError::TooLarge(_)) => {
            SetError::new("tooLarge", why).with("maxSize", json!(mail::MESSAGE_BYTES_MAX))
        }
        Error::Compose(_) => SetError::new("invalidProperties", why),
        Error::Store(error) => call::set_error(error)?,
    })
}

fn update(
    tx: &mut Writer,
    mailbox: Uuid,
    target: Option<&str>,
    object: &Arguments,
    known: &Known,
) -> store::Result<Result<Value, SetError>> {
    let Some(row) = own(tx, mailbox, target)? else { return Ok(Err(SetError::not_found())) };
    let keywords: Map<String, Value> =
        row.keywords.iter().map(|keyword| (keyword.clone(), Value::Bool(true))).collect();
    let current = call::object(json!({
        "keywords": keywords,
        "mailboxIds": {row.folder.to_string(): true},
    }));
    let wanted = match patch::apply(&current, object) {
        Ok(wanted) => wanted,
        Err(error) => return Ok(Err(error)),
    };
    if let Some(name) = wanted.keys().find(|name| !current.contains_key(*name)) {
        return Ok(Err(SetError::properties(&[name], "cannot be changed")));
    }
    let empty = Value::Object(Map::new());
    let keywords = match read_keywords(wanted.get("keywords").unwrap_or(&empty)) {
        Ok(keywords) => keywords,
        Err(error) => return Ok(Err(error)),
    };
    let ids = match draft::set("mailboxIds", wanted.get("mailboxIds").unwrap_or(&empty)) {
        Ok(ids) => ids,
        Err(error) => return Ok(Err(error)),
    };
    let folder = match folder(tx, mailbox, &ids, known)? {
        Ok(folder) => folder,
        Err(error) => return Ok(Err(error)),
    };
    let done = (|| {
        if wanted.get("keywords") != current.get("keywords") {
            tx.set_keywords(row.id, &keywords)?;
        }
        if folder != row.folder {
            tx.move_message(row.id, folder)?;
        }
        Ok(Value::Null)
    })();
    split(done)
}

/// What the client could not know (RFC 8621 §4.6).
fn created_json(row: &MessageRow) -> Value {
    json!({
        "id": row.id.to_string(),
        "blobId": row.blob,
        "threadId": row.thread.to_string(),
        "size": row.size,
    })
}
