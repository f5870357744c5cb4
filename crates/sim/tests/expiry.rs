//! Certificates in use that end in five days: said by the event log once, also over a restart, and
//! by `/health` until they are renewed by the commands that it names.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "the whole program is a test"
)]

use im::authority::Authority;
use im::certificate::{Contents, Validity};
use node::clock::Clock;
use node::quickstart::integration_script;
use serde_json::Value;
use shell::organisation::{CLIENT_ACCESS_SERVER, MAILBOX_SERVER, POOL};
use sim::page::Page;
use sim::peer::Tls;
use sim::served::{Served, bare, eventually};
use store::directory::{
    Certificate, CertificateService, CertificateStore, DirectoryRead as _, DirectoryWrite as _,
    EventLogEntry, EventQuery,
};
use store::{Secret, Writer};

const KEN: &str = "kenmyer@litwareinc.com";
const PILAR: &str = "pilar@litwareinc.com";

/// A certificate of the internal authority that ends in five days, in the computer's store.
fn put(tx: &mut Writer, computer: &str, services: &[CertificateService]) -> store::Result<String> {
    put_for(tx, computer, services, 5)
}

fn put_for(
    tx: &mut Writer,
    computer: &str,
    services: &[CertificateService],
    days: i64,
) -> store::Result<String> {
    let authority = Authority::load(tx)?.expect("the demo made one");
    let contents = Contents::server(computer, &["localhost"]);
    let issued = authority.issue(&contents, Validity::days(Clock::wall_ms(), days)).unwrap();
    let (my, key) = (CertificateStore::My, issued.key.map(Secret::new));
    let mut certificate = Certificate::from_der(computer, my, &issued.der, key)?;
    certificate.services = services.to_vec();
    tx.put_certificate(&certificate)?;
    Ok(certificate.thumbprint)
}

/// The one that HTTPS shows.
fn put_https(tx: &mut Writer) -> store::Result<()> {
    for mut other in tx.certificates(CLIENT_ACCESS_SERVER, CertificateStore::My)? {
        other.services.clear();
        tx.put_certificate(&other)?;
    }
    put(tx, CLIENT_ACCESS_SERVER, &[CertificateService::Iis]).map(|_| ())
}

/// The event log's warnings of that kind, the oldest first, when there are so many.
fn told(node: &Served, count: usize) -> Vec<EventLogEntry> {
    let query =
        EventQuery { source: Some("Tandem Monitoring".to_owned()), ..EventQuery::default() };
    let found = eventually(|| {
        let query = query.clone();
        let mut found = node.store().read_blocking(move |rows| rows.events(&query)).unwrap();
        found.reverse();
        (found.len() >= count).then_some(found)
    });
    found.unwrap_or_else(|| panic!("no {count} events"))
}

fn health(node: &Served, headers: &str) -> Value {
    let tls = Tls::new(&node.data().join("ca.pem"), "localhost");
    let page = Page::new(node.config.client_access.listen_https[0], tls);
    serde_json::from_str(&page.ask("GET", "/health", headers, b"").body).unwrap()
}

/// What `/health` warns of, for whoever has the token.
fn warnings(node: &Served) -> Vec<Value> {
    let token = std::fs::read_to_string(node.data().join("health.token")).unwrap();
    let told = health(node, &format!("Authorization: Bearer {}\r\n", token.trim()));
    told["warnings"].as_array().unwrap().clone()
}

/// Of how many certificates somebody's page is told.
fn in_page(node: &Served, who: &str) -> usize {
    let tls = Tls::new(&node.data().join("ca.pem"), "localhost");
    let mut page = Page::new(node.config.client_access.listen_https[0], tls);
    assert_eq!(page.sign_in(who, &node.passwords()[who]).status, 204);
    let told = page.call("CertificateWarning/get", serde_json::json!({"ids": null}));
    told["list"].as_array().unwrap().len()
}

#[test]
fn certificates_that_end_in_five_days_are_told_until_they_are_renewed() {
    let folder = tempfile::tempdir().unwrap();
    let node = Served::start(&bare(folder.path()), |tx| {
        let registrar = put(tx, POOL, &[])?;
        tx.assign_certificate(POOL, "Default", &registrar)?;
        put_https(tx)
    });
    let node = node.unwrap();
    let first = told(&node, 2);
    let text = |what: &str| {
        let begin = format!("The certificate of {what} ends on 20");
        first.iter().find(|event| event.message.starts_with(&begin)).expect("it is told")
    };
    assert!(text("HTTPS").message.contains(&format!("Subject: CN={CLIENT_ACCESS_SERVER}\n")));
    assert!(text("the registrar").message.contains("\nSet-CsCertificate -Type Default "));
    assert!(first.iter().all(|event| event.event_id == 5003), "{first:?}");

    // Instant messaging begins to use another one.
    node.shell_ok(&integration_script(false));
    let thumbprint = node.write(|tx| put(tx, MAILBOX_SERVER, &[]));
    node.shell_ok(&format!("Switch-ExchangeCertificate {thumbprint}"));
    let messaging = told(&node, 3).pop().unwrap().message;
    assert!(messaging.contains("instant messaging in the web app"), "{messaging}");
    assert!(messaging.contains(&thumbprint), "{messaging}");

    // After a restart only what is new is told; what was told before would stand beside it.
    drop(node);
    let node = Served::start(&bare(folder.path()), put_https).unwrap();
    assert_eq!(told(&node, 4).len(), 4);
    assert!(health(&node, "").get("warnings").is_none(), "not for everybody");
    let now = warnings(&node);
    let mut used: Vec<&str> = now.iter().map(|it| it["usedFor"][0].as_str().unwrap()).collect();
    used.sort_unstable();
    assert_eq!(used, ["HTTPS", "instant messaging in the web app", "the registrar"]);

    // The page tells administrators, and nobody else.
    node.shell_ok("Add-RoleGroupMember 'Organization Management' -Member kenmyer");
    assert_eq!((in_page(&node, KEN), in_page(&node, PILAR)), (3, 0));

    // Each is renewed by its own commands.
    for warning in now {
        let commands = warning["repair"].as_array().unwrap().iter();
        let commands: Vec<&str> = commands.map(|it| it.as_str().unwrap()).collect();
        node.shell_ok(&commands.join("\n"));
    }
    eventually(|| warnings(&node).is_empty().then_some(())).expect("nothing is left to be told");
    assert_eq!(told(&node, 4).len(), 4);
}

#[test]
fn as_the_clock_moves_on_it_is_told_30_7_and_1_days_before_and_at_the_end() {
    let folder = tempfile::tempdir().unwrap();
    let node = Served::start(&bare(folder.path()), |_| Ok(())).unwrap();
    node.shell_ok("Add-RoleGroupMember 'Organization Management' -Member kenmyer");
    node.shell_ok(&integration_script(false));
    let thumbprint = node.write(|tx| put_for(tx, MAILBOX_SERVER, &[], 40));
    node.shell_ok(&format!("Switch-ExchangeCertificate {thumbprint}"));
    assert!(told(&node, 0).is_empty() && warnings(&node).is_empty());
    let day_ms = 86_400_000;
    // Before the end: a minute after the moment at which it is said.
    let minutes = [30, 7, 1, 0].map(|days| (40 - days) * 24 * 60 + 1);
    let mut moved = 0;
    for (count, minute) in (1..).zip(minutes) {
        // A day earlier nothing is new.
        let earlier = (minute * 60_000 - day_ms).max(moved);
        node.wall.advance_ms(earlier - moved);
        assert_eq!(in_page(&node, KEN), usize::from(count > 1));
        assert_eq!(told(&node, count - 1).len(), count - 1);
        node.wall.advance_ms(minute * 60_000 - earlier);
        moved = minute * 60_000;
        let last = told(&node, count).pop().unwrap();
        assert_eq!(told(&node, count).len(), count);
        let (id, verb) = if count == 4 { (5004, "ended") } else { (5003, "ends") };
        assert_eq!(last.event_id, id, "{last:?}");
        let text = format!("The certificate of instant messaging in the web app {verb} on 20");
        assert!(last.message.starts_with(&text), "{}", last.message);
        assert!(last.message.contains(&thumbprint), "{}", last.message);
        let shown = eventually(|| (warnings(&node).len() == 1).then_some(()));
        shown.expect("/health tells it");
        assert_eq!((in_page(&node, KEN), in_page(&node, PILAR)), (1, 0));
    }
}
