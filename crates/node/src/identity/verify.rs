//! Rule 1 of the trust decision (design.md §4): is the certificate that a peer shows the
//! registrar good? Chain to the roots of this computer, in its time, not revoked, and its
//! extended key usage absent, any, or containing serverAuth.
//!
//! rustls' own verifier is not used because it demands clientAuth: the certificate of a trusted
//! application is the server certificate of its computer. What a good certificate's *names* mean
//! is not judged here (im/known_servers).

use std::collections::HashSet;
use std::ops::RangeInclusive;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::{WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, TrustAnchor, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{
    CertificateError, DigitallySignedStruct, DistinguishedName, Error, OtherError, SignatureScheme,
};
use webpki::{CertRevocationList, RevocationOptions, RevocationOptionsBuilder};

use super::revocation::RevocationList;
use super::{PeerCertificate, names, profile};

/// id-kp-serverAuth, RFC 5280 §4.2.1.12.
const SERVER_AUTH: &[usize] = &[1, 3, 6, 1, 5, 5, 7, 3, 1];
/// anyExtendedKeyUsage, RFC 5280 §4.2.1.12.
const ANY_USAGE: &[usize] = &[2, 5, 29, 37, 0];

/// What was revoked, as everybody here knows it.
#[derive(Clone, Debug, Default)]
pub struct Revoked {
    /// Name of the internal authority, DER; empty without one.
    pub authority: Vec<u8>,
    /// Serial numbers that the internal authority has revoked, in upper-case hex without leading
    /// zero bytes.
    pub serials: Arc<HashSet<String>>,
    /// What the files in `data/crl` say.
    pub lists: Arc<[Arc<RevocationList>]>,
}

/// Roots, ready to judge by.
#[derive(Debug, Default)]
struct Anchors {
    anchors: Vec<TrustAnchor<'static>>,
    /// When each of them holds, in seconds UTC.
    validities: Vec<RangeInclusive<i64>>,
}

/// Whose root a good chain leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rooted {
    /// One that this computer trusts for everything.
    Own,
    /// One that it trusts for other organisations only.
    Foreign,
}

/// What one computer trusts: its store `Root`, and its store `Trust` for other organisations,
/// less what was revoked.
#[derive(Debug, Default)]
pub struct Roots {
    own: Anchors,
    foreign: Anchors,
    revoked: Revoked,
    /// Lists signed by one of these roots.
    checked: Vec<Arc<RevocationList>>,
    /// Lists of authorities between a root and a peer, which the peer shows in the handshake.
    unchecked: Vec<Arc<RevocationList>>,
}

impl Roots {
    /// Roots from certificates in DER; one that cannot be a root is left out.
    pub fn new<'a>(roots: impl IntoIterator<Item = &'a [u8]>, revoked: Revoked) -> Roots {
        Roots::with_foreign(roots, [], revoked)
    }

    /// As [`Roots::new`], with roots that are trusted for other organisations only.
    pub fn with_foreign<'a>(
        roots: impl IntoIterator<Item = &'a [u8]>,
        foreign: impl IntoIterator<Item = &'a [u8]>,
        revoked: Revoked,
    ) -> Roots {
        let mut roots: Vec<&[u8]> = roots.into_iter().collect();
        let foreign: Vec<&[u8]> = foreign.into_iter().collect();
        let (own, others) = (Anchors::new(&roots), Anchors::new(&foreign));
        roots.extend(foreign);
        let (mut checked, mut unchecked) = (Vec::new(), Vec::new());
        for list in revoked.lists.iter() {
            let issuers = roots.iter().filter(|root| list.is_issued_by_name_of(root));
            let issuers: Vec<_> = issuers.collect();
            if issuers.is_empty() {
                unchecked.push(list.clone());
            } else if issuers.iter().any(|root| list.is_signed_by(root)) {
                checked.push(list.clone());
            }
            // Else a list of that name which no root here has signed is another authority's.
        }
        Roots { own, foreign: others, revoked, checked, unchecked }
    }

    /// Whether nobody is trusted.
    pub fn is_empty(&self) -> bool {
        self.own.anchors.is_empty() && self.foreign.anchors.is_empty()
    }

    /// Rule 1, for a peer that may be of another organisation.
    ///
    /// # Errors
    /// What is wrong by the roots of this computer, if it is by both.
    pub fn verify_any(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<Rooted, CertificateError> {
        let own = match self.verify(end_entity, intermediates, now) {
            Ok(()) => return Ok(Rooted::Own),
            Err(error) => error,
        };
        if self.foreign.anchors.is_empty() {
            return Err(own);
        }
        match self.verify_by(&self.foreign, end_entity, intermediates, now) {
            Ok(()) => Ok(Rooted::Foreign),
            // Who issued it is not known to either: what is wrong by the nearer one says more.
            Err(CertificateError::UnknownIssuer) => Err(own),
            Err(foreign) => Err(foreign),
        }
    }

    /// Rule 1.
    ///
    /// # Errors
    /// What is wrong; rustls turns it into the alert that names it.
    pub fn verify(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<(), CertificateError> {
        self.verify_by(&self.own, end_entity, intermediates, now)
    }

    fn verify_by(
        &self,
        anchors: &Anchors,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<(), CertificateError> {
        let certificate = webpki::EndEntityCert::try_from(end_entity).map_err(certificate_error)?;
        profile::check_end_entity(end_entity)?;
        let all = self.checked.iter().chain(&self.unchecked);
        let all: Vec<&CertRevocationList<'_>> = all.map(|list| list.list()).collect();
        let judged = anchors.verify_path(&certificate, intermediates, now, &all);
        let judged = match judged {
            // A list that only bears the name of an authority in between is not that one's.
            Err(webpki::Error::InvalidCrlSignatureForPublicKey) if !self.unchecked.is_empty() => {
                let checked: Vec<_> = self.checked.iter().map(|list| list.list()).collect();
                anchors.verify_path(&certificate, intermediates, now, &checked)
            }
            other => other,
        };
        judged.map_err(certificate_error)?;
        if self.is_revoked_by_authority(end_entity) {
            return Err(CertificateError::Revoked);
        }
        Ok(())
    }

    /// Rule 1 on the dialling side: the certificate must also carry the name that was dialled.
    ///
    /// # Errors
    /// What is wrong.
    pub fn verify_named(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
        name: &ServerName<'_>,
    ) -> Result<(), CertificateError> {
        self.verify(end_entity, intermediates, now)?;
        let certificate = webpki::EndEntityCert::try_from(end_entity).map_err(certificate_error)?;
        certificate.verify_is_valid_for_subject_name(name).map_err(certificate_error)
    }

    fn is_revoked_by_authority(&self, end_entity: &[u8]) -> bool {
        let found = names::issuer_and_serial(end_entity);
        found.is_some_and(|(issuer, serial)| {
            issuer == self.revoked.authority && self.revoked.serials.contains(&serial)
        })
    }
}

impl Anchors {
    fn new(roots: &[&[u8]]) -> Anchors {
        let usable = roots.iter().filter_map(|der| {
            let validity = profile::validity_of_root(der)?;
            let der = CertificateDer::from(*der);
            let anchor = webpki::anchor_from_trusted_cert(&der).ok()?;
            Some((anchor.to_owned(), validity))
        });
        let (anchors, validities) = usable.unzip();
        Anchors { anchors, validities }
    }

    fn verify_path(
        &self,
        certificate: &webpki::EndEntityCert<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
        lists: &[&CertRevocationList<'_>],
    ) -> Result<(), webpki::Error> {
        // RSA below 2048 bits and SHA-1 are in none of these algorithms.
        let algorithms = algorithms().all;
        let revocation = revocation(lists);
        let seconds = i64::try_from(now.as_secs()).unwrap_or(i64::MAX);
        let holds = |validity: &RangeInclusive<i64>| validity.contains(&seconds);
        let in_time: Vec<TrustAnchor<'_>>;
        let anchors = if self.validities.iter().all(holds) {
            &self.anchors
        } else {
            let both = self.anchors.iter().zip(&self.validities);
            in_time = both.filter(|(_, it)| holds(it)).map(|(anchor, _)| anchor.clone()).collect();
            &in_time
        };
        certificate
            .verify_for_usage(
                algorithms,
                anchors,
                intermediates,
                now,
                ServerOrAnyUsage,
                revocation,
                None,
            )
            .map(|_| ())
    }
}

/// A certificate of an authority without a list here is good; one whose list has run out is
/// judged by that list, because what was revoked stays so.
fn revocation<'a>(lists: &'a [&'a CertRevocationList<'a>]) -> Option<RevocationOptions<'a>> {
    let builder = RevocationOptionsBuilder::new(lists).ok()?;
    Some(builder.with_status_policy(webpki::UnknownStatusPolicy::Allow).build())
}

pub(super) fn algorithms() -> WebPkiSupportedAlgorithms {
    rustls::crypto::ring::default_provider().signature_verification_algorithms
}

/// Extended key usage absent, any, or containing serverAuth; clientAuth alone is refused.
struct ServerOrAnyUsage;

impl webpki::ExtendedKeyUsageValidator for ServerOrAnyUsage {
    fn validate(&self, usages: webpki::KeyPurposeIdIter<'_, '_>) -> Result<(), webpki::Error> {
        let mut present = Vec::new();
        for usage in usages {
            let usage = usage?.to_decoded_oid();
            if usage == SERVER_AUTH || usage == ANY_USAGE {
                return Ok(());
            }
            present.push(usage);
        }
        if present.is_empty() {
            return Ok(());
        }
        let required = webpki::KeyUsage::server_auth();
        Err(webpki::Error::RequiredEkuNotFoundContext(webpki::RequiredEkuNotFoundContext {
            required,
            present,
        }))
    }
}

fn certificate_error(error: webpki::Error) -> CertificateError {
    use webpki::Error as E;
    match error {
        E::BadDer | E::BadDerTime | E::TrailingData(_) => CertificateError::BadEncoding,
        E::CertNotValidYet { time, not_before } => {
            CertificateError::NotValidYetContext { time, not_before }
        }
        E::CertExpired { time, not_after } => CertificateError::ExpiredContext { time, not_after },
        E::InvalidCertValidity => CertificateError::Expired,
        E::UnknownIssuer => CertificateError::UnknownIssuer,
        E::CertRevoked => CertificateError::Revoked,
        E::InvalidSignatureForPublicKey => CertificateError::BadSignature,
        E::CertNotValidForName(context) => CertificateError::NotValidForNameContext {
            expected: context.expected,
            presented: context.presented,
        },
        E::RequiredEkuNotFoundContext(_) => CertificateError::InvalidPurpose,
        other => CertificateError::Other(OtherError(Arc::new(other))),
    }
}

/// Why rule 1 refused a certificate, and which one it was: for the trace.
#[derive(Clone, Debug)]
pub struct ChainRefusal {
    /// What was wrong.
    pub error: CertificateError,
    /// The refused certificate, DER.
    pub certificate: Vec<u8>,
    /// When.
    pub during: During,
}

/// When a certificate is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum During {
    /// In the handshake.
    Handshake,
    /// The connection stood already; meanwhile the certificate was revoked, ran out, or lost the
    /// root it depended on.
    Life,
}

/// The verifier of one connection that the registrar (or the application's port) accepted.
#[derive(Debug)]
pub struct PeerVerifier {
    roots: Arc<Roots>,
    asked: PeerCertificate,
    refusal: Mutex<Option<ChainRefusal>>,
    is_foreign: AtomicBool,
}

impl PeerVerifier {
    /// A verifier for one handshake.
    pub fn new(roots: Arc<Roots>, asked: PeerCertificate) -> Arc<PeerVerifier> {
        let is_foreign = AtomicBool::new(false);
        Arc::new(PeerVerifier { roots, asked, refusal: Mutex::new(None), is_foreign })
    }

    /// After the handshake: whether the chain leads to a root of other organisations only.
    pub fn is_foreign(&self) -> bool {
        self.is_foreign.load(Ordering::Relaxed)
    }

    /// Why the handshake was refused, if rule 1 was the reason.
    pub fn take_refusal(&self) -> Option<ChainRefusal> {
        self.refusal.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl ClientCertVerifier for PeerVerifier {
    fn offer_client_auth(&self) -> bool {
        self.asked != PeerCertificate::Unasked
    }

    fn client_auth_mandatory(&self) -> bool {
        self.asked == PeerCertificate::Mandatory
    }

    /// No hints: a peer would leave its certificate out if its root is not among them, and so be
    /// taken for a client instead of being told what is wrong.
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        match self.roots.verify_any(end_entity, intermediates, now) {
            Ok(rooted) => {
                self.is_foreign.store(rooted == Rooted::Foreign, Ordering::Relaxed);
                Ok(ClientCertVerified::assertion())
            }
            Err(error) => {
                let refusal = ChainRefusal {
                    error: error.clone(),
                    certificate: end_entity.to_vec(),
                    during: During::Handshake,
                };
                *self.refusal.lock().unwrap_or_else(PoisonError::into_inner) = Some(refusal);
                Err(Error::InvalidCertificate(error))
            }
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signature, &algorithms())
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signature, &algorithms())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        algorithms().supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use im::authority::{Authority, self_signed};
    use im::certificate::{Contents, Usage, Validity};
    use x509_parser::prelude::{FromDer as _, X509Certificate};

    use super::*;

    const NOW_MS: i64 = 1_800_000_000_000;
    const DAY_MS: i64 = 86_400_000;

    fn authority() -> Authority {
        Authority::create("Litware Root", Validity::days(NOW_MS, 365)).unwrap()
    }

    fn contents(usages: &[Usage]) -> Contents {
        Contents { usages: usages.to_vec(), ..Contents::server("atl-owa-001.litwareinc.com", &[]) }
    }

    fn judge(
        authority: &Authority,
        certificate: &[u8],
        revoked: HashSet<String>,
    ) -> Result<(), CertificateError> {
        let (_, root) = X509Certificate::from_der(authority.certificate()).unwrap();
        let authority_name = root.subject().as_raw().to_vec();
        let serials = Arc::new(revoked);
        let revoked = Revoked { authority: authority_name, serials, ..Revoked::default() };
        let roots = Roots::new([authority.certificate()], revoked);
        let now = Duration::from_millis(u64::try_from(NOW_MS).unwrap());
        roots.verify(&CertificateDer::from(certificate), &[], UnixTime::since_unix_epoch(now))
    }

    #[test]
    fn usage_may_be_absent_any_or_contain_server_authentication() {
        let authority = authority();
        let check = |usages: &[Usage]| {
            let issued = authority.issue(&contents(usages), Validity::days(NOW_MS, 30)).unwrap();
            judge(&authority, &issued.der, HashSet::new())
        };
        assert_eq!(check(&[]), Ok(()));
        assert_eq!(check(&[Usage::Any]), Ok(()));
        assert_eq!(check(&[Usage::ServerAuth]), Ok(()));
        assert_eq!(check(&[Usage::ClientAuth, Usage::ServerAuth]), Ok(()));
        assert_eq!(check(&[Usage::ClientAuth]), Err(CertificateError::InvalidPurpose));
    }

    #[test]
    fn chain_time_and_revocation() {
        let authority = authority();
        let other = self::authority();
        let issue = |authority: &Authority, from: i64, until: i64| {
            let validity = Validity { not_before_ms: NOW_MS + from, not_after_ms: NOW_MS + until };
            authority.issue(&contents(&[Usage::ServerAuth]), validity).unwrap()
        };
        let check = |der: &[u8]| judge(&authority, der, HashSet::new());
        let expired = issue(&authority, -2 * DAY_MS, -DAY_MS);
        assert!(matches!(check(&expired.der), Err(CertificateError::ExpiredContext { .. })));
        let early = issue(&authority, DAY_MS, 2 * DAY_MS);
        assert!(matches!(check(&early.der), Err(CertificateError::NotValidYetContext { .. })));
        let foreign = issue(&other, -DAY_MS, DAY_MS);
        assert!(matches!(
            check(&foreign.der),
            Err(CertificateError::UnknownIssuer | CertificateError::BadSignature)
        ));
        let alone =
            self_signed(&contents(&[Usage::ServerAuth]), Validity::days(NOW_MS, 30)).unwrap();
        assert_eq!(check(&alone.der), Err(CertificateError::UnknownIssuer));
        assert_eq!(check(b"not a certificate"), Err(CertificateError::BadEncoding));
        let good = issue(&authority, -DAY_MS, DAY_MS);
        assert_eq!(check(&good.der), Ok(()));
        let serial = super::super::names::peer_identity(&good.der).serial;
        assert_eq!(
            judge(&authority, &good.der, HashSet::from([serial])),
            Err(CertificateError::Revoked)
        );
    }
}
