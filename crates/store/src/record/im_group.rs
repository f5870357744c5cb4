//! The contact list: groups and contacts of an account.

use rusqlite::Row;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::mailbox::{self, RowKind};
use crate::identity::{fold_name, fold_sip, strip_scheme};
use crate::sql::{Sql, found, unique, unknown};
use crate::{CONTACTS_MAX, Error, Result, Writer};

/// What a group is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ImGroupKind {
    /// Favorites.
    Favorites,
    /// Tagged: tells when somebody's state changes.
    Tagged,
    /// Other Contacts: who is in no group of one's own.
    Other,
    /// Made by the person.
    Own,
}

/// A group of contacts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImGroup {
    /// Row.
    pub id: Uuid,
    /// Whose.
    pub account: Uuid,
    /// Name, unique per account, compared without case.
    pub name: String,
    /// Kind; the first three exist once per account.
    pub kind: ImGroupKind,
    /// Place in the list.
    pub sort_order: u32,
    /// Change number that made it.
    pub created: i64,
    /// Change number of its last change (its contacts included).
    pub changed: i64,
}

/// A contact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImContact {
    /// Row.
    pub id: Uuid,
    /// Whose.
    pub account: Uuid,
    /// `sip:user@domain`, unique per account.
    pub address: String,
    /// Name.
    pub display_name: String,
    /// Groups it is in.
    pub groups: Vec<Uuid>,
}

impl ImGroupKind {
    fn name(self) -> &'static str {
        match self {
            ImGroupKind::Favorites => "Favorites",
            ImGroupKind::Tagged => "Tagged",
            ImGroupKind::Other => "Other",
            ImGroupKind::Own => "Own",
        }
    }
}

const SELECT: &str = "SELECT im_group.id, mailbox.account, im_group.name, im_group.kind, \
                      im_group.sort_order, im_group.created, im_group.changed \
                      FROM im_group JOIN mailbox ON mailbox.id = im_group.mailbox";

fn read(row: &Row<'_>) -> rusqlite::Result<ImGroup> {
    let kind: String = row.get(3)?;
    let kinds = [ImGroupKind::Favorites, ImGroupKind::Tagged, ImGroupKind::Other, ImGroupKind::Own];
    Ok(ImGroup {
        id: row.get(0)?,
        account: row.get(1)?,
        name: row.get(2)?,
        kind: kinds
            .into_iter()
            .find(|known| known.name() == kind)
            .ok_or_else(|| unknown(3, "group kind"))?,
        sort_order: row.get(4)?,
        created: row.get(5)?,
        changed: row.get(6)?,
    })
}

pub(crate) fn has_mailbox(sql: &Sql, account: Uuid) -> Result<bool> {
    Ok(sql.count("SELECT count(*) FROM mailbox WHERE account = ?1", [account])? > 0)
}

pub(crate) fn list(sql: &Sql, account: Uuid) -> Result<Vec<ImGroup>> {
    sql.many(
        &format!(
            "{SELECT} WHERE mailbox.account = ?1
             ORDER BY im_group.sort_order, im_group.name_folded"
        ),
        [account],
        read,
    )
}

fn get(sql: &Sql, id: Uuid) -> Result<Option<ImGroup>> {
    sql.one(&format!("{SELECT} WHERE im_group.id = ?1"), [id], read)
}

pub(crate) fn put(tx: &mut Writer, group: &ImGroup) -> Result<()> {
    let length = group.name.trim().chars().count();
    if !(1..=128).contains(&length) {
        return Err(Error::Invalid("a group's name has 1 to 128 characters".into()));
    }
    let mailbox = mailbox::id_of(&tx.sql, group.account)?;
    let number = mailbox::bump_contacts(tx, mailbox)?;
    let written = tx.sql.run(
        "INSERT INTO im_group VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7) ON CONFLICT (id)
         DO UPDATE SET name = excluded.name, name_folded = excluded.name_folded,
           sort_order = excluded.sort_order, changed = excluded.changed",
        (
            group.id,
            mailbox,
            &group.name,
            fold_name(&group.name),
            group.kind.name(),
            group.sort_order,
            number,
        ),
    );
    unique(written, || format!("there is a group \"{}\" already", group.name))?;
    Ok(())
}

pub(crate) fn delete(tx: &mut Writer, id: Uuid) -> Result<()> {
    let group = found(get(&tx.sql, id)?, || format!("group {id}"))?;
    if group.kind != ImGroupKind::Own {
        return Err(Error::Conflict(format!("the group \"{}\" cannot be removed", group.name)));
    }
    let mailbox = mailbox::id_of(&tx.sql, group.account)?;
    let number = mailbox::bump_contacts(tx, mailbox)?;
    tx.sql.run("DELETE FROM im_group WHERE id = ?1", [id])?;
    mailbox::bury(tx, RowKind::ImGroup, mailbox, id, group.created, number)
}

pub(crate) fn contacts(sql: &Sql, account: Uuid) -> Result<Vec<ImContact>> {
    let mut contacts = sql.many(
        "SELECT im_contact.id, im_contact.address, im_contact.display_name
         FROM im_contact JOIN mailbox ON mailbox.id = im_contact.mailbox
         WHERE mailbox.account = ?1
         ORDER BY im_contact.display_name COLLATE NOCASE, im_contact.folded",
        [account],
        |row| {
            Ok(ImContact {
                id: row.get(0)?,
                account,
                address: row.get(1)?,
                display_name: row.get(2)?,
                groups: Vec::new(),
            })
        },
    )?;
    for contact in &mut contacts {
        contact.groups = groups_of(sql, contact.id)?;
    }
    Ok(contacts)
}

fn groups_of(sql: &Sql, contact: Uuid) -> Result<Vec<Uuid>> {
    sql.many(
        "SELECT im_group FROM im_membership WHERE contact = ?1 ORDER BY im_group",
        [contact],
        |row| row.get(0),
    )
}

pub(crate) fn put_contact(tx: &mut Writer, contact: &ImContact) -> Result<()> {
    let bare = strip_scheme(contact.address.trim());
    if bare.is_empty() {
        return Err(Error::Invalid("a contact has a SIP address".into()));
    }
    let mailbox = mailbox::id_of(&tx.sql, contact.account)?;
    let number = mailbox::bump_contacts(tx, mailbox)?;
    let known = tx.sql.count("SELECT count(*) FROM im_contact WHERE mailbox = ?1", [mailbox])?;
    if known >= CONTACTS_MAX {
        return Err(Error::Limit(format!("a contact list has at most {CONTACTS_MAX} contacts")));
    }
    let written = tx.sql.run(
        "INSERT INTO im_contact VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (id)
         DO UPDATE SET address = excluded.address, folded = excluded.folded,
           display_name = excluded.display_name",
        (contact.id, mailbox, format!("sip:{bare}"), fold_sip(bare), &contact.display_name),
    );
    unique(written, || format!("there is a contact {} already", contact.address))?;
    touch_groups(tx, contact.id, number)?;
    tx.sql.run("DELETE FROM im_membership WHERE contact = ?1", [contact.id])?;
    for group in &contact.groups {
        let touched = tx.sql.run(
            "INSERT OR IGNORE INTO im_membership
             SELECT id, ?2 FROM im_group WHERE id = ?1 AND mailbox = ?3",
            (group, contact.id, mailbox),
        )?;
        if touched == 0 && !groups_of(&tx.sql, contact.id)?.contains(group) {
            return Err(Error::not_found(format!("group {group}")));
        }
    }
    touch_groups(tx, contact.id, number)
}

pub(crate) fn delete_contact(tx: &mut Writer, id: Uuid) -> Result<()> {
    let mailbox: Option<Uuid> =
        tx.sql.one("SELECT mailbox FROM im_contact WHERE id = ?1", [id], |row| row.get(0))?;
    let mailbox = found(mailbox, || format!("contact {id}"))?;
    let number = mailbox::bump_contacts(tx, mailbox)?;
    touch_groups(tx, id, number)?;
    tx.sql.run("DELETE FROM im_contact WHERE id = ?1", [id])?;
    Ok(())
}

/// The groups a contact is in have changed with it.
fn touch_groups(tx: &Writer, contact: Uuid, number: i64) -> Result<()> {
    tx.sql.run(
        "UPDATE im_group SET changed = ?2
         WHERE id IN (SELECT im_group FROM im_membership WHERE contact = ?1)",
        (contact, number),
    )?;
    Ok(())
}
