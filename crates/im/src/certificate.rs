//! Makes certificates and certificate requests (RFC 5280, PKCS #10 / RFC 2986) with ECDSA P-256
//! keys. Owns what stands in them; who signs is `authority.rs`, reading a peer's is node's.
//!
//! Keys and signatures are rcgen's (ring); the encoding is ours, see `der.rs` for why.

use rcgen::{KeyPair, PublicKeyData as _, SigningKey as _};
use ring::digest;
use x509_parser::prelude::{FromDer as _, ParsedCriAttribute, X509CertificationRequest};

use crate::der;
use crate::distinguished_name::DistinguishedName;
use crate::limits::REQUEST_BYTES_MAX;

const ECDSA_WITH_SHA256: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2];
const EXTENSION_REQUEST: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 14];
const SUBJECT_KEY_IDENTIFIER: &[u8] = &[0x55, 0x1d, 14];
const KEY_USAGE: &[u8] = &[0x55, 0x1d, 15];
const SUBJECT_ALT_NAME: &[u8] = &[0x55, 0x1d, 17];
const BASIC_CONSTRAINTS: &[u8] = &[0x55, 0x1d, 19];
const AUTHORITY_KEY_IDENTIFIER: &[u8] = &[0x55, 0x1d, 35];
const EXTENDED_KEY_USAGE: &[u8] = &[0x55, 0x1d, 37];

/// What a certificate may be used for; RFC 5280 §4.2.1.12.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Usage {
    /// id-kp-serverAuth.
    ServerAuth,
    /// id-kp-clientAuth.
    ClientAuth,
    /// anyExtendedKeyUsage.
    Any,
}

/// From when until when a certificate holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Validity {
    /// The first moment, in milliseconds UTC.
    pub not_before_ms: i64,
    /// The last moment, in milliseconds UTC.
    pub not_after_ms: i64,
}

impl Validity {
    /// From now for a number of days. It begins five minutes early for clocks that lag.
    pub fn days(now_ms: i64, days: i64) -> Validity {
        Validity {
            not_before_ms: now_ms.saturating_sub(300_000),
            not_after_ms: now_ms.saturating_add(days.saturating_mul(86_400_000)),
        }
    }
}

/// What a certificate or a request shall say about its subject.
#[derive(Clone, Debug)]
pub struct Contents {
    /// The subject.
    pub subject: DistinguishedName,
    /// The dNSName entries of the subject alternative name; without any the extension is left out.
    pub dns_names: Vec<String>,
    /// The extended key usages; without any the extension is left out.
    pub usages: Vec<Usage>,
}

impl Contents {
    /// What a server of the organisation needs: CN = the name, the name and others in the SAN,
    /// good for both ends of a connection.
    pub fn server(name: &str, other_names: &[&str]) -> Contents {
        let names = std::iter::once(name).chain(other_names.iter().copied());
        Contents {
            subject: DistinguishedName::common_name(name),
            dns_names: names.map(str::to_owned).collect(),
            usages: vec![Usage::ServerAuth, Usage::ClientAuth],
        }
    }
}

/// A certificate or request and, if it was made here, its key.
#[derive(Clone)]
pub struct Made {
    /// The DER form.
    pub der: Vec<u8>,
    /// The private key as PKCS #8.
    pub key: Vec<u8>,
}

/// Why a certificate could not be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CertificateError {
    /// The text is not a certificate request.
    #[error("this is not a PKCS #10 certificate request")]
    NotARequest,
    /// The request is larger than any honest one.
    #[error("the certificate request is larger than {REQUEST_BYTES_MAX} bytes")]
    RequestTooLarge,
    /// The requester does not hold the key it asks to certify.
    #[error("the signature of the certificate request does not fit its public key")]
    RequestSignature,
    /// A request for an authority certificate.
    #[error("the request asks for a certificate of an authority; only end entities are signed")]
    RequestForAuthority,
    /// The stored authority cannot be used.
    #[error("the stored certificate authority cannot be used: {0}")]
    Authority(String),
    /// Key generation or signing failed.
    #[error("the key could not be made or used: {0}")]
    Key(String),
}

/// A self-signed certificate with a new key, as every mail server starts with.
pub fn self_signed(
    contents: &Contents,
    validity: Validity,
    serial: &[u8],
) -> Result<Made, CertificateError> {
    let key = new_key()?;
    let body = Body {
        subject: contents.subject.to_der(),
        public_key: key.subject_public_key_info(),
        extensions: contents.extensions(),
        key_usage: KEY_USAGE_END_ENTITY,
        is_authority: false,
    };
    let issuer = body.subject.clone();
    let der = body.sign(&Signer { name: &issuer, key: &key, key_id: None }, validity, serial)?;
    Ok(Made { der, key: key.serialize_der() })
}

/// A PKCS #10 request with a new key; RFC 2986 §4.1.
pub fn request(contents: &Contents) -> Result<Made, CertificateError> {
    let key = new_key()?;
    let extensions = der::value(der::SEQUENCE, &contents.extensions().concat());
    let attribute =
        der::sequence(&[&der::oid(EXTENSION_REQUEST), &der::value(der::SET, &extensions)]);
    let information = der::sequence(&[
        &der::positive_integer(&[]),
        &contents.subject.to_der(),
        &key.subject_public_key_info(),
        &der::explicit(0, &attribute),
    ]);
    Ok(Made { der: signed(&information, &key)?, key: key.serialize_der() })
}

impl Contents {
    fn extensions(&self) -> Vec<Vec<u8>> {
        let mut out = Vec::new();
        if !self.dns_names.is_empty() {
            // GeneralName ::= CHOICE { … dNSName [2] IA5String }
            let names = self.dns_names.iter().map(|name| der::value(0x82, name.as_bytes()));
            let names = der::value(der::SEQUENCE, &names.collect::<Vec<_>>().concat());
            out.push(der::extension(SUBJECT_ALT_NAME, false, &names));
        }
        if !self.usages.is_empty() {
            let usages = self.usages.iter().map(|usage| der::oid(usage.oid()));
            let usages = der::value(der::SEQUENCE, &usages.collect::<Vec<_>>().concat());
            out.push(der::extension(EXTENDED_KEY_USAGE, false, &usages));
        }
        out
    }
}

impl Usage {
    fn oid(self) -> &'static [u8] {
        match self {
            Usage::ServerAuth => &[0x2b, 6, 1, 5, 5, 7, 3, 1],
            Usage::ClientAuth => &[0x2b, 6, 1, 5, 5, 7, 3, 2],
            Usage::Any => &[0x55, 0x1d, 37, 0],
        }
    }
}

/// digitalSignature and keyEncipherment (the latter for imported RSA keys).
const KEY_USAGE_END_ENTITY: &[u8] = &[der::BIT_STRING, 2, 5, 0xa0];
/// keyCertSign and cRLSign.
pub(crate) const KEY_USAGE_AUTHORITY: &[u8] = &[der::BIT_STRING, 2, 1, 0x06];

/// What a certificate says about its subject, encoded.
pub(crate) struct Body {
    pub(crate) subject: Vec<u8>,
    pub(crate) public_key: Vec<u8>,
    pub(crate) extensions: Vec<Vec<u8>>,
    pub(crate) key_usage: &'static [u8],
    pub(crate) is_authority: bool,
}

/// Who signs.
pub(crate) struct Signer<'a> {
    pub(crate) name: &'a [u8],
    pub(crate) key: &'a KeyPair,
    pub(crate) key_id: Option<&'a [u8]>,
}

impl Body {
    /// The body a request asks for: its subject, its key, its alternative names and its usages,
    /// byte for byte. Other requested extensions are the authority's to decide and are left out.
    pub(crate) fn from_request(request: &[u8]) -> Result<Body, CertificateError> {
        if request.len() > REQUEST_BYTES_MAX {
            return Err(CertificateError::RequestTooLarge);
        }
        let (rest, request) = X509CertificationRequest::from_der(request)
            .map_err(|_| CertificateError::NotARequest)?;
        if !rest.is_empty() {
            return Err(CertificateError::NotARequest);
        }
        request.verify_signature().map_err(|_| CertificateError::RequestSignature)?;
        let information = &request.certification_request_info;
        let (mut extensions, mut kept) = (Vec::new(), Vec::new());
        for attribute in information.iter_attributes() {
            let ParsedCriAttribute::ExtensionRequest(wanted) = attribute.parsed_attribute() else {
                continue;
            };
            for extension in &wanted.extensions {
                let id = extension.oid.as_bytes();
                if id == BASIC_CONSTRAINTS && extension.value != [der::SEQUENCE, 0] {
                    return Err(CertificateError::RequestForAuthority);
                }
                if id == SUBJECT_ALT_NAME || id == EXTENDED_KEY_USAGE {
                    // RFC 5280 §4.2: an extension appears once.
                    if kept.contains(&id) {
                        return Err(CertificateError::NotARequest);
                    }
                    kept.push(id);
                    extensions.push(der::extension(id, extension.critical, extension.value));
                }
            }
        }
        Ok(Body {
            subject: information.subject.as_raw().to_vec(),
            public_key: information.subject_pki.raw.to_vec(),
            extensions,
            key_usage: KEY_USAGE_END_ENTITY,
            is_authority: false,
        })
    }

    /// The body for a new key.
    pub(crate) fn new(contents: &Contents, key: &KeyPair) -> Body {
        Body {
            subject: contents.subject.to_der(),
            public_key: key.subject_public_key_info(),
            extensions: contents.extensions(),
            key_usage: KEY_USAGE_END_ENTITY,
            is_authority: false,
        }
    }

    /// RFC 5280 §4.1: the signed certificate.
    pub(crate) fn sign(
        &self,
        signer: &Signer<'_>,
        validity: Validity,
        serial: &[u8],
    ) -> Result<Vec<u8>, CertificateError> {
        let not_before = der::time(validity.not_before_ms);
        let not_after = der::time(validity.not_after_ms);
        let mut extensions = self.extensions.clone();
        let constraints = if self.is_authority { der::is_authority() } else { der::sequence(&[]) };
        extensions.push(der::extension(BASIC_CONSTRAINTS, true, &constraints));
        extensions.push(der::extension(KEY_USAGE, true, self.key_usage));
        let key_id = der::value(der::OCTET_STRING, &key_id(&self.public_key));
        extensions.push(der::extension(SUBJECT_KEY_IDENTIFIER, false, &key_id));
        if let Some(key_id) = signer.key_id {
            let key_id = der::sequence(&[&der::value(0x80, key_id)]);
            extensions.push(der::extension(AUTHORITY_KEY_IDENTIFIER, false, &key_id));
        }
        let to_be_signed = der::sequence(&[
            &der::explicit(0, &der::positive_integer(&[2])),
            &der::positive_integer(serial),
            &der::sequence(&[&der::oid(ECDSA_WITH_SHA256)]),
            signer.name,
            &der::sequence(&[&not_before, &not_after]),
            &self.subject,
            &self.public_key,
            &der::explicit(3, &der::value(der::SEQUENCE, &extensions.concat())),
        ]);
        signed(&to_be_signed, signer.key)
    }
}

/// RFC 7093 §2 method 1: the leftmost 160 bits of the SHA-256 of the public key.
pub(crate) fn key_id(public_key: &[u8]) -> Vec<u8> {
    let hash = digest::digest(&digest::SHA256, public_key);
    hash.as_ref().iter().copied().take(20).collect()
}

/// A new ECDSA P-256 key.
pub(crate) fn new_key() -> Result<KeyPair, CertificateError> {
    KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256)
        .map_err(|error| CertificateError::Key(error.to_string()))
}

fn signed(contents: &[u8], key: &KeyPair) -> Result<Vec<u8>, CertificateError> {
    let signature = key.sign(contents).map_err(|error| CertificateError::Key(error.to_string()))?;
    let algorithm = der::sequence(&[&der::oid(ECDSA_WITH_SHA256)]);
    Ok(der::sequence(&[contents, &algorithm, &der::bit_string(&signature)]))
}
