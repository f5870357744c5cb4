//! What is tried on a private copy, written to the real store at once, and taken back.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use store::directory::{AuditEntry, DirectoryRead as _, DirectoryWrite as _, RegistryValue};
use store::messaging::{MessagingRead as _, MessagingWrite as _, Pool, Topology};
use store::rehearsal::{RehearsalRead as _, RowChange, folded};
use store::{Change, Error, SecretKey, Store};

struct World {
    folder: tempfile::TempDir,
    store: Store,
}

fn value(name: &str, value: &str) -> RegistryValue {
    RegistryValue { path: "SOFTWARE\\Test".into(), name: name.into(), value: value.into() }
}

impl World {
    fn new() -> World {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tandem.db");
        let store = Store::open(&path, SecretKey::from_bytes([1; 32]), 0).unwrap();
        store
            .write_blocking(0, |tx| {
                tx.put_registry_value(&value("Kept", "a\0b, 'c'"))?;
                tx.put_registry_value(&value("Changed", "old"))?;
                tx.put_registry_value(&value("Removed", ""))?;
                let pools = vec![Pool { fqdn: "pool.test".into(), ..Pool::default() }];
                tx.put_published_topology(&Topology { pools, ..Topology::default() })
            })
            .unwrap();
        World { folder, store }
    }

    fn copy(&self) -> Store {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let path = self.folder.path().join("copy.db");
        runtime.block_on(self.store.rehearsal(&path, 0)).unwrap()
    }

    /// All that was written to a copy, folded.
    fn rehearsed(&self) -> Vec<RowChange> {
        let copy = self.copy();
        copy.write_blocking(5, |tx| {
            tx.put_registry_value(&value("Changed", "in between"))?;
            tx.put_registry_value(&value("Changed", "new\0"))?;
            tx.put_registry_value(&value("Added", "ä"))?;
            tx.put_registry_value(&value("Fleeting", ""))?;
            tx.delete_registry_value("SOFTWARE\\Test", "Fleeting")?;
            tx.delete_registry_value("SOFTWARE\\Test", "Removed")?;
            tx.put_registry_value(&value("Kept", "other"))?;
            tx.put_registry_value(&value("Kept", "a\0b, 'c'"))?;
            let enabled = tx.enable_topology()?;
            assert_eq!(enabled, 1);
            tx.append_audit(&AuditEntry {
                id: 0,
                time_ms: 5,
                actor: "uid 0".into(),
                roles: String::new(),
                cmdlet: "Enable-CsTopology".into(),
                parameters: serde_json::json!({}),
                object: String::new(),
                error: None,
            })
        })
        .unwrap();
        let (last, changes) = copy.read_blocking(|rows| rows.noted(0)).unwrap();
        assert_eq!(copy.read_blocking(move |rows| rows.noted(last)).unwrap(), (last, Vec::new()));
        folded(changes)
    }

    fn registry(&self) -> Vec<(String, String)> {
        let all = self.store.read_blocking(|rows| rows.registry_values("SOFTWARE")).unwrap();
        all.into_iter().map(|value| (value.name, value.value)).collect()
    }
}

#[test]
fn what_was_tried_is_written_at_once_and_taken_back() {
    let world = World::new();
    let before = world.registry();
    let rows = world.rehearsed();
    assert_eq!(world.registry(), before, "the copy is private");
    assert_eq!(rows.len(), 5, "three values, the topology, a line of the log: {rows:?}");
    let text = serde_json::to_string(&rows).unwrap();
    let rows: Vec<RowChange> = serde_json::from_str(&text).unwrap();

    let mut feed = world.store.changes();
    let written = rows.clone();
    world
        .store
        .write_blocking(9, move |tx| tx.write_rehearsed(&written, &[Change::Registry]))
        .unwrap();
    assert_eq!(feed.try_recv().unwrap().to_vec(), [Change::Registry]);
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let after = [pair("Added", "ä"), pair("Changed", "new\0"), pair("Kept", "a\0b, 'c'")];
    assert_eq!(world.registry(), after);
    let (enabled, audit) =
        world.store.read_blocking(|rows| Ok((rows.enabled_topology()?, rows.audit(10)?))).unwrap();
    assert_eq!(enabled.pools.len(), 1);
    assert_eq!((audit.len(), audit[0].time_ms), (1, 9));

    let back: Vec<RowChange> =
        rows.into_iter().filter(|row| !row.is_log()).rev().map(RowChange::inverted).collect();
    world.store.write_blocking(9, move |tx| tx.write_rehearsed(&back, &[])).unwrap();
    assert_eq!(world.registry(), before);
    let enabled = world.store.read_blocking(|rows| rows.enabled_topology()).unwrap();
    assert_eq!(enabled.pools.len(), 0);
}

#[test]
fn a_row_that_was_changed_meanwhile_stops_all_of_it() {
    for (meanwhile, named) in [
        (value("Changed", "somebody's"), "the registry value Changed was changed (Value)"),
        (value("Removed", "somebody's"), "the registry value Removed was changed (Value)"),
        (value("Added", "somebody's"), "the registry value Added"),
    ] {
        let world = World::new();
        let rows = world.rehearsed();
        world.store.write_blocking(0, move |tx| tx.put_registry_value(&meanwhile)).unwrap();
        let before = world.registry();
        let refused = world.store.write_blocking(0, move |tx| tx.write_rehearsed(&rows, &[]));
        let Err(Error::Conflict(text)) = refused else { panic!("{refused:?}") };
        assert!(text.contains(named), "{text}");
        assert_eq!(world.registry(), before);
    }
}
