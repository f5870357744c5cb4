//! The trust decision as tables: certificates really made, tables really built.

use super::*;
use rcgen::{CertificateParams, DistinguishedName, DnType, DnValue, KeyPair, SanType};
use x509_parser::prelude::{FromDer as _, GeneralName, ParsedExtension, X509Certificate};

use crate::refusal::code;
use crate::trace::Component;

const OWA: &str = "atl-owa-001.litwareinc.com";
const POOL: &str = "atl-cs-001.litwareinc.com";

fn host(name: &str) -> HostName {
    HostName::literal(name.as_bytes()).unwrap()
}

fn entry(name: &str, source: Source) -> KnownServer {
    let version = if matches!(source, Source::Autodiscovered { .. }) { 0 } else { 6 };
    KnownServer { fqdn: host(name), source, version, terms: Terms::of_a_server() }
}

fn manual(name: &str, pool: &str) -> KnownServer {
    let mut entry = entry(name, Source::TrustedPool { pool: host(pool) });
    entry.terms.applications = vec!["urn:application:OutlookWebApp".to_owned()];
    entry
}

fn autodiscovered(name: &str) -> KnownServer {
    entry(name, Source::Autodiscovered { dial_plan: "Redmond".to_owned() })
}

/// As node/identity reads it.
fn identity(der: &[u8]) -> PeerIdentity {
    let (_, certificate) = X509Certificate::from_der(der).unwrap();
    let mut dns_names = Vec::new();
    for extension in certificate.extensions() {
        if let ParsedExtension::SubjectAlternativeName(names) = extension.parsed_extension() {
            dns_names.extend(names.general_names.iter().filter_map(|name| match name {
                GeneralName::DNSName(name) => Some(name.as_bytes().to_vec()),
                _ => None,
            }));
        }
    }
    let common_names = certificate.subject().iter_common_name();
    PeerIdentity {
        subject: certificate.subject().to_string(),
        issuer: certificate.issuer().to_string(),
        serial: "01".to_owned(),
        common_names: common_names.map(|name| name.as_slice().to_vec()).collect(),
        dns_names,
        ..PeerIdentity::default()
    }
}

/// A certificate with these subject attributes and these alternative names.
fn certificate(subject: &[(DnType, DnValue)], names: Vec<SanType>) -> PeerIdentity {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    for (kind, value) in subject {
        params.distinguished_name.push(kind.clone(), value.clone());
    }
    params.subject_alt_names = names;
    let key = KeyPair::generate().unwrap();
    identity(params.self_signed(&key).unwrap().der())
}

fn dns(names: &[&str]) -> Vec<SanType> {
    names.iter().map(|name| SanType::DnsName((*name).try_into().unwrap())).collect()
}

fn cn(value: &str) -> (DnType, DnValue) {
    (DnType::CommonName, value.into())
}

/// A second CN: rcgen keeps one value a type, so this one is given by its number.
fn second_cn(value: &str) -> (DnType, DnValue) {
    (DnType::CustomDnType(vec![2, 5, 4, 3]), value.into())
}

fn ou(value: &str) -> (DnType, DnValue) {
    (DnType::OrganizationalUnitName, value.into())
}

fn bmp(value: &str) -> (DnType, DnValue) {
    (DnType::CommonName, DnValue::BmpString(value.try_into().unwrap()))
}

fn known() -> KnownServers {
    let mut outbound = manual("bots.litwareinc.com", "bots.litwareinc.com");
    outbound.terms.outbound_only = true;
    let entries = [
        entry(POOL, Source::Deployment),
        manual(OWA, OWA),
        manual("twice.litwareinc.com", "twice.litwareinc.com"),
        autodiscovered("twice.litwareinc.com"),
        autodiscovered("found.litwareinc.com"),
        outbound,
    ];
    let peers = [RoutingPeer { fqdn: host("atl-cas-001.litwareinc.com"), dial_plan: "R".into() }];
    KnownServers::new(entries, peers)
}

type Case = (&'static str, PeerIdentity, Result<&'static str, u32>);

fn good_names() -> Vec<Case> {
    vec![
        ("good", certificate(&[cn(OWA)], dns(&[OWA])), Ok(OWA)),
        ("any case", certificate(&[cn("ATL-owa-001.LITWAREINC.com")], dns(&[OWA])), Ok(OWA)),
        ("name is not the first", certificate(&[cn(OWA)], dns(&["a.example", OWA])), Ok(OWA)),
        ("OU and O besides", certificate(&[ou("Mail"), cn(OWA)], dns(&[OWA])), Ok(OWA)),
        ("the pool itself", certificate(&[cn(POOL)], dns(&[POOL])), Ok(POOL)),
    ]
}

fn wrong_numbers_of_common_names() -> Vec<Case> {
    vec![
        ("SAN without CN", certificate(&[ou("x")], dns(&[OWA])), Err(code::NO_COMMON_NAME)),
        ("empty subject", certificate(&[], dns(&[OWA])), Err(code::NO_COMMON_NAME)),
        (
            "CN= in OU",
            certificate(&[ou(&format!("CN={OWA}"))], dns(&[OWA])),
            Err(code::NO_COMMON_NAME),
        ),
        (
            "CN= in OU beside another CN",
            certificate(&[ou(&format!("x,CN={OWA}")), cn("evil.example")], dns(&[OWA])),
            Err(code::NOT_AN_ALTERNATIVE_NAME),
        ),
        (
            "two CNs",
            certificate(&[cn(OWA), second_cn("evil.example")], dns(&[OWA])),
            Err(code::MANY_COMMON_NAMES),
        ),
        (
            "the same CN twice",
            certificate(&[cn(OWA), second_cn(OWA)], dns(&[OWA])),
            Err(code::MANY_COMMON_NAMES),
        ),
    ]
}

fn names_that_do_not_fit() -> Vec<Case> {
    let ip = SanType::IpAddress("10.0.0.1".parse().unwrap());
    let nul = format!("{OWA}\0.evil.example");
    vec![
        ("CN without SAN", certificate(&[cn(OWA)], vec![]), Err(code::NOT_AN_ALTERNATIVE_NAME)),
        (
            "other SAN",
            certificate(&[cn(OWA)], dns(&["evil.example"])),
            Err(code::NOT_AN_ALTERNATIVE_NAME),
        ),
        (
            "wildcard SAN",
            certificate(&[cn(OWA)], dns(&["*.litwareinc.com"])),
            Err(code::NOT_AN_ALTERNATIVE_NAME),
        ),
        (
            "wildcard CN",
            certificate(&[cn("*.litwareinc.com")], dns(&["*.litwareinc.com", OWA])),
            Err(code::COMMON_NAME_IS_NO_HOST),
        ),
        (
            "trailing dot in SAN",
            certificate(&[cn(OWA)], dns(&[&format!("{OWA}.")])),
            Err(code::NOT_AN_ALTERNATIVE_NAME),
        ),
        (
            "trailing dot in CN",
            certificate(&[cn(&format!("{OWA}."))], dns(&[OWA])),
            Err(code::COMMON_NAME_IS_NO_HOST),
        ),
        ("NUL in SAN", certificate(&[cn(OWA)], dns(&[&nul])), Err(code::NOT_AN_ALTERNATIVE_NAME)),
        (
            "NUL in CN",
            certificate(&[cn(&nul)], dns(&[&nul, OWA])),
            Err(code::COMMON_NAME_IS_NO_HOST),
        ),
        (
            "line break in CN",
            certificate(&[cn(&format!("{OWA}\r\nx: y"))], dns(&[OWA])),
            Err(code::COMMON_NAME_IS_NO_HOST),
        ),
        ("UTF-16 CN", certificate(&[bmp(OWA)], dns(&[OWA])), Err(code::COMMON_NAME_IS_NO_HOST)),
        (
            "look-alike letter",
            certificate(&[cn("\u{430}tl-owa-001.litwareinc.com")], dns(&[OWA])),
            Err(code::COMMON_NAME_IS_NO_HOST),
        ),
        (
            "address as CN",
            certificate(&[cn("10.0.0.1")], vec![ip.clone()]),
            Err(code::COMMON_NAME_IS_NO_HOST),
        ),
        ("address as SAN", certificate(&[cn(OWA)], vec![ip]), Err(code::NOT_AN_ALTERNATIVE_NAME)),
        (
            "name as mail address in SAN",
            certificate(&[cn(OWA)], vec![SanType::Rfc822Name(OWA.try_into().unwrap())]),
            Err(code::NOT_AN_ALTERNATIVE_NAME),
        ),
    ]
}

fn names_in_the_table() -> Vec<Case> {
    vec![
        (
            "short name as a fresh mail server has",
            certificate(&[cn("ATL-OWA-001")], dns(&["ATL-OWA-001", OWA])),
            Err(code::NOT_CONFIGURED),
        ),
        (
            "unknown",
            certificate(&[cn("evil.example")], dns(&["evil.example", OWA])),
            Err(code::NOT_CONFIGURED),
        ),
        (
            "routing peer only",
            certificate(&[cn("atl-cas-001.litwareinc.com")], dns(&["atl-cas-001.litwareinc.com"])),
            Err(code::NOT_CONFIGURED),
        ),
        (
            "autodiscovered",
            certificate(&[cn("found.litwareinc.com")], dns(&["found.litwareinc.com"])),
            Ok("found.litwareinc.com"),
        ),
        (
            "two sources",
            certificate(&[cn("twice.litwareinc.com")], dns(&["twice.litwareinc.com"])),
            Err(code::SEVERAL_ENTRIES),
        ),
        (
            "outbound only",
            certificate(&[cn("bots.litwareinc.com")], dns(&["bots.litwareinc.com"])),
            Err(code::OUTBOUND_ONLY),
        ),
    ]
}

#[test]
fn peers_as_their_certificates_say() {
    let table = [
        good_names(),
        wrong_numbers_of_common_names(),
        names_that_do_not_fit(),
        names_in_the_table(),
    ];
    let known = known();
    for (what, peer, expected) in table.into_iter().flatten() {
        let decided = decide_trust(&peer, &known);
        let seen = decided.as_ref().map(|peer| peer.fqdn().as_str()).map_err(Refusal::code);
        assert_eq!(seen, expected, "{what}");
        if let Err(refusal) = decided {
            let reason = refusal.reason();
            assert!(reason.is_ascii() && !reason.contains(['"', '\r', '\n', '\0']), "{reason}");
            let printed = refusal.trace(&peer, "TLS").print(0, Component::SipStack);
            assert!(printed.contains(&format!("ms-diagnostics=\"{}\"", refusal.code())));
            assert!(!printed.contains('\r') && printed.matches("$$end_record").count() == 1);
        }
    }
}

#[test]
fn entries_of_one_name_collapse_within_a_pool_only() {
    let one = KnownServers::new([manual(OWA, OWA), manual(OWA, OWA)], []);
    let peer = certificate(&[cn(OWA)], dns(&[OWA]));
    let trusted = decide_trust(&peer, &one).unwrap();
    assert_eq!(trusted.application(), format!("{OWA}/urn:application:OutlookWebApp"));
    assert_eq!(trusted.pool(), Some(&host(OWA)));

    let two_pools = KnownServers::new([manual(OWA, OWA), manual(OWA, "farm.litwareinc.com")], []);
    let refusal = decide_trust(&peer, &two_pools).unwrap_err();
    assert_eq!(refusal.code(), code::SEVERAL_ENTRIES);
}

#[test]
fn an_unknown_peer_is_traced_as_administrators_know_it() {
    let peer = certificate(&[cn("deitterick.com")], dns(&["deitterick.com"]));
    let refusal = decide_trust(&peer, &known()).unwrap_err();
    let printed = refusal.trace(&peer, "TLS").print(0, Component::SipStack);
    assert!(printed.contains(
        "Severity: error\n\
         Text: The peer is not a configured server on this network interface\n\
         Transport: TLS\n\
         Data: fqdn=\"deitterick.com\";subject=\"CN=deitterick.com\""
    ));
}

#[test]
fn a_double_entry_is_traced_with_its_repair() {
    let known = KnownServers::new([manual(OWA, OWA), autodiscovered(OWA)], []);
    let peer = certificate(&[cn(OWA)], dns(&[OWA]));
    let refusal = decide_trust(&peer, &known).unwrap_err();
    assert_eq!(
        refusal.repair(),
        [
            "Remove-CsTrustedApplication -Identity \
             atl-owa-001.litwareinc.com/urn:application:OutlookWebApp",
            "Remove-CsTrustedApplicationPool -Identity atl-owa-001.litwareinc.com",
            "Enable-CsTopology",
        ]
    );
    let printed = refusal.trace(&peer, "TLS").print(0, Component::SipStack);
    assert!(printed.contains("entry=\"trusted application pool atl-owa-001.litwareinc.com\""));
    assert!(printed.contains("entry=\"autodiscovered through the SipName dial plan Redmond\""));
    assert!(printed.contains("repair=\"Remove-CsTrustedApplicationPool -Identity"));
}

#[test]
fn a_routing_peer_is_told_apart_in_the_trace() {
    let name = "atl-cas-001.litwareinc.com";
    let peer = certificate(&[cn(name)], dns(&[name]));
    let refusal = decide_trust(&peer, &known()).unwrap_err();
    assert!(
        refusal
            .trace(&peer, "TLS")
            .print(0, Component::SipStack)
            .contains("for unified messaging only")
    );
}

#[test]
fn the_event_log_at_start_and_at_changes() {
    let before = KnownServers::new([entry(POOL, Source::Deployment)], []);
    let mut after = KnownServers::new([entry(POOL, Source::Deployment), manual(OWA, OWA)], []);
    let ids = |lines: Vec<EventLogLine>| lines.iter().map(|it| it.event_id).collect::<Vec<_>>();
    assert_eq!(ids(before.log_at_start()), [14492, 44024]);
    assert_eq!(ids(after.log_since(&before)), [14493]);
    assert_eq!(ids(before.log_since(&after)), [14495]);
    assert_eq!(ids(after.log_since(&after)), Vec::<u32>::new());
    let added = after.log_since(&before).remove(0);
    assert!(added.message.contains("atl-owa-001.litwareinc.com, version 6, trusted"));

    let found = KnownServers::new([autodiscovered(OWA)], []);
    assert_eq!(ids(found.log_since(&KnownServers::default())), [14493, 44024]);
    let all = known().log_at_start();
    assert_eq!(ids(all.clone()), [14492, 44024]);
    assert!(all[0].message.contains(POOL) && all[0].message.contains("(one of 2 entries"));

    // Terms are no part of an entry's identity: a changed application is no other server.
    let mut changed = manual(OWA, OWA);
    changed.terms.applications.clear();
    after = KnownServers::new([entry(POOL, Source::Deployment), changed], []);
    let same = KnownServers::new([entry(POOL, Source::Deployment), manual(OWA, OWA)], []);
    assert_eq!(ids(after.log_since(&same)), Vec::<u32>::new());
}
