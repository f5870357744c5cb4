//! The house rules as tests (style.md §2, §4, §6): sizes, layers, forbidden edges, doors, the
//! clock, citations, and names. Each exception stands here with its reason.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Longest file. A room that long has two owners.
const FILE_LINES_MAX: usize = 500;
/// Widest line.
const COLUMNS_MAX: usize = 100;

/// Files over a bound, with the reason.
const EXCEPTIONS: &[(&str, &str)] = &[];

/// Crates by layer; a crate may use lower layers only.
const LAYERS: &[&[&str]] = &[
    &["sip", "store", "mail"],
    &["im", "mailbox", "agent"],
    &["web", "shell"],
    &["node"],
    &["sim"],
];

/// Edges that are forbidden although they go down (design.md §2: the seam is real).
const FORBIDDEN: &[(&str, &str)] = &[
    ("web", "im"),
    ("agent", "im"),
    ("agent", "mailbox"),
    ("agent", "store"),
    ("im", "agent"),
    ("web", "sip"),
];

/// Libraries that a crate must not know: layer 1 is without I/O, SQL is in one place.
const FORBIDDEN_LIBRARIES: &[(&str, &[&str])] = &[
    ("sip", &["tokio", "rusqlite", "rustls", "axum", "serde_json"]),
    ("mail", &["tokio", "rusqlite", "rustls", "axum"]),
    ("im", &["rusqlite", "rustls", "axum"]),
    ("mailbox", &["rusqlite", "rustls", "axum"]),
    ("agent", &["rusqlite", "rustls", "axum"]),
    ("web", &["rusqlite", "rustls"]),
    ("shell", &["rusqlite", "rustls", "axum"]),
    ("node", &["rusqlite"]),
];

/// Who may open which door of the store.
const DOORS: &[(&str, &[&str])] = &[
    ("store::directory", &["im", "mailbox", "web", "shell", "node", "sim", "store"]),
    ("store::messaging", &["im", "shell", "node", "sim", "store"]),
    ("store::mail", &["mailbox", "web", "shell", "node", "sim", "store"]),
    ("store::contacts", &["im", "mailbox", "web", "shell", "node", "sim", "store"]),
];

/// Files that open a door which is not their crate's, with the reason.
const DOOR_EXCEPTIONS: &[(&str, &str, &str)] = &[
    (
        "crates/im/tests/world/documents.rs",
        "store::mail",
        "a test that plays the mail half: it makes the mailbox that keeps the contacts",
    ),
    (
        "crates/mailbox/tests/mailbox/missed.rs",
        "store::messaging",
        "a test that plays the messaging half: it leaves the facts that the mail half files",
    ),
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() {
            if !["target", "node_modules", "dist", ".git"].contains(&name.as_str()) {
                walk(&path, found);
            }
        } else {
            found.push(path);
        }
    }
}

/// Files below `folder` with one of these extensions, relative to the root.
fn files(folder: &str, extensions: &[&str]) -> Vec<(String, String)> {
    let root = root();
    let mut found = Vec::new();
    if root.join(folder).is_dir() {
        walk(&root.join(folder), &mut found);
    }
    let of_kind = found.into_iter().filter(|path| {
        path.extension()
            .is_some_and(|extension| extensions.iter().any(|wanted| extension == *wanted))
    });
    let mut read: Vec<_> = of_kind
        .map(|path| {
            let name = path.strip_prefix(&root).unwrap().to_string_lossy().into_owned();
            (name, std::fs::read_to_string(&path).unwrap())
        })
        .collect();
    read.sort();
    read
}

fn crate_of(path: &str) -> &str {
    path.split('/').nth(1).unwrap_or_default()
}

fn assert_none(what: &str, offences: &[String]) {
    assert!(offences.is_empty(), "{what}:\n  {}\n", offences.join("\n  "));
}

fn excepted(path: &str) -> bool {
    EXCEPTIONS.iter().any(|(exception, _)| *exception == path)
}

#[test]
fn files_and_lines_are_short() {
    let mut offences = Vec::new();
    let mut sources = files("crates", &["rs", "ts", "tsx"]);
    sources.extend(files("tests", &["mjs", "ts"]));
    for (path, text) in &sources {
        let lines = text.lines().count();
        if lines > FILE_LINES_MAX && !excepted(path) {
            offences.push(format!("{path}: {lines} lines"));
        }
        if path.ends_with(".rs") {
            for (number, line) in text.lines().enumerate() {
                let columns = line.chars().count();
                let unbreakable = line.contains('"') || line.contains("http");
                if columns > COLUMNS_MAX && !unbreakable {
                    offences.push(format!("{path}:{}: {columns} columns", number + 1));
                }
            }
        }
    }
    assert_none("too long", &offences);
    for (exception, reason) in EXCEPTIONS {
        assert!(!reason.is_empty() && root().join(exception).is_file(), "stale: {exception}");
    }
}

/// Dependencies of each crate, from the manifests: (crate, dependencies, dev-dependencies).
fn manifests() -> BTreeMap<String, (BTreeSet<String>, BTreeSet<String>)> {
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir(root().join("crates")).unwrap() {
        let path = entry.unwrap().path();
        let text = std::fs::read_to_string(path.join("Cargo.toml")).unwrap();
        let manifest: toml::Table = toml::from_str(&text).unwrap();
        let names = |section: &str| {
            let table = manifest.get(section).and_then(toml::Value::as_table);
            table.map(|table| table.keys().cloned().collect()).unwrap_or_default()
        };
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        found.insert(name, (names("dependencies"), names("dev-dependencies")));
    }
    found
}

#[test]
fn crates_use_lower_layers_only() {
    let manifests = manifests();
    let layer = |name: &str| LAYERS.iter().position(|layer| layer.contains(&name));
    let expected: usize = LAYERS.iter().map(|layer| layer.len()).sum();
    assert_eq!(manifests.len(), expected, "ten crates and no more");
    let mut offences = Vec::new();
    for (name, (uses, _)) in &manifests {
        let own = layer(name).unwrap_or_else(|| panic!("{name} has no layer"));
        for used in uses {
            if layer(used).is_some_and(|used| used >= own) {
                offences.push(format!("{name} uses {used}, which is not below it"));
            }
            if FORBIDDEN.contains(&(name.as_str(), used.as_str())) {
                offences.push(format!("{name} uses {used}: a forbidden edge"));
            }
        }
        for (who, libraries) in FORBIDDEN_LIBRARIES {
            for library in *libraries {
                if name == who && uses.contains(*library) {
                    offences.push(format!("{name} uses {library}: it must not know it"));
                }
            }
        }
    }
    assert_none("layers", &offences);
}

#[test]
fn each_door_of_the_store_is_opened_by_its_owners_only() {
    let mut offences = Vec::new();
    for (path, text) in files("crates", &["rs"]) {
        let own = crate_of(&path);
        for (door, allowed) in DOORS {
            let excepted =
                DOOR_EXCEPTIONS.iter().any(|(file, opened, _)| path == *file && opened == door);
            if text.contains(door) && !allowed.contains(&own) && !excepted {
                offences.push(format!("{path} opens {door}"));
            }
        }
    }
    assert_none("doors", &offences);
}

#[test]
fn only_the_node_reads_clocks_and_the_environment() {
    const READS: &[&str] =
        &["Instant::now(", "SystemTime::now(", "thread::sleep(", "env::var(", "Timestamp::now("];
    let mut offences = Vec::new();
    for (path, text) in files("crates", &["rs"]) {
        if ["node", "sim"].contains(&crate_of(&path)) || path.contains("/tests/") {
            continue;
        }
        for (number, line) in text.lines().enumerate() {
            if READS.iter().any(|read| line.contains(read)) && !line.trim_start().starts_with("//")
            {
                offences.push(format!("{path}:{}: {}", number + 1, line.trim()));
            }
        }
    }
    assert_none("time and environment are arguments", &offences);
}

#[test]
fn identities_are_made_in_one_place() {
    let mut offences = Vec::new();
    for (path, text) in files("crates", &["rs"]) {
        let production = text.split("#[cfg(test)]").next().unwrap_or_default();
        let elsewhere = !path.ends_with("node/src/identity/names.rs")
            && !path.contains("/tests/")
            && !path.contains("_tests")
            && !path.starts_with("crates/sim")
            && !path.starts_with("crates/sip");
        if elsewhere
            && production.contains("PeerIdentity {")
            && !production.contains("&PeerIdentity {")
        {
            offences.push(path);
        }
    }
    assert_none("PeerIdentity is made only in node/identity/names", &offences);
}

#[test]
fn every_source_file_says_what_it_owns() {
    let mut offences = Vec::new();
    for (path, text) in files("crates", &["rs"]) {
        if !text.starts_with("//!") {
            offences.push(path);
        }
    }
    assert_none("no head comment", &offences);
}

#[test]
fn cited_standards_are_in_the_index() {
    let index = std::fs::read_to_string(root().join("docs/spec/index.tsv")).unwrap();
    let listed: BTreeSet<&str> =
        index.lines().skip(1).filter_map(|line| line.split('\t').next()).collect();
    let mut offences = BTreeSet::new();
    for (path, text) in files("crates", &["rs"]) {
        for (at, _) in text.match_indices("RFC ") {
            let digits: String = text[at + 4..].chars().take_while(char::is_ascii_digit).collect();
            if digits.len() >= 3 && !listed.contains(format!("RFC {digits}").as_str()) {
                offences.insert(format!("RFC {digits} (cited in {path})"));
            }
        }
        for (at, _) in text.match_indices("[MS-") {
            let name: String = text[at + 1..].chars().take_while(|c| *c != ']').collect();
            if name.len() < 16 && !listed.contains(name.as_str()) {
                offences.insert(format!("{name} (cited in {path})"));
            }
        }
    }
    assert_none("cited, but not in docs/spec/index.tsv", &offences.into_iter().collect::<Vec<_>>());
}

/// docs/admin/limits.md: each bound of the SIP side with the test that reaches it, or a reason why
/// none does.
#[test]
fn every_limit_is_in_the_table_and_its_test_names_it() {
    let table = std::fs::read_to_string(root().join("docs/admin/limits.md")).unwrap();
    let mut offences = Vec::new();
    for name in ["sip", "im", "node"] {
        let path = format!("crates/{name}/src/limits.rs");
        let limits = std::fs::read_to_string(root().join(&path)).unwrap();
        let section =
            table.split("\n## ").find(|section| section.starts_with(&format!("`{path}`")));
        let section = section.unwrap_or_else(|| panic!("no section for {path}"));
        for line in limits.lines() {
            let Some(limit) = line.strip_prefix("pub const ") else { continue };
            let limit = limit.split(':').next().unwrap_or_default();
            let rows = section.lines().filter(|row| row.contains(&format!("`{limit}`")));
            let rows: Vec<&str> = rows.collect();
            if rows.is_empty() {
                offences.push(format!("{path}: {limit} is not in docs/admin/limits.md"));
            }
            for row in rows.iter().filter(|row| row.starts_with("| `")) {
                let words: Vec<&str> = row.split('`').collect();
                let [.., file, _, test, _] = words[..] else { panic!("{row}") };
                let text = std::fs::read_to_string(root().join(file)).unwrap_or_default();
                let has_test = text.contains(&format!("fn {test}("));
                if !has_test || !text.contains(limit) {
                    offences.push(format!("{limit}: {file} has no test {test} that names it"));
                }
            }
        }
    }
    assert_none("limits", &offences);
}

#[test]
fn words_that_say_nothing_are_not_names() {
    const EMPTY: &[&str] =
        &["manager", "helper", "util", "utils", "common", "core", "base", "processor"];
    let mut offences = Vec::new();
    for (path, _) in files("crates", &["rs", "ts", "tsx"]) {
        let stem = Path::new(&path).file_stem().unwrap().to_string_lossy().to_lowercase();
        if stem.split(['_', '-']).any(|word| EMPTY.contains(&word)) {
            offences.push(path);
        }
    }
    assert_none("file names", &offences);
}

#[test]
fn no_test_is_left_out() {
    let ignored = concat!("#[", "ignore");
    let offences: Vec<_> = files("crates", &["rs"])
        .into_iter()
        .filter(|(_, text)| text.contains(ignored))
        .map(|(path, _)| path)
        .collect();
    assert_none("assert today's behaviour and write FIXME instead", &offences);
}
