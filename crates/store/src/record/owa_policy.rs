//! OWA mailbox policies.

use serde::{Deserialize, Serialize};

use crate::identity::fold_name;
use crate::sql::{Sql, json};
use crate::{Change, Error, Result, Writer};

use super::virtual_directory::ImType;

/// A mailbox policy (`Get-OwaMailboxPolicy`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct OwaMailboxPolicy {
    /// Unique, compared without case.
    pub name: String,
    /// `InstantMessagingEnabled`.
    pub im_enabled: bool,
    /// `InstantMessagingType`.
    pub im_type: ImType,
    /// Policy for new mailboxes; at most one.
    pub is_default: bool,
    /// Every other setting, by property name.
    pub settings: serde_json::Map<String, serde_json::Value>,
}

impl Default for OwaMailboxPolicy {
    fn default() -> Self {
        OwaMailboxPolicy {
            name: String::new(),
            im_enabled: true,
            im_type: ImType::None,
            is_default: false,
            settings: serde_json::Map::new(),
        }
    }
}

pub(crate) fn list(sql: &Sql) -> Result<Vec<OwaMailboxPolicy>> {
    sql.many("SELECT document FROM owa_policy ORDER BY folded", [], |row| json(row, 0))
}

pub(crate) fn get(sql: &Sql, name: &str) -> Result<Option<OwaMailboxPolicy>> {
    sql.one("SELECT document FROM owa_policy WHERE folded = ?1", [fold_name(name)], |row| {
        json(row, 0)
    })
}

pub(crate) fn mailboxes(sql: &Sql, name: &str) -> Result<i64> {
    sql.count("SELECT count(*) FROM mailbox WHERE owa_policy = ?1", [name.trim()])
}

pub(crate) fn put(tx: &mut Writer, policy: &OwaMailboxPolicy) -> Result<()> {
    let length = policy.name.trim().chars().count();
    if !(1..=64).contains(&length) {
        return Err(Error::Invalid("a policy's name has 1 to 64 characters".into()));
    }
    if policy.is_default {
        for mut other in list(&tx.sql)? {
            if other.is_default && fold_name(&other.name) != fold_name(&policy.name) {
                other.is_default = false;
                write(tx, &other)?;
            }
        }
    }
    write(tx, policy)?;
    tx.changed(Change::Policy);
    Ok(())
}

fn write(tx: &Writer, policy: &OwaMailboxPolicy) -> Result<()> {
    tx.sql.run(
        "INSERT OR REPLACE INTO owa_policy VALUES (?1, ?2)",
        (fold_name(&policy.name), serde_json::to_string(policy)?),
    )?;
    Ok(())
}

pub(crate) fn delete(tx: &mut Writer, name: &str) -> Result<()> {
    let mailboxes = mailboxes(&tx.sql, name)?;
    if mailboxes > 0 {
        return Err(Error::Conflict(format!("{mailboxes} mailboxes have the policy {name}")));
    }
    if tx.sql.run("DELETE FROM owa_policy WHERE folded = ?1", [fold_name(name)])? == 0 {
        return Err(Error::not_found(format!("policy {name}")));
    }
    tx.changed(Change::Policy);
    Ok(())
}
