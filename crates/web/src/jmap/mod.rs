//! JMAP (RFC 8620, 8621, 8887, 9670 and ours): the page's and other clients' only language.
//!
//! `protocol` (envelope and errors) · `arguments`, `patch`, `reference` (what all methods share) ·
//! `dispatch` (the table of methods) · one file per type · `session`, `blob`, `ws` (resources).

pub mod arguments;
pub mod patch;
pub mod protocol;
pub mod reference;
pub mod time;
