//! `Mailbox/set` (RFC 8621 §2.5): make, rename, move and remove folders.

use serde_json::{Value, json};
use store::Writer;
use store::mail::{Folder, MailRead, MailWrite, MessageQuery};
use uuid::Uuid;

use super::arguments::{self, SetArguments};
use super::call::{self, Answers, Call, SetOutcome, id, split};
use super::mailbox_get::{is_mail, to_json};
use super::patch;
use super::protocol::{Arguments, MethodError, SetError};

/// `Mailbox/set`.
pub(crate) async fn set(
    call: &mut Call<'_>,
    arguments: &Arguments,
) -> Result<Answers, MethodError> {
    call.check_account(arguments)?;
    let asked = SetArguments::read(arguments)?;
    let removes_mail = arguments::flag(arguments, "onDestroyRemoveEmails")?;
    let (account, mailbox) = (call.caller.account, call.caller.mailbox);
    let known = call.created.clone();
    let outcome = call
        .ctx
        .store
        .write(call.ctx.now_ms(), move |tx| {
            let old = call::state(tx, mailbox)?;
            if let Err(error) = asked.expect_state(&old) {
                return Ok(Err(error));
            }
            let mut known = known;
            let mut outcome = SetOutcome::default();
            for (key, object) in &asked.create {
                let made = create(tx, mailbox, object, &known)?;
                if let Ok(made) = &made
                    && let Some(id) = made.get("id").and_then(Value::as_str)
                {
                    known.insert(key.clone(), id.to_owned());
                }
                outcome.create(key, made);
            }
            for (key, object) in &asked.update {
                let target = resolve(&known, key);
                outcome.update(key, update(tx, mailbox, target.as_deref(), object, &known)?);
            }
            for key in &asked.destroy {
                let target = resolve(&known, key);
                outcome.destroy(key, destroy(tx, mailbox, target.as_deref(), removes_mail)?);
            }
            let new = call::state(tx, mailbox)?;
            Ok(Ok((outcome, old, new)))
        })
        .await??;
    let (outcome, old, new) = outcome;
    call.created.extend(outcome.created_ids());
    Ok(vec![("Mailbox/set", outcome.answer(account, &old, &new))])
}

type Known = std::collections::BTreeMap<String, String>;

fn resolve(known: &Known, id: &str) -> Option<String> {
    match id.strip_prefix('#') {
        Some(key) => known.get(key).cloned(),
        None => Some(id.to_owned()),
    }
}

fn own(tx: &Writer, mailbox: Uuid, text: Option<&str>) -> store::Result<Option<Folder>> {
    let Some(id) = text.and_then(id) else { return Ok(None) };
    Ok(tx.folder(id)?.filter(|folder| folder.mailbox == mailbox && is_mail(folder)))
}

/// The properties a client may write, read from an object into a folder.
fn apply(
    tx: &Writer,
    mailbox: Uuid,
    folder: &mut Folder,
    object: &Arguments,
    known: &Known,
) -> store::Result<Result<(), SetError>> {
    for (name, value) in object {
        match (name.as_str(), value) {
            ("name", Value::String(text)) if !text.trim().is_empty() => {
                folder.name = text.trim().to_owned();
            }
            ("parentId", Value::Null) => folder.parent = None,
            ("parentId", Value::String(text)) => {
                match own(tx, mailbox, resolve(known, text).as_deref())? {
                    Some(parent) if parent.id != folder.id => folder.parent = Some(parent.id),
                    _ => {
                        let why = "there is no such folder";
                        return Ok(Err(SetError::properties(&["parentId"], why)));
                    }
                }
            }
            ("sortOrder", value) => match value.as_u64().and_then(|n| u32::try_from(n).ok()) {
                Some(number) => folder.sort_order = number,
                None => return Ok(Err(SetError::properties(&["sortOrder"], "not a number"))),
            },
            ("isSubscribed", Value::Bool(true)) => {}
            _ => {
                let why = "cannot be set to this value";
                return Ok(Err(SetError::properties(&[name], why)));
            }
        }
    }
    Ok(Ok(()))
}

fn create(
    tx: &mut Writer,
    mailbox: Uuid,
    object: &Arguments,
    known: &Known,
) -> store::Result<Result<Value, SetError>> {
    let mut folder = Folder {
        id: tx.new_id()?,
        mailbox,
        parent: None,
        name: String::new(),
        role: None,
        sort_order: 100,
        total: 0,
        unread: 0,
        created: 0,
        changed: 0,
    };
    if let Err(error) = apply(tx, mailbox, &mut folder, object, known)? {
        return Ok(Err(error));
    }
    if folder.name.is_empty() {
        return Ok(Err(SetError::properties(&["name"], "a folder needs a name")));
    }
    let made = split(tx.put_folder(&folder))?;
    Ok(made.map(|()| to_json(&folder)))
}

fn update(
    tx: &mut Writer,
    mailbox: Uuid,
    target: Option<&str>,
    object: &Arguments,
    known: &Known,
) -> store::Result<Result<Value, SetError>> {
    let Some(mut folder) = own(tx, mailbox, target)? else { return Ok(Err(SetError::not_found())) };
    let current = call::object(json!({
        "name": folder.name,
        "parentId": folder.parent.map(|id| id.to_string()),
        "sortOrder": folder.sort_order,
        "isSubscribed": true,
    }));
    let wanted = match patch::apply(&current, object) {
        Ok(wanted) => wanted,
        Err(error) => return Ok(Err(error)),
    };
    let renames = wanted.get("name") != current.get("name")
        || wanted.get("parentId") != current.get("parentId");
    if renames && folder.role.is_some() {
        return Ok(Err(SetError::new("forbidden", "this folder keeps its name and place")));
    }
    if let Err(error) = apply(tx, mailbox, &mut folder, &wanted, known)? {
        return Ok(Err(error));
    }
    if is_below(tx, &folder)? {
        let why = "a folder cannot lie in itself";
        return Ok(Err(SetError::properties(&["parentId"], why)));
    }
    let done = split(tx.put_folder(&folder))?;
    Ok(done.map(|()| Value::Null))
}

/// Whether following the parents comes back to the folder.
fn is_below(tx: &Writer, folder: &Folder) -> store::Result<bool> {
    let mut at = folder.parent;
    for _ in 0..store::ROWS_MAX {
        match at {
            None => return Ok(false),
            Some(id) if id == folder.id => return Ok(true),
            Some(id) => at = tx.folder(id)?.and_then(|parent| parent.parent),
        }
    }
    Ok(true)
}

fn destroy(
    tx: &mut Writer,
    mailbox: Uuid,
    target: Option<&str>,
    removes_mail: bool,
) -> store::Result<Result<(), SetError>> {
    let Some(folder) = own(tx, mailbox, target)? else { return Ok(Err(SetError::not_found())) };
    if folder.role.is_some() {
        return Ok(Err(SetError::new("forbidden", "this folder cannot be removed")));
    }
    let has_child = tx.folders(mailbox)?.iter().any(|child| child.parent == Some(folder.id));
    if has_child {
        return Ok(Err(SetError::new("mailboxHasChild", "it has folders in it")));
    }
    let query = MessageQuery { folder: Some(folder.id), ..MessageQuery::default() };
    if !removes_mail && tx.count_messages(mailbox, &query)? > 0 {
        return Ok(Err(SetError::new("mailboxHasEmail", "it has messages in it")));
    }
    split(tx.delete_folder(folder.id))
}
