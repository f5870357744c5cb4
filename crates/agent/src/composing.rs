//! "Is typing": the document of RFC 3994 and the state machines of both ends (§3.2, §3.3). Owns
//! them; the requests that carry the document are `conversation.rs`.

use sip::Tick;

use crate::limits::{
    COMPOSING_BYTES_MAX, COMPOSING_HOLD_S, COMPOSING_HOLD_S_MAX, COMPOSING_IDLE_MS,
    COMPOSING_REFRESH_MS,
};
use crate::xml;

/// The media type.
pub(crate) const MEDIA_TYPE: &str = "application/im-iscomposing+xml";

const NAMESPACE: &str = "urn:ietf:params:xml:ns:im-iscomposing";

/// What one end says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Notice {
    /// Typing goes on, and is to be believed for so long.
    Active { hold_s: u64 },
    /// Typing has ended.
    Idle,
}

impl Notice {
    /// Reads a document.
    pub(crate) fn read(body: &[u8]) -> Option<Notice> {
        let document = xml::parse(body, COMPOSING_BYTES_MAX)?;
        let root = document.root_element();
        if !root.has_tag_name((NAMESPACE, "isComposing")) {
            return None;
        }
        let text = |name| {
            let node = root.children().find(|node| node.has_tag_name((NAMESPACE, name)))?;
            node.text().map(str::trim)
        };
        let refresh_s = text("refresh").and_then(|refresh| refresh.parse::<u64>().ok());
        match text("state")? {
            "active" => Some(Notice::Active {
                hold_s: refresh_s.unwrap_or(COMPOSING_HOLD_S).min(COMPOSING_HOLD_S_MAX),
            }),
            // RFC 3994 §3.3: other states are taken as idle.
            _ => Some(Notice::Idle),
        }
    }

    /// Prints the document.
    pub(crate) fn print(self) -> String {
        let state = match self {
            Notice::Active { hold_s } => {
                format!("<state>active</state><refresh>{hold_s}</refresh>")
            }
            Notice::Idle => "<state>idle</state>".to_owned(),
        };
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n<isComposing xmlns=\"{NAMESPACE}\">\
             {state}<contenttype>text/plain</contenttype></isComposing>\r\n"
        )
    }
}

/// The end that types (RFC 3994 §3.2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Composer {
    /// Nothing was typed lately, or what was typed has been sent.
    #[default]
    Idle,
    /// Keys are pressed.
    Active { refresh_at: Tick, idle_at: Tick },
}

impl Composer {
    const ACTIVE: Notice = Notice::Active { hold_s: COMPOSING_HOLD_S };

    /// A key was pressed.
    pub(crate) fn key(&mut self, now: Tick) -> Option<Notice> {
        let idle_at = now.after_ms(COMPOSING_IDLE_MS);
        match self {
            Composer::Idle => {
                let refresh_at = now.after_ms(COMPOSING_REFRESH_MS);
                *self = Composer::Active { refresh_at, idle_at };
                Some(Composer::ACTIVE)
            }
            Composer::Active { idle_at: last, .. } => {
                *last = idle_at;
                None
            }
        }
    }

    /// What was typed was thrown away.
    pub(crate) fn stop(&mut self) -> Option<Notice> {
        let was_active = *self != Composer::Idle;
        *self = Composer::Idle;
        was_active.then_some(Notice::Idle)
    }

    /// What was typed was sent: the text itself says that typing has ended.
    pub(crate) fn sent(&mut self) {
        *self = Composer::Idle;
    }

    pub(crate) fn next_timeout(self) -> Tick {
        match self {
            Composer::Idle => Tick::NEVER,
            Composer::Active { refresh_at, idle_at } => refresh_at.min(idle_at),
        }
    }

    pub(crate) fn handle_timeout(&mut self, now: Tick) -> Option<Notice> {
        match *self {
            Composer::Active { idle_at, .. } if idle_at <= now => self.stop(),
            Composer::Active { refresh_at, idle_at } if refresh_at <= now => {
                let refresh_at = now.after_ms(COMPOSING_REFRESH_MS);
                *self = Composer::Active { refresh_at, idle_at };
                Some(Composer::ACTIVE)
            }
            _ => None,
        }
    }
}

/// The end that watches somebody type (RFC 3994 §3.3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Watched {
    until: Option<Tick>,
}

impl Watched {
    /// Takes a notice; whether typing now goes on, if that changed.
    pub(crate) fn take(&mut self, now: Tick, notice: Notice) -> Option<bool> {
        let was_active = self.until.is_some();
        self.until = match notice {
            Notice::Active { hold_s } => Some(now.after_s(hold_s)),
            Notice::Idle => None,
        };
        (was_active != self.until.is_some()).then_some(self.until.is_some())
    }

    pub(crate) fn next_timeout(self) -> Tick {
        self.until.unwrap_or(Tick::NEVER)
    }

    pub(crate) fn handle_timeout(&mut self, now: Tick) -> Option<bool> {
        if self.until.is_some_and(|until| until <= now) {
            return self.take(now, Notice::Idle);
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents() {
        let wrap =
            |inner: &str| format!("<isComposing xmlns=\"{NAMESPACE}\">{inner}</isComposing>");
        let active = |hold_s| Some(Notice::Active { hold_s });
        let table = [
            (Notice::Active { hold_s: 90 }.print(), active(90)),
            (Notice::Idle.print(), Some(Notice::Idle)),
            (wrap("<state>active</state>"), active(120)),
            (wrap("<state> active </state><refresh>99999999</refresh>"), active(600)),
            (wrap("<state>active</state><refresh>soon</refresh>"), active(120)),
            (wrap("<state>asleep</state>"), Some(Notice::Idle)),
            (wrap(""), None),
            ("<isComposing><state>active</state></isComposing>".to_owned(), None),
            ("active".to_owned(), None),
        ];
        for (document, expected) in table {
            assert_eq!(Notice::read(document.as_bytes()), expected, "{document}");
        }
    }

    #[test]
    fn the_end_that_types() {
        let mut composer = Composer::default();
        let active = Some(Notice::Active { hold_s: 120 });
        assert_eq!(composer.key(Tick(0)), active);
        assert_eq!(composer.key(Tick(1_000)), None);
        assert_eq!(composer.next_timeout(), Tick(16_000));
        for second in 2..=60 {
            composer.key(Tick(second * 1_000));
        }
        assert_eq!(composer.handle_timeout(Tick(60_000)), active, "repeated while it goes on");
        assert_eq!(composer.handle_timeout(Tick(74_999)), None);
        assert_eq!(composer.handle_timeout(Tick(75_000)), Some(Notice::Idle));
        assert_eq!(composer.next_timeout(), Tick::NEVER);
        assert_eq!(composer.stop(), None);
        composer.key(Tick(80_000));
        composer.sent();
        assert_eq!(composer.handle_timeout(Tick(200_000)), None, "the text said it");
        composer.key(Tick(200_000));
        assert_eq!(composer.stop(), Some(Notice::Idle));
    }

    #[test]
    fn the_end_that_watches() {
        let mut watched = Watched::default();
        let active = Notice::Active { hold_s: 10 };
        assert_eq!(watched.take(Tick(0), Notice::Idle), None);
        assert_eq!(watched.take(Tick(0), active), Some(true));
        assert_eq!(watched.take(Tick(5_000), active), None);
        assert_eq!(watched.handle_timeout(Tick(10_000)), None, "it was refreshed");
        assert_eq!(watched.handle_timeout(Tick(15_000)), Some(false));
        assert_eq!(watched.next_timeout(), Tick::NEVER);
    }
}
