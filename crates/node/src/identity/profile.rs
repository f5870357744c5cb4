//! What RFC 5280 and design.md §4 ask of single certificates and the path builder does not look
//! at: keys that are too weak, extensions that must not be there, roots that cannot be roots.

use std::ops::RangeInclusive;
use std::sync::Arc;

use rustls::{CertificateError, OtherError};
use thiserror::Error;
use x509_parser::prelude::{FromDer as _, ParsedExtension, X509Certificate};
use x509_parser::public_key::PublicKey;

/// Shortest RSA key, design.md §4.
const RSA_BITS_MIN: usize = 2048;
/// P-256, P-384, P-521: the curves of TLS.
const CURVE_BITS: [usize; 3] = [256, 384, 521];

/// What is wrong with a certificate by itself.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub(super) enum Fault {
    /// RSA under 2048 bits.
    #[error("its RSA key has {0} bits, fewer than {RSA_BITS_MIN}")]
    WeakKey(usize),
    /// A curve that TLS does not use.
    #[error("its key is on a curve of {0} bits that TLS does not use")]
    Curve(usize),
    /// RFC 5280 §4.2.1.10: only in certificates of authorities.
    #[error("it has name constraints, which only an authority's certificate may have")]
    NameConstraints,
}

/// Looks at the certificate that a peer shows.
pub(super) fn check_end_entity(der: &[u8]) -> Result<(), CertificateError> {
    let (_, parsed) = X509Certificate::from_der(der).map_err(|_| CertificateError::BadEncoding)?;
    let fault = match parsed.public_key().parsed() {
        Ok(PublicKey::RSA(key)) if key.key_size() < RSA_BITS_MIN => {
            Some(Fault::WeakKey(key.key_size()))
        }
        Ok(PublicKey::EC(point)) if !CURVE_BITS.contains(&curve_bits(point.key_size())) => {
            Some(Fault::Curve(point.key_size()))
        }
        _ if parsed.name_constraints().is_ok_and(|found| found.is_some()) => {
            Some(Fault::NameConstraints)
        }
        _ => None,
    };
    match fault {
        Some(fault) => Err(CertificateError::Other(OtherError(Arc::new(fault)))),
        None => Ok(()),
    }
}

/// A point's size is counted in whole bytes.
fn curve_bits(bits: usize) -> usize {
    if bits == 528 { 521 } else { bits }
}

/// When a root holds, in seconds UTC; none if it cannot be a root: RFC 5280 §4.1.2.6 (a subject),
/// §4.2 (no critical extension that is not understood), §4.2.1.3 (a key usage, if there, with
/// keyCertSign).
pub(super) fn validity_of_root(der: &[u8]) -> Option<RangeInclusive<i64>> {
    let (_, root) = X509Certificate::from_der(der).ok()?;
    let is_understood = root.extensions().iter().all(|extension| {
        !extension.critical
            || !matches!(
                extension.parsed_extension(),
                ParsedExtension::UnsupportedExtension { .. } | ParsedExtension::ParseError { .. }
            )
    });
    let usage = root.key_usage().ok()?;
    let may_sign = usage.is_none_or(|usage| usage.value.key_cert_sign());
    let has_name = root.subject().iter_rdn().next().is_some();
    let validity = root.validity();
    (is_understood && may_sign && has_name)
        .then(|| validity.not_before.timestamp()..=validity.not_after.timestamp())
}
