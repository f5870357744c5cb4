//! `Identity/get` (RFC 8621 §6): the addresses a person may send from.

use serde_json::{Value, json};
use store::directory::{AddressKind, DirectoryRead};
use uuid::Uuid;

use super::arguments::GetArguments;
use super::call::{Answers, Call, get_answer};
use super::protocol::{Arguments, MethodError};

/// One identity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Identity {
    /// `default` for the primary address, else the address in hex.
    pub id: String,
    /// Name for From.
    pub name: String,
    /// Address for From.
    pub email: String,
}

/// Identities of an account: one per mail address, the primary first.
pub(crate) fn list<R: DirectoryRead>(reader: &R, account: Uuid) -> store::Result<Vec<Identity>> {
    let name = reader.account(account)?.map(|a| a.display_name).unwrap_or_default();
    let addresses = reader.addresses(account)?;
    let mut mail: Vec<_> =
        addresses.into_iter().filter(|address| address.kind == AddressKind::Smtp).collect();
    mail.sort_by_key(|address| !address.primary);
    let identities = mail.into_iter().map(|address| Identity {
        id: match address.primary {
            true => "default".into(),
            false => address.value.bytes().map(|byte| format!("{byte:02x}")).collect(),
        },
        name: name.clone(),
        email: address.value,
    });
    Ok(identities.collect())
}

/// `Identity/get`.
pub(crate) async fn get(
    call: &mut Call<'_>,
    arguments: &Arguments,
) -> Result<Answers, MethodError> {
    call.check_account(arguments)?;
    let asked = GetArguments::read(arguments)?;
    let account = call.caller.account;
    let all = call.ctx.store.read(move |reader| list(reader, account)).await?;
    let wanted =
        |identity: &&Identity| asked.ids.as_ref().is_none_or(|ids| ids.contains(&identity.id));
    let list = all.iter().filter(wanted).map(|one| asked.project(to_json(one))).collect();
    let not_found = asked
        .ids
        .iter()
        .flatten()
        .filter(|id| !all.iter().any(|identity| identity.id == **id))
        .cloned()
        .collect();
    Ok(vec![("Identity/get", get_answer(account, &state(&all), list, not_found))])
}

/// `Identity/changes`: identities follow the directory; a client fetches them again.
pub(crate) fn changes(call: &mut Call<'_>, arguments: &Arguments) -> Result<Answers, MethodError> {
    call.check_account(arguments)?;
    Err(MethodError::Client("cannotCalculateChanges", "fetch the identities again".into()))
}

/// Changes if and only if the list does.
fn state(all: &[Identity]) -> String {
    use std::hash::{DefaultHasher, Hash, Hasher};
    let mut hasher = DefaultHasher::new();
    for one in all {
        (&one.id, &one.name, &one.email).hash(&mut hasher);
    }
    format!("{:016x}", hasher.finish())
}

fn to_json(identity: &Identity) -> Value {
    json!({
        "id": identity.id,
        "name": identity.name,
        "email": identity.email,
        "replyTo": null,
        "bcc": null,
        "textSignature": "",
        "htmlSignature": "",
        "mayDelete": false,
    })
}
