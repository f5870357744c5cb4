//! The task that owns the socket of one byte stream: what arrives becomes [`Wire`], what the
//! loop queued is written. What the bytes mean is the stack's.
//!
//! A connection that is silent holds no buffer: bytes are read into one that all connections of
//! a thread share, and copied from there at their true length. What waits is written together,
//! so that a burst of small messages is one write, and over TLS one record.

use std::cell::RefCell;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use sip::Why;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Sleep;

use super::connection::{End, Wire};
use super::inbox::Full;
use super::tls_fault;
use crate::limits;
use crate::listen::places::Place;

/// Pieces in one write: more do not make it cheaper.
const PIECES: usize = 32;

thread_local! {
    static ARRIVED: RefCell<Vec<u8>> = RefCell::new(vec![0; limits::READ_BYTES]);
}

/// See the head of the file.
pub(super) struct Link<S> {
    stream: S,
    end: End,
    /// What came and waits for its turn; until it has had it nothing more is read.
    arrived: Option<Bytes>,
    /// Why nothing more comes; said when what came before has been dealt with.
    ended: Option<Why>,
    /// A report that the loop has no room for yet.
    handing: Option<Handing>,
    is_read: bool,
    is_written: bool,
    is_unflushed: bool,
    /// By when the rest must be written, once the loop has let go.
    farewell: Option<Pin<Box<Sleep>>>,
    _place: Option<Place>,
}

type Handing = Pin<Box<dyn Future<Output = ()> + Send>>;

impl<S> Link<S>
where
    S: AsyncRead + AsyncWrite + Unpin + Send,
{
    /// A connection that has been announced. `place` is given back when the socket closes.
    pub(super) fn new(stream: S, end: End, place: Option<Place>) -> Link<S> {
        Link {
            stream,
            end,
            arrived: None,
            ended: None,
            handing: None,
            is_read: true,
            is_written: true,
            is_unflushed: false,
            farewell: None,
            _place: place,
        }
    }

    /// Reports to the loop, and waits for it if it must.
    fn report(&mut self, wire: Wire) {
        match self.end.reports.try_tell(wire, &self.end.turns) {
            Ok(()) => {}
            Err(Full::Waits(wire)) => {
                let (reports, turns) = (self.end.reports.clone(), self.end.turns.clone());
                self.handing = Some(Box::pin(async move {
                    // Nobody listens any more when the node stops.
                    let _ = reports.tell(wire, &turns).await;
                }));
            }
            // Nobody listens any more when the node stops.
            Err(Full::Gone) => (self.is_read, self.ended) = (false, None),
        }
    }

    fn ends(&mut self, why: Why) {
        if std::mem::take(&mut self.is_read) {
            self.ended = Some(why);
        }
    }

    /// Reads and reports until there is nothing more, or no room for it.
    fn poll_read(&mut self, ctx: &mut Context<'_>) -> Poll<()> {
        loop {
            if let Some(handing) = &mut self.handing {
                ready!(handing.as_mut().poll(ctx));
                self.handing = None;
            }
            if self.arrived.is_some() || self.ended.is_some() {
                let turn = ready!(self.end.turns.poll_take(ctx));
                let flow = self.end.flow;
                if let Some(bytes) = self.arrived.take() {
                    let wire = self.end.reports.bytes(flow, bytes, turn);
                    self.report(wire);
                } else if let Some(why) = self.ended.take() {
                    self.report(Wire::Closed { flow, why });
                }
            } else if self.is_read {
                ready!(self.poll_arrival(ctx));
            } else {
                return Poll::Ready(());
            }
        }
    }

    fn poll_arrival(&mut self, ctx: &mut Context<'_>) -> Poll<()> {
        let arrived = ARRIVED.with_borrow_mut(|buffer| {
            let mut buffer = ReadBuf::new(buffer);
            ready!(Pin::new(&mut self.stream).poll_read(ctx, &mut buffer))?;
            Poll::Ready(io::Result::Ok(Bytes::copy_from_slice(buffer.filled())))
        });
        match ready!(arrived) {
            Ok(bytes) if bytes.is_empty() => self.ends(Why::Eof),
            Ok(bytes) => self.arrived = Some(bytes),
            Err(error) => self.ends(tls_fault::why(&error)),
        }
        Poll::Ready(())
    }

    /// Writes what is queued; ready when the connection is over.
    fn poll_write(&mut self, ctx: &mut Context<'_>) -> Poll<io::Result<()>> {
        loop {
            match self.end.queued.poll_fill(ctx) {
                Poll::Ready(true) => {}
                // Say goodbye (TLS close_notify, FIN).
                Poll::Ready(false) => return Pin::new(&mut self.stream).poll_shutdown(ctx),
                Poll::Pending => {
                    if self.is_unflushed {
                        ready!(Pin::new(&mut self.stream).poll_flush(ctx))?;
                        self.is_unflushed = false;
                    }
                    return Poll::Pending;
                }
            }
            let count = ready!(self.poll_write_pieces(ctx))?;
            if count == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.is_unflushed = true;
            self.end.queued.written(count);
        }
    }

    fn poll_write_pieces(&mut self, ctx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let stream = Pin::new(&mut self.stream);
        let pieces = self.end.queued.writing();
        if let ([piece], []) = pieces.as_slices() {
            return stream.poll_write(ctx, piece);
        }
        let mut slices = [IoSlice::new(&[]); PIECES];
        let count = slices.iter_mut().zip(pieces).fold(0, |count, (slice, piece)| {
            *slice = IoSlice::new(piece);
            count + 1
        });
        stream.poll_write_vectored(ctx, slices.get(..count).unwrap_or_default())
    }

    /// Ready when a peer that the loop has let go of took too long over the rest.
    fn poll_farewell(&mut self, ctx: &mut Context<'_>) -> Poll<()> {
        if !self.end.queued.is_let_go() {
            return Poll::Pending;
        }
        // Nobody wants to know any more what comes.
        (self.is_read, self.arrived, self.ended) = (false, None, None);
        let linger = || Box::pin(tokio::time::sleep(limits::LINGER));
        self.farewell.get_or_insert_with(linger).as_mut().poll(ctx)
    }
}

impl<S> Future for Link<S>
where
    S: AsyncRead + AsyncWrite + Unpin + Send,
{
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, ctx: &mut Context<'_>) -> Poll<()> {
        if self.is_written {
            match self.poll_write(ctx) {
                Poll::Ready(Ok(())) => return Poll::Ready(()),
                Poll::Ready(Err(error)) => {
                    self.is_written = false;
                    self.ends(tls_fault::why(&error));
                }
                Poll::Pending => {
                    if self.poll_farewell(ctx).is_ready() {
                        return Poll::Ready(());
                    }
                }
            }
        }
        let read = self.poll_read(ctx);
        // Without a writer there is nothing left but to say so.
        if self.is_written { Poll::Pending } else { read }
    }
}
