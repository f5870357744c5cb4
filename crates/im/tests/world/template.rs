//! The demo organisation, made once in a process: hashing passwords takes its time.

use std::path::Path;
use std::sync::OnceLock;

use store::{SecretKey, Store};

/// A store with the organisation in this file.
pub fn open(file: &Path) -> Store {
    static MADE: OnceLock<tempfile::TempDir> = OnceLock::new();
    let key = || SecretKey::from_bytes([7; 32]);
    let made = MADE.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("tandem.db"), key(), 0).unwrap();
        store.write_blocking(0, super::populate).unwrap();
        folder
    });
    std::fs::copy(made.path().join("tandem.db"), file).unwrap();
    Store::open(file, key(), 0).unwrap()
}
