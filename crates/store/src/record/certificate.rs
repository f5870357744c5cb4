//! Certificates per computer, the roots it trusts, assignments, and open requests.

use serde::{Deserialize, Serialize};
use x509_parser::certification_request::X509CertificationRequest;
use x509_parser::extensions::{GeneralName, ParsedExtension};
use x509_parser::prelude::{FromDer, X509Certificate};
use x509_parser::public_key::PublicKey;
use x509_parser::x509::{SubjectPublicKeyInfo, X509Name};

use crate::identity::fold_domain;
use crate::{Error, Result, Secret};

/// Which store of a computer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[repr(i64)]
pub enum CertificateStore {
    /// Its own certificates, with keys.
    My = 1,
    /// The roots it trusts.
    Root = 2,
    /// Authorities between a root and a certificate, shown together with it.
    Ca = 3,
    /// Roots of other organisations: what they sign speaks for foreign SIP domains only.
    Trust = 4,
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
    /// The key may be exported.
    pub is_exportable: bool,
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
    /// The key may be exported.
    pub is_exportable: bool,
    /// Free text.
    pub friendly_name: String,
    /// As Windows prints it.
    pub subject: String,
    /// Requested dNSName entries.
    pub dns_names: Vec<String>,
    /// When it was made.
    pub created_ms: i64,
}

impl Certificate {
    /// Parses a certificate (RFC 5280) for a store of a computer. `key` is PKCS#8 DER.
    pub fn from_der(
        computer: &str,
        store: CertificateStore,
        der: &[u8],
        key: Option<Secret>,
    ) -> Result<Certificate> {
        let bad = |why: &str| Error::Invalid(format!("this is not a certificate: {why}"));
        let (rest, parsed) =
            X509Certificate::from_der(der).map_err(|error| bad(&error.to_string()))?;
        if !rest.is_empty() {
            return Err(bad("bytes follow it"));
        }
        let (algorithm, bits) = public_key(parsed.public_key());
        let validity = parsed.validity();
        Ok(Certificate {
            computer: fold_domain(computer)?,
            store,
            thumbprint: thumbprint(der),
            der: der.to_vec(),
            key,
            is_exportable: false,
            friendly_name: String::new(),
            services: Vec::new(),
            subject: windows_name(parsed.subject()),
            issuer: windows_name(parsed.issuer()),
            serial: fold_serial(parsed.raw_serial()),
            not_before_ms: validity.not_before.timestamp().saturating_mul(1000),
            not_after_ms: validity.not_after.timestamp().saturating_mul(1000),
            dns_names: dns_names(&parsed)?,
            common_names: parsed
                .subject()
                .iter_common_name()
                .map(|name| attribute_text(name.attr_value()))
                .collect(),
            is_self_signed: parsed.subject().as_raw() == parsed.issuer().as_raw(),
            eku: eku(&parsed)?,
            public_key_bits: bits,
            public_key_algorithm: algorithm,
            is_authority: parsed.is_ca(),
        })
    }
}

impl CertificateRequest {
    /// Parses a signing request (PKCS#10, RFC 2986) made on a computer.
    pub fn from_der(
        computer: &str,
        der: &[u8],
        key: Secret,
        created_ms: i64,
    ) -> Result<CertificateRequest> {
        let (_, parsed) = X509CertificationRequest::from_der(der).map_err(|error| {
            Error::Invalid(format!("this is not a certificate request: {error}"))
        })?;
        let info = &parsed.certification_request_info;
        let mut names = Vec::new();
        for extension in parsed.requested_extensions().into_iter().flatten() {
            if let ParsedExtension::SubjectAlternativeName(alternative) = extension {
                names.extend(general_dns_names(&alternative.general_names));
            }
        }
        Ok(CertificateRequest {
            computer: fold_domain(computer)?,
            thumbprint: thumbprint(der),
            der: der.to_vec(),
            public_key: info.subject_pki.raw.to_vec(),
            key,
            is_exportable: false,
            friendly_name: String::new(),
            subject: windows_name(&info.subject),
            dns_names: names,
            created_ms,
        })
    }
}

/// SHA-1 of the DER, as certificate dialogs show it.
pub(crate) fn thumbprint(der: &[u8]) -> String {
    let hash = ring::digest::digest(&ring::digest::SHA1_FOR_LEGACY_USE_ONLY, der);
    hex(hash.as_ref()).to_ascii_uppercase()
}

/// Lower-case hex.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A serial number without the zero byte that only keeps it positive.
fn fold_serial(serial: &[u8]) -> String {
    let serial = match serial {
        [0, rest @ ..] if !rest.is_empty() => rest,
        other => other,
    };
    hex(serial).to_ascii_uppercase()
}

/// A name as Windows prints it: last attribute first, `, ` between, values quoted when needed.
pub(crate) fn windows_name(name: &X509Name<'_>) -> String {
    let mut parts: Vec<String> = name
        .iter_rdn()
        .map(|rdn| {
            let parts: Vec<String> = rdn
                .iter()
                .map(|attribute| {
                    let oid = attribute.attr_type().to_id_string();
                    let value = attribute_text(attribute.attr_value());
                    format!("{}={}", attribute_label(&oid), quote(&value))
                })
                .collect();
            parts.join(" + ")
        })
        .collect();
    parts.reverse();
    parts.join(", ")
}

/// Microsoft's CertNameToStr (CERT_X500_NAME_STR) labels.
fn attribute_label(oid: &str) -> String {
    let label = match oid {
        "2.5.4.3" => "CN",
        "2.5.4.4" => "SN",
        "2.5.4.5" => "SERIALNUMBER",
        "2.5.4.6" => "C",
        "2.5.4.7" => "L",
        "2.5.4.8" => "S",
        "2.5.4.9" => "STREET",
        "2.5.4.10" => "O",
        "2.5.4.11" => "OU",
        "2.5.4.12" => "T",
        "2.5.4.42" => "G",
        "2.5.4.43" => "I",
        "0.9.2342.19200300.100.1.25" => "DC",
        "1.2.840.113549.1.9.1" => "E",
        other => return format!("OID.{other}"),
    };
    label.to_owned()
}

fn quote(value: &str) -> String {
    let special = value.contains([',', '+', '=', '"', '\n', '<', '>', '#', ';'])
        || value.starts_with(' ')
        || value.ends_with(' ')
        || value.is_empty();
    if special { format!("\"{}\"", value.replace('"', "\"\"")) } else { value.to_owned() }
}

/// Text of an attribute; only for showing and finding, never for deciding about trust.
fn attribute_text(value: &x509_parser::der_parser::asn1_rs::Any<'_>) -> String {
    if value.tag() == x509_parser::der_parser::asn1_rs::Tag::BmpString {
        let units: Vec<u16> = value
            .data
            .chunks_exact(2)
            .map(|pair| {
                u16::from_be_bytes([
                    pair.first().copied().unwrap_or(0),
                    pair.get(1).copied().unwrap_or(0),
                ])
            })
            .collect();
        return String::from_utf16_lossy(&units);
    }
    String::from_utf8_lossy(value.data).into_owned()
}

fn dns_names(parsed: &X509Certificate<'_>) -> Result<Vec<String>> {
    let extension = parsed
        .subject_alternative_name()
        .map_err(|error| Error::Invalid(format!("subject alternative name: {error}")))?;
    Ok(extension.map(|found| general_dns_names(&found.value.general_names)).unwrap_or_default())
}

fn general_dns_names(names: &[GeneralName<'_>]) -> Vec<String> {
    names
        .iter()
        .filter_map(|name| match name {
            GeneralName::DNSName(name) => Some((*name).to_owned()),
            _ => None,
        })
        .collect()
}

fn eku(parsed: &X509Certificate<'_>) -> Result<Vec<String>> {
    let extension = parsed
        .extended_key_usage()
        .map_err(|error| Error::Invalid(format!("extended key usage: {error}")))?;
    let Some(usage) = extension.map(|found| found.value) else { return Ok(Vec::new()) };
    let known = [
        (usage.any, "2.5.29.37.0"),
        (usage.server_auth, "1.3.6.1.5.5.7.3.1"),
        (usage.client_auth, "1.3.6.1.5.5.7.3.2"),
        (usage.code_signing, "1.3.6.1.5.5.7.3.3"),
        (usage.email_protection, "1.3.6.1.5.5.7.3.4"),
        (usage.time_stamping, "1.3.6.1.5.5.7.3.8"),
        (usage.ocsp_signing, "1.3.6.1.5.5.7.3.9"),
    ];
    let mut oids: Vec<String> =
        known.iter().filter(|(set, _)| *set).map(|(_, oid)| (*oid).to_owned()).collect();
    oids.extend(usage.other.iter().map(|oid| oid.to_id_string()));
    Ok(oids)
}

fn public_key(key: &SubjectPublicKeyInfo<'_>) -> (String, u32) {
    match key.parsed() {
        Ok(PublicKey::RSA(rsa)) => ("RSA".into(), u32::try_from(rsa.key_size()).unwrap_or(0)),
        Ok(PublicKey::EC(point)) => ("ECC".into(), u32::try_from(point.key_size()).unwrap_or(0)),
        _ => (key.algorithm.algorithm.to_id_string(), 0),
    }
}
