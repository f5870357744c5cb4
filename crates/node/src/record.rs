//! Where the node writes what happened on its wires: trace records into a file that reads like
//! the messaging server's own, event log lines into the store.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use im::EventLogLine;
use im::trace::Record;
use store::Store;
use store::directory::{DirectoryWrite, EventLogEntry};

/// Largest trace file before it is put aside: with the one before it, a week of refused
/// connections at one a second.
const TRACE_BYTES_MAX: u64 = 256 * 1024 * 1024;

/// Takes trace records and event log lines. Cheap to clone.
#[derive(Clone)]
pub struct Recorder {
    store: Store,
    file: Arc<Mutex<PathBuf>>,
    computer: String,
}

impl Recorder {
    /// `folder` gets `SIPStack.log`; `computer` is the one whose event log it is.
    pub fn new(store: Store, folder: &Path, computer: &str) -> Recorder {
        let file = Arc::new(Mutex::new(folder.join("SIPStack.log")));
        Recorder { store, file, computer: computer.to_owned() }
    }

    /// Appends a trace record. A disk that is full loses traces, never traffic.
    pub fn trace(&self, at_ms: i64, record: &Record) {
        tracing::info!(text = record.text, peer = record.peer, data = ?record.data, "trace");
        let printed = record.print(at_ms);
        let file = self.file.clone();
        tokio::task::spawn_blocking(move || {
            let path = file.lock().unwrap_or_else(PoisonError::into_inner);
            if let Err(error) = append(&path, &printed) {
                tracing::warn!(path = %path.display(), %error, "cannot write the trace");
            }
        });
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

fn append(path: &PathBuf, text: &str) -> std::io::Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    if std::fs::metadata(path).is_ok_and(|file| file.len() > TRACE_BYTES_MAX) {
        std::fs::rename(path, path.with_extension("1.log"))?;
    }
    let mut file = OpenOptions::new().create(true).append(true).mode(0o600).open(path)?;
    file.write_all(text.as_bytes())
}
