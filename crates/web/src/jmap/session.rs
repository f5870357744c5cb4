//! The session object (RFC 8620 §2): what this server can do, for whom, and where.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Request, State};
use axum::http::header;
use axum::response::{IntoResponse, Redirect, Response};
use ring::digest::{SHA256, digest};
use serde_json::{Map, Value, json};
use store::directory::DirectoryRead;

use super::protocol::{CAPABILITIES, CORE, IM, MAIL, PRINCIPALS, SUBMISSION, WEBSOCKET};
use crate::ctx::Ctx;
use crate::limits;
use crate::login::{SignedIn, address, who_reads};
use crate::problem::Problem;

/// `GET /jmap/session`.
pub(crate) async fn get(
    State(ctx): State<Arc<Ctx>>,
    request: Request,
) -> Result<Response, Problem> {
    let who = who_reads(&ctx, request.headers(), address(&request)).await?;
    let session = session(&ctx, &who).await?;
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
    let mut session = session;
    if let Some(capability) = session.pointer_mut("/capabilities").and_then(Value::as_object_mut) {
        // RFC 8887 §3: an absolute URL, which needs the name that the client used.
        let url = format!("wss://{}/jmap/ws", host.unwrap_or("localhost"));
        capability.insert(WEBSOCKET.into(), json!({"url": url, "supportsPush": true}));
    }
    Ok((Json(session)).into_response())
}

/// `GET /.well-known/jmap` (RFC 8620 §2.2).
pub(crate) async fn well_known() -> Redirect {
    Redirect::to("/jmap/session")
}

/// The state of the session object, as every response carries it.
pub(crate) async fn state(ctx: &Ctx, who: &SignedIn) -> Result<String, Problem> {
    let session = session(ctx, who).await?;
    Ok(session.get("state").and_then(Value::as_str).unwrap_or_default().to_owned())
}

async fn session(ctx: &Ctx, who: &SignedIn) -> Result<Value, Problem> {
    let id = who.id();
    let im = ctx.store.read(move |reader| reader.messaging_user(id)).await?;
    let own_address = im.filter(|user| user.enabled).map(|user| user.sip_address);
    let account = id.to_string();
    let capabilities = json!({
        CORE: {
            "maxSizeUpload": limits::UPLOAD_BYTES_MAX,
            "maxConcurrentUpload": 4,
            "maxSizeRequest": limits::REQUEST_BYTES_MAX,
            "maxConcurrentRequests": 8,
            "maxCallsInRequest": limits::CALLS_IN_REQUEST_MAX,
            "maxObjectsInGet": limits::OBJECTS_IN_GET_MAX,
            "maxObjectsInSet": limits::OBJECTS_IN_SET_MAX,
            "collationAlgorithms": ["i;unicode-casemap"],
        },
        MAIL: {},
        SUBMISSION: {},
        WEBSOCKET: {},
        PRINCIPALS: {},
        IM: {},
    });
    let of_account = json!({
        CORE: {},
        MAIL: {
            "maxMailboxesPerEmail": 1,
            "maxMailboxDepth": null,
            "maxSizeMailboxName": 255,
            "maxSizeAttachmentsPerEmail": limits::UPLOAD_BYTES_MAX,
            "emailQuerySortOptions": ["receivedAt"],
            "mayCreateTopLevelMailbox": true,
        },
        SUBMISSION: {"maxDelayedSend": 0, "submissionExtensions": {}},
        WEBSOCKET: {},
        PRINCIPALS: {"currentUserPrincipalId": account},
        IM: {"ownAddress": own_address},
    });
    let primary: Map<String, Value> = CAPABILITIES
        .iter()
        .filter(|name| **name != CORE && **name != WEBSOCKET)
        .map(|name| ((*name).to_owned(), json!(account)))
        .collect();
    let mut session = json!({
        "capabilities": capabilities,
        "accounts": {
            account.as_str(): {
                "name": who.account.display_name,
                "isPersonal": true,
                "isReadOnly": false,
                "accountCapabilities": of_account,
            },
        },
        "primaryAccounts": primary,
        "username": who.account.upn,
        "apiUrl": "/jmap/api",
        "downloadUrl": "/jmap/download/{accountId}/{blobId}/{name}?accept={type}",
        "uploadUrl": "/jmap/upload/{accountId}",
        "eventSourceUrl": "/jmap/ws?types={types}&closeafter={closeafter}&ping={ping}",
    });
    let print = digest(&SHA256, session.to_string().as_bytes());
    let state: String = print.as_ref().iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    if let Some(session) = session.as_object_mut() {
        session.insert("state".into(), json!(state));
    }
    Ok(session)
}
