//! Who is seen as what: publications, watchers, and what they are told when.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a scenario stops at the first surprise"
)]

mod world;

use sip::{Flow, Message, Method, Name, Transport};
use store::directory::DirectoryRead;
use world::*;

/// Bob watches alice; the first NOTIFY is answered.
fn watch(world: &mut World) -> (Flow, Sent) {
    let bob = world.sign_in("bob", "a");
    let done = world.ask(bob, subscribe("bob", "alice", "s1", 1, 600));
    assert_eq!(done.status(), Some(200));
    assert_eq!(done.header(Name::Expires), Some("600"));
    assert!(done.contacts().unwrap()[0].address().is_some());
    (bob, world.accept(&Method::Notify))
}

fn in_dialog(first: &Sent, cseq: u32, expires_s: u32) -> sip::Draft {
    let tag = first.request.from_tag().unwrap().to_owned();
    subscribe("bob", "alice", "s1", cseq, expires_s)
        .to_tag(&tag)
        .to_uri(&first.request.contacts().unwrap()[0].address().unwrap().uri)
}

fn etag(response: &Message) -> String {
    response.header(Name::SipEtag).unwrap().to_owned()
}

fn state(sent: &Sent) -> String {
    sent.request.header(Name::SubscriptionState).unwrap().to_owned()
}

#[test]
fn somebody_without_a_device_is_offline_and_says_so_at_once() {
    let mut world = World::new();
    let (bob, first) = watch(&mut world);
    assert_eq!(first.flow(), Some(bob));
    assert_eq!(state(&first), "active;expires=600");
    assert_eq!(first.request.event().unwrap().package, "presence");
    assert!(first.request.content_type().unwrap().is("application/pidf+xml"));
    assert!(first.body().contains("<basic>closed</basic>"));
    assert!(first.body().contains("aggregate=\"18500\""));
    assert!(first.body().contains(&format!("entity=\"{}\"", aor("alice"))));
}

#[test]
fn a_device_that_publishes_nothing_is_available_until_its_connection_ends() {
    let mut world = World::new();
    watch(&mut world);
    let alice = world.sign_in("alice", "a");
    assert!(world.accept(&Method::Notify).body().contains("aggregate=\"3500\""));
    world.close(alice);
    assert!(world.accept(&Method::Notify).body().contains("aggregate=\"18500\""));
}

#[test]
fn a_publication_lives_by_its_entity_tag() {
    let mut world = World::new();
    watch(&mut world);
    let alice = world.sign_in("alice", "a");
    world.accept(&Method::Notify);
    let first = world
        .ask(alice, publish("alice", &pidf("<rpid:activities><rpid:busy/></rpid:activities>")));
    assert_eq!((first.status(), first.header(Name::Expires)), (Some(200), Some("1800")));
    let notify = world.accept(&Method::Notify);
    assert!(notify.body().contains("<rpid:busy/>") && notify.body().contains("\"6500\""));
    // Refresh: a new tag, nobody is told.
    let refresh =
        |tag: &str| publish("alice", "").replace(Name::SipIfMatch, tag).without(Name::ContentType);
    let second = world.ask(alice, refresh(&etag(&first)));
    assert_eq!(second.status(), Some(200));
    assert_ne!(etag(&first), etag(&second));
    assert!(world.requests.is_empty());
    assert_eq!(world.ask(alice, refresh(&etag(&first))).status(), Some(412));
    // Modify.
    let away = publish("alice", &pidf("<rpid:activities><rpid:away/></rpid:activities>"))
        .with(Name::SipIfMatch, etag(&second));
    let third = world.ask(alice, away);
    assert!(world.accept(&Method::Notify).body().contains("\"15500\""));
    // Remove: the device is still there.
    let removed = world.ask(alice, refresh(&etag(&third)).replace(Name::Expires, "0"));
    assert_eq!((removed.status(), removed.header(Name::SipEtag)), (Some(200), None));
    assert!(world.accept(&Method::Notify).body().contains("\"3500\""));
}

#[test]
fn publications_that_are_refused() {
    let mut world = World::new();
    let alice = world.sign_in("alice", "a");
    let mut status = |draft: sip::Draft| world.ask(alice, draft).status();
    let good = publish("alice", &pidf(""));
    assert_eq!(status(good.clone().replace(Name::Event, "dialog")), Some(489));
    assert_eq!(status(good.clone().without(Name::Event)), Some(489));
    assert_eq!(status(good.clone().replace(Name::Expires, "5")), Some(423));
    assert_eq!(status(good.clone().replace(Name::ContentType, "text/plain")), Some(415));
    assert_eq!(status(good.clone().with(Name::SipIfMatch, "a, b")), Some(400));
    assert_eq!(status(publish("alice", "").without(Name::ContentType)), Some(400));
    let bomb = "<!DOCTYPE p [<!ENTITY a \"x\">]><presence xmlns=\"urn:ietf:params:xml:ns:pidf\"/>";
    assert_eq!(status(publish("alice", bomb)), Some(400));
    assert_eq!(status(publish("alice", &pidf(&"x".repeat(70_000)))), Some(413));
}

#[test]
fn a_publication_ends_with_its_time_or_its_device() {
    let mut world = World::new();
    let (_, first) = watch(&mut world);
    world.ask(world_flow(&first), in_dialog(&first, 2, 3600));
    world.accept(&Method::Notify);
    let alice = world.sign_in("alice", "a");
    world.accept(&Method::Notify);
    world.ask(alice, publish("alice", &chosen(9500, "quiet")));
    assert!(world.accept(&Method::Notify).body().contains("\"9500\""));
    world.advance_s(1801);
    assert!(world.accept(&Method::Notify).body().contains("\"3500\""), "the device is left");
    world.ask(alice, publish("alice", &chosen(9500, "quiet")));
    world.accept(&Method::Notify);
    world.close(alice);
    let gone = world.accept(&Method::Notify).body();
    assert!(gone.contains("\"18500\"") && !gone.contains("quiet"), "{gone}");
}

fn world_flow(sent: &Sent) -> Flow {
    sent.flow().unwrap()
}

#[test]
fn the_choice_made_in_the_page_stands_over_a_phone() {
    let mut world = World::new();
    watch(&mut world);
    world.sign_in("alice", "phone");
    world.accept(&Method::Notify);
    let page = world.connect_owa();
    world.ask(page, register_owa("alice", 1));
    assert!(world.requests.is_empty(), "a page says itself what it is");
    let busy = world.ask(page, publish("alice", &chosen(6500, "writing")));
    let notify = world.accept(&Method::Notify).body();
    assert!(notify.contains("\"6500\"") && notify.contains("<note>writing</note>"), "{notify}");
    // Reset publishes no choice.
    let reset = publish("alice", &pidf("")).with(Name::SipIfMatch, etag(&busy));
    world.ask(page, reset);
    assert!(world.accept(&Method::Notify).body().contains("\"3500\""));
}

#[test]
fn one_notify_at_a_time_and_the_last_state_wins() {
    let mut world = World::new();
    watch(&mut world);
    let alice = world.sign_in("alice", "a");
    let waiting = world.take(&Method::Notify);
    let mut tag = None;
    for state in [6500, 9500, 12500] {
        let publication = publish("alice", &chosen(state, ""));
        let publication = match tag.take() {
            Some(tag) => publication.with(Name::SipIfMatch, tag),
            None => publication,
        };
        tag = Some(etag(&world.ask(alice, publication)));
    }
    assert!(world.requests.is_empty());
    world.answer(&waiting, 200);
    let last = world.accept(&Method::Notify);
    assert!(last.body().contains("\"12500\""));
    assert!(world.requests.is_empty());
    let (first, second) = (waiting.request.cseq().unwrap(), last.request.cseq().unwrap());
    assert_eq!(second.number, first.number + 1);
}

#[test]
fn a_change_and_back_while_a_notify_is_under_way_tells_nothing() {
    let mut world = World::new();
    let alice = world.sign_in("alice", "a");
    watch(&mut world);
    let busy = world.ask(alice, publish("alice", &chosen(6500, "")));
    let waiting = world.take(&Method::Notify);
    let quiet = publish("alice", &chosen(9500, "")).with(Name::SipIfMatch, etag(&busy));
    let quiet = world.ask(alice, quiet);
    let busy = publish("alice", &chosen(6500, "")).with(Name::SipIfMatch, etag(&quiet));
    world.ask(alice, busy);
    world.answer(&waiting, 200);
    assert!(world.requests.is_empty(), "the watcher has this state already");
}

#[test]
fn refresh_expiry_and_end() {
    let mut world = World::new();
    let (bob, first) = watch(&mut world);
    world.advance_s(500);
    assert_eq!(world.ask(bob, in_dialog(&first, 2, 600)).status(), Some(200));
    assert_eq!(state(&world.accept(&Method::Notify)), "active;expires=600");
    assert_eq!(world.ask(bob, in_dialog(&first, 2, 600)).status(), Some(500), "not newer");
    world.advance_s(599);
    assert!(world.requests.is_empty());
    world.advance_s(2);
    let end = world.accept(&Method::Notify);
    assert_eq!(state(&end), "terminated;reason=timeout");
    assert_eq!(world.ask(bob, in_dialog(&first, 3, 600)).status(), Some(481));
    // And the end asked for.
    let (bob, first) = {
        let done = world.ask(bob, subscribe("bob", "alice", "s1", 9, 600));
        assert_eq!(done.status(), Some(200));
        (bob, world.accept(&Method::Notify))
    };
    assert_eq!(world.ask(bob, in_dialog(&first, 10, 0)).status(), Some(200));
    let end = world.accept(&Method::Notify);
    assert_eq!(state(&end), "terminated;reason=timeout");
    assert!(end.body().contains("<basic>"), "the last NOTIFY carries the state");
    world.sign_in("alice", "a");
    assert!(world.requests.is_empty());
}

#[test]
fn a_fetch_is_answered_once() {
    let mut world = World::new();
    let bob = world.sign_in("bob", "a");
    assert_eq!(world.ask(bob, subscribe("bob", "alice", "f", 1, 0)).status(), Some(200));
    let only = world.accept(&Method::Notify);
    assert_eq!(state(&only), "terminated;reason=timeout");
    assert!(only.body().contains("<basic>closed</basic>"));
    world.sign_in("alice", "a");
    assert!(world.requests.is_empty());
}

#[test]
fn a_watcher_that_is_gone_is_not_told_any_more() {
    for gone in ["481", "no answer", "closed"] {
        let mut world = World::new();
        let (bob, _) = watch(&mut world);
        let alice = world.sign_in("alice", "a");
        let notify = world.take(&Method::Notify);
        match gone {
            "481" => world.answer(&notify, 481),
            "no answer" => world.fail(&notify),
            _ => world.close(bob),
        }
        world.ask(alice, publish("alice", &chosen(9500, "")));
        assert!(world.requests.is_empty(), "{gone}");
    }
}

#[test]
fn subscriptions_that_are_refused() {
    let mut world = World::new();
    let bob = world.sign_in("bob", "a");
    let good = subscribe("bob", "alice", "s1", 1, 600);
    let mut status = |draft: sip::Draft| world.ask(bob, draft).status();
    assert_eq!(status(good.clone().replace(Name::Event, "dialog")), Some(489));
    assert_eq!(status(good.clone().replace(Name::Accept, "application/cpim-pidf+xml")), Some(406));
    assert_eq!(status(good.clone().replace(Name::Expires, "5")), Some(423));
    assert_eq!(status(good.clone().without(Name::Contact)), Some(400));
    assert_eq!(status(good.clone().to_tag("unknown")), Some(481));
    assert_eq!(status(subscribe("bob", "nobody", "s2", 1, 600)), Some(404));
    assert_eq!(status(subscribe("bob", "dave", "s2", 1, 600)), Some(404));
    assert_eq!(status(good.clone().without(Name::Accept)), Some(200));
    assert_eq!(status(subscribe("bob", "bob", "own", 1, 600)), Some(200));
}

#[test]
fn all_watchers_share_one_document() {
    let mut world = World::new();
    world.sign_in("alice", "a");
    let (bob, carol) = (world.sign_in("bob", "a"), world.sign_in("carol", "a"));
    world.ask(bob, subscribe("bob", "alice", "s1", 1, 600));
    world.ask(carol, subscribe("carol", "alice", "s2", 1, 600));
    let (first, second) = (world.accept(&Method::Notify), world.accept(&Method::Notify));
    assert_eq!(first.body(), second.body());
    assert!(first.body().contains("\"3500\""));
    world.store.read_blocking(|r| r.accounts()).unwrap();
}

#[test]
fn a_client_without_tls_watches_and_publishes_with_credentials() {
    let mut world = World::new();
    let bob = world.connect(Transport::Tcp);
    let done = world.sign_and_ask(bob, "bob", register("bob", "tcp", 600));
    assert_eq!(done.status(), Some(200));
    let done = world.sign_and_ask(bob, "bob", subscribe("bob", "alice", "s1", 1, 600));
    assert_eq!(done.status(), Some(200));
    world.accept(&Method::Notify);
    let done = world.sign_and_ask(bob, "bob", publish("bob", &pidf("")));
    assert_eq!(done.status(), Some(200));
}
