//! XCAP (RFC 4825) over a real store, and the contact list as one of four views of the same rows
//! (design.md §9).

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a scenario stops at the first surprise"
)]

#[path = "world/documents.rs"]
mod documents;
mod world;

use documents::{LISTS, ask, delete, get, give_mailbox, home, lists, put, put_lists};
use im::xcap::{Method as Verb, Request};
use store::Uuid;
use store::contacts::{ContactsRead, ContactsWrite, ImContact, ImGroup};
use world::{World, aor};

/// The groups in the rows, each with its contacts.
fn rows(world: &World, account: Uuid) -> Vec<(String, Vec<String>)> {
    let read = move |r: &store::Reader| Ok((r.im_groups(account)?, r.im_contacts(account)?));
    let (groups, contacts) = world.store.read_blocking(read).unwrap();
    let members = |group: &ImGroup| {
        let inside = contacts.iter().filter(|it| it.groups.contains(&group.id));
        let mut names: Vec<String> =
            inside.map(|it| format!("{} {}", it.address, it.display_name)).collect();
        names.sort();
        names
    };
    groups.iter().map(|group| (group.name.clone(), members(group))).collect()
}

#[test]
fn documents_elements_and_attributes() {
    let mut world = World::new();
    let index = home("resource-lists", "alice");
    assert_eq!(get(&mut world, "alice", &index).status, 404);
    let body = lists("<list name=\"friends\"><entry uri=\"sip:bill@example.com\"/></list>");
    let made = put_lists(&mut world, "alice", &body);
    assert_eq!((made.status, made.body.as_str()), (201, ""));
    let read = get(&mut world, "alice", &index);
    assert_eq!((read.status, read.body.as_str()), (200, body.as_str()));
    assert_eq!(read.content_type, Some("application/resource-lists+xml"));
    assert_eq!(read.etag, made.etag);

    let friends = format!("{index}/~~/resource-lists/list%5b@name=%22friends%22%5d");
    let joe = format!("{friends}/entry%5b@uri=%22sip:joe@example.com%22%5d");
    let element = "<entry uri=\"sip:joe@example.com\"><display-name>Joe</display-name></entry>";
    let put_element = |world: &mut World, kind: &str| put(world, "alice", &joe, kind, element);
    assert_eq!(put_element(&mut world, "text/xml").status, 415);
    let added = put_element(&mut world, "application/xcap-el+xml");
    assert_eq!(added.status, 201);
    assert_ne!(added.etag, made.etag);
    assert_eq!(put_element(&mut world, "application/xcap-el+xml").status, 200);
    let shown = get(&mut world, "alice", &joe);
    assert_eq!(
        (shown.content_type, shown.body.as_str()),
        (Some("application/xcap-el+xml"), element)
    );
    assert_eq!(shown.etag, added.etag);

    let name = format!("{friends}/@name");
    let renamed = put(&mut world, "alice", &name, "application/xcap-att+xml", "pals");
    // RFC 4825 §8.2.4: the selector would not find it any more.
    assert_eq!(renamed.status, 409);
    assert!(renamed.body.contains("<cannot-insert"), "{}", renamed.body);
    let first = format!("{index}/~~/resource-lists/list%5b1%5d/@name");
    assert_eq!(put(&mut world, "alice", &first, "application/xcap-att+xml", "pals").status, 200);
    assert_eq!(get(&mut world, "alice", &first).body, "pals");
    assert_eq!(get(&mut world, "alice", &name).status, 404);
    let bindings = format!("{index}/~~/resource-lists/namespace::*");
    let bindings = get(&mut world, "alice", &bindings);
    assert_eq!(bindings.content_type, Some("application/xcap-ns+xml"));
    assert_eq!(bindings.body, format!("<resource-lists xmlns=\"{LISTS}\"/>"));

    let joe = joe.replace("friends", "pals");
    assert_eq!(delete(&mut world, "alice", &joe).status, 200);
    assert_eq!(delete(&mut world, "alice", &joe).status, 404);
    assert_eq!(delete(&mut world, "alice", &index).status, 200);
    assert_eq!(get(&mut world, "alice", &index).status, 404);
}

/// Sets a condition of a request.
type Set = fn(&mut Request, String);

#[test]
fn conditions_and_whose_documents_they_are() {
    let mut world = World::new();
    let index = home("resource-lists", "alice");
    let made = put_lists(&mut world, "alice", &lists(""));
    let tag = made.etag.unwrap();
    let conditional = |world: &mut World, verb: Verb, set: Set, tag: &str| {
        let (path, tag) = (index.clone(), tag.to_owned());
        ask(world, "alice", move |it| {
            (it.method, it.path) = (verb, path);
            it.content_type = "application/resource-lists+xml".to_owned();
            it.body = lists("<list/>").into_bytes();
            set(it, tag);
        })
        .status
    };
    let (matches, none): (Set, Set) =
        (|it, tag| it.if_match = Some(tag), |it, tag| it.if_none_match = Some(tag));
    assert_eq!(conditional(&mut world, Verb::Get, none, &tag), 304);
    let unchanged = ask(&mut world, "alice", |it| {
        (it.path, it.if_none_match) = (index.clone(), Some(tag.clone()));
    });
    assert_eq!((unchanged.etag.as_ref(), unchanged.body.as_str()), (Some(&tag), ""));
    assert_eq!(conditional(&mut world, Verb::Get, none, "\"other\""), 200);
    assert_eq!(conditional(&mut world, Verb::Put, none, "*"), 412);
    assert_eq!(conditional(&mut world, Verb::Put, matches, "\"other\""), 412);
    assert_eq!(conditional(&mut world, Verb::Delete, matches, "\"other\""), 412);
    assert_eq!(conditional(&mut world, Verb::Put, matches, &format!("\"a\", {tag}")), 200);
    assert_eq!(conditional(&mut world, Verb::Put, matches, &tag), 412, "it is another now");
    assert_eq!(conditional(&mut world, Verb::Delete, matches, "*"), 200);
    assert_eq!(conditional(&mut world, Verb::Put, matches, "*"), 412);

    for user in ["alice", "nobody", "dave"] {
        assert_eq!(get(&mut world, "bob", &home("resource-lists", user)).status, 403, "{user}");
        assert_eq!(get(&mut world, "bob", &home("pres-rules", user)).status, 403, "{user}");
    }
    let caps = get(&mut world, "bob", "xcap-caps/global/index");
    assert_eq!(caps.content_type, Some("application/xcap-caps+xml"));
    for auid in ["xcap-caps", "resource-lists", "rls-services", "pres-rules"] {
        assert!(caps.body.contains(&format!("<auid>{auid}</auid>")), "{}", caps.body);
    }
    let kind = "application/xcap-caps+xml";
    assert_eq!(put(&mut world, "bob", "xcap-caps/global/index", kind, "<a/>").status, 405);
    assert_eq!(get(&mut world, "bob", "resource-lists/global/index").status, 404);
}

#[test]
fn what_the_usages_forbid_is_a_conflict() {
    let mut world = World::new();
    let long = lists(&" ".repeat(store::XCAP_DOCUMENT_BYTES_MAX));
    for (body, expected) in [
        (lists("<list>"), "<not-well-formed"),
        (format!("<!DOCTYPE a [<!ENTITY b \"c\">]>{}", lists("")), "<not-well-formed"),
        ("<?xml version=\"1.0\" encoding=\"iso-8859-1\"?><a/>".to_owned(), "<not-utf-8"),
        ("<other/>".to_owned(), "<schema-validation-error"),
        (lists("<entry uri=\"sip:a@b\"/>"), "<schema-validation-error"),
        (lists("<list><entry/></list>"), "<schema-validation-error"),
        (lists("<list><person/></list>"), "<schema-validation-error"),
        (lists("<list name=\"a\"/><list name=\"a\"/>"), "resource-lists/list/@name"),
        (
            lists("<list><entry uri=\"sip:a@b\"/><entry uri=\"sip:a@b\"/></list>"),
            "resource-lists/list/entry/@uri",
        ),
        (lists("<list><entry-ref ref=\"/absolute\"/></list>"), "<constraint-failure"),
        (lists("<list><external anchor=\"file:///x\"/></list>"), "<constraint-failure"),
        (long, "<constraint-failure"),
    ] {
        let answer = put_lists(&mut world, "alice", &body);
        assert_eq!(answer.status, 409, "{body:.200}");
        assert_eq!(answer.content_type, Some("application/xcap-error+xml"));
        assert!(answer.body.contains(expected), "{body:.200}: {}", answer.body);
    }
    let answer = ask(&mut world, "alice", |it| {
        (it.method, it.path) = (Verb::Put, home("resource-lists", "alice"));
        it.content_type = "application/resource-lists+xml".to_owned();
        it.body = vec![0xff, 0xfe];
    });
    assert!(answer.status == 409 && answer.body.contains("<not-utf-8"), "{answer:?}");
    let parent = format!("{}/~~/resource-lists/list", home("resource-lists", "alice"));
    let answer = put(&mut world, "alice", &parent, "application/xcap-el+xml", "<list/>");
    assert!(answer.status == 409 && answer.body.contains("<no-parent"), "{answer:?}");
    assert_eq!(get(&mut world, "alice", &home("resource-lists", "alice")).status, 404);
}

#[test]
fn the_contact_list_is_one_thing_in_two_views() {
    let mut world = World::new();
    let account = give_mailbox(&mut world, "alice");
    let index = home("resource-lists", "alice");
    assert_eq!(get(&mut world, "alice", &index).status, 404);
    // A client writes; the rows follow. What rows do not hold stays in the document.
    let body = lists(&format!(
        "\n <!-- mine -->\n <list name=\"Work\">\n  <display-name>At work</display-name>\n  \
         <entry uri=\"{}\"/>\n  <entry uri=\"tel:+15550100\"/>\n  \
         <list name=\"close\"><entry uri=\"{}\"><display-name>C</display-name></entry></list>\n \
         </list>\n",
        aor("bob"),
        aor("carol"),
    ));
    assert_eq!(put_lists(&mut world, "alice", &body).status, 201);
    let (bob, carol) = (format!("{} Bob Example", aor("bob")), format!("{} C", aor("carol")));
    let expected = vec![
        ("Other Contacts".to_owned(), vec![]),
        ("Work".to_owned(), vec![bob.clone(), carol.clone()]),
    ];
    assert_eq!(rows(&world, account), expected);
    assert_eq!(get(&mut world, "alice", &index).body, body);

    // The page changes the rows; the document follows, and keeps what it can.
    let tag = get(&mut world, "alice", &index).etag;
    world.write(move |tx| {
        let contacts = tx.im_contacts(account)?;
        let is = |it: &&ImContact, user: &str| it.address == aor(user);
        let gone = contacts.iter().find(|it| is(it, "carol")).unwrap();
        tx.delete_im_contact(gone.id)?;
        let others = tx.im_groups(account)?[0].id;
        let dave = ImContact {
            id: tx.new_id()?,
            account,
            address: "sip:dave@elsewhere.example".to_owned(),
            display_name: "Dave & co".to_owned(),
            groups: vec![others],
        };
        tx.put_im_contact(&dave)
    });
    let after = get(&mut world, "alice", &index);
    assert_ne!(after.etag, tag);
    assert!(after.body.contains("<!-- mine -->") && after.body.contains("tel:+15550100"));
    assert!(!after.body.contains("carol"), "{}", after.body);
    let dave = "<list name=\"Other Contacts\"><entry uri=\"sip:dave@elsewhere.example\">\
                <display-name>Dave &amp; co</display-name></entry></list>";
    assert!(after.body.contains(dave), "{}", after.body);

    // One element more, and one gone, without a copy of the whole.
    let others = format!("{index}/~~/resource-lists/list%5b@name=%22Other%20Contacts%22%5d");
    let entry = format!("{others}/entry%5b@uri=%22{}%22%5d", aor("carol"));
    let element = format!("<entry uri=\"{}\"/>", aor("carol"));
    let added = put(&mut world, "alice", &entry, "application/xcap-el+xml", &element);
    assert_eq!(added.status, 201, "{}", added.body);
    let dave = format!("{others}/entry%5b@uri=%22sip:dave@elsewhere.example%22%5d");
    assert_eq!(delete(&mut world, "alice", &dave).status, 200);
    let carol = format!("{} Carol Example", aor("carol"));
    let expected = vec![("Other Contacts".to_owned(), vec![carol]), ("Work".to_owned(), vec![bob])];
    assert_eq!(rows(&world, account), expected);
    assert_eq!(delete(&mut world, "alice", &index).status, 200);
    assert_eq!(rows(&world, account), [("Other Contacts".to_owned(), vec![])]);
}

#[test]
fn what_the_rows_refuse_is_not_half_done() {
    let mut world = World::new();
    let account = give_mailbox(&mut world, "alice");
    assert_eq!(put_lists(&mut world, "alice", &lists("<list name=\"a\"/>")).status, 201);
    let before = rows(&world, account);
    let many: String = (0..=store::CONTACTS_MAX)
        .map(|number| format!("<entry uri=\"sip:{number}@example.com\"/>"))
        .collect();
    let name = "x".repeat(200);
    for body in [
        lists(&format!("<list name=\"b\">{many}</list>")),
        lists(&format!("<list name=\"{name}\"/>")),
        lists("<list name=\"c\"/><list name=\"C\"/>"),
    ] {
        let answer = put_lists(&mut world, "alice", &body);
        assert_eq!(answer.status, 409, "{}", answer.body);
        assert!(answer.body.contains("<constraint-failure phrase="), "{}", answer.body);
        assert_eq!(rows(&world, account), before);
    }
}
