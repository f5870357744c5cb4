//! Another certificate while the link stands: a second connection is made with it, and only when
//! its first OPTIONS was answered do people move over; if it does not come up, nothing has changed.
//! Owns the connection that comes and the one that goes; the link in use is `shared.rs`.

use sip::{Flow, Now, Tick};

use crate::command::{Event, LinkFailure, LinkStage, Settings};
use crate::limits::RETIRING_MS;
use crate::outbox::{Outbox, Owner, Reply};
use crate::shared::{Shared, failure_of, refused};

/// See the head of the file.
#[derive(Debug, Default)]
pub(crate) struct Change {
    /// What the second connection is made with, while its OPTIONS waits for the answer.
    under_way: Option<Settings>,
    /// The connection before, until nothing can be under way on it any more.
    retiring: Option<(Flow, Tick)>,
}

impl Change {
    pub(crate) fn next_timeout(&self) -> Tick {
        self.retiring.map_or(Tick::NEVER, |(_, until)| until)
    }

    /// Begins. One change at a time, and only from a link that works: without one a recycle does
    /// the same and nobody loses anything by it.
    pub(crate) fn begin(&mut self, settings: Settings, shared: &Shared, out: &mut Outbox) {
        let refuse = |text: &str, out: &mut Outbox| {
            let text = text.to_owned();
            let reason = LinkFailure { stage: LinkStage::Lost, text, diagnostics: None };
            out.event(Event::ChangeFailed { reason });
        };
        if self.under_way.is_some() {
            return refuse("another change is under way", out);
        }
        if !shared.is_up() {
            return refuse("there is no connection to change over from", out);
        }
        match Shared::first_request(&settings, out) {
            Some((route, options)) => {
                out.request_by(route, Owner::Change, options);
                self.under_way = Some(settings);
            }
            None => refuse("the server's name or our own is no host name", out),
        }
    }

    /// The settings were loaded anew: what was under way is about old ones.
    pub(crate) fn forget(&mut self, out: &mut Outbox) {
        if self.under_way.take().is_some() {
            let text = "the settings were loaded again meanwhile".to_owned();
            let reason = LinkFailure { stage: LinkStage::Lost, text, diagnostics: None };
            out.event(Event::ChangeFailed { reason });
        }
        if let Some((flow, _)) = self.retiring.take() {
            out.close(flow, "the settings were loaded again");
        }
    }

    /// The answer to the second connection's OPTIONS. True: people are to move over.
    pub(crate) fn handle_reply(
        &mut self,
        now: Now,
        reply: Reply<'_>,
        flow: Option<Flow>,
        shared: &mut Shared,
        out: &mut Outbox,
    ) -> bool {
        let settings = self.under_way.take();
        let reason = match (reply, flow) {
            (Reply::Response(response), Some(flow)) => {
                let is_taken = response.status().is_some_and(|it| (200..300).contains(&it));
                if let (true, Some(settings)) = (is_taken, settings) {
                    let before = shared.adopt(now, settings, flow, out);
                    self.retire(now, before, out);
                    out.event(Event::Changed);
                    return true;
                }
                out.close(flow, "the change of the certificate did not come about");
                refused(response)
            }
            (Reply::Failed(why), _) => failure_of(why),
            (Reply::Response(response), None) => refused(response),
        };
        out.event(Event::ChangeFailed { reason });
        false
    }

    fn retire(&mut self, now: Now, before: Option<Flow>, out: &mut Outbox) {
        let until = now.tick.after_ms(RETIRING_MS);
        let gone = std::mem::replace(&mut self.retiring, before.map(|flow| (flow, until)));
        if let Some((flow, _)) = gone {
            out.close(flow, "another change of the certificate");
        }
    }

    /// Whether requests may fail because the connection before has ended.
    pub(crate) fn is_retiring(&self) -> bool {
        self.retiring.is_some()
    }

    pub(crate) fn handle_timeout(&mut self, now: Now, out: &mut Outbox) {
        if let Some((flow, until)) = self.retiring
            && until <= now.tick
        {
            self.retiring = None;
            out.close(flow, "everybody has moved over to another certificate");
        }
    }

    pub(crate) fn handle_closed(&mut self, closed: Flow) {
        if self.retiring.is_some_and(|(flow, _)| flow == closed) {
            self.retiring = None;
        }
    }
}
