//! The corpora of hostile input, where they are at hand: HTML, JSON, addresses of all kinds.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "helpers of tests fail by panicking"
)]

mod world;

use std::path::{Path, PathBuf};

use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use serde_json::{Value, json};
use world::{HOST, ORIGIN, World};

/// A folder of the corpora beside the project, looked for upwards; without it the test says so.
fn corpus(name: &str) -> Option<PathBuf> {
    let start = Path::new(env!("CARGO_MANIFEST_DIR"));
    let found = start
        .ancestors()
        .map(|above| above.join("shared/corpora").join(name))
        .find(|folder| folder.is_dir());
    if found.is_none() {
        eprintln!("SKIPPED: no corpus {name}");
    }
    found
}

fn cases(name: &str, property: &str) -> Vec<String> {
    let Some(folder) = corpus(name) else { return Vec::new() };
    let text = std::fs::read_to_string(folder.join("cases.json")).expect("the cases");
    let cases: Vec<Value> = serde_json::from_str(&text).expect("JSON");
    cases.iter().filter_map(|case| case[property].as_str().map(str::to_owned)).collect()
}

/// What a browser would act upon, in markup (not in text, where `<` is escaped).
fn is_dangerous(html: &str) -> Option<&'static str> {
    const BAD: &[&str] = &[
        "<script",
        "<iframe",
        "<object",
        "<embed",
        "<svg",
        "<math",
        "<form",
        "<input",
        "<style",
        "<link",
        "<meta",
        "<base",
        "<video",
        "<audio",
        "<template",
        "<textarea",
        "<button",
    ];
    let lower = html.to_lowercase();
    if let Some(bad) = BAD.iter().find(|bad| lower.contains(**bad)) {
        return Some(bad);
    }
    for tag in tags(&lower) {
        for (name, value) in attributes(tag) {
            if name.starts_with("on") || ["srcdoc", "srcset", "action", "ping"].contains(&name) {
                return Some("an attribute that acts");
            }
            let trimmed = value.trim_start();
            let loads = ["href", "src", "background"].contains(&name);
            let good = ["http:", "https:", "mailto:", "tel:", "data:image/"];
            if loads && !good.iter().any(|prefix| trimmed.starts_with(prefix)) {
                return Some("a scheme that acts");
            }
            if name == "style" && (value.contains("url(") || value.contains("expression")) {
                return Some("a style that acts");
            }
        }
    }
    None
}

/// Whether a browser would fetch something from elsewhere to show it.
fn loads(html: &str) -> bool {
    let lower = html.to_lowercase();
    tags(&lower).into_iter().flat_map(attributes).any(|(name, value)| {
        ["src", "background", "poster"].contains(&name) && !value.starts_with("data:")
    })
}

/// Every tag, with its attributes.
fn tags(html: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = html;
    while let Some(start) = rest.find('<') {
        let tag = tag_at(&rest[start..]);
        found.push(tag);
        rest = &rest[start + tag.len().max(1)..];
    }
    found
}

/// The tag at the beginning, quotes respected.
fn tag_at(html: &str) -> &str {
    let mut quoted = false;
    for (index, character) in html.char_indices() {
        match character {
            '"' => quoted = !quoted,
            '>' if !quoted => return &html[..=index],
            _ => {}
        }
    }
    html
}

/// Name and value of each attribute; our output always has double quotes.
fn attributes(tag: &str) -> Vec<(&str, &str)> {
    let mut found = Vec::new();
    let mut rest = tag;
    while let Some((before, after)) = rest.split_once("=\"") {
        let name = before.rsplit(char::is_whitespace).next().unwrap_or_default();
        let (value, next) = after.split_once('"').unwrap_or((after, ""));
        found.push((name, value));
        rest = next;
    }
    found
}

#[test]
fn the_judge_of_these_tests_sees_what_acts() {
    for bad in ["<p onclick=\"x\">", "<a href=\"javascript:x\">", "<SCRIPT>", "<img src=\"x\">"] {
        assert!(is_dangerous(bad).is_some(), "{bad}");
    }
    for good in ["<a href=\"https://x\">y</a>", "onclick=\"x\" &lt;script&gt;", "<img>"] {
        assert_eq!(is_dangerous(good), None, "{good}");
    }
}

/// Each payload as the HTML of a message, many in one message to save time; the answer is judged.
#[tokio::test]
async fn hostile_html_is_shown_harmlessly() {
    let mut payloads = cases("xss-dompurify", "payload");
    payloads.extend(cases("xss-h5sc", "data"));
    payloads.extend(cases("xss-html5lib", "input"));
    if let Some(folder) = corpus("xss-payload-lists") {
        let text = std::fs::read(folder.join("payloads.txt")).expect("the payloads");
        payloads.extend(String::from_utf8_lossy(&text).lines().map(str::to_owned));
    }
    if let Some(folder) = corpus("mail-remote-load") {
        let text = std::fs::read_to_string(folder.join("vectors.json")).expect("the vectors");
        let vectors: Vec<Value> = serde_json::from_str(&text).expect("JSON");
        payloads.extend(vectors.iter().filter_map(|v| v["how"].as_str().map(str::to_owned)));
    }
    let world = World::bare().await;
    let ken = world.ken.to_string();
    let cookie = world.sign_in("kenmyer").await;
    let arguments = json!({"accountId": ken, "ids": null});
    let folders = world.call(&cookie, "Mailbox/get", arguments).await;
    let inbox = folders["list"][0]["id"].as_str().expect("an id").to_owned();
    for chunk in payloads.chunks(200) {
        let create: serde_json::Map<String, Value> = chunk
            .iter()
            .enumerate()
            .map(|(number, payload)| {
                let draft = json!({
                    "mailboxIds": {inbox.as_str(): true},
                    "bodyValues": {"1": {"value": payload}},
                    "htmlBody": [{"partId": "1"}],
                });
                (format!("k{number}"), draft)
            })
            .collect();
        let made =
            world.call(&cookie, "Email/set", json!({"accountId": ken, "create": create})).await;
        assert_eq!(made["notCreated"], Value::Null);
        for (number, payload) in chunk.iter().enumerate() {
            let id = made["created"][format!("k{number}")]["id"].as_str().expect("an id");
            for remote in ["0", "1"] {
                let path = format!("/jmap/html/{ken}/{id}?remote={remote}");
                let answer = world.page(Method::GET, &path, &cookie, Value::Null).await;
                assert_eq!(answer.status, StatusCode::OK, "{payload}");
                let html = answer.text();
                let body = html.split_once("<body>").expect("a body").1;
                let body = body.rsplit_once("</body>").expect("its end").0;
                assert_eq!(is_dangerous(body), None, "{payload}\n became\n{body}");
                if remote == "0" {
                    assert!(!loads(body), "{payload}\n became\n{body}");
                }
            }
        }
    }
}

/// RFC 8259 verdicts of JSONTestSuite through the door: whatever comes, the answer is 200 or 400.
#[tokio::test]
async fn hostile_json_is_refused_with_400() {
    let world = World::bare().await;
    let cookie = world.sign_in("kenmyer").await;
    let mut bodies: Vec<Vec<u8>> = vec![
        vec![b'['; 500_000],
        br#"{"using":["urn:ietf:params:jmap:core"],"methodCalls":[["Core/echo",{"a":1e400},"0"]]}"#
            .to_vec(),
        vec![0xFF; 10],
    ];
    if let Some(folder) = corpus("json-parsing") {
        for entry in std::fs::read_dir(folder).expect("the corpus").flatten() {
            if entry.path().extension().is_some_and(|extension| extension == "json") {
                bodies.push(std::fs::read(entry.path()).expect("a case"));
            }
        }
    }
    for body in bodies {
        let shown = String::from_utf8_lossy(&body[..body.len().min(80)]).into_owned();
        let request = Request::post("/jmap/api")
            .header(header::HOST, HOST)
            .header(header::ORIGIN, ORIGIN)
            .header(header::COOKIE, &cookie)
            .header(header::CONTENT_TYPE, "application/json")
            .body(Body::from(body))
            .expect("a request");
        let answer = world.send(request).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{shown}");
        assert!(answer.header("content-type").starts_with("application/problem+json"));
    }
    let big = Request::post("/jmap/api")
        .header(header::HOST, HOST)
        .header(header::ORIGIN, ORIGIN)
        .header(header::COOKIE, &cookie)
        .header(header::CONTENT_TYPE, "application/json")
        .body(Body::from(vec![b' '; 1_000_001]))
        .expect("a request");
    let answer = world.send(big).await;
    assert_eq!(answer.json()["limit"], "maxSizeRequest");
}

/// Paths, names and words that lists of attacks contain: no 500, no redirect elsewhere, no file.
#[tokio::test]
async fn hostile_paths_and_words_are_answered_plainly() {
    let world = World::bare().await;
    let ken = world.ken.to_string();
    let cookie = world.sign_in("kenmyer").await;
    let Some(folder) = corpus("web-abuse-lists") else { return };
    for entry in std::fs::read_dir(folder).expect("the corpus").flatten() {
        let text = std::fs::read(entry.path()).expect("a list");
        for line in String::from_utf8_lossy(&text).lines() {
            let path = format!("/owa/{}", line.trim_start_matches('/'));
            if let Ok(request) = Request::get(&path).header(header::HOST, HOST).body(Body::empty())
            {
                let answer = world.send(request).await;
                assert!(!answer.status.is_server_error() || answer.status == 503, "{path}");
                assert!(!answer.status.is_redirection(), "{path}");
                assert!(answer.headers.get("set-cookie").is_none(), "{path}");
                assert!(!answer.text().contains("root:x:"), "{path}");
            }
            let answers = world
                .api(
                    &cookie,
                    json!([
                        ["Email/query", {"accountId": ken, "filter": {"text": line}}, "0"],
                        ["Principal/query", {"accountId": ken, "filter": {"text": line}}, "1"],
                        ["ImGroup/set", {"accountId": ken, "destroy": [line]}, "2"],
                    ]),
                )
                .await;
            for (name, answer, _) in answers {
                let kind = answer["type"].as_str().unwrap_or_default();
                assert!(!kind.starts_with("server"), "{name} {line}: {answer}");
            }
        }
    }
}
