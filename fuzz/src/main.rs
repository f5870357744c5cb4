//! A fuzzer that needs nothing but a stable compiler.
//!
//! `fuzz [--seconds N] [--seed S] [--corpus FOLDER]… [TARGET]…` runs the targets round robin,
//! prints the seed, and on a failure the input that caused it. The same seed and corpora give the
//! same inputs. `--list` prints the targets.
//!
//! Owns: the command line, the loop. Does not: know a grammar (`target/*` do).
//! Read next: `mutate`, `target/mod`.

#![allow(clippy::disallowed_methods, reason = "a fuzzer stops by the clock")]

mod mutate;
mod target;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use mutate::Mutator;
use target::TARGETS;

/// What was asked for.
struct Options {
    seconds: u64,
    seed: u64,
    corpora: Vec<PathBuf>,
    targets: Vec<String>,
    /// Only say which targets there are.
    is_list: bool,
}

fn options() -> Result<Options, String> {
    let clock = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let seed = clock.map_or(1, |since| since.as_nanos() as u64);
    let mut options =
        Options { seconds: 60, seed, corpora: Vec::new(), targets: Vec::new(), is_list: false };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let mut value = || words.next().ok_or(format!("{word} needs a value"));
        match word.as_str() {
            "--seconds" => {
                options.seconds = value()?.parse().map_err(|e| format!("{word}: {e}"))?
            }
            "--seed" => options.seed = value()?.parse().map_err(|e| format!("{word}: {e}"))?,
            "--list" => options.is_list = true,
            "--corpus" => options.corpora.push(value()?.into()),
            name if TARGETS.iter().any(|target| target.name == name) => options.targets.push(word),
            _ => {
                let names: Vec<&str> = TARGETS.iter().map(|target| target.name).collect();
                return Err(format!("no option or target {word}; targets: {}", names.join(" ")));
            }
        }
    }
    Ok(options)
}

/// All files below `folder`, in a fixed order.
fn files(folder: &Path, found: &mut Vec<Vec<u8>>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    for path in paths {
        match std::fs::read(&path) {
            Ok(bytes) if bytes.len() < 64 * 1024 => found.push(bytes),
            Ok(_) => {}
            Err(_) => files(&path, found),
        }
    }
}

fn main() -> Result<(), String> {
    let options = options()?;
    if options.is_list {
        TARGETS.iter().for_each(|target| println!("{}", target.name));
        return Ok(());
    }
    let mut seeds: Vec<Vec<u8>> = target::SEEDS.iter().map(|seed| seed.to_vec()).collect();
    options.corpora.iter().for_each(|folder| files(folder, &mut seeds));
    let chosen =
        |name: &str| options.targets.is_empty() || options.targets.iter().any(|t| t == name);
    let targets: Vec<_> = TARGETS.iter().filter(|target| chosen(target.name)).collect();
    println!("seed {}, {} inputs to begin with", options.seed, seeds.len());
    let mut mutator = Mutator::new(options.seed, seeds);
    let end = Instant::now() + Duration::from_secs(options.seconds);
    let mut runs = 0_u64;
    while Instant::now() < end {
        for target in &targets {
            for _ in 0..100 {
                let input = mutator.next_input();
                let outcome = std::panic::catch_unwind(|| (target.run)(&input));
                if outcome.is_err() {
                    let text = String::from_utf8_lossy(&input);
                    return Err(format!("{} failed after {runs} runs on {text:?}", target.name));
                }
                runs += 1;
            }
        }
    }
    println!("{runs} runs, no failure");
    Ok(())
}
