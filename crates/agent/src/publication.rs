//! One person's own presence (RFC 3903): published when signed in, refreshed, modified under its
//! entity-tag, made anew when the pool has forgotten it (412). Owns that state; the document is
//! `presence.rs`.

use sip::{Draft, EventHeader, Method, Name, Now, Tick};

use crate::command::OwnState;
use crate::limits::{EXPIRES_S, RETRY_MS_FIRST, RETRY_MS_MAX};
use crate::outbox::{Outbox, Purpose, Reply, Sequence, granted_s, refresh_ms};
use crate::presence;
use crate::random::backoff_ms;
use crate::registration::Me;

/// A PUBLISH that was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Sent {
    /// The choice it carries, or repeats.
    state: Option<OwnState>,
    /// It named an entity-tag.
    is_conditional: bool,
}

/// The publication.
#[derive(Debug)]
pub(crate) struct Publication {
    sequence: Sequence,
    /// What the person chose; `None`: nothing, the device speaks alone.
    wanted: Option<OwnState>,
    /// What stands at the pool, and under which entity-tag.
    standing: Option<(Option<OwnState>, String)>,
    sent: Option<Sent>,
    due: Tick,
    expires_s: u32,
    attempt: u32,
}

impl Publication {
    pub(crate) fn new(out: &mut Outbox) -> Publication {
        Publication {
            sequence: Sequence::new(out),
            wanted: None,
            standing: None,
            sent: None,
            due: Tick::NEVER,
            expires_s: EXPIRES_S,
            attempt: 0,
        }
    }

    pub(crate) fn next_timeout(&self) -> Tick {
        self.due
    }

    /// The link or the registration is gone: the pool's memory of it may be too.
    pub(crate) fn lost(&mut self) {
        (self.standing, self.sent, self.due, self.attempt) = (None, None, Tick::NEVER, 0);
    }

    /// The person chose; `is_registered` says whether it can be told now or when signed in.
    pub(crate) fn choose(
        &mut self,
        state: Option<OwnState>,
        is_registered: bool,
        me: &Me,
        out: &mut Outbox,
    ) {
        self.wanted = state;
        if is_registered {
            self.attempt = 0;
            self.publish(me, out);
        }
    }

    /// Publishes what is wanted, unless an answer is awaited: then afterwards.
    pub(crate) fn publish(&mut self, me: &Me, out: &mut Outbox) {
        if self.sent.is_some() || out.link.is_none() {
            return;
        }
        let tag = self.standing.as_ref().map(|(_, tag)| tag.clone());
        let is_refresh = self.standing.as_ref().is_some_and(|(state, _)| *state == self.wanted);
        let mut request = self.request(me, self.expires_s, tag.as_deref());
        if !is_refresh {
            let document = presence::print(&me.aor, self.wanted);
            request = request.body(presence::MEDIA_TYPE, document);
        }
        self.sent = Some(Sent { state: self.wanted, is_conditional: tag.is_some() });
        self.due = Tick::NEVER;
        out.request(me.owner(Purpose::Publish), request);
    }

    pub(crate) fn handle_timeout(&mut self, now: Now, me: &Me, out: &mut Outbox) {
        if self.due <= now.tick {
            self.due = Tick::NEVER;
            self.publish(me, out);
        }
    }

    pub(crate) fn handle_reply(&mut self, now: Now, reply: Reply<'_>, me: &Me, out: &mut Outbox) {
        let Some(sent) = self.sent.take() else { return };
        match (reply, reply.status()) {
            (Reply::Response(response), 200..=299) => {
                let tag = response.header(Name::SipEtag).map(str::to_owned);
                self.standing = tag.map(|tag| (sent.state, tag));
                self.attempt = 0;
                let granted_s = granted_s(response, self.expires_s);
                self.due = now.tick.after_ms(refresh_ms(&mut out.random, granted_s));
                if sent.state != self.wanted {
                    self.publish(me, out);
                }
            }
            // RFC 3903 §4.4: the pool does not know the entity-tag; begin anew with the document.
            (_, 412) if sent.is_conditional => {
                self.standing = None;
                self.publish(me, out);
            }
            (_, 423) if reply.longer_s(self.expires_s).is_some() => {
                self.expires_s = reply.longer_s(self.expires_s).unwrap_or(self.expires_s);
                self.publish(me, out);
            }
            _ => {
                // Whether it was taken is not known: begin anew.
                self.standing = None;
                let first = if reply.may_pass() { RETRY_MS_FIRST } else { RETRY_MS_MAX };
                let pause_ms = backoff_ms(&mut out.random, self.attempt, first, RETRY_MS_MAX);
                self.attempt = self.attempt.saturating_add(1);
                self.due = now.tick.after_ms(pause_ms);
            }
        }
    }

    /// The PUBLISH that removes it (RFC 3903 §4.5), if anything stands.
    pub(crate) fn removal(&mut self, me: &Me) -> Option<Draft> {
        let (_, tag) = self.standing.take()?;
        Some(self.request(me, 0, Some(&tag)))
    }

    fn request(&mut self, me: &Me, expires_s: u32, tag: Option<&str>) -> Draft {
        self.sequence
            .request(Method::Publish, &me.name.uri, &me.name, &me.name)
            .with(Name::Event, EventHeader::new("presence").to_string())
            .with(Name::Expires, expires_s.to_string())
            .with_some(Name::SipIfMatch, tag)
    }
}
