//! Microsoft's extensions to SIP, as far as a registrar meets them.
//!
//! Owns: one small file for each. Does not: the dialect's flows (`im`).
//! Read next: `diagnostics`, `epid`.

pub mod benotify;
pub mod diagnostics;
pub mod epid;
pub mod gruu;
pub mod keepalive;
