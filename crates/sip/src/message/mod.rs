//! A received message: the bytes as they came and an index over them.
//!
//! Owns: `Message` and its accessors, which read a value only when asked for it.
//! Does not: build messages (`draft`), know transactions (`transaction`).
//! Read next: `parse` (how the index is made), `check` (what a message must have), `header/*`.

mod check;
mod draft;
mod fields;
pub mod header;
mod host;
mod method;
mod name;
pub mod params;
mod parse;
mod read;
mod reason;
pub(crate) mod scan;
pub mod uri;

use std::sync::Arc;

use bytes::Bytes;

pub use self::draft::Draft;
pub(crate) use self::header::number;
pub use self::header::{
    Accept, CSeq, Contact, ContentType, EventHeader, NameAddr, SubscriptionState, Via,
};
pub use self::host::Host;
pub use self::method::Method;
pub use self::name::Name;
pub use self::params::Params;
use self::parse::{Index, Line, Span, Start};
pub(crate) use self::parse::{answerable, head_bytes};
use self::read::Read;
pub use self::reason::reason_phrase;
pub use self::uri::{Scheme, Uri};
use crate::error::ParseError;
use crate::limits::VALUES_MAX;

/// A message as received. Cloning shares the bytes, the index, and the values read so far.
#[derive(Clone)]
pub struct Message {
    bytes: Bytes,
    index: Index,
    read: Arc<Read>,
}

impl Message {
    /// Reads a whole datagram or frame. Only the structure is judged here; values are read when
    /// asked for, and [`Message::check`] tells whether the message has what RFC 3261 demands.
    ///
    /// Without Content-Length the body is the rest (RFC 3261 §18.3: allowed for datagrams; streams
    /// see `framing`); bytes after Content-Length are not part of the message.
    ///
    /// # Errors
    /// If the head is not SIP.
    pub fn parse(bytes: Bytes) -> Result<Message, ParseError> {
        let message = Message::index(bytes)?;
        match message.index.fault {
            Some(fault) => Err(fault),
            None => message.judge_length().map(|()| message),
        }
    }

    /// As [`Message::parse`], but a fault that leaves the rest readable is kept for
    /// [`Message::check`], so that the request can be answered.
    ///
    /// # Errors
    /// If nothing in the bytes could be answered.
    pub fn index(bytes: Bytes) -> Result<Message, ParseError> {
        parse::index(bytes)
    }

    /// Whether the body is as long as Content-Length says. What follows it is not part of the
    /// message.
    pub(crate) fn judge_length(&self) -> Result<(), ParseError> {
        match self.body_end()? {
            Some(end) if self.bytes.len() < end => Err(ParseError::ContentLength),
            _ => Ok(()),
        }
    }

    /// Where the body ends, if Content-Length says so.
    fn body_end(&self) -> Result<Option<usize>, ParseError> {
        let length = self.content_length()?;
        Ok(length.map(|length| (self.index.body as usize).saturating_add(length as usize)))
    }

    fn text(&self, span: Span) -> &str {
        let bytes = self.bytes.get(usize::from(span.from)..usize::from(span.to));
        // The head was found to be UTF-8 and spans end at ASCII bytes.
        bytes.and_then(|bytes| std::str::from_utf8(bytes).ok()).unwrap_or("")
    }

    /// The method of a request; `None` for a response.
    #[must_use]
    pub fn method(&self) -> Option<Method> {
        self.method_token().map(Method::from_token)
    }

    /// The method of a request as written.
    #[must_use]
    pub fn method_token(&self) -> Option<&str> {
        match self.index.start {
            Start::Request { method, .. } => Some(self.text(method)),
            Start::Status { .. } => None,
        }
    }

    /// Whether it is a request.
    #[must_use]
    pub fn is_request(&self) -> bool {
        matches!(self.index.start, Start::Request { .. })
    }

    /// The status of a response, 100 to 699; `None` for a request.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        match self.index.start {
            Start::Status { status, .. } => Some(status),
            Start::Request { .. } => None,
        }
    }

    /// The reason phrase of a response.
    #[must_use]
    pub fn reason(&self) -> Option<&str> {
        match self.index.start {
            Start::Status { reason, .. } => Some(self.text(reason)),
            Start::Request { .. } => None,
        }
    }

    /// The Request-URI.
    ///
    /// # Errors
    /// If it is malformed, or this is a response.
    pub fn request_uri(&self) -> Result<&Uri, ParseError> {
        self.read.uri(|| Uri::parse(self.request_uri_text().ok_or(ParseError::Uri)?))
    }

    /// The Request-URI as written.
    #[must_use]
    pub fn request_uri_text(&self) -> Option<&str> {
        match self.index.start {
            Start::Request { uri, .. } => Some(self.text(uri)),
            Start::Status { .. } => None,
        }
    }

    fn is_named(&self, line: &Line, name: Name) -> bool {
        match (name, line.known()) {
            (Name::Other(wanted), known) => match known {
                Some(known) => known.as_str().eq_ignore_ascii_case(wanted),
                None => self.text(line.name).eq_ignore_ascii_case(wanted),
            },
            (name, known) => known == Some(name),
        }
    }

    /// The value of the first line named `name`, unfolded.
    #[must_use]
    pub fn header(&self, name: Name) -> Option<&str> {
        self.headers(name).next()
    }

    /// The values of all lines named `name`, in their order. A line may hold a list:
    /// [`Message::values`] splits it.
    pub fn headers(&self, name: Name) -> impl Iterator<Item = &str> {
        let lines = self.index.lines.iter().filter(move |line| self.is_named(line, name));
        lines.map(|line| self.text(line.value))
    }

    /// The values of a comma-separated header, over all its lines. Empty ones are left out.
    pub fn values(&self, name: Name) -> impl Iterator<Item = &str> {
        self.headers(name).flat_map(scan::split_list).filter(|value| !value.is_empty())
    }

    /// Whether a list header (Supported, Require, Allow …) holds `token`, without case.
    #[must_use]
    pub fn lists(&self, name: Name, token: &str) -> bool {
        self.values(name).any(|value| value.eq_ignore_ascii_case(token))
    }

    /// All header lines as written: name and value.
    pub fn lines(&self) -> impl Iterator<Item = (&str, &str)> {
        self.index.lines.iter().map(|line| (self.text(line.name), self.text(line.value)))
    }

    /// How long the head is.
    pub(crate) fn head_bytes(&self) -> usize {
        self.index.body as usize
    }

    pub(crate) fn known_lines(&self) -> impl Iterator<Item = (Option<Name>, &str, &str)> {
        let lines = self.index.lines.iter();
        lines.map(|line| (line.known(), self.text(line.name), self.text(line.value)))
    }

    fn required(&self, name: Name) -> Result<&str, ParseError> {
        self.header(name).ok_or(ParseError::Missing(name.as_str()))
    }

    /// The topmost Via.
    ///
    /// # Errors
    /// If it is missing or malformed.
    pub fn via(&self) -> Result<Via<'_>, ParseError> {
        let line = self.required(Name::Via)?;
        self.read.via(line, || Via::parse(scan::split_list(line).next().unwrap_or("")))
    }

    /// The From header.
    ///
    /// # Errors
    /// If it is missing or malformed.
    pub fn from(&self) -> Result<&NameAddr, ParseError> {
        self.read.from(|| self.name_addr(Name::From))
    }

    /// The To header.
    ///
    /// # Errors
    /// If it is missing or malformed.
    pub fn to(&self) -> Result<&NameAddr, ParseError> {
        self.read.to(|| self.name_addr(Name::To))
    }

    fn name_addr(&self, name: Name) -> Result<NameAddr, ParseError> {
        NameAddr::parse(self.required(name)?).map_err(|_| ParseError::Header(name.as_str()))
    }

    /// The tag of From.
    #[must_use]
    pub fn from_tag(&self) -> Option<&str> {
        header::name_addr::tag(self.header(Name::From)?)
    }

    /// The tag of To.
    #[must_use]
    pub fn to_tag(&self) -> Option<&str> {
        header::name_addr::tag(self.header(Name::To)?)
    }

    /// All Contacts; `Contact::Star` for `*`.
    ///
    /// # Errors
    /// If one is malformed, or there are too many.
    pub fn contacts(&self) -> Result<&[Contact], ParseError> {
        self.read.contacts(|| self.list(Name::Contact, Contact::parse))
    }

    /// All values of a name-addr list header: Route, Record-Route, Path, P-Asserted-Identity …
    ///
    /// # Errors
    /// If one is malformed, or there are too many.
    pub fn name_addrs(&self, name: Name) -> Result<Vec<NameAddr>, ParseError> {
        self.list(name, NameAddr::parse)
    }

    fn list<T>(
        &self,
        name: Name,
        parse: impl Fn(&str) -> Result<T, ParseError>,
    ) -> Result<Vec<T>, ParseError> {
        let mut values = Vec::new();
        for value in self.headers(name).flat_map(scan::split_list) {
            if values.len() >= VALUES_MAX {
                return Err(ParseError::Limit(name.as_str()));
            }
            values.push(parse(value).map_err(|_| ParseError::Header(name.as_str()))?);
        }
        Ok(values)
    }

    /// The CSeq header.
    ///
    /// # Errors
    /// If it is missing or malformed.
    pub fn cseq(&self) -> Result<CSeq, ParseError> {
        CSeq::parse(self.required(Name::CSeq)?)
    }

    /// The Call-ID, byte for byte.
    #[must_use]
    pub fn call_id(&self) -> Option<&str> {
        self.header(Name::CallId)
    }

    /// The Expires header in seconds; `None` if missing or no number.
    #[must_use]
    pub fn expires_s(&self) -> Option<u32> {
        self.number(Name::Expires)
    }

    /// A header that is one number of seconds or hops: Expires, Min-Expires, Max-Forwards …
    #[must_use]
    pub fn number(&self, name: Name) -> Option<u32> {
        let value = self.header(name)?;
        // Retry-After and old Expires may go on with `;…` or a comment.
        header::number(value.split([';', '(', ' ']).next().unwrap_or(""))
    }

    /// Content-Length; an error if it is no number or stands twice with different values.
    pub(crate) fn content_length(&self) -> Result<Option<u32>, ParseError> {
        let mut length = None;
        for value in self.headers(Name::ContentLength) {
            let number = header::number(value).ok_or(ParseError::ContentLength)?;
            if length.is_some_and(|length| length != number) {
                return Err(ParseError::ContentLength);
            }
            length = Some(number);
        }
        Ok(length)
    }

    /// The Event header (RFC 6665); `None` if missing or malformed.
    #[must_use]
    pub fn event(&self) -> Option<EventHeader> {
        EventHeader::parse(self.header(Name::Event)?).ok()
    }

    /// The Subscription-State header (RFC 6665); `None` if missing or malformed.
    #[must_use]
    pub fn subscription_state(&self) -> Option<SubscriptionState> {
        SubscriptionState::parse(self.header(Name::SubscriptionState)?).ok()
    }

    /// The Content-Type; `None` if missing or malformed.
    #[must_use]
    pub fn content_type(&self) -> Option<ContentType> {
        ContentType::parse(self.header(Name::ContentType)?).ok()
    }

    /// What the sender takes as a body.
    #[must_use]
    pub fn accept(&self) -> Accept {
        Accept::read(self.headers(Name::Accept))
    }

    /// The body.
    #[must_use]
    pub fn body(&self) -> Bytes {
        let from = (self.index.body as usize).min(self.bytes.len());
        self.bytes.slice(from..)
    }

    /// The whole message as received (folded lines unfolded).
    #[must_use]
    pub fn bytes(&self) -> &Bytes {
        &self.bytes
    }
}

impl PartialEq for Message {
    fn eq(&self, other: &Message) -> bool {
        self.bytes == other.bytes
    }
}

impl Eq for Message {}

impl std::fmt::Debug for Message {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Message({:?})", String::from_utf8_lossy(&self.bytes))
    }
}

#[cfg(test)]
mod tests;
