//! Unified messaging: dial plans, UM services and call routers.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::identity::fold_name;
use crate::sql::{Sql, json};
use crate::{Change, Error, Result, Writer};

/// How a dial plan names extensions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum UriType {
    /// Telephone extension.
    #[default]
    TelExtn,
    /// E.164 number.
    E164,
    /// SIP address.
    SipName,
}

/// Whether calls of a dial plan are protected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the values of -VoIPSecurity")]
pub enum VoipSecurity {
    #[default]
    Unsecured,
    SipSecured,
    Secured,
}

/// What a UM service listens for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the values of -UMStartupMode")]
pub enum UmStartupMode {
    #[default]
    Tcp,
    Tls,
    Dual,
}

/// A dial plan (`New-UMDialPlan`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct DialPlan {
    /// Unique, compared without case.
    pub name: String,
    /// Cannot be changed later.
    pub uri_type: UriType,
    /// Digits in an extension, 1 to 20.
    pub digits: u8,
    /// e.g. `1`.
    pub country_code: String,
    /// Protection.
    pub voip_security: VoipSecurity,
    /// e.g. `en-US`.
    pub default_language: String,
    /// Numbers people dial.
    pub access_numbers: Vec<String>,
    /// Fax calls are taken.
    pub fax_enabled: bool,
    /// Everything else that cmdlets set, by property name.
    pub settings: serde_json::Map<String, serde_json::Value>,
}

/// The UM service of a server (`Get-UMService`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct UmService {
    /// Short name of the server, unique.
    pub server: String,
    /// Names of its dial plans.
    pub dial_plans: Vec<String>,
    /// What it listens for.
    pub startup_mode: UmStartupMode,
    /// Everything else that cmdlets set, by property name.
    pub settings: serde_json::Map<String, serde_json::Value>,
}

/// The UM Call Router of a server (`Get-UMCallRouterSettings`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct UmCallRouter {
    /// Short name of the server, unique.
    pub server: String,
    /// Names of its dial plans.
    pub dial_plans: Vec<String>,
    /// What it listens for.
    pub startup_mode: UmStartupMode,
    /// Plain SIP port.
    pub sip_tcp_port: u16,
    /// SIP over TLS port.
    pub sip_tls_port: u16,
    /// Everything else that cmdlets set, by property name.
    pub settings: serde_json::Map<String, serde_json::Value>,
}

impl Default for UmCallRouter {
    /// The cmdlet's defaults (cmdlets.md §11.1).
    fn default() -> Self {
        UmCallRouter {
            server: String::new(),
            dial_plans: Vec::new(),
            startup_mode: UmStartupMode::Tcp,
            sip_tcp_port: 5060,
            sip_tls_port: 5061,
            settings: serde_json::Map::new(),
        }
    }
}

pub(crate) fn dial_plans(sql: &Sql) -> Result<Vec<DialPlan>> {
    sql.many("SELECT document FROM dial_plan ORDER BY folded", [], |row| json(row, 0))
}

pub(crate) fn dial_plan(sql: &Sql, name: &str) -> Result<Option<DialPlan>> {
    one(sql, "SELECT document FROM dial_plan WHERE folded = ?1", name)
}

pub(crate) fn services(sql: &Sql) -> Result<Vec<UmService>> {
    sql.many("SELECT document FROM um_service ORDER BY folded", [], |row| json(row, 0))
}

pub(crate) fn service(sql: &Sql, server: &str) -> Result<Option<UmService>> {
    one(sql, "SELECT document FROM um_service WHERE folded = ?1", server)
}

pub(crate) fn call_routers(sql: &Sql) -> Result<Vec<UmCallRouter>> {
    sql.many("SELECT document FROM um_call_router ORDER BY folded", [], |row| json(row, 0))
}

pub(crate) fn call_router(sql: &Sql, server: &str) -> Result<Option<UmCallRouter>> {
    one(sql, "SELECT document FROM um_call_router WHERE folded = ?1", server)
}

pub(crate) fn put_dial_plan(tx: &mut Writer, plan: &DialPlan) -> Result<()> {
    if plan.name.trim().is_empty() || plan.name.chars().count() > 64 {
        return Err(Error::Invalid("a dial plan's name has 1 to 64 characters".into()));
    }
    if !(1..=20).contains(&plan.digits) {
        return Err(Error::Invalid("an extension has 1 to 20 digits".into()));
    }
    put(tx, "INSERT OR REPLACE INTO dial_plan VALUES (?1, ?2)", &plan.name, plan)
}

pub(crate) fn put_service(tx: &mut Writer, service: &UmService) -> Result<()> {
    check_plans(&tx.sql, &service.dial_plans)?;
    put(tx, "INSERT OR REPLACE INTO um_service VALUES (?1, ?2)", &service.server, service)
}

pub(crate) fn put_call_router(tx: &mut Writer, router: &UmCallRouter) -> Result<()> {
    check_plans(&tx.sql, &router.dial_plans)?;
    put(tx, "INSERT OR REPLACE INTO um_call_router VALUES (?1, ?2)", &router.server, router)
}

pub(crate) fn delete_dial_plan(tx: &mut Writer, name: &str) -> Result<()> {
    let folded = fold_name(name);
    let uses = |plans: &[String]| plans.iter().any(|plan| fold_name(plan) == folded);
    let services = services(&tx.sql)?.into_iter().map(|s| (s.server, s.dial_plans));
    let routers = call_routers(&tx.sql)?.into_iter().map(|r| (r.server, r.dial_plans));
    if let Some((server, _)) = services.chain(routers).find(|(_, plans)| uses(plans)) {
        return Err(Error::Conflict(format!("{server} is in the dial plan {name}")));
    }
    delete(tx, "DELETE FROM dial_plan WHERE folded = ?1", name)
}

pub(crate) fn delete_service(tx: &mut Writer, server: &str) -> Result<()> {
    delete(tx, "DELETE FROM um_service WHERE folded = ?1", server)
}

pub(crate) fn delete_call_router(tx: &mut Writer, server: &str) -> Result<()> {
    delete(tx, "DELETE FROM um_call_router WHERE folded = ?1", server)
}

fn check_plans(sql: &Sql, plans: &[String]) -> Result<()> {
    for plan in plans {
        if dial_plan(sql, plan)?.is_none() {
            return Err(Error::not_found(format!("dial plan {plan}")));
        }
    }
    Ok(())
}

fn one<T: DeserializeOwned>(sql: &Sql, query: &str, name: &str) -> Result<Option<T>> {
    sql.one(query, [fold_name(name)], |row| json(row, 0))
}

fn put(tx: &mut Writer, statement: &str, name: &str, document: &impl Serialize) -> Result<()> {
    tx.sql.run(statement, (fold_name(name), serde_json::to_string(document)?))?;
    tx.changed(Change::Um);
    Ok(())
}

fn delete(tx: &mut Writer, statement: &str, name: &str) -> Result<()> {
    if tx.sql.run(statement, [fold_name(name)])? == 0 {
        return Err(Error::not_found(name));
    }
    tx.changed(Change::Um);
    Ok(())
}
