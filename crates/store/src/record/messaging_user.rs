//! The messaging half's row of an account.

use rusqlite::Row;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::identity::{fold_address, fold_domain, fold_sip, strip_scheme};
use crate::sql::{Sql, unique};
use crate::{Change, Error, Result, Writer};

/// An account enabled for messaging (`Enable-CsUser`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessagingUser {
    /// Whose.
    pub account: Uuid,
    /// `sip:user@domain`, with the scheme, unique.
    pub sip_address: String,
    /// FQDN of the pool that keeps the registrations.
    pub registrar_pool: String,
    /// `Set-CsUser -Enabled $False` blocks sign-in and keeps the rest.
    pub enabled: bool,
}

const SELECT: &str = "SELECT account, sip_address, registrar_pool, enabled FROM messaging_user";

fn read(row: &Row<'_>) -> rusqlite::Result<MessagingUser> {
    Ok(MessagingUser {
        account: row.get(0)?,
        sip_address: row.get(1)?,
        registrar_pool: row.get(2)?,
        enabled: row.get(3)?,
    })
}

pub(crate) fn get(sql: &Sql, account: Uuid) -> Result<Option<MessagingUser>> {
    sql.one(&format!("{SELECT} WHERE account = ?1"), [account], read)
}

pub(crate) fn by_address(sql: &Sql, address: &str) -> Result<Option<MessagingUser>> {
    sql.one(&format!("{SELECT} WHERE folded = ?1"), [fold_sip(address)], read)
}

pub(crate) fn list(sql: &Sql) -> Result<Vec<MessagingUser>> {
    sql.many(&format!("{SELECT} ORDER BY folded"), [], read)
}

pub(crate) fn put(tx: &mut Writer, user: &MessagingUser) -> Result<()> {
    let bare = strip_scheme(&user.sip_address);
    if bare.len() == user.sip_address.len() {
        return Err(Error::Invalid(format!(
            "the SIP address \"{}\" does not begin with sip:",
            user.sip_address
        )));
    }
    let folded = fold_address(bare)
        .map_err(|_| Error::Invalid(format!("\"{}\" is not sip:user@domain", user.sip_address)))?;
    let written = tx.sql.run(
        "INSERT INTO messaging_user VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (account)
         DO UPDATE SET sip_address = excluded.sip_address, folded = excluded.folded,
           registrar_pool = excluded.registrar_pool, enabled = excluded.enabled",
        (
            user.account,
            format!("sip:{bare}"),
            folded,
            fold_domain(&user.registrar_pool)?,
            user.enabled,
        ),
    );
    unique(written, || format!("the SIP address \"{}\" is in use", user.sip_address))?;
    tx.changed(Change::MessagingUser(user.account));
    Ok(())
}

pub(crate) fn delete(tx: &mut Writer, account: Uuid) -> Result<()> {
    if tx.sql.run("DELETE FROM messaging_user WHERE account = ?1", [account])? == 0 {
        return Err(Error::not_found(format!("messaging user {account}")));
    }
    tx.sql.run("DELETE FROM absent_message WHERE account = ?1", [account])?;
    super::scoped_setting::revoke_all(tx, account)?;
    tx.changed(Change::MessagingUser(account));
    Ok(())
}
