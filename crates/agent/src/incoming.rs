//! Texts that come in: told to the web app, and answered only when it has stored them. Owns the
//! texts that wait for that; whose they are is decided in `agent.rs`.

use std::collections::BTreeMap;

use sip::{Draft, Message, Name, Now, ServerTransaction, Tick};

use crate::command::{Event, TextAck};
use crate::limits::{STORE_WAIT_MS, TEXTS_UNSTORED_MAX};
use crate::outbox::Outbox;
use crate::registration::Me;
use crate::{composing, date, plain};

/// What a MESSAGE carries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Carried {
    /// A text for a person to read.
    Text(String),
    /// A typing notice.
    Notice(composing::Notice),
    /// Something else: 415.
    Other,
}

/// What can be carried, for Accept of a 415 (RFC 3261 §21.4.13).
pub(crate) const ACCEPTED: &str = "text/plain, text/html, application/im-iscomposing+xml";

impl Carried {
    pub(crate) fn of(message: &Message) -> Carried {
        let Some(kind) = message.content_type() else { return Carried::Other };
        let body = message.body();
        if kind.is(composing::MEDIA_TYPE) {
            return composing::Notice::read(&body).map_or(Carried::Other, Carried::Notice);
        }
        match (kind.essence(), plain::decode(&body, &kind.charset())) {
            ("text/plain", Some(text)) => Carried::Text(text.into_owned()),
            ("text/html", Some(html)) => Carried::Text(plain::of_html(&html)),
            _ => Carried::Other,
        }
    }
}

#[derive(Debug)]
struct Unstored {
    transaction: ServerTransaction,
    request: Message,
    until: Tick,
}

/// The texts that wait to be stored; the oldest has the lowest number and the earliest end.
#[derive(Debug, Default)]
pub(crate) struct Incoming {
    unstored: BTreeMap<TextAck, Unstored>,
    last: u64,
}

impl Incoming {
    /// Hands a text to the web app.
    pub(crate) fn offer(
        &mut self,
        now: Now,
        (transaction, request): (ServerTransaction, &Message),
        text: String,
        me: &Me,
        out: &mut Outbox,
    ) {
        let (Ok(from), Some(call_id), Ok(cseq)) =
            (request.from(), request.call_id(), request.cseq())
        else {
            return out.respond(transaction, Draft::response(request, 400));
        };
        if self.unstored.len() >= TEXTS_UNSTORED_MAX {
            return out.respond(transaction, Draft::response(request, 503));
        }
        self.last += 1;
        let ack = TextAck(self.last);
        out.event(Event::Text {
            address: me.address.clone(),
            from: from.uri.aor().unwrap_or_else(|| from.uri.to_string()),
            from_name: from.display.clone(),
            text,
            id: format!("{call_id} {}", cseq.number),
            sent_ms: request.header(Name::Date).and_then(date::sip_date_ms),
            ack,
        });
        let until = now.tick.after_ms(STORE_WAIT_MS);
        self.unstored.insert(ack, Unstored { transaction, request: request.clone(), until });
    }

    /// The web app has stored it (200) or could not (480).
    pub(crate) fn answer(&mut self, ack: TextAck, status: u16, out: &mut Outbox) {
        if let Some(waiting) = self.unstored.remove(&ack) {
            out.respond(waiting.transaction, Draft::response(&waiting.request, status));
        }
    }

    pub(crate) fn next_timeout(&self) -> Tick {
        self.unstored.values().next().map_or(Tick::NEVER, |first| first.until)
    }

    /// A text that is not stored in time was not taken: its sender's side keeps it.
    pub(crate) fn handle_timeout(&mut self, now: Now, out: &mut Outbox) {
        while self.next_timeout() <= now.tick {
            let Some((ack, _)) = self.unstored.first_key_value() else { return };
            self.answer(*ack, 480, out);
        }
    }
}
