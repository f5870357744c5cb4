//! `Conversation/get`, `/changes`, `/set`, `/typing`: one per person one talks with. Ours.

use agent::Command;
use serde_json::{Value, json};
use store::Writer;
use store::mail::{Conversation, MailRead, MailWrite, RowKind};
use uuid::Uuid;

use super::arguments::{self, GetArguments, SetArguments};
use super::call::{self, Answers, Call, SetOutcome, get_answer, id, object, partition, split};
use super::patch;
use super::presence::is_address;
use super::protocol::{Arguments, MethodError, SetError};
use super::time;
use crate::im::facts::{fold, same_address};
use crate::im::texts::name_of;

const PROPERTIES: &[&str] =
    &["id", "with", "withName", "lastMessageAt", "lastText", "unread", "isOpen", "typing"];

/// `Conversation/get`.
pub(crate) async fn get(
    call: &mut Call<'_>,
    arguments: &Arguments,
) -> Result<Answers, MethodError> {
    call.check_account(arguments)?;
    let asked = GetArguments::read(arguments)?;
    asked.allow(PROPERTIES)?;
    let (account, mailbox) = (call.caller.account, call.caller.mailbox);
    let ids = asked.ids.clone();
    let (state, found, not_found) = call
        .ctx
        .store
        .read(move |reader| {
            let (found, not_found) = match ids {
                None => (reader.conversations(account)?, Vec::new()),
                Some(ids) => partition(&ids, |id| {
                    Ok(reader.conversation(id)?.filter(|one| one.account == account))
                })?,
            };
            Ok((call::state(reader, mailbox)?, found, not_found))
        })
        .await?;
    let list = call.ctx.live.look(|bridge| {
        let shown = found.iter().map(|one| {
            let typing = bridge.is_typing(account, one.id);
            asked.project(to_json(one, typing))
        });
        shown.collect()
    });
    Ok(vec![("Conversation/get", get_answer(account, &state, list, not_found))])
}

/// `Conversation/changes`.
pub(crate) async fn changes(
    call: &mut Call<'_>,
    arguments: &Arguments,
) -> Result<Answers, MethodError> {
    let answer = call::changes(call, arguments, RowKind::Conversation).await?;
    Ok(vec![("Conversation/changes", answer)])
}

/// `Conversation/set`: create `{with}` (the same person twice is the same conversation), update
/// `{unread: 0, isOpen}`.
pub(crate) async fn set(
    call: &mut Call<'_>,
    arguments: &Arguments,
) -> Result<Answers, MethodError> {
    call.check_account(arguments)?;
    let asked = SetArguments::read(arguments)?;
    let (account, mailbox) = (call.caller.account, call.caller.mailbox);
    let updates: Vec<(String, Option<String>, Arguments)> = asked
        .update
        .iter()
        .map(|(key, object)| (key.clone(), call.resolve(key), object.clone()))
        .collect();
    let (outcome, old, new) = call
        .ctx
        .store
        .write(call.ctx.now_ms(), move |tx| {
            let old = call::state(tx, mailbox)?;
            if let Err(error) = asked.expect_state(&old) {
                return Ok(Err(error));
            }
            let mut outcome = SetOutcome::default();
            for (key, object) in &asked.create {
                outcome.create(key, create(tx, account, object)?);
            }
            for (key, target, object) in &updates {
                outcome.update(key, update(tx, account, target.as_deref(), object)?);
            }
            for key in &asked.destroy {
                let why = "conversations are kept; close it instead";
                outcome.destroy(key, Err(SetError::new("forbidden", why)));
            }
            let new = call::state(tx, mailbox)?;
            Ok(Ok((outcome, old, new)))
        })
        .await??;
    call.created.extend(outcome.created_ids());
    Ok(vec![("Conversation/set", outcome.answer(account, &old, &new))])
}

fn create(
    tx: &mut Writer,
    account: Uuid,
    object: &Arguments,
) -> store::Result<Result<Value, SetError>> {
    let known = ["with", "isOpen"];
    if let Some(name) = object.keys().find(|name| !known.contains(&name.as_str())) {
        return Ok(Err(SetError::properties(&[name], "cannot be set")));
    }
    let with = match object.get("with") {
        Some(Value::String(with)) if is_address(with) => fold(with),
        _ => return Ok(Err(SetError::properties(&["with"], "a SIP address, sip:user@domain"))),
    };
    let own = store::directory::DirectoryRead::messaging_user(tx, account)?;
    if own.is_some_and(|own| same_address(&own.sip_address, &with)) {
        return Ok(Err(SetError::properties(&["with"], "this is your own address")));
    }
    let name = name_of(tx, &with, None)?;
    let mut conversation = tx.open_conversation(account, &with, &name)?;
    if !conversation.open {
        conversation.open = true;
        tx.put_conversation(&conversation)?;
    }
    Ok(Ok(to_json(&conversation, false)))
}

fn update(
    tx: &mut Writer,
    account: Uuid,
    target: Option<&str>,
    object: &Arguments,
) -> store::Result<Result<Value, SetError>> {
    let found = match target.and_then(id) {
        Some(id) => tx.conversation(id)?.filter(|one| one.account == account),
        None => None,
    };
    let Some(mut conversation) = found else { return Ok(Err(SetError::not_found())) };
    let current = call::object(json!({
        "unread": conversation.unread,
        "isOpen": conversation.open,
    }));
    let wanted = match patch::apply(&current, object) {
        Ok(wanted) => wanted,
        Err(error) => return Ok(Err(error)),
    };
    for (name, value) in &wanted {
        match (name.as_str(), value) {
            ("unread", value) if value.as_i64() == Some(0) => conversation.unread = 0,
            ("unread", value) if value.as_i64() == Some(conversation.unread) => {}
            ("isOpen", Value::Bool(open)) => conversation.open = *open,
            _ => {
                let why = "only unread (to 0) and isOpen can be set";
                return Ok(Err(SetError::properties(&[name], why)));
            }
        }
    }
    let done = split(tx.put_conversation(&conversation))?;
    Ok(done.map(|()| Value::Null))
}

/// `Conversation/typing`: a keystroke, or the end of typing.
pub(crate) async fn typing(
    call: &mut Call<'_>,
    arguments: &Arguments,
) -> Result<Answers, MethodError> {
    call.check_account(arguments)?;
    let conversation = arguments::text(arguments, "conversationId")?
        .and_then(|text| call.resolve(text))
        .and_then(|text| id(&text));
    let active = arguments::flag(arguments, "active")?;
    let account = call.caller.account;
    let found = match conversation {
        Some(id) => call.ctx.store.read(move |reader| reader.conversation(id)).await?,
        None => None,
    };
    let Some(found) = found.filter(|one| one.account == account) else {
        return Err(MethodError::arguments("there is no such conversation"));
    };
    // A hint that cannot be sent is no failure of anybody's.
    if let Ok(address) = call.ctx.live.look(|bridge| bridge.way_to_send(account)) {
        let _ = call.ctx.agent.send(Command::Typing { address, to: found.with, active });
    }
    let answer = object(json!({"accountId": account.to_string()}));
    Ok(vec![("Conversation/typing", answer)])
}

/// A conversation as JMAP shows it.
pub(crate) fn to_json(conversation: &Conversation, typing: bool) -> Value {
    let has_text = !conversation.last_text.is_empty();
    json!({
        "id": conversation.id.to_string(),
        "with": conversation.with,
        "withName": conversation.with_name,
        "lastMessageAt": has_text.then(|| time::utc(conversation.last_at_ms)),
        "lastText": has_text.then_some(&conversation.last_text),
        "unread": conversation.unread,
        "isOpen": conversation.open,
        "typing": typing,
    })
}
