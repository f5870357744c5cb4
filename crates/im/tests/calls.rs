//! Calls through the registrar: forking, answers, dialogs, and who may not.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a scenario stops at the first surprise"
)]

mod world;

use sip::{
    Draft, Event, Failure, Flow, Message, Method, Name, Route, ServerTransaction, Transport,
};
use world::{DOMAIN, Sent, World, aor, register, register_owa, request};

const OFFER: &str = "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nm=audio 4000 RTP/AVP 0\r\n";

fn invite(from: &str, to: &str, id: &str) -> Draft {
    request(Method::Invite, from, to, id, 1)
        .with(Name::Contact, format!("<sip:{from}@192.0.2.1:5060>"))
        .body("application/sdp", OFFER)
}

/// Everything that rings.
fn ringing(world: &mut World) -> Vec<Sent> {
    let mut all = Vec::new();
    while !world.requests.is_empty() {
        all.push(world.take(&Method::Invite));
    }
    all
}

fn flows(sent: &[Sent]) -> Vec<Flow> {
    sent.iter().filter_map(Sent::flow).collect()
}

/// A device's answer, with our Record-Route in it.
fn respond(world: &mut World, sent: &Sent, status: u16) -> Message {
    let tag = format!("device-{}", sent.token.0);
    // As the stack sent it.
    let via = "SIP/2.0/TLS us;branch=z9hG4bKus";
    let arrived = Draft::copy_of(&sent.request).with_first(Name::Via, via).print();
    let response = Draft::response(&Message::parse(arrived).unwrap(), status)
        .to_tag(&tag)
        .with(Name::PAssertedIdentity, "<sip:ceo@litwareinc.com>")
        .with(Name::Contact, "<sip:bob@127.0.0.1;transport=tls;d=a>");
    let response = Message::parse(response.print()).unwrap();
    let flow = sent.flow().unwrap();
    world.sip(Event::Response { token: sent.token, flow, response: response.clone() });
    response
}

/// A request in the dialog that `response` began, by the caller or by the callee.
fn in_dialog(response: &Message, method: Method, from_caller: bool) -> Draft {
    let (mut from, mut to) = (Name::From, Name::To);
    let mut route: Vec<&str> = response.values(Name::RecordRoute).collect();
    if from_caller {
        route.reverse();
    } else {
        std::mem::swap(&mut from, &mut to);
    }
    let target = if from_caller {
        "sip:bob@127.0.0.1;transport=tls;d=a"
    } else {
        "sip:alice@192.0.2.1:5060"
    };
    let sequence = format!("2 {method}");
    let draft = Draft::request(method, &target.parse().unwrap())
        .with(Name::MaxForwards, "70")
        .with(Name::From, response.header(from).unwrap())
        .with(Name::To, response.header(to).unwrap())
        .with(Name::CallId, response.call_id().unwrap())
        .with(Name::CSeq, sequence);
    route.iter().fold(draft, |draft, route| draft.with(Name::Route, *route))
}

/// Alice has called Bob's one device, which has answered.
fn connected(world: &mut World) -> (Flow, Flow, Message) {
    let (alice, bob) = (world.sign_in("alice", "a"), world.sign_in("bob", "a"));
    let call = world.send(alice, invite("alice", "bob", "c1"));
    let rings = world.take(&Method::Invite);
    let response = respond(world, &rings, 200);
    assert_eq!(world.response(call).unwrap().status(), Some(200));
    (alice, bob, response)
}

#[test]
fn all_devices_ring_and_the_first_to_answer_has_the_call() {
    let mut world = World::new();
    let alice = world.sign_in("alice", "a");
    let (phone, desk) = (world.sign_in("bob", "phone"), world.sign_in("bob", "desk"));
    let page = world.connect_owa();
    world.ask(page, register_owa("bob", 1));
    let credentials = "Digest username=\"alice\", realm=\"x\"";
    let call =
        world.send(alice, invite("alice", "bob", "c1").with(Name::ProxyAuthorization, credentials));
    let rings = ringing(&mut world);
    assert_eq!(flows(&rings), [phone, desk], "pages take no calls");
    let copy = &rings[0].request;
    assert_eq!(copy.request_uri_text(), Some("sip:bob@127.0.0.1;transport=tls;d=phone"));
    assert_eq!(copy.number(Name::MaxForwards), Some(69));
    assert_eq!(copy.number(Name::Other("Max-Breadth")), Some(30));
    assert_eq!(copy.body(), OFFER, "what is said about media is not touched");
    assert_eq!(copy.header(Name::ProxyAuthorization), None);
    let asserted = copy.header(Name::PAssertedIdentity);
    assert_eq!(asserted, Some("\"Alice Example\" <sip:alice@litwareinc.com>"));
    assert!(world.response(call).is_none() && world.others.is_empty());

    for sent in &rings {
        respond(&mut world, sent, 180);
    }
    let statuses: Vec<_> = world.others.drain(..).map(|(_, it)| it.status()).collect();
    assert_eq!(statuses, [Some(180), Some(180)]);
    respond(&mut world, &rings[1], 200);
    assert_eq!(world.cancelled, [rings[0].token]);
    let answer = world.response(call).unwrap();
    assert_eq!(answer.status(), Some(200));
    assert_eq!(answer.values(Name::Via).count(), 1, "ours is gone");
    assert_eq!(answer.header(Name::PAssertedIdentity), None);
    // What the loser says is not passed back; what the winner repeats is.
    respond(&mut world, &rings[0], 487);
    assert!(world.response(call).is_none() && world.others.is_empty());
    assert_eq!(world.registrar.totals().calls, 1);
    world.advance_s(34);
    assert_eq!(world.registrar.totals().calls, 0);
    respond(&mut world, &rings[1], 200);
    assert!(world.response(call).is_none(), "forgotten");
}

#[test]
fn a_2xx_is_passed_back_as_often_as_it_comes() {
    let mut world = World::new();
    let (alice, _bob) = (world.sign_in("alice", "a"), world.sign_in("bob", "a"));
    world.send(alice, invite("alice", "bob", "c1"));
    let rings = world.take(&Method::Invite);
    respond(&mut world, &rings, 200);
    respond(&mut world, &rings, 200);
    assert_eq!(world.others.len(), 1);
}

#[test]
fn who_hangs_up_before_gets_487() {
    let mut world = World::new();
    let alice = world.sign_in("alice", "a");
    world.sign_in("bob", "phone");
    world.sign_in("bob", "desk");
    let call = world.send(alice, invite("alice", "bob", "c1"));
    let rings = ringing(&mut world);
    respond(&mut world, &rings[0], 180);
    world.sip(Event::Cancelled { transaction: call });
    assert_eq!(world.cancelled, [rings[0].token, rings[1].token]);
    assert!(world.response(call).is_none(), "the one that rings says what became of it");
    respond(&mut world, &rings[0], 487);
    assert_eq!(
        world.response(call).unwrap().status(),
        Some(487),
        "the silent one is not waited for"
    );
    world.fail(&rings[1]);
    assert_eq!(world.registrar.totals().calls, 0);
}

#[test]
fn a_caller_who_is_gone_rings_nobody() {
    let mut world = World::new();
    let alice = world.sign_in("alice", "a");
    world.sign_in("bob", "phone");
    world.send(alice, invite("alice", "bob", "c1"));
    let rings = ringing(&mut world);
    world.close(alice);
    assert_eq!(world.cancelled, [rings[0].token]);
}

#[test]
fn the_best_answer_is_passed_back() {
    for (answers, expected, cancelled) in [
        (&[Some(486), None][..], 486, 0),
        (&[None, None], 408, 0),
        (&[Some(603), Some(487)], 603, 1),
        (&[Some(503), Some(503)], 500, 0),
        (&[Some(404), Some(486)], 404, 0),
    ] {
        let mut world = World::new();
        let alice = world.sign_in("alice", "a");
        world.sign_in("bob", "phone");
        world.sign_in("bob", "desk");
        let call = world.send(alice, invite("alice", "bob", "c1"));
        let rings = ringing(&mut world);
        for (sent, answer) in rings.iter().zip(answers) {
            match answer {
                Some(status) => drop(respond(&mut world, sent, *status)),
                None => world.fail(sent),
            }
        }
        let answer = world.response(call).unwrap();
        assert_eq!((answer.status(), world.cancelled.len()), (Some(expected), cancelled));
    }
}

#[test]
fn a_device_whose_connection_breaks_is_one_that_is_not_there() {
    let mut world = World::new();
    let (alice, bob) = (world.sign_in("alice", "a"), world.sign_in("bob", "a"));
    let call = world.send(alice, invite("alice", "bob", "c1"));
    let rings = world.take(&Method::Invite);
    world.close(bob);
    world.sip(Event::Failed { token: rings.token, why: Failure::Closed(sip::Why::Eof) });
    assert_eq!(world.response(call).unwrap().status(), Some(480));
}

#[test]
fn preferred_devices_ring_first() {
    let mut world = World::new();
    let alice = world.sign_in("alice", "a");
    let desk = world.connect(Transport::Tls);
    let contact = |device: &str, q: &str| {
        let draft = register("bob", device, 3600);
        let contact = format!("{};q={q}", draft.header(Name::Contact).unwrap());
        draft.replace(Name::Contact, contact)
    };
    world.sign_and_ask(desk, "bob", contact("desk", "0.5"));
    let phone = world.connect(Transport::Tls);
    world.sign_and_ask(phone, "bob", contact("phone", "0.8"));
    let call = world.send(alice, invite("alice", "bob", "c1"));
    let rings = ringing(&mut world);
    assert_eq!(flows(&rings), [phone]);
    respond(&mut world, &rings[0], 486);
    let rings = ringing(&mut world);
    assert_eq!(flows(&rings), [desk]);
    assert!(world.response(call).is_none());
    respond(&mut world, &rings[0], 200);
    assert_eq!(world.response(call).unwrap().status(), Some(200));
}

#[test]
fn calls_that_cannot_be_made_are_answered() {
    let mut world = World::new();
    let alice = world.sign_in("alice", "a");
    let page = world.connect_owa();
    world.ask(page, register_owa("carol", 1));
    world.sign_in("bob", "phone");
    world.sign_in("bob", "desk");
    let text_session = "v=0\r\nm=message 5061 TCP/MSRP *\r\n";
    for (call, status) in [
        (invite("alice", "carol", "c1"), 480),
        (invite("alice", "alice", "c2"), 480),
        (invite("alice", "nobody", "c3"), 404),
        (invite("alice", "dave", "c4"), 404),
        (invite("alice", "bob", "c5").body("application/sdp", text_session), 488),
        (invite("alice", "bob", "c6").replace(Name::MaxForwards, "0"), 483),
        (invite("alice", "bob", "c7").with(Name::Other("Max-Breadth"), "1"), 440),
        (invite("alice", "bob", "c8").with(Name::ProxyRequire, "privacy"), 420),
        (invite("alice", "bob", "c9").replace(Name::To, format!("<{}>;tag=x", aor("bob"))), 481),
        (invite("bob", "carol", "c10"), 407),
    ] {
        assert_eq!(world.ask(alice, call.clone()).status(), Some(status), "{call:?}");
    }
    assert!(world.requests.is_empty());
    // What a call requires of its devices is theirs to judge; Route leads nowhere else.
    let call = invite("alice", "bob", "c11")
        .with(Name::Require, "100rel")
        .with(Name::Route, "<sip:evil.example;lr>");
    world.send(alice, call);
    for sent in ringing(&mut world) {
        assert_eq!(sent.request.header(Name::Route), None);
        assert_eq!(sent.request.header(Name::Require), Some("100rel"));
        assert!(matches!(sent.route, Route::Flow(_)));
    }
}

#[test]
fn a_device_that_sends_the_call_back_ends_it() {
    let mut world = World::new();
    let (alice, bob) = (world.sign_in("alice", "a"), world.sign_in("bob", "a"));
    world.send(alice, invite("alice", "bob", "c1"));
    let rings = world.take(&Method::Invite);
    let recorded = rings.request.header(Name::RecordRoute).unwrap();
    let back = invite("bob", "bob", "c1").with(Name::RecordRoute, recorded);
    assert_eq!(world.ask(bob, back).status(), Some(482));
    // Sent on to somebody else, it is no loop.
    world.sign_in("carol", "a");
    let on = invite("bob", "carol", "c1").with(Name::RecordRoute, recorded);
    world.send(bob, on);
    world.take(&Method::Invite);
}

#[test]
fn what_belongs_to_the_dialog_passes_both_ways() {
    let mut world = World::new();
    let (alice, bob, response) = connected(&mut world);
    let ack = in_dialog(&response, Method::Ack, true).replace(Name::CSeq, "1 ACK");
    let ack = ack.with_first(Name::Via, "SIP/2.0/TLS 127.0.0.1;branch=z9hG4bKa");
    let ack = Message::parse(ack.print()).unwrap();
    world.sip(Event::Ack { flow: alice, request: ack.clone() });
    let (route, passed) = world.acks.pop().unwrap();
    assert_eq!(route, Route::Flow(bob));
    assert_eq!((passed.header(Name::Route), passed.number(Name::MaxForwards)), (None, Some(69)));
    // Nobody else's.
    let carol = world.sign_in("carol", "a");
    world.sip(Event::Ack { flow: carol, request: ack });
    assert!(world.acks.is_empty());

    for (from, to, by_caller, method) in [
        (alice, bob, true, Method::Info),
        (bob, alice, false, Method::Update),
        (bob, alice, false, Method::Bye),
    ] {
        let asked = world.send(from, in_dialog(&response, method.clone(), by_caller));
        let sent = world.take(&method);
        assert_eq!((sent.flow(), sent.request.header(Name::Route)), (Some(to), None));
        world.answer(&sent, 200);
        assert_eq!(world.response(asked).unwrap().status(), Some(200));
    }
    assert_eq!(world.registrar.totals().calls, 1, "the call itself, for half a minute");
}

#[test]
fn a_dialog_outlives_the_connections_it_began_on() {
    let mut world = World::new();
    let (alice, bob, response) = connected(&mut world);
    world.close(bob);
    // Nothing leads to the device now.
    let lost = world.send(alice, in_dialog(&response, Method::Info, true));
    assert_eq!(world.response(lost).unwrap().status(), Some(480));
    let bob = world.sign_in("bob", "a");
    world.send(alice, in_dialog(&response, Method::Bye, true));
    assert_eq!(world.take(&Method::Bye).flow(), Some(bob));
    // Over the new connection, it counts who speaks.
    world.send(bob, in_dialog(&response, Method::Update, false));
    assert_eq!(world.take(&Method::Update).flow(), Some(alice));
}

#[test]
fn nobody_speaks_into_the_dialog_of_others() {
    let mut world = World::new();
    let (_, _, response) = connected(&mut world);
    let bye = in_dialog(&response, Method::Bye, true);
    let stranger = world.connect(Transport::Tls);
    assert_eq!(world.ask(stranger, bye.clone()).status(), Some(407));
    let carol = world.sign_in("carol", "a");
    assert_eq!(world.ask(carol, bye.clone()).status(), Some(407), "not as alice");
    let as_carol = bye.clone().replace(Name::From, format!("<{}>;tag=alice-tag", aor("carol")));
    assert_eq!(world.ask(carol, as_carol).status(), Some(481));
    let forged = response.header(Name::RecordRoute).unwrap().replace("sip:", "sip:A");
    let steered = bye.replace(Name::Route, forged);
    assert_eq!(world.ask(carol, steered).status(), Some(481));
    assert!(world.requests.is_empty());
}

#[test]
fn sides_that_reach_us_differently_are_both_recorded() {
    let mut world = World::new();
    let bob = world.sign_in("bob", "a");
    let alice = world.connect(Transport::Tcp);
    let signed = world.sign_and_ask(alice, "alice", register("alice", "a", 3600));
    assert_eq!(signed.status(), Some(200));
    let call: ServerTransaction = world.sign_and_send(alice, "alice", invite("alice", "bob", "c1"));
    let rings = world.take(&Method::Invite);
    let recorded: Vec<&str> = rings.request.headers(Name::RecordRoute).collect();
    assert_eq!(recorded.len(), 2, "RFC 5658");
    assert!(recorded[0].contains(";transport=tls;lr") && recorded[1].contains(";transport=tcp;lr"));
    let response = respond(&mut world, &rings, 200);
    world.response(call).unwrap();
    for (from, to, by_caller) in [(alice, bob, true), (bob, alice, false)] {
        world.send(from, in_dialog(&response, Method::Info, by_caller));
        let sent = world.take(&Method::Info);
        assert_eq!((sent.flow(), sent.request.header(Name::Route)), (Some(to), None));
    }
    assert!(recorded[0].contains(&format!("@atl-cs-001.{DOMAIN}:5061")));
}
