//! Texts on their way to a person: to which devices, what they answered, what the sender is told.
//!
//! Owns the deliveries under way and the memory of those that ended. How one ends is
//! `delivery/ended`; a text is `text`, reading a MESSAGE is `message`, choosing devices is
//! `conversation`, texts kept for somebody absent are `absent`.

mod ended;

use std::collections::{HashMap, VecDeque};

use sip::{Accept, Flow, Message, Now, ServerTransaction, Tick};
use uuid::Uuid;

pub(crate) use self::ended::{expire, kept};
use crate::archive;
use crate::binding::{Binding, DeviceKey};
use crate::content::Kind;
use crate::conversation::Devices;
use crate::cpim;
use crate::error::Error;
use crate::limits;
use crate::outbox::{Awaited, Outbox};
use crate::person::Person;
use crate::proxy::FLOW_FAILED;
use crate::report;
use crate::shard::Ctx;
use crate::text::{Fingerprint, Text};

/// Whom to answer about a live text: everybody who sent this same request.
pub(crate) type Asking = Vec<(ServerTransaction, Message)>;

#[derive(Debug)]
enum Origin {
    Live(Asking),
    /// From the shelf; it is the one in hand as long as its outcome is open.
    Kept(Uuid),
}

/// How far a delivery is, seen from the sender.
#[derive(Debug, Eq, PartialEq)]
enum Outcome {
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
    /// Those that have been asked, and over which connection.
    tried: Vec<(DeviceKey, Option<Flow>)>,
    /// The devices that have not answered yet.
    pending: Vec<Asked>,
    /// A device that was reached does not take such a text.
    refusal: Option<u16>,
    outcome: Outcome,
    /// When the sender is not kept waiting any longer.
    deadline: Tick,
}

impl Delivery {
    fn has_tried(&self, device: &DeviceKey) -> bool {
        self.tried.iter().any(|(tried, _)| tried == device)
    }
}

/// A device that was asked to take a text.
#[derive(Clone, Debug)]
struct Asked {
    device: DeviceKey,
    /// Over which connection.
    flow: Option<Flow>,
    /// In which form: its type.
    essence: String,
    /// How often it was asked before, in other forms.
    refusals: u32,
    /// In a text session that it has with us.
    in_session: bool,
}

/// What a device answered.
#[derive(Debug, Default)]
pub(crate) struct Answer {
    /// None if it did not answer.
    pub(crate) status: Option<u16>,
    /// What it says that it takes.
    pub(crate) accept: Accept,
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
    /// Live texts that wait until what was kept is handed over.
    waiting: VecDeque<(Text, Asking)>,
    /// Texts that are being archived first.
    pub(crate) archiving: archive::Waiting,
}

impl Deliveries {
    pub(crate) fn is_empty(&self) -> bool {
        self.under_way.is_empty()
            && self.done.is_empty()
            && self.waiting.is_empty()
            && self.archiving.is_empty()
    }

    pub(crate) fn next_due(&self) -> Option<Tick> {
        let open = self.under_way.values().filter(|delivery| delivery.outcome == Outcome::Open);
        let deadlines = open.map(|delivery| delivery.deadline);
        // Each is remembered for as long: the first is the first to be forgotten.
        deadlines.chain(self.done.front().map(|done| done.until)).min()
    }

    /// Whether a device has been sent this kept text over this connection and has not answered:
    /// it must not get it twice.
    fn is_pending(&self, id: Uuid, binding: &Binding) -> bool {
        self.under_way.values().any(|delivery| {
            delivery.outcome == Outcome::Kept(id)
                && delivery
                    .pending
                    .iter()
                    .any(|it| it.device == binding.key && it.flow == binding.way.flow())
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
            .waiting
            .iter_mut()
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

/// Starts the delivery of a live text; while kept ones are handed over, it waits behind them.
pub(crate) fn start(
    ctx: &Ctx,
    now: Now,
    out: &mut Outbox,
    person: &mut Person,
    text: Text,
    asking: Asking,
) -> Result<(), Error> {
    let is_behind = person.shelf.is_handing_over() && person.is_here_for(&text.sender);
    let Deliveries { under_way, waiting, .. } = &mut person.deliveries;
    if under_way.len() + waiting.len() >= limits::DELIVERIES_PER_USER_MAX {
        return Err(Error::TooFast);
    }
    if is_behind {
        waiting.push_back((text, asking));
    } else {
        go(ctx, now, out, person, text, asking);
    }
    Ok(())
}

/// What was kept is handed over: the live texts that waited go.
pub(crate) fn go_on(ctx: &Ctx, now: Now, out: &mut Outbox, person: &mut Person) {
    for (text, asking) in std::mem::take(&mut person.deliveries.waiting) {
        go(ctx, now, out, person, text, asking);
    }
}

/// Hands a kept text over to whoever can take it and has not been asked; whether there is such a
/// device.
pub(crate) fn hand_over(
    ctx: &Ctx,
    now: Now,
    out: &mut Outbox,
    person: &mut Person,
    id: Uuid,
    text: Text,
) -> bool {
    let readers = person.bindings.readers_of(&text);
    let devices: Vec<_> = readers
        .filter(|binding| !person.deliveries.is_pending(id, binding))
        .map(|binding| binding.key.clone())
        .collect();
    if devices.is_empty() {
        return false;
    }
    begin(ctx, now, out, person, text, Origin::Kept(id), devices, Vec::new());
    true
}

/// The delivery of a live text whose turn it is.
fn go(ctx: &Ctx, now: Now, out: &mut Outbox, person: &mut Person, text: Text, asking: Asking) {
    let devices = devices(now, person, &text);
    begin(ctx, now, out, person, text, Origin::Live(asking), devices.first, devices.then);
}

/// Where a text goes. For whoever was turned away the person is not here (`absent` says what
/// becomes of it).
pub(crate) fn devices(now: Now, person: &mut Person, text: &Text) -> Devices {
    match person.is_here_for(&text.sender) {
        true => text.devices(now, &mut person.conversations, &person.bindings),
        false => Devices { first: Vec::new(), then: Vec::new() },
    }
}

#[expect(clippy::too_many_arguments, reason = "the parts of a delivery, named at both callers")]
fn begin(
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
    let first: Vec<_> = first.into_iter().map(|device| (device, 0)).collect();
    ask(ctx, now, out, person, number, &first);
}

/// Sends the text to these devices, which have refused it in so many forms; if there is none of
/// them left, goes on without.
fn ask(
    ctx: &Ctx,
    now: Now,
    out: &mut Outbox,
    person: &mut Person,
    number: u64,
    devices: &[(DeviceKey, u32)],
) {
    let Some(delivery) = person.deliveries.under_way.get_mut(&number) else { return };
    let is_blocked = person.presentity.is_blocked(&delivery.text.sender);
    for (device, refusals) in devices {
        let Some(binding) = person.bindings.get(device) else { continue };
        delivery.tried.push((device.clone(), binding.way.flow()));
        let Some(route) = binding.way.route(&ctx.config.computer_fqdn) else { continue };
        let Some(form) = delivery.text.form_for(binding, is_blocked) else { continue };
        let is_text = delivery.text.content.kind == Kind::Text;
        let flow = binding.way.flow().filter(|_| is_text);
        let session = person.sessions.text(flow, &delivery.text.sender);
        let in_session = session.is_some();
        let request = match session {
            Some(request) => delivery.text.in_session(request, form),
            None => {
                let text = &delivery.text;
                binding.routed(text.request(&person.aor, &binding.contact, form, *refusals))
            }
        };
        let awaited = Awaited::Delivery {
            recipient: person.aor.clone(),
            delivery: number,
            device: device.clone(),
        };
        out.request(awaited, route, request);
        delivery.pending.push(Asked {
            device: device.clone(),
            flow: binding.way.flow(),
            essence: form.essence.clone(),
            refusals: *refusals,
            in_session,
        });
    }
    if delivery.pending.is_empty() {
        ended::nobody_took_it(ctx, now, out, person, number);
    }
}

/// A device answered, or did not.
pub(crate) fn answered(
    ctx: &Ctx,
    now: Now,
    out: &mut Outbox,
    person: &mut Person,
    (number, device): (u64, &DeviceKey),
    answer: Answer,
) {
    let Some(delivery) = person.deliveries.under_way.get_mut(&number) else { return };
    let asked = delivery.pending.iter().position(|asked| asked.device == *device);
    let Some(asked) = asked.map(|at| delivery.pending.remove(at)) else { return };
    let way = person.bindings.get(device).map(|binding| &binding.way);
    let is_dialled = way.is_some_and(|way| way.dials().is_some());
    if answer.status.is_none() && asked.flow.is_some() && is_dialled {
        // Its connection closed under the text: the application can be dialled instead.
        return ask(ctx, now, out, person, number, &[(asked.device, asked.refusals)]);
    }
    if asked.in_session && answer.status == Some(481) {
        // It has left the session: the text goes to it as if there had been none.
        let Some(delivery) = person.deliveries.under_way.get(&number) else { return };
        person.sessions.lost(asked.flow, &delivery.text.sender);
        return ask(ctx, now, out, person, number, &[(asked.device, asked.refusals)]);
    }
    if answer.status.is_none_or(|status| status == FLOW_FAILED)
        && let Some(other) =
            person.bindings.others(device).filter(|it| !delivery.has_tried(&it.key)).last()
    {
        let other = other.key.clone();
        return ask(ctx, now, out, person, number, &[(other, 0)]);
    }
    match answer.status {
        Some(200..300) => {
            if asked.essence != cpim::MEDIA_TYPE {
                report::taken(ctx, now, out, person, number);
            }
            ended::taken(ctx, now, out, person, number);
        }
        Some(415) if learn(person, number, &asked, answer.accept) => {
            let again = (asked.device, asked.refusals + 1);
            return ask(ctx, now, out, person, number, &[again]);
        }
        Some(status) if is_refusal(status) => refused(person, number, status),
        _ => {}
    }
    let Some(delivery) = person.deliveries.under_way.get(&number) else { return };
    if !delivery.pending.is_empty() {
        return;
    }
    match delivery.outcome {
        Outcome::Open => ended::nobody_took_it(ctx, now, out, person, number),
        Outcome::Taken | Outcome::Kept(_) => {
            person.deliveries.under_way.remove(&number);
        }
        Outcome::Keeping { .. } => {}
    }
}

/// A device does not take a form; whether there is another for it.
fn learn(person: &mut Person, number: u64, asked: &Asked, accept: Accept) -> bool {
    let Person { presentity, bindings, deliveries, .. } = person;
    let Some(delivery) = deliveries.under_way.get(&number) else { return false };
    let Some(binding) = bindings.get_mut(&asked.device) else { return false };
    binding.takes.refuse(&asked.essence, accept);
    let is_blocked = presentity.is_blocked(&delivery.text.sender);
    let other = delivery.text.form_for(binding, is_blocked);
    let is_other = other.is_some_and(|form| binding.takes.takes(&form.essence));
    is_other && asked.refusals < limits::FORMS_MAX
}

fn refused(person: &mut Person, number: u64, status: u16) {
    if let Some(delivery) = person.deliveries.under_way.get_mut(&number) {
        delivery.refusal = Some(status);
    }
}

/// A device that was reached says that it, or the person, does not take such a text; any other
/// failure only says that nobody is there.
fn is_refusal(status: u16) -> bool {
    matches!(status, 413 | 415 | 486 | 488 | 600..700)
}
