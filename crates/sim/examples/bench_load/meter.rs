//! What the server and the machine spent, from the kernel's own accounts.

use std::time::{Duration, Instant};

/// Ticks of the kernel's accounts in a second; Linux has no other value.
const TICKS_PER_S: f64 = 100.0;

/// A measurement that has begun.
pub(crate) struct Server {
    pid: Option<u32>,
    began: Instant,
    server_s: f64,
    own_s: f64,
    machine_s: f64,
    kib: u64,
}

impl Server {
    /// Begins; without a process only the machine is looked at.
    pub(crate) fn begin(pid: Option<u32>) -> Server {
        Server {
            pid,
            began: Instant::now(),
            server_s: pid.map_or(0.0, |pid| process_s(&pid.to_string())),
            own_s: process_s("self"),
            machine_s: machine_s(),
            kib: pid.map_or(0, memory_kib),
        }
    }

    /// What was spent since, for so many operations.
    pub(crate) fn spent(&self, ops: usize) -> serde_json::Value {
        let wall = self.began.elapsed().as_secs_f64().max(0.001);
        let server = self.pid.map_or(0.0, |pid| process_s(&pid.to_string())) - self.server_s;
        let own = process_s("self") - self.own_s;
        let other = (machine_s() - self.machine_s - server - own).max(0.0);
        serde_json::json!({
            "server_cpu_us_per_op": 1e6 * server / ops.max(1) as f64,
            "server_cpu_pct": 100.0 * server / wall,
            "generator_cpu_pct": 100.0 * own / wall,
            "other_cpu_pct": 100.0 * other / wall,
            "server_pss_kib_before": self.kib,
            "server_pss_kib_after": self.pid.map_or(0, memory_kib),
        })
    }
}

fn process_s(pid: &str) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    // The name may hold spaces; it ends with the last parenthesis.
    let rest = stat.rsplit(')').next().unwrap_or_default();
    let fields = rest.split_whitespace().skip(11).take(2);
    fields.filter_map(|field| field.parse::<f64>().ok()).sum::<f64>() / TICKS_PER_S
}

fn machine_s() -> f64 {
    let stat = std::fs::read_to_string("/proc/stat").unwrap_or_default();
    let fields = stat.lines().next().unwrap_or_default().split_whitespace().skip(1);
    let fields: Vec<f64> = fields.filter_map(|field| field.parse().ok()).collect();
    // user, nice, system, then idle and waiting for the disk, which are no work.
    let work = fields.iter().enumerate().filter(|(at, _)| !matches!(at, 3 | 4));
    work.map(|(_, ticks)| ticks).sum::<f64>() / TICKS_PER_S
}

fn memory_kib(pid: u32) -> u64 {
    let rollup = std::fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).unwrap_or_default();
    let line = rollup.lines().find(|line| line.starts_with("Pss:")).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|kib| kib.parse().ok()).unwrap_or_default()
}

/// That part of the times, in microseconds.
pub(crate) fn percentile(times: &[Duration], percent: usize) -> u128 {
    let mut times = times.to_vec();
    times.sort();
    let at = (times.len() * percent / 100).min(times.len().saturating_sub(1));
    times.get(at).map_or(0, Duration::as_micros)
}
