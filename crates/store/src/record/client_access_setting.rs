//! Settings of servers that clients ask for (`Set-ClientAccessServer`).

use serde_json::{Map, Value};

use crate::identity::fold_name;
use crate::sql::{Sql, json};
use crate::{Change, Result, Writer};

pub(crate) fn get(sql: &Sql, server: &str) -> Result<Map<String, Value>> {
    let query = "SELECT document FROM client_access_setting WHERE folded = ?1";
    Ok(sql.one(query, [fold_name(server)], |row| json(row, 0))?.unwrap_or_default())
}

pub(crate) fn put(tx: &mut Writer, server: &str, settings: &Map<String, Value>) -> Result<()> {
    tx.sql.run(
        "INSERT OR REPLACE INTO client_access_setting (folded, document) VALUES (?1, ?2)",
        (fold_name(server), serde_json::to_string(settings)?),
    )?;
    tx.changed(Change::Server);
    Ok(())
}
