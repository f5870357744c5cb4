//! Watcher information (RFC 3857) and what a person's rules (RFC 5025) do to those who watch.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a scenario stops at the first surprise"
)]

mod world;

use sip::{Draft, Message, Method, Name};
use store::directory::DirectoryRead;
use store::messaging::{MessagingWrite, XcapDocument};
use world::{Sent, World, aor, chosen, publish, request, subscribe};

const POLICY: &str = "urn:ietf:params:xml:ns:common-policy";
const PRES_RULES: &str = "urn:ietf:params:xml:ns:pres-rules";

/// Writes the rules of a user: what each of these watchers gets, and what everybody else.
fn put_rules(world: &mut World, user: &str, some: &[(&str, &str)], others: &str) {
    let rule = |id: &str, who: String, handling: &str| {
        format!(
            "<rule id=\"{id}\"><conditions><identity>{who}</identity></conditions><actions>\
             <pr:sub-handling>{handling}</pr:sub-handling></actions><transformations>\
             <pr:provide-all-attributes/></transformations></rule>"
        )
    };
    let except: String =
        some.iter().map(|(name, _)| format!("<except id=\"{}\"/>", aor(name))).collect();
    let mut rules = rule("others", format!("<many>{except}</many>"), others);
    for (name, handling) in some {
        rules += &rule(name, format!("<one id=\"{}\"/>", aor(name)), handling);
    }
    let body = format!("<ruleset xmlns=\"{POLICY}\" xmlns:pr=\"{PRES_RULES}\">{rules}</ruleset>");
    let address = aor(user);
    world.write(move |tx| {
        let users = tx.messaging_users()?;
        let account = users.iter().find(|user| user.sip_address == address).unwrap().account;
        let (auid, name) = ("pres-rules".to_owned(), "index".to_owned());
        tx.put_xcap_document(&XcapDocument { account, auid, name, body })
    });
    world.reload();
}

fn ask_for_watchers(user: &str, of: &str, expires_s: u32) -> Draft {
    request(Method::Subscribe, user, of, "winfo", 1)
        .with(Name::Contact, format!("<sip:{user}@127.0.0.1;transport=tls>"))
        .with(Name::Event, "presence.winfo")
        .with(Name::Accept, "application/watcherinfo+xml")
        .with(Name::Expires, expires_s.to_string())
}

/// What a NOTIFY says: version, full or partial, and of each watcher address, status and event.
fn read(sent: &Sent) -> (u32, String, Vec<(String, String, String)>) {
    assert_eq!(sent.request.header(Name::Event), Some("presence.winfo"));
    assert!(sent.request.content_type().unwrap().is("application/watcherinfo+xml"));
    let body = sent.body();
    let document = roxmltree::Document::parse(&body).unwrap();
    let root = document.root_element();
    assert_eq!(root.tag_name().namespace(), Some("urn:ietf:params:xml:ns:watcherinfo"));
    let list = root.first_element_child().unwrap();
    assert_eq!(list.attribute("resource"), Some(aor("alice").as_str()));
    assert_eq!(list.attribute("package"), Some("presence"));
    let watchers = list.children().filter(|node| node.has_tag_name("watcher")).map(|watcher| {
        let said = |name: &str| watcher.attribute(name).unwrap().to_owned();
        assert!(!said("id").is_empty());
        (watcher.text().unwrap().to_owned(), said("status"), said("event"))
    });
    let version = root.attribute("version").unwrap().parse().unwrap();
    (version, root.attribute("state").unwrap().to_owned(), watchers.collect())
}

fn one(name: &str, status: &str, event: &str) -> (String, String, String) {
    (aor(name), status.to_owned(), event.to_owned())
}

fn told(world: &mut World) -> (u32, String, Vec<(String, String, String)>) {
    read(&world.accept(&Method::Notify))
}

fn state(sent: &Sent) -> String {
    let state = sent.request.header(Name::SubscriptionState).unwrap();
    state.split(';').next().unwrap().to_owned()
}

/// A request in the dialog that this answer made.
fn again(accepted: &Message, watcher: &str, id: &str, cseq: u32, expires_s: u32) -> Draft {
    let target = accepted.contacts().unwrap()[0].address().unwrap().uri.clone();
    Draft::request(Method::Subscribe, &target)
        .with(Name::From, accepted.header(Name::From).unwrap())
        .with(Name::To, accepted.header(Name::To).unwrap())
        .with(Name::CallId, id)
        .with(Name::CSeq, format!("{cseq} SUBSCRIBE"))
        .with(Name::Contact, format!("<sip:{watcher}@127.0.0.1;transport=tls>"))
        .with(Name::Event, "presence")
        .with(Name::Expires, expires_s.to_string())
}

#[test]
fn the_person_learns_who_watches_and_nobody_else_does() {
    let mut world = World::new();
    let (alice, bob) = (world.sign_in("alice", "a"), world.sign_in("bob", "b"));
    assert_eq!(world.ask(bob, ask_for_watchers("bob", "alice", 600)).status(), Some(403));
    let accepted = world.ask(alice, ask_for_watchers("alice", "alice", 600));
    assert_eq!(accepted.status(), Some(200));
    assert_eq!(told(&mut world), (0, "full".to_owned(), vec![]));

    let watching = world.ask(bob, subscribe("bob", "alice", "w", 1, 600));
    assert_eq!(watching.status(), Some(200));
    world.accept(&Method::Notify);
    let (version, state, watchers) = told(&mut world);
    assert_eq!((version, state.as_str()), (1, "partial"));
    assert_eq!(watchers, [one("bob", "active", "subscribe")]);
    // What is no news is not told.
    world.ask(bob, again(&watching, "bob", "w", 2, 600));
    world.accept(&Method::Notify);
    assert!(world.requests.is_empty());
    world.ask(bob, again(&watching, "bob", "w", 3, 0));
    world.accept(&Method::Notify);
    assert_eq!(told(&mut world).2, [one("bob", "terminated", "timeout")]);
    assert!(world.requests.is_empty());
}

#[test]
fn who_is_on_no_list_waits_for_a_decision() {
    let mut world = World::new();
    put_rules(&mut world, "alice", &[], "confirm");
    let (alice, bob) = (world.sign_in("alice", "a"), world.sign_in("bob", "b"));
    let watching = world.ask(bob, subscribe("bob", "alice", "w", 1, 600));
    assert_eq!(watching.status(), Some(200));
    let first = world.accept(&Method::Notify);
    assert_eq!((state(&first).as_str(), first.body().as_str()), ("pending", ""));
    world.ask(alice, ask_for_watchers("alice", "alice", 3600));
    assert_eq!(told(&mut world).2, [one("bob", "pending", "subscribe")]);
    // Nothing is told of what alice does.
    world.sign_and_ask(alice, "alice", publish("alice", &chosen(6500, "secret")));
    assert!(world.requests.is_empty());

    put_rules(&mut world, "alice", &[("bob", "allow")], "confirm");
    let now = world.accept(&Method::Notify);
    assert_eq!(state(&now), "active");
    assert!(now.body().contains("secret"));
    assert_eq!(told(&mut world).2, [one("bob", "active", "approved")]);

    put_rules(&mut world, "alice", &[], "confirm");
    let back = world.accept(&Method::Notify);
    assert_eq!((state(&back).as_str(), back.body().as_str()), ("pending", ""));
    assert_eq!(told(&mut world).2, [one("bob", "pending", "subscribe")]);
    // Bob goes, undecided; alice, who asks later, still hears of it.
    world.ask(bob, again(&watching, "bob", "w", 2, 0));
    assert_eq!(state(&world.accept(&Method::Notify)), "terminated");
    assert_eq!(told(&mut world).2, [one("bob", "waiting", "timeout")]);
    // He comes again, and is decided about.
    world.ask(bob, subscribe("bob", "alice", "w2", 1, 600));
    world.accept(&Method::Notify);
    let (_, _, mut watchers) = told(&mut world);
    watchers.sort();
    assert_eq!(watchers, [one("bob", "pending", "subscribe"), one("bob", "terminated", "giveup")]);
    put_rules(&mut world, "alice", &[("bob", "polite-block")], "confirm");
    let polite = world.accept(&Method::Notify);
    assert_eq!(state(&polite), "active");
    assert!(polite.body().contains("<basic>closed</basic>"));
    assert_eq!(told(&mut world).2, [one("bob", "active", "approved")]);
}

#[test]
fn a_fetch_without_a_decision_waits_too() {
    let mut world = World::new();
    put_rules(&mut world, "alice", &[], "confirm");
    let (alice, bob) = (world.sign_in("alice", "a"), world.sign_in("bob", "b"));
    world.ask(bob, subscribe("bob", "alice", "w", 1, 0));
    world.accept(&Method::Notify);
    world.ask(alice, ask_for_watchers("alice", "alice", 0));
    let last = world.accept(&Method::Notify);
    assert_eq!(state(&last), "terminated");
    assert_eq!(read(&last).2, [one("bob", "waiting", "timeout")]);
    put_rules(&mut world, "alice", &[("bob", "allow")], "confirm");
    world.ask(alice, ask_for_watchers("alice", "alice", 0).replace(Name::CallId, "again"));
    assert_eq!(told(&mut world).2, []);
}

/// design.md §7, reliability.md E4: the same bytes at the same times, whether alice is away or has
/// blocked bob.
#[test]
fn who_is_blocked_sees_what_watchers_of_somebody_offline_see() {
    let seen = |is_blocked: bool| {
        let mut world = World::new();
        let bob = world.sign_in("bob", "b");
        let alice = world.sign_in("alice", "a");
        world.sign_and_ask(alice, "alice", publish("alice", &chosen(6500, "here")));
        let watching = world.ask(bob, subscribe("bob", "alice", "w", 1, 600));
        let mut heard = vec![world.accept(&Method::Notify)];
        assert!(heard[0].body().contains("here"));
        match is_blocked {
            true => put_rules(&mut world, "alice", &[("bob", "block")], "allow"),
            false => world.close(alice),
        }
        heard.push(world.accept(&Method::Notify));
        if is_blocked {
            // What she does is nothing to him.
            let more = publish("alice", &chosen(3500, "more")).replace(Name::CallId, "p2");
            world.sign_and_ask(alice, "alice", more);
        }
        assert!(world.requests.is_empty());
        let answers = [
            watching.status(),
            world.ask(bob, again(&watching, "bob", "w", 2, 600)).status(),
            world.ask(bob, subscribe("bob", "alice", "w2", 1, 600)).status(),
        ];
        heard.push(world.accept(&Method::Notify));
        heard.push(world.accept(&Method::Notify));
        let heard: Vec<_> = heard[1..].iter().map(|it| (state(it), it.body())).collect();
        (answers, heard)
    };
    let (blocked, away) = (seen(true), seen(false));
    assert!(blocked.1[0].1.contains("<basic>closed</basic>"), "{blocked:?}");
    assert_eq!(blocked, away);
}

#[test]
fn blocking_is_at_once_for_every_device_and_the_person_sees_it() {
    let mut world = World::new();
    let (alice, bob) = (world.sign_in("alice", "a"), world.sign_in("bob", "1"));
    let second = world.sign_in("bob", "2");
    world.ask(bob, subscribe("bob", "alice", "w1", 1, 600));
    world.accept(&Method::Notify);
    world.ask(second, subscribe("bob", "alice", "w2", 1, 600));
    world.accept(&Method::Notify);
    world.ask(alice, ask_for_watchers("alice", "alice", 600));
    assert_eq!(told(&mut world).2.len(), 2);
    put_rules(&mut world, "alice", &[("bob", "block")], "allow");
    for _ in 0..2 {
        assert!(world.accept(&Method::Notify).body().contains("<basic>closed</basic>"));
    }
    let rejected = one("bob", "terminated", "rejected");
    assert_eq!(told(&mut world).2, [rejected.clone(), rejected]);
    assert!(world.requests.is_empty());
    // And he who was is welcome again.
    put_rules(&mut world, "alice", &[], "allow");
    for _ in 0..2 {
        assert!(world.accept(&Method::Notify).body().contains("<basic>open</basic>"));
    }
    let approved = one("bob", "active", "approved");
    assert_eq!(told(&mut world).2, [approved.clone(), approved]);
}

#[test]
fn limits_of_watcher_information() {
    let mut world = World::new();
    let alice = world.sign_in("alice", "a");
    for number in 0..im::limits::WINFO_PER_USER_MAX {
        let ask = ask_for_watchers("alice", "alice", 600);
        let ask = ask.replace(Name::CallId, format!("winfo{number}"));
        assert_eq!(world.ask(alice, ask).status(), Some(200));
        told(&mut world);
    }
    let one_more = ask_for_watchers("alice", "alice", 600);
    assert_eq!(world.ask(alice, one_more).status(), Some(503));
    // All end with the connection.
    world.close(alice);
    assert_eq!(world.registrar.totals().subscriptions, 0);
}
