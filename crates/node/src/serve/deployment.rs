//! What the web app is told of the topology, for the commands that repair a link. It decides
//! nothing: who may speak is the registrar's to say, over the wire.

use im::directory::load_known_servers;
use im::refusal::Refusal;
use store::Reader;
use store::messaging::MessagingRead as _;
use web::{Deployment, OwnPool, TrustedPool};

/// Reads it.
pub(super) fn load(reader: &Reader) -> store::Result<Deployment> {
    let published = reader.published_topology()?;
    let pools = published.pools.into_iter();
    let trusted = published.trusted_pools.into_iter();
    Ok(Deployment {
        pools: pools.map(|pool| OwnPool { fqdn: pool.fqdn, site_id: pool.site_id }).collect(),
        trusted: trusted
            .map(|pool| TrustedPool {
                fqdn: pool.fqdn,
                computers: pool.computers,
                registrar: pool.registrar,
                has_application: !pool.applications.is_empty(),
            })
            .collect(),
        several: several(reader)?,
    })
}

/// Names with more than one entry, and the messaging half's own advice.
fn several(reader: &Reader) -> store::Result<Vec<(String, Vec<String>)>> {
    let known = load_known_servers(reader)?;
    let mut found: Vec<(String, Vec<String>)> = Vec::new();
    for entry in known.entries() {
        let name = &entry.fqdn;
        let entries: Vec<_> = known.of_name(name).cloned().collect();
        let is_listed = found.iter().any(|(listed, _)| *listed == name.to_string());
        if entries.len() > 1 && !is_listed {
            let refusal = Refusal::SeveralEntries { name: name.clone(), entries };
            found.push((name.to_string(), refusal.repair()));
        }
    }
    Ok(found)
}
