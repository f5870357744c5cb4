//! A node that may have only so much memory, in a flood and under the corpora: it refuses, is not
//! killed, and serves everybody afterwards (reliability.md B10).

use crate::corpora;
use crate::flood::Flood;
use crate::raw::Raw;
use crate::world::World;

/// Address space of the node, KiB: its threads' stacks and arenas, most of which it never touches,
/// and what is in use, which is a quarter of it at most.
const ADDRESS_SPACE_KIB: u64 = 2 * 1024 * 1024;
/// Bytes that strangers send and never end, on each of so many connections.
const HEAD: usize = 15_000;
const HALF_SAID: usize = 500;

#[test]
fn a_node_with_little_memory_refuses_and_lives() {
    let mut world = World::with_memory(ADDRESS_SPACE_KIB);
    let refused = "tandem_sip_refusals_total{reason=\"overloaded\"}";
    // Half a request on each of many connections, while others flood and send what is bad.
    let head = format!("OPTIONS sip:a@b SIP/2.0\r\nSubject: {}", "x".repeat(HEAD));
    let held: Vec<Raw> = (0..HALF_SAID)
        .map(|_| {
            let mut raw = Raw::tcp(world.sip());
            raw.send(&head);
            raw
        })
        .collect();
    let flood = Flood::of(world.sip());
    let seen = sim::served::eventually(|| (world.metric(refused) > 0.0).then_some(()));
    let mut bad = 0;
    for collection in corpora::SIP {
        for (_, bytes) in corpora::files(collection) {
            let mut raw = Raw::tcp(world.sip());
            raw.send(&bytes);
            bad += 1;
        }
    }
    let flooded = flood.end();
    assert!(seen.is_some(), "the node is never overloaded: {flooded:?}");
    println!("{} KiB; {bad} bad inputs; flood: {flooded:?}", world.node.resident_kib());
    assert!(world.node.ended().is_none(), "{}", world.node.log());
    drop(held);
    world.until_calm();
    world.all_is_well("a flood with little memory");
    println!("{} KiB of addresses at most", world.node.address_space_kib());
    world.end(&[]);
}
