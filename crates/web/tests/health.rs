//! `/health`: short for anybody, with the reason for administrators.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "the whole program is a test"
)]

mod world;

use agent::{Command, Event, LinkState};
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use store::directory::{DirectoryWrite as _, Member, RoleMember};
use world::{KEN, World, eventually, thumbprint};

/// `/health` with this Authorization.
async fn health(world: &World, authorization: Option<&str>) -> world::Answer {
    let mut request = Request::builder().uri("/health").header(header::HOST, world::HOST);
    if let Some(text) = authorization {
        request = request.header(header::AUTHORIZATION, text);
    }
    world.send(request.body(Body::empty()).expect("a request")).await
}

#[tokio::test]
async fn health_tells_administrators_why() {
    let mut world = World::bare().await;
    world.run();
    world.command(|c| matches!(c, Command::Configure(None))).await;
    let anybody = health(&world, None).await;
    assert_eq!(anybody.status, StatusCode::OK);
    assert!(anybody.json().get("instantMessaging").is_none(), "{}", anybody.text());
    assert!(anybody.json().get("warnings").is_none(), "{}", anybody.text());
    for wrong in ["Bearer wrong", "Bearer ", "Basic c2VjcmV0", "secret", "Bearer"] {
        let answer = health(&world, Some(wrong)).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{wrong}");
        assert!(answer.body.is_empty(), "{wrong}");
        assert!(answer.header("www-authenticate").starts_with("Bearer"), "{wrong}");
    }
    let told = health(&world, Some("bearer secret")).await.json();
    let details = &told["instantMessaging"];
    assert_eq!(told["status"], "ok");
    let expected = serde_json::json!([{
        "text": "The certificate of HTTPS ends on 2026-12-05 at 08:00 UTC.",
        "usedFor": ["HTTPS"],
        "subject": "CN=atl-cas-001.litwareinc.com",
        "thumbprint": "AB12",
        "notAfter": "2026-12-05T08:00:00Z",
        "repair": ["first", "second"],
    }]);
    assert_eq!(told["warnings"], expected);
    assert_eq!(details["broken"]["link"], 2, "{details}");
    assert_eq!(details["broken"]["event"], 1102);
    assert_eq!(details["connection"], "off");

    let mut world = World::new().await;
    world.run();
    world.command(|c| matches!(c, Command::Configure(Some(_)))).await;
    world.agent_says(Event::Link(LinkState::Up));
    world.sign_in("kenmyer").await;
    world.command(|c| matches!(c, Command::SignIn { .. })).await;
    world.agent_says(Event::SignedIn { address: KEN.into() });
    let told = eventually("signed in", async || {
        let told = health(&world, Some("Bearer secret")).await.json();
        (told["instantMessaging"]["people"]["signedIn"] == 1).then_some(told)
    })
    .await;
    let details = &told["instantMessaging"];
    assert_eq!(details["broken"], serde_json::Value::Null);
    assert_eq!(details["connection"], "up");
    assert_eq!(details["certificate"]["thumbprint"], thumbprint());
}

fn organization_management(account: uuid::Uuid) -> RoleMember {
    let member = Member::Person { account, unix: "kenmyer".to_owned() };
    RoleMember { role: "Organization Management".to_owned(), member }
}

/// The page of somebody who is no administrator is told nothing of certificates.
#[tokio::test]
async fn the_page_tells_administrators_of_certificates_that_end() {
    let world = World::new().await;
    let told = async |cookie: &str, account: uuid::Uuid| {
        let arguments = serde_json::json!({"accountId": account.to_string(), "ids": null});
        world.call(cookie, "CertificateWarning/get", arguments).await["list"].clone()
    };
    let (ken, pilar) = (world.sign_in("kenmyer").await, world.sign_in("pilar").await);
    let (ken_id, pilar_id) = (world.ken, world.pilar);
    let nothing = serde_json::json!([]);
    assert_eq!(told(&ken, ken_id).await, nothing);
    world.write(move |tx| tx.put_role_member(&organization_management(ken_id))).await;
    let warning = serde_json::json!([{
        "id": "AB12",
        "text": "The certificate of HTTPS ends on 2026-12-05 at 08:00 UTC.",
        "notAfter": "2026-12-05T08:00:00Z",
    }]);
    assert_eq!(told(&ken, ken_id).await, warning);
    assert_eq!(told(&pilar, pilar_id).await, nothing);
    let by_id = serde_json::json!({"accountId": pilar_id.to_string(), "ids": ["AB12"]});
    let answer = world.call(&pilar, "CertificateWarning/get", by_id).await;
    assert_eq!(answer["list"], nothing);
    assert_eq!(answer["notFound"], serde_json::json!(["AB12"]));
    world.write(move |tx| tx.delete_role_member(&organization_management(ken_id))).await;
    assert_eq!(told(&ken, ken_id).await, nothing);
}
