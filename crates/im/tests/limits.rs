//! Bounds of `limits.rs` that the other tests do not reach, reached: just under it all is well, and
//! just over it somebody is told. docs/admin/limits.md has the whole table.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a scenario stops at the first surprise"
)]

mod world;

use im::Writing;
use im::limits::{
    ABSENT_MESSAGES_PER_USER_MAX, ANSWERED_CALL_MS, APPLICATION_RETURN_MS, CLIENT_REQUESTS_BURST,
    CLIENT_REQUESTS_PER_S, DELIVERIES_PER_USER_MAX, DELIVERY_WAIT_MS, LIST_MEMBERS_MAX,
    MAX_FORWARDS, MESSAGE_BYTES_MAX, NONCE_LIFETIME_MS, NOTE_CHARS_MAX, PATH_MAX, PIDF_BYTES_MAX,
    PUBLICATION_DEFAULT_S, PUBLICATION_MAX_S, PUBLICATION_MIN_S, REGISTRATION_DEFAULT_S,
    REGISTRATION_MAX_S, REGISTRATION_MIN_S, REPETITION_MEMORY_MAX, REPETITION_MEMORY_MS,
    REPETITIONS_MAX, RETRY_AFTER_S, SIGN_INS_PER_CONNECTION_MAX, SUBSCRIPTION_DEFAULT_S,
    SUBSCRIPTION_MAX_S, SUBSCRIPTION_MIN_S, WRONG_CREDENTIALS_PER_CONNECTION_MAX,
};
use sip::{Draft, Message, Method, Name, Transport};
use world::{
    OWA, PASSWORD, World, aor, challenge, pidf, publish, register, register_owa, request, sign,
    subscribe, text,
};

/// People may write as fast as they can: other bounds are looked at here.
fn world() -> World {
    World::with(|config| config.writing = Writing::unbounded())
}

fn s(ms: u64) -> u64 {
    ms / 1000
}

fn granted(answer: &Message) -> Option<u32> {
    answer.number(Name::Expires)
}

/// What is asked for, what is granted; none: refused with the minimum.
fn times(default_s: u32, min_s: u32, max_s: u32) -> [(Option<u32>, Option<u32>); 4] {
    [
        (None, Some(default_s)),
        (Some(min_s), Some(min_s)),
        (Some(min_s - 1), None),
        (Some(max_s + 1), Some(max_s)),
    ]
}

fn with_expires(draft: Draft, expires_s: Option<u32>) -> Draft {
    match expires_s {
        Some(expires_s) => draft.replace(Name::Expires, expires_s.to_string()),
        None => draft.without(Name::Expires),
    }
}

#[test]
fn how_long_registrations_publications_and_subscriptions_live() {
    let refused = |answer: &Message, min_s: u32| {
        assert_eq!((answer.status(), answer.number(Name::MinExpires)), (Some(423), Some(min_s)));
    };
    let mut world = world();
    let alice = world.sign_in("alice", "a");
    let cases = times(REGISTRATION_DEFAULT_S, REGISTRATION_MIN_S, REGISTRATION_MAX_S);
    for (number, (asked, expected)) in cases.into_iter().enumerate() {
        let draft = with_expires(register("alice", "a", 1), asked);
        let draft = draft.replace(Name::CSeq, format!("{} REGISTER", number + 2));
        let answer = world.ask(alice, draft);
        match expected {
            None => refused(&answer, REGISTRATION_MIN_S),
            Some(expected_s) => {
                let contacts = answer.contacts().unwrap();
                let expires_s = contacts[0].address().unwrap().params.get("expires").unwrap();
                assert_eq!(expires_s, expected_s.to_string(), "{asked:?}");
            }
        }
    }
    for (asked, expected) in times(PUBLICATION_DEFAULT_S, PUBLICATION_MIN_S, PUBLICATION_MAX_S) {
        let answer = world.ask(alice, with_expires(publish("alice", &pidf("")), asked));
        match expected {
            None => refused(&answer, PUBLICATION_MIN_S),
            expected => assert_eq!(granted(&answer), expected, "{asked:?}"),
        }
    }
    let cases = times(SUBSCRIPTION_DEFAULT_S, SUBSCRIPTION_MIN_S, SUBSCRIPTION_MAX_S);
    for (number, (asked, expected)) in cases.into_iter().enumerate() {
        let ask = subscribe("alice", "bob", &format!("s{number}"), 1, 1);
        let answer = world.ask(alice, with_expires(ask, asked));
        match expected {
            None => refused(&answer, SUBSCRIPTION_MIN_S),
            expected => assert_eq!(granted(&answer), expected, "{asked:?}"),
        }
    }
}

#[test]
fn how_many_proxies_are_on_the_way() {
    let mut world = world();
    let alice = world.sign_in("alice", "a");
    for (count, status) in [(PATH_MAX, 200), (PATH_MAX + 1, 400)] {
        let path = vec!["<sip:p.x.test;lr>"; count].join(", ");
        let draft = register("alice", "path", 3600)
            .with(Name::Supported, "path")
            .with(Name::Path, path)
            .replace(Name::CSeq, format!("{count} REGISTER"));
        assert_eq!(world.ask(alice, draft).status(), Some(status), "{count}");
    }
}

#[test]
fn how_long_texts_and_documents_are() {
    let mut world = world();
    let alice = world.sign_in("alice", "a");
    for (bytes, status) in [(MESSAGE_BYTES_MAX, 202), (MESSAGE_BYTES_MAX + 1, 413)] {
        let long = text("alice", "bob", &format!("m{bytes}"), &"x".repeat(bytes));
        assert_eq!(world.ask(alice, long).status(), Some(status), "{bytes}");
    }
    let empty = pidf("<dm:note></dm:note>").len();
    for (bytes, status) in [(PIDF_BYTES_MAX, 200), (PIDF_BYTES_MAX + 1, 413)] {
        let long = pidf(&format!("<dm:note>{}</dm:note>", "x".repeat(bytes - empty)));
        assert_eq!(long.len(), bytes);
        assert_eq!(world.ask(alice, publish("alice", &long)).status(), Some(status), "{bytes}");
    }
    world.ask(alice, subscribe("alice", "alice", "s", 1, 600));
    let seen = world.accept(&Method::Notify).body();
    let longest = seen.split(|c| c != 'x').map(str::len).max();
    assert_eq!(longest, Some(NOTE_CHARS_MAX), "a note is cut");
    let list = |count: usize| {
        let entries: String =
            (0..count).map(|n| format!("<entry uri=\"sip:u{n}@litwareinc.com\"/>")).collect();
        let list = format!(
            "<resource-lists xmlns=\"urn:ietf:params:xml:ns:resource-lists\"><list>{entries}\
             </list></resource-lists>"
        );
        subscribe("alice", "alice", &format!("l{count}"), 1, 600)
            .with(Name::Supported, "eventlist, recipient-list-subscribe")
            .with(Name::Require, "recipient-list-subscribe")
            .replace(Name::Accept, "application/rlmi+xml, multipart/related, application/pidf+xml")
            .body("application/resource-lists+xml", list)
    };
    for (count, status) in [(LIST_MEMBERS_MAX, 200), (LIST_MEMBERS_MAX + 1, 413)] {
        let answer = world.ask(alice, list(count));
        assert_eq!(answer.status(), Some(status), "{count}: {answer:?}");
    }
}

#[test]
fn how_many_texts_are_kept_for_somebody_absent() {
    let mut world = world();
    let alice = world.sign_in("alice", "a");
    for number in 0..ABSENT_MESSAGES_PER_USER_MAX {
        let answer = world.ask(alice, text("alice", "bob", &format!("m{number}"), "hello"));
        assert_eq!(answer.status(), Some(202), "{number}");
    }
    let more = world.ask(alice, text("alice", "bob", "more", "hello"));
    assert!(more.status() >= Some(400), "{more:?}");
    assert_eq!(world.kept("bob"), ABSENT_MESSAGES_PER_USER_MAX);
    // It is Bob's shelf that is full.
    assert_eq!(world.ask(alice, text("alice", "carol", "c", "hello")).status(), Some(202));
}

#[test]
fn how_many_texts_are_on_their_way_and_how_long() {
    let mut world = world();
    // The budget of one connection is smaller.
    let page = world.connect_owa();
    world.ask(page, register_owa("alice", 1));
    world.sign_in("bob", "frozen");
    let mut asked = Vec::new();
    for number in 0..DELIVERIES_PER_USER_MAX {
        asked.push(world.send(page, text("alice", "bob", &format!("m{number}"), "hello")));
    }
    let more = world.ask(page, text("alice", "bob", "more", "hello"));
    assert_eq!((more.status(), more.number(Name::RetryAfter)), (Some(503), Some(RETRY_AFTER_S)));
    // Repetitions of one are answered with it, so many of them.
    for number in 0..REPETITIONS_MAX {
        let again = world.send(page, text("alice", "bob", "m0", "hello"));
        let is_more = number + 1 == REPETITIONS_MAX;
        let status = world.response(again).and_then(|answer| answer.status());
        assert_eq!(status, is_more.then_some(503), "{number}");
    }
    world.advance_s(s(DELIVERY_WAIT_MS) - 1);
    assert!(world.response(asked[0]).is_none());
    world.advance_s(2);
    assert_eq!(world.response(asked[0]).unwrap().status(), Some(202));
}

#[test]
fn how_long_an_answer_is_remembered() {
    let mut world = world();
    let alice = world.sign_in("alice", "a");
    world.sign_in("bob", "a");
    let say = |world: &mut World, id: &str| {
        let asked = world.send(alice, text("alice", "bob", id, "hello"));
        let is_shown = !world.requests.is_empty();
        if is_shown {
            world.accept(&Method::Message);
        }
        assert_eq!(world.response(asked).unwrap().status(), Some(200));
        is_shown
    };
    assert!(say(&mut world, "m0") && !say(&mut world, "m0"));
    world.advance_s(s(REPETITION_MEMORY_MS) - 1);
    assert!(!say(&mut world, "m0"));
    world.advance_s(1);
    assert!(say(&mut world, "m0"), "forgotten");
    for number in 1..=REPETITION_MEMORY_MAX {
        assert!(say(&mut world, &format!("m{number}")));
    }
    assert!(say(&mut world, "m0"), "others have come since");
    assert!(!say(&mut world, &format!("m{REPETITION_MEMORY_MAX}")));
}

#[test]
fn how_credentials_are_judged() {
    let mut world = world();
    let flow = world.connect(Transport::Tcp);
    let draft = || register("alice", "a", 3600);
    let asked = challenge(&world.ask(flow, draft())).unwrap();
    world.advance_s(s(NONCE_LIFETIME_MS));
    let good = world.ask(flow, sign(&asked, "alice", PASSWORD, 1, draft()));
    assert_eq!(good.status(), Some(200));
    world.advance_s(1);
    let late = world.ask(flow, sign(&asked, "alice", PASSWORD, 2, draft()));
    assert!(challenge(&late).unwrap().stale);
    let thief = world.connect(Transport::Tls);
    let asked = challenge(&world.ask(thief, draft())).unwrap();
    for number in 1..=WRONG_CREDENTIALS_PER_CONNECTION_MAX {
        let wrong = world.ask(thief, sign(&asked, "alice", "guess", number, draft()));
        assert_eq!(wrong.status(), Some(403));
        let is_last = number == WRONG_CREDENTIALS_PER_CONNECTION_MAX;
        assert_eq!(world.closed.iter().any(|(flow, _)| *flow == thief), is_last, "{number}");
    }
    // Three people on one connection are remembered; there may be more.
    const { assert!(SIGN_INS_PER_CONNECTION_MAX >= 3) };
    let family = world.connect(Transport::Tls);
    for user in ["alice", "bob", "carol"] {
        let answer = world.sign_and_ask(family, user, register(user, "family", 3600));
        assert_eq!(answer.status(), Some(200));
    }
    for user in ["alice", "bob", "carol"] {
        let again = register(user, "family", 3600).replace(Name::CSeq, "9 REGISTER");
        assert_eq!(world.ask(family, again).status(), Some(200), "{user}");
    }
}

#[test]
fn how_fast_one_connection_asks() {
    let mut world = world();
    let flow = world.connect(Transport::Tls);
    let options = || request(Method::Options, "alice", "bob", "o", 1);
    let ask = |world: &mut World, count: u64| {
        let mut good = 0;
        for _ in 0..count {
            let answer = world.ask(flow, options());
            good += u64::from(answer.status() == Some(200));
            let later = (answer.status() == Some(503)).then_some(RETRY_AFTER_S);
            assert_eq!(answer.number(Name::RetryAfter), later);
        }
        good
    };
    assert_eq!(ask(&mut world, CLIENT_REQUESTS_BURST + 10), CLIENT_REQUESTS_BURST);
    world.advance_s(1);
    assert_eq!(ask(&mut world, CLIENT_REQUESTS_PER_S + 10), CLIENT_REQUESTS_PER_S);
}

#[test]
fn how_long_calls_and_applications_are_remembered() {
    let mut world = world();
    let alice = world.sign_in("alice", "a");
    world.sign_in("bob", "a");
    let call = request(Method::Invite, "alice", "bob", "c", 1)
        .with(Name::Contact, "<sip:alice@192.0.2.1>")
        .replace(Name::MaxForwards, "255")
        .body("application/sdp", "v=0\r\nm=audio 4000 RTP/AVP 0\r\n");
    world.send(alice, call);
    let sent = world.take(&Method::Invite);
    assert_eq!(sent.request.number(Name::MaxForwards), Some(MAX_FORWARDS - 1));
    let answer = Draft::response(&sent.request, 200)
        .with_first(Name::Via, "SIP/2.0/TLS us;branch=z9hG4bKus")
        .with(Name::Contact, "<sip:bob@127.0.0.1>");
    world.answer_with(&sent, answer);
    world.advance_s(s(ANSWERED_CALL_MS) - 1);
    assert_eq!(world.registrar.totals().calls, 1);
    world.advance_s(2);
    assert_eq!(world.registrar.totals().calls, 0);
    // An application that came back and signs nobody in.
    let page = world.connect_owa();
    world.ask(page, register_owa("carol", 1));
    world.close(page);
    let probes: Vec<_> = world.requests.drain(..).collect();
    probes.iter().for_each(|probe| world.answer(probe, 200));
    let again = world.connect_with(OWA, &[OWA]);
    let options = request(Method::Options, "alice", "bob", "o", 1);
    assert_eq!(world.ask(again, options).status(), Some(200));
    let users = world.registrar.totals().users;
    world.advance_s(s(APPLICATION_RETURN_MS) - 1);
    assert_eq!(world.registrar.totals().users, users);
    world.advance_s(2);
    assert_eq!(world.registrar.totals().users, users - 1, "{} is gone", aor("carol"));
}
