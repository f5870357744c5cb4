//! Members of the administrators' roles, and roles that administrators made themselves.
//!
//! The role's name is only a text here: what roles there are, and what they allow, is the shell's
//! table. A person's membership ends with the account; it carries the unix account by which the
//! person comes, as it was when it was given: nobody gains rights by taking another's name.

use rusqlite::Row;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::identity::fold_name;
use crate::sql::{Sql, json};
use crate::{Change, Error, Result, Writer};

/// The role whose members the page tells of certificates that end.
const ORGANIZATION_MANAGEMENT: &str = "organization management";

/// Who is a member.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Member {
    /// A person of the organisation, who comes by a unix account.
    Person {
        /// The account.
        account: Uuid,
        /// Name of the unix account.
        unix: String,
    },
    /// A unix account that is no person: a monitoring system's.
    Unix(String),
    /// Everybody in a unix group.
    UnixGroup(String),
}

/// One membership.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleMember {
    /// The role's name.
    pub role: String,
    /// Who has it.
    pub member: Member,
}

/// A role that an administrator made: a template, more or fewer cmdlets.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct AdminRole {
    /// Its name; compared without case.
    pub identity: String,
    /// The built-in role it was made from; several of the mail half's with commas between them.
    pub template: String,
    /// The cmdlets its members may run.
    pub cmdlets: Vec<String>,
    /// What it is for.
    pub description: String,
}

impl Member {
    fn kind(&self) -> &'static str {
        match self {
            Member::Person { .. } => "person",
            Member::Unix(_) => "unix",
            Member::UnixGroup(_) => "unix-group",
        }
    }

    fn name(&self) -> &str {
        match self {
            Member::Person { unix: name, .. } | Member::Unix(name) | Member::UnixGroup(name) => {
                name
            }
        }
    }

    fn account(&self) -> Option<Uuid> {
        match self {
            Member::Person { account, .. } => Some(*account),
            _ => None,
        }
    }
}

const COLUMNS: &str = "role, kind, name, account";

fn read(row: &Row<'_>) -> rusqlite::Result<RoleMember> {
    let (kind, name): (String, String) = (row.get(1)?, row.get(2)?);
    let member = match (kind.as_str(), row.get::<_, Option<Uuid>>(3)?) {
        ("person", Some(account)) => Member::Person { account, unix: name },
        ("unix-group", _) => Member::UnixGroup(name),
        _ => Member::Unix(name),
    };
    Ok(RoleMember { role: row.get(0)?, member })
}

pub(crate) fn list(sql: &Sql) -> Result<Vec<RoleMember>> {
    let query = format!("SELECT {COLUMNS} FROM role_member ORDER BY role_folded, kind, name");
    sql.many(&query, (), read)
}

/// The roles of who comes by a unix account; those of disabled people do not count.
pub(crate) fn of_caller(sql: &Sql, unix: &str, groups: &[String]) -> Result<Vec<String>> {
    let query = "SELECT DISTINCT role FROM role_member LEFT JOIN account ON account.id = account
         WHERE kind != 'unix-group' AND name = ?1 AND (kind = 'unix' OR account.enabled)
            OR kind = 'unix-group' AND name IN (SELECT value FROM json_each(?2))
         ORDER BY role_folded";
    sql.many(query, (unix, serde_json::to_string(groups)?), |row| row.get(0))
}

/// Whether a person is in *Organization Management*.
pub(crate) fn has(sql: &Sql, account: Uuid) -> Result<bool> {
    let query = "SELECT count(*) FROM role_member WHERE role_folded = ?1 AND account = ?2";
    Ok(sql.count(query, (ORGANIZATION_MANAGEMENT, account))? > 0)
}

/// Adds a member, or gives a person another unix account.
pub(crate) fn put(tx: &mut Writer, membership: &RoleMember) -> Result<()> {
    let RoleMember { role, member } = membership;
    if role.trim().is_empty() || member.name().is_empty() {
        return Err(Error::Invalid("a membership needs a role and a name".into()));
    }
    if let Some(account) = member.account() {
        let query = "DELETE FROM role_member WHERE role_folded = ?1 AND account = ?2";
        tx.sql.run(query, (fold_name(role), account))?;
    }
    let put = tx.sql.run(
        "INSERT INTO role_member (role_folded, kind, name, role, account)
         VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO NOTHING",
        (fold_name(role), member.kind(), member.name(), role, member.account()),
    )?;
    if put == 0 {
        let taken = format!("{} is a member of {role} already", member.name());
        return Err(Error::Conflict(taken));
    }
    tx.changed(Change::Roles);
    Ok(())
}

pub(crate) fn delete(tx: &mut Writer, membership: &RoleMember) -> Result<()> {
    let RoleMember { role, member } = membership;
    let touched = tx.sql.run(
        "DELETE FROM role_member WHERE role_folded = ?1 AND kind = ?2 AND name = ?3",
        (fold_name(role), member.kind(), member.name()),
    )?;
    if touched == 0 {
        return Err(Error::not_found(format!("member {} of {role}", member.name())));
    }
    tx.changed(Change::Roles);
    Ok(())
}

pub(crate) fn own(sql: &Sql) -> Result<Vec<AdminRole>> {
    sql.many("SELECT document FROM admin_role ORDER BY folded", (), |row| json(row, 0))
}

pub(crate) fn put_own(tx: &mut Writer, role: &AdminRole) -> Result<()> {
    tx.sql.run(
        "INSERT OR REPLACE INTO admin_role VALUES (?1, ?2)",
        (fold_name(&role.identity), serde_json::to_string(role)?),
    )?;
    tx.changed(Change::Roles);
    Ok(())
}

/// Removes a role with its memberships.
pub(crate) fn delete_own(tx: &mut Writer, identity: &str) -> Result<()> {
    let folded = fold_name(identity);
    if tx.sql.run("DELETE FROM admin_role WHERE folded = ?1", [&folded])? == 0 {
        return Err(Error::not_found(format!("role {identity}")));
    }
    tx.sql.run("DELETE FROM role_member WHERE role_folded = ?1", [&folded])?;
    tx.changed(Change::Roles);
    Ok(())
}
