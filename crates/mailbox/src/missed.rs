//! Files what the messaging half left in the store: missed messages in the inbox, ended
//! conversations in Conversation History.
//!
//! `node` calls [`file_missed`] at start and at `Change::Absent` and `Change::ConversationEnded`.
//! What is filed is marked in the same transaction, so that a crash neither loses nor doubles it.

use std::collections::BTreeMap;

use mail::address::{Address, is_path};
use mail::date::rfc5322;
use mail::mime::compose::{Bcc, Draft, compose};
use store::directory::{Account, DirectoryRead};
use store::mail::{AbsentMessage, EndedConversation, FolderRole, MailRead, MailWrite, Mailbox};
use store::{Store, Uuid, Writer};

use crate::deliver::folder;
use crate::index::Indexed;
use crate::{FILED_AT_ONCE, Result};

/// Keyword of a missed conversation, so that the page can show it as one.
pub const MISSED_KEYWORD: &str = "$missedconversation";

/// Files everything that waits; how many items it made.
pub async fn file_missed(store: &Store, now_ms: i64) -> Result<usize> {
    let mut filed = 0;
    loop {
        let (taken, made) = store.write(now_ms, |tx| Ok(file_some(tx)?)).await?;
        filed += made;
        if taken == 0 {
            return Ok(filed);
        }
    }
}

/// One transaction's worth: how many facts it took, and how many items it made of them.
fn file_some(tx: &mut Writer) -> Result<(usize, usize)> {
    let missed = tx.unfiled_absent_messages(FILED_AT_ONCE)?;
    let ended = tx.ended_conversations(FILED_AT_ONCE)?;
    let taken = missed.len() + ended.len();
    let mut by_pair: BTreeMap<(Uuid, String), Vec<AbsentMessage>> = BTreeMap::new();
    for message in missed {
        by_pair.entry((message.account, message.from.clone())).or_default().push(message);
    }
    let mut made = 0;
    for ((account, from), messages) in by_pair {
        if let Some((owner, mailbox)) = owner(tx, account)? {
            let name = messages.iter().find_map(|message| message.from_name.as_deref());
            let draft = missed_item(&owner, &from, name, &messages);
            file(tx, &mailbox, FolderRole::Inbox, &[MISSED_KEYWORD], &draft)?;
            made += 1;
        }
        let ids: Vec<Uuid> = messages.iter().map(|message| message.id).collect();
        tx.mark_absent_filed(&ids)?;
    }
    for conversation in ended {
        if let Some((owner, mailbox)) = owner(tx, conversation.account)? {
            let draft = history_item(&owner, &conversation);
            file(tx, &mailbox, FolderRole::ConversationHistory, &["$seen"], &draft)?;
            made += 1;
        }
        tx.delete_ended_conversation(conversation.id)?;
    }
    Ok((taken, made))
}

/// The person and their mailbox; somebody without one has nothing filed.
fn owner(tx: &Writer, account: Uuid) -> Result<Option<(Account, Mailbox)>> {
    Ok(tx.account(account)?.zip(tx.mailbox_of(account)?))
}

fn file(
    tx: &mut Writer,
    mailbox: &Mailbox,
    role: FolderRole,
    keywords: &[&str],
    draft: &Draft,
) -> Result<()> {
    let folder = folder(tx, mailbox.id, role)?;
    let message_id = format!("{}@tandem.invalid", tx.new_id()?.simple());
    let bytes = compose(draft, Bcc::Drop, tx.now_ms(), &message_id)?;
    let indexed = Indexed::new(bytes.into());
    tx.file_message(&indexed.new_message(mailbox.id, folder, tx.now_ms(), keywords))?;
    Ok(())
}

fn missed_item(
    owner: &Account,
    from: &str,
    name: Option<&str>,
    messages: &[AbsentMessage],
) -> Draft {
    let mut text = String::new();
    for message in messages {
        text.push_str(&format!("{}\n{}\n\n", rfc5322(message.at_ms), plain_text(message)));
    }
    item(owner, from, name, "Missed conversation with", text)
}

fn history_item(owner: &Account, ended: &EndedConversation) -> Draft {
    let name = ended.with_name.as_deref();
    let mut text = String::new();
    for line in &ended.lines {
        let who = if line.from.eq_ignore_ascii_case(&ended.with) {
            name.unwrap_or(&ended.with)
        } else {
            &owner.display_name
        };
        text.push_str(&format!("{who} [{}]:\n{}\n\n", rfc5322(line.at_ms), line.text));
    }
    item(owner, &ended.with, name, "Conversation with", text)
}

fn item(owner: &Account, with: &str, name: Option<&str>, what: &str, text: String) -> Draft {
    let email = with.strip_prefix("sip:").unwrap_or(with);
    let from = Address { name: name.map(str::to_owned), email: email.to_owned() };
    // A SIP address need not be a mail address; then the text alone says who it was.
    let from = if is_path(email) { vec![from] } else { Vec::new() };
    let to = Address { name: Some(owner.display_name.clone()), email: owner.upn.clone() };
    Draft {
        from,
        to: if is_path(&owner.upn) { vec![to] } else { Vec::new() },
        subject: format!("{what} {}", name.unwrap_or(email)),
        text,
        ..Draft::default()
    }
}

/// Text of a kept message. CPIM and other wrappings are read as text: the words are in there.
fn plain_text(message: &AbsentMessage) -> String {
    let text = String::from_utf8_lossy(&message.body);
    if message.content_type.trim_start().to_ascii_lowercase().starts_with("text/html") {
        mail::mime::text::from_html(&text)
    } else {
        text.into_owned()
    }
}
