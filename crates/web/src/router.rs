//! Every route of the web half, as a table.

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware;
use axum::routing::{any, get, post};

use crate::ctx::Ctx;
use crate::jmap::{api, session, ws};
use crate::limits::UPLOAD_BYTES_MAX;
use crate::problem::Problem;
use crate::vdir::{ews, health, html, owa, photo};
use crate::{blob, headers, login};

/// Client access and back end in one: the page, sign-in, JMAP, health.
pub fn router(ctx: Arc<Ctx>) -> Router {
    Router::new()
        .route("/", get(owa::to_page))
        .route("/owa", get(owa::to_page))
        .route("/owa/", get(owa::page))
        .route("/owa/auth/login", post(login::log_in).get(owa::to_page))
        .route("/owa/auth/logout", post(login::log_out))
        .route("/owa/photo", get(photo::own).post(photo::set_own).delete(photo::delete_own))
        .route("/owa/{*path}", get(owa::file))
        .route(photo::PATHS[0], get(photo::get))
        .route(photo::PATHS[1], get(photo::get))
        .route(photo::PATHS[2], get(photo::get))
        .route(ews::PATHS[0], post(ews::post))
        .route(ews::PATHS[1], post(ews::post))
        .route(ews::PATHS[2], post(ews::post))
        .route("/.well-known/jmap", get(session::well_known))
        .route("/jmap/session", get(session::get))
        .route("/jmap/api", post(api::post))
        .route("/jmap/ws", any(ws::open))
        .route("/jmap/download/{account}/{blob}/{name}", get(blob::download))
        .route("/jmap/upload/{account}", post(blob::upload))
        .route("/jmap/html/{account}/{email}", get(html::get))
        .route("/health", get(health::get))
        .fallback(|| async { Problem::NotFound("there is nothing here".into()) })
        .method_not_allowed_fallback(|| async { Problem::Method("another method") })
        .layer(DefaultBodyLimit::max(UPLOAD_BYTES_MAX))
        .layer(middleware::from_fn(headers::secure))
        .with_state(ctx)
}
