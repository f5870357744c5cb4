//! What clients do over XCAP, for tests: one request, one transaction, as the node has it.

#![allow(dead_code, unreachable_pub, reason = "each test file uses its part")]

use im::xcap::{self, Method as Verb, Request, Response};
use im::{Aor, Directory};
use store::Uuid;
use store::contacts::{ContactsWrite, ImGroup, ImGroupKind};
use store::mail::{MailWrite, Mailbox};

use crate::world::{World, aor};

pub const LISTS: &str = "urn:ietf:params:xml:ns:resource-lists";

pub fn account_of(world: &World, user: &str) -> Uuid {
    let directory = world.store.read_blocking(Directory::load).unwrap();
    directory.user(&Aor::parse(&aor(user)).unwrap()).unwrap().account
}

/// What a client of `user` sends, and what it is answered.
pub fn ask(world: &mut World, user: &str, change: impl FnOnce(&mut Request)) -> Response {
    let mut request = Request {
        method: Verb::Get,
        path: String::new(),
        query: String::new(),
        content_type: String::new(),
        if_match: None,
        if_none_match: None,
        body: Vec::new(),
    };
    change(&mut request);
    let address = Aor::parse(&aor(user)).unwrap();
    let directory = world.store.read_blocking(Directory::load).unwrap();
    let done = world.store.write_blocking(world.now.wall_ms, move |tx| {
        let who = directory.user(&address).unwrap().clone();
        xcap::handle(tx, &directory, &who, &request)
    });
    done.unwrap_or_else(|error| xcap::refused(&error).unwrap_or_else(|| panic!("{error}")))
}

pub fn get(world: &mut World, user: &str, path: &str) -> Response {
    ask(world, user, |it| it.path = path.to_owned())
}

pub fn put(world: &mut World, user: &str, path: &str, content_type: &str, body: &str) -> Response {
    ask(world, user, |it| {
        (it.method, it.path) = (Verb::Put, path.to_owned());
        (it.content_type, it.body) = (content_type.to_owned(), body.as_bytes().to_vec());
    })
}

pub fn delete(world: &mut World, user: &str, path: &str) -> Response {
    ask(world, user, |it| (it.method, it.path) = (Verb::Delete, path.to_owned()))
}

pub fn home(auid: &str, user: &str) -> String {
    format!("{auid}/users/{}/index", aor(user))
}

pub fn put_lists(world: &mut World, user: &str, body: &str) -> Response {
    put(world, user, &home("resource-lists", user), "application/resource-lists+xml", body)
}

pub fn lists(inner: &str) -> String {
    format!("<?xml version=\"1.0\"?>\n<resource-lists xmlns=\"{LISTS}\">{inner}</resource-lists>")
}

/// Alice gets a mailbox, as the mail half makes one.
pub fn give_mailbox(world: &mut World, user: &str) -> Uuid {
    let (account, alias) = (account_of(world, user), user.to_owned());
    world.write(move |tx| {
        let mailbox = Mailbox {
            id: tx.new_id()?,
            account,
            alias,
            server: "mail".to_owned(),
            owa_policy: None,
            owa_enabled: true,
            settings: Default::default(),
            change_number: 0,
            created_ms: 0,
        };
        tx.put_mailbox(&mailbox)?;
        let group = ImGroup {
            id: tx.new_id()?,
            account,
            name: "Other Contacts".to_owned(),
            kind: ImGroupKind::Other,
            sort_order: 0,
            created: 0,
            changed: 0,
        };
        tx.put_im_group(&group)
    });
    account
}
