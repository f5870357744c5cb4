//! `GET /metrics`: what this node measures, as Prometheus reads it.
//!
//! Owns the listener of its own (`[metrics] listen`, loopback by default: there is no sign-in, and
//! numbers tell about people) and what is looked at only when somebody asks. The public HTTPS
//! address does not have it. The metrics are `metrics.rs`.

use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::http::header;
use axum::routing::get;
use metrics::gauge;
use metrics_exporter_prometheus::PrometheusHandle;
use store::Store;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::{Parts, bind, until_stopped};
use crate::clock::Clock;
use crate::drive::connection::Wire;
use crate::drive::inbox::Reports;
use crate::limits;
use crate::listen::http;
use crate::metrics::{count, recorder};

/// The version of the text format.
const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// The queues whose depth is shown, by name.
#[derive(Clone, Default)]
pub(super) struct Queues(Arc<Mutex<Vec<Queue>>>);

type Queue = (&'static str, [mpsc::WeakSender<Wire>; 2]);

impl Queues {
    /// Shows how much waits for the loop that these reports go to.
    pub(super) fn watch(&self, name: &'static str, reports: &Reports) {
        let mut queues = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        queues.push((name, reports.lanes()));
    }

    fn show(&self) {
        let queues = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for (name, lanes) in queues.iter() {
            let depth = lanes.iter().filter_map(mpsc::WeakSender::upgrade);
            let depth = depth.map(|it| it.max_capacity() - it.capacity()).sum();
            gauge!("tandem_queue_depth", "queue" => *name).set(count(depth));
        }
    }
}

/// Counts from the start on, whether or not somebody listens.
pub(super) fn prepare(store: &Store, clock: Clock) {
    if recorder().is_none() {
        return;
    }
    let started_ms = clock.now().wall_ms;
    store.measure_by(move || clock.elapsed());
    gauge!("tandem_build_info", "version" => env!("CARGO_PKG_VERSION")).set(1);
    let started_s = i32::try_from(started_ms / 1000).unwrap_or(i32::MAX);
    gauge!("tandem_start_time_seconds").set(started_s);
    gauge!("tandem_agent_link_up").set(0);
    for (name, limit) in [
        ("registrar", 2 * limits::LOOP_QUEUE),
        ("agent", 2 * limits::LOOP_QUEUE),
        ("store_writes", store::WRITES_WAITING),
    ] {
        gauge!("tandem_queue_limit", "queue" => name).set(count(limit));
    }
}

pub(super) async fn start(parts: &Parts, tasks: &mut JoinSet<()>) -> anyhow::Result<()> {
    let Some(recorder) = recorder() else { return Ok(()) };
    until_stopped(tasks, parts, async move {
        let mut ticks = tokio::time::interval(limits::METRICS_UPKEEP);
        loop {
            ticks.tick().await;
            recorder.run_upkeep();
        }
    });
    for address in &parts.config.metrics.listen {
        let listener = bind(*address, "metrics", &parts.config.place("metrics", "listen"))?;
        let (store, queues) = (parts.store.clone(), parts.queues.clone());
        let answer = move || {
            let text = render(recorder, &store, &queues);
            async move { ([(header::CONTENT_TYPE, CONTENT_TYPE)], text) }
        };
        let router = Router::new().route("/metrics", get(answer));
        until_stopped(tasks, parts, http::plain(listener, "metrics", router));
    }
    Ok(())
}

fn render(recorder: &PrometheusHandle, store: &Store, queues: &Queues) -> String {
    let waiting = store.waiting();
    gauge!("tandem_queue_depth", "queue" => "store_writes").set(count(waiting.writes));
    gauge!("tandem_queue_depth", "queue" => "store_reads").set(count(waiting.reads));
    queues.show();
    recorder.render()
}
