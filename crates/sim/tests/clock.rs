//! Link 6 of design.md §6 broken by time itself: certificates run out, or are not valid yet, under
//! a running node whose clock moves. Everything else about it is as everywhere: real TLS, a page.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "the whole program is a test"
)]

#[allow(dead_code, unreachable_pub, missing_docs, reason = "shared by several test programs")]
mod links_world;

use im::authority::Authority;
use im::certificate::{Contents, Usage, Validity};
use links_world::{KEN, World};
use node::clock::Clock;
use rustls::AlertDescription;
use serde_json::Value;
use shell::organisation::{MAILBOX_SERVER, POOL};
use sim::page::Page;
use sim::peer::{Heard, Peer, Shown, Tls, request};
use sim::served::eventually;
use store::Secret;
use store::directory::{Certificate, CertificateStore, DirectoryWrite as _, EventLevel};
use store::messaging::{MessagingRead as _, MessagingWrite as _, TrustedApplicationPool};

const MINUTE_MS: i64 = 60_000;
/// A trusted application beside the web app.
const BOT: &str = "bots.litwareinc.com";

/// Valid from so long before now until so long after it.
fn around_now(before_ms: i64, after_ms: i64) -> Validity {
    let now_ms = Clock::wall_ms();
    Validity { not_before_ms: now_ms - before_ms, not_after_ms: now_ms + after_ms }
}

/// The web app uses another certificate of the internal authority; its thumbprint.
fn renew(world: &World, validity: Validity) -> String {
    let authority = world.node.store().read_blocking(Authority::load).unwrap().unwrap();
    let contents =
        Contents { usages: vec![Usage::ServerAuth], ..Contents::server(MAILBOX_SERVER, &[]) };
    let issued = authority.issue(&contents, validity).unwrap();
    let (my, key) = (CertificateStore::My, issued.key.map(Secret::new));
    let certificate = Certificate::from_der(MAILBOX_SERVER, my, &issued.der, key).unwrap();
    let thumbprint = certificate.thumbprint.clone();
    world.node.write(move |tx| tx.put_certificate(&certificate));
    world.types(&format!("Switch-ExchangeCertificate {thumbprint}"));
    thumbprint
}

/// Waits until the page shows something by itself: nobody presses *Retry*.
fn shown_by_itself(page: &Page, link: u8) -> Value {
    let mut last = Value::Null;
    let found = eventually(|| {
        last = page.im_status();
        (last["link"] == link).then_some(())
    });
    assert!(found.is_some(), "link {link} is not shown: {last}");
    last
}

fn events(world: &World, id: u32) -> usize {
    world.events().iter().filter(|event| event.event_id == id).count()
}

/// How many connections the kernel holds at the registrar's door for trusted applications.
fn standing(world: &World) -> usize {
    let port = format!(":{:04X}", world.node.config.registrar.listen_tls[0].port());
    let table = std::fs::read_to_string("/proc/net/tcp").unwrap();
    let mut columns = table.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
    columns.by_ref().next();
    // Local address, remote address, state; 01 is ESTABLISHED.
    columns.filter(|one| one[1].ends_with(&port) && one[3] == "01").count()
}

/// Of how many connections the trace tells that they ended.
fn endings(world: &World) -> usize {
    let ended = |it: &&String| it.contains("was closed: ") || it.contains("is closed: ");
    world.node.traces().iter().filter(ended).count()
}

/// Everything that says so when the clock breaks link 6, and that it works again after the repair.
fn broken_by_the_clock(world: &World, page: &Page, by_ms: i64, wording: &str) {
    let (told, ready) = (events(world, 1106), events(world, 112));
    assert!(standing(world) > 0);
    let endings = endings(world);
    world.node.wall.advance_ms(by_ms);

    let status = shown_by_itself(page, 6);
    assert_eq!(status["state"], "unavailable");
    let reason = status["reason"].as_str().unwrap();
    assert!(reason.contains("certificate has expired or isn't valid yet"), "{reason}");
    eventually(|| (events(world, 1106) > told).then_some(())).expect("event 1106");
    let event = world.events().into_iter().rfind(|event| event.event_id == 1106).unwrap();
    assert_eq!(event.level, EventLevel::Error);
    assert!(event.message.starts_with(wording), "{}", event.message);
    // The connection that stood has ended, whoever noticed first; the trace tells it.
    let none = eventually(|| (standing(world) == 0).then_some(()));
    assert!(none.is_some(), "{} connections stand", standing(world));
    let ended = eventually(|| (self::endings(world) > endings).then_some(()));
    assert!(ended.is_some(), "{:?}", world.node.traces());

    let broken = world.expect_first(Some(6), wording).unwrap();
    assert_eq!(world.all_broken(), [6], "exactly this one");
    assert!(broken.seen.contains("; valid from "), "{}", broken.seen);
    assert!(event.message.contains(&broken.repair), "{}: {broken:?}", event.message);
    assert_eq!(page.im_status()["link"], 6, "no other link in the meantime");

    world.types(&broken.repair);
    world.expect_first(None, &broken.repair);
    world.works(page);
    eventually(|| (events(world, 112) > ready).then_some(())).expect("event 112");
    assert_eq!(events(world, 1106), told + 1, "once");
}

fn under_a_running_node(is_collocated: bool) {
    let world = World::integrated(is_collocated);
    world.types("Start-CsClsLogging -Scenario AlwaysOn");
    let page = world.sign_in(KEN);
    let _socket = page.open();
    world.works(&page);

    // Another certificate lies ready: the repair names it.
    renew(&world, around_now(MINUTE_MS, 30 * MINUTE_MS));
    world.works(&page);
    broken_by_the_clock(&world, &page, 31 * MINUTE_MS, "IM Certificate has expired.");

    // There is no other: the repair has a new one signed, which must be good by that clock.
    let own = renew(&world, around_now(MINUTE_MS, 60 * MINUTE_MS));
    world.types(&format!(
        "Enable-ExchangeCertificate {own} -Services SMTP,IIS -Force; \
         Get-ExchangeCertificate | Where-Object Thumbprint -ne {own} | Where-Object Subject -eq \
         CN={MAILBOX_SERVER} | Remove-ExchangeCertificate -Confirm:$False"
    ));
    world.works(&page);
    broken_by_the_clock(&world, &page, 30 * MINUTE_MS, "IM Certificate has expired.");
}

#[test]
fn a_certificate_runs_out_under_a_running_node() {
    under_a_running_node(false);
}

#[test]
fn a_certificate_runs_out_where_unified_messaging_discovers_the_server() {
    under_a_running_node(true);
}

#[test]
fn a_clock_that_is_set_back_makes_a_new_certificate_one_of_the_future() {
    let world = World::integrated(false);
    world.types("Start-CsClsLogging -Scenario AlwaysOn");
    let page = world.sign_in(KEN);
    let _socket = page.open();
    renew(&world, around_now(1_000, 30 * MINUTE_MS));
    world.works(&page);
    let back_ms = 2 * MINUTE_MS;
    broken_by_the_clock(&world, &page, -back_ms, "IM Certificate has not become valid yet.");
}

#[test]
fn the_right_time_is_a_repair_too() {
    let world = World::integrated(false);
    let page = world.sign_in(KEN);
    let _socket = page.open();
    renew(&world, around_now(MINUTE_MS, 30 * MINUTE_MS));
    world.works(&page);
    // Somebody sets the clock wrongly, and right again: field mistake 25.
    world.node.wall.advance_ms(40 * MINUTE_MS);
    shown_by_itself(&page, 6);
    world.expect_first(Some(6), "a wrong clock");
    world.node.wall.advance_ms(-40 * MINUTE_MS);
    world.expect_first(None, "the right time");
    world.works(&page);
}

#[test]
fn the_registrar_lets_go_of_peers_whose_certificates_run_out() {
    let world = World::bare();
    world.node.write(|tx| {
        let mut topology = tx.published_topology()?;
        topology.trusted_pools.push(TrustedApplicationPool {
            fqdn: BOT.to_owned(),
            registrar: Some(POOL.to_owned()),
            site_id: "Redmond".to_owned(),
            computers: vec![BOT.to_owned()],
            ..TrustedApplicationPool::default()
        });
        tx.put_published_topology(&topology)?;
        tx.enable_topology().map(|_| ())
    });
    let authority = world.node.store().read_blocking(Authority::load).unwrap().unwrap();
    let tls = Tls::new(&world.node.data().join("ca.pem"), POOL);
    let connect = |minutes: i64| {
        let contents = Contents::server(BOT, &[]);
        let issued = authority.issue(&contents, around_now(MINUTE_MS, minutes * MINUTE_MS));
        let issued = issued.unwrap();
        let shown = Shown { certificate: issued.der, key: issued.key.unwrap() };
        (Peer::tls(world.node.config.registrar.listen_tls[0], &tls, Some(&shown)), shown)
    };
    let options = || request("OPTIONS", POOL, BOT, 1, "");
    let served = eventually(|| (connect(90).0.ask(options()).status() == 200).then_some(()));
    served.expect("the bot is known");
    let ((mut short, shown), (mut long, _)) = (connect(30), connect(90));
    assert_eq!(short.ask(options()).status(), 200);
    assert_eq!(long.ask(options()).status(), 200);
    world.node.wall.advance_ms(31 * MINUTE_MS);
    assert!(matches!(short.hear(), Heard::Closed));
    let serial = node::identity::names::peer_identity(&shown.certificate).serial;
    let of_it = |parts: &[&str]| {
        let traces = world.node.traces();
        let fits = |it: &&String| it.contains(&serial) && parts.iter().all(|one| it.contains(one));
        traces.iter().filter(fits).count()
    };
    let text = "is not good any more, its connection was closed: ";
    eventually(|| (of_it(&[text]) == 1).then_some(())).expect("one record");
    // The other is still served, and who ran out is not let in again.
    assert_eq!(long.ask(request("OPTIONS", POOL, BOT, 2, "")).status(), 200);
    let address = world.node.config.registrar.listen_tls[0];
    let mut again = Peer::tls(address, &tls, Some(&shown));
    let refused = again.ask(options());
    assert!(matches!(refused, Heard::Alert(AlertDescription::CertificateExpired)), "{refused:?}");
    eventually(|| (of_it(&["certificate was refused: "]) == 1).then_some(())).expect("one more");
}
