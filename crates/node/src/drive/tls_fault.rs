//! Reads what rustls says of a refused connection: whose certificate it is about. Decides by types
//! and numbers, never by wording.

use rustls::{AlertDescription as Alert, CertificateError as Certificate, Error};
use sip::{TlsFault, Why};

use crate::identity::IdentityError;

/// Why a TLS connection, open or not, ended with an error.
pub(super) fn why(error: &std::io::Error) -> Why {
    match error.get_ref().and_then(|inner| inner.downcast_ref::<Error>()) {
        Some(error) => Why::Refused(fault(error), error.to_string()),
        None => Why::Protocol(error.to_string()),
    }
}

/// As [`why`], for the handshake: a connection that breaks during it has not brought TLS about.
pub(super) fn of_handshake(error: &std::io::Error, with: &str) -> Why {
    match why(error) {
        Why::Refused(fault, text) => Why::Refused(fault, format!("TLS with {with}: {text}")),
        _ => Why::Refused(TlsFault::Handshake, format!("TLS with {with}: {error}")),
    }
}

/// What keeps us from dialling at all.
pub(super) fn of_identity(error: &IdentityError) -> Why {
    let fault = match error {
        IdentityError::NoCertificate { .. } | IdentityError::Unusable { .. } => {
            TlsFault::OwnUnusable
        }
        IdentityError::NoRoots { .. } => TlsFault::PeerChain,
    };
    Why::Refused(fault, error.to_string())
}

fn fault(error: &Error) -> TlsFault {
    match error {
        Error::AlertReceived(alert) if is_about_our_certificate(*alert) => TlsFault::OwnRefused,
        Error::InvalidCertificate(error) => match error {
            Certificate::NotValidForName | Certificate::NotValidForNameContext { .. } => {
                TlsFault::PeerName
            }
            Certificate::UnknownIssuer | Certificate::BadSignature => TlsFault::PeerChain,
            _ => TlsFault::PeerCertificate,
        },
        Error::NoCertificatesPresented => TlsFault::PeerCertificate,
        _ => TlsFault::Handshake,
    }
}

/// RFC 8446 §6.2: the alerts by which the side that accepts speaks of a client's certificate.
fn is_about_our_certificate(alert: Alert) -> bool {
    matches!(
        alert,
        Alert::NoCertificate
            | Alert::BadCertificate
            | Alert::UnsupportedCertificate
            | Alert::CertificateRevoked
            | Alert::CertificateExpired
            | Alert::CertificateUnknown
            | Alert::UnknownCA
            | Alert::AccessDenied
            | Alert::CertificateRequired
            // The signature of our certificate, or the one we made with its key.
            | Alert::DecryptError
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alerts_and_certificates_are_told_apart() {
        let check = |error: Error, expected: TlsFault| {
            let seen = why(&std::io::Error::new(std::io::ErrorKind::InvalidData, error.clone()));
            assert!(matches!(&seen, Why::Refused(fault, _) if *fault == expected), "{seen:?}");
        };
        for number in [41, 42, 43, 44, 45, 46, 48, 49, 51, 116] {
            check(Error::AlertReceived(Alert::from(number)), TlsFault::OwnRefused);
        }
        for number in [10, 20, 40, 47, 50, 70, 71, 80, 112] {
            check(Error::AlertReceived(Alert::from(number)), TlsFault::Handshake);
        }
        check(Error::InvalidCertificate(Certificate::NotValidForName), TlsFault::PeerName);
        check(Error::InvalidCertificate(Certificate::UnknownIssuer), TlsFault::PeerChain);
        check(Error::InvalidCertificate(Certificate::Expired), TlsFault::PeerCertificate);
        check(Error::InvalidCertificate(Certificate::Revoked), TlsFault::PeerCertificate);
        check(Error::DecryptError, TlsFault::Handshake);
        let broken = std::io::Error::from(std::io::ErrorKind::ConnectionReset);
        assert!(matches!(why(&broken), Why::Protocol(_)));
        let handshake = of_handshake(&broken, "a.test:5061");
        assert!(matches!(handshake, Why::Refused(TlsFault::Handshake, _)));
    }
}
