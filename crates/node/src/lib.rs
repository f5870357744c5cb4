//! The `node` crate.
