//! SIP addresses of trusted applications (`CsTrustedApplicationEndpoint`).

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::identity::fold_sip;
use crate::sql::{Sql, json, unique};
use crate::{Change, Error, Result, Writer};

/// An address under which an application is called and may speak.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ApplicationEndpoint {
    /// Row.
    pub id: Uuid,
    /// `sip:…`, unique among endpoints.
    pub sip_address: String,
    /// FQDN of the trusted application pool.
    pub pool: String,
    /// `urn:application:…`.
    pub application_id: String,
    /// FQDN of the registrar pool.
    pub registrar_pool: String,
    /// Name as people read it.
    pub display_name: String,
    /// Number as people read it.
    pub display_number: String,
    /// `tel:+1…`.
    pub line_uri: String,
    /// Language code; 0 if none.
    pub primary_language: i64,
    /// Language codes.
    pub secondary_languages: Vec<i64>,
}

pub(crate) fn list(sql: &Sql) -> Result<Vec<ApplicationEndpoint>> {
    sql.many("SELECT document FROM application_endpoint ORDER BY folded", [], |row| json(row, 0))
}

pub(crate) fn put(tx: &mut Writer, endpoint: &ApplicationEndpoint) -> Result<()> {
    let written = tx.sql.run(
        "INSERT INTO application_endpoint VALUES (?1, ?2, ?3) ON CONFLICT (id)
         DO UPDATE SET folded = excluded.folded, document = excluded.document",
        (endpoint.id, fold_sip(&endpoint.sip_address), serde_json::to_string(endpoint)?),
    );
    unique(written, || format!("the SIP address \"{}\" is in use", endpoint.sip_address))?;
    tx.changed(Change::Topology);
    Ok(())
}

pub(crate) fn delete(tx: &mut Writer, id: Uuid) -> Result<()> {
    if tx.sql.run("DELETE FROM application_endpoint WHERE id = ?1", [id])? == 0 {
        return Err(Error::not_found(format!("application endpoint {id}")));
    }
    tx.changed(Change::Topology);
    Ok(())
}
