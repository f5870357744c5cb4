//! What a running node measures: people sign in, write, are refused; mail comes; and each number
//! moves by exactly what happened. The answer is read as strictly as Prometheus reads it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "the whole program is a test"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::SocketAddr;

use im::authority::Authority;
use im::certificate::{Contents, Validity};
use node::clock::Clock;
use node::metrics::{Kind, METRICS};
use shell::organisation::POOL;
use sim::page::Page;
use sim::peer::{Heard, Peer, Shown, Tls, request, tcp};
use sim::people::{self, who};
use sim::served::{Served, bare, eventually};
use sip::auth::{Challenge, Credentials, Ha1};
use sip::{Message, Name};

const ROMEO: &str = "romeo@litwareinc.com";
const JULIET: &str = "juliet@litwareinc.com";
const KEN: &str = "kenmyer@litwareinc.com";
/// A name that no list has.
const STRANGER: &str = "stranger.litwareinc.com";

/// Samples by name and labels, as printed.
type Samples = BTreeMap<String, f64>;

struct World {
    node: Served,
    authority: Authority,
    _folder: tempfile::TempDir,
}

impl World {
    fn new() -> World {
        let folder = tempfile::tempdir().unwrap();
        let node = Served::start(&bare(folder.path()), |tx| people::create(tx, POOL)).unwrap();
        let authority = node.store().read_blocking(Authority::load).unwrap().unwrap();
        World { node, authority, _folder: folder }
    }

    fn metrics(&self) -> Samples {
        read(&get(self.node.config.metrics.listen[0], "/metrics").1)
    }

    /// Waits until the metrics differ from `before` by this and by nothing else; times, commits
    /// and connections, which things of the node itself move too, are looked at elsewhere.
    fn moved(&self, before: &Samples, expected: &[(&str, f64)]) {
        let expected: BTreeMap<String, f64> =
            expected.iter().map(|(name, by)| ((*name).to_owned(), *by)).collect();
        let mut seen = BTreeMap::new();
        let found = eventually(|| {
            seen = difference(before, &self.metrics());
            (seen == expected).then_some(())
        });
        assert!(found.is_some(), "moved:\n{seen:#?}\nexpected:\n{expected:#?}");
    }

    fn tls(&self, name: &str) -> Tls {
        Tls::new(&self.node.data().join("ca.pem"), name)
    }

    fn connect(&self, shown: Option<&Shown>) -> Peer {
        Peer::tls(self.node.config.registrar.listen_tls[0], &self.tls(POOL), shown)
    }
}

fn difference(before: &Samples, after: &Samples) -> BTreeMap<String, f64> {
    let noise = ["tandem_store_", "tandem_connections", "tandem_queue_", "tandem_im_check_"];
    let moved = after.iter().filter(|(name, _)| !noise.iter().any(|it| name.starts_with(it)));
    let moved = moved.map(|(name, now)| (name, now - before.get(name).unwrap_or(&0.0)));
    moved.filter(|(_, by)| *by != 0.0).map(|(name, by)| (name.clone(), by)).collect()
}

/// Status and body.
fn get(address: SocketAddr, path: &str) -> (String, String) {
    let mut stream = tcp(address);
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    if !head.to_ascii_lowercase().contains("content-length") {
        panic!("no length: {head}");
    }
    (head.lines().next().unwrap().to_owned(), body.to_owned())
}

/// Reads the text format strictly (prometheus.io, text-based exposition format 0.0.4): HELP, then
/// TYPE, then all samples of a family together; each sample once; histograms add up.
fn read(text: &str) -> Samples {
    assert!(text.ends_with('\n'), "the last line ends");
    let mut samples = Samples::new();
    let mut finished = BTreeSet::new();
    let (mut family, mut kind) = (String::new(), String::new());
    for line in text.lines().filter(|line| !line.is_empty()) {
        if let Some(help) = line.strip_prefix("# HELP ") {
            let (name, text) = help.split_once(' ').expect("a help text");
            assert!(!text.is_empty() && finished.insert(name.to_owned()), "again: {line}");
            (family, kind) = (name.to_owned(), String::new());
        } else if let Some(is) = line.strip_prefix("# TYPE ") {
            let (name, is) = is.split_once(' ').expect("a type");
            assert_eq!((name, kind.as_str()), (family.as_str(), ""), "{line}");
            assert!(["counter", "gauge", "histogram"].contains(&is), "{line}");
            is.clone_into(&mut kind);
        } else {
            let (name, value) = line.rsplit_once(' ').expect("name and value");
            let base = name.split('{').next().unwrap();
            let suffix = base.strip_prefix(family.as_str()).expect("a sample of its family");
            let parts: &[&str] =
                if kind == "histogram" { &["_bucket", "_sum", "_count"] } else { &[""] };
            assert!(parts.contains(&suffix), "{line} in {family}, {kind}");
            check_labels(&name[base.len()..], line);
            let value: f64 = value.parse().expect(line);
            assert!(kind != "counter" || value >= 0.0, "{line}");
            assert!(samples.insert(name.to_owned(), value).is_none(), "twice: {line}");
        }
    }
    samples
}

fn check_labels(labels: &str, line: &str) {
    if labels.is_empty() {
        return;
    }
    let inside = labels.strip_prefix('{').and_then(|it| it.strip_suffix('}')).expect(line);
    for label in inside.split(',') {
        let (name, value) = label.split_once('=').expect(line);
        assert!(name.chars().all(|c| c.is_ascii_lowercase() || c == '_'), "{line}");
        let value = value.strip_prefix('"').and_then(|it| it.strip_suffix('"')).expect(line);
        let is_word = |c: char| c.is_ascii_alphanumeric() || "._+-".contains(c);
        assert!(!value.is_empty() && value.chars().all(is_word), "{line}");
    }
}

fn message(answer: Heard) -> Message {
    match answer {
        Heard::Message(message) => message,
        other => panic!("{other:?}"),
    }
}

/// Two REGISTERs: the one that is challenged, and the one with the password; its status.
fn register(peer: &mut Peer, address: &str, password: &str, number: u32) -> u16 {
    let contact = format!("Contact: <sip:{number}@peer.invalid;transport=tls>\r\n");
    let challenge = message(peer.ask(request("REGISTER", address, address, number, &contact)));
    assert_eq!(challenge.status(), Some(401));
    let challenge = challenge.header(Name::WwwAuthenticate).unwrap();
    let challenge = Challenge::parse(challenge).unwrap().unwrap();
    let ha1 = Ha1::compute(challenge.algorithm, address, &challenge.realm, password);
    let (uri, nonce) = (format!("sip:{address}"), number.to_string());
    let answer = Credentials::answer(&challenge, address, &ha1, ("REGISTER", &uri), (&nonce, 1));
    let more = format!("{contact}Authorization: {answer}\r\n");
    peer.ask(request("REGISTER", address, address, number + 1, &more)).status()
}

fn text(to: &str, from: &str, number: u32) -> String {
    let head = request("MESSAGE", to, from, number, "Content-Type: text/plain\r\n");
    head.replace("Content-Length: 0", "Content-Length: 5") + "hello"
}

/// The device takes what comes next.
fn take(peer: &mut Peer) {
    let text = message(peer.hear());
    let header = |name| text.header(name).unwrap();
    peer.send(format!(
        "SIP/2.0 200 OK\r\nVia: {}\r\nFrom: {}\r\nTo: {};tag=x\r\nCall-ID: {}\r\nCSeq: {}\r\n\
         Content-Length: 0\r\n\r\n",
        header(Name::Via),
        header(Name::From),
        header(Name::To),
        header(Name::CallId),
        header(Name::CSeq),
    ));
}

const REGISTERS: &str = "tandem_sip_requests_total{half=\"registrar\",method=\"REGISTER\"}";
const MESSAGES: &str = "tandem_sip_requests_total{half=\"registrar\",method=\"MESSAGE\"}";

fn responses(status: &str) -> String {
    format!("tandem_sip_responses_total{{half=\"registrar\",status=\"{status}\"}}")
}

#[test]
fn each_number_moves_by_what_happened() {
    let world = World::new();
    let mut before = world.metrics();
    let mut romeo = world.connect(None);
    let sign_ins = |peer: &mut Peer, who_: &str, address: &str, number| {
        assert_eq!(register(peer, address, &who(who_).password, number), 200);
    };
    sign_ins(&mut romeo, "Romeo", ROMEO, 10);
    let signed_in = [
        (REGISTERS, 2.0),
        (&responses("401"), 1.0),
        (&responses("200"), 1.0),
        ("tandem_sip_users", 1.0),
        ("tandem_sip_registrations", 1.0),
    ];
    world.moved(&before, &signed_in);

    // Juliet is not there: kept; then she is, and takes it; then one at once.
    before = world.metrics();
    assert_eq!(romeo.ask(text(JULIET, ROMEO, 20)).status(), 202);
    let kept = "tandem_im_texts_total{outcome=\"kept\"}";
    world.moved(&before, &[(MESSAGES, 1.0), (&responses("202"), 1.0), (kept, 1.0)]);
    before = world.metrics();
    let mut juliet = world.connect(None);
    sign_ins(&mut juliet, "Juliet", JULIET, 30);
    take(&mut juliet);
    let handed_over = ("tandem_im_texts_total{outcome=\"handed_over\"}", 1.0);
    world.moved(&before, &[&signed_in[..], &[handed_over]].concat());
    before = world.metrics();
    romeo.send(text(JULIET, ROMEO, 21));
    take(&mut juliet);
    assert_eq!(romeo.hear().status(), 200);
    let delivered = ("tandem_im_texts_total{outcome=\"delivered\"}", 1.0);
    world.moved(&before, &[(MESSAGES, 1.0), (&responses("200"), 1.0), delivered]);

    // Refusals, each by its reason.
    before = world.metrics();
    assert_eq!(romeo.ask(text("nobody@litwareinc.com", ROMEO, 22)).status(), 404);
    assert_eq!(romeo.ask(request("NOTANAME", JULIET, ROMEO, 23, "")).status(), 405);
    let mut guesser = world.connect(None);
    assert_eq!(register(&mut guesser, ROMEO, "wrong", 40), 403);
    world.moved(
        &before,
        &[
            (MESSAGES, 1.0),
            (REGISTERS, 2.0),
            ("tandem_sip_requests_total{half=\"registrar\",method=\"other\"}", 1.0),
            (&responses("401"), 1.0),
            (&responses("403"), 1.0),
            (&responses("404"), 1.0),
            (&responses("405"), 1.0),
            ("tandem_sip_refusals_total{reason=\"not_found\"}", 1.0),
            ("tandem_sip_refusals_total{reason=\"method_not_allowed\"}", 1.0),
            ("tandem_sip_refusals_total{reason=\"wrong_credentials\"}", 1.0),
        ],
    );

    // Who leaves is not there any more.
    before = world.metrics();
    drop(juliet);
    world.moved(&before, &[("tandem_sip_users", -1.0), ("tandem_sip_registrations", -1.0)]);
}

#[test]
fn refused_peers_are_counted_by_their_rule() {
    let world = World::new();
    let before = world.metrics();
    let lasts = Validity::days(Clock::wall_ms(), 30);
    let shown = |authority: &Authority| {
        let issued = authority.issue(&Contents::server(STRANGER, &[]), lasts).unwrap();
        Shown { certificate: issued.der, key: issued.key.unwrap() }
    };
    let options = || request("OPTIONS", POOL, STRANGER, 1, "");
    let mut peer = world.connect(Some(&shown(&world.authority)));
    assert_eq!(peer.ask(options()).status(), 403);
    assert!(matches!(peer.hear(), Heard::Closed));
    let elsewhere = Authority::create("Somebody Else", lasts).unwrap();
    let mut peer = world.connect(Some(&shown(&elsewhere)));
    assert!(matches!(peer.ask(options()), Heard::Alert(_)));
    world.moved(
        &before,
        &[
            ("tandem_sip_requests_total{half=\"registrar\",method=\"OPTIONS\"}", 1.0),
            (&responses("403"), 1.0),
            ("tandem_sip_peers_refused_total{code=\"70301\"}", 1.0),
            ("tandem_sip_peers_refused_total{code=\"tls\"}", 1.0),
        ],
    );
    let after = world.metrics();
    let by = |name: &str| after[name] - before.get(name).unwrap_or(&0.0);
    assert_eq!(by("tandem_connections_accepted_total{door=\"sip_tls\"}"), 2.0);
    let refused = "tandem_connections_refused_total{door=\"sip_tls\",reason=\"certificate\"}";
    assert_eq!(by(refused), 1.0);
    let open = "tandem_connections{door=\"sip_tls\"}";
    // A door that nobody has come by yet has no line.
    let before = before.get(open).copied().unwrap_or(0.0);
    eventually(|| (world.metrics()[open] == before).then_some(())).expect("all are closed");
}

#[test]
fn mail_pages_and_commits_are_counted() {
    let world = World::new();
    let before = world.metrics();
    let smtp = tcp(world.node.config.mailbox.listen_smtp[0]);
    let mut replies = BufReader::new(smtp.try_clone().unwrap()).lines();
    let mut say = |line: &str| {
        (&smtp).write_all(line.as_bytes()).unwrap();
        let mut reply = || replies.next().unwrap().unwrap();
        let mut last = reply();
        while last.as_bytes()[3] == b'-' {
            last = reply();
        }
        last
    };
    assert!(say("").starts_with("220"));
    assert!(say("EHLO elsewhere.example\r\n").starts_with("250"));
    assert!(say("MAIL FROM:<a@elsewhere.example>\r\n").starts_with("250"));
    assert!(say("RCPT TO:<nobody@litwareinc.com>\r\n").starts_with("550 5.1.1"));
    assert!(say(&format!("RCPT TO:<{KEN}>\r\n")).starts_with("250"));
    assert!(say("DATA\r\n").starts_with("354"));
    assert!(say("Subject: hello\r\n\r\nhello\r\n.\r\n").starts_with("250"));
    let mail = |what: &str, reply: &str| {
        format!("tandem_mail_decisions_total{{what=\"{what}\",reply=\"{reply}\"}}")
    };
    let mailed = [
        (&*mail("recipient", "ok"), 1.0),
        (&*mail("recipient", "5.1.1"), 1.0),
        (&*mail("message", "ok"), 1.0),
    ];
    world.moved(&before, &mailed);

    let before = world.metrics();
    let password = world.node.passwords()[KEN].clone();
    let https = world.node.config.client_access.listen_https[0];
    let mut page = Page::new(https, world.tls("localhost"));
    assert_eq!(page.sign_in(KEN, "wrong").status, 401);
    assert_eq!(page.sign_in(KEN, &password).status, 204);
    let socket = page.open();
    let call = r#"{"using":["urn:ietf:params:jmap:core"],"methodCalls":[["Core/echo",{},"a"],
        ["No/such",{},"b"]]}"#;
    assert_eq!(page.post("/jmap/api", call).status, 200);
    let counted = [
        ("tandem_web_sign_ins_total{outcome=\"wrong\"}", 1.0),
        ("tandem_web_sign_ins_total{outcome=\"ok\"}", 1.0),
        ("tandem_jmap_calls_total{outcome=\"ok\"}", 1.0),
        ("tandem_jmap_calls_total{outcome=\"error\"}", 1.0),
        ("tandem_web_sockets", 1.0),
    ];
    world.moved(&before, &counted);
    drop(socket);
    world.moved(&before, &counted[..4]);

    // The public address does not have them, and the other has nothing else.
    let answer = page.ask("GET", "/metrics", "", b"");
    assert_eq!(answer.status, 404);
    assert!(!answer.body.contains("tandem_"), "{}", answer.body);
    assert!(get(world.node.config.metrics.listen[0], "/owa").0.contains(" 404 "));

    let after = world.metrics();
    let commits = after["tandem_store_commits_total{outcome=\"done\"}"];
    assert_eq!(after["tandem_store_commit_seconds_count"], commits);
    assert_eq!(after["tandem_store_commit_seconds_bucket{le=\"+Inf\"}"], commits);
    assert!(after["tandem_store_commit_seconds_sum"] > 0.0);
    assert!(after["tandem_store_commit_writes_sum"] >= commits);
    // The store itself counts from its opening, the metrics from a moment later.
    let own = f64::from(u32::try_from(world.node.store().commits()).unwrap());
    assert!(commits <= own && commits > 0.0, "{commits} of {own}");
}

#[test]
fn every_metric_has_its_help_and_stands_in_the_manual() {
    let world = World::new();
    let text = get(world.node.config.metrics.listen[0], "/metrics").1;
    let manual = include_str!("../../../docs/admin/monitoring.md");
    let mut known = BTreeSet::new();
    for (name, kind, labels, help) in METRICS {
        assert!(known.insert(*name), "{name} twice");
        let labels = labels.replace(", ", "`, `");
        let labels = if labels.is_empty() { String::new() } else { format!("`{labels}`") };
        let row = format!("| `{name}` | {labels} | {help} |");
        assert!(manual.contains(&row), "docs/admin/monitoring.md lacks\n{row}");
        let (unit, is_counter) = (name.ends_with("_total"), *kind == Kind::Counter);
        assert_eq!(unit, is_counter, "{name}");
    }
    let printed = text.lines().filter_map(|line| line.strip_prefix("# HELP "));
    for line in printed {
        let name = line.split(' ').next().unwrap();
        assert!(known.contains(name), "{name} is in no table");
    }
}
