//! The demo organisation: the article's cast as plain rows of the store, and the files of its
//! `C:` drive (design.md §5).
//!
//! Owns names, servers, people, default certificates, virtual directories and policies as they
//! are *before* anybody integrates anything. The internal authority and what it signs are the
//! caller's. Read next: `files`, `person`.

mod certificates;
mod files;
mod person;

use store::directory::{
    DirectoryWrite as _, EventLevel, EventLogEntry, RegistryValue, Server, ServerRole,
};
use store::mail::{
    DEFAULT_WEB_SITE, EXCHANGE_BACK_END, MailWrite as _, OwaMailboxPolicy, OwaVirtualDirectory,
};
use store::messaging::{
    DialPlan, MessagingWrite as _, Pool, Site, Topology, UmCallRouter, UmService, UmStartupMode,
    UriType, VoipSecurity,
};
use store::{Result, Writer};

pub(crate) use files::PROVIDER_FOLDER;
pub use files::create_files;
pub(crate) use files::is_own_folder;
pub(crate) use person::{NewPerson, create_person};

/// The forest, the SIP domain and the mail domain.
pub const DOMAIN: &str = "litwareinc.com";
/// The pool of the messaging half, and its only computer.
pub const POOL: &str = "atl-cs-001.litwareinc.com";
/// The client access server: web front end, and the UM Call Router unless collocated.
pub const CLIENT_ACCESS_SERVER: &str = "atl-cas-001.litwareinc.com";
/// The mailbox server: mailboxes, web back end, UM service.
pub const MAILBOX_SERVER: &str = "atl-owa-001.litwareinc.com";
/// The key of the registry value that names the folder of the provider of instant messages.
pub const IM_REGISTRY_KEY: &str =
    r"SYSTEM\CurrentControlSet\Services\MSExchange OWA\InstantMessaging";
/// The application pools that can be recycled.
pub const APP_POOLS: &[&str] = &[
    "DefaultAppPool",
    "MSExchangeAutodiscoverAppPool",
    "MSExchangeOWAAppPool",
    "MSExchangeServicesAppPool",
];

/// Version of the mail half, as it prints it.
const EXCHANGE_VERSION: &str = "15.0 (Build 516.32)";
/// Version of the messaging half.
const LYNC_VERSION: &str = "5.0.8308.0";
/// The dial plan of the collocated variant.
const DIAL_PLAN: &str = "Redmond SIP";

/// What the demo shall be.
#[derive(Clone)]
pub struct Demo {
    /// Both unified messaging services on the mailbox server, in a SipName dial plan: the
    /// messaging half then discovers it by itself.
    pub collocated: bool,
    /// Passwords of Ken Myer and Pilar Ackerman.
    pub passwords: Vec<String>,
}

/// Writes the organisation into an empty store.
///
/// # Errors
/// The store already has a deployment, or a password is not acceptable.
pub fn create(tx: &mut Writer, demo: &Demo, now_ms: i64) -> Result<()> {
    tx.create_deployment(DOMAIN, DOMAIN, "Litware, Inc.")?;
    create_topology(tx)?;
    create_servers(tx, demo.collocated)?;
    create_unified_messaging(tx, demo.collocated)?;
    create_web(tx)?;
    certificates::create(tx, now_ms)?;
    let people = [("kenmyer", "Ken", "Myer"), ("pilar", "Pilar", "Ackerman")];
    for (at, (name, first_name, last_name)) in people.into_iter().enumerate() {
        let person = NewPerson {
            sam: name.to_owned(),
            upn: format!("{name}@{DOMAIN}"),
            display_name: format!("{first_name} {last_name}"),
            first_name: first_name.to_owned(),
            last_name: last_name.to_owned(),
            alias: name.to_owned(),
            mail: format!("{name}@{DOMAIN}"),
            server: short_name(MAILBOX_SERVER),
            sip: Some((format!("sip:{name}@{DOMAIN}"), POOL.to_owned())),
            password: demo.passwords.get(at).cloned(),
        };
        create_person(tx, &person)?;
    }
    tx.append_event(&EventLogEntry {
        id: 0,
        log: "Application".to_owned(),
        source: "MSExchangeSetup".to_owned(),
        event_id: 1003,
        level: EventLevel::Information,
        time_ms: now_ms,
        computer: MAILBOX_SERVER.to_owned(),
        message: "Setup of the organization Litware, Inc. completed successfully.".to_owned(),
    })?;
    Ok(())
}

/// `ATL-OWA-001`
fn short_name(fqdn: &str) -> String {
    fqdn.split('.').next().unwrap_or(fqdn).to_uppercase()
}

fn create_topology(tx: &mut Writer) -> Result<()> {
    let topology = Topology {
        sites: vec![Site {
            site_id: "Redmond".to_owned(),
            display_name: "Redmond Headquarters".to_owned(),
            description: "Headquarters of Litware, Inc.".to_owned(),
        }],
        pools: vec![Pool {
            fqdn: POOL.to_owned(),
            site_id: "Redmond".to_owned(),
            computers: vec![POOL.to_owned()],
        }],
        ..Topology::default()
    };
    tx.put_published_topology(&topology)?;
    tx.enable_topology()?;
    Ok(())
}

fn create_servers(tx: &mut Writer, collocated: bool) -> Result<()> {
    use ServerRole::{ClientAccess, FrontEnd, Mailbox, UmCallRouter, UnifiedMessaging};
    let (client_access, mailbox) = if collocated {
        (vec![ClientAccess], vec![Mailbox, UnifiedMessaging, UmCallRouter])
    } else {
        (vec![ClientAccess, UmCallRouter], vec![Mailbox, UnifiedMessaging])
    };
    for (fqdn, version, roles) in [
        (POOL, LYNC_VERSION, vec![FrontEnd]),
        (CLIENT_ACCESS_SERVER, EXCHANGE_VERSION, client_access),
        (MAILBOX_SERVER, EXCHANGE_VERSION, mailbox),
    ] {
        tx.put_server(&Server {
            name: short_name(fqdn),
            fqdn: fqdn.to_owned(),
            version: version.to_owned(),
            roles,
            site: "Redmond".to_owned(),
        })?;
    }
    Ok(())
}

fn create_unified_messaging(tx: &mut Writer, collocated: bool) -> Result<()> {
    let dial_plans = if collocated { vec![DIAL_PLAN.to_owned()] } else { Vec::new() };
    let startup_mode = if collocated { UmStartupMode::Dual } else { UmStartupMode::Tcp };
    if collocated {
        tx.put_dial_plan(&DialPlan {
            name: DIAL_PLAN.to_owned(),
            uri_type: UriType::SipName,
            digits: 5,
            country_code: "1".to_owned(),
            voip_security: VoipSecurity::Secured,
            default_language: "en-US".to_owned(),
            fax_enabled: true,
            ..DialPlan::default()
        })?;
    }
    tx.put_um_service(&UmService {
        server: short_name(MAILBOX_SERVER),
        dial_plans: dial_plans.clone(),
        startup_mode,
        ..UmService::default()
    })?;
    let router = if collocated { MAILBOX_SERVER } else { CLIENT_ACCESS_SERVER };
    tx.put_um_call_router(&UmCallRouter {
        server: short_name(router),
        dial_plans,
        startup_mode,
        ..UmCallRouter::default()
    })
}

fn create_web(tx: &mut Writer) -> Result<()> {
    for (fqdn, website) in
        [(CLIENT_ACCESS_SERVER, DEFAULT_WEB_SITE), (MAILBOX_SERVER, EXCHANGE_BACK_END)]
    {
        tx.put_virtual_directory(&OwaVirtualDirectory {
            server: short_name(fqdn),
            website: website.to_owned(),
            ..OwaVirtualDirectory::default()
        })?;
    }
    tx.put_owa_policy(&OwaMailboxPolicy {
        name: "Default".to_owned(),
        ..OwaMailboxPolicy::default()
    })?;
    tx.put_registry_value(&RegistryValue {
        path: IM_REGISTRY_KEY.to_owned(),
        name: "ImplementationDLLPath".to_owned(),
        value: files::PROVIDER_FOLDER.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use store::directory::{CertificateStore, DirectoryRead as _};
    use store::mail::MailRead as _;
    use store::messaging::MessagingRead as _;
    use store::{SecretKey, Store};

    #[test]
    fn an_empty_store_becomes_the_organisation() {
        for collocated in [false, true] {
            let dir = tempfile::tempdir().unwrap();
            let key = SecretKey::from_bytes([7; 32]);
            let store = Store::open(&dir.path().join("db"), key, 1).unwrap();
            let passwords = vec!["one".to_owned(), "two".to_owned()];
            let demo = Demo { collocated, passwords };
            store.write_blocking(1, move |tx| create(tx, &demo, 1)).unwrap();
            store
                .read_blocking(move |rows| {
                    assert_eq!(rows.accounts()?.len(), 2);
                    assert_eq!(rows.mailboxes()?.len(), 2);
                    assert!(rows.verify_password("pilar@litwareinc.com", "two")?.is_some());
                    let my = rows.certificates(MAILBOX_SERVER, CertificateStore::My)?;
                    assert_eq!(my.len(), 3);
                    assert_eq!(rows.dial_plans()?.len(), usize::from(collocated));
                    let known = im::directory::Directory::load(rows)?;
                    let known = known.known_servers();
                    let name = im::host_name::HostName::literal(MAILBOX_SERVER.as_bytes()).unwrap();
                    assert_eq!(known.of_name(&name).count(), usize::from(collocated));
                    assert_eq!(rows.enabled_topology()?.pools.len(), 1);
                    Ok(())
                })
                .unwrap();
        }
    }
}
