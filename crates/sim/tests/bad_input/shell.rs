//! The admin shell's socket.

use serde_json::{Value, json};

use crate::corpora;
use crate::raw::Raw;
use crate::world::World;

fn connected(world: &World) -> Raw {
    let mut raw = Raw::unix(&world.socket());
    let hello: Value = serde_json::from_str(&raw.line()).unwrap();
    assert_eq!(
        (&hello["protocol"], &hello["refused"]),
        (&json!(shell::wire::PROTOCOL), &Value::Null)
    );
    raw
}

/// The replies to one request, up to its end.
fn replies(raw: &mut Raw) -> Vec<Value> {
    let mut all = Vec::new();
    loop {
        let line = raw.line();
        if line.is_empty() {
            return all;
        }
        let reply: Value = serde_json::from_str(&line).unwrap();
        let is_end = reply.get("end").is_some();
        all.push(reply);
        if is_end {
            return all;
        }
    }
}

fn invoke(id: u64, cmdlet: &str, arguments: &Value) -> String {
    let ask = json!({"id": id, "invoke": {"cmdlet": cmdlet, "arguments": arguments}});
    format!("{ask}\n")
}

fn nested(depth: usize) -> String {
    let (open, close) = ("[".repeat(depth), "]".repeat(depth));
    format!(
        "{{\"id\":1,\"invoke\":{{\"cmdlet\":\"Get-Mailbox\",\"arguments\":{{\"Identity\":{open}{close}}}}}}}\n"
    )
}

#[test]
fn a_clear_answer_or_the_end() {
    let mut world = World::new();
    for (what, line) in [
        ("no JSON", b"Get-Mailbox\n".to_vec()),
        ("half JSON", b"{\"id\":1,\"descr\n".to_vec()),
        ("an empty line", b"\n".to_vec()),
        ("NULs", b"\0\0\0\0\n".to_vec()),
        (
            "invalid UTF-8",
            b"{\"id\":1,\"native\":{\"program\":\"\xff\",\"arguments\":[]}}\n".to_vec(),
        ),
        ("no request", b"{\"id\":1}\n".to_vec()),
        ("no number", b"{\"describe\":null}\n".to_vec()),
        ("a negative number", b"{\"id\":-1,\"describe\":null}\n".to_vec()),
        ("too large a number", b"{\"id\":99999999999999999999,\"describe\":null}\n".to_vec()),
        ("an unknown request", b"{\"id\":1,\"frobnicate\":null}\n".to_vec()),
        ("a later version's request", b"{\"protocol\":9,\"id\":1,\"speak\":{}}\n".to_vec()),
        ("HTTP", b"GET / HTTP/1.1\r\n\r\n".to_vec()),
        ("deep nesting", nested(100_000).into_bytes()),
        ("17 MB without an end", vec![b'x'; 17 << 20]),
        ("100 MB", [vec![b' '; 100 << 20], b"\n".to_vec()].concat()),
    ] {
        let mut raw = connected(&world);
        raw.send(&line);
        let reply: Value = serde_json::from_str(&raw.line()).unwrap_or(Value::Null);
        let text = reply["error"].to_string();
        assert!(text.contains("BadRequest") && text.contains("not a request"), "{what}: {reply}");
        assert!(text.contains("Use the shell of the node"), "{what}: {reply}");
        assert_eq!(raw.rest_text(), "", "{what}");
    }
    let mut raw = connected(&world);
    let half = raw.send("{\"id\":1,\"describe\":").finish().rest_text();
    assert!(half.contains("it does not end"), "{half}");
    world.all_is_well("lines that are no requests");
    for depth in [1, 20, 50, 100, 120] {
        let mut raw = connected(&world);
        raw.send(nested(depth));
        let last = replies(&mut raw).pop();
        assert!(last.is_some(), "{depth}");
    }
    refused_requests(&world);
    world.all_is_well("requests that cannot be done");
    for (corpus, is_line) in [("json-parsing", true), ("naughty-strings", false)] {
        if is_line {
            for (name, bytes) in corpora::files(corpus) {
                let mut raw = connected(&world);
                let line: Vec<u8> = bytes.into_iter().filter(|byte| *byte != b'\n').collect();
                raw.send(&line).send("\n").finish();
                let heard = raw.rest_text();
                assert!(heard.contains("BadRequest"), "{name}: {heard}");
            }
        } else {
            naughty(&world);
        }
        world.all_is_well(corpus);
    }
    world.end(&[]);
}

fn refused_requests(world: &World) {
    let mut raw = connected(world);
    for (id, line) in [
        (1, invoke(1, "Frobnicate-Mailbox", &json!({}))),
        (2, invoke(2, "Get-Mailbox", &json!({"Frobnicate": 1}))),
        (3, invoke(3, "Get-Mailbox", &json!({"Identity": "no\u{0}body"}))),
        (4, invoke(4, "Set-Mailbox", &json!({}))),
        (5, invoke(5, "Get-ChildItem", &json!({"Path": "C:\\..\\..\\etc"}))),
        (6, invoke(6, "Get-Content", &json!({"Path": "C:/../../../etc/passwd"}))),
    ] {
        raw.send(&line);
        let all = replies(&mut raw);
        let text = format!("{all:?}");
        assert!(!text.contains("root:"), "{line}: {text}");
        assert!(all.iter().any(|reply| reply.get("error").is_some()), "{line}: {text}");
        assert_eq!(all.last().unwrap()["id"], id, "{line}: {text}");
    }
    // Nothing to cancel, nothing to answer: the connection goes on.
    raw.send("{\"id\":70,\"cancel\":null}\n{\"id\":71,\"answer\":true}\n");
    raw.send(invoke(8, "Get-Mailbox", &json!({})));
    assert_eq!(replies(&mut raw).pop().unwrap(), json!({"id": 8, "end": 0}));
    // Gone in the middle: of a line, of a command, of its answers.
    connected(world).send("{\"id\":1,\"inv");
    for round in 0..20 {
        let mut raw = connected(world);
        raw.send(invoke(round, "Get-Mailbox", &json!({})));
        raw.send(invoke(100 + round, "Get-EventLog", &json!({"LogName": "Application"})));
    }
}

/// As values on the wire, and as a person would type them.
fn naughty(world: &World) {
    let strings = corpora::naughty_strings();
    let mut raw = connected(world);
    for (id, text) in strings.iter().enumerate() {
        let id = id as u64 + 1;
        raw.send(invoke(id, "Get-Mailbox", &json!({"Identity": text})));
        let all = replies(&mut raw);
        assert_eq!(all.last().map(|reply| &reply["id"]), Some(&json!(id)), "{text:?}: {all:?}");
    }
    for text in &strings {
        let typed: String = text.chars().filter(|char| !matches!(char, '\n' | '\r')).collect();
        let quoted = typed.replace('\'', "''").replace(['‘', '’', '‚', '‛'], "");
        let lines = format!("$text = '{quoted}'\n\"seen $text\"");
        let (printed, code) = world.shell(&lines);
        assert_eq!((code, printed.starts_with("seen ")), (0, true), "{text:?}: {printed}");
    }
    // Typed bare, most are no sentence of the language; each is answered.
    for text in strings.iter().filter(|text| !text.contains(['>', '\n'])) {
        let (printed, code) = world.shell(&format!("Get-CsSite {text}"));
        assert!(code == 0 || !printed.is_empty(), "{text:?}: no answer, exit status {code}");
    }
}

#[test]
fn too_many_shells() {
    let mut world = World::new();
    let mut shells: Vec<Raw> = (0..64).map(|_| connected(&world)).collect();
    let mut refused = Raw::unix(&world.socket());
    let hello = refused.rest_text();
    assert!(hello.contains("too many shells are connected"), "{hello}");
    // Each of them may ask only so much at once; what waits for an answer is under way.
    shells.truncate(1);
    let freed = sim::served::eventually(|| {
        let mut raw = Raw::unix(&world.socket());
        (!raw.line().contains("refused")).then_some(())
    });
    assert!(freed.is_some());
    world.all_is_well("too many shells");
    world.end(&[]);
}
