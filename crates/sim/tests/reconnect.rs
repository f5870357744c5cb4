//! Clients that come back at once; `make soak` has five thousand.
#![allow(missing_docs, clippy::unwrap_used, reason = "the whole program is a test")]

use sip::Transport;

/// Not a test: the node that the test speaks to (`sim::process`).
#[test]
fn the_node_itself() {
    sim::process::serve_if_asked();
}

fn come_back(clients: usize, transport: Transport) {
    let figures = sim::reconnect::storm(clients, transport).unwrap();
    println!("{clients} clients over {transport}: {figures:?}");
}

#[test]
fn everybody_comes_back_at_once() {
    come_back(300, Transport::Tcp);
}

#[test]
fn everybody_comes_back_at_once_over_tls() {
    come_back(300, Transport::Tls);
}

#[test]
fn everybody_comes_back_at_once_over_secure_websocket() {
    come_back(300, Transport::Wss);
}
