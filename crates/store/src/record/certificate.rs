//! Certificates per computer, the roots it trusts, assignments, and open requests.

use serde::{Deserialize, Serialize};

use crate::Secret;

/// Which store of a computer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum CertificateStore {
    /// Its own certificates, with keys.
    My,
    /// The roots it trusts.
    Root,
}

/// A service a certificate is enabled for (`Enable-ExchangeCertificate -Services`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names are the services")]
pub enum CertificateService {
    Imap,
    Pop,
    Um,
    Iis,
    Smtp,
    Federation,
    UmCallRouter,
}

/// One certificate in one store of one computer, with what its DER says parsed once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    /// FQDN of the computer, lower case.
    pub computer: String,
    /// Store.
    pub store: CertificateStore,
    /// SHA-1 of the DER, 40 upper-case hex digits.
    pub thumbprint: String,
    /// The certificate.
    pub der: Vec<u8>,
    /// The private key, PKCS#8 DER; wrapped on disk.
    pub key: Option<Secret>,
    /// Free text.
    pub friendly_name: String,
    /// Services it is enabled for.
    pub services: Vec<CertificateService>,
    /// As Windows prints it: `CN=…, O=…`.
    pub subject: String,
    /// As Windows prints it.
    pub issuer: String,
    /// Upper-case hex, as on the wire without leading zero bytes.
    pub serial: String,
    /// Validity.
    pub not_before_ms: i64,
    /// Validity.
    pub not_after_ms: i64,
    /// dNSName entries of the subject alternative name.
    pub dns_names: Vec<String>,
    /// CN values of the subject.
    pub common_names: Vec<String>,
    /// Subject and issuer are the same name.
    pub is_self_signed: bool,
    /// OIDs of the extended key usage; empty if the extension is absent.
    pub eku: Vec<String>,
    /// Key size as administrators count it (RSA modulus, curve size).
    pub public_key_bits: u32,
    /// `RSA`, `ECC`, or the OID.
    pub public_key_algorithm: String,
    /// May act as a certificate authority.
    pub is_authority: bool,
}

/// A signing request whose certificate has not come back yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateRequest {
    /// FQDN of the computer, lower case.
    pub computer: String,
    /// SHA-1 of the request's DER, 40 upper-case hex digits.
    pub thumbprint: String,
    /// The request (PKCS#10).
    pub der: Vec<u8>,
    /// SubjectPublicKeyInfo in DER: how the certificate is recognised when it comes back.
    pub public_key: Vec<u8>,
    /// The private key, PKCS#8 DER; wrapped on disk.
    pub key: Secret,
    /// Free text.
    pub friendly_name: String,
    /// As Windows prints it.
    pub subject: String,
    /// Requested dNSName entries.
    pub dns_names: Vec<String>,
    /// When it was made.
    pub created_ms: i64,
}
