//! Requests to other organisations: over the connection that stands (RFC 5923), else to where the
//! domain's server is found (RFC 3263 §4), one place after another until one answers (§4.3).
//!
//! Owns the ways of a request and what it waits for. What comes back is the proxy's business as
//! with any other request.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use sip::locate::Place;
use sip::{Draft, Failure, Method, Now, Outgoing, Route, ServerTransaction, Tick};

use super::asker::Asker;
use super::record_route::{End, Ends};
use super::response_context::Final;
use super::{Proxy, State, forward};
use crate::aor::Aor;
use crate::archive;
use crate::edge::Edge;
use crate::effect::{Effect, LocateToken};
use crate::error::Error;
use crate::foreign::{Abroad, ForeignDomain, Trouble};
use crate::invite;
use crate::job::{InDialog, Job};
use crate::limits;
use crate::message;
use crate::outbox::{AwaitedCommit, Outbox};
use crate::shard::Ctx;
use crate::text::Text;
use crate::write::Committed;

/// The way of one request.
#[derive(Debug)]
pub(super) struct Leg {
    /// The place that is asked now.
    at: Option<Place>,
    domain: Arc<ForeignDomain>,
    /// The request as it goes.
    draft: Draft,
    /// The connection that stands, until it was tried.
    flow: Option<sip::Flow>,
    /// The places that are tried next; none before they were asked for.
    next: Option<VecDeque<Place>>,
    /// Why nobody has answered yet.
    trouble: Option<Trouble>,
    /// It waits for the archive; whether it is refused if that fails.
    archiving: Option<bool>,
}

/// Who waits for which answer of the domain name system. Many requests to one domain wait for one.
#[derive(Debug, Default)]
pub(super) struct Locating(HashMap<LocateToken, (Arc<ForeignDomain>, Vec<Waiting>)>);

#[derive(Debug)]
enum Waiting {
    Request(u64),
    /// An ACK, which goes to the first place and has no answer.
    Ack(Draft),
}

impl Proxy {
    /// Starts a text or a call to somebody of another organisation.
    pub(crate) fn begin_abroad(&mut self, ctx: &Ctx, now: Now, out: &mut Outbox, job: Job) {
        let (transaction, request) = (job.transaction, job.request.clone());
        if let Err(error) = self.try_begin(ctx, now, out, job) {
            out.reject(now, transaction, &request, &error);
        }
    }

    fn try_begin(&mut self, ctx: &Ctx, now: Now, out: &mut Outbox, job: Job) -> Result<(), Error> {
        let Some(abroad) = job.abroad.clone() else { return Err(Error::NotFound) };
        if self.contexts.len() >= limits::PROXIED_REQUESTS_MAX {
            return Err(Error::TooFast);
        }
        let is_call = job.request.method() == Some(Method::Invite);
        let (draft, archive) = match is_call {
            true => (call(ctx, &job)?, None),
            false => {
                // As strict as with a text to one of our own: nobody names another as its writer.
                let text = message::read(now, &job)?;
                (forward::text(&job), archive::decide_abroad(ctx, now, &text, &job.owner))
            }
        };
        let (transaction, flow, request) = (job.transaction, job.flow, job.request);
        let number = self.insert(out, Asker::Somebody { transaction, flow, request }, None);
        self.set_leg(number, abroad, draft);
        let Some((blocks, write)) = archive else {
            self.go_abroad(ctx, now, out, number);
            return Ok(());
        };
        if let Some(leg) = self.leg(number) {
            leg.archiving = Some(blocks);
        }
        out.commit(AwaitedCommit::ArchiveAbroad { number }, write);
        Ok(())
    }

    /// Passes on what belongs to a dialog with somebody there.
    pub(super) fn pass_on_abroad(
        &mut self,
        ctx: &Ctx,
        out: &mut Outbox,
        transaction: ServerTransaction,
        it: InDialog,
        abroad: Abroad,
    ) {
        let draft = forward::in_dialog(&ctx.recorder, &it.request, None);
        let asker = Asker::Somebody { transaction, flow: it.flow, request: it.request };
        let number = self.insert(out, asker, None);
        self.set_leg(number, abroad, draft);
        self.try_flow_or_locate(out, number);
    }

    /// The ACK of a call that was answered there goes by the connection that stands; if that was
    /// lost since the 200 came, by a new one: without it the other end takes the call back
    /// (RFC 3261 §13.3.1.4).
    pub(super) fn acknowledge_abroad(&mut self, out: &mut Outbox, abroad: &Abroad, ack: Draft) {
        match abroad.flow {
            Some(flow) => {
                let (route, request) = (Route::Flow(flow), ack);
                out.effect(Effect::Send(Outgoing::Ack { route, request }));
            }
            None => self.locate(out, Waiting::Ack(ack), &abroad.domain),
        }
    }

    /// A notification of ours goes to somebody who has asked for it. Nobody waits for an answer.
    pub(crate) fn report_abroad(
        &mut self,
        ctx: &Ctx,
        now: Now,
        out: &mut Outbox,
        abroad: Abroad,
        (to, report): (&Aor, &Text),
    ) {
        let Ok(uri) = to.as_str().parse() else { return };
        let draft = report.request(to, &uri, report.content.whole(), 0);
        if self.contexts.len() >= limits::PROXIED_REQUESTS_MAX {
            return;
        }
        let number = self.insert(out, Asker::Nobody, None);
        self.set_leg(number, abroad, draft);
        self.go_abroad(ctx, now, out, number);
    }

    /// The store has archived a text, or not.
    pub(crate) fn archived(
        &mut self,
        ctx: &Ctx,
        now: Now,
        out: &mut Outbox,
        number: u64,
        result: &Result<Committed, String>,
    ) {
        let Some(leg) = self.leg(number) else { return };
        let blocks = leg.archiving.take().unwrap_or(false);
        if let Err(cause) = result {
            tracing::error!(%cause, domain = %leg.domain.name, "a text could not be archived");
            if blocks {
                return self.reject_abroad(now, out, number, &Error::StoreUnavailable);
            }
        }
        self.go_abroad(ctx, now, out, number);
    }

    /// It was found out where a domain's server is, or not.
    pub(crate) fn located(
        &mut self,
        ctx: &Ctx,
        now: Now,
        out: &mut Outbox,
        token: LocateToken,
        result: Result<Vec<Place>, String>,
    ) {
        let Some((domain, waiting)) = self.locating.0.remove(&token) else { return };
        let places = result.unwrap_or_else(|why| {
            tracing::warn!(domain = %domain.name, %why, "another organisation is not found");
            Vec::new()
        });
        let places = self.dead.sorted(now.tick, places);
        for waiting in waiting {
            let number = match waiting {
                Waiting::Request(number) => number,
                Waiting::Ack(request) => {
                    if let Some(place) = places.first() {
                        let route = domain.route(place, &ctx.config.computer_fqdn);
                        out.effect(Effect::Send(Outgoing::Ack { route, request }));
                    }
                    continue;
                }
            };
            let Some(leg) = self.leg(number) else { continue };
            if places.is_empty() {
                leg.trouble.get_or_insert(Trouble::NotLocated);
            }
            leg.next = Some(places.clone().into());
            self.try_next(ctx, now, out, number);
        }
    }

    /// Why a request got no answer, if it goes to another organisation.
    pub(super) fn note_trouble(&mut self, now: Tick, number: u64, why: &Failure) {
        let Some(leg) = self.leg(number) else { return };
        // The last one says most: the places before it were tried in vain for their own.
        leg.trouble = Some(Trouble::of(why));
        self.note_dead(now, number);
    }

    fn note_dead(&mut self, now: Tick, number: u64) {
        let place = self.leg(number).and_then(|leg| leg.at.take());
        if let Some(place) = place {
            self.dead.note(now, &place);
        }
    }

    /// A server there has answered; 503 says that it does not work.
    pub(super) fn note_heard(&mut self, number: u64, status: u16) {
        let Some(place) = self.leg(number).and_then(|leg| leg.at.clone()) else { return };
        if status != 503 {
            self.dead.heard(&place);
        }
    }

    /// RFC 3263 §4.3: no connection, no answer, or 503; then another place is tried, if there is
    /// one.
    pub(super) fn goes_another_way(
        &mut self,
        ctx: &Ctx,
        now: Now,
        out: &mut Outbox,
        number: u64,
        answer: &Final,
    ) -> bool {
        let Some(leg) = self.leg(number) else { return false };
        match answer {
            Final::Ours(_) => {}
            Final::Theirs(_) if answer.status() == 503 => {
                leg.trouble = Some(Trouble::Busy);
                self.note_dead(now.tick, number);
            }
            Final::Theirs(_) => return false,
        }
        self.try_next(ctx, now, out, number);
        true
    }

    /// Nobody has answered: says why.
    pub(super) fn conclude_abroad(&mut self, now: Now, out: &mut Outbox, number: u64) {
        let trouble = self.leg(number).and_then(|leg| leg.trouble);
        let error = Error::Abroad(trouble.unwrap_or(Trouble::Unreachable));
        self.reject_abroad(now, out, number, &error);
    }

    fn reject_abroad(&mut self, now: Now, out: &mut Outbox, number: u64, error: &Error) {
        if let Some(context) = self.contexts.get(&number) {
            context.asker.reject(now, out, error);
        }
        self.forget(number);
    }

    fn leg(&mut self, number: u64) -> Option<&mut Leg> {
        self.contexts.get_mut(&number)?.leg.as_mut()
    }

    fn set_leg(&mut self, number: u64, Abroad { domain, flow }: Abroad, draft: Draft) {
        let Some(context) = self.contexts.get_mut(&number) else { return };
        let at = None;
        let leg = Leg { at, domain, draft, flow, next: None, trouble: None, archiving: None };
        context.leg = Some(leg);
    }

    /// The first way; the domain may have been taken from the list while the text was archived.
    fn go_abroad(&mut self, ctx: &Ctx, now: Now, out: &mut Outbox, number: u64) {
        match self.is_allowed(ctx, number) {
            true => self.try_flow_or_locate(out, number),
            false => self.reject_abroad(now, out, number, &Error::NotFound),
        }
    }

    fn is_allowed(&self, ctx: &Ctx, number: u64) -> bool {
        let leg = self.contexts.get(&number).and_then(|context| context.leg.as_ref());
        leg.is_some_and(|leg| {
            ctx.directory.foreign().get(leg.domain.name.as_str()) == Some(&leg.domain)
        })
    }

    fn try_flow_or_locate(&mut self, out: &mut Outbox, number: u64) {
        let Some(leg) = self.leg(number) else { return };
        let (domain, draft) = (Arc::clone(&leg.domain), leg.draft.clone());
        match leg.flow.take() {
            Some(flow) => self.send(out, number, Route::Flow(flow), draft, Vec::new()),
            None => self.locate(out, Waiting::Request(number), &domain),
        }
    }

    fn locate(&mut self, out: &mut Outbox, who: Waiting, domain: &Arc<ForeignDomain>) {
        let mut all = self.locating.0.values_mut();
        if let Some((_, waiting)) = all.find(|(asked, _)| asked == domain) {
            // Requests are bounded where they come in; an ACK is lost as any datagram may be.
            if waiting.len() < limits::PROXIED_REQUESTS_MAX {
                waiting.push(who);
            }
            return;
        }
        let token = out.locate(domain);
        self.locating.0.insert(token, (Arc::clone(domain), vec![who]));
    }

    /// The next place, or the end.
    fn try_next(&mut self, ctx: &Ctx, now: Now, out: &mut Outbox, number: u64) {
        let is_open = self.contexts.get(&number).is_some_and(|it| it.state == State::Open);
        if !is_open {
            return self.conclude(now, out, number);
        }
        if !self.is_allowed(ctx, number) {
            return self.reject_abroad(now, out, number, &Error::NotFound);
        }
        let Some(leg) = self.leg(number) else { return };
        let (domain, draft) = (Arc::clone(&leg.domain), leg.draft.clone());
        let Some(next) = &mut leg.next else {
            return self.locate(out, Waiting::Request(number), &domain);
        };
        match next.pop_front() {
            Some(place) => {
                leg.at = Some(place.clone());
                let route = domain.route(&place, &ctx.config.computer_fqdn);
                self.send(out, number, route, draft, Vec::new());
            }
            None => self.conclude_abroad(now, out, number),
        }
    }
}

/// A call as it goes there, with our Record-Route.
fn call(ctx: &Ctx, job: &Job) -> Result<Draft, Error> {
    if let Some(refusal) = invite::decide_refusal(&job.request) {
        return Err(refusal);
    }
    if ctx.recorder.is_loop(&job.request, &job.owner) {
        return Err(Error::LoopDetected);
    }
    let caller = End { flow: job.flow, aor: job.speaker.aor().clone() };
    let callee = End { flow: End::ABROAD, aor: job.owner.clone() };
    let there = Edge::of(&ctx.config, None);
    let draft = forward::abroad(&job.request);
    Ok(ctx.recorder.record(draft, &Ends { caller, callee }, (&job.edge, &there)))
}
