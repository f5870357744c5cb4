//! The agent's loop: the trusted connection, the SIP stack, the agent's rules, and the channels
//! to the web app.

use agent::{Agent, Event, LinkState, Output, Settings};
use metrics::gauge;
use sip::{Now, Outgoing};
use tokio::sync::watch;

use super::inbox::Inbox;
use super::wires::Wires;
use super::{sleep_until, traced};
use crate::clock::Clock;

/// What the loop works with.
pub struct AgentLoop {
    /// Time.
    pub clock: Clock,
    /// The stack and its connections.
    pub wires: Wires,
    /// What connections report.
    pub reports: Inbox,
    /// The rules.
    pub agent: Agent,
    /// The web app's end.
    pub driver: agent::handle::Driver,
    /// Told which settings the agent works with, whenever they change.
    pub configured: watch::Sender<Option<Settings>>,
}

impl AgentLoop {
    /// Runs until `stop` says so.
    pub async fn run(mut self, mut stop: watch::Receiver<bool>) {
        loop {
            let (stack, rules) = (self.wires.next_timeout(), self.agent.next_timeout());
            tokio::select! {
                biased;
                _ = stop.changed() => break,
                Some(command) = self.driver.commands.recv() => {
                    let now = self.clock.now();
                    self.agent.handle(now, agent::Input::Command(command));
                    self.settle(now);
                    self.tell_settings();
                }
                () = self.wires.certificates_changed() => {
                    let now = self.clock.now();
                    self.wires.judge_again(now);
                    self.settle(now);
                }
                Some((_, wire)) = self.reports.next() => {
                    let now = self.clock.now();
                    self.wires.receive(now, wire);
                    self.settle(now);
                    self.tell_settings();
                    // While there is always something to take, nothing else gets its turn.
                    self.do_what_is_due(now);
                }
                () = sleep_until(&self.clock, stack, rules) => {
                    self.do_what_is_due(self.clock.now());
                }
            }
        }
        self.wires.close();
    }

    fn do_what_is_due(&mut self, now: Now) {
        let due = self.wires.next_timeout().into_iter().chain(self.agent.next_timeout());
        if due.min().is_some_and(|due| due <= now.tick) {
            self.wires.timeout(now);
            self.agent.handle(now, agent::Input::Timeout);
            self.settle(now);
        }
    }

    /// A recycle takes the settings away and gives them again; nobody shall act on the moment
    /// between, so what waits is heard first.
    fn tell_settings(&mut self) {
        if self.driver.commands.is_empty() {
            let settings = self.agent.settings();
            self.configured.send_if_modified(|known| {
                let is_news = known.as_ref() != settings;
                if is_news {
                    *known = settings.cloned();
                }
                is_news
            });
        }
    }

    /// The agent closes what it accepted only if the peer is not its messaging server.
    fn tell_refusal(&self, now: Now, outgoing: &Outgoing) {
        let Outgoing::Close { flow, why } = outgoing else { return };
        if let (false, Some(ends)) = (flow.is_dialled(), self.wires.ends(*flow)) {
            traced::refused(self.wires.tap(), now, ends, why);
        }
    }

    fn settle(&mut self, now: Now) {
        loop {
            let mut acted = false;
            while let Some(event) = self.wires.next_event() {
                acted = true;
                self.agent.handle(now, agent::Input::Sip(event));
            }
            while let Some(output) = self.agent.poll_output() {
                acted = true;
                match output {
                    Output::Send(outgoing) => {
                        self.tell_refusal(now, &outgoing);
                        self.wires.send(now, outgoing);
                    }
                    // Without a listener there is no page, so nobody to tell.
                    Output::Event(event) => {
                        if let Event::Link(link) = &event {
                            let is_up = f64::from(u8::from(*link == LinkState::Up));
                            gauge!("tandem_agent_link_up").set(is_up);
                        }
                        let _ = self.driver.events.send(event);
                    }
                }
            }
            if !acted {
                return;
            }
        }
    }
}
