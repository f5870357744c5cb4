//! Who tries it: real connections to a real node, with credentials or a certificate.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Command, Stdio};

use base64::Engine as _;
use im::authority::{Authority, Issued, self_signed};
use im::certificate::{Contents, Usage, Validity};
use im::distinguished_name::DistinguishedName;
use node::clock::Clock;
use node::quickstart::Demo;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose};
use rustls::pki_types::CertificateDer;
use shell::organisation::{MAILBOX_SERVER, POOL};
use sim::client::Who;
use sim::peer::{Heard, Peer, Shown, Tls};
use sim::people::who;
use sim::served::{Served, bare, eventually};
use sip::auth::{Challenge, Credentials, Ha1};
use sip::{Diagnostics, Draft, Message, Name};
use store::Writer;
use store::directory::{DirectoryRead as _, DirectoryWrite as _, IssuedCertificate};
use store::messaging::{
    MessagingRead as _, MessagingWrite as _, TrustedApplication, TrustedApplicationPool,
};

use crate::action::{Action, JULIET};

/// The computer of a trusted application: in order, but for the one defect.
const BOT: &str = "bots.litwareinc.com";
const SHY: &str = "shy.litwareinc.com";
const DAY_MS: i64 = 86_400_000;
/// What a request is in the name of, if its peer says nothing better.
const ROMEO: &str = "romeo@litwareinc.com";

/// The columns, in order.
#[derive(Clone, Copy, Debug)]
pub enum Actor {
    Nobody,
    User,
    Other,
    Administrator,
    ItsOwn,
    Application,
}

/// What a connection is made of.
#[derive(Clone, Copy, Debug)]
pub enum Way {
    Tcp,
    Tls,
}

impl Actor {
    pub const ALL: [Actor; 6] = [
        Actor::Nobody,
        Actor::User,
        Actor::Other,
        Actor::Administrator,
        Actor::ItsOwn,
        Actor::Application,
    ];

    pub fn ways(self) -> &'static [Way] {
        match self {
            Actor::ItsOwn | Actor::Application => &[Way::Tls],
            _ => &[Way::Tcp, Way::Tls],
        }
    }

    /// Who they say they are when they speak for themselves.
    fn own(self) -> &'static str {
        match self {
            Actor::Nobody | Actor::Other => JULIET,
            Actor::User | Actor::Application => ROMEO,
            Actor::Administrator => "tybalt@litwareinc.com",
            Actor::ItsOwn => "echo@bots.litwareinc.com",
        }
    }

    /// Whose password they have.
    fn login(self) -> Option<Who> {
        match self {
            Actor::User => Some(who("Romeo")),
            Actor::Other => Some(who("Juliet")),
            Actor::Administrator => Some(who("Tybalt")),
            _ => None,
        }
    }
}

/// How a peer with a certificate is turned away.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    Alert(String),
    /// With this number in `ms-diagnostics`, and the connection is closed.
    Refused(u32),
    /// Anything else.
    Else(String),
}

impl Outcome {
    pub fn parse(text: &str) -> Outcome {
        match text.split_once(' ').unwrap() {
            ("alert", name) => Outcome::Alert(name.to_owned()),
            ("403", number) => Outcome::Refused(number.parse().unwrap()),
            _ => panic!("{text}"),
        }
    }
}

pub struct World {
    node: Served,
    authority: Authority,
    now_ms: i64,
    tls: Tls,
    number: u32,
    _folder: tempfile::TempDir,
}

fn pool(fqdn: &str, outbound_only: bool) -> TrustedApplicationPool {
    // Two applications in one pool share its certificate.
    let application = |id: &str, port| TrustedApplication {
        application_id: format!("urn:application:{id}"),
        port,
        ..TrustedApplication::default()
    };
    TrustedApplicationPool {
        fqdn: fqdn.to_owned(),
        registrar: Some(POOL.to_owned()),
        site_id: "Redmond".to_owned(),
        outbound_only,
        computers: vec![fqdn.to_owned()],
        applications: vec![application("echo", 6000), application("dice", 6001)],
        ..TrustedApplicationPool::default()
    }
}

fn prepare(tx: &mut Writer) -> store::Result<()> {
    sim::people::create(tx, POOL)?;
    let mut topology = tx.published_topology()?;
    topology.trusted_pools = vec![pool(BOT, false), pool(SHY, true), pool(MAILBOX_SERVER, false)];
    tx.put_published_topology(&topology)?;
    tx.enable_topology().map(|_| ())
}

impl World {
    pub fn new() -> World {
        let folder = tempfile::tempdir().unwrap();
        let demo = Demo { collocated: true, ..bare(folder.path()) };
        let node = Served::start(&demo, prepare).unwrap();
        let authority = node.store().read_blocking(Authority::load).unwrap().unwrap();
        let tls = Tls::new(&folder.path().join("ca.pem"), POOL);
        World { node, authority, now_ms: Clock::wall_ms(), tls, number: 0, _folder: folder }
    }

    /// Texts kept for anybody.
    pub fn kept(&self) -> usize {
        let kept = self.node.store().read_blocking(|rows| {
            let mut kept = 0;
            for name in ["romeo", "juliet", "tybalt", "mercutio"] {
                let account = rows.account_by_login(&format!("{name}@litwareinc.com"))?.unwrap();
                kept += rows.absent_messages(account.id)?.len();
            }
            Ok(kept)
        });
        kept.unwrap()
    }

    /// A connection of an actor.
    pub fn line(&mut self, actor: Actor, way: Way) -> Line {
        self.number += 1;
        let config = &self.node.config.registrar;
        let shown = match actor {
            Actor::ItsOwn | Actor::Application => Some(self.good(BOT)),
            _ => None,
        };
        let peer = match way {
            Way::Tcp => Peer::tcp(config.listen_tcp[0]),
            Way::Tls => Peer::tls(config.listen_tls[0], &self.tls, shown.as_ref()),
        };
        Line { peer, actor, number: self.number * 100_000 }
    }

    fn issue(&self, contents: &Contents) -> Shown {
        shown(self.authority.issue(contents, Validity::days(self.now_ms, 30)).unwrap())
    }

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

    fn raw_name(&self, common_name: &str) -> Shown {
        self.issue(&Contents {
            subject: DistinguishedName::common_name(common_name),
            ..Contents::server(BOT, &[])
        })
    }

    /// Every defect a certificate can have here, in the order of the table.
    pub fn bad_peers(&self) -> Vec<(&'static str, Shown)> {
        let contents = Contents { usages: vec![Usage::ServerAuth], ..Contents::server(BOT, &[]) };
        let now_ms = self.now_ms;
        let until = |from_ms: i64, to_ms: i64| Validity {
            not_before_ms: now_ms + from_ms,
            not_after_ms: now_ms + to_ms,
        };
        let issue = |authority: &Authority, contents: &Contents, validity: Validity| {
            shown(authority.issue(contents, validity).unwrap())
        };
        let lasting = until(-DAY_MS, DAY_MS);
        let stranger = Authority::create("Somebody Else", lasting).unwrap();
        let alone = self_signed(&contents, lasting).unwrap();
        let client_only = Contents { usages: vec![Usage::ClientAuth], ..contents.clone() };
        let hidden = format!("CN=evil.litwareinc.com,OU=\"CN={BOT}\"");
        let bot = format!("CN={BOT}");
        let ours = &self.authority;
        vec![
            ("unknown authority", issue(&stranger, &contents, lasting)),
            ("signed by itself", Shown { certificate: alone.der, key: alone.key }),
            ("chain without its intermediate", issue(&self.intermediate(), &contents, lasting)),
            ("expired", issue(ours, &contents, until(-2 * DAY_MS, -DAY_MS))),
            ("not valid yet", issue(ours, &contents, until(DAY_MS, 2 * DAY_MS))),
            ("revoked", self.revoked(&contents)),
            ("clientAuth only", issue(ours, &client_only, lasting)),
            ("CN without SAN", self.named(&bot, &[])),
            ("right CN, other SAN", self.named(&bot, &["mail.litwareinc.com"])),
            ("SAN without CN", self.named("O=Litware", &[BOT])),
            ("two CNs", self.named(&format!("{bot},{bot}"), &[BOT])),
            ("CN= hidden in OU", self.named(&hidden, &[BOT])),
            ("CN= hidden in OU alone", self.named(&format!("OU=\"{bot}\",O=Litware"), &[BOT])),
            ("wildcard as CN", self.named("CN=*.litwareinc.com", &["*.litwareinc.com", BOT])),
            ("wildcard as SAN", self.named(&bot, &["*.litwareinc.com"])),
            ("address as CN", self.named("CN=127.0.0.1", &["127.0.0.1", BOT])),
            ("trailing dot", self.named(&format!("{bot}."), &[BOT, "bots.litwareinc.com."])),
            ("NUL in the CN", self.raw_name("bots.litwareinc.com\0.example.com")),
            ("look-alike in another alphabet", self.raw_name("b\u{43e}ts.litwareinc.com")),
            ("not in the table", self.good("stranger.litwareinc.com")),
            ("two entries for its name", self.good(MAILBOX_SERVER)),
            ("OutboundOnly", self.good(SHY)),
        ]
    }

    /// An authority below ours, whose own certificate its peers do not send.
    fn intermediate(&self) -> Authority {
        let key = KeyPair::try_from(self.authority.key()).unwrap();
        let root = CertificateDer::from(self.authority.certificate().to_vec());
        let issuer = Issuer::from_ca_cert_der(&root, key).unwrap();
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, "Below");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        let own = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&own, &issuer).unwrap();
        Authority::open(certificate.der(), &own.serialize_der()).unwrap()
    }

    /// Revoked, and the node knows it.
    fn revoked(&self, contents: &Contents) -> Shown {
        let revoked = self.issue(contents);
        let serial = node::identity::names::peer_identity(&revoked.certificate).serial;
        let noted = IssuedCertificate {
            serial: serial.clone(),
            thumbprint: "00".repeat(20),
            subject: format!("CN={BOT}"),
            issued_ms: self.now_ms,
            not_after_ms: self.now_ms + DAY_MS,
            revoked_ms: None,
        };
        self.node.write(move |tx| {
            tx.put_issued_certificate(&noted)?;
            tx.revoke_certificate(&serial)
        });
        let options = Action::named("ask what is understood");
        let is_known = eventually(|| {
            let refused = self.refused();
            let seen = self.outcome(&revoked, &options);
            let is_refused = matches!(seen, Outcome::Alert(_));
            if is_refused {
                self.is_recorded_once(refused, &revoked);
            }
            is_refused.then_some(())
        });
        is_known.expect("a revoked certificate is refused soon");
        revoked
    }

    /// What becomes of a peer that shows this and tries that.
    pub fn outcome(&self, shown: &Shown, action: &Action) -> Outcome {
        let place = self.node.config.registrar.listen_tls[0];
        let mut peer = Peer::tls(place, &self.tls, Some(shown));
        match peer.ask(action.request(ROMEO, ROMEO, 1, "")) {
            Heard::Alert(alert) => Outcome::Alert(format!("{alert:?}")),
            Heard::Message(answer) if answer.status() == Some(403) => {
                let number = Diagnostics::of(&answer).map_or(0, |said| said.id);
                match peer.hear() {
                    Heard::Closed => Outcome::Refused(number),
                    other => Outcome::Else(format!("403 {number}, then {other:?}")),
                }
            }
            other => Outcome::Else(format!("{other:?}")),
        }
    }

    /// Records of refusals so far.
    pub fn refused(&self) -> usize {
        self.node.traces().len()
    }

    /// The record of the next refusal after so many.
    pub fn record(&self, before: usize) -> String {
        eventually(|| self.node.traces().get(before).cloned()).expect("a record")
    }

    /// What openssl prints that shows a certificate of ours with such a key, signed so, and asks
    /// OPTIONS. None: it is not installed.
    pub fn openssl(&self, key: &[&str], digest: &str) -> Option<String> {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name).to_string_lossy().into_owned();
        let pem = |label: &str, der: &[u8]| {
            let text = base64::engine::general_purpose::STANDARD.encode(der);
            format!("-----BEGIN {label}-----\n{text}\n-----END {label}-----\n")
        };
        std::fs::write(at("ca.pem"), pem("CERTIFICATE", self.authority.certificate())).unwrap();
        std::fs::write(at("ca.key"), pem("PRIVATE KEY", self.authority.key())).unwrap();
        std::fs::write(at("names"), format!("subjectAltName=DNS:{BOT}\n")).unwrap();
        let subject = format!("/CN={BOT}");
        let make = ["req", "-new", "-newkey"].iter().chain(key).copied();
        let make = make.chain(["-nodes", "-subj", &subject]);
        let run = |args: Vec<String>| Command::new("openssl").args(args).output().ok();
        let mut args: Vec<String> = make.map(str::to_owned).collect();
        args.extend(["-keyout".to_owned(), at("key"), "-out".to_owned(), at("request")]);
        run(args)?;
        let signed = format!(
            "x509 -req -in {} -CA {} -CAkey {} -CAcreateserial {digest} -extfile {} -out {} -days 1",
            at("request"),
            at("ca.pem"),
            at("ca.key"),
            at("names"),
            at("certificate"),
        );
        run(signed.split(' ').map(str::to_owned).collect())?;
        let place = self.node.config.registrar.listen_tls[0];
        let show = format!(
            "s_client -connect {place} -servername {POOL} -cert {} -key {} -quiet \
             -cipher DEFAULT@SECLEVEL=0 -tls1_2",
            at("certificate"),
            at("key"),
        );
        let mut client = Command::new("openssl")
            .args(show.split_whitespace())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .ok()?;
        let options = Action::named("ask what is understood").request(BOT, ROMEO, 1, "");
        let mut stdin = client.stdin.take().unwrap();
        // It may have been refused by now.
        let _ = stdin.write_all(options.as_bytes());
        let mut said = String::new();
        let mut stdout = BufReader::new(client.stdout.take().unwrap());
        while stdout.read_line(&mut said).unwrap_or(0) > 0 && !said.ends_with("\r\n\r\n") {}
        // After the end of its input it would wait for ever.
        let _ = client.kill();
        let rest = client.wait_with_output().unwrap();
        Some(said + &String::from_utf8_lossy(&rest.stderr))
    }

    /// One record more than `before`, which names the certificate.
    pub fn is_recorded_once(&self, before: usize, shown: &Shown) {
        let identity = node::identity::names::peer_identity(&shown.certificate);
        let trace = eventually(|| self.node.traces().get(before).cloned()).expect("a record");
        let serial = format!("serial=\"{}\"", identity.serial);
        assert!(trace.contains(&serial), "{serial} is missing in\n{trace}");
        assert_eq!(self.refused(), before + 1);
    }
}

fn shown(issued: Issued) -> Shown {
    Shown { certificate: issued.der, key: issued.key.unwrap() }
}

/// A connection of an actor, on which they try one thing after the other.
pub struct Line {
    peer: Peer,
    actor: Actor,
    number: u32,
}

impl Line {
    /// The status that somebody gets who tries this; what it has made is taken back.
    pub fn does(&mut self, action: &Action, user: &str) -> u16 {
        let status = self.asks(action, user);
        if status == 200 && action.is_register_of_device() {
            let undone = self.asks(&Action::named("remove u's bindings"), user);
            assert_eq!(undone, 200, "what was registered can be removed");
        }
        status
    }

    /// Romeo's bindings, as those see them who may.
    pub fn bindings(&mut self) -> usize {
        let action = Action::named("read u's bindings");
        match self.tries(&action, ROMEO) {
            answer if answer.status() == Some(200) => answer.headers(Name::Contact).count(),
            _ => 0,
        }
    }

    fn asks(&mut self, action: &Action, user: &str) -> u16 {
        self.tries(action, user).status().unwrap()
    }

    /// With credentials, if the actor has some and is asked for them.
    fn tries(&mut self, action: &Action, user: &str) -> Message {
        let answer = self.ask(action, user, "");
        let challenge = match answer.status() {
            Some(401) => answer.header(Name::WwwAuthenticate),
            Some(407) => answer.header(Name::ProxyAuthenticate),
            _ => None,
        };
        let (Some(challenge), Some(who)) = (challenge, self.actor.login()) else { return answer };
        let challenge = Challenge::parse(challenge).unwrap().unwrap();
        let ha1 = Ha1::compute(challenge.algorithm, &who.address, &challenge.realm, &who.password);
        let to = (action.method, action.uri(user));
        let to = (to.0, to.1.as_str());
        let signed = Credentials::answer(&challenge, &who.address, &ha1, to, ("cnonce", 1));
        self.ask(action, user, &format!("Authorization: {signed}\r\n"))
    }

    /// The response to one request; what else comes is not asked for.
    fn ask(&mut self, action: &Action, user: &str, credentials: &str) -> Message {
        self.number += 1;
        let request = match self.actor {
            Actor::ItsOwn => action.by_its_own(self.actor.own(), user, self.number),
            actor => action.request(actor.own(), user, self.number, credentials),
        };
        self.peer.send(request);
        let call = format!("{}@peer.invalid", self.number);
        loop {
            match self.peer.hear() {
                Heard::Message(message)
                    if message.status() >= Some(200) && message.call_id() == Some(&call) =>
                {
                    return message;
                }
                // What was kept is offered to each new device; this one is not there to take it.
                Heard::Message(message) if message.method().is_some() => {
                    let away = Draft::response(&message, 480).to_tag("away");
                    self.peer.send(away.print());
                }
                Heard::Message(_) => {}
                other => panic!("{:?}: {}, {user}: {other:?}", self.actor, action.name),
            }
        }
    }
}
