//! The settings of the article: two lines of `Web.config`, the certificate they name, the provider.
//!
//! Owns reading and judging them. Loaded at start and at recycle only: `load.rs`; who uses them is
//! `../im/bridge.rs`.

pub mod link;
pub mod settings;
pub mod thumbprint;
pub mod web_config;
