//! Settings and policies of the messaging half in their scopes, and who was granted which policy.
//!
//! Owns the kinds, their defaults, and which of several applies to a person. What a scope may be
//! called is the shell's business.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::identity::fold_name;
use crate::sql::{Sql, json};
use crate::{Change, Result, Writer};

/// The scope that exists always: without a row it has the defaults.
pub const GLOBAL: &str = "Global";

/// A kind of setting. Its `Default` is what the global one is until somebody changes it.
pub trait ScopedSetting: Clone + Default + PartialEq + Serialize + DeserializeOwned {
    /// Its name in the rows.
    const KIND: &'static str;
}

/// A setting in one scope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scoped<T> {
    /// `Global`, `Site:Redmond`, `UserServer:pool.fqdn` or `Tag:Name`.
    pub scope: String,
    /// The setting.
    pub value: T,
}

/// Where somebody is: what decides which of several settings applies.
#[derive(Clone, Copy, Debug, Default)]
pub struct Whereabouts<'a> {
    /// The policy granted to them, without `Tag:`.
    pub granted: Option<&'a str>,
    /// `UserServer:pool.fqdn`, where the kind has that scope.
    pub service: Option<&'a str>,
    /// Their pool's site.
    pub site_id: Option<&'a str>,
}

/// Whether contacts are kept with the mailbox (`CsUserServicesPolicy`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct UserServicesPolicy {
    /// The unified contact store is allowed.
    pub ucs_allowed: bool,
}

impl Default for UserServicesPolicy {
    fn default() -> Self {
        UserServicesPolicy { ucs_allowed: true }
    }
}

impl ScopedSetting for UserServicesPolicy {
    const KIND: &'static str = "UserServicesPolicy";
}

/// Who may speak with people of other organizations (`CsExternalAccessPolicy`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ExternalAccessPolicy {
    /// They may, as far as the deployment may at all (`CsAccessEdgeConfiguration`).
    pub enable_federation_access: bool,
    /// Free text.
    pub description: String,
}

impl Default for ExternalAccessPolicy {
    fn default() -> Self {
        ExternalAccessPolicy { enable_federation_access: true, description: String::new() }
    }
}

impl ScopedSetting for ExternalAccessPolicy {
    const KIND: &'static str = "ExternalAccessPolicy";
}

/// Whose texts are archived (`CsArchivingPolicy`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ArchivingPolicy {
    /// Texts within the deployment are.
    pub archive_internal: bool,
    /// Texts with other organizations are.
    pub archive_external: bool,
    /// Free text.
    pub description: String,
}

impl ScopedSetting for ArchivingPolicy {
    const KIND: &'static str = "ArchivingPolicy";
}

/// What may be archived at all, and for how long it is kept (`CsArchivingConfiguration`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ArchivingConfiguration {
    /// `None`, `ImOnly` or `ImAndWebConf`, by number.
    pub enable_archiving: u8,
    /// Archived texts are removed after some days.
    pub enable_purging: bool,
    /// After how many.
    pub keep_archiving_data_for_days: u16,
    /// Only those that were exported.
    pub purge_exported_archives_only: bool,
    /// A text that cannot be archived is not delivered.
    pub block_on_archive_failure: bool,
}

impl Default for ArchivingConfiguration {
    fn default() -> Self {
        ArchivingConfiguration {
            enable_archiving: 0,
            enable_purging: false,
            keep_archiving_data_for_days: 14,
            purge_exported_archives_only: false,
            block_on_archive_failure: false,
        }
    }
}

impl ScopedSetting for ArchivingConfiguration {
    const KIND: &'static str = "ArchivingConfiguration";
}

/// Which setting applies: the granted policy, else the service's, the site's, the global one. The
/// first one that exists wins; nothing is merged.
pub fn effective<'a, T>(all: &'a [Scoped<T>], place: Whereabouts<'_>) -> Option<&'a Scoped<T>> {
    let named = |scope: &str| all.iter().find(|own| own.scope.eq_ignore_ascii_case(scope));
    let granted = place.granted.and_then(|name| named(&format!("Tag:{name}")));
    granted
        .or_else(|| place.service.and_then(named))
        .or_else(|| place.site_id.and_then(|site| named(&format!("Site:{site}"))))
        .or_else(|| named(GLOBAL))
}

/// All scopes of a kind, the global one first.
pub(crate) fn list<T: ScopedSetting>(sql: &Sql) -> Result<Vec<Scoped<T>>> {
    let mut all = sql.many(
        "SELECT scope, document FROM scoped_setting WHERE kind = ?1 ORDER BY folded",
        [T::KIND],
        |row| Ok(Scoped { scope: row.get(0)?, value: json(row, 1)? }),
    )?;
    let is_global = |own: &Scoped<T>| own.scope == GLOBAL;
    let global = match all.iter().position(is_global) {
        Some(at) => all.remove(at),
        None => Scoped { scope: GLOBAL.to_owned(), value: T::default() },
    };
    all.insert(0, global);
    Ok(all)
}

pub(crate) fn put<T: ScopedSetting>(tx: &mut Writer, scope: &str, value: &T) -> Result<()> {
    tx.sql.run(
        "INSERT OR REPLACE INTO scoped_setting VALUES (?1, ?2, ?3, ?4)",
        (T::KIND, fold_name(scope), scope, serde_json::to_string(value)?),
    )?;
    tx.changed(Change::ScopedSetting);
    Ok(())
}

/// Removes a setting, and the grants of it; how many people had it. The global one has its
/// defaults afterwards.
pub(crate) fn delete<T: ScopedSetting>(tx: &mut Writer, scope: &str) -> Result<usize> {
    tx.sql.run(
        "DELETE FROM scoped_setting WHERE kind = ?1 AND folded = ?2",
        (T::KIND, fold_name(scope)),
    )?;
    tx.changed(Change::ScopedSetting);
    match scope.split_once(':') {
        Some((prefix, name)) if prefix.eq_ignore_ascii_case("tag") => tx.sql.run(
            "DELETE FROM policy_grant WHERE kind = ?1 AND policy = ?2 COLLATE NOCASE",
            (T::KIND, name),
        ),
        _ => Ok(0),
    }
}

/// Who was granted which policy of a kind, without `Tag:`.
pub(crate) fn grants(sql: &Sql, kind: &str) -> Result<Vec<(Uuid, String)>> {
    let query = "SELECT account, policy FROM policy_grant WHERE kind = ?1";
    sql.many(query, [kind], |row| Ok((row.get(0)?, row.get(1)?)))
}

pub(crate) fn grant(tx: &mut Writer, account: Uuid, kind: &str, name: Option<&str>) -> Result<()> {
    match name {
        Some(name) => tx.sql.run(
            "INSERT OR REPLACE INTO policy_grant VALUES (?1, ?2, ?3)",
            (account, kind, name),
        )?,
        None => tx
            .sql
            .run("DELETE FROM policy_grant WHERE account = ?1 AND kind = ?2", (account, kind))?,
    };
    tx.changed(Change::ScopedSetting);
    Ok(())
}

/// Takes every policy from somebody.
pub(crate) fn revoke_all(tx: &mut Writer, account: Uuid) -> Result<()> {
    tx.sql.run("DELETE FROM policy_grant WHERE account = ?1", [account])?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_narrowest_scope_wins_and_nothing_is_merged() {
        let scoped = |scope: &str| Scoped { scope: scope.to_owned(), value: () };
        let all: Vec<Scoped<()>> =
            ["Global", "Site:Redmond", "Tag:Sales", "UserServer:a.b"].map(scoped).to_vec();
        let check = |granted, service, site_id, expected: &str| {
            let place = Whereabouts { granted, service, site_id };
            assert_eq!(effective(&all, place).unwrap().scope, expected);
        };
        check(Some("sales"), Some("UserServer:a.b"), Some("Redmond"), "Tag:Sales");
        check(Some("gone"), Some("UserServer:a.b"), Some("Redmond"), "UserServer:a.b");
        check(None, Some("UserServer:c.d"), Some("redmond"), "Site:Redmond");
        check(None, None, Some("Dublin"), "Global");
        check(None, None, None, "Global");
    }
}
