//! `GET /jmap/ws` (RFC 8887): requests and pushes over one WebSocket.
//!
//! Owns one socket: reads its messages one after another, writes answers and what the bridge puts
//! into its queue. A socket that does not read fills its queue and is closed (`../im/push.rs`).

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket, WebSocketUpgrade, close_code};
use axum::extract::{Request, State};
use axum::response::Response;
use serde_json::{Map, Value, json};
use tokio::sync::mpsc;

use super::api::caller;
use super::call::Caller;
use super::protocol::{Request as Jmap, RequestError};
use super::{dispatch, session};
use crate::ctx::Ctx;
use crate::im::facts;
use crate::im::person::{ConnectionId, Goodbye, Push, Types};
use crate::limits::REQUEST_BYTES_MAX;
use crate::login::{self, SignedIn, who_writes};
use crate::problem::Problem;

/// The subprotocol (RFC 8887 §4.1).
const PROTOCOL: &str = "jmap";

/// Opens the WebSocket of somebody who is signed in; a foreign page's is refused.
pub(crate) async fn open(
    State(ctx): State<Arc<Ctx>>,
    upgrade: Result<WebSocketUpgrade, axum::extract::ws::rejection::WebSocketUpgradeRejection>,
    request: Request,
) -> Result<Response, Problem> {
    let from = login::address(&request);
    let who = who_writes(&ctx, request.headers(), from).await?;
    let upgrade = upgrade.map_err(|error| {
        Problem::BadRequest(format!("this address speaks WebSocket only: {error}"))
    })?;
    let upgrade = upgrade.protocols([PROTOCOL]);
    if upgrade.selected_protocol().is_none() {
        return Err(Problem::BadRequest("the WebSocket subprotocol must be jmap".into()));
    }
    let account = who.id();
    let front_end = ctx.config.front_end.clone();
    let facts = ctx
        .store
        .read(move |reader| facts::load(reader, account, front_end.as_deref()))
        .await?
        .ok_or_else(|| Problem::NotFound("the account is gone".into()))?;
    let hash = who.session.as_ref().map(|session| session.token_sha256);
    let now_ms = ctx.now_ms();
    let connected =
        ctx.live.with(&ctx.agent, |bridge| bridge.connect(now_ms, account, facts, hash));
    let Ok(opened) = connected else {
        return Err(Problem::Unavailable("too many connections are open".into()));
    };
    let id = opened.id;
    metrics::gauge!("tandem_web_sockets").increment(1);
    let guard = Connected { ctx: Arc::clone(&ctx), caller: with_connection(&who, id), id };
    Ok(upgrade.max_message_size(REQUEST_BYTES_MAX).max_frame_size(REQUEST_BYTES_MAX).on_upgrade(
        move |socket| async move {
            tokio::select! {
                () = serve(socket, guard, who, opened.queue) => {}
                // The socket is dropped wherever it waits: a write that nobody reads never ends.
                () = opened.dead.notified() => {}
            }
        },
    ))
}

fn with_connection(who: &SignedIn, id: ConnectionId) -> Caller {
    Caller { connection: Some(id), ..caller(who) }
}

/// Tells the bridge that the WebSocket is gone, however it goes: also if the upgrade never happens.
struct Connected {
    ctx: Arc<Ctx>,
    caller: Caller,
    id: ConnectionId,
}

impl Drop for Connected {
    fn drop(&mut self) {
        metrics::gauge!("tandem_web_sockets").decrement(1);
        let (account, id, now_ms) = (self.caller.account, self.id, self.ctx.now_ms());
        self.ctx.live.with(&self.ctx.agent, |bridge| bridge.disconnect(now_ms, account, id));
    }
}

async fn serve(
    mut socket: WebSocket,
    connected: Connected,
    who: SignedIn,
    mut queue: mpsc::Receiver<Push>,
) {
    loop {
        let alive = tokio::select! {
            push = queue.recv() => match push {
                Some(Push::Message(text)) => send(&mut socket, text).await,
                Some(Push::Ping) => socket.send(Message::Ping(Default::default())).await.is_ok(),
                Some(Push::Close(why)) => close(&mut socket, why).await,
                None => false,
            },
            message = socket.recv() => match message {
                Some(Ok(message)) => hear(&mut socket, &connected, &who, message).await,
                Some(Err(_)) | None => false,
            },
        };
        if !alive {
            return;
        }
    }
}

async fn send(socket: &mut WebSocket, text: String) -> bool {
    socket.send(Message::Text(Utf8Bytes::from(text))).await.is_ok()
}

/// Says goodbye; whether the socket is alive afterwards (no).
async fn close(socket: &mut WebSocket, why: Goodbye) -> bool {
    let (code, reason) = match why {
        Goodbye::SignedOut => (close_code::POLICY, "signed out"),
        Goodbye::Stopping => (close_code::RESTART, "the server stops"),
    };
    let frame = CloseFrame { code, reason: Utf8Bytes::from_static(reason) };
    let _ = socket.send(Message::Close(Some(frame))).await;
    false
}

/// One message of the client; whether the socket stays.
async fn hear(
    socket: &mut WebSocket,
    connected: &Connected,
    who: &SignedIn,
    message: Message,
) -> bool {
    let (ctx, account, id) = (&connected.ctx, connected.caller.account, connected.id);
    ctx.live.with(&ctx.agent, |bridge| bridge.heard(account, id));
    match message {
        Message::Text(text) => match answer(connected, who, text.as_str()).await {
            Some(answer) => send(socket, answer).await,
            None => true,
        },
        Message::Binary(_) => {
            let error = RequestError::NotRequest("binary messages are not used".into());
            send(socket, request_error(None, &error)).await
        }
        Message::Ping(_) | Message::Pong(_) => true,
        Message::Close(_) => false,
    }
}

/// The answer to one text message; push settings have none.
async fn answer(connected: &Connected, who: &SignedIn, text: &str) -> Option<String> {
    let object: Map<String, Value> = match serde_json::from_str(text) {
        Ok(object) => object,
        Err(error) => {
            let error = RequestError::NotJson(format!("not a JSON object: {error}"));
            return Some(request_error(None, &error));
        }
    };
    let request_id = object.get("id").and_then(Value::as_str).map(str::to_owned);
    match object.get("@type").and_then(Value::as_str) {
        Some("Request") => Some(run(connected, who, object, request_id).await),
        Some("WebSocketPushEnable") => {
            enable_push(connected, &object);
            None
        }
        Some("WebSocketPushDisable") => {
            set_types(connected, None);
            None
        }
        _ => {
            let error = RequestError::NotRequest("@type must be Request".into());
            Some(request_error(request_id.as_deref(), &error))
        }
    }
}

async fn run(
    connected: &Connected,
    who: &SignedIn,
    object: Map<String, Value>,
    request_id: Option<String>,
) -> String {
    let request = match Jmap::from_value(Value::Object(object)) {
        Ok(request) => request,
        Err(error) => return request_error(request_id.as_deref(), &error),
    };
    let Ok(state) = session::state(&connected.ctx, who).await else {
        return unavailable(request_id.as_deref());
    };
    let response = dispatch::run(&connected.ctx, &connected.caller, request, &state).await;
    let mut answer = match serde_json::to_value(response) {
        Ok(Value::Object(answer)) => answer,
        _ => return unavailable(request_id.as_deref()),
    };
    answer.insert("@type".into(), json!("Response"));
    if let Some(id) = request_id {
        answer.insert("requestId".into(), json!(id));
    }
    Value::Object(answer).to_string()
}

/// RFC 8887 §4.3.5.2: null is every type.
fn enable_push(connected: &Connected, object: &Map<String, Value>) {
    let types = match object.get("dataTypes").and_then(Value::as_array) {
        None => Types::All,
        Some(names) => {
            let names = names.iter().take(64).filter_map(|name| name.as_str().map(str::to_owned));
            Types::Only(names.collect::<BTreeSet<_>>())
        }
    };
    set_types(connected, Some(types));
}

fn set_types(connected: &Connected, types: Option<Types>) {
    let (ctx, account, id) = (&connected.ctx, connected.caller.account, connected.id);
    ctx.live.with(&ctx.agent, |bridge| bridge.enable_push(account, id, types));
}

/// RFC 8887 §4.3.4.
fn request_error(request_id: Option<&str>, error: &RequestError) -> String {
    let mut object = error.problem();
    if let Some(object) = object.as_object_mut() {
        object.insert("@type".into(), json!("RequestError"));
        object.insert("requestId".into(), json!(request_id));
    }
    object.to_string()
}

fn unavailable(request_id: Option<&str>) -> String {
    json!({
        "@type": "RequestError",
        "requestId": request_id,
        "type": "about:blank",
        "status": 503,
        "detail": "the mail store is not available at the moment",
    })
    .to_string()
}
