//! Servers of the organisation.

use rusqlite::Row;
use serde::{Deserialize, Serialize};

use crate::identity::{fold_domain, fold_name};
use crate::sql::{Sql, json, unique};
use crate::{Change, Error, Result, Writer};

/// What a server does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum ServerRole {
    /// Mailboxes and web back end.
    Mailbox,
    /// Web front end.
    ClientAccess,
    /// UM service.
    UnifiedMessaging,
    /// UM Call Router.
    UmCallRouter,
    /// Messaging half's front end (registrar).
    FrontEnd,
}

/// One server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Server {
    /// Short name, e.g. `ATL-OWA-001`; unique, compared without case.
    pub name: String,
    /// Full name, e.g. `atl-owa-001.litwareinc.com`.
    pub fqdn: String,
    /// e.g. `15.0 (Build 516.32)`.
    pub version: String,
    /// Its roles.
    pub roles: Vec<ServerRole>,
    /// Name of its Active Directory site.
    pub site: String,
}

impl Server {
    /// It has this role.
    pub fn has(&self, role: ServerRole) -> bool {
        self.roles.contains(&role)
    }
}

fn read(row: &Row<'_>) -> rusqlite::Result<Server> {
    Ok(Server {
        name: row.get(0)?,
        fqdn: row.get(1)?,
        version: row.get(2)?,
        roles: json(row, 3)?,
        site: row.get(4)?,
    })
}

pub(crate) fn list(sql: &Sql) -> Result<Vec<Server>> {
    sql.many("SELECT name, fqdn, version, roles, site FROM server ORDER BY folded", [], read)
}

pub(crate) fn get(sql: &Sql, name: &str) -> Result<Option<Server>> {
    sql.one(
        "SELECT name, fqdn, version, roles, site FROM server WHERE folded = ?1 OR fqdn = ?1",
        [fold_name(name)],
        read,
    )
}

pub(crate) fn put(tx: &mut Writer, server: &Server) -> Result<()> {
    if server.name.is_empty() || server.name.contains(['.', '\\', ' ']) {
        return Err(Error::Invalid(format!("\"{}\" is not a server's short name", server.name)));
    }
    let written = tx.sql.run(
        "INSERT INTO server (folded, name, fqdn, version, roles, site)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (folded)
         DO UPDATE SET name = excluded.name, fqdn = excluded.fqdn, version = excluded.version,
           roles = excluded.roles, site = excluded.site",
        (
            fold_name(&server.name),
            &server.name,
            fold_domain(&server.fqdn)?,
            &server.version,
            serde_json::to_string(&server.roles)?,
            &server.site,
        ),
    );
    unique(written, || format!("the name {} belongs to another server", server.fqdn))?;
    tx.changed(Change::Server);
    Ok(())
}

pub(crate) fn delete(tx: &mut Writer, name: &str) -> Result<()> {
    if tx.sql.run("DELETE FROM server WHERE folded = ?1", [fold_name(name)])? == 0 {
        return Err(Error::not_found(format!("server {name}")));
    }
    tx.changed(Change::Server);
    Ok(())
}
