//! More bounds of `limits.rs`, reached: those that need many people, or many notifications
//! (docs/admin/limits.md has the whole table).

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a scenario stops at the first surprise"
)]

mod world;

use bytes::Bytes;
use im::limits::{
    ABSENT_REPORTS_PER_USER_MAX, CREDENTIALS_MAX, FORMS_MAX, MAX_BREADTH, PROXIED_REQUESTS_MAX,
    PUBLICATIONS_PER_USER_MAX, REPORT_MEMORY_MAX, REPORT_MEMORY_MS, SIGN_INS_PER_CONNECTION_MAX,
    WAITING_MS, WAITING_PER_USER_MAX, WINFO_WATCHERS_MAX,
};
use sip::{Draft, Flow, Message, Method, Name, Transport};
use store::directory::DirectoryRead as _;
use store::messaging::{MessagingWrite as _, XcapDocument};
use world::staff::{hire, name};
use world::{
    PASSWORD, World, aor, challenge, chosen, publish, register, request, sign, subscribe, text,
};

#[test]
fn how_many_publications_a_person_has() {
    let mut world = World::new();
    // Without a device: one says one thing about its person.
    let alice = world.connect(Transport::Tls);
    let state = |number: usize| {
        publish("alice", &chosen(6500, "")).replace(Name::CallId, format!("p{number}"))
    };
    for number in 0..PUBLICATIONS_PER_USER_MAX {
        let done = world.sign_and_ask(alice, "alice", state(number));
        assert_eq!(done.status(), Some(200), "{number}");
    }
    let one_more = world.ask(alice, state(PUBLICATIONS_PER_USER_MAX));
    assert_eq!(one_more.status(), Some(503));
    assert_eq!(world.registrar.totals().publications, PUBLICATIONS_PER_USER_MAX);
}

#[test]
fn how_many_calls_ring_at_a_time() {
    let mut world = World::new();
    world.sign_in("bob", "b");
    let application = world.connect_owa();
    let invite = |number: usize| {
        request(Method::Invite, "alice", "bob", &format!("c{number}"), 1)
            .with(Name::Contact, "<sip:alice@192.0.2.1:5060>")
    };
    let mut first = None;
    for number in 0..PROXIED_REQUESTS_MAX {
        let call = world.send(application, invite(number));
        first.get_or_insert(call);
    }
    assert_eq!(world.requests.len(), PROXIED_REQUESTS_MAX, "all of them ring");
    let one_more = invite(PROXIED_REQUESTS_MAX);
    assert_eq!(world.ask(application, one_more.clone()).status(), Some(503));
    // When one has ended, there is room for another.
    let rang = world.requests.pop_front().unwrap();
    world.answer(&rang, 486);
    assert_eq!(world.response(first.unwrap()).unwrap().status(), Some(486));
    let call = world.send(application, one_more);
    assert!(world.response(call).is_none());
}

#[test]
fn how_many_forms_of_a_text_a_device_may_refuse() {
    let mut world = World::new();
    let alice = world.sign_in("alice", "a");
    let bob = world.sign_in("bob", "b");
    // A device that writes all the time what it refuses.
    let mut number = 0;
    let mut shows = |world: &mut World| {
        number += 1;
        let html = text("bob", "carol", &format!("h{number}"), "").body("text/html", "<b>x</b>");
        world.send(bob, html);
        world.send(bob, text("bob", "carol", &format!("p{number}"), "x"));
    };
    shows(&mut world);
    let html = text("alice", "bob", "m1", "").body("text/html", "<i>hello</i>");
    let asked = world.send(alice, html);
    let mut refused = 0;
    while world.response(asked).is_none() {
        let copy = world.take(&Method::Message);
        refused += 1;
        assert!(refused < 100, "it is asked for ever");
        // Each time what it refused before is what it writes again.
        shows(&mut world);
        world.answer(&copy, 415);
    }
    assert_eq!(refused, 1 + FORMS_MAX);
}

#[test]
fn how_many_credentials_are_looked_at() {
    let draft = || register("alice", "a", 600);
    let status = |others: usize| {
        let mut world = World::new();
        let flow = world.connect(Transport::Tls);
        let asked = challenge(&world.ask(flow, draft())).unwrap();
        let other = "Digest username=\"a\", realm=\"elsewhere\", nonce=\"n\", uri=\"sip:a\", \
                     response=\"00000000000000000000000000000000\"";
        let draft = (0..others).fold(draft(), |draft, _| draft.with(Name::Authorization, other));
        world.ask(flow, sign(&asked, "alice", PASSWORD, 1, draft)).status()
    };
    assert_eq!(status(CREDENTIALS_MAX - 1), Some(200));
    assert_eq!(status(CREDENTIALS_MAX), Some(401));
}

#[test]
fn how_many_people_sign_in_on_one_connection() {
    let mut world = World::new();
    let count = SIGN_INS_PER_CONNECTION_MAX + 1;
    hire(&mut world, count, Some(PASSWORD));
    let flow = world.connect(Transport::Tls);
    for number in 0..count {
        let user = name(number);
        let answer = world.sign_and_ask(flow, &user, register(&user, "d", 600));
        assert_eq!(answer.status(), Some(200), "{user}");
    }
    // The last is served, and proves itself each time.
    for number in 0..count {
        let user = name(number);
        let again = register(&user, "d", 600).replace(Name::CSeq, "9 REGISTER");
        let expected = if number + 1 < count { 200 } else { 401 };
        assert_eq!(world.ask(flow, again).status(), Some(expected), "{user}");
    }
}

#[test]
fn how_many_devices_may_ring_at_once() {
    let mut world = World::new();
    let alice = world.sign_in("alice", "a");
    for device in ["b", "c", "d"] {
        world.sign_in("bob", device);
    }
    let call = request(Method::Invite, "alice", "bob", "c", 1)
        .with(Name::Contact, "<sip:alice@127.0.0.1;transport=tls>")
        .body("application/sdp", "v=0\r\nm=audio 4000 RTP/AVP 0\r\n");
    let breadth = |draft: Draft, number: usize| {
        draft.with(Name::Other("Max-Breadth"), number.to_string()).replace(Name::CallId, "d")
    };
    world.send(alice, call.clone());
    let share = u32::try_from(MAX_BREADTH / 3).unwrap();
    for _ in 0..3 {
        let sent = world.take(&Method::Invite);
        assert_eq!(sent.request.number(Name::Other("Max-Breadth")), Some(share));
    }
    assert_eq!(world.ask(alice, breadth(call, 2)).status(), Some(440), "RFC 5393 §5");
}

fn report(call_id: &str, id: &str) -> Draft {
    let document = format!(
        "<imdn xmlns=\"urn:ietf:params:xml:ns:imdn\"><message-id>{id}</message-id><datetime/>\
         <delivery-notification><status><delivered/></status></delivery-notification></imdn>"
    );
    let body = format!(
        "From: <{}>\r\nTo: <{}>\r\nNS: i <urn:ietf:params:imdn>\r\ni.Message-ID: r\r\n\r\n\
         Content-Type: message/imdn+xml\r\nContent-Disposition: notification\r\n\r\n{document}",
        aor("bob"),
        aor("alice")
    );
    text("bob", "alice", call_id, "").body("message/cpim", Bytes::from(body))
}

#[test]
fn how_many_notifications_are_kept_and_remembered() {
    let mut world = World::new();
    let bob = world.sign_in("bob", "b");
    let tell = |world: &mut World, number: usize, time: &str| {
        // Slower than one connection may ask.
        if number % 250 == 249 {
            world.advance_s(1);
        }
        let (call, id) = (format!("{time}{number}"), format!("m{number}"));
        let transaction = world.send(bob, report(&call, &id));
        let is_told = world.requests.pop_front();
        if let Some(sent) = &is_told {
            world.answer(sent, 200);
        }
        (is_told.is_some(), world.response(transaction).unwrap().status().unwrap())
    };
    // Nobody is there.
    for number in 0..ABSENT_REPORTS_PER_USER_MAX {
        assert_eq!(tell(&mut world, number, "absent"), (false, 202));
    }
    assert_eq!(tell(&mut world, ABSENT_REPORTS_PER_USER_MAX, "absent"), (false, 480));
    assert_eq!(world.kept("alice"), ABSENT_REPORTS_PER_USER_MAX);
    // Somebody is, and is told each once, until it is forgotten.
    let flow = world.connect(Transport::Tls);
    let device = register("alice", "a", 3600).with(Name::Accept, "message/cpim, message/imdn+xml");
    assert_eq!(world.sign_and_ask(flow, "alice", device).status(), Some(200));
    while let Some(sent) = world.requests.pop_front() {
        world.answer(&sent, 200);
    }
    world.advance_s(REPORT_MEMORY_MS / 1000 + 1);
    for number in 0..=REPORT_MEMORY_MAX {
        assert_eq!(tell(&mut world, number, "first"), (true, 200), "{number}");
    }
    assert_eq!(tell(&mut world, REPORT_MEMORY_MAX, "again"), (false, 200), "remembered");
    assert_eq!(tell(&mut world, 0, "again"), (true, 200), "forgotten");
}

fn about_watchers(id: &str) -> Draft {
    subscribe("alice", "alice", id, 1, 0)
        .replace(Name::Event, "presence.winfo")
        .replace(Name::Accept, "application/watcherinfo+xml")
}

/// How many watchers alice is told of, by their status.
fn listed(world: &mut World, alice: Flow, id: &str, status: &str) -> usize {
    assert_eq!(world.ask(alice, about_watchers(id)).status(), Some(200));
    let told = world.accept(&Method::Notify).body();
    told.matches(&format!("status=\"{status}\"")).count()
}

fn watch(world: &mut World, page: Flow, number: usize) -> Message {
    if number % 250 == 249 {
        world.advance_s(1);
    }
    let watcher = name(number);
    let done = world.ask(page, subscribe(&watcher, "alice", &watcher, 1, 3600));
    world.accept(&Method::Notify);
    done
}

#[test]
fn how_many_watchers_are_listed() {
    let mut world = World::new();
    hire(&mut world, WINFO_WATCHERS_MAX + 1, None);
    let (page, alice) = (world.connect_owa(), world.sign_in("alice", "a"));
    for number in 0..=WINFO_WATCHERS_MAX {
        assert_eq!(watch(&mut world, page, number).status(), Some(200));
    }
    assert_eq!(listed(&mut world, alice, "i", "active"), WINFO_WATCHERS_MAX);
    assert_eq!(world.registrar.totals().subscriptions, WINFO_WATCHERS_MAX + 1, "all are told");
}

#[test]
fn how_many_wait_for_a_decision_and_how_long() {
    let mut world = World::new();
    hire(&mut world, WAITING_PER_USER_MAX + 1, None);
    let (page, alice) = (world.connect_owa(), world.sign_in("alice", "a"));
    let body = "<ruleset xmlns=\"urn:ietf:params:xml:ns:common-policy\" \
        xmlns:pr=\"urn:ietf:params:xml:ns:pres-rules\"><rule id=\"a\"><conditions><identity><many/>\
        </identity></conditions><actions><pr:sub-handling>confirm</pr:sub-handling></actions>\
        </rule></ruleset>";
    world.write(move |tx| {
        let users = tx.messaging_users()?;
        let account = users.iter().find(|it| it.sip_address == aor("alice")).unwrap().account;
        let (auid, name) = ("pres-rules".to_owned(), "index".to_owned());
        tx.put_xcap_document(&XcapDocument { account, auid, name, body: body.to_owned() })
    });
    world.reload();
    for number in 0..=WAITING_PER_USER_MAX {
        let watching = watch(&mut world, page, number);
        let target = watching.contacts().unwrap()[0].address().unwrap().uri.clone();
        let watcher = name(number);
        let end = subscribe(&watcher, "alice", &watcher, 2, 0)
            .to_tag(watching.to_tag().unwrap())
            .to_uri(&target);
        assert_eq!(world.ask(page, end).status(), Some(200));
        world.accept(&Method::Notify);
    }
    assert_eq!(listed(&mut world, alice, "i", "waiting"), WAITING_PER_USER_MAX);
    // They do not wait for ever.
    world.advance_s(WAITING_MS / 1000 + 1);
    let alice = world.sign_in("alice", "again");
    assert_eq!(listed(&mut world, alice, "j", "waiting"), 0);
}
