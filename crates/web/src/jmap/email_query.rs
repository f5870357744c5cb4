//! `Email/query`, `Email/changes` (RFC 8621 §4.3, §4.4).

use serde_json::{Value, json};
use store::Reader;
use store::mail::{MailRead, MessageQuery, RowKind};
use uuid::Uuid;

use super::arguments::{self, Window};
use super::call::{self, Answers, Call, id, object};
use super::protocol::{Arguments, MethodError};
use crate::limits::{FILTER_CONDITIONS_MAX, FILTER_DEPTH_MAX};

/// `Email/changes`.
pub(crate) async fn changes(
    call: &mut Call<'_>,
    arguments: &Arguments,
) -> Result<Answers, MethodError> {
    let answer = call::changes(call, arguments, RowKind::Message).await?;
    Ok(vec![("Email/changes", answer)])
}

/// `Email/query`: in a folder, with words, by time.
pub(crate) async fn query(
    call: &mut Call<'_>,
    arguments: &Arguments,
) -> Result<Answers, MethodError> {
    call.check_account(arguments)?;
    let window = Window::read(arguments)?;
    if arguments::flag(arguments, "collapseThreads")? {
        return Err(MethodError::arguments("collapseThreads is not supported"));
    }
    let ascending = read_sort(arguments)?;
    let mut condition = Condition::default();
    if let Some(filter) = arguments::object(arguments, "filter")? {
        condition.read(filter, FILTER_DEPTH_MAX)?;
    }
    let mailbox = call.caller.mailbox;
    let (state, total, found) = call
        .ctx
        .store
        .read(move |reader| {
            let state = call::state(reader, mailbox)?;
            if condition.impossible {
                return Ok((state, 0, window.cut(Vec::new())));
            }
            let query = condition.query(ascending);
            let total = reader.count_messages(mailbox, &query)?;
            Ok((state, total, find(reader, mailbox, query, total, &window)?))
        })
        .await?;
    let (position, ids) = found?;
    let mut answer = object(json!({
        "accountId": call.caller.account.to_string(),
        "queryState": state,
        "canCalculateChanges": false,
        "position": position,
        "ids": ids,
    }));
    if arguments::flag(arguments, "calculateTotal")? {
        answer.insert("total".into(), json!(total));
    }
    Ok(vec![("Email/query", answer)])
}

type Found = Result<(usize, Vec<String>), MethodError>;

/// The window; only an anchor needs the whole list.
fn find(
    reader: &Reader,
    mailbox: Uuid,
    query: MessageQuery,
    total: i64,
    window: &Window,
) -> store::Result<Found> {
    let text = |ids: Vec<Uuid>| ids.iter().map(Uuid::to_string).collect::<Vec<_>>();
    if window.anchor.is_some() {
        return Ok(window.cut(text(reader.message_ids(mailbox, &query)?)));
    }
    let start = match window.position {
        position if position < 0 => total.saturating_add(position).max(0),
        position => position,
    };
    let position = u32::try_from(start).unwrap_or(u32::MAX);
    let limit = Some(u32::try_from(window.limit).unwrap_or(u32::MAX));
    let ids = reader.message_ids(mailbox, &MessageQuery { position, limit, ..query })?;
    Ok(Ok((usize::try_from(start).unwrap_or(usize::MAX), text(ids))))
}

/// Whether oldest first; the only order is that of receivedAt.
fn read_sort(arguments: &Arguments) -> Result<bool, MethodError> {
    let comparators = match arguments.get("sort") {
        None | Some(Value::Null) => return Ok(false),
        Some(Value::Array(list)) => list,
        Some(_) => return Err(MethodError::arguments("sort must be a list")),
    };
    let Some(first) = comparators.first() else { return Ok(false) };
    match first.get("property").and_then(Value::as_str) {
        Some("receivedAt") => {}
        Some(other) => {
            let why = format!("messages are not sorted by {other}");
            return Err(MethodError::Client("unsupportedSort", why));
        }
        None => return Err(MethodError::arguments("sort/0/property is missing")),
    }
    // RFC 8620 §5.5: isAscending is true if left out.
    Ok(first.get("isAscending").and_then(Value::as_bool).unwrap_or(true))
}

/// What a filter comes to: one folder at most, and words.
#[derive(Debug, Default, PartialEq, Eq)]
struct Condition {
    folder: Option<Uuid>,
    words: Vec<String>,
    conditions: usize,
    /// Two folders at once, or a folder that is none.
    impossible: bool,
}

impl Condition {
    fn read(&mut self, filter: &Arguments, depth: usize) -> Result<(), MethodError> {
        let refuse = |why: String| Err(MethodError::Client("unsupportedFilter", why));
        self.conditions += 1;
        if depth == 0 || self.conditions > FILTER_CONDITIONS_MAX {
            return refuse("the filter has too many parts".into());
        }
        if let Some(operator) = filter.get("operator") {
            if operator.as_str() != Some("AND") {
                return refuse(format!("operator {operator} is not supported"));
            }
            let Some(parts) = filter.get("conditions").and_then(Value::as_array) else {
                return Err(MethodError::arguments("conditions must be a list"));
            };
            for part in parts {
                match part {
                    Value::Object(part) => self.read(part, depth - 1)?,
                    _ => return Err(MethodError::arguments("a condition must be an object")),
                }
            }
            return Ok(());
        }
        for (name, value) in filter {
            match (name.as_str(), value) {
                ("inMailbox", Value::String(text)) => self.in_folder(id(text)),
                ("text", Value::String(text)) => self.words.push(text.clone()),
                ("inMailbox" | "text", _) => {
                    return Err(MethodError::arguments(format!("{name} must be a string")));
                }
                _ => return refuse(format!("there is no filter {name}")),
            }
        }
        Ok(())
    }

    fn in_folder(&mut self, folder: Option<Uuid>) {
        let clashes = self.folder.is_some() && self.folder != folder;
        self.impossible |= clashes || folder.is_none();
        self.folder = folder;
    }

    fn query(&self, ascending: bool) -> MessageQuery {
        let text = self.words.join(" ");
        MessageQuery {
            folder: self.folder,
            text: Some(text).filter(|text| !text.trim().is_empty()),
            ascending,
            ..MessageQuery::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(filter: Value) -> Result<Condition, MethodError> {
        let mut condition = Condition::default();
        condition.read(filter.as_object().expect("an object"), FILTER_DEPTH_MAX)?;
        Ok(condition)
    }

    #[test]
    fn filters_come_to_one_folder_and_words() {
        let folder = Uuid::from_u128(7).to_string();
        let both = json!({"operator": "AND", "conditions": [
            {"inMailbox": folder}, {"text": "a"}, {"operator": "AND", "conditions": [{"text": "b"}]}
        ]});
        let condition = read(both).expect("supported");
        assert_eq!(condition.query(false).text.as_deref(), Some("a b"));
        assert_eq!(condition.folder, Some(Uuid::from_u128(7)));
        assert!(!condition.impossible);
        assert!(read(json!({"inMailbox": "nonsense"})).expect("supported").impossible);
        let refused = |filter: Value| match read(filter.clone()) {
            Err(MethodError::Client(kind, _)) => kind,
            other => panic!("{filter}: {other:?}"),
        };
        assert_eq!(refused(json!({"operator": "OR", "conditions": []})), "unsupportedFilter");
        assert_eq!(refused(json!({"hasKeyword": "$seen"})), "unsupportedFilter");
        assert_eq!(refused(json!({"text": 7})), "invalidArguments");
        let mut deep = json!({"text": "a"});
        for _ in 0..20 {
            deep = json!({"operator": "AND", "conditions": [deep]});
        }
        assert_eq!(refused(deep), "unsupportedFilter");
    }

    #[test]
    fn sorting_is_by_time_of_receipt() {
        let sort =
            |value: Value| read_sort(json!({"sort": value}).as_object().expect("an object")).ok();
        assert_eq!(sort(json!(null)), Some(false));
        assert_eq!(sort(json!([])), Some(false));
        assert_eq!(sort(json!([{"property": "receivedAt"}])), Some(true));
        assert_eq!(sort(json!([{"property": "receivedAt", "isAscending": false}])), Some(false));
        assert_eq!(sort(json!([{"property": "subject"}])), None);
        assert_eq!(sort(json!({})), None);
    }
}
