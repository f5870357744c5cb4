//! Texts as devices send them, once and again.

use sip::{Draft, Name};

use super::Sky;
use crate::people;

/// A text that a device has sent.
pub(in crate::storm) struct Sent {
    pub(in crate::storm) from: usize,
    pub(in crate::storm) to: usize,
    /// Once it was accepted, it was.
    pub(in crate::storm) status: Option<u16>,
    /// Ticks at which it left its device, and at which the answer was there.
    pub(in crate::storm) at: u64,
    pub(in crate::storm) answered: Option<u64>,
    by: usize,
    /// As it went last.
    request: Option<Draft>,
    /// Of the server, when it left its device.
    life: u64,
    is_repeated: bool,
    /// Whether a server can know that it is the same, if it comes again.
    pub(in crate::storm) is_known: bool,
}

/// For so long a server knows that a request comes again, a moment less than `im` promises.
const KNOWN_MS: u64 = 4 * 60 * 1000;

impl Sky {
    pub(in crate::storm) fn write(&mut self, at: usize, to: usize, text: u64) {
        let address = people::who(&format!("p{to}")).address;
        let now = self.now();
        let Some(client) = &mut self.devices[at].client else { return };
        client.message(now, &address, "text/plain", &format!("text {text}"));
        self.calls.insert(client.last_call_id().to_owned(), text);
        let sent = Sent {
            from: self.devices[at].person,
            to,
            status: None,
            at: self.tick,
            answered: None,
            by: at,
            request: None,
            life: self.life,
            is_repeated: false,
            is_known: true,
        };
        self.sent.insert(text, sent);
        self.settle_device(at);
    }

    /// Texts of a device that a server remembers, if it lives since.
    pub(in crate::storm) fn lately_written_by(&self, at: usize) -> Vec<u64> {
        let is_late = |sent: &Sent| sent.by == at && sent.at + KNOWN_MS > self.tick;
        self.sent.iter().filter(|(_, sent)| is_late(sent)).map(|(text, _)| *text).collect()
    }

    /// The device sends the same request once more.
    pub(in crate::storm) fn repeat(&mut self, at: usize, text: u64) {
        let Some(sent) = self.sent.get_mut(&text) else { return };
        let Some(request) = sent.request.clone() else { return };
        sent.is_repeated = true;
        sent.is_known &= sent.life == self.life;
        self.act(at, |client, now| client.repeat(now, request));
    }

    /// A text goes as this request.
    pub(super) fn note_request(&mut self, request: Draft) {
        let call = request.header(Name::CallId).and_then(|call| self.calls.get(call));
        let Some(sent) = call.and_then(|text| self.sent.get_mut(text)) else { return };
        // If it is challenged when it comes again, it becomes another (RFC 3261 §22.1).
        let number = |it: &Draft| it.header(Name::CSeq).map(str::to_owned);
        let is_same = sent.request.as_ref().and_then(number) == number(&request);
        sent.is_known &= is_same || !sent.is_repeated;
        sent.request = Some(request);
    }
}
