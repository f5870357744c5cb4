//! Every bound of this crate, with its reason.

/// Bytes of a certificate request: a request with an RSA 16384 key and a hundred names is under
/// 8 KiB; nothing honest needs more.
pub const REQUEST_BYTES_MAX: usize = 16 * 1024;

/// Characters of a peer's own name that are shown in a header or a log: the longest legal host
/// name has 253.
pub const SHOWN_NAME_CHARS_MAX: usize = 253;
