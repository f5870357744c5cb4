//! The organisation's internal certificate authority: makes its root, issues certificates, signs
//! requests, revokes. Owns the rows of issued certificates; which computer trusts which root, and
//! which certificate a computer presents, are `store::directory` rows that others write.
//! Read next: `certificate.rs` (what stands in a certificate).

use rcgen::{KeyPair, PublicKeyData as _};
use ring::rand::{SecureRandom as _, SystemRandom};
use store::directory::{
    Certificate, CertificateStore, DirectoryRead, DirectoryWrite as _, IssuedCertificate,
};
use store::{Secret, Writer};
use x509_parser::prelude::{FromDer as _, X509Certificate};

use crate::certificate::{
    self, Body, CertificateError, Contents, KEY_USAGE_AUTHORITY, Made, Signer, Validity,
};
use crate::der;
use crate::distinguished_name::DistinguishedName;

/// The internal authority, ready to sign.
pub struct Authority {
    key: KeyPair,
    certificate: Vec<u8>,
    name: Vec<u8>,
    key_id: Vec<u8>,
}

/// A certificate that was issued, with the number under which it is recorded.
#[derive(Clone)]
pub struct Issued {
    /// The DER form.
    pub der: Vec<u8>,
    /// The private key as PKCS #8, unless a request was signed: then only the requester has it.
    pub key: Option<Vec<u8>>,
    /// The serial number in upper-case hexadecimal digits.
    pub serial: String,
}

impl Issued {
    /// The certificate as text; RFC 7468 §5.
    pub fn pem(&self) -> String {
        der::pem("CERTIFICATE", &self.der)
    }
}

impl Authority {
    /// A new authority with a new key and a self-signed root.
    pub fn create(common_name: &str, validity: Validity) -> Result<Authority, CertificateError> {
        let key = certificate::new_key()?;
        let public_key = key.subject_public_key_info();
        let body = Body {
            subject: DistinguishedName::common_name(common_name).to_der(),
            key_usage: KEY_USAGE_AUTHORITY,
            is_authority: true,
            extensions: Vec::new(),
            public_key,
        };
        let signer = Signer { name: &body.subject, key: &key, key_id: None };
        let certificate = body.sign(&signer, validity, &new_serial()?)?;
        let key_id = certificate::key_id(&body.public_key);
        Ok(Authority { name: body.subject, key, certificate, key_id })
    }

    /// The authority that was stored.
    pub fn open(certificate: &[u8], key: &[u8]) -> Result<Authority, CertificateError> {
        let broken = |what: &str| CertificateError::Authority(what.to_owned());
        let key = KeyPair::try_from(key).map_err(|error| broken(&error.to_string()))?;
        let (_, parsed) = X509Certificate::from_der(certificate)
            .map_err(|_| broken("its certificate cannot be read"))?;
        if parsed.public_key().raw != key.subject_public_key_info() {
            return Err(broken("its key does not belong to its certificate"));
        }
        Ok(Authority {
            name: parsed.subject().as_raw().to_vec(),
            key_id: certificate::key_id(parsed.public_key().raw),
            certificate: certificate.to_vec(),
            key,
        })
    }

    /// The authority of this deployment, once it was made.
    pub fn load(rows: &impl DirectoryRead) -> store::Result<Option<Authority>> {
        let stored = rows.authority()?;
        let opened = stored.map(|it| Authority::open(&it.der, it.key.expose()));
        opened.transpose().map_err(store::Error::caller)
    }

    /// Keeps this authority as the one of the deployment.
    pub fn keep(&self, tx: &mut Writer) -> store::Result<()> {
        let key = Secret::new(self.key());
        tx.put_authority(&store::directory::Authority { der: self.certificate.clone(), key })
    }

    /// Issues a certificate with a new key and notes it in the table of issued certificates.
    pub fn issue_noted(
        &self,
        tx: &mut Writer,
        contents: &Contents,
        until: Validity,
    ) -> store::Result<Issued> {
        let issued = self.issue(contents, until).map_err(store::Error::caller)?;
        note(tx, &issued)?;
        Ok(issued)
    }

    /// Signs a PKCS#10 request (DER or PEM) and notes the certificate.
    pub fn sign_request_noted(
        &self,
        tx: &mut Writer,
        request: &[u8],
        until: Validity,
    ) -> store::Result<Issued> {
        let issued = self.sign_request(request, until).map_err(store::Error::caller)?;
        note(tx, &issued)?;
        Ok(issued)
    }

    /// The root certificate, DER.
    pub fn certificate(&self) -> &[u8] {
        &self.certificate
    }

    /// The private key, PKCS #8.
    pub fn key(&self) -> &[u8] {
        self.key.serialized_der()
    }

    /// Issues a certificate with a new key.
    pub fn issue(&self, contents: &Contents, until: Validity) -> Result<Issued, CertificateError> {
        let key = certificate::new_key()?;
        let issued = self.sign(&Body::new(contents, &key), until)?;
        Ok(Issued { key: Some(key.serialize_der()), ..issued })
    }

    /// Signs a PKCS #10 request, in DER or in PEM.
    pub fn sign_request(
        &self,
        request: &[u8],
        until: Validity,
    ) -> Result<Issued, CertificateError> {
        let labels = ["CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST"];
        let text = std::str::from_utf8(request).ok();
        let decoded = text.and_then(|text| der::from_pem(&labels, text));
        let body = Body::from_request(decoded.as_deref().unwrap_or(request))?;
        self.sign(&body, until)
    }

    fn sign(&self, body: &Body, validity: Validity) -> Result<Issued, CertificateError> {
        let serial = new_serial()?;
        let signer = Signer { name: &self.name, key: &self.key, key_id: Some(&self.key_id) };
        let der = body.sign(&signer, validity, &serial)?;
        Ok(Issued { der, key: None, serial: hexadecimal(&serial) })
    }
}

/// Without a row here a certificate could not be revoked.
fn note(tx: &mut Writer, issued: &Issued) -> store::Result<()> {
    // Only what the certificate says is used, so any computer will do.
    let parsed = Certificate::from_der("localhost", CertificateStore::My, &issued.der, None)?;
    tx.put_issued_certificate(&IssuedCertificate {
        serial: parsed.serial,
        thumbprint: parsed.thumbprint,
        subject: parsed.subject,
        issued_ms: tx.now_ms(),
        not_after_ms: parsed.not_after_ms,
        revoked_ms: None,
    })
}

/// A self-signed certificate with a random serial number, as every mail server starts with.
pub fn self_signed(contents: &Contents, until: Validity) -> Result<Made, CertificateError> {
    certificate::self_signed(contents, until, &new_serial()?)
}

/// RFC 5280 §4.1.2.2: positive, at most 20 octets; 127 random bits are never repeated. The first
/// bit is cleared and the next one set, so that the number has the same length always.
fn new_serial() -> Result<[u8; 16], CertificateError> {
    let mut serial = [0u8; 16];
    SystemRandom::new()
        .fill(&mut serial)
        .map_err(|_| CertificateError::Key("the system gave no random numbers".to_owned()))?;
    if let Some(first) = serial.first_mut() {
        *first = (*first & 0x7f) | 0x40;
    }
    Ok(serial)
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::certificate::Usage;
    use x509_parser::prelude::GeneralName;

    const NOW_MS: i64 = 1_372_404_572_000;
    const NAME: &str = "atl-owa-001.litwareinc.com";

    fn authority() -> Authority {
        Authority::create("Litware Internal CA", Validity::days(NOW_MS, 3650)).unwrap()
    }

    fn dns_names(certificate: &X509Certificate<'_>) -> Vec<String> {
        let extension = certificate.subject_alternative_name().unwrap().unwrap();
        let names = extension.value.general_names.iter();
        let names = names.map(|name| match name {
            GeneralName::DNSName(name) => (*name).to_owned(),
            other => panic!("{other}"),
        });
        names.collect()
    }

    #[test]
    fn issues_what_a_server_needs() {
        let authority = authority();
        let contents = Contents::server(NAME, &["sip.litwareinc.com"]);
        let issued = authority.issue(&contents, Validity::days(NOW_MS, 730)).unwrap();
        let (_, root) = X509Certificate::from_der(authority.certificate()).unwrap();
        let (rest, certificate) = X509Certificate::from_der(&issued.der).unwrap();
        assert!(rest.is_empty());
        root.verify_signature(None).unwrap();
        certificate.verify_signature(Some(root.public_key())).unwrap();
        assert_eq!(certificate.issuer().as_raw(), root.subject().as_raw());
        assert_eq!(certificate.subject().to_string(), format!("CN={NAME}"));
        assert_eq!(dns_names(&certificate), [NAME, "sip.litwareinc.com"]);
        let usage = certificate.extended_key_usage().unwrap().unwrap().value;
        assert!(usage.server_auth && usage.client_auth);
        assert!(!certificate.is_ca() && root.is_ca());
        assert!(root.key_usage().unwrap().unwrap().value.key_cert_sign());
        assert_eq!(certificate.raw_serial().len(), 16);
        assert_eq!(hexadecimal(certificate.raw_serial()), issued.serial);
        assert_eq!(certificate.validity().not_after.timestamp(), NOW_MS / 1000 + 730 * 86_400);
        let key = KeyPair::try_from(issued.key.unwrap().as_slice()).unwrap();
        assert_eq!(key.subject_public_key_info(), certificate.public_key().raw);
    }

    #[test]
    fn serial_numbers_differ() {
        let authority = authority();
        let contents = Contents::server(NAME, &[]);
        let serials: std::collections::BTreeSet<String> = (0..50)
            .map(|_| authority.issue(&contents, Validity::days(NOW_MS, 1)).unwrap().serial)
            .collect();
        assert_eq!(serials.len(), 50);
    }

    #[test]
    fn opens_what_it_stored_and_nothing_else() {
        let (first, second) = (authority(), authority());
        let opened = Authority::open(first.certificate(), first.key()).unwrap();
        let contents = Contents::server(NAME, &[]);
        let issued = opened.issue(&contents, Validity::days(NOW_MS, 1)).unwrap();
        let (_, root) = X509Certificate::from_der(first.certificate()).unwrap();
        let (_, certificate) = X509Certificate::from_der(&issued.der).unwrap();
        certificate.verify_signature(Some(root.public_key())).unwrap();
        assert!(Authority::open(first.certificate(), second.key()).is_err());
        assert!(Authority::open(b"nonsense", first.key()).is_err());
        assert!(Authority::open(first.certificate(), b"nonsense").is_err());
    }

    #[test]
    fn a_request_keeps_its_subject_names_and_usages() {
        let contents = Contents {
            subject: DistinguishedName::parse(&format!("CN={NAME},OU=a,OU=b,DC=litware,DC=com"))
                .unwrap(),
            dns_names: vec![NAME.to_owned(), "*.litwareinc.com".to_owned()],
            usages: vec![Usage::ClientAuth],
        };
        let request = certificate::request(&contents).unwrap();
        let pem = der::pem("NEW CERTIFICATE REQUEST", &request.der);
        for input in [request.der.as_slice(), pem.as_bytes()] {
            let issued = authority().sign_request(input, Validity::days(NOW_MS, 365)).unwrap();
            assert!(issued.key.is_none());
            let (_, certificate) = X509Certificate::from_der(&issued.der).unwrap();
            let subject = certificate.subject().to_string();
            assert_eq!(subject, format!("DC=com, DC=litware, OU=b, OU=a, CN={NAME}"));
            assert_eq!(dns_names(&certificate), [NAME, "*.litwareinc.com"]);
            let usage = certificate.extended_key_usage().unwrap().unwrap().value;
            assert!(usage.client_auth && !usage.server_auth);
            let key = KeyPair::try_from(request.key.as_slice()).unwrap();
            assert_eq!(key.subject_public_key_info(), certificate.public_key().raw);
            assert!(issued.pem().starts_with("-----BEGIN CERTIFICATE-----\n"));
        }
    }

    #[test]
    fn requests_that_are_refused() {
        let authority = authority();
        let until = Validity::days(NOW_MS, 1);
        let refused = |request: &[u8]| authority.sign_request(request, until).err().unwrap();
        let good = certificate::request(&Contents::server(NAME, &[])).unwrap().der;
        let mut forged = good.clone();
        let middle = forged.len() / 3;
        forged[middle] ^= 1;
        let mut trailing = good.clone();
        trailing.push(0);
        let key = KeyPair::generate().unwrap();
        let mut wants_to_be_authority = rcgen::CertificateParams::new(vec![]).unwrap();
        wants_to_be_authority.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        let wants = wants_to_be_authority.serialize_request(&key).unwrap();
        assert_eq!(refused(b""), CertificateError::NotARequest);
        assert_eq!(refused(b"-----BEGIN CERTIFICATE REQUEST-----"), CertificateError::NotARequest);
        assert_eq!(refused(&vec![0x30; 20_000]), CertificateError::RequestTooLarge);
        assert_eq!(refused(&trailing), CertificateError::NotARequest);
        assert_eq!(refused(wants.der()), CertificateError::RequestForAuthority);
        assert!(matches!(
            refused(&forged),
            CertificateError::RequestSignature | CertificateError::NotARequest
        ));
    }

    #[test]
    fn self_signed_as_a_mail_server_starts() {
        let contents = Contents {
            subject: DistinguishedName::common_name("ATL-OWA-001"),
            dns_names: vec!["ATL-OWA-001".to_owned(), NAME.to_owned()],
            usages: vec![Usage::ServerAuth],
        };
        let made = self_signed(&contents, Validity::days(NOW_MS, 5 * 365)).unwrap();
        let (_, certificate) = X509Certificate::from_der(&made.der).unwrap();
        certificate.verify_signature(None).unwrap();
        assert_eq!(certificate.subject().as_raw(), certificate.issuer().as_raw());
    }
}
