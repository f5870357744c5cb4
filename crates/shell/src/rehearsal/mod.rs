//! A rehearsal: a private copy of the node's state on which a connection's cmdlets run, so that
//! what they would do is known before anything is done; and the way from there to the real state.
//!
//! Owns the copy and its surroundings (services that only note what they are told, no network), the
//! changes as people read them, and applying all of it at once. While somebody rehearses, nothing
//! of the node is touched: no row, no file, no service, no event, no audit. Read next: `book` (what
//! changed), `keep` (applying and undoing), `outlook` (what would be broken afterwards).

mod book;
mod files;
mod keep;
mod outlook;
mod surroundings;

use std::path::PathBuf;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use store::{Change, Store, Uuid};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, broadcast};

use crate::cmdlet::{Cmdlet, Ctx, Drives, find_native};
use crate::im_links::ImLinks;
use crate::lang::{Category, Error};
use crate::limits::REHEARSALS_MAX;
use crate::roles::{Act, Held};

pub use book::{Changed, Kind};
pub(crate) use files::FileChange;
pub use keep::{Applied, recover};
pub(crate) use keep::{read_record, records};
pub use outlook::{Broken, Outlook};

/// Judges an account's links on a copy, as far as that goes without a connection.
pub type AskForecast =
    Arc<dyn Fn(Planned, Uuid) -> Pin<Box<dyn Future<Output = ImLinks> + Send>> + Send + Sync>;

/// A state that does not exist yet.
#[derive(Clone, Debug)]
pub struct Planned {
    /// Its rows.
    pub store: Store,
    /// Its `C:` drive.
    pub c: PathBuf,
    /// Whether the settings of instant messaging would be loaded as they are there.
    pub is_loaded: bool,
}

/// Where a node rehearses.
#[derive(Clone)]
pub struct Room {
    /// The folder for copies, and for what is kept to undo.
    pub folder: PathBuf,
    /// The web app's judgement, where it runs.
    pub forecast: Option<AskForecast>,
    places: Arc<Semaphore>,
}

impl Room {
    /// A room in a folder, which is made when it is needed.
    pub fn new(folder: PathBuf, forecast: Option<AskForecast>) -> Room {
        Room { folder, forecast, places: Arc::new(Semaphore::new(REHEARSALS_MAX)) }
    }

    fn place(&self) -> Result<OwnedSemaphorePermit, Error> {
        self.places.clone().try_acquire_owned().map_err(|_| {
            let message = "Too many runbooks are being planned on this node.";
            Error::new(Category::LimitsExceeded, "TooManyRehearsals", message)
                .advice("Finish or leave the others first.")
        })
    }
}

/// The rehearsal of one connection, if it has begun one.
#[derive(Clone, Default)]
pub(crate) struct Desk(Arc<Mutex<Option<Arc<Rehearsal>>>>);

impl Desk {
    pub(crate) fn current(&self) -> Option<Arc<Rehearsal>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Another rehearsal, or none; the one before is dropped with its copy.
    pub(crate) fn put(&self, rehearsal: Option<Arc<Rehearsal>>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = rehearsal;
    }
}

/// A folder that goes with its owner.
struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.0) {
            tracing::warn!(folder = %self.0.display(), %error, "a rehearsal's copy stays behind");
        }
    }
}

/// A private copy of the node's state.
pub(crate) struct Rehearsal {
    pub(crate) id: Uuid,
    ctx: Ctx,
    told: Arc<surroundings::Told>,
    base: files::Base,
    notes: tokio::sync::Mutex<Notes>,
    /// Whether it has outgrown its bounds: then nothing more is rehearsed.
    is_full: AtomicBool,
    /// Whether somebody has changed the real state since it was copied.
    is_stale: Arc<AtomicBool>,
    watch: tokio::task::JoinHandle<()>,
    // Dropped last: the store in it closes first.
    _folder: Folder,
    _place: OwnedSemaphorePermit,
}

/// What is known of the copy so far.
struct Notes {
    position: i64,
    feed: broadcast::Receiver<Arc<[Change]>>,
    /// What the copy's commits told.
    changes: Vec<Change>,
    book: book::Book,
    files: Vec<FileChange>,
    /// Whether the web app's pool was recycled, and the settings not edited since.
    is_loaded: bool,
    /// The cmdlets that changed something.
    cmdlets: Vec<&'static str>,
}

impl Drop for Rehearsal {
    fn drop(&mut self) {
        self.watch.abort();
    }
}

impl Rehearsal {
    /// Copies the node's state.
    pub(crate) async fn start(live: &Ctx) -> Result<Rehearsal, Error> {
        let Some(room) = live.rehearsals.clone() else {
            let message = "This node cannot rehearse.";
            return Err(Error::new(Category::NotImplemented, "NoRehearsal", message));
        };
        let place = room.place()?;
        let id = store::new_id(live.now_ms())?;
        let folder = Folder(room.folder.join(format!("rehearsal-{id}")));
        // Watched before it is copied: what is changed in between makes it stale.
        let is_stale = Arc::new(AtomicBool::new(false));
        let watch = tokio::spawn(watch(live.store.changes(), is_stale.clone()));
        let (from, to) = (live.drives.c.clone(), folder.0.join("c"));
        let copying = tokio::task::spawn_blocking(move || files::Base::copy(&from, &to));
        let base = copying.await.map_err(|error| broken(&error.to_string()))??;
        let store = live.store.rehearsal(&folder.0.join("tandem.db"), live.now_ms()).await?;
        let told = Arc::new(surroundings::Told::new(live.services.clone()));
        let drives = Drives { c: folder.0.join("c") };
        let ctx = surroundings::around(live, store, drives, told.clone());
        let feed = ctx.store.changes();
        let book = book::Book::open(&ctx).await?;
        let notes = Notes {
            position: 0,
            feed,
            changes: Vec::new(),
            book,
            files: Vec::new(),
            is_loaded: false,
            cmdlets: Vec::new(),
        };
        let notes = tokio::sync::Mutex::new(notes);
        let (_folder, _place) = (folder, place);
        let is_full = AtomicBool::new(false);
        Ok(Rehearsal { id, ctx, told, base, notes, is_full, is_stale, watch, _folder, _place })
    }

    /// The copy, for cmdlets to run on.
    pub(crate) fn ctx(&self) -> &Ctx {
        &self.ctx
    }

    /// Gets ready for a cmdlet that changes something.
    pub(crate) async fn before(&self, cmdlet: Option<&Cmdlet>) -> Result<(), Error> {
        if self.is_full.load(Ordering::Relaxed) {
            return Err(broken("it has changed more than a plan can hold"));
        }
        let Some(cmdlet) = cmdlet else { return Ok(()) };
        self.notes.lock().await.book.look_at(&self.ctx, cmdlet.name).await
    }

    /// What a cmdlet or program has changed, since the one before.
    pub(crate) async fn after(&self, name: &'static str) -> Result<Vec<Changed>, Error> {
        let changed = self.changes(name).await;
        if changed.is_err() {
            self.is_full.store(true, Ordering::Relaxed);
        }
        changed
    }

    async fn changes(&self, name: &'static str) -> Result<Vec<Changed>, Error> {
        let mut notes = self.notes.lock().await;
        if !notes.cmdlets.contains(&name) {
            notes.cmdlets.push(name);
        }
        let mut acts = Vec::new();
        while let Ok(told) = notes.feed.try_recv() {
            for change in told.iter() {
                acts.extend(book::act(change));
                notes.changes.push(change.clone());
            }
        }
        let position = notes.position;
        let (last, rows) = self
            .ctx
            .read(move |reader| {
                use store::rehearsal::RehearsalRead as _;
                Ok(reader.noted(position)?)
            })
            .await?;
        notes.position = last;
        let rows = store::rehearsal::folded(rows);
        let mut changed = notes.book.differences(&self.ctx, &rows, name).await?;
        let files = self.base.differences(&self.ctx.drives.c)?;
        for file in &files {
            let earlier = notes.files.iter().find(|known| known.path == file.path);
            if earlier != Some(file) {
                let before = match earlier {
                    Some(known) => &known.after,
                    None => &file.before,
                };
                changed.extend(book::file(&file.path, before.as_deref(), file.after.as_deref()));
                notes.is_loaded &= !book::is_settings(&file.path);
            }
        }
        for known in std::mem::replace(&mut notes.files, files) {
            if !notes.files.iter().any(|file| file.path == known.path) {
                let (now, then) = (known.after.as_deref(), known.before.as_deref());
                changed.extend(book::file(&known.path, now, then));
            }
        }
        if acts.iter().any(book::is_recycle) {
            notes.is_loaded = true;
        }
        changed.extend(acts);
        let (told, loads) = self.told.news();
        notes.is_loaded |= loads;
        changed.extend(told);
        Ok(changed)
    }

    /// The cmdlets and programs that changed something.
    pub(crate) async fn cmdlets(&self) -> Vec<&'static str> {
        self.notes.lock().await.cmdlets.clone()
    }

    /// What would be broken when all of it were applied.
    pub(crate) async fn outlook(&self, live: &Ctx) -> Result<Outlook, Error> {
        let is_loaded = self.notes.lock().await.is_loaded;
        outlook::look(live, &self.ctx, is_loaded).await
    }

    /// An error if the real state is not the one that was copied any more.
    fn check_fresh(&self, live: &Ctx) -> Result<(), Error> {
        let files = self.base.differences(&self.ctx.drives.c)?;
        let edited = files.iter().find(|file| !file.is_as_before(&live.drives));
        let why = match edited {
            Some(file) => format!("{} was edited", file.path),
            None if self.is_stale.load(Ordering::Relaxed) => "settings were changed".to_owned(),
            None => return Ok(()),
        };
        Err(stale(&why))
    }
}

/// The roles by which somebody may run all of these, or the first that they may not.
pub(crate) fn roles_for<'n>(
    held: &Held,
    cmdlets: impl Iterator<Item = &'n str>,
) -> Result<String, (&'n str, Act)> {
    let mut roles: Vec<String> = Vec::new();
    for name in cmdlets {
        let act = if find_native(name).is_some() { Act::Beyond } else { Act::Plain };
        let allowed = held.decide(name, act).ok_or((name, act))?;
        if !roles.iter().any(|known| known == allowed.roles()) {
            roles.push(allowed.roles().to_owned());
        }
    }
    Ok(roles.join(", "))
}

/// The error for a plan whose ground has moved.
fn stale(why: &str) -> Error {
    let message = format!("Since this was planned, {why} by somebody else. Nothing was changed.");
    Error::new(Category::InvalidOperation, "StateChanged", message)
        .advice("Plan again: what the script does may be something else now.")
}

fn broken(why: &str) -> Error {
    Error::new(
        Category::InvalidOperation,
        "RehearsalFailed",
        format!("The rehearsal broke: {why}."),
    )
}

/// Notes that settings were changed; mail, chats and logs are not settings.
async fn watch(mut feed: broadcast::Receiver<Arc<[Change]>>, is_stale: Arc<AtomicBool>) {
    loop {
        match feed.recv().await {
            Ok(told) if !told.iter().any(is_setting) => {}
            Err(broadcast::error::RecvError::Closed) => return,
            // What was missed may have been anything.
            Ok(_) | Err(broadcast::error::RecvError::Lagged(_)) => {
                is_stale.store(true, Ordering::Relaxed);
            }
        }
    }
}

fn is_setting(change: &Change) -> bool {
    !matches!(
        change,
        Change::Mail { .. }
            | Change::Event(_)
            | Change::Conversation { .. }
            | Change::Absent { .. }
            | Change::ConversationEnded { .. }
            | Change::WebSession(_)
            | Change::Contacts(_)
            | Change::XcapDocument { .. }
            | Change::Recycled { .. }
            | Change::Restarted { .. }
    )
}
