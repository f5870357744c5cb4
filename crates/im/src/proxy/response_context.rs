//! The response context of a request on its way (RFC 3261 §16.7): which final response is the
//! best of those that came. Pure.

use sip::{Draft, Message, Name};

/// RFC 5626 §11.5; for proxies only.
pub(crate) const FLOW_FAILED: u16 = 430;

/// A final response other than 2xx, to be passed back or made by us.
#[derive(Clone, Debug)]
pub(crate) enum Final {
    /// A device answered.
    Theirs(Box<Message>),
    /// No device did: this status says so.
    Ours(u16),
}

impl Final {
    /// Its status.
    pub(crate) fn status(&self) -> u16 {
        match self {
            Self::Theirs(response) => response.status().unwrap_or(500),
            Self::Ours(status) => *status,
        }
    }

    /// Whether the way to the device has failed and not the device (RFC 5626 §7).
    pub(crate) fn is_of_flow(&self) -> bool {
        match self {
            Self::Theirs(_) => matches!(self.status(), 408 | FLOW_FAILED),
            Self::Ours(_) => true,
        }
    }
}

/// The final responses of one request so far.
#[derive(Debug, Default)]
pub(crate) struct Best {
    best: Option<Final>,
    /// What devices want to be told before they answer: passed back together (step 7).
    challenges: Vec<(Name, String)>,
}

impl Best {
    /// Notes a final response.
    pub(crate) fn note(&mut self, other: Final) {
        if let (Final::Theirs(response), 401 | 407) = (&other, other.status()) {
            for name in [Name::WwwAuthenticate, Name::ProxyAuthenticate] {
                let values = response.headers(name).map(|value| (name, value.to_owned()));
                self.challenges.extend(values);
            }
        }
        let is_better =
            self.best.as_ref().is_none_or(|best| rank(other.status()) < rank(best.status()));
        if is_better {
            self.best = Some(other);
        }
    }

    /// The best one; none if none came.
    pub(crate) fn take(&mut self) -> Option<Final> {
        self.best.take()
    }

    /// What is passed back of a device's response.
    pub(crate) fn passed_back(&self, response: &Message) -> Draft {
        let draft = passed_back(response);
        if !matches!(response.status(), Some(401 | 407)) {
            return draft;
        }
        let bare = draft.without(Name::WwwAuthenticate).without(Name::ProxyAuthenticate);
        self.challenges.iter().fold(bare, |draft, (name, value)| draft.with(*name, value.as_str()))
    }
}

/// A response without our Via (step 3). Who answered is said by their registration, not by
/// what the device asserts about itself (RFC 3325 §5).
pub(crate) fn passed_back(response: &Message) -> Draft {
    Draft::copy_of(response).without_first(Name::Via).without(Name::PAssertedIdentity)
}

/// RFC 3261 §16.7 step 6: lower is better. A 6xx says it for the person; otherwise the lowest
/// class, in it what tells the caller what to change, and last what only says that a device did
/// not answer.
fn rank(status: u16) -> (u8, u8) {
    let within = match status {
        401 | 407 | 415 | 420 | 484 => 0,
        408 | FLOW_FAILED | 480 | 487 => 2,
        _ => 1,
    };
    match status {
        600.. => (0, within),
        300..400 => (1, within),
        400..500 => (2, within),
        _ => (3, within),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn response(status: u16, headers: &str) -> Final {
        let text = format!(
            "SIP/2.0 {status} X\r\nVia: SIP/2.0/TLS us;branch=z9hG4bK2\r\n\
             Via: SIP/2.0/TLS h;branch=z9hG4bK1\r\nFrom: <sip:a@x.test>;tag=1\r\n\
             To: <sip:b@x.test>;tag=2\r\nCall-ID: c\r\nCSeq: 1 INVITE\r\n{headers}\
             Content-Length: 0\r\n\r\n"
        );
        Final::Theirs(Box::new(Message::parse(text.into()).unwrap()))
    }

    #[test]
    fn the_best_is_chosen() {
        for (statuses, best) in [
            (&[486, 408][..], 486),
            (&[408, 486], 486),
            (&[480, 603, 302], 603),
            (&[503, 404], 404),
            (&[486, 302], 302),
            (&[486, 407, 487], 407),
            (&[408, 500], 408),
            (&[487, 408], 487),
        ] {
            let mut all = Best::default();
            statuses.iter().for_each(|status| all.note(response(*status, "")));
            assert_eq!(all.take().map(|it| it.status()), Some(best), "{statuses:?}");
        }
        assert!(Best::default().take().is_none());
    }

    #[test]
    fn challenges_of_all_devices_go_back_together() {
        let mut all = Best::default();
        all.note(response(401, "WWW-Authenticate: Digest realm=\"a\"\r\n"));
        all.note(response(486, ""));
        all.note(response(407, "Proxy-Authenticate: Digest realm=\"b\"\r\n"));
        let Some(Final::Theirs(best)) = all.take() else { panic!() };
        let draft = all.passed_back(&best);
        assert_eq!(draft.header(Name::WwwAuthenticate), Some("Digest realm=\"a\""));
        assert_eq!(draft.header(Name::ProxyAuthenticate), Some("Digest realm=\"b\""));
        assert_eq!(draft.headers(Name::Via).collect::<Vec<_>>(), ["SIP/2.0/TLS h;branch=z9hG4bK1"]);
    }
}
