//! A text as it goes to each device of a person: who says it, in which forms, until when; and by
//! what a repetition of it is known.

use ring::digest;
use sip::{Draft, Method, Name, NameAddr, Now};

use crate::aor::Aor;
use crate::binding::{Binding, Bindings};
use crate::civil::imf_fixdate;
use crate::content::{Content, Form, Kind};
use crate::conversation::{Conversations, Devices};
use crate::cpim;
use crate::gruu::Device;

/// A text as it goes to each device.
#[derive(Clone, Debug)]
pub(crate) struct Text {
    /// Who sent it, with the tag of the sender's From and the name the directory knows.
    pub(crate) from: NameAddr,
    pub(crate) sender: Aor,
    pub(crate) call_id: String,
    pub(crate) cseq: u32,
    /// Max-Forwards of each copy: a device that passes texts back to us ends in 483, not in a
    /// circle.
    pub(crate) hops: u32,
    pub(crate) content: Content,
    pub(crate) sent_ms: i64,
    /// For how long after that its sender wants it to be shown (RFC 3428 §9).
    pub(crate) expires_s: Option<u32>,
    /// The device it is for, if it is for one only; such a text is not kept.
    pub(crate) device: Option<Device>,
}

/// Names a request across repetitions: a hash of who sent it, its Call-ID and CSeq, and its body.
/// Call-IDs alone are not unique.
// COMPAT(pidgin-sipe 1.25): two clients started in the same second use the same Call-IDs.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Fingerprint([u8; 16]);

impl Text {
    pub(crate) fn fingerprint(&self) -> Fingerprint {
        let mut hash = digest::Context::new(&digest::SHA256);
        for part in [self.sender.as_str(), &self.call_id] {
            hash.update(part.as_bytes());
            hash.update(b"\n");
        }
        hash.update(&self.cseq.to_be_bytes());
        hash.update(&self.content.whole().body);
        Fingerprint(hash.finish().as_ref().first_chunk().copied().unwrap_or_default())
    }

    pub(crate) fn is(&self, fingerprint: &Fingerprint) -> bool {
        self.fingerprint() == *fingerprint
    }

    /// The devices it goes to: a text to where the person speaks, what became of one to whoever
    /// can read it.
    pub(crate) fn devices(
        &self,
        now: Now,
        conversations: &mut Conversations,
        bindings: &Bindings,
    ) -> Devices {
        if self.content.kind == Kind::Report {
            let first = bindings.readers_of(self).map(|binding| binding.key.clone()).collect();
            return Devices { first, then: Vec::new() };
        }
        let wanted = |it: &&Binding| self.device.as_ref().is_none_or(|device| device.is(it));
        conversations.devices(now.tick, &self.sender, bindings.devices().filter(wanted))
    }

    /// The request to a device. From, Call-ID and CSeq stay, so that a device recognises a text
    /// it has had (RFC 3428 §7: each copy is a transaction of its own); only another form of what
    /// it has refused is another request (RFC 3261 §8.1.3.5).
    pub(crate) fn request(&self, to: &Aor, device: &sip::Uri, form: &Form, refusals: u32) -> Draft {
        let request = Draft::request(Method::Message, device)
            .with(Name::From, self.from.to_string())
            .with(Name::To, format!("<{to}>"))
            .with(Name::CallId, self.call_id.as_str())
            .with(Name::CSeq, format!("{} MESSAGE", self.cseq.saturating_add(refusals)));
        self.in_session(request, form)
    }

    /// As [`Text::request`], as a request of a dialog that a device has with us (`session`).
    pub(crate) fn in_session(&self, request: Draft, form: &Form) -> Draft {
        request
            .with(Name::MaxForwards, self.hops.to_string())
            .with(Name::Date, imf_fixdate(self.sent_ms))
            .with_some(Name::Expires, self.expires_s.map(|expires_s| expires_s.to_string()))
            .body(&form.content_type, form.body.clone())
    }

    /// Whether its time is over (RFC 3428 §9).
    pub(crate) fn is_expired(&self, now_ms: i64) -> bool {
        let is_over =
            |expires_s| self.sent_ms.saturating_add(i64::from(expires_s) * 1000) <= now_ms;
        self.expires_s.is_some_and(is_over)
    }

    /// The form in which a device gets it. Somebody who is blocked is told by no device what
    /// became of a text: then what asks for that does not come there.
    pub(crate) fn form_for(&self, binding: &Binding, is_blocked: bool) -> Option<&Form> {
        let is_barred = |essence: &str| is_blocked && essence == cpim::MEDIA_TYPE;
        self.content.form_for(|essence| !is_barred(essence) && binding.takes.takes(essence))
    }
}
