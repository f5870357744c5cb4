//! One person's registration at the pool (RFC 3261 §10): ask, refresh, ask again after a failure,
//! take back. Owns that state; what follows from it is `user.rs`.

use std::sync::Arc;

use sip::{Draft, Message, Method, Name, NameAddr, Now, Tick, Uri};

use crate::incoming::ACCEPTED;
use crate::limits::{EXPIRES_S, REFUSED_MS, RETRY_MS_FIRST, RETRY_MS_MAX};
use crate::outbox::{Outbox, Owner, Purpose, Reply, Sequence, believable_s, refresh_ms};
use crate::random::backoff_ms;

/// What it waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// The link.
    ExpectLink,
    /// The first answer, or one after a failure.
    ExpectAnswer,
    /// The time to refresh, or the answer to a refresh.
    Standing,
    /// The end of a pause.
    ExpectPause,
    /// Somebody to change something: a new link, *Retry*, or another sign-in.
    Refused,
}

/// What an answer meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Registered {
    /// Nothing new.
    AsBefore,
    /// The person is registered now.
    Now,
    /// The person is not registered, or not any more.
    Not { status: u16, reason: String },
}

/// The registration.
#[derive(Debug)]
pub(crate) struct Registration {
    sequence: Sequence,
    state: State,
    due: Tick,
    expires_s: u32,
    attempt: u32,
}

impl Registration {
    pub(crate) fn new(out: &mut Outbox) -> Registration {
        Registration {
            sequence: Sequence::new(out),
            state: State::ExpectLink,
            due: Tick::NEVER,
            expires_s: EXPIRES_S,
            attempt: 0,
        }
    }

    pub(crate) fn is_standing(&self) -> bool {
        self.state == State::Standing
    }

    pub(crate) fn is_asking(&self) -> bool {
        self.state == State::ExpectAnswer
    }

    pub(crate) fn next_timeout(&self) -> Tick {
        self.due
    }

    /// The link is gone, and with it the binding: the pool reaches us over it.
    pub(crate) fn link_lost(&mut self) {
        (self.state, self.due, self.attempt) = (State::ExpectLink, Tick::NEVER, 0);
    }

    /// Asks now, unless it stands or was asked already.
    pub(crate) fn ask(&mut self, me: &Me, out: &mut Outbox) {
        if out.link.is_none() || matches!(self.state, State::ExpectAnswer | State::Standing) {
            return;
        }
        self.state = State::ExpectAnswer;
        self.send(me, out);
    }

    /// Another connection is the link: the binding must lead over it (RFC 3261 §10.2.4).
    pub(crate) fn move_over(&mut self, me: &Me, out: &mut Outbox) {
        match self.state {
            State::Standing | State::ExpectAnswer => self.send(me, out),
            State::ExpectLink | State::ExpectPause | State::Refused => self.ask(me, out),
        }
    }

    pub(crate) fn handle_timeout(&mut self, now: Now, me: &Me, out: &mut Outbox) {
        if now.tick < self.due {
            return;
        }
        match self.state {
            State::Standing => self.send(me, out),
            State::ExpectPause | State::Refused => self.ask(me, out),
            State::ExpectLink | State::ExpectAnswer => self.due = Tick::NEVER,
        }
    }

    pub(crate) fn handle_reply(
        &mut self,
        now: Now,
        reply: Reply<'_>,
        me: &Me,
        out: &mut Outbox,
    ) -> Registered {
        match (reply, reply.status()) {
            (Reply::Response(response), 200..=299) => {
                let granted_s = granted_s(response, me, out).unwrap_or(self.expires_s);
                self.due = now.tick.after_ms(refresh_ms(&mut out.random, granted_s));
                let was_standing = self.is_standing();
                (self.state, self.attempt) = (State::Standing, 0);
                if was_standing { Registered::AsBefore } else { Registered::Now }
            }
            // RFC 3261 §10.2.8: the pool wants a longer lifetime.
            (_, 423) if reply.longer_s(self.expires_s).is_some() => {
                self.expires_s = reply.longer_s(self.expires_s).unwrap_or(self.expires_s);
                self.send(me, out);
                Registered::AsBefore
            }
            (_, status) => {
                self.fail(now, reply, out);
                Registered::Not { status, reason: reply.reason() }
            }
        }
    }

    /// The REGISTER that removes the binding (RFC 3261 §10.2.2).
    pub(crate) fn removal(&mut self, me: &Me, out: &mut Outbox) -> Draft {
        (self.state, self.due) = (State::Refused, Tick::NEVER);
        self.draft(me, out, 0)
    }

    fn fail(&mut self, now: Now, reply: Reply<'_>, out: &mut Outbox) {
        if !reply.may_pass() {
            // Who was enabled a moment ago may not be known at the pool yet.
            (self.state, self.due) = (State::Refused, now.tick.after_ms(REFUSED_MS));
            return;
        }
        let pause_ms = backoff_ms(&mut out.random, self.attempt, RETRY_MS_FIRST, RETRY_MS_MAX);
        let asked_ms = reply.retry_after_s().map_or(0, |s| u64::from(s) * 1_000);
        self.attempt = self.attempt.saturating_add(1);
        self.state = State::ExpectPause;
        self.due = now.tick.after_ms(pause_ms.max(asked_ms.min(RETRY_MS_MAX)));
    }

    fn send(&mut self, me: &Me, out: &mut Outbox) {
        self.due = Tick::NEVER;
        let request = self.draft(me, out, self.expires_s);
        out.request(me.owner(Purpose::Register), request);
    }

    fn draft(&mut self, me: &Me, out: &Outbox, expires_s: u32) -> Draft {
        self.sequence
            .request(Method::Register, &me.registrar, &me.name, &me.name)
            .with(Name::Contact, format!("{};expires={expires_s}", out.contact(&me.name)))
            .with(Name::Expires, expires_s.to_string())
            // What is not said, the pool would have to find out by being refused.
            .with(Name::Accept, ACCEPTED)
    }
}

/// Our own binding's lifetime among those in the response (RFC 3261 §10.3 step 8).
fn granted_s(response: &Message, me: &Me, out: &Outbox) -> Option<u32> {
    let contacts = response.contacts().ok()?;
    let ours = NameAddr::parse(&out.contact(&me.name)).ok()?;
    let found = contacts.iter().find(|contact| {
        contact.address().is_some_and(|address| {
            address.uri.host == ours.uri.host
                && address.uri.port == ours.uri.port
                && address.uri.user == ours.uri.user
        })
    });
    let granted_s = found.and_then(sip::Contact::expires_s).or(response.expires_s());
    granted_s.map(believable_s)
}

/// Who a signed-in person is in requests.
#[derive(Clone, Debug)]
pub(crate) struct Me {
    /// The address of record, folded: the key.
    pub(crate) aor: Arc<str>,
    /// The address as the web app wrote it: what events carry.
    pub(crate) address: String,
    /// From, and To of REGISTER.
    pub(crate) name: NameAddr,
    /// The Request-URI of REGISTER: the domain (RFC 3261 §10.2).
    pub(crate) registrar: Uri,
}

impl Me {
    pub(crate) fn new(address: &str, display_name: &str) -> Option<Me> {
        let uri = Uri::parse(address).ok()?;
        let aor = uri.aor()?;
        let plain = Uri::parse(&aor).ok()?;
        let registrar = Uri::sip(None, &plain.host.to_string()).ok()?;
        let name = NameAddr::new(plain).with_display(display_name);
        Some(Me { aor: aor.into(), address: address.to_owned(), name, registrar })
    }

    pub(crate) fn owner(&self, purpose: Purpose) -> Owner {
        Owner::User { aor: Arc::clone(&self.aor), purpose }
    }
}
