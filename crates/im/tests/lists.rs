//! Subscriptions to a list of people in one dialog (RFC 4662, RFC 5367).

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a scenario stops at the first surprise"
)]

mod world;

use sip::{Draft, Flow, Message, Method, Name, Transport};
use store::directory::{DirectoryRead, DirectoryWrite};
use world::{DOMAIN, Sent, World, aor, chosen, publish, request};

fn list_of(uris: &[&str]) -> String {
    let entries: String = uris.iter().map(|uri| format!("<entry uri=\"{uri}\"/>")).collect();
    format!(
        "<?xml version=\"1.0\"?><resource-lists xmlns=\"urn:ietf:params:xml:ns:resource-lists\">\
         <list>{entries}</list></resource-lists>"
    )
}

fn subscribe(watcher: &str, list: &str, expires_s: u32) -> Draft {
    request(Method::Subscribe, watcher, "rls", "l1", 1)
        .with(Name::Contact, format!("<sip:{watcher}@127.0.0.1;transport=tls>"))
        .with(Name::Event, "presence")
        .with(Name::Supported, "eventlist")
        .with(Name::Require, "recipient-list-subscribe")
        .with(Name::Expires, expires_s.to_string())
        .body("application/resource-lists+xml", list.to_owned())
}

/// A request in the dialog of a list.
fn again(accepted: &Message, cseq: u32, expires_s: u32) -> Draft {
    let target = accepted.contacts().unwrap()[0].address().unwrap().uri.clone();
    Draft::request(Method::Subscribe, &target)
        .with(Name::From, accepted.header(Name::From).unwrap())
        .with(Name::To, accepted.header(Name::To).unwrap())
        .with(Name::CallId, "l1")
        .with(Name::CSeq, format!("{cseq} SUBSCRIBE"))
        .with(Name::Contact, "<sip:alice@127.0.0.1;transport=tls>")
        .with(Name::Event, "presence")
        .with(Name::Supported, "eventlist")
        .with(Name::Expires, expires_s.to_string())
}

/// What a NOTIFY says: version, whether it is full, and of each resource URI, state and the
/// document.
type Heard = (u32, bool, Vec<(String, String, Option<String>)>);

fn read(sent: &Sent) -> Heard {
    assert_eq!(sent.request.header(Name::Require), Some("eventlist"));
    let content_type = sent.request.content_type().unwrap();
    assert!(content_type.is("multipart/related"));
    let boundary = format!("--{}", content_type.params.get_unquoted("boundary").unwrap());
    let body = sent.body();
    let parts: Vec<&str> = body.split(&boundary).skip(1).collect();
    assert_eq!(parts.last(), Some(&"--\r\n"));
    let parts: Vec<(&str, &str)> =
        parts[..parts.len() - 1].iter().map(|part| part.split_once("\r\n\r\n").unwrap()).collect();
    let document = roxmltree::Document::parse(parts[0].1.trim()).unwrap();
    let list = document.root_element();
    assert_eq!(list.attribute("uri"), Some(format!("sip:rls@{DOMAIN}").as_str()));
    let resources = list.children().filter(|node| node.has_tag_name("resource")).map(|resource| {
        let instance = resource.children().find(|it| it.has_tag_name("instance")).unwrap();
        let document = instance.attribute("cid").map(|cid| {
            let is_it = |head: &str| head.contains(&format!("Content-ID: <{cid}>"));
            parts.iter().find(|(head, _)| is_it(head)).unwrap().1.to_owned()
        });
        let state = instance.attribute("state").unwrap().to_owned();
        (resource.attribute("uri").unwrap().to_owned(), state, document)
    });
    let resources = resources.collect();
    let version = list.attribute("version").unwrap().parse().unwrap();
    (version, list.attribute("fullState") == Some("true"), resources)
}

/// Alice watches the list; what she is told first is answered.
fn watched(world: &mut World, uris: &[&str]) -> (Flow, Message, Heard) {
    let alice = world.sign_in("alice", "a");
    let accepted = world.ask(alice, subscribe("alice", &list_of(uris), 3600));
    assert_eq!(accepted.status(), Some(200), "{accepted:?}");
    assert_eq!(accepted.header(Name::Require), Some("eventlist"));
    let first = world.accept(&Method::Notify);
    (alice, accepted, read(&first))
}

#[test]
fn one_notify_tells_of_everybody_and_the_next_of_who_changed() {
    let mut world = World::new();
    let bob = world.sign_in("bob", "a");
    let (foreign, nobody) = ("sip:x@elsewhere.example", aor("nobody"));
    let uris = [aor("bob"), aor("carol"), nobody.clone(), foreign.to_owned()];
    let uris: Vec<&str> = uris.iter().map(String::as_str).collect();
    let (_, _, (version, is_full, resources)) = watched(&mut world, &uris);
    assert_eq!((version, is_full), (0, true));
    let states: Vec<_> =
        resources.iter().map(|(uri, state, _)| (uri.as_str(), state.as_str())).collect();
    assert_eq!(
        states,
        [
            (uris[0], "active"),
            (uris[1], "active"),
            (nobody.as_str(), "terminated"),
            (foreign, "terminated")
        ]
    );
    assert!(resources[0].2.as_ref().unwrap().contains("<basic>open</basic>"));
    assert!(resources[1].2.as_ref().unwrap().contains("<basic>closed</basic>"));
    assert!(world.requests.is_empty(), "one for all");

    world.sign_and_ask(bob, "bob", publish("bob", &chosen(6500, "in a meeting")));
    let second = world.take(&Method::Notify);
    let (version, is_full, resources) = read(&second);
    assert_eq!((version, is_full, resources.len()), (1, false, 1));
    assert!(resources[0].2.as_ref().unwrap().contains("in a meeting"));
    // While it is under way, what is seen waits and goes together, the last state of each.
    let carol = world.sign_in("carol", "a");
    world.sign_and_ask(carol, "carol", publish("carol", &chosen(6500, "one")));
    world.close(carol);
    world.close(bob);
    assert!(world.requests.is_empty());
    world.answer(&second, 200);
    let (version, is_full, resources) = read(&world.accept(&Method::Notify));
    assert_eq!((version, is_full, resources.len()), (2, false, 2));
    for (uri, _, document) in resources {
        assert!(document.unwrap().contains("<basic>closed</basic>"), "{uri}");
    }
    assert!(world.requests.is_empty());
}

#[test]
fn refresh_tells_all_and_the_end_ends_it() {
    let mut world = World::new();
    let (alice, accepted, _) = watched(&mut world, &[&aor("bob"), &aor("carol")]);
    assert_eq!(world.ask(alice, again(&accepted, 2, 3600)).status(), Some(200));
    let (version, is_full, resources) = read(&world.accept(&Method::Notify));
    assert_eq!((version, is_full, resources.len()), (1, true, 2));
    // A list that comes along replaces the old one.
    let other =
        again(&accepted, 3, 3600).body("application/resource-lists+xml", list_of(&[&aor("carol")]));
    assert_eq!(world.ask(alice, other).status(), Some(200));
    let (_, is_full, resources) = read(&world.accept(&Method::Notify));
    assert_eq!((is_full, resources.len()), (true, 1));
    world.sign_in("bob", "a");
    assert!(world.requests.is_empty(), "bob is not on it any more");
    assert_eq!(world.ask(alice, again(&accepted, 4, 0)).status(), Some(200));
    let last = world.accept(&Method::Notify);
    let state = last.request.header(Name::SubscriptionState);
    assert_eq!(state, Some("terminated;reason=timeout"));
    world.sign_in("carol", "a");
    assert!(world.requests.is_empty());
    assert_eq!(world.ask(alice, again(&accepted, 5, 3600)).status(), Some(481));
}

#[test]
fn lists_end_with_their_time_their_connection_or_a_refusal() {
    for how in ["time", "connection", "refusal", "silence"] {
        let mut world = World::new();
        let (alice, _, _) = watched(&mut world, &[&aor("bob"), &aor("carol")]);
        assert_eq!(world.registrar.totals().subscriptions, 2, "{how}");
        let bob = world.sign_in("bob", "a");
        let second = world.take(&Method::Notify);
        match how {
            "time" => {
                world.answer(&second, 200);
                world.advance_s(3600);
                let last = world.accept(&Method::Notify);
                let state = last.request.header(Name::SubscriptionState).unwrap();
                assert!(state.starts_with("terminated"), "{state}");
            }
            "connection" => world.close(alice),
            "refusal" => world.answer(&second, 481),
            _ => world.fail(&second),
        }
        assert_eq!(world.registrar.totals().subscriptions, 0, "{how}");
        world.close(bob);
        assert!(world.requests.is_empty(), "{how}");
    }
}

#[test]
fn who_leaves_the_organisation_leaves_the_list() {
    let mut world = World::new();
    let (alice, accepted, _) = watched(&mut world, &[&aor("bob")]);
    let disable = |is_enabled: bool| {
        move |tx: &mut store::Writer| {
            let user = tx.messaging_users()?.into_iter().find(|it| it.sip_address == aor("bob"));
            tx.put_messaging_user(&store::directory::MessagingUser {
                enabled: is_enabled,
                ..user.unwrap()
            })
        }
    };
    world.write(disable(false));
    world.reload();
    let (_, _, resources) = read(&world.accept(&Method::Notify));
    assert_eq!(resources[0].1, "terminated");
    world.write(disable(true));
    world.reload();
    // A refresh asks again.
    world.ask(alice, again(&accepted, 2, 3600));
    let (_, _, resources) = read(&world.accept(&Method::Notify));
    assert_eq!(resources[0].1, "active");
}

#[test]
fn what_cannot_be_done_is_said() {
    let mut world = World::new();
    let alice = world.sign_in("alice", "a");
    let bob = aor("bob");
    let good = || subscribe("alice", &list_of(&[&bob]), 3600);
    for (draft, status) in [
        (good().without(Name::Supported), 421),
        (good().with(Name::Other("Content-Encoding"), "deflate"), 415),
        (good().body("text/plain", "x"), 415),
        (good().body("application/resource-lists+xml", "<x"), 400),
        (good().replace(Name::Event, "dialog"), 489),
        (good().replace(Name::Expires, "5"), 423),
        (good().replace(Name::Require, "something-else"), 420),
    ] {
        let answer = world.ask(alice, draft.clone());
        assert_eq!(answer.status(), Some(status), "{draft:?}");
    }
    let stranger = world.connect(Transport::Tls);
    assert!(matches!(world.ask(stranger, good()).status(), Some(401 | 407)));
    assert!(world.requests.is_empty());
    for _ in 0..im::limits::LISTS_PER_WATCHER_MAX {
        assert_eq!(world.ask(alice, good()).status(), Some(200));
    }
    assert_eq!(world.ask(alice, good()).status(), Some(503));
    // Only a fetch: the state, and the end.
    let mut world = World::new();
    let alice = world.sign_in("alice", "a");
    assert_eq!(world.ask(alice, subscribe("alice", &list_of(&[&bob]), 0)).status(), Some(200));
    let last = world.accept(&Method::Notify);
    let state = last.request.header(Name::SubscriptionState);
    assert_eq!(state, Some("terminated;reason=timeout"));
    let (_, is_full, resources) = read(&last);
    assert_eq!((is_full, resources.len()), (true, 1));
    assert!(resources[0].2.as_ref().unwrap().contains("<basic>closed</basic>"));
    assert_eq!(world.registrar.totals().subscriptions, 0);
}
