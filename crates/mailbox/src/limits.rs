//! Every bound of this crate, with its reason.

/// Received fields of a message before it is taken for a loop (RFC 5321 §6.3 asks for at least
/// 100).
pub const HOPS_MAX: usize = 100;

/// Bytes of text that full-text search sees of one message: a long book chapter.
pub const SEARCH_TEXT_BYTES_MAX: usize = 256 * 1024;

/// Missed messages and ended conversations filed in one transaction; the rest follows in the
/// next.
pub const FILED_AT_ONCE: u32 = 200;

/// Largest picture that is taken for a photo: phones make 3 to 8 MB, and it must fit into a line on
/// the admin socket as base64.
pub const PICTURE_BYTES_MAX: usize = 10 * 1024 * 1024;

/// Most pixels of such a picture: the sensors of 2026's phones, and 150 MB while it is decoded.
pub const PICTURE_PIXELS_MAX: u64 = 50_000_000;

/// Memory that decoding one picture may take, 16-bit pixels with transparency included.
pub const PICTURE_MEMORY_MAX: u64 = 450 * 1024 * 1024;

/// Fewest pixels of a side: below, the smallest square would be made of nothing.
pub const PICTURE_SIDE_MIN: u32 = 48;

/// Text of one missed-conversation or history item: a whole day of typing.
pub const ITEM_TEXT_BYTES_MAX: usize = 512 * 1024;
