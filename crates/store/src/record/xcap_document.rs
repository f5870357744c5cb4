//! Documents that standard clients keep with the messaging half (RFC 4825).

use uuid::Uuid;

use crate::sql::Sql;
use crate::{Change, Error, Result, Writer, XCAP_DOCUMENT_BYTES_MAX, XCAP_DOCUMENTS_MAX};

/// A document of one person in one application usage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct XcapDocument {
    /// Whose.
    pub account: Uuid,
    /// The application usage: `pres-rules`.
    pub auid: String,
    /// Its name: `index`.
    pub name: String,
    /// Its text.
    pub body: String,
}

pub(crate) fn get(sql: &Sql, account: Uuid, auid: &str, name: &str) -> Result<Option<String>> {
    sql.one(
        "SELECT body FROM xcap_document WHERE account = ?1 AND auid = ?2 AND name = ?3",
        (account, auid, name),
        |row| row.get(0),
    )
}

pub(crate) fn of_usage(sql: &Sql, auid: &str, name: &str) -> Result<Vec<XcapDocument>> {
    sql.many(
        "SELECT account, auid, name, body FROM xcap_document
         WHERE auid = ?1 AND name = ?2 ORDER BY account",
        (auid, name),
        |row| {
            Ok(XcapDocument {
                account: row.get(0)?,
                auid: row.get(1)?,
                name: row.get(2)?,
                body: row.get(3)?,
            })
        },
    )
}

pub(crate) fn put(tx: &mut Writer, document: &XcapDocument) -> Result<()> {
    let XcapDocument { account, auid, name, body } = document;
    if body.len() > XCAP_DOCUMENT_BYTES_MAX {
        let most = XCAP_DOCUMENT_BYTES_MAX;
        return Err(Error::Limit(format!("a document has at most {most} bytes")));
    }
    if get(&tx.sql, *account, auid, name)?.is_none() {
        let count = "SELECT count(*) FROM xcap_document WHERE account = ?1";
        if tx.sql.count(count, [account])? >= XCAP_DOCUMENTS_MAX {
            let most = XCAP_DOCUMENTS_MAX;
            return Err(Error::Limit(format!("a person has at most {most} documents")));
        }
    }
    let now_ms = tx.now_ms();
    tx.sql.run(
        "INSERT OR REPLACE INTO xcap_document VALUES (?1, ?2, ?3, ?4, ?5)",
        (account, auid, name, body, now_ms),
    )?;
    tx.changed(Change::XcapDocument { account: *account, auid: auid.clone() });
    Ok(())
}

pub(crate) fn delete(tx: &mut Writer, account: Uuid, auid: &str, name: &str) -> Result<bool> {
    let touched = tx.sql.run(
        "DELETE FROM xcap_document WHERE account = ?1 AND auid = ?2 AND name = ?3",
        (account, auid, name),
    )?;
    if touched > 0 {
        tx.changed(Change::XcapDocument { account, auid: auid.to_owned() });
    }
    Ok(touched > 0)
}
