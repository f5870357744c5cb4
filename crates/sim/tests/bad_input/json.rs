//! What JMAP and the sign-in take: JSON, well-formed or not, in any depth.

use serde_json::{Value, json};
use sim::page::Answer;

use crate::corpora;
use crate::world::World;

fn call(world: &World, calls: &Value) -> Answer {
    let using = ["urn:ietf:params:jmap:core", "urn:ietf:params:jmap:mail"];
    let request = json!({"using": using, "methodCalls": calls});
    world.page.post("/jmap/api", &request.to_string())
}

fn kind(answer: &Answer) -> String {
    let problem: Value = serde_json::from_str(&answer.body).unwrap_or_default();
    problem["type"].as_str().unwrap_or_default().rsplit(':').next().unwrap_or("").to_owned()
}

#[test]
fn a_clear_answer_to_every_body() {
    let mut world = World::new();
    let deep =
        |open: &str, close: &str| format!("{}{}", open.repeat(100_000), close.repeat(100_000));
    let calls = vec![json!(["Core/echo", {}, "c"]); 40];
    for (what, body, expected) in [
        ("nothing", String::new(), "notJSON"),
        ("half", "{\"using\":[".to_owned(), "notJSON"),
        ("a mark", "\u{feff}{}".to_owned(), "notJSON"),
        ("NULs", "\0\0\0".to_owned(), "notJSON"),
        ("lists in lists", deep("[", "]"), "notJSON"),
        ("objects in objects", deep("{\"a\":", "}"), "notJSON"),
        ("lists without end", "[".repeat(900_000), "notJSON"),
        ("a list", "[]".to_owned(), "notRequest"),
        ("no calls", "{\"using\":[]}".to_owned(), "notRequest"),
        ("another shape", "{\"using\":1,\"methodCalls\":{}}".to_owned(), "notRequest"),
        ("too many calls", json!({"using": [], "methodCalls": calls}).to_string(), "limit"),
        ("too large", format!("\"{}\"", "x".repeat(1_100_000)), "limit"),
    ] {
        let answer = world.page.post("/jmap/api", &body);
        assert_eq!((answer.status, &*kind(&answer)), (400, expected), "{what}: {answer:?}");
    }
    let raw =
        world.page.ask("POST", "/jmap/api", "Content-Type: application/json\r\n", b"\"\xff\"");
    assert_eq!((raw.status, &*kind(&raw)), (400, "notJSON"), "{raw:?}");
    let text = world.page.ask("POST", "/jmap/api", "Content-Type: text/plain\r\n", b"{}");
    assert_eq!((text.status, &*kind(&text)), (400, "notJSON"), "{text:?}");
    world.all_is_well("bodies that are no requests");
    for (name, bytes) in corpora::files("json-parsing") {
        let kind = "Content-Type: application/json\r\n";
        let answer = world.page.ask("POST", "/jmap/api", kind, &bytes);
        // None of them is a request, well-formed or not; those that must be JSON are JSON.
        assert_eq!(answer.status, 400, "{name}: {answer:?}");
        let expected = match name.as_bytes().first() {
            Some(b'n') => Some("notJSON"),
            Some(b'y') => Some("notRequest"),
            _ => None,
        };
        let seen = self::kind(&answer);
        assert!(expected.is_none_or(|expected| seen == expected), "{name}: {seen}");
        let login = world.page.ask("POST", "/owa/auth/login", kind, &bytes);
        assert!(matches!(login.status, 400 | 413), "{name}: {login:?}");
    }
    world.all_is_well("json-parsing");
    arguments(&world);
    world.all_is_well("bad arguments");
    naughty(&world);
    world.all_is_well("naughty strings");
    world.end(&[]);
}

/// Good requests with calls that cannot be done: each has its error, and the others their answers.
fn arguments(world: &World) {
    let mut filter = json!({"text": "x"});
    for _ in 0..60 {
        filter = json!({"operator": "NOT", "conditions": [filter]});
    }
    for (name, arguments) in [
        ("Email/query", json!({"filter": filter})),
        ("Email/query", json!({"filter": [[[[[]]]]]})),
        ("Email/query", json!({"position": -9_223_372_036_854_775_808_i64, "limit": -1})),
        ("Email/get", json!({"ids": vec!["x"; 5_000]})),
        ("Email/get", json!({"ids": {"a": 1}})),
        ("Email/get", json!({"#ids": {"resultOf": "c", "name": "x", "path": "/*/*/*/*"}})),
        ("Email/set", json!({"create": {"a": {"mailboxIds": 1}}, "update": 7})),
        ("Mailbox/set", json!({"destroy": vec!["x"; 5_000]})),
        ("Frobnicate/get", json!({})),
        ("", json!({})),
    ] {
        let answer = call(world, &json!([[name, arguments, "c"], ["Core/echo", {"a": 1}, "d"]]));
        let shown: String = arguments.to_string().chars().take(80).collect();
        assert_eq!(answer.status, 200, "{name} {shown}: {answer:?}");
        let body: Value = serde_json::from_str(&answer.body).unwrap();
        let (first, echo) = (&body["methodResponses"][0], &body["methodResponses"][1]);
        assert_eq!(first[0], "error", "{name} {shown}: {first}");
        assert_eq!(echo, &json!(["Core/echo", {"a": 1}, "d"]), "{name}");
    }
}

fn naughty(world: &World) {
    for text in corpora::naughty_strings() {
        let answer = call(
            world,
            &json!([
                ["Core/echo", {"text": text}, "a"],
                ["Email/query", {"filter": {"text": text}}, "b"],
                ["Email/get", {"ids": [text]}, "c"],
                [text, {}, "d"],
            ]),
        );
        assert_eq!(answer.status, 200, "{text:?}: {answer:?}");
        let body: Value = serde_json::from_str(&answer.body).unwrap();
        let responses = body["methodResponses"].as_array().unwrap();
        assert_eq!(responses.len(), 4, "{text:?}: {body}");
        assert_eq!(responses[0][1]["text"], text.as_str());
        assert_eq!(responses[3][0], "error", "{text:?}");
        let login = json!({"username": text, "password": text}).to_string();
        let answer = world.page.post("/owa/auth/login", &login);
        assert!(matches!(answer.status, 401 | 429), "{text:?}: {answer:?}");
    }
}
