//! The node under test, and those who use it properly all the while: after each batch of bad input
//! they register, write, mail, read the page and ask the shell, and what they were told is kept.

use std::net::{IpAddr, SocketAddr};

use node::clock::Clock;
use node::config::{Config, Limits};
use shell::organisation::POOL;
use sim::page::Page;
use sim::peer::{Heard, Peer, Tls};
use sim::people::who;
use sim::process::{Caps, NodeProcess};
use sim::served::{passwords_of, shell_of};
use sip::Name;
use sip::auth::{Challenge, Credentials, Ha1};
use store::Store;
use store::directory::DirectoryRead as _;
use store::mail::{MailRead as _, MessageQuery};
use store::messaging::MessagingRead as _;

use crate::raw::Raw;

pub const KEN: &str = "kenmyer@litwareinc.com";
pub const ROMEO: &str = "romeo@litwareinc.com";
pub const JULIET: &str = "juliet@litwareinc.com";
/// Who behaves comes from here: bad ones use up the places of 127.0.0.1.
pub const GOOD: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(127, 0, 0, 9));
/// What the process may grow by: buffers of what is under way, caches, and what the allocator
/// keeps. The bad input of each batch is larger.
const GROWTH_KIB_MAX: u64 = 96 * 1024;

/// See the head of the file.
pub struct World {
    pub node: NodeProcess,
    pub page: Page,
    rounds: usize,
    /// Texts for Juliet that were kept besides those of the rounds.
    pub others_kept: usize,
    calm_kib: u64,
    began_ms: i64,
}

impl World {
    pub fn new() -> World {
        World::with_descriptors(None)
    }

    pub fn with_descriptors(descriptors: Option<usize>) -> World {
        World::of(NodeProcess::start(|tx| sim::people::create(tx, POOL), descriptors))
    }

    /// In which people may write as fast as they can.
    pub fn unbounded() -> World {
        let adjust = |config: &mut Config| config.limits = Limits::unbounded();
        let people = |tx: &mut store::Writer| sim::people::create(tx, POOL);
        World::of(NodeProcess::start_with(people, adjust, Caps::default()))
    }

    /// Whose node may ask for so much memory only.
    pub fn with_memory(address_space_kib: u64) -> World {
        let caps = Caps { address_space_kib: Some(address_space_kib), ..Caps::default() };
        let people = |tx: &mut store::Writer| sim::people::create(tx, POOL);
        World::of(NodeProcess::start_with(people, |_| {}, caps))
    }

    fn of(node: NodeProcess) -> World {
        let page = page(&node);
        let began_ms = Clock::wall_ms();
        let mut world = World { node, page, rounds: 0, others_kept: 0, calm_kib: 0, began_ms };
        world.all_is_well("the start");
        world.calm_kib = world.node.resident_kib();
        world
    }

    pub fn sip(&self) -> SocketAddr {
        self.node.config.registrar.listen_tcp[0]
    }

    pub fn sips(&self) -> SocketAddr {
        self.node.config.registrar.listen_tls[0]
    }

    pub fn smtp(&self) -> SocketAddr {
        self.node.config.mailbox.listen_smtp[0]
    }

    pub fn https(&self) -> SocketAddr {
        self.node.config.client_access.listen_https[0]
    }

    pub fn socket(&self) -> std::path::PathBuf {
        self.node.data().join("admin.sock")
    }

    pub fn sip_tls(&self) -> Tls {
        tls(&self.node, POOL)
    }

    pub fn web_tls(&self) -> Tls {
        tls(&self.node, "localhost")
    }

    /// A number of the node's metrics; 0 if it is not there yet.
    pub fn metric(&self, name: &str) -> f64 {
        let mut raw = Raw::tcp(self.node.config.metrics.listen[0]);
        raw.send("GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        let text = raw.rest_text();
        let value = text.lines().find_map(|line| line.strip_prefix(name)?.trim().parse().ok());
        value.unwrap_or_default()
    }

    pub fn shell(&self, lines: &str) -> (String, i32) {
        shell_of(&self.node.data(), lines)
    }

    /// Waits until strangers are not sent away any more.
    pub fn until_calm(&self) {
        let calm = sim::served::eventually(|| {
            let heard = Peer::tcp(self.sip()).ask(crate::sip::options(7));
            (heard.status() == 200).then_some(())
        });
        assert!(calm.is_some(), "strangers are sent away for ever");
    }

    /// Those who behave are served as before, and the process is as before.
    pub fn all_is_well(&mut self, after: &str) {
        let log = self.node.log();
        assert!(!log.contains("panicked"), "after {after}:\n{log}");
        if let Some(ended) = self.node.ended() {
            panic!("after {after}: the node ended, {ended}\n{log}");
        }
        self.rounds += 1;
        self.good_sip(after);
        self.good_smtp(after);
        let health = self.page.ask("GET", "/health", "", b"");
        assert_eq!(health.status, 200, "after {after}: {health:?}");
        let session = self.page.ask("GET", "/jmap/session", "", b"");
        assert_eq!(session.status, 200, "after {after}: {session:?}");
        let (printed, code) = self.shell(&format!("Get-Mailbox {KEN} | Format-List Name"));
        assert_eq!((code, printed.contains("Ken Myer")), (0, true), "after {after}: {printed}");
        let now_kib = self.node.resident_kib();
        let ms = Clock::wall_ms() - self.began_ms;
        println!("{ms:6} ms, {now_kib:7} KiB after {after}");
        let grown_kib = now_kib.saturating_sub(self.calm_kib);
        let is_first = self.calm_kib == 0;
        assert!(is_first || grown_kib < GROWTH_KIB_MAX, "after {after}: grown by {grown_kib} KiB");
    }

    /// Romeo signs in over TCP and TLS, and writes to Juliet, who is not there.
    fn good_sip(&self, after: &str) {
        let peers = [Peer::tcp(self.sip()), Peer::tls(self.sips(), &self.sip_tls(), None)];
        for (at, mut peer) in peers.into_iter().enumerate() {
            // No number twice: a repetition would be answered as before.
            let number = self.rounds * 100 + at * 10;
            let first = romeo_asks("REGISTER", ROMEO, number, "", "");
            let challenge = ask_until_taken(&mut peer, &first);
            let answer = answer_to(&challenge, "REGISTER", ROMEO);
            let answer = answer.unwrap_or_else(|| panic!("after {after}: {challenge:?}"));
            let signed = romeo_asks("REGISTER", ROMEO, number + 1, &answer, "");
            let heard = ask_until_taken(&mut peer, &signed);
            assert_eq!(heard.status(), 200, "after {after}: {heard:?}");
            let text = format!("text {}", self.rounds);
            let mut heard = peer.ask(romeo_asks("MESSAGE", JULIET, number + 2, "", &text));
            if let Some(answer) = answer_to(&heard, "MESSAGE", JULIET) {
                heard = peer.ask(romeo_asks("MESSAGE", JULIET, number + 3, &answer, &text));
            }
            assert_eq!(heard.status(), 202, "after {after}: {heard:?}");
        }
    }

    /// A mail to Ken.
    fn good_smtp(&self, after: &str) {
        let mut raw = Raw::tcp_from(GOOD, self.smtp());
        let mail = format!("Subject: mail {}\r\n\r\nfine\r\n.", self.rounds);
        for (say, expected) in [
            ("", "220"),
            ("HELO good.example", "250"),
            ("MAIL FROM:<good@example.com>", "250"),
            (&format!("RCPT TO:<{KEN}>"), "250"),
            ("DATA", "354"),
            (&mail, "250"),
            ("QUIT", "221"),
        ] {
            if !say.is_empty() {
                raw.send(format!("{say}\r\n"));
            }
            let reply = raw.line();
            assert!(reply.starts_with(expected), "after {after}: {say}: {reply}");
        }
    }

    /// Kills the node; everything that was acknowledged is there, and nothing that was not: Ken's
    /// mail has the subjects of the good rounds, and `others`, in any order.
    pub fn end(self, others: &[&str]) {
        let (rounds, mut subjects) = self.left();
        let mut expected: Vec<String> = (1..=rounds).map(|n| format!("mail {n}")).collect();
        expected.extend(others.iter().map(|other| (*other).to_owned()));
        expected.sort();
        subjects.sort();
        assert_eq!(subjects, expected);
    }

    /// As [`World::end`], where only the number of the others is known.
    pub fn end_counting(self, others: usize) {
        let (rounds, subjects) = self.left();
        assert_eq!(subjects.len(), rounds + others);
    }

    /// How many good rounds there were, and the subjects of Ken's mail.
    fn left(mut self) -> (usize, Vec<String>) {
        self.all_is_well("everything");
        let store = self.node.kill();
        let kept = store.read_blocking(|rows| {
            let juliet = rows.account_by_login(JULIET)?.unwrap();
            rows.absent_messages(juliet.id)
        });
        let expected = 2 * self.rounds + self.others_kept;
        assert_eq!(kept.unwrap().len(), expected, "two texts each round are kept");
        (self.rounds, subjects_of_ken(&store))
    }
}

fn subjects_of_ken(store: &Store) -> Vec<String> {
    let read = store.read_blocking(|rows| {
        let ken = rows.account_by_login(KEN)?.unwrap();
        let mailbox = rows.mailbox_of(ken.id)?.unwrap();
        let query = MessageQuery { limit: Some(10_000), ..MessageQuery::default() };
        rows.messages(mailbox.id, &query)
    });
    read.unwrap().into_iter().map(|row| row.subject).collect()
}

fn tls(node: &NodeProcess, name: &str) -> Tls {
    Tls::new(&node.data().join("ca.pem"), name)
}

/// Ken's page, signed in.
pub fn page(node: &NodeProcess) -> Page {
    let mut page = Page::new(node.config.client_access.listen_https[0], tls(node, "localhost"));
    let signed_in = page.sign_in(KEN, &passwords_of(&node.data())[KEN]);
    assert_eq!(signed_in.status, 204, "{signed_in:?}");
    page
}

/// Who is asked to come again later does; the node kept nothing of the request.
fn ask_until_taken(peer: &mut Peer, request: &str) -> Heard {
    let taken = sim::served::eventually(|| {
        let heard = peer.ask(request);
        (heard.status() != 503).then_some(heard)
    });
    taken.expect("strangers are not sent away for ever")
}

pub fn romeo_asks(method: &str, uri: &str, number: usize, more: &str, text: &str) -> String {
    asks(ROMEO, method, uri, number, more, text)
}

/// A request of the person with this address.
pub fn asks(from: &str, method: &str, uri: &str, number: usize, more: &str, text: &str) -> String {
    let length = text.len();
    let kind = if text.is_empty() { "" } else { "Content-Type: text/plain\r\n" };
    format!(
        "{method} sip:{uri} SIP/2.0\r\n\
         Via: SIP/2.0/TLS romeo.invalid;branch=z9hG4bKgood{number}\r\n\
         Max-Forwards: 70\r\nFrom: <sip:{from}>;tag=g\r\nTo: <sip:{uri}>\r\n\
         Call-ID: good-{number}@romeo.invalid\r\nCSeq: {number} {method}\r\n\
         {kind}{more}Content-Length: {length}\r\n\r\n{text}"
    )
}

/// The header that answers a challenge; none if it is none.
pub fn answer_to(heard: &Heard, method: &str, uri: &str) -> Option<String> {
    answer_as("Romeo", heard, method, uri)
}

/// As [`answer_to`], by somebody else.
pub fn answer_as(name: &str, heard: &Heard, method: &str, uri: &str) -> Option<String> {
    let Heard::Message(challenge) = heard else { return None };
    let (asked, answered) = match challenge.status() {
        Some(401) => (Name::WwwAuthenticate, "Authorization"),
        Some(407) => (Name::ProxyAuthenticate, "Proxy-Authorization"),
        _ => return None,
    };
    let challenge = Challenge::parse(challenge.header(asked)?).ok()??;
    let who = who(name);
    let ha1 = Ha1::compute(challenge.algorithm, &who.address, &challenge.realm, &who.password);
    let how = ("a nonce", 1);
    let about = (method, &*format!("sip:{uri}"));
    let credentials = Credentials::answer(&challenge, &who.address, &ha1, about, how);
    Some(format!("{answered}: {credentials}\r\n"))
}
