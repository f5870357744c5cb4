//! Lists (RFC 5367, RFC 4826) and what is told about them (RLMI, RFC 4662): alice watches the list
//! that is the input. What is taken is told as `multipart/related` whose root names exactly the
//! people of the list, each `cid` has its part, and every part is well-formed; a list of the same
//! URIs, made of what we told, is told alike.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use bytes::Bytes;
use sip::{Flow, Method, Name};

use super::im_pidf::{ask, notified, request};
use super::im_world::{self, Server};
use crate::trail;

pub fn seeds() -> Vec<Vec<u8>> {
    let list = |inner: &str| {
        format!(
            "<?xml version=\"1.0\"?><resource-lists \
             xmlns=\"urn:ietf:params:xml:ns:resource-lists\">{inner}</resource-lists>"
        )
        .into_bytes()
    };
    vec![
        list(
            "<list><entry uri=\"sip:alice@example.test\"><display-name>A &amp; &lt;b></display-name></entry></list>",
        ),
        list(
            "<list name='a'><entry uri='sip:bob@example.test'/><list><entry uri='sip:n@x'/></list></list>",
        ),
        list("<list><entry uri='pres:bob@example.test'/><entry uri='sip:b&quot;&#10;@x'/></list>"),
        list(""),
    ]
}

pub fn run(input: &[u8]) {
    let input = Bytes::copy_from_slice(input);
    im_world::session(move |server| {
        let flow = server.open_trusted();
        let Some(people) = told(server, flow, 1, input) else { return };
        let mut again =
            String::from("<resource-lists xmlns=\"urn:ietf:params:xml:ns:resource-lists\"><list>");
        for uri in &people {
            let uri = uri.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;");
            let uri = uri.replace('\n', "&#10;").replace('\t', "&#9;").replace('\r', "&#13;");
            let _ = write!(again, "<entry uri=\"{uri}\"/>");
        }
        again.push_str("</list></resource-lists>");
        let second = told(server, flow, 2, Bytes::from(again));
        assert_eq!(second, Some(people));
    });
}

/// The URIs that a watcher of this list is told of; none if it was refused.
fn told(server: &mut Server<'_>, flow: Flow, number: u32, list: Bytes) -> Option<BTreeSet<String>> {
    let subscribe = request(Method::Subscribe, &format!("list-{number}"), 1)
        .with(Name::Supported, "eventlist")
        .with(Name::Accept, "application/pidf+xml, application/rlmi+xml, multipart/related")
        .with(Name::Expires, "600")
        .body("application/resource-lists+xml", list);
    let answer = ask(server, flow, subscribe);
    trail::saw(answer.status());
    if answer.status() != Some(200) {
        assert!(answer.status() >= Some(400), "{answer:?}");
        return None;
    }
    let notify = notified(server, flow);
    let kind = notify.content_type().expect("a NOTIFY with a body says of which type");
    assert_eq!(kind.essence(), "multipart/related", "{notify:?}");
    let boundary = kind.params.get_unquoted("boundary").expect("RFC 2046 §5.1.1");
    let start = kind.params.get_unquoted("start").expect("RFC 2387 §3.2");
    let body = notify.body();
    let body = std::str::from_utf8(&body).expect("UTF-8");
    let parts = parts(body, &boundary);
    let (root_id, root) = parts.first().expect("a root");
    assert_eq!(*root_id, start);
    let ids: BTreeSet<&str> = parts.iter().map(|(id, _)| *id).collect();
    assert_eq!(ids.len(), parts.len(), "each part has an id of its own");
    for (_, document) in &parts {
        roxmltree::Document::parse(document).unwrap_or_else(|e| panic!("{e}: {document}"));
    }
    let root = roxmltree::Document::parse(root).expect("it was parsed a moment ago");
    let mut people = BTreeSet::new();
    let mut cids = BTreeSet::from([start.clone()]);
    for node in root.descendants().filter(|node| node.is_element()) {
        if let Some(uri) = node.attribute("uri").filter(|_| node.tag_name().name() == "resource") {
            assert!(people.insert(uri.to_owned()), "{uri} is named twice");
        }
        if let Some(cid) = node.attribute("cid") {
            cids.insert(format!("<{cid}>"));
        }
        trail::saw((node.tag_name().name(), node.attribute("state")));
    }
    let ids: BTreeSet<String> = ids.into_iter().map(str::to_owned).collect();
    assert_eq!(cids, ids, "RFC 4662 §5.5: each cid has its part");
    Some(people)
}

/// Content-ID and content of each part.
fn parts<'a>(body: &'a str, boundary: &str) -> Vec<(&'a str, &'a str)> {
    let (between, end) = (format!("--{boundary}\r\n"), format!("--{boundary}--\r\n"));
    let body = body.strip_suffix(&end).expect("RFC 2046 §5.1.1: the last boundary");
    body.split(&between)
        .skip(1)
        .map(|part| {
            let (head, content) = part.split_once("\r\n\r\n").expect("a head and a body");
            let id = head.lines().find_map(|line| line.strip_prefix("Content-ID: "));
            (id.expect("RFC 2387 §3.2"), content)
        })
        .collect()
}
