//! The audit row of one call: who, by which role, what, and how it ended.
//!
//! The row is written in the same transaction as the first change that the call makes, so there is
//! no change without its row, wherever the node is stopped. Secrets are masked here.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Map as JsonMap, Value as Json, json};
use store::Writer;
use store::directory::{AuditEntry, DirectoryWrite as _};

use super::encode::to_wire;
use crate::cmdlet::{Arguments, Cmdlet, Ctx};
use crate::lang::Value;
use crate::lang::text::to_text;

/// No row yet.
const NONE: i64 = 0;

/// What a call changes, once its cmdlet knows it: the identity as a `Get-` cmdlet shows it.
#[derive(Clone, Debug, Default)]
pub(crate) struct About(Arc<Mutex<Option<String>>>);

impl About {
    /// Says it; the first that is said of several objects stands.
    pub(crate) fn say(&self, identity: &str) {
        let mut said = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        said.get_or_insert_with(|| identity.to_owned());
    }

    fn said(&self) -> Option<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// One call, for the audit log.
#[derive(Debug)]
pub struct Call {
    entry: AuditEntry,
    about: About,
    /// The row that was written in a transaction, be it one that came to nothing.
    written: AtomicI64,
    /// The row that is there for sure.
    kept: AtomicI64,
}

impl Call {
    /// A call that begins now.
    pub(super) fn new(
        ctx: &Ctx,
        actor: &str,
        roles: &str,
        cmdlet: &str,
        (parameters, object): (Json, String),
    ) -> Call {
        let entry = AuditEntry {
            id: 0,
            time_ms: ctx.now_ms(),
            actor: actor.to_owned(),
            roles: roles.to_owned(),
            cmdlet: cmdlet.to_owned(),
            parameters,
            object,
            error: None,
        };
        let (written, kept) = (AtomicI64::new(NONE), AtomicI64::new(NONE));
        Call { entry, about: About::default(), written, kept }
    }

    /// Where its cmdlet says what it changes.
    pub(super) fn about(&self) -> About {
        self.about.clone()
    }

    /// The row, with the object as its cmdlet named it, or else as it was typed.
    fn entry(&self) -> AuditEntry {
        let entry = self.entry.clone();
        match self.about.said() {
            Some(object) => AuditEntry { object, ..entry },
            None => entry,
        }
    }

    /// Writes the row as part of a change, once; to be followed by `keep` when that is committed.
    pub(crate) fn note(&self, rows: &mut Writer) -> store::Result<()> {
        if self.kept.load(Ordering::Acquire) == NONE {
            let id = rows.append_audit(&self.entry())?;
            self.written.store(id, Ordering::Release);
        }
        Ok(())
    }

    /// The transaction of `note` is committed.
    pub(crate) fn keep(&self) {
        self.kept.store(self.written.load(Ordering::Acquire), Ordering::Release);
    }

    /// Writes the row now, before anything is done.
    pub(crate) async fn begin(self: &Arc<Call>, ctx: &Ctx) {
        self.end(ctx, None).await;
    }

    /// The call has ended: writes the row if it is not there yet, and the error.
    pub(super) async fn end(self: &Arc<Call>, ctx: &Ctx, error: Option<String>) {
        if error.is_some() || self.kept.load(Ordering::Acquire) == NONE {
            self.write(ctx, error.clone(), error).await;
        }
    }

    /// The call was stopped from outside. If its change was under way and came to its end, the row
    /// stands as it is: the change is whole.
    pub(super) async fn stopped(self: &Arc<Call>, ctx: &Ctx) {
        let error = Some("The pipeline has been stopped.".to_owned());
        self.write(ctx, None, error).await;
    }

    /// Gives the row that is there one error, or else writes it with another.
    async fn write(self: &Arc<Call>, ctx: &Ctx, known: Option<String>, new: Option<String>) {
        let call = self.clone();
        // The writer takes one closure after the other: a change under way is done before this.
        let write = move |rows: &mut Writer| {
            let id = call.written.load(Ordering::Acquire);
            let entry = AuditEntry { id, error: known, ..call.entry() };
            if id != NONE && rows.end_audit(&entry)? {
                return Ok(id);
            }
            rows.append_audit(&AuditEntry { error: new, ..entry })
        };
        match ctx.store.write(ctx.now_ms(), write).await {
            Ok(id) => {
                self.written.store(id, Ordering::Release);
                self.kept.store(id, Ordering::Release);
            }
            Err(error) => {
                let cmdlet = &self.entry.cmdlet;
                tracing::error!(%error, cmdlet, "the audit row could not be written");
            }
        }
    }
}

/// What a call is about as it was typed: its identity, else its first positional argument; of the
/// masked arguments, so that no secret gets in here.
pub(super) fn object_of(cmdlet: &Cmdlet, parameters: &Json) -> String {
    let text = |name: &str| match parameters.get(name) {
        Some(Json::String(text)) => Some(text.clone()),
        Some(Json::Array(items)) => items.first().and_then(Json::as_str).map(str::to_owned),
        _ => None,
    };
    let first = cmdlet.parameters.iter().find(|parameter| parameter.position == Some(0));
    text("Identity")
        .or_else(|| first.and_then(|parameter| text(parameter.name)))
        .unwrap_or_default()
}

/// The arguments for the audit log: secrets, keys and blocks of bytes are not in it.
pub(super) fn masked(arguments: &Arguments) -> JsonMap<String, Json> {
    let has_key = |value: &Value| to_text(value).contains("PRIVATE KEY");
    let shown = |value: &Value| match value {
        Value::Secret(_) => json!("***"),
        // PEM text for Import-ExchangeCertificate may bring the key with it.
        Value::String(_) if has_key(value) => json!("***"),
        Value::List(list) if list.items().iter().any(has_key) => json!("***"),
        Value::Bytes(bytes) => json!(format!("({} bytes)", bytes.len())),
        Value::Object(_) => json!(to_text(value)),
        Value::Null => Json::Null,
        Value::Number(number) => to_wire(&number.plain()),
        Value::Bool(_) | Value::Int(_) => to_wire(value),
        Value::List(list) => json!(list.items().iter().map(to_text).collect::<Vec<_>>()),
        Value::Map(map) => map
            .entries()
            .iter()
            .map(|(key, value)| (to_text(key), json!(to_text(value))))
            .collect::<JsonMap<_, _>>()
            .into(),
        other => json!(to_text(other)),
    };
    arguments.iter().map(|(name, value)| (name.to_owned(), shown(value))).collect()
}
