//! An integrated demo on real sockets; only between the halves stands a wire that a test can cut.
//! The trusted application's own port (design.md §4): the registrar reaches the page's people by
//! dialling `computer:Port` while the connection that the web app dialled is gone. Restarts of one
//! half.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "the whole program is a test"
)]

use std::net::SocketAddr;

use im::authority::Authority;
use im::certificate::{Contents, Validity};
use node::clock::Clock;
use node::quickstart::integration_script;
use rustls::AlertDescription;
use shell::organisation::{MAILBOX_SERVER, POOL};
use sim::page::Page;
use sim::peer::{Heard, Peer, Shown, Tls, request};
use sim::served::{Served, bare, eventually};
use sip::Name;
use store::directory::{DirectoryRead as _, EventQuery};
use store::mail::MailRead as _;
use store::messaging::{MessagingRead as _, MessagingWrite as _, TrustedApplicationPool};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

const KEN: &str = "kenmyer@litwareinc.com";
const PILAR: &str = "pilar@litwareinc.com";
/// A trusted application beside the web app: it asks and speaks in these tests.
const BOT: &str = "bots.litwareinc.com";

struct World {
    node: Served,
    authority: Authority,
    /// The wire between the web app and the pool.
    wire: Option<tokio::task::JoinHandle<()>>,
    _folder: tempfile::TempDir,
}

impl World {
    fn new() -> World {
        let folder = tempfile::tempdir().unwrap();
        let mut listener = None;
        let node = Served::start_with(
            &bare(folder.path()),
            |tx| {
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
            },
            |config| {
                let between = std::net::TcpListener::bind((config.hosts[POOL], 0)).unwrap();
                config.mailbox.im_server_port = between.local_addr().unwrap().port();
                listener = Some(between);
            },
        );
        let node = node.unwrap();
        let pool =
            SocketAddr::new(node.config.hosts[POOL], node.config.registrar.listen_tls[0].port());
        let wire = node.runtime().spawn(carry(listener.unwrap(), pool));
        let authority = node.store().read_blocking(Authority::load).unwrap().unwrap();
        World { node, authority, wire: Some(wire), _folder: folder }
    }

    /// Cuts it; what the web app dials from now on is refused.
    fn cut(&mut self) {
        let wire = self.wire.take().unwrap();
        wire.abort();
        let ended = self.node.runtime().block_on(wire);
        assert!(ended.unwrap_err().is_cancelled());
    }

    fn tls(&self, name: &str) -> Tls {
        Tls::new(&self.node.data().join("ca.pem"), name)
    }

    fn good(&self, name: &str) -> Shown {
        let lasts = Validity::days(Clock::wall_ms(), 30);
        let issued = self.authority.issue(&Contents::server(name, &[]), lasts).unwrap();
        Shown { certificate: issued.der, key: issued.key.unwrap() }
    }

    /// The bot at the registrar.
    fn bot(&self) -> Peer {
        let address = self.node.config.registrar.listen_tls[0];
        Peer::tls(address, &self.tls(POOL), Some(&self.good(BOT)))
    }

    /// Where the web app listens, or will.
    fn application(&self, port: u16) -> SocketAddr {
        SocketAddr::new(self.node.config.hosts[MAILBOX_SERVER], port)
    }

    fn is_open(&self, port: u16) -> bool {
        std::net::TcpStream::connect(self.application(port)).is_ok()
    }

    /// Contact of somebody's only registration, once it fits.
    fn registered(&self, bot: &mut Peer, address: &str, place: &str) {
        let mut number = 100;
        let found = eventually(|| {
            number += 1;
            let answer = bot.ask(request("REGISTER", address, address, number, ""));
            let Heard::Message(answer) = answer else { panic!("{answer:?}") };
            answer.header(Name::Contact).filter(|it| it.contains(place)).map(|_| ())
        });
        assert!(found.is_some(), "{address} is registered at {place}");
    }

    /// What the web app has stored of Ken's conversations.
    fn texts_of_ken(&self) -> Vec<String> {
        let read = self.node.store().read_blocking(|rows| {
            let ken = rows.account_by_login(KEN)?.unwrap();
            let mut texts = Vec::new();
            for conversation in rows.conversations(ken.id)? {
                let messages = rows.conversation_messages(conversation.id, 0, 100)?;
                texts.extend(messages.into_iter().map(|message| message.text));
            }
            Ok(texts)
        });
        read.unwrap()
    }
}

/// How often the web app said that instant messaging works (event 112).
fn successes(world: &World) -> usize {
    let query = EventQuery::default();
    let events = world.node.store().read_blocking(move |rows| rows.events(&query)).unwrap();
    events.iter().filter(|event| event.event_id == 112).count()
}

/// Carries connections to `pool`; all end with the task.
async fn carry(listener: std::net::TcpListener, pool: SocketAddr) {
    listener.set_nonblocking(true).unwrap();
    let listener = TcpListener::from_std(listener).unwrap();
    let mut all = JoinSet::new();
    loop {
        let (mut near, _) = listener.accept().await.unwrap();
        all.spawn(async move {
            let mut far = TcpStream::connect(pool).await.unwrap();
            let _ = tokio::io::copy_bidirectional(&mut near, &mut far).await;
        });
    }
}

fn text(number: u32, body: &str) -> String {
    let more = "Content-Type: text/plain\r\n";
    let head = request("MESSAGE", KEN, PILAR, number, more);
    head.replace("Content-Length: 0", &format!("Content-Length: {}", body.len())) + body
}

#[test]
fn people_of_the_page_are_reached_by_dialling_the_application() {
    let mut world = World::new();
    assert!(!world.is_open(5199), "an application that is not configured does not listen");
    world.node.shell_ok(&integration_script(false));
    let password = world.node.passwords()[KEN].clone();
    let https = world.node.config.client_access.listen_https[0];
    let mut page = Page::new(https, world.tls("localhost"));
    assert_eq!(page.sign_in(KEN, &password).status, 204);
    let _socket = page.open();
    let mut bot = world.bot();
    world.registered(&mut bot, KEN, &format!("@{MAILBOX_SERVER}:5199"));
    assert_eq!(bot.ask(text(1, "over the link")).status(), 200);

    world.cut();
    assert_eq!(bot.ask(text(2, "by dialling")).status(), 200, "taken, not kept");
    world.registered(&mut bot, KEN, &format!("@{MAILBOX_SERVER}:5199"));
    assert_eq!(bot.ask(text(3, "once more")).status(), 200);
    assert_eq!(world.texts_of_ken(), ["over the link", "by dialling", "once more"]);
}

#[test]
fn the_port_follows_the_topology_and_belongs_to_the_pool() {
    let world = World::new();
    world.node.shell_ok(&integration_script(false));
    eventually(|| world.is_open(5199).then_some(())).expect("it listens");

    // Nobody without a certificate, nobody from elsewhere, nobody but the pool.
    let connect = |shown: Option<&Shown>| {
        let mut peer = Peer::tls(world.application(5199), &world.tls(MAILBOX_SERVER), shown);
        peer.ask(request("OPTIONS", MAILBOX_SERVER, POOL, 1, ""))
    };
    let required = AlertDescription::CertificateRequired;
    assert!(matches!(connect(None), Heard::Alert(alert) if alert == required));
    let stranger = Authority::create("Somebody Else", Validity::days(Clock::wall_ms(), 30));
    let lasts = Validity::days(Clock::wall_ms(), 30);
    let issued = stranger.unwrap().issue(&Contents::server(POOL, &[]), lasts).unwrap();
    let stranger = Shown { certificate: issued.der, key: issued.key.unwrap() };
    let unknown = AlertDescription::UnknownCA;
    assert!(matches!(connect(Some(&stranger)), Heard::Alert(alert) if alert == unknown));
    assert_eq!(connect(Some(&world.good(BOT))).status(), 403);
    assert_eq!(connect(Some(&world.good(POOL))).status(), 200);

    // The page's people follow the application to another port.
    let password = world.node.passwords()[PILAR].clone();
    let https = world.node.config.client_access.listen_https[0];
    let mut page = Page::new(https, world.tls("localhost"));
    assert_eq!(page.sign_in(PILAR, &password).status, 204);
    let _socket = page.open();
    let mut bot = world.bot();
    world.registered(&mut bot, PILAR, &format!("@{MAILBOX_SERVER}:5199"));
    world.node.shell_ok(&format!(
        "Set-CsTrustedApplication -Identity {MAILBOX_SERVER}/urn:application:OutlookWebApp \
         -Port 5200\nEnable-CsTopology"
    ));
    eventually(|| (world.is_open(5200) && !world.is_open(5199)).then_some(())).expect("it moves");
    world.registered(&mut bot, PILAR, &format!("@{MAILBOX_SERVER}:5200"));
    world.node.shell_ok(&format!(
        "Remove-CsTrustedApplication -Identity {MAILBOX_SERVER}/urn:application:OutlookWebApp \
         -Force\nEnable-CsTopology -Force"
    ));
    eventually(|| (!world.is_open(5200)).then_some(())).expect("it ends");
}

#[test]
fn either_half_restarts_alone() {
    let world = World::new();
    world.node.shell_ok(&integration_script(false));
    let password = world.node.passwords()[KEN].clone();
    let https = world.node.config.client_access.listen_https[0];
    let mut page = Page::new(https, world.tls("localhost"));
    assert_eq!(page.sign_in(KEN, &password).status, 204);
    let _socket = page.open();
    let mut bot = world.bot();
    let place = format!("@{MAILBOX_SERVER}:5199");
    world.registered(&mut bot, KEN, &place);
    eventually(|| (successes(&world) == 1).then_some(())).expect("event 112");
    // Registered over a connection that ends, and not by anybody who comes back by himself.
    let contact = format!("Contact: <sip:pilar@{BOT}:6000;transport=tls>\r\n");
    assert_eq!(bot.ask(request("REGISTER", PILAR, PILAR, 1, &contact)).status(), 200);
    let mut client = Peer::tls(world.node.config.registrar.listen_tls[0], &world.tls(POOL), None);
    assert_eq!(client.ask(request("REGISTER", PILAR, PILAR, 1, "")).status(), 401);

    world.node.shell_ok("Restart-Service RTCSRV");
    assert!(matches!(bot.hear(), Heard::Closed));
    assert!(matches!(client.hear(), Heard::Closed));
    let mut bot = world.bot();
    let Heard::Message(answer) = bot.ask(request("REGISTER", PILAR, PILAR, 2, "")) else {
        panic!("the listener is still there")
    };
    assert_eq!((answer.status(), answer.header(Name::Contact)), (Some(200), None), "forgotten");
    world.registered(&mut bot, KEN, &place);
    assert_eq!(bot.ask(text(3, "after the restart")).status(), 200);
    assert_eq!(successes(&world), 1, "the web half was not restarted");

    world.node.shell_ok("Restart-Service W3SVC");
    eventually(|| (successes(&world) == 2).then_some(())).expect("event 112 again");
    world.registered(&mut bot, KEN, &place);
    assert_eq!(bot.ask(text(4, "after the other")).status(), 200);
    assert_eq!(world.texts_of_ken(), ["after the restart", "after the other"]);
    let health = page.ask("GET", "/health", "", b"");
    assert_eq!(health.status, 200);
    let health: serde_json::Value = serde_json::from_str(&health.body).unwrap();
    assert_eq!(health["roles"]["registrar"], "ok");
}

#[test]
fn a_stopped_messaging_server_is_not_there_until_it_is_started() {
    let world = World::new();
    world.node.shell_ok(&integration_script(false));
    let address = world.node.config.registrar.listen_tls[0];
    let mut bot = world.bot();
    assert_eq!(bot.ask(request("OPTIONS", BOT, POOL, 1, "")).status(), 200);
    world.node.shell_ok("Stop-Service RTCSRV");
    assert!(matches!(bot.hear(), Heard::Closed));
    assert!(std::net::TcpStream::connect(address).is_err(), "the port is closed");
    assert!(world.node.shell_ok("Get-Service RTCSRV").contains("Stopped"));
    let https = world.node.config.client_access.listen_https[0];
    let health = || Page::new(https, world.tls("localhost")).ask("GET", "/health", "", b"").body;
    assert!(health().contains("RTCSRV is stopped: Start-Service RTCSRV"), "{}", health());

    // Neither a second stop nor a change of the directory wakes it.
    world.node.shell_ok("Stop-Service RTCSRV; Set-CsUser pilar -Enabled $False");
    assert!(std::net::TcpStream::connect(address).is_err());

    world.node.shell_ok("Start-Service RTCSRV");
    let mut bot = world.bot();
    assert_eq!(bot.ask(request("OPTIONS", BOT, POOL, 2, "")).status(), 200);
    assert!(world.node.shell_ok("Get-Service RTCSRV").contains("Running"));
    assert!(!health().contains("stopped"));
    world.node.shell_ok("Stop-Service RTCSRV; Restart-Service RTCSRV");
    let mut bot = world.bot();
    assert_eq!(bot.ask(request("OPTIONS", BOT, POOL, 3, "")).status(), 200);
}
