//! Who has not signed in learns of nobody whether they exist (reliability.md E2): whatever the
//! method, whether somebody is named as who asks or as who is asked for, people of ours, an account
//! without messaging and a name that nobody has are answered alike, byte for byte.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a scenario stops at the first surprise"
)]

mod world;

use sip::{Draft, Message, Method, Name, Transport};
use world::{World, aor, challenge, chosen, register, request, sign};

const METHODS: [Method; 13] = [
    Method::Register,
    Method::Options,
    Method::Message,
    Method::Subscribe,
    Method::Notify,
    Method::Publish,
    Method::Invite,
    Method::Bye,
    Method::Info,
    Method::Refer,
    Method::Update,
    Method::Prack,
    Method::Service,
];

/// Has a device and a state, has neither, has no messaging, is nobody, and what looks like one.
const NAMES: [&str; 5] = ["alice", "carol", "dave", "nobody", "nobody-at-all-of-this-name"];

fn asks(method: &Method, from: &str, to: &str) -> Draft {
    let draft = match method {
        Method::Register => register(to, "d", 600)
            .replace(Name::CallId, "e")
            .replace(Name::Contact, "<sip:x@127.0.0.1;transport=tls>"),
        _ => request(method.clone(), from, to, "e", 1)
            .with(Name::Contact, "<sip:x@127.0.0.1;transport=tls>"),
    };
    match method {
        Method::Message => draft.body("text/plain", "hi"),
        Method::Subscribe => draft.with(Name::Event, "presence").with(Name::Expires, "600"),
        Method::Publish => draft
            .with(Name::Event, "presence")
            .body("application/pidf+xml", world::pidf("").into_bytes()),
        Method::Invite => draft.body("application/sdp", "v=0\r\nm=audio 4000 RTP/AVP 0\r\n"),
        _ => draft,
    }
}

/// An answer without the words of chance, and without the name that was asked for.
fn told(answer: Option<Message>, names: &[&str]) -> String {
    let Some(answer) = answer else { return "nothing".to_owned() };
    let printed = String::from_utf8(Draft::copy_of(&answer).print().to_vec()).unwrap();
    let mut lines = vec![answer.status().unwrap().to_string()];
    for line in printed.lines() {
        let mut line = line.to_owned();
        for name in names {
            line = line.replace(&aor(name), "sip:somebody").replace(&format!("{name}-tag"), "tag");
        }
        for before in ["nonce=\"", "opaque=\""] {
            if let Some((left, rest)) = line.clone().split_once(before) {
                let (word, right) = rest.split_once('"').unwrap();
                line = format!("{left}{before}{} bytes\"{right}", word.len());
            }
        }
        // The tag of an answer.
        if let Some((left, tag)) =
            line.clone().rsplit_once(";tag=").filter(|_| line.starts_with("To:"))
        {
            line = format!("{left};tag={} bytes", tag.len());
        }
        lines.push(line);
    }
    lines.join("\n")
}

fn world() -> World {
    let mut world = World::new();
    let alice = world.sign_in("alice", "a");
    world.ask(alice, world::publish("alice", &chosen(6500, "here")));
    world
}

#[test]
fn nobody_is_told_from_anybody_by_any_method() {
    let mut wrong = Vec::new();
    for transport in [Transport::Tls, Transport::Tcp, Transport::Udp] {
        for method in &METHODS {
            for is_asking in [true, false] {
                let mut heard = Vec::new();
                for name in NAMES {
                    let mut world = world();
                    let stranger = world.connect(transport);
                    let (from, to) = if is_asking { (name, "bob") } else { ("bob", name) };
                    let transaction = world.send(stranger, asks(method, from, to));
                    let answer = world.response(transaction);
                    assert!(world.requests.is_empty(), "{method} reaches somebody");
                    heard.push(told(answer, &[from, to]));
                }
                let differs = heard.iter().position(|it| *it != heard[0]);
                if let Some(at) = differs {
                    let what = format!("{method} over {transport:?}, asking {is_asking}");
                    wrong.push(format!("{what}: {}:\n{}\n{}", NAMES[at], heard[0], heard[at]));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_wrong_password_and_a_wrong_name_are_one() {
    let heard = NAMES.map(|name| {
        let mut world = world();
        let stranger = world.connect(Transport::Tls);
        let draft = || asks(&Method::Register, name, name);
        let asked = challenge(&world.ask(stranger, draft())).unwrap();
        let guess = sign(&asked, name, "guess", 1, draft());
        let transaction = world.send(stranger, guess);
        told(world.response(transaction), &[name])
    });
    for (name, said) in NAMES.iter().zip(&heard) {
        assert_eq!(*said, heard[0], "{name}");
    }
}
