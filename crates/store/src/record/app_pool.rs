//! Application pools of the web half, as far as recycling needs them.

use serde::{Deserialize, Serialize};

use crate::identity::fold_name;
use crate::sql::Sql;
use crate::{Change, Result, Writer};

/// One pool.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppPool {
    /// e.g. `MSExchangeOWAAppPool`; compared without case.
    pub name: String,
    /// When it was last recycled; `None` if never.
    pub recycled_ms: Option<i64>,
}

pub(crate) fn list(sql: &Sql) -> Result<Vec<AppPool>> {
    sql.many("SELECT name, recycled_ms FROM app_pool ORDER BY folded", [], |row| {
        Ok(AppPool { name: row.get(0)?, recycled_ms: row.get(1)? })
    })
}

pub(crate) fn recycle(tx: &mut Writer, name: &str) -> Result<()> {
    tx.sql.run(
        "INSERT INTO app_pool VALUES (?1, ?2, ?3)
         ON CONFLICT (folded) DO UPDATE SET recycled_ms = excluded.recycled_ms",
        (fold_name(name), name, tx.now_ms),
    )?;
    tx.changed(Change::Recycled { pool: name.to_owned() });
    Ok(())
}
