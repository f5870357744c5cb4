//! Messages out of a stream (RFC 3261 §18.3, RFC 5626 §3.5.1).
//!
//! Owns: the bytes of one flow that are not yet a whole message, how far they were looked at, and
//! keep-alives. Does not: read messages (`message`); what it cuts out is judged there again, by
//! the same Content-Length. Read next: `message/parse`.

use bytes::{Buf, Bytes, BytesMut};
use memchr::memchr;

use crate::error::ParseError;
use crate::limits::HEAD_BYTES_MAX;
use crate::message::{Name, head_bytes, number};

/// What a stream held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Frame {
    /// One whole message.
    Message(Bytes),
    /// CR LF CR LF between messages: to be answered by CR LF.
    Ping,
    /// CR LF between messages: the answer to a ping, or nothing.
    Pong,
}

/// How far the bytes held have been understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Progress {
    /// Looking for the end of a head; so many bytes are known not to hold it.
    Head { scanned: usize },
    /// Waiting for so many bytes in all.
    Body { bytes: usize },
}

/// The receiving side of one stream.
#[derive(Debug)]
pub struct Framer {
    held: BytesMut,
    progress: Progress,
    /// The last thing was a lone CR LF, with nothing behind it.
    half: bool,
    body_bytes_max: usize,
}

impl Framer {
    /// An empty stream whose bodies may have so many bytes. Holds no memory until bytes come.
    #[must_use]
    pub fn new(body_bytes_max: usize) -> Framer {
        let progress = Progress::Head { scanned: 0 };
        Framer { held: BytesMut::new(), progress, half: false, body_bytes_max }
    }

    /// Takes what was received. Call [`Framer::next`] until it has nothing more.
    pub fn push(&mut self, bytes: &[u8]) {
        self.held.extend_from_slice(bytes);
    }

    /// Whether a message is begun and not finished.
    #[must_use]
    pub fn is_inside(&self) -> bool {
        !self.held.is_empty()
    }

    /// The bytes that are not yet a whole message.
    pub(crate) fn held(&self) -> &[u8] {
        &self.held
    }

    /// The next whole frame, if there is one.
    ///
    /// # Errors
    /// If the stream is not SIP or a message is too large. Nothing after it can be trusted: close.
    #[allow(clippy::should_implement_trait, reason = "an iterator does not fail for good")]
    pub fn next(&mut self) -> Result<Option<Frame>, ParseError> {
        if self.progress == (Progress::Head { scanned: 0 }) {
            match self.held.get(..self.held.len().min(4)) {
                Some(b"\r" | b"\r\n\r") => return Ok(None),
                Some([b'\r', b'\n', ..]) => return Ok(Some(self.keep_alive())),
                _ => {}
            }
        }
        if let Progress::Head { scanned } = self.progress {
            let Some(head) = head_bytes(&self.held, scanned) else {
                if self.held.len() >= HEAD_BYTES_MAX {
                    return Err(ParseError::Limit("head"));
                }
                self.check_start()?;
                self.progress = Progress::Head { scanned: self.held.len() };
                return Ok(None);
            };
            if head > HEAD_BYTES_MAX {
                return Err(ParseError::Limit("head"));
            }
            self.check_start()?;
            let body = content_length(self.held.get(..head).unwrap_or(&[]))?;
            if body > self.body_bytes_max {
                return Err(ParseError::Limit("body"));
            }
            self.progress = Progress::Body { bytes: head + body };
        }
        let Progress::Body { bytes } = self.progress else { return Ok(None) };
        if self.held.len() < bytes {
            return Ok(None);
        }
        (self.progress, self.half) = (Progress::Head { scanned: 0 }, false);
        Ok(Some(Frame::Message(self.cut(bytes))))
    }

    /// Takes an empty line or two from the front (RFC 3261 §7.5: ignored before a start line).
    fn keep_alive(&mut self) -> Frame {
        let half = std::mem::take(&mut self.half);
        if self.held.starts_with(b"\r\n\r\n") {
            self.cut(4);
            return Frame::Ping;
        }
        // A lone CR LF is told at once, as nothing may follow a pong for long. If the next thing
        // is CR LF again, both were a ping that came in halves.
        self.half = !half && self.held.len() == 2;
        self.cut(2);
        if half { Frame::Ping } else { Frame::Pong }
    }

    fn cut(&mut self, bytes: usize) -> Bytes {
        let frame = if bytes == self.held.len() {
            // An idle flow keeps no buffer.
            std::mem::take(&mut self.held)
        } else {
            self.held.split_to(bytes.min(self.held.len()))
        };
        frame.freeze()
    }

    /// Refuses what cannot become a head: something that is not SIP at all (TLS, HTTP) need not be
    /// waited for.
    fn check_start(&self) -> Result<(), ParseError> {
        let line_end = memchr(b'\n', &self.held);
        let line = self.held.get(..line_end.unwrap_or(0)).unwrap_or(&[]);
        let text = |b: &u8| matches!(b, b' '..=b'~' | b'\r' | b'\n' | b'\t' | 0x80..);
        let lone_cr = self.held.starts_with(b"\r");
        let first_fine = !lone_cr && self.held.chunk().iter().take(8).all(text);
        let sip = line_end.is_none()
            || line.len() <= 1
            || line.windows(4).any(|part| part.eq_ignore_ascii_case(b"SIP/"));
        if first_fine && sip { Ok(()) } else { Err(ParseError::StartLine) }
    }
}

/// Content-Length of a head: needed on streams, digits only, equal wherever it stands. Folded
/// lines belong to the line before them.
fn content_length(head: &[u8]) -> Result<usize, ParseError> {
    let mut length = None;
    let mut rest = head;
    while let Some(line_end) = memchr(b'\n', rest) {
        let mut end = line_end + 1;
        while matches!(rest.get(end), Some(b' ' | b'\t')) {
            end += memchr(b'\n', rest.get(end..).unwrap_or(&[])).map_or(rest.len(), |at| at + 1);
        }
        let (line, after) = rest.split_at_checked(end).unwrap_or((rest, &[]));
        rest = after;
        if !matches!(line.first(), Some(b'c' | b'C' | b'l' | b'L')) {
            continue;
        }
        let Some(colon) = memchr(b':', line) else { continue };
        let (name, value) = line.split_at_checked(colon).unwrap_or((line, &[]));
        if Name::known(name.trim_ascii_end()) != Some(Name::ContentLength) {
            continue;
        }
        let value = value.get(1..).unwrap_or(&[]).trim_ascii();
        let value = std::str::from_utf8(value).ok().and_then(number);
        let value = value.ok_or(ParseError::ContentLength)? as usize;
        if length.is_some_and(|length| length != value) {
            return Err(ParseError::ContentLength);
        }
        length = Some(value);
    }
    length.ok_or(ParseError::ContentLength)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = "OPTIONS sip:a SIP/2.0\r\nContent-Length: 4\r\n\r\nbody";
    const TWO: &str = "MESSAGE sip:b SIP/2.0\r\nl : \r\n 0\r\n\r\n";

    /// Everything a stream holds if it comes in pieces of `step` bytes.
    fn frames(stream: &[u8], step: usize) -> Result<Vec<Frame>, ParseError> {
        let mut framer = Framer::new(100);
        let mut frames = Vec::new();
        for piece in stream.chunks(step) {
            framer.push(piece);
            while let Some(frame) = framer.next()? {
                frames.push(frame);
            }
        }
        Ok(frames)
    }

    fn message(text: &str) -> Frame {
        Frame::Message(Bytes::copy_from_slice(text.as_bytes()))
    }

    #[test]
    fn messages_come_whole_however_they_are_cut() {
        let stream = format!("{ONE}{TWO}{ONE}");
        for step in 1..=stream.len() {
            let expected = [message(ONE), message(TWO), message(ONE)];
            assert_eq!(frames(stream.as_bytes(), step).unwrap(), expected, "{step}");
        }
    }

    #[test]
    fn keep_alives() {
        let stream = format!("\r\n\r\n{ONE}\r\n\r\n\r\n\r\n{TWO}\r\n{ONE}");
        let expected = [
            Frame::Ping,
            message(ONE),
            Frame::Ping,
            Frame::Ping,
            message(TWO),
            Frame::Pong,
            message(ONE),
        ];
        assert_eq!(frames(stream.as_bytes(), stream.len()).unwrap(), expected);
        assert_eq!(frames(b"\r\n", 2).unwrap(), [Frame::Pong]);
        assert_eq!(frames(b"\r\n\r\n", 3).unwrap(), [Frame::Ping]);
        for step in [1, 2] {
            assert_eq!(frames(b"\r\n\r\n", step).unwrap(), [Frame::Pong, Frame::Ping]);
        }
        let stream = format!("\r\n{ONE}\r\n");
        assert_eq!(frames(stream.as_bytes(), 2).unwrap(), [Frame::Pong, message(ONE), Frame::Pong]);
    }

    #[test]
    fn idle_streams_hold_nothing() {
        let mut framer = Framer::new(100);
        framer.push(ONE.as_bytes());
        assert!(framer.is_inside());
        assert!(framer.next().unwrap().is_some());
        assert!(!framer.is_inside());
        assert_eq!(framer.held.capacity(), 0);
    }

    #[test]
    fn refuses() {
        let long = "a".repeat(HEAD_BYTES_MAX);
        let lengths =
            |value: &str| format!("OPTIONS sip:a SIP/2.0\r\nContent-Length: {value}\r\n\r\n");
        for (stream, error) in [
            ("OPTIONS sip:a SIP/2.0\r\nVia: x\r\n\r\n".to_owned(), ParseError::ContentLength),
            (lengths("-1"), ParseError::ContentLength),
            (lengths("4294967328"), ParseError::ContentLength),
            (lengths(""), ParseError::ContentLength),
            (lengths("1\r\nl: 2"), ParseError::ContentLength),
            (lengths("101"), ParseError::Limit("body")),
            (lengths("4294967295"), ParseError::Limit("body")),
            (format!("OPTIONS sip:a SIP/2.0\r\nX: {long}"), ParseError::Limit("head")),
            ("GET / HTTP/1.1\r\nHost: a\r\n".to_owned(), ParseError::StartLine),
            ("\r\n\rx SIP/2.0\r\nl: 0\r\n\r\n".to_owned(), ParseError::StartLine),
            ("\rx SIP/2.0\r\nl: 0\r\n\r\n".to_owned(), ParseError::StartLine),
            ("\u{16}\u{3}\u{1}".to_owned(), ParseError::StartLine),
        ] {
            assert_eq!(frames(stream.as_bytes(), 7), Err(error), "{stream}");
        }
    }

    #[test]
    fn equal_lengths_are_one() {
        let stream = "OPTIONS sip:a SIP/2.0\r\nContent-Length: 01\r\nl: 1\r\n\r\nx";
        assert_eq!(frames(stream.as_bytes(), 5).unwrap(), [message(stream)]);
    }
}
