//! `Thread/get` (RFC 8621 §3).

use serde_json::json;
use store::mail::MailRead;

use super::arguments::GetArguments;
use super::call::{self, Answers, Call, get_answer, id};
use super::protocol::{Arguments, MethodError};

/// `Thread/get`: the messages of a thread, oldest first.
pub(crate) async fn get(
    call: &mut Call<'_>,
    arguments: &Arguments,
) -> Result<Answers, MethodError> {
    call.check_account(arguments)?;
    let asked = GetArguments::read(arguments)?;
    asked.allow(&["id", "emailIds"])?;
    let Some(ids) = asked.ids.clone() else {
        return Err(MethodError::Client("requestTooLarge", "name the threads".into()));
    };
    let (account, mailbox) = (call.caller.account, call.caller.mailbox);
    let (state, list, not_found) = call
        .ctx
        .store
        .read(move |reader| {
            let (mut list, mut not_found) = (Vec::new(), Vec::new());
            for text in ids {
                let rows = match id(&text) {
                    Some(id) => reader.thread(mailbox, id)?,
                    None => Vec::new(),
                };
                if rows.is_empty() {
                    not_found.push(text);
                    continue;
                }
                let emails: Vec<String> = rows.iter().map(|row| row.id.to_string()).collect();
                list.push(json!({"id": text, "emailIds": emails}));
            }
            Ok((call::state(reader, mailbox)?, list, not_found))
        })
        .await?;
    let list = list.into_iter().map(|thread| asked.project(thread)).collect();
    Ok(vec![("Thread/get", get_answer(account, &state, list, not_found))])
}

/// `Thread/changes`: threads have no rows of their own, so what changed is not known.
pub(crate) fn changes(call: &mut Call<'_>, arguments: &Arguments) -> Result<Answers, MethodError> {
    call.check_account(arguments)?;
    Err(MethodError::Client("cannotCalculateChanges", "fetch the threads again".into()))
}
