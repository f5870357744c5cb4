//! Bad input that others collected (`shared/corpora` beside the repository). Where it is absent,
//! tests say so and go on.

use std::path::{Path, PathBuf};

/// The collections of SIP messages.
pub const SIP: [&str; 5] =
    ["sip-rfc4475", "sip-rfc5118", "sip-jsip-torture", "sip-kamailio-misc", "sip-pjsip-fuzz-seeds"];

/// Files of a corpus with their names; none if it is not there.
pub fn files(corpus: &str) -> Vec<(String, Vec<u8>)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpora").join(corpus);
    if !root.is_dir() {
        println!("SKIPPED: no {}: this collection is not tried", root.display());
        return Vec::new();
    }
    let mut found = Vec::new();
    walk(&root, &mut found);
    found.sort();
    let name = |path: &PathBuf| path.strip_prefix(&root).unwrap().to_string_lossy().into_owned();
    let files = found.iter().map(|path| (name(path), std::fs::read(path).unwrap()));
    let files: Vec<_> = files.filter(|(name, _)| !name.ends_with("SOURCE.md")).collect();
    assert!(!files.is_empty(), "{} is empty", root.display());
    files
}

fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { walk(&path, found) } else { found.push(path) }
    }
}

/// The big list of naughty strings.
pub fn naughty_strings() -> Vec<String> {
    let files = files("naughty-strings");
    let list = files.iter().find(|(name, _)| name == "blns.json");
    list.map(|(_, bytes)| serde_json::from_slice(bytes).unwrap()).unwrap_or_default()
}
