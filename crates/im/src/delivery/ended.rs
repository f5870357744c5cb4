//! How deliveries end: a device takes the text, nobody does, it is kept for later, its time is
//! over; and what its sender is told.

use std::collections::BTreeSet;

use sip::{Draft, Now};

use super::{Done, Origin, Outcome, ask};
use crate::absent::{self, LetGo};
use crate::binding::DeviceKey;
use crate::count;
use crate::error::{Error, Reject};
use crate::limits;
use crate::outbox::Outbox;
use crate::person::Person;
use crate::report;
use crate::shard::Ctx;
use crate::write::Committed;

/// A device has taken the text.
pub(super) fn taken(ctx: &Ctx, now: Now, out: &mut Outbox, person: &mut Person, number: u64) {
    let Some(delivery) = person.deliveries.under_way.get_mut(&number) else { return };
    match delivery.outcome {
        Outcome::Open => {
            delivery.outcome = Outcome::Taken;
            match delivery.origin {
                Origin::Live(_) => conclude(now, out, person, number, 200),
                Origin::Kept(id) => {
                    count::text_handed_over();
                    absent::confirmed(out, &mut person.shelf, id);
                    absent::let_go(ctx, now, out, person, LetGo::Confirmed);
                }
            }
        }
        Outcome::Kept(id) => {
            count::text_handed_over();
            delivery.outcome = Outcome::Taken;
            absent::confirmed(out, &mut person.shelf, id);
        }
        Outcome::Keeping { .. } => delivery.outcome = Outcome::Keeping { is_taken: true },
        Outcome::Taken => {}
    }
}

/// All devices that were asked have failed, or there was none to ask.
pub(super) fn nobody_took_it(
    ctx: &Ctx,
    now: Now,
    out: &mut Outbox,
    person: &mut Person,
    number: u64,
) {
    let newcomers = newcomers(person, number);
    let Some(delivery) = person.deliveries.under_way.get_mut(&number) else { return };
    let then = std::mem::take(&mut delivery.then).into_iter().chain(newcomers);
    let then: Vec<_> = then.map(|device| (device, 0)).collect();
    if !then.is_empty() {
        delivery.deadline = now.tick.after_ms(limits::DELIVERY_WAIT_MS);
        return ask(ctx, now, out, person, number, &then);
    }
    match (&delivery.origin, delivery.refusal) {
        (Origin::Live(_), Some(status)) => fail(now, out, person, number, status),
        (Origin::Live(_), None) if delivery.text.device.is_some() => {
            fail(now, out, person, number, 480);
        }
        (Origin::Live(_), None) => {
            let shelf = (&person.aor, &mut person.shelf);
            match absent::keep(ctx, out, shelf, number, &delivery.text) {
                Ok(()) => delivery.outcome = Outcome::Keeping { is_taken: false },
                Err(status) => fail(now, out, person, number, status),
            }
        }
        (Origin::Kept(id), refusal) => {
            // If a device that had been asked earlier took it, those asked now need not.
            let (why, outcome) = match (person.shelf.is_confirmed(*id), refusal) {
                (true, _) => (LetGo::Confirmed, Outcome::Taken),
                (false, Some(_)) => (LetGo::Refused, Outcome::Kept(*id)),
                (false, None) => (LetGo::Unanswered, Outcome::Kept(*id)),
            };
            delivery.outcome = outcome;
            if delivery.pending.is_empty() {
                person.deliveries.under_way.remove(&number);
            }
            absent::let_go(ctx, now, out, person, why);
        }
    }
}

/// The sender is told that it failed, and nothing is left of it.
fn fail(now: Now, out: &mut Outbox, person: &mut Person, number: u64, status: u16) {
    conclude(now, out, person, number, status);
    person.deliveries.under_way.remove(&number);
}

/// The store has kept a live text, or not.
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
            absent::confirmed(out, &mut person.shelf, id);
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
    conclude(now, out, person, number, status);
    let has_newcomers = !newcomers(person, number).is_empty();
    if is_over {
        person.deliveries.under_way.remove(&number);
    }
    if has_newcomers {
        absent::flush(ctx, out, person);
    }
}

/// Devices that could take a kept text and have come, perhaps again, while it was waited for those
/// that are gone.
fn newcomers(person: &Person, number: u64) -> Vec<DeviceKey> {
    let Some(delivery) = person.deliveries.under_way.get(&number) else { return Vec::new() };
    let id = match (&delivery.origin, &delivery.outcome) {
        (Origin::Kept(id), _) | (_, Outcome::Kept(id)) => *id,
        _ => return Vec::new(),
    };
    if person.shelf.is_confirmed(id) {
        return Vec::new();
    }
    let readers = person.bindings.readers_of(&delivery.text);
    let newcomers = readers
        .filter(|it| !delivery.tried.contains(&(it.key.clone(), it.way.flow())))
        .filter(|it| !person.deliveries.is_pending(id, it));
    newcomers.map(|binding| binding.key.clone()).collect()
}

/// Tells the sender how it ended, and remembers it for repetitions.
fn conclude(now: Now, out: &mut Outbox, person: &mut Person, number: u64, status: u16) {
    let Some(delivery) = person.deliveries.under_way.get_mut(&number) else { return };
    let Origin::Live(asking) = &mut delivery.origin else { return };
    let reject = match status {
        503 => Some(Reject::from(&Error::StoreUnavailable)),
        300.. => Some(Reject::from(&Error::Refused(status))),
        _ => None,
    };
    count::text_answered(status);
    for (transaction, request) in asking.drain(..) {
        let response = match &reject {
            Some(reject) => reject.response(&request, out.source()),
            None => Draft::response(&request, status),
        };
        let tag = out.word(now);
        out.respond(transaction, response.to_tag(&tag));
    }
    // What failed may be tried again as the same request.
    if status < 300 {
        let until = now.tick.after_ms(limits::REPETITION_MEMORY_MS);
        let fingerprint = delivery.text.fingerprint();
        person.deliveries.done.push_back(Done { fingerprint, status, until });
        while person.deliveries.done.len() > limits::REPETITION_MEMORY_MAX {
            person.deliveries.done.pop_front();
        }
    }
}

/// Ends waiting: senders whose text nobody has taken in time, answers nobody repeats.
pub(crate) fn expire(ctx: &Ctx, now: Now, out: &mut Outbox, person: &mut Person) {
    person.deliveries.done.retain(|done| done.until > now.tick);
    let late =
        person.deliveries.under_way.iter().filter(|(_, delivery)| {
            delivery.outcome == Outcome::Open && delivery.deadline <= now.tick
        });
    // In the order in which they came: in which they are kept.
    let late: BTreeSet<u64> = late.map(|(number, _)| *number).collect();
    for number in late {
        nobody_took_it(ctx, now, out, person, number);
    }
}
