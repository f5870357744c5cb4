//! Every bound of this crate, with its reason.

/// Received fields of a message before it is taken for a loop (RFC 5321 §6.3 asks for at least
/// 100).
pub const HOPS_MAX: usize = 100;

/// Bytes of text that full-text search sees of one message: a long book chapter.
pub const SEARCH_TEXT_BYTES_MAX: usize = 256 * 1024;

/// Missed messages and ended conversations filed in one transaction; the rest follows in the
/// next.
pub const FILED_AT_ONCE: u32 = 200;

/// Text of one missed-conversation or history item: a whole day of typing.
pub const ITEM_TEXT_BYTES_MAX: usize = 512 * 1024;
