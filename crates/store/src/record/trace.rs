//! What is to be recorded of the SIP stacks: scenarios (what is recorded) and where they run.

use serde::{Deserialize, Serialize};

use crate::identity::fold_name;
use crate::sql::{Sql, json};
use crate::{Change, Error, Result, Writer};

/// One component of a scenario, and what of it is recorded.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TraceProvider {
    /// Name of the component: `SIPStack`.
    pub name: String,
    /// `WPP`, `EventLog` or `IISLog`.
    pub kind: String,
    /// `Fatal`, `Error`, `Warning`, `Info`, `Verbose`, `Debug` or `All`.
    pub level: String,
    /// `TF_CONNECTION`, …, or `All`.
    pub flags: Vec<String>,
    /// The server role it was made for, if one was named.
    pub role: String,
}

/// What is recorded while it runs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TraceScenario {
    /// `global/<name>` or `site:<site>/<name>`; compared without case.
    pub identity: String,
    /// Its components.
    pub providers: Vec<TraceProvider>,
}

/// A scenario that runs on a computer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TraceRunning {
    /// FQDN of the computer.
    pub computer: String,
    /// Identity of the scenario.
    pub scenario: String,
    /// Since when.
    pub started_ms: i64,
    /// Until when; without end if none.
    pub until_ms: Option<i64>,
}

pub(crate) fn scenarios(sql: &Sql) -> Result<Vec<TraceScenario>> {
    sql.many("SELECT document FROM trace_scenario ORDER BY folded", (), |row| json(row, 0))
}

pub(crate) fn put_scenario(tx: &mut Writer, scenario: &TraceScenario) -> Result<()> {
    tx.sql.run(
        "INSERT OR REPLACE INTO trace_scenario VALUES (?1, ?2)",
        (fold_name(&scenario.identity), serde_json::to_string(scenario)?),
    )?;
    tx.changed(Change::Trace);
    Ok(())
}

pub(crate) fn delete_scenario(tx: &mut Writer, identity: &str) -> Result<()> {
    let folded = fold_name(identity);
    if tx.sql.run("DELETE FROM trace_scenario WHERE folded = ?1", [&folded])? == 0 {
        return Err(Error::not_found(format!("scenario {identity}")));
    }
    tx.changed(Change::Trace);
    Ok(())
}

pub(crate) fn running(sql: &Sql) -> Result<Vec<TraceRunning>> {
    let query = "SELECT document FROM trace_running ORDER BY computer, scenario";
    sql.many(query, (), |row| json(row, 0))
}

pub(crate) fn put_running(tx: &mut Writer, running: &TraceRunning) -> Result<()> {
    tx.sql.run(
        "INSERT OR REPLACE INTO trace_running VALUES (?1, ?2, ?3)",
        (
            fold_name(&running.computer),
            fold_name(&running.scenario),
            serde_json::to_string(running)?,
        ),
    )?;
    tx.changed(Change::Trace);
    Ok(())
}

pub(crate) fn delete_running(tx: &mut Writer, computer: &str, scenario: &str) -> Result<bool> {
    let touched = tx.sql.run(
        "DELETE FROM trace_running WHERE computer = ?1 AND scenario = ?2",
        (fold_name(computer), fold_name(scenario)),
    )?;
    if touched > 0 {
        tx.changed(Change::Trace);
    }
    Ok(touched > 0)
}
