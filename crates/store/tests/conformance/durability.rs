//! What was acknowledged is there after a kill; what cannot be read is refused with the reason.

use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};

use store::directory::*;
use store::{Error, Store};

use crate::{NOW_MS, key, path, site};

/// Tells the child process below which file to write.
const CHILD: &str = "TANDEM_STORE_TEST_CHILD";

/// Not a test of its own: what the child of the next test does until it is killed. Four threads
/// write; each prints the number of its write after it was acknowledged.
#[test]
fn child_that_writes_until_it_is_killed() {
    let Some(file) = std::env::vars_os().find(|(name, _)| name == CHILD) else { return };
    let store = Store::open(Path::new(&file.1), key(), NOW_MS).unwrap();
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let store = store.clone();
            scope.spawn(move || {
                for n in 0.. {
                    let name = format!("{thread}-{n}");
                    let value =
                        RegistryValue { path: "T".into(), name: name.clone(), value: "v".into() };
                    store.write_blocking(NOW_MS, move |tx| tx.put_registry_value(&value)).unwrap();
                    println!("ack {name}");
                }
            });
        }
    });
}

#[test]
fn nothing_acknowledged_is_missing_after_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    let mut acknowledged = Vec::new();
    for round in 0..3 {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "durability::child_that_writes_until_it_is_killed", "--nocapture"])
            .env(CHILD, path(&folder))
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut acks = lines.map_while(Result::ok).filter_map(|line| {
            // The test harness may print before it on the same line.
            line.split_once("ack ").map(|(_, name)| name.to_owned())
        });
        let count = 100 + round * 37;
        acknowledged.extend(acks.by_ref().take(count));
        child.kill().unwrap();
        // What was printed before the kill arrived counts too.
        acknowledged.extend(acks);
        child.wait().unwrap();
        let store = Store::open(&path(&folder), key(), NOW_MS).unwrap();
        let found = store.read_blocking(|r| r.registry_values("T")).unwrap();
        for name in &acknowledged {
            assert!(found.iter().any(|value| value.name == *name), "{name} is missing");
        }
        assert!(acknowledged.len() >= 100, "{}", acknowledged.len());
    }
    let raw = rusqlite::Connection::open(path(&folder)).unwrap();
    let whole: String = raw.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(whole, "ok");
}

#[test]
fn the_file_is_private_and_durable() {
    let site = site();
    site.write(|tx| tx.recycle_pool("p")).unwrap();
    for name in ["tandem.db", "tandem.db-wal"] {
        let mode = std::fs::metadata(site.folder.path().join(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
    let raw = rusqlite::Connection::open(path(&site.folder)).unwrap();
    let mode: String = raw.query_row("PRAGMA journal_mode", [], |row| row.get(0)).unwrap();
    assert_eq!(mode, "wal");
}

#[test]
fn a_newer_file_is_refused_and_left_alone() {
    let site = site();
    site.write(|tx| tx.recycle_pool("p")).unwrap();
    let crate::Site { folder, store } = site;
    drop(store);
    let raw = rusqlite::Connection::open(path(&folder)).unwrap();
    raw.pragma_update(None, "user_version", 9999).unwrap();
    drop(raw);
    match Store::open(&path(&folder), key(), NOW_MS) {
        Err(error @ Error::NewerSchema { found: 9999, .. }) => {
            assert!(error.to_string().contains("newer Tandem"), "{error}");
        }
        other => panic!("{other:?}"),
    }
    let raw = rusqlite::Connection::open(path(&folder)).unwrap();
    let pools: i64 = raw.query_row("SELECT count(*) FROM app_pool", [], |row| row.get(0)).unwrap();
    assert_eq!(pools, 1);
}

#[test]
fn other_files_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let raw = rusqlite::Connection::open(path(&folder)).unwrap();
    raw.execute_batch("CREATE TABLE somebody_elses (x)").unwrap();
    drop(raw);
    let opened = Store::open(&path(&folder), key(), NOW_MS);
    assert!(matches!(opened, Err(Error::Damaged(_))), "{opened:?}");
    let text = folder.path().join("text");
    std::fs::write(&text, "not a database, but long enough to look at".repeat(100)).unwrap();
    let opened = Store::open(&text, key(), NOW_MS);
    assert!(matches!(opened, Err(Error::Damaged(_))), "{opened:?}");
    let missing = folder.path().join("no such folder").join("tandem.db");
    assert!(matches!(Store::open(&missing, key(), NOW_MS), Err(Error::Unavailable(_))));
}
