//! Whoever is blocked sees what watchers of somebody offline see, and cannot find out otherwise
//! (design.md §7; reliability.md E4): each path over SIP is gone in two worlds, in one of which
//! alice is here and has blocked bob, in the other of which she is not here. What bob hears is the
//! same.
//!
//! Other doors: the page watches and writes over SIP like any client (`agent`); documents of others
//! over XCAP are `xcap.rs`; free and busy times and IMAP do not exist here; texts and calls from
//! other organisations are `foreign.rs`, who may not watch at all.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a scenario stops at the first surprise"
)]

mod world;

use bytes::Bytes;
use im::limits::MESSAGE_BYTES_MAX;
use sip::{Draft, Flow, Message, Method, Name};
use store::directory::DirectoryRead as _;
use store::messaging::{MessagingWrite as _, XcapDocument};
use world::{World, aor, chosen, publish, register, request, subscribe, text};

/// A world, and what bob has heard in it.
struct Play {
    world: World,
    /// Whether alice is here, and has blocked bob.
    is_here: bool,
    alice: Flow,
    bob: Flow,
    carol: Flow,
    /// The answer to the SUBSCRIBE with which bob watches since before.
    watching: Message,
    heard: Vec<String>,
}

/// What of a message could tell something: not tags and branches, which are words of chance.
fn told(message: &Message) -> String {
    let start = match message.status() {
        Some(status) => status.to_string(),
        None => message.method().unwrap().to_string(),
    };
    let names = [
        Name::Expires,
        Name::MinExpires,
        Name::SubscriptionState,
        Name::Event,
        Name::ContentType,
        Name::RetryAfter,
        Name::Warning,
        Name::Allow,
        Name::Accept,
        Name::Other("ms-diagnostics"),
    ];
    let headers: Vec<_> = names.into_iter().filter_map(|name| message.header(name)).collect();
    format!("{start} {headers:?} {}", String::from_utf8_lossy(&message.body()))
}

/// Rules by which everybody sees alice but bob.
fn block_bob(world: &mut World, handling: &str) {
    let rule = |id: &str, who: &str, handling: &str| {
        format!(
            "<rule id=\"{id}\"><conditions><identity>{who}</identity></conditions><actions>\
             <pr:sub-handling>{handling}</pr:sub-handling></actions><transformations>\
             <pr:provide-all-attributes/></transformations></rule>"
        )
    };
    let bob = aor("bob");
    let body = format!(
        "<ruleset xmlns=\"urn:ietf:params:xml:ns:common-policy\" \
         xmlns:pr=\"urn:ietf:params:xml:ns:pres-rules\">{}{}</ruleset>",
        rule("all", &format!("<many><except id=\"{bob}\"/></many>"), "allow"),
        rule("bob", &format!("<one id=\"{bob}\"/>"), handling)
    );
    world.write(move |tx| {
        let users = tx.messaging_users()?;
        let account = users.iter().find(|it| it.sip_address == aor("alice")).unwrap().account;
        let (auid, name) = ("pres-rules".to_owned(), "index".to_owned());
        tx.put_xcap_document(&XcapDocument { account, auid, name, body })
    });
    world.reload();
}

impl Play {
    fn new(is_here: bool, handling: &str) -> Play {
        let mut world = World::new();
        let (bob, carol) = (world.sign_in("bob", "b"), world.sign_in("carol", "c"));
        let alice = world.sign_in("alice", "a");
        world.ask(alice, publish("alice", &chosen(6500, "here")));
        let watching = world.ask(bob, subscribe("bob", "alice", "w", 1, 600));
        assert!(world.accept(&Method::Notify).body().contains("here"));
        match is_here {
            true => block_bob(&mut world, handling),
            false => world.close(alice),
        }
        let mut play = Play { world, is_here, alice, bob, carol, watching, heard: Vec::new() };
        play.listen();
        assert!(!play.heard[0].contains("<basic>open</basic>"), "{:?}", play.heard);
        play
    }

    /// What bob is told by himself; alice is told nothing that he does.
    fn listen(&mut self) {
        while let Some(sent) = self.world.requests.pop_front() {
            if sent.flow() == Some(self.bob) {
                self.heard.push(told(&sent.request));
            } else if sent.flow() == Some(self.alice) {
                let from = sent.request.header(Name::From).unwrap_or_default();
                assert!(!from.contains("bob@"), "alice is told: {:?}", sent.request);
            }
            self.world.answer(&sent, 200);
        }
    }

    /// Bob asks, and hears the answer and what comes of it.
    fn bob(&mut self, draft: Draft) {
        let transaction = self.world.send(self.bob, draft);
        let at_once = self.world.response(transaction);
        self.heard.push(at_once.as_ref().map_or("nothing yet".to_owned(), told));
        self.listen();
    }

    /// Alice does something, where she is here.
    fn alice(&mut self, draft: Draft) {
        if self.is_here {
            self.world.ask(self.alice, draft);
        }
        self.listen();
    }

    /// A request in the dialog in which bob watches.
    fn again(&mut self, cseq: u32, expires_s: u32) {
        let target = self.watching.contacts().unwrap()[0].address().unwrap().uri.clone();
        let draft = subscribe("bob", "alice", "w", cseq, expires_s)
            .to_tag(self.watching.to_tag().unwrap())
            .to_uri(&target);
        self.bob(draft);
    }
}

fn cpim(kind: &str) -> Draft {
    let body = format!(
        "From: <{}>\r\nTo: <{}>\r\nDateTime: 2026-11-30T12:00:00Z\r\n\
         NS: imdn <urn:ietf:params:imdn>\r\nimdn.Message-ID: m1\r\n\
         imdn.Disposition-Notification: {kind}\r\n\r\n\
         Content-Type: text/plain; charset=utf-8\r\n\r\nhi",
        aor("bob"),
        aor("alice")
    );
    text("bob", "alice", "cpim", "").body("message/cpim", Bytes::from(body))
}

fn invite(id: &str, line: &str) -> Draft {
    let offer = format!("v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\n{line}\r\n");
    request(Method::Invite, "bob", "alice", id, 1)
        .with(Name::Contact, "<sip:bob@127.0.0.1;transport=tls>")
        .body("application/sdp", offer)
}

fn list() -> Draft {
    let entries = format!("<entry uri=\"{}\"/><entry uri=\"{}\"/>", aor("alice"), aor("carol"));
    let body = format!(
        "<?xml version=\"1.0\"?><resource-lists xmlns=\"urn:ietf:params:xml:ns:resource-lists\">\
         <list>{entries}</list></resource-lists>"
    );
    request(Method::Subscribe, "bob", "rls", "l", 1)
        .with(Name::Contact, "<sip:bob@127.0.0.1;transport=tls>")
        .with(Name::Event, "presence")
        .with(Name::Supported, "eventlist")
        .with(Name::Require, "recipient-list-subscribe")
        .with(Name::Expires, "600")
        .body("application/resource-lists+xml", body)
}

fn typing(state: &str) -> Draft {
    let body = format!(
        "<?xml version=\"1.0\"?><isComposing xmlns=\"urn:ietf:params:xml:ns:im-iscomposing\">\
         <state>{state}</state></isComposing>"
    );
    text("bob", "alice", "typing", "").body("application/im-iscomposing+xml", Bytes::from(body))
}

fn about_watchers() -> Draft {
    subscribe("bob", "alice", "winfo", 1, 600)
        .replace(Name::Event, "presence.winfo")
        .replace(Name::Accept, "application/watcherinfo+xml")
}

type Path = (&'static str, fn(&mut Play));

/// What bob does, and what alice does while bob watches.
const PATHS: &[Path] = &[
    ("has watched since before", |_| {}),
    ("watches anew", |play| play.bob(subscribe("bob", "alice", "w2", 1, 600))),
    ("looks once", |play| play.bob(subscribe("bob", "alice", "w2", 1, 0))),
    ("names no format", |play| {
        play.bob(subscribe("bob", "alice", "w2", 1, 600).without(Name::Accept));
    }),
    ("wants a format that there is not", |play| {
        let other = "application/cpim-pidf+xml";
        play.bob(subscribe("bob", "alice", "w2", 1, 600).replace(Name::Accept, other));
    }),
    ("refreshes", |play| play.again(2, 600)),
    ("refreshes too soon", |play| play.again(2, 5)),
    ("stops watching", |play| play.again(2, 0)),
    ("lets his time pass", |play| {
        play.world.advance_s(601);
        play.listen();
    }),
    ("watches from another device", |play| {
        let other = play.world.sign_in("bob", "other");
        let first = std::mem::replace(&mut play.bob, other);
        play.bob(subscribe("bob", "alice", "w3", 1, 600));
        play.bob = first;
    }),
    ("watches a list with her on it", |play| play.bob(list())),
    ("watches a list while she does something", |play| {
        play.bob(list());
        play.alice(publish("alice", &chosen(9500, "more")).replace(Name::CallId, "p2"));
    }),
    ("asks who watches her", |play| play.bob(about_watchers())),
    ("writes", |play| play.bob(text("bob", "alice", "t1", "hi"))),
    ("writes twice", |play| {
        play.bob(text("bob", "alice", "t1", "hi"));
        play.bob(text("bob", "alice", "t2", "hello?"));
    }),
    ("repeats a text", |play| {
        play.bob(text("bob", "alice", "t1", "hi"));
        play.bob(text("bob", "alice", "t1", "hi"));
    }),
    ("writes with an end", |play| {
        play.bob(text("bob", "alice", "t1", "hi").with(Name::Expires, "30"));
    }),
    ("writes in HTML", |play| {
        play.bob(text("bob", "alice", "t1", "").body("text/html", "<b>hi</b>"));
    }),
    ("writes too much", |play| {
        play.bob(text("bob", "alice", "t1", &"x".repeat(MESSAGE_BYTES_MAX + 1)));
    }),
    ("asks whether it was delivered", |play| play.bob(cpim("positive-delivery"))),
    ("asks whether it was not delivered", |play| play.bob(cpim("negative-delivery"))),
    ("asks whether it was read", |play| play.bob(cpim("display"))),
    ("asks whether it was kept", |play| play.bob(cpim("processing"))),
    ("writes and waits", |play| {
        play.bob(cpim("positive-delivery, display"));
        play.world.advance_s(60);
        play.listen();
    }),
    ("types", |play| play.bob(typing("active"))),
    ("types no more", |play| play.bob(typing("idle"))),
    ("calls", |play| play.bob(invite("i1", "m=audio 4000 RTP/AVP 0"))),
    ("calls with a picture", |play| play.bob(invite("i1", "m=video 4000 RTP/AVP 31"))),
    ("offers a text session", |play| play.bob(invite("i1", "m=message 5061 sip null"))),
    ("calls without an offer", |play| play.bob(invite("i1", "").without(Name::ContentType))),
    ("asks what her side understands", |play| {
        play.bob(request(Method::Options, "bob", "alice", "o1", 1));
    }),
    ("sends a REFER", |play| play.bob(request(Method::Refer, "bob", "alice", "r1", 1))),
    ("sends an INFO", |play| play.bob(request(Method::Info, "bob", "alice", "r1", 1))),
    ("publishes for her", |play| {
        play.bob(request(Method::Publish, "bob", "alice", "p9", 1).with(Name::Event, "presence"));
    }),
    ("asks for her devices", |play| {
        play.bob(register("alice", "x", 600).without(Name::Contact).without(Name::Expires));
    }),
    ("is watching when she publishes", |play| {
        play.alice(publish("alice", &chosen(9500, "quiet")).replace(Name::CallId, "p2"));
    }),
    ("is watching when she comes with another device", |play| {
        if play.is_here {
            play.world.sign_in("alice", "second");
        }
        play.listen();
    }),
    ("is watching when her device goes", |play| {
        if play.is_here {
            play.world.close(play.alice);
        }
        play.listen();
    }),
    ("is watching when she signs out", |play| {
        play.alice(register("alice", "a", 0).replace(Name::CSeq, "9 REGISTER"));
    }),
    ("is watching when her publication ends", |play| {
        for cseq in 2..6 {
            play.again(cseq, 600);
            play.world.advance_s(500);
            play.listen();
        }
    }),
    ("is watching when others write to her", |play| {
        let carol = play.carol;
        play.world.send(carol, text("carol", "alice", "c1", "hello"));
        play.listen();
    }),
    ("is watching when others watch her", |play| {
        let carol = play.carol;
        play.world.send(carol, subscribe("carol", "alice", "c2", 1, 600));
        play.listen();
    }),
    ("is watching when the server stops", |play| {
        play.world.input(im::Input::Stop);
        play.listen();
    }),
];

#[test]
fn forty_paths_and_none_tells_who_is_blocked_from_who_watches_somebody_offline() {
    let mut wrong = Vec::new();
    for (path, go) in PATHS {
        let heard = |is_here, handling| {
            let mut play = Play::new(is_here, handling);
            go(&mut play);
            play.heard
        };
        let offline = heard(false, "");
        for handling in ["block", "polite-block"] {
            let blocked = heard(true, handling);
            if blocked != offline {
                wrong.push(format!("{handling}: {path}:\n  {blocked:?}\n  {offline:?}"));
            }
        }
    }
    assert!(PATHS.len() >= 40, "{}", PATHS.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_somebody_blocked_writes_is_shown_to_nobody_and_takes_nobodys_place() {
    let mut play = Play::new(true, "block");
    play.bob(text("bob", "alice", "t1", "hi"));
    assert!(play.heard.last().unwrap().starts_with("202"), "{:?}", play.heard);
    assert_eq!(play.world.kept("alice"), 0, "it is gone as soon as she could have it");
    // Whom she has not mentioned still reaches her, and so does he when she wants him again.
    let (carol, alice) = (play.carol, play.alice);
    play.world.send(carol, text("carol", "alice", "c1", "hello"));
    assert_eq!(play.world.accept(&Method::Message).flow(), Some(alice));
    block_bob(&mut play.world, "allow");
    play.world.requests.clear();
    let bob = play.bob;
    play.world.send(bob, text("bob", "alice", "t2", "again"));
    assert_eq!(play.world.accept(&Method::Message).body(), "again");
}

#[test]
fn who_waits_for_a_decision_or_is_not_mentioned_may_write() {
    let mut play = Play::new(true, "confirm");
    let (bob, alice) = (play.bob, play.alice);
    play.world.send(bob, text("bob", "alice", "t1", "may I?"));
    assert_eq!(play.world.accept(&Method::Message).flow(), Some(alice));
}
