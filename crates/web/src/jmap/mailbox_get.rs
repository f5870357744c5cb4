//! `Mailbox/get`, `/changes`, `/query` (RFC 8621 §2): folders, as JMAP calls them mailboxes.

use serde_json::{Value, json};
use store::mail::{Folder, FolderRole, MailRead, RowKind};

use super::arguments::{self, GetArguments, Window};
use super::call::{self, Answers, Call, get_answer, object, partition};
use super::protocol::{Arguments, MethodError};

/// Properties of a Mailbox.
const PROPERTIES: &[&str] = &[
    "id",
    "name",
    "parentId",
    "role",
    "sortOrder",
    "totalEmails",
    "unreadEmails",
    "totalThreads",
    "unreadThreads",
    "myRights",
    "isSubscribed",
];

/// `Mailbox/get`.
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
            let folders: Vec<Folder> =
                reader.folders(mailbox)?.into_iter().filter(is_mail).collect();
            let (found, not_found) = match ids {
                None => (folders, Vec::new()),
                Some(ids) => partition(&ids, |id| {
                    Ok(folders.iter().find(|folder| folder.id == id).cloned())
                })?,
            };
            Ok((call::state(reader, mailbox)?, found, not_found))
        })
        .await?;
    let list = found.iter().map(|folder| asked.project(to_json(folder))).collect();
    Ok(vec![("Mailbox/get", get_answer(account, &state, list, not_found))])
}

/// `Mailbox/changes`.
pub(crate) async fn changes(
    call: &mut Call<'_>,
    arguments: &Arguments,
) -> Result<Answers, MethodError> {
    let mut answer = call::changes(call, arguments, RowKind::Folder).await?;
    answer.insert("updatedProperties".into(), Value::Null);
    Ok(vec![("Mailbox/changes", answer)])
}

/// `Mailbox/query`: by role, name, parent.
pub(crate) async fn query(
    call: &mut Call<'_>,
    arguments: &Arguments,
) -> Result<Answers, MethodError> {
    call.check_account(arguments)?;
    let window = Window::read(arguments)?;
    let filter = arguments::object(arguments, "filter")?.cloned().unwrap_or_default();
    let known = ["role", "name", "parentId", "hasAnyRole", "isSubscribed"];
    if let Some(name) = filter.keys().find(|name| !known.contains(&name.as_str())) {
        return Err(MethodError::Client("unsupportedFilter", format!("there is no filter {name}")));
    }
    let mailbox = call.caller.mailbox;
    let (state, folders) = call
        .ctx
        .store
        .read(move |reader| Ok((call::state(reader, mailbox)?, reader.folders(mailbox)?)))
        .await?;
    let all: Vec<String> = folders
        .iter()
        .filter(|folder| is_mail(folder) && fits(folder, &filter))
        .map(|folder| folder.id.to_string())
        .collect();
    let total = all.len();
    let (position, ids) = window.cut(all)?;
    let mut answer = object(json!({
        "accountId": call.caller.account.to_string(),
        "queryState": state,
        "canCalculateChanges": false,
        "position": position,
        "ids": ids,
    }));
    if window.calculate_total {
        answer.insert("total".into(), json!(total));
    }
    Ok(vec![("Mailbox/query", answer)])
}

fn fits(folder: &Folder, filter: &Arguments) -> bool {
    filter.iter().all(|(name, value)| match name.as_str() {
        "role" => json!(role_name(folder.role)) == *value,
        "parentId" => json!(folder.parent.map(|id| id.to_string())) == *value,
        "name" => value
            .as_str()
            .is_some_and(|part| folder.name.to_lowercase().contains(&part.to_lowercase())),
        "hasAnyRole" => value.as_bool() == Some(role_name(folder.role).is_some()),
        "isSubscribed" => value.as_bool() == Some(true),
        _ => false,
    })
}

/// The contact folder holds no mail.
pub(crate) fn is_mail(folder: &Folder) -> bool {
    folder.role != Some(FolderRole::QuickContacts)
}

/// Roles of the IANA registry that JMAP uses (RFC 8621 §2).
pub(crate) fn role_name(role: Option<FolderRole>) -> Option<&'static str> {
    match role? {
        FolderRole::Inbox => Some("inbox"),
        FolderRole::Drafts => Some("drafts"),
        FolderRole::Sent => Some("sent"),
        FolderRole::Trash => Some("trash"),
        FolderRole::Junk => Some("junk"),
        FolderRole::Archive => Some("archive"),
        FolderRole::ConversationHistory | FolderRole::QuickContacts => None,
    }
}

/// A folder as JMAP shows it. Threads are counted as messages: the page lists messages.
pub(crate) fn to_json(folder: &Folder) -> Value {
    let is_own = folder.role.is_none();
    json!({
        "id": folder.id.to_string(),
        "name": folder.name,
        "parentId": folder.parent.map(|id| id.to_string()),
        "role": role_name(folder.role),
        "sortOrder": folder.sort_order,
        "totalEmails": folder.total,
        "unreadEmails": folder.unread,
        "totalThreads": folder.total,
        "unreadThreads": folder.unread,
        "myRights": {
            "mayReadItems": true,
            "mayAddItems": true,
            "mayRemoveItems": true,
            "maySetSeen": true,
            "maySetKeywords": true,
            "mayCreateChild": true,
            "mayRename": is_own,
            "mayDelete": is_own,
            "maySubmit": true,
        },
        "isSubscribed": true,
    })
}
