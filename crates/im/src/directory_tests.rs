//! The snapshot: from topology and unified messaging to the Known Servers Table.

use super::*;
use store::messaging::{Pool, TrustedApplication, TrustedApplicationPool};

const OWA: &str = "atl-owa-001.litwareinc.com";
const CAS: &str = "atl-cas-001.litwareinc.com";
const POOL: &str = "atl-cs-001.litwareinc.com";

fn topology(trusted: &[(&str, &[&str])]) -> Topology {
    Topology {
        pools: vec![Pool {
            fqdn: POOL.to_owned(),
            site_id: "Redmond".to_owned(),
            computers: vec!["FE1.litwareinc.com".to_owned()],
        }],
        trusted_pools: trusted
            .iter()
            .map(|(fqdn, computers)| TrustedApplicationPool {
                fqdn: (*fqdn).to_owned(),
                computers: computers.iter().map(|it| (*it).to_owned()).collect(),
                applications: vec![TrustedApplication {
                    application_id: "urn:application:OutlookWebApp".to_owned(),
                    port: 5199,
                    ..TrustedApplication::default()
                }],
                ..TrustedApplicationPool::default()
            })
            .collect(),
        version: 7,
        ..Topology::default()
    }
}

fn server(name: &str, fqdn: &str) -> Server {
    Server {
        name: name.to_owned(),
        fqdn: fqdn.to_owned(),
        version: "15.0 (Build 516.32)".to_owned(),
        roles: Vec::new(),
        site: String::new(),
    }
}

fn plans(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn messaging(services: &[(&str, &[&str])], routers: &[(&str, &[&str])]) -> Messaging {
    let plan =
        |name: &str, uri_type| DialPlan { name: name.into(), uri_type, ..DialPlan::default() };
    Messaging {
        servers: vec![server("ATL-OWA-001", OWA), server("ATL-CAS-001", CAS)],
        dial_plans: vec![
            plan("Sip", UriType::SipName),
            plan("Other", UriType::SipName),
            plan("Extensions", UriType::TelExtn),
        ],
        services: services
            .iter()
            .map(|(server, names)| UmService {
                server: (*server).to_owned(),
                dial_plans: plans(names),
                ..UmService::default()
            })
            .collect(),
        call_routers: routers
            .iter()
            .map(|(server, names)| UmCallRouter {
                server: (*server).to_owned(),
                dial_plans: plans(names),
                ..UmCallRouter::default()
            })
            .collect(),
    }
}

fn known(topology: &Topology, messaging: &Messaging) -> (Vec<String>, Vec<String>) {
    let mut directory = Directory::default();
    directory.set_servers(topology, messaging);
    let known = directory.known_servers();
    let entries = known.entries().map(|it| format!("{} {} {}", it.fqdn, it.version, it.source));
    let peers = known.routing_peers().map(|it| format!("{} {}", it.fqdn, it.dial_plan));
    (entries.collect(), peers.collect())
}

#[test]
fn own_pools_and_trusted_pools() {
    let nothing = messaging(&[], &[]);
    let (entries, peers) = known(&topology(&[(OWA, &[OWA])]), &nothing);
    assert_eq!(
        entries,
        [
            "atl-cs-001.litwareinc.com 6 deployment",
            "atl-owa-001.litwareinc.com 6 trusted application pool atl-owa-001.litwareinc.com",
            "fe1.litwareinc.com 6 deployment",
        ]
    );
    assert!(peers.is_empty());
}

#[test]
fn unified_messaging_as_the_article_tells() {
    let none = topology(&[]);
    let table: Vec<(&str, Messaging, &[&str], &[&str])> = vec![
        ("no unified messaging", messaging(&[], &[]), &[], &[]),
        (
            "both on one server share a SipName plan",
            messaging(&[("atl-owa-001", &["sip"])], &[("ATL-OWA-001", &["Sip", "Other"])]),
            &["atl-owa-001.litwareinc.com 0 autodiscovered through the SipName dial plan Sip"],
            &[],
        ),
        (
            "both on one server, no SipName plan",
            messaging(&[("ATL-OWA-001", &["Extensions"])], &[("ATL-OWA-001", &["Extensions"])]),
            &[],
            &[],
        ),
        (
            "both on one server, no plan shared",
            messaging(&[("ATL-OWA-001", &["Sip"])], &[("ATL-OWA-001", &["Other"])]),
            &[],
            &["atl-owa-001.litwareinc.com Sip"],
        ),
        (
            "on separate servers",
            messaging(&[("ATL-OWA-001", &["Sip"])], &[("ATL-CAS-001", &["Sip"])]),
            &[],
            &["atl-cas-001.litwareinc.com Sip", "atl-owa-001.litwareinc.com Sip"],
        ),
    ];
    for (what, messaging, expected, expected_peers) in table {
        let (entries, peers) = known(&none, &messaging);
        let found: Vec<String> =
            entries.into_iter().filter(|entry| !entry.ends_with(" deployment")).collect();
        assert_eq!(found, expected, "{what}");
        assert_eq!(peers, expected_peers, "{what}");
    }
}

#[test]
fn a_trusted_pool_over_an_autodiscovered_server_makes_two_entries() {
    let both = messaging(&[("ATL-OWA-001", &["Sip"])], &[("ATL-OWA-001", &["Sip"])]);
    let mut directory = Directory::default();
    directory.set_servers(&topology(&[(OWA, &[OWA])]), &both);
    let name = HostName::literal(OWA.as_bytes()).unwrap();
    assert_eq!(directory.known_servers().of_name(&name).count(), 2);
    directory.set_servers(&topology(&[]), &both);
    assert_eq!(directory.known_servers().of_name(&name).count(), 1);
}

#[test]
fn targets_of_applications() {
    let mut directory = Directory::default();
    let nothing = messaging(&[], &[]);
    let farm: &[&str] = &["owa1.litwareinc.com", "OWA2.litwareinc.com"];
    directory.set_servers(&topology(&[("farm.litwareinc.com", farm), (OWA, &[])]), &nothing);
    let pool = HostName::literal(b"farm.litwareinc.com").unwrap();
    let targets = directory.application_targets(&pool);
    let seen: Vec<_> = targets.iter().map(|it| (it.computer.as_str(), it.port)).collect();
    assert_eq!(seen, [("owa1.litwareinc.com", 5199), ("owa2.litwareinc.com", 5199)]);
    assert!(directory.application_target("ATL-OWA-001.litwareinc.com", 5199).is_some());
    assert!(directory.application_target("owa1.litwareinc.com", 25).is_none());
    assert!(directory.application_target("evil.example", 5199).is_none());
}

#[test]
fn a_live_connection_is_judged_again() {
    let mut directory = Directory::default();
    directory.set_servers(&topology(&[(OWA, &[OWA])]), &messaging(&[], &[]));
    let peer = PeerIdentity {
        subject: format!("CN={OWA}"),
        issuer: "CN=Litware Internal CA".to_owned(),
        serial: "0A1B".to_owned(),
        common_names: vec![OWA.as_bytes().to_vec()],
        dns_names: vec![OWA.as_bytes().to_vec()],
        ..PeerIdentity::default()
    };
    assert!(directory.judge(&peer).is_ok());
    directory.set_servers(&topology(&[]), &messaging(&[], &[]));
    assert!(matches!(directory.judge(&peer), Err(Refusal::NotConfigured { .. })));
}

#[test]
fn an_endpoint_speaks_while_its_application_is_enabled() {
    let mut directory = Directory::default();
    directory.domains.insert("litwareinc.com".to_owned());
    let endpoint = |address: &str, application: &str| ApplicationEndpoint {
        sip_address: address.to_owned(),
        pool: OWA.to_owned(),
        application_id: format!("urn:application:{application}"),
        ..ApplicationEndpoint::default()
    };
    let endpoints = vec![
        endpoint("sip:desk@litwareinc.com", "outlookwebapp"),
        endpoint("sip:gone@litwareinc.com", "removed"),
        endpoint("sip:desk@elsewhere.com", "OutlookWebApp"),
    ];
    directory.add_endpoints(endpoints, &topology(&[(OWA, &[OWA])]));
    let aor = |text: &str| Aor::parse(text).unwrap();
    let desk = directory.enabled_user(&aor("sip:desk@litwareinc.com")).unwrap();
    assert!(!desk.keeps_texts, "there is no account to keep texts for");
    for address in ["sip:gone@litwareinc.com", "sip:desk@elsewhere.com"] {
        let user = directory.user(&aor(address)).unwrap();
        assert!(!user.is_enabled, "{address}");
    }
}
