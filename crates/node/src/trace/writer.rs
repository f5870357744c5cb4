//! Writes what is recorded for scenarios into the log: one task that reads the ring like everybody
//! else, so that no stack ever waits for a disk.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use im::trace::{Bodies, Component, Flag, Record, Severity, TracedMessage};

use super::Hub;
use super::ring::{Batch, Entry, What};

impl Hub {
    /// Runs until [`Hub::close`], and then until all is written.
    pub async fn write(self: Arc<Hub>) {
        let (mut news, mut closing) = (self.news.subscribe(), self.is_closing.subscribe());
        let mut next = 0;
        loop {
            let batch = self.read(next);
            next = batch.next;
            if batch.entries.is_empty() {
                self.written.send_replace(next);
                if *closing.borrow_and_update() {
                    return;
                }
                tokio::select! {
                    _ = news.changed() => {}
                    _ = closing.changed() => {}
                }
                continue;
            }
            let hub = self.clone();
            let written = tokio::task::spawn_blocking(move || hub.write_batch(&batch)).await;
            if let Err(error) = written {
                tracing::error!(%error, "cannot write the trace");
            }
            self.written.send_replace(next);
        }
    }

    /// A disk that is full loses traces, never traffic.
    fn write_batch(&self, batch: &Batch) {
        for component in Component::ALL {
            let logged = batch.entries.iter().filter(|it| it.is_logged);
            let mine = logged.filter(|it| it.component == component);
            let mut text: String = mine.map(|entry| self.print(entry, Bodies::Hidden)).collect();
            if let (true, Some(first)) = (batch.lost > 0, batch.entries.first()) {
                text.insert_str(0, &lost(batch.lost).print(first.at_ms, component));
            }
            if text.is_empty() {
                continue;
            }
            if let Err(error) = self.log.append(component, &text) {
                let path = self.log.path(component);
                tracing::warn!(path = %path.display(), %error, "cannot write the trace");
            }
        }
    }

    /// A record as text, without secrets.
    pub(super) fn print(&self, entry: &Entry, bodies: Bodies) -> String {
        self.printed.fetch_add(1, Ordering::Relaxed);
        match &entry.what {
            What::Message { direction, ends, bytes } => {
                let message = TracedMessage { direction: *direction, ends, bytes };
                message.print(entry.at_ms, entry.component, bodies)
            }
            What::Record(record) => record.print(entry.at_ms, entry.component),
        }
    }
}

/// Says that the ring went round before its reader had read.
fn lost(count: u64) -> Record {
    let text = format!("{count} records came faster than they could be written, and are lost");
    let mut record = Record::diagnostic(Severity::Warning, text, "none");
    record.flag = Flag::Component;
    record
}
