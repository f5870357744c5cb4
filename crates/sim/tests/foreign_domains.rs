//! Two organisations: two whole nodes on real sockets, with two authorities and a name server,
//! whose people write to and call each other.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "the whole program is a test"
)]

use std::net::{IpAddr, Ipv4Addr, TcpListener};

use im::LocateToken;
use im::authority::Authority;
use im::certificate::{Contents, Validity};
use node::clock::Clock;
use node::limits::{DNS_ATTEMPTS, DNS_QUERY, LOCATE};
use node::locate::Finder;
use shell::organisation::POOL;
use sim::dns::Dns;
use sim::peer::{Heard, Peer, Shown, Tls, request};
use sim::served::{Served, bare, eventually};
use sip::auth::{Challenge, Credentials, Ha1};
use sip::{Diagnostics, Draft, Message, Method, Name};
use store::Writer;
use store::directory::{Account, DirectoryWrite as _, MessagingUser, SipDomain};

const HERE: &str = "litwareinc.com";
const THERE: &str = "contoso.com";
const PASSWORD: &str = "correct horse";

/// One organisation.
struct Organisation {
    node: Served,
    domain: &'static str,
    authority: Authority,
    _folder: tempfile::TempDir,
}

/// The only SIP domain, and somebody in it.
fn people(tx: &mut Writer, domain: &str, name: &str) -> store::Result<()> {
    tx.put_sip_domain(&SipDomain { name: domain.to_owned(), is_default: true })?;
    if domain != HERE {
        tx.delete_sip_domain(HERE)?;
    }
    let account = Account {
        id: tx.new_id()?,
        sam: name.to_owned(),
        upn: format!("{name}@{domain}"),
        display_name: format!("{name} of {domain}"),
        first_name: String::new(),
        last_name: String::new(),
        enabled: true,
        time_zone: String::new(),
        language: "en-US".to_owned(),
        created_ms: 0,
    };
    tx.put_account(&account)?;
    tx.set_password(account.id, PASSWORD)?;
    tx.put_messaging_user(&MessagingUser {
        account: account.id,
        sip_address: format!("sip:{name}@{domain}"),
        registrar_pool: POOL.to_owned(),
        enabled: true,
    })
}

impl Organisation {
    fn start(domain: &'static str, name: &'static str, dns: &Dns) -> Organisation {
        let folder = tempfile::tempdir().unwrap();
        let server = dns.address();
        let node = Served::start_with(
            &bare(folder.path()),
            move |tx| people(tx, domain, name),
            |config| config.registrar.dns = vec![server],
        );
        let node = node.unwrap();
        let authority = node.store().read_blocking(Authority::load).unwrap().unwrap();
        Organisation { node, domain, authority, _folder: folder }
    }

    fn ca_file(&self) -> std::path::PathBuf {
        self.node.data().join("ca.pem")
    }

    fn port(&self) -> u16 {
        self.node.config.registrar.listen_tls[1].port()
    }

    fn address(&self) -> Ipv4Addr {
        match self.node.config.hosts[POOL] {
            IpAddr::V4(address) => address,
            IpAddr::V6(address) => panic!("{address}"),
        }
    }

    /// What its administrator does so that people may speak with those of `other`.
    fn connect_with(&self, other: &Organisation) {
        self.node.shell_ok(&format!(
            "$new = Request-CsCertificate -New -Type Default -DomainName {}\n\
             Set-CsCertificate -Type Default -Thumbprint $new.Thumbprint\n\
             Import-Certificate {} -CertStoreLocation Cert:\\LocalMachine\\Trust\n\
             Set-CsAccessEdgeConfiguration -AllowFederatedUsers $True\n\
             New-CsAllowedDomain {}",
            self.domain,
            other.ca_file().display(),
            other.domain,
        ));
    }

    fn phone(&self, name: &str) -> Phone {
        let tls = Tls::new(&self.ca_file(), POOL);
        let peer = Peer::tls(self.node.config.registrar.listen_tls[0], &tls, None);
        let mut phone = Phone { peer, address: format!("{name}@{}", self.domain), number: 0 };
        let contact = format!("Contact: <sip:{name}@127.0.0.1:4444;transport=tls>\r\n");
        assert_eq!(phone.ask("REGISTER", &phone.address.clone(), &contact, "").status(), Some(200));
        phone
    }
}

/// Somebody's device, signed in.
struct Phone {
    peer: Peer,
    address: String,
    number: u32,
}

fn message(heard: Heard) -> Message {
    match heard {
        Heard::Message(message) => message,
        other => panic!("{other:?}"),
    }
}

impl Phone {
    /// Sends a request and waits for its final response, signed if that is asked for. Numbers of
    /// two phones differ by their addresses.
    fn ask(&mut self, method: &str, to: &str, more: &str, body: &str) -> Message {
        self.number += 1;
        let own = self.address.clone();
        let whole = |number: u32, more: &str| {
            let length = format!("Content-Length: {}", body.len());
            let head = request(method, to, &own, number, more);
            let host = own.replace('@', ".");
            head.replace("Content-Length: 0", &length).replace("peer.invalid", &host) + body
        };
        self.peer.send(whole(self.number, more));
        let answer = self.final_response();
        let name = match answer.status() {
            Some(401) => Name::WwwAuthenticate,
            Some(407) => Name::ProxyAuthenticate,
            _ => return answer,
        };
        let challenge = Challenge::parse(answer.header(name).unwrap()).unwrap().unwrap();
        let realm = challenge.realm.clone();
        let ha1 = Ha1::compute(challenge.algorithm, &own, &realm, PASSWORD);
        let uri = format!("sip:{to}");
        let signed = Credentials::answer(&challenge, &own, &ha1, (method, &uri), ("c", 1));
        self.number += 1;
        self.peer.send(whole(self.number, &format!("{more}Authorization: {signed}\r\n")));
        self.final_response()
    }

    fn final_response(&mut self) -> Message {
        loop {
            let heard = message(self.peer.hear());
            if heard.status().is_some_and(|status| status >= 200) {
                return heard;
            }
        }
    }

    fn text(&mut self, to: &str, text: &str) -> Message {
        self.ask("MESSAGE", to, "Content-Type: text/plain\r\n", text)
    }

    /// The next request, which must be of this method.
    fn hear(&mut self, method: &Method) -> Message {
        loop {
            let heard = message(self.peer.hear());
            if heard.status().is_some() {
                continue;
            }
            assert_eq!(heard.method().as_ref(), Some(method), "{heard:?}");
            return heard;
        }
    }

    fn answer(&mut self, request: &Message, status: u16) {
        let contact = format!("<sip:{}>", self.address.replace('@', ".device@"));
        let response =
            Draft::response(request, status).to_tag("there").with(Name::Contact, contact);
        self.peer.send(response.print());
    }
}

/// A text that `one` writes to `other`, who takes it.
fn say(one: &mut Phone, other: &mut Phone, text: &str) {
    one.number += 1;
    let head = request(
        "MESSAGE",
        &other.address,
        &one.address,
        one.number,
        "Content-Type: text/plain\r\n",
    );
    let head = head.replace("peer.invalid", &one.address.replace('@', "."));
    one.peer
        .send(head.replace("Content-Length: 0", &format!("Content-Length: {}", text.len())) + text);
    let heard = other.hear(&Method::Message);
    assert_eq!(heard.body(), text.as_bytes());
    let from = heard.from().unwrap();
    assert_eq!(from.uri.to_string(), format!("sip:{}", one.address));
    // Nobody there knows their names; people read an address that was proved.
    assert_eq!(from.display.as_deref(), Some(one.address.as_str()));
    other.answer(&heard, 200);
    assert_eq!(one.final_response().status(), Some(200));
}

/// A call of `one` to `other`, which `other` ends.
fn call(one: &mut Phone, other: &mut Phone) {
    one.number += 1;
    let offer = "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nm=audio 4000 RTP/AVP 0\r\n";
    let more = format!(
        "Contact: <sip:{}>\r\nContent-Type: application/sdp\r\n",
        one.address.replace('@', ".device@")
    );
    let head = request("INVITE", &other.address, &one.address, one.number, &more);
    let head = head.replace("peer.invalid", &one.address.replace('@', "."));
    one.peer.send(
        head.replace("Content-Length: 0", &format!("Content-Length: {}", offer.len())) + offer,
    );
    let invite = other.hear(&Method::Invite);
    assert_eq!(invite.body(), offer.as_bytes());
    assert_eq!(invite.header(Name::PAssertedIdentity), None);
    other.answer(&invite, 180);
    other.answer(&invite, 200);
    let accepted = one.final_response();
    assert_eq!(accepted.status(), Some(200));
    one.peer.send(in_dialog(&accepted, Method::Ack, true).print());
    let ack = other.hear(&Method::Ack);
    assert_eq!(ack.call_id(), invite.call_id());
    // The callee's route is what the request recorded.
    other.peer.send(in_dialog(&invite, Method::Bye, false).print());
    let bye = one.hear(&Method::Bye);
    assert_eq!(bye.call_id(), invite.call_id());
    one.answer(&bye, 200);
    assert_eq!(other.final_response().status(), Some(200));
}

/// A request in the dialog of this response to the caller, or of this request to the callee.
fn in_dialog(of: &Message, method: Method, from_caller: bool) -> Draft {
    let mut route: Vec<&str> = of.values(Name::RecordRoute).collect();
    let contact = of.contacts().unwrap()[0].clone();
    let target = contact.address().unwrap().uri.clone();
    let (from, to) = (of.header(Name::From).unwrap(), of.header(Name::To).unwrap().to_owned());
    let (from, to) = match from_caller {
        true => (from.to_owned(), to),
        false => (format!("{to};tag=there"), from.to_owned()),
    };
    if from_caller {
        route.reverse();
    }
    let number = of.cseq().unwrap().number;
    let number = if method == Method::Ack { number } else { number + 1 };
    let sequence = format!("{number} {method}");
    let draft = Draft::request(method, &target)
        .with(Name::Via, format!("SIP/2.0/TLS device.invalid;branch=z9hG4bKd{number}"))
        .with(Name::MaxForwards, "70")
        .with(Name::From, from)
        .with(Name::To, to)
        .with(Name::CallId, of.call_id().unwrap())
        .with(Name::CSeq, sequence);
    route.into_iter().fold(draft, |draft, value| draft.with(Name::Route, value))
}

/// A port at which nobody listens.
fn dead_port() -> u16 {
    TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port()
}

fn code(response: &Message) -> u32 {
    Diagnostics::of(response).map_or(0, |found| found.id)
}

fn zone(dns: &Dns, domain: &str, organisation: &Organisation) {
    let service = format!("_sips._tcp.{domain}");
    dns.naptr(domain, &service);
    // The first server is down: RFC 3263 §4.3.
    dns.srv(&service, (1, 0, dead_port()), &format!("down.{domain}"));
    dns.host(&format!("down.{domain}"), Ipv4Addr::LOCALHOST);
    dns.srv(&service, (2, 0, organisation.port()), &format!("sip.{domain}"));
    dns.host(&format!("sip.{domain}"), organisation.address());
}

fn finder(dns: &Dns) -> Finder {
    Finder::new(&[dns.address()], std::collections::BTreeMap::new(), [7; 32])
}

#[tokio::test]
async fn a_name_server_that_does_not_answer_is_waited_for_so_long() {
    let dns = Dns::start();
    dns.fall_silent();
    let mut finder = finder(&dns);
    finder.find(LocateToken(1), "x.test", None);
    let (_, found) = finder.next().await;
    let cause = found.unwrap_err();
    assert!(cause.contains(&format!("within {} s", LOCATE.as_secs())), "{cause}");
    // Each question as often as it is worth, and so long that others had their time too.
    let asked = dns.asked();
    let first = asked.iter().filter(|question| *question == "x.test 35").count();
    // Of one question the resolver repeats the datagram by itself, up to twice.
    let times = 1 + DNS_ATTEMPTS;
    assert!((times..=3 * times).contains(&first), "{asked:?}");
    assert!(asked.len() > first && DNS_QUERY * 3 < LOCATE, "{asked:?}");
}

#[test]
fn two_organisations_write_and_call() {
    let dns = Dns::start();
    let litware = Organisation::start(HERE, "romeo", &dns);
    let contoso = Organisation::start(THERE, "pia", &dns);
    zone(&dns, HERE, &litware);
    zone(&dns, THERE, &contoso);
    let (mut romeo, mut pia) = (litware.phone("romeo"), contoso.phone("pia"));

    // Off: nobody there is known, and nothing is looked up.
    let refused = romeo.text(&pia.address, "hello");
    assert_eq!(refused.status(), Some(404), "{refused:?}");
    assert_eq!(pia.text(&romeo.address, "hello").status(), Some(404));
    assert_eq!(dns.asked(), Vec::<String>::new());

    litware.connect_with(&contoso);
    contoso.connect_with(&litware);
    say(&mut romeo, &mut pia, "hello from Litware");
    assert!(dns.asked().contains(&"contoso.com 35".to_owned()), "{:?}", dns.asked());
    say(&mut pia, &mut romeo, "hello from Contoso");
    call(&mut romeo, &mut pia);
    call(&mut pia, &mut romeo);
    // Nobody but the two domains was looked for.
    let others = |it: &&String| !it.contains(HERE) && !it.contains(THERE);
    assert_eq!(dns.asked().iter().find(others), None);
    let unlisted = romeo.text("eve@evil.test", "hello");
    assert_eq!(unlisted.status(), Some(404));
    assert_eq!(dns.asked().iter().find(others), None);

    // Whom the other organisation does not know.
    assert_eq!(romeo.text("nobody@contoso.com", "hello").status(), Some(404));
    // A text to somebody who is away is kept there.
    drop(pia);
    let kept = eventually(|| {
        let answer = romeo.text("pia@contoso.com", "for later");
        (answer.status() == Some(202)).then_some(())
    });
    assert!(kept.is_some(), "Pia is away");
    let mut pia = contoso.phone("pia");
    let heard = pia.hear(&Method::Message);
    assert_eq!(heard.body(), "for later");
    pia.answer(&heard, 200);
}

#[test]
fn an_organisation_says_only_what_it_has_proved() {
    let dns = Dns::start();
    let litware = Organisation::start(HERE, "romeo", &dns);
    let contoso = Organisation::start(THERE, "pia", &dns);
    // Another domain leads to the same server, whose certificate does not name it.
    zone(&dns, "fabrikam.com", &contoso);
    litware.connect_with(&contoso);
    contoso.connect_with(&litware);
    litware.node.shell_ok("New-CsAllowedDomain fabrikam.com");
    let mut romeo = litware.phone("romeo");
    let refused = romeo.text("pia@fabrikam.com", "hello");
    assert_eq!((refused.status(), code(&refused)), (Some(504), 70_703), "{refused:?}");
    let traced = eventually(|| {
        let records = litware.node.traces();
        let is_it = |it: &String| it.contains("certificate was refused") && it.contains(POOL);
        records.iter().any(is_it).then_some(())
    });
    assert!(traced.is_some(), "{:?}", litware.node.traces());
    // DNS leads nowhere.
    let unknown = romeo.text("pia@contoso.com", "hello");
    assert_eq!((unknown.status(), code(&unknown)), (Some(504), 70_701), "{unknown:?}");

    // Their server, whoever has got hold of it.
    let lasts = Validity::days(Clock::wall_ms(), 30);
    let server = |names: &[&str]| {
        let issued = contoso.authority.issue(&Contents::server(names[0], names), lasts).unwrap();
        let shown = Shown { certificate: issued.der, key: issued.key.unwrap() };
        let tls = Tls::new(&litware.ca_file(), POOL);
        Peer::tls(litware.node.config.registrar.listen_tls[0], &tls, Some(&shown))
    };
    let mut theirs = server(&["sip.contoso.com", THERE]);
    let more = "Content-Type: text/plain\r\n";
    let text = |from: &str, number| request("MESSAGE", "romeo@litwareinc.com", from, number, more);
    theirs.send(text("pia@contoso.com", 1));
    let heard = romeo.hear(&Method::Message);
    romeo.answer(&heard, 200);
    assert_eq!(theirs.hear().status(), 200);
    let spoofed = message(theirs.ask(text("kenmyer@litwareinc.com", 2)));
    assert_eq!((spoofed.status(), code(&spoofed)), (Some(403), 70_707));
    assert_eq!(theirs.ask(text("jo@fabrikam.com", 3)).status(), 403);
    for (number, method) in ["REGISTER", "SUBSCRIBE", "PUBLISH"].iter().enumerate() {
        let number = 10 + u32::try_from(number).unwrap();
        let more = "Event: presence\r\nContact: <sip:pia@127.0.0.1>\r\n";
        let asked = request(method, "romeo@litwareinc.com", "pia@contoso.com", number, more);
        assert_eq!(theirs.ask(asked).status(), 403, "{method}");
    }
    let relayed = request("MESSAGE", "jo@fabrikam.com", "pia@contoso.com", 20, more);
    assert_eq!(theirs.ask(relayed).status(), 404);

    // An authority that is trusted for others says nothing about our own servers.
    let mut false_pool = server(&[POOL]);
    let refused = message(false_pool.ask(text("kenmyer@litwareinc.com", 30)));
    assert_eq!((refused.status(), code(&refused)), (Some(403), 70_101));
    assert!(matches!(false_pool.hear(), Heard::Closed));

    // Removed: cut at once, and not looked for any more.
    let asked = dns.asked().len();
    litware.node.shell_ok("Remove-CsAllowedDomain contoso.com");
    assert!(matches!(theirs.hear(), Heard::Closed), "the connection is cut");
    assert_eq!(romeo.text("pia@contoso.com", "hello").status(), Some(404));
    assert_eq!(dns.asked().len(), asked);
    let mut again = server(&["sip.contoso.com", THERE]);
    assert_eq!(again.ask(text("pia@contoso.com", 40)).status(), 403);
}
