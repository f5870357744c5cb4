//! The one trusted connection (style.md calls it shared: all people of a node use it). Owns its
//! state: dial, the first OPTIONS, up, probe, lost, pause, dial again. What people do over it is
//! `user.rs`.
//!
//! TLS 1.3 lets the side that dials believe in success before the other side has judged its
//! certificate; so the link is up only when its first OPTIONS was answered by a success.

use sip::{
    Diagnostics, Failure, Flow, IdentityName, Message, Method, Name, NameAddr, Now, Route, Target,
    Tick, TlsFault, Transport, Uri, Why,
};

use crate::command::{Event, LinkFailure, LinkStage, LinkState, Settings};
use crate::limits::{PROBE_MS, REDIAL_MS_FIRST, REDIAL_MS_MAX};
use crate::outbox::{Outbox, Owner, Reply, Sequence};
use crate::random::backoff_ms;

/// What the link waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Nothing: not configured.
    Off,
    /// The answer to the first OPTIONS.
    ExpectAnswer,
    /// The next probe, or the answer to one.
    Up { flow: Flow, is_probing: bool },
    /// The end of the pause after a failure.
    ExpectPause,
}

/// What a step meant for the people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Nothing.
    None,
    /// The link is up.
    Up,
    /// The link was up and is gone.
    Lost,
}

/// The link.
#[derive(Debug)]
pub(crate) struct Shared {
    settings: Option<Settings>,
    state: State,
    due: Tick,
    attempt: u32,
    failure: Option<LinkFailure>,
}

impl Shared {
    pub(crate) fn new() -> Shared {
        Shared { settings: None, state: State::Off, due: Tick::NEVER, attempt: 0, failure: None }
    }

    pub(crate) fn settings(&self) -> Option<&Settings> {
        self.settings.as_ref()
    }

    pub(crate) fn next_timeout(&self) -> Tick {
        self.due
    }

    pub(crate) fn is_up(&self) -> bool {
        matches!(self.state, State::Up { .. })
    }

    /// New settings, also the same again (recycle): what stood is closed and made anew, because
    /// the certificate behind the thumbprint may be another.
    pub(crate) fn configure(
        &mut self,
        now: Now,
        settings: Option<Settings>,
        out: &mut Outbox,
    ) -> Step {
        let step = if let State::Up { flow, .. } = self.state {
            out.close(flow, "the settings were loaded again");
            Step::Lost
        } else {
            Step::None
        };
        out.forget_owners();
        out.link = None;
        self.settings = settings;
        (self.attempt, self.failure) = (0, None);
        match &self.settings {
            Some(settings) => {
                out.contact_host = contact_host(settings);
                out.event(Event::Link(LinkState::Connecting));
                self.dial(now, out);
            }
            None => {
                (self.state, self.due) = (State::Off, Tick::NEVER);
                out.event(Event::Link(LinkState::Off));
            }
        }
        step
    }

    /// Somebody pressed *Retry*.
    pub(crate) fn retry(&mut self, now: Now, out: &mut Outbox) {
        if self.state == State::ExpectPause {
            (self.attempt, self.failure) = (0, None);
            out.event(Event::Link(LinkState::Connecting));
            self.dial(now, out);
        }
    }

    pub(crate) fn handle_timeout(&mut self, now: Now, out: &mut Outbox) {
        if now.tick < self.due {
            return;
        }
        match self.state {
            State::ExpectPause => self.dial(now, out),
            State::Up { flow, is_probing: false } => {
                self.due = Tick::NEVER;
                self.state = State::Up { flow, is_probing: true };
                let probe = self.settings.as_ref().and_then(|settings| options(settings, out));
                if let Some(options) = probe {
                    out.request_by(Route::Flow(flow), Owner::Link, options);
                }
            }
            State::Off | State::ExpectAnswer | State::Up { .. } => self.due = Tick::NEVER,
        }
    }

    /// A request of somebody had no answer in time: does the link still work?
    pub(crate) fn doubt(&mut self, now: Now) {
        if let State::Up { is_probing: false, .. } = self.state {
            self.due = now.tick;
        }
    }

    /// The answer to OPTIONS; `flow` is where it came from.
    pub(crate) fn handle_reply(
        &mut self,
        now: Now,
        reply: Reply<'_>,
        flow: Option<Flow>,
        out: &mut Outbox,
    ) -> Step {
        match (self.state, reply, flow) {
            (State::ExpectAnswer, Reply::Response(response), Some(flow)) => {
                self.handle_first_answer(now, response, flow, out)
            }
            (State::ExpectAnswer, Reply::Failed(why), _) => {
                self.fail(now, failure_of(why), out);
                Step::None
            }
            // While up any answer shows that the peer lives; a peer that has stopped trusting us
            // says 403 and closes.
            (State::Up { flow, .. }, Reply::Response(response), _)
                if response.status() != Some(403) =>
            {
                self.state = State::Up { flow, is_probing: false };
                self.due = now.tick.after_ms(PROBE_MS);
                Step::None
            }
            (State::Up { flow, .. }, Reply::Response(response), _) => {
                out.close(flow, "the pool does not trust this computer any more");
                self.lose(now, refused(response), out)
            }
            (State::Up { flow, .. }, Reply::Failed(_), _) => {
                out.close(flow, "the pool does not answer");
                let text = reply.reason();
                self.lose(now, LinkFailure { stage: LinkStage::Lost, text, diagnostics: None }, out)
            }
            _ => Step::None,
        }
    }

    /// A flow was closed.
    pub(crate) fn handle_closed(
        &mut self,
        now: Now,
        closed: Flow,
        why: &Why,
        out: &mut Outbox,
    ) -> Step {
        match self.state {
            State::Up { flow, .. } if flow == closed => {
                let stage = LinkStage::Lost;
                let failure = LinkFailure { stage, text: why.to_string(), diagnostics: None };
                self.lose(now, failure, out)
            }
            _ => Step::None,
        }
    }

    fn handle_first_answer(
        &mut self,
        now: Now,
        response: &Message,
        flow: Flow,
        out: &mut Outbox,
    ) -> Step {
        if response.status().is_some_and(|status| (200..300).contains(&status)) {
            self.state = State::Up { flow, is_probing: false };
            self.due = now.tick.after_ms(PROBE_MS);
            (self.attempt, self.failure) = (0, None);
            out.link = Some(flow);
            out.event(Event::Link(LinkState::Up));
            return Step::Up;
        }
        out.close(flow, "the first request was refused");
        self.fail(now, refused(response), out);
        Step::None
    }

    /// Another connection becomes the link; the one before is given back, still open.
    pub(crate) fn adopt(
        &mut self,
        now: Now,
        settings: Settings,
        flow: Flow,
        out: &mut Outbox,
    ) -> Option<Flow> {
        let before = match self.state {
            State::Up { flow, .. } => Some(flow),
            _ => None,
        };
        out.forget_probes();
        out.contact_host = contact_host(&settings);
        self.settings = Some(settings);
        self.state = State::Up { flow, is_probing: false };
        self.due = now.tick.after_ms(PROBE_MS);
        (self.attempt, self.failure) = (0, None);
        out.link = Some(flow);
        before
    }

    /// What makes a connection: where to, and the first request on it.
    pub(crate) fn first_request(
        settings: &Settings,
        out: &mut Outbox,
    ) -> Option<(Route, sip::Draft)> {
        let options = options(settings, out)?;
        let target = Target {
            host: settings.server_name.clone(),
            port: settings.port,
            transport: Transport::Tls,
        };
        let route = Route::Target {
            target,
            identity: IdentityName(settings.thumbprint.clone()),
            expect_name: settings.server_name.clone(),
        };
        Some((route, options))
    }

    fn dial(&mut self, _now: Now, out: &mut Outbox) {
        let first = self.settings.as_ref().and_then(|it| Shared::first_request(it, out));
        let Some((route, options)) = first else { return self.cannot_dial(out) };
        (self.state, self.due) = (State::ExpectAnswer, Tick::NEVER);
        out.request_by(route, Owner::Link, options);
    }

    /// The server name or our own is no host name: only other settings mend that.
    fn cannot_dial(&mut self, out: &mut Outbox) {
        let names = self.settings.as_ref().map(|it| (&it.server_name, &it.local_fqdn));
        let text = names.map_or_else(String::new, |(server, local)| {
            format!("\"{server}\" or \"{local}\" is not a host name")
        });
        (self.state, self.due) = (State::ExpectPause, Tick::NEVER);
        self.tell(LinkFailure { stage: LinkStage::Connect, text, diagnostics: None }, out);
    }

    fn lose(&mut self, now: Now, failure: LinkFailure, out: &mut Outbox) -> Step {
        out.link = None;
        out.forget_owners();
        self.fail(now, failure, out);
        Step::Lost
    }

    fn fail(&mut self, now: Now, failure: LinkFailure, out: &mut Outbox) {
        let pause_ms = backoff_ms(&mut out.random, self.attempt, REDIAL_MS_FIRST, REDIAL_MS_MAX);
        self.attempt = self.attempt.saturating_add(1);
        (self.state, self.due) = (State::ExpectPause, now.tick.after_ms(pause_ms));
        self.tell(failure, out);
    }

    /// The same failure again is no news.
    fn tell(&mut self, failure: LinkFailure, out: &mut Outbox) {
        if self.failure.as_ref() != Some(&failure) {
            self.failure = Some(failure.clone());
            out.event(Event::Link(LinkState::Down { reason: failure }));
        }
    }
}

/// OPTIONS from this computer to the pool (RFC 3261 §11).
fn options(settings: &Settings, out: &mut Outbox) -> Option<sip::Draft> {
    let pool = Uri::sip(None, &settings.server_name).ok()?;
    let me = NameAddr::new(Uri::sip(None, &settings.local_fqdn).ok()?);
    let to = NameAddr::new(pool.clone());
    let contact = format!("<sip:{};transport=tls>", contact_host(settings));
    let request = Sequence::new(out).request(Method::Options, &pool, &me, &to);
    Some(request.with(Name::Contact, contact))
}

/// Host and port of our Contact.
fn contact_host(settings: &Settings) -> String {
    format!("{}:{}", settings.local_fqdn, settings.local_port)
}

/// The pool answered, but not by a success.
pub(crate) fn refused(response: &Message) -> LinkFailure {
    let status = response.status().unwrap_or(500);
    let phrase = response.reason().unwrap_or_default();
    let diagnostics = Diagnostics::of(response).map(|found| (found.id, found.reason));
    let stage = match status {
        403 => LinkStage::Trust,
        401 | 407 => LinkStage::Challenge,
        _ => LinkStage::Options,
    };
    let text = match (status, &diagnostics) {
        (401 | 407, _) => format!(
            "{status} {phrase}: the pool asks this computer for a password; its trusted \
             application pool has TreatAsAuthenticated off"
        ),
        (_, Some((_, reason))) => format!("{status} {phrase}: {reason}"),
        (_, None) => format!("{status} {phrase}"),
    };
    LinkFailure { stage, text, diagnostics }
}

/// The first OPTIONS had no answer.
pub(crate) fn failure_of(failure: &Failure) -> LinkFailure {
    let (stage, text) = match failure {
        Failure::Timeout => {
            (LinkStage::Options, "the pool did not answer the first request".to_owned())
        }
        Failure::Unreachable(why) | Failure::Closed(why) => (stage_of(why), why.to_string()),
        Failure::Busy => (LinkStage::Connect, "too much is under way".to_owned()),
    };
    LinkFailure { stage, text, diagnostics: None }
}

/// Which stage a closed connection did not pass.
fn stage_of(why: &Why) -> LinkStage {
    match why {
        Why::Refused(TlsFault::OwnUnusable, _) => LinkStage::Certificate,
        Why::Refused(TlsFault::OwnRefused, _) => LinkStage::Refused,
        Why::Refused(TlsFault::PeerName, _) => LinkStage::PoolName,
        Why::Refused(TlsFault::PeerChain, _) => LinkStage::PoolChain,
        Why::Refused(TlsFault::PeerCertificate, _) => LinkStage::PoolCertificate,
        Why::Refused(TlsFault::Handshake, _) => LinkStage::Handshake,
        // It stood, and nothing came over it.
        Why::Eof | Why::Protocol(_) | Why::Slow => LinkStage::Options,
        _ => LinkStage::Connect,
    }
}
