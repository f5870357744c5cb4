//! `ConversationMessage/get`, `/changes`, `/query`, `/set`: the texts of a conversation. Ours.

use serde_json::{Value, json};
use store::mail::{ConversationMessage, MailRead, MessageState, RowKind};
use uuid::Uuid;

use super::arguments::{self, GetArguments, SetArguments, Window};
use super::call::{self, Answers, Call, SetOutcome, get_answer, id, object, partition};
use super::protocol::{Arguments, MethodError, SetError};
use super::time;
use crate::im::texts::{self, Outgoing};
use crate::limits::{CLIENT_ID_BYTES_MAX, TEXT_BYTES_MAX};

const PROPERTIES: &[&str] =
    &["id", "conversationId", "from", "own", "text", "at", "state", "reason", "clientId"];

/// `ConversationMessage/get`.
pub(crate) async fn get(
    call: &mut Call<'_>,
    arguments: &Arguments,
) -> Result<Answers, MethodError> {
    call.check_account(arguments)?;
    let asked = GetArguments::read(arguments)?;
    asked.allow(PROPERTIES)?;
    let Some(ids) = asked.ids.clone() else {
        return Err(MethodError::Client("requestTooLarge", "name the messages".into()));
    };
    let (account, mailbox) = (call.caller.account, call.caller.mailbox);
    let (state, found, not_found) = call
        .ctx
        .store
        .read(move |reader| {
            let (found, not_found) = partition(&ids, |id| {
                Ok(reader.conversation_message(id)?.filter(|one| one.account == account))
            })?;
            Ok((call::state(reader, mailbox)?, found, not_found))
        })
        .await?;
    let list = found.iter().map(|one| asked.project(to_json(one))).collect();
    Ok(vec![("ConversationMessage/get", get_answer(account, &state, list, not_found))])
}

/// `ConversationMessage/changes`.
pub(crate) async fn changes(
    call: &mut Call<'_>,
    arguments: &Arguments,
) -> Result<Answers, MethodError> {
    let answer = call::changes(call, arguments, RowKind::ConversationMessage).await?;
    Ok(vec![("ConversationMessage/changes", answer)])
}

/// `ConversationMessage/query`: the texts of one conversation, oldest first.
pub(crate) async fn query(
    call: &mut Call<'_>,
    arguments: &Arguments,
) -> Result<Answers, MethodError> {
    call.check_account(arguments)?;
    let window = Window::read(arguments)?;
    let filter = arguments::object(arguments, "filter")?.cloned().unwrap_or_default();
    if let Some(name) = filter.keys().find(|name| *name != "conversationId") {
        return Err(MethodError::Client("unsupportedFilter", format!("there is no filter {name}")));
    }
    if window.anchor.is_some() {
        return Err(MethodError::arguments("anchor is not supported here; use position"));
    }
    let conversation = arguments::text(&filter, "conversationId")?
        .and_then(|text| call.resolve(text))
        .and_then(|text| id(&text));
    let (account, mailbox) = (call.caller.account, call.caller.mailbox);
    let limit = u32::try_from(window.limit).unwrap_or(u32::MAX);
    let position = window.position;
    let (state, total, rows) = call
        .ctx
        .store
        .read(move |reader| {
            let state = call::state(reader, mailbox)?;
            let found = match conversation {
                Some(id) => reader.conversation(id)?.filter(|one| one.account == account),
                None => None,
            };
            let Some(found) = found else { return Ok((state, None, Vec::new())) };
            let total = reader.count_conversation_messages(found.id)?;
            let rows = reader.conversation_messages(found.id, position, limit)?;
            Ok((state, Some(total), rows))
        })
        .await?;
    let Some(total) = total else {
        return Err(MethodError::arguments("filter/conversationId names no conversation"));
    };
    let start = if position < 0 { (total + position).max(0) } else { position };
    let ids: Vec<String> = rows.iter().map(|row| row.id.to_string()).collect();
    let answer = object(json!({
        "accountId": account.to_string(),
        "queryState": state,
        "canCalculateChanges": false,
        "position": start,
        "ids": ids,
        "total": total,
    }));
    Ok(vec![("ConversationMessage/query", answer)])
}

/// `ConversationMessage/set`: create `{conversationId, text, clientId}` sends, update
/// `{retry:true}` sends a failed one again.
pub(crate) async fn set(
    call: &mut Call<'_>,
    arguments: &Arguments,
) -> Result<Answers, MethodError> {
    call.check_account(arguments)?;
    let asked = SetArguments::read(arguments)?;
    let (account, mailbox) = (call.caller.account, call.caller.mailbox);
    let old = call.ctx.store.read(move |reader| call::state(reader, mailbox)).await?;
    asked.expect_state(&old)?;
    let mut outcome = SetOutcome::default();
    send(call, &asked.create, &mut outcome).await?;
    for (key, object) in &asked.update {
        let target = call.resolve(key).and_then(|text| id(&text));
        outcome.update(key, update(call, target, object).await?);
    }
    for key in &asked.destroy {
        outcome.destroy(key, Err(SetError::new("forbidden", "what was said stays")));
    }
    let new = call.ctx.store.read(move |reader| call::state(reader, mailbox)).await?;
    call.created.extend(outcome.created_ids());
    Ok(vec![("ConversationMessage/set", outcome.answer(account, &old, &new))])
}

async fn send(
    call: &Call<'_>,
    create: &[(String, Arguments)],
    outcome: &mut SetOutcome,
) -> Result<(), MethodError> {
    let (mut keys, mut outgoing) = (Vec::new(), Vec::new());
    for (key, object) in create {
        match read(call, object) {
            Ok(one) => {
                keys.push(key);
                outgoing.push(one);
            }
            Err(error) => outcome.create(key, Err(error)),
        }
    }
    if outgoing.is_empty() {
        return Ok(());
    }
    let sent = texts::send(call.ctx, call.caller.account, outgoing).await?;
    for (key, one) in keys.into_iter().zip(sent) {
        let result = one
            .map(|message| to_json(&message))
            .map_err(|why| SetError::properties(&["conversationId"], why));
        outcome.create(key, result);
    }
    Ok(())
}

fn read(call: &Call<'_>, object: &Arguments) -> Result<Outgoing, SetError> {
    let known = ["conversationId", "text", "clientId"];
    if let Some(name) = object.keys().find(|name| !known.contains(&name.as_str())) {
        return Err(SetError::properties(&[name], "cannot be set"));
    }
    let conversation = object
        .get("conversationId")
        .and_then(Value::as_str)
        .and_then(|text| call.resolve(text))
        .and_then(|text| id(&text))
        .ok_or_else(|| SetError::properties(&["conversationId"], "names no conversation"))?;
    let text = match object.get("text") {
        Some(Value::String(text)) if !text.trim().is_empty() => text.clone(),
        _ => return Err(SetError::properties(&["text"], "there is nothing to send")),
    };
    if text.len() > TEXT_BYTES_MAX {
        let why = format!("at most {TEXT_BYTES_MAX} bytes; send a mail instead");
        return Err(SetError::new("tooLarge", why));
    }
    let client_id = match object.get("clientId") {
        None | Some(Value::Null) => None,
        Some(Value::String(text)) if text.len() <= CLIENT_ID_BYTES_MAX => Some(text.clone()),
        Some(_) => return Err(SetError::properties(&["clientId"], "a short string")),
    };
    Ok(Outgoing { conversation, text, client_id })
}

async fn update(
    call: &Call<'_>,
    target: Option<Uuid>,
    object: &Arguments,
) -> Result<Result<Value, SetError>, MethodError> {
    let Some(target) = target else { return Ok(Err(SetError::not_found())) };
    if object.len() != 1 || object.get("retry") != Some(&Value::Bool(true)) {
        return Ok(Err(SetError::new("invalidProperties", "only retry can be set")));
    }
    let done = texts::retry(call.ctx, call.caller.account, target).await?;
    Ok(done.map(|()| Value::Null).map_err(|why| SetError::new("forbidden", why)))
}

/// A text as JMAP shows it.
pub(crate) fn to_json(message: &ConversationMessage) -> Value {
    let state = match message.state {
        MessageState::Sending => "sending",
        MessageState::Sent => "sent",
        MessageState::Delivered => "delivered",
        MessageState::Kept => "kept",
        MessageState::Failed => "failed",
    };
    json!({
        "id": message.id.to_string(),
        "conversationId": message.conversation.to_string(),
        "from": message.from,
        "own": message.own,
        "text": message.text,
        "at": time::utc(message.at_ms),
        "state": state,
        "reason": message.reason,
        "clientId": message.client_id,
    })
}
