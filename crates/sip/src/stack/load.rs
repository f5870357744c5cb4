//! What a stack refuses while whoever owns it cannot keep up (RFC 3261 §21.5.4, RFC 7339).
//!
//! Owns: which requests begin something, and the answer to those that are not taken: 503 with a
//! time to wait that differs from one to the next, so that whoever is sent away does not come back
//! with all the others. It costs no transaction and nobody behind the stack hears of it. Does not:
//! notice that there is too much to do (whoever owns the queue in front of the stack does).

use super::Stack;
use super::event::Flow;
use crate::limits::{RETRY_AFTER_S_MIN, RETRY_AFTER_S_SPREAD};
use crate::message::{Draft, Message, Method, Name};

/// How much there is to do.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Load {
    /// Everything is taken.
    #[default]
    Calm,
    /// Whoever has proved who they are is served as ever; strangers wait.
    Busy,
    /// Nobody begins anything more, either: what is under way is brought to its end.
    Overloaded,
}

impl Stack {
    /// How much there is to do; at first nothing.
    pub fn show_load(&mut self, load: Load) {
        self.load = load;
    }

    /// How many requests were not taken because of that since this was asked last.
    pub fn take_shed(&mut self) -> u64 {
        std::mem::take(&mut self.shed)
    }

    /// Whether a request is one that is not taken at the moment.
    pub(super) fn is_shed(&self, flow: Flow, request: &Message) -> bool {
        let is_known = || {
            let state = self.flows.get(&flow);
            state.is_some_and(|state| state.is_vouched || state.is_trusted())
        };
        match self.load {
            Load::Calm => false,
            Load::Busy => begins(request) && !is_known(),
            Load::Overloaded => begins(request) && (!is_known() || adds(request)),
        }
    }

    /// Answers a request that is not taken.
    pub(super) fn send_away(&mut self, flow: Flow, request: &Message) {
        let more = self.random.next_u64() % RETRY_AFTER_S_SPREAD;
        let wait_s = RETRY_AFTER_S_MIN + more;
        let response = Draft::response(request, 503).with(Name::RetryAfter, wait_s.to_string());
        self.answer(flow, request, response);
    }
}

/// What belongs to a dialog, and what ends something, is served: it makes less to do.
fn begins(request: &Message) -> bool {
    request.to_tag().is_none() && request.method() != Some(Method::Cancel)
}

/// Known peers keep what they have: a registration or a publication that is refreshed would only
/// be made anew, which costs more.
fn adds(request: &Message) -> bool {
    match request.method() {
        Some(Method::Subscribe | Method::Invite | Method::Message) => true,
        Some(Method::Publish) => request.header(Name::SipIfMatch).is_none(),
        _ => false,
    }
}

#[cfg(test)]
#[path = "load_tests.rs"]
mod tests;
