//! Every bound of this crate, with its reason.

/// Largest message taken, as announced by SIZE. Exchange 2013's default of 25 MB of content is
/// about 35 MB encoded.
pub const MESSAGE_BYTES_MAX: usize = 35 * 1024 * 1024;

/// Longest command line. RFC 5321 §4.5.3.1.4 asks for 512 plus what extensions add; long
/// SMTPUTF8 paths need more.
pub const COMMAND_BYTES_MAX: usize = 2048;

/// Recipients of one message. RFC 5321 §4.5.3.1.8 asks for at least 100.
pub const RECIPIENTS_MAX: usize = 100;

/// Errors of one connection before it is closed: a person may mistype, a script may not.
pub const ERRORS_MAX: usize = 10;

/// Bytes that may wait while a decision is awaited; a pipelining client sends no more than a few
/// hundred recipients ahead.
pub const INPUT_WAITING_BYTES_MAX: usize = 64 * 1024;

/// Longest path (RFC 5321 §4.5.3.1.3, without the angle brackets).
pub const PATH_BYTES_MAX: usize = 254;

/// Parts of one message that are shown; what is beyond stays in the message.
pub const PARTS_MAX: usize = 1_000;

/// Bytes of one text that are turned into a `String` for showing and searching.
pub const TEXT_BYTES_MAX: usize = 1024 * 1024;

/// Addresses of one header field that are read (the longest real lists have some hundreds).
pub const ADDRESSES_MAX: usize = 1_000;

/// Message-IDs of one References field that are kept: the first and the last ones.
pub const REFERENCES_MAX: usize = 100;

/// Characters of a preview (RFC 8621 §4.1.4).
pub const PREVIEW_CHARS_MAX: usize = 256;

/// Longest line of a subject or a name that is composed or kept.
pub const HEADER_CHARS_MAX: usize = 998;
