//! `EmailSubmission/set` (RFC 8621 §7): sends a message that is in the mailbox.

use serde_json::{Value, json};
use store::directory::DirectoryRead;
use store::mail::MailRead;
use uuid::Uuid;

use super::arguments::{self, SetArguments};
use super::call::{self, Answers, Call, SetOutcome, id, object};
use super::email_set::{self, refused};
use super::identity;
use super::protocol::{Arguments, MethodError, SetError};
use super::time;

/// `EmailSubmission/set`: create; a submission is final, so nothing is updated or destroyed.
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
    // Submission (by creation id) → message, for what is to be done on success.
    let mut sent: Vec<(String, String)> = Vec::new();
    for (key, object) in &asked.create {
        let result = match read(call, object) {
            Ok(wanted) => submit(call, &wanted).await?,
            Err(error) => Err(error),
        };
        if let Ok((email, _)) = &result {
            sent.push((format!("#{key}"), email.to_string()));
        }
        outcome.create(key, result.map(|(_, value)| value));
    }
    for (id, _) in &asked.update {
        outcome.update(id, Err(SetError::new("cannotUnsend", "it was delivered at once")));
    }
    for id in &asked.destroy {
        outcome.destroy(id, Err(SetError::not_found()));
    }
    call.created.extend(outcome.created_ids());
    let then = on_success(arguments, &sent)?;
    let new = call.ctx.store.read(move |reader| call::state(reader, mailbox)).await?;
    let mut answers = vec![("EmailSubmission/set", outcome.answer(account, &old, &new))];
    if let Some(then) = then {
        // RFC 8621 §7.5: the implicit call answers with the same call id.
        answers.push(("Email/set", email_set::run(call, then).await?));
    }
    Ok(answers)
}

/// A submission that can be tried.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Wanted {
    email: Uuid,
    identity: String,
    recipients: Option<Vec<String>>,
}

fn read(call: &Call<'_>, object: &Arguments) -> Result<Wanted, SetError> {
    let known = ["emailId", "identityId", "envelope"];
    if let Some(name) = object.keys().find(|name| !known.contains(&name.as_str())) {
        return Err(SetError::properties(&[name], "cannot be set"));
    }
    let email = object
        .get("emailId")
        .and_then(Value::as_str)
        .and_then(|text| call.resolve(text))
        .and_then(|text| id(&text))
        .ok_or_else(|| SetError::properties(&["emailId"], "names no message"))?;
    let identity = object
        .get("identityId")
        .and_then(Value::as_str)
        .ok_or_else(|| SetError::properties(&["identityId"], "names no identity"))?;
    let recipients = match object.get("envelope") {
        None | Some(Value::Null) => None,
        Some(envelope) => Some(recipients(envelope)?),
    };
    Ok(Wanted { email, identity: identity.to_owned(), recipients })
}

fn recipients(envelope: &Value) -> Result<Vec<String>, SetError> {
    let wrong = || SetError::properties(&["envelope"], "must be {mailFrom, rcptTo: [{email}]}");
    let list = envelope.get("rcptTo").and_then(Value::as_array).ok_or_else(wrong)?;
    list.iter()
        .map(|one| one.get("email").and_then(Value::as_str).map(str::to_owned))
        .collect::<Option<Vec<_>>>()
        .ok_or_else(wrong)
}

type Sent = Result<(Uuid, Value), SetError>;

async fn submit(call: &Call<'_>, wanted: &Wanted) -> Result<Sent, MethodError> {
    let (account, mailbox, email) = (call.caller.account, call.caller.mailbox, wanted.email);
    let (identities, row, enabled) = call
        .ctx
        .store
        .read(move |reader| {
            let row = reader.message(email)?.filter(|row| row.mailbox == mailbox);
            let enabled = reader.account(account)?.is_some_and(|account| account.enabled);
            Ok((identity::list(reader, account)?, row, enabled))
        })
        .await?;
    let Some(row) = row.filter(|_| enabled) else {
        return Ok(Err(SetError::properties(&["emailId"], "names no message")));
    };
    let Some(identity) = identities.iter().find(|one| one.id == wanted.identity) else {
        return Ok(Err(SetError::properties(&["identityId"], "names no identity")));
    };
    let from = row.from.first().map(|from| from.email.to_lowercase());
    if from.is_some_and(|from| from != identity.email.to_lowercase()) {
        let why = "From is not the address of the identity";
        return Ok(Err(SetError::new("forbiddenFrom", why)));
    }
    let now_ms = call.ctx.now_ms();
    let recipients = wanted.recipients.clone();
    let delivered = mailbox::send_stored(&call.ctx.store, now_ms, account, email, recipients).await;
    if let Err(error) = delivered {
        return Ok(Err(refused(error)?));
    }
    let value = json!({
        "id": email.to_string(),
        "threadId": row.thread.to_string(),
        "sendAt": time::utc(now_ms),
        "undoStatus": "final",
    });
    Ok(Ok((email, value)))
}

/// `onSuccessUpdateEmail` and `onSuccessDestroyEmail`, for the submissions that succeeded.
fn on_success(
    arguments: &Arguments,
    sent: &[(String, String)],
) -> Result<Option<SetArguments>, MethodError> {
    let email_of = |submission: &str| {
        sent.iter().find(|(key, _)| key == submission).map(|(_, email)| email.clone())
    };
    let mut then = SetArguments::default();
    if let Some(updates) = arguments::object(arguments, "onSuccessUpdateEmail")? {
        for (submission, patch) in updates {
            if let (Some(email), Value::Object(patch)) = (email_of(submission), patch) {
                then.update.push((email, object(Value::Object(patch.clone()))));
            }
        }
    }
    for submission in arguments::texts(arguments, "onSuccessDestroyEmail")?.unwrap_or_default() {
        then.destroy.extend(email_of(&submission));
    }
    let is_empty = then.update.is_empty() && then.destroy.is_empty();
    Ok((!is_empty).then_some(then))
}
