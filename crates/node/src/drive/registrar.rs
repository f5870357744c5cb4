//! The registrar's loop: connections, the SIP stack, the messaging half's rules, its commits.

use std::sync::Arc;
use std::task::Poll;

use im::{CommitToken, Committed, Directory, Effect, Registrar, Write};
use sip::{Now, StackConfig};
use store::{Store, Uuid};
use tokio::sync::{mpsc, watch};

use super::connection::Wire;
use super::wires::Wires;
use super::{sleep_until, traced};
use crate::clock::Clock;
use crate::limits;
use crate::listen::xcap::Judge;
use crate::metrics::RegistrarMeters;
use crate::record::Recorder;
use crate::serve::caught_up::Ask;
use crate::serve::services::Wish;

/// What the loop works with.
pub struct RegistrarLoop {
    /// Time.
    pub clock: Clock,
    /// The stack and its connections.
    pub wires: Wires,
    /// What connections report.
    pub reports: mpsc::Receiver<Wire>,
    /// The rules.
    pub registrar: Registrar,
    /// Where it is shown how much there is.
    pub meters: RegistrarMeters,
    /// Durable state.
    pub store: Store,
    /// New snapshots of what the rules need from the store.
    pub directories: watch::Receiver<Arc<Directory>>,
    /// Who waits until the newest of them has been taken.
    pub asks: mpsc::Receiver<Ask>,
    /// Who asks over HTTPS.
    pub judges: mpsc::Receiver<Judge>,
    /// Whose contact lists have changed; none: it is not known whose.
    pub contacts: mpsc::Receiver<Option<Uuid>>,
    /// Where event log lines go.
    pub recorder: Recorder,
    /// Orders to start over.
    pub restarts: mpsc::Receiver<()>,
    /// What it starts over with.
    pub fresh: Fresh,
    /// Whether the service shall run.
    pub wish: Wish,
}

/// Makes what a new stack starts with, and rules without any soft state.
pub type Fresh = Box<dyn Fn(Arc<Directory>) -> (StackConfig, Registrar) + Send>;

type Done = (CommitToken, Result<Committed, String>);

struct Wanted {
    token: CommitToken,
    write: Write,
    now_ms: i64,
}

/// Hands writes to the store in their order and without waiting for one before the next, so that
/// many share one fsync.
fn committer(store: Store) -> (mpsc::UnboundedSender<Wanted>, mpsc::UnboundedReceiver<Done>) {
    let (done, committed) = mpsc::unbounded_channel();
    let (sender, mut wanted) = mpsc::unbounded_channel::<Wanted>();
    tokio::spawn(async move {
        while let Some(Wanted { token, write, now_ms }) = wanted.recv().await {
            let (store, done) = (store.clone(), done.clone());
            let mut commit = Box::pin(async move {
                let result = store.write(now_ms, move |tx| write.apply(tx)).await;
                // The loop is gone when the node stops; the commit stands.
                let _ = done.send((token, result.map_err(|error| error.to_string())));
            });
            // The first poll puts the write into the store's queue, which keeps the order.
            let first = std::future::poll_fn(|ctx| Poll::Ready(commit.as_mut().poll(ctx)));
            if first.await.is_pending() {
                tokio::spawn(commit);
            }
        }
    });
    (sender, committed)
}

impl RegistrarLoop {
    /// Runs until `stop` says so.
    pub async fn run(mut self, mut stop: watch::Receiver<bool>) {
        let (mut commits, mut committed) = committer(self.store.clone());
        loop {
            let (stack, rules) = (self.wires.next_timeout(), self.registrar.next_timeout());
            tokio::select! {
                biased;
                _ = stop.changed() => break,
                Some((token, result)) = committed.recv() => {
                    let now = self.clock.now();
                    self.registrar.handle(now, im::Input::Committed { token, result });
                    self.settle(now, &commits);
                }
                is_wanted = self.wish.changed() => {
                    self.drain(&commits, &mut committed).await;
                    (commits, committed) = committer(self.store.clone());
                    self.start_over();
                    self.settle(self.clock.now(), &commits);
                    self.wish.followed(is_wanted);
                }
                Some(()) = self.restarts.recv() => {
                    self.drain(&commits, &mut committed).await;
                    // A commit of before must not be taken for one of the new rules.
                    (commits, committed) = committer(self.store.clone());
                    self.start_over();
                    self.settle(self.clock.now(), &commits);
                }
                Ok(()) = self.directories.changed() => {
                    let directory = self.directories.borrow_and_update().clone();
                    let now = self.clock.now();
                    self.registrar.handle(now, im::Input::Directory(directory));
                    self.settle(now, &commits);
                }
                // Below the directories: the one that was read before this is taken by now.
                Some(ask) = self.asks.recv() => {
                    // Who asked may have gone away.
                    let _ = ask.send(());
                }
                Some(Judge { it, verdict }) = self.judges.recv() => {
                    let said = self.registrar.judge_http(self.clock.now(), &it);
                    // Who asked may have gone away.
                    let _ = verdict.send((said, self.registrar.directory().clone()));
                }
                Some(account) = self.contacts.recv() => {
                    let now = self.clock.now();
                    self.registrar.handle(now, im::Input::Contacts(account));
                    self.settle(now, &commits);
                }
                () = self.wires.certificates_changed() => {
                    let now = self.clock.now();
                    self.wires.judge_again(now);
                    self.settle(now, &commits);
                }
                Some(wire) = self.reports.recv() => {
                    // A handshake that was under way when the service stopped comes too late.
                    if matches!(wire, Wire::Opened { .. }) && !self.wish.is_wanted() {
                        continue;
                    }
                    let now = self.clock.now();
                    self.wires.receive(now, wire);
                    self.settle(now, &commits);
                }
                () = sleep_until(&self.clock, stack, rules) => {
                    let now = self.clock.now();
                    self.wires.timeout(now);
                    self.registrar.handle(now, im::Input::Timeout);
                    self.settle(now, &commits);
                }
            }
        }
        self.drain(&commits, &mut committed).await;
        self.wires.close();
    }

    /// Tells everybody that it ends here, and lets what is under way come to its end.
    async fn drain(
        &mut self,
        commits: &mpsc::UnboundedSender<Wanted>,
        committed: &mut mpsc::UnboundedReceiver<Done>,
    ) {
        let now = self.clock.now();
        let until = now.tick.after_ms(limits::SIP_DRAIN_MS);
        self.registrar.handle(now, im::Input::Stop);
        self.settle(now, commits);
        while !self.registrar.is_drained() && self.clock.now().tick < until {
            let (stack, rules) = (self.wires.next_timeout(), self.registrar.next_timeout());
            let due = rules.into_iter().chain([until]).min();
            tokio::select! {
                biased;
                Some((token, result)) = committed.recv() => {
                    let now = self.clock.now();
                    self.registrar.handle(now, im::Input::Committed { token, result });
                    self.settle(now, commits);
                }
                Some(wire) = self.reports.recv() => {
                    if !matches!(wire, Wire::Opened { .. }) {
                        let now = self.clock.now();
                        self.wires.receive(now, wire);
                        self.settle(now, commits);
                    }
                }
                () = sleep_until(&self.clock, stack, due) => {
                    let now = self.clock.now();
                    self.wires.timeout(now);
                    self.registrar.handle(now, im::Input::Timeout);
                    self.settle(now, commits);
                }
            }
        }
    }

    /// Closes every connection and forgets the soft state, as a restart of the process would.
    fn start_over(&mut self) {
        let (stack, registrar) = (self.fresh)(self.directories.borrow().clone());
        self.wires.restart(stack);
        self.registrar = registrar;
    }

    /// Events to the rules, effects to the stack, until neither has anything left.
    fn settle(&mut self, now: Now, commits: &mpsc::UnboundedSender<Wanted>) {
        loop {
            let events = self.wires.take_events();
            let quiet = events.is_empty();
            for event in events {
                self.registrar.handle(now, im::Input::Sip(event));
            }
            let mut acted = false;
            while let Some(effect) = self.registrar.poll_effect() {
                acted = true;
                match effect {
                    Effect::Send(outgoing) => self.wires.send(now, outgoing),
                    Effect::Commit { token, write } => {
                        let wanted = Wanted { token, write, now_ms: now.wall_ms };
                        // The committer ends with the loop.
                        let _ = commits.send(wanted);
                    }
                    Effect::Trace(record) => self.wires.tap().always(now.wall_ms, record),
                    Effect::Trusted { flow, peer } => {
                        if let Some(ends) = self.wires.ends(flow) {
                            traced::trusted(self.wires.tap(), now, ends, &peer);
                        }
                    }
                    Effect::Log(line) => self.recorder.log(now.wall_ms, line),
                }
            }
            if quiet && !acted {
                self.meters.show(self.registrar.totals());
                return;
            }
        }
    }
}
