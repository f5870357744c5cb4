//! HTTPS of the messaging half: the frame of XCAP (RFC 4825). Who asks is judged by the registrar's
//! loop, as on the SIP side; what they ask is done by `im::xcap` in one transaction.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware;
use axum::response::{IntoResponse as _, Response};
use im::xcap::{self, ROOT};
use im::{Directory, HttpTry, HttpVerdict};
use store::{Store, XCAP_DOCUMENT_BYTES_MAX};
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot};

use super::body;
use super::http;
use super::places::{self, Bounds, Places};
use crate::clock::Clock;
use crate::identity::{Accepting, Identities};

/// A question to the registrar's loop: who is this, and by which directory?
pub struct Judge {
    /// The request.
    pub it: HttpTry,
    /// Where the verdict goes.
    pub verdict: oneshot::Sender<(HttpVerdict, Arc<Directory>)>,
}

/// What a request is answered with.
#[derive(Clone)]
pub struct Xcap {
    /// Time.
    pub clock: Clock,
    /// The documents.
    pub store: Store,
    /// Who knows who is who.
    pub judges: mpsc::Sender<Judge>,
}

/// Accepts HTTPS until the task is dropped.
pub async fn https(
    listener: TcpListener,
    identities: Arc<Identities>,
    accepting: Accepting,
    xcap: Xcap,
    bounds: Bounds,
) {
    let router = Router::new().fallback(answer).with_state(xcap);
    let router = router.layer(middleware::from_fn(body::guard));
    let places = Places::new("xcap", bounds);
    loop {
        let (stream, address) = places::accept(&listener).await;
        let Some(place) = places.take(address.ip()) else { continue };
        let _ = stream.set_nodelay(true);
        let config = match identities.accepting(&accepting) {
            Ok((config, _)) => config,
            Err(error) => {
                tracing::error!(%error, "no TLS identity for XCAP");
                continue;
            }
        };
        let router = router.clone().layer(axum::Extension(address));
        tokio::spawn(async move {
            http::serve(stream, config, router, "xcap").await;
            drop(place);
        });
    }
}

async fn answer(State(xcap): State<Xcap>, request: Request) -> Response {
    match done(&xcap, request).await {
        Ok(response) | Err(response) => response,
    }
}

async fn done(xcap: &Xcap, request: Request) -> Result<Response, Response> {
    let (parts, body) = request.into_parts();
    let target = parts.uri.path_and_query().map_or("/", |it| it.as_str()).to_owned();
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    let path = path.strip_prefix(ROOT).ok_or_else(|| plain(StatusCode::NOT_FOUND))?;
    let method = match parts.method {
        Method::GET | Method::HEAD => xcap::Method::Get,
        Method::PUT => xcap::Method::Put,
        Method::DELETE => xcap::Method::Delete,
        _ => return Err(with(StatusCode::METHOD_NOT_ALLOWED, header::ALLOW, ALLOW)),
    };
    let from = parts.extensions.get::<std::net::SocketAddr>();
    let from = from.ok_or_else(|| plain(StatusCode::INTERNAL_SERVER_ERROR))?.ip();
    let it = HttpTry {
        method: parts.method.as_str().to_owned(),
        target: target.clone(),
        authorization: text(&parts.headers, header::AUTHORIZATION),
        from,
    };
    // Who it is comes before what they send: nobody else's body is read.
    let (who, directory) = judged(xcap, it).await?;
    let asked = xcap::Request {
        method,
        path: path.to_owned(),
        query: query.to_owned(),
        content_type: media_type(&parts.headers),
        if_match: text(&parts.headers, header::IF_MATCH),
        if_none_match: text(&parts.headers, header::IF_NONE_MATCH),
        body: read(body).await?,
    };
    let now_ms = xcap.clock.now().wall_ms;
    let written = xcap
        .store
        .write(now_ms, move |tx| xcap::handle(tx, &directory, &who, &asked))
        .await
        .or_else(|error| xcap::refused(&error).ok_or(error));
    let answered = written.map_err(|error| {
        tracing::error!(%error, "XCAP");
        plain(StatusCode::SERVICE_UNAVAILABLE)
    })?;
    Ok(printed(answered))
}

const ALLOW: &str = "GET, HEAD, PUT, DELETE";

async fn judged(
    xcap: &Xcap,
    it: HttpTry,
) -> Result<(Arc<im::directory::User>, Arc<Directory>), Response> {
    let (verdict, answer) = oneshot::channel();
    let asked = xcap.judges.send(Judge { it, verdict }).await;
    let unavailable = || plain(StatusCode::SERVICE_UNAVAILABLE);
    asked.map_err(|_| unavailable())?;
    let (verdict, directory) = answer.await.map_err(|_| unavailable())?;
    match verdict {
        HttpVerdict::Is(user) => Ok((user, directory)),
        HttpVerdict::Challenge(values) => {
            let mut response = plain(StatusCode::UNAUTHORIZED);
            for value in values.iter().filter_map(|value| HeaderValue::from_str(value).ok()) {
                response.headers_mut().append(header::WWW_AUTHENTICATE, value);
            }
            Err(response)
        }
        HttpVerdict::Malformed => Err(plain(StatusCode::BAD_REQUEST)),
        HttpVerdict::NotEnabled => Err(plain(StatusCode::FORBIDDEN)),
        HttpVerdict::Later(seconds) => {
            let seconds = seconds.to_string();
            Err(with(StatusCode::TOO_MANY_REQUESTS, header::RETRY_AFTER, &seconds))
        }
    }
}

async fn read(body: Body) -> Result<Vec<u8>, Response> {
    match axum::body::to_bytes(body, XCAP_DOCUMENT_BYTES_MAX).await {
        Ok(bytes) => Ok(bytes.to_vec()),
        Err(error) => Err(with(status_of(&error), header::CONNECTION, "close")),
    }
}

/// A body that fell silent, or one that is too long.
fn status_of(error: &axum::Error) -> StatusCode {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = cause {
        if let Some(io) = error.downcast_ref::<std::io::Error>() {
            let is_silent = io.kind() == std::io::ErrorKind::TimedOut;
            return if is_silent { StatusCode::REQUEST_TIMEOUT } else { StatusCode::BAD_REQUEST };
        }
        cause = error.source();
    }
    StatusCode::PAYLOAD_TOO_LARGE
}

fn text(headers: &HeaderMap, name: header::HeaderName) -> Option<String> {
    headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
}

fn media_type(headers: &HeaderMap) -> String {
    let value = text(headers, header::CONTENT_TYPE).unwrap_or_default();
    value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

fn plain(status: StatusCode) -> Response {
    let mut response = status.into_response();
    let no_store = HeaderValue::from_static("no-store");
    response.headers_mut().insert(header::CACHE_CONTROL, no_store);
    response
}

fn with(status: StatusCode, name: header::HeaderName, value: &str) -> Response {
    let mut response = plain(status);
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
    response
}

fn printed(answer: xcap::Response) -> Response {
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::SERVICE_UNAVAILABLE);
    let mut response = plain(status);
    let mut set = |name, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            response.headers_mut().insert(name, value);
        }
    };
    if let Some(tag) = &answer.etag {
        set(header::ETAG, tag);
    }
    if status == StatusCode::METHOD_NOT_ALLOWED {
        set(header::ALLOW, "GET, HEAD");
    }
    // What is somebody's is never taken for a page.
    set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    // What a client has in store it asks about first.
    set(header::CACHE_CONTROL, "private, no-cache");
    if let Some(content_type) = answer.content_type {
        set(header::CONTENT_TYPE, content_type);
        *response.body_mut() = Body::from(answer.body);
    }
    response
}
