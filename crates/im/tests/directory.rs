//! The snapshot and the authority over a real store: what the shell writes is what the registrar
//! decides by, and only the enabled topology counts.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "the whole program is a test"
)]

use im::authority::Authority;
use im::certificate::{Contents, Usage, Validity};
use im::distinguished_name::DistinguishedName;
use im::refusal::code;
use im::{Directory, Refusal, TrustedPeer};
use sip::PeerIdentity;
use store::directory::{
    Account, Certificate, CertificateStore, DirectoryRead as _, DirectoryWrite as _, MessagingUser,
    Server, ServerRole,
};
use store::messaging::{
    DialPlan, MessagingRead as _, MessagingWrite as _, Pool, TrustedApplication,
    TrustedApplicationPool, UmCallRouter, UmService, UriType,
};
use store::{SecretKey, Store, Uuid, Writer};

const NOW_MS: i64 = 1_372_404_572_000;
const OWA: &str = "atl-owa-001.litwareinc.com";

struct World {
    store: Store,
    _folder: tempfile::TempDir,
}

impl World {
    fn new() -> World {
        let folder = tempfile::tempdir().unwrap();
        let key = SecretKey::from_bytes([7; 32]);
        let store = Store::open(&folder.path().join("t.db"), key, NOW_MS).unwrap();
        let world = World { store, _folder: folder };
        world.write(|tx| {
            tx.create_deployment("litwareinc.com", "litwareinc.com", "Litware")?;
            tx.put_server(&Server {
                name: "ATL-OWA-001".to_owned(),
                fqdn: OWA.to_owned(),
                version: "15.0 (Build 516.32)".to_owned(),
                roles: vec![ServerRole::Mailbox],
                site: "Redmond".to_owned(),
            })?;
            let mut topology = tx.published_topology()?;
            topology.pools.push(Pool {
                fqdn: "atl-cs-001.litwareinc.com".to_owned(),
                site_id: "Redmond".to_owned(),
                computers: vec!["atl-cs-001.litwareinc.com".to_owned()],
            });
            tx.put_published_topology(&topology)?;
            tx.enable_topology()?;
            let root = Authority::create("Litware CA", Validity::days(NOW_MS, 3650)).unwrap();
            root.keep(tx)
        });
        world
    }

    fn write<T: Send + 'static>(
        &self,
        act: impl FnOnce(&mut Writer) -> store::Result<T> + Send + 'static,
    ) -> T {
        self.store.write_blocking(NOW_MS, act).unwrap()
    }

    fn directory(&self) -> Directory {
        self.store.read_blocking(Directory::load).unwrap()
    }

    fn judge(&self, peer: &PeerIdentity) -> Result<TrustedPeer, Refusal> {
        self.directory().judge(peer)
    }

    /// A certificate that the authority has issued and noted, as its holder shows it.
    fn peer(&self, contents: Contents) -> PeerIdentity {
        self.write(move |tx| {
            let root = Authority::load(tx)?.unwrap();
            let issued = root.issue_noted(tx, &contents, Validity::days(NOW_MS, 365))?;
            Ok(shown(&issued.der))
        })
    }

    fn add_person(&self, name: &str, sip_address: &str, enabled: bool) -> Uuid {
        let (name, sip_address) = (name.to_owned(), sip_address.to_owned());
        self.write(move |tx| {
            let id = tx.new_id()?;
            tx.put_account(&Account {
                id,
                sam: name.clone(),
                upn: format!("{name}@litwareinc.com"),
                display_name: name.clone(),
                first_name: String::new(),
                last_name: String::new(),
                enabled: true,
                time_zone: String::new(),
                language: "en-US".to_owned(),
                created_ms: NOW_MS,
            })?;
            tx.set_password(id, "Pa$$word1")?;
            tx.put_messaging_user(&MessagingUser {
                account: id,
                sip_address,
                registrar_pool: "atl-cs-001.litwareinc.com".to_owned(),
                enabled,
            })?;
            Ok(id)
        })
    }
}

fn shown(der: &[u8]) -> PeerIdentity {
    let parsed = Certificate::from_der("localhost", CertificateStore::My, der, None).unwrap();
    let bytes = |names: &[String]| names.iter().map(|name| name.as_bytes().to_vec()).collect();
    PeerIdentity {
        common_names: bytes(&parsed.common_names),
        dns_names: bytes(&parsed.dns_names),
        subject: parsed.subject,
        issuer: parsed.issuer,
        serial: parsed.serial,
        ..PeerIdentity::default()
    }
}

fn trusted_pool() -> TrustedApplicationPool {
    TrustedApplicationPool {
        fqdn: OWA.to_owned(),
        registrar: Some("atl-cs-001.litwareinc.com".to_owned()),
        site_id: "Redmond".to_owned(),
        computers: vec![OWA.to_owned()],
        applications: vec![TrustedApplication {
            application_id: "urn:application:OutlookWebApp".to_owned(),
            port: 5199,
            ..TrustedApplication::default()
        }],
        ..TrustedApplicationPool::default()
    }
}

#[test]
fn only_the_enabled_topology_counts() {
    let world = World::new();
    let peer = world.peer(Contents::server(OWA, &[]));
    let code =
        |decided: Result<TrustedPeer, Refusal>| decided.map(|_| 0).unwrap_or_else(|it| it.code());
    assert_eq!(code(world.judge(&peer)), code::NOT_CONFIGURED);
    world.write(|tx| {
        let mut topology = tx.published_topology()?;
        topology.trusted_pools.push(trusted_pool());
        tx.put_published_topology(&topology)
    });
    assert_eq!(code(world.judge(&peer)), code::NOT_CONFIGURED, "published is not enabled");
    world.write(|tx| tx.enable_topology());
    let trusted = world.judge(&peer).unwrap();
    assert_eq!(trusted.application(), format!("{OWA}/urn:application:OutlookWebApp"));
    assert!(world.directory().application_target(OWA, 5199).is_some());

    // The article's note: an autodiscovered server with a manual entry has two.
    world.write(|tx| {
        tx.put_dial_plan(&DialPlan {
            name: "Redmond".to_owned(),
            uri_type: UriType::SipName,
            digits: 4,
            country_code: "1".to_owned(),
            ..DialPlan::default()
        })?;
        let (server, dial_plans) = ("ATL-OWA-001".to_owned(), vec!["Redmond".to_owned()]);
        tx.put_um_service(&UmService {
            server: server.clone(),
            dial_plans: dial_plans.clone(),
            ..UmService::default()
        })?;
        tx.put_um_call_router(&UmCallRouter { server, dial_plans, ..UmCallRouter::default() })
    });
    let refusal = world.judge(&peer).unwrap_err();
    assert_eq!(refusal.code(), code::SEVERAL_ENTRIES);
    assert_eq!(refusal.repair().last().map(String::as_str), Some("Enable-CsTopology"));
    world.write(|tx| {
        let mut topology = tx.published_topology()?;
        topology.trusted_pools.clear();
        tx.put_published_topology(&topology)?;
        tx.enable_topology()
    });
    assert!(world.judge(&peer).is_ok(), "autodiscovered alone is enough");
}

#[test]
fn people_and_their_verifiers() {
    let world = World::new();
    world.add_person("alice", "sip:Alice@litwareinc.com", true);
    world.add_person("bob", "sip:bob@litwareinc.com", false);
    let directory = world.directory();
    let user = |address: &str| directory.user(&im::aor::Aor::parse(address).unwrap());
    let enabled = |address: &str| directory.enabled_user(&im::aor::Aor::parse(address).unwrap());
    assert_eq!(user("sip:alice@litwareinc.com").unwrap().display_name, "alice");
    assert!(enabled("sip:ALICE@litwareinc.com").is_some());
    assert!(
        user("sip:bob@litwareinc.com").is_some() && enabled("sip:bob@litwareinc.com").is_none()
    );
    assert_eq!(directory.users().count(), 2);
    for form in ["alice", "alice@litwareinc.com"] {
        let login = directory.login(form).unwrap();
        assert_eq!(login.user.as_ref().unwrap().display_name, "alice");
        assert_eq!(login.md5.as_ref().map(|ha1| ha1.expose_hex().len()), Some(32), "{form}");
        assert_eq!(login.sha256.as_ref().map(|ha1| ha1.expose_hex().len()), Some(64), "{form}");
    }
    assert!(directory.login("nobody").is_none());
    assert!(directory.is_local_domain("LitwareInc.com"));
    assert!(!directory.is_local_domain("example.com"));
    assert!(!directory.realm().is_empty());
}

#[test]
fn what_the_authority_signs_is_noted() {
    let world = World::new();
    let contents = Contents {
        subject: DistinguishedName::parse("CN=bots.litwareinc.com,O=Litware").unwrap(),
        dns_names: vec!["bots.litwareinc.com".to_owned()],
        usages: vec![Usage::ServerAuth],
    };
    let request = im::certificate::request(&contents).unwrap();
    let pem = im::pem("CERTIFICATE REQUEST", &request.der);
    let issued = world.write(move |tx| {
        let root = Authority::load(tx)?.unwrap();
        root.sign_request_noted(tx, pem.as_bytes(), Validity::days(NOW_MS, 365))
    });
    let noted = world.store.read_blocking(|r| r.issued_certificates()).unwrap();
    assert_eq!(noted.len(), 1);
    assert_eq!(noted[0].serial, issued.serial);
    assert_eq!(noted[0].subject, "CN=bots.litwareinc.com, O=Litware");
    assert_eq!(noted[0].revoked_ms, None);
}
