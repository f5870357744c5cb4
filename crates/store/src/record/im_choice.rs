//! What people chose for instant messaging at the page, which outlives the process: the state they
//! want to be seen in, and that they signed out of it.

use uuid::Uuid;

use crate::sql::Sql;
use crate::{Result, Writer};

/// The choice of one person.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImChoice {
    /// The chosen state, in the page's word for it; none after *Reset status*.
    pub state: Option<String>,
    /// They signed out of instant messaging and not in again.
    pub signed_out: bool,
}

pub(crate) fn get(sql: &Sql, account: Uuid) -> Result<ImChoice> {
    let found =
        sql.one("SELECT state, signed_out FROM im_choice WHERE account = ?1", [account], |row| {
            Ok(ImChoice { state: row.get(0)?, signed_out: row.get(1)? })
        })?;
    Ok(found.unwrap_or_default())
}

/// Nobody is told: who chose is who shows it.
pub(crate) fn put(tx: &mut Writer, account: Uuid, choice: &ImChoice) -> Result<()> {
    if *choice == ImChoice::default() {
        tx.sql.run("DELETE FROM im_choice WHERE account = ?1", [account])?;
        return Ok(());
    }
    tx.sql.run(
        "INSERT INTO im_choice VALUES (?1, ?2, ?3)
         ON CONFLICT (account) DO UPDATE SET state = ?2, signed_out = ?3",
        (account, &choice.state, choice.signed_out),
    )?;
    Ok(())
}
