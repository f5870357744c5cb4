//! The registrar role: its doors and its loop.

use std::future::ready;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use im::Registrar;
use im::trace::Component;
use ring::hmac;
use sip::auth::Algorithm;
use sip::{Stack, StackConfig};
use tokio::net::{TcpListener, UdpSocket};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::services::{self, while_running};
use super::{Parts, bind, cannot_serve, feeds, random, serving};
use crate::config::{Digest, Role};
use crate::drive::inbox::inbox;
use crate::drive::load::Gauge;
use crate::drive::registrar::{Fresh, RegistrarLoop};
use crate::drive::traced;
use crate::drive::wires::Wires;
use crate::identity::{Accepting, Chosen, PeerCertificate};
use crate::limits;
use crate::listen::sip::{self as door, Door, FlowNumbers};
use crate::listen::udp::udp;
use crate::listen::ws::{ws, wss};
use crate::listen::xcap::{self, Judge, Xcap};
use crate::locate::Finder;
use crate::metrics::{RegistrarMeters, SipMeters};
use crate::trace::Tap;

pub(super) async fn start(parts: &Parts, tasks: &mut JoinSet<()>) -> anyhow::Result<()> {
    let settings = &parts.config.registrar;
    let tap = Tap::new(&parts.hub, Component::SipStack, &settings.computer);
    let (wires, reports) = inbox(limits::LOOP_QUEUE, parts.clock.clone());
    parts.queues.watch("registrar", &wires);
    let accepting = Accepting {
        computer: settings.computer.clone(),
        certificate: Chosen::Assigned,
        peer_certificate: PeerCertificate::Optional,
    };
    let web = Accepting { peer_certificate: PeerCertificate::Unasked, ..accepting.clone() };
    let door = Door {
        name: "sip_tls",
        bounds: parts.config.limits.bounds(),
        wires: wires.clone(),
        flows: FlowNumbers::default(),
        identities: parts.identities.clone(),
        accepting: Arc::new(move || Some(accepting.clone())),
        on_refused: traced::refusals(tap.clone(), parts.clock.clone()),
    };
    let mut doors = Doors { parts, tasks, door };
    doors.open("sip_tls", "listen_tls", "SIP over TLS", &settings.listen_tls, door::tls)?;
    doors.open("sip_tcp", "listen_tcp", "SIP over TCP", &settings.listen_tcp, door::tcp)?;
    doors.door.accepting = Arc::new(move || Some(web.clone()));
    doors.open("sip_wss", "listen_wss", "SIP over WSS", &settings.listen_wss, wss)?;
    doors.open("sip_ws", "listen_ws", "SIP over WS", &settings.listen_ws, ws)?;
    let Doors { door, .. } = doors;
    for &address in &settings.listen_udp {
        let place = parts.config.place("registrar", "listen_udp");
        let socket = bind_udp(address, "SIP over UDP", place.clone()).await?;
        let part = (Role::Registrar, "SIP over UDP");
        let (wish, door) = (parts.services.registrar.part(), door.clone());
        let serve = move |socket| udp(socket, door.wires.clone(), door.flows.clone());
        let open = move || bind_udp(address, part.1, place.clone());
        serving(tasks, parts, part, while_running(socket, wish, open, serve));
    }
    let judges = open_xcap(parts, tasks)?;
    let contacts = feeds::follow_contacts(parts, tasks);
    let (directories, asks) = feeds::follow_directory(parts, tasks).await?;
    let fresh = fresh(parts)?;
    let (stack, registrar) = fresh(directories.borrow().clone());
    let stack = Stack::new(stack);
    let running = RegistrarLoop {
        clock: parts.clock.clone(),
        wires: Wires::new(
            stack,
            wires,
            parts.dialer(&settings.computer),
            SipMeters::new("registrar"),
            tap,
        ),
        reports,
        gauge: Gauge::default(),
        registrar,
        meters: RegistrarMeters::new(),
        store: parts.store.clone(),
        directories,
        asks,
        judges,
        contacts,
        recorder: parts.recorder.clone(),
        restarts: feeds::follow_restarts(parts, tasks, services::REGISTRAR),
        fresh,
        wish: parts.services.registrar.part(),
        finder: Finder::new(&settings.dns, parts.config.hosts.clone(), random()?),
    };
    let (part, stop) = (parts.roles.part(Role::Registrar, "the registrar"), parts.stop.clone());
    tasks.spawn(async move {
        running.run(stop).await;
        drop(part);
    });
    Ok(())
}

/// The doors for XCAP, with the pool's certificate; who asks there asks the registrar's loop.
fn open_xcap(parts: &Parts, tasks: &mut JoinSet<()>) -> anyhow::Result<mpsc::Receiver<Judge>> {
    let (judges, receiver) = mpsc::channel(limits::JUDGES_QUEUE);
    let accepting = Accepting {
        computer: parts.config.registrar.computer.clone(),
        certificate: Chosen::Assigned,
        peer_certificate: PeerCertificate::Unasked,
    };
    let xcap = Xcap { clock: parts.clock.clone(), store: parts.store.clone(), judges };
    for &address in &parts.config.registrar.listen_https {
        let place = parts.config.place("registrar", "listen_https");
        let listener = bind(address, "XCAP", &place)?;
        let wish = parts.services.registrar.part();
        let (identities, accepting, xcap) =
            (parts.identities.clone(), accepting.clone(), xcap.clone());
        let bounds = parts.config.limits.bounds();
        let accept = move |listener| {
            xcap::https(listener, identities.clone(), accepting.clone(), xcap.clone(), bounds)
        };
        let open = move || ready(bind(address, "XCAP", &place));
        let part = (Role::Registrar, "XCAP");
        serving(tasks, parts, part, while_running(listener, wish, open, accept));
    }
    Ok(receiver)
}

/// The doors that accept connections.
struct Doors<'a> {
    parts: &'a Parts,
    tasks: &'a mut JoinSet<()>,
    door: Door,
}

impl Doors<'_> {
    /// Opens one kind of door on its addresses; `key` is where the configuration has them.
    fn open<T>(
        &mut self,
        name: &'static str,
        key: &str,
        what: &'static str,
        addresses: &[SocketAddr],
        accept: fn(TcpListener, Door) -> T,
    ) -> anyhow::Result<()>
    where
        T: Future<Output = ()> + Send + 'static,
    {
        for &address in addresses {
            let place = self.parts.config.place("registrar", key);
            let listener = bind(address, what, &place)?;
            let wish = self.parts.services.registrar.part();
            let door = Door { name, ..self.door.clone() };
            let accept = move |listener| accept(listener, door.clone());
            let open = move || ready(bind(address, what, &place));
            let part = (Role::Registrar, what);
            serving(self.tasks, self.parts, part, while_running(listener, wish, open, accept));
        }
        Ok(())
    }
}

async fn bind_udp(
    address: SocketAddr,
    what: &'static str,
    place: String,
) -> anyhow::Result<UdpSocket> {
    let socket = UdpSocket::bind(address).await;
    socket.map_err(|error| cannot_serve(address, what, &place, &error))
}

/// What makes a stack and rules: at start, and when the service is told to restart. The secret
/// stays, so nonces of before are still good; branches and tags come from a new seed each time.
fn fresh(parts: &Parts) -> anyhow::Result<Fresh> {
    let settings = &parts.config.registrar;
    let mut rules = im::Config::new(&settings.pool, &settings.computer, random()?);
    // Clients cannot resolve names that only our own [hosts] knows.
    rules.contact_by_address = parts.config.hosts.contains_key(&settings.pool);
    rules.guesses = parts.store.guesses().clone();
    rules.writing = parts.config.limits.writing()?;
    rules.client_requests_per_s = parts.config.limits.requests_per_second;
    rules.digest = match settings.digest {
        Digest::Md5 => Algorithm::Md5,
        Digest::Sha256 => Algorithm::Sha256,
    };
    let computer = settings.computer.clone();
    // Each start has a seed of its own, made of one from the system: none is used twice.
    let key = hmac::Key::new(hmac::HMAC_SHA256, &random::<32>()?);
    let starts = AtomicU64::new(0);
    Ok(Box::new(move |directory| {
        let start = starts.fetch_add(1, Ordering::Relaxed);
        let mut seed = [0; 32];
        seed.copy_from_slice(hmac::sign(&key, &start.to_be_bytes()).as_ref());
        let stack = StackConfig::new(computer.clone(), seed);
        (stack, Registrar::new(rules.clone(), directory))
    }))
}
