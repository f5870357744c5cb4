//! Prints what changed as `StateChange` (RFC 8620 §7.1, RFC 8887 §4.3.5) with the values of soft
//! types.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::bridge::Bridge;
use super::facts::Facts;
use super::person::{Connection, ConnectionId, Dirty, Person, Push, Types};
use super::status::{SignIn, Verdict, decide_im_status};
use crate::jmap::protocol::IM;

impl Bridge {
    /// Durable types of an account have a new state.
    pub(crate) fn push_durable(&mut self, account: Uuid, types: &[&'static str], state: &str) {
        self.mark(account, |dirty| {
            dirty.durable.extend(types.iter().map(|name| (*name, state.to_owned())));
        });
    }

    /// Names, addresses or photos of people have changed: these accounts' pages ask again.
    pub(crate) fn push_principals(&mut self, accounts: &[Uuid]) {
        for account in accounts {
            if let Some(person) = self.people.get_mut(account) {
                person.counter += 1;
            }
            self.mark(*account, |dirty| dirty.principals = true);
        }
    }

    /// Puts everything that changed into the queues. A WebSocket whose queue is full is dropped:
    /// its page comes back and reads by state.
    pub(crate) fn flush(&mut self) {
        for account in std::mem::take(&mut self.dirty) {
            let Some(person) = self.people.get_mut(&account) else { continue };
            let dirty = std::mem::take(&mut person.dirty);
            if dirty.is_empty() {
                continue;
            }
            let boot = &self.boot;
            let person = &*person;
            let slow: Vec<ConnectionId> = person
                .connections
                .iter()
                .filter(|(_, connection)| {
                    let message = message(boot, account, person, connection, &dirty);
                    message
                        .is_some_and(|text| connection.queue.try_send(Push::Message(text)).is_err())
                })
                .map(|(id, _)| *id)
                .collect();
            self.drop_slow(account, &slow);
        }
    }

    /// Ends WebSockets whose queue is full; `disconnect`, which their task calls, forgets them.
    fn drop_slow(&mut self, account: Uuid, slow: &[ConnectionId]) {
        let Some(person) = self.people.get_mut(&account) else { return };
        for id in slow {
            if let Some(connection) = person.connections.get_mut(id) {
                connection.types = None;
                connection.dead.notify_one();
            }
        }
    }

    /// `<boot>-<counter>`, the state of soft types of one account.
    pub(crate) fn soft_state(&self, account: Uuid) -> String {
        soft_state(&self.boot, self.people.get(&account))
    }

    /// `ImStatus` of one account; without a page of theirs, what a page would be told.
    pub(crate) fn status(&self, account: Uuid, facts: &Facts) -> Value {
        match self.people.get(&account) {
            Some(person) => status(person),
            None => {
                let verdict = decide_im_status(&self.shared, facts, true, &SignIn::Out);
                to_json(&verdict, facts)
            }
        }
    }
}

fn soft_state(boot: &str, person: Option<&Person>) -> String {
    format!("{boot}-{}", person.map_or(0, |person| person.counter))
}

/// `ImStatus` as JMAP shows it.
fn status(person: &Person) -> Value {
    to_json(&person.verdict, &person.facts)
}

fn to_json(verdict: &Verdict, facts: &Facts) -> Value {
    json!({
        "id": "singleton",
        "state": verdict.state.name(),
        "reason": verdict.reason,
        "link": verdict.failure.as_ref().map(|failure| failure.link.number()),
        "ownAddress": facts.own_address,
    })
}

/// The message for one WebSocket; `None` if nothing of it was asked for.
fn message(
    boot: &str,
    account: Uuid,
    person: &Person,
    connection: &Connection,
    dirty: &Dirty,
) -> Option<String> {
    let types = connection.types.as_ref()?;
    let mut changed = Map::new();
    for (name, state) in &dirty.durable {
        if types.has(name) {
            changed.insert((*name).to_owned(), json!(state));
        }
    }
    let soft = soft_state(boot, Some(person));
    let mut extra = Map::new();
    add_presence(person, connection, types, dirty, &mut extra);
    if extra.contains_key("presence") {
        changed.insert("Presence".into(), json!(soft));
    }
    if dirty.principals && types.has("Principal") {
        changed.insert("Principal".into(), json!(soft));
    }
    if dirty.status && types.has("ImStatus") {
        changed.insert("ImStatus".into(), json!(soft));
        extra.insert("status".into(), status(person));
    }
    if !dirty.typing.is_empty() && types.has("Conversation") {
        let typing = dirty.typing.iter();
        let list: Vec<Value> =
            typing.map(|(id, active)| json!({"conversationId": id, "active": active})).collect();
        extra.insert("typing".into(), Value::Array(list));
    }
    if changed.is_empty() && extra.is_empty() {
        return None;
    }
    let mut object = Map::new();
    object.insert("@type".into(), json!("StateChange"));
    object.insert("changed".into(), json!({account.to_string(): changed}));
    object.insert("pushState".into(), json!(soft));
    if !extra.is_empty() {
        object.insert(IM.into(), Value::Object(extra));
    }
    Some(Value::Object(object).to_string())
}

/// Presence of those whom this page shows, and the own.
fn add_presence(
    person: &Person,
    connection: &Connection,
    types: &Types,
    dirty: &Dirty,
    extra: &mut Map<String, Value>,
) {
    if !types.has("Presence") {
        return;
    }
    let own = person.own();
    let shown: BTreeSet<&String> = dirty
        .presence
        .iter()
        .filter(|address| connection.watch.contains(*address) || own.as_ref() == Some(address))
        .collect();
    if !shown.is_empty() {
        let list = shown.into_iter().map(|address| person.presence(address)).collect();
        extra.insert("presence".into(), Value::Array(list));
    }
}
