//! What people do with the messages and folders of their own mailbox.
//!
//! Each function works inside a transaction of its caller and touches nobody else's rows: an id
//! of another mailbox is as good as none.

use store::mail::{Folder, FolderRole, MailRead, MailWrite, MessageRow};
use store::{Error, Result, Uuid, Writer};

use crate::create::plain_folder;

/// What became of a deleted message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deletion {
    /// It is in Deleted Items now.
    Moved,
    /// It was there already, and is gone.
    Destroyed,
}

/// A message of this account.
pub fn own_message<R: MailRead>(r: &R, account: Uuid, id: Uuid) -> Result<MessageRow> {
    let mailbox = own_mailbox(r, account)?;
    match r.message(id)? {
        Some(row) if row.mailbox == mailbox => Ok(row),
        _ => Err(Error::NotFound(format!("message {id}"))),
    }
}

/// A folder of this account.
pub fn own_folder<R: MailRead>(r: &R, account: Uuid, id: Uuid) -> Result<Folder> {
    let mailbox = own_mailbox(r, account)?;
    match r.folder(id)? {
        Some(folder) if folder.mailbox == mailbox => Ok(folder),
        _ => Err(Error::NotFound(format!("folder {id}"))),
    }
}

fn own_mailbox<R: MailRead>(r: &R, account: Uuid) -> Result<Uuid> {
    let mailbox = r.mailbox_of(account)?;
    mailbox
        .map(|mailbox| mailbox.id)
        .ok_or_else(|| Error::NotFound(format!("the mailbox of account {account}")))
}

/// Replaces the keywords of a message.
pub fn set_keywords(tx: &mut Writer, account: Uuid, id: Uuid, keywords: &[String]) -> Result<()> {
    own_message(tx, account, id)?;
    tx.set_keywords(id, keywords)
}

/// Adds and removes keywords of a message (the JMAP patch, IMAP's +FLAGS and -FLAGS).
pub fn change_keywords(
    tx: &mut Writer,
    account: Uuid,
    id: Uuid,
    add: &[&str],
    remove: &[&str],
) -> Result<()> {
    let row = own_message(tx, account, id)?;
    let is_removed = |keyword: &str| remove.iter().any(|gone| gone.eq_ignore_ascii_case(keyword));
    let mut keywords: Vec<String> =
        row.keywords.into_iter().filter(|keyword| !is_removed(keyword)).collect();
    keywords.extend(add.iter().map(|keyword| (*keyword).to_owned()));
    tx.set_keywords(id, &keywords)
}

/// Moves a message to another folder.
pub fn move_to(tx: &mut Writer, account: Uuid, id: Uuid, folder: Uuid) -> Result<()> {
    own_message(tx, account, id)?;
    tx.move_message(id, folder)
}

/// Deletes a message: to Deleted Items, and from there for good.
pub fn delete(tx: &mut Writer, account: Uuid, id: Uuid) -> Result<Deletion> {
    let row = own_message(tx, account, id)?;
    match tx.folder_by_role(row.mailbox, FolderRole::Trash)? {
        Some(trash) if trash.id != row.folder => {
            tx.move_message(id, trash.id)?;
            Ok(Deletion::Moved)
        }
        _ => {
            tx.destroy_message(id)?;
            Ok(Deletion::Destroyed)
        }
    }
}

/// Removes a message for good.
pub fn destroy(tx: &mut Writer, account: Uuid, id: Uuid) -> Result<()> {
    own_message(tx, account, id)?;
    tx.destroy_message(id)
}

/// Makes a folder.
pub fn create_folder(
    tx: &mut Writer,
    account: Uuid,
    parent: Option<Uuid>,
    name: &str,
) -> Result<Folder> {
    let mailbox = own_mailbox(tx, account)?;
    let id = tx.new_id()?;
    tx.put_folder(&plain_folder(id, mailbox, parent, name))?;
    own_folder(tx, account, id)
}

/// Changes name and parent of a folder that is not one of the default ones.
pub fn change_folder(
    tx: &mut Writer,
    account: Uuid,
    id: Uuid,
    parent: Option<Uuid>,
    name: &str,
) -> Result<()> {
    let folder = own_folder(tx, account, id)?;
    if folder.role.is_some() {
        return Err(Error::Conflict(format!("the folder \"{}\" keeps its name", folder.name)));
    }
    tx.put_folder(&Folder { parent, name: name.to_owned(), ..folder })
}

/// Removes a folder that is not one of the default ones; its messages go to Deleted Items.
pub fn delete_folder(tx: &mut Writer, account: Uuid, id: Uuid) -> Result<()> {
    let folder = own_folder(tx, account, id)?;
    if folder.role.is_none()
        && let Some(trash) = tx.folder_by_role(folder.mailbox, FolderRole::Trash)?
    {
        let query = store::mail::MessageQuery { folder: Some(id), ..Default::default() };
        loop {
            let ids = tx.message_ids(folder.mailbox, &query)?;
            if ids.is_empty() {
                break;
            }
            for message in ids {
                tx.move_message(message, trash.id)?;
            }
        }
    }
    tx.delete_folder(id)
}
