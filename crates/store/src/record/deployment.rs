//! The deployment: one row, made once.

use serde::{Deserialize, Serialize};

use super::domain;
use crate::identity::fold_domain;
use crate::sql::{Sql, found, unique};
use crate::{Change, Result, Writer};

/// Constants of this deployment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deployment {
    /// Digest realm (RFC 7616 §3.3), fixed at creation because every HA1 contains it.
    pub realm: String,
    /// The SIP domain that GRUUs and new users get.
    pub default_sip_domain: String,
    /// Name of the forest, e.g. `litwareinc.com`; distinguished names end in it.
    pub forest: String,
    /// Name of the organisation as people read it.
    pub organization: String,
    /// When it was made.
    pub created_ms: i64,
}

pub(crate) fn get(sql: &Sql) -> Result<Deployment> {
    let row = sql.one(
        "SELECT realm, default_sip_domain, forest, organization, created_ms FROM deployment",
        [],
        |row| {
            Ok(Deployment {
                realm: row.get(0)?,
                default_sip_domain: row.get(1)?,
                forest: row.get(2)?,
                organization: row.get(3)?,
                created_ms: row.get(4)?,
            })
        },
    )?;
    found(row, || "the deployment".into())
}

pub(crate) fn create(
    tx: &mut Writer,
    forest: &str,
    sip_domain: &str,
    organization: &str,
) -> Result<Deployment> {
    let domain = fold_domain(sip_domain)?;
    let deployment = Deployment {
        // Clients show the realm when they ask for a password; the domain says most to people.
        realm: domain.clone(),
        default_sip_domain: domain.clone(),
        forest: fold_domain(forest)?,
        organization: organization.to_owned(),
        created_ms: tx.now_ms(),
    };
    let inserted = tx.sql.run(
        "INSERT INTO deployment VALUES (1, ?1, ?2, ?3, ?4, ?5)",
        (
            &deployment.realm,
            &deployment.default_sip_domain,
            &deployment.forest,
            &deployment.organization,
            deployment.created_ms,
        ),
    );
    unique(inserted, || "the deployment exists already".into())?;
    domain::put_sip(tx, &domain::SipDomain { name: domain.clone(), is_default: true })?;
    domain::put_accepted(tx, &domain::AcceptedDomain { name: domain, is_default: true })?;
    tx.changed(Change::Deployment);
    Ok(deployment)
}
