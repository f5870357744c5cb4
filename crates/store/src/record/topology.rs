//! The topology of the messaging half, in its two lives.

use serde::{Deserialize, Serialize};

use crate::sql::{Sql, json};
use crate::{Change, Result, Writer};

/// Sites, pools and trusted applications. *Published* is what the Cs cmdlets write; *enabled* is
/// what governs traffic, copied by `Enable-CsTopology`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Topology {
    /// Sites.
    pub sites: Vec<Site>,
    /// Pools of the deployment itself.
    pub pools: Vec<Pool>,
    /// Servers that may speak for users.
    pub trusted_pools: Vec<TrustedApplicationPool>,
    /// Rises with each write of the published life; the enabled one keeps the number it was
    /// copied from.
    pub version: u64,
}

/// A site.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Site {
    /// What `-Site` takes, e.g. `Redmond`.
    pub site_id: String,
    /// Name as people read it.
    pub display_name: String,
    /// Free text.
    pub description: String,
}

/// A pool of the deployment's own front ends.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Pool {
    /// Name of the pool.
    pub fqdn: String,
    /// Its site's `site_id`.
    pub site_id: String,
    /// FQDNs of its computers.
    pub computers: Vec<String>,
}

/// A pool of servers that may speak for users over mutual TLS
/// (`New-CsTrustedApplicationPool`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TrustedApplicationPool {
    /// Name of the pool.
    pub fqdn: String,
    /// FQDN of the registrar pool, if one was given.
    pub registrar: Option<String>,
    /// Its site's `site_id`.
    pub site_id: String,
    /// Its computers take part in replication.
    pub requires_replication: bool,
    /// Connections from it are refused.
    pub outbound_only: bool,
    /// Client limits do not apply to it.
    pub throttle_as_server: bool,
    /// Its requests are not challenged.
    pub treat_as_authenticated: bool,
    /// First audio port.
    pub audio_port_start: Option<u16>,
    /// How many audio ports.
    pub audio_port_count: u16,
    /// First application sharing port.
    pub app_sharing_port_start: Option<u16>,
    /// How many application sharing ports.
    pub app_sharing_port_count: u16,
    /// First video port.
    pub video_port_start: Option<u16>,
    /// How many video ports.
    pub video_port_count: u16,
    /// e.g. `Redmond-ExternalServer-1`.
    pub service_id: String,
    /// FQDNs of its computers.
    pub computers: Vec<String>,
    /// Its applications.
    pub applications: Vec<TrustedApplication>,
}

impl Default for TrustedApplicationPool {
    /// The cmdlet's defaults (cmdlets.md §3.1).
    fn default() -> Self {
        TrustedApplicationPool {
            fqdn: String::new(),
            registrar: None,
            site_id: String::new(),
            requires_replication: true,
            outbound_only: false,
            throttle_as_server: true,
            treat_as_authenticated: true,
            audio_port_start: None,
            audio_port_count: 0,
            app_sharing_port_start: None,
            app_sharing_port_count: 0,
            video_port_start: None,
            video_port_count: 0,
            service_id: String::new(),
            computers: Vec::new(),
            applications: Vec::new(),
        }
    }
}

/// An application of a trusted pool (`New-CsTrustedApplication`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TrustedApplication {
    /// `urn:application:…`, in the case it was typed, compared without case.
    pub application_id: String,
    /// Port its computers listen on.
    pub port: u16,
    /// Name without the prefix, unless another was given.
    pub legacy_name: String,
    /// Plain TCP is allowed besides mutual TLS.
    pub enable_tcp: bool,
    /// GRUU of the service.
    pub service_gruu: String,
    /// GRUU of each computer.
    pub computer_gruus: Vec<ComputerGruu>,
}

/// GRUU of one computer of an application.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ComputerGruu {
    /// FQDN of the computer.
    pub fqdn: String,
    /// Its GRUU.
    pub gruu: String,
}

/// Which of the two lives.
#[derive(Clone, Copy)]
#[repr(i64)]
pub(crate) enum Life {
    Published = 1,
    Enabled = 2,
}

pub(crate) fn get(sql: &Sql, life: Life) -> Result<Topology> {
    let row =
        sql.one("SELECT version, document FROM topology WHERE life = ?1", [life as i64], |row| {
            let version: i64 = row.get(0)?;
            Ok(Topology { version: version.unsigned_abs(), ..json(row, 1)? })
        })?;
    Ok(row.unwrap_or_default())
}

pub(crate) fn put_published(tx: &mut Writer, topology: &Topology) -> Result<u64> {
    let version = get(&tx.sql, Life::Published)?.version + 1;
    put(tx, Life::Published, version, topology)
}

pub(crate) fn enable(tx: &mut Writer) -> Result<u64> {
    let published = get(&tx.sql, Life::Published)?;
    put(tx, Life::Enabled, published.version, &published)
}

fn put(tx: &mut Writer, life: Life, version: u64, topology: &Topology) -> Result<u64> {
    tx.sql.run(
        "INSERT OR REPLACE INTO topology VALUES (?1, ?2, ?3)",
        (life as i64, i64::try_from(version).unwrap_or(i64::MAX), serde_json::to_string(topology)?),
    )?;
    tx.changed(Change::Topology);
    Ok(version)
}
