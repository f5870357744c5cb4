//! Blobs (RFC 8620 §6): whole messages, their parts, uploads. An id names the bytes by their hash.

use std::sync::Arc;

use axum::extract::{Path, Query, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use mail::mime::read::part;
use serde::Deserialize;
use serde_json::json;
use store::mail::{MailRead, MailWrite};
use uuid::Uuid;

use crate::body;
use crate::ctx::Ctx;
use crate::limits::UPLOAD_BYTES_MAX;
use crate::login::{self, who_reads, who_writes};
use crate::problem::Problem;

/// Type and bytes of a blob of this mailbox: `<hash>` or `<hash>-<part>`.
pub(crate) fn read<R: MailRead>(
    reader: &R,
    mailbox: Uuid,
    blob_id: &str,
) -> store::Result<Option<(String, Bytes)>> {
    let (hash, number) = match blob_id.split_once('-') {
        None => (blob_id, None),
        Some((hash, number)) => match number.parse::<u32>() {
            Ok(number) => (hash, Some(number)),
            Err(_) => return Ok(None),
        },
    };
    let is_hash = hash.len() == 64 && hash.bytes().all(|b| b.is_ascii_hexdigit());
    if !is_hash {
        return Ok(None);
    }
    let Some(bytes) = reader.blob(mailbox, hash)? else { return Ok(None) };
    match number {
        Some(number) => Ok(part(&bytes, number).map(|(p, b)| (p.content_type, Bytes::from(b)))),
        None => {
            let upload = reader.upload(mailbox, hash)?;
            let kind = upload.map_or_else(|| "message/rfc822".into(), |upload| upload.content_type);
            Ok(Some((kind, bytes)))
        }
    }
}

#[derive(Deserialize)]
pub(crate) struct Wanted {
    accept: Option<String>,
}

/// `GET /jmap/download/{accountId}/{blobId}/{name}?accept=type`.
///
/// Always as an attachment, with a policy that lets nothing run: what a mail brought is never
/// opened as a page of ours.
pub(crate) async fn download(
    State(ctx): State<Arc<Ctx>>,
    Path((account, blob_id, name)): Path<(String, String, String)>,
    Query(wanted): Query<Wanted>,
    request: Request,
) -> Result<Response, Problem> {
    let who = who_reads(&ctx, request.headers(), login::address(&request)).await?;
    let missing = || Problem::NotFound("there is no such blob".into());
    if account != who.id().to_string() {
        return Err(missing());
    }
    let mailbox = who.mailbox.id;
    let found = ctx.store.read(move |reader| read(reader, mailbox, &blob_id)).await?;
    let Some((kind, bytes)) = found else { return Err(missing()) };
    let kind = wanted.accept.filter(|accept| is_media_type(accept)).unwrap_or(kind);
    let headers = [
        (header::CONTENT_TYPE, kind),
        (header::CONTENT_DISPOSITION, disposition(&name)),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox".to_owned()),
        (header::CACHE_CONTROL, "private, immutable, max-age=31536000".to_owned()),
    ];
    Ok((headers, bytes).into_response())
}

/// `POST /jmap/upload/{accountId}`.
pub(crate) async fn upload(
    State(ctx): State<Arc<Ctx>>,
    Path(account): Path<String>,
    request: Request,
) -> Result<Response, Problem> {
    let from = login::address(&request);
    let (parts, body) = request.into_parts();
    let who = who_writes(&ctx, &parts.headers, from).await?;
    if account != who.id().to_string() {
        return Err(Problem::NotFound("there is no such account".into()));
    }
    let kind = content_type(&parts.headers);
    let bytes = body::read(body, UPLOAD_BYTES_MAX).await?;
    let mailbox = who.mailbox.id;
    let upload =
        ctx.store.write(ctx.now_ms(), move |tx| tx.put_upload(mailbox, &kind, &bytes)).await?;
    let answer = json!({
        "accountId": account,
        "blobId": upload.blob,
        "type": upload.content_type,
        "size": upload.size,
    });
    Ok((StatusCode::CREATED, axum::Json(answer)).into_response())
}

fn content_type(headers: &HeaderMap) -> String {
    let given = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    given.filter(|kind| is_media_type(kind)).unwrap_or("application/octet-stream").to_owned()
}

/// `type/subtype`, and nothing that could become a second header or a parameter.
fn is_media_type(text: &str) -> bool {
    let token = |part: &str| {
        (1..=64).contains(&part.len())
            && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&b))
    };
    text.split_once('/').is_some_and(|(kind, subtype)| token(kind) && token(subtype))
}

/// RFC 6266 with RFC 8187: an ASCII name for old clients, and the name.
fn disposition(name: &str) -> String {
    let name: String = name.chars().filter(|c| !c.is_control()).take(200).collect();
    let plain: String = name
        .chars()
        .map(|c| match c {
            '"' | '\\' | '/' => '_',
            c if c.is_ascii() => c,
            _ => '_',
        })
        .collect();
    let encoded: String = name
        .bytes()
        .map(|byte| match byte {
            b if b.is_ascii_alphanumeric() || b"-._~".contains(&b) => char::from(b).to_string(),
            b => format!("%{b:02X}"),
        })
        .collect();
    format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{encoded}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_types_cannot_break_headers() {
        assert_eq!(
            disposition("a \"b\"\r\n/ä.txt"),
            "attachment; filename=\"a _b___.txt\"; filename*=UTF-8''a%20%22b%22%2F%C3%A4.txt"
        );
        for (text, expected) in [
            ("image/png", true),
            ("text/html; charset=x", false),
            ("a/b\r\nX: y", false),
            ("text", false),
            ("/", false),
        ] {
            assert_eq!(is_media_type(text), expected, "{text:?}");
        }
    }
}
