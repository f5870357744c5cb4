//! Trying things on a private copy: every row that is written there is noted, so that the same rows
//! can be written to the real store later, in one transaction, or taken back again.
//!
//! Owns the copy, the triggers in it that note, and the check that a row is still as it was. Mail
//! itself is not copied: nothing that is rehearsed reads it. Read next: `Store::rehearsal`.

mod since;

use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use rusqlite::Connection;
use rusqlite::types::Value;
use serde::{Deserialize, Serialize};

use crate::sql::Sql;
use crate::{Change, Error, REHEARSED_LOG_LINES, REHEARSED_ROWS_MAX, Result, Rows, Writer, schema};

/// Tables that no rehearsal is about: mail itself, sessions, and the file's own.
const FOREIGN: [&str; 5] =
    ["schema_step", "message", "message_text", "conversation_message", "web_session"];

/// Tables whose rows stay behind, because they may be many and nothing rehearsed reads them; what
/// is written to them is noted all the same.
const LEFT_BEHIND: [&str; 7] = [
    "blob",
    "upload",
    "tombstone",
    "conversation",
    "absent_message",
    "ended_conversation",
    "xcap_document",
];

/// Tables that only grow: a row is written again with a number and a time of its own.
const LOGS: [&str; 2] = ["event_log", "audit"];

/// Where the copy keeps its notes.
const NOTES: &str = "rehearsal_note";

/// One value of a row.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cell {
    /// `NULL`
    Null,
    /// A number.
    Integer(i64),
    /// A text.
    Text(String),
    /// Bytes.
    Blob(Vec<u8>),
}

/// A row: its values by column.
pub type Row = BTreeMap<String, Cell>;

/// What became of one row.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RowChange {
    /// The table.
    pub table: String,
    /// Its key's columns.
    pub key: Vec<String>,
    /// The row before; none if it was not there.
    pub before: Option<Row>,
    /// The row after; none if it is gone.
    pub after: Option<Row>,
}

impl RowChange {
    /// Whether it is a line of a log, which is never taken back.
    pub fn is_log(&self) -> bool {
        LOGS.contains(&self.table.as_str())
    }

    /// What takes it back.
    pub fn inverted(self) -> RowChange {
        RowChange { before: self.after, after: self.before, ..self }
    }

    /// Whether a column has another value.
    pub fn changes(&self, column: &str) -> bool {
        let value = |row: &Option<Row>| row.as_ref().and_then(|row| row.get(column)).cloned();
        value(&self.before) != value(&self.after)
    }

    /// The value of a column, after it or else before it.
    pub fn value(&self, column: &str) -> Option<&Cell> {
        self.after.as_ref().or(self.before.as_ref())?.get(column)
    }

    fn identity(&self) -> Vec<Cell> {
        self.key.iter().map(|name| self.value(name).cloned().unwrap_or(Cell::Null)).collect()
    }
}

/// Many changes of the same rows as one each, in the order in which the rows were first touched;
/// rows that are as they were are left out.
pub fn folded(changes: Vec<RowChange>) -> Vec<RowChange> {
    let mut all: Vec<RowChange> = Vec::new();
    let mut places: std::collections::HashMap<String, usize> = std::collections::HashMap::new();
    for change in changes {
        let name = format!("{} {:?}", change.table, change.identity());
        match places.get(&name).and_then(|at| all.get_mut(*at)) {
            Some(known) => known.after = change.after,
            None => {
                places.insert(name, all.len());
                all.push(change);
            }
        }
    }
    all.retain(|change| change.before != change.after);
    all
}

/// Makes the copy: the schema, the rows but for mail, and the triggers that note.
pub(crate) fn copy(from: &Path, to: &Path, now_ms: i64) -> Result<Connection> {
    let failed = |error| Error::Unavailable(format!("{}: {error}", to.display()));
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(to).map_err(failed)?;
    let copy = schema::open_writer(to, now_ms)?;
    copy.pragma_update(None, "foreign_keys", false)?;
    copy.execute("ATTACH DATABASE ?1 AS live", [from.to_string_lossy()])?;
    let tables = tables(&copy)?;
    // One transaction reads one snapshot.
    copy.execute_batch("BEGIN")?;
    for table in tables.iter().filter(|table| !LEFT_BEHIND.contains(&table.as_str())) {
        let newest = match LOGS.contains(&table.as_str()) {
            true => format!(" ORDER BY id DESC LIMIT {REHEARSED_LOG_LINES}"),
            false => String::new(),
        };
        copy.execute_batch(&format!(
            "INSERT INTO main.\"{table}\" SELECT * FROM live.\"{table}\"{newest}"
        ))?;
    }
    copy.execute_batch("COMMIT; DETACH DATABASE live")?;
    copy.execute_batch(&format!(
        "CREATE TABLE {NOTES} (n INTEGER PRIMARY KEY, name TEXT NOT NULL, before TEXT, after TEXT) \
         STRICT"
    ))?;
    for table in &tables {
        note_changes(&copy, table)?;
    }
    copy.pragma_update(None, "foreign_keys", true)?;
    // `INSERT OR REPLACE` tells of the row it replaces only so.
    copy.pragma_update(None, "recursive_triggers", true)?;
    // Nobody's commit is kept: a copy that is lost is made again.
    copy.pragma_update(None, "synchronous", "off")?;
    Ok(copy)
}

/// The tables whose changes are noted.
fn tables(connection: &Connection) -> Result<Vec<String>> {
    let mut statement = connection.prepare(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' \
         AND name NOT LIKE 'message_text_%' ORDER BY rootpage",
    )?;
    let names = statement.query_map([], |row| row.get::<_, String>(0))?;
    let mut names = names.collect::<rusqlite::Result<Vec<String>>>()?;
    names.retain(|name| !FOREIGN.contains(&name.as_str()));
    Ok(names)
}

/// A table's columns in their order, and which of them are its key.
fn columns(connection: &Connection, table: &str) -> Result<(Vec<String>, Vec<String>)> {
    let mut statement = connection.prepare("SELECT name, pk FROM pragma_table_info(?1)")?;
    let found = statement.query_map([table], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let found = found.collect::<rusqlite::Result<Vec<(String, i64)>>>()?;
    let key = found.iter().filter(|(_, pk)| *pk > 0).map(|(name, _)| name.clone()).collect();
    Ok((found.into_iter().map(|(name, _)| name).collect(), key))
}

fn note_changes(copy: &Connection, table: &str) -> Result<()> {
    let (columns, _) = columns(copy, table)?;
    let row = |age: &str| {
        let cell = |name: &String| {
            let value = format!("{age}.\"{name}\"");
            format!(
                "CASE typeof({value}) WHEN 'null' THEN 'n' WHEN 'text' THEN 't' || hex({value}) \
                 WHEN 'blob' THEN 'b' || hex({value}) ELSE 'i' || {value} END"
            )
        };
        columns.iter().map(cell).collect::<Vec<_>>().join(" || ',' || ")
    };
    let note = |event: &str, before: &str, after: &str| {
        format!(
            "CREATE TRIGGER \"note_{table}_{event}\" AFTER {event} ON \"{table}\" BEGIN \
             INSERT INTO {NOTES} (name, before, after) VALUES ('{table}', {before}, {after}); END;"
        )
    };
    let insert = note("INSERT", "NULL", &row("NEW"));
    let update = note("UPDATE", &row("OLD"), &row("NEW"));
    copy.execute_batch(&format!("{insert}{update}"))?;
    // A log only loses lines because it is full, which the real one sees to itself.
    if LOGS.contains(&table) {
        return Ok(());
    }
    Ok(copy.execute_batch(&note("DELETE", &row("OLD"), "NULL"))?)
}

fn cell(text: &str) -> Result<Cell> {
    let damaged = || Error::Damaged("a note of the rehearsal".into());
    let (kind, rest) = text.split_at_checked(1).ok_or_else(damaged)?;
    Ok(match kind {
        "n" => Cell::Null,
        "i" => Cell::Integer(rest.parse().map_err(|_| damaged())?),
        "t" => Cell::Text(String::from_utf8(bytes(rest)?).map_err(|_| damaged())?),
        "b" => Cell::Blob(bytes(rest)?),
        _ => return Err(damaged()),
    })
}

fn bytes(hex: &str) -> Result<Vec<u8>> {
    let pair = |pair: &[u8]| {
        let text = std::str::from_utf8(pair).ok()?;
        u8::from_str_radix(text, 16).ok()
    };
    let read: Option<Vec<u8>> = hex.as_bytes().chunks(2).map(pair).collect();
    read.ok_or_else(|| Error::Damaged("a note of the rehearsal".into()))
}

fn read_row(columns: &[String], text: &str) -> Result<Row> {
    let cells = text.split(',').map(cell).collect::<Result<Vec<Cell>>>()?;
    Ok(columns.iter().cloned().zip(cells).collect())
}

/// What was written to a copy so far.
pub trait RehearsalRead: Rows {
    /// The changes noted after a number, in their order, and the number of the last one.
    ///
    /// # Errors
    /// If there are more than fit, or this is no copy.
    fn noted(&self, after: i64) -> Result<(i64, Vec<RowChange>)> {
        let sql = self.sql();
        let notes: Vec<(i64, String, Option<String>, Option<String>)> = sql.many(
            "SELECT n, name, before, after FROM rehearsal_note WHERE n > ?1 ORDER BY n LIMIT ?2",
            (after, REHEARSED_ROWS_MAX + 1),
            |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)),
        )?;
        if i64::try_from(notes.len()).unwrap_or(i64::MAX) > REHEARSED_ROWS_MAX {
            let text = format!("more than {REHEARSED_ROWS_MAX} rows are changed at once");
            return Err(Error::Limit(text));
        }
        let last = notes.last().map_or(after, |(n, ..)| *n);
        let mut known: BTreeMap<String, (Vec<String>, Vec<String>)> = BTreeMap::new();
        let mut changes = Vec::new();
        for (_, table, before, after) in notes {
            if !known.contains_key(&table) {
                known.insert(table.clone(), columns(&sql.connection, &table)?);
            }
            let Some((columns, key)) = known.get(&table) else { continue };
            let row = |text: Option<String>| text.map(|text| read_row(columns, &text)).transpose();
            let (before, after) = (row(before)?, row(after)?);
            changes.push(RowChange { table, key: key.clone(), before, after });
        }
        Ok((last, changes))
    }
}

impl RehearsalRead for crate::Reader {}

impl From<&Cell> for Value {
    fn from(cell: &Cell) -> Value {
        match cell {
            Cell::Null => Value::Null,
            Cell::Integer(number) => Value::Integer(*number),
            Cell::Text(text) => Value::Text(text.clone()),
            Cell::Blob(bytes) => Value::Blob(bytes.clone()),
        }
    }
}

impl Writer {
    /// Writes what was rehearsed: all of it, or an error if one of the rows is not as it was then.
    /// The changes are told when this commits.
    ///
    /// # Errors
    /// [`Error::Conflict`] if a row was changed meanwhile; the text names it.
    pub fn write_rehearsed(&mut self, rows: &[RowChange], changes: &[Change]) -> Result<()> {
        let known = tables(&self.sql.connection)?;
        if let Some(row) = rows.iter().find(|row| !known.contains(&row.table)) {
            return Err(Error::Invalid(format!("{} is no table of settings", row.table)));
        }
        for row in rows.iter().filter(|row| !row.is_log()) {
            check_unchanged(&self.sql, row)?;
        }
        // A row may refer to one that is written after it; what is left open is looked for below.
        self.sql.run("PRAGMA defer_foreign_keys = ON", [])?;
        let is_gone = |row: &&RowChange| row.after.is_none() && !row.is_log();
        let is_new = |row: &&RowChange| row.before.is_none();
        for row in rows.iter().rev().filter(is_gone) {
            let (filter, values) = filter(row, &row.key);
            execute(&self.sql, &format!("DELETE FROM \"{}\" WHERE {filter}", row.table), values)?;
        }
        let is_changed = |row: &&RowChange| row.before.is_some() && row.after.is_some();
        for row in rows.iter().filter(is_changed).filter(|row| !row.is_log()) {
            update(&self.sql, row)?;
        }
        for row in rows.iter().filter(is_new) {
            insert(&self.sql, row, self.now_ms)?;
            if row.table == "event_log" {
                self.changed(Change::Event(self.sql.connection.last_insert_rowid()));
            }
        }
        self.end_sessions(rows)?;
        self.check_references(rows)?;
        for change in changes {
            self.changed(change.clone());
        }
        Ok(())
    }

    /// Takes back what was rehearsed and written: as [`Writer::write_rehearsed`], and properties
    /// that others have changed since in the same documents stay if they are other ones.
    ///
    /// # Errors
    /// [`Error::Conflict`] if the same was changed since; the text names it.
    pub fn take_back(&mut self, rows: &[RowChange], changes: &[Change]) -> Result<()> {
        let known = tables(&self.sql.connection)?;
        let mut merged = Vec::with_capacity(rows.len());
        for row in rows {
            merged.push(match known.contains(&row.table) {
                true => since::with_others(&self.sql, row)?,
                false => row.clone(),
            });
        }
        self.write_rehearsed(&merged, changes)
    }

    /// Page sessions are not rehearsed; those of a changed password end.
    fn end_sessions(&mut self, rows: &[RowChange]) -> Result<()> {
        for row in rows.iter().filter(|row| row.table == "password" && row.before.is_some()) {
            let account = row.value("account").map(Value::from);
            self.sql.run("DELETE FROM web_session WHERE account = ?1", [account])?;
        }
        Ok(())
    }

    /// A reference to nothing would fail the commit, and with it everybody else's writes.
    fn check_references(&self, rows: &[RowChange]) -> Result<()> {
        let tables: std::collections::BTreeSet<&str> =
            rows.iter().map(|row| row.table.as_str()).collect();
        for table in tables {
            let open =
                self.sql.count("SELECT count(*) FROM pragma_foreign_key_check(?1)", [table])?;
            if open > 0 {
                let text = format!("{open} rows of {table} refer to something that is gone");
                return Err(Error::Conflict(text));
            }
        }
        Ok(())
    }
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

fn execute(sql: &Sql, text: &str, values: Vec<Value>) -> Result<usize> {
    Ok(sql.connection.prepare_cached(text)?.execute(rusqlite::params_from_iter(values))?)
}

/// The condition that these columns are as in the row before, or after if there is none before.
fn filter(row: &RowChange, columns: &[String]) -> (String, Vec<Value>) {
    let of = row.before.as_ref().or(row.after.as_ref());
    let value = |name: &String| of.and_then(|of| of.get(name)).map_or(Value::Null, Value::from);
    let text = columns.iter().map(|name| format!("{} IS ?", quoted(name))).collect::<Vec<_>>();
    (text.join(" AND "), columns.iter().map(value).collect())
}

/// The columns that get another value.
fn changed_columns(row: &RowChange) -> Vec<String> {
    let names = row.after.iter().chain(&row.before).flat_map(BTreeMap::keys);
    let changed: std::collections::BTreeSet<&String> =
        names.filter(|name| row.changes(name)).collect();
    changed.into_iter().cloned().collect()
}

/// The row is where it was, and its values that are to be replaced are what they were; a new row's
/// place is free.
fn check_unchanged(sql: &Sql, row: &RowChange) -> Result<()> {
    let mut columns = row.key.clone();
    if row.before.is_some() && row.after.is_some() {
        columns.extend(changed_columns(row).into_iter().filter(|name| !row.key.contains(name)));
    } else if let Some(before) = &row.before {
        columns.extend(before.keys().filter(|name| !row.key.contains(name)).cloned());
    }
    let (filter, values) = filter(row, &columns);
    let text = format!("SELECT count(*) FROM {} WHERE {filter}", quoted(&row.table));
    let mut statement = sql.connection.prepare_cached(&text)?;
    let found: i64 = statement.query_row(rusqlite::params_from_iter(values), |row| row.get(0))?;
    if found == i64::from(row.before.is_some()) {
        return Ok(());
    }
    Err(Error::Conflict(since::told(sql, row)))
}

fn update(sql: &Sql, row: &RowChange) -> Result<()> {
    let columns = changed_columns(row);
    let Some(after) = &row.after else { return Ok(()) };
    let set = columns.iter().map(|name| format!("{} = ?", quoted(name))).collect::<Vec<_>>();
    let mut values: Vec<Value> =
        columns.iter().map(|name| after.get(name).map_or(Value::Null, Value::from)).collect();
    let (filter, key) = filter(row, &row.key);
    values.extend(key);
    let text = format!("UPDATE {} SET {} WHERE {filter}", quoted(&row.table), set.join(", "));
    execute(sql, &text, values).map(|_| ())
}

fn insert(sql: &Sql, row: &RowChange, now_ms: i64) -> Result<()> {
    let Some(after) = &row.after else { return Ok(()) };
    let mut after = after.clone();
    if row.is_log() {
        after.remove("id");
        after.insert("time_ms".to_owned(), Cell::Integer(now_ms));
    }
    let names: Vec<String> = after.keys().map(|name| quoted(name)).collect();
    let marks = vec!["?"; names.len()].join(", ");
    let (table, names) = (quoted(&row.table), names.join(", "));
    let text = format!("INSERT INTO {table} ({names}) VALUES ({marks})");
    execute(sql, &text, after.values().map(Value::from).collect()).map(|_| ())
}
