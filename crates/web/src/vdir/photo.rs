//! Photos: `/ews/Exchange.asmx/s/GetUserPhoto` for everybody who is signed in, `/owa/photo` for
//! one's own.
//!
//! Owns who sees and changes which photo. Does not decode pictures (`mailbox::photo`).

use std::net::IpAddr;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Query, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use mailbox::PICTURE_BYTES_MAX;
use mailbox::photo::{PictureError, squares};
use serde::Deserialize;
use serde_json::{Value, json};
use store::directory::{AddressKind, DirectoryRead};
use store::mail::{MailRead, MailWrite, Mailbox, PhotoLife, PhotoSize, UserPhoto};
use tokio::sync::Semaphore;

use crate::body;
use crate::ctx::Ctx;
use crate::im::facts::front_end_directory;
use crate::limits::PHOTOS_AT_ONCE_MAX;
use crate::login::{self, SignedIn, who_reads, who_writes};
use crate::problem::Problem;

/// Where EWS clients ask for photos. Windows' servers do not care about case, clients have one of
/// these.
pub(crate) const PATHS: [&str; 3] = [
    "/ews/Exchange.asmx/s/GetUserPhoto",
    "/EWS/Exchange.asmx/s/GetUserPhoto",
    "/ews/exchange.asmx/s/GetUserPhoto",
];

/// Pictures are decoded one at a time: each takes a core and some hundred megabytes.
static DECODING: Semaphore = Semaphore::const_new(1);
/// Places to wait for that.
static WAITING: Semaphore = Semaphore::const_new(PHOTOS_AT_ONCE_MAX);

/// Whose photo, in which size; `v` is what the page puts behind a photo it knows.
#[derive(Deserialize)]
pub(crate) struct Wanted {
    email: Option<String>,
    size: Option<String>,
    v: Option<String>,
}

/// `GET /ews/Exchange.asmx/s/GetUserPhoto?email=…&size=HR96x96`.
///
/// Nobody of ours, somebody without a photo and a photo that may not be shown look the same, and to
/// a stranger everything does.
pub(crate) async fn get(
    State(ctx): State<Arc<Ctx>>,
    Query(wanted): Query<Wanted>,
    request: Request,
) -> Result<Response, Problem> {
    let who = reader(&ctx, request.headers(), login::address(&request)).await?;
    let size = size(wanted.size.as_deref())?;
    let email = wanted.email.unwrap_or_default();
    if email.trim().is_empty() {
        return Err(Problem::BadRequest("say whose photo: ?email=user@domain".into()));
    }
    let found = shown(&ctx, who, email, size).await?;
    let photo = found.ok_or_else(|| Problem::NotFound("there is no such photo".into()))?;
    Ok(answer(request.headers(), photo, size, wanted.v.as_deref()))
}

/// Who asks for a photo, if they may ask at all.
pub(crate) async fn reader(
    ctx: &Ctx,
    headers: &HeaderMap,
    from: IpAddr,
) -> Result<SignedIn, Problem> {
    let who = who_asks(ctx, headers, from).await?;
    // The page has its own switch, OWAEnabled, which has let it in already.
    let ews = who.mailbox.settings.get("EwsEnabled").and_then(Value::as_bool);
    match who.session.is_none() && ews == Some(false) {
        true => Err(Problem::Forbidden("EWS is switched off for your mailbox.".into())),
        false => Ok(who),
    }
}

/// The photo that belongs to an address, if there is one and it may be shown to who asks.
pub(crate) async fn shown(
    ctx: &Ctx,
    who: SignedIn,
    email: String,
    size: PhotoSize,
) -> Result<Option<UserPhoto>, Problem> {
    let front_end = ctx.config.front_end.clone();
    let found = ctx.store.read(move |reader| {
        let shown = is_on(reader, &who.mailbox, front_end.as_deref(), "DisplayPhotosEnabled")?;
        if shown { of_address(reader, &email, size) } else { Ok(None) }
    });
    Ok(found.await?)
}

/// A picture in a page must not open the browser's own sign-in dialog once the session has ended.
async fn who_asks(ctx: &Ctx, headers: &HeaderMap, from: IpAddr) -> Result<SignedIn, Problem> {
    let is_picture = headers.get("sec-fetch-dest").is_some_and(|dest| dest == "image");
    who_reads(ctx, headers, from).await.map_err(|problem| match problem {
        Problem::NotSignedIn { detail, .. } if is_picture => {
            Problem::NotSignedIn { detail, challenge: false }
        }
        other => other,
    })
}

/// The kept square for one of the sizes EWS has: the next larger one.
pub(crate) fn size(text: Option<&str>) -> Result<PhotoSize, Problem> {
    match text.unwrap_or("HR96x96") {
        "HR48x48" => Ok(PhotoSize::Small),
        "HR64x64" | "HR96x96" => Ok(PhotoSize::Medium),
        "HR120x120" | "HR240x240" | "HR360x360" | "HR432x432" | "HR504x504" | "HR648x648" => {
            Ok(PhotoSize::Large)
        }
        _ => Err(Problem::BadRequest(
            "there is no such size; use HR48x48, HR96x96 or HR648x648".into(),
        )),
    }
}

fn of_address<R: DirectoryRead + MailRead>(
    reader: &R,
    email: &str,
    size: PhotoSize,
) -> store::Result<Option<UserPhoto>> {
    // A string that is no address is nobody's.
    let address = reader.address(&AddressKind::Smtp, email.trim()).unwrap_or(None);
    let Some(address) = address else { return Ok(None) };
    if !reader.account(address.account)?.is_some_and(|account| account.enabled) {
        return Ok(None);
    }
    match reader.mailbox_of(address.account)? {
        Some(mailbox) => reader.user_photo(mailbox.id, PhotoLife::InUse, size),
        None => Ok(None),
    }
}

fn answer(
    headers: &HeaderMap,
    photo: UserPhoto,
    size: PhotoSize,
    version: Option<&str>,
) -> Response {
    let tag = format!("\"{}-{}\"", photo.tag, size.side());
    // An address that names this very picture is good for ever; without it one asks whether it
    // changed, which costs little.
    let caching = match version == Some(photo.tag.as_str()) {
        true => "private, max-age=31536000, immutable",
        false => "private, no-cache",
    };
    let common = [
        (header::CONTENT_TYPE, "image/jpeg"),
        (header::CACHE_CONTROL, caching),
        (header::VARY, "Cookie, Authorization"),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox"),
    ];
    let known = headers.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    let is_known = known.is_some_and(|known| {
        known.split(',').map(str::trim).any(|one| one.trim_start_matches("W/") == tag || one == "*")
    });
    let tag = [(header::ETAG, tag)];
    match is_known {
        true => (StatusCode::NOT_MODIFIED, common, tag).into_response(),
        false => (common, tag, photo.bytes).into_response(),
    }
}

/// Whether a setting of the mailbox's policy, or else of the virtual directory, is on; these are on
/// unless somebody switched them off.
pub(crate) fn is_on<R: DirectoryRead + MailRead>(
    reader: &R,
    mailbox: &Mailbox,
    front_end: Option<&str>,
    setting: &str,
) -> store::Result<bool> {
    let policy = match &mailbox.owa_policy {
        Some(name) => reader.owa_policy(name)?,
        None => None,
    };
    let settings = match policy {
        Some(policy) => policy.settings,
        None => {
            let (directories, servers) = (reader.virtual_directories()?, reader.servers()?);
            front_end_directory(&directories, &servers, front_end).settings
        }
    };
    Ok(settings.get(setting).and_then(Value::as_bool).unwrap_or(true))
}

async fn may_set(ctx: &Ctx, who: &SignedIn) -> Result<bool, Problem> {
    let (mailbox, front_end) = (who.mailbox.clone(), ctx.config.front_end.clone());
    let read = ctx
        .store
        .read(move |reader| is_on(reader, &mailbox, front_end.as_deref(), "SetPhotoEnabled"));
    Ok(read.await?)
}

async fn check_may_set(ctx: &Ctx, who: &SignedIn) -> Result<(), Problem> {
    match may_set(ctx, who).await? {
        true => Ok(()),
        false => Err(Problem::Forbidden(
            "Your organisation does not let people change their own photo.".into(),
        )),
    }
}

/// `GET /owa/photo`: whether one may change one's own.
pub(crate) async fn own(
    State(ctx): State<Arc<Ctx>>,
    request: Request,
) -> Result<Response, Problem> {
    let who = who_reads(&ctx, request.headers(), login::address(&request)).await?;
    let may_set = may_set(&ctx, &who).await?;
    Ok(Json(json!({"maySet": may_set})).into_response())
}

/// `POST /owa/photo` with a picture as its body: it is one's own photo from now on.
pub(crate) async fn set_own(
    State(ctx): State<Arc<Ctx>>,
    request: Request,
) -> Result<StatusCode, Problem> {
    let from = login::address(&request);
    let (parts, body) = request.into_parts();
    let who = who_writes(&ctx, &parts.headers, from).await?;
    check_may_set(&ctx, &who).await?;
    let _place = WAITING.try_acquire().map_err(|_| {
        Problem::Unavailable("other photos are being read; try again in a moment".into())
    })?;
    let picture = body::read(body, PICTURE_BYTES_MAX).await?;
    let stopping = || Problem::Unavailable("the server is stopping".into());
    let turn = DECODING.acquire().await.map_err(|_| stopping())?;
    let decoding = tokio::task::spawn_blocking(move || {
        let _turn = turn;
        squares(&picture)
    });
    // A picture that a decoder stumbles over is no better than a damaged one.
    let squares = decoding.await.unwrap_or_else(|_| Err(PictureError::damaged()));
    let squares = squares
        .map_err(|error| Problem::BadRequest(format!("This cannot be your photo: {error}.")))?;
    let id = who.mailbox.id;
    let write =
        ctx.store.write(ctx.now_ms(), move |tx| tx.put_user_photo(id, PhotoLife::InUse, &squares));
    write.await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `DELETE /owa/photo`: initials again.
pub(crate) async fn delete_own(
    State(ctx): State<Arc<Ctx>>,
    request: Request,
) -> Result<StatusCode, Problem> {
    let who = who_writes(&ctx, request.headers(), login::address(&request)).await?;
    check_may_set(&ctx, &who).await?;
    let id = who.mailbox.id;
    let write = ctx.store.write(ctx.now_ms(), move |tx| tx.delete_user_photo(id, PhotoLife::InUse));
    write.await?;
    Ok(StatusCode::NO_CONTENT)
}
