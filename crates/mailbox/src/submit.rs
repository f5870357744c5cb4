//! Sending mail as one of our people.
//!
//! Recipients must be ours too: mail to other servers does not exist yet, and is refused before
//! anything is written.

use bytes::Bytes;
use mail::address::Address;
use mail::mime::compose::{Bcc, Draft, compose, without_bcc};
use store::directory::{AddressKind, DirectoryRead};
use store::identity::fold_address;
use store::mail::{FolderRole, MailRead, MailWrite, MessageRow};
use store::{Store, Uuid};

use crate::deliver::{file_in_inboxes, folder, mailboxes};
use crate::index::Indexed;
use crate::{Error, Result};

/// A message that was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Submitted {
    /// The sender's own copy, in Sent Items.
    pub sent: MessageRow,
    /// The rows in the recipients' inboxes.
    pub delivered: Vec<Uuid>,
}

/// What is known of a sender before a transaction.
struct Sender {
    mailbox: Uuid,
    own: Address,
}

/// Sends what a person wrote: delivers it to each recipient and files a copy in Sent Items, in
/// one transaction. Without From, the account's primary address is written there; with one, it
/// must be the account's own.
pub async fn submit(
    store: &Store,
    now_ms: i64,
    account: Uuid,
    mut draft: Draft,
) -> Result<Submitted> {
    let sender = sender(store, account, &draft.from).await?;
    if draft.from.is_empty() {
        draft.from = vec![sender.own.clone()];
    }
    let message_id = new_message_id(now_ms, &sender.own)?;
    let own = Indexed::new(compose(&draft, Bcc::Keep, now_ms, &message_id)?.into());
    let others = if draft.bcc.is_empty() {
        own.clone()
    } else {
        Indexed::new(without_bcc(&own.bytes).into())
    };
    let recipients: Vec<String> = emails(&[&draft.to, &draft.cc, &draft.bcc]);
    let submitted = store
        .write(now_ms, move |tx| {
            let targets = mailboxes(tx, &recipients)?;
            let sent = folder(tx, sender.mailbox, FolderRole::Sent)?;
            let copy = own.new_message(sender.mailbox, sent, now_ms, &["$seen"]);
            let sent = tx.file_message(&copy)?;
            let delivered = file_in_inboxes(tx, &targets, &others)?;
            Ok(Submitted { sent, delivered })
        })
        .await?;
    Ok(submitted)
}

/// Sends a message that is in the account's mailbox already (JMAP's EmailSubmission): delivers it
/// without its Bcc field; where the stored one goes is the caller's business. Without
/// `recipients`, To, Cc and Bcc say who gets it.
pub async fn send_stored(
    store: &Store,
    now_ms: i64,
    account: Uuid,
    message: Uuid,
    recipients: Option<Vec<String>>,
) -> Result<Vec<Uuid>> {
    let stored = store
        .read(move |r| {
            let mailbox = r.mailbox_of(account)?.ok_or(Error::NoMailbox)?;
            match r.message(message)? {
                Some(row) if row.mailbox == mailbox.id => r.message_bytes(message),
                _ => Err(store::Error::NotFound(format!("message {message}"))),
            }
        })
        .await?;
    let others = Indexed::new(Bytes::from(without_bcc(&stored)));
    let fields = mail::mime::read::read_fields(&stored);
    if fields.from.is_empty() {
        return Err(Error::NotYourAddress("an empty From".into()));
    }
    sender(store, account, &fields.from).await?;
    let recipients = recipients.unwrap_or_else(|| emails(&[&fields.to, &fields.cc, &fields.bcc]));
    let delivered = store
        .write(now_ms, move |tx| {
            let targets = mailboxes(tx, &recipients)?;
            Ok(file_in_inboxes(tx, &targets, &others)?)
        })
        .await?;
    Ok(delivered)
}

/// Files a message that a person writes, e.g. a draft, without sending it.
pub async fn save(
    store: &Store,
    now_ms: i64,
    account: Uuid,
    folder: Uuid,
    keywords: Vec<String>,
    mut draft: Draft,
) -> Result<MessageRow> {
    // A draft may have any From; it is checked when it is sent.
    let sender = sender(store, account, &[]).await?;
    if draft.from.is_empty() {
        draft.from = vec![sender.own.clone()];
    }
    let message_id = new_message_id(now_ms, &sender.own)?;
    let own = Indexed::new(compose(&draft, Bcc::Keep, now_ms, &message_id)?.into());
    let row = store
        .write(now_ms, move |tx| {
            let keywords: Vec<&str> = keywords.iter().map(String::as_str).collect();
            tx.file_message(&own.new_message(sender.mailbox, folder, now_ms, &keywords))
        })
        .await?;
    Ok(row)
}

/// The sender's mailbox and address; `from` must hold nobody else's.
async fn sender(store: &Store, account: Uuid, from: &[Address]) -> Result<Sender> {
    let (mailbox, addresses, name) = store
        .read(move |r| {
            let mailbox = r.mailbox_of(account)?.ok_or(Error::NoMailbox)?;
            let person = r.account(account)?.ok_or(Error::NoMailbox)?;
            Ok((mailbox.id, r.addresses(account)?, person.display_name))
        })
        .await?;
    let own = || addresses.iter().filter(|address| address.kind == AddressKind::Smtp);
    for claimed in from {
        let folded = fold_address(&claimed.email).ok();
        let is_own = own().any(|address| fold_address(&address.value).ok() == folded);
        if folded.is_none() || !is_own {
            return Err(Error::NotYourAddress(claimed.email.clone()));
        }
    }
    let primary = own().find(|address| address.primary).or_else(|| own().next());
    let email = primary.ok_or(Error::NoMailbox)?.value.clone();
    Ok(Sender { mailbox, own: Address { name: Some(name), email } })
}

fn new_message_id(now_ms: i64, own: &Address) -> Result<String> {
    let domain = own.email.rsplit_once('@').map_or("localhost", |(_, domain)| domain);
    Ok(format!("{}@{domain}", store::new_id(now_ms)?.simple()))
}

fn emails(fields: &[&[Address]]) -> Vec<String> {
    fields.iter().flat_map(|field| field.iter()).map(|address| address.email.clone()).collect()
}
