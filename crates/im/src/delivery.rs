//! Texts on their way to a person: to which devices, what they answered, what the sender is told.
//!
//! Owns the deliveries under way and the memory of those that ended. Reading a MESSAGE is
//! `message`, choosing devices is `conversation`, texts kept for somebody absent are `absent`.

use std::collections::{HashMap, VecDeque};

use bytes::Bytes;
use sip::{Draft, Flow, Message, Method, Name, NameAddr, Now, ServerTransaction, Tick};
use uuid::Uuid;

use crate::absent::{self, Shelf};
use crate::aor::Aor;
use crate::archive::Waiting;
use crate::binding::{Binding, Bindings, DeviceKey};
use crate::civil::imf_fixdate;
use crate::conversation::{Conversations, Devices};
use crate::count;
use crate::error::{Error, Reject};
use crate::gruu::Device;
use crate::limits;
use crate::outbox::{Awaited, AwaitedCommit, Outbox};
use crate::person::Person;
use crate::proxy::FLOW_FAILED;
use crate::shard::Ctx;
use crate::write::Write;

/// A text as it goes to each device.
#[derive(Clone, Debug)]
pub(crate) struct Text {
    /// Who sent it, with the tag of the sender's From and the name the directory knows.
    pub(crate) from: NameAddr,
    pub(crate) sender: Aor,
    pub(crate) call_id: String,
    pub(crate) cseq: u32,
    /// Max-Forwards of each copy: a device that passes texts back to us ends in 483, not in a
    /// circle.
    pub(crate) hops: u32,
    pub(crate) content_type: String,
    pub(crate) body: Bytes,
    pub(crate) sent_ms: i64,
    /// The device it is for, if it is for one only; such a text is not kept.
    pub(crate) device: Option<Device>,
}

/// Whom to answer about a live text: everybody who sent this same request.
pub(crate) type Asking = Vec<(ServerTransaction, Message)>;

#[derive(Debug)]
pub(crate) enum Origin {
    Live(Asking),
    Kept(Uuid),
}

/// How far a delivery is, seen from the sender.
#[derive(Debug, Eq, PartialEq)]
pub(crate) enum Outcome {
    /// No device has taken it yet.
    Open,
    /// A device took it.
    Taken,
    /// It is being written for later; `is_taken` if a device took it meanwhile.
    Keeping { is_taken: bool },
    /// It is kept; a device that was asked may still take it.
    Kept(Uuid),
}

#[derive(Debug)]
pub(crate) struct Delivery {
    pub(crate) text: Text,
    origin: Origin,
    /// The devices to be asked if none of the first takes it.
    then: Vec<DeviceKey>,
    /// Those that have been asked.
    tried: Vec<DeviceKey>,
    /// The devices that have not answered yet, and over which connection they were asked.
    pub(crate) pending: Vec<(DeviceKey, Option<Flow>)>,
    /// A device that was reached does not take such a text.
    refusal: Option<u16>,
    pub(crate) outcome: Outcome,
    /// When the sender is not kept waiting any longer.
    deadline: Tick,
}

/// Names a request across repetitions. Call-IDs alone are not unique.
// COMPAT(pidgin-sipe 1.25): two clients started in the same second use the same Call-IDs.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Fingerprint {
    sender: Aor,
    call_id: String,
    cseq: u32,
    body: Bytes,
}

#[derive(Debug)]
struct Done {
    fingerprint: Fingerprint,
    status: u16,
    until: Tick,
}

/// See the head of the file.
#[derive(Debug, Default)]
pub(crate) struct Deliveries {
    pub(crate) under_way: HashMap<u64, Delivery>,
    /// What was answered lately, so that a repetition is not shown twice.
    done: VecDeque<Done>,
    pub(crate) shelf: Shelf,
    /// Texts that are being archived first.
    pub(crate) archiving: Waiting,
}

impl Text {
    pub(crate) fn fingerprint(&self) -> Fingerprint {
        Fingerprint {
            sender: self.sender.clone(),
            call_id: self.call_id.clone(),
            cseq: self.cseq,
            body: self.body.clone(),
        }
    }

    fn is(&self, fingerprint: &Fingerprint) -> bool {
        self.call_id == fingerprint.call_id
            && self.cseq == fingerprint.cseq
            && self.sender == fingerprint.sender
            && self.body == fingerprint.body
    }

    /// The devices it goes to.
    pub(crate) fn devices(
        &self,
        now: Now,
        conversations: &mut Conversations,
        bindings: &Bindings,
    ) -> Devices {
        let wanted = |it: &&Binding| self.device.as_ref().is_none_or(|device| device.is(it));
        conversations.devices(now.tick, &self.sender, bindings.devices().filter(wanted))
    }

    /// The request to a device. From, Call-ID and CSeq stay, so that a device recognises a text
    /// it has had (RFC 3428 §7: each copy is a transaction of its own).
    pub(crate) fn request(&self, to: &Aor, device: &sip::Uri) -> Draft {
        Draft::request(Method::Message, device)
            .with(Name::MaxForwards, self.hops.to_string())
            .with(Name::From, self.from.to_string())
            .with(Name::To, format!("<{to}>"))
            .with(Name::CallId, self.call_id.as_str())
            .with(Name::CSeq, format!("{} MESSAGE", self.cseq))
            .with(Name::Date, imf_fixdate(self.sent_ms))
            .body(&self.content_type, self.body.clone())
    }
}

impl Deliveries {
    pub(crate) fn is_empty(&self) -> bool {
        self.under_way.is_empty()
            && self.done.is_empty()
            && self.archiving.is_empty()
            && !self.shelf.is_handing_over()
    }

    pub(crate) fn next_due(&self) -> Option<Tick> {
        let open = self.under_way.values().filter(|delivery| delivery.outcome == Outcome::Open);
        let deadlines = open.map(|delivery| delivery.deadline);
        deadlines.chain(self.done.iter().map(|done| done.until)).min()
    }

    /// Whether a device has been sent this kept text over this connection and has not answered:
    /// it must not get it twice.
    pub(crate) fn is_pending(&self, id: Uuid, binding: &Binding) -> bool {
        self.under_way.values().any(|delivery| {
            delivery.outcome == Outcome::Kept(id)
                && delivery
                    .pending
                    .iter()
                    .any(|(device, flow)| *device == binding.key && *flow == binding.way.flow())
        })
    }

    /// If this request was answered, how; if it is under way, its sender will be told once more.
    pub(crate) fn repeated(
        &mut self,
        fingerprint: &Fingerprint,
        transaction: ServerTransaction,
        request: &Message,
    ) -> Repeated {
        if let Some(done) = self.done.iter().find(|done| done.fingerprint == *fingerprint) {
            return Repeated::Answered(done.status);
        }
        let under_way = self.under_way.values_mut().filter_map(|delivery| {
            let is_same = delivery.text.is(fingerprint);
            match &mut delivery.origin {
                Origin::Live(asking) if is_same => Some(asking),
                _ => None,
            }
        });
        let waiting = self
            .shelf
            .waiting()
            .filter_map(|(text, asking)| text.is(fingerprint).then_some(asking));
        let archiving = self
            .archiving
            .texts()
            .filter_map(|(text, asking)| text.is(fingerprint).then_some(asking));
        match under_way.chain(waiting).chain(archiving).next() {
            Some(asking) if asking.len() < limits::REPETITIONS_MAX => {
                asking.push((transaction, request.clone()));
                Repeated::UnderWay
            }
            Some(_) => Repeated::Answered(503),
            None => Repeated::New,
        }
    }
}

/// What is known of a request.
#[derive(Debug, Eq, PartialEq)]
pub(crate) enum Repeated {
    New,
    UnderWay,
    Answered(u16),
}

/// Starts the delivery of a live text.
pub(crate) fn start(
    ctx: &Ctx,
    now: Now,
    out: &mut Outbox,
    person: &mut Person,
    text: Text,
    asking: Asking,
) -> Result<(), Error> {
    let Deliveries { under_way, shelf, .. } = &mut person.deliveries;
    if under_way.len() + shelf.waiting().count() >= limits::DELIVERIES_PER_USER_MAX {
        return Err(Error::TooFast);
    }
    if shelf.is_handing_over() {
        shelf.wait(text, asking);
        return Ok(());
    }
    let devices = text.devices(now, &mut person.conversations, &person.bindings);
    begin(ctx, now, out, person, text, Origin::Live(asking), devices.first, devices.then);
    Ok(())
}

#[expect(clippy::too_many_arguments, reason = "the parts of a delivery, named at both callers")]
pub(crate) fn begin(
    ctx: &Ctx,
    now: Now,
    out: &mut Outbox,
    person: &mut Person,
    text: Text,
    origin: Origin,
    first: Vec<DeviceKey>,
    then: Vec<DeviceKey>,
) {
    let number = out.number();
    let delivery = Delivery {
        text,
        origin,
        then,
        tried: Vec::new(),
        pending: Vec::new(),
        refusal: None,
        outcome: Outcome::Open,
        deadline: now.tick.after_ms(limits::DELIVERY_WAIT_MS),
    };
    person.deliveries.under_way.insert(number, delivery);
    ask(ctx, now, out, person, number, &first);
}

/// Sends the text to these devices; if there is none of them left, goes on without.
fn ask(
    ctx: &Ctx,
    now: Now,
    out: &mut Outbox,
    person: &mut Person,
    number: u64,
    devices: &[DeviceKey],
) {
    let Some(delivery) = person.deliveries.under_way.get_mut(&number) else { return };
    for key in devices {
        let Some(binding) = person.bindings.get(key) else { continue };
        let Some(route) = binding.way.route(&ctx.config.computer_fqdn) else { continue };
        let request = binding.routed(delivery.text.request(&person.aor, &binding.contact));
        let awaited = Awaited::Delivery {
            recipient: person.aor.clone(),
            delivery: number,
            device: key.clone(),
        };
        out.request(awaited, route, request);
        delivery.tried.push(key.clone());
        delivery.pending.push((key.clone(), binding.way.flow()));
    }
    if delivery.pending.is_empty() {
        nobody_took_it(ctx, now, out, person, number);
    }
}

/// A device answered; none if it did not.
pub(crate) fn answered(
    ctx: &Ctx,
    now: Now,
    out: &mut Outbox,
    person: &mut Person,
    (number, device): (u64, &DeviceKey),
    status: Option<u16>,
) {
    let Some(delivery) = person.deliveries.under_way.get_mut(&number) else { return };
    let asked = delivery.pending.iter().find(|(asked, _)| asked == device);
    let over = asked.and_then(|(_, flow)| *flow);
    delivery.pending.retain(|(asked, _)| asked != device);
    let way = person.bindings.get(device).map(|binding| &binding.way);
    if status.is_none() && over.is_some() && way.is_some_and(|way| way.dials().is_some()) {
        // Its connection closed under the text: the application can be dialled instead.
        return ask(ctx, now, out, person, number, std::slice::from_ref(device));
    }
    if status.is_none_or(|status| status == FLOW_FAILED)
        && let Some(other) =
            person.bindings.others(device).filter(|it| !delivery.tried.contains(&it.key)).last()
    {
        let other = other.key.clone();
        return ask(ctx, now, out, person, number, &[other]);
    }
    match status {
        Some(200..300) => taken(ctx, now, out, person, number),
        Some(status) if is_refusal(status) => delivery.refusal = Some(status),
        _ => {}
    }
    let Some(delivery) = person.deliveries.under_way.get(&number) else { return };
    if !delivery.pending.is_empty() {
        return;
    }
    match delivery.outcome {
        Outcome::Open => nobody_took_it(ctx, now, out, person, number),
        Outcome::Taken | Outcome::Kept(_) => {
            person.deliveries.under_way.remove(&number);
        }
        Outcome::Keeping { .. } => {}
    }
}

/// A device that was reached says that it, or the person, does not take such a text; any other
/// failure only says that nobody is there.
fn is_refusal(status: u16) -> bool {
    matches!(status, 413 | 415 | 486 | 488 | 600..700)
}

fn taken(ctx: &Ctx, now: Now, out: &mut Outbox, person: &mut Person, number: u64) {
    let Some(delivery) = person.deliveries.under_way.get_mut(&number) else { return };
    match delivery.outcome {
        Outcome::Open => {
            delivery.outcome = Outcome::Taken;
            match delivery.origin {
                Origin::Live(_) => conclude(now, out, person, number, 200),
                Origin::Kept(id) => {
                    count::text_handed_over();
                    out.commit(AwaitedCommit::Remove { id }, Write::RemoveAbsent { id });
                    absent::hand_over_next(ctx, now, out, person);
                }
            }
        }
        Outcome::Kept(id) => {
            count::text_handed_over();
            delivery.outcome = Outcome::Taken;
            out.commit(AwaitedCommit::Remove { id }, Write::RemoveAbsent { id });
        }
        Outcome::Keeping { .. } => delivery.outcome = Outcome::Keeping { is_taken: true },
        Outcome::Taken => {}
    }
}

/// All devices that were asked have failed, or there was none to ask.
fn nobody_took_it(ctx: &Ctx, now: Now, out: &mut Outbox, person: &mut Person, number: u64) {
    let Some(delivery) = person.deliveries.under_way.get_mut(&number) else { return };
    let then = std::mem::take(&mut delivery.then);
    if !then.is_empty() {
        delivery.deadline = now.tick.after_ms(limits::DELIVERY_WAIT_MS);
        return ask(ctx, now, out, person, number, &then);
    }
    match (&delivery.origin, delivery.refusal) {
        (Origin::Live(_), Some(status)) => {
            conclude(now, out, person, number, status);
            person.deliveries.under_way.remove(&number);
        }
        (Origin::Live(_), None) if delivery.text.device.is_some() => {
            conclude(now, out, person, number, 480);
            person.deliveries.under_way.remove(&number);
        }
        (Origin::Live(_), None) => absent::keep(ctx, now, out, person, number),
        (Origin::Kept(id), refusal) => {
            if delivery.pending.is_empty() {
                person.deliveries.under_way.remove(&number);
            } else {
                delivery.outcome = Outcome::Kept(*id);
            }
            person.deliveries.shelf.has_some();
            match refusal {
                // It stays for a device that takes such texts; the others need not wait.
                Some(_) => absent::hand_over_next(ctx, now, out, person),
                None => absent::end_hand_over(ctx, now, out, person),
            }
        }
    }
}

/// Tells the sender how it ended, and remembers it for repetitions.
pub(crate) fn conclude(now: Now, out: &mut Outbox, person: &mut Person, number: u64, status: u16) {
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
    for number in late.map(|(number, _)| *number).collect::<Vec<_>>() {
        nobody_took_it(ctx, now, out, person, number);
    }
}
