//! `ImStatus/get`, `/set`: whether instant messaging works for the caller, and why not. Ours.

use serde_json::{Value, json};

use super::arguments::{GetArguments, SetArguments};
use super::call::{Answers, Call, SetOutcome, get_answer};
use super::presence::keep;
use super::protocol::{Arguments, MethodError, SetError};
use crate::im::facts::{self, Facts};

/// The only id.
const SINGLETON: &str = "singleton";

/// `ImStatus/get`.
pub(crate) async fn get(
    call: &mut Call<'_>,
    arguments: &Arguments,
) -> Result<Answers, MethodError> {
    call.check_account(arguments)?;
    let asked = GetArguments::read(arguments)?;
    asked.allow(&["id", "state", "reason", "link", "ownAddress"])?;
    let facts = facts(call).await?;
    let account = call.caller.account;
    let (status, state) =
        call.ctx.live.look(|bridge| (bridge.status(account, &facts), bridge.soft_state(account)));
    let wanted = asked.ids.as_ref().is_none_or(|ids| ids.iter().any(|id| id == SINGLETON));
    let list = if wanted { vec![asked.project(status)] } else { Vec::new() };
    let not_found = asked.ids.iter().flatten().filter(|id| *id != SINGLETON).cloned().collect();
    Ok(vec![("ImStatus/get", get_answer(account, &state, list, not_found))])
}

/// `ImStatus/set`: `signedIn` and `retry`.
pub(crate) async fn set(
    call: &mut Call<'_>,
    arguments: &Arguments,
) -> Result<Answers, MethodError> {
    call.check_account(arguments)?;
    let asked = SetArguments::read(arguments)?;
    let account = call.caller.account;
    let old = call.ctx.live.look(|bridge| bridge.soft_state(account));
    asked.expect_state(&old)?;
    let mut outcome = SetOutcome::default();
    let facts = facts(call).await?;
    for (id, patch) in &asked.update {
        let done = match id.as_str() {
            SINGLETON => update(call, &facts, patch).await,
            _ => Err(SetError::not_found()),
        };
        outcome.update(id, done);
    }
    for (key, _) in &asked.create {
        outcome.create(key, Err(SetError::new("singleton", "there is only one")));
    }
    for id in &asked.destroy {
        outcome.destroy(id, Err(SetError::new("singleton", "it stays")));
    }
    let new = call.ctx.live.look(|bridge| bridge.soft_state(account));
    Ok(vec![("ImStatus/set", outcome.answer(account, &old, &new))])
}

async fn update(call: &Call<'_>, facts: &Facts, patch: &Arguments) -> Result<Value, SetError> {
    let account = call.caller.account;
    for (name, value) in patch {
        match (name.as_str(), value) {
            ("signedIn", Value::Bool(wanted)) => {
                let wanted = *wanted;
                keep(call, move |choice| choice.signed_out = !wanted).await?;
                call.ctx.live.with(&call.ctx.agent, |bridge| {
                    bridge.set_wanted(account, facts.clone(), wanted);
                });
            }
            ("retry", Value::Bool(true)) => {
                // The file may have been edited, too: `run` looks, as at a sign-in.
                call.ctx.live.with(&call.ctx.agent, |bridge| {
                    bridge.retry(account);
                    bridge.note_look_again(account);
                });
            }
            ("retry", Value::Bool(false)) => {}
            _ => {
                let why = "only signedIn and retry can be set";
                return Err(SetError::properties(&[name], why));
            }
        }
    }
    Ok(json!(null))
}

async fn facts(call: &Call<'_>) -> Result<Facts, MethodError> {
    let account = call.caller.account;
    let front_end = call.ctx.config.front_end.clone();
    let found = call
        .ctx
        .store
        .read(move |reader| facts::load(reader, account, front_end.as_deref()))
        .await?;
    found.ok_or(MethodError::AccountNotFound)
}
