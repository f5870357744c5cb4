//! Does what the bridge decided and cannot do itself: event log, IM log, reading for a sign-in.

use store::directory::{DirectoryRead, DirectoryWrite, EventLevel, EventLogEntry};

use super::load;
use super::report::{Job, READY, Row};
use super::{changes, facts, log, texts};
use crate::ctx::Ctx;
use crate::limits::LOG_ROWS_MAX;

/// Source of all our events.
const SOURCE: &str = "MSExchange OWA";

/// Does all jobs that wait.
pub(crate) async fn perform(ctx: &Ctx) {
    let jobs = ctx.live.with_jobs();
    let (mut events, mut rows, mut ready) = (Vec::new(), Vec::new(), false);
    for job in jobs {
        match job {
            Job::Event { id, level, message } => events.push(event(ctx, id, level, message)),
            Job::Ready { .. } => {
                ready = true;
                events.push(event(ctx, READY, EventLevel::Information, ready_message(ctx)));
            }
            Job::Row(row) => rows.push(row),
            Job::Overdue { messages } => overdue(ctx, messages).await,
            Job::Judge => changes::judge_certificates(ctx).await,
            Job::PageSignIn { account } => look(ctx, account, Why::SignIn).await,
            Job::LookAgain { account } => look(ctx, account, Why::Retry).await,
        }
    }
    write_log(ctx, ready, &rows);
    write_events(ctx, events).await;
}

fn event(ctx: &Ctx, id: u32, level: EventLevel, message: String) -> EventLogEntry {
    EventLogEntry {
        id: 0,
        log: "Application".into(),
        source: SOURCE.into(),
        event_id: id,
        level,
        time_ms: ctx.now_ms(),
        computer: ctx.config.computer.clone(),
        message,
    }
}

fn ready_message(ctx: &Ctx) -> String {
    let pool = ctx.live.look(|bridge| bridge.pool());
    format!(
        "The Instant Messaging Endpoint Manager was initialized successfully.\r\n\r\nInstant \
         messaging server: {}\r\nLog files: {}",
        pool.unwrap_or_default(),
        crate::c_drive::IM_LOG_FOLDER
    )
}

async fn write_events(ctx: &Ctx, events: Vec<EventLogEntry>) {
    if events.is_empty() {
        return;
    }
    let written = ctx
        .store
        .write(ctx.now_ms(), move |tx| {
            events.iter().try_for_each(|entry| tx.append_event(entry).map(|_| ()))
        })
        .await;
    if let Err(error) = written {
        tracing::error!(%error, "events could not be written");
    }
}

/// The folder is made by the first success alone: its absence means that integration failed.
fn write_log(ctx: &Ctx, ready: bool, rows: &[Row]) {
    let rows = rows.get(..rows.len().min(LOG_ROWS_MAX)).unwrap_or_default();
    let files = &ctx.config.files;
    if !ready && (rows.is_empty() || !log::exists(files)) {
        return;
    }
    if let Err(error) = log::append(files, ctx.now_ms(), rows) {
        tracing::error!(%error, "the instant messaging log could not be written");
    }
}

async fn overdue(ctx: &Ctx, messages: Vec<uuid::Uuid>) {
    let reason = "The messaging server gave no answer.";
    let failed = texts::fail(&ctx.store, ctx.now_ms(), Some(messages), reason).await;
    if let Err(error) = failed {
        tracing::error!(%error, "unanswered instant messages could not be marked");
    }
}

/// Why somebody is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Why {
    SignIn,
    Retry,
}

/// Reads the person's facts, and whether the file was edited since it was loaded (link 7).
async fn look(ctx: &Ctx, account: uuid::Uuid, why: Why) {
    let (config, now_ms, loaded) = (ctx.config.clone(), ctx.now_ms(), ctx.live.loaded());
    let read = ctx
        .store
        .read(move |reader| {
            let judged = match &loaded {
                None => None,
                Some(loaded) => {
                    let fresh = load::load(reader, &config)?;
                    Some(load::judge(reader, &config, loaded, Some(&fresh), now_ms)?)
                }
            };
            let enabled = reader.account(account)?.is_some_and(|account| account.enabled);
            let facts = match enabled {
                true => facts::load(reader, account, config.front_end.as_deref())?,
                false => None,
            };
            Ok((judged, facts))
        })
        .await;
    match read {
        Ok((judged, facts)) => ctx.live.with(&ctx.agent, |bridge| {
            if let Some(judged) = judged {
                bridge.rejudge(judged);
            }
            match (facts, why) {
                (Some(facts), Why::SignIn) => bridge.page_sign_in(now_ms, account, facts),
                (facts, Why::Retry) => bridge.set_facts(account, facts),
                (None, Why::SignIn) => {}
            }
        }),
        Err(error) => tracing::error!(%error, "a sign-in could not be read"),
    }
}
