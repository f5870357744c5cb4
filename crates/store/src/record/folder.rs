//! Folders of a mailbox.

use rusqlite::Row;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::mailbox::{self, RowKind};
use crate::identity::fold_name;
use crate::sql::{Sql, found, unique, unknown};
use crate::{Change, Error, FOLDER_DEPTH_MAX, Result, Writer};

/// What a folder is for (RFC 8621 §2, registry "IMAP Mailbox Name Attributes"; the last two are
/// Exchange's).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names say it")]
pub enum FolderRole {
    Inbox,
    Drafts,
    Sent,
    Trash,
    Junk,
    Archive,
    ConversationHistory,
    QuickContacts,
}

/// A folder. Names are unique among siblings, compared without case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Folder {
    /// Row.
    pub id: Uuid,
    /// The mailbox it is in.
    pub mailbox: Uuid,
    /// The folder it is in; `None` at the top.
    pub parent: Option<Uuid>,
    /// Name as people read it.
    pub name: String,
    /// What it is for; a role exists at most once per mailbox.
    pub role: Option<FolderRole>,
    /// Place among its siblings, then by name.
    pub sort_order: u32,
    /// Messages in it; kept by the store.
    pub total: i64,
    /// Messages in it without `$seen`; kept by the store.
    pub unread: i64,
    /// Change number that made it.
    pub created: i64,
    /// Change number of its last change (counts included).
    pub changed: i64,
}

/// How much is in a folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FolderSize {
    /// The folder.
    pub folder: Uuid,
    /// Messages in it.
    pub items: i64,
    /// Their bytes together.
    pub bytes: i64,
    /// When the oldest of them came.
    pub oldest_ms: Option<i64>,
    /// When the newest of them came.
    pub newest_ms: Option<i64>,
}

impl FolderRole {
    /// Every role.
    pub const ALL: [FolderRole; 8] = [
        FolderRole::Inbox,
        FolderRole::Drafts,
        FolderRole::Sent,
        FolderRole::Trash,
        FolderRole::Junk,
        FolderRole::Archive,
        FolderRole::ConversationHistory,
        FolderRole::QuickContacts,
    ];

    /// The role's name: RFC 8621's where it has one.
    pub fn name(self) -> &'static str {
        match self {
            FolderRole::Inbox => "inbox",
            FolderRole::Drafts => "drafts",
            FolderRole::Sent => "sent",
            FolderRole::Trash => "trash",
            FolderRole::Junk => "junk",
            FolderRole::Archive => "archive",
            FolderRole::ConversationHistory => "conversationhistory",
            FolderRole::QuickContacts => "quickcontacts",
        }
    }

    /// The role with this name.
    pub fn from_name(name: &str) -> Option<FolderRole> {
        FolderRole::ALL.into_iter().find(|role| role.name() == name)
    }
}

const SELECT: &str = "SELECT id, mailbox, parent, name, role, sort_order, total, unread, \
                      created, changed FROM folder";

fn read(row: &Row<'_>) -> rusqlite::Result<Folder> {
    let role: Option<String> = row.get(4)?;
    Ok(Folder {
        id: row.get(0)?,
        mailbox: row.get(1)?,
        parent: row.get(2)?,
        name: row.get(3)?,
        role: match role {
            Some(role) => {
                Some(FolderRole::from_name(&role).ok_or_else(|| unknown(4, "folder role"))?)
            }
            None => None,
        },
        sort_order: row.get(5)?,
        total: row.get(6)?,
        unread: row.get(7)?,
        created: row.get(8)?,
        changed: row.get(9)?,
    })
}

pub(crate) fn list(sql: &Sql, mailbox: Uuid) -> Result<Vec<Folder>> {
    sql.many(
        &format!("{SELECT} WHERE mailbox = ?1 ORDER BY sort_order, name_folded, id"),
        [mailbox],
        read,
    )
}

/// How much is in each folder of a mailbox that is not empty.
pub(crate) fn sizes(sql: &Sql, mailbox: Uuid) -> Result<Vec<FolderSize>> {
    sql.many(
        "SELECT folder, COUNT(*), SUM(size), MIN(received_ms), MAX(received_ms) FROM message
         WHERE mailbox = ?1 GROUP BY folder ORDER BY folder",
        [mailbox],
        |row| {
            Ok(FolderSize {
                folder: row.get(0)?,
                items: row.get(1)?,
                bytes: row.get(2)?,
                oldest_ms: row.get(3)?,
                newest_ms: row.get(4)?,
            })
        },
    )
}

pub(crate) fn get(sql: &Sql, id: Uuid) -> Result<Option<Folder>> {
    sql.one(&format!("{SELECT} WHERE id = ?1"), [id], read)
}

pub(crate) fn by_role(sql: &Sql, mailbox: Uuid, role: FolderRole) -> Result<Option<Folder>> {
    sql.one(&format!("{SELECT} WHERE mailbox = ?1 AND role = ?2"), (mailbox, role.name()), read)
}

pub(crate) fn put(tx: &mut Writer, folder: &Folder) -> Result<()> {
    let length = folder.name.trim().chars().count();
    if !(1..=255).contains(&length) || folder.name.chars().any(char::is_control) {
        return Err(Error::Invalid("a folder's name has 1 to 255 characters".into()));
    }
    check_parents(&tx.sql, folder)?;
    let number = mailbox::bump_mail(tx, folder.mailbox)?;
    let written = tx.sql.run(
        "INSERT INTO folder (id, mailbox, parent, name, name_folded, role, sort_order, created,
           changed) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?8) ON CONFLICT (id)
         DO UPDATE SET parent = excluded.parent, name = excluded.name,
           name_folded = excluded.name_folded, role = excluded.role,
           sort_order = excluded.sort_order, changed = excluded.changed",
        (
            folder.id,
            folder.mailbox,
            folder.parent,
            &folder.name,
            fold_name(&folder.name),
            folder.role.map(FolderRole::name),
            folder.sort_order,
            number,
        ),
    );
    unique(written, || format!("there is a folder \"{}\" already", folder.name))?;
    Ok(())
}

/// The parents are in the same mailbox, and the folder is not inside itself.
fn check_parents(sql: &Sql, folder: &Folder) -> Result<()> {
    let mut parent = folder.parent;
    for _ in 0..FOLDER_DEPTH_MAX {
        let Some(id) = parent else { return Ok(()) };
        let above = found(get(sql, id)?, || format!("folder {id}"))?;
        if above.mailbox != folder.mailbox || above.id == folder.id {
            return Err(Error::Invalid("a folder cannot be moved into itself".into()));
        }
        parent = above.parent;
    }
    Err(Error::Limit(format!("folders are nested at most {FOLDER_DEPTH_MAX} deep")))
}

pub(crate) fn delete(tx: &mut Writer, id: Uuid) -> Result<()> {
    let folder = found(get(&tx.sql, id)?, || format!("folder {id}"))?;
    let inside = tx.sql.count("SELECT count(*) FROM folder WHERE parent = ?1", [id])?;
    if folder.role.is_some() || inside > 0 {
        return Err(Error::Conflict(format!(
            "the folder \"{}\" is one of the mailbox's own, or has folders in it",
            folder.name
        )));
    }
    let messages: Vec<Uuid> =
        tx.sql.many("SELECT id FROM message WHERE folder = ?1", [id], |row| row.get(0))?;
    for message in messages {
        super::message::destroy(tx, message)?;
    }
    let (number, account) = mailbox::bump(tx, folder.mailbox)?;
    tx.sql.run("DELETE FROM folder WHERE id = ?1", [id])?;
    mailbox::bury(tx, RowKind::Folder, folder.mailbox, id, folder.created, number)?;
    tx.changed(Change::Mail { account, mailbox: folder.mailbox, change_number: number });
    Ok(())
}

/// Keeps the counts of a folder; `number` is the change it belongs to.
pub(crate) fn count(tx: &Writer, id: Uuid, total: i64, unread: i64, number: i64) -> Result<()> {
    tx.sql.run(
        "UPDATE folder SET total = total + ?2, unread = unread + ?3, changed = ?4 WHERE id = ?1",
        (id, total, unread, number),
    )?;
    Ok(())
}
