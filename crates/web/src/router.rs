//! Every route of the web half, as a table.

use std::sync::Arc;

use axum::Router;
use axum::middleware;

use crate::ctx::Ctx;
use crate::headers;

/// Client access and back end in one: the page, sign-in, JMAP, health.
pub fn router(ctx: Arc<Ctx>) -> Router {
    Router::new().layer(middleware::from_fn(headers::secure)).with_state(ctx)
}
