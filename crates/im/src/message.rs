//! MESSAGE (RFC 3428): a text, or the news that somebody is typing (RFC 3994).
//!
//! Owns reading the request and deciding what it is; delivery is `delivery`.

use sip::{Accept, Draft, Flow, Message, Name, Now};

use crate::absent;
use crate::aor::Aor;
use crate::archive;
use crate::binding::DeviceKey;
use crate::composing;
use crate::content::{self, Content, IS_COMPOSING, Kind};
use crate::cpim;
use crate::delivery::{self, Repeated};
use crate::error::Error;
use crate::job::Job;
use crate::limits;
use crate::outbox::{Answer, Awaited, Outbox};
use crate::person::Person;
use crate::shard::Ctx;
use crate::text::Text;

/// Whether somebody speaks in it, so that the conversation follows them.
pub(crate) fn is_text(request: &Message) -> bool {
    let essence = request.content_type();
    match essence.as_ref().map(sip::ContentType::essence) {
        Some(cpim::MEDIA_TYPE) => {
            read_content(request).is_ok_and(|content| content.kind == Kind::Text)
        }
        Some(essence) => essence.starts_with("text/") || essence.starts_with("multipart/"),
        None => false,
    }
}

fn read_content(request: &Message) -> Result<Content, Error> {
    if request.body().len() > limits::MESSAGE_BYTES_MAX {
        return Err(Error::TooLarge);
    }
    let content_type = request.header(sip::Name::ContentType).unwrap_or_default();
    // A body outlives its request: it must not hold the whole received buffer.
    let encoding = request.header(sip::Name::ContentEncoding);
    Content::read(content_type, content::decode(encoding, &request.body())?)
}

/// Handles a MESSAGE to `person`.
pub(crate) fn handle(
    ctx: &Ctx,
    now: Now,
    out: &mut Outbox,
    person: &mut Person,
    job: &Job,
) -> Result<(), Error> {
    let text = read(now, job)?;
    let kind = text.content.kind;
    if kind == Kind::Typing {
        let tag = out.word(now);
        let answer = (job.transaction, Draft::response(&job.request, 200).to_tag(&tag));
        type_on(ctx, now, out, person, &text, answer);
        return Ok(());
    }
    let fingerprint = text.fingerprint();
    match person.deliveries.repeated(&fingerprint, job.transaction, &job.request) {
        Repeated::UnderWay => Ok(()),
        Repeated::Answered(503) => Err(Error::TooFast),
        Repeated::Answered(status) => {
            let tag = out.word(now);
            out.respond(job.transaction, Draft::response(&job.request, status).to_tag(&tag));
            Ok(())
        }
        Repeated::New => {
            if kind == Kind::Text {
                person.pace.knows(now.tick, &text.sender);
            }
            let asking = vec![(job.transaction, job.request.clone())];
            match kind {
                Kind::Report if !person.reports.is_news(now.tick, &text) => {
                    let tag = out.word(now);
                    let response = Draft::response(&job.request, 200).to_tag(&tag);
                    out.respond(job.transaction, response);
                    Ok(())
                }
                Kind::Report => delivery::start(ctx, now, out, person, text, asking),
                _ => archive::start(ctx, now, out, person, text, asking),
            }
        }
    }
}

/// Handles an INFO of a text session: typing in other words. What else may be in one is nothing to
/// `person`.
pub(crate) fn handle_keyboard(
    ctx: &Ctx,
    now: Now,
    out: &mut Outbox,
    person: &mut Person,
    job: &Job,
) -> Result<(), Error> {
    let answer = (job.transaction, Draft::response(&job.request, 200));
    match composing::read_keyboard(&job.request) {
        Some(is_active) => {
            let body = composing::print(is_active).into();
            let text = text_of(now, job, Content::read(IS_COMPOSING, body)?)?;
            type_on(ctx, now, out, person, &text, answer);
        }
        None => out.respond(answer.0, answer.1),
    }
    Ok(())
}

/// Typing goes where the next text would go. Whoever types hears 200 when the first device has
/// said something, whatever it was, or at once if there is none: a person must not be told that
/// this has failed.
fn type_on(
    ctx: &Ctx,
    now: Now,
    out: &mut Outbox,
    person: &mut Person,
    text: &Text,
    answer: Answer,
) {
    let mut asked_by = Some(Box::new(answer));
    let devices = delivery::devices(now, person, text);
    for key in devices.first {
        let Some(binding) = person.bindings.get(&key) else { continue };
        let Some(route) = binding.way.route(&ctx.config.computer_fqdn) else { continue };
        let is_blocked = person.presentity.is_blocked(&text.sender);
        let form = text.form_for(binding, is_blocked);
        // RFC 3994 §4: not any more to a device that refused it.
        let Some(form) = form.filter(|form| binding.takes.takes(&form.essence)) else { continue };
        let is_active = text.content.is_active();
        let flow = binding.way.flow();
        let request = match person.sessions.keyboard(flow, &text.sender, is_active) {
            Some(request) => request.with(Name::MaxForwards, text.hops.to_string()),
            None => binding.routed(text.request(&person.aor, &binding.contact, form, 0)),
        };
        let (recipient, asked_by) = (person.aor.clone(), asked_by.take());
        out.request(Awaited::Typing { recipient, device: key, asked_by }, route, request);
    }
    answer_typing(out, asked_by);
}

/// Tells whoever types and waits for that.
pub(crate) fn answer_typing(out: &mut Outbox, asked_by: Option<Box<Answer>>) {
    if let Some((transaction, response)) = asked_by.map(|answer| *answer) {
        out.respond(transaction, response);
    }
}

/// A device of `person` sent a body of this type: it takes such, and if it was a text, the
/// conversation with whom it was for follows it.
pub(crate) fn spoke(
    ctx: &Ctx,
    now: Now,
    out: &mut Outbox,
    person: &mut Person,
    (to, flow, essence): (Option<&Aor>, Flow, &str),
) {
    let Some(binding) = person.bindings.on_flow(flow) else { return };
    let takes_more = !binding.takes.takes(essence);
    binding.takes.show(essence);
    if let Some(to) = to {
        person.conversations.spoke(now.tick, to, binding.key.clone());
    }
    if takes_more {
        absent::flush(ctx, out, person);
    }
}

/// A device does not want to know who types, if it has said so.
pub(crate) fn typing_answered(
    person: Option<&mut Person>,
    device: &DeviceKey,
    (status, accept): (Option<u16>, Accept),
) {
    let binding = person.and_then(|person| person.bindings.get_mut(device));
    if let (Some(415), Some(binding)) = (status, binding) {
        binding.takes.refuse(IS_COMPOSING, accept);
    }
}

pub(crate) fn read(now: Now, job: &Job) -> Result<Text, Error> {
    let content = read_content(&job.request)?;
    content.decide_parties(job.speaker.aor(), &job.owner)?;
    text_of(now, job, content)
}

fn text_of(now: Now, job: &Job, content: Content) -> Result<Text, Error> {
    let request = &job.request;
    let from = request.from().map_err(|_| Error::Malformed("From cannot be read"))?;
    let call_id = request.call_id().ok_or(Error::Malformed("Call-ID is missing"))?;
    let cseq = request.cseq().map_err(|_| Error::Malformed("CSeq cannot be read"))?.number;
    let mut own = sip::NameAddr::new(from.uri.clone());
    if let Some(tag) = from.tag() {
        own = own.with_tag(tag);
    }
    Ok(Text {
        // What people see is the name the directory knows, not one the client made up.
        from: own.with_display(job.speaker.display_name()),
        sender: job.speaker.aor().clone(),
        call_id: match request.to_tag() {
            None => call_id.to_owned(),
            // COMPAT(linphone 5.1): of several texts with one Call-ID it shows the first and takes
            // the others for repetitions of it.
            Some(_) => format!("{cseq}-{call_id}"),
        },
        cseq,
        hops: request
            .number(sip::Name::MaxForwards)
            .unwrap_or(limits::MAX_FORWARDS)
            .min(limits::MAX_FORWARDS)
            .saturating_sub(1),
        content,
        sent_ms: now.wall_ms,
        device: job.device.clone(),
        expires_s: request.expires_s(),
    })
}
