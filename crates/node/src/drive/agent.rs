//! The agent's loop: the trusted connection, the SIP stack, the agent's rules, and the channels
//! to the web app.

use agent::{Agent, Output};
use sip::Now;
use tokio::sync::{mpsc, watch};

use super::connection::Wire;
use super::sleep_until;
use super::wires::Wires;
use crate::clock::Clock;

/// What the loop works with.
pub struct AgentLoop {
    /// Time.
    pub clock: Clock,
    /// The stack and its connections.
    pub wires: Wires,
    /// What connections report.
    pub reports: mpsc::Receiver<Wire>,
    /// The rules.
    pub agent: Agent,
    /// The web app's end.
    pub driver: agent::handle::Driver,
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
                }
                Some(wire) = self.reports.recv() => {
                    let now = self.clock.now();
                    self.wires.receive(now, wire);
                    self.settle(now);
                }
                () = sleep_until(self.clock, stack, rules) => {
                    let now = self.clock.now();
                    self.wires.timeout(now);
                    self.agent.handle(now, agent::Input::Timeout);
                    self.settle(now);
                }
            }
        }
        self.wires.close();
    }

    fn settle(&mut self, now: Now) {
        loop {
            let events = self.wires.take_events();
            let quiet = events.is_empty();
            for event in events {
                self.agent.handle(now, agent::Input::Sip(event));
            }
            let mut acted = false;
            while let Some(output) = self.agent.poll_output() {
                acted = true;
                match output {
                    Output::Send(outgoing) => self.wires.send(now, outgoing),
                    // Without a listener there is no page, so nobody to tell.
                    Output::Event(event) => {
                        let _ = self.driver.events.send(event);
                    }
                }
            }
            if quiet && !acted {
                return;
            }
        }
    }
}
