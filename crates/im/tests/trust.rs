//! Servers that may speak for users: who is believed, what is said to the others, and what
//! happens when that changes.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a scenario stops at the first surprise"
)]

mod world;

use sip::{Diagnostics, Method, Name, Route, Transport};
use store::messaging::TrustedApplicationPool;
use world::*;

fn options() -> sip::Draft {
    let from = format!("<sip:{OWA}>;tag=o");
    request(Method::Options, "alice", "alice", "options", 1).replace(Name::From, from)
}

#[test]
fn a_known_server_speaks_for_every_enabled_user() {
    let mut world = World::new();
    let flow = world.connect_owa();
    assert_eq!(world.ask(flow, options()).status(), Some(200));
    for user in ["alice", "bob"] {
        let done = world.ask(flow, register_owa(user, 1));
        assert_eq!(done.status(), Some(200));
    }
    assert_eq!(world.ask(flow, publish("alice", &chosen(6500, "x"))).status(), Some(200));
    // Its user gets texts over the same connection, at the Contact the agent gave.
    let carol = world.sign_in("carol", "a");
    let sent = world.send(carol, text("carol", "alice", "m1", "hello"));
    let message = world.accept(&Method::Message);
    assert_eq!(message.flow(), Some(flow));
    let to = message.request.request_uri_text().unwrap();
    assert_eq!(to, format!("sip:alice@{OWA}:{OWA_PORT};transport=tls"));
    assert_eq!(world.response(sent).unwrap().status(), Some(200));
    assert!(world.traces.is_empty());
}

#[test]
fn it_may_not_assert_strangers_or_two_identities() {
    let mut world = World::new();
    let flow = world.connect_owa();
    for user in ["dave", "nobody"] {
        let answer = world.ask(flow, register_owa(user, 1));
        assert_eq!(answer.status(), Some(403));
        assert_eq!(Diagnostics::of(&answer).unwrap().id, 70_502);
    }
    let two = register_owa("alice", 1).with(Name::PAssertedIdentity, format!("<{}>", aor("bob")));
    let answer = world.ask(flow, two);
    assert_eq!(answer.status(), Some(403));
    assert_eq!(Diagnostics::of(&answer).unwrap().id, 70_501);
    let same =
        register_owa("alice", 1).with(Name::PAssertedIdentity, format!("<{}>", aor("alice")));
    assert_eq!(world.ask(flow, same).status(), Some(200));
    assert!(world.closed.is_empty(), "a wrong request is not a wrong peer");
}

#[test]
fn a_wrong_peer_is_refused_whatever_it_asks_with_its_own_reason() {
    let peers: [(&str, &[&str], u32); 4] = [
        ("atl-owa-001.litwareinc.com", &["mail.litwareinc.com"], 70_204),
        ("*.litwareinc.com", &["*.litwareinc.com"], 70_203),
        ("atl-owa-002.litwareinc.com", &["atl-owa-002.litwareinc.com"], 70_301),
        ("10.0.0.1", &["10.0.0.1"], 70_203),
    ];
    for (common_name, dns_names, code) in peers {
        for request in
            [options(), register_owa("alice", 1), request(Method::Info, "a", "b", "i", 1)]
        {
            let mut world = World::new();
            let flow = world.connect_with(common_name, dns_names);
            let answer = world.ask(flow, request.clone());
            assert_eq!(answer.status(), Some(403));
            let diagnostics = Diagnostics::of(&answer).unwrap();
            assert_eq!(diagnostics.id, code, "{common_name}");
            assert_eq!(diagnostics.source.as_deref(), Some(POOL));
            assert_eq!(world.closed.len(), 1);
            assert_eq!(world.traces.len(), 1);
            // What it sent before it noticed changes nothing and says nothing new.
            assert_eq!(world.ask(flow, request).status(), Some(403));
            assert_eq!((world.closed.len(), world.traces.len()), (1, 1));
        }
    }
}

#[test]
fn a_peer_with_a_certificate_is_never_demoted_to_client() {
    let mut world = World::new();
    let flow = world.connect_with("atl-owa-002.litwareinc.com", &["atl-owa-002.litwareinc.com"]);
    let answer = world.sign_and_ask(flow, "alice", register("alice", "a", 600));
    assert_eq!(answer.status(), Some(403));
}

#[test]
fn removal_ends_live_connections() {
    let mut world = World::new();
    let flow = world.connect_owa();
    world.ask(flow, register_owa("alice", 1));
    let carol = world.sign_in("carol", "a");
    world.ask(carol, subscribe("carol", "alice", "s1", 1, 600));
    world.accept(&Method::Notify);
    world.write(|tx| put_topology(tx, |topology| topology.trusted_pools.clear()));
    world.reload();
    assert_eq!(world.closed.len(), 1);
    assert_eq!(world.closed[0].0, flow);
    assert_eq!(world.traces.len(), 1);
    assert!(world.logs.contains(&14495), "{:?}", world.logs);
    // The stack reports the end of the connection; nobody dials what may not speak.
    world.close(flow);
    assert!(world.requests.iter().all(|sent| matches!(sent.route, Route::Flow(_))));
    let sent = world.send(carol, text("carol", "alice", "m1", "there?"));
    assert_eq!(world.response(sent).unwrap().status(), Some(202));
}

#[test]
fn a_second_source_ends_live_connections_too() {
    let mut world = World::new();
    let flow = world.connect_owa();
    assert_eq!(world.ask(flow, options()).status(), Some(200));
    world.write(|tx| {
        put_topology(tx, |topology| {
            topology.trusted_pools.push(TrustedApplicationPool {
                fqdn: "other.litwareinc.com".to_owned(),
                computers: vec![OWA.to_owned()],
                ..TrustedApplicationPool::default()
            });
        })
    });
    world.reload();
    assert_eq!(world.closed.len(), 1);
    let answer = world.ask(flow, options());
    assert_eq!(Diagnostics::of(&answer).unwrap().id, 70_302);
}

#[test]
fn an_application_that_is_not_treated_as_authenticated_is_challenged() {
    let mut world = World::new();
    world.write(|tx| {
        put_topology(tx, |topology| {
            for pool in &mut topology.trusted_pools {
                pool.treat_as_authenticated = false;
            }
        })
    });
    world.reload();
    let flow = world.connect_owa();
    assert_eq!(world.ask(flow, options()).status(), Some(200));
    assert_eq!(world.ask(flow, register_owa("alice", 1)).status(), Some(401));
    let done = world.sign_and_ask(flow, "alice", register_owa("alice", 1));
    assert_eq!(done.status(), Some(200));
    assert_eq!(world.sign_and_ask(flow, "alice", register_owa("bob", 1)).status(), Some(403));
}

#[test]
fn users_of_an_application_are_reached_by_dialling_it() {
    let mut world = World::new();
    let flow = world.connect_owa();
    world.ask(flow, register_owa("alice", 1));
    world.ask(flow, publish("alice", &chosen(3500, "")));
    let carol = world.sign_in("carol", "a");
    world.close(flow);
    // Is the application still there?
    let probe = world.take(&Method::Options);
    let Route::Target { target, identity, expect_name } = &probe.route else {
        panic!("{:?}", probe.route);
    };
    assert_eq!((target.host.as_str(), target.port), (OWA, OWA_PORT));
    assert_eq!(target.transport, Transport::Tls);
    assert_eq!(identity.0, "fe1.litwareinc.com");
    assert_eq!(expect_name, OWA);
    world.answer(&probe, 200);
    let sent = world.send(carol, text("carol", "alice", "m1", "hello"));
    let message = world.take(&Method::Message);
    assert!(matches!(message.route, Route::Target { .. }));
    world.answer(&message, 200);
    assert_eq!(world.response(sent).unwrap().status(), Some(200));
}

#[test]
fn a_text_whose_connection_closes_under_it_goes_by_dialling() {
    let mut world = World::new();
    let flow = world.connect_owa();
    world.ask(flow, register_owa("alice", 1));
    let carol = world.sign_in("carol", "a");
    let sent = world.send(carol, text("carol", "alice", "m1", "hello"));
    let first = world.take(&Method::Message);
    assert!(matches!(first.route, Route::Flow(_)));
    world.close(flow);
    world.fail(&first);
    let probe = world.take(&Method::Options);
    world.answer(&probe, 200);
    let again = world.take(&Method::Message);
    assert!(matches!(again.route, Route::Target { .. }));
    assert_eq!(again.request.header(Name::CallId), first.request.header(Name::CallId));
    world.answer(&again, 200);
    assert_eq!(world.response(sent).unwrap().status(), Some(200));
    // A second failure is one: it is kept.
    let sent = world.send(carol, text("carol", "alice", "m2", "hello"));
    let dialled = world.take(&Method::Message);
    world.fail(&dialled);
    assert_eq!(world.response(sent).unwrap().status(), Some(202));
}

#[test]
fn users_of_an_application_that_died_are_offline() {
    let mut world = World::new();
    let flow = world.connect_owa();
    world.ask(flow, register_owa("alice", 1));
    world.ask(flow, publish("alice", &chosen(3500, "")));
    let carol = world.sign_in("carol", "a");
    world.ask(carol, subscribe("carol", "alice", "s1", 1, 600));
    assert!(world.accept(&Method::Notify).body().contains("aggregate=\"3500\""));
    world.close(flow);
    let probe = world.take(&Method::Options);
    world.fail(&probe);
    let notify = world.accept(&Method::Notify);
    assert!(notify.body().contains("<basic>closed</basic>"), "{}", notify.body());
    let sent = world.send(carol, text("carol", "alice", "m1", "there?"));
    assert_eq!(world.response(sent).unwrap().status(), Some(202));
}

#[test]
fn whom_a_restarted_application_has_forgotten_is_offline_after_a_while() {
    let mut world = World::new();
    let flow = world.connect_owa();
    for user in ["alice", "bob"] {
        world.ask(flow, register_owa(user, 1));
        world.ask(flow, publish(user, &chosen(6500, "")));
    }
    let carol = world.sign_in("carol", "a");
    world.ask(carol, subscribe("carol", "alice", "s1", 1, 600));
    world.accept(&Method::Notify);
    world.ask(carol, subscribe("carol", "bob", "s2", 1, 600));
    world.accept(&Method::Notify);
    world.close(flow);
    let probes: Vec<_> = world.requests.drain(..).collect();
    probes.iter().for_each(|probe| world.answer(probe, 200));
    // It comes back, and only bob's page does.
    let again = world.connect_owa();
    assert_eq!(world.ask(again, options()).status(), Some(200));
    world.ask(again, register_owa("bob", 2));
    world.ask(again, publish("bob", &pidf("")));
    let notify = world.accept(&Method::Notify);
    assert!(notify.body().contains("\"3500\""), "the choice of before the restart is over");
    world.advance_s(59);
    assert!(world.requests.is_empty());
    world.advance_s(2);
    let notify = world.accept(&Method::Notify);
    assert!(notify.body().contains(&format!("entity=\"{}\"", aor("alice"))));
    assert!(notify.body().contains("\"18500\""));
    assert!(world.requests.is_empty());
}

#[test]
fn an_application_that_is_removed_is_not_dialled_any_more() {
    let mut world = World::new();
    let flow = world.connect_owa();
    world.ask(flow, register_owa("alice", 1));
    world.close(flow);
    let probe = world.take(&Method::Options);
    world.answer(&probe, 200);
    world.write(|tx| put_topology(tx, |topology| topology.trusted_pools.clear()));
    world.reload();
    let carol = world.sign_in("carol", "a");
    let sent = world.send(carol, text("carol", "alice", "m1", "there?"));
    assert_eq!(world.response(sent).unwrap().status(), Some(202));
}

/// RFC 5923 §7.2, §8.
#[test]
fn a_connection_is_used_the_other_way_round_for_the_place_it_proves() {
    for (by, expected) in [
        (format!("{OWA}:{OWA_PORT};alias"), true),
        (format!("{OWA}:{OWA_PORT}"), false),
        (format!("{OWA}:{};alias", OWA_PORT + 1), false),
        (format!("{OWA};alias"), false),
        (format!("{POOL}:{OWA_PORT};alias"), false),
        (format!("127.0.0.1:{OWA_PORT};alias"), false),
    ] {
        let mut world = World::new();
        let flow = world.connect_owa();
        let asked = world.send_by(&by, flow, options());
        assert_eq!(world.response(asked).unwrap().status(), Some(200));
        let expected = expected.then(|| (flow, OWA.to_owned(), OWA_PORT));
        assert_eq!(world.aliases, Vec::from_iter(expected), "{by}");
        world.send_by(&by, flow, options());
        assert!(world.aliases.len() < 2, "once");
    }
    let mut world = World::new();
    let client = world.connect(sip::Transport::Tls);
    world.send_by(&format!("{OWA}:{OWA_PORT};alias"), client, options());
    assert!(world.aliases.is_empty(), "a client proves nothing");
}
