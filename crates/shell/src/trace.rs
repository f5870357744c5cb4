//! The door to the trace of the node's SIP stacks: what cmdlets may ask of it. The node wires it;
//! what a record says is `im::trace`'s.

use std::future::Future;
use std::pin::Pin;

use im::trace::{Bodies, Component, Direction, Ends, Level, Pick};
use store::directory::DirectoryRead;
use tokio::sync::mpsc;

use crate::limits::{CLS_ROLLOVER_MB, CLS_ROLLOVER_MB_MAX};

/// Where `Set-CsClsConfiguration` keeps its settings in the registry.
pub(crate) const CONFIGURATION: &str = r"SOFTWARE\Tandem\CentralizedLogging";
/// Name of the one there is.
pub(crate) const ROLLOVER_MB: &str = "EtlFileRolloverSizeMB";

/// Megabytes of a component's file before it is put aside. What stands in the registry may have
/// been typed by hand: it is held to the bounds.
///
/// # Errors
/// The store's.
pub fn rollover_mb(rows: &impl DirectoryRead) -> store::Result<u32> {
    let kept = rows.registry_value(CONFIGURATION, ROLLOVER_MB)?;
    let kept = kept.and_then(|it| it.value.parse().ok()).unwrap_or(CLS_ROLLOVER_MB);
    Ok(kept.clamp(1, CLS_ROLLOVER_MB_MAX))
}

/// What is looked for in the log.
#[derive(Clone, Debug)]
pub struct Search {
    /// Whose records.
    pub components: Vec<Component>,
    /// From when, milliseconds UTC.
    pub from_ms: i64,
    /// Until when.
    pub to_ms: i64,
    /// How grave.
    pub level: Level,
}

/// What a terminal wants to see.
#[derive(Clone, Debug)]
pub struct Watch {
    /// Which messages.
    pub pick: Pick,
    /// What was recorded since then first; nothing if none.
    pub since_ms: Option<i64>,
    /// What comes from now on, until nobody listens.
    pub follows: bool,
    /// Whether what people write is shown.
    pub bodies: Bodies,
}

/// What a terminal sees.
#[derive(Debug)]
pub enum Sight {
    /// A record.
    Record(Box<Seen>),
    /// So many went by while the terminal was slow.
    Missed(u64),
}

/// One record, without secrets.
#[derive(Clone, Debug)]
pub struct Seen {
    /// When, milliseconds UTC.
    pub at_ms: i64,
    /// FQDN of the computer.
    pub computer: String,
    /// Whose.
    pub component: Component,
    /// As it is printed.
    pub text: String,
    /// The message it is of, if it is one.
    pub message: Option<SeenMessage>,
}

/// A message, without secrets.
#[derive(Clone, Debug)]
pub struct SeenMessage {
    /// Which way.
    pub direction: Direction,
    /// Between whom.
    pub ends: Ends,
    /// As on the wire, with stars in place of what is hidden.
    pub bytes: Vec<u8>,
}

/// Work of the door.
pub type Doing<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// See the head of the file.
pub trait Trace: Send + Sync {
    /// The computers whose stacks are in this node, and which component each is.
    fn places(&self) -> Vec<(String, Component)>;

    /// Reads from the store what is to be recorded; in effect when it returns.
    fn apply(&self) -> Doing<'_, Result<(), store::Error>>;

    /// Waits until all that was recorded is in the log.
    fn sync(&self) -> Doing<'_, ()>;

    /// The printed records of the log that fit, by time; the last thing may be why there are no
    /// more.
    fn search(&self, search: Search) -> mpsc::Receiver<Result<String, String>>;

    /// Records as they are made.
    fn watch(&self, watch: Watch) -> mpsc::Receiver<Sight>;
}
