//! The page's `types.ts` says what the server really answers: every property it relies on is there,
//! of the kind it says. (Generating the file from serde types waits until the answers are structs.)

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "helpers of tests fail by panicking"
)]

mod world;

use std::collections::BTreeMap;

use serde_json::{Value, json};
use store::mail::{FolderRole, MailRead};
use world::{KEN, PILAR, World};

/// A property: its name, whether it may be absent, its type as written.
type Property = (String, bool, String);

/// `export interface Name { property?: type; … }`, property by property.
fn interfaces(source: &str) -> BTreeMap<String, Vec<Property>> {
    let mut found = BTreeMap::new();
    for piece in source.split("export interface ").skip(1) {
        let (head, rest) = piece.split_once('{').expect("a body");
        let name = head.trim().split(['<', ' ']).next().expect("a name").to_owned();
        let body = rest.split_once("\n}").expect("its end").0;
        let properties = body
            .lines()
            .map(str::trim)
            .filter(|line| line.ends_with(';') && !line.starts_with(['/', '*', '[', '"']))
            .filter_map(|line| line.trim_end_matches(';').split_once(':'))
            .map(|(name, kind)| {
                let optional = name.ends_with('?');
                let name = name.trim_end_matches('?').trim().to_owned();
                (name, optional, kind.trim().to_owned())
            })
            .collect();
        found.insert(name, properties);
    }
    found
}

/// Whether a value is of a TypeScript type, as far as its top level shows.
fn fits(value: &Value, kind: &str) -> bool {
    kind.split('|').map(str::trim).any(|kind| match (kind, value) {
        ("null", value) => value.is_null(),
        ("string" | "Id" | "UtcDate", value) => value.is_string(),
        ("number", value) => value.is_number(),
        ("boolean", value) => value.is_boolean(),
        (kind, value) if kind.starts_with('"') => *value == json!(kind.trim_matches('"')),
        (kind, value) if kind.ends_with("[]") => value.is_array(),
        (kind, value) if kind.starts_with("Record<") => value.is_object(),
        (kind, Value::String(_)) => kind.ends_with("State") || kind.ends_with("Kind"),
        _ => false,
    })
}

#[tokio::test]
async fn the_page_and_the_server_mean_the_same() {
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/ui/src/jmap/types.ts");
    let interfaces = interfaces(&std::fs::read_to_string(source).expect("types.ts"));
    let world = World::new().await;
    let ken = world.ken.to_string();
    let cookie = world.sign_in("kenmyer").await;
    let answers = everything(&world, &cookie, &ken).await;
    let session = world.page(axum::http::Method::GET, "/jmap/session", &cookie, Value::Null).await;
    let session = session.json();
    let account = session["accounts"][&ken].clone();
    let seen: Vec<(&str, Value)> = vec![
        ("Session", session.clone()),
        ("Account", account),
        ("Mailbox", answers["mailbox"].clone()),
        ("Email", answers["email"].clone()),
        ("EmailBody", answers["email"].clone()),
        ("BodyPart", answers["email"]["textBody"][0].clone()),
        ("MailAddress", answers["email"]["from"][0].clone()),
        ("Identity", answers["identity"].clone()),
        ("Principal", answers["principal"].clone()),
        ("ImStatus", answers["status"].clone()),
        ("Presence", answers["presence"].clone()),
        ("Conversation", answers["conversation"].clone()),
        ("ChatMessage", answers["message"].clone()),
        ("ImGroup", answers["group"].clone()),
        ("Contact", answers["group"]["contacts"][0].clone()),
    ];
    for (name, value) in seen {
        let properties = interfaces.get(name).unwrap_or_else(|| panic!("no interface {name}"));
        assert!(!properties.is_empty(), "{name}");
        for (property, optional, kind) in properties {
            match value.get(property) {
                None => assert!(optional, "{name}.{property} is missing in {value}"),
                Some(value) => {
                    assert!(fits(value, kind), "{name}.{property}: {kind}, but it is {value}");
                }
            }
        }
    }
}

/// One object of each type.
async fn everything(world: &World, cookie: &str, ken: &str) -> Value {
    let mailbox = world.ken;
    let inbox = world
        .store
        .read(move |r| {
            let mailbox = r.mailbox_of(mailbox)?.expect("a mailbox").id;
            Ok(r.folder_by_role(mailbox, FolderRole::Inbox)?.expect("an inbox").id.to_string())
        })
        .await
        .expect("the inbox");
    let draft = json!({
        "mailboxIds": {inbox: true},
        "to": [{"name": "Pilar", "email": "pilar@litwareinc.com"}],
        "bodyValues": {"1": {"value": "Hello"}},
        "textBody": [{"partId": "1"}],
    });
    let calls = json!([
        ["Email/set", {"accountId": ken, "create": {"d": draft}}, "0"],
        ["Mailbox/get", {"accountId": ken, "ids": null}, "1"],
        ["Identity/get", {"accountId": ken, "ids": null}, "2"],
        ["Principal/get", {"accountId": ken, "ids": null}, "3"],
        ["ImStatus/get", {"accountId": ken, "ids": null}, "4"],
        ["Presence/get", {"accountId": ken, "ids": [KEN]}, "5"],
        ["Conversation/set", {"accountId": ken, "create": {"c": {"with": PILAR}}}, "6"],
        ["ConversationMessage/set", {"accountId": ken, "create": {"m": {
            "conversationId": "#c", "text": "Hi", "clientId": "1"}}}, "7"],
        ["Conversation/get", {"accountId": ken, "ids": null}, "8"],
        ["ImGroup/set", {"accountId": ken, "create": {"g": {"name": "G", "contacts": [
            {"address": PILAR, "name": "P"}]}}}, "9"],
    ]);
    let answers = world.api(cookie, calls).await;
    let email = answers[0].1["created"]["d"]["id"].clone();
    let get = json!({"accountId": ken, "ids": [email]});
    let email = world.call(cookie, "Email/get", get).await["list"][0].clone();
    json!({
        "email": email,
        "mailbox": answers[1].1["list"][0],
        "identity": answers[2].1["list"][0],
        "principal": answers[3].1["list"][0],
        "status": answers[4].1["list"][0],
        "presence": answers[5].1["list"][0],
        "message": answers[7].1["created"]["m"],
        "conversation": answers[8].1["list"][0],
        "group": answers[9].1["created"]["g"],
    })
}
