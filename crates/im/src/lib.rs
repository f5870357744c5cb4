//! The `im` crate.
