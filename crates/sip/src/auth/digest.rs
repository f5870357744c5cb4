//! Digest authentication (RFC 3261 §22.4, RFC 7616, RFC 8760) with qop=auth.
//!
//! Owns: challenges, credentials, HA1, the response. Does not: mint nonces (`nonce`), store HA1.
//! Read next: `nonce`.

use std::borrow::Cow;
use std::fmt;

use md5::Md5;
use sha2::Sha256;
use subtle::ConstantTimeEq as _;

use super::AuthHeader;
use crate::error::ParseError;
use crate::message::scan;

/// The hash of a challenge. One algorithm per challenge: COMPAT(baresip 1.0.0) never answers a
/// 401 in which any challenge says SHA-256.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Algorithm {
    /// `MD5`, the default of RFC 3261.
    Md5,
    /// `SHA-256` (RFC 8760).
    Sha256,
}

impl Algorithm {
    /// The token in headers.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Algorithm::Md5 => "MD5",
            Algorithm::Sha256 => "SHA-256",
        }
    }

    /// The algorithm named `token`; MD5 if there is none (RFC 7616 §3.3).
    #[must_use]
    pub fn from_token(token: Option<&str>) -> Option<Algorithm> {
        match token {
            None => Some(Algorithm::Md5),
            Some(token) if token.eq_ignore_ascii_case("MD5") => Some(Algorithm::Md5),
            Some(token) if token.eq_ignore_ascii_case("SHA-256") => Some(Algorithm::Sha256),
            Some(_) => None,
        }
    }

    /// The hash of the parts with colons between them.
    fn hash(self, parts: &[&[u8]]) -> Digits {
        match self {
            Algorithm::Md5 => Digits::of(&hash::<Md5>(parts)),
            Algorithm::Sha256 => Digits::of(&hash::<Sha256>(parts)),
        }
    }
}

fn hash<D: sha2::Digest>(parts: &[&[u8]]) -> sha2::digest::Output<D> {
    let mut hash = D::new();
    for (at, part) in parts.iter().enumerate() {
        if at > 0 {
            hash.update(b":");
        }
        hash.update(part);
    }
    hash.finalize()
}

/// A hash in lower-case hex digits, on the stack: each request over a connection without TLS
/// needs two.
#[derive(Clone, Copy)]
struct Digits {
    digits: [u8; 64],
    count: usize,
}

impl Digits {
    fn of(hash: &[u8]) -> Digits {
        let mut digits = [0; 64];
        for (pair, byte) in digits.chunks_exact_mut(2).zip(hash) {
            pair.copy_from_slice(&[digit(byte >> 4), digit(byte & 15)]);
        }
        Digits { digits, count: hash.len() * 2 }
    }

    fn bytes(&self) -> &[u8] {
        self.digits.get(..self.count).unwrap_or(&[])
    }

    fn text(&self) -> String {
        self.bytes().iter().map(|b| char::from(*b)).collect()
    }

    /// In constant time for texts of the same length.
    fn is(&self, text: &str) -> bool {
        let mut lower = [0; 64];
        let Some(lower) = lower.get_mut(..text.len()) else { return false };
        lower.copy_from_slice(text.as_bytes());
        lower.make_ascii_lowercase();
        self.bytes().ct_eq(lower).into()
    }
}

fn digit(n: u8) -> u8 {
    if n < 10 { b'0' + n } else { b'a' + n - 10 }
}

/// Lower-case hex digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        text.push(char::from(digit(byte >> 4)));
        text.push(char::from(digit(byte & 15)));
    }
    text
}

/// The hash of `username:realm:password`: as good as the password in this realm, so never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Ha1 {
    algorithm: Algorithm,
    hex: String,
}

impl Ha1 {
    /// Of a password.
    #[must_use]
    pub fn compute(algorithm: Algorithm, username: &str, realm: &str, password: &str) -> Ha1 {
        let parts = [username.as_bytes(), realm.as_bytes(), password.as_bytes()];
        Ha1 { algorithm, hex: algorithm.hash(&parts).text() }
    }

    /// From hex digits, as stored; `None` if they are not of the algorithm's length.
    #[must_use]
    pub fn from_hex(algorithm: Algorithm, hex: &str) -> Option<Ha1> {
        let length = match algorithm {
            Algorithm::Md5 => 32,
            Algorithm::Sha256 => 64,
        };
        let fine = hex.len() == length && hex.bytes().all(|b| b.is_ascii_hexdigit());
        fine.then(|| Ha1 { algorithm, hex: hex.to_ascii_lowercase() })
    }

    /// The algorithm.
    #[must_use]
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The hex digits, to be stored encrypted.
    #[must_use]
    pub fn expose_hex(&self) -> &str {
        &self.hex
    }
}

impl fmt::Debug for Ha1 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Ha1({}, …)", self.algorithm.as_str())
    }
}

/// A value of WWW-Authenticate or Proxy-Authenticate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Challenge {
    /// The realm.
    pub realm: String,
    /// The nonce.
    pub nonce: String,
    /// To be given back as it is.
    pub opaque: Option<String>,
    /// The hash.
    pub algorithm: Algorithm,
    /// The credentials were right but the nonce too old: try again without asking anybody.
    pub stale: bool,
    /// Whether qop=auth is offered; ours always do.
    pub qop_auth: bool,
}

impl Challenge {
    /// A challenge with qop=auth.
    #[must_use]
    pub fn new(algorithm: Algorithm, realm: &str, nonce: &str) -> Challenge {
        Challenge {
            realm: realm.to_owned(),
            nonce: nonce.to_owned(),
            opaque: None,
            algorithm,
            stale: false,
            qop_auth: true,
        }
    }

    /// Reads a value; `Ok(None)` if its scheme is not Digest or its algorithm unknown.
    ///
    /// # Errors
    /// If it is malformed.
    pub fn parse(text: &str) -> Result<Option<Challenge>, ParseError> {
        let header = AuthHeader::parse(text)?;
        let Some(algorithm) = Algorithm::from_token(header.get("algorithm")) else {
            return Ok(None);
        };
        if !header.is("Digest") {
            return Ok(None);
        }
        let text = |name| header.get(name).map(str::to_owned);
        let error = ParseError::Header("WWW-Authenticate");
        Ok(Some(Challenge {
            realm: text("realm").ok_or(error)?,
            nonce: text("nonce").ok_or(error)?,
            opaque: text("opaque"),
            algorithm,
            stale: header.get("stale").is_some_and(|stale| stale.eq_ignore_ascii_case("true")),
            qop_auth: header.get("qop").is_some_and(|qop| {
                qop.split(',').any(|word| scan::trim(word).eq_ignore_ascii_case("auth"))
            }),
        }))
    }
}

impl fmt::Display for Challenge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (realm, nonce) = (scan::quote(&self.realm), scan::quote(&self.nonce));
        write!(f, "Digest realm={realm}, nonce={nonce}")?;
        if let Some(opaque) = &self.opaque {
            write!(f, ", opaque={}", scan::quote(opaque))?;
        }
        if self.qop_auth {
            f.write_str(", qop=\"auth\"")?;
        }
        write!(f, ", algorithm={}", self.algorithm.as_str())?;
        if self.stale { f.write_str(", stale=true") } else { Ok(()) }
    }
}

/// A value of Authorization or Proxy-Authorization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credentials<'a> {
    /// The login as typed: `alice` or `alice@example.test`.
    pub username: Cow<'a, str>,
    /// The realm.
    pub realm: Cow<'a, str>,
    /// The nonce of the challenge.
    pub nonce: Cow<'a, str>,
    /// The URI as sent, which need not be the Request-URI. COMPAT(pidgin-sipe): `(null)`.
    pub uri: Cow<'a, str>,
    /// The proof, hex digits.
    pub response: Cow<'a, str>,
    /// The hash.
    pub algorithm: Algorithm,
    /// As in the challenge.
    pub opaque: Option<Cow<'a, str>>,
    /// The client's nonce and the count of uses of the server's, with qop=auth.
    pub auth: Option<(Cow<'a, str>, u32)>,
}

/// The parameters that mean something, in the order in which [`Credentials::parse`] takes them.
const KNOWN: [&str; 10] =
    ["algorithm", "username", "realm", "nonce", "uri", "response", "opaque", "qop", "cnonce", "nc"];

impl<'a> Credentials<'a> {
    /// Reads a value; `Ok(None)` if its scheme is not Digest or its algorithm unknown.
    ///
    /// # Errors
    /// If it is malformed.
    pub fn parse(text: &'a str) -> Result<Option<Credentials<'a>>, ParseError> {
        let (scheme, rest) = super::scheme(text)?;
        // One list on the stack: every request over a connection without TLS has credentials.
        let mut given = [None; KNOWN.len()];
        for pair in super::pairs(rest) {
            let (name, value) = pair?;
            let known = KNOWN.iter().position(|known| known.eq_ignore_ascii_case(name));
            // The first of two counts.
            if let Some(place @ None) = known.and_then(|at| given.get_mut(at)) {
                *place = Some(value);
            }
        }
        let [algorithm, username, realm, nonce, uri, response, opaque, qop, cnonce, nc] = given;
        let algorithm = algorithm.map(scan::unquote);
        let Some(algorithm) = Algorithm::from_token(algorithm.as_deref()) else {
            return Ok(None);
        };
        if !scheme.eq_ignore_ascii_case("Digest") {
            return Ok(None);
        }
        let text = |value: Option<&'a str>| value.map(scan::unquote).ok_or(super::ERROR);
        let auth = match qop.map(scan::unquote) {
            None => None,
            Some(qop) if qop.eq_ignore_ascii_case("auth") => {
                let count = text(nc)?;
                let eight = count.len() == 8 && count.bytes().all(|b| b.is_ascii_hexdigit());
                let count = u32::from_str_radix(&count, 16).ok().filter(|_| eight);
                Some((text(cnonce)?, count.ok_or(super::ERROR)?))
            }
            Some(_) => return Err(super::ERROR),
        };
        Ok(Some(Credentials {
            username: text(username)?,
            realm: text(realm)?,
            nonce: text(nonce)?,
            uri: text(uri)?,
            response: text(response)?,
            algorithm,
            opaque: opaque.map(scan::unquote),
            auth,
        }))
    }

    /// The answer to `challenge`. `count` is 1 for the first use of its nonce, `cnonce` random.
    #[must_use]
    pub fn answer(
        challenge: &'a Challenge,
        username: &'a str,
        ha1: &Ha1,
        (method, uri): (&str, &'a str),
        (cnonce, count): (&'a str, u32),
    ) -> Credentials<'a> {
        let mut credentials = Credentials {
            username: username.into(),
            realm: challenge.realm.as_str().into(),
            nonce: challenge.nonce.as_str().into(),
            uri: uri.into(),
            response: "".into(),
            algorithm: challenge.algorithm,
            opaque: challenge.opaque.as_deref().map(Cow::from),
            auth: challenge.qop_auth.then(|| (cnonce.into(), count)),
        };
        credentials.response = credentials.expected(ha1, method).text().into();
        credentials
    }

    /// RFC 7616 §3.4.1, and without qop the older form of RFC 2069.
    fn expected(&self, ha1: &Ha1, method: &str) -> Digits {
        let (ha1, nonce) = (ha1.hex.as_bytes(), self.nonce.as_bytes());
        let ha2 = self.algorithm.hash(&[method.as_bytes(), self.uri.as_bytes()]);
        match &self.auth {
            Some((cnonce, count)) => {
                let (count, cnonce) = (Digits::of(&count.to_be_bytes()), cnonce.as_bytes());
                self.algorithm.hash(&[ha1, nonce, count.bytes(), cnonce, b"auth", ha2.bytes()])
            }
            None => self.algorithm.hash(&[ha1, nonce, ha2.bytes()]),
        }
    }

    /// Whether the proof is right for `ha1` and `method`, compared in constant time. Credentials
    /// without qop are refused: our challenges offer it, and without the count anybody who saw
    /// them could use them again. Whether the nonce is ours and fresh is [`super::Nonces::check`]'s
    /// to say.
    #[must_use]
    pub fn verify(&self, ha1: &Ha1, method: &str) -> bool {
        let same = self.expected(ha1, method).is(&self.response);
        same && self.auth.is_some() && self.algorithm == ha1.algorithm
    }
}

impl fmt::Display for Credentials<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let quoted =
            [&self.username, &self.realm, &self.nonce, &self.uri].map(|it| scan::quote(it));
        let [username, realm, nonce, uri] = quoted;
        write!(f, "Digest username={username}, realm={realm}, nonce={nonce}, uri={uri}")?;
        write!(f, ", response={}", scan::quote(&self.response))?;
        write!(f, ", algorithm={}", self.algorithm.as_str())?;
        if let Some((cnonce, count)) = &self.auth {
            write!(f, ", qop=auth, cnonce={}, nc={count:08x}", scan::quote(cnonce))?;
        }
        match &self.opaque {
            Some(opaque) => write!(f, ", opaque={}", scan::quote(opaque)),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 2617 §3.5 and RFC 7616 §3.9.1.
    #[test]
    fn vectors() {
        for (algorithm, realm, password, nonce, opaque, uri, cnonce, response) in [
            (
                Algorithm::Md5,
                "testrealm@host.com",
                "Circle Of Life",
                "dcd98b7102dd2f0e8b11d0f600bfb0c093",
                "5ccc069c403ebaf9f0171e9517f40e41",
                "/dir/index.html",
                "0a4f113b",
                "6629fae49393a05397450978507c4ef1",
            ),
            (
                Algorithm::Md5,
                "http-auth@example.org",
                "Circle of Life",
                "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
                "FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS",
                "/dir/index.html",
                "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
                "8ca523f5e9506fed4657c9700eebdbec",
            ),
            (
                Algorithm::Sha256,
                "http-auth@example.org",
                "Circle of Life",
                "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
                "FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS",
                "/dir/index.html",
                "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
                "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1",
            ),
        ] {
            let mut challenge = Challenge::new(algorithm, realm, nonce);
            challenge.opaque = Some(opaque.to_owned());
            let printed = challenge.to_string();
            assert_eq!(Challenge::parse(&printed).unwrap().unwrap(), challenge);
            let ha1 = Ha1::compute(algorithm, "Mufasa", realm, password);
            let ask = (("GET", uri), (cnonce, 1));
            let credentials = Credentials::answer(&challenge, "Mufasa", &ha1, ask.0, ask.1);
            assert_eq!(credentials.response, response);
            let printed = credentials.to_string();
            let read = Credentials::parse(&printed).unwrap().unwrap();
            assert_eq!(read, credentials);
            assert!(read.verify(&ha1, "GET"));
            assert!(!read.verify(&ha1, "POST"));
            let stored = Ha1::from_hex(algorithm, ha1.expose_hex()).unwrap();
            assert!(read.verify(&stored, "GET"));
            assert!(!read.verify(&Ha1::compute(algorithm, "Mufasa", realm, "x"), "GET"));
        }
    }

    const FINE: &str = "Digest username=\"a\",realm=\"b\",nonce=\"c\",uri=\"d\",response=\"e\"";

    #[test]
    fn other_schemes_are_left_alone_and_bad_ones_refused() {
        let ntlm = "NTLM qop=\"auth\", realm=\"SIP Communications Service\", gssapi-data=\"\"";
        assert_eq!(Credentials::parse(ntlm), Ok(None));
        assert_eq!(AuthHeader::parse(ntlm).unwrap().get("gssapi-data"), Some(""));
        assert_eq!(
            Challenge::parse("Digest realm=\"a\", nonce=\"b\", algorithm=SHA-512-256"),
            Ok(None)
        );
        for text in [
            "Digest",
            "Digest realm",
            "Digest username=\"a",
            "Digest username=\"a\", realm=\"b\"",
            &format!("{FINE},qop=auth,cnonce=\"f\",nc=1"),
            &format!("{FINE},qop=auth,nc=00000001"),
            &format!("{FINE},qop=auth-int,cnonce=\"f\",nc=00000001"),
        ] {
            assert!(Credentials::parse(text).is_err(), "{text}");
        }
        assert!(matches!(Credentials::parse(FINE), Ok(Some(Credentials { auth: None, .. }))));
    }

    #[test]
    fn without_qop_nothing_is_proved() {
        let mut challenge = Challenge::new(Algorithm::Md5, "r", "n");
        challenge.qop_auth = false;
        let ha1 = Ha1::compute(Algorithm::Md5, "u", "r", "p");
        let old = Credentials::answer(&challenge, "u", &ha1, ("REGISTER", "sip:a"), ("c", 1));
        assert_eq!(old.auth, None);
        assert!(!old.verify(&ha1, "REGISTER"));
        assert!(!format!("{ha1:?}").contains(ha1.expose_hex()));
    }
}
