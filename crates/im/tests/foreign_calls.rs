//! Calls with people of other organisations, by the ways that `foreign.rs` shows for texts.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a scenario stops at the first surprise"
)]

mod world;

use sip::{Draft, Event, Flow, Message, Method, Name, Route, TlsFault};
use world::abroad::{
    ACCEPTED, DIALLED, THERE, allow, by_them, connect, identity, locate, open_world, places,
    refuse, target, to_them,
};
use world::{Sent, World, request};

const OFFER: &str = "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nm=audio 4000 RTP/AVP 0\r\n";

fn invite(from: &str, to: &str, id: &str) -> Draft {
    request(Method::Invite, from, to, id, 1)
        .with(Name::Contact, format!("<sip:{from}@192.0.2.1:5060>"))
        .body("application/sdp", OFFER)
}

/// The other end answers, with our Record-Route in it.
fn take_call(world: &mut World, sent: &Sent, contact: &str) -> Message {
    let arrived = Draft::copy_of(&sent.request)
        .with_first(Name::Via, "SIP/2.0/TLS us;branch=z9hG4bKus")
        .print();
    let response = Draft::response(&Message::parse(arrived).unwrap(), 200)
        .to_tag("callee")
        .with(Name::Contact, contact);
    let response = Message::parse(response.print()).unwrap();
    let flow = sent.flow().unwrap_or(Flow(DIALLED));
    world.sip(Event::Response { token: sent.token, flow, response: response.clone() });
    response
}

/// A request in the dialog that `response` began.
fn in_dialog(response: &Message, method: Method, from_caller: bool) -> Draft {
    let (from, to) = match from_caller {
        true => (Name::From, Name::To),
        false => (Name::To, Name::From),
    };
    let mut route: Vec<&str> = response.values(Name::RecordRoute).collect();
    if from_caller {
        route.reverse();
    }
    let uri = "sip:device@192.0.2.1:5060".parse().unwrap();
    let sequence = format!("{} {method}", if method == Method::Ack { 1 } else { 2 });
    let draft = Draft::request(method, &uri)
        .with(Name::MaxForwards, "70")
        .with(Name::From, response.header(from).unwrap())
        .with(Name::To, response.header(to).unwrap())
        .with(Name::CallId, response.call_id().unwrap())
        .with(Name::CSeq, sequence);
    route.into_iter().fold(draft, |draft, value| draft.with(Name::Route, value))
}

fn ack(world: &mut World, flow: Flow, response: &Message) {
    let draft = in_dialog(response, Method::Ack, true)
        .with_first(Name::Via, "SIP/2.0/TLS h;branch=z9hG4bKa");
    let request = Message::parse(draft.print()).unwrap();
    world.sip(Event::Ack { flow, request });
}

#[test]
fn a_call_goes_there_and_is_ended_by_either_side() {
    for ends_here in [true, false] {
        let mut world = open_world();
        let alice = world.sign_in("alice", "a");
        let transaction = world.send(alice, to_them(invite("alice", "bob", "c1"), "pia"));
        locate(&mut world, Ok(places(&["192.0.2.1", "192.0.2.7"])));
        let first = world.take(&Method::Invite);
        refuse(&mut world, &first, TlsFault::Handshake);
        let sent = world.take(&Method::Invite);
        assert_eq!(target(&sent).0, "192.0.2.7");
        assert_eq!(sent.request.header(Name::PAssertedIdentity), None);
        let theirs = connect(&mut world, DIALLED, identity(&[THERE]));
        let response = take_call(&mut world, &sent, "<sip:pia@198.51.100.1>");
        assert_eq!(world.response(transaction).unwrap().status(), Some(200));
        ack(&mut world, alice, &response);
        assert_eq!(world.acks.len(), 1);
        assert_eq!(world.acks[0].0, Route::Flow(theirs));
        let bye = in_dialog(&response, Method::Bye, ends_here);
        let (from, to) = if ends_here { (alice, theirs) } else { (theirs, alice) };
        let transaction = world.send(from, bye);
        let sent = world.take(&Method::Bye);
        assert_eq!((sent.flow(), sent.request.header(Name::Route)), (Some(to), None));
        world.answer(&sent, 200);
        assert_eq!(world.response(transaction).unwrap().status(), Some(200));
    }
}

#[test]
fn a_call_from_there_rings_and_is_ended_by_either_side() {
    for ends_here in [true, false] {
        let mut world = open_world();
        let bob = world.sign_in("bob", "b");
        let theirs = connect(&mut world, ACCEPTED, identity(&[THERE]));
        let transaction = world.send(theirs, by_them(invite("pia", "bob", "c1"), "pia"));
        let sent = world.take(&Method::Invite);
        assert_eq!(sent.flow(), Some(bob));
        // RFC 3325 §5: we assert nobody of another organisation.
        assert_eq!(sent.request.header(Name::PAssertedIdentity), None);
        let response = take_call(&mut world, &sent, "<sip:bob@127.0.0.1;transport=tls;d=b>");
        assert_eq!(world.response(transaction).unwrap().status(), Some(200));
        ack(&mut world, theirs, &response);
        assert_eq!(world.acks.len(), 1);
        assert_eq!(world.acks[0].0, Route::Flow(bob));
        let bye = in_dialog(&response, Method::Bye, !ends_here);
        if ends_here {
            // Their connection did not say that it may be used the other way round.
            let transaction = world.send(bob, bye);
            locate(&mut world, Ok(places(&["192.0.2.7"])));
            let sent = world.take(&Method::Bye);
            assert_eq!(target(&sent).2, "sip:contoso.com");
            world.answer(&sent, 200);
            assert_eq!(world.response(transaction).unwrap().status(), Some(200));
        } else {
            world.send(theirs, bye);
            assert_eq!(world.accept(&Method::Bye).flow(), Some(bob));
        }
    }
}

#[test]
fn another_organisation_cannot_end_a_call_that_is_not_theirs() {
    let mut world = open_world();
    allow(&mut world, "fabrikam.com", None);
    let bob = world.sign_in("bob", "b");
    let theirs = connect(&mut world, ACCEPTED, identity(&[THERE]));
    world.send(theirs, by_them(invite("pia", "bob", "c1"), "pia"));
    let sent = world.take(&Method::Invite);
    assert_eq!(sent.flow(), Some(bob));
    let response = take_call(&mut world, &sent, "<sip:bob@127.0.0.1;transport=tls;d=b>");
    let others = connect(&mut world, ACCEPTED + 1, identity(&["fabrikam.com"]));
    let bye = in_dialog(&response, Method::Bye, true);
    assert_eq!(world.ask(others, bye).status(), Some(481));
    ack(&mut world, others, &response);
    assert!(world.requests.is_empty() && world.acks.is_empty());
}

#[test]
fn a_call_that_is_given_up_while_its_way_is_looked_for() {
    let mut world = open_world();
    let alice = world.sign_in("alice", "a");
    let transaction = world.send(alice, to_them(invite("alice", "bob", "c1"), "pia"));
    world.sip(Event::Cancelled { transaction });
    assert_eq!(world.response(transaction).unwrap().status(), Some(487));
    locate(&mut world, Ok(places(&["192.0.2.7"])));
    assert!(world.requests.is_empty());
    // And while it rings.
    let transaction = world.send(alice, to_them(invite("alice", "bob", "c2"), "pia"));
    locate(&mut world, Ok(places(&["192.0.2.7", "192.0.2.8"])));
    let sent = world.take(&Method::Invite);
    world.sip(Event::Cancelled { transaction });
    assert_eq!(world.cancelled, [sent.token]);
    assert_eq!(world.response(transaction).unwrap().status(), Some(487));
    world.answer(&sent, 487);
    assert!(world.requests.is_empty());
}
