//! Texts and typing, in both directions.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "the whole program is a test"
)]

#[allow(dead_code, unreachable_pub, missing_docs, reason = "shared by several test programs")]
mod pool;

use agent::{Command, Event, TextAck};
use pool::{ALICE, BOB, Play};
use sip::{Failure, Method, Name};

fn send(play: &mut Play, to: &str, message: &str, text: &str) {
    play.command(Command::SendText {
        address: ALICE.into(),
        to: to.into(),
        conversation: "c1".into(),
        message: message.into(),
        text: text.into(),
    });
}

fn delivered(message: &str, kept: bool) -> Event {
    Event::Delivered { address: ALICE.into(), message: message.into(), kept }
}

fn failed(message: &str, status: u16, reason: &str) -> Event {
    let (address, message) = (ALICE.into(), message.into());
    Event::SendFailed { address, message, status, reason: reason.into() }
}

fn typing(active: bool) -> Event {
    Event::Typing { address: ALICE.into(), from: BOB.into(), active }
}

fn key(play: &mut Play, active: bool) {
    play.command(Command::Typing { address: ALICE.into(), to: BOB.into(), active });
}

const COMPOSING: &str = "application/im-iscomposing+xml";
const ACTIVE: &str = "<isComposing xmlns=\"urn:ietf:params:xml:ns:im-iscomposing\">\
    <state>active</state><refresh>60</refresh></isComposing>";

#[test]
fn texts_go_out_one_after_the_other() {
    let mut play = Play::signed_in();
    send(&mut play, BOB, "m1", "hello");
    send(&mut play, BOB, "m2", "are you there?");
    send(&mut play, "sip:carol@litwareinc.com", "m3", "hi");
    assert_eq!(play.methods(), ["MESSAGE", "MESSAGE"], "one of each conversation");
    let first = play.take(Method::Message);
    assert_eq!(first.request.request_uri_text(), Some(BOB));
    assert_eq!(first.body(), "hello");
    assert_eq!(first.header(Name::ContentType), "text/plain;charset=utf-8");
    let other = play.take(Method::Message);
    play.answer(&first, 200, &[]);
    assert_eq!(play.take_events(), [delivered("m1", false)]);
    let second = play.take(Method::Message);
    assert_eq!(second.body(), "are you there?");
    play.answer(&second, 202, &[]);
    play.answer(&other, 404, &[]);
    assert_eq!(play.take_events(), [delivered("m2", true), failed("m3", 404, "Not Found")]);
    assert!(play.asked.is_empty());
}

#[test]
fn a_failed_text_lets_the_next_one_go() {
    let mut play = Play::signed_in();
    send(&mut play, BOB, "m1", "a");
    send(&mut play, BOB, "m2", "b");
    let first = play.take(Method::Message);
    play.fail(&first, Failure::Timeout);
    assert_eq!(play.take_events(), [failed("m1", 408, "no answer in time")]);
    let second = play.take(Method::Message);
    play.answer(&second, 403, &[(Name::MsDiagnostics, "1;reason=\"blocked\"")]);
    assert_eq!(play.take_events(), [failed("m2", 403, "blocked")]);
}

#[test]
fn the_same_text_again_is_the_same_request() {
    let mut play = Play::signed_in();
    send(&mut play, BOB, "m1", "a");
    let first = play.take(Method::Message);
    play.fail(&first, Failure::Timeout);
    play.pass_ms(0);
    play.asked.clear();
    send(&mut play, BOB, "m1", "a");
    let again = play.take(Method::Message);
    assert_eq!(again.header(Name::CallId), first.header(Name::CallId));
    assert_eq!(again.header(Name::CSeq), first.header(Name::CSeq));
    play.answer(&again, 200, &[]);
    send(&mut play, BOB, "m2", "a");
    let other = play.take(Method::Message);
    assert_ne!(other.header(Name::CallId), first.header(Name::CallId));
}

#[test]
fn a_lost_link_fails_what_was_not_answered() {
    let mut play = Play::signed_in();
    send(&mut play, BOB, "m1", "a");
    send(&mut play, BOB, "m2", "b");
    let first = play.take(Method::Message);
    play.break_link();
    let events = play.take_events();
    let lost = "the connection to the instant messaging server is lost";
    assert!(events.contains(&failed("m1", 503, lost)) && events.contains(&failed("m2", 503, lost)));
    play.fail(&first, Failure::Closed(sip::Why::Eof));
    assert!(play.take_events().is_empty(), "told once");
    send(&mut play, BOB, "m3", "c");
    let none = "there is no connection to the instant messaging server";
    assert_eq!(play.take_events(), [failed("m3", 503, none)]);
}

#[test]
fn a_text_written_while_signing_in_waits() {
    let mut play = Play::linked();
    play.command(Command::SignIn { address: ALICE.into(), display_name: "Alice".into() });
    send(&mut play, BOB, "m1", "a");
    let register = play.take(Method::Register);
    assert!(play.asked.is_empty());
    play.answer(&register, 200, &[]);
    assert_eq!(play.take(Method::Message).body(), "a");
}

#[test]
fn texts_that_cannot_be_sent() {
    let mut play = Play::signed_in();
    let status = |play: &mut Play| match play.take_events()[..] {
        [Event::SendFailed { status, .. }] => status,
        ref other => panic!("{other:?}"),
    };
    send(&mut play, "bob", "m1", "a");
    assert_eq!(status(&mut play), 400);
    send(&mut play, BOB, "m2", &"x".repeat(20_000));
    assert_eq!(status(&mut play), 513);
    for number in 0..51 {
        send(&mut play, BOB, &format!("n{number}"), "a");
    }
    assert!(play.take_events().is_empty());
    send(&mut play, BOB, "one too many", "a");
    assert_eq!(status(&mut play), 503);
    play.command(Command::SignOut { address: ALICE.into() });
    play.events.clear();
    send(&mut play, BOB, "m4", "a");
    assert_eq!(status(&mut play), 503);
}

#[test]
fn an_incoming_text_is_answered_when_it_is_stored() {
    let mut play = Play::signed_in();
    let text = play
        .message(BOB, ALICE, "text/plain;charset=UTF-8", "gr\u{fc}\u{df}e")
        .with(Name::Date, "Fri, 28 Jun 2013 07:29:32 GMT");
    assert_eq!(play.request(text), None);
    let transaction = play.last_transaction();
    let expected = Event::Text {
        address: ALICE.into(),
        from: BOB.into(),
        from_name: Some("Bob".into()),
        text: "gr\u{fc}\u{df}e".into(),
        id: "call-2 7".into(),
        sent_ms: Some(1_372_404_572_000),
        ack: TextAck(1),
    };
    assert_eq!(play.take_events(), [expected]);
    assert_eq!(play.response_to(transaction), None);
    play.command(Command::Stored { ack: TextAck(1) });
    assert_eq!(play.response_to(transaction).and_then(|it| it.status()), Some(200));
    play.command(Command::Stored { ack: TextAck(1) });
    assert_eq!(play.response_to(transaction), None, "answered once");
}

#[test]
fn html_is_read_as_text() {
    let mut play = Play::signed_in();
    let text = play.message(BOB, ALICE, "text/html;charset=utf-8", "<p>hi &amp; <b>ho</b></p>");
    assert_eq!(play.request(text), None);
    let events = play.take_events();
    assert!(matches!(&events[..], [Event::Text { text, .. }] if text == "hi & ho"), "{events:?}");
}

#[test]
fn a_text_that_is_not_stored_is_not_taken() {
    let mut play = Play::signed_in();
    for number in 1..=2 {
        let text = play.message(BOB, ALICE, "text/plain", "hi");
        assert_eq!(play.request(text), None);
        let transaction = play.last_transaction();
        if number == 1 {
            play.command(Command::NotStored { ack: TextAck(1) });
        } else {
            play.pass_ms(24_999);
            assert_eq!(play.response_to(transaction), None);
            play.pass_ms(1);
        }
        assert_eq!(play.response_to(transaction).and_then(|it| it.status()), Some(480));
    }
}

#[test]
fn requests_that_are_answered_at_once() {
    let mut play = Play::signed_in();
    let carol = "sip:carol@litwareinc.com";
    let table = [
        (play.message(BOB, carol, "text/plain", "hi"), 480),
        (play.message(BOB, ALICE, "text/rtf", "{\\rtf1 hi}"), 415),
        (play.message(BOB, ALICE, "text/plain;charset=utf-16", "hi"), 415),
        (play.message(BOB, ALICE, COMPOSING, "<nonsense/>"), 415),
        (play.message(BOB, ALICE, COMPOSING, ACTIVE), 200),
    ];
    for (request, expected) in table {
        let answer = play.request(request).unwrap();
        assert_eq!(answer.status(), Some(expected));
        assert_eq!(answer.header(Name::Accept).is_some(), expected == 415);
    }
    let uri = sip::Uri::parse(ALICE).unwrap();
    for (method, expected) in [(Method::Options, 200), (Method::Invite, 405), (Method::Bye, 405)] {
        let cseq = format!("1 {method}");
        let request = sip::Draft::request(method, &uri)
            .with(Name::From, "<sip:bob@litwareinc.com>;tag=1")
            .with(Name::To, "<sip:alice@litwareinc.com>")
            .with(Name::CallId, "c")
            .with(Name::CSeq, cseq);
        let answer = play.request(request).unwrap();
        assert_eq!(answer.status(), Some(expected));
        assert!(answer.header(Name::Allow).unwrap().contains("MESSAGE"));
    }
}

#[test]
fn an_alias_in_to_is_found_by_our_contact() {
    let mut play = Play::signed_in();
    let contact = sip::Uri::parse("sip:alice@atl-owa-001.litwareinc.com:5199").unwrap();
    let text = play.message(BOB, "sip:ali@litwareinc.com", "text/plain", "hi").to_uri(&contact);
    assert_eq!(play.request(text.clone()), None);
    // Two people with the same user part cannot be told apart by it.
    play.sign_in("sip:alice@fabrikam.com", "Other");
    assert_eq!(play.request(text).and_then(|it| it.status()), Some(480));
}

#[test]
fn typing_goes_out_as_rfc_3994_says() {
    let mut play = Play::signed_in();
    key(&mut play, true);
    let notice = play.take(Method::Message);
    assert_eq!(notice.header(Name::ContentType), COMPOSING);
    assert!(notice.body().contains("<state>active</state><refresh>120</refresh>"));
    play.answer(&notice, 200, &[]);
    key(&mut play, true);
    assert!(play.asked.is_empty(), "once until it is to be refreshed");
    play.pass_ms(15_000);
    assert!(play.take(Method::Message).body().contains("idle"));
    key(&mut play, true);
    play.asked.clear();
    send(&mut play, BOB, "m1", "a");
    assert_eq!(play.take(Method::Message).body(), "a");
    play.pass_ms(60_000);
    assert!(play.asked.is_empty(), "the text says that typing has ended");
    key(&mut play, false);
    assert!(play.asked.is_empty());

    key(&mut play, true);
    let notice = play.take(Method::Message);
    play.answer(&notice, 415, &[]);
    key(&mut play, false);
    key(&mut play, true);
    assert!(play.asked.is_empty(), "not to somebody who refused one");
    assert!(play.take_events().is_empty());
}

#[test]
fn typing_comes_in() {
    let mut play = Play::signed_in();
    let active = |play: &mut Play| {
        let notice = play.message(BOB, ALICE, COMPOSING, ACTIVE);
        assert_eq!(play.request(notice).and_then(|it| it.status()), Some(200));
    };
    active(&mut play);
    assert_eq!(play.take_events(), [typing(true)]);
    active(&mut play);
    assert!(play.take_events().is_empty());
    play.pass_ms(60_000);
    assert_eq!(play.take_events(), [typing(false)], "it ends by itself");
    active(&mut play);
    let text = play.message(BOB, ALICE, "text/plain", "hi");
    play.request(text);
    let events = play.take_events();
    assert_eq!((&events[0], &events[2]), (&typing(true), &typing(false)), "{events:?}");
    active(&mut play);
    play.events.clear();
    play.break_link();
    assert!(play.take_events().contains(&typing(false)));
}
