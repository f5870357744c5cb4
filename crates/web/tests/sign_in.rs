//! Signing in and out, and what every answer and every request must carry.

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
use base64::Engine;
use serde_json::{Value, json};
use store::directory::{DirectoryRead, DirectoryWrite};
use store::mail::{MailRead, MailWrite};
use world::{HOST, ORIGIN, PASSWORD, World};

#[tokio::test]
async fn a_person_signs_in_and_out() {
    let world = World::new().await;
    let body = json!({"username": "kenmyer", "password": PASSWORD, "trusted": false});
    let answer = world.page(Method::POST, "/owa/auth/login", "", body).await;
    assert_eq!(answer.status, StatusCode::NO_CONTENT);
    let cookie = answer.header("set-cookie").to_owned();
    for part in ["__Host-tandem=", "; Path=/", "; Secure", "; HttpOnly", "; SameSite=Lax"] {
        assert!(cookie.contains(part), "{cookie} lacks {part}");
    }
    assert!(!cookie.contains("Max-Age") && !cookie.contains("Domain"), "{cookie}");
    let cookie = cookie.split(';').next().expect("a cookie").to_owned();
    assert!(cookie.len() >= "__Host-tandem=".len() + 43, "256 bits: {cookie}");
    let session = world.page(Method::GET, "/jmap/session", &cookie, Value::Null).await;
    assert_eq!(session.status, StatusCode::OK);
    let session = session.json();
    assert_eq!(session["username"], "kenmyer@litwareinc.com");
    let account = &session["accounts"][world.ken.to_string()];
    assert_eq!(account["name"], "Ken Myer");
    let im = &account["accountCapabilities"]["urn:tandem:params:jmap:im"];
    assert_eq!(im["ownAddress"], "sip:kenmyer@litwareinc.com");
    assert_eq!(
        session["capabilities"]["urn:ietf:params:jmap:websocket"]["url"],
        format!("wss://{HOST}/jmap/ws")
    );
    let out = world.page(Method::POST, "/owa/auth/logout", &cookie, Value::Null).await;
    assert_eq!(out.status, StatusCode::NO_CONTENT);
    assert!(out.header("set-cookie").contains("Max-Age=0"));
    let after = world.page(Method::GET, "/jmap/session", &cookie, Value::Null).await;
    assert_eq!(after.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn the_token_itself_is_not_stored() {
    let world = World::new().await;
    let cookie = world.sign_in("kenmyer").await;
    let token = cookie.strip_prefix("__Host-tandem=").expect("the name");
    let ken = world.ken;
    let sessions = world.store.read(move |r| r.web_sessions(ken)).await.expect("sessions");
    assert_eq!(sessions.len(), 1);
    assert_ne!(sessions[0].token_sha256.as_slice(), token.as_bytes());
    let again = world.sign_in("kenmyer").await;
    assert_ne!(again, cookie, "every sign-in makes a new token");
}

#[tokio::test]
async fn wrong_words_are_refused_alike_and_slowly() {
    let world = World::new().await;
    let attempt = async |name: &str, password: &str| {
        let body = json!({"username": name, "password": password});
        let answer = world.page(Method::POST, "/owa/auth/login", "", body).await;
        (answer.status, answer.json()["detail"].clone(), answer.header("retry-after").to_owned())
    };
    let (status, known, _) = attempt("kenmyer", "wrong").await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    let (status, unknown, _) = attempt("nobody", "wrong").await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    assert_eq!(known, unknown, "an unknown name is not told apart");
    for _ in 0..9 {
        attempt("kenmyer", "wrong").await;
    }
    let (status, _, wait) = attempt("kenmyer", PASSWORD).await;
    assert_eq!(status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(wait, "900");
}

#[tokio::test]
async fn requests_of_other_pages_are_refused() {
    let world = World::new().await;
    let cookie = world.sign_in("kenmyer").await;
    let calls = json!({"using": ["urn:ietf:params:jmap:core"], "methodCalls": []}).to_string();
    let post = async |path: &str, origin: Option<&str>, kind: &str, body: String| {
        let mut request = Request::post(path)
            .header(header::HOST, HOST)
            .header(header::COOKIE, &cookie)
            .header(header::CONTENT_TYPE, kind);
        if let Some(origin) = origin {
            request = request.header(header::ORIGIN, origin);
        }
        world.send(request.body(Body::from(body)).expect("a request")).await.status
    };
    let json = "application/json";
    assert_eq!(post("/jmap/api", Some(ORIGIN), json, calls.clone()).await, StatusCode::OK);
    for origin in
        [None, Some("https://evil.test"), Some("null"), Some("http://mail.litwareinc.com")]
    {
        for path in ["/jmap/api", "/owa/auth/login", "/owa/auth/logout", "/jmap/upload/x"] {
            let status = post(path, origin, json, calls.clone()).await;
            assert_eq!(status, StatusCode::FORBIDDEN, "{path} {origin:?}");
        }
    }
    let form = "application/x-www-form-urlencoded";
    let login = post("/owa/auth/login", Some(ORIGIN), form, "a=b".into()).await;
    assert_eq!(login, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    assert_eq!(post("/jmap/api", Some(ORIGIN), "text/plain", calls).await, StatusCode::BAD_REQUEST);
    let huge = "x".repeat(9_000);
    let login = post("/owa/auth/login", Some(ORIGIN), json, huge).await;
    assert_eq!(login, StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn other_clients_use_basic() {
    let world = World::new().await;
    let get = async |authorization: Option<String>, page: bool| {
        let mut request = Request::get("/jmap/session").header(header::HOST, HOST);
        if let Some(authorization) = authorization {
            request = request.header(header::AUTHORIZATION, authorization);
        }
        if page {
            request = request.header("x-requested-with", "tandem");
        }
        world.send(request.body(Body::empty()).expect("a request")).await
    };
    let basic = |password: &str| {
        let pair = format!("kenmyer@litwareinc.com:{password}");
        format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(pair))
    };
    assert_eq!(get(Some(basic(PASSWORD)), false).await.status, StatusCode::OK);
    let refused = get(Some(basic("wrong")), false).await;
    assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
    assert!(refused.header("www-authenticate").starts_with("Basic "));
    let nobody = get(None, true).await;
    assert_eq!(nobody.status, StatusCode::UNAUTHORIZED);
    assert_eq!(nobody.header("www-authenticate"), "", "the page shows its own form");
}

#[tokio::test]
async fn sessions_end_with_account_and_password() {
    let world = World::new().await;
    let status = async |cookie: &str| {
        world.page(Method::GET, "/jmap/session", cookie, Value::Null).await.status
    };
    let ken = world.ken;
    let cookie = world.sign_in("kenmyer").await;
    world.write(move |tx| tx.set_password(ken, "another one entirely")).await;
    assert_eq!(status(&cookie).await, StatusCode::UNAUTHORIZED, "password changed");
    let cookie = world.sign_in("pilar").await;
    let pilar = world.pilar;
    world
        .write(move |tx| {
            let mut account = tx.account(pilar)?.expect("the account");
            account.enabled = false;
            tx.put_account(&account)
        })
        .await;
    assert_eq!(status(&cookie).await, StatusCode::UNAUTHORIZED, "account disabled");
}

#[tokio::test]
async fn a_session_ends_after_its_time_and_lives_while_used() {
    use std::sync::atomic::Ordering::SeqCst;
    let world = World::new().await;
    let cookie = world.sign_in("kenmyer").await;
    let status =
        async || world.page(Method::GET, "/jmap/session", &cookie, Value::Null).await.status;
    let hour = 3_600_000;
    for _ in 0..3 {
        world.clock.fetch_add(7 * hour, SeqCst);
        assert_eq!(status().await, StatusCode::OK, "used within its time");
    }
    world.clock.fetch_add(13 * hour, SeqCst);
    assert_eq!(status().await, StatusCode::UNAUTHORIZED, "unused for too long");
}

#[tokio::test]
async fn a_switched_off_mailbox_is_told_why() {
    let world = World::new().await;
    let ken = world.ken;
    world
        .write(move |tx| {
            let mut mailbox = tx.mailbox_of(ken)?.expect("a mailbox");
            mailbox.owa_enabled = false;
            tx.put_mailbox(&mailbox)
        })
        .await;
    let body = json!({"username": "kenmyer", "password": PASSWORD});
    let answer = world.page(Method::POST, "/owa/auth/login", "", body).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    assert!(answer.text().contains("switched off"), "{}", answer.text());
}

#[tokio::test]
async fn every_answer_is_hardened() {
    let world = World::new().await;
    for path in ["/owa/", "/health", "/nothing", "/jmap/session", "/owa/assets/none.js"] {
        let answer = world.page(Method::GET, path, "", Value::Null).await;
        assert!(answer.header("strict-transport-security").starts_with("max-age=31536000"));
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(answer.header("referrer-policy"), "no-referrer", "{path}");
        let policy = answer.header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'"), "{path}: {policy}");
        for bad in ["unsafe-inline", "unsafe-eval", "*"] {
            assert!(!policy.contains(bad), "{path}: {policy}");
        }
        assert!(!answer.header("cache-control").is_empty(), "{path}");
    }
    let health = world.page(Method::GET, "/health", "", Value::Null).await;
    assert_eq!(health.json(), json!({"status": "ok", "roles": {"client-access": "ok"}}));
    let root = world.page(Method::GET, "/", "", Value::Null).await;
    assert_eq!(root.header("location"), "/owa/");
}

#[tokio::test]
async fn files_outside_of_the_page_are_not_served() {
    let world = World::new().await;
    for path in [
        "/owa/../Cargo.toml",
        "/owa/..%2f..%2fCargo.toml",
        "/owa/%2e%2e/%2e%2e/Cargo.toml",
        "/owa/..;/x.txt",
        "/owa//etc/passwd.txt",
        "/owa/%5c..%5cweb.config",
        "/owa/.gitkeep",
    ] {
        let answer = world.page(Method::GET, path, "", Value::Null).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
    }
}
