//! `/health`: how each role of this node is; for load balancers and `make run`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use crate::ctx::Ctx;

/// `GET /health`: 200 if every role is well, else 503; the body says which is not.
pub(crate) async fn get(State(ctx): State<Arc<Ctx>>) -> Response {
    let health = (ctx.health)();
    let status = match health.status.as_str() {
        "ok" => StatusCode::OK,
        _ => StatusCode::SERVICE_UNAVAILABLE,
    };
    (status, Json(health)).into_response()
}
