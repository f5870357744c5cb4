//! The proxy (RFC 3261 §16): calls to the devices of a person, and all that belongs to a dialog
//! that began with one. Media goes from device to device; what is said about it is not touched.
//!
//! Owns the requests on their way and what came back of them. The stack has the transactions,
//! their repetitions, and timer C. Nothing is kept about a dialog: what is recorded in it
//! (`record_route`) leads its later requests through.
//!
//! Read next: `target` (who rings), `response_context` (what is passed back), `record_route`,
//! `abroad` (what goes to other organisations).

mod abroad;
mod asker;
mod dead;
mod forward;
pub(crate) mod record_route;
mod response_context;
mod target;

use std::collections::{BTreeSet, HashMap, VecDeque};

use sip::{Draft, Failure, Flow, Message, Name, Now, Outgoing, Route, ServerTransaction, Tick};
use sip::{Token, Uri};

use self::abroad::{Leg, Locating};
use self::asker::Asker;
use self::dead::Dead;
use self::record_route::{End, Ends};
pub(crate) use self::response_context::FLOW_FAILED;
use self::response_context::{Best, Final};
use self::target::Target;
use crate::effect::Effect;
use crate::error::Error;
use crate::gruu::Gruus;
use crate::invite;
use crate::job::{InDialog, Job};
use crate::limits;
use crate::outbox::Outbox;
use crate::person::Person;
use crate::shard::Ctx;

/// One request on its way through.
#[derive(Debug)]
struct Context {
    /// Who waits for the answer.
    asker: Asker,
    /// What rings next, for a call.
    call: Option<Call>,
    /// The way to another organisation, for what goes there.
    leg: Option<Leg>,
    /// Those that have not given a final answer.
    pending: Vec<Pending>,
    /// All that were asked.
    asked: Vec<Token>,
    best: Best,
    state: State,
    /// When it is forgotten, once it is answered by a 2xx.
    forget: Option<Tick>,
}

/// A device that was asked and has not given a final answer.
#[derive(Debug)]
struct Pending {
    token: Token,
    /// Whether it has answered anything.
    is_heard: bool,
    /// Other flows to it.
    others: Vec<Target>,
}

/// What a call needs to ring the next group.
#[derive(Debug)]
struct Call {
    job: Job,
    next: VecDeque<Vec<Target>>,
    /// How many ring at once.
    beside: usize,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum State {
    /// No final answer was passed back.
    Open,
    /// The caller does not want it any more.
    Cancelled,
    /// We stop before anybody has taken it.
    Stopped,
    /// A 2xx was passed back; repetitions of it still are.
    Answered,
}

/// See the head of the file.
#[derive(Debug, Default)]
pub(crate) struct Proxy {
    contexts: HashMap<u64, Context>,
    tokens: HashMap<Token, u64>,
    upstream: HashMap<ServerTransaction, u64>,
    due: BTreeSet<(Tick, u64)>,
    locating: Locating,
    dead: Dead,
}

impl Proxy {
    /// When something is to be forgotten.
    pub(crate) fn next_due(&self) -> Option<Tick> {
        self.due.first().map(|(due, _)| *due)
    }

    /// How many requests are on their way.
    pub(crate) fn len(&self) -> usize {
        self.contexts.len()
    }

    /// Whether nobody waits for an answer through us.
    pub(crate) fn is_quiet(&self) -> bool {
        let is_quiet = |it: &Context| it.state == State::Answered || it.asker.is_nobody();
        self.contexts.values().all(is_quiet)
    }

    /// Whether the answer to this request of ours is the proxy's.
    pub(crate) fn asked(&self, token: Token) -> bool {
        self.tokens.contains_key(&token)
    }

    /// Starts a call to `person`.
    pub(crate) fn call(
        &mut self,
        ctx: &Ctx,
        out: &mut Outbox,
        person: Option<&Person>,
        job: Job,
    ) -> Result<(), Error> {
        if let Some(refusal) = invite::decide_refusal(&job.request) {
            return Err(refusal);
        }
        if ctx.recorder.is_loop(&job.request, &job.owner) {
            return Err(Error::LoopDetected);
        }
        if self.contexts.len() >= limits::PROXIED_REQUESTS_MAX {
            return Err(Error::TooFast);
        }
        let next = person.map(|person| target::groups(person, &job)).unwrap_or_default();
        if next.is_empty() {
            return Err(Error::Unavailable);
        }
        let widest = next.iter().map(Vec::len).max().unwrap_or(0);
        if forward::breadth(&job.request) < widest {
            return Err(Error::TooBroad);
        }
        let (transaction, flow, request) = (job.transaction, job.flow, job.request.clone());
        let call = Call { job, next: next.into(), beside: 1 };
        let asker = Asker::Somebody { transaction, flow, request };
        let number = self.insert(out, asker, Some(call));
        self.ring(ctx, out, number);
        Ok(())
    }

    /// Passes on what belongs to a dialog through us.
    pub(crate) fn pass_on(
        &mut self,
        ctx: &Ctx,
        out: &mut Outbox,
        person: Option<&Person>,
        transaction: ServerTransaction,
        it: InDialog,
    ) -> Result<(), Error> {
        if self.contexts.len() >= limits::PROXIED_REQUESTS_MAX {
            return Err(Error::TooFast);
        }
        if let Some(abroad) = it.abroad.clone() {
            self.pass_on_abroad(ctx, out, transaction, it, abroad);
            return Ok(());
        }
        let (flow, contact) = way(&ctx.gruus, person, &it).ok_or(Error::Unavailable)?;
        let draft = forward::in_dialog(&ctx.recorder, &it.request, contact);
        let asker = Asker::Somebody { transaction, flow: it.flow, request: it.request };
        let number = self.insert(out, asker, None);
        self.send(out, number, Route::Flow(flow), draft, Vec::new());
        Ok(())
    }

    /// An answer has come.
    pub(crate) fn answered(
        &mut self,
        ctx: &Ctx,
        now: Now,
        out: &mut Outbox,
        token: Token,
        response: Message,
    ) {
        let Some(number) = self.tokens.get(&token).copied() else { return };
        let Some(context) = self.contexts.get_mut(&number) else { return };
        let status = response.status().unwrap_or(500);
        if let Some(pending) = context.pending.iter_mut().find(|pending| pending.token == token) {
            pending.is_heard = true;
        }
        self.note_heard(number, status);
        let Some(context) = self.contexts.get(&number) else { return };
        match status {
            // Passed back hop by hop only (RFC 3261 §16.7 step 2).
            ..101 => {}
            101..200 if context.state == State::Open => {
                context.asker.respond(out, response_context::passed_back(&response));
            }
            101..200 => {}
            200..300 => self.accepted(now, out, number, token, &response),
            _ => self.refused(ctx, now, out, number, token, Final::Theirs(Box::new(response))),
        }
    }

    /// No answer will come.
    pub(crate) fn failed(
        &mut self,
        ctx: &Ctx,
        now: Now,
        out: &mut Outbox,
        token: Token,
        why: &Failure,
    ) {
        let Some(number) = self.tokens.get(&token).copied() else { return };
        self.note_trouble(now.tick, number, why);
        let status = if *why == Failure::Timeout { 408 } else { 480 };
        self.refused(ctx, now, out, number, token, Final::Ours(status));
    }

    /// The caller wants it no more.
    pub(crate) fn cancelled(&mut self, now: Now, out: &mut Outbox, upstream: ServerTransaction) {
        let Some(number) = self.upstream.get(&upstream).copied() else { return };
        self.cancel(now, out, number, State::Cancelled);
    }

    /// We are about to stop: what rings does so no more, and the callers are told.
    pub(crate) fn stop(&mut self, now: Now, out: &mut Outbox) {
        for number in self.contexts.keys().copied().collect::<BTreeSet<_>>() {
            self.cancel(now, out, number, State::Stopped);
        }
    }

    /// A connection is gone: nobody waits for the answers to what came over it.
    pub(crate) fn closed(&mut self, now: Now, out: &mut Outbox, flow: Flow) {
        let gone = self.contexts.iter().filter(|(_, context)| context.asker.is_on(flow));
        for number in gone.map(|(number, _)| *number).collect::<BTreeSet<_>>() {
            self.cancel(now, out, number, State::Cancelled);
        }
    }

    /// Forgets what is over.
    pub(crate) fn expire(&mut self, now: Tick) {
        while let Some((_, number)) = self.due.first().copied().filter(|(due, _)| *due <= now) {
            self.forget(number);
        }
    }

    fn insert(&mut self, out: &mut Outbox, asker: Asker, call: Option<Call>) -> u64 {
        let number = out.number();
        if let Some(upstream) = asker.transaction() {
            self.upstream.insert(upstream, number);
        }
        let context = Context {
            asker,
            call,
            leg: None,
            pending: Vec::new(),
            asked: Vec::new(),
            best: Best::default(),
            state: State::Open,
            forget: None,
        };
        self.contexts.insert(number, context);
        number
    }

    /// Rings the next group of devices. `false` if there is none.
    fn ring(&mut self, ctx: &Ctx, out: &mut Outbox, number: u64) -> bool {
        let Some(context) = self.contexts.get_mut(&number) else { return false };
        let Some(call) = &mut context.call else { return false };
        let Some(group) = call.next.pop_front() else { return false };
        call.beside = group.len();
        for target in group {
            self.ring_one(ctx, out, number, target);
        }
        true
    }

    fn ring_one(&mut self, ctx: &Ctx, out: &mut Outbox, number: u64, target: Target) {
        let context = self.contexts.get_mut(&number);
        let Some(Call { job, beside, .. }) = context.and_then(|it| it.call.as_ref()) else {
            return;
        };
        let caller = End { flow: job.flow, aor: job.speaker.aor().clone() };
        let callee = End { flow: target.flow, aor: job.owner.clone() };
        let draft = forward::call(job, &target, *beside);
        let draft = ctx.recorder.record(draft, &Ends { caller, callee }, (&job.edge, &target.edge));
        self.send(out, number, Route::Flow(target.flow), draft, target.others);
    }

    fn send(
        &mut self,
        out: &mut Outbox,
        number: u64,
        route: Route,
        draft: Draft,
        others: Vec<Target>,
    ) {
        let Some(context) = self.contexts.get_mut(&number) else { return };
        let token = out.forward(route, draft);
        context.pending.push(Pending { token, is_heard: false, others });
        context.asked.push(token);
        self.tokens.insert(token, number);
    }

    /// A 2xx ends it for all others; those of an INVITE are passed back however often they come
    /// (RFC 3261 §16.7 steps 5 and 10).
    fn accepted(
        &mut self,
        now: Now,
        out: &mut Outbox,
        number: u64,
        token: Token,
        response: &Message,
    ) {
        let Some(context) = self.contexts.get_mut(&number) else { return };
        context.pending.retain(|pending| pending.token != token);
        context.asker.respond(out, response_context::passed_back(response));
        if !context.asker.is_call() {
            return self.forget(number);
        }
        for Pending { token, .. } in std::mem::take(&mut context.pending) {
            out.effect(Effect::Send(Outgoing::Cancel { token }));
        }
        context.state = State::Answered;
        if context.forget.is_none() {
            let due = now.tick.after_ms(limits::ANSWERED_CALL_MS);
            context.forget = Some(due);
            self.due.insert((due, number));
        }
    }

    fn refused(
        &mut self,
        ctx: &Ctx,
        now: Now,
        out: &mut Outbox,
        number: u64,
        token: Token,
        answer: Final,
    ) {
        let Some(context) = self.contexts.get_mut(&number) else { return };
        let at = context.pending.iter().position(|pending| pending.token == token);
        let mut others = at.map(|at| context.pending.remove(at).others).unwrap_or_default();
        if context.state == State::Answered {
            return;
        }
        // RFC 5626 §7: the flow has failed and not the device.
        if context.state == State::Open
            && answer.is_of_flow()
            && let Some(mut target) = others.pop()
        {
            target.others = others;
            return self.ring_one(ctx, out, number, target);
        }
        if context.state == State::Open && self.goes_another_way(ctx, now, out, number, &answer) {
            return;
        }
        let Some(context) = self.contexts.get_mut(&number) else { return };
        // Step 5: the person refuses, on all devices.
        if answer.status() >= 600 {
            if let Some(call) = &mut context.call {
                call.next.clear();
            }
            for Pending { token, .. } in &context.pending {
                out.effect(Effect::Send(Outgoing::Cancel { token: *token }));
            }
        }
        context.best.note(answer);
        let is_over = context.pending.is_empty();
        if is_over && (context.state != State::Open || !self.ring(ctx, out, number)) {
            self.conclude(now, out, number);
        }
    }

    /// All devices have refused, or the caller has: passes the best answer back.
    fn conclude(&mut self, now: Now, out: &mut Outbox, number: u64) {
        let Some(context) = self.contexts.get_mut(&number) else { return };
        let ours = match context.best.take() {
            _ if context.state == State::Stopped => {
                context.asker.reject(now, out, &Error::Stopping);
                return self.forget(number);
            }
            _ if context.state == State::Cancelled => 487,
            // What is said of devices is not true of another organisation's server.
            Some(Final::Ours(_)) | None if context.leg.is_some() => {
                return self.conclude_abroad(now, out, number);
            }
            // Step 6: a 503 would say that we can do nothing more for this caller.
            Some(answer) if answer.status() == 503 => 500,
            Some(answer) if answer.status() == FLOW_FAILED => 480,
            Some(Final::Ours(status)) => status,
            None => 480,
            Some(Final::Theirs(response)) => {
                context.asker.respond(out, context.best.passed_back(&response));
                return self.forget(number);
            }
        };
        context.asker.reject(now, out, &Error::Refused(ours));
        self.forget(number);
    }

    fn cancel(&mut self, now: Now, out: &mut Outbox, number: u64, state: State) {
        let Some(context) = self.contexts.get_mut(&number) else { return };
        if context.state != State::Open || !context.asker.is_call() {
            return;
        }
        context.state = state;
        if let Some(call) = &mut context.call {
            call.next.clear();
        }
        for Pending { token, .. } in &context.pending {
            out.effect(Effect::Send(Outgoing::Cancel { token: *token }));
        }
        // The caller need not wait for a device that may never answer: the stack cancels there
        // when it is heard.
        context.pending.retain(|pending| pending.is_heard);
        if context.pending.is_empty() {
            self.conclude(now, out, number);
        }
    }

    fn forget(&mut self, number: u64) {
        let Some(context) = self.contexts.remove(&number) else { return };
        if let Some(upstream) = context.asker.transaction() {
            self.upstream.remove(&upstream);
        }
        for token in &context.asked {
            self.tokens.remove(token);
        }
        if let Some(due) = context.forget {
            self.due.remove(&(due, number));
        }
    }

    /// The ACK of a 2xx, passed on (RFC 3261 §16.11: without a transaction).
    pub(crate) fn pass_ack(
        &mut self,
        ctx: &Ctx,
        out: &mut Outbox,
        person: Option<&Person>,
        it: &InDialog,
    ) {
        if it.request.number(Name::MaxForwards) == Some(0) {
            return;
        }
        if let Some(abroad) = &it.abroad {
            let ack = forward::in_dialog(&ctx.recorder, &it.request, None);
            return self.acknowledge_abroad(out, abroad, ack);
        }
        if let Some((flow, contact)) = way(&ctx.gruus, person, it) {
            let request = forward::in_dialog(&ctx.recorder, &it.request, contact);
            out.effect(Effect::Send(Outgoing::Ack { route: Route::Flow(flow), request }));
        }
    }
}

/// The connection to the other end: that of the device now, else the one it had when the dialog
/// began. With it the Contact of a device that is called by its GRUU.
fn way(gruus: &Gruus, person: Option<&Person>, it: &InDialog) -> Option<(Flow, Option<Uri>)> {
    let uri = it.request.request_uri().ok();
    let device = person.zip(uri).and_then(|(person, uri)| {
        let mut devices = person.bindings.devices();
        match gruus.read(uri) {
            Some((aor, Some(device))) if aor == it.to.aor => {
                let binding = devices.find(|binding| device.is(binding))?;
                Some((binding.way.flow()?, Some(binding.contact.clone())))
            }
            _ => {
                let binding = devices.find(|binding| binding.contact.equals(uri))?;
                Some((binding.way.flow()?, None))
            }
        }
    });
    device.or_else(|| it.is_open.then_some((it.to.flow, None)))
}
