//! Load that the shared generator lacks: `lists`, `reconnect`, `absent`. One JSON object on
//! stdout, of the same shape; a wrong, lost or doubled answer is an error, and fails the run.
//! `cargo run --release -p sim --example bench_load -- SCENARIO [--key value]...`
//!
//! - `lists`: every user connects over TLS, registers, subscribes to one list of `--contacts`
//!   people (RFC 5367), gets the first NOTIFY about all of them, and publishes. One operation is
//!   one such login.
//! - `reconnect`: the same; then every connection is dropped at once and all come back. One
//!   operation is one return, and how long until everybody is back is told.
//! - `absent`: users in pairs. The first of each sends `--texts` to the second, who is away and
//!   gets them at the next sign-in. One operation is one text, kept and handed over.
#![expect(
    clippy::print_stdout,
    clippy::expect_used,
    clippy::disallowed_methods,
    reason = "never shipped: it reports what it has measured by the clock"
)]

mod device;
mod meter;

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use device::{Device, Login, Place};
use meter::{Server, percentile};
use tokio::sync::Semaphore;

/// The command line, with what is meant if it says nothing.
struct Options {
    place: Place,
    users: usize,
    contacts: usize,
    texts: usize,
    window: usize,
    server: Option<u32>,
}

impl Options {
    fn read(arguments: impl Iterator<Item = String>) -> anyhow::Result<Options> {
        let arguments: Vec<String> = arguments.collect();
        let mut given = HashMap::new();
        for pair in arguments.chunks(2) {
            let [key, value] = pair else { anyhow::bail!("{pair:?}: an option has a value") };
            let Some(key) = key.strip_prefix("--") else { anyhow::bail!("what is {key}?") };
            given.insert(key.to_owned(), value.clone());
        }
        let mut number = |key: &str, otherwise: usize| -> anyhow::Result<usize> {
            Ok(given.remove(key).map(|it| it.parse()).transpose()?.unwrap_or(otherwise))
        };
        let (users, contacts, texts) =
            (number("users", 1000)?, number("contacts", 80)?, number("texts", 10)?);
        let (window, pid) = (number("window", 8)?, number("server-pid", 0)?);
        let server: SocketAddr =
            given.remove("server").unwrap_or_else(|| "127.0.0.1:5061".to_owned()).parse()?;
        let mut text =
            |key: &str, otherwise: &str| given.remove(key).unwrap_or_else(|| otherwise.to_owned());
        let domain = text("domain", "litwareinc.com");
        let name = text("sni", "atl-cs-001.litwareinc.com");
        let root = text("tls-ca", "root.pem");
        given.remove("label");
        if let Some(key) = given.keys().next() {
            anyhow::bail!("no option --{key}");
        }
        Ok(Options {
            place: Place::new(server, domain, &root, &name)?,
            users,
            contacts: contacts.min(users.saturating_sub(1)),
            texts,
            window,
            server: u32::try_from(pid).ok().filter(|pid| *pid > 0),
        })
    }
}

/// What a scenario found.
#[derive(Default)]
struct Found {
    ops: usize,
    times: Vec<Duration>,
    wall: Duration,
    cpu: serde_json::Value,
    errors: Vec<String>,
}

impl Found {
    fn count<T>(&mut self, outcome: anyhow::Result<T>) -> Option<T> {
        outcome.map_err(|error| self.errors.push(format!("{error:#}"))).ok()
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let scenario = arguments.next().unwrap_or_default();
    let options = Arc::new(Options::read(arguments)?);
    let found = match scenario.as_str() {
        "lists" => lists(&options).await,
        "reconnect" => reconnect(&options).await,
        "absent" => absent(&options).await,
        _ => anyhow::bail!("bench_load lists|reconnect|absent [--key value]..."),
    };
    let seconds = found.wall.as_secs_f64();
    let report = serde_json::json!({
        "scenario": scenario,
        "ok": found.errors.is_empty() && found.ops > 0,
        "ops": found.ops,
        "wall_s": seconds,
        "ops_per_s": if seconds > 0.0 { found.ops as f64 / seconds } else { 0.0 },
        "latency_us": { "p50": percentile(&found.times, 50), "p99": percentile(&found.times, 99) },
        "cpu": found.cpu,
        "errors": found.errors.len(),
        "error_samples": found.errors.iter().take(5).collect::<Vec<_>>(),
    });
    println!("{report:#}");
    if found.errors.is_empty() { Ok(()) } else { anyhow::bail!("{} errors", found.errors.len()) }
}

/// Signs everybody in, `window` at a time; how long each took, from its own beginning.
async fn everybody(options: &Arc<Options>, found: &mut Found) -> Vec<Device> {
    let places = Arc::new(Semaphore::new(options.window));
    let tasks: Vec<_> = (0..options.users)
        .map(|number| {
            let (options, places) = (options.clone(), places.clone());
            tokio::spawn(async move {
                let _place = places.acquire_owned().await;
                let began = Instant::now();
                let login = Login { number, users: options.users, contacts: options.contacts };
                let device = Device::log_in(&options.place, login).await;
                device.map(|device| (device.stay(), began.elapsed()))
            })
        })
        .collect();
    let mut devices = Vec::with_capacity(tasks.len());
    for task in tasks {
        if let Some((device, took)) = found.count(task.await.expect("it does not panic")) {
            found.times.push(took);
            devices.push(device);
        }
    }
    devices
}

async fn lists(options: &Arc<Options>) -> Found {
    let mut found = Found::default();
    measure(options, &mut found).await;
    found
}

async fn reconnect(options: &Arc<Options>) -> Found {
    let mut found = Found::default();
    for device in everybody(options, &mut found).await {
        device.vanish();
    }
    found.times.clear();
    measure(options, &mut found).await;
    found
}

/// Signs everybody in, and out again when what it cost is known.
async fn measure(options: &Arc<Options>, found: &mut Found) {
    let (server, began) = (Server::begin(options.server), Instant::now());
    let devices = everybody(options, found).await;
    (found.ops, found.wall) = (devices.len(), began.elapsed());
    found.cpu = server.spent(found.ops);
    for device in devices {
        found.count(device.leave().await);
    }
}

async fn absent(options: &Arc<Options>) -> Found {
    let mut found = Found::default();
    let places = Arc::new(Semaphore::new(options.window));
    let (server, began) = (Server::begin(options.server), Instant::now());
    let tasks: Vec<_> = (0..options.users / 2)
        .map(|pair| {
            let (options, places) = (options.clone(), places.clone());
            tokio::spawn(async move {
                let _place = places.acquire_owned().await;
                device::keep_and_hand_over(&options.place, pair, options.texts).await
            })
        })
        .collect();
    for task in tasks {
        if let Some(times) = found.count(task.await.expect("it does not panic")) {
            found.ops += times.len();
            found.times.extend(times);
        }
    }
    found.wall = began.elapsed();
    found.cpu = server.spent(found.ops);
    found
}
