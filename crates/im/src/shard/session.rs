//! Text sessions, as far as a shard must know whose they are. The rules are `session`'s.

use sip::{Flow, Message, Now};

use super::Shard;
use crate::aor::Aor;
use crate::error::Error;
use crate::job::Job;
use crate::session;

impl Shard {
    /// Whether a request came in a text session that its sender has with us.
    pub(crate) fn has_session(&self, job: &Job) -> bool {
        let person = self.people.get(job.speaker.aor()).map(AsRef::as_ref);
        person.is_some_and(|person| person.sessions.has(&job.request, job.flow))
    }

    pub(super) fn handle_session(&mut self, now: Now, job: &Job) {
        let user = job.speaker.aor();
        let result =
            self.with(now, user, |ctx, out, person| session::handle(ctx, now, out, person, job));
        match result {
            Ok(()) => self.carries(job.flow, user.clone()),
            Err(error) => {
                if matches!(error, Error::Malformed(_)) {
                    self.faults.push(job.flow);
                }
                self.out.reject(now, job.transaction, &job.request, &error);
            }
        }
    }

    pub(super) fn handle_session_ack(
        &mut self,
        now: Now,
        user: &Aor,
        flow: Flow,
        request: &Message,
    ) {
        // Not by `with` for somebody unknown: nobody is remembered for an ACK.
        if self.people.contains_key(user) {
            self.with(now, user, |_, _, person| person.sessions.acknowledged(request, flow));
        }
    }
}
