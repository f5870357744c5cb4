//! `/health`: how each role of this node is; for load balancers and `make run`. Whoever shows the
//! administrators' token (`DATA/health.token`) is told about instant messaging, too, and about
//! certificates that run out.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use ring::digest::{SHA256, digest};
use serde_json::{Value, json};

use crate::ctx::{CertificateWarning, Ctx};
use crate::jmap::time::utc;

/// The token that administrators show; only its hash is kept.
#[derive(Clone, PartialEq, Eq)]
pub struct HealthToken([u8; 32]);

impl HealthToken {
    /// Of this text.
    pub fn new(token: &str) -> HealthToken {
        HealthToken(digest(&SHA256, token.as_bytes()).as_ref().try_into().unwrap_or_default())
    }
}

impl std::fmt::Debug for HealthToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("HealthToken(…)")
    }
}

/// `GET /health`: 200 if every role is well, else 503; the body says which is not. A token that is
/// wrong is 401, so that nobody takes the short answer for the whole.
pub(crate) async fn get(State(ctx): State<Arc<Ctx>>, headers: HeaderMap) -> Response {
    let is_administrator = match headers.get(header::AUTHORIZATION) {
        None => false,
        // RFC 6750 §2.1. Hashes are compared, so the time it takes tells nothing of the token.
        Some(shown) => match shown.to_str().ok().and_then(|it| it.split_once(' ')) {
            Some((scheme, token))
                if scheme.eq_ignore_ascii_case("Bearer")
                    && ctx.config.health_token == Some(HealthToken::new(token.trim())) =>
            {
                true
            }
            _ => {
                let challenge = [(header::WWW_AUTHENTICATE, "Bearer realm=\"health\"")];
                return (StatusCode::UNAUTHORIZED, challenge).into_response();
            }
        },
    };
    let health = (ctx.health)();
    let status = match health.status.as_str() {
        "ok" => StatusCode::OK,
        _ => StatusCode::SERVICE_UNAVAILABLE,
    };
    let mut body = json!(health);
    if is_administrator && let Some(body) = body.as_object_mut() {
        let details: Value = ctx.live.look(|bridge| bridge.health());
        body.insert("instantMessaging".to_owned(), details);
        let warnings: Vec<Value> = health.warnings.iter().map(warning).collect();
        body.insert("warnings".to_owned(), json!(warnings));
    }
    (status, Json(body)).into_response()
}

fn warning(about: &CertificateWarning) -> Value {
    json!({
        "text": about.text,
        "usedFor": about.used_for,
        "subject": about.subject,
        "thumbprint": about.thumbprint,
        "notAfter": utc(about.not_after_ms),
        "repair": about.repair,
    })
}
