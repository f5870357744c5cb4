//! The sixteen links of design.md §6 in a running demo: what is broken is named by the page, the
//! event log, the trace and `Test-OwaInstantMessaging`, and the commands that the cmdlet prints
//! repair it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "the whole program is a test"
)]

#[allow(dead_code, unreachable_pub, missing_docs, reason = "shared by several test programs")]
mod links_world;

use links_world::breaks::{Break, Thing, table};
use links_world::{KEN, World};
use sim::page::Page;
use sim::served::eventually;
use store::directory::EventLevel;

#[test]
fn the_repairs_alone_integrate_a_bare_demo() {
    let world = World::bare();
    let mut named = Vec::new();
    while let Some(broken) = world.first_broken() {
        assert!(named.len() < 16, "it does not end: {named:?}");
        assert!(!broken.seen.is_empty());
        named.push(broken.number);
        world.types(&broken.repair);
    }
    assert_eq!(named, [2, 3, 10, 12]);
    let page = world.sign_in(KEN);
    let _socket = page.open();
    world.works(&page);
}

#[test]
fn the_checks_of_the_document_can_be_typed() {
    let world = World::integrated(false);
    let page = include_str!("../../../docs/troubleshooting.md");
    let checks = page.split("**Check.**\n\n```powershell\n").skip(1);
    let checks: Vec<&str> = checks.filter_map(|rest| rest.split("\n```").next()).collect();
    assert_eq!(checks.len(), 16);
    for check in checks {
        world.types(check);
    }
}

#[test]
fn a_person_without_a_mailbox_gets_one() {
    let world = World::integrated(false);
    world.types(&format!("Disable-Mailbox {KEN} -Confirm:$False"));
    let broken = world.expect_first(Some(14), "no mailbox").unwrap();
    assert_eq!(broken.seen, "no mailbox");
    assert!(broken.repair.starts_with("Enable-Mailbox "), "{}", broken.repair);
    let mut named = Vec::new();
    while let Some(broken) = world.first_broken() {
        assert!(named.len() < 3, "it does not end: {named:?}");
        named.push(broken.number);
        world.types(&broken.repair);
    }
    let page = world.sign_in(KEN);
    let _socket = page.open();
    world.works(&page);
}

#[test]
fn each_link_alone() {
    each_alone(&World::integrated(false));
}

#[test]
fn each_link_alone_where_unified_messaging_discovers_the_server() {
    each_alone(&World::integrated(true));
}

fn each_alone(world: &World) {
    let page = world.sign_in(KEN);
    let _socket = page.open();
    world.works(&page);
    let rows = table(world);
    let links: std::collections::BTreeSet<u8> = rows.iter().map(|row| row.link).collect();
    assert_eq!(links, (1..=16).collect());
    for row in rows {
        alone(world, &page, &row);
    }
}

fn alone(world: &World, page: &Page, row: &Break) {
    let about = format!("link {}, {}", row.link, row.what);
    let id = 1100 + u32::from(row.link);
    let reported = |id| world.events().iter().filter(|event| event.event_id == id).count();
    let traced = || {
        let fits = |it: &&String| row.trace.is_some_and(|text| it.contains(text));
        world.node.traces().iter().filter(fits).count()
    };
    let (events, successes, traces) = (reported(id), reported(112), traced());
    row.act(world);

    let status = world.shows(page, row.link, &about);
    let state = if row.link >= 14 { "notEnabled" } else { "unavailable" };
    assert_eq!(status["state"], state, "{}", about);
    assert!(status["reason"].as_str().is_some_and(|it| it.len() > 20), "{}: {status}", about);
    let event = eventually(|| (reported(id) > events).then_some(()));
    assert!(event.is_some(), "{}: no event {id}", about);
    let event = world.events().into_iter().rfind(|event| event.event_id == id).unwrap();
    let level = if row.link >= 14 { EventLevel::Warning } else { EventLevel::Error };
    assert_eq!(event.level, level, "{}", about);
    assert!(event.message.contains("To repair it: "), "{}: {}", about, event.message);
    if row.trace.is_some() {
        let told = eventually(|| (traced() > traces).then_some(()));
        assert!(told.is_some(), "{}: {:?}", about, world.node.traces());
    }
    let broken = world.expect_first(Some(row.link), &about).unwrap();
    assert_eq!(world.all_broken(), [row.link], "{about}");
    assert!(event.message.contains(&broken.repair), "{about}: {broken:?}");

    world.types(&broken.repair);
    world.expect_first(None, &format!("{about}, after {}", broken.repair));
    page.call("ImStatus/set", serde_json::json!({"update": {"singleton": {"retry": true}}}));
    world.works(page);
    assert_eq!(reported(id), events + 1, "{}: once", about);
    // A recycle is a new start, and the first sign-in after it is told.
    let recycled = row.recycles || broken.repair.contains("recycle");
    let told = eventually(|| (!recycled || reported(112) > successes).then_some(()));
    assert!(told.is_some(), "{}: no event 112", about);
    if !row.undo.is_empty() {
        world.types(&row.undo);
        world.works(page);
    }
}

/// Whether both can be broken at once.
fn are_compatible(low: &Break, high: &Break) -> bool {
    low.link < high.link
        && low.to != high.to
        // Not loading an edit is done by editing the name.
        && !(low.to == Thing::ServerName && high.to == Thing::Edit)
}

#[test]
fn of_every_pair_the_first_is_named_first() {
    let world = World::integrated(false);
    let mut rows = table(&world);
    rows.dedup_by_key(|row| row.link);
    assert_eq!(rows.len(), 16);
    let mut pairs = 0;
    for low in &rows {
        for high in rows.iter().filter(|high| are_compatible(low, high)) {
            pair(&world, low, high);
            pairs += 1;
        }
    }
    assert!(pairs > 95, "only {pairs} pairs");
}

fn pair(world: &World, low: &Break, high: &Break) {
    let about = format!("links {} and {}", low.link, high.link);
    high.act(world);
    match high.to {
        // What is recycled with the one would load the edit that the other leaves unloaded.
        Thing::Edit => low.act_without_recycle(world),
        _ => low.act(world),
    }
    let first = world.expect_first(Some(low.link), &about).unwrap();
    world.types(&first.repair);
    let about = format!("{about}, after {}", first.repair);
    // A repair that ends with a recycle is that of link 7, too.
    if high.to != Thing::Edit {
        let second = world.expect_first(Some(high.link), &about).unwrap();
        world.types(&second.repair);
    }
    for row in [low, high] {
        if !row.undo.is_empty() {
            world.types(&row.undo);
        }
    }
    world.expect_first(None, &about);
}
