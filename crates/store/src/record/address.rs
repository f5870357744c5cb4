//! Addresses (proxy addresses) of accounts: `SMTP:`, `smtp:`, `sip:` and others.

use std::fmt;

use rusqlite::Row;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::identity::{fold_address, fold_name, fold_sip};
use crate::sql::{Sql, found};
use crate::{Change, Error, Result, Writer};

/// Which world an address belongs to.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum AddressKind {
    /// A mail address; the only kind whose syntax is checked.
    Smtp,
    /// A SIP address, kept as given (a malformed one fails later, at IM sign-in).
    Sip,
    /// `EUM`, `X500`, … (lower case).
    Other(String),
}

/// One address of one account. Unique per kind, compared case-folded with the domain as A-label.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Address {
    /// Whose.
    pub account: Uuid,
    /// Kind.
    pub kind: AddressKind,
    /// The address without the kind's prefix: `kenmyer@litwareinc.com`.
    pub value: String,
    /// The primary of its kind (printed with the kind in capitals); one per account and kind.
    pub primary: bool,
}

impl AddressKind {
    /// The kind a prefix names: `SMTP`, `sip`, `EUM`.
    pub fn from_prefix(prefix: &str) -> AddressKind {
        match prefix.trim().to_ascii_lowercase().as_str() {
            "smtp" => AddressKind::Smtp,
            "sip" => AddressKind::Sip,
            other => AddressKind::Other(other.to_owned()),
        }
    }

    /// The prefix in lower case.
    pub fn prefix(&self) -> &str {
        match self {
            AddressKind::Smtp => "smtp",
            AddressKind::Sip => "sip",
            AddressKind::Other(other) => other,
        }
    }
}

impl fmt::Display for Address {
    /// As administrators see it: `SMTP:` for the primary, `smtp:` for the others.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let prefix = self.kind.prefix();
        let prefix = if self.primary { prefix.to_ascii_uppercase() } else { prefix.to_owned() };
        write!(f, "{prefix}:{}", self.value)
    }
}

fn fold(kind: &AddressKind, value: &str) -> Result<String> {
    match kind {
        AddressKind::Smtp => fold_address(value),
        AddressKind::Sip => Ok(fold_sip(value)),
        AddressKind::Other(_) => Ok(fold_name(value)),
    }
}

fn read(row: &Row<'_>) -> rusqlite::Result<Address> {
    Ok(Address {
        account: row.get(0)?,
        kind: AddressKind::from_prefix(&row.get::<_, String>(1)?),
        value: row.get(2)?,
        primary: row.get(3)?,
    })
}

pub(crate) fn list(sql: &Sql, account: Uuid) -> Result<Vec<Address>> {
    sql.many(
        "SELECT account, kind, value, is_primary FROM address WHERE account = ?1
         ORDER BY is_primary DESC, kind DESC, folded",
        [account],
        read,
    )
}

pub(crate) fn all(sql: &Sql) -> Result<Vec<Address>> {
    sql.many(
        "SELECT account, kind, value, is_primary FROM address
         ORDER BY account, is_primary DESC, kind DESC, folded",
        [],
        read,
    )
}

pub(crate) fn get(sql: &Sql, kind: &AddressKind, value: &str) -> Result<Option<Address>> {
    // What does not fold is nobody's address.
    let Ok(folded) = fold(kind, value) else { return Ok(None) };
    sql.one(
        "SELECT account, kind, value, is_primary FROM address WHERE kind = ?1 AND folded = ?2",
        (kind.prefix(), folded),
        read,
    )
}

pub(crate) fn put(tx: &mut Writer, address: &Address) -> Result<()> {
    let kind = address.kind.prefix();
    let folded = fold(&address.kind, &address.value)?;
    if let Some(other) = get(&tx.sql, &address.kind, &address.value)?
        && other.account != address.account
    {
        return Err(Error::Conflict(format!("the address {address} belongs to another account")));
    }
    if address.primary {
        tx.sql.run(
            "UPDATE address SET is_primary = 0 WHERE account = ?1 AND kind = ?2",
            (address.account, kind),
        )?;
    }
    tx.sql.run(
        "INSERT INTO address VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (kind, folded)
         DO UPDATE SET value = excluded.value, is_primary = excluded.is_primary",
        (kind, folded, address.account, &address.value, address.primary),
    )?;
    tx.changed(Change::Address(address.account));
    Ok(())
}

pub(crate) fn delete(tx: &mut Writer, kind: &AddressKind, value: &str) -> Result<()> {
    let address = found(get(&tx.sql, kind, value)?, || format!("{}:{value}", kind.prefix()))?;
    tx.sql.run(
        "DELETE FROM address WHERE kind = ?1 AND folded = ?2",
        (kind.prefix(), fold(kind, value)?),
    )?;
    tx.changed(Change::Address(address.account));
    Ok(())
}

pub(crate) fn replace(tx: &mut Writer, account: Uuid, addresses: &[Address]) -> Result<()> {
    tx.sql.run("DELETE FROM address WHERE account = ?1", [account])?;
    for address in addresses {
        put(tx, &Address { account, ..address.clone() })?;
    }
    tx.changed(Change::Address(account));
    Ok(())
}
