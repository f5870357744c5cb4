//! A planned stop: who watches, calls or writes is told, and what is under way comes to its end.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a scenario stops at the first surprise"
)]

mod world;

use im::Input;
use sip::{Draft, Event, Message, Method, Name};
use world::{World, aor, register, request, subscribe, text};

fn state(request: &Message) -> &str {
    request.header(Name::SubscriptionState).unwrap()
}

#[test]
fn watchers_are_told_that_they_may_come_again() {
    let mut world = World::new();
    let alice = world.sign_in("alice", "a");
    let accepted = world.sign_and_ask(alice, "alice", subscribe("alice", "bob", "s1", 1, 600));
    assert_eq!(accepted.status(), Some(200));
    // Not answered: the end does not wait for it.
    world.take(&Method::Notify);
    let list = "<resource-lists xmlns=\"urn:ietf:params:xml:ns:resource-lists\"><list>\
                <entry uri=\"sip:bob@litwareinc.com\"/></list></resource-lists>";
    let by_list = request(Method::Subscribe, "alice", "rls", "l1", 1)
        .with(Name::Contact, "<sip:alice@127.0.0.1;transport=tls>")
        .with(Name::Event, "presence")
        .with(Name::Supported, "eventlist")
        .with(Name::Require, "recipient-list-subscribe")
        .with(Name::Expires, "600")
        .body("application/resource-lists+xml", list);
    assert_eq!(world.ask(alice, by_list).status(), Some(200));
    world.accept(&Method::Notify);

    world.input(Input::Stop);
    let ends = [world.take(&Method::Notify), world.take(&Method::Notify)];
    for end in &ends {
        assert_eq!(state(&end.request), "terminated;reason=deactivated");
    }
    assert!(world.registrar.is_drained(), "nobody waits for the answers to the last NOTIFY");
    assert_eq!(world.registrar.totals().subscriptions, 0);
}

#[test]
fn nothing_new_begins() {
    let mut world = World::new();
    let alice = world.sign_in("alice", "a");
    world.input(Input::Stop);
    for draft in [
        register("alice", "a", 3600).replace(Name::CSeq, "2 REGISTER"),
        text("alice", "bob", "m1", "too late"),
        subscribe("alice", "bob", "s1", 1, 600),
        request(Method::Options, "alice", "bob", "o1", 1),
    ] {
        let answer = world.ask(alice, draft);
        assert_eq!(answer.status(), Some(503), "{answer:?}");
        assert_eq!(answer.header(Name::RetryAfter), Some("10"));
    }
    assert!(world.requests.is_empty());
    assert_eq!(world.kept("bob"), 0);
}

#[test]
fn a_text_that_is_with_a_device_is_waited_for() {
    let mut world = World::new();
    let (alice, _bob) = (world.sign_in("alice", "a"), world.sign_in("bob", "b"));
    let sent = world.send(alice, text("alice", "bob", "m1", "hello"));
    let delivery = world.take(&Method::Message);
    world.input(Input::Stop);
    assert!(!world.registrar.is_drained());
    world.answer(&delivery, 200);
    assert!(world.registrar.is_drained());
    assert_eq!(world.response(sent).unwrap().status(), Some(200));
}

#[test]
fn a_text_nobody_takes_any_more_is_kept_before_the_stop() {
    let mut world = World::new();
    let (alice, bob) = (world.sign_in("alice", "a"), world.sign_in("bob", "b"));
    let sent = world.send(alice, text("alice", "bob", "m1", "hello"));
    let delivery = world.take(&Method::Message);
    world.input(Input::Stop);
    world.close(bob);
    world.fail(&delivery);
    assert_eq!(world.response(sent).unwrap().status(), Some(202));
    assert_eq!(world.kept("bob"), 1);
    assert!(world.registrar.is_drained());
}

#[test]
fn what_rings_is_cancelled_and_what_stands_may_end() {
    let mut world = World::new();
    let (alice, bob) = (world.sign_in("alice", "a"), world.sign_in("bob", "b"));
    let invite = |id: &str| {
        request(Method::Invite, "alice", "bob", id, 1)
            .with(Name::Contact, "<sip:alice@192.0.2.1:5060>")
            .body(
                "application/sdp",
                "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nm=audio 4 RTP/AVP 0\r\n",
            )
    };
    let answer = |world: &mut World, sent: &world::Sent, status| {
        let via = "SIP/2.0/TLS us;branch=z9hG4bKus";
        let arrived = Draft::copy_of(&sent.request).with_first(Name::Via, via).print();
        let response = Draft::response(&Message::parse(arrived).unwrap(), status)
            .to_tag("device")
            .with(Name::Contact, "<sip:bob@127.0.0.1;transport=tls;d=b>");
        let response = Message::parse(response.print()).unwrap();
        world.sip(Event::Response { token: sent.token, flow: bob, response: response.clone() });
        response
    };
    world.send(alice, invite("c1"));
    let stands = world.take(&Method::Invite);
    let stands = answer(&mut world, &stands, 200);
    let call = world.send(alice, invite("c2"));
    let rings = world.take(&Method::Invite);
    answer(&mut world, &rings, 180);

    world.input(Input::Stop);
    assert_eq!(world.cancelled, [rings.token]);
    assert!(!world.registrar.is_drained(), "the device has not said that it rings no more");
    answer(&mut world, &rings, 487);
    let told = world.response(call).unwrap();
    assert_eq!((told.status(), told.header(Name::RetryAfter)), (Some(503), Some("10")));
    assert!(world.registrar.is_drained());

    let bye = Draft::request(Method::Bye, &"sip:bob@127.0.0.1;transport=tls;d=b".parse().unwrap())
        .with(Name::MaxForwards, "70")
        .with(Name::From, stands.header(Name::From).unwrap())
        .with(Name::To, stands.header(Name::To).unwrap())
        .with(Name::CallId, "c1")
        .with(Name::CSeq, "2 BYE");
    let route: Vec<&str> = stands.values(Name::RecordRoute).collect();
    let bye = route.iter().rev().fold(bye, |bye, route| bye.with(Name::Route, *route));
    let ended = world.send(alice, bye);
    let passed = world.take(&Method::Bye);
    answer(&mut world, &passed, 200);
    assert_eq!(world.response(ended).unwrap().status(), Some(200));
    assert_eq!(passed.request.to().unwrap().uri.to_string(), aor("bob"));
}
