//! Own texts between "handed to the agent" and its answer: who may send, and what is overdue.

use uuid::Uuid;

use super::bridge::Bridge;
use super::report::Job;
use super::status::State;
use crate::limits::{SENDING_MAX_MS, SENDING_MESSAGES_MAX};

impl Bridge {
    /// The own address to send from, or why nothing can be sent now, in the person's words.
    pub(crate) fn way_to_send(&self, account: Uuid) -> Result<String, String> {
        let Some(person) = self.people.get(&account) else {
            return Err("You aren't signed in to instant messaging.".into());
        };
        match (person.verdict.state, person.own()) {
            (State::Working, Some(own)) => Ok(own),
            (State::SignedOut, _) => Err("You are signed out of instant messaging.".into()),
            (State::Connecting, _) => {
                Err("Instant messaging is still connecting; try again in a moment.".into())
            }
            _ => Err(person
                .verdict
                .reason
                .clone()
                .unwrap_or_else(|| "Instant messaging is switched off.".into())),
        }
    }

    /// A text goes to the agent.
    pub(crate) fn note_sending(
        &mut self,
        now_ms: i64,
        account: Uuid,
        message: Uuid,
        own: &str,
        to: &str,
    ) {
        if self.sending.len() < SENDING_MESSAGES_MAX {
            self.sending.insert(message, now_ms + SENDING_MAX_MS);
        }
        self.jobs.push_back(Job::row(account, own, "SendMessage", to, "ok"));
    }

    /// The agent answered for a text.
    pub(crate) fn note_settled(&mut self, message: Uuid) {
        self.sending.remove(&message);
    }

    /// A text came in and was stored: its writer types no more.
    pub(crate) fn note_stored(
        &mut self,
        now_ms: i64,
        account: Uuid,
        conversation: Uuid,
        from: &str,
    ) {
        self.set_typing(now_ms, account, from, conversation, false);
        if let Some(own) = self.own(account) {
            self.jobs.push_back(Job::row(account, &own, "ReceiveMessage", from, "ok"));
        }
    }

    /// Texts whose answer never came become jobs; when the next one is due.
    pub(super) fn run_due_sending(&mut self, now_ms: i64) -> Option<i64> {
        let overdue: Vec<Uuid> = self
            .sending
            .iter()
            .filter(|(_, until)| **until <= now_ms)
            .map(|(message, _)| *message)
            .collect();
        for message in &overdue {
            self.sending.remove(message);
        }
        if !overdue.is_empty() {
            self.jobs.push_back(Job::Overdue { messages: overdue });
        }
        self.sending.values().min().copied()
    }
}
