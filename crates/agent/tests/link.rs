//! The trusted connection: when it is up, what each failure is called, how it comes back.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "the whole program is a test"
)]

#[allow(dead_code, unreachable_pub, missing_docs, reason = "shared by several test programs")]
mod pool;

use agent::{Command, Event, LinkFailure, LinkStage, LinkState, Settings};
use pool::{ALICE, LINK, Play, settings};
use sip::{Failure, Flow, Method, Name, Route, TlsFault, Transport, Why};

fn down(events: &[Event]) -> &LinkFailure {
    match events {
        [Event::Link(LinkState::Down { reason })] => reason,
        other => panic!("{other:?}"),
    }
}

#[test]
fn up_only_after_the_first_options_was_answered() {
    let mut play = Play::new();
    assert_eq!(play.agent.next_timeout(), None);
    play.command(Command::Configure(Some(settings())));
    assert_eq!(play.take_events(), [Event::Link(LinkState::Connecting)]);
    let options = play.take(Method::Options);
    let Route::Target { target, identity, expect_name } = options.route.clone() else {
        panic!("{options:?}")
    };
    assert_eq!((target.host.as_str(), target.port), ("atl-cs-001.litwareinc.com", 5061));
    assert_eq!(target.transport, Transport::Tls);
    assert_eq!(identity.0, "EA5A332496CC05DA69B75B66111C0F78A110D22D");
    assert_eq!(expect_name, "atl-cs-001.litwareinc.com");

    play.command(Command::SignIn { address: ALICE.into(), display_name: "Alice".into() });
    assert!(play.asked.is_empty(), "nobody registers before the link is up");
    play.answer(&options, 200, &[]);
    assert_eq!(play.take_events(), [Event::Link(LinkState::Up)]);
    let register = play.take(Method::Register);
    assert_eq!(register.route, Route::Flow(LINK));
}

#[test]
fn each_failure_keeps_its_stage() {
    use LinkStage as Stage;
    let refused = |fault, text: &str| Why::Refused(fault, text.to_owned());
    let not_opened = |fault| Failure::Unreachable(refused(fault, "seen"));
    let table: Vec<(Failure, Stage, &str)> = vec![
        (
            Failure::Unreachable(Why::Unreachable("connection refused".into())),
            Stage::Connect,
            "connection refused",
        ),
        (Failure::Unreachable(Why::ConnectTimeout), Stage::Connect, "did not open in time"),
        (not_opened(TlsFault::OwnUnusable), Stage::Certificate, "seen"),
        (not_opened(TlsFault::PeerName), Stage::PoolName, "seen"),
        (not_opened(TlsFault::PeerChain), Stage::PoolChain, "seen"),
        (not_opened(TlsFault::PeerCertificate), Stage::PoolCertificate, "seen"),
        (not_opened(TlsFault::Handshake), Stage::Handshake, "seen"),
        // TLS 1.2 tells in the handshake, TLS 1.3 after it.
        (not_opened(TlsFault::OwnRefused), Stage::Refused, "seen"),
        (
            Failure::Closed(refused(TlsFault::OwnRefused, "alert UnknownCA")),
            Stage::Refused,
            "UnknownCA",
        ),
        (Failure::Closed(Why::Eof), Stage::Options, "closed by the peer"),
        (Failure::Timeout, Stage::Options, "did not answer"),
    ];
    for (failure, stage, text) in table {
        let mut play = Play::new();
        play.command(Command::Configure(Some(settings())));
        play.events.clear();
        let options = play.take(Method::Options);
        play.fail(&options, failure);
        let events = play.take_events();
        let reason = down(&events);
        assert_eq!((reason.stage, reason.text.contains(text)), (stage, true), "{reason:?}");
    }
}

#[test]
fn a_refusal_names_code_and_reason() {
    let mut play = Play::new();
    play.command(Command::Configure(Some(settings())));
    play.events.clear();
    let options = play.take(Method::Options);
    let diagnostics = "70302;reason=\"two entries\";source=\"atl-cs-001.litwareinc.com\"";
    play.answer(&options, 403, &[(Name::MsDiagnostics, diagnostics)]);
    let events = play.take_events();
    let reason = down(&events);
    assert_eq!(reason.stage, LinkStage::Trust);
    assert_eq!(reason.diagnostics, Some((70302, "two entries".to_owned())));
    assert_eq!(play.closed, [LINK]);

    let table = [(401, LinkStage::Challenge), (503, LinkStage::Options), (404, LinkStage::Options)];
    for (status, stage) in table {
        let mut play = Play::new();
        play.command(Command::Configure(Some(settings())));
        play.events.clear();
        let options = play.take(Method::Options);
        play.answer(&options, status, &[]);
        assert_eq!(down(&play.take_events()).stage, stage, "{status}");
    }
}

#[test]
fn it_is_tried_again_with_growing_pauses_and_told_once() {
    let mut play = Play::new();
    play.answers_probes = false;
    play.command(Command::Configure(Some(settings())));
    play.events.clear();
    let mut pauses = Vec::new();
    for _ in 0..8 {
        let options = play.take(Method::Options);
        let why = Why::Unreachable("connection refused".to_owned());
        play.fail(&options, Failure::Unreachable(why));
        let pause = play.agent.next_timeout().unwrap().since(play.now.tick);
        pauses.push(pause);
        play.pass_ms(pause);
    }
    assert!((500..=1_000).contains(&pauses[0]), "{pauses:?}");
    assert!(pauses[7] >= 15_000 && pauses.iter().all(|ms| *ms <= 30_000), "{pauses:?}");
    assert_eq!(play.take_events().len(), 1, "the same failure again is no news");

    // Another failure is news; a success begins anew.
    let options = play.take(Method::Options);
    play.answer(&options, 403, &[]);
    assert_eq!(down(&play.take_events()).stage, LinkStage::Trust);
    play.command(Command::RetrySoon);
    assert_eq!(play.take_events(), [Event::Link(LinkState::Connecting)]);
    let options = play.take(Method::Options);
    play.answer(&options, 200, &[]);
    assert_eq!(play.take_events(), [Event::Link(LinkState::Up)]);
    play.break_link();
    let pause = play.agent.next_timeout().unwrap().since(play.now.tick);
    assert!(pause <= 1_000, "{pause}");
}

#[test]
fn a_quiet_link_is_probed() {
    let mut play = Play::linked();
    play.answers_probes = false;
    play.pass_ms(120_000);
    let probe = play.take(Method::Options);
    assert_eq!(probe.route, Route::Flow(LINK));
    play.answer(&probe, 405, &[]);
    assert!(play.take_events().is_empty(), "any answer shows that the pool lives");
    play.pass_ms(120_000);
    let probe = play.take(Method::Options);
    play.fail(&probe, Failure::Timeout);
    assert_eq!(down(&play.take_events()).stage, LinkStage::Lost);
    assert_eq!(play.closed, [LINK]);
}

#[test]
fn a_request_without_answer_raises_doubt() {
    let mut play = Play::registered();
    play.answers_probes = false;
    let publish = play.take(Method::Publish);
    play.asked.clear();
    play.fail(&publish, Failure::Timeout);
    play.pass_ms(0);
    assert_eq!(play.methods(), ["OPTIONS"]);
}

#[test]
fn trust_that_is_withdrawn_ends_the_link() {
    let mut play = Play::linked();
    play.answers_probes = false;
    play.pass_ms(120_000);
    let probe = play.take(Method::Options);
    play.answer(&probe, 403, &[(Name::MsDiagnostics, "70301;reason=\"unknown\"")]);
    let events = play.take_events();
    assert_eq!(down(&events).diagnostics, Some((70301, "unknown".to_owned())));
}

#[test]
fn recycle_makes_everything_anew() {
    let mut play = Play::signed_in();
    play.answers_probes = false;
    play.command(Command::Configure(Some(settings())));
    assert_eq!(play.closed, [LINK]);
    let options = play.take(Method::Options);
    play.answer(&options, 200, &[]);
    assert_eq!(play.methods(), ["REGISTER"], "who was signed in is signed in again");

    play.command(Command::Configure(None));
    let events = play.take_events();
    assert!(events.contains(&Event::Link(LinkState::Off)));
    play.pass_ms(3_600_000);
    assert_eq!(play.methods(), ["REGISTER"], "nothing is tried without settings");
}

#[test]
fn a_server_name_that_is_none_says_so() {
    let mut play = Play::new();
    let settings = Settings { server_name: "not a name".to_owned(), ..settings() };
    play.command(Command::Configure(Some(settings)));
    let events = play.take_events();
    let [Event::Link(LinkState::Connecting), Event::Link(LinkState::Down { reason })] =
        events.as_slice()
    else {
        panic!("{events:?}")
    };
    assert!(reason.text.contains("not a name"));
    assert!(play.asked.is_empty());
}

#[test]
fn connections_to_the_applications_port() {
    let mut play = Play::signed_in();
    let text = |play: &Play| play.message(pool::BOB, ALICE, "text/plain", "hi");
    let cases = [
        (Flow(1), Some("ATL-CS-001.litwareinc.com"), true),
        (Flow(2), Some("evil.litwareinc.com"), false),
        (Flow(3), None, false),
    ];
    for (flow, name, is_taken) in cases {
        play.accepted(flow, name);
        let request = text(&play);
        let status = play.request_on(flow, request).and_then(|answer| answer.status());
        assert_eq!(status, if is_taken { None } else { Some(403) }, "{name:?}");
        assert_eq!(play.closed.contains(&flow), !is_taken, "{name:?}");
    }
    // A flow nobody announced is nobody's.
    let request = text(&play);
    let answer = play.request_on(Flow(9), request);
    assert_eq!(answer.and_then(|it| it.status()), Some(403));
}
