//! Storms from fifty seeds; `make soak` has a thousand, and one of thousands of clients.
//! A seed that fails is printed with the line that repeats it.

#![expect(clippy::panic, reason = "a test fails by panicking")]

use sim::storm::{Counts, Size, storm};

const SMALL: Size = Size { people: 4, devices: 2, deeds: 60 };

fn storms(seeds: std::ops::Range<u64>) {
    let mut all = Counts::default();
    for seed in seeds {
        match storm(seed, SMALL) {
            Ok(counts) => all += counts,
            Err(error) => panic!(
                "seed {seed}: {error}\nrepeat it: cargo run -p sim --example storm -- {} {seed} 1",
                SMALL.words()
            ),
        }
    }
    // Otherwise they were no storms.
    assert!(all.accepted > 200 && all.datagrams_lost > 100, "{all:?}");
    assert!(all.server_crashes > 0 && all.device_crashes > 20, "{all:?}");
}

#[test]
fn seeds_0_to_24() {
    storms(0..25);
}

#[test]
fn seeds_25_to_49() {
    storms(25..50);
}
