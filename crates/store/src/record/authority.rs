//! The internal certificate authority and what it issued.

use serde::{Deserialize, Serialize};

use crate::identity::fold_thumbprint;
use crate::sql::Sql;
use crate::{Change, Error, Result, Writer};

use crate::Secret;

/// The internal certificate authority.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authority {
    /// Its own certificate.
    pub der: Vec<u8>,
    /// Its private key, PKCS#8 DER; wrapped on disk.
    pub key: Secret,
}

/// A certificate the internal authority issued; its revocation table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IssuedCertificate {
    /// Upper-case hex, as in [`crate::directory::Certificate::serial`].
    pub serial: String,
    /// SHA-1 of the DER, 40 upper-case hex digits.
    pub thumbprint: String,
    /// As Windows prints it.
    pub subject: String,
    /// When it was issued.
    pub issued_ms: i64,
    /// When it ends by itself.
    pub not_after_ms: i64,
    /// When it was revoked.
    pub revoked_ms: Option<i64>,
}

const PLACE: &str = "authority";

pub(crate) fn get(sql: &Sql) -> Result<Option<Authority>> {
    let row: Option<(Vec<u8>, Vec<u8>)> =
        sql.one("SELECT der, sealed FROM authority", [], |row| Ok((row.get(0)?, row.get(1)?)))?;
    row.map(|(der, sealed)| Ok(Authority { der, key: Secret::new(sql.open(PLACE, &sealed)?) }))
        .transpose()
}

pub(crate) fn put(tx: &mut Writer, authority: &Authority) -> Result<()> {
    let sealed = tx.sql.seal(PLACE, authority.key.expose())?;
    tx.sql.run("INSERT OR REPLACE INTO authority VALUES (1, ?1, ?2)", (&authority.der, sealed))?;
    tx.changed(Change::Certificate);
    Ok(())
}

pub(crate) fn issued(sql: &Sql) -> Result<Vec<IssuedCertificate>> {
    sql.many(
        "SELECT serial, thumbprint, subject, issued_ms, not_after_ms, revoked_ms
         FROM issued_certificate ORDER BY issued_ms DESC, serial",
        [],
        |row| {
            Ok(IssuedCertificate {
                serial: row.get(0)?,
                thumbprint: row.get(1)?,
                subject: row.get(2)?,
                issued_ms: row.get(3)?,
                not_after_ms: row.get(4)?,
                revoked_ms: row.get(5)?,
            })
        },
    )
}

pub(crate) fn put_issued(tx: &mut Writer, issued: &IssuedCertificate) -> Result<()> {
    tx.sql.run(
        "INSERT INTO issued_certificate VALUES (?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT (serial) DO UPDATE SET revoked_ms = excluded.revoked_ms",
        (
            fold_thumbprint(&issued.serial),
            fold_thumbprint(&issued.thumbprint),
            &issued.subject,
            issued.issued_ms,
            issued.not_after_ms,
            issued.revoked_ms,
        ),
    )?;
    tx.changed(Change::Certificate);
    Ok(())
}

pub(crate) fn revoke(tx: &mut Writer, serial: &str) -> Result<()> {
    let touched = tx.sql.run(
        "UPDATE issued_certificate SET revoked_ms = ifnull(revoked_ms, ?2) WHERE serial = ?1",
        (fold_thumbprint(serial), tx.now_ms),
    )?;
    if touched == 0 {
        return Err(Error::not_found(format!("certificate with serial {serial}")));
    }
    tx.changed(Change::Certificate);
    Ok(())
}
