//! Test data that nobody of this project wrote, read from a folder beside the repository.
//!
//! It is searched upward from here as `shared/corpora`; where it is absent these tests say so
//! and check nothing.

#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

mod mime;
mod smtp;

use std::path::{Path, PathBuf};

/// The folder of one set, or `None` with a word about it.
fn corpus(name: &str) -> Option<PathBuf> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let found = here
        .ancestors()
        .map(|folder| folder.join("shared/corpora").join(name))
        .find(|folder| folder.is_dir());
    if found.is_none() {
        eprintln!("SKIPPED: no shared/corpora/{name} above {}", here.display());
    }
    found
}

/// Every file below a folder, with its bytes, in order of names.
fn files(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let bytes = std::fs::read(&path).unwrap();
                found.push((path, bytes));
            }
        }
    }
    found.sort();
    found
}
