//! Trusted application pools and their computers in the published topology.
//!
//! Owns what may be made, changed and removed, and the refusals. Read next:
//! `cmdlet/cs_trusted_application_pool`.

use store::messaging::{Topology, TrustedApplicationPool};

use super::{TRUSTED_ROLE, find_registrar, find_site, fqdn};
use crate::identity::without_role;
use crate::lang::{Category, Error};

/// The properties that `New-` and `Set-` share; what is not given stays.
#[derive(Clone, Debug, Default)]
pub(crate) struct Properties {
    pub registrar: Option<String>,
    pub requires_replication: Option<bool>,
    pub outbound_only: Option<bool>,
    pub throttle_as_server: Option<bool>,
    pub treat_as_authenticated: Option<bool>,
    pub audio: Ports,
    pub video: Ports,
    pub app_sharing: Ports,
}

/// A range of media ports.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Ports {
    pub start: Option<u16>,
    pub count: Option<u16>,
}

/// A pool to be made.
#[derive(Clone, Debug, Default)]
pub(crate) struct NewPool {
    pub identity: String,
    pub site: Option<String>,
    pub computer: Option<String>,
    pub properties: Properties,
}

/// The trusted pool that an identity means: its FQDN, with or without the role.
pub(crate) fn find<'a>(
    topology: &'a Topology,
    text: &str,
) -> Result<&'a TrustedApplicationPool, Error> {
    let fqdn = without_role(text, TRUSTED_ROLE);
    let found = topology.trusted_pools.iter().find(|pool| pool.fqdn.eq_ignore_ascii_case(fqdn));
    found.ok_or_else(|| {
        let error = Error::lync_object_not_found(text);
        if topology.pools.iter().any(|pool| pool.fqdn.eq_ignore_ascii_case(fqdn)) {
            return error.advice("This pool is one of the deployment itself, not a trusted one.");
        }
        error.advice("Get-CsTrustedApplicationPool lists the trusted application pools.")
    })
}

/// Adds a pool with its first computer; the pool as published.
pub(crate) fn add(topology: &mut Topology, new: &NewPool) -> Result<TrustedApplicationPool, Error> {
    let name = fqdn("Identity", without_role(&new.identity, TRUSTED_ROLE))?;
    refuse_known_pool(topology, &name)?;
    let Some(site) = &new.site else {
        return Err(Error::new(
            Category::InvalidArgument,
            "SiteRequired",
            format!("The pool \"{name}\" does not exist in the topology yet, so -Site is needed."),
        )
        .target(&name)
        .exception("ManagementException")
        .advice(
            "Get-CsSite | Select-Object DisplayName, SiteId shows the SiteIds to choose from.",
        ));
    };
    let site_id = find_site(topology, site)?.site_id.clone();
    let computer = match &new.computer {
        Some(computer) => fqdn("ComputerFqdn", computer)?,
        None => name.clone(),
    };
    refuse_known_computer(topology, &computer)?;
    let mut pool = TrustedApplicationPool {
        fqdn: name,
        service_id: next_service_id(topology, &site_id),
        site_id,
        computers: vec![computer],
        ..TrustedApplicationPool::default()
    };
    set(topology, &mut pool, &new.properties)?;
    topology.trusted_pools.push(pool.clone());
    Ok(pool)
}

/// Changes a pool; whether anything changed.
pub(crate) fn change(
    topology: &mut Topology,
    text: &str,
    properties: &Properties,
) -> Result<bool, Error> {
    let mut pool = find(topology, text)?.clone();
    set(topology, &mut pool, properties)?;
    let slot = topology.trusted_pools.iter_mut().find(|other| other.fqdn == pool.fqdn);
    Ok(slot.is_some_and(|slot| {
        let changed = *slot != pool;
        *slot = pool;
        changed
    }))
}

/// Removes a pool with its computers and applications.
pub(crate) fn remove(topology: &mut Topology, text: &str) -> Result<(), Error> {
    let pool = find(topology, text)?;
    let name = pool.fqdn.clone();
    if pool.registrar.is_none() {
        return Err(Error::refused(
            "PoolWithoutRegistrar",
            format!(
                "Cannot remove the trusted application pool \"{name}\" because it has no Registrar."
            ),
        )
        .target(&name)
        .advice(format!(
            "Give it one first: Set-CsTrustedApplicationPool -Identity {name} -Registrar <pool>."
        )));
    }
    topology.trusted_pools.retain(|other| other.fqdn != name);
    Ok(())
}

/// Adds a computer to a pool.
pub(crate) fn add_computer(
    topology: &mut Topology,
    computer: &str,
    pool: &str,
) -> Result<(String, String), Error> {
    let computer = fqdn("Identity", computer)?;
    let name = find(topology, pool)?.fqdn.clone();
    refuse_known_computer(topology, &computer)?;
    let found = topology.trusted_pools.iter_mut().find(|other| other.fqdn == name);
    let Some(found) = found else { return Err(Error::lync_object_not_found(pool)) };
    if found.computers.first() == Some(&found.fqdn) {
        return Err(Error::refused(
            "SingleComputerPool",
            format!(
                "Cannot add a computer to pool \"{name}\": its first computer has the pool's own \
                 FQDN, so it is a pool of one computer."
            ),
        )
        .target(&name)
        .advice("Make the pool again with -ComputerFqdn and another name than the pool's."));
    }
    found.computers.push(computer.clone());
    for application in &mut found.applications {
        super::trusted_application::add_gruu(application, &computer);
    }
    Ok((computer, name))
}

/// Removes a computer from its pool.
pub(crate) fn remove_computer(topology: &mut Topology, text: &str) -> Result<(), Error> {
    let same = |computer: &String| computer.eq_ignore_ascii_case(text.trim());
    let found = topology.trusted_pools.iter_mut().find(|pool| pool.computers.iter().any(same));
    let Some(pool) = found else { return Err(Error::lync_object_not_found(text)) };
    if pool.computers.len() == 1 {
        return Err(Error::refused(
            "LastComputer",
            format!("Cannot remove \"{text}\": it is the last computer of pool \"{}\".", pool.fqdn),
        )
        .target(text)
        .advice(format!("Remove-CsTrustedApplicationPool {} removes the pool.", pool.fqdn)));
    }
    pool.computers.retain(|computer| !same(computer));
    for application in &mut pool.applications {
        application.computer_gruus.retain(|gruu| !same(&gruu.fqdn));
    }
    Ok(())
}

fn set(
    topology: &Topology,
    pool: &mut TrustedApplicationPool,
    given: &Properties,
) -> Result<(), Error> {
    if let Some(registrar) = &given.registrar {
        pool.registrar = Some(find_registrar(topology, registrar)?);
    }
    let give = |slot: &mut bool, value: Option<bool>| *slot = value.unwrap_or(*slot);
    give(&mut pool.requires_replication, given.requires_replication);
    give(&mut pool.outbound_only, given.outbound_only);
    give(&mut pool.throttle_as_server, given.throttle_as_server);
    give(&mut pool.treat_as_authenticated, given.treat_as_authenticated);
    for (ports, start, count) in [
        (given.audio, &mut pool.audio_port_start, &mut pool.audio_port_count),
        (given.video, &mut pool.video_port_start, &mut pool.video_port_count),
        (given.app_sharing, &mut pool.app_sharing_port_start, &mut pool.app_sharing_port_count),
    ] {
        *start = ports.start.or(*start);
        *count = ports.count.unwrap_or(*count);
    }
    Ok(())
}

fn refuse_known_pool(topology: &Topology, name: &str) -> Result<(), Error> {
    if topology.pools.iter().any(|pool| pool.fqdn.eq_ignore_ascii_case(name)) {
        return Err(Error::exists(
            name,
            format!("\"{name}\" is a pool of this deployment; its servers are trusted already."),
        ));
    }
    if topology.trusted_pools.iter().any(|pool| pool.fqdn.eq_ignore_ascii_case(name)) {
        return Err(Error::exists(
            name,
            format!("A trusted application pool with the FQDN \"{name}\" already exists."),
        )
        .advice(format!(
            "Change it with Set-CsTrustedApplicationPool -Identity {name}, or look at it with \
             Get-CsTrustedApplicationPool -Identity {name}."
        )));
    }
    Ok(())
}

fn refuse_known_computer(topology: &Topology, computer: &str) -> Result<(), Error> {
    let same = |other: &String| other.eq_ignore_ascii_case(computer);
    let owner =
        super::clusters(topology).into_iter().find(|cluster| cluster.computers.iter().any(same));
    match owner {
        None => Ok(()),
        Some(owner) => Err(Error::exists(
            computer,
            format!("The computer \"{computer}\" belongs to the pool \"{}\" already.", owner.fqdn),
        )),
    }
}

/// A name of this pool that another trusted pool has, too, and that pool: one as its own name, the
/// other as that of a computer. The messaging server then has two entries for it and refuses it.
pub(crate) fn named_twice<'a>(
    topology: &'a Topology,
    pool: &TrustedApplicationPool,
) -> Option<(String, &'a str)> {
    let others = topology.trusted_pools.iter().filter(|other| other.fqdn != pool.fqdn);
    others.into_iter().find_map(|other| {
        let is_other = |name: &&String| name.eq_ignore_ascii_case(&other.fqdn);
        let is_own = |name: &&String| name.eq_ignore_ascii_case(&pool.fqdn);
        let name = pool.computers.iter().find(is_other).or(other.computers.iter().find(is_own))?;
        Some((name.clone(), other.fqdn.as_str()))
    })
}

/// `<SiteId>-ExternalServer-<n>` with the first free number; ExternalServer is the internal role
/// of a trusted application pool.
fn next_service_id(topology: &Topology, site_id: &str) -> String {
    let id = |number: usize| format!("{site_id}-ExternalServer-{number}");
    let taken = |id: &String| topology.trusted_pools.iter().any(|pool| pool.service_id == *id);
    // One more number than there are pools: one of them is free.
    let numbers = 1..=topology.trusted_pools.len() + 1;
    numbers.map(id).find(|id| !taken(id)).unwrap_or_else(|| id(1))
}

#[cfg(test)]
mod tests {
    use super::super::tests::topology;
    use super::*;

    fn new(identity: &str) -> NewPool {
        let registrar = Some("atl-cs-001.litwareinc.com".to_owned());
        NewPool {
            identity: identity.to_owned(),
            site: Some("Redmond".to_owned()),
            computer: None,
            properties: Properties { registrar, ..Properties::default() },
        }
    }

    #[test]
    fn a_pool_is_made_changed_and_removed() {
        let mut topology = topology();
        let pool = add(&mut topology, &new("ATL-OWA-001.litwareinc.com")).unwrap();
        assert_eq!(pool.service_id, "Redmond-ExternalServer-1");
        assert_eq!(pool.computers, ["atl-owa-001.litwareinc.com"]);
        assert!(pool.requires_replication && pool.treat_as_authenticated);
        let off = Properties { requires_replication: Some(false), ..Properties::default() };
        let id = "TrustedApplicationPool:atl-owa-001.litwareinc.com";
        assert!(change(&mut topology, id, &off).unwrap());
        assert!(!change(&mut topology, id, &off).unwrap());
        remove(&mut topology, id).unwrap();
        assert_eq!(topology, super::super::tests::topology());
    }

    #[test]
    fn what_cannot_be_made() {
        let mut topology = topology();
        add(&mut topology, &new("atl-owa-001.litwareinc.com")).unwrap();
        let mut check = |new: NewPool, part: &str| {
            let error = add(&mut topology, &new).unwrap_err();
            assert!(error.message.contains(part), "{}", error.message);
        };
        check(new("atl-owa-001.litwareinc.com"), "already exists");
        check(new("atl-cs-001.litwareinc.com"), "a pool of this deployment");
        check(new("atl-owa-002"), "not a fully qualified domain name");
        let other = || new("other.litwareinc.com");
        check(NewPool { site: None, ..other() }, "-Site is needed");
        check(NewPool { site: Some("1".into()), ..other() }, "Cannot find site");
        let computer = Some("atl-owa-001.litwareinc.com".to_owned());
        check(NewPool { computer, ..other() }, "belongs to the pool");
        let registrar = Some("nobody.litwareinc.com".to_owned());
        let properties = Properties { registrar, ..Properties::default() };
        check(NewPool { properties, ..other() }, "Cannot find Registrar");
    }

    #[test]
    fn a_pool_without_registrar_stays_until_it_has_one() {
        let mut topology = topology();
        let bare = NewPool { properties: Properties::default(), ..new("a.litwareinc.com") };
        add(&mut topology, &bare).unwrap();
        assert_eq!(
            remove(&mut topology, "a.litwareinc.com").unwrap_err().id,
            "PoolWithoutRegistrar"
        );
        change(&mut topology, "a.litwareinc.com", &new("x").properties).unwrap();
        remove(&mut topology, "a.litwareinc.com").unwrap();
    }

    #[test]
    fn computers_of_a_pool() {
        let mut topology = topology();
        let first = Some("a1.litwareinc.com".to_owned());
        add(&mut topology, &NewPool { computer: first, ..new("a.litwareinc.com") }).unwrap();
        add_computer(&mut topology, "a2.litwareinc.com", "a.litwareinc.com").unwrap();
        assert_eq!(topology.trusted_pools[0].computers.len(), 2);
        remove_computer(&mut topology, "A1.litwareinc.com").unwrap();
        assert_eq!(
            remove_computer(&mut topology, "a2.litwareinc.com").unwrap_err().id,
            "LastComputer"
        );
        add(&mut topology, &new("b.litwareinc.com")).unwrap();
        let error = add_computer(&mut topology, "b2.litwareinc.com", "b.litwareinc.com");
        assert_eq!(error.unwrap_err().id, "SingleComputerPool");
    }
}
