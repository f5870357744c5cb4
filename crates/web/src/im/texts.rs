//! Conversations as durable rows: a text is a row before it is shown as sent, and before the sender
//! of an incoming one hears that it arrived.
//!
//! Owns the way of a text in both directions. What pages see of it comes from the change feed.

use agent::{Command, Event, TextAck};
use store::directory::{AddressKind, DirectoryRead};
use store::mail::{ConversationMessage, MailRead, MailWrite, MessageState, NewConversationMessage};
use store::{Store, Writer};
use uuid::Uuid;

use super::facts::fold;
use crate::ctx::Ctx;
use crate::limits::{KEPT_MS_MAX, KEPT_MS_MIN};

/// What became of one durable event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Kept {
    /// A text was stored (or had been before): its sender may be told.
    Stored {
        /// For the answer.
        ack: TextAck,
        /// Whose.
        account: Uuid,
        /// Where.
        conversation: Uuid,
        /// Who wrote it, folded.
        from: String,
    },
    /// A text could not be stored.
    NotStored {
        /// For the answer.
        ack: TextAck,
    },
    /// An own text has its final state.
    Settled {
        /// Which.
        message: Uuid,
    },
}

/// Whether an event changes rows.
pub(crate) fn is_durable(event: &Event) -> bool {
    matches!(event, Event::Text { .. } | Event::Delivered { .. } | Event::SendFailed { .. })
}

/// Writes the durable events of one batch: one transaction, one fsync. If the store is not
/// available the senders are told so.
pub(crate) async fn keep(store: &Store, now_ms: i64, events: Vec<Event>) -> Vec<Kept> {
    let refused: Vec<Kept> = events
        .iter()
        .filter_map(|event| match event {
            Event::Text { ack, .. } => Some(Kept::NotStored { ack: *ack }),
            _ => None,
        })
        .collect();
    let written = store
        .write(now_ms, move |tx| events.iter().map(|event| keep_one(tx, now_ms, event)).collect())
        .await;
    written.unwrap_or_else(|error| {
        tracing::error!(%error, "instant messages could not be stored");
        refused
    })
}

fn keep_one(tx: &mut Writer, now_ms: i64, event: &Event) -> store::Result<Kept> {
    match event {
        Event::Delivered { message, kept, .. } => {
            let state = if *kept { MessageState::Kept } else { MessageState::Delivered };
            settle(tx, message, state, None)
        }
        Event::SendFailed { message, status, reason, .. } => {
            let words = failure_words(*status, reason);
            settle(tx, message, MessageState::Failed, Some(&words))
        }
        Event::Text { address, from, from_name, text, id, sent_ms, ack } => {
            let user = tx.messaging_user_by_address(address)?;
            let Some(user) = user else { return Ok(Kept::NotStored { ack: *ack }) };
            let at_ms = time_of(*sent_ms, now_ms);
            let from = fold(from);
            let name = name_of(tx, &from, from_name.as_deref())?;
            let mut conversation = tx.open_conversation(user.account, &from, &name)?;
            if !conversation.open || conversation.with_name != name {
                conversation.open = true;
                conversation.with_name = name;
                tx.put_conversation(&conversation)?;
            }
            tx.add_conversation_message(&NewConversationMessage {
                conversation: conversation.id,
                from: from.clone(),
                own: false,
                text: text.clone(),
                at_ms,
                state: MessageState::Delivered,
                client_id: None,
                remote_id: Some(id.clone()),
            })?;
            let (account, conversation) = (user.account, conversation.id);
            Ok(Kept::Stored { ack: *ack, account, conversation, from })
        }
        _ => Ok(Kept::Settled { message: Uuid::nil() }),
    }
}

/// A text that was kept for a while is shown with the time it was sent; one that comes at once with
/// that of its arrival, which is finer (Date has seconds) and of one clock with one's own texts.
fn time_of(sent_ms: Option<i64>, now_ms: i64) -> i64 {
    let was_kept = |sent: &i64| (KEPT_MS_MIN..KEPT_MS_MAX).contains(&now_ms.saturating_sub(*sent));
    sent_ms.filter(was_kept).unwrap_or(now_ms)
}

fn settle(
    tx: &mut Writer,
    message: &str,
    state: MessageState,
    reason: Option<&str>,
) -> store::Result<Kept> {
    let Ok(id) = message.parse::<Uuid>() else {
        return Ok(Kept::Settled { message: Uuid::nil() });
    };
    if tx.conversation_message(id)?.is_some() {
        tx.set_message_state(id, state, reason)?;
    }
    Ok(Kept::Settled { message: id })
}

/// The directory's name of a SIP address, else what the sender calls himself, else the address.
pub(crate) fn name_of<R: DirectoryRead>(
    reader: &R,
    address: &str,
    given: Option<&str>,
) -> store::Result<String> {
    let bare = address.strip_prefix("sip:").unwrap_or(address);
    if let Some(found) = reader.address(&AddressKind::Sip, bare)?
        && let Some(account) = reader.account(found.account)?
    {
        return Ok(account.display_name);
    }
    let given = given.map(str::trim).filter(|name| !name.is_empty());
    Ok(given.unwrap_or(bare).to_owned())
}

/// Why a text was not delivered, in the person's words.
pub(crate) fn failure_words(status: u16, reason: &str) -> String {
    match status {
        // What the messaging server says of another organisation's.
        504 if !reason.is_empty() => format!("The message wasn't delivered: {reason}."),
        408 | 503 | 504 => "The messaging server couldn't be reached.".into(),
        404 | 604 => "This person isn't known to the messaging server.".into(),
        // The messaging server's own limits, in its words: they say what to do.
        403 if reason.starts_with("Too many ") => format!("{reason}."),
        // By the policy of this person (CsExternalAccessPolicy).
        403 if reason.starts_with("You may not ") => format!("{reason}."),
        403 => "You may not send messages to this person.".into(),
        413 | 513 => "The message is too long.".into(),
        480 | 486 | 600 | 603 => "This person can't take messages at the moment.".into(),
        _ => format!("The message wasn't delivered ({status} {reason})."),
    }
}

/// An own text to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Outgoing {
    /// Conversation.
    pub conversation: Uuid,
    /// Text.
    pub text: String,
    /// The page's id: the same one twice is the same text.
    pub client_id: Option<String>,
}

/// Writes own texts as *sending*, then hands them to the agent. Without a way to send they are
/// written as *failed* with the reason: never lost silently.
pub(crate) async fn send(
    ctx: &Ctx,
    account: Uuid,
    outgoing: Vec<Outgoing>,
) -> store::Result<Vec<Result<ConversationMessage, String>>> {
    let now_ms = ctx.now_ms();
    let way = ctx.live.look(|bridge| bridge.way_to_send(account));
    let sender = way.clone();
    let written = ctx
        .store
        .write(now_ms, move |tx| {
            let each = outgoing.iter().map(|one| write_own(tx, now_ms, account, &sender, one));
            each.collect::<store::Result<Vec<_>>>()
        })
        .await?;
    let mut answers = Vec::with_capacity(written.len());
    for one in written {
        match one {
            Err(why) => answers.push(Err(why)),
            Ok((mut message, to, is_new)) => {
                if let (Ok(own), true) = (&way, is_new) {
                    hand_over(ctx, account, own, &to, &mut message).await?;
                }
                answers.push(Ok(message));
            }
        }
    }
    Ok(answers)
}

type Written = Result<(ConversationMessage, String, bool), String>;

fn write_own(
    tx: &mut Writer,
    now_ms: i64,
    account: Uuid,
    way: &Result<String, String>,
    one: &Outgoing,
) -> store::Result<Written> {
    let conversation = tx.conversation(one.conversation)?.filter(|c| c.account == account);
    let Some(mut conversation) = conversation else {
        return Ok(Err("there is no such conversation".into()));
    };
    let own = match way {
        Ok(own) => own.clone(),
        Err(_) => own_address(tx, account)?,
    };
    let (mut message, is_new) = tx.add_conversation_message(&NewConversationMessage {
        conversation: conversation.id,
        from: own,
        own: true,
        text: one.text.clone(),
        at_ms: now_ms,
        state: MessageState::Sending,
        client_id: one.client_id.clone(),
        remote_id: None,
    })?;
    if is_new && let Err(reason) = way {
        tx.set_message_state(message.id, MessageState::Failed, Some(reason))?;
        message.state = MessageState::Failed;
        message.reason = Some(reason.clone());
    }
    if !conversation.open {
        conversation.open = true;
        tx.put_conversation(&conversation)?;
    }
    Ok(Ok((message, conversation.with, is_new)))
}

fn own_address<R: DirectoryRead>(reader: &R, account: Uuid) -> store::Result<String> {
    let user = reader.messaging_user(account)?;
    Ok(user.map_or_else(|| "sip:unknown@invalid".to_owned(), |user| fold(&user.sip_address)))
}

/// Gives a written text to the agent; if it takes no more, the text failed.
async fn hand_over(
    ctx: &Ctx,
    account: Uuid,
    own: &str,
    to: &str,
    message: &mut ConversationMessage,
) -> store::Result<()> {
    let command = Command::SendText {
        address: own.to_owned(),
        to: to.to_owned(),
        conversation: message.conversation.to_string(),
        message: message.id.to_string(),
        text: message.text.clone(),
    };
    let now_ms = ctx.now_ms();
    let id = message.id;
    ctx.live.with(&ctx.agent, |bridge| bridge.note_sending(now_ms, account, id, own, to));
    if ctx.agent.send(command).is_ok() {
        return Ok(());
    }
    let reason = "Too many messages are being sent at the moment.";
    ctx.live.with(&ctx.agent, |bridge| bridge.note_settled(id));
    ctx.store
        .write(now_ms, move |tx| tx.set_message_state(id, MessageState::Failed, Some(reason)))
        .await?;
    message.state = MessageState::Failed;
    message.reason = Some(reason.into());
    Ok(())
}

/// Sends a failed text again, under the same id: the pool knows a repetition.
pub(crate) async fn retry(
    ctx: &Ctx,
    account: Uuid,
    message: Uuid,
) -> store::Result<Result<(), String>> {
    let own = match ctx.live.look(|bridge| bridge.way_to_send(account)) {
        Ok(own) => own,
        Err(reason) => return Ok(Err(reason)),
    };
    let found = ctx
        .store
        .write(ctx.now_ms(), move |tx| {
            let found = tx.conversation_message(message)?;
            let Some(mut found) = found.filter(|m| m.account == account && m.own) else {
                return Ok(None);
            };
            if found.state != MessageState::Failed {
                return Ok(Some((found, None)));
            }
            tx.set_message_state(message, MessageState::Sending, None)?;
            found.state = MessageState::Sending;
            let with = tx.conversation(found.conversation)?.map(|c| c.with);
            Ok(Some((found, with)))
        })
        .await?;
    match found {
        None => Ok(Err("there is no such message".into())),
        Some((_, None)) => Ok(Ok(())),
        Some((mut message, Some(to))) => {
            hand_over(ctx, account, &own, &to, &mut message).await?;
            Ok(Ok(()))
        }
    }
}

/// Own texts that nobody will answer any more: after a start, or when their time is over.
pub(crate) async fn fail(
    store: &Store,
    now_ms: i64,
    which: Option<Vec<Uuid>>,
    reason: &'static str,
) -> store::Result<()> {
    store
        .write(now_ms, move |tx| {
            for message in tx.unsettled_messages()? {
                if which.as_ref().is_none_or(|ids| ids.contains(&message.id)) {
                    tx.set_message_state(message.id, MessageState::Failed, Some(reason))?;
                }
            }
            Ok(())
        })
        .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_failed_is_said_in_a_persons_words() {
        let there = "The server of the other organization cannot be reached";
        for (status, reason, expected) in [
            (504, there, &*format!("The message wasn't delivered: {there}.")),
            (504, "", "The messaging server couldn't be reached."),
            (503, "Service Unavailable", "The messaging server couldn't be reached."),
            (408, "Request Timeout", "The messaging server couldn't be reached."),
            (404, "Not Found", "This person isn't known to the messaging server."),
            (403, "Too many messages; wait a minute", "Too many messages; wait a minute."),
            (403, "You may not call", "You may not call."),
            (403, "Forbidden", "You may not send messages to this person."),
            (413, "Request Entity Too Large", "The message is too long."),
            (480, "Temporarily Unavailable", "This person can't take messages at the moment."),
            (500, "Oops", "The message wasn't delivered (500 Oops)."),
        ] {
            assert_eq!(failure_words(status, reason), expected);
        }
    }

    #[test]
    fn texts_that_were_kept_have_the_time_they_were_sent() {
        let now_ms = 10_000_000_000;
        for (sent_ms, expected) in [
            (None, now_ms),
            (Some(now_ms - 500), now_ms),
            (Some(now_ms - 3_600_000), now_ms - 3_600_000),
            (Some(now_ms + 3_600_000), now_ms),
            (Some(0), now_ms),
            (Some(i64::MIN), now_ms),
        ] {
            assert_eq!(time_of(sent_ms, now_ms), expected, "{sent_ms:?}");
        }
    }

    #[test]
    fn failures_are_said_in_words() {
        assert!(failure_words(408, "x").contains("couldn't be reached"));
        assert!(failure_words(404, "x").contains("isn't known"));
        assert!(failure_words(403, "Forbidden").contains("may not send"));
        let slower = "Too many messages in a minute; wait a moment, then send again";
        assert_eq!(failure_words(403, slower), format!("{slower}."));
        assert!(failure_words(499, "Odd").contains("499 Odd"));
    }
}
