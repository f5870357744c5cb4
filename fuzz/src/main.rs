//! A fuzzer that needs nothing but a stable compiler.
//!
//! `fuzz [--seconds N] [--seed S] [--corpus FOLDER]… [--log FILE] [TARGET]…` runs the targets
//! round robin with the same number of seconds for each, and prints the seed and what was done. A
//! failure prints the input that caused it and writes it to a file. The same seed and corpora give
//! the same inputs as long as the targets get the same number of turns. `--list` prints the
//! targets; `--input FILE TARGET` runs one input.
//!
//! Each target first runs what once was a finding (`findings/TARGET/*`), then every input to begin
//! with as it is, then inputs made of them.
//!
//! Owns: the command line, the loop. Does not: know a grammar (`target/*` do).
//! Read next: `mutate`, `target/mod`.

#![allow(clippy::disallowed_methods, reason = "a fuzzer stops by the clock")]

mod mutate;
mod options;
mod target;
mod trail;

use std::collections::HashSet;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::{Duration, Instant};

use mutate::Mutator;
use options::Options;
use target::{TARGETS, Target};

/// How long a target has its turn.
const TURN: Duration = Duration::from_secs(2);

/// A target with what was done to it.
struct Run {
    target: &'static Target,
    mutator: Mutator,
    seen: HashSet<u64>,
    runs: u64,
    spent: Duration,
    slowest: Duration,
}

impl Run {
    fn new(target: &'static Target, seed: u64, corpus: &Rc<Vec<Vec<u8>>>) -> Run {
        let own = (target.seeds)();
        Run {
            target,
            mutator: Mutator::new(seed, own, Rc::clone(corpus)),
            seen: HashSet::new(),
            runs: 0,
            spent: Duration::ZERO,
            slowest: Duration::ZERO,
        }
    }

    /// Runs one input; on a failure its file.
    fn run(&mut self, input: &[u8]) -> Result<(), String> {
        let begin = Instant::now();
        let outcome = std::panic::catch_unwind(|| (self.target.run)(input));
        let took = begin.elapsed();
        self.runs += 1;
        if took > self.slowest {
            self.slowest = took;
        }
        let mut is_new = false;
        for mark in trail::take() {
            is_new |= self.seen.insert(mark);
        }
        if outcome.is_err() {
            let name = format!("fuzz-{}-{:016x}.bin", self.target.name, mutate::mark_of(input));
            let file = std::env::temp_dir().join(name);
            let kept = std::fs::write(&file, input).map(|()| file.display().to_string());
            let text = String::from_utf8_lossy(input);
            return Err(format!(
                "{} failed after {} runs on {kept:?}: {text:?}",
                self.target.name, self.runs
            ));
        }
        if is_new {
            self.mutator.keep(input);
        }
        Ok(())
    }

    /// What is not made of other inputs.
    fn begin(&mut self) -> Result<(), String> {
        let begin = Instant::now();
        let findings = Path::new(env!("CARGO_MANIFEST_DIR")).join("findings");
        let mut inputs = Vec::new();
        options::files(&findings.join(self.target.name), &mut inputs);
        inputs.extend(self.mutator.seeds().cloned());
        for input in inputs {
            self.run(&input)?;
        }
        self.spent += begin.elapsed();
        Ok(())
    }

    fn turn(&mut self, turn: Duration) -> Result<(), String> {
        let begin = Instant::now();
        while begin.elapsed() < turn {
            for _ in 0..20 {
                let input = self.mutator.next_input();
                self.run(&input)?;
            }
        }
        self.spent += begin.elapsed();
        Ok(())
    }

    /// Target, seconds, executions, findings, states seen, the slowest run in milliseconds.
    fn row(&self, findings: usize) -> String {
        let (name, seconds) = (self.target.name, self.spent.as_secs());
        let (runs, seen, slowest) = (self.runs, self.seen.len(), self.slowest.as_millis());
        format!("{name}\t{seconds}\t{runs}\t{findings}\t{seen}\t{slowest}")
    }
}

fn log(file: Option<&PathBuf>, row: &str) -> Result<(), String> {
    println!("{row}");
    let Some(file) = file else { return Ok(()) };
    let opened = std::fs::OpenOptions::new().append(true).create(true).open(file);
    opened
        .and_then(|mut opened| writeln!(opened, "{row}"))
        .map_err(|error| format!("{}: {error}", file.display()))
}

fn main() -> Result<(), String> {
    let options = Options::read()?;
    if options.is_list {
        TARGETS.iter().for_each(|target| println!("{}", target.name));
        return Ok(());
    }
    if let Some(input) = &options.input {
        let input = std::fs::read(input).map_err(|e| format!("{}: {e}", input.display()))?;
        options.targets().for_each(|target| (target.run)(&input));
        return Ok(());
    }
    let mut corpus = Vec::new();
    options.corpora.iter().for_each(|folder| options::files(folder, &mut corpus));
    println!("seed {}, {} inputs of others", options.seed, corpus.len());
    let corpus = Rc::new(corpus);
    let mut runs: Vec<Run> =
        options.targets().map(|target| Run::new(target, options.seed, &corpus)).collect();
    let outcome = turns(&options, &mut runs);
    println!("target\tseconds\texecutions\tfindings\tstates\tslowest_ms");
    let failed = outcome.as_ref().err().map(|(at, _)| *at);
    for (at, run) in runs.iter().enumerate() {
        log(options.log.as_ref(), &run.row(usize::from(failed == Some(at))))?;
    }
    outcome.map_err(|(_, failure)| failure)
}

/// Everybody's turns until the time is over; a failure with the number of its target.
fn turns(options: &Options, runs: &mut [Run]) -> Result<(), (usize, String)> {
    for (at, run) in runs.iter_mut().enumerate() {
        run.begin().map_err(|failure| (at, failure))?;
    }
    let end = Instant::now() + Duration::from_secs(options.seconds);
    while Instant::now() < end {
        for (at, run) in runs.iter_mut().enumerate() {
            let left = end.saturating_duration_since(Instant::now());
            run.turn(TURN.min(left)).map_err(|failure| (at, failure))?;
        }
    }
    Ok(())
}
