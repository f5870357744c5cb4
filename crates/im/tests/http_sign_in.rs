//! Who asks over HTTPS: Digest (RFC 7616) and Basic (RFC 7617) with the accounts and the throttle
//! of the SIP side.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a scenario stops at the first surprise"
)]

mod world;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use im::{HttpTry, HttpVerdict};
use sip::Transport;
use sip::auth::{Challenge, Credentials, Ha1};
use store::directory::{DirectoryRead, DirectoryWrite};
use world::{PASSWORD, World, register, sign};

const TARGET: &str = "/xcap-root/xcap-caps/global/index";

fn judge(world: &mut World, authorization: Option<String>) -> HttpVerdict {
    let it = HttpTry {
        method: "GET".to_owned(),
        target: TARGET.to_owned(),
        authorization,
        from: [203, 0, 113, 9].into(),
    };
    world.registrar.judge_http(world.now, &it)
}

fn basic(login: &str, password: &str) -> Option<String> {
    Some(format!("Basic {}", STANDARD.encode(format!("{login}:{password}"))))
}

fn challenge(world: &mut World) -> Challenge {
    let HttpVerdict::Challenge(values) = judge(world, None) else { panic!("no challenge") };
    assert!(values[1].starts_with("Basic realm=\""), "{values:?}");
    Challenge::parse(&values[0]).unwrap().unwrap()
}

fn digest(challenge: &Challenge, about: (&str, &str), count: u32) -> Option<String> {
    let ha1 = Ha1::compute(challenge.algorithm, "alice", &challenge.realm, PASSWORD);
    let answer = Credentials::answer(challenge, "alice", &ha1, about, ("cnonce", count));
    Some(answer.to_string())
}

fn is_alice(verdict: &HttpVerdict) -> bool {
    matches!(verdict, HttpVerdict::Is(user) if user.aor.user() == "alice")
}

#[test]
fn who_proves_it_is_let_in() {
    let mut world = World::new();
    let asked = challenge(&mut world);
    assert!(is_alice(&judge(&mut world, digest(&asked, ("GET", TARGET), 1))));
    // A proof is good once, for one request.
    let again = judge(&mut world, digest(&asked, ("GET", TARGET), 1));
    let HttpVerdict::Challenge(values) = again else { panic!("{again:?}") };
    assert!(values[0].contains("stale=true"), "{values:?}");
    let other = judge(&mut world, digest(&asked, ("GET", "/other"), 2));
    assert!(matches!(other, HttpVerdict::Malformed), "{other:?}");
    let put = judge(&mut world, digest(&asked, ("PUT", TARGET), 2));
    assert!(matches!(put, HttpVerdict::Challenge(_)), "{put:?}");
    for login in ["alice", "alice@litwareinc.com"] {
        assert!(is_alice(&judge(&mut world, basic(login, PASSWORD))), "{login}");
    }
    for wrong in ["Basic !", "Basic QQ==", "Basic"] {
        let verdict = judge(&mut world, Some(wrong.to_owned()));
        assert!(!is_alice(&verdict), "{wrong}");
    }
    // Dave has no messaging.
    let dave = judge(&mut world, basic("dave", PASSWORD));
    assert!(matches!(dave, HttpVerdict::NotEnabled), "{dave:?}");
}

#[test]
fn whom_the_directory_forgets_is_let_in_no_more() {
    let mut world = World::new();
    assert!(is_alice(&judge(&mut world, basic("alice", PASSWORD))));
    world.write(|tx| {
        let mut alice = tx.account_by_login("alice")?.unwrap();
        alice.enabled = false;
        tx.put_account(&alice)
    });
    world.reload();
    assert!(!is_alice(&judge(&mut world, basic("alice", PASSWORD))));
}

#[test]
fn guesses_are_counted_once_for_all_doors() {
    let mut world = World::new();
    for guess in 0..store::GUESSES_MAX {
        let verdict = judge(&mut world, basic("alice", "wrong"));
        assert!(matches!(verdict, HttpVerdict::Challenge(_)), "{guess}: {verdict:?}");
    }
    let verdict = judge(&mut world, basic("alice", PASSWORD));
    assert!(matches!(verdict, HttpVerdict::Later(_)), "{verdict:?}");
    // And over SIP.
    let flow = world.connect(Transport::Tls);
    let challenged = world.ask(flow, register("alice", "a", 600));
    let asked = world::challenge(&challenged).unwrap();
    let answered = world.ask(flow, sign(&asked, "alice", PASSWORD, 1, register("alice", "a", 600)));
    assert_eq!(answered.status(), Some(503));
}
