//! The loops: the only place with concurrency for SIP. Each loop owns one stack and one rule
//! book (the registrar or the agent), takes one input at a time and drains everything that comes
//! of it before the next. A loop never waits for the store: a commit becomes a task, and its
//! result comes back as input.

pub mod agent;
mod commits;
pub mod connection;
pub mod dial;
mod frames;
pub mod inbox;
mod link;
pub mod load;
pub mod probe;
pub mod queue;
pub mod registrar;
mod tls_fault;
pub mod traced;
pub mod turns;
pub mod wires;

use sip::Tick;

use crate::clock::Clock;

/// Sleeps until the earlier of two ticks, or for ever.
pub(crate) async fn sleep_until(clock: &Clock, first: Option<Tick>, second: Option<Tick>) {
    let earlier = match (first, second) {
        (Some(first), Some(second)) => Some(first.min(second)),
        (first, second) => first.or(second),
    };
    match earlier {
        Some(tick) => tokio::time::sleep_until(clock.instant(tick)).await,
        None => std::future::pending().await,
    }
}
