//! Header values as types, one family a file.
//!
//! Owns: the families. Does not: find headers in a message (`message/mod.rs`).
//! Read next: `name_addr`, `via`.

pub mod accept;
pub mod content_type;
pub mod cseq;
pub mod event;
pub mod name_addr;
pub mod via;

pub use self::accept::Accept;
pub use self::content_type::ContentType;
pub use self::cseq::CSeq;
pub use self::event::{EventHeader, State, SubscriptionState};
pub use self::name_addr::{Contact, NameAddr};
pub use self::via::Via;

/// Digits only, at most `u32::MAX`.
pub(crate) fn number(text: &str) -> Option<u32> {
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if digits { text.parse().ok() } else { None }
}
