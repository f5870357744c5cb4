//! `ImGroup/get`, `/changes`, `/set`: the contact list, group by group. Ours; the same rows as EWS'
//! and the messaging half's lists (design.md §9).

use serde_json::{Value, json};
use store::Writer;
use store::contacts::{ContactsRead, ContactsWrite, ImContact, ImGroup, ImGroupKind};
use store::mail::RowKind;
use uuid::Uuid;

use super::arguments::{GetArguments, SetArguments};
use super::call::{self, Answers, Call, SetOutcome, get_answer, id, split};
use super::patch;
use super::presence::is_address;
use super::protocol::{Arguments, MethodError, SetError};
use crate::im::facts::fold;
use crate::im::texts::name_of;
use crate::limits::{GROUP_CONTACTS_MAX, GROUP_NAME_MAX, GROUPS_MAX};

/// `ImGroup/get`.
pub(crate) async fn get(
    call: &mut Call<'_>,
    arguments: &Arguments,
) -> Result<Answers, MethodError> {
    call.check_account(arguments)?;
    let asked = GetArguments::read(arguments)?;
    asked.allow(&["id", "name", "kind", "contacts"])?;
    let (account, mailbox) = (call.caller.account, call.caller.mailbox);
    let (state, groups, contacts) = call
        .ctx
        .store
        .read(move |reader| {
            let state = call::state(reader, mailbox)?;
            Ok((state, reader.im_groups(account)?, reader.im_contacts(account)?))
        })
        .await?;
    let wanted =
        |group: &&ImGroup| asked.ids.as_ref().is_none_or(|ids| ids.contains(&group.id.to_string()));
    let list = groups
        .iter()
        .filter(wanted)
        .map(|group| asked.project(to_json(group, &contacts)))
        .collect();
    let not_found = asked
        .ids
        .iter()
        .flatten()
        .filter(|id| !groups.iter().any(|group| group.id.to_string() == **id))
        .cloned()
        .collect();
    Ok(vec![("ImGroup/get", get_answer(account, &state, list, not_found))])
}

/// `ImGroup/changes`.
pub(crate) async fn changes(
    call: &mut Call<'_>,
    arguments: &Arguments,
) -> Result<Answers, MethodError> {
    let answer = call::changes(call, arguments, RowKind::ImGroup).await?;
    Ok(vec![("ImGroup/changes", answer)])
}

/// `ImGroup/set`: create `{name, contacts}`, update `{name, contacts}`, destroy.
pub(crate) async fn set(
    call: &mut Call<'_>,
    arguments: &Arguments,
) -> Result<Answers, MethodError> {
    call.check_account(arguments)?;
    let asked = SetArguments::read(arguments)?;
    let (account, mailbox) = (call.caller.account, call.caller.mailbox);
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
            for (key, object) in &asked.update {
                outcome.update(key, update(tx, account, key, object)?);
            }
            for key in &asked.destroy {
                outcome.destroy(key, destroy(tx, account, key)?);
            }
            let new = call::state(tx, mailbox)?;
            Ok(Ok((outcome, old, new)))
        })
        .await??;
    call.created.extend(outcome.created_ids());
    Ok(vec![("ImGroup/set", outcome.answer(account, &old, &new))])
}

/// An address and the name given with it.
type Wanted = (String, Option<String>);

/// The properties a client may write.
fn read(object: &Arguments) -> Result<(Option<String>, Option<Vec<Wanted>>), SetError> {
    let (mut name, mut contacts) = (None, None);
    for (property, value) in object {
        match (property.as_str(), value) {
            ("name", Value::String(text)) => name = Some(read_name(text)?),
            ("contacts", Value::Array(items)) => contacts = Some(read_contacts(items)?),
            _ => return Err(SetError::properties(&[property], "cannot be set to this value")),
        }
    }
    Ok((name, contacts))
}

fn read_name(text: &str) -> Result<String, SetError> {
    let name = text.trim();
    let fits = !name.is_empty()
        && name.chars().count() <= GROUP_NAME_MAX
        && !name.contains(char::is_control);
    match fits {
        true => Ok(name.to_owned()),
        false => Err(SetError::properties(&["name"], "a short name without control characters")),
    }
}

fn read_contacts(items: &[Value]) -> Result<Vec<Wanted>, SetError> {
    if items.len() > GROUP_CONTACTS_MAX {
        return Err(SetError::new("overQuota", format!("at most {GROUP_CONTACTS_MAX} contacts")));
    }
    let wrong = || SetError::properties(&["contacts"], "a list of {address: \"sip:…\", name}");
    let mut wanted: Vec<Wanted> = Vec::new();
    for item in items {
        let address = item.get("address").and_then(Value::as_str).filter(|text| is_address(text));
        let address = fold(address.ok_or_else(wrong)?);
        let name = item.get("name").and_then(Value::as_str).map(str::trim);
        let name = name.filter(|name| !name.is_empty() && name.chars().count() <= GROUP_NAME_MAX);
        if !wanted.iter().any(|(other, _)| *other == address) {
            wanted.push((address, name.map(str::to_owned)));
        }
    }
    Ok(wanted)
}

fn create(
    tx: &mut Writer,
    account: Uuid,
    object: &Arguments,
) -> store::Result<Result<Value, SetError>> {
    let (name, contacts) = match read(object) {
        Ok((Some(name), contacts)) => (name, contacts.unwrap_or_default()),
        Ok((None, _)) => return Ok(Err(SetError::properties(&["name"], "a group needs a name"))),
        Err(error) => return Ok(Err(error)),
    };
    let groups = tx.im_groups(account)?;
    if groups.len() >= GROUPS_MAX {
        return Ok(Err(SetError::new("overQuota", format!("at most {GROUPS_MAX} groups"))));
    }
    let last = groups.iter().map(|group| group.sort_order).max().unwrap_or(0);
    let group = ImGroup {
        id: tx.new_id()?,
        account,
        name,
        kind: ImGroupKind::Own,
        sort_order: last.saturating_add(1),
        created: 0,
        changed: 0,
    };
    if let Err(error) = split(tx.put_im_group(&group))? {
        return Ok(Err(error));
    }
    put_contacts(tx, account, group.id, &contacts)?;
    let contacts = tx.im_contacts(account)?;
    Ok(Ok(to_json(&group, &contacts)))
}

fn own(tx: &Writer, account: Uuid, text: &str) -> store::Result<Option<ImGroup>> {
    let Some(id) = id(text) else { return Ok(None) };
    Ok(tx.im_groups(account)?.into_iter().find(|group| group.id == id))
}

fn update(
    tx: &mut Writer,
    account: Uuid,
    key: &str,
    object: &Arguments,
) -> store::Result<Result<Value, SetError>> {
    let Some(mut group) = own(tx, account, key)? else { return Ok(Err(SetError::not_found())) };
    let mut current = call::object(to_json(&group, &tx.im_contacts(account)?));
    current.retain(|name, _| name == "name" || name == "contacts");
    let wanted = match patch::apply(&current, object).and_then(|wanted| read(&wanted)) {
        Ok(wanted) => wanted,
        Err(error) => return Ok(Err(error)),
    };
    let (name, contacts) = wanted;
    if let Some(name) = name.filter(|name| *name != group.name) {
        if group.kind != ImGroupKind::Own {
            return Ok(Err(SetError::new("forbidden", "this group keeps its name")));
        }
        group.name = name;
        if let Err(error) = split(tx.put_im_group(&group))? {
            return Ok(Err(error));
        }
    }
    if object.keys().any(|path| path.starts_with("contacts")) {
        put_contacts(tx, account, group.id, &contacts.unwrap_or_default())?;
    }
    Ok(Ok(Value::Null))
}

/// Makes these the members of the group. Who is in no group any more is no contact any more.
fn put_contacts(
    tx: &mut Writer,
    account: Uuid,
    group: Uuid,
    wanted: &[Wanted],
) -> store::Result<()> {
    let existing = tx.im_contacts(account)?;
    for mut contact in existing.iter().cloned() {
        let stays = wanted.iter().any(|(address, _)| *address == fold(&contact.address));
        if !stays && contact.groups.contains(&group) {
            contact.groups.retain(|other| *other != group);
            match contact.groups.is_empty() {
                true => tx.delete_im_contact(contact.id)?,
                false => tx.put_im_contact(&contact)?,
            }
        }
    }
    for (address, name) in wanted {
        let known = existing.iter().find(|contact| fold(&contact.address) == *address);
        match known {
            Some(contact) if contact.groups.contains(&group) => {}
            Some(contact) => {
                let mut contact = contact.clone();
                contact.groups.push(group);
                tx.put_im_contact(&contact)?;
            }
            None => {
                let display_name = name_of(tx, address, name.as_deref())?;
                let id = tx.new_id()?;
                let address = address.clone();
                let groups = vec![group];
                tx.put_im_contact(&ImContact { id, account, address, display_name, groups })?;
            }
        }
    }
    Ok(())
}

fn destroy(tx: &mut Writer, account: Uuid, key: &str) -> store::Result<Result<(), SetError>> {
    let Some(group) = own(tx, account, key)? else { return Ok(Err(SetError::not_found())) };
    if group.kind != ImGroupKind::Own {
        return Ok(Err(SetError::new("forbidden", "this group stays")));
    }
    put_contacts(tx, account, group.id, &[])?;
    split(tx.delete_im_group(group.id))
}

fn to_json(group: &ImGroup, contacts: &[ImContact]) -> Value {
    let kind = match group.kind {
        ImGroupKind::Favorites => "favorites",
        ImGroupKind::Tagged => "tagged",
        ImGroupKind::Other => "other",
        ImGroupKind::Own => "own",
    };
    let members: Vec<Value> = contacts
        .iter()
        .filter(|contact| contact.groups.contains(&group.id))
        .map(|contact| json!({"address": contact.address, "name": contact.display_name}))
        .collect();
    json!({"id": group.id.to_string(), "name": group.name, "kind": kind, "contacts": members})
}
