//! Reads the body of a request: within its limit, or not at all.

use std::error::Error;
use std::future::poll_fn;
use std::io;
use std::pin::Pin;

use axum::body::{Body, HttpBody};
use bytes::{Bytes, BytesMut};

use crate::problem::Problem;

/// The whole body, of at most so many bytes. One that is announced to be larger is refused before
/// it comes.
pub(crate) async fn read(mut body: Body, max: usize) -> Result<Bytes, Problem> {
    if body.size_hint().lower() > max as u64 {
        return Err(Problem::TooLarge(max));
    }
    let mut held = BytesMut::new();
    while let Some(frame) = poll_fn(|ctx| Pin::new(&mut body).poll_frame(ctx)).await {
        let frame = frame.map_err(|error| problem(&error))?;
        let Ok(piece) = frame.into_data() else { continue };
        if held.len() + piece.len() > max {
            return Err(Problem::TooLarge(max));
        }
        held.extend_from_slice(&piece);
    }
    Ok(held.freeze())
}

/// The node ends a body that falls silent with `TimedOut`; everything else is the client's framing.
fn problem(error: &(dyn Error + 'static)) -> Problem {
    let mut cause = Some(error);
    while let Some(error) = cause {
        let io = error.downcast_ref::<io::Error>();
        if io.is_some_and(|error| error.kind() == io::ErrorKind::TimedOut) {
            return Problem::Slow;
        }
        cause = error.source();
    }
    Problem::BadRequest("the body is not as its headers say".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn bodies_end_at_their_limit() {
        let check = async |body: Body, max| read(body, max).await;
        assert_eq!(check(Body::from("12345"), 5).await.unwrap(), "12345");
        assert_eq!(check(Body::from("123456"), 5).await, Err(Problem::TooLarge(5)));
        assert_eq!(check(Body::empty(), 0).await.unwrap(), "");
    }

    #[test]
    fn silence_is_told_from_nonsense() {
        let silent = axum::Error::new(io::Error::from(io::ErrorKind::TimedOut));
        assert_eq!(problem(&silent), Problem::Slow);
        let inside = axum::Error::new(io::Error::other(silent));
        assert_eq!(problem(&inside), Problem::Slow);
        let broken = axum::Error::new(io::Error::other("invalid chunk size"));
        assert!(matches!(problem(&broken), Problem::BadRequest(_)));
    }
}
