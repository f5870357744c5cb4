//! The `shell` crate.
