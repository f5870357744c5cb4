//! Certificates change while connections stand: roots put in and taken out, revocation by the
//! internal authority's table and by files in `data/crl`. Real TLS with a real node.
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
use rcgen::{CertificateRevocationListParams, Issuer, KeyIdMethod, KeyPair, date_time_ymd};
use rustls::AlertDescription;
use rustls::pki_types::CertificateDer;
use shell::organisation::{MAILBOX_SERVER, POOL};
use sim::page::Page;
use sim::peer::{Heard, Peer, Shown, Tls, request};
use sim::served::{Served, bare, eventually};
use sip::Name;
use store::directory::{
    Certificate, CertificateStore, DirectoryRead as _, DirectoryWrite as _, EventQuery,
};
use store::mail::MailRead as _;
use store::messaging::{MessagingRead as _, MessagingWrite as _, TrustedApplicationPool};

const KEN: &str = "kenmyer@litwareinc.com";
const PILAR: &str = "pilar@litwareinc.com";
/// A trusted application beside the web app.
const BOT: &str = "bots.litwareinc.com";

struct World {
    node: Served,
    authority: Authority,
    _folder: tempfile::TempDir,
}

impl World {
    fn new() -> World {
        let folder = tempfile::tempdir().unwrap();
        let node = Served::start(&bare(folder.path()), |tx| {
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
        let node = node.unwrap();
        let authority = node.store().read_blocking(Authority::load).unwrap().unwrap();
        World { node, authority, _folder: folder }
    }

    /// The bot at the registrar, with a certificate of this authority.
    fn bot(&self, shown: &Shown) -> Peer {
        let tls = Tls::new(&self.node.data().join("ca.pem"), POOL);
        Peer::tls(self.node.config.registrar.listen_tls[0], &tls, Some(shown))
    }

    /// What the bot hears when it asks on a new connection.
    fn ask(&self, shown: &Shown) -> Heard {
        self.bot(shown).ask(request("OPTIONS", POOL, BOT, 1, ""))
    }

    fn is_served(&self, shown: &Shown) -> bool {
        self.ask(shown).status() == 200
    }

    fn put_list(&self, name: &str, bytes: &[u8]) {
        let folder = self.node.data().join("crl");
        std::fs::create_dir_all(&folder).unwrap();
        // As a careful administrator copies: the file appears whole.
        std::fs::write(folder.join("new"), bytes).unwrap();
        std::fs::rename(folder.join("new"), folder.join(name)).unwrap();
    }

    /// How often the event log has this number, and its newest text.
    fn events(&self, number: u32) -> (usize, String) {
        let query = EventQuery { event_id: Some(number), ..EventQuery::default() };
        let found = self.node.store().read_blocking(move |rows| rows.events(&query)).unwrap();
        let newest = found.first().map(|event| event.message.clone());
        (found.len(), newest.unwrap_or_default())
    }

    /// Waits for a trace record with all of these.
    fn traced(&self, parts: &[&str]) {
        let fits = |trace: &String| parts.iter().all(|part| trace.contains(part));
        let found = eventually(|| self.node.traces().iter().any(fits).then_some(()));
        assert!(found.is_some(), "{parts:?} in {:?}", self.node.traces());
    }
}

fn issue(authority: &Authority, name: &str) -> Shown {
    let lasts = Validity::days(Clock::wall_ms(), 30);
    let issued = authority.issue(&Contents::server(name, &[]), lasts).unwrap();
    Shown { certificate: issued.der, key: issued.key.unwrap() }
}

fn serial(shown: &Shown) -> String {
    node::identity::names::peer_identity(&shown.certificate).serial
}

/// A revocation list with these serial numbers.
fn list(authority: &Authority, revoked: &[&Shown], number: u8) -> Vec<u8> {
    let key = KeyPair::try_from(authority.key()).unwrap();
    let der = CertificateDer::from(authority.certificate());
    let issuer = Issuer::from_ca_cert_der(&der, key).unwrap();
    let revoked = revoked.iter().map(|shown| {
        let digits = serial(shown);
        let pairs = digits.as_bytes().chunks(2);
        let bytes = pairs.map(|it| u8::from_str_radix(str::from_utf8(it).unwrap(), 16).unwrap());
        rcgen::RevokedCertParams {
            serial_number: bytes.collect::<Vec<u8>>().into(),
            revocation_time: date_time_ymd(2026, 1, 1),
            reason_code: None,
            invalidity_date: None,
        }
    });
    let params = CertificateRevocationListParams {
        this_update: date_time_ymd(2026, 1, number),
        next_update: date_time_ymd(2090, 1, 1),
        crl_number: u64::from(number).into(),
        issuing_distribution_point: None,
        revoked_certs: revoked.collect(),
        key_identifier_method: KeyIdMethod::Sha256,
    };
    params.signed_by(&issuer).unwrap().der().to_vec()
}

/// Rights of another authority come and go with its root, for the registrar's peers; the shell's
/// drive of certificates is what puts it in and takes it out.
#[test]
fn a_root_counts_at_once_and_takes_its_connections_with_it() {
    let world = World::new();
    let lasts = Validity::days(Clock::wall_ms(), 300);
    let other = Authority::create("Contoso Root", lasts).unwrap();
    let (foreign, own) = (issue(&other, BOT), issue(&world.authority, BOT));
    let unknown = AlertDescription::UnknownCA;
    assert!(matches!(world.ask(&foreign), Heard::Alert(alert) if alert == unknown));
    // A file of the client's own.
    let file = world.node.data().join("contoso.cer");
    std::fs::write(&file, im::pem("CERTIFICATE", other.certificate())).unwrap();
    let printed = world.node.shell_ok(&format!(
        "Import-Certificate -FilePath {} -CertStoreLocation Cert:\\LocalMachine\\Root\n\
         (Get-ChildItem Cert:\\LocalMachine\\Root | Where-Object Subject -eq 'CN=Contoso \
         Root').Thumbprint",
        file.display()
    ));
    let thumbprint = printed.split_whitespace().last().unwrap().to_owned();
    assert_eq!(thumbprint.len(), 40, "{printed}");
    eventually(|| world.is_served(&foreign).then_some(())).expect("trusted at once");

    let (mut gone, mut stays) = (world.bot(&foreign), world.bot(&own));
    assert_eq!(gone.ask(request("OPTIONS", POOL, BOT, 1, "")).status(), 200);
    assert_eq!(stays.ask(request("OPTIONS", POOL, BOT, 2, "")).status(), 200);
    world.node.shell_ok(&format!("Remove-Item Cert:\\LocalMachine\\Root\\{thumbprint}"));
    assert!(matches!(gone.hear(), Heard::Closed), "its root is gone");
    world.traced(&["is not good any more", &format!("serial=\"{}\"", serial(&foreign))]);
    assert!(matches!(world.ask(&foreign), Heard::Alert(alert) if alert == unknown));
    assert_eq!(stays.ask(request("OPTIONS", POOL, BOT, 3, "")).status(), 200, "others stay");
}

/// The web app's computer judges the pool by its own roots, also while the link stands.
#[test]
fn the_link_depends_on_the_root_of_the_web_apps_computer() {
    let world = World::new();
    world.node.shell_ok(&integration_script(false));
    let password = world.node.passwords()[KEN].clone();
    let https = world.node.config.client_access.listen_https[0];
    let tls = Tls::new(&world.node.data().join("ca.pem"), "localhost");
    let mut page = Page::new(https, tls);
    assert_eq!(page.sign_in(KEN, &password).status, 204);
    let _socket = page.open();
    let mut bot = world.bot(&issue(&world.authority, BOT));
    let mut number = 100;
    let mut is_registered = |bot: &mut Peer| {
        number += 1;
        match bot.ask(request("REGISTER", KEN, KEN, number, "")) {
            Heard::Message(answer) => answer.header(Name::Contact).is_some(),
            other => panic!("{other:?}"),
        }
    };
    eventually(|| is_registered(&mut bot).then_some(())).expect("Ken is signed in");
    let root = world.authority.certificate().to_vec();
    let parse = |root: &[u8]| {
        Certificate::from_der(MAILBOX_SERVER, CertificateStore::Root, root, None).unwrap()
    };
    let thumbprint = parse(&root).thumbprint;
    let store = CertificateStore::Root;
    world.node.write(move |tx| tx.delete_certificate(MAILBOX_SERVER, store, &thumbprint));
    world.traced(&["is not good any more", &format!("CN={POOL}")]);
    let root = parse(&root);
    world.node.write(move |tx| tx.put_certificate(&root));
    let mut more = 500;
    let taken = eventually(|| {
        more += 1;
        let head = request("MESSAGE", KEN, PILAR, more, "Content-Type: text/plain\r\n");
        let answer = bot.ask(head.replace("Content-Length: 0", "Content-Length: 2") + "hi");
        (answer.status() == 200).then_some(())
    });
    assert!(taken.is_some(), "the link is back by itself");
}

#[test]
fn revocation_lists_are_files() {
    let world = World::new();
    let (bad, good) = (issue(&world.authority, BOT), issue(&world.authority, BOT));
    let (mut cut, mut stays) = (world.bot(&bad), world.bot(&good));
    assert_eq!(cut.ask(request("OPTIONS", POOL, BOT, 1, "")).status(), 200);
    assert_eq!(stays.ask(request("OPTIONS", POOL, BOT, 2, "")).status(), 200);

    let der = list(&world.authority, &[&bad], 2);
    world.put_list("litware.crl", &der);
    assert!(matches!(cut.hear(), Heard::Closed), "revoked while connected");
    world.traced(&["is not good any more", &format!("serial=\"{}\"", serial(&bad))]);
    let revoked = AlertDescription::CertificateRevoked;
    assert!(matches!(world.ask(&bad), Heard::Alert(alert) if alert == revoked));
    world.traced(&["The peer's certificate was refused: ", "evoked"]);
    let said = eventually(|| world.events(14_650).1.contains("litware.crl").then_some(()));
    said.expect("the event log names it");

    // A broken file is named, and the good one still counts.
    world.put_list("broken.crl", b"-----BEGIN X509 CRL-----\nnonsense");
    let named = eventually(|| (world.events(14_651).0 == 1).then(|| world.events(14_651).1));
    assert!(named.unwrap().contains("broken.crl"));
    assert!(matches!(world.ask(&bad), Heard::Alert(alert) if alert == revoked));
    assert_eq!(stays.ask(request("OPTIONS", POOL, BOT, 3, "")).status(), 200);

    // The authority changes its mind: a newer list, in the other form.
    world.put_list("litware.crl", im::pem("X509 CRL", &list(&world.authority, &[], 3)).as_bytes());
    eventually(|| world.is_served(&bad).then_some(())).expect("not revoked any more");
}

/// The registrar shows a newly assigned certificate at once, and nobody loses a connection by it.
#[test]
fn the_registrar_shows_the_certificate_that_is_assigned() {
    let world = World::new();
    let own = issue(&world.authority, BOT);
    let thumbprint = |text: String| text.trim().to_owned();
    let before = thumbprint(world.node.shell_ok("(Get-CsCertificate -Type Default).Thumbprint"));
    let mut stands = world.bot(&own);
    assert_eq!(stands.certificate_thumbprint(), before);
    assert_eq!(stands.ask(request("OPTIONS", POOL, BOT, 1, "")).status(), 200);
    let after = thumbprint(world.node.shell_ok(
        "$new = Request-CsCertificate -New -Type Default\n\
         Set-CsCertificate -Type Default -Thumbprint $new.Thumbprint\n$new.Thumbprint",
    ));
    assert_ne!(before, after);
    let shows = eventually(|| (world.bot(&own).certificate_thumbprint() == after).then_some(()));
    assert!(shows.is_some(), "a new connection sees the new one");
    assert_eq!(stands.ask(request("OPTIONS", POOL, BOT, 2, "")).status(), 200, "the old one stays");
    assert!(world.is_served(&own));
}

/// An integrated organisation with Ken at the page and in a chat.
struct Chatting {
    world: World,
    _socket: sim::page::Socket,
    bot: Peer,
    number: u32,
}

impl Chatting {
    fn new() -> Chatting {
        let world = World::new();
        world.node.shell_ok(&integration_script(false));
        let password = world.node.passwords()[KEN].clone();
        let https = world.node.config.client_access.listen_https[0];
        let tls = Tls::new(&world.node.data().join("ca.pem"), "localhost");
        let mut page = Page::new(https, tls);
        assert_eq!(page.sign_in(KEN, &password).status, 204);
        let socket = page.open();
        let bot = world.bot(&issue(&world.authority, BOT));
        let mut chatting = Chatting { world, _socket: socket, bot, number: 0 };
        let mut number = 100;
        let signed_in = eventually(|| {
            number += 1;
            match chatting.bot.ask(request("REGISTER", KEN, KEN, number, "")) {
                Heard::Message(answer) => answer.header(Name::Contact).map(|_| ()),
                other => panic!("{other:?}"),
            }
        });
        signed_in.expect("Ken is signed in");
        chatting.say();
        chatting
    }

    /// Pilar's next text, which the page must take at once: 202 would be *kept*.
    fn say(&mut self) {
        self.number += 1;
        let body = format!("text {}", self.number);
        let head = request("MESSAGE", KEN, PILAR, self.number, "Content-Type: text/plain\r\n");
        let length = format!("Content-Length: {}", body.len());
        let answer = self.bot.ask(head.replace("Content-Length: 0", &length) + &body);
        assert_eq!(answer.status(), 200, "{body}: {answer:?}");
    }

    /// What the web app has stored of Ken's conversation.
    fn stored(&self) -> Vec<String> {
        let read = self.world.node.store().read_blocking(|rows| {
            let ken = rows.account_by_login(KEN)?.unwrap();
            let mut texts = Vec::new();
            for conversation in rows.conversations(ken.id)? {
                let messages = rows.conversation_messages(conversation.id, 0, 1000)?;
                texts.extend(messages.into_iter().map(|message| message.text));
            }
            Ok(texts)
        });
        read.unwrap()
    }

    /// The certificate at the application's port: that of the settings in use.
    fn in_use(&self) -> String {
        let host = self.world.node.config.hosts[MAILBOX_SERVER];
        let tls = Tls::new(&self.world.node.data().join("ca.pem"), MAILBOX_SERVER);
        let pool = issue(&self.world.authority, POOL);
        Peer::tls((host, 5199).into(), &tls, Some(&pool)).certificate_thumbprint()
    }

    fn web_config(&self) -> Vec<u8> {
        let folder = "c/Program Files/Microsoft/Exchange Server/V15/ClientAccess/Owa";
        std::fs::read(self.world.node.data().join(folder).join("web.config")).unwrap()
    }

    /// A certificate for the web app, in its computer's store.
    fn put_certificate(&self, shown: &Shown) -> String {
        let key = Some(store::Secret::new(shown.key.clone()));
        let (my, der) = (CertificateStore::My, &shown.certificate);
        let certificate = Certificate::from_der(MAILBOX_SERVER, my, der, key).unwrap();
        let thumbprint = certificate.thumbprint.clone();
        self.world.node.write(move |tx| tx.put_certificate(&certificate));
        thumbprint
    }
}

#[test]
fn a_chat_goes_on_while_the_certificate_is_changed() {
    let mut chat = Chatting::new();
    let old = chat.in_use();
    let new = chat.put_certificate(&issue(&chat.world.authority, MAILBOX_SERVER));
    let rehearsed = chat.world.node.shell_ok(&format!(
        "Test-ExchangeCertificateChange {new} | ForEach-Object {{ \"$($_.Half) $($_.Result)\" }}"
    ));
    let rehearsed: Vec<&str> = rehearsed.lines().collect();
    assert_eq!(rehearsed, ["Mail Passed", "Mail Passed", "Messaging Passed", "Messaging Passed"]);
    assert_eq!(chat.in_use(), old, "a rehearsal changes nothing");
    let before = String::from_utf8(chat.web_config()).unwrap();

    // Pilar writes without a pause while the change is made.
    let node = &chat.world.node;
    let (printed, code) = std::thread::scope(|scope| {
        let switching = scope.spawn(|| node.shell(&format!("Switch-ExchangeCertificate {new}")));
        let (bot, number) = (&mut chat.bot, &mut chat.number);
        while !switching.is_finished() {
            *number += 1;
            let body = format!("text {number}");
            let head = request("MESSAGE", KEN, PILAR, *number, "Content-Type: text/plain\r\n");
            let length = format!("Content-Length: {}", body.len());
            let answer = bot.ask(head.replace("Content-Length: 0", &length) + &body);
            assert_eq!(answer.status(), 200, "{body}: {answer:?}");
        }
        switching.join().unwrap()
    });
    assert_eq!(code, 0, "{printed}");
    assert_eq!(String::from_utf8(chat.web_config()).unwrap(), before.replace(&old, &new));
    eventually(|| (chat.in_use() == new).then_some(())).expect("the new one is shown");
    for _ in 0..5 {
        chat.say();
    }
    // The old one is needed no more, not even by what is still open.
    let serial = chat.world.node.store().read_blocking({
        let old = old.clone();
        move |rows| Ok(rows.certificate(MAILBOX_SERVER, &old)?.unwrap().serial)
    });
    let serial = serial.unwrap();
    chat.world.node.write(move |tx| tx.revoke_certificate(&serial));
    chat.world.traced(&["is not good any more", &format!("CN={MAILBOX_SERVER}")]);
    for _ in 0..5 {
        chat.say();
    }
    let expected: Vec<String> = (1..=chat.number).map(|number| format!("text {number}")).collect();
    assert_eq!(chat.stored(), expected, "each text once, in order");
    assert_eq!(chat.world.events(1121).0, 1);
    assert_eq!(chat.world.events(112).0, 1, "nothing was recycled");
    let failures: usize = (1101..=1116).map(|number| chat.world.events(number).0).sum();
    assert_eq!(failures, 0, "instant messaging never stopped");
}

#[test]
fn a_change_that_does_not_come_about_falls_back() {
    let mut chat = Chatting::new();
    let old = chat.in_use();
    let lasts = Validity::days(Clock::wall_ms(), 300);
    let stranger = Authority::create("Somebody Else", lasts).unwrap();
    let config = chat.web_config();
    let unknown = chat.put_certificate(&issue(&stranger, MAILBOX_SERVER));
    let unnamed = chat.put_certificate(&issue(&chat.world.authority, "other.litwareinc.com"));
    for (tries, (new, why)) in [(unknown, "UnknownCA"), (unnamed, "not")].into_iter().enumerate() {
        let rehearsed = chat.world.node.shell_ok(&format!(
            "(Test-ExchangeCertificateChange {new} | Where-Object Result -eq Failed).Half"
        ));
        assert_eq!(rehearsed.trim(), "Messaging", "{new}");
        let (printed, code) = chat.world.node.shell(&format!("Switch-ExchangeCertificate {new}"));
        assert_eq!(code, 1);
        assert!(printed.contains("the one before is still in use: "), "{printed}");
        assert!(printed.replace(['\n', ' '], "").contains(why), "{printed}");
        assert_eq!(chat.web_config(), config, "Web.config is as it was");
        assert_eq!(chat.in_use(), old);
        chat.say();
        assert_eq!(chat.world.events(1122).0, tries + 1);
    }
    let expected: Vec<String> = (1..=chat.number).map(|number| format!("text {number}")).collect();
    assert_eq!(chat.stored(), expected);
}
