//! The seam between the halves (design.md §2): the agent against the registrar, over bytes.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "the whole program is a test"
)]

#[allow(unreachable_pub, missing_docs, reason = "part of this test program")]
mod seam_world;

use agent::{Command, Event, LinkStage, LinkState, OwnState};
use seam_world::{ALICE, BOB, OWA, World, trust};

#[test]
fn two_people_see_each_other_and_talk() {
    let mut world = World::new(true);
    world.configure();
    assert_eq!(world.link(), &LinkState::Up);
    world.sign_in(ALICE);
    world.sign_in(BOB);
    world.watch(ALICE, BOB);
    world.watch(BOB, ALICE);
    world.pass_ms(3_000);
    assert_eq!(world.sees(ALICE, ALICE), Some(3_500));
    assert_eq!(world.sees(ALICE, BOB), Some(3_500));
    for (state, number) in [
        (Some(OwnState::Busy), 6_500),
        (Some(OwnState::DoNotDisturb), 9_500),
        (Some(OwnState::BeRightBack), 12_500),
        (Some(OwnState::OffWork), 15_500),
        (Some(OwnState::Away), 15_500),
        (None, 3_500),
    ] {
        world.command(Command::SetState { address: BOB.into(), state });
        world.pass_ms(3_000);
        assert_eq!(world.sees(ALICE, BOB), Some(number), "{state:?}");
        assert_eq!(world.sees(BOB, BOB), Some(number), "{state:?}");
    }
    world.text(ALICE, BOB, "m1");
    world.text(ALICE, BOB, "m2");
    world.text(BOB, ALICE, "m3");
    assert_eq!(world.texts_to(BOB), ["text m1", "text m2"]);
    assert_eq!(world.texts_to(ALICE), ["text m3"]);
    for (from, message) in [(ALICE, "m1"), (ALICE, "m2"), (BOB, "m3")] {
        assert_eq!(world.is_delivered(from, message), Some(false), "{message}");
    }
    world.command(Command::Typing { address: BOB.into(), to: ALICE.into(), active: true });
    let typing = Event::Typing { address: ALICE.into(), from: BOB.into(), active: true };
    assert_eq!(world.events.last(), Some(&typing));

    world.command(Command::SignOut { address: BOB.into() });
    assert!(world.events.contains(&Event::SignedOut { address: BOB.into() }));
    world.pass_ms(3_000);
    assert_eq!(world.sees(ALICE, BOB), Some(18_500));
    world.text(ALICE, BOB, "m4");
    world.pass_ms(1_000);
    assert_eq!(world.is_delivered(ALICE, "m4"), Some(true), "kept for somebody absent");
    world.sign_in(BOB);
    world.pass_ms(1_000);
    assert_eq!(world.texts_to(BOB), ["text m1", "text m2", "text m4"]);
    world.pass_ms(4 * 3_600_000);
    assert_eq!(world.sees(ALICE, BOB), Some(3_500), "refreshed for hours");
    assert_eq!(world.texts_to(BOB).len(), 3, "shown once");
}

#[test]
fn a_text_that_the_web_app_cannot_store_is_kept_by_the_registrar() {
    let mut world = World::new(true);
    world.configure();
    world.sign_in(ALICE);
    world.sign_in(BOB);
    world.stores_texts = false;
    world.text(ALICE, BOB, "m1");
    world.pass_ms(32_000);
    assert_eq!(world.is_delivered(ALICE, "m1"), Some(true), "{:?}", world.events);
}

#[test]
fn trust_is_decided_by_the_enabled_topology_and_withdrawn_while_connected() {
    let mut world = World::new(false);
    world.configure();
    let failure = world.failure();
    assert_eq!(failure.stage, LinkStage::Trust);
    assert_eq!(
        failure.diagnostics.as_ref().map(|it| it.0),
        Some(im::refusal::code::NOT_CONFIGURED)
    );
    assert!(world.traces[0].contains("The peer is not a configured server on this network"));
    assert_eq!(world.log, [14492, 44024]);

    world.write(|tx| trust(tx, &[OWA]));
    assert_eq!(world.log.last(), Some(&14493));
    world.command(Command::RetrySoon);
    assert_eq!(world.link(), &LinkState::Up);
    world.sign_in(ALICE);
    world.watch(ALICE, BOB);
    world.pass_ms(3_000);
    assert_eq!(world.sees(ALICE, BOB), Some(18_500));

    // A second entry for the same computer: refused with a code of its own, while connected.
    world.write(|tx| trust(tx, &[OWA, "farm.litwareinc.com"]));
    world.pass_ms(10_000);
    assert_eq!(world.sees(ALICE, BOB), None, "unknown, not offline");
    let code = |world: &World| world.failure().diagnostics.as_ref().map(|it| it.0);
    assert_eq!(code(&world), Some(im::refusal::code::SEVERAL_ENTRIES));
    world.write(|tx| trust(tx, &[OWA]));
    world.pass_ms(31_000);
    assert_eq!(world.link(), &LinkState::Up);
    assert_eq!(world.sees(ALICE, BOB), Some(18_500), "all comes back by itself");

    world.write(|tx| trust(tx, &[]));
    world.pass_ms(10_000);
    assert_eq!(code(&world), Some(im::refusal::code::NOT_CONFIGURED));
    assert_eq!(world.log.last(), Some(&14495));
}

#[test]
fn a_registrar_that_restarts_is_found_again() {
    let mut world = World::new(true);
    world.configure();
    world.sign_in(ALICE);
    world.sign_in(BOB);
    world.watch(ALICE, BOB);
    world.command(Command::SetState { address: BOB.into(), state: Some(OwnState::Busy) });
    world.pass_ms(3_000);
    assert_eq!(world.sees(ALICE, BOB), Some(6_500));
    world.is_listening = false;
    world.restart_registrar();
    assert_eq!(world.sees(ALICE, BOB), None, "unknown, not offline");
    world.text(ALICE, BOB, "m1");
    assert!(matches!(world.events.last(), Some(Event::SendFailed { status: 503, .. })));
    world.pass_ms(60_000);
    world.is_listening = true;
    world.pass_ms(40_000);
    assert_eq!(world.link(), &LinkState::Up);
    assert_eq!(world.sees(ALICE, BOB), Some(6_500), "the choice survives the registrar");
    world.text(ALICE, BOB, "m1");
    assert_eq!(world.texts_to(BOB), ["text m1"]);
}

#[test]
fn somebody_not_enabled_is_refused_with_the_reason() {
    let mut world = World::new(true);
    world.configure();
    let address = "sip:mallory@litwareinc.com";
    world.command(Command::SignIn { address: address.into(), display_name: "M".into() });
    let Some(Event::SignInFailed { status, reason, .. }) = world.events.last() else {
        panic!("{:?}", world.events)
    };
    assert_eq!(*status, 403);
    assert!(!reason.is_empty());
    assert_eq!(world.link(), &LinkState::Up, "the others are not disturbed");
}
