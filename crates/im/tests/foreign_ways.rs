//! The ways to other organisations when something there is gone: servers that do not answer,
//! connections that were lost in the middle of a call; and what we tell people there ourselves.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a scenario stops at the first surprise"
)]

mod world;

use im::limits::DEAD_PLACE_MS;
use sip::{Dialog, Draft, Event, Failure, Flow, Message, Method, Name, Route, Why};
use world::abroad::{
    ACCEPTED, DIALLED, THERE, by_them, connect, foreign, identity, locate, open_world, places,
    target, to_them,
};
use world::{Sent, World, aor, request, text};

fn say(world: &mut World, alice: Flow, id: &str) -> sip::ServerTransaction {
    world.send(alice, to_them(text("alice", "bob", id, "hello"), "pia"))
}

fn unreachable(world: &mut World, sent: &Sent) {
    let why = Failure::Unreachable(Why::ConnectTimeout);
    world.sip(Event::Failed { token: sent.token, why });
}

#[test]
fn a_server_that_does_not_answer_is_tried_last_for_a_while() {
    let mut world = open_world();
    let alice = world.sign_in("alice", "a");
    let found = || Ok(places(&["192.0.2.1", "192.0.2.2"]));
    let first_tried = |world: &mut World, id: &str| {
        let asked = say(world, alice, id);
        locate(world, found());
        let sent = world.take(&Method::Message);
        (target(&sent).0.to_owned(), sent, asked)
    };
    let (place, sent, _) = first_tried(&mut world, "m1");
    assert_eq!(place, "192.0.2.1");
    unreachable(&mut world, &sent);
    assert_eq!(target(&world.accept(&Method::Message)).0, "192.0.2.2");
    // Who writes next does not wait for the dead one.
    let (place, sent, asked) = first_tried(&mut world, "m2");
    assert_eq!(place, "192.0.2.2");
    // But if the other one does not live either, it is asked.
    world.answer(&sent, 503);
    let again = world.take(&Method::Message);
    assert_eq!(target(&again).0, "192.0.2.1");
    world.answer(&again, 200);
    assert_eq!(world.response(asked).unwrap().status(), Some(200));
    // It has answered, and the other has not.
    let (place, sent, _) = first_tried(&mut world, "m3");
    assert_eq!(place, "192.0.2.1");
    unreachable(&mut world, &sent);
    world.accept(&Method::Message);
    // A minute later the order is that of the domain again.
    world.advance_s(DEAD_PLACE_MS / 1000 - 1);
    assert_eq!(first_tried(&mut world, "m4").0, "192.0.2.2");
    world.advance_s(1);
    assert_eq!(first_tried(&mut world, "m5").0, "192.0.2.1");
}

fn invite(from: &str, to: &str, id: &str) -> Draft {
    request(Method::Invite, from, to, id, 1)
        .with(Name::Contact, format!("<sip:{from}@192.0.2.1:5060>"))
        .body("application/sdp", "v=0\r\nm=audio 4000 RTP/AVP 0\r\n")
}

/// Alice calls Pia, who has answered; the connection it went over is `flow`.
fn called(world: &mut World, alice: Flow) -> (Flow, Dialog) {
    let invite = to_them(invite("alice", "bob", "c1"), "pia");
    let asked = world.send(alice, invite.clone());
    locate(world, Ok(places(&["192.0.2.7"])));
    let sent = world.take(&Method::Invite);
    let theirs = connect(world, DIALLED, identity(&[THERE]));
    let arrived = Draft::copy_of(&sent.request).with_first(Name::Via, "SIP/2.0/TLS us").print();
    let response = Draft::response(&Message::parse(arrived).unwrap(), 200)
        .with(Name::Contact, "<sip:pia@198.51.100.1>");
    world.answer_with(&sent, response);
    let response = world.response(asked).unwrap();
    assert_eq!(response.status(), Some(200));
    let recorded = response.header(Name::RecordRoute).unwrap();
    assert!(recorded.contains("@atl-cs-001.litwareinc.com:"), "{recorded}");
    (theirs, Dialog::from_uac(&invite, &response).unwrap())
}

fn ack(world: &mut World, alice: Flow, dialog: &Dialog) {
    let ack = dialog.ack(1).with_first(Name::Via, "SIP/2.0/TLS h;branch=z9hG4bKa");
    let request = Message::parse(ack.print()).unwrap();
    world.sip(Event::Ack { flow: alice, request });
}

#[test]
fn an_ack_finds_its_way_when_the_connection_was_lost() {
    let mut world = open_world();
    let alice = world.sign_in("alice", "a");
    let (theirs, mut dialog) = called(&mut world, alice);
    world.close(theirs);
    ack(&mut world, alice, &dialog);
    assert!(world.acks.is_empty());
    // The 200 comes again meanwhile, and so does the ACK: one look-up for both.
    ack(&mut world, alice, &dialog);
    locate(&mut world, Ok(places(&["192.0.2.7", "192.0.2.8"])));
    assert!(world.locates.is_empty());
    assert_eq!(world.acks.len(), 2);
    let (route, sent) = &world.acks[0];
    let Route::Target { target: place, expect_name, .. } = route else { panic!("{route:?}") };
    assert_eq!((place.host.as_str(), expect_name.as_str()), ("192.0.2.7", "sip:contoso.com"));
    assert_eq!(sent.request_uri().unwrap().to_string(), "sip:pia@198.51.100.1");
    assert_eq!(sent.header(Name::Route), None, "ours has done its duty");
    // A connection that stands again carries what follows.
    let theirs = connect(&mut world, DIALLED + 1, identity(&[THERE]));
    ack(&mut world, alice, &dialog);
    assert_eq!(world.acks[2].0, Route::Flow(theirs));
    let bye = dialog.request(Method::Bye);
    world.send(alice, bye);
    assert_eq!(world.accept(&Method::Bye).flow(), Some(theirs));
    // Nobody is found: the ACK is lost, and nothing waits for it.
    world.close(theirs);
    ack(&mut world, alice, &dialog);
    locate(&mut world, Err("no server".to_owned()));
    assert_eq!(world.acks.len(), 3);
}

#[test]
fn they_end_a_call_over_another_connection() {
    let mut world = open_world();
    let alice = world.sign_in("alice", "a");
    let (theirs, dialog) = called(&mut world, alice);
    ack(&mut world, alice, &dialog);
    world.close(theirs);
    let again = connect(&mut world, ACCEPTED, identity(&[THERE]));
    let mine = dialog.ack(1);
    let bye = Draft::request(Method::Bye, &"sip:alice@192.0.2.1:5060".parse().unwrap())
        .with(Name::MaxForwards, "70")
        .with(Name::Route, mine.header(Name::Route).unwrap())
        .with(Name::From, mine.header(Name::To).unwrap())
        .with(Name::To, mine.header(Name::From).unwrap())
        .with(Name::CallId, "c1")
        .with(Name::CSeq, "1 BYE");
    let asked = world.send(again, bye);
    let sent = world.accept(&Method::Bye);
    assert_eq!(sent.flow(), Some(alice));
    assert_eq!(world.response(asked).unwrap().status(), Some(200));
}

/// A text of Pia that asks what becomes of it.
fn asking(to: &str, id: &str) -> Draft {
    let body = format!(
        "From: <{}>\r\nTo: <{}>\r\nDateTime: 2025-01-01T00:00:00Z\r\n\
         NS: imdn <urn:ietf:params:imdn>\r\nimdn.Message-ID: {id}\r\n\
         imdn.Disposition-Notification: positive-delivery, negative-delivery, processing\r\n\r\n\
         Content-Type: text/plain\r\n\r\nhello",
        foreign("pia"),
        aor(to)
    );
    by_them(request(Method::Message, "pia", to, id, 1), "pia").body("message/cpim", body)
}

/// The next notification that goes there.
fn notice(world: &mut World) -> Sent {
    let sent = world.take(&Method::Message);
    assert!(sent.request.content_type().unwrap().is("message/cpim"));
    let request = &sent.request;
    assert_eq!(request.request_uri().unwrap().to_string(), foreign("pia"));
    sent
}

#[test]
fn notices_that_we_make_go_to_who_has_asked_abroad() {
    let mut world = open_world();
    let bob = world.sign_in("bob", "b");
    let theirs = connect(&mut world, ACCEPTED, identity(&[THERE]));
    let asked = world.send(theirs, asking("bob", "m1"));
    let copy = world.take(&Method::Message);
    assert_eq!((copy.flow(), copy.body().as_str()), (Some(bob), "hello"));
    world.answer(&copy, 200);
    assert_eq!(world.response(asked).unwrap().status(), Some(200));
    // Bob's device shows words only: we say that they came.
    let asked_for = locate(&mut world, Ok(places(&["192.0.2.1", "192.0.2.7"])));
    assert_eq!(asked_for, (THERE.to_owned(), None));
    let sent = notice(&mut world);
    assert_eq!(target(&sent), ("192.0.2.1", 5061, "sip:contoso.com"));
    assert!(sent.body().contains("<delivered"), "{}", sent.body());
    assert_eq!(sent.request.from().unwrap().uri.to_string(), aor("bob"));
    unreachable(&mut world, &sent);
    let sent = notice(&mut world);
    assert_eq!(target(&sent).0, "192.0.2.7");
    // Whatever is answered, nobody is told.
    world.answer(&sent, 404);
    assert!(world.requests.is_empty() && world.locates.is_empty());
    // Over the connection that stands, if one does: it is kept, then it came.
    let stands = connect(&mut world, DIALLED, identity(&[THERE]));
    assert_eq!(world.ask(theirs, asking("carol", "m2")).status(), Some(202));
    let sent = notice(&mut world);
    assert_eq!(sent.flow(), Some(stands));
    assert!(sent.body().contains("<stored"), "{}", sent.body());
    world.answer(&sent, 200);
    world.sign_in("carol", "c");
    world.accept(&Method::Message);
    let sent = notice(&mut world);
    assert!(sent.body().contains("<delivered"), "{}", sent.body());
    world.answer(&sent, 200);
    // What nobody has come for in time has failed.
    let short = asking("alice", "m3").with(Name::Expires, "60");
    assert_eq!(world.ask(theirs, short).status(), Some(202));
    let sent = notice(&mut world);
    world.answer(&sent, 200);
    world.advance_s(61);
    world.sign_in("alice", "a");
    let sent = notice(&mut world);
    assert!(sent.body().contains("<failed"), "{}", sent.body());
    world.answer(&sent, 200);
    assert!(world.requests.is_empty());
}

#[test]
fn nobody_is_told_whose_domain_is_allowed_no_more() {
    let mut world = open_world();
    let theirs = connect(&mut world, ACCEPTED, identity(&[THERE]));
    assert_eq!(world.ask(theirs, asking("bob", "m1")).status(), Some(202));
    locate(&mut world, Ok(places(&["192.0.2.7"])));
    let sent = notice(&mut world);
    world.answer(&sent, 200);
    world.write(|tx| {
        use store::messaging::MessagingWrite as _;
        tx.delete_foreign_domain(store::messaging::Listed::Allowed, THERE)
    });
    world.reload();
    world.sign_in("bob", "b");
    assert_eq!(world.accept(&Method::Message).body(), "hello");
    assert!(world.requests.is_empty() && world.locates.is_empty());
}
