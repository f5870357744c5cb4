//! The few registry values that the organisation's servers have (`HKLM:` in the shell).

use rusqlite::Row;
use serde::{Deserialize, Serialize};

use crate::identity::fold_name;
use crate::sql::Sql;
use crate::{Change, Error, Result, Writer};

/// One value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegistryValue {
    /// Key, without the drive: `SYSTEM\CurrentControlSet\…`; compared without case.
    pub path: String,
    /// Name of the value; compared without case.
    pub name: String,
    /// Text of the value.
    pub value: String,
}

fn read(row: &Row<'_>) -> rusqlite::Result<RegistryValue> {
    Ok(RegistryValue { path: row.get(0)?, name: row.get(1)?, value: row.get(2)? })
}

/// Without the slashes around it and without case.
fn fold_path(path: &str) -> String {
    fold_name(path.trim_matches('\\'))
}

pub(crate) fn get(sql: &Sql, path: &str, name: &str) -> Result<Option<RegistryValue>> {
    sql.one(
        "SELECT path, name, value FROM registry_value WHERE path_folded = ?1 AND name_folded = ?2",
        (fold_path(path), fold_name(name)),
        read,
    )
}

pub(crate) fn list(sql: &Sql, path: &str) -> Result<Vec<RegistryValue>> {
    let path = fold_path(path);
    let below = if path.is_empty() { String::new() } else { format!("{path}\\") };
    sql.many(
        "SELECT path, name, value FROM registry_value
         WHERE path_folded = ?1 OR substr(path_folded, 1, length(?2)) = ?2
         ORDER BY path_folded, name_folded",
        (path, below),
        read,
    )
}

pub(crate) fn put(tx: &mut Writer, value: &RegistryValue) -> Result<()> {
    tx.sql.run(
        "INSERT INTO registry_value VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (path_folded, name_folded) DO UPDATE SET value = excluded.value",
        (
            fold_path(&value.path),
            fold_name(&value.name),
            value.path.trim_matches('\\'),
            &value.name,
            &value.value,
        ),
    )?;
    tx.changed(Change::Registry);
    Ok(())
}

pub(crate) fn delete(tx: &mut Writer, path: &str, name: &str) -> Result<()> {
    let touched = tx.sql.run(
        "DELETE FROM registry_value WHERE path_folded = ?1 AND name_folded = ?2",
        (fold_path(path), fold_name(name)),
    )?;
    if touched == 0 {
        return Err(Error::not_found(format!("registry value {path}\\{name}")));
    }
    tx.changed(Change::Registry);
    Ok(())
}
