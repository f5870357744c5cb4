//! What this node measures: every metric with its help, and the handles of those that count often.
//!
//! Owns names, units and help texts ([`METRICS`] is also the table of docs/admin/monitoring.md) and
//! the recorder of the process. Labels come from lists that are fixed here or in the crate that
//! counts; nothing a peer sends becomes a label. Read next: `serve/monitor.rs` (the endpoint).

use std::collections::HashMap;
use std::sync::OnceLock;

use mail::smtp::Reply;
use metrics::{Counter, Gauge, counter, gauge};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use sip::{Event, Load, Method, Outgoing};

/// How a metric moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Up only.
    Counter,
    /// Up and down.
    Gauge,
    /// Into buckets.
    Histogram,
}

use Kind::{Counter as C, Gauge as G, Histogram as H};

/// Every metric: its name, how it moves, its labels, its help.
pub const METRICS: &[(&str, Kind, &str, &str)] = &[
    ("tandem_build_info", G, "version", "Always 1; the label says which version runs."),
    ("tandem_start_time_seconds", G, "", "When the node started, seconds since 1970."),
    ("tandem_connections", G, "door", "Connections that are open, by the door they came in by."),
    ("tandem_connections_accepted_total", C, "door", "Connections taken since the start."),
    (
        "tandem_connections_refused_total",
        C,
        "door, reason",
        "Connections refused: full (no place), handshake (TLS failed), certificate (rule 1), rate (UDP).",
    ),
    (
        "tandem_connections_cut_total",
        C,
        "half",
        "SIP connections cut because their other end did not read fast enough.",
    ),
    (
        "tandem_sip_requests_total",
        C,
        "half, method",
        "SIP requests received, repetitions not counted, by half: registrar, agent, synthetic.",
    ),
    ("tandem_sip_responses_total", C, "half, status", "SIP responses sent, by half."),
    (
        "tandem_sip_refusals_total",
        C,
        "reason",
        "Requests that the registrar refused, by reason. Challenges are not refusals.",
    ),
    (
        "tandem_sip_load",
        G,
        "half",
        "How much there is to do: 0 everything is taken, 1 strangers wait, 2 nothing new is taken.",
    ),
    (
        "tandem_sip_peers_refused_total",
        C,
        "code",
        "Peers refused for their certificate: tls (in the handshake) or the ms-diagnostics code.",
    ),
    ("tandem_sip_users", G, "", "People with at least one registered device."),
    ("tandem_sip_registrations", G, "", "Registered devices; a signed-in page is one."),
    ("tandem_sip_subscriptions", G, "", "Subscriptions to somebody's presence."),
    ("tandem_sip_publications", G, "", "Presence documents that devices have published."),
    (
        "tandem_im_texts_total",
        C,
        "outcome",
        "Instant messages: delivered, kept (for somebody absent), handed_over (kept before), refused.",
    ),
    (
        "tandem_agent_link_up",
        G,
        "",
        "1 while the web app's trusted connection to the pool stands, else 0.",
    ),
    (
        "tandem_mail_decisions_total",
        C,
        "what, reply",
        "Recipients and messages offered by SMTP: ok, or the enhanced status they were refused with.",
    ),
    (
        "tandem_web_sign_ins_total",
        C,
        "outcome",
        "Sign-ins with a password in the web app: ok, wrong, throttled, forbidden.",
    ),
    ("tandem_web_sockets", G, "", "Pages that are connected (JMAP over WebSocket)."),
    ("tandem_jmap_calls_total", C, "outcome", "JMAP method calls: ok or error."),
    (
        "tandem_queue_depth",
        G,
        "queue",
        "What waits: input of the registrar and of the agent, store_writes, store_reads, texts.",
    ),
    ("tandem_queue_limit", G, "queue", "How much may wait there; the senders wait beyond it."),
    (
        "tandem_im_check_ok",
        G,
        "hop",
        "Two-person check: 1 the hop works, 0 it fails, NaN it was not reached or nothing runs.",
    ),
    ("tandem_im_checks_total", C, "outcome", "Runs of the two-person check: ok or failed."),
    ("tandem_im_check_seconds", G, "", "How long the last run of the two-person check took."),
    ("tandem_store_commits_total", C, "outcome", "Commits: done or failed."),
    (
        "tandem_store_commit_seconds",
        H,
        "",
        "How long a commit took, from its first statement until it was on stable storage.",
    ),
    ("tandem_store_commit_writes", H, "", "How many writes shared one commit."),
];

/// Bounds of the buckets of times: an fsync takes 0.1 ms (NVMe) to 100 ms (a busy disk).
const SECONDS: &[f64] =
    &[0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0];
/// Bounds of the buckets of batches: up to the store's `COMMIT_BATCH`.
const WRITES: &[f64] = &[1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0];

/// The recorder of this process: made once, shared by every node in it.
pub fn recorder() -> Option<&'static PrometheusHandle> {
    static RECORDER: OnceLock<Option<PrometheusHandle>> = OnceLock::new();
    RECORDER.get_or_init(install).as_ref()
}

fn install() -> Option<PrometheusHandle> {
    let seconds = Matcher::Suffix("_seconds".to_owned());
    let writes = Matcher::Suffix("_writes".to_owned());
    let builder = PrometheusBuilder::new().set_buckets_for_metric(seconds, SECONDS);
    let builder = builder.and_then(|builder| builder.set_buckets_for_metric(writes, WRITES));
    let recorder = match builder {
        Ok(builder) => builder.build_recorder(),
        Err(error) => {
            tracing::error!(%error, "nothing is measured");
            return None;
        }
    };
    let handle = recorder.handle();
    if let Err(error) = metrics::set_global_recorder(recorder) {
        tracing::error!(%error, "nothing is measured");
        return None;
    }
    for (name, kind, _, help) in METRICS {
        match kind {
            Kind::Counter => metrics::describe_counter!(*name, *help),
            Kind::Gauge => metrics::describe_gauge!(*name, *help),
            Kind::Histogram => metrics::describe_histogram!(*name, *help),
        }
    }
    Some(handle)
}

/// What one listener counts.
#[derive(Clone)]
pub struct DoorMeters {
    door: &'static str,
    open: Gauge,
    accepted: Counter,
}

impl DoorMeters {
    /// The meters of the door of this name.
    pub fn new(door: &'static str) -> DoorMeters {
        DoorMeters {
            door,
            open: gauge!("tandem_connections", "door" => door),
            accepted: counter!("tandem_connections_accepted_total", "door" => door),
        }
    }

    /// A connection has a place.
    pub fn accepted(&self) {
        self.open.increment(1);
        self.accepted.increment(1);
    }

    /// A connection gives its place back.
    pub fn gone(&self) {
        self.open.decrement(1);
    }

    /// There was no place.
    pub fn full(&self) {
        refused(self.door, "full");
    }

    /// More came from one address than is taken.
    pub fn too_fast(&self) {
        refused(self.door, "rate");
    }
}

/// A connection was refused at a door.
pub fn refused(door: &'static str, reason: &'static str) {
    counter!("tandem_connections_refused_total", "door" => door, "reason" => reason).increment(1);
}

/// What SMTP was answered about a recipient or a message; `None` is yes.
pub fn mail(what: &'static str, refusal: Option<&Reply>) {
    let reply = refusal.map_or("ok", |reply| reply.enhanced);
    counter!("tandem_mail_decisions_total", "what" => what, "reply" => reply).increment(1);
}

/// The methods that are counted by name.
const METHODS: [Method; 10] = [
    Method::Register,
    Method::Options,
    Method::Message,
    Method::Subscribe,
    Method::Notify,
    Method::Publish,
    Method::Invite,
    Method::Bye,
    Method::Info,
    Method::Service,
];

/// What one SIP stack counts: handles kept, because each message passes here.
pub struct SipMeters {
    half: &'static str,
    requests: Vec<(Method, Counter)>,
    other: Counter,
    responses: HashMap<u16, Counter>,
    cut: Counter,
    load: Gauge,
    shed: Counter,
}

impl SipMeters {
    /// The meters of a half: `registrar` or `agent`.
    pub fn new(half: &'static str) -> SipMeters {
        let method =
            |name: String| counter!("tandem_sip_requests_total", "half" => half, "method" => name);
        SipMeters {
            half,
            requests: METHODS.map(|it| (it.clone(), method(it.as_str().to_owned()))).into(),
            other: method("other".to_owned()),
            responses: HashMap::new(),
            cut: counter!("tandem_connections_cut_total", "half" => half),
            load: gauge!("tandem_sip_load", "half" => half),
            shed: counter!("tandem_sip_refusals_total", "reason" => "overloaded"),
        }
    }

    /// Something came.
    pub fn event(&self, event: &Event) {
        let Event::Request { request, .. } = event else { return };
        let method = request.method();
        let found = self.requests.iter().find(|(known, _)| Some(known) == method.as_ref());
        found.map_or(&self.other, |(_, counter)| counter).increment(1);
    }

    /// Something goes.
    pub fn outgoing(&mut self, outgoing: &Outgoing) {
        let Outgoing::Response { response, .. } = outgoing else { return };
        let Some(status) = response.status() else { return };
        let half = self.half;
        let counter = self.responses.entry(status).or_insert_with(|| {
            // What a device refuses with is passed on: it may be any 6xx.
            let status = if status < 600 { status.to_string() } else { "6xx".to_owned() };
            counter!("tandem_sip_responses_total", "half" => half, "status" => status)
        });
        counter.increment(1);
    }

    /// How much there is to do.
    pub fn load(&self, load: Load) {
        self.load.set(match load {
            Load::Calm => 0.0,
            Load::Busy => 1.0,
            Load::Overloaded => 2.0,
        });
    }

    /// So many requests were answered that they should come again later.
    pub fn shed(&self, requests: u64) {
        if requests > 0 {
            self.shed.increment(requests);
        }
    }

    /// A connection was cut because its other end does not read.
    pub fn cut(&self) {
        self.cut.increment(1);
    }
}

/// How much soft state the registrar has.
pub struct RegistrarMeters {
    users: Gauge,
    registrations: Gauge,
    subscriptions: Gauge,
    publications: Gauge,
    texts: Gauge,
    shown: Option<im::Totals>,
}

impl RegistrarMeters {
    /// The meters.
    pub fn new() -> RegistrarMeters {
        RegistrarMeters {
            users: gauge!("tandem_sip_users"),
            registrations: gauge!("tandem_sip_registrations"),
            subscriptions: gauge!("tandem_sip_subscriptions"),
            publications: gauge!("tandem_sip_publications"),
            texts: gauge!("tandem_queue_depth", "queue" => "texts"),
            shown: None,
        }
    }

    /// Shows how it is now.
    pub fn show(&mut self, totals: im::Totals) {
        if self.shown == Some(totals) {
            return;
        }
        self.shown = Some(totals);
        self.users.set(count(totals.users));
        self.registrations.set(count(totals.registrations));
        self.subscriptions.set(count(totals.subscriptions));
        self.publications.set(count(totals.publications));
        self.texts.set(count(totals.deliveries));
    }
}

impl Default for RegistrarMeters {
    fn default() -> Self {
        RegistrarMeters::new()
    }
}

/// A number of things as a gauge takes it; nothing here has more than four thousand million.
pub fn count(number: usize) -> f64 {
    f64::from(u32::try_from(number).unwrap_or(u32::MAX))
}
