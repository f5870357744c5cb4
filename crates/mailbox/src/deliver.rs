//! Taking mail for our own people: `Ok` means on stable storage, in every inbox, or nowhere.

use std::collections::BTreeSet;
use std::net::IpAddr;

use bytes::{BufMut, Bytes, BytesMut};
use mail::date::rfc5322;
use mail::smtp::Envelope;
use store::directory::DirectoryRead;
use store::mail::{FolderRole, MailRead, MailWrite};
use store::{Store, Uuid, Writer};

use crate::index::Indexed;
use crate::recipient::find_recipient;
use crate::{Error, HOPS_MAX, Result};

/// Where a message came from.
#[derive(Clone, Debug)]
pub struct Origin {
    /// Address of the client.
    pub client: IpAddr,
    /// Our own name.
    pub host: String,
    /// It came over TLS.
    pub is_tls: bool,
}

/// A message that is on disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivered {
    /// Our name for it, for logs and the reply.
    pub id: String,
    /// The rows, one per mailbox.
    pub messages: Vec<Uuid>,
}

/// Files a message in the inbox of each recipient, in one transaction.
pub async fn deliver(
    store: &Store,
    now_ms: i64,
    origin: &Origin,
    envelope: Envelope,
    content: &Bytes,
) -> Result<Delivered> {
    let id = store::new_id(now_ms)?.simple().to_string();
    let stamp = trace_fields(origin, &envelope, &id, now_ms);
    let mut bytes = BytesMut::with_capacity(stamp.len() + content.len());
    bytes.put_slice(stamp.as_bytes());
    bytes.put_slice(content);
    let indexed = Indexed::new(bytes.freeze());
    if indexed.message.hops > HOPS_MAX {
        return Err(Error::Loop(indexed.message.hops));
    }
    let messages = store
        .write(now_ms, move |tx| {
            let mailboxes = mailboxes(tx, &envelope.recipients)?;
            Ok(file_in_inboxes(tx, &mailboxes, &indexed)?)
        })
        .await?;
    tracing::info!(id, mailboxes = messages.len(), "delivered");
    Ok(Delivered { id, messages })
}

/// The mailboxes of the recipients, each once; one that is not ours refuses all.
pub(crate) fn mailboxes<R>(r: &R, recipients: &[String]) -> Result<BTreeSet<Uuid>>
where
    R: DirectoryRead + MailRead,
{
    let mut mailboxes = BTreeSet::new();
    for address in recipients {
        mailboxes.insert(find_recipient(r, address)?.accept(address)?);
    }
    if mailboxes.is_empty() {
        return Err(Error::NoRecipient);
    }
    Ok(mailboxes)
}

/// Files a message in each inbox, unread.
pub(crate) fn file_in_inboxes(
    tx: &mut Writer,
    mailboxes: &BTreeSet<Uuid>,
    indexed: &Indexed,
) -> Result<Vec<Uuid>> {
    let mut rows = Vec::with_capacity(mailboxes.len());
    for mailbox in mailboxes {
        let inbox = folder(tx, *mailbox, FolderRole::Inbox)?;
        let message = indexed.new_message(*mailbox, inbox, tx.now_ms(), &[]);
        rows.push(tx.file_message(&message)?.id);
    }
    Ok(rows)
}

/// A folder that every mailbox has.
pub(crate) fn folder<R: MailRead>(r: &R, mailbox: Uuid, role: FolderRole) -> Result<Uuid> {
    let found = r.folder_by_role(mailbox, role)?;
    found.map(|folder| folder.id).ok_or(Error::NoMailbox)
}

/// RFC 5321 §4.4: what the last server writes on top.
fn trace_fields(origin: &Origin, envelope: &Envelope, id: &str, now_ms: i64) -> String {
    let protocol = match (envelope.is_extended, origin.is_tls) {
        (true, true) => "ESMTPS",
        (true, false) => "ESMTP",
        (false, _) => "SMTP",
    };
    // With one recipient only: others need not learn of each other.
    let for_whom = match envelope.recipients.as_slice() {
        [one] => format!("\r\n\tfor <{one}>"),
        _ => String::new(),
    };
    format!(
        "Return-Path: <{}>\r\n\
         Received: from {} ([{}])\r\n\t\
         by {} (Tandem) with {protocol} id {id}{for_whom};\r\n\t{}\r\n",
        envelope.reverse_path,
        envelope.hello,
        origin.client,
        origin.host,
        rfc5322(now_ms),
    )
}
