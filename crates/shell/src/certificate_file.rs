//! Files with certificates and keys, as people carry them about: a certificate in DER, PEM text
//! with certificates and a key in any order, PKCS #7 (`.p7b`, RFC 5652 §5), PKCS #12 (`.pfx`, RFC
//! 7292).
//!
//! Owns what is in such a file and the making of PKCS #12. Whose key fits which certificate and
//! where it goes is `cmdlet/exchange_certificate/import`.

use std::time::Duration;

use p12_keystore::{
    Certificate, KeyStore, KeyStoreEntry, Pkcs12ImportPolicy, PrivateKey, PrivateKeyChain,
};
use x509_parser::prelude::{FromDer as _, X509Certificate};

use crate::limits::{
    CERTIFICATES_IN_FILE_MAX, PEM_BLOCKS_MAX, PKCS12_ITERATIONS, PKCS12_OPENING_S_MAX,
};

/// id-signedData, RFC 5652 §5.1.
const SIGNED_DATA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 2];
const INTEGER: u8 = 0x02;
const OCTET_STRING: u8 = 0x04;
const OBJECT_IDENTIFIER: u8 = 0x06;
const SEQUENCE: u8 = 0x30;
/// `[0]`, constructed.
const TAGGED_0: u8 = 0xa0;

/// What is in a file.
#[derive(Debug, Default)]
pub(crate) struct CertificateFile {
    /// Certificates, DER, in the order of the file; in a `.pfx` the key's own is the first.
    pub(crate) certificates: Vec<Vec<u8>>,
    /// The private key, PKCS #8, or the bare form that [`pkcs8`] wraps.
    pub(crate) key: Option<PrivateKeyText>,
}

/// A private key as it stood in the file.
#[derive(Debug)]
pub(crate) enum PrivateKeyText {
    /// PKCS #8.
    Whole(Vec<u8>),
    /// PKCS #1 or SEC 1: what kind of key it is stands in its certificate only.
    Bare(Vec<u8>),
}

/// Why nothing can be made of a file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum FileFault {
    /// Nothing that is known.
    #[error("it is neither a DER certificate, PEM text, PKCS #7 nor PKCS #12")]
    Unknown,
    /// No certificate.
    #[error("there is no certificate in it")]
    NoCertificate,
    /// More certificates than anybody has use for.
    #[error("there are more than {CERTIFICATES_IN_FILE_MAX} certificates in it")]
    TooMany,
    /// PEM text with a key that is encrypted.
    #[error("its private key is encrypted PEM text; put it into a .pfx file with a password")]
    EncryptedKey,
    /// PKCS #12.
    #[error("it is a PKCS #12 file (.pfx) and its password was not given")]
    PasswordMissing,
    /// PKCS #12.
    #[error("the password is not the one of this PKCS #12 file")]
    WrongPassword,
    /// PKCS #12.
    #[error("the PKCS #12 file cannot be used: {0}")]
    Pkcs12(String),
}

/// Reads a file.
///
/// # Errors
/// Why nothing can be made of it.
pub(crate) async fn read(
    bytes: Vec<u8>,
    password: Option<String>,
) -> Result<CertificateFile, FileFault> {
    let found = if is_pkcs12(&bytes) { open(bytes, password).await? } else { plain(&bytes)? };
    match found.certificates.len() {
        0 => Err(FileFault::NoCertificate),
        1..=CERTIFICATES_IN_FILE_MAX => Ok(found),
        _ => Err(FileFault::TooMany),
    }
}

fn plain(bytes: &[u8]) -> Result<CertificateFile, FileFault> {
    let text = std::str::from_utf8(bytes).ok().filter(|text| text.contains("-----BEGIN "));
    if let Some(text) = text {
        return pem(text);
    }
    if let Ok(([], _)) = X509Certificate::from_der(bytes) {
        return Ok(CertificateFile { certificates: vec![bytes.to_vec()], key: None });
    }
    let certificates = pkcs7(bytes).ok_or(FileFault::Unknown)?;
    Ok(CertificateFile { certificates, key: None })
}

fn pem(text: &str) -> Result<CertificateFile, FileFault> {
    let mut found = CertificateFile::default();
    let mut rest = text;
    // Each block costs a search through the rest.
    for _ in 0..PEM_BLOCKS_MAX {
        let Some(at) = rest.find("-----BEGIN ") else { break };
        rest = rest.get(at..).unwrap_or_default();
        let label = rest.get(11..).and_then(|it| it.split_once("-----")).map_or("", |it| it.0);
        let whole = im::from_pem(&[label], rest);
        rest = rest.get(11..).unwrap_or_default();
        let Some(der) = whole else { continue };
        match label {
            "CERTIFICATE" | "X509 CERTIFICATE" | "TRUSTED CERTIFICATE" => {
                found.certificates.push(der);
            }
            "PKCS7" => found.certificates.extend(pkcs7(&der).ok_or(FileFault::Unknown)?),
            "PRIVATE KEY" => found.key = Some(PrivateKeyText::Whole(der)),
            "RSA PRIVATE KEY" | "EC PRIVATE KEY" => found.key = Some(PrivateKeyText::Bare(der)),
            "ENCRYPTED PRIVATE KEY" => return Err(FileFault::EncryptedKey),
            _ => {}
        }
    }
    if found.key.is_none() && text.contains("Proc-Type: 4,ENCRYPTED") {
        return Err(FileFault::EncryptedKey);
    }
    Ok(found)
}

/// The certificates of a PKCS #7 file: `ContentInfo` with a degenerate `SignedData`.
fn pkcs7(bytes: &[u8]) -> Option<Vec<Vec<u8>>> {
    let (SEQUENCE, info, []) = element(bytes)? else { return None };
    let (OBJECT_IDENTIFIER, kind, info) = element(info)? else { return None };
    if kind != SIGNED_DATA {
        return None;
    }
    let (TAGGED_0, content, _) = element(info)? else { return None };
    let (SEQUENCE, mut fields, _) = element(content)? else { return None };
    while !fields.is_empty() {
        let (tag, value, rest) = element(fields)?;
        fields = rest;
        // certificates [0] IMPLICIT; the content, also [0], is inside a SEQUENCE before it.
        if tag == TAGGED_0 {
            return Some(certificates(value));
        }
    }
    Some(Vec::new())
}

fn certificates(mut bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    while let Some((tag, _, rest)) = element(bytes) {
        let whole = bytes.get(..bytes.len() - rest.len()).unwrap_or_default();
        // Other choices (attribute certificates) are tagged.
        if tag == SEQUENCE {
            found.push(whole.to_vec());
        }
        bytes = rest;
    }
    found
}

/// The first element of DER (X.690 §8.1): tag, contents, what follows.
fn element(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, rest) = bytes.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = match first {
        0..=0x7f => (usize::from(first), rest),
        0x81..=0x84 => {
            let (digits, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
            let length = digits.iter().fold(0_usize, |sum, byte| (sum << 8) | usize::from(*byte));
            (length, rest)
        }
        _ => return None,
    };
    let (contents, rest) = rest.split_at_checked(length)?;
    Some((tag, contents, rest))
}

fn is_pkcs12(bytes: &[u8]) -> bool {
    // PFX ::= SEQUENCE { version INTEGER {v3(3)}, … }; OpenSSL and Windows write it in DER.
    let inside = element(bytes).filter(|(tag, _, _)| *tag == SEQUENCE).map(|it| it.1);
    inside.and_then(element).is_some_and(|(tag, value, _)| tag == INTEGER && value == [3])
}

/// Opens PKCS #12 beside the other work: deriving the key is slow on purpose, and how slow is
/// written in the file.
async fn open(bytes: Vec<u8>, password: Option<String>) -> Result<CertificateFile, FileFault> {
    let is_given = password.is_some();
    let opening =
        tokio::task::spawn_blocking(move || unpack(&bytes, &password.unwrap_or_default()));
    let longest = Duration::from_secs(PKCS12_OPENING_S_MAX);
    match tokio::time::timeout(longest, opening).await {
        Ok(Ok(Err(FileFault::WrongPassword))) if !is_given => Err(FileFault::PasswordMissing),
        Ok(Ok(opened)) => opened,
        Ok(Err(_)) => Err(FileFault::Pkcs12("it is damaged".to_owned())),
        Err(_) => Err(FileFault::Pkcs12(format!(
            "opening it takes longer than {PKCS12_OPENING_S_MAX} s; write it with fewer iterations"
        ))),
    }
}

fn unpack(bytes: &[u8], password: &str) -> Result<CertificateFile, FileFault> {
    let linked = KeyStore::from_pkcs12(bytes, password, Pkcs12ImportPolicy::Strict);
    let linked = linked.map_err(|error| fault(&error))?;
    if let Some((_, chain)) = linked.private_key_chain() {
        return Ok(CertificateFile {
            certificates: chain.certs().iter().map(|it| it.as_der().to_vec()).collect(),
            key: Some(PrivateKeyText::Whole(chain.key().as_der().to_vec())),
        });
    }
    // Written by somebody who does not say which certificate belongs to the key.
    let loose = KeyStore::from_pkcs12(bytes, password, Pkcs12ImportPolicy::Raw);
    let mut found = CertificateFile::default();
    for (_, entry) in loose.map_err(|error| fault(&error))?.entries() {
        match entry {
            KeyStoreEntry::Certificate(it) => found.certificates.push(it.as_der().to_vec()),
            KeyStoreEntry::PrivateKeyChain(chain) => {
                found.key = Some(PrivateKeyText::Whole(chain.key().as_der().to_vec()));
                found.certificates.extend(chain.certs().iter().map(|it| it.as_der().to_vec()));
            }
            KeyStoreEntry::Secret(_) => {}
        }
    }
    Ok(found)
}

fn fault(error: &p12_keystore::error::Error) -> FileFault {
    use p12_keystore::error::Error as E;
    match error {
        // Without an integrity check a wrong password shows in what comes out.
        E::MacError(_) | E::UnpadError | E::Pkcs5Error(_) => FileFault::WrongPassword,
        other => FileFault::Pkcs12(other.to_string()),
    }
}

/// A PKCS #12 file with a key and its certificate first, then the authorities above it. AES-256
/// and SHA-256, as OpenSSL 3 writes it and Windows from 2019 on reads it.
///
/// # Errors
/// What the library says.
pub(crate) fn write(
    key: &[u8],
    chain: &[Vec<u8>],
    name: &str,
    password: &str,
) -> Result<Vec<u8>, String> {
    let mut certificates = Vec::new();
    for der in chain {
        certificates.push(Certificate::from_der(der).map_err(|error| error.to_string())?);
    }
    let key = PrivateKey::from_der(key).map_err(|error| error.to_string())?;
    let mut file = KeyStore::new();
    // The number is any that key and certificate share.
    let entry = PrivateKeyChain::new(vec![1, 0, 0, 0], key, certificates);
    file.add_entry(name, KeyStoreEntry::PrivateKeyChain(entry));
    let writer = file.writer(password);
    let writer = writer.encryption_iterations(PKCS12_ITERATIONS).mac_iterations(PKCS12_ITERATIONS);
    writer.write().map_err(|error| error.to_string())
}

/// The key in PKCS #8 (RFC 5208 §5); `public_key` is its certificate's `SubjectPublicKeyInfo`,
/// which says what kind of key it is.
pub(crate) fn pkcs8(key: PrivateKeyText, public_key: &[u8]) -> Vec<u8> {
    let bare = match key {
        PrivateKeyText::Whole(key) => return key,
        PrivateKeyText::Bare(bare) => bare,
    };
    let inside = element(public_key).map_or(&[][..], |(_, inside, _)| inside);
    let rest = element(inside).map_or(&[][..], |(_, _, rest)| rest);
    let algorithm = inside.get(..inside.len() - rest.len()).unwrap_or_default();
    let version = [INTEGER, 1, 0];
    let parts = [&version[..], algorithm, &tagged(OCTET_STRING, &bare)].concat();
    tagged(SEQUENCE, &parts)
}

fn tagged(tag: u8, contents: &[u8]) -> Vec<u8> {
    let mut out = vec![tag];
    match u8::try_from(contents.len()) {
        Ok(short @ 0..=0x7f) => out.push(short),
        _ => {
            let digits = contents.len().to_be_bytes();
            let digits: Vec<u8> = digits.into_iter().skip_while(|digit| *digit == 0).collect();
            out.push(0x80 | u8::try_from(digits.len()).unwrap_or_default());
            out.extend(digits);
        }
    }
    out.extend_from_slice(contents);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_of_any_length() {
        for length in [0, 1, 127, 128, 255, 256, 70_000] {
            let contents = vec![7; length];
            let mut bytes = tagged(SEQUENCE, &contents);
            bytes.push(9);
            assert_eq!(element(&bytes), Some((SEQUENCE, contents.as_slice(), &[9][..])));
        }
        for bad in [&[][..], &[0x30], &[0x30, 0x80], &[0x30, 2, 0], &[0x30, 0x85, 1, 0, 0, 0, 0]] {
            assert_eq!(element(bad), None, "{bad:?}");
        }
    }

    #[tokio::test]
    async fn nonsense_is_refused_with_its_reason() {
        for (bytes, fault) in [
            (&b"hello"[..], FileFault::Unknown),
            (b"-----BEGIN CERTIFICATE-----\n!!\n", FileFault::NoCertificate),
            (b"-----BEGIN ENCRYPTED PRIVATE KEY-----\nMAA=\n-----END ENCRYPTED PRIVATE KEY-----\n",
                FileFault::EncryptedKey),
            (&[0x30, 0x80], FileFault::Unknown),
        ] {
            assert_eq!(read(bytes.to_vec(), None).await.unwrap_err(), fault);
        }
        let cut = read(vec![0x30, 5, 2, 1, 3, 0x30, 0], Some("x".to_owned())).await;
        assert!(matches!(cut, Err(FileFault::Pkcs12(_))), "{cut:?}");
    }
}
