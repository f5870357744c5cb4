//! The targets: one file for each parser or machine that takes bytes from strangers. What must
//! hold stands at the top of each.
//!
//! Owns: the list. Read next: `sip_message`.

mod im_pidf;
mod im_rlmi;
mod im_session;
mod im_text;
mod im_world;
mod im_xcap;
mod seeds;
mod shell_script;
mod sip_digest;
mod sip_framing;
mod sip_headers;
mod sip_message;
mod sip_stack;
mod sip_uri;
mod tape;

/// Something that takes bytes and must not panic.
pub struct Target {
    pub name: &'static str,
    pub run: fn(&[u8]),
    /// What it begins with, beside corpora.
    pub seeds: fn() -> Vec<Vec<u8>>,
}

pub const TARGETS: &[Target] = &[
    Target { name: "shell_script", run: shell_script::run, seeds: seeds::shell },
    Target { name: "sip_message", run: sip_message::run, seeds: seeds::sip },
    Target { name: "sip_framing", run: sip_framing::run, seeds: seeds::sip },
    Target { name: "sip_headers", run: sip_headers::run, seeds: seeds::sip },
    Target { name: "sip_uri", run: sip_uri::run, seeds: seeds::sip },
    Target { name: "sip_digest", run: sip_digest::run, seeds: seeds::sip },
    Target { name: "sip_stack", run: sip_stack::run, seeds: sip_stack::seeds },
    Target { name: "im_session", run: im_session::run, seeds: im_session::seeds },
    Target { name: "im_pidf", run: im_pidf::run, seeds: im_pidf::seeds },
    Target { name: "im_rlmi", run: im_rlmi::run, seeds: im_rlmi::seeds },
    Target { name: "im_xcap", run: im_xcap::run, seeds: seeds::xcap },
    Target { name: "im_text", run: im_text::run, seeds: seeds::text },
];
