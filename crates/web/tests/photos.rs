//! Photos over HTTPS: who gets which, how often it is sent, and who may change one's own.

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
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use store::directory::DirectoryRead as _;
use store::mail::{
    DEFAULT_WEB_SITE, MailRead as _, MailWrite as _, OwaMailboxPolicy, PhotoLife, PhotoSize,
};
use world::{Answer, HOST, ORIGIN, PASSWORD, World};

const PATH: &str = "/ews/Exchange.asmx/s/GetUserPhoto";
/// 48 × 48 pixels, half white and half black.
const PICTURE: &str = "iVBORw0KGgoAAAANSUhEUgAAADAAAAAwAQAAAAB/ecQqAAAAEElEQVR42mP4AAYMoxR1KAA7rw\
                       4QRbDEUgAAAABJRU5ErkJggg==";

fn picture() -> Vec<u8> {
    STANDARD.decode(PICTURE).expect("base64")
}

/// Pilar has a photo.
async fn world() -> World {
    let world = World::new().await;
    let (pilar, squares) = (world.pilar, mailbox::photo::squares(&picture()).expect("a picture"));
    world
        .write(move |tx| {
            let mailbox = tx.mailbox_of(pilar)?.expect("a mailbox");
            tx.put_user_photo(mailbox.id, PhotoLife::InUse, &squares)
        })
        .await;
    world
}

async fn get(world: &World, path: &str, headers: &[(&str, &str)]) -> Answer {
    let mut request = Request::get(path).header(header::HOST, HOST);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    world.send(request.body(Body::empty()).expect("a request")).await
}

#[tokio::test]
async fn three_sizes_sent_once() {
    let world = world().await;
    let cookie = world.sign_in("kenmyer").await;
    let cookie = ("cookie", cookie.as_str());
    for (size, side) in [("HR48x48", 48), ("HR64x64", 96), ("HR96x96", 96), ("HR648x648", 648)] {
        let path = format!("{PATH}?email=Pilar@litwareinc.com&size={size}");
        let answer = get(&world, &path, &[cookie]).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
        assert_eq!(answer.header("content-type"), "image/jpeg");
        assert_eq!(answer.header("cache-control"), "private, no-cache");
        assert!(answer.header("content-security-policy").contains("sandbox"));
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        // The frame header of a baseline JPEG: height and width.
        let at = answer.body.windows(2).position(|two| two == [0xff, 0xc0]).expect("a frame");
        let sides = &answer.body[at + 5..at + 9];
        assert_eq!(sides, [(side >> 8) as u8, side as u8, (side >> 8) as u8, side as u8]);
        let tag = answer.header("etag").to_owned();
        let again = get(&world, &path, &[cookie, ("if-none-match", tag.as_str())]).await;
        assert_eq!((again.status, again.body.len()), (StatusCode::NOT_MODIFIED, 0));
        assert_eq!(again.header("etag"), tag);
        let other = get(&world, &path, &[cookie, ("if-none-match", "\"old\"")]).await;
        assert_eq!(other.status, StatusCode::OK);
    }
    // The page names the picture it wants, and need not ask again.
    let asked = json!([["Principal/query", {"filter": {"imAddresses": ["sip:pilar@litwareinc.com"]},
        "accountId": world.ken.to_string()}, "0"], ["Principal/get", {"#ids": {"resultOf": "0",
        "name": "Principal/query", "path": "/ids"}, "accountId": world.ken.to_string()}, "1"]]);
    let answers = world.api(cookie.1, asked).await;
    let tag = answers[1].1["list"][0]["photo"].as_str().expect("a tag").to_owned();
    let path = format!("{PATH}?email=pilar@litwareinc.com&size=HR96x96&v={tag}");
    let answer = get(&world, &path, &[cookie]).await;
    assert_eq!(answer.header("cache-control"), "private, max-age=31536000, immutable");
    let none = json!([["Principal/get", {"ids": null, "accountId": world.ken.to_string()}, "0"]]);
    assert_eq!(world.api(cookie.1, none).await[0].1["list"][0]["photo"], Value::Null);
}

#[tokio::test]
async fn ews_clients_sign_in_with_basic() {
    let world = world().await;
    let path = "/EWS/Exchange.asmx/s/GetUserPhoto?email=pilar@litwareinc.com&size=HR648x648";
    let basic = format!("Basic {}", STANDARD.encode(format!("kenmyer:{PASSWORD}")));
    let answer = get(&world, path, &[("authorization", &basic)]).await;
    assert_eq!(answer.status, StatusCode::OK);
    let ken = world.ken;
    world
        .write(move |tx| {
            let mut mailbox = tx.mailbox_of(ken)?.expect("a mailbox");
            mailbox.settings.insert("EwsEnabled".into(), json!(false));
            tx.put_mailbox(&mailbox)
        })
        .await;
    let off = get(&world, path, &[("authorization", &basic)]).await;
    assert_eq!(off.status, StatusCode::FORBIDDEN, "Set-CASMailbox -EwsEnabled $False");
    let cookie = world.sign_in("kenmyer").await;
    let page = get(&world, path, &[("cookie", cookie.as_str())]).await;
    assert_eq!(page.status, StatusCode::OK);
}

#[tokio::test]
async fn strangers_learn_nothing() {
    let world = world().await;
    let ask = async |email: &str, headers: &[(&str, &str)]| {
        get(&world, &format!("{PATH}?email={email}&size=HR96x96"), headers).await
    };
    let there = ask("pilar@litwareinc.com", &[]).await;
    let not_there = ask("nobody@litwareinc.com", &[]).await;
    assert_eq!(there.status, StatusCode::UNAUTHORIZED);
    assert_eq!((there.status, &there.body), (not_there.status, &not_there.body));
    assert!(there.header("www-authenticate").starts_with("Basic"));
    // A picture in a page whose session has ended opens no dialog.
    let picture = ask("pilar@litwareinc.com", &[("sec-fetch-dest", "image")]).await;
    assert_eq!(picture.status, StatusCode::UNAUTHORIZED);
    assert_eq!(picture.header("www-authenticate"), "");
    // Nobody, somebody without a photo, an address elsewhere, no address: all the same.
    let cookie = world.sign_in("kenmyer").await;
    let cookie = [("cookie", cookie.as_str())];
    let mut seen = Vec::new();
    for email in ["nobody@litwareinc.com", "kenmyer@litwareinc.com", "pilar@contoso.com", "%00'--"]
    {
        let answer = ask(email, &cookie).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{email}");
        seen.push(answer.body);
    }
    seen.dedup();
    assert_eq!(seen.len(), 1);
    for bad in ["?email=pilar@litwareinc.com&size=HR1x1", "?size=HR96x96", ""] {
        let answer = get(&world, &format!("{PATH}{bad}"), &cookie).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{bad}");
    }
    // Who has left is seen no more.
    let pilar = world.pilar;
    world
        .write(move |tx| {
            use store::directory::DirectoryWrite as _;
            let mut account = tx.account(pilar)?.expect("Pilar");
            account.enabled = false;
            tx.put_account(&account)
        })
        .await;
    assert_eq!(ask("pilar@litwareinc.com", &cookie).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_page_without_photos_by_policy_or_directory() {
    let world = world().await;
    let cookie = world.sign_in("kenmyer").await;
    let path = format!("{PATH}?email=pilar@litwareinc.com&size=HR96x96");
    let status = async || get(&world, &path, &[("cookie", cookie.as_str())]).await.status;
    let directory = async |shown: bool| {
        world
            .write(move |tx| {
                let found = tx.virtual_directory("ATL-CAS-001", DEFAULT_WEB_SITE)?;
                let mut directory = found.expect("the demo has it");
                directory.settings.insert("DisplayPhotosEnabled".into(), json!(shown));
                tx.put_virtual_directory(&directory)
            })
            .await;
    };
    directory(false).await;
    assert_eq!(status().await, StatusCode::NOT_FOUND);
    // A policy overrides the directory.
    let ken = world.ken;
    world
        .write(move |tx| {
            tx.put_owa_policy(&OwaMailboxPolicy { name: "All".into(), ..Default::default() })?;
            let mut mailbox = tx.mailbox_of(ken)?.expect("a mailbox");
            mailbox.owa_policy = Some("All".into());
            tx.put_mailbox(&mailbox)
        })
        .await;
    assert_eq!(status().await, StatusCode::OK);
}

#[tokio::test]
async fn ones_own_photo() {
    let world = world().await;
    let cookie = world.sign_in("kenmyer").await;
    let send = async |method: Method, origin: Option<&str>, body: Vec<u8>| {
        let mut request = Request::builder()
            .method(method)
            .uri("/owa/photo")
            .header(header::HOST, HOST)
            .header(header::COOKIE, &cookie)
            .header(header::CONTENT_TYPE, "image/png");
        if let Some(origin) = origin {
            request = request.header(header::ORIGIN, origin);
        }
        world.send(request.body(Body::from(body)).expect("a request")).await
    };
    let own = Some(ORIGIN);
    assert_eq!(send(Method::GET, None, vec![]).await.json(), json!({"maySet": true}));
    for origin in [None, Some("https://evil.test")] {
        let answer = send(Method::POST, origin, picture()).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN);
    }
    let words = send(Method::POST, own, b"words".to_vec()).await;
    assert_eq!(words.status, StatusCode::BAD_REQUEST);
    assert!(words.text().contains("neither a JPEG nor a PNG"), "{}", words.text());
    let large = send(Method::POST, own, vec![0; mailbox::PICTURE_BYTES_MAX + 1]).await;
    assert_eq!(large.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(send(Method::POST, own, picture()).await.status, StatusCode::NO_CONTENT);
    let ken = world.ken;
    let is_there = async || {
        let read = move |rows: &store::Reader| {
            let mailbox = rows.mailbox_of(ken)?.expect("a mailbox");
            rows.user_photo(mailbox.id, PhotoLife::InUse, PhotoSize::Small)
        };
        world.store.read(read).await.expect("a read").is_some()
    };
    assert!(is_there().await);
    assert_eq!(send(Method::DELETE, own, vec![]).await.status, StatusCode::NO_CONTENT);
    assert!(!is_there().await);
    world
        .write(|tx| {
            let found = tx.virtual_directory("ATL-CAS-001", DEFAULT_WEB_SITE)?;
            let mut directory = found.expect("the demo has it");
            directory.settings.insert("SetPhotoEnabled".into(), json!(false));
            tx.put_virtual_directory(&directory)
        })
        .await;
    assert_eq!(send(Method::GET, None, vec![]).await.json(), json!({"maySet": false}));
    assert_eq!(send(Method::POST, own, picture()).await.status, StatusCode::FORBIDDEN);
    assert!(!is_there().await);
}

#[tokio::test]
async fn photos_over_soap() {
    let world = world().await;
    let basic = format!("Basic {}", STANDARD.encode(format!("kenmyer:{PASSWORD}")));
    let ask = async |inside: &str, headers: &[(&str, &str)]| {
        let text = format!(
            "<?xml version=\"1.0\" encoding=\"utf-8\"?><soap:Envelope \
             xmlns:soap=\"http://schemas.xmlsoap.org/soap/envelope/\" \
             xmlns:m=\"http://schemas.microsoft.com/exchange/services/2006/messages\"><soap:Body>\
             {inside}</soap:Body></soap:Envelope>"
        );
        let mut request = Request::post("/EWS/Exchange.asmx").header(header::HOST, HOST);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        world.send(request.body(Body::from(text)).expect("a request")).await
    };
    let photo = |email: &str, size: &str| {
        format!(
            "<m:GetUserPhoto><m:Email>{email}</m:Email><m:SizeRequested>{size}</m:SizeRequested>\
             </m:GetUserPhoto>"
        )
    };
    let signed_in = [("authorization", basic.as_str())];
    let found = ask(&photo("pilar@litwareinc.com", "HR96x96"), &signed_in).await;
    assert_eq!(found.status, StatusCode::OK, "{}", found.text());
    assert!(found.header("content-type").starts_with("text/xml"));
    let text = found.text();
    let data = text.split("<PictureData>").nth(1).and_then(|rest| rest.split("</").next());
    let plain =
        get(&world, &format!("{PATH}?email=pilar@litwareinc.com&size=HR96x96"), &signed_in).await;
    let picture = STANDARD.decode(data.expect("a picture")).expect("base64");
    assert_eq!(picture, plain.body, "the same as at its address");
    let none = ask(&photo("nobody@litwareinc.com", "HR96x96"), &signed_in).await;
    assert!(none.text().contains("ErrorItemNotFound"), "{}", none.text());
    for (inside, code) in [
        (photo("pilar@litwareinc.com", "HR1x1"), "ErrorInvalidPhotoSize"),
        ("<m:GetItem/>".to_owned(), "ErrorInvalidRequest"),
        ("nothing".to_owned(), "ErrorSchemaValidation"),
    ] {
        let refused = ask(&inside, &signed_in).await;
        assert_eq!(refused.status, StatusCode::INTERNAL_SERVER_ERROR);
        assert!(refused.text().contains(code), "{}", refused.text());
    }
    let stranger = ask(&photo("pilar@litwareinc.com", "HR96x96"), &[]).await;
    assert_eq!(stranger.status, StatusCode::UNAUTHORIZED);
    let large = ask(&" ".repeat(20_000), &signed_in).await;
    assert_eq!(large.status, StatusCode::PAYLOAD_TOO_LARGE);
}
