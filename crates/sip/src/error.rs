//! What can be wrong with bytes that claim to be SIP.
//!
//! Owns: `ParseError` and the status that answers it. Does not: send it (`stack` does).

/// Why bytes are not the SIP element they should be. The culprit is always the peer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum ParseError {
    /// The start line is neither a request line nor a status line.
    #[error("the start line is neither a request line nor a status line")]
    StartLine,
    /// The protocol version is not SIP/2.0.
    #[error("the protocol version is not SIP/2.0")]
    Version,
    /// The head has no empty line at its end.
    #[error("the head is not ended by an empty line")]
    Unfinished,
    /// A line is not `name: value`, or holds a lone CR or LF or a control character.
    #[error("a header line is malformed")]
    HeaderLine,
    /// The head is not UTF-8 (RFC 3261 §25.1).
    #[error("the head is not UTF-8")]
    NotUtf8,
    /// A needed header field is missing.
    #[error("the {0} header field is missing")]
    Missing(&'static str),
    /// A header field that may stand once stands twice.
    #[error("there is more than one {0} header field")]
    Repeated(&'static str),
    /// A header field does not follow its grammar.
    #[error("the {0} header field is malformed")]
    Header(&'static str),
    /// A parameter does not follow its grammar.
    #[error("a parameter is malformed")]
    Parameter,
    /// A URI does not follow its grammar.
    #[error("a URI is malformed")]
    Uri,
    /// The method of the request line and of CSeq differ (RFC 3261 §8.1.1.5).
    #[error("the methods of the request line and of CSeq differ")]
    MethodMismatch,
    /// Content-Length is no number, stands twice with different values, is missing on a stream, or
    /// is larger than what follows.
    #[error("Content-Length does not fit the message")]
    ContentLength,
    /// More of something than `limits.rs` allows.
    #[error("too many or too long: {0}")]
    Limit(&'static str),
}

impl ParseError {
    /// The status that answers a request with this fault.
    #[must_use]
    pub fn status(self) -> u16 {
        match self {
            ParseError::Version => 505,
            ParseError::Limit("body") => 413,
            ParseError::Limit("URI") => 414,
            ParseError::Limit(_) => 513,
            _ => 400,
        }
    }
}
