//! The settings of the article: two lines of `Web.config`, the certificate they name, the provider.
//!
//! Owns reading and judging them. Loaded at start and at recycle only: `load.rs`; who uses them is
//! `../im/bridge.rs`.

pub(crate) mod link;
pub(crate) mod repair;
pub(crate) mod settings;
pub(crate) mod web_config;
