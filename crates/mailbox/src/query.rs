//! Reading a mailbox the way JMAP asks (RFC 8621): one snapshot per answer, with its state.

use store::mail::{Changes, MailRead, MessageQuery, RowKind};
use store::{Error, Result, Uuid};

/// A page of a query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// Messages, in order.
    pub ids: Vec<Uuid>,
    /// Place of the first one among all.
    pub position: u32,
    /// How many there are in all.
    pub total: i64,
    /// The mailbox's change number: state of the answer.
    pub state: i64,
}

/// State of everything in the account's mailbox.
pub fn state<R: MailRead>(r: &R, account: Uuid) -> Result<i64> {
    Ok(mailbox(r, account)?.1)
}

/// Messages of the account that match.
pub fn messages<R: MailRead>(r: &R, account: Uuid, query: &MessageQuery) -> Result<Page> {
    let (mailbox, state) = mailbox(r, account)?;
    if let Some(folder) = query.folder {
        crate::item::own_folder(r, account, folder)?;
    }
    Ok(Page {
        ids: r.message_ids(mailbox, query)?,
        position: query.position,
        total: r.count_messages(mailbox, query)?,
        state,
    })
}

/// What changed in the account's mailbox since a state.
pub fn changes<R: MailRead>(
    r: &R,
    account: Uuid,
    kind: RowKind,
    since: i64,
    limit: u32,
) -> Result<Changes> {
    r.changes(mailbox(r, account)?.0, kind, since, limit)
}

fn mailbox<R: MailRead>(r: &R, account: Uuid) -> Result<(Uuid, i64)> {
    match r.mailbox_of(account)? {
        Some(mailbox) => Ok((mailbox.id, mailbox.change_number)),
        None => Err(Error::NotFound(format!("the mailbox of account {account}"))),
    }
}
