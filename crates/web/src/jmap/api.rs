//! `POST /jmap/api` (RFC 8620 §3.1).

use std::sync::Arc;

use axum::Json;
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::call::Caller;
use super::protocol::{Request as Jmap, RequestError};
use super::{dispatch, session};
use crate::body;
use crate::ctx::Ctx;
use crate::limits::REQUEST_BYTES_MAX;
use crate::login::{self, SignedIn, who_writes};
use crate::problem::Problem;

/// One request object, over HTTP.
pub(crate) async fn post(
    State(ctx): State<Arc<Ctx>>,
    request: Request,
) -> Result<Response, Problem> {
    let from = login::address(&request);
    let (parts, body) = request.into_parts();
    let who = who_writes(&ctx, &parts.headers, from).await?;
    if login::require_json(&parts.headers).is_err() {
        let why = "the body must be application/json".to_owned();
        return Ok(refuse(&RequestError::NotJson(why)));
    }
    let body = match body::read(body, REQUEST_BYTES_MAX).await {
        Err(Problem::TooLarge(_)) => {
            return Ok(refuse(&RequestError::Limit("maxSizeRequest")));
        }
        read => read?,
    };
    let request = match Jmap::parse(&body) {
        Ok(request) => request,
        Err(error) => return Ok(refuse(&error)),
    };
    let state = session::state(&ctx, &who).await?;
    let response = dispatch::run(&ctx, &caller(&who), request, &state).await;
    Ok(Json(response).into_response())
}

/// The caller behind a sign-in, without a WebSocket.
pub(crate) fn caller(who: &SignedIn) -> Caller {
    Caller { account: who.id(), mailbox: who.mailbox.id, connection: None }
}

fn refuse(error: &RequestError) -> Response {
    let headers = [(header::CONTENT_TYPE, "application/problem+json; charset=utf-8")];
    (StatusCode::BAD_REQUEST, headers, error.problem().to_string()).into_response()
}
