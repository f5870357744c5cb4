//! The topology as administrators see it: sites, pools, services, and the edits of the published
//! life. Pure: a topology and values in, a topology or a shell error out.
//!
//! Owns the rules of `cmdlets.md` §2 and §3 about what may be published. What the enabled life
//! does is `im`'s. Read next: `trusted_pool`, `trusted_application`.

pub(crate) mod document;
pub(crate) mod trusted_application;
pub(crate) mod trusted_pool;

use im::host_name::HostName;
use store::messaging::{Site, Topology};

use crate::lang::{Category, Error};

/// The services of a pool of the deployment itself, in the order they are listed.
pub(crate) const POOL_ROLES: &[&str] = &[
    "UserServer",
    "Registrar",
    "UserDatabase",
    "FileStore",
    "WebServer",
    "ConferencingServer",
    "ApplicationServer",
    "CentralManagement",
];

/// Role of a trusted application pool's service.
pub(crate) const TRUSTED_ROLE: &str = "TrustedApplicationPool";

/// A cluster: a pool of the deployment or a trusted application pool.
pub(crate) struct Cluster {
    /// Name of the pool.
    pub fqdn: String,
    /// Its site's `SiteId`.
    pub site_id: String,
    /// Its computers.
    pub computers: Vec<String>,
    /// `Role:fqdn` of each of its services.
    pub services: Vec<String>,
}

/// All pools: the deployment's own first, then the trusted ones.
pub(crate) fn clusters(topology: &Topology) -> Vec<Cluster> {
    let own = topology.pools.iter().map(|pool| Cluster {
        fqdn: pool.fqdn.clone(),
        site_id: pool.site_id.clone(),
        computers: pool.computers.clone(),
        services: POOL_ROLES.iter().map(|role| format!("{role}:{}", pool.fqdn)).collect(),
    });
    let trusted = topology.trusted_pools.iter().map(|pool| Cluster {
        fqdn: pool.fqdn.clone(),
        site_id: pool.site_id.clone(),
        computers: pool.computers.clone(),
        services: vec![format!("{TRUSTED_ROLE}:{}", pool.fqdn)],
    });
    own.chain(trusted).collect()
}

/// The `Identity` of a site, which `SiteId` of pools and services shows.
pub(crate) fn site_identity(site_id: &str) -> String {
    format!("Site:{site_id}")
}

/// The site that `-Site` means: its SiteId, or `Site:<SiteId>`, or its DisplayName if that is no
/// other site's SiteId.
pub(crate) fn find_site<'a>(topology: &'a Topology, text: &str) -> Result<&'a Site, Error> {
    let name = crate::identity::without_role(text, "Site");
    let by_id = topology.sites.iter().find(|site| site.site_id.eq_ignore_ascii_case(name));
    if let Some(site) = by_id {
        return Ok(site);
    }
    let same = |site: &&Site| site.display_name.eq_ignore_ascii_case(name);
    let mut by_name = topology.sites.iter().filter(same);
    if let (Some(site), None) = (by_name.next(), by_name.next()) {
        return Ok(site);
    }
    let ids: Vec<&str> = topology.sites.iter().map(|site| site.site_id.as_str()).collect();
    Err(Error::new(
        Category::ObjectNotFound,
        "SiteNotFound",
        format!("Cannot find site \"{text}\" in the topology."),
    )
    .target(text)
    .exception("ManagementException")
    .advice(format!(
        "-Site takes a SiteId. The SiteIds are: {}. Get-CsSite | Select-Object DisplayName, SiteId \
         shows which site is which.",
        ids.join(", ")
    )))
}

/// The name of the registrar pool that `-Registrar` means.
pub(crate) fn find_registrar(topology: &Topology, text: &str) -> Result<String, Error> {
    let fqdn = crate::identity::without_role(text, "Registrar");
    match topology.pools.iter().find(|pool| pool.fqdn.eq_ignore_ascii_case(fqdn)) {
        Some(pool) => Ok(pool.fqdn.clone()),
        None => {
            let pools: Vec<&str> = topology.pools.iter().map(|pool| pool.fqdn.as_str()).collect();
            Err(Error::new(
                Category::ObjectNotFound,
                "RegistrarNotFound",
                format!("Cannot find Registrar \"{text}\" in the topology."),
            )
            .target(text)
            .exception("ManagementException")
            .advice(format!("The Registrar pools are: {}.", pools.join(", "))))
        }
    }
}

/// A fully qualified host name in lower case.
pub(crate) fn fqdn(parameter: &str, text: &str) -> Result<String, Error> {
    match HostName::literal(text.trim().as_bytes()) {
        Some(name) if name.as_str().contains('.') => Ok(name.as_str().to_owned()),
        _ => Err(Error::invalid_argument(
            parameter,
            format!("Cannot process argument: \"{text}\" is not a fully qualified domain name."),
        )
        .advice("Write the full name of the host, such as atl-owa-001.litwareinc.com.")),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use store::messaging::Pool;

    /// A site, its pool, nothing trusted.
    pub(crate) fn topology() -> Topology {
        Topology {
            sites: vec![Site {
                site_id: "Redmond".to_owned(),
                display_name: "Redmond Headquarters".to_owned(),
                description: String::new(),
            }],
            pools: vec![Pool {
                fqdn: "atl-cs-001.litwareinc.com".to_owned(),
                site_id: "Redmond".to_owned(),
                computers: vec!["atl-cs-001.litwareinc.com".to_owned()],
            }],
            ..Topology::default()
        }
    }

    #[test]
    fn sites_by_any_of_their_names() {
        let topology = topology();
        for text in ["Redmond", "redmond", "Site:Redmond", "Redmond Headquarters"] {
            assert_eq!(find_site(&topology, text).unwrap().site_id, "Redmond", "{text}");
        }
        let error = find_site(&topology, "Atlanta").unwrap_err();
        assert_eq!(error.message, "Cannot find site \"Atlanta\" in the topology.");
        assert!(error.advice.unwrap().contains("The SiteIds are: Redmond."));
    }

    #[test]
    fn registrars_and_host_names() {
        let topology = topology();
        for text in ["ATL-CS-001.litwareinc.com", "Registrar:atl-cs-001.litwareinc.com"] {
            let found = find_registrar(&topology, text).unwrap();
            assert_eq!(found, "atl-cs-001.litwareinc.com");
        }
        assert!(find_registrar(&topology, "UserServer:atl-cs-001.litwareinc.com").is_err());
        assert_eq!(fqdn("Identity", "ATL-OWA-001.litwareinc.com").unwrap().len(), 26);
        for text in ["atl-owa-001", "a b.c", "*.litwareinc.com", "10.0.0.1", "a.b."] {
            assert!(fqdn("Identity", text).is_err(), "{text}");
        }
    }
}
