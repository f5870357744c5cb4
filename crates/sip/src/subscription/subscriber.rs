//! The end that asks: sends SUBSCRIBE, receives NOTIFY (RFC 6665 §4.1).
//!
//! Owns: the state between SUBSCRIBE and the last NOTIFY, when to refresh, when to try again.
//! Does not: send (its drafts go to the stack). Read next: `notifier`.

use crate::dialog::{Dialog, DialogError, DialogId};
use crate::limits::RESUBSCRIBE_MS;
use crate::message::header::State;
use crate::message::{Draft, EventHeader, Message, Method, Name};
use crate::time::Tick;
use crate::transaction::timer::T1_MS;

/// One subscription as its subscriber sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscriber {
    /// The SUBSCRIBE that made it, as sent.
    first: Draft,
    event: EventHeader,
    contact: String,
    expires_s: u32,
    dialog: Option<Dialog>,
    phase: Phase,
    due: Tick,
}

/// What it waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// The first NOTIFY (RFC 6665 figure 1 `notify_wait`).
    ExpectNotify,
    /// The time to refresh.
    Running,
    /// The answer to a refresh.
    ExpectAnswer,
    /// Nothing: it is over.
    Over,
}

/// What a NOTIFY or a response meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notified {
    /// The subscription runs; read the body.
    Active,
    /// It runs, but the notifier has not yet authorised it; read the body.
    Pending,
    /// It is over; read the body. `Some(ms)`: subscribe anew after so many milliseconds.
    Terminated {
        /// The notifier's reason.
        reason: Option<String>,
        /// When to subscribe anew; `None`: not at all.
        again_ms: Option<u64>,
    },
}

impl Subscriber {
    /// A subscription by `subscribe`: a request with From (and tag), To, Call-ID, CSeq, Event,
    /// Contact; Expires is set here. Send [`Subscriber::first`].
    ///
    /// # Errors
    /// If Event or Contact is missing.
    pub fn new(subscribe: Draft, expires_s: u32, now: Tick) -> Result<Subscriber, DialogError> {
        let text = |name: Name| subscribe.header(name).ok_or(DialogError::Header(name.as_str()));
        let event = EventHeader::parse(text(Name::Event)?);
        let event = event.map_err(|_| DialogError::Header("Event"))?;
        let contact = text(Name::Contact)?.to_owned();
        let first = subscribe.replace(Name::Expires, expires_s.to_string());
        Ok(Subscriber {
            first,
            event,
            contact,
            expires_s,
            dialog: None,
            phase: Phase::ExpectNotify,
            due: now.after_ms(64 * T1_MS),
        })
    }

    /// The first SUBSCRIBE.
    #[must_use]
    pub fn first(&self) -> &Draft {
        &self.first
    }

    /// The event.
    #[must_use]
    pub fn event(&self) -> &EventHeader {
        &self.event
    }

    /// The dialog, once there is one.
    #[must_use]
    pub fn dialog(&self) -> Option<&Dialog> {
        self.dialog.as_ref()
    }

    /// Whether it is over.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.phase == Phase::Over
    }

    /// When [`Subscriber::handle_timeout`] is due.
    #[must_use]
    pub fn due(&self) -> Tick {
        if self.is_over() { Tick::NEVER } else { self.due }
    }

    /// Whether a NOTIFY is for this subscription: our tag, Call-ID and event, and, once there is a
    /// dialog, the peer's tag.
    #[must_use]
    pub fn owns(&self, notify: &Message) -> bool {
        let Some(id) = DialogId::of_request(notify) else { return false };
        let ours = match &self.dialog {
            Some(dialog) => *dialog.id() == id,
            None => {
                let from =
                    self.first.header(Name::From).and_then(crate::message::header::name_addr::tag);
                self.first.header(Name::CallId) == Some(&*id.call_id)
                    && from == Some(&*id.local_tag)
            }
        };
        ours && notify.event().is_some_and(|event| event.matches(&self.event))
    }

    /// Takes a NOTIFY that [`Subscriber::owns`]; answer it by 200.
    ///
    /// # Errors
    /// If it is out of order or lacks a header: answer by [`DialogError::status`].
    pub fn handle_notify(&mut self, notify: &Message, now: Tick) -> Result<Notified, DialogError> {
        let state = notify.subscription_state().ok_or(DialogError::Header("Subscription-State"))?;
        match &mut self.dialog {
            Some(dialog) => dialog.accept(notify)?,
            None => self.dialog = Some(Dialog::from_notify(&self.first, notify)?),
        }
        if state.state == State::Terminated {
            self.phase = Phase::Over;
            let again_ms = again_ms(state.reason.as_deref(), state.retry_after_s);
            return Ok(Notified::Terminated { reason: state.reason, again_ms });
        }
        if self.phase != Phase::Over {
            self.phase = Phase::Running;
            // RFC 6665 §4.1.2.1: a NOTIFY may shorten the time, not lengthen it.
            let left_s = state.expires_s.unwrap_or(self.expires_s).min(self.expires_s);
            self.due = refresh_at(left_s, now);
        }
        let pending = state.state == State::Pending;
        Ok(if pending { Notified::Pending } else { Notified::Active })
    }

    /// Takes a final response to a SUBSCRIBE of ours. `None`: go on as before.
    pub fn handle_response(&mut self, response: &Message, now: Tick) -> Option<Notified> {
        let status = response.status().filter(|status| *status >= 200)?;
        if status < 300 {
            if self.dialog.is_none() {
                self.dialog = Dialog::from_uac(&self.first, response).ok();
            } else if let Some(dialog) = &mut self.dialog {
                dialog.refresh_target(response);
            }
            self.expires_s = response.expires_s().unwrap_or(self.expires_s).min(self.expires_s);
            if self.phase == Phase::ExpectAnswer {
                self.phase = Phase::Running;
                self.due = refresh_at(self.expires_s, now);
            }
            return None;
        }
        self.fail(status, response.number(Name::RetryAfter))
    }

    /// Takes the failure of a SUBSCRIBE of ours without a response, as if it were 408
    /// (RFC 3261 §8.1.3.1).
    pub fn handle_failure(&mut self) -> Option<Notified> {
        self.fail(408, None)
    }

    fn fail(&mut self, status: u16, retry_after_s: Option<u32>) -> Option<Notified> {
        self.phase = Phase::Over;
        let again_ms = match status {
            // What asking again does not change.
            403 | 404 | 405 | 410 | 416 | 484 | 485 | 489 | 501 | 603 | 604 => None,
            // RFC 6665 §4.1.2.3: the subscription is gone; a new one may be had at once.
            481 => Some(0),
            _ => Some(retry_after_s.map_or(RESUBSCRIBE_MS, |s| u64::from(s) * 1000)),
        };
        Some(Notified::Terminated { reason: Some(status.to_string()), again_ms })
    }

    /// Does what is due: the SUBSCRIBE that refreshes, or the end (no NOTIFY came, timer N, or a
    /// refresh had no answer).
    pub fn handle_timeout(&mut self, now: Tick) -> Option<Result<Draft, Notified>> {
        if now < self.due() {
            return None;
        }
        match self.phase {
            Phase::Running => {
                self.phase = Phase::ExpectAnswer;
                self.due = now.after_ms(64 * T1_MS);
                self.request(self.expires_s).map(Ok)
            }
            Phase::ExpectNotify | Phase::ExpectAnswer => self.fail(408, None).map(Err),
            Phase::Over => None,
        }
    }

    /// The SUBSCRIBE that ends it; the last NOTIFY follows.
    pub fn end(&mut self) -> Option<Draft> {
        self.phase = Phase::Over;
        self.request(0)
    }

    fn request(&mut self, expires_s: u32) -> Option<Draft> {
        let draft = self.dialog.as_mut()?.request(Method::Subscribe);
        let mut draft = draft
            .with(Name::Event, self.event.to_string())
            .with(Name::Contact, self.contact.clone())
            .with(Name::Expires, expires_s.to_string());
        for name in [Name::Accept, Name::Supported] {
            for value in self.first.headers(name) {
                draft = draft.with(name, value);
            }
        }
        Some(draft)
    }
}

/// Early enough for a round trip and a retry: an eighth of the time before its end, at least 5 s,
/// at most ten minutes, and half-way if it is very short.
fn refresh_at(left_s: u32, now: Tick) -> Tick {
    let left_ms = u64::from(left_s) * 1000;
    let early_ms = (left_ms / 8).clamp(5_000, 600_000).min(left_ms / 2);
    now.after_ms(left_ms - early_ms)
}

/// RFC 6665 §4.1.3: what each reason says about trying again.
fn again_ms(reason: Option<&str>, retry_after_s: Option<u32>) -> Option<u64> {
    let asked = retry_after_s.map(|s| u64::from(s) * 1000);
    match reason {
        Some("rejected" | "noresource" | "invariant") => None,
        Some("deactivated" | "timeout") => Some(0),
        _ => Some(asked.unwrap_or(RESUBSCRIBE_MS)),
    }
}
