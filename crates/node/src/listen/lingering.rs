//! A socket that closes without losing what was said last.
//!
//! A socket closed with unread bytes is reset, and the reset may overtake the answer: the reply
//! that says why the rest of a message is not wanted, or the alert that names what was wrong (with
//! TLS 1.3 the peer's first request is on its way before it hears of the refusal). So whoever lets
//! go of the socket, however that happens, leaves it open for reading until the peer closes, for a
//! short while.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, ReadBuf};
use tokio::net::TcpStream;
use tokio::runtime::Handle;

use crate::limits;

/// See the head of the file.
#[derive(Debug)]
pub struct Lingering(Option<TcpStream>);

impl From<TcpStream> for Lingering {
    fn from(stream: TcpStream) -> Lingering {
        Lingering(Some(stream))
    }
}

impl Lingering {
    fn stream(self: Pin<&mut Self>) -> io::Result<Pin<&mut TcpStream>> {
        let stream = self.get_mut().0.as_mut().map(Pin::new);
        stream.ok_or_else(|| io::ErrorKind::NotConnected.into())
    }
}

impl AsyncRead for Lingering {
    fn poll_read(
        self: Pin<&mut Self>,
        ctx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.stream()?.poll_read(ctx, buffer)
    }
}

impl AsyncWrite for Lingering {
    fn poll_write(
        self: Pin<&mut Self>,
        ctx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.stream()?.poll_write(ctx, bytes)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        ctx: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.stream()?.poll_write_vectored(ctx, pieces)
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, ctx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream()?.poll_flush(ctx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, ctx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream()?.poll_shutdown(ctx)
    }
}

impl Drop for Lingering {
    fn drop(&mut self) {
        // Without a runtime the process ends, and the socket with it.
        if let (Some(stream), Ok(runtime)) = (self.0.take(), Handle::try_current()) {
            runtime.spawn(async move {
                let _ = tokio::time::timeout(limits::LINGER, read_away(stream)).await;
            });
        }
    }
}

async fn read_away(mut stream: TcpStream) {
    if stream.shutdown().await.is_err() {
        return;
    }
    let mut buffer = vec![0; limits::READ_BYTES];
    while let Ok(1..) = stream.read(&mut buffer).await {}
}
