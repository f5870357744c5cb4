//! The messaging half for the `im_*` targets: a stack and a registrar over a store that is never
//! written (each session is one transaction, and undone), and what is sent to whom.
//!
//! Owns: the organisation (alice, bob, carol), the drain rules, the counting that every session
//! keeps to. Does not: know what is asked (`im_*` do). Read next: `im_session`.

use std::cell::OnceCell;
use std::collections::{BTreeMap, VecDeque};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use im::{CommitToken, Config, Directory, Effect, Registrar, Write};
use sip::{
    Event, Flow, Input, Local, Message, Now, Output, Peer, PeerIdentity, Stack, StackConfig, Tick,
    Transport, Why,
};
use store::directory::{Account, DirectoryWrite, MessagingUser};
use store::messaging::{MessagingWrite, Pool, Topology, XcapDocument};
use store::{SecretKey, Store, Writer};

use crate::trail;

pub const DOMAIN: &str = "example.test";
pub const POOL: &str = "pool.example.test";
pub const ALICE: &str = "sip:alice@example.test";
pub const USERS: [&str; 3] = ["alice", "bob", "carol"];
pub const PASSWORD: &str = "correct horse";
const BEGIN_MS: i64 = 1_764_000_000_000;

/// Messages that one input may make: three people with ten devices each, who all watch each other
/// in several ways, and calls that ring at all of them.
const SENT_OF_ONE_MAX: usize = 1_000;
/// The same in bytes.
const SENT_BYTES_OF_ONE_MAX: usize = 2 << 20;

pub struct World {
    pub store: Store,
    pub directory: Arc<Directory>,
}

thread_local! {
    static WORLD: OnceCell<World> = const { OnceCell::new() };
}

pub fn with_world(act: impl FnOnce(&World)) {
    WORLD.with(|world| act(world.get_or_init(World::new)));
}

/// Runs a session on a server of its own; what it writes is undone.
pub fn session(act: impl FnOnce(&mut Server<'_>) + Send + 'static) {
    with_world(|world| {
        let directory = Arc::clone(&world.directory);
        let seen = Arc::new(Mutex::new(Vec::new()));
        let told = Arc::clone(&seen);
        let undone = world.store.write_blocking(0, move |tx| -> store::Result<()> {
            act(&mut Server::new(tx, directory));
            *told.lock().expect("nobody else") = trail::take();
            Err(store::Error::Limit("nothing is kept".to_owned()))
        });
        assert!(matches!(undone, Err(store::Error::Limit(_))), "{undone:?}");
        trail::add(&seen.lock().expect("nobody else"));
    });
}

impl World {
    fn new() -> World {
        let folder: PathBuf = std::env::temp_dir().join(format!("fuzz-im-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder of our own");
        let key = SecretKey::from_bytes([7; 32]);
        let store = Store::open(&folder.join("fuzz.db"), key, 0).expect("a new store");
        store.write_blocking(0, populate).expect("rows of our own");
        let directory = store.read_blocking(Directory::load).expect("what was written");
        // The open files stay until we end; nothing is left behind.
        std::fs::remove_dir_all(&folder).expect("it was ours");
        World { store, directory: Arc::new(directory) }
    }
}

fn populate(tx: &mut Writer) -> store::Result<()> {
    tx.create_deployment(DOMAIN, DOMAIN, "Example")?;
    let mut first = None;
    for sam in USERS {
        let account = Account {
            id: tx.new_id()?,
            sam: sam.to_owned(),
            upn: format!("{sam}@{DOMAIN}"),
            display_name: sam.to_owned(),
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
            sip_address: format!("sip:{sam}@{DOMAIN}"),
            registrar_pool: POOL.to_owned(),
            enabled: true,
        })?;
        first = first.or(Some(account.id));
    }
    let Some(alice) = first else { return Ok(()) };
    for (auid, body) in DOCUMENTS {
        tx.put_xcap_document(&XcapDocument {
            account: alice,
            auid: (*auid).to_owned(),
            name: "index".to_owned(),
            body: (*body).to_owned(),
        })?;
    }
    let pools = vec![Pool { fqdn: POOL.to_owned(), ..Pool::default() }];
    tx.put_published_topology(&Topology { pools, ..Topology::default() })?;
    tx.enable_topology()?;
    Ok(())
}

const DOCUMENTS: &[(&str, &str)] = &[
    (
        "resource-lists",
        "<r:resource-lists xmlns:r='urn:ietf:params:xml:ns:resource-lists'> <r:list name='a'>\
         <r:entry uri='sip:b@example.test'/><!-- c --></r:list><r:list name=\"b\" /></r:resource-lists>",
    ),
    (
        "pres-rules",
        "<ruleset xmlns=\"urn:ietf:params:xml:ns:common-policy\"><rule id=\"a\"><conditions>\
         <identity><many/></identity></conditions></rule></ruleset>",
    ),
    (
        "rls-services",
        "<rls-services xmlns=\"urn:ietf:params:xml:ns:rls-services\"><service \
         uri=\"sip:l@example.test\"><list/></service></rls-services>",
    ),
];

/// The messaging half within one session.
pub struct Server<'a> {
    tx: &'a mut Writer,
    stack: Stack,
    registrar: Registrar,
    pub now: Now,
    due: Tick,
    next_flow: u64,
    /// What was sent, to be taken by the session; and connections that the server closed.
    pub sent: VecDeque<(Flow, Message)>,
    pub closed: Vec<Flow>,
    open: BTreeMap<Flow, Transport>,
    /// Commits wait here while the store is slow.
    commits: VecDeque<(CommitToken, Write)>,
    pub is_slow: bool,
    /// While nobody has proved who they are, only who speaks is answered.
    pub is_anybody_known: bool,
    /// The entity-tag that was given last (RFC 3903 §4.1).
    pub last_etag: Option<String>,
    count: usize,
    bytes: usize,
}

impl Server<'_> {
    fn new(tx: &mut Writer, directory: Arc<Directory>) -> Server<'_> {
        Server {
            tx,
            stack: Stack::new(StackConfig::new(POOL, [3; 32])),
            registrar: Registrar::new(Config::new(POOL, POOL, [9; 32]), directory),
            now: Now { tick: Tick(1_000), wall_ms: BEGIN_MS },
            due: Tick::NEVER,
            next_flow: 1,
            sent: VecDeque::new(),
            closed: Vec::new(),
            open: BTreeMap::new(),
            commits: VecDeque::new(),
            is_slow: false,
            is_anybody_known: false,
            last_etag: None,
            count: 0,
            bytes: 0,
        }
    }

    pub fn open(&mut self, transport: Transport) -> Flow {
        let address = ([127, 0, 0, 2], 40_000 + (self.next_flow % 20_000) as u16).into();
        let peer = if transport.is_secure() { Peer::Tls(address) } else { Peer::Plain(address) };
        self.open_as(transport, peer)
    }

    /// The connection of a server that may speak for everybody.
    pub fn open_trusted(&mut self) -> Flow {
        let address = ([127, 0, 0, 3], 5061).into();
        let identity = PeerIdentity {
            subject: format!("CN={POOL}"),
            issuer: "CN=CA".to_owned(),
            serial: "1".to_owned(),
            common_names: vec![POOL.as_bytes().to_vec()],
            dns_names: vec![POOL.as_bytes().to_vec()],
            ..PeerIdentity::default()
        };
        self.is_anybody_known = true;
        self.open_as(Transport::Tls, Peer::mutual(address, identity))
    }

    fn open_as(&mut self, transport: Transport, peer: Peer) -> Flow {
        let flow = Flow(self.next_flow);
        self.next_flow += 1;
        self.open.insert(flow, transport);
        let local = Local { address: ([127, 0, 0, 1], 5061).into(), transport };
        self.take(Some(flow), Input::Opened { flow, local, peer });
        flow
    }

    pub fn is_open(&self, flow: Flow) -> bool {
        self.open.contains_key(&flow)
    }

    pub fn close(&mut self, flow: Flow) {
        if self.open.remove(&flow).is_some() {
            self.take(None, Input::Closed { flow, why: Why::Eof });
        }
    }

    pub fn receive(&mut self, flow: Flow, bytes: &[u8]) {
        if self.is_open(flow) {
            self.take(Some(flow), Input::Receive { flow, bytes });
        }
    }

    /// Something that comes from elsewhere in the node.
    pub fn tell(&mut self, input: im::Input) {
        self.begin();
        self.registrar.handle(self.now, input);
        self.settle(None);
    }

    /// The store does what it was asked to; or fails, and everybody is told so.
    pub fn commit(&mut self, is_failing: bool) {
        self.begin();
        while let Some((token, write)) = self.commits.pop_front() {
            let result = match is_failing {
                true => Err("the disk is full".to_owned()),
                false => write.apply(self.tx).map_err(|error| error.to_string()),
            };
            self.registrar.handle(self.now, im::Input::Committed { token, result });
            self.settle(None);
        }
    }

    /// Time passes, and what is due happens when it is due. A time does not come twice.
    pub fn pass_ms(&mut self, ms: u64) {
        let end = self.now.tick.after_ms(ms);
        let mut times = 0;
        loop {
            let rules = self.registrar.next_timeout().unwrap_or(Tick::NEVER);
            let due = self.due.min(rules);
            if due > end {
                break;
            }
            self.set_time(due.max(self.now.tick));
            self.begin();
            if self.due <= self.now.tick {
                self.stack.handle_input(self.now, Input::Timeout);
                self.settle(None);
            }
            if self.registrar.next_timeout().is_some_and(|due| due <= self.now.tick) {
                self.registrar.handle(self.now, im::Input::Timeout);
                self.settle(None);
            }
            let rules = self.registrar.next_timeout().unwrap_or(Tick::NEVER);
            assert!(self.due.min(rules) > self.now.tick, "the same time again");
            times += 1;
            assert!(times < 50_000, "time passes without end");
        }
        self.set_time(end);
    }

    fn set_time(&mut self, tick: Tick) {
        self.now.wall_ms += tick.since(self.now.tick) as i64;
        self.now.tick = tick;
    }

    fn begin(&mut self) {
        (self.count, self.bytes) = (0, 0);
    }

    fn take(&mut self, speaker: Option<Flow>, input: Input<'_>) {
        self.begin();
        self.stack.handle_input(self.now, input);
        self.settle(speaker);
        if !self.is_slow {
            self.commit(false);
        }
    }

    /// Stack to rules to stack, until neither has anything left.
    fn settle(&mut self, speaker: Option<Flow>) {
        loop {
            let events = self.drain(speaker);
            let mut quiet = events.is_empty();
            for event in events {
                self.registrar.handle(self.now, im::Input::Sip(event));
            }
            while let Some(effect) = self.registrar.poll_effect() {
                quiet = false;
                match effect {
                    Effect::Send(outgoing) => {
                        self.stack.handle_input(self.now, Input::Send(outgoing));
                        for event in self.drain(speaker) {
                            self.registrar.handle(self.now, im::Input::Sip(event));
                        }
                    }
                    Effect::Commit { token, write } => self.commits.push_back((token, write)),
                    // No domain of others is allowed here.
                    Effect::Locate { .. } => {}
                    Effect::Trace(_) | Effect::Trusted { .. } | Effect::Log(_) => {}
                }
            }
            if quiet {
                return;
            }
        }
    }

    fn drain(&mut self, speaker: Option<Flow>) -> Vec<Event> {
        let mut events = Vec::new();
        loop {
            match self.stack.poll_output() {
                Output::Transmit { flow, bytes } | Output::TransmitTo { flow, bytes, .. } => {
                    self.transmitted(speaker, flow, bytes);
                }
                Output::Close { flow, .. } => {
                    self.open.remove(&flow);
                    self.closed.push(flow);
                }
                Output::Connect { flow, .. } => {
                    let why = Why::Unreachable("nobody listens here".to_owned());
                    self.stack.handle_input(self.now, Input::Closed { flow, why });
                }
                Output::Event(event) => events.push(event),
                Output::Received { .. } => {}
                Output::Timeout(due) => {
                    self.due = due;
                    return events;
                }
            }
        }
    }

    fn transmitted(&mut self, speaker: Option<Flow>, flow: Flow, bytes: bytes::Bytes) {
        self.count += 1;
        self.bytes += bytes.len();
        assert!(self.count < SENT_OF_ONE_MAX, "{} messages of one input", self.count);
        assert!(self.bytes < SENT_BYTES_OF_ONE_MAX, "{} bytes of one input", self.bytes);
        assert!(self.open.contains_key(&flow), "sent to nobody");
        if bytes.iter().all(|byte| matches!(byte, b'\r' | b'\n')) {
            return;
        }
        let message = Message::parse(bytes).expect("what we send is SIP");
        // What answers a malformed request repeats what it said (RFC 3261 §8.2.6.2).
        let is_excused = message.status().is_some_and(|status| matches!(status, 400..=599));
        assert!(is_excused || message.check().is_ok(), "{:?}: {message:?}", message.check());
        let is_ours = self.is_anybody_known || speaker.is_none_or(|speaker| speaker == flow);
        assert!(is_ours, "nobody is known, and somebody else is told: {message:?}");
        let method = message.cseq().map(|cseq| cseq.method.to_string()).unwrap_or_default();
        trail::saw((message.is_request(), method, message.status()));
        self.sent.push_back((flow, message));
    }

    pub fn totals(&self) -> im::Totals {
        self.registrar.totals()
    }

    /// All are gone, and after longer than anything soft lives nothing is left of them.
    pub fn end(&mut self) {
        self.commit(false);
        let flows: Vec<Flow> = self.open.keys().copied().collect();
        flows.into_iter().for_each(|flow| self.close(flow));
        self.pass_ms(5 * 24 * 3600 * 1000);
        self.commit(false);
        let (totals, transactions) = (self.totals(), self.stack.transactions());
        assert_eq!((totals, transactions), (im::Totals::default(), (0, 0)));
    }
}
