//! When the two-person check runs, and who hears of it: an event when it begins to fail, fails
//! elsewhere or recovers, and metrics at any time.

use std::sync::Arc;
use std::time::Duration;

use metrics::{counter, gauge};
use shell::monitoring;
use shell::synthetic::{Hop, RunCheck};
use store::Change;
use store::directory::{DirectoryWrite as _, EventLevel, EventLogEntry};
use tokio::task::JoinSet;

use super::{Parts, feeds, until_stopped};
use crate::check::{Check, HOPS};

/// The source of its events; ours.
const SOURCE: &str = "Tandem Monitoring";
/// It works: at the first run, and again after a failure.
const WORKS: u32 = 5001;
/// It fails, at this hop.
const FAILS: u32 = 5002;

/// Starts what runs the check while it is switched on; the door for `Test-…`.
pub(super) fn start(parts: &Parts, tasks: &mut JoinSet<()>) -> RunCheck {
    let (store, config) = (parts.store.clone(), parts.config.clone());
    let check = Arc::new(Check::new(store, parts.clock.clone(), parts.identities.clone(), config));
    until_stopped(tasks, parts, follow(parts.clone(), check.clone()));
    Arc::new(move || {
        let check = check.clone();
        // On its own: it ends its page sessions even if nobody waits for the result any more.
        let run = tokio::spawn(async move { check.run().await });
        Box::pin(async { run.await.unwrap_or_else(|error| Err(error.to_string())) })
    })
}

async fn follow(parts: Parts, check: Arc<Check>) {
    let mut feed = parts.store.changes();
    let mut last = None;
    loop {
        let settings = match parts.store.read(monitoring::check).await {
            Ok(settings) => settings,
            Err(error) => {
                tracing::error!(%error, "cannot read the settings of the check");
                monitoring::Check::default()
            }
        };
        if settings.enabled {
            let begun = parts.clock.elapsed();
            let result = check.run().await;
            last = Some(record(&parts, begun, result, last).await);
        } else {
            last = None;
            show(&[]);
        }
        let pause = u64::try_from(settings.interval_ms).unwrap_or(u64::MAX);
        let pause = tokio::time::sleep(Duration::from_millis(pause));
        tokio::pin!(pause);
        loop {
            tokio::select! {
                () = &mut pause, if settings.enabled => break,
                lives = feeds::next_change(&mut feed, |it| *it == Change::Registry) => {
                    if !lives {
                        return;
                    }
                    let now = parts.store.read(monitoring::check).await;
                    if now.is_ok_and(|now| now != settings) {
                        break;
                    }
                }
            }
        }
    }
}

/// What failed: the name of the hop, empty if the check could not be run; none if all is well.
type Failing = Option<&'static str>;

async fn record(
    parts: &Parts,
    begun: Duration,
    result: Result<Vec<Hop>, String>,
    last: Option<Failing>,
) -> Failing {
    let (failing, seen) = match &result {
        Ok(hops) => {
            show(hops);
            let failed = hops.iter().find_map(|hop| match &hop.result {
                Some(Err(seen)) => Some((hop.name, seen.clone())),
                _ => None,
            });
            failed.map_or((None, String::new()), |(name, seen)| (Some(name), seen))
        }
        Err(why) => {
            show(&[]);
            (Some(""), why.clone())
        }
    };
    let outcome = if failing.is_none() { "ok" } else { "failed" };
    counter!("tandem_im_checks_total", "outcome" => outcome).increment(1);
    gauge!("tandem_im_check_seconds").set(parts.clock.elapsed().saturating_sub(begun));
    if last != Some(failing) {
        log(parts, failing, &seen).await;
    }
    failing
}

/// 1, 0, or nothing known of a hop that was not reached.
fn show(hops: &[Hop]) {
    for name in HOPS {
        let hop = hops.iter().find(|hop| hop.name == name).and_then(|hop| hop.result.as_ref());
        let value = hop.map_or(f64::NAN, |result| f64::from(u8::from(result.is_ok())));
        gauge!("tandem_im_check_ok", "hop" => name).set(value);
    }
}

async fn log(parts: &Parts, failing: Failing, seen: &str) {
    let (event_id, level, message) = match failing {
        None => (
            WORKS,
            EventLevel::Information,
            "Two people signed in to the web app, saw each other and chatted: instant messaging \
             works."
                .to_owned(),
        ),
        Some("") => (
            FAILS,
            EventLevel::Error,
            format!(
                "The check of instant messaging in the web app could not be run.\nSeen: {seen}"
            ),
        ),
        Some(hop) => (
            FAILS,
            EventLevel::Error,
            format!(
                "Instant messaging in the web app does not work for the two people of the check.\n\
                 Failing hop: {hop}\nSeen: {seen}"
            ),
        ),
    };
    let now_ms = parts.clock.now().wall_ms;
    let entry = EventLogEntry {
        id: 0,
        log: "Application".to_owned(),
        source: SOURCE.to_owned(),
        event_id,
        level,
        time_ms: now_ms,
        computer: parts.config.client_access.computer.clone(),
        message,
    };
    if let Err(error) = parts.store.write(now_ms, move |tx| tx.append_event(&entry)).await {
        tracing::error!(%error, "cannot write the event log");
    }
}
