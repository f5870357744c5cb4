//! The key of the secret columns, and values that must not be printed.
//!
//! Owns: `data/secret.key` (32 bytes, 0600) and the form of a wrapped value:
//! one version byte, a random 12-byte nonce, ciphertext and tag of ChaCha20-Poly1305
//! (RFC 8439), with the row's place as associated data, so that a wrapped value cannot be moved
//! to another row.

use std::fmt;
use std::fs::OpenOptions;
use std::io::{Read, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::rand::{SecureRandom, SystemRandom};

use crate::{Error, Result};

/// Version byte of the wrapped form.
const FORM: u8 = 1;
const KEY_BYTES: usize = 32;

/// Bytes that are never printed: a private key, a verifier.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Vec<u8>);

impl Secret {
    /// Takes the bytes.
    pub fn new(bytes: impl Into<Vec<u8>>) -> Secret {
        Secret(bytes.into())
    }

    /// The bytes, where they are really needed.
    pub fn expose(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// The key that wraps secret columns.
pub struct SecretKey(LessSafeKey);

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretKey(…)")
    }
}

impl SecretKey {
    /// A key from its 32 bytes.
    pub fn from_bytes(bytes: [u8; KEY_BYTES]) -> SecretKey {
        #[expect(clippy::expect_used, reason = "the length is the algorithm's own")]
        let key = UnboundKey::new(&CHACHA20_POLY1305, &bytes).expect("32 bytes");
        SecretKey(LessSafeKey::new(key))
    }

    /// Reads the key file, or makes it (mode 0600) if it is absent. A key file that others may
    /// read is refused, because then the wrapping protects nothing.
    pub fn load_or_create(path: &Path) -> Result<SecretKey> {
        match std::fs::File::open(path) {
            Ok(file) => Self::load(path, file),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Self::create(path),
            Err(error) => Err(Error::Unavailable(format!("{}: {error}", path.display()))),
        }
    }

    fn load(path: &Path, mut file: std::fs::File) -> Result<SecretKey> {
        let failed = |error| Error::Unavailable(format!("{}: {error}", path.display()));
        let mode = file.metadata().map_err(failed)?.permissions().mode() & 0o777;
        if mode & 0o077 != 0 {
            return Err(Error::Invalid(format!(
                "{} may be read by others (mode {mode:o}): run chmod 600 on it",
                path.display()
            )));
        }
        let mut bytes = Vec::new();
        Read::by_ref(&mut file)
            .take(KEY_BYTES as u64 + 1)
            .read_to_end(&mut bytes)
            .map_err(failed)?;
        let bytes: [u8; KEY_BYTES] = bytes.try_into().map_err(|_| {
            Error::Damaged(format!("{} does not hold exactly 32 bytes", path.display()))
        })?;
        Ok(SecretKey::from_bytes(bytes))
    }

    fn create(path: &Path) -> Result<SecretKey> {
        let failed = |error| Error::Unavailable(format!("{}: {error}", path.display()));
        let bytes: [u8; KEY_BYTES] = random()?;
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(path)
            .map_err(failed)?;
        file.write_all(&bytes).and_then(|()| file.sync_all()).map_err(failed)?;
        Ok(SecretKey::from_bytes(bytes))
    }

    /// Wraps `clear` for the row named by `place`.
    pub(crate) fn seal(&self, place: &str, clear: &[u8]) -> Result<Vec<u8>> {
        let nonce: [u8; NONCE_LEN] = random()?;
        let mut body = clear.to_vec();
        self.0
            .seal_in_place_append_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(place.as_bytes()),
                &mut body,
            )
            .map_err(|_| Error::Unavailable("a secret could not be wrapped".into()))?;
        let mut sealed = Vec::with_capacity(1 + NONCE_LEN + body.len());
        sealed.push(FORM);
        sealed.extend_from_slice(&nonce);
        sealed.append(&mut body);
        Ok(sealed)
    }

    /// Opens what [`SecretKey::seal`] made for the same place.
    pub(crate) fn open(&self, place: &str, sealed: &[u8]) -> Result<Vec<u8>> {
        let damaged = || {
            Error::Damaged(format!(
                "the secret of {place} does not open (another secret.key, or changed bytes)"
            ))
        };
        let (form, rest) = sealed.split_first().ok_or_else(damaged)?;
        let (nonce, body) = rest.split_first_chunk::<NONCE_LEN>().ok_or_else(damaged)?;
        if *form != FORM {
            return Err(damaged());
        }
        let mut body = body.to_vec();
        let clear = self
            .0
            .open_in_place(
                Nonce::assume_unique_for_key(*nonce),
                Aad::from(place.as_bytes()),
                &mut body,
            )
            .map_err(|_| damaged())?;
        Ok(clear.to_vec())
    }
}

/// Random bytes of the operating system.
pub(crate) fn random<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0u8; N];
    SystemRandom::new()
        .fill(&mut bytes)
        .map_err(|_| Error::Unavailable("the system gives no random bytes".into()))?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_byte_or_another_place_is_noticed() {
        let key = SecretKey::from_bytes([7; 32]);
        let sealed = key.seal("certificate/1", b"pkcs8").unwrap();
        assert_eq!(key.open("certificate/1", &sealed).unwrap(), b"pkcs8");
        assert!(matches!(key.open("certificate/2", &sealed), Err(Error::Damaged(_))));
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert!(matches!(key.open("certificate/1", &changed), Err(Error::Damaged(_))), "{at}");
        }
        for length in 0..sealed.len() {
            assert!(key.open("certificate/1", &sealed[..length]).is_err(), "{length}");
        }
        assert_ne!(sealed, key.seal("certificate/1", b"pkcs8").unwrap(), "random nonce");
    }

    #[test]
    fn the_key_file_is_made_once_and_private() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret.key");
        let sealed = SecretKey::load_or_create(&path).unwrap().seal("x", b"y").unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(SecretKey::load_or_create(&path).unwrap().open("x", &sealed).unwrap(), b"y");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
        assert!(matches!(SecretKey::load_or_create(&path), Err(Error::Invalid(_))));
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        std::fs::write(&path, [0u8; 31]).unwrap();
        assert!(matches!(SecretKey::load_or_create(&path), Err(Error::Damaged(_))));
    }

    #[test]
    fn secrets_do_not_print() {
        assert!(!format!("{:?}", Secret::new(*b"topsecret")).contains("topsecret"));
    }
}
