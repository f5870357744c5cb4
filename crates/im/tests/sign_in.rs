//! Who gets in, and as whom: Digest, bindings, limits.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a scenario stops at the first surprise"
)]

mod world;

use sip::{Method, Name, Transport};
use store::directory::{DirectoryRead, DirectoryWrite};
use world::*;

#[test]
fn a_challenge_then_a_binding() {
    let mut world = World::new();
    let flow = world.connect(Transport::Tls);
    let asked = world.ask(flow, register("alice", "a", 3600));
    assert_eq!(asked.status(), Some(401));
    let asked = challenge(&asked).unwrap();
    assert_eq!((asked.algorithm, asked.stale, asked.qop_auth), (MD5, false, true));
    let signed = sign(&asked, "alice", PASSWORD, 1, register("alice", "a", 3600));
    let done = world.ask(flow, signed.clone());
    assert_eq!(done.status(), Some(200));
    assert_eq!(done.contacts().unwrap()[0].expires_s(), Some(3600));
    // The connection is remembered: a query without credentials.
    let query = register("alice", "a", 0).without(Name::Contact).without(Name::Expires);
    let query = world.ask(flow, query);
    assert_eq!((query.status(), query.contacts().unwrap().len()), (Some(200), 1));
    // The same credentials again, elsewhere: a count that was used is stale.
    let other = world.connect(Transport::Tls);
    let again = world.ask(other, signed);
    assert!(challenge(&again).unwrap().stale);
}

#[test]
fn both_login_forms_and_the_other_hash() {
    for login in ["alice", "alice@litwareinc.com"] {
        let mut world = World::with(|config| config.digest = sip::auth::Algorithm::Sha256);
        let flow = world.connect(Transport::Tls);
        let done = world.sign_and_ask(flow, login, register("alice", "a", 3600));
        assert_eq!(done.status(), Some(200), "{login}");
    }
}

/// RFC 8760, design.md §4: one hash in each challenge.
#[test]
fn who_copes_is_asked_for_sha_256_and_who_must_has_no_other() {
    use sip::auth::Algorithm::{Md5, Sha256};
    for (weakest, agent, asked) in [
        (Md5, None, Md5),
        (Md5, Some("baresip v1.0.0 (x86_64/linux)"), Md5),
        (Md5, Some("LinphoneDaemon/5.1.65 (debian) LinphoneSDK/5.1.65"), Sha256),
        (Sha256, None, Sha256),
        (Sha256, Some("baresip v1.0.0 (x86_64/linux)"), Sha256),
    ] {
        let mut world = World::with(|config| config.digest = weakest);
        let flow = world.connect(Transport::Tls);
        let mut draft = register("alice", "a", 3600);
        if let Some(agent) = agent {
            draft = draft.with(Name::UserAgent, agent);
        }
        let answer = world.ask(flow, draft.clone());
        assert_eq!(answer.headers(Name::WwwAuthenticate).count(), 1);
        let mut challenge = challenge(&answer).unwrap();
        assert_eq!(challenge.algorithm, asked, "{agent:?}");
        // The other one, unasked: only what is at least as strong as it must be.
        challenge.algorithm = if asked == Md5 { Sha256 } else { Md5 };
        let other = sign(&challenge, "alice", PASSWORD, 1, draft.clone());
        let expected = if weakest == Sha256 { 401 } else { 200 };
        assert_eq!(world.ask(flow, other).status(), Some(expected), "{agent:?}");
        let done = world.sign_and_ask(flow, "alice", draft.replace(Name::CSeq, "9 REGISTER"));
        assert_eq!(done.status(), Some(200), "{agent:?}");
    }
}

#[test]
fn nobody_learns_who_exists() {
    let mut world = World::new();
    let mut answers = Vec::new();
    for login in ["alice", "nobody", "dave"] {
        let flow = world.connect(Transport::Tls);
        let asked = world.ask(flow, register(login, "a", 3600));
        assert_eq!(asked.status(), Some(401));
        let asked = challenge(&asked).unwrap();
        let signed = sign(&asked, login, "wrong", 1, register(login, "a", 3600));
        let answer = world.ask(flow, signed);
        answers.push((answer.status(), answer.reason().map(str::to_owned)));
    }
    assert_eq!(answers[0].0, Some(403));
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
}

#[test]
fn an_account_without_messaging_is_told_so_after_it_proved_itself() {
    let mut world = World::new();
    let flow = world.connect(Transport::Tls);
    let answer = world.sign_and_ask(flow, "dave", register("dave", "a", 3600));
    assert_eq!(answer.status(), Some(403));
    assert!(answer.reason().unwrap().contains("not enabled"), "{answer:?}");
}

#[test]
fn old_nonces_are_stale_and_forged_ones_too() {
    let mut world = World::new();
    let flow = world.connect(Transport::Tcp);
    let asked = challenge(&world.ask(flow, register("alice", "a", 3600))).unwrap();
    world.advance_s(3600);
    let late = sign(&asked, "alice", PASSWORD, 1, register("alice", "a", 3600));
    let late = challenge(&world.ask(flow, late)).unwrap();
    assert!(late.stale);
    let mut forged = late.clone();
    forged.nonce = forged.nonce.replace(['a', 'b', 'c'], "0");
    let forged = sign(&forged, "alice", PASSWORD, 1, register("alice", "a", 3600));
    assert!(challenge(&world.ask(flow, forged)).unwrap().stale);
    let right = sign(&late, "alice", PASSWORD, 1, register("alice", "a", 3600));
    assert_eq!(world.ask(flow, right).status(), Some(200));
}

#[test]
fn guessing_ends_connections_and_then_is_not_judged_any_more() {
    let mut world = World::new();
    let mut statuses = Vec::new();
    for _ in 0..3 {
        let flow = world.connect(Transport::Tls);
        for _ in 0..5 {
            let asked = challenge(&world.ask(flow, register("alice", "a", 3600)));
            let signed = sign(&asked.unwrap(), "alice", "guess", 1, register("alice", "a", 3600));
            statuses.push(world.ask(flow, signed).status().unwrap());
        }
    }
    assert_eq!(statuses.iter().filter(|status| **status == 403).count(), 10);
    assert_eq!(statuses[10..], [503; 5]);
    assert_eq!(world.closed.len(), 2);
}

#[test]
fn nobody_speaks_as_somebody_else() {
    let mut world = World::new();
    let flow = world.sign_in("alice", "a");
    for forged in [
        text("bob", "carol", "m1", "hello"),
        publish("bob", &pidf("")),
        subscribe("bob", "carol", "s1", 1, 600),
        register("bob", "a", 3600),
    ] {
        let answer = world.sign_and_ask(flow, "alice", forged);
        assert_eq!(answer.status(), Some(403), "{answer:?}");
    }
    // As herself, but for somebody else.
    let bobs = publish("bob", &pidf(""));
    let own = format!("<{}>;tag=x", aor("alice"));
    let answer = world.ask(flow, bobs.replace(Name::From, own.clone()));
    assert_eq!(answer.status(), Some(403));
    let answer = world.ask(flow, register("bob", "a", 3600).replace(Name::From, own));
    assert_eq!(answer.status(), Some(403));
    // What a client asserts must be who it is.
    let asserted = text("alice", "carol", "m2", "hello")
        .with(Name::PAssertedIdentity, format!("<{}>", aor("bob")));
    assert_eq!(world.ask(flow, asserted).status(), Some(403));
    assert!(world.requests.is_empty());
}

#[test]
fn challenges_by_role() {
    let mut world = World::new();
    let flow = world.connect(Transport::Tcp);
    let mut status = |draft| world.ask(flow, draft).status();
    assert_eq!(status(register("alice", "a", 60)), Some(401));
    assert_eq!(status(publish("alice", &pidf(""))), Some(401));
    assert_eq!(status(subscribe("alice", "bob", "s", 1, 60)), Some(401));
    assert_eq!(status(text("alice", "bob", "m", "x")), Some(407));
    assert_eq!(status(request(Method::Invite, "alice", "bob", "i", 1)), Some(407));
    // COMPAT(pidgin-sipe): Digest in a 407 only.
    let lync = register("alice", "a", 60).with(Name::MsKeepAlive, "UAC;hop-hop=yes");
    assert_eq!(status(lync), Some(407));
}

#[test]
fn without_tls_every_request_is_challenged_or_refused_by_setting() {
    let mut world = World::new();
    let flow = world.connect(Transport::Tcp);
    let done = world.sign_and_ask(flow, "alice", register("alice", "a", 3600));
    assert_eq!(done.status(), Some(200));
    assert_eq!(world.ask(flow, text("alice", "bob", "m", "x")).status(), Some(407));
    let mut strict = World::with(|config| config.cleartext_sign_in = false);
    let flow = strict.connect(Transport::Tcp);
    assert_eq!(strict.ask(flow, register("alice", "a", 3600)).status(), Some(403));
}

#[test]
fn bindings_come_and_go() {
    let mut world = World::new();
    let first = world.sign_in("alice", "a");
    let second = world.sign_in("alice", "b");
    let query = register("alice", "q", 0).without(Name::Contact);
    let count = |world: &mut World, flow| world.ask(flow, query.clone()).contacts().unwrap().len();
    assert_eq!(count(&mut world, first), 2);
    world.close(second);
    assert_eq!(count(&mut world, first), 1);
    let brief = register("alice", "a", 10).replace(Name::CSeq, "2 REGISTER");
    let brief = world.ask(first, brief);
    assert_eq!((brief.status(), brief.header(Name::MinExpires)), (Some(423), Some("60")));
    let late = register("alice", "a", 600);
    assert_eq!(world.ask(first, late).status(), Some(500), "the same CSeq again");
    world.advance_s(3601);
    assert_eq!(count(&mut world, first), 0);
    world.ask(first, register("alice", "a", 600).replace(Name::CSeq, "3 REGISTER"));
    let star =
        register("alice", "a", 0).replace(Name::Contact, "*").replace(Name::CSeq, "4 REGISTER");
    let star = world.ask(first, star);
    assert_eq!((star.status(), star.contacts().unwrap().len()), (Some(200), 0));
}

#[test]
fn keep_alive_and_outbound_are_answered() {
    let mut world = World::new();
    let flow = world.connect(Transport::Tls);
    let contact = "<sip:alice@127.0.0.1>;+sip.instance=\"<urn:uuid:1>\";reg-id=1";
    let register = register("alice", "a", 600)
        .replace(Name::Contact, contact)
        .with(Name::Supported, "path, outbound")
        .with(Name::MsKeepAlive, "UAC;hop-hop=yes");
    let done = world.sign_and_ask(flow, "alice", register);
    assert_eq!(done.status(), Some(200));
    assert!(done.header(Name::MsKeepAlive).unwrap().contains("timeout=300"));
    assert_eq!(done.header(Name::Require), Some("outbound"));
    assert_eq!(done.header(Name::Expires), Some("600"));
    assert_eq!(done.contacts().unwrap()[0].instance().as_deref(), Some("urn:uuid:1"));
    assert_eq!(done.header(Name::AllowEvents), Some("presence,presence.winfo"));
}

#[test]
fn another_password_ends_what_the_old_one_opened() {
    let mut world = World::new();
    let flow = world.sign_in("alice", "a");
    let bobs = world.sign_in("bob", "a");
    world.write(|tx| {
        let account = tx.account_by_login("alice")?.unwrap();
        tx.set_password(account.id, "another")
    });
    world.reload();
    let closed: Vec<_> = world.closed.iter().map(|(flow, _)| *flow).collect();
    assert_eq!(closed, [flow]);
    let asked = world.ask(flow, text("alice", "bob", "m", "still me"));
    assert_eq!(asked.status(), Some(407));
    assert_eq!(world.ask(bobs, register("bob", "q", 60)).status(), Some(200));
}

#[test]
fn a_disabled_user_is_gone_at_once() {
    let mut world = World::new();
    let alice = world.sign_in("alice", "a");
    let bob = world.sign_in("bob", "a");
    world.ask(bob, subscribe("bob", "alice", "s1", 1, 600));
    world.accept(&Method::Notify);
    world.ask(alice, subscribe("alice", "bob", "s2", 1, 600));
    world.accept(&Method::Notify);
    world.write(|tx| {
        let mut account = tx.account_by_login("alice")?.unwrap();
        account.enabled = false;
        tx.put_account(&account)
    });
    world.reload();
    let mut ends: Vec<String> = std::iter::from_fn(|| world.requests.pop_front())
        .filter_map(|sent| sent.request.header(Name::SubscriptionState).map(str::to_owned))
        .filter(|state| state.starts_with("terminated"))
        .collect();
    ends.sort();
    assert_eq!(ends, ["terminated;reason=noresource", "terminated;reason=rejected"]);
    assert_eq!(world.ask(bob, text("bob", "alice", "m", "there?")).status(), Some(404));
    assert!(world.closed.iter().any(|(flow, _)| *flow == alice));
}

#[test]
fn what_is_not_done_here_is_said() {
    let mut world = World::new();
    let flow = world.sign_in("alice", "a");
    let mut ask = |draft| world.ask(flow, draft);
    let info = ask(request(Method::Info, "alice", "bob", "i", 1));
    assert_eq!(info.status(), Some(405));
    assert!(info.header(Name::Allow).unwrap().contains("MESSAGE"));
    let bye = request(Method::Bye, "alice", "bob", "i", 1).to_tag("t");
    assert_eq!(ask(bye).status(), Some(481));
    let sdp = "v=0\r\nm=message 5061 TCP/MSRP *\r\n";
    let invite = request(Method::Invite, "alice", "bob", "v", 1).body("application/sdp", sdp);
    let invite = ask(invite);
    assert_eq!(invite.status(), Some(488));
    assert!(invite.header(Name::Warning).is_some());
    let unknown = request(Method::Invite, "alice", "ocschat", "v2", 1);
    assert_eq!(ask(unknown).status(), Some(404));
    let options = ask(request(Method::Options, "alice", "bob", "o", 1));
    assert_eq!(options.status(), Some(200));
    let demanding = text("alice", "bob", "m", "x").with(Name::Require, "100rel, outbound");
    let demanding = ask(demanding);
    assert_eq!(demanding.header(Name::Unsupported), Some("100rel"));
    let spent = text("alice", "bob", "m", "x").replace(Name::MaxForwards, "0");
    assert_eq!(ask(spent).status(), Some(483));
    let foreign = text("alice", "bob", "m", "x").to_uri(&"sip:bob@example.org".parse().unwrap());
    assert_eq!(ask(foreign).status(), Some(404));
    let tel = text("alice", "bob", "m", "x").to_uri(&"tel:+15550100".parse().unwrap());
    assert_eq!(ask(tel).status(), Some(416));
}
