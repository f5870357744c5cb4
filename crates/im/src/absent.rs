//! Texts kept for somebody absent: written for later, and handed over when a device is there.
//!
//! Owns the order of things: a text that is answered 202 is on stable storage first, and leaves
//! it only after a device of the person confirmed it. Kept texts are handed over one after the
//! other; live ones wait behind them. The rows are `store`'s, the writes `write`'s.

use std::collections::{HashSet, VecDeque};

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
    /// A text was kept since they were listed.
    has_more: bool,
    /// Of these, and of those that are being read, the ones which somebody took meanwhile.
    removed: HashSet<Uuid>,
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

    /// Takes a text off, which a device confirmed.
    pub(crate) fn remove(&mut self, out: &mut Outbox, id: Uuid) {
        if self.is_handing_over() {
            self.removed.insert(id);
        }
        out.commit(AwaitedCommit::Remove { id }, Write::RemoveAbsent { id });
    }

    /// Whether a text was taken while it, or another, was being handed over.
    pub(crate) fn is_removed(&self, id: Uuid) -> bool {
        self.removed.contains(&id)
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
    person.deliveries.shelf.has_more = true;
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
            person.deliveries.shelf.remove(out, id);
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
    let has_newcomers = !delivery::newcomers(person, number).is_empty();
    if is_over {
        person.deliveries.under_way.remove(&number);
    }
    if has_newcomers {
        flush(ctx, out, person);
    }
}

/// Hands over what was kept for the person, in order, if a device is there.
pub(crate) fn flush(ctx: &Ctx, out: &mut Outbox, person: &mut Person) {
    let shelf = &person.deliveries.shelf;
    if shelf.known == Known::None || shelf.is_handing_over() || takers(person).next().is_none() {
        return;
    }
    let shelf = &mut person.deliveries.shelf;
    let Some(user) = ctx.directory.enabled_user(&person.aor) else { return };
    if !user.keeps_texts {
        return;
    }
    (shelf.known, shelf.has_more) = (Known::None, false);
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
        let Some(message) = next else {
            if person.deliveries.shelf.has_more {
                // Live texts wait behind what was kept meanwhile, too.
                person.deliveries.shelf.handing_over = None;
                flush(ctx, out, person);
                if person.deliveries.shelf.is_handing_over() {
                    return;
                }
            }
            return end_hand_over(ctx, now, out, person);
        };
        let id = message.id;
        if person.deliveries.shelf.is_removed(id) {
            continue;
        }
        let Some(text) = read(now, out, message) else {
            tracing::error!(%id, "a kept text cannot be read");
            continue;
        };
        if text.is_expired(now.wall_ms) {
            person.deliveries.shelf.remove(out, id);
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
    person.deliveries.shelf.removed = HashSet::new();
    for (text, asking) in std::mem::take(&mut person.deliveries.shelf.waiting) {
        delivery::go(ctx, now, out, person, text, asking);
    }
}
