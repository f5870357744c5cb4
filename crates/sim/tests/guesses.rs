//! Passwords cannot be tried at one door after the other: wrong ones are counted by account, at all
//! doors of a real node together, and under every name the account has.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "the whole program is a test"
)]

use shell::organisation::POOL;
use sim::page::Page;
use sim::peer::{Heard, Peer, Tls, request};
use sim::served::{Served, bare};
use sip::Name;
use sip::auth::{Challenge, Credentials, Ha1};

const KEN: &str = "kenmyer@litwareinc.com";

struct Doors {
    node: Served,
    tls: Tls,
    number: u32,
    _folder: tempfile::TempDir,
}

impl Doors {
    fn new() -> Doors {
        let folder = tempfile::tempdir().unwrap();
        let node = Served::start(&bare(folder.path()), |_| Ok(())).unwrap();
        let tls = Tls::new(&folder.path().join("ca.pem"), POOL);
        Doors { node, tls, number: 0, _folder: folder }
    }

    fn password(&self) -> String {
        self.node.passwords()[KEN].clone()
    }

    /// A sign-in by Digest, on a connection of its own: the status.
    fn sip(&mut self, login: &str, password: &str) -> u16 {
        let mut peer = Peer::tls(self.node.config.registrar.listen_tls[0], &self.tls, None);
        let mut register = |more: &str| {
            self.number += 1;
            peer.ask(request("REGISTER", KEN, KEN, self.number, more))
        };
        let Heard::Message(asked) = register("") else { panic!("no challenge") };
        let challenge = asked.header(Name::WwwAuthenticate).expect("a challenge");
        let challenge = Challenge::parse(challenge).unwrap().unwrap();
        let ha1 = Ha1::compute(challenge.algorithm, login, &challenge.realm, password);
        let what = ("REGISTER", "sip:kenmyer@litwareinc.com");
        let signed = Credentials::answer(&challenge, login, &ha1, what, ("cnonce", 1));
        register(&format!("Authorization: {signed}\r\n")).status()
    }

    /// A sign-in at the page: the status.
    fn page(&self, name: &str, password: &str) -> u16 {
        let address = self.node.config.client_access.listen_https[0];
        let folder = self.node.data();
        let page = Page::new(address, Tls::new(&folder.join("ca.pem"), "localhost"));
        let body = serde_json::json!({ "username": name, "password": password });
        page.post(LOGIN, &body.to_string()).status
    }
}

/// Where the page signs in.
const LOGIN: &str = "/owa/auth/login";

#[test]
fn wrong_passwords_at_sip_and_at_the_page_are_counted_together() {
    let mut doors = Doors::new();
    for number in 0..store::GUESSES_MAX {
        // By turns at each door, and by each of the account's names.
        let status = match number % 4 {
            0 => doors.sip(KEN, "wrong"),
            1 => doors.page(KEN, "wrong"),
            2 => doors.sip("kenmyer", "wrong"),
            _ => doors.page("kenmyer", "wrong"),
        };
        assert!(matches!(status, 401 | 403), "try {number}: {status}");
    }
    // Not even the right one is judged now, wherever it is given.
    let right = doors.password();
    assert_eq!((doors.sip("kenmyer", &right), doors.sip(KEN, &right)), (503, 503));
    assert_eq!((doors.page("kenmyer", &right), doors.page(KEN, &right)), (429, 429));
    // Other people are not concerned.
    let pilar = doors.node.passwords()["pilar@litwareinc.com"].clone();
    assert_eq!(doors.page("pilar@litwareinc.com", &pilar), 204);
}

#[test]
fn the_owner_is_let_in_from_where_they_were_before() {
    let mut doors = Doors::new();
    let right = doors.password();
    assert_eq!(doors.page(KEN, &right), 204);
    for _ in 0..store::GUESSES_MAX {
        assert_eq!(doors.sip(KEN, "wrong"), 403);
    }
    assert_eq!(doors.sip(KEN, &right), 200, "the page has been here");
}
