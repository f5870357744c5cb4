//! Signing in and out, own state, and what one sees of others.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "the whole program is a test"
)]

#[allow(dead_code, unreachable_pub, missing_docs, reason = "shared by several test programs")]
mod pool;

use agent::{Command, Event, OwnState, PresenceView};
use pool::{ALICE, Asked, BOB, Play, pidf};
use sip::{Failure, Method, Name};

fn seen(presentity: &str, availability: Option<u16>) -> Event {
    let view = PresenceView { availability, ..PresenceView::unknown(presentity) };
    Event::Presence { watcher: ALICE.to_owned(), view }
}

fn watch(play: &mut Play, presentities: &[&str]) {
    let presentities = presentities.iter().map(|it| (*it).to_owned()).collect();
    play.command(Command::Watch { address: ALICE.to_owned(), presentities });
}

fn choose(play: &mut Play, state: Option<OwnState>) {
    play.command(Command::SetState { address: ALICE.to_owned(), state });
}

/// Alice watches Bob; the subscription.
fn watching_bob(play: &mut Play) -> Asked {
    watch(play, &[BOB]);
    let subscribe = play.take(Method::Subscribe);
    assert!(subscribe.header(Name::To).contains(BOB));
    play.accept(&subscribe);
    subscribe
}

#[test]
fn sign_in_registers_publishes_and_watches_oneself() {
    let mut play = Play::linked();
    play.command(Command::SignIn { address: ALICE.into(), display_name: "Alice \"A\"".into() });
    let register = play.take(Method::Register);
    assert_eq!(register.request.request_uri_text(), Some("sip:litwareinc.com"));
    assert_eq!(
        register.header(Name::Contact),
        "<sip:alice@atl-owa-001.litwareinc.com:5199;transport=tls>;expires=1800"
    );
    assert!(register.header(Name::From).starts_with("\"Alice \\\"A\\\"\" <sip:alice@"));
    assert!(play.asked.is_empty(), "nothing else before the registration stands");
    play.answer(&register, 200, &[(Name::Expires, "600")]);
    assert_eq!(play.take_events(), [Event::SignedIn { address: ALICE.into() }]);
    let publish = play.take(Method::Publish);
    assert_eq!(publish.header(Name::Event), "presence");
    assert!(publish.body().contains("<basic>open</basic>") && !publish.body().contains("person"));
    assert_eq!(publish.header(Name::SipIfMatch), "");
    let subscribe = play.take(Method::Subscribe);
    assert_eq!(subscribe.request.request_uri_text(), Some(ALICE));
    assert_eq!(subscribe.header(Name::Accept), "application/pidf+xml");
    play.answer(&publish, 200, &[(Name::SipEtag, "e1")]);
    play.accept(&subscribe);
    assert_eq!(play.notify(&subscribe, "active;expires=1800", &pidf(3500)), 200);
    assert_eq!(play.take_events(), [seen(ALICE, Some(3500))]);

    // The registration is refreshed before the 600 s it was granted are over.
    play.pass_ms(440_000);
    assert!(play.asked.is_empty());
    play.pass_ms(110_000);
    let refresh = play.take(Method::Register);
    assert_eq!(refresh.header(Name::CallId), register.header(Name::CallId));
    assert_eq!(refresh.request.cseq().unwrap().number, 2);
    play.answer(&refresh, 200, &[]);
    assert!(play.take_events().is_empty());
}

#[test]
fn a_refused_sign_in_is_told_once_and_repeated_quietly() {
    let mut play = Play::linked();
    let sign_in = Command::SignIn { address: ALICE.into(), display_name: "Alice".into() };
    play.command(sign_in.clone());
    let register = play.take(Method::Register);
    play.answer(&register, 403, &[(Name::MsDiagnostics, "70502;reason=\"not enabled\"")]);
    let failed = Event::SignInFailed {
        address: ALICE.into(),
        status: 403,
        reason: "not enabled".to_owned(),
    };
    assert_eq!(play.take_events(), std::slice::from_ref(&failed));
    // The pool may have learnt of the person meanwhile; to be refused again is no news.
    play.pass_ms(15_000);
    let register = play.take(Method::Register);
    play.answer(&register, 403, &[(Name::MsDiagnostics, "70502;reason=\"not enabled\"")]);
    assert_eq!(play.take_events(), []);
    for again in [Command::RetrySoon, sign_in] {
        play.command(again);
        let register = play.take(Method::Register);
        play.answer(&register, 403, &[(Name::MsDiagnostics, "70502;reason=\"not enabled\"")]);
    }
    assert_eq!(play.take_events(), [failed], "told again only to who asked again");
}

#[test]
fn a_sign_in_that_may_pass_is_repeated() {
    let mut play = Play::linked();
    play.command(Command::SignIn { address: ALICE.into(), display_name: "Alice".into() });
    let register = play.take(Method::Register);
    play.answer(&register, 500, &[]);
    assert_eq!(play.take_events().len(), 1);
    play.pass_ms(10_000);
    let register = play.take(Method::Register);
    play.answer(&register, 500, &[]);
    assert!(play.take_events().is_empty(), "the same failure again is no news");
    play.pass_ms(20_000);
    let register = play.take(Method::Register);
    play.answer(&register, 200, &[]);
    assert_eq!(play.take_events(), [Event::SignedIn { address: ALICE.into() }]);
}

#[test]
fn a_longer_lifetime_is_taken() {
    let mut play = Play::linked();
    play.command(Command::SignIn { address: ALICE.into(), display_name: "Alice".into() });
    let longer = |play: &mut Play, method: Method| {
        let asked = play.take(method.clone());
        play.answer(&asked, 423, &[(Name::MinExpires, "7200")]);
        let again = play.take(method);
        assert_eq!(again.header(Name::Expires), "7200");
        again
    };
    let register = longer(&mut play, Method::Register);
    play.answer(&register, 200, &[]);
    assert_eq!(play.take_events(), [Event::SignedIn { address: ALICE.into() }]);
    let publish = longer(&mut play, Method::Publish);
    longer(&mut play, Method::Subscribe);
    // A pool that asks for what it has got is not believed again.
    play.answer(&publish, 423, &[(Name::MinExpires, "7200")]);
    assert!(!play.methods().contains(&"PUBLISH".to_owned()));
}

#[test]
fn addresses_that_are_none() {
    let mut play = Play::linked();
    for address in ["", "alice", "sip:litwareinc.com", "tel:+1", "sip:a b@c"] {
        play.command(Command::SignIn { address: address.into(), display_name: String::new() });
        let events = play.take_events();
        assert!(matches!(events[..], [Event::SignInFailed { status: 400, .. }]), "{address}");
    }
    assert!(play.asked.is_empty());
}

#[test]
fn own_state_is_chosen_refreshed_and_reset() {
    let mut play = Play::signed_in();
    choose(&mut play, Some(OwnState::DoNotDisturb));
    let publish = play.take(Method::Publish);
    assert_eq!(publish.header(Name::SipIfMatch), "e1");
    assert!(publish.body().contains("aggregate=\"9500\""));
    // A choice made while an answer is awaited follows; those between are skipped.
    choose(&mut play, Some(OwnState::Busy));
    choose(&mut play, Some(OwnState::OffWork));
    assert!(play.asked.is_empty());
    play.answer(&publish, 200, &[(Name::SipEtag, "e2"), (Name::Expires, "600")]);
    let publish = play.take(Method::Publish);
    assert!(publish.body().contains("activity=\"off-work\""));
    play.answer(&publish, 200, &[(Name::SipEtag, "e3"), (Name::Expires, "600")]);

    // RFC 3903 §4.3: a refresh has no body.
    play.pass_ms(550_000);
    let refresh = play.take(Method::Publish);
    assert_eq!((refresh.header(Name::SipIfMatch), refresh.body().as_str()), ("e3", ""));
    // The pool has forgotten: the document is sent again.
    play.answer(&refresh, 412, &[]);
    let publish = play.take(Method::Publish);
    assert_eq!(publish.header(Name::SipIfMatch), "");
    assert!(publish.body().contains("activity=\"off-work\""));
    play.answer(&publish, 200, &[(Name::SipEtag, "e4")]);

    choose(&mut play, None);
    let publish = play.take(Method::Publish);
    assert_eq!(publish.header(Name::SipIfMatch), "e4");
    assert!(publish.body().contains("open") && !publish.body().contains("aggregate"));
}

#[test]
fn a_publication_that_fails_is_repeated_with_pauses() {
    let mut play = Play::signed_in();
    choose(&mut play, Some(OwnState::Busy));
    let publish = play.take(Method::Publish);
    play.answer(&publish, 500, &[]);
    assert!(play.asked.is_empty());
    play.pass_ms(5_000);
    let publish = play.take(Method::Publish);
    assert_eq!(publish.header(Name::SipIfMatch), "", "whether the first was taken is not known");
    assert!(publish.body().contains("aggregate=\"6500\""));
}

#[test]
fn views_of_others() {
    let mut play = Play::signed_in();
    let subscribe = watching_bob(&mut play);
    assert_eq!(play.notify(&subscribe, "active;expires=1800", &pidf(6500)), 200);
    assert_eq!(play.take_events(), [seen(BOB, Some(6500))]);
    assert_eq!(play.notify(&subscribe, "active;expires=1800", &pidf(6500)), 200);
    assert!(play.take_events().is_empty(), "nothing new");
    assert_eq!(play.notify(&subscribe, "active;expires=1800", ""), 200);
    assert_eq!(play.notify(&subscribe, "active;expires=1800", "<nonsense/>"), 200);
    assert!(play.take_events().is_empty(), "what says nothing changes nothing");
    assert_eq!(play.notify(&subscribe, "active;expires=1800", &pidf(18500)), 200);
    assert_eq!(play.take_events(), [seen(BOB, Some(18500))]);

    // The same list again: all views again, for a listener that lagged behind.
    watch(&mut play, &[BOB]);
    assert_eq!(play.take_events(), [seen(ALICE, Some(3500)), seen(BOB, Some(18500))]);
    assert!(play.asked.is_empty());

    watch(&mut play, &[]);
    let end = play.take(Method::Subscribe);
    assert_eq!(end.header(Name::Expires), "0");
    assert_eq!(end.header(Name::CallId), subscribe.header(Name::CallId));
    assert_eq!(play.notify(&subscribe, "terminated;reason=timeout", ""), 200);
    play.pass_ms(40_000);
    assert_eq!(play.notify(&subscribe, "terminated;reason=timeout", ""), 481);
    assert!(play.take_events().is_empty());
}

#[test]
fn a_notify_may_be_faster_than_the_answer() {
    let mut play = Play::signed_in();
    watch(&mut play, &[BOB]);
    let subscribe = play.take(Method::Subscribe);
    assert_eq!(play.notify(&subscribe, "active;expires=1800", &pidf(3500)), 200);
    assert_eq!(play.take_events(), [seen(BOB, Some(3500))]);
    play.accept(&subscribe);
    assert_eq!(play.notify(&subscribe, "active;expires=1800", &pidf(9500)), 200);
    assert_eq!(play.take_events(), [seen(BOB, Some(9500))]);
}

#[test]
fn unsubscribed_before_there_was_a_dialog() {
    let mut play = Play::signed_in();
    watch(&mut play, &[BOB]);
    let subscribe = play.take(Method::Subscribe);
    watch(&mut play, &[]);
    assert!(play.asked.is_empty(), "there is no dialog to end yet");
    assert_eq!(play.notify(&subscribe, "active;expires=1800", &pidf(3500)), 200);
    let end = play.take(Method::Subscribe);
    assert_eq!(end.header(Name::Expires), "0");
    assert!(play.take_events().is_empty());
}

#[test]
fn subscriptions_come_back() {
    // Answers and ends, and after how long another SUBSCRIBE follows.
    enum End {
        Answer(u16),
        Notify(&'static str),
    }
    let table = [
        (End::Answer(481), 0, 0),
        (End::Answer(404), 150_000, 300_000),
        (End::Answer(503), 30_000, 65_000),
        (End::Notify("terminated;reason=deactivated"), 0, 0),
        (End::Notify("terminated;reason=timeout"), 0, 0),
        (End::Notify("terminated;reason=probation;retry-after=20"), 20_000, 25_000),
        (End::Notify("terminated;reason=rejected"), 150_000, 300_000),
        (End::Notify("terminated;reason=noresource"), 150_000, 300_000),
    ];
    for (end, earliest, latest) in table {
        let mut play = Play::signed_in();
        watch(&mut play, &[BOB]);
        let subscribe = play.take(Method::Subscribe);
        match end {
            End::Answer(status) => play.answer(&subscribe, status, &[]),
            End::Notify(state) => {
                play.accept(&subscribe);
                play.notify(&subscribe, "active;expires=1800", &pidf(3500));
                assert_eq!(play.notify(&subscribe, state, ""), 200);
                let shown = play.take_events();
                let is_at_once = latest == 0;
                assert_eq!(shown.last() == Some(&seen(BOB, None)), !is_at_once, "{state}");
            }
        }
        if earliest > 0 {
            play.pass_ms(earliest - 1);
            assert!(!play.methods().contains(&"SUBSCRIBE".to_owned()), "{earliest}");
            play.pass_ms(latest - earliest + 1);
        }
        let again = play.take(Method::Subscribe);
        assert!(again.header(Name::To).contains(BOB));
        assert_ne!(again.header(Name::CallId), subscribe.header(Name::CallId));
    }
}

#[test]
fn a_refresh_without_success_begins_anew() {
    let mut play = Play::signed_in();
    let subscribe = watching_bob(&mut play);
    play.notify(&subscribe, "active;expires=600", &pidf(3500));
    play.events.clear();
    play.pass_ms(530_000);
    let to_bob = |asked: &Asked| asked.header(Name::To).contains(BOB);
    let at = play.asked.iter().position(to_bob).unwrap();
    let refresh = play.asked.remove(at);
    assert_eq!(refresh.header(Name::CallId), subscribe.header(Name::CallId));
    play.answer(&refresh, 481, &[]);
    let again = play.asked.iter().find(|asked| to_bob(asked)).unwrap();
    assert_ne!(again.header(Name::CallId), subscribe.header(Name::CallId));
    assert!(play.take_events().is_empty(), "the view holds until it is known to be wrong");
}

#[test]
fn many_are_watched_a_few_at_a_time() {
    let mut play = Play::signed_in();
    let people: Vec<String> = (0..100).map(|n| format!("sip:p{n:03}@litwareinc.com")).collect();
    let people: Vec<&str> = people.iter().map(String::as_str).collect();
    watch(&mut play, &people);
    assert_eq!(play.asked.len(), 16);
    let mut count = 0;
    while !play.asked.is_empty() {
        let subscribe = play.take(Method::Subscribe);
        play.accept(&subscribe);
        count += 1;
        assert!(play.asked.len() <= 16);
    }
    assert_eq!(count, 100);
}

#[test]
fn a_lost_link_makes_everything_unknown_and_comes_back() {
    let mut play = Play::signed_in();
    let subscribe = watching_bob(&mut play);
    play.notify(&subscribe, "active;expires=1800", &pidf(3500));
    choose(&mut play, Some(OwnState::Busy));
    play.asked.clear();
    play.events.clear();
    play.break_link();
    let events = play.take_events();
    assert!(events.contains(&seen(BOB, None)), "{events:?}");
    play.answers_probes = false;
    play.pass_ms(1_000);
    let options = play.take(Method::Options);
    play.answer(&options, 200, &[]);
    let register = play.take(Method::Register);
    play.answer(&register, 200, &[]);
    let publish = play.take(Method::Publish);
    assert!(publish.body().contains("aggregate=\"6500\""), "the choice is published again");
    assert_eq!(publish.header(Name::SipIfMatch), "");
    assert_eq!(play.methods(), ["SUBSCRIBE", "SUBSCRIBE"]);
    // Answers that were under way when the link broke are nobody's.
    play.answer(&subscribe, 200, &[]);
    assert_eq!(play.notify(&subscribe, "active;expires=1800", &pidf(3500)), 481);
}

#[test]
fn many_come_back_a_few_at_a_time() {
    let mut play = Play::linked();
    for number in 0..300 {
        play.sign_in(&format!("sip:p{number}@litwareinc.com"), "");
    }
    play.asked.clear();
    play.answers_probes = false;
    play.break_link();
    play.pass_ms(1_000);
    let options = play.take(Method::Options);
    play.answer(&options, 200, &[]);
    play.events.clear();
    let (mut count, mut most) = (0, 0);
    while let Some(at) = play.asked.iter().position(|it| it.method() == Method::Register) {
        most = most.max(play.methods().iter().filter(|it| *it == "REGISTER").count());
        let register = play.asked.remove(at);
        play.answer(&register, if count % 3 == 0 { 403 } else { 200 }, &[]);
        play.asked.retain(|asked| asked.method() == Method::Register);
        count += 1;
    }
    assert_eq!((count, most), (300, 100));
}

/// The pool knows nobody after its own restart: who watches before all are back sees people
/// offline who are on their way.
#[test]
fn nobody_watches_before_everybody_is_back() {
    let mut play = Play::linked();
    let people = ["sip:a@litwareinc.com", "sip:b@litwareinc.com", "sip:c@litwareinc.com"];
    for address in people {
        play.sign_in(address, "");
    }
    play.asked.clear();
    play.answers_probes = false;
    play.break_link();
    play.pass_ms(1_000);
    let options = play.take(Method::Options);
    play.answer(&options, 200, &[]);
    for (status, publishes) in [(200, true), (503, false)] {
        let register = play.take(Method::Register);
        play.answer(&register, status, &[]);
        assert_eq!(play.methods().contains(&"PUBLISH".to_owned()), publishes);
        play.asked.retain(|asked| asked.method() != Method::Publish);
        assert!(!play.methods().contains(&"SUBSCRIBE".to_owned()), "{:?}", play.methods());
    }
    // The last one leaves instead of coming back.
    let third = play.take(Method::Register);
    play.command(Command::SignOut { address: people[2].to_owned() });
    assert_eq!(play.methods().iter().filter(|it| *it == "SUBSCRIBE").count(), 1);
    play.answer(&third, 200, &[]);
    // Who came too late watches as soon as the registration stands.
    play.asked.clear();
    play.pass_ms(10_000);
    let again = play.take(Method::Register);
    play.answer(&again, 200, &[]);
    assert_eq!(play.methods(), ["PUBLISH", "SUBSCRIBE"]);
}

#[test]
fn a_request_that_dies_with_the_link_is_no_refusal() {
    let mut play = Play::linked();
    play.command(Command::SignIn { address: ALICE.into(), display_name: "Alice".into() });
    let register = play.take(Method::Register);
    play.fail(&register, Failure::Closed(sip::Why::Eof));
    play.break_link();
    let events = play.take_events();
    assert!(matches!(events[..], [Event::Link(_)]), "{events:?}");
}

#[test]
fn sign_out_removes_everything() {
    let mut play = Play::signed_in();
    let subscribe = watching_bob(&mut play);
    play.notify(&subscribe, "active;expires=1800", &pidf(3500));
    play.events.clear();
    play.command(Command::SignOut { address: ALICE.into() });
    assert_eq!(play.methods(), ["SUBSCRIBE", "SUBSCRIBE", "PUBLISH", "REGISTER"]);
    assert!(play.asked.iter().all(|asked| asked.header(Name::Expires) == "0"));
    let register = play.take(Method::Register);
    play.answer(&register, 200, &[]);
    assert_eq!(play.take_events(), [Event::SignedOut { address: ALICE.into() }]);
    play.pass_ms(7_200_000);
    assert!(!play.methods().iter().any(|method| method == "REGISTER"));

    play.command(Command::SignOut { address: ALICE.into() });
    assert_eq!(play.take_events(), [Event::SignedOut { address: ALICE.into() }]);
}

#[test]
fn signing_in_again_while_signing_out() {
    let mut play = Play::signed_in();
    play.command(Command::SignOut { address: ALICE.into() });
    let farewell = play.take(Method::Register);
    play.command(Command::SignIn { address: ALICE.into(), display_name: "Alice".into() });
    let register = play.take(Method::Register);
    play.answer(&farewell, 200, &[]);
    play.answer(&register, 200, &[]);
    assert_eq!(play.take_events(), [Event::SignedIn { address: ALICE.into() }]);
}

#[test]
fn a_person_who_is_refused_later_loses_all_views() {
    let mut play = Play::signed_in();
    let subscribe = watching_bob(&mut play);
    play.notify(&subscribe, "active;expires=1800", &pidf(3500));
    play.events.clear();
    play.pass_ms(1_620_000);
    let refresh = play.take(Method::Register);
    play.answer(&refresh, 403, &[]);
    let events = play.take_events();
    assert!(events.contains(&seen(BOB, None)));
    assert!(matches!(events.last(), Some(Event::SignInFailed { status: 403, .. })));
}

#[test]
fn two_people_do_not_meet() {
    let mut play = Play::signed_in();
    play.sign_in(BOB, "Bob");
    play.asked.clear();
    let subscribe = watching_bob_as_alice(&mut play);
    assert_eq!(play.notify(&subscribe, "active;expires=1800", &pidf(3500)), 200);
    let last = play.take_events().pop();
    assert_eq!(last, Some(seen(BOB, Some(3500))));
    play.fail(&subscribe, Failure::Timeout);
}

fn watching_bob_as_alice(play: &mut Play) -> Asked {
    watch(play, &[BOB]);
    play.take(Method::Subscribe)
}
