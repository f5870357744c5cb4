//! One device of a person: its own addresses (RFC 5627), its several flows (RFC 5626), and the
//! proxies before it (RFC 3327).

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a scenario stops at the first surprise"
)]

mod world;

use sip::{Draft, Event, Flow, Message, Method, Name, Transport};
use world::{DOMAIN, Sent, World, aor, register, request, text};

const PHONE: &str = "urn:uuid:00000000-0000-1000-8000-000a95a0e128";
const DESK: &str = "urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6";

fn register_instance(user: &str, instance: &str, reg_id: u32, cseq: u32) -> Draft {
    let contact = format!(
        "<sip:{user}@192.0.2.{reg_id}:5060>;+sip.instance=\"<{instance}>\";reg-id={reg_id}"
    );
    register(user, &format!("{}-{reg_id}", &instance[9..12]), 3600)
        .replace(Name::CSeq, format!("{cseq} REGISTER"))
        .replace(Name::Contact, contact)
        .with(Name::Supported, "gruu, outbound, path")
}

/// A device signs in; its connection, and the answer.
fn sign_in(world: &mut World, user: &str, instance: &str, reg_id: u32) -> (Flow, Message) {
    let flow = world.connect(Transport::Tls);
    let draft = register_instance(user, instance, reg_id, 1);
    let answer = world.sign_and_ask(flow, user, draft);
    assert_eq!(answer.status(), Some(200), "{answer:?}");
    (flow, answer)
}

/// The public and the temporary GRUU of an instance.
fn gruus(answer: &Message, instance: &str) -> (String, String) {
    let contacts = answer.contacts().unwrap();
    let own = contacts.iter().find(|it| it.instance().as_deref() == Some(instance)).unwrap();
    let params = &own.address().unwrap().params;
    (params.get_unquoted("pub-gruu").unwrap(), params.get_unquoted("temp-gruu").unwrap())
}

fn text_to(uri: &str, id: &str) -> Draft {
    text("alice", "bob", id, "to one device").to_uri(&uri.parse().unwrap())
}

fn invite_to(uri: &str, id: &str) -> Draft {
    request(Method::Invite, "alice", "bob", id, 1)
        .to_uri(&uri.parse().unwrap())
        .with(Name::Contact, "<sip:alice@192.0.2.9:5060>")
        .body(
            "application/sdp",
            "v=0\r\no=- 1 1 IN IP4 192.0.2.9\r\ns=-\r\nm=audio 4 RTP/AVP 0\r\n",
        )
}

fn respond(world: &mut World, sent: &Sent, status: u16, contact: &str) -> Message {
    let via = "SIP/2.0/TLS us;branch=z9hG4bKus";
    let arrived = Draft::copy_of(&sent.request).with_first(Name::Via, via).print();
    let response = Draft::response(&Message::parse(arrived).unwrap(), status)
        .to_tag("device")
        .with(Name::Contact, format!("<{contact}>"));
    let response = Message::parse(response.print()).unwrap();
    let flow = sent.flow().unwrap();
    world.sip(Event::Response { token: sent.token, flow, response: response.clone() });
    response
}

#[test]
fn both_addresses_lead_to_this_device_only() {
    let mut world = World::new();
    let alice = world.sign_in("alice", "a");
    let (desk, answer) = sign_in(&mut world, "bob", DESK, 1);
    sign_in(&mut world, "bob", PHONE, 2);
    let (public, temporary) = gruus(&answer, DESK);
    assert_eq!(public, format!("{};gr={DESK}", aor("bob")));
    assert!(!temporary.contains("bob"), "{temporary}");
    for (number, uri) in [&public, &temporary].into_iter().enumerate() {
        let sent = world.send(alice, text_to(uri, &format!("m{number}")));
        let only = world.accept(&Method::Message);
        assert_eq!(only.flow(), Some(desk), "{uri}");
        assert_eq!(only.request.request_uri_text(), Some("sip:bob@192.0.2.1:5060"));
        assert!(world.requests.is_empty(), "{uri}");
        assert_eq!(world.response(sent).unwrap().status(), Some(200));
        world.send(alice, invite_to(uri, &format!("c{number}")));
        assert_eq!(world.take(&Method::Invite).flow(), Some(desk), "{uri}");
        assert!(world.requests.is_empty(), "{uri}");
    }
}

#[test]
fn who_has_not_asked_gets_none() {
    let mut world = World::new();
    let flow = world.connect(Transport::Tls);
    let draft = register_instance("bob", DESK, 1, 1).without(Name::Supported);
    let answer = world.sign_and_ask(flow, "bob", draft);
    assert!(!answer.header(Name::Contact).unwrap().contains("gruu"));
    let forged = register_instance("bob", DESK, 1, 2);
    let contact = forged.header(Name::Contact).unwrap().to_owned();
    let forged = forged.replace(Name::Contact, format!("{contact};pub-gruu=\"sip:ceo@x;gr=1\""));
    let answer = world.ask(flow, forged);
    assert_eq!(gruus(&answer, DESK).0, format!("{};gr={DESK}", aor("bob")));
}

#[test]
fn without_the_device_the_text_is_not_kept() {
    let mut world = World::new();
    let alice = world.sign_in("alice", "a");
    let (desk, answer) = sign_in(&mut world, "bob", DESK, 1);
    let (public, temporary) = gruus(&answer, DESK);
    world.close(desk);
    let (other, _) = sign_in(&mut world, "bob", PHONE, 2);
    for uri in [&public, &temporary] {
        assert_eq!(world.ask(alice, text_to(uri, "m1")).status(), Some(480), "{uri}");
        assert_eq!(world.ask(alice, invite_to(uri, "c1")).status(), Some(480), "{uri}");
    }
    assert_eq!(world.kept("bob"), 0);
    assert!(world.requests.is_empty());
    // The instance comes back: its public address is the same, the temporary one is not.
    let again = register_instance("bob", DESK, 1, 1).replace(Name::CallId, "another");
    let answer = world.sign_and_ask(other, "bob", again);
    let (after, fresh) = gruus(&answer, DESK);
    assert_eq!(after, public);
    assert_eq!(world.ask(alice, text_to(&temporary, "m2")).status(), Some(480));
    for (id, uri) in [("m3", &public), ("m4", &fresh)] {
        world.send(alice, text_to(uri, id));
        world.accept(&Method::Message);
    }
}

#[test]
fn an_address_of_nobody_is_not_found() {
    let mut world = World::new();
    let alice = world.sign_in("alice", "a");
    for uri in [
        format!("sip:tgruu.AAAA@{DOMAIN};gr"),
        format!("sip:nobody@{DOMAIN};gr={DESK}"),
        format!("sip:bob@elsewhere.test;gr={DESK}"),
    ] {
        assert_eq!(world.ask(alice, text_to(&uri, "m1")).status(), Some(404), "{uri}");
    }
}

#[test]
fn a_dialog_by_gruu_goes_to_where_the_device_is_now() {
    let mut world = World::new();
    let alice = world.sign_in("alice", "a");
    let (_, answer) = sign_in(&mut world, "bob", DESK, 1);
    let (public, _) = gruus(&answer, DESK);
    let call = world.send(alice, invite_to(&aor("bob"), "c1"));
    let rings = world.take(&Method::Invite);
    let response = respond(&mut world, &rings, 200, &public);
    world.response(call).unwrap();
    // The phone has moved to another address.
    let moved = world.connect(Transport::Tls);
    let draft = register_instance("bob", DESK, 1, 2).replace(
        Name::Contact,
        format!("<sip:bob@198.51.100.7:5070>;+sip.instance=\"<{DESK}>\";reg-id=1"),
    );
    assert_eq!(world.sign_and_ask(moved, "bob", draft).status(), Some(200));
    let bye = Draft::request(Method::Bye, &public.parse().unwrap())
        .with(Name::MaxForwards, "70")
        .with(Name::From, response.header(Name::From).unwrap())
        .with(Name::To, response.header(Name::To).unwrap())
        .with(Name::CallId, "c1")
        .with(Name::CSeq, "2 BYE");
    let route: Vec<&str> = response.values(Name::RecordRoute).collect();
    let bye = route.iter().rev().fold(bye, |bye, route| bye.with(Name::Route, *route));
    world.send(alice, bye);
    let passed = world.take(&Method::Bye);
    assert_eq!(passed.flow(), Some(moved));
    assert_eq!(passed.request.request_uri_text(), Some("sip:bob@198.51.100.7:5070"));
}

#[test]
fn of_two_flows_the_other_is_taken_when_one_has_failed() {
    let mut world = World::new();
    let alice = world.sign_in("alice", "a");
    let (first, _) = sign_in(&mut world, "bob", DESK, 1);
    let (second, answer) = sign_in(&mut world, "bob", DESK, 2);
    assert_eq!(answer.contacts().unwrap().len(), 2);
    let sent = world.send(alice, text("alice", "bob", "m1", "hello"));
    let newest = world.take(&Method::Message);
    assert_eq!(newest.flow(), Some(second));
    assert!(world.requests.is_empty(), "one flow at a time");
    world.answer(&newest, 430);
    let other = world.accept(&Method::Message);
    assert_eq!(other.flow(), Some(first));
    assert_eq!(world.response(sent).unwrap().status(), Some(200));

    let call = world.send(alice, invite_to(&aor("bob"), "c1"));
    let newest = world.take(&Method::Invite);
    assert_eq!(newest.flow(), Some(second));
    assert!(world.requests.is_empty(), "one flow at a time");
    world.fail(&newest);
    let other = world.take(&Method::Invite);
    assert_eq!(other.flow(), Some(first));
    respond(&mut world, &other, 430, "sip:bob@192.0.2.1");
    assert_eq!(world.response(call).unwrap().status(), Some(480), "430 is for proxies only");

    let busy = world.send(alice, invite_to(&aor("bob"), "c2"));
    let newest = world.take(&Method::Invite);
    respond(&mut world, &newest, 486, "sip:bob@192.0.2.1");
    assert_eq!(world.response(busy).unwrap().status(), Some(486), "the device has answered");
    assert!(world.requests.is_empty());
}

#[test]
fn what_goes_to_a_device_goes_by_its_path() {
    let mut world = World::new();
    let alice = world.sign_in("alice", "a");
    let flow = world.connect(Transport::Tls);
    let path = "<sip:p1.example.test;lr>, <sip:p2.example.test;lr;ob>";
    let draft = register_instance("bob", DESK, 1, 1).with(Name::Path, path);
    let answer = world.sign_and_ask(flow, "bob", draft.clone());
    let given: Vec<&str> = answer.values(Name::Path).collect();
    assert_eq!(given, ["<sip:p1.example.test;lr>", "<sip:p2.example.test;lr;ob>"]);
    let route =
        |sent: &Sent| sent.request.values(Name::Route).map(str::to_owned).collect::<Vec<_>>();
    world.send(alice, text("alice", "bob", "m1", "hello"));
    assert_eq!(route(&world.accept(&Method::Message)), given);
    let call = invite_to(&aor("bob"), "c1").with(Name::Route, "<sip:elsewhere.test;lr>");
    world.send(alice, call);
    assert_eq!(route(&world.take(&Method::Invite)), given, "and by no other");

    let unasked = draft.without(Name::Supported).replace(Name::CSeq, "3 REGISTER");
    let refused = world.ask(flow, unasked);
    assert_eq!((refused.status(), refused.header(Name::Unsupported)), (Some(420), Some("path")));
    let long = ["<sip:p.example.test;lr>"; 9].join(", ");
    let long = register_instance("bob", DESK, 1, 4).with(Name::Path, long);
    assert_eq!(world.ask(flow, long).status(), Some(400));
}
