//! Text sessions: what a client of the Lync dialect does (INVITE with `m=message`, then MESSAGE,
//! INFO and BYE in the dialog), and whoever it talks with has another kind of client.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a scenario stops at the first surprise"
)]

mod world;

use im::limits::{SESSION_ANSWER_MS_MAX, SESSIONS_PER_USER_MAX};
use sip::{Dialog, Draft, Event, Flow, Message, Method, Name, NameAddr};
use world::*;

const OFFER: &str = "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=session\r\nc=IN IP4 127.0.0.1\r\n\
                     t=0 0\r\nm=message 5061 sip null\r\n\
                     a=accept-types:text/plain text/html application/im-iscomposing+xml\r\n";

/// As pidgin-sipe sends it.
fn invite(from: &str, to: &str, id: &str) -> Draft {
    let contact = format!("<{};opaque=user:epid:b34afb6ebb23;gruu>", aor(from));
    request(Method::Invite, from, to, id, 1)
        .with(Name::Contact, contact)
        .body("application/sdp", OFFER)
}

fn parse(draft: &Draft) -> Message {
    Message::parse(draft.clone().with_first(Name::Via, "SIP/2.0/TLS h").print()).unwrap()
}

/// The dialog at the client's end.
struct Session {
    flow: Flow,
    dialog: Dialog,
}

impl Session {
    fn begin(world: &mut World, flow: Flow, from: &str, to: &str, id: &str) -> Session {
        let request = invite(from, to, id);
        let response = world.ask(flow, request.clone());
        assert_eq!(response.status(), Some(200), "{response:?}");
        let dialog = Dialog::from_uac(&request, &response).unwrap();
        let ack = parse(&dialog.ack(1));
        world.sip(Event::Ack { flow, request: ack });
        Session { flow, dialog }
    }

    fn say(&mut self, world: &mut World, body: &str) -> sip::ServerTransaction {
        let request = self.dialog.request(Method::Message);
        let body = bytes::Bytes::from(body.to_owned());
        world.send(self.flow, request.body("text/plain; charset=UTF-8", body))
    }

    fn ask(&mut self, world: &mut World, method: Method, body: &str) -> Message {
        let request = self.dialog.request(method);
        world.ask(self.flow, request.body("application/xml", body.to_owned()))
    }

    /// What came is of this dialog, and goes to whom it is with.
    fn accept(&mut self, world: &mut World, method: &Method) -> Sent {
        let sent = world.accept(method);
        assert_eq!(sent.flow(), Some(self.flow));
        self.dialog.accept(&sent.request).unwrap();
        let contact = sent.request.request_uri().unwrap();
        assert_eq!(contact.params.get("opaque"), Some("user:epid:b34afb6ebb23"));
        sent
    }
}

const TYPES: &str =
    r#"<?xml version="1.0"?><KeyboardActivity> <status status="type" /></KeyboardActivity>"#;

#[test]
fn with_somebody_who_knows_no_sessions() {
    let mut world = World::new();
    let alice = world.sign_in("alice", "lync");
    let bob = world.sign_in("bob", "simple");
    let asked = world.send(alice, invite("alice", "bob", "s1"));
    let response = world.response(asked).unwrap();
    assert_eq!(response.status(), Some(200));
    assert!(response.content_type().unwrap().is("application/sdp"));
    let sdp = String::from_utf8(response.body().to_vec()).unwrap();
    assert!(sdp.contains("\r\nm=message 5061 sip null\r\na=accept-types:text/plain "), "{sdp}");
    assert!(world.requests.is_empty(), "nobody's device rings for a text");

    let mut session = Session::begin(&mut world, alice, "alice", "bob", "s2");
    let said = session.say(&mut world, "hello");
    let copy = world.accept(&Method::Message);
    assert_eq!((copy.flow(), copy.body().as_str()), (Some(bob), "hello"));
    assert_eq!(copy.request.to_tag(), None, "for Bob it is a text by itself");
    let call_id = copy.request.call_id().map(str::to_owned);
    assert_eq!(copy.request.from().unwrap().display.as_deref(), Some("Alice Example"));
    assert_eq!(world.response(said).unwrap().status(), Some(200));

    session.say(&mut world, "are you there?");
    let another = world.accept(&Method::Message);
    assert_ne!(another.request.call_id().map(str::to_owned), call_id, "and the next is another");

    let asked = world.send(bob, text("bob", "alice", "r1", "hi"));
    let copy = session.accept(&mut world, &Method::Message);
    assert_eq!(copy.body(), "hi");
    assert!(copy.request.header(Name::Date).is_some());
    assert_eq!(world.response(asked).unwrap().status(), Some(200));

    let bye = session.ask(&mut world, Method::Bye, "");
    assert_eq!(bye.status(), Some(200));
    assert_eq!(session.ask(&mut world, Method::Bye, "").status(), Some(481));
    world.send(bob, text("bob", "alice", "r2", "gone?"));
    let copy = world.accept(&Method::Message);
    assert_eq!((copy.flow(), copy.request.to_tag()), (Some(alice), None));
}

#[test]
fn both_ends_may_have_one_and_a_page_sees_all() {
    let mut world = World::new();
    let (alice, bob) = (world.sign_in("alice", "lync"), world.sign_in("bob", "lync"));
    let page = world.connect_owa();
    world.ask(page, register_owa("bob", 1));
    let mut of_alice = Session::begin(&mut world, alice, "alice", "bob", "s1");
    of_alice.say(&mut world, "hello");
    let flows = [world.accept(&Method::Message).flow(), world.accept(&Method::Message).flow()];
    assert_eq!(flows, [Some(bob), Some(page)]);
    // His client answers with a session of its own.
    let mut of_bob = Session::begin(&mut world, bob, "bob", "alice", "s1");
    of_bob.say(&mut world, "hi");
    assert_eq!(of_alice.accept(&mut world, &Method::Message).body(), "hi");
    of_alice.say(&mut world, "how are you?");
    assert_eq!(of_bob.accept(&mut world, &Method::Message).body(), "how are you?");
    assert_eq!(world.accept(&Method::Message).flow(), Some(page));
    // What the page says goes into the session too, in the form that was offered.
    let html = text("bob", "alice", "p1", "").body("text/html", "<b>fine</b>");
    world.send(page, html);
    let copy = of_alice.accept(&mut world, &Method::Message);
    assert!(copy.request.content_type().unwrap().is("text/html"));
    // Carol is not in it.
    let carol = world.sign_in("carol", "a");
    world.send(carol, text("carol", "alice", "c1", "lunch?"));
    let copy = world.accept(&Method::Message);
    assert_eq!((copy.flow(), copy.request.to_tag()), (Some(alice), None));
}

#[test]
fn a_text_rings_on_all_devices_until_one_of_them_speaks() {
    let mut world = World::new();
    let alice = world.sign_in("alice", "lync");
    let (phone, desk) = (world.sign_in("bob", "phone"), world.sign_in("bob", "lync"));
    let mut of_alice = Session::begin(&mut world, alice, "alice", "bob", "s1");
    of_alice.say(&mut world, "hello");
    let flows = [world.accept(&Method::Message).flow(), world.accept(&Method::Message).flow()];
    assert_eq!(flows, [Some(phone), Some(desk)]);
    let mut of_bob = Session::begin(&mut world, desk, "bob", "alice", "s2");
    of_bob.say(&mut world, "hi");
    of_alice.accept(&mut world, &Method::Message);
    of_alice.say(&mut world, "only to the desk");
    of_bob.accept(&mut world, &Method::Message);
    assert!(world.requests.is_empty());
    // The desk has forgotten the session: it gets the text all the same.
    let asked = of_alice.say(&mut world, "still there?");
    let copy = world.take(&Method::Message);
    assert!(copy.request.to_tag().is_some());
    world.answer(&copy, 481);
    let again = world.accept(&Method::Message);
    assert_eq!((again.flow(), again.request.to_tag()), (Some(desk), None));
    assert_eq!(world.response(asked).unwrap().status(), Some(200));
}

#[test]
fn typing_is_said_in_the_words_of_each() {
    let mut world = World::new();
    let (alice, bob) = (world.sign_in("alice", "lync"), world.sign_in("bob", "simple"));
    let mut session = Session::begin(&mut world, alice, "alice", "bob", "s1");
    let info = session.dialog.request(Method::Info).body("application/xml", TYPES);
    let asked = world.send(alice, info);
    let typing = world.take(&Method::Message);
    assert_eq!(typing.flow(), Some(bob));
    assert!(typing.request.content_type().unwrap().is("application/im-iscomposing+xml"));
    assert!(typing.body().contains("<state>active</state><refresh>15</refresh>"));
    assert!(world.response(asked).is_none(), "until his device has it");
    world.answer(&typing, 200);
    assert_eq!(world.response(asked).unwrap().status(), Some(200));
    assert_eq!(session.ask(&mut world, Method::Info, "<action/>").status(), Some(200));
    assert!(world.requests.is_empty());
    for (state, status) in [("active", "type"), ("idle", "idle")] {
        let body = format!(
            "<isComposing xmlns=\"urn:ietf:params:xml:ns:im-iscomposing\"><state>{state}</state>\
             </isComposing>"
        );
        let typing = text("bob", "alice", state, "").body("application/im-iscomposing+xml", body);
        world.send(bob, typing);
        let info = session.accept(&mut world, &Method::Info);
        assert!(info.body().contains(&format!("status=\"{status}\"")), "{}", info.body());
    }
}

#[test]
fn what_is_said_to_somebody_absent_is_kept_and_nobody_is_not_there() {
    let mut world = World::new();
    let alice = world.sign_in("alice", "lync");
    let mut session = Session::begin(&mut world, alice, "alice", "bob", "s1");
    let asked = session.say(&mut world, "call me");
    assert_eq!(world.response(asked).unwrap().status(), Some(202));
    let bob = world.sign_in("bob", "a");
    let copy = world.accept(&Method::Message);
    assert_eq!((copy.flow(), copy.body().as_str()), (Some(bob), "call me"));
    // The group chat probe of pidgin-sipe.
    let probe = invite("alice", "ocschat", "s2");
    assert_eq!(world.ask(alice, probe).status(), Some(404));
    let other = invite("alice", "bob", "s3").with(Name::Require, "100rel");
    assert_eq!(world.ask(alice, other).header(Name::Unsupported), Some("100rel"));
    let nowhere = invite("alice", "bob", "s4").without(Name::Contact);
    assert_eq!(world.ask(alice, nowhere).status(), Some(400));
}

#[test]
fn an_answer_goes_again_until_it_is_acknowledged() {
    let mut world = World::new();
    let (alice, bob) = (world.sign_in("alice", "lync"), world.sign_in("bob", "a"));
    let request = invite("alice", "bob", "s1");
    let asked = world.send(alice, request.clone());
    let response = world.response(asked).unwrap();
    world.advance_s(2);
    // After half a second, and one more.
    let again = world.response(asked).unwrap();
    assert_eq!(again.bytes(), response.bytes());
    assert_eq!(world.others.iter().map(|(it, _)| *it).collect::<Vec<_>>(), [asked]);
    // What Bob says meanwhile waits for nothing.
    world.send(bob, text("bob", "alice", "r1", "hi"));
    assert_eq!(world.accept(&Method::Message).request.to_tag(), None);
    let dialog = Dialog::from_uac(&request, &response).unwrap();
    let ack = parse(&dialog.ack(1));
    // Not over another connection.
    let other = world.sign_in("alice", "b");
    world.sip(Event::Ack { flow: other, request: ack.clone() });
    world.advance_s(2);
    world.response(asked).unwrap();
    world.sip(Event::Ack { flow: alice, request: ack });
    world.advance_s(60);
    assert!(world.response(asked).is_none() && world.requests.is_empty());
    world.others.clear();
    // Who never acknowledges has no session.
    world.send(alice, invite("alice", "bob", "s2"));
    world.advance_s(SESSION_ANSWER_MS_MAX / 1000);
    let bye = world.take(&Method::Bye);
    assert_eq!((bye.flow(), bye.request.call_id()), (Some(alice), Some("s2")));
    let count = world.others.len();
    assert_eq!(count, 10, "RFC 3261 §13.3.1.4: 0.5, 1.5, 3.5, then every 4 s");
    world.advance_s(60);
    assert_eq!(world.others.len(), count);
}

#[test]
fn nobody_else_speaks_in_it_and_it_ends_with_its_connection() {
    let mut world = World::new();
    let alice = world.sign_in("alice", "lync");
    let (bob, carol) = (world.sign_in("bob", "a"), world.sign_in("carol", "a"));
    let mut session = Session::begin(&mut world, alice, "alice", "bob", "s1");
    // Carol has seen the dialog and speaks as herself in it, over her connection.
    let other = NameAddr::parse(&format!("<{}>;tag=alice-tag", aor("carol"))).unwrap();
    for method in [Method::Bye, Method::Info, Method::Invite] {
        let request = session.dialog.request(method).replace(Name::From, other.to_string());
        let request = request.with(Name::Contact, "<sip:c@h>").body("application/sdp", OFFER);
        assert_eq!(world.ask(carol, request).status(), Some(481));
    }
    // Again in the dialog: another answer, the same session.
    let again = session
        .dialog
        .request(Method::Invite)
        .with(Name::Contact, format!("<{};opaque=user:epid:b34afb6ebb23;gruu>", aor("alice")));
    let again = world.ask(alice, again.body("application/sdp", OFFER));
    assert_eq!(again.status(), Some(200));
    let ack = parse(&session.dialog.ack(again.cseq().unwrap().number));
    world.sip(Event::Ack { flow: alice, request: ack });
    world.send(bob, text("bob", "alice", "r1", "hi"));
    session.accept(&mut world, &Method::Message);
    // A late one is out of order.
    let late = session.dialog.request(Method::Bye).replace(Name::CSeq, "1 BYE");
    assert_eq!(world.ask(alice, late).status(), Some(500));
    world.close(alice);
    let alice = world.sign_in("alice", "lync");
    session.flow = alice;
    assert_eq!(session.ask(&mut world, Method::Info, TYPES).status(), Some(481));
    // RFC 3261 §12.2.2: a text is taken also if the dialog is forgotten; it would be lost.
    let asked = session.say(&mut world, "as I said");
    world.accept(&Method::Message);
    assert_eq!(world.response(asked).unwrap().status(), Some(200));
    world.send(bob, text("bob", "alice", "r2", "yes?"));
    assert_eq!(world.accept(&Method::Message).request.to_tag(), None);
}

#[test]
fn so_many_and_none_when_we_stop() {
    let mut world = World::new();
    let alice = world.sign_in("alice", "lync");
    for number in 0..=SESSIONS_PER_USER_MAX {
        assert!(world.requests.is_empty(), "{number}");
        Session::begin(&mut world, alice, "alice", "bob", &format!("s{number}"));
    }
    let bye = world.accept(&Method::Bye);
    assert_eq!(bye.request.call_id(), Some("s0"), "the oldest");
    world.input(im::Input::Stop);
    let byes: Vec<_> = world.requests.drain(..).collect();
    assert_eq!(byes.len(), SESSIONS_PER_USER_MAX);
    assert!(byes.iter().all(|bye| bye.request.method() == Some(Method::Bye)));
}
