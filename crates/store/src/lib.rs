//! Durable state: records, transactions and the change feed. The only crate that speaks SQL.
//!
//! Owns: the SQLite file, its schema, the secret columns, the commit queue and the feed that a
//! commit publishes. Does not: decide anything about protocols, read a clock, or open sockets.
//! Read next: `store` (how a write becomes durable), then the four doors: `directory`,
//! `messaging`, `mail`, `contacts`.
//!
//! ```no_run
//! # async fn f() -> store::Result<()> {
//! use store::directory::{DirectoryRead, DirectoryWrite};
//! let key = store::SecretKey::load_or_create("data/secret.key".as_ref())?;
//! let store = store::Store::open("data/tandem.db".as_ref(), key, 0)?;
//! let accounts = store.read(|r| r.accounts()).await?;
//! store.write(0, |tx| tx.recycle_pool("MSExchangeOWAAppPool")).await?;
//! # Ok(()) }
//! ```

mod change;
pub mod contacts;
pub mod directory;
mod error;
mod guesses;
pub mod identity;
mod limits;
pub mod mail;
mod measure;
pub mod messaging;
mod queue;
mod record;
pub mod rehearsal;
mod schema;
mod secret;
mod sql;
mod store;
pub mod thumbprint;
mod transaction;

pub use change::Change;
pub use error::{Error, Result};
pub use guesses::{Guessed, Guesses};
pub use limits::*;
pub use measure::Waiting;
pub use secret::{Secret, SecretKey};
pub use sql::Rows;
pub use store::Store;
pub use transaction::{Reader, Transaction, Writer, new_id};
pub use uuid::Uuid;
