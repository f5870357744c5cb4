//! What is known of a person besides the names they sign in with: title, department, manager, …

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::sql::{Sql, json};
use crate::{Change, DETAIL_CHARS_MAX, Error, Result, Writer};

/// What is known of a person; nothing at first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct PersonDetails {
    /// Texts by the property name that cmdlets use: `Title`, `Department`, `Phone`, …; none is
    /// empty.
    pub texts: BTreeMap<String, String>,
    /// The account of whom they report to.
    pub manager: Option<Uuid>,
}

impl PersonDetails {
    /// The text of that name, empty if there is none.
    pub fn text(&self, name: &str) -> &str {
        self.texts.get(name).map(String::as_str).unwrap_or_default()
    }
}

pub(crate) fn get(sql: &Sql, account: Uuid) -> Result<PersonDetails> {
    let query = "SELECT document FROM person_details WHERE account = ?1";
    Ok(sql.one(query, [account], |row| json(row, 0))?.unwrap_or_default())
}

pub(crate) fn put(tx: &mut Writer, account: Uuid, details: &PersonDetails) -> Result<()> {
    for (name, text) in &details.texts {
        if text.chars().count() > DETAIL_CHARS_MAX {
            return Err(Error::Limit(format!("{name} has at most {DETAIL_CHARS_MAX} characters")));
        }
    }
    tx.sql.run(
        "INSERT OR REPLACE INTO person_details (account, document) VALUES (?1, ?2)",
        (account, serde_json::to_string(details)?),
    )?;
    tx.changed(Change::Account(account));
    Ok(())
}
