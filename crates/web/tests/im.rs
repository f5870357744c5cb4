//! Instant messaging between page and agent: settings, sign-in, conversations, events, the log
//! folder. The agent is scripted; nobody sleeps.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "helpers of tests fail by panicking"
)]

mod world;

use agent::{Command, Event, LinkFailure, LinkStage, LinkState, OwnState, PresenceView, TextAck};
use serde_json::{Value, json};
use store::directory::{DirectoryRead, DirectoryWrite, EventLevel};
use store::mail::{DEFAULT_WEB_SITE, ImType, MailRead, MailWrite, OwaMailboxPolicy};
use world::{KEN, PILAR, World, eventually, thumbprint, web_config};

/// Ken is signed in at the page and at the messaging half.
async fn working() -> (World, String) {
    let mut world = World::new().await;
    world.run();
    let configured = world.command(|c| matches!(c, Command::Configure(Some(_)))).await;
    let Command::Configure(Some(settings)) = configured else { panic!("{configured:?}") };
    assert_eq!(settings.server_name, "atl-cs-001.litwareinc.com");
    assert_eq!(settings.thumbprint, thumbprint());
    assert_eq!((settings.port, settings.local_port), (5061, 5199));
    world.agent_says(Event::Link(LinkState::Up));
    let cookie = world.sign_in("kenmyer").await;
    let command = world.command(|c| matches!(c, Command::SignIn { .. })).await;
    assert_eq!(command, Command::SignIn { address: KEN.into(), display_name: "Ken Myer".into() });
    world.agent_says(Event::SignedIn { address: KEN.into() });
    wait_for_state(&world, &cookie, "working").await;
    (world, cookie)
}

async fn status(world: &World, cookie: &str) -> Value {
    let arguments = json!({"accountId": world.ken.to_string(), "ids": ["singleton"]});
    world.call(cookie, "ImStatus/get", arguments).await["list"][0].clone()
}

async fn wait_for_state(world: &World, cookie: &str, state: &str) -> Value {
    eventually(state, async || {
        let status = status(world, cookie).await;
        (status["state"] == state).then_some(status)
    })
    .await
}

async fn wait_for_event(world: &World, id: u32) -> store::directory::EventLogEntry {
    eventually("the event", async || {
        world.events().await.into_iter().find(|event| event.event_id == id)
    })
    .await
}

fn log_folder(world: &World) -> std::path::PathBuf {
    world.files.join("Program Files/Microsoft/Exchange Server/V15/Logging/OWA/InstantMessaging")
}

#[tokio::test]
async fn the_first_success_writes_112_and_the_log_folder() {
    let (mut world, cookie) = working().await;
    let event = wait_for_event(&world, 112).await;
    assert_eq!((event.source.as_str(), event.log.as_str()), ("MSExchange OWA", "Application"));
    assert_eq!(event.level, EventLevel::Information);
    assert_eq!(event.computer, world::COMPUTER);
    let file = log_folder(&world).join("InstantMessaging_20141030-1.LOG");
    let text = std::fs::read_to_string(file).expect("the log file");
    assert!(text.starts_with("#Software: ") && text.contains("SignIn,"), "{text}");
    // A second person is no second event; a recycle is.
    world.sign_in("pilar").await;
    world.command(|c| matches!(c, Command::SignIn { address, .. } if address == PILAR)).await;
    world.agent_says(Event::SignedIn { address: PILAR.into() });
    world.write(|tx| tx.recycle_pool("MSExchangeOWAAppPool")).await;
    world.command(|c| matches!(c, Command::Configure(None))).await;
    world.command(|c| matches!(c, Command::Configure(Some(_)))).await;
    world.agent_says(Event::Link(LinkState::Up));
    world.command(|c| matches!(c, Command::SignIn { address, .. } if address == KEN)).await;
    world.agent_says(Event::SignedIn { address: KEN.into() });
    wait_for_state(&world, &cookie, "working").await;
    eventually("the second 112", async || {
        let count = world.events().await.iter().filter(|event| event.event_id == 112).count();
        (count == 2).then_some(())
    })
    .await;
}

#[tokio::test]
async fn an_unintegrated_server_says_why_at_the_first_sign_in() {
    let mut world = World::bare().await;
    world.run();
    world.command(|c| matches!(c, Command::Configure(None))).await;
    assert!(world.events().await.is_empty(), "nobody has signed in yet");
    let cookie = world.sign_in("kenmyer").await;
    let status = wait_for_state(&world, &cookie, "unavailable").await;
    assert_eq!(status["link"], 2);
    assert!(status["reason"].as_str().expect("words").contains("isn't set up"), "{status}");
    let event = wait_for_event(&world, 1102).await;
    assert_eq!(event.level, EventLevel::Error);
    assert!(event.message.contains("Server name is set to null or empty"), "{}", event.message);
    assert!(event.message.contains("Appcmd.exe"), "{}", event.message);
    world.sign_in("pilar").await;
    world.sign_in("kenmyer").await;
    let count = world.events().await.iter().filter(|e| e.event_id == 1102).count();
    assert_eq!(count, 1, "once until it changes");
    assert!(!log_folder(&world).exists(), "no success, no folder");
}

#[tokio::test]
async fn an_edit_without_a_recycle_is_link_seven() {
    let mut world = World::bare().await;
    world
        .write(|tx| {
            let directory = tx.virtual_directory("ATL-CAS-001", DEFAULT_WEB_SITE)?;
            let mut directory = directory.expect("a directory");
            directory.im_type = ImType::Ocs;
            tx.put_virtual_directory(&directory)
        })
        .await;
    world.run();
    world.command(|c| matches!(c, Command::Configure(None))).await;
    world.configure(&web_config("0123456789012345678901234567890123456789"));
    world.sign_in("kenmyer").await;
    let event = wait_for_event(&world, 1104).await;
    assert!(event.message.contains("could not be found"), "the file as it is: {}", event.message);
    world.configure(&web_config(&thumbprint()));
    let cookie = world.sign_in("kenmyer").await;
    let status = eventually("link 7", async || {
        let status = status(&world, &cookie).await;
        (status["link"] == 7).then_some(status)
    })
    .await;
    assert_eq!(status["state"], "unavailable");
    assert!(wait_for_event(&world, 1107).await.message.contains("recycle apppool"));
    world.write(|tx| tx.recycle_pool("msexchangeowaapppool")).await;
    world.command(|c| matches!(c, Command::Configure(Some(_)))).await;
    world.command(|c| matches!(c, Command::SignIn { .. })).await;
    wait_for_state(&world, &cookie, "connecting").await;
}

#[tokio::test]
async fn a_certificate_that_comes_later_is_found_at_once() {
    let mut world = World::new().await;
    world
        .write(|tx| {
            let store = store::directory::CertificateStore::My;
            tx.delete_certificate(world::COMPUTER, store, &thumbprint())
        })
        .await;
    world.run();
    world.command(|c| matches!(c, Command::Configure(None))).await;
    let cookie = world.sign_in("kenmyer").await;
    let status = wait_for_state(&world, &cookie, "unavailable").await;
    assert_eq!(status["link"], 4);
    world.write(|tx| tx.put_certificate(&world::certificate())).await;
    world.command(|c| matches!(c, Command::Configure(Some(_)))).await;
    wait_for_state(&world, &cookie, "connecting").await;
}

#[tokio::test]
async fn a_link_that_breaks_is_reported_each_time() {
    let (world, cookie) = working().await;
    let down = |stage, text: &str, code: Option<u32>| {
        let diagnostics = code.map(|code| (code, "reason".to_owned()));
        Event::Link(LinkState::Down {
            reason: LinkFailure { stage, text: text.into(), diagnostics },
        })
    };
    world.agent_says(down(LinkStage::Lost, "connection reset", None));
    wait_for_state(&world, &cookie, "connecting").await;
    world.agent_says(down(LinkStage::Connect, "connection refused", None));
    let status = wait_for_state(&world, &cookie, "unavailable").await;
    assert_eq!(status["link"], 8);
    wait_for_event(&world, 1108).await;
    world.agent_says(down(LinkStage::Trust, "403 Forbidden", Some(70_302)));
    let event = wait_for_event(&world, 1111).await;
    assert!(event.message.contains("Remove-CsTrustedApplicationPool"), "{}", event.message);
    world.agent_says(Event::Link(LinkState::Up));
    world.agent_says(Event::SignedIn { address: KEN.into() });
    wait_for_state(&world, &cookie, "working").await;
    world.agent_says(down(LinkStage::Connect, "refused", None));
    eventually("the second 1108", async || {
        let count = world.events().await.iter().filter(|e| e.event_id == 1108).count();
        (count == 2).then_some(())
    })
    .await;
}

#[tokio::test]
async fn policies_and_directories_take_effect_at_once() {
    let (mut world, cookie) = working().await;
    let ken = world.ken;
    world
        .write(move |tx| {
            tx.put_owa_policy(&OwaMailboxPolicy {
                name: "Default".into(),
                ..OwaMailboxPolicy::default()
            })?;
            let mut mailbox = tx.mailbox_of(ken)?.expect("a mailbox");
            mailbox.owa_policy = Some("Default".into());
            tx.put_mailbox(&mailbox)
        })
        .await;
    world.command(|c| matches!(c, Command::SignOut { .. })).await;
    let status = wait_for_state(&world, &cookie, "unavailable").await;
    assert_eq!(status["link"], 13, "the policy's type is None: {status}");
    wait_for_event(&world, 1113).await;
    let set = |enabled, im_type| {
        move |tx: &mut store::Writer| {
            let mut policy = tx.owa_policy("Default")?.expect("a policy");
            (policy.im_enabled, policy.im_type) = (enabled, im_type);
            tx.put_owa_policy(&policy)
        }
    };
    world.write(set(true, ImType::Ocs)).await;
    world.command(|c| matches!(c, Command::SignIn { .. })).await;
    wait_for_state(&world, &cookie, "connecting").await;
    world.write(set(false, ImType::Ocs)).await;
    let status = wait_for_state(&world, &cookie, "off").await;
    assert_eq!(status["reason"], Value::Null, "off is silent");
    world
        .write(move |tx| {
            let mut mailbox = tx.mailbox_of(ken)?.expect("a mailbox");
            mailbox.owa_policy = None;
            tx.put_mailbox(&mailbox)?;
            let mut user = tx.messaging_user(ken)?.expect("a user");
            user.enabled = false;
            tx.put_messaging_user(&user)
        })
        .await;
    let status = wait_for_state(&world, &cookie, "notEnabled").await;
    assert_eq!(status["link"], 15);
    assert_eq!(wait_for_event(&world, 1115).await.level, EventLevel::Warning);
}

/// A conversation with Pilar; its id.
async fn conversation(world: &World, cookie: &str) -> String {
    let arguments = json!({"accountId": world.ken.to_string(), "create": {
        "c": {"with": "SIP:Pilar@litwareinc.com"}}});
    let answer = world.call(cookie, "Conversation/set", arguments).await;
    let created = &answer["created"]["c"];
    assert_eq!(created["withName"], "Pilar Ackerman", "{answer}");
    created["id"].as_str().expect("an id").to_owned()
}

async fn say(world: &World, cookie: &str, conversation: &str, text: &str, client: &str) -> Value {
    let arguments = json!({"accountId": world.ken.to_string(), "create": {
        "m": {"conversationId": conversation, "text": text, "clientId": client}}});
    let answer = world.call(cookie, "ConversationMessage/set", arguments).await;
    assert!(answer["created"]["m"].is_object(), "{answer}");
    answer["created"]["m"].clone()
}

async fn wait_for_message(world: &World, cookie: &str, id: &str, state: &str) -> Value {
    eventually(state, async || {
        let arguments = json!({"accountId": world.ken.to_string(), "ids": [id]});
        let answer = world.call(cookie, "ConversationMessage/get", arguments).await;
        let message = answer["list"][0].clone();
        (message["state"] == state).then_some(message)
    })
    .await
}

#[tokio::test]
async fn a_text_is_a_row_before_it_is_sent_and_settles() {
    let (mut world, cookie) = working().await;
    let with = conversation(&world, &cookie).await;
    assert_eq!(conversation(&world, &cookie).await, with, "one per person");
    let message = say(&world, &cookie, &with, "Lunch?", "k1").await;
    assert_eq!(message["state"], "sending");
    let id = message["id"].as_str().expect("an id").to_owned();
    let command = world.command(|c| matches!(c, Command::SendText { .. })).await;
    assert_eq!(
        command,
        Command::SendText {
            address: KEN.into(),
            to: PILAR.into(),
            conversation: with.clone(),
            message: id.clone(),
            text: "Lunch?".into(),
        }
    );
    let again = say(&world, &cookie, &with, "Lunch?", "k1").await;
    assert_eq!(again["id"], json!(id), "the same client id is the same message");
    world.agent_says(Event::Delivered { address: KEN.into(), message: id.clone(), kept: false });
    wait_for_message(&world, &cookie, &id, "delivered").await;
    let kept = say(&world, &cookie, &with, "Or dinner?", "k2").await;
    let kept = kept["id"].as_str().expect("an id").to_owned();
    let command = world.command(|c| matches!(c, Command::SendText { .. })).await;
    assert!(matches!(command, Command::SendText { message, .. } if message == kept), "not twice");
    world.agent_says(Event::Delivered { address: KEN.into(), message: kept.clone(), kept: true });
    wait_for_message(&world, &cookie, &kept, "kept").await;
}

#[tokio::test]
async fn a_failed_text_says_why_and_is_sent_again() {
    let (mut world, cookie) = working().await;
    let with = conversation(&world, &cookie).await;
    let down = "The server of the other organization cannot be reached";
    let mut id = String::new();
    for (client_id, status, reason, expected) in [
        ("k0", 504, down, &*format!("The message wasn't delivered: {down}.")),
        ("k1", 408, "Request Timeout", "The messaging server couldn't be reached."),
    ] {
        let said = say(&world, &cookie, &with, "Hi", client_id).await;
        id = said["id"].as_str().unwrap().to_owned();
        world.command(|c| matches!(c, Command::SendText { .. })).await;
        let (address, message, reason) = (KEN.into(), id.clone(), reason.into());
        world.agent_says(Event::SendFailed { address, message, status, reason });
        let failed = wait_for_message(&world, &cookie, &id, "failed").await;
        assert_eq!(failed["reason"], expected);
    }
    let retry =
        json!({"accountId": world.ken.to_string(), "update": {id.as_str(): {"retry": true}}});
    let answer = world.call(&cookie, "ConversationMessage/set", retry).await;
    assert_eq!(answer["updated"], json!({id.as_str(): null}), "{answer}");
    let command = world.command(|c| matches!(c, Command::SendText { .. })).await;
    assert!(matches!(command, Command::SendText { message, .. } if message == id));
    wait_for_message(&world, &cookie, &id, "sending").await;
    let sign_out = json!({"accountId": world.ken.to_string(), "update": {
        "singleton": {"signedIn": false}}});
    world.call(&cookie, "ImStatus/set", sign_out).await;
    world.command(|c| matches!(c, Command::SignOut { .. })).await;
    assert_eq!(status(&world, &cookie).await["state"], "signedOut");
    let unsent = say(&world, &cookie, &with, "Still there?", "k2").await;
    assert_eq!(unsent["state"], "failed", "never lost silently");
    assert_eq!(unsent["reason"], "You are signed out of instant messaging.");
}

#[tokio::test]
async fn texts_left_unanswered_by_the_last_process_failed() {
    let (mut world, cookie) = working().await;
    let with = conversation(&world, &cookie).await;
    let id = say(&world, &cookie, &with, "Hi", "k1").await["id"].as_str().unwrap().to_owned();
    world.command(|c| matches!(c, Command::SendText { .. })).await;
    // Another start on the same store.
    world.run();
    let failed = wait_for_message(&world, &cookie, &id, "failed").await;
    assert!(failed["reason"].as_str().expect("words").contains("restarted"), "{failed}");
}

#[tokio::test]
async fn an_incoming_text_is_stored_before_its_sender_hears() {
    let (mut world, cookie) = working().await;
    let text = |ack: u64| Event::Text {
        address: KEN.into(),
        from: "sip:Pilar@litwareinc.com".into(),
        from_name: Some("Somebody Else".into()),
        text: "Are you there?".into(),
        id: "call-1 7 MESSAGE".into(),
        sent_ms: None,
        ack: TextAck(ack),
    };
    world.agent_says(text(1));
    let answer = world.command(|c| matches!(c, Command::Stored { .. })).await;
    assert_eq!(answer, Command::Stored { ack: TextAck(1) });
    let ken = world.ken;
    let rows = world.store.read(move |r| r.conversations(ken)).await.expect("conversations");
    assert_eq!(rows.len(), 1);
    assert_eq!((rows[0].with_name.as_str(), rows[0].unread), ("Pilar Ackerman", 1));
    // The same request again (its answer was lost) is the same text.
    world.agent_says(text(2));
    world.command(|c| *c == Command::Stored { ack: TextAck(2) }).await;
    let id = rows[0].id;
    let count = world.store.read(move |r| r.count_conversation_messages(id)).await;
    assert_eq!(count.expect("a count"), 1, "shown once");
    let query = json!({"accountId": ken.to_string(), "filter": {"conversationId": id.to_string()},
        "position": -10, "limit": 10});
    let answers = world
        .api(
            &cookie,
            json!([
                ["ConversationMessage/query", query, "0"],
                ["ConversationMessage/get", {"accountId": ken.to_string(), "#ids": {
                    "resultOf": "0", "name": "ConversationMessage/query", "path": "/ids"}}, "1"],
                ["Conversation/set", {"accountId": ken.to_string(), "update": {
                    id.to_string(): {"unread": 0}}}, "2"],
                ["Conversation/get", {"accountId": ken.to_string(), "ids": null}, "3"],
            ]),
        )
        .await;
    let message = &answers[1].1["list"][0];
    assert_eq!((&message["text"], &message["own"]), (&json!("Are you there?"), &json!(false)));
    assert_eq!(answers[3].1["list"][0]["unread"], 0);
    // Somebody who is nobody here.
    let stray = Event::Text {
        address: "sip:stranger@litwareinc.com".into(),
        from: PILAR.into(),
        from_name: None,
        text: "x".into(),
        id: "call-2 1 MESSAGE".into(),
        sent_ms: None,
        ack: TextAck(3),
    };
    world.agent_says(stray);
    world.command(|c| *c == Command::NotStored { ack: TextAck(3) }).await;
}

#[tokio::test]
async fn the_own_state_and_others_presence() {
    let (mut world, cookie) = working().await;
    let ken = world.ken.to_string();
    let set = async |id: &str, state: Value| {
        let arguments = json!({"accountId": ken, "update": {id: {"state": state}}});
        world.call(&cookie, "Presence/set", arguments).await
    };
    assert_eq!(set(KEN, json!("doNotDisturb")).await["updated"], json!({KEN: null}));
    assert_eq!(set(KEN, Value::Null).await["updated"], json!({KEN: null}));
    assert_eq!(set(KEN, json!("offline")).await["notUpdated"][KEN]["type"], "invalidProperties");
    assert_eq!(set(PILAR, json!("busy")).await["notUpdated"][PILAR]["type"], "forbidden");
    let is_state = |c: &Command| matches!(c, Command::SetState { .. });
    let first = world.command(is_state).await;
    let state = Some(OwnState::DoNotDisturb);
    assert_eq!(first, Command::SetState { address: KEN.into(), state });
    let reset = world.command(is_state).await;
    assert_eq!(reset, Command::SetState { address: KEN.into(), state: None });
    let get = json!({"accountId": ken, "ids": [PILAR, "nonsense"]});
    let answer = world.call(&cookie, "Presence/get", get.clone()).await;
    assert_eq!(answer["list"][0]["state"], "unknown");
    assert_eq!(answer["notFound"], json!(["nonsense"]));
    let watch = world.command(|c| matches!(c, Command::Watch { .. })).await;
    assert_eq!(watch, Command::Watch { address: KEN.into(), presentities: vec![PILAR.into()] });
    world.agent_says(Event::Presence {
        watcher: KEN.into(),
        view: PresenceView {
            presentity: PILAR.into(),
            availability: Some(6500),
            activity: Some("in-a-meeting".into()),
            note: Some("back at 3".into()),
            since_ms: Some(world::START_MS),
        },
    });
    let seen = eventually("her presence", async || {
        let answer = world.call(&cookie, "Presence/get", get.clone()).await;
        (answer["list"][0]["state"] == "busy").then(|| answer["list"][0].clone())
    })
    .await;
    assert_eq!(seen["activity"], "in-a-meeting");
    assert_eq!(seen["note"], "back at 3");
    assert_eq!(seen["since"], "2014-10-30T06:12:00Z");
    world.agent_says(Event::Link(LinkState::Connecting));
    eventually("unknown again", async || {
        let answer = world.call(&cookie, "Presence/get", get.clone()).await;
        (answer["list"][0]["state"] == "unknown").then_some(())
    })
    .await;
}

#[tokio::test]
async fn contacts_are_grouped() {
    let (world, cookie) = working().await;
    let ken = world.ken.to_string();
    let set = async |mut arguments: Value| {
        arguments["accountId"] = json!(ken);
        world.call(&cookie, "ImGroup/set", arguments).await
    };
    let groups = async || {
        let answer =
            world.call(&cookie, "ImGroup/get", json!({"accountId": ken, "ids": null})).await;
        answer["list"].as_array().expect("a list").clone()
    };
    let default: Vec<Value> = groups().await.iter().map(|one| one["kind"].clone()).collect();
    assert_eq!(default, [json!("favorites"), json!("tagged"), json!("other")]);
    let made = set(json!({"create": {"p": {"name": "Project", "contacts": [
        {"address": "sip:Pilar@litwareinc.com", "name": "P"}]}}}))
    .await;
    let id = made["created"]["p"]["id"].as_str().expect("an id").to_owned();
    assert_eq!(
        made["created"]["p"]["contacts"],
        json!([{"address": PILAR, "name": "Pilar Ackerman"}])
    );
    let state = world.call(&cookie, "ImGroup/get", json!({"accountId": ken, "ids": []})).await;
    let bad = set(json!({
        "create": {"x": {"name": "project"}, "y": {"name": "Y", "contacts": [{"address": "x"}]}},
        "update": {groups().await[0]["id"].as_str().unwrap(): {"name": "Best"}},
        "destroy": [groups().await[1]["id"]],
    }))
    .await;
    assert_eq!(bad["notCreated"]["x"]["type"], "invalidProperties", "{bad}");
    assert_eq!(bad["notCreated"]["y"]["type"], "invalidProperties");
    assert_eq!(bad["notUpdated"].as_object().expect("one").len(), 1);
    assert_eq!(bad["notDestroyed"].as_object().expect("one").len(), 1);
    set(json!({"update": {id.as_str(): {"name": "Projects", "contacts": []}}})).await;
    let own = groups().await.into_iter().find(|one| one["kind"] == "own").expect("the group");
    assert_eq!((&own["name"], &own["contacts"]), (&json!("Projects"), &json!([])));
    let changes = json!({"accountId": ken, "sinceState": state["state"]});
    let answer = world.call(&cookie, "ImGroup/changes", changes).await;
    assert_eq!(answer["updated"], json!([id]), "{answer}");
    assert_eq!(set(json!({"destroy": [id]})).await["destroyed"], json!([id]));
}
