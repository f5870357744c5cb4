//! What follows DATA, up to the only valid end of it: CRLF "." CRLF (RFC 5321 §4.1.1.4).
//!
//! A CR or LF that stands alone is refused wherever it is: readers that disagree about where a
//! line ends let one message smuggle another in (SMTP smuggling, 2023).

use crate::MESSAGE_BYTES_MAX;

/// How far the content is read.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Progress {
    /// More is to come.
    More,
    /// The end was found.
    Done,
    /// A CR or LF stands alone.
    BareLineEnd,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum At {
    /// First byte of a line.
    LineStart,
    /// After a dot at the start of a line.
    Dot,
    /// After a dot and a CR at the start of a line.
    DotCr,
    /// Inside a line.
    Line,
    /// After a CR inside a line.
    Cr,
}

/// Collects the content of one message, without the stuffed dots.
#[derive(Debug)]
pub(crate) struct Content {
    bytes: Vec<u8>,
    at: At,
    is_too_large: bool,
}

impl Content {
    pub(crate) fn new() -> Content {
        // The CRLF of the DATA command counts as the one before the end.
        Content { bytes: Vec::new(), at: At::LineStart, is_too_large: false }
    }

    /// Takes bytes from the front of `input`; how many it took, and how far it is.
    pub(crate) fn take(&mut self, input: &[u8]) -> (usize, Progress) {
        for (index, &byte) in input.iter().enumerate() {
            let next = match (self.at, byte) {
                (At::LineStart, b'.') => At::Dot,
                (At::Dot, b'\r') => At::DotCr,
                (At::DotCr, b'\n') => return (index + 1, Progress::Done),
                // A dot and a CR, but no LF: the CR stands alone.
                (At::DotCr | At::Cr, byte) if byte != b'\n' => {
                    return (index + 1, Progress::BareLineEnd);
                }
                (At::Cr, _) => {
                    self.push(b'\n');
                    At::LineStart
                }
                (_, b'\n') => return (index + 1, Progress::BareLineEnd),
                (_, b'\r') => {
                    self.push(b'\r');
                    At::Cr
                }
                (_, byte) => {
                    self.push(byte);
                    At::Line
                }
            };
            self.at = next;
        }
        (input.len(), Progress::More)
    }

    fn push(&mut self, byte: u8) {
        if self.bytes.len() < MESSAGE_BYTES_MAX {
            self.bytes.push(byte);
        } else {
            self.is_too_large = true;
        }
    }

    /// The content, unless it was too large.
    pub(crate) fn finish(self) -> Option<Vec<u8>> {
        (!self.is_too_large).then_some(self.bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(input: &[u8], step: usize) -> (usize, Progress, Option<Vec<u8>>) {
        let mut content = Content::new();
        let mut taken = 0;
        for piece in input.chunks(step) {
            let (count, progress) = content.take(piece);
            taken += count;
            if progress != Progress::More {
                return (taken, progress, content.finish());
            }
        }
        (taken, Progress::More, content.finish())
    }

    #[test]
    fn contents() {
        for (input, progress, content) in [
            (&b".\r\n"[..], Progress::Done, &b""[..]),
            (b"a\r\n.\r\n", Progress::Done, b"a\r\n"),
            (b"..a\r\n.b\r\n...\r\n.\r\nQUIT", Progress::Done, b".a\r\nb\r\n..\r\n"),
            (b"a\r\n. \r\n", Progress::More, b"a\r\n \r\n"),
            (b"a\r\n\0.\r\n", Progress::More, b"a\r\n\0.\r\n"),
            (b"a\n", Progress::BareLineEnd, b"a"),
            (b"\n", Progress::BareLineEnd, b""),
            (b"a\rb", Progress::BareLineEnd, b"a\r"),
            (b"a\r\r\n", Progress::BareLineEnd, b"a\r"),
            (b".\n", Progress::BareLineEnd, b""),
            (b".\r.", Progress::BareLineEnd, b""),
        ] {
            for step in [1, 2, 3, 64] {
                let (_, seen, bytes) = read(input, step);
                assert_eq!((&seen, bytes.as_deref()), (&progress, Some(content)), "{input:?}");
            }
        }
        assert_eq!(read(b"a\r\n.\r\nQUIT\r\n", 64).0, 6, "the rest is not taken");
    }
}
