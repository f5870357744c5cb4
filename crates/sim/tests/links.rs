//! The sixteen links of design.md §6 in a running demo: what is broken is named by the page, the
//! event log, the trace and `Test-OwaInstantMessaging`, and the commands that the cmdlet prints
//! repair it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "the whole program is a test"
)]

#[allow(unreachable_pub, missing_docs, reason = "part of this test program")]
mod links_world;

use links_world::{KEN, World};

#[test]
fn the_repairs_alone_integrate_a_bare_demo() {
    let world = World::bare();
    let mut named = Vec::new();
    while let Some(broken) = world.first_broken() {
        assert!(named.len() < 16, "it does not end: {named:?}");
        assert!(!broken.seen.is_empty());
        named.push(broken.number);
        world.node.shell_ok(&broken.repair);
    }
    assert_eq!(named, [2, 3, 10, 12]);
    let page = world.sign_in(KEN);
    let _socket = page.open();
    world.works(&page);
}
