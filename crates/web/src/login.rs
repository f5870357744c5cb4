//! Who asks: the page's session cookie, or Basic over TLS for other JMAP clients.
//!
//! A session is a random token of 256 bits in a cookie; the store has its SHA-256 only. Guessing is
//! throttled before a password is hashed, and hashing is bounded.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::digest::{SHA256, digest};
use ring::rand::{SecureRandom, SystemRandom};
use serde::Deserialize;
use store::Guessed;
use store::directory::{Account, DirectoryRead};
use store::mail::{MailRead, MailWrite, Mailbox, WebSession};
use uuid::Uuid;

use crate::body;
use crate::ctx::{ClientAddress, Ctx};
use crate::headers::{is_page, require_own_origin};
use crate::limits::{
    LOGIN_BYTES_MAX, PASSWORD_BYTES_MAX, SESSION_MAX_MS, SESSION_PRIVATE_MS, SESSION_SHARED_MS,
};
use crate::problem::Problem;

/// The cookie. The prefix makes browsers refuse it without `Secure`, with a `Domain`, or for a
/// path.
pub(crate) const COOKIE: &str = "__Host-tandem";

/// Proof that somebody signed in; made only here.
#[derive(Debug, Clone)]
pub(crate) struct SignedIn {
    /// Who.
    pub account: Account,
    /// Their mailbox.
    pub mailbox: Mailbox,
    /// The page session; `None` for Basic.
    pub session: Option<WebSession>,
}

impl SignedIn {
    /// The account's id.
    pub(crate) fn id(&self) -> Uuid {
        self.account.id
    }
}

#[derive(Deserialize)]
struct Credentials {
    username: String,
    password: String,
    /// "This is a private computer".
    #[serde(default)]
    trusted: bool,
}

/// `POST /owa/auth/login`.
pub(crate) async fn log_in(
    State(ctx): State<Arc<Ctx>>,
    request: Request,
) -> Result<Response, Problem> {
    let from = address(&request);
    let (parts, body) = request.into_parts();
    require_own_origin(&parts.headers)?;
    require_json(&parts.headers)?;
    let body = body::read(body, LOGIN_BYTES_MAX).await?;
    let credentials: Credentials = serde_json::from_slice(&body).map_err(|_| {
        Problem::BadRequest("the body must be {\"username\":…,\"password\":…}".into())
    })?;
    let found = verify(&ctx, &credentials.username, &credentials.password, from).await?;
    let Some((account, _)) = found else {
        let detail = "The user name or password is wrong.".into();
        return Err(Problem::NotSignedIn { detail, challenge: false });
    };
    let (token, hash) = new_token()?;
    let now_ms = ctx.now_ms();
    let life_ms = life(credentials.trusted);
    let session = WebSession {
        token_sha256: hash,
        account: account.id,
        created_ms: now_ms,
        expires_ms: now_ms + life_ms,
        private: credentials.trusted,
    };
    let old = cookie(&parts.headers).map(hash_of);
    ctx.store
        .write(now_ms, move |tx| {
            if let Some(old) = old {
                tx.delete_web_session(&old)?;
            }
            tx.put_web_session(&session)
        })
        .await?;
    ctx.live.with(&ctx.agent, |bridge| bridge.note_page_sign_in(account.id));
    // A session on a shared computer ends with the browser.
    let age = credentials.trusted.then_some(life_ms / 1000);
    Ok((StatusCode::NO_CONTENT, [(header::SET_COOKIE, set_cookie(&token, age))]).into_response())
}

/// `POST /owa/auth/logout`.
pub(crate) async fn log_out(
    State(ctx): State<Arc<Ctx>>,
    request: Request,
) -> Result<Response, Problem> {
    require_own_origin(request.headers())?;
    if let Some(hash) = cookie(request.headers()).map(hash_of) {
        ctx.store.write(ctx.now_ms(), move |tx| tx.delete_web_session(&hash)).await?;
    }
    let headers = [(header::SET_COOKIE, set_cookie("", Some(0)))];
    Ok((StatusCode::NO_CONTENT, headers).into_response())
}

/// Who sent a request that only reads.
pub(crate) async fn who_reads(
    ctx: &Ctx,
    headers: &HeaderMap,
    from: IpAddr,
) -> Result<SignedIn, Problem> {
    if let Some(token) = cookie(headers)
        && let Some(signed_in) = by_session(ctx, hash_of(token)).await?
    {
        return Ok(signed_in);
    }
    if let Some((name, password)) = basic(headers)
        && let Some((account, mailbox)) = verify(ctx, &name, &password, from).await?
    {
        return Ok(SignedIn { account, mailbox, session: None });
    }
    let detail = "sign in first".into();
    Err(Problem::NotSignedIn { detail, challenge: !is_page(headers) })
}

/// Who sent a request that may change something: with a cookie it must come from our own page.
pub(crate) async fn who_writes(
    ctx: &Ctx,
    headers: &HeaderMap,
    from: IpAddr,
) -> Result<SignedIn, Problem> {
    let signed_in = who_reads(ctx, headers, from).await?;
    if signed_in.session.is_some() {
        require_own_origin(headers)?;
    }
    Ok(signed_in)
}

async fn by_session(ctx: &Ctx, hash: [u8; 32]) -> Result<Option<SignedIn>, Problem> {
    let now_ms = ctx.now_ms();
    let found = ctx
        .store
        .read(move |reader| {
            let session = reader.web_session(&hash)?;
            let Some(session) = session.filter(|s| s.expires_ms > now_ms) else { return Ok(None) };
            let account = reader.account(session.account)?.filter(|account| account.enabled);
            let mailbox = reader.mailbox_of(session.account)?.filter(|m| m.owa_enabled);
            Ok(account.zip(mailbox).map(|(account, mailbox)| (account, mailbox, session)))
        })
        .await?;
    let Some((account, mailbox, mut session)) = found else { return Ok(None) };
    if let Some(expires_ms) = prolonged(&session, now_ms) {
        session.expires_ms = expires_ms;
        let kept = session.clone();
        ctx.store.write(now_ms, move |tx| tx.put_web_session(&kept)).await?;
    }
    Ok(Some(SignedIn { account, mailbox, session: Some(session) }))
}

fn life(private: bool) -> i64 {
    if private { SESSION_PRIVATE_MS } else { SESSION_SHARED_MS }
}

/// The new end of a session that is being used, if half of its life is over.
fn prolonged(session: &WebSession, now_ms: i64) -> Option<i64> {
    let life_ms = life(session.private);
    let latest = session.created_ms + SESSION_MAX_MS;
    let wanted = (now_ms + life_ms).min(latest);
    (session.expires_ms - now_ms < life_ms / 2 && wanted > session.expires_ms).then_some(wanted)
}

/// Whose password it would be: all doors count wrong ones by account.
async fn whose(ctx: &Ctx, name: &str) -> Result<Guessed, Problem> {
    let login = name.to_owned();
    let account = ctx.store.read(move |rows| rows.account_by_login(&login)).await?;
    Ok(account.map_or_else(|| Guessed::nobody(name), |account| Guessed::Account(account.id)))
}

/// The account behind a name and a password; `None`: one of them is wrong.
async fn verify(
    ctx: &Ctx,
    name: &str,
    password: &str,
    from: IpAddr,
) -> Result<Option<(Account, Mailbox)>, Problem> {
    let now_ms = ctx.now_ms();
    let whose = whose(ctx, name).await?;
    let here_s = ctx.live.guesses().wait_s(now_ms, name, from);
    let anywhere_ms = ctx.store.guesses().wait_ms(now_ms, &whose, from);
    if let Some(seconds) = here_s.max(anywhere_ms.map(|ms| (ms + 999) / 1000)) {
        count("throttled");
        return Err(Problem::TooMany(seconds));
    }
    if password.len() > PASSWORD_BYTES_MAX {
        return Ok(None);
    }
    let permit = ctx.live.verifying.acquire().await;
    let (login, secret) = (name.to_owned(), password.to_owned());
    let found = ctx
        .store
        .read(move |reader| {
            let Some(account) = reader.verify_password(&login, &secret)? else { return Ok(None) };
            let mailbox = reader.mailbox_of(account.id)?;
            Ok(Some((account, mailbox)))
        })
        .await;
    drop(permit);
    match found? {
        None => {
            count("wrong");
            ctx.live.guesses().note_wrong(now_ms, name, from);
            ctx.store.guesses().failed(now_ms, whose);
            tracing::info!(name = %name.escape_debug(), %from, "wrong user name or password");
            Ok(None)
        }
        Some((account, mailbox)) => {
            ctx.live.guesses().note_right(name, from);
            ctx.store.guesses().succeeded(whose, from);
            let may = mailbox.as_ref().is_some_and(|mailbox| mailbox.owa_enabled);
            count(if may { "ok" } else { "forbidden" });
            match mailbox {
                Some(mailbox) if mailbox.owa_enabled => Ok(Some((account, mailbox))),
                Some(_) => Err(Problem::Forbidden(
                    "Outlook Web App is switched off for your mailbox.".into(),
                )),
                None => Err(Problem::Forbidden("Your account has no mailbox.".into())),
            }
        }
    }
}

fn count(outcome: &'static str) {
    metrics::counter!("tandem_web_sign_ins_total", "outcome" => outcome).increment(1);
}

fn new_token() -> Result<(String, [u8; 32]), Problem> {
    let mut bytes = [0_u8; 32];
    SystemRandom::new()
        .fill(&mut bytes)
        .map_err(|_| Problem::Unavailable("no randomness is available".into()))?;
    let token = URL_SAFE_NO_PAD.encode(bytes);
    let hash = hash_of(&token);
    Ok((token, hash))
}

fn hash_of(token: &str) -> [u8; 32] {
    digest(&SHA256, token.as_bytes()).as_ref().try_into().unwrap_or_default()
}

fn set_cookie(token: &str, age_s: Option<i64>) -> HeaderValue {
    let age = age_s.map(|seconds| format!("; Max-Age={seconds}")).unwrap_or_default();
    let text = format!("{COOKIE}={token}; Path=/; Secure; HttpOnly; SameSite=Lax{age}");
    HeaderValue::from_str(&text).unwrap_or_else(|_| HeaderValue::from_static(""))
}

fn cookie(headers: &HeaderMap) -> Option<&str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(name, _)| *name == COOKIE)
        .map(|(_, token)| token)
}

/// RFC 7617, UTF-8.
fn basic(headers: &HeaderMap) -> Option<(String, String)> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, encoded) = value.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (name, password) = decoded.split_once(':')?;
    Some((name.to_owned(), password.to_owned()))
}

/// The client's address, as the node saw it.
pub(crate) fn address(request: &Request) -> IpAddr {
    let seen = request.extensions().get::<ClientAddress>();
    seen.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |seen| seen.0)
}

/// `application/json`: what a form of a foreign page cannot send.
pub(crate) fn require_json(headers: &HeaderMap) -> Result<(), Problem> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let plain = kind.unwrap_or_default().split(';').next().unwrap_or_default().trim();
    match plain.eq_ignore_ascii_case("application/json") {
        true => Ok(()),
        false => Err(Problem::MediaType("application/json")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cookies_and_basic_are_read() {
        let mut headers = HeaderMap::new();
        headers.insert(header::COOKIE, "a=b; __Host-tandem=abc ; c=d".parse().expect("a value"));
        assert_eq!(cookie(&headers), Some("abc"));
        headers.insert(header::COOKIE, "tandem=abc".parse().expect("a value"));
        assert_eq!(cookie(&headers), None);
        let check = |value: &str, expected: Option<(&str, &str)>| {
            let mut headers = HeaderMap::new();
            headers.insert(header::AUTHORIZATION, value.parse().expect("a value"));
            let seen = basic(&headers);
            assert_eq!(seen.as_ref().map(|(a, b)| (a.as_str(), b.as_str())), expected, "{value}");
        };
        check("Basic a2VuOmE6Yg==", Some(("ken", "a:b")));
        check("basic a2VuOg==", Some(("ken", "")));
        check("Basic a2Vu", None);
        check("Bearer a2VuOmE6Yg==", None);
        check("Basic !", None);
    }

    #[test]
    fn used_sessions_live_longer_but_not_for_ever() {
        let session = |created_ms, expires_ms| WebSession {
            token_sha256: [0; 32],
            account: Uuid::nil(),
            created_ms,
            expires_ms,
            private: false,
        };
        let fresh = session(0, SESSION_SHARED_MS);
        assert_eq!(prolonged(&fresh, 1), None);
        let later = SESSION_SHARED_MS / 2 + 1;
        assert_eq!(prolonged(&fresh, later), Some(later + SESSION_SHARED_MS));
        let old = session(0, SESSION_MAX_MS);
        assert_eq!(prolonged(&old, SESSION_MAX_MS - 1), None);
    }
}
