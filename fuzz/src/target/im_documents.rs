//! Documents that clients bring to the messaging half: presence (PIDF), lists in a SUBSCRIBE with
//! the RLMI that answers them, and XCAP with its node selectors.
//!
//! The rules run as in a node, over a store that is never written: each transaction is undone.

use std::cell::OnceCell;
use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use im::xcap::{self, Method as Verb};
use im::{Aor, Config, Directory, Effect, Input, Registrar};
use sip::{
    Draft, Event, Flow, Local, Message, Method, Name, Now, Outgoing, Peer, PeerIdentity,
    ServerTransaction, Tick, Transport,
};
use store::directory::{Account, DirectoryWrite, MessagingUser};
use store::messaging::{MessagingWrite, Pool, Topology, XcapDocument};
use store::{SecretKey, Store};

const POOL: &str = "pool.example.test";
const ALICE: &str = "sip:alice@example.test";

struct World {
    store: Store,
    directory: Arc<Directory>,
}

thread_local! {
    static WORLD: OnceCell<World> = const { OnceCell::new() };
}

fn with_world(act: impl FnOnce(&World)) {
    WORLD.with(|world| act(world.get_or_init(World::new)));
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

fn populate(tx: &mut store::Writer) -> store::Result<()> {
    tx.create_deployment("example.test", "example.test", "Example")?;
    let account = Account {
        id: tx.new_id()?,
        sam: "alice".to_owned(),
        upn: "alice@example.test".to_owned(),
        display_name: "Alice".to_owned(),
        first_name: String::new(),
        last_name: String::new(),
        enabled: true,
        time_zone: String::new(),
        language: "en-US".to_owned(),
        created_ms: 0,
    };
    tx.put_account(&account)?;
    tx.put_messaging_user(&MessagingUser {
        account: account.id,
        sip_address: ALICE.to_owned(),
        registrar_pool: POOL.to_owned(),
        enabled: true,
    })?;
    for (auid, body) in DOCUMENTS {
        tx.put_xcap_document(&XcapDocument {
            account: account.id,
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

/// The first line names a part of a document, the rest is put there.
pub fn xcap(input: &[u8]) {
    let end = input.iter().position(|byte| *byte == b'\n').unwrap_or(input.len());
    let (part, body) = input.split_at(end);
    let part = String::from_utf8_lossy(part);
    let (part, query) = part.split_once('?').unwrap_or((&part, ""));
    with_world(|world| {
        for (auid, media_type) in [
            ("resource-lists", "application/resource-lists+xml"),
            ("pres-rules", "application/auth-policy+xml"),
            ("rls-services", "application/rls-services+xml"),
        ] {
            let document = format!("{auid}/users/{ALICE}/index");
            let element = format!("{document}/~~/{part}");
            for (path, content_type) in [
                (document.as_str(), media_type),
                (&element, "application/xcap-el+xml"),
                (&element, "application/xcap-att+xml"),
            ] {
                put_and_get(world, path, query, content_type, body.get(1..).unwrap_or_default());
            }
        }
    });
}

fn put_and_get(world: &World, path: &str, query: &str, content_type: &str, body: &[u8]) {
    let directory = Arc::clone(&world.directory);
    let who = directory.user(&Aor::parse(ALICE).expect("an address")).expect("a user").clone();
    let asked = |method, body: &[u8]| xcap::Request {
        method,
        path: path.to_owned(),
        query: query.to_owned(),
        content_type: content_type.to_owned(),
        if_match: None,
        if_none_match: None,
        body: body.to_vec(),
    };
    let (put, get, delete) =
        (asked(Verb::Put, body), asked(Verb::Get, b""), asked(Verb::Delete, b""));
    let undone = world.store.write_blocking(0, move |tx| -> store::Result<()> {
        let put = xcap::handle(tx, &directory, &who, &put)?;
        let got = xcap::handle(tx, &directory, &who, &get)?;
        if matches!(put.status, 200 | 201) {
            // RFC 4825 §8.2.3: what was put is what is there, and no part of it is anything else.
            assert_eq!((got.status, &got.etag), (200, &put.etag));
        }
        let deleted = xcap::handle(tx, &directory, &who, &delete)?;
        if deleted.status == 200 {
            assert_eq!(xcap::handle(tx, &directory, &who, &get)?.status, 404);
        }
        Err(store::Error::Limit("nothing is kept".to_owned()))
    });
    assert!(matches!(undone, Err(store::Error::Limit(_))), "{undone:?}");
}

/// The input as what alice publishes, and as the list that she watches.
pub fn bodies(input: &[u8]) {
    with_world(|world| {
        let config = Config::new(POOL, POOL, [9; 32]);
        let mut registrar = Registrar::new(config, Arc::clone(&world.directory));
        let now = Now { tick: Tick(1_000), wall_ms: 1_764_000_000_000 };
        let address = std::net::SocketAddr::from(([127, 0, 0, 1], 5061));
        let local = Local { address, transport: Transport::Tls };
        let identity = PeerIdentity {
            subject: format!("CN={POOL}"),
            issuer: "CN=CA".to_owned(),
            serial: "1".to_owned(),
            common_names: vec![POOL.as_bytes().to_vec()],
            dns_names: vec![POOL.as_bytes().to_vec()],
        };
        let peer = Peer::Mutual(address, identity);
        let opened = Event::Opened { flow: Flow(1), local, peer };
        registrar.handle(now, Input::Sip(opened));
        for (number, (method, media_type)) in [
            (Method::Publish, "application/pidf+xml"),
            (Method::Subscribe, "application/resource-lists+xml"),
        ]
        .into_iter()
        .enumerate()
        {
            let request = Draft::request(method.clone(), &ALICE.parse().expect("a URI"))
                .with(Name::Via, "SIP/2.0/TLS h;branch=z9hG4bKx")
                .with(Name::From, format!("<{ALICE}>;tag=1"))
                .with(Name::To, format!("<{ALICE}>"))
                .with(Name::CallId, number.to_string())
                .with(Name::CSeq, format!("1 {method}"))
                .with(Name::Contact, "<sip:alice@h;transport=tls>")
                .with(Name::Event, "presence")
                .with(Name::Supported, "eventlist")
                .with(Name::Expires, "600")
                .body(media_type, Bytes::copy_from_slice(input));
            let Ok(request) = Message::parse(request.print()) else { return };
            let transaction = ServerTransaction(number as u64 + 1);
            let event = Event::Request { transaction, flow: Flow(1), request };
            registrar.handle(now, Input::Sip(event));
            let mut is_answered = false;
            while let Some(effect) = registrar.poll_effect() {
                match effect {
                    Effect::Send(Outgoing::Response { response, .. }) => {
                        let response = Message::parse(response.print()).expect("well printed");
                        is_answered |= response.status().is_some_and(|status| status >= 200);
                    }
                    Effect::Send(Outgoing::Request { request, .. }) => {
                        assert!(Message::parse(request.print()).is_ok());
                    }
                    _ => {}
                }
            }
            assert!(is_answered);
        }
    });
}
