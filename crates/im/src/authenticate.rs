//! Who is speaking, proved: by Digest (RFC 3261 §22, RFC 8760), by a sign-in earlier on the same
//! TLS connection, or by a trusted application that asserts it (design.md §4, rule 5).
//!
//! [`Authenticated`] is made here and nowhere else; everything that acts for a person takes one.

use std::net::IpAddr;
use std::sync::Arc;

use sip::auth::{Algorithm, Challenge, Credentials, Ha1, Nonce, NonceCounts, Nonces};
use sip::{Draft, Message, Method, Name, Now};
use store::{Guessed, Guesses};

use crate::aor::Aor;
use crate::config::Config;
use crate::directory::{Directory, Login, User};
use crate::error::Error;
use crate::foreign::ForeignPeer;
use crate::known_servers::{Source, TrustedPeer};
use crate::limits;

/// Proof that a request comes from, or for, this user.
#[derive(Clone, Debug)]
pub(crate) struct Authenticated {
    user: Arc<User>,
    /// The trusted application that speaks for the user.
    application: Option<String>,
    /// One of our own computers tries something out.
    is_own: bool,
    /// Their own organisation's server speaks for them.
    is_foreign: bool,
}

impl Authenticated {
    /// The user's address of record.
    pub(crate) fn aor(&self) -> &Aor {
        &self.user.aor
    }

    /// The name as people read it.
    pub(crate) fn display_name(&self) -> &str {
        &self.user.display_name
    }

    /// The trusted application that speaks for the user.
    pub(crate) fn application(&self) -> Option<&str> {
        self.application.as_deref()
    }

    /// Whether it is no person who writes: an application with an address of its own, or a
    /// synthetic transaction.
    pub(crate) fn is_program(&self) -> bool {
        self.is_own || !self.user.keeps_texts
    }

    /// Rule 5: a trusted peer asserts any enabled user.
    pub(crate) fn asserted(
        peer: &TrustedPeer,
        directory: &Directory,
        from: &Aor,
    ) -> Result<Self, Error> {
        let user = directory.enabled_user(from).ok_or(Error::AssertsUnknownUser)?;
        let is_own = *peer.source() == Source::Deployment;
        let application = Some(peer.application());
        Ok(Self { user: Arc::clone(user), application, is_own, is_foreign: false })
    }

    /// Somebody of another organisation, as whom only a peer speaks that has proved their domain.
    /// People read their address: a name would be one that nobody here knows.
    pub(crate) fn foreign(peer: &ForeignPeer, aor: Aor) -> Result<Self, Error> {
        if !peer.speaks_for(aor.domain()) {
            return Err(Error::ForeignFrom);
        }
        let address = format!("{}@{}", aor.user(), aor.domain());
        let user = User {
            account: store::Uuid::nil(),
            aor,
            display_name: address,
            registrar_pool: String::new(),
            is_enabled: false,
            keeps_texts: false,
        };
        Ok(Self { user: Arc::new(user), application: None, is_own: false, is_foreign: true })
    }

    /// Whether they are of another organisation.
    pub(crate) fn is_foreign(&self) -> bool {
        self.is_foreign
    }
}

/// A sign-in that its connection remembers.
#[derive(Clone)]
pub(crate) struct SignIn {
    who: Arc<Authenticated>,
    form: Box<str>,
    login: Arc<Login>,
}

impl SignIn {
    /// Who signed in.
    pub(crate) fn who(&self) -> &Arc<Authenticated> {
        &self.who
    }

    /// Whether it would succeed now: the user is enabled and has the same password.
    pub(crate) fn holds(&self, directory: &Directory) -> bool {
        let same =
            directory.login(&self.form).is_some_and(|login| login.has_same_password(&self.login));
        same && directory.enabled_user(self.who.aor()).is_some()
    }
}

impl std::fmt::Debug for SignIn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SignIn({})", self.who.aor())
    }
}

/// As what we ask for credentials.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Role {
    /// The server a request is for: 401.
    Server,
    /// A server on a request's way: 407.
    Proxy,
}

/// RFC 3261 §22.2, §22.3: REGISTER, PUBLISH and SUBSCRIBE end here, the others pass.
pub(crate) fn decide_role(request: &Message) -> Role {
    match request.method() {
        // COMPAT(pidgin-sipe 1.25): it understands Digest in a 407 only.
        Some(Method::Register | Method::Publish | Method::Subscribe)
            if !speaks_lync_dialect(request) =>
        {
            Role::Server
        }
        _ => Role::Proxy,
    }
}

/// lync-wire.md §0.2.
fn speaks_lync_dialect(request: &Message) -> bool {
    request.from().is_ok_and(|from| from.params.has("epid"))
        || request.header(Name::MsKeepAlive).is_some()
        || request.lists(Name::Supported, "msrtc-event-categories")
}

/// Clients that answer a challenge which says SHA-256, by how their User-Agent begins (RFC 8760;
/// design.md §4). Others are asked for what every client knows, unless the deployment says not to.
// linphone 5.1 (Debian 12), its daemon and its console.
const COPING: [&str; 1] = ["linphone"];

fn copes(request: &Message) -> bool {
    let agent = request.header(Name::UserAgent).unwrap_or_default();
    COPING.iter().any(|coping| {
        agent.get(..coping.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(coping))
    })
}

/// Why somebody is not believed.
#[derive(Debug, Eq, PartialEq)]
pub(crate) enum Doubt {
    /// Credentials are missing or worn out: ask.
    Challenge { is_stale: bool },
    /// No.
    Refuse(Error),
}

impl From<Error> for Doubt {
    fn from(error: Error) -> Self {
        Self::Refuse(error)
    }
}

/// Asks for credentials and judges them.
#[derive(Debug)]
pub(crate) struct Authenticator {
    /// The weakest that is taken, and what clients of whom nothing is known are asked for.
    weakest: Algorithm,
    nonces: Nonces,
    counts: NonceCounts,
    guesses: Guesses,
    salt: u64,
    nobody: (Ha1, Ha1),
}

impl Authenticator {
    pub(crate) fn new(config: &Config) -> Self {
        Self {
            weakest: config.digest,
            nonces: Nonces::new(config.secret, limits::NONCE_LIFETIME_MS),
            counts: NonceCounts::new(),
            guesses: config.guesses.clone(),
            salt: 0,
            nobody: (
                Ha1::compute(Algorithm::Md5, "", "", &config.pool_fqdn),
                Ha1::compute(Algorithm::Sha256, "", "", &config.pool_fqdn),
            ),
        }
    }

    /// Judges the credentials of a request.
    pub(crate) fn judge(
        &mut self,
        now: Now,
        directory: &Directory,
        request: &Message,
        from: IpAddr,
    ) -> Result<SignIn, Doubt> {
        let Some(credentials) = credentials(directory.realm(), self.weakest, request)? else {
            return Err(Doubt::Challenge { is_stale: false });
        };
        let form = &*credentials.username;
        let method = request.method_token().unwrap_or("");
        let proof = (credentials.algorithm, |ha1: &Ha1| credentials.verify(ha1, method));
        let login = self.judge_password(now, directory, form, from, proof)?;
        self.judge_nonce(now, &credentials)?;
        let user = self.admit(from, login)?;
        let who = Authenticated { user, application: None, is_own: false, is_foreign: false };
        Ok(SignIn { who: Arc::new(who), form: form.into(), login: Arc::clone(login) })
    }

    /// Judges whether somebody knows the password of a login: the hash, and what compares with it.
    pub(crate) fn judge_password<'d>(
        &mut self,
        now: Now,
        directory: &'d Directory,
        form: &str,
        from: IpAddr,
        (algorithm, is_right): (Algorithm, impl Fn(&Ha1) -> bool),
    ) -> Result<&'d Arc<Login>, Doubt> {
        let login = directory.login(form);
        let whose = match login {
            Some(login) => Guessed::Account(login.account),
            None => Guessed::nobody(form),
        };
        if self.guesses.wait_ms(now.wall_ms, &whose, from).is_some() {
            return Err(Error::TooFast.into());
        }
        // The same work for a user who does not exist: nobody learns who does.
        let ha1 = login.and_then(|login| login.verifier(algorithm));
        let nobody = match algorithm {
            Algorithm::Md5 => &self.nobody.0,
            Algorithm::Sha256 => &self.nobody.1,
        };
        let is_right = is_right(ha1.unwrap_or(nobody));
        login.filter(|_| is_right && ha1.is_some()).ok_or_else(|| {
            self.guesses.failed(now.wall_ms, whose);
            Error::WrongCredentials.into()
        })
    }

    /// The password was right, and the proof is fresh.
    pub(crate) fn admit(&mut self, from: IpAddr, login: &Login) -> Result<Arc<User>, Doubt> {
        self.guesses.succeeded(Guessed::Account(login.account), from);
        let user = login.user.as_ref().filter(|user| user.is_enabled).ok_or(Error::NotEnabled)?;
        Ok(Arc::clone(user))
    }

    /// The weakest hash that is taken.
    pub(crate) fn weakest(&self) -> Algorithm {
        self.weakest
    }

    /// The credentials are right; they may still be old, or used before (RFC 7616 §3.3 `stale`).
    pub(crate) fn judge_nonce(
        &mut self,
        now: Now,
        credentials: &Credentials<'_>,
    ) -> Result<(), Doubt> {
        let stale = Doubt::Challenge { is_stale: true };
        // Whose use is remembered was found to be ours then.
        let checked = match self.counts.knows(&credentials.nonce) {
            true => self.nonces.check_age(&credentials.nonce, now.wall_ms),
            false => self.nonces.check(&credentials.nonce, now.wall_ms),
        };
        let Nonce::Fresh { .. } = checked else { return Err(stale) };
        let count = credentials.auth.as_ref().map_or(0, |(_, count)| *count);
        if self.counts.take(&credentials.nonce, count) { Ok(()) } else { Err(stale) }
    }

    /// The response that asks for credentials.
    pub(crate) fn challenge(
        &mut self,
        now: Now,
        directory: &Directory,
        request: &Message,
        is_stale: bool,
    ) -> Draft {
        let algorithm = if copes(request) { Algorithm::Sha256 } else { self.weakest };
        let challenge = self.challenge_value(now, directory, algorithm, is_stale);
        let (status, name) = match decide_role(request) {
            Role::Server => (401, Name::WwwAuthenticate),
            Role::Proxy => (407, Name::ProxyAuthenticate),
        };
        Draft::response(request, status).with(name, challenge.to_string())
    }

    /// What asks for credentials.
    pub(crate) fn challenge_value(
        &mut self,
        now: Now,
        directory: &Directory,
        algorithm: Algorithm,
        is_stale: bool,
    ) -> Challenge {
        self.salt = self.salt.wrapping_add(1);
        let nonce = self.nonces.mint(now.wall_ms, self.salt);
        let mut challenge = Challenge::new(algorithm, directory.realm(), &nonce);
        challenge.stale = is_stale;
        challenge
    }
}

/// The credentials for our realm, in whichever of the two headers they stand. The URI in them is
/// not compared with the Request-URI.
// COMPAT(pidgin-sipe 1.25): it writes `(null)`.
fn credentials<'a>(
    realm: &str,
    weakest: Algorithm,
    request: &'a Message,
) -> Result<Option<Credentials<'a>>, Error> {
    let values = request
        .headers(Name::Authorization)
        .chain(request.headers(Name::ProxyAuthorization))
        .take(limits::CREDENTIALS_MAX);
    for value in values {
        let parsed = Credentials::parse(value);
        let parsed = parsed.map_err(|_| Error::Malformed("The credentials cannot be read"))?;
        let ours = parsed.filter(|it| it.realm == realm && is_strong(it.algorithm, weakest));
        if ours.is_some() {
            return Ok(ours);
        }
    }
    Ok(None)
}

/// Whether a hash is no weaker than another.
pub(crate) fn is_strong(algorithm: Algorithm, weakest: Algorithm) -> bool {
    algorithm == Algorithm::Sha256 || algorithm == weakest
}
