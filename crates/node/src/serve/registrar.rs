//! The registrar role: its doors and its loop.

use std::net::SocketAddr;
use std::sync::Arc;

use im::Registrar;
use im::trace::{Record, Severity};
use sip::{Stack, StackConfig};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::{Parts, bind, feeds, random, until_stopped};
use crate::clock::Clock;
use crate::drive::registrar::{Fresh, RegistrarLoop};
use crate::drive::wires::Wires;
use crate::identity::{Accepting, ChainRefusal, Chosen, names};
use crate::limits;
use crate::listen::sip::{self as door, Door, FlowNumbers, OnRefused};
use crate::record::Recorder;

pub(super) async fn start(parts: &Parts, tasks: &mut JoinSet<()>) -> anyhow::Result<()> {
    let settings = &parts.config.registrar;
    let (wires, reports) = mpsc::channel(limits::LOOP_QUEUE);
    let accepting = Accepting {
        computer: settings.computer.clone(),
        certificate: Chosen::Assigned,
        peer_certificate_mandatory: false,
    };
    let door = Door {
        wires: wires.clone(),
        flows: FlowNumbers::default(),
        identities: parts.identities.clone(),
        accepting: Arc::new(move || Some(accepting.clone())),
        on_refused: trace_refusals(parts.recorder.clone()),
    };
    for address in &settings.listen_tls {
        let listener = bind(*address, "SIP over TLS").await?;
        until_stopped(tasks, parts, door::tls(listener, door.clone()));
    }
    for address in &settings.listen_tcp {
        let listener = bind(*address, "SIP over TCP").await?;
        until_stopped(tasks, parts, door::tcp(listener, door.clone()));
    }
    let directories = feeds::follow_directory(parts, tasks).await?;
    let fresh = fresh(parts)?;
    let (stack, registrar) = fresh(directories.borrow().clone());
    let running = RegistrarLoop {
        clock: parts.clock,
        wires: Wires::new(stack, wires, parts.dialer(&settings.computer)),
        reports,
        registrar,
        store: parts.store.clone(),
        directories,
        recorder: parts.recorder.clone(),
        restarts: feeds::follow_restarts(parts, tasks, "RTCSRV"),
        fresh,
    };
    tasks.spawn(running.run(parts.stop.clone()));
    Ok(())
}

/// What makes a stack and rules: at start, and when the service is told to restart. The secret
/// stays, so nonces of before are still good; branches and tags come from a new seed each time.
fn fresh(parts: &Parts) -> anyhow::Result<Fresh> {
    let settings = &parts.config.registrar;
    let mut rules = im::Config::new(&settings.pool, &settings.computer, random()?);
    // Clients cannot resolve names that only our own [hosts] knows.
    rules.contact_by_address = parts.config.hosts.contains_key(&settings.pool);
    let computer = settings.computer.clone();
    let first: [u8; 32] = random()?;
    Ok(Box::new(move |directory| {
        let seed = random().unwrap_or(first);
        let stack = Stack::new(StackConfig::new(computer.clone(), seed));
        (stack, Registrar::new(rules.clone(), directory))
    }))
}

/// Rule 1 ended a handshake: one trace record, with subject, issuer and serial.
pub(super) fn trace_refusals(recorder: Recorder) -> OnRefused {
    Arc::new(move |address: SocketAddr, refusal: &ChainRefusal| {
        let identity = names::peer_identity(&refusal.certificate);
        let text = format!("The peer's certificate was refused: {}", refusal.error);
        let mut record = Record::connection(Severity::Error, text, "TLS").with_peer(address);
        record.data = vec![
            ("subject".to_owned(), identity.subject),
            ("issuer".to_owned(), identity.issuer),
            ("serial".to_owned(), identity.serial),
        ];
        recorder.trace(Clock::wall_ms(), &record);
    })
}
