//! XCAP's door: who may not ask is not read, bad XML is a conflict, and guesses count together with
//! those of the SIP side.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sim::people::who;

use crate::corpora;
use crate::raw::Raw;
use crate::world::{JULIET, ROMEO, World};

fn asked(world: &World, bytes: &[u8]) -> String {
    Raw::tls(world.node.config.registrar.listen_https[0], &world.sip_tls()).send(bytes).rest_text()
}

fn status(text: &str) -> u16 {
    let code = text.strip_prefix("HTTP/1.1 ").and_then(|rest| rest.get(..3));
    code.and_then(|code| code.parse().ok()).unwrap_or(0)
}

fn basic(user: &str, password: &str) -> String {
    format!("Authorization: Basic {}\r\n", STANDARD.encode(format!("{user}:{password}")))
}

fn request(verb: &str, path: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let head = format!(
        "{verb} {path} HTTP/1.1\r\nHost: pool\r\nConnection: close\r\nContent-Length: {}\r\n\
         {headers}\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}

fn own(auid: &str) -> String {
    format!("/xcap-root/{auid}/users/sip:{ROMEO}/index")
}

const USAGES: [(&str, &str); 3] = [
    ("resource-lists", "application/resource-lists+xml"),
    ("rls-services", "application/rls-services+xml"),
    ("pres-rules", "application/auth-policy+xml"),
];

#[test]
fn hostile_documents_and_paths() {
    let mut world = World::new();
    let romeo = basic(ROMEO, &who("Romeo").password);
    let put = |world: &World, auid: &str, kind: &str, body: &[u8]| {
        let headers = format!("{romeo}Content-Type: {kind}\r\n");
        asked(world, &request("PUT", &own(auid), &headers, body))
    };
    for (name, body) in corpora::files("xml-attacks") {
        for (auid, kind) in USAGES {
            let heard = put(&world, auid, kind, &body);
            assert_eq!(status(&heard), 409, "{name} {auid}: {heard}");
            assert!(heard.contains("xcap-error"), "{name} {auid}: {heard}");
        }
    }
    let deep = format!("{}{}", "<a>".repeat(30_000), "</a>".repeat(30_000));
    let wide = format!("<a>{}</a>", "<b/>".repeat(40_000));
    let names = format!("<a {}/>", (0..20_000).map(|n| format!("a{n}='' ")).collect::<String>());
    let lists = format!(
        "<resource-lists xmlns='urn:ietf:params:xml:ns:resource-lists'>{}{}</resource-lists>",
        "<list>".repeat(18_000),
        "</list>".repeat(18_000)
    );
    for body in [deep, wide, names] {
        for (auid, kind) in USAGES {
            assert_eq!(status(&put(&world, auid, kind, body.as_bytes())), 409, "{auid}");
        }
    }
    // Deep, but a list: taken, shown, and taken away again.
    let heard = put(&world, "resource-lists", USAGES[0].1, lists.as_bytes());
    assert!([201, 409].contains(&status(&heard)), "{heard}");
    asked(&world, &request("GET", &own("resource-lists"), &romeo, b""));
    let heard = put(&world, "pres-rules", USAGES[2].1, &vec![b' '; 400_000]);
    assert_eq!(status(&heard), 413, "{heard}");
    world.all_is_well("hostile documents");

    for (path, expected) in [
        ("/", 404),
        ("/owa", 404),
        ("/xcap-root/", 404),
        ("/xcap-root/../secret.key", 404),
        ("/xcap-root/resource-lists/users/%2e%2e/index", 404),
        ("/xcap-root/resource-lists/users/sip:romeo@litwareinc.com/%00", 404),
        ("/xcap-root/resource-lists/users/sip:juliet@litwareinc.com/index", 403),
        ("/xcap-root/resource-lists/users/sip:nobody@litwareinc.com/index", 403),
        ("/xcap-root/resource-lists/users/sip:romeo@litwareinc.com/index/~~/a%5b", 404),
    ] {
        let heard = asked(&world, &request("GET", path, &romeo, b""));
        assert_eq!(status(&heard), expected, "{path}: {heard}");
    }
    let long = format!("{}/~~/{}", own("resource-lists"), "a/".repeat(10_000));
    let heard = asked(&world, &request("GET", &long, &romeo, b""));
    assert!([404, 414].contains(&status(&heard)), "{heard}");
    for text in corpora::naughty_strings() {
        let escaped: String = text.bytes().map(|byte| format!("%{byte:02x}")).collect();
        let path =
            format!("{}/~~/resource-lists/list%5b@name=%22{escaped}%22%5d", own("resource-lists"));
        let heard = asked(&world, &request("GET", &path, &romeo, b""));
        assert_eq!(status(&heard), 404, "{text}: {heard}");
    }
    world.all_is_well("hostile paths");
}

#[test]
fn strangers_are_challenged_and_guesses_count_on_every_door() {
    let mut world = World::new();
    let path = own("resource-lists");
    for verb in ["GET", "PUT", "DELETE"] {
        let heard = asked(&world, &request(verb, &path, "", b"<a/>"));
        assert_eq!(status(&heard), 401, "{heard}");
        let lower = heard.to_ascii_lowercase();
        assert!(lower.contains("www-authenticate: digest realm="), "{heard}");
        assert!(lower.contains("www-authenticate: basic realm="), "{heard}");
    }
    let heard = asked(&world, &request("PATCH", &path, "", b""));
    assert_eq!(status(&heard), 405, "{heard}");
    for value in ["Basic !", "Digest", "Digest nonce=\"x\"", "Bearer abc", "Basic QQ=="] {
        let heard =
            asked(&world, &request("GET", &path, &format!("Authorization: {value}\r\n"), b""));
        assert!([400, 401].contains(&status(&heard)), "{value}: {heard}");
    }
    let guess = basic(JULIET, "a guess");
    for number in 0..store::GUESSES_MAX {
        let heard = asked(&world, &request("GET", &path, &guess, b""));
        assert_eq!(status(&heard), 401, "guess {number}: {heard}");
    }
    // Now not even the right one is judged.
    let right = basic(JULIET, &who("Juliet").password);
    let heard = asked(&world, &request("GET", &path, &right, b""));
    assert_eq!(status(&heard), 429, "{heard}");
    assert!(heard.to_ascii_lowercase().contains("retry-after:"), "{heard}");
    world.all_is_well("guesses");
}
