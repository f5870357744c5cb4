//! Applying a rehearsal to the real state, and what is kept so that it can be taken back.
//!
//! Owns the record of an application: `DATA/runbook/<id>.json`. It is written, as `<id>.begun`,
//! before anything else; then the files are replaced one by one, then all rows are written in one
//! transaction together with the audit entry that names the id. That commit is the moment at which
//! it is applied: before it, everything that was done is put back, by this process or, if that was
//! killed, by the next one ([`recover`]); after it, nothing is left to do but to tell services.

use std::fs;
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::json;
use store::directory::{AuditEntry, DirectoryRead as _, DirectoryWrite as _};
use store::rehearsal::{Cell, RowChange};
use store::{Change, Store, Uuid};

use super::surroundings::Order;
use super::{FileChange, Rehearsal, stale};
use crate::cmdlet::{Ctx, Drives, note_change};
use crate::lang::{Category, Error};
use crate::limits::AUDIT_READ_MAX;

/// The name under which an application stands in the audit log.
const AUDITED: &str = "Invoke-Runbook";
/// The form of the records.
const VERSION: u32 = 1;

/// What was applied, for taking it back.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Record {
    version: u32,
    pub id: Uuid,
    /// The script's name.
    pub title: String,
    /// Who applied it, and when.
    pub actor: String,
    roles: String,
    pub time_ms: i64,
    /// The cmdlets that changed something.
    pub cmdlets: Vec<String>,
    rows: Vec<RowChange>,
    changes: Vec<Change>,
    files: Vec<FileChange>,
}

/// What came of it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Applied {
    /// The name under which it can be taken back.
    pub id: Uuid,
    /// Rows and files that were written.
    pub rows: usize,
    /// Files that were written.
    pub files: usize,
    /// Services that did not do what they were told, and why.
    pub failures: Vec<String>,
}

impl Record {
    /// Takes it back in a state: the rows and files as they were. The error names what has changed
    /// since.
    pub(crate) async fn undo(&self, ctx: &Ctx) -> Result<(), Error> {
        for file in &self.files {
            let back = file.inverted();
            if !back.is_as_before(&ctx.drives) {
                return Err(changed_since(&format!("{} was edited", back.path)));
            }
        }
        // A pool that was recycled is not un-recycled, but recycled again.
        let is_kept = |row: &&RowChange| !row.is_log() && row.table != "app_pool";
        let rows = self.rows.iter().rev().filter(is_kept).cloned().map(RowChange::inverted);
        let rows: Vec<RowChange> = rows.map(emptied).collect();
        let (again, told): (Vec<Change>, Vec<Change>) =
            self.changes.iter().cloned().partition(|it| matches!(it, Change::Recycled { .. }));
        let told: Vec<Change> =
            told.into_iter().filter(|change| !matches!(change, Change::Event(_))).collect();
        ctx.write(move |tx| {
            tx.take_back(&rows, &told).map_err(|error| match error {
                store::Error::Conflict(text) => changed_since(&text),
                other => other.into(),
            })?;
            for change in &again {
                if let Change::Recycled { pool } = change {
                    tx.recycle_pool(pool)?;
                }
            }
            Ok(())
        })
        .await?;
        self.files.iter().rev().try_for_each(|file| file.inverted().put(&ctx.drives))
    }
}

/// A folder that comes back comes back empty: its mail went with it.
fn emptied(mut row: RowChange) -> RowChange {
    if let ("folder", None, Some(folder)) = (row.table.as_str(), &row.before, &mut row.after) {
        for count in ["total", "unread"] {
            folder.insert(count.to_owned(), Cell::Integer(0));
        }
    }
    row
}

fn changed_since(what: &str) -> Error {
    let message =
        format!("It cannot be taken back as a whole, because of what was done since: {what}.");
    Error::new(Category::InvalidOperation, "StateChanged", message)
        .advice("Nothing was changed. Take back by hand what the undo file lists, line by line.")
}

fn path_of(folder: &Path, id: Uuid, ending: &str) -> PathBuf {
    folder.join(format!("{id}.{ending}"))
}

fn unwritable(path: &Path, error: &io::Error) -> Error {
    let message = format!("{}: {error}", path.display());
    Error::new(Category::WriteError, "FileAccess", message).exception("IOException")
}

/// The record of an application.
pub(crate) fn read_record(folder: &Path, id: Uuid) -> Result<Record, Error> {
    let path = path_of(folder, id, "json");
    let bytes = fs::read(&path).map_err(|error| {
        let message = format!("There is no runbook {id} that could be taken back ({error}).");
        Error::new(Category::ObjectNotFound, "RunbookNotFound", message)
            .target(id.to_string())
            .advice("Get-Runbook lists those that were applied here.")
    })?;
    let record: Record = serde_json::from_slice(&bytes).map_err(|error| {
        let message = format!("{} is damaged: {error}", path.display());
        Error::new(Category::InvalidData, "RunbookDamaged", message)
    })?;
    match record.version {
        VERSION => Ok(record),
        other => {
            let message = format!("{} has the form {other}, not {VERSION}.", path.display());
            Err(Error::new(Category::InvalidData, "RunbookDamaged", message))
        }
    }
}

/// All records, the oldest first.
pub(crate) fn records(folder: &Path) -> Vec<Record> {
    let mut found: Vec<Record> =
        ids(folder, "json").into_iter().filter_map(|id| read_record(folder, id).ok()).collect();
    found.sort_by_key(|record| (record.time_ms, record.id));
    found
}

fn ids(folder: &Path, ending: &str) -> Vec<Uuid> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let id = |entry: fs::DirEntry| {
        let name = entry.file_name().into_string().ok()?;
        name.strip_suffix(&format!(".{ending}"))?.parse().ok()
    };
    entries.flatten().filter_map(id).collect()
}

/// Writes a record where only the node reads it.
fn begin(folder: &Path, record: &Record) -> Result<PathBuf, Error> {
    let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(folder);
    made.map_err(|error| unwritable(folder, &error))?;
    let path = path_of(folder, record.id, "begun");
    let write = || -> io::Result<()> {
        let mut file =
            fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
        file.write_all(&serde_json::to_vec(record)?)?;
        file.sync_all()?;
        fs::File::open(folder)?.sync_all()
    };
    write().map_err(|error| unwritable(&path, &error))?;
    Ok(path)
}

impl Rehearsal {
    /// Writes all of it to the real state, or nothing.
    pub(crate) async fn apply(
        &self,
        live: &Ctx,
        by: (String, String),
        title: &str,
    ) -> Result<Applied, Error> {
        self.check_fresh(live)?;
        let record = self.record(live, by, title).await?;
        let folder = live.rehearsals.as_ref().map(|room| room.folder.clone()).unwrap_or_default();
        let begun = begin(&folder, &record)?;
        if let Err(error) = write(live, &record).await {
            put_back(&live.drives, &record.files);
            let _ = fs::remove_file(&begun);
            return Err(error);
        }
        let done = path_of(&folder, record.id, "json");
        if let Err(error) = fs::rename(&begun, &done) {
            // The next start of the node does it.
            tracing::warn!(path = %begun.display(), %error, "the record keeps its first name");
        }
        let mut failures = Vec::new();
        for order in self.told.orders() {
            failures.extend(carry_out(live, order).await.err());
        }
        let (rows, files) = (record.rows.len(), record.files.len());
        Ok(Applied { id: record.id, rows, files, failures })
    }

    async fn record(
        &self,
        live: &Ctx,
        (actor, roles): (String, String),
        title: &str,
    ) -> Result<Record, Error> {
        let notes = self.notes.lock().await;
        let rows = self.ctx.read(|reader| {
            use store::rehearsal::RehearsalRead as _;
            Ok(reader.noted(0)?.1)
        });
        let rows = store::rehearsal::folded(rows.await?);
        // Numbers of log lines are given anew when these are written.
        let is_told = |change: &&Change| !matches!(change, Change::Event(_));
        let mut changes: Vec<Change> = Vec::new();
        for change in notes.changes.iter().filter(is_told) {
            if !changes.contains(change) {
                changes.push(change.clone());
            }
        }
        Ok(Record {
            version: VERSION,
            id: self.id,
            title: title.to_owned(),
            actor,
            roles,
            time_ms: live.now_ms(),
            cmdlets: notes.cmdlets.iter().map(|name| (*name).to_owned()).collect(),
            rows,
            changes,
            files: self.base.differences(&self.ctx.drives.c)?,
        })
    }
}

/// What can only be done at the running node; the error says what was not done, and why.
async fn carry_out(live: &Ctx, order: Order) -> Result<(), String> {
    match order {
        Order::Service(service, running) => {
            let verb = if running { "started" } else { "stopped" };
            let done = live.services.set_running(service, running).await;
            done.map_err(|why| format!("Service {service} was not {verb}: {why}."))
        }
        Order::ChangeOver(thumbprint) => {
            let Some(web_app) = &live.im_certificate else { return Ok(()) };
            let done = web_app.change(thumbprint.clone()).await;
            if let Err(error) = note_change(live, &thumbprint, done.clone()).await {
                tracing::warn!(%error, "the event of a changed certificate was not written");
            }
            done.map_err(|why| {
                format!(
                    "Instant messaging did not change over to the certificate {thumbprint}: {why}. \
                     Web.config names it already, and it is tried again at the next recycle; the \
                     undo file takes it back."
                )
            })
        }
    }
}

async fn write(live: &Ctx, record: &Record) -> Result<(), Error> {
    for file in &record.files {
        if !file.put_if_as_before(&live.drives)? {
            return Err(stale(&format!("{} was edited", file.path)));
        }
    }
    let entry = AuditEntry {
        id: 0,
        time_ms: live.now_ms(),
        actor: record.actor.clone(),
        roles: record.roles.clone(),
        cmdlet: AUDITED.to_owned(),
        parameters: json!({"Title": record.title, "Cmdlets": record.cmdlets}),
        object: record.id.to_string(),
        error: None,
    };
    let (rows, changes) = (record.rows.clone(), record.changes.clone());
    live.write(move |tx| {
        tx.write_rehearsed(&rows, &changes).map_err(|error| match error {
            store::Error::Conflict(text) => stale(&format!("something was changed ({text})")),
            other => other.into(),
        })?;
        tx.append_audit(&entry)?;
        Ok(())
    })
    .await
}

/// Puts files back as they were, those that were written already.
fn put_back(drives: &Drives, files: &[FileChange]) {
    for file in files.iter().rev() {
        let back = file.inverted();
        // One that is not as it was written was not written, or is somebody else's by now.
        if back.is_as_before(drives)
            && let Err(error) = back.put(drives)
        {
            tracing::error!(path = back.path, %error, "a file could not be put back");
        }
    }
}

/// After a start: an application that the node did not survive is finished if it was committed, and
/// taken back if not; copies that were left behind are removed.
///
/// # Errors
/// The store cannot be read.
pub fn recover(store: &Store, drives: &Drives, folder: &Path) -> store::Result<()> {
    super::files::remove_drafts(&drives.c);
    if let Ok(entries) = fs::read_dir(folder) {
        for entry in entries.flatten() {
            let is_copy = entry.file_name().to_string_lossy().starts_with("rehearsal-");
            if is_copy && let Err(error) = fs::remove_dir_all(entry.path()) {
                tracing::warn!(path = %entry.path().display(), %error, "a copy stays behind");
            }
        }
    }
    for id in ids(folder, "begun") {
        let begun = path_of(folder, id, "begun");
        let audit = store.read_blocking(|rows| rows.audit(AUDIT_READ_MAX))?;
        let name = id.to_string();
        let is_applied = audit.iter().any(|row| row.cmdlet == AUDITED && row.object == name);
        let done = if is_applied {
            tracing::warn!(%id, "a runbook was applied when the node ended; it stays applied");
            fs::rename(&begun, path_of(folder, id, "json"))
        } else {
            tracing::warn!(%id, "the node ended while a runbook was applied; it is taken back");
            let record = fs::read(&begun).ok();
            // A record that was not written to its end had nothing follow it.
            let record: Option<Record> = record.and_then(|it| serde_json::from_slice(&it).ok());
            put_back(drives, record.as_ref().map_or(&[], |record| &record.files));
            fs::remove_file(&begun)
        };
        if let Err(error) = done {
            tracing::error!(path = %begun.display(), %error, "the record could not be settled");
        }
    }
    Ok(())
}
