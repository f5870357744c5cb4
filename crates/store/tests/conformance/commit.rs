//! Group commit, savepoints, and the feed.

use std::sync::mpsc;

use store::directory::*;
use store::{Change, Error, Store};
use tokio::sync::broadcast::error::TryRecvError;

use crate::{NOW_MS, key, path, site};

fn value(name: &str) -> RegistryValue {
    RegistryValue { path: "T".into(), name: name.into(), value: "v".into() }
}

fn names(store: &Store) -> Vec<String> {
    let values = store.read_blocking(|r| r.registry_values("T")).unwrap();
    values.into_iter().map(|value| value.name).collect()
}

#[test]
fn many_callers_share_one_commit() {
    let site = site();
    let (hold, held) = mpsc::channel::<()>();
    let (entered, inside) = mpsc::channel();
    let before = site.store.commits();
    std::thread::scope(|scope| {
        // The first write holds the writer until all the others wait behind it.
        let store = site.store.clone();
        scope.spawn(move || {
            store
                .write_blocking(NOW_MS, move |tx| {
                    entered.send(()).unwrap();
                    held.recv().unwrap();
                    tx.put_registry_value(&value("first"))
                })
                .unwrap();
        });
        inside.recv().unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let writes: Vec<_> = (0..100)
            .map(|n| {
                Box::pin(
                    site.store
                        .write(NOW_MS, move |tx| tx.put_registry_value(&value(&format!("n{n}")))),
                )
            })
            .collect();
        runtime.block_on(async {
            let mut writes = writes;
            // Poll each once: that queues it.
            for write in &mut writes {
                let once = std::future::poll_fn(|cx| {
                    std::task::Poll::Ready(write.as_mut().poll(cx).is_pending())
                });
                assert!(once.await, "not answered before its commit");
            }
            hold.send(()).unwrap();
            for write in writes {
                write.await.unwrap();
            }
        });
    });
    assert_eq!(names(&site.store).len(), 101);
    assert_eq!(site.store.commits() - before, 1, "101 callers, one commit");
}

#[test]
fn a_failing_closure_loses_its_own_writes_only() {
    let site = site();
    let mut feed = site.store.changes();
    site.write(|tx| tx.put_registry_value(&value("a"))).unwrap();
    let failed = site.write(|tx| {
        tx.put_registry_value(&value("b"))?;
        Err::<(), _>(Error::caller("no"))
    });
    assert_eq!(failed.unwrap_err().to_string(), "no");
    let failed = site.write::<()>(|tx| {
        tx.put_registry_value(&value("c"))?;
        panic!("a bug in a closure");
    });
    assert!(matches!(failed, Err(Error::Unavailable(_))));
    site.write(|tx| tx.put_registry_value(&value("d"))).unwrap();
    assert_eq!(names(&site.store), ["a", "d"]);
    assert_eq!(*feed.try_recv().unwrap(), [Change::Registry]);
    assert_eq!(*feed.try_recv().unwrap(), [Change::Registry]);
    assert_eq!(feed.try_recv(), Err(TryRecvError::Empty), "failures tell nothing");
}

#[derive(Debug, thiserror::Error, PartialEq)]
#[error("mailbox full")]
struct MailboxFull;

#[test]
fn a_callers_own_reason_comes_back() {
    let site = site();
    let refused = site.write(|_| Err::<(), _>(Error::caller(MailboxFull))).unwrap_err();
    assert_eq!(refused.into_caller::<MailboxFull>().unwrap(), MailboxFull);
    let other = Error::NotFound("x".into()).into_caller::<MailboxFull>().unwrap_err();
    assert!(matches!(other, Error::NotFound(_)));
}

#[test]
fn the_feed_speaks_after_the_commit() {
    let site = site();
    let mut feed = site.store.changes();
    let (done, told) = mpsc::channel();
    std::thread::scope(|scope| {
        let store = site.store.clone();
        scope.spawn(move || {
            let changes = feed.blocking_recv().unwrap();
            // Whoever reads now sees what the change speaks of.
            done.send((changes.to_vec(), names(&store))).unwrap();
        });
        site.write(|tx| tx.put_registry_value(&value("a"))).unwrap();
    });
    let (changes, seen) = told.recv().unwrap();
    assert_eq!((changes, seen), (vec![Change::Registry], vec!["a".to_owned()]));
}

#[test]
fn a_failing_commit_fails_everybody_and_tells_nothing() {
    let site = site();
    site.write(|tx| tx.put_registry_value(&value("a"))).unwrap();
    // Another process keeps the write lock for longer than we wait for it.
    let other = rusqlite::Connection::open(path(&site.folder)).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let mut feed = site.store.changes();
    let failed = site.write(|tx| tx.put_registry_value(&value("b")));
    assert!(matches!(failed, Err(Error::Unavailable(_))), "{failed:?}");
    assert_eq!(feed.try_recv(), Err(TryRecvError::Empty));
    // Reading goes on meanwhile, and writing afterwards.
    assert_eq!(names(&site.store), ["a"]);
    other.execute_batch("ROLLBACK").unwrap();
    site.write(|tx| tx.put_registry_value(&value("c"))).unwrap();
    assert_eq!(names(&site.store), ["a", "c"]);
}

#[test]
fn a_reader_sees_one_moment() {
    let site = site();
    site.write(|tx| tx.put_registry_value(&value("a"))).unwrap();
    let (first, looked) = mpsc::channel();
    let (written, go_on) = mpsc::channel::<()>();
    std::thread::scope(|scope| {
        let store = site.store.clone();
        let reading = scope.spawn(move || {
            store.read_blocking(move |r| {
                let before = r.registry_values("T")?.len();
                first.send(()).unwrap();
                go_on.recv().unwrap();
                Ok((before, r.registry_values("T")?.len()))
            })
        });
        looked.recv().unwrap();
        site.write(|tx| tx.put_registry_value(&value("b"))).unwrap();
        written.send(()).unwrap();
        assert_eq!(reading.join().unwrap().unwrap(), (1, 1));
    });
    assert_eq!(names(&site.store).len(), 2);
    // A panicking reader does not take its thread with it.
    for _ in 0..store::READERS * 2 {
        let failed = site.store.read_blocking::<(), _>(|r| {
            r.registry_values("T")?;
            panic!("a bug in a closure")
        });
        assert!(matches!(failed, Err(Error::Unavailable(_))));
    }
    assert_eq!(names(&site.store).len(), 2);
}

#[test]
fn ids_rise() {
    let site = site();
    let ids =
        site.write(|tx| (0..5000).map(|_| tx.new_id()).collect::<store::Result<Vec<_>>>()).unwrap();
    assert!(ids.windows(2).all(|pair| pair[0] < pair[1]));
    assert!(ids.iter().all(|id| id.get_version_num() == 7));
    let later = site.store.write_blocking(NOW_MS - 5000, |tx| tx.new_id()).unwrap();
    assert!(later > ids[4999], "also if the clock steps back");
}

#[test]
fn one_file_one_key() {
    let site = site();
    site.write(|tx| {
        let authority = Authority { der: vec![1], key: store::Secret::new(*b"k") };
        tx.put_authority(&authority)
    })
    .unwrap();
    let crate::Site { folder, store } = site;
    drop(store);
    let store = Store::open(&path(&folder), store::SecretKey::from_bytes([4; 32]), NOW_MS).unwrap();
    assert!(matches!(store.read_blocking(|r| r.authority()), Err(Error::Damaged(_))));
    drop(store);
    let raw = std::fs::read(path(&folder)).unwrap();
    assert!(!raw.windows(6).any(|window| window == b"ca key"));
    let store = Store::open(&path(&folder), key(), NOW_MS).unwrap();
    assert!(store.read_blocking(|r| r.authority()).unwrap().is_some());
}
