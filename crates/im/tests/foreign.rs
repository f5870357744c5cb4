//! Texts and calls with people of other organisations: what goes there and by which way, what
//! comes from there and as whom.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a scenario stops at the first surprise"
)]

mod world;

use sip::Event;
use sip::{Failure, Flow, Method, Name, TlsFault, Transport, Why};
use store::messaging::{
    ArchivingConfiguration, ArchivingPolicy, ForeignDomain, Listed, MessagingRead, MessagingWrite,
};
use world::abroad::{
    ACCEPTED, DIALLED, THERE, allow, by_them, connect, diagnostics, foreign, identity, locate,
    open_world, places, refuse, target, to_them,
};
use world::{World, aor, register, request, text};

#[test]
fn nothing_is_looked_for_unless_it_is_listed_and_on() {
    let mut world = World::new();
    let alice = world.sign_in("alice", "a");
    let try_it = |world: &mut World, id: &str| {
        let response = world.ask(alice, to_them(text("alice", "bob", id, "hello"), "pia"));
        assert_eq!(response.status(), Some(404));
        assert!(world.locates.is_empty() && world.requests.is_empty());
    };
    try_it(&mut world, "off");
    let contoso = ForeignDomain { domain: THERE.to_owned(), ..ForeignDomain::default() };
    world.write(move |tx| tx.put_foreign_domain(Listed::Allowed, &contoso));
    world.reload();
    try_it(&mut world, "listed and off");
    allow(&mut world, "fabrikam.com", None);
    world.write(|tx| tx.delete_foreign_domain(Listed::Allowed, THERE));
    world.reload();
    try_it(&mut world, "on and another is listed");
    allow(&mut world, THERE, None);
    let contoso = ForeignDomain { domain: THERE.to_owned(), ..ForeignDomain::default() };
    world.write(move |tx| tx.put_foreign_domain(Listed::Blocked, &contoso));
    world.reload();
    try_it(&mut world, "allowed and blocked");
    // What is below a listed domain is another one.
    let below = text("alice", "bob", "below", "hello");
    let below = below.to_uri(&"sip:pia@eu.fabrikam.com".parse().unwrap());
    assert_eq!(world.ask(alice, below).status(), Some(404));
    // Who has not signed in sends nothing there.
    world.write(|tx| tx.delete_foreign_domain(Listed::Blocked, THERE));
    world.reload();
    let stranger = world.connect(Transport::Tls);
    let response = world.ask(stranger, to_them(text("alice", "bob", "s", "hello"), "pia"));
    assert_eq!(response.status(), Some(407));
    assert!(world.locates.is_empty() && world.requests.is_empty());
}

#[test]
fn a_text_goes_there_and_the_answer_comes_back() {
    let mut world = open_world();
    let alice = world.sign_in("alice", "a");
    let hello = to_them(text("alice", "bob", "m1", "hello"), "pia")
        .with(Name::PAssertedIdentity, format!("<{}>", aor("alice")))
        .with(Name::Route, "<sip:evil.test;lr>");
    let transaction = world.send(alice, hello);
    assert_eq!(locate(&mut world, Ok(places(&["192.0.2.7"]))), (THERE.to_owned(), None));
    let sent = world.take(&Method::Message);
    assert_eq!(target(&sent), ("192.0.2.7", 5061, "sip:contoso.com"));
    let request = &sent.request;
    assert_eq!(request.request_uri().unwrap().to_string(), foreign("pia"));
    assert_eq!(sent.body(), "hello");
    assert_eq!(
        request.header(Name::From).unwrap(),
        "\"Alice Example\" <sip:alice@litwareinc.com>;tag=alice-tag"
    );
    assert_eq!(request.number(Name::MaxForwards), Some(69));
    // RFC 3325 §5; a Route that a client has chosen.
    assert_eq!(
        (request.header(Name::PAssertedIdentity), request.header(Name::Route)),
        (None, None)
    );
    assert_eq!(request.header(Name::Authorization), None);
    world.answer(&sent, 202);
    assert_eq!(world.response(transaction).unwrap().status(), Some(202));
    // What they refuse is told as they said it.
    let transaction = world.send(alice, to_them(text("alice", "bob", "m2", "hello"), "nobody"));
    locate(&mut world, Ok(places(&["192.0.2.7"])));
    let sent = world.take(&Method::Message);
    world.answer(&sent, 404);
    assert_eq!(world.response(transaction).unwrap().status(), Some(404));
}

#[test]
fn one_place_after_another() {
    let mut world = open_world();
    let alice = world.sign_in("alice", "a");
    let say = |world: &mut World, id: &str| {
        world.send(alice, to_them(text("alice", "bob", id, "hello"), "pia"))
    };
    let transaction = say(&mut world, "m1");
    locate(&mut world, Ok(places(&["192.0.2.1", "192.0.2.2", "192.0.2.3"])));
    let first = world.take(&Method::Message);
    let why = Failure::Unreachable(Why::ConnectTimeout);
    world.sip(Event::Failed { token: first.token, why });
    let second = world.take(&Method::Message);
    assert_eq!(target(&second).0, "192.0.2.2");
    world.answer(&second, 503);
    let third = world.take(&Method::Message);
    assert_eq!(target(&third).0, "192.0.2.3");
    world.answer(&third, 200);
    assert_eq!(world.response(transaction).unwrap().status(), Some(200));
    // All have failed: the sender reads why.
    for (fault, said) in [
        (TlsFault::PeerName, "70703;reason=\"The certificate of the other organization's server"),
        (TlsFault::PeerChain, "70703;"),
        (TlsFault::OwnRefused, "70704;"),
        (TlsFault::Handshake, "70702;"),
    ] {
        let transaction = say(&mut world, &format!("{fault:?}"));
        locate(&mut world, Ok(places(&["192.0.2.1"])));
        let sent = world.take(&Method::Message);
        refuse(&mut world, &sent, fault);
        let response = world.response(transaction).unwrap();
        assert_eq!(response.status(), Some(504));
        assert!(diagnostics(&response).starts_with(said), "{}", diagnostics(&response));
    }
    let transaction = say(&mut world, "busy");
    locate(&mut world, Ok(places(&["192.0.2.1"])));
    let sent = world.take(&Method::Message);
    world.answer(&sent, 503);
    let response = world.response(transaction).unwrap();
    assert!(response.status() == Some(504) && diagnostics(&response).starts_with("70706;"));
    let transaction = say(&mut world, "silent");
    locate(&mut world, Ok(places(&["192.0.2.1"])));
    let sent = world.take(&Method::Message);
    world.fail(&sent);
    assert!(diagnostics(&world.response(transaction).unwrap()).starts_with("70705;"));
    let transaction = say(&mut world, "nowhere");
    locate(&mut world, Err("NXDOMAIN".to_owned()));
    assert!(diagnostics(&world.response(transaction).unwrap()).starts_with("70701;"));
}

#[test]
fn many_texts_wait_for_one_look_up_and_share_the_connection() {
    let mut world = open_world();
    let alice = world.sign_in("alice", "a");
    for number in 0..5 {
        let id = format!("m{number}");
        world.send(alice, to_them(text("alice", "bob", &id, "hello"), "pia"));
    }
    locate(&mut world, Ok(places(&["192.0.2.7"])));
    assert!(world.locates.is_empty());
    for _ in 0..5 {
        let sent = world.accept(&Method::Message);
        assert_eq!(target(&sent).0, "192.0.2.7");
    }
    // The connection that came of it carries what comes next, whatever it is found by.
    let flow = connect(&mut world, DIALLED, identity(&[THERE]));
    world.send(alice, to_them(text("alice", "bob", "m6", "hello"), "pia"));
    let sent = world.take(&Method::Message);
    assert_eq!(sent.flow(), Some(flow));
    // It breaks under the text: RFC 3263 §4.3.
    world.close(flow);
    let why = Failure::Closed(Why::Eof);
    world.sip(Event::Failed { token: sent.token, why });
    locate(&mut world, Ok(places(&["192.0.2.8"])));
    assert_eq!(target(&world.take(&Method::Message)).0, "192.0.2.8");
}

#[test]
fn an_accepted_connection_is_used_if_its_peer_says_so() {
    let mut world = open_world();
    let alice = world.sign_in("alice", "a");
    let theirs = connect(&mut world, ACCEPTED, identity(&[THERE]));
    let options = |id| by_them(request(Method::Options, "pia", "alice", id, 1), "pia");
    assert_eq!(world.ask(theirs, options("o1")).status(), Some(200));
    world.send(alice, to_them(text("alice", "bob", "m1", "hello"), "pia"));
    locate(&mut world, Ok(places(&["192.0.2.7"])));
    target(&world.accept(&Method::Message));
    let theirs = connect(&mut world, ACCEPTED + 1, identity(&[THERE]));
    world.send_by("sip.contoso.com;alias", theirs, options("o2"));
    world.send(alice, to_them(text("alice", "bob", "m2", "hello"), "pia"));
    assert_eq!(world.accept(&Method::Message).flow(), Some(theirs));
}

#[test]
fn a_named_host_is_dialled_and_proves_itself() {
    let mut world = World::new();
    allow(&mut world, THERE, Some("edge.contoso.com"));
    let alice = world.sign_in("alice", "a");
    world.send(alice, to_them(text("alice", "bob", "m1", "hello"), "pia"));
    let asked = locate(&mut world, Ok(places(&["192.0.2.7"])));
    assert_eq!(asked, (THERE.to_owned(), Some("edge.contoso.com".to_owned())));
    let expected = "sip:contoso.com;maddr=edge.contoso.com";
    assert_eq!(target(&world.accept(&Method::Message)).2, expected);
    let hello = by_them(text("pia", "alice", "m2", "hello"), "pia");
    let named = connect(&mut world, ACCEPTED, identity(&["edge.contoso.com"]));
    world.send(named, hello.clone());
    world.accept(&Method::Message);
    // The domain's own name is not enough then.
    let other = connect(&mut world, ACCEPTED + 1, identity(&[THERE]));
    assert_eq!(world.ask(other, hello).status(), Some(403));
}

#[test]
fn a_text_from_there_reaches_whom_it_is_for() {
    let mut world = open_world();
    let bob = world.sign_in("bob", "b");
    let theirs = connect(&mut world, ACCEPTED, identity(&[THERE]));
    let hello = by_them(text("pia", "bob", "m1", "hello"), "pia")
        .with(Name::PAssertedIdentity, "<sip:ceo@litwareinc.com>");
    let transaction = world.send(theirs, hello);
    let sent = world.take(&Method::Message);
    assert_eq!((sent.flow(), sent.body().as_str()), (Some(bob), "hello"));
    // The name that people read is not one that a stranger has chosen.
    assert_eq!(
        sent.request.header(Name::From).unwrap(),
        "\"pia@contoso.com\" <sip:pia@contoso.com>;tag=t"
    );
    assert_eq!(sent.request.header(Name::PAssertedIdentity), None);
    world.answer(&sent, 200);
    assert_eq!(world.response(transaction).unwrap().status(), Some(200));
    // Kept for who is away, as anybody's text.
    let away = by_them(text("pia", "carol", "m2", "hello"), "pia");
    assert_eq!(world.ask(theirs, away).status(), Some(202));
    assert_eq!(world.kept("carol"), 1);
    world.sign_in("carol", "c");
    assert_eq!(world.accept(&Method::Message).body(), "hello");
    let nobody = by_them(text("pia", "nobody", "m3", "hello"), "pia");
    assert_eq!(world.ask(theirs, nobody).status(), Some(404));
}

#[test]
fn nobody_speaks_as_somebody_else() {
    let mut world = open_world();
    allow(&mut world, "fabrikam.com", None);
    world.sign_in("bob", "b");
    let theirs = connect(&mut world, ACCEPTED, identity(&[THERE]));
    for from in ["alice@litwareinc.com", "jo@fabrikam.com", "pia@eu.contoso.com", "pia@x.test"] {
        let spoofed =
            text("pia", "bob", from, "hello").replace(Name::From, format!("<sip:{from}>;tag=t"));
        let response = world.ask(theirs, spoofed);
        assert_eq!(response.status(), Some(403), "{from}");
        assert!(diagnostics(&response).starts_with("70707;"), "{from}");
    }
    // Nor inside of a text.
    let wrapped = "From: <sip:alice@litwareinc.com>\r\nTo: <sip:bob@litwareinc.com>\r\n\r\n\
                   Content-Type: text/plain\r\n\r\nhello";
    let spoofed = by_them(request(Method::Message, "pia", "bob", "cpim", 1), "pia")
        .body("message/cpim", wrapped);
    assert_eq!(world.ask(theirs, spoofed).status(), Some(403));
    // Nothing is passed on to yet another organisation, nor back.
    for to in ["jo@fabrikam.com", "tom@contoso.com", "x@unlisted.test"] {
        let uri: sip::Uri = format!("sip:{to}").parse().unwrap();
        for method in [Method::Message, Method::Invite] {
            let relayed = by_them(request(method, "pia", "bob", to, 1), "pia")
                .to_uri(&uri)
                .replace(Name::To, format!("<{uri}>"));
            assert_eq!(world.ask(theirs, relayed).status(), Some(404), "{to}");
        }
    }
    assert!(world.requests.is_empty() && world.locates.is_empty());
}

#[test]
fn only_texts_and_calls_are_done_for_them() {
    let mut world = open_world();
    world.sign_in("bob", "b");
    let theirs = connect(&mut world, ACCEPTED, identity(&[THERE]));
    for method in [Method::Register, Method::Publish, Method::Subscribe] {
        let asked = by_them(request(method.clone(), "pia", "bob", "r", 1), "pia")
            .with(Name::Event, "presence")
            .with(Name::Contact, "<sip:pia@192.0.2.7>");
        let response = world.ask(theirs, asked);
        assert_eq!(response.status(), Some(403), "{method}");
    }
    let other = by_them(request(Method::Notify, "pia", "bob", "n", 1), "pia");
    assert_eq!(world.ask(theirs, other).status(), Some(405));
    assert!(world.requests.is_empty());
}

#[test]
fn who_proves_nothing_is_refused() {
    let mut world = open_world();
    let hello = || by_them(text("pia", "bob", "m1", "hello"), "pia");
    for (number, names) in [
        &["sip.contoso.com"][..],
        &["*.contoso.com"],
        &["fabrikam.com"],
        // Another organisation's authority says nothing about our own servers.
        &["atl-owa-001.litwareinc.com"],
        &["litwareinc.com"],
    ]
    .into_iter()
    .enumerate()
    {
        let mut shown = identity(names);
        shown.common_names = vec![names[0].as_bytes().to_vec()];
        let flow = connect(&mut world, ACCEPTED + number as u64, shown);
        let response = world.ask(flow, hello());
        assert_eq!(response.status(), Some(403), "{names:?}");
        assert!(diagnostics(&response).starts_with("70101;"), "{names:?}");
        assert!(world.closed.iter().any(|(closed, _)| *closed == flow), "{names:?}");
    }
    assert_eq!(world.traces.len(), 5);
}

#[test]
fn a_removed_domain_is_cut_at_once() {
    let mut world = open_world();
    let alice = world.sign_in("alice", "a");
    let accepted = connect(&mut world, ACCEPTED, identity(&[THERE]));
    let options = by_them(request(Method::Options, "pia", "alice", "o", 1), "pia");
    assert_eq!(world.ask(accepted, options).status(), Some(200));
    // Nobody has said anything on this one yet.
    let dialled = connect(&mut world, DIALLED, identity(&[THERE]));
    let transaction = world.send(alice, to_them(text("alice", "bob", "m1", "hello"), "pia"));
    let sent = world.take(&Method::Message);
    assert_eq!(sent.flow(), Some(dialled));
    world.write(|tx| tx.delete_foreign_domain(Listed::Allowed, THERE));
    world.reload();
    let closed: Vec<Flow> = world.closed.iter().map(|(flow, _)| *flow).collect();
    assert_eq!(closed, [accepted, dialled]);
    // What was under way goes nowhere else.
    world.close(dialled);
    world.sip(Event::Failed { token: sent.token, why: Failure::Closed(Why::Eof) });
    assert_eq!(world.response(transaction).unwrap().status(), Some(404));
    assert!(world.locates.is_empty() && world.requests.is_empty());
}

#[test]
fn an_organisation_that_asks_for_too_much() {
    let mut world = open_world();
    let first = connect(&mut world, ACCEPTED, identity(&[THERE]));
    let second = connect(&mut world, ACCEPTED + 1, identity(&[THERE]));
    let options = |number: u64| {
        by_them(request(Method::Options, "pia", "bob", &format!("o{number}"), 1), "pia")
    };
    let mut done = 0;
    let mut asked = 0;
    while world.closed.is_empty() {
        // More connections do not help.
        let flow = if asked % 2 == 0 { first } else { second };
        asked += 1;
        assert!(asked < 10_000, "it is never cut");
        match world.ask(flow, options(asked)).status() {
            Some(200) => done += 1,
            status => assert_eq!(status, Some(503)),
        }
    }
    assert_eq!(done, im::limits::FOREIGN_BURST);
    assert_eq!(asked, im::limits::FOREIGN_BURST + im::limits::FOREIGN_EXCESS_MAX);
    // A second later there is a second's worth, for a connection that was not cut.
    let third = connect(&mut world, ACCEPTED + 2, identity(&[THERE]));
    world.advance_s(1);
    let mut earned = 0;
    while world.ask(third, options(20_000 + earned)).status() == Some(200) {
        earned += 1;
    }
    assert_eq!(earned, im::limits::FOREIGN_REQUESTS_PER_S);
    // Our own people have theirs.
    world.sign_in("bob", "b");
}

#[test]
fn texts_with_other_organisations_are_archived_by_their_own_switch() {
    let mut world = open_world();
    world.write(|tx| {
        let on = ArchivingConfiguration {
            enable_archiving: 1,
            block_on_archive_failure: true,
            ..ArchivingConfiguration::default()
        };
        tx.put_scoped_setting("Global", &on)?;
        let policy = ArchivingPolicy { archive_external: true, ..ArchivingPolicy::default() };
        tx.put_scoped_setting("Global", &policy)
    });
    world.reload();
    let archived = |world: &World| {
        let all = world.store.read_blocking(|rows| rows.archived_texts(0, i64::MAX, 10)).unwrap();
        all.into_iter().map(|text| text.recipient).collect::<Vec<_>>()
    };
    let alice = world.sign_in("alice", "a");
    let theirs = connect(&mut world, ACCEPTED, identity(&[THERE]));
    world.send(alice, to_them(text("alice", "bob", "m1", "out"), "pia"));
    world.send(theirs, by_them(text("pia", "alice", "m2", "in"), "pia"));
    world.send(alice, text("alice", "bob", "m3", "within"));
    assert_eq!(archived(&world), [foreign("pia"), aor("alice")]);
    locate(&mut world, Ok(places(&["192.0.2.7"])));
    assert_eq!(world.take(&Method::Message).body(), "in");
    assert_eq!(world.take(&Method::Message).body(), "out");
    // What cannot be archived does not go.
    world.store_fails = Some("disk full".to_owned());
    let refused = world.send(alice, to_them(text("alice", "bob", "m4", "out"), "pia"));
    assert_eq!(world.response(refused).unwrap().status(), Some(503));
    assert!(world.locates.is_empty());
}

#[test]
fn a_registration_there_is_not_one_here() {
    let mut world = open_world();
    let theirs = connect(&mut world, ACCEPTED, identity(&[THERE]));
    let signed = by_them(register("bob", "b", 3600), "pia");
    assert_eq!(world.ask(theirs, signed).status(), Some(403));
}
