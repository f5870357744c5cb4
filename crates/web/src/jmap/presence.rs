//! `Presence/get`, `/watch`, `/set`: soft state of people, pushed to pages that show them. Ours.

use agent::Command;
use serde_json::{Value, json};
use store::mail::{ImChoice, MailRead, MailWrite};

use super::arguments::{self, GetArguments, SetArguments};
use super::call::{Answers, Call, SetOutcome, get_answer, object};
use super::protocol::{Arguments, MethodError, SetError};
use crate::im::facts::{fold, same_address};
use crate::im::presence::own_state;
use crate::limits::WATCH_PER_CONNECTION_MAX;

/// `Presence/get`: what is known now; who is not watched yet is, for half a minute.
pub(crate) fn get(call: &mut Call<'_>, arguments: &Arguments) -> Result<Answers, MethodError> {
    call.check_account(arguments)?;
    let asked = GetArguments::read(arguments)?;
    let account = call.caller.account;
    let (people, not_found) = addresses(asked.ids.clone().unwrap_or_default())?;
    let now_ms = call.ctx.now_ms();
    let (list, state) = call.ctx.live.with(&call.ctx.agent, |bridge| {
        (bridge.presence(now_ms, account, &people), bridge.soft_state(account))
    });
    let list = list.into_iter().map(|one| asked.project(one)).collect();
    Ok(vec![("Presence/get", get_answer(account, &state, list, not_found))])
}

/// `Presence/watch`: replaces the people on screen of this WebSocket.
pub(crate) fn watch(call: &mut Call<'_>, arguments: &Arguments) -> Result<Answers, MethodError> {
    call.check_account(arguments)?;
    let Some(connection) = call.caller.connection else {
        return Err(MethodError::arguments("Presence/watch is for WebSocket connections"));
    };
    let ids = arguments::texts(arguments, "ids")?.unwrap_or_default();
    let (people, not_found) = addresses(ids)?;
    let account = call.caller.account;
    let now_ms = call.ctx.now_ms();
    let list = call
        .ctx
        .live
        .with(&call.ctx.agent, |bridge| bridge.watch(now_ms, account, connection, &people));
    let answer = json!({
        "accountId": account.to_string(),
        "list": list,
        "notFound": not_found,
    });
    Ok(vec![("Presence/watch", object(answer))])
}

/// `Presence/set`: the own state; null is Reset.
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
    for (id, patch) in &asked.update {
        outcome.update(id, update(call, id, patch).await);
    }
    for (key, _) in &asked.create {
        outcome.create(key, Err(SetError::new("forbidden", "presence is not created")));
    }
    for id in &asked.destroy {
        outcome.destroy(id, Err(SetError::new("forbidden", "presence is not destroyed")));
    }
    let new = call.ctx.live.look(|bridge| bridge.soft_state(account));
    Ok(vec![("Presence/set", outcome.answer(account, &old, &new))])
}

/// The choice is kept before it is told: it outlives the agent's memory of it.
async fn update(call: &Call<'_>, id: &str, patch: &Arguments) -> Result<Value, SetError> {
    let account = call.caller.account;
    let own = call
        .ctx
        .live
        .look(|bridge| bridge.way_to_send(account))
        .map_err(|reason| SetError::new("forbidden", reason))?;
    if !same_address(id, &own) {
        return Err(SetError::new("forbidden", "only the own state can be set"));
    }
    let unknown = || SetError::properties(&["state"], "this is not a state one can choose");
    let (name, state) = match (patch.get("state"), patch.len()) {
        (Some(Value::Null), 1) => (None, None),
        (Some(Value::String(name)), 1) => {
            (Some(name.clone()), Some(own_state(name).ok_or_else(unknown)?))
        }
        _ => return Err(SetError::properties(&["state"], "set state, and nothing else")),
    };
    let kept = name.clone();
    keep(call, move |choice| choice.state = kept).await?;
    let command = Command::SetState { address: own, state };
    call.ctx.live.with(&call.ctx.agent, |bridge| bridge.note_choice(account, name));
    match call.ctx.agent.send(command) {
        Ok(()) => Ok(Value::Null),
        Err(_) => Err(SetError::new("rateLimit", "the messaging agent is busy, try again")),
    }
}

/// Changes what the caller has chosen, durably.
pub(crate) async fn keep(
    call: &Call<'_>,
    change: impl FnOnce(&mut ImChoice) + Send + 'static,
) -> Result<(), SetError> {
    let account = call.caller.account;
    let written = call
        .ctx
        .store
        .write(call.ctx.now_ms(), move |tx| {
            let mut choice = tx.im_choice(account)?;
            change(&mut choice);
            tx.put_im_choice(account, &choice)
        })
        .await;
    written.map_err(|error| {
        tracing::error!(%error, "a choice could not be kept");
        SetError::new("serverFail", "The server cannot store now; try again in a moment.")
    })
}

/// Ids that are SIP addresses, and the others.
fn addresses(ids: Vec<String>) -> Result<(Vec<String>, Vec<String>), MethodError> {
    if ids.len() > WATCH_PER_CONNECTION_MAX {
        let why = format!("at most {WATCH_PER_CONNECTION_MAX} people at once");
        return Err(MethodError::Client("requestTooLarge", why));
    }
    Ok(ids.into_iter().partition(|id| is_address(id)))
}

/// `sip:user@host`, without anything that a header or a URI could be broken with.
pub(crate) fn is_address(text: &str) -> bool {
    let folded = fold(text);
    let Some((user, host)) = folded.strip_prefix("sip:").and_then(|bare| bare.split_once('@'))
    else {
        return false;
    };
    let plain = |c: char| !c.is_control() && !c.is_whitespace() && !"<>\"@;?,".contains(c);
    text.len() <= 320
        && text.get(..4).is_some_and(|scheme| scheme.eq_ignore_ascii_case("sip:"))
        && !user.is_empty()
        && !host.is_empty()
        && user.chars().all(plain)
        && host.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | '-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_are_watched() {
        for good in ["sip:kenmyer@litwareinc.com", "SIP:a.b+c@d-e.test", "sip:ä@ö.test"] {
            assert!(is_address(good), "{good}");
        }
        for bad in [
            "",
            "sip:",
            "sip:@b.test",
            "sip:a@",
            "ken@litwareinc.com",
            "sip:a@b@c",
            "sip:a b@c",
            "sip:a@b.test;x=y",
            "sip:a@b.test\r\nX: y",
            "sip:<a>@b.test",
            "tel:+1",
        ] {
            assert!(!is_address(bad), "{bad:?}");
        }
    }
}
