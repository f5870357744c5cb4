//! Archiving as people meet it: what is refused when the archive fails, and what is purged.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a scenario stops at the first surprise"
)]

mod world;

use sip::Method;
use store::messaging::{
    ArchivedText, ArchivingConfiguration, ArchivingPolicy, GLOBAL, MessagingRead, MessagingWrite,
};
use world::*;

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// Everybody is archived.
fn archiving(settings: ArchivingConfiguration) -> World {
    let mut world = World::new();
    world.write(move |tx| {
        let settings = ArchivingConfiguration { enable_archiving: 1, ..settings };
        tx.put_scoped_setting(GLOBAL, &settings)?;
        let policy = ArchivingPolicy { archive_internal: true, ..ArchivingPolicy::default() };
        tx.put_scoped_setting(GLOBAL, &policy)
    });
    world.reload();
    world
}

fn archived(world: &World) -> Vec<String> {
    let all = world.store.read_blocking(|rows| rows.archived_texts(0, i64::MAX, 100)).unwrap();
    all.iter().map(|text| String::from_utf8_lossy(&text.body).into_owned()).collect()
}

#[test]
fn a_text_that_cannot_be_archived_is_blocked_or_delivered() {
    for blocks in [true, false] {
        let mut world = archiving(ArchivingConfiguration {
            block_on_archive_failure: blocks,
            ..ArchivingConfiguration::default()
        });
        let (alice, _bob) = (world.sign_in("alice", "a"), world.sign_in("bob", "b"));
        world.store_fails = Some("the disk is full".to_owned());
        let asked = world.send(alice, text("alice", "bob", "m1", "hello"));
        if blocks {
            let answer = world.response(asked).expect("an answer");
            assert_eq!(answer.status(), Some(503), "{answer:?}");
            assert!(world.requests.is_empty(), "bob gets nothing: {:?}", world.requests);
        } else {
            world.accept(&Method::Message);
            assert_eq!(world.response(asked).unwrap().status(), Some(200));
        }
        assert_eq!(archived(&world), Vec::<String>::new());
        // When the store writes again, so does the archive.
        world.store_fails = None;
        let asked = world.send(alice, text("alice", "bob", "m2", "again"));
        world.accept(&Method::Message);
        assert_eq!(world.response(asked).unwrap().status(), Some(200));
        assert_eq!(archived(&world), ["again"]);
    }
}

#[test]
fn what_is_too_old_is_purged_when_something_new_is_archived() {
    for (exported_only, left) in
        [(false, &["young", "now"][..]), (true, &["old, not exported", "young", "now"])]
    {
        let mut world = archiving(ArchivingConfiguration {
            enable_purging: true,
            keep_archiving_data_for_days: 7,
            purge_exported_archives_only: exported_only,
            ..ArchivingConfiguration::default()
        });
        let now_ms = world.now.wall_ms;
        world.write(move |tx| {
            let old = |days: i64, body: &str| ArchivedText {
                at_ms: now_ms - days * DAY_MS,
                sender: "sip:alice@litwareinc.com".to_owned(),
                recipient: "sip:bob@litwareinc.com".to_owned(),
                call_id: "old".to_owned(),
                content_type: "text/plain".to_owned(),
                body: body.as_bytes().to_vec(),
            };
            tx.put_archived_text(&old(9, "old, exported"))?;
            tx.mark_archive_exported(0, now_ms)?;
            tx.put_archived_text(&old(8, "old, not exported"))?;
            tx.put_archived_text(&old(6, "young")).map(drop)
        });
        let (alice, _bob) = (world.sign_in("alice", "a"), world.sign_in("bob", "b"));
        assert_eq!(archived(&world).len(), 3, "nothing is purged by itself");
        world.send(alice, text("alice", "bob", "m1", "now"));
        world.accept(&Method::Message);
        assert_eq!(archived(&world), left, "exported only: {exported_only}");
    }
}
