//! The end that tells: made by a SUBSCRIBE, sends NOTIFY (RFC 6665 §4.2).
//!
//! Owns: dialog, state, expiry and the headers of NOTIFY. Does not: print bodies.
//! Read next: `subscriber`.

use bytes::Bytes;

use crate::dialog::{Dialog, DialogError};
use crate::message::header::State;
use crate::message::{Draft, EventHeader, Message, Method, Name, SubscriptionState};
use crate::ms::benotify;
use crate::time::Tick;

/// Why a notifier ends a subscription (RFC 6665 §4.1.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// Subscribe again at once, somewhere else perhaps.
    Deactivated,
    /// Subscribe again after a while.
    Probation,
    /// Not allowed any more.
    Rejected,
    /// Not refreshed in time, or ended by the subscriber.
    Timeout,
    /// Could not get authorisation in time.
    GiveUp,
    /// What was watched is gone.
    NoResource,
    /// It will never change.
    Invariant,
}

impl Reason {
    /// The token in Subscription-State.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Reason::Deactivated => "deactivated",
            Reason::Probation => "probation",
            Reason::Rejected => "rejected",
            Reason::Timeout => "timeout",
            Reason::GiveUp => "giveup",
            Reason::NoResource => "noresource",
            Reason::Invariant => "invariant",
        }
    }
}

/// One subscription as its notifier sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notifier {
    dialog: Dialog,
    event: EventHeader,
    state: State,
    expires_at: Tick,
    method: Method,
}

impl Notifier {
    /// The subscription that `response` (ours, with To tag and Contact) to `subscribe` makes, for
    /// `granted_s` seconds. `granted_s` 0 is a fetch: one NOTIFY, terminated.
    ///
    /// # Errors
    /// If the request lacks Event or what a dialog needs.
    pub fn accept(
        subscribe: &Message,
        response: &Draft,
        granted_s: u32,
        now: Tick,
    ) -> Result<Notifier, DialogError> {
        Ok(Notifier {
            dialog: Dialog::from_uas(subscribe, response)?,
            event: subscribe.event().ok_or(DialogError::Header("Event"))?,
            state: if response.status() == Some(202) { State::Pending } else { State::Active },
            expires_at: now.after_s(u64::from(granted_s)),
            method: benotify::method_for(subscribe),
        })
    }

    /// Takes a later SUBSCRIBE in the dialog: `granted_s` more seconds from now, 0 ends it. Answer
    /// it by 200 and send a NOTIFY in any case (RFC 6665 §4.2.1.2).
    ///
    /// # Errors
    /// If it is not of this dialog and event, or out of order.
    pub fn refresh(
        &mut self,
        subscribe: &Message,
        granted_s: u32,
        now: Tick,
    ) -> Result<(), DialogError> {
        if !subscribe.event().is_some_and(|event| event.matches(&self.event)) {
            return Err(DialogError::NotOurs);
        }
        self.dialog.accept(subscribe)?;
        self.expires_at = now.after_s(u64::from(granted_s));
        Ok(())
    }

    /// The dialog.
    #[must_use]
    pub fn dialog(&self) -> &Dialog {
        &self.dialog
    }

    /// The event.
    #[must_use]
    pub fn event(&self) -> &EventHeader {
        &self.event
    }

    /// When it ends unless refreshed.
    #[must_use]
    pub fn expires_at(&self) -> Tick {
        self.expires_at
    }

    /// Whether its time is over: send [`Notifier::terminate`] with [`Reason::Timeout`].
    #[must_use]
    pub fn is_expired(&self, now: Tick) -> bool {
        now >= self.expires_at
    }

    /// Whether it is not yet authorised.
    #[must_use]
    pub fn is_pending(&self) -> bool {
        self.state == State::Pending
    }

    /// Makes a pending subscription active.
    pub fn activate(&mut self) {
        self.state = State::Active;
    }

    /// The subscription's state now, as Subscription-State says it.
    #[must_use]
    pub fn state(&self, now: Tick) -> SubscriptionState {
        let left_ms = self.expires_at.since(now);
        if left_ms == 0 {
            return terminated(Reason::Timeout, None);
        }
        SubscriptionState {
            state: self.state.clone(),
            // Rounded up: 0 would end it.
            expires_s: Some(u32::try_from(left_ms.div_ceil(1000)).unwrap_or(u32::MAX)),
            reason: None,
            retry_after_s: None,
        }
    }

    /// The next notification: NOTIFY, or BENOTIFY for a subscriber that takes it. `contact` is
    /// ours. A subscription whose time is over says so by itself.
    pub fn notify(&mut self, now: Tick, contact: &str, body: Option<(&str, Bytes)>) -> Draft {
        let state = self.state(now);
        self.notification(&state, contact, body)
    }

    /// The last notification. Forget the subscription after sending it.
    pub fn terminate(
        &mut self,
        reason: Reason,
        retry_after_s: Option<u32>,
        contact: &str,
        body: Option<(&str, Bytes)>,
    ) -> Draft {
        self.notification(&terminated(reason, retry_after_s), contact, body)
    }

    /// The CSeq a notification inside the 200 to SUBSCRIBE takes (ms-piggyback-cseq): its number
    /// is used up.
    pub fn piggyback_cseq(&mut self) -> u32 {
        let _ = self.dialog.request(self.method.clone());
        self.dialog.local_cseq()
    }

    fn notification(
        &mut self,
        state: &SubscriptionState,
        contact: &str,
        body: Option<(&str, Bytes)>,
    ) -> Draft {
        let draft = self.dialog.request(self.method.clone());
        let draft = draft
            .with(Name::Contact, contact)
            .with(Name::Event, self.event.to_string())
            .with(Name::SubscriptionState, state.to_string());
        match body {
            Some((content_type, body)) => draft.body(content_type, body),
            None => draft,
        }
    }

    /// Whether this final status to a NOTIFY (or `None`: none came) ends the subscription
    /// (RFC 6665 §4.2.2: 404, 405, 410, 416, 480 to 485, 489, 501, 604, and no answer; a 503 or
    /// other failure only ends it without Retry-After).
    #[must_use]
    pub fn is_ended_by(status: Option<u16>) -> bool {
        match status {
            None => true,
            Some(status) => {
                matches!(status, 404 | 405 | 408 | 410 | 416 | 480..=485 | 489 | 501 | 604)
            }
        }
    }
}

fn terminated(reason: Reason, retry_after_s: Option<u32>) -> SubscriptionState {
    SubscriptionState {
        state: State::Terminated,
        expires_s: None,
        reason: Some(reason.as_str().to_owned()),
        retry_after_s,
    }
}
