//! What became of texts (RFC 5438): who is told what, once.
//!
//! A device that gets a text in its wrapper says itself what became of it, and what it says goes to
//! the sender's devices like a text. For a device that gets the words only, we are the recipient
//! that RFC 5438 §7.2 speaks of, and say it when the device has answered 200. Several devices of
//! one person that say the same are heard once.
//!
//! Owns these rules and the memory of what was told. The grammars are `imdn`'s.

use std::collections::VecDeque;

use sip::{NameAddr, Now, Tick};

use crate::aor::Aor;
use crate::civil::rfc3339;
use crate::content::Content;
use crate::cpim;
use crate::delivery;
use crate::imdn::{Asked, Kind, Notification};
use crate::limits;
use crate::list::Between;
use crate::outbox::Outbox;
use crate::person::Person;
use crate::shard::Ctx;
use crate::text::Text;

/// Something that can become of a text.
#[derive(Debug)]
pub(crate) struct Fate {
    kind: Kind,
    status: &'static str,
    is_wanted: fn(&Asked) -> bool,
}

/// A device that shows the words has them.
const DELIVERED: Fate =
    Fate { kind: Kind::Delivery, status: "delivered", is_wanted: |asked| asked.delivery };
/// It was kept, and its time was over before a device came.
pub(crate) const FAILED: Fate =
    Fate { kind: Kind::Delivery, status: "failed", is_wanted: |asked| asked.failure };
/// It is kept.
pub(crate) const STORED: Fate =
    Fate { kind: Kind::Processing, status: "stored", is_wanted: |asked| asked.processing };

/// What a person was told lately about texts of theirs.
#[derive(Debug, Default)]
pub(crate) struct Reports(VecDeque<Told>);

#[derive(Debug)]
struct Told {
    by: Aor,
    message_id: String,
    kind: Kind,
    is_positive: bool,
    until: Tick,
}

impl Reports {
    /// Notes what a notification says, and whether it is worth telling: RFC 5438 §7.2.1 wants one
    /// for each kind; good news of one device may follow bad news of another.
    pub(crate) fn is_news(&mut self, now: Tick, report: &Text) -> bool {
        let Some(imdn) = &report.content.imdn else { return true };
        let is_positive = imdn.is_positive();
        let known = self.0.iter_mut().find(|told| {
            told.by == report.sender && told.message_id == imdn.message_id && told.kind == imdn.kind
        });
        if let Some(told) = known {
            let is_news = is_positive && !told.is_positive;
            told.is_positive |= is_positive;
            return is_news;
        }
        if self.0.len() >= limits::REPORT_MEMORY_MAX {
            self.0.pop_front();
        }
        self.0.push_back(Told {
            by: report.sender.clone(),
            message_id: imdn.message_id.clone(),
            kind: imdn.kind,
            is_positive,
            until: now.after_ms(limits::REPORT_MEMORY_MS),
        });
        true
    }

    pub(crate) fn expire(&mut self, now: Tick) {
        self.0.retain(|told| told.until > now);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn next_due(&self) -> Option<Tick> {
        self.0.front().map(|told| told.until)
    }
}

/// A device has taken the words of a text.
pub(crate) fn taken(ctx: &Ctx, now: Now, out: &mut Outbox, person: &Person, number: u64) {
    if let Some(delivery) = person.deliveries.under_way.get(&number) {
        tell(ctx, now, out, person, &delivery.text, &DELIVERED);
    }
}

/// Tells the sender of a text to `person` what became of it, if they asked for that.
pub(crate) fn tell(
    ctx: &Ctx,
    now: Now,
    out: &mut Outbox,
    person: &Person,
    text: &Text,
    fate: &Fate,
) {
    let Some(asked) = text.content.asked.as_ref().filter(|asked| (fate.is_wanted)(asked)) else {
        return;
    };
    // Whoever is blocked hears what is said of somebody absent, and no more.
    if person.presentity.is_blocked(&text.sender) && fate.kind != Kind::Processing {
        return;
    }
    let (id, call_id, tag) = (out.word(now), out.word(now), out.word(now));
    let notification = Notification {
        id: &id,
        from: person.aor.as_str(),
        to: text.sender.as_str(),
        kind: fate.kind,
        status: fate.status,
        at: &rfc3339(now.wall_ms),
    };
    let body = notification.wrap(asked).print();
    let Ok(content) = Content::read(cpim::MEDIA_TYPE, body) else { return };
    let Ok(from) = person.aor.as_str().parse() else { return };
    let user = ctx.directory.enabled_user(&person.aor);
    let from = NameAddr::new(from).with_tag(&tag);
    let report = Text {
        from: match user {
            Some(user) => from.with_display(&user.display_name),
            None => from,
        },
        sender: person.aor.clone(),
        call_id,
        cseq: 1,
        hops: limits::MAX_FORWARDS,
        content,
        sent_ms: now.wall_ms,
        expires_s: None,
        device: None,
    };
    let (asked_by, report) = (text.sender.clone(), Box::new(report));
    out.between(Between::Report { asked_by, report, abroad: None });
}

/// A notification of ours reaches the shard of who asked for it.
pub(crate) fn arrived(ctx: &Ctx, now: Now, out: &mut Outbox, person: &mut Person, report: Text) {
    let is_there = ctx.directory.enabled_user(&person.aor).is_some();
    if is_there && person.reports.is_news(now.tick, &report) {
        // Nobody waits for an answer; what cannot be delivered now is kept or not.
        if let Err(error) = delivery::start(ctx, now, out, person, report, Vec::new()) {
            tracing::debug!(%error, person = %person.aor, "a notification is dropped");
        }
    }
}
