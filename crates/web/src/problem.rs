//! The one way an HTTP request of ours is refused: problem JSON (RFC 7807) without internals.

use axum::http::{HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

/// Why a request was not served, by culprit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Problem {
    /// The client broke the protocol.
    #[error("{0}")]
    BadRequest(String),
    /// Not signed in; the challenge is sent only to clients that are not the page.
    #[error("{detail}")]
    NotSignedIn {
        /// What to do.
        detail: String,
        /// Whether `WWW-Authenticate` is sent: a browser would show its own dialog.
        challenge: bool,
    },
    /// Signed in, but may not; or from a foreign page.
    #[error("{0}")]
    Forbidden(String),
    /// There is no such thing, or not for this person.
    #[error("{0}")]
    NotFound(String),
    /// Wrong method.
    #[error("use {0}")]
    Method(&'static str),
    /// Wrong type of body.
    #[error("the body must be {0}")]
    MediaType(&'static str),
    /// Too large.
    #[error("at most {0} bytes are accepted")]
    TooLarge(usize),
    /// It did not come in time.
    #[error("the body did not come in time; send the request again")]
    Slow,
    /// Too often; seconds to wait.
    #[error("too many attempts; try again in {0} seconds")]
    TooMany(i64),
    /// A part of ours is unavailable.
    #[error("{0}")]
    Unavailable(String),
}

impl Problem {
    fn parts(&self) -> (StatusCode, &'static str) {
        match self {
            Problem::BadRequest(_) => (StatusCode::BAD_REQUEST, "badRequest"),
            Problem::NotSignedIn { .. } => (StatusCode::UNAUTHORIZED, "notSignedIn"),
            Problem::Forbidden(_) => (StatusCode::FORBIDDEN, "forbidden"),
            Problem::NotFound(_) => (StatusCode::NOT_FOUND, "notFound"),
            Problem::Method(_) => (StatusCode::METHOD_NOT_ALLOWED, "method"),
            Problem::MediaType(_) => (StatusCode::UNSUPPORTED_MEDIA_TYPE, "mediaType"),
            Problem::TooLarge(_) => (StatusCode::PAYLOAD_TOO_LARGE, "tooLarge"),
            Problem::Slow => (StatusCode::REQUEST_TIMEOUT, "slow"),
            Problem::TooMany(_) => (StatusCode::TOO_MANY_REQUESTS, "tooMany"),
            Problem::Unavailable(_) => (StatusCode::SERVICE_UNAVAILABLE, "unavailable"),
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let (status, kind) = self.parts();
        let body = json!({
            "type": format!("urn:tandem:problem:{kind}"),
            "status": status.as_u16(),
            "detail": self.to_string(),
        });
        let mut response = (
            status,
            [(header::CONTENT_TYPE, "application/problem+json; charset=utf-8")],
            body.to_string(),
        )
            .into_response();
        let mut add = |name: HeaderName, value: String| {
            if let Ok(value) = value.parse() {
                response.headers_mut().insert(name, value);
            }
        };
        match self {
            Problem::NotSignedIn { challenge: true, .. } => {
                add(header::WWW_AUTHENTICATE, "Basic realm=\"Tandem\", charset=\"UTF-8\"".into());
            }
            Problem::TooMany(seconds) => add(header::RETRY_AFTER, seconds.to_string()),
            Problem::Unavailable(_) => add(header::RETRY_AFTER, "5".into()),
            Problem::Method(allowed) => add(header::ALLOW, allowed.into()),
            _ => {}
        }
        response
    }
}

/// What a failed read or write of the store is to the client; the cause goes to the log.
impl From<store::Error> for Problem {
    fn from(error: store::Error) -> Self {
        match error {
            store::Error::NotFound(what) => Problem::NotFound(format!("{what} does not exist")),
            store::Error::Invalid(why) | store::Error::Limit(why) | store::Error::Conflict(why) => {
                Problem::BadRequest(why)
            }
            other => {
                tracing::error!(error = %other, "the store did not serve a request");
                Problem::Unavailable("the mail store is not available at the moment".into())
            }
        }
    }
}
