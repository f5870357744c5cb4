//! JMAP for mail, call by call: folders, messages, drafts, sending, blobs, HTML.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "helpers of tests fail by panicking"
)]

mod world;

use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use serde_json::{Value, json};
use world::{HOST, ORIGIN, World};

struct Folders {
    inbox: String,
    drafts: String,
    sent: String,
    trash: String,
}

async fn folders(world: &World, cookie: &str, account: &str) -> Folders {
    let arguments = json!({"accountId": account, "ids": null});
    let answer = world.call(cookie, "Mailbox/get", arguments).await;
    let id = |role: &str| {
        let list = answer["list"].as_array().expect("a list");
        let found = list.iter().find(|one| one["role"] == role).expect("a role");
        found["id"].as_str().expect("an id").to_owned()
    };
    Folders { inbox: id("inbox"), drafts: id("drafts"), sent: id("sent"), trash: id("trash") }
}

/// The page's way to send: create a draft, submit it, move it to Sent, in one request.
async fn send(
    world: &World,
    cookie: &str,
    account: &str,
    to: &str,
    subject: &str,
) -> Vec<(String, Value, String)> {
    let folders = folders(world, cookie, account).await;
    let draft = json!({
        "mailboxIds": {folders.drafts.as_str(): true},
        "keywords": {"$draft": true, "$seen": true},
        "from": [{"name": "Ken Myer", "email": "kenmyer@litwareinc.com"}],
        "to": [{"name": null, "email": to}],
        "subject": subject,
        "bodyValues": {"1": {"value": "Hello Pilar,\nlunch at noon?"}},
        "textBody": [{"partId": "1", "type": "text/plain"}],
    });
    let calls = json!([
        ["Identity/get", {"accountId": account, "ids": null}, "0"],
        ["Email/set", {"accountId": account, "create": {"d": draft}}, "1"],
        ["EmailSubmission/set", {
            "accountId": account,
            "create": {"s": {"emailId": "#d", "identityId": "default"}},
            "onSuccessUpdateEmail": {"#s": {
                "keywords/$draft": null,
                format!("mailboxIds/{}", folders.drafts): null,
                format!("mailboxIds/{}", folders.sent): true,
            }},
        }, "2"],
    ]);
    world.api(cookie, calls).await
}

#[tokio::test]
async fn mail_is_written_sent_read_and_deleted() {
    let world = World::new().await;
    let (ken, pilar) = (world.ken.to_string(), world.pilar.to_string());
    let cookie = world.sign_in("kenmyer").await;
    let answers = send(&world, &cookie, &ken, "pilar@litwareinc.com", "Lunch").await;
    assert_eq!(answers[0].1["list"][0]["email"], "kenmyer@litwareinc.com");
    assert!(answers[1].1["created"]["d"]["id"].is_string(), "{:?}", answers[1]);
    assert_eq!(answers[2].1["created"]["s"]["undoStatus"], "final", "{:?}", answers[2]);
    assert_eq!(answers[3].0, "Email/set", "the implied call answers, too");
    assert_eq!(answers[3].2, "2", "with the same call id");
    let own = folders(&world, &cookie, &ken).await;
    let query = json!({"accountId": ken, "filter": {"inMailbox": own.sent}});
    assert_eq!(world.call(&cookie, "Email/query", query).await["ids"].as_array().unwrap().len(), 1);

    let cookie = world.sign_in("pilar").await;
    let her = folders(&world, &cookie, &pilar).await;
    let answers = world
        .api(
            &cookie,
            json!([
                ["Email/query", {
                    "accountId": pilar,
                    "filter": {"inMailbox": her.inbox},
                    "sort": [{"property": "receivedAt", "isAscending": false}],
                    "calculateTotal": true,
                }, "0"],
                ["Email/get", {
                    "accountId": pilar,
                    "#ids": {"resultOf": "0", "name": "Email/query", "path": "/ids"},
                    "fetchTextBodyValues": true,
                }, "1"],
                ["Thread/get", {
                    "accountId": pilar,
                    "#ids": {"resultOf": "1", "name": "Email/get", "path": "/list/*/threadId"},
                }, "2"],
            ]),
        )
        .await;
    assert_eq!(answers[0].1["total"], 1);
    let email = &answers[1].1["list"][0];
    assert_eq!(email["subject"], "Lunch");
    assert_eq!(email["from"], json!([{"name": "Ken Myer", "email": "kenmyer@litwareinc.com"}]));
    assert_eq!(email["keywords"], json!({}));
    assert_eq!(email["preview"], "Hello Pilar, lunch at noon?");
    assert_eq!(email["receivedAt"], "2014-10-30T06:12:00Z");
    let part = email["textBody"][0]["partId"].as_str().expect("a part");
    let text = email["bodyValues"][part]["value"].as_str().expect("a text");
    assert_eq!(text.trim_end(), "Hello Pilar,\nlunch at noon?");
    assert_eq!(answers[2].1["list"][0]["emailIds"], json!([email["id"]]));
    delete_it(&world, &cookie, &pilar, &her, email["id"].as_str().expect("an id")).await;
}

/// Read, flagged, moved, destroyed: with states and changes.
async fn delete_it(world: &World, cookie: &str, account: &str, folders: &Folders, id: &str) {
    let state = async |method: &str| {
        let answer = world.call(cookie, method, json!({"accountId": account, "ids": []})).await;
        answer["state"].as_str().expect("a state").to_owned()
    };
    let before = state("Email/get").await;
    let update = json!({"accountId": account, "ifInState": before, "update": {id: {
        "keywords/$seen": true, "keywords/$flagged": true}}});
    let answer = world.call(cookie, "Email/set", update.clone()).await;
    assert_eq!(answer["updated"], json!({id: null}), "{answer}");
    let again = world.api(cookie, json!([["Email/set", update, "0"]])).await;
    assert_eq!(again[0].1["type"], "stateMismatch");
    let changes = json!({"accountId": account, "sinceState": before});
    let answer = world.call(cookie, "Email/changes", changes.clone()).await;
    assert_eq!(answer["updated"], json!([id]), "{answer}");
    let mailboxes = world.call(cookie, "Mailbox/changes", changes.clone()).await;
    assert_eq!(mailboxes["updated"], json!([folders.inbox]), "the unread count changed");

    let to_trash = json!({"accountId": account, "update": {id: {
        "mailboxIds": {folders.trash.as_str(): true}}}});
    world.call(cookie, "Email/set", to_trash).await;
    let get = json!({"accountId": account, "ids": [id], "properties": ["mailboxIds", "keywords"]});
    let email = &world.call(cookie, "Email/get", get.clone()).await["list"][0];
    assert_eq!(email["mailboxIds"], json!({folders.trash.as_str(): true}));
    assert_eq!(email["keywords"], json!({"$flagged": true, "$seen": true}));
    assert!(email.get("subject").is_none(), "only what was asked for");
    let bad = json!({"accountId": account, "update": {id: {"mailboxIds": {}}, "x": {}},
        "destroy": ["y"]});
    let answer = world.call(cookie, "Email/set", bad).await;
    assert_eq!(answer["notUpdated"][id]["type"], "invalidProperties");
    assert_eq!(answer["notUpdated"]["x"]["type"], "notFound");
    assert_eq!(answer["notDestroyed"]["y"]["type"], "notFound");
    let destroy = json!({"accountId": account, "destroy": [id]});
    assert_eq!(world.call(cookie, "Email/set", destroy).await["destroyed"], json!([id]));
    assert_eq!(world.call(cookie, "Email/get", get).await["notFound"], json!([id]));
    let answer = world.call(cookie, "Email/changes", changes).await;
    assert_eq!(answer["destroyed"], json!([id]));
}

#[tokio::test]
async fn another_persons_mail_is_not_there() {
    let world = World::new().await;
    let (ken, pilar) = (world.ken.to_string(), world.pilar.to_string());
    let cookie = world.sign_in("kenmyer").await;
    let sent = send(&world, &cookie, &ken, "pilar@litwareinc.com", "Secret").await;
    let email = sent[1].1["created"]["d"].clone();
    let (id, blob) = (email["id"].as_str().unwrap(), email["blobId"].as_str().unwrap());
    let cookie = world.sign_in("pilar").await;
    let answers = world
        .api(
            &cookie,
            json!([
                ["Email/get", {"accountId": ken, "ids": [id]}, "0"],
                ["Email/get", {"accountId": pilar, "ids": [id]}, "1"],
                ["Email/set", {"accountId": pilar, "destroy": [id]}, "2"],
                ["Mailbox/get", {"accountId": ken}, "3"],
            ]),
        )
        .await;
    assert_eq!(answers[0].1["type"], "accountNotFound");
    assert_eq!(answers[1].1["notFound"], json!([id]));
    assert_eq!(answers[2].1["notDestroyed"][id]["type"], "notFound");
    assert_eq!(answers[3].1["type"], "accountNotFound");
    for path in [
        format!("/jmap/html/{ken}/{id}"),
        format!("/jmap/html/{pilar}/{id}"),
        format!("/jmap/download/{ken}/{blob}/x.eml"),
    ] {
        let answer = world.page(Method::GET, &path, &cookie, Value::Null).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test]
async fn sending_is_refused_with_the_reason() {
    let world = World::new().await;
    let ken = world.ken.to_string();
    let cookie = world.sign_in("kenmyer").await;
    let type_of = |answers: &[(String, Value, String)]| {
        answers[2].1["notCreated"]["s"]["type"].as_str().unwrap_or_default().to_owned()
    };
    let unknown = send(&world, &cookie, &ken, "nobody@litwareinc.com", "x").await;
    assert_eq!(type_of(&unknown), "invalidRecipients", "{unknown:?}");
    let foreign = send(&world, &cookie, &ken, "a@example.net", "x").await;
    assert_eq!(type_of(&foreign), "invalidRecipients", "{foreign:?}");
    assert_eq!(foreign.len(), 3, "nothing is implied by a failure");
    let drafts = folders(&world, &cookie, &ken).await.drafts;
    let set = |object: Value| {
        json!([
            ["Email/set", {"accountId": ken, "create": {"d": object}}, "0"],
            ["EmailSubmission/set", {"accountId": ken, "create": {"s": {
                "emailId": "#d", "identityId": "default"}}}, "1"],
        ])
    };
    let forged = json!({
        "mailboxIds": {drafts.as_str(): true},
        "from": [{"email": "pilar@litwareinc.com"}],
        "to": [{"email": "pilar@litwareinc.com"}],
    });
    let answers = world.api(&cookie, set(forged)).await;
    assert_eq!(answers[1].1["notCreated"]["s"]["type"], "forbiddenFrom", "{answers:?}");
    let broken = json!({"mailboxIds": {drafts.as_str(): true}, "to": [{"email": "a\r\nBcc: b@c"}]});
    let answers = world.api(&cookie, set(broken)).await;
    assert_eq!(answers[0].1["notCreated"]["d"]["type"], "invalidProperties", "{answers:?}");
    assert_eq!(answers[1].1["notCreated"]["s"]["type"], "invalidProperties");
    let nowhere = json!({"mailboxIds": {"x": true}});
    let answers = world.api(&cookie, set(nowhere)).await;
    assert_eq!(answers[0].1["notCreated"]["d"]["properties"], json!(["mailboxIds"]));
}

#[tokio::test]
async fn attachments_go_up_and_down() {
    let world = World::new().await;
    let ken = world.ken.to_string();
    let cookie = world.sign_in("kenmyer").await;
    let request = Request::post(format!("/jmap/upload/{ken}"))
        .header(header::HOST, HOST)
        .header(header::ORIGIN, ORIGIN)
        .header(header::COOKIE, &cookie)
        .header(header::CONTENT_TYPE, "text/html")
        .body(Body::from("<script>alert(1)</script>"))
        .expect("a request");
    let upload = world.send(request).await;
    assert_eq!(upload.status, StatusCode::CREATED, "{}", upload.text());
    let blob = upload.json()["blobId"].as_str().expect("a blob").to_owned();
    let drafts = folders(&world, &cookie, &ken).await.drafts;
    let draft = |blob: &str| {
        json!({"accountId": ken, "create": {"d": {
            "mailboxIds": {drafts.as_str(): true},
            "subject": "With a file",
            "attachments": [{"blobId": blob, "type": "text/html", "name": "ünsafe \"x\".html"}],
        }}})
    };
    let made = world.call(&cookie, "Email/set", draft(&blob)).await;
    let id = made["created"]["d"]["id"].as_str().expect("an id").to_owned();
    let get =
        json!({"accountId": ken, "ids": [id], "properties": ["attachments", "hasAttachment"]});
    let email = world.call(&cookie, "Email/get", get).await["list"][0].clone();
    assert_eq!(email["hasAttachment"], true);
    let part = &email["attachments"][0];
    assert_eq!(part["name"], "ünsafe \"x\".html");
    let path = format!(
        "/jmap/download/{ken}/{}/x.html?accept=text%2Fhtml",
        part["blobId"].as_str().expect("a blob")
    );
    let down = world.page(Method::GET, &path, &cookie, Value::Null).await;
    assert_eq!(down.status, StatusCode::OK);
    assert_eq!(down.text(), "<script>alert(1)</script>");
    assert!(down.header("content-disposition").starts_with("attachment;"));
    assert!(down.header("content-security-policy").contains("sandbox"));
    let gone = "0".repeat(64);
    let missing = world.call(&cookie, "Email/set", draft(&gone)).await;
    assert_eq!(missing["notCreated"]["d"]["type"], "blobNotFound");
    assert_eq!(missing["notCreated"]["d"]["notFound"], json!([gone]));
}

#[tokio::test]
async fn html_is_a_document_of_its_own() {
    let world = World::new().await;
    let ken = world.ken.to_string();
    let cookie = world.sign_in("kenmyer").await;
    let drafts = folders(&world, &cookie, &ken).await.drafts;
    let html = "<h1 onclick=x()>Hi</h1><script>alert(1)</script><img src=\"http://t.test/p.gif\">";
    let draft = json!({"accountId": ken, "create": {"d": {
        "mailboxIds": {drafts.as_str(): true},
        "bodyValues": {"1": {"value": html}},
        "htmlBody": [{"partId": "1", "type": "text/html"}],
    }}});
    let made = world.call(&cookie, "Email/set", draft).await;
    let id = made["created"]["d"]["id"].as_str().expect("an id").to_owned();
    let get = async |query: &str| {
        let path = format!("/jmap/html/{ken}/{id}{query}");
        world.page(Method::GET, &path, &cookie, Value::Null).await
    };
    let blocked = get("?remote=0").await;
    assert!(blocked.text().contains("<h1>Hi</h1>"), "{}", blocked.text());
    assert!(!blocked.text().contains("alert") && !blocked.text().contains("t.test"));
    let policy = blocked.header("content-security-policy");
    assert!(policy.contains("sandbox") && policy.contains("img-src data:;"), "{policy}");
    assert!(!policy.contains("allow-scripts") && !policy.contains("allow-same-origin"), "{policy}");
    assert_eq!(blocked.header("tandem-blocked-pictures"), "1");
    let shown = get("?remote=1").await;
    assert!(shown.text().contains("http://t.test/p.gif"), "{}", shown.text());
    assert!(shown.header("content-security-policy").contains("sandbox"));
    assert_eq!(get("").await.header("tandem-blocked-pictures"), "1", "blocked by default");
}

#[tokio::test]
async fn folders_are_made_moved_and_removed() {
    let world = World::new().await;
    let ken = world.ken.to_string();
    let cookie = world.sign_in("kenmyer").await;
    let set = async |arguments: Value| {
        let mut arguments = arguments;
        arguments["accountId"] = json!(ken);
        world.call(&cookie, "Mailbox/set", arguments).await
    };
    let made = set(json!({"create": {
        "a": {"name": "Projects", "parentId": null},
        "b": {"name": "Tandem", "parentId": "#a"},
    }}))
    .await;
    let id = |key: &str| made["created"][key]["id"].as_str().expect("an id").to_owned();
    let (a, b) = (id("a"), id("b"));
    let inbox = folders(&world, &cookie, &ken).await.inbox;
    let bad = set(json!({
        "create": {"c": {"name": " "}, "d": {"name": "projects"}},
        "update": {a.as_str(): {"parentId": b}, inbox.as_str(): {"name": "x"}},
        "destroy": [a, inbox],
    }))
    .await;
    assert_eq!(bad["notCreated"]["c"]["type"], "invalidProperties");
    assert_eq!(bad["notCreated"]["d"]["type"], "invalidProperties", "names are unique: {bad}");
    assert_eq!(bad["notUpdated"][&a]["type"], "invalidProperties", "not into itself");
    assert_eq!(bad["notUpdated"][&inbox]["type"], "forbidden");
    assert_eq!(bad["notDestroyed"][&a]["type"], "mailboxHasChild");
    assert_eq!(bad["notDestroyed"][&inbox]["type"], "forbidden");
    let good =
        set(json!({"update": {b.as_str(): {"name": "Archive 2014", "parentId": null}}})).await;
    assert_eq!(good["updated"], json!({b.as_str(): null}), "{good}");
    let gone = set(json!({"destroy": [b, a]})).await;
    assert_eq!(gone["destroyed"], json!([b, a]));
}

#[tokio::test]
async fn the_protocol_is_kept() {
    let world = World::new().await;
    let ken = world.ken.to_string();
    let cookie = world.sign_in("kenmyer").await;
    let answers = world
        .api(
            &cookie,
            json!([
                ["Core/echo", {"a": [1]}, "0"],
                ["Nothing/get", {}, "1"],
                ["Email/get", {"accountId": ken, "ids": ["x"], "properties": ["nonsense"]}, "2"],
                ["Email/get", {"accountId": ken, "ids": 7}, "3"],
                ["Email/get", {"ids": []}, "4"],
                ["Email/changes", {"accountId": ken, "sinceState": "nonsense"}, "5"],
                ["Email/changes", {"accountId": ken, "sinceState": "999999"}, "6"],
                ["Email/query", {"accountId": ken, "#filter": {
                    "resultOf": "1", "name": "Nothing/get", "path": "/x"}}, "7"],
                ["Principal/query", {"accountId": ken, "filter": {"text": "pilar ack"}}, "8"],
                ["Principal/get", {"accountId": ken, "#ids": {
                    "resultOf": "8", "name": "Principal/query", "path": "/ids"}}, "9"],
                ["Principal/query", {"accountId": ken, "filter": {
                    "emails": ["PILAR@litwareinc.com", "x", "nobody@litwareinc.com"]}}, "10"],
            ]),
        )
        .await;
    let kinds: Vec<&str> =
        answers.iter().map(|(_, answer, _)| answer["type"].as_str().unwrap_or("ok")).collect();
    assert_eq!(
        kinds,
        [
            "ok",
            "unknownMethod",
            "invalidArguments",
            "invalidArguments",
            "invalidArguments",
            "cannotCalculateChanges",
            "cannotCalculateChanges",
            "invalidResultReference",
            "ok",
            "ok",
            "ok",
        ]
    );
    assert_eq!(answers[0].1, json!({"a": [1]}));
    let pilar = &answers[9].1["list"][0];
    assert_eq!(pilar["name"], "Pilar Ackerman");
    assert_eq!(pilar["imAddress"], "sip:pilar@litwareinc.com");
    assert_eq!(answers[10].1["ids"], json!([world.pilar.to_string()]));
    let bare = json!({"using": ["urn:ietf:params:jmap:core"],
        "methodCalls": [["Email/get", {"accountId": ken, "ids": []}, "0"]]});
    let answer = world.page(Method::POST, "/jmap/api", &cookie, bare).await.json();
    assert_eq!(answer["methodResponses"][0][1]["type"], "unknownMethod", "capability not named");
}
