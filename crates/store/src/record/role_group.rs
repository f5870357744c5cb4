//! Members of role groups. There is one group: those who administer the organisation.
//!
//! Kept as registry values, the member's GUID → its name when it was added: a deleted account's
//! GUID is never somebody else's.

use uuid::Uuid;

use super::registry::{self, RegistryValue};
use crate::sql::Sql;
use crate::{Result, Writer};

/// *Organization Management*.
const MEMBERS: &str = r"SOFTWARE\Tandem\RoleGroups\Organization Management";

pub(crate) fn has(sql: &Sql, account: Uuid) -> Result<bool> {
    Ok(registry::get(sql, MEMBERS, &account.to_string())?.is_some())
}

pub(crate) fn add(tx: &mut Writer, account: Uuid, upn: &str) -> Result<()> {
    let (path, name) = (MEMBERS.to_owned(), account.to_string());
    registry::put(tx, &RegistryValue { path, name, value: upn.to_owned() })
}

pub(crate) fn remove(tx: &mut Writer, account: Uuid) -> Result<()> {
    registry::delete(tx, MEMBERS, &account.to_string())
}
