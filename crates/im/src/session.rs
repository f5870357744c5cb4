//! Text sessions that a device of a person has with us (design.md §8): it sent an INVITE with
//! `m=message` to somebody, and we answer it whoever that is and wherever they are. What it then
//! says in the dialog is a text like any other; what is said to it by whom the session is with goes
//! into the dialog, as long as that stands.
//!
//! Owns the dialogs and their rules (RFC 3261 §12, §13.3.1, §15). Does not choose devices
//! (`conversation`) nor wait for what they answer (`delivery`).

use sip::{Dialog, DialogError, DialogId, Draft, Flow, Message, Method, Name, Now};
use sip::{Route, ServerTransaction, Tick};

use crate::aor::Aor;
use crate::composing;
use crate::config::Config;
use crate::content;
use crate::error::{ALLOW, Error};
use crate::invite::{self, Offer};
use crate::job::Job;
use crate::limits;
use crate::outbox::{Awaited, Outbox};
use crate::person::Person;
use crate::shard::Ctx;

/// The sessions of one person's devices, the oldest first.
#[derive(Debug, Default)]
pub(crate) struct Sessions(Vec<Session>);

#[derive(Debug)]
struct Session {
    /// Who its user talks with.
    with: Aor,
    /// The device's connection: nobody else may speak in the dialog.
    flow: Flow,
    dialog: Dialog,
    /// The answer that is not acknowledged yet.
    owed: Option<Box<Owed>>,
}

/// A 2xx that goes again until its ACK comes, over whatever (RFC 3261 §13.3.1.4).
#[derive(Debug)]
struct Owed {
    transaction: ServerTransaction,
    response: Draft,
    again: Tick,
    interval_ms: u64,
    until: Tick,
}

/// Whether a request of one of ours is about a session: handled in the shard of who sends it.
pub(crate) fn concerns(job: &Job) -> bool {
    let is_ours = job.abroad.is_none() && !job.speaker.is_foreign();
    is_ours
        && match job.request.method() {
            Some(Method::Invite) => {
                job.request.to_tag().is_some()
                    || matches!(invite::offer(&job.request), Offer::Texts(_))
            }
            Some(Method::Bye) => true,
            _ => false,
        }
}

/// Handles such a request of `person`.
pub(crate) fn handle(
    ctx: &Ctx,
    now: Now,
    out: &mut Outbox,
    person: &mut Person,
    job: &Job,
) -> Result<(), Error> {
    match job.request.method() {
        Some(Method::Bye) => end(out, person, job),
        _ => answer(ctx, now, out, person, job),
    }
}

/// RFC 3261 §13.3.1: a session is accepted at once, whether or not the other is there. What is said
/// to somebody absent is kept.
fn answer(
    ctx: &Ctx,
    now: Now,
    out: &mut Outbox,
    person: &mut Person,
    job: &Job,
) -> Result<(), Error> {
    let request = &job.request;
    let Offer::Texts(accept) = invite::offer(request) else {
        let refusal = invite::decide_refusal(request);
        return Err(refusal.unwrap_or(Error::NoSuchDialog));
    };
    let demanded: Vec<&str> = request.values(Name::Require).collect();
    if !demanded.is_empty() {
        return Err(Error::BadExtension(demanded.join(", ")));
    }
    let tag = out.word(now);
    let response = Draft::response(request, 200)
        .to_tag(&tag)
        .with(Name::Contact, job.contact())
        .with(Name::Allow, ALLOW)
        .body("application/sdp", sdp(&ctx.config));
    let owed = Owed {
        transaction: job.transaction,
        response: response.clone(),
        again: now.tick.after_ms(limits::SESSION_ANSWER_MS),
        interval_ms: limits::SESSION_ANSWER_MS,
        until: now.tick.after_ms(limits::SESSION_ANSWER_MS_MAX),
    };
    let owed = Some(Box::new(owed));
    if request.to_tag().is_some() {
        let session = person.sessions.of(request, job.flow).ok_or(Error::NoSuchDialog)?;
        session.dialog.accept(request).map_err(wrong)?;
        session.owed = owed;
    } else {
        let dialog = Dialog::from_uas(request, &response).map_err(wrong)?;
        let with = job.owner.clone();
        person.sessions.0.push(Session { with, flow: job.flow, dialog, owed });
    }
    if let Some(binding) = person.bindings.on_flow(job.flow) {
        binding.takes.offer(accept);
    }
    out.respond(job.transaction, response);
    while person.sessions.0.len() > limits::SESSIONS_PER_USER_MAX {
        person.sessions.0.remove(0).bye(out);
    }
    Ok(())
}

/// The device ends it (RFC 3261 §15.1.2).
fn end(out: &mut Outbox, person: &mut Person, job: &Job) -> Result<(), Error> {
    let session = person.sessions.of(&job.request, job.flow).ok_or(Error::NoSuchDialog)?;
    session.dialog.accept(&job.request).map_err(wrong)?;
    person.sessions.forget(&job.request);
    out.respond(job.transaction, Draft::response(&job.request, 200));
    Ok(())
}

fn wrong(error: DialogError) -> Error {
    match error {
        DialogError::Header(_) => Error::Malformed("The dialog cannot be made of its headers"),
        DialogError::NotOurs => Error::NoSuchDialog,
        DialogError::OutOfOrder => Error::OutOfOrder,
    }
}

/// The answer to any offer of texts; the address is no place that anything is sent to.
fn sdp(config: &Config) -> String {
    let types = content::ACCEPT.replace(',', "");
    let pool = &config.pool_fqdn;
    format!(
        "v=0\r\no=- 0 0 IN IP4 {pool}\r\ns=session\r\nc=IN IP4 {pool}\r\nt=0 0\r\n\
         m=message {} sip null\r\na=accept-types:{types}\r\n",
        limits::SIPS_PORT
    )
}

impl Session {
    fn is(&self, request: &Message, flow: Flow) -> bool {
        self.flow == flow && DialogId::of_request(request).as_ref() == Some(self.dialog.id())
    }

    /// Our end of it is over (RFC 3261 §15.1.1); nobody cares what is answered.
    fn bye(mut self, out: &mut Outbox) {
        let bye = self.dialog.request(Method::Bye);
        out.request(Awaited::Nothing, Route::Flow(self.flow), bye);
    }
}

impl Sessions {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether `request` came in one of them.
    pub(crate) fn has(&self, request: &Message, flow: Flow) -> bool {
        self.0.iter().any(|session| session.is(request, flow))
    }

    /// An ACK has come: if it is of one of them, that stands.
    pub(crate) fn acknowledged(&mut self, request: &Message, flow: Flow) {
        if let Some(session) = self.of(request, flow) {
            session.owed = None;
        }
    }

    /// A request in which the device on `flow` gets a text of `with`; none if there is no session,
    /// so that it goes outside of one.
    pub(crate) fn text(&mut self, flow: Option<Flow>, with: &Aor) -> Option<Draft> {
        Some(self.standing(flow?, with)?.dialog.request(Method::Message))
    }

    /// As [`Sessions::text`], for what `with` does at the keyboard.
    pub(crate) fn keyboard(
        &mut self,
        flow: Option<Flow>,
        with: &Aor,
        is_active: bool,
    ) -> Option<Draft> {
        let info = self.standing(flow?, with)?.dialog.request(Method::Info);
        Some(info.body(composing::KEYBOARD, composing::print_keyboard(is_active)))
    }

    /// The device has forgotten what it had with `with`.
    pub(crate) fn lost(&mut self, flow: Option<Flow>, with: &Aor) {
        self.0.retain(|session| Some(session.flow) != flow || session.with != *with);
    }

    /// A connection is gone, and what was said over it.
    pub(crate) fn closed(&mut self, flow: Flow) {
        self.0.retain(|session| session.flow != flow);
    }

    /// All of them end.
    pub(crate) fn end_all(&mut self, out: &mut Outbox) {
        self.0.drain(..).for_each(|session| session.bye(out));
    }

    pub(crate) fn next_due(&self) -> Option<Tick> {
        let owed = self.0.iter().filter_map(|session| session.owed.as_ref());
        owed.map(|owed| owed.again.min(owed.until)).min()
    }

    /// Answers again who has not acknowledged, and ends with whom never does.
    pub(crate) fn expire(&mut self, now: Now, out: &mut Outbox) {
        let is_over = |session: &mut Session| {
            session.owed.as_ref().is_some_and(|owed| owed.until <= now.tick)
        };
        self.0.extract_if(.., is_over).for_each(|session| session.bye(out));
        let owed = self.0.iter_mut().filter_map(|session| session.owed.as_mut());
        for owed in owed.filter(|owed| owed.again <= now.tick) {
            out.respond(owed.transaction, owed.response.clone());
            owed.interval_ms = (owed.interval_ms * 2).min(limits::SESSION_ANSWER_AGAIN_MS_MAX);
            owed.again = now.tick.after_ms(owed.interval_ms);
        }
    }

    fn of(&mut self, request: &Message, flow: Flow) -> Option<&mut Session> {
        self.0.iter_mut().find(|session| session.is(request, flow))
    }

    /// The newest: a client that begins another with the same person has left the one before.
    fn standing(&mut self, flow: Flow, with: &Aor) -> Option<&mut Session> {
        let stands = |it: &&mut Session| it.flow == flow && it.with == *with && it.owed.is_none();
        self.0.iter_mut().rev().find(stands)
    }

    fn forget(&mut self, request: &Message) {
        let id = DialogId::of_request(request);
        self.0.retain(|session| Some(session.dialog.id()) != id.as_ref());
    }
}
