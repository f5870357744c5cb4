//! From a peer's certificate to the names it claims, read from DER and never searched as text.
//! The only place that makes a [`PeerIdentity`]; what the names are worth is judged in
//! im/known_servers.

use sip::PeerIdentity;
use x509_parser::prelude::{FromDer, GeneralName, ParsedExtension, X509Certificate};

/// The names of a certificate whose chain rule 1 has accepted. A certificate that cannot be
/// read has no names, so no rule can take it for a server.
pub fn peer_identity(der: &[u8]) -> PeerIdentity {
    let Ok((_, certificate)) = X509Certificate::from_der(der) else {
        return PeerIdentity {
            subject: String::new(),
            issuer: String::new(),
            serial: String::new(),
            common_names: Vec::new(),
            dns_names: Vec::new(),
            uris: Vec::new(),
            is_foreign: false,
        };
    };
    let common_names = certificate.subject().iter_common_name();
    PeerIdentity {
        subject: certificate.subject().to_string(),
        issuer: certificate.issuer().to_string(),
        serial: serial(&certificate),
        common_names: common_names.map(|name| name.as_slice().to_vec()).collect(),
        dns_names: alternative_names(&certificate, |name| match name {
            GeneralName::DNSName(name) => Some(*name),
            _ => None,
        }),
        uris: alternative_names(&certificate, |name| match name {
            GeneralName::URI(uri) => Some(*uri),
            _ => None,
        }),
        is_foreign: false,
    }
}

/// As [`peer_identity`], of a certificate whose chain may lead to a root of other organisations.
pub fn peer_identity_of(der: &[u8], is_foreign: bool) -> PeerIdentity {
    PeerIdentity { is_foreign, ..peer_identity(der) }
}

/// Who issued a certificate (the name in DER) and under which serial number.
pub(super) fn issuer_and_serial(der: &[u8]) -> Option<(Vec<u8>, String)> {
    let (_, certificate) = X509Certificate::from_der(der).ok()?;
    Some((certificate.issuer().as_raw().to_vec(), serial(&certificate)))
}

fn alternative_names(
    certificate: &X509Certificate<'_>,
    wanted: for<'a> fn(&'a GeneralName<'a>) -> Option<&'a str>,
) -> Vec<Vec<u8>> {
    let extensions = certificate.extensions().iter();
    let names = extensions.filter_map(|extension| match extension.parsed_extension() {
        ParsedExtension::SubjectAlternativeName(names) => Some(&names.general_names),
        _ => None,
    });
    names.flatten().filter_map(|name| Some(wanted(name)?.as_bytes().to_vec())).collect()
}

/// Upper-case hex without leading zero bytes, as the store keeps it.
fn serial(certificate: &X509Certificate<'_>) -> String {
    let bytes = certificate.raw_serial().iter().skip_while(|byte| **byte == 0);
    bytes.map(|byte| format!("{byte:02X}")).collect()
}
