//! Passwords: one argon2id hash, and the Digest verifiers of each login form.

use std::fmt;

use argon2::password_hash::PasswordHasher;
use argon2::password_hash::phc::{Output, PasswordHash};
use argon2::{Algorithm, Argon2, Block, Params, Version};
use md5::Digest;

use uuid::Uuid;

use super::account::{self, Account};
use super::certificate::hex;
use super::deployment;
use crate::sql::{Sql, found};
use crate::{Change, Error, PASSWORD_BYTES_MAX, Result, Writer};

/// Hash of a Digest verifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(i64)]
pub enum HashAlgorithm {
    /// MD5 (RFC 2617).
    Md5 = 1,
    /// SHA-256 (RFC 8760).
    Sha256 = 2,
}

/// One Digest verifier: H(login ":" realm ":" password), lower-case hex.
#[derive(Clone, PartialEq, Eq)]
pub struct Ha1 {
    /// Whose.
    pub account: Uuid,
    /// The login form it was made for, exactly as a client must type it.
    pub login: String,
    /// Hash used.
    pub algorithm: HashAlgorithm,
    /// The verifier. Knowing it is as good as the password: never print it.
    pub hex: String,
}

impl fmt::Debug for Ha1 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Ha1({} {:?} …)", self.login, self.algorithm)
    }
}

/// Sets the password of an account. The hash is made here, on the writer thread: 20 ms per
/// password, and nobody sets many.
pub(crate) fn set(tx: &mut Writer, account: Uuid, password: &str) -> Result<()> {
    if password.is_empty() || password.len() > PASSWORD_BYTES_MAX {
        return Err(Error::Invalid(format!(
            "a password has 1 to {PASSWORD_BYTES_MAX} bytes, this one has {}",
            password.len()
        )));
    }
    let account = found(account::get(&tx.sql, account)?, || format!("account {account}"))?;
    let hash = Argon2::default()
        .hash_password(password.as_bytes())
        .map_err(|error| Error::Unavailable(format!("argon2: {error}")))?
        .to_string();
    tx.sql.run(
        "INSERT INTO password VALUES (?1, ?2, ?3) ON CONFLICT (account)
         DO UPDATE SET argon2id = excluded.argon2id, changed_ms = excluded.changed_ms",
        (account.id, hash, tx.now_ms),
    )?;
    tx.sql.run("DELETE FROM ha1 WHERE account = ?1", [account.id])?;
    let realm = deployment::get(&tx.sql)?.realm;
    for (login, strength) in login_forms(&account) {
        for algorithm in [HashAlgorithm::Md5, HashAlgorithm::Sha256] {
            let hex = digest_ha1(algorithm, &login, &realm, password);
            let sealed = tx.sql.seal(&place(&login, algorithm), hex.as_bytes())?;
            let statement = match strength {
                Strength::Own => {
                    "INSERT INTO ha1 VALUES (?1, ?2, ?3, ?4) ON CONFLICT (login, algorithm)
                     DO UPDATE SET account = excluded.account, sealed = excluded.sealed"
                }
                Strength::IfFree => "INSERT OR IGNORE INTO ha1 VALUES (?1, ?2, ?3, ?4)",
            };
            tx.sql.run(statement, (&login, algorithm as i64, account.id, sealed))?;
        }
    }
    super::web_session::delete_of(tx, account.id)?;
    tx.changed(Change::Password(account.id));
    Ok(())
}

/// Drops the verifiers of names that an account no longer has.
pub(crate) fn keep_only(tx: &mut Writer, account: &Account) -> Result<()> {
    let forms = login_forms(account);
    let logins: Vec<String> =
        tx.sql.many("SELECT DISTINCT login FROM ha1 WHERE account = ?1", [account.id], |row| {
            row.get(0)
        })?;
    for login in logins {
        if !forms.iter().any(|(form, _)| *form == login) {
            tx.sql.run("DELETE FROM ha1 WHERE account = ?1 AND login = ?2", (account.id, login))?;
        }
    }
    tx.changed(Change::Password(account.id));
    Ok(())
}

/// What to do if another account has a login form already.
#[derive(Clone, Copy)]
enum Strength {
    /// It is this account's by right (unique names).
    Own,
    /// First come, first served (local parts may be equal in two domains).
    IfFree,
}

/// The forms `localpart` and `user@domain` in which a client may give its name. A Digest
/// contains the name as typed (RFC 7616 §3.4.2), so each spelling needs its own verifier: as
/// stored, and in lower case.
fn login_forms(account: &Account) -> Vec<(String, Strength)> {
    let local = account.upn.rsplit_once('@').map_or("", |(local, _)| local);
    let mut forms: Vec<(String, Strength)> = Vec::new();
    for (name, strength) in [
        (account.sam.as_str(), Strength::Own),
        (account.upn.as_str(), Strength::Own),
        (local, Strength::IfFree),
    ] {
        for form in [name.to_owned(), name.to_lowercase()] {
            if !form.is_empty() && !forms.iter().any(|(other, _)| *other == form) {
                forms.push((form, strength));
            }
        }
    }
    forms
}

pub(crate) fn verify(sql: &Sql, login: &str, password: &str) -> Result<Option<Account>> {
    let account = account::by_login(sql, login)?;
    let stored: Option<String> = match &account {
        Some(account) => {
            sql.one("SELECT argon2id FROM password WHERE account = ?1", [account.id], |row| {
                row.get(0)
            })?
        }
        None => None,
    };
    // No account has an empty password, so an overlong one is wrong, after the same work.
    let password = if password.len() > PASSWORD_BYTES_MAX { "" } else { password };
    let right = match &stored {
        Some(hash) => {
            let hash = PasswordHash::new(hash)
                .map_err(|error| Error::Damaged(format!("a password hash: {error}")))?;
            is_of(&hash, password)
                .map_err(|error| Error::Damaged(format!("a password hash: {error}")))?
        }
        None => {
            // The same work as for a known name; the result is thrown away.
            let _ = output(&Argon2::default(), password, b"nobody has this.");
            false
        }
    };
    Ok(account.filter(|account| right && account.enabled))
}

fn is_of(hash: &PasswordHash, password: &str) -> argon2::password_hash::Result<bool> {
    let (Some(salt), Some(expected)) = (&hash.salt, &hash.hash) else { return Ok(false) };
    let algorithm = Algorithm::try_from(hash.algorithm.as_str())?;
    let version = hash.version.map(Version::try_from).transpose()?.unwrap_or_default();
    let hasher = Argon2::new(algorithm, version, Params::try_from(hash)?);
    let found = Output::new(&output(&hasher, password, salt)?)?;
    // Compared in constant time.
    Ok(*expected == found)
}

/// Memory from the kernel, which goes back to it at once: glibc maps pieces of more than 32 MiB
/// (`DEFAULT_MMAP_THRESHOLD_MAX`) each by itself, and what is not touched is not there. Pieces of
/// the 19 MiB that a hash needs stayed with the allocator, a new one for nearly every password.
const MEMORY_BLOCKS_MIN: usize = 33 * 1024 * 1024 / Block::SIZE;

fn output(hasher: &Argon2<'_>, password: &str, salt: &[u8]) -> argon2::Result<Vec<u8>> {
    let params = hasher.params();
    let mut out = vec![0; params.output_len().unwrap_or(Params::DEFAULT_OUTPUT_LEN)];
    let mut memory = Vec::with_capacity(params.block_count().max(MEMORY_BLOCKS_MIN));
    memory.resize(params.block_count(), Block::default());
    hasher.hash_password_into_with_memory(password.as_bytes(), salt, &mut out, &mut memory)?;
    Ok(out)
}

pub(crate) fn ha1(sql: &Sql, login: &str, algorithm: HashAlgorithm) -> Result<Option<Ha1>> {
    let row: Option<(Uuid, Vec<u8>)> = sql.one(
        "SELECT ha1.account, ha1.sealed FROM ha1 JOIN account ON account.id = ha1.account
         WHERE ha1.login = ?1 AND ha1.algorithm = ?2 AND account.enabled = 1",
        (login, algorithm as i64),
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    row.map(|(account, sealed)| open(sql, account, login.to_owned(), algorithm, &sealed))
        .transpose()
}

pub(crate) fn ha1s(sql: &Sql) -> Result<Vec<Ha1>> {
    let rows: Vec<(Uuid, String, i64, Vec<u8>)> = sql.many(
        "SELECT ha1.account, ha1.login, ha1.algorithm, ha1.sealed
         FROM ha1 JOIN account ON account.id = ha1.account
         WHERE account.enabled = 1 ORDER BY ha1.login, ha1.algorithm",
        [],
        |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)),
    )?;
    rows.into_iter()
        .map(|(account, login, algorithm, sealed)| {
            let algorithm = match algorithm {
                1 => HashAlgorithm::Md5,
                2 => HashAlgorithm::Sha256,
                other => return Err(Error::Damaged(format!("Digest algorithm {other}"))),
            };
            open(sql, account, login, algorithm, &sealed)
        })
        .collect()
}

fn open(
    sql: &Sql,
    account: Uuid,
    login: String,
    algorithm: HashAlgorithm,
    sealed: &[u8],
) -> Result<Ha1> {
    let hex = String::from_utf8(sql.open(&place(&login, algorithm), sealed)?)
        .map_err(|_| Error::Damaged(format!("the Digest verifier of {login}")))?;
    Ok(Ha1 { account, login, algorithm, hex })
}

fn place(login: &str, algorithm: HashAlgorithm) -> String {
    format!("ha1/{}/{login}", algorithm as i64)
}

/// RFC 7616 §3.4.2: A1 = unq(username) ":" unq(realm) ":" passwd.
fn digest_ha1(algorithm: HashAlgorithm, login: &str, realm: &str, password: &str) -> String {
    let a1 = format!("{login}:{realm}:{password}");
    match algorithm {
        HashAlgorithm::Md5 => hex(&md5::Md5::digest(a1.as_bytes())),
        HashAlgorithm::Sha256 => {
            hex(ring::digest::digest(&ring::digest::SHA256, a1.as_bytes()).as_ref())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 2617 §3.5 and RFC 7616 §3.9.1 (their HA1 follow from the values printed there).
    #[test]
    fn known_ha1() {
        let (login, password) = ("Mufasa", "Circle Of Life");
        let md5 = digest_ha1(HashAlgorithm::Md5, login, "testrealm@host.com", password);
        assert_eq!(md5, "939e7578ed9e3c518a452acee763bce9");
        let sha =
            digest_ha1(HashAlgorithm::Sha256, login, "http-auth@example.org", "Circle of Life");
        assert_eq!(sha, "7987c64c30e25f1b74be53f966b49b90f2808aa92faf9a00262392d7b4794232");
    }
}
