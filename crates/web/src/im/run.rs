//! Drives the bridge: change feed and agent's events in, durable rows, event log and pushes out.
//!
//! One loop for the whole web half; `node` runs it. It waits, it decides nothing: decisions are in
//! `status` and `report`, soft state in `bridge`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use agent::Event;
use store::Change;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::{RecvError, TryRecvError};
use uuid::Uuid;

use super::load;
use super::texts::{self, Kept};
use super::{changes, jobs};
use crate::ctx::Ctx;
use crate::limits::EVENTS_PER_BATCH_MAX;

/// Runs until it is dropped, or the store or the agent ends.
pub async fn run(ctx: Arc<Ctx>) {
    let mut feed = ctx.store.changes();
    let mut events = ctx.agent.events();
    start(&ctx).await;
    loop {
        catch_up(&ctx, &mut feed).await;
        jobs::perform(&ctx).await;
        let now_ms = ctx.now_ms();
        let due = ctx.live.quietly(&ctx.agent, |bridge| bridge.run_due(now_ms));
        if ctx.live.look(|bridge| bridge.has_jobs()) {
            continue;
        }
        tokio::select! {
            heard = feed.recv() => match heard {
                Ok(batch) => handle_changes(&ctx, &batch).await,
                Err(RecvError::Lagged(_)) => changes::read_everything(&ctx).await,
                Err(RecvError::Closed) => return,
            },
            heard = events.recv() => match heard {
                Ok(first) => handle_events(&ctx, gather(first, &mut events)).await,
                Err(RecvError::Lagged(missed)) => {
                    tracing::warn!(missed, "events of the agent were missed");
                    changes::begin_afresh(&ctx).await;
                }
                Err(RecvError::Closed) => return,
            },
            () = ctx.live.woken() => {}
            () = sleep(due, now_ms) => {}
        }
    }
}

/// Somebody waits until everything that was committed before is heard: a recycle must have loaded
/// the file when the links are judged right after it.
async fn catch_up(ctx: &Ctx, feed: &mut Receiver<Arc<[Change]>>) {
    let waiting = ctx.live.waiting();
    if waiting.is_empty() {
        return;
    }
    loop {
        match feed.try_recv() {
            Ok(batch) => handle_changes(ctx, &batch).await,
            Err(TryRecvError::Lagged(_)) => changes::read_everything(ctx).await,
            Err(TryRecvError::Empty | TryRecvError::Closed) => break,
        }
    }
    for one in waiting {
        // Whoever asked may have gone away.
        let _ = one.send(());
    }
}

/// The next thing due; without one, never.
async fn sleep(due: Option<i64>, now_ms: i64) {
    match due {
        Some(at) => {
            let left = u64::try_from(at - now_ms).unwrap_or(0);
            tokio::time::sleep(Duration::from_millis(left)).await;
        }
        None => std::future::pending().await,
    }
}

/// Texts that the last process left unanswered failed; then the settings.
async fn start(ctx: &Ctx) {
    let reason = "The web app was restarted before this message was delivered.";
    if let Err(error) = texts::fail(&ctx.store, ctx.now_ms(), None, reason).await {
        tracing::error!(%error, "unanswered instant messages could not be marked");
    }
    load_settings(ctx).await;
}

/// Reads the file and the certificates, and configures the agent.
async fn load_settings(ctx: &Ctx) {
    let (config, now_ms) = (ctx.config.clone(), ctx.now_ms());
    let read = ctx
        .store
        .read(move |reader| {
            let loaded = load::load(reader, &config)?;
            let judged = load::judge(reader, &config, &loaded, None, now_ms)?;
            Ok((loaded, judged))
        })
        .await;
    match read {
        Ok((loaded, judged)) => {
            ctx.live.set_loaded(Some(loaded));
            ctx.live.with(&ctx.agent, |bridge| {
                bridge.recycled();
                bridge.begin(judged);
            });
        }
        Err(error) => {
            ctx.live.set_loaded(None);
            tracing::error!(%error, "the settings of instant messaging could not be read");
        }
    }
}

/// Name of the application pool whose recycling loads the settings anew (the article).
const APP_POOL: &str = "MSExchangeOWAAppPool";

async fn handle_changes(ctx: &Ctx, batch: &[Change]) {
    let recycled = batch.iter().any(|change| match change {
        Change::Recycled { pool } => pool.eq_ignore_ascii_case(APP_POOL),
        _ => false,
    });
    if recycled {
        load_settings(ctx).await;
    } else if batch.contains(&Change::Certificate) || batch.contains(&Change::Topology) {
        changes::judge_certificates(ctx).await;
    }
    changes::handle(ctx, batch).await;
}

/// This event and all that wait already: texts of one batch share one fsync.
fn gather(first: Event, events: &mut Receiver<Event>) -> Vec<Event> {
    let mut batch = vec![first];
    while batch.len() < EVENTS_PER_BATCH_MAX {
        match events.try_recv() {
            Ok(event) => batch.push(event),
            // Seen again, and handled, by the next `recv`.
            Err(TryRecvError::Lagged(_) | TryRecvError::Empty | TryRecvError::Closed) => break,
        }
    }
    batch
}

async fn handle_events(ctx: &Ctx, batch: Vec<Event>) {
    let (durable, soft): (Vec<Event>, Vec<Event>) = batch.into_iter().partition(texts::is_durable);
    let now_ms = ctx.now_ms();
    let kept = match durable.is_empty() {
        true => Vec::new(),
        false => texts::keep(&ctx.store, now_ms, durable).await,
    };
    let typing = typing_of(ctx, &soft).await;
    ctx.live.with(&ctx.agent, |bridge| {
        for event in &soft {
            bridge.handle_agent(event);
        }
        for (account, from, conversation, active) in &typing {
            bridge.set_typing(now_ms, *account, from, *conversation, *active);
        }
        for one in kept {
            match one {
                Kept::Stored { ack, account, conversation, from } => {
                    bridge.command(agent::Command::Stored { ack });
                    bridge.note_stored(now_ms, account, conversation, &from);
                }
                Kept::NotStored { ack } => bridge.command(agent::Command::NotStored { ack }),
                Kept::Settled { message } => bridge.note_settled(message),
            }
        }
    });
}

type Typing = (Uuid, String, Uuid, bool);

/// Typing hints with the conversation they belong to. Without one nothing is shown: the first text
/// opens it.
async fn typing_of(ctx: &Ctx, events: &[Event]) -> Vec<Typing> {
    let mut hints: Vec<(Uuid, String, bool)> = Vec::new();
    for event in events {
        if let Event::Typing { address, from, active } = event
            && let Some(account) = ctx.live.look(|bridge| bridge.account(address))
        {
            hints.push((account, super::facts::fold(from), *active));
        }
    }
    if hints.is_empty() {
        return Vec::new();
    }
    let accounts: BTreeSet<Uuid> = hints.iter().map(|(account, _, _)| *account).collect();
    let found = changes::conversations(ctx, accounts).await;
    hints
        .into_iter()
        .filter_map(|(account, from, active)| {
            let id = found.get(&account).and_then(|all: &BTreeMap<String, Uuid>| all.get(&from))?;
            Some((account, from, *id, active))
        })
        .collect()
}
