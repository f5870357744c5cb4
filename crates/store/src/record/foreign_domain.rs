//! SIP domains of other organisations (`CsAllowedDomain`, `CsBlockedDomain`), and whether anybody
//! is spoken with at all (`CsAccessEdgeConfiguration`).

use serde::{Deserialize, Serialize};

use super::scoped_setting::ScopedSetting;
use crate::identity::fold_domain;
use crate::sql::{Sql, json};
use crate::{Change, Error, Result, Writer};

/// Whether a domain is listed as allowed or as blocked; it may be both, and is blocked then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Listed {
    /// People here may speak with people there.
    Allowed,
    /// Nobody may.
    Blocked,
}

/// A SIP domain of another organisation.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ForeignDomain {
    /// A-label, lower case.
    pub domain: String,
    /// The host to be dialled, which is then what the other end must prove to be. None: it is
    /// looked for in the domain name system, and must prove to be for the domain.
    pub proxy_fqdn: Option<String>,
    /// Free text.
    pub comment: String,
    /// Shown and kept only.
    pub mark_for_monitoring: bool,
}

/// Whether people of other organisations are spoken with (`CsAccessEdgeConfiguration`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct AccessEdgeConfiguration {
    /// Those of allowed domains are. Off until an administrator says so.
    pub allow_federated_users: bool,
}

impl ScopedSetting for AccessEdgeConfiguration {
    const KIND: &'static str = "AccessEdgeConfiguration";
}

pub(crate) fn list(sql: &Sql, listed: Listed) -> Result<Vec<ForeignDomain>> {
    let query = "SELECT document FROM foreign_domain WHERE blocked = ?1 ORDER BY domain";
    sql.many(query, [listed == Listed::Blocked], |row| json(row, 0))
}

pub(crate) fn put(tx: &mut Writer, listed: Listed, domain: &ForeignDomain) -> Result<()> {
    let domain = ForeignDomain { domain: fold_domain(&domain.domain)?, ..domain.clone() };
    tx.sql.run(
        "INSERT OR REPLACE INTO foreign_domain VALUES (?1, ?2, ?3)",
        (&domain.domain, listed == Listed::Blocked, serde_json::to_string(&domain)?),
    )?;
    tx.changed(Change::Deployment);
    Ok(())
}

pub(crate) fn delete(tx: &mut Writer, listed: Listed, domain: &str) -> Result<()> {
    let gone = tx.sql.run(
        "DELETE FROM foreign_domain WHERE domain = ?1 AND blocked = ?2",
        (fold_domain(domain)?, listed == Listed::Blocked),
    )?;
    if gone == 0 {
        return Err(Error::not_found(format!("foreign domain {domain}")));
    }
    tx.changed(Change::Deployment);
    Ok(())
}
