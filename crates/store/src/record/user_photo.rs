//! Pictures of people: the one in use, and a preview that waits to be saved or dropped.

use bytes::Bytes;
use rusqlite::Row;
use uuid::Uuid;

use super::blob::hash;
use super::certificate::hex;
use crate::sql::Sql;
use crate::sql::found;
use crate::{Change, Error, PHOTO_BYTES_MAX, Result, Writer};

/// Which of a person's two pictures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PhotoLife {
    /// Shown to everybody.
    InUse,
    /// Only looked at; becomes the one in use when it is saved.
    Preview,
}

/// The squares a picture is kept in: what a list shows, what a page shows, what Lync shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PhotoSize {
    /// 48 × 48
    Small,
    /// 96 × 96
    Medium,
    /// 648 × 648
    Large,
}

impl PhotoSize {
    /// All, the smallest first.
    pub const ALL: [PhotoSize; 3] = [PhotoSize::Small, PhotoSize::Medium, PhotoSize::Large];

    /// Pixels of one side.
    pub fn side(self) -> u32 {
        match self {
            PhotoSize::Small => 48,
            PhotoSize::Medium => 96,
            PhotoSize::Large => 648,
        }
    }
}

/// One square of a picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserPhoto {
    /// Names the picture: another picture has another, all squares of one have the same.
    pub tag: String,
    /// When it was put there.
    pub at_ms: i64,
    /// JPEG.
    pub bytes: Bytes,
}

/// A picture's squares, JPEG, in the order of [`PhotoSize::ALL`].
pub type PhotoSquares = [Vec<u8>; 3];

fn read(row: &Row<'_>) -> rusqlite::Result<UserPhoto> {
    let bytes: Vec<u8> = row.get(2)?;
    Ok(UserPhoto { tag: row.get(0)?, at_ms: row.get(1)?, bytes: bytes.into() })
}

pub(crate) fn get(
    sql: &Sql,
    mailbox: Uuid,
    life: PhotoLife,
    size: PhotoSize,
) -> Result<Option<UserPhoto>> {
    sql.one(
        "SELECT tag, at_ms, bytes FROM user_photo
         WHERE mailbox = ?1 AND is_preview = ?2 AND side = ?3",
        (mailbox, life == PhotoLife::Preview, size.side()),
        read,
    )
}

pub(crate) fn tag(sql: &Sql, account: Uuid) -> Result<Option<String>> {
    sql.one(
        "SELECT tag FROM user_photo WHERE is_preview = 0 AND side = ?2
         AND mailbox = (SELECT id FROM mailbox WHERE account = ?1)",
        (account, PhotoSize::Small.side()),
        |row| row.get(0),
    )
}

pub(crate) fn put(
    tx: &mut Writer,
    mailbox: Uuid,
    life: PhotoLife,
    squares: &PhotoSquares,
) -> Result<()> {
    if let Some(large) = squares.iter().find(|bytes| bytes.len() > PHOTO_BYTES_MAX) {
        return Err(Error::Limit(format!("{} bytes are too many for a photo", large.len())));
    }
    let whole: Vec<u8> = squares.iter().flat_map(|bytes| hash(bytes)).collect();
    let tag = hex(hash(&whole).get(..16).unwrap_or_default());
    for (size, bytes) in PhotoSize::ALL.iter().zip(squares) {
        tx.sql.run(
            "INSERT OR REPLACE INTO user_photo (mailbox, is_preview, side, tag, at_ms, bytes)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            (mailbox, life == PhotoLife::Preview, size.side(), &tag, tx.now_ms, bytes),
        )?;
    }
    tell(tx, mailbox, life)
}

/// The preview becomes the picture in use; `false` if there is none.
pub(crate) fn save(tx: &mut Writer, mailbox: Uuid) -> Result<bool> {
    if get(&tx.sql, mailbox, PhotoLife::Preview, PhotoSize::Small)?.is_none() {
        return Ok(false);
    }
    tx.sql.run("DELETE FROM user_photo WHERE mailbox = ?1 AND is_preview = 0", [mailbox])?;
    tx.sql.run("UPDATE user_photo SET is_preview = 0 WHERE mailbox = ?1", [mailbox])?;
    tell(tx, mailbox, PhotoLife::InUse)?;
    Ok(true)
}

/// Drops a picture; `false` if there is none.
pub(crate) fn delete(tx: &mut Writer, mailbox: Uuid, life: PhotoLife) -> Result<bool> {
    let touched = tx.sql.run(
        "DELETE FROM user_photo WHERE mailbox = ?1 AND is_preview = ?2",
        (mailbox, life == PhotoLife::Preview),
    )?;
    if touched > 0 {
        tell(tx, mailbox, life)?;
    }
    Ok(touched > 0)
}

/// A preview is nobody's business.
fn tell(tx: &mut Writer, mailbox: Uuid, life: PhotoLife) -> Result<()> {
    if life == PhotoLife::InUse {
        let owner = super::mailbox::get(&tx.sql, mailbox)?;
        let owner = found(owner, || format!("mailbox {mailbox}"))?.account;
        tx.changed(Change::Photo(owner));
    }
    Ok(())
}
