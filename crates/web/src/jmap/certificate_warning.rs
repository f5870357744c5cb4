//! `CertificateWarning/get`: certificates in use that are about to run out, for administrators. For
//! everybody else there are none. Ours.

use serde_json::{Value, json};
use store::directory::DirectoryRead as _;

use super::arguments::GetArguments;
use super::call::{Answers, Call, get_answer};
use super::protocol::{Arguments, MethodError};
use super::time::utc;
use crate::ctx::CertificateWarning;

/// `CertificateWarning/get`. The repair commands are not shown: the page runs none.
pub(crate) async fn get(
    call: &mut Call<'_>,
    arguments: &Arguments,
) -> Result<Answers, MethodError> {
    call.check_account(arguments)?;
    let asked = GetArguments::read(arguments)?;
    asked.allow(&["id", "text", "notAfter"])?;
    let account = call.caller.account;
    let is_administrator =
        call.ctx.store.read(move |reader| reader.is_administrator(account)).await?;
    let warnings = if is_administrator { (call.ctx.health)().warnings } else { Vec::new() };
    let is_wanted = |it: &&CertificateWarning| {
        asked.ids.as_ref().is_none_or(|ids| ids.contains(&it.thumbprint))
    };
    let list: Vec<Value> =
        warnings.iter().filter(is_wanted).map(|it| asked.project(to_json(it))).collect();
    let is_missing = |id: &&String| !warnings.iter().any(|it| it.thumbprint == **id);
    let not_found = asked.ids.iter().flatten().filter(is_missing).cloned().collect();
    let state = call.ctx.live.look(|bridge| bridge.soft_state(account));
    Ok(vec![("CertificateWarning/get", get_answer(account, &state, list, not_found))])
}

fn to_json(warning: &CertificateWarning) -> Value {
    json!({
        "id": warning.thumbprint,
        "text": warning.text,
        "notAfter": utc(warning.not_after_ms),
    })
}
