//! A connection with the few shapes of query the records use.
//!
//! Owns: prepared statements by text, opening and sealing of secret columns.

use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension, Params, Row};

use crate::{Error, Result, SecretKey};

/// Rows can be read here: a [`crate::Reader`] or a [`crate::Writer`]. Only this crate makes them.
pub trait Rows {
    #[doc(hidden)]
    fn sql(&self) -> &Sql;
}

/// One connection to the file. Opaque outside this crate.
#[derive(Debug)]
pub struct Sql {
    pub(crate) connection: Connection,
    key: Arc<SecretKey>,
}

impl Sql {
    pub(crate) fn new(connection: Connection, key: Arc<SecretKey>) -> Sql {
        Sql { connection, key }
    }

    /// The first row, if any.
    pub(crate) fn one<T>(
        &self,
        sql: &str,
        params: impl Params,
        read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Option<T>> {
        Ok(self.connection.prepare_cached(sql)?.query_row(params, read).optional()?)
    }

    /// All rows.
    pub(crate) fn many<T>(
        &self,
        sql: &str,
        params: impl Params,
        read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>> {
        let mut statement = self.connection.prepare_cached(sql)?;
        let rows = statement.query_map(params, read)?;
        Ok(rows.collect::<rusqlite::Result<Vec<T>>>()?)
    }

    /// Runs one statement; how many rows it touched.
    pub(crate) fn run(&self, sql: &str, params: impl Params) -> Result<usize> {
        Ok(self.connection.prepare_cached(sql)?.execute(params)?)
    }

    /// A single integer; 0 if there is no row.
    pub(crate) fn count(&self, sql: &str, params: impl Params) -> Result<i64> {
        Ok(self.one(sql, params, |row| row.get::<_, Option<i64>>(0))?.flatten().unwrap_or(0))
    }

    /// Wraps a secret for the row named by `place`.
    pub(crate) fn seal(&self, place: &str, clear: &[u8]) -> Result<Vec<u8>> {
        self.key.seal(place, clear)
    }

    /// Opens a secret of the row named by `place`; damage or another place is an error.
    pub(crate) fn open(&self, place: &str, sealed: &[u8]) -> Result<Vec<u8>> {
        self.key.open(place, sealed)
    }
}

/// Turns a missing row into the error that names it.
pub(crate) fn found<T>(row: Option<T>, what: impl FnOnce() -> String) -> Result<T> {
    row.ok_or_else(|| Error::not_found(what()))
}

/// Reads a JSON column.
pub(crate) fn json<T: serde::de::DeserializeOwned>(
    row: &Row<'_>,
    column: usize,
) -> rusqlite::Result<T> {
    let text: String = row.get(column)?;
    serde_json::from_str(&text).map_err(|error| {
        rusqlite::Error::FromSqlConversionFailure(
            column,
            rusqlite::types::Type::Text,
            Box::new(error),
        )
    })
}

/// Gives the violation of a uniqueness its words.
pub(crate) fn unique<T>(result: Result<T>, text: impl FnOnce() -> String) -> Result<T> {
    match result {
        Err(Error::Conflict(_)) => Err(Error::Conflict(text())),
        other => other,
    }
}

/// A value of an enum that is stored as a number or text this program does not know.
pub(crate) fn unknown(column: usize, what: &str) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(
        column,
        rusqlite::types::Type::Null,
        format!("unknown {what}").into(),
    )
}
