//! OPTIONS (RFC 3261 §11): what is done here. It is also the first request of a trusted
//! application, which counts its connection as up only when this was answered.

use sip::{Draft, Message, Name};

use crate::error::{ALLOW, ALLOW_EVENTS};
use crate::presence::pidf;

/// What is taken, in ranges: whoever sends another form is told exactly (415). reliability.md
/// E6: an answer to a stranger is at most twice as long as the question, so there are no blanks.
const ACCEPT: &str = "text/*,message/*,multipart/alternative,application/im-iscomposing+xml";

/// The answer.
pub(crate) fn answer(request: &Message) -> Draft {
    Draft::response(request, 200)
        .with(Name::Allow, ALLOW.replace(", ", ","))
        .with(Name::AllowEvents, ALLOW_EVENTS)
        .with(Name::Accept, format!("{ACCEPT},{}", pidf::MEDIA_TYPE))
        .with(Name::Supported, "outbound")
}
