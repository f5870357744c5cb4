//! Messages: immutable bytes (a blob) and a row that may change.

use bytes::Bytes;
use rusqlite::Row;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::certificate::hex;
use super::mailbox::{self, RowKind};
use super::{blob, folder};
use crate::sql::{Sql, found, json};
use crate::{Error, KEYWORDS_MAX, ROWS_MAX, Result, SEARCH_WORDS_MAX, Writer};

/// A mailbox of a header field (RFC 5322 §3.4).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailAddress {
    /// Display name.
    pub name: Option<String>,
    /// `user@domain`.
    pub email: String,
}

/// One message in one folder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageRow {
    /// Row; never reused, kept when the message moves.
    pub id: Uuid,
    /// Mailbox.
    pub mailbox: Uuid,
    /// Folder.
    pub folder: Uuid,
    /// Thread.
    pub thread: Uuid,
    /// SHA-256 of the bytes, lower-case hex.
    pub blob: String,
    /// Keywords, lower case, sorted: `$seen`, `$flagged`, `$draft`, `$answered`, ….
    pub keywords: Vec<String>,
    /// When it was filed here.
    pub received_ms: i64,
    /// Its Date field; `None` if absent or unreadable.
    pub sent_ms: Option<i64>,
    /// Bytes.
    pub size: i64,
    /// From.
    pub from: Vec<MailAddress>,
    /// To.
    pub to: Vec<MailAddress>,
    /// Cc.
    pub cc: Vec<MailAddress>,
    /// Subject, decoded.
    pub subject: String,
    /// First words of the text.
    pub preview: String,
    /// It has a part that is shown as an attachment.
    pub has_attachment: bool,
    /// Message-ID without the angle brackets; empty if absent.
    pub message_id: String,
    /// In-Reply-To, without brackets.
    pub in_reply_to: Vec<String>,
    /// References, without brackets.
    pub references: Vec<String>,
    /// Change number that made it.
    pub created: i64,
    /// Change number of its last change.
    pub changed: i64,
}

/// A message to be filed; the store gives it its id, thread and numbers.
#[derive(Clone, Debug)]
pub struct NewMessage {
    /// Mailbox.
    pub mailbox: Uuid,
    /// Folder.
    pub folder: Uuid,
    /// The bytes as they are kept.
    pub bytes: Bytes,
    /// Keywords.
    pub keywords: Vec<String>,
    /// When it was received.
    pub received_ms: i64,
    /// Its Date field.
    pub sent_ms: Option<i64>,
    /// From.
    pub from: Vec<MailAddress>,
    /// To.
    pub to: Vec<MailAddress>,
    /// Cc.
    pub cc: Vec<MailAddress>,
    /// Subject, decoded.
    pub subject: String,
    /// First words of the text.
    pub preview: String,
    /// It has a part that is shown as an attachment.
    pub has_attachment: bool,
    /// Message-ID without the angle brackets.
    pub message_id: String,
    /// In-Reply-To, without brackets.
    pub in_reply_to: Vec<String>,
    /// References, without brackets.
    pub references: Vec<String>,
    /// Text for full-text search, besides subject and addresses.
    pub text: String,
}

/// Which messages to list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MessageQuery {
    /// Only in this folder; all folders if `None`.
    pub folder: Option<Uuid>,
    /// Only with all these words in addresses, subject or text.
    pub text: Option<String>,
    /// Oldest first instead of newest first.
    pub ascending: bool,
    /// Rows to pass over.
    pub position: u32,
    /// At most so many; `ROWS_MAX` if `None`.
    pub limit: Option<u32>,
}

const COLUMNS: &str = "m.id, m.mailbox, m.folder, m.thread, m.blob, m.keywords, m.received_ms, \
                       m.sent_ms, m.size, m.senders, m.recipients, m.copies, m.subject, \
                       m.preview, m.has_attachment, m.message_id, m.in_reply_to, m.refs, \
                       m.created, m.changed";

fn read(row: &Row<'_>) -> rusqlite::Result<MessageRow> {
    Ok(MessageRow {
        id: row.get(0)?,
        mailbox: row.get(1)?,
        folder: row.get(2)?,
        thread: row.get(3)?,
        blob: hex(&row.get::<_, Vec<u8>>(4)?),
        keywords: json(row, 5)?,
        received_ms: row.get(6)?,
        sent_ms: row.get(7)?,
        size: row.get(8)?,
        from: json(row, 9)?,
        to: json(row, 10)?,
        cc: json(row, 11)?,
        subject: row.get(12)?,
        preview: row.get(13)?,
        has_attachment: row.get(14)?,
        message_id: row.get(15)?,
        in_reply_to: json(row, 16)?,
        references: json(row, 17)?,
        created: row.get(18)?,
        changed: row.get(19)?,
    })
}

pub(crate) fn get(sql: &Sql, id: Uuid) -> Result<Option<MessageRow>> {
    sql.one(&format!("SELECT {COLUMNS} FROM message m WHERE m.id = ?1"), [id], read)
}

pub(crate) fn bytes(sql: &Sql, id: Uuid) -> Result<Bytes> {
    let key: Option<Vec<u8>> =
        sql.one("SELECT blob FROM message WHERE id = ?1", [id], |row| row.get(0))?;
    blob::load(sql, &found(key, || format!("message {id}"))?)
}

pub(crate) fn list(sql: &Sql, mailbox: Uuid, query: &MessageQuery) -> Result<Vec<MessageRow>> {
    select(mailbox, query, COLUMNS, |statement, params| sql.many(statement, params, read))
}

pub(crate) fn ids(sql: &Sql, mailbox: Uuid, query: &MessageQuery) -> Result<Vec<Uuid>> {
    select(mailbox, query, "m.id", |statement, params| {
        sql.many(statement, params, |row| row.get(0))
    })
}

pub(crate) fn count(sql: &Sql, mailbox: Uuid, query: &MessageQuery) -> Result<i64> {
    let query = MessageQuery { position: 0, limit: None, ..query.clone() };
    select(mailbox, &query, "m.n", |statement, (mailbox, folder, text, _, _)| {
        sql.count(
            &format!("SELECT count(*) FROM ({statement})"),
            // A negative LIMIT is none.
            (mailbox, folder, text, -1, 0),
        )
    })
}

type SelectParams = (Uuid, Option<Uuid>, Option<String>, i64, i64);

/// The statement a query stands for, and what to bind to it.
fn select<T>(
    mailbox: Uuid,
    query: &MessageQuery,
    columns: &str,
    run: impl FnOnce(&str, SelectParams) -> Result<T>,
) -> Result<T> {
    let text = query.text.as_deref().map(match_expression);
    let join = if text.is_some() { "JOIN message_text ON message_text.rowid = m.n" } else { "" };
    let matches = if text.is_some() { "AND message_text MATCH ?3" } else { "" };
    // The unary plus keeps the planner on the index of the folder.
    let place = match query.folder {
        Some(_) => "m.folder = ?2 AND +m.mailbox = ?1",
        None => "m.mailbox = ?1",
    };
    let order = if query.ascending { "ASC" } else { "DESC" };
    let statement = format!(
        "SELECT {columns} FROM message m {join} WHERE {place} {matches}
         ORDER BY m.received_ms {order}, m.n {order} LIMIT ?4 OFFSET ?5"
    );
    let limit = i64::from(query.limit.unwrap_or(ROWS_MAX).min(ROWS_MAX));
    run(&statement, (mailbox, query.folder, text, limit, i64::from(query.position)))
}

/// Every word as a quoted prefix: people's words are never FTS5's operators.
fn match_expression(text: &str) -> String {
    let words: Vec<String> = text
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .take(SEARCH_WORDS_MAX)
        .map(|word| format!("\"{word}\"*"))
        .collect();
    if words.is_empty() { "\"\"".into() } else { words.join(" ") }
}

pub(crate) fn thread(sql: &Sql, mailbox: Uuid, thread: Uuid) -> Result<Vec<MessageRow>> {
    sql.many(
        &format!(
            "SELECT {COLUMNS} FROM message m WHERE m.mailbox = ?1 AND m.thread = ?2
             ORDER BY m.received_ms, m.n LIMIT ?3"
        ),
        (mailbox, thread, ROWS_MAX),
        read,
    )
}

pub(crate) fn thread_of(sql: &Sql, mailbox: Uuid, message_ids: &[String]) -> Result<Option<Uuid>> {
    for message_id in message_ids.iter().filter(|message_id| !message_id.is_empty()) {
        let thread = sql.one(
            "SELECT thread FROM message WHERE mailbox = ?1 AND message_id = ?2 LIMIT 1",
            (mailbox, message_id),
            |row| row.get(0),
        )?;
        if thread.is_some() {
            return Ok(thread);
        }
    }
    Ok(None)
}

pub(crate) fn file(tx: &mut Writer, message: &NewMessage) -> Result<MessageRow> {
    in_mailbox(&tx.sql, message.folder, message.mailbox)?;
    let keywords = fold_keywords(&message.keywords)?;
    let key = blob::store(tx, &message.bytes)?;
    let id = tx.new_id()?;
    // The nearest ancestors come last in References (RFC 5322 §3.6.4); a copy of the same
    // message (Sent and Inbox of one person) is in its thread too.
    let mut relatives = vec![message.message_id.clone()];
    relatives.extend(message.in_reply_to.iter().cloned());
    relatives.extend(message.references.iter().rev().cloned());
    let thread = match thread_of(&tx.sql, message.mailbox, &relatives)? {
        Some(thread) => thread,
        None => tx.new_id()?,
    };
    let number = mailbox::bump_mail(tx, message.mailbox)?;
    let seen = counts_as_seen(&keywords);
    tx.sql.run(
        "INSERT INTO message (id, mailbox, folder, thread, blob, keywords, seen, received_ms,
           sent_ms, size, senders, recipients, copies, subject, preview, has_attachment,
           message_id, in_reply_to, refs, created, changed)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17,
           ?18, ?19, ?20, ?20)",
        rusqlite::params![
            id,
            message.mailbox,
            message.folder,
            thread,
            key.as_slice(),
            serde_json::to_string(&keywords)?,
            seen,
            message.received_ms,
            message.sent_ms,
            i64::try_from(message.bytes.len()).unwrap_or(i64::MAX),
            serde_json::to_string(&message.from)?,
            serde_json::to_string(&message.to)?,
            serde_json::to_string(&message.cc)?,
            message.subject,
            message.preview,
            message.has_attachment,
            message.message_id,
            serde_json::to_string(&message.in_reply_to)?,
            serde_json::to_string(&message.references)?,
            number,
        ],
    )?;
    let n = tx.sql.connection.last_insert_rowid();
    tx.sql.run(
        "INSERT INTO message_text (rowid, subject, people, body) VALUES (?1, ?2, ?3, ?4)",
        (n, &message.subject, people(message), &message.text),
    )?;
    folder::count(tx, message.folder, 1, i64::from(!seen), number)?;
    found(get(&tx.sql, id)?, || format!("message {id}"))
}

/// Names and addresses of a message, for search.
fn people(message: &NewMessage) -> String {
    let all = message.from.iter().chain(&message.to).chain(&message.cc);
    let words: Vec<&str> = all
        .flat_map(|address| [address.name.as_deref().unwrap_or(""), address.email.as_str()])
        .collect();
    words.join(" ")
}

pub(crate) fn set_keywords(tx: &mut Writer, id: Uuid, keywords: &[String]) -> Result<()> {
    let row = found(get(&tx.sql, id)?, || format!("message {id}"))?;
    let keywords = fold_keywords(keywords)?;
    if keywords == row.keywords {
        return Ok(());
    }
    let number = mailbox::bump_mail(tx, row.mailbox)?;
    let (before, after) = (counts_as_seen(&row.keywords), counts_as_seen(&keywords));
    tx.sql.run(
        "UPDATE message SET keywords = ?2, seen = ?3, changed = ?4 WHERE id = ?1",
        (id, serde_json::to_string(&keywords)?, after, number),
    )?;
    if before != after {
        folder::count(tx, row.folder, 0, if after { -1 } else { 1 }, number)?;
    }
    Ok(())
}

pub(crate) fn relocate(tx: &mut Writer, id: Uuid, to: Uuid) -> Result<()> {
    let row = found(get(&tx.sql, id)?, || format!("message {id}"))?;
    in_mailbox(&tx.sql, to, row.mailbox)?;
    if row.folder == to {
        return Ok(());
    }
    let number = mailbox::bump_mail(tx, row.mailbox)?;
    let unread = i64::from(!counts_as_seen(&row.keywords));
    tx.sql.run("UPDATE message SET folder = ?2, changed = ?3 WHERE id = ?1", (id, to, number))?;
    folder::count(tx, row.folder, -1, -unread, number)?;
    folder::count(tx, to, 1, unread, number)
}

pub(crate) fn destroy(tx: &mut Writer, id: Uuid) -> Result<()> {
    let row = found(get(&tx.sql, id)?, || format!("message {id}"))?;
    let key: Option<Vec<u8>> =
        tx.sql.one("SELECT blob FROM message WHERE id = ?1", [id], |row| row.get(0))?;
    let number = mailbox::bump_mail(tx, row.mailbox)?;
    tx.sql.run("DELETE FROM message WHERE id = ?1", [id])?;
    mailbox::bury(tx, RowKind::Message, row.mailbox, id, row.created, number)?;
    folder::count(tx, row.folder, -1, -i64::from(!counts_as_seen(&row.keywords)), number)?;
    blob::drop_unused(tx, &key.unwrap_or_default())
}

/// The folder exists and is in this mailbox.
fn in_mailbox(sql: &Sql, id: Uuid, mailbox: Uuid) -> Result<()> {
    match folder::get(sql, id)? {
        Some(folder) if folder.mailbox == mailbox => Ok(()),
        _ => Err(Error::not_found(format!("folder {id}"))),
    }
}

/// RFC 8621 §2: unread means neither `$seen` nor `$draft`.
fn counts_as_seen(keywords: &[String]) -> bool {
    keywords.iter().any(|keyword| keyword == "$seen" || keyword == "$draft")
}

/// RFC 8621 §4.1.1: lower case, printable ASCII without IMAP's specials, each once.
fn fold_keywords(keywords: &[String]) -> Result<Vec<String>> {
    if keywords.len() > KEYWORDS_MAX {
        return Err(Error::Limit(format!("a message has at most {KEYWORDS_MAX} keywords")));
    }
    let mut folded = Vec::with_capacity(keywords.len());
    for keyword in keywords {
        let fits = (1..=255).contains(&keyword.len())
            && keyword.bytes().all(|b| (0x21..=0x7e).contains(&b) && !b"(){]%*\"\\".contains(&b));
        if !fits {
            return Err(Error::Invalid(format!("\"{keyword}\" is not a keyword")));
        }
        folded.push(keyword.to_ascii_lowercase());
    }
    folded.sort();
    folded.dedup();
    Ok(folded)
}
