//! The mailbox role: the agent with its trusted connection and its application's port, SMTP, and
//! what is filed from the change feed.

use agent::handle::{Bounds, Handle};
use agent::{Agent, Settings};
use im::trace::Component;
use sip::{Stack, StackConfig};
use store::Change;
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::{Parts, application, bind, feeds, random, serving, until_stopped};
use crate::config::Role;
use crate::drive::agent::AgentLoop;
use crate::drive::inbox::inbox;
use crate::drive::wires::Wires;
use crate::limits;
use crate::listen::smtp;
use crate::metrics::SipMeters;
use crate::trace::Tap;

/// Starts it; the web app gets the handle, and who follows certificates the settings in use. On a
/// node without the role the agent has nothing to do, but its handle is still there.
pub(super) async fn start(
    parts: &Parts,
    tasks: &mut JoinSet<()>,
) -> anyhow::Result<(Handle, watch::Receiver<Option<Settings>>)> {
    let settings = &parts.config.mailbox;
    let (handle, driver) = agent::handle::pair(Bounds::default());
    let (wires, reports) = inbox(limits::LOOP_QUEUE, parts.clock.clone());
    let (configured, settings_in_use) = watch::channel(None);
    parts.queues.watch("agent", &wires);
    let stack = Stack::new(StackConfig::new(settings.computer.clone(), random()?));
    let tap = Tap::new(&parts.hub, Component::S4, &settings.computer);
    let running = AgentLoop {
        clock: parts.clock.clone(),
        wires: Wires::new(
            stack,
            wires.clone(),
            parts.dialer(&settings.computer),
            SipMeters::new("agent"),
            tap,
        ),
        reports,
        agent: Agent::new(u64::from_le_bytes(random()?)),
        driver,
        configured,
    };
    let (part, stop) = (parts.roles.part(Role::Mailbox, "the agent"), parts.stop.clone());
    tasks.spawn(async move {
        running.run(stop).await;
        drop(part);
    });
    if !parts.config.has(Role::Mailbox) {
        return Ok((handle, settings_in_use));
    }
    for address in &settings.listen_smtp {
        let listener = bind(*address, "SMTP", &parts.config.place("mailbox", "listen_smtp"))?;
        let door = smtp::Door {
            store: parts.store.clone(),
            clock: parts.clock.clone(),
            host: settings.computer.clone(),
            stop: parts.stop.clone(),
        };
        serving(tasks, parts, (Role::Mailbox, "SMTP"), smtp::serve(listener, door));
    }
    application::follow(parts, tasks, wires, settings_in_use.clone());
    file_missed(parts, tasks);
    sweep(parts, tasks);
    Ok((handle, settings_in_use))
}

/// What the messaging half committed for an absent person becomes an item of the mailbox.
fn file_missed(parts: &Parts, tasks: &mut JoinSet<()>) {
    let (store, clock) = (parts.store.clone(), parts.clock.clone());
    let mut feed = store.changes();
    serving(tasks, parts, (Role::Mailbox, "filing of missed messages"), async move {
        loop {
            if let Err(error) = mailbox::file_missed(&store, clock.now().wall_ms).await {
                tracing::error!(%error, "cannot file missed conversations");
            }
            let concerns = |change: &Change| {
                matches!(change, Change::Absent { .. } | Change::ConversationEnded { .. })
            };
            if !feeds::next_change(&mut feed, concerns).await {
                return;
            }
        }
    });
}

/// Page sessions, uploads and blobs that have run out are dropped now and then.
fn sweep(parts: &Parts, tasks: &mut JoinSet<()>) {
    use store::mail::MailWrite as _;
    let (store, clock) = (parts.store.clone(), parts.clock.clone());
    until_stopped(tasks, parts, async move {
        let mut ticks = tokio::time::interval(limits::SWEEP);
        loop {
            ticks.tick().await;
            if let Err(error) = store.write(clock.now().wall_ms, |tx| tx.sweep()).await {
                tracing::error!(%error, "cannot sweep the store");
            }
        }
    });
}
