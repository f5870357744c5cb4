//! Timers of transactions, as a table (RFC 3261 §17 table 4, RFC 6026).
//!
//! Owns: names and durations. Does not: wait. Read next: `invite_client`.

/// The round-trip time assumed (RFC 3261 §17.1.1.1).
pub const T1_MS: u64 = 500;
