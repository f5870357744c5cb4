//! The schema: forward only, versioned from the first commit.
//!
//! Owns: opening of connections, the list of steps in `schema/NNNN_*.sql`. A step that has left
//! the house is never edited; the next one amends it.

use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use crate::{Error, LOCK_WAIT_MS, Result};

/// "Tndm": marks the file as ours (`PRAGMA application_id`).
const APPLICATION: i64 = 0x546e_646d;

/// Each step brings the file from the version before to its place in the list, counted from 1.
const STEPS: &[&str] = &[
    include_str!("../schema/0001_first.sql"),
    include_str!("../schema/0002_certificates.sql"),
    include_str!("../schema/0003_trace.sql"),
    include_str!("../schema/0004_roles.sql"),
    include_str!("../schema/0005_photo.sql"),
    include_str!("../schema/0006_recipients.sql"),
    include_str!("../schema/0007_scoped_settings.sql"),
    include_str!("../schema/0008_xcap.sql"),
    include_str!("../schema/0009_im_choice.sql"),
    include_str!("../schema/0010_foreign_domains.sql"),
];

/// Opens (or makes) the file for writing and brings it up to date.
pub(crate) fn open_writer(path: &Path, now_ms: i64) -> Result<Connection> {
    // Made by us first, so that it is private; SQLite gives its WAL the same mode.
    OpenOptions::new()
        .append(true)
        .create(true)
        .mode(0o600)
        .open(path)
        .map_err(|error| Error::Unavailable(format!("{}: {error}", path.display())))?;
    let mut connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    // A second process may hold the lock for a moment, e.g. while it is being stopped.
    connection.busy_timeout(Duration::from_millis(LOCK_WAIT_MS))?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "trusted_schema", false)?;
    bring_up_to_date(&mut connection, now_ms)?;
    let mode: String =
        connection.pragma_update_and_check(None, "journal_mode", "wal", |row| row.get(0))?;
    if mode != "wal" {
        return Err(Error::Unavailable(format!("journal mode is {mode}, not WAL")));
    }
    connection.pragma_update(None, "synchronous", "full")?;
    // libraries.md §4: checkpoints in larger steps make fewer slow commits.
    connection.pragma_update(None, "wal_autocheckpoint", 4000)?;
    connection.pragma_update(None, "journal_size_limit", 64 * 1024 * 1024)?;
    connection.pragma_update(None, "temp_store", "memory")?;
    connection.set_prepared_statement_cache_capacity(256);
    Ok(connection)
}

/// Opens the file for reading; a writer has opened it before.
pub(crate) fn open_reader(path: &Path) -> Result<Connection> {
    let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    connection.busy_timeout(Duration::from_millis(LOCK_WAIT_MS))?;
    connection.pragma_update(None, "query_only", true)?;
    connection.pragma_update(None, "trusted_schema", false)?;
    connection.pragma_update(None, "temp_store", "memory")?;
    connection.set_prepared_statement_cache_capacity(256);
    Ok(connection)
}

fn bring_up_to_date(connection: &mut Connection, now_ms: i64) -> Result<()> {
    let known = STEPS.len() as i64;
    let tx = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Exclusive)?;
    let found: i64 = tx.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let application: i64 = tx.pragma_query_value(None, "application_id", |row| row.get(0))?;
    let tables: i64 = tx.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    if application != APPLICATION && (tables > 0 || found > 0) {
        return Err(Error::Damaged("the file is a database of another program".into()));
    }
    if found > known {
        return Err(Error::NewerSchema { found, known });
    }
    for (version, step) in (1..).zip(STEPS).filter(|(version, _)| *version > found) {
        tx.execute_batch(step)?;
        tx.execute(
            "INSERT INTO schema_step (version, applied_ms) VALUES (?1, ?2)",
            (version, now_ms),
        )?;
    }
    tx.pragma_update(None, "application_id", APPLICATION)?;
    tx.pragma_update(None, "user_version", known)?;
    tx.commit()?;
    Ok(())
}
