//! BENOTIFY: a NOTIFY nobody answers, and state carried in the 200 to SUBSCRIBE ([MS-SIP]).
//!
//! Owns: recognising who takes them, and the headers of the piggy-back.
//! Does not: run subscriptions (`subscription`).

use crate::message::{Draft, Message, Method, Name};

/// Whether the subscriber takes BENOTIFY in place of NOTIFY.
#[must_use]
pub fn is_supported(subscribe: &Message) -> bool {
    subscribe.lists(Name::Supported, "ms-benotify")
}

/// Whether the subscriber takes the first state in the 200 to its SUBSCRIBE.
#[must_use]
pub fn takes_piggyback(subscribe: &Message) -> bool {
    subscribe.lists(Name::Supported, "ms-piggyback-first-notify")
}

/// Which method notifies this subscriber.
#[must_use]
pub fn method_for(subscribe: &Message) -> Method {
    if is_supported(subscribe) { Method::Benotify } else { Method::Notify }
}

impl Draft {
    /// A 200 to SUBSCRIBE with the first state inside: ms-piggyback-cseq takes the place of the
    /// CSeq of the notification that is not sent.
    #[must_use]
    pub fn piggyback(self, cseq: u32, content_type: &str, body: impl Into<bytes::Bytes>) -> Draft {
        self.with(Name::MsPiggybackCseq, cseq.to_string()).body(content_type, body)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::Uri;

    #[test]
    fn support_is_seen_in_one_or_several_lines() {
        let uri = Uri::parse("sip:a@b").unwrap();
        let draft = Draft::request(Method::Subscribe, &uri);
        let both = draft.clone().with(Name::Supported, "ms-benotify, MS-Piggyback-First-Notify");
        let lines = draft.clone().with(Name::Supported, "x").with(Name::Supported, "ms-benotify");
        let parse = |draft: Draft| Message::parse(draft.print()).unwrap();
        let (both, lines, none) = (parse(both), parse(lines), parse(draft));
        assert!(is_supported(&both) && takes_piggyback(&both));
        assert!(is_supported(&lines) && !takes_piggyback(&lines));
        assert_eq!((method_for(&both), method_for(&none)), (Method::Benotify, Method::Notify));
    }
}
