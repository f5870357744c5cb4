//! Texts kept for somebody absent: written for later, and handed over when a device is there.
//!
//! Owns the order of things: a text that is answered 202 is on stable storage first, and leaves
//! it only after a device of the person confirmed it. Kept texts are handed over one after the
//! other; live ones wait behind them. The rows are `store`'s, the writes `write`'s.

use std::collections::VecDeque;

use sip::{NameAddr, Now};
use store::messaging::AbsentMessage;
use uuid::Uuid;

use crate::aor::Aor;
use crate::binding::Binding;
use crate::content::{Content, Kind};
use crate::delivery::{self, Asking, Origin, Outcome};
use crate::limits;
use crate::outbox::{AwaitedCommit, Outbox};
use crate::person::Person;
use crate::report;
use crate::shard::Ctx;
use crate::text::Text;
use crate::write::{Committed, Write};

/// Whether texts are kept for this person, as far as the shard knows.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
enum Known {
    /// Not read since the process started.
    #[default]
    Unknown,
    None,
    Some,
}

/// The texts kept for one person, as far as the shard knows.
#[derive(Debug, Default)]
pub(crate) struct Shelf {
    known: Known,
    /// Kept texts being handed over; while there are any, live ones wait behind them.
    handing_over: Option<VecDeque<AbsentMessage>>,
    waiting: VecDeque<(Text, Asking)>,
}

impl Shelf {
    pub(crate) fn is_handing_over(&self) -> bool {
        self.handing_over.is_some()
    }

    /// A live text waits until what was kept is handed over.
    pub(crate) fn wait(&mut self, text: Text, asking: Asking) {
        self.waiting.push_back((text, asking));
    }

    pub(crate) fn waiting(&mut self) -> impl Iterator<Item = &mut (Text, Asking)> {
        self.waiting.iter_mut()
    }

    /// A text is, or may be, on it.
    pub(crate) fn has_some(&mut self) {
        self.known = Known::Some;
    }
}

/// Asks for a text to be written for later.
pub(crate) fn keep(ctx: &Ctx, now: Now, out: &mut Outbox, person: &mut Person, number: u64) {
    let Some(delivery) = person.deliveries.under_way.get_mut(&number) else { return };
    let Some(user) = ctx.directory.enabled_user(&person.aor) else {
        delivery::conclude(now, out, person, number, 404);
        person.deliveries.under_way.remove(&number);
        return;
    };
    if !user.keeps_texts {
        delivery::conclude(now, out, person, number, 480);
        person.deliveries.under_way.remove(&number);
        return;
    }
    let text = &delivery.text;
    let whole = text.content.whole();
    let message = AbsentMessage {
        id: Uuid::nil(),
        account: user.account,
        from: text.sender.to_string(),
        from_name: text.from.display.clone(),
        content_type: whole.content_type.clone(),
        body: whole.body.to_vec(),
        call_id: text.call_id.clone(),
        cseq: text.cseq,
        at_ms: text.sent_ms,
        expires_s: text.expires_s,
        // Nobody has missed a notification.
        filed: text.content.kind == Kind::Report,
    };
    delivery.outcome = Outcome::Keeping { is_taken: false };
    person.deliveries.shelf.has_some();
    let awaited = AwaitedCommit::Keep { recipient: person.aor.clone(), delivery: number };
    out.commit(awaited, Write::KeepAbsent(message));
}

/// The store has kept a text, or not.
pub(crate) fn kept(
    ctx: &Ctx,
    now: Now,
    out: &mut Outbox,
    person: &mut Person,
    number: u64,
    result: Result<Committed, String>,
) {
    let Some(delivery) = person.deliveries.under_way.get_mut(&number) else { return };
    let is_taken = delivery.outcome == Outcome::Keeping { is_taken: true };
    let status = match result {
        Ok(Committed::Kept(id)) if is_taken => {
            out.commit(AwaitedCommit::Remove { id }, Write::RemoveAbsent { id });
            delivery.outcome = Outcome::Taken;
            200
        }
        Ok(Committed::Kept(id)) => {
            delivery.outcome = Outcome::Kept(id);
            202
        }
        _ if is_taken => {
            delivery.outcome = Outcome::Taken;
            200
        }
        Ok(_) => 480,
        Err(cause) => {
            tracing::error!(%cause, recipient = %person.aor, "a text could not be kept");
            503
        }
    };
    let is_over = delivery.pending.is_empty() || status >= 300;
    if status == 202 {
        let text = delivery.text.clone();
        report::tell(ctx, now, out, person, &text, &report::STORED);
    }
    delivery::conclude(now, out, person, number, status);
    if is_over {
        person.deliveries.under_way.remove(&number);
    }
}

/// A device is there: hands over what was kept for the person, in order.
pub(crate) fn flush(ctx: &Ctx, out: &mut Outbox, person: &mut Person) {
    let has_device = takers(person).next().is_some();
    let shelf = &mut person.deliveries.shelf;
    if !has_device || shelf.known == Known::None || shelf.is_handing_over() {
        return;
    }
    let Some(user) = ctx.directory.enabled_user(&person.aor) else { return };
    if !user.keeps_texts {
        return;
    }
    shelf.known = Known::None;
    shelf.handing_over = Some(VecDeque::new());
    let awaited = AwaitedCommit::List { recipient: person.aor.clone() };
    out.commit(awaited, Write::ListAbsent { account: user.account });
}

/// The store has listed what it keeps, or not.
pub(crate) fn listed(
    ctx: &Ctx,
    now: Now,
    out: &mut Outbox,
    person: &mut Person,
    result: Result<Committed, String>,
) {
    match result {
        Ok(Committed::Absent(messages)) => {
            person.deliveries.shelf.handing_over = Some(messages.into());
            hand_over_next(ctx, now, out, person);
        }
        other => {
            tracing::error!(?other, recipient = %person.aor, "kept texts could not be read");
            person.deliveries.shelf.known = Known::Unknown;
            end_hand_over(ctx, now, out, person);
        }
    }
}

fn takers(person: &Person) -> impl Iterator<Item = &Binding> {
    person.bindings.devices().filter(|binding| binding.takes_messages())
}

pub(crate) fn hand_over_next(ctx: &Ctx, now: Now, out: &mut Outbox, person: &mut Person) {
    loop {
        let next = person.deliveries.shelf.handing_over.as_mut().and_then(VecDeque::pop_front);
        let Some(message) = next else { return end_hand_over(ctx, now, out, person) };
        let id = message.id;
        let Some(text) = read(now, out, message) else {
            tracing::error!(%id, "a kept text cannot be read");
            continue;
        };
        if text.is_expired(now.wall_ms) {
            out.commit(AwaitedCommit::Remove { id }, Write::RemoveAbsent { id });
            report::tell(ctx, now, out, person, &text, &report::FAILED);
            continue;
        }
        let devices: Vec<_> = person
            .bindings
            .readers_of(&text)
            .filter(|binding| !person.deliveries.is_pending(id, binding))
            .map(|binding| binding.key.clone())
            .collect();
        if devices.is_empty() {
            person.deliveries.shelf.has_some();
            continue;
        }
        return delivery::begin(ctx, now, out, person, text, Origin::Kept(id), devices, Vec::new());
    }
}

fn read(now: Now, out: &mut Outbox, message: AbsentMessage) -> Option<Text> {
    let sender = Aor::parse(&message.from)?;
    let content = Content::read(&message.content_type, message.body.into()).ok()?;
    let from = NameAddr::new(message.from.parse().ok()?).with_tag(&out.word(now));
    Some(Text {
        from: match &message.from_name {
            Some(name) => from.with_display(name),
            None => from,
        },
        sender,
        call_id: message.call_id,
        cseq: message.cseq,
        hops: limits::MAX_FORWARDS,
        content,
        sent_ms: message.at_ms,
        expires_s: message.expires_s,
        device: None,
    })
}

/// Nothing more is handed over now; live texts that waited go on.
pub(crate) fn end_hand_over(ctx: &Ctx, now: Now, out: &mut Outbox, person: &mut Person) {
    person.deliveries.shelf.handing_over = None;
    for (text, asking) in std::mem::take(&mut person.deliveries.shelf.waiting) {
        let again = asking.clone();
        if let Err(error) = delivery::start(ctx, now, out, person, text, asking) {
            for (transaction, request) in again {
                out.reject(now, transaction, &request, &error);
            }
        }
    }
}
