//! Who of our own people may speak with those of other organisations (`CsExternalAccessPolicy`).

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a scenario stops at the first surprise"
)]

mod world;

use sip::{Method, Name};
use store::directory::DirectoryRead as _;
use store::messaging::{ExternalAccessPolicy, MessagingWrite as _, ScopedSetting as _};
use world::abroad::{
    ACCEPTED, THERE, by_them, connect, diagnostics, identity, locate, open_world, places, to_them,
};
use world::{World, request, text};

/// The global policy, or the one of this name, lets people out or not.
fn let_out(world: &mut World, scope: &'static str, enable_federation_access: bool) {
    world.write(move |tx| {
        let policy =
            ExternalAccessPolicy { enable_federation_access, ..ExternalAccessPolicy::default() };
        tx.put_scoped_setting(scope, &policy)
    });
    world.reload();
}

fn grant(world: &mut World, user: &str, policy: Option<&'static str>) {
    let login = user.to_owned();
    let account = world.store.read_blocking(move |rows| rows.account_by_login(&login)).unwrap();
    let account = account.unwrap().id;
    world.write(move |tx| tx.grant_policy(account, ExternalAccessPolicy::KIND, policy));
    world.reload();
}

#[test]
fn a_policy_says_who_may_write_there_and_be_written_to() {
    let mut world = open_world();
    let (alice, bob) = (world.sign_in("alice", "a"), world.sign_in("bob", "b"));
    let theirs = connect(&mut world, ACCEPTED, identity(&[THERE]));
    let goes_out = |world: &mut World, flow, from: &str, id: &str| {
        let asked = world.send(flow, to_them(text(from, "bob", id, "hello"), "pia"));
        if let Some(refused) = world.response(asked) {
            assert_eq!(refused.status(), Some(403));
            assert!(diagnostics(&refused).starts_with("70708;reason=\"You may not send "));
            return false;
        }
        locate(world, Ok(places(&["192.0.2.7"])));
        world.accept(&Method::Message);
        true
    };
    let comes_in = |world: &mut World, to: &str, id: &str| {
        let asked = world.send(theirs, by_them(text("pia", to, id, "hello"), "pia"));
        match world.response(asked) {
            Some(refused) => {
                // For them there is nobody of this name.
                assert_eq!(refused.status(), Some(404));
                assert!(diagnostics(&refused).starts_with("4005;"));
                false
            }
            None => {
                world.accept(&Method::Message);
                true
            }
        }
    };
    let state = |world: &mut World, id: &str| {
        [
            goes_out(world, alice, "alice", &format!("{id}1")),
            goes_out(world, bob, "bob", &format!("{id}2")),
            comes_in(world, "alice", &format!("{id}3")),
            comes_in(world, "bob", &format!("{id}4")),
        ]
    };
    // Who says nothing lets everybody, as far as the deployment does.
    assert_eq!(state(&mut world, "a"), [true; 4]);
    let_out(&mut world, "Tag:Inside", false);
    assert_eq!(state(&mut world, "b"), [true; 4]);
    grant(&mut world, "alice", Some("Inside"));
    assert_eq!(state(&mut world, "c"), [false, true, false, true]);
    // The other way round: nobody but who is granted it.
    let_out(&mut world, "Global", false);
    let_out(&mut world, "Tag:Outside", true);
    grant(&mut world, "alice", Some("Outside"));
    assert_eq!(state(&mut world, "d"), [true, false, true, false]);
    grant(&mut world, "alice", None);
    assert_eq!(state(&mut world, "e"), [false; 4]);
    // Nor calls; among themselves people speak as always.
    let call = to_them(request(Method::Invite, "alice", "bob", "f1", 1), "pia");
    let call = call.with(Name::Contact, "<sip:alice@192.0.2.1>");
    assert_eq!(world.ask(alice, call).status(), Some(403));
    world.send(alice, text("alice", "bob", "f2", "hello"));
    world.accept(&Method::Message);
    assert!(world.locates.is_empty() && world.requests.is_empty());
}
