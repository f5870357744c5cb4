//! From bytes to an index: one pass over the head, nothing copied.
//!
//! Owns: which byte of the head belongs to what (start line, header lines, body), folding, the
//! limits of a head. Does not: understand values (`header/*`), check what a message must have
//! (`check`). Read next: `message/mod.rs`.

use std::sync::Arc;

use bytes::{Buf, Bytes};
use memchr::{memchr, memrchr};

use super::Message;
use super::name::Name;
use super::scan;
use crate::error::ParseError;
use crate::limits::{HEAD_BYTES_MAX, HEADERS_MAX};

/// A part of the head, as offsets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Span {
    pub(super) from: u16,
    pub(super) to: u16,
}

impl Span {
    fn new(from: usize, to: usize) -> Span {
        // Heads are at most HEAD_BYTES_MAX long, so offsets fit.
        let cut = |n: usize| u16::try_from(n).unwrap_or(u16::MAX);
        Span { from: cut(from), to: cut(to) }
    }
}

/// Of a name that is not known.
const UNKNOWN: u8 = u8::MAX;

/// One header line.
#[derive(Debug, Clone, Copy)]
pub(super) struct Line {
    /// The place of its name in `Name::KNOWN`, or [`UNKNOWN`].
    place: u8,
    pub(super) name: Span,
    pub(super) value: Span,
}

impl Line {
    /// Its name, if it is a known one.
    pub(super) fn known(&self) -> Option<Name> {
        Name::at(self.place)
    }

    /// The bit that stands for its name in a set of known names; none for another.
    pub(super) fn bit(&self) -> u128 {
        1_u128.checked_shl(u32::from(self.place)).unwrap_or(0)
    }
}

/// The start line.
#[derive(Debug, Clone, Copy)]
pub(super) enum Start {
    Request { method: Span, uri: Span },
    Status { status: u16, reason: Span },
}

/// Offsets of everything in the head. One allocation: the lines, as many as there are.
#[derive(Debug, Clone)]
pub(super) struct Index {
    pub(super) start: Start,
    pub(super) lines: Arc<[Line]>,
    pub(super) body: u32,
    /// The first fault that leaves the rest readable, so that a request can still be answered.
    pub(super) fault: Option<ParseError>,
}

/// Length of the head, its empty line included, if `bytes` has it whole. `scanned` bytes from the
/// front are known not to hold its end.
pub(crate) fn head_bytes(bytes: &[u8], scanned: usize) -> Option<usize> {
    let mut from = scanned.saturating_sub(3);
    while let Some(at) = memchr(b'\n', bytes.get(from..)?) {
        let end = from + at + 1;
        if bytes.get(..end)?.ends_with(b"\r\n\r\n") {
            return Some(end);
        }
        from = end;
    }
    None
}

/// The front of a message that cannot be taken, as a head of its own: its first lines, as many as
/// may be. What a request needs to be answered is nearly always among them.
pub(crate) fn answerable(bytes: &[u8]) -> Bytes {
    let held = bytes.get(..bytes.len().min(HEAD_BYTES_MAX - 2)).unwrap_or(bytes);
    let mut end = 0;
    for _ in 0..HEADERS_MAX {
        match memchr(b'\n', held.get(end..).unwrap_or(&[])) {
            Some(0 | 1) | None => break,
            Some(at) => end += at + 1,
        }
    }
    [held.get(..end).unwrap_or(&[]), b"\r\n"].concat().into()
}

/// Indexes `bytes`. Folded lines are unfolded in a copy of the same length, so that every value is
/// one piece and offsets hold.
pub(super) fn index(mut bytes: Bytes) -> Result<Message, ParseError> {
    // RFC 3261 §7.5: empty lines before the start line are ignored.
    while bytes.starts_with(b"\r\n") {
        bytes.advance(2);
    }
    let (bytes, fault) = finish(bytes)?;
    let head = head_bytes(&bytes, 0).ok_or(ParseError::Unfinished)?;
    let head_text = bytes.get(..head).unwrap_or(&[]);
    if std::str::from_utf8(head_text).is_err() {
        return Err(ParseError::NotUtf8);
    }
    let folded = head_text.windows(2).any(|pair| matches!(pair, b"\n " | b"\n\t"));
    let bytes = if folded { unfold(&bytes, head) } else { bytes };
    let mut index = index_head(bytes.get(..head).unwrap_or(&[]))?;
    index.fault = fault.or(index.fault);
    let mut message = Message { bytes, index, read: Arc::default() };
    if let Ok(Some(end)) = message.body_end() {
        message.bytes.truncate(end);
    }
    Ok(message)
}

/// Bytes with a whole head. A datagram that lacks only the empty line can still be answered.
fn finish(bytes: Bytes) -> Result<(Bytes, Option<ParseError>), ParseError> {
    match head_bytes(bytes.get(..bytes.len().min(HEAD_BYTES_MAX)).unwrap_or(&[]), 0) {
        Some(_) => Ok((bytes, None)),
        None if bytes.len() >= HEAD_BYTES_MAX => Err(ParseError::Limit("head")),
        None if bytes.ends_with(b"\r\n") => {
            let finished = [&bytes, &b"\r\n"[..]].concat();
            Ok((finished.into(), Some(ParseError::Unfinished)))
        }
        None => Err(ParseError::Unfinished),
    }
}

/// A copy in which CR LF before a blank or tab are blanks (RFC 3261 §7.3.1: folding is one blank).
fn unfold(bytes: &Bytes, head: usize) -> Bytes {
    let mut copy = bytes.to_vec();
    let mut at = 0;
    while let Some(found) = copy.get(at..head).and_then(|rest| memchr(b'\n', rest)) {
        let lf = at + found;
        if let Some([cr @ b'\r', lf @ b'\n', b' ' | b'\t']) = copy.get_mut(lf.max(1) - 1..lf + 2) {
            (*cr, *lf) = (b' ', b' ');
        }
        at = lf + 1;
    }
    Bytes::from(copy)
}

fn index_head(head: &[u8]) -> Result<Index, ParseError> {
    let none = Line { place: UNKNOWN, name: Span::default(), value: Span::default() };
    let mut lines = [none; HEADERS_MAX];
    let mut count = 0;
    let (mut fault, start_bytes) = (None, line_bytes(head, 0));
    let start = start_line(head.get(..start_bytes.saturating_sub(2)).unwrap_or(&[]), &mut fault)?;
    let mut from = start_bytes;
    loop {
        let next = line_bytes(head, from);
        // Only the last line is empty. A lone LF does not end the head either: what follows would
        // be headers to one reader and a body to another.
        if next >= head.len() {
            break;
        }
        match header_line(head, from, next.saturating_sub(2)) {
            Some(line) => {
                *lines.get_mut(count).ok_or(ParseError::Limit("header lines"))? = line;
                count += 1;
            }
            None => fault = fault.or(Some(ParseError::HeaderLine)),
        }
        from = next;
    }
    let lines = lines.get(..count).unwrap_or(&[]).into();
    Ok(Index { start, lines, body: u32::try_from(head.len()).unwrap_or(u32::MAX), fault })
}

/// Where the line that begins at `from` ends, its CR LF included.
fn line_bytes(head: &[u8], from: usize) -> usize {
    match memchr(b'\n', head.get(from..).unwrap_or(&[])) {
        Some(at) => from + at + 1,
        None => head.len(),
    }
}

fn is_clean(line: &[u8]) -> bool {
    let control = |b: &u8| *b < b' ' && *b != b'\t' || *b == 0x7f;
    if !line.iter().any(control) {
        return true;
    }
    // A quoted string may hold any escaped character but CR and LF (RFC 3261 §25.1 quoted-pair).
    let mut escaped = false;
    line.iter().all(|b| {
        let fine = !control(b) || escaped && !matches!(b, b'\r' | b'\n');
        escaped = *b == b'\\' && !escaped;
        fine
    })
}

fn header_line(head: &[u8], from: usize, to: usize) -> Option<Line> {
    let line = head.get(from..to)?;
    // A line ends by CR LF; a lone LF ends here without its CR.
    if head.get(to) != Some(&b'\r') || !is_clean(line) {
        return None;
    }
    let colon = memchr(b':', line)?;
    let name = trim_end(line.get(..colon)?);
    if name.is_empty() || !name.iter().all(|b| scan::is_token_byte(*b)) {
        return None;
    }
    let value = line.get(colon + 1..)?;
    let blanks = value.iter().take_while(|b| matches!(b, b' ' | b'\t')).count();
    let begin = from + colon + 1 + blanks;
    let end = begin + trim_end(value.get(blanks..)?).len();
    Some(Line {
        place: Name::place(name).unwrap_or(UNKNOWN),
        name: Span::new(from, from + name.len()),
        value: Span::new(begin, end),
    })
}

fn trim_end(bytes: &[u8]) -> &[u8] {
    let blanks = bytes.iter().rev().take_while(|b| matches!(b, b' ' | b'\t')).count();
    bytes.get(..bytes.len() - blanks).unwrap_or(&[])
}

/// Reads the start line. What is wrong in it but leaves method or status readable becomes `fault`.
fn start_line(line: &[u8], fault: &mut Option<ParseError>) -> Result<Start, ParseError> {
    if !is_clean(line) {
        return Err(ParseError::StartLine);
    }
    if line.get(..4).is_some_and(|start| start.eq_ignore_ascii_case(b"SIP/")) {
        return status_line(line, fault);
    }
    let method = memchr(b' ', line).ok_or(ParseError::StartLine)?;
    let trimmed = trim_end(line);
    let uri_end = memrchr(b' ', trimmed).filter(|at| *at > method).ok_or(ParseError::StartLine)?;
    let name = line.get(..method).unwrap_or(&[]);
    if name.is_empty() || !name.iter().all(|b| scan::is_token_byte(*b)) {
        return Err(ParseError::StartLine);
    }
    version(trimmed.get(uri_end + 1..).unwrap_or(&[]), fault)?;
    if trimmed.len() != line.len() {
        *fault = fault.or(Some(ParseError::StartLine));
    }
    Ok(Start::Request { method: Span::new(0, method), uri: Span::new(method + 1, uri_end) })
}

fn version(bytes: &[u8], fault: &mut Option<ParseError>) -> Result<(), ParseError> {
    // RFC 3261 §7.1: compared without case, sent in upper case.
    if bytes.eq_ignore_ascii_case(b"SIP/2.0") {
        return Ok(());
    }
    let digit = |b: &u8| b.is_ascii_digit() || *b == b'.';
    match bytes.split_at_checked(4) {
        Some((name, number)) if name.eq_ignore_ascii_case(b"SIP/") && number.iter().all(digit) => {
            *fault = fault.or(Some(ParseError::Version));
            Ok(())
        }
        _ => Err(ParseError::StartLine),
    }
}

fn status_line(line: &[u8], fault: &mut Option<ParseError>) -> Result<Start, ParseError> {
    let space = memchr(b' ', line).ok_or(ParseError::StartLine)?;
    version(line.get(..space).unwrap_or(&[]), fault)?;
    let rest = line.get(space + 1..).unwrap_or(&[]);
    let digits = rest.iter().take_while(|b| b.is_ascii_digit()).count();
    // The blank before an empty reason may be missing: COMPAT(several old clients).
    let reason = match (digits, rest.get(3)) {
        (3, None) => space + 4,
        (3, Some(b' ')) => space + 5,
        _ => return Err(ParseError::StartLine),
    };
    let number = rest.iter().take(3).fold(0_u16, |n, b| n * 10 + u16::from(*b - b'0'));
    if !(100..700).contains(&number) {
        return Err(ParseError::StartLine);
    }
    Ok(Start::Status { status: number, reason: Span::new(reason, line.len()) })
}
