//! OWA virtual directories.

use serde::{Deserialize, Serialize};

use crate::identity::fold_name;
use crate::sql::{Sql, json};
use crate::{Change, Error, Result, Writer};

/// Which provider of instant messages a directory or policy names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ImType {
    /// None (the default, also when enabled).
    #[default]
    None,
    /// The messaging half, or a Lync/OCS server.
    Ocs,
}

/// Website of the front end.
pub const DEFAULT_WEB_SITE: &str = "Default Web Site";
/// Website of the back end.
pub const EXCHANGE_BACK_END: &str = "Exchange Back End";

/// One OWA virtual directory (`Get-OwaVirtualDirectory`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct OwaVirtualDirectory {
    /// Short name of the server.
    pub server: String,
    /// `owa`.
    pub name: String,
    /// [`DEFAULT_WEB_SITE`] or [`EXCHANGE_BACK_END`].
    pub website: String,
    /// `InstantMessagingEnabled`.
    pub im_enabled: bool,
    /// `InstantMessagingType`.
    pub im_type: ImType,
    /// `InstantMessagingServerName`; `Web.config` wins over it.
    pub im_server_name: String,
    /// `InstantMessagingCertificateThumbprint`; `Web.config` wins over it.
    pub im_thumbprint: String,
    /// Every other setting, by property name.
    pub settings: serde_json::Map<String, serde_json::Value>,
}

impl Default for OwaVirtualDirectory {
    fn default() -> Self {
        OwaVirtualDirectory {
            server: String::new(),
            name: "owa".into(),
            website: DEFAULT_WEB_SITE.into(),
            im_enabled: true,
            im_type: ImType::None,
            im_server_name: String::new(),
            im_thumbprint: String::new(),
            settings: serde_json::Map::new(),
        }
    }
}

impl OwaVirtualDirectory {
    /// `ATL-OWA-001\owa (Default Web Site)`.
    pub fn identity(&self) -> String {
        format!("{}\\{}", self.server, self.display_name())
    }

    /// `owa (Default Web Site)`.
    pub fn display_name(&self) -> String {
        format!("{} ({})", self.name, self.website)
    }
}

pub(crate) fn list(sql: &Sql) -> Result<Vec<OwaVirtualDirectory>> {
    sql.many(
        "SELECT document FROM owa_virtual_directory ORDER BY server_folded, website_folded",
        [],
        |row| json(row, 0),
    )
}

pub(crate) fn get(sql: &Sql, server: &str, website: &str) -> Result<Option<OwaVirtualDirectory>> {
    sql.one(
        "SELECT document FROM owa_virtual_directory
         WHERE server_folded = ?1 AND website_folded = ?2",
        (fold_name(server), fold_name(website)),
        |row| json(row, 0),
    )
}

pub(crate) fn put(tx: &mut Writer, directory: &OwaVirtualDirectory) -> Result<()> {
    tx.sql.run(
        "INSERT OR REPLACE INTO owa_virtual_directory VALUES (?1, ?2, ?3)",
        (
            fold_name(&directory.server),
            fold_name(&directory.website),
            serde_json::to_string(directory)?,
        ),
    )?;
    tx.changed(Change::VirtualDirectory);
    Ok(())
}

pub(crate) fn delete(tx: &mut Writer, server: &str, website: &str) -> Result<()> {
    let touched = tx.sql.run(
        "DELETE FROM owa_virtual_directory WHERE server_folded = ?1 AND website_folded = ?2",
        (fold_name(server), fold_name(website)),
    )?;
    if touched == 0 {
        return Err(Error::not_found(format!("{server}\\owa ({website})")));
    }
    tx.changed(Change::VirtualDirectory);
    Ok(())
}
