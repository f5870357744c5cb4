//! HTTPS: the protocol itself, addresses, cookies, bodies.

use crate::corpora;
use crate::raw::Raw;
use crate::world::World;

/// The status lines in what came; chunks and bodies are passed over.
fn statuses(text: &str) -> Vec<u16> {
    let lines = text.split("HTTP/1.1 ").skip(1);
    lines.map(|line| line.get(..3).and_then(|code| code.parse().ok()).unwrap_or(0)).collect()
}

fn asked(world: &World, bytes: &[u8]) -> String {
    Raw::tls(world.https(), &world.web_tls()).send(bytes).rest_text()
}

/// Name, bytes, the status that answers them before the connection is closed.
fn broken() -> Vec<(&'static str, Vec<u8>, u16)> {
    let get = |path: &str, headers: &str| {
        format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{headers}\r\n")
            .into_bytes()
    };
    let post = |headers: &str, body: &str| {
        format!(
            "POST /owa/auth/login HTTP/1.1\r\nHost: localhost\r\nOrigin: https://localhost\r\n\
             Content-Type: application/json\r\nConnection: close\r\n{headers}\r\n{body}"
        )
        .into_bytes()
    };
    vec![
        ("garbage", b"what is this?\r\n\r\n".to_vec(), 400),
        ("binary", vec![0, 255, 254, 128, 13, 10], 400),
        ("NULs", vec![0; 100_000], 400),
        ("SIP", b"OPTIONS sip:a@b SIP/2.0\r\n\r\n".to_vec(), 400),
        ("a NUL in a header", get("/health", "X-A: a\0b\r\n"), 400),
        ("a header without colon", get("/health", "X-A\r\n"), 400),
        ("a blank before the colon", get("/health", "X-A : a\r\n"), 400),
        ("an oversize address", get(&format!("/{}", "a".repeat(100_000)), ""), 414),
        ("an oversize header", get("/health", &format!("X-A: {}\r\n", "a".repeat(1 << 20))), 431),
        ("thousands of header lines", get("/health", &"X-A: a\r\n".repeat(5_000)), 431),
        ("a negative length", post("Content-Length: -1\r\n", ""), 400),
        ("no number", post("Content-Length: ten\r\n", ""), 400),
        ("two lengths", post("Content-Length: 2\r\nContent-Length: 3\r\n", "{}}"), 400),
        ("two lengths in one", post("Content-Length: 2, 3\r\n", "{}}"), 400),
        ("a length beyond numbers", post("Content-Length: 99999999999999999999\r\n", ""), 400),
        ("an announced flood", post("Content-Length: 99999999999\r\n", "{}"), 413),
        ("a body over the limit", post("Content-Length: 9000\r\n", &"x".repeat(9_000)), 413),
        ("an unknown coding", post("Transfer-Encoding: gzip\r\n", "{}"), 400),
        ("chunked, not last", post("Transfer-Encoding: chunked, gzip\r\n", "{}"), 400),
        ("a chunk's size", post("Transfer-Encoding: chunked\r\n", "zz\r\n{}\r\n0\r\n\r\n"), 400),
        (
            "a chunk beyond numbers",
            post("Transfer-Encoding: chunked\r\n", "fffffffffffffffff1\r\n"),
            400,
        ),
        (
            "chunks without end",
            {
                let chunk = format!("400\r\n{}\r\n", "x".repeat(1024));
                post("Transfer-Encoding: chunked\r\n", &chunk.repeat(1_000))
            },
            413,
        ),
    ]
}

#[test]
fn a_clear_answer_or_the_end() {
    let mut world = World::new();
    for (what, bytes, expected) in broken() {
        println!("{what}");
        let heard = asked(&world, &bytes);
        assert_eq!(statuses(&heard), [expected], "{what}: {heard}");
    }
    let half = Raw::tls(world.https(), &world.web_tls())
        .send(
            "POST /owa/auth/login HTTP/1.1\r\nHost: localhost\r\nOrigin: https://localhost\r\n\
               Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{",
        )
        .finish()
        .rest_text();
    assert!(half.is_empty() || statuses(&half) == [400], "{half}");
    world.all_is_well("broken HTTP");
    smuggling(&world);
    addresses(&world);
    world.all_is_well("bad addresses");
    cookies(&world);
    world.all_is_well("bad cookies");
    for (what, bytes) in [
        ("text", b"GET /health HTTP/1.1\r\nHost: a\r\n\r\n".to_vec()),
        ("garbage", b"\x16\x03\x01\x00\x05hello".to_vec()),
        ("NULs", vec![0; 100_000]),
    ] {
        let heard = Raw::tcp(world.https()).send(&bytes).rest();
        assert!(heard.is_empty() || heard[0] == 21, "{what}: {heard:?}");
    }
    let slow = b"GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    let heard = Raw::tls(world.https(), &world.web_tls()).send_slowly(slow).rest_text();
    assert_eq!(statuses(&heard), [200], "{heard}");
    world.end(&[]);
}

/// Two framings of one body: what is behind it must not become a request of somebody else.
fn smuggling(world: &World) {
    for (what, headers) in [
        ("CL.TE", "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n"),
        ("TE.CL", "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n"),
        ("TE alone", "Transfer-Encoding: chunked\r\n"),
        ("TE twice", "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"),
        ("TE with a tab", "Transfer-Encoding:\tchunked\r\n"),
        ("TE in capitals", "Transfer-Encoding: CHUNKED\r\n"),
    ] {
        let request = format!(
            "POST /owa/auth/logout HTTP/1.1\r\nHost: localhost\r\nOrigin: https://localhost\r\n\
             {headers}\r\n0\r\n\r\nGET /health HTTP/1.1\r\nHost: localhost\r\n\r\n"
        );
        let heard = asked(world, request.as_bytes());
        let statuses = statuses(&heard);
        assert!(statuses == [204] || statuses == [400], "{what}: {heard}");
    }
}

fn addresses(world: &World) {
    let long = "..%2f".repeat(5_000);
    for path in [
        "/owa/../../../etc/passwd",
        "/owa/..%2f..%2f..%2fetc%2fpasswd",
        "/owa/%2e%2e/%2e%2e/etc/passwd",
        "/owa/%2e%2e%5c%2e%2e%5cetc%5cpasswd",
        "/owa//etc/passwd",
        "/owa/%2fetc%2fpasswd",
        "/owa/assets/..%2f..%2f..%2fCargo.toml",
        "/owa/passwd%00.js",
        "/owa/%ff%fe",
        "/owa/%",
        "/owa/.git/config",
        "/jmap/download/../../etc/passwd",
        "/jmap/download/a/..%2f..%2fetc%2fpasswd/x",
        "/jmap/download/%00/%00/%00",
        "/jmap/html/..%2f/..%2f",
        "/jmap/upload/..%2f..%2f",
        "/..%2f..%2fetc%2fpasswd",
        "//etc/passwd",
        &format!("/owa/{long}etc%2fpasswd.x"),
    ] {
        let answer = world.page.ask("GET", path, "", b"");
        let is_page = matches!(answer.status, 200 | 503) && !path.contains("/jmap/");
        assert!(matches!(answer.status, 400..=499) || is_page, "{path}: {answer:?}");
        assert!(!answer.body.contains("root:"), "{path}");
        assert!(!answer.body.contains("[package]"), "{path}");
    }
    let strings = corpora::naughty_strings();
    for text in &strings {
        let path: String = text.bytes().map(|byte| format!("%{byte:02X}")).collect();
        for place in ["/owa/assets/", "/jmap/download/a/b/"] {
            let answer = world.page.ask("GET", &format!("{place}{path}"), "", b"");
            assert!(matches!(answer.status, 400..=499), "{text:?}: {answer:?}");
        }
    }
}

fn cookies(world: &World) {
    let long = "a".repeat(100_000);
    for cookie in [
        "__Host-tandem=",
        "__Host-tandem=\"\"",
        "__Host-tandem=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "__Host-tandem=\u{7f}",
        "__Host-tandem=\u{1f600}",
        "=;=;=;",
        "__Host-tandem",
        &format!("__Host-tandem={long}"),
        &"a=b; ".repeat(3_000),
    ] {
        let request = format!(
            "GET /jmap/session HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\
             Cookie: {cookie}\r\n\r\n"
        );
        let statuses = statuses(&asked(world, request.as_bytes()));
        assert!(statuses == [401] || statuses == [400], "{cookie:.40}: {statuses:?}");
    }
    for credentials in
        ["Basic", "Basic !!!!", "Basic /////w==", "Basic Og==", "Bearer x", "Basic AAAA"]
    {
        let request = format!(
            "GET /jmap/session HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\
             Authorization: {credentials}\r\n\r\n"
        );
        assert_eq!(statuses(&asked(world, request.as_bytes())), [401], "{credentials}");
    }
}

#[test]
fn floods() {
    let mut world = World::new();
    let tls = world.web_tls();
    let half_open: Vec<Raw> = (0..500).map(|_| Raw::tcp(world.https())).collect();
    world.all_is_well("five hundred connections without a handshake");
    let silent: Vec<Raw> = (0..200)
        .map(|_| {
            let mut raw = Raw::tls(world.https(), &tls);
            raw.send("GET /health HTTP/1.1\r\nHost: localhost\r\nX-A: ");
            raw
        })
        .collect();
    world.all_is_well("two hundred half requests");
    drop((half_open, silent));
    // A burst: all connect before any is served.
    let threads: Vec<_> = (0..8)
        .map(|_| {
            let address = world.https();
            std::thread::spawn(move || (0..250).map(|_| Raw::tcp(address)).collect::<Vec<_>>())
        })
        .collect();
    let burst: Vec<Raw> = threads.into_iter().flat_map(|it| it.join().unwrap()).collect();
    assert_eq!(burst.len(), 2_000);
    drop(burst);
    world.all_is_well("a burst of two thousand");
    world.end(&[]);
}
