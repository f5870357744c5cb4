//! Storms at length: `storm PEOPLE DEVICES DEEDS FIRST_SEED COUNT`. Prints what was counted; ends
//! at the first broken promise with its seed.

use sim::storm::{Counts, Size, storm};

fn main() -> Result<(), String> {
    let words: Vec<u64> = std::env::args().skip(1).map_while(|word| word.parse().ok()).collect();
    let [people, devices, deeds, first, count] = words[..] else {
        return Err("storm PEOPLE DEVICES DEEDS FIRST_SEED COUNT".to_owned());
    };
    let number = |word: u64| usize::try_from(word).unwrap_or(usize::MAX);
    let size = Size { people: number(people), devices: number(devices), deeds: number(deeds) };
    let mut all = Counts::default();
    for seed in first..first + count {
        all += storm(seed, size).map_err(|error| format!("seed {seed}: {error}"))?;
    }
    println!("{count} storms of {} clients: {all:?}", people * devices);
    Ok(())
}
