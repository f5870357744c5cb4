//! The one question of a test: OPTIONS, then a REGISTER that asks only.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "the whole program is a test"
)]

#[allow(dead_code, unreachable_pub, missing_docs, reason = "shared by several test programs")]
mod pool;

use agent::LinkStage;
use agent::probe::{Answer, PersonAnswer, Probe};
use pool::{ALICE, LINK, settings};
use sip::{Draft, Failure, Message, Method, Name, Now, Outgoing, Route, Tick, Token, Why};

const NOW: Now = Now { tick: Tick(1_000), wall_ms: 1_372_404_572_000 };

fn probe(address: Option<&str>) -> Probe {
    Probe::new(1, NOW, settings(), address)
}

/// The only request there is.
fn request(probe: &mut Probe) -> (Token, Route, Message) {
    let Some(Outgoing::Request { token, route, request }) = probe.poll_output() else {
        panic!("no request")
    };
    assert_eq!(probe.poll_output(), None);
    (token, route, Message::parse(request.print()).unwrap())
}

fn answer(probe: &mut Probe, token: Token, to: &Message, status: u16) {
    let response = Draft::response(to, status).to_tag("pool");
    let response = Message::parse(response.print()).unwrap();
    probe.handle(NOW, &sip::Event::Response { token, flow: LINK, response });
}

#[test]
fn a_person_is_asked_for_and_nothing_is_bound() {
    for status in [200, 403, 503] {
        let mut probe = probe(Some(ALICE));
        let (token, _, options) = request(&mut probe);
        assert_eq!(options.method(), Some(Method::Options));
        answer(&mut probe, token, &options, 100);
        assert_eq!(probe.answer(), None);
        answer(&mut probe, token, &options, 200);
        let (token, route, register) = request(&mut probe);
        assert_eq!(route, Route::Flow(LINK));
        assert_eq!(register.method(), Some(Method::Register));
        assert_eq!(register.header(Name::Contact), None, "it changes nothing");
        answer(&mut probe, token, &register, status);
        let Some(Answer::Link { person: Some(PersonAnswer { status: seen, .. }) }) = probe.answer()
        else {
            panic!("{:?}", probe.answer())
        };
        assert_eq!(*seen, status);
    }
}

#[test]
fn without_a_person_the_computer_alone_is_asked_for() {
    for address in [None, Some("no address")] {
        let mut probe = probe(address);
        let (token, _, options) = request(&mut probe);
        answer(&mut probe, token, &options, 200);
        assert_eq!(probe.poll_output(), None);
        assert_eq!(probe.answer(), Some(&Answer::Link { person: None }));
    }
}

#[test]
fn the_first_failure_is_the_answer() {
    let mut probe = probe(Some(ALICE));
    let (token, _, _) = request(&mut probe);
    let why = Failure::Unreachable(Why::Unreachable("connection refused".into()));
    probe.handle(NOW, &sip::Event::Failed { token, why });
    assert_eq!(probe.poll_output(), None);
    let Some(Answer::NoLink(failure)) = probe.answer() else { panic!("{:?}", probe.answer()) };
    assert_eq!(failure.stage, LinkStage::Connect);

    let mut probe = self::probe(None);
    let (token, _, options) = request(&mut probe);
    answer(&mut probe, token, &options, 403);
    while probe.poll_output().is_some() {}
    let Some(Answer::NoLink(failure)) = probe.answer() else { panic!("{:?}", probe.answer()) };
    assert_eq!(failure.stage, LinkStage::Trust);
}
