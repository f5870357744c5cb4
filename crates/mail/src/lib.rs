//! The `mail` crate.
