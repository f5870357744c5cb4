//! One method call: who calls, and what its answer is made of.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use store::Reader;
use store::mail::{Changes, MailRead, RowKind};
use uuid::Uuid;

use super::arguments::{self, ChangesArguments};
use super::protocol::{Arguments, MethodError, SetError};
use crate::ctx::Ctx;
use crate::im::person::ConnectionId;
use crate::limits;

/// Who sends a request, and over what.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    /// The account; its id is the JMAP account id.
    pub account: Uuid,
    /// Its mailbox.
    pub mailbox: Uuid,
    /// The WebSocket, if it came over one.
    pub connection: Option<ConnectionId>,
}

/// What a method sees.
pub(crate) struct Call<'a> {
    /// Doors.
    pub ctx: &'a Ctx,
    /// Who calls.
    pub caller: &'a Caller,
    /// Creation ids of the request so far (RFC 8620 §3.3).
    pub created: &'a mut BTreeMap<String, String>,
}

/// Answers of one method: name and arguments; a set may imply a second one.
pub(crate) type Answers = Vec<(&'static str, Arguments)>;

impl Call<'_> {
    /// The id itself, or what `#k` was created as.
    pub(crate) fn resolve(&self, id: &str) -> Option<String> {
        match id.strip_prefix('#') {
            Some(key) => self.created.get(key).cloned(),
            None => Some(id.to_owned()),
        }
    }

    /// The account of the arguments; it must be the caller's.
    pub(crate) fn check_account(&self, arguments: &Arguments) -> Result<(), MethodError> {
        arguments::account(arguments, self.caller.account)
    }
}

/// A UUID, or `None` for anything that cannot be an id of ours.
pub(crate) fn id(text: &str) -> Option<Uuid> {
    // Only the spelling that we print: an id has one name.
    text.parse::<Uuid>().ok().filter(|id| id.to_string() == text)
}

/// State of all durable types of a mailbox: its change number.
pub(crate) fn state<R: MailRead>(reader: &R, mailbox: Uuid) -> store::Result<String> {
    let number = reader.mailbox(mailbox)?.map_or(0, |mailbox| mailbox.change_number);
    Ok(number.to_string())
}

/// `/get` from what was found and what was asked.
pub(crate) fn get_answer(
    account: Uuid,
    state: &str,
    list: Vec<Value>,
    not_found: Vec<String>,
) -> Arguments {
    object(json!({
        "accountId": account.to_string(),
        "state": state,
        "list": list,
        "notFound": not_found,
    }))
}

/// A value that is an object, as one.
pub(crate) fn object(value: Value) -> Arguments {
    match value {
        Value::Object(object) => object,
        _ => Map::new(),
    }
}

/// `/changes` of one kind of row.
pub(crate) async fn changes(
    call: &Call<'_>,
    arguments: &Arguments,
    kind: RowKind,
) -> Result<Arguments, MethodError> {
    call.check_account(arguments)?;
    let asked = ChangesArguments::read(arguments)?;
    let cannot = || {
        let why = "this state is not one of ours, or too old".to_owned();
        MethodError::Client("cannotCalculateChanges", why)
    };
    let since: i64 = asked.since_state.parse().map_err(|_| cannot())?;
    let mailbox = call.caller.mailbox;
    let limit = u32::try_from(asked.max_changes).unwrap_or(u32::MAX);
    let found = call
        .ctx
        .store
        .read(move |reader| changes_since(reader, mailbox, kind, since, limit))
        .await?;
    let Some(found) = found else { return Err(cannot()) };
    let ids = |ids: Vec<Uuid>| ids.iter().map(Uuid::to_string).collect::<Vec<_>>();
    Ok(object(json!({
        "accountId": call.caller.account.to_string(),
        "oldState": asked.since_state,
        "newState": found.change_number.to_string(),
        "hasMoreChanges": found.has_more,
        "created": ids(found.created),
        "updated": ids(found.updated),
        "destroyed": ids(found.destroyed),
    })))
}

/// `None` if the number is from the future.
fn changes_since(
    reader: &Reader,
    mailbox: Uuid,
    kind: RowKind,
    since: i64,
    limit: u32,
) -> store::Result<Option<Changes>> {
    let now = reader.mailbox(mailbox)?.map_or(0, |mailbox| mailbox.change_number);
    if since < 0 || since > now {
        return Ok(None);
    }
    reader.changes(mailbox, kind, since, limit.min(limits::CHANGES_MAX as u32)).map(Some)
}

/// What a `/set` did, object by object.
#[derive(Debug, Default)]
pub(crate) struct SetOutcome {
    created: Map<String, Value>,
    updated: Map<String, Value>,
    destroyed: Vec<String>,
    not_created: Map<String, Value>,
    not_updated: Map<String, Value>,
    not_destroyed: Map<String, Value>,
}

impl SetOutcome {
    /// One creation.
    pub(crate) fn create(&mut self, key: &str, result: Result<Value, SetError>) {
        match result {
            Ok(value) => self.created.insert(key.to_owned(), value),
            Err(error) => self.not_created.insert(key.to_owned(), error.value()),
        };
    }

    /// One update; the value is what the server changed besides, or null.
    pub(crate) fn update(&mut self, id: &str, result: Result<Value, SetError>) {
        match result {
            Ok(value) => self.updated.insert(id.to_owned(), value),
            Err(error) => self.not_updated.insert(id.to_owned(), error.value()),
        };
    }

    /// One destruction.
    pub(crate) fn destroy(&mut self, id: &str, result: Result<(), SetError>) {
        match result {
            Ok(()) => self.destroyed.push(id.to_owned()),
            Err(error) => {
                self.not_destroyed.insert(id.to_owned(), error.value());
            }
        }
    }

    /// Creation ids and what they became, for the rest of the request.
    pub(crate) fn created_ids(&self) -> impl Iterator<Item = (String, String)> + '_ {
        self.created
            .iter()
            .filter_map(|(key, value)| Some((key.clone(), value.get("id")?.as_str()?.to_owned())))
    }

    /// The answer (RFC 8620 §5.3): null where there is nothing.
    pub(crate) fn answer(self, account: Uuid, old_state: &str, new_state: &str) -> Arguments {
        let map = |map: Map<String, Value>| match map.is_empty() {
            true => Value::Null,
            false => Value::Object(map),
        };
        let destroyed = match self.destroyed.is_empty() {
            true => Value::Null,
            false => json!(self.destroyed),
        };
        object(json!({
            "accountId": account.to_string(),
            "oldState": old_state,
            "newState": new_state,
            "created": map(self.created),
            "updated": map(self.updated),
            "destroyed": destroyed,
            "notCreated": map(self.not_created),
            "notUpdated": map(self.not_updated),
            "notDestroyed": map(self.not_destroyed),
        }))
    }
}

/// What a failed read or write is to the client; the cause goes to the log.
impl From<store::Error> for MethodError {
    fn from(error: store::Error) -> Self {
        match error {
            store::Error::Invalid(why) | store::Error::Limit(why) | store::Error::Conflict(why) => {
                MethodError::arguments(why)
            }
            store::Error::NotFound(what) => {
                MethodError::arguments(format!("{what} does not exist"))
            }
            other => {
                tracing::error!(error = %other, "the store did not serve a JMAP call");
                let unavailable = "the mail store is not available at the moment".to_owned();
                match other {
                    store::Error::Damaged(_) => MethodError::Fail("stored data is damaged".into()),
                    _ => MethodError::Unavailable(unavailable),
                }
            }
        }
    }
}

/// What it is to one object of a set. Only errors that concern this object alone; the others end
/// the whole transaction.
pub(crate) fn set_error(error: store::Error) -> Result<SetError, store::Error> {
    match error {
        store::Error::Invalid(why) => Ok(SetError::new("invalidProperties", why)),
        store::Error::Conflict(why) => Ok(SetError::new("invalidProperties", why)),
        store::Error::Limit(why) => Ok(SetError::new("overQuota", why)),
        store::Error::NotFound(what) => {
            Ok(SetError::new("notFound", format!("{what} does not exist")))
        }
        other => Err(other),
    }
}

/// Splits a store result of one object: its own error stays with it, others end the transaction.
pub(crate) fn split<T>(result: store::Result<T>) -> store::Result<Result<T, SetError>> {
    match result {
        Ok(value) => Ok(Ok(value)),
        Err(error) => set_error(error).map(Err),
    }
}

/// Keeps rows that belong to the caller, in the order of the ids; the rest is not found.
pub(crate) fn partition<T>(
    ids: &[String],
    mut find: impl FnMut(Uuid) -> store::Result<Option<T>>,
) -> store::Result<(Vec<T>, Vec<String>)> {
    let (mut found, mut not_found) = (Vec::new(), Vec::new());
    for text in ids {
        let row = match id(text) {
            Some(id) => find(id)?,
            None => None,
        };
        match row {
            Some(row) => found.push(row),
            None => not_found.push(text.clone()),
        }
    }
    Ok((found, not_found))
}
