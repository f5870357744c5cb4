//! The `mailbox` crate.
