//! What changed, as administrators read it: objects and properties as the `Get-` cmdlets show them,
//! before and after. What no cmdlet shows is told by its table.

use std::collections::{BTreeMap, BTreeSet};

use im::directory::Directory;
use serde::{Deserialize, Serialize};
use store::Change;
use store::directory::DirectoryRead as _;
use store::rehearsal::{Cell, RowChange};
use tokio::sync::mpsc;

use crate::cmdlet::{self, Ctx, Event, Preferences, Run, Stream};
use crate::drives::FilePath;
use crate::im_settings::{BACK_END, same_path};
use crate::lang::bind::{Given, Signature};
use crate::lang::text::to_text;
use crate::lang::{Error, Value};
use crate::limits::{EVENTS_QUEUED_MAX, SHOWN_VALUE_CHARS_MAX};
use crate::web_config;

/// What kind of a change it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// State: it can be taken back.
    State,
    /// Something that is done: it cannot be taken back, only done again.
    Act,
}

/// One change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Changed {
    /// What kind it is.
    pub kind: Kind,
    /// What changes: `OwaVirtualDirectory ATL-OWA-001\owa (Default Web Site)`.
    pub object: String,
    /// Which property; the object itself if empty.
    pub property: String,
    /// The value before; none if there was nothing.
    pub old: Option<String>,
    /// The value after; none if there is nothing.
    pub new: Option<String>,
}

impl Changed {
    fn state(object: &str, property: &str, old: Option<&str>, new: Option<&str>) -> Changed {
        Changed {
            kind: Kind::State,
            object: object.to_owned(),
            property: property.to_owned(),
            old: old.map(cut),
            new: new.map(cut),
        }
    }
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(SHOWN_VALUE_CHARS_MAX) {
        Some((at, _)) => format!("{}…", text.get(..at).unwrap_or_default()),
        None => text.to_owned(),
    }
}

/// The cmdlets that show what is in a table, with the switch that shows all of it.
const VIEWS: &[(&str, &[&str])] = &[
    ("owa_virtual_directory", &["Get-OwaVirtualDirectory"]),
    ("owa_policy", &["Get-OwaMailboxPolicy"]),
    (
        "topology",
        &[
            "Get-CsTrustedApplicationPool",
            "Get-CsTrustedApplication",
            "Get-CsTrustedApplicationComputer",
        ],
    ),
    ("dial_plan", &["Get-UMDialPlan"]),
    ("um_service", &["Get-UMService"]),
    ("um_call_router", &["Get-UMCallRouterSettings"]),
    ("server", &["Get-ExchangeServer"]),
    ("account", &["Get-Mailbox"]),
    ("address", &["Get-Mailbox"]),
    ("mailbox", &["Get-Mailbox", "Get-CASMailbox"]),
    ("messaging_user", &["Get-CsUser"]),
    ("certificate", &["Get-ExchangeCertificate"]),
    ("certificate_assignment", &["Get-CsCertificate"]),
];

/// Tables without words of their own: what they hold is shown with something else, or is inside.
const SILENT: &[&str] = &["event_log", "audit", "ha1", "app_pool", "folder", "im_group"];

/// Properties that say nothing about what was done.
const IDLE: &[&str] = &["WhenChanged", "WhenChangedUTC", "PSComputerName", "RunspaceId"];

/// The objects of a cmdlet: their properties, by identity.
type Objects = BTreeMap<String, BTreeMap<String, String>>;

/// The objects as they were last seen.
pub(super) struct Book {
    objects: BTreeMap<String, Objects>,
    known: BTreeSet<String>,
}

impl Book {
    /// Looks at everything that has a view.
    pub(super) async fn open(ctx: &Ctx) -> Result<Book, Error> {
        let known = known_servers(ctx).await?;
        let mut book = Book { objects: BTreeMap::new(), known };
        for get in VIEWS.iter().flat_map(|(_, all)| *all) {
            book.look(ctx, get).await;
        }
        Ok(book)
    }

    /// Looks at what a cmdlet is about, if it was not looked at before.
    pub(super) async fn look_at(&mut self, ctx: &Ctx, cmdlet: &str) -> Result<(), Error> {
        let Some((_, noun)) = cmdlet.split_once('-') else { return Ok(()) };
        let get = format!("Get-{noun}");
        if !self.objects.contains_key(&get) {
            self.look(ctx, &get).await;
        }
        Ok(())
    }

    async fn look(&mut self, ctx: &Ctx, get: &str) {
        let objects = objects(ctx, get, None).await;
        self.objects.insert(get.to_owned(), objects);
    }

    /// Looks at objects again: those of these people, or all; what differs.
    async fn turn(&mut self, ctx: &Ctx, get: &str, people: Option<&[String]>) -> Vec<Changed> {
        let noun = get.trim_start_matches("Get-");
        let Some(known) = self.objects.get_mut(get) else { return Vec::new() };
        let Some(people) = people else {
            let after = objects(ctx, get, None).await;
            let changed = compare(noun, known, &after);
            *known = after;
            return changed;
        };
        let mut changed = Vec::new();
        for person in people {
            let after = objects(ctx, get, Some(person)).await;
            let own = known.iter().filter(|(name, _)| after.contains_key(*name));
            let before = own.map(|(name, all)| (name.clone(), all.clone())).collect();
            changed.extend(compare(noun, &before, &after));
            known.extend(after);
        }
        changed
    }

    /// What has changed, by the rows that were written and the cmdlet that wrote them.
    pub(super) async fn differences(
        &mut self,
        ctx: &Ctx,
        rows: &[RowChange],
        cmdlet: &str,
    ) -> Result<Vec<Changed>, Error> {
        let mut changed = Vec::new();
        let people = people(ctx, rows).await?;
        if rows.is_empty() {
            return Ok(changed);
        }
        let tables: BTreeSet<&str> = rows.iter().map(|row| row.table.as_str()).collect();
        let of_tables = VIEWS.iter().filter(|(table, _)| tables.contains(table));
        let mut gets: Vec<String> =
            of_tables.flat_map(|(_, all)| *all).map(|get| (*get).to_owned()).collect();
        gets.extend(cmdlet.split_once('-').map(|(_, noun)| format!("Get-{noun}")));
        gets.sort();
        gets.dedup();
        for get in gets {
            changed.extend(self.turn(ctx, &get, people.as_deref()).await);
        }
        if tables.iter().any(|table| matches!(*table, "topology" | "um_service" | "um_call_router"))
        {
            let known = known_servers(ctx).await?;
            let entry = |name: &String, is_new: bool| {
                let value = Some(name.as_str());
                let (old, new) = if is_new { (None, value) } else { (value, None) };
                Changed::state("Known Servers Table", "", old, new)
            };
            changed.extend(known.difference(&self.known).map(|name| entry(name, true)));
            changed.extend(self.known.difference(&known).map(|name| entry(name, false)));
            self.known = known;
        }
        changed.extend(rows.iter().filter_map(registry));
        changed.extend(rows.iter().filter_map(lost));
        if changed.is_empty() {
            let words = rows.iter().filter(|row| !SILENT.contains(&row.table.as_str()));
            changed.extend(words.map(by_table));
            changed.dedup();
        }
        Ok(changed)
    }
}

/// Tables whose rows are about one account each, and the column that names it.
const PERSONAL: &[(&str, &str)] = &[
    ("account", "id"),
    ("address", "account"),
    ("mailbox", "account"),
    ("messaging_user", "account"),
    ("password", "account"),
    ("ha1", "account"),
    ("folder", ""),
    ("im_group", ""),
    ("im_contact", ""),
    ("im_membership", ""),
    ("audit", ""),
    ("event_log", ""),
];

/// Whom rows are about: the sign-in names, if they are about nothing else, and take nothing away.
async fn people(ctx: &Ctx, rows: &[RowChange]) -> Result<Option<Vec<String>>, Error> {
    let mut ids: BTreeSet<store::Uuid> = BTreeSet::new();
    for row in rows {
        let Some((_, column)) = PERSONAL.iter().find(|(table, _)| *table == row.table) else {
            return Ok(None);
        };
        if row.after.is_none() && !matches!(row.table.as_str(), "address" | "im_membership") {
            return Ok(None);
        }
        if let Some(Cell::Blob(bytes)) = row.value(column) {
            ids.extend(store::Uuid::from_slice(bytes));
        }
    }
    ctx.read(move |reader| {
        let mut names = Vec::new();
        for id in ids {
            names.extend(reader.account(id)?.map(|account| account.upn));
        }
        Ok(Some(names))
    })
    .await
}

/// Runs a `Get-` cmdlet for one object or all it shows; nothing if there is none, or it fails.
async fn objects(ctx: &Ctx, get: &str, identity: Option<&str>) -> Objects {
    let mut found = Objects::new();
    let Some(cmdlet) = cmdlet::find(get) else { return found };
    let Run::Node(run) = cmdlet.run else { return found };
    let signature = Signature::of_cmdlet(cmdlet);
    let mut given = Vec::new();
    if cmdlet.parameter("ShowMailboxVirtualDirectories").is_some() {
        given.push(Given::named("ShowMailboxVirtualDirectories", Value::Bool(true)));
    }
    given.extend(identity.map(|identity| Given::named("Identity", Value::from(identity))));
    // Those that want more given than that are not views.
    let Ok(bound) = signature.bind(given) else { return found };
    if !signature.missing(&bound, false).is_empty() {
        return found;
    }
    let arguments = signature.arguments(&bound, cmdlet);
    let (events, mut said) = mpsc::channel(EVENTS_QUEUED_MAX);
    let (_, heard) = mpsc::channel(1);
    let mut stream = Stream::new(cmdlet, events, heard, Preferences::default());
    let work = async {
        let result = run(ctx, &arguments, &mut stream).await;
        drop(stream.finish());
        result
    };
    let collecting = async {
        while let Some(event) = said.recv().await {
            let Event::Object(Value::Object(object)) = event else { continue };
            let name = ["Identity", "Name", "Thumbprint"].iter().find_map(|name| object.get(name));
            let name = name.map(|name| to_text(&name)).unwrap_or_default();
            let properties = object.properties().into_iter();
            let properties = properties
                .filter(|(name, _)| !IDLE.contains(&&**name))
                .map(|(name, value)| (name.to_string(), shown(&value)))
                .collect();
            found.insert(name, properties);
        }
    };
    let _ = tokio::join!(work, collecting);
    found
}

fn shown(value: &Value) -> String {
    match value {
        Value::Secret(_) => "***".to_owned(),
        Value::List(list) => list.items().iter().map(to_text).collect::<Vec<_>>().join(", "),
        other => to_text(other),
    }
}

fn compare(noun: &str, before: &Objects, after: &Objects) -> Vec<Changed> {
    let mut changed = Vec::new();
    for (name, properties) in after {
        let object = format!("{noun} {name}");
        let Some(old) = before.get(name) else {
            changed.push(Changed::state(&object, "", None, Some("new")));
            let filled = properties
                .iter()
                .filter(|(key, value)| !value.is_empty() && *key != "Identity" && *value != name);
            changed
                .extend(filled.map(|(key, value)| Changed::state(&object, key, None, Some(value))));
            continue;
        };
        for (key, value) in properties {
            let was = old.get(key).map_or("", String::as_str);
            if was != value {
                changed.push(Changed::state(&object, key, Some(was), Some(value)));
            }
        }
    }
    let gone = before.keys().filter(|name| !after.contains_key(*name));
    changed.extend(
        gone.map(|name| Changed::state(&format!("{noun} {name}"), "", Some("there"), None)),
    );
    changed
}

async fn known_servers(ctx: &Ctx) -> Result<BTreeSet<String>, Error> {
    ctx.read(|rows| {
        let table = Directory::load(rows)?.known_servers().clone();
        let shown = table.entries().map(|entry| format!("{} ({})", entry.fqdn, entry.source));
        Ok(shown.collect())
    })
    .await
}

fn text<'r>(row: &'r RowChange, column: &str) -> &'r str {
    match row.value(column) {
        Some(Cell::Text(text)) => text,
        _ => "",
    }
}

/// A mailbox goes, and what is in it: that is not in the image that takes a runbook back.
fn lost(row: &RowChange) -> Option<Changed> {
    (row.table == "mailbox" && row.after.is_none()).then(|| Changed {
        kind: Kind::Act,
        object: format!("Mailbox {}", text(row, "alias")),
        property: String::new(),
        old: None,
        new: Some("removed with the mail in it".to_owned()),
    })
}

fn registry(row: &RowChange) -> Option<Changed> {
    if row.table != "registry_value" {
        return None;
    }
    let value = |of: &Option<store::rehearsal::Row>| match of.as_ref()?.get("value") {
        Some(Cell::Text(text)) => Some(text.clone()),
        _ => None,
    };
    let object = format!("Registry HKLM:\\{}", text(row, "path"));
    let (old, new) = (value(&row.before), value(&row.after));
    Some(Changed::state(&object, text(row, "name"), old.as_deref(), new.as_deref()))
}

/// A row that no cmdlet shows: which, and whether it came or went; never its values.
fn by_table(row: &RowChange) -> Changed {
    if row.table == "password" {
        let (object, new) = ("Password", Some("another password"));
        return Changed::state(object, "", Some("the old one"), new);
    }
    let key = row.key.iter().filter_map(|name| match row.value(name) {
        Some(Cell::Text(text)) => Some(text.clone()),
        Some(Cell::Integer(number)) => Some(number.to_string()),
        _ => None,
    });
    let key: Vec<String> = key.collect();
    let object = format!("{} {}", row.table.replace('_', " "), key.join(" "));
    let (old, new) = match (&row.before, &row.after) {
        (None, _) => (None, Some("new")),
        (_, None) => (Some("there"), None),
        _ => (Some("as it was"), Some("changed")),
    };
    Changed::state(object.trim_end(), "", old, new)
}

/// What is done to an application pool.
const RECYCLED: &str = "recycled";

/// Something that is done when the change is told.
pub(super) fn act(change: &Change) -> Option<Changed> {
    let (object, new) = match change {
        Change::Recycled { pool } => (format!("Application pool {pool}"), RECYCLED),
        Change::Restarted { service } => (format!("Service {service}"), "restarted"),
        _ => return None,
    };
    let new = Some(new.to_owned());
    Some(Changed { kind: Kind::Act, object, property: String::new(), old: None, new })
}

pub(super) fn is_recycle(changed: &Changed) -> bool {
    changed.kind == Kind::Act && changed.new.as_deref() == Some(RECYCLED)
}

/// Whether a file holds the settings of instant messaging.
pub(super) fn is_settings(path: &str) -> bool {
    same_path(&FilePath::new(path.get(2..).unwrap_or_default()), BACK_END)
}

/// A file of the node's: setting by setting if it is a `Web.config`, else by its length.
pub(super) fn file(path: &str, before: Option<&[u8]>, after: Option<&[u8]>) -> Vec<Changed> {
    if let Some(folder) = path.strip_suffix('\\') {
        let there = |bytes: Option<&[u8]>| bytes.map(|_| "a folder");
        return vec![Changed::state(&format!("Folder {folder}"), "", there(before), there(after))];
    }
    let object = format!("File {path}");
    let settings = |bytes: Option<&[u8]>| {
        let text = String::from_utf8(bytes?.to_vec()).ok()?;
        web_config::settings(&text).ok()
    };
    let is_config = path.to_lowercase().ends_with("web.config");
    if let (true, Some(old), Some(new)) = (is_config, settings(before), settings(after)) {
        let value = |all: &[web_config::Setting], key: &str| {
            let found = all.iter().rfind(|setting| setting.key == key);
            found.map(|setting| setting.value.clone())
        };
        let keys: BTreeSet<&str> =
            old.iter().chain(&new).map(|setting| setting.key.as_str()).collect();
        let changes = keys.into_iter().filter_map(|key| {
            let (was, is) = (value(&old, key), value(&new, key));
            (was != is).then(|| Changed::state(&object, key, was.as_deref(), is.as_deref()))
        });
        let changes: Vec<Changed> = changes.collect();
        if !changes.is_empty() {
            return changes;
        }
    }
    let length = |bytes: Option<&[u8]>| bytes.map(|bytes| format!("{} bytes", bytes.len()));
    let (old, mut new) = (length(before), length(after));
    if old == new {
        new = new.map(|new| format!("{new}, others"));
    }
    vec![Changed::state(&object, "", old.as_deref(), new.as_deref())]
}
