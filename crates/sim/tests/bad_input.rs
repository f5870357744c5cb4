//! Bad input on every door of a running node: a clear answer or the end of the connection, nothing
//! acknowledged lost, and the node goes on. The node is a process of its own; corpora of others'
//! bad input are beside the repository and may be absent.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    unreachable_pub,
    missing_docs,
    reason = "the whole program is a test"
)]

#[path = "bad_input/corpora.rs"]
mod corpora;
#[path = "bad_input/flood.rs"]
mod flood;
#[path = "bad_input/http.rs"]
mod http;
#[path = "bad_input/json.rs"]
mod json;
#[path = "bad_input/memory.rs"]
mod memory;
#[path = "bad_input/raw.rs"]
mod raw;
#[path = "bad_input/shell.rs"]
mod shell;
#[path = "bad_input/silence.rs"]
mod silence;
#[path = "bad_input/sip.rs"]
mod sip;
#[path = "bad_input/sip_doors.rs"]
mod sip_doors;
#[path = "bad_input/sip_udp.rs"]
mod sip_udp;
#[path = "bad_input/sip_ws.rs"]
mod sip_ws;
#[path = "bad_input/slow.rs"]
mod slow;
#[path = "bad_input/smtp.rs"]
mod smtp;
#[path = "bad_input/web_config.rs"]
mod web_config;
#[path = "bad_input/websocket.rs"]
mod websocket;
#[path = "bad_input/world.rs"]
mod world;
#[path = "bad_input/xcap.rs"]
mod xcap;

/// Not a test: the node that the tests speak to (`sim::process`).
#[test]
fn the_node_itself() {
    sim::process::serve_if_asked();
}
