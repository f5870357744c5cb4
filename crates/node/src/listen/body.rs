//! The body of an HTTP request, guarded: one that falls silent, or does not end, is an error
//! (`TimedOut`), which the router answers with 408. How long it may be, each route says itself.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::Request;
use axum::http::{HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;
use hyper::body::{Frame, SizeHint};
use tokio::time::{Instant, Sleep};

use crate::limits;

/// Guards the body of a request.
///
/// A request with Transfer-Encoding is the last of its connection: who is between us and the
/// client may have read its length from a Content-Length beside it, so nobody knows whose the next
/// bytes are (RFC 9112 §6.1). Browsers send none over HTTP/1.1.
pub(super) async fn guard(request: Request, next: Next) -> Response {
    let is_last = request.headers().contains_key(header::TRANSFER_ENCODING);
    let mut response = next.run(request.map(|body| Body::new(Guarded::new(body)))).await;
    if is_last {
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

struct Guarded {
    body: Body,
    silence: Pin<Box<Sleep>>,
    end: Instant,
}

impl Guarded {
    fn new(body: Body) -> Guarded {
        let end = Instant::now() + limits::HTTP_BODY;
        Guarded { body, silence: Box::pin(tokio::time::sleep(limits::HTTP_BODY_SILENCE)), end }
    }
}

impl HttpBody for Guarded {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        ctx: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        if let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(ctx) {
            let silent = Instant::now() + limits::HTTP_BODY_SILENCE;
            let until = silent.min(self.end);
            self.silence.as_mut().reset(until);
            return Poll::Ready(frame.map(|frame| frame.map_err(io::Error::other)));
        }
        ready!(self.silence.as_mut().poll(ctx));
        Poll::Ready(Some(Err(io::ErrorKind::TimedOut.into())))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
