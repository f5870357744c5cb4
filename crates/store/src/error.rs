//! What can go wrong, grouped by culprit.

use std::error::Error as StdError;

/// The result of everything here.
pub type Result<T> = std::result::Result<T, Error>;

/// Why a read or a write did not happen. Nothing of a failed write remains.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A value breaks its grammar; the text says which and why.
    #[error("{0}")]
    Invalid(String),
    /// There is no such row; the text names it.
    #[error("{0} does not exist")]
    NotFound(String),
    /// Another row already has what must be unique; the text names it.
    #[error("{0}")]
    Conflict(String),
    /// A bound from `limits` is reached.
    #[error("{0}")]
    Limit(String),
    /// The file was written by a newer Tandem; it is left as it is.
    #[error(
        "the database has schema version {found}, this program knows up to {known}: \
         it was written by a newer Tandem; start that version, or restore a backup made before"
    )]
    NewerSchema {
        /// Version in the file.
        found: i64,
        /// Newest version this program can use.
        known: i64,
    },
    /// Stored bytes are not what was written (a secret that does not open, a blob whose hash
    /// differs, a document that does not parse).
    #[error("stored data is damaged: {0}")]
    Damaged(String),
    /// Disk or database did not do its work; the write is not durable.
    #[error("the store is not available: {0}")]
    Unavailable(String),
    /// The closure itself gave up, with its own reason; its writes are rolled back.
    #[error("{0}")]
    Caller(Box<dyn StdError + Send + Sync>),
}

impl Error {
    /// Wraps a caller's own reason, to leave a closure and roll back what it wrote.
    pub fn caller(reason: impl Into<Box<dyn StdError + Send + Sync>>) -> Error {
        Error::Caller(reason.into())
    }

    /// The caller's own reason back, if this error carries one of that type.
    pub fn into_caller<E: StdError + 'static>(self) -> std::result::Result<E, Error> {
        match self {
            Error::Caller(reason) => match reason.downcast::<E>() {
                Ok(reason) => Ok(*reason),
                Err(reason) => Err(Error::Caller(reason)),
            },
            other => Err(other),
        }
    }

    pub(crate) fn not_found(what: impl Into<String>) -> Error {
        Error::NotFound(what.into())
    }
}

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Error {
        use rusqlite::ErrorCode;
        match &error {
            rusqlite::Error::SqliteFailure(failure, text) => {
                let text = text.clone().unwrap_or_else(|| failure.to_string());
                match failure.code {
                    ErrorCode::ConstraintViolation => Error::Conflict(text),
                    ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => Error::Damaged(text),
                    _ => Error::Unavailable(text),
                }
            }
            rusqlite::Error::FromSqlConversionFailure(..)
            | rusqlite::Error::IntegralValueOutOfRange(..)
            | rusqlite::Error::InvalidColumnType(..) => Error::Damaged(error.to_string()),
            _ => Error::Unavailable(error.to_string()),
        }
    }
}

impl From<serde_json::Error> for Error {
    fn from(error: serde_json::Error) -> Error {
        Error::Damaged(format!("document: {error}"))
    }
}
