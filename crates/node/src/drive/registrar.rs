//! The registrar's loop: connections, the SIP stack, the messaging half's rules, its commits.

use std::sync::Arc;

use im::{Directory, Effect, Registrar};
use sip::{Now, StackConfig};
use store::{Store, Uuid};
use tokio::sync::{mpsc, watch};

use super::commits::{Commits, Done};
use super::connection::Wire;
use super::inbox::{Inbox, Lane};
use super::load::Gauge;
use super::wires::Wires;
use super::{sleep_until, traced};
use crate::clock::Clock;
use crate::limits;
use crate::listen::xcap::Judge;
use crate::locate::{Finder, Found};
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
    pub reports: Inbox,
    /// How much there is to do.
    pub gauge: Gauge,
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
    /// Finds the servers of other organisations.
    pub finder: Finder,
}

/// Makes what a new stack starts with, and rules without any soft state.
pub type Fresh = Box<dyn Fn(Arc<Directory>) -> (StackConfig, Registrar) + Send>;

impl RegistrarLoop {
    /// Runs until `stop` says so.
    pub async fn run(mut self, mut stop: watch::Receiver<bool>) {
        let mut commits = Commits::new(self.store.clone());
        loop {
            let (stack, rules) = (self.wires.next_timeout(), self.registrar.next_timeout());
            tokio::select! {
                biased;
                _ = stop.changed() => break,
                done = commits.next() => self.committed(done, &mut commits),
                found = self.finder.next() => self.located(found, &mut commits),
                is_wanted = self.wish.changed() => {
                    commits = self.end_and_start_over(commits).await;
                    self.wish.followed(is_wanted);
                }
                Some(()) = self.restarts.recv() => {
                    commits = self.end_and_start_over(commits).await;
                }
                Ok(()) = self.directories.changed() => {
                    let directory = self.directories.borrow_and_update().clone();
                    let now = self.clock.now();
                    self.registrar.handle(now, im::Input::Directory(directory));
                    self.settle(now, &mut commits);
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
                    self.settle(now, &mut commits);
                }
                () = self.wires.certificates_changed() => {
                    let now = self.clock.now();
                    self.wires.judge_again(now);
                    self.settle(now, &mut commits);
                }
                Some((lane, wire)) = self.reports.next() => {
                    // Whoever has something to tell by now tells it first. What they are answered
                    // is then written in a row, and whoever reads it is woken once, not each time.
                    tokio::task::yield_now().await;
                    self.receive_all(lane, wire, &mut commits);
                }
                () = sleep_until(&self.clock, stack, rules) => {
                    self.timeout(self.clock.now(), &mut commits);
                }
            }
        }
        self.drain(&mut commits).await;
        self.wires.close();
    }

    /// Takes what a connection reports, and more that waits already: to look at everything that
    /// may have happened costs as much as a message.
    fn receive_all(&mut self, lane: Lane, wire: Wire, commits: &mut Commits) {
        self.wires.gather(true);
        let mut next = Some((lane, wire));
        for _ in 0..limits::INPUTS_IN_A_ROW {
            let Some((lane, wire)) = next.or_else(|| self.reports.try_next()) else { break };
            // A handshake that was under way when the service stopped comes too late.
            if !matches!(wire, Wire::Opened { .. }) || self.wish.is_wanted() {
                self.receive(lane, wire, commits);
            }
            next = None;
        }
        self.wires.gather(false);
        self.meters.show(self.registrar.totals());
    }

    /// Takes what a connection reports, and does what has become due: while there is always
    /// something to take, nothing else would get its turn.
    fn receive(&mut self, lane: Lane, wire: Wire, commits: &mut Commits) {
        let now = self.clock.now();
        if let Wire::Bytes { at, .. } = &wire {
            let before = self.gauge.load();
            for lane in [Lane::Known, Lane::Strangers] {
                if self.reports.is_empty(lane) {
                    self.gauge.empty(lane);
                }
            }
            let waited_ms = now.tick.since(*at);
            let load = self.gauge.note(now.tick, lane, waited_ms, commits.under_way());
            if load != before {
                self.wires.show_load(load);
                traced::load(load, before, self.reports.waiting(), commits.under_way());
            }
        }
        self.wires.receive(now, wire);
        self.settle(now, commits);
        let due = self.wires.next_timeout().into_iter().chain(self.registrar.next_timeout());
        if due.min().is_some_and(|due| due <= now.tick) {
            self.timeout(now, commits);
        }
    }

    fn timeout(&mut self, now: Now, commits: &mut Commits) {
        self.wires.timeout(now);
        self.registrar.handle(now, im::Input::Timeout);
        self.settle(now, commits);
        self.meters.show(self.registrar.totals());
    }

    fn located(&mut self, (token, result): Found, commits: &mut Commits) {
        let now = self.clock.now();
        self.registrar.handle(now, im::Input::Located { token, result });
        self.settle(now, commits);
    }

    fn committed(&mut self, (token, result): Done, commits: &mut Commits) {
        let now = self.clock.now();
        self.registrar.handle(now, im::Input::Committed { token, result });
        self.settle(now, commits);
    }

    /// Tells everybody that it ends here, and lets what is under way come to its end.
    async fn drain(&mut self, commits: &mut Commits) {
        let now = self.clock.now();
        let until = now.tick.after_ms(limits::SIP_DRAIN_MS);
        self.registrar.handle(now, im::Input::Stop);
        self.settle(now, commits);
        while !self.registrar.is_drained() && self.clock.now().tick < until {
            let (stack, rules) = (self.wires.next_timeout(), self.registrar.next_timeout());
            let due = rules.into_iter().chain([until]).min();
            tokio::select! {
                biased;
                done = commits.next() => self.committed(done, commits),
                found = self.finder.next() => self.located(found, commits),
                Some((_, wire)) = self.reports.next() => {
                    if !matches!(wire, Wire::Opened { .. }) {
                        let now = self.clock.now();
                        self.wires.receive(now, wire);
                        self.settle(now, commits);
                    }
                }
                () = sleep_until(&self.clock, stack, due) => {
                    self.timeout(self.clock.now(), commits);
                }
            }
        }
    }

    /// Lets what is under way end, and begins anew. A commit of before must not be taken for one of
    /// the new rules.
    async fn end_and_start_over(&mut self, mut before: Commits) -> Commits {
        self.drain(&mut before).await;
        let mut commits = Commits::new(self.store.clone());
        self.finder.restart();
        self.start_over();
        self.settle(self.clock.now(), &mut commits);
        commits
    }

    /// Closes every connection and forgets the soft state, as a restart of the process would.
    fn start_over(&mut self) {
        let (stack, registrar) = (self.fresh)(self.directories.borrow().clone());
        self.wires.restart(stack);
        self.registrar = registrar;
    }

    /// Events to the rules, effects to the stack, until neither has anything left.
    fn settle(&mut self, now: Now, commits: &mut Commits) {
        loop {
            let mut acted = false;
            while let Some(event) = self.wires.next_event() {
                acted = true;
                self.registrar.handle(now, im::Input::Sip(event));
            }
            while let Some(effect) = self.registrar.poll_effect() {
                acted = true;
                match effect {
                    Effect::Send(outgoing) => self.wires.send(now, outgoing),
                    Effect::Commit { token, write } => commits.want(token, write, now.wall_ms),
                    Effect::Trace(record) => self.wires.tap().always(now.wall_ms, record),
                    Effect::Trusted { flow, peer } => {
                        if let Some(ends) = self.wires.ends(flow) {
                            traced::trusted(self.wires.tap(), now, ends, &peer);
                        }
                    }
                    Effect::Log(line) => self.recorder.log(now.wall_ms, line),
                    Effect::Locate { token, domain, host } => {
                        self.finder.find(token, &domain, host.as_deref());
                    }
                }
            }
            if !acted {
                return;
            }
        }
    }
}
