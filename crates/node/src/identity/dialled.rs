//! The dialling side of rule 1 (design.md §4): the pool's, or an application's, certificate must
//! lead to a root of the computer that dials, be in its time, not revoked, good for a server, and
//! carry the name that was dialled.

use std::sync::{Arc, Mutex, PoisonError};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{DigitallySignedStruct, Error, SignatureScheme};

use super::verify::{ChainRefusal, During, Roots, algorithms};

/// The verifier of one outgoing connection. It remembers why it refused.
#[derive(Debug)]
pub struct DialledVerifier {
    roots: Arc<Roots>,
    refusal: Mutex<Option<ChainRefusal>>,
}

impl DialledVerifier {
    pub(super) fn new(roots: Arc<Roots>) -> Arc<DialledVerifier> {
        Arc::new(DialledVerifier { roots, refusal: Mutex::new(None) })
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
        match self.roots.verify_named(end_entity, intermediates, now, server_name) {
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
