//! The certificate paths of C2SP/x509-limbo through our own verifier: what it says of each, and
//! why where that is not the corpus' verdict.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "the whole program is a test"
)]

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use node::identity::revocation::RevocationList;
use node::identity::{Revoked, Roots};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, CertificateRevocationListDer, ServerName, UnixTime};
use serde_json::Value;

/// What a case without a time of its own is judged at: 2026-11-30.
const USUAL_TIME_S: u64 = 1_795_996_800;
/// How many cases the corpus has; fewer would be a corpus that shrank.
const CASES: usize = 133;

/// Cases in which our verdict is another, each with its reason.
const DEVIATIONS: &[(&str, &str)] = &[
    // The list is wrong (RFC 5280 §5.2.3) and is not used. What then becomes of the certificates
    // that it is about is local policy (RFC 5280 §6.3.3, status UNDETERMINED): the corpus refuses
    // them all. Here lists are files that an administrator adds, nobody promises one, and without
    // any the certificates are good; were a broken file to refuse all of an authority, one bad copy
    // would stop instant messaging for everybody and revoke nobody in particular. So the list of
    // before goes on counting, and event 14651 says which file is wrong and why.
    ("crl::crlnumber-critical", "a list that cannot be used is left out, with an event"),
    // webpki tries one certificate of each name; refusing is the safe side.
    ("pathlen::self-issued-certs-pathlen", WEBPKI),
    ("rfc5280::nc::permitted-self-issued", WEBPKI),
    ("rfc5280::nc::permitted-dn-match", WEBPKI),
    // design.md §4, rule 1: clientAuth alone is refused.
    ("rfc5280::nc::nc-permits-email-domain", "it is for clientAuth only"),
    // RFC 5280 says these MUST be so of authorities; it does not tell who relies on a certificate
    // to refuse otherwise, and small authorities (a script around openssl) leave them out.
    ("rfc5280::aki::critical-aki", AUTHORITY),
    ("rfc5280::aki::leaf-missing-aki", AUTHORITY),
    ("rfc5280::aki::intermediate-missing-aki", AUTHORITY),
    ("rfc5280::aki::cross-signed-root-missing-aki", AUTHORITY),
    ("rfc5280::ski::critical-ski", AUTHORITY),
    ("rfc5280::ski::intermediate-missing-ski", AUTHORITY),
    ("rfc5280::nc::permitted-dns-match-noncritical", AUTHORITY),
    ("rfc5280::pc::ica-noncritical-pc", AUTHORITY),
    ("rfc5280::root-non-critical-basic-constraints", AUTHORITY),
    ("rfc5280::serial::zero", "RFC 5280 §4.1.2.2: users should handle it gracefully"),
    ("rfc5280::san::underscore-dns", "Windows computers have such names; rule 2 refuses them"),
    // The profile of the CA/Browser Forum is for public authorities on the Web.
    ("webpki::aki::root-with-aki-missing-keyidentifier", BROWSERS),
    ("webpki::aki::root-with-aki-authoritycertserialnumber", BROWSERS),
    ("webpki::aki::root-with-aki-ski-mismatch", BROWSERS),
    ("webpki::cn::ipv4-hex-mismatch", BROWSERS),
    ("webpki::cn::ipv6-uppercase-mismatch", BROWSERS),
    ("webpki::cn::ipv6-uncompressed-mismatch", BROWSERS),
    ("webpki::cn::ipv6-non-rfc5952-mismatch", BROWSERS),
    ("webpki::cn::utf8-vs-punycode-mismatch", BROWSERS),
    ("webpki::cn::case-mismatch", BROWSERS),
    ("webpki::eku::ee-without-eku", "design.md §4, rule 1: no usage at all is good"),
    ("webpki::eku::root-has-eku", BROWSERS),
    ("webpki::san::public-suffix-multi-label-wildcard-san", BROWSERS),
    ("webpki::san::public-suffix-private-namespace-wildcard-san", BROWSERS),
    ("webpki::forbidden-rsa-not-divisible-by-8-in-root", BROWSERS),
];
const WEBPKI: &str = "the library refuses what it cannot follow";
const AUTHORITY: &str = "a duty of authorities, not of those who rely on them";
const BROWSERS: &str = "a rule for public authorities on the Web";

fn corpus() -> Option<Vec<Value>> {
    let place = Path::new(env!("CARGO_MANIFEST_DIR"));
    let file = place.join("../../../shared/corpora/x509-limbo/limbo.json");
    let Ok(text) = std::fs::read_to_string(&file) else {
        eprintln!("SKIPPED: no corpus of certificate paths at {}", file.display());
        return None;
    };
    let corpus: Value = serde_json::from_str(&text).unwrap();
    Some(corpus["testcases"].as_array().unwrap().clone())
}

fn certificates(list: &Value) -> Vec<CertificateDer<'static>> {
    let texts = list.as_array().unwrap().iter().map(|text| text.as_str().unwrap());
    texts.map(|text| CertificateDer::from_pem_slice(text.as_bytes()).unwrap()).collect()
}

fn time(case: &Value) -> UnixTime {
    let at = case["validation_time"].as_str().map(|text| text.parse::<jiff::Timestamp>().unwrap());
    let seconds = at.map_or(USUAL_TIME_S, |at| u64::try_from(at.as_second()).unwrap());
    UnixTime::since_unix_epoch(Duration::from_secs(seconds))
}

/// What our verifier says: nothing, or why not.
fn judge(case: &Value) -> Result<(), String> {
    let roots = certificates(&case["trusted_certs"]);
    let lists = case["crls"].as_array().unwrap().iter().map(|text| {
        let text = text.as_str().unwrap().as_bytes();
        let der = CertificateRevocationListDer::from_pem_slice(text).unwrap();
        RevocationList::parse(&der).map(Arc::new)
    });
    // As in the folder: a file that cannot be used is left out.
    let lists: Vec<_> = lists.filter_map(Result::ok).collect();
    let revoked = Revoked { lists: lists.into(), ..Revoked::default() };
    let roots = Roots::new(roots.iter().map(|root| root.as_ref()), revoked);
    let shown =
        CertificateDer::from_pem_slice(case["peer_certificate"].as_str().unwrap().as_bytes());
    let shown = shown.unwrap();
    let between = certificates(&case["untrusted_intermediates"]);
    let judged = match case["expected_peer_name"]["value"].as_str() {
        // The dialling side knows whom it dials, the accepting side does not.
        Some(name) if case["validation_kind"] == "SERVER" => {
            let name = ServerName::try_from(name.to_owned()).map_err(|error| error.to_string())?;
            roots.verify_named(&shown, &between, time(case), &name)
        }
        _ => roots.verify(&shown, &between, time(case)),
    };
    judged.map_err(|error| error.to_string())
}

#[test]
fn verdicts_are_as_given() {
    let Some(cases) = corpus() else { return };
    assert_eq!(cases.len(), CASES);
    let expected: BTreeSet<&str> = DEVIATIONS.iter().map(|(id, _)| *id).collect();
    assert_eq!(expected.len(), DEVIATIONS.len(), "each case once");
    let mut seen = BTreeSet::new();
    let mut report = String::new();
    for case in &cases {
        let id = case["id"].as_str().unwrap();
        let judged = judge(case);
        let wanted = case["expected_result"] == "SUCCESS";
        if judged.is_ok() != wanted {
            seen.insert(id);
            if !expected.contains(id) {
                report += &format!("{id}: {} given, we say {judged:?}\n", case["expected_result"]);
            }
        }
    }
    assert_eq!(report, "", "not in the table");
    assert_eq!(seen, expected, "what stands in the table is really so");
}
