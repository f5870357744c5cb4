//! Who sent an HTTP request to the messaging half: by Digest (RFC 7616) or Basic (RFC 7617), with
//! the accounts, the nonces and the throttle of guesses of the SIP side. The door is one with TLS.

use std::net::IpAddr;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sip::Now;
use sip::auth::{AuthHeader, Credentials, Ha1};

use crate::authenticate::{Authenticator, Doubt, is_strong};
use crate::directory::{Directory, User};
use crate::error::Error;
use crate::limits;

/// What is known of a request whose sender has yet to prove who they are.
#[derive(Clone, Debug)]
pub struct HttpTry {
    /// The method, as it is written.
    pub method: String,
    /// The request's target, as it is written.
    pub target: String,
    /// `Authorization`
    pub authorization: Option<String>,
    /// The address that it comes from.
    pub from: IpAddr,
}

/// Who it is, or what is answered.
#[derive(Clone, Debug)]
pub enum HttpVerdict {
    /// This user.
    Is(Arc<User>),
    /// 401, with these values of `WWW-Authenticate`.
    Challenge(Vec<String>),
    /// 400: the credentials cannot be read, or are for something else.
    Malformed,
    /// 403: the user may not use the messaging half.
    NotEnabled,
    /// 429: too many guesses; so many seconds to wait.
    Later(u32),
}

impl Authenticator {
    /// Judges an HTTP request.
    pub(crate) fn judge_http(
        &mut self,
        now: Now,
        directory: &Directory,
        it: &HttpTry,
    ) -> HttpVerdict {
        let proved = match it.authorization.as_deref() {
            None => Err(Doubt::Challenge { is_stale: false }),
            Some(value) => self.judge_value(now, directory, it, value),
        };
        match proved {
            Ok(user) => HttpVerdict::Is(user),
            Err(Doubt::Challenge { is_stale }) => self.challenges(now, directory, is_stale),
            // Over HTTP, who was wrong is asked again.
            Err(Doubt::Refuse(Error::WrongCredentials)) => self.challenges(now, directory, false),
            Err(Doubt::Refuse(Error::TooFast)) => HttpVerdict::Later(limits::RETRY_AFTER_S),
            Err(Doubt::Refuse(Error::NotEnabled)) => HttpVerdict::NotEnabled,
            Err(Doubt::Refuse(_)) => HttpVerdict::Malformed,
        }
    }

    fn challenges(&mut self, now: Now, directory: &Directory, is_stale: bool) -> HttpVerdict {
        let digest = self.challenge_value(now, directory, self.weakest(), is_stale).to_string();
        let basic = format!("Basic realm=\"{}\", charset=\"UTF-8\"", directory.realm());
        HttpVerdict::Challenge(vec![digest, basic])
    }

    fn judge_value(
        &mut self,
        now: Now,
        directory: &Directory,
        it: &HttpTry,
        value: &str,
    ) -> Result<Arc<User>, Doubt> {
        let malformed = || Doubt::Refuse(Error::Malformed("The credentials cannot be read"));
        if let Some(encoded) = basic(value) {
            let decoded = STANDARD.decode(encoded).ok().and_then(|it| String::from_utf8(it).ok());
            let (name, password) =
                decoded.as_deref().and_then(|it| it.split_once(':')).ok_or_else(malformed)?;
            if password.len() > store::PASSWORD_BYTES_MAX {
                return Err(Error::WrongCredentials.into());
            }
            let given = Ha1::compute(self.weakest(), name, directory.realm(), password);
            let proof = (self.weakest(), |ha1: &Ha1| *ha1 == given);
            let login = self.judge_password(now, directory, name, it.from, proof)?;
            return self.admit(it.from, login);
        }
        if !AuthHeader::parse(value).is_ok_and(|header| header.is("Digest")) {
            return Err(Doubt::Challenge { is_stale: false });
        }
        let credentials = Credentials::parse(value).map_err(|_| malformed())?;
        let is_ours = |it: &Credentials<'_>| {
            it.realm == directory.realm() && is_strong(it.algorithm, self.weakest())
        };
        let credentials = credentials.filter(is_ours);
        let credentials = credentials.ok_or(Doubt::Challenge { is_stale: false })?;
        // RFC 7616 §3.4.6: the proof is for this very request.
        if credentials.uri != it.target && !credentials.uri.ends_with(&it.target) {
            return Err(malformed());
        }
        let proof = (credentials.algorithm, |ha1: &Ha1| credentials.verify(ha1, &it.method));
        let form = &*credentials.username;
        let login = self.judge_password(now, directory, form, it.from, proof)?;
        self.judge_nonce(now, &credentials)?;
        self.admit(it.from, login)
    }
}

fn basic(value: &str) -> Option<&str> {
    let (scheme, encoded) = value.trim().split_once(' ')?;
    scheme.eq_ignore_ascii_case("basic").then(|| encoded.trim())
}
