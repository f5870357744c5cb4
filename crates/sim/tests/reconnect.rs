//! Clients that come back at once; `make soak` has five thousand.
#![allow(missing_docs, clippy::unwrap_used, reason = "the whole program is a test")]

/// Not a test: the node that the test speaks to (`sim::process`).
#[test]
fn the_node_itself() {
    sim::process::serve_if_asked();
}

#[test]
fn everybody_comes_back_at_once() {
    let figures = sim::reconnect::storm(300).unwrap();
    println!("300 clients: {figures:?}");
}
