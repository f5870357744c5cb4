//! The copy of a request that goes on (RFC 3261 §16.6 steps 1 to 8).

use sip::{Draft, Message, Name, NameAddr, Uri};

use super::record_route::Recorder;
use super::target::Target;
use crate::foreign::gate;
use crate::job::Job;
use crate::limits;

/// RFC 5393 §5.3.3.
const MAX_BREADTH: Name = Name::Other("Max-Breadth");

/// How many devices may ring at once for this request (RFC 5393 §5).
pub(crate) fn breadth(request: &Message) -> usize {
    let written = request.number(MAX_BREADTH).and_then(|number| usize::try_from(number).ok());
    written.unwrap_or(limits::MAX_BREADTH)
}

/// A call as it goes to one of `beside` devices. Route has done its duty: a call ends at a
/// person's devices, wherever it wants to go on to. Who calls is said by the directory.
pub(crate) fn call(job: &Job, target: &Target, beside: usize) -> Draft {
    // RFC 3325 §5: who is of another organisation, that asserts.
    let ours = Some(job.speaker.aor()).filter(|_| !job.speaker.is_foreign());
    let asserted = ours.and_then(|aor| aor.as_str().parse::<Uri>().ok());
    let asserted =
        asserted.map(|uri| NameAddr::new(uri).with_display(job.speaker.display_name()).to_string());
    let share = breadth(&job.request) / beside.max(1);
    let copy = copy(&job.request).to_uri(&target.contact).without(Name::Route);
    target
        .routed(copy)
        .with_some(Name::PAssertedIdentity, asserted)
        .replace(MAX_BREADTH, share.to_string())
}

/// A request as it goes to another organisation, whose own Route may say how there. What we assert
/// is for our own people (RFC 3325 §5).
pub(super) fn abroad(request: &Message) -> Draft {
    copy(request).without(Name::Route)
}

/// A text as it goes to another organisation.
pub(super) fn text(job: &Job) -> Draft {
    gate::named(abroad(&job.request), &job.request, &job.speaker)
}

/// What belongs to a dialog: its Request-URI and Route are the ends' own, but for a GRUU, which
/// is ours to resolve (RFC 5627 §5.4).
pub(crate) fn in_dialog(recorder: &Recorder, request: &Message, contact: Option<Uri>) -> Draft {
    let draft = recorder.without_own_route(request, copy(request));
    match contact {
        Some(contact) => draft.to_uri(&contact),
        None => draft,
    }
}

/// Without what was meant for us: credentials, and what the sender claims about itself.
fn copy(request: &Message) -> Draft {
    let hops = request.number(Name::MaxForwards).unwrap_or(limits::MAX_FORWARDS);
    Draft::copy_of(request)
        .without(Name::Authorization)
        .without(Name::ProxyAuthorization)
        .without(Name::PAssertedIdentity)
        .without(Name::PPreferredIdentity)
        .replace(Name::MaxForwards, hops.min(limits::MAX_FORWARDS).saturating_sub(1).to_string())
}
