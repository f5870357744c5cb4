//! Texts kept for somebody absent: written for later, and handed over when a device is there.
//!
//! A text that is answered 202 is on stable storage first, and leaves it only after a device of
//! the person confirmed it. What somebody writes whom the person has turned away is taken as if it
//! were for somebody absent, and then nobody is shown it. The order of handing over is `shelf`'s,
//! asking the devices is `delivery`'s, which says here what became of a text. The rows are
//! `store`'s, the writes `write`'s.

use sip::{NameAddr, Now};
use store::messaging::AbsentMessage;
use uuid::Uuid;

use crate::aor::Aor;
use crate::binding::Binding;
use crate::content::{Content, Kind};
use crate::delivery;
use crate::limits;
use crate::outbox::{AwaitedCommit, Outbox};
use crate::person::Person;
use crate::report;
use crate::shard::Ctx;
use crate::shelf::{Next, Shelf};
use crate::text::Text;
use crate::write::{Committed, Write};

/// Why a text is in hand no more.
#[derive(Clone, Copy, Debug)]
pub(crate) enum LetGo {
    /// A device confirmed it.
    Confirmed,
    /// The devices that were reached do not take such texts; the others need not wait.
    Refused,
    /// Nobody is there.
    Unanswered,
}

/// Asks for a text to be written for later.
///
/// # Errors
/// The status that says why it is not.
pub(crate) fn keep(
    ctx: &Ctx,
    out: &mut Outbox,
    (recipient, shelf): (&Aor, &mut Shelf),
    delivery: u64,
    text: &Text,
) -> Result<(), u16> {
    let user = ctx.directory.enabled_user(recipient).ok_or(404_u16)?;
    if !user.keeps_texts {
        return Err(480);
    }
    let whole = text.content.whole();
    let message = AbsentMessage {
        id: Uuid::nil(),
        account: user.account,
        from: text.sender.to_string(),
        from_name: text.from.display.clone(),
        content_type: whole.content_type.clone(),
        body: whole.body.to_vec(),
        call_id: text.call_id.clone(),
        cseq: text.cseq,
        at_ms: text.sent_ms,
        expires_s: text.expires_s,
        // Nobody has missed a notification.
        filed: text.content.kind == Kind::Report,
    };
    shelf.keep();
    let awaited = AwaitedCommit::Keep { recipient: recipient.clone(), delivery };
    out.commit(awaited, Write::KeepAbsent(message));
    Ok(())
}

/// A device confirmed a kept text: it goes.
pub(crate) fn confirmed(out: &mut Outbox, shelf: &mut Shelf, id: Uuid) {
    shelf.confirm(id);
    out.commit(AwaitedCommit::Remove { id }, Write::RemoveAbsent { id });
}

/// The text in hand is that no more; the next one's turn has come.
pub(crate) fn let_go(ctx: &Ctx, now: Now, out: &mut Outbox, person: &mut Person, why: LetGo) {
    match why {
        LetGo::Confirmed => {}
        LetGo::Refused => person.shelf.leave(),
        LetGo::Unanswered => {
            person.shelf.leave();
            return end(ctx, now, out, person);
        }
    }
    hand_over_next(ctx, now, out, person);
}

/// Hands over what was kept for the person, in order, if a device is there.
pub(crate) fn flush(ctx: &Ctx, out: &mut Outbox, person: &mut Person) {
    if person.shelf.is_worth_listing() {
        list(ctx, out, person);
    }
}

/// Reads what is kept, if somebody is there to have it; whether it does.
fn list(ctx: &Ctx, out: &mut Outbox, person: &mut Person) -> bool {
    let user = ctx.directory.enabled_user(&person.aor).filter(|user| user.keeps_texts);
    let Some(user) = user.filter(|_| takers(person).next().is_some()) else { return false };
    person.shelf.list();
    let awaited = AwaitedCommit::List { recipient: person.aor.clone() };
    out.commit(awaited, Write::ListAbsent { account: user.account });
    true
}

/// The store has listed what it keeps, or not.
pub(crate) fn listed(
    ctx: &Ctx,
    now: Now,
    out: &mut Outbox,
    person: &mut Person,
    result: Result<Committed, String>,
) {
    match result {
        Ok(Committed::Absent(messages)) => {
            person.shelf.listed(messages);
            hand_over_next(ctx, now, out, person);
        }
        other => {
            tracing::error!(?other, recipient = %person.aor, "kept texts could not be read");
            person.shelf.leave();
            end(ctx, now, out, person);
        }
    }
}

fn takers(person: &Person) -> impl Iterator<Item = &Binding> {
    person.bindings.devices().filter(|binding| binding.takes_messages())
}

fn hand_over_next(ctx: &Ctx, now: Now, out: &mut Outbox, person: &mut Person) {
    loop {
        let message = match person.shelf.next() {
            Next::HandOver(message) => message,
            Next::List if list(ctx, out, person) => return,
            Next::List | Next::End => return end(ctx, now, out, person),
        };
        let id = message.id;
        let Some(text) = read(now, out, message) else {
            tracing::error!(%id, "a kept text cannot be read");
            continue;
        };
        if !person.is_here_for(&text.sender) {
            confirmed(out, &mut person.shelf, id);
            continue;
        }
        if text.is_expired(now.wall_ms) {
            confirmed(out, &mut person.shelf, id);
            report::tell(ctx, now, out, person, &text, &report::FAILED);
            continue;
        }
        if delivery::hand_over(ctx, now, out, person, id, text) {
            return;
        }
        person.shelf.leave();
    }
}

fn read(now: Now, out: &mut Outbox, message: AbsentMessage) -> Option<Text> {
    let sender = Aor::parse(&message.from)?;
    let content = Content::read(&message.content_type, message.body.into()).ok()?;
    let from = NameAddr::new(message.from.parse().ok()?).with_tag(&out.word(now));
    Some(Text {
        from: match &message.from_name {
            Some(name) => from.with_display(name),
            None => from,
        },
        sender,
        call_id: message.call_id,
        cseq: message.cseq,
        hops: limits::MAX_FORWARDS,
        content,
        sent_ms: message.at_ms,
        expires_s: message.expires_s,
        device: None,
    })
}

/// Nothing more is handed over now; live texts that waited go on.
fn end(ctx: &Ctx, now: Now, out: &mut Outbox, person: &mut Person) {
    person.shelf.end();
    delivery::go_on(ctx, now, out, person);
}
