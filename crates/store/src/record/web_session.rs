//! Sessions of the page.

use rusqlite::Row;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::sql::{Sql, unknown};
use crate::{Change, Result, Writer};

/// One signed-in browser. The token itself is never stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WebSession {
    /// SHA-256 of the token.
    pub token_sha256: [u8; 32],
    /// Whose.
    pub account: Uuid,
    /// When it was made.
    pub created_ms: i64,
    /// When it ends.
    pub expires_ms: i64,
    /// On a private computer.
    pub private: bool,
}

const SELECT: &str =
    "SELECT token_sha256, account, created_ms, expires_ms, private FROM web_session";

fn read(row: &Row<'_>) -> rusqlite::Result<WebSession> {
    Ok(WebSession {
        token_sha256: row
            .get::<_, Vec<u8>>(0)?
            .try_into()
            .map_err(|_| unknown(0, "length of a token hash"))?,
        account: row.get(1)?,
        created_ms: row.get(2)?,
        expires_ms: row.get(3)?,
        private: row.get(4)?,
    })
}

pub(crate) fn get(sql: &Sql, token_sha256: &[u8; 32]) -> Result<Option<WebSession>> {
    sql.one(&format!("{SELECT} WHERE token_sha256 = ?1"), [token_sha256.as_slice()], read)
}

pub(crate) fn list(sql: &Sql, account: Uuid) -> Result<Vec<WebSession>> {
    sql.many(&format!("{SELECT} WHERE account = ?1 ORDER BY created_ms"), [account], read)
}

pub(crate) fn put(tx: &mut Writer, session: &WebSession) -> Result<()> {
    tx.sql.run(
        "INSERT OR REPLACE INTO web_session VALUES (?1, ?2, ?3, ?4, ?5)",
        (
            session.token_sha256.as_slice(),
            session.account,
            session.created_ms,
            session.expires_ms,
            session.private,
        ),
    )?;
    tx.changed(Change::WebSession(session.account));
    Ok(())
}

pub(crate) fn delete(tx: &mut Writer, token_sha256: &[u8; 32]) -> Result<()> {
    if let Some(session) = get(&tx.sql, token_sha256)? {
        tx.sql.run("DELETE FROM web_session WHERE token_sha256 = ?1", [token_sha256.as_slice()])?;
        tx.changed(Change::WebSession(session.account));
    }
    Ok(())
}

pub(crate) fn delete_of(tx: &mut Writer, account: Uuid) -> Result<()> {
    if tx.sql.run("DELETE FROM web_session WHERE account = ?1", [account])? > 0 {
        tx.changed(Change::WebSession(account));
    }
    Ok(())
}

/// Drops the sessions that have run out.
pub(crate) fn sweep(tx: &mut Writer) -> Result<()> {
    tx.sql.run("DELETE FROM web_session WHERE expires_ms <= ?1", [tx.now_ms])?;
    Ok(())
}
