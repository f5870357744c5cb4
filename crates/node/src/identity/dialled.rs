//! The dialling side of rule 1 (design.md §4): the pool's, or an application's, certificate must
//! lead to a root of the computer that dials, be in its time, not revoked, good for a server, and
//! carry the name that was dialled.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use im::foreign::ForeignDomain;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, DigitallySignedStruct, Error, SignatureScheme};

use super::names;
use super::verify::{ChainRefusal, During, Rooted, Roots, algorithms};

/// The verifier of one outgoing connection. It remembers why it refused.
#[derive(Debug)]
pub struct DialledVerifier {
    roots: Arc<Roots>,
    /// The domain of another organisation that is dialled; none: a host of ours.
    domain: Option<ForeignDomain>,
    refusal: Mutex<Option<ChainRefusal>>,
    is_foreign: AtomicBool,
}

impl DialledVerifier {
    pub(super) fn new(roots: Arc<Roots>, domain: Option<ForeignDomain>) -> Arc<DialledVerifier> {
        let is_foreign = AtomicBool::new(false);
        Arc::new(DialledVerifier { roots, domain, refusal: Mutex::new(None), is_foreign })
    }

    /// After the handshake: whether the chain leads to a root of other organisations only.
    pub fn is_foreign(&self) -> bool {
        self.is_foreign.load(Ordering::Relaxed)
    }

    /// A host must have the name that was dialled; another organisation's server must be for its
    /// domain (RFC 5922 §7.2).
    fn judge(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        now: UnixTime,
    ) -> Result<(), CertificateError> {
        let Some(domain) = &self.domain else {
            return self.roots.verify_named(end_entity, intermediates, now, server_name);
        };
        let rooted = self.roots.verify_any(end_entity, intermediates, now)?;
        self.is_foreign.store(rooted == Rooted::Foreign, Ordering::Relaxed);
        match domain.is_proved_by(&names::peer_identity(end_entity)) {
            true => Ok(()),
            false => Err(CertificateError::NotValidForName),
        }
    }

    /// Why the handshake was refused, if the certificate was the reason.
    pub fn take_refusal(&self) -> Option<ChainRefusal> {
        self.refusal.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl ServerCertVerifier for DialledVerifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        match self.judge(end_entity, intermediates, server_name, now) {
            Ok(()) => Ok(ServerCertVerified::assertion()),
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
