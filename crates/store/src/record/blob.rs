//! Blobs: message bytes and uploads, stored once under their SHA-256.

use bytes::Bytes;
use ring::digest::{SHA256, digest};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::certificate::hex;
use crate::sql::Sql;
use crate::{BLOB_BYTES_MAX, Error, Result, UPLOAD_KEPT_MS, Writer};

/// What is known of an uploaded blob.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Upload {
    /// SHA-256, lower-case hex.
    pub blob: String,
    /// As the uploader said.
    pub content_type: String,
    /// Bytes.
    pub size: i64,
}

/// SHA-256 of a blob: its key.
pub(crate) type Hash = [u8; 32];

pub(crate) fn hash(bytes: &[u8]) -> Hash {
    let mut hash = [0u8; 32];
    hash.copy_from_slice(digest(&SHA256, bytes).as_ref());
    hash
}

/// Stores bytes once; their key.
pub(crate) fn store(tx: &Writer, bytes: &[u8]) -> Result<Hash> {
    if bytes.len() > BLOB_BYTES_MAX {
        return Err(Error::Limit(format!("{} bytes are too many", bytes.len())));
    }
    let key = hash(bytes);
    let known = tx.sql.count("SELECT count(*) FROM blob WHERE sha256 = ?1", [key.as_slice()])?;
    if known == 0 {
        tx.sql.run(
            "INSERT INTO blob (sha256, created_ms, bytes) VALUES (?1, ?2, ?3)",
            (key.as_slice(), tx.now_ms, bytes),
        )?;
    }
    Ok(key)
}

/// Reads bytes back; other bytes than were stored are damage, never served.
pub(crate) fn load(sql: &Sql, key: &[u8]) -> Result<Bytes> {
    let bytes: Option<Vec<u8>> =
        sql.one("SELECT bytes FROM blob WHERE sha256 = ?1", [key], |row| row.get(0))?;
    match bytes {
        Some(bytes) if hash(&bytes) == *key => Ok(Bytes::from(bytes)),
        Some(_) => Err(Error::Damaged(format!("blob {} has other bytes", hex(key)))),
        None => Err(Error::Damaged(format!("blob {} is missing", hex(key)))),
    }
}

pub(crate) fn get(sql: &Sql, mailbox: Uuid, sha256: &str) -> Result<Option<Bytes>> {
    let Some(key) = parse(sha256) else { return Ok(None) };
    let referred = sql.count(
        "SELECT EXISTS (SELECT 1 FROM message WHERE blob = ?2 AND mailbox = ?1)
             OR EXISTS (SELECT 1 FROM upload WHERE sha256 = ?2 AND mailbox = ?1)",
        (mailbox, key.as_slice()),
    )?;
    if referred == 0 { Ok(None) } else { load(sql, &key).map(Some) }
}

pub(crate) fn upload(sql: &Sql, mailbox: Uuid, sha256: &str) -> Result<Option<Upload>> {
    let Some(key) = parse(sha256) else { return Ok(None) };
    sql.one(
        "SELECT content_type, size FROM upload WHERE mailbox = ?1 AND sha256 = ?2",
        (mailbox, key.as_slice()),
        |row| Ok(Upload { blob: hex(&key), content_type: row.get(0)?, size: row.get(1)? }),
    )
}

pub(crate) fn put_upload(
    tx: &mut Writer,
    mailbox: Uuid,
    content_type: &str,
    bytes: &[u8],
) -> Result<Upload> {
    let key = store(tx, bytes)?;
    let size = i64::try_from(bytes.len()).unwrap_or(i64::MAX);
    tx.sql.run(
        "INSERT OR REPLACE INTO upload VALUES (?1, ?2, ?3, ?4, ?5)",
        (mailbox, key.as_slice(), content_type, size, tx.now_ms),
    )?;
    Ok(Upload { blob: hex(&key), content_type: content_type.to_owned(), size })
}

/// Drops a blob that nothing refers to any more.
pub(crate) fn drop_unused(tx: &Writer, key: &[u8]) -> Result<()> {
    tx.sql.run(
        "DELETE FROM blob WHERE sha256 = ?1
           AND NOT EXISTS (SELECT 1 FROM message WHERE blob = ?1)
           AND NOT EXISTS (SELECT 1 FROM upload WHERE upload.sha256 = ?1)",
        [key],
    )?;
    Ok(())
}

pub(crate) fn sweep(tx: &mut Writer) -> Result<()> {
    super::web_session::sweep(tx)?;
    let before = tx.now_ms - UPLOAD_KEPT_MS;
    tx.sql.run("DELETE FROM upload WHERE at_ms < ?1", [before])?;
    tx.sql.run(
        "DELETE FROM blob WHERE created_ms < ?1
           AND NOT EXISTS (SELECT 1 FROM message WHERE message.blob = blob.sha256)
           AND NOT EXISTS (SELECT 1 FROM upload WHERE upload.sha256 = blob.sha256)",
        [before],
    )?;
    Ok(())
}

/// The key of a lower-case hex text.
fn parse(sha256: &str) -> Option<Hash> {
    let mut key: Hash = [0; 32];
    if sha256.len() != 64 || !sha256.is_ascii() {
        return None;
    }
    for (at, byte) in key.iter_mut().enumerate() {
        *byte = u8::from_str_radix(sha256.get(at * 2..at * 2 + 2)?, 16).ok()?;
    }
    Some(key)
}
