//! What somebody may want of us who wants no good: to write to everybody, to call for nothing, to
//! reach somewhere else through us, to wear us down. reliability.md §6.5.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a scenario stops at the first surprise"
)]

mod world;

use im::Writing;
use im::limits::{
    BINDINGS_PER_USER_MAX, FAULTS_PER_CONNECTION_MAX, NEW_CONTACTS_PER_HOUR,
    SUBSCRIPTIONS_PER_WATCHER_MAX, TEXTS_PER_MINUTE, TRACED_VALUE_BYTES_MAX,
};
use sip::{Diagnostics, Draft, Flow, Method, Name, Route, Transport};
use store::messaging::{ApplicationEndpoint, MessagingWrite as _};
use world::{
    DOMAIN, OWA, POOL, World, aor, put_topology, register, register_owa, request, subscribe, text,
};

/// Sends a text; its status, 0 if it is on its way to a device, which then takes it.
fn write(world: &mut World, flow: Flow, from: &str, to: &str, id: &str) -> u16 {
    let transaction = world.send(flow, text(from, to, id, "hello"));
    while !world.requests.is_empty() {
        world.accept(&Method::Message);
    }
    world.response(transaction).expect("an answer").status().unwrap()
}

#[test]
fn nobody_writes_faster_than_people_do() {
    let mut world = World::new();
    let alice = world.sign_in("alice", "a");
    world.sign_in("bob", "a");
    for number in 0..TEXTS_PER_MINUTE {
        assert_eq!(write(&mut world, alice, "alice", "bob", &format!("m{number}")), 200);
    }
    let refused = world.ask(alice, text("alice", "bob", "more", "hello"));
    assert_eq!(refused.status(), Some(403));
    assert_eq!(Diagnostics::of(&refused).unwrap().id, im::refusal::code::TOO_MANY_TEXTS);
    assert!(refused.reason().is_some_and(|it| it.starts_with("Too many messages")), "{refused:?}");
    // Typing is no text, and others are not concerned.
    let composing = "<isComposing xmlns=\"urn:ietf:params:xml:ns:im-iscomposing\">\
                     <state>active</state></isComposing>";
    let typing = request(Method::Message, "alice", "bob", "typing", 1)
        .body("application/im-iscomposing+xml", composing);
    let asked = world.send(alice, typing);
    world.accept(&Method::Message);
    assert_eq!(world.response(asked).unwrap().status(), Some(200));
    let carol = world.sign_in("carol", "a");
    assert_eq!(write(&mut world, carol, "carol", "bob", "c1"), 200);
    // A text a second is a person's pace.
    world.advance_s(1);
    assert_eq!(write(&mut world, alice, "alice", "bob", "again"), 200);
    assert_eq!(write(&mut world, alice, "alice", "bob", "and again"), 403);
}

#[test]
fn nobody_writes_to_many_who_do_not_know_them() {
    let writing = Writing { new_contacts_per_hour: 1, ..Writing::default() };
    let mut world = World::with(|config| config.writing = writing);
    assert_eq!(Writing::default().new_contacts_per_hour, NEW_CONTACTS_PER_HOUR);
    let alice = world.sign_in("alice", "a");
    let carol = world.sign_in("carol", "a");
    world.sign_in("bob", "a");
    assert_eq!(write(&mut world, alice, "alice", "bob", "m1"), 200);
    let refused = world.ask(alice, text("alice", "carol", "m2", "hello"));
    assert_eq!(refused.status(), Some(403));
    let code = im::refusal::code::TOO_MANY_NEW_CONTACTS;
    assert_eq!(Diagnostics::of(&refused).unwrap().id, code);
    assert_eq!(write(&mut world, alice, "alice", "bob", "m3"), 200, "no stranger any more");
    // To watch somebody does not help; to be watched does.
    assert_eq!(world.ask(alice, subscribe("alice", "carol", "s1", 1, 600)).status(), Some(200));
    world.accept(&Method::Notify);
    assert_eq!(write(&mut world, alice, "alice", "carol", "m4"), 403);
    let watch = world.ask(carol, subscribe("carol", "alice", "s2", 1, 600));
    assert_eq!(watch.status(), Some(200), "{watch:?}");
    world.accept(&Method::Notify);
    assert_eq!(write(&mut world, alice, "alice", "carol", "m5"), 200);
    // Who was written to may answer.
    let bob = world.sign_in("bob", "b");
    assert_eq!(write(&mut world, bob, "bob", "carol", "b1"), 200);
    assert_eq!(write(&mut world, bob, "bob", "alice", "b2"), 200);
}

#[test]
fn the_page_is_as_slow_as_its_person_and_programs_are_not() {
    let writing = Writing { texts_per_minute: 1, ..Writing::default() };
    let bulk = vec![im::Aor::parse(&aor("carol")).unwrap()];
    let mut world = World::with(|config| config.writing = Writing { bulk, ..writing });
    let id = "urn:application:OutlookWebApp".to_owned();
    world.write(move |tx| {
        let endpoint = ApplicationEndpoint {
            id: tx.new_id()?,
            sip_address: aor("bot"),
            application_id: id,
            pool: OWA.to_owned(),
            registrar_pool: POOL.to_owned(),
            display_name: "A bot".to_owned(),
            display_number: String::new(),
            line_uri: String::new(),
            primary_language: 0,
            secondary_languages: Vec::new(),
        };
        tx.put_application_endpoint(&endpoint)?;
        put_topology(tx, |topology| {
            topology.trusted_pools[0].applications[0].application_id =
                "urn:application:OutlookWebApp".to_owned();
        })
    });
    world.reload();
    world.sign_in("bob", "a");
    let page = world.connect_owa();
    world.ask(page, register_owa("alice", 1));
    assert_eq!(write(&mut world, page, "alice", "bob", "m1"), 200);
    assert_eq!(write(&mut world, page, "alice", "bob", "m2"), 403, "a person, wherever");
    let own = world.connect_with(POOL, &[POOL]);
    let carol = world.sign_in("carol", "a");
    for number in 0..5 {
        let id = format!("p{number}");
        assert_eq!(write(&mut world, page, "bot", "bob", &id), 200, "an application's own address");
        assert_eq!(write(&mut world, own, "alice", "bob", &id), 200, "a synthetic transaction");
        assert_eq!(write(&mut world, carol, "carol", "bob", &id), 200, "named in the settings");
    }
}

fn call_to(uri: &str, id: &str, method: Method) -> Draft {
    request(method, "alice", "bob", id, 1)
        .to_uri(&uri.parse().unwrap())
        .replace(Name::To, format!("<{uri}>"))
        .with(Name::Contact, "<sip:alice@192.0.2.1>")
}

/// Nothing leads out of here: not a number, not another domain, not a route, not an address that
/// only looks like ours.
#[test]
fn nobody_is_reached_through_us_but_our_own() {
    let mut world = World::new();
    let (alice, _bob) = (world.sign_in("alice", "a"), world.sign_in("bob", "a"));
    let stranger = world.connect(Transport::Tls);
    for (number, method) in
        [Method::Invite, Method::Message, Method::Subscribe, Method::Publish, Method::Register]
            .into_iter()
            .enumerate()
    {
        for (uri, status) in [
            ("tel:+4930123456", 416),
            ("sip:+4930123456@evil.example;user=phone", 404),
            ("sip:bob@evil.example", 404),
            ("sip:bob@192.0.2.7", 404),
            ("sips:bob@evil.example", 404),
            ("sip:+4930123456@litwareinc.com;user=phone", 404),
            ("sip:bob%40evil.example@litwareinc.com", 404),
            ("sip:nobody@litwareinc.com;transport=udp;maddr=192.0.2.7", 404),
            ("sip:evil.example", 404),
        ] {
            let about = format!("{method} {uri}");
            let asked = call_to(uri, &format!("c{number}"), method.clone());
            let known = world.ask(alice, asked.clone()).status().unwrap();
            assert!(known == status || matches!(known, 400 | 403 | 404), "{about}: {known}");
            assert!(known >= 400, "{about}: {known}");
            let unknown = world.ask(stranger, asked).status().unwrap();
            assert!(matches!(unknown, 401 | 407 | 416 | 400), "{about}, a stranger: {unknown}");
        }
    }
    for method in [Method::Refer, Method::Info, Method::Service] {
        let answer = world.ask(alice, call_to("sip:bob@evil.example", "r", method.clone()));
        assert_eq!(answer.status(), Some(405), "{method}");
    }
    assert!(world.requests.is_empty(), "{:?}", world.requests);
    // Steering: the request goes to Bob's devices by the connections they made, and to them only.
    let steered = [
        (Name::Route, "<sip:evil.example;lr>"),
        (Name::Route, "<sip:atl-cs-001.litwareinc.com;lr>, <sip:192.0.2.7;transport=udp;lr>"),
        (Name::RecordRoute, "<sip:evil.example;lr>"),
        (Name::Other("Path"), "<sip:evil.example;lr>"),
    ];
    for (number, (name, value)) in steered.into_iter().enumerate() {
        let uri = format!("sip:bob@{DOMAIN};transport=tcp;maddr=192.0.2.7");
        let call = call_to(&uri, &format!("s{number}"), Method::Invite)
            .body("application/sdp", "v=0\r\nm=audio 4000 RTP/AVP 0\r\n")
            .with(name, value);
        world.send(alice, call);
        let sent = world.take(&Method::Invite);
        assert!(matches!(sent.route, Route::Flow(_)), "{name:?}: {:?}", sent.route);
        assert_eq!(sent.request.header(Name::Route), None, "{name:?}");
        assert!(world.requests.is_empty(), "{name:?}");
        world.answer(&sent, 486);
    }
}

/// 302 tells the caller, who may make another call under its own name; we do not make it.
#[test]
fn a_redirection_is_passed_back_and_not_followed() {
    let mut world = World::new();
    let (alice, _bob) = (world.sign_in("alice", "a"), world.sign_in("bob", "a"));
    let call = call_to(&aor("bob"), "c1", Method::Invite)
        .body("application/sdp", "v=0\r\nm=audio 4000 RTP/AVP 0\r\n");
    let transaction = world.send(alice, call);
    let sent = world.take(&Method::Invite);
    let away = Draft::response(&sent.request, 302).with(Name::Contact, "<tel:+4930123456>");
    // As the stack sent it.
    let away = away.with_first(Name::Via, "SIP/2.0/TLS us;branch=z9hG4bKus");
    world.answer_with(&sent, away);
    assert!(world.requests.is_empty(), "{:?}", world.requests);
    assert_eq!(world.response(transaction).unwrap().status(), Some(302));
    // A text is not redirected, either.
    let transaction = world.send(alice, text("alice", "bob", "m1", "hello"));
    let sent = world.take(&Method::Message);
    let away = Draft::response(&sent.request, 302).with(Name::Contact, "<sip:x@evil.example>");
    world.answer_with(&sent, away);
    assert!(world.requests.is_empty(), "{:?}", world.requests);
    assert_eq!(world.response(transaction).unwrap().status(), Some(202), "kept for Bob");
}

#[test]
fn one_request_becomes_no_more_than_a_person_has_devices() {
    let mut world = World::new();
    let alice = world.sign_in("alice", "a");
    let bob = world.connect(Transport::Tls);
    for number in 0..=BINDINGS_PER_USER_MAX {
        let device = format!("d{number}");
        let answer = world.sign_and_ask(bob, "bob", register("bob", &device, 3600));
        let expected = if number < BINDINGS_PER_USER_MAX { 200 } else { 403 };
        assert_eq!(answer.status(), Some(expected), "device {number}");
    }
    // Not even with many contacts in one request.
    let mut many = register("bob", "many", 3600);
    for number in 0..30 {
        many = many.with(Name::Contact, format!("<sip:bob@127.0.0.1;d=x{number}>"));
    }
    assert_eq!(world.ask(bob, many).status(), Some(403));
    let call = call_to(&aor("bob"), "c1", Method::Invite)
        .body("application/sdp", "v=0\r\nm=audio 4000 RTP/AVP 0\r\n");
    world.send(alice, call);
    assert_eq!(world.requests.len(), BINDINGS_PER_USER_MAX);
    world.requests.clear();
    world.send(alice, text("alice", "bob", "m1", "hello"));
    assert_eq!(world.requests.len(), BINDINGS_PER_USER_MAX);
}

/// A trusted peer that does not behave is cut; the others are served on.
#[test]
fn a_trusted_peer_that_goes_mad_is_cut_and_nobody_else() {
    let mut world = World::new();
    let alice = world.sign_in("alice", "a");
    world.sign_in("bob", "a");
    let page = world.connect_owa();
    // A thousand subscriptions of one person to another: so many as there may be, then no more.
    let mut statuses = std::collections::BTreeMap::new();
    for number in 0..1_000 {
        let ask = subscribe("carol", "bob", &format!("s{number}"), 1, 600);
        *statuses.entry(world.ask(page, ask).status().unwrap()).or_insert(0) += 1;
    }
    let taken = SUBSCRIPTIONS_PER_WATCHER_MAX;
    assert_eq!(statuses.into_iter().collect::<Vec<_>>(), [(200, taken), (503, 1_000 - taken)]);
    world.requests.clear();
    // Bodies that cannot be read: borne for a while.
    let broken = |number: u64| {
        request(Method::Publish, "carol", "carol", &format!("p{number}"), 1)
            .with(Name::Event, "presence")
            .body("application/pidf+xml", "<presence")
    };
    for number in 0..FAULTS_PER_CONNECTION_MAX {
        assert_eq!(world.ask(page, broken(number)).status(), Some(400));
        assert!(world.closed.is_empty(), "after {number}");
    }
    // Time forgives.
    world.advance_s(1);
    assert_eq!(world.ask(page, broken(1_000)).status(), Some(400));
    assert!(world.closed.is_empty());
    assert_eq!(world.ask(page, broken(1_001)).status(), Some(400));
    assert!(world.closed.iter().any(|(flow, _)| *flow == page), "{:?}", world.closed);
    let said = &world.traces.last().unwrap().text;
    assert!(said.contains("cannot be read"), "{said}");
    assert_eq!(write(&mut world, alice, "alice", "bob", "m1"), 200);
}

/// Names are in headers of answers, in logs and traces: no line of their own, no escapes, no more
/// than a screenful.
#[test]
fn what_a_peer_calls_itself_is_one_short_line_of_text() {
    let mut world = World::new();
    let evil = format!("x\r\nVia: y\x1b[2J\u{202e}{}", "z".repeat(60_000));
    let flow = world.connect_with(&evil, &[&evil]);
    let answer = world.ask(flow, request(Method::Options, "alice", "bob", "o", 1));
    assert_eq!((answer.status(), answer.values(Name::Via).count()), (Some(403), 1));
    let record = world.traces.last().unwrap();
    let printed = record.print(world.now.wall_ms, im::trace::Component::SipStack);
    for line in printed.lines() {
        assert!(line.len() <= 4 * TRACED_VALUE_BYTES_MAX + 400, "{} bytes", line.len());
        assert!(!line.chars().any(|c| c.is_control() && c != '\t'), "{line:?}");
    }
    assert!(printed.lines().count() < 20, "{printed}");
}
