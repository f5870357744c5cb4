//! CPIM wrappers, notifications of what became of texts, and the form each device gets.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a scenario stops at the first surprise"
)]

mod world;

use bytes::Bytes;
use sip::{Draft, Flow, Method, Name};
use world::*;

const CPIM: &str = "message/cpim";

/// What a client that does CPIM sends: with a Message-ID, asking for `wanted`.
fn wrapped(from: &str, to: &str, id: &str, wanted: &str, entity: &str) -> Draft {
    let body = format!(
        "From: <{}>\r\nTo: <{}>\r\nDateTime: 2026-11-30T12:00:00Z\r\n\
         NS: imdn <urn:ietf:params:imdn>\r\nimdn.Message-ID: {id}\r\n\
         imdn.Disposition-Notification: {wanted}\r\n\r\n{entity}",
        aor(from),
        aor(to)
    );
    text(from, to, id, "").body(CPIM, Bytes::from(body))
}

fn words(words: &str) -> String {
    format!("Content-Type: text/plain; charset=utf-8\r\n\r\n{words}")
}

/// What a device says about the text of this id.
fn report(from: &str, to: &str, call_id: &str, id: &str, status: &str) -> Draft {
    let kind = if status == "displayed" { "display" } else { "delivery" };
    let document = format!(
        "<imdn xmlns=\"urn:ietf:params:xml:ns:imdn\"><message-id>{id}</message-id><datetime/>\
         <{kind}-notification><status><{status}/></status></{kind}-notification></imdn>"
    );
    let body = format!(
        "From: <{}>\r\nTo: <{}>\r\nNS: i <urn:ietf:params:imdn>\r\ni.Message-ID: r\r\n\r\n\
         Content-Type: message/imdn+xml\r\nContent-Disposition: notification\r\n\r\n{document}",
        aor(from),
        aor(to)
    );
    text(from, to, call_id, "").body(CPIM, Bytes::from(body))
}

/// Signs in a device that says what it takes.
fn sign_in_taking(world: &mut World, user: &str, device: &str, accept: &str) -> Flow {
    let flow = world.connect(sip::Transport::Tls);
    let request = register(user, device, 3600).with(Name::Accept, accept);
    assert_eq!(world.sign_and_ask(flow, user, request).status(), Some(200));
    flow
}

/// The oldest request must be a notification to this device; what it says about which text.
fn notified(world: &mut World, flow: Flow) -> (String, String) {
    let sent = world.accept(&Method::Message);
    assert_eq!(sent.flow(), Some(flow));
    assert_eq!(sent.request.header(Name::ContentType), Some(CPIM));
    let body = sent.body();
    let between = |left: &str, right: &str| {
        let (_, rest) = body.split_once(left)?;
        Some(rest.split_once(right)?.0.to_owned())
    };
    assert_eq!(between("From: <", ">"), Some(aor("bob")));
    assert_eq!(between("To: <", ">"), Some(aor("alice")));
    (between("<message-id>", "<").unwrap(), between("<status><", "/>").unwrap())
}

fn pair(id: &str, status: &str) -> (String, String) {
    (id.to_owned(), status.to_owned())
}

#[test]
fn each_device_gets_what_it_takes() {
    let mut world = World::new();
    let alice = world.sign_in("alice", "a");
    sign_in_taking(&mut world, "bob", "wrapper", "text/plain, message/cpim");
    sign_in_taking(&mut world, "bob", "rich", "text/plain, text/html");
    world.sign_in("bob", "silent");
    let mut forms = |request: Draft| {
        world.send(alice, request);
        let copies: Vec<_> = world.requests.drain(..).collect();
        copies.iter().for_each(|copy| world.answer(copy, 200));
        let form =
            |sent: &Sent| (sent.request.content_type().unwrap().essence().to_owned(), sent.body());
        copies.iter().map(form).collect::<Vec<_>>()
    };
    let whole = wrapped("alice", "bob", "m1", "", &words("hello"));
    let whole_body = String::from_utf8(whole.body_bytes().to_vec()).unwrap();
    let plain = |words: &str| ("text/plain".to_owned(), words.to_owned());
    let html = |words: &str| ("text/html".to_owned(), words.to_owned());
    let cpim = (CPIM.to_owned(), whole_body);
    assert_eq!(forms(whole), [cpim, plain("hello"), plain("hello")]);
    let rich = text("alice", "bob", "m2", "").body("text/html", "<b>Tom</b> &amp; Jerry");
    let source = "<b>Tom</b> &amp; Jerry";
    assert_eq!(forms(rich), [plain("Tom & Jerry"), html(source), plain("Tom & Jerry")]);
    let both = "--x\r\nContent-Type: text/plain\r\n\r\nplain\r\n\
                --x\r\nContent-Type: text/html\r\n\r\n<i>rich</i>\r\n--x--\r\n";
    let both = text("alice", "bob", "m3", "").body("multipart/alternative;boundary=x", both);
    assert_eq!(forms(both), [plain("plain"), html("<i>rich</i>"), plain("plain")]);
}

#[test]
fn what_a_device_sends_it_takes() {
    let mut world = World::new();
    let alice = world.sign_in("alice", "a");
    let bob = world.sign_in("bob", "a");
    world.send(alice, wrapped("alice", "bob", "m1", "", &words("one")));
    assert_eq!(world.accept(&Method::Message).body(), "one");
    world.send(bob, wrapped("bob", "alice", "r1", "", &words("hi")));
    assert!(world.accept(&Method::Message).body().starts_with("From: "), "alice has sent CPIM");
    world.send(alice, wrapped("alice", "bob", "m2", "", &words("two")));
    let copy = world.take(&Method::Message);
    assert!(copy.body().starts_with("From: "));
    // It does not, after all: the words go again, as another request (RFC 3261 §8.1.3.5).
    world.answer_with(&copy, Draft::response(&copy.request, 415).with(Name::Accept, "text/plain"));
    let again = world.accept(&Method::Message);
    assert_eq!((again.body().as_str(), again.request.cseq().unwrap().number), ("two", 2));
    assert_eq!(again.request.call_id(), copy.request.call_id());
    world.send(alice, wrapped("alice", "bob", "m3", "", &words("three")));
    assert_eq!(world.accept(&Method::Message).body(), "three", "it is remembered");
}

#[test]
fn a_device_that_takes_nothing_of_it_refuses_it() {
    let mut world = World::new();
    let alice = world.sign_in("alice", "a");
    sign_in_taking(&mut world, "bob", "odd", "text/html");
    let asked = world.send(alice, text("alice", "bob", "m1", "").body("text/html", "<p>x</p>"));
    for expected in ["<p>x</p>", "x"] {
        assert!(world.response(asked).is_none());
        let copy = world.take(&Method::Message);
        assert_eq!(copy.body().trim(), expected);
        world.answer(&copy, 415);
    }
    assert_eq!(world.response(asked).unwrap().status(), Some(415));
    assert!(world.requests.is_empty());
}

#[test]
fn a_wrapper_between_other_people_is_refused() {
    let mut world = World::new();
    let alice = world.sign_in("alice", "a");
    world.sign_in("bob", "a");
    let lie = |from: &str, to: &str| {
        let body = wrapped(from, to, "m", "", &words("x")).body_bytes().clone();
        text("alice", "bob", "m", "").body(CPIM, body)
    };
    assert_eq!(world.ask(alice, lie("carol", "bob")).status(), Some(403));
    assert_eq!(world.ask(alice, lie("alice", "carol")).status(), Some(400));
    let broken = text("alice", "bob", "m", "").body(CPIM, "From: x");
    assert_eq!(world.ask(alice, broken).status(), Some(400));
    let picture = "Content-Type: image/png\r\n\r\nx";
    let picture = wrapped("alice", "bob", "m", "", picture);
    assert_eq!(world.ask(alice, picture).status(), Some(415));
    assert!(world.requests.is_empty());
    assert_eq!(world.kept("bob"), 0);
}

#[test]
fn for_devices_without_wrappers_we_say_that_it_came_once() {
    let mut world = World::new();
    let alice = world.sign_in("alice", "a");
    world.sign_in("bob", "phone");
    world.sign_in("bob", "desk");
    let everything = "positive-delivery, negative-delivery, display";
    let asked = world.send(alice, wrapped("alice", "bob", "m1", everything, &words("hello")));
    let copies: Vec<_> = world.requests.drain(..).collect();
    world.answer(&copies[0], 200);
    assert_eq!(world.response(asked).unwrap().status(), Some(200));
    assert_eq!(notified(&mut world, alice), pair("m1", "delivered"));
    world.answer(&copies[1], 200);
    assert!(world.requests.is_empty(), "one for all devices");
    // Nobody asked.
    for (id, wanted) in [("m2", ""), ("m3", "negative-delivery, display, processing")] {
        world.send(alice, wrapped("alice", "bob", id, wanted, &words("hello")));
        let copies: Vec<_> = world.requests.drain(..).collect();
        copies.iter().for_each(|copy| world.answer(copy, 200));
        assert!(world.requests.is_empty(), "{wanted}");
    }
}

#[test]
fn what_devices_say_passes_to_those_who_can_read_it_once() {
    let mut world = World::new();
    let alice = sign_in_taking(&mut world, "alice", "a", CPIM);
    world.sign_in("alice", "old-phone");
    let phone = sign_in_taking(&mut world, "bob", "phone", CPIM);
    let desk = sign_in_taking(&mut world, "bob", "desk", CPIM);
    world.send(alice, wrapped("alice", "bob", "m1", "positive-delivery, display", &words("hi")));
    let copies: Vec<_> = world.requests.drain(..).collect();
    copies.iter().for_each(|copy| world.answer(copy, 200));
    assert!(world.requests.is_empty(), "the devices speak for themselves");
    let asked = world.send(phone, report("bob", "alice", "p1", "m1", "delivered"));
    assert_eq!(notified(&mut world, alice), pair("m1", "delivered"));
    assert_eq!(world.response(asked).unwrap().status(), Some(200));
    let second = world.ask(desk, report("bob", "alice", "d1", "m1", "delivered"));
    assert_eq!(second.status(), Some(200));
    assert!(world.requests.is_empty(), "the second device is not heard");
    world.send(desk, report("bob", "alice", "d2", "m1", "displayed"));
    assert_eq!(notified(&mut world, alice), pair("m1", "displayed"));
    // What is said about texts is not speaking: the next one rings everywhere.
    world.send(alice, wrapped("alice", "bob", "m2", "", &words("again")));
    assert_eq!(world.requests.len(), 2);
    // Bad news may be followed by good news of another device, and by nothing else.
    world.requests.clear();
    for (call_id, status, passes) in [
        ("x1", "failed", true),
        ("x2", "error", false),
        ("x3", "delivered", true),
        ("x4", "failed", false),
    ] {
        world.send(phone, report("bob", "alice", call_id, "m2", status));
        if passes {
            assert_eq!(notified(&mut world, alice), pair("m2", status));
        }
        assert!(world.requests.is_empty(), "{status}");
    }
    let lie = report("carol", "alice", "l1", "m1", "displayed").body_bytes().clone();
    let lie = text("bob", "alice", "l1", "").body(CPIM, lie);
    assert_eq!(world.ask(phone, lie).status(), Some(403));
}

#[test]
fn for_somebody_absent_it_is_said_when_a_device_has_confirmed() {
    let mut world = World::new();
    let alice = world.sign_in("alice", "a");
    let wanted = "processing, positive-delivery";
    let asked = world.send(alice, wrapped("alice", "bob", "m1", wanted, &words("hello")));
    assert_eq!(world.response(asked).unwrap().status(), Some(202));
    assert_eq!(notified(&mut world, alice), pair("m1", "stored"));
    assert!(world.requests.is_empty());
    // Alice leaves, and the process ends.
    world.close(alice);
    world.restart();
    let bob = world.sign_in("bob", "phone");
    let copy = world.take(&Method::Message);
    assert_eq!((copy.flow(), copy.body().as_str()), (Some(bob), "hello"));
    assert_eq!((world.kept("bob"), world.kept("alice")), (1, 0));
    world.answer(&copy, 200);
    assert_eq!((world.kept("bob"), world.kept("alice")), (0, 1), "kept for alice, as she is away");
    // Her old phone cannot read it; the next one can.
    world.sign_in("alice", "old-phone");
    assert!(world.requests.is_empty());
    let alice = sign_in_taking(&mut world, "alice", "a", CPIM);
    assert_eq!(notified(&mut world, alice), pair("m1", "delivered"));
    assert_eq!(world.kept("alice"), 0);
}

#[test]
fn a_text_whose_time_is_over_is_not_shown() {
    let mut world = World::new();
    let alice = world.sign_in("alice", "a");
    let soon = |id: &str| {
        let wanted = "positive-delivery, negative-delivery";
        wrapped("alice", "bob", id, wanted, &words(id)).with(Name::Expires, "60")
    };
    assert_eq!(world.ask(alice, soon("m1")).status(), Some(202));
    world.advance_s(61);
    assert_eq!(world.ask(alice, soon("m2")).status(), Some(202));
    world.sign_in("bob", "phone");
    let copy = world.take(&Method::Message);
    // RFC 5438 §12.2: it had been accepted, so its sender is told.
    assert_eq!(notified(&mut world, alice), pair("m1", "failed"));
    world.answer(&copy, 200);
    assert_eq!((copy.body().as_str(), copy.request.expires_s()), ("m2", Some(60)));
    assert_eq!(notified(&mut world, alice), pair("m2", "delivered"));
    assert_eq!(world.kept("bob"), 0);
}

#[test]
fn typing_goes_in_the_form_a_device_takes_and_not_to_who_refused_it() {
    let mut world = World::new();
    let alice = world.sign_in("alice", "a");
    let bob = world.sign_in("bob", "phone");
    let entity = "Content-Type: application/im-iscomposing+xml\r\n\r\n<isComposing/>";
    let typing = |id: &str| wrapped("alice", "bob", id, "", entity);
    let asked = world.send(alice, typing("t1"));
    let copy = world.take(&Method::Message);
    assert_eq!((copy.flow(), copy.body().as_str()), (Some(bob), "<isComposing/>"));
    world.answer(&copy, 415);
    assert_eq!(world.response(asked).unwrap().status(), Some(200));
    assert_eq!(world.ask(alice, typing("t2")).status(), Some(200));
    assert!(world.requests.is_empty());
}

#[test]
fn packed_bodies_and_bare_notifications() {
    let mut world = World::new();
    let alice = sign_in_taking(&mut world, "alice", "a", "text/plain, message/imdn+xml");
    let bob = world.sign_in("bob", "phone");
    // COMPAT(linphone 5.1): packed, without CPIM, unasked.
    let document = "<imdn xmlns=\"urn:ietf:params:xml:ns:imdn\"><message-id>m1</message-id>\
         <datetime/><delivery-notification><status><delivered/></status>\
         </delivery-notification></imdn>";
    let packed = miniz_oxide::deflate::compress_to_vec_zlib(document.as_bytes(), 6);
    let notification = |id: &str, encoding: &str| {
        text("bob", "alice", id, "")
            .body("message/imdn+xml", packed.clone())
            .with(Name::ContentEncoding, encoding)
    };
    let asked = world.send(bob, notification("n1", "deflate"));
    let copy = world.accept(&Method::Message);
    assert_eq!((copy.flow(), copy.body().as_str()), (Some(alice), document));
    assert_eq!(copy.request.header(Name::ContentEncoding), None);
    assert_eq!(world.response(asked).unwrap().status(), Some(200));
    assert_eq!(world.ask(bob, notification("n2", "deflate")).status(), Some(200));
    assert!(world.requests.is_empty(), "it is known");
    let unknown = world.ask(bob, notification("n3", "br"));
    assert_eq!(
        (unknown.status(), unknown.header(Name::AcceptEncoding)),
        (Some(415), Some("deflate"))
    );
    let lie = text("bob", "alice", "n4", "hello").with(Name::ContentEncoding, "deflate");
    assert_eq!(world.ask(bob, lie).status(), Some(400));
}
