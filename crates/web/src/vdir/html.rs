//! `GET /jmap/html/{accountId}/{emailId}?remote=0`: the sanitised HTML of a message as a document.

use std::sync::Arc;

use axum::extract::{Path, Query, Request, State};
use axum::http::{HeaderName, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use mail::mime::read::{Message, part, read};
use serde::Deserialize;
use store::mail::MailRead;

use crate::ctx::Ctx;
use crate::html::{self, INLINE_TYPES, Pictures, Remote};
use crate::jmap::call::id;
use crate::limits::{HTML_BYTES_MAX, INLINE_BYTES_MAX};
use crate::login::{address, who_reads};
use crate::problem::Problem;

#[derive(Deserialize)]
pub(crate) struct Wanted {
    remote: Option<String>,
}

/// How many remote pictures were left out; a page that asks beforehand knows whether to offer them.
const BLOCKED: HeaderName = HeaderName::from_static("tandem-blocked-pictures");

/// The document.
pub(crate) async fn get(
    State(ctx): State<Arc<Ctx>>,
    Path((account, email)): Path<(String, String)>,
    Query(wanted): Query<Wanted>,
    request: Request,
) -> Result<Response, Problem> {
    let who = who_reads(&ctx, request.headers(), address(&request)).await?;
    let missing = || Problem::NotFound("there is no such message".into());
    let Some(email) = id(&email).filter(|_| account == who.id().to_string()) else {
        return Err(missing());
    };
    let remote = match wanted.remote.as_deref() {
        Some("1") => Remote::Shown,
        _ => Remote::Blocked,
    };
    let mailbox = who.mailbox.id;
    let clean = ctx
        .store
        .read(move |reader| {
            let row = reader.message(email)?.filter(|row| row.mailbox == mailbox);
            let Some(row) = row else { return Ok(None) };
            let bytes = reader.message_bytes(row.id)?;
            Ok(Some(body(&bytes, remote)))
        })
        .await?;
    let Some(clean) = clean else { return Err(missing()) };
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8".to_owned()),
        (header::CONTENT_SECURITY_POLICY, html::policy(remote).to_owned()),
        (header::CACHE_CONTROL, "private, no-cache".to_owned()),
        (BLOCKED, clean.blocked.to_string()),
    ];
    Ok((headers, html::document(&clean.html)).into_response())
}

/// The HTML of a message, sanitised; its text if it has none, or too much.
fn body(bytes: &[u8], remote: Remote) -> html::Clean {
    let message = read(bytes);
    match message.html().filter(|html| html.len() <= HTML_BYTES_MAX) {
        Some(text) => html::sanitise(&text, remote, pictures(bytes, &message)),
        None => html::Clean { html: html::from_text(&message.text()), blocked: 0 },
    }
}

/// Pictures that came with the message and have a Content-ID, as `data:` URLs: a frame without an
/// origin sends no cookie, so it could not fetch them.
fn pictures(bytes: &[u8], message: &Message) -> Pictures {
    let mut pictures = Pictures::new();
    let mut room = INLINE_BYTES_MAX;
    let parts = message.attachments.iter().chain(&message.html_body);
    for found in parts {
        let prefix = format!("data:{};base64,", found.content_type);
        let Some(content_id) = found.content_id.as_ref().filter(|_| found.size <= room) else {
            continue;
        };
        if !INLINE_TYPES.contains(&prefix.as_str()) || pictures.contains_key(content_id) {
            continue;
        }
        if let Some((_, contents)) = part(bytes, found.id) {
            room = room.saturating_sub(contents.len());
            pictures.insert(content_id.clone(), prefix + &STANDARD.encode(&contents));
        }
    }
    pictures
}
