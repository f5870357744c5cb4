//! `Principal/get` and `/query` (RFC 9670 §2): the people of the organisation.

use std::collections::HashMap;

use serde_json::{Value, json};
use store::directory::{Account, AddressKind, DirectoryRead};
use store::mail::MailRead;
use uuid::Uuid;

use super::arguments::{self, GetArguments, Window};
use super::call::{Answers, Call, get_answer, id, object};
use super::protocol::{Arguments, MethodError};
use crate::limits::PRINCIPALS_MAX;
use crate::vdir::photo;

/// A search needs so many characters: the address book is for finding people, not for copying.
const TEXT_CHARS_MIN: usize = 2;

const PROPERTIES: &[&str] = &[
    "id",
    "type",
    "name",
    "description",
    "email",
    "imAddress",
    "photo",
    "title",
    "department",
    "office",
    "phone",
    "mobilePhone",
    "manager",
    "timeZone",
];

/// What a search asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Filter {
    Emails(Vec<String>),
    ImAddresses(Vec<String>),
    Text(String),
}

/// `Principal/get`.
pub(crate) async fn get(
    call: &mut Call<'_>,
    arguments: &Arguments,
) -> Result<Answers, MethodError> {
    call.check_account(arguments)?;
    let asked = GetArguments::read(arguments)?;
    asked.allow(PROPERTIES)?;
    let account = call.caller.account;
    // Without ids only oneself: the whole directory is not given away in one call.
    let ids = asked.ids.clone().unwrap_or_else(|| vec![account.to_string()]);
    let state = call.ctx.live.look(|bridge| bridge.soft_state(account));
    let (mailbox, front_end) = (call.caller.mailbox, call.ctx.config.front_end.clone());
    let (list, not_found) = call
        .ctx
        .store
        .read(move |reader| {
            let photos = shows_photos(reader, mailbox, front_end.as_deref())?;
            let (mut list, mut not_found) = (Vec::new(), Vec::new());
            for text in ids {
                let person = match id(&text) {
                    Some(id) => reader.account(id)?.filter(|account| account.enabled),
                    None => None,
                };
                match person {
                    Some(person) => list.push(to_json(reader, &person, photos)?),
                    None => not_found.push(text),
                }
            }
            Ok((list, not_found))
        })
        .await?;
    let list = list.into_iter().map(|one| asked.project(one)).collect();
    Ok(vec![("Principal/get", get_answer(account, &state, list, not_found))])
}

/// `Principal/query`.
pub(crate) async fn query(
    call: &mut Call<'_>,
    arguments: &Arguments,
) -> Result<Answers, MethodError> {
    call.check_account(arguments)?;
    let window = Window::read(arguments)?;
    let filter = read_filter(arguments)?;
    let account = call.caller.account;
    let state = call.ctx.live.look(|bridge| bridge.soft_state(account));
    let found = match filter {
        None => Vec::new(),
        Some(filter) => call.ctx.store.read(move |reader| find(reader, &filter)).await?,
    };
    let all: Vec<String> = found.iter().map(Uuid::to_string).collect();
    let total = all.len();
    let (position, ids) = window.cut(all)?;
    let mut answer = object(json!({
        "accountId": account.to_string(),
        "queryState": state,
        "canCalculateChanges": false,
        "position": position,
        "ids": ids,
    }));
    if window.calculate_total {
        answer.insert("total".into(), json!(total));
    }
    Ok(vec![("Principal/query", answer)])
}

fn read_filter(arguments: &Arguments) -> Result<Option<Filter>, MethodError> {
    let Some(filter) = arguments::object(arguments, "filter")? else { return Ok(None) };
    let known = ["emails", "email", "imAddresses", "text", "name"];
    if let Some(name) = filter.keys().find(|name| !known.contains(&name.as_str())) {
        return Err(MethodError::Client("unsupportedFilter", format!("there is no filter {name}")));
    }
    if let Some(emails) = arguments::texts(filter, "emails")? {
        if emails.len() > PRINCIPALS_MAX {
            let why = format!("at most {PRINCIPALS_MAX} addresses in one call");
            return Err(MethodError::Client("requestTooLarge", why));
        }
        return Ok(Some(Filter::Emails(emails)));
    }
    if let Some(addresses) = arguments::texts(filter, "imAddresses")? {
        if addresses.len() > PRINCIPALS_MAX {
            let why = format!("at most {PRINCIPALS_MAX} addresses in one call");
            return Err(MethodError::Client("requestTooLarge", why));
        }
        return Ok(Some(Filter::ImAddresses(addresses)));
    }
    if let Some(email) = arguments::text(filter, "email")? {
        return Ok(Some(Filter::Emails(vec![email.to_owned()])));
    }
    let text = match arguments::text(filter, "text")? {
        Some(text) => Some(text),
        None => arguments::text(filter, "name")?,
    };
    let text = text.map(str::trim).filter(|text| text.chars().count() >= TEXT_CHARS_MIN);
    Ok(text.map(|text| Filter::Text(text.to_lowercase())))
}

fn find<R: DirectoryRead>(reader: &R, filter: &Filter) -> store::Result<Vec<Uuid>> {
    match filter {
        Filter::Emails(emails) => {
            let mut found = Vec::new();
            for email in emails {
                // A string that is no address is nobody's.
                let address = reader.address(&AddressKind::Smtp, email).unwrap_or(None);
                if let Some(address) = address
                    && !found.contains(&address.account)
                    && reader.account(address.account)?.is_some_and(|a| a.enabled)
                {
                    found.push(address.account);
                }
            }
            Ok(found)
        }
        Filter::ImAddresses(addresses) => {
            let mut found = Vec::new();
            for address in addresses {
                let user = reader.messaging_user_by_address(address).unwrap_or(None);
                if let Some(user) = user.filter(|user| user.enabled)
                    && !found.contains(&user.account)
                    && reader.account(user.account)?.is_some_and(|a| a.enabled)
                {
                    found.push(user.account);
                }
            }
            Ok(found)
        }
        Filter::Text(text) => {
            let mut addresses: HashMap<Uuid, Vec<String>> = HashMap::new();
            for address in reader.all_addresses()? {
                addresses.entry(address.account).or_default().push(address.value.to_lowercase());
            }
            let fits = |person: &Account| {
                let own = addresses.get(&person.id).map(Vec::as_slice).unwrap_or_default();
                let words = text.split_whitespace();
                let name = person.display_name.to_lowercase();
                person.enabled
                    && words.into_iter().all(|word| {
                        name.contains(word) || own.iter().any(|address| address.contains(word))
                    })
            };
            let people = reader.accounts()?;
            Ok(people.iter().filter(|p| fits(p)).map(|p| p.id).take(PRINCIPALS_MAX).collect())
        }
    }
}

/// Whether the caller's page may show photos.
fn shows_photos<R: DirectoryRead + MailRead>(
    reader: &R,
    mailbox: Uuid,
    front_end: Option<&str>,
) -> store::Result<bool> {
    match reader.mailbox(mailbox)? {
        Some(mailbox) => photo::is_on(reader, &mailbox, front_end, "DisplayPhotosEnabled"),
        None => Ok(false),
    }
}

fn to_json<R: DirectoryRead + MailRead>(
    reader: &R,
    person: &Account,
    photos: bool,
) -> store::Result<Value> {
    let addresses = reader.addresses(person.id)?;
    let email = addresses
        .iter()
        .find(|address| address.kind == AddressKind::Smtp && address.primary)
        .map(|address| address.value.clone());
    let im = reader.messaging_user(person.id)?.filter(|user| user.enabled);
    // Names the picture; the picture itself is at EWS' address (`vdir::photo`).
    let photo = if photos { reader.user_photo_tag(person.id)? } else { None };
    let details = reader.person_details(person.id)?;
    let manager = match details.manager {
        Some(id) => reader.account(id)?.map(|manager| manager.display_name),
        None => None,
    };
    let text = |name: &str| match details.text(name) {
        "" => Value::Null,
        text => json!(text),
    };
    Ok(json!({
        "id": person.id.to_string(),
        "type": "individual",
        "name": person.display_name,
        "description": null,
        "email": email,
        "imAddress": im.map(|user| user.sip_address),
        "photo": photo,
        "title": text("Title"),
        "department": text("Department"),
        "office": text("Office"),
        "phone": text("Phone"),
        "mobilePhone": text("MobilePhone"),
        "manager": manager,
        "timeZone": match person.time_zone.as_str() {
            "" => Value::Null,
            zone => json!(zone),
        },
    }))
}
