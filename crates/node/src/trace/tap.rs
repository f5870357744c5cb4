//! Where a stack's loop tells the hub what happens on its wires.

use std::sync::Arc;

use bytes::Bytes;
use im::trace::{Component, Direction, Ends, Flag, Record, Severity};

use super::ring::What;
use super::{Hub, Kept};

/// The end of the hub that one stack has. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Tap {
    hub: Option<Arc<Hub>>,
    pub(super) component: Component,
    pub(super) computer: Arc<str>,
}

impl Tap {
    /// For the stack that is this component of this computer.
    pub fn new(hub: &Arc<Hub>, component: Component, computer: &str) -> Tap {
        Tap { hub: Some(hub.clone()), component, computer: computer.into() }
    }

    /// For a stack that stands for a client: the server's end of its connections is traced.
    pub fn nowhere() -> Tap {
        Tap { hub: None, component: Component::S4, computer: "".into() }
    }

    /// Whose stack it is.
    pub fn component(&self) -> Component {
        self.component
    }

    /// Whether messages are recorded.
    pub fn hears_messages(&self) -> bool {
        self.hears(Flag::Protocol, Severity::Information)
    }

    fn hears(&self, flag: Flag, severity: Severity) -> bool {
        self.hub.as_ref().is_some_and(|hub| hub.hears(self.component, flag, severity))
    }

    fn tell(&self, at_ms: i64, kept: Kept, what: What) {
        if let Some(hub) = &self.hub {
            hub.record(self, at_ms, kept, what);
        }
    }

    /// Records a message. Ask [`Tap::hears_messages`] first.
    pub fn message(&self, at_ms: i64, direction: Direction, ends: &Arc<Ends>, bytes: Bytes) {
        // Keep-alives are no messages.
        if bytes.iter().all(|byte| matches!(byte, b'\r' | b'\n')) {
            return;
        }
        let what = What::Message { direction, ends: ends.clone(), bytes };
        let kept = Kept::AsWanted(Flag::Protocol, Severity::Information);
        self.tell(at_ms, kept, what);
    }

    /// Records something else, if it is wanted; it is made only then.
    pub fn record(
        &self,
        at_ms: i64,
        (flag, severity): (Flag, Severity),
        make: impl FnOnce() -> Record,
    ) {
        if self.hears(flag, severity) {
            let what = What::Record(make());
            self.tell(at_ms, Kept::AsWanted(flag, severity), what);
        }
    }

    /// Records something that is recorded whether somebody wants it or not.
    pub fn always(&self, at_ms: i64, record: Record) {
        tracing::info!(text = record.text, peer = record.peer, data = ?record.data, "trace");
        self.tell(at_ms, Kept::Always, What::Record(record));
    }
}
