//! XCAP (RFC 4825) with its node selectors: what was put is what is there, what was deleted is not,
//! and no document breaks another rule of the store than the one that it is told of.
//!
//! The rules run as in a node, over a store that is never written: each transaction is undone.

use std::sync::Arc;

use im::Aor;
use im::xcap::{self, Method as Verb};

use super::im_world::{ALICE, World, with_world};

/// The first line names a part of a document, the rest is put there.
pub fn run(input: &[u8]) {
    let end = input.iter().position(|byte| *byte == b'\n').unwrap_or(input.len());
    let (part, body) = input.split_at(end);
    let part = String::from_utf8_lossy(part);
    let (part, query) = part.split_once('?').unwrap_or((&part, ""));
    with_world(|world| {
        for (auid, media_type) in [
            ("resource-lists", "application/resource-lists+xml"),
            ("pres-rules", "application/auth-policy+xml"),
            ("rls-services", "application/rls-services+xml"),
        ] {
            let document = format!("{auid}/users/{ALICE}/index");
            let element = format!("{document}/~~/{part}");
            for (path, content_type) in [
                (document.as_str(), media_type),
                (&element, "application/xcap-el+xml"),
                (&element, "application/xcap-att+xml"),
            ] {
                put_and_get(world, path, query, content_type, body.get(1..).unwrap_or_default());
            }
        }
    });
}

fn put_and_get(world: &World, path: &str, query: &str, content_type: &str, body: &[u8]) {
    let directory = Arc::clone(&world.directory);
    let who = directory.user(&Aor::parse(ALICE).expect("an address")).expect("a user").clone();
    let asked = |method, body: &[u8]| xcap::Request {
        method,
        path: path.to_owned(),
        query: query.to_owned(),
        content_type: content_type.to_owned(),
        if_match: None,
        if_none_match: None,
        body: body.to_vec(),
    };
    let (put, get, delete) =
        (asked(Verb::Put, body), asked(Verb::Get, b""), asked(Verb::Delete, b""));
    let undone = world.store.write_blocking(0, move |tx| -> store::Result<()> {
        let put = xcap::handle(tx, &directory, &who, &put)?;
        let got = xcap::handle(tx, &directory, &who, &get)?;
        if matches!(put.status, 200 | 201) {
            // RFC 4825 §8.2.3: what was put is what is there, and no part of it is anything else.
            assert_eq!((got.status, &got.etag), (200, &put.etag));
        }
        let deleted = xcap::handle(tx, &directory, &who, &delete)?;
        if deleted.status == 200 {
            assert_eq!(xcap::handle(tx, &directory, &who, &get)?.status, 404);
        }
        Err(store::Error::Limit("nothing is kept".to_owned()))
    });
    assert!(matches!(undone, Err(store::Error::Limit(_))), "{undone:?}");
}
