//! The client's own files as scripts use them. While a runbook is planned nothing is written: what
//! would be is kept beside, and read back from there.
//!
//! Owns that overlay, and every touch of the client's file system that a script can cause. Read
//! next: `local` (paths and encodings).

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

use super::local::{file_error, read, write};
use crate::lang::Shell;
use crate::lang::error::{Category, Error};
use crate::limits::{FOLDER_ITEMS_MAX, PLANNED_FILES_BYTES_MAX};

/// What is at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// A file, with its length.
    File(u64),
    /// A folder.
    Folder,
}

/// What would be at a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Planned {
    /// A file with these bytes.
    File(Vec<u8>),
    /// A folder.
    Folder,
    /// Nothing.
    Gone,
}

/// What would be written, by path.
#[derive(Clone, Debug, Default)]
pub struct Overlay(BTreeMap<PathBuf, Planned>);

impl Overlay {
    /// What differs from what is there, folders before what is in them.
    pub fn changes(&self) -> impl Iterator<Item = (&PathBuf, &Planned)> {
        self.0.iter().filter(|(path, planned)| !is_so(path, planned))
    }

    fn bytes(&self) -> usize {
        let length = |planned: &Planned| match planned {
            Planned::File(bytes) => bytes.len(),
            _ => 0,
        };
        self.0.values().map(length).sum()
    }

    fn put(&mut self, path: PathBuf, planned: Planned) -> Result<(), Error> {
        self.0.insert(path, planned);
        if self.bytes() <= PLANNED_FILES_BYTES_MAX {
            return Ok(());
        }
        let message = format!(
            "The script writes more than {PLANNED_FILES_BYTES_MAX} bytes into files of yours."
        );
        Err(Error::new(Category::LimitsExceeded, "FilesTooLarge", message))
    }
}

fn is_so(path: &Path, planned: &Planned) -> bool {
    match planned {
        Planned::File(bytes) => std::fs::read(path).is_ok_and(|found| found == *bytes),
        Planned::Folder => path.is_dir(),
        Planned::Gone => path.symlink_metadata().is_err(),
    }
}

/// One name for a path: without `.` and `..`, and without links as far as it exists.
fn own_name(path: &Path) -> PathBuf {
    if let Ok(full) = path.canonicalize() {
        return full;
    }
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => drop(plain.pop()),
            Component::CurDir => {}
            other => plain.push(other),
        }
    }
    match (plain.parent().and_then(|above| above.canonicalize().ok()), plain.file_name()) {
        (Some(above), Some(name)) => above.join(name),
        _ => plain,
    }
}

impl Shell {
    fn planned(&self, path: &Path) -> Option<&Planned> {
        self.planning.as_ref()?.files.0.get(&own_name(path))
    }

    fn plan(&mut self, path: &Path, planned: Planned, what: &str) -> Result<(), Error> {
        let own = own_name(path);
        let before = self.local_place(path);
        let command = self.current_command.clone();
        if let Some(planning) = &mut self.planning {
            planning.wrote(command, &own, before, &planned, what);
            planning.files.put(own, planned)?;
        }
        Ok(())
    }

    /// What is at a path of the client's.
    pub fn local_place(&self, path: &Path) -> Option<Place> {
        match self.planned(path) {
            Some(Planned::File(bytes)) => Some(Place::File(bytes.len() as u64)),
            Some(Planned::Folder) => Some(Place::Folder),
            Some(Planned::Gone) => None,
            None => {
                let found = path.metadata().ok()?;
                Some(if found.is_dir() { Place::Folder } else { Place::File(found.len()) })
            }
        }
    }

    /// Whether there is something.
    pub(crate) fn local_exists(&self, path: &Path) -> bool {
        self.local_place(path).is_some()
    }

    /// Whether there is a folder.
    pub(crate) fn local_is_folder(&self, path: &Path) -> bool {
        self.local_place(path) == Some(Place::Folder)
    }

    /// The bytes of a file.
    ///
    /// # Errors
    /// If it cannot be read, or is too large.
    pub(crate) fn local_read(&self, path: &Path, shown: &str) -> Result<Vec<u8>, Error> {
        match self.planned(path) {
            Some(Planned::File(bytes)) => Ok(bytes.clone()),
            Some(_) => Err(not_there(shown)),
            // A pipe that nobody writes into would hold the plan up for ever.
            None if self.planning.is_some() && is_special(path) => {
                Err(not_planned("Reading from a device or pipe", shown))
            }
            None => read(path, shown),
        }
    }

    /// Replaces a file, or adds to it.
    ///
    /// # Errors
    /// If it cannot be written.
    pub(crate) fn local_write(
        &mut self,
        path: &Path,
        shown: &str,
        bytes: &[u8],
        append: bool,
    ) -> Result<(), Error> {
        if self.planning.is_none() {
            return write(path, shown, bytes, append);
        }
        if is_special(path) {
            return Ok(());
        }
        let folder = path.parent().filter(|above| !above.as_os_str().is_empty());
        if folder.is_some_and(|above| !self.local_is_folder(above)) {
            return Err(super::local::no_folder(shown));
        }
        let mut whole = match self.local_place(path) {
            Some(Place::Folder) => {
                let error = std::io::Error::from(std::io::ErrorKind::PermissionDenied);
                return Err(file_error(shown, &error));
            }
            Some(Place::File(_)) if append => self.local_read(path, shown)?,
            _ => Vec::new(),
        };
        whole.extend_from_slice(bytes);
        let what = if append { "added to" } else { "written" };
        self.plan(path, Planned::File(whole), what)
    }

    /// Makes a folder, and those above it.
    ///
    /// # Errors
    /// If it cannot be made.
    pub(crate) fn local_make_folder(&mut self, path: &Path, shown: &str) -> Result<(), Error> {
        if self.planning.is_none() {
            return std::fs::create_dir_all(path).map_err(|error| file_error(shown, &error));
        }
        let missing: Vec<PathBuf> = path
            .ancestors()
            .take_while(|above| !self.local_exists(above))
            .map(Path::to_owned)
            .collect();
        missing.iter().rev().try_for_each(|folder| self.plan(folder, Planned::Folder, "made"))
    }

    /// Removes a file or folder.
    ///
    /// # Errors
    /// If it cannot be removed.
    pub(crate) fn local_remove(
        &mut self,
        path: &Path,
        shown: &str,
        recurse: bool,
    ) -> Result<(), Error> {
        let is_link = path.is_symlink();
        if self.planning.is_none() {
            let removed = match path.is_dir() && !is_link {
                true if recurse => std::fs::remove_dir_all(path),
                true => std::fs::remove_dir(path),
                false => std::fs::remove_file(path),
            };
            return removed.map_err(|error| file_error(shown, &error));
        }
        match self.local_place(path) {
            None => Err(not_there(shown)),
            Some(Place::File(_)) if !is_link => self.plan(path, Planned::Gone, "removed"),
            Some(_) => Err(not_planned("Remove-Item of a folder or link", shown)),
        }
    }

    /// Gives a file another name.
    ///
    /// # Errors
    /// If that cannot be done.
    pub(crate) fn local_rename(
        &mut self,
        from: &Path,
        to: &Path,
        shown: &str,
    ) -> Result<(), Error> {
        if self.planning.is_none() {
            return std::fs::rename(from, to).map_err(|error| file_error(shown, &error));
        }
        if self.local_is_folder(from) || from.is_symlink() {
            return Err(not_planned("Moving a folder or link", shown));
        }
        let bytes = self.local_read(from, shown)?;
        self.plan(to, Planned::File(bytes), "written")?;
        self.plan(from, Planned::Gone, "removed")
    }

    /// What is in a folder.
    ///
    /// # Errors
    /// If it cannot be read.
    pub(crate) fn local_list(&self, folder: &Path, shown: &str) -> Result<Vec<PathBuf>, Error> {
        let entries = match std::fs::read_dir(folder) {
            Ok(entries) => entries.take(FOLDER_ITEMS_MAX).filter_map(|it| Some(it.ok()?.path())),
            Err(_) if self.local_is_folder(folder) => return Ok(self.planned_in(folder)),
            Err(error) => return Err(file_error(shown, &error)),
        };
        let mut paths: Vec<PathBuf> =
            entries.filter(|path| self.planned(path) != Some(&Planned::Gone)).collect();
        for path in self.planned_in(folder) {
            if !paths.iter().any(|known| own_name(known) == path) {
                paths.push(path);
            }
        }
        Ok(paths)
    }

    fn planned_in(&self, folder: &Path) -> Vec<PathBuf> {
        let folder = own_name(folder);
        let all = self.planning.iter().flat_map(|planning| planning.files.0.iter());
        all.filter(|(path, planned)| path.parent() == Some(&folder) && **planned != Planned::Gone)
            .map(|(path, _)| path.clone())
            .collect()
    }
}

/// Whether it is neither a file nor a folder: writing to `/dev/null` leaves nothing behind.
fn is_special(path: &Path) -> bool {
    path.metadata().is_ok_and(|found| !found.is_file() && !found.is_dir())
}

fn not_there(shown: &str) -> Error {
    file_error(shown, &std::io::Error::from(std::io::ErrorKind::NotFound))
}

/// The error for what a plan does not do with the client's own files.
pub(crate) fn not_planned(what: &str, shown: &str) -> Error {
    let message = format!("{what} ('{shown}') is not done by a runbook: it could not be undone.");
    Error::new(Category::NotImplemented, "NotPlanned", message)
        .target(shown)
        .advice("Do it by hand before, or run the script by tandem shell.")
}
