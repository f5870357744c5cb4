//! Transactions (RFC 3261 §17).
//!
//! Owns: the four machines, their timers, matching. Does not: know flows (`stack`).
//! Read next: `timer`, `key`.

pub mod timer;
