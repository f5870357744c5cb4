//! SIP domains and accepted mail domains.

use serde::{Deserialize, Serialize};

use crate::identity::fold_domain;
use crate::sql::Sql;
use crate::{Change, Error, Result, Writer};

/// A domain whose SIP users live here (`Get-CsSipDomain`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SipDomain {
    /// A-label, lower case.
    pub name: String,
    /// Exactly one is the default.
    pub is_default: bool,
}

/// A domain whose mail is delivered here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AcceptedDomain {
    /// A-label, lower case.
    pub name: String,
    /// Exactly one is the default.
    pub is_default: bool,
}

pub(crate) fn sip_domains(sql: &Sql) -> Result<Vec<SipDomain>> {
    list(sql, "SELECT name, is_default FROM sip_domain ORDER BY is_default DESC, name", |n, d| {
        SipDomain { name: n, is_default: d }
    })
}

pub(crate) fn accepted_domains(sql: &Sql) -> Result<Vec<AcceptedDomain>> {
    list(
        sql,
        "SELECT name, is_default FROM accepted_domain ORDER BY is_default DESC, name",
        |n, d| AcceptedDomain { name: n, is_default: d },
    )
}

pub(crate) fn put_sip(tx: &mut Writer, domain: &SipDomain) -> Result<()> {
    let name = fold_domain(&domain.name)?;
    keep_a_default(
        tx,
        "SELECT name FROM sip_domain WHERE is_default = 1",
        &name,
        domain.is_default,
    )?;
    if domain.is_default {
        tx.sql.run("UPDATE sip_domain SET is_default = 0", [])?;
        tx.sql.run("UPDATE deployment SET default_sip_domain = ?1", [&name])?;
    }
    tx.sql.run(
        "INSERT INTO sip_domain VALUES (?1, ?2)
         ON CONFLICT (name) DO UPDATE SET is_default = excluded.is_default",
        (&name, domain.is_default),
    )?;
    tx.changed(Change::Deployment);
    Ok(())
}

pub(crate) fn put_accepted(tx: &mut Writer, domain: &AcceptedDomain) -> Result<()> {
    let name = fold_domain(&domain.name)?;
    keep_a_default(
        tx,
        "SELECT name FROM accepted_domain WHERE is_default = 1",
        &name,
        domain.is_default,
    )?;
    if domain.is_default {
        tx.sql.run("UPDATE accepted_domain SET is_default = 0", [])?;
    }
    tx.sql.run(
        "INSERT INTO accepted_domain VALUES (?1, ?2)
         ON CONFLICT (name) DO UPDATE SET is_default = excluded.is_default",
        (&name, domain.is_default),
    )?;
    tx.changed(Change::Deployment);
    Ok(())
}

pub(crate) fn delete_sip(tx: &mut Writer, name: &str) -> Result<()> {
    delete(tx, "DELETE FROM sip_domain WHERE name = ?1 AND is_default = 0", name)
}

pub(crate) fn delete_accepted(tx: &mut Writer, name: &str) -> Result<()> {
    delete(tx, "DELETE FROM accepted_domain WHERE name = ?1 AND is_default = 0", name)
}

fn list<T>(sql: &Sql, query: &str, make: impl Fn(String, bool) -> T) -> Result<Vec<T>> {
    sql.many(query, [], |row| Ok(make(row.get(0)?, row.get(1)?)))
}

/// The default goes only by making another one the default.
fn keep_a_default(tx: &Writer, default: &str, name: &str, is_default: bool) -> Result<()> {
    let current: Option<String> = tx.sql.one(default, [], |row| row.get(0))?;
    match current {
        Some(current) if current == name && !is_default => {
            Err(Error::Conflict(format!("{name} is the default; make another the default first")))
        }
        _ => Ok(()),
    }
}

fn delete(tx: &mut Writer, statement: &str, name: &str) -> Result<()> {
    let name = fold_domain(name)?;
    if tx.sql.run(statement, [&name])? == 0 {
        return Err(Error::Conflict(format!("{name} is the default domain, or not there")));
    }
    tx.changed(Change::Deployment);
    Ok(())
}
