//! Texts: to which devices, what the sender is told, what is kept and handed over.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a scenario stops at the first surprise"
)]

mod world;

use sip::{Flow, Method, Name};
use world::*;

fn flows(sent: &[Sent]) -> Vec<Flow> {
    sent.iter().filter_map(Sent::flow).collect()
}

/// Everything the registrar sent that is not answered yet.
fn take_all(world: &mut World) -> Vec<Sent> {
    world.requests.drain(..).collect()
}

#[test]
fn all_devices_get_it_and_the_first_to_take_it_answers() {
    let mut world = World::new();
    let alice = world.sign_in("alice", "a");
    let (phone, desk) = (world.sign_in("bob", "phone"), world.sign_in("bob", "desk"));
    let asked = world.send(alice, text("alice", "bob", "m1", "hello"));
    let copies = take_all(&mut world);
    assert_eq!(flows(&copies), [phone, desk]);
    let copy = &copies[0].request;
    assert_eq!(copy.body(), "hello");
    assert!(copy.content_type().unwrap().is("text/plain"));
    assert_eq!(copy.call_id(), Some("m1"));
    assert_eq!(copy.number(Name::MaxForwards), Some(69));
    assert!(copy.header(Name::Date).unwrap().ends_with("GMT"));
    assert_eq!(copy.header(Name::Authorization), None);
    let from = copy.from().unwrap();
    assert_eq!(from.display.as_deref(), Some("Alice Example"), "not what the client made up");
    assert_eq!(from.tag(), Some("alice-tag"));
    assert!(world.response(asked).is_none());
    world.answer(&copies[1], 200);
    assert_eq!(world.response(asked).unwrap().status(), Some(200));
    world.fail(&copies[0]);
    assert_eq!(world.kept("bob"), 0);
}

#[test]
fn the_device_that_speaks_and_the_page_keep_the_conversation() {
    let mut world = World::new();
    let alice = world.sign_in("alice", "a");
    let (phone, desk) = (world.sign_in("bob", "phone"), world.sign_in("bob", "desk"));
    let page = world.connect_owa();
    world.ask(page, register_owa("bob", 1));
    world.send(alice, text("alice", "bob", "m1", "hello"));
    let copies = take_all(&mut world);
    assert_eq!(flows(&copies), [phone, desk, page]);
    copies.iter().for_each(|copy| world.answer(copy, 200));
    world.send(desk, text("bob", "alice", "r1", "hi"));
    assert_eq!(world.accept(&Method::Message).flow(), Some(alice));
    world.send(alice, text("alice", "bob", "m2", "how are you?"));
    let copies = take_all(&mut world);
    assert_eq!(flows(&copies), [desk, page]);
    copies.iter().for_each(|copy| world.answer(copy, 200));
    // Somebody else's text is another conversation.
    let carol = world.sign_in("carol", "a");
    world.send(carol, text("carol", "bob", "c1", "lunch?"));
    let copies = take_all(&mut world);
    assert_eq!(flows(&copies), [phone, desk, page]);
    copies.iter().for_each(|copy| world.answer(copy, 200));
    // After a silence all devices ring again.
    world.advance_s(601);
    world.send(alice, text("alice", "bob", "m3", "still there?"));
    assert_eq!(flows(&take_all(&mut world)), [phone, desk, page]);
}

#[test]
fn if_the_device_that_spoke_fails_the_others_are_asked() {
    let mut world = World::new();
    let alice = world.sign_in("alice", "a");
    let (phone, desk) = (world.sign_in("bob", "phone"), world.sign_in("bob", "desk"));
    world.send(desk, text("bob", "alice", "r1", "hi"));
    world.accept(&Method::Message);
    let asked = world.send(alice, text("alice", "bob", "m1", "hello"));
    let only = world.take(&Method::Message);
    assert_eq!(only.flow(), Some(desk));
    world.fail(&only);
    let other = world.accept(&Method::Message);
    assert_eq!(other.flow(), Some(phone));
    assert_eq!(world.response(asked).unwrap().status(), Some(200));
}

#[test]
fn what_nobody_takes_is_kept_and_handed_over_in_order_once() {
    let mut world = World::new();
    let alice = world.sign_in("alice", "a");
    for (id, body) in [("m1", "one"), ("m2", "two"), ("m3", "three")] {
        let asked = world.send(alice, text("alice", "bob", id, body));
        assert_eq!(world.response(asked).unwrap().status(), Some(202));
    }
    assert_eq!(world.kept("bob"), 3);
    // The same request again is the same text.
    let again = world.ask(alice, text("alice", "bob", "m3", "three"));
    assert_eq!((again.status(), world.kept("bob")), (Some(202), 3));
    world.restart();
    let bob = world.sign_in("bob", "a");
    for body in ["one", "two"] {
        let copy = world.take(&Method::Message);
        assert_eq!((copy.flow(), copy.body().as_str()), (Some(bob), body));
        assert_eq!(copy.request.from().unwrap().display.as_deref(), Some("Alice Example"));
        assert!(world.requests.is_empty(), "one after the other");
        world.answer(&copy, 200);
    }
    assert_eq!(world.kept("bob"), 1);
    // The device vanishes before it confirms the third.
    let third = world.take(&Method::Message);
    world.close(bob);
    world.fail(&third);
    assert_eq!(world.kept("bob"), 1);
    world.sign_in("bob", "b");
    assert_eq!(world.accept(&Method::Message).body(), "three");
    assert_eq!(world.kept("bob"), 0);
    world.sign_in("bob", "c");
    assert!(world.requests.is_empty());
}

#[test]
fn a_new_text_waits_behind_those_that_were_kept() {
    let mut world = World::new();
    let alice = world.sign_in("alice", "a");
    world.send(alice, text("alice", "bob", "m1", "one"));
    world.sign_in("bob", "a");
    let kept = world.take(&Method::Message);
    let asked = world.send(alice, text("alice", "bob", "m2", "two"));
    assert!(world.requests.is_empty() && world.response(asked).is_none());
    world.answer(&kept, 200);
    assert_eq!(world.accept(&Method::Message).body(), "two");
    assert_eq!(world.response(asked).unwrap().status(), Some(200));
}

#[test]
fn a_frozen_device_does_not_hold_the_sender() {
    let mut world = World::new();
    let alice = world.sign_in("alice", "a");
    world.sign_in("bob", "frozen");
    let asked = world.send(alice, text("alice", "bob", "m1", "hello"));
    let copy = world.take(&Method::Message);
    world.advance_s(14);
    assert!(world.response(asked).is_none());
    world.advance_s(2);
    assert_eq!(world.response(asked).unwrap().status(), Some(202));
    assert_eq!(world.kept("bob"), 1);
    // It thaws: it has the text, so nobody is handed it again.
    world.answer(&copy, 200);
    assert_eq!(world.kept("bob"), 0);
}

#[test]
fn a_text_that_cannot_be_kept_is_not_accepted() {
    let mut world = World::new();
    let alice = world.sign_in("alice", "a");
    world.store_fails = Some("disk full".to_owned());
    let answer = world.ask(alice, text("alice", "bob", "m1", "hello"));
    assert_eq!(answer.status(), Some(503));
    assert!(answer.header(Name::RetryAfter).is_some());
    assert!(!format!("{answer:?}").contains("disk full"));
    world.store_fails = None;
    let again = world.ask(alice, text("alice", "bob", "m1", "hello"));
    assert_eq!((again.status(), world.kept("bob")), (Some(202), 1));
}

#[test]
fn a_refusal_of_the_device_goes_to_the_sender() {
    let mut world = World::new();
    let alice = world.sign_in("alice", "a");
    world.sign_in("bob", "a");
    for (status, seen) in [(415, 415), (603, 603), (480, 202), (500, 202)] {
        let id = format!("m{status}");
        let asked = world.send(alice, text("alice", "bob", &id, "hello"));
        let copy = world.take(&Method::Message);
        world.answer(&copy, status);
        assert_eq!(world.response(asked).unwrap().status(), Some(seen), "{status}");
    }
}

#[test]
fn repetitions_are_shown_once() {
    let mut world = World::new();
    let alice = world.sign_in("alice", "a");
    world.sign_in("bob", "a");
    let first = world.send(alice, text("alice", "bob", "m1", "hello"));
    let copy = world.take(&Method::Message);
    let second = world.send(alice, text("alice", "bob", "m1", "hello"));
    assert!(world.requests.is_empty());
    world.answer(&copy, 200);
    assert_eq!(world.response(first).unwrap().status(), Some(200));
    assert_eq!(world.response(second).unwrap().status(), Some(200));
    assert_eq!(world.ask(alice, text("alice", "bob", "m1", "hello")).status(), Some(200));
    assert!(world.requests.is_empty());
    // COMPAT(pidgin-sipe): an equal Call-ID alone is not the same text.
    world.send(alice, text("alice", "bob", "m1", "hello again"));
    world.accept(&Method::Message);
}

#[test]
fn typing_is_passed_on_and_never_kept() {
    let mut world = World::new();
    let alice = world.sign_in("alice", "a");
    let typing = || {
        text("alice", "bob", "t1", "<isComposing/>")
            .replace(Name::ContentType, "application/im-iscomposing+xml")
    };
    assert_eq!(world.ask(alice, typing()).status(), Some(200));
    assert_eq!(world.kept("bob"), 0);
    let (phone, desk) = (world.sign_in("bob", "phone"), world.sign_in("bob", "desk"));
    let asked = world.send(alice, typing());
    let copies = take_all(&mut world);
    assert_eq!(flows(&copies), [phone, desk]);
    // 200 is true: a device has it.
    assert!(world.response(asked).is_none());
    world.answer(&copies[0], 200);
    assert_eq!(world.response(asked).unwrap().status(), Some(200));
    // Typing is not speaking.
    let answer = text("bob", "alice", "t2", "<isComposing/>")
        .replace(Name::ContentType, "application/im-iscomposing+xml");
    let asked = world.send(desk, answer);
    let copy = world.take(&Method::Message);
    // Nobody is told that typing has failed.
    world.answer(&copy, 480);
    assert_eq!(world.response(asked).unwrap().status(), Some(200));
    world.send(alice, text("alice", "bob", "m1", "hello"));
    assert_eq!(flows(&take_all(&mut world)), [phone, desk]);
}

#[test]
fn what_is_not_a_text_is_refused() {
    let mut world = World::new();
    let alice = world.sign_in("alice", "a");
    let mut ask = |draft: sip::Draft| world.ask(alice, draft);
    let picture = text("alice", "bob", "m1", "x").replace(Name::ContentType, "image/png");
    let answer = ask(picture);
    assert_eq!(answer.status(), Some(415));
    assert!(answer.header(Name::Accept).unwrap().contains("text/plain"));
    assert_eq!(ask(text("alice", "bob", "m2", &"x".repeat(40_000))).status(), Some(413));
    assert_eq!(ask(text("alice", "bob", "m3", "x").without(Name::ContentType)).status(), Some(415));
    assert_eq!(ask(text("alice", "nobody", "m4", "x")).status(), Some(404));
    assert_eq!(ask(text("alice", "dave", "m5", "x")).status(), Some(404));
    assert_eq!(world.kept("bob"), 0);
}

#[test]
fn a_device_that_says_it_takes_no_messages_gets_none() {
    let mut world = World::new();
    let alice = world.sign_in("alice", "a");
    let desk = world.connect(sip::Transport::Tls);
    let contact = "<sip:bob@127.0.0.1>;methods=\"INVITE, ACK, BYE\"";
    let phone = register("bob", "desk", 600).replace(Name::Contact, contact);
    assert_eq!(world.sign_and_ask(desk, "bob", phone).status(), Some(200));
    assert_eq!(world.ask(alice, text("alice", "bob", "m1", "hello")).status(), Some(202));
}

#[test]
fn what_a_frozen_device_was_sent_goes_to_another_at_once_and_to_itself_only_once() {
    let mut world = World::new();
    let alice = world.sign_in("alice", "a");
    let frozen = world.sign_in("bob", "frozen");
    world.send(alice, text("alice", "bob", "m1", "hello"));
    let copy = world.take(&Method::Message);
    world.advance_s(16);
    assert_eq!(world.kept("bob"), 1);
    // It refreshes while it still owes the answer.
    let refresh = register("bob", "frozen", 3600).replace(Name::CSeq, "2 REGISTER");
    assert_eq!(world.ask(frozen, refresh).status(), Some(200));
    assert!(world.requests.is_empty());
    let phone = world.sign_in("bob", "phone");
    let other = world.accept(&Method::Message);
    assert_eq!((other.flow(), other.body().as_str()), (Some(phone), "hello"));
    assert_eq!(world.kept("bob"), 0);
    world.fail(&copy);
    assert!(world.requests.is_empty());
}

#[test]
fn a_hand_over_that_is_answered_late_is_over_all_the_same() {
    let mut world = World::new();
    let alice = world.sign_in("alice", "a");
    for (id, body) in [("m1", "one"), ("m2", "two")] {
        world.send(alice, text("alice", "bob", id, body));
    }
    let slow = world.sign_in("bob", "slow");
    let first = world.take(&Method::Message);
    world.advance_s(16);
    assert!(world.requests.is_empty(), "the second waits for another sign-in");
    world.answer(&first, 200);
    assert_eq!(world.kept("bob"), 1);
    let refresh = register("bob", "slow", 3600).replace(Name::CSeq, "2 REGISTER");
    world.ask(slow, refresh);
    assert_eq!(world.accept(&Method::Message).body(), "two");
    assert_eq!(world.kept("bob"), 0);
}
