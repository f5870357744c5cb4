//! The admin shell's door to the hub: searching the log, and looking on from a terminal.

use std::collections::HashMap;
use std::sync::Arc;

use bytes::Bytes;
use im::trace::{Bodies, Component, Direction, Ends, Interest, Level, Printed, in_effect, mask};
use shell::trace::{Doing, Search, Seen, SeenMessage, Sight, Trace, Watch};
use sip::Transport;
use store::Store;
use store::messaging::{MessagingRead as _, MessagingWrite as _};
use tokio::sync::{mpsc, watch};

use super::log::Span;
use super::ring::{Entry, What};
use super::{Hub, Terminal};
use crate::clock::Clock;
use crate::limits;

/// See the head of the file.
pub struct Door {
    hub: Arc<Hub>,
    store: Store,
    clock: Clock,
    places: Vec<(String, Component)>,
    /// When the first scenario ends.
    ends_ms: watch::Sender<Option<i64>>,
}

impl Door {
    /// For the stacks of these computers.
    pub fn new(
        hub: Arc<Hub>,
        store: Store,
        clock: Clock,
        places: Vec<(String, Component)>,
    ) -> Door {
        Door { hub, store, clock, places, ends_ms: watch::Sender::new(None) }
    }

    /// At the start of the node: AlwaysOn goes on, the others have ended with the node before.
    ///
    /// # Errors
    /// The store's.
    pub async fn resume(&self) -> store::Result<()> {
        self.store
            .write(self.clock.now().wall_ms, |rows| {
                for run in rows.running_traces()?.iter().filter(|run| run.until_ms.is_some()) {
                    rows.delete_running_trace(&run.computer, &run.scenario)?;
                }
                Ok(())
            })
            .await?;
        self.apply_rows().await
    }

    /// Ends scenarios when their time has come. Runs until the task is dropped.
    pub async fn end_scenarios(self: Arc<Door>) {
        let mut ends = self.ends_ms.subscribe();
        loop {
            let next = *ends.borrow_and_update();
            let due = async {
                match next {
                    Some(at_ms) => self.clock.until(at_ms).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                _ = ends.changed() => continue,
                () = due => {}
            }
            if let Err(error) = self.apply().await {
                tracing::error!(%error, "cannot read what is to be traced");
            }
        }
    }

    async fn apply_rows(&self) -> store::Result<()> {
        let read = |rows: &store::Reader| {
            let rollover = shell::trace::rollover_mb(rows)?;
            Ok((rows.trace_scenarios()?, rows.running_traces()?, rollover))
        };
        let (scenarios, running, rollover_mb) = self.store.read(read).await?;
        let now_ms = self.clock.now().wall_ms;
        let (interest, ends_ms): (Interest, _) =
            in_effect(&scenarios, &running, &self.places, now_ms);
        self.hub.set_file_bytes(u64::from(rollover_mb) << 20);
        self.hub.record_for_scenarios(interest);
        self.ends_ms.send_replace(ends_ms);
        Ok(())
    }

    fn computer(&self, component: Component) -> String {
        let found = self.places.iter().find(|(_, own)| *own == component);
        found.map(|(name, _)| name.clone()).unwrap_or_default()
    }
}

impl Trace for Door {
    fn places(&self) -> Vec<(String, Component)> {
        self.places.clone()
    }

    fn apply(&self) -> Doing<'_, store::Result<()>> {
        Box::pin(self.apply_rows())
    }

    fn sync(&self) -> Doing<'_, ()> {
        Box::pin(self.hub.sync())
    }

    fn search(&self, search: Search) -> mpsc::Receiver<Result<String, String>> {
        let Search { components, from_ms, to_ms, level } = search;
        let span = Span { components, from_ms, to_ms, level };
        let (found, receiver) = mpsc::channel(limits::TRACE_FOUND_QUEUE);
        let hub = self.hub.clone();
        tokio::spawn(async move {
            hub.sync().await;
            let searching = move || {
                let take = |_, text| found.blocking_send(Ok(text)).is_ok();
                if let Err(error) = hub.log.search(&span, take) {
                    let _ = found.blocking_send(Err(error.to_string()));
                }
            };
            let _ = tokio::task::spawn_blocking(searching).await;
        });
        receiver
    }

    fn watch(&self, watch: Watch) -> mpsc::Receiver<Sight> {
        let (sights, receiver) = mpsc::channel(limits::TRACE_FOUND_QUEUE);
        let computers: HashMap<_, _> =
            Component::ALL.into_iter().map(|it| (it, self.computer(it))).collect();
        // From here on everything is recorded: what the caller does next is seen.
        let terminal = watch.follows.then(|| Terminal::open(&self.hub));
        let looking =
            Looking { hub: self.hub.clone(), watch, sights, computers, _terminal: terminal };
        let start = looking.hub.held().ring.next();
        tokio::spawn(looking.run(start));
        receiver
    }
}

/// Somebody who looks on.
struct Looking {
    hub: Arc<Hub>,
    watch: Watch,
    sights: mpsc::Sender<Sight>,
    computers: HashMap<Component, String>,
    _terminal: Option<Terminal>,
}

/// The receiver is gone.
struct Gone;

impl Looking {
    async fn run(self, start: u64) {
        // When nobody listens any more, that is the end.
        let _ = self.look(start).await;
    }

    async fn look(&self, start: u64) -> Result<(), Gone> {
        let mut news = self.hub.news.subscribe();
        let mut next = start;
        if let Some(since_ms) = self.watch.since_ms {
            next = self.hub.held().ring.first();
            self.tell_of_the_log(since_ms).await?;
        }
        loop {
            let batch = self.hub.read(next);
            if batch.lost > 0 && next >= start {
                self.tell(Sight::Missed(batch.lost)).await?;
            }
            next = batch.next;
            if batch.entries.is_empty() {
                if !self.watch.follows {
                    return Ok(());
                }
                tokio::select! {
                    _ = news.changed() => continue,
                    () = self.sights.closed() => return Err(Gone),
                }
            }
            for entry in &batch.entries {
                let is_old = self.watch.since_ms.is_some_and(|since_ms| entry.at_ms < since_ms);
                if !is_old && let Some(seen) = self.seen(entry) {
                    self.tell(Sight::Record(Box::new(seen))).await?;
                }
            }
        }
    }

    async fn tell(&self, sight: Sight) -> Result<(), Gone> {
        self.sights.send(sight).await.map_err(|_| Gone)
    }

    /// What the log has from before the oldest record in memory.
    async fn tell_of_the_log(&self, since_ms: i64) -> Result<(), Gone> {
        let oldest = self.hub.read(0).entries.first().map(|entry| entry.at_ms);
        let to_ms = oldest.map_or(i64::MAX, |oldest| oldest - 1);
        let components = Component::ALL.to_vec();
        let span = Span { components, from_ms: since_ms, to_ms, level: Level::Info };
        let (found, mut records) = mpsc::channel(limits::TRACE_FOUND_QUEUE);
        self.hub.sync().await;
        let hub = self.hub.clone();
        tokio::task::spawn_blocking(move || {
            let take = |head: im::trace::Head, text| found.blocking_send((head, text)).is_ok();
            if let Err(error) = hub.log.search(&span, take) {
                tracing::warn!(%error, "cannot read the trace");
            }
        });
        while let Some((head, text)) = records.recv().await {
            let message = seen_message(&text);
            let is_wanted = match &message {
                Some(message) => self.watch.pick.message(&message.ends, &message.bytes),
                None => self.watch.pick.printed(Printed(&text)),
            };
            if is_wanted {
                let computer = self.computers.get(&head.component).cloned().unwrap_or_default();
                let (at_ms, component) = (head.at_ms, head.component);
                let seen = Seen { at_ms, computer, component, text, message };
                self.tell(Sight::Record(Box::new(seen))).await?;
            }
        }
        Ok(())
    }

    fn seen(&self, entry: &Entry) -> Option<Seen> {
        let message = match &entry.what {
            What::Record(record) => {
                if !self.watch.pick.record(record) {
                    return None;
                }
                None
            }
            What::Message { direction, ends, bytes } => {
                if !self.watch.pick.message(ends, bytes) {
                    return None;
                }
                Some(self.message(*direction, ends, bytes))
            }
        };
        Some(Seen {
            at_ms: entry.at_ms,
            computer: entry.computer.to_string(),
            component: entry.component,
            text: self.hub.print(entry, self.watch.bodies),
            message,
        })
    }

    fn message(&self, direction: Direction, ends: &Arc<Ends>, bytes: &Bytes) -> SeenMessage {
        let bytes = mask(bytes, self.watch.bodies).bytes;
        SeenMessage { direction, ends: Ends::clone(ends), bytes }
    }
}

/// The message of a record that was printed before.
fn seen_message(text: &str) -> Option<SeenMessage> {
    let record = Printed(text);
    let bytes = record.message()?;
    let direction = match record.line("Direction")? {
        "incoming" => Direction::Incoming,
        _ => Direction::Outgoing,
    };
    let transport = match record.line("Transport")? {
        "TCP" => Transport::Tcp,
        "UDP" => Transport::Udp,
        _ => Transport::Tls,
    };
    let ends = Ends {
        flow: record.flow()?,
        local: record.line("Local")?.parse().ok()?,
        peer: record.line("Peer")?.parse().ok()?,
        peer_name: record.line("Peer-Name").map(str::to_owned),
        transport,
    };
    // What was hidden when it was written stays so; this hides what only looks like it.
    Some(SeenMessage { direction, ends, bytes: mask(&bytes, Bodies::Hidden).bytes })
}

#[cfg(test)]
mod tests {
    use im::trace::Pick;
    use sip::Flow;
    use store::SecretKey;

    use super::super::Tap;
    use super::*;

    fn door(folder: &std::path::Path) -> (Arc<Hub>, Door) {
        let hub = Hub::new(&folder.join("trace"));
        let key = SecretKey::from_bytes([7; 32]);
        let store = Store::open(&folder.join("tandem.db"), key, 0).unwrap();
        let places = vec![("cs.x".to_owned(), Component::SipStack)];
        (hub.clone(), Door::new(hub, store, Clock::start(), places))
    }

    fn live() -> Watch {
        let pick = Pick::default();
        Watch { pick, since_ms: None, follows: true, bodies: Bodies::Hidden }
    }

    #[tokio::test]
    async fn a_slow_terminal_holds_nobody_up_and_hears_what_it_missed() {
        let folder = tempfile::tempdir().unwrap();
        let (hub, door) = door(folder.path());
        let tap = Tap::new(&hub, Component::SipStack, "cs.x");
        assert!(!tap.hears_messages());
        let mut sights = door.watch(live());
        assert!(tap.hears_messages(), "everything is recorded while somebody looks");
        let ends = Arc::new(Ends {
            flow: Flow(1),
            local: ([127, 0, 0, 1], 5061).into(),
            peer: ([127, 0, 0, 2], 4711).into(),
            peer_name: None,
            transport: Transport::Tls,
        });
        let bytes = Bytes::from_static(b"OPTIONS sip:h SIP/2.0\r\n\r\n");
        let count = limits::TRACE_RING_RECORDS as u64 + 5000;
        for _ in 0..count {
            tap.message(0, Direction::Incoming, &ends, bytes.clone());
        }
        let (mut shown, mut missed) = (0, 0);
        while shown + missed < count {
            match sights.recv().await.unwrap() {
                Sight::Record(_) => shown += 1,
                Sight::Missed(some) => missed += some,
            }
        }
        assert!(missed >= 4000, "{missed} of {count} are told to be missed");
        assert_eq!(shown + missed, count);
        drop(sights);
        // It is noticed that nobody looks any more.
        while tap.hears_messages() {
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test]
    async fn scenarios_end_by_themselves() {
        use store::messaging::TraceRunning;
        let folder = tempfile::tempdir().unwrap();
        let (hub, door) = door(folder.path());
        let tap = Tap::new(&hub, Component::SipStack, "cs.x");
        let now_ms = Clock::wall_ms();
        let run = TraceRunning {
            computer: "CS.x".to_owned(),
            scenario: im::trace::ALWAYS_ON.to_owned(),
            started_ms: now_ms,
            until_ms: Some(now_ms + 200),
        };
        let put = move |rows: &mut store::Writer| rows.put_running_trace(&run);
        door.store.write(now_ms, put).await.unwrap();
        door.apply().await.unwrap();
        assert!(tap.hears_messages());
        let ending = tokio::spawn(Arc::new(door).end_scenarios());
        while tap.hears_messages() {
            tokio::task::yield_now().await;
        }
        assert!(Clock::wall_ms() >= now_ms + 200);
        ending.abort();
    }
}
