//! Who may speak (design.md §4), seen from outside: real TLS handshakes with a real node, one
//! defect at a time. A peer whose chain is bad sees the alert that names it; a peer whose names
//! are bad sees a 403 with a number of its own, whatever it asked, and loses the connection.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "the whole program is a test"
)]

use im::authority::{Authority, Issued, self_signed};
use im::certificate::{Contents, Usage, Validity};
use im::distinguished_name::DistinguishedName;
use im::refusal::code;
use node::clock::Clock;
use node::quickstart::Demo;
use rustls::AlertDescription;
use rustls::version::{TLS12, TLS13};
use shell::organisation::{MAILBOX_SERVER, POOL};
use sim::peer::{Heard, Peer, Shown, Tls, request};
use sim::people::who;
use sim::served::{Served, bare, eventually};
use sip::auth::{Challenge, Credentials, Ha1};
use sip::{Diagnostics, Name};
use store::Writer;
use store::directory::{DirectoryRead as _, DirectoryWrite as _, IssuedCertificate};
use store::messaging::{
    MessagingRead as _, MessagingWrite as _, TrustedApplication, TrustedApplicationPool,
};

/// A trusted application's computer: everything is right with it, but for the one defect.
const BOT: &str = "bots.litwareinc.com";
const SHY: &str = "shy.litwareinc.com";
const ROMEO: &str = "romeo@litwareinc.com";
const JULIET: &str = "juliet@litwareinc.com";
const DAY_MS: i64 = 86_400_000;

/// A node with people, a good trusted pool, an OutboundOnly one, and a pool over the mail server
/// that unified messaging has discovered by itself.
struct World {
    node: Served,
    authority: Authority,
    now_ms: i64,
    tls: Tls,
    /// Trace records seen so far.
    traced: usize,
    _folder: tempfile::TempDir,
}

fn pool(fqdn: &str, outbound_only: bool) -> TrustedApplicationPool {
    TrustedApplicationPool {
        fqdn: fqdn.to_owned(),
        registrar: Some(POOL.to_owned()),
        site_id: "Redmond".to_owned(),
        outbound_only,
        computers: vec![fqdn.to_owned()],
        applications: vec![TrustedApplication {
            application_id: "urn:application:echo".to_owned(),
            port: 6000,
            ..TrustedApplication::default()
        }],
        ..TrustedApplicationPool::default()
    }
}

/// Exactly these trusted pools.
fn trust(tx: &mut Writer, pools: Vec<TrustedApplicationPool>) -> store::Result<()> {
    let mut topology = tx.published_topology()?;
    topology.trusted_pools = pools;
    tx.put_published_topology(&topology)?;
    tx.enable_topology().map(|_| ())
}

fn usual_pools() -> Vec<TrustedApplicationPool> {
    vec![pool(BOT, false), pool(SHY, true), pool(MAILBOX_SERVER, false)]
}

impl World {
    fn new() -> World {
        let folder = tempfile::tempdir().unwrap();
        let demo = Demo { collocated: true, ..bare(folder.path()) };
        let node = Served::start(&demo, |tx| {
            sim::people::create(tx, POOL)?;
            trust(tx, usual_pools())
        });
        let node = node.unwrap();
        let authority = node.store().read_blocking(Authority::load).unwrap().unwrap();
        let tls = Tls::new(&folder.path().join("ca.pem"), POOL);
        World { node, authority, now_ms: Clock::wall_ms(), tls, traced: 0, _folder: folder }
    }

    fn issue(&self, contents: &Contents) -> Shown {
        shown(self.authority.issue(contents, Validity::days(self.now_ms, 30)).unwrap())
    }

    /// A certificate with this subject and these dNSNames.
    fn named(&self, subject: &str, dns_names: &[&str]) -> Shown {
        self.issue(&Contents {
            subject: DistinguishedName::parse(subject).unwrap(),
            dns_names: dns_names.iter().map(|name| (*name).to_owned()).collect(),
            usages: vec![Usage::ServerAuth],
        })
    }

    fn good(&self, name: &str) -> Shown {
        self.named(&format!("CN={name}"), &[name])
    }

    fn connect(&self, shown: Option<&Shown>) -> Peer {
        self.connect_as(&self.tls, shown)
    }

    fn connect_as(&self, tls: &Tls, shown: Option<&Shown>) -> Peer {
        Peer::tls(self.node.config.registrar.listen_tls[0], tls, shown)
    }

    /// The one trace record there is since the last call.
    fn trace(&mut self) -> String {
        let traced = self.traced;
        let found = eventually(|| self.node.traces().get(traced).cloned()).expect("a trace record");
        self.traced += 1;
        assert_eq!(self.node.traces().len(), self.traced, "exactly one: {:?}", self.node.traces());
        found
    }
}

fn shown(issued: Issued) -> Shown {
    Shown { certificate: issued.der, key: issued.key.unwrap() }
}

fn message_to_juliet(number: u32) -> String {
    let more = "Content-Type: text/plain\r\n";
    request("MESSAGE", JULIET, ROMEO, number, more)
}

/// Serial number, as the trace prints it.
fn serial(shown: &Shown) -> String {
    node::identity::names::peer_identity(&shown.certificate).serial
}

#[test]
fn a_bad_chain_gets_the_alert_that_names_it() {
    let mut world = World::new();
    let now_ms = world.now_ms;
    let contents = Contents { usages: vec![Usage::ServerAuth], ..Contents::server(BOT, &[]) };
    let stranger = Authority::create("Somebody Else", Validity::days(now_ms, 30)).unwrap();
    let until = |from_ms: i64, to_ms: i64| Validity {
        not_before_ms: now_ms + from_ms,
        not_after_ms: now_ms + to_ms,
    };
    let issue = |authority: &Authority, contents: &Contents, validity: Validity| {
        shown(authority.issue(contents, validity).unwrap())
    };
    let lasting = until(-DAY_MS, DAY_MS);
    let alone = self_signed(&contents, lasting).unwrap();
    let client_only = Contents { usages: vec![Usage::ClientAuth], ..contents.clone() };
    let revoked = world.issue(&contents);
    let noted = IssuedCertificate {
        serial: serial(&revoked),
        thumbprint: "00".repeat(20),
        subject: format!("CN={BOT}"),
        issued_ms: now_ms,
        not_after_ms: now_ms + DAY_MS,
        revoked_ms: None,
    };
    let number = noted.serial.clone();
    world.node.write(move |tx| {
        tx.put_issued_certificate(&noted)?;
        tx.revoke_certificate(&number)
    });
    // The TLS identities follow the store by themselves; a first peer waits for that.
    let is_known = eventually(|| {
        world.traced += 1;
        let mut peer = world.connect(Some(&revoked));
        let mut heard = peer.ask(message_to_juliet(1));
        let is_refused = matches!(heard, Heard::Alert(_));
        // Who was let in before it was known is cut when it is, which leaves a record as well.
        while let Heard::Message(_) = heard {
            heard = peer.hear();
        }
        is_refused.then_some(())
    });
    assert!(is_known.is_some(), "a revoked certificate is refused soon");
    eventually(|| (world.node.traces().len() == world.traced).then_some(())).expect("one for each");

    use AlertDescription as A;
    for (what, peer, alert) in [
        ("unknown authority", issue(&stranger, &contents, lasting), A::UnknownCA),
        ("signed by itself", Shown { certificate: alone.der, key: alone.key }, A::UnknownCA),
        (
            "expired",
            issue(&world.authority, &contents, until(-2 * DAY_MS, -DAY_MS)),
            A::CertificateExpired,
        ),
        (
            "not valid yet",
            issue(&world.authority, &contents, until(DAY_MS, 2 * DAY_MS)),
            A::CertificateExpired,
        ),
        (
            "clientAuth only",
            issue(&world.authority, &client_only, lasting),
            A::UnsupportedCertificate,
        ),
        ("revoked", revoked, A::CertificateRevoked),
    ] {
        for version in [&TLS12, &TLS13] {
            let mut heard = world.connect_as(&world.tls.clone().only(version), Some(&peer));
            heard.send(message_to_juliet(1));
            match heard.hear() {
                Heard::Alert(seen) => assert_eq!(seen, alert, "{what}, {:?}", version.version),
                other => panic!("{what}, {:?}: {other:?}", version.version),
            }
            let trace = world.trace();
            let identity = node::identity::names::peer_identity(&peer.certificate);
            for part in [
                "The peer's certificate was refused: ".to_owned(),
                format!("subject=\"{}\"", identity.subject),
                format!("issuer=\"{}\"", identity.issuer),
                format!("serial=\"{}\"", identity.serial),
                "Severity: error\n".to_owned(),
            ] {
                assert!(trace.contains(&part), "{what}: {part} is missing in\n{trace}");
            }
        }
    }
    good_ones_are_still_served(&mut world);
}

/// What each row's certificate is, and the number of its refusal.
fn bad_names(world: &World) -> Vec<(&'static str, Shown, u32)> {
    let hidden = format!("CN=evil.litwareinc.com,OU=\"CN={BOT}\"");
    let only_hidden = format!("OU=\"CN={BOT}\",O=Litware");
    vec![
        ("CN without SAN", world.named(&format!("CN={BOT}"), &[]), code::NOT_AN_ALTERNATIVE_NAME),
        ("SAN without CN", world.named("O=Litware", &[BOT]), code::NO_COMMON_NAME),
        (
            "CN= hidden in OU beside a CN",
            world.named(&hidden, &[BOT]),
            code::NOT_AN_ALTERNATIVE_NAME,
        ),
        ("CN= hidden in OU alone", world.named(&only_hidden, &[BOT]), code::NO_COMMON_NAME),
        (
            "wildcard as CN",
            world.named("CN=*.litwareinc.com", &["*.litwareinc.com", BOT]),
            code::COMMON_NAME_IS_NO_HOST,
        ),
        (
            "wildcard as SAN",
            world.named(&format!("CN={BOT}"), &["*.litwareinc.com"]),
            code::NOT_AN_ALTERNATIVE_NAME,
        ),
        ("two CNs", world.named(&format!("CN={BOT},CN={BOT}"), &[BOT]), code::MANY_COMMON_NAMES),
        (
            "trailing dot",
            world.named(&format!("CN={BOT}."), &[BOT, "bots.litwareinc.com."]),
            code::COMMON_NAME_IS_NO_HOST,
        ),
        (
            "control bytes",
            world.issue(&Contents {
                subject: DistinguishedName::common_name("bots.litwareinc.com\0.example.com"),
                ..Contents::server(BOT, &[])
            }),
            code::COMMON_NAME_IS_NO_HOST,
        ),
        ("not in the table", world.good("stranger.litwareinc.com"), code::NOT_CONFIGURED),
        ("two sources", world.good(MAILBOX_SERVER), code::SEVERAL_ENTRIES),
        ("OutboundOnly", world.good(SHY), code::OUTBOUND_ONLY),
    ]
}

/// No text was kept for Juliet, and nobody was registered.
fn nothing_reached_routing(world: &World) {
    let kept = world.node.store().read_blocking(|rows| {
        let juliet = rows.account_by_login("juliet@litwareinc.com")?.unwrap();
        rows.absent_messages(juliet.id)
    });
    assert_eq!(kept.unwrap(), []);
    let mut peer = world.connect(Some(&world.good(BOT)));
    for address in [ROMEO, JULIET] {
        let answer = peer.ask(request("REGISTER", address, address, 1, ""));
        let Heard::Message(answer) = answer else { panic!("{answer:?}") };
        assert_eq!((answer.status(), answer.header(Name::Contact)), (Some(200), None));
    }
}

const METHODS: [&str; 10] = [
    "OPTIONS",
    "REGISTER",
    "CANCEL",
    "MESSAGE",
    "INVITE",
    "SUBSCRIBE",
    "PUBLISH",
    "NOTIFY",
    "BYE",
    "FOO",
];

#[test]
fn a_bad_name_gets_403_with_its_own_number_and_loses_the_connection() {
    let mut world = World::new();
    let mut reasons = std::collections::BTreeMap::new();
    for (at, (what, peer, number)) in bad_names(&world).into_iter().enumerate() {
        // Every row meets every method in the end, without a handshake for each pair.
        for method in METHODS.iter().cycle().skip(at).take(3) {
            let mut heard = world.connect(Some(&peer));
            heard.send(request(method, JULIET, ROMEO, 1, "") + &message_to_juliet(2));
            let Heard::Message(answer) = heard.hear() else { panic!("{what}: no answer") };
            assert_eq!(answer.status(), Some(403), "{what}, {method}");
            let said = Diagnostics::of(&answer).expect("ms-diagnostics");
            assert_eq!(said.id, number, "{what}, {method}: {}", said.reason);
            let known = reasons.entry(said.id).or_insert_with(|| said.reason.clone());
            assert!(!known.is_empty());
            // What was sent behind the first request is refused as well, or no more answered.
            let mut next = heard.hear();
            if let Heard::Message(answer) = &next {
                assert_eq!(answer.status(), Some(403), "{what}, {method}");
                next = heard.hear();
            }
            assert!(matches!(next, Heard::Closed), "{what}, {method}: {next:?}");
            let trace = world.trace();
            assert!(trace.contains(&format!("ms-diagnostics=\"{number}\"")), "{what}: {trace}");
            assert!(trace.contains(&format!("serial=\"{}\"", serial(&peer))), "{what}: {trace}");
            match number {
                code::NOT_CONFIGURED => {
                    let text = "The peer is not a configured server on this network interface\n";
                    assert!(trace.contains(text), "{trace}");
                    assert!(trace.contains("Data: fqdn=\"stranger.litwareinc.com\";"), "{trace}");
                }
                code::SEVERAL_ENTRIES => {
                    for part in [
                        &format!("fqdn=\"{MAILBOX_SERVER}\""),
                        &format!("entry=\"trusted application pool {MAILBOX_SERVER}\""),
                        "entry=\"autodiscovered through the SipName dial plan",
                        &format!(
                            "repair=\"Remove-CsTrustedApplication -Identity \
                             {MAILBOX_SERVER}/urn:application:echo\""
                        ),
                        &format!(
                            "repair=\"Remove-CsTrustedApplicationPool -Identity {MAILBOX_SERVER}\""
                        ),
                        "repair=\"Enable-CsTopology\"",
                    ] {
                        assert!(trace.contains(part), "{part} is missing in\n{trace}");
                    }
                }
                _ => {}
            }
        }
    }
    let numbers: std::collections::BTreeSet<_> = reasons.values().collect();
    assert_eq!(numbers.len(), 7, "a reason for each number: {reasons:?}");
    nothing_reached_routing(&world);
    good_ones_are_still_served(&mut world);
}

/// Nothing answers an ACK (RFC 3261 §17): its peer loses the connection at once, with the record.
#[test]
fn a_bad_name_that_begins_with_an_ack_loses_the_connection_unanswered() {
    let mut world = World::new();
    for (what, peer, number) in bad_names(&world) {
        let mut heard = world.connect(Some(&peer));
        let next = heard.ask(request("ACK", JULIET, ROMEO, 1, ""));
        assert!(matches!(next, Heard::Closed), "{what}: {next:?}");
        let trace = world.trace();
        assert!(trace.contains(&format!("ms-diagnostics=\"{number}\"")), "{what}: {trace}");
    }
    let mut good = world.connect(Some(&world.good(BOT)));
    good.send(request("ACK", JULIET, ROMEO, 1, ""));
    assert_eq!(good.ask(request("CANCEL", JULIET, ROMEO, 2, "")).status(), 481);
    assert_eq!(good.ask(request("OPTIONS", POOL, BOT, 3, "")).status(), 200);
    nothing_reached_routing(&world);
    good_ones_are_still_served(&mut world);
}

#[test]
fn a_peer_that_fails_is_not_taken_for_a_client() {
    let mut world = World::new();
    // Romeo's own credentials, good for a client…
    let mut client = world.connect(None);
    let register = |more: &str, number| request("REGISTER", ROMEO, ROMEO, number, more);
    let Heard::Message(challenge) = client.ask(register("", 1)) else { panic!("no challenge") };
    assert_eq!(challenge.status(), Some(401));
    let challenge = challenge.header(Name::WwwAuthenticate).unwrap();
    let challenge = Challenge::parse(challenge).unwrap().unwrap();
    let romeo = who("Romeo");
    let ha1 = Ha1::compute(challenge.algorithm, &romeo.address, &challenge.realm, &romeo.password);
    let uri = format!("sip:{ROMEO}");
    let credentials = |count| {
        let how = (count, 1);
        let answer = Credentials::answer(&challenge, &romeo.address, &ha1, ("REGISTER", &uri), how);
        format!("Authorization: {answer}\r\n")
    };
    // …do not help a peer whose certificate is refused.
    let stranger = world.good("stranger.litwareinc.com");
    let mut peer = world.connect(Some(&stranger));
    let answer = peer.ask(register(&credentials("one"), 2));
    assert_eq!(answer.status(), 403, "{answer:?}");
    assert!(matches!(peer.hear(), Heard::Closed));
    assert!(world.trace().contains("stranger.litwareinc.com"));
    let answer = client.ask(register(&credentials("two"), 3));
    assert_eq!(answer.status(), 200, "{answer:?}");
}

/// A trusted peer may speak, and a client is asked for its password.
fn good_ones_are_still_served(world: &mut World) {
    let good = world.good(BOT);
    let mut peer = world.connect(Some(&good));
    assert_eq!(peer.ask(request("OPTIONS", POOL, BOT, 1, "")).status(), 200);
    let contact = format!("Contact: <sip:romeo@{BOT}:6000;transport=tls>\r\n");
    let register = request("REGISTER", ROMEO, ROMEO, 2, &contact);
    assert_eq!(peer.ask(register).status(), 200, "it may assert an enabled user");
    let nobody = request("REGISTER", "nobody@litwareinc.com", "nobody@litwareinc.com", 3, &contact);
    assert_eq!(peer.ask(nobody).status(), 403, "but no other");
    assert_eq!(peer.ask(request("OPTIONS", POOL, BOT, 4, "")).status(), 200, "and stays connected");
    let mut client = world.connect(None);
    assert_eq!(client.ask(request("REGISTER", JULIET, JULIET, 1, "")).status(), 401);
    assert_eq!(client.ask(message_to_juliet(2)).status(), 407);
    assert_eq!(world.node.traces().len(), world.traced, "no record of those who may");
}

#[test]
fn what_ends_a_peers_right_ends_its_connection() {
    let mut world = World::new();
    let connected = |world: &World, shown: &Shown| {
        let mut peer = world.connect(Some(shown));
        assert_eq!(peer.ask(request("OPTIONS", POOL, BOT, 1, "")).status(), 200);
        peer
    };
    let good = world.good(BOT);
    let changes: [(u32, Vec<TrustedApplicationPool>); 3] = [
        (code::NOT_CONFIGURED, vec![pool(SHY, true)]),
        (code::OUTBOUND_ONLY, vec![pool(BOT, true)]),
        (code::SEVERAL_ENTRIES, {
            let mut farm = pool("farm.litwareinc.com", false);
            farm.computers = vec![BOT.to_owned()];
            vec![pool(BOT, false), farm]
        }),
    ];
    for (number, pools) in changes {
        let (mut one, mut other) = (connected(&world, &good), connected(&world, &good));
        world.node.write(|tx| trust(tx, pools));
        assert!(matches!(one.hear(), Heard::Closed), "{number}");
        assert!(matches!(other.hear(), Heard::Closed), "{number}");
        // One record for each connection.
        let traced = world.traced + 2;
        eventually(|| (world.node.traces().len() >= traced).then_some(())).expect("records");
        for trace in &world.node.traces()[world.traced..] {
            assert!(trace.contains(&format!("ms-diagnostics=\"{number}\"")), "{trace}");
        }
        world.traced = traced;
        assert_eq!(world.node.traces().len(), traced);
        // The same peer again: refused now, and served when the entry is back.
        let mut again = world.connect(Some(&good));
        assert_eq!(again.ask(request("OPTIONS", POOL, BOT, 1, "")).status(), 403);
        world.trace();
        world.node.write(|tx| trust(tx, usual_pools()));
        let back = eventually(|| {
            let mut peer = world.connect(Some(&good));
            (peer.ask(request("OPTIONS", POOL, BOT, 1, "")).status() == 200).then_some(())
        });
        back.expect("it is served again");
        world.traced = world.node.traces().len();
    }
    let mut peer = connected(&world, &good);
    let issued = IssuedCertificate {
        serial: serial(&good),
        thumbprint: "00".repeat(20),
        subject: format!("CN={BOT}"),
        issued_ms: world.now_ms,
        not_after_ms: world.now_ms + DAY_MS,
        revoked_ms: None,
    };
    world.node.write(move |tx| {
        tx.put_issued_certificate(&issued)?;
        tx.revoke_certificate(&issued.serial)
    });
    assert!(matches!(peer.hear(), Heard::Closed), "revoked while connected");
    let trace = world.trace();
    assert!(trace.contains("is not good any more, its connection was closed: "), "{trace}");
    assert!(trace.contains(&format!("serial=\"{}\"", serial(&good))), "{trace}");
    let noted = world.node.store().read_blocking(|rows| rows.issued_certificates()).unwrap();
    assert!(noted.iter().any(|one| one.serial == serial(&good) && one.revoked_ms.is_some()));
}
