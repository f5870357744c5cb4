//! Who of our own people may speak with those of other organisations (`CsExternalAccessPolicy`).

use std::collections::{HashMap, HashSet};

use store::directory::DirectoryRead as _;
use store::messaging::{
    ExternalAccessPolicy, MessagingRead, ScopedSetting as _, Whereabouts, effective,
};
use store::{Reader, Uuid};

use crate::aor::Aor;

/// Those who may not: few, where there are any.
#[derive(Clone, Debug, Default)]
pub(crate) struct ExternalAccess(HashSet<Aor>);

impl ExternalAccess {
    /// The policy that was granted to somebody goes before their site's, that before the global
    /// one.
    pub(crate) fn load(reader: &Reader) -> store::Result<ExternalAccess> {
        let policies = reader.scoped_settings::<ExternalAccessPolicy>()?;
        if policies.iter().all(|own| own.value.enable_federation_access) {
            return Ok(ExternalAccess::default());
        }
        let granted = reader.policy_grants(ExternalAccessPolicy::KIND)?;
        let granted: HashMap<Uuid, String> = granted.into_iter().collect();
        let topology = reader.published_topology()?;
        let mut barred = HashSet::new();
        for user in reader.messaging_users()? {
            let pool = topology.pools.iter().find(|pool| pool.fqdn == user.registrar_pool);
            let site_id = pool.map(|pool| pool.site_id.as_str());
            let granted = granted.get(&user.account).map(String::as_str);
            let policy = effective(&policies, Whereabouts { granted, service: None, site_id });
            if policy.is_some_and(|it| !it.value.enable_federation_access) {
                barred.extend(Aor::parse(&user.sip_address));
            }
        }
        Ok(ExternalAccess(barred))
    }

    /// Whether somebody may.
    pub(crate) fn allows(&self, aor: &Aor) -> bool {
        !self.0.contains(aor)
    }
}
