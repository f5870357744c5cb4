//! A registrar with a real store and scripted peers: what scenarios stand on. Owns the demo
//! organisation (alice, bob, carol; dave has no messaging) and the play of one side of SIP.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a scenario stops at the first surprise"
)]
#![allow(dead_code, unreachable_pub, reason = "each test file uses its part")]

pub mod abroad;
mod published;
pub mod staff;
mod template;

use std::collections::{HashMap, HashSet, VecDeque};
use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use im::{Committed, Config, Directory, Effect, Input, LocateToken, Registrar};
use sip::auth::{Algorithm, Challenge, Credentials, Ha1};
use sip::{
    Draft, Event, Failure, Flow, Local, Message, Method, Name, Now, Outgoing, Peer, PeerIdentity,
    Route, ServerTransaction, Tick, Token, Transport, Uri, Why,
};
use store::Store;
use store::directory::{Account, DirectoryWrite, MessagingUser};
use store::messaging::{
    MessagingRead, MessagingWrite, Pool, Topology, TrustedApplication, TrustedApplicationPool,
};

#[allow(unused_imports, reason = "each test file uses its part")]
pub use published::{chosen, pidf, publish};

pub const DOMAIN: &str = "litwareinc.com";
pub const POOL: &str = "atl-cs-001.litwareinc.com";
pub const OWA: &str = "atl-owa-001.litwareinc.com";
pub const OWA_PORT: u16 = 5199;
pub const PASSWORD: &str = "correct horse";

pub struct World {
    pub store: Store,
    pub registrar: Registrar,
    pub now: Now,
    /// Requests of the registrar that nobody has answered yet, in order.
    pub requests: VecDeque<Sent>,
    pub closed: Vec<(Flow, String)>,
    vouched: HashSet<Flow>,
    /// Connections that are used for what would be dialled otherwise.
    pub aliases: Vec<(Flow, String, u16)>,
    pub traces: Vec<im::trace::Record>,
    pub logs: Vec<u32>,
    /// Domains whose servers were asked for, and the host that was named.
    pub locates: VecDeque<(LocateToken, String, Option<String>)>,
    /// If set, writes fail with this cause.
    pub store_fails: Option<String>,
    responses: HashMap<ServerTransaction, Message>,
    /// Provisional responses, and what comes again of a 2xx to INVITE.
    pub others: Vec<(ServerTransaction, Message)>,
    /// Requests that the registrar has cancelled.
    pub cancelled: Vec<Token>,
    /// ACKs it has passed on.
    pub acks: Vec<(Route, Message)>,
    next: u64,
    _data: tempfile::TempDir,
}

/// A request of the registrar.
#[derive(Clone, Debug)]
pub struct Sent {
    pub token: Token,
    pub route: Route,
    pub request: Message,
}

impl Sent {
    pub fn flow(&self) -> Option<Flow> {
        match &self.route {
            Route::Flow(flow) => Some(*flow),
            Route::Target { .. } => None,
        }
    }

    pub fn body(&self) -> String {
        String::from_utf8(self.request.body().to_vec()).unwrap()
    }
}

impl World {
    pub fn new() -> World {
        World::with(|_| {})
    }

    pub fn with(change: impl FnOnce(&mut Config)) -> World {
        let data = tempfile::tempdir().unwrap();
        let store = template::open(&data.path().join("tandem.db"));
        let directory = store.read_blocking(Directory::load).unwrap();
        let mut config = Config::new(POOL, "fe1.litwareinc.com", [9; 32]);
        change(&mut config);
        let registrar = Registrar::new(config, Arc::new(directory));
        let mut world = World {
            store,
            registrar,
            now: Now { tick: Tick(1_000_000), wall_ms: 1_764_000_000_000 },
            requests: VecDeque::new(),
            closed: Vec::new(),
            vouched: HashSet::new(),
            aliases: Vec::new(),
            traces: Vec::new(),
            logs: Vec::new(),
            locates: VecDeque::new(),
            store_fails: None,
            responses: HashMap::new(),
            others: Vec::new(),
            cancelled: Vec::new(),
            acks: Vec::new(),
            next: 0,
            _data: data,
        };
        world.drain();
        world
    }

    /// A new process over the same store.
    pub fn restart(&mut self) {
        let directory = self.store.read_blocking(Directory::load).unwrap();
        let config = Config::new(POOL, "fe1.litwareinc.com", [9; 32]);
        self.registrar = Registrar::new(config, Arc::new(directory));
        self.requests.clear();
        self.drain();
    }

    /// A client's connection.
    pub fn connect(&mut self, transport: Transport) -> Flow {
        let address = SocketAddr::from(([127, 0, 0, 1], 40_000));
        let peer = if transport.is_secure() { Peer::Tls(address) } else { Peer::Plain(address) };
        self.open(transport, peer)
    }

    /// The connection of a peer with a certificate for these names.
    pub fn connect_with(&mut self, common_name: &str, dns_names: &[&str]) -> Flow {
        let identity = PeerIdentity {
            subject: format!("CN={common_name}"),
            issuer: "CN=Internal CA".to_owned(),
            serial: "4711".to_owned(),
            common_names: vec![common_name.as_bytes().to_vec()],
            dns_names: dns_names.iter().map(|name| name.as_bytes().to_vec()).collect(),
            ..PeerIdentity::default()
        };
        let address = SocketAddr::from(([127, 0, 0, 2], 40_001));
        self.open(Transport::Tls, Peer::mutual(address, identity))
    }

    /// The connection of the web app.
    pub fn connect_owa(&mut self) -> Flow {
        self.connect_with(OWA, &[OWA])
    }

    fn open(&mut self, transport: Transport, peer: Peer) -> Flow {
        self.next += 1;
        let flow = Flow(self.next);
        let address = SocketAddr::from(([127, 0, 0, 1], 5061));
        self.sip(Event::Opened { flow, local: Local { address, transport }, peer });
        flow
    }

    pub fn close(&mut self, flow: Flow) {
        self.sip(Event::Closed { flow, why: Why::Eof });
    }

    pub fn sip(&mut self, event: Event) {
        self.input(Input::Sip(event));
    }

    pub fn input(&mut self, input: Input) {
        self.registrar.handle(self.now, input);
        self.drain();
    }

    /// Lets time pass, and everything that is due happen when it is due.
    pub fn advance_s(&mut self, seconds: u64) {
        let end = self.now.tick.after_s(seconds);
        while let Some(due) = self.registrar.next_timeout().filter(|due| *due <= end) {
            self.set_time(due.max(self.now.tick));
            self.input(Input::Timeout);
        }
        self.set_time(end);
    }

    fn set_time(&mut self, tick: Tick) {
        self.now.wall_ms += i64::try_from(tick.since(self.now.tick)).unwrap();
        self.now.tick = tick;
    }

    /// The directory as the store has it now.
    pub fn reload(&mut self) {
        let directory = self.store.read_blocking(Directory::load).unwrap();
        self.input(Input::Directory(Arc::new(directory)));
    }

    pub fn write(
        &mut self,
        work: impl FnOnce(&mut store::Writer) -> store::Result<()> + Send + 'static,
    ) {
        self.store.write_blocking(self.now.wall_ms, work).unwrap();
    }

    fn drain(&mut self) {
        while let Some(effect) = self.registrar.poll_effect() {
            match effect {
                Effect::Send(outgoing) => self.sent(outgoing),
                Effect::Commit { token, write } => {
                    let result = match &self.store_fails {
                        Some(cause) => Err(cause.clone()),
                        None => self
                            .store
                            .write_blocking(self.now.wall_ms, |tx| write.apply(tx))
                            .map_err(|error| error.to_string()),
                    };
                    let input: Result<Committed, String> = result;
                    self.registrar.handle(self.now, Input::Committed { token, result: input });
                }
                Effect::Trace(record) => self.traces.push(record),
                Effect::Trusted { .. } => {}
                Effect::Log(line) => self.logs.push(line.event_id),
                Effect::Locate { token, domain, host } => {
                    self.locates.push_back((token, domain, host));
                }
            }
        }
    }

    fn sent(&mut self, outgoing: Outgoing) {
        match outgoing {
            Outgoing::Response { transaction, response } => {
                // As the stack does it.
                let response = match response.status() {
                    Some(100) => response,
                    _ => response.to_tag(&format!("stack{}", transaction.0)),
                };
                let response = Message::parse(response.print()).unwrap();
                let is_call = response.cseq().unwrap().method == Method::Invite;
                let comes_again = is_call && self.responses.contains_key(&transaction);
                if response.status() < Some(200) || comes_again {
                    return self.others.push((transaction, response));
                }
                let before = self.responses.insert(transaction, response);
                assert!(before.is_none(), "answered twice: {before:?}");
            }
            Outgoing::Request { token, route, request } => {
                let request = Message::parse(request.print()).unwrap();
                self.requests.push_back(Sent { token, route, request });
            }
            Outgoing::Cancel { token } => self.cancelled.push(token),
            Outgoing::Ack { route, request } => {
                self.acks.push((route, Message::parse(request.print()).unwrap()));
            }
            Outgoing::Close { flow, why } => self.closed.push((flow, why.to_string())),
            Outgoing::Vouch { flow } => {
                assert!(self.vouched.insert(flow), "vouched for twice: {flow:?}");
            }
            Outgoing::Alias { flow, target, expect_name, .. } => {
                assert_eq!(target.host, expect_name);
                self.aliases.push((flow, target.host, target.port));
            }
            other => panic!("unexpected {other:?}"),
        }
    }

    /// Sends a request and gives its transaction.
    pub fn send(&mut self, flow: Flow, request: Draft) -> ServerTransaction {
        self.send_by("127.0.0.1", flow, request)
    }

    /// As [`World::send`] by this sent-by and what follows it.
    pub fn send_by(&mut self, by: &str, flow: Flow, request: Draft) -> ServerTransaction {
        self.next += 1;
        let transaction = ServerTransaction(self.next);
        let via = format!("SIP/2.0/TLS {by};branch=z9hG4bKx");
        let request = request.with_first(Name::Via, via);
        let request = Message::parse(request.print()).unwrap();
        self.sip(Event::Request { transaction, flow, request });
        transaction
    }

    /// The response to a transaction, if there is one yet.
    pub fn response(&mut self, transaction: ServerTransaction) -> Option<Message> {
        self.responses.remove(&transaction)
    }

    /// Sends a request that is answered at once.
    pub fn ask(&mut self, flow: Flow, request: Draft) -> Message {
        let transaction = self.send(flow, request);
        self.response(transaction).expect("an answer")
    }

    /// Sends a request, and again with credentials if it is challenged.
    pub fn sign_and_ask(&mut self, flow: Flow, login: &str, request: Draft) -> Message {
        let transaction = self.sign_and_send(flow, login, request);
        self.response(transaction).expect("an answer")
    }

    pub fn sign_and_send(&mut self, flow: Flow, login: &str, request: Draft) -> ServerTransaction {
        let transaction = self.send(flow, request.clone());
        let Some(challenge) = self.responses.get(&transaction).and_then(challenge) else {
            return transaction;
        };
        self.responses.remove(&transaction);
        let signed = sign(&challenge, login, PASSWORD, 1, request);
        self.send(flow, signed)
    }

    /// Takes the oldest unanswered request, which must be of this method.
    pub fn take(&mut self, method: &Method) -> Sent {
        let sent = self.requests.pop_front().unwrap_or_else(|| panic!("no {method} was sent"));
        assert_eq!(sent.request.method().as_ref(), Some(method), "{:?}", sent.request);
        sent
    }

    /// Answers a request of the registrar.
    pub fn answer(&mut self, sent: &Sent, status: u16) {
        self.answer_with(sent, Draft::response(&sent.request, status));
    }

    pub fn answer_with(&mut self, sent: &Sent, response: Draft) {
        let response = response.to_tag("peer");
        let response = Message::parse(response.print()).unwrap();
        let flow = sent.flow().unwrap_or(Flow(Flow::DIALLED_BIT));
        self.sip(Event::Response { token: sent.token, flow, response });
    }

    pub fn fail(&mut self, sent: &Sent) {
        self.sip(Event::Failed { token: sent.token, why: Failure::Timeout });
    }

    /// Takes the oldest unanswered request and answers it 200.
    pub fn accept(&mut self, method: &Method) -> Sent {
        let sent = self.take(method);
        self.answer(&sent, 200);
        sent
    }

    /// Registers a client device and returns its connection.
    pub fn sign_in(&mut self, user: &str, device: &str) -> Flow {
        let flow = self.connect(Transport::Tls);
        let response = self.sign_and_ask(flow, user, register(user, device, 3600));
        assert_eq!(response.status(), Some(200), "{response:?}");
        flow
    }

    /// How many messages the store keeps for a user.
    pub fn kept(&self, user: &str) -> usize {
        let aor = im::Aor::parse(&aor(user)).unwrap();
        let directory = self.store.read_blocking(Directory::load).unwrap();
        let account = directory.user(&aor).unwrap().account;
        self.store.read_blocking(move |r| r.absent_messages(account)).unwrap().len()
    }
}

fn populate(tx: &mut store::Writer) -> store::Result<()> {
    tx.create_deployment(DOMAIN, DOMAIN, "Litware")?;
    for (sam, has_messaging) in [("alice", true), ("bob", true), ("carol", true), ("dave", false)] {
        let account = Account {
            id: tx.new_id()?,
            sam: sam.to_owned(),
            upn: format!("{sam}@{DOMAIN}"),
            display_name: format!("{}{} Example", sam[..1].to_uppercase(), &sam[1..]),
            first_name: String::new(),
            last_name: String::new(),
            enabled: true,
            time_zone: String::new(),
            language: "en-US".to_owned(),
            created_ms: 0,
        };
        tx.put_account(&account)?;
        tx.set_password(account.id, PASSWORD)?;
        if has_messaging {
            tx.put_messaging_user(&MessagingUser {
                account: account.id,
                sip_address: aor(sam),
                registrar_pool: POOL.to_owned(),
                enabled: true,
            })?;
        }
    }
    put_topology(tx, |_| {})
}

/// The enabled topology: our pool, and the web app's as the article makes it.
pub fn put_topology(
    tx: &mut store::Writer,
    change: impl FnOnce(&mut Topology),
) -> store::Result<()> {
    let mut topology = Topology {
        pools: vec![Pool { fqdn: POOL.to_owned(), ..Pool::default() }],
        trusted_pools: vec![TrustedApplicationPool {
            fqdn: OWA.to_owned(),
            computers: vec![OWA.to_owned()],
            applications: vec![TrustedApplication {
                application_id: "OutlookWebApp".to_owned(),
                port: OWA_PORT,
                ..TrustedApplication::default()
            }],
            ..TrustedApplicationPool::default()
        }],
        ..Topology::default()
    };
    change(&mut topology);
    tx.put_published_topology(&topology)?;
    tx.enable_topology()?;
    Ok(())
}

pub fn aor(user: &str) -> String {
    format!("sip:{user}@{DOMAIN}")
}

fn uri(text: &str) -> Uri {
    text.parse().unwrap()
}

/// A request from one user about another.
pub fn request(method: Method, from: &str, to: &str, id: &str, cseq: u32) -> Draft {
    let sequence = format!("{cseq} {method}");
    Draft::request(method, &uri(&aor(to)))
        .with(Name::MaxForwards, "70")
        .with(Name::From, format!("\"Liar\" <{}>;tag={from}-tag", aor(from)))
        .with(Name::To, format!("<{}>", aor(to)))
        .with(Name::CallId, id)
        .with(Name::CSeq, sequence)
}

pub fn register(user: &str, device: &str, expires_s: u32) -> Draft {
    Draft::request(Method::Register, &uri(&format!("sip:{DOMAIN}")))
        .with(Name::From, format!("<{}>;tag=r", aor(user)))
        .with(Name::To, format!("<{}>", aor(user)))
        .with(Name::CallId, format!("{user}-{device}"))
        .with(Name::CSeq, "1 REGISTER")
        .with(Name::Contact, format!("<sip:{user}@127.0.0.1;transport=tls;d={device}>"))
        .with(Name::Expires, expires_s.to_string())
}

/// The sign-in of a user of the web app.
pub fn register_owa(user: &str, cseq: u32) -> Draft {
    let contact = format!("<sip:{user}@{OWA}:{OWA_PORT};transport=tls>");
    register(user, "owa", 3600)
        .replace(Name::Contact, contact)
        .replace(Name::CSeq, format!("{cseq} REGISTER"))
}

pub fn text(from: &str, to: &str, id: &str, body: &str) -> Draft {
    request(Method::Message, from, to, id, 1).body("text/plain", Bytes::from(body.to_owned()))
}

pub fn subscribe(watcher: &str, presentity: &str, id: &str, cseq: u32, expires_s: u32) -> Draft {
    request(Method::Subscribe, watcher, presentity, id, cseq)
        .with(Name::Contact, format!("<sip:{watcher}@127.0.0.1;transport=tls>"))
        .with(Name::Event, "presence")
        .with(Name::Accept, "application/pidf+xml")
        .with(Name::Expires, expires_s.to_string())
}

/// The challenge in a response.
pub fn challenge(response: &Message) -> Option<Challenge> {
    let name = match response.status()? {
        401 => Name::WwwAuthenticate,
        407 => Name::ProxyAuthenticate,
        _ => return None,
    };
    Challenge::parse(response.header(name)?).unwrap()
}

/// The request with the answer to a challenge, under a new CSeq as RFC 3261 §22.2 asks for.
pub fn sign(
    challenge: &Challenge,
    login: &str,
    password: &str,
    count: u32,
    request: Draft,
) -> Draft {
    let ha1 = Ha1::compute(challenge.algorithm, login, &challenge.realm, password);
    let method = request.method().unwrap().to_string();
    let to = request.uri().unwrap().to_owned();
    let credentials =
        Credentials::answer(challenge, login, &ha1, (&method, &to), ("cnonce", count));
    request.with(Name::Authorization, credentials.to_string())
}

pub const MD5: Algorithm = Algorithm::Md5;
