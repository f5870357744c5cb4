//! What the agent tells, as far as it is soft state; texts and their answers are `texts.rs`.

use agent::{Event, LinkState, PresenceView};
use uuid::Uuid;

use super::bridge::Bridge;
use super::facts::fold;
use super::person::Push;
use super::report::Job;
use super::status::SignIn;
use crate::im_settings::link::Link;
use crate::limits::{PING_EVERY_MS, PINGS_UNANSWERED_MAX, TYPING_MAX_MS};

/// Commands that the agent could not take are offered again after this time.
const AGAIN_MS: i64 = 500;

impl Bridge {
    /// One event of the agent.
    pub(crate) fn handle_agent(&mut self, event: &Event) {
        match event {
            Event::Link(link) => self.handle_link(link),
            Event::SignedIn { address } => self.handle_sign_in(address, SignIn::In),
            Event::SignInFailed { address, status, reason } => {
                let reason = reason.clone();
                self.handle_sign_in(address, SignIn::Failed { status: *status, reason });
            }
            Event::SignedOut { address } => self.handle_sign_in(address, SignIn::Pending),
            Event::Presence { watcher, view } => self.handle_presence(watcher, view),
            _ => {}
        }
    }

    /// Up, connecting or down: the verdict of everybody.
    fn handle_link(&mut self, link: &LinkState) {
        let was_up = self.shared.link == Some(LinkState::Up);
        self.shared.link = Some(link.clone());
        if *link == LinkState::Up {
            self.report.holds(Link::PoolReachable, Link::OneEntry);
        }
        if was_up && *link != LinkState::Up {
            for account in self.present() {
                if let Some(person) = self.people.get_mut(&account) {
                    if person.sign_in == SignIn::In {
                        person.sign_in = SignIn::Pending;
                    }
                    person.forget_presence();
                    self.dirty.insert(account);
                }
            }
        }
        self.settle_all();
    }

    /// The agent's answer for one person. A sign-out that nobody here asked for (the messaging half
    /// ended it) is a sign-in that the agent will try again.
    fn handle_sign_in(&mut self, address: &str, sign_in: SignIn) {
        let Some(account) = self.account(address) else { return };
        let Some(person) = self.people.get_mut(&account) else { return };
        if person.sign_in == SignIn::Out {
            return;
        }
        let result = match &sign_in {
            SignIn::In => Some("ok".to_owned()),
            SignIn::Failed { status, reason } => Some(format!("{status} {reason}")),
            SignIn::Pending | SignIn::Out => None,
        };
        if sign_in == SignIn::In {
            self.report.endpoint_is_ready(&mut self.jobs, account);
        } else {
            person.forget_presence();
        }
        person.sign_in = sign_in;
        if let Some(result) = result {
            self.jobs.push_back(Job::row(account, address, "SignIn", "", &result));
        }
        self.dirty.insert(account);
        self.settle(account);
        self.report_on(account);
    }

    fn handle_presence(&mut self, watcher: &str, view: &PresenceView) {
        let Some(account) = self.account(watcher) else { return };
        let address = fold(&view.presentity);
        let Some(person) = self.people.get_mut(&account) else { return };
        if person.seen.get(&address) == Some(view) {
            return;
        }
        person.seen.insert(address.clone(), view.clone());
        person.counter += 1;
        self.mark(account, |dirty| {
            dirty.presence.insert(address);
        });
    }

    /// The other began or ceased to type in this conversation.
    pub(crate) fn set_typing(
        &mut self,
        now_ms: i64,
        account: Uuid,
        from: &str,
        conversation: Uuid,
        active: bool,
    ) {
        let Some(person) = self.people.get_mut(&account) else { return };
        let from = fold(from);
        person.conversations.insert(from.clone(), conversation);
        let was = match active {
            true => person.typing.insert(from, (conversation, now_ms + TYPING_MAX_MS)).is_some(),
            false => person.typing.remove(&from).is_some(),
        };
        if was != active {
            self.mark(account, |dirty| {
                dirty.typing.insert(conversation, active);
            });
        }
    }

    /// Whether the other is typing in this conversation.
    pub(crate) fn is_typing(&self, account: Uuid, conversation: Uuid) -> bool {
        self.people.get(&account).is_some_and(|person| {
            person.typing.values().any(|(typed_in, _)| *typed_in == conversation)
        })
    }

    /// Whose SIP address this is, among the people here.
    pub(crate) fn account(&self, address: &str) -> Option<Uuid> {
        self.addresses.get(&fold(address)).copied()
    }

    /// Does what is due; the next time something is.
    pub(crate) fn run_due(&mut self, now_ms: i64) -> Option<i64> {
        for account in self.present() {
            self.run_due_of(now_ms, account);
        }
        if self.ping_at_ms.is_some_and(|at| at <= now_ms) {
            self.ping_at_ms = None;
            self.ping();
            self.plan_ping(now_ms);
        }
        if self.judge_at_ms.is_some_and(|at| at <= now_ms) {
            self.judge_at_ms = None;
            self.jobs.push_back(Job::Judge);
        }
        let people = self.people.values().flat_map(|person| {
            let leaving = person.leaving.values().min().copied();
            let typing = person.typing.values().map(|(_, until)| *until).min();
            [person.sign_out_at_ms, leaving, typing].into_iter().flatten()
        });
        let again = (!self.commands.is_empty()).then_some(now_ms + AGAIN_MS);
        let people = people.chain(self.ping_at_ms).chain(self.judge_at_ms).chain(again).min();
        let sending = self.run_due_sending(now_ms);
        people.into_iter().chain(sending).min()
    }

    /// Time has passed, by the wall clock forwards or backwards.
    pub(crate) fn time_passes(&mut self, now_ms: i64) {
        self.ping_at_ms = self.ping_at_ms.map(|at| at.min(now_ms + PING_EVERY_MS));
        self.jobs.push_back(Job::Judge);
    }

    fn run_due_of(&mut self, now_ms: i64, account: Uuid) {
        let Some(person) = self.people.get_mut(&account) else { return };
        let ended: Vec<String> = person
            .typing
            .iter()
            .filter(|(_, (_, until))| *until <= now_ms)
            .map(|(from, _)| from.clone())
            .collect();
        for from in ended {
            if let Some((conversation, _)) = person.typing.remove(&from) {
                person.dirty.typing.insert(conversation, false);
                self.dirty.insert(account);
            }
        }
        let gone: Vec<String> = person
            .leaving
            .iter()
            .filter(|(_, until)| **until <= now_ms)
            .map(|(address, _)| address.clone())
            .collect();
        for address in &gone {
            person.leaving.remove(address);
            person.seen.remove(address);
        }
        let signs_out = person.sign_out_at_ms.is_some_and(|at| at <= now_ms);
        if signs_out {
            person.sign_out_at_ms = None;
        }
        if signs_out {
            self.settle(account);
        } else if !gone.is_empty() {
            self.tell_watch(account);
        }
    }

    /// Plans the next ping, while there is a WebSocket.
    pub(super) fn plan_ping(&mut self, now_ms: i64) {
        if self.sockets > 0 && self.ping_at_ms.is_none() {
            self.ping_at_ms = Some(now_ms + PING_EVERY_MS);
        }
    }

    /// Pings everybody; who was silent for too long is dropped.
    fn ping(&mut self) {
        let people = self.people.values_mut();
        let connections = people.flat_map(|person| person.connections.values_mut());
        for connection in connections {
            connection.unanswered += 1;
            if connection.unanswered > PINGS_UNANSWERED_MAX {
                connection.dead.notify_one();
            } else {
                // A full queue is a slow socket; the next message for it ends it.
                let _ = connection.queue.try_send(Push::Ping);
            }
        }
    }
}
