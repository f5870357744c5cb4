//! Applications of trusted pools in the published topology.
//!
//! Owns what may be made, changed and removed, and the form of the GRUUs. Read next:
//! `cmdlet/cs_trusted_application`.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use store::messaging::{ComputerGruu, Topology, TrustedApplication, TrustedApplicationPool};

use super::trusted_pool;
use crate::identity::{APPLICATION_PREFIX, application, application_id};
use crate::lang::{Category, Error};

/// An application to be made.
#[derive(Clone, Debug, Default)]
pub(crate) struct NewApplication {
    pub pool: String,
    pub id: String,
    pub port: u16,
    pub legacy_name: Option<String>,
    pub enable_tcp: bool,
    pub sip_domain: String,
}

/// The application and its pool that an identity means.
pub(crate) fn find<'a>(
    topology: &'a Topology,
    text: &str,
) -> Result<(&'a TrustedApplicationPool, &'a TrustedApplication), Error> {
    let unknown = || {
        Error::lync_object_not_found(text)
            .advice("Get-CsTrustedApplication lists the trusted applications.")
    };
    let (pool, id) = application(text).ok_or_else(|| {
        unknown().advice("The identity of an application is <pool FQDN>/<application id>.")
    })?;
    let pool = trusted_pool::find(topology, &pool).map_err(|_| unknown())?;
    let found = pool.applications.iter().find(|app| app.application_id.eq_ignore_ascii_case(&id));
    found.map(|application| (pool, application)).ok_or_else(unknown)
}

/// Adds an application to its pool; pool and application as published.
pub(crate) fn add(
    topology: &mut Topology,
    new: &NewApplication,
) -> Result<(TrustedApplicationPool, TrustedApplication), Error> {
    let name = trusted_pool::find(topology, &new.pool)
        .map_err(|error| {
            error.advice(format!(
                "An application needs its pool first: New-CsTrustedApplicationPool -Identity {} \
                 -Registrar <pool> -Site <SiteId> -RequiresReplication $False.",
                new.pool
            ))
        })?
        .fqdn
        .clone();
    let id = application_id(&new.id);
    check_id(&id)?;
    let pool = topology.trusted_pools.iter_mut().find(|pool| pool.fqdn == name);
    let Some(pool) = pool else { return Err(Error::lync_object_not_found(&new.pool)) };
    refuse_taken(pool, &id, new.port)?;
    let bare = id.get(APPLICATION_PREFIX.len()..).unwrap_or_default();
    let service_gruu = gruu(&pool.fqdn, &new.sip_domain, bare);
    let gruus = pool.computers.iter().map(|fqdn| {
        // A computer that bears the pool's name is the service (`cmdlets.md` §3.5).
        let is_pool = fqdn.eq_ignore_ascii_case(&pool.fqdn);
        let own = || gruu(fqdn, &new.sip_domain, bare);
        let gruu = if is_pool { service_gruu.clone() } else { own() };
        ComputerGruu { fqdn: fqdn.clone(), gruu }
    });
    let application = TrustedApplication {
        service_gruu: service_gruu.clone(),
        computer_gruus: gruus.collect(),
        legacy_name: new.legacy_name.clone().unwrap_or_else(|| bare.to_owned()),
        application_id: id,
        port: new.port,
        enable_tcp: new.enable_tcp,
    };
    pool.applications.push(application.clone());
    Ok((pool.clone(), application))
}

/// Gives an application another port; whether anything changed.
pub(crate) fn change_port(topology: &mut Topology, text: &str, port: u16) -> Result<bool, Error> {
    let (pool, application) = find(topology, text)?;
    let (name, id) = (pool.fqdn.clone(), application.application_id.clone());
    if application.port == port {
        return Ok(false);
    }
    if let Some(taken) = pool.applications.iter().find(|other| other.port == port) {
        return Err(port_taken(&name, taken));
    }
    let pools = topology.trusted_pools.iter_mut().filter(|pool| pool.fqdn == name);
    for application in pools.flat_map(|pool| &mut pool.applications) {
        if application.application_id == id {
            application.port = port;
        }
    }
    Ok(true)
}

/// Removes an application.
pub(crate) fn remove(topology: &mut Topology, text: &str) -> Result<(), Error> {
    let (pool, application) = find(topology, text)?;
    let (name, id) = (pool.fqdn.clone(), application.application_id.clone());
    for pool in topology.trusted_pools.iter_mut().filter(|pool| pool.fqdn == name) {
        pool.applications.retain(|application| application.application_id != id);
    }
    Ok(())
}

/// Gives an application a GRUU for a computer that joined its pool.
pub(super) fn add_gruu(application: &mut TrustedApplication, fqdn: &str) {
    let bare = application.application_id.get(APPLICATION_PREFIX.len()..).unwrap_or_default();
    let domain = application.service_gruu.split_once('@').map_or("", |(_, rest)| rest);
    let domain = domain.split(';').next().unwrap_or_default();
    let gruu = gruu(fqdn, domain, bare);
    application.computer_gruus.push(ComputerGruu { fqdn: fqdn.to_owned(), gruu });
}

/// Letters, digits and the marks that an URN may contain unescaped (RFC 8141 §2, pchar).
fn check_id(id: &str) -> Result<(), Error> {
    let bare = id.get(APPLICATION_PREFIX.len()..).unwrap_or_default();
    let allowed = |c: char| c.is_ascii_alphanumeric() || "-._~!$&'()*+,;=:@".contains(c);
    if !bare.is_empty() && bare.len() <= 128 && bare.chars().all(allowed) {
        return Ok(());
    }
    Err(Error::invalid_argument(
        "ApplicationId",
        format!(
            "\"{bare}\" is not a valid ApplicationId: it has a blank or another character \
                 that is not allowed, or the wrong length."
        ),
    )
    .advice("Use only letters and digits, such as OutlookWebApp."))
}

fn refuse_taken(pool: &TrustedApplicationPool, id: &str, port: u16) -> Result<(), Error> {
    for taken in &pool.applications {
        if taken.application_id.eq_ignore_ascii_case(id) {
            let identity = format!("{}/{}", pool.fqdn, taken.application_id);
            return Err(Error::exists(
                &identity,
                format!("The trusted application \"{identity}\" already exists."),
            )
            .advice(format!(
                "Only its port can be changed: Set-CsTrustedApplication -Identity {identity} \
                 -Port <port>."
            )));
        }
        if taken.port == port {
            return Err(port_taken(&pool.fqdn, taken));
        }
    }
    Ok(())
}

fn port_taken(pool: &str, taken: &TrustedApplication) -> Error {
    Error::new(
        Category::ResourceExists,
        "PortInUse",
        format!(
            "Port {} is already used by \"{}\" in the pool \"{pool}\".",
            taken.port, taken.application_id
        ),
    )
    .target(taken.port.to_string())
    .exception("ManagementException")
    .advice("Choose another free port; it must be unique within the pool.")
}

/// `sip:<computer>@<SIP domain>;gruu;opaque=srvr:<id>:<token>`; the token is 16 random bytes and
/// two zeros in base64url.
fn gruu(computer: &str, domain: &str, id: &str) -> String {
    let mut token = [0u8; 18];
    for (byte, random) in token.iter_mut().zip(store::Uuid::new_v4().into_bytes()) {
        *byte = random;
    }
    let token = URL_SAFE_NO_PAD.encode(token);
    format!("sip:{computer}@{domain};gruu;opaque=srvr:{id}:{token}")
}

#[cfg(test)]
mod tests {
    use super::super::tests::topology;
    use super::super::trusted_pool::{NewPool, Properties};
    use super::*;

    const POOL: &str = "atl-owa-001.litwareinc.com";

    fn with_pool() -> Topology {
        let mut topology = topology();
        let registrar = Some("atl-cs-001.litwareinc.com".to_owned());
        let pool = NewPool {
            identity: POOL.to_owned(),
            site: Some("Redmond".to_owned()),
            computer: None,
            properties: Properties { registrar, ..Properties::default() },
        };
        trusted_pool::add(&mut topology, &pool).unwrap();
        topology
    }

    fn new(id: &str, port: u16) -> NewApplication {
        NewApplication {
            pool: POOL.to_owned(),
            id: id.to_owned(),
            port,
            sip_domain: "litwareinc.com".to_owned(),
            ..NewApplication::default()
        }
    }

    #[test]
    fn an_application_is_made_changed_and_removed() {
        let mut topology = with_pool();
        let (_, made) = add(&mut topology, &new("OutlookWebApp", 5199)).unwrap();
        assert_eq!(made.application_id, "urn:application:OutlookWebApp");
        assert_eq!(made.legacy_name, "OutlookWebApp");
        let start = "sip:atl-owa-001.litwareinc.com@litwareinc.com;gruu;opaque=srvr:OutlookWebApp:";
        assert_eq!(made.computer_gruus.len(), 1);
        assert_eq!(made.computer_gruus[0].gruu, made.service_gruu);
        assert!(made.service_gruu.starts_with(start), "{}", made.service_gruu);
        assert_eq!(made.service_gruu.len(), start.len() + 24);
        let id = "ATL-owa-001.litwareinc.com/outlookwebapp";
        assert!(change_port(&mut topology, id, 5200).unwrap());
        assert!(!change_port(&mut topology, id, 5200).unwrap());
        assert_eq!(find(&topology, id).unwrap().1.port, 5200);
        remove(&mut topology, id).unwrap();
        assert!(find(&topology, id).is_err());
    }

    #[test]
    fn what_cannot_be_made() {
        let mut topology = with_pool();
        add(&mut topology, &new("OutlookWebApp", 5199)).unwrap();
        add(&mut topology, &new("other", 5198)).unwrap();
        let mut check = |new: NewApplication, id: &str| {
            assert_eq!(add(&mut topology, &new).unwrap_err().id, id);
        };
        check(new("urn:application:OUTLOOKWEBAPP", 6000), "ObjectAlreadyExists");
        check(new("third", 5199), "PortInUse");
        check(new("with blank", 6000), "InvalidArgument");
        check(new("", 6000), "InvalidArgument");
        let nowhere = NewApplication { pool: "x.y".to_owned(), ..new("a", 1) };
        check(nowhere, "ManagementObjectNotFound");
        let id = format!("{POOL}/other");
        assert_eq!(change_port(&mut topology, &id, 5199).unwrap_err().id, "PortInUse");
    }
}
