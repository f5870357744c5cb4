//! XCAP (RFC 4825): documents that standard clients keep with the messaging half, and parts of
//! them, over HTTP. What arrives is a request whose sender has proved who they are; sockets, TLS
//! and the frame of HTTP are `node`'s. All of a request happens in one transaction of the store.
//!
//! Owns the order of things. Read next: `path` (which document), `selector` (which part), `edit`,
//! `usage` (what a document may say), `contacts` (the contact list as a document).

mod contacts;
mod edit;
mod path;
mod problem;
mod selector;
mod services;
mod usage;

use ring::digest::{SHA256, digest};
use store::messaging::{MessagingRead, MessagingWrite, XcapDocument};
use store::{Uuid, Writer};

use self::path::{Place, Target};
use self::problem::{Condition, Conflict};
use self::selector::{Selector, Terminal};
pub use self::services::ListName;
pub(crate) use self::services::members;
use self::usage::Usage;
use crate::directory::{Directory, User};

/// Where the tree begins on the server (RFC 4825 §6.1).
pub const ROOT: &str = "/xcap-root/";

/// What is asked.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Method {
    /// Read; HEAD is the same without the body.
    Get,
    /// Make or replace.
    Put,
    /// Remove.
    Delete,
}

/// A request, with its path and query as they are written.
#[derive(Clone, Debug)]
pub struct Request {
    /// What is asked.
    pub method: Method,
    /// What comes after [`ROOT`].
    pub path: String,
    /// What comes after the question mark.
    pub query: String,
    /// The media type of the body, without parameters.
    pub content_type: String,
    /// `If-Match`
    pub if_match: Option<String>,
    /// `If-None-Match`
    pub if_none_match: Option<String>,
    /// The body.
    pub body: Vec<u8>,
}

/// What is answered.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Response {
    /// The status.
    pub status: u16,
    /// The media type of the body, if there is one.
    pub content_type: Option<&'static str>,
    /// The entity-tag of the document, as it stands in the header.
    pub etag: Option<String>,
    /// The body.
    pub body: String,
}

impl Response {
    fn status(status: u16) -> Self {
        Self { status, ..Self::default() }
    }
}

/// Everything a request is judged by.
struct Ctx<'a> {
    directory: &'a Directory,
    who: &'a User,
}

/// Why a request is not done.
enum Refused {
    Status(u16),
    /// The client has what there is, under this tag.
    Unchanged(String),
    Conflict(Conflict),
    Store(store::Error),
}

impl From<Conflict> for Refused {
    fn from(conflict: Conflict) -> Self {
        Self::Conflict(conflict)
    }
}

impl From<store::Error> for Refused {
    fn from(error: store::Error) -> Self {
        Self::Store(error)
    }
}

/// Does what `who` asks.
///
/// # Errors
/// The store failed, or refuses what would have been written; [`refused`] says what to answer.
/// Nothing is written then.
pub fn handle(
    tx: &mut Writer,
    directory: &Directory,
    who: &User,
    request: &Request,
) -> store::Result<Response> {
    match done(tx, &Ctx { directory, who }, request) {
        Ok(response) => Ok(response),
        Err(Refused::Status(status)) => Ok(Response::status(status)),
        Err(Refused::Unchanged(tag)) => Ok(Response { etag: Some(tag), ..Response::status(304) }),
        Err(Refused::Conflict(conflict)) => Ok(conflicting(&conflict)),
        Err(Refused::Store(error)) => Err(error),
    }
}

/// The answer where the store refused something; none if it failed.
pub fn refused(error: &store::Error) -> Option<Response> {
    match error {
        store::Error::Limit(why) | store::Error::Invalid(why) | store::Error::Conflict(why) => {
            Some(conflicting(&Conflict::said(Condition::Constraint, why.clone())))
        }
        _ => None,
    }
}

fn conflicting(conflict: &Conflict) -> Response {
    let content_type = Some(problem::MEDIA_TYPE);
    Response { content_type, body: conflict.print(), ..Response::status(409) }
}

fn done(tx: &mut Writer, ctx: &Ctx<'_>, request: &Request) -> Result<Response, Refused> {
    let target = Target::read(&request.path, &request.query).ok_or(Refused::Status(404))?;
    let name = match &target.place {
        Place::Global => {
            // RFC 4825 §12: what the server can do; nobody writes it.
            if target.usage != Usage::Caps || target.document != usage::INDEX {
                return Err(Refused::Status(404));
            }
            if request.method != Method::Get {
                return Err(Refused::Status(405));
            }
            let text = usage::capabilities();
            let tag = etag(&text);
            return conditions(request, Some(&tag)).and_then(|()| get(&target, &text, tag));
        }
        // RFC 4825 §8: nobody but the person, who learns nothing about others.
        Place::Home(aor) if *aor != ctx.who.aor => return Err(Refused::Status(403)),
        Place::Home(_) if target.usage == Usage::Caps => return Err(Refused::Status(404)),
        Place::Home(_) => target.document.as_str(),
    };
    let before = read(tx, ctx.who.account, target.usage, name)?;
    conditions(request, before.as_deref().map(etag).as_deref())?;
    match request.method {
        Method::Get => {
            let text = before.ok_or(Refused::Status(404))?;
            get(&target, &text, etag(&text))
        }
        Method::Put => put(tx, ctx, &target, request, before),
        Method::Delete => delete(tx, ctx, &target, before),
    }
}

fn get(target: &Target, text: &str, tag: String) -> Result<Response, Refused> {
    let (content_type, body) = match &target.selector {
        None => (target.usage.media_type(), text.to_owned()),
        Some(selector) => edit::get(text, selector).ok_or(Refused::Status(404))?,
    };
    Ok(Response { status: 200, content_type: Some(content_type), etag: Some(tag), body })
}

fn put(
    tx: &mut Writer,
    ctx: &Ctx<'_>,
    target: &Target,
    request: &Request,
    before: Option<String>,
) -> Result<Response, Refused> {
    let wanted = match target.selector.as_ref().map(|selector| &selector.terminal) {
        None => target.usage.media_type(),
        Some(None) => "application/xcap-el+xml",
        Some(Some(Terminal::Attribute(_))) => "application/xcap-att+xml",
        // RFC 4825 §7.10: they are read only.
        Some(Some(Terminal::Namespaces)) => return Err(Refused::Status(405)),
    };
    if !request.content_type.eq_ignore_ascii_case(wanted) {
        return Err(Refused::Status(415));
    }
    let body = str::from_utf8(&request.body);
    let body = body.map_err(|_| Conflict::new(Condition::NotUtf8))?;
    let (text, is_new) = match &target.selector {
        None => (body.to_owned(), before.is_none()),
        Some(selector) => {
            let before = before.ok_or_else(|| Conflict::new(Condition::NoParent))?;
            let changed = match &selector.terminal {
                Some(Terminal::Attribute(name)) => {
                    edit::put_attribute(&before, selector, name, body)?
                }
                _ => edit::put_element(&before, selector, body)?,
            };
            (changed.text, changed.is_new)
        }
    };
    write(tx, ctx, target, text)?;
    let after = read(tx, ctx.who.account, target.usage, &target.document)?;
    let status = if is_new { 201 } else { 200 };
    Ok(Response { etag: after.as_deref().map(etag), ..Response::status(status) })
}

fn delete(
    tx: &mut Writer,
    ctx: &Ctx<'_>,
    target: &Target,
    before: Option<String>,
) -> Result<Response, Refused> {
    let missing = || Refused::Status(404);
    let before = before.ok_or_else(missing)?;
    let Some(selector) = &target.selector else {
        if is_contact_list(tx, ctx, target)? {
            contacts::write(tx, ctx.who.account, None)?;
        }
        tx.delete_xcap_document(ctx.who.account, target.usage.auid(), &target.document)?;
        return Ok(Response::status(200));
    };
    let text = deleted(selector, &before)?.ok_or_else(missing)?;
    write(tx, ctx, target, text)?;
    let after = read(tx, ctx.who.account, target.usage, &target.document)?;
    Ok(Response { etag: after.as_deref().map(etag), ..Response::status(200) })
}

fn deleted(selector: &Selector, before: &str) -> Result<Option<String>, Refused> {
    Ok(match &selector.terminal {
        None => edit::delete_element(before, selector)?,
        Some(Terminal::Attribute(name)) => edit::delete_attribute(before, selector, name)?,
        Some(Terminal::Namespaces) => return Err(Refused::Status(405)),
    })
}

/// Judges the document as it would be, and writes it.
fn write(tx: &mut Writer, ctx: &Ctx<'_>, target: &Target, text: String) -> Result<(), Refused> {
    usage::judge(tx, ctx, target, &text)?;
    let account = ctx.who.account;
    if is_contact_list(tx, ctx, target)? {
        contacts::write(tx, account, Some(&text))?;
    }
    tx.put_xcap_document(&XcapDocument {
        account,
        auid: target.usage.auid().to_owned(),
        name: target.document.clone(),
        body: text,
    })?;
    Ok(())
}

/// A document as it is now.
fn read(tx: &Writer, account: Uuid, usage: Usage, name: &str) -> store::Result<Option<String>> {
    let kept = tx.xcap_document(account, usage.auid(), name)?;
    if usage == Usage::ResourceLists && name == usage::INDEX && contacts::are_unified(tx, account)?
    {
        return contacts::view(tx, account, kept);
    }
    Ok(kept)
}

fn is_contact_list(tx: &Writer, ctx: &Ctx<'_>, target: &Target) -> store::Result<bool> {
    let is_index = target.usage == Usage::ResourceLists && target.document == usage::INDEX;
    Ok(is_index && contacts::are_unified(tx, ctx.who.account)?)
}

/// One tag for all parts of a document (RFC 4825 §7.11), made of what it says: it is the same
/// after a restart, and another view's change makes another.
fn etag(text: &str) -> String {
    let hash = digest(&SHA256, text.as_bytes());
    let word: String = hash.as_ref().iter().take(12).map(|byte| format!("{byte:02x}")).collect();
    format!("\"{word}\"")
}

/// RFC 4825 §7.11, §8.2.6; a GET of what the client has already is answered 304.
fn conditions(request: &Request, tag: Option<&str>) -> Result<(), Refused> {
    let names = |list: &str| {
        let mut tags = list.split(',').map(str::trim);
        tag.is_some_and(|tag| tags.any(|it| it == "*" || it.trim_start_matches("W/") == tag))
    };
    if request.if_match.as_deref().is_some_and(|list| !names(list)) {
        return Err(Refused::Status(412));
    }
    if request.if_none_match.as_deref().is_some_and(names) {
        return Err(match (request.method, tag) {
            (Method::Get, Some(tag)) => Refused::Unchanged(tag.to_owned()),
            _ => Refused::Status(412),
        });
    }
    Ok(())
}
