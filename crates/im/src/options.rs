//! OPTIONS (RFC 3261 §11): what is done here. It is also the first request of a trusted
//! application, which counts its connection as up only when this was answered.

use sip::{Draft, Message, Name};

use crate::content;
use crate::error::{ALLOW, ALLOW_EVENTS};
use crate::presence::pidf;

/// The answer.
pub(crate) fn answer(request: &Message) -> Draft {
    Draft::response(request, 200)
        .with(Name::Allow, ALLOW)
        .with(Name::AllowEvents, ALLOW_EVENTS)
        .with(Name::Accept, format!("{}, {}", content::ACCEPT, pidf::MEDIA_TYPE))
        .with(Name::Supported, "outbound")
}
