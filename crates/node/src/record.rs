//! Where the node writes lines of the event log: into the store.

use im::EventLogLine;
use store::Store;
use store::directory::{DirectoryWrite, EventLogEntry};

/// Takes event log lines. Cheap to clone.
#[derive(Clone)]
pub struct Recorder {
    store: Store,
    computer: String,
}

impl Recorder {
    /// `computer` is the one whose event log it is.
    pub fn new(store: Store, computer: &str) -> Recorder {
        Recorder { store, computer: computer.to_owned() }
    }

    /// Writes a line of the event log.
    pub fn log(&self, now_ms: i64, line: EventLogLine) {
        let store = self.store.clone();
        let entry = EventLogEntry {
            id: 0,
            log: "Lync Server".to_owned(),
            source: line.source.to_owned(),
            event_id: line.event_id,
            level: line.level,
            time_ms: now_ms,
            computer: self.computer.clone(),
            message: line.message,
        };
        tokio::spawn(async move {
            let written = store.write(now_ms, move |tx| tx.append_event(&entry)).await;
            if let Err(error) = written {
                tracing::error!(%error, "cannot write the event log");
            }
        });
    }
}
