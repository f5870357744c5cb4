//! JMAP over WebSocket (RFC 8887) on a loopback listener: requests, pushes, tabs, ends.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "helpers of tests fail by panicking"
)]

mod world;

use std::net::SocketAddr;

use agent::{Command, Event, LinkState, PresenceView};
use axum::http::{StatusCode, header};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use store::mail::{DEFAULT_WEB_SITE, MailRead as _, MailWrite as _, PhotoLife};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{WebSocketStream, client_async};
use world::{HOST, KEN, ORIGIN, PILAR, World};

struct Tab {
    socket: WebSocketStream<TcpStream>,
    account: String,
}

impl Tab {
    async fn ask(&mut self, method: &str, mut arguments: Value) -> Value {
        arguments["accountId"] = json!(self.account);
        self.send(json!({
            "@type": "Request",
            "id": "r1",
            "using": ["urn:ietf:params:jmap:core", "urn:tandem:params:jmap:im",
                "urn:ietf:params:jmap:mail"],
            "methodCalls": [[method, arguments, "0"]],
        }))
        .await;
        let answer = self.hear(|message| message["@type"] == "Response").await;
        assert_eq!(answer["requestId"], "r1");
        answer["methodResponses"][0][1].clone()
    }

    async fn send(&mut self, message: Value) {
        self.socket.send(Message::text(message.to_string())).await.expect("sent");
    }

    /// The next message that fits; others are passed over.
    async fn hear(&mut self, fits: impl Fn(&Value) -> bool) -> Value {
        let cap = std::time::Duration::from_secs(20);
        let wait = async {
            loop {
                match self.socket.next().await.expect("open").expect("a message") {
                    Message::Text(text) => {
                        let message: Value = serde_json::from_str(&text).expect("JSON");
                        if fits(&message) {
                            return message;
                        }
                    }
                    Message::Close(frame) => panic!("closed: {frame:?}"),
                    _ => {}
                }
            }
        };
        tokio::time::timeout(cap, wait).await.expect("the message comes")
    }

    /// The end, and its code.
    async fn hear_close(&mut self) -> u16 {
        loop {
            match self.socket.next().await {
                Some(Ok(Message::Close(Some(frame)))) => return frame.code.into(),
                Some(Ok(_)) => {}
                other => panic!("{other:?}"),
            }
        }
    }
}

async fn listen(world: &World) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let router = world.router.clone();
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

async fn dial(
    address: SocketAddr,
    cookie: &str,
    origin: &str,
    protocol: &str,
) -> Result<WebSocketStream<TcpStream>, Error> {
    let mut request = format!("ws://{HOST}/jmap/ws").into_client_request().expect("a request");
    for (name, value) in [
        (header::COOKIE, cookie),
        (header::ORIGIN, origin),
        (header::SEC_WEBSOCKET_PROTOCOL, protocol),
    ] {
        if !value.is_empty() {
            request.headers_mut().insert(name, value.parse().expect("a value"));
        }
    }
    let stream = TcpStream::connect(address).await.expect("connected");
    client_async(request, stream).await.map(|(socket, _)| socket)
}

async fn tab(world: &World, address: SocketAddr, cookie: &str) -> Tab {
    let socket = dial(address, cookie, ORIGIN, "jmap").await.expect("a WebSocket");
    let mut tab = Tab { socket, account: world.ken.to_string() };
    tab.send(json!({"@type": "WebSocketPushEnable", "dataTypes": null})).await;
    tab
}

fn im(message: &Value) -> &Value {
    &message["urn:tandem:params:jmap:im"]
}

#[tokio::test]
async fn only_the_own_page_may_open_it() {
    let world = World::new().await;
    let address = listen(&world).await;
    let cookie = world.sign_in("kenmyer").await;
    let status = async |cookie: &str, origin: &str, protocol: &str| match dial(
        address, cookie, origin, protocol,
    )
    .await
    {
        Err(Error::Http(response)) => response.status(),
        other => panic!("{other:?}"),
    };
    assert_eq!(status("", ORIGIN, "jmap").await, StatusCode::UNAUTHORIZED);
    assert_eq!(status(&cookie, "https://evil.test", "jmap").await, StatusCode::FORBIDDEN);
    assert_eq!(status(&cookie, "", "jmap").await, StatusCode::FORBIDDEN);
    assert_eq!(status(&cookie, ORIGIN, "sip").await, StatusCode::BAD_REQUEST);
    dial(address, &cookie, ORIGIN, "jmap").await.expect("the own page");
}

#[tokio::test]
async fn bad_messages_are_answered_and_the_socket_stays() {
    let world = World::new().await;
    let address = listen(&world).await;
    let cookie = world.sign_in("kenmyer").await;
    let mut tab = tab(&world, address, &cookie).await;
    let is_error = |message: &Value| message["@type"] == "RequestError";
    for (text, kind) in [
        ("{", "notJSON"),
        ("[]", "notJSON"),
        ("{}", "notRequest"),
        (r#"{"@type":"Request","id":"a","using":[]}"#, "notRequest"),
        (r#"{"@type":"Request","id":"a","using":["x"],"methodCalls":[]}"#, "unknownCapability"),
    ] {
        tab.socket.send(Message::text(text)).await.expect("sent");
        let error = tab.hear(is_error).await;
        let seen = error["type"].as_str().expect("a type");
        assert!(seen.ends_with(kind), "{text}: {error}");
    }
    let answer = tab.ask("Core/echo", json!({"x": 1})).await;
    assert_eq!(answer["x"], 1);
}

#[tokio::test]
async fn tabs_of_one_person_hear_the_same() {
    let mut world = World::new().await;
    world.run();
    let address = listen(&world).await;
    let cookie = world.sign_in("kenmyer").await;
    let (mut a, mut b) = (tab(&world, address, &cookie).await, tab(&world, address, &cookie).await);
    a.ask("Core/echo", json!({})).await;
    b.ask("Core/echo", json!({})).await;
    world.command(|c| matches!(c, Command::SignIn { .. })).await;
    world.agent_says(Event::Link(LinkState::Up));
    world.agent_says(Event::SignedIn { address: KEN.into() });
    for tab in [&mut a, &mut b] {
        let push = tab.hear(|message| im(message)["status"]["state"] == "working").await;
        assert!(push["changed"][&tab.account]["ImStatus"].is_string(), "{push}");
    }
    let answer = a.ask("Presence/watch", json!({"ids": [PILAR]})).await;
    let states: Vec<&Value> =
        answer["list"].as_array().expect("a list").iter().map(|one| &one["state"]).collect();
    assert_eq!(states, [&json!("unknown"), &json!("unknown")], "herself and the own state");
    world.command(|c| matches!(c, Command::Watch { .. })).await;
    let say = |presentity: &str, availability| Event::Presence {
        watcher: KEN.into(),
        view: PresenceView {
            availability: Some(availability),
            ..PresenceView::unknown(presentity)
        },
    };
    world.agent_says(say(PILAR, 3500));
    world.agent_says(say(KEN, 9500));
    let seen = a.hear(|message| im(message)["presence"].is_array()).await;
    assert!(seen.to_string().contains("available"), "{seen}");
    let own = b.hear(|message| im(message)["presence"].is_array()).await;
    let presence = im(&own)["presence"].as_array().expect("a list");
    assert_eq!(presence.len(), 1, "tab b shows nobody: {own}");
    assert_eq!((&presence[0]["id"], &presence[0]["state"]), (&json!(KEN), &json!("doNotDisturb")));
    let made = a.ask("Conversation/set", json!({"create": {"c": {"with": PILAR}}})).await;
    let id = made["created"]["c"]["id"].as_str().expect("an id").to_owned();
    let create = json!({"create": {"m": {"conversationId": id, "text": "Hi", "clientId": "1"}}});
    a.ask("ConversationMessage/set", create).await;
    let push = b.hear(|m| m["changed"][&m_account(m)]["ConversationMessage"].is_string()).await;
    assert!(push["changed"][&b.account]["Conversation"].is_string(), "{push}");
    world.agent_says(Event::Typing { address: KEN.into(), from: PILAR.into(), active: true });
    for tab in [&mut a, &mut b] {
        let push = tab.hear(|message| im(message)["typing"].is_array()).await;
        assert_eq!(im(&push)["typing"], json!([{"conversationId": id, "active": true}]));
    }
}

/// The only account of a push.
fn m_account(message: &Value) -> String {
    let changed = message["changed"].as_object();
    changed.and_then(|changed| changed.keys().next().cloned()).unwrap_or_default()
}

#[tokio::test]
async fn only_the_types_asked_for_are_pushed() {
    let mut world = World::new().await;
    world.run();
    let address = listen(&world).await;
    let cookie = world.sign_in("kenmyer").await;
    let mut tab = tab(&world, address, &cookie).await;
    tab.send(json!({"@type": "WebSocketPushEnable", "dataTypes": ["ImGroup"]})).await;
    tab.ask("Core/echo", json!({})).await;
    world.command(|c| matches!(c, Command::SignIn { .. })).await;
    world.agent_says(Event::Link(LinkState::Up));
    world.agent_says(Event::SignedIn { address: KEN.into() });
    let create = json!({"create": {"g": {"name": "Project"}}});
    tab.ask("ImGroup/set", create).await;
    let push = tab.hear(|message| message["@type"] == "StateChange").await;
    let types: Vec<&String> =
        push["changed"][&tab.account].as_object().expect("types").keys().collect();
    assert_eq!(types, ["ImGroup"], "{push}");
}

#[tokio::test]
async fn somebody_elses_new_photo_is_told() {
    let mut world = World::new().await;
    world.run();
    let address = listen(&world).await;
    let cookie = world.sign_in("kenmyer").await;
    let mut tab = tab(&world, address, &cookie).await;
    tab.ask("Core/echo", json!({})).await;
    world.command(|c| matches!(c, Command::SignIn { .. })).await;
    let pilar = world.pilar;
    world
        .write(move |tx| {
            let mailbox = tx.mailbox_of(pilar)?.expect("a mailbox");
            tx.put_user_photo(mailbox.id, PhotoLife::InUse, &[vec![1], vec![2], vec![3]])
        })
        .await;
    let push = tab.hear(|message| message["changed"][m_account(message)]["Principal"].is_string());
    let push = push.await;
    assert!(push["changed"][&tab.account].as_object().is_some_and(|types| types.len() == 1));
    let first = push["changed"][&tab.account]["Principal"].clone();
    // And that photos are shown no more.
    world
        .write(|tx| {
            let found = tx.virtual_directory("ATL-CAS-001", DEFAULT_WEB_SITE)?;
            let mut directory = found.expect("the demo has it");
            directory.settings.insert("DisplayPhotosEnabled".into(), json!(false));
            tx.put_virtual_directory(&directory)
        })
        .await;
    let again = tab.hear(|message| {
        let state = &message["changed"][m_account(message)]["Principal"];
        state.is_string() && *state != first
    });
    again.await;
}

#[tokio::test]
async fn signing_out_ends_the_sockets_of_that_session_alone() {
    let world = World::new().await;
    world.run();
    let address = listen(&world).await;
    let (first, second) = (world.sign_in("kenmyer").await, world.sign_in("kenmyer").await);
    let mut gone = tab(&world, address, &first).await;
    let mut stays = tab(&world, address, &second).await;
    gone.ask("Core/echo", json!({})).await;
    stays.ask("Core/echo", json!({})).await;
    world.page(axum::http::Method::POST, "/owa/auth/logout", &first, Value::Null).await;
    assert_eq!(gone.hear_close().await, 1008);
    stays.ask("Core/echo", json!({})).await;
    world.ctx.stop();
    assert_eq!(stays.hear_close().await, 1012, "the server stops");
}

#[tokio::test]
async fn too_many_sockets_are_refused() {
    let world = World::new().await;
    let address = listen(&world).await;
    let cookie = world.sign_in("kenmyer").await;
    let mut open = Vec::new();
    for _ in 0..32 {
        open.push(dial(address, &cookie, ORIGIN, "jmap").await.expect("within the bound"));
    }
    match dial(address, &cookie, ORIGIN, "jmap").await {
        Err(Error::Http(response)) => {
            assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_page_that_stops_reading_is_dropped() {
    let world = World::new().await;
    world.run();
    let address = listen(&world).await;
    let cookie = world.sign_in("kenmyer").await;
    let mut tab = tab(&world, address, &cookie).await;
    let made = tab.ask("Conversation/set", json!({"create": {"c": {"with": PILAR}}})).await;
    let id = made["created"]["c"]["id"].as_str().expect("an id").to_owned();
    // It asks for much and reads nothing, until the server cannot write to it any more.
    let (mut write, mut read) = tab.socket.split();
    let asking = tokio::spawn(async move {
        let large = "x".repeat(900_000);
        let echo = json!({"@type": "Request", "using": ["urn:ietf:params:jmap:core"],
            "methodCalls": [["Core/echo", {"x": large}, "0"]]});
        while write.send(Message::text(echo.to_string())).await.is_ok() {}
    });
    // Meanwhile much changes.
    for number in 0..600 {
        let update = json!({"accountId": world.ken.to_string(), "update": {
            id.as_str(): {"isOpen": number % 2 == 0}}});
        world.call(&cookie, "Conversation/set", update).await;
        if asking.is_finished() {
            break;
        }
    }
    let cap = std::time::Duration::from_secs(20);
    tokio::time::timeout(cap, asking).await.expect("the server ends it").expect("no panic");
    while let Some(Ok(_)) = read.next().await {}
    dial(address, &cookie, ORIGIN, "jmap").await.expect("and it may come back");
}
