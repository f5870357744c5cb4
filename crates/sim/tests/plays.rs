//! Every play of `plays/` in simulated time with several seeds, and as the same text against a
//! real node.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::path::Path;

use sim::play::{Outcome, perform};

use sim::real::RealNode;
use sim::world::World;
use sip::Transport;

const SEEDS: std::ops::Range<u64> = 0..8;

fn plays() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("plays");
    let mut plays: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "play"))
        .map(|path| {
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            (name, std::fs::read_to_string(path).unwrap())
        })
        .collect();
    plays.sort();
    assert!(plays.len() >= 5, "the plays are missing");
    plays
}

#[test]
fn simulated() {
    for (name, text) in plays() {
        for seed in SEEDS {
            let outcome = perform(&text, &mut World::new(seed));
            assert_eq!(outcome, Ok(Outcome::Played), "{name}, seed {seed}");
        }
    }
}

fn on_a_real_node(transport: Transport) {
    for (name, text) in plays() {
        let folder = tempfile::tempdir().unwrap();
        let mut node = RealNode::start(folder.path(), transport).unwrap();
        if let Err(error) = perform(&text, &mut node) {
            panic!("{name} over {transport}: {error}");
        }
    }
}

#[test]
fn on_a_real_node_over_tcp() {
    on_a_real_node(Transport::Tcp);
}

#[test]
fn on_a_real_node_over_udp() {
    on_a_real_node(Transport::Udp);
}
