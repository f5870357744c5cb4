//! One person's conversations: texts out in order, "is typing" in both directions. Owns the
//! queue of each conversation and its typing states; texts that come in are `incoming.rs`, the
//! documents are `composing.rs`.

use std::collections::{BTreeMap, VecDeque};

use sip::{Draft, Method, NameAddr, Now, Tick, Uri};

use crate::command::Event;
use crate::composing::{self, Composer, Notice, Watched};
use crate::limits::{CONVERSATIONS_MAX, TEXT_BYTES_MAX, TEXTS_WAITING_MAX};
use crate::outbox::{Outbox, Purpose, Reply, Sequence, numbered};
use crate::random;
use crate::registration::Me;

/// A text on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Text {
    /// The web app's id.
    pub(crate) message: String,
    /// The text.
    pub(crate) text: String,
}

#[derive(Debug)]
struct Conversation {
    /// The address as the web app writes it.
    address: String,
    to: NameAddr,
    waiting: VecDeque<Text>,
    /// The id of the text whose answer is awaited: RFC 3428 §8 allows one at a time.
    under_way: Option<String>,
    composer: Composer,
    /// RFC 3994 §4: the other side answered 415 to a typing notice.
    refuses_notices: bool,
    watched: Watched,
    used_at: Tick,
}

impl Conversation {
    fn next_timeout(&self) -> Tick {
        self.composer.next_timeout().min(self.watched.next_timeout())
    }

    fn is_quiet(&self) -> bool {
        self.waiting.is_empty() && self.under_way.is_none()
    }
}

/// The conversations of one person, by the other's folded address.
#[derive(Debug, Default)]
pub(crate) struct Conversations {
    by_aor: BTreeMap<String, Conversation>,
}

impl Conversations {
    /// Queues a text, and sends it if nothing is before it.
    pub(crate) fn send(
        &mut self,
        now: Now,
        to: &str,
        text: Text,
        is_registered: bool,
        me: &Me,
        out: &mut Outbox,
    ) {
        if text.text.len() > TEXT_BYTES_MAX {
            let reason = format!("the text is longer than {TEXT_BYTES_MAX} bytes");
            return failed(me, &text.message, (513, reason), out);
        }
        let Some(aor) = self.open(now, to) else {
            let reason = format!("{to} is not a SIP address");
            return failed(me, &text.message, (400, reason), out);
        };
        let Some(conversation) = self.by_aor.get_mut(&aor) else {
            let reason = "too many conversations wait for an answer".to_owned();
            return failed(me, &text.message, (503, reason), out);
        };
        if conversation.waiting.len() >= TEXTS_WAITING_MAX {
            let reason = "too many texts of this conversation wait".to_owned();
            return failed(me, &text.message, (503, reason), out);
        }
        conversation.composer.sent();
        conversation.waiting.push_back(text);
        if is_registered {
            next(conversation, me, out);
        }
    }

    /// A key was pressed, or typing ended without a text.
    pub(crate) fn typing(&mut self, now: Now, to: &str, active: bool, me: &Me, out: &mut Outbox) {
        let Some(aor) = self.open(now, to) else { return };
        let Some(conversation) = self.by_aor.get_mut(&aor) else { return };
        let composer = &mut conversation.composer;
        let notice = if active { composer.key(now.tick) } else { composer.stop() };
        say(conversation, notice, me, out);
    }

    /// Registered: what waited is sent.
    pub(crate) fn start(&mut self, me: &Me, out: &mut Outbox) {
        self.by_aor.values_mut().for_each(|conversation| next(conversation, me, out));
    }

    /// The link or the registration is gone: what was not answered has failed, and the person may
    /// send it again.
    pub(crate) fn lost(&mut self, status: u16, reason: &str, me: &Me, out: &mut Outbox) {
        for conversation in self.by_aor.values_mut() {
            let under_way = conversation.under_way.take();
            let waiting = conversation.waiting.drain(..).map(|text| text.message);
            for message in under_way.into_iter().chain(waiting) {
                failed(me, &message, (status, reason.to_owned()), out);
            }
            conversation.composer.sent();
            if conversation.watched.take(Tick(0), Notice::Idle) == Some(false) {
                tell_typing(conversation, false, me, out);
            }
        }
    }

    /// The answer to a text.
    pub(crate) fn handle_text_reply(
        &mut self,
        to: &str,
        message: &str,
        reply: Reply<'_>,
        me: &Me,
        out: &mut Outbox,
    ) {
        let Some(conversation) = self.by_aor.get_mut(to) else { return };
        if conversation.under_way.as_deref() != Some(message) {
            return;
        }
        conversation.under_way = None;
        match reply.status() {
            status @ 200..=299 => out.event(Event::Delivered {
                address: me.address.clone(),
                message: message.to_owned(),
                kept: status == 202,
            }),
            status => failed(me, message, (status, reply.reason()), out),
        }
        next(conversation, me, out);
    }

    /// The answer to a typing notice.
    pub(crate) fn handle_notice_reply(&mut self, to: &str, reply: Reply<'_>) {
        if let Some(conversation) = self.by_aor.get_mut(to).filter(|_| reply.status() == 415) {
            conversation.refuses_notices = true;
        }
    }

    /// A typing notice came in.
    pub(crate) fn handle_notice(
        &mut self,
        now: Now,
        from: &str,
        notice: Notice,
        me: &Me,
        out: &mut Outbox,
    ) {
        // Somebody who stops typing needs no memory.
        if notice == Notice::Idle && !self.by_aor.contains_key(from) {
            return;
        }
        let Some(aor) = self.open(now, from) else { return };
        let Some(conversation) = self.by_aor.get_mut(&aor) else { return };
        if let Some(active) = conversation.watched.take(now.tick, notice) {
            tell_typing(conversation, active, me, out);
        }
    }

    pub(crate) fn next_timeout(&self) -> Tick {
        self.by_aor.values().map(Conversation::next_timeout).min().unwrap_or(Tick::NEVER)
    }

    pub(crate) fn handle_timeout(&mut self, now: Now, me: &Me, out: &mut Outbox) {
        for conversation in self.by_aor.values_mut() {
            let notice = conversation.composer.handle_timeout(now.tick);
            say(conversation, notice, me, out);
            if let Some(active) = conversation.watched.handle_timeout(now.tick) {
                tell_typing(conversation, active, me, out);
            }
        }
    }

    /// The conversation with this address, made if there is none: then the one that was quiet
    /// longest may have to give way.
    fn open(&mut self, now: Now, address: &str) -> Option<String> {
        let uri = Uri::parse(address).ok()?;
        let aor = uri.aor()?;
        if let Some(conversation) = self.by_aor.get_mut(&aor) {
            conversation.used_at = now.tick;
            return Some(aor);
        }
        if self.by_aor.len() >= CONVERSATIONS_MAX {
            let quiet = self.by_aor.iter().filter(|(_, it)| it.is_quiet());
            let oldest = quiet.min_by_key(|(_, it)| it.used_at).map(|(aor, _)| aor.clone());
            // All wait for answers: the caller finds no conversation and says so.
            let Some(oldest) = oldest else { return Some(aor) };
            self.by_aor.remove(&oldest);
        }
        let conversation = Conversation {
            address: address.to_owned(),
            to: NameAddr::new(Uri::parse(&aor).ok()?),
            waiting: VecDeque::new(),
            under_way: None,
            composer: Composer::default(),
            refuses_notices: false,
            watched: Watched::default(),
            used_at: now.tick,
        };
        self.by_aor.insert(aor.clone(), conversation);
        Some(aor)
    }
}

/// Sends the next text, if none is under way.
fn next(conversation: &mut Conversation, me: &Me, out: &mut Outbox) {
    if conversation.under_way.is_some() || out.link.is_none() {
        return;
    }
    let Some(Text { message, text }) = conversation.waiting.pop_front() else { return };
    let (to, uri) = (&conversation.to, &conversation.to.uri);
    // The same text under the same id is the same request, also after a failure: the pool can
    // recognise it by Call-ID and CSeq if only the answer was lost.
    let aor = uri.aor().unwrap_or_default();
    let call_id = random::digest(&[&me.aor, &aor, &message, &text]);
    let tag = out.random.tag();
    let request = numbered(Method::Message, uri, (&me.name, &tag), to, (&call_id, 1))
        .body("text/plain;charset=utf-8", text);
    conversation.under_way = Some(message.clone());
    out.request(me.owner(Purpose::Text { to: aor, message }), request);
}

/// Sends a typing notice. RFC 3994 §4: not any more to somebody who refused one.
fn say(conversation: &mut Conversation, notice: Option<Notice>, me: &Me, out: &mut Outbox) {
    let Some(notice) = notice.filter(|_| !conversation.refuses_notices) else { return };
    let to = &conversation.to;
    let request: Draft = Sequence::new(out)
        .request(Method::Message, &to.uri, &me.name, to)
        .body(composing::MEDIA_TYPE, notice.print());
    let to = to.uri.aor().unwrap_or_default();
    out.request(me.owner(Purpose::Composing { to }), request);
}

fn tell_typing(conversation: &Conversation, active: bool, me: &Me, out: &mut Outbox) {
    out.event(Event::Typing {
        address: me.address.clone(),
        from: conversation.address.clone(),
        active,
    });
}

pub(crate) fn failed(me: &Me, message: &str, (status, reason): (u16, String), out: &mut Outbox) {
    let (address, message) = (me.address.clone(), message.to_owned());
    out.event(Event::SendFailed { address, message, status, reason });
}
