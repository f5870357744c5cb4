//! The page: files of `ui/dist`, embedded in a release build, read from disk in a debug build.

use axum::extract::{Path, Request};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use rust_embed::{EmbeddedFile, RustEmbed};

use crate::limits::ASSET_AGE;
use crate::problem::Problem;

#[derive(RustEmbed)]
#[folder = "ui/dist/"]
#[exclude = ".*"]
struct Files;

/// Shown instead of the page if nobody has built it.
const NOT_BUILT: &str = "<!doctype html><html lang=en><meta charset=utf-8><title>Tandem</title>\
    <h1>The page is not built</h1><p>This server was built without its page. Run <code>npm ci \
    &amp;&amp; npm run build</code> in <code>crates/web/ui</code>, or start it with <code>make \
    run</code>, which does so.</p></html>";

/// `GET /` and `GET /owa`: to the page.
pub(crate) async fn to_page() -> Redirect {
    Redirect::to("/owa/")
}

/// `GET /owa/`, and every address of the page that is no file: the page finds its way by itself.
pub(crate) async fn page(request: Request) -> Response {
    match Files::get("index.html") {
        Some(file) => serve(&request, "index.html", file, "no-cache"),
        None => {
            let kind = [(header::CONTENT_TYPE, "text/html; charset=utf-8")];
            (StatusCode::SERVICE_UNAVAILABLE, kind, NOT_BUILT).into_response()
        }
    }
}

/// `GET /owa/{*path}`.
pub(crate) async fn file(Path(path): Path<String>, request: Request) -> Result<Response, Problem> {
    if let Some(file) = Files::get(&path) {
        let forever = format!("public, max-age={}, immutable", ASSET_AGE.as_secs());
        let caching = if path.starts_with("assets/") { forever.as_str() } else { "no-cache" };
        return Ok(serve(&request, &path, file, caching));
    }
    let last = path.rsplit('/').next().unwrap_or_default();
    if path.starts_with("assets/") || path.starts_with("auth/") || last.contains('.') {
        return Err(Problem::NotFound(format!("there is no {}", path.escape_debug())));
    }
    Ok(page(request).await)
}

fn serve(request: &Request, path: &str, file: EmbeddedFile, caching: &str) -> Response {
    let tag = format!("\"{}\"", hex(&file.metadata.sha256_hash()));
    let known = request.headers().get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    let headers = [
        (header::CONTENT_TYPE, content_type(path, file.metadata.mimetype())),
        (header::CACHE_CONTROL, caching.to_owned()),
        (header::ETAG, tag.clone()),
    ];
    if known.is_some_and(|known| known.split(',').any(|one| one.trim() == tag)) {
        return (StatusCode::NOT_MODIFIED, headers).into_response();
    }
    (headers, file.data.into_owned()).into_response()
}

fn content_type(path: &str, guessed: &str) -> String {
    let is_text = guessed.starts_with("text/")
        || guessed.ends_with("javascript")
        || guessed.ends_with("json")
        || path.ends_with(".svg");
    if is_text { format!("{guessed}; charset=utf-8") } else { guessed.to_owned() }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
