//! What the documents of clients do: lists that are kept with us (RFC 4662, RFC 4826) and rules
//! (RFC 5025).

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

use documents::{LISTS, account_of, ask, delete, get, give_mailbox, home, lists, put, put_lists};
use im::Input;
use im::xcap::Method as Verb;
use sip::{Draft, Method, Name};
use store::contacts::{ContactsRead, ContactsWrite, ImContact};
use store::messaging::{MessagingWrite, UserServicesPolicy};
use world::{DOMAIN, Sent, World, aor, request, subscribe};

fn subscribe_list(user: &str, uri: &str) -> Draft {
    let uri: sip::Uri = uri.parse().unwrap();
    let draft = request(Method::Subscribe, user, user, "kept", 1);
    Draft::request(Method::Subscribe, &uri)
        .with(Name::MaxForwards, "70")
        .with(Name::From, draft.header(Name::From).unwrap())
        .with(Name::To, format!("<{uri}>"))
        .with(Name::CallId, "kept")
        .with(Name::CSeq, "1 SUBSCRIBE")
        .with(Name::Contact, format!("<sip:{user}@127.0.0.1;transport=tls>"))
        .with(Name::Event, "presence")
        .with(Name::Supported, "eventlist")
        .with(Name::Expires, "600")
}

/// The resources that a NOTIFY about a list names.
fn uris(sent: &Sent) -> Vec<String> {
    let body = sent.body();
    let root = body.split("\r\n\r\n").nth(1).unwrap();
    let root = root.split("\r\n--").next().unwrap();
    let document = roxmltree::Document::parse(root.trim()).unwrap();
    let resources = document.descendants().filter(|node| node.has_tag_name("resource"));
    resources.map(|node| node.attribute("uri").unwrap().to_owned()).collect()
}

#[test]
fn a_list_that_is_kept_with_us_is_watched_by_its_address() {
    let mut world = World::new();
    let account = give_mailbox(&mut world, "alice");
    let body = lists(&format!("<list name=\"Work\"><entry uri=\"{}\"/></list>", aor("bob")));
    put_lists(&mut world, "alice", &body);
    let (alice, bob) = (world.sign_in("alice", "a"), world.sign_in("bob", "b"));
    let own = format!("{};list", aor("alice"));
    let accepted = world.ask(alice, subscribe_list("alice", &own));
    assert_eq!(accepted.status(), Some(200));
    assert_eq!(accepted.header(Name::Require), Some("eventlist"));
    let first = world.accept(&Method::Notify);
    assert_eq!(uris(&first), [aor("bob")]);
    assert!(first.body().contains("<basic>open</basic>"));
    // The page adds carol and takes bob away; the running subscription follows.
    world.write(move |tx| {
        let bob = tx.im_contacts(account)?.remove(0);
        tx.delete_im_contact(bob.id)?;
        let (id, groups) = (tx.new_id()?, bob.groups);
        let (address, display_name) = (aor("carol"), "Carol".to_owned());
        tx.put_im_contact(&ImContact { id, account, address, display_name, groups })
    });
    world.input(Input::Contacts(Some(account)));
    let second = world.accept(&Method::Notify);
    assert_eq!(uris(&second), [aor("carol")]);
    assert!(second.body().contains("fullState=\"true\""));
    world.close(bob);
    assert!(world.requests.is_empty(), "bob is not on it any more");
    let carol = world.sign_in("carol", "c");
    assert_eq!(uris(&world.accept(&Method::Notify)), [aor("carol")]);
    // What is no news is not told; nor is it to others.
    world.input(Input::Contacts(None));
    assert!(world.requests.is_empty());
    let other = world.ask(carol, subscribe_list("carol", &own));
    assert_eq!(other.status(), Some(404));
}

#[test]
fn services_of_lists_have_addresses_of_their_own() {
    let mut world = World::new();
    let (alice, bob) = (world.sign_in("alice", "a"), world.sign_in("bob", "b"));
    let friends = format!("sip:friends@{DOMAIN}");
    let unknown = world.ask(alice, subscribe_list("alice", &friends));
    assert_eq!(unknown.status(), Some(404));
    let body = lists(&format!("<list name=\"l1\"><entry uri=\"{}\"/></list>", aor("bob")));
    put_lists(&mut world, "alice", &body);
    // RFC 4826 §4.3, with addresses of ours.
    let services = |own: &str, list: &str| {
        format!(
            "<rls-services xmlns=\"urn:ietf:params:xml:ns:rls-services\" xmlns:rl=\"{LISTS}\">\
             <service uri=\"{own}\">{list}<packages><package>presence</package></packages>\
             </service></rls-services>"
        )
    };
    let reference = format!(
        "<resource-list>https://pool.example/xcap-root/{}/~~/resource-lists/\
         list%5b@name=%22l1%22%5d</resource-list>",
        home("resource-lists", "alice")
    );
    let index = home("rls-services", "alice");
    let kind = "application/rls-services+xml";
    for (own, list, expected) in [
        (aor("bob"), "<list/>", "<exists field=\"rls-services/service/@uri\"/>"),
        ("sip:friends@elsewhere.example".to_owned(), "<list/>", "<constraint-failure"),
        (friends.clone(), "", "<schema-validation-error"),
        (friends.clone(), "<resource-list>https://x/other</resource-list>", "<constraint-failure"),
        (friends.clone(), &reference.replace("alice", "bob"), "<constraint-failure"),
    ] {
        let answer = put(&mut world, "alice", &index, kind, &services(&own, list));
        assert_eq!(answer.status, 409, "{own} {list}");
        assert!(answer.body.contains(expected), "{own} {list}: {}", answer.body);
    }
    let made = put(&mut world, "alice", &index, kind, &services(&friends, &reference));
    assert_eq!(made.status, 201, "{}", made.body);
    let taken =
        put(&mut world, "bob", &home("rls-services", "bob"), kind, &services(&friends, "<list/>"));
    assert_eq!(taken.status, 409);
    assert!(taken.body.contains("<uniqueness-failure"), "{}", taken.body);

    assert_eq!(world.ask(alice, subscribe_list("alice", &friends)).status(), Some(200));
    assert_eq!(uris(&world.accept(&Method::Notify)), [aor("bob")]);
    assert_eq!(world.ask(bob, subscribe_list("bob", &friends)).status(), Some(404), "not his");
    let account = account_of(&world, "alice");
    let inline = format!("<list><rl:entry uri=\"{}\"/></list>", aor("carol"));
    put(&mut world, "alice", &index, kind, &services(&friends, &inline));
    world.input(Input::Contacts(Some(account)));
    assert_eq!(uris(&world.accept(&Method::Notify)), [aor("carol")]);
    // Without the service the subscription ends.
    assert_eq!(delete(&mut world, "alice", &index).status, 200);
    world.input(Input::Contacts(Some(account)));
    let last = world.accept(&Method::Notify);
    let state = last.request.header(Name::SubscriptionState);
    assert_eq!(state, Some("terminated;reason=noresource"));
}

#[test]
fn rules_are_written_by_clients_too() {
    let mut world = World::new();
    let (_alice, bob) = (world.sign_in("alice", "a"), world.sign_in("bob", "b"));
    assert_eq!(world.ask(bob, subscribe("bob", "alice", "w", 1, 600)).status(), Some(200));
    assert!(world.accept(&Method::Notify).body().contains("<basic>open</basic>"));
    // RFC 5025 §8, with bob in place of user@example.com and polite blocking for the rest.
    let rules = |handling: &str| {
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
             <cr:ruleset xmlns=\"urn:ietf:params:xml:ns:pres-rules\" \
             xmlns:pr=\"urn:ietf:params:xml:ns:pres-rules\" \
             xmlns:cr=\"urn:ietf:params:xml:ns:common-policy\"><cr:rule id=\"a\">\
             <cr:conditions><cr:identity><cr:one id=\"{}\"/></cr:identity></cr:conditions>\
             <cr:actions><pr:sub-handling>{handling}</pr:sub-handling></cr:actions>\
             <cr:transformations><pr:provide-services><pr:service-uri-scheme>sip\
             </pr:service-uri-scheme></pr:provide-services><pr:provide-note>true\
             </pr:provide-note></cr:transformations></cr:rule></cr:ruleset>",
            aor("bob")
        )
    };
    let index = home("pres-rules", "alice");
    let kind = "application/auth-policy+xml";
    assert_eq!(put(&mut world, "alice", &index, kind, &rules("shout")).status, 409);
    let twice = rules("allow").replace("</cr:ruleset>", "<cr:rule id=\"a\"/></cr:ruleset>");
    assert_eq!(put(&mut world, "alice", &index, kind, &twice).status, 409);
    assert_eq!(put(&mut world, "alice", &index, kind, &rules("polite-block")).status, 201);
    world.reload();
    assert!(world.accept(&Method::Notify).body().contains("<basic>closed</basic>"));
    // One word changed, by its place (RFC 5025 §9.3: unprefixed names are pres-rules').
    let handling = ask(&mut world, "alice", |it| {
        it.method = Verb::Put;
        it.path = format!("{index}/~~/c:ruleset/c:rule%5b@id=%22a%22%5d/c:actions/sub-handling");
        it.query = "xmlns(c=urn:ietf:params:xml:ns:common-policy)".to_owned();
        it.content_type = "application/xcap-el+xml".to_owned();
        it.body = b"<pr:sub-handling>allow</pr:sub-handling>".to_vec();
    });
    assert_eq!(handling.status, 200, "{}", handling.body);
    world.reload();
    assert!(world.accept(&Method::Notify).body().contains("<basic>open</basic>"));
}

#[test]
fn without_the_unified_store_the_document_is_all_there_is() {
    let mut world = World::new();
    let account = give_mailbox(&mut world, "alice");
    world.write(|tx| tx.put_scoped_setting("Global", &UserServicesPolicy { ucs_allowed: false }));
    let body = lists(&format!("<list name=\"Mine\"><entry uri=\"{}\"/></list>", aor("bob")));
    assert_eq!(put_lists(&mut world, "alice", &body).status, 201);
    let read = move |r: &store::Reader| r.im_contacts(account);
    assert!(world.store.read_blocking(read).unwrap().is_empty());
    assert_eq!(get(&mut world, "alice", &home("resource-lists", "alice")).body, body);
    let alice = world.sign_in("alice", "a");
    let accepted = world.send(alice, subscribe_list("alice", &format!("{};list", aor("alice"))));
    assert_eq!(world.response(accepted).unwrap().status(), Some(200));
    assert_eq!(uris(&world.accept(&Method::Notify)), [aor("bob")]);
}
