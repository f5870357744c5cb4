//! The command line.
//!
//! Owns: `Options`. Read next: `main`.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::target::{TARGETS, Target};

/// Inputs to begin with are no larger.
const INPUT_BYTES_MAX: usize = 64 * 1024;

/// What was asked for.
pub struct Options {
    pub seconds: u64,
    pub seed: u64,
    pub corpora: Vec<PathBuf>,
    pub log: Option<PathBuf>,
    pub input: Option<PathBuf>,
    /// Only say which targets there are.
    pub is_list: bool,
    chosen: Vec<String>,
}

impl Options {
    /// # Errors
    /// If a word is none of them.
    pub fn read() -> Result<Options, String> {
        let clock = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        let mut options = Options {
            seconds: 60,
            seed: clock.map_or(1, |since| since.as_nanos() as u64),
            corpora: Vec::new(),
            log: None,
            input: None,
            is_list: false,
            chosen: Vec::new(),
        };
        let mut words = std::env::args().skip(1);
        while let Some(word) = words.next() {
            let mut value = || words.next().ok_or(format!("{word} needs a value"));
            let number = |text: String| text.parse().map_err(|e| format!("{word}: {e}"));
            match word.as_str() {
                "--seconds" => options.seconds = number(value()?)?,
                "--seed" => options.seed = number(value()?)?,
                "--list" => options.is_list = true,
                "--corpus" => options.corpora.push(value()?.into()),
                "--log" => options.log = Some(value()?.into()),
                "--input" => options.input = Some(value()?.into()),
                name if TARGETS.iter().any(|target| target.name == name) => {
                    options.chosen.push(word);
                }
                _ => {
                    let names: Vec<&str> = TARGETS.iter().map(|target| target.name).collect();
                    return Err(format!(
                        "no option or target {word}; targets: {}",
                        names.join(" ")
                    ));
                }
            }
        }
        Ok(options)
    }

    /// The chosen targets; all if none was.
    pub fn targets(&self) -> impl Iterator<Item = &'static Target> {
        let is_chosen = |target: &Target| self.chosen.iter().any(|name| name == target.name);
        TARGETS.iter().filter(move |target| self.chosen.is_empty() || is_chosen(target))
    }
}

/// All files below `folder`, in a fixed order.
pub fn files(folder: &Path, found: &mut Vec<Vec<u8>>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    for path in paths {
        match std::fs::read(&path) {
            Ok(bytes) if bytes.len() < INPUT_BYTES_MAX => found.push(bytes),
            Ok(_) => {}
            Err(_) => files(&path, found),
        }
    }
}
