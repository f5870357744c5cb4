//! MESSAGE (RFC 3428): a text, or the news that somebody is typing (RFC 3994).
//!
//! Owns reading the request and deciding what it is; delivery is `delivery`.

use bytes::Bytes;
use sip::{Draft, Message, Now};

use crate::archive;
use crate::delivery::{Repeated, Text};
use crate::error::Error;
use crate::job::Job;
use crate::limits;
use crate::outbox::{Awaited, Outbox};
use crate::person::Person;
use crate::shard::Ctx;

const IS_COMPOSING: &str = "application/im-iscomposing+xml";
/// A device that does not show HTML says so, and the sender's client sends plain text again.
pub(crate) const ACCEPT: &str = "text/plain, text/html, application/im-iscomposing+xml";

/// What a MESSAGE carries.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Kind {
    /// Something to read: never lost silently.
    Text,
    /// Typing: worth nothing a moment later.
    Typing,
}

/// RFC 3428 §8: what we take.
pub(crate) fn decide_kind(request: &Message) -> Result<Kind, Error> {
    if request.body().len() > limits::MESSAGE_BYTES_MAX {
        return Err(Error::TooLarge);
    }
    let refused = Error::UnsupportedMediaType { accept: ACCEPT };
    let content_type = request.content_type().ok_or(refused.clone())?;
    match content_type.essence() {
        "text/plain" | "text/html" => Ok(Kind::Text),
        IS_COMPOSING => Ok(Kind::Typing),
        _ => Err(refused),
    }
}

/// Handles a MESSAGE to `person`.
pub(crate) fn handle(
    ctx: &Ctx,
    now: Now,
    out: &mut Outbox,
    person: &mut Person,
    job: &Job,
) -> Result<(), Error> {
    let kind = decide_kind(&job.request)?;
    let text = read(now, job)?;
    if kind == Kind::Typing {
        type_on(ctx, now, out, person, &text);
        let tag = out.word(now);
        out.respond(job.transaction, Draft::response(&job.request, 200).to_tag(&tag));
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
            let asking = vec![(job.transaction, job.request.clone())];
            archive::start(ctx, now, out, person, text, asking)
        }
    }
}

/// Typing goes where the next text would go; nobody waits for an answer.
fn type_on(ctx: &Ctx, now: Now, out: &mut Outbox, person: &mut Person, text: &Text) {
    let devices = text.devices(now, &mut person.conversations, &person.bindings);
    for key in devices.first {
        let Some(binding) = person.bindings.get(&key) else { continue };
        let Some(route) = binding.way.route(&ctx.config.computer_fqdn) else { continue };
        let request = binding.routed(text.request(&person.aor, &binding.contact));
        out.request(Awaited::Nothing, route, request);
    }
}

fn read(now: Now, job: &Job) -> Result<Text, Error> {
    let request = &job.request;
    let from = request.from().map_err(|_| Error::Malformed("From cannot be read"))?;
    let mut own = sip::NameAddr::new(from.uri.clone());
    if let Some(tag) = from.tag() {
        own = own.with_tag(tag);
    }
    let content_type = request.header(sip::Name::ContentType).unwrap_or("text/plain").to_owned();
    Ok(Text {
        // What people see is the name the directory knows, not one the client made up.
        from: own.with_display(job.speaker.display_name()),
        sender: job.speaker.aor().clone(),
        call_id: request.call_id().ok_or(Error::Malformed("Call-ID is missing"))?.to_owned(),
        cseq: request.cseq().map_err(|_| Error::Malformed("CSeq cannot be read"))?.number,
        hops: request
            .number(sip::Name::MaxForwards)
            .unwrap_or(limits::MAX_FORWARDS)
            .min(limits::MAX_FORWARDS)
            .saturating_sub(1),
        content_type,
        // A body outlives its request: it must not hold the whole received buffer.
        body: Bytes::copy_from_slice(&request.body()),
        sent_ms: now.wall_ms,
        device: job.device.clone(),
    })
}
