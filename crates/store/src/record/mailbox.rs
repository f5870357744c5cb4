//! Mailboxes.

use rusqlite::Row;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::identity::fold_name;
use crate::sql::{Sql, found, json, unique};
use crate::{Change, Error, ROWS_MAX, Result, Writer};

/// A mailbox; one per account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mailbox {
    /// Row.
    pub id: Uuid,
    /// Whose.
    pub account: Uuid,
    /// Alias (mailNickname), unique, compared without case.
    pub alias: String,
    /// Short name of its server.
    pub server: String,
    /// Assigned mailbox policy; it overrides the virtual directory.
    pub owa_policy: Option<String>,
    /// `Set-CASMailbox -OWAEnabled`.
    pub owa_enabled: bool,
    /// Everything else that cmdlets set (`ImapEnabled`, …), by property name.
    pub settings: serde_json::Map<String, serde_json::Value>,
    /// The rising number of the last change in it; written by the store alone.
    pub change_number: i64,
    /// When it was made.
    pub created_ms: i64,
}

/// What changed in one kind of row of a mailbox since a number. A row is in one list only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changes {
    /// Made since.
    pub created: Vec<Uuid>,
    /// Made before, changed since.
    pub updated: Vec<Uuid>,
    /// Made before, gone since.
    pub destroyed: Vec<Uuid>,
    /// The number up to which the lists tell everything.
    pub change_number: i64,
    /// There is more after `change_number`.
    pub has_more: bool,
}

/// Which kind of row of a mailbox has change numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(i64)]
pub enum RowKind {
    /// [`crate::mail::MessageRow`]
    Message = 1,
    /// [`crate::mail::Folder`]
    Folder = 2,
    /// [`crate::mail::Conversation`]
    Conversation = 3,
    /// [`crate::mail::ConversationMessage`]
    ConversationMessage = 4,
    /// [`crate::contacts::ImGroup`] with its contacts
    ImGroup = 5,
}

const SELECT: &str = "SELECT id, account, alias, server, owa_policy, owa_enabled, settings, \
                      change_number, created_ms FROM mailbox";

fn read(row: &Row<'_>) -> rusqlite::Result<Mailbox> {
    Ok(Mailbox {
        id: row.get(0)?,
        account: row.get(1)?,
        alias: row.get(2)?,
        server: row.get(3)?,
        owa_policy: row.get(4)?,
        owa_enabled: row.get(5)?,
        settings: json(row, 6)?,
        change_number: row.get(7)?,
        created_ms: row.get(8)?,
    })
}

pub(crate) fn list(sql: &Sql) -> Result<Vec<Mailbox>> {
    sql.many(&format!("{SELECT} ORDER BY alias_folded"), [], read)
}

pub(crate) fn get(sql: &Sql, id: Uuid) -> Result<Option<Mailbox>> {
    sql.one(&format!("{SELECT} WHERE id = ?1"), [id], read)
}

pub(crate) fn of(sql: &Sql, account: Uuid) -> Result<Option<Mailbox>> {
    sql.one(&format!("{SELECT} WHERE account = ?1"), [account], read)
}

pub(crate) fn by_alias(sql: &Sql, alias: &str) -> Result<Option<Mailbox>> {
    sql.one(&format!("{SELECT} WHERE alias_folded = ?1"), [fold_name(alias)], read)
}

pub(crate) fn put(tx: &mut Writer, mailbox: &Mailbox) -> Result<()> {
    if mailbox.alias.trim().is_empty() {
        return Err(Error::Invalid("a mailbox has an alias".into()));
    }
    if let Some(policy) = &mailbox.owa_policy {
        found(super::owa_policy::get(&tx.sql, policy)?, || format!("policy {policy}"))?;
    }
    let written = tx.sql.run(
        "INSERT INTO mailbox VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 0, ?9) ON CONFLICT (id)
         DO UPDATE SET alias = excluded.alias, alias_folded = excluded.alias_folded,
           server = excluded.server, owa_policy = excluded.owa_policy,
           owa_enabled = excluded.owa_enabled, settings = excluded.settings",
        (
            mailbox.id,
            mailbox.account,
            &mailbox.alias,
            fold_name(&mailbox.alias),
            &mailbox.server,
            &mailbox.owa_policy,
            mailbox.owa_enabled,
            serde_json::to_string(&mailbox.settings)?,
            mailbox.created_ms,
        ),
    );
    unique(written, || {
        format!("the alias \"{}\" is in use, or the account has a mailbox", mailbox.alias)
    })?;
    tx.changed(Change::Mailbox(mailbox.account));
    Ok(())
}

pub(crate) fn delete(tx: &mut Writer, id: Uuid) -> Result<()> {
    let mailbox = found(get(&tx.sql, id)?, || format!("mailbox {id}"))?;
    tx.sql.run("DELETE FROM mailbox WHERE id = ?1", [id])?;
    tx.changed(Change::Mailbox(mailbox.account));
    Ok(())
}

/// Raises the change number of a mailbox; the new number and the owner.
pub(crate) fn bump(tx: &Writer, mailbox: Uuid) -> Result<(i64, Uuid)> {
    let row = tx.sql.one(
        "UPDATE mailbox SET change_number = change_number + 1 WHERE id = ?1
         RETURNING change_number, account",
        [mailbox],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    found(row, || format!("mailbox {mailbox}"))
}

/// Raises the change number for a message or folder, and tells it.
pub(crate) fn bump_mail(tx: &mut Writer, mailbox: Uuid) -> Result<i64> {
    let (change_number, account) = bump(tx, mailbox)?;
    tx.changed(Change::Mail { account, mailbox, change_number });
    Ok(change_number)
}

/// Raises the change number for a contact or group, and tells it.
pub(crate) fn bump_contacts(tx: &mut Writer, mailbox: Uuid) -> Result<i64> {
    let (change_number, account) = bump(tx, mailbox)?;
    tx.changed(Change::Contacts(account));
    Ok(change_number)
}

/// The mailbox of an account that must have one.
pub(crate) fn id_of(sql: &Sql, account: Uuid) -> Result<Uuid> {
    let id = sql.one("SELECT id FROM mailbox WHERE account = ?1", [account], |row| row.get(0))?;
    found(id, || format!("the mailbox of account {account}"))
}

/// Remembers that a row is gone.
pub(crate) fn bury(
    tx: &Writer,
    kind: RowKind,
    mailbox: Uuid,
    id: Uuid,
    created: i64,
    destroyed: i64,
) -> Result<()> {
    tx.sql.run(
        "INSERT INTO tombstone (mailbox, kind, destroyed, id, created)
         VALUES (?1, ?2, ?3, ?4, ?5)",
        (mailbox, kind as i64, destroyed, id, created),
    )?;
    Ok(())
}

/// One row of the change log: which, at what number, and what happened to it.
struct Touched {
    id: Uuid,
    at: i64,
    what: i64,
}

pub(crate) fn changes(
    sql: &Sql,
    mailbox: Uuid,
    kind: RowKind,
    since: i64,
    limit: u32,
) -> Result<Changes> {
    let current = found(get(sql, mailbox)?, || format!("mailbox {mailbox}"))?.change_number;
    if since < 0 || since > current {
        return Err(Error::Invalid(format!("{since} is no change number of this mailbox")));
    }
    let limit = limit.clamp(1, ROWS_MAX);
    // A row made since stands at the number that made it, so that a later page tells its changes.
    let log = format!(
        "SELECT id, CASE WHEN created > ?2 THEN created ELSE changed END AS at,
           CASE WHEN created > ?2 THEN 0 ELSE 1 END AS what
         FROM {} WHERE mailbox = ?1 AND changed > ?2
         UNION ALL
         SELECT id, destroyed, 2 FROM tombstone
         WHERE mailbox = ?1 AND kind = ?3 AND destroyed > ?2 AND created <= ?2",
        table(kind)
    );
    let read = |row: &Row<'_>| Ok(Touched { id: row.get(0)?, at: row.get(1)?, what: row.get(2)? });
    let mut rows = sql.many(
        &format!("{log} ORDER BY at, id LIMIT ?4"),
        (mailbox, since, kind as i64, i64::from(limit) + 1),
        read,
    )?;
    let mut change_number = current;
    let has_more = rows.len() > limit as usize;
    if let (true, Some(cut)) = (has_more, rows.last().map(|row| row.at)) {
        // Rows of one number belong together: stop before it, or tell them all.
        rows.retain(|row| row.at < cut);
        if rows.is_empty() {
            rows = sql.many(
                &format!("SELECT * FROM ({log}) WHERE at = ?4 ORDER BY id"),
                (mailbox, since, kind as i64, cut),
                read,
            )?;
        }
        change_number = rows.last().map_or(current, |row| row.at);
    }
    let of = |what| rows.iter().filter(|row| row.what == what).map(|row| row.id).collect();
    Ok(Changes { created: of(0), updated: of(1), destroyed: of(2), change_number, has_more })
}

fn table(kind: RowKind) -> &'static str {
    match kind {
        RowKind::Message => "message",
        RowKind::Folder => "folder",
        RowKind::Conversation => "conversation",
        RowKind::ConversationMessage => "conversation_message",
        RowKind::ImGroup => "im_group",
    }
}
